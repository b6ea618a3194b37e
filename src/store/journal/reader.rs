//! Reading the journal beside its writer: only what the disk has confirmed is seen.

use super::block;
use super::entry::Entry;
use super::frame::{ENTRIES, FIRST_OF_BATCH, Frame, Header};
use super::place::{End, Place, Position};
use super::segment::{self, Cursor, Found};
use crate::store::error::StoreError;
use crate::store::keys::{DataKeys, Register};
use blake3::Hash;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where entries are: sparse, a few bytes for every 64 of them; and what the pages in the open
/// amount to.
pub struct Index {
    end: End,
    marks: BTreeMap<u64, (u32, u64)>,
    register: Arc<Register>,
}

impl Index {
    /// An index that knows the end and the first entry.
    pub fn new(end: End, register: Register) -> Self {
        let marks = BTreeMap::from([(1, (1, segment::HEAD))]);
        Self { end, marks, register: Arc::new(register) }
    }

    /// Remembers a place, when it is one of those kept.
    pub fn mark(&mut self, place: Place) {
        if place.is_kept() {
            self.marks.insert(place.first, (place.segment, place.offset));
        }
    }

    /// Remembers a place whatever its number: the way to what comes after the one opening began
    /// from does not lead through all that comes before.
    pub fn begin(&mut self, place: Place) {
        self.marks.insert(place.first, (place.segment, place.offset));
    }

    /// The remembered place at or before an entry.
    fn before(&self, seq: u64) -> (u64, u32, u64) {
        let mark = self.marks.range(..=seq).next_back();
        mark.map_or((1, 1, segment::HEAD), |(seq, (segment, offset))| (*seq, *segment, *offset))
    }
}

/// The reading side of the journal, shared by all threads.
#[derive(Clone)]
pub struct JournalReader {
    dir: Arc<PathBuf>,
    index: Arc<Mutex<Index>>,
}

