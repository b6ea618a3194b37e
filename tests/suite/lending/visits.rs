//! What a reference, a list and a bound tell, and whom: confidential cases, and visits that name them.

use super::{PACK, RULES, made, station, stocked};
use crate::cli::{Desk, shown};
use crate::stage::Station;
use yizhan::office::{Answers, Command, Queue, Receipt, Refusal};
use yizhan::record::{Fields, RecordId, Value};

/// Cases some of which are confidential, and visits that name them.
const VISITS: &str = r#"
[pack]
id = "visits"
title = { zh = "走访", en = "Visits" }
area = "visits"

[kind.case]
code = 711
title = { zh = "个案", en = "Case" }
number = "{station}-案-{seq:04}"
confidential = "secret"
handler = "handler"
search = { names = ["subject", "alias"] }
facet = ["urgent"]

[[kind.case.section]]
id = "main"
title = { zh = "个案", en = "Case" }
field = [
  { id = "subject", type = "text", required = "always", title = { zh = "事由", en = "Subject" } },
  { id = "alias", type = "text", title = { zh = "别称", en = "Alias" } },
  { id = "secret", type = "yes_no", title = { zh = "保密", en = "Confidential" } },
  { id = "handler", type = "text", title = { zh = "经办人", en = "Handler" } },
  { id = "urgent", type = "yes_no", title = { zh = "紧急", en = "Urgent" } },
  { id = "about", type = "reference", kind = "visit", title = { zh = "起因", en = "About" } },
]

[kind.visit]
code = 712
title = { zh = "走访", en = "Visit" }
number = "{station}-访-{seq:04}"
search = { names = ["what"] }
facet = ["case.urgent"]

[[kind.visit.section]]
id = "visit"
title = { zh = "走访", en = "Visit" }
field = [
  { id = "what", type = "text", title = { zh = "事项", en = "What" } },
  { id = "case", type = "reference", kind = "case", title = { zh = "个案", en = "Case" } },
  { id = "by_alias", type = "reference", kind = "case", find_by = ["alias"], title = { zh = "按别称", en = "By alias" } },
  { id = "cause", type = "reference", kind = "case", sensitive = "health", title = { zh = "病因", en = "Cause" } },
]
"#;

fn visits() -> Station {
    Station::with_files(&[("programs/visits.toml", VISITS)])
}

/// Changes fields of a record as somebody.
fn amend(station: &Station, who: &str, id: RecordId, fields: Fields) -> Result<Receipt, Refusal> {
    let base = station.office.record(id).unwrap().unwrap().revision;
    let fields = fields.into_iter().map(|(id, value)| (id, Some(value))).collect();
    station.office.perform(&station.actor(who), Command::Amend { id, base, fields, reason: None })
}

fn secret() -> Fields {
    Fields::from([
        ("secret".to_string(), Value::YesNo(true)),
        ("handler".to_string(), Value::Text("supervisor".into())),
        ("subject".to_string(), Value::Text("家暴".into())),
    ])
}

#[test]
fn a_reference_does_not_tell_a_confidential_record() {
    let station = visits();
    let case = made(&station, "case", &[("subject", "纠纷")]);
    let visit = made(&station, "visit", &[("what", "上门"), ("case", "纠纷")]);
    amend(&station, "supervisor", case, secret()).unwrap();
    let volunteer = station.actor("volunteer");
    assert!(!station.office.knows(&volunteer, case));
    let record = station.office.record(visit).unwrap().unwrap();
    let field = station.office.catalogue().kind("visit").unwrap().field("case").unwrap();
    let shown = station.office.shown(Some(&volunteer), &record, field).unwrap();
    assert!(!shown.zh.contains("家暴") && !shown.zh.contains("BN-案"), "{shown:?}");
}

#[test]
fn a_list_is_not_narrowed_by_what_somebody_does_not_know() {
    let station = visits();
    let case = made(&station, "case", &[("subject", "纠纷"), ("urgent", "y")]);
    let visit = made(&station, "visit", &[("what", "上门"), ("case", "纠纷")]);
    let found = |who: &str| {
        let queue = Queue::PointingAt { kind: "visit".into(), field: "case".into(), to: case };
        let listed = station.office.list_narrowed(&station.actor(who), &queue, "紧急", 0, 9);
        listed.lines.iter().map(|line| line.id).collect::<Vec<_>>()
    };
    assert_eq!((found("volunteer"), found("supervisor")), (vec![visit], vec![visit]));
    amend(&station, "supervisor", case, secret()).unwrap();
    assert_eq!((found("volunteer"), found("supervisor")), (Vec::new(), vec![visit]));
}

