//! kill -9 at random moments of every kind of work: nothing acknowledged is missing, nothing is
//! doubled, and the station opens without anybody's help.
//!
//! The moments are spread over the whole run of a command, its opening and closing included: half
//! lie at a random part of the time the command takes undisturbed, half behind a random number of
//! answers. After each the station is opened in this process and checked.

mod ground;
mod watched;

use super::{Desk, PASSWORD, id_number, text};
use ground::{FILE, Ground, Scene};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use watched::{ACKNOWLEDGED, Moment, PATIENCE, receipt, watch};
use yizhan::exchange::{Book, ImportOptions, Plan, import};
use yizhan::office::{Answers, Command as Change, Office, Sources};
use yizhan::program::PERSON;
use yizhan::record::{RecordId, SystemClock};
use yizhan::store::{Origin, Secret, verify_chain};

/// At least so many files are approved together, and at most so many more.
const TOGETHER: usize = 50;
const SPREAD: usize = 10;
/// Files that wait for review in a prepared station, and drafts to be submitted: stations are
/// small, so that opening them a thousand times stays quick.
const LARGE: [usize; 2] = [TOGETHER + SPREAD + 5, 0];
const SMALL: [usize; 2] = [10, 30];
/// Moments in one station; then another copy of the prepared one is taken.
const MOMENTS: usize = 20;
/// Told of a station that is open. A process that any test of this binary is just starting holds a
/// copy of every lock of ours until it has become another program: that is waited for.
const LOCKED: &str = "正在使用这个数据目录";
/// A station with more acknowledged numbers or files than this is exchanged for a fresh copy.
const TOO_LARGE: usize = 300;

/// What is going on when the process is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    /// One line after another, each behind the answer to the one before.
    Saves,
    /// A file of lines, which share waits for the disk.
    Perform,
    /// A review queue approved at once.
    Approve,
    Import,
    Backup,
    Rebuild,
    Compact,
}

/// Twenty-five stations of twenty moments: five hundred.
const STATIONS: [(Work, usize); 7] = [
    (Work::Saves, 4),
    (Work::Perform, 4),
    (Work::Approve, 3),
    (Work::Import, 5),
    (Work::Backup, 3),
    (Work::Rebuild, 3),
    (Work::Compact, 3),
];

#[test]
fn nothing_acknowledged_is_lost_at_five_hundred_moments() {
    let began = Instant::now();
    let [large, small] = [LARGE, SMALL].map(|[waiting, drafts]| Ground::new(waiting, drafts));
    let help = text(&Desk::bare().yizhan(&["rebuild", "--help"]).output().unwrap().stdout);
    let compacts = help.contains("--compact");
    if !compacts {
        println!("this program has no `rebuild --compact`: `rebuild` takes its moments");
    }
    let rounds: Vec<Work> = STATIONS
        .into_iter()
        .flat_map(|(work, stations)| vec![work; stations])
        .map(|work| if work == Work::Compact && !compacts { Work::Rebuild } else { work })
        .collect();
    let turn = AtomicUsize::new(0);
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let work = || {
            let mut all = Vec::new();
            loop {
                let round = turn.fetch_add(1, Ordering::Relaxed);
                let Some(work) = rounds.get(round) else { return all };
                let ground = if *work == Work::Approve { &large } else { &small };
                all.push(Round::begin(ground, *work, round).run());
            }
        };
        let threads = [scope.spawn(work), scope.spawn(work)];
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let mut total = Tally { work: Work::Saves, moments: 0, killed: 0, acknowledged: 0 };
    for work in STATIONS.map(|(work, _)| work) {
        let of: Vec<&Tally> = tallies.iter().filter(|tally| tally.work == work).collect();
        let sum = |part: fn(&Tally) -> usize| of.iter().map(|tally| part(tally)).sum::<usize>();
        let (moments, killed) = (sum(|tally| tally.moments), sum(|tally| tally.killed));
        let acknowledged = sum(|tally| tally.acknowledged);
        println!("{work:?}: {moments} moments, {killed} killed on the way, {acknowledged} answers");
        total.moments += moments;
        total.killed += killed;
        total.acknowledged += acknowledged;
    }
    println!("{} moments in {:.0} s", total.moments, began.elapsed().as_secs_f64());
    assert_eq!(total.moments, 500);
    assert!(total.killed > 300, "too few were killed on the way to say anything: {}", total.killed);
    assert!(total.acknowledged > 3000, "too few were acknowledged: {}", total.acknowledged);
}

