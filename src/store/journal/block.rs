//! A block of entries: the body of a frame. Each entry is sealed on its own, so that one can be
//! erased from its middle.
//!
//! ```text
//! nonce   [24] of the block; entry n of it is sealed with n added to the last eight bytes
//! entries for each: a number (compact.rs), twice the length, one more where the entry was erased
//!           sealed entry and tag; or, erased: the hash of what was here [32], then the rest, sealed
//!           anew with a nonce and an epoch of its own
//! ```

use super::entry::Entry;
use super::frame::{Frame, Header};
use super::slots::{self, HASH, Slot, next, push, slots};
use super::{compact, envelope};
use crate::said;
use crate::store::error::StoreError;
use crate::store::keys::DataKeys;
use crate::store::keys::seal::{NONCE, OVERHEAD, Purpose, TAG, Within};
use crate::store::random::random;
use blake3::Hash;

/// A block takes at most this many entries, and no more once it has so many bytes.
pub const MOST: usize = 1024;
/// See [`MOST`].
pub const BYTES: usize = 128 * 1024;

/// Seals an entry for its place right into a block.
fn push_sealed(
    body: &mut Vec<u8>,
    within: &Within,
    nonce: &[u8; NONCE],
    (place, plain): (&[u8], &[u8]),
) -> Result<(), StoreError> {
    compact::put_number(body, ((plain.len() + TAG) as u64) << 1);
    within.seal_onto(body, nonce, place, plain)
}

/// A block of entries that are sealed already.
#[cfg(test)]
pub fn of_sealed(nonce: [u8; NONCE], sealed: &[Vec<u8>]) -> Vec<u8> {
    let mut body = nonce.to_vec();
    sealed.iter().for_each(|sealed| push(&mut body, &Slot { sealed, was: None }));
    body
}

/// The nonce of an entry of a block.
fn nonce(of_block: &[u8; NONCE], at: u32) -> [u8; NONCE] {
    let mut nonce = *of_block;
    if let Some(tail) = nonce.last_chunk_mut::<8>() {
        *tail = u64::from_le_bytes(*tail).wrapping_add(u64::from(at)).to_le_bytes();
    }
    nonce
}

/// Seals encoded entries into a block for their place after the header with hash `previous`.
///
/// # Errors
/// [`StoreError::Random`], [`StoreError::Seal`].
pub fn seal(
    keys: &DataKeys,
    epoch: u16,
    (first, previous): (u64, &Hash),
    encoded: &[&[u8]],
) -> Result<Vec<u8>, StoreError> {
    let of_block = random()?;
    let seal = keys.seal_of(epoch, Purpose::Journal).ok_or_else(|| unopened(first))?;
    let within = seal.within(&of_block)?;
    let room: usize = encoded.iter().map(|plain| plain.len() + OVERHEAD).sum();
    let mut body = Vec::with_capacity(NONCE + room);
    body.extend_from_slice(&of_block);
    for (at, plain) in (0u32..).zip(encoded) {
        let place = slots::place(first + u64::from(at), previous);
        push_sealed(&mut body, &within, &nonce(&of_block, at), (&place, plain))?;
    }
    Ok(body)
}

/// What a block says in plain: for each entry its bytes, and whether it is the rest of an erased one.
pub struct Opened {
    /// The encoded entry; nothing where nothing is left of it.
    pub plain: Vec<u8>,
    /// It was erased; its slot as it is in the block, to be kept as it is.
    pub erased: Option<([u8; HASH], Vec<u8>)>,
}

impl Opened {
    /// Appends it as a backup keeps it: length, then the entry in plain, or an erased one as it is.
    pub fn write(&self, out: &mut Vec<u8>) {
        match &self.erased {
            Some((was, sealed)) => push(out, &Slot { sealed, was: Some(*was) }),
            None => push(out, &Slot { sealed: &self.plain, was: None }),
        }
    }

    /// Takes off what [`Self::write`] wrote.
    pub fn read(rest: &mut &[u8]) -> Option<Self> {
        let Slot { sealed, was } = next(rest)?;
        let bytes = sealed.to_vec();
        Some(match was {
            Some(was) => Self { plain: Vec::new(), erased: Some((was, bytes)) },
            None => Self { plain: bytes, erased: None },
        })
    }
}

