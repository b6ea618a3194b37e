//! Import on the screen: a file chosen, looked at, taken in, and its refused rows put right.

use crate::furnished;
use crate::stage::{PASSWORD, Stage, Station, start};
use insta::assert_snapshot;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::TempDir;
use yizhan::store::Origin;
use yizhan::ui::{Start, Theme};
use yizhan::words::Lang;

/// A home folder with lists in it.
fn home() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("下载")).unwrap();
    let id = furnished::id_number;
    let list = format!(
        "姓名,身份证号,民 族情况\n张蕾,{},汉\n李雷,{},汉\n王伟,{}9,汉\n合计,3,\n",
        id(1),
        id(2),
        id(3)
    );
    fs::write(home.path().join("下载/花名册 一月.csv"), list).unwrap();
    fs::write(home.path().join("合同.pdf"), b"%PDF-1.7\n").unwrap();
    let mut book = Workbook::new();
    // The size is shown, and with the present moment in it that is not always the same.
    let day = ExcelDateTime::from_ymd(2025, 10, 15).unwrap();
    book.set_properties(&DocProperties::new().set_creation_datetime(&day));
    for (name, first) in [("一月", 10), ("二月", 20)] {
        let sheet = book.add_worksheet().set_name(name).unwrap();
        sheet.write_row(0, 0, ["姓名", "身份证号"]).unwrap();
        for (row, at) in (1..).zip(first..first + 3) {
            let name = format!("赵{}", char::from_u32(0x4e00 + at).unwrap());
            sheet.write_row(row, 0, [name, id(at)]).unwrap();
        }
        if name == "二月" {
            sheet.set_row_hidden(2).unwrap();
        }
    }
    let notes = book.add_worksheet().set_name("说明").unwrap();
    notes.write(0, 0, "本表由社区填写").unwrap();
    let aside = book.add_worksheet().set_name("旧表").unwrap();
    aside.write_row(0, 0, ["姓名", "身份证号"]).unwrap();
    aside.write_row(1, 0, ["赵丁".to_string(), id(40)]).unwrap();
    aside.set_hidden(true);
    book.save(home.path().join("名单.xlsx")).unwrap();
    home
}

fn seated(station: &Station, home: &Path, size: (u16, u16), lang: Lang, mono: bool) -> Stage {
    let theme = if mono { Theme::Mono } else { Theme::Sixteen };
    station.seated(Start { home: home.into(), lang, theme, ..start(size.0, size.1) })
}

/// Opens the screen for people.
fn opens(desk: &mut Stage) {
    desk.press("F9").types("import").press("Enter F3");
    desk.press("Ctrl-Home Enter");
}

#[test]
fn a_list_is_chosen_looked_at_taken_in_and_put_right() {
    let station = Station::new();
    let home = home();
    let mut desk = seated(&station, home.path(), (80, 24), Lang::Zh, false);
    desk.signs_in("supervisor").press("2 F9").types("daoru").shows("导入").press("Enter");
    // The kind of the open tab; another by F3.
    desk.shows("导入为：困难职工档案").press("F3").shows("困难职工档案·家庭成员");
    desk.press("Ctrl-Home Enter").shows("导入为：人员");
    // Completion by pinyin, Tab, and the mark.
    desk.shows("名单.xlsx").shows("下载/").types("xz").press("Tab").shows("~/下载/");
    desk.shows("花名册 一月.csv").press("Tab").shows("~/下载/花名册 一月.csv");
    let before = station.office.head_seq();
    desk.press("Enter").hears(&station, "导入预览（还没有写入）");
    desk.shows("新增 2 条").shows("未通过 1 行").shows("不属名单 1 行");
    desk.shows("第 4 行").hides(&furnished::id_number(3));
    desk.press("Ctrl-End").shows("照原名：姓名、身份证号").shows("不导入的列：民 族情况");
    desk.shows("1　姓名 张蕾").hides(&furnished::id_number(1));
    assert_eq!(station.office.head_seq(), before, "nothing is written before F10");
    desk.press("F10").hears(&station, "导入结果").shows("接收 2 行").shows("已保存");
    // The refused row as a file, which takes nobody's place.
    let saved = home.path().join("下载/花名册 一月-未通过.csv");
    desk.press("s").shows("完整的个人信息").press("Enter").shows("没有接收的行和原因写在");
    assert_eq!(fs::metadata(&saved).unwrap().permissions().mode() & 0o777, 0o600);
    let rows = fs::read_to_string(&saved).unwrap();
    assert!(rows.contains(&format!("{}9", furnished::id_number(3))), "{rows}");
    desk.press("s").shows("未通过-2.csv").press("Ctrl-U").types(saved.to_str().unwrap());
    desk.press("Enter").shows("没有覆盖它").press("Esc");
    // Put right, it is what comes next.
    fs::write(
        &saved,
        rows.replace(&format!("{}9", furnished::id_number(3)), &furnished::id_number(3)),
    )
    .unwrap();
    desk.press("Esc").shows("未通过.csv").press("Enter").hears(&station, "新增 1 条");
    desk.press("F10").hears(&station, "接收 1 行").hides("按 s");
    desk.press("Esc Esc").shows("困难帮扶");
    let found = station.office.search(&station.admin, "王伟", None, 5).unwrap();
    assert_eq!(found.len(), 1);
}

