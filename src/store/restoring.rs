//! The journal of a restored station, written from whole frames.

use super::disk;
use super::error::{Doing, StoreError, io};
use super::frame::{Frame, Header, MORE};
use super::journal::SEGMENT_BYTES;
use super::segment;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes frames that are known to be chained; nothing of it counts before [`Self::finish`].
pub struct Restoring {
    dir: PathBuf,
    file: BufWriter<File>,
    number: u32,
    bytes: u64,
    /// The submission of the last frame goes on, so no segment may end here.
    open: bool,
}

impl Restoring {
    /// An empty journal in `dir`.
    pub fn create(dir: &Path) -> Result<Self, StoreError> {
        disk::make_dir(dir)?;
        let file = BufWriter::with_capacity(256 * 1024, segment::create(dir, 1, 1)?);
        Ok(Self { dir: dir.to_path_buf(), file, number: 1, bytes: segment::HEAD, open: false })
    }

    /// Appends a frame.
    pub fn frame(&mut self, flags: u8, header: &Header, payload: &[u8]) -> Result<(), StoreError> {
        if self.bytes >= SEGMENT_BYTES && !self.open {
            self.sync()?;
            self.number += 1;
            self.bytes = segment::HEAD;
            self.file = BufWriter::with_capacity(
                256 * 1024,
                segment::create(&self.dir, self.number, header.seq)?,
            );
        }
        let mut bytes = Vec::new();
        Frame { flags, header: *header, payload }.encode(&mut bytes);
        self.file.write_all(&bytes).map_err(io(Doing::Writing, &self.path()))?;
        self.bytes += bytes.len() as u64;
        self.open = flags & MORE != 0;
        Ok(())
    }

    /// Everything is on the disk when this returns.
    pub fn finish(mut self) -> Result<(), StoreError> {
        self.sync()
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        self.file.flush().map_err(io(Doing::Writing, &self.path()))?;
        self.file.get_ref().sync_all().map_err(io(Doing::Syncing, &self.path()))
    }

    fn path(&self) -> PathBuf {
        segment::path(&self.dir, self.number)
    }
}
