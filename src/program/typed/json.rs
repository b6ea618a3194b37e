//! Field values as JSON: what `perform` and `--json` speak.

use super::{PAPER_STATES, TypedError, Typing, answer, choice, field_id, paper_state, parse, tick};
use crate::program::{Ask, AskType, Field, FieldType, Kind};
use crate::record::{Fields, Row, Value};
use crate::said;
use crate::words::{Said, closest};
use serde_json::{Map, Number, Value as Json};

/// The key of a row's id beside its columns.
pub(super) const ROW_KEY: &str = "row";

/// Reads JSON of the field's type: a string is typed text (yuan for money), an integer for money
/// is fen, tables are arrays of objects, papers an object of code to state; null is no value.
///
/// # Errors
/// With a sentence and what to send instead; in a table, with row and column.
pub fn from_json(
    field: &Field,
    json: &Json,
    typing: &Typing<'_>,
) -> Result<Option<Value>, TypedError> {
    if matches!(field.field_type, FieldType::Computed { .. }) {
        return Err(super::not_typed(field));
    }
    let value = match (&field.field_type, json) {
        (_, Json::Null) => return Ok(None),
        (_, Json::String(text)) => return parse(field, text, typing),
        (FieldType::Money { .. }, Json::Number(number)) => Value::Money(
            number.as_i64().ok_or_else(|| wrong(field, "整数（分）", "an integer of fen"))?,
        ),
        (FieldType::Integer { .. }, Json::Number(number)) => {
            Value::Integer(number.as_i64().ok_or_else(|| wrong(field, "整数", "an integer"))?)
        }
        (
            FieldType::Decimal { .. }
            | FieldType::Choice { .. }
            | FieldType::Text { .. }
            | FieldType::IdNumber
            | FieldType::Phone
            | FieldType::BankCard,
            Json::Number(number),
        ) => return parse(field, &number.to_string(), typing),
        (FieldType::YesNo, Json::Bool(yes)) => Value::YesNo(*yes),
        (FieldType::Tags { list, .. }, Json::Array(items)) => {
            let mut codes = Vec::new();
            for text in texts(field, items)? {
                let code = choice(list, &text, typing)?;
                if !codes.contains(&code) {
                    codes.push(code);
                }
            }
            Value::Tags(codes)
        }
        (FieldType::Table { fields, one_per, .. }, Json::Array(items)) => {
            Value::Table(rows(field, fields, one_per.as_deref(), items, typing)?)
        }
        (FieldType::Papers { list }, Json::Object(states)) => {
            let mut papers = Vec::new();
            for (name, state) in states {
                let code = choice(list, name, typing)?;
                let state = state.as_str().ok_or_else(|| {
                    wrong(field, "“代码: 状态”的对象", "an object of code to state")
                })?;
                papers.push((code, paper_state(state)?));
            }
            Value::Papers(papers)
        }
        (FieldType::YesNo, _) => return Err(wrong(field, "true 或 false", "true or false")),
        (FieldType::Tags { .. }, _) => return Err(wrong(field, "列表", "an array")),
        (FieldType::Table { .. }, _) => {
            return Err(wrong(field, "由行组成的列表", "an array of rows"));
        }
        _ => return Err(wrong(field, "文字", "a string")),
    };
    super::range::in_range(field, &value)?;
    Ok(Some(value))
}

/// Reads the JSON answer to what a move asks; field names come as an array or typed text.
///
/// # Errors
/// As [`from_json`].
pub fn answer_from_json(
    kind: &Kind,
    ask: &Ask,
    json: &Json,
    typing: &Typing<'_>,
) -> Result<Option<Value>, TypedError> {
    match (&ask.ask_type, json) {
        (_, Json::Null) => Ok(None),
        (AskType::Value(field), _) => from_json(field, json, typing),
        (_, Json::String(text)) => answer(kind, ask, text, typing),
        (AskType::Fields, Json::Array(items)) => {
            let mut ids = Vec::new();
            for item in items {
                let name = item.as_str().unwrap_or_default();
                ids.push(field_id(kind, name, typing.catalogue)?);
            }
            Ok((!ids.is_empty()).then_some(Value::Tags(ids)))
        }
        (AskType::Fields | AskType::Clause, _) => Err(TypedError::new(
            said!("“{}”的写法不对。", "`{}` is not written as it should be.", ask.id),
            Said::fixed("请写文字或文字列表。", "Send a string or an array of strings."),
        )),
    }
}

