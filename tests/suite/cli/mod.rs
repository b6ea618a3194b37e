//! The command line, as scripts and people meet it: the built binary, in folders of its own.

mod archive;
mod crash;
mod decide;
mod perform;
mod station;

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// The password of every account here.
pub use crate::stage::PASSWORD;

/// An identity number of the address code nobody has, with the check character of GB 11643.
pub fn id_number(birth: &str, order: u32) -> String {
    let body = format!("500199{birth}{order:03}");
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.chars().zip(weights).map(|(c, w)| c.to_digit(10).unwrap() * w).sum();
    format!("{body}{}", ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"][sum as usize % 11])
}

/// A folder with a password file, and in it a data folder that may hold a station.
pub struct Desk {
    folder: TempDir,
    /// The account commands act for.
    pub account: String,
}

impl Desk {
    /// A folder without any station.
    pub fn bare() -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_private(&folder.path().join("password"), &format!("{PASSWORD}\n"));
        Self { folder, account: "admin".into() }
    }

    /// A station with the account `admin`.
    pub fn new() -> Self {
        let desk = Self::bare();
        let made = desk.init().output().unwrap();
        assert!(made.status.success(), "{}", text(&made.stderr));
        desk
    }

    /// The command that makes the station, whose administrator keeps the password.
    pub fn init(&self) -> Command {
        let mut command = self.yizhan(&["init", "--no-change", "--station", "鱼洞街道服务站"]);
        command.args(["--region", "500113", "--password-work", "least"]);
        command.args(["--admin", "admin", "--password-file"]).arg(self.file("password"));
        command
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn data(&self) -> PathBuf {
        self.file("data")
    }

    /// A command in an empty environment.
    pub fn yizhan(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_yizhan"));
        command.env_clear().current_dir(self.folder.path()).stdin(Stdio::null());
        command.args(args).arg("--data").arg(self.data());
        command
    }

    /// The same acting for the account.
    pub fn acting(&self, args: &[&str]) -> Command {
        let mut command = self.yizhan(args);
        command.args(["--as", &self.account, "--password-file"]).arg(self.file("password"));
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.acting(args).output().unwrap()
    }

    /// Standard output of a command that succeeds.
    pub fn done(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// Exit status and standard error.
    pub fn failed(&self, args: &[&str]) -> (i32, String) {
        let output = self.run(args);
        (output.status.code().unwrap(), text(&output.stderr))
    }

    /// Carries out lines given on standard input; the answers.
    pub fn perform(&self, lines: &str) -> (i32, Vec<serde_json::Value>) {
        let mut command = self.acting(&["perform", "-"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code().unwrap(), json_lines(&text(&output.stdout)))
    }

    pub fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.file(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_private(&path, content);
        path
    }
}

/// A file for its owner alone, as files of passwords must be.
pub fn write_private(path: &Path, content: &str) {
    let _ = std::fs::remove_file(path);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).unwrap();
    file.write_all(content.as_bytes()).unwrap();
}

/// A folder, and those above it, for its owner alone.
pub fn make_private(path: &Path) {
    DirBuilder::new().recursive(true).mode(0o700).create(path).unwrap();
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub fn json_lines(text: &str) -> Vec<serde_json::Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub fn shown(path: &Path) -> &str {
    path.to_str().unwrap()
}
