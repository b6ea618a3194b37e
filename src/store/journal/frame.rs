//! The frames of the journal: pure encoding and decoding, no I/O, no keys.
//!
//! ```text
//! u32 length    of everything after the checksum, little-endian like every number here
//! u32 CRC-32C   over the length and everything after the checksum
//! u8  flags     outside the chain
//! header        version u8, kind u8, epoch u16, signer [8], sequence of the first entry u64,
//!               count u32, hash of the header before [32], hash of the body [32]
//! signature     [64], where the flags say so; it is over the header's hash, so outside the chain
//! body          of kind 0: a block of entries, each sealed on its own (block.rs)
//!               of any other kind: a page in the open (keys/plain.rs)
//! ```
//! The chain is BLAKE3 over headers only: it can be checked without any key. The hash of a block is
//! over the hashes of its entries, so that one can be erased and the chain still holds.

use super::slots;
use crate::store::keys::{Signature, SignerId};
use blake3::Hash;
use thiserror::Error;

/// The frame version written and read.
pub const FRAME_VERSION: u8 = 2;
/// Bytes of length and checksum.
pub const PREFIX: usize = 8;
/// Bytes of a header.
pub const HEADER: usize = 1 + 1 + 2 + 8 + 8 + 4 + 32 + 32;
/// Bytes of a frame before signature and body.
pub const FIXED: usize = PREFIX + 1 + HEADER;
/// Bytes of a signature.
pub const SIGNATURE: usize = 64;
/// The largest body a frame carries.
pub const MAX_BODY: usize = 32 * 1024 * 1024;
/// A block of sealed entries.
pub const ENTRIES: u8 = 0;

/// The content was lost; the header still says what its hash was.
pub const LOST: u8 = 0b0001;
/// Written after everything before it was on the disk: damage before such a frame is damage,
/// not a torn tail.
pub const FIRST_OF_BATCH: u8 = 0b0010;
/// The submission goes on in the next frame; a tail that ends here is cut back to before it.
pub const MORE: u8 = 0b0100;
/// A signature comes after the header. It covers all frames of this signer in the batch.
pub const SIGNED: u8 = 0b1000;
/// The signature was lost; a branch after it vouches for it.
pub const UNSIGNED: u8 = 0b1_0000;
/// Every flag there is.
pub const KNOWN_FLAGS: u8 = LOST | FIRST_OF_BATCH | MORE | SIGNED | UNSIGNED;

/// Why bytes are not a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FrameError {
    /// The bytes end before the frame does.
    #[error("cut short")]
    Short,
    /// No frame can be of this length.
    #[error("impossible length")]
    Length,
    /// The checksum differs.
    #[error("checksum differs")]
    Checksum,
    /// A frame of another version.
    #[error("frame version {0}")]
    Version(u8),
    /// Flags nobody has defined yet.
    #[error("unknown flags {0:#010b}")]
    Flags(u8),
    /// A count or a sequence that no frame has.
    #[error("impossible sequence or count")]
    Count,
    /// The body is not the one the header was written for.
    #[error("body differs from its hash")]
    Body,
}

/// The chained part of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// [`ENTRIES`], or that of a page in the open.
    pub kind: u8,
    /// The epoch whose key entries are sealed under; 0 in the open.
    pub epoch: u16,
    /// Who wrote it.
    pub signer: SignerId,
    /// Sequence of its first entry, from 1, without gaps.
    pub seq: u64,
    /// How many entries it has; 1 in the open.
    pub count: u32,
    /// Hash of the header before.
    pub previous: Hash,
    /// Hash of the body as first written.
    pub body: Hash,
}

impl Header {
    /// Sequence of its last entry.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.seq + u64::from(self.count) - 1
    }

    /// The bytes that are chained.
    #[must_use]
    pub fn bytes(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        let what = [FRAME_VERSION, self.kind];
        let parts = [
            what.as_slice(),
            &self.epoch.to_le_bytes(),
            &self.signer.0,
            &self.seq.to_le_bytes(),
            &self.count.to_le_bytes(),
            self.previous.as_bytes(),
            self.body.as_bytes(),
        ];
        for (to, from) in bytes.iter_mut().zip(parts.into_iter().flatten()) {
            *to = *from;
        }
        bytes
    }

    /// The hash the next header carries.
    #[must_use]
    pub fn hash(&self) -> Hash {
        blake3::hash(&self.bytes())
    }

    /// Reads the bytes of a header.
    ///
    /// # Errors
    /// [`FrameError::Short`], [`FrameError::Version`] or [`FrameError::Count`].
    pub fn read(bytes: &[u8]) -> Result<Self, FrameError> {
        let mut rest = bytes;
        let [version, kind] = take::<2>(&mut rest)?;
        if version != FRAME_VERSION {
            return Err(FrameError::Version(version));
        }
        let header = Self {
            kind,
            epoch: u16::from_le_bytes(take(&mut rest)?),
            signer: SignerId(take(&mut rest)?),
            seq: u64::from_le_bytes(take(&mut rest)?),
            count: u32::from_le_bytes(take(&mut rest)?),
            previous: Hash::from_bytes(take(&mut rest)?),
            body: Hash::from_bytes(take(&mut rest)?),
        };
        let plain = header.kind != ENTRIES;
        let counted = if plain { header.count == 1 } else { header.count > 0 };
        let reached = header.seq.checked_add(u64::from(header.count));
        let epoch = plain == (header.epoch == 0);
        if header.seq > 0 && counted && reached.is_some() && epoch {
            Ok(header)
        } else {
            Err(FrameError::Count)
        }
    }
}

