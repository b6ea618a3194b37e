//! The main job at the counter, by the keys of the desk: find, fill, submit, explain, return,
//! correct, approve. Key counts are those of the flows that count (design page on screens).

use crate::furnished;
use crate::stage::{Stage, Station};

/// Registers 欧阳靖雯 from a search that found nobody.
pub fn registers(desk: &mut Stage) {
    desk.press("F2").types("欧阳靖雯").shows("没有找到").press("F3").shows("欧阳靖雯");
    desk.press("Enter").types("500199199307152460").press("Enter F10");
    desk.shows("BN-人-000001 已保存").shows("500199********2460").shows("1993-**-**").shows("女");
}

/// Fills a hardship file for a household of three on the page of a found person and submits it.
pub fn fills_and_submits(desk: &mut Stage) {
    desk.press("F3 Enter").shows("困难职工档案  欧阳靖雯").press("Enter");
    desk.types("张伟").press("Enter").types("po").press("Enter");
    desk.types("500199199103104280").press("Enter").types("2600").press("Enter");
    desk.types("张小明").press("Enter").types("子女").press("Enter");
    desk.types("50019920150310428X").press("Enter").types("0").press("Enter").press("Enter");
    desk.types("5.2万").press("Enter").types("２２０００").press("Enter").types("6").press("Enter");
    desk.types("3 4").press("F10").shows("提交审核").shows("相对困难").press("Enter");
    desk.shows("BN-困-2025-00001 已保存并提交审核").shows("待初审");
}

fn walks_through(columns: u16, rows: u16) {
    let station = Station::new();
    let mut desk = station.session(columns, rows);
    desk.signs_in("volunteer").shows("驿站 鱼洞街道服务站").shows("志愿者");
    registers(&mut desk);

    // Find by initials and open the page: at most 3 keys.
    desk.press("Esc");
    desk.keys = 0;
    desk.press("F2").types("oyjw").shows("欧阳靖雯").press("Enter").shows("BN-人-000001");
    assert!(desk.keys <= 3, "{} keys to find and open", desk.keys);

    // A new file for a household of three, submitted: at most 25 keys.
    desk.keys = 0;
    fills_and_submits(&mut desk);
    assert!(desk.keys <= 25, "{} keys for a file", desk.keys);

    // See why: 1 key, every line with clause, numbers and result.
    desk.keys = 0;
    desk.press("F7");
    assert_eq!(desk.keys, 1);
    desk.shows("需人工核实 · 相对困难").shows("R-ID").shows("依据：GB 11643-1999");
    let mut seen = desk.screen();
    for _ in 0..6 {
        seen += &desk.press("PageDown").screen();
    }
    for line in [
        "R-DUP", "R-UNION", "R-LAB", "R-HH", "R-STD", "R-INC", "R-EXP", "R-DEEP", "R-REL", "R-ACC",
        "R-X1", "R-X7", "R-EDGE",
    ] {
        assert!(seen.contains(line), "{line} is missing from the sheet:\n{seen}");
    }
    // Worked example of the domain page: I = 52,000, R = 22,000, n = 3, S = 770.
    let flat: String = seen.split_whitespace().collect();
    // Whoever wrote the facts explains them to the worker who is there.
    assert!(flat.contains("(52000.00−22000.00)÷12÷3=833.33"), "{seen}");

    returned_and_approved(&mut desk);
}

fn returned_and_approved(desk: &mut Stage) {
    // The supervisor finds it in F4 and returns it naming two fields: at most 8 keys.
    desk.press("Ctrl-O").signs_in("supervisor").shows("待我办理");
    desk.press("F4")
        .shows("欧阳靖雯")
        .shows("待初审")
        .press("Enter")
        .shows("需人工核实 · 相对困难");
    desk.keys = 0;
    desk.press("r")
        .shows("要更正的栏目")
        .press("Space Down Space Tab")
        .types("缺自付票据")
        .press("Enter");
    assert!(desk.keys <= 8, "{} keys to return", desk.keys);
    desk.shows("退回补正");

    // The volunteer sees who returned it and why, with the two fields marked.
    desk.press("Ctrl-O").signs_in("volunteer");
    desk.press("Down Down Down Enter")
        .shows("退回补正")
        .press("Enter")
        .shows("supervisor 退回：缺自付票据");
    desk.press("e")
        .shows("supervisor 退回：缺自付票据")
        .shows("! 是否工会会员")
        .shows("! 是否农民工");
    desk.types("y").press("Enter").types("n").press("F10").shows("提交审核").press("Enter");
    desk.shows("待初审");

    // Whoever submitted it does not review it.
    desk.press("F4").hides("欧阳靖雯");

    // Approve after reading the sheet: at most 3 keys.
    desk.press("Ctrl-O").signs_in("supervisor").press("F4");
    desk.keys = 0;
    desk.press("Enter").shows("R-ID").press("a").shows("初审通过").press("Enter");
    assert!(desk.keys <= 3, "{} keys to approve", desk.keys);
    desk.shows("待入户");

    // Its life, with what changed and why.
    desk.press("h").shows("初审通过").shows("是否农民工: — → 否").shows("理由：缺自付票据");
    let change = desk.screen();
    let change =
        change.split("修改").nth(1).and_then(|rest| rest.split("退回补正").next()).unwrap();
    assert!(!change.contains("家庭成员"), "rows nobody touched count as changed:\n{change}");
}

#[test]
fn from_a_worker_at_the_desk_to_an_explained_decision() {
    walks_through(80, 24);
}

#[test]
fn the_same_on_a_wide_screen() {
    walks_through(120, 40);
}

/// A key is on the screen before anything is looked for; what comes in quickly is looked for once, and
/// whoever types ahead gets what will be found.
#[test]
fn what_is_typed_is_seen_before_it_is_looked_for() {
    let station = furnished::station();
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer").press("F2");
    desk.takes("单".as_bytes()).shows("单").hides("BN-人").hides("没有找到");
    assert_eq!(desk.wake_in(), Some(std::time::Duration::ZERO));
    desk.takes("静".as_bytes()).shows("单静").hides("BN-人");
    desk.pause().shows("BN-人");
    assert_ne!(desk.wake_in(), Some(std::time::Duration::ZERO));
    // The hits of before stay until others are found.
    desk.takes(b"\x7f").shows("BN-人").pause().shows("BN-人");
    desk.press("Ctrl-U").hides("BN-人");
    desk.takes("单静\r".as_bytes()).shows("单静").hides("找人或编号");
    // Nothing is looked for twice by itself.
    desk.press("F2").types("zzzz").shows("没有找到");
    assert_ne!(desk.wake_in(), Some(std::time::Duration::ZERO));
}
