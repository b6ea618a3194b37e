//! Power cuts: what a run of the built program writes is recorded, and the folder is opened as it
//! would be found had the power gone at any moment, with everything not yet synced gone or there
//! in part.

mod disk;
mod examine;
mod recorder;

use crate::cli::{Desk, id_number, json_lines, shown, text};
use disk::{Dice, Disk, Tree};
use examine::{Again, Examiner, Owed, Receipt, entries};
use recorder::{Act, Recorder, Step};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use yizhan::store::Entry;

/// So many cuts of a run fall between two syncs.
const TORN: usize = 120;

/// What a run has told so far, one text for each command.
type Told = Vec<String>;

/// A recorded run of one or more commands.
struct Run {
    name: &'static str,
    desk: Desk,
    before: Disk,
    commands: Vec<Vec<Step>>,
    told: Told,
}

impl Run {
    fn on(name: &'static str, desk: Desk) -> Self {
        let before = Disk::load(&folder(&desk));
        Self { name, desk, before, commands: Vec::new(), told: Vec::new() }
    }

    /// Runs a command of the station, recorded.
    fn command(&mut self, recorder: &Recorder, args: &[&str]) -> &mut Self {
        let mut command = self.desk.acting(args);
        self.record(recorder, &mut command, &[])
    }

    /// Carries out lines one after the other, and the second half of them at once.
    fn perform(&mut self, recorder: &Recorder, lines: &[Value]) -> &mut Self {
        let (first, second) = lines.split_at(lines.len() / 2);
        let pieces = first.iter().map(std::slice::from_ref).chain([second]).map(jsonl);
        let mut command = self.desk.acting(&["perform", "-"]);
        self.record(recorder, &mut command, &pieces.collect::<Vec<_>>())
    }

    fn record(
        &mut self,
        recorder: &Recorder,
        command: &mut Command,
        input: &[String],
    ) -> &mut Self {
        let (output, steps) = recorder.record(&folder(&self.desk), command, input);
        assert!(output.status.success(), "{}: {}", self.name, text(&output.stderr));
        self.told.push(text(&output.stdout));
        self.commands.push(steps);
        self
    }

    /// The steps, each with the number of its command.
    fn steps(&self) -> impl Iterator<Item = (usize, &Step)> {
        let numbered = self.commands.iter().enumerate();
        numbered.flat_map(|(command, steps)| steps.iter().map(move |step| (command, step)))
    }

    /// What was recorded amounts to what lies in the folder, or the recorder has missed something.
    fn saw_everything(&self) {
        let mut disk = self.before.clone();
        let mut told = vec![String::new(); self.commands.len()];
        for (command, step) in self.steps() {
            disk.step(step);
            tell(&mut told[command], step);
        }
        assert_eq!(told, self.told, "{}", self.name);
        let (recorded, found) = (disk.now.files(), Disk::load(&folder(&self.desk)).now.files());
        let names = (recorded.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>());
        assert_eq!(names.0, names.1, "{}", self.name);
        for (path, content) in &found {
            assert!(recorded[path] == *content, "{}: {path} was recorded otherwise", self.name);
        }
    }
}

fn folder(desk: &Desk) -> PathBuf {
    desk.data().parent().unwrap().to_path_buf()
}

fn tell(told: &mut String, step: &Step) {
    if let Act::Told(bytes) = &step.act {
        told.push_str(&text(bytes));
    }
}

/// A folder after a power cut, and what had been told before it.
struct Cut {
    place: String,
    left: Tree,
    told: Told,
}

/// Every cut at a sync point, and `torn` cuts between two.
///
/// What is kept stays the same from one sync to the next while more is told, so a sync point is
/// looked at with everything told before the next one.
fn cuts(run: &Run, torn: usize, each: &mut dyn FnMut(Cut)) -> (usize, usize) {
    let mut disk = run.before.clone();
    let mut told = vec![String::new(); run.commands.len()];
    let (mut points, mut between) = (0, 0);
    let mut last = disk.kept.hash();
    let steps = run.steps().count();
    let mut dice = Dice(steps as u64);
    for (at, (command, step)) in run.steps().enumerate() {
        let place = |what: &str| format!("{} step {at} of {steps}, {what}", run.name);
        let before = (step.act == Act::Sync).then(|| disk.clone());
        if let Some(before) = before
            && disk.step(step)
        {
            let hash = disk.kept.hash();
            if hash != last {
                each(Cut { place: place("sync"), left: before.kept, told: told.clone() });
                points += 1;
            }
            last = hash;
        } else if step.act != Act::Sync {
            disk.step(step);
        }
        tell(&mut told[command], step);
        // Spread evenly over the steps after which something could be lost.
        let due = (at + 1) * torn / steps;
        while between < due && disk.has_loose() {
            let place = place(&format!("dice {}", dice.0));
            each(Cut { place, left: disk.cut(&mut dice), told: told.clone() });
            between += 1;
        }
    }
    each(Cut { place: format!("{} end", run.name), left: disk.kept, told });
    (points + 1, between)
}

