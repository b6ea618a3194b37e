//! What is handed in to be saved: entries, pages in the open, and who signs them.

use crate::store::journal::entry::NewEntry;
use crate::store::keys::seal::DataKey;
use crate::store::keys::{Plain, Seed, Signer};

/// Who signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hand {
    /// The station itself: sign-ins, notes of its own, never a record.
    Station,
    /// Whoever proved who they are.
    Person(Signer),
}

impl From<Signer> for Hand {
    fn from(signer: Signer) -> Self {
        Self::Person(signer)
    }
}

impl From<&Signer> for Hand {
    fn from(signer: &Signer) -> Self {
        Self::Person(signer.clone())
    }
}

/// An epoch that begins with a change: its key, and the station's next seed.
pub struct Turn {
    pub(in crate::store) key: DataKey,
    pub(in crate::store) station: Seed,
}

/// What is saved together, whole or not at all. Pages come first.
pub struct Change {
    /// Who signs the entries.
    pub hand: Hand,
    /// Pages in the open, each with who signs it.
    pub pages: Vec<(Signer, Plain)>,
    /// Entries.
    pub drafts: Vec<NewEntry>,
    /// The epoch that begins after the pages.
    pub turn: Option<Turn>,
}

impl Change {
    /// Entries alone.
    #[must_use]
    pub fn entries(hand: impl Into<Hand>, drafts: Vec<NewEntry>) -> Self {
        Self { hand: hand.into(), pages: Vec::new(), drafts, turn: None }
    }
}
