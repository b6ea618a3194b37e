//! The one thread that writes.
//!
//! Submissions that wait together share one write and one `fdatasync`; then the table is brought up,
//! then the tickets resolve. When the disk refuses, everything waiting is refused; the next
//! submission tries again.
//!
//! A table that fails, or has grown far beyond its records, is built anew on a thread of its own
//! while saving goes on; only putting it in its place is the writer's.

use super::change::Hand;
use super::queue::{Job, Queue, Submission, Work};
use super::ticket::{Promise, pair};
use crate::store::Told;
use crate::store::error::{Doing, StoreError, io};
use crate::store::journal::appending::Journal;
use crate::store::journal::entry::Entry;
use crate::store::journal::group::{Outgoing, Run, What};
use crate::store::journal::rests::Rests;
use crate::store::keys::{DataKeys, Signer};
use crate::store::progress::Progress;
use crate::store::table::building::Built;
use crate::store::table::records::Records;
use crate::words::Said;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;

/// A table whose files take more than this many times the bytes of its rows is compacted.
const GROWN: u64 = 3;
/// A checkpoint after this many entries, once the queue is empty.
const CHECKPOINT_ENTRIES: u64 = 2_000;
/// And after this many whatever the queue.
const CHECKPOINT_AT_LATEST: u64 = 20_000;

/// The writer thread's own part.
pub struct Writer {
    pub(in crate::store) journal: Journal,
    pub(in crate::store) keys: DataKeys,
    /// The station's own hand; another with each epoch.
    pub(in crate::store) station: Arc<RwLock<Signer>>,
    pub(in crate::store) records: Arc<Records>,
    pub(in crate::store) queue: Arc<Queue>,
    /// The last entry a checkpoint covers.
    pub(in crate::store) checkpointed: u64,
    /// How far long work is.
    pub(in crate::store) progress: Arc<Progress>,
    /// Tells whoever shows what is kept that something of it changed by itself.
    pub(in crate::store) told: Told,
    /// No table smaller than this is compacted.
    pub(in crate::store) compact_above: u64,
    pub(in crate::store) building: Option<Building>,
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
        self.queue.clear();
    }

    fn work(&mut self) {
        while let Some(work) = self.queue.next() {
            match work {
                Work::Batch(batch) => self.batch(batch),
                Work::Other(Job::Checkpoint(promise)) => promise.keep(self.checkpoint()),
                Work::Other(Job::Mend(why, promise)) => {
                    if let Some(why) = &why {
                        self.records.fail(why);
                    }
                    self.mend(promise);
                }
                Work::Other(Job::Compact(promise)) => self.compact(promise),
                Work::Other(Job::Built(built)) => self.built(built),
                Work::Other(Job::Retry(promise)) => promise.keep(self.retry()),
                Work::Other(Job::Erase(rests, promise)) => promise.keep(self.erase(&rests)),
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

    /// Writes old segments anew. The place opening starts from has moved with them.
    fn erase(&mut self, rests: &Rests) -> Result<(), StoreError> {
        self.journal.replace(rests)?;
        self.checkpointed = 0;
        let _ = self.checkpoint();
        Ok(())
    }

    fn checkpoint(&mut self) -> Result<(), StoreError> {
        let end = self.journal.reader().end().seq;
        if end == self.checkpointed {
            return Ok(());
        }
        self.records.checkpoint(&self.journal.reader())?;
        self.checkpointed = end;
        let (size, live) = self.records.sizes();
        if size > self.compact_above.max(live.saturating_mul(GROWN)) {
            let (promise, _nobody) = pair();
            // A table that a copy makes no smaller is left in peace until it has grown again.
            self.compact_above = self.compact_above.max(size);
            self.compact(promise);
        }
        Ok(())
    }

    /// Has a failed table built anew, or joins those who wait for one.
    fn mend(&mut self, promise: Option<Promise<Vec<Said>>>) {
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
            queue.push(Job::Built(built.map(Box::new)));
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

    fn built(&mut self, built: Result<Box<Built>, StoreError>) {
        let Some(building) = self.building.take() else { return };
        let _ = building.thread.join();
        let journal = self.journal.reader();
        let done =
            built.and_then(|built| self.records.put_in_place(*built, &journal, &self.progress));
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
        self.mend(None);
        Ok(())
    }

    fn batch(&mut self, batch: Vec<Submission>) {
        let turned = batch.iter().find_map(|submission| submission.turn.as_ref());
        if let Some(turn) = turned {
            self.keys.prepare(turn.key.clone());
        }
        let written = self.journal.append(&self.keys, &self.outgoing(&batch));
        self.keys.begin(written.is_ok());
        if let Err(error) = written {
            let next_seq = self.journal.reader().end().seq + 1;
            let behind = self.queue.refused(next_seq, &error);
            for submission in batch.into_iter().chain(behind) {
                submission.promise.keep(Err(error.clone()));
            }
            return;
        }
        if let Some(turn) = turned {
            let mut station = self.station.write().unwrap_or_else(PoisonError::into_inner);
            *station = turn.station.signer();
        }
        let entries: Vec<&Entry> = batch
            .iter()
            .flat_map(|submission| submission.entries.iter().map(AsRef::as_ref))
            .collect();
        // The entries are saved whatever becomes of the table: one that fails is built anew.
        self.records.apply(&entries);
        for (promise, seqs) in self.queue.saved(batch) {
            promise.keep(Ok(seqs));
        }
        if self.records.trouble().is_some_and(|why| matches!(why, StoreError::Records(_))) {
            self.mend(None);
        }
    }

    /// The frames of a batch: the pages of each submission, then its entries in blocks. Entries of
    /// one hand that follow one another share a block, whatever submission they came with.
    fn outgoing<'a>(&self, batch: &'a [Submission]) -> Vec<Outgoing<'a>> {
        let mut station = self.station.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut epoch = self.keys.newest();
        let mut outgoing = Vec::new();
        let mut run = Run::new(station.clone(), epoch);
        for submission in batch {
            if !submission.pages.is_empty() {
                outgoing.extend(run.cut());
            }
            for (signer, page) in &submission.pages {
                let signer = signer.clone();
                outgoing.push(Outgoing { signer, more: true, what: What::Page(page) });
            }
            if let Some(turn) = &submission.turn {
                (epoch, station) = (epoch + 1, turn.station.signer());
            }
            let signer = match &submission.hand {
                Hand::Station => &station,
                Hand::Person(signer) => signer,
            };
            if run.signer != *signer || run.epoch != epoch {
                outgoing.extend(run.cut());
                run = Run::new(signer.clone(), epoch);
            }
            let last = submission.encoded.len().saturating_sub(1);
            for (at, encoded) in submission.encoded.iter().enumerate() {
                outgoing.extend(run.push(encoded, at < last));
            }
            // A submission of pages alone ends with the last of them.
            if let Some(page) = outgoing.last_mut().filter(|_| submission.encoded.is_empty()) {
                page.more = false;
            }
        }
        outgoing.extend(run.cut());
        outgoing
    }
}