#[test]
fn sheets_and_hidden_rows_are_switched_in_the_preview() {
    let station = Station::new();
    let home = home();
    let mut desk = seated(&station, home.path(), (80, 24), Lang::Zh, false);
    opens(desk.signs_in("admin"));
    // The first entry is marked; Enter opens it.
    desk.shows("▸ 名单.xlsx").press("Enter").hears(&station, "可接收 5 行");
    desk.shows("旧表（隐藏）")
        .shows("一月")
        .press("Down")
        .shows("工作表“二月”")
        .shows("也要隐藏的行");
    desk.press("h").hears(&station, "可接收 6 行").press("h").hears(&station, "可接收 5 行");
    desk.press("Space").hears(&station, "可接收 3 行").shows("工作表“二月”不导入");
    // One has to be left.
    desk.press("Up Space").shows("至少要选一张").press("Esc");
    desk.press("Down Down Down Space").hears(&station, "可接收 4 行");
    desk.press("F10").hears(&station, "导入结果").shows("接收 4 行");
    let found = station.office.search(&station.admin, "赵丁", None, 5).unwrap();
    assert_eq!(found.len(), 1);
}

#[test]
fn what_cannot_be_read_is_told_where_the_path_stands() {
    let station = Station::new();
    let home = home();
    let mut desk = seated(&station, home.path(), (80, 24), Lang::Zh, false);
    opens(desk.signs_in("admin"));
    desk.types("没有.csv").shows("没有这样开头的").press("Enter").shows("没有找到文件");
    desk.press("Ctrl-U").types("~/合同.pdf").press("Enter").hears(&station, "PDF");
    desk.shows("~/合同.pdf").types("x").hides("PDF");
    // From the root on, over what is there; and a paste takes its place.
    desk.press("Ctrl-U").types("~//").shows("文件：/").press("Ctrl-U").types("~/下");
    let list = home.path().join("下载/花名册 一月.csv");
    desk.pastes(&format!("'{}'\n", list.display())).hides("~/下").shows("花名册 一月.csv");
    let uri = list.to_str().unwrap().replace(' ', "%20");
    desk.pastes(&format!("file://{uri}")).press("F10").hears(&station, "可接收 2 行");
    // The same from a terminal that writes out as typed what was pasted.
    desk.press("Esc Ctrl-U").types("~/").types(&format!("'{}'", list.display()));
    desk.press("Enter").hears(&station, "可接收 2 行");
    // A table, but of something else.
    desk.press("Esc Ctrl-U").types("~/别的.csv").shows("没有这样开头的");
    fs::write(home.path().join("别的.csv"), "品名,数量\n毛巾,3\n").unwrap();
    desk.press("Enter").hears(&station, "没有认出表头").shows("按 F3 换种类");
    desk.press("Ctrl-U").pastes(list.to_str().unwrap());
    // Esc goes a step back with the path still there, then leaves.
    desk.press("Enter")
        .hears(&station, "可接收 2 行")
        .press("Esc")
        .shows("花名册 一月.csv")
        .press("Esc")
        .shows("要办的事");
}

#[test]
fn the_lock_hides_it_and_the_import_goes_on_underneath() {
    let station = Station::new();
    let home = home();
    let mut desk = seated(&station, home.path(), (80, 24), Lang::Zh, false);
    opens(desk.signs_in("admin"));
    desk.press("Enter").hears(&station, "可接收 5 行").press("F10 F12").shows("已锁屏");
    desk.hides("名单.xlsx");
    station.wait_for("the import", || {
        station.office.search(&station.admin, "赵上", None, 5).is_ok_and(|found| !found.is_empty())
    });
    desk.news().shows("已锁屏").types(PASSWORD).press("Enter").hears(&station, "接收 5 行");
}

