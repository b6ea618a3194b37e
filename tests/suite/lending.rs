//! A pack of another subject works without a line of Rust: a lending library with readers, books
//! and loans.

mod boxes;
mod cards;
mod follows;
mod lists;
mod merges;
mod recount;
mod register;
mod sheets;
mod through;
mod visits;

use crate::cli::{Desk, json_lines, shown, text};
use crate::stage::Station;
use std::collections::BTreeMap;
use std::thread;
use yizhan::office::{Answers, Command, Queue, Receipt, Refusal, RefusalKind};
use yizhan::policy::Overall;
use yizhan::record::{Clock, Fields, RecordId, Row, Value};

const PACK: &str = include_str!("../fixtures/lending/programs.toml");
const RULES: &str = include_str!("../fixtures/lending/rules.toml");

const FILES: [(&str, &str); 2] = [("programs/lending.toml", PACK), ("policy/lending.toml", RULES)];

fn station() -> Station {
    Station::with_files(&FILES)
}

/// Each of these changes to one of the files is refused by `packs check`, in words that say this.
fn refused_at_load(files: &[(&str, &str)], file: &str, wrongs: &[(&str, &str, &str)]) {
    let desk = Desk::bare();
    for (name, content) in files {
        desk.write(&format!("own/{name}"), content);
    }
    let check = || desk.run(&["packs", "check", shown(&desk.file("own"))]);
    let good = check();
    assert!(good.status.success(), "{}", text(&good.stdout));
    let (_, whole) = files.iter().find(|(name, _)| *name == file).unwrap();
    for (was, is, told) in wrongs {
        let wrong = whole.replacen(was, is, 1);
        assert_ne!(wrong, *whole, "{was}");
        desk.write(&format!("own/{file}"), &wrong);
        let output = check();
        let out = text(&output.stdout);
        assert!(!output.status.success() && out.contains(told), "{is}: {out}");
    }
}

fn moves(station: &Station, id: RecordId, step: &str) -> Result<Receipt, Refusal> {
    let answers = Answers::new();
    let command = Command::Move { id, base: None, id_of_move: step.into(), answers };
    station.office.perform(&station.actor("volunteer"), command)
}

/// Brings a loan back as the rules have it: in a condition, and not on the day it was lent.
fn returned(station: &Station, id: RecordId) {
    let record = station.office.record(id).unwrap().unwrap();
    let condition = Some(Value::Choice("good".into()));
    let command = Command::Amend {
        id,
        base: record.revision,
        fields: BTreeMap::from([("back_in".to_string(), condition)]),
        reason: None,
    };
    station.office.perform(&station.actor("volunteer"), command).unwrap();
    station.clock.set(station.clock.now() + chrono::TimeDelta::days(2));
    moves(station, id, "bring_back").unwrap();
}

fn amended(station: &Station, id: RecordId, fields: Fields) -> Result<Receipt, Refusal> {
    let base = station.office.record(id).unwrap().unwrap().revision;
    let fields = fields.into_iter().map(|(field, value)| (field, Some(value))).collect();
    let command = Command::Amend { id, base, fields, reason: None };
    station.office.perform(&station.actor("volunteer"), command)
}

fn loan(station: &Station, reader: &str, book: &str) -> RecordId {
    made(station, "loan", &[("reader", reader), ("book", book)])
}

/// Makes a record of fields as they are typed.
fn make(station: &Station, kind: &str, typed: &[(&str, &str)]) -> Result<Receipt, Refusal> {
    let catalogue = station.office.catalogue();
    let kind = catalogue.kind(kind).unwrap();
    let mut fields = Fields::new();
    for (id, text) in typed {
        let value = station.office.typed(kind.field(id).unwrap(), text)?;
        fields.extend(value.map(|value| ((*id).to_string(), value)));
    }
    let command = Command::Create { kind: kind.id.clone(), fields, number: None, step: None };
    station.office.perform(&station.actor("volunteer"), command)
}

fn made(station: &Station, kind: &str, typed: &[(&str, &str)]) -> RecordId {
    make(station, kind, typed).unwrap().id.unwrap()
}

