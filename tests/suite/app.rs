//! The whole program on a real pseudo-terminal, read back as the grid of cells a person sees.

use super::cli::{Desk, PASSWORD};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;
use yizhan::demo;

/// Longest wait for something that always comes.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// The last thing of what ends a session.
pub const LEFT: &str = "\x1b[?1049l";

/// The program, or a client that leads to it, in a window of its own.
pub struct App {
    pub master: Option<Box<dyn MasterPty + Send>>,
    pub keyboard: Option<Box<dyn Write + Send>>,
    pub child: Box<dyn Child + Send + Sync>,
    pub output: Receiver<Vec<u8>>,
    pub seen: Vec<u8>,
    pub screen: vt100::Parser,
}

impl App {
    pub fn start(desk: &Desk, args: &[&str]) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_yizhan"));
        command.env_clear();
        command.env("TERM", "xterm-256color");
        command.env("LANG", "zh_CN.UTF-8");
        command.env("YIZHAN_DATA", desk.data());
        command.args(args);
        Self::open(command)
    }

    /// Any program in a window of 80×24.
    pub fn open(command: CommandBuilder) -> Self {
        let pair = native_pty_system().openpty(size(80, 24)).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
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
        Self {
            master: Some(pair.master),
            keyboard: Some(keyboard),
            child,
            output,
            seen: Vec::new(),
            screen: vt100::Parser::new(cells(24), cells(80), 0),
        }
    }

    pub fn demo() -> Self {
        let mut app = Self::start(&Desk::bare(), &["--demo", "--people", "20"]);
        app.wait_for("请登录");
        app
    }

    /// Reads until `enough` says so.
    pub fn wait(&mut self, what: &str, enough: impl Fn(&Self) -> bool) {
        while !enough(self) {
            match self.output.recv_timeout(PATIENCE) {
                Ok(bytes) => {
                    self.seen.extend_from_slice(&bytes);
                    self.screen.process(&bytes);
                }
                Err(_) => panic!("{what} never came, only:\n{}", self.screen.screen().contents()),
            }
        }
    }

    /// Waits until the screen shows a text.
    pub fn wait_for(&mut self, text: &str) {
        self.wait(text, |app| app.screen.screen().contents().contains(text));
    }

    /// Waits until somebody is signed in and the screen is theirs.
    pub fn wait_for_home(&mut self, role: &str) {
        self.wait("the full screen", |app| app.screen.screen().alternate_screen());
        self.wait_for(role);
    }

    /// Waits until these bytes have come.
    pub fn wait_for_bytes(&mut self, bytes: &str) {
        self.wait(bytes, |app| String::from_utf8_lossy(&app.seen).contains(bytes));
    }

    pub fn press(&mut self, keys: &str) {
        let keyboard = self.keyboard.as_mut().unwrap();
        keyboard.write_all(keys.as_bytes()).unwrap();
        keyboard.flush().unwrap();
    }

    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.master.as_ref().unwrap().resize(size(columns, rows)).unwrap();
        self.screen.screen_mut().set_size(cells(rows), cells(columns));
    }

    pub fn signal(&self, name: &str) {
        let id = self.child.process_id().unwrap().to_string();
        let status = std::process::Command::new("kill").args(["-s", name, &id]).status().unwrap();
        assert!(status.success());
    }

    /// Waits until the system has stopped the program: a SIGCONT before that would be lost.
    pub fn stopped(&self) {
        let id = self.child.process_id().unwrap().to_string();
        let deadline = std::time::Instant::now() + PATIENCE;
        while std::time::Instant::now() < deadline {
            let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            if stat.contains(") T ") || !std::path::Path::new("/proc/self/stat").exists() {
                return;
            }
        }
        panic!("it never stopped");
    }

    /// Waits for the end of the program; its exit status.
    pub fn ended(&mut self) -> u32 {
        loop {
            match self.output.recv_timeout(PATIENCE) {
                Ok(bytes) => self.seen.extend_from_slice(&bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it never ended"),
            }
        }
        self.child.wait().unwrap().exit_code()
    }
}

impl Drop for App {
    fn drop(&mut self) {
        // A test that failed leaves nothing running.
        let _ = self.child.kill();
    }
}

