//! Lists narrowed by what is known of the records theirs refer to: the shelf of a book that is out, the
//! sex of whoever registered. Nothing of it is kept with the records themselves.

use super::{FILES, PACK, RULES, amended, loan, made, refused_at_load, station, stocked};
use crate::furnished::id_number;
use crate::stage::Station;
use yizhan::office::Queue;
use yizhan::record::{Fields, RecordId, Value};

/// Loans by the shelf of their book, and those of law books in a list.
fn pack() -> String {
    let list = r#"
[[kind.loan.list]]
id = "law_asked"
title = { zh = "借法律书的", en = "Loans of law books" }
where = { "book.shelf" = ["law"], "book.lendable" = "yes" }
by = ["volunteer", "supervisor"]
"#;
    let facets = "facet = [\"book\", \"book.shelf\", \"book.lendable\"]";
    PACK.replacen("facet = [\"book\"]", facets, 1) + list
}

fn library() -> Station {
    Station::with_files(&[("programs/lending.toml", &pack()), ("policy/lending.toml", RULES)])
}

fn book_of(station: &Station, loan: RecordId) -> RecordId {
    let loan = station.office.record(loan).unwrap().unwrap();
    loan.get("book").and_then(Value::as_reference).unwrap()
}

#[test]
fn a_list_is_narrowed_by_what_its_records_refer_to() {
    let station = library();
    let (_, _, law) = stocked(&station);
    let skill = loan(&station, "解文", "电工手册");
    let inside = loan(&station, "解文", "工会法读本");
    let volunteer = station.actor("volunteer");
    let queue = Queue::List { kind: "loan".into(), list: "law_asked".into() };
    let ids = |typed: &str, queue: &Queue| {
        let who = if matches!(queue, Queue::OfKind(_)) { "supervisor" } else { "volunteer" };
        let listed = station.office.list_narrowed(&station.actor(who), queue, typed, 0, 9);
        let mut ids: Vec<RecordId> = listed.lines.iter().map(|line| line.id).collect();
        assert_eq!(listed.total, ids.len());
        ids.sort_unstable();
        ids
    };
    let all = Queue::OfKind("loan".into());
    assert_eq!(ids("", &queue), [law]);
    assert_eq!(station.office.waiting(&volunteer, &queue), 1);
    // By the label of the shelf, its pinyin, the title of a yes or no; with a state, with a name.
    assert_eq!(ids("法律", &all), [law, inside]);
    assert_eq!(ids("jineng", &all), [skill]);
    assert_eq!(ids("可外借", &all), [law, skill]);
    assert_eq!(ids("法律 登记", &all), [inside]);
    assert_eq!(ids("法律 单静", &all), [law]);
    assert_eq!(ids("文学", &all), []);
    // The book is put elsewhere: every list has it at once, and the loan is what it was.
    let revision = |id: RecordId| station.office.record(id).unwrap().unwrap().revision;
    let before = revision(skill);
    let shelf = Fields::from([("shelf".to_string(), Value::Choice("law".into()))]);
    amended(&station, book_of(&station, skill), shelf).unwrap();
    let mut both = [law, skill];
    both.sort_unstable();
    assert_eq!(ids("", &queue), both);
    assert_eq!(revision(skill), before);
    let mut desk = station.session(80, 24);
    desk.signs_in("supervisor").press("3").goes_to("借法律书的").press("Enter").shows("共 2 件");
    desk.press("f").types("jiewen").shows("电工手册").hides("劳动合同法释义");
}

#[test]
fn the_person_a_record_belongs_to_is_such_a_record() {
    const CARDS: &str = r#"
[pack]
id = "passes"
title = { zh = "入场证", en = "Passes" }
area = "passes"

[kind.pass]
code = 731
title = { zh = "入场证", en = "Pass" }
number = "{station}-入-{seq:04}"
person = "holder"
facet = ["holder.sex"]

[[kind.pass.section]]
id = "pass"
title = { zh = "入场证", en = "Pass" }
field = [
  { id = "holder", type = "reference", kind = "person", required = "always", title = { zh = "持证人", en = "Holder" } },
]

[[kind.pass.list]]
id = "of_women"
title = { zh = "女职工的证", en = "Passes of women" }
where = { "holder.sex" = "female" }
"#;
    let people = include_str!("../../../assets/programs/person.toml");
    let people = people.replacen("import = {", "facet = [\"sex\"]\nimport = {", 1);
    let files = [("programs/person.toml", &*people), ("programs/passes.toml", CARDS)];
    let station = Station::with_files(&files);
    // The last digit but one of the sequence says which: 21 is a man, 22 a woman, or the other way.
    let passes: Vec<(RecordId, bool)> = (20..26)
        .map(|n| {
            let number = id_number(n);
            let person = made(&station, "person", &[("name", "单静"), ("id_number", &number)]);
            let woman = number.as_bytes()[16].is_multiple_of(2);
            let sex = if woman { "female" } else { "male" };
            let fields = Fields::from([("sex".to_string(), Value::Choice(sex.into()))]);
            let _ = amended(&station, person, fields);
            (made(&station, "pass", &[("holder", &number)]), woman)
        })
        .collect();
    let listed = station.office.list(
        &station.actor("volunteer"),
        &Queue::List { kind: "pass".into(), list: "of_women".into() },
        0,
        9,
    );
    let mut ids: Vec<RecordId> = listed.lines.iter().map(|line| line.id).collect();
    ids.sort_unstable();
    let women = passes.iter().filter(|(_, woman)| *woman).map(|(id, _)| *id);
    assert_eq!(ids, women.collect::<Vec<_>>());
    assert!(!ids.is_empty() && ids.len() < passes.len());
}

#[test]
fn what_leads_nowhere_is_refused_at_load() {
    let lending = pack();
    let files = [("programs/lending.toml", &*lending), FILES[1]];
    let measure = "id = \"copies_out\"\nwhere = { state = \"open\" }";
    let hop = "id = \"copies_out\"\nwhere = { \"book.shelf\" = \"law\" }";
    let wrongs = [
        ("\"book.shelf\", \"book", "\"book.shelv\", \"book", "“shelv”不在“图书”的 facet 里"),
        ("\"book.shelf\", \"book", "\"back_in.shelf\", \"book", "“back_in”不是引用字段"),
        ("\"book.shelf\", \"book", "\"book.isbn\", \"book", "“isbn”不在“图书”的 facet 里"),
        (
            "where = { \"book.shelf\" = [\"law\"]",
            "where = { \"book.shelf\" = [\"lau\"]",
            "没有“lau”",
        ),
        ("where = { \"book.shelf\" = ", "where = { \"book.shelv\" = ", "“book.shelv”不在 facet 里"),
        (measure, hop, "计量不能按别的记录的“book.shelf”来数"),
        ("rows = \"with\"", "rows = \"without\"", "没有“without”这个合适的字段"),
        ("per = \"with.other\"", "per = \"with.book\"", "没有“with.book”这个合适的列"),
        ("per = \"with.other\"", "per = \"handled.on\"", "没有“handled.on”这个合适的字段"),
    ];
    refused_at_load(&files, "programs/lending.toml", &wrongs);
    station();
}
