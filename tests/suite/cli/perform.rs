//! Commands as JSON lines.

use super::{Desk, id_number, text};
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

#[test]
fn a_line_may_build_on_the_one_before_it() {
    let desk = Desk::new();
    let head = id_number("19930715", 246);
    let member = id_number("19950101", 1);
    let lines = [
        json!({"create": "person", "fields": {"name": "欧阳靖雯", "id_number": head}}),
        json!({"create": "hardship_file", "head": head, "number": "BN-困-2025-00017", "fields": {
            "annual_income": "5.2万", "rigid_expense": 2_200_000, "household_size": 2,
            "members": [{"name": "张伟", "relation": "配偶", "id_number": member}],
        }}),
        json!({"amend": "BN-困-2025-00017", "base": 1, "fields": {"annual_income": "52000", "remarks": "一"}}),
        json!({"amend": "BN-困-2025-00017", "base": 2, "fields": {"remarks": null}}),
        json!({"create": "hardship_file", "fields": {
            "name": "李红", "id_number": id_number("19800303", 5), "annual_income": "1000.5",
        }}),
    ];
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let (status, answers) = desk.perform(&lines);
    assert_eq!(status, 0, "{answers:#?}");
    let revisions: Vec<_> = answers.iter().map(|answer| answer["revision"].clone()).collect();
    assert_eq!(revisions, [1, 1, 2, 3, 1]);
    let seqs: Vec<u64> = answers.iter().map(|answer| answer["seq"].as_u64().unwrap()).collect();
    assert!(seqs.is_sorted());
    let keys: Vec<&String> = answers[0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["ok", "number", "revision", "seq"]);
    let shown = desk.done(&["show", "BN-困-2025-00017", "--json"]);
    assert!(shown.contains("52,000.00") && shown.contains("张伟"), "{shown}");
    assert!(!shown.contains("remarks") && !shown.contains(&member), "{shown}");
}

#[test]
fn a_bad_line_is_answered_and_the_next_goes_on() {
    let desk = Desk::new();
    let good = json!({"create": "person", "fields": {"name": "周丽"}});
    let cases = [
        ("no json", ""),
        ("[1, 2]", ""),
        ("{\"name\": \"x\"}", ""),
        ("{\"create\": \"person\", \"move\": \"x\"}", ""),
        ("{\"create\": 7}", "create"),
        ("{\"create\": \"persn\", \"fields\": {}}", "kind"),
        ("{\"create\": \"person\", \"feilds\": {}}", "feilds"),
        ("{\"create\": \"person\", \"fields\": {\"naem\": \"x\"}}", "naem"),
        (
            "{\"create\": \"person\", \"fields\": {\"name\": \"x\", \"id_number\": \"500199199307152468\"}}",
            "id_number",
        ),
        ("{\"create\": \"person\", \"fields\": [1]}", "fields"),
        ("{\"create\": \"hardship_file\", \"head\": \"nobody\"}", "head"),
        ("{\"create\": \"person\", \"head\": \"nobody\"}", "head"),
        ("{\"amend\": \"nobody\", \"base\": 1}", "number"),
        ("{\"move\": \"submit\"}", "number"),
    ];
    let mut lines = String::from("\u{feff}");
    for (line, _) in cases {
        lines.push_str(&format!("{line}\n\n{good}\r\n"));
    }
    let (status, answers) = desk.perform(&lines);
    assert_eq!(status, 1);
    assert_eq!(answers.len(), 2 * cases.len(), "blank lines are not answered");
    for ((line, field), answers) in cases.iter().zip(answers.chunks(2)) {
        assert_eq!(answers[0]["ok"], false, "{line}");
        assert_eq!(answers[0]["kind"], "invalid", "{line}");
        assert_eq!(answers[0]["field"], *field, "{line}");
        for said in ["message", "next"] {
            assert!(!answers[0][said].as_str().unwrap().is_empty(), "{line}");
        }
        assert_eq!(answers[1]["ok"], true, "{line}: {}", answers[1]);
    }
}

#[test]
fn what_does_not_fit_is_refused_with_its_kind() {
    let desk = Desk::new();
    let (_, answers) = desk.perform(
        "{\"create\":\"person\",\"number\":\"P-人-000001\",\"fields\":{\"name\":\"周丽\"}}\n\
         {\"create\":\"person\",\"number\":\"P-人-000001\",\"fields\":{\"name\":\"李红\"}}\n\
         {\"amend\":\"P-人-000001\",\"fields\":{\"name\":\"李红\"}}\n\
         {\"amend\":\"P-人-000001\",\"base\":7,\"fields\":{\"name\":\"李红\"}}\n\
         {\"amend\":\"P-人-000001\",\"base\":-1,\"fields\":{\"name\":\"李红\"}}\n",
    );
    let kinds: Vec<_> =
        answers.iter().map(|answer| answer["kind"].as_str().unwrap_or("")).collect();
    assert_eq!(kinds, ["", "conflict", "invalid", "conflict", "invalid"], "{answers:#?}");
    assert_eq!(answers[2]["field"], "base");
}

#[test]
fn each_answer_comes_before_the_next_line_is_written() {
    let desk = Desk::new();
    let mut command = desk.acting(&["perform", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    for name in ["周丽", "李红", "张伟"] {
        writeln!(lines, "{{\"create\":\"person\",\"fields\":{{\"name\":\"{name}\"}}}}").unwrap();
        lines.flush().unwrap();
        let answer = answers.next().unwrap().unwrap();
        assert!(answer.contains("\"ok\":true"), "{answer}");
    }
    drop(lines);
    assert!(child.wait().unwrap().success());
}

#[test]
fn the_password_may_stand_before_the_lines() {
    let desk = Desk::new();
    let mut command = desk.yizhan(&["perform", "-", "--as", "admin", "--password-file", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let line = "{\"create\":\"person\",\"fields\":{\"name\":\"周丽\"}}";
    let input = format!("{}\n{line}\n{line}\n", super::PASSWORD);
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(text(&output.stdout).lines().count(), 2);
}
