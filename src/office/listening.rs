//! How sessions reach the office: what the program listens on. Told by whoever opens it, shown on
//! the system screen.

use super::Office;
use std::path::PathBuf;
use std::sync::PoisonError;

/// What the program listens on, besides the window it was started in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listening {
    /// Where the socket lies by which other windows of this machine attach.
    pub socket: Option<PathBuf>,
    /// SSH, where it is served.
    pub ssh: Option<ListeningSsh>,
}

/// Where SSH is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListeningSsh {
    /// Address and port.
    pub address: String,
    /// The host key's fingerprint, `SHA256:…`, which clients show at their first connection.
    pub fingerprint: String,
}

impl Office {
    /// Says what the program listens on now.
    pub fn tell_listening(&self, listening: Listening) {
        *self.listening.lock().unwrap_or_else(PoisonError::into_inner) = listening;
        self.news.announce();
    }

    /// What the program listens on.
    #[must_use]
    pub fn listening(&self) -> Listening {
        self.listening.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
