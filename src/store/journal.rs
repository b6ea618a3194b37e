//! The journal: append-only segments, opened with care, written by one thread.
//!
//! A batch is on the disk (`fdatasync`) before the next one begins, so only the last batch can be
//! torn by a crash: it is cut off and reported. Damage anywhere else stops the opening.

use super::disk;
use super::error::{Doing, StoreError, io};
use super::frame::{self, FIRST_OF_BATCH, Frame, Header, MORE};
use super::reader::{End, Index, JournalReader};
use super::segment::{self, Cursor, Found};
use blake3::Hash;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
#[cfg(test)]
use std::sync::Arc;

/// A new segment begins once one has grown to this many bytes.
pub const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;

/// Bytes of free space that stay for the table and for drafts: nothing is saved into the last of it.
pub const ROOM: u64 = 4 * 1024 * 1024;

/// A frame known to have been saved, and where it begins: opening starts there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Number of the segment.
    pub segment: u32,
    /// Where in it the frame begins.
    pub offset: u64,
    /// The frame's sequence; 0 for none yet.
    pub seq: u64,
    /// Hash of its header.
    pub hash: Hash,
}

/// The torn end of the last batch, which nobody had been told was saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Torn {
    /// Sequence the first entry cut off would have had.
    pub seq: u64,
    /// Bytes cut off.
    pub bytes: u64,
}

/// One sealed entry on its way into the journal.
pub struct Sealed {
    /// Its sequence.
    pub seq: u64,
    /// Whether its submission goes on in the next frame.
    pub more: bool,
    /// Nonce and sealed entry.
    pub payload: Vec<u8>,
}

/// The writing side of the journal.
pub struct Journal {
    dir: PathBuf,
    file: File,
    reader: JournalReader,
    segment_bytes: u64,
    /// Bytes behind the end may be on the disk that were never acknowledged.
    dirty: bool,
    #[cfg(test)]
    pub(super) faults: Arc<Faults>,
}

/// Failures a test asks for.
#[cfg(test)]
#[derive(Default)]
pub(super) struct Faults {
    pub write: std::sync::atomic::AtomicU32,
    pub sync: std::sync::atomic::AtomicU32,
    pub truncate: std::sync::atomic::AtomicU32,
}

