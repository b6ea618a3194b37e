//! The journal: what an entry says, how it becomes bytes, and the files it is in.
//!
//! ```text
//! entry.rs                   what an entry says
//! envelope.rs encoded.rs     an entry and a record as bytes, in the short forms of compact.rs
//! slots.rs block.rs rests.rs entries sealed, many together; what remains of one that was erased
//! frame.rs group.rs cover.rs a block or a page in the chain; a batch; who vouches for which frame
//! segment.rs place.rs        one file of frames; where a frame is
//! scan.rs                    everything looked at before the journal is opened
//! appending.rs reader.rs     the writing side and the reading side
//! frame_writer.rs            a journal written anew from frames that are chained already
//! salvage.rs                 what can still be read of a damaged one
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
pub(super) mod envelope;
pub(super) mod frame;
pub(super) mod frame_writer;
pub(super) mod group;
pub(super) mod place;
pub(super) mod reader;
pub(super) mod rests;
pub(super) mod salvage;
pub(super) mod scan;
pub(super) mod segment;
pub(super) mod slots;
