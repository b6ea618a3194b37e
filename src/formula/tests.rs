use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn formula(text: &str) -> Formula {
    Formula::parse(text).unwrap()
}

fn known(pairs: &[(&str, Val)]) -> Inputs {
    let mut inputs = Inputs::new();
    for (name, value) in pairs {
        inputs.know(*name, value.clone());
    }
    inputs
}

fn lacking(names: &[&str]) -> Outcome {
    Outcome::Unknown(names.iter().map(|name| (*name).to_owned()).collect())
}

#[test]
fn one_side_can_settle_the_matter() {
    let none = Inputs::new();
    for (text, wanted) in [
        ("false && a", Outcome::Known(Val::YesNo(false))),
        ("a && false", Outcome::Known(Val::YesNo(false))),
        ("true || a", Outcome::Known(Val::YesNo(true))),
        ("a || true", Outcome::Known(Val::YesNo(true))),
        ("true && a", lacking(&["a"])),
        ("a || b.c", lacking(&["a", "b.c"])),
        ("!a", lacking(&["a"])),
        ("a + 1 < b", lacking(&["a", "b"])),
        ("a ? true : true", Outcome::Known(Val::YesNo(true))),
        ("a ? 1 : 2", lacking(&["a"])),
        ("false && 9223372036854775807 + 1 > 0", Outcome::Known(Val::YesNo(false))),
    ] {
        assert_eq!(formula(text).eval(&none), wanted, "{text}");
    }
}

#[test]
fn whole_fen_compare_without_division() {
    // (52000 − 22000) yuan against twelve months of 770 yuan for three people.
    let inputs = known(&[
        ("i", 5_200_000.into()),
        ("r", 2_200_000.into()),
        ("n", 3.into()),
        ("s", 77_000.into()),
    ]);
    assert_eq!(formula("i - r < 12 * n * s").eval(&inputs).yes_no(), Some(false));
    assert_eq!(formula("2 * (i - r) <= 3 * 12 * n * s").eval(&inputs).yes_no(), Some(true));
}

#[test]
fn texts_lists_and_sizes() {
    let inputs = known(&[
        ("head.area", "urban".into()),
        ("tags", Val::List(vec!["病".into(), "学".into()])),
        ("n", 0.into()),
    ]);
    for (text, wanted) in [
        ("head.area in ['urban', 'rural']", true),
        ("'残' in tags", false),
        ("size(tags) == 2 && tags.size() == 2", true),
        ("size('困难') == 2", true),
        ("-n == 0 && n >= 0 && n > -1 && n != 1", true),
        ("tags == ['病', '学']", true),
    ] {
        assert_eq!(formula(text).eval(&inputs).yes_no(), Some(wanted), "{text}");
    }
}

#[test]
fn what_is_given_is_known_and_days_have_years() {
    let mut inputs = known(&[("phone", "13800000000".into())]);
    inputs.have("union");
    inputs.lack("bank.card");
    for (text, wanted) in [
        ("phone.given && union.given", true),
        ("bank.card.given || nothing.given", false),
        ("!nothing.given", true),
    ] {
        assert_eq!(formula(text).eval(&inputs).yes_no(), Some(wanted), "{text}");
    }
    assert_eq!(formula("union == 'x'").eval(&inputs), lacking(&["union"]));
    assert!(formula("phone.given").inputs().contains("phone"));
    // Day 738000 is 2021-07-29 in the count of days that has 0001-01-01 as day 1.
    let inputs = known(&[("on", 738_000.into())]);
    assert_eq!(formula("year(on) * 100 + month(on)").eval(&inputs).integer(), Some(202_107));
    assert!(matches!(formula("year(9223372036854775807)").eval(&inputs), Outcome::Failed(_)));
}

#[test]
fn days_are_numbers_and_things_are_only_there() {
    let kind_of = |name: &str| match name {
        "on" | "until" => Some(Kind::Date),
        "fen" => Some(Kind::Integer),
        "union" => Some(Kind::Thing),
        _ => None,
    };
    for (text, wanted) in [
        ("until - on", Kind::Integer),
        ("on + 30", Kind::Date),
        ("on - fen", Kind::Date),
        ("on > fen ? on : until", Kind::Date),
        ("year(on + 1)", Kind::Integer),
        ("union.given", Kind::YesNo),
    ] {
        assert_eq!(formula(text).kind(&kind_of).unwrap(), wanted, "{text}");
    }
    for (text, column) in
        [("year(fen)", 6), ("union == union", 1), ("fen > union", 7), ("other.given", 6)]
    {
        assert_eq!(formula(text).kind(&kind_of).unwrap_err().column, column, "{text}");
    }
}

#[test]
fn numbers_too_large_fail_and_do_not_panic() {
    let inputs = known(&[("n", i64::MAX.into()), ("m", i64::MIN.into())]);
    for text in ["n + 1", "n * 2", "m - 1", "-m"] {
        assert!(matches!(formula(text).eval(&inputs), Outcome::Failed(_)), "{text}");
    }
    assert!(matches!(formula("n && true").eval(&inputs), Outcome::Failed(_)));
}

