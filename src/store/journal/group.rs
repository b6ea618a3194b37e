//! The frames of one batch: chained, sealed, and signed by whoever wrote them.

use super::cover::message;
use super::frame::{ENTRIES, FIRST_OF_BATCH, Frame, Header, MORE};
use super::{block, slots};
use crate::store::error::StoreError;
use crate::store::keys::{DataKeys, Plain, Signer};
use blake3::Hash;
use std::collections::HashMap;
use uuid::Uuid;

/// One frame on its way into the journal.
pub struct Outgoing<'a> {
    /// Who writes it.
    pub signer: Signer,
    /// Whether its submission goes on in the next frame.
    pub more: bool,
    /// What it says.
    pub what: What<'a>,
}

/// What a frame says.
pub enum What<'a> {
    /// Encoded entries, to be sealed under the key of this epoch.
    Entries(u16, Vec<&'a [u8]>),
    /// A page in the open.
    Page(&'a Plain),
}

impl What<'_> {
    /// How many sequences it takes.
    fn count(&self) -> u32 {
        match self {
            Self::Entries(_, encoded) => u32::try_from(encoded.len()).unwrap_or(u32::MAX),
            Self::Page(_) => 1,
        }
    }
}

/// Encoded entries of one hand that follow one another, until they fill a block.
pub struct Run<'a> {
    /// Who writes them.
    pub signer: Signer,
    /// The epoch they are sealed in.
    pub epoch: u16,
    encoded: Vec<&'a [u8]>,
    bytes: usize,
    /// The submission of the last one goes on.
    more: bool,
}

impl<'a> Run<'a> {
    /// An empty one.
    pub fn new(signer: Signer, epoch: u16) -> Self {
        Self { signer, epoch, encoded: Vec::new(), bytes: 0, more: false }
    }

    /// Takes an entry in; gives the block that is full before it.
    pub fn push(&mut self, encoded: &'a [u8], more: bool) -> Option<Outgoing<'a>> {
        let full = self.encoded.len() >= block::MOST || self.bytes >= block::BYTES;
        let block = if full { self.cut() } else { None };
        self.bytes += encoded.len();
        self.encoded.push(encoded);
        self.more = more;
        block
    }

    /// What there is so far, as a block.
    pub fn cut(&mut self) -> Option<Outgoing<'a>> {
        let encoded = std::mem::take(&mut self.encoded);
        self.bytes = 0;
        (!encoded.is_empty()).then(|| Outgoing {
            signer: self.signer.clone(),
            more: self.more,
            what: What::Entries(self.epoch, encoded),
        })
    }
}

/// Gives the frames of a batch after the header with sequence and hash `after`, in order; the
/// first is marked as the first, each signer's last is signed.
///
/// # Errors
/// What sealing gives, or `each`.
pub fn frames(
    node: Uuid,
    (last, hash): (u64, Hash),
    keys: &DataKeys,
    batch: &[Outgoing<'_>],
    mut each: impl FnMut(&Frame<'_>, &Hash) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let first = last + 1;
    let lasts: HashMap<_, usize> =
        batch.iter().enumerate().map(|(at, one)| (one.signer.id(), at)).collect();
    let (mut seq, mut previous) = (first, hash);
    for (at, one) in batch.iter().enumerate() {
        let signer = one.signer.id();
        let (kind, epoch, body, hashed) = match &one.what {
            What::Entries(epoch, encoded) => {
                let body = block::seal(keys, *epoch, (seq, &previous), encoded)?;
                let hash = slots::hash(&body, one.what.count()).ok_or(StoreError::Closed)?;
                (ENTRIES, *epoch, body, hash)
            }
            What::Page(plain) => {
                let body = plain.bytes()?;
                let hash = blake3::hash(&body);
                (plain.kind(), 0, body, hash)
            }
        };
        let count = one.what.count();
        let header = Header { kind, epoch, signer, seq, count, previous, body: hashed };
        let hash = header.hash();
        let signs = lasts.get(&signer) == Some(&at);
        let signature = signs.then(|| one.signer.sign(&message(node, first, &hash)));
        let begins = if at == 0 { FIRST_OF_BATCH } else { 0 };
        let flags = begins | if one.more { MORE } else { 0 };
        each(&Frame { flags, header, signature, body: &body }, &hash)?;
        (seq, previous) = (header.last() + 1, hash);
    }
    Ok(())
}
