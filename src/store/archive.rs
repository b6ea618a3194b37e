//! Old segments of the journal, put away in the second place: each lies there whole, as the journal
//! had it, and what stays here is its frames without the entries. The chain, every signature and every
//! page in the open are checked as before; whoever wants an old entry needs the second place.
//!
//! ```text
//! <second place>/archive-<node>/00000001.yzj   a segment (segment.rs)
//! ```
//! A copy lies there, was read back and is the same before a page of the journal says that it does,
//! and that page is on the disk before anything here is left out: a crash leaves a segment too much
//! and never one too few.

use super::Store;
use super::backups;
use super::change::{Change, Hand};
use super::disk;
use super::entry::Draft;
use super::error::{Doing, StoreError, io};
use super::frame::{AWAY, Frame, Header};
use super::journal::ROOM;
use super::keys::{Plain, PutAway, Signer};
use super::salvage::Owned;
use super::segment::{self, Cursor, Found};
use super::station::StationInfo;
use crate::record::Instant;
use crate::said;
use blake3::Hash;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

/// A segment of the journal that is written no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OldSegment {
    /// Its number.
    pub number: u32,
    /// Sequence of its first entry.
    pub first: u64,
    /// And of its last.
    pub last: u64,
    /// When its last entry was saved; nothing where it cannot be read here and now.
    pub until: Option<Instant>,
    /// Bytes of its file here.
    pub bytes: u64,
    /// Its entries lie in the archive and no longer here.
    pub away: bool,
}

/// What putting segments away came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PutAwayReport {
    /// Segments put away.
    pub segments: u32,
    /// Entries in them.
    pub entries: u64,
    /// Bytes freed here.
    pub freed: u64,
    /// The folder they lie in.
    pub folder: PathBuf,
    /// The entry that says so.
    pub seq: u64,
}

/// The archive of a station in a folder outside, named after its node.
pub fn folder(place: &Path, station: &StationInfo) -> PathBuf {
    let node = station.node.simple().to_string();
    place.join(format!("archive-{}", node.get(..12).unwrap_or_default()))
}

/// The archive of a data folder, where a second place is named.
pub fn of(dir: &Path, station: &StationInfo) -> Option<PathBuf> {
    let place = backups::second_place(dir).ok().flatten()?;
    Some(folder(&place, station))
}

/// The reading side: entries that were put away, one after the other or here and there.
pub struct Archive {
    dir: PathBuf,
    /// First sequence and number of each segment.
    segments: Vec<(u64, u32)>,
    open: Option<(u32, Cursor)>,
    /// Segments that were found to be wrong.
    bad: BTreeSet<u32>,
}

impl Archive {
    /// The archive in a folder; an empty one where there is none, or not now.
    pub fn at(dir: &Path) -> Self {
        let numbers = segment::list(dir).unwrap_or_default();
        let head = |number| segment::read_head(&segment::path(dir, number)).ok().flatten();
        let mut segments: Vec<(u64, u32)> =
            numbers.into_iter().filter_map(|number| Some((head(number)?, number))).collect();
        segments.sort_unstable();
        Self { dir: dir.to_path_buf(), segments, open: None, bad: BTreeSet::new() }
    }

    /// Whether there is anything in it, here and now.
    pub fn is_there(&self) -> bool {
        !self.segments.is_empty()
    }

    /// Whether it is missing from a second place that is there.
    pub fn is_missing(&self) -> bool {
        !self.is_there() && self.dir.parent().is_some_and(Path::is_dir)
    }

