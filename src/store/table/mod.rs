//! The present: every record as it is now, in a table made from the journal.
//!
//! ```text
//! tree.rs rows.rs chunks.rs     the table, where its rows are, and rows that many records share
//! pages.rs                      records read page by page
//! applying.rs building.rs       entries brought into a table; a table built beside the one in use
//! checkpoint.rs                 which table counts, and what it should hold
//! records.rs                    the table in use, and what becomes of it when it fails
//! ```
//!
//! Reads the journal and never writes to it. Knows keys to seal with, and a kind's number for its
//! name; knows neither who is saving nor where backups are.

pub(super) mod applying;
pub(super) mod building;
pub(super) mod checkpoint;
pub(super) mod chunks;
pub(super) mod pages;
pub(super) mod records;
pub(super) mod rows;
pub(super) mod tree;
mod unhurried;
