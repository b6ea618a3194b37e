//! The writing side of the journal: append-only segments, written by one thread.
//!
//! A batch is on the disk (`fdatasync`) before the next one begins, so only the last batch can be
//! torn by a crash: it is cut off and reported.

use super::block;
use super::cover::{Cover, Look};
use super::frame::{self};
use super::group::{self, Outgoing, What};
use super::place::{End, Place, Position};
use super::reader::{Index, JournalReader};
use super::scan::{LOST_TAIL, Scan, Torn, heads};
use super::segment::{self, Cursor, Found};
use crate::store::error::{Doing, StoreError, io};
use crate::store::files::disk::{self, ROOM};
use crate::store::files::station::Anchor;
use crate::store::keys::{DataKeys, Register};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
#[cfg(test)]
use std::sync::Arc;
use uuid::Uuid;

/// The writing side of the journal.
pub struct Journal {
    dir: PathBuf,
    node: Uuid,
    file: File,
    reader: JournalReader,
    segment_bytes: u64,
    /// Bytes that were never acknowledged may be on the disk after the end.
    dirty: bool,
    #[cfg(test)]
    pub(in crate::store) faults: Arc<Faults>,
}

/// Failures a test asks for.
#[cfg(test)]
#[derive(Default)]
pub(in crate::store) struct Faults {
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
    pub fn create(dir: &Path, anchor: Anchor, segment_bytes: u64) -> Result<Self, StoreError> {
        disk::make_dir(dir)?;
        let file = segment::create(dir, 1, 1)?;
        let index = Index::new(End::start(anchor.genesis), Register::default());
        let reader = JournalReader::new(dir, index);
        Ok(Self::over((dir, anchor.node), file, reader, segment_bytes))
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
        anchor: Anchor,
        saved: Option<(Position, Register)>,
        known: u64,
        more: impl FnOnce() -> u64,
        segment_bytes: u64,
    ) -> Result<(Self, Option<Torn>), StoreError> {
        let scan = Scan::run(dir, anchor, saved, known)?;
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
                    Self { dirty: true, ..Self::opened(dir, file, scan, segment_bytes) },
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
        let torn = scan.torn;
        Ok((Self::opened(dir, file, scan, segment_bytes), torn))
    }

    fn opened(dir: &Path, file: File, scan: Scan, segment_bytes: u64) -> Self {
        let mut index = Index::new(scan.end, scan.register);
        scan.marks.iter().for_each(|place| index.mark(*place));
        // The way to what comes after it does not lead through all that comes before.
        scan.began.iter().for_each(|place| index.begin(*place));
        let reader = JournalReader::new(dir, index);
        Self::over((dir, scan.anchor.node), file, reader, segment_bytes)
    }

