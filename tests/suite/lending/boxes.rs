//! Rules put to each row of a box of books, what only should hold, and what a box scores.

use super::{PACK, RULES, amended, made, moves, refused_at_load};
use crate::insiders::{answers, make};
use crate::stage::{PASSWORD, Station};
use std::sync::Arc;
use yizhan::office::{Actor, Answers, Command, Office, Refusal, RefusalKind, Sources};
use yizhan::policy::{DecisionSheet, LineResult, Overall};
use yizhan::record::{Fields, FixedClock, PaperState, RecordId, Row, Value};
use yizhan::store::{Op, Secret};

const BOXES: &str = include_str!("../../fixtures/lending/boxes.toml");
const BOX_RULES: &str = include_str!("../../fixtures/lending/box_rules.toml");

const FILES: [(&str, &str); 4] = [
    ("programs/lending.toml", PACK),
    ("policy/lending.toml", RULES),
    ("programs/boxes.toml", BOXES),
    ("policy/boxes.toml", BOX_RULES),
];

fn station() -> Station {
    Station::with_files(&FILES)
}

fn book(station: &Station, title: &str, shelf: &str) -> RecordId {
    made(station, "book", &[("title", title), ("shelf", shelf)])
}

fn line(book: RecordId, copies: i64, more: &[(&str, Value)]) -> Row {
    let mut fields = Fields::from([
        ("book".to_string(), Value::Reference(book)),
        ("copies".to_string(), Value::Integer(copies)),
        ("packed".to_string(), Value::YesNo(true)),
    ]);
    fields.extend(more.iter().map(|(id, value)| ((*id).to_string(), value.clone())));
    Row { id: 0, fields }
}

fn filled(station: &Station, rows: Vec<Row>) -> RecordId {
    let fields = Fields::from([
        ("team".to_string(), Value::Text("焊接班".into())),
        ("urgent".to_string(), Value::YesNo(false)),
    ]);
    let create = Command::Create { kind: "box".into(), fields, number: None, step: None };
    let id = station.office.perform(&station.actor("volunteer"), create).unwrap().id.unwrap();
    let add = Command::AddRows { id, table: "lines".into(), rows };
    station.office.perform(&station.actor("volunteer"), add).unwrap();
    id
}

fn sheet(station: &Station, id: RecordId) -> DecisionSheet {
    let record = station.office.record(id).unwrap().unwrap();
    station.office.sheet(&record, None, None).unwrap()
}

fn refused(station: &Station, id: RecordId, step: &str) -> Refusal {
    moves(station, id, step).unwrap_err()
}

/// Row, line and result of a sheet.
fn results(sheet: &DecisionSheet) -> Vec<(u32, &str, LineResult)> {
    sheet.lines.iter().map(|line| (line.row.unwrap(), line.id.as_str(), line.result)).collect()
}

#[test]
fn rules_are_put_to_each_row_with_its_neighbours_counted() {
    let station = station();
    let (law, skill) = (book(&station, "工会法读本", "law"), book(&station, "焊工手册", "skill"));
    // Each line alone is within ten; both of one book together are not.
    let id = filled(&station, vec![line(law, 5, &[]), line(skill, 5, &[]), line(law, 6, &[])]);
    use LineResult::{Met, NotAsked, NotMet};
    let seen = sheet(&station, id);
    assert_eq!(
        results(&seen),
        [
            (1, "B-HOUSE", Met),
            (1, "B-MOST", NotMet),
            (1, "B-FEW", Met),
            (1, "B-NOVEL", NotAsked),
            (2, "B-HOUSE", Met),
            (2, "B-MOST", Met),
            (2, "B-FEW", Met),
            (2, "B-NOVEL", NotAsked),
            (3, "B-HOUSE", Met),
            (3, "B-MOST", NotMet),
            (3, "B-FEW", NotMet),
            (3, "B-NOVEL", NotAsked),
        ]
    );
    assert_eq!(seen.outcome, Overall::SuggestsNo);
    assert_eq!(seen.lines[9].text, "《工会法读本》连同本箱在外 11 册，超过 10 册。");
    assert_eq!(seen.nearest[0].text, "第 1 行：《工会法读本》连同本箱在外 11 册，超过 10 册。");
    moves(&station, id, "hand_in").unwrap();
    let why = refused(&station, id, "send");
    assert_eq!(why.kind, RefusalKind::Conflict);
    assert_eq!(why.message.zh, "第 1 行：《工会法读本》连同本箱在外 11 册，超过 10 册。");
    assert_eq!(why.message.en, "row 1: With this box 11 copies are out, more than 10.");
    assert_eq!(why.clause, "house-rules/5");
    // Nothing was made.
    assert_eq!(station.office.measure("copies_placed", &[law.0.to_string()]), Some(0));
}

