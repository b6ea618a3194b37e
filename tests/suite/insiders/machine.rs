//! The machine: what other users of it can read, change or put in the way.

use crate::attach::{Service, office};
use crate::cli::{Desk, json_lines, shown, text, write_private};
use std::fs::{self, DirBuilder, File, Permissions};
use std::io::Read;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A user who keeps the service, one of the group it serves, one of neither; the group.
const KEEPER: u32 = 54_701;
const MEMBER: u32 = 54_702;
const STRANGER: u32 = 54_703;
const GROUP: u32 = 54_710;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Only the superuser can be several users.
fn superuser() -> bool {
    let may = rustix::process::geteuid().is_root();
    if !may {
        println!("skipped: wants to be the superuser, who can stand for other users");
    }
    may
}

/// What a command says in both languages, where it stops with exit status 1.
#[track_caller]
fn refused(mut command: impl FnMut() -> Command) -> [String; 2] {
    ["zh", "en"].map(|lang| {
        let output = command().args(["--lang", lang]).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
        assert!(output.stdout.is_empty(), "{}", text(&output.stdout));
        text(&output.stderr)
    })
}

/// A thing open to others stops a command, which names it, its mode and what to run; once that was
/// run the command goes on.
#[track_caller]
fn stops_until_closed(path: &Path, open: u32, mut command: impl FnMut() -> Command) {
    chmod(path, open);
    let closed = if path.is_dir() { "700" } else { "600" };
    let fix = format!("chmod {closed} {}", shown(path));
    for said in refused(&mut command) {
        assert!(said.contains(&fix) && said.contains(&format!("{open:04o}")), "{said}");
    }
    assert_eq!(mode(path), open, "nothing was changed");
    assert!(Command::new("sh").args(["-c", &fix]).status().unwrap().success());
    let output = command().output().unwrap();
    assert!(output.status.success(), "{fix}: {}", text(&output.stderr));
}

#[test]
fn a_station_that_others_can_reach_is_not_opened() {
    let desk = Desk::new();
    let data = desk.data();
    let find = || desk.acting(&["find", "x"]);
    for (name, open) in [
        ("", 0o755),
        ("", 0o701),
        ("", 0o770),
        ("keyring.toml", 0o640),
        ("keyring.toml", 0o602),
        ("station.toml", 0o604),
        ("journal", 0o750),
        ("journal", 0o733),
    ] {
        let path = if name.is_empty() { data.clone() } else { data.join(name) };
        stops_until_closed(&path, open, find);
    }
    // What needs no account looks too.
    stops_until_closed(&data, 0o755, || desk.yizhan(&["host-key"]));
    stops_until_closed(&data, 0o755, || desk.acting(&["verify"]));
}

#[test]
fn a_file_with_a_secret_that_others_can_reach_is_not_read() {
    let desk = Desk::bare();
    let made = desk.init().arg("--json").output().unwrap();
    let recovery = json_lines(&text(&made.stdout))[0]["recovery_key"].clone();
    let recovery = desk.write("recovery", recovery.as_str().unwrap());
    let (password, new) = (desk.file("password"), desk.write("new", "雨后开窗看见的山\n"));
    stops_until_closed(&password, 0o644, || desk.acting(&["find", "x"]));
    stops_until_closed(&recovery, 0o640, || {
        desk.yizhan(&["find", "x", "--recovery-key-file", shown(&recovery)])
    });
    let mut names = (1..).map(|at| format!("volunteer{at}"));
    stops_until_closed(&new, 0o660, || {
        let name = names.next().unwrap();
        let role = ["--role", "volunteer", "--new-password-file", shown(&new)];
        desk.acting(&[&["account", "add", &name][..], &role].concat())
    });
    // A key file and the host key of a service.
    let key = desk.file("key");
    desk.done(&["account", "key-file", "make", shown(&key)]);
    let serve = || desk.yizhan(&["serve", "--ssh", "127.0.0.1:0", "--key-file", shown(&key)]);
    drop(Service::saying(serve(), 2));
    for path in [key.clone(), desk.data().join("ssh_host_ed25519_key")] {
        chmod(&path, 0o644);
        for said in refused(serve) {
            assert!(said.contains(&format!("chmod 600 {}", shown(&path))), "{said}");
        }
        chmod(&path, 0o600);
    }
    // A pipe holds nothing that stays.
    chmod(&password, 0o600);
    let mut piped = desk.yizhan(&["find", "x", "--as", "admin", "--password-file", "/dev/stdin"]);
    piped.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let secret = fs::read(&password).unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), &secret).unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
}

