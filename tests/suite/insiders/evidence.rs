//! What the evidence rests on, in people's hands: erasing, the recovery key, restores, disabled
//! accounts, heads known outside, passwords somebody else gave.

use crate::attach::Service;
use crate::cli::{Desk, PASSWORD, id_number, json_lines, shown, text};
use crate::furnished;
use crate::stage::{Stage, Station};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use yizhan::office::{Command as Asked, Office, Sources};
use yizhan::program::{PERSON, Role};
use yizhan::record::SystemClock;
use yizhan::store::Secret;

/// A password of its owner's choice.
const OWN: &str = "lamp-behind-9-doors";

/// A station with a second administrator and a volunteer, and its recovery key in `paper`.
fn house() -> (Desk, String) {
    let desk = Desk::bare();
    let made = desk.init().arg("--json").output().unwrap();
    let made = &json_lines(&text(&made.stdout))[0];
    desk.write("paper", made["recovery_key"].as_str().unwrap());
    for (name, role) in [("admin2", "administrator"), ("周丽", "volunteer")] {
        let password = desk.file("password");
        let add = ["account", "add", name, "--role", role, "--no-change", "--new-password-file"];
        desk.done(&[&add[..], &[shown(&password)]].concat());
    }
    (desk, made["root"].as_str().unwrap().to_string())
}

fn by(desk: &Desk, name: &str, args: &[&str]) -> Output {
    with(desk, name, PASSWORD, args)
}

fn with(desk: &Desk, name: &str, password: &str, args: &[&str]) -> Output {
    let file = desk.write("typed", password);
    let mut command = desk.yizhan(args);
    command.args(["--as", name, "--password-file"]).arg(file).output().unwrap()
}

fn with_paper(desk: &Desk, paper: &str, args: &[&str]) -> Output {
    let mut command = desk.yizhan(args);
    command.arg("--recovery-key-file").arg(desk.file(paper)).output().unwrap()
}

fn done(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{}", text(&output.stderr));
    json_lines(&text(&output.stdout))
}

fn refused(output: &Output) -> String {
    let said = text(&output.stderr);
    assert!(output.status.code() == Some(1) && output.stdout.is_empty(), "{said}");
    said
}

fn person(desk: &Desk, name: &str) -> String {
    let number = id_number("19930715", 246);
    let line = format!(
        "{{\"create\":\"person\",\"fields\":{{\"name\":\"{name}\",\"id_number\":\"{number}\"}}}}\n"
    );
    let (status, answers) = desk.perform(&line);
    assert_eq!(status, 0, "{answers:?}");
    answers[0]["number"].as_str().unwrap().to_string()
}

/// A check without a password: exit status and report.
fn verified(desk: &Desk) -> (Option<i32>, Value) {
    let output = desk.yizhan(&["verify", "--json"]).output().unwrap();
    (output.status.code(), json_lines(&text(&output.stdout)).remove(0))
}

fn accounts(desk: &Desk) -> Vec<Value> {
    json_lines(&desk.done(&["account", "list", "--json"]))
}

fn account(desk: &Desk, name: &str) -> Value {
    accounts(desk).into_iter().find(|account| account["name"] == name).unwrap()
}

fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    assert!(Command::new("cp").arg("-a").args([from, to]).status().unwrap().success());
}

/// Whether a text lies in any file below a folder as it is.
fn lies_in(folder: &Path, wanted: &str) -> bool {
    fs::read_dir(folder).unwrap().flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return lies_in(&path, wanted);
        }
        let kept = fs::read(&path).unwrap();
        kept.windows(wanted.len()).any(|bytes| bytes == wanted.as_bytes())
    })
}

