use super::*;

fn text<'s>(sheet: &'s DecisionSheet, line: &str) -> &'s str {
    &sheet.line(line).unwrap().text
}

fn result(sheet: &DecisionSheet, line: &str) -> LineResult {
    sheet.line(line).unwrap().result
}

#[test]
fn the_lines_stand_in_the_promised_order() {
    let sheet = at_2025(5_200_000, 2_200_000);
    let ids: Vec<_> = sheet.lines.iter().map(|line| line.id.as_str()).collect();
    assert_eq!(
        ids.join(" "),
        "R-ID R-DUP R-UNION R-LAB R-HH R-STD R-INC R-EXP R-DEEP R-REL R-ACC \
         R-X1 R-X2 R-X3 R-X4 R-X5 R-X6 R-X7 R-EDGE"
    );
    for line in &sheet.lines {
        assert!(!line.clause.is_empty() && !line.document.is_empty(), "{}", line.id);
        assert!(!line.text.contains(['{', '？']), "{}: {}", line.id, line.text);
        assert!(!line.text_en.contains(['{', '?']), "{}: {}", line.id, line.text_en);
    }
}

/// Section 4.5: 2025-10-15, S = 770, n = 3, k = 1.5, deep by `<`.
#[test]
fn the_worked_examples() {
    let deep = Some("deep");
    let relative = Some("relative");
    for (income, rigid, shown, category, outcome) in [
        (
            5_200_000,
            2_800_000,
            "(52000.00−28000.00)÷12÷3=666.67；666.67<770.00",
            deep,
            Overall::Suggests,
        ),
        (
            5_200_000,
            2_428_000,
            "(52000.00−24280.00)÷12÷3=770.00；770.00=770.00≤1155.00",
            relative,
            Overall::NeedsPerson,
        ),
        (
            5_200_000,
            2_200_000,
            "(52000.00−22000.00)÷12÷3=833.33；770.00<833.33≤1155.00",
            relative,
            Overall::Suggests,
        ),
        (
            6_000_000,
            1_320_000,
            "(60000.00−13200.00)÷12÷3=1300.00；1300.00>1155.00",
            None,
            Overall::SuggestsNo,
        ),
        (
            4_000_000,
            4_600_000,
            "(40000.00−46000.00)÷12÷3=−166.67；−166.67<770.00",
            deep,
            Overall::Suggests,
        ),
    ] {
        let sheet = at_2025(income, rigid);
        let line = if category == deep { "R-DEEP" } else { "R-REL" };
        assert!(text(&sheet, line).ends_with(shown), "{}", text(&sheet, line));
        assert_eq!(sheet.category.as_deref(), category, "{shown}");
        assert_eq!(sheet.outcome, outcome, "{shown}");
    }
}

#[test]
fn one_fen_decides() {
    // 12 × 3 × 770 = 27720.00 and 1.5 times that = 41580.00; income 52000.00.
    for (net, category, line, shown) in [
        (2_771_999, Some("deep"), "R-DEEP", "按分比较：27719.99<27720.00"),
        (2_772_000, Some("relative"), "R-DEEP", "770.00=770.00"),
        (2_772_001, Some("relative"), "R-DEEP", "按分比较：27720.01>27720.00"),
        (2_772_001, Some("relative"), "R-REL", "按分比较：27720.01>27720.00"),
        (4_157_999, Some("relative"), "R-REL", "按分比较：41579.99<41580.00"),
        (4_158_000, Some("relative"), "R-REL", "770.00<1155.00≤1155.00"),
        (4_158_001, None, "R-REL", "按分比较：41580.01>41580.00"),
    ] {
        let sheet = at_2025(5_200_000, 5_200_000 - net);
        assert_eq!(sheet.category.as_deref(), category, "{net}");
        assert!(text(&sheet, line).ends_with(shown), "{}", text(&sheet, line));
        assert_eq!(result(&sheet, "R-EDGE"), LineResult::Unknown, "{net} is at a threshold");
    }
}

#[test]
fn the_edge_band_includes_its_bounds() {
    // 5 % around 27720.00 is 26334.00 to 29106.00, around 41580.00 39501.00 to 43659.00.
    for (net, near) in [
        (2_633_399, false),
        (2_633_400, true),
        (2_910_600, true),
        (2_910_601, false),
        (3_950_099, false),
        (3_950_100, true),
        (4_365_900, true),
        (4_365_901, false),
    ] {
        let sheet = at_2025(5_200_000, 5_200_000 - net);
        let wanted = if near { LineResult::Unknown } else { LineResult::Met };
        assert_eq!(result(&sheet, "R-EDGE"), wanted, "{net}");
        assert_eq!(sheet.outcome == Overall::NeedsPerson, near, "{net}");
    }
    let near = at_2025(5_200_000, 2_428_000);
    assert!(text(&near, "R-EDGE").contains("±5%"), "{}", text(&near, "R-EDGE"));
    let clear = at_2025(5_200_000, 2_200_000);
    assert_eq!(
        text(&clear, "R-EDGE"),
        "离各界线都超过 5%：人均 833.33，比低保标准线770.00高63.33（8.2%）。"
    );
}

