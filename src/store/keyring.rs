//! The keyring: the station's data key, wrapped once per slot.
//!
//! An account's slot is wrapped under Argon2id of its password; the recovery slot under the
//! recovery key, which is shown once. No name lies in the file: a slot is found by a salted hash.

mod error;
mod slot;

pub use error::KeyringError;

use super::disk::{hex, read_text, unhex, write_whole};
use super::error::StoreError;
use super::recovery::RecoveryKey;
use super::seal::{DataKey, random};
use super::throttle::Throttle;
use crate::record::{Instant, account_form};
use serde::{Deserialize, Serialize};
use slot::{Slot, SlotKind, normal};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The file's name in the data folder.
pub const KEYRING_FILE: &str = "keyring.toml";
const FORMAT: u32 = 1;

/// What a person offers to open a station with.
pub enum Secret<'a> {
    /// An account and its password.
    Password {
        /// The account's name.
        account: &'a str,
        /// Its password.
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
    #[serde(default, rename = "slot", skip_serializing_if = "Vec::is_empty")]
    slots: Vec<Slot>,
}

/// One attempt to open a keyring, in steps, since the long one in the middle needs no lock: while
/// one person's password is worked on, so can be another's.
pub(super) struct Attempt {
    slot: Option<Slot>,
    offered: Zeroizing<Vec<u8>>,
    wrong: KeyringError,
    counted: String,
    from: String,
}

impl Attempt {
    /// The data key, or nothing for a wrong secret. Takes a moment and 19 MiB.
    pub(super) fn derive(&self) -> Result<Option<DataKey>, StoreError> {
        match &self.slot {
            Some(slot) => slot.unwrap(&self.offered),
            None => slot::work_for_nothing(&self.offered).map(|()| None),
        }
    }

    /// Counts how it went.
    pub(super) fn settle(
        self,
        key: Option<DataKey>,
        throttle: &mut Throttle,
        now: Instant,
    ) -> Result<DataKey, StoreError> {
        if key.is_some() {
            throttle.passed(&self.counted, &self.from)?;
        } else {
            throttle.failed(&self.counted, &self.from, now)?;
        }
        key.ok_or_else(|| self.wrong.into())
    }
}

/// The keyring of one data folder.
#[derive(Clone)]
pub struct Keyring {
    path: PathBuf,
    file: File,
}

impl Keyring {
    /// A keyring without slots, not yet on the disk.
    pub(super) fn empty(dir: &Path) -> Result<Self, StoreError> {
        let salt = hex(&random::<16>()?);
        let file = File { format: FORMAT, salt, slots: Vec::new() };
        Ok(Self { path: dir.join(KEYRING_FILE), file })
    }

    /// Reads the keyring of a data folder.
    pub(super) fn load(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(KEYRING_FILE);
        let text = read_text(&path)?.ok_or_else(|| bad("missing"))?;
        Ok(Self { file: parse(&text)?, path })
    }

    /// Reads a keyring out of a backup, to lie in `dir`.
    pub(super) fn from_text(text: &str, dir: &Path) -> Result<Self, StoreError> {
        Ok(Self { file: parse(text)?, path: dir.join(KEYRING_FILE) })
    }

    /// The file's text.
    pub(super) fn text(&self) -> Result<String, StoreError> {
        toml::to_string_pretty(&self.file).map_err(|error| bad(&error.to_string()))
    }

    /// Writes the keyring, whole or not at all.
    pub(super) fn save(&self) -> Result<(), StoreError> {
        write_whole(&self.path, self.text()?.as_bytes())
    }

    /// The data key, for whoever has the secret; wrong attempts are counted and slowed down.
    pub(super) fn open(
        &self,
        secret: &Secret<'_>,
        throttle: &mut Throttle,
        now: Instant,
    ) -> Result<DataKey, StoreError> {
        let attempt = self.attempt(secret, "", throttle, now)?;
        let key = attempt.derive()?;
        attempt.settle(key, throttle, now)
    }

    /// Begins an attempt from somewhere, unless it comes too early after wrong ones: `from` as
    /// [`Throttle::wait`] has it.
    pub(super) fn attempt(
        &self,
        secret: &Secret<'_>,
        from: &str,
        throttle: &mut Throttle,
        now: Instant,
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
        let slot = self.file.slots.iter().find(|slot| slot.tag == tag).cloned();
        // Accounts that do not exist share one count, so that guessing names fills no file.
        let counted = if slot.is_some() { tag } else { "unknown".into() };
        if let Some(wait) = throttle.wait(&counted, from, now)? {
            return Err(KeyringError::Wait(wait).into());
        }
        Ok(Attempt { slot, offered, wrong, counted, from: from.into() })
    }

