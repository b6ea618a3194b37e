//! Disks that are full or read-only: nothing acknowledged is lost, everything not taken is named,
//! reading goes on, and saving resumes by itself once there is room.
//!
//! Each test mounts a file system in memory of its own, which the superuser may do; elsewhere it
//! says so and is skipped.

use crate::cli::{Desk, id_number, json_lines, shown, text};
use crate::stage::Station;
use serde_json::Value as Json;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use yizhan::office::{Actor, Command as Change, Office, Receipt, Refusal, RefusalKind, Sources};
use yizhan::program::PERSON;
use yizhan::record::{Fields, RecordId, SystemClock, Value};
use yizhan::store::Secret;

/// A file system of 20 MB in memory, gone when dropped.
pub struct Disk {
    at: PathBuf,
}

impl Disk {
    /// Mounts it over a folder, which is made; nothing where that is not allowed.
    pub fn over(folder: &Path) -> Option<Self> {
        std::fs::create_dir_all(folder).unwrap();
        let options = ["-t", "tmpfs", "-o", "size=20m,mode=700", "tmpfs"];
        let mounted = Command::new("mount").args(options).arg(folder).output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self { at: folder.to_path_buf() }),
            why => {
                let why = why.map_or_else(|error| error.to_string(), |output| text(&output.stderr));
                println!("skipped: wants to mount a tmpfs of 20 MB, as the superuser may: {why}");
                None
            }
        }
    }

    /// The same as an ext4 in a file, which can meet an error.
    fn ext4_over(folder: &Path, image: &Path) -> Option<Self> {
        std::fs::create_dir_all(folder).unwrap();
        File::create(image).unwrap().set_len(20 << 20).unwrap();
        let made = Command::new("mkfs.ext4").arg("-q").arg(image).output();
        let disk = Self { at: folder.to_path_buf() };
        if made.is_ok_and(|made| made.status.success()) && disk.mounts(image) {
            return Some(disk);
        }
        println!(
            "skipped: wants mkfs.ext4 (package e2fsprogs) and a loop device, as the superuser"
        );
        None
    }

    fn mounts(&self, image: &Path) -> bool {
        let mut command = Command::new("mount");
        let mounted = command.args(["-o", "loop"]).arg(image).arg(&self.at).output();
        mounted.is_ok_and(|mounted| mounted.status.success())
    }

    fn mount_again(&self, image: &Path) {
        let output = Command::new("umount").arg(&self.at).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert!(self.mounts(image));
    }

    /// Lets a file be written, or forbids it even to those who have it open.
    fn writable(&self, file: &Path, may: bool) {
        let how = if may { "-i" } else { "+i" };
        let output = Command::new("chattr").arg(how).arg(file).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
    }

    /// Leaves `room` bytes and no more.
    pub fn fill(&self, room: u64) {
        let mut filler = File::create(self.at.join("filler")).unwrap();
        for block in [1 << 20, 4096, 1] {
            let block = vec![7; block];
            let full = loop {
                if let Err(error) = filler.write_all(&block) {
                    break error;
                }
            };
            assert_eq!(full.kind(), ErrorKind::StorageFull, "{full}");
        }
        let length = filler.metadata().unwrap().len();
        filler.set_len(length - room).unwrap();
    }

    /// Makes room again.
    pub fn empty(&self) {
        std::fs::remove_file(self.at.join("filler")).unwrap();
    }

    /// Mounts it again: read-only (`ro`), for writing (`rw`), or as after an error (`abort`).
    fn remount(&self, how: &str) {
        let options = format!("remount,{how}");
        let output = Command::new("mount").args(["-o", &options]).arg(&self.at).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: after a test that failed something may still be open on it.
        let _ = Command::new("umount").arg("-l").arg(&self.at).output();
    }
}

/// Rows of the file taken in: each about 3 KB, most of it a remark.
const ROWS: usize = 1200;