#[cfg(test)]
impl Faults {
    fn strike(count: &std::sync::atomic::AtomicU32) -> std::io::Result<()> {
        use std::sync::atomic::Ordering::SeqCst;
        let left = count.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1));
        if left.is_ok() { Err(ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

impl Journal {
    /// Makes the journal of a new station.
    pub fn create(dir: &Path, genesis: Hash, segment_bytes: u64) -> Result<Self, StoreError> {
        disk::make_dir(dir)?;
        let file = segment::create(dir, 1, 1)?;
        let reader = JournalReader::new(dir, Index::new(End::start(genesis)));
        Ok(Self::over(dir, file, reader, segment_bytes))
    }

    /// Opens the journal, from a saved position when there is one, and checks every frame from
    /// there on. A torn tail is cut off and reported, unless an entry up to `known`, the newest
    /// known to have been saved, would go with it. `more` may know of newer ones and is asked once
    /// the journal is found whole: until then nothing else is touched.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] naming the sequence; [`StoreError::JournalShort`] when it ends
    /// before the saved position.
    pub fn open(
        dir: &Path,
        genesis: Hash,
        saved: Option<Position>,
        known: u64,
        more: impl FnOnce() -> u64,
        segment_bytes: u64,
    ) -> Result<(Self, Option<Torn>), StoreError> {
        let scan = Scan::run(dir, genesis, saved, known)?;
        let known = more();
        if scan.end.seq < known {
            return Err(match scan.torn {
                Some(_) => scan.damaged(LOST_TAIL),
                None => StoreError::JournalShort { found: scan.end.seq, known },
            });
        }
        let path = segment::path(dir, scan.end.segment);
        let file = match OpenOptions::new().write(true).open(&path) {
            // A disk that only reads: nothing is cut, and the first save is refused by it.
            Err(error) if error.kind() == ErrorKind::ReadOnlyFilesystem => {
                let file = File::open(&path).map_err(io(Doing::Reading, &path))?;
                return Ok((
                    Self { dirty: true, ..Self::opened(dir, file, &scan, segment_bytes) },
                    None,
                ));
            }
            file => file.map_err(io(Doing::Writing, &path))?,
        };
        if let Some(torn) = &scan.torn {
            let bytes = std::fs::read(&path).map_err(io(Doing::Reading, &path))?;
            let at = usize::try_from(scan.end.offset).unwrap_or(usize::MAX);
            super::salvage::keep_tail(dir, torn.seq, bytes.get(at..).unwrap_or_default());
            file.set_len(scan.end.offset).map_err(io(Doing::Writing, &path))?;
        }
        // What the scan saw may so far be in memory only; from here on it counts as saved.
        file.sync_all().map_err(io(Doing::Syncing, &path))?;
        let mut file = file;
        file.seek(SeekFrom::Start(scan.end.offset)).map_err(io(Doing::Writing, &path))?;
        Ok((Self::opened(dir, file, &scan, segment_bytes), scan.torn))
    }

    fn opened(dir: &Path, file: File, scan: &Scan, segment_bytes: u64) -> Self {
        let mut index = Index::new(scan.end);
        for (seq, segment, offset) in &scan.marks {
            index.mark(*seq, *segment, *offset);
        }
        Self::over(dir, file, JournalReader::new(dir, index), segment_bytes)
    }

    fn over(dir: &Path, file: File, reader: JournalReader, segment_bytes: u64) -> Self {
        Self {
            dir: dir.to_path_buf(),
            file,
            reader,
            segment_bytes,
            dirty: false,
            #[cfg(test)]
            faults: Arc::default(),
        }
    }

    /// A reading side, to be shared.
    pub fn reader(&self) -> JournalReader {
        self.reader.clone()
    }

    /// Writes a batch and returns once the disk has it. On failure the journal is as before.
    ///
    /// The payloads are sealed by `seal`, which is given each header's predecessor.
    ///
    /// # Errors
    /// [`StoreError::Io`], or what `seal` gives.
    pub fn append<I>(&mut self, batch: I) -> Result<(), StoreError>
    where
        I: IntoIterator,
        I::Item: FnOnce(&Hash) -> Result<Sealed, StoreError>,
    {
        self.clean()?;
        let mut end = self.reader.end();
        if end.offset >= self.segment_bytes {
            let number = end.segment + 1;
            self.file = segment::create(&self.dir, number, end.seq + 1)?;
            end = End { segment: number, offset: segment::HEAD, ..end };
            self.reader.advance(end, &[(end.seq + 1, number, segment::HEAD)]);
        }
        let mut bytes = Vec::new();
        let mut marks = Vec::new();
        let start = end.offset;
        for seal in batch {
            let sealed = seal(&end.hash)?;
            let first = if bytes.is_empty() { FIRST_OF_BATCH } else { 0 };
            let flags = first | if sealed.more { MORE } else { 0 };
            let header = Header::new(sealed.seq, end.hash, &sealed.payload);
            end.last = (end.segment, start + bytes.len() as u64);
            marks.push((sealed.seq, end.last.0, end.last.1));
            Frame { flags, header, payload: &sealed.payload }.encode(&mut bytes);
            end.seq = sealed.seq;
            end.hash = header.hash();
        }
        if bytes.is_empty() {
            return Ok(());
        }
        disk::need_room(&self.dir, bytes.len() as u64, ROOM)?;
        end.offset = start + bytes.len() as u64;
        self.dirty = true;
        if let Err(error) = self.write(&bytes) {
            // Nobody may find later what nobody was told was saved.
            let _ = self.clean();
            return Err(error);
        }
        self.dirty = false;
        self.reader.advance(end, &marks);
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let path = segment::path(&self.dir, self.reader.end().segment);
        #[cfg(test)]
        if let Err(error) = Faults::strike(&self.faults.write) {
            let _ = self.file.write_all(&bytes[..bytes.len() / 2]);
            return Err(io(Doing::Writing, &path)(error));
        }
        self.file.write_all(bytes).map_err(io(Doing::Writing, &path))?;
        #[cfg(test)]
        Faults::strike(&self.faults.sync).map_err(io(Doing::Syncing, &path))?;
        self.file.sync_data().map_err(io(Doing::Syncing, &path))
    }

    /// Whether the disk takes writes again: tries it with a file of its own.
    ///
    /// # Errors
    /// [`StoreError::Io`] while it does not.
    pub fn try_out(&mut self) -> Result<(), StoreError> {
        self.clean()?;
        disk::need_room(&self.dir, 0, ROOM)?;
        let path = self.dir.join("trial");
        disk::write_whole(&path, &[0; 4096])?;
        std::fs::remove_file(&path).map_err(io(Doing::Writing, &path))
    }

    /// Cuts off what a failed batch may have left behind the end.
    ///
    /// # Errors
    /// [`StoreError::Io`] when the disk still refuses.
    pub fn clean(&mut self) -> Result<(), StoreError> {
        if !self.dirty {
            return Ok(());
        }
        let end = self.reader.end();
        let path = segment::path(&self.dir, end.segment);
        #[cfg(test)]
        Faults::strike(&self.faults.truncate).map_err(io(Doing::Writing, &path))?;
        // Opened anew: a disk that only read may have become one that writes.
        self.file =
            OpenOptions::new().write(true).open(&path).map_err(io(Doing::Writing, &path))?;
        self.file
            .set_len(end.offset)
            .and_then(|()| self.file.seek(SeekFrom::Start(end.offset)))
            .map_err(io(Doing::Writing, &path))?;
        self.file.sync_all().map_err(io(Doing::Syncing, &path))?;
        self.dirty = false;
        Ok(())
    }
}

const LOST_TAIL: &str = "an entry that had been saved cannot be read";

/// What opening found.
struct Scan {
    end: End,
    torn: Option<Torn>,
    marks: Vec<(u64, u32, u64)>,
    /// The frame opening may start from.
    saved: Option<Position>,
    /// The newest entry known to have been saved.
    known: u64,
}

impl Scan {
    fn run(
        dir: &Path,
        genesis: Hash,
        saved: Option<Position>,
        known: u64,
    ) -> Result<Self, StoreError> {
        let numbers = Self::segments(dir)?;
        let saved = saved.filter(|saved| saved.seq > 0);
        let resumed = match saved {
            Some(saved) => Self::resume(dir, &numbers, &saved)?,
            None => None,
        };
        let start = resumed.unwrap_or_else(|| End::start(genesis));
        let marks = Self::heads(dir, &numbers)?;
        let known = known.max(saved.map_or(0, |saved| saved.seq));
        let mut scan = Self { end: start, torn: None, marks, saved, known };
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

    /// Where each segment begins.
    fn heads(dir: &Path, numbers: &[u32]) -> Result<Vec<(u64, u32, u64)>, StoreError> {
        let mut marks = Vec::with_capacity(numbers.len());
        let mut before = 0;
        for &number in numbers {
            let first = segment::read_head(&segment::path(dir, number))?;
            match first.filter(|first| *first > before || number == 1) {
                Some(first) => {
                    before = first;
                    marks.push((first, number, segment::HEAD));
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

    /// The state behind the saved position, when the very frame still lies there.
    fn resume(dir: &Path, numbers: &[u32], saved: &Position) -> Result<Option<End>, StoreError> {
        if !numbers.contains(&saved.segment) {
            return Ok(None);
        }
        let path = segment::path(dir, saved.segment);
        let mut cursor = Cursor::open(&path, saved.offset, None)?;
        let Found::Frame = cursor.step()? else { return Ok(None) };
        let same = cursor.frame().is_ok_and(|(frame, _)| {
            frame.header.seq == saved.seq && frame.header.hash() == saved.hash
        });
        Ok(same.then_some(End {
            seq: saved.seq,
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
        // The end before a submission that is not complete yet.
        let mut whole = self.end;
        let mut open = false;
        loop {
            let at = cursor.offset;
            match cursor.step()? {
                Found::Frame => {
                    let Ok((frame, _)) = cursor.frame() else { continue };
                    let Header { seq, previous, .. } = frame.header;
                    let hash = frame.header.hash();
                    let rewritten =
                        self.saved.is_some_and(|saved| saved.seq == seq && saved.hash != hash);
                    if seq != self.end.seq + 1 || previous != self.end.hash || rewritten {
                        return Err(self.damaged("the chain is broken"));
                    }
                    open = frame.flags & MORE != 0;
                    if Index::keeps(seq, at) {
                        self.marks.push((seq, self.end.segment, at));
                    }
                    let last = (self.end.segment, at);
                    self.end = End { seq, hash, last, offset: cursor.offset, ..self.end };
                    if !open {
                        whole = self.end;
                    }
                }
                Found::End if !open => return Ok(()),
                Found::End if last => return self.cut(whole, &cursor),
                Found::End => return Err(self.damaged("a submission is not complete")),
                Found::Bad(bad) => {
                    if !last || saved_after(&cursor.rest()?, self.end.seq + 1) {
                        return Err(self.damaged(&bad.to_string()));
                    }
                    return self.cut(whole, &cursor);
                }
            }
        }
    }

    /// Forgets everything behind `whole`, unless something there is known to have been saved.
    fn cut(&mut self, whole: End, cursor: &Cursor) -> Result<(), StoreError> {
        if self.known > whole.seq {
            return Err(self.damaged(LOST_TAIL));
        }
        self.torn =
            Some(Torn { seq: whole.seq + 1, bytes: cursor.offset + cursor.left() - whole.offset });
        self.marks.retain(|(seq, ..)| *seq <= whole.seq + 1);
        self.end = whole;
        Ok(())
    }

    fn damaged(&self, what: &str) -> StoreError {
        StoreError::Damaged { seq: self.end.seq + 1, what: what.into() }
    }
}

/// Whether `bytes` hold a frame from `seq` on that begins a batch: then what stands before it
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
