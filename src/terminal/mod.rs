//! Bytes to events, frames to bytes, the width of text, and what a terminal can do.
//!
//! | file | holds |
//! | --- | --- |
//! | [`parser`] | bytes in, [`Event`]s out: pure, one per session |
//! | [`backend`] | ratatui cells in, one short write per frame out |
//! | [`screen`] | the two halves of drawing put together: [`Screen::draw`] |
//! | [`text`] | how wide text is, where it may be cut and wrapped |
//! | [`input_line`] | one line being edited |
//! | [`caps`] | what this session's terminal can do, and how to ask it |
//! | [`codec`] | UTF-8 or GB18030 on the line |
//! | [`tty`] | the terminal this process was started in |
//! | [`panics`] | which panics are printed, and which are somebody's answer |
//!
//! Everything but [`tty`] and [`panics`] is a plain value of one session: no statics, no environment, no clock.
//! Knows nothing of the product; of the other rooms only [`words`](crate::words).

pub mod backend;
pub mod caps;
pub mod codec;
pub mod event;
pub mod input_line;
pub mod panics;
pub mod parser;
pub mod screen;
pub mod text;
pub mod tty;

pub use backend::LeanBackend;
pub use caps::{Capabilities, ColourDepth};
pub use codec::Codec;
pub use event::{Event, Key, KeyCode, Mods, Reply};
pub use input_line::InputLine;
pub use parser::{Parser, Waiting};
pub use screen::Screen;
pub use tty::{Tty, TtyError, TtyEvent};

/// The largest size a session draws for, columns and rows; more is taken for a mistake or an
/// attack (a client may send 70000×70000).
pub const LARGEST: (u16, u16) = (500, 300);

/// A size as a session may use it: at least 1×1 (a client may send 0×0), at most [`LARGEST`].
#[must_use]
pub fn clamp_size(columns: u16, rows: u16) -> (u16, u16) {
    (columns.clamp(1, LARGEST.0), rows.clamp(1, LARGEST.1))
}
