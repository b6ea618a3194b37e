//! New passwords: whatever is guessed first is refused, whichever way it comes in.

use crate::app::App;
use crate::attach::Service;
use crate::cli::{Desk, PASSWORD, shown, text};
use crate::stage::Station;
use std::sync::Arc;
use yizhan::office::Command;
use yizhan::program::Role;
use yizhan::record::SystemClock;
use yizhan::store::Origin;
use yizhan::words::Lang;

/// One of each kind that will not do for the account `zhou.li` of the station 鱼洞街道服务站, and
/// what is said of it in both languages.
const BAD: [(&str, &str, &str); 7] = [
    ("雨天收伞", "至少要 8 个字符", "at least 8 characters"),
    ("19880101", "几乎全是数字的密码", "nearly nothing but digits"),
    ("qq123456789", "几乎全是数字的密码", "nearly nothing but digits"),
    ("Ｐａｓｓｗｏｒｄ1!", "很常见", "a common one"),
    ("woaini1314", "很常见", "a common one"),
    ("7391-il.uohZ", "密码里有账号名", "made of the account's name"),
    ("鱼洞街道服务站7391", "站点名称", "made of the station's name"),
];
/// What to do instead, at whatever was wrong.
const NEXT: [&str; 2] = ["四个不相干的词", "four unrelated words"];
/// What is said before anything is typed.
const RULE: [&str; 2] = ["密码至少 8 个字符", "At least 8 characters"];
const WHO: &str = "zhou.li";
const GOOD: &str = "把收好的伞放在门后";

/// Each of the bad ones is refused for its own reason, in both languages.
fn all_refused(way: &str, mut tries: impl FnMut(&str, &str) -> (i32, String)) {
    for (password, zh, en) in BAD {
        for (lang, what, next) in [("zh", zh, NEXT[0]), ("en", en, NEXT[1])] {
            let (status, said) = tries(password, lang);
            assert_eq!(status, 1, "{way} {password}");
            assert!(said.contains(what) && said.contains(next), "{way} {password}: {said}");
            assert!(!said.contains(password), "{way}: {said}");
        }
    }
}

/// How often something was told at a terminal, line by line.
fn told(app: &App, what: &str) -> usize {
    String::from_utf8_lossy(&app.seen).matches(what).count()
}

/// The numbers of a keyring: of the station, and of each slot.
fn work(desk: &Desk) -> (Vec<i64>, Vec<Vec<i64>>) {
    let keyring = std::fs::read_to_string(desk.data().join("keyring.toml")).unwrap();
    let keyring: toml::Table = keyring.parse().unwrap();
    let of = |table: &toml::Value| -> Vec<i64> {
        ["memory_kib", "passes"].iter().map(|name| table[name].as_integer().unwrap()).collect()
    };
    let slots = keyring["slot"].as_array().unwrap();
    let accounts = slots.iter().filter(|slot| slot["kind"].as_str() == Some("account"));
    (of(&keyring["work"]), accounts.map(of).collect())
}

#[test]
fn no_station_is_made_with_a_bad_password() {
    let desk = Desk::bare();
    let init = |password: &str, lang: &str| {
        let file = desk.write("chosen", password);
        let mut init = desk.yizhan(&["init", "--station", "鱼洞街道服务站", "--region", "500113"]);
        init.args(["--password-work", "least", "--admin", WHO, "--lang", lang]);
        let output = init.arg("--password-file").arg(file).output().unwrap();
        (output.status.code().unwrap(), text(&output.stderr))
    };
    all_refused("init", init);
    assert!(!desk.data().join("station.toml").exists());
    assert_eq!(init(GOOD, "zh").0, 0);
}

