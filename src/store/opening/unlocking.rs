//! Making and opening a data folder.

use super::half_made;
use crate::record::{Clock, RecordId};
use crate::said;
use crate::store::Store;
use crate::store::copies::backups::{self, KnownBackup};
use crate::store::erasing;
use crate::store::error::{Broken, Doing, StoreError, io};
use crate::store::files::disk;
use crate::store::files::station::{STATION_FILE, StationInfo};
use crate::store::files::strict;
use crate::store::journal::appending::{Journal, SEGMENT_BYTES, Torn};
use crate::store::journal::entry::Draft;
use crate::store::journal::salvage::{self, Piece};
use crate::store::keys::keyring::{
    self, KEYRING_FILE, Keyring, KeyringError, NewSlot, Proof, Secret, Unlocked, Work,
};
use crate::store::keys::recovery_key::RecoveryKey;
use crate::store::keys::seal::DataKey;
use crate::store::keys::throttle::Throttle;
use crate::store::keys::{
    ADMINISTRATOR, DataKeys, EpochFrame, KeyFrame, Owner, Plain, Register, Seed, Signer,
};
use crate::store::progress::Progress;
use crate::store::recovery::healing;
use crate::store::saving::change::Change;
use crate::store::saving::queue::Queue;
use crate::store::saving::writer::Writer;
use crate::store::table::checkpoint::Checkpoint;
use crate::store::table::records::Records;
use crate::words::Said;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// The folder of the journal in the data folder.
pub const JOURNAL_DIR: &str = "journal";
/// Held by the one process that owns the folder.
pub const LOCK_FILE: &str = "lock";
/// In a folder that a backup is being restored to.
pub const RESTORING_FILE: &str = "restoring";

/// Gives a kind of record the number its keys begin with; nothing for a kind no pack knows.
/// A kind keeps its number for ever.
pub type KindCodes = Arc<dyn Fn(&str) -> Option<u16> + Send + Sync>;

/// Called when something of what is kept changed by itself: a table was built anew, say.
pub type Told = Arc<dyn Fn() + Send + Sync>;

/// No table smaller than this is compacted: 64 MB.
const COMPACT_ABOVE: u64 = 64 * 1024 * 1024;

/// What the store is given from outside.
#[derive(Clone)]
pub struct Setup {
    /// Where the present moment comes from.
    pub clock: Arc<dyn Clock>,
    /// The packs' numbers for kinds of record.
    pub codes: KindCodes,
    /// Size at which a new journal segment begins.
    pub segment_bytes: u64,
    /// Size above which a table is compacted once most of it is of no use any more.
    pub compact_above: u64,
    /// Where long work says how far it is.
    pub progress: Arc<Progress>,
    /// Who is told of changes nobody asked for.
    pub told: Told,
    /// What the passwords of a station that is made cost to guess; one that is there knows.
    pub work: Work,
}

impl Setup {
    /// A setup with segments of 64 MB.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, codes: KindCodes) -> Self {
        Self {
            clock,
            codes,
            segment_bytes: SEGMENT_BYTES,
            compact_above: COMPACT_ABOVE,
            progress: Arc::default(),
            told: Arc::new(|| {}),
            work: Work::LEAST,
        }
    }
}

/// The first administrator's account.
pub struct FirstAccount<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its record.
    pub id: RecordId,
    /// Its password.
    pub password: &'a str,
    /// Somebody else chose the password.
    pub given: bool,
}

