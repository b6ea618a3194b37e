//! A data folder opened: keyring, table and journal, and whether they belong together.

use super::parts::Parts;
use super::renewed;
use super::setup::Setup;
use crate::said;
use crate::store::copies::backups::{self, KnownBackup};
use crate::store::error::{Broken, KeyringError, StoreError};
use crate::store::files::layout::JOURNAL_DIR;
use crate::store::files::lock::lock;
use crate::store::files::station::StationInfo;
use crate::store::journal::appending::Journal;
use crate::store::journal::salvage::{self, Piece};
use crate::store::journal::scan::Torn;
use crate::store::keys::keyring::{self, Keyring, Proof, Secret, Unlocked};
use crate::store::keys::throttle::Throttle;
use crate::store::keys::{DataKeys, Owner, Register, Signer};
use crate::store::table::checkpoint::Checkpoint;
use crate::store::table::records::Records;
use crate::store::{Store, erasing};
use crate::words::Said;
use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::PoisonError;

impl Store {
    /// Opens a station with an account's password.
    ///
    /// # Errors
    /// [`StoreError::Locked`], [`StoreError::OtherFormat`], [`StoreError::Keyring`] for a wrong
    /// password or one too many, [`StoreError::Damaged`], or what the machine gives.
    pub fn unlock(
        dir: &Path,
        account: &str,
        password: &str,
        setup: &Setup,
    ) -> Result<Self, StoreError> {
        Self::open(dir, &Secret::Password { account, password }, setup)
    }

    /// Opens a station with the recovery key as typed.
    ///
    /// # Errors
    /// As [`Self::unlock`].
    pub fn unlock_with_recovery(
        dir: &Path,
        recovery_key: &str,
        setup: &Setup,
    ) -> Result<Self, StoreError> {
        Self::open(dir, &Secret::Recovery(recovery_key), setup)
    }

    /// Opens a station.
    ///
    /// # Errors
    /// As [`Self::unlock`].
    pub fn open(dir: &Path, secret: &Secret<'_>, setup: &Setup) -> Result<Self, StoreError> {
        let station = StationInfo::load(dir)?;
        let lock = lock(dir)?;
        renewed::finish(dir)?;
        let keyring = Keyring::load(dir)?;
        let mut throttle = Throttle::load(dir)?;
        let unlocked = keyring.open(secret, &mut throttle, setup.clock.now())?;
        let proof = Proof::new(secret, unlocked.seed.signer())?;
        let store = Self::open_with((dir, lock), station, &unlocked, (keyring, throttle), setup)?;
        *store.proof.lock().unwrap_or_else(PoisonError::into_inner) = Some(proof);
        Ok(store)
    }

    /// Opens a station whose keys are at hand.
    pub(in crate::store) fn open_with(
        (dir, lock): (&Path, File),
        station: StationInfo,
        unlocked: &Unlocked,
        mut ring: (Keyring, Throttle),
        setup: &Setup,
    ) -> Result<Self, StoreError> {
        let Found { mut journal, torn, records, mut checkpoint, keys, hand } =
            Found::open(dir, &station, unlocked, setup)?;
        let register = journal.reader().keys();
        if erasing::finish(dir, &mut journal, &register)? {
            checkpoint = None;
        }
        // On a disk that takes nothing the next opening does it.
        let _ = ring.0.settle(&journal.reader().keys());
        let mut notices: Vec<Said> = torn.as_ref().map(said_of).into_iter().collect();
        let reader = journal.reader();
        notices.extend(records.catch_up(&reader, checkpoint.as_ref(), &setup.progress)?);
        let checkpointed = match checkpoint {
            Some(checkpoint) if notices.is_empty() => checkpoint.position.seq,
            _ => 0,
        };
        let parts = Parts {
            lock,
            keys,
            hand,
            ring,
            journal,
            records,
            notices,
            checkpointed,
            #[cfg(test)]
            opener: unlocked.seed.signer(),
        };
        let store = parts.start(dir, station, setup)?;
        store.look_at_heads();
        Ok(store)
    }
}

/// What is in a folder, opened but not yet brought together.
pub(in crate::store) struct Found {
    journal: Journal,
    torn: Option<Torn>,
    records: Records,
    checkpoint: Option<Checkpoint>,
    keys: DataKeys,
    hand: Signer,
}

