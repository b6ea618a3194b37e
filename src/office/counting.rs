//! What a record, or each of its rows, counts for in a measure, and under which key.

use super::facets::{facet_values, facets_at};
use super::merges::Merges;
use crate::program::{KeyPart, Kind, Measure, MeasureKey, Tally, day_number, effective, rows_with};
use crate::record::{Record, Value};
use chrono::{Datelike, NaiveDate};
use smallvec::SmallVec;

/// What a measure goes by, part by part.
pub(super) type Keys = Vec<String>;

/// What something counts under, and how much, which is not known where it lacks the amount.
pub(super) type Counted = (Keys, Option<i64>);

/// What a record counts for, or each of its rows where those are counted; nothing for what is not
/// counted.
pub(super) fn counted(
    measure: &Measure,
    kind: &Kind,
    record: &Record,
    merges: &Merges,
) -> SmallVec<[Counted; 1]> {
    let none = SmallVec::new;
    if record.kind != measure.of || record.is_withdrawn() {
        return none();
    }
    if !measure.states.is_empty() && !measure.states.contains(&record.state) {
        return none();
    }
    let has = |(name, wanted): &(String, Vec<String>)| {
        facets_at(kind, record, name, merges).iter().any(|value| wanted.contains(value))
    };
    if !measure.facets.iter().all(has) {
        return none();
    }
    let own = |path: &str| effective(kind, &record.fields, path).value;
    let Some(table) = &measure.rows else {
        return counted_by(measure, &own, merges).into_iter().collect();
    };
    let rows = rows_with(kind, &record.fields, table, &measure.columns);
    let counted = rows.filter_map(|row| {
        let value = |path: &str| match measure.column(path) {
            Some(column) => row.get(column).cloned(),
            None => own(path),
        };
        counted_by(measure, &value, merges)
    });
    counted.collect()
}

/// What one thing counts for that has these values.
fn counted_by(
    measure: &Measure,
    value: &dyn Fn(&str) -> Option<Value>,
    merges: &Merges,
) -> Option<Counted> {
    let part = |part: &MeasureKey| key_as(&value(&part.field)?, part.part, merges);
    let key = measure.per.iter().map(part).collect::<Option<Keys>>()?;
    let Some(field) = measure.tally.field() else { return Some((key, Some(1))) };
    match value(field) {
        Some(Value::Money(amount) | Value::Integer(amount)) => Some((key, Some(amount))),
        Some(Value::Date(day)) => Some((key, Some(day_number(day)))),
        // Unknown is not zero; a day nobody knows is no last day.
        _ => matches!(measure.tally, Tally::Sum(_)).then_some((key, None)),
    }
}

/// A value as a part of a key.
pub(super) fn key_as(value: &Value, part: KeyPart, merges: &Merges) -> Option<String> {
    match (value, part) {
        (Value::Date(day), part) => Some(of_day(*day, part)),
        (_, KeyPart::Whole) => match facet_values(value, merges).as_slice() {
            [one] => Some(one.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// A day as a part of a key.
fn of_day(day: NaiveDate, part: KeyPart) -> String {
    match part {
        KeyPart::Whole => day.to_string(),
        KeyPart::Year => day.year().to_string(),
        KeyPart::Month => day.format("%Y-%m").to_string(),
    }
}
