//! A card applied for, in the words of the language a loan has no use for: handed in, returned, seen
//! with its deposit found otherwise, and issued by a second pair of eyes.

use super::RULES;
use crate::furnished::id_number;
use crate::insiders::{answers, make};
use crate::stage::Station;
use yizhan::office::{Answers, Command, Queue, RefusalKind};
use yizhan::policy::Overall;
use yizhan::program::effective;
use yizhan::record::{Fields, Record, RecordId, Row, Value};

const CARDS: &str = include_str!("../../fixtures/lending/cards.toml");

fn record(station: &Station, id: RecordId) -> Record {
    station.office.record(id).unwrap().unwrap()
}

fn applied(station: &Station) -> RecordId {
    let text = |text: &str| Value::Text(text.into());
    let consent = Row {
        id: 0,
        fields: Fields::from([
            ("group".to_string(), Value::Choice("health".into())),
            ("version".to_string(), text("1")),
            ("signed_on".to_string(), Value::Date(station.office.today())),
        ]),
    };
    let fields = Fields::from([
        ("name".to_string(), text("单静")),
        ("id_number".to_string(), text(&id_number(21))),
        ("form_no".to_string(), text("F-12")),
        ("deposit".to_string(), Value::Money(20_000)),
        ("illness".to_string(), text("腿脚不便")),
        ("consents".to_string(), Value::Table(vec![consent])),
    ]);
    let create =
        Command::Create { kind: "card_application".into(), fields, number: None, step: None };
    station.office.perform(&station.actor("volunteer"), create).unwrap().id.unwrap()
}

#[test]
fn a_card_is_applied_for_seen_and_issued_by_two() {
    let files = [("programs/cards.toml", CARDS), ("policy/lending.toml", RULES)];
    let lending = ("programs/lending.toml", super::PACK);
    let station = Station::with_files(&[files[0], files[1], lending]);
    let (desk, one, two) =
        (station.actor("volunteer"), station.actor("supervisor"), station.second());
    let card = applied(&station);
    make(&station, &desk, card, "hand_in", Answers::new()).unwrap();
    // A day three working days on: Thursday the 16th, Friday, Monday the 20th.
    let line = &station.office.list(&one, &Queue::Review, 0, 10).lines[0];
    assert_eq!(line.due.unwrap().to_string(), "2025-10-20");
    let named = Value::Tags(vec!["form_no".into()]);
    let back = answers(&[("reason", Value::Text("表号看不清".into())), ("fields", named)]);
    make(&station, &one, card, "send_back", back).unwrap();
    let base = record(&station, card).revision;
    let fields = [("form_no".to_string(), Some(Value::Text("F-13".into())))].into();
    let amend = Command::Amend { id: card, base, fields, reason: None };
    station.office.perform(&desk, amend).unwrap();
    make(&station, &desk, card, "hand_in", Answers::new()).unwrap();

    let text = |text: &str| Value::Text(text.into());
    let seen = |by: &str| {
        answers(&[
            ("first_witness", text("周丽")),
            ("second_witness", text(by)),
            ("seen_on", Value::Date(station.office.today())),
            ("deposit", Value::Money(15_000)),
        ])
    };
    let refused = make(&station, &one, card, "look_over", seen("周丽")).unwrap_err();
    assert_eq!(refused.kind, RefusalKind::Invalid);
    make(&station, &one, card, "look_over", seen("陈静")).unwrap();
    assert_eq!(record(&station, card).findings["deposit"].value, Value::Money(15_000));
    let granted = |code: &str| answers(&[("granted", Value::Choice(code.into()))]);
    let refused = make(&station, &one, card, "issue", granted("adult")).unwrap_err();
    assert_eq!(refused.kind, RefusalKind::Forbidden, "who looked it over issues nothing");
    // Against the advice only with a clause and a reason.
    let refused = make(&station, &two, card, "issue", granted("child")).unwrap_err();
    assert_eq!(refused.field, "clause");
    make(&station, &two, card, "issue", granted("adult")).unwrap();
    let issued = record(&station, card);
    assert_eq!((issued.state.as_str(), issued.text("granted_kind")), ("issued", "adult"));
    let sheet = station.office.sheet(&issued, None, None).unwrap();
    assert_eq!((sheet.category.as_deref(), sheet.outcome), (Some("adult"), Overall::Suggests));
    let undo = Command::Undo { id: card, seq: None };
    station.office.perform(&two, undo).unwrap_err();
}

