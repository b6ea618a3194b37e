//! What is entered on the screen reads back from its file as it was entered.

use super::library;
use crate::policy::{
    Basis, Clause, Document, Grade, Keys, Library, ParameterRow, ParameterValue, Reach, Start,
    written,
};
use crate::words::Said;
use chrono::NaiveDate;
use std::collections::BTreeMap;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn document() -> Document {
    Document {
        id: "dibao-standard-2026".into(),
        title: Said::new("关于提高“城乡”低保标准的通知", "Notice on the \"low-income\" standard"),
        number: Some("渝民规〔2026〕9号".into()),
        issuer: Said::same("重庆市民政局"),
        date: Some(day("2026-06-20")),
        from: None,
        to: None,
        reach: Reach::City,
        grade: Grade::A,
        source: "原件\\第一页\n抄录".into(),
    }
}

fn clause() -> Clause {
    Clause {
        id: "dibao-standard-2026/1".into(),
        document: "dibao-standard-2026".into(),
        article: "第一条".into(),
        text: Said::same("城镇 790 元"),
    }
}

fn row(only: &str, from: &str, fen: i64) -> ParameterRow {
    ParameterRow {
        start: Start::On(day(from)),
        to: None,
        region: "500000".into(),
        only: BTreeMap::from([("area".into(), only.into())]),
        value: ParameterValue::Integer(fen),
        clause: "dibao-standard-2026/1".into(),
        basis: Basis::Local,
    }
}

fn standard(library: &Library, area: &str, on: &str) -> Option<i64> {
    let facts = [("area", area)];
    let keys = Keys { region: "500113", facts: &facts };
    let found = library.parameter_at("dibao_standard", day(on), keys);
    found.probable().and_then(|found| found.value.as_integer())
}

#[test]
fn next_years_standard_reads_back_and_ends_the_one_before() {
    let library = library();
    let parameter = &library.parameters["dibao_standard"];
    let rows = [row("urban", "2026-07-01", 79_000), row("rural", "2026-07-01", 67_500)];
    let text = written(parameter, &rows, Some(&document()), Some(&clause()));
    let with = library.with_files(&[("policy/parameters.toml", &text)]).unwrap();
    assert_eq!(with.documents["dibao-standard-2026"], document());
    assert_eq!(with.clauses["dibao-standard-2026/1"], clause());
    assert_eq!(
        with.parameters["dibao_standard"].rows.len(),
        parameter.rows.len() + 2,
        "the rows there were stay"
    );
    for row in &rows {
        assert!(with.parameters["dibao_standard"].rows.contains(row), "{row:?}");
    }
    // 770 yuan a month in towns from July 2025 (渝民规〔2025〕6号), the new figure from its own day.
    assert_eq!(standard(&with, "urban", "2026-06-30"), Some(77_000));
    assert_eq!(standard(&with, "urban", "2026-07-01"), Some(79_000));
    assert_eq!(standard(&with, "rural", "2026-07-01"), Some(67_500));
    assert_eq!(standard(&library, "urban", "2026-07-01"), Some(77_000));
    assert_ne!(
        library.versions()["hardship-eligibility"],
        with.versions()["hardship-eligibility"],
        "other figures are another version of the rules"
    );
}

#[test]
fn every_shipped_row_can_be_written_and_read() {
    let library = library();
    for parameter in library.parameters.values() {
        let text = written(parameter, &parameter.rows, None, None);
        let with = library.with_files(&[("own.toml", &text)]).unwrap_or_else(|problems| {
            panic!("{}: {problems:?}\n{text}", parameter.id);
        });
        assert_eq!(with.parameters[&parameter.id].rows, parameter.rows, "{}", parameter.id);
    }
}

#[test]
fn a_row_for_no_parameter_and_one_given_twice_are_told_with_their_line() {
    let one = "[[row]]\nparameter = \"dibao_standard\"\nfrom = 2026-07-01\nregion = \"500000\"\nwhere = { area = \"urban\" }\nvalue = 79000\nclause = \"cq-standard-2025/standard\"\nbasis = \"local\"\n";
    let twice = format!("{one}\n{one}");
    let problems = library().with_files(&[("own.toml", &twice)]).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!((problems[0].file.as_str(), problems[0].line), ("own.toml", 12));
    let misspelt = one.replace("dibao_standard", "dibao_standart");
    let problems = library().with_files(&[("own.toml", &misspelt)]).unwrap_err();
    assert_eq!((problems.len(), problems[0].line), (1, 2), "{problems:?}");
    assert!(problems[0].said().en.contains("dibao_standard"), "{problems:?}");
}
