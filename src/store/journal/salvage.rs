//! What can still be read of a damaged journal: every whole frame, and the bytes between.

use super::frame::{self, ENTRIES, Frame, Header, SIGNATURE};
use super::{block, segment, slots};
use crate::record::Instant;
use crate::store::error::StoreError;
use crate::store::files::disk;
use crate::store::keys::{DataKeys, Signature, SignerId};
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

/// A frame of its own, apart from the bytes it was read from.
#[derive(Clone)]
pub struct Owned {
    /// As in [`Frame`].
    pub flags: u8,
    /// The chained part.
    pub header: Header,
    pub signature: Option<Signature>,
    pub body: Vec<u8>,
}

impl Owned {
    /// A copy of a frame.
    pub fn of(frame: &Frame<'_>) -> Self {
        let Frame { flags, header, signature, body } = frame;
        Self { flags: *flags, header: *header, signature: *signature, body: body.to_vec() }
    }

    /// The frame.
    pub fn frame(&self) -> Frame<'_> {
        let Self { flags, header, signature, body } = self;
        Frame { flags: *flags, header: *header, signature: *signature, body }
    }
}

/// A frame got back from its damaged bytes, given what the chain says its header's hash must be.
pub enum Mended {
    /// All of it; where it carries a signature, that may be what was damaged.
    Whole(Owned),
    /// Its header only: the chain goes on, the content is lost.
    HeaderOnly(Owned),
}

/// What is known of a single damaged frame.
pub struct Wanted<'a> {
    /// Its first sequence.
    pub seq: u64,
    /// The hash of the header before it.
    pub previous: Hash,
    /// The hash of its own header, from the frame after it.
    pub hash: Hash,
    /// The last sequence it can have.
    pub last: u64,
    /// Who may have signed it.
    pub signers: &'a [SignerId],
    /// The newest epoch.
    pub epoch: u16,
    /// What it may say, where it is a page in the open.
    pub pages: &'a [Vec<u8>],
}

/// Gets a single damaged frame back: its bytes begin `gap` and end it. Damage outside the content
/// then takes nothing away, damage inside only the content.
pub fn mend(gap: &[u8], wanted: &Wanted<'_>) -> Option<Mended> {
    let flags = gap.get(frame::PREFIX).copied()? & frame::KNOWN_FLAGS & !frame::LOST;
    let behind = gap.get(frame::FIXED..)?;
    let signed = behind.split_first_chunk::<SIGNATURE>();
    // What the flags say first; they may be what was damaged.
    let mut forms =
        [signed.map(|(signature, body)| (Some(*signature), body)), Some((None, behind))];
    if flags & frame::SIGNED == 0 {
        forms.reverse();
    }
    for (signature, body) in forms.into_iter().flatten() {
        if let Some(header) = headers(gap, body, wanted).find(|header| header.hash() == wanted.hash)
        {
            let flags = flags & !frame::SIGNED;
            return Some(Mended::Whole(Owned { flags, header, signature, body: body.to_vec() }));
        }
    }
    let header = Header::read(gap.get(frame::PREFIX + 1..frame::FIXED)?).ok()?;
    if header.hash() != wanted.hash || header.seq != wanted.seq {
        return None;
    }
    let signature = signed.filter(|_| flags & frame::SIGNED != 0).map(|(signature, _)| *signature);
    let flags = flags & !frame::SIGNED;
    // What a page said is known elsewhere, and its hash tells that it is that.
    let page = wanted.pages.iter().find(|page| blake3::hash(page) == header.body);
    if let Some(page) = page.filter(|_| header.kind != ENTRIES) {
        return Some(Mended::Whole(Owned { flags, header, signature, body: page.clone() }));
    }
    let flags = flags | frame::LOST;
    Some(Mended::HeaderOnly(Owned { flags, header, signature, body: Vec::new() }))
}