#[test]
fn what_belongs_to_another_user_is_not_used() {
    if !superuser() {
        return;
    }
    let desk = Desk::new();
    let find = || desk.acting(&["find", "x"]);
    for name in ["", "keyring.toml", "journal"] {
        let path = if name.is_empty() { desk.data() } else { desk.data().join(name) };
        chown(&path, Some(STRANGER), None).unwrap();
        for said in refused(find) {
            let owner = STRANGER.to_string();
            assert!(said.contains(&owner) && said.contains(shown(&path)), "{said}");
        }
        chown(&path, Some(0), None).unwrap();
    }
    chown(desk.file("password"), Some(STRANGER), None).unwrap();
    refused(find);
}

#[test]
fn an_empty_folder_is_closed_when_a_station_is_made_in_it() {
    let desk = Desk::bare();
    DirBuilder::new().mode(0o777).create(desk.data()).unwrap();
    chmod(&desk.data(), 0o777);
    assert!(desk.init().output().unwrap().status.success());
    assert_eq!(mode(&desk.data()), 0o700);
    // A folder with something else in it is left as it is.
    let other = Desk::bare();
    other.write("data/letter", "dear");
    chmod(&other.data(), 0o755);
    refused(|| other.init());
    assert_eq!(mode(&other.data()), 0o755);
}

#[test]
fn a_runtime_folder_somebody_else_prepared_stops_nobody() {
    let desk = office();
    let temporary = desk.file("tmp");
    fs::create_dir(&temporary).unwrap();
    let own = temporary.join(format!("yizhan-{}", rustix::process::geteuid().as_raw()));
    let elsewhere = desk.file("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let open = |own: &Path| {
        fs::create_dir(own).unwrap();
        chmod(own, 0o777);
    };
    let foreign = |own: &Path| {
        DirBuilder::new().mode(0o700).create(own).unwrap();
        chown(own, Some(STRANGER), None).unwrap();
    };
    let link = |own: &Path| symlink(&elsewhere, own).unwrap();
    let file = |own: &Path| fs::write(own, "").unwrap();
    type Prepares<'p> = (&'p str, &'p dyn Fn(&Path));
    let mut prepared: Vec<Prepares> = vec![("open", &open), ("a link", &link), ("a file", &file)];
    if superuser() {
        prepared.push(("another's", &foreign));
    }
    for (what, prepare) in prepared {
        let _ = fs::remove_dir(&own).or_else(|_| fs::remove_file(&own));
        prepare(&own);
        let mut serve = desk.acting(&["serve"]);
        let service = Service::start({
            serve.env("TMPDIR", &temporary);
            serve
        });
        assert!(service.ready.contains(shown(&desk.data())), "{what}: {}", service.ready);
        // Others of this user find it, in these surroundings and in any.
        for surroundings in [Some(&temporary), None] {
            let mut list = desk.acting(&["account", "list"]);
            if let Some(temporary) = surroundings {
                list.env("TMPDIR", temporary);
            }
            let output = list.output().unwrap();
            assert!(output.status.success(), "{what}: {}", text(&output.stderr));
        }
        assert_eq!(desk.failed(&["verify"]).0, 1, "the service has the folder");
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
    }
}

