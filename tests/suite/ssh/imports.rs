//! Lists piped to `ssh host import KIND -`.

use super::*;
use std::fs::{self, File};
use std::io::Write;
use std::process::Child;
use yizhan::access::ssh::Visit;

/// The name of somebody in a list.
fn name(at: u32) -> String {
    format!("张{}", char::from_u32(0x4e00 + at).unwrap())
}

/// A list of people, with a column nobody takes that is as long as told.
fn list(people: u32, filling: usize) -> String {
    let filling = "x".repeat(filling);
    let row = |at: u32| format!("{},{},{filling}\n", name(at), furnished::id_number(at));
    std::iter::once("姓名,身份证号,附注甲\n".to_string()).chain((1..=people).map(row)).collect()
}

impl House {
    /// A command for the supervisor with a file piped to it.
    fn piped(&self, file: &str, words: &[&str]) -> Output {
        let path = self.desk.write("piped", file);
        self.signing().args(words).stdin(File::open(path).unwrap()).output().unwrap()
    }

    /// A command for the supervisor, and the way to its standard input.
    fn listening(&self, words: &[&str]) -> Child {
        self.signing().args(words).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap()
    }

    /// A client for the supervisor who signs what they change: signed in by password, which the
    /// client asks a program for.
    fn signing(&self) -> Command {
        let asked = self.desk.write("asked", &format!("#!/bin/sh\necho '{PASSWORD}'\n"));
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        fs::set_permissions(&asked, mode).unwrap();
        let by_password = ["-o", "BatchMode=no", "-o", "PreferredAuthentications=password"];
        let mut command = Command::new("ssh");
        command.env("LANG", "zh_CN.UTF-8").env("SSH_ASKPASS_REQUIRE", "force");
        command.env("SSH_ASKPASS", &asked).args(self.options());
        command.args(["-p", &self.port, "-l", "审核员乙"]).args(by_password).arg("127.0.0.1");
        command
    }

    /// Whether somebody in a list is registered.
    fn knows(&self, at: u32) -> bool {
        text(&self.run(&[], &["find", &name(at)]).stdout).contains(&name(at))
    }
}

