//! Which records are counted as which.

use super::own_kinds::MERGE;
use crate::record::{Fields, Record, RecordId, Value};
use crate::store::{Store, StoreError};
use std::collections::{BTreeMap, HashMap};

const FROM: &str = "from";
const INTO: &str = "into";

/// Which records are counted as which. What the notes say is worked out when one comes or goes, so
/// that asking costs no more with many of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Merges {
    /// What each note of a merge says, the oldest first: of two about one record the later counts.
    notes: BTreeMap<RecordId, Note>,
    /// The one that is left for each that is gone.
    left: HashMap<RecordId, RecordId>,
    /// Those that are gone, by the one that is left.
    gone: HashMap<RecordId, Vec<RecordId>>,
    /// The one that is left, by the number of one that is gone.
    numbers: HashMap<String, RecordId>,
}

/// What a note of a merge says.
#[derive(Clone, Debug)]
pub(super) struct Note {
    /// The record that is gone.
    pub from: RecordId,
    /// The record that is left.
    pub into: RecordId,
    /// The number of the one that is gone.
    number: String,
}

impl Note {
    /// What a record of a merge says.
    pub fn of(record: &Record) -> Option<Self> {
        let named = |field: &str| record.get(field).and_then(Value::as_reference);
        let number = record.number.clone();
        Some(Self { from: named(FROM)?, into: named(INTO)?, number })
    }
}

impl Merges {
    /// Reads which there are.
    pub fn read(store: &Store) -> Result<Self, StoreError> {
        let mut merges = Self::default();
        for stored in store.scan(MERGE, None, usize::MAX)? {
            merges.note_down(&stored.record);
        }
        merges.work_out();
        Ok(merges)
    }

    /// Takes note of a merge, or of one that was taken back.
    pub fn learn(&mut self, record: &Record) {
        self.note_down(record);
        self.work_out();
    }

    /// Forgets a note.
    pub fn forget(&mut self, note: RecordId) {
        self.notes.remove(&note);
        self.work_out();
    }

    fn note_down(&mut self, record: &Record) {
        match Note::of(record).filter(|_| !record.is_withdrawn()) {
            Some(note) => self.notes.insert(record.id, note),
            None => self.notes.remove(&record.id),
        };
    }

    fn work_out(&mut self) {
        let into: HashMap<RecordId, RecordId> =
            self.notes.values().map(|note| (note.from, note.into)).collect();
        // A chain ends: nothing that is gone is merged into anything, and nothing into it.
        let end = |from: RecordId| {
            let mut at = from;
            for _ in 0..=into.len() {
                at = into.get(&at).copied().unwrap_or(at);
            }
            at
        };
        self.left = into.keys().map(|from| (*from, end(*from))).collect();
        self.gone = HashMap::new();
        for (from, left) in &self.left {
            self.gone.entry(*left).or_default().push(*from);
        }
        let numbers = self.notes.values().map(|note| (note.number.clone(), end(note.from)));
        self.numbers = numbers.collect();
    }

    /// What a note says.
    pub fn note(&self, id: RecordId) -> Option<&Note> {
        self.notes.get(&id)
    }

    /// The record that is left, by the number of one that is gone.
    pub fn left_of(&self, number: &str) -> Option<RecordId> {
        self.numbers.get(number).copied()
    }

    /// The record another is counted as; itself where it was never merged.
    pub fn canonical(&self, id: RecordId) -> RecordId {
        self.left.get(&id).copied().unwrap_or(id)
    }

    /// Those counted as a record, at any remove.
    pub fn counted_as(&self, id: RecordId) -> &[RecordId] {
        self.gone.get(&id).map(Vec::as_slice).unwrap_or_default()
    }
}

/// What a note of a merge has to say.
pub(super) fn merge_fields(from: RecordId, into: RecordId) -> Fields {
    Fields::from([
        (FROM.to_string(), Value::Reference(from)),
        (INTO.to_string(), Value::Reference(into)),
    ])
}