fn wrong(field: &Field, zh: &str, en: &str) -> TypedError {
    let title = &field.title;
    TypedError::new(
        Said::new(
            format!("“{}”的 JSON 类型不对。", title.zh),
            format!("{} is JSON of another type.", title.en),
        ),
        Said::new(format!("请写{zh}，或带引号的文字。"), format!("Send {en}, or typed text.")),
    )
}

fn texts(field: &Field, items: &[Json]) -> Result<Vec<String>, TypedError> {
    items
        .iter()
        .map(|item| match item {
            Json::String(text) => Ok(text.clone()),
            Json::Number(number) => Ok(number.to_string()),
            _ => Err(wrong(field, "由文字组成的列表", "an array of strings")),
        })
        .collect()
}

/// Rows; one without an id gets the next free one, so that ids are never shared.
fn rows(
    field: &Field,
    columns: &[Field],
    one_per: Option<&str>,
    items: &[Json],
    typing: &Typing<'_>,
) -> Result<Vec<Row>, TypedError> {
    let mut rows: Vec<Row> = Vec::new();
    let given = |item: &Json| {
        item.get(ROW_KEY).and_then(Json::as_u64).and_then(|id| u32::try_from(id).ok())
    };
    let mut last = items.iter().filter_map(given).max().unwrap_or(0);
    for (index, item) in items.iter().enumerate() {
        let mut values = Fields::new();
        match (item, one_per) {
            (Json::Object(cells), _) => {
                for (name, json) in cells.iter().filter(|(name, _)| *name != ROW_KEY) {
                    let (id, value) = cell(field, name, json, typing)
                        .map_err(|error| error.in_cell(index, name))?;
                    if let Some(value) = value {
                        values.insert(id, value);
                    }
                }
            }
            (Json::String(text), Some(key)) => {
                let Some(FieldType::Choice { list }) =
                    field.column(key).map(|column| &column.field_type)
                else {
                    return Err(wrong(field, "由行组成的列表", "an array of rows"));
                };
                let code = choice(list, text, typing)?;
                let row = tick(columns, key, &[], &[code], typing).pop();
                values = row.unwrap_or_default().fields;
            }
            _ => return Err(wrong(field, "由行组成的列表", "an array of rows")),
        }
        let id = given(item).filter(|id| rows.iter().all(|row| row.id != *id));
        let id = id.unwrap_or_else(|| {
            last = last.saturating_add(1);
            last
        });
        rows.push(Row { id, fields: values });
    }
    Ok(rows)
}

fn cell(
    table: &Field,
    name: &str,
    json: &Json,
    typing: &Typing<'_>,
) -> Result<(String, Option<Value>), TypedError> {
    let Some(column) = table.column_heading(name) else {
        let columns = table.field_type.columns().iter();
        let next = closest(name, columns.map(|column| column.id.as_str())).map_or_else(
            || Said::fixed("请用表格的列名。", "Use the table's columns."),
            |meant| said!("是否指“{meant}”？", "Did you mean `{meant}`?"),
        );
        return Err(TypedError::new(
            said!("表格没有“{name}”这一列。", "The table has no column `{name}`."),
            next,
        ));
    };
    Ok((column.id.clone(), from_json(column, json, typing)?))
}

/// A value as JSON that [`from_json`] reads back to the same value: money as integer fen, dates
/// in ISO form, choices by code, rows with their id under `row`.
#[must_use]
pub fn to_json(field: &Field, value: &Value) -> Json {
    match value {
        Value::Text(text) | Value::Choice(text) => Json::from(text.as_str()),
        Value::Integer(number) | Value::Money(number) => Json::from(*number),
        Value::Decimal(number) => Json::from(number.to_string()),
        Value::Date(date) => Json::from(date.to_string()),
        Value::Instant(moment) => Json::from(moment.to_rfc3339()),
        Value::YesNo(yes) => Json::from(*yes),
        Value::Tags(codes) => Json::from(codes.clone()),
        Value::Reference(id) => Json::from(id.to_string()),
        Value::Table(rows) => rows.iter().map(|row| row_json(field, row)).collect(),
        Value::Papers(papers) => {
            let state = |wanted| {
                let word = PAPER_STATES.iter().find(|(state, _, _)| *state == wanted);
                Json::from(word.map_or("", |(_, id, _)| *id))
            };
            Json::Object(papers.iter().map(|(code, at)| (code.clone(), state(*at))).collect())
        }
    }
}

fn row_json(table: &Field, row: &Row) -> Json {
    let mut object = Map::new();
    object.insert(ROW_KEY.to_string(), Json::Number(Number::from(row.id)));
    for column in table.field_type.columns() {
        if let Some(value) = row.fields.get(&column.id) {
            object.insert(column.id.clone(), to_json(column, value));
        }
    }
    Json::Object(object)
}
