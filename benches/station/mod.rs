//! What several benches need: a station of made-up people, made by the built program, and a look at
//! what a program takes while it runs.
//!
//! All people are made up; identity numbers are under the unassigned code 500199.

#![allow(dead_code, reason = "each bench needs its part of it")]
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a bench that cannot measure has to stop
#![allow(clippy::disallowed_methods)] // it looks at another program from time to time

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How often a running program's memory is looked at, while its work on a password is waited for.
const LOOK: Duration = Duration::from_millis(2);
/// And afterwards: looking takes a part of a core, and the system keeps the peak.
const LATER: Duration = Duration::from_millis(20);
/// The work on a password has ended by then.
const EARLY: Duration = Duration::from_millis(700);
/// What memory falls by at least when the work on a password is done: it takes 19 MiB at least.
const PASSWORD_WORK: u64 = 12 << 20;
/// The password of every account.
pub const PASSWORD: &str = "tin-moss-47";

/// A station in a folder, with the account `admin`.
pub struct Station {
    /// Its data folder.
    pub data: PathBuf,
    /// The file with [`PASSWORD`].
    pub password: PathBuf,
}

impl Station {
    /// The station in this folder; [`Self::init`] makes it.
    pub fn inside(folder: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        let password = folder.join("password");
        fs::write(&password, format!("{PASSWORD}\n")).unwrap();
        private(&password);
        Self { data: folder.join("data"), password }
    }

    /// The command that makes it.
    pub fn init(&self) -> Command {
        let mut init = self.yizhan(&[
            "init",
            "--no-change",
            "--station",
            "鱼洞街道服务站",
            "--region",
            "500113",
        ]);
        init.args(["--password-work", "least", "--admin", "admin", "--password-file"]);
        // The recovery key of a station nobody will open again.
        init.arg(&self.password).stderr(Stdio::null());
        init
    }

    /// A command of nobody.
    pub fn yizhan(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_yizhan"));
        command.env_clear().args(args).arg("--data").arg(&self.data);
        command.stdin(Stdio::null());
        command
    }

    /// A command of the administrator.
    pub fn acting(&self, args: &[&str]) -> Command {
        let mut command = self.yizhan(args);
        command.args(["--as", "admin", "--password-file"]).arg(&self.password);
        command
    }

    /// Bytes of the journal.
    pub fn journal(&self) -> u64 {
        size_of(&self.data.join("journal"))
    }

    /// Bytes of the table of records, whichever folder it is in by now.
    pub fn table(&self) -> u64 {
        let is_table = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            path.is_dir() && name.starts_with("records") && !name.contains("aside")
        };
        let inside = fs::read_dir(&self.data).unwrap().flatten().map(|entry| entry.path());
        inside.filter(is_table).map(|path| size_of(&path)).sum()
    }
}

/// What a program took.
#[derive(Clone, Copy)]
pub struct Taken {
    /// From its start to its end.
    pub wall: Duration,
    /// The most memory it had, in bytes.
    pub peak: u64,
    /// The same, after a password was worked on, where one was and its end was seen.
    pub after_password: Option<u64>,
    /// Bytes it wrote.
    pub written: u64,
    /// Its exit code; -1 where it was killed.
    pub code: i32,
}

/// Runs a program to its end.
pub fn measure(mut command: Command) -> Taken {
    let began = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let seen = watch(&mut child);
    let status = child.wait().unwrap();
    Taken { wall: began.elapsed(), code: status.code().unwrap_or(-1), ..seen }
}

/// Runs a program, says what it took and gives how long.
pub fn run(what: &str, command: Command) -> Duration {
    let Taken { wall, peak, written, code, .. } = measure(command);
    let (peak, written) = (bytes(peak), bytes(written));
    println!("  {what}: {wall:.2?}, peak {peak}, {written} written, exit {code}");
    wall
}

