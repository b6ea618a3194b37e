//! The keyring: the station's data key, wrapped once per slot.
//!
//! An account's slot is wrapped under Argon2id of its password; the recovery slot under the
//! recovery key, which is shown once. No name lies in the file: a slot is found by a salted hash.

use super::disk::{hex, read_text, unhex, write_whole};
use super::error::StoreError;
use super::recovery::RecoveryKey;
use super::seal::{DataKey, OVERHEAD, Seal, random};
use super::throttle::Throttle;
use crate::record::Instant;
use crate::said;
use crate::words::Said;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// The file's name in the data folder.
pub const KEYRING_FILE: &str = "keyring.toml";
/// Argon2id memory in KiB: 19 MiB, with two passes and one lane (OWASP's first choice).
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// More than this in a file is damage or an attack, not a setting: 1 GiB.
const MEMORY_KIB_MAX: u32 = 1024 * 1024;
/// As many passes over the memory, or a file that came with somebody's backup could keep the
/// program busy for days.
const PASSES_MAX: u32 = 64;
const FORMAT: u32 = 1;

/// Why a key could not be had.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// No slot with this account and password.
    #[error("account or password is wrong")]
    WrongPassword,
    /// The recovery key does not open this station.
    #[error("the recovery key does not open this station")]
    WrongRecoveryKey,
    /// The key file is not the one of this station, or no longer.
    #[error("the key file does not open this station")]
    WrongKeyFile,
    /// The text is no recovery key: a slip in typing.
    #[error("the text is not a recovery key")]
    NotARecoveryKey,
    /// Too many wrong attempts; try again after this time.
    #[error("too many wrong attempts, wait {} s", .0.as_secs())]
    Wait(Duration),
    /// The account has no slot.
    #[error("the account has no slot")]
    NoSlot,
    /// Removing it would leave nobody who can open the station.
    #[error("the last slot cannot be removed")]
    LastSlot,
    /// A password of no characters.
    #[error("the password is empty")]
    EmptyPassword,
}

impl KeyringError {
    /// What happened.
    #[must_use]
    pub fn said(&self) -> Said {
        match self {
            Self::WrongPassword => {
                Said::fixed("账号或密码不正确", "The account or the password is not right")
            }
            Self::WrongRecoveryKey => Said::fixed(
                "这把恢复密钥打不开这个驿站",
                "This recovery key does not open this station",
            ),
            Self::NotARecoveryKey => Said::fixed(
                "恢复密钥的字符不完整或有误",
                "The recovery key is incomplete or has a mistyped character",
            ),
            Self::Wait(wait) => {
                let seconds = wait.as_secs().max(1);
                said!(
                    "连续多次未通过，请等待 {seconds} 秒",
                    "Several attempts failed; wait {seconds} s"
                )
            }
            Self::NoSlot => {
                Said::fixed("这个账号没有登录密码", "This account has no password to sign in with")
            }
            Self::WrongKeyFile => {
                Said::fixed("这个密钥文件打不开这个站点", "This key file does not open the station")
            }
            Self::LastSlot => Said::fixed(
                "这是最后一个能打开驿站的账号，不能移除",
                "This is the last account that can open the station; it stays",
            ),
            Self::EmptyPassword => Said::fixed("密码为空", "The password is empty"),
        }
    }

    /// What to do next.
    #[must_use]
    pub fn next(&self) -> Said {
        match self {
            Self::WrongPassword => Said::fixed(
                "请重新输入；忘记密码时请管理员重设，或使用恢复密钥。",
                "Type it again; if it is forgotten, ask the administrator or use the recovery key.",
            ),
            Self::WrongRecoveryKey => Said::fixed(
                "请确认这是本驿站最近一次生成的恢复密钥。",
                "Check that it is the newest recovery key of this station.",
            ),
            Self::NotARecoveryKey => {
                Said::fixed("请对照纸上逐组核对。", "Compare it with the paper, group by group.")
            }
            Self::Wait(_) => Said::fixed("到时间后再输入。", "Type it again after that."),
            Self::NoSlot => Said::fixed("请管理员为其设置密码。", "Have a password set for it."),
            Self::WrongKeyFile => Said::fixed(
                "请用 yizhan account key-file make 另做一个，或用 --as 和 --password-file 打开。",
                "Make another with `yizhan account key-file make`, or open it with --as and --password-file.",
            ),
            Self::LastSlot => Said::fixed("请先添加另一个账号。", "Add another account first."),
            Self::EmptyPassword => Said::fixed("请输入密码。", "Type a password."),
        }
    }
}

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

/// How a slot's secret is turned into a wrapping key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SlotKind {
    /// Argon2id of an account's password.
    Account,
    /// Argon2id of the recovery key.
    Recovery,
    /// 32 bytes in a file of mode 0600, for `serve` with nobody at the keyboard. At most one.
    KeyFile,
}