#[test]
fn a_link_planted_where_a_file_is_to_be_written_leads_nowhere() {
    let desk = Desk::new();
    let victim = desk.write("victim", "dear");
    let data = desk.data();
    for name in ["keyring.new", "records.new", "attempts.new", "ssh_host_ed25519_key.new"] {
        let _ = fs::remove_file(data.join(name));
        symlink(&victim, data.join(name)).unwrap();
    }
    let password = desk.file("password");
    let add = ["account", "add", "周丽", "--role", "volunteer", "--new-password-file"];
    desk.done(&[&add[..], &[shown(&password)]].concat());
    desk.done(&["host-key", "--new"]);
    assert_eq!(fs::read_to_string(&victim).unwrap(), "dear");
    assert!(!fs::symlink_metadata(data.join("keyring.toml")).unwrap().is_symlink());
    // The lock is no way out either.
    fs::remove_file(data.join("lock")).unwrap();
    symlink(desk.file("new"), data.join("lock")).unwrap();
    refused(|| desk.acting(&["find", "x"]));
    assert!(!desk.file("new").exists());
    // Nor are pages of the manual.
    let pages = desk.file("pages");
    fs::create_dir(&pages).unwrap();
    symlink(&victim, pages.join("yizhan.1")).unwrap();
    refused(|| desk.yizhan(&["man", "--dir", shown(&pages)]));
    assert_eq!(fs::read_to_string(&victim).unwrap(), "dear");
}

#[test]
fn another_host_key_wants_an_administrator_and_stands_in_the_log() {
    let desk = office();
    let print = |out: &str| out.lines().next().unwrap().to_string();
    let first = print(&desk.done(&["host-key"]));
    let new = desk.yizhan(&["host-key", "--new"]).output().unwrap();
    assert!(!new.status.success() && new.stdout.is_empty(), "nobody has signed in");
    let volunteer = |args: &[&str]| {
        let mut command = desk.yizhan(args);
        command.args(["--as", "志愿者甲", "--password-file"]).arg(desk.file("password"));
        command
    };
    for said in refused(|| volunteer(&["host-key", "--new"])) {
        assert!(said.contains("不能进行这项操作") || said.contains("not open to"), "{said}");
    }
    assert_eq!(print(&desk.done(&["host-key"])), first);
    let second = print(&desk.done(&["host-key", "--new"]));
    assert_ne!(second, first);
    assert_eq!(print(&desk.done(&["host-key"])), second);
    // So it is while a service has the folder.
    let service = Service::start(desk.acting(&["serve"]));
    refused(|| volunteer(&["host-key", "--new"]));
    let third = print(&desk.done(&["host-key", "--new"]));
    drop(service);
    assert_eq!(print(&desk.done(&["host-key"])), third);
    assert!(third != second && !desk.data().join("ssh_host_ed25519_key.new").exists());
    let log = desk.done(&["log", "--what", "accounts", "--lang", "en"]);
    for made in [&second, &third] {
        assert!(log.contains("host key") && log.contains(made.as_str()), "{log}");
    }
    assert!(!log.contains(&first), "the first was made by nobody");
}

/// A machine with several users: the program where all can run it, a folder for each, and a
/// runtime folder of the service.
struct Machine {
    folder: TempDir,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        chmod(folder.path(), 0o755);
        let machine = Self { folder };
        // By another process: what another test starts meanwhile would hold a file open that is being
        // written here, and nobody can run it then.
        let mut copied = Command::new("cp");
        copied.arg(env!("CARGO_BIN_EXE_yizhan")).arg(machine.at("yizhan"));
        assert!(copied.status().unwrap().success());
        for user in [KEEPER, MEMBER, STRANGER] {
            let home = machine.home(user);
            DirBuilder::new().mode(0o700).create(&home).unwrap();
            write_private(&home.join("password"), crate::cli::PASSWORD);
            for path in [home.join("password"), home] {
                chown(path, Some(user), Some(user)).unwrap();
            }
        }
        // As systemd makes it for RuntimeDirectory=, RuntimeDirectoryMode=0750.
        fs::create_dir(machine.at("run")).unwrap();
        chmod(&machine.at("run"), 0o750);
        chown(machine.at("run"), Some(KEEPER), Some(GROUP)).unwrap();
        machine
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn home(&self, user: u32) -> PathBuf {
        self.at(&user.to_string())
    }

