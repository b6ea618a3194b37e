//! The journal: what an entry says, how it becomes bytes, and the files it is in.
//!
//! ```text
//! entry.rs encoded.rs compact.rs   an entry and a record, and their bytes
//! frame.rs block.rs group.rs       entries sealed and chained: a frame, what is in it, a batch
//! cover.rs                         who vouches for which frame
//! segment.rs                       one file of frames
//! appending.rs reader.rs           the writing side and the reading side
//! salvage.rs                       what can still be read of a damaged journal
//! ```
//!
//! Knows keys, and the folder it is given. Knows no table, no backup and no station beyond its node:
//! whoever needs those reads the journal, and the journal asks nobody.

pub(super) mod appending;
pub(super) mod block;
pub(super) mod compact;
pub(super) mod cover;
pub(super) mod encoded;
pub(super) mod entry;
pub(super) mod frame;
pub(super) mod group;
pub(super) mod reader;
pub(super) mod salvage;
pub(super) mod segment;
