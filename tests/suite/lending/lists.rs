//! A list narrowed by what is typed: names behind references, pinyin, numbers, states and choices.

use super::{loan, made, moves, station, stocked};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use yizhan::office::{Command, Order, Queue};
use yizhan::record::RecordId;
use yizhan::store::Entry;

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

/// A list goes by what somebody chooses, facets in the order of their codes; and goes out as it is
/// shown.
#[test]
fn a_list_is_ordered_and_taken_out_as_it_is_shown() {
    let station = station();
    stocked(&station);
    for (title, shelf) in [("红岩", "novel"), ("安全生产法", "law"), ("急救手册", "")] {
        made(&station, "book", &[("title", title), ("shelf", shelf)]);
    }
    let supervisor = station.actor("supervisor");
    let all = Queue::OfKind("book".into());
    let titles = |by: &str, reversed: bool| {
        let order = Order { by: by.into(), reversed };
        let listed = station.office.list_ordered(&supervisor, &all, "", Some(&order), 0, 9);
        listed.lines.iter().map(|line| line.title.clone()).collect::<Vec<_>>().join(" ")
    };
    let by_number = "劳动合同法释义 电工手册 工会法读本 红岩 安全生产法 急救手册";
    assert_eq!(titles("number", false), by_number);
    // an, dian, gong, hong, ji, lao
    assert_eq!(
        titles("title", false),
        "安全生产法 电工手册 工会法读本 红岩 急救手册 劳动合同法释义"
    );
    // Law, skills, novels: as the code list has them; none last. Of one shelf the first made first.
    let by_shelf = "劳动合同法释义 工会法读本 安全生产法 电工手册 红岩 急救手册";
    assert_eq!(titles("shelf", false), by_shelf);
    assert_eq!(titles("shelf", true), by_shelf.split(' ').rev().collect::<Vec<_>>().join(" "));
    let orders = station.office.orders(&all);
    let offered: Vec<&str> = orders.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(
        offered,
        ["updated", "entered", "due", "number", "title", "lendable", "shelf"],
        "references order nothing"
    );

    let folder = tempfile::tempdir().unwrap();
    let mut desk = station.session(80, 24);
    desk.signs_in("supervisor").press("3").goes_to("可外借的法律书");
    desk.press("Enter").shows("共 2 件").press("o").shows("按什么排").shows("现在按姓名（拼音）");
    // The one it goes by already: turned round.
    desk.press("Enter").shows("按姓名（拼音），倒序").shows("安全生产法");
    let file = folder.path().join("书目.csv");
    desk.press("f").types("law").press("Enter").press("x").shows("导出会记入日志");
    desk.press("Ctrl-U").types(file.to_str().unwrap()).press("Enter").shows("已导出 2 行");
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text, "\u{FEFF}书名,书架\r\n劳动合同法释义,法律\r\n安全生产法,法律\r\n");
    // A file that is there is left alone; the journal has the one that was taken out.
    desk.press("x").press("Ctrl-U").types(file.to_str().unwrap()).press("Enter").shows("书目.csv");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    let mut noted = 0;
    let count = |entry: &Entry| {
        noted += usize::from(entry.command == "note");
        ControlFlow::Continue(())
    };
    station.office.store().entries(1, count).unwrap();
    assert_eq!(noted, 1);
    // Of nothing there is no order, and no file.
    desk.press("Esc Esc 3").goes_to("全部还书单").press("Enter").shows("共 0 件");
    desk.press("o").hides("按什么排").press("x").hides("导出会记入日志");
    // A volunteer has no lists of the station to take out.
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer").press("3").goes_to("可外借的法律书").press("Enter");
    desk.shows("共 2 件");
    desk.hides("导出").press("x").hides("导出会记入日志");
}

/// A short list goes by any of its columns: other records' fields, days, amounts; one that nobody is
/// to see orders nothing.
#[test]
fn a_short_list_goes_by_any_of_its_columns() {
    let station = station();
    stocked(&station);
    made(&station, "loan", &[("reader", "解文"), ("book", "电工手册"), ("lent_on", "2025-10-03")]);
    let undated = loan(&station, "解文", "工会法读本");
    let fields = BTreeMap::from([("lent_on".to_string(), None)]);
    let command = Command::Amend { id: undated, base: 1, fields, reason: None };
    station.office.perform(&station.actor("volunteer"), command).unwrap();
    let (all, supervisor) = (Queue::OfKind("loan".into()), station.actor("supervisor"));
    let offered = |rows: usize| {
        let orders = station.office.orders_by_columns(&all, rows);
        orders.into_iter().map(|(id, _)| id).collect::<Vec<_>>()
    };
    assert_eq!(offered(3), ["reader.name", "book.title", "lent_on"]);
    assert_eq!(offered(100_000), Vec::<String>::new(), "every record would be read");
    let columns = station.office.columns_of(&all);
    let listed = |by: &str, reversed: bool| {
        let order = Order { by: by.into(), reversed };
        let listed = station.office.list_ordered(&supervisor, &all, "", Some(&order), 0, 9);
        assert_eq!(listed.total, 3);
        let title = |line: &_| station.office.cells(&supervisor, line, &columns)[1].zh.to_string();
        listed.lines.iter().map(title).collect::<Vec<_>>().join(" ")
    };
    // dian, gong, lao
    assert_eq!(listed("book.title", false), "电工手册 工会法读本 劳动合同法释义");
    assert_eq!(listed("book.title", true), "劳动合同法释义 工会法读本 电工手册");
    // What has no day comes last either way.
    assert_eq!(listed("lent_on", false), "电工手册 劳动合同法释义 工会法读本");
    assert_eq!(listed("lent_on", true), "劳动合同法释义 电工手册 工会法读本");
    let page = Order { by: "lent_on".into(), reversed: false };
    let second = station.office.list_ordered(&supervisor, &all, "", Some(&page), 1, 1);
    assert_eq!((second.total, second.lines.len()), (3, 1));

    let mut desk = station.session(80, 24);
    desk.signs_in("supervisor").press("3").goes_to("全部借阅").press("Enter").shows("共 3 件");
    desk.press("o").shows("借出日期").goes_to("借出日期").press("Enter").shows("按借出日期");
    let screen = desk.screen();
    let at = |title: &str| screen.find(title).unwrap_or_else(|| panic!("{title}:\n{screen}"));
    assert!(at("电工手册") < at("劳动合同法释义") && at("劳动合同法释义") < at("工会法读本"));
}

/// What is marked in a list takes a step together, whichever list it is.
#[test]
fn a_step_is_made_of_several_from_any_list() {
    let station = station();
    stocked(&station);
    let first = loan(&station, "解文", "电工手册");
    made(&station, "book", &[("title", "急救手册")]);
    let second = loan(&station, "解文", "急救手册");
    let inside = loan(&station, "解文", "工会法读本");
    let state = |id: RecordId| station.office.record(id).unwrap().unwrap().state;
    let mut desk = station.session(80, 24);
    desk.signs_in("supervisor").press("3").goes_to("全部借阅").press("Enter").shows("共 4 件");
    // All of them: one is out already, and one book is read in the house.
    desk.press("*").press("m").shows("借出（3 份）");
    desk.press("Enter").shows("借出 3 件；不办理 1 件").shows("现在没有这一步");
    desk.press("F10").shows("借出 3 件").press("F10").shows("已办理 2 件，未办理 2 件");
    desk.shows("未办理：这本书只在馆内阅览。");
    assert_eq!(
        (state(first), state(second), state(inside)),
        ("open".into(), "open".into(), "asked".into())
    );
}
