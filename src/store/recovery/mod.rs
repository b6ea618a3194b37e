//! The way back: a journal that is damaged or lost, put together from all that is left of it.
//!
//! `composing.rs` puts a whole journal together, `restoring.rs` makes a data folder from a backup,
//! and `healing.rs` makes a station whole in its place.
//!
//! Knows all the rooms below: journal, table, copies, and how a folder is opened. Nobody below knows
//! of it.

pub(super) mod composing;
pub(super) mod healing;
pub(super) mod restoring;
