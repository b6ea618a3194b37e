//! Session, actions, keymap, screens: everything one person sees and presses.
//!
//! Bytes become events, events actions by [`keymap`] and the one table in [`action`]; the top
//! layer of the [`session`] takes them, asks the office, and leaves effects; one frame follows.
//! Drawing is a pure read of what the layers already hold. Knows every room below; knows nothing
//! of where its bytes come from.

pub mod action;
pub mod ask;
pub mod behind;
pub mod entry;
pub mod form;
pub mod frame;
pub mod help;
pub mod keymap;
pub mod reading;
pub mod rows;
pub mod screen;
pub mod screens;
pub mod session;
pub mod theme;

pub use session::{IDLE_LOCK, Input, Landing, Session, Start};
pub use theme::Theme;
