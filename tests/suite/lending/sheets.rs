//! The sheet of a condition: shown for what the move will leave, worked out once however many look,
//! and at once anew when what it read has changed.

use super::{FILES, amended, loan, made, moves, refused_at_load, station, stocked};
use crate::insiders::{answers, make};
use crate::stage::Station;
use yizhan::office::Command;
use yizhan::policy::{LineResult, Overall};
use yizhan::record::{Clock, Fields, RecordId, Row, Value};

#[test]
fn it_counts_what_the_move_will_leave() {
    let station = station();
    stocked(&station);
    // One is out; with this one there will be two.
    let second = loan(&station, "单静", "电工手册");
    let number = station.office.record(second).unwrap().unwrap().number;
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer").press("F2").types(&number).press("Enter F7");
    desk.shows("连同这一册共 2 册");
}

#[test]
fn it_is_worked_out_once_until_what_it_read_changes() {
    let station = station();
    stocked(&station);
    let second = loan(&station, "单静", "电工手册");
    let record = station.office.record(second).unwrap().unwrap();
    let before = station.office.sheets_worked_out();
    let said = |station: &Station| {
        let sheet = station.office.sheet(&record, None, None).unwrap();
        (sheet.lines[0].said().zh.to_string(), sheet.outcome)
    };
    assert_eq!(said(&station).0, "连同这一册共 2 册，不超过 3 册。");
    for _ in 0..50 {
        said(&station);
    }
    // Screens of four sessions, each told that something changed.
    let mut desks: Vec<_> = (0..4).map(|_| station.session(120, 40)).collect();
    for desk in &mut desks {
        desk.signs_in("volunteer").press("F2").types(&record.number).press("Enter F7");
        desk.news().shows("连同这一册共 2 册");
    }
    assert_eq!(station.office.sheets_worked_out() - before, 1);
    // What it did not read changes: the facts are looked at, the rules are not applied again.
    made(&station, "book", &[("title", "急救手册")]);
    said(&station);
    assert_eq!(station.office.sheets_worked_out() - before, 1);
    // Somebody else's loan is no matter; one of the same reader is seen at once.
    let other = loan(&station, "解文", "急救手册");
    moves(&station, other, "lend").unwrap();
    let counted = station.office.sheets_worked_out();
    said(&station);
    assert_eq!(station.office.sheets_worked_out(), counted);
    for book in ["甲", "乙"] {
        made(&station, "book", &[("title", book)]);
        moves(&station, loan(&station, "单静", book), "lend").unwrap();
    }
    assert_eq!(said(&station), ("连同这一册共 4 册，超过 3 册。".to_string(), Overall::SuggestsNo));
    for desk in &mut desks {
        desk.news().shows("连同这一册共 4 册");
    }
}

/// The sentence of a line, and whether it holds.
fn line(station: &Station, loan: RecordId, id: &str) -> (String, LineResult) {
    let record = station.office.record(loan).unwrap().unwrap();
    let sheet = station.office.sheet(&record, None, None).unwrap();
    let line = sheet.lines.iter().find(|line| line.id == id).unwrap();
    (line.said().zh.to_string(), line.result)
}

#[test]
fn facts_are_fields_of_others_last_days_and_rows() {
    let station = station();
    let (_, _, first) = stocked(&station);
    // A field of the book it leads to; one that says nothing of it is not refused.
    let inside = loan(&station, "解文", "工会法读本");
    let (said, result) = line(&station, inside, "L-HOUSE");
    assert_eq!((said.as_str(), result), ("这本书只在馆内阅览。", LineResult::NotMet));
    assert!(moves(&station, inside, "lend").unwrap_err().message.zh.contains("只在馆内"));
    let second = loan(&station, "单静", "电工手册");
    assert_eq!(line(&station, second, "L-HOUSE").1, LineResult::Met);
    // The last day of a measure: none so far; then the 17th.
    assert_eq!(line(&station, second, "L-DAYS").0, "上次归还 ？，这次 2025-10-15 借出。");
    let good = Fields::from([("back_in".to_string(), Value::Choice("good".into()))]);
    amended(&station, first, good).unwrap();
    station.clock.set(station.clock.now() + chrono::TimeDelta::days(2));
    let desk = station.actor("volunteer");
    let on = answers(&[("date", Value::Date(station.office.today()))]);
    make(&station, &desk, first, "bring_back", on).unwrap();
    let (said, result) = line(&station, second, "L-DAYS");
    assert_eq!(said, "上次归还 2025-10-17，借出日期 2025-10-15 在它之前。");
    assert_eq!(result, LineResult::NotMet);
    // The book's record says otherwise: seen at once.
    let book = station.office.typed(
        station.office.catalogue().kind("loan").unwrap().field("book").unwrap(),
        "工会法读本",
    );
    let book = book.unwrap().unwrap().as_reference().unwrap();
    amended(&station, book, Fields::from([("lendable".to_string(), Value::YesNo(true))])).unwrap();
    assert_eq!(line(&station, inside, "L-HOUSE").1, LineResult::Met);
    // Rows: how many, and what they say.
    assert_eq!(line(&station, inside, "L-EXTRAS").0, "附件 0 件：。");
    let row = |note: &str| Row {
        id: 0,
        fields: Fields::from([("note".to_string(), Value::Text(note.into()))]),
    };
    let rows = vec![row("光盘"), row("图纸")];
    let add = Command::AddRows { id: inside, table: "with".into(), rows };
    station.office.perform(&station.actor("volunteer"), add).unwrap();
    let (said, result) = line(&station, inside, "L-EXTRAS");
    assert_eq!((said.as_str(), result), ("附件 2 件：光盘、图纸。", LineResult::Met));
}

/// What a fact names and is not there is told where it is written, before anything is decided by it.
#[test]
fn a_fact_of_nothing_is_refused_at_load() {
    let wrongs = [
        ("field = \"book.lendable\"", "field = \"book.lendible\"", "没有字段“book.lendible”"),
        ("field = \"book.lendable\"", "field = \"book.shelf.x\"", "没有字段“book.shelf.x”"),
        (
            "rows = \"with\", list = \"note\"",
            "rows = \"with\", list = \"other\"",
            "没有合适的列“other”",
        ),
        ("rows = \"with\", list = \"note\"", "rows = \"with\"", "之一"),
        ("unit = \"date\", measure", "unit = \"count\", measure", "单位写 date"),
        ("year(lent)", "year(extras)", "这里应是日期，现在是整数"),
        ("lendable.given", "lendible.given", "lendible"),
    ];
    refused_at_load(&FILES, "policy/lending.toml", &wrongs);
}
