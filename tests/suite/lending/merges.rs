//! Two readers who turned out to be one.

use super::{PACK, RULES, loan, made, make, moves, station, stocked};
use crate::cli::{Desk, json_lines, shown, text};
use crate::stage::{PASSWORD, Station};
use yizhan::office::{Command, Office, Queue, Receipt, Refusal, RefusalKind, Sources};
use yizhan::record::{RecordId, Value};
use yizhan::store::Secret;

fn merged(station: &Station, id: RecordId, into: RecordId) -> Result<Receipt, Refusal> {
    let reason = "登记了两次".to_string();
    station.office.perform(&station.actor("supervisor"), Command::Merge { id, into, reason })
}

fn loans_of(station: &Station, office: &Office, reader: RecordId) -> usize {
    let queue = Queue::PointingAt { kind: "loan".into(), field: "reader".into(), to: reader };
    office.waiting(&station.actor("supervisor"), &queue)
}

#[test]
fn what_pointed_at_either_is_counted_as_the_one_that_stays() {
    let station = station();
    let (reader, _, first) = stocked(&station);
    let twin = made(&station, "reader", &[("name", "单婧"), ("card_no", "K-0009")]);
    let twins_number = station.office.record(twin).unwrap().unwrap().number;
    let second = loan(&station, "单婧", "电工手册");
    moves(&station, second, "lend").unwrap();
    let before = station.office.record(second).unwrap().unwrap();

    // Not by whoever sits at the counter, not without a reason, not into something else.
    let volunteer = station.actor("volunteer");
    let merge = |into, reason: &str| Command::Merge { id: twin, into, reason: reason.into() };
    let refused = station.office.perform(&volunteer, merge(reader, "重复")).unwrap_err();
    assert_eq!(refused.kind, RefusalKind::Forbidden);
    let supervisor = station.actor("supervisor");
    let refused = station.office.perform(&supervisor, merge(reader, " ")).unwrap_err();
    assert_eq!(refused.field, "reason");
    assert_eq!(merged(&station, twin, twin).unwrap_err().field, "into");
    assert_eq!(merged(&station, twin, first).unwrap_err().field, "into");

    merged(&station, twin, reader).unwrap();
    assert_eq!(loans_of(&station, &station.office, reader), 2);
    assert_eq!(station.office.name_of(twin), "单静");
    let after = station.office.record(second).unwrap().unwrap();
    assert_eq!((after.revision, &after.fields), (before.revision, &before.fields), "not rewritten");
    // The old number still leads there, and so does whoever types it into a loan.
    assert_eq!(station.office.numbered(&twins_number), Some(reader));
    made(&station, "book", &[("title", "劳动法问答")]);
    let third = loan(&station, &twins_number, "劳动法问答");
    let typed = station.office.record(third).unwrap().unwrap();
    assert_eq!(typed.get("reader"), Some(&Value::Reference(reader)));
    // Whoever looks for the one that is gone finds the one that stays.
    let hits = station.office.search(&supervisor, "单婧", Some("reader"), 10).unwrap();
    assert_eq!(hits.iter().map(|hit| hit.id).collect::<Vec<_>>(), [reader]);
    // Merged once: what somebody else still has before them goes nowhere.
    let other = made(&station, "reader", &[("name", "区小红")]);
    assert_eq!(merged(&station, twin, other).unwrap_err().kind, RefusalKind::Conflict);
    let fields = [("card_no".to_string(), Some(Value::Text("K-1".into())))].into();
    let amend = Command::Amend { id: twin, base: 1, fields, reason: None };
    let refused = station.office.perform(&volunteer, amend).unwrap_err();
    assert_eq!(refused.kind, RefusalKind::Conflict);
    // The rules count them together: three is the most.
    moves(&station, third, "lend").unwrap();
    made(&station, "book", &[("title", "急救手册")]);
    let fourth = loan(&station, "单静", "急救手册");
    let refused = moves(&station, fourth, "lend").unwrap_err();
    assert_eq!(refused.clause, "house-rules/3");
    let report = station.office.verify(None).unwrap();
    assert!(report.ok, "{report:?}");

    // Opened anew it is the same.
    let folder = station.office.folder();
    let copy = tempfile::tempdir().unwrap();
    let place = copy.path().join("station");
    station.office.close().unwrap();
    crate::stage::copy_folder(std::path::Path::new(&folder), &place);
    let secret = Secret::Password { account: "admin", password: PASSWORD };
    let own = copy.path().join("own");
    std::fs::create_dir_all(own.join("programs")).unwrap();
    std::fs::create_dir_all(own.join("policy")).unwrap();
    std::fs::write(own.join("programs/lending.toml"), PACK).unwrap();
    std::fs::write(own.join("policy/lending.toml"), RULES).unwrap();
    let sources = Sources::load(Some(&own)).unwrap();
    let again = Office::open(&place, &secret, sources, station.clock.clone()).unwrap();
    again.wait_for_index();
    assert_eq!(loans_of(&station, &again, reader), 4);
    assert_eq!(again.canonical(twin), reader);
}