    /// A frame with the entries that are left out of it here; nothing where the archive is not there.
    ///
    /// # Errors
    /// [`StoreError::BadArchive`] for one that has not what the chain says.
    pub fn whole(&mut self, bare: &Frame<'_>) -> Result<Option<Owned>, StoreError> {
        let Header { seq, .. } = bare.header;
        if !self.is_there() {
            return Ok(None);
        }
        let at = self.segments.partition_point(|(first, _)| *first <= seq);
        let here = at.checked_sub(1).and_then(|at| self.segments.get(at));
        let number = here.map(|(_, number)| *number).filter(|number| !self.bad.contains(number));
        let number = number.ok_or_else(|| self.bad(seq))?;
        match self.whole_in(number, bare) {
            Err(error @ StoreError::BadArchive { .. }) => {
                self.bad.insert(number);
                Err(error)
            }
            other => other.map(Some),
        }
    }

    fn whole_in(&mut self, number: u32, bare: &Frame<'_>) -> Result<Owned, StoreError> {
        let Header { seq, .. } = bare.header;
        let mut open = self.open.take().filter(|(open, _)| *open == number);
        let goes_on = open.as_mut().is_some_and(|(_, cursor)| is_before(cursor, seq));
        let mut cursor = match open.filter(|_| goes_on) {
            Some((_, cursor)) => cursor,
            None => Cursor::open(&segment::path(&self.dir, number), segment::HEAD, None)?,
        };
        while let Some(header) = cursor.peek()?.filter(|header| header.seq < seq) {
            if header.last() >= seq {
                return Err(self.bad(seq));
            }
            cursor.skip()?;
        }
        let read = matches!(cursor.step()?, Found::Frame);
        let there = cursor.frame().ok().filter(|there| {
            let same = there.header == bare.header && !there.is_bare();
            read && same
        });
        let owned = there.map(|there| Owned {
            flags: bare.flags & !AWAY,
            header: bare.header,
            signature: bare.signature,
            body: there.body.to_vec(),
        });
        self.open = Some((number, cursor));
        owned.ok_or_else(|| self.bad(seq))
    }

    fn bad(&self, seq: u64) -> StoreError {
        StoreError::BadArchive { folder: self.dir.display().to_string(), seq }
    }
}

/// Whether an entry may still lie before a cursor.
fn is_before(cursor: &mut Cursor, seq: u64) -> bool {
    cursor.left() > 0 && matches!(cursor.peek(), Ok(Some(header)) if header.seq <= seq)
}

impl Store {
    /// The segments that are written no more, the oldest first.
    ///
    /// # Errors
    /// What the machine gives.
    pub fn old_segments(&self) -> Result<Vec<OldSegment>, StoreError> {
        let (dir, end) = (self.dir.join(super::opening::JOURNAL_DIR), self.journal.end());
        let numbers = segment::list(&dir)?;
        let mut firsts = Vec::new();
        for number in numbers.into_iter().filter(|number| *number <= end.segment) {
            let path = segment::path(&dir, number);
            let first = segment::read_head(&path)?.ok_or_else(|| StoreError::Damaged {
                seq: 0,
                what: format!("head of segment {number}"),
            })?;
            firsts.push((number, first, path));
        }
        let nexts: Vec<u64> = firsts.iter().skip(1).map(|(_, first, _)| *first).collect();
        let mut old = Vec::new();
        for ((number, first, path), next) in firsts.into_iter().zip(nexts) {
            let last = next - 1;
            let until = self.journal.entry(&self.keys, last).ok().flatten().map(|it| it.time);
            let bytes = path.metadata().map_err(io(Doing::Reading, &path))?.len();
            old.push(OldSegment { number, first, last, until, bytes, away: is_away(&path)? });
        }
        Ok(old)
    }

