//! What is kept: the journal, the records it amounts to, sealing, backup and restore.
//!
//! The journal is the truth: an append-only, hash-chained, sealed file that is on the disk before
//! anyone is told "saved". The table of records beside it (sled) holds the present; it is replayed
//! from the journal after a crash and built anew when it is damaged.
//!
//! Knows records as values with a kind's name and a number for it; knows no pack, no field and no
//! rule: the names in `names.txt` are only texts that come often and are written by a number. Knows
//! nothing of screens: what it has to say it says as a [`Said`].
//!
//! ```text
//! <data folder>/
//!   station.toml    node id, name, region, format version       files/station.rs
//!   keyring.toml    who can open it: seeds and data keys         keys/
//!   attempts.toml   wrong passwords so far, sources of right     keys/throttle.rs
//!   erasing.bin     while a person is taken out of old entries   erasing.rs
//!   lock            held by the one process that owns the folder files/lock.rs
//!   journal/*.yzj   the truth                                    journal/
//!   records/        the present; records-N after a change of     table/
//!                   tables
//!   records.toml    which table counts and what it should hold   table/checkpoint.rs
//!   shelf/          drafts not yet saved, packs in use, refused  shelf.rs
//!                   sign-ins
//!   backup/         backups, and backup.toml the second place    copies/
//!   records.aside-N a table that was not right, journal.aside-N a journal, kept as they were
//! ```
//!
//! # Its rooms
//! Each knows those below it and none above:
//!
//! ```text
//! verify/     a folder checked, with the key or without
//! recovery/   a journal put together anew, from a backup and what is left
//! opening/    a folder made and opened
//! copies/     backups, the archive, heads known outside
//! mod.rs      the open store; accounts.rs, erasing.rs and shelf.rs are more of what it does
//! saving/     the queue and the thread that writes
//! table/      the present
//! journal/    the truth
//! keys/       seeds, data keys, the keyring
//! files/      whole files, where they are, and who can reach them
//! ```
//! Below all of them are the errors and small things that need no other: `given.rs`, `progress.rs`,
//! `random.rs`, `turns.rs`.
//!
//! # The way of a save
//! [`Store::submit`] gives entries their sequences and links; the writer thread seals and signs what
//! waits, writes it at once, waits for `fdatasync`, brings the table up and resolves the tickets. Reads see
//! only what has come that far; [`Store::latest`] also sees what still waits.
//!
//! # A table that fails
//! At opening or at work, a table of records that is damaged, or lacks what it had confirmed, is
//! left as it is; another is built beside it from the journal and takes its place. Meanwhile what can
//! be read is read, and saving goes on.
//!
//! # The way back
//! `copies/` writes the whole journal into one sealed file, makes one a day and knows which there are;
//! `recovery/restoring.rs` makes a folder from one. A damaged journal stops the opening;
//! `recovery/healing.rs` makes it whole from the newest backup and what `journal/salvage.rs` can still
//! read of it.
//!
//! # Files for people
//! What leaves the folder, an export, a key, a backup, is written by `files/new_file.rs` and nothing
//! else.

mod accounts;
mod copies;
mod erasing;
mod error;
mod files;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod given;
mod journal;
mod keys;
mod opening;
mod progress;
mod random;
mod recovery;
mod saving;
mod shelf;
mod table;
mod turns;
mod verify;

#[cfg(test)]
mod tests;

pub use copies::archive::{Archived, Copied, OldSegment};
pub use copies::backup::{BackupReport, verify_backup};
pub use copies::backups::{BackupState, HeadsCompared, KnownBackup};
pub use error::{Broken, Doing, IoTrouble, KeyringError, StoreError};
pub use files::layout::STATION_FILE;
pub use files::new_file::{Existing, NewFile, NotWritten, Unfit};
pub use files::station::{FORMAT, StationInfo};
pub use files::strict::{Exposed, NotPrivate, exposed, kept_private};
pub use given::{KindCodes, Told};
pub use journal::encoded::Glance;
pub use journal::entry::{Entry, NewEntry, NewOp, Op, Origin};
pub use journal::envelope::SCHEMA;
pub use keys::keyring::{NewSlot, Secret, Work};
pub use keys::recovery_key::RecoveryKey;
pub use keys::{
    ADMINISTRATOR, Branch, Erase, Erased, GivenUp, KeyFrame, KnownKey, Owner, Plain, Public,
    Register, Seed, Signer, SignerId,
};
pub use opening::setup::{FirstAccount, Setup};
pub use progress::Progress;
pub use random::{random, random_for_ids};
pub use recovery::composing::Recovered;
pub use recovery::healing::{Healed, heal};
pub use recovery::restoring::restore;
pub use saving::change::{Change, Hand, Turn};
pub use saving::queue::Handed;
pub use saving::ticket::Ticket;
pub use table::pages::Glimpse;
pub use table::records::Walk;
pub use table::row::Stored;
pub use turns::{InTurn, Turns};
pub use verify::{
    BackupCheck, CLOCK_ACCEPTED, CLOCK_DOUBTED, DirectoryReport, ERASE, ERASE_REQUEST, Judge,
    Problem, TableReport, VerifyReport, verify_chain,
};