#[test]
fn undo_does_not_tell_the_number_of_a_confidential_record() {
    let station = visits();
    let visit = made(&station, "visit", &[("what", "上门")]);
    let case = made(&station, "case", &[("subject", "纠纷"), ("about", "上门")]);
    amend(&station, "supervisor", case, secret()).unwrap();
    let why = station.office.undoable(&station.actor("volunteer"), visit).unwrap_err();
    assert!(!why.message.zh.contains("BN-案-0001"), "{why:?}");
}

#[test]
fn whoever_knows_a_confidential_record_can_name_it() {
    let desk = Desk::new();
    desk.write("data/programs/visits.toml", VISITS);
    desk.done(&["packs", "adopt", "--yes"]);
    let (_, answers) = desk.perform(concat!(
        r#"{"create":"case","fields":{"subject":"家暴","secret":true,"handler":"admin"}}"#,
        "\n",
        r#"{"create":"visit","fields":{"case":"BN-案-0001"}}"#,
    ));
    assert_eq!(answers[1]["ok"], true, "the handler: {answers:?}");
}

/// On the screen too: whoever handles it names it in a form, and nobody else can.
#[test]
fn a_form_names_what_whoever_fills_it_knows() {
    let station = visits();
    let create =
        Command::Create { kind: "case".into(), fields: secret(), number: None, step: None };
    let case = station.office.perform(&station.actor("supervisor"), create).unwrap();
    for (who, named) in [("supervisor", true), ("volunteer", false)] {
        let mut desk = station.session(80, 24);
        desk.signs_in(who).press("F3").shows("走访");
        while !desk.screen().lines().any(|line| line.contains("(o)") && line.contains("走访")) {
            desk.press("Down Space");
        }
        desk.press("Enter").shows("个案").types("问话").press("Enter").types(&case.number);
        desk.press("Enter F10");
        let queue = Queue::OfKind("visit".into());
        let made = station.office.list(&station.actor("supervisor"), &queue, 0, 10).total;
        assert_eq!(made, 1, "{who}: {}", desk.screen());
        assert!(named || !desk.screen().contains("家暴"), "{}", desk.screen());
    }
}

#[test]
fn neither_export_nor_import_tells_a_confidential_record() {
    let desk = Desk::new();
    desk.write("data/programs/visits.toml", VISITS);
    desk.done(&["packs", "adopt", "--yes"]);
    let line = r#"{"create":"case","fields":{"subject":"家暴","secret":true,"handler":"other"}}"#;
    assert_eq!(desk.perform(line).0, 0);
    assert_ne!(desk.run(&["show", "BN-案-0001"]).status.code(), Some(0));
    let out = desk.done(&["export", "case"]);
    let list = desk.write("cases.csv", "编号,事由\nBN-案-0001,别的\n");
    let told = desk.run(&["import", "case", shown(&list)]);
    let told = String::from_utf8(told.stdout).unwrap() + &String::from_utf8(told.stderr).unwrap();
    assert!(!out.contains("家暴") && !told.contains("家暴"), "{out}\n{told}");
}

#[test]
fn a_back_link_does_not_tell_a_sensitive_field() {
    let station = visits();
    let case = made(&station, "case", &[("subject", "尘肺")]);
    made(&station, "visit", &[("what", "上门"), ("cause", "尘肺")]);
    let record = station.office.record(case).unwrap().unwrap();
    let told = station.office.pointing_at(&station.actor("volunteer"), &record);
    assert!(told.is_empty(), "the form shows ***: {told:?}");
}

#[test]
fn a_name_that_is_not_the_numbers_is_refused() {
    let station = station();
    stocked(&station);
    let loan = station.office.catalogue().kind("loan").unwrap();
    let typed = station.office.typed(loan.field("reader").unwrap(), "解文 BN-读-0001");
    assert!(typed.is_err(), "BN-读-0001 is 单静: {typed:?}");
}

