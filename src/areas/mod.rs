//! What one program area alone needs to know, as pure functions over records.
//!
//! Knows packs, policy and the directory's cards; writes nothing and asks nobody.

pub mod hardship;
