//! The one door: what it lets through, what it refuses, and what it says.

use crate::furnished::EXCLUSIONS;
use crate::stage::Station;
use std::collections::BTreeMap;
use yizhan::office::{Actor, Answers, Command, Receipt, Refusal, RefusalKind};
use yizhan::policy::{DecisionSheet, LineResult, Overall};
use yizhan::program::PERSON;
use yizhan::record::{Fields, PaperState, RecordId, Row, Value};

fn text(value: &str) -> Value {
    Value::Text(value.into())
}

fn fields(pairs: &[(&str, Value)]) -> Fields {
    pairs.iter().map(|(id, value)| ((*id).to_string(), value.clone())).collect()
}

fn person(station: &Station, by: &Actor, name: &str, id_number: &str) -> Result<Receipt, Refusal> {
    let fields = fields(&[("name", text(name)), ("id_number", text(id_number))]);
    station
        .office
        .perform(by, Command::Create { kind: PERSON.into(), fields, number: None, step: None })
}

/// A file as the worked examples of the domain page give it: three people, typed totals.
fn file(station: &Station, by: &Actor, person: RecordId, income: i64, rigid: i64) -> RecordId {
    let fields = fields(&[
        ("head", Value::Reference(person)),
        ("annual_income", Value::Money(income)),
        ("rigid_expense", Value::Money(rigid)),
        ("household_size", Value::Integer(3)),
        ("main_cause", Value::Choice("6".into())),
    ]);
    let command =
        Command::Create { kind: "hardship_file".into(), fields, number: None, step: None };
    station.office.perform(by, command).unwrap().id.unwrap()
}

/// Checks of an identity number by an independent computation (GB 11643: weights 2^(18-i) mod 11).
fn id_number(seed: u32) -> String {
    let stem = format!(
        "500199{:04}{:02}{:02}{:03}",
        1960 + seed % 40,
        1 + seed % 12,
        1 + seed % 28,
        seed % 1000
    );
    let sum: u32 = stem
        .bytes()
        .enumerate()
        .map(|(at, digit)| {
            u32::from(digit - b'0') * (2u32.pow(17 - u32::try_from(at).unwrap()) % 11)
        })
        .sum();
    let check = "10X98765432".as_bytes()[(sum % 11) as usize];
    format!("{stem}{}", char::from(check))
}

fn sheet(station: &Station, id: RecordId) -> DecisionSheet {
    let record = station.office.record(id).unwrap().unwrap();
    station.office.sheet(&record, None, None).unwrap()
}

#[test]
fn the_worked_examples_and_their_neighbours() {
    let station = Station::new();
    let desk = station.actor("volunteer");
    // hardship.md 4.5: I, R and the category for k = 1.5 with `P < S`; n = 3, S = 770, so the
    // lines lie at I − R = 12·3·770.00 = 27,720.00 and 41,580.00 yuan.
    let cases: [(i64, i64, Option<&str>); 11] = [
        (5_200_000, 2_800_000, Some("deep")),
        (5_200_000, 2_428_000, Some("relative")),
        (5_200_000, 2_428_001, Some("deep")),
        (5_200_000, 2_427_999, Some("relative")),
        (5_200_000, 2_200_000, Some("relative")),
        (5_200_000, 5_200_000 - 4_158_000, Some("relative")),
        (5_200_000, 5_200_000 - 4_158_001, None),
        (5_200_000, 5_200_000 - 4_157_999, Some("relative")),
        (6_000_000, 1_320_000, None),
        (4_000_000, 4_600_000, Some("deep")),
        (0, 0, Some("deep")),
    ];
    for (at, (income, rigid, category)) in cases.into_iter().enumerate() {
        let seed = u32::try_from(at).unwrap();
        let head = person(&station, &desk, "示例", &id_number(seed)).unwrap().id.unwrap();
        let id = file(&station, &desk, head, income, rigid);
        let sheet = sheet(&station, id);
        assert_eq!(sheet.category.as_deref(), category, "I {income} R {rigid}: {sheet:#?}");
        let met = |line: &str| sheet.line(line).unwrap().result == LineResult::Met;
        assert_eq!(met("R-DEEP"), category == Some("deep"), "I {income} R {rigid}");
        assert_eq!(met("R-REL"), category == Some("relative"), "I {income} R {rigid}");
        // What nobody has checked needs a person, and the same file gives the same bytes.
        assert_eq!(sheet.outcome, Overall::NeedsPerson);
        assert_eq!(sheet.to_stored().unwrap(), self::sheet(&station, id).to_stored().unwrap());
    }
}