/// The headers a damaged frame with this body may have had: as it stands, and with one of the
/// fields that cannot be known replaced by each value it can have.
fn headers<'a>(
    gap: &[u8],
    body: &'a [u8],
    wanted: &Wanted<'a>,
) -> impl Iterator<Item = Header> + 'a {
    let mut fixed = [0; frame::HEADER];
    let there = gap.get(frame::PREFIX + 1..frame::FIXED).unwrap_or_default();
    for (to, from) in fixed.iter_mut().zip(there) {
        *to = *from;
    }
    let [_, kind, e0, e1, s @ ..] = fixed;
    let signer = SignerId(s.first_chunk::<8>().copied().unwrap_or_default());
    let (epoch, kinds) = (u16::from_le_bytes([e0, e1]), [kind, 0, 1, 2, 3, 4]);
    let Wanted { seq, previous, last, signers, epoch: newest, .. } = *wanted;
    let count = u32::try_from(last.saturating_sub(seq) + 1).unwrap_or(u32::MAX);
    let ways = kinds
        .map(|kind| (kind, epoch, signer))
        .into_iter()
        .chain((0..=newest).map(move |epoch| (kind, epoch, signer)))
        .chain(signers.iter().map(move |signer| (kind, epoch, *signer)));
    ways.filter_map(move |(kind, epoch, signer)| {
        let hash = match kind {
            ENTRIES => slots::hash(body, count)?,
            _ => blake3::hash(body),
        };
        Some(Header { kind, epoch, signer, seq, count, previous, body: hash })
    })
}

/// When an entry of a frame was saved.
pub fn time_of(keys: &DataKeys, frame: &Frame<'_>, seq: u64) -> Option<Instant> {
    if frame.header.kind != ENTRIES || frame.lost() {
        return None;
    }
    let (seq, opened) = block::open(keys, frame, seq).ok()?.next()?.ok()?;
    block::decode(seq, &opened).ok().flatten().map(|entry| entry.time)
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

    const SIGNER: SignerId = SignerId([4; 8]);

    /// Three chained frames, signed in turn, and where each begins.
    fn three(contents: [&[Vec<u8>]; 3]) -> (Vec<u8>, [usize; 4], [Header; 3]) {
        let (mut bytes, mut at, mut headers) = (Vec::new(), [0; 4], Vec::new());
        let (mut seq, mut previous) = (1, Hash::from_bytes([9; 32]));
        for (n, contents) in contents.into_iter().enumerate() {
            let body = block::of_sealed([7; 24], contents);
            let count = u32::try_from(contents.len()).unwrap();
            let hash = slots::hash(&body, count).unwrap();
            let (kind, epoch, signer) = (ENTRIES, 1, SIGNER);
            let header = Header { kind, epoch, signer, seq, count, previous, body: hash };
            let signature = (n % 2 == 1).then_some([5; 64]);
            let flags = frame::FIRST_OF_BATCH;
            Frame { flags, header, signature, body: &body }.encode(&mut bytes);
            at[n + 1] = bytes.len();
            (seq, previous) = (header.last() + 1, header.hash());
            headers.push(header);
        }
        (bytes, at, headers.try_into().unwrap())
    }

    fn contents() -> impl Strategy<Value = Vec<Vec<u8>>> {
        prop::collection::vec(prop::collection::vec(any::<u8>(), 1..100), 1..4)
    }

    proptest! {
        #[test]
        fn one_changed_byte_takes_away_at_most_one_content(
            a in contents(),
            b in contents(),
            c in contents(),
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
            prop_assert_eq!(frames, [headers[0].seq, headers[2].seq]);
            prop_assert_eq!(gaps.len(), 1);
            let wanted = Wanted {
                seq: headers[1].seq,
                previous: headers[0].hash(),
                hash: headers[1].hash(),
                last: headers[1].last(),
                signers: &[SignerId([1; 8]), SIGNER],
                epoch: 3,
                pages: &[],
            };
            let mended = mend(&gaps[0], &wanted).unwrap();
            let in_content = hit >= starts[1] + frame::FIXED + SIGNATURE;
            match mended {
                Mended::Whole(Owned { header, body, .. }) => {
                    prop_assert!(!in_content);
                    prop_assert_eq!((header, body), (headers[1], block::of_sealed([7; 24], &b)));
                }
                Mended::HeaderOnly(Owned { header, signature, .. }) => {
                    prop_assert!(in_content);
                    prop_assert_eq!((header, signature), (headers[1], Some([5; 64])));
                }
            }
        }
    }
}
