use super::*;
use crate::formula::Val;
use proptest::prelude::*;

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let facts = household(5_200_000, 2_200_000);
    let first = sheet(&facts, "2025-10-15").to_stored().unwrap();
    let second = sheet(&facts, "2025-10-15").to_stored().unwrap();
    assert_eq!(first, second);
    let back = DecisionSheet::from_stored(&first).unwrap();
    assert_eq!(back.to_stored().unwrap(), first);
    assert_eq!(back, sheet(&facts, "2025-10-15"));
}

#[test]
fn the_json_has_the_promised_keys() {
    let stored = at_2025(5_200_000, 2_200_000).to_stored().unwrap();
    let json: serde_json::Value = serde_json::from_str(stored.text().unwrap()).unwrap();
    let keys = |value: &serde_json::Value| {
        value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(keys(&json), "number as_of pack rules outcome category lines nearest");
    assert_eq!(keys(&json["lines"][8]), "id result clause document basis text text_en inputs");
    assert_eq!(json["as_of"], "2025-10-15");
    assert_eq!((&json["outcome"], &json["category"]), (&"suggests".into(), &"relative".into()));
    assert_eq!(json["lines"][0]["basis"], "statutory");
    assert_eq!(json["lines"][8]["result"], "not_met");
    let inputs = &json["lines"][9]["inputs"];
    assert_eq!(
        keys(inputs),
        "deep_includes_standard dibao_standard household_size income_fen relative_multiple \
         rigid_fen window_months"
    );
    assert_eq!(inputs["relative_multiple"]["value"], "3/2");
    let standard = &inputs["dibao_standard"];
    assert_eq!(standard["value"], 77_000);
    assert_eq!(
        standard["source"],
        "参数“低保标准”，自 2025-07-01 起，渝民规〔2025〕6号（本市规定）"
    );
}

#[test]
fn the_version_follows_rules_and_parameters() {
    let library = library();
    let rules = library.rule_set("hardship-eligibility").unwrap();
    let shipped = Evaluator::new(rules, &library).version().to_owned();
    assert!(shipped.starts_with("hardship-eligibility@") && shipped.len() == 33, "{shipped}");
    let mut draft = rules.clone();
    draft.lines.pop();
    assert_ne!(Evaluator::new(&draft, &library).version(), shipped);
    let mut other = library.clone();
    other.parameters.get_mut("house_limit").unwrap().rows.clear();
    assert_ne!(Evaluator::new(rules, &other).version(), shipped);
    other = library.clone();
    other.parameters.get_mut("warmth_per_time_fen").unwrap().rows.clear();
    assert_eq!(Evaluator::new(rules, &other).version(), shipped, "a parameter it does not use");
}

/// A draft with k = 2 finds the fourth example to be relative hardship, as the page says.
#[test]
fn a_draft_file_may_change_a_parameter() {
    let draft = r#"
[[parameter]]
id = "relative_multiple"
title = { zh = "相对困难倍数", en = "multiple" }
unit = "ratio"
[[parameter.row]]
value = "2/1"
clause = "pingdingshan/deep"
basis = "to-confirm"
[[parameter]]
id = "deep_includes_standard"
title = { zh = "含等于", en = "inclusive" }
unit = "yes_no"
[[parameter.row]]
value = true
clause = "pingdingshan/deep"
basis = "to-confirm"
"#;
    let library = library().with_files(&[("draft.toml", draft)]).unwrap();
    let rules = library.rule_set("hardship-eligibility").unwrap();
    let evaluator = Evaluator::new(rules, &library);
    let found: std::collections::BTreeMap<i64, Option<String>> = [2_800_000, 2_428_000, 2_200_000]
        .into_iter()
        .map(|rigid| {
            let facts = household(5_200_000, rigid);
            (rigid, evaluator.evaluate(&facts, day("2025-10-15"), CONTEXT).category)
        })
        .collect();
    assert_eq!(found[&2_800_000].as_deref(), Some("deep"));
    assert_eq!(found[&2_428_000].as_deref(), Some("deep"), "P = S counts when inclusive");
    assert_eq!(found[&2_200_000].as_deref(), Some("relative"));
    let fourth = evaluator.evaluate(&household(6_000_000, 1_320_000), day("2025-10-15"), CONTEXT);
    assert_eq!(fourth.category.as_deref(), Some("relative"));
    assert!(fourth.line("R-REL").unwrap().text.ends_with("770.00<1300.00≤1540.00"));
}

#[test]
fn inputs_keep_their_kind_through_json() {
    let sheet = at_2025(5_200_000, 2_200_000);
    let back = DecisionSheet::from_stored(&sheet.to_stored().unwrap()).unwrap();
    let value = |line: &str, name: &str| back.line(line).unwrap().inputs[name].value.clone();
    assert_eq!(value("R-X1", "dwellings"), Some(Val::Integer(1)));
    assert_eq!(value("R-X4", "vehicle"), Some("none".into()));
    assert_eq!(value("R-ID", "id_numbers_valid"), Some(true.into()));
}

/// The facts of [`household`] and others, all asked for.
const ASKED: [&str; 13] = [
    "area",
    "id_numbers_valid",
    "duplicate_file",
    "is_migrant",
    "unit_has_union",
    "household_size",
    "household_complete",
    "income_fen",
    "rigid_fen",
    "expenses_evidenced",
    "accident_claimed",
    "dwellings",
    "vehicle",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A line that is met or not met while facts are lacking stays so when they come in.
    #[test]
    fn knowing_more_never_turns_a_line(
        income in 0i64..9_000_000,
        rigid in 0i64..9_000_000,
        lacking in prop::collection::vec(any::<bool>(), ASKED.len()),
    ) {
        let library = library();
        let rules = library.rule_set("hardship-eligibility").unwrap();
        let evaluator = Evaluator::new(rules, &library);
        let all = household(income, rigid);
        let mut some = all.clone();
        for (name, lacking) in ASKED.iter().zip(lacking) {
            if lacking {
                some.lack(*name, Said::same(*name), None, Said::default());
            }
        }
        let full = evaluator.evaluate(&all, day("2025-10-15"), CONTEXT);
        let partial = evaluator.evaluate(&some, day("2025-10-15"), CONTEXT);
        for (before, after) in partial.lines.iter().zip(&full.lines) {
            if before.result != LineResult::Unknown {
                prop_assert_eq!(before.result, after.result, "{}", &before.id);
            }
        }
        if partial.outcome != Overall::NeedsPerson {
            prop_assert_eq!(partial.outcome, full.outcome);
        }
    }
}
