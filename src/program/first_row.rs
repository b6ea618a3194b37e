//! The person a record belongs to, as the first row of a table of people: shown there and never
//! entered again.

use super::check::{BIRTH_DATE, FieldProblem, from_id};
use super::same::same_value;
use super::{Field, FieldType, Kind};
use crate::record::{Fields, Row, Value, id_key};
use crate::words::Said;

/// Whether a kind has a table whose first row is the record's own person.
#[must_use]
pub fn has_first_row(kind: &Kind) -> bool {
    kind.fields().any(|table| table.first_row().is_some())
}

/// The rows that are the record's own person once more: the same identity number, or the same
/// name and birth date where one of the two has no number.
#[must_use]
pub fn entered_again(
    kind: &Kind,
    fields: &Fields,
    person_kind: &Kind,
    person: &Fields,
) -> Vec<FieldProblem> {
    let own: Vec<&Field> = person_kind.fields().collect();
    let tables = kind.fields().filter(|table| table.first_row().is_some());
    tables
        .flat_map(|table| {
            let columns: Vec<&Field> = table.field_type.columns().iter().collect();
            let rows = fields.get(&table.id).map(Value::rows).unwrap_or_default();
            let own = own.clone();
            rows.iter().filter_map(move |row| {
                let column = again(&columns, row, &own, person)?;
                Some(problem(table, row, column))
            })
        })
        .collect()
}

/// The column that says so.
fn again<'c>(
    columns: &[&'c Field],
    row: &Row,
    own: &[&Field],
    person: &Fields,
) -> Option<&'c Field> {
    let (id_column, id) = first(columns, &row.fields, is_id).unzip();
    let own_id = first(own, person, is_id).map(|(_, id)| id);
    if let (Some(id), Some(own_id)) = (id.and_then(Value::as_text), own_id.and_then(Value::as_text))
    {
        return id_column.filter(|_| id_key(id) == id_key(own_id));
    }
    let (column, name) = first(columns, &row.fields, is_name)?;
    let (_, own_name) = first(own, person, is_name)?;
    let born = born(columns, &row.fields)?;
    let same = same_value(column, name, own_name) && self::born(own, person)? == born;
    same.then_some(column)
}

fn is_id(field: &Field) -> bool {
    matches!(field.field_type, FieldType::IdNumber)
}

fn is_name(field: &Field) -> bool {
    matches!(field.field_type, FieldType::PersonName)
}

fn first<'f, 'v>(
    scope: &[&'f Field],
    values: &'v Fields,
    is: impl Fn(&Field) -> bool,
) -> Option<(&'f Field, &'v Value)> {
    scope.iter().filter(|field| is(field)).find_map(|field| Some((*field, values.get(&field.id)?)))
}

/// The birth date, typed or told by an identity number.
fn born(scope: &[&Field], values: &Fields) -> Option<Value> {
    let told = from_id(scope, values).into_iter().find(|(id, _)| id == BIRTH_DATE);
    values.get(BIRTH_DATE).cloned().or(told.map(|(_, born)| born))
}

fn problem(table: &Field, row: &Row, column: &Field) -> FieldProblem {
    FieldProblem {
        field: table.id.clone(),
        row: Some(row.id),
        column: Some(column.id.clone()),
        said: Said::fixed(
            "这就是申请人本人，已经在表的第一行，会算作两个人。",
            "This is the applicant, who is the first row already and would count twice.",
        ),
        next: Said::fixed(
            "请删去这一行；若是别人，请照证件核对。",
            "Take this row out; if it is somebody else, compare with the card.",
        ),
    }
}