use crate::record::{Clock, Instant, RecordId};
use crate::store::table::row::Key;
use crate::words::Said;
use blake3::Hash;
use journal::reader::JournalReader;
use keys::DataKeys;
use keys::keyring::{Keyring, Proof};
use keys::throttle::Throttle;
use saving::queue::{Queue, Together};
use std::fs::File;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use table::records::Records;
use table::tree::Table;

/// An open data folder. One process owns it; all threads of that process may share it.
pub struct Store {
    dir: PathBuf,
    station: StationInfo,
    clock: Arc<dyn Clock>,
    keys: DataKeys,
    ring: Mutex<(Keyring, Throttle)>,
    /// The station's own hand.
    hand: Arc<RwLock<Signer>>,
    journal: JournalReader,
    records: Arc<Records>,
    queue: Arc<Queue>,
    progress: Arc<Progress>,
    walking: Mutex<()>,
    /// Held while old entries are written anew, and while the whole journal is checked.
    rewriting: Mutex<()>,
    notices: Mutex<Vec<Said>>,
    /// Why the last backup by itself failed, and when.
    backup_failed: Mutex<Option<(Instant, StoreError)>>,
    /// The journal against the heads known outside, as last compared.
    heads: Mutex<Option<HeadsCompared>>,
    /// Whoever opened it need not prove it twice.
    proof: Mutex<Option<Proof>>,
    /// The hand of whoever opened it.
    #[cfg(test)]
    opener: Signer,
    writer: Mutex<Option<JoinHandle<()>>>,
    #[cfg(test)]
    faults: Arc<journal::appending::Faults>,
    /// Held as long as the store lives; dropped last.
    _lock: File,
}

impl Store {
    /// Which station this is.
    #[must_use]
    pub fn station(&self) -> &StationInfo {
        &self.station
    }

    /// The data folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What opening, and work since, found and put right.
    #[must_use]
    pub fn notices(&self) -> Vec<Said> {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        notices.extend(self.queue.take_notices());
        notices.clone()
    }

    /// How far long work is: rebuilding, backup, checks.
    #[must_use]
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Hands in entries signed by `hand`. One submission is saved whole or not at all. Sequences are
    /// given here, in the order of calls; the ticket resolves once the disk has the entries and
    /// reads see them.
    ///
    /// What is refused at once (an unknown kind, an entry too large) comes back through the ticket
    /// too and leaves nothing behind.
    pub fn submit(&self, hand: impl Into<Hand>, drafts: Vec<NewEntry>) -> Ticket<Vec<u64>> {
        self.submit_when(None, Change::entries(hand, drafts))
    }

    /// Hands in a change, refused with [`StoreError::Superseded`] when anything submitted since
    /// [`Self::epoch`] gave `epoch` was not saved: what it builds on may be gone.
    pub fn submit_in(&self, epoch: u64, change: Change) -> Handed {
        self.hand_in(Some(epoch), change)
    }

    fn submit_when(&self, epoch: Option<u64>, change: Change) -> Ticket<Vec<u64>> {
        self.hand_in(epoch, change).ticket
    }

    fn hand_in(&self, epoch: Option<u64>, change: Change) -> Handed {
        let taken = self.may_sign(&change);
        let taken = taken.and_then(|()| self.queue.submit(&self.records, epoch, change));
        taken.unwrap_or_else(|error| Handed { ticket: Ticket::refused(error), entries: Vec::new() })
    }

    /// Refuses what its signers may not sign before it waits beside what others hand in, which
    /// would be refused with it.
    fn may_sign(&self, change: &Change) -> Result<(), StoreError> {
        let mut register = self.register();
        if !change.pages.is_empty() {
            let mut behind = register.as_ref().clone();
            for (signer, page) in &change.pages {
                let admitted = behind.admit(self.head().0 + 1, signer.id(), page);
                admitted.map_err(|why| StoreError::NotSigned(why.said()))?;
            }
            register = Arc::new(behind);
        }
        match &change.hand {
            Hand::Person(signer) if !change.drafts.is_empty() => {
                let may = register.may_sign(signer.id()).map(drop);
                may.map_err(|why| StoreError::NotSigned(why.said()))
            }
            _ => Ok(()),
        }
    }

