//! Several at once: what others do shows without flicker, and nobody's hands are taken from the
//! keys for it.

use crate::furnished::{self, found};
use crate::stage::{PASSWORD, Stage, Station};
use yizhan::office::{Answers, Command};
use yizhan::program::PERSON;
use yizhan::record::{Fields, RecordId, Value};

fn step(id: RecordId, id_of_move: &str) -> Command {
    let answers = match id_of_move {
        "return" => Answers::from([
            ("reason".to_string(), Value::Text("缺票据".into())),
            ("fields".to_string(), Value::Tags(vec!["rigid_expense".into()])),
        ]),
        _ => Answers::new(),
    };
    Command::Move { id, base: None, id_of_move: id_of_move.into(), answers }
}

fn marked(desk: &Stage) -> String {
    let screen = desk.screen();
    screen.lines().find(|line| line.starts_with('▸')).unwrap_or_default().to_string()
}

#[track_caller]
fn follows(desk: &mut Stage, most: usize) {
    desk.news();
    let sent = String::from_utf8_lossy(&desk.sent).into_owned();
    assert!((1..=most).contains(&desk.last_frame), "{} bytes:\n{}", desk.last_frame, desk.screen());
    assert!(!sent.contains("\x1b[2J") && !sent.contains("\x1b[J"), "the screen was cleared");
    // The same once more sends nothing.
    desk.news();
    assert_eq!(desk.last_frame, 0);
}

#[test]
fn lists_counts_and_pages_follow_what_others_do() {
    let station = furnished::station();
    let second = station.second();
    let hears = station.office.subscribe();
    let mut queue = station.session(120, 40);
    queue.signs_in("supervisor").press("F4 Down Down").pause();
    let mut page = station.session(120, 40);
    page.signs_in("volunteer")
        .press("F2")
        .types("解文")
        .shows("BN-困")
        .press("Down Enter")
        .shows("待初审");
    let mut typing = station.session(120, 40);
    typing.signs_in("volunteer").press("F2").types("欧阳");
    queue.news();
    let place = marked(&queue);
    while hears.try_recv().is_ok() {}

    // A file goes on: its row and the page beside it change, the mark stays.
    let file = found(&station, "解文", "hardship_file");
    station.office.perform(&second, step(file, "accept")).unwrap();
    assert!(hears.try_recv().is_ok(), "told before the one who did it is");
    follows(&mut queue, 1_500);
    queue.shows("待入户");
    assert_eq!(marked(&queue).split_whitespace().nth(1), place.split_whitespace().nth(1));
    follows(&mut page, 3_000);
    page.shows("待入户").hides("待初审");
    let cursor = typing.cursor();
    follows(&mut typing, 400);
    assert_eq!(typing.cursor(), cursor);
    typing.types("靖").shows("欧阳靖");

    // A file goes from the list.
    let file = found(&station, "单静", "hardship_file");
    let place = marked(&queue);
    station.office.perform(&second, step(file, "return")).unwrap();
    follows(&mut queue, 2_500);
    queue.shows("共 3 件").hides("单静");
    assert_eq!(marked(&queue).split_whitespace().nth(1), place.split_whitespace().nth(1));
}

#[test]
fn who_has_a_file_in_review_is_shown_to_others() {
    let station = furnished::station();
    station.second();
    let mut first = station.session(120, 40);
    let mut second = station.session(120, 40);
    first.signs_in("supervisor").press("F4");
    second.signs_in("supervisor2").press("F4").hides("在审");
    first.press("Enter").shows("待初审").hides("打开着");
    follows(&mut second, 400);
    second.shows("supervisor 在审");
    // The second opens it too, sees who has it, and is asked before deciding.
    second.press("Enter").shows("supervisor 也打开着").press("a").shows("supervisor 正打开着");
    first.news().hides("supervisor2").press("a").hides("正打开着").press("Esc");
    second.press("Esc Esc").shows("supervisor 在审");
    // In a batch it is said too.
    second.press("* a").shows("supervisor 正打开着").press("Esc *");
    first.press("Esc").hides("在审");
    second.news().hides("在审");
    // Whoever is second in line has it when the first leaves, and a session that ends lets go.
    first.press("Enter");
    second.press("Enter").shows("也打开着");
    let mut third = station.session(120, 40);
    third.signs_in("supervisor").press("F4").hides("在审");
    drop(first);
    second.news().hides("也打开着");
    third.news().shows("supervisor2 在审");
    // Nobody sits at a locked session; whoever comes back has the file again.
    second.press("F12").shows("已锁屏");
    third.news().hides("在审");
    second.types(PASSWORD).press("Enter").shows("待初审");
    third.news().shows("supervisor2 在审");
    second.press("Ctrl-O");
    third.news().hides("在审");
}

/// More files in review, made at once.
fn files(station: &Station, count: usize) -> Vec<RecordId> {
    let office = &station.office;
    let desk = station.actor("volunteer");
    let pattern = found(station, "单静", "hardship_file");
    let pattern = office.record(pattern).unwrap().unwrap().fields;
    let people = (0..count).map(|n| {
        let (n, order) = (u32::try_from(n).unwrap(), n % 1000);
        let (year, month, day) = (1960 + n % 40, 1 + n / 28 % 12, 1 + n % 28);
        let id = furnished::checked(&format!("500199{year:04}{month:02}{day:02}{order:03}"));
        let fields = Fields::from([
            ("name".to_string(), Value::Text(format!("甲{}", char::from_u32(0x4e00 + n).unwrap()))),
            ("id_number".to_string(), Value::Text(id)),
        ]);
        Command::Create { kind: PERSON.into(), fields, number: None, step: None }
    });
    let people: Vec<RecordId> = office
        .perform_all(&desk, people)
        .into_iter()
        .map(|made| made.unwrap().id.unwrap())
        .collect();
    let made = people.iter().map(|person| {
        let mut fields = pattern.clone();
        fields.insert("head".into(), Value::Reference(*person));
        Command::Create { kind: "hardship_file".into(), fields, number: None, step: None }
    });
    let made: Vec<RecordId> =
        office.perform_all(&desk, made).into_iter().map(|made| made.unwrap().id.unwrap()).collect();
    let handed_in = made.iter().map(|id| step(*id, "submit"));
    office.perform_all(&desk, handed_in).into_iter().for_each(|done| drop(done.unwrap()));
    made
}

#[test]
fn many_verdicts_have_one_summary_and_an_entry_each() {
    let station = furnished::station();
    files(&station, 56);
    // One is further on and asks for something else.
    let other = found(&station, "单静", "hardship_file");
    station.office.perform(&station.second(), step(other, "accept")).unwrap();
    let mut desk = station.session(80, 24);
    desk.signs_in("supervisor").press("F4").shows("共 60 件");
    let before = station.office.head_seq();
    desk.press("* a").shows("成批办理 59 件").shows("不办理 1 件").shows("不在屏幕上");
    desk.press("G").shows("这一步要填别的").press("F10").shows("确认成批办理 59 件");
    desk.press("Enter").shows("已办理 59 件，未办理 1 件").press("Enter").shows("共 60 件");
    // What went on is marked no longer.
    desk.press("a").hides("成批办理").press("Esc");
    assert_eq!(station.office.head_seq(), before + 59);
    // Marked again and let go again.
    desk.press("* *").press("a").hides("成批办理");
}
