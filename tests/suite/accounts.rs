//! Accounts: signing in from near and far, passwords of one's own, keys, the end of an account.

use crate::furnished::{self, found};
use crate::stage::{PASSWORD, Stage, Station, start};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;
use yizhan::office::{Answers, Command, LogFilter, LogKind};
use yizhan::program::{PERSON, Role};
use yizhan::record::{Clock, Fields, RecordId, Value};
use yizhan::store::{Entry, Op, Origin};
use yizhan::ui::Start;
use yizhan::ui::action::ACTIONS;

/// A public key made by `ssh-keygen`, whose fingerprint begins with SHA256:hsawrJO35.
pub const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM11lxGnbiIAQ2mXRvINh6LQN5tq+RhxN5FZKugxG5wh home";
const OTHER_KEY: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBF/oDyxBCaXQQ725IKi/imq7wTzeY8o3EAzk9OpbTZu6uxV17dxYFEIDltUWpALAwujtujjgonaggdcZqe9oK5U=";

fn far(address: &str) -> Origin {
    Origin::Ssh(address.into())
}

fn from(station: &Station, origin: Origin) -> Stage {
    station.seated(Start { origin, ..start(80, 24) })
}

/// The entries of the journal behind `seq`.
fn since(station: &Station, seq: u64) -> Vec<Entry> {
    let mut entries = Vec::new();
    let each = |entry: &Entry| {
        entries.push(entry.clone());
        ControlFlow::Continue(())
    };
    station.office.store().entries(seq + 1, each).unwrap();
    entries
}

#[test]
fn a_stranger_over_ssh_keeps_nobody_out() {
    let station = Station::new();
    let stranger = far("203.0.113.9:40022");
    for _ in 0..12 {
        assert!(station.office.sign_in("volunteer", "guess", &stranger).is_err());
    }
    let told = station.office.sign_in("volunteer", PASSWORD, &stranger).unwrap_err();
    assert!(told.message.zh.contains("秒"), "{}", told.message.zh);
    // At the counter, in another window and from another address the right password opens.
    for origin in [Origin::Terminal, Origin::Socket, far("192.0.2.7:50022")] {
        station.office.sign_in("volunteer", PASSWORD, &origin).unwrap();
    }
    // And the other way round: slips at the counter do not reach those at home.
    for _ in 0..5 {
        let _ = station.office.sign_in("supervisor", "guess", &Origin::Terminal);
    }
    assert!(station.office.sign_in("supervisor", PASSWORD, &Origin::Terminal).is_err());
    station.office.sign_in("supervisor", PASSWORD, &far("192.0.2.7:50022")).unwrap();
}

#[test]
fn sign_ins_and_looks_are_journaled_with_their_origin_and_failures_counted() {
    let station = furnished::station();
    let before = station.office.head_seq();
    let home = far("192.0.2.7");
    let mut desk = from(&station, home.clone());
    desk.types("volunteer").press("Enter").types("wrong").press("Enter").shows("未完成");
    desk.types(PASSWORD).press("Enter").shows("要办的事");
    desk.press("F2")
        .types("单静")
        .press("Enter v Space Tab")
        .types("核对")
        .press("F10")
        .press("Esc");
    desk.press("F12").types("wrong").press("Enter").types(PASSWORD).press("Enter").shows("单静");
    let entries = since(&station, before);
    let told: Vec<&str> = entries.iter().map(|entry| entry.command.as_str()).collect();
    assert_eq!(told, ["sign-in", "reveal", "unlock"]);
    assert!(entries.iter().all(|entry| entry.origin == home && entry.actor == "volunteer"));
    let filter = LogFilter { what: Some(LogKind::SignIns), ..LogFilter::default() };
    let lines = station.office.log(&station.admin, &filter, 0, 10).unwrap().lines;
    assert_eq!((lines.len(), lines[0].by.as_str(), lines[0].count), (1, "volunteer", 2));
    assert!(lines[0].from.en.contains("192.0.2.7"), "{:?}", lines[0]);
}

