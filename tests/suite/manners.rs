//! How screens behave: the cursor, the lock, refusals, what is offered and what is not.

use crate::furnished::{self, found};
use crate::stage::{PASSWORD, Stage, Station};
use std::time::Duration;
use yizhan::office::Command;
use yizhan::record::Clock;
use yizhan::ui::IDLE_LOCK;
use yizhan::ui::action::{self, Action, Place};
use yizhan::words::Lang;

/// Types into the focused field and asserts that the real cursor follows, where an input method
/// draws.
#[track_caller]
fn cursor_follows(desk: &mut Stage, text: &str, seen: &str) {
    desk.types(text);
    assert!(desk.cursor_shown(), "the cursor is hidden:\n{}", desk.screen());
    assert!(
        desk.before_cursor().ends_with(seen),
        "the cursor stands behind {:?}:\n{}",
        desk.before_cursor(),
        desk.screen()
    );
}

#[test]
fn the_cursor_stands_in_the_field() {
    let station = furnished::station_with_newcomer();
    let mut desk = station.session(80, 24);
    cursor_follows(&mut desk, "supervisor", "supervisor");
    desk.press("Enter");
    let (begun, rest) = PASSWORD.split_at(3);
    cursor_follows(&mut desk, begun, "***");
    desk.types(rest).press("Enter F2");
    cursor_follows(&mut desk, "田甜", "田甜");
    desk.press("Enter F3 Enter");
    cursor_follows(&mut desk, "王", "王");
    desk.press("Tab");
    cursor_follows(&mut desk, "p", "p");
    desk.press("Esc Ctrl-P");
    cursor_follows(&mut desk, "fh", "fh");
    desk.press("Esc F12");
    cursor_follows(&mut desk, "x", "*");
    desk.press("Ctrl-U").types(PASSWORD).press("Enter F4 Enter r Tab");
    cursor_follows(&mut desk, "缺票据", "缺票据");
}

#[test]
fn wrong_passwords_are_told_and_slowed_down() {
    let station = Station::new();
    let mut desk = station.session(80, 24);
    desk.types("volunteer").press("Enter").types("wrong").press("Enter").shows("未完成");
    let first = desk.screen();
    for _ in 0..4 {
        desk.types("wrong").press("Enter");
    }
    assert_ne!(desk.screen(), first, "nothing says that one has to wait");
    desk.shows("秒");
    // The right password waits too, and then opens.
    desk.types(PASSWORD).press("Enter").shows("秒");
    station.clock.set(station.clock.now() + Duration::from_hours(1));
    desk.types(PASSWORD).press("Enter").shows("要办的事");
}

#[test]
fn the_lock_opens_by_the_password_only() {
    let station = furnished::station();
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer")
        .press("F2")
        .types("单静")
        .press("Enter e Ctrl-End")
        .types("写到一半");
    desk.press("F12").shows("已锁屏").hides("单静").hides("写到一半");
    desk.press("Esc Esc F2 F9 F1 1 0 F4").shows("已锁屏").hides("单静");
    desk.news().press("Ctrl-U Enter").types("wrong").press("Enter").shows("已锁屏").shows("未完成");
    desk.types(PASSWORD).press("Enter").shows("写到一半").hides("未完成");
    desk.press("F12 Ctrl-Q");
    assert!(desk.ended());

    // In a question too, and what was shown in full does not come back.
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer").press("F2").types("单静").press("Enter v").shows("为什么要看");
    desk.press("Space Tab")
        .types("核对")
        .press("F10")
        .shows("完整内容")
        .shows(&furnished::id_number(20));
    desk.press("F12").shows("已锁屏").types(PASSWORD).press("Enter").shows("单静");
    desk.hides(&furnished::id_number(20)).hides("完整内容");
}

#[test]
fn an_idle_session_locks_itself_and_wakes_for_nothing_else() {
    let station = furnished::station();
    let mut desk = station.session(120, 40);
    assert_eq!(desk.wake_in(), None, "nobody is signed in");
    desk.signs_in("volunteer").press("F4 F2").types("单静").press("Enter");
    assert_eq!(desk.wake_in(), Some(IDLE_LOCK));
    station.clock.set(station.clock.now() + Duration::from_mins(4));
    assert_eq!(desk.wake_in(), Some(IDLE_LOCK - Duration::from_mins(4)));
    desk.pause();
    assert!(!desk.locked());
    desk.press("Down");
    assert_eq!(desk.wake_in(), Some(IDLE_LOCK));
    station.clock.set(station.clock.now() + IDLE_LOCK);
    desk.pause().shows("已锁屏").hides("单静");
    assert_eq!(desk.wake_in(), None);
    desk.types(PASSWORD).press("Enter").shows("单静");
}

#[test]
fn showing_in_full_asks_is_journaled_and_goes() {
    let station = furnished::station();
    let full = furnished::id_number(20);
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer").press("F2").types("单静").press("Enter").hides(&full);
    desk.press("F8").shows("看哪一项").shows("身份证号").shows("写入日志");
    // Without a reason nothing is shown.
    desk.press("Space F10").shows("要填").hides(&full);
    desk.types("核对身份证").press("Enter").shows(&full);
    desk.press("Esc")
        .hides(&full)
        .press("h")
        .shows("查看完整内容")
        .shows("核对身份证")
        .hides(&full);
}

