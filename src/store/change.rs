//! What is handed in to be saved: entries, pages in the open, and who signs them.

use super::entry::Draft;
use super::keys::{Plain, Seed, Signer};
use super::seal::DataKey;

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
    pub(super) key: DataKey,
    pub(super) station: Seed,
}

/// What is saved together, whole or not at all. Pages come first.
pub struct Change {
    /// Who signs the entries.
    pub hand: Hand,
    /// Pages in the open, each with who signs it.
    pub pages: Vec<(Signer, Plain)>,
    /// Entries.
    pub drafts: Vec<Draft>,
    /// The epoch that begins behind the pages.
    pub turn: Option<Turn>,
}

impl Change {
    /// Entries alone.
    #[must_use]
    pub fn entries(hand: impl Into<Hand>, drafts: Vec<Draft>) -> Self {
        Self { hand: hand.into(), pages: Vec::new(), drafts, turn: None }
    }
}
