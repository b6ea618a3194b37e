use super::*;

fn standard(library: &Library, date: &str, area: &str) -> String {
    let keys = Keys { region: "500113", facts: &[("area", area)] };
    let yuan = |value: &InForce<'_>| value.value.as_integer().unwrap() / 100;
    match library.parameter_at("dibao_standard", day(date), keys) {
        ParameterAt::Known(value) => format!("{}", yuan(&value)),
        ParameterAt::DateUnverified(value) => format!("{}?", yuan(&value)),
        ParameterAt::Ambiguous(values) => {
            values.iter().map(|value| yuan(value).to_string()).collect::<Vec<_>>().join("/")
        }
        ParameterAt::None => "-".to_owned(),
    }
}

/// The table of hardship.md 3.4, with what is said where an effective date was not found.
#[test]
fn the_chongqing_standard_by_date() {
    let library = library();
    for (date, urban, rural) in [
        ("2017-06-30", "500", "350"),
        ("2017-12-31", "500?", "350?"),
        ("2018-01-01", "546", "410"),
        ("2018-12-31", "546", "410"),
        ("2019-01-01", "546/580", "410/440"),
        ("2019-12-30", "546/580", "410/440"),
        ("2019-12-31", "580?", "440?"),
        ("2020-08-31", "580?", "440?"),
        ("2020-09-01", "620", "496"),
        ("2021-08-31", "620", "496"),
        ("2021-09-01", "636", "515"),
        ("2022-05-01", "636/717", "515/581"),
        ("2023-05-01", "717/735", "581/600"),
        ("2024-05-01", "735/750", "600/610"),
        ("2025-06-30", "750?", "610?"),
        ("2025-07-01", "770", "630"),
        ("2025-10-15", "770", "630"),
    ] {
        assert_eq!(standard(&library, date, "urban"), urban, "urban on {date}");
        assert_eq!(standard(&library, date, "rural"), rural, "rural on {date}");
    }
}

#[test]
fn a_value_carries_its_validity_and_ground() {
    let library = library();
    let keys = Keys { region: "500113", facts: &[("area", "urban")] };
    let ParameterAt::Known(value) = library.parameter_at("dibao_standard", day("2020-12-01"), keys)
    else {
        panic!("620 is known from 2020-09-01");
    };
    assert_eq!(value.start, Start::On(day("2020-09-01")));
    assert_eq!(value.to, Some(day("2021-08-31")));
    assert_eq!((value.clause, value.basis), ("cq-standard-2020/standard", Basis::Local));
    let ParameterAt::DateUnverified(value) =
        library.parameter_at("dibao_standard", day("2020-01-15"), keys)
    else {
        panic!("the starting date of 580 was not found");
    };
    assert_eq!((value.basis, value.to), (Basis::ToConfirm, Some(day("2020-08-31"))));
}

#[test]
fn other_places_and_unknown_areas_have_no_value() {
    let library = library();
    let at = |region, facts| {
        library.parameter_at("dibao_standard", day("2025-10-15"), Keys { region, facts })
    };
    assert_eq!(at("370200", &[("area", "urban")]), ParameterAt::None);
    assert_eq!(at("500113", &[]), ParameterAt::None);
    assert_eq!(
        library.parameter_at("accident_loss_share", day("2025-10-15"), Keys::default()),
        ParameterAt::None
    );
}

#[test]
fn a_district_overrides_the_city() {
    let own = r#"
[[parameter]]
id = "publicity_working_days"
title = { zh = "公示期", en = "public notice" }
unit = "working_days"
[[parameter.row]]
value = 5
clause = "county-donation/publicity"
basis = "to-confirm"
[[parameter.row]]
region = "500113"
from = 2025-01-01
to = 2025-12-31
value = 7
clause = "county-donation/publicity"
basis = "to-confirm"
"#;
    let library = library().with_files(&[("own.toml", own)]).unwrap();
    let days = |region, date| {
        let keys = Keys { region, facts: &[] };
        let found = library.parameter_at("publicity_working_days", day(date), keys);
        found.probable().and_then(|value| value.value.as_integer())
    };
    assert_eq!(days("500103", "2025-06-01"), Some(5));
    assert_eq!(days("500113", "2025-06-01"), Some(7));
    assert_eq!(days("500113", "2026-01-01"), None);
}