#[test]
fn nobody_erases_a_person_alone_and_two_erase_all_of_it() {
    let (desk, _) = house();
    let (name, other) = ("欧阳靖雯", "单静");
    let number = person(&desk, name);
    let (_, answers) =
        desk.perform(&format!("{{\"create\":\"person\",\"fields\":{{\"name\":\"{other}\"}}}}\n"));
    let kept = answers[0]["number"].as_str().unwrap();
    desk.done(&["backup"]);
    assert_eq!(desk.done(&["erase", "--json"]), "");
    // Nobody asked yet; whoever keeps no accounts asks for nothing.
    refused(&by(&desk, "admin2", &["erase", &number, "--confirm"]));
    refused(&by(&desk, "周丽", &["erase", &number, "--reason", "本人申请"]));
    refused(&by(&desk, "周丽", &["erase"]));
    desk.done(&["erase", &number, "--reason", "保存期满"]);
    desk.done(&["erase", &number, "--drop"]);
    refused(&by(&desk, "admin2", &["erase", &number, "--confirm"]));
    desk.done(&["erase", &number, "--reason", "本人申请"]);
    let asked = json_lines(&desk.done(&["erase", "--json"]));
    assert_eq!((asked.len(), &asked[0]["number"]), (1, &number.clone().into()));
    assert_eq!((&asked[0]["by"], &asked[0]["reason"]), (&"admin".into(), &"本人申请".into()));
    let said = refused(&desk.run(&["erase", &number, "--confirm"]));
    assert!(said.contains("另一位管理员"), "{said}");
    assert!(desk.done(&["find", name, "--json"]).contains(&number), "still there");

    let erased = &done(&by(&desk, "admin2", &["erase", &number, "--confirm", "--json"]))[0];
    assert_eq!(erased["ok"], true);
    let by_hand = erased["by_hand"].as_array().unwrap();
    assert_eq!(by_hand.len(), 1, "{erased}");
    assert!(by_hand[0].as_str().unwrap().ends_with(".yzb"));
    assert!(erased["backups_until"].as_str().unwrap() > "2025", "{erased}");
    for typed in [name, "oyjw", &number, &id_number("19930715", 246)] {
        assert_eq!(desk.done(&["find", typed, "--json"]), "", "{typed}");
    }
    refused(&desk.run(&["show", &number]));
    // What remains: that there was something, and who erased it.
    let left = desk.done(&["history", &number, "--json"]);
    assert!(left.contains("admin2") && !left.contains(name), "{left}");
    assert!(!left.contains(&id_number("19930715", 246)) && !left.contains("0715"), "{left}");
    assert_eq!(desk.done(&["erase", "--json"]), "");
    assert!(!lies_in(&desk.data(), name));
    // The others are as they were, and every signature and link holds.
    assert!(desk.done(&["find", other, "--json"]).contains(kept));
    let (status, report) = verified(&desk);
    assert_eq!((status, &report["ok"], &report["erased"]), (Some(0), &true.into(), &1.into()));
    let whole = &done(&desk.run(&["verify", "--json"]))[0];
    assert_eq!((&whole["ok"], &whole["contents"]), (&true.into(), &true.into()), "{whole}");
    let log = json_lines(&desk.done(&["log", "--what", "erasures", "--json"]));
    assert_eq!(log.len(), 4, "{log:?}");
    assert!(!log.iter().any(|line| line.to_string().contains(name)));
    // And once more from nothing but the journal.
    desk.done(&["rebuild", "--compact"]);
    assert_eq!(desk.done(&["find", name, "--json"]), "");
    assert_eq!(verified(&desk).0, Some(0));
}

