//! The one thread that writes, and the queue before it.
//!
//! A submission gets its sequences when it is handed in. Submissions that wait together share one
//! write and one `fdatasync`; then the table is brought up, then the tickets resolve. When the disk
//! refuses, everything waiting is refused with it, since later submissions build on earlier ones;
//! the next submission tries again.
//!
//! A table that fails, or has grown far beyond its records, is built anew on a thread of its own
//! while saving goes on; only putting it in its place is the writer's.

use super::Told;
use super::building::Built;
use super::entry::{self, Draft, DraftOp, Entry, Op};
use super::error::{Doing, StoreError, io};
use super::frame::MAX_PAYLOAD;
use super::journal::{Journal, Sealed};
use super::progress::Progress;
use super::records::Records;
use super::seal::{OVERHEAD, Seal};
use super::table::{Key, Stored};
use super::ticket::{Promise, Ticket, pair};
use crate::record::RecordId;
use crate::words::Said;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// At most this many encoded bytes go into one write, unless one submission is larger.
const BATCH_BYTES: usize = 8 * 1024 * 1024;
/// A table whose files take more than this many times the bytes of its rows is compacted.
const GROWN: u64 = 3;
/// A checkpoint after this many entries, once the queue is empty.
const CHECKPOINT_ENTRIES: u64 = 2_000;
/// And after this many whatever the queue.
const CHECKPOINT_AT_LATEST: u64 = 20_000;

/// One submission on its way.
struct Submission {
    entries: Vec<Arc<Entry>>,
    encoded: Vec<Vec<u8>>,
    promise: Promise<Vec<u64>>,
}

enum Job {
    Write(Submission),
    Checkpoint(Promise<()>),
    /// Build the table anew and tell what was done; the reason where there is one already.
    Mend(Option<StoreError>, Option<Promise<Vec<Said>>>),
    Compact(Promise<Vec<Said>>),
    /// A table built beside is there, or is not to be had.
    Built(Result<Built, StoreError>),
    /// The machine may have recovered: try again what it refused.
    Retry(Promise<()>),
}

/// A record touched by something in the queue, not yet on the disk.
struct Staged {
    /// The last entry waiting that touches it.
    seq: u64,
    /// The last entry waiting that changes it.
    put: Option<Arc<Entry>>,
}

struct State {
    jobs: VecDeque<Job>,
    next_seq: u64,
    staged: HashMap<Key, Staged>,
    epoch: u64,
    trouble: Option<StoreError>,
    /// What was put right at work, until somebody takes it.
    notices: Vec<Said>,
    closed: bool,
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
            staged: HashMap::new(),
            epoch: 0,
            trouble: None,
            notices: Vec::new(),
            closed: false,
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
    fn recovered(&self) {
        self.state().trouble = None;
    }

