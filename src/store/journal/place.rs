//! Where frames are in the journal, and where it ends.

use super::frame::Header;
use super::segment;
use blake3::Hash;

/// A frame known to have been saved, and where it begins: opening starts there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Number of the segment.
    pub segment: u32,
    /// Where in it the frame begins.
    pub offset: u64,
    /// The frame's sequence; 0 for none yet.
    pub seq: u64,
    /// Hash of its header.
    pub hash: Hash,
}

/// One place in this many entries is remembered; the way from it is walked.
const SPARSE: u64 = 64;

/// Where the journal ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Sequence of the last entry; 0 for none.
    pub seq: u64,
    /// Sequence of the first entry of its frame.
    pub first: u64,
    /// Hash of its header; before the first entry the station's own.
    pub hash: Hash,
    /// The segment its frame is in, and where it begins.
    pub last: (u32, u64),
    /// The segment being written.
    pub segment: u32,
    /// Where in it the next frame goes.
    pub offset: u64,
}

impl End {
    /// Before the first entry.
    pub fn start(genesis: Hash) -> Self {
        let offset = segment::HEAD;
        Self { seq: 0, first: 0, hash: genesis, last: (1, offset), segment: 1, offset }
    }
}

/// Where a frame is, and the entries in it.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Sequence of its first entry.
    pub first: u64,
    /// And of its last.
    pub last: u64,
    pub segment: u32,
    /// Where in it the frame begins.
    pub offset: u64,
}

impl Place {
    /// The place of a frame.
    pub fn of(header: &Header, (segment, offset): (u32, u64)) -> Self {
        Self { first: header.seq, last: header.last(), segment, offset }
    }

    /// Whether it is one of those kept: with each 64th entry, and a segment's first.
    pub(super) fn is_kept(&self) -> bool {
        self.first.div_ceil(SPARSE) * SPARSE <= self.last || self.offset == segment::HEAD
    }
}