#[test]
fn no_account_gets_a_bad_password() {
    for served in [false, true] {
        let desk = Desk::new();
        let service = served.then(|| Service::start(desk.acting(&["serve"])));
        let given = |words: &[&str], password: &str, lang: &str| {
            let file = desk.write("chosen", password);
            let more = ["--new-password-file", shown(&file), "--lang", lang];
            desk.failed(&[words, &more[..]].concat())
        };
        let add = ["account", "add", WHO, "--role", "volunteer"];
        let passwd = ["account", "passwd", WHO];
        let enable = ["account", "enable", WHO];
        all_refused("add", |password, lang| given(&add, password, lang));
        assert_eq!(given(&add, PASSWORD, "zh").0, 0);
        all_refused("passwd", |password, lang| given(&passwd, password, lang));
        desk.done(&["account", "disable", WHO]);
        all_refused("enable", |password, lang| given(&enable, password, lang));
        assert_eq!(given(&enable, PASSWORD, "zh").0, 0);
        // One's own, the one somebody else gave being the proof.
        let theirs = desk.file("password");
        let own = |password: &str, lang: &str| {
            let file = desk.write("chosen", password);
            let words = ["account", "passwd", WHO, "--as", WHO, "--lang", lang];
            let mut command = desk.yizhan(&words);
            command.args(["--password-file", shown(&theirs), "--new-password-file", shown(&file)]);
            let output = command.output().unwrap();
            (output.status.code().unwrap(), text(&output.stderr))
        };
        all_refused("own", own);
        assert_eq!(own(GOOD, "zh").0, 0);
        drop(service);
    }
}

#[test]
fn the_rule_is_told_before_a_password_is_typed() {
    let desk = Desk::new();
    let password = desk.file("password");
    let by = ["--as", "admin", "--password-file", shown(&password)];
    let add = ["account", "add", WHO, "--role", "volunteer"];
    for (lang, rule) in ["zh", "en"].into_iter().zip(RULE) {
        let mut window = App::start(&desk, &[&add[..], &by, &["--lang", lang]].concat());
        window.wait_for(WHO);
        assert!(window.screen.screen().contents().contains(rule));
        window.press("\x03");
        assert_eq!(window.ended(), 1);
    }
}

#[test]
fn the_first_run_takes_no_bad_password() {
    let desk = Desk::bare();
    let mut app = App::start(&desk, &[]);
    app.wait_for("1 站点名称");
    app.press("鱼洞街道服务站\n");
    app.wait_for("2 所在区县");
    app.press("500113\n");
    for (at, (password, what, _)) in BAD.into_iter().enumerate() {
        app.wait("the account is asked for", |app| told(app, "3 管理员账号名") == at + 1);
        app.press(&format!("{WHO}\n"));
        app.wait("the password is asked for", |app| told(app, "4 密码") == at + 1);
        assert!(told(&app, RULE[0]) == at + 1);
        app.press(&format!("{password}\r{password}\r"));
        app.wait(what, |app| told(app, NEXT[0]) == at + 1);
        assert!(told(&app, what) >= 1, "{password}");
    }
    assert!(!desk.data().join("station.toml").exists());
    app.wait("the account is asked for", |app| told(app, "3 管理员账号名") == BAD.len() + 1);
    app.press(&format!("{WHO}\n"));
    app.wait("the password is asked for", |app| told(app, "4 密码") == BAD.len() + 1);
    app.press(&format!("{GOOD}\r{GOOD}\r"));
    app.wait_for("按回车");
    app.press("\n");
    app.wait_for_home("件数");
    app.press("\x11");
    assert_eq!(app.ended(), 0);
    // Nobody named the work: it is what this machine does, and the account has it.
    let (station, accounts) = work(&desk);
    assert!((19 * 1024..=256 * 1024).contains(&station[0]) && station[1] >= 2, "{station:?}");
    assert_eq!(accounts, [station]);
}

#[test]
fn the_first_change_takes_no_bad_password() {
    let station = Station::new();
    let add = Command::AddAccount {
        name: WHO.into(),
        role: Role::Volunteer,
        password: PASSWORD.into(),
        must_change: true,
    };
    station.office.perform(&station.admin, add).unwrap();
    for (lang, rule, next) in [(Lang::Zh, RULE[0], NEXT[0]), (Lang::En, RULE[1], NEXT[1])] {
        let mut desk = station.session_in(80, 24, lang, false);
        desk.types(WHO).press("Enter").types(PASSWORD).press("Enter").shows(rule);
        for (password, zh, en) in BAD {
            for typed in [PASSWORD, password, password] {
                desk.types(typed).press("Enter");
            }
            let what = if lang == Lang::Zh { zh } else { en };
            desk.shows(what).shows(next).shows(rule);
        }
        assert!(station.office.must_change_password(WHO));
    }
    let mut desk = station.session(80, 24);
    desk.types(WHO).press("Enter").types(PASSWORD).press("Enter").shows(RULE[0]);
    for typed in [PASSWORD, GOOD, GOOD] {
        desk.types(typed).press("Enter");
    }
    desk.shows("要办的事");
}