#[test]
fn an_auditor_reads_masked_and_is_offered_no_form() {
    let station = furnished::station();
    let mut desk = station.session(120, 40);
    desk.signs_in("auditor").hides("新建");
    desk.press("n").shows("不能进行这项操作").press("Esc");
    desk.press("F2").types("单静").press("Enter").hides(&furnished::id_number(20));
    desk.shows("500199").hides("修改").hides("看全号");
    desk.press("e").shows("不能进行这项操作").press("Esc v").shows("不能进行这项操作");
    desk.press("Esc F1").hides("修改").hides("看全号");
}

#[test]
fn the_palette_finds_by_initials_and_acts_below() {
    let station = furnished::station();
    let mut desk = station.session(80, 24);
    desk.signs_in("supervisor")
        .press("F9")
        .types("zr")
        .shows("找人")
        .press("Enter")
        .shows("找人或编号");
    desk.types("单静").press("Enter").shows("BN-人").press("Ctrl-P").types("ls").press("Enter");
    desk.shows("历史").shows("新建");
}

#[test]
fn help_lists_the_keys_of_the_place() {
    let station = furnished::station();
    let mut desk = station.session(120, 60);
    desk.signs_in("supervisor").press("F4 F1");
    let listed = desk.screen();
    // The tabs are those of the packs, called as these call them.
    assert!(listed.contains("困难帮扶") && !listed.contains("标签"), "{listed}");
    let tab = |action: Action| matches!(action, Action::Tab(digit) if digit > 1);
    for row in action::at(Place::List).filter(|row| !tab(row.action)) {
        let offered = !matches!(row.name, "drop-draft" | "log");
        let title = row.title.get(Lang::Zh);
        assert_eq!(
            listed.contains(title),
            offered || title == "草稿",
            "{} {title}:\n{listed}",
            row.name
        );
    }
}

#[test]
fn digits_and_full_width_keys() {
    let station = furnished::station();
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer").types("ｎ").shows("新建什么");
    desk.types("２").press("Enter").shows("先找到这个人");
    desk.press("Esc Esc").types("？").shows("这里可用的按键").press("Esc");
    desk.press("F2").types("单静").press("Enter").types("ｅ").shows("家庭住址").press("Esc");
    for key in ["Ctrl-Z", "Ctrl-G", "F7"] {
        let before = desk.screen();
        desk.press(key);
        if key != "F7" {
            assert_eq!((desk.last_frame, desk.screen()), (0, before), "{key} did something");
        }
    }
}

#[test]
fn several_at_once_with_a_verdict_each() {
    let station = furnished::station();
    let mut desk = station.session(80, 24);
    desk.signs_in("supervisor").press("F4").shows("共 4 件");
    // Somebody else is faster with one of them.
    desk.press("Space Space Space a").shows("成批办理 3 件").shows("初审通过 3 件");
    let other = station.second();
    let first = desk.screen();
    let number = first
        .lines()
        .find_map(|line| line.split_whitespace().find(|w| w.starts_with("BN-困")))
        .unwrap()
        .to_string();
    let id = station.office.numbered(&number).unwrap();
    let accept = Command::Move { id, base: None, id_of_move: "accept".into(), answers: [].into() };
    station.office.perform(&other, accept).unwrap();
    desk.press("F10")
        .shows("确认成批办理 3 件")
        .press("Enter")
        .shows("已办理 2 件，未办理 1 件")
        .shows("未办理：")
        .shows(&number);
    desk.press("Enter").shows("共 4 件");
}

#[test]
fn the_focus_stays_on_its_record() {
    let station = furnished::station();
    let mut desk = station.session(80, 24);
    desk.signs_in("supervisor").press("2 Down Down");
    let marked = |desk: &Stage| {
        desk.screen().lines().find(|line| line.starts_with('▸')).unwrap().to_string()
    };
    let before = marked(&desk);
    let file = found(&station, "欧阳靖雯", "hardship_file");
    let second = station.second();
    station.clock.set(station.clock.now() + Duration::from_mins(1));
    let id_of_move = "accept".to_string();
    let accept = Command::Move { id: file, base: None, id_of_move, answers: [].into() };
    station.office.perform(&second, accept).unwrap();
    desk.news();
    assert_eq!(marked(&desk), before);
    assert!(desk.screen().lines().position(|line| line.contains("欧阳靖雯")).unwrap() < 6);
}

#[test]
fn a_window_too_small_says_so_and_loses_nothing() {
    let station = furnished::station();
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer").press("F2").types("单静");
    desk.resize(40, 10).shows("窗口太小").types("x").press("Enter");
    desk.resize(80, 24).shows("单静").hides("单静x");
    desk.resize(40, 10).press("Ctrl-Q");
    assert!(desk.ended());
}

#[test]
fn another_language_at_the_same_place() {
    let station = furnished::station_with_newcomer();
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer")
        .press("F2")
        .types(furnished::NEWCOMER)
        .press("Enter F3 Enter Enter")
        .types("王")
        .press("Tab")
        .types("po")
        .press("Tab");
    desk.shows("配偶")
        .press("F11")
        .shows("Hardship file")
        .shows("Spouse")
        .shows("王")
        .hides("配偶");
    desk.press("F11").shows("困难职工档案").shows("配偶");
    // Text that was read to somewhere in the middle stays there.
    desk.press("Esc Esc F4");
}
