//! The keyring: who can open the station. A slot each for the accounts, the recovery key and the key
//! file: the owner's seed, sealed under Argon2id of the secret, and the newest data key, sealed for
//! the key that comes from the seed.
//!
//! The newest data key also opens the one before it, and the station's own seed. No name is in the
//! file: a slot is found by a salted hash. Which slots count says the journal and not this file: one
//! whose key the journal does not know opens nothing, so a change is prepared here, written there,
//! and settled here, wherever a crash falls.

mod bad;
mod slot;
mod work;

pub use slot::Slot;
pub use work::Work;

use super::recovery_key::RecoveryKey;
use super::seal::{DataKey, Seal};
use super::throttle::Throttle;
use crate::record::{Instant, RecordId, account_form};
use crate::store::error::{KeyringError, StoreError};
use crate::store::files::disk::{hex, read_text, unhex, write_whole};
use crate::store::files::layout::KEYRING_FILE;
use crate::store::keys::{
    DataKeys, EpochFrame, Owner, Public, Register, Seed, Signer, open_for, seal_for,
};
use crate::store::random::random;
use bad::bad;
use serde::{Deserialize, Serialize};
use slot::{SlotKind, normal};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const FORMAT: u32 = 2;

/// What a person offers to open a station with.
pub enum Secret<'a> {
    /// An account and its password.
    Password {
        /// The account's name.
        account: &'a str,
        password: &'a str,
    },
    /// The recovery key as typed; case, spaces, dashes and full-width forms do not matter.
    Recovery(&'a str),
    /// The 32 bytes of the station's key file.
    KeyFile(&'a [u8; 32]),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct File {
    format: u32,
    /// Salt of the tags.
    salt: String,
    /// The newest epoch.
    epoch: u16,
    /// The station's seed, sealed under its key.
    station: String,
    /// The keys of earlier epochs, each sealed under the next one's, the first epoch's first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    older: Vec<String>,
    /// What a new password costs to guess, as measured when the station was made.
    work: Work,
    /// The epoch being begun, until the journal has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<Next>,
    #[serde(default, rename = "slot", skip_serializing_if = "Vec::is_empty")]
    slots: Vec<Slot>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Next {
    /// The station's next seed, sealed under the next key.
    station: String,
    /// The present key, sealed under the next one.
    older: String,
    /// The next key, sealed for each who stays, by the first bytes of their public keys.
    keys: Vec<(String, String)>,
}

/// What a secret opens.
pub struct Unlocked {
    /// Whose it is.
    pub owner: Owner,
    /// That one's seed.
    pub seed: Seed,
    /// The data keys, the first epoch's first.
    pub keys: Vec<DataKey>,
    /// The station's own seed.
    pub station: Seed,
    /// Data key and station's seed of an epoch that was being begun.
    pub next: Option<(DataKey, Seed)>,
}

impl Unlocked {
    /// The data keys for use; an epoch that was being begun is among them once it begins.
    pub(in crate::store) fn data_keys(&self) -> DataKeys {
        let keys = DataKeys::new(self.keys.clone());
        if let Some((next, _)) = &self.next {
            keys.prepare(next.clone());
        }
        keys
    }
}

/// Remembers for one time that a secret was right, so that whoever opens a station and signs in does
/// the long work once.
pub(in crate::store) struct Proof {
    key: [u8; 32],
    hash: blake3::Hash,
    signer: Signer,
}

impl Proof {
    pub(in crate::store) fn new(secret: &Secret<'_>, signer: Signer) -> Result<Self, StoreError> {
        let key = random()?;
        Ok(Self { key, hash: proof_of(&key, secret), signer })
    }

    /// The hand behind it, when this is the secret.
    pub(in crate::store) fn proves(&self, secret: &Secret<'_>) -> Option<Signer> {
        (proof_of(&self.key, secret) == self.hash).then(|| self.signer.clone())
    }
}

fn proof_of(key: &[u8; 32], secret: &Secret<'_>) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new_keyed(key);
    match secret {
        Secret::Password { account, password } => {
            hasher.update(account_form(account).as_bytes()).update(&[0]).update(&normal(password));
        }
        Secret::Recovery(typed) => {
            hasher.update(&[1]).update(typed.as_bytes());
        }
        Secret::KeyFile(bytes) => {
            hasher.update(&[2]).update(*bytes);
        }
    }
    hasher.finalize()
}

/// One attempt to open a keyring, in steps, since the long one in the middle needs no lock: while
/// one person's password is worked on, so can be another's.
pub(in crate::store) struct Attempt {
    slots: Vec<Slot>,
    /// What it costs where there is no slot.
    work: Work,
    offered: Zeroizing<Vec<u8>>,
    wrong: KeyringError,
    counted: String,
    from: String,
}

impl Attempt {
    /// Slot and seed, or nothing for a wrong secret. Takes a moment, and waits for its turn.
    pub(in crate::store) fn derive(&self) -> Result<Option<(Slot, Seed)>, StoreError> {
        for slot in &self.slots {
            if let Some(seed) = slot.open(&self.offered)? {
                return Ok(Some((slot.clone(), seed)));
            }
        }
        if self.slots.is_empty() {
            slot::work_for_nothing(&self.offered, self.work)?;
        }
        Ok(None)
    }

    /// Counts how it went.
    pub(in crate::store) fn settle<T>(
        self,
        found: Option<T>,
        throttle: &mut Throttle,
        now: Instant,
    ) -> Result<T, StoreError> {
        if found.is_some() {
            throttle.passed(&self.counted, &self.from)?;
        } else {
            throttle.failed(&self.counted, &self.from, now)?;
        }
        found.ok_or_else(|| self.wrong.into())
    }
}

/// A slot that is not in a keyring yet.
pub struct NewSlot {
    slot: Slot,
    /// The seed in it.
    pub seed: Seed,
    /// Whose it is.
    pub owner: Owner,
}

/// The keyring of one data folder.
#[derive(Clone)]
pub struct Keyring {
    path: PathBuf,
    file: File,
}

impl Keyring {
    /// A keyring without slots, in its first epoch, not yet on the disk, whose passwords take this
    /// work.
    pub(in crate::store) fn empty(
        dir: &Path,
        work: Work,
        key: &DataKey,
        station: &Seed,
    ) -> Result<Self, StoreError> {
        let salt = hex(&random::<16>()?);
        let station = hex(&inner(key).seal(STATION, station.bytes())?);
        let (next, older, slots) = (None, Vec::new(), Vec::new());
        let work = work.at_least();
        let file = File { format: FORMAT, salt, work, epoch: 1, station, next, older, slots };
        Ok(Self { path: dir.join(KEYRING_FILE), file })
    }

    /// Reads the keyring of a data folder.
    pub(in crate::store) fn load(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(KEYRING_FILE);
        let text = read_text(&path)?.ok_or_else(|| bad("missing"))?;
        Ok(Self { file: parse(&text)?, path })
    }

    /// Reads a keyring out of a backup, to be kept in `dir`.
    pub(in crate::store) fn from_text(text: &str, dir: &Path) -> Result<Self, StoreError> {
        Ok(Self { file: parse(text)?, path: dir.join(KEYRING_FILE) })
    }

    /// The file's text.
    pub(in crate::store) fn text(&self) -> Result<String, StoreError> {
        toml::to_string_pretty(&self.file).map_err(|error| bad(&error.to_string()))
    }

    /// Writes the keyring, whole or not at all.
    pub(in crate::store) fn save(&self) -> Result<(), StoreError> {
        write_whole(&self.path, self.text()?.as_bytes())
    }

    /// Everything the secret opens; wrong attempts are counted and slowed down.
    pub(in crate::store) fn open(
        &self,
        secret: &Secret<'_>,
        throttle: &mut Throttle,
        now: Instant,
    ) -> Result<Unlocked, StoreError> {
        let attempt = self.attempt(secret, "", throttle, now, |_, _| true)?;
        let found = attempt.derive()?;
        let (slot, seed) = attempt.settle(found, throttle, now)?;
        self.unlocked(&slot, seed)
    }

    /// Everything a seed at hand opens.
    #[cfg(test)]
    pub(in crate::store) fn with_seed(&self, seed: &Seed) -> Result<Unlocked, StoreError> {
        let public = seed.signer().public();
        let slot = self.file.slots.iter().find(|slot| slot.public().is_ok_and(|of| of == public));
        self.unlocked(slot.ok_or_else(|| bad("slot"))?, seed.clone())
    }

    /// Begins an attempt from somewhere, unless it comes too early after wrong ones: `from` as
    /// [`Throttle::wait`] has it. Only slots whose key `holds` are tried.
    pub(in crate::store) fn attempt(
        &self,
        secret: &Secret<'_>,
        from: &str,
        throttle: &mut Throttle,
        now: Instant,
        holds: impl Fn(Owner, &Public) -> bool,
    ) -> Result<Attempt, StoreError> {
        let (tag, offered, wrong) = match secret {
            Secret::Password { account, password } => (
                self.tag(SlotKind::Account, account)?,
                normal(password),
                KeyringError::WrongPassword,
            ),
            Secret::Recovery(text) => {
                let key = RecoveryKey::read(text).ok_or(KeyringError::NotARecoveryKey)?;
                let key = Zeroizing::new(key.bytes().to_vec());
                (self.tag(SlotKind::Recovery, "")?, key, KeyringError::WrongRecoveryKey)
            }
            Secret::KeyFile(key) => {
                let key = Zeroizing::new(key.to_vec());
                (self.tag(SlotKind::KeyFile, "")?, key, KeyringError::WrongKeyFile)
            }
        };
        let mut slots: Vec<Slot> =
            self.file.slots.iter().filter(|slot| slot.tag == tag).cloned().collect();
        // Accounts that do not exist share one count, so that guessing names fills no file. Those
        // of the network have a bound; one of each name, so that no wait tells which names exist.
        let counted = if slots.is_empty() && from.is_empty() { "unknown".into() } else { tag };
        slots.retain(|slot| match (slot.owner(), slot.public()) {
            (Ok(owner), Ok(public)) => holds(owner, &public),
            _ => false,
        });
        if let Some(wait) = throttle.wait(&counted, from, now)? {
            return Err(KeyringError::Wait(wait).into());
        }
        let work = self.file.work.at_least();
        Ok(Attempt { slots, work, offered, wrong, counted, from: from.into() })
    }

    /// What a seed opens.
    fn unlocked(&self, slot: &Slot, seed: Seed) -> Result<Unlocked, StoreError> {
        let File { epoch, station, next, older, .. } = &self.file;
        let sealed = unhex(&slot.key).ok_or_else(|| bad("key"))?;
        let newest = data_key(open_for(&seed, &of_epoch(*epoch), &sealed), "key")?;
        let mut keys = vec![newest.clone()];
        for (at, sealed) in older.iter().enumerate().rev() {
            let number = u16::try_from(at + 1).map_err(|_| bad("older"))?;
            let after = keys.last().ok_or_else(|| bad("older"))?;
            let sealed = unhex(sealed).ok_or_else(|| bad("older"))?;
            let opened = inner(after).open(&of_epoch(number), &sealed).map(Zeroizing::new);
            keys.push(data_key(opened, "older")?);
        }
        if keys.len() != usize::from(*epoch) {
            return Err(bad("epoch"));
        }
        keys.reverse();
        let station = station_seed(&newest, station)?;
        let id = slot.public()?.id();
        let sealed = next.iter().flat_map(|next| &next.keys).find(|(of, _)| *of == hex(&id.0));
        let next = match (next, sealed.and_then(|(_, sealed)| unhex(sealed))) {
            (Some(next), Some(sealed)) => {
                let key = data_key(open_for(&seed, &of_epoch(epoch + 1), &sealed), "next")?;
                let station = station_seed(&key, &next.station)?;
                Some((key, station))
            }
            _ => None,
        };
        Ok(Unlocked { owner: slot.owner()?, seed, keys, station, next })
    }

    /// A slot for an account's password, not in the keyring yet. Takes the time of a derivation.
    pub(in crate::store) fn account_slot(
        &self,
        (name, id): (&str, RecordId),
        password: &str,
        seed: Seed,
    ) -> Result<NewSlot, StoreError> {
        let password = normal(password);
        if password.is_empty() {
            return Err(KeyringError::EmptyPassword.into());
        }
        let place = (SlotKind::Account, self.tag(SlotKind::Account, name)?);
        // Whoever can write the file does not make the next password cheaper to guess.
        let work = self.file.work.at_least();
        let slot = Slot::seal(place, Some(id), (&password, work), &seed)?;
        Ok(NewSlot { slot, seed, owner: Owner::Account(id) })
    }

    /// A slot for a recovery key.
    pub(in crate::store) fn recovery_slot(
        &self,
        recovery: &RecoveryKey,
    ) -> Result<NewSlot, StoreError> {
        let (kind, seed) = (SlotKind::Recovery, Seed::generate()?);
        // Nobody guesses 160 random bits, however little a guess costs.
        let secret = (recovery.bytes(), Work::LEAST);
        let slot = Slot::seal((kind, self.tag(kind, "")?), None, secret, &seed)?;
        Ok(NewSlot { slot, seed, owner: Owner::Recovery })
    }

    /// A slot for a key file.
    pub(in crate::store) fn key_file_slot(&self, secret: &[u8; 32]) -> Result<NewSlot, StoreError> {
        let (kind, seed) = (SlotKind::KeyFile, Seed::generate()?);
        let secret = (secret.as_slice(), Work::LEAST);
        let slot = Slot::seal((kind, self.tag(kind, "")?), None, secret, &seed)?;
        Ok(NewSlot { slot, seed, owner: Owner::KeyFile })
    }

    /// Puts a slot beside those there are; it counts once the journal has its key. One of the same
    /// key, under another password, takes the place of the one before at once.
    pub(in crate::store) fn add(
        &mut self,
        new: &NewSlot,
        key: &DataKey,
    ) -> Result<Option<NewSlot>, StoreError> {
        let mut slot = new.slot.clone();
        let public = slot.public()?;
        slot.key = hex(&seal_for(&public, &of_epoch(self.file.epoch), key.bytes())?);
        let mut file = self.file.clone();
        let same = |old: &Slot| old.public().is_ok_and(|old| old == public);
        let before = file.slots.iter().find(|old| same(old)).cloned();
        file.slots.retain(|old| !same(old));
        file.slots.push(slot);
        self.replace(file)?;
        Ok(before.map(|slot| NewSlot { slot, seed: new.seed.clone(), owner: new.owner }))
    }

    /// Prepares the epoch after this one for those who stay; it counts once the journal has it.
    pub(in crate::store) fn prepare(
        &mut self,
        (present, next): (&DataKey, &DataKey),
        station: &Seed,
        stay: &[Public],
    ) -> Result<EpochFrame, StoreError> {
        let number = self.file.epoch.checked_add(1).ok_or_else(|| bad("epoch"))?;
        let place = of_epoch(number);
        let keys = stay.iter().map(|public| {
            let sealed = seal_for(public, &place, next.bytes())?;
            Ok((hex(&public.id().0), hex(&sealed)))
        });
        let keys = keys.collect::<Result<_, StoreError>>()?;
        let older = hex(&inner(next).seal(&of_epoch(self.file.epoch), present.bytes())?);
        let station = hex(&inner(next).seal(STATION, station.bytes())?);
        let mut file = self.file.clone();
        file.next = Some(Next { station, older, keys });
        self.replace(file)?;
        let holders = stay.iter().map(Public::id).collect();
        Ok(EpochFrame { number, commitment: commitment(next), holders })
    }

    /// Brings the keyring up to what the journal says: the next epoch where it has begun, and no
    /// slot but those of keys that hold.
    pub(in crate::store) fn settle(&mut self, register: &Register) -> Result<(), StoreError> {
        let mut file = self.file.clone();
        if let Some(next) = file.next.take().filter(|_| register.epoch() == file.epoch + 1) {
            file.epoch += 1;
            file.older.push(next.older);
            file.station = next.station;
            for slot in &mut file.slots {
                let id = slot.public().map(|public| hex(&public.id().0)).unwrap_or_default();
                let sealed = next.keys.iter().find(|(of, _)| *of == id);
                slot.key = sealed.map(|(_, sealed)| sealed.clone()).unwrap_or_default();
            }
        }
        let holds = |slot: &Slot| match (slot.owner(), slot.public()) {
            (Ok(owner), Ok(public)) => {
                !slot.key.is_empty()
                    && register.current(owner).is_some_and(|key| key.public == public)
            }
            _ => false,
        };
        file.slots.retain(holds);
        let before = (self.file.epoch, self.file.next.is_some(), self.file.slots.len());
        if before == (file.epoch, false, file.slots.len()) {
            return Ok(());
        }
        self.replace(file)
    }

    /// The keyring that goes into a backup: only those who can make a station from it.
    pub(in crate::store) fn for_backup(&self, register: &Register) -> Self {
        let mut kept = self.clone();
        kept.file.next = None;
        kept.file.slots.retain(|slot| {
            let owner = slot.owner().ok();
            let known = owner.and_then(|owner| register.current(owner));
            let held = known.filter(|key| slot.public().is_ok_and(|public| public == key.public));
            held.is_some_and(|key| {
                let administrator = key.role.as_deref() == Some(crate::store::keys::ADMINISTRATOR);
                administrator || key.owner == Owner::Recovery
            })
        });
        kept
    }

    /// The same keyring, to be kept in another folder.
    pub(in crate::store) fn moved_to(self, dir: &Path) -> Self {
        Self { path: dir.join(KEYRING_FILE), ..self }
    }

    /// The keys there are slots for, each with whose it is.
    pub(in crate::store) fn slots(&self) -> Vec<(Owner, Public)> {
        let slots = self.file.slots.iter();
        slots.filter_map(|slot| Some((slot.owner().ok()?, slot.public().ok()?))).collect()
    }

    /// The newest epoch.
    pub(in crate::store) fn epoch(&self) -> u16 {
        self.file.epoch
    }

    /// Whether an epoch is being begun.
    pub(in crate::store) fn is_turning(&self) -> bool {
        self.file.next.is_some()
    }

    /// Whether somebody has a slot.
    pub(in crate::store) fn has(&self, owner: Owner) -> bool {
        self.file.slots.iter().any(|slot| slot.owner().is_ok_and(|of| of == owner))
    }

    /// Puts a new file on the disk; on failure memory keeps what the disk has.
    fn replace(&mut self, file: File) -> Result<(), StoreError> {
        let before = std::mem::replace(&mut self.file, file);
        let saved = self.save();
        if saved.is_err() {
            self.file = before;
        }
        saved
    }

    /// What an account's wrong attempts and sources are remembered under.
    pub(in crate::store) fn account_tag(&self, account: &str) -> Result<String, StoreError> {
        self.tag(SlotKind::Account, account)
    }

    fn tag(&self, kind: SlotKind, name: &str) -> Result<String, StoreError> {
        let salt = unhex(&self.file.salt).ok_or_else(|| bad("salt"))?;
        let mut hasher = blake3::Hasher::new_derive_key("yizhan 2025 keyring v1: slot tag");
        let name = account_form(name);
        for part in [salt.as_slice(), kind.word().as_bytes(), &[0], name.as_bytes()] {
            hasher.update(part);
        }
        Ok(hex(&hasher.finalize().as_bytes()[..16]))
    }
}

/// What the station's seed is sealed to.
const STATION: &[u8] = b"yizhan keyring v2/station";

/// What a data key is sealed to: the epoch it is of.
fn of_epoch(epoch: u16) -> Vec<u8> {
    format!("yizhan keyring v2/epoch {epoch}").into_bytes()
}

/// Seals under a data key what is in the keyring.
fn inner(key: &DataKey) -> Seal {
    let context = "yizhan 2026 data key v1: keyring";
    Seal::new(&Zeroizing::new(blake3::derive_key(context, key.bytes())))
}

/// A hash of a data key that tells it from another and nothing else.
pub(in crate::store) fn commitment(key: &DataKey) -> [u8; 32] {
    blake3::derive_key("yizhan 2026 data key v1: commitment", key.bytes())
}

fn data_key(opened: Option<Zeroizing<Vec<u8>>>, what: &str) -> Result<DataKey, StoreError> {
    let key = opened.and_then(|key| key.first_chunk::<32>().map(DataKey::from_bytes));
    key.ok_or_else(|| bad(what))
}

fn station_seed(key: &DataKey, sealed: &str) -> Result<Seed, StoreError> {
    let sealed = unhex(sealed).ok_or_else(|| bad("station"))?;
    let seed = inner(key).open(STATION, &sealed).map(Zeroizing::new);
    let seed = seed.and_then(|seed| seed.first_chunk::<32>().map(Seed::from_bytes));
    seed.ok_or_else(|| bad("station"))
}

#[derive(Deserialize)]
struct FormatOnly {
    format: u32,
}

fn parse(text: &str) -> Result<File, StoreError> {
    let unread = |error: toml::de::Error| bad(error.message());
    let found = toml::from_str::<FormatOnly>(text).map_err(unread)?.format;
    if found == FORMAT {
        toml::from_str(text).map_err(unread)
    } else {
        Err(StoreError::OtherFormat { found, ours: FORMAT })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Clock, FixedClock};
    use crate::store::keys::{KeyFrame, Plain};
    use chrono::{TimeDelta, TimeZone, Utc};
    use std::time::Duration;

    fn clock() -> FixedClock {
        FixedClock::new(Utc.with_ymd_and_hms(2025, 6, 1, 1, 0, 0).unwrap())
    }

    fn password<'a>(account: &'a str, password: &'a str) -> Secret<'a> {
        Secret::Password { account, password }
    }

    /// A keyring with a recovery key and an account, and the register that knows both.
    struct Bench {
        ring: Keyring,
        register: Register,
        root: Signer,
        recovery: RecoveryKey,
        key: DataKey,
        next_seq: u64,
    }

    impl Bench {
        fn new(dir: &Path) -> Self {
            let (key, station) = (DataKey::generate().unwrap(), Seed::generate().unwrap());
            let ring = Keyring::empty(dir, Work::LEAST, &key, &station).unwrap();
            let recovery = RecoveryKey::generate().unwrap();
            let slot = ring.recovery_slot(&recovery).unwrap();
            let root = slot.seed.signer();
            let register = Register::default();
            let mut bench = Self { ring, register, root, recovery, key, next_seq: 1 };
            bench.take(&slot, "");
            let epoch =
                EpochFrame { number: 1, commitment: commitment(&bench.key), holders: vec![] };
            bench.page(&Plain::Epoch(epoch));
            bench
        }

        fn page(&mut self, page: &Plain) {
            self.register.admit(self.next_seq, self.root.id(), page).unwrap();
            self.next_seq += 1;
        }

        fn take(&mut self, slot: &NewSlot, role: &str) {
            self.ring.add(slot, &self.key).unwrap();
            let public = Some(slot.seed.signer().public());
            let role = Some(role.to_string()).filter(|role| !role.is_empty());
            self.page(&Plain::Key(KeyFrame { owner: slot.owner, public, role, given: false }));
            self.ring.settle(&self.register).unwrap();
        }

        fn account(&mut self, name: &str, id: u128, password: &str) {
            let id = RecordId(uuid::Uuid::from_u128(id));
            let slot = self.ring.account_slot((name, id), password, Seed::generate().unwrap());
            self.take(&slot.unwrap(), "administrator");
        }

        fn opens(&self, secret: &Secret<'_>) -> Result<usize, StoreError> {
            let mut throttle = Throttle::forgetful();
            let unlocked = self.ring.open(secret, &mut throttle, clock().now())?;
            Ok(unlocked.keys.len())
        }
    }

    #[test]
    fn slots_come_and_go() {
        let dir = tempfile::tempdir().unwrap();
        let mut bench = Bench::new(dir.path());
        bench.account("罗站长", 1, "雨天收伞 7");
        bench.ring = Keyring::load(dir.path()).unwrap();
        let recovery = bench.recovery.shown().to_lowercase().replace('-', " ");
        // Full-width from an input method.
        for right in [
            password("罗站长", "雨天收伞 7"),
            password("罗站长", "雨天收伞　７"),
            Secret::Recovery(&recovery),
        ] {
            assert_eq!(bench.opens(&right), Ok(1));
        }
        for wrong in [password("罗站长", "晴天"), password("没有", "雨天收伞 7")] {
            assert_eq!(bench.opens(&wrong), Err(KeyringError::WrongPassword.into()));
        }
        bench.account("何志愿", 2, "second");
        // Another password makes another key, and the one before opens nothing.
        bench.account("罗站长", 1, "changed");
        assert!(bench.opens(&password("罗站长", "雨天收伞 7")).is_err());
        assert_eq!(bench.opens(&password("罗站长", "changed")), Ok(1));
        let text = std::fs::read_to_string(dir.path().join(KEYRING_FILE)).unwrap();
        assert!(!text.contains("何志愿"));
        let id = RecordId(uuid::Uuid::from_u128(3));
        let empty = bench.ring.account_slot(("x", id), "", Seed::generate().unwrap());
        assert_eq!(empty.err(), Some(KeyringError::EmptyPassword.into()));
    }

    #[test]
    fn a_password_under_the_same_key_takes_the_place_of_the_one_before() {
        let dir = tempfile::tempdir().unwrap();
        let mut bench = Bench::new(dir.path());
        bench.account("a", 1, "first");
        let seed =
            bench.ring.open(&password("a", "first"), &mut Throttle::forgetful(), clock().now());
        let id = RecordId(uuid::Uuid::from_u128(1));
        let slot = bench.ring.account_slot(("a", id), "second", seed.unwrap().seed).unwrap();
        bench.ring.add(&slot, &bench.key).unwrap();
        bench.ring = Keyring::load(dir.path()).unwrap();
        assert!(bench.opens(&password("a", "first")).is_err());
        assert_eq!(bench.opens(&password("a", "second")), Ok(1));
    }

    #[test]
    fn the_next_epoch_counts_once_the_journal_has_it_and_leaves_out_who_left() {
        let dir = tempfile::tempdir().unwrap();
        let mut bench = Bench::new(dir.path());
        bench.account("stays", 1, "p1");
        bench.account("leaves", 2, "p2");
        let leaves = Owner::Account(RecordId(uuid::Uuid::from_u128(2)));
        let stay: Vec<Public> = bench
            .register
            .holders()
            .filter(|key| key.owner != leaves)
            .map(|key| key.public)
            .collect();
        let (next, station) = (DataKey::generate().unwrap(), Seed::generate().unwrap());
        let frame = bench.ring.prepare((&bench.key, &next), &station, &stay).unwrap();
        assert_eq!((frame.number, frame.holders.len()), (2, 2));
        // A crash before the journal has it: everything as before.
        let mut before = Keyring::load(dir.path()).unwrap();
        before.settle(&bench.register).unwrap();
        let unlocked =
            before.open(&password("leaves", "p2"), &mut Throttle::forgetful(), clock().now());
        assert!(unlocked.unwrap().next.is_none());
        // And behind it: who stays opens both epochs, who left nothing.
        let frame = bench.ring.prepare((&bench.key, &next), &station, &stay).unwrap();
        bench.page(&Plain::Key(KeyFrame { owner: leaves, public: None, role: None, given: false }));
        bench.page(&Plain::Epoch(frame));
        let crashed = Keyring::load(dir.path()).unwrap();
        let unlocked =
            crashed.open(&password("stays", "p1"), &mut Throttle::forgetful(), clock().now());
        let (key, _) = unlocked.unwrap().next.unwrap();
        assert_eq!(key.bytes(), next.bytes());
        bench.ring.settle(&bench.register).unwrap();
        bench.ring = Keyring::load(dir.path()).unwrap();
        assert_eq!(bench.opens(&password("stays", "p1")), Ok(2));
        assert_eq!(bench.opens(&password("leaves", "p2")), Err(KeyringError::WrongPassword.into()));
        let recovery = bench.recovery.shown();
        assert_eq!(bench.opens(&Secret::Recovery(&recovery)), Ok(2));
        let unlocked =
            bench.ring.open(&password("stays", "p1"), &mut Throttle::forgetful(), clock().now());
        let unlocked = unlocked.unwrap();
        assert_eq!(unlocked.station.bytes(), station.bytes());
        let keys: Vec<&[u8; 32]> = unlocked.keys.iter().map(DataKey::bytes).collect();
        assert_eq!(keys, [bench.key.bytes(), next.bytes()]);
    }

    #[test]
    fn a_slot_the_journal_does_not_know_opens_nothing_for_long() {
        let dir = tempfile::tempdir().unwrap();
        let mut bench = Bench::new(dir.path());
        bench.account("a", 1, "pa");
        let id = RecordId(uuid::Uuid::from_u128(9));
        let by_hand = bench.ring.account_slot(("x", id), "px", Seed::generate().unwrap()).unwrap();
        bench.ring.add(&by_hand, &bench.key).unwrap();
        bench.ring.settle(&bench.register).unwrap();
        assert!(bench.opens(&password("x", "px")).is_err());
        assert_eq!(bench.opens(&password("a", "pa")), Ok(1));
    }

    #[test]
    fn a_key_file_opens_until_it_is_replaced_or_ends() {
        let dir = tempfile::tempdir().unwrap();
        let mut bench = Bench::new(dir.path());
        let wrong = Err(KeyringError::WrongKeyFile.into());
        assert_eq!(bench.opens(&Secret::KeyFile(&[1; 32])), wrong);
        let slot = bench.ring.key_file_slot(&[1; 32]).unwrap();
        bench.take(&slot, "");
        assert_eq!(bench.opens(&Secret::KeyFile(&[1; 32])), Ok(1));
        let slot = bench.ring.key_file_slot(&[2; 32]).unwrap();
        bench.take(&slot, "");
        assert_eq!(bench.opens(&Secret::KeyFile(&[2; 32])), Ok(1));
        assert_eq!(bench.opens(&Secret::KeyFile(&[1; 32])), wrong);
        let end = KeyFrame { owner: Owner::KeyFile, public: None, role: None, given: false };
        bench.page(&Plain::Key(end));
        bench.ring.settle(&bench.register).unwrap();
        assert_eq!(bench.opens(&Secret::KeyFile(&[2; 32])), wrong);
    }

    #[test]
    fn slots_cannot_be_exchanged() {
        let dir = tempfile::tempdir().unwrap();
        let mut bench = Bench::new(dir.path());
        bench.account("a", 1, "pa");
        bench.account("b", 2, "pb");
        let at = |tag: &str| bench.ring.file.slots.iter().position(|slot| slot.tag == tag).unwrap();
        let tags = ["a", "b"].map(|name| bench.ring.tag(SlotKind::Account, name).unwrap());
        let [a, b] = [at(&tags[0]), at(&tags[1])];
        bench.ring.file.slots[a].tag = tags[1].clone();
        bench.ring.file.slots[b].tag = tags[0].clone();
        assert!(bench.opens(&password("b", "pa")).is_err());
    }

    #[test]
    fn work_without_end_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let mut bench = Bench::new(dir.path());
        bench.account("a", 1, "pa");
        let at = bench.ring.file.slots.len() - 1;
        let Work { memory_kib, passes } = Work::LEAST;
        for (passes, memory_kib) in [(u32::MAX, memory_kib), (passes, u32::MAX)] {
            bench.ring.file.slots[at].work = Work { memory_kib, passes };
            let opened = bench.opens(&password("a", "pa"));
            assert!(matches!(opened, Err(StoreError::BadFile { .. })), "{passes} {memory_kib}");
        }
    }

    #[test]
    fn every_password_takes_the_work_of_its_station_or_the_least() {
        let dir = tempfile::tempdir().unwrap();
        let (key, seed) = (DataKey::generate().unwrap(), Seed::generate().unwrap());
        let station = Work { passes: 3, ..Work::LEAST };
        let mut ring = Keyring::empty(dir.path(), station, &key, &seed).unwrap();
        let add = |ring: &mut Keyring, slot: Result<NewSlot, StoreError>| {
            ring.add(&slot.unwrap(), &key).unwrap();
            ring.file.slots.last().unwrap().work
        };
        let id = |n| RecordId(uuid::Uuid::from_u128(n));
        let seed = || Seed::generate().unwrap();
        let slot = ring.account_slot(("a", id(1)), "pa", seed());
        assert_eq!(add(&mut ring, slot), station);
        let mut ring = Keyring::load(dir.path()).unwrap();
        let slot = ring.recovery_slot(&RecoveryKey::generate().unwrap());
        assert_eq!(add(&mut ring, slot), Work::LEAST);
        // An account that is not there takes as long as one that is.
        let mut throttle = Throttle::forgetful();
        let now = clock().now();
        let nobody = ring.attempt(&password("c", "pc"), "", &mut throttle, now, |_, _| true);
        assert_eq!(nobody.unwrap().work, station);
        ring.file.work = Work { memory_kib: 8, passes: 1 };
        let slot = ring.account_slot(("c", id(2)), "pc", seed());
        assert_eq!(add(&mut ring, slot), Work::LEAST);
    }

    #[test]
    fn wrong_passwords_are_slowed_down_and_remembered() {
        let dir = tempfile::tempdir().unwrap();
        let clock = clock();
        let mut bench = Bench::new(dir.path());
        bench.account("a", 1, "right");
        let ring = bench.ring;
        let attempt = |text: &str| {
            // Loaded anew every time, as after a restart.
            let mut throttle = Throttle::load(dir.path()).unwrap();
            ring.open(&password("a", text), &mut throttle, clock.now()).map(|_| ())
        };
        for _ in 0..3 {
            assert_eq!(attempt("wrong"), Err(KeyringError::WrongPassword.into()));
        }
        for seconds in [1, 2, 4] {
            let wait = Duration::from_secs(seconds);
            assert_eq!(attempt("right"), Err(KeyringError::Wait(wait).into()));
            clock.set(clock.now() + TimeDelta::seconds(i64::try_from(seconds).unwrap()));
            assert_eq!(attempt("wrong"), Err(KeyringError::WrongPassword.into()));
        }
        clock.set(clock.now() + TimeDelta::seconds(8));
        attempt("right").unwrap();
        assert_eq!(attempt("wrong"), Err(KeyringError::WrongPassword.into()));
        attempt("right").unwrap();
    }
}