#[test]
fn the_first_change_has_room_in_the_smallest_window() {
    let station = Station::new();
    let change = Command::ChangePassword { name: "volunteer".into(), password: PASSWORD.into() };
    station.office.perform(&station.admin, change).unwrap();
    for (lang, fields) in [
        (Lang::Zh, ["现在的密码", "新密码", "再输一次", "回车下一栏"]),
        (Lang::En, ["Present password", "New password", "Once more", "Enter next field"]),
    ] {
        let mut desk = station.session_in(60, 15, lang, false);
        desk.types("volunteer").press("Enter").types(PASSWORD).press("Enter");
        for field in fields {
            desk.shows(field);
        }
    }
}

#[test]
fn an_administrator_gives_no_bad_password_on_the_screen() {
    let station = Station::new();
    let mut desk = station.session(80, 24);
    desk.signs_in("admin").press("0 a n").shows(RULE[0]);
    desk.types(WHO).press("Enter").types("2").press("Enter");
    desk.types(BAD[0].0).press("Enter").types(BAD[0].0).press("Enter");
    desk.shows(BAD[0].1).shows(NEXT[0]).press("Enter Enter");
    desk.types(GOOD).press("Enter").types(GOOD).press("Enter").shows("已建");
    station.office.sign_in(WHO, GOOD, &Origin::Terminal).unwrap();
    desk.press("p").shows(RULE[0]);
}

#[test]
fn a_demo_keeps_the_password_everybody_knows() {
    let demo = yizhan::demo::open(1, yizhan::demo::SEED, Arc::new(SystemClock)).unwrap();
    assert_eq!(demo.office.password_rule(), None);
    let admin = demo.office.sign_in("admin", "demo", &Origin::Terminal).unwrap();
    let change = Command::ChangePassword { name: "volunteer".into(), password: "demo".into() };
    demo.office.perform(&admin, change).unwrap();
}

#[test]
fn a_password_costs_what_was_settled_when_the_station_was_made() {
    let desk = Desk::bare();
    let init = |work: &str| {
        let mut init = desk.yizhan(&["init", "--station", "鱼洞", "--region", "500113"]);
        init.args(["--password-work", work, "--no-change", "--admin", "admin"]);
        init.arg("--password-file").arg(desk.file("password")).output().unwrap()
    };
    for work in ["18", "257", "much", "0", "4294967296"] {
        let output = init(work);
        let said = text(&output.stderr);
        assert!(output.status.code() == Some(2) && said.contains("19"), "{work}: {said}");
    }
    assert!(init("32").status.success());
    let chosen = vec![32 * 1024, 2];
    assert_eq!(work(&desk), (chosen.clone(), vec![chosen.clone()]));
    let file = desk.file("password");
    let add = ["account", "add", WHO, "--role", "volunteer", "--new-password-file", shown(&file)];
    desk.done(&add);
    assert_eq!(work(&desk).1, [chosen.clone(), chosen.clone()]);
    // Whoever can write the file makes the next password no cheaper than the least there is.
    let keyring = desk.data().join("keyring.toml");
    let kept = std::fs::read_to_string(&keyring).unwrap();
    let weak = kept.replacen("memory_kib = 32768", "memory_kib = 8", 1);
    std::fs::write(&keyring, weak.replacen("passes = 2", "passes = 1", 1)).unwrap();
    desk.done(&["account", "passwd", WHO, "--new-password-file", shown(&file)]);
    assert_eq!(work(&desk).1, [chosen, vec![19 * 1024, 2]]);
}
