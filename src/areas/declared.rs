//! Facts a rule set takes straight from a field of the record, and where a fact came from.

use super::House;
use crate::formula::Val;
use crate::policy::{Facts, FieldSource, RuleSet, Unit};
use crate::program::{effective, formula_value};
use crate::record::Record;
use crate::words::Said;

/// What a check says that nobody has made.
const UNCHECKED: &str = "unchecked";

/// The facts a rule set says are fields of the record.
pub(super) fn facts(rules: &RuleSet, house: &House<'_>, record: &Record) -> Facts {
    let mut facts = Facts::new();
    for fact in &rules.facts {
        if let Some(source) = &fact.measure {
            let said = Said::fixed("本站的记录", "the records of this station");
            match house.look.measured(&source.measure, &source.at, record) {
                Some(count) => facts.know(&fact.id, count, said),
                None => facts.lack(&fact.id, fact.title.clone(), None, said),
            }
            continue;
        }
        if let Some(FieldSource { field, paper }) = &fact.from {
            take(house, record, &mut facts, (&fact.id, fact.unit), field, paper.as_deref());
        }
    }
    facts
}

/// A fact that is a field: its value, or that it is lacking.
pub(super) fn take(
    house: &House<'_>,
    record: &Record,
    facts: &mut Facts,
    (fact, unit): (&str, Unit),
    field: &str,
    paper: Option<&str>,
) {
    let value = effective(house.kind, &record.fields, field).value;
    let checked =
        |value: &Val| unit != Unit::Check || !matches!(value, Val::Text(code) if code == UNCHECKED);
    match value.as_ref().and_then(formula_value).filter(checked) {
        Some(value) => facts.know(fact, value, source(house, record, field)),
        None => lack(house, record, facts, fact, field, paper),
    }
}

/// "表单“住房套数”", or what a total was summed from.
pub(super) fn source(house: &House<'_>, record: &Record, field: &str) -> Said {
    let Some(found) = house.kind.field(field) else { return Said::same(field) };
    let title = &found.title;
    if let Some(finding) = record.findings.get(field) {
        let by = &finding.by;
        return Said::new(
            format!("查实“{}”（{by} 登记）", title.zh),
            format!("found \"{}\" (recorded by {by})", title.en),
        );
    }
    let total = effective(house.kind, &record.fields, field);
    let from = found.total.as_ref().filter(|_| total.from_rows);
    match from.and_then(|total| house.kind.field(&total.table)) {
        Some(table) => Said::new(
            format!("表单“{}”按“{}”合计", title.zh, table.title.zh),
            format!("form field \"{}\", summed from \"{}\"", title.en, table.title.en),
        ),
        None => Said::new(format!("表单“{}”", title.zh), format!("form field \"{}\"", title.en)),
    }
}

/// A fact that lacks a field nobody has filled, and the paper that would settle it.
pub(super) fn lack(
    house: &House<'_>,
    record: &Record,
    facts: &mut Facts,
    fact: &str,
    field: &str,
    paper: Option<&str>,
) {
    let title = house.kind.field(field).map(|field| field.title.clone()).unwrap_or_default();
    let missing = match paper {
        None => title,
        Some(code) => {
            let paper = house.paper_title(code);
            Said::new(
                format!("{}（{}）", paper.zh, title.zh),
                format!("{} ({})", paper.en, title.en),
            )
        }
    };
    facts.lack(fact, missing, paper.map(str::to_string), source(house, record, field));
}
