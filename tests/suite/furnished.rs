//! A station with people and files in it, for tests of screens.

use crate::counter::{fills_and_submits, registers};
use crate::stage::Station;
use std::time::Duration;
use yizhan::office::{Answers, Command};
use yizhan::program::PERSON;
use yizhan::record::{Clock, Fields, RecordId, Value};

/// An identity number of a place that does not exist.
pub fn id_number(seed: u32) -> String {
    let (year, month, day) = (1960 + seed % 40, 1 + seed % 12, 1 + seed % 28);
    checked(&format!("500199{year:04}{month:02}{day:02}{:03}", seed % 1000))
}

/// The first 17 digits of an identity number with the check digit (GB 11643: weights 2^(18-i)
/// mod 11).
pub fn checked(stem: &str) -> String {
    let weighed = stem.bytes().enumerate().map(|(at, digit)| {
        u32::from(digit - b'0') * (2u32.pow(17 - u32::try_from(at).unwrap()) % 11)
    });
    let check = "10X98765432".as_bytes()[(weighed.sum::<u32>() % 11) as usize];
    format!("{stem}{}", char::from(check))
}

/// The exclusions of a hardship file, each a question of evidence.
pub const EXCLUSIONS: [&str; 7] = [
    "has_vehicle",
    "business_premises",
    "employs_others",
    "high_fee_schooling",
    "controls_company",
    "refuses_investigation",
    "refuses_work",
];

/// People whose files wait for review beside that of 欧阳靖雯.
pub const OTHERS: [&str; 3] = ["单静", "解文", "区小红"];

/// A station where 欧阳靖雯's file was typed at the desk and submitted, and three more wait.
pub fn station() -> Station {
    let station = Station::new();
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer");
    registers(&mut desk);
    fills_and_submits(&mut desk);
    for (at, name) in (20..).zip(OTHERS) {
        // Each a minute later, so that what is made has an order.
        station.clock.set(station.clock.now() + Duration::from_mins(1));
        let head = person(&station, name, at);
        files_for(&station, head);
    }
    station
}

/// Submits a file like that of 欧阳靖雯 for somebody.
pub fn files_for(station: &Station, head: RecordId) -> RecordId {
    let file = found(station, "欧阳靖雯", "hardship_file");
    let mut fields = station.office.record(file).unwrap().unwrap().fields;
    fields.remove("members");
    fields.insert("household_size".into(), Value::Integer(3));
    fields.insert("head".into(), Value::Reference(head));
    submitted(station, fields)
}

/// Registers somebody.
pub fn person(station: &Station, name: &str, seed: u32) -> RecordId {
    let fields = Fields::from([
        ("name".to_string(), Value::Text(name.into())),
        ("id_number".to_string(), Value::Text(id_number(seed))),
        ("phone".to_string(), Value::Text(format!("1380013{:04}", 8000 + seed))),
    ]);
    let command = Command::Create { kind: PERSON.into(), fields, number: None, step: None };
    station.office.perform(&station.actor("volunteer"), command).unwrap().id.unwrap()
}

fn submitted(station: &Station, fields: Fields) -> RecordId {
    let desk = station.actor("volunteer");
    let command =
        Command::Create { kind: "hardship_file".into(), fields, number: None, step: None };
    let id = station.office.perform(&desk, command).unwrap().id.unwrap();
    let command =
        Command::Move { id, base: None, id_of_move: "submit".into(), answers: Answers::new() };
    station.office.perform(&desk, command).unwrap();
    id
}

/// Somebody registered who has no file yet.
pub const NEWCOMER: &str = "田甜";

/// The same station with [`NEWCOMER`] in it.
pub fn station_with_newcomer() -> Station {
    let station = station();
    person(&station, NEWCOMER, 60);
    station
}

/// The record of a kind somebody's name leads to.
pub fn found(station: &Station, name: &str, kind: &str) -> RecordId {
    let hits = station.office.search(&station.admin, name, Some(kind), 5).unwrap();
    hits.first().unwrap_or_else(|| panic!("{name} is not found")).id
}