#[test]
fn what_should_hold_is_explained_row_by_row_and_what_is_not_asked_is_no_obstacle() {
    let station = station();
    let (law, novel) = (book(&station, "工会法读本", "law"), book(&station, "红岩", "novel"));
    let why = |clause: &str| {
        [("clause", Value::Text(clause.into())), ("reason", Value::Text("班组人多".into()))]
    };
    let columns = "“依据条款”和“理由”";
    for (more, next) in [
        (&[][..], columns),
        (&why("house-rules/99"), "没有条款“house-rules/99”"),
        (&why("house-rules/5")[..1], columns),
    ] {
        let id = filled(&station, vec![line(novel, 2, &[]), line(law, 6, more)]);
        moves(&station, id, "hand_in").unwrap();
        let refusal = refused(&station, id, "send");
        assert_eq!(refusal.message.zh, "第 2 行：6 册，超过 5 册。");
        assert!(refusal.next.zh.contains(next), "{}", refusal.next.zh);
    }
    let id = filled(&station, vec![line(novel, 2, &[]), line(law, 6, &why("house-rules/5"))]);
    moves(&station, id, "hand_in").unwrap();
    moves(&station, id, "send").unwrap();
    let record = station.office.record(id).unwrap().unwrap();
    assert_eq!(record.moves.last().unwrap().against, ["B-FEW"]);
    let of = |book: RecordId| station.office.measure("copies_placed", &[book.0.to_string()]);
    assert_eq!((of(law), of(novel)), (Some(6), Some(2)));
    // An urgent one is asked more.
    let id = filled(&station, vec![line(novel, 2, &[])]);
    amended(&station, id, Fields::from([("urgent".into(), Value::YesNo(true))])).unwrap();
    moves(&station, id, "hand_in").unwrap();
    assert_eq!(refused(&station, id, "send").message.zh, "第 1 行：急送的书箱不带文学书。");
}

#[test]
fn only_rows_that_go_make_anything() {
    let station = station();
    let (law, skill) = (book(&station, "工会法读本", "law"), book(&station, "焊工手册", "skill"));
    let stays = [("packed", Value::YesNo(false))];
    let id = filled(&station, vec![line(law, 2, &[]), line(skill, 11, &stays)]);
    moves(&station, id, "hand_in").unwrap();
    // The line that stays behind is not counted, and still should be explained.
    assert_eq!(refused(&station, id, "send").message.zh, "第 2 行：11 册，超过 5 册。");
    let sheet = sheet(&station, id);
    assert_eq!(sheet.lines[5].text, "《焊工手册》连同本箱在外 0 册，不超过 10 册。");
}

/// The text of the sheet the last move of a record rests on, as the journal has it.
fn stored(office: &Office, id: RecordId) -> String {
    let entries = office.store().history("box", id).unwrap();
    let records = entries.iter().flat_map(|entry| &entry.ops).filter_map(|op| match op {
        Op::Put { record, .. } if record.id == id => Some(record),
        _ => None,
    });
    let made = records.filter_map(|record| record.moves.last()).next().unwrap();
    made.sheet.as_ref().unwrap().text().unwrap().to_string()
}

/// What a reader is given of it.
fn read(office: &Office, id: RecordId, who: &Actor) -> String {
    let event = office.history(who, "box", id).unwrap().into_iter().next().unwrap();
    serde_json::to_string(&event.sheet.unwrap()).unwrap()
}

