//! The journal looked through before it is opened: every frame from a saved position on.
//!
//! Only the last batch can be torn by a crash. Damage anywhere else stops the opening, and so does a
//! batch before the last that somebody did not sign.

use super::cover::{Cover, Look};
use super::frame::{self, FIRST_OF_BATCH, Header, MORE, UNSIGNED};
use super::place::{End, Place, Position};
use super::reader::{Index, JournalReader};
use super::segment::{self, Cursor, Found};
use crate::store::error::{Doing, StoreError, io};
use crate::store::files::disk;
use crate::store::files::station::Anchor;
use crate::store::keys::Register;
use std::path::Path;

/// The torn end of the last batch, which nobody had been told was saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Torn {
    /// Sequence the first entry cut off would have had.
    pub seq: u64,
    /// Bytes cut off.
    pub bytes: u64,
}

pub(super) const LOST_TAIL: &str = "an entry that had been saved cannot be read";

/// Checks every frame from the first on, which opening does not where it knows better; the disk is
/// as before.
///
/// # Errors
/// As [`Journal::open`](super::appending::Journal::open).
pub fn check_all(dir: &Path, anchor: Anchor, known: u64) -> Result<(), StoreError> {
    Scan::run(dir, anchor, None, known).map(drop)
}

/// Where each segment begins.
///
/// # Errors
/// [`StoreError::Damaged`] for a head that is not whole, or what the machine gives.
pub fn heads(dir: &Path, numbers: &[u32]) -> Result<Vec<Place>, StoreError> {
    let mut marks = Vec::with_capacity(numbers.len());
    let mut before = 0;
    for &number in numbers {
        let first = segment::read_head(&segment::path(dir, number))?;
        match first.filter(|first| *first > before || number == 1) {
            Some(first) => {
                before = first;
                marks.push(Place { first, last: first, segment: number, offset: segment::HEAD });
            }
            None => {
                return Err(StoreError::Damaged {
                    seq: before + 1,
                    what: format!("head of segment {number}"),
                });
            }
        }
    }
    Ok(marks)
}

/// A reading side over a whole journal, every frame of which is checked; the disk is as before.
///
/// # Errors
/// As [`Journal::open`](super::appending::Journal::open).
pub fn look(dir: &Path, anchor: Anchor) -> Result<JournalReader, StoreError> {
    let scan = Scan::run(dir, anchor, None, 0)?;
    let mut index = Index::new(scan.end, scan.register);
    scan.marks.iter().for_each(|place| index.mark(*place));
    Ok(JournalReader::new(dir, index))
}

/// What opening found.
pub(super) struct Scan {
    pub(super) anchor: Anchor,
    pub(super) end: End,
    pub(super) torn: Option<Torn>,
    pub(super) marks: Vec<Place>,
    pub(super) register: Register,
    cover: Cover,
    /// The frame opening may start from.
    saved: Option<Position>,
    /// The frame it did start from.
    pub(super) began: Option<Place>,
    /// The newest entry known to have been saved.
    known: u64,
}

impl Scan {
    pub(super) fn run(
        dir: &Path,
        anchor: Anchor,
        saved: Option<(Position, Register)>,
        known: u64,
    ) -> Result<Self, StoreError> {
        let numbers = Self::segments(dir)?;
        let saved = saved.filter(|(saved, _)| saved.seq > 0);
        let position = saved.as_ref().map(|(position, _)| *position);
        let resumed = match &position {
            Some(saved) => Self::resume(dir, &numbers, saved)?,
            None => None,
        };
        let marks = heads(dir, &numbers)?;
        let known = known.max(position.map_or(0, |saved| saved.seq));
        let start = resumed.unwrap_or_else(|| End::start(anchor.genesis));
        let register = saved.filter(|_| resumed.is_some()).map(|(_, register)| register);
        let began = resumed.map(|End { first, seq, last: (segment, offset), .. }| Place {
            first,
            last: seq,
            segment,
            offset,
        });
        let mut scan = Self {
            anchor,
            end: start,
            torn: None,
            marks,
            register: register.unwrap_or_default(),
            cover: Cover::new(anchor.node, Look::Quick),
            saved: position,
            began,
            known,
        };
        let last = numbers.last().copied().unwrap_or(1);
        for number in start.segment..=last {
            if number != start.segment {
                scan.end = End { segment: number, offset: segment::HEAD, ..scan.end };
            }
            scan.segment(dir, number == last)?;
        }
        if scan.end.seq < known {
            return Err(StoreError::JournalShort { found: scan.end.seq, known });
        }
        Ok(scan)
    }

    /// The segments there are, without gaps. A last one whose head was never finished holds
    /// nothing and is taken away.
    fn segments(dir: &Path) -> Result<Vec<u32>, StoreError> {
        if !dir.exists() {
            return Err(missing(1));
        }
        let mut numbers = segment::list(dir)?;
        if let Some(&last) = numbers.last() {
            let path = segment::path(dir, last);
            let length = path.metadata().map_err(io(Doing::Reading, &path))?.len();
            if last > 1 && length <= segment::HEAD && segment::read_head(&path)?.is_none() {
                std::fs::remove_file(&path).map_err(io(Doing::Writing, &path))?;
                disk::sync_dir(dir)?;
                numbers.pop();
            }
        }
        match (1..).zip(&numbers).find(|(expected, number)| expected != *number) {
            None if !numbers.is_empty() => Ok(numbers),
            None => Err(missing(1)),
            Some((expected, _)) => Err(missing(expected)),
        }
    }