#[test]
fn a_merge_is_taken_back_and_everything_is_as_it_was() {
    let station = station();
    let (reader, ..) = stocked(&station);
    let twin = made(&station, "reader", &[("name", "单婧"), ("card_no", "K-0009")]);
    loan(&station, "单婧", "电工手册");
    merged(&station, twin, reader).unwrap();
    let undo = Command::Undo { id: reader, seq: None };
    station.office.perform(&station.actor("supervisor"), undo).unwrap();
    assert_eq!(station.office.canonical(twin), twin);
    assert_eq!(station.office.name_of(twin), "单婧");
    assert_eq!(loans_of(&station, &station.office, reader), 1);
    assert_eq!(loans_of(&station, &station.office, twin), 1);
    make(&station, "loan", &[("reader", "单婧"), ("book", "工会法读本")]).unwrap();
    let report = station.office.verify(None).unwrap();
    assert!(report.ok, "{report:?}");
}

#[test]
fn by_keys_it_is_chosen_told_and_done() {
    let station = station();
    stocked(&station);
    made(&station, "reader", &[("name", "单婧"), ("card_no", "K-0009")]);
    let mut desk = station.session(80, 24);
    desk.signs_in("supervisor").press("F2").types("K-0009").press("Enter").shows("单婧");
    desk.press("F9").types("合并").press("Enter").shows("读者：").types("K-0007").press("Enter");
    desk.shows("并入 单静").types("登记了两次").press("F10").shows("已并入").shows("单静");
    desk.press("h").shows("并入另一份");
    let mut other = station.session(80, 24);
    other.signs_in("volunteer").press("F2").types("K-0007").press("Enter F9").types("合并");
    other.hides("合并到");
}

/// People are merged like anything else, and a bound they pass together is named and never raised.
#[test]
fn two_files_of_one_person_are_named_and_a_third_is_refused() {
    let desk = Desk::new();
    let lines = "{\"create\":\"person\",\"fields\":{\"name\":\"周丽\"}}\n{\"create\":\"person\",\"fields\":{\"name\":\"周莉\"}}\n";
    let (_, answers) = desk.perform(lines);
    let numbers: Vec<&str> =
        answers.iter().map(|answer| answer["number"].as_str().unwrap()).collect();
    let file = |head: &str| {
        let line =
            format!("{{\"create\":\"hardship_file\",\"head\":\"{head}\",\"fields\":{{}}}}\n");
        desk.perform(&line).1.remove(0)
    };
    let made: Vec<bool> = numbers.iter().map(|n| file(n)["ok"] == true).collect();
    assert_eq!(made, [true, true]);
    let merge = format!(
        "{{\"merge\":\"{}\",\"into\":\"{}\",\"reason\":\"同一人\"}}\n",
        numbers[1], numbers[0]
    );
    let (status, answers) = desk.perform(&merge);
    // The desk works as the administrator, who merges nothing.
    assert_eq!((status, &answers[0]["kind"]), (1, &"forbidden".into()));
    let password = desk.file("password");
    desk.done(&[
        "account",
        "add",
        "second",
        "--role",
        "supervisor",
        "--no-change",
        "--new-password-file",
        shown(&password),
    ]);
    let lines = desk.write("merge.jsonl", &merge);
    let args = ["perform", shown(&lines), "--as", "second", "--password-file", shown(&password)];
    let output = desk.yizhan(&args).output().unwrap();
    let output = text(&output.stdout);
    assert_eq!(json_lines(&output)[0]["ok"], true, "{output}");
    let refused = file(numbers[0]);
    assert_eq!((&refused["ok"], &refused["kind"]), (&false.into(), &"conflict".into()));
    let refused = file(numbers[1]);
    assert_eq!(refused["ok"], false, "{refused}");
}

/// The identity number of the one that is gone stays taken: nobody is registered with it again.
#[test]
fn a_merged_identity_number_registers_nobody_again() {
    let station = Station::new();
    let person = |name: &str, seed: u32| crate::furnished::person(&station, name, seed);
    let (stays, gone) = (person("单静", 31), person("单婧", 32));
    merged(&station, gone, stays).unwrap();
    let number = crate::furnished::id_number(32);
    assert_eq!(station.office.numbered(&number), Some(stays));
    let fields = [("name", "单婧"), ("id_number", number.as_str())];
    let refused = make(&station, "person", &fields).unwrap_err();
    assert_eq!((refused.kind, refused.field.as_str()), (RefusalKind::Conflict, "id_number"));
    let undo = Command::Undo { id: stays, seq: None };
    station.office.perform(&station.actor("supervisor"), undo).unwrap();
    assert_eq!(station.office.numbered(&number), Some(gone));
}