#[test]
fn a_reference_is_found_by_the_field_its_pack_names() {
    let station = visits();
    let case = made(&station, "case", &[("subject", "纠纷"), ("alias", "老案")]);
    let visit = station.office.catalogue().kind("visit").unwrap();
    let typed = |text: &str| station.office.typed(visit.field("by_alias").unwrap(), text);
    assert_eq!(typed("老案"), Ok(Some(Value::Reference(case))));
    assert!(typed("纠纷").is_err());
}

#[test]
fn a_reference_that_is_gone_locks_nothing_else() {
    let station = station();
    let (_, book, loan) = stocked(&station);
    let volunteer = station.actor("volunteer");
    let other = station.office.numbered("BN-书-0002").unwrap();
    let to = Fields::from([("book".to_string(), Value::Reference(other))]);
    amend(&station, "volunteer", loan, to).unwrap();
    // Nothing points at the first book now; then the change of the loan is taken back.
    let undo = |id| station.office.perform(&volunteer, Command::Undo { id, seq: None });
    undo(book).unwrap();
    let undone = undo(loan);
    let step =
        Command::Move { id: loan, base: None, id_of_move: "lend".into(), answers: Answers::new() };
    let moved = station.office.perform(&volunteer, step);
    assert!(undone.is_err() || moved.is_ok(), "{undone:?} {moved:?}");
}

#[test]
fn undo_in_a_stream_takes_back_the_last_save() {
    let desk = Desk::new();
    desk.write("data/programs/lending.toml", PACK);
    desk.write("data/policy/lending.toml", RULES);
    desk.done(&["packs", "adopt", "--yes"]);
    let lines = |line: &dyn Fn(u32) -> String| (1..=20).map(line).collect::<String>();
    let made = lines(&|n| format!("{{\"create\":\"book\",\"fields\":{{\"title\":\"书{n}\"}}}}\n"));
    assert_eq!(desk.perform(&made).0, 0);
    let both = lines(&|n| {
        let amend = r#"{"amend":"BN-书-00XX","base":1,"fields":{"title":"改"}}"#;
        let undo = r#"{"undo":"BN-书-00XX"}"#;
        format!("{amend}\n{undo}\n").replace("XX", &format!("{n:02}"))
    });
    desk.perform(&both);
    let left = desk.done(&["export", "book"]).lines().count() - 1;
    assert_eq!(left, 20, "the others were withdrawn: the undo took back their making");
}

#[test]
fn packs_check_knows_what_packs_and_rules_name_of_each_other() {
    let desk = Desk::bare();
    let list = "[[kind.book.list]]\nid = \"law_books\"\ntitle = { zh = \"再\", en = \"again\" }\n";
    let rules = |fact: &str| {
        format!(
            "[[rule_set]]\nid = \"r\"\ntitle = {{ zh = \"甲\", en = \"a\" }}\ngives = \"verdict\"\n{fact}"
        )
    };
    let fact = "fact = [{ id = \"on\", unit = \"text\", field = \"no_such_field\", title = { zh = \"甲\", en = \"a\" } }]\n";
    let evaluates =
        |id: &str| PACK.replace("to = \"back\"", &format!("to = \"back\"\nevaluates = \"{id}\""));
    let mut passed = Vec::new();
    for (what, pack, policy) in [
        (
            "a list id twice",
            PACK.replace("[kind.loan]", &format!("{list}\n[kind.loan]")),
            String::new(),
        ),
        ("evaluates an unknown rule set", evaluates("no_such_rules"), String::new()),
        ("as_of no field", evaluates("r"), rules("as_of = \"no_such_field\"\n")),
        ("a fact of no field", evaluates("r"), rules(fact)),
        (
            "person leads to no person",
            PACK.replace("[kind.loan]", "[kind.loan]\nperson = \"book\""),
            String::new(),
        ),
        (
            "where names a record",
            PACK.replace("where = { state = \"open\" }", "where = { book = \"BN-书-0001\" }"),
            String::new(),
        ),
    ] {
        desk.write("own/programs/lending.toml", &pack);
        desk.write("own/policy/r.toml", &policy);
        desk.write("own/policy/lending.toml", RULES);
        if desk
            .yizhan(&["packs", "check", shown(&desk.file("own"))])
            .output()
            .unwrap()
            .status
            .success()
        {
            passed.push(what);
        }
    }
    assert!(passed.is_empty(), "nothing is said of: {passed:?}");
}