#[test]
fn names_are_listed_whole() {
    let formula = formula("head.age >= 16 && !(a.b.c || a) ? x in [y] : size(z) == -1");
    assert_eq!(formula.inputs(), BTreeSet::from(["a", "a.b.c", "head.age", "x", "y", "z"]));
}

#[test]
fn what_is_refused_says_where() {
    for (text, column) in [
        ("", 1),
        ("a / b > 1", 3),
        ("a > 1.5", 5),
        ("a &&", 5),
        ("'困难' == a / 2", 11),
        ("'困难' == &&", 9),
        ("a.exists(x, x > 1)", 9),
        ("has(a.b)", 4),
        ("today() > a", 6),
        ("{'a': 1}", 1),
        ("null == a", 1),
    ] {
        let error = Formula::parse(text).unwrap_err();
        assert_eq!(error.column, column, "{text}: {error}");
        assert!(!error.said.zh.is_empty() && !error.said.en.is_empty());
    }
}

#[test]
fn kinds_are_checked_before_use() {
    let kind_of = |name: &str| match name {
        "n" => Some(Kind::Integer),
        "yes" => Some(Kind::YesNo),
        "word" => Some(Kind::Text),
        _ => None,
    };
    for (text, wanted) in [
        ("n * 12 < 3", Ok(Kind::YesNo)),
        ("yes ? n : 1", Ok(Kind::Integer)),
        ("word in ['a']", Ok(Kind::YesNo)),
        ("size(word)", Ok(Kind::Integer)),
        ("n && yes", Err(1)),
        ("yes && missing", Err(8)),
        ("n == word", Err(6)),
        ("word < word", Err(1)),
        ("yes ? n : word", Err(11)),
    ] {
        let found = formula(text).kind(&kind_of).map_err(|error| error.column);
        assert_eq!(found, wanted, "{text}");
    }
}

/// Formulas over three yes/no names and three numbers, as text.
fn conditions() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        Just("n0".to_owned()),
        Just("n1".to_owned()),
        Just("n2".to_owned()),
        (-3i64..4).prop_map(|number| number.to_string()),
    ]
    .prop_recursive(2, 6, 2, |inner| {
        (inner.clone(), prop_oneof![Just("+"), Just("-"), Just("*")], inner)
            .prop_map(|(a, how, b)| format!("({a} {how} {b})"))
    });
    let leaf = prop_oneof![
        Just("y0".to_owned()),
        Just("y1".to_owned()),
        Just("y2".to_owned()),
        Just("true".to_owned()),
        Just("false".to_owned()),
        (number.clone(), prop_oneof![Just("<"), Just("<="), Just("=="), Just("!=")], number)
            .prop_map(|(a, how, b)| format!("({a} {how} {b})")),
    ];
    leaf.prop_recursive(3, 24, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|a| format!("!{a}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            (inner.clone(), inner.clone(), inner)
                .prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
        ]
    })
}

proptest! {
    /// What is known while some inputs are unknown stays so whatever they turn out to be.
    #[test]
    fn knowing_more_never_changes_what_is_known(
        text in conditions(),
        yes in prop::array::uniform3(any::<bool>()),
        numbers in prop::array::uniform3(-4i64..5),
        hidden in prop::array::uniform6(any::<bool>()),
    ) {
        let formula = Formula::parse(&text).unwrap();
        let (mut some, mut all) = (Inputs::new(), Inputs::new());
        for at in 0..3 {
            all.know(format!("y{at}"), yes[at]);
            all.know(format!("n{at}"), numbers[at]);
            if hidden[at] { some.lack(format!("y{at}")) } else { some.know(format!("y{at}"), yes[at]) }
            if hidden[at + 3] { some.lack(format!("n{at}")) } else { some.know(format!("n{at}"), numbers[at]) }
        }
        let full = formula.eval(&all);
        prop_assert!(matches!(full, Outcome::Known(_)), "{text}");
        match formula.eval(&some) {
            Outcome::Known(value) => prop_assert_eq!(Outcome::Known(value), full),
            Outcome::Unknown(names) => prop_assert!(!names.is_empty()),
            Outcome::Failed(said) => prop_assert!(false, "{}", said.en),
        }
    }

    /// No text, however damaged, brings the parser down.
    #[test]
    fn any_text_is_parsed_or_refused(text in "[a-z0-9 ()\\[\\]<>=!&|?:.,'\"+*/困-]{0,60}") {
        if let Ok(formula) = Formula::parse(&text) {
            let _ = formula.eval(&Inputs::new());
        }
    }
}

#[test]
fn long_formulas_are_walked_and_deep_ones_refused() {
    let sum = vec!["1"; 500].join("+");
    assert_eq!(formula(&sum).eval(&Inputs::new()), Outcome::Known(Val::Integer(500)));
    assert!(Formula::parse(&vec!["1"; 600].join("+")).is_err());
    let nested = |pairs: usize| format!("{}true{}", "(".repeat(pairs), ")".repeat(pairs));
    assert_eq!(formula(&nested(6)).eval(&Inputs::new()), Outcome::Known(Val::YesNo(true)));
    assert_eq!(Formula::parse(&nested(7)).unwrap_err().column, 7);
    assert!(Formula::parse("'((((((((' == a").is_ok());
    let _ = Formula::parse(&format!("{}true", "!".repeat(900)));
}
