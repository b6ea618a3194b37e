//! Sessions of people far away, and of several at once.

use super::*;

#[test]
fn a_supervisor_signs_in_by_key_and_lands_on_the_review_queue() {
    if !have_ssh() {
        return;
    }
    let house = House::open();
    let mut app = house.supervisor();
    app.wait_for("审批");
    // What clients know the station by is on the system screen.
    app.resize(120, 60);
    app.press("0");
    app.wait_for(&house.fingerprint);
    app.press("\x1bOS");
    // Any size, and back; Ctrl-Z is no key here.
    app.resize(200, 60);
    app.wait("the wide screen", |app| {
        app.screen.screen().contents().lines().any(|line| line.chars().count() > 150)
    });
    app.resize(1, 1);
    app.press("\x0c\x1a");
    app.resize(80, 24);
    // The client tells the new size in its own time; a key before that meets a window too small.
    app.wait_for("审批");
    app.press("\x1bOQ");
    app.wait_for("找人或编号");
    app.press("\x11");
    app.wait_for_bytes(LEFT);
    assert_eq!(app.ended(), 0);
    assert!(!app.screen.screen().bracketed_paste());
    let known = std::fs::read_to_string(house.desk.file("known_hosts")).unwrap();
    assert!(known.contains("ssh-ed25519"), "{known}");
}

#[test]
fn a_volunteer_at_the_desk_and_two_supervisors_work_at_once() {
    if !have_ssh() {
        return;
    }
    let house = House::open();
    let mut volunteer = guest(&house.desk, "志愿者甲", "志愿者");
    let mut first = house.supervisor();
    let mut second = house.supervisor();
    // One looks at a search that finds nobody, the other types; what the volunteer makes comes
    // to the first without a key, and nothing of what the second types is lost.
    first.press("\x1bOQ");
    first.wait_for("找人或编号");
    first.press("关小雨");
    first.wait_for("没有找到");
    second.press("\x1bOQ");
    second.wait_for("找人或编号");
    second.press("甲乙丙");
    makes_a_person(&mut volunteer, "关小雨");
    second.press("丁戊己");
    first.wait("the new person", |app| {
        let screen = app.screen.screen().contents();
        !screen.contains("没有找到") && screen.matches("关小雨").count() > 1
    });
    second.wait_for("甲乙丙丁戊己");
}

#[test]
fn the_queue_of_one_moves_while_another_types() {
    if !have_ssh() {
        return;
    }
    let station = furnished::station_with_newcomer();
    let inside = Inside::open(&Hall::open(station.office.clone()));
    let mut reviewing = inside.window("supervisor");
    reviewing.wait_for("单静");
    reviewing.wait_for("解文");
    let mut typing = inside.window("admin");
    typing.press("\x1bOQ");
    typing.wait_for("找人或编号");
    typing.press("甲乙丙");
    let newcomer = furnished::found(&station, furnished::NEWCOMER, "person");
    furnished::files_for(&station, newcomer);
    typing.press("丁戊己");
    reviewing.wait_for(furnished::NEWCOMER);
    typing.wait_for("甲乙丙丁戊己");
}

#[test]
fn a_panic_ends_one_session_over_ssh_and_puts_its_terminal_back() {
    if !have_ssh() {
        return;
    }
    let house = several::House::open();
    let inside = Inside::open(&house.hall);
    let mut struck = inside.window("volunteer");
    let mut other = inside.window("supervisor");
    struck.press("\x1bOQ");
    struck.wait_for("找人或编号");
    house.strike("session 1");
    struck.press("x");
    let (said, status) = struck.parted();
    assert!(said.contains("程序错误") && status == 1, "{status}: {said}");
    other.press("\x1bOQ");
    other.wait_for("找人或编号");
}

#[test]
fn a_cut_connection_keeps_the_draft() {
    if !have_ssh() {
        return;
    }
    let house = House::open();
    let mut cut = house.supervisor();
    cut.press("\x1bOQ");
    cut.wait_for("找人或编号");
    cut.press("关小雨");
    cut.wait_for("没有找到");
    cut.press("\x1bOR");
    cut.wait_for("出生日期");
    cut.press("\t\t\t1993-");
    cut.wait_for("1993-");
    cut.child.kill().unwrap();
    let mut again = house.supervisor();
    again.press("\x1b[17~");
    again.wait_for("关小雨");
    again.press("\r");
    again.wait_for("1993-");
}

#[test]
fn a_paste_of_100_kb_arrives_whole_and_what_is_typed_after_it_too() {
    if !have_ssh() {
        return;
    }
    let house = House::open();
    let mut app = house.supervisor();
    app.press("\x1bOQ");
    app.wait_for("找人或编号");
    app.press(&format!("\x1b[200~{}\x1b[201~", "重庆".repeat(17_000)));
    app.wait_for("重庆重庆");
    app.press("\x15末尾");
    app.wait_for("末尾");
}

#[test]
fn a_service_that_stops_tells_its_visitors() {
    if !have_ssh() {
        return;
    }
    let mut house = House::open();
    let mut app = house.supervisor();
    house.service.signal("TERM");
    app.wait_for_bytes("驿站服务正在停止");
    let (said, status) = app.parted();
    assert!(said.contains("驿站服务正在停止") && status == 0, "{status}: {said}");
    assert_eq!(house.service.ended(), Some(0));
}

#[test]
fn plink_signs_in_by_password_and_follows_the_window() {
    if !have("plink", "putty-tools") || !have_ssh() {
        return;
    }
    let house = House::open();
    let mut command = CommandBuilder::new("plink");
    command.env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("HOME", house.desk.data());
    command.env("TERM", "xterm");
    command.args([
        "-ssh",
        "-t",
        "-no-antispoof",
        "-P",
        &house.port,
        "-hostkey",
        &house.fingerprint,
    ]);
    command.args(["-l", "审核员乙", "-pw", PASSWORD, "127.0.0.1"]);
    let mut app = App::open(command);
    app.wait_for_home("审核员乙");
    app.press("\x1bOQ");
    app.wait_for("找人或编号");
    app.press("关小雨");
    app.wait_for("没有找到");
    app.resize(120, 40);
    app.wait("the wider screen", |app| {
        app.screen.screen().contents().lines().any(|line| line.chars().count() > 100)
    });
    app.press("\x11");
    app.wait_for_bytes(LEFT);
    assert_eq!(app.ended(), 0);
}
