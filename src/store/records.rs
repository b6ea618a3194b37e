//! The records: the table in use, how far it is, and what becomes of it when it fails.
//!
//! Entries are applied by the writer thread alone; every thread reads. A table that fails at work
//! is still read where it can be; what is saved from then on lies over it in memory, until a table
//! built beside it (`building.rs`) is put in its place.

use super::KindCodes;
use super::applying::{self, Links, Target};
use super::building::{self, Builder, Built, Purpose, Source};
use super::checkpoint::{Checkpoint, Sentinels};
use super::entry::{Entry, Op};
use super::error::StoreError;
use super::progress::Progress;
use super::reader::JournalReader;
use super::seal::{DataKey, Purpose as SealPurpose, Seal};
use super::table::{self, Applied, Key, Row, Stored, Table};
use crate::record::RecordId;
use crate::said;
use crate::words::Said;
use std::borrow::Borrow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use uuid::Uuid;

/// Rows read at a time while walking.
const PAGE: usize = 256;

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
    seal: Seal,
    journal_seal: Seal,
    codes: KindCodes,
    present: RwLock<Present>,
    state: Mutex<State>,
    failing: Mutex<Option<Failing>>,
    /// Bytes of all rows at the last walk; 0 before one.
    live: AtomicU64,
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
        key: &DataKey,
        codes: KindCodes,
    ) -> Result<Self, StoreError> {
        let table = Table::create(&building::folder(dir, 0), key.seal(SealPurpose::Records))?;
        let present = Present { generation: 0, table: Some(table) };
        Ok(Self::over((dir, station), key, codes, present, Applied::default()))
    }

    /// Opens the table as far as that goes, before the journal is opened: how far the table is
    /// tells what the journal must hold. A table that cannot be opened is left alone for now.
    /// Without a checkpoint to name it the newest that opens is the one in use.
    pub fn open(
        dir: &Path,
        station: Uuid,
        key: &DataKey,
        codes: KindCodes,
        checkpoint: Option<&Checkpoint>,
    ) -> Self {
        let seal = key.seal(SealPurpose::Records);
        let named = checkpoint.map(|checkpoint| checkpoint.generation);
        let at_least = checkpoint.map_or(0, |checkpoint| checkpoint.size);
        let candidates = named.map_or_else(|| building::generations(dir), |named| vec![named]);
        let mut why = StoreError::Records(Said::fixed("没有找到", "it is not there"));
        for (at, &generation) in candidates.iter().enumerate() {
            match building::usable(dir, generation, &seal, at_least) {
                Ok((table, applied)) => {
                    let present = Present { generation, table: Some(table) };
                    return Self::over((dir, station), key, codes, present, applied);
                }
                Err(error) if at == 0 => why = error,
                Err(_) => {}
            }
        }
        let present = Present { generation: candidates.first().copied().unwrap_or(0), table: None };
        let records = Self::over((dir, station), key, codes, present, Applied::default());
        // Not marked as damaged yet: it may be the key that is another station's.
        *records.failing() = Some(Failing { why, over: HashMap::new() });
        records
    }

    fn over(
        (dir, station): (&Path, Uuid),
        key: &DataKey,
        codes: KindCodes,
        present: Present,
        applied: Applied,
    ) -> Self {
        Self {
            dir: dir.to_path_buf(),
            station,
            seal: key.seal(SealPurpose::Records),
            journal_seal: key.seal(SealPurpose::Journal),
            codes,
            present: RwLock::new(present),
            state: Mutex::new(State { applied, changed: None }),
            failing: Mutex::new(None),
            live: AtomicU64::new(0),
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

    /// The table has failed: what is saved from now on lies over it.
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

    /// Compares the table with its checkpoint, brings it up to the journal's end, and builds it
    /// anew when that fails. Says what it had to do.
    ///
    /// # Errors
    /// What the journal gives, or a table that cannot even be made.
    pub fn catch_up(
        &self,
        journal: &JournalReader,
        checkpoint: Option<&Checkpoint>,
        progress: &Progress,
    ) -> Result<Vec<Said>, StoreError> {
        let never = AtomicBool::new(false);
        let compared = match (self.trouble(), checkpoint) {
            (Some(error), _) => Err(error),
            (None, Some(checkpoint)) => self.compare(checkpoint),
            (None, None) => Ok(()),
        };
        let done = match compared.and_then(|()| self.replay(journal, progress)) {
            Ok(()) => Ok(Vec::new()),
            Err(error @ StoreError::Records(_)) => {
                self.fail(&error);
                self.mark(&error);
                let built = self.build(journal, &error, progress, &never);
                match built.and_then(|built| self.put_in_place(built, journal, progress)) {
                    Err(StoreError::Io(_)) => self.read_from_memory(journal, progress),
                    done => done,
                }
            }
            Err(error @ StoreError::Io(_)) => {
                self.fail(&error);
                self.read_from_memory(journal, progress)
            }
            Err(error) => Err(error),
        };
        if self.trouble().is_some() {
            return done;
        }
        if done.is_ok() {
            building::tidy(&self.dir, self.present().generation);
        }
        done
    }

    /// The disk takes nothing, not even from a table that opens: what it holds is read from the
    /// journal into memory. It stays failed, so that it is opened again once the disk takes writes.
    fn read_from_memory(
        &self,
        journal: &JournalReader,
        progress: &Progress,
    ) -> Result<Vec<Said>, StoreError> {
        let table = Table::in_memory(self.seal.clone());
        let mut applied = Applied::default();
        let never = AtomicBool::new(false);
        self.builder(journal, progress, &never).catch_up(&table, &mut applied)?;
        self.change().table = Some(table);
        self.state().applied = applied;
        Ok(vec![said!(
            "磁盘写不进去，记录表打不开；已把日志读入内存，可以查阅，暂不能保存。腾出空间或恢复可写后会自动继续",
            "The disk takes no writes, so the table of records does not open; the journal was read into memory: reading works, saving does not. It goes on by itself once the disk takes writes again"
        )])
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

    /// Applies to the table in use what the journal has and the table has not.
    fn replay(&self, journal: &JournalReader, progress: &Progress) -> Result<(), StoreError> {
        let State { applied, changed } = &mut *self.state();
        let never = AtomicBool::new(false);
        progress.begin(Said::fixed("补记日志中的内容", "Replaying the journal"), journal.end().seq);
        let done = match &self.present().table {
            Some(table) => {
                let (codes, links) = (&self.codes, Links::MustFit);
                let target = Target { table, codes, applied, changed: changed.as_mut(), links };
                applying::replay(target, (journal, &self.journal_seal), progress, &never)
            }
            None => Err(self.trouble().unwrap_or(StoreError::Closed)),
        };
        progress.end();
        done
    }

    fn builder<'a>(
        &'a self,
        journal: &'a JournalReader,
        progress: &'a Progress,
        stop: &'a AtomicBool,
    ) -> Builder<'a> {
        Builder {
            dir: &self.dir,
            in_use: self.present().generation,
            seal: &self.seal,
            codes: &self.codes,
            journal: (journal, &self.journal_seal),
            progress,
            stop,
        }
    }

    /// Builds a table that can take the place of a failed one, beside it: from a copy without
    /// sled's snapshots where the old one cannot be opened, else from the journal.
    ///
    /// # Errors
    /// What the journal gives, or the machine; [`StoreError::Closed`] when stopped.
    pub fn build(
        &self,
        journal: &JournalReader,
        why: &StoreError,
        progress: &Progress,
        stop: &AtomicBool,
    ) -> Result<Built, StoreError> {
        let builder = self.builder(journal, progress, stop);
        let closed = self.present().table.is_none();
        let copied = if closed { builder.without_snapshots(why)? } else { None };
        match copied {
            Some(copied) if self.holds_what_it_should(&copied) => Ok(copied),
            Some(copied) => {
                let folder = building::folder(&self.dir, copied.generation);
                drop(copied);
                super::disk::remove_dir(&folder)?;
                builder.from_journal(why)
            }
            None => builder.from_journal(why),
        }
    }

    fn holds_what_it_should(&self, copied: &Built) -> bool {
        match Checkpoint::load(&self.dir, self.station) {
            Ok(Some(checkpoint)) => {
                let (applied, position) = (&copied.applied, &checkpoint.position);
                applied.seq > position.seq
                    || applied.seq == position.seq && applied.kinds == checkpoint.kinds
            }
            // Without anything to compare it with, only the journal can be trusted.
            _ => false,
        }
    }

    /// Copies the rows of the table in use into a fresh one beside it.
    ///
    /// # Errors
    /// As [`Self::build`].
    pub fn build_compact(
        &self,
        journal: &JournalReader,
        progress: &Progress,
        stop: &AtomicBool,
    ) -> Result<Built, StoreError> {
        let (from, count) = {
            let State { applied, .. } = &*self.state();
            (applied.seq, applied.kinds.values().map(|sentinel| sentinel.count).sum())
        };
        self.builder(journal, progress, stop)
            .from_rows((from, count), |after| self.with(|table| table.rows(after, None, PAGE)))
    }

    /// Puts a table that was built beside in the place of the one in use. Only the writer thread,
    /// or opening, may do this: nothing is saved meanwhile.
    ///
    /// # Errors
    /// What the machine gives; [`StoreError::Records`] when a copy is not what the table in use
    /// says it holds, which then has failed. The table in use stays.
    pub fn put_in_place(
        &self,
        built: Built,
        journal: &JournalReader,
        progress: &Progress,
    ) -> Result<Vec<Said>, StoreError> {
        let Built { table, generation, mut applied, purpose } = built;
        let never = AtomicBool::new(false);
        self.builder(journal, progress, &never).catch_up(&table, &mut applied)?;
        if matches!(purpose, Purpose::Compact) && applied.kinds != self.sentinels() {
            let why = Said::fixed("与它的计数不符", "it is not what its counters say");
            let why = StoreError::Records(why);
            self.fail(&why);
            return Err(why);
        }
        table.sync()?;
        let (kinds, size) = (applied.kinds.clone(), table.main_size());
        Checkpoint { position: journal.position(), generation, size, kinds }
            .save(&self.dir, self.station)?;
        let before = {
            let fresh = Present { generation, table: Some(table) };
            let before = std::mem::replace(&mut *self.change(), fresh);
            self.state().applied = applied;
            *self.failing() = None;
            before.generation
        };
        let entries = journal.end().seq;
        match purpose {
            Purpose::Compact => {
                building::tidy(&self.dir, generation);
                Ok(Vec::new())
            }
            Purpose::Mend(why, source) => {
                // Where the disk does not allow it now, the next opening moves it.
                let aside = if before == generation {
                    None
                } else {
                    building::set_aside(&self.dir, before).ok().flatten()
                };
                building::tidy(&self.dir, generation);
                Ok(vec![mended(&why, source, aside.as_deref(), entries)])
            }
        }
    }

    /// Opens the table in use again after the machine had refused something, and brings it up to
    /// the journal's end. Only the writer thread may do this.
    ///
    /// # Errors
    /// Why it is still of no use; what it holds is read from memory then.
    pub fn open_again(
        &self,
        journal: &JournalReader,
        progress: &Progress,
    ) -> Result<(), StoreError> {
        let opened = self.open_from_disk(journal, progress);
        if opened.is_err() && self.present().table.is_none() {
            self.read_from_memory(journal, progress)?;
        }
        opened
    }

    fn open_from_disk(
        &self,
        journal: &JournalReader,
        progress: &Progress,
    ) -> Result<(), StoreError> {
        {
            let mut present = self.change();
            let folder = building::folder(&self.dir, present.generation);
            // sled lets go of its files before they are opened again.
            drop(present.table.take_if(|table| !table.is_in_memory()));
            let (table, applied) = Table::open(&folder, self.seal.clone())?;
            present.table = Some(table);
            self.state().applied = applied;
        }
        if let Some(checkpoint) = Checkpoint::load(&self.dir, self.station)? {
            self.compare(&checkpoint)?;
        }
        self.replay(journal, progress)?;
        *self.failing() = None;
        Ok(())
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
        Checkpoint { position, generation, size, kinds }.save(&self.dir, self.station)
    }

    /// Bytes the table's files take, and the bytes its rows took at the last walk.
    pub fn sizes(&self) -> (u64, u64) {
        let size = self.present().table.as_ref().map_or(0, Table::size);
        (size, self.live.load(Ordering::Relaxed))
    }

    /// Gives every record once, counting as it goes, and compares with the sentinels at the end.
    /// Writers are not held up: what they change meanwhile is taken into account.
    ///
    /// # Errors
    /// [`StoreError::Records`] when rows are missing, stale or unreadable; the table has failed
    /// then.
    pub fn walk(&self, each: &mut dyn FnMut(Stored)) -> Result<u64, StoreError> {
        // Over a machine that refuses, what can be read is read.
        let in_memory = self.present().table.as_ref().is_some_and(Table::is_in_memory);
        if let Some(why @ StoreError::Records(_)) = self.trouble().filter(|_| !in_memory) {
            return Err(why);
        }
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
            let why = Said::fixed("有记录缺失或过时", "records are missing or stale");
            let why = StoreError::Records(why);
            self.fail(&why);
            Err(why)
        }
    }

    fn walk_pages(
        &self,
        start: u64,
        each: &mut dyn FnMut(Stored),
    ) -> Result<(u64, Sentinels, Vec<Key>), StoreError> {
        let (mut count, mut found, mut newer, mut live) = (0, Sentinels::new(), Vec::new(), 0);
        let mut after = None;
        loop {
            let page: Vec<Row> = self.with(|table| table.rows(after.as_ref(), None, PAGE))?;
            let Some((last, _)) = page.last() else { break };
            after = Some(*last);
            for (key, value) in page {
                live += (key.bytes().len() + value.len()) as u64;
                let last_seq = table::last_seq(&value);
                if last_seq > start {
                    newer.push(key);
                } else {
                    found.entry(key.code()).or_default().add(&key, last_seq);
                }
                count += 1;
                each(self.with(|table| table.read(&key, &value))?);
            }
        }
        self.live.store(live, Ordering::Relaxed);
        Ok((count, found, newer))
    }
}

/// What was found and what was done about it, for the home screen and the commands.
fn mended(why: &StoreError, source: Source, aside: Option<&str>, entries: u64) -> Said {
    let Said { zh, en } = match why {
        StoreError::Records(detail) => detail.clone(),
        other => other.said(),
    };
    match (source, aside) {
        (Source::Snapshots, Some(aside)) => said!(
            "记录表打不开（{zh}）：去掉数据库的快照文件后已恢复，没有丢失；原样存于 {aside}",
            "The table of records did not open ({en}): without the database's snapshot files it came back, nothing is lost; it is kept as it was in {aside}"
        ),
        (_, Some(aside)) => said!(
            "记录表有问题（{zh}），已原样移到 {aside}，并用日志中的 {entries} 条记载重建，没有丢失",
            "The table of records was not right ({en}); it was moved to {aside} as it is and built anew from the {entries} entries of the journal, nothing is lost"
        ),
        (_, None) => said!(
            "没有找到记录表，已用日志中的 {entries} 条记载重建",
            "There was no table of records; it was built from the {entries} entries of the journal"
        ),
    }
}
