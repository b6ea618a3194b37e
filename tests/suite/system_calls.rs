//! The order of system calls: a save is written, then confirmed by the disk, then answered.
//!
//! Watched from outside by `strace`; where it is missing or may not watch, the tests say so and
//! are skipped.

use crate::cli::{Desk, shown, text};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use yizhan::record::{Clock, Record, RecordId, SystemClock, Value};
use yizhan::store::{FirstAccount, NewEntry, NewOp, Origin, Setup, StationInfo, Store};

const WATCHED: &str = "trace=openat,close,write,writev,pwrite64,fsync,fdatasync";

/// `strace` that writes what it sees into a file; nothing where it cannot.
fn strace(log: &Path) -> Option<Command> {
    let mut probe = Command::new("strace");
    let probed = probe.args(["-f", "-e", WATCHED, "-o"]).arg(log).arg("true").output();
    let trouble = match probed {
        Ok(output) if output.status.success() => {
            let mut command = Command::new("strace");
            // Every string whole and in hexadecimal.
            command.args(["-f", "-xx", "-s", "1000000", "-e", WATCHED, "-o"]).arg(log);
            return Some(command);
        }
        Ok(output) => text(&output.stderr),
        Err(error) => error.to_string(),
    };
    println!("skipped: wants strace (package strace) and leave to watch a process: {trouble}");
    None
}

/// One system call; begin and end are places in the row of what was seen.
#[derive(Debug)]
struct Call {
    name: String,
    /// The descriptor it is about: the first argument, or what `openat` gave.
    fd: i64,
    /// The file that descriptor stood for.
    path: String,
    /// The bytes written.
    bytes: Vec<u8>,
    returned: i64,
    begin: usize,
    end: usize,
}

impl Call {
    fn is_sync(&self) -> bool {
        matches!(self.name.as_str(), "fsync" | "fdatasync") && self.returned == 0
    }

    fn is_write(&self) -> bool {
        matches!(self.name.as_str(), "write" | "writev" | "pwrite64") && self.returned > 0
    }

    fn is_of_segment(&self) -> bool {
        self.path.ends_with(".yzj")
    }
}

/// The calls of a log in the order of their ends.
fn calls(log: &str) -> Vec<Call> {
    let mut unfinished: HashMap<&str, (usize, String)> = HashMap::new();
    let mut paths: HashMap<i64, String> = HashMap::new();
    let mut calls = Vec::new();
    for (at, line) in log.lines().enumerate() {
        let Some((thread, line)) = line.split_once(char::is_whitespace) else { continue };
        let line = line.trim_start();
        let (begin, whole) = if let Some(head) = line.strip_suffix("<unfinished ...>") {
            unfinished.insert(thread, (at, head.to_string()));
            continue;
        } else if line.starts_with("<... ") {
            let Some((begin, head)) = unfinished.remove(thread) else { continue };
            let (_, tail) = line.split_once("resumed>").unwrap();
            (begin, head + tail)
        } else {
            (at, line.to_string())
        };
        if let Some(mut call) = call(&whole, begin, at) {
            match call.name.as_str() {
                "openat" if call.returned >= 0 => {
                    call.fd = call.returned;
                    call.path = String::from_utf8_lossy(&call.bytes).into_owned();
                    paths.insert(call.fd, call.path.clone());
                }
                "close" => {
                    paths.remove(&call.fd);
                }
                _ => call.path = paths.get(&call.fd).cloned().unwrap_or_default(),
            }
            calls.push(call);
        }
    }
    calls
}

/// `name(fd, "\x..", …) = returned`.
fn call(line: &str, begin: usize, end: usize) -> Option<Call> {
    let (name, rest) = line.split_once('(')?;
    let (arguments, returned) = rest.rsplit_once(" = ")?;
    let returned = returned.split_whitespace().next()?.parse().ok()?;
    let first = arguments.split([',', ')']).next()?.trim();
    // Every string the call takes, one behind the other: `writev` has several.
    let strings = arguments.split('"').skip(1).step_by(2);
    let bytes = strings.flat_map(|text| text.split("\\x").skip(1));
    let bytes = bytes.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
    let fd = first.parse().unwrap_or(-1);
    Some(Call { name: name.to_string(), fd, path: String::new(), bytes, returned, begin, end })
}

