//! Who vouches for which frame: each signer's last frame of a batch carries a signature that covers
//! all of that signer's frames in it.
//!
//! The signature is over the station's node, the first sequence of the batch and the hash of the
//! frame's header, to which everything before it is chained: it fits nowhere else.

use super::frame::{ENTRIES, FIRST_OF_BATCH, Frame, MORE, UNSIGNED};
use crate::said;
use crate::store::keys::{Plain, Refused, Register, Signature, SignerId};
use crate::words::Said;
use blake3::Hash;
use uuid::Uuid;

/// What a signature is over.
#[must_use]
pub fn message(node: Uuid, first: u64, hash: &Hash) -> Vec<u8> {
    const WHAT: &[u8] = b"yizhan entry v2";
    [WHAT, node.as_bytes(), &first.to_le_bytes(), hash.as_bytes()].concat()
}

/// Why a frame cannot be where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uncovered {
    /// Nobody vouches for a frame of the batch before, from this sequence on.
    Missing(u64),
    /// The signature is not the signer's.
    Wrong,
    /// The register does not allow it.
    Refused(Refused),
}

impl Uncovered {
    /// What is wrong, for a report.
    #[must_use]
    pub fn said(self) -> Said {
        match self {
            Self::Missing(seq) => said!(
                "第 {seq} 条没有签名，不知道是谁写的",
                "nobody signed entry {seq}: who wrote it is not known"
            ),
            Self::Wrong => {
                Said::fixed("签名与写的人不符", "the signature is not that of the one it names")
            }
            Self::Refused(refused) => refused.said(),
        }
    }
}

/// How closely frames are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Whether there are signatures; those on pages of the register are checked.
    Quick,
    /// Every signature.
    Every,
}

/// Follows the batches of a journal, frame by frame.
#[derive(Clone)]
pub struct Cover {
    node: Uuid,
    look: Look,
    /// The first sequence of the batch.
    first: u64,
    /// Signers whose frames of this batch nobody vouches for yet, with the first of each.
    open: Vec<(SignerId, u64)>,
    /// The last frame's submission goes on.
    more: bool,
    /// A page of the register is among the batch.
    pages: bool,
    /// Entries whose signature was lost, which a branch must vouch for.
    unsigned: Vec<(u64, u64)>,
}

impl Cover {
    /// Before the first frame, or after one where everything was covered.
    #[must_use]
    pub fn new(node: Uuid, look: Look) -> Self {
        Self {
            node,
            look,
            first: 1,
            open: Vec::new(),
            more: false,
            pages: false,
            unsigned: Vec::new(),
        }
    }

    /// Goes on in the middle of a batch that began with this sequence.
    pub fn within(&mut self, first: u64) {
        if self.first != first {
            (self.first, self.pages) = (first, false);
        }
    }

    /// Whether everything so far is covered and no submission goes on.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.open.is_empty() && !self.more
    }

    /// The first entry of the batch nobody vouches for yet.
    #[must_use]
    pub fn missing(&self) -> Option<u64> {
        self.open.iter().map(|(_, seq)| *seq).min()
    }

    /// Entries so far whose signature was lost, first and last of each row: a branch after them
    /// must vouch for them.
    #[must_use]
    pub fn unsigned(&self) -> &[(u64, u64)] {
        &self.unsigned
    }

    /// Forgets rows after an entry: what is there counts for nothing.
    pub fn forget_after(&mut self, seq: u64) {
        self.unsigned.retain(|(first, _)| *first <= seq);
    }

    /// Takes in a frame that is chained to the one before, and its page into the register.
    ///
    /// # Errors
    /// Why it cannot be here.
    pub fn frame(
        &mut self,
        frame: &Frame<'_>,
        hash: &Hash,
        register: &mut Register,
    ) -> Result<(), Uncovered> {
        let header = &frame.header;
        if frame.flags & FIRST_OF_BATCH != 0 {
            if let Some(seq) = self.missing() {
                return Err(Uncovered::Missing(seq));
            }
            (self.first, self.pages) = (header.seq, false);
        }
        self.more = frame.flags & MORE != 0;
        if header.kind == ENTRIES {
            register.may_sign(header.signer).map_err(Uncovered::Refused)?;
        } else if !frame.lost() {
            self.pages = true;
            let plain = Plain::read(header.kind, frame.body);
            let plain = plain.ok_or(Uncovered::Refused(Refused::Unreadable))?;
            register.admit(header.seq, header.signer, &plain).map_err(Uncovered::Refused)?;
        }
        match &frame.signature {
            // Nobody vouches for who may vouch.
            _ if frame.flags & UNSIGNED != 0 && self.pages => return Err(Uncovered::Wrong),
            _ if frame.flags & UNSIGNED != 0 => {
                let open = self.open.iter().find(|(signer, _)| *signer == header.signer);
                let from = open.map_or(header.seq, |(_, seq)| *seq);
                self.unsigned.push((from, header.last()));
                self.open.retain(|(signer, _)| *signer != header.signer);
            }
            Some(signature) => self.signed(header.signer, hash, signature, register)?,
            None if self.open.iter().any(|(signer, _)| *signer == header.signer) => {}
            None => self.open.push((header.signer, header.seq)),
        }
        Ok(())
    }

    fn signed(
        &mut self,
        signer: SignerId,
        hash: &Hash,
        signature: &Signature,
        register: &Register,
    ) -> Result<(), Uncovered> {
        self.open.retain(|(open, _)| *open != signer);
        if self.look == Look::Quick && !self.pages {
            return Ok(());
        }
        let known = register.known(signer).ok_or(Uncovered::Refused(Refused::UnknownSigner))?;
        if known.public.signed(&message(self.node, self.first, hash), signature) {
            Ok(())
        } else {
            Err(Uncovered::Wrong)
        }
    }
}
