//! What can still be read of a damaged journal: every whole frame, and the bytes between.

use super::disk;
use super::error::StoreError;
use super::frame::{self, Frame, Header};
use super::segment;
use blake3::Hash;
use std::ops::ControlFlow;
use std::path::Path;

/// One piece of a journal file.
pub enum Piece<'a> {
    /// A frame that is whole in itself.
    Frame(Frame<'a>),
    /// Bytes that are no frame, up to the next one or the file's end.
    Gap(&'a [u8]),
}

/// Gives the pieces of every segment there is, in order. A segment that is missing, or cannot be
/// read, has no pieces.
///
/// # Errors
/// A folder that cannot be read, and what `each` gives.
pub fn pieces(
    dir: &Path,
    mut each: impl FnMut(Piece<'_>) -> Result<ControlFlow<()>, StoreError>,
) -> Result<(), StoreError> {
    for number in segment::list(dir)? {
        // A file the disk cannot read is as good as missing; the report says which entries lack.
        let Ok(bytes) = std::fs::read(segment::path(dir, number)) else { continue };
        let mut rest = bytes.get(head_of(&bytes)..).unwrap_or_default();
        while !rest.is_empty() {
            let piece = match frame::decode(rest) {
                Ok((frame, size)) => {
                    rest = rest.get(size..).unwrap_or_default();
                    Piece::Frame(frame)
                }
                Err(_) => {
                    let (gap, after) = rest.split_at(next_frame(rest));
                    rest = after;
                    Piece::Gap(gap)
                }
            };
            if each(piece)?.is_break() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Bytes before the first frame: those of the head, also of one that is damaged.
fn head_of(bytes: &[u8]) -> usize {
    let head = usize::try_from(segment::HEAD).unwrap_or(0);
    bytes.len().min(head)
}

/// Where the next whole frame begins, or how many bytes there are.
fn next_frame(bytes: &[u8]) -> usize {
    let starts = 1..bytes.len().saturating_sub(frame::FIXED - 1);
    let found = starts.into_iter().find(|&at| {
        let Some(rest) = bytes.get(at..) else { return false };
        // The version of the header is looked at first: a checksum at every byte would take long.
        rest.get(frame::PREFIX + 1) == Some(&frame::FRAME_VERSION) && frame::decode(rest).is_ok()
    });
    found.unwrap_or(bytes.len())
}

/// A frame got back from its damaged bytes, given what the chain says its header's hash must be.
pub enum Mended {
    /// All of it.
    Whole(u8, Header, Vec<u8>),
    /// Its header only: the chain goes on, the content is lost.
    HeaderOnly(Header),
}

/// Gets a single damaged frame back: its bytes begin `gap` and end it, it is entry `seq` after the
/// header with hash `previous`, and the frame behind it says that its own header's hash is
/// `wanted`. Damage outside the content then takes nothing away, damage inside only the content.
pub fn mend(gap: &[u8], seq: u64, previous: Hash, wanted: Hash) -> Option<Mended> {
    if let Some(payload) = gap.get(frame::FIXED..) {
        let header = Header::new(seq, previous, payload);
        if header.hash() == wanted {
            let flags = gap.get(frame::PREFIX).copied().unwrap_or(0) & frame::KNOWN_FLAGS;
            return Some(Mended::Whole(flags & !frame::ERASED, header, payload.to_vec()));
        }
    }
    let header = Header::read(gap.get(frame::PREFIX + 1..frame::FIXED)?).ok()?;
    (header.hash() == wanted && header.seq == seq).then_some(Mended::HeaderOnly(header))
}

/// Keeps what is cut off the journal's end: it is most likely half of a save nobody was told of,
/// but whoever looks into a damaged disk wants to see it. Only the newest few are kept.
pub fn keep_tail(dir: &Path, seq: u64, tail: &[u8]) {
    const KEPT: usize = 5;
    // Opening goes on on a full disk too.
    let _ = disk::write_whole(&dir.join(format!("torn-{seq:012}.bin")), tail);
    let mut kept: Vec<_> = std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.starts_with("torn-") && name.ends_with(".bin")
        })
        .collect();
    kept.sort_unstable();
    for old in kept.iter().rev().skip(KEPT) {
        let _ = std::fs::remove_file(old);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Three chained frames, and where each begins.
    fn three(payloads: [&[u8]; 3]) -> (Vec<u8>, [usize; 4], [Header; 3]) {
        let (mut bytes, mut at, mut headers) = (Vec::new(), [0; 4], Vec::new());
        let mut previous = Hash::from_bytes([9; 32]);
        for (n, payload) in payloads.into_iter().enumerate() {
            let header = Header::new(n as u64 + 1, previous, payload);
            Frame { flags: frame::FIRST_OF_BATCH, header, payload }.encode(&mut bytes);
            at[n + 1] = bytes.len();
            previous = header.hash();
            headers.push(header);
        }
        (bytes, at, headers.try_into().unwrap())
    }

    proptest! {
        #[test]
        fn one_changed_byte_takes_away_at_most_one_content(
            a in prop::collection::vec(any::<u8>(), 1..200),
            b in prop::collection::vec(any::<u8>(), 1..200),
            c in prop::collection::vec(any::<u8>(), 1..200),
            at: prop::sample::Index,
            change in 1u8..,
        ) {
            let (mut bytes, starts, headers) = three([&a, &b, &c]);
            let hit = starts[1] + at.index(starts[2] - starts[1]);
            bytes[hit] ^= change;
            let dir = tempfile::tempdir().unwrap();
            let mut file = segment::head(1).to_vec();
            file.extend_from_slice(&bytes);
            std::fs::write(segment::path(dir.path(), 1), file).unwrap();
            let (mut frames, mut gaps) = (Vec::new(), Vec::new());
            pieces(dir.path(), |piece| {
                match piece {
                    Piece::Frame(frame) => frames.push(frame.header.seq),
                    Piece::Gap(gap) => gaps.push(gap.to_vec()),
                }
                Ok(ControlFlow::Continue(()))
            }).unwrap();
            prop_assert_eq!(frames, [1, 3]);
            prop_assert_eq!(gaps.len(), 1);
            let mended = mend(&gaps[0], 2, headers[0].hash(), headers[1].hash()).unwrap();
            let in_content = hit >= starts[1] + frame::FIXED;
            match mended {
                Mended::Whole(_, header, payload) => {
                    prop_assert!(!in_content);
                    prop_assert_eq!((header, payload), (headers[1], b));
                }
                Mended::HeaderOnly(header) => {
                    prop_assert!(in_content);
                    prop_assert_eq!(header, headers[1]);
                }
            }
        }
    }
}
