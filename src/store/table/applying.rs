//! Entries brought into a table: each operation exactly once, wherever a crash falls.
//!
//! A batch carries at most 100 rows and, in the same batch, how far the table is then.

use super::row::{Key, Row};
use super::tree::{Applied, BATCH_OPS, Table, Writes};
use crate::record::RecordId;
use crate::store::KindCodes;
use crate::store::error::StoreError;
use crate::store::journal::entry::{Entry, Op};
use crate::store::journal::envelope;
use crate::store::journal::reader::JournalReader;
use crate::store::keys::DataKeys;
use crate::store::progress::Progress;
use crate::words::Said;
use std::borrow::Borrow;
use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

/// Records with a row of their own in one batch. Of its operations one is kept for the row that says
/// how far the table is, and the others are for chunks and what is left over from them.
const MOST_OWN: usize = BATCH_OPS / 2;
/// Records that share rows in one batch, and about how many bytes of them.
const MOST_FRESH: usize = 2_048;
/// See [`MOST_FRESH`].
const MOST_FRESH_BYTES: usize = 1024 * 1024;
/// So many operations of the journal are brought in at once when it is replayed.
const REPLAYED_OPS: usize = 1_024;

/// Whether an entry's link to the entry before must be the one the table has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// A row that is older than its link says, or missing, means the table has lost something.
    MustFit,
    /// The journal is all there is to go by.
    AsTheyAre,
}

/// A table and how far it is.
pub struct Target<'a> {
    pub table: &'a Table,
    /// Numbers of kinds.
    pub codes: &'a KindCodes,
    /// How far it is; behind the table when something fails on the way.
    pub applied: &'a mut Applied,
    /// While a walk runs: records changed since it began, with their sequence at its beginning.
    pub changed: Option<&'a mut HashMap<Key, u64>>,
    /// What to make of links.
    pub links: Links,
}

/// The key of a record.
///
/// # Errors
/// [`StoreError::UnknownKind`].
pub fn key(codes: &KindCodes, kind: &str, id: RecordId) -> Result<Key, StoreError> {
    let code = codes(kind).ok_or_else(|| StoreError::UnknownKind(kind.to_string()))?;
    Ok(Key::new(code, id))
}

/// Applies entries that are on the disk.
///
/// # Errors
/// What the table gives; [`StoreError::Records`] for a link that does not fit.
pub fn apply(target: Target<'_>, entries: &[impl Borrow<Entry>]) -> Result<(), StoreError> {
    if entries.is_empty() {
        return Ok(());
    }
    let mut batch = Batch::new(target);
    entries.iter().try_for_each(|entry| batch.entry(entry.borrow()))?;
    batch.commit()
}

/// Applies everything the journal has and the table has not.
///
/// # Errors
/// As [`apply`], what the journal gives, and [`StoreError::Closed`] when told to stop; the table
/// can go on from there.
pub fn replay(
    mut target: Target<'_>,
    (journal, keys): (&JournalReader, &DataKeys),
    progress: &Progress,
    stop: &AtomicBool,
) -> Result<(), StoreError> {
    let mut pending = Vec::new();
    let mut ops = 0;
    let head = journal.end().seq;
    let from = target.applied.seq + 1;
    journal.entries(keys, from, |entry| {
        ops += entry.ops.len();
        let seq = entry.seq;
        pending.push(entry);
        if ops >= REPLAYED_OPS {
            if stop.load(Ordering::Relaxed) {
                return Err(StoreError::Closed);
            }
            apply(target.again(), &std::mem::take(&mut pending))?;
            progress.at(seq);
            ops = 0;
        }
        Ok(ControlFlow::Continue(()))
    })?;
    apply(target.again(), &pending)?;
    // Erased entries at the end have nothing to apply, but they are behind us.
    target.applied.seq = target.applied.seq.max(head);
    Ok(())
}

impl Target<'_> {
    fn again(&mut self) -> Target<'_> {
        Target {
            table: self.table,
            codes: self.codes,
            applied: self.applied,
            changed: self.changed.as_deref_mut(),
            links: self.links,
        }
    }
}

/// Records gathered for one sled batch.
struct Batch<'a> {
    target: Target<'a>,
    /// Records that get a row of their own.
    own: HashMap<Key, Row>,
    /// New records after all others of their kind, which share rows where they are many.
    fresh: BTreeMap<Key, Row>,
    fresh_bytes: usize,
}

impl<'a> Batch<'a> {
    fn new(target: Target<'a>) -> Self {
        Self { target, own: HashMap::new(), fresh: BTreeMap::new(), fresh_bytes: 0 }
    }

    fn entry(&mut self, entry: &Entry) -> Result<(), StoreError> {
        if entry.seq <= self.target.applied.seq {
            return Ok(());
        }
        let done = usize::try_from(self.target.applied.part).unwrap_or(usize::MAX);
        for (at, op) in entry.ops.iter().enumerate().skip(done) {
            let full = self.fresh.len() >= MOST_FRESH || self.fresh_bytes >= MOST_FRESH_BYTES;
            if full || self.own.len() >= MOST_OWN {
                self.commit()?;
            }
            self.op(op, entry)?;
            self.target.applied.part = u32::try_from(at + 1).unwrap_or(u32::MAX);
        }
        self.target.applied.seq = entry.seq;
        self.target.applied.part = 0;
        Ok(())
    }

    fn gathered(&self, key: &Key) -> Option<&Row> {
        self.own.get(key).or_else(|| self.fresh.get(key))
    }

    fn op(&mut self, op: &Op, entry: &Entry) -> Result<(), StoreError> {
        let Some((kind, id, previous)) = op.touches() else { return Ok(()) };
        let key = key(self.target.codes, kind, id)?;
        let table = self.target.table;
        let gathered = self.gathered(&key);
        let (before, size) = match gathered {
            Some(row) => (row.last_seq, 0),
            None => table.before(&key)?,
        };
        if before != previous && self.target.links == Links::MustFit {
            return Err(StoreError::Records(Said::fixed("有记录过时", "a record is stale")));
        }
        let plain = match op {
            Op::Put { record, .. } => envelope::encode_record(record),
            _ => {
                let now = match gathered {
                    Some(row) => Some(row.clone()),
                    None => table.row(&key)?,
                };
                // A look at a record that is not there leaves nothing to link.
                let Some(now) = now else { return Ok(()) };
                now.plain
            }
        };
        let is_fresh = self.fresh.contains_key(&key) || before == 0 && table.is_beyond(&key);
        let applied = &mut *self.target.applied;
        // What its own row took is free once this one is written.
        applied.live = applied.live.saturating_sub(size);
        let sentinel = applied.kinds.entry(key.code()).or_default();
        if before != 0 {
            sentinel.remove(&key, before);
        }
        sentinel.add(&key, entry.seq);
        if let Some(changed) = &mut self.target.changed {
            changed.entry(key).or_insert(before);
        }
        let row = Row { key, last_seq: entry.seq, plain };
        if is_fresh {
            self.fresh_bytes += row.plain.len();
            self.fresh.insert(key, row);
        } else {
            self.own.insert(key, row);
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        let fresh = std::mem::take(&mut self.fresh);
        self.fresh_bytes = 0;
        let mut writes = Writes::sharing(fresh.into_values().collect());
        writes.own.extend(self.own.drain().map(|(_, row)| row));
        self.target.table.write(&writes, self.target.applied)
    }
}
