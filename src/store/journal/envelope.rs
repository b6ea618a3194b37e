//! How entries and records become bytes: part by part in short forms (`encoded.rs`, `compact.rs`),
//! inside an envelope of two bytes, schema and flags. Every schema ever released decodes for ever
//! (`tests/golden/`).

use super::compact::{Reader, Writer};
use super::encoded::{Encoded, Glance, Sheets};
use super::entry::Entry;
use crate::record::Record;
use crate::store::error::StoreError;

/// The schema written. No older one was ever released, and none is read.
pub const SCHEMA: u8 = 3;

/// The bytes of an entry, in its envelope.
pub fn encode(entry: &Entry) -> Vec<u8> {
    in_envelope(entry, Sheets::WithText)
}

/// The bytes of a record as the table has it, in their envelope: sheets by their names.
pub fn encode_record(record: &Record) -> Vec<u8> {
    in_envelope(record, Sheets::ByHash)
}

fn in_envelope(value: &impl Encoded, sheets: Sheets) -> Vec<u8> {
    let mut out = Writer::after(&[SCHEMA, 0]);
    value.write(&mut out, sheets);
    out.done()
}

/// Reads what [`encode`] or [`encode_record`] made.
///
/// # Errors
/// As [`out_of_envelope`], and [`StoreError::Encoding`] when it is no such value.
pub fn decode<T: Encoded>(bytes: &[u8]) -> Result<T, StoreError> {
    let mut from = Reader::new(out_of_envelope(bytes)?);
    let read = T::read(&mut from).filter(|_| from.is_done());
    read.ok_or_else(|| StoreError::Encoding("cut off or changed".into()))
}

/// What lists and search go by, of what [`encode_record`] made.
///
/// # Errors
/// As [`decode`].
pub fn glance(bytes: &[u8]) -> Result<Glance<'_>, StoreError> {
    let read = Glance::read(&mut Reader::new(out_of_envelope(bytes)?));
    read.ok_or_else(|| StoreError::Encoding("cut off or changed".into()))
}

/// What is in an envelope.
///
/// # Errors
/// [`StoreError::NewerSchema`] when a newer program wrote it, [`StoreError::Encoding`] when it
/// is none.
pub fn out_of_envelope(bytes: &[u8]) -> Result<&[u8], StoreError> {
    match bytes {
        [SCHEMA, 0, rest @ ..] => Ok(rest),
        [SCHEMA, flags, ..] => Err(StoreError::Encoding(format!("flags {flags:#010b}"))),
        [found, ..] if *found > SCHEMA => {
            Err(StoreError::NewerSchema { found: *found, known: SCHEMA })
        }
        [found, ..] => Err(StoreError::Encoding(format!("schema {found}"))),
        _ => Err(StoreError::Encoding("empty".into())),
    }
}
