//! The present: every record as it is now, in a table made from the journal.
//!
//! ```text
//! row.rs chunks.rs              a record as a row, and rows that many records share
//! tree.rs rows.rs               the table, and where its rows are
//! pages.rs                      records read page by page
//! applying.rs building.rs       entries brought into a table; a table built beside the one in use
//! sentinels.rs checkpoint.rs    what a table should hold, and which one counts
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
pub(super) mod row;
pub(super) mod rows;
pub(super) mod sentinels;
pub(super) mod tree;
mod unhurried;
