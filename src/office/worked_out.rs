//! Decision sheets that were worked out: once, until anything they read changes, however many screens
//! look at them.
//!
//! Nothing has to say what a sheet read. While nothing at all has changed in the house a sheet stands
//! as it is; after any change its facts are gathered again, and only where they differ are the rules
//! applied anew.

use crate::policy::{DecisionSheet, Known};
use crate::record::{Fields, Record, RecordId};
use chrono::NaiveDate;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Most sheets kept; a review queue and the pages open over it need a few dozen.
const MOST: usize = 256;

/// Which sheet: the record, the version of the rules, and the day it is decided for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Which {
    pub record: RecordId,
    pub rules: String,
    pub as_of: NaiveDate,
    /// The day it is looked at: what a step would fill in by itself may be that day.
    pub today: NaiveDate,
}

/// A sheet, and what was known of the record or its rows when it was worked out.
#[derive(Clone)]
pub(super) struct Worked {
    pub known: Vec<Known>,
    pub sheet: DecisionSheet,
}

struct Entry {
    /// What the count of changes was before the facts were gathered.
    at: u64,
    /// What the record held: one that is being typed changes without a save.
    record: (String, Fields),
    /// The person it belongs to, as far as that was on the way to the disk.
    person: Option<(RecordId, u32)>,
    worked: Arc<Worked>,
}

/// The sheets worked out so far.
#[derive(Default)]
pub(super) struct WorkedOut {
    changes: AtomicU64,
    times: AtomicU64,
    entries: Mutex<HashMap<Which, Entry>>,
}

impl WorkedOut {
    /// Something changed in the house: a record, a rule, the index.
    pub fn changed(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
    }

    /// The rules were exchanged: titles of documents are in sheets, and in no version.
    pub fn forget(&self) {
        self.lock().clear();
        self.changed();
    }

    /// How many times rules were applied.
    pub fn times(&self) -> u64 {
        self.times.load(Ordering::Relaxed)
    }

    /// The sheet of a record. `know` gathers what the rules read, `work_out` applies them.
    pub fn sheet(
        &self,
        which: Which,
        record: &Record,
        person: Option<&Record>,
        know: impl FnOnce() -> Vec<Known>,
        work_out: impl FnOnce(&[Known]) -> DecisionSheet,
    ) -> Arc<Worked> {
        let at = self.changes.load(Ordering::SeqCst);
        let person = person.map(|person| (person.id, person.revision));
        let held = |entry: &Entry| {
            entry.person == person
                && entry.record.0 == record.state
                && entry.record.1 == record.fields
        };
        if let Some(entry) = self.lock().get(&which)
            && entry.at == at
            && held(entry)
        {
            return Arc::clone(&entry.worked);
        }
        let known = know();
        if let Some(entry) = self.lock().get_mut(&which)
            && entry.worked.known == known
            && entry.worked.sheet.number == record.number
        {
            entry.at = at;
            entry.record = (record.state.clone(), record.fields.clone());
            entry.person = person;
            return Arc::clone(&entry.worked);
        }
        let worked = Arc::new(self.work_out(known, work_out));
        let mut entries = self.lock();
        if entries.len() >= MOST {
            entries.clear();
        }
        let record = (record.state.clone(), record.fields.clone());
        entries.insert(which, Entry { at, record, person, worked: Arc::clone(&worked) });
        worked
    }

    /// The same of what is looked at once.
    pub fn work_out(
        &self,
        known: Vec<Known>,
        work_out: impl FnOnce(&[Known]) -> DecisionSheet,
    ) -> Worked {
        self.times.fetch_add(1, Ordering::Relaxed);
        let sheet = work_out(&known);
        Worked { known, sheet }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Which, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
