//! Making and opening a data folder.
//!
//! `setup.rs` is what the store is given from outside. `claim.rs` takes a folder for a new station,
//! also one in which a making was cut short (`half_made.rs`); `making.rs` makes the station.
//! `unlocking.rs` opens one that is there, after `renewed.rs` has finished what a repair had left;
//! `parts.rs` starts the writer thread.
//!
//! Knows all that an open [`Store`](super::Store) is made of, and which backups there are, to say so
//! when the journal is damaged. Repairs nothing itself.

pub(super) mod claim;
pub(super) mod half_made;
mod making;
mod parts;
pub(super) mod renewed;
pub(super) mod setup;
pub(super) mod unlocking;