/// Two readers, three books and a loan of the first by the first.
fn stocked(station: &Station) -> (RecordId, RecordId, RecordId) {
    let reader = made(station, "reader", &[("name", "单静"), ("card_no", "K-0007")]);
    made(station, "reader", &[("name", "解文"), ("card_no", "K-0008")]);
    let law = [("title", "劳动合同法释义"), ("shelf", "法律"), ("isbn", "978-7-1")];
    let book = made(station, "book", &law);
    made(station, "book", &[("title", "电工手册"), ("shelf", "技能")]);
    let here = [("title", "工会法读本"), ("shelf", "law"), ("lendable", "n")];
    made(station, "book", &here);
    let loan = loan(station, "单静", "劳动合同法释义");
    moves(station, loan, "lend").unwrap();
    (reader, book, loan)
}

#[test]
fn a_reference_is_typed_by_number_name_or_whatever_finds_it() {
    let station = station();
    let (reader, book, _) = stocked(&station);
    let loan = station.office.catalogue().kind("loan").unwrap();
    let typed = |field: &str, text: &str| station.office.typed(loan.field(field).unwrap(), text);
    for text in ["BN-读-0001", "ｂｎ-读-0001", "单静", " 单静 ", "k-0007", "单静 BN-读-0001"]
    {
        assert_eq!(typed("reader", text), Ok(Some(Value::Reference(reader))), "{text}");
    }
    for text in ["劳动合同法释义", "978-7-1", "BN-书-0001"] {
        assert_eq!(typed("book", text), Ok(Some(Value::Reference(book))), "{text}");
    }
    // A piece of a name, pinyin and what is of another kind name nobody.
    for text in ["单", "shanjing", "BN-书-0001", "劳动合同法释义"] {
        let why = typed("reader", text).unwrap_err();
        assert!(why.message.zh.contains(text) && why.message.zh.contains("读者"), "{why:?}");
        assert!(why.message.en.contains("Reader") && why.next.zh.contains("F3"), "{why:?}");
    }
    // Of several of one name the candidates are told.
    made(&station, "reader", &[("name", "单静"), ("card_no", "K-0009")]);
    let why = typed("reader", "单静").unwrap_err();
    let told = ["2 个", "BN-读-0001", "BN-读-0003"].map(|one| why.message.zh.contains(one));
    assert_eq!(told, [true; 3], "{why:?}");
}

#[test]
fn a_reference_leads_to_a_record_of_its_kind_that_is_there() {
    let station = station();
    let (reader, book, loan) = stocked(&station);
    let volunteer = station.actor("volunteer");
    let nobody = RecordId(uuid::Uuid::from_u128(7));
    for wrong in [reader, nobody, loan] {
        let fields = Fields::from([
            ("reader".to_string(), Value::Reference(reader)),
            ("book".to_string(), Value::Reference(wrong)),
        ]);
        let command = Command::Create { kind: "loan".into(), fields, number: None, step: None };
        let why = station.office.perform(&volunteer, command).unwrap_err();
        assert_eq!((why.kind, why.field.as_str()), (RefusalKind::Invalid, "book"), "{why:?}");
    }
    let row =
        |to| Row { id: 0, fields: Fields::from([("other".to_string(), Value::Reference(to))]) };
    let add = |rows| Command::AddRows { id: loan, table: "with".into(), rows };
    let why = station.office.perform(&volunteer, add(vec![row(book), row(reader)])).unwrap_err();
    assert_eq!(why.field, "with[2].other", "{why:?}");
    station.office.perform(&volunteer, add(vec![row(book)])).unwrap();
}

