//! What can be asked of the office, and its answer when it was done.

use crate::program::Role;
use crate::record::{Fields, Instant, RecordId, Row, Value};
use serde::Serialize;
use std::collections::BTreeMap;

/// What a move asked for, by the name the pack gives it: `reason`, `fields`, `clause`, …
pub type Answers = Fields;

/// The move a record is made with.
#[derive(Clone, Debug, PartialEq)]
pub struct FirstStep {
    /// The move's id in the pack.
    pub id_of_move: String,
    /// What it asks for.
    pub answers: Answers,
}

/// A change somebody wants. Every change to what is kept is one of these.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Makes a record. Field ids that belong to the person kind rather than to `kind` describe
    /// the person the record belongs to: found by identity number, made when not there.
    Create {
        /// The pack's kind.
        kind: String,
        /// Values by field id.
        fields: Fields,
        /// The number to give it, when it comes from outside with one.
        number: Option<String>,
        /// The move it is made with, out of its first state and in the same entry.
        step: Option<FirstStep>,
    },
    /// Changes fields; `None` empties one.
    Amend {
        /// Which record.
        id: RecordId,
        /// The revision the change was based on.
        base: u32,
        /// New values by field id.
        fields: BTreeMap<String, Option<Value>>,
        /// Why, where a change needs a reason.
        reason: Option<String>,
    },
    /// Hangs rows on a table of a record, from an import. Not based on a revision: rows added by
    /// two people do not contradict each other.
    AddRows {
        /// Which record.
        id: RecordId,
        /// The table field.
        table: String,
        /// The rows; their ids are given by the office.
        rows: Vec<Row>,
    },
    /// Makes a move of the workflow.
    Move {
        /// Which record.
        id: RecordId,
        /// The revision the person had before them.
        base: Option<u32>,
        /// The move's id in the pack.
        id_of_move: String,
        /// What the move asks for.
        answers: Answers,
    },
    /// Takes one's own last save of a record back.
    Undo {
        /// Which record.
        id: RecordId,
        /// The save the person had before them; none for whichever is the last.
        seq: Option<u64>,
    },
    /// Two records that turned out to be one: this one is counted as the other from then on.
    Merge {
        /// The one that is gone.
        id: RecordId,
        /// The one that stays.
        into: RecordId,
        /// Why.
        reason: String,
    },
    /// Takes back the last move of a record that led to no closed state, before anybody acted on
    /// it: a batch made by mistake. The move stays in the record, and this after it.
    TakeBack {
        /// Which record.
        id: RecordId,
        /// The save that made the move.
        seq: Option<u64>,
        /// Why.
        reason: String,
    },
    /// Says that the machine's clock is right although it reads earlier than what was saved.
    AcceptClock,
    /// Shows sensitive fields in full; the reason goes into the journal.
    Reveal {
        /// Which record.
        id: RecordId,
        fields: Vec<String>,
        /// Why.
        reason: String,
    },
    /// Makes an account.
    AddAccount {
        /// The name typed at sign-in.
        name: String,
        /// What it may do.
        role: Role,
        /// Its first password.
        password: String,
        /// The person chooses another one at the next sign-in, before anything else.
        must_change: bool,
    },
    /// Ends an account's rights; its history stays.
    DisableAccount {
        /// The account.
        name: String,
    },
    /// Gives a disabled account its rights back, with a new password that is changed at the next
    /// sign-in.
    EnableAccount {
        /// The account.
        name: String,
        /// Its new password.
        password: String,
    },
    /// Says whose account it is, or that nobody registered here has it.
    AccountPerson {
        /// The account.
        name: String,
        person: Option<RecordId>,
    },
    /// Gives an account a new password.
    ChangePassword {
        /// The account.
        name: String,
        /// The new password.
        password: String,
    },
    /// Lets an account sign in over SSH with a key.
    AddKey {
        /// The account.
        name: String,
        /// The public key: one OpenSSH line, Ed25519 or ECDSA.
        key: String,
    },
    /// Takes a key from an account.
    RemoveKey {
        /// The account.
        name: String,
        /// The key's SHA-256 fingerprint, `SHA256:…`.
        key: String,
    },
    /// Lets a file open the station in the place of a person, for a service with nobody at the
    /// keyboard. There is at most one.
    KeyFile {
        /// Its 32 bytes; `None` ends the use of any.
        key: Option<[u8; 32]>,
    },
    /// Makes a new recovery key; the one before no longer opens the station.
    NewRecoveryKey,
    /// Asks for everything that is kept of a person to be erased.
    AskErasure {
        person: RecordId,
        /// Why: retention is over, or the person asked for it.
        reason: String,
    },
    /// Lets such a request go.
    DropErasure { person: RecordId },
    /// Carries it out, at the request of another administrator.
    Erase { person: RecordId },
    /// Makes another key by which SSH clients know the station.
    HostKey {
        /// Its SHA-256 fingerprint, `SHA256:…`.
        fingerprint: String,
    },
    /// Names the second place for backups.
    SecondPlace {
        /// A full path; none for no longer.
        place: Option<std::path::PathBuf>,
    },
    /// Puts packs and rules of the office's own in force: rules at once, packs from the next opening
    /// on.
    AdoptPacks {
        /// The files.
        changes: Vec<super::Adoption>,
    },
    /// Writes down something that happened and changed no record: an export, an import's end.
    Note {
        /// What it is, such as `export`.
        what: String,
        particulars: BTreeMap<String, String>,
    },
}

impl Command {
    /// Whether it changes who can open the station.
    #[must_use]
    pub fn changes_keys(&self) -> bool {
        matches!(
            self,
            Self::AddAccount { .. }
                | Self::DisableAccount { .. }
                | Self::EnableAccount { .. }
                | Self::ChangePassword { .. }
                | Self::KeyFile { .. }
                | Self::NewRecoveryKey
        )
    }
}

/// The command was carried out and is on the disk.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Receipt {
    /// The record's number; empty for what is no record.
    pub number: String,
    /// Its revision now.
    pub revision: u32,
    /// The journal sequence.
    pub seq: u64,
    /// True when a move was put forward and waits for another account.
    #[serde(skip_serializing_if = "is_false")]
    pub waits: bool,
    /// The record.
    #[serde(skip)]
    pub id: Option<RecordId>,
    /// When it was saved.
    #[serde(skip)]
    pub at: Instant,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the shape serde asks for")]
const fn is_false(yes: &bool) -> bool {
    !*yes
}

/// An answer in words; none that are blank.
pub(super) fn text_of<'a>(answers: &'a Answers, id: &str) -> Option<&'a str> {
    answers.get(id).and_then(Value::as_text).filter(|text| !text.trim().is_empty())
}
