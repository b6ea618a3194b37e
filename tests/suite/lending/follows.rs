//! What moves bring about, all or nothing: slips made, rows added, fields set, and taken back whole.

use super::{PACK, RULES, amended, loan, made, moves, returned, station, stocked};
use crate::cli::{Desk, shown, text};
use crate::stage::Station;
use std::collections::BTreeMap;
use yizhan::office::{Command, Queue, RefusalKind};
use yizhan::record::{Clock, Fields, Record, RecordId, Value};

fn all(station: &Station, kind: &str) -> Vec<RecordId> {
    let queue = Queue::OfKind(kind.into());
    let listed = station.office.list(&station.actor("supervisor"), &queue, 0, 100);
    listed.lines.iter().map(|line| line.id).collect()
}

fn record(station: &Station, id: RecordId) -> Record {
    station.office.record(id).unwrap().unwrap()
}

fn undone(station: &Station, id: RecordId) -> Result<(), yizhan::office::Refusal> {
    let command = Command::Undo { id, seq: None };
    station.office.perform(&station.actor("volunteer"), command).map(|_| ())
}

#[test]
fn lending_makes_a_slip_and_notes_it_down_in_the_same_entry() {
    let station = station();
    let (reader, _, loan) = stocked(&station);
    let slips = all(&station, "slip");
    assert_eq!(slips.len(), 1);
    let slip = record(&station, slips[0]);
    assert_eq!(slip.get("loan"), Some(&Value::Reference(loan)));
    assert_eq!(slip.get("reader"), Some(&Value::Reference(reader)));
    assert_eq!(slip.text("due_note"), "三十日内归还");
    let lent = record(&station, loan);
    let rows = lent.get("handled").unwrap().rows();
    assert_eq!(rows[0].fields.get("what"), Some(&Value::Text("借出".into())));
    assert_eq!(rows[0].fields.get("on"), lent.get("lent_on"));
    let last = |kind: &str, id| {
        let events = station.office.history(&station.actor("supervisor"), kind, id).unwrap();
        events[0].seq
    };
    assert_eq!(last("slip", slips[0]), last("loan", loan), "one entry for both");
    // Nobody makes one by hand, and nobody is offered to.
    let refused = super::make(&station, "slip", &[]).unwrap_err();
    assert_eq!(refused.kind, RefusalKind::Forbidden);
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer").hides("借书单").press("F3").shows("借阅").hides("借书单");
    desk.press("Esc F2").types("劳动合同法释义").press("Enter").shows("所借图书");
}

#[test]
fn a_return_makes_one_slip_and_one_for_each_row_and_sets_its_day() {
    let station = station();
    stocked(&station);
    let book = made(&station, "book", &[("title", "劳动法手册")]);
    let mut fields = Fields::new();
    let row = |note: &str| yizhan::record::Row {
        id: 0,
        fields: Fields::from([
            ("other".to_string(), Value::Reference(book)),
            ("note".to_string(), Value::Text(note.into())),
        ]),
    };
    fields.insert("with".into(), Value::Table(vec![row("光盘"), row("图纸")]));
    let id = loan(&station, "解文", "电工手册");
    amended(&station, id, fields).unwrap();
    moves(&station, id, "lend").unwrap();
    returned(&station, id);
    let back = record(&station, id);
    assert_eq!(back.state, "back");
    // Nobody answered the day: the field stays empty, the slip has its default.
    assert_eq!(back.get("came_back"), None);
    let slip = record(&station, all(&station, "return_slip")[0]);
    assert_eq!(slip.get("condition"), Some(&Value::Choice("good".into())));
    assert_eq!(slip.get("on"), Some(&Value::Date(station.office.today())));
    let extras: Vec<Record> =
        all(&station, "extra_back").into_iter().map(|id| record(&station, id)).collect();
    let mut notes: Vec<&str> = extras.iter().map(|extra| extra.text("note")).collect();
    notes.sort_unstable();
    assert_eq!(notes, ["光盘", "图纸"]);
    assert!(extras.iter().all(|extra| extra.get("other") == Some(&Value::Reference(book))));
    // What is closed is taken back by nobody, from none of its records.
    for id in [id, slip.id, extras[0].id] {
        undone(&station, id).unwrap_err();
    }
}

#[test]
fn a_save_is_taken_back_whole_or_not_at_all() {
    let station = station();
    let (_, _, loan) = stocked(&station);
    let slip = all(&station, "slip")[0];
    let found = station.office.undoable(&station.actor("volunteer"), loan).unwrap();
    assert_eq!(found.others.len(), 1);
    assert!(found.others[0].withdraws && found.others[0].number.contains("单"));
    // From the slip's page it is the same save.
    undone(&station, slip).unwrap();
    assert_eq!(record(&station, loan).state, "asked");
    assert_eq!(record(&station, loan).get("handled"), None);
    assert!(all(&station, "slip").is_empty());
    // Lent again, and the slip corrected: the two no longer go together.
    moves(&station, loan, "lend").unwrap();
    let slip = all(&station, "slip")[0];
    let fields = BTreeMap::from([("due_note".to_string(), Some(Value::Text("六十日".into())))]);
    let base = record(&station, slip).revision;
    let amend = Command::Amend { id: slip, base, fields, reason: None };
    station.office.perform(&station.actor("volunteer"), amend).unwrap();
    let number = record(&station, slip).number;
    let refused = undone(&station, loan).unwrap_err();
    assert!(refused.message.zh.contains(&number), "{refused:?}");
    assert_eq!(record(&station, loan).state, "open");
    // Its correction taken back, the whole save can be.
    undone(&station, slip).unwrap();
    undone(&station, loan).unwrap();
    assert!(all(&station, "slip").is_empty());
    // By keys: what goes with it is told before.
    moves(&station, loan, "lend").unwrap();
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer").press("F2").types(&record(&station, loan).number);
    desk.press("Enter u").shows("同一次保存新建的借书单").press("Enter").shows("已撤销");
    let report = station.office.verify(None).unwrap();
    assert!(report.ok, "{report:?}");
}

