//! The entries of a block as they are stored, and the hash of them all.

use super::compact;
use crate::store::keys::seal::NONCE;
use blake3::Hash;

/// The bytes an entry's payload is sealed for: its sequence and the chain before it.
pub(super) fn place(seq: u64, previous: &Hash) -> [u8; 40] {
    let mut place = [0; 40];
    let parts = seq.to_le_bytes();
    for (to, from) in place.iter_mut().zip(parts.iter().chain(previous.as_bytes())) {
        *to = *from;
    }
    place
}

/// Bytes of a hash before the rest of an erased entry.
pub(super) const HASH: usize = 32;

/// One entry of a block as it is stored.
#[derive(Clone, Copy)]
pub struct Slot<'a> {
    /// The sealed entry, or the sealed rest of one that was erased.
    pub sealed: &'a [u8],
    /// The hash of what was here before it was erased.
    pub was: Option<[u8; HASH]>,
}

impl Slot<'_> {
    /// The hash the header knows this entry by.
    pub(super) fn hash(&self) -> [u8; HASH] {
        self.was.unwrap_or_else(|| *blake3::hash(self.sealed).as_bytes())
    }
}

/// The entries of a block; nothing when the bytes are not a block of this many.
pub fn slots(body: &[u8], count: u32) -> Option<impl Iterator<Item = Slot<'_>>> {
    let mut check = body.get(NONCE..)?;
    for _ in 0..count {
        next(&mut check)?;
    }
    let mut rest = body.get(NONCE..)?;
    check.is_empty().then(|| (0..count).filter_map(move |_| next(&mut rest)))
}

pub(super) fn next<'a>(rest: &mut &'a [u8]) -> Option<Slot<'a>> {
    let (word, after) = compact::number(rest)?;
    let (bytes, after) = after.split_at_checked(usize::try_from(word >> 1).ok()?)?;
    *rest = after;
    if word & 1 == 0 {
        return Some(Slot { sealed: bytes, was: None });
    }
    let (was, sealed) = bytes.split_first_chunk::<HASH>()?;
    Some(Slot { sealed, was: Some(*was) })
}

/// The hash of a block, which its header carries; nothing when the bytes are none.
#[must_use]
pub fn hash(body: &[u8], count: u32) -> Option<Hash> {
    let slots = slots(body, count)?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(body.get(..NONCE)?);
    slots.for_each(|slot| {
        hasher.update(&slot.hash());
    });
    Some(hasher.finalize())
}

pub(super) fn push(body: &mut Vec<u8>, slot: &Slot<'_>) {
    let erased = slot.was.as_ref();
    let length = slot.sealed.len() + erased.map_or(0, |_| HASH);
    compact::put_number(body, (length as u64) << 1 | u64::from(erased.is_some()));
    body.extend_from_slice(erased.map_or(&[][..], |was| was));
    body.extend_from_slice(slot.sealed);
}
