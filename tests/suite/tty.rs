//! The process's own terminal, on a real pseudo-terminal.
//!
//! Each test starts this test binary again inside a pseudo-terminal, to run [`inside`] alone.

#![allow(clippy::unwrap_used, clippy::panic)] // tests, also in their helpers

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;
use yizhan::terminal::{Capabilities, Tty, TtyEvent};

const INSIDE: &str = "YIZHAN_TEST_INSIDE_PTY";

/// Long enough for the slowest machine; nothing here waits for it to pass.
const PATIENCE: Duration = Duration::from_secs(30);

/// The other side: tells on the terminal what it hears; `q` ends it, `p` makes it panic.
#[test]
fn inside() {
    if std::env::var_os(INSIDE).is_none() {
        return;
    }
    let mut tty = Tty::open().unwrap();
    let caps = Capabilities::default();
    tty.enter(&caps).unwrap();
    let events = tty.events().unwrap();
    let (columns, rows) = tty.size();
    tty.write(format!("<size {columns}x{rows}>").as_bytes()).unwrap();
    for event in events {
        if event == TtyEvent::HangUp {
            return;
        }
        if event == TtyEvent::Continue {
            tty.resume(&caps).unwrap();
        }
        tty.write(format!("<{event:?}>").as_bytes()).unwrap();
        match event {
            TtyEvent::Bytes(bytes) if bytes == b"q" => return,
            TtyEvent::Bytes(bytes) if bytes == b"p" => panic!("as asked"),
            TtyEvent::Terminate => return,
            _ => {}
        }
    }
}

struct Outside {
    master: Option<Box<dyn MasterPty + Send>>,
    keyboard: Option<Box<dyn Write + Send>>,
    child: Box<dyn Child + Send + Sync>,
    output: Receiver<Vec<u8>>,
    seen: String,
}

impl Outside {
    fn start() -> Self {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        command.args(["tty::inside", "--exact", "--nocapture", "--test-threads=1"]);
        command.env(INSIDE, "1");
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keyboard = pair.master.take_writer().unwrap();
        let (sender, output) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        let (master, keyboard) = (Some(pair.master), Some(keyboard));
        let mut outside = Self { master, keyboard, child, output, seen: String::new() };
        outside.wait_for("<size 80x24>");
        outside
    }

    fn wait_for(&mut self, text: &str) {
        while !self.seen.contains(text) {
            match self.output.recv_timeout(PATIENCE) {
                Ok(bytes) => self.seen.push_str(&String::from_utf8_lossy(&bytes)),
                Err(_) => panic!("{text:?} never came, only {:?}", self.seen),
            }
        }
    }

    fn press(&mut self, keys: &[u8]) {
        let keyboard = self.keyboard.as_mut().unwrap();
        keyboard.write_all(keys).unwrap();
        keyboard.flush().unwrap();
    }

    fn signal(&self, name: &str) {
        let id = self.child.process_id().unwrap().to_string();
        let status = std::process::Command::new("kill").args(["-s", name, &id]).status().unwrap();
        assert!(status.success());
    }
}

/// The last thing of what ends a session.
const LEFT: &str = "\x1b[?1049l";

#[test]
fn keys_come_raw_and_the_terminal_is_put_back() {
    let mut outside = Outside::start();
    outside.wait_for("\x1b[?1049h");
    outside.press("站".as_bytes());
    outside.wait_for("<Bytes([231, 171, 153])>");
    // In raw mode neither Ctrl-C nor Ctrl-Z is a signal, nor does Enter become a line feed.
    outside.press(b"\x03\x1a\r");
    outside.wait_for("<Bytes([3, 26, 13])>");
    outside.press(b"q");
    outside.wait_for(LEFT);
    assert!(outside.child.wait().unwrap().success());
}

#[test]
fn a_new_size_is_told() {
    let mut outside = Outside::start();
    let size = PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 };
    outside.master.as_ref().unwrap().resize(size).unwrap();
    outside.wait_for("<Resize(120, 40)>");
    outside.press(b"q");
    outside.wait_for(LEFT);
}

#[test]
fn a_panic_puts_the_terminal_back_before_it_speaks() {
    let mut outside = Outside::start();
    outside.press(b"p");
    outside.wait_for("as asked");
    let left = outside.seen.find(LEFT).unwrap();
    assert!(left < outside.seen.find("as asked").unwrap());
    assert!(!outside.child.wait().unwrap().success());
}

#[test]
fn signals_are_told() {
    let mut outside = Outside::start();
    outside.signal("CONT");
    outside.wait_for("<Continue>");
    outside.signal("TERM");
    outside.wait_for("<Terminate>");
    outside.wait_for(LEFT);
    assert!(outside.child.wait().unwrap().success());
}

#[test]
fn a_closed_window_ends_the_process() {
    let mut outside = Outside::start();
    // The reader holds a handle of the window until it has something to hand on and nobody takes it:
    // the answer to a key sees to that, however little was left to read.
    drop(std::mem::replace(&mut outside.output, channel().1));
    outside.press(b"x");
    outside.keyboard = None;
    outside.master = None;
    let status = outside.child.wait().unwrap();
    assert_eq!(status.signal(), None, "it ends by itself, with time to save drafts");
}

#[test]
fn a_pipe_is_no_terminal() {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["tty::inside", "--exact"]).env(INSIDE, "1");
    let output = command.stdin(std::process::Stdio::null()).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("NotATerminal"));
}