#[test]
fn the_last_sign_in_is_shown() {
    let station = Station::new();
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer").hides("上次登录");
    station.clock.set("2025-10-15T09:02:00Z".parse().unwrap());
    from(&station, far("192.0.2.7"))
        .signs_in("volunteer")
        .shows("上次登录 2025-10-15 09:00，来自本机");
    // A wrong password and an unlocking are no sign-in.
    let _ = station.office.sign_in("volunteer", "wrong", &Origin::Terminal);
    desk.press("F12").types(PASSWORD).press("Enter");
    station.clock.set(station.clock.now() + Duration::from_hours(20));
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer").shows("上次登录 2025-10-15 17:02，来自SSH 192.0.2.7");
    desk.press("F11").shows("Last sign-in 2025-10-15 17:02 from SSH 192.0.2.7");
}

#[test]
fn a_password_somebody_else_chose_is_changed_before_anything_else() {
    let station = furnished::station();
    let add = Command::AddAccount {
        name: "冉光辉".into(),
        role: Role::Supervisor,
        password: "given lamp".into(),
        must_change: true,
    };
    station.office.perform(&station.admin, add).unwrap();
    // Nothing is done with it from outside a command line.
    let actor = station.office.sign_in("冉光辉", "given lamp", &far("192.0.2.7")).unwrap();
    let create = |name: &str| Command::Create {
        kind: PERSON.into(),
        fields: Fields::from([("name".to_string(), Value::Text(name.into()))]),
        number: None,
        step: None,
    };
    assert!(station.office.perform(&actor, create("甲")).unwrap_err().message.zh.contains("密码"));

    let mut desk = station.session(80, 24);
    desk.types("冉光辉").press("Enter").types("given lamp").press("Enter").shows("别人设的");
    for key in ACTIONS.iter().flat_map(|row| row.keys).filter(|key| {
        !matches!(**key, "Enter" | "F10" | "Ctrl-S" | "Ctrl-Q" | "Ctrl-O" | "F1" | "?" | "F11")
    }) {
        desk.press(key);
    }
    desk.shows("别人设的").hides("单静").hides("共 4 件");
    desk.press("F1").hides("审批").press("Esc");
    let fill = |desk: &mut Stage, typed: [&str; 3]| {
        desk.press("Esc Ctrl-U Tab Ctrl-U Tab Ctrl-U Tab");
        for text in typed {
            desk.press("Ctrl-U").types(text).press("Enter");
        }
    };
    // The pressed keys left the focus somewhere.
    while !desk.press("Tab").before_cursor().contains("现在的密码") {}
    fill(&mut desk, ["given lamp", "a lamp of my own", "a lamp of hers"]);
    desk.shows("不一样");
    fill(&mut desk, ["wrong", "a lamp of my own", "a lamp of my own"]);
    desk.shows("未完成").shows("别人设的");
    fill(&mut desk, ["given lamp", "given lamp", "given lamp"]);
    desk.shows("和原来的一样");
    fill(&mut desk, ["given lamp", "a lamp of my own", "a lamp of my own"]);
    desk.shows("要办的事").shows("密码已改").press("F4").shows("共 4 件");
    assert!(station.office.sign_in("冉光辉", "given lamp", &Origin::Terminal).is_err());
    let mut desk = station.session(80, 24);
    desk.types("冉光辉").press("Enter").types("a lamp of my own").press("Enter").shows("要办的事");

    // An administrator's reset asks again.
    let reset =
        Command::ChangePassword { name: "冉光辉".into(), password: "another lamp".into() };
    station.office.perform(&station.admin, reset).unwrap();
    assert!(station.office.must_change_password("冉光辉"));
}

