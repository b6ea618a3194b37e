//! The records: the table, how far it is, and what brings it up from the journal.
//!
//! Entries are applied by the writer thread alone; every thread reads. When the table fails, it is
//! set aside and built anew from the journal, never written over.

use super::KindCodes;
use super::checkpoint::{Checkpoint, Sentinels};
use super::disk;
use super::entry::{Entry, Op};
use super::error::StoreError;
use super::reader::JournalReader;
use super::seal::{DataKey, Purpose, Seal};
use super::table::{self, Applied, BATCH_OPS, Key, Stored, Table};
use crate::record::RecordId;
use crate::said;
use crate::words::Said;
use std::borrow::Borrow;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

/// The folder of the table in the data folder.
pub const RECORDS_DIR: &str = "records";
/// Rows read at a time while walking.
const PAGE: usize = 256;

/// How far the table is, and what a walk over it must take into account.
struct State {
    applied: Applied,
    /// While a walk runs: records changed since it began, with their sequence at its beginning.
    changed: Option<HashMap<Key, u64>>,
}

/// The table of records and its state.
pub struct Records {
    dir: PathBuf,
    seal: Seal,
    journal_seal: Seal,
    codes: KindCodes,
    table: RwLock<Option<Table>>,
    state: Mutex<State>,
    /// Why the table is neither read nor written until it is built anew.
    failed: Mutex<Option<StoreError>>,
}

/// What a walk over all records found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walk {
    /// Records given.
    pub records: u64,
    /// What was found wrong and put right on the way: the table was built anew, and every record
    /// was given again.
    pub notices: Vec<Said>,
}

impl Records {
    /// Makes the empty table of a new station.
    pub fn create(dir: &Path, key: &DataKey, codes: KindCodes) -> Result<Self, StoreError> {
        let seal = key.seal(Purpose::Records);
        let table = Table::create(&dir.join(RECORDS_DIR), seal)?;
        Ok(Self::over(dir, key, codes, Some(table), Applied::default()))
    }

    /// Opens the table as far as that goes, before the journal is opened: how far the table is
    /// tells what the journal must hold. A table that cannot be opened is left alone for now.
    pub fn open(dir: &Path, key: &DataKey, codes: KindCodes) -> Self {
        match Table::open(&dir.join(RECORDS_DIR), key.seal(Purpose::Records)) {
            Ok((table, applied)) => Self::over(dir, key, codes, Some(table), applied),
            Err(error) => {
                let records = Self::over(dir, key, codes, None, Applied::default());
                records.fail(&error);
                records
            }
        }
    }

