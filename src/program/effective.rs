//! Values that follow from others: totals over rows, and computed fields.
//!
//! What can be derived is derived. Nothing typed is overwritten: when a typed total and its rows
//! disagree, the rows count and the typed one is handed back as a question.

use super::{Derived, Field, FieldType, Kind, Total};
use crate::formula::{self, Formula, Inputs, Outcome, Val};
use crate::record::{Fields, Value};
use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use std::borrow::Cow;

/// The value of a field as everything that reads the record should take it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effective {
    /// The value; `None` when it is not known.
    pub value: Option<Value>,
    /// True when it was summed or counted from rows.
    pub from_rows: bool,
    /// A value that was typed or imported and is another one: a question for a person.
    pub disagrees_with_typed: Option<Value>,
}

/// The value of a field: from its rows when there are rows that tell it, from its formula, else as
/// typed.
#[must_use]
pub fn effective(kind: &Kind, fields: &Fields, id: &str) -> Effective {
    let Some(field) = kind.field(id) else {
        return Effective { value: fields.get(id).cloned(), ..Effective::default() };
    };
    if let FieldType::Computed { formula, gives } = &field.field_type {
        let scope: Vec<&Field> = kind.fields().collect();
        let value = computed(&scope, formula, gives, &mut vec![id], &|id| {
            effective(kind, fields, id).value
        });
        return Effective { value, ..Effective::default() };
    }
    let typed = fields.get(id).cloned();
    match field.total.as_ref().and_then(|total| from_rows(kind, total, field, fields)) {
        None => Effective { value: typed, ..Effective::default() },
        Some(value) => Effective {
            disagrees_with_typed: typed.filter(|typed| *typed != value),
            value: Some(value),
            from_rows: true,
        },
    }
}

/// All fields as they count: totals and computed values in their places, in tables too.
#[must_use]
pub fn effective_fields<'f>(kind: &Kind, fields: &'f Fields) -> Cow<'f, Fields> {
    let tables = fields.values().any(|value| !value.rows().is_empty());
    // Totals and computed columns follow from rows.
    if !tables && !kind.fields().any(Field::is_computed) {
        return Cow::Borrowed(fields);
    }
    let mut out = fields.clone();
    for field in kind.fields() {
        if field.total.is_some() || field.is_computed() {
            match effective(kind, fields, &field.id).value {
                Some(value) => out.insert(field.id.clone(), value),
                None => out.remove(&field.id),
            };
        }
        let columns: Vec<&Field> = field.field_type.columns().iter().collect();
        if let Some(Value::Table(rows)) = out.get_mut(&field.id) {
            for row in rows {
                row.fields = effective_row(&columns, &row.fields);
            }
        }
    }
    Cow::Owned(out)
}

/// One row with its computed columns.
#[must_use]
pub fn effective_row(columns: &[&Field], fields: &Fields) -> Fields {
    let mut out = fields.clone();
    for column in columns {
        if let FieldType::Computed { formula, gives } = &column.field_type {
            let typed = |id: &str| fields.get(id).cloned();
            match computed(columns, formula, gives, &mut vec![&column.id], &typed) {
                Some(value) => out.insert(column.id.clone(), value),
                None => out.remove(&column.id),
            };
        }
    }
    out
}

/// Whether a derived facet holds of a record; nothing where that is not known.
#[must_use]
pub fn derived(kind: &Kind, fields: &Fields, derived: &Derived) -> Option<bool> {
    let mut inputs = Inputs::new();
    for name in derived.is.inputs() {
        if let Some(field) = kind.field(name)
            && let Some(value) = effective(kind, fields, name).value
        {
            see(&mut inputs, field, &value);
        }
    }
    derived.is.eval(&inputs).yes_no()
}

/// Rows of a table with their computed columns: those that have one of the values wanted in each of
/// some columns.
pub fn rows_with<'f>(
    kind: &'f Kind,
    fields: &'f Fields,
    table: &str,
    wanted: &[(String, Vec<String>)],
) -> impl Iterator<Item = Cow<'f, Fields>> {
    let columns: Vec<&Field> =
        kind.field(table).into_iter().flat_map(|table| table.field_type.columns()).collect();
    let computed = columns.iter().any(|column| column.is_computed());
    let rows = fields.get(table).map(Value::rows).unwrap_or_default().iter();
    let rows = rows.map(move |row| match computed {
        true => Cow::Owned(effective_row(&columns, &row.fields)),
        false => Cow::Borrowed(&row.fields),
    });
    rows.filter(move |row| {
        wanted.iter().all(|(column, wanted)| {
            let values = row.get(column).map(Value::facets).unwrap_or_default();
            values.iter().any(|value| wanted.iter().any(|one| one == value))
        })
    })
}

