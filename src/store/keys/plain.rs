//! What is in the journal in the open: who holds which key, epochs, branches, erasures.
//!
//! Signed like every entry and no secret, so that `verify` can follow all of it without a password.
//! Nothing here names a person: accounts are named by the ids of their records.

use super::seed::{Public, SignerId};
use crate::record::RecordId;
use crate::said;
use crate::store::error::StoreError;
use crate::words::Said;
use serde::{Deserialize, Serialize};

/// Whose key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// The recovery key.
    Recovery,
    /// The station itself: it signs sign-ins, backups and what else nobody does, never a record.
    Station,
    /// The key file of a service that opens with nobody at the keyboard.
    KeyFile,
    /// An account, by the id of its record.
    Account(RecordId),
}

/// Somebody's key from here on, or that there is none any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFrame {
    /// Whose.
    pub owner: Owner,
    /// The key; nothing for an account that is disabled, or a key file that ends.
    pub public: Option<Public>,
    /// The account's role, as the office names it.
    #[serde(default)]
    pub role: Option<String>,
    /// Somebody else chose the password it is under: it signs nothing but its own replacement.
    #[serde(default)]
    pub given: bool,
}

/// The next data key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpochFrame {
    /// The epoch that begins.
    pub number: u16,
    /// A hash of its key, so that the keyring's can be told from another.
    #[serde(with = "super::bytes")]
    pub commitment: [u8; 32],
    /// Whom the key was sealed for.
    pub holders: Vec<SignerId>,
}

/// Why there is a branch: a folder made from a backup.
pub const RESTORE: &str = "restore";
/// Why there is a branch: a damaged journal made whole in its place.
pub const REPAIR: &str = "repair";

/// The journal goes on from an earlier place: after a restore or a repair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branch {
    /// The station's lives so far, 1 before the first branch: this one and those before it.
    pub incarnation: u32,
    /// The last entry that is kept.
    pub from: u64,
    /// Heads that are given up, where they are known.
    #[serde(default)]
    pub given_up: Vec<GivenUp>,
    /// Entries before this frame whose content was lost, first and last of each row.
    #[serde(default)]
    pub lost: Vec<(u64, u64)>,
    /// Entries before this frame whose signature was lost, likewise: whoever signs this vouches for
    /// them.
    #[serde(default)]
    pub vouched: Vec<(u64, u64)>,
    /// [`RESTORE`] or [`REPAIR`].
    pub why: String,
}

/// What was once the end of the chain and is in it no longer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenUp {
    /// The last entry then.
    pub seq: u64,
    /// The hash of its frame's header.
    #[serde(with = "super::bytes")]
    pub hash: [u8; 32],
}

impl Branch {
    /// What was done, for whoever reads a report; `seq` is where its page is.
    #[must_use]
    pub fn said(&self, seq: u64) -> Said {
        let from = self.from;
        let given_up = self.given_up.iter().map(|head| head.seq).max();
        let given_up = given_up.unwrap_or(from).saturating_sub(from);
        if self.why == RESTORE {
            return said!(
                "第 {seq} 条：从备份恢复，接在第 {from} 条之后",
                "Entry {seq}: restored from a backup, going on after entry {from}"
            );
        }
        let rows = self.vouched.iter().map(|(first, last)| last.saturating_sub(*first) + 1);
        let vouched = rows.fold(0, u64::saturating_add);
        said!(
            "第 {seq} 条：修复，接在第 {from} 条之后，放弃 {given_up} 条，为签名不符的 {vouched} 条担保",
            "Entry {seq}: repaired, going on after entry {from}, {given_up} given up; vouched for {vouched} whose signatures did not fit"
        )
    }
}

/// One entry without a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// Its sequence.
    pub seq: u64,
    /// Hash of the sealed rest that is in its place.
    #[serde(with = "super::bytes")]
    pub rest: [u8; 32],
}

/// Entries lose what they say of a person, at the request of one administrator, by another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erase {
    /// The entry that asked for it.
    pub request: u64,
    pub entries: Vec<Erased>,
}

/// The content of a frame in the open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plain {
    Key(KeyFrame),
    Epoch(EpochFrame),
    Branch(Branch),
    /// An erasure.
    Erase(Erase),
}

/// The kinds of frame; 0 is a block of sealed entries.
pub const KEY: u8 = 1;
const EPOCH: u8 = 2;
const BRANCH: u8 = 3;
const ERASE: u8 = 4;

impl Plain {
    /// The kind its frame has.
    #[must_use]
    pub fn kind(&self) -> u8 {
        match self {
            Self::Key(_) => KEY,
            Self::Epoch(_) => EPOCH,
            Self::Branch(_) => BRANCH,
            Self::Erase(_) => ERASE,
        }
    }

    /// The body of its frame.
    ///
    /// # Errors
    /// [`StoreError::Encoding`].
    pub fn bytes(&self) -> Result<Vec<u8>, StoreError> {
        let bytes = match self {
            Self::Key(key) => rmp_serde::to_vec_named(key),
            Self::Epoch(epoch) => rmp_serde::to_vec_named(epoch),
            Self::Branch(branch) => rmp_serde::to_vec_named(branch),
            Self::Erase(erase) => rmp_serde::to_vec_named(erase),
        };
        bytes.map_err(|error| StoreError::Encoding(error.to_string()))
    }

    /// Reads the body of a frame of this kind; nothing for what is none.
    #[must_use]
    pub fn read(kind: u8, body: &[u8]) -> Option<Self> {
        match kind {
            KEY => rmp_serde::from_slice(body).ok().map(Self::Key),
            EPOCH => rmp_serde::from_slice(body).ok().map(Self::Epoch),
            BRANCH => rmp_serde::from_slice(body).ok().map(Self::Branch),
            ERASE => rmp_serde::from_slice(body).ok().map(Self::Erase),
            _ => None,
        }
    }
}