#[test]
fn what_points_at_a_record_is_listed_and_keeps_it() {
    let station = station();
    let (reader, book, loan) = stocked(&station);
    let volunteer = station.actor("volunteer");
    let record = |id| station.office.record(id).unwrap().unwrap();
    let pointing = |id| station.office.pointing_at(&volunteer, &record(id));
    let at_book = pointing(book);
    assert_eq!(at_book.len(), 1, "{at_book:?}");
    assert_eq!((at_book[0].count, &*at_book[0].title.zh), (1, "借阅（所借图书）"));
    let listed = station.office.list(&volunteer, &at_book[0].queue, 0, 10);
    assert_eq!(listed.lines[0].title, "单静 劳动合同法释义", "what it links is what it goes by");
    assert_eq!(listed.lines.iter().map(|line| line.id).collect::<Vec<_>>(), [loan]);
    assert_eq!(pointing(reader)[0].count, 1);
    // A column of a table points as well.
    let rows =
        vec![Row { id: 0, fields: Fields::from([("other".to_string(), Value::Reference(book))]) }];
    let add = Command::AddRows { id: loan, table: "with".into(), rows };
    station.office.perform(&volunteer, add).unwrap();
    assert_eq!(pointing(book).iter().map(|one| one.count).collect::<Vec<_>>(), [1, 1]);
    // What is pointed at is not taken back.
    let why = station.office.undoable(&volunteer, book).unwrap_err();
    assert!(why.message.zh.contains("BN-借-2025-0001"), "{why:?}");
    // Nothing of this is lost when the index is filled from the table.
    let report = station.office.verify(None).unwrap();
    assert!(report.directory.is_some_and(|found| found.is_right()));
}

#[test]
fn lists_go_by_state_and_facets_and_are_on_home_with_their_count() {
    let station = station();
    let (_, book, loan) = stocked(&station);
    let volunteer = station.actor("volunteer");
    let queue = |kind: &str, list: &str| Queue::List { kind: kind.into(), list: list.into() };
    let ids = |queue: &Queue| -> Vec<RecordId> {
        let listed = station.office.list(&volunteer, queue, 0, 10);
        assert_eq!(listed.total, listed.lines.len());
        listed.lines.iter().map(|line| line.id).collect()
    };
    assert_eq!(ids(&queue("book", "law_books")), [book]);
    assert_eq!(ids(&queue("loan", "out")), [loan]);
    let home = station.office.counts(&volunteer).lists;
    assert_eq!(home, [(queue("hardship_file", "watch"), 0), (queue("loan", "out"), 1)]);
    returned(&station, loan);
    assert_eq!(ids(&queue("loan", "out")), []);
    // A list for some roles is not open to others.
    let auditor = station.actor("auditor");
    assert!(station.office.may_open(&auditor, &queue("loan", "out")).is_err());
    assert!(
        station.office.counts(&auditor).lists.iter().all(|(it, _)| *it != queue("loan", "out"))
    );
}

/// What a list shows is its pack's to say, through references too; what a reader may not know of
/// stays hidden there.
#[test]
fn a_list_has_the_columns_its_pack_names() {
    let station = station();
    let (.., loan) = stocked(&station);
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer").press("3").shows("在借的书");
    while !desk.screen().lines().any(|line| line.starts_with('▸') && line.contains("在借的书"))
    {
        desk.press("Down");
    }
    desk.press("Enter").shows("书名").shows("借出日期").shows("劳动合同法释义").shows("2025-10-15");
    desk.shows("单静").hides("办理期限");
    // Of all loans the columns of the kind; the reader's name changes there at once.
    let queue = Queue::OfKind("loan".into());
    let titles: Vec<String> = station
        .office
        .columns_of(&queue)
        .iter()
        .map(|column| column.title.zh.to_string())
        .collect();
    assert_eq!(titles, ["姓名", "书名", "借出日期", "状态"]);
    let line = &station.office.list(&station.actor("supervisor"), &queue, 0, 10).lines[0];
    assert_eq!(line.id, loan);
    let cells = station.office.cells(
        &station.actor("supervisor"),
        line,
        &station.office.columns_of(&queue),
    );
    let cells: Vec<&str> = cells.iter().map(|cell| &*cell.zh).collect();
    assert_eq!(cells, ["单静", "劳动合同法释义", "2025-10-15", "在借"]);
}