/// What all cuts of a run are looked at with, and what came of it.
struct Survey<'a> {
    owed: &'a (dyn Fn(&Told) -> Owed + Sync),
    examiner: Examiner,
    /// The journal of the run without any cut.
    whole: Vec<Entry>,
    wrong: Mutex<Vec<String>>,
    /// Openings that had something to put right and say so.
    mended: AtomicUsize,
}

impl Survey<'_> {
    fn look_at(&self, cuts: Arc<Mutex<Receiver<Cut>>>) {
        let next = move || cuts.lock().ok()?.recv().ok();
        while let Some(Cut { place, left, told }) = next() {
            let folder = tempfile::tempdir().unwrap();
            left.write_to(folder.path());
            match self.examiner.look(folder.path(), &self.whole, &(self.owed)(&told)) {
                Ok(mended) => drop(self.mended.fetch_add(usize::from(mended), Ordering::Relaxed)),
                Err(why) => {
                    let mut wrong = self.wrong.lock().unwrap();
                    // The first folder stays, to be looked at.
                    let kept = wrong.is_empty().then(|| folder.keep().display().to_string());
                    wrong.push(format!("{place}: {why} {}", kept.unwrap_or_default()));
                }
            }
        }
    }
}

/// The journal of a station as it is.
fn whole(desk: &Desk) -> Vec<Entry> {
    let copy = tempfile::tempdir().unwrap();
    Disk::load(&folder(desk)).now.write_to(copy.path());
    entries(&Examiner::new().open(&copy.path().join("data")).unwrap()).unwrap()
}

