//! Files, terminals and connections: nothing is overwritten, hangs, or is lost without a word.

use crate::app::App;
use crate::attach::office;
use crate::cli::{Desk, PASSWORD, id_number, shown, text};
use crate::furnished::{self, found};
use crate::stage::Station;
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

/// Keys that were in the line before the question was on the screen: the question stays, and
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

/// Everything in a folder and below, with what the files hold.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            found.push((shown(&path).to_string(), fs::read(&path).unwrap_or_default()));
        }
    }
    found.sort();
    found
}

/// The parts of a station that no reading command has any business with.
fn kept(desk: &Desk) -> Vec<(String, Vec<u8>)> {
    let ours =
        ["journal", "station.toml", "keyring.toml", "backup"].map(|name| format!("data/{name}"));
    let mut found = contents(&desk.data());
    found.retain(|(name, _)| ours.iter().any(|ours| name.contains(ours)));
    found
}

/// Every command that writes a file, and its end without the file's name.
const WRITERS: [&[&str]; 4] = [
    &["export", "person", "--out"],
    &["import", "person", "list.csv", "--rejects"],
    &["account", "key-file", "make"],
    &["backup"],
];

fn a_desk_with_a_list() -> Desk {
    let desk = Desk::new();
    desk.write("list.csv", "姓名,身份证号\n甘小棠,123\n");
    desk.done(&["backup"]);
    desk
}

#[test]
fn no_file_is_written_over_a_stations_own() {
    let desk = a_desk_with_a_list();
    let journal = kept(&desk).into_iter().find(|(name, _)| name.contains("journal/")).unwrap().0;
    let backup = kept(&desk).into_iter().find(|(name, _)| name.ends_with(".yzb")).unwrap().0;
    // A folder that leads into the station under another name.
    symlink(desk.data().join("journal"), desk.file("harmless")).unwrap();
    let name = Path::new(&journal).file_name().unwrap().to_str().unwrap();
    let another = Desk::new();
    let before = [kept(&desk), kept(&another)].concat();
    for target in [
        journal.clone(),
        format!("harmless/{name}"),
        "data/station.toml".into(),
        "data/keyring.toml".into(),
        "data/new.csv".into(),
        "data/backup/new.csv".into(),
        "data/programs.toml".into(),
        format!("data/journal/../journal/{name}"),
        shown(&another.data().join("keyring.toml")).into(),
    ] {
        for writer in WRITERS {
            let (status, said) = desk.failed(&[writer, &[&target]].concat());
            assert_eq!(status, 1, "{writer:?} {target}: {said}");
            assert!(said.contains("没有写"), "{writer:?} {target}: {said}");
        }
    }
    // A backup gives way to none but another backup.
    for writer in [WRITERS[0], WRITERS[1], WRITERS[2]] {
        assert_eq!(desk.failed(&[writer, &[&backup]].concat()).0, 1, "{writer:?}");
    }
    // The journal goes on, as exports are noted in it; nothing of what was there is another.
    let after = [kept(&desk), kept(&another)].concat();
    assert_eq!(before.len(), after.len());
    for ((name, was), (_, is)) in before.iter().zip(&after) {
        assert!(is.starts_with(was) && (name.contains("/journal/") || is == was), "{name}");
    }
    assert!(desk.run(&["verify"]).status.success());
}

