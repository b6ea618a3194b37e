//! A record as the table has it: its key, and the row under it.

use crate::record::{Record, RecordId};
use crate::store::error::StoreError;
use crate::store::journal::envelope;

/// The key of a record's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key([u8; 18]);

impl Key {
    /// The key of a record of the kind with this code.
    #[must_use]
    pub fn new(code: u16, id: RecordId) -> Self {
        let mut bytes = [0; 18];
        bytes[..2].copy_from_slice(&code.to_be_bytes());
        bytes[2..].copy_from_slice(id.bytes());
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 18] {
        &self.0
    }

    /// A key from its bytes; nothing for what is none.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        <[u8; 18]>::try_from(bytes).ok().map(Self)
    }

    /// The key of another record of this kind.
    #[must_use]
    pub fn beside(&self, id: &[u8; 16]) -> Self {
        let mut bytes = self.0;
        bytes[2..].copy_from_slice(id);
        Self(bytes)
    }

    /// The kind's code.
    #[must_use]
    pub fn code(&self) -> u16 {
        u16::from_be_bytes([self.0[0], self.0[1]])
    }

    /// The record's id.
    #[must_use]
    pub fn id(&self) -> &[u8; 16] {
        self.0.last_chunk().unwrap_or(&[0; 16])
    }
}

/// A record as the table has it, opened and not yet decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which record.
    pub key: Key,
    /// Sequence of the last entry that touched it.
    pub last_seq: u64,
    /// The record's bytes.
    pub plain: Vec<u8>,
}

impl Row {
    /// The record.
    ///
    /// # Errors
    /// [`StoreError::Encoding`].
    pub fn stored(&self) -> Result<Stored, StoreError> {
        Ok(Stored { record: envelope::decode(&self.plain)?, last_seq: self.last_seq })
    }
}

/// A record as it is now.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    pub record: Record,
    /// Sequence of the last entry that touched it.
    pub last_seq: u64,
}

/// What a row is sealed to: its key and the last entry that touched it.
pub fn place(key: &Key, last_seq: u64) -> [u8; 26] {
    let mut place = [0; 26];
    place[..18].copy_from_slice(key.bytes());
    place[18..].copy_from_slice(&last_seq.to_le_bytes());
    place
}
