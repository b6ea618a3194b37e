use super::*;

/// A file that is right, to be broken line by line.
const RIGHT: &str = r#"[[document]]
id = "own-notice"
title = { zh = "区通知", en = "District notice" }
issuer = { zh = "区总工会", en = "District federation" }
reach = "district"
grade = "C"
source = "区总工会通知"

[[clause]]
id = "own-notice/1"
document = "own-notice"
article = "第一条"
text = { zh = "标准为五百元。", en = "The standard is five hundred yuan." }

[[parameter]]
id = "own_limit"
title = { zh = "限额", en = "limit" }
unit = "fen"
[[parameter.row]]
from = 2024-01-01
value = 50000
clause = "own-notice/1"
basis = "to-confirm"
[[parameter.row]]
from = 2025-01-01
value = 60000
clause = "own-notice/1"
basis = "to-confirm"

[rule_set]
id = "own-rules"
title = { zh = "本区规则", en = "Own rules" }
gives = "category"
fact = [{ id = "amount_fen", unit = "fen", title = { zh = "金额", en = "amount" } }]
value = [{ id = "half", unit = "fen", is = "amount_fen", divide_by = "2" }]
[[rule_set.line]]
id = "L-1"
title = { zh = "限额内", en = "Within the limit" }
clause = "own-notice/1"
basis = "to-confirm"
role = "precondition"
condition = "amount_fen <= own_limit"
met = { zh = "{amount_fen} 元在限额内。", en = "{amount_fen} yuan is within the limit." }
not_met = { zh = "超过限额。", en = "Above the limit." }
"#;

fn broken(from: &str, to: &str) -> (usize, Vec<Problem>) {
    assert!(RIGHT.contains(from), "{from}");
    let text = RIGHT.replacen(from, to, 1);
    let line = RIGHT.split(from).next().unwrap_or("").lines().count().max(1);
    let at_start = RIGHT.split(from).next().is_some_and(|before| before.ends_with('\n'));
    let problems = library().with_files(&[("own.toml", &text)]).unwrap_err();
    (line + usize::from(at_start), problems)
}

#[test]
fn the_right_file_is_right() {
    library().with_files(&[("own.toml", RIGHT)]).unwrap();
}

#[test]
fn broken_files_are_told_by_line_and_what_was_meant() {
    for (from, to, wanted, meant) in [
        ("grade = \"C\"", "grad = \"C\"", "\"grad\" is not known here", Some("grade")),
        ("grade = \"C\"", "grade = \"E\"", "does not know \"E\"", None),
        ("reach = \"district\"", "reach = \"distrikt\"", "does not know", Some("district")),
        (", en = \"District notice\"", "", "translation \"en\" is missing", None),
        (
            "zh = \"区通知\"",
            "zh = \"\"",
            "\"zh\" must be a text in quotation marks and not empty",
            None,
        ),
        (
            "document = \"own-notice\"",
            "document = \"own-notise\"",
            "no document",
            Some("own-notice"),
        ),
        ("unit = \"fen\"\n", "unit = \"fens\"\n", "does not know", Some("fen")),
        ("value = 50000", "value = 500.0", "does not fit `unit`", None),
        ("value = 50000", "value = \"3/2\"", "does not fit `unit`", None),
        ("from = 2025-01-01", "from = 2023-01-01", "overlaps the row before", None),
        ("from = 2025-01-01", "not_before = 2023-12-31\nnot_after = 2025-01-01", "overlaps", None),
        ("from = 2025-01-01", "from = 2025-13-01", "TOML", None),
        ("from = 2025-01-01", "from = \"next year\"", "not a date", None),
        ("basis = \"to-confirm\"", "basis = \"local\"", "grade C or D", None),
        (
            "clause = \"own-notice/1\"",
            "clause = \"own-notice/2\"",
            "no clause",
            Some("own-notice/1"),
        ),
        (
            "amount_fen <= own_limit",
            "amount_fen <= own_limits",
            "\"own_limits\"",
            Some("own_limit"),
        ),
        (
            "amount_fen <= own_limit",
            "ammount_fen <= own_limit",
            "\"ammount_fen\"",
            Some("amount_fen"),
        ),
        ("amount_fen <= own_limit", "amount_fen + own_limit", "must come to yes or no", None),
        ("amount_fen <= own_limit", "amount_fen && true", "character 1", None),
        ("amount_fen <= own_limit", "amount_fen / 2 < 3", "no division", None),
        ("amount_fen <= own_limit", "amount_fen <=", "not a formula", None),
        ("amount_fen <= own_limit", "half <= own_limit", "a quotient", None),
        ("\"{amount_fen} yuan", "\"{amuont_fen} yuan", "{amuont_fen}", Some("amount_fen")),
        (
            "role = \"precondition\"",
            "role = \"precondtion\"",
            "does not know",
            Some("precondition"),
        ),
        ("not_met = ", "not_mett = ", "\"not_mett\" is not known", Some("not_met")),
        ("issuer = ", "# ", "\"issuer\" is missing", None),
        ("[[clause]]", "[[clauses]]", "\"clauses\" is not known", Some("clause")),
        (
            "id = \"L-1\"\n",
            "id = \"L-1\"\nclause_of = \"dibao_standrad\"\n",
            "no parameter",
            Some("dibao_standard"),
        ),
    ] {
        let (line, problems) = broken(from, to);
        let problem = problems
            .iter()
            .find(|problem| problem.message.en.contains(wanted))
            .unwrap_or_else(|| panic!("{to}: {wanted} not among {problems:#?}"));
        // A key that is missing is told at its table, all else at its own line.
        let missing = wanted.contains("\"issuer\" is missing")
            || to.contains("clause_of")
            || to.contains("not_before");
        assert!(missing || problem.line == line, "{to}: line {} for {line}", problem.line);
        assert_eq!(problem.meant.as_deref(), meant, "{to}");
        assert_eq!(problem.file, "own.toml");
        assert!(!problem.message.zh.is_empty(), "{to}");
    }
}