/// A list of households, two of which cannot be right.
fn list() -> String {
    let mut rows = "职工编号,姓名,身份证号,备注\n".to_string();
    for n in 0..ROWS {
        let (year, order) = (1960 + n / 400, n % 400 + 1);
        let mut id = id_number(&format!("{year}0315"), u32::try_from(order).unwrap());
        if WRONG.contains(&n) {
            id.replace_range(16.., "QQ");
        }
        let remark = format!("第{n}户，").repeat(130);
        rows += &format!("BN-困-2025-{n:05},周丽,{id},{remark}\n");
    }
    rows
}

/// Rows with a wrong identity number: one early, one late.
const WRONG: [usize; 2] = [40, ROWS - 3];

fn all(output: &Output) -> String {
    text(&output.stdout) + &text(&output.stderr)
}

/// Line numbers of a list of rows in a report.
fn lines(rows: &Json) -> Vec<u64> {
    rows.as_array().unwrap().iter().map(|row| row["line"].as_u64().unwrap()).collect()
}

#[test]
fn an_import_meets_a_full_disk_and_is_completed_later() {
    // The journal, the table and the files beside them meet the end of the disk in turn.
    for room in [3 << 20, 900 << 10, 96 << 10, 0] {
        let desk = Desk::bare();
        let Some(disk) = Disk::over(&desk.data()) else { return };
        assert!(desk.init().output().unwrap().status.success());
        let file = desk.write("list.csv", &list());
        let rejects = desk.file("rejects.csv");
        disk.fill(room);
        let import = ["import", "hardship_file", shown(&file), "--json"];
        let output = desk.run(&[&import[..], &["--rejects", shown(&rejects)]].concat());
        assert_eq!(output.status.code(), Some(1), "room {room}: {}", all(&output));
        let report = &json_lines(&text(&output.stdout));
        let report = report.first().unwrap_or_else(|| panic!("room {room}: {}", all(&output)));
        let accepted = every_row_is_accounted_for(report, &rejects);
        println!("room {room}: {accepted} rows of {ROWS} were taken");

        reading_goes_on(&desk, room, accepted);
        // Without --json people are told the same.
        let output = desk.run(&["import", "hardship_file", shown(&file)]);
        assert_eq!(output.status.code(), Some(1), "room {room}: {}", all(&output));
        let told = all(&output);
        for told_of in ["磁盘空间不足", "请腾出磁盘空间", "行及以后各行", "再次导入"]
        {
            assert!(told.contains(told_of), "room {room}: {told_of} is not told: {told}");
        }

        disk.empty();
        completes(&desk, &import, room, accepted);
    }
}

/// There is room again: the same import takes the rest, and another one nothing.
fn completes(desk: &Desk, import: &[&str], room: u64, accepted: usize) {
    let report = &json_lines(&text(&desk.run(import).stdout))[0];
    let count = |key: &str| usize::try_from(report[key].as_u64().unwrap()).unwrap();
    assert_eq!(lines(&report["rows"]), WRONG.map(|n| n as u64 + 2));
    assert_eq!((count("left"), &report["stopped"]), (0, &Json::Null), "room {room}");
    assert_eq!(count("accepted") + count("unchanged"), ROWS - WRONG.len(), "room {room}");
    assert!(count("unchanged") >= accepted, "room {room}: something acknowledged is gone");
    let report = &json_lines(&text(&desk.run(import).stdout))[0];
    assert_eq!((&report["accepted"], &report["left"]), (&0.into(), &0.into()));
    assert_eq!(report["unchanged"], ROWS - WRONG.len(), "room {room}");
    nothing_is_doubled(desk, room);
}

