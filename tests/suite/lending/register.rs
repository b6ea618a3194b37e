//! What an old register says, brought in as a list whose new records are made with a move.

use super::{PACK, RULES, made, moves, refused_at_load};
use crate::furnished::{id_number, person};
use crate::stage::Station;
use yizhan::exchange::{Book, ImportOptions, Plan, Report, import};
use yizhan::office::{Actor, Command, FirstStep, Queue, Refusal, RefusalKind};
use yizhan::record::{Fields, Record, RecordId, Value};

const CARDS: &str = include_str!("../../fixtures/lending/cards.toml");

const FILES: [(&str, &str); 3] = [
    ("programs/lending.toml", PACK),
    ("policy/lending.toml", RULES),
    ("programs/cards.toml", CARDS),
];

fn cards() -> Station {
    Station::with_files(&FILES)
}

/// Loans come in as lent.
fn lent() -> Station {
    let loan = "facet = [\"book\"]\n";
    assert!(PACK.contains(loan));
    let pack = PACK.replacen(loan, &format!("{loan}import = {{ move = \"lend\" }}\n"), 1);
    Station::with_files(&[("programs/lending.toml", &pack), ("policy/lending.toml", RULES)])
}

fn bring(
    station: &Station,
    who: &Actor,
    kind: &str,
    list: &str,
    dry_run: bool,
) -> Result<Report, Refusal> {
    let plan = Plan::named(station.office.catalogue(), kind).unwrap();
    let book = Book::read("list.csv", list.as_bytes()).unwrap();
    let options = ImportOptions { dry_run, ..ImportOptions::default() };
    import(&station.office, who, &plan, &book, &options, &mut |_, _| {})
}

fn all(station: &Station, kind: &str) -> Vec<Record> {
    let queue = Queue::OfKind(kind.into());
    let found = station.office.list(&station.actor("supervisor"), &queue, 0, 50);
    let record = |id: RecordId| station.office.record(id).unwrap().unwrap();
    let mut all: Vec<Record> = found.lines.iter().map(|line| record(line.id)).collect();
    all.sort_by(|one, other| one.number.cmp(&other.number));
    all
}

/// Column and what is wrong of each refused row.
fn refusals(report: &Report) -> Vec<(String, String)> {
    let first = |row: &yizhan::exchange::RefusedRow| {
        let fault = row.first().unwrap();
        (fault.column.clone(), fault.said.zh.to_string())
    };
    report.refused.iter().map(first).collect()
}

fn register() -> String {
    let heading = "姓名,身份证号,证别,所发证别,申请日期,发证日期,登记簿";
    let row = |name: &str, seed: u32, rest: &str| format!("{name},{},{rest}", id_number(seed));
    [
        heading.to_string(),
        row("单静", 21, "成人证,成人证,2019-03-01,2019-03-04,甲册"),
        row("解文", 22, "少儿证,少儿证,2019-03-02,2019-03-05,"),
        // No day of issue.
        row("田甜", 23, "成人证,成人证,2019-03-02,,甲册"),
        // Issued before it was applied for.
        row("葛亮", 24, "成人证,成人证,2019-03-02,2019-03-01,甲册"),
        // Another card than the rules say, and nobody here to say why.
        row("查敏", 25, "少儿证,成人证,2019-03-02,2019-03-05,甲册"),
    ]
    .join("\n")
        + "\n"
}

#[test]
fn an_old_register_comes_in_with_its_step() {
    let station = cards();
    let supervisor = station.actor("supervisor");
    let known = person(&station, "解文", 22);
    let trial = bring(&station, &supervisor, "card_application", &register(), true).unwrap();
    let faults = [
        ("发证日期".to_string(), "还没有填写“发证日期”。".to_string()),
        ("发证日期".to_string(), "发证不早于申请。".to_string()),
    ];
    assert_eq!(refusals(&trial), faults, "{:?}", trial.refused);
    assert_eq!(&*trial.notices[0].what.zh, "新增的记录一并办理“登记旧证”，成为“已发证”。");
    assert_eq!(all(&station, "card_application").len(), 0);

    let report = bring(&station, &supervisor, "card_application", &register(), false).unwrap();
    assert_eq!((report.accepted(), report.refused.len()), (2, 3), "{:?}", report.refused);
    assert_eq!(refusals(&report)[..2], faults);
    let made = all(&station, "card_application");
    let said: Vec<_> = made
        .iter()
        .map(|card| (card.number.as_str(), card.state.as_str(), card.revision, card.moves.len()))
        .collect();
    assert_eq!(said, [("BN-证-2025-0001", "issued", 1, 1), ("BN-证-2025-0002", "issued", 1, 1)]);
    assert_eq!(made[1].fields["applicant"], Value::Reference(known), "who was registered stays");
    assert_eq!(made[0].text("granted_kind"), "adult");
    let step = &made[0].moves[0];
    assert_eq!(
        (step.id.as_str(), step.from.as_str(), step.by.as_str()),
        ("take_over", "draft", "supervisor")
    );
    assert_eq!(
        step.answers["granted"],
        Value::Choice("adult".into()),
        "from the column of its field"
    );
    assert_eq!(step.answers["register"], Value::Text("甲册".into()));
    assert_eq!(
        made[1].moves[0].answers["register"],
        Value::Text("旧簿".into()),
        "what it starts with"
    );
    assert!(step.sheet.is_some(), "the sheet is kept");

    // One entry each, which says both.
    let history = station.office.history(&supervisor, "card_application", made[0].id).unwrap();
    let what: Vec<String> = history.iter().map(|event| event.what.zh.to_string()).collect();
    assert_eq!(what, ["新建并办理“登记旧证”"]);

    // Brought again, nothing is made twice; and the refused ones use up no number.
    let again = bring(&station, &supervisor, "card_application", &register(), false).unwrap();
    assert_eq!((again.accepted(), again.unchanged(), again.refused.len()), (0, 2, 3));
    let next = format!(
        "姓名,身份证号,证别,所发证别,申请日期,发证日期\n田甜,{},成人证,成人证,2019-03-02,2019-03-06\n",
        id_number(23)
    );
    bring(&station, &supervisor, "card_application", &next, false).unwrap();
    assert_eq!(all(&station, "card_application")[2].number, "BN-证-2025-0003");
}

