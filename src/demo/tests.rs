//! The demo is the same for the same seed, is whole, and its households stand where they say.

use super::people::ADDRESS_CODE;
use super::*;
use crate::office::Queue;
use crate::policy::{LineResult, Overall};
use crate::record::{FixedClock, IdNumber, Instant, Record, Value};
use chrono::{TimeZone, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// Wednesday 2025-10-15, ten in the morning in Chongqing: the day of the worked examples.
fn wednesday() -> Instant {
    Utc.with_ymd_and_hms(2025, 10, 15, 2, 0, 0).unwrap()
}

fn opened(people: usize, seed: u64, at: Instant) -> Demo {
    match open(people, seed, Arc::new(FixedClock::new(at))) {
        Ok(demo) => demo,
        Err(refusal) => panic!("{refusal:?}"),
    }
}

/// One demo for all tests that only read.
fn demo() -> &'static Demo {
    static DEMO: OnceLock<Demo> = OnceLock::new();
    DEMO.get_or_init(|| opened(PEOPLE, SEED, wednesday()))
}

/// Somebody of the role who looks and changes nothing.
fn actor(role: Role) -> Actor {
    let (account, hand) = (role.id().into(), crate::office::Held::default());
    Actor { account, role, origin: Origin::Terminal, hand }
}

fn records(office: &Office, kind: &str) -> Vec<Record> {
    let mut all = Vec::new();
    office
        .each(kind, |record| {
            all.push(record);
            Ok(())
        })
        .unwrap();
    all
}

fn listing(demo: &Demo) -> BTreeSet<(String, String, String)> {
    let mut all = BTreeSet::new();
    for kind in ["person", replay::FILE] {
        for record in records(&demo.office, kind) {
            all.insert((record.number.clone(), demo.office.title_of(&record), record.state));
        }
    }
    all
}

#[test]
fn the_same_seed_and_day_make_the_same_station() {
    let later = wednesday() + chrono::TimeDelta::hours(9);
    let again = opened(PEOPLE, SEED, later);
    assert_eq!(listing(&again), listing(demo()));
    assert_eq!(again.notable, demo().notable);
    assert_eq!(records(&again.office, "person").len(), PEOPLE);
}

#[test]
fn another_seed_makes_another_station_which_goes_when_dropped() {
    // A Sunday, when no period ends; the cast comes however few people are asked for.
    let demo = opened(0, 8, Utc.with_ymd_and_hms(2025, 10, 19, 2, 0, 0).unwrap());
    let others = listing(self::demo());
    assert!(listing(&demo).iter().filter(|line| others.contains(line)).count() < others.len() / 2);
    assert!(records(&demo.office, "person").len() > 40);
    let folder = demo._folder.path().to_path_buf();
    assert!(folder.join("station.toml").exists());
    drop(demo);
    assert!(!folder.exists());
}

#[test]
fn opens_over_new_year_and_in_a_year_without_holidays() {
    for (year, month, day) in [(2026, 1, 2), (2031, 5, 5)] {
        let demo = opened(0, 1, Utc.with_ymd_and_hms(year, month, day, 2, 0, 0).unwrap());
        assert!(!demo.notable.is_empty());
        assert!(demo.office.calendar().year(chrono::Datelike::year(&demo.office.today())).is_ok());
    }
}

#[test]
fn every_state_is_shown() {
    let office = &demo().office;
    let mut states: BTreeMap<String, usize> = BTreeMap::new();
    for record in records(office, replay::FILE) {
        *states.entry(record.state).or_default() += 1;
    }
    let life = office.catalogue().kind(replay::FILE).unwrap().workflow.as_ref().unwrap();
    for state in &life.states {
        assert!(states.contains_key(&state.id), "nobody is {}: {states:?}", state.id);
    }
    assert!(states["submitted"] >= 5, "{states:?}");
}

