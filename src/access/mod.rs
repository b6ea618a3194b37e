//! Where sessions come from: this terminal, the local socket, SSH.
//!
//! | file | holds |
//! | --- | --- |
//! | [`desk`] | one session at work: what it hears, one frame at a time |
//! | [`inbox`] | what a session has not heard yet |
//! | [`hall`] | everybody served by this process |
//! | [`client`] | what a client tells of its terminal |
//! | [`local`] | this terminal |
//! | [`socket`] | other terminals of this machine |
//! | [`ssh`] | terminals anywhere, over SSH |
//! | [`serve`] | a folder owned with no terminal at all |
//!
//! One process owns a data folder and serves every session of it. Joins a
//! [`Session`](crate::ui::Session), which knows only bytes and sizes, to the terminal a person
//! sits at, wherever that is. Knows the terminal room, the office as a whole and the ui; knows
//! nothing of screens and records.

pub mod client;
pub mod desk;
pub mod ending;
pub mod hall;
pub mod inbox;
pub mod local;
pub mod serve;
pub mod socket;
pub mod ssh;
