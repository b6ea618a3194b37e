//! A list narrowed by what is typed: names behind references, pinyin, numbers, states and choices.

use super::{loan, made, moves, station, stocked};
use yizhan::office::Queue;

#[test]
fn a_list_is_narrowed_as_one_types() {
    let station = station();
    stocked(&station);
    let second = loan(&station, "解文", "电工手册");
    let number = station.office.record(second).unwrap().unwrap().number;
    let supervisor = station.actor("supervisor");
    let all = Queue::OfKind("loan".into());
    let narrowed = |typed: &str| {
        let listed = station.office.list_narrowed(&supervisor, &all, typed, 0, 9);
        let mut numbers: Vec<String> = listed
            .lines
            .iter()
            .map(|line| line.number.rsplit('-').next().unwrap().into())
            .collect();
        numbers.sort_unstable();
        assert_eq!(listed.total, numbers.len());
        numbers.join(" ")
    };
    for (typed, found) in [
        ("", "0001 0002"),
        // Who borrows, what is borrowed: records the list leads to.
        ("单静", "0001"),
        ("jiewen", "0002"),
        ("劳动合同", "0001"),
        ("k-0008", "0002"),
        // The state, by its title or initials; its own number.
        ("在借", "0001"),
        ("dengji", "0002"),
        (&number, "0002"),
        // Every word has to fit.
        ("单静 在借", "0001"),
        ("单静 登记", ""),
        ("nobody", ""),
    ] {
        assert_eq!(narrowed(typed), found, "{typed}");
    }
    // A choice by its label, a yes/no by its title.
    let books = Queue::OfKind("book".into());
    let listed = |typed: &str| {
        let listed = station.office.list_narrowed(&supervisor, &books, typed, 0, 9);
        listed.lines.iter().map(|line| line.title.clone()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(listed("技能"), "电工手册");
    assert_eq!(listed("法律 读本"), "工会法读本");
}

#[test]
fn the_line_opens_with_f_and_esc_shows_all() {
    let station = station();
    stocked(&station);
    made(&station, "reader", &[("name", "区小红")]);
    for (reader, book) in [("解文", "电工手册"), ("区小红", "电工手册")] {
        loan(&station, reader, book);
    }
    made(&station, "book", &[("title", "急救手册")]);
    moves(&station, loan(&station, "解文", "急救手册"), "lend").unwrap();
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer");
    // The list its pack puts on home.
    desk.goes_to("在借的书").press("Enter").shows("共 2 件").shows("劳动合同法释义");
    desk.press("f").shows("筛选：").types("jw").shows("急救手册").hides("劳动合同法释义");
    desk.shows("共 1 件");
    // Letters are typed while the line is open; Enter leaves it, and keys are keys again.
    desk.types("q").shows("没有符合的").press("Backspace").shows("急救手册");
    desk.press("Enter").shows("筛选：jw").press("Enter").shows("BN-借-");
    desk.press("Esc").shows("筛选：jw");
    // What changes meanwhile follows; one Esc shows all, the next leads back.
    desk.press("Esc").hides("筛选：").shows("共 2 件").shows("劳动合同法释义");
    desk.press("Esc").shows("F2");
    // In English on a wide screen, over the line.
    let mut desk = station.session_in(120, 40, yizhan::words::Lang::En, true);
    desk.signs_in_to("volunteer", "Books out").goes_to("Books out").press("Enter");
    desk.press("f").shows("Narrowed by:").types("nobody at all").shows("Nothing fits");
}