#[test]
fn nobody_finds_an_empty_list() {
    let office = &demo().office;
    let watch = Queue::List { kind: replay::FILE.to_string(), list: "watch".to_string() };
    let queues = [Queue::Review, Queue::Due, Queue::Returned, Queue::Drafts, watch];
    for queue in queues {
        let listed = office.list(&actor(Role::Volunteer), &queue, 0, 100);
        assert!(listed.total > 0, "volunteer: {queue:?}");
        if queue != Queue::Drafts {
            let listed = office.list(&actor(Role::Supervisor), &queue, 0, 100);
            assert!(listed.total > 0, "supervisor: {queue:?}");
        }
    }
    let due = office.list(&actor(Role::Supervisor), &Queue::Due, 0, 100);
    let today = office.today();
    let today_ones: BTreeSet<&str> =
        due.lines.iter().filter(|l| l.due == Some(today)).map(|l| l.state.as_str()).collect();
    assert!(today_ones.contains("submitted") && today_ones.contains("notice_period"));
    let overdue: BTreeSet<&str> =
        due.lines.iter().filter(|l| l.due < Some(today)).map(|l| l.state.as_str()).collect();
    for state in ["submitted", "first_review_done", "returned", "notice_period"] {
        assert!(overdue.contains(state), "nothing overdue is {state}: {overdue:?}");
    }
}

#[test]
fn every_account_signs_in() {
    let office = &demo().office;
    for name in ["volunteer", "supervisor", SECOND, "admin", "auditor"] {
        assert!(office.sign_in(name, PASSWORD, &Origin::Terminal).is_ok(), "{name}");
        assert!(GREETING.zh.contains(name) && GREETING.en.contains(name));
    }
}

#[test]
fn all_identity_numbers_are_invented_and_well_formed() {
    let office = &demo().office;
    let mut numbers = BTreeSet::new();
    let mut old = 0;
    for person in records(office, "person") {
        let number = IdNumber::parse_on(person.text("id_number"), office.today()).unwrap();
        assert_eq!(number.address_code(), ADDRESS_CODE);
        old += usize::from(number.is_old());
        assert!(numbers.insert(number), "{} twice", person.number);
    }
    assert_eq!(old, 1);
    let mut twice = 0;
    for file in records(office, replay::FILE) {
        for member in file.get("members").map(Value::rows).unwrap_or_default() {
            let number = member.fields.get("id_number").and_then(Value::as_text).unwrap();
            let number = IdNumber::parse_on(number, office.today()).unwrap();
            assert_eq!(number.address_code(), ADDRESS_CODE);
            twice += usize::from(!numbers.insert(number));
        }
    }
    assert_eq!(twice, 1, "one child stands in two files");
}

/// Where twelve months' income less rigid expense lies against 770 yuan a head (渝民规〔2025〕6号)
/// and 1.5 times that, and whether it is within five per cent of either; reckoned from the
/// record alone.
fn expected(file: &Record) -> (Option<&str>, LineResult) {
    let fen = |field| file.get(field).and_then(Value::as_fen).map(i128::from).unwrap();
    let people = file.get("household_size").and_then(Value::as_integer).map(i128::from).unwrap();
    let left = fen("annual_income") - fen("rigid_expense");
    let year = 12 * people * 77_000;
    let category = match (left < year, left * 2 <= year * 3) {
        (true, _) => Some("deep"),
        (false, true) => Some("relative"),
        (false, false) => None,
    };
    let near = |line: i128| left * 40 >= line * 38 && left * 40 <= line * 42;
    let edge = near(year) || (left * 80 >= year * 3 * 38 && left * 80 <= year * 3 * 42);
    (category, if edge { LineResult::Unknown } else { LineResult::Met })
}