/// What follows from fields: whether they are filled in, parts of a day, places of a decimal, some
/// rows of a table; and a list narrowed by it.
#[test]
fn a_list_goes_by_what_follows_from_fields() {
    let files = [("programs/cards.toml", CARDS), ("policy/lending.toml", RULES)];
    let station =
        Station::with_files(&[files[0], files[1], ("programs/lending.toml", super::PACK)]);
    let desk = station.actor("volunteer");
    let card = applied(&station);
    let queue = Queue::List { kind: "card_application".into(), list: "nobody_to_ask".into() };
    let in_list = || station.office.list(&desk, &queue, 0, 10).total;
    assert_eq!(in_list(), 1);
    let amend = |fields: &[(&str, Option<Value>)]| {
        let base = record(&station, card).revision;
        let fields = fields.iter().map(|(id, value)| ((*id).to_string(), value.clone())).collect();
        let amend = Command::Amend { id: card, base, fields, reason: None };
        station.office.perform(&desk, amend)
    };
    let fee = |id: u32, what: &str, fen: i64, charged: bool| Row {
        id,
        fields: Fields::from([
            ("what".to_string(), Value::Choice(what.into())),
            ("amount".to_string(), Value::Money(fen)),
            ("waived".to_string(), Value::YesNo(charged)),
        ]),
    };
    let fees =
        vec![fee(1, "adult", 1_000, true), fee(2, "child", 500, true), fee(3, "club", 70, true)];
    amend(&[
        ("guarantor_phone", Some(Value::Text("13900000001".into()))),
        ("fees", Some(Value::Table(fees))),
    ])
    .unwrap();
    assert_eq!(in_list(), 0, "a telephone is there");
    let kind = station.office.catalogue().kind("card_application").unwrap();
    let held = |field: &str| effective(kind, &record(&station, card).fields, field).value;
    assert_eq!(held("children_fees"), Some(Value::Money(500)));
    // The station's day is 2025-10-13.
    assert_eq!(held("year_applied"), Some(Value::Integer(202_510)));
    let far = |text: &str| Some(Value::Decimal(text.parse().unwrap()));
    amend(&[("distance", far("20.5"))]).unwrap();
    assert_eq!(amend(&[("distance", far("20.6"))]).unwrap_err().field, "distance");
    assert_eq!(amend(&[("distance", far("3.25"))]).unwrap_err().field, "distance");
    amend(&[("guarantor_phone", None)]).unwrap();
    assert_eq!(in_list(), 1);
}

/// An answer that would change what it is compared with is refused where it is written.
#[test]
fn a_step_does_not_answer_its_own_advice() {
    let desk = crate::cli::Desk::bare();
    desk.write("own/policy/lending.toml", RULES);
    let itself = CARDS.replace("writes = \"granted_kind\"", "writes = \"card_kind\"");
    desk.write("own/programs/cards.toml", &itself);
    let output = desk.run(&["packs", "check", crate::cli::shown(&desk.file("own"))]);
    let out = crate::cli::text(&output.stdout);
    assert!(!output.status.success() && out.contains("怎么答都与建议相同"), "{out}");
}

/// What a step asks is typed as in a form: understood as one goes on, told where it is wrong.
#[test]
fn what_a_step_asks_is_typed_as_in_a_form() {
    let lending = ("programs/lending.toml", super::PACK);
    let files = [("programs/cards.toml", CARDS), ("policy/lending.toml", RULES), lending];
    for (columns, rows) in [(80, 24), (120, 40)] {
        let station = Station::with_files(&files);
        let card = applied(&station);
        make(&station, &station.actor("volunteer"), card, "hand_in", Answers::new()).unwrap();
        let number = record(&station, card).number;
        let mut desk = station.session(columns, rows);
        desk.signs_in("supervisor").press("F2").types(&number).press("Enter a").shows("核对人");
        // A day that has to be told starts with today; a name is a name.
        desk.shows("2025-10-15").types("周4丽").press("Enter").shows("姓名里有“4”");
        let cursor = desk.before_cursor();
        assert!(cursor.ends_with("周4丽"), "it stays under the cursor: {cursor}");
        desk.press("Ctrl-U").types("周丽").press("Enter").types("陈静").press("Enter");
        desk.press("Ctrl-U").types("13月1日").press("Enter").shows("“13月1日”不能读作日期");
        // Neither Enter nor F10 passes over what cannot be read, nor is anything lost.
        desk.press("F10").shows("“13月1日”不能读作日期").shows("陈静");
        desk.press("Ctrl-U").types("t").press("Enter").hides("不能读作日期").shows("2025-10-15");
        desk.types("150").press("F10").shows("已办理：初审");
        let seen = record(&station, card);
        assert_eq!(seen.state, "looked_over");
        assert_eq!(seen.findings["deposit"].value, Value::Money(15_000));
        let answered = &seen.moves.last().unwrap().answers;
        assert_eq!(answered["seen_on"], Value::Date(station.office.today()));
    }
}