impl JournalReader {
    /// A reader over `dir`.
    pub fn new(dir: &Path, index: Index) -> Self {
        Self { dir: Arc::new(dir.to_path_buf()), index: Arc::new(Mutex::new(index)) }
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the journal ends, as far as the disk has confirmed it.
    pub fn end(&self) -> End {
        self.index().end
    }

    /// The last frame as a position to open from.
    pub fn position(&self) -> Position {
        let End { seq, hash, last: (segment, offset), .. } = self.end();
        Position { segment, offset, seq, hash }
    }

    /// The keys, epochs, branches and erasures up to the end.
    pub fn keys(&self) -> Arc<Register> {
        self.index().register.clone()
    }

    /// The writer tells that the disk has confirmed more.
    pub fn advance(&self, end: End, places: &[Place], register: Option<Register>) {
        let mut index = self.index();
        index.end = end;
        places.iter().for_each(|place| index.mark(*place));
        if let Some(register) = register {
            index.register = Arc::new(register);
        }
    }

    /// A segment was written anew, and `rename` puts it in its place; nobody looks for anything
    /// meanwhile.
    ///
    /// # Errors
    /// What `rename` gives; everything is as before then.
    pub fn moved(
        &self,
        segment: u32,
        end: End,
        places: &[Place],
        rename: impl FnOnce() -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut index = self.index();
        rename()?;
        index.end = end;
        index.marks.retain(|_, (of, _)| *of != segment);
        places.iter().for_each(|place| index.mark(*place));
        Ok(())
    }

    /// Gives every frame with an entry from `seq` to the present end, in order.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] at the first frame that cannot be read, and what `each` gives.
    pub fn frames(
        &self,
        seq: u64,
        mut each: impl FnMut(&Frame<'_>) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        self.places(seq, |frame, _| each(frame))
    }

    /// The same, with the place each frame is at.
    ///
    /// # Errors
    /// As [`Self::frames`].
    pub fn places(
        &self,
        seq: u64,
        mut each: impl FnMut(&Frame<'_>, Place) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        let (end, (mut next, mut number), begun) = {
            let index = self.index();
            let (first, number, offset) = index.before(seq.max(1));
            let limit = (number == index.end.segment).then_some(index.end.offset);
            // Opened while the index is held: an erasure moves what is in a segment.
            let path = segment::path(&self.dir, number);
            let begun = (first <= index.end.seq).then(|| Cursor::open(&path, offset, limit));
            (index.end, (first, number), begun)
        };
        let mut begun = begun.transpose()?;
        while next <= end.seq {
            let limit = (number == end.segment).then_some(end.offset);
            let mut cursor = match begun.take() {
                Some(begun) => begun,
                None => Cursor::open(&segment::path(&self.dir, number), segment::HEAD, limit)?,
            };
            while cursor.left() > 0 && next <= end.seq {
                let at = (number, cursor.offset);
                let header = cursor.peek()?.filter(|header| header.seq == next);
                let header = header.ok_or_else(|| damaged(next, "not where it should be"))?;
                let place = Place::of(&header, at);
                if place.is_kept() {
                    self.index().mark(place);
                }
                if header.last() < seq {
                    cursor.skip()?;
                } else {
                    match cursor.step()? {
                        Found::Frame => {}
                        Found::End => return Err(damaged(next, "missing")),
                        Found::Bad(bad) => return Err(damaged(next, &bad.to_string())),
                    }
                    let frame = cursor.frame().map_err(|bad| damaged(next, &bad.to_string()))?;
                    if each(&frame, place)?.is_break() {
                        return Ok(());
                    }
                }
                next = header.last() + 1;
            }
            if number >= end.segment && next <= end.seq {
                return Err(damaged(next, "missing"));
            }
            number += 1;
        }
        Ok(())
    }

    /// The header of the frame at a place, where one with this hash is there: to find a known
    /// head again without walking to it.
    pub fn has_at(&self, place: (u32, u64), hash: &Hash) -> bool {
        let path = segment::path(&self.dir, place.0);
        let Ok(mut cursor) = Cursor::open(&path, place.1, None) else { return false };
        cursor.peek().ok().flatten().is_some_and(|header| header.hash() == *hash)
    }

    /// Gives the frames of every batch with pages, from its first page on, each with the first
    /// sequence of its batch. Of all others only the headers are read, and that they are chained to
    /// `genesis`.
    ///
    /// # Errors
    /// As [`Self::frames`].
    pub fn pages(
        &self,
        genesis: Hash,
        mut each: impl FnMut(&Frame<'_>, u64) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let end = self.end();
        let (mut next, mut previous, mut first, mut turned) = (1, genesis, 1, false);
        for number in 1..=end.segment {
            let limit = (number == end.segment).then_some(end.offset);
            let path = segment::path(&self.dir, number);
            let mut cursor = Cursor::open(&path, segment::HEAD, limit)?;
            while cursor.left() > 0 {
                let chained = |header: &Header| header.seq == next && header.previous == previous;
                let header = cursor.peek()?.filter(chained);
                let header = header.ok_or_else(|| damaged(next, "the chain is broken"))?;
                if cursor.flags() & FIRST_OF_BATCH != 0 {
                    (first, turned) = (next, false);
                }
                turned |= header.kind != ENTRIES;
                if turned {
                    let Found::Frame = cursor.step()? else {
                        return Err(damaged(next, "cannot be read"));
                    };
                    let frame = cursor.frame().map_err(|bad| damaged(next, &bad.to_string()))?;
                    each(&frame, first)?;
                } else {
                    cursor.skip()?;
                }
                (next, previous) = (header.last() + 1, header.hash());
            }
        }
        Ok(())
    }

    /// The register is another than this side was told: the journal's own pages count.
    pub fn set_register(&self, register: Register) {
        self.index().register = Arc::new(register);
    }

    /// Gives every entry from `seq` on, in order; pages in the open, and what is lost or of which
    /// nothing is left, are passed over.
    ///
    /// # Errors
    /// As [`Self::frames`]; [`StoreError::Seal`] for content that does not open.
    pub fn entries(
        &self,
        keys: &DataKeys,
        seq: u64,
        mut each: impl FnMut(Entry) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        self.frames(seq, |frame| {
            if frame.header.kind != ENTRIES || frame.lost() {
                return Ok(ControlFlow::Continue(()));
            }
            for opened in block::open(keys, frame, seq)? {
                let (seq, opened) = opened?;
                if let Some(entry) = block::decode(seq, &opened)?
                    && each(entry)?.is_break()
                {
                    return Ok(ControlFlow::Break(()));
                }
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// One entry; nothing when there is none of this sequence, or it is a page in the open, or
    /// nothing of it is left.
    ///
    /// # Errors
    /// As [`Self::entries`].
    pub fn entry(&self, keys: &DataKeys, seq: u64) -> Result<Option<Entry>, StoreError> {
        if seq == 0 {
            return Ok(None);
        }
        let mut found = None;
        self.frames(seq, |frame| {
            if frame.header.kind == ENTRIES && !frame.lost() {
                let opened = block::open(keys, frame, seq)?.next().transpose()?;
                if let Some((seq, opened)) = opened {
                    found = block::decode(seq, &opened)?;
                }
            }
            Ok(ControlFlow::Break(()))
        })?;
        Ok(found)
    }
}

fn damaged(seq: u64, what: &str) -> StoreError {
    StoreError::Damaged { seq, what: what.into() }
}