impl SlotKind {
    fn word(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Recovery => "recovery",
            Self::KeyFile => "key-file",
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Slot {
    kind: SlotKind,
    /// Salted hash of the account name; of nothing for the recovery slot.
    tag: String,
    salt: String,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    /// Nonce and sealed data key.
    wrapped: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct File {
    format: u32,
    /// Salt of the tags.
    salt: String,
    #[serde(default, rename = "slot", skip_serializing_if = "Vec::is_empty")]
    slots: Vec<Slot>,
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
        let (tag, offered) = match secret {
            Secret::Password { account, password } => {
                (self.tag(SlotKind::Account, account)?, normal(password))
            }
            Secret::Recovery(text) => {
                let key = RecoveryKey::read(text).ok_or(KeyringError::NotARecoveryKey)?;
                (self.tag(SlotKind::Recovery, "")?, Zeroizing::new(key.bytes().to_vec()))
            }
            Secret::KeyFile(key) => {
                (self.tag(SlotKind::KeyFile, "")?, Zeroizing::new(key.to_vec()))
            }
        };
        let slot = self.file.slots.iter().find(|slot| slot.tag == tag);
        // Accounts that do not exist share one count, so that guessing names fills no file.
        let counted = if slot.is_some() { tag.as_str() } else { "unknown" };
        if let Some(wait) = throttle.wait(counted, now)? {
            return Err(KeyringError::Wait(wait).into());
        }
        let key = if let Some(slot) = slot {
            slot.unwrap(&offered)?
        } else {
            // The same work as for a slot that exists, so that time tells nothing.
            derive(&offered, &[0; 16], MEMORY_KIB, PASSES, LANES)?;
            None
        };
        let Some(key) = key else {
            throttle.failed(counted, now)?;
            return Err(match secret {
                Secret::Password { .. } => KeyringError::WrongPassword,
                Secret::Recovery(_) => KeyringError::WrongRecoveryKey,
                Secret::KeyFile(_) => KeyringError::WrongKeyFile,
            }
            .into());
        };
        throttle.passed(counted)?;
        Ok(key)
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
        let name: String = name.trim().nfkc().collect();
        for part in [salt.as_slice(), kind.word().as_bytes(), &[0], name.as_bytes()] {
            hasher.update(part);
        }
        Ok(hex(&hasher.finalize().as_bytes()[..16]))
    }
}

impl Slot {
    fn wrap(kind: SlotKind, tag: String, secret: &[u8], key: &DataKey) -> Result<Self, StoreError> {
        let salt = random::<16>()?;
        let mut slot = Self {
            kind,
            tag,
            salt: hex(&salt),
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            lanes: LANES,
            wrapped: String::new(),
        };
        let wrapping = derive(secret, &salt, MEMORY_KIB, PASSES, LANES)?;
        slot.wrapped = hex(&Seal::new(&wrapping).seal(&slot.place(), key.bytes())?);
        Ok(slot)
    }

    /// The data key, or nothing for a wrong secret.
    fn unwrap(&self, secret: &[u8]) -> Result<Option<DataKey>, StoreError> {
        let salt = unhex(&self.salt).ok_or_else(|| bad("salt"))?;
        let wrapped = unhex(&self.wrapped).filter(|bytes| bytes.len() == 32 + OVERHEAD);
        let wrapped = wrapped.ok_or_else(|| bad("wrapped"))?;
        let wrapping = derive(secret, &salt, self.memory_kib, self.passes, self.lanes)?;
        let key = Seal::new(&wrapping).open(&self.place(), &wrapped).map(Zeroizing::new);
        Ok(key.and_then(|key| key.first_chunk::<32>().map(DataKey::from_bytes)))
    }

    /// What the wrapped key is bound to: the slot it lies in.
    fn place(&self) -> Vec<u8> {
        format!("yizhan keyring v1/{}/{}", self.kind.word(), self.tag).into_bytes()
    }
}

/// Argon2id, version 0x13, 32 bytes.
fn derive(
    secret: &[u8],
    salt: &[u8],
    memory_kib: u32,
    passes: u32,
    lanes: u32,
) -> Result<Zeroizing<[u8; 32]>, StoreError> {
    if memory_kib > MEMORY_KIB_MAX {
        return Err(bad("memory_kib"));
    }
    if passes > PASSES_MAX {
        return Err(bad("passes"));
    }
    let params = Params::new(memory_kib, passes, lanes, Some(32));
    let params = params.map_err(|error| bad(&error.to_string()))?;
    let mut key = Zeroizing::new([0; 32]);
    let mut memory = spare().take().unwrap_or_default();
    memory.resize(params.block_count(), Block::new());
    let derived = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(secret, salt, key.as_mut(), &mut memory);
    memory.fill(Block::new());
    *spare() = Some(memory);
    derived.map_err(|error| bad(&error.to_string()))?;
    Ok(key)
}

/// The memory of the last derivation, wiped, for the next one. Given back to the system after
/// each it would be cut up by what a session keeps, and every sign-in would take another 19 MiB
/// for good.
fn spare() -> MutexGuard<'static, Option<Vec<Block>>> {
    static SPARE: Mutex<Option<Vec<Block>>> = Mutex::new(None);
    SPARE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A password's bytes: an input method may give full-width forms of the same characters.
fn normal(password: &str) -> Zeroizing<Vec<u8>> {
    let text = Zeroizing::new(password.nfkc().collect::<String>());
    Zeroizing::new(text.as_bytes().to_vec())
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
    use super::*;
    use crate::record::{Clock, FixedClock};
    use chrono::{TimeDelta, TimeZone, Utc};

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
