//! Drafts: what somebody has typed and not yet saved, kept sealed so that a crash loses nothing.

use super::refusal::unavailable;
use super::{Actor, Refusal};
use crate::record::{Instant, RecordId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A form as it stands, with what was typed rather than what it means, so that half a date
/// survives too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// Its identity; a form keeps one draft.
    pub id: RecordId,
    /// The kind of record being filled.
    pub kind: String,
    /// The record being changed, or none for a new one.
    pub record: Option<RecordId>,
    /// The revision the form started from.
    pub base: u32,
    /// The person it is for.
    pub person: Option<RecordId>,
    /// A line for the list.
    pub title: String,
    /// Typed text by field; `table.row.column` inside tables.
    pub typed: BTreeMap<String, String>,
    /// When it was last kept.
    pub at: Instant,
}

/// The purpose drafts are sealed under.
const SHELF: &str = "drafts";

impl super::Office {
    /// Keeps a draft.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn keep_draft(&self, actor: &Actor, draft: Draft) -> Result<(), Refusal> {
        let mut drafts = self.drafts(actor);
        drafts.retain(|other| other.id != draft.id);
        drafts.insert(0, draft);
        self.write_drafts(actor, &drafts)
    }

    /// Lets a draft go: it was saved, or is not wanted.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn drop_draft(&self, actor: &Actor, id: RecordId) -> Result<(), Refusal> {
        let mut drafts = self.drafts(actor);
        let before = drafts.len();
        drafts.retain(|draft| draft.id != id);
        if drafts.len() == before { Ok(()) } else { self.write_drafts(actor, &drafts) }
    }

    /// A person's drafts, newest first. One that cannot be read is left where it lies.
    #[must_use]
    pub fn drafts(&self, actor: &Actor) -> Vec<Draft> {
        self.store.side(SHELF, &actor.account).ok().flatten().unwrap_or_default()
    }

    /// Lets the drafts of an account go that are about one of these records.
    pub(super) fn drop_drafts_of(&self, account: &str, ids: &BTreeSet<RecordId>) {
        let drafts: Vec<Draft> = self.store.side(SHELF, account).ok().flatten().unwrap_or_default();
        let about = |draft: &Draft| {
            let named = [draft.record, draft.person];
            named.iter().flatten().any(|id| ids.contains(id))
        };
        if drafts.iter().any(about) {
            let kept: Vec<Draft> = drafts.into_iter().filter(|draft| !about(draft)).collect();
            let _ = self.store.keep_side(SHELF, account, &kept);
        }
    }

    fn write_drafts(&self, actor: &Actor, drafts: &Vec<Draft>) -> Result<(), Refusal> {
        self.store.keep_side(SHELF, &actor.account, drafts).map_err(|error| unavailable(&error))
    }
}
