//! The way of a save: what is handed in, the queue it waits in, the thread that writes it.
//!
//! `change.rs` is what is handed in, `ticket.rs` the promise its hander-in holds, `queue.rs` what
//! waits and `writer.rs` the one thread that writes.
//!
//! Knows journal and table, and that whatever is in the journal must come into the table before a
//! ticket resolves. Knows nothing of opening and of backups.

pub(super) mod change;
pub(super) mod queue;
pub(super) mod ticket;
pub(super) mod writer;