/// One frame, its entries still sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// [`LOST`], [`FIRST_OF_BATCH`], [`MORE`]; that there is a signature says `signature`.
    pub flags: u8,
    /// The chained part.
    pub header: Header,
    /// On the last frame of each signer in a batch.
    pub signature: Option<Signature>,
    /// The block of entries, or the page; empty when lost.
    pub body: &'a [u8],
}

impl Frame<'_> {
    /// Whether the content was lost.
    #[must_use]
    pub fn lost(&self) -> bool {
        self.flags & LOST != 0
    }

    /// Appends the frame's bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let signature = self.signature.as_ref().map_or(&[][..], |signature| signature);
        let size = 1 + HEADER + signature.len() + self.body.len();
        let length = u32::try_from(size).unwrap_or(u32::MAX);
        let signed = if self.signature.is_some() { SIGNED } else { 0 };
        let flags = self.flags & !SIGNED | signed;
        let header = self.header.bytes();
        let flags = [flags];
        let parts = [flags.as_slice(), &header, signature, self.body];
        let crc = parts.iter().fold(crc32c::crc32c(&length.to_le_bytes()), |crc, part| {
            crc32c::crc32c_append(crc, part)
        });
        out.reserve(PREFIX + size);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&crc.to_le_bytes());
        parts.iter().for_each(|part| out.extend_from_slice(part));
    }
}

/// The whole size of a frame, from its first four bytes.
///
/// # Errors
/// [`FrameError::Short`], or [`FrameError::Length`] when no frame has this length.
pub fn size(bytes: &[u8]) -> Result<usize, FrameError> {
    let length = u32::from_le_bytes(take(&mut &*bytes)?) as usize;
    if (1 + HEADER..=1 + HEADER + SIGNATURE + MAX_BODY).contains(&length) {
        Ok(PREFIX + length)
    } else {
        Err(FrameError::Length)
    }
}

/// Reads the frame `bytes` begin with, and how many bytes it took.
///
/// # Errors
/// Any [`FrameError`]: a changed byte anywhere in a frame is one.
pub fn decode(bytes: &[u8]) -> Result<(Frame<'_>, usize), FrameError> {
    let size = size(bytes)?;
    let bytes = bytes.get(..size).ok_or(FrameError::Short)?;
    let (length, rest) = bytes.split_first_chunk::<4>().ok_or(FrameError::Short)?;
    let (crc, rest) = rest.split_first_chunk::<4>().ok_or(FrameError::Short)?;
    if crc32c::crc32c_append(crc32c::crc32c(length), rest) != u32::from_le_bytes(*crc) {
        return Err(FrameError::Checksum);
    }
    let frame = view(bytes)?;
    if frame.is_whole() { Ok((frame, size)) } else { Err(FrameError::Body) }
}

/// Reads a frame that was checked before.
///
/// # Errors
/// As [`decode`], where it was not.
pub fn view(bytes: &[u8]) -> Result<Frame<'_>, FrameError> {
    let mut rest = bytes.get(PREFIX..).ok_or(FrameError::Short)?;
    let [flags] = take::<1>(&mut rest)?;
    if flags & !KNOWN_FLAGS != 0 {
        return Err(FrameError::Flags(flags));
    }
    let (header, mut rest) = rest.split_at_checked(HEADER).ok_or(FrameError::Short)?;
    let header = Header::read(header)?;
    let signed = flags & SIGNED != 0;
    let signature = signed.then(|| take::<SIGNATURE>(&mut rest)).transpose()?;
    Ok(Frame { flags: flags & !SIGNED, header, signature, body: rest })
}

impl Frame<'_> {
    /// Whether the body is the one the header was written for.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        if self.lost() {
            return self.body.is_empty();
        }
        let hash = match self.header.kind {
            ENTRIES => slots::hash(self.body, self.header.count),
            _ => Some(blake3::hash(self.body)),
        };
        hash == Some(self.header.body)
    }
}

/// Takes `N` bytes off the front.
fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], FrameError> {
    let (head, tail) = rest.split_first_chunk::<N>().ok_or(FrameError::Short)?;
    *rest = tail;
    Ok(*head)
}

#[cfg(test)]
mod tests {
    use super::super::block;
    use super::*;
    use proptest::prelude::*;

    const SIGNER: SignerId = SignerId([3; 8]);

