//! Decision sheets on the command line.

use super::{Desk, id_number, shown};
use serde_json::{Value, json};

/// 12 months, three people, 770 yuan: 12 × 3 × 77,000 fen.
const STANDARD: i64 = 12 * 3 * 77_000;

/// Income and expense of the worked examples of domain/hardship.md 4.5 in fen, with the category
/// the page gives for k = 1.5 and k = 2. The second is relative as the operator is `<`.
const EXAMPLES: [(i64, i64, &str, &str); 5] = [
    (5_200_000, 2_800_000, "deep", "deep"),
    (5_200_000, 2_428_000, "relative", "relative"),
    (5_200_000, 2_200_000, "relative", "relative"),
    (6_000_000, 1_320_000, "none", "relative"),
    (4_000_000, 4_600_000, "deep", "deep"),
];

/// The page's arithmetic on whole fen: net < 12 n S is deep, net ≤ k × 12 n S relative.
fn by_arithmetic(net: i64, k_halves: i64) -> &'static str {
    if net < STANDARD {
        "deep"
    } else if 2 * net <= k_halves * STANDARD {
        "relative"
    } else {
        "none"
    }
}

fn file(number: &str, person: u32, income: i64, rigid: i64) -> String {
    let line = json!({"create": "hardship_file", "number": number, "fields": {
        "name": "欧阳靖雯", "id_number": id_number("19800101", person),
        "annual_income": income, "rigid_expense": rigid, "household_size": 3,
    }});
    format!("{line}\n")
}

const TWICE: &str = r#"
[[parameter]]
id = "relative_multiple"
title = { zh = "相对困难倍数", en = "the multiple for relative hardship" }
unit = "ratio"
[[parameter.row]]
value = "2/1"
clause = "yuyao-2024/relative"
basis = "to-confirm"
"#;

fn category(desk: &Desk, number: &str, rules: Option<&str>) -> String {
    let mut args = vec!["decide", number, "--as-of", "2025-10-15", "--json"];
    args.extend(rules.iter().flat_map(|rules| ["--rules", rules]));
    let sheet: Value = serde_json::from_str(&desk.done(&args)).unwrap();
    assert_eq!(sheet["number"], number);
    sheet["category"].as_str().unwrap_or("none").to_string()
}

#[test]
fn the_worked_examples_and_their_neighbours_by_one_fen() {
    let desk = Desk::new();
    let twice = desk.write("twice.toml", TWICE);
    let mut lines = String::new();
    let mut wanted = Vec::new();
    for (at, (income, rigid, once, twice)) in EXAMPLES.into_iter().enumerate() {
        assert_eq!(by_arithmetic(income - rigid, 3), once, "the page and its arithmetic agree");
        assert_eq!(by_arithmetic(income - rigid, 4), twice);
        for fen in [-1, 0, 1] {
            let number = format!("X{at}-困-2025-{:05}", fen + 1);
            let person = u32::try_from(wanted.len()).unwrap();
            // One fen more of income is one fen more of what is left.
            lines.push_str(&file(&number, person, income + fen, rigid));
            let net = income + fen - rigid;
            wanted.push((number, by_arithmetic(net, 3), by_arithmetic(net, 4)));
        }
    }
    let (status, answers) = desk.perform(&lines);
    assert_eq!(status, 0, "{answers:#?}");
    for (number, once, _) in &wanted {
        assert_eq!(category(&desk, number, None), *once, "{number}, k = 1.5");
    }
    for (number, _, doubled) in wanted.iter().step_by(2) {
        assert_eq!(category(&desk, number, Some(shown(&twice))), *doubled, "{number}, k = 2");
    }
}

#[test]
fn a_replay_names_who_changes_and_which_line_did_it() {
    let desk = Desk::new();
    let twice = desk.write("twice.toml", TWICE);
    let mut lines = String::new();
    for (at, (income, rigid, ..)) in EXAMPLES.into_iter().enumerate() {
        let line = file(&format!("X-困-2025-{at:05}"), u32::try_from(at).unwrap(), income, rigid);
        let line = line.replace(
            "\"household_size\"",
            "\"application_date\":\"2025-10-15\",\"household_size\"",
        );
        lines.push_str(&line);
    }
    assert_eq!(desk.perform(&lines).0, 0);
    let changed =
        desk.done(&["replay", "hardship-eligibility", "--rules", shown(&twice), "--json"]);
    let changed = super::json_lines(&changed);
    assert_eq!(changed.len(), 1, "{changed:#?}");
    assert_eq!(changed[0]["number"], "X-困-2025-00003");
    assert_eq!(changed[0]["before"]["category"], Value::Null);
    assert_eq!(changed[0]["after"]["category"], "relative");
    let lines = changed[0]["lines"].as_array().unwrap();
    assert!(lines.iter().any(|line| line["id"] == "R-REL" && line["after"] == "met"));
    assert_eq!(desk.failed(&["replay", "nothing", "--rules", shown(&twice)]).0, 1);
}

#[test]
fn the_sheet_is_stable_json_and_reads_well() {
    let desk = Desk::new();
    desk.perform(&file("X-困-2025-00001", 1, 5_200_000, 2_200_000));
    let args = ["decide", "X-困-2025-00001", "--as-of", "2025-10-15"];
    let json = || desk.done(&[&args[..], &["--json"]].concat());
    let sheet = json();
    assert_eq!(sheet, json(), "the same question has the same answer, byte for byte");
    assert_eq!(sheet.matches('\n').count(), 1);
    let sheet: Value = serde_json::from_str(&sheet).unwrap();
    let keys: Vec<&String> = sheet.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["number", "as_of", "pack", "rules", "outcome", "category", "lines", "nearest"]
    );
    for key in ["id", "result", "clause", "document", "basis", "text", "inputs"] {
        assert!(sheet["lines"][0].get(key).is_some(), "{key}");
    }
    let text = desk.done(&args);
    assert!(text.contains("(52000.00−22000.00)÷12÷3=833.33"), "{text}");
    assert!(text.contains("待确认") && text.contains("R-EDGE"), "{text}");
    let english = desk.done(&[&args[..], &["--lang", "en"]].concat());
    assert!(english.contains("What would change it"), "{english}");
}

#[test]
fn a_draft_that_does_not_hold_together_is_shown_by_line() {
    let desk = Desk::new();
    desk.perform(&file("X-困-2025-00001", 1, 5_200_000, 2_200_000));
    let draft =
        desk.write("draft.toml", "[[parameter]]\nid = \"relative_multiple\"\nunit = \"ratoi\"\n");
    let (status, said) = desk.failed(&["decide", "X-困-2025-00001", "--rules", shown(&draft)]);
    assert_eq!(status, 1);
    assert!(said.contains("draft.toml:3: "), "{said}");
    assert_eq!(desk.failed(&["decide", "X-困-2025-00001", "--rules", "nowhere.toml"]).0, 1);
    assert_eq!(desk.failed(&["decide", "X-困-2025-00001", "--as-of", "tomorrow-ish"]).0, 2);
    let (_, answers) = desk.perform("{\"create\":\"person\",\"fields\":{\"name\":\"周丽\"}}\n");
    assert_eq!(desk.failed(&["decide", answers[0]["number"].as_str().unwrap()]).0, 1);
}