#[test]
fn a_recovery_key_that_was_seen_is_replaced() {
    let (desk, root) = house();
    let held = json_lines(&desk.done(&["recovery-key", "--json"])).remove(0);
    assert_eq!((&held["root"], &held["key"]), (&root.clone().into(), &root.clone().into()));
    assert_eq!(held["since"], 1);
    refused(&by(&desk, "周丽", &["recovery-key", "--new"]));
    refused(&by(&desk, "周丽", &["recovery-key"]));
    // By whoever has the one before.
    let made = with_paper(&desk, "paper", &["recovery-key", "--new"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let second = text(&made.stdout);
    assert_eq!(second.trim().split('-').map(str::len).collect::<Vec<_>>(), [4; 9]);
    assert!(text(&made.stderr).contains(&root) && !text(&made.stderr).contains(second.trim()));
    desk.write("paper2", &second);
    refused(&with_paper(&desk, "paper", &["account", "list"]));
    assert!(with_paper(&desk, "paper2", &["account", "list"]).status.success());
    // By an administrator while a service has the folder: the key goes to the caller alone.
    let mut service = Service::start(desk.acting(&["serve"]));
    let made = &done(&desk.run(&["recovery-key", "--new", "--json"]))[0];
    let third = made["recovery_key"].as_str().unwrap().to_string();
    assert_eq!(made["root"], root);
    desk.write("paper3", &third);
    refused(&with_paper(&desk, "paper2", &["account", "list"]));
    assert!(with_paper(&desk, "paper3", &["account", "list"]).status.success());
    service.signal("TERM");
    assert_eq!(service.ended(), Some(0));
    assert!(with_paper(&desk, "paper3", &["account", "list"]).status.success());
    refused(&with_paper(&desk, "paper2", &["account", "list"]));
    for key in [second.trim(), &third] {
        assert!(!lies_in(&desk.data(), key));
        for kind in ["accounts", "journal"] {
            assert!(!desk.done(&["log", "--what", kind, "--json"]).contains(key));
        }
    }
    let log = desk.done(&["log", "--what", "accounts"]);
    assert_eq!(log.matches("换了恢复密钥").count(), 2, "{log}");
    assert!(log.lines().any(|line| line.contains("recovery")), "{log}");
    // The root stays the first one, and everything is still signed back to it.
    let (status, report) = verified(&desk);
    assert_eq!((status, &report["root"]), (Some(0), &root.into()), "{report}");
    assert!(desk.run(&["verify"]).status.success());
}

#[test]
fn after_a_restore_administrators_are_in_and_the_others_get_new_passwords() {
    let (desk, root) = house();
    let number = person(&desk, "单静");
    let file = desk.file("station.yzb");
    desk.done(&["backup", shown(&file)]);
    fs::rename(desk.data(), desk.file("before")).unwrap();
    let old = desk.file("before/journal");
    // A volunteer's password opens no backup, with the old folder beside it no more than without.
    for more in [&[][..], &["--journal", shown(&old)]] {
        let restore = [&["restore", shown(&file)], more].concat();
        refused(&by(&desk, "周丽", &restore));
        let _ = fs::remove_dir_all(desk.data());
    }
    let restored = &done(&desk.run(&["restore", shown(&file), "--json"]))[0];
    assert_eq!(restored["without_password"], serde_json::json!(["周丽"]));
    assert_eq!(account(&desk, "周丽")["closed"], true);
    assert_eq!(account(&desk, "admin2")["closed"], false);
    assert!(desk.done(&["account", "list", "--lang", "en"]).contains("needs a new password"));
    assert!(by(&desk, "admin2", &["find", "单静"]).status.success());
    refused(&by(&desk, "周丽", &["find", "单静"]));
    let given = desk.write("given", "given-by-admin-3");
    desk.done(&["account", "passwd", "周丽", "--new-password-file", shown(&given)]);
    let now = account(&desk, "周丽");
    assert_eq!((&now["closed"], &now["given"]), (&false.into(), &true.into()), "{now}");
    // It opens nothing but its own change, and says who gave it.
    let said = refused(&with(&desk, "周丽", "given-by-admin-3", &["find", "单静"]));
    assert!(said.contains("别人设的") && said.contains("admin"), "{said}");
    let own = desk.write("own", OWN);
    let passwd = ["account", "passwd", "周丽", "--new-password-file", shown(&own)];
    assert!(with(&desk, "周丽", "given-by-admin-3", &passwd).status.success());
    let found = with(&desk, "周丽", OWN, &["find", "单静", "--json"]);
    assert!(text(&found.stdout).contains(&number), "{}", text(&found.stderr));
    assert_eq!(account(&desk, "周丽")["given"], false);
    let (status, report) = verified(&desk);
    assert_eq!((status, &report["root"]), (Some(0), &root.into()), "{report}");
    assert_eq!(
        (&report["incarnation"], report["branches"].as_array().unwrap().len()),
        (&2.into(), 1)
    );
    assert!(desk.run(&["verify"]).status.success());
    // By the recovery key just as well, in another folder.
    let third = desk.file("third");
    let mut restore = Command::new(env!("CARGO_BIN_EXE_yizhan"));
    restore.env_clear().args(["restore", shown(&file), "--data", shown(&third)]);
    restore.arg("--recovery-key-file").arg(desk.file("paper"));
    let output = restore.output().unwrap();
    assert!(output.status.success() && text(&output.stdout).contains("周丽"));
}

#[test]
fn the_password_of_a_disabled_account_opens_nothing_not_even_a_copy() {
    let (desk, _) = house();
    person(&desk, "单静");
    let before = desk.file("copied before");
    copy(&desk.data(), &before);
    desk.done(&["account", "disable", "周丽"]);
    let (_, answers) = desk.perform("{\"create\":\"person\",\"fields\":{\"name\":\"冉光辉\"}}\n");
    assert_eq!(answers[0]["ok"], true);
    assert_eq!(account(&desk, "周丽")["key"], Value::Null);
    refused(&by(&desk, "周丽", &["find", "冉光辉"]));
    let taken = desk.file("taken away");
    copy(&desk.data(), &taken);
    let elsewhere = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_yizhan"));
        command.env_clear().args(args).args(["--data", shown(&taken), "--as", "周丽"]);
        command.arg("--password-file").arg(desk.file("password")).output().unwrap()
    };
    refused(&elsewhere(&["find", "冉光辉"]));
    // With the keyring of the days when it was in use.
    fs::copy(before.join("keyring.toml"), taken.join("keyring.toml")).unwrap();
    refused(&elsewhere(&["find", "冉光辉"]));
    refused(&elsewhere(&["rebuild"]));
    // Nobody leaves by their own hand, and the last administrator stays.
    let said = refused(&desk.run(&["account", "disable", "admin"]));
    assert!(said.contains("另一位管理员"), "{said}");
    assert!(by(&desk, "admin2", &["account", "disable", "admin"]).status.success());
    refused(&by(&desk, "admin2", &["account", "disable", "admin2"]));
    assert_eq!(verified(&desk).0, Some(0));
}

/// A folder that was put back to how it was before its newest backup.
fn put_back() -> Desk {
    let (desk, _) = house();
    let before = desk.file("older");
    copy(&desk.data(), &before);
    person(&desk, "单静");
    desk.done(&["backup"]);
    let backups = desk.file("backups");
    copy(&desk.data().join("backup"), &backups);
    copy(&before, &desk.data());
    // A journal shorter than a backup beside it does not open at all: it goes on unseen, until it is
    // as long.
    for name in ["甲", "乙", "丙", "丁"] {
        let line = format!("{{\"create\":\"person\",\"fields\":{{\"name\":\"{name}\"}}}}\n");
        assert_eq!(desk.perform(&line).0, 0);
    }
    copy(&backups, &desk.data().join("backup"));
    desk
}

#[test]
fn an_older_copy_is_told_on_the_command_line_and_in_the_log() {
    let desk = put_back();
    let (status, report) = verified(&desk);
    assert_eq!(
        (status, &report["ok"], &report["heads_known"]),
        (Some(1), &false.into(), &1.into())
    );
    let text_of = desk.yizhan(&["verify"]).output().unwrap();
    let told = text(&text_of.stdout);
    assert!(told.contains("放回了旧的一份") && told.contains("留作证据"), "{told}");
    for name in ["admin", "周丽"] {
        let output = by(&desk, name, &["find", "单静"]);
        let said = text(&output.stderr);
        assert!(said.contains("1 处记下的链头，1 处不在"), "{said}");
    }
    let mut service = Service::start(desk.acting(&["serve"]));
    let said = text(&by(&desk, "周丽", &["find", "x"]).stderr);
    assert!(said.contains("1 处不在"), "by the owner too: {said}");
    // Once for each time it was opened: twice above, for the service, and for this one.
    service.signal("TERM");
    service.ended();
    let log = json_lines(&desk.done(&["log", "--what", "journal", "--json"]));
    assert_eq!(log.len(), 4, "{log:?}");
    assert!(log[0].to_string().contains("1"), "{log:?}");
    // The backup has it: the journal is made whole from there, which is said for ever.
    desk.done(&["rebuild"]);
    let output = by(&desk, "admin", &["find", "单静"]);
    assert!(output.stderr.is_empty() && !output.stdout.is_empty(), "{}", text(&output.stderr));
    let (status, report) = verified(&desk);
    assert_eq!((status, &report["incarnation"]), (Some(0), &2.into()), "{report}");
}

/// A window on a station that lies in a folder.
fn window(office: &Arc<Office>) -> Stage {
    Station::new().session_of(office, 80, 24)
}

#[test]
fn an_older_copy_is_told_on_the_screen_before_work() {
    let desk = put_back();
    let secret = Secret::Password { account: "admin", password: PASSWORD };
    let sources = Sources::load(None).unwrap();
    let office = Office::open(&desk.data(), &secret, sources, Arc::new(SystemClock)).unwrap();
    office.wait_for_index();
    for name in ["周丽", "admin"] {
        let mut window = window(&office);
        window.shows("外面记下的对不上");
        window.signs_in_to(name, "日志可能被换过");
        // Passing over it does not do.
        window.press("Esc").shows("日志可能被换过");
        window.press("Enter").shows("日志可能被换过");
        window.press("1 Enter").hides("日志可能被换过").shows("要办的事");
        window.press("0").shows("需要留意");
    }
}

#[test]
fn a_folder_in_use_is_verified_without_a_password() {
    let (desk, root) = house();
    person(&desk, "单静");
    desk.done(&["backup"]);
    let service = Service::start(desk.acting(&["serve"]));
    let (status, report) = verified(&desk);
    assert_eq!(
        (status, &report["ok"], &report["root"]),
        (Some(0), &true.into(), &root.clone().into())
    );
    // The station, the root, two administrators, a volunteer.
    assert_eq!((&report["keys"], &report["heads_known"]), (&5.into(), &1.into()), "{report}");
    for field in ["entries", "signatures", "erased", "lost", "incarnation", "branches", "problems"]
    {
        assert!(!report[field].is_null(), "{field}");
    }
    let said = desk.yizhan(&["verify", "--lang", "en"]).output().unwrap();
    let said = text(&said.stdout);
    assert!(said.contains(&root) && said.contains("Without a password"), "{said}");
    drop(service);
}

#[test]
fn keys_are_told_by_their_fingerprints() {
    let (desk, _) = house();
    let keys: Vec<Value> = accounts(&desk).iter().map(|account| account["key"].clone()).collect();
    assert_eq!(keys.len(), 3);
    for key in &keys {
        let groups: Vec<usize> = key.as_str().unwrap().split('-').map(str::len).collect();
        assert_eq!(groups, [4; 8], "{key}");
        assert_eq!(keys.iter().filter(|other| *other == key).count(), 1);
    }
    let before = account(&desk, "周丽")["key"].clone();
    // Another password is another key: whoever knew the one before signs nothing any more.
    let own = desk.write("own", OWN);
    let passwd = ["account", "passwd", "周丽", "--new-password-file", shown(&own)];
    assert!(by(&desk, "周丽", &passwd).status.success());
    let changed = account(&desk, "周丽");
    assert!(changed["key"] != before && changed["given"] == false, "{changed}");
    let before = changed["key"].clone();
    desk.done(&passwd);
    let now = account(&desk, "周丽");
    assert!(now["key"] != before && now["given"] == true, "{now}");
    assert!(desk.done(&["account", "list", "--lang", "en"]).contains("given password"));
}

#[test]
fn a_password_somebody_gave_is_told_to_its_owner() {
    let station = Station::new();
    let reset = |name: &str| {
        let (name, password) = (name.to_string(), "given-by-admin-3".to_string());
        station.office.perform(&station.admin, Asked::ChangePassword { name, password }).unwrap();
    };
    reset("supervisor");
    let mut desk = station.session(80, 24);
    desk.types("supervisor").press("Enter").types("given-by-admin-3").press("Enter");
    desk.shows("最近换过这个账号的密码：admin 2025-10-15 09:00").hides("要办的事");
    let seen = station.office.log(&station.admin, &yizhan::office::LogFilter::default(), 0, 9);
    let seen = seen.unwrap().lines;
    assert!(seen.iter().any(|line| line.what.zh == "换密码 supervisor" && line.by == "admin"));
}

#[test]
fn a_new_recovery_key_is_made_on_the_system_screen_and_shown_once() {
    let station = Station::new();
    let mut desk = station.session(80, 24);
    desk.signs_in("supervisor").press("0 y").hides("换恢复密钥").press("Ctrl-O");
    desk.signs_in("admin").press("0 y").shows("换一把新的");
    // Neither by Enter alone, nor by the answer that is first.
    desk.press("Enter").shows("换恢复密钥").press("1 Enter").hides("新的恢复密钥");
    let root = station.office.root();
    desk.press("y 2 Enter").shows("新的恢复密钥").shows(&root);
    let screen = desk.screen();
    let key = |line: &&str| line.matches('-').count() == 8;
    let key = screen.lines().find(key).unwrap().replace(['│', '┃', '|'], " ");
    let key = key.trim().to_string();
    desk.press("Enter").hides(&key);
    let office = &station.office;
    let signed_in = office.by_recovery_key(&key);
    assert!(signed_in.is_ok(), "{key:?}");
    assert_eq!(office.root(), root);
    assert!(!lies_in(Path::new(&office.folder()), &key));
}

#[test]
fn a_person_is_erased_on_the_screens_by_two() {
    let station = furnished::station_with_newcomer();
    station.add("admin2", Role::Administrator);
    let name = furnished::NEWCOMER;
    let mut desk = station.session(100, 30);
    let opens = |desk: &mut Stage, who: &str| {
        desk.signs_in(who).press("F2").types(name).press("Enter").shows(name);
    };
    opens(&mut desk, "supervisor");
    desk.press("x").hides("销毁").press("Ctrl-O");
    opens(&mut desk, "admin");
    desk.press("x").shows("申请销毁个人资料").press("F10").shows("申请销毁个人资料");
    desk.types("本人申请").press("F10").shows("已申请");
    desk.press("x").shows("撤回销毁申请").press("Esc");
    desk.press("0 G PageUp PageUp PageUp PageUp").press("Ctrl-Home");
    assert_eq!(station.office.erasures_asked().len(), 1);
    desk.press("Ctrl-O");
    opens(&mut desk, "admin2");
    desk.press("x").shows("admin").shows("本人申请").press("Enter").shows("销毁个人资料");
    desk.press("1 Enter").shows(name);
    desk.press("x 2 Enter").shows("已销毁").shows("备份");
    desk.press("Enter").shows("已经不在这里");
    let hits = station.office.search(&station.admin, name, Some(PERSON), 5).unwrap();
    assert!(hits.is_empty() && station.office.erasures_asked().is_empty());
}

#[test]
fn a_backup_is_restored_on_the_screen_into_another_folder() {
    let station = Station::new();
    station.office.store().back_up_now();
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("second");
    let mut desk = station.session(100, 40);
    desk.signs_in("admin").press("0 r").shows("恢复备份");
    desk.press("Enter").types("not/whole").press("Enter Enter").types(PASSWORD).press("F10");
    desk.shows("要写完整路径");
    desk.press("Esc Esc r Enter").types(shown(&folder)).press("Enter Enter").types(PASSWORD);
    desk.press("F10");
    station.wait_for("the restore", || {
        station.office.restored().is_some_and(|restored| restored.done.is_some())
    });
    let restored = station.office.restored().unwrap().done.unwrap().unwrap();
    assert_eq!(restored.without_password, ["auditor", "supervisor", "volunteer"]);
    desk.news().shows("已恢复到");
    let secret = Secret::Password { account: "admin", password: PASSWORD };
    let sources = Sources::load(None).unwrap();
    let office = Office::open(&folder, &secret, sources, station.clock.clone()).unwrap();
    assert_eq!(office.root(), station.office.root());
    assert_eq!(office.lives().0, 2);
}

/// Whoever takes the second place away where it is named in the open does not silence it.
#[test]
fn the_second_place_is_the_one_the_journal_names() {
    let (desk, _) = house();
    let stick = desk.file("stick");
    fs::create_dir(&stick).unwrap();
    refused(&by(&desk, "周丽", &["backup", "--second", shown(&stick)]));
    desk.done(&["backup", "--second", shown(&stick)]);
    desk.done(&["backup"]);
    let settings = desk.data().join("backup.toml");
    let named = fs::read_to_string(&settings).unwrap();
    let log = desk.done(&["log", "--what", "journal"]);
    assert!(log.contains(shown(&stick)), "{log}");
    // The journal goes back to before its newest entries, without the backups here.
    let before = desk.file("older");
    copy(&desk.data(), &before);
    person(&desk, "单静");
    desk.done(&["backup"]);
    copy(&before, &desk.data());
    fs::remove_dir_all(desk.data().join("backup")).unwrap();
    for other in [None, Some("second = \"/nowhere\"\n"), Some("second = [\n")] {
        match other {
            Some(other) => fs::write(&settings, other).unwrap(),
            None => fs::remove_file(&settings).unwrap(),
        }
        let output = by(&desk, "周丽", &["find", "x"]);
        let said = text(&output.stderr);
        assert!(said.contains("1 处不在"), "{other:?}: {said}");
        assert_eq!(fs::read_to_string(&settings).unwrap(), named);
    }
    // Nor does whoever makes a mess of what is written there.
    let heads = fs::read_dir(&stick).unwrap().flatten().map(|entry| entry.path());
    let heads = heads.into_iter().find(|path| path.extension().unwrap() == "toml").unwrap();
    fs::write(&heads, "made = nothing\n").unwrap();
    let said = text(&by(&desk, "周丽", &["find", "x"]).stderr);
    assert!(said.contains("没有核对") && said.contains(shown(&heads)), "{said}");
    let (status, report) = verified(&desk);
    assert_eq!((status, &report["ok"]), (Some(1), &false.into()), "{report}");
    let kept = fs::read_to_string(&heads).unwrap();
    assert_eq!(kept, "made = nothing\n", "left for whoever looks into it");
    // One that is out is told apart from one that knows nothing.
    fs::rename(&stick, desk.file("out")).unwrap();
    let (status, report) = verified(&desk);
    assert_eq!((status, &report["second_away"]), (Some(0), &true.into()), "{report}");
    assert!(text(&desk.yizhan(&["verify"]).output().unwrap().stdout).contains("接上再核验"));
}

#[test]
fn a_restored_folder_asks_for_its_own_second_place() {
    let (desk, _) = house();
    let stick = desk.file("stick");
    fs::create_dir(&stick).unwrap();
    desk.done(&["backup", "--second", shown(&stick)]);
    let file = desk.file("station.yzb");
    desk.done(&["backup", shown(&file)]);
    let there = desk.file("second");
    let mut restore = Command::new(env!("CARGO_BIN_EXE_yizhan"));
    restore.env_clear().args(["restore", shown(&file), "--data", shown(&there), "--as", "admin"]);
    restore.arg("--password-file").arg(desk.file("password"));
    assert!(restore.output().unwrap().status.success());
    let mut find = Command::new(env!("CARGO_BIN_EXE_yizhan"));
    find.env_clear().args(["find", "x", "--data", shown(&there), "--as", "admin"]);
    find.arg("--password-file").arg(desk.file("password"));
    assert!(find.output().unwrap().status.success());
    assert!(!there.join("backup.toml").exists(), "two stations would write on one stick");
    // The first one goes on with it, and finds nothing strange there.
    let said = text(&desk.run(&["find", "x"]).stderr);
    assert!(said.contains("没有找到") && !said.contains("链头"), "{said}");
}

#[test]
fn an_account_that_keeps_its_given_password_is_told_in_the_log() {
    let (desk, _) = house();
    let given = desk.write("given", "given-by-admin-3");
    let add = ["account", "add", "冉光辉", "--role", "volunteer", "--new-password-file"];
    desk.done(&[&add[..], &[shown(&given)]].concat());
    let log = desk.done(&["log", "--what", "accounts"]);
    let line = |name: &str| log.lines().find(|line| line.contains(name)).unwrap();
    assert!(line("周丽").contains("不要求本人更换") && !line("冉光辉").contains("不要求"), "{log}");
}