    /// Adds or replaces an account's slot.
    pub(super) fn set_account(
        &mut self,
        account: &str,
        password: &str,
        key: &DataKey,
    ) -> Result<(), StoreError> {
        let password = normal(password);
        if password.is_empty() {
            return Err(KeyringError::EmptyPassword.into());
        }
        let tag = self.tag(SlotKind::Account, account)?;
        self.set(Slot::wrap(SlotKind::Account, tag, &password, key)?)
    }

    /// Adds or replaces the recovery slot.
    pub(super) fn set_recovery(
        &mut self,
        recovery: &RecoveryKey,
        key: &DataKey,
    ) -> Result<(), StoreError> {
        let tag = self.tag(SlotKind::Recovery, "")?;
        self.set(Slot::wrap(SlotKind::Recovery, tag, recovery.bytes(), key)?)
    }

    /// Adds or replaces the slot of the key file.
    pub(super) fn set_key_file(
        &mut self,
        secret: &[u8; 32],
        key: &DataKey,
    ) -> Result<(), StoreError> {
        let tag = self.tag(SlotKind::KeyFile, "")?;
        self.set(Slot::wrap(SlotKind::KeyFile, tag, secret, key)?)
    }

    /// Removes the slot of the key file, if there is one.
    pub(super) fn remove_key_file(&mut self) -> Result<(), StoreError> {
        let mut kept = self.file.slots.clone();
        kept.retain(|slot| slot.kind != SlotKind::KeyFile);
        self.replace(kept)
    }

    /// Removes an account's slot; the last account stays.
    pub(super) fn remove_account(&mut self, account: &str) -> Result<(), StoreError> {
        let tag = self.tag(SlotKind::Account, account)?;
        if !self.file.slots.iter().any(|slot| slot.tag == tag) {
            return Err(KeyringError::NoSlot.into());
        }
        let kept: Vec<Slot> =
            self.file.slots.iter().filter(|slot| slot.tag != tag).cloned().collect();
        if !kept.iter().any(|slot| slot.kind == SlotKind::Account) {
            return Err(KeyringError::LastSlot.into());
        }
        self.replace(kept)
    }

    /// Whether an account has a slot.
    pub(super) fn has_account(&self, account: &str) -> Result<bool, StoreError> {
        let tag = self.tag(SlotKind::Account, account)?;
        Ok(self.file.slots.iter().any(|slot| slot.tag == tag))
    }

    fn set(&mut self, slot: Slot) -> Result<(), StoreError> {
        let mut slots = self.file.slots.clone();
        slots.retain(|old| old.tag != slot.tag);
        slots.push(slot);
        self.replace(slots)
    }