    fn over(
        dir: &Path,
        key: &DataKey,
        codes: KindCodes,
        table: Option<Table>,
        applied: Applied,
    ) -> Self {
        Self {
            dir: dir.to_path_buf(),
            seal: key.seal(Purpose::Records),
            journal_seal: key.seal(Purpose::Journal),
            codes,
            table: RwLock::new(table),
            state: Mutex::new(State { applied, changed: None }),
            failed: Mutex::new(None),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last entry the table holds.
    pub fn applied(&self) -> u64 {
        self.state().applied.seq
    }

    /// What the table should hold.
    pub fn sentinels(&self) -> Sentinels {
        self.state().applied.kinds.clone()
    }

    /// Why the table cannot be used, if so.
    pub fn trouble(&self) -> Option<StoreError> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn fail(&self, error: &StoreError) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.get_or_insert_with(|| error.clone());
    }

    /// The key of a record.
    ///
    /// # Errors
    /// [`StoreError::UnknownKind`].
    pub fn key(&self, kind: &str, id: RecordId) -> Result<Key, StoreError> {
        let code = (self.codes)(kind).ok_or_else(|| StoreError::UnknownKind(kind.to_string()))?;
        Ok(Key::new(code, id))
    }

    /// Works with the open table.
    pub fn with<T>(
        &self,
        work: impl FnOnce(&Table) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        match (&*table, self.trouble()) {
            (_, Some(error)) => Err(error),
            (Some(table), None) => work(table),
            (None, None) => Err(StoreError::Closed),
        }
    }

    /// Compares the table with its checkpoint, brings it up to the journal's end, and builds it
    /// anew when that fails. Says what it had to do.
    ///
    /// # Errors
    /// What the journal gives, or a table that cannot even be made.
    pub fn catch_up(
        &self,
        journal: &JournalReader,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<Vec<Said>, StoreError> {
        let compared = match (self.trouble(), checkpoint) {
            (Some(error), _) => Err(error),
            (None, Some(checkpoint)) => self.compare(checkpoint),
            (None, None) => Ok(()),
        };
        match compared.and_then(|()| self.with(|table| self.replay(table, journal, Links::MustFit)))
        {
            Ok(()) => Ok(Vec::new()),
            Err(error @ StoreError::Records(_)) => self.rebuild(journal, &error),
            Err(error) => Err(error),
        }
    }

    /// A table behind its checkpoint, or that differs from it, has lost something.
    fn compare(&self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        let state = self.state();
        let (applied, position) = (&state.applied, &checkpoint.position);
        let lost = applied.seq < position.seq
            || applied.seq == position.seq
                && applied.part == 0
                && applied.kinds != checkpoint.kinds;
        if lost {
            Err(StoreError::Records(Said::fixed(
                "缺少已确认的内容",
                "it lacks what it had confirmed",
            )))
        } else {
            Ok(())
        }
    }

    /// Applies to `table` what the journal has and the table has not.
    fn replay(
        &self,
        table: &Table,
        journal: &JournalReader,
        links: Links,
    ) -> Result<(), StoreError> {
        let mut pending = Vec::new();
        let mut ops = 0;
        let head = journal.end().seq;
        let from = self.applied() + 1;
        journal.entries(&self.journal_seal, from, |entry| {
            ops += entry.ops.len();
            pending.push(entry);
            if ops >= BATCH_OPS {
                self.apply_to(table, &std::mem::take(&mut pending), links)?;
                ops = 0;
            }
            Ok(ControlFlow::Continue(()))
        })?;
        self.apply_to(table, &pending, links)?;
        // Erased entries at the end have nothing to apply, but they are behind us.
        let mut state = self.state();
        state.applied.seq = state.applied.seq.max(head);
        Ok(())
    }

    /// Sets the table aside and builds a new one from the journal. Readers wait. Only the writer
    /// thread, or opening, may do this.
    ///
    /// # Errors
    /// What the journal gives, or the machine.
    pub fn rebuild(
        &self,
        journal: &JournalReader,
        why: &StoreError,
    ) -> Result<Vec<Said>, StoreError> {
        // Nothing is moved before it is certain that the journal can give everything back.
        journal.entries(&self.journal_seal, 1, |_| Ok(ControlFlow::Continue(())))?;
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        // sled lets go of its files before they are moved.
        drop(table.take());
        Checkpoint::remove(&self.dir)?;
        let aside = self.set_aside()?;
        let fresh = Table::create(&self.dir.join(RECORDS_DIR), self.seal.clone())?;
        *self.state() = State { applied: Applied::default(), changed: None };
        let built = self.replay(&fresh, journal, Links::AsTheyAre);
        *table = Some(fresh);
        if let Err(error) = built {
            self.fail(&error);
            return Err(error);
        }
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = None;
        drop(table);
        let entries = journal.end().seq;
        let Said { zh, en } = match why {
            StoreError::Records(detail) => detail.clone(),
            other => other.said(),
        };
        Ok(vec![match aside {
            Some(aside) => said!(
                "记录表有问题（{zh}），已原样移到 {aside}，并用日志中的 {entries} 条记载重建，没有丢失",
                "The table of records was not right ({en}); it was moved to {aside} as it is and built anew from the {entries} entries of the journal, nothing is lost"
            ),
            None => said!(
                "没有找到记录表，已用日志中的 {entries} 条记载重建",
                "There was no table of records; it was built from the {entries} entries of the journal"
            ),
        }])
    }

    /// Moves the table's folder out of the way and gives its new name.
    fn set_aside(&self) -> Result<Option<String>, StoreError> {
        let from = self.dir.join(RECORDS_DIR);
        if !from.exists() {
            return Ok(None);
        }
        for number in 1u32.. {
            let name = format!("{RECORDS_DIR}.aside-{number}");
            let to = self.dir.join(&name);
            if !to.exists() {
                disk::rename(&from, &to)?;
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    /// Applies entries that are on the disk. They are applied in batches of at most 100
    /// operations, each exactly once, wherever a crash falls.
    pub fn apply(&self, entries: &[impl Borrow<Entry>]) -> Result<(), StoreError> {
        self.with(|table| self.apply_to(table, entries, Links::MustFit))
    }

    fn apply_to(
        &self,
        table: &Table,
        entries: &[impl Borrow<Entry>],
        links: Links,
    ) -> Result<(), StoreError> {
        let mut state = self.state();
        if entries.is_empty() {
            return Ok(());
        }
        let rows = HashMap::new();
        let mut batch = Batch { records: self, table, state: &mut state, rows, links };
        let done = entries
            .iter()
            .try_for_each(|entry| batch.entry(entry.borrow()))
            .and_then(|()| batch.commit());
        if let Err(error) = &done {
            self.fail(error);
        }
        done
    }

    /// Flushes the table and writes down what it should hold.
    pub fn checkpoint(&self, journal: &JournalReader) -> Result<(), StoreError> {
        let position = journal.position();
        let (seq, kinds) = {
            let state = self.state();
            (state.applied.seq, state.applied.kinds.clone())
        };
        if seq != position.seq {
            return Err(StoreError::Records(Said::fixed("落后于日志", "it is behind the journal")));
        }
        self.with(Table::sync)?;
        Checkpoint { position, kinds }.save(&self.dir)
    }

    /// Gives every record once, counting as it goes, and compares with the sentinels at the end.
    /// Writers are not held up: what they change meanwhile is taken into account.
    ///
    /// # Errors
    /// [`StoreError::Records`] when rows are missing, stale or unreadable.
    pub fn walk(&self, each: &mut dyn FnMut(Stored)) -> Result<u64, StoreError> {
        let expected = {
            let mut state = self.state();
            state.changed = Some(HashMap::new());
            (state.applied.seq, state.applied.kinds.clone())
        };
        let walked = self.walk_pages(expected.0, each);
        let changed = self.state().changed.take();
        let (count, mut found, newer) = walked?;
        let changed = changed.unwrap_or_default();
        for key in newer {
            match changed.get(&key) {
                Some(0) | None => {}
                Some(before) => found.entry(key.code()).or_default().add(&key, *before),
            }
        }
        let mut expected = expected.1;
        expected.retain(|_, sentinel| sentinel.count > 0);
        if found == expected {
            Ok(count)
        } else {
            Err(StoreError::Records(Said::fixed(
                "有记录缺失或过时",
                "records are missing or stale",
            )))
        }
    }

    fn walk_pages(
        &self,
        start: u64,
        each: &mut dyn FnMut(Stored),
    ) -> Result<(u64, Sentinels, Vec<Key>), StoreError> {
        let (mut count, mut found, mut newer) = (0, Sentinels::new(), Vec::new());
        let mut after = None;
        loop {
            let page = self.with(|table| table.page(after.as_ref(), None, PAGE))?;
            let Some((last, _)) = page.last() else { return Ok((count, found, newer)) };
            after = Some(*last);
            for (key, stored) in page {
                if stored.last_seq > start {
                    newer.push(key);
                } else {
                    found.entry(key.code()).or_default().add(&key, stored.last_seq);
                }
                count += 1;
                each(stored);
            }
        }
    }
}

/// Whether an entry's link to the entry before must be the one the table has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Links {
    /// A row that is older than its link says, or missing, means the table has lost something.
    MustFit,
    /// The journal is all there is to go by.
    AsTheyAre,
}

/// Rows gathered for one sled batch.
struct Batch<'a> {
    records: &'a Records,
    table: &'a Table,
    state: &'a mut State,
    rows: HashMap<Key, Vec<u8>>,
    links: Links,
}

impl Batch<'_> {
    fn entry(&mut self, entry: &Entry) -> Result<(), StoreError> {
        if entry.seq <= self.state.applied.seq {
            return Ok(());
        }
        let done = usize::try_from(self.state.applied.part).unwrap_or(usize::MAX);
        for (at, op) in entry.ops.iter().enumerate().skip(done) {
            // One place is kept for the row that says how far the table is.
            if self.rows.len() >= BATCH_OPS - 1 {
                self.commit()?;
            }
            self.op(op, entry)?;
            self.state.applied.part = u32::try_from(at + 1).unwrap_or(u32::MAX);
        }
        self.state.applied.seq = entry.seq;
        self.state.applied.part = 0;
        Ok(())
    }

    fn op(&mut self, op: &Op, entry: &Entry) -> Result<(), StoreError> {
        let Some((kind, id, previous)) = op.touches() else { return Ok(()) };
        let key = self.records.key(kind, id)?;
        let before = match self.rows.get(&key) {
            Some(value) => table::last_seq(value),
            None => self.table.last_seq(&key)?,
        };
        if before != previous && self.links == Links::MustFit {
            return Err(StoreError::Records(Said::fixed("有记录过时", "a record is stale")));
        }
        let value = match op {
            Op::Put { record, .. } => self.table.value(&key, record, entry.seq)?,
            _ => {
                let now = match self.rows.get(&key) {
                    Some(value) => Some(self.table.read(&key, value)?),
                    None => self.table.get(&key)?,
                };
                // A look at a record that is not there leaves nothing to link.
                let Some(now) = now else { return Ok(()) };
                self.table.value(&key, &now.record, entry.seq)?
            }
        };
        let sentinel = self.state.applied.kinds.entry(key.code()).or_default();
        if before != 0 {
            sentinel.remove(&key, before);
        }
        sentinel.add(&key, entry.seq);
        if let Some(changed) = &mut self.state.changed {
            changed.entry(key).or_insert(before);
        }
        self.rows.insert(key, value);
        Ok(())
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.table.apply(self.rows.drain(), &self.state.applied)
    }
}
