//! Frames that are chained already, written into segments.

use super::frame::{FIRST_OF_BATCH, Frame};
use super::segment::{self, SEGMENT_BYTES};
use crate::store::error::{Doing, StoreError, io};
use crate::store::files::disk;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes frames that are known to be chained; nothing of it counts before [`Self::finish`].
pub struct FrameWriter {
    dir: PathBuf,
    file: BufWriter<File>,
    number: u32,
    bytes: u64,
}

impl FrameWriter {
    /// An empty journal in `dir`.
    pub fn create(dir: &Path) -> Result<Self, StoreError> {
        disk::make_dir(dir)?;
        let file = BufWriter::with_capacity(256 * 1024, segment::create(dir, 1, 1)?);
        Ok(Self { dir: dir.to_path_buf(), file, number: 1, bytes: segment::HEAD })
    }

    /// Appends a frame; a segment ends only before one that begins a batch.
    pub fn frame(&mut self, frame: &Frame<'_>) -> Result<(), StoreError> {
        if self.bytes >= SEGMENT_BYTES && frame.flags & FIRST_OF_BATCH != 0 {
            self.sync()?;
            self.number += 1;
            self.bytes = segment::HEAD;
            self.file = BufWriter::with_capacity(
                256 * 1024,
                segment::create(&self.dir, self.number, frame.header.seq)?,
            );
        }
        let mut bytes = Vec::new();
        frame.encode(&mut bytes);
        self.file.write_all(&bytes).map_err(io(Doing::Writing, &self.path()))?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Everything is on the disk when this returns.
    pub fn finish(mut self) -> Result<(), StoreError> {
        self.sync()
    }

    /// What was written can be read when this returns.
    pub fn flush(&mut self) -> Result<(), StoreError> {
        self.file.flush().map_err(io(Doing::Writing, &self.path()))
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        self.flush()?;
        self.file.get_ref().sync_all().map_err(io(Doing::Syncing, &self.path()))
    }

    fn path(&self) -> PathBuf {
        segment::path(&self.dir, self.number)
    }
}