impl Store {
    /// Makes a station in an empty or new folder, or in one where that was cut short; opens it, and
    /// gives the recovery key, which is shown once and kept nowhere. It signs the journal's first
    /// pages and `first`, the first entries.
    ///
    /// # Errors
    /// [`StoreError::FolderNotEmpty`], [`StoreError::Locked`], or what the machine gives.
    pub fn create(
        dir: &Path,
        station: &StationInfo,
        account: &FirstAccount<'_>,
        first: Vec<Draft>,
        setup: &Setup,
    ) -> Result<(Self, RecoveryKey), StoreError> {
        let lock = claim(dir)?;
        let recovery = RecoveryKey::generate()?;
        let own = Seed::generate()?;
        let key = DataKey::generate()?;
        let mut ring = Keyring::empty(dir, setup.work, &key, &own)?;
        let root = ring.recovery_slot(&recovery)?;
        let FirstAccount { name, id, password, .. } = *account;
        let admin = ring.account_slot((name, id), password, Seed::generate()?)?;
        ring.add(&root, &key)?;
        ring.add(&admin, &key)?;
        let pages = first_pages([&root, &admin], &own, &key, account.given);
        let journal =
            Journal::create(&dir.join(JOURNAL_DIR), station.origin(), setup.segment_bytes)?;
        let keys = DataKeys::new(vec![key]);
        let records = Records::create(dir, station.node, &keys, setup.codes.clone())?;
        let parts = Parts {
            lock,
            keys,
            hand: own.signer(),
            ring: (ring, Throttle::load(dir)?),
            journal,
            records,
            notices: Vec::new(),
            checkpointed: 0,
            #[cfg(test)]
            opener: admin.seed.signer(),
        };
        let store = parts.start(dir, station.clone(), setup)?;
        let by = root.seed.signer();
        let pages = pages.into_iter().map(|page| (by.clone(), page)).collect();
        let change = Change { hand: by.into(), pages, drafts: first, turn: None };
        store.submit_when(None, change).wait()?;
        // Last: a folder with this file is complete.
        station.save(dir)?;
        Ok((store, recovery))
    }

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
        healing::finish(dir)?;
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

/// What lies in a folder, opened but not yet brought together.
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
            station.origin(),
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

/// The pages a journal begins with: the root signs itself in, the station's key, the first
/// administrator's, and the first epoch.
fn first_pages([root, admin]: [&NewSlot; 2], own: &Seed, key: &DataKey, given: bool) -> Vec<Plain> {
    let page = |owner, seed: &Seed, role: Option<&str>, given| {
        let (public, role) = (Some(seed.signer().public()), role.map(str::to_string));
        Plain::Key(KeyFrame { owner, public, role, given })
    };
    let holders = [root, admin].map(|slot| slot.seed.signer().id()).to_vec();
    let epoch = EpochFrame { number: 1, commitment: keyring::commitment(key), holders };
    vec![
        page(Owner::Recovery, &root.seed, None, false),
        page(Owner::Station, own, None, false),
        page(admin.owner, &admin.seed, Some(ADMINISTRATOR), given),
        Plain::Epoch(epoch),
    ]
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

/// An open folder before its writer thread runs.
struct Parts {
    lock: File,
    keys: DataKeys,
    hand: Signer,
    ring: (Keyring, Throttle),
    journal: Journal,
    records: Records,
    notices: Vec<Said>,
    checkpointed: u64,
    #[cfg(test)]
    opener: Signer,
}

impl Parts {
    fn start(self, dir: &Path, station: StationInfo, setup: &Setup) -> Result<Store, StoreError> {
        let reader = self.journal.reader();
        let records = Arc::new(self.records);
        let queue = Arc::new(Queue::new(reader.end().seq + 1));
        let hand = Arc::new(RwLock::new(self.hand));
        #[cfg(test)]
        let faults = self.journal.faults.clone();
        let writer = Writer {
            journal: self.journal,
            keys: self.keys.clone(),
            station: hand.clone(),
            records: records.clone(),
            queue: queue.clone(),
            checkpointed: self.checkpointed,
            progress: setup.progress.clone(),
            told: setup.told.clone(),
            compact_above: setup.compact_above,
            building: None,
        };
        let thread = std::thread::Builder::new().name("store writer".into());
        let writer = thread.spawn(move || writer.run()).map_err(io(Doing::Writing, dir))?;
        Ok(Store {
            dir: dir.to_path_buf(),
            station,
            clock: setup.clock.clone(),
            keys: self.keys,
            ring: Mutex::new(self.ring),
            hand,
            journal: reader,
            records,
            queue,
            progress: setup.progress.clone(),
            walking: Mutex::new(()),
            rewriting: Mutex::new(()),
            notices: Mutex::new(self.notices),
            backup_failed: Mutex::default(),
            heads: Mutex::default(),
            proof: Mutex::default(),
            #[cfg(test)]
            opener: self.opener,
            writer: Mutex::new(Some(writer)),
            #[cfg(test)]
            faults,
            _lock: self.lock,
        })
    }
}

/// Takes an empty or new folder for a new station, or one where making it was cut short.
pub(in crate::store) fn claim(dir: &Path) -> Result<File, StoreError> {
    disk::make_dir(dir)?;
    // A restore that was interrupted goes on in its own folder.
    if dir.join(RESTORING_FILE).exists() && !dir.join(STATION_FILE).exists() {
        strict::close_folder(dir)?;
        let lock = lock(dir)?;
        disk::remove_dir(&dir.join(JOURNAL_DIR))?;
        for file in [KEYRING_FILE, RESTORING_FILE, STATION_FILE] {
            let _ = std::fs::remove_file(dir.join(file));
            let _ = std::fs::remove_file(dir.join(file).with_extension("new"));
        }
        must_be_free(dir)?;
        return Ok(lock);
    }
    // Before anything is put into it, and again once nobody else can.
    must_be_free(dir)?;
    strict::close_folder(dir)?;
    let lock = lock(dir)?;
    must_be_free(dir)?;
    half_made::clear(dir)?;
    Ok(lock)
}

fn must_be_free(dir: &Path) -> Result<(), StoreError> {
    if half_made::is_half_made(dir)? {
        Ok(())
    } else {
        Err(StoreError::FolderNotEmpty(dir.display().to_string()))
    }
}

/// One owner per folder, as long as the file is held.
pub(in crate::store) fn lock(dir: &Path) -> Result<File, StoreError> {
    let path = dir.join(LOCK_FILE);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    // Never the file a link leads to.
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    }
    let file = options.open(&path);
    // Where nothing can be written, what is there can still be read by one at a time.
    let file = file.or_else(|error| match error.kind() {
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => {
            File::open(&path).map_err(|_| error)
        }
        _ => Err(error),
    });
    let file = file.map_err(io(Doing::Writing, &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked),
        Err(TryLockError::Error(error)) => Err(io(Doing::Writing, &path)(error)),
    }
}

fn said_of(torn: &Torn) -> Said {
    let Torn { seq, bytes } = torn;
    said!(
        "上次未正常退出：日志末尾未写完的 {bytes} 字节（第 {seq} 条起）已去掉，此前保存的内容都在；请看看最后一次操作是否需要重做",
        "The program did not end in order last time: {bytes} unfinished bytes at the end of the journal (from entry {seq} on) were cut off, everything saved before is there; see whether the last thing done has to be done again"
    )
}
