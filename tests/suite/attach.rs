//! Several windows on one folder: whoever opens it first owns it, the others attach.

use super::app::{App, LEFT, PATIENCE};
use super::cli::{Desk, PASSWORD, text};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

/// A station with a volunteer and a supervisor.
pub fn office() -> Desk {
    let desk = Desk::new();
    for (name, role) in [("志愿者甲", "volunteer"), ("审核员乙", "supervisor")] {
        let file = desk.file("password");
        let file = file.to_str().unwrap();
        desk.done(&[
            "account",
            "add",
            name,
            "--no-change",
            "--role",
            role,
            "--new-password-file",
            file,
        ]);
    }
    desk
}

/// Whoever opens the folder, signed in as the administrator.
fn owner(desk: &Desk, more: &[&str]) -> App {
    let password = desk.file("password");
    let args = ["--as", "admin", "--password-file", password.to_str().unwrap()];
    let mut owner = App::start(desk, &[&args, more].concat());
    owner.wait_for_home("管理员");
    owner
}

/// Another window, signed in.
pub fn guest(desk: &Desk, name: &str, role: &str) -> App {
    let mut guest = App::start(desk, &[]);
    guest.wait_for("请登录");
    guest.signs_in(name);
    guest.wait_for_home(role);
    guest
}

impl App {
    /// Signs in at the sign-in screen.
    pub fn signs_in(&mut self, name: &str) {
        self.press(name);
        self.press("\r");
        self.press(PASSWORD);
        self.press("\r");
    }

    /// Waits for the end; what is on the shell's screen, and the exit status.
    pub fn parted(&mut self) -> (String, u32) {
        self.wait_for_bytes(LEFT);
        let status = self.ended();
        let seen = String::from_utf8_lossy(&self.seen).into_owned();
        let after = seen.rsplit(LEFT).next().unwrap().to_string();
        (after, status)
    }
}

/// `yizhan serve`, ready.
pub struct Service {
    pub child: Child,
    /// What it said when it was ready.
    pub ready: String,
}

impl Service {
    pub fn start(command: Command) -> Self {
        Self::saying(command, 1)
    }

