//! The library of rules: found, read, and next year's standard entered, tried and adopted.

use crate::insiders::{answers, file, make, today, visit};
use crate::stage::Station;
use yizhan::edited::Problems;
use yizhan::office::{Answers, OwnFiles, Sources};
use yizhan::policy::{DecisionSheet, Library};
use yizhan::record::{RecordId, Value};
use yizhan::words::Lang;

/// What is entered, as a file.
const FILE: &str = "policy/parameters.toml";

#[test]
fn documents_and_values_are_found_by_words_pinyin_and_number() {
    let station = Station::new();
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer").press("z").shows("查制度").shows("低保标准");
    // By the initials of its name.
    desk.types("dbbz").shows("低保标准").press("Enter");
    desk.shows("历年数值").shows("渝民规〔2025〕6号").shows("自 2025-07-01 起").hides("F3");
    // 770 yuan in towns from 1 July 2025 (渝民规〔2025〕6号).
    desk.shows("城市 770");
    desk.press("Esc Ctrl-U").types("总工办发〔2016〕36号").shows("困难职工档案管理办法");
    desk.press("Ctrl-U").types("保存十年").press("Enter").shows("第十五条").shows("来源等级");
    desk.shows("依据这一条的").hides("回车打开");
    // What is to be confirmed: values nobody knows, lines of rules, deadlines without a clause.
    desk.press("Esc Ctrl-U Tab Tab Tab").shows("待确认").shows("意外致困认定标准");
    desk.types("gsq").shows("公示期").press("Enter").shows("历年数值");
    let mut desk = station.session_in(80, 24, Lang::En, false);
    desk.signs_in("auditor").press("z").types("low-income").shows("the low-income standard");
}

/// A file in force: decided by two supervisors the whole long way.
fn in_force(station: &Station, seed: u32, income: i64) -> RecordId {
    let (one, two) = (station.actor("supervisor"), station.second());
    let desk = station.actor("volunteer");
    let file = file(station, &desk, seed, income, true);
    let step = |who, id, answers| make(station, who, file, id, answers).unwrap();
    step(&desk, "submit", Answers::new());
    step(&one, "accept", Answers::new());
    step(&desk, "record_visit", visit(station));
    step(&two, "start_means_check", answers(&[("sent_on", today(station))]));
    let agrees = answers(&[("result", Value::Choice("agrees".into()))]);
    step(&two, "means_check_back", agrees);
    step(&two, "appraise", Answers::new());
    step(&two, "post_notice", answers(&[("posted_on", today(station))]));
    station.clock.set("2025-10-23T01:00:00Z".parse().unwrap());
    step(&two, "notice_over", Answers::new());
    step(&two, "approve", answers(&[("category", Value::Choice("deep".into()))]));
    file
}

fn sheets(station: &Station, file: RecordId) -> Vec<String> {
    let record = station.office.record(file).unwrap().unwrap();
    let made = record.moves.iter().filter(|made| made.sheet.is_some());
    let hashes = made.map(|made| made.sheet.as_ref().unwrap().hash().to_vec());
    hashes.map(|hash| format!("{hash:?}")).collect()
}

