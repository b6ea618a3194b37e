//! What earlier imports refused, so that the rows hanging on a refused record can say why.
//!
//! The end of an import is written into the sealed journal: how many rows, and for each refused
//! record its number and column. No value of a person is there.

use super::Plan;
use super::number_key::number_key;
use super::report::Report;
use crate::office::{Actor, Command, Office, Refusal};
use crate::store::Op;
use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

/// The name of the note.
const IMPORT: &str = "import";

/// Refused records told in one note.
const PER_NOTE: usize = 2000;

/// Number, as numbers are compared, to the heading of the column.
pub(super) type RefusedBefore = HashMap<String, String>;

/// Writes down the end of an import, unless it brought nothing and refused what is noted already.
///
/// # Errors
/// When the machine cannot write.
pub(super) fn note(
    office: &Office,
    actor: &Actor,
    plan: &Plan,
    file: &str,
    report: &Report,
) -> Result<(), Refusal> {
    let mut now = BTreeMap::new();
    // Rows of a table have no number of their own: only records are remembered.
    for row in report.refused.iter().filter(|row| plan.table.is_none() && !row.number.is_empty()) {
        let column = row.first().map(|fault| fault.column.clone()).unwrap_or_default();
        now.entry(row.number.clone()).or_insert(column);
    }
    if report.accepted() == 0 {
        let known = if now.is_empty() { HashMap::new() } else { refused(office, &plan.kind)? };
        if now.iter().all(|(number, column)| known.get(&number_key(number)) == Some(column)) {
            return Ok(());
        }
    }
    let all: Vec<(String, String)> = now.into_iter().collect();
    let mut parts: Vec<&[(String, String)]> = all.chunks(PER_NOTE).collect();
    if parts.is_empty() {
        parts.push(&[]);
    }
    for part in parts {
        let part: BTreeMap<&str, &str> =
            part.iter().map(|(number, column)| (number.as_str(), column.as_str())).collect();
        let particulars = BTreeMap::from([
            ("kind".to_string(), plan.to_string()),
            ("file".to_string(), file.to_string()),
            ("accepted".to_string(), report.accepted().to_string()),
            ("unchanged".to_string(), report.unchanged().to_string()),
            ("refused".to_string(), report.refused.len().to_string()),
            ("rows".to_string(), serde_json::to_string(&part).unwrap_or_default()),
        ]);
        office.perform(actor, Command::Note { what: IMPORT.to_string(), particulars })?;
    }
    Ok(())
}

/// Every record of a kind that an import has refused; the last word on each counts. One that came
/// in since is found as a record before anybody asks here.
///
/// # Errors
/// When the journal cannot be read.
pub(super) fn refused(office: &Office, kind: &str) -> Result<RefusedBefore, Refusal> {
    let mut known = HashMap::new();
    let read = office.store().entries(1, |entry| {
        for op in &entry.ops {
            let Op::Note(note) = op else { continue };
            let is = |key: &str, value: &str| note.get(key).is_some_and(|is| is == value);
            if is("what", IMPORT) && is("kind", kind) {
                let rows: BTreeMap<String, String> = note
                    .get("rows")
                    .and_then(|rows| serde_json::from_str(rows).ok())
                    .unwrap_or_default();
                known.extend(rows.into_iter().map(|(number, at)| (number_key(&number), at)));
            }
        }
        ControlFlow::Continue(())
    });
    read.map_err(|error| Refusal::unavailable(error.said(), error.next()))?;
    Ok(known)
}

/// What earlier imports refused, read when it is first asked for.
#[derive(Default)]
pub(super) struct Lazily(Option<RefusedBefore>);

impl Lazily {
    /// The columns a record was refused at, by its number.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn get(
        &mut self,
        office: &Office,
        kind: &str,
        number: &str,
    ) -> Result<Option<String>, Refusal> {
        if self.0.is_none() {
            self.0 = Some(refused(office, kind)?);
        }
        Ok(self.0.as_ref().and_then(|known| known.get(&number_key(number)).cloned()))
    }
}