#[test]
fn a_complete_file_is_suggested_and_a_missing_paper_is_named() {
    let station = Station::new();
    let desk = station.actor("volunteer");
    let head = person(&station, &desk, "单静", &id_number(7)).unwrap().id.unwrap();
    let id = file(&station, &desk, head, 5_200_000, 2_800_000);
    let member = |name: &str, relation: &str, seed| Row {
        id: 0,
        fields: fields(&[
            ("name", text(name)),
            ("relation", Value::Choice(relation.into())),
            ("id_number", text(&id_number(seed))),
            ("monthly_income", Value::Money(0)),
        ]),
    };
    let rows = vec![member("解文", "spouse", 20), member("解小", "child", 21)];
    let mut changes: BTreeMap<String, Option<Value>> = BTreeMap::new();
    let mut set = |field: &str, value: Value| changes.insert(field.into(), Some(value));
    set("members", Value::Table(rows));
    for field in EXCLUSIONS {
        set(field, Value::Choice("none".into()));
    }
    set("dwellings", Value::Integer(1));
    set("unit_has_union", Value::YesNo(true));
    set("union_member", Value::YesNo(true));
    set("is_migrant", Value::YesNo(false));
    set("accident", Value::YesNo(false));
    let received = |code: &str| (code.to_string(), PaperState::Received);
    set("papers", Value::Papers(vec![received("wage_record"), received("medical_receipts")]));
    let base = station.office.record(id).unwrap().unwrap().revision;
    station
        .office
        .perform(&desk, Command::Amend { id, base, fields: changes, reason: None })
        .unwrap();
    let complete = sheet(&station, id);
    assert_eq!(complete.outcome, Overall::Suggests, "{complete:#?}");
    assert_eq!(complete.category.as_deref(), Some("deep"));

    let missing = vec![received("medical_receipts"), ("diagnosis".into(), PaperState::Missing)];
    let fields = BTreeMap::from([("papers".to_string(), Some(Value::Papers(missing)))]);
    station
        .office
        .perform(&desk, Command::Amend { id, base: base + 1, fields, reason: None })
        .unwrap();
    let lacking = sheet(&station, id);
    assert_eq!(lacking.outcome, Overall::NeedsPerson);
    assert_eq!(lacking.category.as_deref(), Some("deep"));
    let line = lacking.line("R-EXP").unwrap();
    assert_eq!(line.result, LineResult::Unknown);
    assert!(line.text.contains("诊断书"), "{}", line.text);
}

#[test]
fn nobody_reviews_an_own_submission_and_each_refusal_says_what_to_do() {
    let station = Station::new();
    let desk = station.actor("volunteer");
    let boss = station.actor("supervisor");
    let head = person(&station, &boss, "仇兰", &id_number(3)).unwrap().id.unwrap();
    let id = file(&station, &boss, head, 100, 0);
    let step = |by: &Actor, step: &str, answers: Answers| {
        let command = Command::Move { id, base: None, id_of_move: step.into(), answers };
        station.office.perform(by, command)
    };
    // Income was written down, so its separate consent is needed first.
    let refused = step(&boss, "submit", Answers::new()).unwrap_err();
    assert_eq!((refused.kind, refused.field.as_str()), (RefusalKind::Invalid, "consents"));
    let consent = Row {
        id: 0,
        fields: fields(&[
            ("group", Value::Choice("household-finance".into())),
            ("version", text("2025-1")),
            ("signed_on", Value::Date(station.office.today())),
        ]),
    };
    let command = Command::AddRows { id, table: "consents".into(), rows: vec![consent] };
    station.office.perform(&boss, command).unwrap();
    step(&boss, "submit", Answers::new()).unwrap();
    for (by, kind) in [(&boss, RefusalKind::Forbidden), (&desk, RefusalKind::Forbidden)] {
        let refused = step(by, "accept", Answers::new()).unwrap_err();
        assert_eq!(refused.kind, kind);
        assert!(!refused.next.is_empty());
    }
    // A return names fields and a reason; an unknown field is refused, and nothing is written.
    let head_before = station.office.head_seq();
    let refused = step(&boss, "return", Answers::new()).unwrap_err();
    assert_eq!(refused.kind, RefusalKind::Forbidden, "{refused:?}");
    assert_eq!(station.office.head_seq(), head_before);
}