    /// The state after the saved position, when the very frame is still there.
    fn resume(dir: &Path, numbers: &[u32], saved: &Position) -> Result<Option<End>, StoreError> {
        if !numbers.contains(&saved.segment) {
            return Ok(None);
        }
        let path = segment::path(dir, saved.segment);
        let mut cursor = Cursor::open(&path, saved.offset, None)?;
        let Found::Frame = cursor.step()? else { return Ok(None) };
        let Ok(frame) = cursor.frame() else { return Ok(None) };
        let same = frame.header.last() == saved.seq && frame.header.hash() == saved.hash;
        // A batch ends here, and its last frame is signed: neither is in the chain.
        let vouched = frame.signature.is_some() || frame.flags & UNSIGNED != 0;
        let same = same && vouched && frame.flags & MORE == 0;
        Ok(same.then_some(End {
            seq: saved.seq,
            first: frame.header.seq,
            hash: saved.hash,
            last: (saved.segment, saved.offset),
            segment: saved.segment,
            offset: cursor.offset,
        }))
    }

    /// Walks one segment from the present end.
    fn segment(&mut self, dir: &Path, last: bool) -> Result<(), StoreError> {
        let mut cursor =
            Cursor::open(&segment::path(dir, self.end.segment), self.end.offset, None)?;
        // The end before a batch that is not complete yet, and the register there.
        let mut whole = self.end;
        let mut pages = self.register.clone();
        let mut turned = false;
        loop {
            let at = cursor.offset;
            match cursor.step()? {
                Found::Frame => {
                    let Ok(frame) = cursor.frame() else { continue };
                    turned |= self.frame(&frame, at)?;
                    self.end.offset = cursor.offset;
                    if self.cover.is_whole() {
                        whole = self.end;
                        // The pages of a batch come before its last frame.
                        if std::mem::take(&mut turned) {
                            pages = self.register.clone();
                        }
                    }
                }
                Found::End if self.cover.is_whole() => return Ok(()),
                Found::End if last => return self.cut(whole, pages, &cursor),
                Found::End => return Err(self.damaged("a submission is not complete")),
                Found::Bad(bad) => {
                    if !last || saved_after(&cursor.rest()?, self.end.seq + 1) {
                        return Err(self.damaged(&bad.to_string()));
                    }
                    return self.cut(whole, pages, &cursor);
                }
            }
        }
    }

    /// Takes in one frame; whether it is a page of the register.
    fn frame(&mut self, frame: &frame::Frame<'_>, at: u64) -> Result<bool, StoreError> {
        let header = &frame.header;
        let (seq, hash) = (header.last(), header.hash());
        let rewritten = self.saved.is_some_and(|saved| saved.seq == seq && saved.hash != hash);
        if header.seq != self.end.seq + 1 || header.previous != self.end.hash || rewritten {
            return Err(self.damaged("the chain is broken"));
        }
        let covered = self.cover.frame(frame, &hash, &mut self.register);
        covered.map_err(|why| self.damaged(&why.said().en))?;
        let last = (self.end.segment, at);
        self.marks.push(Place::of(header, last));
        self.end = End { seq, first: header.seq, hash, last, ..self.end };
        Ok(header.kind != frame::ENTRIES)
    }

    /// Forgets everything after `whole`, unless something there is known to have been saved.
    fn cut(&mut self, whole: End, pages: Register, cursor: &Cursor) -> Result<(), StoreError> {
        if self.known > whole.seq {
            return Err(self.damaged(LOST_TAIL));
        }
        self.torn =
            Some(Torn { seq: whole.seq + 1, bytes: cursor.offset + cursor.left() - whole.offset });
        self.marks.retain(|place| place.first <= whole.seq + 1);
        (self.end, self.register) = (whole, pages);
        Ok(())
    }

    pub(super) fn damaged(&self, what: &str) -> StoreError {
        StoreError::Damaged { seq: self.end.seq + 1, what: what.into() }
    }
}

/// Whether `bytes` hold a frame from `seq` on that begins a batch: then what is before it
/// had reached the disk.
pub fn saved_after(bytes: &[u8], seq: u64) -> bool {
    let plausible = seq..seq.saturating_add(1 << 24);
    (1..bytes.len().saturating_sub(frame::FIXED)).any(|at| {
        let Some(rest) = bytes.get(at..) else { return false };
        let header = rest.get(frame::PREFIX + 1..frame::FIXED).unwrap_or_default();
        Header::read(header).is_ok_and(|header| plausible.contains(&header.seq))
            && frame::decode(rest).is_ok_and(|(frame, _)| frame.flags & FIRST_OF_BATCH != 0)
    })
}

fn missing(number: u32) -> StoreError {
    StoreError::BadFile { file: format!("{number:08}.yzj"), detail: "missing".into() }
}
