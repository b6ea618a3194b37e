//! Over SSH, with the clients people have: OpenSSH (Debian `openssh-client`) and PuTTY's `plink`
//! (`putty-tools`). Where one is missing its tests are skipped and say so.

mod commands;
pub mod doors;
mod imports;
mod sessions;
mod system;

use super::app::{App, LEFT, PATIENCE};
use super::attach::{Service, guest, office};
use super::cli::{Desk, PASSWORD, shown, text};
use super::furnished;
use super::several;
use super::stage::Station;
use portable_pty::CommandBuilder;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use yizhan::access::hall::Hall;
use yizhan::access::ssh::limits::Limits;
use yizhan::access::ssh::{Commands, Server, host_key};
use yizhan::office;

/// Whether a program is there; says which package has it if not.
fn have(program: &str, package: &str) -> bool {
    let found = Command::new(program)
        .arg("-V")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if found.is_err() {
        println!("skipped: {program} is missing, install {package}");
    }
    found.is_ok()
}

pub fn have_ssh() -> bool {
    have("ssh", "openssh-client")
}

/// The file of the volunteer's own key.
const VOLUNTEERS_KEY: &str = "id_ecdsa";

/// A station served over SSH, with a key for the supervisor.
pub struct House {
    pub desk: Desk,
    service: Service,
    pub port: String,
    /// The host key's fingerprint, as the service told it.
    fingerprint: String,
    key: PathBuf,
}

impl House {
    pub fn open() -> Self {
        let desk = office();
        let key = desk.file("id_ed25519");
        keygen(&["-t", "ed25519", "-f", shown(&key)]);
        add_key(&desk, "审核员乙", &key.with_extension("pub"));
        let volunteers = desk.file(VOLUNTEERS_KEY);
        keygen(&["-t", "ecdsa", "-f", shown(&volunteers)]);
        add_key(&desk, "志愿者甲", &volunteers.with_extension("pub"));
        let service = Service::saying(desk.acting(&["serve", "--ssh", "127.0.0.1:0"]), 2);
        let after = |mark: &str, part: fn(char) -> bool| -> String {
            let (_, rest) = service.ready.split_once(mark).unwrap();
            rest.chars().take_while(|c| part(*c)).collect()
        };
        let port = after("127.0.0.1:", |c| c.is_ascii_digit());
        let print = after("SHA256:", |c| c.is_ascii_alphanumeric() || "+/".contains(c));
        Self { desk, port, fingerprint: format!("SHA256:{print}"), service, key }
    }

    /// A window with an OpenSSH client in it.
    fn ssh(&self, args: &[&str]) -> App {
        window(&self.port, &self.desk.file("."), args)
    }

    fn options(&self) -> Vec<String> {
        options(&self.desk.file("."))
    }

    /// The supervisor's window, signed in by key.
    fn supervisor(&self) -> App {
        let mut app = self.ssh(&["-i", shown(&self.key), "-l", "审核员乙"]);
        app.wait_for_home("审核员乙");
        app
    }

    /// A command for the supervisor, without a terminal.
    pub fn run(&self, options: &[&str], words: &[&str]) -> Output {
        self.command(options).args(words).output().unwrap()
    }

    /// A client for the supervisor, without a terminal; the words of a command go behind.
    fn command(&self, options: &[&str]) -> Command {
        let mut command = Command::new("ssh");
        command.env("LANG", "zh_CN.UTF-8").stdin(Stdio::null()).args(self.options());
        command.args(["-p", &self.port, "-i", shown(&self.key), "-l", "审核员乙"]);
        command.args(["-o", "BatchMode=yes"]).args(options).arg("127.0.0.1");
        command
    }

    /// What a refused command says, and its exit status.
    fn refused(&self, words: &[&str]) -> (Option<i32>, String) {
        let output = self.run(&[], words);
        assert!(output.stdout.is_empty(), "{}", text(&output.stdout));
        (output.status.code(), text(&output.stderr))
    }
}

/// The options of every OpenSSH client here: nothing of this machine's configuration. `folder`
/// is where it keeps the host keys it knows.
fn options(folder: &Path) -> Vec<String> {
    let known = format!("UserKnownHostsFile={}", shown(&folder.join("known_hosts")));
    let options = [
        "-F",
        "/dev/null",
        "-o",
        &known,
        "-o",
        "StrictHostKeyChecking=accept-new",
        "-o",
        "IdentityAgent=none",
        "-o",
        "IdentitiesOnly=yes",
        "-o",
        "SendEnv=LANG",
    ];
    options.map(str::to_string).to_vec()
}

/// A window with an OpenSSH client in it, to a port of this machine.
fn window(port: &str, folder: &Path, args: &[&str]) -> App {
    let mut command = CommandBuilder::new("ssh");
    command.env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("TERM", "xterm-256color");
    command.env("LANG", "zh_CN.UTF-8");
    command.args(options(folder));
    command.args(["-p", port]);
    command.args(args);
    command.arg("127.0.0.1");
    App::open(command)
}

/// A hall of this process, served over SSH.
pub struct Inside {
    pub server: Server,
    folder: TempDir,
}

impl Inside {
    pub fn open(hall: &Arc<Hall>) -> Self {
        Self::within(hall, Limits::default())
    }

    pub fn within(hall: &Arc<Hall>, limits: Limits) -> Self {
        Self::doing(hall, limits, Box::new(|_, _, _| 1))
    }

    /// One that carries commands out as told.
    fn doing(hall: &Arc<Hall>, limits: Limits, commands: Box<Commands>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let key = host_key::of(folder.path()).unwrap();
        let server = Server::open(hall, listener, key, commands, limits).unwrap();
        Self { server, folder }
    }

    /// A window signed in by password.
    fn window(&self, name: &str) -> App {
        let port = self.server.address().port().to_string();
        let mut app = window(&port, self.folder.path(), &["-l", name]);
        app.wait_for("password:");
        app.press(PASSWORD);
        app.press("\r");
        app.wait_for_home(name);
        app
    }
}

fn keygen(args: &[&str]) {
    let made = Command::new("ssh-keygen").args(["-q", "-N", ""]).args(args).status().unwrap();
    assert!(made.success());
}

/// Lets an account sign in with a key.
fn add_key(desk: &Desk, account: &str, key: &Path) {
    desk.done(&["account", "key", "add", account, shown(key)]);
}

/// Makes a person who has only a name.
fn makes_a_person(desk: &mut App, name: &str) {
    desk.press("\x1bOQ");
    desk.wait_for("找人或编号");
    desk.press(name);
    desk.wait_for("没有找到");
    desk.press("\x1bOR");
    desk.wait_for("出生日期");
    desk.press("\x13");
    desk.wait_for("已保存");
}