#[test]
fn a_change_based_on_an_older_revision_is_a_conflict() {
    let station = Station::new();
    let desk = station.actor("volunteer");
    let id = person(&station, &desk, "覃英", &id_number(4)).unwrap().id.unwrap();
    let amend = |base, phone: &str| {
        let fields = BTreeMap::from([("phone".to_string(), Some(text(phone)))]);
        station.office.perform(&desk, Command::Amend { id, base, fields, reason: None })
    };
    assert_eq!(amend(1, "13800000001").unwrap().revision, 2);
    let refused = amend(1, "13800000002").unwrap_err();
    assert_eq!(refused.kind, RefusalKind::Conflict);
    assert_eq!(station.office.record(id).unwrap().unwrap().text("phone"), "13800000001");
}

#[test]
fn one_identity_number_one_person_one_file() {
    let station = Station::new();
    let desk = station.actor("volunteer");
    let number = id_number(5);
    let id = person(&station, &desk, "区国", &number).unwrap().id.unwrap();
    let refused = person(&station, &desk, "别人", &number).unwrap_err();
    assert_eq!((refused.kind, refused.field.as_str()), (RefusalKind::Conflict, "id_number"));
    file(&station, &desk, id, 0, 0);
    let fields = fields(&[("head", Value::Reference(id))]);
    let command =
        Command::Create { kind: "hardship_file".into(), fields, number: None, step: None };
    let refused = station.office.perform(&desk, command).unwrap_err();
    assert_eq!(refused.kind, RefusalKind::Conflict);
}

#[test]
fn many_desks_at_once_lose_nothing_and_double_nothing() {
    let station = Station::new();
    let office = &station.office;
    let desk = station.actor("volunteer");
    std::thread::scope(|scope| {
        for lane in 0..8u32 {
            let desk = &desk;
            scope.spawn(move || {
                for at in 0..25 {
                    let seed = 100 + lane * 25 + at;
                    let fields =
                        fields(&[("name", text("群众")), ("id_number", text(&id_number(seed)))]);
                    let command =
                        Command::Create { kind: PERSON.into(), fields, number: None, step: None };
                    office.perform(desk, command).unwrap();
                }
            });
        }
    });
    let mut numbers = Vec::new();
    office
        .each(PERSON, |record| {
            numbers.push(record.number);
            Ok(())
        })
        .unwrap();
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len(), 200);
}

#[test]
fn an_auditor_reads_masked_and_changes_nothing() {
    let station = Station::new();
    let desk = station.actor("volunteer");
    let auditor = station.actor("auditor");
    let id = person(&station, &desk, "曾解", &id_number(6)).unwrap().id.unwrap();
    let refused = person(&station, &auditor, "乙", &id_number(9)).unwrap_err();
    assert_eq!(refused.kind, RefusalKind::Forbidden);
    let reveal = |by: &Actor, reason: &str| {
        let fields = vec!["id_number".to_string()];
        station.office.perform(by, Command::Reveal { id, fields, reason: reason.into() })
    };
    assert_eq!(reveal(&auditor, "看看").unwrap_err().kind, RefusalKind::Forbidden);
    assert_eq!(reveal(&desk, " ").unwrap_err().field, "reason");
    reveal(&desk, "核对证件").unwrap();
    let events = station.office.history(&auditor, PERSON, id).unwrap();
    assert_eq!(events[0].reason.as_deref(), Some("核对证件"));
    assert_eq!(events[0].command, "reveal");
    let masked: String =
        events.iter().flat_map(|e| &e.changes).map(|c| c.said().zh.into_owned()).collect();
    assert!(!masked.contains(&id_number(6)), "{masked}");
}

#[test]
fn a_disabled_account_does_nothing_more() {
    let station = Station::new();
    let desk = station.actor("volunteer");
    let command = Command::DisableAccount { name: "volunteer".into() };
    station.office.perform(&station.admin, command).unwrap();
    let refused = person(&station, &desk, "甲", &id_number(8)).unwrap_err();
    assert_eq!(refused.kind, RefusalKind::Forbidden);
    let command = Command::DisableAccount { name: "admin".into() };
    assert!(station.office.perform(&station.admin, command).is_err());
}