#[test]
fn an_import_that_is_stopped_says_what_was_left_and_goes_on_when_done_again() {
    let station = Station::new();
    let home = tempfile::tempdir().unwrap();
    let name = |at: u32| char::from_u32(0x4e00 + at).unwrap();
    let rows: String = (1..=6_000).map(|at| format!("周{},西路{at}号\n", name(at))).collect();
    fs::write(home.path().join("大.csv"), format!("姓名,家庭住址\n{rows}")).unwrap();
    let mut desk = seated(&station, home.path(), (80, 24), Lang::Zh, false);
    opens(desk.signs_in("admin"));
    desk.press("Enter").hears(&station, "可接收 6000 行").press("F10 Esc");
    // Neither keys nor tabs lead away without a question.
    desk.shows("导入还在进行").press("Esc 1 F2 F4 Esc").shows("导入还在进行");
    desk.press("2 Enter").hears(&station, "导入结果");
    if desk.screen().contains("中途停止") {
        desk.shows("按您的要求停下").shows("没有写入的有");
    }
    desk.press("Esc Enter").hears(&station, "已在库中且一致");
    desk.press("F10").hears_one_of(&station, &["导入结果", "没有可以导入的行"]);
    let all = station.office.search(&station.admin, "周", Some("person"), 30_000).unwrap();
    assert_eq!(all.len(), 6_000);
}

#[test]
fn only_whoever_may_import_is_offered_it_and_nobody_over_ssh() {
    let station = Station::new();
    let home = home();
    for (name, origin, offered) in [
        ("supervisor", Origin::Terminal, true),
        ("admin", Origin::Socket, true),
        ("volunteer", Origin::Terminal, false),
        ("auditor", Origin::Terminal, false),
        ("supervisor", Origin::Ssh("192.0.2.1".into()), false),
        ("supervisor", Origin::User(4711), false),
    ] {
        let start = Start { origin, home: home.path().into(), ..start(80, 24) };
        let mut desk = station.seated(start);
        desk.signs_in(name).press("F9").types("导入");
        assert_eq!(
            desk.screen().matches("导入").count() > 1,
            offered,
            "{name}:\n{}",
            desk.screen()
        );
    }
}

#[test]
fn others_work_on_while_a_list_is_taken_in() {
    let station = Station::new();
    let home = home();
    let name = |at: u32| char::from_u32(0x4e00 + at).unwrap();
    let rows: String = (1..=3_000).map(|at| format!("周{},西路{at}号\n", name(at))).collect();
    fs::write(home.path().join("大.csv"), format!("姓名,家庭住址\n{rows}")).unwrap();
    let mut desk = seated(&station, home.path(), (80, 24), Lang::Zh, false);
    opens(desk.signs_in("admin"));
    desk.types("大").press("Enter").hears(&station, "可接收 3000 行").press("F10");
    let mut other = station.session(80, 24);
    other.signs_in("volunteer").press("F2").types("关小雨").press("F3 F10");
    other.shows("已保存").press("Esc F2").types("gxy").shows("关小雨");
    desk.hears(&station, "接收 3000 行");
}

/// What the screens look like.
fn tour(size: (u16, u16), lang: Lang, mono: bool, name: &str) {
    let station = Station::new();
    let home = home();
    let mut desk = seated(&station, home.path(), size, lang, mono);
    let show = |step: &str, desk: &Stage| {
        let screen = if mono { desk.marked() } else { desk.screen() };
        let steady: String = screen
            .lines()
            .map(|line| {
                line.split_once("链 ").or(line.split_once("chain ")).map_or(line, |(l, _)| l)
            })
            .map(|line| line.to_string() + "\n")
            .collect();
        assert_snapshot!(format!("{name}-{step}"), steady);
    };
    let (preview, told) = match lang {
        Lang::Zh => ("导入预览", "导入结果"),
        Lang::En => ("Preview,", "Imported"),
    };
    desk.signs_in("supervisor");
    opens(&mut desk);
    show("choose", &desk);
    desk.press("Enter").hears(&station, preview);
    show("sheets", &desk);
    desk.press("Esc Ctrl-U").types("/nothing/x.csv").press("Enter");
    show("trouble", &desk);
    desk.press("Ctrl-U").types("~/xz").press("Tab Enter").hears(&station, preview);
    show("preview", &desk);
    desk.press("F10").hears(&station, told);
    show("report", &desk);
}

#[test]
fn the_screens_at_80_columns() {
    tour((80, 24), Lang::Zh, false, "zh-80");
}

#[test]
fn the_screens_at_120_columns() {
    tour((120, 40), Lang::Zh, false, "zh-120");
}

#[test]
fn the_screens_in_english() {
    tour((80, 24), Lang::En, false, "en-80");
}

#[test]
fn the_screens_without_colour() {
    tour((80, 24), Lang::Zh, true, "mono-80");
}