    fn over(
        (dir, node): (&Path, Uuid),
        file: File,
        reader: JournalReader,
        segment_bytes: u64,
    ) -> Self {
        Self {
            dir: dir.to_path_buf(),
            node,
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
    /// # Errors
    /// [`StoreError::Io`], what sealing gives, or [`StoreError::NotSigned`] for a frame its signer
    /// may not write.
    pub fn append(&mut self, keys: &DataKeys, batch: &[Outgoing<'_>]) -> Result<(), StoreError> {
        self.clean()?;
        if batch.is_empty() {
            return Ok(());
        }
        let mut end = self.reader.end();
        if end.offset >= self.segment_bytes {
            let number = end.segment + 1;
            self.file = segment::create(&self.dir, number, end.seq + 1)?;
            end = End { segment: number, offset: segment::HEAD, ..end };
            self.reader.advance(end, &[], None);
        }
        let mut bytes = Vec::new();
        let mut places = Vec::new();
        let start = end.offset;
        let turned = self.admit(keys, batch)?;
        let before = (end.seq, end.hash);
        group::frames(self.node, before, keys, batch, |frame, hash| {
            end.last = (end.segment, start + bytes.len() as u64);
            end.first = frame.header.seq;
            places.push(Place::of(&frame.header, end.last));
            frame.encode(&mut bytes);
            (end.seq, end.hash) = (frame.header.last(), *hash);
            Ok(())
        })?;
        disk::need_room(&self.dir, bytes.len() as u64, ROOM)?;
        end.offset = start + bytes.len() as u64;
        self.dirty = true;
        if let Err(error) = self.write(&bytes) {
            // Nobody may find later what nobody was told was saved.
            let _ = self.clean();
            return Err(error);
        }
        self.dirty = false;
        self.reader.advance(end, &places, turned);
        Ok(())
    }

    /// Asks before frames are written what an opening would say of them. Gives the register after
    /// them where it has new pages.
    fn admit(
        &self,
        keys: &DataKeys,
        batch: &[Outgoing<'_>],
    ) -> Result<Option<Register>, StoreError> {
        let known = self.reader.keys();
        if !batch.iter().any(|one| matches!(one.what, What::Page(_))) {
            for one in batch {
                let may = known.may_sign(one.signer.id()).map(drop);
                may.map_err(|why| StoreError::NotSigned(why.said()))?;
            }
            return Ok(None);
        }
        let mut register = known.as_ref().clone();
        let mut cover = Cover::new(self.node, Look::Quick);
        let end = self.reader.end();
        group::frames(self.node, (end.seq, end.hash), keys, batch, |frame, hash| {
            let covered = cover.frame(frame, hash, &mut register);
            covered.map_err(|why| StoreError::NotSigned(why.said()))
        })?;
        Ok(Some(register))
    }

    /// Writes segments anew in which entries are replaced by their sealed rests; each takes the
    /// place of the one before in one step. Those that are replaced already stay as they are.
    ///
    /// # Errors
    /// What the machine gives; run again, it goes on where it stopped.
    pub fn replace(&mut self, rests: &BTreeMap<u64, Vec<u8>>) -> Result<(), StoreError> {
        self.clean()?;
        let heads = heads(&self.dir, &segment::list(&self.dir)?)?;
        let end = self.reader.end();
        for (at, head) in heads.iter().enumerate() {
            let next = heads.get(at + 1).map_or(end.seq + 1, |next| next.first);
            if rests.range(head.first..next).next().is_some() {
                self.replace_in(head.segment, rests)?;
            }
        }
        Ok(())
    }

    fn replace_in(
        &mut self,
        number: u32,
        rests: &BTreeMap<u64, Vec<u8>>,
    ) -> Result<(), StoreError> {
        let path = segment::path(&self.dir, number);
        let mut end = self.reader.end();
        let limit = (number == end.segment).then_some(end.offset);
        let first = segment::read_head(&path)?.unwrap_or(1);
        let mut bytes = segment::head(first).to_vec();
        let mut places = Vec::new();
        let mut cursor = Cursor::open(&path, segment::HEAD, limit)?;
        while cursor.left() > 0 {
            let Found::Frame = cursor.step()? else {
                return Err(StoreError::Damaged { seq: first, what: "an old segment".into() });
            };
            let Ok(frame) = cursor.frame() else { continue };
            places.push(Place::of(&frame.header, (number, bytes.len() as u64)));
            let touched = rests.range(frame.header.seq..=frame.header.last()).next().is_some();
            let body = match touched && frame.header.kind == frame::ENTRIES {
                true => block::without(&frame.header, frame.body, rests),
                false => None,
            };
            match body {
                Some(body) => frame::Frame { body: &body, ..frame.clone() }.encode(&mut bytes),
                None => frame.encode(&mut bytes),
            }
        }
        disk::need_room(&self.dir, bytes.len() as u64, ROOM)?;
        let beside = path.with_extension("new");
        disk::write_whole_at(&beside, &bytes)?;
        if number == end.segment {
            end.offset = bytes.len() as u64;
            end.last = places.last().map_or(end.last, |last| (last.segment, last.offset));
        }
        self.reader.moved(number, end, &places, || disk::rename(&beside, &path))?;
        if number == end.segment {
            let file = OpenOptions::new().write(true).open(&path);
            let mut file = file.map_err(io(Doing::Writing, &path))?;
            file.seek(SeekFrom::End(0)).map_err(io(Doing::Writing, &path))?;
            self.file = file;
        }
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

    /// Cuts off what a failed batch may have left after the end.
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
