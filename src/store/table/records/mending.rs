//! What becomes of a table that fails, at opening or at work: another is built and put in its place,
//! or, on a disk that takes nothing, what it holds is read into memory.

use crate::said;
use crate::store::error::StoreError;
use crate::store::journal::reader::JournalReader;
use crate::store::progress::Progress;
use crate::store::table::applying::{self, Links, Target};
use crate::store::table::building::{self, Builder, Built, Purpose, Source};
use crate::store::table::checkpoint::Checkpoint;
use crate::store::table::pages::PAGE;
use crate::store::table::records::{Present, Records, State};
use crate::store::table::tree::{Applied, Table};
use crate::words::Said;
use std::sync::atomic::AtomicBool;

impl Records {
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
        let table = Table::in_memory(self.keys.clone());
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
                applying::replay(target, (journal, &self.keys), progress, &never)
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
            keys: &self.keys,
            codes: &self.codes,
            journal,
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
                crate::store::files::disk::remove_dir(&folder)?;
                builder.out_of_journal(why)
            }
            None => builder.out_of_journal(why),
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
            .out_of_rows((from, count), |place| self.with(|table| table.next_rows(place, PAGE)))
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
        let (position, register) = (journal.position(), journal.keys().as_ref().clone());
        Checkpoint { position, register, generation, size, kinds }.save(&self.dir, self.station)?;
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
            let (table, applied) = Table::open(&folder, self.keys.clone())?;
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
            "记录表有问题（{zh}），已原样移到 {aside}，并用日志中的 {entries} 条记载重建，日志里的内容都在",
            "The table of records was not right ({en}); it was moved to {aside} as it is and built anew from the {entries} entries of the journal; everything in it is there"
        ),
        (_, None) => said!(
            "没有找到记录表，已用日志中的 {entries} 条记载重建",
            "There was no table of records; it was built from the {entries} entries of the journal"
        ),
    }
}
