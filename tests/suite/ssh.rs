//! Over SSH, with the clients people have: OpenSSH (Debian `openssh-client`) and PuTTY's `plink`
//! (`putty-tools`). Where one is missing its tests are skipped and say so.

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
use yizhan::access::ssh::{Server, host_key};
use yizhan::office::{self, Actor};

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

fn have_ssh() -> bool {
    have("ssh", "openssh-client")
}

/// The file of the volunteer's own key.
const VOLUNTEERS_KEY: &str = "id_ecdsa";

/// A station served over SSH, with a key for the supervisor.
struct House {
    desk: Desk,
    service: Service,
    port: String,
    /// The host key's fingerprint, as the service told it.
    fingerprint: String,
    key: PathBuf,
}

impl House {
    fn open() -> Self {
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
    fn run(&self, options: &[&str], words: &[&str]) -> Output {
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
struct Inside {
    server: Server,
    folder: TempDir,
}

impl Inside {
    fn open(hall: &Arc<Hall>) -> Self {
        Self::within(hall, Limits::default())
    }

    fn within(hall: &Arc<Hall>, limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let key = host_key::of(folder.path()).unwrap();
        let none = Box::new(|_: &Actor, _, _: &[String], _: &mut Vec<u8>, _: &mut Vec<u8>| 1);
        let server = Server::open(hall, listener, key, none, limits).unwrap();
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

#[test]
fn a_supervisor_signs_in_by_key_and_lands_on_the_review_queue() {
    if !have_ssh() {
        return;
    }
    let house = House::open();
    let mut app = house.supervisor();
    app.wait_for("审批");
    // By what clients know the station stands on the system screen.
    app.resize(120, 60);
    app.press("0");
    app.wait_for(&house.fingerprint);
    app.press("\x1bOS");
    // Any size, and back; Ctrl-Z is no key here.
    app.resize(200, 60);
    app.wait("the wide screen", |app| {
        app.screen.screen().contents().lines().any(|line| line.chars().count() > 150)
    });
    app.resize(1, 1);
    app.press("\x0c\x1a");
    app.resize(80, 24);
    // The client tells the new size in its own time; a key before that meets a window too small.
    app.wait_for("审批");
    app.press("\x1bOQ");
    app.wait_for("找人或编号");
    app.press("\x11");
    app.wait_for_bytes(LEFT);
    assert_eq!(app.ended(), 0);
    assert!(!app.screen.screen().bracketed_paste());
    let known = std::fs::read_to_string(house.desk.file("known_hosts")).unwrap();
    assert!(known.contains("ssh-ed25519"), "{known}");
}

#[test]
fn a_password_signs_in_and_a_wrong_one_does_not() {
    if !have_ssh() {
        return;
    }
    let house = House::open();
    let mut app = house.ssh(&["-l", "志愿者甲", "-o", "PubkeyAuthentication=no"]);
    app.wait_for("password:");
    app.press("wrong\r");
    app.wait("the second question", |app| {
        app.screen.screen().contents().matches("password:").count() == 2
    });
    app.press(PASSWORD);
    app.press("\r");
    app.wait_for_home("志愿者甲");
    app.press("\x11");
    assert_eq!(app.ended(), 0);
}

#[test]
fn a_wrong_key_is_refused() {
    if !have_ssh() {
        return;
    }
    let house = House::open();
    // A key nobody has named, and one that opens another account.
    let unknown = house.desk.file("id_unknown");
    keygen(&["-t", "ed25519", "-f", shown(&unknown)]);
    for key in [unknown, house.desk.file(VOLUNTEERS_KEY)] {
        let mut command = Command::new("ssh");
        command.stdin(Stdio::null()).args(house.options()).args(["-p", &house.port]);
        command.args(["-o", "BatchMode=yes", "-i", shown(&key), "-l", "审核员乙"]);
        let output = command.args(["127.0.0.1", "find", "x"]).output().unwrap();
        assert_eq!(output.status.code(), Some(255));
        let said = text(&output.stderr);
        assert!(said.contains("Permission denied (publickey,password)"), "{said}");
    }
}

#[test]
fn commands_that_read_are_carried_out_and_everything_else_is_refused_in_words() {
    if !have_ssh() {
        return;
    }
    let house = House::open();
    let mut volunteer = guest(&house.desk, "志愿者甲", "志愿者");
    makes_a_person(&mut volunteer, "张蕾");
    for line in [&["find", "zl"][..], &["find", "'张 蕾'"], &["find", "zl", "--kind", "person"]] {
        let found = house.run(&[], line);
        assert!(found.status.success(), "{}", text(&found.stderr));
        assert!(text(&found.stdout).contains("张蕾"), "{line:?}: {}", text(&found.stdout));
    }
    let found = house.run(&[], &["find", "--json", "zl"]);
    let line: serde_json::Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!(line["title"], "张蕾");
    let number = line["number"].as_str().unwrap();
    let sheet = house.run(&[], &["show", number]);
    assert!(text(&sheet.stdout).contains("张蕾"));
    for words in
        [&["sh"][..], &["bash -i"], &["export person"], &["scp -t /tmp"], &["account list"]]
    {
        let (status, said) = house.refused(words);
        assert!(status == Some(1) && said.contains("没有 shell"), "{words:?}: {status:?} {said}");
    }
    let (status, said) = house.refused(&["find 'x"]);
    assert!(status == Some(1) && said.contains("引号"), "{said}");
    let (status, said) = house.refused(&["decide", number, "--rules", "/etc/passwd"]);
    assert!(status == Some(2) && said.contains("--rules"), "{said}");
    let (status, said) = house.refused(&["show", "BN-0"]);
    assert!(status == Some(1) && said.contains("没有编号"), "{said}");
    let (status, said) = house.refused(&[]);
    assert!(status == Some(1) && said.contains("ssh -t"), "{said}");
}

#[test]
fn a_client_that_says_gbk_is_heard_and_answered_in_it() {
    if !have_ssh() {
        return;
    }
    let house = House::open();
    let mut volunteer = guest(&house.desk, "志愿者甲", "志愿者");
    makes_a_person(&mut volunteer, "张蕾");
    // 张蕾 in GB 2312: code points 5337 and 3257 of its table; 没有: 3532 and 5148.
    let in_gbk = |words: &[&[u8]]| {
        let words: Vec<&OsStr> = words.iter().map(|word| OsStr::from_bytes(word)).collect();
        house.command(&[]).env("LANG", "zh_CN.GBK").args(words).output().unwrap()
    };
    let holds = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|found| found == part);
    let found = in_gbk(&[b"find", b"\xd5\xc5\xc0\xd9"]);
    assert!(found.status.success() && holds(&found.stdout, b"\xd5\xc5\xc0\xd9"), "{found:?}");
    let refused = in_gbk(&[b"sh"]);
    assert!(holds(&refused.stderr, b"\xc3\xbb\xd3\xd0 shell"), "{refused:?}");
    // What is for machines stays UTF-8.
    let found = in_gbk(&[b"find", b"--json", b"\xd5\xc5\xc0\xd9"]);
    assert!(text(&found.stdout).contains("张蕾"), "{found:?}");
}

#[test]
fn a_disabled_account_is_shown_out_and_not_let_in_again() {
    if !have_ssh() {
        return;
    }
    let station = Station::new();
    let hall = Hall::open(station.office.clone());
    let inside = Inside::open(&hall);
    let mut app = inside.window("volunteer");
    let disable = office::Command::DisableAccount { name: "volunteer".into() };
    station.office.perform(&station.admin, disable).unwrap();
    app.wait_for("已停用");
    assert_eq!(app.ended(), 0);
    let port = inside.server.address().port().to_string();
    let mut again = window(
        &port,
        inside.folder.path(),
        &["-l", "volunteer", "-o", "NumberOfPasswordPrompts=1"],
    );
    again.wait_for("password:");
    again.press(PASSWORD);
    again.press("\r");
    again.wait_for("Permission denied");
    assert_eq!(again.ended(), 255);
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

#[test]
fn nothing_is_forwarded_and_no_files_are_served() {
    if !have_ssh() {
        return;
    }
    let house = House::open();
    let through = house.run(&["-W", "127.0.0.1:22"], &[]);
    assert!(!through.status.success());
    assert!(text(&through.stderr).contains("stdio forwarding failed"), "{}", text(&through.stderr));
    let back = house.run(&["-N", "-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:22"], &[]);
    assert!(!back.status.success());
    assert!(text(&back.stderr).contains("forwarding failed"), "{}", text(&back.stderr));
    let files = house.run(&["-s"], &["sftp"]);
    assert!(!files.status.success());
    assert!(text(&files.stderr).contains("不提供文件传输"), "{}", text(&files.stderr));
    // The agent and the screen of the client stay its own; the session works all the same.
    let found = house.run(&["-A", "-X"], &["find", "没有这个人"]);
    assert_eq!(found.status.code(), Some(0), "{}", text(&found.stderr));
}

#[test]
fn only_modern_algorithms_are_spoken() {
    if !have_ssh() {
        return;
    }
    let house = House::open();
    for old in [
        "KexAlgorithms=diffie-hellman-group14-sha1",
        "KexAlgorithms=diffie-hellman-group14-sha256",
        "KexAlgorithms=ecdh-sha2-nistp256",
        "Ciphers=aes128-cbc",
        "Ciphers=aes256-ctr",
        "HostKeyAlgorithms=rsa-sha2-512",
    ] {
        let refused = house.run(&["-o", old], &["find", "x"]);
        let said = text(&refused.stderr);
        assert!(said.contains("no matching"), "{old}: {said}");
    }
    for new in [
        "KexAlgorithms=curve25519-sha256",
        "Ciphers=chacha20-poly1305@openssh.com",
        "Ciphers=aes256-gcm@openssh.com",
        "Compression=yes",
    ] {
        let served = house.run(&["-o", new], &["find", "x"]);
        assert!(served.status.success(), "{new}: {}", text(&served.stderr));
    }
}

#[test]
fn a_volunteer_at_the_desk_and_two_supervisors_work_at_once() {
    if !have_ssh() {
        return;
    }
    let house = House::open();
    let mut volunteer = guest(&house.desk, "志愿者甲", "志愿者");
    let mut first = house.supervisor();
    let mut second = house.supervisor();
    // One looks at a search that finds nobody, the other types; what the volunteer makes comes
    // to the first without a key, and nothing of what the second types is lost.
    first.press("\x1bOQ");
    first.wait_for("找人或编号");
    first.press("关小雨");
    first.wait_for("没有找到");
    second.press("\x1bOQ");
    second.wait_for("找人或编号");
    second.press("甲乙丙");
    makes_a_person(&mut volunteer, "关小雨");
    second.press("丁戊己");
    first.wait("the new person", |app| {
        let screen = app.screen.screen().contents();
        !screen.contains("没有找到") && screen.matches("关小雨").count() > 1
    });
    second.wait_for("甲乙丙丁戊己");
}

#[test]
fn the_queue_of_one_moves_while_another_types() {
    if !have_ssh() {
        return;
    }
    let station = furnished::station_with_newcomer();
    let inside = Inside::open(&Hall::open(station.office.clone()));
    let mut reviewing = inside.window("supervisor");
    reviewing.wait_for("单静");
    reviewing.wait_for("解文");
    let mut typing = inside.window("admin");
    typing.press("\x1bOQ");
    typing.wait_for("找人或编号");
    typing.press("甲乙丙");
    let newcomer = furnished::found(&station, furnished::NEWCOMER, "person");
    furnished::files_for(&station, newcomer);
    typing.press("丁戊己");
    reviewing.wait_for(furnished::NEWCOMER);
    typing.wait_for("甲乙丙丁戊己");
}

#[test]
fn a_panic_ends_one_session_over_ssh_and_puts_its_terminal_back() {
    if !have_ssh() {
        return;
    }
    let house = several::House::open();
    let inside = Inside::open(&house.hall);
    let mut struck = inside.window("volunteer");
    let mut other = inside.window("supervisor");
    struck.press("\x1bOQ");
    struck.wait_for("找人或编号");
    house.strike("session 1");
    struck.press("x");
    let (said, status) = struck.parted();
    assert!(said.contains("程序错误") && status == 1, "{status}: {said}");
    other.press("\x1bOQ");
    other.wait_for("找人或编号");
}

#[test]
fn a_cut_connection_keeps_the_draft() {
    if !have_ssh() {
        return;
    }
    let house = House::open();
    let mut cut = house.supervisor();
    cut.press("\x1bOQ");
    cut.wait_for("找人或编号");
    cut.press("关小雨");
    cut.wait_for("没有找到");
    cut.press("\x1bOR");
    cut.wait_for("出生日期");
    cut.press("\t\t\t1993-");
    cut.wait_for("1993-");
    cut.child.kill().unwrap();
    let mut again = house.supervisor();
    again.press("\x1b[17~");
    again.wait_for("关小雨");
    again.press("\r");
    again.wait_for("1993-");
}

#[test]
fn a_paste_of_100_kb_arrives_whole_and_what_is_typed_after_it_too() {
    if !have_ssh() {
        return;
    }
    let house = House::open();
    let mut app = house.supervisor();
    app.press("\x1bOQ");
    app.wait_for("找人或编号");
    app.press(&format!("\x1b[200~{}\x1b[201~", "重庆".repeat(17_000)));
    app.wait_for("重庆重庆");
    app.press("\x15末尾");
    app.wait_for("末尾");
}

#[test]
fn a_service_that_stops_tells_its_visitors() {
    if !have_ssh() {
        return;
    }
    let mut house = House::open();
    let mut app = house.supervisor();
    house.service.signal("TERM");
    app.wait_for_bytes("驿站服务正在停止");
    let (said, status) = app.parted();
    assert!(said.contains("驿站服务正在停止") && status == 0, "{status}: {said}");
    assert_eq!(house.service.ended(), Some(0));
}

/// What the server greets with; nothing when it does not greet at all.
fn greeting(stream: &TcpStream) -> String {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut line = String::new();
    // A connection that is one too many may also be reset.
    let _ = BufReader::new(stream).read_line(&mut line);
    line
}

#[test]
fn whoever_says_nothing_is_let_go_and_takes_nobodys_place_for_long() {
    let station = Station::new();
    let limits = Limits { handshakes: 1, grace: Duration::from_millis(300), ..Limits::default() };
    let inside = Inside::within(&Hall::open(station.office.clone()), limits);
    let silent = TcpStream::connect(inside.server.address()).unwrap();
    assert_eq!(greeting(&silent), "SSH-2.0-yizhan\r\n");
    let one_too_many = TcpStream::connect(inside.server.address()).unwrap();
    assert_eq!(greeting(&one_too_many), "");
    // Its time is over: the end comes, and the place is free again.
    assert_eq!(greeting(&silent), "");
    let deadline = Instant::now() + PATIENCE;
    loop {
        let next = TcpStream::connect(inside.server.address()).unwrap();
        if !greeting(&next).is_empty() {
            break;
        }
        assert!(Instant::now() < deadline, "the place is still taken");
    }
}

#[test]
fn one_address_connects_so_often_and_no_more() {
    let station = Station::new();
    let limits = Limits { burst: 3, pace: Duration::from_secs(3600), ..Limits::default() };
    let inside = Inside::within(&Hall::open(station.office.clone()), limits);
    let greeted = |_| {
        let stream = TcpStream::connect(inside.server.address()).unwrap();
        !greeting(&stream).is_empty()
    };
    assert_eq!((0..5).map(greeted).collect::<Vec<_>>(), [true, true, true, false, false]);
}

#[test]
fn the_host_key_stays_the_same() {
    if !have_ssh() {
        return;
    }
    let house = House::open();
    assert!(house.run(&[], &["find", "x"]).status.success());
    let House { desk, service, key, fingerprint, .. } = house;
    drop(service);
    let service = Service::saying(desk.acting(&["serve", "--ssh", "127.0.0.1:0"]), 2);
    assert!(service.ready.contains(&fingerprint));
    let shown_by_client = Command::new("ssh-keygen")
        .args(["-l", "-f", shown(&desk.data().join("ssh_host_ed25519_key"))])
        .output()
        .unwrap();
    assert!(text(&shown_by_client.stdout).contains(&fingerprint));
    drop(key);
    // The same by the command, while it is served; and another key from the next start on.
    assert!(desk.done(&["host-key"]).contains(&fingerprint));
    let shown: serde_json::Value =
        serde_json::from_str(&desk.done(&["host-key", "--new", "--json"])).unwrap();
    let other = shown["fingerprint"].as_str().unwrap();
    assert!(other.starts_with("SHA256:") && other != fingerprint);
    drop(service);
    let service = Service::saying(desk.acting(&["serve", "--ssh", "127.0.0.1:0"]), 2);
    assert!(service.ready.contains(other), "{}", service.ready);
}

#[test]
fn plink_signs_in_by_password_and_follows_the_window() {
    if !have("plink", "putty-tools") || !have_ssh() {
        return;
    }
    let house = House::open();
    let mut command = CommandBuilder::new("plink");
    command.env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("HOME", house.desk.data());
    command.env("TERM", "xterm");
    command.args([
        "-ssh",
        "-t",
        "-no-antispoof",
        "-P",
        &house.port,
        "-hostkey",
        &house.fingerprint,
    ]);
    command.args(["-l", "审核员乙", "-pw", PASSWORD, "127.0.0.1"]);
    let mut app = App::open(command);
    app.wait_for_home("审核员乙");
    app.press("\x1bOQ");
    app.wait_for("找人或编号");
    app.press("关小雨");
    app.wait_for("没有找到");
    app.resize(120, 40);
    app.wait("the wider screen", |app| {
        app.screen.screen().contents().lines().any(|line| line.chars().count() > 100)
    });
    app.press("\x11");
    app.wait_for_bytes(LEFT);
    assert_eq!(app.ended(), 0);
}

#[test]
fn ssh_audit_finds_no_failures() {
    if !have_ssh() {
        return;
    }
    if Command::new("ssh-audit").arg("--help").output().is_err() {
        println!("skipped: ssh-audit is missing, install it with pip");
        return;
    }
    let house = House::open();
    let audit = Command::new("ssh-audit")
        .args(["--no-colors", "--level=fail", "--skip-rate-test", "-p", &house.port, "127.0.0.1"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&audit.stdout).into_owned();
    assert!(!said.contains("[fail]"), "{said}");
    assert_ne!(audit.status.code(), Some(3), "{said}");
}
