//! What one entry of the journal says.

use crate::record::{Instant, Record, RecordId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where the session that made a change was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The terminal the program was started in.
    Terminal,
    /// Another terminal of the same machine, through the local socket.
    Socket,
    /// Another user of the same machine, by number, through the socket of a service.
    User(u32),
    /// Over SSH, from this address.
    Ssh(String),
    /// A command of the command line.
    Cli,
}

/// One thing an entry did.
#[allow(clippy::large_enum_variant, reason = "nearly every operation keeps a record")]
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// A record was made or changed.
    Put {
        /// The record as it is afterwards; the one before is in entry `previous`.
        record: Record,
        /// Sequence of the entry before that touched this record; 0 for none, and this entry's
        /// own for a second operation on the same record.
        previous: u64,
    },
    /// Somebody looked at fields that are otherwise masked.
    Seen {
        /// The record's kind.
        kind: String,
        /// The record.
        id: RecordId,
        /// The fields shown in full.
        fields: Vec<String>,
        /// As in [`Op::Put`].
        previous: u64,
    },
    /// Something without a record: a sign-in, an export, the report of an import.
    Note(BTreeMap<String, String>),
}

impl Op {
    /// The record an operation touches: kind, id, and the entry before.
    #[must_use]
    pub fn touches(&self) -> Option<(&str, RecordId, u64)> {
        match self {
            Self::Put { record, previous } => Some((&record.kind, record.id, *previous)),
            Self::Seen { kind, id, previous, .. } => Some((kind, *id, *previous)),
            Self::Note(_) => None,
        }
    }

    /// The record an operation keeps.
    #[must_use]
    pub fn record(&self) -> Option<&Record> {
        match self {
            Self::Put { record, .. } => Some(record),
            Self::Seen { .. } | Self::Note(_) => None,
        }
    }

    /// The same, to be changed.
    pub(in crate::store) fn kept(&mut self) -> Option<&mut Record> {
        match self {
            Self::Put { record, .. } => Some(record),
            Self::Seen { .. } | Self::Note(_) => None,
        }
    }
}

/// One entry of the journal: the unit that is saved whole or not at all.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Place in the journal, from 1, without gaps.
    pub seq: u64,
    /// When.
    pub time: Instant,
    /// Account that did it.
    pub actor: String,
    /// Where that account's session was.
    pub origin: Origin,
    /// Name of the command.
    pub command: String,
    /// What it did.
    pub ops: Vec<Op>,
    /// The reason, where one was asked for.
    pub reason: Option<String>,
}

/// One thing to be done; the store adds the link to the entry before.
#[allow(clippy::large_enum_variant, reason = "nearly every operation keeps a record")]
#[derive(Clone, Debug, PartialEq)]
pub enum NewOp {
    /// Keep this record.
    Put(Record),
    /// Note that these fields were shown in full.
    Seen {
        /// The record's kind.
        kind: String,
        /// The record.
        id: RecordId,
        fields: Vec<String>,
    },
    /// Note something without a record.
    Note(BTreeMap<String, String>),
}

/// An entry before it has its sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEntry {
    /// When.
    pub time: Instant,
    /// Account that does it.
    pub actor: String,
    /// Where its session is.
    pub origin: Origin,
    /// Name of the command.
    pub command: String,
    /// What is to be done.
    pub ops: Vec<NewOp>,
    /// The reason, where one was asked for.
    pub reason: Option<String>,
}