/// Every row of the file is counted as taken, or named as refused or left; how many were taken.
fn every_row_is_accounted_for(report: &Json, rejects: &Path) -> usize {
    let stopped = &report["stopped"];
    assert!(stopped["message"].as_str().unwrap().contains("磁盘空间不足"), "{stopped}");
    assert!(stopped["next"].as_str().unwrap().contains("请腾出磁盘空间"), "{stopped}");
    assert!(stopped["next_en"].as_str().unwrap().contains("Free some disk space"), "{stopped}");
    let accepted = usize::try_from(report["accepted"].as_u64().unwrap()).unwrap();
    let (refused, left) = (lines(&report["rows"]), lines(&report["left_rows"]));
    assert_eq!(report["left"], left.len());
    assert_eq!(accepted + refused.len() + left.len(), ROWS);
    // No row is passed over: what was taken lies before what was left.
    let mut named = [refused, left.clone()].concat();
    named.sort_unstable();
    let first = u64::try_from(ROWS - named.len() + 2).unwrap();
    let tail: Vec<u64> = named.into_iter().filter(|line| *line >= left[0]).collect();
    assert_eq!(tail, (left[0]..ROWS as u64 + 2).collect::<Vec<_>>());
    assert!(left[0] >= first, "{} {first}", left[0]);

    let mut written = csv::ReaderBuilder::new().from_path(rejects).unwrap();
    let rows: Vec<csv::StringRecord> = written.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), ROWS - accepted);
    let mut of_left = rows.iter().filter(|row| row[7].contains("磁盘空间不足"));
    let first = of_left.next().unwrap();
    assert_eq!(first[4].parse(), Ok(left[0]));
    assert_eq!(first[0], format!("BN-困-2025-{:05}", left[0] - 2));
    assert!(first[3].contains("户，") && first[8].contains("请腾出磁盘空间"));
    assert_eq!(of_left.count() + 1, left.len());
    accepted
}

/// The disk is still full: the station opens without any help, is whole, and can be read.
fn reading_goes_on(desk: &Desk, room: u64, accepted: usize) {
    let output = desk.run(&["verify", "--json"]);
    assert!(output.status.success(), "room {room}, verify: {}", all(&output));
    let report = &json_lines(&text(&output.stdout))[0];
    assert_eq!((&report["ok"], &report["contents"]), (&true.into(), &true.into()), "room {room}");
    let mut expected = vec![];
    if accepted > 0 {
        expected.push("BN-困-2025-00000".to_string());
        expected.push(format!("BN-困-2025-{:05}", accepted.saturating_sub(10)));
    }
    for number in expected {
        let output = desk.run(&["show", &number]);
        assert!(output.status.success(), "room {room}, show: {}", all(&output));
        assert!(text(&output.stdout).contains("户，"), "room {room}: {}", all(&output));
        let output = desk.run(&["find", &number, "--json"]);
        assert!(output.status.success(), "room {room}, find: {}", all(&output));
        assert_eq!(text(&output.stdout).lines().count(), 1, "room {room}");
    }
}

fn nothing_is_doubled(desk: &Desk, room: u64) {
    let secret = Secret::Password { account: "admin", password: crate::cli::PASSWORD };
    let sources = Sources::load(None).unwrap();
    let office = Office::open(&desk.data(), &secret, sources, Arc::new(SystemClock)).unwrap();
    office.wait_for_index();
    let expected = u64::try_from(ROWS - WRONG.len()).unwrap();
    for kind in ["hardship_file", PERSON] {
        assert_eq!(office.store().count(kind).unwrap(), expected, "room {room}: {kind}");
    }
    let report = office.store().verify(None).unwrap();
    assert!(report.ok, "room {room}: {report:?}");
    office.close().unwrap();
}

fn person(station: &Station, by: &Actor, name: &str) -> Result<Receipt, Refusal> {
    station.office.perform(by, created(name))
}

fn created(name: &str) -> Change {
    let address = Value::Text("渝中区解放碑街道，".repeat(13));
    let fields = Fields::from([
        ("name".to_string(), Value::Text(name.into())),
        ("address".to_string(), address),
    ]);
    Change::Create { kind: PERSON.into(), fields, number: None, step: None }
}

/// Saves until the disk takes no more; what was acknowledged.
fn saves_until_refused(station: &Station, by: &Actor) -> Vec<RecordId> {
    let mut saved = Vec::new();
    for _ in 0..2000 {
        match person(station, by, "群众") {
            Ok(receipt) => saved.push(receipt.id.unwrap()),
            Err(refusal) => {
                told_of_the_full_disk(&refusal);
                return saved;
            }
        }
    }
    panic!("the disk never got full");
}