    /// One that says so many lines when it is ready.
    pub fn saying(mut command: Command, lines: usize) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut output = BufReader::new(child.stdout.as_mut().unwrap());
        let mut ready = String::new();
        for _ in 0..lines {
            if output.read_line(&mut ready).unwrap() == 0 {
                let mut said = String::new();
                child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
                panic!("it does not serve: {said}");
            }
        }
        Self { child, ready }
    }

    /// Where its socket lies.
    fn socket(&self) -> PathBuf {
        let (_, rest) = self.ready.split_once('/').unwrap();
        let (path, _) = rest.split_once(".sock").unwrap();
        format!("/{path}.sock").into()
    }

    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Waits until it has ended; its exit status.
    pub fn ended(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_second_window_attaches_and_ends_with_the_first() {
    let desk = office();
    let mut owner = owner(&desk, &[]);
    let mut guest = guest(&desk, "志愿者甲", "志愿者");
    // Any size, and back.
    guest.resize(200, 60);
    guest.wait("the wide screen", |app| {
        app.screen.screen().contents().lines().any(|line| line.chars().count() > 150)
    });
    guest.resize(1, 1);
    guest.press("\x0c");
    guest.resize(80, 24);
    guest.wait_for("志愿者");
    // Ctrl-Z is no key here, and nothing happens to anybody.
    guest.press("\x1a");
    guest.press("\x1bOQ");
    guest.wait_for("找人或编号");
    owner.press("\x11");
    assert_eq!(owner.ended(), 0);
    let (said, status) = guest.parted();
    assert!(said.contains("最先打开驿站的窗口已关闭") && status == 0, "{status}: {said}");
    assert!(!guest.screen.screen().bracketed_paste());
}

#[test]
fn whoever_leaves_leaves_alone() {
    let desk = office();
    let mut owner = owner(&desk, &[]);
    let mut guest = guest(&desk, "志愿者甲", "志愿者");
    guest.press("\x11");
    assert_eq!(guest.parted(), (String::new(), 0));
    owner.press("\x1bOQ");
    owner.wait_for("找人或编号");
}

#[test]
fn the_account_of_the_command_line_is_signed_in_by_the_owner() {
    let desk = office();
    let _owner = owner(&desk, &[]);
    let password = desk.file("password");
    let args = ["--as", "审核员乙", "--password-file", password.to_str().unwrap()];
    App::start(&desk, &args).wait_for_home("审核员乙");
}

#[test]
fn a_list_follows_what_others_do() {
    let desk = office();
    let mut owner = owner(&desk, &[]);
    let mut guest = guest(&desk, "志愿者甲", "志愿者");
    // The administrator looks at an empty search; the volunteer makes a person.
    owner.press("\x1bOQ关小雨");
    owner.wait_for("没有找到");
    guest.press("\x1bOQ");
    guest.wait_for("找人或编号");
    guest.press("关小雨");
    guest.wait_for("没有找到");
    guest.press("\x1bOR");
    guest.wait_for("姓名");
    guest.press("\x13");
    guest.wait_for("已保存");
    owner.wait("the new person", |app| {
        let screen = app.screen.screen().contents();
        !screen.contains("没有找到") && screen.matches("关小雨").count() > 1
    });
}

#[test]
fn a_service_opened_by_a_key_file_tells_everybody_when_it_stops() {
    let desk = office();
    let key = desk.file("key");
    desk.done(&["account", "key-file", "make", key.to_str().unwrap()]);
    let serve = || desk.yizhan(&["serve", "--key-file", key.to_str().unwrap()]);
    let mut service = Service::start(serve());
    let mode = std::fs::metadata(service.socket()).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o777, 0o600);
    let mut guest = guest(&desk, "志愿者甲", "志愿者");
    let asked = Instant::now();
    service.signal("TERM");
    let (said, status) = guest.parted();
    assert!(said.contains("驿站服务正在停止") && status == 0, "{status}: {said}");
    assert_eq!(service.ended(), Some(0));
    assert!(asked.elapsed().as_secs() < 5);
    assert!(!service.socket().exists());
    // Once its use has ended, the file opens nothing.
    desk.done(&["account", "key-file", "end"]);
    let refused = serve().output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("密钥文件"), "{}", text(&refused.stderr));
}

#[test]
fn a_killed_owner_leaves_sentences_restored_terminals_and_drafts() {
    let desk = office();
    let service = Service::start(desk.acting(&["serve"]));
    let mut guests: Vec<App> = (0..5).map(|_| guest(&desk, "志愿者甲", "志愿者")).collect();
    for (at, guest) in guests.iter_mut().enumerate() {
        let name = format!("关小{}", ["雨", "雪", "云", "风", "雷"][at]);
        guest.press("\x1bOQ");
        guest.press(&name);
        guest.wait_for("没有找到");
        guest.press("\x1bOR");
        guest.wait_for("出生日期");
        guest.press("\t\t\t1993-7\t");
        guest.wait_for("1993-7");
    }
    // A key that is answered says that what came before it has been kept.
    for guest in &mut guests {
        guest.press("\x1bOP");
        guest.wait_for("帮助");
    }
    service.signal("KILL");
    for guest in &mut guests {
        let (said, status) = guest.parted();
        assert!(said.contains("意外结束") && status == 1, "{status}: {said}");
    }
    // The socket of the dead owner is nobody's; the next owner takes its place.
    let _service = Service::start(desk.acting(&["serve"]));
    let mut again = guest(&desk, "志愿者甲", "志愿者");
    again.press("\x1b[17~");
    for name in ["关小雨", "关小雪", "关小云", "关小风", "关小雷"] {
        again.wait_for(name);
    }
}