#[test]
fn households_at_the_lines_fall_where_the_arithmetic_says() {
    let demo = demo();
    let at_line: Vec<&Notable> =
        demo.notable.iter().filter(|notable| notable.shows.contains("人户，")).collect();
    assert_eq!(at_line.len(), 3 * lines::LINES.len());
    let mut seen = BTreeSet::new();
    for notable in at_line {
        let id = demo.office.numbered(&notable.number).unwrap();
        let file = demo.office.record(id).unwrap().unwrap();
        let (category, edge) = expected(&file);
        let sheet = demo.office.sheet(&file, None, None).unwrap();
        assert_eq!(sheet.category.as_deref(), category, "{}", notable.shows);
        assert_eq!(sheet.line("R-EDGE").unwrap().result, edge, "{}", notable.shows);
        let outcome = match (edge, category) {
            (LineResult::Met, Some(_)) => Overall::Suggests,
            (LineResult::Met, None) => Overall::SuggestsNo,
            _ => Overall::NeedsPerson,
        };
        assert_eq!(sheet.outcome, outcome, "{}: {:?}", notable.shows, sheet.nearest);
        seen.insert((format!("{category:?}"), format!("{edge:?}")));
    }
    assert_eq!(seen.len(), 6, "three categories, near and clear: {seen:?}");
}

/// The file whose remark says this, and the result of one line of its sheet.
fn line_of(shows: &str, line: &str) -> LineResult {
    let demo = demo();
    let notable = demo.notable.iter().find(|notable| notable.shows.contains(shows)).unwrap();
    let id = demo.office.numbered(&notable.number).unwrap();
    let file = demo.office.record(id).unwrap().unwrap();
    demo.office.sheet(&file, None, None).unwrap().line(line).unwrap().result
}

#[test]
fn the_cast_shows_what_it_is_there_for() {
    use LineResult::{Met, NotMet, Unknown};
    for (shows, line, result) in [
        ("女儿已在母亲的档案里", "R-DUP", NotMet),
        ("劳动关系 11 个月", "R-LAB", NotMet),
        ("单位未建工会", "R-UNION", NotMet),
        ("缺近一年工资流水", "R-INC", Unknown),
        ("收入明细只有 10 个月", "R-INC", Unknown),
        ("成员表计 3 人", "R-HH", Unknown),
        ("服役子女不计入", "R-HH", Met),
        ("住房 2 套", "R-X1", NotMet),
        ("机动车未核对", "R-X4", Unknown),
        ("有车，为送货", "R-X4", Met),
        ("申报意外事故", "R-ACC", Unknown),
        ("深度困难，收支逐项", "R-DEEP", Met),
        ("相对困难：833.33", "R-REL", Met),
        ("人均 1300 元", "R-REL", NotMet),
        ("支出大于收入", "R-DEEP", Met),
        ("边缘带内", "R-EDGE", Unknown),
        ("15 位旧号", "R-ID", Met),
    ] {
        assert_eq!(line_of(shows, line), result, "{shows} {line}");
    }
}

#[test]
fn histories_run_forward_and_are_worth_reading() {
    let demo = demo();
    let supervisor = actor(Role::Supervisor);
    let mut commands: BTreeMap<String, usize> = BTreeMap::new();
    for kind in ["person", replay::FILE] {
        for record in records(&demo.office, kind) {
            let history = demo.office.history(&supervisor, kind, record.id).unwrap();
            assert!(history.is_sorted_by(|newer, older| newer.at >= older.at));
            assert!(history.iter().all(|event| event.at <= demo.office.now()));
            for event in history {
                let reasoned = event.command != "reveal" || event.reason.is_some();
                assert!(reasoned, "a look without a reason");
                *commands.entry(event.command).or_default() += 1;
            }
        }
    }
    for (command, least) in
        [("create", 150), ("amend", 5), ("propose", 2), ("reveal", 5), ("move", 150)]
    {
        assert!(commands[command] >= least, "{commands:?}");
    }
    let returned = demo.notable.iter().find(|n| n.shows.ends_with("退回补正后重新提交")).unwrap();
    let id = demo.office.numbered(&returned.number).unwrap();
    let file = demo.office.record(id).unwrap().unwrap();
    let steps: Vec<&str> = file.moves.iter().map(|made| made.id.as_str()).collect();
    assert_eq!(steps[..4], ["submit", "return", "submit", "accept"]);
    assert_eq!(file.state, "on_file");
    assert!(matches!(file.moves[1].answers.get("fields"), Some(Value::Tags(f)) if !f.is_empty()));
}
