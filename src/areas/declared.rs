//! Facts a rule set takes straight from a field of the record, and where a fact came from.

use super::House;
use crate::formula::Val;
use crate::policy::{FactKind, Facts, FieldSource, RowsSource, RuleSet, Take, Unit};
use crate::program::{Field, FieldType, Kind, effective, formula_value, rows_with};
use crate::record::{Fields, Record, Value};
use crate::words::Said;
use std::borrow::Cow;

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
        if let Some(rows) = &fact.rows {
            of_rows(house, record, &mut facts, fact, rows);
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
    let hop = hop(house, field);
    let other = hop.as_ref().and_then(|hop| other(house, record, hop));
    let (kind, from, id) = match &hop {
        Some(Hop { kind, field, .. }) => (*kind, other.as_deref(), *field),
        None => (house.kind, Some(record), field),
    };
    let value = from.and_then(|record| effective(kind, &record.fields, id).value);
    let checked =
        |value: &Val| unit != Unit::Check || !matches!(value, Val::Text(code) if code == UNCHECKED);
    let of_field = kind.field(id).map(|field| &field.field_type);
    let seen = value.as_ref().zip(of_field).and_then(|(value, of)| formula_value(of, value));
    match seen.filter(checked) {
        Some(value) => facts.know(fact, value, source(house, record, field)),
        None => lack(house, record, facts, fact, field, paper),
    }
}

/// "表单“住房套数”", or what a total was summed from.
pub(super) fn source(house: &House<'_>, record: &Record, field: &str) -> Said {
    let Some(found) = house.kind.field(field) else { return source_behind(house, record, field) };
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

/// A field of the record a reference leads to: `union.region`.
struct Hop<'h> {
    reference: &'h Field,
    kind: &'h Kind,
    field: &'h str,
}

impl Hop<'_> {
    /// "借书人的住址": which field of which other record.
    fn title(&self) -> Option<Said> {
        let (of, what) = (&self.reference.title, &self.kind.field(self.field)?.title);
        Some(Said::new(format!("{}的{}", of.zh, what.zh), format!("{} of {}", what.en, of.en)))
    }
}

fn hop<'h>(house: &'h House<'_>, path: &'h str) -> Option<Hop<'h>> {
    let (name, field) = path.split_once('.')?;
    let reference = house.kind.field(name)?;
    let FieldType::Reference { kind, .. } = &reference.field_type else { return None };
    Some(Hop { reference, kind: house.catalogue.kind(kind)?, field })
}

/// The record a hop leads to; nothing where nobody has said which.
fn other<'h>(house: &'h House<'_>, record: &Record, hop: &Hop<'_>) -> Option<Cow<'h, Record>> {
    let name = &hop.reference.id;
    if house.kind.person.as_ref() == Some(name) {
        return house.person.map(Cow::Borrowed);
    }
    let id = record.get(name).and_then(Value::as_reference)?;
    house.look.other(&hop.kind.id, id).map(Cow::Owned)
}

fn source_behind(house: &House<'_>, record: &Record, path: &str) -> Said {
    let hop = hop(house, path);
    let title = hop.as_ref().and_then(Hop::title);
    let title = title.unwrap_or_else(|| Said::same(path.to_string()));
    match hop.and_then(|hop| other(house, record, &hop)) {
        Some(other) => Said::new(
            format!("{}（{}）", title.zh, other.number),
            format!("{} ({})", title.en, other.number),
        ),
        None => title,
    }
}

/// A fact that is counted, summed or listed from rows. No rows are none, and not unknown.
fn of_rows(
    house: &House<'_>,
    record: &Record,
    facts: &mut Facts,
    fact: &FactKind,
    RowsSource { table, narrowed, take }: &RowsSource,
) {
    let said = source(house, record, table);
    let rows = || rows_with(house.kind, &record.fields, table, narrowed);
    match take {
        Take::Count => {
            facts.know(&fact.id, i64::try_from(rows().count()).unwrap_or(i64::MAX), said);
        }
        Take::List(column) => {
            let mut texts: Vec<String> = Vec::new();
            for row in rows() {
                let held = row.get(column).map(Value::facets).unwrap_or_default();
                texts.extend(held.into_iter().map(str::to_string));
            }
            texts.sort_unstable();
            texts.dedup();
            facts.know(&fact.id, Val::List(texts), said);
        }
        Take::Sum(column) => {
            let of = house.kind.field(table).and_then(|table| table.column(column));
            let amount = |row: Cow<'_, Fields>| {
                let seen = formula_value(&of?.field_type, row.get(column)?)?;
                if let Val::Integer(amount) = seen { Some(amount) } else { None }
            };
            let sum = rows().map(amount).try_fold(0_i64, |sum, one| sum.checked_add(one?));
            match sum {
                Some(sum) => facts.know(&fact.id, sum, said),
                None => lack(house, record, facts, &fact.id, table, None),
            }
        }
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
    let own = house.kind.field(field).map(|field| field.title.clone());
    let behind = || hop(house, field).as_ref().and_then(Hop::title);
    let title = own.or_else(behind).unwrap_or_else(|| Said::same(field.to_string()));
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
