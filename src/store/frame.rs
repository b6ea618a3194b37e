//! The frames of the journal: pure encoding and decoding, no I/O, no keys.
//!
//! ```text
//! u32 length   of everything after the checksum, little-endian like every number here
//! u32 CRC-32C  over the length and everything after the checksum
//! u8  flags    outside the chain, so that a payload can one day be erased
//! header       version u8, sequence u64, hash of the header before [32], hash of the payload [32]
//! payload      nonce and sealed entry; empty in an erased frame
//! ```
//! The chain is BLAKE3 over headers only: it can be checked without any key.

use blake3::Hash;
use thiserror::Error;

/// The frame version written and read.
pub const FRAME_VERSION: u8 = 1;
/// Bytes of length and checksum.
pub const PREFIX: usize = 8;
/// Bytes of a header.
pub const HEADER: usize = 1 + 8 + 32 + 32;
/// Bytes of a frame before its payload.
pub const FIXED: usize = PREFIX + 1 + HEADER;
/// The largest payload a frame carries.
pub const MAX_PAYLOAD: usize = 32 * 1024 * 1024;

/// The payload was taken out; the header still says what its hash was.
pub const ERASED: u8 = 0b001;
/// Written after everything before it was on the disk: damage before such a frame is damage,
/// not a torn tail.
pub const FIRST_OF_BATCH: u8 = 0b010;
/// The submission goes on in the next frame; a tail that ends here is cut back to before it.
pub const MORE: u8 = 0b100;
/// Every flag there is.
pub const KNOWN_FLAGS: u8 = ERASED | FIRST_OF_BATCH | MORE;

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
    /// The payload is not the one the header was written for.
    #[error("payload differs from its hash")]
    Payload,
}

/// The chained part of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Sequence of the entry, from 1, without gaps.
    pub seq: u64,
    /// Hash of the header before.
    pub previous: Hash,
    /// Hash of the payload as first written.
    pub payload: Hash,
}

impl Header {
    /// The header of `payload` as entry `seq` after the header with hash `previous`.
    #[must_use]
    pub fn new(seq: u64, previous: Hash, payload: &[u8]) -> Self {
        Self { seq, previous, payload: blake3::hash(payload) }
    }

    /// The bytes that are chained.
    #[must_use]
    pub fn bytes(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        let parts = [
            [FRAME_VERSION].as_slice(),
            &self.seq.to_le_bytes(),
            self.previous.as_bytes(),
            self.payload.as_bytes(),
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
    /// [`FrameError::Short`] or [`FrameError::Version`].
    pub fn read(bytes: &[u8]) -> Result<Self, FrameError> {
        let mut rest = bytes;
        let [version] = take::<1>(&mut rest)?;
        if version != FRAME_VERSION {
            return Err(FrameError::Version(version));
        }
        Ok(Self {
            seq: u64::from_le_bytes(take(&mut rest)?),
            previous: Hash::from_bytes(take(&mut rest)?),
            payload: Hash::from_bytes(take(&mut rest)?),
        })
    }
}

/// One frame, its payload still sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// [`ERASED`], [`FIRST_OF_BATCH`], [`MORE`].
    pub flags: u8,
    /// The chained part.
    pub header: Header,
    /// Nonce and sealed entry; empty when erased.
    pub payload: &'a [u8],
}

impl Frame<'_> {
    /// Whether the payload was taken out.
    #[must_use]
    pub fn erased(&self) -> bool {
        self.flags & ERASED != 0
    }

    /// Appends the frame's bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let length = u32::try_from(1 + HEADER + self.payload.len()).unwrap_or(u32::MAX);
        let header = self.header.bytes();
        let mut crc = crc32c::crc32c(&length.to_le_bytes());
        for part in [[self.flags].as_slice(), &header, self.payload] {
            crc = crc32c::crc32c_append(crc, part);
        }
        out.reserve(FIXED + self.payload.len());
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&crc.to_le_bytes());
        out.push(self.flags);
        out.extend_from_slice(&header);
        out.extend_from_slice(self.payload);
    }
}

