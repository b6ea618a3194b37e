//! Through the machine's own OpenSSH server (Debian `openssh-server`): `ssh -t host yizhan`
//! attaches like any window of that machine.

use super::*;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Child;
use std::thread::yield_now;

/// Debian has it outside the path of most accounts.
const SSHD: &str = "/usr/sbin/sshd";

/// A server of this test's own on a free port, which lets this test's account in by a key.
struct Sshd {
    server: Child,
    port: String,
    folder: TempDir,
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Sshd {
    /// Nothing, with the reason printed, where there is no such server.
    fn open() -> Option<Self> {
        if !Path::new(SSHD).exists() || !have_ssh() {
            println!("skipped: {SSHD} is missing, install openssh-server");
            return None;
        }
        if rustix::process::geteuid().is_root() {
            // Its own unprivileged half lives there; a boot makes it, a container may not.
            let _ = fs::create_dir("/run/sshd");
        }
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for key in ["host_key", "id_ed25519"] {
            keygen(&["-t", "ed25519", "-f", shown(&at(key))]);
        }
        fs::copy(at("id_ed25519.pub"), at("authorized_keys")).unwrap();
        fs::set_permissions(at("authorized_keys"), fs::Permissions::from_mode(0o600)).unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port().to_string();
        drop(free);
        let config = format!(
            "ListenAddress 127.0.0.1:{port}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\n\
             StrictModes no\nUsePAM no\nPasswordAuthentication no\nAcceptEnv LANG\n",
            shown(&at("host_key")),
            shown(&at("authorized_keys"))
        );
        fs::write(at("config"), config).unwrap();
        let mut server = Command::new(SSHD);
        server.args(["-D", "-e", "-f", shown(&at("config"))]);
        server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let server = Self { server: server.spawn().unwrap(), port, folder };
        let begun = Instant::now();
        while TcpStream::connect(format!("127.0.0.1:{}", server.port)).is_err() {
            assert!(begun.elapsed() < PATIENCE, "sshd does not listen");
            yield_now();
        }
        Some(server)
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("id_ed25519")
    }
}

#[test]
fn the_machines_own_ssh_server_leads_to_a_window_like_any_other() {
    let Some(sshd) = Sshd::open() else { return };
    let desk = office();
    let service = Service::start(desk.acting(&["serve"]));
    let key = sshd.key();
    let program = format!("{} --data {}", env!("CARGO_BIN_EXE_yizhan"), shown(&desk.data()));
    let attach = |more: &[&str]| {
        let mut command = CommandBuilder::new("ssh");
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("TERM", "xterm-256color");
        command.env("LANG", "zh_CN.UTF-8");
        command.args(options(sshd.folder.path()));
        command.args(["-p", &sshd.port, "-i", shown(&key)]);
        command.args(more);
        command.args(["127.0.0.1", &program]);
        App::open(command)
    };
    let mut window = attach(&["-t"]);
    window.wait_for("请登录");
    window.signs_in("志愿者甲");
    window.wait_for_home("志愿者");
    window.resize(120, 40);
    window.wait("the wider screen", |app| {
        app.screen.screen().contents().lines().any(|line| line.chars().count() > 100)
    });
    makes_a_person(&mut window, "张蕾");
    // Ctrl-Z is no key in there: nothing stops.
    window.press("\x1a\x1bOQ");
    window.wait_for("找人或编号");
    window.press("\x11");
    let (_, status) = window.parted();
    assert_eq!(status, 0);
    // A command goes the same way.
    let mut find = Command::new("ssh");
    find.env("LANG", "zh_CN.UTF-8").stdin(Stdio::null()).args(options(sshd.folder.path()));
    find.args(["-p", &sshd.port, "-i", shown(&key), "127.0.0.1"]);
    let password = desk.file("password");
    find.arg(format!("{program} --as admin --password-file {} find zl", shown(&password)));
    let found = find.output().unwrap();
    assert!(text(&found.stdout).contains("张蕾"), "{}", text(&found.stderr));
    // A line that is cut keeps the draft.
    let mut cut = attach(&["-t"]);
    cut.wait_for("请登录");
    cut.signs_in("志愿者甲");
    cut.wait_for_home("志愿者");
    cut.press("\x1bOQ");
    cut.wait_for("找人或编号");
    cut.press("单静");
    cut.wait_for("没有找到");
    cut.press("\x1bOR");
    cut.wait_for("出生日期");
    cut.child.kill().unwrap();
    let mut again = attach(&["-t"]);
    again.wait_for("请登录");
    again.signs_in("志愿者甲");
    again.wait_for_home("志愿者");
    again.wait_for("草稿");
    drop(service);
}
