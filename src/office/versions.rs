//! One record, as it is kept, as it will be, or as its journal entry has it.

use super::refusal::{not_here, unavailable};
use super::{Office, Refusal};
use crate::program::PERSON;
use crate::record::{Record, RecordId};

/// Which version of a record is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// As it is on the disk: for showing.
    Kept,
    /// On its way to the disk, else as it is there: for the next change.
    Next,
    /// The same, read from its journal entry: for what is decided on it.
    Signed,
}

impl Office {
    /// A record of a kind in one of its versions.
    pub(super) fn version(
        &self,
        version: Version,
        kind: &str,
        id: RecordId,
    ) -> Result<Option<Record>, Refusal> {
        let stored = match version {
            Version::Kept => self.store.get(kind, id),
            Version::Next => self.store.latest(kind, id),
            Version::Signed => self.store.sure(kind, id),
        };
        Ok(stored.map_err(|error| unavailable(&error))?.map(|stored| stored.record))
    }

    /// A record by id alone, which may have been merged into another.
    fn by_id(&self, version: Version, id: RecordId) -> Result<Option<Record>, Refusal> {
        let id = self.canonical(id);
        let Some(kind) = self.kind_of(id) else { return Ok(None) };
        self.version(version, &kind.id, id)
    }

    /// A record as it is kept.
    ///
    /// # Errors
    /// When the machine cannot read it.
    pub fn record(&self, id: RecordId) -> Result<Option<Record>, Refusal> {
        self.by_id(Version::Kept, id)
    }

    /// A record as it is for the next change.
    pub(super) fn inside(&self, kind: &str, id: RecordId) -> Result<Option<Record>, Refusal> {
        self.version(Version::Next, kind, id)
    }

    /// A record by id alone, as it is for the next change.
    pub(super) fn needed(&self, id: RecordId) -> Result<Record, Refusal> {
        self.by_id(Version::Next, id)?.ok_or_else(not_here)
    }

    /// A record by id alone, for what is decided on it.
    pub(super) fn sure(&self, id: RecordId) -> Result<Record, Refusal> {
        let kind = self.kind_of(id).ok_or_else(not_here)?;
        self.version(Version::Signed, &kind.id, id)?.ok_or_else(not_here)
    }

    /// The person a record belongs to.
    #[must_use]
    pub fn person_of_record(&self, record: &Record) -> Option<Record> {
        self.person_of(Version::Kept, record)
    }

    /// The person a record belongs to, in one of their versions.
    pub(super) fn person_of(&self, version: Version, record: &Record) -> Option<Record> {
        let kind = self.catalogue.kind(&record.kind)?;
        let id = self.canonical(record.get(kind.person.as_deref()?)?.as_reference()?);
        self.version(version, PERSON, id).ok().flatten()
    }
}
