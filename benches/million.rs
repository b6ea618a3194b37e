//! A station of many people, as an office would meet it: a CSV taken in by the built program, what it
//! weighs, and how soon somebody is found afterwards; beside it `sqlite3` with the same file.
//!
//! `cargo bench --bench million -- 10000 100000 1000000` measures these sizes, a million where none is
//! named. What is beside is measured in the same run, since machines differ from hour to hour.
//! All people are made up; identity numbers are under the unassigned code 500199.

#![allow(clippy::print_stdout, clippy::unwrap_used)] // a bench that cannot measure has to stop
#![allow(clippy::disallowed_methods)] // it looks at another program from time to time

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How often a running program's memory is looked at.
const LOOK: Duration = Duration::from_millis(5);
const PASSWORD: &str = "tin-moss-47";

fn main() {
    let mut sizes: Vec<u32> =
        std::env::args().skip(1).filter_map(|size| size.parse().ok()).collect();
    if sizes.is_empty() {
        sizes.push(1_000_000);
    }
    for size in sizes {
        let folder = folder();
        let csv = folder.path().join("people.csv");
        people(&csv, size);
        println!("== {size} people, {}", bytes(fs::metadata(&csv).unwrap().len()));
        station(folder.path(), &csv);
        sqlite(folder.path(), &csv);
        visidata(&csv);
    }
}

/// One station from the file, measured step by step.
fn station(folder: &Path, csv: &Path) {
    let password = folder.join("password");
    fs::write(&password, format!("{PASSWORD}\n")).unwrap();
    private(&password);
    let data = folder.join("data");
    let yizhan = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_yizhan"));
        command.env_clear().args(args).arg("--data").arg(&data);
        command
    };
    let acting = |args: &[&str]| {
        let mut command = yizhan(args);
        command.args(["--as", "admin", "--password-file"]).arg(&password);
        command
    };
    let mut init =
        yizhan(&["init", "--no-change", "--station", "鱼洞街道服务站", "--region", "500113"]);
    init.args(["--password-work", "least", "--admin", "admin", "--password-file"]).arg(&password);
    run("init", init);
    // What opening costs anyway: the password.
    let empty = run("find, nobody there", acting(&["find", "王伟"]));
    let csv = csv.to_str().unwrap();
    let import = run("import with checks", acting(&["import", "person", csv]));
    println!("  after the password {:.2?}", import.saturating_sub(empty));
    tell_sizes("before a backup", &data);
    run("backup", acting(&["backup"]));
    tell_sizes("with one backup", &data);
    let found = run("find with nobody in", acting(&["find", "王伟"]));
    println!("  after the password {:.2?}", found.saturating_sub(empty));
    run("verify with an account", acting(&["verify"]));
    run("verify without a password", yizhan(&["verify"]));
    run("rebuild --compact", acting(&["rebuild", "--compact"]));
    tell_sizes("compacted", &data);
}

fn tell_sizes(when: &str, data: &Path) {
    let of = |name: &str| bytes(size_of(&data.join(name)));
    let (journal, records, backup) = (of("journal"), of("records"), of("backup"));
    let all = bytes(size_of(data));
    println!("  disk {when}: {all} (journal {journal}, table {records}, backup {backup})");
}

/// Runs a program, says what it took and gives how long.
fn run(what: &str, mut command: Command) -> Duration {
    let began = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let (peak, written) = watch(&mut child);
    let status = child.wait().unwrap();
    let wall = began.elapsed();
    let code = status.code().unwrap_or(-1);
    let (peak, written) = (bytes(peak), bytes(written));
    println!("  {what}: {wall:.2?}, peak {peak}, {written} written, exit {code}");
    wall
}

/// Peak memory and bytes written, looked at until it has ended: the last look may be [`LOOK`] old.
fn watch(child: &mut Child) -> (u64, u64) {
    let of = |file: &str, field: &str| -> Option<u64> {
        let text = fs::read_to_string(format!("/proc/{}/{file}", child.id())).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
        line.split_whitespace().next()?.parse().ok()
    };
    let (mut peak, mut written) = (0, 0);
    while let Some(kilobytes) = of("status", "VmHWM") {
        peak = peak.max(kilobytes * 1024);
        written = of("io", "write_bytes").unwrap_or(written).max(written);
        thread::sleep(LOOK);
    }
    (peak, of("io", "write_bytes").unwrap_or(written).max(written))
}

