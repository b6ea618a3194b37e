//! A verdict on the screen is safe: nothing preselected that the sheet does not say.

use crate::insiders::{answers, file, make, today, visit};
use crate::stage::{Stage, Station};
use yizhan::office::{Actor, Answers};
use yizhan::record::{RecordId, Value};

/// Makes a step of a file that is let through.
fn step(station: &Station, who: &Actor, id: RecordId, step: &str, answers: Answers) {
    make(station, who, id, step, answers).unwrap();
}

/// A station with two supervisors where the volunteer handed in a file for each of these incomes.
fn with_files(incomes: impl IntoIterator<Item = i64>) -> (Station, Vec<RecordId>) {
    let station = Station::new();
    station.second();
    let desk = station.actor("volunteer");
    let files = (1..).zip(incomes).map(|(seed, income)| {
        let id = file(&station, &desk, seed, income, true);
        step(&station, &desk, id, "submit", Answers::new());
        id
    });
    let files = files.collect();
    (station, files)
}

/// The same with a single file.
fn with_file(income: i64) -> (Station, RecordId) {
    let (station, files) = with_files([income]);
    (station, files[0])
}

/// Leads files to their approval; `supervisor` passed their first review.
fn to_approve(station: &Station, files: &[RecordId]) {
    let (desk, one) = (station.actor("volunteer"), station.actor("supervisor"));
    for id in files {
        let on = |question: &str| answers(&[(question, today(station))]);
        step(station, &one, *id, "accept", Answers::new());
        step(station, &desk, *id, "record_visit", visit(station));
        step(station, &one, *id, "start_means_check", on("sent_on"));
        let agrees = answers(&[("result", Value::Choice("agrees".into()))]);
        step(station, &one, *id, "means_check_back", agrees);
        step(station, &one, *id, "appraise", Answers::new());
        step(station, &one, *id, "post_notice", on("posted_on"));
    }
    // Five working days from 2025-10-15 end on the 22nd.
    station.clock.set("2025-10-23T01:00:00Z".parse().unwrap());
    for id in files {
        step(station, &one, *id, "notice_over", Answers::new());
    }
}

/// Income in fen less 1,000 yuan over twelve months for one person, against 770 and 1,155 yuan:
/// 666.67 is deep, 1,000 relative, 2,416.67 neither.
const DEEP: i64 = 900_000;
const RELATIVE: i64 = 1_300_000;
const NEITHER: i64 = 3_000_000;

fn record(station: &Station, id: RecordId) -> yizhan::record::Record {
    station.office.record(id).unwrap().unwrap()
}

#[test]
fn thirty_files_of_three_advices_each_get_their_own() {
    let (station, files) = with_files([DEEP, RELATIVE, NEITHER].into_iter().cycle().take(30));
    to_approve(&station, &files);
    let mut screen = station.session(80, 24);
    screen.signs_in("supervisor2").press("F4").shows("共 30 件").press("* a");
    screen.shows("成批办理 20 件");
    screen.shows("批准建档：深度困难 10 件").shows("批准建档：相对困难 10 件");
    screen.shows("不办理 10 件").shows("件不在屏幕上");
    // Refusals are last, with the reason.
    screen.hides("请单独办理").press("G").shows("请单独办理");
    let before = station.office.head_seq();
    screen.keys = 0;
    screen.press("F10").shows("确认成批办理 20 件");
    screen.shows("批准建档：深度困难 10 件").shows("批准建档：相对困难 10 件");
    assert_eq!(station.office.head_seq(), before, "nothing happens before the second answer");
    screen.press("Enter").shows("已办理 20 件，未办理 10 件");
    assert!(screen.keys <= 3, "{} keys", screen.keys);
    for (n, id) in files.iter().enumerate() {
        let record = record(&station, *id);
        let category = record.get("category").and_then(Value::as_text);
        let (state, advised) = match n % 3 {
            0 => ("on_file", Some("deep")),
            1 => ("on_file", Some("relative")),
            _ => ("to_approve", None),
        };
        assert_eq!((record.state.as_str(), category), (state, advised), "file {n}");
    }
    // A batch of approvals is closed and is not taken back.
    screen.press("b").hides("撤回这一批");
}