#[test]
fn by_keys_alone_a_book_is_lent_to_somebody_new() {
    let station = station();
    stocked(&station);
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer").shows("书屋 3").shows("在借的书");
    // The area has three kinds: its tab says what there is to open.
    desk.press("3").shows("可外借的法律书").shows("在借的书");
    desk.press("F3").shows("新建什么").press("Down Down Enter").shows("借书人");
    // Chosen in the search, limited to readers, and made there when it is somebody new.
    desk.press("F3").shows("读者：").types("田甜").shows("没有找到");
    desk.press("F3").shows("借书证号").types("田甜").press("F10").shows("BN-读-0003");
    desk.press("Esc").shows("读者：").shows("田甜").press("Enter").shows("田甜 BN-读-0003");
    // Typed by name in the next field.
    desk.press("Enter").types("电工手册").press("Enter").shows("电工手册 BN-书-0002");
    desk.press("F10").shows("BN-借-2025-0002").shows("田甜 BN-读-0003");
    // The book's page says who has it, and leads there.
    desk.press("F2").types("电工手册").press("Enter").shows("借阅（所借图书）").press("Enter");
    desk.shows("电工手册 的借阅").shows("BN-借-2025-0002");
}

#[test]
fn lists_of_loans_come_in_and_go_out() {
    let desk = Desk::new();
    desk.write("data/programs/lending.toml", PACK);
    desk.write("data/policy/lending.toml", RULES);
    desk.done(&["packs", "adopt", "--yes"]);
    let readers =
        desk.write("readers.csv", "姓名,借书证号\n单静,K-0007\n解文,K-0008\n解文,K-0009\n");
    desk.done(&["import", "reader", shown(&readers)]);
    let books = desk.write("books.csv", "书名,书架\n电工手册,技能\n工会法读本,法律\n");
    desk.done(&["import", "book", shown(&books)]);
    let loans = desk.write(
        "loans.csv",
        "借书人,所借图书\n单静,电工手册\nK-0008,工会法读本\n解文,电工手册\nK-0009,没有这本\n",
    );
    let told = desk.run(&["import", "loan", shown(&loans), "--json"]);
    let told = String::from_utf8(told.stdout).unwrap() + &String::from_utf8(told.stderr).unwrap();
    assert!(told.contains("BN-读-0002") && told.contains("BN-读-0003"), "{told}");
    assert!(told.contains("没有这本"), "{told}");
    let out = json_lines(&desk.done(&["export", "loan", "--format", "jsonl"]));
    let mut pairs: Vec<(String, String)> = out
        .iter()
        .map(|loan| {
            (loan["reader"].as_str().unwrap().into(), loan["book"].as_str().unwrap().into())
        })
        .collect();
    pairs.sort();
    let pair = |reader: &str, book: &str| (reader.to_string(), book.to_string());
    assert_eq!(pairs, [pair("BN-读-0001", "BN-书-0001"), pair("BN-读-0002", "BN-书-0002")]);
    // What went out comes in again unchanged.
    let csv = desk.file("out.csv");
    desk.done(&["export", "loan", "--out", shown(&csv)]);
    let again = String::from_utf8(desk.run(&["import", "loan", shown(&csv)]).stdout).unwrap();
    assert!(again.contains("已在库中且一致 2 行"), "{again}");
    // A line of `perform` names them the same way.
    let line = r#"{"create":"loan","fields":{"reader":"K-0009","book":"工会法读本"}}"#;
    let (status, answers) = desk.perform(line);
    let number = answers[0]["number"].as_str().unwrap_or_default();
    assert!(status == 0 && number.ends_with("-0003"), "{answers:?}");
}

#[test]
fn one_copy_is_lent_once_whatever_way_the_change_comes() {
    let station = station();
    let (_, _, first) = stocked(&station);
    let second = loan(&station, "解文", "劳动合同法释义");
    let why = moves(&station, second, "lend").unwrap_err();
    assert_eq!(why.kind, RefusalKind::Conflict);
    assert_eq!(
        (why.field.as_str(), &*why.message.zh),
        ("book", "这本书已借出（BN-借-2025-0001），还没有还。")
    );
    // An amendment to a loan that is out counts as well: another copy is free, this one is not.
    let record = |id| station.office.record(id).unwrap().unwrap();
    assert_eq!(record(second).state, "asked");
    returned(&station, first);
    moves(&station, second, "lend").unwrap();
    // Two that are handed in together, each of which could be alone.
    let manual = ["单静", "解文"].map(|reader| loan(&station, reader, "电工手册"));
    let lend =
        |id| Command::Move { id, base: None, id_of_move: "lend".into(), answers: Answers::new() };
    let answers = station.office.perform_all(&station.actor("volunteer"), manual.map(lend));
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
}