    fn noticed(&self, notices: Vec<Said>) {
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
        drafts: Vec<Draft>,
    ) -> Result<Ticket<Vec<u64>>, StoreError> {
        let mut state = self.state();
        if state.closed {
            return Err(StoreError::Closed);
        }
        if epoch.is_some_and(|epoch| epoch != state.epoch) {
            return Err(StoreError::Superseded);
        }
        let (promise, ticket) = pair();
        let mut fresh: HashMap<Key, Staged> = HashMap::new();
        let mut submission = Submission { entries: Vec::new(), encoded: Vec::new(), promise };
        let mut seq = state.next_seq;
        for draft in drafts {
            let before = |key: &Key| match fresh.get(key).or_else(|| state.staged.get(key)) {
                Some(staged) => Ok(staged.seq),
                None => records.last_seq(key),
            };
            let (entry, touched) = link(draft, seq, before, records)?;
            let encoded = entry::encode(&entry)?;
            if encoded.len() + OVERHEAD > MAX_PAYLOAD {
                let (bytes, limit) = (encoded.len() as u64, (MAX_PAYLOAD - OVERHEAD) as u64);
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
        state.staged.extend(fresh);
        state.jobs.push_back(Job::Write(submission));
        drop(state);
        self.wake.notify_one();
        Ok(ticket)
    }

    /// The newest version of a record that waits to be saved.
    pub fn staged(&self, key: &Key, id: RecordId) -> Option<Stored> {
        let state = self.state();
        let staged = state.staged.get(key)?;
        staged.put.as_ref()?.ops.iter().rev().find_map(|op| match op {
            Op::Put { record, .. } if record.id == id => {
                Some(Stored { record: record.clone(), last_seq: staged.seq })
            }
            _ => None,
        })
    }

    /// Asks for a checkpoint behind everything already waiting.
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

    /// Asks to try again what the machine refused.
    pub fn retry(&self) -> Ticket<()> {
        let (promise, ticket) = pair();
        self.push(Job::Retry(promise));
        ticket
    }

    /// A job for a closed queue is dropped, which tells its ticket so.
    fn push(&self, job: Job) {
        let mut state = self.state();
        if !state.closed {
            state.jobs.push_back(job);
        }
        drop(state);
        self.wake.notify_one();
    }

    /// Takes no more; what waits is still written.
    pub fn close(&self) {
        self.state().closed = true;
        self.wake.notify_one();
    }

    /// The next job, or several submissions that are written together; nothing when closed.
    fn next(&self) -> Option<Work> {
        let mut state = self.state();
        loop {
            let mut batch = Vec::new();
            let mut bytes = 0;
            while let Some(job) = state.jobs.pop_front() {
                match job {
                    Job::Write(submission) => {
                        bytes += submission.encoded.iter().map(Vec::len).sum::<usize>();
                        batch.push(submission);
                        if bytes >= BATCH_BYTES {
                            break;
                        }
                    }
                    other if batch.is_empty() => return Some(Work::Other(other)),
                    other => {
                        state.jobs.push_front(other);
                        break;
                    }
                }
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

    fn idle(&self) -> bool {
        self.state().jobs.is_empty()
    }

    /// A batch is saved and in the table: it need not be remembered here.
    fn saved(&self, batch: &[Submission]) {
        let last = batch.iter().flat_map(|submission| &submission.entries).map(|e| e.seq).max();
        let mut state = self.state();
        state.trouble = None;
        state.staged.retain(|_, staged| Some(staged.seq) > last);
    }

    /// A batch was not saved: everything behind it is refused too, and sequences go back.
    fn refused(&self, next_seq: u64, why: &StoreError) -> Vec<Submission> {
        let mut state = self.state();
        let jobs = std::mem::take(&mut state.jobs);
        let mut behind = Vec::new();
        for job in jobs {
            match job {
                Job::Write(submission) => behind.push(submission),
                other => state.jobs.push_back(other),
            }
        }
        state.staged.clear();
        state.next_seq = next_seq;
        state.epoch += 1;
        state.trouble = Some(why.clone());
        behind
    }
}

/// An entry from its draft, and the records it touches: true for those it changes.
fn link(
    draft: Draft,
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
            DraftOp::Put(record) => {
                let previous = previous(&record.kind, record.id, true)?;
                Op::Put { record, previous }
            }
            DraftOp::Seen { kind, id, fields } => {
                let previous = previous(&kind, id, false)?;
                Op::Seen { kind, id, fields, previous }
            }
            DraftOp::Note(note) => Op::Note(note),
        });
    }
    let Draft { time, actor, origin, command, reason, .. } = draft;
    Ok((Entry { seq, time, actor, origin, command, ops, reason }, touched))
}

enum Work {
    Batch(Vec<Submission>),
    Other(Job),
}

/// The writer thread's own part.
pub struct Writer {
    pub(super) journal: Journal,
    pub(super) seal: Seal,
    pub(super) records: Arc<Records>,
    pub(super) queue: Arc<Queue>,
    /// The last entry a checkpoint covers.
    pub(super) checkpointed: u64,
    /// How far long work is.
    pub(super) progress: Arc<Progress>,
    /// Tells whoever shows what is kept that something of it changed by itself.
    pub(super) told: Told,
    /// No table smaller than this is compacted.
    pub(super) compact_above: u64,
    pub(super) building: Option<Building>,
}

/// A table being built on a thread of its own.
pub struct Building {
    thread: JoinHandle<()>,
    stop: Arc<AtomicBool>,
    waiting: Vec<Promise<Vec<Said>>>,
}

impl Writer {
    /// Works until the queue is closed and empty, then makes a last checkpoint.
    pub fn run(mut self) {
        // Tickets left behind resolve as they are dropped; the queue takes no more.
        let _ = catch_unwind(AssertUnwindSafe(|| self.work()));
        self.queue.close();
        self.queue.state().jobs.clear();
    }

    fn work(&mut self) {
        while let Some(work) = self.queue.next() {
            match work {
                Work::Batch(batch) => self.batch(batch),
                Work::Other(Job::Checkpoint(promise)) => promise.keep(self.checkpoint()),
                Work::Other(Job::Mend(why, promise)) => self.mend(why, promise),
                Work::Other(Job::Compact(promise)) => self.compact(promise),
                Work::Other(Job::Built(built)) => self.built(built),
                Work::Other(Job::Retry(promise)) => promise.keep(self.retry()),
                Work::Other(Job::Write(submission)) => self.batch(vec![submission]),
            }
            let since = self.journal.reader().end().seq.saturating_sub(self.checkpointed);
            let due = since >= CHECKPOINT_ENTRIES && self.queue.idle();
            if due || since >= CHECKPOINT_AT_LATEST {
                // Without a checkpoint the next opening has more to read, nothing else; it is
                // not tried again before as much has been written once more.
                if self.checkpoint().is_err() {
                    self.checkpointed = self.journal.reader().end().seq;
                }
            }
        }
        if let Some(building) = self.building.take() {
            // The next opening goes on with it.
            building.stop.store(true, Ordering::Relaxed);
            let _ = building.thread.join();
        }
        let _ = self.journal.clean();
        let _ = self.checkpoint();
    }

    fn checkpoint(&mut self) -> Result<(), StoreError> {
        let end = self.journal.reader().end().seq;
        if end == self.checkpointed {
            return Ok(());
        }
        self.records.checkpoint(&self.journal.reader())?;
        self.checkpointed = end;
        let (size, live) = self.records.sizes();
        if live > 0 && size > self.compact_above.max(live.saturating_mul(GROWN)) {
            let (promise, _nobody) = pair();
            // A table that a copy makes no smaller is left in peace until it has grown again.
            self.compact_above = self.compact_above.max(size);
            self.compact(promise);
        }
        Ok(())
    }

    /// Has a failed table built anew, or joins those who wait for one.
    fn mend(&mut self, why: Option<StoreError>, promise: Option<Promise<Vec<Said>>>) {
        if let Some(why) = &why {
            self.records.fail(why);
        }
        let Some(why) = self.records.trouble() else {
            // Somebody else's asking has put it right meanwhile.
            promise.into_iter().for_each(|promise| promise.keep(Ok(Vec::new())));
            return;
        };
        if let Some(building) = &mut self.building {
            building.waiting.extend(promise);
            return;
        }
        let (records, journal) = (self.records.clone(), self.journal.reader());
        self.build(promise, move |progress, stop| records.build(&journal, &why, progress, stop));
    }

    fn compact(&mut self, promise: Promise<Vec<Said>>) {
        if let Some(why) = self.records.trouble() {
            return promise.keep(Err(why));
        }
        if let Some(building) = &mut self.building {
            building.waiting.push(promise);
            return;
        }
        let (records, journal) = (self.records.clone(), self.journal.reader());
        let work = move |progress: &Progress, stop: &AtomicBool| {
            records.build_compact(&journal, progress, stop)
        };
        self.build(Some(promise), work);
    }

    fn build(
        &mut self,
        promise: Option<Promise<Vec<Said>>>,
        work: impl FnOnce(&Progress, &AtomicBool) -> Result<Built, StoreError> + Send + 'static,
    ) {
        let stop = Arc::new(AtomicBool::new(false));
        let (queue, progress, told) =
            (self.queue.clone(), self.progress.clone(), self.told.clone());
        let stopped = stop.clone();
        let thread = std::thread::Builder::new().name("store builder".into()).spawn(move || {
            let built = catch_unwind(AssertUnwindSafe(|| work(&progress, &stopped)));
            let built = built.unwrap_or_else(|_| {
                let why = Said::fixed("重建时中止", "the rebuilding stopped");
                Err(StoreError::Records(why))
            });
            queue.push(Job::Built(built));
        });
        match thread {
            Ok(thread) => {
                let waiting = promise.into_iter().collect();
                self.building = Some(Building { thread, stop, waiting });
                told();
            }
            Err(error) => {
                let error = io(Doing::Writing, Path::new("records"))(error);
                promise.into_iter().for_each(|promise| promise.keep(Err(error.clone())));
            }
        }
    }

    fn built(&mut self, built: Result<Built, StoreError>) {
        let Some(building) = self.building.take() else { return };
        let _ = building.thread.join();
        let journal = self.journal.reader();
        let done =
            built.and_then(|built| self.records.put_in_place(built, &journal, &self.progress));
        if done.is_ok() {
            self.checkpointed = journal.end().seq;
        }
        if let Ok(notices) = &done {
            self.queue.noticed(notices.clone());
        }
        for promise in building.waiting {
            promise.keep(done.clone());
        }
        (self.told)();
    }

    /// Tries again what the machine refused: the journal's end first, then the table.
    fn retry(&mut self) -> Result<(), StoreError> {
        if self.queue.trouble().is_some() {
            self.journal.try_out()?;
            self.queue.recovered();
        }
        let Some(why) = self.records.trouble() else { return Ok(()) };
        if self.building.is_some() {
            return Ok(());
        }
        let machine = matches!(why, StoreError::Io(_));
        if machine {
            self.journal.try_out()?;
        }
        if machine && self.records.open_again(&self.journal.reader(), &self.progress).is_ok() {
            (self.told)();
            return Ok(());
        }
        self.mend(None, None);
        Ok(())
    }

    fn batch(&mut self, batch: Vec<Submission>) {
        let seal = &self.seal;
        let frames = batch.iter().flat_map(|submission| {
            let last = submission.entries.len().saturating_sub(1);
            submission.entries.iter().zip(&submission.encoded).enumerate().map(
                move |(at, (entry, encoded))| {
                    move |before: &blake3::Hash| {
                        let payload = seal.seal(&entry::place(entry.seq, before), encoded)?;
                        Ok(Sealed { seq: entry.seq, more: at < last, payload })
                    }
                },
            )
        });
        if let Err(error) = self.journal.append(frames) {
            let next_seq = self.journal.reader().end().seq + 1;
            let behind = self.queue.refused(next_seq, &error);
            for submission in batch.into_iter().chain(behind) {
                submission.promise.keep(Err(error.clone()));
            }
            return;
        }
        let entries: Vec<&Entry> = batch
            .iter()
            .flat_map(|submission| submission.entries.iter().map(AsRef::as_ref))
            .collect();
        // The entries are saved whatever becomes of the table: one that fails is built anew.
        self.records.apply(&entries);
        self.queue.saved(&batch);
        for submission in batch {
            let seqs = submission.entries.iter().map(|entry| entry.seq).collect();
            submission.promise.keep(Ok(seqs));
        }
        if self.records.trouble().is_some_and(|why| matches!(why, StoreError::Records(_))) {
            self.mend(None, None);
        }
    }
}
