//! Segments of the journal that are written no more, copied to the second place: there they are a
//! journal of their own, with the station's name, which anybody checks without any password.
//!
//! ```text
//! <second place>/archive-<node>/station.toml
//!                               journal/00000001.yzj ...
//! ```
//! Nothing is taken away here. What is there is never needed to work; it shows what this journal
//! was, on another disk, and has again what is damaged here.

use super::backups;
use crate::record::Instant;
use crate::said;
use crate::store::Store;
use crate::store::error::{Doing, StoreError, io};
use crate::store::files::disk::{self, ROOM};
use crate::store::files::layout::{JOURNAL_DIR, STATION_FILE};
use crate::store::files::station::StationInfo;
use crate::store::journal::frame::Header;
use crate::store::journal::place::Place;
use crate::store::journal::salvage::Owned;
use crate::store::journal::scan;
use crate::store::journal::segment::{self, Cursor, Found};
use blake3::Hash;
use serde::Serialize;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

/// How the copy of a segment compares with the segment here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Copied {
    /// There is none.
    No,
    /// The same, to the byte.
    Same,
    /// The same chain, with content that is no longer here or not yet: something was erased since, or
    /// the copy was cut off or damaged.
    Older,
    /// Another chain: one of the two is not the station's, or this one goes on from before what was
    /// copied, as after a restore.
    Other,
}

/// A copy that is not the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Differing {
    /// The segment's number.
    pub number: u32,
    /// How it differs.
    pub copied: Copied,
    /// The last frame in it that can be read: its last sequence and the hash of its header.
    pub head: Option<(u64, Hash)>,
}

/// A segment that is written no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OldSegment {
    pub number: u32,
    /// Sequence of its first entry.
    pub first: u64,
    /// And of its last.
    pub last: u64,
    /// When its last entry was saved; nothing where that cannot be read.
    pub until: Option<Instant>,
    /// Bytes of its file.
    pub bytes: u64,
    /// How its copy in the archive is; [`Copied::No`] where no archive is there.
    pub copied: Copied,
}

/// What archiving came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Archived {
    /// Segments copied now.
    pub copied: u32,
    /// Segments in the archive.
    pub segments: u32,
    /// Entries in them.
    pub entries: u64,
    /// Bytes copied now.
    pub bytes: u64,
    /// The archive's folder.
    pub folder: PathBuf,
}

/// The archive of a station in a folder outside, named after its node.
pub fn folder(place: &Path, station: &StationInfo) -> PathBuf {
    place.join(format!("archive-{}", station.short_node()))
}

/// The archive of a data folder, where a second place is named and has one now.
pub fn of(dir: &Path, station: &StationInfo) -> Option<PathBuf> {
    let place = backups::second_place(dir).ok().flatten()?;
    Some(folder(&place, station)).filter(|folder| folder.is_dir())
}

/// What the archive has of the frame with this header, whole; nothing where it has not.
pub fn frame(archive: &Path, header: &Header) -> Option<Owned> {
    let mut cursor = cursor_at(&archive.join(JOURNAL_DIR), header.seq)?;
    let Found::Frame = cursor.step().ok()? else { return None };
    let there = cursor.frame().ok()?;
    (there.header == *header && !there.lost()).then(|| Owned::of(&there))
}

/// A cursor before the frame with an entry, in a folder of segments.
fn cursor_at(dir: &Path, seq: u64) -> Option<Cursor> {
    let number = segment::list(dir).ok()?.into_iter().rev().find(|number| {
        let first = segment::read_head(&segment::path(dir, *number)).ok().flatten();
        first.is_some_and(|first| first <= seq)
    })?;
    let mut cursor = Cursor::open(&segment::path(dir, number), segment::HEAD, None).ok()?;
    while cursor.peek().ok()?.is_some_and(|there| there.last() < seq) {
        cursor.skip().ok()?;
    }
    Some(cursor)
}

/// How the copies of old segments are, where there is an archive now: those that are not the same.
///
/// # Errors
/// What the machine gives for the journal here.
pub fn compare(dir: &Path, archive: &Path) -> Result<Vec<Differing>, StoreError> {
    let (here, there) = (dir.join(JOURNAL_DIR), archive.join(JOURNAL_DIR));
    let numbers = segment::list(&here)?;
    let (_, old) = numbers.split_last().unwrap_or((&0, &[]));
    let mut found = Vec::new();
    for number in old {
        let one = compare_one(&here, &there, *number)?;
        if !matches!(one.copied, Copied::Same | Copied::No) {
            found.push(one);
        }
    }
    Ok(found)
}

fn compare_one(here: &Path, there: &Path, number: u32) -> Result<Differing, StoreError> {
    let copy_path = segment::path(there, number);
    let is = |copied| Differing { number, copied, head: None };
    if !copy_path.is_file() {
        return Ok(is(Copied::No));
    }
    let Ok(copy) = hash_of(&copy_path) else { return Ok(is(Copied::Older)) };
    if hash_of(&segment::path(here, number))? == copy {
        return Ok(is(Copied::Same));
    }
    // Headers are chained: where the last that can be read is in the journal here, all are.
    let mut last = None;
    if let Ok(mut there) = Cursor::open(&copy_path, segment::HEAD, None) {
        while matches!(there.step(), Ok(Found::Frame)) {
            last = there.frame().ok().map(|frame| frame.header).or(last);
        }
    }
    let Some(last) = last else { return Ok(is(Copied::Older)) };
    let ours = cursor_at(here, last.seq).and_then(|mut ours| ours.peek().ok().flatten());
    let copied = if ours == Some(last) { Copied::Older } else { Copied::Other };
    Ok(Differing { number, copied, head: Some((last.last(), last.hash())) })
}

