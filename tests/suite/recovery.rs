//! What a person sees of the care for what is kept: undo, drafts, a clock gone back, backups, and a
//! table that breaks at work.

use crate::cli::make_private;
use crate::furnished::{self, found, person};
use crate::stage::{PASSWORD, Station};
use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;
use yizhan::office::{Command, Office, RefusalKind, Sources};
use yizhan::program::PERSON;
use yizhan::record::{Clock, Value};
use yizhan::store::Secret;

/// Gives a person another phone number.
fn amend_phone(station: &Station, name: &str, who: &str, phone: &str) {
    let id = found(station, name, PERSON);
    let base = station.office.record(id).unwrap().unwrap().revision;
    let fields = BTreeMap::from([("phone".to_string(), Some(Value::Text(phone.into())))]);
    station
        .office
        .perform(&station.actor(who), Command::Amend { id, base, fields, reason: None })
        .unwrap();
}

#[test]
fn ones_own_last_save_is_taken_back_field_by_field() {
    let station = furnished::station();
    let id = found(&station, "单静", PERSON);
    let before = station.office.record(id).unwrap().unwrap();
    amend_phone(&station, "单静", "volunteer", "13900139000");
    let mut desk = station.session(120, 40);
    desk.signs_in("volunteer").press("F2").types("单静").press("Enter").shows("撤销保存");
    desk.press("u").shows("撤销后").shows("手机").press("Enter").shows("已撤销");
    let now = station.office.record(id).unwrap().unwrap();
    assert_eq!(now.fields, before.fields);
    assert_eq!(now.revision, before.revision + 2, "nothing leaves the journal");
    desk.press("h").shows("撤销上次保存").shows("修改").press("Esc");
    // Once more, and it is the registration itself; but there is a file for this person.
    desk.press("u").shows("已为这个人办了");
}

#[test]
fn what_somebody_else_acted_on_stays() {
    let station = furnished::station();
    let file = found(&station, "解文", "hardship_file");
    let volunteer = station.actor("volunteer");
    // Handed in and not yet looked at: taken back, and handed in again.
    let seq = station.office.undoable(&volunteer, file).unwrap().seq;
    let receipt = station.office.perform(&volunteer, Command::Undo { id: file, seq: Some(seq) });
    assert!(receipt.is_ok());
    assert_eq!(station.office.record(file).unwrap().unwrap().state, "draft");
    let other = found(&station, "区小红", "hardship_file");
    amend_phone(&station, "区小红", "supervisor", "13900139001");
    let person = found(&station, "区小红", PERSON);
    let refused = station.office.undoable(&volunteer, person).unwrap_err();
    assert_eq!(refused.kind, RefusalKind::Conflict);
    assert!(refused.message.zh.contains("supervisor"), "{refused:?}");
    // A save that is no longer the last is not taken back by a screen that still shows it.
    let seq = station.office.undoable(&volunteer, other).unwrap().seq;
    let stale = Command::Undo { id: other, seq: Some(seq - 1) };
    assert_eq!(station.office.perform(&volunteer, stale).unwrap_err().kind, RefusalKind::Conflict);
    // An auditor takes nothing back.
    let auditor = station.actor("auditor");
    assert!(station.office.undoable(&auditor, file).is_err());
}

#[test]
fn a_registration_taken_back_is_in_no_list_and_its_number_is_not_given_again() {
    let station = Station::new();
    let id = person(&station, "田甜", 60);
    let number = station.office.record(id).unwrap().unwrap().number;
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer").press("F2").types("田甜").press("Enter").shows(&number);
    desk.press("u").shows("不再出现").press("Enter").shows("已撤销").shows("不在这里");
    desk.press("Esc F2").types("田甜").shows("没有找到");
    assert_eq!(station.office.numbered(&number), None);
    let (kind, id) = station.office.withdrawn(&number).unwrap();
    assert_eq!(station.office.history(&station.admin, &kind, id).unwrap().len(), 2);
    let again = person(&station, "田甜", 60);
    let again = station.office.record(again).unwrap().unwrap();
    assert_ne!(again.number, number);
    assert!(station.office.verify(None).unwrap().ok);
}

#[test]
fn a_draft_is_a_second_behind_the_typing_and_survives() {
    let station = Station::new();
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer").press("F2").types("关小雨").press("F3").shows("关小雨");
    desk.press("Tab Tab Tab").types("1993-0");
    assert_eq!(desk.wake_in(), Some(Duration::from_secs(1)));
    // Typing on does not put it off.
    station.clock.set(station.clock.now() + Duration::from_millis(600));
    desk.types("7");
    assert_eq!(desk.wake_in(), Some(Duration::from_millis(400)));
    station.clock.set(station.clock.now() + Duration::from_millis(400));
    desk.pause();
    let kept = station.office.drafts(&station.actor("volunteer"));
    let typed: Vec<&String> = kept[0].typed.values().collect();
    assert!(typed.iter().any(|text| *text == "1993-07"), "{typed:?}");
    // The process dies here: nothing is said to the session.
    std::mem::forget(desk);
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer").press("F6").shows("关小雨").press("Enter").shows("1993-07");
}

#[test]
fn a_draft_below_a_dialog_is_kept_too() {
    let station = furnished::station_with_newcomer();
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer").press("F2").types("田甜").press("Enter e").shows("家庭住址");
    desk.goes_to("家庭住址").types("鱼洞街道").press("F12").shows("已锁屏");
    let kept = station.office.drafts(&station.actor("volunteer"));
    assert!(kept[0].typed.values().any(|text| text.contains("鱼洞街道")), "{kept:?}");
}