#[test]
fn a_password_is_changed_by_its_owner() {
    let station = Station::new();
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer")
        .press("0 G")
        .shows("改自己的密码")
        .press("F9")
        .types("gmm")
        .press("Enter");
    desk.shows("现在的密码")
        .types(PASSWORD)
        .press("Enter")
        .types("收好的伞放在门后")
        .press("Enter");
    // Nothing typed is shown, and what was typed goes when the screen locks.
    desk.hides("收好的伞放在门后").press("Enter").shows("不一样");
    desk.types(PASSWORD).press("Enter").types("短").press("Enter").types("短").press("Enter");
    desk.shows("至少");
    for typed in [PASSWORD, "收好的伞放在门后", "收好的伞放在门后"] {
        desk.types(typed).press("Enter");
    }
    desk.shows("密码已改").shows("改自己的密码");
    assert!(station.office.sign_in("volunteer", PASSWORD, &Origin::Terminal).is_err());
    station.office.sign_in("volunteer", "收好的伞放在门后", &Origin::Terminal).unwrap();
    assert!(!station.office.must_change_password("volunteer"));
    desk.press("F9").types("gmm").press("Enter Esc").shows("改自己的密码");
}

#[test]
fn disabling_an_account_ends_its_sessions_and_keeps_its_drafts() {
    let station = furnished::station_with_newcomer();
    let mut desk = station.session(80, 24);
    let mut other = station.session(80, 24);
    let mut locked = station.session(80, 24);
    other.signs_in("supervisor");
    locked.signs_in("volunteer").press("F12");
    desk.signs_in("volunteer").press("F2").types(furnished::NEWCOMER).press("Enter F3 Enter");
    desk.goes_to("职工编号").types("写到一半");
    let actor = station.actor("volunteer");
    let disable = Command::DisableAccount { name: "volunteer".into() };
    station.office.perform(&station.admin, disable).unwrap();
    for stage in [&mut desk, &mut locked] {
        stage.news();
        assert!(stage.ended());
        assert!(stage.last_words().unwrap().zh.contains("已停用"));
    }
    assert!(!other.news().ended() && other.last_words().is_none());
    let drafts = station.office.drafts(&actor);
    assert!(drafts.iter().any(|draft| draft.typed.values().any(|text| text == "写到一半")));
    assert!(station.office.sign_in("volunteer", PASSWORD, &Origin::Terminal).is_err());
}

#[test]
fn keys_open_the_door_of_their_own_account_only() {
    let station = Station::new();
    let office = &station.office;
    let home = far("192.0.2.7");
    let add = |key: &str| Command::AddKey { name: "supervisor".into(), key: key.into() };
    assert!(!office.knows_key("supervisor", KEY));
    office.perform(&station.admin, add(KEY)).unwrap();
    let before = office.head_seq();
    assert!(office.knows_key("supervisor", KEY.trim_end_matches(" home")));
    assert!(!office.knows_key("volunteer", KEY) && !office.knows_key("supervisor", OTHER_KEY));
    assert!(!office.knows_key("nobody", KEY));
    assert_eq!(office.head_seq(), before, "asking leaves no trace");

    let actor = office.sign_in_by_key("supervisor", KEY, &home).unwrap();
    assert_eq!((actor.role, &actor.origin), (Role::Supervisor, &home));
    assert!(office.sign_in_by_key("volunteer", KEY, &home).is_err());
    assert!(office.sign_in_by_key("supervisor", OTHER_KEY, &home).is_err());
    let entries = since(&station, before);
    let told: Vec<&str> = entries.iter().map(|entry| entry.command.as_str()).collect();
    assert_eq!(told, ["sign-in"]);
    let Op::Note(note) = &entries[0].ops[0] else { panic!("{:?}", entries[0]) };
    assert_eq!(note["key"], "SHA256:hsawrJO35GIviI3y3sP6APtvFF7XvRJOKhKGXCuUfjo");

    // Whoever came by a key reads; a change is signed with what lies under the password.
    let unsigned = office.perform(&actor, add(OTHER_KEY)).unwrap_err();
    assert_eq!(unsigned.field, "password");
    // Its owner may add and remove too, others may not.
    let actor = office.unlock(&actor, PASSWORD).unwrap();
    office.perform(&actor, add(OTHER_KEY)).unwrap();
    assert!(office.perform(&station.actor("volunteer"), add(OTHER_KEY)).is_err());
    assert!(office.perform(&station.admin, add(KEY)).is_err(), "twice");
    let remove = Command::RemoveKey { name: "supervisor".into(), key: note["key"].clone() };
    office.perform(&station.admin, remove.clone()).unwrap();
    assert!(office.perform(&station.admin, remove).is_err());
    assert!(!office.knows_key("supervisor", KEY) && office.knows_key("supervisor", OTHER_KEY));
    // A disabled account's keys open nothing.
    office.perform(&station.admin, Command::DisableAccount { name: "supervisor".into() }).unwrap();
    assert!(!office.knows_key("supervisor", OTHER_KEY));
    assert!(office.sign_in_by_key("supervisor", OTHER_KEY, &home).is_err());
}

