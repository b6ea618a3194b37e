//! One file of the journal: its name, its head, and a cursor that walks its frames.

use super::frame::{self, FIXED, Frame, FrameError};
use crate::store::error::{Doing, StoreError, io};
use crate::store::files::disk;
use std::fs::{self, File};
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Bytes before the first frame: magic, sequence of the first frame, CRC-32C of both.
pub const HEAD: u64 = 8 + 8 + 4;
const MAGIC: &[u8; 8] = b"YZJRNL02";

/// The path of segment `number` in the journal folder.
pub fn path(dir: &Path, number: u32) -> PathBuf {
    dir.join(format!("{number:08}.yzj"))
}

/// The numbers of the segments there are, in order.
pub fn list(dir: &Path) -> Result<Vec<u32>, StoreError> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(dir).map_err(io(Doing::Reading, dir))? {
        let path = entry.map_err(io(Doing::Reading, dir))?.path();
        if path.extension().is_some_and(|extension| extension == "yzj") {
            let number: Option<u32> = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
            numbers.extend(number);
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// The bytes a segment begins with.
pub fn head(first_seq: u64) -> [u8; HEAD as usize] {
    let mut bytes = [0; HEAD as usize];
    bytes[..8].copy_from_slice(MAGIC);
    bytes[8..16].copy_from_slice(&first_seq.to_le_bytes());
    let crc = crc32c::crc32c(&bytes[..16]);
    bytes[16..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// The sequence a segment begins with; nothing when its head is not whole.
pub fn read_head(path: &Path) -> Result<Option<u64>, StoreError> {
    let mut bytes = [0; HEAD as usize];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut bytes));
    match read {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        other => other.map_err(io(Doing::Reading, path))?,
    }
    let seq = bytes[8..16].try_into().map_or(0, u64::from_le_bytes);
    Ok((head(seq) == bytes).then_some(seq))
}

/// Makes segment `number`: file and folder are on the disk when this returns.
pub fn create(dir: &Path, number: u32, first_seq: u64) -> Result<File, StoreError> {
    let path = path(dir, number);
    let made = disk::create(&path).and_then(|mut file| {
        std::io::Write::write_all(&mut file, &head(first_seq))
            .map_err(io(Doing::Writing, &path))?;
        file.sync_all().map_err(io(Doing::Syncing, &path))?;
        disk::sync_dir(dir)?;
        Ok(file)
    });
    if made.is_err() {
        // A segment without frames is only in the way of the next attempt.
        let _ = fs::remove_file(&path);
    }
    made
}

/// What a cursor found at its place.
pub enum Found {
    /// A frame is in the cursor's buffer.
    Frame,
    /// The file ends here, between two frames.
    End,
    /// No frame can be read here.
    Bad(FrameError),
}

/// Walks the frames of one segment up to `limit` bytes.
pub struct Cursor {
    file: BufReader<File>,
    path: PathBuf,
    /// Where the next frame begins.
    pub offset: u64,
    limit: u64,
    buffer: Vec<u8>,
    /// Size of the frame whose fixed part was read already.
    peeked: Option<usize>,
}

impl Cursor {
    /// A cursor at `offset` that reads no further than `limit`, or than the file as it is now.
    pub fn open(path: &Path, offset: u64, limit: Option<u64>) -> Result<Self, StoreError> {
        let mut file = File::open(path).map_err(io(Doing::Reading, path))?;
        let length = file.metadata().map_err(io(Doing::Reading, path))?.len();
        let limit = limit.map_or(length, |limit| limit.min(length));
        file.seek(SeekFrom::Start(offset)).map_err(io(Doing::Reading, path))?;
        let file = BufReader::with_capacity(64 * 1024, file);
        Ok(Self { file, path: path.to_path_buf(), offset, limit, buffer: Vec::new(), peeked: None })
    }

    /// Bytes between here and the limit.
    pub fn left(&self) -> u64 {
        self.limit.saturating_sub(self.offset)
    }

    /// Reads and checks the frame here and moves past it; stays where it is when there is none.
    pub fn step(&mut self) -> Result<Found, StoreError> {
        if self.left() == 0 {
            return Ok(Found::End);
        }
        let size = match self.peeked.take() {
            Some(size) => size,
            None => match self.fill_fixed()? {
                Ok(size) => size,
                Err(bad) => return Ok(Found::Bad(bad)),
            },
        };
        self.fill(FIXED, size)?;
        match frame::decode(&self.buffer) {
            Ok(_) => {
                self.offset += size as u64;
                Ok(Found::Frame)
            }
            Err(bad) => Ok(Found::Bad(bad)),
        }
    }

    /// The header of the frame here, whose content is not checked; the cursor stays.
    pub fn peek(&mut self) -> Result<Option<frame::Header>, StoreError> {
        if self.peeked.is_none() {
            let Ok(size) = self.fill_fixed()? else { return Ok(None) };
            self.peeked = Some(size);
        }
        let header = self.buffer.get(frame::PREFIX + 1..FIXED).unwrap_or_default();
        Ok(frame::Header::read(header).ok())
    }

    /// The flags of the frame that [`Self::peek`] looked at.
    pub fn flags(&self) -> u8 {
        self.buffer.get(frame::PREFIX).copied().unwrap_or_default()
    }

    /// Moves over the frame that [`Self::peek`] looked at.
    pub fn skip(&mut self) -> Result<(), StoreError> {
        let Some(size) = self.peeked.take() else { return Ok(()) };
        let rest = i64::try_from(size - FIXED).unwrap_or(0);
        self.file.seek_relative(rest).map_err(io(Doing::Reading, &self.path))?;
        self.offset += size as u64;
        Ok(())
    }

    /// The frame the last [`Self::step`] read.
    pub fn frame(&self) -> Result<Frame<'_>, FrameError> {
        frame::view(&self.buffer)
    }

    /// Everything from here to the limit.
    pub fn rest(&mut self) -> Result<Vec<u8>, StoreError> {
        let mut rest = Vec::new();
        let limit = self.left();
        let offset = self.offset;
        self.file
            .seek(SeekFrom::Start(offset))
            .and_then(|_| (&mut self.file).take(limit).read_to_end(&mut rest))
            .map_err(io(Doing::Reading, &self.path))?;
        Ok(rest)
    }

    /// Reads everything of a frame but its payload; gives its whole size.
    fn fill_fixed(&mut self) -> Result<Result<usize, FrameError>, StoreError> {
        if self.left() < FIXED as u64 {
            return Ok(Err(FrameError::Short));
        }
        self.fill(0, FIXED)?;
        Ok(frame::size(&self.buffer).and_then(|size| {
            if size as u64 > self.left() { Err(FrameError::Short) } else { Ok(size) }
        }))
    }

    fn fill(&mut self, from: usize, to: usize) -> Result<(), StoreError> {
        self.buffer.resize(to, 0);
        let part = self.buffer.get_mut(from..to).unwrap_or_default();
        self.file.read_exact(part).map_err(io(Doing::Reading, &self.path))
    }
}

/// A new segment begins once one has grown to this many bytes.
pub const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;
