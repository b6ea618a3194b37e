//! Commands while the folder is open: the process that owns it carries them out.

use super::app::App;
use super::attach::{Service, guest, office};
use super::cli::{Desk, id_number, json_lines, shown, text};
use super::several::House;
use serde_json::json;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use yizhan::access::socket::errand::{Hands, InTheMaking, Outcome};
use yizhan::access::socket::wire::{Account, Errand, Proof, Trouble, VERSION};
use yizhan::words::Said;

const PERSON: &str = "{\"create\":\"person\",\"fields\":{\"name\":\"张蕾\"}}\n";

fn served(desk: &Desk) -> Service {
    Service::start(desk.acting(&["serve"]))
}

/// A command with this on its standard input: exit status, output, what was said beside it.
fn given(mut command: Command, input: &str) -> (Option<i32>, String, String) {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn commands_are_carried_out_while_a_service_has_the_folder() {
    let desk = office();
    let service = served(&desk);
    let (status, answers) = desk.perform(PERSON);
    assert!(status == 0 && answers[0]["ok"] == true, "{answers:?}");
    let number = answers[0]["number"].as_str().unwrap();
    assert!(desk.done(&["find", "zl"]).contains("张蕾"));
    assert_eq!(json_lines(&desk.done(&["find", "--json", "zl"]))[0]["number"], number);
    assert!(desk.done(&["show", number, "--lang", "en"]).contains("张蕾"));
    assert!(desk.done(&["history", number]).contains("admin"));
    // What others see changes with it.
    let mut window = guest(&desk, "志愿者甲", "志愿者");
    window.press("\x1bOQ");
    window.wait_for("找人或编号");
    window.press("zl");
    window.wait_for("张蕾");
    desk.done(&["undo", number]);
    window.wait("the person gone", |app| !app.screen.screen().contents().contains("张蕾"));
    // A refusal and its exit status are the same as without the owner.
    let here = |args: &[&str]| desk.failed(args);
    let (open, wrong) = (here(&["show", "BN-0"]), here(&["show"]));
    drop(service);
    drop(window);
    assert_eq!((open.clone(), wrong.clone()), (here(&["show", "BN-0"]), here(&["show"])));
    assert_eq!((open.0, wrong.0), (1, 2));
}

#[test]
fn files_and_input_are_those_of_whoever_gave_the_command() {
    let desk = office();
    let _service = served(&desk);
    let elsewhere = desk.file("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let within = |args: &[&str]| {
        let mut command = desk.acting(args);
        command.current_dir(&elsewhere);
        command
    };
    let (good, bad) = (id_number("19930715", 246), "500199199307152468");
    let rows = format!("name,id_number\n关小雨,{good}\n单静,{bad}\n");
    fs::write(elsewhere.join("people.csv"), rows).unwrap();
    let import = ["import", "person", "people.csv", "--rejects", "left.csv"];
    let (status, out, err) = given(within(&import), "");
    assert!(status == Some(1) && out.contains("未通过 1 行"), "{out} {err}");
    let left = fs::read_to_string(elsewhere.join("left.csv")).unwrap();
    assert!(left.contains("单静") && !left.contains("关小雨"), "{left}");
    let (status, out, _) = given(within(&["export", "person"]), "");
    assert!(status == Some(0) && out.contains("关小雨"), "{out}");
    assert_eq!(given(within(&["export", "person", "--out", "out.csv"]), "").0, Some(0));
    assert!(fs::read_to_string(elsewhere.join("out.csv")).unwrap().contains("关小雨"));
    assert_eq!(given(within(&["backup", "all.yzb"]), "").0, Some(0));
    assert!(elsewhere.join("all.yzb").exists());
    // Two passwords, a line each: the first for here, the second for the owner.
    let password = fs::read_to_string(desk.file("password")).unwrap();
    let password = password.trim_end();
    let mut passwd = desk.yizhan(&["account", "passwd", "志愿者甲", "--new-password-file", "-"]);
    passwd.args(["--as", "志愿者甲", "--password-file", "-"]);
    let (status, _, err) = given(passwd, &format!("{password}\n把收好的伞放在门后\n"));
    assert_eq!(status, Some(0), "{err}");
    let find = |password: &str| {
        let mut find = desk.yizhan(&["find", "gxy", "--as", "志愿者甲", "--password-file", "-"]);
        find.env("LANG", "zh_CN.UTF-8");
        given(find, &format!("{password}\n"))
    };
    let (status, out, _) = find("把收好的伞放在门后");
    assert!(status == Some(0) && out.contains("关小雨"), "{out}");
    let (status, out, err) = find(password);
    assert!(status == Some(1) && out.is_empty() && err.contains("不正确"), "{err}");
}

#[test]
fn whoever_writes_the_next_line_may_first_read_the_answer_to_this() {
    let desk = office();
    let mut service = served(&desk);
    let mut command = desk.acting(&["perform", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap());
    let mut answer = |line: &str| {
        input.write_all(line.as_bytes()).unwrap();
        let mut answer = String::new();
        answers.read_line(&mut answer).unwrap();
        serde_json::from_str::<serde_json::Value>(&answer).unwrap()
    };
    let made = answer(PERSON);
    let number = made["number"].as_str().unwrap();
    let amended = json!({"amend": number, "base": 1, "fields": {"phone": "13800000000"}});
    assert_eq!(answer(&format!("{amended}\n"))["revision"], 2);
    // The owner is killed in the middle: what was acknowledged is there, and it is said.
    service.signal("KILL");
    service.ended();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(said.contains("意外结束"), "{said}");
    assert!(desk.done(&["history", number]).contains("138****0000"));
}

#[test]
fn rights_are_those_of_the_account_and_the_recovery_key_stands_for_the_administrator() {
    let desk = Desk::bare();
    let made = desk.init().arg("--json").output().unwrap();
    let recovery = json_lines(&text(&made.stdout))[0]["recovery_key"].clone();
    let recovery = desk.write("recovery", recovery.as_str().unwrap());
    let service = served(&desk);
    let password = desk.file("password");
    let add = ["account", "add", "志愿者甲", "--no-change", "--role", "volunteer"];
    desk.done(&[&add[..], &["--new-password-file", shown(&password)]].concat());
    let volunteer = ["--as", "志愿者甲", "--password-file", shown(&password)];
    let list = desk.yizhan(&[&["account", "list"][..], &volunteer].concat());
    let (status, out, err) = given(list, "");
    assert!(status == Some(1) && out.is_empty() && err.contains("不能进行这项操作"), "{err}");
    let mut list = desk.yizhan(&["account", "list", "--recovery-key-file", shown(&recovery)]);
    assert!(text(&list.output().unwrap().stdout).contains("志愿者甲"));
    // What needs the folder for itself says so, and touches nothing.
    let (status, said) = desk.failed(&["verify"]);
    assert!(status == 1 && said.contains("正在使用"), "{said}");
    drop(service);
}

#[test]
fn an_owner_that_was_stopped_is_said_to_be_silent() {
    let desk = office();
    let service = served(&desk);
    service.signal("STOP");
    let mut window = App::start(&desk, &[]);
    let (status, said) = desk.failed(&["find", "x"]);
    assert!(status == 1 && said.contains("没有应答"), "{said}");
    let (said, status) = window.parted();
    assert!(status == 1 && said.contains("没有应答"), "{said}");
    service.signal("CONT");
    assert!(desk.done(&["account", "list"]).contains("admin"));
}

/// Has one file, whatever its name, and makes none.
struct Hand;

impl Hands for Hand {
    fn open(&mut self, path: &str, _: bool) -> Result<Box<dyn Read>, Trouble> {
        if path == "mine" {
            return Ok(Box::new(std::io::repeat(b'x').take(100_000)));
        }
        Err(Trouble { said: Said::same(format!("not {path}")), next: Said::default() })
    }

    fn begin(&mut self, _: &str, _: bool) -> Result<Box<dyn InTheMaking>, Trouble> {
        Err(Trouble { said: Said::same("none"), next: Said::default() })
    }
}

#[test]
fn a_command_that_fails_ends_alone() {
    let house = House::open();
    let errand = |words: &[&str]| Errand {
        version: VERSION,
        words: words.iter().map(ToString::to_string).collect(),
        folder: "/".into(),
        language: "en_US.UTF-8".into(),
        terminal: false,
        proof: Proof::Password(Account { name: "admin".into(), password: "x".to_string().into() }),
        chosen: None,
    };
    let carried_out = |errand: &Errand| {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let outcome = house.connect().carry_out(errand, &mut Hand, &mut out, &mut err).unwrap();
        (outcome, text(&out), text(&err))
    };
    let (outcome, out, err) = carried_out(&errand(&["panic"]));
    assert_eq!((outcome, out.as_str()), (Outcome::Over(1), "before"));
    assert!(err.contains("program error"), "{err}");
    assert_eq!(carried_out(&errand(&["well"])).0, Outcome::Over(7));
    // What it reads is what the client opens, and nothing else.
    let (outcome, out, err) = carried_out(&errand(&["read", "--file=mine"]));
    assert_eq!((outcome, out.len()), (Outcome::Over(0), 100_000));
    assert_eq!(err, "not /etc/hostname\n");
    // An owner of another version says so and does nothing.
    let (outcome, out, _) = carried_out(&Errand { version: VERSION + 1, ..errand(&["panic"]) });
    assert!(matches!(outcome, Outcome::Not(said) if said.en.contains("another version")));
    assert!(out.is_empty());
}