#[test]
fn a_thousand_rows_are_kept_short_and_read_the_same_under_later_rules() {
    let folder = tempfile::tempdir().unwrap();
    let station = Station::with_files_in(folder.path(), &FILES);
    // A hundred books, ten lines of each: just what the limit allows.
    let books: Vec<RecordId> =
        (0..100).map(|at| book(&station, &format!("丛书第 {at} 册"), "law")).collect();
    let rows = books.iter().cycle().take(1000).map(|book| line(*book, 1, &[]));
    let id = filled(&station, rows.collect());
    let other = filled(&station, vec![line(books[0], 2, &[])]);
    moves(&station, id, "hand_in").unwrap();
    let before = serde_json::to_string(&sheet(&station, id)).unwrap();
    moves(&station, id, "send").unwrap();
    let size = stored(&station.office, id).len();
    assert!(size < 1_000_000 && before.len() > 1_500_000, "{size} of {}", before.len());
    let who = station.actor("volunteer");
    let then = read(&station.office, id, &who);
    assert_eq!(then, before);
    drop(station);
    // Other rules, another limit, other words; and no rules at all.
    let own = folder.path().join("own");
    let later = BOX_RULES.replace("value = 10", "value = 1").replace("连同本箱在外", "共");
    let at = folder.path().join("station");
    let clock = Arc::new(FixedClock::new("2026-10-15T01:00:00Z".parse().unwrap()));
    let secret = Secret::Password { account: "admin", password: PASSWORD };
    std::fs::write(own.join("policy/boxes.toml"), later).unwrap();
    let office = Office::open(&at, &secret, Sources::load(Some(&own)).unwrap(), clock).unwrap();
    assert_eq!(read(&office, id, &who), then);
    let seq = office.history(&who, "box", id).unwrap()[0].seq;
    let record = office.record(id).unwrap().unwrap();
    let again = office.sheet_at(&who, &record, seq).unwrap();
    assert_eq!(serde_json::to_string(&again).unwrap(), then);
    let other = office.record(other).unwrap().unwrap();
    assert_eq!(office.sheet(&other, None, None).unwrap().outcome, Overall::SuggestsNo);
}

#[test]
fn a_box_is_sent_at_once_with_a_clause_and_a_reason_of_its_own() {
    let station = station();
    made(&station, "reader", &[("name", "单静"), ("card_no", "K-0007")]);
    let law = book(&station, "工会法读本", "law");
    let id = filled(&station, vec![line(law, 9, &[])]);
    // Whether the leader has a card is not known: nothing is decided about it.
    let why = refused(&station, id, "add");
    assert_eq!(why.message.zh, "不知道班组长有没有借书证。");
    let leader = station.office.catalogue().kind("box").unwrap().field("leader").unwrap();
    let leader = station.office.typed(leader, "单静").unwrap().unwrap();
    amended(&station, id, Fields::from([("leader".into(), leader)])).unwrap();
    // Nine books take three crates of four: a quarter is rounded up.
    let number = station.office.record(id).unwrap().unwrap().number;
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer").press("F2").types(&number).press("Enter").shows("焊接班");
    desk.press("m").shows("加急发出").press("Down Enter").press("Enter");
    desk.shows("9 册，要 3 个箱子，多于 2 个。").shows("依据条款").shows("理由");
}

#[test]
fn a_score_adds_points_and_names_its_band_unless_a_veto_lowers_it() {
    let station = station();
    let books = ["甲", "乙", "丙"].map(|title| book(&station, title, "law"));
    let id = filled(&station, books.iter().map(|book| line(*book, 1, &[])).collect());
    moves(&station, id, "hand_in").unwrap();
    moves(&station, id, "send").unwrap();
    let supervisor = station.actor("supervisor");
    let office = &station.office;
    // Before anybody has counted the torn books nothing adds up.
    let seen = sheet(&station, id);
    assert_eq!(
        (seen.score, seen.category.as_deref(), seen.outcome),
        (None, None, Overall::NeedsPerson)
    );
    let rate = |torn: i64, more: &[(&str, Value)]| {
        let torn = [("torn", Value::Integer(torn))];
        make(&station, &supervisor, id, "rate", answers(&[&torn, more].concat()))
    };
    // 45 for three books, 40 with one torn: 8.5 points; without a receipt it is good at best.
    let paper = |state| {
        let papers = Value::Papers(vec![("receipt".to_string(), state)]);
        amended(&station, id, Fields::from([("papers".into(), papers)])).unwrap();
    };
    paper(PaperState::Missing);
    let best = [("given", Value::Choice("best".into()))];
    let why = rate(1, &best).unwrap_err();
    assert!(why.message.zh.contains("“等次”的建议是合格"), "{}", why.message.zh);
    let nine = [("score", Value::Decimal("9.5".parse().unwrap()))];
    let why = rate(1, &nine).unwrap_err();
    assert!(why.message.zh.contains("“得分”的建议是8.5"), "{}", why.message.zh);
    paper(PaperState::Received);
    rate(1, &[&best[..], &[("score", Value::Decimal("8.5".parse().unwrap()))]].concat()).unwrap();
    let kept = office.history(&supervisor, "box", id).unwrap()[0].sheet.clone().unwrap();
    assert_eq!((kept.score, kept.category.as_deref()), (Some(85), Some("best")));
    let said = |line: usize| (kept.lines[line].text.as_str(), kept.lines[line].points);
    assert_eq!(said(0), ("3 种、随箱 3 册，计 4.5 分。", Some(45)));
    assert_eq!(said(1), ("破损 1 册，计 4 分。", Some(40)));
    let conclusion = office.conclusion(&kept).zh;
    assert_eq!(conclusion, "建议符合 · 8.5 分 · 示范");
}

