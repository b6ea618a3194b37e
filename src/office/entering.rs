//! Names as they are kept: every character is the one it stands for, and what was entered is told
//! in the history.

use super::Refusal;
use crate::program::{Field, FieldType, Kind};
use crate::record::{Fields, RecordId, Value, clean_name, private_in, proper_text, with_codes};
use crate::said;
use crate::store::{Entry, NewOp, Op};
use crate::words::Said;
use std::collections::BTreeMap;

/// What the journal calls a note of texts as they were entered.
const ENTERED: &str = "entered";

/// Texts that are kept otherwise than they were entered: where they are (`name`,
/// `members[3].name` by the row's id) and what was entered.
pub(super) type Entered = Vec<(String, String)>;

/// Puts the proper characters into the names of a record. Rows must have their ids.
///
/// # Errors
/// A private-use character of which nobody knows what it stands for.
pub(super) fn settle_names(kind: &Kind, fields: &mut Fields) -> Result<Entered, Refusal> {
    let mut entered = Entered::new();
    for field in kind.fields() {
        let Some(value) = fields.get_mut(&field.id) else { continue };
        settle(field, &field.id, value, &mut entered)?;
        let Value::Table(rows) = value else { continue };
        for row in rows {
            for column in field.field_type.columns() {
                let Some(value) = row.fields.get_mut(&column.id) else { continue };
                let place = format!("{}[{}].{}", field.id, row.id, column.id);
                settle(column, &place, value, &mut entered)?;
            }
        }
    }
    Ok(entered)
}

/// Puts the proper characters into one name.
///
/// # Errors
/// As [`settle_names`], at `place`.
pub(super) fn settle(
    field: &Field,
    place: &str,
    value: &mut Value,
    entered: &mut Entered,
) -> Result<(), Refusal> {
    let (FieldType::PersonName, Value::Text(text)) = (&field.field_type, value) else {
        return Ok(());
    };
    if let Some(error) = private_in(text) {
        return Err(Refusal::invalid(place, error.said(), error.next()));
    }
    let proper = proper_text(text);
    if proper != *text {
        entered.push((place.to_string(), text.clone()));
    }
    *text = clean_name(&proper);
    Ok(())
}

/// What was entered for a record, as a part of the entry that keeps it; nothing where all is kept
/// as it was entered.
pub(super) fn note(id: RecordId, entered: Entered) -> Option<NewOp> {
    if entered.is_empty() {
        return None;
    }
    let texts = entered.into_iter().map(|(place, text)| (format!("{}/{place}", id.0), text));
    let what = ("what".to_string(), ENTERED.to_string());
    Some(NewOp::Note(BTreeMap::from_iter(texts.chain([what]))))
}

/// What an entry says was entered for a record, by field: `录入为“龙〔U+E863〕”`.
pub(super) fn entered_in(entry: &Entry, id: RecordId) -> Vec<(String, Said)> {
    let prefix = format!("{}/", id.0);
    let notes = entry.ops.iter().filter_map(|op| match op {
        Op::Note(note) if note.get("what").is_some_and(|what| what == ENTERED) => Some(note),
        _ => None,
    });
    let texts = notes.flatten().filter_map(|(place, text)| {
        let place = place.strip_prefix(&prefix)?;
        let field = place.split(['[', '.']).next().unwrap_or(place).to_string();
        let text = with_codes(text);
        Some((field, said!("录入为“{text}”", "entered as \"{text}\"")))
    });
    texts.collect()
}

/// Gives every new row (id 0) of every table an id of its own.
pub(super) fn number_rows(fields: &mut Fields) {
    for value in fields.values_mut() {
        if let Value::Table(rows) = value {
            let mut last = rows.iter().map(|row| row.id).max().unwrap_or(0);
            for row in rows.iter_mut().filter(|row| row.id == 0) {
                last += 1;
                row.id = last;
            }
        }
    }
}