/// Opens the entries of a frame, from sequence `from` on.
///
/// # Errors
/// [`StoreError::Seal`] naming the entry that does not open.
pub fn open<'a>(
    keys: &'a DataKeys,
    frame: &Frame<'a>,
    from: u64,
) -> Result<impl Iterator<Item = Result<(u64, Opened), StoreError>> + 'a, StoreError> {
    let Header { seq: first, count, previous, epoch, .. } = frame.header;
    let slots = slots(frame.body, count).ok_or_else(|| unopened(first))?;
    let seal = keys.seal_of(epoch, Purpose::Journal).ok_or_else(|| unopened(first))?;
    let of_block = frame.body.first_chunk::<NONCE>().copied().unwrap_or_default();
    let within = seal.within(&of_block)?;
    let open = move |(at, slot): (u32, Slot<'a>)| {
        let seq = first + u64::from(at);
        let place = slots::place(seq, &previous);
        let erased = slot.was.map(|was| (was, slot.sealed.to_vec()));
        let plain = match slot.was {
            None => within.open(&nonce(&of_block, at), &place, slot.sealed),
            Some(_) if slot.sealed.is_empty() => Some(Vec::new()),
            Some(_) => keys.open(Purpose::Journal, &place, slot.sealed),
        };
        plain.map(|plain| (seq, Opened { plain, erased })).ok_or_else(|| unopened(seq))
    };
    let skipped = from.saturating_sub(first);
    Ok((0u32..).zip(slots).skip(usize::try_from(skipped).unwrap_or(usize::MAX)).map(open))
}

/// Decodes an entry that was opened; nothing where nothing is left of it.
///
/// # Errors
/// [`StoreError::Encoding`] for what is no entry.
pub fn decode(seq: u64, opened: &Opened) -> Result<Option<Entry>, StoreError> {
    if opened.plain.is_empty() {
        return Ok(None);
    }
    let entry: Entry = envelope::decode(&opened.plain)?;
    // It opened in its place, so it is the entry of this sequence.
    Ok(Some(Entry { seq, ..entry }))
}

/// The content of an entry does not open.
pub fn unopened(seq: u64) -> StoreError {
    StoreError::Seal(said!("第 {seq} 条", "entry {seq}"))
}

/// The block again from what it said in plain: the very bytes it had.
///
/// # Errors
/// As [`seal`].
pub fn seal_again(
    keys: &DataKeys,
    header: &Header,
    of_block: [u8; NONCE],
    entries: &[Opened],
) -> Result<Vec<u8>, StoreError> {
    let seal = keys.seal_of(header.epoch, Purpose::Journal).ok_or_else(|| unopened(header.seq))?;
    let within = seal.within(&of_block)?;
    let mut body = of_block.to_vec();
    for (at, opened) in (0u32..).zip(entries) {
        if let Some((was, sealed)) = &opened.erased {
            push(&mut body, &Slot { sealed, was: Some(*was) });
            continue;
        }
        let place = slots::place(header.seq + u64::from(at), &header.previous);
        push_sealed(&mut body, &within, &nonce(&of_block, at), (&place, &opened.plain))?;
    }
    Ok(body)
}

/// The sealed rest of an entry that is being erased, for its place.
///
/// # Errors
/// As [`seal`].
pub fn seal_rest(
    keys: &DataKeys,
    (seq, previous): (u64, &Hash),
    rest: &[u8],
) -> Result<Vec<u8>, StoreError> {
    keys.seal(Purpose::Journal, &slots::place(seq, previous), rest)
}

/// A block in which some entries are replaced by their sealed rests, by sequence.
pub fn without(
    header: &Header,
    body: &[u8],
    rests: &std::collections::BTreeMap<u64, Vec<u8>>,
) -> Option<Vec<u8>> {
    let mut out = body.get(..NONCE)?.to_vec();
    for (seq, slot) in (header.seq..).zip(slots(body, header.count)?) {
        match rests.get(&seq) {
            // One that was erased before keeps the hash the header knows it by.
            Some(sealed) => push(&mut out, &Slot { sealed, was: Some(slot.hash()) }),
            None => push(&mut out, &slot),
        }
    }
    Some(out)
}