/// A file under way ends under the rules it was submitted with: what each line means for the whole
/// is theirs too.
#[test]
fn a_line_means_what_it_meant_when_the_box_was_handed_in() {
    let folder = tempfile::tempdir().unwrap();
    let station = Station::with_files_in(folder.path(), &FILES);
    let law = book(&station, "工会法读本", "law");
    let why = [
        ("clause", Value::Text("house-rules/5".into())),
        ("reason", Value::Text("班组人多".into())),
    ];
    let many = filled(&station, vec![line(law, 11, &why)]);
    let some = filled(&station, vec![line(law, 6, &why)]);
    for id in [many, some] {
        moves(&station, id, "hand_in").unwrap();
    }
    let desk = station.actor("volunteer");
    drop(station);
    // What had to hold only should now, and the other way round.
    let (most, few) = ("id = \"B-MOST\"", "id = \"B-FEW\"");
    let role = |text: &str, line: &str, was: &str, is: &str| {
        let at = text.find(line).unwrap();
        let (before, after) = text.split_at(at);
        before.to_string() + &after.replacen(was, is, 1)
    };
    let later = role(BOX_RULES, most, "\"must\"", "\"should\"");
    let later = role(&later, few, "\"should\"", "\"must\"");
    let own = folder.path().join("own");
    std::fs::write(own.join("policy/boxes.toml"), later).unwrap();
    let at = folder.path().join("station");
    let clock = Arc::new(FixedClock::new("2025-10-16T01:00:00Z".parse().unwrap()));
    let secret = Secret::Password { account: "admin", password: PASSWORD };
    let office = Office::open(&at, &secret, Sources::load(Some(&own)).unwrap(), clock).unwrap();
    let send = |id| {
        let answers = Answers::new();
        let command = Command::Move { id, base: None, id_of_move: "send".into(), answers };
        office.perform(&desk, command)
    };
    assert!(send(many).unwrap_err().message.zh.contains("超过 10 册"));
    send(some).unwrap();
}

/// What a move brought about is counted once, in the sheet that is kept with it and in any later one.
#[test]
fn what_was_made_is_not_seen_ahead_again() {
    // Handing in makes the books' places, and is advised by rules that look ahead to it.
    let makes = "then = [ { make = \"placing\", each = \"lines\", where = { goes = \"yes\" }, copy = true, with = { box = \"self\" } } ]\n";
    let pack = BOXES.replacen(makes, "", 1).replacen(
        "evaluates = \"box-lines\"\n",
        &format!("evaluates = \"box-lines\"\n{makes}"),
        1,
    );
    let rules = BOX_RULES.replacen("after = \"send\"", "after = \"hand_in\"", 1);
    let files = [FILES[0], FILES[1], (FILES[2].0, pack.as_str()), (FILES[3].0, rules.as_str())];
    let station = Station::with_files(&files);
    let law = book(&station, "工会法读本", "law");
    let id = filled(&station, vec![line(law, 4, &[])]);
    let out = "《工会法读本》连同本箱在外 4 册，不超过 10 册。";
    assert_eq!(sheet(&station, id).lines[1].text, out);
    moves(&station, id, "hand_in").unwrap();
    let desk = station.actor("volunteer");
    let kept = station.office.history(&desk, "box", id).unwrap()[0].sheet.clone().unwrap();
    assert_eq!(kept.lines[1].text, out);
    assert_eq!(sheet(&station, id).lines[1].text, out);
}