    /// A command of a user on the service's data folder.
    fn yizhan(&self, user: u32, args: &[&str]) -> Command {
        let home = self.home(user);
        let mut command = Command::new(self.at("yizhan"));
        command.env_clear().current_dir(&home).stdin(Stdio::null()).args(args);
        command.arg("--data").arg(self.home(KEEPER).join("data"));
        command.env("YIZHAN_RUNTIME", self.at("run")).env("TMPDIR", self.folder.path());
        // The keeper and the member are of the group.
        let group = if user == STRANGER { STRANGER } else { GROUP };
        command.gid(group).uid(user);
        command
    }

    fn run(&self, user: u32, args: &[&str]) -> Output {
        let acting = ["--as", "admin", "--password-file", "password"];
        self.yizhan(user, &[args, &acting].concat()).output().unwrap()
    }

    /// The service with a station of one person.
    fn serves(&self) -> Service {
        let init = ["init", "--no-change", "--station", "鱼洞街道服务站", "--region", "500113"];
        let made = self.yizhan(
            KEEPER,
            &[&init[..], &["--admin", "admin", "--password-file", "password"]].concat(),
        );
        let made = { made }.output().unwrap();
        assert!(made.status.success(), "{}", text(&made.stderr));
        let group = GROUP.to_string();
        let acting = ["--as", "admin", "--password-file", "password"];
        let serve = ["serve", "--socket-group", &group];
        Service::start(self.yizhan(KEEPER, &[&serve[..], &acting].concat()))
    }
}

