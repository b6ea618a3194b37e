//! Whether two values of a field say the same.

use super::typed::TypedError;
use super::{Field, FieldProblem, FieldType, Kind};
use crate::record::{Fields, Row, Value, id_key, name_key};
use crate::words::Said;

/// Whether two values of a field say the same, although they may be written otherwise: both forms
/// of an identity number, a name with another dot or with characters that stand for others.
#[must_use]
pub fn same_value(field: &Field, one: &Value, other: &Value) -> bool {
    if one == other {
        return true;
    }
    match (&field.field_type, one, other) {
        (FieldType::IdNumber, Value::Text(one), Value::Text(other)) => id_key(one) == id_key(other),
        (FieldType::PersonName, Value::Text(one), Value::Text(other)) => {
            name_key(one) == name_key(other)
        }
        _ => false,
    }
}

/// The rows of a record's tables with the identity number of a row before them.
#[must_use]
pub fn same_people(kind: &Kind, fields: &Fields) -> Vec<FieldProblem> {
    let mut found = Vec::new();
    for table in kind.fields() {
        let columns: Vec<&Field> = table.field_type.columns().iter().collect();
        let rows = fields.get(&table.id).map(Value::rows).unwrap_or_default();
        for (at, row) in rows.iter().enumerate() {
            if let Some((column, error)) = same_person(&columns, rows, at) {
                found.push(FieldProblem {
                    field: table.id.clone(),
                    row: Some(row.id),
                    column: Some(column.to_string()),
                    said: error.said,
                    next: error.next,
                });
            }
        }
    }
    found
}

/// A row with the identity number of a row before it: a table has one row a person.
pub(super) fn same_person<'c>(
    columns: &[&'c Field],
    rows: &[Row],
    at: usize,
) -> Option<(&'c str, TypedError)> {
    let row = rows.get(at)?;
    let repeated = columns.iter().find(|column| {
        let is_same = |other: &Row| {
            let (kept, typed) = (other.fields.get(&column.id), row.fields.get(&column.id));
            kept.zip(typed).is_some_and(|(kept, typed)| same_value(column, kept, typed))
        };
        matches!(column.field_type, FieldType::IdNumber) && rows.iter().take(at).any(is_same)
    })?;
    let error = TypedError::new(
        Said::fixed(
            "表格里已有一行是这个身份证号。",
            "Another row of the table has this identity number.",
        ),
        Said::fixed(
            "一个人只留一行，请照证件核对。",
            "Keep one row a person; compare the numbers with the cards.",
        ),
    );
    Some((repeated.id.as_str(), error))
}