#[test]
fn what_is_not_understood_ends_its_own_connection_only() {
    let desk = office();
    let service = Service::start(desk.acting(&["serve"]));
    let mut guest = guest(&desk, "志愿者甲", "志愿者");
    let socket = service.socket();
    for bad in
        [&b"x\0\0\0\0"[..], b"d\xff\xff\xff\xff", b"h\0\0\0\x02[]", b"GET / HTTP/1.1\r\n\r\n"]
    {
        let mut stream = UnixStream::connect(&socket).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(bad).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert!(answer.is_empty(), "{answer:?}");
    }
    let hello = br#"{"version":99,"client":{"columns":80,"rows":24,"term":"xterm","locale":"","colorterm":"","no_color":false,"lang":"zh"}}"#;
    let mut stream = UnixStream::connect(&socket).unwrap();
    let length = u32::try_from(hello.len()).unwrap().to_be_bytes();
    stream.write_all(&[b"h", &length[..], hello].concat()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("另一个版本"), "{answer}");
    guest.press("\x1bOQ");
    guest.wait_for("找人或编号");
}

#[test]
fn a_window_that_keeps_serving_leaves_the_others_at_work() {
    let desk = office();
    let mut first = owner(&desk, &["--keep-serving"]);
    let mut guest = guest(&desk, "志愿者甲", "志愿者");
    first.press("\x11");
    assert_eq!(first.parted(), (String::new(), 0));
    guest.press("\x1bOQ");
    guest.wait_for("找人或编号");
    guest.press("\x11");
    assert_eq!(guest.parted(), (String::new(), 0));
    // With the last session the folder is let go.
    let deadline = Instant::now() + PATIENCE;
    while desk.run(&["find", "x"]).status.code() != Some(0) {
        assert!(Instant::now() < deadline, "the folder is still held");
    }
}

#[test]
fn a_wrong_password_does_not_leave_a_service_behind() {
    let desk = office();
    let wrong = desk.write("wrong", "nothing like it\n");
    let args = ["--as", "admin", "--password-file", wrong.to_str().unwrap(), "--keep-serving"];
    let mut app = App::start(&desk, &args);
    app.wait_for("不正确");
    assert_eq!(app.ended(), 1);
    assert_eq!(desk.run(&["find", "x"]).status.code(), Some(0));
}

/// How late the timers of a service's threads may be, in nanoseconds, by the threads' names.
#[cfg(target_os = "linux")]
fn slack(service: &Service) -> Vec<(String, u64)> {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", service.child.id())).unwrap();
    let of = |task: std::fs::DirEntry| {
        let name = std::fs::read_to_string(task.path().join("comm")).ok()?;
        let thread = task.file_name().into_string().ok()?;
        let slack = std::fs::read_to_string(format!("/proc/{thread}/timerslack_ns")).ok()?;
        Some((name.trim().to_string(), slack.trim().parse().ok()?))
    };
    tasks.flatten().filter_map(of).collect()
}

#[test]
#[cfg(target_os = "linux")]
fn the_databases_threads_do_not_wake_an_idle_service() {
    let desk = office();
    let service = Service::start(desk.acting(&["serve", "--ssh", "127.0.0.1:0"]));
    desk.perform("{\"create\":\"person\",\"fields\":{\"name\":\"张蕾\"}}\n");
    let (theirs, ours): (Vec<_>, Vec<_>) =
        slack(&service).into_iter().partition(|(name, _)| name.starts_with("sled-io"));
    // Seven look for work every second; an hour late is early enough, since they are told of it.
    assert!(theirs.len() >= 7, "{theirs:?}");
    assert!(theirs.iter().all(|(_, slack)| *slack == 3_600_000_000_000), "{theirs:?}");
    assert!(ours.iter().all(|(_, slack)| *slack < 1_000_000), "{ours:?}");
}