/// The next of a row of numbers that look random and are the same every time (Knuth's MMIX).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap()
    }

    fn below(&mut self, limit: usize) -> usize {
        self.next() % limit.max(1)
    }

    /// A part of a length of time, from nothing to a little more than all of it.
    fn part(&mut self, of: Duration) -> Duration {
        of.mul_f64(f64::from(u32::try_from(self.below(1080)).unwrap()) / 1000.0)
    }
}

/// How often, how, and what was told.
struct Tally {
    work: Work,
    moments: usize,
    killed: usize,
    acknowledged: usize,
}

/// What a command was told to do and how much there was to tell.
struct Order {
    command: Command,
    /// Lines for standard input, one behind each answer.
    lines: Vec<String>,
    /// Answers there will be.
    answers: usize,
    /// The file imported, and its rows.
    list: Option<(PathBuf, usize)>,
}

/// One kind of work in one station after another.
struct Round<'g> {
    ground: &'g Ground,
    scene: Scene,
    work: Work,
    round: usize,
    dice: Dice,
    orders: usize,
    tally: Tally,
}

impl<'g> Round<'g> {
    fn begin(ground: &'g Ground, work: Work, round: usize) -> Self {
        let tally = Tally { work, moments: 0, killed: 0, acknowledged: 0 };
        let dice = Dice(round as u64);
        Self { ground, scene: Scene::new(ground), work, round, dice, orders: 0, tally }
    }

    fn run(mut self) -> Tally {
        let began = Instant::now();
        let mut undisturbed = self.moment(None).unwrap();
        for _ in 0..MOMENTS {
            undisturbed = self.moment(Some(undisturbed)).unwrap_or(undisturbed);
            self.tally.moments += 1;
        }
        let report = verify_chain(&self.scene.desk.data(), None).unwrap();
        assert!(report.ok, "{:?}: {report:?}", self.work);
        let (work, round, took) = (self.work, self.round, began.elapsed());
        let Tally { killed, acknowledged, .. } = self.tally;
        println!("{round:2} {work:?}: {killed} killed, {acknowledged} answers, {took:.1?}");
        self.tally
    }

    /// Works, is killed, and looks at what is left; how long it took when it came to its end. It
    /// is not killed when nobody knows yet how long the work takes.
    fn moment(&mut self, undisturbed: Option<Duration>) -> Option<Duration> {
        let Order { mut command, lines, answers, list } = self.order();
        let moment = match undisturbed {
            None => Moment::Never,
            Some(_) if answers > 0 && self.dice.below(2) == 0 => {
                Moment::Behind(self.dice.below(answers))
            }
            Some(undisturbed) => Moment::After(self.dice.part(undisturbed)),
        };
        let began = Instant::now();
        let mut told = watch(&mut command, lines.clone(), &moment);
        while told.errors.contains(LOCKED) && began.elapsed() < PATIENCE {
            told = watch(&mut command, lines.clone(), &moment);
        }
        let took = began.elapsed();
        let place = format!("{:?} {}.{} {moment:?}", self.work, self.round, self.orders);
        if told.finished {
            assert_eq!(told.status, Some(0), "{place}: {}", told.errors);
        } else {
            self.tally.killed += 1;
        }
        let receipts: Vec<(String, u32)> =
            told.lines.iter().filter_map(|line| receipt(line)).collect();
        if told.finished {
            assert!(receipts.len() >= answers, "{place}: {:?}", told.lines);
        }
        self.tally.acknowledged += receipts.len();
        for (number, revision) in &receipts {
            self.scene.acknowledge(number, *revision);
        }
        self.check(&place, &told.lines, list);
        told.finished.then_some(took)
    }