fn told_of_the_full_disk(refusal: &Refusal) {
    assert_eq!(refusal.kind, RefusalKind::Unavailable, "{refusal:?}");
    assert!(refusal.message.zh.contains("磁盘空间不足"), "{refusal:?}");
    assert!(refusal.next.zh.contains("请腾出磁盘空间"), "{refusal:?}");
}

#[track_caller]
fn all_are_read(station: &Station, ids: &[RecordId]) {
    for id in ids {
        let record = station.office.record(*id);
        let record = record.unwrap_or_else(|why| panic!("reading stopped: {why:?}"));
        assert!(record.is_some(), "{id:?} was acknowledged and is gone");
    }
    let found = station.office.search(&station.admin, "群众", None, 5).unwrap();
    assert_eq!(found.len(), 5.min(ids.len()));
}

#[test]
fn a_station_saves_until_the_disk_is_full_reads_on_and_saves_again() {
    let desk = Desk::bare();
    let Some(disk) = Disk::over(&desk.data()) else { return };
    let station = Station::in_folder(&desk.data().join("station"));
    let by = station.actor("volunteer");
    let mut saved = vec![person(&station, &by, "群众").unwrap().id.unwrap()];
    // Several times, with a little more or less room: it ends in another file each time.
    for room in [0, 40 << 10, 300 << 10, 700 << 10] {
        disk.fill(room);
        saved.extend(saves_until_refused(&station, &by));
        all_are_read(&station, &saved);
        told_of_the_full_disk(&person(&station, &by, "群众").unwrap_err());
        assert!(station.office.trouble().is_some(), "nothing tells that the disk is full");
        all_are_read(&station, &saved);
        disk.empty();
        saved.push(person(&station, &by, "群众").unwrap().id.unwrap());
        assert_eq!(station.office.trouble(), None);
        all_are_read(&station, &saved);
        assert_eq!(station.office.store().count(PERSON).unwrap(), saved.len() as u64);
        assert!(station.office.store().verify(None).unwrap().ok);
    }
    // Where somebody keeps house nobody has to try: the disk is tried until it takes writes.
    let _keeper = station.office.keep_house();
    station.wait_for("the backup of the day", || station.office.backups().newest.is_some());
    disk.fill(0);
    told_of_the_full_disk(&person(&station, &by, "群众").unwrap_err());
    assert!(station.office.trouble().is_some());
    disk.empty();
    station.wait_for("saving to resume", || station.office.trouble().is_none());
    station.office.close().unwrap();
}

#[test]
fn typing_goes_on_over_a_full_disk_and_f10_saves_once() {
    let desk = Desk::bare();
    let Some(disk) = Disk::over(&desk.data()) else { return };
    let station = Station::in_folder(&desk.data().join("station"));
    let by = station.actor("volunteer");
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer");
    desk.press("F2").types("关小雨").press("F3").shows("关小雨");
    desk.press("Tab Tab Tab").types("1993-7");
    disk.fill(0);
    // Other desks have taken the last bytes.
    let others = saves_until_refused(&station, &by);
    let before = station.office.head_seq();
    desk.types("-15").press("Tab").shows("关小雨").shows("1993-07-15");
    desk.goes_to("家庭住址").types("鱼洞街道一号");
    for _ in 0..2 {
        desk.press("F10").shows("磁盘空间不足").shows("腾出磁盘空间");
        desk.shows("关小雨").shows("1993-07-15").shows("鱼洞街道一号");
    }
    // Typing goes on, and so does reading.
    desk.types("二单元").shows("鱼洞街道一号二单元");
    all_are_read(&station, &others);
    assert_eq!(station.office.head_seq(), before);

    disk.empty();
    desk.press("F10").shows("已保存").shows("关小雨").shows("鱼洞街道一号二单元");
    assert_eq!(station.office.head_seq(), before + 1, "saved once");
    let found = station.office.search(&station.admin, "关小雨", None, 9).unwrap();
    assert_eq!(found.len(), 1);
    desk.press("F6").shows("这里没有");
    assert!(station.office.store().verify(None).unwrap().ok);
}

