//! The records: the table in use, how far it is, and what becomes of it when it fails.
//!
//! Entries are applied by the writer thread alone; every thread reads. A table that fails at work
//! is still read where it can be; what is saved from then on is laid over it in memory, until a table
//! built beside it (`building.rs`) is put in its place (`mending.rs`).

mod mending;
mod walking;

use super::applying::{self, Links, Target};
use super::building;
use super::checkpoint::Checkpoint;
use super::row::{Key, Stored};
use super::sentinels::Sentinels;
use super::tree::{Applied, Table};
use crate::record::RecordId;
use crate::store::KindCodes;
use crate::store::error::StoreError;
use crate::store::journal::entry::{Entry, Op};
use crate::store::journal::reader::JournalReader;
use crate::store::keys::DataKeys;
use crate::words::Said;
use std::borrow::Borrow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use uuid::Uuid;

/// The table in use.
struct Present {
    generation: u32,
    /// Nothing while it cannot be opened.
    table: Option<Table>,
}

/// How far the table is, and what a walk over it must take into account.
struct State {
    applied: Applied,
    /// While a walk runs: records changed since it began, with their sequence at its beginning.
    changed: Option<HashMap<Key, u64>>,
}

/// A table that failed.
struct Failing {
    why: StoreError,
    /// What has been saved since: the last sequence, and the record where it is known.
    over: HashMap<Key, (u64, Option<Stored>)>,
}

/// The table of records and its state.
pub struct Records {
    dir: PathBuf,
    station: Uuid,
    keys: DataKeys,
    codes: KindCodes,
    present: RwLock<Present>,
    state: Mutex<State>,
    failing: Mutex<Option<Failing>>,
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
    pub fn create(
        dir: &Path,
        station: Uuid,
        keys: &DataKeys,
        codes: KindCodes,
    ) -> Result<Self, StoreError> {
        let table = Table::create(&building::folder(dir, 0), keys.clone())?;
        let present = Present { generation: 0, table: Some(table) };
        Ok(Self::over((dir, station), keys, codes, present, Applied::default()))
    }

    /// Opens the table as far as that goes, before the journal is opened: how far the table is
    /// tells what the journal must hold. A table that cannot be opened is left alone for now.
    /// Without a checkpoint to name it the newest that opens is the one in use.
    pub fn open(
        dir: &Path,
        station: Uuid,
        keys: &DataKeys,
        codes: KindCodes,
        checkpoint: Option<&Checkpoint>,
    ) -> Self {
        let named = checkpoint.map(|checkpoint| checkpoint.generation);
        let at_least = checkpoint.map_or(0, |checkpoint| checkpoint.size);
        let candidates = named.map_or_else(|| building::generations(dir), |named| vec![named]);
        let mut why = StoreError::Records(Said::fixed("没有找到", "it is not there"));
        for (at, &generation) in candidates.iter().enumerate() {
            match building::usable(dir, generation, keys, at_least) {
                Ok((table, applied)) => {
                    let present = Present { generation, table: Some(table) };
                    return Self::over((dir, station), keys, codes, present, applied);
                }
                Err(error) if at == 0 => why = error,
                Err(_) => {}
            }
        }
        let present = Present { generation: candidates.first().copied().unwrap_or(0), table: None };
        let records = Self::over((dir, station), keys, codes, present, Applied::default());
        // Not marked as damaged yet: it may be the key that is another station's.
        *records.failing() = Some(Failing { why, over: HashMap::new() });
        records
    }

