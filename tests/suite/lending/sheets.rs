//! The sheet of a condition: shown for what the move will leave, worked out once however many look,
//! and at once anew when what it read has changed.

use super::{loan, made, moves, station, stocked};
use yizhan::policy::Overall;

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
    let said = |station: &crate::stage::Station| {
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
