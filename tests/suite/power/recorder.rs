//! Runs the built program with the recorder loaded and reads what it recorded.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// One thing done to a file or folder below the folder watched.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Which, relative to that folder; empty for the folder itself.
    pub path: String,
    pub act: Act,
}

/// What was done.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    Make,
    MakeFolder,
    Cut(u64),
    Write(u64, Vec<u8>),
    Sync,
    Rename(String),
    Remove,
    /// Not to a file: written to standard output.
    Told(Vec<u8>),
}

/// The recorder, built.
pub struct Recorder {
    folder: TempDir,
}

impl Recorder {
    /// Builds it with the C compiler that Rust needs for linking anyway.
    ///
    /// `None`, with a word about it, where programs are not linked to glibc.
    pub fn build() -> Option<Self> {
        if !cfg!(all(target_os = "linux", target_env = "gnu")) {
            println!("skipped: writes are recorded on Linux with glibc only");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/power/recorder.c");
        let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
        let mut compile = Command::new(&compiler);
        compile.args(["-shared", "-fPIC", "-O1", "-Wall", "-o"]);
        compile.arg(folder.path().join("recorder.so")).arg(source).args(["-ldl", "-lpthread"]);
        let built = compile.output().unwrap_or_else(|error| {
            panic!("{compiler}: {error}; install a C compiler (Debian: gcc) or set CC")
        });
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        Some(Self { folder })
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Runs a command and gives what it did below `folder`, in order.
    ///
    /// `input` is given piece by piece, each when there is an answer to every line before it.
    pub fn record(
        &self,
        folder: &Path,
        command: &mut Command,
        input: &[String],
    ) -> (Output, Vec<Step>) {
        let _ = fs::remove_file(self.log());
        command.env("LD_PRELOAD", self.folder.path().join("recorder.so"));
        command.env("YIZHAN_RECORD_BELOW", folder.canonicalize().unwrap());
        command.env("YIZHAN_RECORD_TO", self.log());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut asks = child.stdin.take().unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        let mut told = String::new();
        for piece in input {
            asks.write_all(piece.as_bytes()).unwrap();
            for _ in piece.lines() {
                answers.read_line(&mut told).unwrap();
            }
        }
        drop(asks);
        answers.read_to_string(&mut told).unwrap();
        let mut output = child.wait_with_output().unwrap();
        output.stdout = told.into_bytes();
        (output, read(&fs::read(self.log()).unwrap()))
    }
}

/// The records of a log; their form is in `recorder.c`.
fn read(mut log: &[u8]) -> Vec<Step> {
    let mut steps = Vec::new();
    while !log.is_empty() {
        let kind = take(&mut log, 1)[0];
        let offset = u64::from_ne_bytes(take(&mut log, 8).try_into().unwrap());
        let [a, b] = [(); 2].map(|()| u32::from_ne_bytes(take(&mut log, 4).try_into().unwrap()));
        let path = text(take(&mut log, a));
        let more = take(&mut log, b);
        let act = match kind {
            b'C' => Act::Make,
            b'D' => Act::MakeFolder,
            b'T' => Act::Cut(offset),
            b'W' => Act::Write(offset, more.to_vec()),
            b'S' => Act::Sync,
            b'R' => Act::Rename(text(more)),
            b'U' => Act::Remove,
            b'A' => Act::Told(more.to_vec()),
            _ => panic!("the recorder does not understand {}", text(more)),
        };
        steps.push(Step { path, act });
    }
    steps
}

fn take<'a>(log: &mut &'a [u8], count: u32) -> &'a [u8] {
    let (taken, rest) = log.split_at(count as usize);
    *log = rest;
    taken
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