/// Linux makes no file system read-only while a file is open for writing on it, but for one that
/// met an error; and what met an error is written again only after it was mounted anew.
#[test]
fn a_disk_that_becomes_read_only_is_read_and_saves_are_refused_in_words() {
    let desk = Desk::bare();
    let Some(disk) = Disk::ext4_over(&desk.data(), &desk.file("image")) else { return };
    let folder = desk.data().join("station");
    let station = Station::in_folder(&folder);
    let by = station.actor("volunteer");
    let mut saved = vec![person(&station, &by, "群众").unwrap().id.unwrap()];
    let mut screen = station.session(80, 24);
    screen.signs_in("volunteer");
    screen.press("F2").types("关小雨").press("F3").shows("关小雨");

    // For a while the journal may not be written.
    let journal = folder.join("journal/00000001.yzj");
    disk.writable(&journal, false);
    let refusal = person(&station, &by, "群众").unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::Unavailable);
    assert!(refusal.next.zh.contains("写权限"), "{refusal:?}");
    screen.press("F10").shows("权限").shows("关小雨");
    all_are_read(&station, &saved);
    disk.writable(&journal, true);
    screen.press("F10").shows("已保存");
    saved.push(person(&station, &by, "群众").unwrap().id.unwrap());
    all_are_read(&station, &saved);
    let before = station.office.store().count(PERSON).unwrap();
    assert_eq!(before, 3);

    disk.remount("abort");
    let refusal = person(&station, &by, "群众").unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::Unavailable);
    assert!(refusal.message.zh.contains("只读"), "{refusal:?}");
    assert!(refusal.next.zh.contains("写权限"), "{refusal:?}");
    screen.press("Esc Esc F2").types("群众").shows("群众").press("Enter").shows("渝中区");
    screen.press("e").goes_to("家庭住址").types("一").press("F10").shows("只读");
    all_are_read(&station, &saved);
    assert_eq!(station.office.store().count(PERSON).unwrap(), before);
    drop((screen, station));

    // Mounted again the station is as it was acknowledged, and saves.
    disk.mount_again(&desk.file("image"));
    let secret = Secret::Password { account: "volunteer", password: crate::stage::PASSWORD };
    let sources = Sources::load(None).unwrap();
    let office = Office::open(&folder, &secret, sources, Arc::new(SystemClock)).unwrap();
    office.wait_for_index();
    assert!(saved.iter().all(|id| office.record(*id).unwrap().is_some()));
    assert_eq!(office.store().count(PERSON).unwrap(), before);
    office.perform(&by, created("群众")).unwrap();
    assert!(office.store().verify(None).unwrap().ok);
}

#[test]
fn a_read_only_folder_opens_or_says_why_not() {
    let desk = Desk::bare();
    let Some(disk) = Disk::over(&desk.data()) else { return };
    assert!(desk.init().output().unwrap().status.success());
    let (_, answers) = desk.perform("{\"create\":\"person\",\"fields\":{\"name\":\"周丽\"}}\n");
    let number = answers[0]["number"].as_str().unwrap().to_string();
    disk.remount("ro");
    for args in [&["show", &number][..], &["verify"], &["find", "周丽"], &["rebuild"], &["backup"]]
    {
        let output = desk.run(args);
        let told = all(&output);
        assert!(!told.contains("panicked"), "{args:?}: {told}");
        match output.status.code() {
            Some(0) => {}
            Some(1) => {
                assert!(told.contains("只读") || told.contains("写权限"), "{args:?}: {told}");
            }
            other => panic!("{args:?}: {other:?} {told}"),
        }
    }
    // Without a key nothing has to be written.
    let output = desk.yizhan(&["verify"]).output().unwrap();
    assert!(output.status.success(), "{}", all(&output));
    disk.remount("rw");
    assert!(desk.done(&["show", &number]).contains("周丽"));
    assert!(desk.done(&["verify", "--json"]).contains("\"ok\":true"));
}