/// Sequences of the frames a write to a journal segment holds, by the layout of the frame: length
/// and CRC, four bytes each, then flags, version and kind, a byte each, the epoch, two, the signer,
/// eight, then the first sequence, eight, and how many there are, four.
fn sequences(mut bytes: &[u8]) -> Vec<u64> {
    let mut sequences = Vec::new();
    while let (Some(length), Some(fixed)) = (bytes.get(..4), bytes.get(21..33)) {
        let length = u32::from_le_bytes(length.try_into().unwrap()) as usize;
        let first = u64::from_le_bytes(fixed[..8].try_into().unwrap());
        let count = u64::from(u32::from_le_bytes(fixed[8..].try_into().unwrap()));
        sequences.extend(first..first + count);
        bytes = bytes.get(8 + length..).unwrap_or_default();
    }
    sequences
}

/// Sequences a write to standard output acknowledges.
fn acknowledged(call: &Call) -> Vec<u64> {
    let told = String::from_utf8_lossy(&call.bytes);
    let answers =
        told.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    answers.filter_map(|answer| answer["seq"].as_u64()).collect()
}

/// Checks every answer; how many there were.
fn each_answer_comes_behind_the_disk(calls: &[Call]) -> usize {
    let mut answers = 0;
    for answer in calls.iter().filter(|call| call.name == "write" && call.fd == 1) {
        for seq in acknowledged(answer) {
            let wrote = calls.iter().find(|call| {
                call.is_write() && call.is_of_segment() && sequences(&call.bytes).contains(&seq)
            });
            let wrote = wrote.unwrap_or_else(|| panic!("entry {seq} was never written"));
            assert_eq!(wrote.returned, i64::try_from(wrote.bytes.len()).unwrap(), "entry {seq}");
            let synced = calls.iter().find(|call| {
                call.is_sync()
                    && call.fd == wrote.fd
                    && call.path == wrote.path
                    && call.begin > wrote.end
            });
            let synced = synced.unwrap_or_else(|| panic!("entry {seq} was never synced"));
            assert!(
                synced.end < answer.begin,
                "entry {seq} was answered at {} before the disk had it at {}",
                answer.begin,
                synced.end
            );
            answers += 1;
        }
    }
    answers
}

#[test]
fn a_save_is_written_then_synced_then_answered() {
    let desk = Desk::new();
    let log = desk.file("calls");
    let Some(mut strace) = strace(&log) else { return };
    strace.arg(env!("CARGO_BIN_EXE_yizhan")).args(["perform", "-", "--as", "admin"]);
    strace.arg("--data").arg(desk.data()).arg("--password-file").arg(desk.file("password"));
    let mut child = strace.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    for _ in 0..20 {
        writeln!(lines, "{{\"create\":\"person\",\"fields\":{{\"name\":\"周丽\"}}}}").unwrap();
        let answer = answers.next().unwrap().unwrap();
        assert!(answer.contains("\"ok\":true"), "{answer}");
    }
    // And several that share one wait for the disk.
    let line = "{\"create\":\"person\",\"fields\":{\"name\":\"李红\"}}\n";
    lines.write_all(line.repeat(30).as_bytes()).unwrap();
    drop(lines);
    assert_eq!(answers.by_ref().count(), 30);
    assert!(child.wait().unwrap().success());
    let calls = calls(&std::fs::read_to_string(&log).unwrap());
    assert_eq!(each_answer_comes_behind_the_disk(&calls), 50);
    // Twenty that came alone have twenty syncs.
    let syncs = calls.iter().filter(|call| call.is_sync() && call.is_of_segment()).count();
    assert!(syncs > 20, "{syncs}");
}

