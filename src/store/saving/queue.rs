//! The queue before the writer thread.
//!
//! A submission gets its sequences when it is handed in, and the links to the entries before. What
//! waits can be read as it will be; when the disk refuses, all that waits is refused together, since
//! later submissions build on earlier ones.

use super::change::{Change, Hand, Turn};
use super::ticket::{Promise, Ticket, pair};
use crate::record::{Record, RecordId};
use crate::store::error::StoreError;
use crate::store::journal::encoded::SHEET_MAX;
use crate::store::journal::entry::{Entry, NewEntry, NewOp, Op};
use crate::store::journal::envelope;
use crate::store::journal::frame::MAX_BODY;
use crate::store::journal::rests::Rests;
use crate::store::keys::{Plain, Signer};
use crate::store::table::building::Built;
use crate::store::table::records::Records;
use crate::store::table::row::{Key, Stored};
use crate::words::Said;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// At most this many encoded bytes go into one write, unless one submission is larger.
const BATCH_BYTES: usize = 8 * 1024 * 1024;
/// Bytes a block of one entry takes beside it, rounded up.
const ROUND: usize = 1024;
/// One submission on its way.
pub(in crate::store) struct Submission {
    pub hand: Hand,
    pub pages: Vec<(Signer, Plain)>,
    pub turn: Option<Turn>,
    pub entries: Vec<Arc<Entry>>,
    pub encoded: Vec<Vec<u8>>,
    pub promise: Promise<Vec<u64>>,
}

impl Submission {
    /// Bytes of its entries.
    fn size(&self) -> usize {
        self.encoded.iter().map(Vec::len).sum()
    }
}

/// What was handed in.
pub struct Handed {
    /// Waits until it is saved.
    pub ticket: Ticket<Vec<u64>>,
    /// The entries as they will be; none where it was refused at once.
    pub entries: Vec<Arc<Entry>>,
}

/// Something for the writer thread to do.
pub(in crate::store) enum Job {
    Write(Submission),
    Checkpoint(Promise<()>),
    /// Build the table anew and tell what was done; the reason where there is one already.
    Mend(Option<StoreError>, Option<Promise<Vec<Said>>>),
    Compact(Promise<Vec<Said>>),
    /// A table built beside is there, or is not to be had.
    Built(Result<Box<Built>, StoreError>),
    /// The machine may have recovered: try again what it refused.
    Retry(Promise<()>),
    /// Entries lose what they say of a person.
    Erase(Rests, Promise<()>),
}

/// A record touched by something in the queue, not yet on the disk.
struct Staged {
    /// The last entry waiting that touches it.
    seq: u64,
    /// The last entry waiting that changes it.
    put: Option<Arc<Entry>>,
}

impl Staged {
    /// The record as it will be.
    fn record(&self, id: RecordId) -> Option<&Record> {
        self.put.as_ref()?.ops.iter().rev().find_map(|op| match op {
            Op::Put { record, .. } if record.id == id => Some(record),
            _ => None,
        })
    }
}

struct State {
    jobs: VecDeque<Job>,
    next_seq: u64,
    staged: foldhash::HashMap<Key, Staged>,
    epoch: u64,
    trouble: Option<StoreError>,
    /// What was put right at work, until somebody takes it.
    notices: Vec<Said>,
    closed: bool,
    /// Entries that were saved. Whoever hands in the next one lets them go: an allocator is slow
    /// where one thread frees what another has made.
    spent: Vec<Arc<Entry>>,
    /// How many are handing in more that is to be written together.
    held: u32,
    /// Bytes of the saves that wait, and how many jobs wait that are none.
    waiting: usize,
    others: usize,
}

/// While it lives, what is handed in waits to be written together; anything but saves ends the wait.
pub struct Together<'q>(&'q Queue);

impl Drop for Together<'_> {
    fn drop(&mut self) {
        self.0.state().held -= 1;
        self.0.wake.notify_one();
    }
}

