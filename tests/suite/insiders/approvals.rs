//! Nobody decides alone on the whole way of a file: in one process, on a clock of its own, since
//! the waits of law take days.

use crate::insiders::{answers, file, make, today, visit};
use crate::stage::Station;
use std::collections::BTreeMap;
use std::time::Duration;
use yizhan::office::{Actor, Answers, Command, Receipt, Refusal, RefusalKind};
use yizhan::policy::Overall;
use yizhan::record::{Clock, RecordId, TAKEN_BACK, Value};

struct Way<'s> {
    station: &'s Station,
    file: RecordId,
}

impl Way<'_> {
    fn step(&self, who: &Actor, id: &str, answers: Answers) -> Result<Receipt, Refusal> {
        make(self.station, who, self.file, id, answers)
    }

    fn state(&self) -> String {
        self.station.office.record(self.file).unwrap().unwrap().state
    }

    /// To the public notice: accepted by one, the rest by the other.
    fn to_notice(&self, first: &Actor, second: &Actor) {
        let station = self.station;
        self.step(first, "accept", Answers::new()).unwrap();
        self.step(&station.actor("volunteer"), "record_visit", visit(station)).unwrap();
        self.step(second, "start_means_check", answers(&[("sent_on", today(station))])).unwrap();
        let agrees = answers(&[("result", Value::Choice("agrees".into()))]);
        self.step(second, "means_check_back", agrees).unwrap();
        self.step(second, "appraise", Answers::new()).unwrap();
        self.step(second, "post_notice", answers(&[("posted_on", today(station))])).unwrap();
    }
}

/// A station whose file waits; how it is declared decides what the sheet suggests.
fn with_file(income: i64, checked: bool) -> (Station, RecordId) {
    let station = Station::new();
    station.second();
    let desk = station.actor("volunteer");
    let file = file(&station, &desk, 1, income, checked);
    make(&station, &desk, file, "submit", Answers::new()).unwrap();
    (station, file)
}

#[test]
fn accept_and_approve_are_two_accounts_and_no_wait_is_typed_shorter() {
    let (station, file) = with_file(900_000, true);
    let (one, two) = (station.actor("supervisor"), station.second());
    let way = Way { station: &station, file };
    way.to_notice(&one, &two);
    // A notice said to hang since before it was posted here: from the day of entry it waits.
    let early = way.step(&two, "notice_over", Answers::new()).unwrap_err();
    assert_eq!(early.kind, RefusalKind::Forbidden);
    // Five working days from 2025-10-15 end on the 22nd.
    station.clock.set("2025-10-22T09:00:00Z".parse().unwrap());
    way.step(&two, "notice_over", Answers::new()).unwrap_err();
    station.clock.set("2025-10-23T01:00:00Z".parse().unwrap());
    way.step(&two, "notice_over", Answers::new()).unwrap();
    let deep = answers(&[("category", Value::Choice("deep".into()))]);
    let alone = way.step(&one, "approve", deep.clone()).unwrap_err();
    assert_eq!(alone.kind, RefusalKind::Forbidden);
    way.step(&two, "approve", deep).unwrap();
    assert_eq!(way.state(), "on_file");
}

#[test]
fn a_notice_typed_back_waits_from_the_day_it_was_entered() {
    let (station, file) = with_file(900_000, true);
    let (one, two) = (station.actor("supervisor"), station.second());
    let way = Way { station: &station, file };
    way.step(&one, "accept", Answers::new()).unwrap();
    way.step(&station.actor("volunteer"), "record_visit", visit(&station)).unwrap();
    way.step(&two, "start_means_check", answers(&[("sent_on", today(&station))])).unwrap();
    let agrees = answers(&[("result", Value::Choice("agrees".into()))]);
    way.step(&two, "means_check_back", agrees).unwrap();
    way.step(&two, "appraise", Answers::new()).unwrap();
    // Two weeks later: "it has hung since the 16th".
    station.clock.set("2025-10-30T01:00:00Z".parse().unwrap());
    let back = answers(&[("posted_on", Value::Date("2025-10-16".parse().unwrap()))]);
    let told = way.step(&two, "post_notice", back.clone()).unwrap_err();
    assert_eq!(told.field, "reason", "an entry made afterwards says why: {told:?}");
    let mut reasoned = back;
    reasoned.insert("reason".into(), Value::Text("断网，纸上先贴了".into()));
    way.step(&two, "post_notice", reasoned).unwrap();
    way.step(&two, "notice_over", Answers::new()).unwrap_err();
    let record = station.office.record(file).unwrap().unwrap();
    assert!(record.moves.last().unwrap().afterwards);
    // Five working days from 2025-10-30 end on 2025-11-06.
    station.clock.set("2025-11-06T09:00:00Z".parse().unwrap());
    way.step(&two, "notice_over", Answers::new()).unwrap_err();
    station.clock.set("2025-11-07T01:00:00Z".parse().unwrap());
    way.step(&two, "notice_over", Answers::new()).unwrap();
}