fn from_rows(kind: &Kind, total: &Total, field: &Field, fields: &Fields) -> Option<Value> {
    fields.get(&total.table).map(Value::rows).filter(|rows| !rows.is_empty())?;
    let counted = rows_with(kind, fields, &total.table, &total.narrowed).filter(|row| {
        let only = total.only.as_ref().and_then(|column| row.get(column));
        only.and_then(Value::as_yes_no).unwrap_or(true)
    });
    let sum = match &total.sum {
        None => i64::try_from(counted.count()).ok(),
        // Of rows one of which lacks its amount nobody knows the sum: unknown is not zero.
        Some(column) => counted
            .map(|row| match row.get(column) {
                Some(Value::Money(amount) | Value::Integer(amount)) => Some(*amount),
                _ => None,
            })
            .try_fold(0_i64, |sum, amount| sum.checked_add(amount?)),
    };
    let money = matches!(field.field_type, FieldType::Money { .. });
    // `plus` is in the unit of the pack: yuan for money.
    let plus = if money { total.plus.checked_mul(100) } else { Some(total.plus) };
    let sum = sum?.checked_add(plus?)?;
    Some(if money { Value::Money(sum) } else { Value::Integer(sum) })
}

/// A computed value; `way` keeps a circle, which loading refuses, from running for ever.
fn computed<'f>(
    scope: &[&'f Field],
    formula: &Formula,
    gives: &FieldType,
    way: &mut Vec<&'f str>,
    typed: &dyn Fn(&str) -> Option<Value>,
) -> Option<Value> {
    let mut inputs = Inputs::new();
    for name in formula.inputs() {
        let Some(field) = scope.iter().find(|field| field.id == name) else { continue };
        let value = match &field.field_type {
            FieldType::Computed { formula, gives } if !way.contains(&field.id.as_str()) => {
                way.push(&field.id);
                let value = computed(scope, formula, gives, way, typed);
                way.pop();
                value
            }
            FieldType::Computed { .. } => None,
            _ => typed(name),
        };
        if let Some(value) = value {
            see(&mut inputs, field, &value);
        }
    }
    match formula.eval(&inputs) {
        Outcome::Known(value) => given(value, gives),
        Outcome::Unknown(_) | Outcome::Failed(_) => None,
    }
}

fn given(value: Val, gives: &FieldType) -> Option<Value> {
    Some(match (gives, value) {
        (FieldType::Money { .. }, Val::Integer(fen)) => Value::Money(fen),
        (FieldType::Integer { .. }, Val::Integer(number)) => Value::Integer(number),
        (FieldType::Date, Val::Integer(day)) => {
            Value::Date(NaiveDate::from_num_days_from_ce_opt(i32::try_from(day).ok()?)?)
        }
        (FieldType::YesNo, Val::YesNo(yes)) => Value::YesNo(yes),
        (FieldType::Choice { .. }, Val::Text(code)) => Value::Choice(code),
        (FieldType::Text { .. }, Val::Text(text)) => Value::Text(text),
        _ => return None,
    })
}

/// Lets a formula see the value of a field, or that there is one.
pub fn see(inputs: &mut Inputs, field: &Field, value: &Value) {
    match formula_value(&field.field_type, value) {
        Some(value) => inputs.know(&field.id, value),
        None if value.is_blank() => {}
        None => inputs.have(&field.id),
    }
}

/// A value as formulas see it: money in fen, a date as its day number (so that dates can be
/// compared and subtracted), a decimal as a whole number of its last places, tags as a list; `None`
/// for what a formula does not read.
#[must_use]
pub fn formula_value(field_type: &FieldType, value: &Value) -> Option<Val> {
    Some(match value {
        Value::Text(text) | Value::Choice(text) => Val::Text(text.clone()),
        Value::Integer(number) | Value::Money(number) => Val::Integer(*number),
        Value::Date(date) => Val::Integer(day_number(*date)),
        Value::YesNo(yes) => Val::YesNo(*yes),
        Value::Tags(codes) => Val::List(codes.clone()),
        Value::Decimal(number) => {
            let FieldType::Decimal { places: Some(places), .. } = field_type else { return None };
            let scaled = number.checked_mul(Decimal::from(10_u64.checked_pow(*places)?))?;
            Val::Integer(scaled.is_integer().then(|| i64::try_from(scaled).ok())??)
        }
        Value::Instant(_) | Value::Reference(_) | Value::Table(_) | Value::Papers(_) => {
            return None;
        }
    })
}

/// What a field's value is in a formula: of which kind, whether or not there is one.
#[must_use]
pub fn formula_kind(field_type: &FieldType) -> formula::Kind {
    match field_type {
        FieldType::Text { .. }
        | FieldType::PersonName
        | FieldType::IdNumber
        | FieldType::OrgCode
        | FieldType::Phone
        | FieldType::BankCard
        | FieldType::Choice { .. } => formula::Kind::Text,
        FieldType::Integer { .. }
        | FieldType::Money { .. }
        | FieldType::Decimal { places: Some(_), .. } => formula::Kind::Integer,
        FieldType::Date => formula::Kind::Date,
        FieldType::YesNo => formula::Kind::YesNo,
        FieldType::Tags { .. } => formula::Kind::List,
        FieldType::Computed { gives, .. } => formula_kind(gives),
        FieldType::Decimal { places: None, .. }
        | FieldType::Instant
        | FieldType::Reference { .. }
        | FieldType::Table { .. }
        | FieldType::Papers { .. } => formula::Kind::Thing,
    }
}

/// Days since the first day of the year 1, which is day 1.
#[must_use]
pub fn day_number(date: NaiveDate) -> i64 {
    i64::from(date.num_days_from_ce())
}