fn everything(station: &Station) -> Vec<(RecordId, u32)> {
    let mut all = Vec::new();
    for kind in station.office.catalogue().kinds() {
        station
            .office
            .each(&kind.id, |record| {
                all.push((record.id, record.revision));
                Ok(())
            })
            .unwrap();
    }
    all
}

/// Every key of every action on every screen an auditor can come to.
#[test]
fn an_auditor_changes_nothing_and_sees_no_number_in_full() {
    let station = furnished::station();
    let (before, seq) = (everything(&station), station.office.head_seq());
    let secrets: Vec<String> = (20..23)
        .flat_map(|seed| [furnished::id_number(seed), format!("1380013{:04}", 8000 + seed)])
        .chain(["500199199307152460".to_string(), "500199199103104280".to_string()])
        .collect();
    let places = ["2", "0", "F4", "F6", "F2", "2 Enter", "2 F7", "2 Enter Enter"];
    for place in places {
        let mut desk = station.session(120, 40);
        desk.signs_in("auditor");
        for row in ACTIONS.iter().filter(|row| !matches!(row.name, "quit" | "sign-out" | "lock")) {
            for key in row.keys {
                desk.press("Esc Esc Esc 1").press(place).press(key);
                let seen = desk.screen();
                assert!(
                    !secrets.iter().any(|secret| seen.contains(secret)),
                    "{place} {key}:\n{seen}"
                );
                // Whatever it opened is confirmed.
                desk.types("x").press("Enter F10");
                let seen = desk.screen();
                assert!(
                    !secrets.iter().any(|secret| seen.contains(secret)),
                    "{place} {key}:\n{seen}"
                );
            }
        }
    }
    assert_eq!(everything(&station), before);
    let done = since(&station, seq);
    assert!(done.iter().all(|entry| entry.command == "sign-in"), "{:?}", done.last());
}

#[test]
fn an_auditor_is_refused_every_command() {
    let station = furnished::station();
    let auditor = station.actor("auditor");
    let file = found(&station, "单静", "hardship_file");
    let person = found(&station, "单静", PERSON);
    let base = station.office.record(person).unwrap().unwrap().revision;
    let name = || "volunteer".to_string();
    let seq = station.office.head_seq();
    for command in [
        Command::Create { kind: PERSON.into(), fields: Fields::new(), number: None, step: None },
        Command::Amend { id: person, base, fields: BTreeMap::new(), reason: None },
        Command::AddRows { id: file, table: "members".into(), rows: Vec::new() },
        Command::Move {
            id: file,
            base: None,
            id_of_move: "accept".into(),
            answers: Answers::new(),
        },
        Command::Reveal { id: person, fields: vec!["id_number".into()], reason: "x".into() },
        Command::AddAccount {
            name: "x".into(),
            role: Role::Administrator,
            password: PASSWORD.into(),
            must_change: false,
        },
        Command::DisableAccount { name: name() },
        Command::ChangePassword { name: name(), password: PASSWORD.into() },
        Command::AddKey { name: name(), key: KEY.into() },
        Command::RemoveKey { name: name(), key: "SHA256:x".into() },
    ] {
        let shown = format!("{command:?}");
        assert!(station.office.perform(&auditor, command).is_err(), "{shown}");
    }
    assert_eq!(station.office.head_seq(), seq);
}