impl Store {
    /// The segments that are written no more, the oldest first.
    ///
    /// # Errors
    /// What the machine gives.
    pub fn old_segments(&self) -> Result<Vec<OldSegment>, StoreError> {
        let here = self.dir.join(JOURNAL_DIR);
        let there = of(&self.dir, &self.station).map(|archive| archive.join(JOURNAL_DIR));
        let numbers: Vec<u32> = (1..=self.journal.end().segment).collect();
        let heads = scan::heads(&here, &numbers)?;
        let mut old = Vec::new();
        for (Place { segment: number, first, .. }, next) in heads.iter().zip(heads.iter().skip(1)) {
            let (number, first, next) = (*number, *first, next.first);
            let path = segment::path(&here, number);
            let until = self.journal.entry(&self.keys, next - 1).ok().flatten().map(|it| it.time);
            let copied = match &there {
                Some(there) => compare_one(&here, there, number)?.copied,
                None => Copied::No,
            };
            let bytes = path.metadata().map_err(io(Doing::Reading, &path))?.len();
            old.push(OldSegment { number, first, last: next - 1, until, bytes, copied });
        }
        Ok(old)
    }

    /// Whether there is an archive in the second place, or may be one where that is not there now.
    #[must_use]
    pub fn may_be_archived(&self) -> bool {
        let place = self.second_place().ok().flatten();
        place.is_some_and(|place| !place.is_dir() || folder(&place, &self.station).is_dir())
    }

    /// Copies every old segment whose copy is not the same to the archive in the second place; each
    /// copy is read back before it takes its name.
    ///
    /// # Errors
    /// [`StoreError::NoSecondPlace`]; [`StoreError::OtherArchive`] where what is there is another
    /// journal, which is left as it is; or what either place gives.
    pub fn archive(&self) -> Result<Archived, StoreError> {
        let place = self.second_place()?.filter(|place| place.is_dir());
        let place = place.ok_or(StoreError::NoSecondPlace)?;
        let folder = folder(&place, &self.station);
        // An erasure writes segments anew.
        let _nothing_rewritten = self.rewriting.lock().unwrap_or_else(PoisonError::into_inner);
        let old = self.old_segments()?;
        if let Some(other) = old.iter().find(|one| one.copied == Copied::Other) {
            return Err(StoreError::OtherArchive { number: other.number });
        }
        let (here, there) = (self.dir.join(JOURNAL_DIR), folder.join(JOURNAL_DIR));
        let wanted: Vec<&OldSegment> =
            old.iter().filter(|one| one.copied != Copied::Same).collect();
        if !wanted.is_empty() {
            disk::make_dir(&folder)?;
            disk::make_dir(&there)?;
            disk::need_room(&there, wanted.iter().map(|one| one.bytes).sum(), ROOM)?;
            disk::write_whole(&folder.join(STATION_FILE), self.station.text()?.as_bytes())?;
        }
        self.progress.begin(said!("归档", "Archiving"), wanted.len() as u64);
        let done = (1..).zip(&wanted).try_for_each(|(at, one)| {
            copy(&segment::path(&here, one.number), &segment::path(&there, one.number))?;
            self.progress.at(at);
            Ok::<_, StoreError>(())
        });
        self.progress.end();
        done?;
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Ok(Archived {
            copied: count(wanted.len()),
            segments: count(old.len()),
            entries: old.iter().map(|one| one.last + 1 - one.first).sum(),
            bytes: wanted.iter().map(|one| one.bytes).sum(),
            folder,
        })
    }
}

/// Copies a segment, looks at each frame of the copy, and compares both before it takes its name.
fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    let beside = to.with_extension("new");
    fs::copy(from, &beside).map_err(io(Doing::Writing, to))?;
    File::open(&beside).and_then(|file| file.sync_all()).map_err(io(Doing::Syncing, to))?;
    let mut cursor = Cursor::open(&beside, segment::HEAD, None)?;
    while cursor.left() > 0 {
        if !matches!(cursor.step()?, Found::Frame) {
            return Err(StoreError::Damaged { seq: 0, what: "an old segment".into() });
        }
    }
    if hash_of(from)? != hash_of(&beside)? {
        let changed = std::io::Error::other("the copy is not the same");
        return Err(io(Doing::Writing, to)(changed));
    }
    disk::rename(&beside, to)
}

fn hash_of(path: &Path) -> Result<Hash, StoreError> {
    let mut hasher = blake3::Hasher::new();
    let read = File::open(path).and_then(|file| hasher.update_reader(file).map(drop));
    read.map_err(io(Doing::Reading, path))?;
    Ok(hasher.finalize())
}
