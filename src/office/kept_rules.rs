//! Rules kept by their version: a file under way ends under the rules it was submitted with,
//! whatever was adopted since.
//!
//! The entry of the first submission under a version brings the whole library along, so that one
//! is never kept without the other.

use super::Office;
use super::ids::new_id;
use super::own_kinds::RULES;
use crate::policy::{DecisionSheet, Library};
use crate::record::{Fields, Record, RecordId, Value};
use crate::store::{NewOp, Store, StoreError};
use std::collections::HashMap;
use std::sync::{Arc, MutexGuard, PoisonError};

/// The field with everything the library was read from.
const LIBRARY: &str = "library";

/// The versions kept.
#[derive(Default)]
pub(super) struct KeptRules {
    ids: HashMap<String, RecordId>,
    /// Those somebody asked for; nothing for what this program does not understand.
    read: HashMap<String, Option<Arc<Library>>>,
}

impl KeptRules {
    /// Reads which there are.
    pub fn read(store: &Store) -> Result<Self, StoreError> {
        let mut kept = Self::default();
        for stored in store.scan(RULES, None, usize::MAX)? {
            kept.learn(&stored.record);
        }
        Ok(kept)
    }

    /// Takes note of a version that is kept.
    pub fn learn(&mut self, record: &Record) {
        self.ids.insert(record.number.clone(), record.id);
    }

    /// Forgets one the disk refused.
    pub fn forget(&mut self, id: RecordId) {
        self.ids.retain(|_, known| *known != id);
    }
}

impl Office {
    pub(super) fn kept_rules(&self) -> MutexGuard<'_, KeptRules> {
        self.kept_rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The library a record was last submitted under, where that is not the one in force and the
    /// record is not with the counter again: what is handed in anew goes by the rules in force.
    pub(super) fn submitted_under(&self, record: &Record, rules: &str) -> Option<Arc<Library>> {
        let life = self.catalogue.kind(&record.kind)?.workflow.as_ref()?;
        if life.moves_from(&record.state).any(|step| step.submits) {
            return None;
        }
        let made = record
            .standing()
            .into_iter()
            .rev()
            .find(|made| life.find_move(&made.id).is_some_and(|step| step.submits))?;
        let version = made.sheet.as_ref()?.rules();
        let same_set = version.split_once('@').is_some_and(|(id, _)| id == rules);
        let in_force = self.library().versions().get(rules).is_some_and(|now| now == version);
        if !same_set || in_force {
            return None;
        }
        self.kept_library(version)
    }

    /// The library a record is decided by: the one it was submitted under, else the one in force.
    pub(super) fn ruled_by(&self, record: &Record, rules: &str) -> Arc<Library> {
        self.submitted_under(record, rules).unwrap_or_else(|| self.library())
    }

    /// The library a sheet was made by, as far as it was kept; else the one in force.
    pub(super) fn library_behind(&self, sheet: &DecisionSheet) -> Arc<Library> {
        self.kept_library(&sheet.rules).unwrap_or_else(|| self.library())
    }

    /// The library that was kept with sheets of this version.
    pub(super) fn kept_library(&self, version: &str) -> Option<Arc<Library>> {
        let mut kept = self.kept_rules();
        if let Some(read) = kept.read.get(version) {
            return read.clone();
        }
        let id = *kept.ids.get(version)?;
        let record = self.store.latest(RULES, id).ok().flatten()?.record;
        let read = Library::from_kept(record.text(LIBRARY)).ok().map(Arc::new);
        kept.read.insert(version.to_string(), read.clone());
        read
    }

    /// What has to be kept with a sheet: the rules in force, unless they are kept already.
    pub(super) fn rules_to_keep(&self, sheet: &DecisionSheet) -> Option<NewOp> {
        if self.kept_rules().ids.contains_key(&sheet.rules) {
            return None;
        }
        let now = self.now();
        let library = Value::Text(self.library().to_kept().ok()?);
        let record = Record::made(new_id(now).ok()?, RULES, &sheet.rules, "", now);
        let fields = Fields::from([(LIBRARY.to_string(), library)]);
        Some(NewOp::Put(Record { fields, ..record }))
    }
}