#[test]
fn things_declared_twice_are_told() {
    let twice = RIGHT.replace("[[clause]]", "[[document]]\nid = \"own-notice\"\ntitle = { zh = \"二\", en = \"two\" }\nissuer = { zh = \"二\", en = \"two\" }\nreach = \"district\"\ngrade = \"C\"\nsource = \"x\"\n\n[[clause]]");
    let problems = library().with_files(&[("own.toml", &twice)]).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert_eq!(problems[0].line, 10);
    assert!(problems[0].message.en.contains("own.toml, line 2"), "{}", problems[0].message.en);
}

#[test]
fn every_problem_is_told_at_once() {
    let text = RIGHT.replace("grade = \"C\"", "grade = \"E\"").replace("source =", "sauce =");
    let problems = library().with_files(&[("own.toml", &text)]).unwrap_err();
    let lines: Vec<usize> = problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [6, 7], "{problems:#?}");
}

#[test]
fn own_files_overlay_the_built_in_ones() {
    let own = ("own.toml", RIGHT);
    let library = Library::built_in().unwrap().with_files(&[own]).unwrap();
    assert!(library.rule_set("own-rules").is_some());
    assert!(library.rule_set("hardship-eligibility").is_some());
    let bad = ("bad.toml", "[[document]]\nid = ");
    let problems = Library::built_in().unwrap().with_files(&[own, bad]).unwrap_err();
    assert!(problems.iter().any(|problem| problem.file.ends_with("bad.toml") && problem.line == 2));
}

#[test]
fn what_was_kept_gives_the_same_versions() {
    let library = Library::built_in().unwrap().with_files(&[("own.toml", RIGHT)]).unwrap();
    let kept = Library::from_kept(&library.to_kept().unwrap()).unwrap();
    for (id, rules) in &library.rule_sets {
        let version = Evaluator::new(rules, &library).version().to_string();
        let again = kept.rule_set(id).unwrap();
        assert_eq!(Evaluator::new(again, &kept).version(), version);
    }
    assert!(Library::from_kept("no library").is_err());
}

#[test]
fn shipped_documents_cited_as_poor_copies_are_marked() {
    let library = library();
    for rules in library.rule_sets.values() {
        for line in &rules.lines {
            let document = library.document_of(&line.clause).unwrap();
            let elsewhere = !document.id.starts_with("cq-") && document.reach != Reach::National;
            assert!(
                !elsewhere || line.basis == Basis::ToConfirm,
                "{} cites {}",
                line.id,
                document.id
            );
        }
    }
}