#[test]
fn quotients_round_half_up() {
    // 30000.06 ÷ 12 ÷ 3 = 833.335: the half goes up, and away from zero below it.
    assert!(text(&at_2025(3_000_006, 0), "R-DEEP").contains("=833.34"));
    assert!(text(&at_2025(0, 3_000_006), "R-DEEP").contains("=−833.34"));
    assert!(text(&at_2025(3_000_005, 0), "R-DEEP").contains("=833.33"));
}

#[test]
fn a_missing_paper_is_named() {
    let mut facts = household(5_200_000, 2_200_000);
    let missing =
        Said::fixed("妻子 2025 年 3 月的收入证明", "the wife's income paper of March 2025");
    let field = Said::fixed("家庭年收入", "annual income");
    facts.lack("income_fen", missing, Some("income_proof".to_owned()), field);
    let sheet = sheet(&facts, "2025-10-15");
    assert_eq!(sheet.outcome, Overall::NeedsPerson);
    assert_eq!(sheet.category.as_deref(), None);
    for line in ["R-DEEP", "R-REL", "R-EDGE"] {
        assert_eq!(result(&sheet, line), LineResult::Unknown, "{line}");
        assert!(text(&sheet, line).contains("妻子 2025 年 3 月的收入证明"), "{line}");
    }
    assert!(text(&sheet, "R-DEEP").contains("(？−22000.00)÷12÷3=？"));
    let input = &sheet.line("R-DEEP").unwrap().inputs["income_fen"];
    assert_eq!((&input.value, input.paper.as_deref()), (&None, Some("income_proof")));
    let first = &sheet.nearest[0];
    assert_eq!((first.kind, first.id.as_str()), (ChangeKind::Question, "income_fen"));
    assert_eq!(first.lines, ["R-DEEP", "R-REL", "R-EDGE"]);
}

#[test]
fn an_unverified_standard_blocks_but_shows_its_arithmetic() {
    let sheet = sheet(&household(5_200_000, 2_200_000), "2025-03-01");
    assert_eq!(result(&sheet, "R-STD"), LineResult::Unknown);
    assert!(text(&sheet, "R-STD").contains("标准生效日期未核实"), "{}", text(&sheet, "R-STD"));
    assert!(text(&sheet, "R-REL").contains("=833.33；750.00<833.33≤1125.00"));
    assert_eq!(
        (sheet.outcome, sheet.category.as_deref()),
        (Overall::NeedsPerson, Some("relative"))
    );
    assert_eq!(sheet.line("R-STD").unwrap().clause, "cq-standard-2024/standard");
    assert_eq!(sheet.line("R-STD").unwrap().basis, Basis::ToConfirm);
}

#[test]
fn two_possible_standards_leave_the_numbers_open() {
    let sheet = sheet(&household(5_200_000, 2_200_000), "2024-05-01");
    assert_eq!(result(&sheet, "R-DEEP"), LineResult::Unknown);
    assert!(text(&sheet, "R-DEEP").contains("当日可能是 735.00 或 750.00"));
    assert_eq!(sheet.outcome, Overall::NeedsPerson);
}

#[test]
fn what_was_not_checked_is_never_met() {
    let field = || Said::fixed("核对", "check");
    for (fact, value, line, wanted) in [
        ("vehicle", "unchecked", "R-X4", LineResult::Unknown),
        ("vehicle", "has", "R-X4", LineResult::NotMet),
        ("vehicle", "none", "R-X4", LineResult::Met),
        ("vehicle", "???", "R-X4", LineResult::Unknown),
        ("employs_others", "unchecked", "R-X2", LineResult::Unknown),
    ] {
        let mut facts = household(5_200_000, 2_200_000);
        facts.know(fact, value, field());
        let sheet = sheet(&facts, "2025-10-15");
        assert_eq!(result(&sheet, line), wanted, "{fact} {value}");
        let outcome = match wanted {
            LineResult::Met => Overall::Suggests,
            LineResult::NotMet => Overall::SuggestsNo,
            LineResult::Unknown | LineResult::NotAsked => Overall::NeedsPerson,
        };
        assert_eq!(sheet.outcome, outcome, "{fact} {value}");
    }
    // One of two is enough to exclude, whatever the other turns out to be.
    let mut facts = household(5_200_000, 2_200_000);
    facts.know("has_business_premises", "has", field());
    facts.know("employs_others", "unchecked", field());
    assert_eq!(result(&sheet(&facts, "2025-10-15"), "R-X2"), LineResult::NotMet);
    let mut facts = household(5_200_000, 2_200_000);
    facts.know("dwellings", 2, field());
    let sheet = sheet(&facts, "2025-10-15");
    assert_eq!(result(&sheet, "R-X1"), LineResult::NotMet);
    assert_eq!(sheet.nearest[0].id, "R-X1");
}

