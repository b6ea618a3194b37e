//! Making and opening a data folder.

pub(super) mod half_made;
pub(super) mod unlocking;