    /// Puts new slots on the disk; on failure memory keeps what the disk has.
    fn replace(&mut self, slots: Vec<Slot>) -> Result<(), StoreError> {
        let before = std::mem::replace(&mut self.file.slots, slots);
        let saved = self.save();
        if saved.is_err() {
            self.file.slots = before;
        }
        saved
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

fn parse(text: &str) -> Result<File, StoreError> {
    let file: File = toml::from_str(text).map_err(|error| bad(error.message()))?;
    if file.format == FORMAT {
        Ok(file)
    } else {
        Err(StoreError::OtherFormat { found: file.format, ours: FORMAT })
    }
}

fn bad(detail: &str) -> StoreError {
    StoreError::BadFile { file: KEYRING_FILE.into(), detail: detail.into() }
}

#[cfg(test)]
mod tests {
    use super::slot::{MEMORY_KIB, PASSES};
    use super::*;
    use crate::record::{Clock, FixedClock};
    use chrono::{TimeDelta, TimeZone, Utc};
    use std::time::Duration;

    fn clock() -> FixedClock {
        FixedClock::new(Utc.with_ymd_and_hms(2025, 6, 1, 1, 0, 0).unwrap())
    }

    fn password<'a>(account: &'a str, password: &'a str) -> Secret<'a> {
        Secret::Password { account, password }
    }

    #[test]
    fn slots_come_and_go() {
        let dir = tempfile::tempdir().unwrap();
        let (key, now) = (DataKey::generate().unwrap(), clock().now());
        let recovery = RecoveryKey::generate().unwrap();
        let mut ring = Keyring::empty(dir.path()).unwrap();
        ring.set_account("罗站长", "雨天收伞 7", &key).unwrap();
        ring.set_recovery(&recovery, &key).unwrap();
        let mut throttle = Throttle::load(dir.path()).unwrap();
        let mut ring = Keyring::load(dir.path()).unwrap();
        let mut opens = |ring: &Keyring, secret: &Secret<'_>| {
            ring.open(secret, &mut throttle, now)
                .map(|opened| assert_eq!(opened.bytes(), key.bytes()))
        };
        opens(&ring, &password("罗站长", "雨天收伞 7")).unwrap();
        opens(&ring, &password("罗站长", "雨天收伞　７")).unwrap(); // full-width from an input method
        opens(&ring, &Secret::Recovery(&recovery.shown().to_lowercase().replace('-', " ")))
            .unwrap();
        assert_eq!(
            opens(&ring, &password("罗站长", "晴天")),
            Err(KeyringError::WrongPassword.into())
        );
        assert_eq!(
            opens(&ring, &password("没有", "雨天收伞 7")),
            Err(KeyringError::WrongPassword.into())
        );
        assert_eq!(ring.remove_account("罗站长"), Err(KeyringError::LastSlot.into()));
        ring.set_account("何志愿", "second", &key).unwrap();
        ring.set_account("罗站长", "changed", &key).unwrap();
        assert!(opens(&ring, &password("罗站长", "雨天收伞 7")).is_err());
        opens(&ring, &password("罗站长", "changed")).unwrap();
        ring.remove_account("罗站长").unwrap();
        assert!(!ring.has_account("罗站长").unwrap());
        assert_eq!(ring.remove_account("罗站长"), Err(KeyringError::NoSlot.into()));
        opens(&Keyring::load(dir.path()).unwrap(), &password("何志愿", "second")).unwrap();
        let text = std::fs::read_to_string(dir.path().join(KEYRING_FILE)).unwrap();
        assert!(!text.contains("何志愿"));
        assert_eq!(ring.set_account("x", "", &key), Err(KeyringError::EmptyPassword.into()));
    }

    #[test]
    fn a_key_file_opens_until_it_is_replaced_or_removed() {
        let dir = tempfile::tempdir().unwrap();
        let (key, now) = (DataKey::generate().unwrap(), clock().now());
        let mut ring = Keyring::empty(dir.path()).unwrap();
        ring.set_account("a", "pa", &key).unwrap();
        let mut throttle = Throttle::load(dir.path()).unwrap();
        let mut opens = |ring: &Keyring, secret: &[u8; 32]| {
            ring.open(&Secret::KeyFile(secret), &mut throttle, now).map(|opened| {
                assert_eq!(opened.bytes(), key.bytes());
            })
        };
        assert_eq!(opens(&ring, &[1; 32]), Err(KeyringError::WrongKeyFile.into()));
        ring.set_key_file(&[1; 32], &key).unwrap();
        opens(&Keyring::load(dir.path()).unwrap(), &[1; 32]).unwrap();
        ring.set_key_file(&[2; 32], &key).unwrap();
        opens(&ring, &[2; 32]).unwrap();
        assert_eq!(opens(&ring, &[1; 32]), Err(KeyringError::WrongKeyFile.into()));
        ring.remove_key_file().unwrap();
        assert_eq!(opens(&ring, &[2; 32]), Err(KeyringError::WrongKeyFile.into()));
    }

    #[test]
    fn slots_cannot_be_exchanged() {
        let dir = tempfile::tempdir().unwrap();
        let (key, now) = (DataKey::generate().unwrap(), clock().now());
        let mut ring = Keyring::empty(dir.path()).unwrap();
        ring.set_account("a", "pa", &key).unwrap();
        ring.set_account("b", "pb", &key).unwrap();
        let tag = ring.file.slots[0].tag.clone();
        ring.file.slots[0].tag = ring.file.slots[1].tag.clone();
        ring.file.slots[1].tag = tag;
        let mut throttle = Throttle::load(dir.path()).unwrap();
        assert!(ring.open(&password("b", "pa"), &mut throttle, now).is_err());
    }

    #[test]
    fn work_without_end_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let (key, now) = (DataKey::generate().unwrap(), clock().now());
        let mut ring = Keyring::empty(dir.path()).unwrap();
        ring.set_account("a", "pa", &key).unwrap();
        for (passes, memory_kib) in [(u32::MAX, MEMORY_KIB), (PASSES, u32::MAX)] {
            ring.file.slots[0].passes = passes;
            ring.file.slots[0].memory_kib = memory_kib;
            let opened = ring.open(&password("a", "pa"), &mut Throttle::forgetful(), now);
            assert!(matches!(opened, Err(StoreError::BadFile { .. })), "{passes} {memory_kib}");
        }
    }

    #[test]
    fn wrong_passwords_are_slowed_down_and_remembered() {
        let dir = tempfile::tempdir().unwrap();
        let clock = clock();
        let key = DataKey::generate().unwrap();
        let mut ring = Keyring::empty(dir.path()).unwrap();
        ring.set_account("a", "right", &key).unwrap();
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