/// The same file in sqlite: one unique and two plain indexes.
fn sqlite(folder: &Path, csv: &Path) {
    let db = folder.join("people.sqlite");
    let mut command = Command::new("sqlite3");
    command.arg(&db).stdin(Stdio::null());
    let csv = csv.display();
    for line in [
        "create table p(name,id_number,phone,address);".to_string(),
        "create unique index i on p(id_number);".into(),
        "create index n on p(name);".into(),
        "create index t on p(phone);".into(),
        format!(".import --csv --skip 1 \"{csv}\" p"),
    ] {
        command.args(["-cmd", &line]);
    }
    command.arg("select count(*) from p;");
    if Command::new("sqlite3").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("  skipped: sqlite3 is missing, install sqlite3");
        return;
    }
    run("sqlite3 .import, three indexes", command);
    println!("  disk: {}", bytes(size_of(&db)));
    let mut like = Command::new("sqlite3");
    like.arg(&db).arg("select * from p where name like '%王伟%' limit 20;");
    run("sqlite3 LIKE", like);
}

/// The same file opened in VisiData, which holds all of it in memory.
fn visidata(csv: &Path) {
    if Command::new("vd").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("  skipped: vd is missing, install VisiData (pip install visidata)");
        return;
    }
    let mut load = Command::new("vd");
    load.arg("-b").arg(csv).stderr(Stdio::null());
    run("VisiData, the file loaded", load);
}

/// Surnames, the frequent ones more often, and characters of given names.
const SURNAMES: &str =
    "王王王王王李李李李李张张张张张刘刘刘刘陈陈陈陈杨杨杨黄黄周周吴吴赵赵徐孙马朱胡郭何林高罗";
const GIVEN: &str =
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉秀文建国红梅志春燕玲辉波斌宇浩凯健俊帆";

/// A file of made-up people, one a line, none twice.
fn people(path: &Path, count: u32) {
    let mut out = BufWriter::new(fs::File::create(path).unwrap());
    writeln!(out, "姓名,身份证号,手机号码,家庭住址").unwrap();
    let surnames: Vec<char> = SURNAMES.chars().collect();
    let given: Vec<char> = GIVEN.chars().collect();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut roll = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % below as u64).unwrap()
    };
    for n in 0..count {
        let mut name = String::from(surnames[roll(surnames.len())]);
        for _ in 0..1 + roll(2) {
            name.push(given[roll(given.len())]);
        }
        // 500 a birthday, so that no number comes twice.
        let day = chrono::NaiveDate::from_ymd_opt(1960, 1, 1).unwrap();
        let day = day + chrono::Days::new(u64::from(n / 500));
        let id = id_number(&day.format("%Y%m%d").to_string(), n % 500 * 2 + 1);
        let (street, house) = (roll(9) + 1, roll(99) + 1);
        writeln!(out, "{name},{id},138{n:08},新市街{street}{house:02}号").unwrap();
    }
    out.flush().unwrap();
}

/// With the check character of GB 11643.
fn id_number(birth: &str, order: u32) -> String {
    let body = format!("500199{birth}{order:03}");
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.bytes().zip(weights).map(|(c, weight)| u32::from(c - b'0') * weight).sum();
    let check = b"10X98765432".get(sum as usize % 11).copied().unwrap_or_default();
    format!("{body}{}", char::from(check))
}

/// A folder on the disk the project lies on, not in memory.
fn folder() -> tempfile::TempDir {
    let target = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target");
    tempfile::tempdir_in(target).unwrap()
}

fn private(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

fn size_of(path: &Path) -> u64 {
    let Ok(found) = fs::metadata(path) else { return 0 };
    if !found.is_dir() {
        return found.len();
    }
    fs::read_dir(path).unwrap().flatten().map(|entry| size_of(&entry.path())).sum()
}

/// In megabytes of a million bytes, as tables here have them.
fn bytes(count: u64) -> String {
    format!("{:.1} MB", count as f64 / 1e6)
}