    fn header(seq: u64, count: u32, body: &[u8]) -> Header {
        let hash = slots::hash(body, count).unwrap();
        let previous = Hash::from_bytes([7; 32]);
        Header { kind: ENTRIES, epoch: 1, signer: SIGNER, seq, count, previous, body: hash }
    }

    fn encoded(flags: u8, seq: u64, contents: &[Vec<u8>], signature: Option<Signature>) -> Vec<u8> {
        let body = block::of_sealed([5; 24], contents);
        let header = header(seq, u32::try_from(contents.len()).unwrap(), &body);
        let mut out = Vec::new();
        Frame { flags, header, signature, body: &body }.encode(&mut out);
        out
    }

    /// The layout by hand, so that it cannot drift: numbers little-endian, CRC over length and
    /// body; the block's hash over its nonce and the hashes of its entries.
    #[test]
    fn layout() {
        let contents = [b"abc".to_vec(), b"de".to_vec()];
        let bytes = encoded(FIRST_OF_BATCH, 0x0102, &contents, Some([9; 64]));
        assert_eq!((PREFIX, HEADER, FIXED), (8, 88, 97));
        assert_eq!(bytes.len(), 97 + 64 + 24 + 1 + 3 + 1 + 2);
        assert_eq!(bytes[0..4], [184, 0, 0, 0]);
        assert_eq!(bytes[8], FIRST_OF_BATCH | SIGNED);
        assert_eq!(bytes[9..13], [2, 0, 1, 0]);
        assert_eq!(bytes[13..21], [3; 8]);
        assert_eq!(bytes[21..29], [2, 1, 0, 0, 0, 0, 0, 0]);
        assert_eq!(bytes[29..33], [2, 0, 0, 0]);
        assert_eq!(bytes[33..65], [7; 32]);
        let hashes = [blake3::hash(b"abc"), blake3::hash(b"de")].map(|hash| *hash.as_bytes());
        let body = [[5; 24].as_slice(), &hashes[0], &hashes[1]].concat();
        assert_eq!(bytes[65..97], *blake3::hash(&body).as_bytes());
        assert_eq!(bytes[97..161], [9; 64]);
        assert_eq!(bytes[161..185], [5; 24]);
        assert_eq!(bytes[185..], *b"\x06abc\x04de");
        let mut covered = bytes[0..4].to_vec();
        covered.extend_from_slice(&bytes[8..]);
        assert_eq!(bytes[4..8], crc32c::crc32c(&covered).to_le_bytes());
    }

    /// RFC 3720 appendix B.4: CRC-32C of 32 zero bytes.
    #[test]
    fn crc_is_castagnoli() {
        assert_eq!(crc32c::crc32c(&[0; 32]), 0x8a91_36aa);
    }

    #[test]
    fn a_lost_frame_keeps_its_header() {
        let header = header(5, 1, &block::of_sealed([0; 24], &[b"gone".to_vec()]));
        let mut out = Vec::new();
        Frame { flags: LOST, header, signature: None, body: &[] }.encode(&mut out);
        let (frame, _) = decode(&out).unwrap();
        assert!(frame.lost());
        assert_eq!(frame.header.hash(), header.hash());
        let mut forged = Vec::new();
        Frame { flags: 0, header, signature: None, body: &[] }.encode(&mut forged);
        assert_eq!(decode(&forged), Err(FrameError::Body));
    }

    fn contents() -> impl Strategy<Value = Vec<Vec<u8>>> {
        prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..5)
    }

    proptest! {
        #[test]
        fn comes_back(seq in 1u64..1 << 60, more: bool, contents in contents(), signed: bool, after in prop::collection::vec(any::<u8>(), 0..50)) {
            let flags = if more { MORE } else { 0 };
            let signature = signed.then_some([8; 64]);
            let mut bytes = encoded(flags, seq, &contents, signature);
            let size = bytes.len();
            bytes.extend_from_slice(&after);
            let (frame, used) = decode(&bytes).unwrap();
            prop_assert_eq!(used, size);
            prop_assert_eq!((frame.flags, frame.signature), (flags, signature));
            prop_assert_eq!((frame.header.seq, frame.header.last()), (seq, seq + contents.len() as u64 - 1));
            let slots = slots::slots(frame.body, frame.header.count).unwrap();
            let sealed: Vec<Vec<u8>> = slots.map(|slot| slot.sealed.to_vec()).collect();
            prop_assert_eq!(sealed, contents);
        }

        #[test]
        fn any_changed_byte_is_seen(contents in contents(), at: prop::sample::Index, change in 1u8..) {
            let mut bytes = encoded(FIRST_OF_BATCH, 9, &contents, Some([1; 64]));
            let at = at.index(bytes.len());
            bytes[at] ^= change;
            prop_assert!(decode(&bytes).is_err());
        }

        #[test]
        fn any_cut_is_seen(contents in contents(), at: prop::sample::Index) {
            let bytes = encoded(0, 9, &contents, None);
            prop_assert!(decode(&bytes[..at.index(bytes.len())]).is_err());
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = decode(&bytes);
            let _ = view(&bytes);
        }
    }
}
