//! Who may open the station and who wrote what: seeds, the register of keys, data keys by epoch.
//!
//! Every account, the recovery key, the key file and the station itself owns a seed of 32 bytes
//! (`seed.rs`). From it come a key that signs entries and a key that data keys can be sealed for.
//! Which keys hold is written in the journal in the open and nowhere else (`plain.rs`), so that it
//! can be checked without any password; `register.rs` is what these frames amount to. Content is
//! sealed under data keys that follow one another in epochs (`epochs.rs`).
//!
//! Knows no account's name: what lies in the open names accounts by the ids of their records.

mod bytes;
mod epochs;
mod plain;
mod register;
mod seed;

pub use epochs::DataKeys;
pub use plain::{Branch, EpochFrame, Erase, Erased, GivenUp, KeyFrame, Owner, Plain};
pub use register::{ADMINISTRATOR, KnownKey, Refused, Register};
pub use seed::{Public, Seed, Signature, Signer, SignerId, open_for, seal_for};