fn cells(n: u16) -> NonZero<u16> {
    NonZero::new(n).unwrap()
}

fn size(cols: u16, rows: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

#[test]
fn the_demo_opens_takes_any_size_and_puts_the_terminal_back() {
    let mut app = App::demo();
    assert!(app.screen.screen().alternate_screen());
    app.wait_for("volunteer");
    app.resize(1, 1);
    app.press("\x0c");
    app.resize(80, 24);
    app.wait_for("请登录");
    app.press("volunteer\r");
    app.press(demo::PASSWORD);
    app.press("\r");
    app.wait_for_home("志愿者");
    app.press("\x11");
    app.wait_for_bytes(LEFT);
    assert_eq!(app.ended(), 0);
    assert!(!app.screen.screen().bracketed_paste());
}

#[test]
fn a_closed_window_ends_the_program() {
    let mut app = App::demo();
    app.signal("HUP");
    app.ended();
    // The same when the line drops: the reading thread lets go at the next byte, then the rest.
    let mut app = App::demo();
    app.output = channel().1;
    app.press("x");
    app.keyboard = None;
    app.master = None;
    app.child.wait().unwrap();
}

#[test]
fn a_request_to_end_is_followed_and_said() {
    let mut app = App::demo();
    app.signal("TERM");
    app.wait_for_bytes(LEFT);
    assert_eq!(app.ended(), 0);
    assert!(String::from_utf8_lossy(&app.seen).contains("系统要求"), "the reason is said");
}

#[test]
fn a_stopped_program_gives_the_terminal_back_and_returns() {
    let mut app = App::demo();
    app.signal("TSTP");
    app.wait_for_bytes(LEFT);
    app.stopped();
    app.seen.clear();
    app.signal("CONT");
    app.wait_for_bytes("\x1b[?1049h");
    app.wait_for("请登录");
    app.press("\x11");
    app.wait_for_bytes(LEFT);
    assert_eq!(app.ended(), 0);
}

#[test]
fn an_account_given_at_the_start_is_signed_in() {
    let desk = Desk::new();
    let password = desk.file("password");
    let args = ["--as", "admin", "--password-file", password.to_str().unwrap()];
    let mut app = App::start(&desk, &args);
    app.wait_for_home("管理员");
    app.press("\x11");
    assert_eq!(app.ended(), 0);
}

#[test]
fn the_password_is_asked_for_without_showing_it() {
    let desk = Desk::new();
    let mut app = App::start(&desk, &[]);
    app.wait_for("账号");
    app.press("admin\n");
    app.wait_for("admin 的密码");
    app.press("wrong\r");
    app.wait_for("不正确");
    app.press("admin\n");
    app.wait("the second question", |app| {
        app.screen.screen().contents().matches("admin 的密码").count() == 2
    });
    app.press(PASSWORD);
    app.press("\r");
    app.wait_for_home("管理员");
    let seen = String::from_utf8_lossy(&app.seen).into_owned();
    assert!(!seen.contains("wrong") && !seen.contains(PASSWORD), "{seen}");
    app.press("\x11");
    assert_eq!(app.ended(), 0);
}

#[test]
fn the_first_run_asks_five_things_and_shows_the_key() {
    let desk = Desk::bare();
    let mut app = App::start(&desk, &[]);
    app.wait_for("1 站点名称");
    app.press("鱼洞街道服务站\n");
    app.wait_for("2 所在区县");
    app.press("巴南\n");
    app.wait_for("巴南区");
    app.press("500113\n");
    app.wait_for("3 管理员账号名");
    app.press("admin\n");
    app.wait_for("4 密码");
    app.press("secret lamp\r");
    app.wait_for("5 再输");
    app.press("secret lamp\r");
    app.wait_for("恢复密钥");
    app.wait_for("按回车");
    app.press("\n");
    // The key had a screen of its own too.
    app.wait_for_home("件数");
    app.press("\x11");
    assert_eq!(app.ended(), 0);
    let seen = String::from_utf8_lossy(&app.seen).into_owned();
    assert!(!seen.contains("secret"));
}