#[test]
fn a_fourth_loan_is_refused_with_its_clause() {
    let station = station();
    stocked(&station);
    for book in ["一", "二", "三"] {
        made(&station, "book", &[("title", book)]);
    }
    for book in ["一", "二"] {
        moves(&station, loan(&station, "单静", book), "lend").unwrap();
    }
    let fourth = loan(&station, "单静", "三");
    let why = moves(&station, fourth, "lend").unwrap_err();
    assert_eq!(&*why.message.zh, "连同这一册共 4 册，超过 3 册。");
    assert_eq!((why.kind, why.clause.as_str()), (RefusalKind::Conflict, "house-rules/3"));
    // Somebody else may have it, and the sheet says what it rests on.
    let other = loan(&station, "解文", "三");
    moves(&station, other, "lend").unwrap();
    let record = station.office.record(other).unwrap().unwrap();
    assert!(record.moves[0].sheet.is_some(), "kept with the move");
    let sheet = station.office.sheet(&record, None, None).unwrap();
    assert_eq!((sheet.outcome, sheet.category), (Overall::Suggests, None));
    assert_eq!(sheet.lines[0].text, "连同这一册共 1 册，不超过 3 册。");
}

#[test]
fn a_rule_set_that_is_not_there_is_told_where_it_is_named() {
    let desk = Desk::new();
    desk.write("data/programs/lending.toml", PACK);
    let (status, told) = desk.failed(&["packs", "adopt", "--yes"]);
    let line = PACK.lines().position(|line| line.contains("\"lending-rules\"")).unwrap() + 1;
    assert!(
        status != 0 && told.contains("lending-rules") && told.contains(&line.to_string()),
        "{told}"
    );
}

/// Books with more than one loan out, and readers with more than three: counted one by one.
fn passed(station: &Station) -> Vec<String> {
    let (mut books, mut readers) = (BTreeMap::new(), BTreeMap::new());
    station
        .office
        .each("loan", |loan| {
            if loan.state == "open" {
                let of = |field: &str| loan.get(field).and_then(Value::as_reference).unwrap();
                *books.entry(of("book")).or_insert(0) += 1;
                *readers.entry(of("reader")).or_insert(0) += 1;
            }
            Ok(())
        })
        .unwrap();
    let books = books.into_iter().filter(|(_, count)| *count > 1);
    let readers = readers.into_iter().filter(|(_, count)| *count > 3);
    books.chain(readers).map(|passed| format!("{passed:?}")).collect()
}

#[test]
fn two_desks_cannot_lend_the_same_copy() {
    let station = station();
    stocked(&station);
    let asked: Vec<RecordId> = (0..8).map(|_| loan(&station, "解文", "电工手册")).collect();
    let lent: usize = thread::scope(|scope| {
        let desks: Vec<_> = asked
            .iter()
            .map(|id| scope.spawn(|| usize::from(moves(&station, *id, "lend").is_ok())))
            .collect();
        desks.into_iter().map(|desk| desk.join().unwrap()).sum()
    });
    assert_eq!((lent, passed(&station)), (1, Vec::new()));
}

#[test]
fn a_state_has_what_it_requires_and_a_wait_names_its_clause() {
    let station = station();
    let (_, _, loan) = stocked(&station);
    let why = moves(&station, loan, "bring_back").unwrap_err();
    assert_eq!(
        (why.kind, why.clause.as_str()),
        (RefusalKind::Forbidden, "house-rules/4"),
        "{why:?}"
    );
    station.clock.set(station.clock.now() + chrono::TimeDelta::days(2));
    let why = moves(&station, loan, "bring_back").unwrap_err();
    assert_eq!((why.kind, why.field.as_str()), (RefusalKind::Invalid, "back_in"), "{why:?}");
    returned(&station, loan);
    assert_eq!(station.office.record(loan).unwrap().unwrap().state, "back");
}