impl Found {
    /// Opens table and journal.
    ///
    /// # Errors
    /// [`StoreError::Broken`] for a journal that is not whole, [`StoreError::OtherKey`] or
    /// [`StoreError::OldKeyring`] for a keyring that is not the journal's, a wrong password for a
    /// key that no longer holds, or what the machine gives.
    pub(in crate::store) fn open(
        dir: &Path,
        station: &StationInfo,
        unlocked: &Unlocked,
        setup: &Setup,
    ) -> Result<Self, StoreError> {
        let checkpoint = Checkpoint::load(dir, station.node)?;
        // How far table and backups are tells what the journal must hold. sled writes when it
        // opens, so the table is only opened over a journal that is whole.
        let codes = setup.codes.clone();
        let backup = backups::known(dir, station).into_iter().next();
        let keys = unlocked.data_keys();
        // Nor over another station's keyring, as far as the checkpoint tells.
        let fits = checkpoint.as_ref().is_none_or(|known| are_of(&keys, &known.register));
        let mut records = None;
        let opened = Journal::open(
            &dir.join(JOURNAL_DIR),
            station.anchor(),
            checkpoint.as_ref().map(|known| (known.position, known.register.clone())),
            backup.as_ref().map_or(0, |backup| backup.entries),
            || {
                if !fits {
                    return 0;
                }
                let opened =
                    Records::open(dir, station.node, &keys, codes.clone(), checkpoint.as_ref());
                records.insert(opened).applied()
            },
            setup.segment_bytes,
        );
        let (journal, torn) = opened.map_err(|error| explained(dir, &keys, backup, error))?;
        let reader = journal.reader();
        let hand = agree(unlocked, &keys, &reader.keys())?;
        if matches!(reader.entry(&keys, reader.end().seq), Err(StoreError::Seal(_))) {
            return Err(StoreError::OtherKey);
        }
        let opened = || Records::open(dir, station.node, &keys, codes, checkpoint.as_ref());
        let records = records.unwrap_or_else(opened);
        Ok(Self { journal, torn, records, checkpoint, keys, hand })
    }
}

/// Whether keys are those of the epochs a register knows.
fn are_of(keys: &DataKeys, register: &Register) -> bool {
    register.epochs().iter().zip(1..).all(|(epoch, number)| {
        keys.key(number).is_none_or(|key| keyring::commitment(&key) == epoch.commitment)
    })
}

/// Whether what the keyring opened is what the journal says: its epochs, and that the key still
/// holds. Gives the station's own hand.
fn agree(unlocked: &Unlocked, keys: &DataKeys, register: &Register) -> Result<Signer, StoreError> {
    let turned = unlocked.next.as_ref().filter(|_| register.epoch() == keys.newest() + 1);
    keys.begin(turned.is_some());
    let station = turned.map_or(&unlocked.station, |(_, station)| station).signer();
    if !are_of(keys, register) {
        return Err(StoreError::OtherKey);
    }
    match register.epoch().cmp(&keys.newest()) {
        std::cmp::Ordering::Less => return Err(StoreError::OldJournal),
        std::cmp::Ordering::Greater => return Err(StoreError::OldKeyring),
        std::cmp::Ordering::Equal => {}
    }
    let public = unlocked.seed.signer().public();
    let holds = register.current(unlocked.owner).is_some_and(|key| key.public == public);
    if holds {
        Ok(station)
    } else {
        // What was disabled, replaced, or never given by anybody accountable.
        Err(match unlocked.owner {
            Owner::Recovery => KeyringError::WrongRecoveryKey,
            Owner::KeyFile => KeyringError::WrongKeyFile,
            _ => KeyringError::WrongPassword,
        }
        .into())
    }
}

/// Adds to a damaged journal's error when the last good entry was saved, and which backup there is.
fn explained(
    dir: &Path,
    keys: &DataKeys,
    backup: Option<KnownBackup>,
    cause: StoreError,
) -> StoreError {
    if !cause.is_damage() {
        return cause;
    }
    let last_good = match &cause {
        StoreError::Damaged { seq, .. } => seq.saturating_sub(1),
        StoreError::JournalShort { found, .. } => *found,
        _ => 0,
    };
    let mut since = None;
    // What cannot be read is what this is about; the time is an extra.
    let _ = salvage::pieces(&dir.join(JOURNAL_DIR), |piece| {
        if let Piece::Frame(frame) = piece
            && (frame.header.seq..=frame.header.last()).contains(&last_good)
        {
            since = salvage::time_of(keys, &frame, last_good);
            return Ok(ControlFlow::Break(()));
        }
        Ok(ControlFlow::Continue(()))
    });
    let backup = backup.map(|backup| (backups::name_of(&backup.path), backup.entries));
    StoreError::Broken(Box::new(Broken { cause, since, backup }))
}

fn said_of(torn: &Torn) -> Said {
    let Torn { seq, bytes } = torn;
    said!(
        "上次未正常退出：日志末尾未写完的 {bytes} 字节（第 {seq} 条起）已去掉，此前保存的内容都在；请看看最后一次操作是否需要重做",
        "The program did not end in order last time: {bytes} unfinished bytes at the end of the journal (from entry {seq} on) were cut off, everything saved before is there; see whether the last thing done has to be done again"
    )
}