const INSIDE: &str = "YIZHAN_TEST_SMALL_SEGMENTS";
/// Saves into segments of a few kilobytes: about ten of each fit.
const SAVES: u64 = 40;
const SEGMENT: u64 = 4096;

/// The other side: saves one after another into a journal of small segments and tells each.
#[test]
fn inside() {
    let Some(folder) = std::env::var_os(INSIDE) else { return };
    let clock = Arc::new(SystemClock);
    let setup =
        Setup { segment_bytes: SEGMENT, ..Setup::new(clock.clone(), Arc::new(|_| Some(1))) };
    let station = StationInfo {
        node: uuid::Uuid::from_u128(1),
        name: "鱼洞街道服务站".into(),
        region: "500113".into(),
    };
    let folder = PathBuf::from(folder);
    let now = clock.now();
    let id = RecordId::new(now, [0; 10]);
    let account = FirstAccount { name: "admin", id, password: "demo", given: false };
    let (store, _) = Store::create(&folder, &station, &account, Vec::new(), &setup).unwrap();
    let admin = store.check_password("admin", "demo").unwrap();
    println!();
    for n in 0..SAVES {
        let mut random = [0; 10];
        random[2..].copy_from_slice(&n.to_be_bytes());
        let id = RecordId::new(now, random);
        let record = Record {
            fields: [("name".to_string(), Value::Text("周丽".into()))].into(),
            ..Record::made(id, "person", &format!("P-{n}"), "admin", now)
        };
        let draft = NewEntry {
            time: now,
            actor: "admin".into(),
            origin: Origin::Terminal,
            command: "create".into(),
            ops: vec![NewOp::Put(record)],
            reason: None,
        };
        let seq = store.submit(&admin, vec![draft]).wait().unwrap()[0];
        println!("{{\"seq\":{seq}}}");
    }
    store.close().unwrap();
}

#[test]
fn a_new_segment_and_its_folder_are_synced_before_the_next_answer() {
    let desk = Desk::bare();
    let log = desk.file("calls");
    let Some(mut strace) = strace(&log) else { return };
    strace.arg(std::env::current_exe().unwrap());
    strace.args(["system_calls::inside", "--exact", "--nocapture", "--test-threads=1"]);
    let output = strace.env(INSIDE, desk.data()).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let calls = calls(&std::fs::read_to_string(&log).unwrap());
    assert_eq!(each_answer_comes_behind_the_disk(&calls), usize::try_from(SAVES).unwrap());

    let journal = desk.data().join("journal");
    let segments = std::fs::read_dir(&journal).unwrap().count();
    assert!(segments > 2, "{segments} segments");
    for number in 1..=segments {
        let path = journal.join(format!("{number:08}.yzj"));
        let of_this = |call: &&Call| call.path == shown(&path);
        let mut opened = calls.iter().filter(|call| call.name == "openat").filter(of_this);
        let made = opened.next().unwrap();
        let head = calls.iter().filter(of_this).find(|call| call.is_write()).unwrap();
        let first = calls.iter().filter(of_this).filter(|call| call.is_write()).nth(1).unwrap();
        let synced = calls.iter().filter(of_this).find(|call| call.is_sync()).unwrap();
        let folder = calls
            .iter()
            .find(|call| call.is_sync() && call.path == shown(&journal) && call.begin > made.end);
        let folder = folder.unwrap_or_else(|| panic!("segment {number}: the folder is not synced"));
        assert!(made.end < head.begin && head.end < synced.begin, "segment {number}");
        // The first frame of it is written when file and folder are on the disk, and no answer
        // about what it holds comes before.
        assert!(synced.end < first.begin && folder.end < first.begin, "segment {number}");
        assert!(!sequences(&first.bytes).is_empty());
        let answers = calls.iter().filter(|call| call.name == "write" && call.fd == 1);
        let next =
            answers.filter(|call| !acknowledged(call).is_empty()).find(|call| call.end > made.end);
        assert!(folder.end < next.unwrap().begin, "segment {number}");
    }
}