#[test]
fn what_follows_is_checked_where_it_is_written() {
    let desk = Desk::bare();
    desk.write("own/policy/lending.toml", RULES);
    let wrong = |from: &str, to: &str, told: &str| {
        assert!(PACK.contains(from), "{from}");
        desk.write("own/programs/lending.toml", &PACK.replacen(from, to, 1));
        let output = desk.run(&["packs", "check", shown(&desk.file("own"))]);
        assert!(!output.status.success(), "nothing is said of {to}");
        let out = text(&output.stdout) + &text(&output.stderr);
        assert!(out.contains(told), "no {told:?} in {out}");
    };
    wrong("make = \"slip\"", "make = \"slipp\"", "slip");
    wrong("loan = \"self\", reader = \"reader\"", "loan = \"self\", reader = \"book\"", "类型不同");
    wrong("loan = \"self\", reader", "loan = \"reader\", reader", "类型不同");
    wrong("reader = \"reader\", due", "reader = \"self\", due", "self");
    wrong("due_note = \"'三十日内归还'\"", "due_not = \"'x'\"", "due_not");
    wrong("due_note = \"'三十日内归还'\"", "due_note = \"三十日\"", "单引号");
    wrong("each = \"with\"", "each = \"reader\"", "表格");
    wrong(
        "row = \"handled\", with = { what = \"'借出'\"",
        "row = \"handled\", with = { wat = \"'借出'\"",
        "wat",
    );
    wrong("set = { came_back", "set = { came_bac", "came_bac");
    wrong("condition = \"back_in\", on", "condition = \"'nix'\", on", "nix");
}

#[test]
fn a_step_has_its_own_key_and_its_questions_choose_records() {
    let station = station();
    let (_, _, loan) = stocked(&station);
    let other = all(&station, "reader").len();
    let fields = Fields::from([("back_in".to_string(), Value::Choice("good".into()))]);
    amended(&station, loan, fields).unwrap();
    station.clock.set(station.clock.now() + chrono::TimeDelta::days(2));
    let number = record(&station, loan).number;
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer").press("F2").types(&number).press("Enter c").shows("由谁带回");
    desk.press("Tab F3").shows("读者：").types("K-0008").press("Enter").shows("解文 BN-读-0002");
    desk.press("F10").shows("已还");
    let back = record(&station, loan);
    let brought = back.moves.last().unwrap().answers.get("brought_by");
    let named = brought.and_then(Value::as_reference).unwrap();
    assert_eq!(record(&station, named).text("name"), "解文");
    assert_eq!(all(&station, "reader").len(), other, "nobody was made for it");
    // Keys that mean something else already are refused where they are written.
    let desk = Desk::bare();
    desk.write("own/policy/lending.toml", RULES);
    desk.write("own/programs/lending.toml", &PACK.replace("key = \"c\"", "key = \"w\""));
    let output = desk.run(&["packs", "check", shown(&desk.file("own"))]);
    assert!(!output.status.success() && text(&output.stdout).contains("a r d c"), "{output:?}");
}

/// A field is moved on and the one it came from emptied, in one step; the undo brings both back.
#[test]
fn a_step_empties_a_field() {
    let field = "  { id = \"came_back\", type = \"date\"";
    let wish = "  { id = \"wish\", type = \"reference\", kind = \"book\", title = { zh = \"想换\", en = \"Wish\" } },\n";
    let swap = r#"
[[kind.loan.workflow.move]]
id = "swap"
title = { zh = "换书", en = "Swap" }
from = "asked"
to = "asked"
by = ["volunteer"]
key = "s"
then = [ { set = { book = "wish" } }, { set = { wish = "nothing" } } ]

[[kind.loan.list]]
"#;
    let pack = PACK.replacen(field, &format!("{wish}{field}"), 1).replacen(
        "\n[[kind.loan.list]]\n",
        swap,
        1,
    );
    let files = [("programs/lending.toml", &*pack), ("policy/lending.toml", RULES)];
    let station = Station::with_files(&files);
    let skill = {
        stocked(&station);
        made(&station, "book", &[("title", "急救手册")])
    };
    let id = loan(&station, "解文", "电工手册");
    let before = record(&station, id).get("book").cloned();
    let wished = Fields::from([("wish".to_string(), Value::Reference(skill))]);
    amended(&station, id, wished).unwrap();
    moves(&station, id, "swap").unwrap();
    let swapped = record(&station, id);
    assert_eq!(swapped.get("book"), Some(&Value::Reference(skill)));
    assert_eq!((swapped.get("wish"), swapped.state.as_str()), (None, "asked"));
    undone(&station, id).unwrap();
    let back = record(&station, id);
    assert_eq!(back.get("book").cloned(), before);
    assert_eq!(back.get("wish"), Some(&Value::Reference(skill)));
    // What is required is not emptied.
    let wrong = [("wish = \"nothing\"", "book = \"nothing\"", "“book”必填，不能写 nothing")];
    super::refused_at_load(&files, "programs/lending.toml", &wrong);
}