#[test]
fn a_list_with_a_step_is_brought_by_whoever_may_make_it() {
    let station = cards();
    let refused =
        bring(&station, &station.admin, "card_application", &register(), false).unwrap_err();
    assert_eq!(refused.kind, RefusalKind::Forbidden);
    assert_eq!(&*refused.message.zh, "这种名单导入时一并办理“登记旧证”，这一步由主管办理。");
    // A column no row can do without is missed before any row is looked at.
    let list = register().replace("发证日期", "旧日期");
    let refused = bring(&station, &station.actor("supervisor"), "card_application", &list, false);
    let refused = refused.unwrap_err();
    assert!(refused.message.zh.contains("发证日期"), "{refused:?}");
}

/// Rules, bounds and what follows hold for what comes in as for what is done by hand.
#[test]
fn what_comes_in_is_held_to_rules_and_bounds() {
    let station = lent();
    made(&station, "reader", &[("name", "单静"), ("card_no", "K-0007")]);
    for title in ["甲", "乙", "丙", "丁"] {
        made(&station, "book", &[("title", title), ("shelf", "技能")]);
    }
    let list = "借书人,所借图书\n单静,甲\n单静,甲\n单静,乙\n单静,丙\n单静,丁\n";
    let report = bring(&station, &station.actor("supervisor"), "loan", list, false).unwrap();
    // The same row again is the same loan; the fourth book is refused by the house rules.
    assert_eq!((report.accepted(), report.unchanged(), report.refused.len()), (3, 1, 1));
    let refused = report.refused[0].first().unwrap();
    assert!(refused.said.zh.contains('3') || refused.said.zh.contains('三'), "{refused:?}");
    let loans = all(&station, "loan");
    assert_eq!(loans.iter().map(|loan| loan.state.as_str()).collect::<Vec<_>>(), ["open"; 3]);
    let slips = all(&station, "slip");
    let about: Vec<_> = slips.iter().map(|slip| slip.fields["loan"].clone()).collect();
    assert_eq!(about, loans.iter().map(|loan| Value::Reference(loan.id)).collect::<Vec<_>>());
    assert_eq!(loans[0].fields["handled"].rows().len(), 1);

    // A book that is out already is not lent again, and no slip is left of the attempt.
    made(&station, "reader", &[("name", "解文"), ("card_no", "K-0008")]);
    let list = "借书人,所借图书\n解文,甲\n解文,丁\n";
    let report = bring(&station, &station.actor("supervisor"), "loan", list, false).unwrap();
    assert_eq!(
        refusals(&report),
        [("所借图书".to_string(), "这本书已借出（BN-借-2025-0001），还没有还。".to_string())]
    );
    assert_eq!((all(&station, "loan").len(), all(&station, "slip").len()), (4, 4));

    // Taken back by whoever brought it, as one entry: the loan and its slip.
    let last = loans[2].id;
    let undo = Command::Undo { id: last, seq: None };
    station.office.perform(&station.actor("supervisor"), undo).unwrap();
    assert_eq!((all(&station, "loan").len(), all(&station, "slip").len()), (3, 3));
    let another = made(&station, "loan", &[("reader", "解文"), ("book", "丙")]);
    moves(&station, another, "lend").unwrap();
}

/// The door holds it to what the move asks, whoever asks.
#[test]
fn a_record_is_not_made_with_a_step_that_is_not_open() {
    let station = cards();
    let fields = Fields::from([
        ("name".to_string(), Value::Text("单静".into())),
        ("id_number".to_string(), Value::Text(id_number(21))),
    ]);
    let with = |who: &str, step: &str| {
        let step = FirstStep { id_of_move: step.into(), answers: Fields::new() };
        let create = Command::Create {
            kind: "card_application".into(),
            fields: fields.clone(),
            number: None,
            step: Some(step),
        };
        station.office.perform(&station.actor(who), create).unwrap_err()
    };
    assert_eq!(with("volunteer", "take_over").kind, RefusalKind::Forbidden);
    assert_eq!(
        with("supervisor", "issue").kind,
        RefusalKind::Forbidden,
        "it leads out of another state"
    );
    assert_eq!(with("supervisor", "no_such").field, "move");
    assert_eq!(with("supervisor", "take_over").field, "granted");
    assert_eq!(all(&station, "card_application").len(), 0);
    let people = Queue::OfKind("person".into());
    assert_eq!(station.office.list(&station.actor("supervisor"), &people, 0, 9).total, 0);
}

#[test]
fn a_pack_says_a_step_a_list_can_end_in() {
    let step = "move = \"take_over\"";
    let by = "to = \"issued\"\nby = \"supervisor\"\nneeds";
    let wrongs = [
        (step, "move = \"take_ovr\"", "没有“take_ovr”这个步骤"),
        (step, "move = \"issue\"", "不从那里办起"),
        (step, "move = \"look_over\"", "要另一个人办"),
        (step, "move = \"send_back\"", "名单里的一栏答不了"),
        (by, "to = \"issued\"\nby = \"volunteer\"\nneeds", "by 里没有主管"),
    ];
    refused_at_load(&FILES, "programs/cards.toml", &wrongs);
}
