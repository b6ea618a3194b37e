//! Where sessions come from: this terminal.
//!
//! Joins a [`Session`](crate::ui::Session), which knows only bytes and sizes, to the terminal a
//! person sits at. Knows the terminal room and the ui; knows nothing of screens and records.

pub mod local;
