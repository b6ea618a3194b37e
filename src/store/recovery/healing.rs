//! A station whose journal is damaged, made whole again in its place.
//!
//! The new journal is put together in `journal.new` and takes the old one's place by two renames;
//! a mark inside it says that it is whole, so that a crash anywhere between is finished at the next
//! opening. The damaged one is kept as `journal.aside-1`, `-2` ... as it was.

use super::composing::{self, By, REPAIR, Recovered};
use crate::store::copies::archive;
use crate::store::copies::backup::{self, BackupFile};
use crate::store::copies::backups;
use crate::store::copies::heads::KnownHead;
use crate::store::erasing;
use crate::store::error::{Doing, StoreError, io};
use crate::store::files::disk;
use crate::store::files::station::StationInfo;
use crate::store::journal::appending;
use crate::store::keys::DataKeys;
use crate::store::keys::keyring::{Keyring, Secret};
use crate::store::keys::throttle::Throttle;
use crate::store::opening::unlocking::{self, JOURNAL_DIR, Setup, lock};
use crate::store::progress::Progress;
use crate::store::table::building;
use crate::store::table::checkpoint::{CHECKPOINT_FILE, Checkpoint};
use crate::words::Said;
use std::path::{Path, PathBuf};

/// In a new journal: it is whole, and the table has to be built anew from it.
const WHOLE_FILE: &str = "whole";

/// What making a station whole came to.
#[derive(Clone, Debug)]
pub struct Healed {
    /// What the journal is now.
    pub journal: Recovered,
    /// The backup it was taken from, by its file name.
    pub backup: Option<String>,
    /// Where the damaged journal is kept.
    pub kept: String,
}

/// Makes a station whole whose journal is damaged: from its newest backup that is whole and what
/// can be read of the journal. Nothing when nothing is wrong with the journal. `secret` opens the
/// station; `account` is named as who asked for it.
///
/// # Errors
/// What keeps a station from being opened beside its journal, or what the machine gives; the
/// station is as it was then.
pub fn heal(
    dir: &Path,
    secret: &Secret<'_>,
    account: &str,
    setup: &Setup,
) -> Result<Option<Healed>, StoreError> {
    let station = StationInfo::load(dir)?;
    let _lock = lock(dir)?;
    finish(dir)?;
    let mut keyring = Keyring::load(dir)?;
    let unlocked = keyring.open(secret, &mut Throttle::load(dir)?, setup.clock.now())?;
    let (keys, signer) = (unlocked.data_keys(), unlocked.seed.signer());
    let (owner, station_key) = (unlocked.owner, unlocked.station.signer().public());
    let old = dir.join(JOURNAL_DIR);
    let checkpoint = Checkpoint::load(dir, station.node)?;
    let known = checkpoint.as_ref().map(|known| known.position);
    setup.progress.begin(Said::fixed("检查日志", "Checking the journal"), 0);
    // All of it: opening only looks at what came after the last checkpoint.
    let checked = appending::check_all(&old, station.origin(), known.map_or(0, |known| known.seq))
        .and_then(|()| unlocking::Found::open(dir, &station, &unlocked, setup).map(drop));
    let mut whole = checked.is_ok();
    let missing = match checked {
        Err(error) if error.is_damage() => Vec::new(),
        Err(error) => return Err(error),
        Ok(()) => {
            let journal = appending::look(&old, station.origin())?;
            let register = journal.keys();
            whole = erasing::not_as_said(&journal, &register)?.is_empty();
            // Whole, and yet another one than was once known: an older copy, or a tail that was cut.
            let known = backups::outside(dir, &station).heads.into_iter();
            known.filter(|head| !head.is_in(&journal, &register)).collect()
        }
    };
    if missing.is_empty() && whole {
        setup.progress.end();
        return Ok(None);
    }
    let new = dir.join("journal.new");
    disk::remove_dir(&new)?;
    setup.progress.begin(Said::fixed("核对备份", "Checking the backups"), 0);
    let backup = newest_whole(dir, &station, &keys, &missing);
    let name = backup.as_ref().map(|(path, _)| backups::name_of(path));
    let composed = composing::compose(
        &new,
        composing::Sources {
            origin: station.origin(),
            backup: backup.map(|(_, backup)| backup),
            journal: old.exists().then_some(&old),
            archive: archive::of(dir, &station),
            known: known.filter(|_| !whole).map(|known| (known.seq, known.hash)),
            missing: missing.iter().map(|head| (head.seq, head.hash)).collect(),
            noted: checkpoint.as_ref().map(|known| &known.register),
            keys: &keys,
            by: By {
                account,
                owner,
                signer: &signer,
                time: setup.clock.now(),
                station: station_key,
                why: REPAIR,
            },
            progress: &setup.progress,
        },
    );
    let journal = composed.inspect_err(|_| drop(disk::remove_dir(&new)))?;
    disk::write_whole(&new.join(WHOLE_FILE), b"")?;
    let kept = if old.exists() { disk::aside(&old, &old)? } else { String::new() };
    finish(dir)?;
    // Slots of keys whose pages are lost; on a disk that takes nothing the next opening does it.
    let _ = keyring.settle(&journal.register);
    Ok(Some(Healed { journal, backup: name, kept }))
}

/// The newest backup of this station that is whole; where the journal lacks heads, one that has
/// them.
fn newest_whole(
    dir: &Path,
    station: &StationInfo,
    keys: &DataKeys,
    missing: &[KnownHead],
) -> Option<(PathBuf, BackupFile)> {
    let mut known = backups::known(dir, station);
    known.sort_by_key(|backup| std::cmp::Reverse(backup.entries));
    let lacks = |head: &str| missing.iter().any(|lost| lost.hash.to_hex().as_str() == head);
    known.retain(|backup| missing.is_empty() || lacks(&backup.head));
    known.into_iter().find_map(|known| {
        backup::verify(&known.path, keys, &Progress::default()).ok()?;
        let opened = BackupFile::open(&known.path).ok()?;
        Some((known.path, opened))
    })
}

/// Finishes what a crash cut short: a whole new journal takes its place, and what was known of the
/// old one is taken away, so that the table is built anew.
pub(in crate::store) fn finish(dir: &Path) -> Result<(), StoreError> {
    let (old, new) = (dir.join(JOURNAL_DIR), dir.join("journal.new"));
    if !old.exists() && new.join(WHOLE_FILE).exists() {
        disk::rename(&new, &old)?;
    }
    let mark = old.join(WHOLE_FILE);
    if !mark.exists() {
        return Ok(());
    }
    let why = Said::fixed("日志已重新整理", "the journal was put together anew");
    for generation in building::generations(dir) {
        building::mark_damaged(dir, generation, &StoreError::Records(why.clone()));
    }
    for path in [dir.join(CHECKPOINT_FILE), mark] {
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(io(Doing::Writing, &path)(error));
            }
            _ => {}
        }
    }
    disk::sync_dir(dir)?;
    disk::sync_dir(&old)
}
