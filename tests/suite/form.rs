//! Forms: what was typed is never lost, never changed unasked, and always told what it means.

use crate::furnished::{self, checked, found};
use crate::stage::Station;
use std::collections::BTreeMap;
use yizhan::office::Command;
use yizhan::record::Value;

/// The line of the screen that holds `label`.
fn line_of(screen: &str, label: &str) -> String {
    let line = screen.lines().find(|line| line.contains(label));
    line.unwrap_or_else(|| panic!("{label} is not on the screen:\n{screen}")).to_string()
}

#[test]
fn esc_loses_nothing_not_even_half_a_date() {
    let station = Station::new();
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer");
    desk.press("F2").types("关小雨").press("F3").shows("关小雨");
    desk.press("Tab Tab Tab").types("1993-7").press("Tab").shows("1993-7");
    desk.press("Esc Esc").shows("草稿");
    desk.press("F6").shows("关小雨").shows("草稿，未提交").press("Enter");
    desk.shows("关小雨").shows("1993-7");
    assert!(line_of(&desk.screen(), "出生日期").contains("1993-7"));
    // The cursor stands where something has to be put right.
    desk.types("-15").press("F10").shows("已保存").shows("1993-**-**");
    desk.press("F6").shows("这里没有");
}

/// A supervisor returns somebody's file naming these fields.
fn returned_for(station: &Station, name: &str, named: &[&str]) {
    let id = found(station, name, "hardship_file");
    let named = named.iter().map(|field| (*field).to_string()).collect();
    let answers = [
        ("fields".to_string(), Value::Tags(named)),
        ("reason".to_string(), Value::Text("请核对".into())),
    ];
    let id_of_move = "return".to_string();
    let command = Command::Move { id, base: None, id_of_move, answers: answers.into() };
    station.office.perform(&station.actor("supervisor"), command).unwrap();
}

#[test]
fn a_draft_knows_its_rows() {
    let station = furnished::station();
    let mut desk = station.session(80, 24);
    returned_for(&station, "欧阳靖雯", &["members"]);
    desk.signs_in("volunteer").press("F2").types("oyjw").press("Down Enter");
    desk.shows("欧阳靖雯").shows("退回补正").press("e").shows("张伟").shows("张小明");
    // The first of two rows goes; what is left is still the second, with its own number.
    desk.goes_to("家庭成员  (2)");
    desk.press("Ctrl-R").hides("张伟").shows("张小明");
    desk.press("Insert")
        .types("张大明")
        .press("Enter")
        .types("父")
        .press("Tab")
        .types("12345")
        .press("Esc");
    desk.press("Esc").press("F6").shows("修改，未保存").press("Enter");
    desk.shows("张小明").shows("张大明").shows("12345").hides("张伟");
    let kept = line_of(&desk.screen(), "张小明");
    assert!(kept.contains("428X"), "{kept}");
    assert!(!line_of(&desk.screen(), "张大明").contains("428"));
    desk.press("F10").shows("请留意").shows("第 2 行");
}

#[test]
fn what_nobody_touched_stays_as_it_is() {
    let station = furnished::station();
    let file = found(&station, "欧阳靖雯", "hardship_file");
    let person = found(&station, "欧阳靖雯", "person");
    let before = station.office.record(file).unwrap().unwrap();
    let mut desk = station.session(80, 24);
    desk.signs_in("supervisor");
    desk.press("F2").types("oyjw").press("Down Enter e").shows("张小明");
    for _ in 0..90 {
        desk.press("Down");
    }
    desk.press("F10").shows("没有改动");
    assert_eq!(station.office.record(file).unwrap().unwrap(), before);

    // A masked number stays unless it is typed again; taking the typing back is no change.
    desk.press("F2").types("oyjw").press("Enter").shows("BN-人-000001").press("e");
    desk.shows("500199********2460").press("Ctrl-Home Down").types("5").hides("500199********2460");
    desk.press("Backspace Tab").shows("500199********2460").press("F10").shows("没有改动");
    // Another number of a woman born on the same day.
    let number = checked("50019919930715248");
    desk.press("e Ctrl-Home Down").types(&number).press("F10").shows("更正要写明原因");
    desk.types("证件号录错").press("Enter").shows("已保存");
    let now = station.office.record(person).unwrap().unwrap();
    assert_eq!(now.text("id_number"), number);
}