    fn over(
        (dir, station): (&Path, Uuid),
        keys: &DataKeys,
        codes: KindCodes,
        present: Present,
        applied: Applied,
    ) -> Self {
        Self {
            dir: dir.to_path_buf(),
            station,
            keys: keys.clone(),
            codes,
            present: RwLock::new(present),
            state: Mutex::new(State { applied, changed: None }),
            failing: Mutex::new(None),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failing(&self) -> MutexGuard<'_, Option<Failing>> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn present(&self) -> RwLockReadGuard<'_, Present> {
        self.present.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self) -> RwLockWriteGuard<'_, Present> {
        self.present.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last entry the table holds.
    pub fn applied(&self) -> u64 {
        self.state().applied.seq
    }

    /// What the table should hold.
    pub fn sentinels(&self) -> Sentinels {
        self.state().applied.kinds.clone()
    }

    /// Why the table has to be built anew, until it is.
    pub fn trouble(&self) -> Option<StoreError> {
        self.failing().as_ref().map(|failing| failing.why.clone())
    }

    /// The table has failed: what is saved from now on is laid over it.
    pub fn fail(&self, why: &StoreError) {
        let mut failing = self.failing();
        if failing.is_none() {
            *failing = Some(Failing { why: why.clone(), over: HashMap::new() });
            drop(failing);
            self.mark(why);
        }
    }

    /// Marks the table in use as damaged; a machine that refuses is no damage of the table's.
    fn mark(&self, why: &StoreError) {
        if matches!(why, StoreError::Records(_)) {
            building::mark_damaged(&self.dir, self.present().generation, why);
        }
    }

    /// The key of a record.
    ///
    /// # Errors
    /// [`StoreError::UnknownKind`].
    pub fn key(&self, kind: &str, id: RecordId) -> Result<Key, StoreError> {
        applying::key(&self.codes, kind, id)
    }

    /// Works with the table in use; what it is to blame for makes it fail.
    ///
    /// # Errors
    /// What `work` gives, or why there is no table.
    pub fn with<T>(
        &self,
        work: impl FnOnce(&Table) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let done = match &self.present().table {
            Some(table) => work(table),
            None => Err(self.trouble().unwrap_or(StoreError::Closed)),
        };
        if let Err(why @ (StoreError::Records(_) | StoreError::Io(_))) = &done {
            self.fail(why);
        }
        done
    }

    /// A record as saved.
    ///
    /// # Errors
    /// When the table cannot read it.
    pub fn get(&self, key: &Key) -> Result<Option<Stored>, StoreError> {
        match self.over_it(key) {
            Some((_, Some(stored))) => Ok(Some(stored)),
            Some((last_seq, None)) => {
                let row = self.with(|table| table.get(key))?;
                Ok(row.map(|stored| Stored { last_seq, ..stored }))
            }
            None => self.with(|table| table.get(key)),
        }
    }

    /// Sequence of the last entry that touched a record; 0 for none.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn last_seq(&self, key: &Key) -> Result<u64, StoreError> {
        match self.over_it(key) {
            Some((last_seq, _)) => Ok(last_seq),
            None => self.with(|table| table.last_seq(key)),
        }
    }

    fn over_it(&self, key: &Key) -> Option<(u64, Option<Stored>)> {
        self.failing().as_ref()?.over.get(key).cloned()
    }

    /// Applies entries that are on the disk. Over a table that fails, now or before, they are kept
    /// in memory until another takes its place.
    pub fn apply(&self, entries: &[impl Borrow<Entry>]) {
        if self.trouble().is_none() {
            let State { applied, changed } = &mut *self.state();
            let done = match &self.present().table {
                Some(table) => {
                    let (codes, links) = (&self.codes, Links::MustFit);
                    let target = Target { table, codes, applied, changed: changed.as_mut(), links };
                    applying::apply(target, entries)
                }
                None => Err(StoreError::Closed),
            };
            match done {
                Ok(()) => return,
                Err(error) => self.fail(&error),
            }
        }
        for entry in entries {
            self.lay_over(entry.borrow());
        }
    }

    fn lay_over(&self, entry: &Entry) {
        for op in &entry.ops {
            let Some((kind, id, _)) = op.touches() else { continue };
            let Ok(key) = self.key(kind, id) else { continue };
            let record = match op {
                Op::Put { record, .. } => Some(record.clone()),
                _ => self.over_it(&key).and_then(|(_, stored)| stored).map(|stored| stored.record),
            };
            let stored = record.map(|record| Stored { record, last_seq: entry.seq });
            if let Some(failing) = &mut *self.failing() {
                failing.over.insert(key, (entry.seq, stored));
            }
        }
    }

    /// Flushes the table and writes down what it should hold.
    pub fn checkpoint(&self, journal: &JournalReader) -> Result<(), StoreError> {
        if let Some(why) = self.trouble() {
            return Err(why);
        }
        let position = journal.position();
        let (seq, kinds) = {
            let state = self.state();
            (state.applied.seq, state.applied.kinds.clone())
        };
        if seq != position.seq {
            return Err(StoreError::Records(Said::fixed("落后于日志", "it is behind the journal")));
        }
        self.with(Table::sync)?;
        let size = self.present().table.as_ref().map_or(0, Table::main_size);
        let generation = self.present().generation;
        let register = journal.keys().as_ref().clone();
        Checkpoint { position, register, generation, size, kinds }.save(&self.dir, self.station)
    }

    /// Bytes the table's files take, and the bytes its rows need.
    pub fn sizes(&self) -> (u64, u64) {
        let size = self.present().table.as_ref().map_or(0, Table::size);
        (size, self.state().applied.live)
    }
}