    fn order(&mut self) -> Order {
        self.orders += 1;
        let Scene { waiting, acknowledged, files, .. } = &self.scene;
        let used_up = self.work == Work::Approve && waiting.len() < TOGETHER + SPREAD;
        if used_up || acknowledged.len() > TOO_LARGE || *files > TOO_LARGE as u64 {
            self.scene = Scene::new(self.ground);
        }
        let desk = &self.scene.desk;
        let plain = |args: &[&str]| Order {
            command: with_key(desk, args),
            lines: Vec::new(),
            answers: 0,
            list: None,
        };
        match self.work {
            Work::Saves | Work::Perform => self.lines(),
            Work::Approve => self.approvals(),
            Work::Import => self.list(),
            Work::Backup => plain(&["backup", "--json"]),
            Work::Rebuild => {
                damage(&desk.data(), self.dice.below(4));
                plain(&["rebuild"])
            }
            Work::Compact => plain(&["rebuild", "--compact"]),
        }
    }

    /// People made and amended, drafts submitted.
    fn lines(&mut self) -> Order {
        let count = if self.work == Work::Saves { 10 } else { 50 };
        let (round, order) = (self.round, self.orders);
        let mut lines = Vec::new();
        for n in 0..count {
            // The next line names the person by the identity number: the record's own is given.
            let day = format!("20{:02}{:02}{:02}", round % 25, 1 + order % 12, 1 + order / 12 % 28);
            let number = id_number(&day, u32::try_from(1 + n).unwrap());
            let fields = json!({"name": "周丽", "id_number": number});
            lines.push(json!({"create": "person", "fields": fields}));
            let address = json!({"address": "鱼洞街道一号", "postal_code": "401320"});
            lines.push(json!({"amend": number, "base": 1, "fields": address}));
            if n % 25 == 0
                && let Some(draft) = self.scene.drafts.pop()
            {
                lines.push(json!({"move": "submit", "number": draft}));
            }
        }
        let lines: Vec<String> = lines.iter().map(|line| format!("{line}\n")).collect();
        let answers = lines.len();
        let (file, lines) = if self.work == Work::Saves {
            ("-".to_string(), lines)
        } else {
            (desk_file(&self.scene.desk, "lines.jsonl", &lines.concat()), Vec::new())
        };
        let command = by(&self.scene.desk, "volunteer", &["perform", &file]);
        Order { command, lines, answers, list: None }
    }

