//! What a command amounts to before it is written, and what only the one who plans it sees.

use super::entering::{self, Entered};
use crate::record::{Record, RecordId};
use crate::store::NewOp;
use std::collections::HashMap;
use zeroize::Zeroizing;

/// What only the one inside the door sees: the numbers given out, and the store's count of
/// refusals that what is on its way to the disk was built under.
#[derive(Default)]
pub(super) struct Door {
    /// The store's epoch since the last refusal; a change built on a refused one is refused too.
    pub epoch: Option<u64>,
    /// The last number given for each prefix, such as `BN-困-2025-`.
    pub numbers: HashMap<String, u64>,
}

/// What a command amounts to, before it is written.
pub(super) struct Plan {
    /// The record the command is about, or `None` for a note.
    pub main: Option<RecordId>,
    /// What is written.
    pub ops: Vec<NewOp>,
    /// The name the journal gives the command.
    pub command: &'static str,
    /// The reason, where one was asked for.
    pub reason: Option<String>,
    /// What becomes of the keyring once this is on the disk.
    pub keyring: Option<KeyringChange>,
}

impl Plan {
    /// A plan that keeps records, the first being what the command is about.
    pub fn put(command: &'static str, records: Vec<Record>) -> Self {
        let main = records.first().map(|record| record.id);
        let ops = records.into_iter().map(NewOp::Put).collect();
        Self { main, ops, command, reason: None, keyring: None }
    }

    /// The same with what was entered for a record and is kept otherwise.
    pub fn entered(mut self, id: RecordId, entered: Entered) -> Self {
        self.ops.extend(entering::note(id, entered));
        self
    }
}

/// What becomes of the keys with a change of an account.
pub(super) enum KeyringChange {
    /// An account gets a new key under this password.
    Set {
        name: String,
        id: RecordId,
        password: Zeroizing<String>,
        role: String,
        /// Somebody else chose the password.
        given: bool,
    },
    /// The account has no key any more.
    Remove(RecordId),
    /// This key file opens the station, or none does any more.
    KeyFile(Option<Zeroizing<[u8; 32]>>),
    /// Another recovery key opens it.
    Recovery,
}
