//! Reading the journal beside its writer: only what the disk has confirmed is seen.

use super::entry::{self, Entry};
use super::error::StoreError;
use super::frame::Frame;
use super::journal::Position;
use super::seal::Seal;
use super::segment::{self, Cursor, Found};
use crate::said;
use blake3::Hash;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One place in this many entries is remembered; the way from it is walked.
const SPARSE: u64 = 64;

/// Where the journal ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Sequence of the last entry; 0 for none.
    pub seq: u64,
    /// Hash of its header; before the first entry the station's own.
    pub hash: Hash,
    /// The segment its frame lies in, and where it begins.
    pub last: (u32, u64),
    /// The segment being written.
    pub segment: u32,
    /// Where in it the next frame goes.
    pub offset: u64,
}

impl End {
    /// Before the first entry.
    pub fn start(genesis: Hash) -> Self {
        let offset = segment::HEAD;
        Self { seq: 0, hash: genesis, last: (1, offset), segment: 1, offset }
    }
}

/// Where entries lie: sparse, a few bytes for every 64 of them.
pub struct Index {
    end: End,
    marks: BTreeMap<u64, (u32, u64)>,
}

impl Index {
    /// An index that knows the end and the first entry.
    pub fn new(end: End) -> Self {
        Self { end, marks: BTreeMap::from([(1, (1, segment::HEAD))]) }
    }

    /// Whether a place is one of those kept: each 64th, and a segment's first.
    pub fn keeps(seq: u64, offset: u64) -> bool {
        seq.is_multiple_of(SPARSE) || offset == segment::HEAD
    }

    /// Remembers a place, when it is one of those kept.
    pub fn mark(&mut self, seq: u64, segment: u32, offset: u64) {
        if Self::keeps(seq, offset) {
            self.marks.insert(seq, (segment, offset));
        }
    }

    /// Remembers a place whatever its number, such as the one opening began from: the way to what
    /// lies behind it does not lead through all that lies before.
    pub fn begin(&mut self, place: &Position) {
        self.marks.insert(place.seq, (place.segment, place.offset));
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

    /// The writer tells that the disk has confirmed more.
    pub fn advance(&self, end: End, marks: &[(u64, u32, u64)]) {
        let mut index = self.index();
        index.end = end;
        for (seq, segment, offset) in marks {
            index.mark(*seq, *segment, *offset);
        }
    }

    /// Gives every frame from `seq` to the present end, in order.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] at the first frame that cannot be read, and what `each` gives.
    pub fn frames(
        &self,
        seq: u64,
        mut each: impl FnMut(&Frame<'_>) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        let (end, (mut next, mut number, mut offset)) = {
            let index = self.index();
            (index.end, index.before(seq.max(1)))
        };
        while next <= end.seq {
            let limit = (number == end.segment).then_some(end.offset);
            let mut cursor = Cursor::open(&segment::path(&self.dir, number), offset, limit)?;
            while cursor.left() > 0 && next <= end.seq {
                if next.is_multiple_of(SPARSE) {
                    self.index().mark(next, number, cursor.offset);
                }
                if next < seq {
                    if cursor.skip()? != Some(next) {
                        return Err(damaged(next, "not where it should be"));
                    }
                } else {
                    match cursor.step()? {
                        Found::Frame => {}
                        Found::End => return Err(damaged(next, "missing")),
                        Found::Bad(bad) => return Err(damaged(next, &bad.to_string())),
                    }
                    let (frame, _) =
                        cursor.frame().map_err(|bad| damaged(next, &bad.to_string()))?;
                    if frame.header.seq != next {
                        return Err(damaged(next, "not where it should be"));
                    }
                    if each(&frame)?.is_break() {
                        return Ok(());
                    }
                }
                next += 1;
            }
            if number >= end.segment && next <= end.seq {
                return Err(damaged(next, "missing"));
            }
            number += 1;
            offset = segment::HEAD;
        }
        Ok(())
    }

    /// Gives every entry from `seq` on, in order; erased ones are passed over.
    ///
    /// # Errors
    /// As [`Self::frames`]; [`StoreError::Seal`] for a payload that does not open.
    pub fn entries(
        &self,
        seal: &Seal,
        seq: u64,
        mut each: impl FnMut(Entry) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        self.frames(seq, |frame| match open(seal, frame)? {
            Some(entry) => each(entry),
            None => Ok(ControlFlow::Continue(())),
        })
    }

    /// One entry; nothing when there is none of this sequence or it was erased.
    ///
    /// # Errors
    /// As [`Self::entries`].
    pub fn entry(&self, seal: &Seal, seq: u64) -> Result<Option<Entry>, StoreError> {
        if seq == 0 {
            return Ok(None);
        }
        let mut found = None;
        self.frames(seq, |frame| {
            found = open(seal, frame)?;
            Ok(ControlFlow::Break(()))
        })?;
        Ok(found)
    }
}

/// Opens and decodes the entry of a frame; nothing when it was erased.
pub fn open(seal: &Seal, frame: &Frame<'_>) -> Result<Option<Entry>, StoreError> {
    if frame.erased() {
        return Ok(None);
    }
    let seq = frame.header.seq;
    let plain = seal
        .open(&entry::place(seq, &frame.header.previous), frame.payload)
        .ok_or_else(|| unopened(seq))?;
    let entry: Entry = entry::decode(&plain)?;
    if entry.seq == seq { Ok(Some(entry)) } else { Err(damaged(seq, "another entry's content")) }
}

/// The content of an entry does not open.
pub fn unopened(seq: u64) -> StoreError {
    StoreError::Seal(said!("第 {seq} 条", "entry {seq}"))
}

fn damaged(seq: u64, what: &str) -> StoreError {
    StoreError::Damaged { seq, what: what.into() }
}