#[test]
fn a_list_piped_to_the_command_is_taken_in_with_the_rights_of_the_account() {
    if !have_ssh() {
        return;
    }
    let house = House::open();
    let file = list(3, 1) + "李坏,123,x\n";
    let trial = house.piped(&file, &["import", "person", "-", "--dry-run"]);
    let said = text(&trial.stdout);
    assert!(said.contains("试导入（没有写入）：可接收 3 行"), "{said}{}", text(&trial.stderr));
    assert!(said.contains("姓名 → 姓名") && trial.status.code() == Some(1), "{said}");
    assert!(!house.knows(1));
    let taken = house.piped(&file, &["import", "person", "-"]);
    assert!(text(&taken.stdout).contains("接收 3 行"), "{}", text(&taken.stderr));
    assert!(text(&taken.stderr).contains("第 5 行"), "{}", text(&taken.stderr));
    assert_eq!(taken.status.code(), Some(1), "a row was refused");
    assert!(house.knows(1));
    let again = house.piped(&list(3, 1), &["import", "person", "-", "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!((&report["accepted"], &report["unchanged"]), (&0.into(), &3.into()));
    assert_eq!(again.status.code(), Some(0));
    // A file that is no list.
    let book = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let other = house.piped(&String::from_utf8(book).unwrap(), &["import", "person", "-"]);
    assert!(text(&other.stderr).contains("没有认出表头"), "{}", text(&other.stderr));
}

#[test]
fn whoever_may_not_and_whatever_is_not_piped_is_refused_in_words() {
    if !have_ssh() {
        return;
    }
    let house = House::open();
    let (status, said) = house.refused(&["import", "person", "/etc/passwd"]);
    assert!(status == Some(2) && said.contains("文件名只能写 -"), "{status:?} {said}");
    for more in ["--map", "--rejects"] {
        let (status, said) = house.refused(&["import", "person", "-", more, "/tmp/x"]);
        assert!(status == Some(2) && said.contains(more), "{status:?} {said}");
    }
    let (status, said) = house.refused(&["import", "nothing", "-"]);
    assert!(status == Some(1) && said.contains("hardship_file.members"), "{status:?} {said}");
    let (status, said) = house.refused(&["import", "person", "-"]);
    assert!(status == Some(1) && said.contains("文件是空的"), "{status:?} {said}");
    // A volunteer may not import, and what they send is not even waited for.
    let path = house.desk.write("piped", &list(1_000, 5_000));
    let mut command = Command::new("ssh");
    command.env("LANG", "zh_CN.UTF-8").stdin(File::open(path).unwrap()).args(house.options());
    let key = house.desk.file(VOLUNTEERS_KEY);
    command.args(["-p", &house.port, "-i", shown(&key), "-l", "志愿者甲", "-o", "BatchMode=yes"]);
    let refused = command.args(["127.0.0.1", "import", "person", "-"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("志愿者账号不能进行这项操作"), "{refused:?}");
    assert!(!house.knows(1));
}

/// What is changed is signed, and signing takes the password.
#[test]
fn a_list_that_came_by_a_key_is_not_taken_in() {
    if !have_ssh() {
        return;
    }
    let house = House::open();
    let path = house.desk.write("piped", &list(1, 1));
    let mut by_key = house.command(&[]);
    let refused = by_key.args(["import", "person", "-"]).stdin(File::open(path).unwrap());
    let refused = refused.output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("签名要用密码"), "{refused:?}");
    assert!(!house.knows(1));
}

#[test]
fn a_file_of_five_megabytes_comes_whole_and_others_are_served_meanwhile() {
    if !have_ssh() {
        return;
    }
    let house = House::open();
    let file = list(1_000, 5_000);
    assert!(file.len() > 5_000_000);
    let mut slow = house.listening(&["import", "person", "-"]);
    let mut way = slow.stdin.take().unwrap();
    let (half, rest) = file.split_at(file.len() / 2);
    way.write_all(half.as_bytes()).unwrap();
    // In the middle of it somebody else searches and somebody imports.
    assert_eq!(house.run(&[], &["find", "x"]).status.code(), Some(0));
    let other = house.piped("姓名\n李四\n", &["import", "person", "-"]);
    assert_eq!(other.status.code(), Some(0), "{}", text(&other.stderr));
    way.write_all(rest.as_bytes()).unwrap();
    drop(way);
    assert_eq!(slow.wait().unwrap().code(), Some(0));
    assert!(house.knows(1_000));
}

#[test]
fn a_client_that_goes_in_the_middle_writes_nothing() {
    if !have_ssh() {
        return;
    }
    let mut house = House::open();
    let mut cut = house.listening(&["import", "person", "-"]);
    // More than all buffers in between hold: the command reads by the time this is through.
    cut.stdin.as_mut().unwrap().write_all(list(1_000, 5_000).as_bytes()).unwrap();
    cut.kill().unwrap();
    cut.wait().unwrap();
    house.service.signal("TERM");
    assert_eq!(house.service.ended(), Some(0));
    assert!(!house.desk.done(&["find", &name(1)]).contains(&name(1)));
}

#[test]
fn a_client_that_stalls_is_told_so() {
    if !have_ssh() {
        return;
    }
    let station = Station::new();
    let reads = |mut visit: Visit<'_>, _: &mut Vec<u8>, err: &mut Vec<u8>| {
        let mut come = Vec::new();
        let read = std::io::Read::read_to_end(&mut visit.input, &mut come);
        err.extend_from_slice(
            format!("{} {:?}", come.len(), read.map_err(|e| e.kind())).as_bytes(),
        );
        7
    };
    let limits = Limits { stall: Duration::from_millis(200), ..Limits::default() };
    let inside = Inside::doing(&Hall::open(station.office.clone()), limits, Box::new(reads));
    let key = inside.folder.path().join("id_ed25519");
    keygen(&["-t", "ed25519", "-f", shown(&key)]);
    let public = fs::read_to_string(key.with_extension("pub")).unwrap();
    let add = office::Command::AddKey { name: "admin".into(), key: public };
    station.office.perform(&station.admin, add).unwrap();
    let mut command = Command::new("ssh");
    command.args(options(inside.folder.path())).args(["-i", shown(&key), "-l", "admin"]);
    command.args(["-o", "BatchMode=yes", "-p", &inside.server.address().port().to_string()]);
    command.args(["127.0.0.1", "reads"]).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut silent = command.spawn().unwrap();
    silent.stdin.as_mut().unwrap().write_all(b"abc").unwrap();
    let mut said = String::new();
    std::io::Read::read_to_string(silent.stderr.as_mut().unwrap(), &mut said).unwrap();
    assert!(said.ends_with("3 Err(TimedOut)"), "{said}");
    assert_eq!(silent.wait().unwrap().code(), Some(7));
}
