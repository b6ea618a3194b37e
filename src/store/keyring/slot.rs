//! One slot of the keyring: the data key, wrapped under what a secret is stretched to.

use super::bad;
use crate::store::disk::{hex, unhex};
use crate::store::error::StoreError;
use crate::store::seal::{DataKey, OVERHEAD, Seal, random};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// Argon2id memory in KiB: 19 MiB, with two passes and one lane (OWASP's first choice).
pub(super) const MEMORY_KIB: u32 = 19 * 1024;
pub(super) const PASSES: u32 = 2;
const LANES: u32 = 1;
/// More than this in a file is damage or an attack, not a setting: 1 GiB.
const MEMORY_KIB_MAX: u32 = 1024 * 1024;
/// As many passes over the memory, or a file that came with somebody's backup could keep the
/// program busy for days.
const PASSES_MAX: u32 = 64;

/// How a slot's secret is turned into a wrapping key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum SlotKind {
    /// Argon2id of an account's password.
    Account,
    /// Argon2id of the recovery key.
    Recovery,
    /// 32 bytes in a file of mode 0600, for `serve` with nobody at the keyboard. At most one.
    KeyFile,
}

impl SlotKind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Recovery => "recovery",
            Self::KeyFile => "key-file",
        }
    }
}

/// The data key wrapped for one secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Slot {
    pub(super) kind: SlotKind,
    /// Salted hash of the account name; of nothing for the recovery slot.
    pub(super) tag: String,
    salt: String,
    pub(super) memory_kib: u32,
    pub(super) passes: u32,
    lanes: u32,
    /// Nonce and sealed data key.
    wrapped: String,
}

impl Slot {
    /// Wraps the data key for a secret.
    pub(super) fn wrap(
        kind: SlotKind,
        tag: String,
        secret: &[u8],
        key: &DataKey,
    ) -> Result<Self, StoreError> {
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
    pub(super) fn unwrap(&self, secret: &[u8]) -> Result<Option<DataKey>, StoreError> {
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

/// The work of a slot that is not there, so that time does not tell which accounts there are.
pub(super) fn work_for_nothing(secret: &[u8]) -> Result<(), StoreError> {
    derive(secret, &[0; 16], MEMORY_KIB, PASSES, LANES).map(drop)
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
    let mut memory = Zeroizing::new(vec![Block::new(); params.block_count()]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(secret, salt, key.as_mut(), memory.as_mut_slice())
        .map_err(|error| bad(&error.to_string()))?;
    Ok(key)
}

/// A password's bytes: an input method may give full-width forms of the same characters.
pub(super) fn normal(password: &str) -> Zeroizing<Vec<u8>> {
    let text = Zeroizing::new(password.nfkc().collect::<String>());
    Zeroizing::new(text.as_bytes().to_vec())
}