    /// Puts the segments up to number `upto` away in the second place and leaves their entries out
    /// here. `draft` is saved with the page that says so.
    ///
    /// # Errors
    /// [`StoreError::NoSecondPlace`], or what either place gives; nothing is left out then.
    pub fn put_away(
        &self,
        signer: &Signer,
        upto: u32,
        draft: impl FnOnce(&[OldSegment]) -> Draft,
    ) -> Result<PutAwayReport, StoreError> {
        let _nobody_checks = self.rewriting.lock().unwrap_or_else(PoisonError::into_inner);
        let _one_at_a_time = self.walking.lock().unwrap_or_else(PoisonError::into_inner);
        let place = self.second_place()?.ok_or(StoreError::NoSecondPlace)?;
        if !place.is_dir() {
            return Err(StoreError::NoSecondPlace);
        }
        // What opening would read again stays here.
        self.flush()?;
        let old = self.old_segments()?.into_iter();
        let old: Vec<OldSegment> = old.filter(|it| it.number <= upto && !it.away).collect();
        let folder = folder(&place, &self.station);
        let mut report = PutAwayReport { folder: folder.clone(), ..PutAwayReport::default() };
        let (Some(first), Some(last)) = (old.first(), old.last()) else { return Ok(report) };
        disk::make_dir(&folder)?;
        disk::need_room(&folder, old.iter().map(|one| one.bytes).sum(), ROOM)?;
        self.progress.begin(said!("归档", "Archiving"), old.len() as u64);
        let journal = self.dir.join(super::opening::JOURNAL_DIR);
        for (at, one) in (1..).zip(&old) {
            copy(&segment::path(&journal, one.number), &folder)?;
            self.progress.at(at);
        }
        let page = Plain::PutAway(PutAway { first: first.first, last: last.last });
        let change = Change {
            hand: Hand::Person(signer.clone()),
            pages: vec![(signer.clone(), page)],
            drafts: vec![draft(&old)],
            turn: None,
        };
        let saved = self.submit_when(None, change).wait()?;
        self.queue.leave_out(old.iter().map(|one| one.number).collect()).wait()?;
        self.progress.end();
        report.segments = u32::try_from(old.len()).unwrap_or(u32::MAX);
        report.entries = old.iter().map(|one| one.last - one.first + 1).sum();
        let left = |one: &OldSegment| {
            segment::path(&journal, one.number).metadata().map_or(0, |file| file.len())
        };
        report.freed = old.iter().map(|one| one.bytes.saturating_sub(left(one))).sum();
        report.seq = saved.last().copied().unwrap_or(0);
        Ok(report)
    }
}

/// Whether the entries of a segment were left out of it.
fn is_away(path: &Path) -> Result<bool, StoreError> {
    let mut cursor = Cursor::open(path, segment::HEAD, None)?;
    while let Some(header) = cursor.peek()? {
        if header.kind == super::frame::ENTRIES {
            return Ok(cursor.flags() & AWAY != 0);
        }
        cursor.skip()?;
    }
    Ok(false)
}

/// Copies a segment, reads the copy back and looks at each of its frames before it gets its name.
fn copy(from: &Path, folder: &Path) -> Result<(), StoreError> {
    let to = folder.join(from.file_name().unwrap_or_default());
    let beside = to.with_extension("new");
    std::fs::copy(from, &beside).map_err(io(Doing::Writing, &to))?;
    File::open(&beside).and_then(|file| file.sync_all()).map_err(io(Doing::Syncing, &to))?;
    let mut cursor = Cursor::open(&beside, segment::HEAD, None)?;
    while cursor.left() > 0 {
        if !matches!(cursor.step()?, Found::Frame) {
            let folder = folder.display().to_string();
            return Err(StoreError::BadArchive { folder, seq: 0 });
        }
    }
    if hash_of(from)? != hash_of(&beside)? {
        return Err(StoreError::BadArchive { folder: folder.display().to_string(), seq: 0 });
    }
    disk::rename(&beside, &to)
}

fn hash_of(path: &Path) -> Result<Hash, StoreError> {
    let mut file = File::open(path).map_err(io(Doing::Reading, path))?;
    let (mut hasher, mut part) = (blake3::Hasher::new(), vec![0; 256 * 1024]);
    loop {
        let read = file.read(&mut part).map_err(io(Doing::Reading, path))?;
        if read == 0 {
            return Ok(hasher.finalize());
        }
        hasher.update(part.get(..read).unwrap_or_default());
    }
}