#[test]
fn nobody_approves_in_silence() {
    // 13,000 − 0 yuan of one person: far above 1.5 × 770 a month; the sheet suggests no.
    let (station, file) = with_file(3_000_000, true);
    let (one, two) = (station.actor("supervisor"), station.second());
    let way = Way { station: &station, file };
    let record = station.office.record(file).unwrap().unwrap();
    assert_eq!(station.office.sheet(&record, None, None).unwrap().outcome, Overall::SuggestsNo);
    way.to_notice(&one, &two);
    station.clock.set("2025-10-23T01:00:00Z".parse().unwrap());
    way.step(&two, "notice_over", Answers::new()).unwrap();
    let mut verdict = answers(&[("category", Value::Choice("deep".into()))]);
    assert_eq!(way.step(&two, "approve", verdict.clone()).unwrap_err().field, "clause");
    verdict.insert("clause".into(), Value::Text("pingdingshan/deep".into()));
    assert_eq!(way.step(&two, "approve", verdict.clone()).unwrap_err().field, "reason");
    verdict.insert("reason".into(), Value::Text("是我表弟".into()));
    assert!(way.step(&two, "approve", verdict.clone()).unwrap().waits);
    assert_eq!(way.state(), "to_approve");
    way.step(&two, "approve", verdict.clone()).unwrap_err();
    // Another category is another proposal, and waits too.
    let mut other = verdict.clone();
    other.insert("category".into(), Value::Choice("relative".into()));
    assert!(way.step(&two, "approve", other.clone()).unwrap().waits);
    assert_eq!(way.state(), "to_approve");
    other.insert("reason".into(), Value::Text("复核同意".into()));
    assert!(!way.step(&one, "approve", other).unwrap().waits);
    let record = station.office.record(file).unwrap().unwrap();
    let made = record.moves.last().unwrap();
    assert_eq!(
        (record.state.as_str(), made.proposed_by.as_deref()),
        ("on_file", Some("supervisor2"))
    );
    assert!(!made.against.is_empty() && made.sheet.is_some());
}

#[test]
fn a_colleagues_proposal_opens_no_way_to_decide_alone() {
    // (13,000 − 1,000) ÷ 12 = 1,000 yuan: the sheet says relative.
    let (station, file) = with_file(1_300_000, true);
    let (one, two) = (station.actor("supervisor"), station.second());
    let way = Way { station: &station, file };
    way.to_notice(&one, &two);
    station.clock.set("2025-10-23T01:00:00Z".parse().unwrap());
    way.step(&two, "notice_over", Answers::new()).unwrap();
    let mut deep = answers(&[("category", Value::Choice("deep".into()))]);
    deep.insert("clause".into(), Value::Text("pingdingshan/deep".into()));
    deep.insert("reason".into(), Value::Text("药费仍在增加".into()));
    assert!(way.step(&two, "approve", deep).unwrap().waits);
    // Whoever passed the first review may second that, and nothing else: neither the advice …
    let relative = answers(&[("category", Value::Choice("relative".into()))]);
    assert_eq!(way.step(&one, "approve", relative).unwrap_err().kind, RefusalKind::Forbidden);
    // … nor another departure of their own.
    let mut accident = answers(&[("category", Value::Choice("accident".into()))]);
    accident.insert("clause".into(), Value::Text("pingdingshan/deep".into()));
    accident.insert("reason".into(), Value::Text("意外".into()));
    assert_eq!(way.step(&one, "approve", accident).unwrap_err().kind, RefusalKind::Forbidden);
    assert_eq!(way.state(), "to_approve");
}