#[test]
fn nothing_is_written_through_a_link_or_into_somebody_elses_part() {
    let desk = a_desk_with_a_list();
    let victim = desk.write("victim", "mine");
    let socket = desk.file("socket");
    let _listening = UnixListener::bind(&socket).unwrap();
    let pipe = desk.file("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    symlink(&victim, desk.file("link")).unwrap();
    symlink(desk.file("nowhere"), desk.file("dangling")).unwrap();
    for target in ["link", "dangling", "socket", "pipe", "/dev/null"] {
        for writer in WRITERS {
            let (status, said) = desk.failed(&[writer, &[target]].concat());
            assert_eq!(status, 1, "{writer:?} {target}: {said}");
        }
    }
    // What was there to be written into under the name of the unfinished file is left alone.
    for (number, writer) in WRITERS.iter().enumerate() {
        let target = format!("out{number}.yzb");
        symlink(&victim, desk.file(&format!("{target}.part"))).unwrap();
        symlink(&victim, desk.file(&format!("out{number}.part"))).unwrap();
        desk.run(&[writer, &[target.as_str()][..]].concat());
        let made = fs::symlink_metadata(desk.file(&target)).unwrap();
        assert!(made.is_file() && made.mode() & 0o777 == 0o600, "{writer:?}: {made:?}");
    }
    assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
    assert!(!desk.file("nowhere").exists());
    assert!(fs::symlink_metadata(&socket).unwrap().mode() & 0o170_000 == 0o140_000);
}

/// What scripts do every day: the same name again. A key is never replaced.
#[test]
fn a_file_named_again_is_replaced_whole_and_a_key_is_not() {
    let desk = a_desk_with_a_list();
    for writer in WRITERS {
        let again = [writer, &["again"]].concat();
        desk.run(&again);
        let first = fs::read(desk.file("again")).unwrap();
        let status = desk.run(&again).status;
        let is_key = writer.contains(&"key-file");
        assert_eq!(fs::read(desk.file("again")).unwrap() == first, writer[0] != "backup");
        assert!(!is_key || status.code() == Some(1), "{writer:?}");
        fs::remove_file(desk.file("again")).unwrap();
    }
    let names = fs::read_dir(desk.file(".")).unwrap().flatten();
    let left: Vec<_> = names.filter(|e| shown(&e.path()).ends_with(".part")).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// The recovery key is not what the shell shows again when the program is left, and not what can
/// be scrolled back to.
#[test]
fn the_recovery_key_does_not_stay_in_the_terminal() {
    let desk = Desk::bare();
    let mut app = App::start(&desk, &[]);
    app.screen.screen_mut().set_size(24.try_into().unwrap(), 80.try_into().unwrap());
    for (question, answer) in [
        ("1 站点名称", "鱼洞街道服务站\r"),
        ("2 所在区县", "500113\r"),
        ("3 管理员账号名", "admin\r"),
        ("4 密码", &format!("{PASSWORD}\r")),
        ("5 再输一次密码", &format!("{PASSWORD}\r")),
    ] {
        app.wait_for(question);
        app.press(answer);
    }
    app.wait_for("抄好后按回车");
    let screen = app.screen.screen().contents();
    assert!(app.screen.screen().alternate_screen(), "on a screen of its own");
    let key = screen.lines().map(str::trim).find(|line| line.matches('-').count() > 4);
    let key = key.unwrap_or_else(|| panic!("no key:\n{screen}")).to_string();
    app.press("\r");
    app.wait_for("要办的事");
    app.press("\x11");
    assert_eq!(app.ended(), 0);
    let all = std::mem::take(&mut app.seen);
    // What a terminal shows that takes no notice of the other screen: the key was erased where
    // it stood.
    for seen in [text(&all), text(&all).replace("\x1b[?1049h", "").replace("\x1b[?1049l", "")] {
        let mut grid = vt100::Parser::new(24.try_into().unwrap(), 80.try_into().unwrap(), 1000);
        grid.process(seen.as_bytes());
        grid.screen_mut().set_scrollback(usize::MAX);
        let back = grid.screen().contents();
        grid.screen_mut().set_scrollback(0);
        let now = grid.screen().contents();
        assert!(!back.contains(&key) && !now.contains(&key), "{back}\n---\n{now}");
    }
    // Shown once, and not again at the end.
    assert_eq!(text(&all).matches(&key).count(), 1);
}

#[test]
fn the_recovery_key_goes_to_a_file_where_one_is_named() {
    let desk = Desk::bare();
    let made = desk.init().args(["--recovery-file", "paper"]).output().unwrap();
    assert!(made.status.success(), "{}", text(&made.stderr));
    let key = fs::read_to_string(desk.file("paper")).unwrap();
    assert!(made.stdout.is_empty() && !text(&made.stderr).contains(key.trim()));
    assert_eq!(fs::metadata(desk.file("paper")).unwrap().mode() & 0o777, 0o600);
    let opened = desk.yizhan(&["verify", "--recovery-key-file", "paper"]).output().unwrap();
    assert!(opened.status.success(), "{}", text(&opened.stderr));
    // A file that is there is no place for a key, and then no station is made.
    let other = Desk::bare();
    other.write("paper", "letter");
    let refused = other.init().args(["--recovery-file", "paper"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(!other.data().exists() && fs::read(other.file("paper")).unwrap() == b"letter");
}

/// The applicant is in the household as its first row, and is not entered a second time.
#[test]
fn the_applicant_is_the_first_row_and_nobody_enters_them_again() {
    let station = furnished::station_with_newcomer();
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer").press("F2").types(furnished::NEWCOMER);
    desk.press("Enter F3 Enter").shows("困难职工档案");
    desk.goes_to("家庭成员  (0)").shows("本人");
    let screen = desk.screen();
    let first = screen.lines().find(|line| line.contains("本人")).unwrap();
    assert!(first.contains(furnished::NEWCOMER) && first.contains("****"), "{screen}");
    // The same number, as a spouse: told at the field, as soon as it is whole.
    let person = found(&station, furnished::NEWCOMER, "person");
    let number = station.office.record(person).unwrap().unwrap().text("id_number").to_string();
    desk.types("别名").press("Enter").types("1").press("Enter").types(&number).press("Enter");
    desk.shows("申请人本人").press("Ctrl-R Insert").hides("申请人本人");
    // Twice the same number in the household is told there too.
    let other = id_number("19910310", 428);
    desk.types("甘小棠").press("Enter").types("1").press("Enter").types(&other).press("Enter");
    desk.press("Enter").types("甘大棠").press("Enter").types("1").press("Enter");
    desk.types(&other).press("Enter").shows("已有一行是这个身份证号");
}

/// Through the one door too: by number, and by name and birth date where no number is given.
#[test]
fn the_office_refuses_the_applicant_as_a_member() {
    let desk = Desk::new();
    let number = id_number("19900101", 12);
    let file = |members: &str| {
        format!(
            "{{\"create\": \"hardship_file\", \"fields\": {{\"name\": \"甘小棠\", \
             \"id_number\": \"{number}\", \"members\": [{members}]}}}}"
        )
    };
    for again in [
        format!("{{\"name\": \"别名\", \"relation\": \"spouse\", \"id_number\": \"{number}\"}}"),
        "{\"name\": \"甘小棠\", \"relation\": \"spouse\", \"birth_date\": \"1990-01-01\"}".into(),
    ] {
        let (status, answers) = desk.perform(&file(&again));
        assert_eq!((status, &answers[0]["ok"]), (1, &false.into()), "{answers:?}");
        assert!(answers[0]["message"].as_str().unwrap().contains("申请人本人"), "{answers:?}");
        assert!(answers[0]["field"].as_str().unwrap().starts_with("members["), "{answers:?}");
    }
    // Somebody of the same name, born on another day, is somebody else.
    let namesake =
        "{\"name\": \"甘小棠\", \"relation\": \"spouse\", \"birth_date\": \"1991-01-01\"}";
    let (status, answers) = desk.perform(&file(namesake));
    assert_eq!(status, 0, "{answers:?}");
    let made = answers[0]["number"].as_str().unwrap();
    // Nor later.
    let members =
        format!("[{{\"name\": \"别名\", \"relation\": \"spouse\", \"id_number\": \"{number}\"}}]");
    let amend = format!("{{\"amend\": \"{made}\", \"fields\": {{\"members\": {members}}}}}");
    assert_eq!(desk.perform(&amend).0, 1);
}

/// More spent than earned is remarked where it is typed and before it is handed in, and stops
/// nobody.
#[test]
fn expense_above_income_is_remarked() {
    let station = furnished::station_with_newcomer();
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer").press("F2").types(furnished::NEWCOMER);
    desk.press("Enter F3 Enter").shows("困难职工档案").goes_to("近12个月家庭总收入");
    desk.types("20000").press("Enter").types("30000").press("Enter");
    desk.goes_to("近12个月刚性支出").shows("刚性支出高于总收入");
    desk.goes_to("近12个月家庭总收入").types("0").press("Enter").hides("刚性支出高于总收入");
    desk.goes_to("近12个月家庭总收入").press("Backspace Enter");
    desk.goes_to("近12个月刚性支出").shows("刚性支出高于总收入");
    // What stops the form is what is missing, not this.
    desk.press("F10").shows("有几处还要填写或更正");
    desk.goes_to("近12个月刚性支出").shows("刚性支出高于总收入").hides("! 近12个月刚性支出");
}
