//! What an insider cannot do: the table of the trust page, each attack tried as the person of its
//! row against the built binary.

mod accounts;
mod approvals;
mod decisions;
mod doors;
mod evidence;
mod machine;
mod packs;
mod passwords;
mod random;
mod seen;
mod strangers;
mod verdicts;

use crate::furnished::{EXCLUSIONS, id_number};
use crate::stage::Station;
use yizhan::office::{Actor, Answers, Command, Receipt, Refusal};
use yizhan::program::PERSON;
use yizhan::record::{Fields, PaperState, RecordId, Row, Value};

/// A draft file of somebody who lives alone, with every paper and consent: 1,000 yuan of rigid
/// expense, and an income in fen. Where it is not `checked`, exclusions stand open.
pub fn file(station: &Station, by: &Actor, seed: u32, income: i64, checked: bool) -> RecordId {
    let text = |text: &str| Value::Text(text.into());
    let head = Fields::from([
        ("name".to_string(), text(&format!("甲{}", char::from_u32(0x4e00 + seed).unwrap()))),
        ("id_number".to_string(), text(&id_number(seed))),
    ]);
    let head = Command::Create { kind: PERSON.into(), fields: head, number: None, step: None };
    let head = station.office.perform(by, head).unwrap().id.unwrap();
    let consent = |group: &str| Row {
        id: 0,
        fields: Fields::from([
            ("group".to_string(), Value::Choice(group.into())),
            ("version".to_string(), text("2025-1")),
            ("signed_on".to_string(), Value::Date(station.office.today())),
        ]),
    };
    let groups = ["household-finance", "publicity", "means-check", "bank", "health"];
    let received = |code: &str| (code.to_string(), PaperState::Received);
    let papers = vec![received("wage_record"), received("medical_receipts")];
    let mut fields = Fields::from([
        ("head".to_string(), Value::Reference(head)),
        ("annual_income".to_string(), Value::Money(income)),
        ("rigid_expense".to_string(), Value::Money(100_000)),
        ("household_size".to_string(), Value::Integer(1)),
        ("main_cause".to_string(), Value::Choice("6".into())),
        ("dwellings".to_string(), Value::Integer(1)),
        ("unit_has_union".to_string(), Value::YesNo(true)),
        ("union_member".to_string(), Value::YesNo(true)),
        ("is_migrant".to_string(), Value::YesNo(false)),
        ("accident".to_string(), Value::YesNo(false)),
        ("papers".to_string(), Value::Papers(papers)),
        ("consents".to_string(), Value::Table(groups.into_iter().map(consent).collect())),
    ]);
    for field in EXCLUSIONS {
        let code = if checked { "none" } else { "unchecked" };
        fields.insert(field.into(), Value::Choice(code.into()));
    }
    let create = Command::Create { kind: "hardship_file".into(), fields, number: None, step: None };
    station.office.perform(by, create).unwrap().id.unwrap()
}

/// Answers by question.
pub fn answers(pairs: &[(&str, Value)]) -> Answers {
    pairs.iter().map(|(id, value)| ((*id).to_string(), value.clone())).collect()
}

/// Makes a step of a file.
pub fn make(
    station: &Station,
    who: &Actor,
    id: RecordId,
    step: &str,
    answers: Answers,
) -> Result<Receipt, Refusal> {
    let command = Command::Move { id, base: None, id_of_move: step.into(), answers };
    station.office.perform(who, command)
}

/// Today at the station.
pub fn today(station: &Station) -> Value {
    Value::Date(station.office.today())
}

/// What is answered of a home visit made today.
pub fn visit(station: &Station) -> Answers {
    let text = |text: &str| Value::Text(text.into());
    answers(&[
        ("visitor", text("周丽")),
        ("second_visitor", text("陈静")),
        ("visit_date", today(station)),
        ("findings", text("属实")),
    ])
}