impl State {
    /// Whether the writer waits for more, of which there is not too much yet.
    fn is_held(&self) -> bool {
        self.held > 0 && !self.closed && self.others == 0 && self.waiting < BATCH_BYTES
    }

    fn put(&mut self, job: Job) {
        match &job {
            Job::Write(submission) => self.waiting += submission.size(),
            _ => self.others += 1,
        }
        self.jobs.push_back(job);
    }

    /// Counts what waits again, after some of it was taken.
    fn recount(&mut self) {
        (self.waiting, self.others) = (0, 0);
        for job in std::mem::take(&mut self.jobs) {
            self.put(job);
        }
    }
}

/// The queue before the writer thread.
pub struct Queue {
    state: Mutex<State>,
    wake: Condvar,
}

impl Queue {
    /// An empty queue; the next entry gets `next_seq`.
    pub fn new(next_seq: u64) -> Self {
        let state = State {
            jobs: VecDeque::new(),
            next_seq,
            staged: foldhash::HashMap::default(),
            epoch: 0,
            trouble: None,
            notices: Vec::new(),
            closed: false,
            spent: Vec::new(),
            held: 0,
            waiting: 0,
            others: 0,
        };
        Self { state: Mutex::new(state), wake: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Grows by one whenever submissions were refused after they had been taken.
    pub fn epoch(&self) -> u64 {
        self.state().epoch
    }

    /// Why the last write failed, until one succeeds.
    pub fn trouble(&self) -> Option<StoreError> {
        self.state().trouble.clone()
    }

    /// The machine takes writes again.
    pub(in crate::store) fn recovered(&self) {
        self.state().trouble = None;
    }

    pub(in crate::store) fn noticed(&self, notices: Vec<Said>) {
        self.state().notices.extend(notices);
    }

    /// What was put right since this was last asked.
    pub fn take_notices(&self) -> Vec<Said> {
        std::mem::take(&mut self.state().notices)
    }

    /// Takes drafts in, gives them their sequences and the links to the entries before.
    pub fn submit(
        &self,
        records: &Records,
        epoch: Option<u64>,
        change: Change,
    ) -> Result<Handed, StoreError> {
        let mut state = self.state();
        if state.closed {
            return Err(StoreError::Closed);
        }
        if epoch.is_some_and(|epoch| epoch != state.epoch) {
            return Err(StoreError::Superseded);
        }
        let (promise, ticket) = pair();
        let mut fresh: HashMap<Key, Staged> = HashMap::new();
        let Change { hand, pages, drafts, turn } = change;
        let mut seq = state.next_seq + pages.len() as u64;
        let (entries, encoded) = (Vec::new(), Vec::new());
        let mut submission = Submission { hand, pages, turn, entries, encoded, promise };
        for draft in drafts {
            let before = |key: &Key| match fresh.get(key).or_else(|| state.staged.get(key)) {
                Some(staged) => Ok(staged.seq),
                None => records.last_seq(key),
            };
            let (mut entry, touched) = link(draft, seq, before, records)?;
            let longest = entry.ops.iter().filter_map(Op::record).map(longest_sheet).max();
            if let Some(bytes) = longest.filter(|bytes| *bytes > SHEET_MAX) {
                let (bytes, limit) = (bytes as u64, SHEET_MAX as u64);
                return Err(StoreError::TooLarge { bytes, limit });
            }
            for record in
                entry.ops.iter_mut().filter_map(Op::kept).filter(|it| longest_sheet(it) > 0)
            {
                let key = records.key(&record.kind, record.id)?;
                let waiting = fresh.get(&key).or_else(|| state.staged.get(&key));
                if let Some(now) = waiting.and_then(|staged| staged.record(record.id)) {
                    name_sheets(record, now);
                }
            }
            let encoded = envelope::encode(&entry);
            if encoded.len() + ROUND > MAX_BODY {
                let (bytes, limit) = (encoded.len() as u64, (MAX_BODY - ROUND) as u64);
                return Err(StoreError::TooLarge { bytes, limit });
            }
            let entry = Arc::new(entry);
            for (key, put) in touched {
                let waiting = || fresh.get(&key).or_else(|| state.staged.get(&key))?.put.clone();
                let put = if put { Some(entry.clone()) } else { waiting() };
                fresh.insert(key, Staged { seq, put });
            }
            submission.entries.push(entry);
            submission.encoded.push(encoded);
            seq += 1;
        }
        state.next_seq = seq;
        let entries = submission.entries.clone();
        state.staged.extend(fresh);
        state.put(Job::Write(submission));
        let (held, spent) = (state.is_held(), std::mem::take(&mut state.spent));
        drop(state);
        drop(spent);
        if !held {
            self.wake.notify_one();
        }
        Ok(Handed { ticket, entries })
    }

    /// The newest version of a record that waits to be saved.
    pub fn staged(&self, key: &Key, id: RecordId) -> Option<Stored> {
        let state = self.state();
        let staged = state.staged.get(key)?;
        let record = staged.record(id)?.clone();
        Some(Stored { record, last_seq: staged.seq })
    }

    /// Asks for a checkpoint after everything already waiting.
    pub fn checkpoint(&self) -> Ticket<()> {
        let (promise, ticket) = pair();
        self.push(Job::Checkpoint(promise));
        ticket
    }

    /// Asks for the table to be built anew, for a reason of the asker's own or because it failed.
    pub fn rebuild(&self, why: Option<StoreError>) -> Ticket<Vec<Said>> {
        let (promise, ticket) = pair();
        self.push(Job::Mend(why, Some(promise)));
        ticket
    }

    /// Asks for a failed table to be built anew; nobody waits for it.
    pub fn mend(&self) {
        self.push(Job::Mend(None, None));
    }

    /// Asks for the table to be copied into a fresh one without what it no longer needs.
    pub fn compact(&self) -> Ticket<Vec<Said>> {
        let (promise, ticket) = pair();
        self.push(Job::Compact(promise));
        ticket
    }

    /// Asks for entries to be replaced by their rests, whose page is written.
    pub fn erase(&self, rests: Rests) -> Ticket<()> {
        let (promise, ticket) = pair();
        self.push(Job::Erase(rests, promise));
        ticket
    }

    /// Asks to try again what the machine refused.
    pub fn retry(&self) -> Ticket<()> {
        let (promise, ticket) = pair();
        self.push(Job::Retry(promise));
        ticket
    }

    /// A job for a closed queue is dropped, which tells its ticket so.
    pub(in crate::store) fn push(&self, job: Job) {
        let mut state = self.state();
        if !state.closed {
            state.put(job);
        }
        drop(state);
        self.wake.notify_one();
    }

    /// Takes no more; what waits is still written.
    pub fn close(&self) {
        self.state().closed = true;
        self.wake.notify_one();
    }

    /// Forgets what waits; its tickets resolve as they are dropped.
    pub(in crate::store) fn clear(&self) {
        let mut state = self.state();
        state.jobs.clear();
        state.recount();
    }

    /// The next job, or several submissions that are written together; nothing when closed.
    pub(in crate::store) fn next(&self) -> Option<Work> {
        let mut state = self.state();
        loop {
            if state.is_held() {
                state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let mut batch = Vec::new();
            let mut bytes = 0;
            let mut other = None;
            while let Some(job) = state.jobs.pop_front() {
                match job {
                    Job::Write(submission) => {
                        bytes += submission.size();
                        batch.push(submission);
                        if bytes >= BATCH_BYTES {
                            break;
                        }
                    }
                    job if batch.is_empty() => {
                        other = Some(Work::Other(job));
                        break;
                    }
                    job => {
                        state.jobs.push_front(job);
                        break;
                    }
                }
            }
            state.recount();
            if other.is_some() {
                return other;
            }
            if !batch.is_empty() {
                return Some(Work::Batch(batch));
            }
            if state.closed {
                return None;
            }
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Lets the writer wait for more that is to be written together.
    pub fn together(&self) -> Together<'_> {
        self.state().held += 1;
        Together(self)
    }

    pub(in crate::store) fn idle(&self) -> bool {
        self.state().jobs.is_empty()
    }

    /// A batch is saved and in the table: it need not be remembered here.
    /// Gives the promises to be kept.
    pub(in crate::store) fn saved(
        &self,
        batch: Vec<Submission>,
    ) -> Vec<(Promise<Vec<u64>>, Vec<u64>)> {
        let last = batch.iter().flat_map(|submission| &submission.entries).map(|e| e.seq).max();
        let mut state = self.state();
        state.trouble = None;
        let kept = batch.into_iter().map(|submission| {
            let Submission { promise, entries, .. } = submission;
            let seqs = entries.iter().map(|entry| entry.seq).collect();
            state.spent.extend(entries);
            (promise, seqs)
        });
        let kept = kept.collect();
        state.staged.retain(|_, staged| Some(staged.seq) > last);
        kept
    }

    /// A batch was not saved: everything after it is refused too, and sequences go back.
    pub(in crate::store) fn refused(&self, next_seq: u64, why: &StoreError) -> Vec<Submission> {
        let mut state = self.state();
        let jobs = std::mem::take(&mut state.jobs);
        let mut behind = Vec::new();
        for job in jobs {
            match job {
                Job::Write(submission) => behind.push(submission),
                other => state.jobs.push_back(other),
            }
        }
        state.recount();
        state.staged.clear();
        state.next_seq = next_seq;
        state.epoch += 1;
        state.trouble = Some(why.clone());
        behind
    }
}

/// Bytes of the longest sheet a record brings; 0 for one that brings none.
fn longest_sheet(record: &Record) -> usize {
    let texts = record.moves.iter().filter_map(|made| made.sheet.as_ref()?.text());
    texts.map(str::len).max().unwrap_or(0)
}

/// Sheets a record had before are named; their texts are in the entries that brought them.
fn name_sheets(record: &mut Record, before: &Record) {
    for (made, had) in record.moves.iter_mut().zip(&before.moves) {
        if let Some(sheet) = made.sheet.as_mut().filter(|sheet| had.sheet.as_ref() == Some(*sheet))
        {
            sheet.drop_text();
        }
    }
}

/// An entry from its draft, and the records it touches: true for those it changes.
fn link(
    draft: NewEntry,
    seq: u64,
    before: impl Fn(&Key) -> Result<u64, StoreError>,
    records: &Records,
) -> Result<(Entry, BTreeMap<Key, bool>), StoreError> {
    let mut touched: BTreeMap<Key, bool> = BTreeMap::new();
    let mut previous = |kind: &str, id, put: bool| {
        let key = records.key(kind, id)?;
        let previous = if touched.contains_key(&key) { seq } else { before(&key)? };
        // A look at a record that is not there leaves nothing to link.
        if put || previous != 0 {
            *touched.entry(key).or_default() |= put;
        }
        Ok::<_, StoreError>(previous)
    };
    let mut ops = Vec::with_capacity(draft.ops.len());
    for op in draft.ops {
        ops.push(match op {
            NewOp::Put(record) => {
                let previous = previous(&record.kind, record.id, true)?;
                Op::Put { record, previous }
            }
            NewOp::Seen { kind, id, fields } => {
                let previous = previous(&kind, id, false)?;
                Op::Seen { kind, id, fields, previous }
            }
            NewOp::Note(note) => Op::Note(note),
        });
    }
    let NewEntry { time, actor, origin, command, reason, .. } = draft;
    Ok((Entry { seq, time, actor, origin, command, ops, reason }, touched))
}

/// What the writer thread does next.
pub(in crate::store) enum Work {
    Batch(Vec<Submission>),
    Other(Job),
}
