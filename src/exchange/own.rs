//! Numbers another system or a paper file gave a record: kept in the field the pack names for
//! them, since a record's own number follows the pattern of its kind.

use super::number_key::number_key;
use crate::office::{Office, Refusal};
use crate::program::{FieldType, Kind};
use crate::record::{Fields, RecordId, Value};
use std::collections::HashMap;

/// Records by the number they had elsewhere; looked up when first needed.
#[derive(Default)]
pub(super) struct Elsewhere(Option<HashMap<String, RecordId>>);

impl Elsewhere {
    /// The record that had a number elsewhere.
    ///
    /// # Errors
    /// When the machine cannot read.
    pub fn find(
        &mut self,
        office: &Office,
        kind: &Kind,
        key: &str,
    ) -> Result<Option<RecordId>, Refusal> {
        let Some(field) = kind.import.field.as_deref() else { return Ok(None) };
        if self.0.is_none() {
            let mut map = HashMap::new();
            office.each(&kind.id, |record| {
                let value = record.text(field);
                if !value.is_empty() {
                    map.entry(number_key(value)).or_insert(record.id);
                }
                Ok(())
            })?;
            self.0 = Some(map);
        }
        Ok(self.0.as_ref().and_then(|map| map.get(key).copied()))
    }
}

/// Whether a kind keeps such numbers as plain text; an identity number is none.
pub(super) fn keeps_others(kind: &Kind) -> bool {
    let field = kind.import.field.as_deref().and_then(|id| kind.field_at(id));
    field.is_some_and(|field| matches!(field.field_type, FieldType::Text { .. }))
}

/// The number a new record gets: one of the pattern, else none, and the number as it came goes
/// where the pack keeps it. Where it keeps none, the office says what a number looks like.
pub(super) fn number_for(
    kind: &Kind,
    fields: &mut Fields,
    number: Option<String>,
) -> Option<String> {
    let number = number?;
    if kind.number.fits(&number) || !keeps_others(kind) {
        return Some(number);
    }
    let field = kind.import.field.clone()?;
    fields.entry(field).or_insert(Value::Text(number));
    None
}
