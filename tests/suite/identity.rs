//! Who a person is, and what a value says: files people send, taken in as the counter takes them.
//!
//! The handed files lie beside the project and are skipped where they are not; those in
//! `fixtures/rosters` are of the same kinds, about other invented people.

use crate::cli::{Desk, json_lines, shown};
use serde_json::{Value as Json, json};
use std::fs;
use std::path::{Path, PathBuf};

/// A file of the rosters people really send, where they lie beside the project.
fn handed(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["../shared/data", "../../shared/data"].map(|folder| root.join(folder));
    let found = folders.iter().map(|one| one.join("rosters").join(name)).find(|one| one.exists());
    if found.is_none() {
        println!("skipped: {name} is not here");
    }
    found
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rosters").join(name)
}

/// Imports a file of people; the report.
fn take(desk: &Desk, path: &Path) -> Json {
    let output = desk.run(&["import", "person", shown(path), "--json"]);
    let mut report = json_lines(&crate::cli::text(&output.stdout));
    report.pop().unwrap_or_else(|| panic!("{}", crate::cli::text(&output.stderr)))
}

fn counts(report: &Json) -> [u64; 3] {
    ["accepted", "unchanged", "refused"].map(|key| report[key].as_u64().unwrap())
}

/// The names of everybody found.
fn found(desk: &Desk, text: &str) -> Vec<String> {
    let output = desk.run(&["find", text, "--json"]);
    let lines = json_lines(&crate::cli::text(&output.stdout));
    lines.iter().map(|line| line["title"].as_str().unwrap().to_owned()).collect()
}

/// Whether each line was done.
fn performed(desk: &Desk, lines: &str) -> Vec<bool> {
    let (_, answers) = desk.perform(lines);
    answers.iter().map(|answer| answer["ok"] == true).collect()
}

/// Everything a file's report says.
fn told(report: &Json) -> String {
    serde_json::to_string(report).unwrap()
}

#[test]
fn one_person_by_the_old_number_and_by_the_new() {
    if let Some(path) = handed("old-and-new-number.jsonl") {
        let desk = Desk::new();
        let lines = fs::read_to_string(&path).unwrap();
        // The number of the last two lines ends in X where GB 11643 asks for 4; right, it would be
        // one name with two dots.
        assert_eq!(performed(&Desk::new(), &lines), [true, false, false, false, false]);
        let lines = lines.replace("50019919780921316X", &crate::cli::id_number("19780921", 316));
        assert_eq!(performed(&desk, &lines), [true, false, false, true, true]);
        for text in ["500199700805123", "500199197008051230", "5123"] {
            assert_eq!(found(&desk, text), ["周旧证"; 2], "{text}");
        }
        // Neither the end of the form it was not entered in, nor a beginning.
        for text in ["1230", "50019970"] {
            assert_eq!(found(&desk, text), [""; 0], "{text}");
        }
    }
    let desk = Desk::new();
    let lines = fs::read_to_string(fixture("two-forms.jsonl")).unwrap();
    let (_, answers) = desk.perform(&lines);
    let done: Vec<bool> = answers.iter().map(|answer| answer["ok"] == true).collect();
    // Entered by the new number: the old one is the same person, who gets one file.
    assert_eq!(done, [true, false, true, false, false], "{answers:#?}");
    assert_eq!(answers[1]["field"], "id_number");
    for refused in [&answers[3], &answers[4]] {
        assert!(refused["message"].as_str().unwrap().contains("一户一档"), "{refused}");
    }
    // The stored form is the one that was entered.
    for text in ["500199720417208", "500199197204172080", "2080"] {
        assert_eq!(found(&desk, text), ["丁旧证"; 2], "{text}");
    }
    assert_eq!(found(&desk, "7208"), [""; 0], "it was not entered in the form that ends so");
    // Members too, and once in a household.
    assert_eq!(found(&desk, "500199750601302"), ["丁旧证"]);
    let number = answers[2]["number"].as_str().unwrap();
    let twice = json!({"amend": number, "base": 1, "fields": {"members": [
        {"name": "丁小一", "relation": "配偶", "id_number": "500199750601302"},
        {"name": "丁小二", "relation": "父母", "id_number": new_form("500199750601302")},
    ]}});
    let (_, answers) = desk.perform(&format!("{twice}\n"));
    assert_eq!(answers[0]["ok"], false);
    assert!(answers[0]["field"].as_str().unwrap().ends_with(".id_number"), "{}", answers[0]);
}

/// The new form of an old number of the address code nobody has: the century, and the check
/// character of GB 11643.
fn new_form(old: &str) -> String {
    let (born, order) = old.strip_prefix("500199").unwrap().split_at(6);
    crate::cli::id_number(&format!("19{born}"), order.parse().unwrap())
}

