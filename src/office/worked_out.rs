//! Decision sheets that were worked out: once, until anything they read changes, however many screens
//! look at them.
//!
//! Nothing has to say what a sheet read. While nothing at all has changed in the house a sheet stands
//! as it is; after any change its facts are gathered again, and only where they differ are the rules
//! applied anew.

use crate::policy::{DecisionSheet, Facts};
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

struct Known {
    /// What the count of changes was before the facts were gathered.
    at: u64,
    /// What the record held: one that is being typed changes without a save.
    record: (String, Fields),
    /// The person it belongs to, as far as that was on the way to the disk.
    person: Option<(RecordId, u32)>,
    facts: Facts,
    sheet: Arc<DecisionSheet>,
}

/// The sheets worked out so far.
#[derive(Default)]
pub(super) struct WorkedOut {
    changes: AtomicU64,
    times: AtomicU64,
    known: Mutex<HashMap<Which, Known>>,
}

impl WorkedOut {
    /// Something changed in the house: a record, a rule, the index.
    pub fn changed(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
    }

    /// The rules were exchanged: titles of documents stand in sheets, and in no version.
    pub fn forget(&self) {
        self.lock().clear();
        self.changed();
    }

    /// How many times rules were applied.
    pub fn times(&self) -> u64 {
        self.times.load(Ordering::Relaxed)
    }

    /// The sheet of a record. `facts` gathers what the rules read, `work_out` applies them.
    pub fn sheet(
        &self,
        which: Which,
        record: &Record,
        person: Option<&Record>,
        facts: impl FnOnce() -> Facts,
        work_out: impl FnOnce(&Facts) -> DecisionSheet,
    ) -> DecisionSheet {
        let at = self.changes.load(Ordering::SeqCst);
        let person = person.map(|person| (person.id, person.revision));
        let held = |known: &Known| {
            known.person == person
                && known.record.0 == record.state
                && known.record.1 == record.fields
        };
        if let Some(known) = self.lock().get(&which)
            && known.at == at
            && held(known)
        {
            return DecisionSheet::clone(&known.sheet);
        }
        let facts = facts();
        if let Some(known) = self.lock().get_mut(&which)
            && known.facts == facts
            && known.sheet.number == record.number
        {
            known.at = at;
            known.record = (record.state.clone(), record.fields.clone());
            known.person = person;
            return DecisionSheet::clone(&known.sheet);
        }
        let sheet = self.work_out(&facts, work_out);
        let mut known = self.lock();
        if known.len() >= MOST {
            known.clear();
        }
        let record = (record.state.clone(), record.fields.clone());
        known.insert(which, Known { at, record, person, facts, sheet: Arc::new(sheet.clone()) });
        sheet
    }

    /// The same of what is looked at once.
    pub fn work_out(
        &self,
        facts: &Facts,
        work_out: impl FnOnce(&Facts) -> DecisionSheet,
    ) -> DecisionSheet {
        self.times.fetch_add(1, Ordering::Relaxed);
        work_out(facts)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Which, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