/// The whole size of a frame, from its first four bytes.
///
/// # Errors
/// [`FrameError::Short`], or [`FrameError::Length`] when no frame has this length.
pub fn size(bytes: &[u8]) -> Result<usize, FrameError> {
    let length = u32::from_le_bytes(take(&mut &*bytes)?) as usize;
    if (1 + HEADER..=1 + HEADER + MAX_PAYLOAD).contains(&length) {
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
    let mut rest = bytes.get(..size).ok_or(FrameError::Short)?;
    let length: [u8; 4] = take(&mut rest)?;
    let crc = u32::from_le_bytes(take(&mut rest)?);
    if crc32c::crc32c_append(crc32c::crc32c(&length), rest) != crc {
        return Err(FrameError::Checksum);
    }
    let [flags] = take::<1>(&mut rest)?;
    if flags & !KNOWN_FLAGS != 0 {
        return Err(FrameError::Flags(flags));
    }
    let (header, payload) = rest.split_at_checked(HEADER).ok_or(FrameError::Short)?;
    let frame = Frame { flags, header: Header::read(header)?, payload };
    let whole = if frame.erased() {
        payload.is_empty()
    } else {
        blake3::hash(payload) == frame.header.payload
    };
    if whole { Ok((frame, size)) } else { Err(FrameError::Payload) }
}

/// Takes `N` bytes off the front.
fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], FrameError> {
    let (head, tail) = rest.split_first_chunk::<N>().ok_or(FrameError::Short)?;
    *rest = tail;
    Ok(*head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(flags: u8, seq: u64, payload: &[u8]) -> Vec<u8> {
        let header = Header::new(seq, Hash::from_bytes([7; 32]), payload);
        let mut out = Vec::new();
        Frame { flags, header, payload }.encode(&mut out);
        out
    }

    /// The layout by hand, so that it cannot drift: numbers little-endian, CRC over length and body.
    #[test]
    fn layout() {
        let bytes = encoded(FIRST_OF_BATCH, 0x0102, b"abc");
        assert_eq!(bytes.len(), 82 + 3);
        assert_eq!(bytes[0..4], [74 + 3, 0, 0, 0]);
        assert_eq!(bytes[8], 2);
        assert_eq!(bytes[9], 1);
        assert_eq!(bytes[10..18], [2, 1, 0, 0, 0, 0, 0, 0]);
        assert_eq!(bytes[18..50], [7; 32]);
        assert_eq!(bytes[50..82], *blake3::hash(b"abc").as_bytes());
        assert_eq!(bytes[82..], *b"abc");
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
    fn an_erased_frame_keeps_its_header() {
        let header = Header::new(5, Hash::from_bytes([1; 32]), b"gone");
        let mut out = Vec::new();
        Frame { flags: ERASED, header, payload: &[] }.encode(&mut out);
        let (frame, _) = decode(&out).unwrap();
        assert!(frame.erased());
        assert_eq!(frame.header.hash(), header.hash());
        let mut forged = Vec::new();
        Frame { flags: 0, header, payload: &[] }.encode(&mut forged);
        assert_eq!(decode(&forged), Err(FrameError::Payload));
    }

    proptest! {
        #[test]
        fn comes_back(seq in 1u64.., more: bool, payload in prop::collection::vec(any::<u8>(), 0..2000), after in prop::collection::vec(any::<u8>(), 0..50)) {
            let flags = if more { MORE } else { 0 };
            let mut bytes = encoded(flags, seq, &payload);
            let size = bytes.len();
            bytes.extend_from_slice(&after);
            let (frame, used) = decode(&bytes).unwrap();
            prop_assert_eq!(used, size);
            prop_assert_eq!(frame.flags, flags);
            prop_assert_eq!(frame.header.seq, seq);
            prop_assert_eq!(frame.payload, &payload[..]);
        }

        #[test]
        fn any_changed_byte_is_seen(payload in prop::collection::vec(any::<u8>(), 0..300), at: prop::sample::Index, change in 1u8..) {
            let mut bytes = encoded(FIRST_OF_BATCH, 9, &payload);
            let at = at.index(bytes.len());
            bytes[at] ^= change;
            prop_assert!(decode(&bytes).is_err());
        }

        #[test]
        fn any_cut_is_seen(payload in prop::collection::vec(any::<u8>(), 0..300), at: prop::sample::Index) {
            let bytes = encoded(0, 9, &payload);
            prop_assert!(decode(&bytes[..at.index(bytes.len())]).is_err());
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = decode(&bytes);
        }
    }
}