#[test]
fn one_dot_in_names() {
    if let Some(path) = handed("name-dots.csv") {
        let desk = Desk::new();
        let report = take(&desk, &path);
        // Two hyphens, a dash, an underscore and two bullets are not guessed at.
        assert_eq!(counts(&report), [16, 0, 6]);
        assert!(found(&desk, "买买提").iter().all(|name| name.starts_with("买买提·艾力")));
        assert!(told(&report).contains("间隔号"));
    }
    if let (Some(first), Some(again)) = (handed("name-dot-a.csv"), handed("name-dot-b.csv")) {
        let desk = Desk::new();
        assert_eq!(counts(&take(&desk, &first)), [1, 0, 0]);
        assert_eq!(counts(&take(&desk, &again)), [0, 1, 0]);
    }
    let desk = Desk::new();
    let report = take(&desk, &fixture("dots.csv"));
    assert_eq!(counts(&report), [19, 0, 7], "{report:#}");
    assert_eq!(found(&desk, "努尔．古丽甲"), ["努尔·古丽甲"]);
    assert_eq!(found(&desk, "Smith"), ["J. Smith"]);
    assert_eq!(counts(&take(&desk, &fixture("dot-first.csv"))), [1, 0, 0]);
    assert_eq!(counts(&take(&desk, &fixture("dot-again.csv"))), [0, 1, 0]);
}

#[test]
fn characters_that_stand_for_others() {
    if let (Some(first), Some(again)) = (handed("private-use-a.csv"), handed("private-use-b.csv")) {
        let desk = Desk::new();
        assert_eq!(counts(&take(&desk, &first)), [1, 0, 0]);
        assert_eq!(counts(&take(&desk, &again)), [0, 1, 0]);
        for text in ["䶮", "\u{E863}", "龙䶮", "龙\u{E863}", "longyan", "yan"] {
            assert_eq!(found(&desk, text), ["龙䶮"], "{text}");
        }
        let history = desk.done(&["history", "50019919880301234X"]);
        assert!(history.contains("录入为“龙〔U+E863〕”"), "{history}");
    }
    let desk = Desk::new();
    let report = take(&desk, &fixture("private-first.csv"));
    assert_eq!(counts(&report), [1, 0, 0]);
    assert_eq!(counts(&take(&desk, &fixture("private-again.csv"))), [0, 1, 0]);
    for text in ["䜣明", "\u{E844}明", "xinming"] {
        assert_eq!(found(&desk, text), ["䜣明"], "{text}");
    }
    let rows = fs::read_to_string(fixture("private-first.csv")).unwrap();
    let number = rows.trim().rsplit(',').next().unwrap();
    let history = desk.done(&["history", number]);
    assert!(history.contains("䜣明（录入为“〔U+E844〕明”）"), "{history}");
}

#[test]
fn radicals_and_compatibility_forms() {
    if let Some(path) = handed("radicals.csv") {
        let desk = Desk::new();
        take(&desk, &path);
        for (text, name) in [
            ("马某", "马某"),
            ("⾼某", "高某"),
            ("黄某", "黄某"),
            ("longmou", "龙某"),
            ("齐某", "齐某"),
            ("\u{90CE}某", "\u{90CE}某"),
            ("䶮某", "䶮某"),
            ("张㑳", "张㑳"),
            ("凉水", "凉水"),
            ("方某", "方某"),
        ] {
            assert!(found(&desk, text).contains(&name.to_owned()), "{text}");
        }
        // The selector asks for a shape and stays; it counts for nothing in a search.
        assert!(found(&desk, "李某").contains(&"李\u{E0100}某".to_owned()));
    }
    let desk = Desk::new();
    let report = take(&desk, &fixture("look-alikes.csv"));
    assert_eq!(counts(&report), [4, 0, 2], "{report:#}");
    for name in ["马甲", "龍乙", "隆丙", "长丁"] {
        assert_eq!(found(&desk, name), [name]);
    }
    let told = told(&report);
    assert!(told.contains("U+E000") && told.contains("U+F0001") && told.contains("第 2 个字"));
}

#[test]
fn refusals_show_what_is_wrong_and_not_the_number() {
    let desk = Desk::new();
    let output = desk.run(&["import", "person", shown(&fixture("marks.csv"))]);
    let told = crate::cli::text(&output.stdout) + &crate::cli::text(&output.stderr);
    for words in [
        "“E+17”",
        "*.*****E+17",
        "后三位是 000 且校验不符",
        "第 12 位是“O”，不是数字",
        "“E+10”",
        "*.**E+10",
        "末尾有“.0”",
        "138****0005.0",
        "现在是 5 位数字",
    ] {
        assert!(told.contains(words), "{words} is not told:\n{told}");
    }
    let rows = fs::read_to_string(fixture("marks.csv")).unwrap();
    let numbers = rows.split([',', '\n']).filter(|cell| cell.len() > 10 && cell.is_ascii());
    for number in numbers.filter(|cell| !cell.contains('E')) {
        assert!(!told.contains(number), "{number} is told:\n{told}");
    }
}