/// Looks at every cut of a run on two threads; what is wrong. `whole` is the journal without one.
fn survey(
    run: &Run,
    torn: usize,
    whole: Vec<Entry>,
    owed: &(dyn Fn(&Told) -> Owed + Sync),
) -> Vec<String> {
    let (began, examiner) = (Instant::now(), Examiner::new());
    let (wrong, mended) = (Mutex::default(), AtomicUsize::new(0));
    let survey = Survey { owed, examiner, whole, wrong, mended };
    let (send, receive) = sync_channel::<Cut>(4);
    // Nobody but those who look holds the other end: were they to fall over, sending would too.
    let receive = Arc::new(Mutex::new(receive));
    let (points, between) = std::thread::scope(|scope| {
        for receive in [receive.clone(), receive] {
            let survey = &survey;
            scope.spawn(move || survey.look_at(receive));
        }
        let count = cuts(run, torn, &mut |cut| send.send(cut).unwrap());
        drop(send);
        count
    });
    let (name, seconds, mended) = (run.name, began.elapsed().as_secs(), survey.mended);
    let mended = mended.into_inner();
    println!("{name}: {points} sync points, {between} cuts between, {mended} mended, {seconds} s");
    survey.wrong.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// The receipts told by a `perform`, each with what the line it answers submitted.
fn receipts(told: &str, lines: &[Value]) -> Vec<Receipt> {
    let whole = told.rfind('\n').map_or("", |end| told.get(..end).unwrap());
    let answers = json_lines(whole).into_iter().zip(lines);
    let receipt = |(answer, line): (Value, &Value)| {
        assert_eq!(answer["ok"], true, "{line}: {answer}");
        let mark = line["move"].as_str().or(line["fields"]["remarks"].as_str());
        let mark = mark.or(line["fields"]["name"].as_str()).unwrap().to_string();
        let number = |key: &str| usize::try_from(answer[key].as_u64().unwrap()).unwrap();
        Receipt {
            seq: Some(number("seq")),
            number: answer["number"].as_str().unwrap().into(),
            revision: u32::try_from(number("revision")).unwrap(),
            mark,
        }
    };
    answers.map(receipt).collect()
}

fn saved(told: &str, lines: &[Value]) -> Owed {
    let receipts = receipts(told, lines);
    let seq = receipts.iter().filter_map(|receipt| receipt.seq).max().unwrap_or(0);
    let seq = u64::try_from(seq).unwrap();
    Owed { seq, receipts, ..Owed::default() }
}

/// Given names that can be told apart: the beginning of the Thousand Characters.
const GIVEN: &str = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳";

/// A name nobody else has.
fn name(family: &str, n: u32) -> String {
    family.chars().chain(GIVEN.chars().nth(n as usize)).collect()
}

/// People, files, changes of files and steps: `count` of each.
fn lines(count: u32) -> Vec<Value> {
    let mut lines = Vec::new();
    let consents = ["health", "household-finance"]
        .map(|group| json!({"group": group, "version": "2025-1", "signed_on": "2025-10-15"}));
    for n in 1..=count {
        let id = id_number("19900101", n);
        let number = format!("T-困-2025-{n:05}");
        lines.push(json!({"create": "person", "fields": {"name": name("周", n)}}));
        lines.push(json!({"create": "hardship_file", "number": number, "fields": {
            "name": "李红", "id_number": id, "annual_income": "5.2万", "rigid_expense": "22000",
            "household_size": 1, "main_cause": "6", "remarks": format!("{n} 新"),
            "consents": consents,
        }}));
        let changed = json!({"remarks": format!("{n} 改")});
        lines.push(json!({"amend": number, "base": 1, "fields": changed}));
        lines.push(json!({"move": "submit", "number": number}));
    }
    lines
}

fn jsonl(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// A station with somebody who may submit, who acts from then on.
fn desk() -> Desk {
    let mut desk = Desk::new();
    let password = desk.file("password");
    let add =
        ["account", "add", "zhu", "--role", "supervisor", "--no-change", "--new-password-file"];
    desk.done(&[&add[..], &[shown(&password)]].concat());
    desk.account = "zhu".into();
    desk
}

fn all_well(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} cuts were not survived:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn making_a_station_survives_a_power_cut_at_any_moment() {
    let Some(recorder) = Recorder::build() else { return };
    let mut run = Run::on("init", Desk::bare());
    let mut init = run.desk.init();
    run.record(&recorder, &mut init, &[]).saw_everything();
    let owed = |told: &Told| {
        // The recovery key is the last thing told, and the first anybody can rely on.
        let made = told[0].ends_with('\n');
        let again = if made { Again::Nothing } else { Again::Init };
        Owed { again, seq: u64::from(made), ..Owed::default() }
    };
    all_well(&survey(&run, TORN, whole(&run.desk), &owed));
}

#[test]
fn saving_survives_a_power_cut_at_any_moment() {
    let Some(recorder) = Recorder::build() else { return };
    let desk = desk();
    let lines = lines(8);
    let mut run = Run::on("perform", desk);
    run.perform(&recorder, &lines).saw_everything();
    let owed = |told: &Told| saved(&told[0], &lines);
    all_well(&survey(&run, TORN, whole(&run.desk), &owed));
    // The survey can fail: without the syncs of the journal, what was told is gone.
    run.name = "perform without syncing the journal";
    for steps in &mut run.commands {
        steps.retain(|step| step.act != Act::Sync || !step.path.contains("journal/"));
    }
    let wrong = survey(&run, 0, whole(&run.desk), &owed);
    assert!(!wrong.is_empty(), "a lost save was not noticed");
}

#[test]
fn importing_survives_a_power_cut_at_any_moment() {
    let Some(recorder) = Recorder::build() else { return };
    let desk = desk();
    let mut csv = String::from("职工编号,姓名,身份证号,近12个月家庭总收入,备注\n");
    for n in 1..=30 {
        let id = id_number("19850607", n);
        csv.push_str(&format!("D-困-2025-{n:05},{},{id},{n}2000,第{n}行\n", name("李", n)));
    }
    let file = desk.write("files.csv", &csv);
    let mut run = Run::on("import", desk);
    run.command(&recorder, &["import", "hardship_file", shown(&file)]).saw_everything();
    let owed = |told: &Told| {
        // The report is told when every row has been saved.
        let rows = if told[0].is_empty() { 0..0 } else { 1..31 };
        let row = |n| {
            let (number, mark) = (format!("D-困-2025-{n:05}"), format!("第{n}行"));
            Receipt { seq: None, number, revision: 1, mark }
        };
        Owed { receipts: rows.map(row).collect(), ..Owed::default() }
    };
    all_well(&survey(&run, TORN, whole(&run.desk), &owed));
}

#[test]
fn a_backup_told_of_survives_a_power_cut_at_any_moment() {
    let Some(recorder) = Recorder::build() else { return };
    let mut desk = desk();
    desk.account = "admin".into();
    let lines: Vec<Value> =
        (1..=8).map(|n| json!({"create": "person", "fields": {"name": name("吴", n)}})).collect();
    let mut run = Run::on("backup", desk);
    run.command(&recorder, &["backup", "--json"]);
    run.perform(&recorder, &lines).saw_everything();
    let base = folder(&run.desk);
    let owed = |told: &Told| {
        let mut owed = saved(&told[1], &lines);
        if told[0].ends_with('\n') {
            let report: Value = serde_json::from_str(&told[0]).unwrap();
            let file = Path::new(report["file"].as_str().unwrap());
            let file = shown(file.strip_prefix(&base).unwrap()).to_string();
            owed.backups.push((file, report["entries"].as_u64().unwrap()));
        }
        owed
    };
    all_well(&survey(&run, TORN, whole(&run.desk), &owed));
}

#[test]
fn building_the_table_anew_survives_a_power_cut_at_any_moment() {
    let Some(recorder) = Recorder::build() else { return };
    let mut desk = desk();
    let lines = lines(4);
    let (status, answers) = desk.perform(&jsonl(&lines));
    assert_eq!(status, 0, "{answers:?}");
    // A table nobody can read.
    std::fs::write(desk.data().join("records/format"), "of another make\n").unwrap();
    desk.account = "admin".into();
    let mut run = Run::on("rebuild", desk);
    run.command(&recorder, &["rebuild"]).saw_everything();
    let told: String = answers.iter().map(|answer| format!("{answer}\n")).collect();
    let owed = |_: &Told| saved(&told, &lines);
    all_well(&survey(&run, TORN, whole(&run.desk), &owed));
}

#[test]
fn restoring_survives_a_power_cut_at_any_moment() {
    let Some(recorder) = Recorder::build() else { return };
    let mut from = desk();
    assert_eq!(from.perform(&jsonl(&lines(2))).0, 0);
    from.account = "admin".into();
    let before = whole(&from);
    let last = before.last().map_or(0, |entry| entry.seq);
    let to = Desk::bare();
    let file = to.file("copy.yzb");
    from.done(&["backup", shown(&file)]);
    let mut run = Run::on("restore", to);
    run.command(&recorder, &["restore", shown(&file), "--json"]).saw_everything();
    let owed = |told: &Told| {
        let done = told[0].ends_with('\n');
        let again = if done { Again::Nothing } else { Again::Restore("copy.yzb") };
        // Whoever restores is entered behind what was there.
        Owed { again, seq: last, heals: true, ..Owed::default() }
    };
    all_well(&survey(&run, TORN, before, &owed));
}

#[test]
fn making_a_damaged_journal_whole_survives_a_power_cut_at_any_moment() {
    let Some(recorder) = Recorder::build() else { return };
    let mut desk = desk();
    let lines = lines(3);
    let (status, answers) = desk.perform(&jsonl(&lines));
    assert_eq!(status, 0, "{answers:?}");
    desk.account = "admin".into();
    desk.done(&["backup"]);
    let before = whole(&desk);
    // One byte of the third entry or so, far before the end.
    let segment = desk.data().join("journal/00000001.yzj");
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[1_000] ^= 0x20;
    std::fs::write(&segment, bytes).unwrap();
    let mut run = Run::on("heal", desk);
    run.command(&recorder, &["rebuild"]).saw_everything();
    let told: String = answers.iter().map(|answer| format!("{answer}\n")).collect();
    let owed = |done: &Told| {
        let again = if done[0].ends_with('\n') { Again::Nothing } else { Again::Heal };
        Owed { again, heals: true, ..saved(&told, &lines) }
    };
    all_well(&survey(&run, TORN, before, &owed));
}
