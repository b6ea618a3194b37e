//! One slot of the keyring: a seed, sealed under what a secret is stretched to, and the data key
//! sealed for it.

use super::bad::bad;
use super::work::{Work, derive};
use crate::record::RecordId;
use crate::store::error::StoreError;
use crate::store::files::disk::{hex, unhex};
use crate::store::keys::seal::{OVERHEAD, Seal};
use crate::store::keys::{Owner, Public, Seed};
use crate::store::random::random;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// How a slot's secret is turned into a sealing key.
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

/// A seed sealed under one secret, and the newest data key sealed for its owner.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Slot {
    pub(super) kind: SlotKind,
    /// Salted hash of the account name; of nothing for the others.
    pub(super) tag: String,
    /// The account's record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<RecordId>,
    salt: String,
    #[serde(flatten)]
    pub(super) work: Work,
    /// Nonce and sealed seed.
    seed: String,
    /// Signing and receiving key.
    public: String,
    /// The newest data key, sealed for the receiving key; empty before it has been.
    #[serde(default)]
    pub(super) key: String,
}

impl Slot {
    /// Seals a seed under a secret.
    pub(super) fn seal(
        (kind, tag): (SlotKind, String),
        owner: Option<RecordId>,
        (secret, work): (&[u8], Work),
        seed: &Seed,
    ) -> Result<Self, StoreError> {
        let salt = random::<16>()?;
        let public = seed.signer().public();
        let mut slot = Self {
            kind,
            tag,
            owner,
            salt: hex(&salt),
            work,
            seed: String::new(),
            public: hex(&[public.sign, public.receive].concat()),
            key: String::new(),
        };
        let sealing = derive(secret, &salt, work)?;
        slot.seed = hex(&Seal::new(&sealing).seal(&slot.place(), seed.bytes())?);
        Ok(slot)
    }

    /// The seed, or nothing for a wrong secret.
    pub(super) fn open(&self, secret: &[u8]) -> Result<Option<Seed>, StoreError> {
        let salt = unhex(&self.salt).ok_or_else(|| bad("salt"))?;
        let sealed = unhex(&self.seed).filter(|bytes| bytes.len() == 32 + OVERHEAD);
        let sealed = sealed.ok_or_else(|| bad("seed"))?;
        let sealing = derive(secret, &salt, self.work)?;
        let seed = Seal::new(&sealing).open(&self.place(), &sealed).map(Zeroizing::new);
        let seed = seed.and_then(|seed| seed.first_chunk::<32>().map(Seed::from_bytes));
        // A public key put beside another's seed would have the next data key sealed for it.
        let public = self.public()?;
        Ok(seed.filter(|seed| seed.signer().public() == public))
    }

    /// Whose it is.
    pub(super) fn owner(&self) -> Result<Owner, StoreError> {
        match (self.kind, self.owner) {
            (SlotKind::Recovery, _) => Ok(Owner::Recovery),
            (SlotKind::KeyFile, _) => Ok(Owner::KeyFile),
            (SlotKind::Account, Some(id)) => Ok(Owner::Account(id)),
            (SlotKind::Account, None) => Err(bad("owner")),
        }
    }

    /// The public keys of its seed.
    pub(super) fn public(&self) -> Result<Public, StoreError> {
        let bytes = unhex(&self.public).ok_or_else(|| bad("public"))?;
        let keys = bytes.split_first_chunk::<32>().map(|(sign, rest)| (*sign, rest));
        let keys = keys.and_then(|(sign, rest)| Some((sign, <[u8; 32]>::try_from(rest).ok()?)));
        let (sign, receive) = keys.ok_or_else(|| bad("public"))?;
        Ok(Public { sign, receive })
    }

    /// What the sealed seed is bound to: the slot it is in.
    fn place(&self) -> Vec<u8> {
        format!("yizhan keyring v2/{}/{}", self.kind.word(), self.tag).into_bytes()
    }
}

/// The work of a slot that is not there, so that time does not tell which accounts there are.
pub(super) fn work_for_nothing(secret: &[u8], work: Work) -> Result<(), StoreError> {
    derive(secret, &[0; 16], work).map(drop)
}

/// A password's bytes: an input method may give full-width forms of the same characters.
pub(super) fn normal(password: &str) -> Zeroizing<Vec<u8>> {
    let text = Zeroizing::new(password.nfkc().collect::<String>());
    Zeroizing::new(text.as_bytes().to_vec())
}