#[test]
fn a_clock_gone_back_is_asked_about_before_anything_is_saved() {
    let station = furnished::station();
    let saved = station.clock.now();
    station.clock.set("2020-01-01T00:00:00Z".parse().unwrap());
    let mut desk = station.session(80, 24);
    desk.signs_in_to("volunteer", "时钟倒退了");
    desk.shows("2020-01-01").shows("2025-10-15").shows("请告诉管理员");
    desk.press("Enter").hides("时钟倒退了");
    let volunteer = station.actor("volunteer");
    let id = found(&station, "单静", PERSON);
    let base = station.office.record(id).unwrap().unwrap().revision;
    let fields = BTreeMap::from([("phone".to_string(), Some(Value::Text("13900139002".into())))]);
    let amend = |base| Command::Amend { id, base, fields: fields.clone(), reason: None };
    // Entering goes on, and the doubt with it; nothing is decided, and a volunteer settles nothing.
    let head = station.office.head_seq();
    let receipt = station.office.perform(&volunteer, amend(base)).unwrap();
    assert!(receipt.seq > head, "the order is that of the sequences");
    let file = found(&station, "单静", "hardship_file");
    let accept =
        || Command::Move { id: file, base: None, id_of_move: "accept".into(), answers: [].into() };
    let supervisor = station.actor("supervisor");
    let refused = station.office.perform(&supervisor, accept()).unwrap_err();
    assert_eq!((refused.kind, refused.field.as_str()), (RefusalKind::Unavailable, "clock"));
    let refused = station.office.perform(&volunteer, Command::AcceptClock).unwrap_err();
    assert_eq!(refused.kind, RefusalKind::Forbidden);
    // On the system screen the administrator is asked.
    let mut admin = station.session(80, 24);
    admin.signs_in_to("admin", "时钟倒退了").press("Esc 0").shows("按 c");
    admin.press("c").shows("时钟倒退了").press("Down Enter").shows("时钟无误");
    assert!(station.office.clock_doubt().is_none());
    station.office.perform(&supervisor, accept()).unwrap();
    // Set right again it is years ahead of what was saved since, which is asked about too.
    station.clock.set(saved + Duration::from_hours(1));
    assert!(!station.office.clock_doubt().unwrap().is_back());
    station.office.accept_clock(&station.admin).unwrap();
    assert!(station.office.clock_doubt().is_none());
    assert!(station.office.verify(None).unwrap().ok);
}

#[test]
fn an_old_backup_is_warned_of_and_made_on_the_system_screen() {
    let station = furnished::station();
    let _keeper = station.office.keep_house();
    station.wait_for("the first backup", || station.office.backups().newest.is_some());
    let first = station.office.backups().newest.unwrap();
    station.session(120, 40).signs_in("supervisor").hides("备份");
    station.clock.set(station.clock.now() + Duration::from_hours(49));
    // Signing in is an entry too, so something was saved since.
    let mut desk = station.session(120, 40);
    desk.signs_in("supervisor").shows("已过 48 小时");
    desk.press("0").shows("最近一次").press("b").shows("开始备份");
    station.wait_for("a backup of today", || {
        station.office.backups().newest.is_some_and(|newest| newest.entries > first.entries)
    });
    desk.news().shows("0 小时前").press("1").hides("48 小时");
}

#[test]
fn a_backup_that_cannot_be_made_is_told_until_it_is() {
    let station = furnished::station();
    let in_the_way = std::path::PathBuf::from(station.office.folder()).join("backup");
    fs::write(&in_the_way, "not a folder").unwrap();
    let _keeper = station.office.keep_house();
    station.wait_for("the failure", || station.office.backups().failed.is_some());
    let mut desk = station.session(120, 40);
    desk.signs_in("supervisor").shows("没有做成").press("0").shows("没有做成");
    fs::remove_file(&in_the_way).unwrap();
    desk.press("b");
    station.wait_for("the backup", || station.office.backups().newest.is_some());
    desk.news().hides("没有做成").press("1").hides("没有做成");
    // A volunteer is not offered it.
    let mut desk = station.session(120, 40);
    desk.signs_in("volunteer").press("0").hides("立即备份").press("b").shows("不能进行这项操作");
}

#[test]
fn a_table_that_breaks_at_work_is_said_and_comes_back_by_itself() {
    let station = furnished::station();
    let folder = station.office.folder();
    let (people, clock) = (["单静", "解文", "区小红", "欧阳靖雯"], station.clock.clone());
    station.office.close().unwrap();
    let copy = tempfile::tempdir().unwrap();
    let data = copy.path().join("station");
    copied(folder.as_ref(), &data);
    let secret = Secret::Password { account: "supervisor", password: PASSWORD };
    let office = Office::open(&data, &secret, Sources::load(None).unwrap(), clock).unwrap();
    office.wait_for_index();
    let mut desk = station.session_of(&office, 120, 40);
    desk.signs_in("supervisor");
    let db = data.join("records/sled/db");
    let length = usize::try_from(fs::metadata(&db).unwrap().len()).unwrap();
    let file = fs::OpenOptions::new().write(true).open(&db).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &vec![0xa5; length], 0).unwrap();
    for name in people {
        desk.press("Esc Esc F2").types(name).press("Enter");
        assert!(!desk.ended());
    }
    // Whatever was in memory and whatever was not: in the end everything is there.
    assert!(office.verify(None).unwrap().ok || office.verify(None).unwrap().ok);
    for name in people {
        desk.press("Esc Esc F2").types(name).press("Enter").shows(name).shows("BN-");
    }
}

fn copied(from: &std::path::Path, to: &std::path::Path) {
    make_private(to);
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copied(&path, &to);
        } else {
            fs::copy(&path, &to).unwrap();
        }
    }
}
