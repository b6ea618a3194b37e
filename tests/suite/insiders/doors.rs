//! Files, terminals and connections: nothing is overwritten, hangs, or is lost without a word.

use crate::app::App;
use crate::attach::office;
use crate::cli::{Desk, PASSWORD, id_number, text};
use crate::furnished::{self, found};
use crate::stage::Station;

/// Keys that stood in the line before the question was on the screen: the question stays, and
/// nothing is done.
#[test]
fn keys_typed_ahead_decide_nothing() {
    let station = furnished::station();
    let file = found(&station, "欧阳靖雯", "hardship_file");
    let state = |station: &Station| station.office.record(file).unwrap().unwrap().state;
    let before = state(&station);
    let mut desk = station.session(80, 24);
    desk.signs_in("supervisor").press("F2").types("oyjw").press("Down Enter").shows("待初审");
    desk.bytes(b"a\r\ra\r").shows("初审通过").shows("没有采用");
    assert_eq!(state(&station), before);
    // Pasted text answers as little, and leaving works at any time.
    desk.press("Esc").hides("没有采用").bytes(b"a\x1b[200~1\x1b[201~").shows("没有采用");
    desk.press("Esc").bytes(b"a\x11");
    assert!(desk.ended());
    assert_eq!(state(&station), before);
}

/// A search and a form take what was typed ahead, as people who know their way do.
#[test]
fn what_decides_nothing_takes_what_was_typed_ahead() {
    let station = furnished::station();
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer").bytes(b"/oyjw\x1b[B").shows("欧阳靖雯").hides("没有采用");
}

/// Where the terminal answers, the question counts as seen when it has told that it worked
/// through the frame that shows it.
#[test]
fn a_terminal_that_answers_tells_when_the_question_is_on_its_screen() {
    let station = furnished::station();
    let file = found(&station, "欧阳靖雯", "hardship_file");
    let state = |station: &Station| station.office.record(file).unwrap().unwrap().state;
    let before = state(&station);
    let mut desk = station.session(80, 24);
    desk.bytes(b"\x1b[?62;c").signs_in("supervisor").press("F2").types("oyjw");
    desk.press("Down Enter").shows("待初审").press("a").shows("确定");
    desk.bytes(b"\r").shows("没有采用");
    assert_eq!(state(&station), before);
    // The Esc of a person and the answer right behind it: both are heard.
    desk.bytes(b"\x1b[0n").bytes(b"\x1b\x1b[0n").hides("确定");
    desk.press("a").bytes(b"\x1b[0n").bytes(b"\r").hides("没有采用");
    assert_ne!(state(&station), before);
}

/// The same through the built program on a terminal of its own.
#[test]
fn keys_typed_ahead_decide_nothing_in_a_window() {
    let mut desk = office();
    desk.account = "志愿者甲".into();
    let number = id_number("19900101", 12);
    let line = format!(
        "{{\"create\": \"person\", \"fields\": {{\"name\": \"甘小棠\", \"id_number\": \"{number}\"}}}}"
    );
    assert_eq!(desk.perform(&line).0, 0);
    let password = desk.file("password");
    let mut app =
        App::start(&desk, &["--as", "志愿者甲", "--password-file", password.to_str().unwrap()]);
    app.wait_for_home("志愿者");
    app.press("\x1b[?62;c");
    app.press("\x1bOQ");
    app.wait_for("找人或编号");
    app.press("甘小棠");
    app.wait_for("BN-人-000001");
    app.press("\r");
    app.wait_for("第 1 版");
    app.press("u\r");
    app.wait_for("没有采用");
    app.wait_for("撤销上次保存");
    app.press("\x1b[0n");
    app.press("\r");
    app.wait_for("已撤销");
    app.press("\x11");
    assert_eq!(app.ended(), 0);
}