#[test]
fn a_batch_of_first_reviews_is_taken_back_as_one_with_a_reason() {
    let (station, files) = with_files([DEEP; 3]);
    let mut screen = station.session(80, 24);
    screen.signs_in("supervisor").press("F4 * a").shows("成批办理 3 件").press("F10");
    screen.shows("确认成批办理 3 件").press("Enter").shows("已办理 3 件，未办理 0 件");
    // A colleague goes on with one of them meanwhile.
    step(&station, &station.actor("volunteer"), files[0], "record_visit", visit(&station));
    screen.press("b").shows("撤回这一批").press("Enter").shows("这一项要填");
    screen.types("选错了一批").press("Enter").shows("已撤回 2 件，没有撤回 1 件");
    assert_eq!(record(&station, files[0]).state, "home_visited");
    for id in &files[1..] {
        let record = record(&station, *id);
        assert_eq!((record.state.as_str(), record.moves.len()), ("submitted", 3));
    }
}

#[test]
fn keys_typed_ahead_of_a_batch_change_nothing() {
    let (station, _) = with_files([DEEP; 3]);
    let mut screen = station.session(80, 24);
    screen.signs_in("supervisor").press("F4");
    let before = station.office.head_seq();
    screen.bytes(b"*a\x1b[21~\r\r").shows("确认成批办理 3 件");
    assert_eq!(station.office.head_seq(), before);
}

/// A supervisor's page of the only file there is to approve.
fn page(station: &Station, id: RecordId) -> Stage {
    let mut screen = station.session(80, 24);
    let number = record(station, id).number;
    screen.signs_in("supervisor2").press("F4").shows(&number).press("Enter").shows("待审批");
    screen
}

#[test]
fn the_category_is_the_sheets_and_where_it_is_silent_the_question_is_open() {
    let (station, id) = with_file(NEITHER);
    to_approve(&station, &[id]);
    let mut screen = page(&station, id);
    screen.press("a").shows("建议不符合").shows("未决问题 0 个").shows("与建议不同");
    screen.hides("(o)");
    // Enter alone chooses nothing.
    screen.press("Enter Enter").shows("这一项要填").hides("(o)");
    screen.press("Esc");
    assert_eq!(record(&station, id).state, "to_approve");
}

#[test]
fn an_approval_by_the_advice_takes_two_keys_and_shows_its_basis() {
    let (station, id) = with_file(RELATIVE);
    to_approve(&station, &[id]);
    let name = station.office.title_of(&record(&station, id));
    let mut screen = page(&station, id);
    screen.keys = 0;
    screen.press("a").shows(&name).shows("建议：建议符合 · 相对困难").shows("(o) 2 相对困难");
    screen.press("F10");
    assert!(screen.keys <= 3);
    screen.shows("在档");
    let record = record(&station, id);
    assert_eq!(record.get("category").and_then(Value::as_text), Some("relative"));
    screen
        .press("h")
        .shows("批准建档")
        .shows("困难类别：相对困难")
        .shows("当时的认定依据：建议符合");
    screen.press("Tab PageDown").shows("R-REL");
}

#[test]
fn grounds_of_a_decline_are_what_speaks_against() {
    let (station, id) = with_file(NEITHER);
    let mut screen = station.session(80, 24);
    screen.signs_in("supervisor").press("F4 Enter").shows("待初审").press("d");
    screen.shows("依据条款");
    // Above every tier is a ground: the clause of the highest (2024 余姚, relative). That the
    // lower tier does not apply is none, and what was met is none.
    screen.shows("余姚").shows("其他条款…").hides("深度困难家庭").hides("GB 11643").hides("(o)");
    screen.press("Enter").shows("这一项要填");
    screen.press("1 Enter").types("高于相对困难线").press("F10").shows("不予建档");
    assert_eq!(record(&station, id).state, "declined");
    // Clause and reason are on the page and in the history.
    screen.press("Tab").shows("余姚").shows("高于相对困难线");
    screen.press("h").shows("余姚").shows("高于相对困难线");
}