    /// Some of those who wait, approved by another process of this binary: see [`approves`].
    fn approvals(&mut self) -> Order {
        let count = TOGETHER + self.dice.below(SPREAD + 1);
        let numbers: Vec<String> = self.scene.waiting.iter().take(count).cloned().collect();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["cli::crash::approves", "--exact", "--nocapture", "--test-threads=1"]);
        command.env(APPROVES, self.scene.desk.data()).stdin(Stdio::piped());
        let answers = numbers.len();
        Order { command, lines: vec![numbers.join(" ") + "\n"], answers, list: None }
    }

    /// A new list of households.
    fn list(&mut self) -> Order {
        let rows = 30 + self.dice.below(120);
        let (round, order) = (self.round, self.orders);
        let mut csv = "职工编号,姓名,身份证号,备注\n".to_string();
        for n in 0..rows {
            let birth = format!("19{:02}{:02}{:02}", 40 + order, 1 + order % 12, 1 + n / 300);
            let id = id_number(&birth, u32::try_from(500 + n % 300).unwrap());
            csv += &format!("IM{round}-困-2025-{:05},李红,{id},家住鱼洞街道\n", order * 1000 + n);
        }
        let file = desk_file(&self.scene.desk, &format!("list-{order}.csv"), &csv);
        let command = with_key(&self.scene.desk, &["import", FILE, &file, "--json"]);
        Order { command, lines: Vec::new(), answers: 0, list: Some((file.into(), rows)) }
    }

    /// Opens the station and looks for everything that was acknowledged.
    fn check(&mut self, place: &str, told: &[String], list: Option<(PathBuf, usize)>) {
        let scene = &mut self.scene;
        let key = fs::read_to_string(scene.desk.file("key")).unwrap();
        let sources = &self.ground.sources;
        let office = open(&scene.desk.data(), &Secret::Recovery(&key), sources, place);
        if let Some((file, rows)) = list {
            complete(&office, &file, rows, told, place);
            scene.files += rows as u64;
        }
        for (number, revision) in &scene.acknowledged {
            let record = office.numbered(number).and_then(|id| office.record(id).unwrap());
            let found = record.map_or(0, |record| record.revision);
            assert!(found >= *revision, "{place}: {number} is at {found}, was at {revision}");
        }
        assert_eq!(office.store().count(FILE).unwrap(), scene.files, "{place}");
        if self.work == Work::Import {
            assert_eq!(office.store().count(PERSON).unwrap(), scene.files, "{place}");
        }
        scene.waiting.retain(|number| {
            let record = office.numbered(number).and_then(|id| office.record(id).unwrap());
            record.is_some_and(|record| record.state == "submitted")
        });
        let report = office.store().verify(None).unwrap();
        assert!(report.ok, "{place}: {report:?}");
        let put_right = report.table.map(|table| table.put_right).unwrap_or_default();
        assert!(put_right.is_empty(), "{place}: {put_right:?}");
        let told: Vec<&str> = told.iter().map(|line| line.trim()).collect();
        backups(scene, &office, &told, place);
        close(office);
    }
}

fn moved(id: RecordId, step: &str) -> Change {
    Change::Move { id, base: None, id_of_move: step.into(), answers: Answers::new() }
}

/// Gives `rebuild` something to do, in one of four ways.
fn damage(data: &Path, way: usize) {
    let records = table(data);
    match way {
        0 => {}
        1 => drop(fs::remove_dir_all(records)),
        2 => {
            let file = fs::OpenOptions::new().write(true).open(records.join("sled/db")).unwrap();
            file.set_len(file.metadata().unwrap().len() / 2).unwrap();
        }
        _ => {
            // Not there when the last process was killed before it wrote one.
            let _ = fs::remove_file(data.join("records.toml"));
        }
    }
}

/// The table in use: the last of `records`, `records-1`, `records-2` ...
fn table(data: &Path) -> PathBuf {
    let names = fs::read_dir(data).unwrap().map(|entry| entry.unwrap().file_name());
    let newest = names
        .filter_map(|name| {
            let rest = name.to_str()?.strip_prefix("records")?;
            let later = rest.strip_prefix('-').and_then(|later| later.parse::<u32>().ok());
            if rest.is_empty() { Some(0) } else { later }
        })
        .max();
    match newest {
        None | Some(0) => data.join("records"),
        Some(later) => data.join(format!("records-{later}")),
    }
}

/// An import that was cut off is completed by the same file, and nothing is doubled.
fn complete(office: &Office, file: &Path, rows: usize, told: &[String], place: &str) {
    let admin = office.stand_in("admin", PASSWORD, &Origin::Cli).unwrap();
    let plan = Plan::named(office.catalogue(), FILE).unwrap();
    let sheet = Book::open(file).unwrap();
    let options = ImportOptions::default();
    let report = import(office, &admin, &plan, &sheet, &options, &mut |_, _| {}).unwrap();
    assert!(report.stopped.is_none() && report.refused.is_empty(), "{place}: {report:?}");
    assert_eq!(report.accepted() + report.unchanged(), rows, "{place}");
    // What a finished import said it had taken is there.
    let told: Option<serde_json::Value> =
        told.first().and_then(|line| serde_json::from_str(line).ok());
    let told = told.map_or(0, |report| report["accepted"].as_u64().unwrap());
    assert!(
        report.unchanged() as u64 >= told,
        "{place}: {told} taken, {} found",
        report.unchanged()
    );
    let again = import(office, &admin, &plan, &sheet, &options, &mut |_, _| {}).unwrap();
    assert_eq!((again.accepted(), again.unchanged()), (0, rows), "{place}");
}

