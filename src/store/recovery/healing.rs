//! A station whose journal is damaged, made whole again in its place.
//!
//! The new journal is put together in `journal.new` and takes the old one's place
//! (`opening/renewed.rs`). The damaged one is kept as `journal.aside-1`, `-2` ... as it was.

use super::composing::{self, By, Recovered};
use crate::store::copies::backup::{self, BackupFile};
use crate::store::copies::heads::KnownHead;
use crate::store::copies::{archive, backups};
use crate::store::error::StoreError;
use crate::store::files::disk;
use crate::store::files::layout::{JOURNAL_DIR, NEW_JOURNAL_DIR};
use crate::store::files::lock::lock;
use crate::store::files::station::StationInfo;
use crate::store::journal::{rests, scan};
use crate::store::keys::keyring::{Keyring, Secret};
use crate::store::keys::throttle::Throttle;
use crate::store::keys::{DataKeys, REPAIR};
use crate::store::opening::renewed::{WHOLE_FILE, finish};
use crate::store::opening::setup::Setup;
use crate::store::opening::unlocking;
use crate::store::progress::Progress;
use crate::store::table::checkpoint::Checkpoint;
use crate::words::Said;
use std::path::{Path, PathBuf};

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
    let checked = scan::check_all(&old, station.anchor(), known.map_or(0, |known| known.seq))
        .and_then(|()| unlocking::Found::open(dir, &station, &unlocked, setup).map(drop));
    let mut whole = checked.is_ok();
    let missing = match checked {
        Err(error) if error.is_damage() => Vec::new(),
        Err(error) => return Err(error),
        Ok(()) => {
            let journal = scan::look(&old, station.anchor())?;
            let register = journal.keys();
            whole = rests::not_as_said(&journal, &register)?.is_empty();
            // Whole, and yet another one than was once known: an older copy, or a tail that was cut.
            let known = backups::outside(dir, &station).heads.into_iter();
            known.filter(|head| !head.is_in(&journal, &register)).collect()
        }
    };
    if missing.is_empty() && whole {
        setup.progress.end();
        return Ok(None);
    }
    let new = dir.join(NEW_JOURNAL_DIR);
    disk::remove_dir(&new)?;
    setup.progress.begin(Said::fixed("核对备份", "Checking the backups"), 0);
    let backup = newest_whole(dir, &station, &keys, &missing);
    let name = backup.as_ref().map(|(path, _)| backups::name_of(path));
    let composed = composing::compose(
        &new,
        composing::Sources {
            anchor: station.anchor(),
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