    /// The hand of whoever opened it.
    #[cfg(test)]
    pub(crate) fn opened_by(&self) -> &Signer {
        &self.opener
    }

    /// The disk refuses the next write of the journal.
    #[cfg(test)]
    pub(crate) fn refuse_next_write(&self) {
        self.faults.write.store(1, std::sync::atomic::Ordering::SeqCst);
    }

    /// While what this gives lives, submissions wait to be written together: whoever hands in many
    /// pays for the disk once.
    #[must_use]
    pub fn together(&self) -> Together<'_> {
        self.queue.together()
    }

    /// Grows by one whenever submissions were refused that had been taken.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.queue.epoch()
    }

    /// Why nothing can be saved at the moment, until a save succeeds again, or why the table has
    /// to be built anew.
    #[must_use]
    pub fn trouble(&self) -> Option<StoreError> {
        self.queue.trouble().or_else(|| self.records.trouble())
    }

    /// Tries again what the machine refused: whether the disk takes writes, and the table.
    ///
    /// # Errors
    /// Why it still refuses.
    pub fn try_again(&self) -> Result<(), StoreError> {
        match self.trouble() {
            Some(_) => self.queue.retry().wait(),
            None => Ok(()),
        }
    }

    /// Has a table that failed while something was read from it built anew, after the answer.
    fn seen<T>(&self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        if done.is_err() {
            match self.records.trouble() {
                Some(StoreError::Records(_)) => self.queue.mend(),
                // Nobody waits for a disk that may refuse for long.
                Some(_) => drop(self.queue.retry()),
                None => {}
            }
        }
        done
    }

    /// A record as saved.
    ///
    /// # Errors
    /// [`StoreError::UnknownKind`], [`StoreError::Records`].
    pub fn get(&self, kind: &str, id: RecordId) -> Result<Option<Stored>, StoreError> {
        let key = self.records.key(kind, id)?;
        self.seen(self.records.get(&key))
    }

    /// A record as it will be once everything handed in is saved: for checking the next change,
    /// not for showing.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn latest(&self, kind: &str, id: RecordId) -> Result<Option<Stored>, StoreError> {
        let key = self.records.key(kind, id)?;
        match self.queue.staged(&key, id) {
            Some(staged) => Ok(Some(staged)),
            None => self.seen(self.records.get(&key)),
        }
    }

    /// A record as its journal entry has it, for what is decided, paid or printed on it: a row of the
    /// table is signed by nobody.
    ///
    /// # Errors
    /// As [`Self::get`]; [`StoreError::Records`] for a row that is not what the journal says, and the
    /// table is built anew.
    pub fn sure(&self, kind: &str, id: RecordId) -> Result<Option<Stored>, StoreError> {
        let key = self.records.key(kind, id)?;
        if let Some(staged) = self.queue.staged(&key, id) {
            return Ok(Some(staged));
        }
        let Some(row) = self.seen(self.records.get(&key))? else { return Ok(None) };
        let mut seq = row.last_seq;
        while let Some(entry) = self.journal.entry(&self.keys, seq)? {
            let of = |op: &&Op| op.touches().is_some_and(|(k, i, _)| k == kind && i == id);
            match entry.ops.iter().rev().find(of) {
                Some(Op::Put { record, .. }) if *record == row.record => return Ok(Some(row)),
                // Somebody looked at it; what it says is in the entry before.
                Some(Op::Seen { previous, .. }) if *previous < seq => seq = *previous,
                _ => break,
            }
        }
        let why = Said::fixed("有一行与日志不符", "a row is not what the journal says");
        let why = StoreError::Records(why);
        self.queue.rebuild(Some(why.clone())).wait()?;
        Err(why)
    }

    /// Up to `limit` records of a kind after `after`, by id, which is the order of their making.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn scan(
        &self,
        kind: &str,
        after: Option<RecordId>,
        limit: usize,
    ) -> Result<Vec<Stored>, StoreError> {
        let first = self.records.key(kind, RecordId(uuid::Uuid::nil()))?;
        let after = after.map(|id| Key::new(first.code(), id));
        let page = |table: &Table| table.scan(first.code(), after, limit);
        self.seen(self.records.with(page))
    }

    /// How many records of a kind there are, from the counters.
    ///
    /// # Errors
    /// [`StoreError::UnknownKind`].
    pub fn count(&self, kind: &str) -> Result<u64, StoreError> {
        let code = self.records.key(kind, RecordId(uuid::Uuid::nil()))?.code();
        Ok(self.records.sentinels().get(&code).map_or(0, |sentinel| sentinel.count))
    }

    /// Gives every record, for filling an index in the background, decoded as far as `each` asks, and
    /// checks the table's sentinels on the way. Saving goes on meanwhile: keep the version with the
    /// larger `last_seq`. When something is missing the table is set aside and built anew, everything
    /// is given once more, and the walk's notices say so.
    ///
    /// # Errors
    /// [`StoreError::Records`] when the table built anew is not right either, or what the journal
    /// or `each` gives.
    pub fn walk(
        &self,
        mut each: impl FnMut(Glimpse<'_>) -> Result<(), StoreError>,
    ) -> Result<Walk, StoreError> {
        let _one_at_a_time = self.walking.lock().unwrap_or_else(PoisonError::into_inner);
        match self.records.walk(&mut each) {
            Ok(records) => Ok(Walk { records, notices: Vec::new() }),
            Err(StoreError::Records(_)) => {
                let before = self.notices().len();
                self.queue.rebuild(None).wait()?;
                let records = self.records.walk(&mut each)?;
                Ok(Walk { records, notices: self.notices().split_off(before) })
            }
            Err(error) => Err(error),
        }
    }

    /// The same, wholly decoded.
    #[cfg(test)]
    pub(crate) fn for_each(&self, mut each: impl FnMut(Stored)) -> Result<Walk, StoreError> {
        self.walk(|record| {
            each(record.stored()?);
            Ok(())
        })
    }

    /// Copies the table into a fresh one without what it no longer needs, and puts that in its
    /// place. Gives the bytes its files took before and take now.
    ///
    /// # Errors
    /// What the machine gives; the table in use stays then.
    pub fn compact(&self) -> Result<(u64, u64), StoreError> {
        let (before, _) = self.records.sizes();
        self.queue.compact().wait()?;
        Ok((before, self.records.sizes().0))
    }

    /// Every saved entry that touched a record, newest first. It ends early at an erased entry.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] naming the entry that cannot be read.
    pub fn history(&self, kind: &str, id: RecordId) -> Result<Vec<Entry>, StoreError> {
        let key = self.records.key(kind, id)?;
        let mut seq = self.seen(self.records.last_seq(&key))?;
        let mut entries = Vec::new();
        while let Some(entry) = self.journal.entry(&self.keys, seq)? {
            let link = entry.ops.iter().find_map(|op| {
                op.touches().filter(|(k, i, _)| *k == kind && *i == id).map(|(.., before)| before)
            });
            let before = link.filter(|before| *before < seq).ok_or_else(|| {
                StoreError::Damaged { seq, what: "no link to the entry before".into() }
            })?;
            entries.push(entry);
            seq = before;
        }
        Ok(entries)
    }

    /// Gives every saved entry from `seq` (the first is 1) on, until `each` breaks off.
    ///
    /// # Errors
    /// [`StoreError::Damaged`], [`StoreError::Seal`], naming the entry that cannot be read.
    pub fn entries(
        &self,
        seq: u64,
        mut each: impl FnMut(&Entry) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.journal.entries(&self.keys, seq, |entry| Ok(each(&entry)))
    }

    /// One saved entry; nothing when there is none of this sequence.
    ///
    /// # Errors
    /// As [`Self::entries`].
    pub fn entry(&self, seq: u64) -> Result<Option<Entry>, StoreError> {
        self.journal.entry(&self.keys, seq)
    }

    /// The journal's end: the last sequence on the disk and the hash of its header.
    #[must_use]
    pub fn head(&self) -> (u64, Hash) {
        let end = self.journal.end();
        (end.seq, end.hash)
    }

    /// Who signed an entry: the key as the register knows it.
    ///
    /// # Errors
    /// What the journal gives.
    pub fn signed_by(&self, seq: u64) -> Result<Option<KnownKey>, StoreError> {
        let register = self.register();
        let mut found = None;
        self.journal.frames(seq, |frame| {
            found = register.known(frame.header.signer).cloned();
            Ok(ControlFlow::Break(()))
        })?;
        Ok(found)
    }

    /// Waits for everything handed in, brings the table onto the disk and makes a checkpoint.
    /// Writes nothing when nothing has changed since the last one.
    ///
    /// # Errors
    /// What the machine gives.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.queue.checkpoint().wait()
    }

    /// Saves what waits, makes a checkpoint and lets the folder go. Dropping does the same without
    /// a word.
    ///
    /// # Errors
    /// What the last checkpoint gave; everything acknowledged is safe in any case.
    pub fn close(self) -> Result<(), StoreError> {
        self.flush()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.queue.close();
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(writer) = writer.take() {
            let _ = writer.join();
        }
    }
}
