//! What is known and kept of the journal outside it: backups, the archive, heads.
//!
//! `backup.rs` writes the whole journal into one sealed file and reads it again, `backups.rs` makes
//! one a day and knows which there are, `archive.rs` copies old segments to the second place, and
//! `heads.rs` keeps what was once the end of the chain.
//!
//! Reads an open [`Store`](super::Store) and its journal. Puts nothing back: that is for the room
//! `recovery`.

pub(super) mod archive;
pub(super) mod backup;
pub(super) mod backups;
pub(super) mod heads;