/// A score below every band says nothing: a person decides, and says why.
#[test]
fn a_score_below_every_band_needs_a_person() {
    let rules = BOX_RULES.replacen("least = 0,", "least = 50,", 1);
    let files = [FILES[0], FILES[1], FILES[2], (FILES[3].0, rules.as_str())];
    let station = Station::with_files(&files);
    let law = book(&station, "工会法读本", "law");
    let id = filled(&station, vec![line(law, 1, &[])]);
    moves(&station, id, "hand_in").unwrap();
    moves(&station, id, "send").unwrap();
    let papers = Value::Papers(vec![("receipt".to_string(), PaperState::Received)]);
    amended(&station, id, Fields::from([("papers".into(), papers)])).unwrap();
    let given = [("torn", Value::Integer(4)), ("given", Value::Choice("best".into()))];
    let why = make(&station, &station.actor("supervisor"), id, "rate", answers(&given));
    let why = why.unwrap_err().message.zh;
    assert!(why.contains("需人工核实"), "{why}");
}

/// What is said wrongly is told where it is written.
#[test]
fn what_does_not_fit_is_refused_at_load() {
    let packs = [
        (
            "each = \"lines\"\n[[kind.box.workflow.move]]\nid = \"send\"",
            "each = \"line\"\n[[kind.box.workflow.move]]\nid = \"send\"",
            "没有“line”这个表格",
        ),
        ("requires = \"box-whole\"", "each = \"lines\"", "each 要与 evaluates 或 requires 一起写"),
        ("requires = \"box-whole\"", "requires = \"box-score\"", "要写 gives = \"verdict\""),
        ("where = { goes = \"yes\" }", "where = { goes = \"often\" }", "yes 或 no"),
        ("where = { goes = \"yes\" }", "where = { books = \"yes\" }", "不是这张表可以筛选的列"),
        ("from_sheet = \"score\"", "from_sheet = \"points\"", "score"),
        ("from_sheet = \"score\"", "from_sheet = \"category\"", "是 choice"),
    ];
    let rules = [
        ("after = \"send\"", "after = \"sent\"", "没有“sent”这一步"),
        ("field = \"lines.copies\"", "field = \"lines.copy\"", "没有字段“lines.copy”"),
        (
            "field = \"lines.book.title\"",
            "field = \"lines.book.tilte\"",
            "没有字段“lines.book.tilte”",
        ),
        ("at = [\"lines.book\"]", "at = [\"lines.boot\"]", "没有字段“lines.boot”"),
        ("when = \"urgent\"", "when = \"urgently\"", "urgently"),
        ("when = \"urgent\"", "when = \"copies\"", "结果应是是或否"),
        ("round = \"up\"", "round = \"off\"", "up"),
        ("least = 60,", "least = 85,", "least 相同"),
        ("{ id = \"best\", least", "{ id = \"fine\", least", "“fine”不在代码表“band”里"),
        ("scale = 10", "scale = 100", "容得下 scale"),
        ("divide_by = \"4\", round", "round", "round 只用于带 divide_by"),
        (", round = \"up\"", "", "只用于金额"),
        ("at = [\"lines.book\"]", "at = [\"lines.copies\"]", "和计量的键“book”不是一类"),
        ("at = [\"lines.book\"]", "at = [\"self\"]", "“self”和计量的键“book”不是一类"),
        (
            "at = [\"lines.book\"]",
            "at = [\"lines.book\"], paper = \"receipt\"",
            "paper 与 field 一起写",
        ),
        (
            "unit = \"text\", field = \"lines.book.title\"",
            "unit = \"list\", field = \"lines.book.title\"",
            "unit 却是",
        ),
        ("answer = \"torn\"", "answer = \"worn\"", "都不问“worn”"),
        ("received = \"receipt\"", "received = \"reciept\"", "没有“reciept”这种材料"),
        ("scale = 10", "scale = 12", "1、10、100"),
        ("least = 60, ", "", "要写 least"),
        (
            "points = \"kinds >= 3 ? 45 : 15 * kinds\"",
            "condition = \"kinds >= 3\"\nnot_met = { zh = \"无\", en = \"no\" }",
            "要写 points",
        ),
        ("role = \"veto\"", "role = \"must\"", "points, veto, exclusion, completeness"),
        ("outcome = \"good\"", "outcome = \"god\"", "没有“god”这种结果"),
    ];
    refused_at_load(&FILES, "programs/boxes.toml", &packs);
    refused_at_load(&FILES, "policy/boxes.toml", &rules);
}
