//! A data folder made from a backup, and the journal of it, written from whole frames.

use super::composing::{self, By, RESTORE, Recovered, Sources};
use crate::record::Instant;
use crate::store::copies::backup::BackupFile;
use crate::store::error::{Doing, StoreError, io};
use crate::store::files::disk;
use crate::store::files::station::StationInfo;
use crate::store::journal::appending::SEGMENT_BYTES;
use crate::store::journal::frame::{FIRST_OF_BATCH, Frame};
use crate::store::journal::segment;
use crate::store::keys::keyring::{Keyring, Secret, Unlocked};
use crate::store::keys::throttle::Throttle;
use crate::store::opening::unlocking::{JOURNAL_DIR, RESTORING_FILE, claim};
use crate::store::progress::Progress;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes frames that are known to be chained; nothing of it counts before [`Self::finish`].
pub struct Restoring {
    dir: PathBuf,
    file: BufWriter<File>,
    number: u32,
    bytes: u64,
}

impl Restoring {
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

/// Makes a data folder from a backup file, in an empty or new folder, and checks all of it on the
/// way. With `journal`, the folder of the station's own journal, damaged or not, what was saved
/// after the backup is taken from there. The table of records is built at the first opening. A
/// page of the journal says who restored it and from where. A restore that was interrupted leaves a folder that is no station; run again, it begins anew.
///
/// # Errors
/// [`StoreError::FolderNotEmpty`], [`StoreError::Backup`], [`StoreError::Keyring`] for a wrong
/// secret, or what the machine gives.
pub fn restore(
    file: &Path,
    journal: Option<&Path>,
    dir: &Path,
    secret: &Secret<'_>,
    (account, time): (&str, Instant),
    progress: &Progress,
) -> Result<Recovered, StoreError> {
    let backup = BackupFile::open(file)?;
    let station = backup.station()?;
    let (keyring, unlocked) = match backup.unlock(secret) {
        // What came after the backup may be of a later epoch, which only its own keyring opens.
        Ok((of_backup, unlocked)) => match beside(journal, &station, secret) {
            Some(later) => later,
            None => (of_backup.moved_to(dir), unlocked),
        },
        Err(error) => beside(journal, &station, secret).ok_or(error)?,
    };
    let keys = unlocked.data_keys();
    let (owner, signer) = (unlocked.owner, unlocked.seed.signer());
    let station_key = unlocked.station.signer().public();
    let _lock = claim(dir)?;
    let mark = dir.join(RESTORING_FILE);
    disk::write_whole(&mark, b"")?;
    let into = dir.join(JOURNAL_DIR);
    let recovered = composing::compose(
        &into,
        Sources {
            origin: station.origin(),
            backup: Some(backup),
            journal,
            archive: None,
            known: None,
            missing: Vec::new(),
            noted: None,
            keys: &keys,
            by: By { account, owner, signer: &signer, time, station: station_key, why: RESTORE },
            progress,
        },
    )?;
    let mut keyring = keyring.moved_to(dir);
    keyring.settle(&recovered.register)?;
    keyring.save()?;
    // Last: a folder with this file is complete.
    station.save(dir)?;
    let _ = std::fs::remove_file(&mark);
    Ok(recovered)
}

/// The keyring of the folder a journal lies in, where it is of this station and the secret opens it.
fn beside(
    journal: Option<&Path>,
    station: &StationInfo,
    secret: &Secret<'_>,
) -> Option<(Keyring, Unlocked)> {
    let old = journal?.parent()?;
    StationInfo::load(old).ok().filter(|of| of.node == station.node)?;
    let keyring = Keyring::load(old).ok()?;
    let unlocked = keyring.open(secret, &mut Throttle::forgetful(), Instant::default()).ok()?;
    Some((keyring, unlocked))
}