#[test]
fn somebody_else_was_first() {
    let station = furnished::station();
    let person = found(&station, "单静", "person");
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer").press("F2").types("单静").press("Enter").shows("单静").press("e");
    desk.press("Ctrl-Home Down Down Down Down Down").types("群众");
    desk.press("Tab Tab Tab").types("鱼洞街道一号");
    let fields = BTreeMap::from([
        ("address".to_string(), Some(Value::Text("鱼洞街道二号".into()))),
        ("postal_code".to_string(), Some(Value::Text("401320".into()))),
    ]);
    let command = Command::Amend { id: person, base: 1, fields, reason: None };
    station.office.perform(&station.actor("supervisor"), command).unwrap();
    desk.news()
        .press("F10")
        .shows("已被 supervisor 修改过")
        .shows("鱼洞街道二号")
        .shows("鱼洞街道一号");
    desk.press("2 Enter").shows("鱼洞街道二号").shows("401320").shows("群众");
    desk.press("F10").shows("已保存");
    let now = station.office.record(person).unwrap().unwrap();
    assert_eq!((now.text("address"), now.text("postal_code")), ("鱼洞街道二号", "401320"));
    assert!(now.get("politics").is_some(), "what only this person typed is lost: {now:?}");
}

/// A draft taken up again after somebody else changed the record: only what they changed is asked
/// about, not what was typed into other fields.
#[test]
fn an_old_draft_is_compared_with_the_version_it_was_typed_over() {
    let station = furnished::station();
    let file = found(&station, "单静", "hardship_file");
    let mut desk = station.session(120, 40);
    returned_for(&station, "单静", &["annual_income", "remarks"]);
    desk.signs_in("volunteer").press("F2").types("单静").press("Down Enter e");
    desk.goes_to("备注").types("我写的").press("Esc");
    let base = station.office.record(file).unwrap().unwrap().revision;
    let fields = BTreeMap::from([("annual_income".to_string(), Some(Value::Money(4_800_000)))]);
    let amend = Command::Amend { id: file, base, fields, reason: None };
    station.office.perform(&station.admin, amend).unwrap();
    desk.press("F6").shows("修改，未保存").press("Enter F10").shows("提交审核").press("Enter");
    desk.shows("别人已经改过");
    desk.shows("近12个月家庭总收入：现在").hides("备注：现在");
    desk.press("F10 F10").shows("提交审核").press("Enter").shows("待初审");
    let now = station.office.record(file).unwrap().unwrap();
    assert_eq!(now.get("annual_income"), Some(&Value::Money(4_800_000)));
    assert_eq!(now.text("remarks"), "我写的");
}

#[test]
fn choosing_adds_to_what_is_there() {
    let station = furnished::station_with_newcomer();
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer")
        .press("F2")
        .types(furnished::NEWCOMER)
        .press("Enter F3 Enter")
        .shows("困难职工档案");
    desk.goes_to("次要致困原因");
    desk.press("F3").shows("1 ").press("2 Enter");
    let first = line_of(&desk.screen(), "次要致困原因");
    desk.press("F3").press("1").press("Enter");
    let both = line_of(&desk.screen(), "次要致困原因");
    assert!(both.contains('、') && !first.contains('、'), "{first}\n{both}");
    // One choice takes the place of the other.
    desk.goes_to("主要致困原因").press("F3 1 Enter");
    let one = line_of(&desk.screen(), "主要致困原因");
    desk.press("F3 2 Enter");
    let other = line_of(&desk.screen(), "主要致困原因");
    assert!(one != other && !other.contains('、'), "{one}\n{other}");
}

#[test]
fn errors_are_whole_and_go_when_they_are_put_right_elsewhere() {
    let station = furnished::station_with_newcomer();
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer")
        .press("F2")
        .types(furnished::NEWCOMER)
        .press("Enter F3 Enter")
        .shows("困难职工档案");
    desk.press("F10").shows("请留意").shows("有几处还要填写或更正");
    assert!(!desk.screen().contains('…'), "something is cut off:\n{}", desk.screen());
    // The rows of a table beside the total they make.
    desk.goes_to("收入明细");
    desk.types("1").press("Enter").types("48000").press("Enter");
    desk.goes_to("近12个月家庭总收入").shows("按明细合计 48,000.00");
}

#[test]
fn a_long_text_is_seen_whole() {
    let station = furnished::station();
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer").press("F2").types("单静").press("Enter e").press("Ctrl-End");
    let long = "她照顾两个孩子和年迈的母亲，".repeat(5);
    desk.types(&long);
    let flat: String = desk.screen().chars().filter(|c| !c.is_whitespace()).collect();
    assert!(flat.contains("她照顾两个孩子"), "{}", desk.screen());
    assert!(desk.before_cursor().trim_end().ends_with('，'), "{}", desk.screen());
}
