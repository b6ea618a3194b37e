//! A data folder made from a backup.

use super::composing::{self, By, Recovered, Sources};
use crate::record::Instant;
use crate::store::copies::backup::BackupFile;
use crate::store::error::StoreError;
use crate::store::files::disk;
use crate::store::files::layout::{JOURNAL_DIR, RESTORING_FILE};
use crate::store::files::station::StationInfo;
use crate::store::keys::RESTORE;
use crate::store::keys::keyring::{Keyring, Secret, Unlocked};
use crate::store::keys::throttle::Throttle;
use crate::store::opening::claim::claim;
use crate::store::progress::Progress;
use std::path::Path;

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
            anchor: station.anchor(),
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

/// The keyring of the folder a journal is in, where it is of this station and the secret opens it.
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
