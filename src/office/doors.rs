//! By which ways sessions come in. Told by whoever opens them, shown on the system screen.

use super::Office;
use std::path::PathBuf;
use std::sync::PoisonError;

/// The ways that are open besides the window the program was started in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doors {
    /// Where the socket lies by which other windows of this machine attach.
    pub socket: Option<PathBuf>,
    /// SSH, where it is served.
    pub ssh: Option<SshDoor>,
}

/// Where SSH is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshDoor {
    /// Address and port.
    pub address: String,
    /// The host key's fingerprint, `SHA256:…`, which clients show at their first connection.
    pub fingerprint: String,
}

impl Office {
    /// Says which ways are open now.
    pub fn tell_doors(&self, doors: Doors) {
        *self.doors.lock().unwrap_or_else(PoisonError::into_inner) = doors;
        self.news.announce();
    }

    /// Which ways are open.
    #[must_use]
    pub fn doors(&self) -> Doors {
        self.doors.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