#[test]
fn a_group_is_served_with_the_rights_of_each_over_files() {
    if !superuser() {
        return;
    }
    let machine = Machine::new();
    let service = machine.serves();
    let socket = fs::read_dir(machine.at("run")).unwrap().next().unwrap().unwrap().path();
    let found = fs::metadata(&socket).unwrap();
    assert_eq!((mode(&socket), found.uid(), found.gid()), (0o660, KEEPER, GROUP));
    // One of the group reads and writes files with their own rights.
    let home = machine.home(MEMBER);
    let list = home.join("people.csv");
    write_private(&list, "name,id_number\n关小雨,500199199307152460\n");
    chown(&list, Some(MEMBER), Some(MEMBER)).unwrap();
    let taken = machine.run(MEMBER, &["import", "person", "people.csv", "--rejects", "left.csv"]);
    assert!(
        text(&taken.stdout).contains("接收 1 行"),
        "{}{}",
        text(&taken.stdout),
        text(&taken.stderr)
    );
    let out = machine.run(MEMBER, &["export", "person", "--out", "out.csv"]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    let out = home.join("out.csv");
    assert!(fs::read_to_string(&out).unwrap().contains("关小雨"));
    assert_eq!((fs::metadata(&out).unwrap().uid(), mode(&out)), (MEMBER, 0o600));
    // What the service may and they may not read or write stays closed to them.
    let theirs = machine.home(KEEPER).join("secret.csv");
    write_private(&theirs, "name,id_number\n单静,500199199307152479\n");
    chown(&theirs, Some(KEEPER), Some(KEEPER)).unwrap();
    let read = machine.run(MEMBER, &["import", "person", shown(&theirs), "--dry-run"]);
    assert_eq!(read.status.code(), Some(1));
    assert!(!text(&read.stdout).contains("单静") && !text(&read.stderr).contains("单静"));
    let over = machine.run(MEMBER, &["export", "person", "--out", shown(&theirs)]);
    assert_eq!(over.status.code(), Some(1));
    assert!(fs::read_to_string(&theirs).unwrap().contains("单静"));
    let wide = home.join("password");
    chmod(&wide, 0o644);
    let add = ["account", "add", "a", "--role", "volunteer", "--new-password-file", "password"];
    assert_eq!(machine.run(MEMBER, &add).status.code(), Some(1), "open to others there, too");
    chmod(&wide, 0o600);
    let backup = machine.run(MEMBER, &["backup", "all.yzb"]);
    assert!(backup.status.code() == Some(1) && text(&backup.stderr).contains("sudo -u"));
    assert!(!home.join("all.yzb").exists() && machine.run(MEMBER, &["backup"]).status.success());
    // Whose terminal it was is in the journal.
    let number = json_lines(&text(&machine.run(MEMBER, &["find", "gxy", "--json"]).stdout));
    let number = number[0]["number"].as_str().unwrap().to_string();
    let history = machine.run(MEMBER, &["history", &number]);
    assert!(text(&history.stdout).contains(&MEMBER.to_string()), "{}", text(&history.stdout));
    // One of no group is not served, and is told how one is.
    let stranger = machine.run(STRANGER, &["find", "gxy"]);
    assert!(stranger.status.code() == Some(1) && stranger.stdout.is_empty());
    assert!(text(&stranger.stderr).contains("--socket-group"), "{}", text(&stranger.stderr));
    drop(service);
}

#[test]
fn a_runtime_folder_the_group_can_write_to_serves_nobody() {
    if !superuser() {
        return;
    }
    let machine = Machine::new();
    drop(machine.serves());
    let group = GROUP.to_string();
    let serve = || {
        let acting = ["--as", "admin", "--password-file", "password"];
        machine.yizhan(KEEPER, &[&["serve", "--socket-group", &group][..], &acting].concat())
    };
    chmod(&machine.at("run"), 0o770);
    for said in refused(serve) {
        assert!(said.contains("0750"), "{said}");
    }
    chmod(&machine.at("run"), 0o750);
    chown(machine.at("run"), Some(MEMBER), None).unwrap();
    refused(serve);
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_of_its_memory_is_left_in_a_core() {
    let limits = |service: &Service| {
        fs::read_to_string(format!("/proc/{}/limits", service.child.id())).unwrap()
    };
    let none = |limits: &str| {
        let line = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        line.split_whitespace().filter(|word| *word == "0").count() == 2
    };
    let desk = Desk::new();
    let service = Service::start(desk.acting(&["serve"]));
    assert!(none(&limits(&service)), "{}", limits(&service));
    drop(service);
    if !superuser() {
        return;
    }
    // Memory that is not to be dumped belongs to the superuser, whoever runs the program: no other
    // process of the user reads it.
    let machine = Machine::new();
    let service = machine.serves();
    let memory = PathBuf::from(format!("/proc/{}/environ", service.child.id()));
    assert_eq!(fs::metadata(&memory).unwrap().uid(), 0);
    let mut read = Command::new("cat");
    let read = read.arg(&memory).gid(GROUP).uid(KEEPER).output().unwrap();
    assert!(!read.status.success() && read.stdout.is_empty());
}

#[test]
fn the_shipped_service_is_its_own_user_and_closed() {
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/systemd/yizhan.service");
    let mut text = String::new();
    File::open(unit).unwrap().read_to_string(&mut text).unwrap();
    for line in [
        "User=yizhan",
        "Group=yizhan",
        "UMask=0077",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "RuntimeDirectory=yizhan",
        "RuntimeDirectoryMode=0750",
        "StateDirectoryMode=0700",
        "LimitCORE=0",
        "MemorySwapMax=0",
    ] {
        assert!(text.lines().any(|have| have == line), "{line}");
    }
    assert!(text.lines().any(|line| line.starts_with("ExecStart=")
        && line.contains(" serve ")
        && line.contains("--socket-group yizhan")));
}
