//! Taking one's own last save back, until somebody else acted on the record.
//!
//! Nothing leaves the journal: the record gets its version before once more, as a new entry. A
//! record that was only just made becomes withdrawn: it is in no list any more, its history stays.

use super::door::{Plan, unavailable};
use super::history::{Change, put_of};
use super::{Actor, Refusal, Right};
use crate::directory::{Filter, Sort};
use crate::program::PERSON;
use crate::record::{Instant, Record, RecordId, WITHDRAWN};
use crate::said;
use crate::store::Entry;
use crate::words::Said;
use std::sync::PoisonError;

/// The name the journal gives it.
const COMMAND: &str = "undo";

/// A save that can be taken back.
#[derive(Clone, Debug)]
pub struct Undoable {
    /// Its sequence: what is taken back is this and nothing that came after.
    pub seq: u64,
    /// When it was made.
    pub at: Instant,
    /// What it was.
    pub what: Said,
    /// What taking it back changes, field by field: now, and then.
    pub changes: Vec<Change>,
    /// It made the record, which is withdrawn then.
    pub withdraws: bool,
    /// The record as it was before.
    before: Option<Record>,
}

impl super::Office {
    /// The save of this actor's that would be taken back now.
    ///
    /// # Errors
    /// A refusal saying why there is none.
    pub fn undoable(&self, actor: &Actor, id: RecordId) -> Result<Undoable, Refusal> {
        actor.need(Right::Write)?;
        let record = self.needed(id)?;
        let history = self.store.history(&record.kind, id).map_err(|error| unavailable(&error))?;
        let puts: Vec<&Entry> =
            history.iter().filter(|entry| put_of(entry, id).is_some()).collect();
        let at = last_standing(&puts, actor).map_err(|by| not_yours(&record, by))?;
        let (Some(entry), before) = (puts.get(at), puts.get(at + 1)) else {
            return Err(nothing(&record));
        };
        let before = before.and_then(|entry| put_of(entry, id)).cloned();
        if before.is_none() {
            self.must_be_alone(&record)?;
        }
        let changes = match &before {
            Some(before) => self.changes(actor, Some(&record), before),
            None => Vec::new(),
        };
        Ok(Undoable {
            seq: entry.seq,
            at: entry.time,
            what: self.what_said(entry, put_of(entry, id), id),
            changes,
            withdraws: before.is_none(),
            before,
        })
    }

    pub(super) fn plan_undo(
        &self,
        actor: &Actor,
        id: RecordId,
        seq: Option<u64>,
    ) -> Result<Plan, Refusal> {
        let now = self.needed(id)?;
        let found = self.undoable(actor, id)?;
        if seq.is_some_and(|seq| seq != found.seq) {
            return Err(not_yours(&now, &now.updated_by));
        }
        let mut record = match found.before {
            Some(before) => Record { revision: now.revision, ..before },
            None => Record { state: WITHDRAWN.into(), ..now },
        };
        self.touch(actor, &mut record);
        Ok(Plan::put(COMMAND, vec![record]))
    }

    /// A record others rest on is not taken from under them.
    fn must_be_alone(&self, record: &Record) -> Result<(), Refusal> {
        if record.kind != PERSON {
            return Ok(());
        }
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        let filter = Filter::of_person(record.id);
        let (_, ids) = directory.list(&filter, Sort::default(), 0, usize::MAX);
        let other = ids.into_iter().find(|id| *id != record.id);
        let Some(other) = other.and_then(|id| directory.get(id)) else { return Ok(()) };
        let number = &other.number;
        Err(Refusal::conflict(
            said!(
                "已为这个人办了 {number}，不能再撤销登记。",
                "{number} was made for this person, so registering them cannot be taken back."
            ),
            said!("有误的内容请用修改（e）更正。", "Correct what is wrong with Edit (e)."),
        ))
    }

    /// The record that had this number before it was withdrawn, for its history.
    #[must_use]
    pub fn withdrawn(&self, number: &str) -> Option<(String, RecordId)> {
        self.withdrawn.lock().unwrap_or_else(PoisonError::into_inner).get(number.trim()).cloned()
    }
}

/// The newest of these entries that was not taken back, when it is this actor's and nobody else
/// has acted since; else who did.
fn last_standing<'e>(puts: &[&'e Entry], actor: &Actor) -> Result<usize, &'e str> {
    let mut taken_back = 0;
    for (at, entry) in puts.iter().enumerate() {
        if entry.actor != actor.account {
            return Err(&entry.actor);
        }
        if entry.command == COMMAND {
            taken_back += 1;
        } else if taken_back > 0 {
            taken_back -= 1;
        } else {
            return Ok(at);
        }
    }
    Ok(puts.len())
}

fn not_yours(record: &Record, by: &str) -> Refusal {
    let number = &record.number;
    Refusal::conflict(
        said!(
            "{number} 最后由 {by} 办理，不能再撤销。",
            "{by} has acted on {number} since, so nothing can be taken back."
        ),
        said!("需要更正的，请修改或请审核员退回。", "Edit it, or ask the reviewer to return it."),
    )
}

fn nothing(record: &Record) -> Refusal {
    let number = &record.number;
    Refusal::invalid(
        "number",
        said!("{number} 没有可以撤销的保存。", "There is no save of {number} to take back."),
        said!("需要更正的，请直接修改。", "Edit it instead."),
    )
}