#[test]
fn a_means_check_that_differs_is_not_passed_over() {
    let (station, file) = with_file(900_000, true);
    let (one, two) = (station.actor("supervisor"), station.second());
    let way = Way { station: &station, file };
    way.step(&one, "accept", Answers::new()).unwrap();
    way.step(&station.actor("volunteer"), "record_visit", visit(&station)).unwrap();
    way.step(&one, "start_means_check", answers(&[("sent_on", today(&station))])).unwrap();
    // What the check found is beside what was declared, and whoever found it is an author.
    let found = answers(&[
        ("result", Value::Choice("differs".into())),
        ("annual_income", Value::Money(1_300_000)),
    ]);
    way.step(&one, "means_check_back", found).unwrap();
    let record = station.office.record(file).unwrap().unwrap();
    assert_eq!(record.get("annual_income"), Some(&Value::Money(900_000)));
    let sheet = station.office.sheet(&record, None, None).unwrap();
    // (13,000 − 1,000) ÷ 12 = 1,000 yuan: no longer below 770, still within 1,155.
    assert_eq!(sheet.category.as_deref(), Some("relative"));
    let refused = way.step(&one, "appraise", Answers::new()).unwrap_err();
    assert_eq!(refused.kind, RefusalKind::Forbidden);
    way.step(&two, "appraise", Answers::new()).unwrap();
    way.step(&two, "post_notice", answers(&[("posted_on", today(&station))])).unwrap();
    station.clock.set("2025-10-23T01:00:00Z".parse().unwrap());
    way.step(&two, "notice_over", Answers::new()).unwrap();
    let verdict = answers(&[("category", Value::Choice("relative".into()))]);
    let refused = way.step(&two, "approve", verdict).unwrap_err();
    assert!(refused.message.zh.contains("核对"), "{refused:?}");
}

#[test]
fn decisions_from_above_are_entered_by_one_and_confirmed_by_another() {
    let (station, file) = with_file(900_000, true);
    let (one, two) = (station.actor("supervisor"), station.second());
    let way = Way { station: &station, file };
    way.to_notice(&one, &one);
    station.clock.set("2025-10-23T01:00:00Z".parse().unwrap());
    way.step(&one, "notice_over", Answers::new()).unwrap();
    let text = |text: &str| Value::Text(text.into());
    let paper = answers(&[
        ("union", text("巴南区总工会")),
        ("document", text("巴工帮〔2025〕9号")),
        ("decided_on", Value::Date("2025-10-23".parse().unwrap())),
        ("category", Value::Choice("deep".into())),
    ]);
    way.step(&one, "enter_approval", paper).unwrap();
    // Not by who entered it, nor by an author of the file.
    way.step(&one, "confirm_above", Answers::new()).unwrap_err();
    way.step(&station.actor("volunteer"), "confirm_above", Answers::new()).unwrap_err();
    way.step(&two, "confirm_above", Answers::new()).unwrap();
    assert_eq!(way.state(), "on_file");
}

#[test]
fn what_is_undone_stays_in_the_record() {
    let (station, file) = with_file(900_000, true);
    let desk = station.actor("volunteer");
    let undo = Command::Undo { id: file, seq: None };
    station.office.perform(&desk, undo.clone()).unwrap();
    let record = station.office.record(file).unwrap().unwrap();
    assert_eq!(record.state, "draft");
    let moves: Vec<&str> = record.moves.iter().map(|made| made.id.as_str()).collect();
    assert_eq!(moves, ["submit", TAKEN_BACK]);
    assert!(record.standing().is_empty() && record.entered() == record.created);
    // As a draft it is open again.
    let fields = BTreeMap::from([("remarks".to_string(), Some(Value::Text("补充".into())))]);
    let (base, reason) = (record.revision, None);
    station.clock.set(station.clock.now() + Duration::from_mins(1));
    station.office.perform(&desk, Command::Amend { id: file, base, fields, reason }).unwrap();
}
