//! How a session ends.

use crate::ui::Session;
use crate::words::Said;

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The person left.
    Left,
    /// It was ended, by the system or the house, for the reason said; drafts were kept.
    Told(Said),
    /// The client went away; drafts were kept.
    HungUp,
    /// The session's own code failed; [`Session::farewell`] is to be said.
    Failed,
}

impl Ending {
    /// What the person is to read on the screen the shell has again.
    #[must_use]
    pub fn said(&self) -> Option<Said> {
        match self {
            Self::Left | Self::HungUp => None,
            Self::Told(said) => Some(said.clone()),
            Self::Failed => Some(Session::farewell()),
        }
    }
}
