//! Who may open the station and who wrote what: seeds, the register of keys, data keys by epoch, and
//! the keyring.
//!
//! Every account, the recovery key, the key file and the station itself owns a seed of 32 bytes
//! (`seed.rs`). From it come a key that signs entries and a key that data keys can be sealed for.
//! Which keys hold is written in the journal in the open and nowhere else (`plain.rs`), so that it
//! can be checked without any password; `register.rs` is what these frames amount to. Content is
//! sealed (`seal.rs`) under data keys that follow one another in epochs (`epochs.rs`).
//!
//! The keyring (`keyring.rs`) keeps seeds and data keys, sealed under what somebody knows or has: a
//! password, the recovery key (`recovery_key.rs`), a key file. `throttle.rs` slows down whoever
//! guesses.
//!
//! Knows no account's name: what is in the open names accounts by the ids of their records. Knows
//! pages as values and not where the journal keeps them; knows no table and no folder but the one its
//! two small files are in.

mod bytes;
mod epochs;
pub(super) mod keyring;
mod plain;
pub(super) mod recovery_key;
mod register;
pub(super) mod seal;
mod seed;
pub(super) mod throttle;

pub use epochs::DataKeys;
pub use plain::{Branch, EpochFrame, Erase, Erased, GivenUp, KeyFrame, Owner, Plain};
pub(super) use plain::{REPAIR, RESTORE};
pub use register::{ADMINISTRATOR, KnownKey, Refused, Register};
pub use seed::{Public, Seed, Signature, Signer, SignerId, open_for, seal_for};