#[test]
fn an_accident_in_chongqing_needs_a_person() {
    let mut facts = household(6_000_000, 1_320_000);
    facts.know("accident_claimed", true, Said::default());
    let open = sheet(&facts, "2025-10-15");
    assert_eq!(result(&open, "R-ACC"), LineResult::Unknown);
    assert!(text(&open, "R-ACC").contains("待确认"), "{}", text(&open, "R-ACC"));
    assert_eq!((open.outcome, open.category.as_deref()), (Overall::NeedsPerson, None));
    // Who is in deep hardship anyway does not wait for the accident.
    let mut facts = household(5_200_000, 2_800_000);
    facts.know("accident_claimed", true, Said::default());
    let deep = sheet(&facts, "2025-10-15");
    assert_eq!((deep.outcome, deep.category.as_deref()), (Overall::Suggests, Some("deep")));
}

#[test]
fn lacking_papers_leave_open_and_facts_against_refuse() {
    let source = Said::default;
    type Change = fn(&mut Facts);
    let cases: [(Change, &str, LineResult, Overall); 8] = [
        (
            |f| f.know("id_numbers_valid", false, Said::default()),
            "R-ID",
            LineResult::NotMet,
            Overall::SuggestsNo,
        ),
        (
            |f| f.know("duplicate_file", "BN-困-2024-00003", Said::default()),
            "R-DUP",
            LineResult::NotMet,
            Overall::SuggestsNo,
        ),
        (
            |f| f.know("unit_has_union", false, Said::default()),
            "R-UNION",
            LineResult::NotMet,
            Overall::SuggestsNo,
        ),
        (
            |f| f.know("is_migrant", true, Said::default()),
            "R-UNION",
            LineResult::NotMet,
            Overall::SuggestsNo,
        ),
        (
            |f| f.know("household_complete", false, Said::default()),
            "R-HH",
            LineResult::Unknown,
            Overall::NeedsPerson,
        ),
        (
            |f| f.know("income_months_covered", 11, Said::default()),
            "R-INC",
            LineResult::Unknown,
            Overall::NeedsPerson,
        ),
        (
            |f| f.know("expenses_evidenced", false, Said::default()),
            "R-EXP",
            LineResult::Unknown,
            Overall::NeedsPerson,
        ),
        (
            |f| f.know("household_size", "three", Said::default()),
            "R-HH",
            LineResult::Unknown,
            Overall::NeedsPerson,
        ),
    ];
    for (change, line, wanted, outcome) in cases {
        let mut facts = household(5_200_000, 2_200_000);
        change(&mut facts);
        let sheet = sheet(&facts, "2025-10-15");
        assert_eq!((result(&sheet, line), sheet.outcome), (wanted, outcome), "{line}");
    }
    let mut facts = household(5_200_000, 2_200_000);
    facts.know("is_migrant", true, source());
    facts.know("is_union_member", true, source());
    for (months, wanted) in [(11, LineResult::NotMet), (12, LineResult::Met)] {
        facts.know("labour_months", months, source());
        assert_eq!(result(&sheet(&facts, "2025-10-15"), "R-LAB"), wanted);
    }
}

#[test]
fn no_facts_at_all_ask_for_everything() {
    let sheet = sheet(&Facts::new(), "2025-10-15");
    assert_eq!((sheet.outcome, sheet.category.as_deref()), (Overall::NeedsPerson, None));
    assert!(sheet.lines.iter().all(|line| line.result == LineResult::Unknown));
    assert!(sheet.nearest.iter().all(|change| change.kind == ChangeKind::Question));
}

#[test]
fn amounts_beyond_reckoning_are_told() {
    let sheet = at_2025(i64::MAX, -1);
    assert_eq!(result(&sheet, "R-DEEP"), LineResult::Unknown);
    assert!(text(&sheet, "R-DEEP").contains("数字太大"), "{}", text(&sheet, "R-DEEP"));
    assert_eq!(sheet.outcome, Overall::NeedsPerson);
    let _ = at_2025(i64::MAX, 0);
    let _ = at_2025(i64::MIN, 0);
}

#[test]
fn distances_come_nearest_first() {
    let sheet = at_2025(5_200_000, 2_200_000);
    let found: Vec<_> =
        sheet.nearest.iter().map(|change| (change.id.as_str(), change.distance_fen)).collect();
    // 30000.00 − 27720.00 and 30000.00 − 41580.00
    assert_eq!(found, [("standard", Some(228_000)), ("relative", Some(-1_158_000))]);
    assert_eq!(sheet.nearest[0].text, "计算期净收入比低保标准线高 2280.00 元");
}
