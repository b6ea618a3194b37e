//! A data folder made from a backup, and the journal of it, written from whole frames.

use super::backup::BackupFile;
use super::composing::{self, Recovered, Sources};
use super::disk;
use super::error::{Doing, StoreError, io};
use super::frame::{Frame, Header, MORE};
use super::journal::SEGMENT_BYTES;
use super::keyring::Secret;
use super::opening::{JOURNAL_DIR, RESTORING_FILE, claim};
use super::progress::Progress;
use super::segment;
use crate::record::Instant;
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

/// Makes a data folder from a backup file, in an empty or new folder, and checks all of it on the
/// way. With `journal`, the folder of the station's own journal, damaged or not, what was saved
/// after the backup is taken from there. The table of records is built at the first opening. A
/// restore that was interrupted leaves a folder that is no station; run again, it begins anew.
///
/// # Errors
/// [`StoreError::FolderNotEmpty`], [`StoreError::Backup`], [`StoreError::Keyring`] for a wrong
/// secret, or what the machine gives.
pub fn restore(
    file: &Path,
    journal: Option<&Path>,
    dir: &Path,
    secret: &Secret<'_>,
    by: (&str, Instant),
    progress: &Progress,
) -> Result<Recovered, StoreError> {
    let backup = BackupFile::open(file)?;
    let key = backup.key(secret)?;
    let station = backup.station()?;
    let keyring = backup.keyring(dir)?;
    let _lock = claim(dir)?;
    let mark = dir.join(RESTORING_FILE);
    disk::write_whole(&mark, b"")?;
    let into = dir.join(JOURNAL_DIR);
    let genesis = station.genesis();
    let sources =
        Sources { genesis, backup: Some(backup), journal, known: None, key: &key, by, progress };
    let recovered = composing::compose(&into, sources)?;
    keyring.save()?;
    // Last: a folder with this file is complete.
    station.save(dir)?;
    let _ = std::fs::remove_file(&mark);
    Ok(recovered)
}