#[test]
fn next_years_standard_is_entered_tried_and_adopted_by_keys_alone() {
    let station = Station::new();
    let desk = station.actor("volunteer");
    let decided = in_force(&station, 1, 900_000);
    // Yuan a month of one person: the standard is 770 and becomes 790, and relative hardship ends at
    // one and a half times of it.
    let monthly = [700_i64, 770, 775, 790, 791, 1155, 1170, 1185, 1190];
    // A thousand yuan of it are rigid expense.
    let income = |yuan: i64| (yuan * 12 + 1_000) * 100;
    for (seed, yuan) in (10..).zip(monthly) {
        file(&station, &desk, seed, income(yuan), true);
    }
    // The tier, and whether a line is so near (5 %) that a person must look.
    let advice = |yuan: i64, standard: i64| {
        let near = |twice_line: i64| (2 * yuan - twice_line).abs() * 100 <= 5 * twice_line;
        let tier = (yuan <= standard, 2 * yuan <= 3 * standard);
        (tier, near(2 * standard) || near(3 * standard))
    };
    let expected = monthly.iter().filter(|yuan| advice(**yuan, 770) != advice(**yuan, 790)).count();
    let under_way = file(&station, &desk, 40, income(780), true);
    make(&station, &desk, under_way, "submit", Answers::new()).unwrap();
    let before = sheets(&station, decided);
    let rules_before = station.office.library();

    let mut admin = station.session(80, 24);
    admin.signs_in("admin");
    let start = admin.keys;
    admin.press("z d b b z F3").shows("新的低保标准").shows("现为 770");
    admin.press("7 9 0 Enter Enter Enter 9 F10");
    admin.hears(&station, "份档案的建议会变");
    let heading = format!("{expected} 份档案的建议会变");
    admin.shows(&heading).shows("在办的 1 份按提交时的规则办完").shows("深度困难");
    admin.press("F10");
    assert!(admin.keys - start <= 20, "{} keys", admin.keys - start);
    admin.shows("已启用");

    // In force at once, from its day on; the towns' only.
    let standard = |library: &Library, area: &str, day: &str| {
        let facts = [("area", area)];
        let keys = yizhan::policy::Keys { region: "500113", facts: &facts };
        let found = library.parameter_at("dibao_standard", day.parse().unwrap(), keys);
        found.probable().and_then(|found| found.value.as_integer())
    };
    let now = station.office.library();
    assert_eq!(standard(&now, "urban", "2026-06-30"), Some(77_000));
    assert_eq!(standard(&now, "urban", "2026-07-01"), Some(79_000));
    let rural = standard(&rules_before, "rural", "2026-07-01");
    assert_eq!(standard(&now, "rural", "2026-07-01"), rural);
    admin.press("Enter").shows("城市 790").shows("渝民规〔2026〕9号").shows("自 2026-07-01 起");
    // What was decided keeps its sheet, and what is decided for a day before goes by the old figure.
    assert_eq!(sheets(&station, decided), before);
    let record = station.office.record(decided).unwrap().unwrap();
    let sheet: DecisionSheet = station.office.sheet(&record, None, None).unwrap();
    assert!(serde_json::to_string(&sheet).unwrap().contains("77000"), "{sheet:?}");

    // The file holds together, says what a clerk would have written, and nothing waits.
    let own = OwnFiles::in_folder(station.office.store().dir());
    let text = &own.files.iter().find(|file| file.name == FILE).unwrap().text;
    for line in [
        "parameter = \"dibao_standard\"",
        "from = 2026-07-01",
        "region = \"500000\"",
        "where = { area = \"urban\" }",
        "value = 79000",
        "number = \"渝民规〔2026〕9号\"",
        "basis = \"local\"",
        "grade = \"A\"",
    ] {
        assert!(text.lines().any(|it| it == line), "no {line} in\n{text}");
    }
    Sources::over(&own.files).unwrap();
    assert!(Problems::default().is_empty());
    assert!(station.office.notices().is_empty(), "{:?}", station.office.notices());
    // A second one goes below it, into the same file.
    admin.press("Esc F3").shows("现为 790").press("8 0 0 Enter Enter Enter 1 F10");
    admin.hears(&station, "份档案的建议会变").press("F10").shows("已启用");
    assert_eq!(standard(&station.office.library(), "urban", "2027-07-01"), Some(80_000));
}

#[test]
fn what_is_lacking_is_asked_again_and_nothing_is_written() {
    let station = Station::new();
    let mut admin = station.session(80, 24);
    admin.signs_in("admin").press("z").types("dbbz").press("F3 F10").shows("还没有填新的数值");
    admin.press("Tab Tab").shows("新的低保标准");
    admin.press("Esc F3").types("七百九").press("F10").shows("不是能用的数值");
    // What was typed is still there.
    admin.press("Enter").shows("七百九");
    admin.press("Esc F3").types("790").press("F10").shows("文号还没有填完");
    admin.press("Esc F3").types("790").press("Tab Tab Ctrl-U").types("2025-07-01").press("F10");
    admin.shows("新的要晚于这一天");
    assert!(OwnFiles::in_folder(station.office.store().dir()).files.is_empty());
    // Others read and are offered nothing.
    let mut other = station.session(80, 24);
    other.signs_in("supervisor").press("z").types("dbbz").hides("新数值").press("F3");
    other.hides("新的低保标准");
}

#[test]
fn a_hand_written_change_is_not_adopted_along() {
    let station = Station::new();
    let own = station.office.store().dir().join(FILE);
    std::fs::create_dir_all(own.parent().unwrap()).unwrap();
    std::fs::write(&own, "# nothing yet\n").unwrap();
    let mut admin = station.session(80, 24);
    admin.signs_in("admin").press("z").types("dbbz").press("F3").types("790");
    admin.press("Enter Enter Enter").types("9").press("F10").shows("还没有启用");
    assert_eq!(std::fs::read_to_string(&own).unwrap(), "# nothing yet\n");
}

#[test]
fn decisions_that_rest_on_a_clause_are_listed_for_supervisors() {
    let station = Station::new();
    in_force(&station, 1, 900_000);
    let mut desk = station.session(80, 24);
    // The rules of eligibility cite the clause on categories, and the file was decided by them.
    let library = station.office.library();
    let rules = library.rule_set("hardship-eligibility").unwrap();
    let clause = &library.clauses[&rules.line("R-DEEP").unwrap().clause];
    desk.signs_in("supervisor").press("z Tab").types(&clause.text.zh).press("Enter");
    desk.shows(&clause.article);
    desk.shows("1 份，回车打开").press("Enter").shows("依据").shows("共 1 件");
}