/// Every file with the name of a backup is a whole one.
fn backups(scene: &mut Scene, office: &Office, told: &[&str], place: &str) {
    for line in told {
        let told: Option<serde_json::Value> = serde_json::from_str(line).ok();
        if let Some(file) = told.as_ref().and_then(|told| told["file"].as_str()) {
            assert!(Path::new(file).exists(), "{place}: {file} was told and is gone");
        }
    }
    let Ok(folder) = fs::read_dir(scene.desk.data().join("backup")) else { return };
    for path in folder.map(|entry| entry.unwrap().path()) {
        if path.extension().is_some_and(|is| is == "yzb") && !scene.backups.contains(&path) {
            let checked = office.store().check_backup(&path);
            assert!(checked.is_ok(), "{place}: {} {checked:?}", path.display());
            scene.backups.push(path);
        }
    }
}

fn desk_file(desk: &Desk, name: &str, content: &str) -> String {
    super::shown(&desk.write(name, content)).to_string()
}

fn with_key(desk: &Desk, args: &[&str]) -> Command {
    let mut command = desk.yizhan(args);
    command.arg("--recovery-key-file").arg(desk.file("key"));
    command
}

fn by(desk: &Desk, account: &str, args: &[&str]) -> Command {
    let mut command = desk.yizhan(args);
    command.args(["--as", account, "--password-file"]).arg(desk.file("password"));
    command
}

fn open(data: &Path, secret: &Secret<'_>, sources: &Sources, place: &str) -> Arc<Office> {
    let began = Instant::now();
    loop {
        let Sources { catalogue, library, calendar } = sources;
        let sources = Sources {
            catalogue: catalogue.clone(),
            library: library.clone(),
            calendar: calendar.clone(),
        };
        match Office::open(data, secret, sources, Arc::new(SystemClock)) {
            Ok(office) => {
                office.wait_for_index();
                return office;
            }
            Err(why) if why.message.zh.contains(LOCKED) && began.elapsed() < PATIENCE => {
                std::thread::yield_now();
            }
            Err(why) => panic!("{place}: it does not open: {why:?}"),
        }
    }
}

/// Lets the folder go before the next process comes.
fn close(mut office: Arc<Office>) {
    office.close().unwrap();
    // The thread that filled the index may not have let go yet.
    while let Err(still) = Arc::try_unwrap(office) {
        office = still;
        std::thread::yield_now();
    }
}

const APPROVES: &str = "YIZHAN_TEST_APPROVES";

/// The other side of [`Work::Approve`]: a supervisor approves the numbers it is told, all at once.
#[test]
fn approves() {
    let Some(data) = std::env::var_os(APPROVES) else { return };
    let secret = Secret::Password { account: "supervisor", password: PASSWORD };
    let office = open(Path::new(&data), &secret, &Sources::load(None).unwrap(), "approving");
    // The station was made on a clock of 2025.
    let admin = office.sign_in("admin", PASSWORD, &Origin::Cli).unwrap();
    office.accept_clock(&admin).unwrap();
    let supervisor = office.sign_in("supervisor", PASSWORD, &Origin::Cli).unwrap();
    let mut numbers = String::new();
    std::io::stdin().read_line(&mut numbers).unwrap();
    let ids = numbers.split_whitespace().map(|number| office.numbered(number).unwrap());
    let answers = office.perform_all(&supervisor, ids.map(|id| moved(id, "accept")));
    // Behind what the test harness has begun to say.
    println!();
    for receipt in answers.into_iter().map(Result::unwrap) {
        println!("{ACKNOWLEDGED}{} {}", receipt.number, receipt.revision);
    }
    close(office);
}