/// Memory and bytes written, looked at until it has ended: the last look may be [`LATER`] old.
fn watch(child: &mut Child) -> Taken {
    let (wall, code) = (Duration::ZERO, 0);
    let mut seen = Taken { wall, peak: 0, after_password: None, written: 0, code };
    let (mut before, began) = (0, Instant::now());
    while let Some(kilobytes) = told(child.id(), "status", "VmHWM") {
        let early = seen.after_password.is_none() && began.elapsed() < EARLY;
        if early {
            // From here on the system finds the peak anew.
            let _ = fs::write(format!("/proc/{}/clear_refs", child.id()), "5");
        }
        let now = kilobytes * 1024;
        seen.peak = seen.peak.max(now);
        seen.after_password = match seen.after_password {
            _ if now + PASSWORD_WORK < before => Some(now),
            after => after.map(|peak| peak.max(now)),
        };
        before = now;
        seen.written = seen.written.max(written(child.id()));
        thread::sleep(if began.elapsed() < EARLY { LOOK } else { LATER });
    }
    seen.written = seen.written.max(written(child.id()));
    seen
}

/// Bytes a process has written so far.
pub fn written(process: u32) -> u64 {
    told(process, "io", "write_bytes").unwrap_or_default()
}

/// A number the system tells of a process; nothing of one that has ended.
pub fn told(process: u32, file: &str, field: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/{file}")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Surnames, the frequent ones more often, and characters of given names.
const SURNAMES: &str =
    "王王王王王李李李李李张张张张张刘刘刘刘陈陈陈陈杨杨杨黄黄周周吴吴赵赵徐孙马朱胡郭何林高罗";
const GIVEN: &str =
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉秀文建国红梅志春燕玲辉波斌宇浩凯健俊帆";

/// Writes a file of made-up people, one a line, none twice.
pub fn people(path: &Path, count: u32) {
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
        let id = id_number(n);
        let (street, house) = (roll(9) + 1, roll(99) + 1);
        writeln!(out, "{name},{id},138{n:08},新市街{street}{house:02}号").unwrap();
    }
    out.flush().unwrap();
}

/// The identity number of the so manieth person: 500 a birthday, so that none comes twice. All have
/// odd orders.
pub fn id_number(n: u32) -> String {
    numbered(n / 500, n % 500 * 2 + 1)
}

/// One that [`id_number`] never gives, none of these twice either: orders are even.
pub fn other_id_number(n: u32) -> String {
    numbered(n / 499, n % 499 * 2 + 2)
}

/// With the check character of GB 11643.
fn numbered(day: u32, order: u32) -> String {
    let birth = chrono::NaiveDate::from_ymd_opt(1960, 1, 1).unwrap();
    let birth = birth + chrono::Days::new(u64::from(day));
    let body = format!("500199{}{order:03}", birth.format("%Y%m%d"));
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.bytes().zip(weights).map(|(c, weight)| u32::from(c - b'0') * weight).sum();
    let check = b"10X98765432".get(sum as usize % 11).copied().unwrap_or_default();
    format!("{body}{}", char::from(check))
}

/// The sizes named on the command line, a million where none is.
pub fn sizes() -> Vec<u32> {
    let named: Vec<u32> = std::env::args().skip(1).filter_map(|size| size.parse().ok()).collect();
    if named.is_empty() { vec![1_000_000] } else { named }
}

/// A folder on the disk the project lies on, not in memory.
pub fn folder() -> tempfile::TempDir {
    let target = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target");
    fs::create_dir_all(&target).unwrap();
    tempfile::tempdir_in(target).unwrap()
}

fn private(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// Bytes of a file, or of all files in a folder.
pub fn size_of(path: &Path) -> u64 {
    let Ok(found) = fs::metadata(path) else { return 0 };
    if !found.is_dir() {
        return found.len();
    }
    fs::read_dir(path).unwrap().flatten().map(|entry| size_of(&entry.path())).sum()
}

/// In megabytes of a million bytes, as tables here have them.
pub fn bytes(count: u64) -> String {
    format!("{:.1} MB", count as f64 / 1e6)
}
