//! What a record counts for in a measure, and under which key.

use super::facets::{facet_values, facets_at};
use super::merges::Merges;
use crate::program::{KeyPart, Kind, Measure, MeasureKey, Tally, day_number, effective};
use crate::record::{Record, Value};
use chrono::{Datelike, NaiveDate};

/// What a measure goes by, part by part.
pub(super) type Keys = Vec<String>;

/// The key a record counts under, and how much, which is not known where it lacks the amount; nothing
/// for one that is not counted.
pub(super) fn counted(
    measure: &Measure,
    kind: &Kind,
    record: &Record,
    merges: &Merges,
) -> Option<(Keys, Option<i64>)> {
    if record.kind != measure.of || record.is_withdrawn() {
        return None;
    }
    if !measure.states.is_empty() && !measure.states.contains(&record.state) {
        return None;
    }
    let has = |(name, wanted): &(String, Vec<String>)| {
        facets_at(kind, record, name, merges).iter().any(|value| wanted.contains(value))
    };
    if !measure.facets.iter().all(has) {
        return None;
    }
    let key = measure
        .per
        .iter()
        .map(|part| key_of(part, kind, record, merges))
        .collect::<Option<Keys>>()?;
    let Some(field) = measure.tally.field() else { return Some((key, Some(1))) };
    match effective(kind, &record.fields, field).value {
        Some(Value::Money(amount) | Value::Integer(amount)) => Some((key, Some(amount))),
        Some(Value::Date(day)) => Some((key, Some(day_number(day)))),
        // Unknown is not zero; a day nobody knows is no last day.
        _ => matches!(measure.tally, Tally::Sum(_)).then_some((key, None)),
    }
}

/// A part of a key, as a record has it.
fn key_of(part: &MeasureKey, kind: &Kind, record: &Record, merges: &Merges) -> Option<String> {
    let value = effective(kind, &record.fields, &part.field).value?;
    key_as(&value, part.part, merges)
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