#[test]
fn against_the_advice_on_the_screen() {
    let (station, id) = with_file(NEITHER);
    to_approve(&station, &[id]);
    let mut screen = page(&station, id);
    // Category, clause, reason: each is asked for, and then it waits for the other supervisor.
    screen.press("a").shows("困难类别").press("2 Enter").shows("依据条款").press("1 Enter");
    screen.types("集体研究同意").press("F10").shows("还没有生效");
    assert_eq!(record(&station, id).state, "to_approve");
    screen.press("Esc Tab").shows("待另一人复核");
    // The one who put it forward does not second it.
    screen.press("a").hides("复核：批准建档");
    let mut other = station.session(80, 24);
    other.signs_in("supervisor").press("F4 Enter").shows("待审批").press("a");
    other.shows("复核：批准建档").shows("supervisor2 提出").shows("相对困难").shows("集体研究同意");
    other.types("复核无误").press("F10").shows("在档");
    let record = record(&station, id);
    assert_eq!(record.moves.last().unwrap().proposed_by.as_deref(), Some("supervisor2"));
}

/// What the office sends back is asked again with the cursor where something is lacking, and what
/// was answered stands.
#[test]
fn another_category_than_the_advice_is_asked_for_its_ground() {
    let (station, id) = with_file(RELATIVE);
    to_approve(&station, &[id]);
    let mut screen = page(&station, id);
    screen.press("a").shows("(o) 2 相对困难").press("1 F10").shows("要写明依据条款和理由");
    screen.shows("(o) 1 深度困难").press("1 Enter").types("药费仍在增加").press("F10");
    screen.shows("还没有生效");
    let record = record(&station, id);
    let proposal = record.proposal.as_ref().unwrap();
    assert_eq!(proposal.answers["category"].as_text(), Some("deep"));
    assert_eq!(proposal.answers["reason"].as_text(), Some("药费仍在增加"));
}

/// From first review to on file by two supervisors and a volunteer, every key as bytes.
#[test]
fn the_counter_flow_with_two_supervisors_by_keys_alone() {
    let (station, id) = with_file(DEEP);
    let number = record(&station, id).number;
    let mut screen = station.session(80, 24);
    screen.signs_in("supervisor").press("F4 Enter a").shows("初审通过").press("Enter");
    screen.shows("待入户").press("Ctrl-O").signs_in("volunteer").press("F2").types(&number);
    screen.press("Enter").shows("待入户").press("m").shows("登记入户调查").press("Enter");
    screen.types("周丽").press("Enter").types("陈静").press("Enter Enter").types("情况属实");
    screen.press("F10").shows("已入户");
    screen.press("Ctrl-O").signs_in("supervisor").press("F4 Enter a").shows("送核日期");
    screen.press("F10").shows("核对中");
    screen.press("a").shows("核对结果").press("1 F10").shows("待评议");
    screen.press("a").shows("会议纪要").press("F10").shows("待公示");
    screen.press("a").shows("公示起始日期").press("F10").shows("公示中");
    station.clock.set("2025-10-23T01:00:00Z".parse().unwrap());
    screen.press("a").shows("公示期满").press("Enter").shows("待审批");
    // The same person does not approve what they passed.
    screen.press("m").shows("须由另一位同事办理").press("Esc");
    screen.press("Ctrl-O").signs_in("supervisor2").press("F4 Enter").shows("待审批").press("a");
    screen.shows("深度困难").press("F10").shows("在档");
    assert_eq!(record(&station, id).state, "on_file");
}
