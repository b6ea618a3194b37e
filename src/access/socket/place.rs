//! Where the socket of a data folder lies, and who may be at its other end.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

/// The service's own runtime folder, as systemd makes it (`RuntimeDirectory=yizhan`).
const SERVICE: &str = "/run/yizhan";

/// The folders sockets may lie in, the best first. The owner takes the first that will do; a
/// client, which may have been started in other surroundings, tries all.
#[derive(Clone, Debug)]
pub struct Places {
    folders: Vec<PathBuf>,
}

impl Places {
    /// The platform's runtime folder for this program, if there is one; that of the system's
    /// service; one of this user in the folder for temporary files.
    #[must_use]
    pub fn new(runtime: Option<&Path>, temporary: &Path) -> Self {
        let own = temporary.join(format!("yizhan-{}", own_user()));
        let folders = runtime.map(Path::to_path_buf).into_iter();
        Self { folders: folders.chain([PathBuf::from(SERVICE), own]).collect() }
    }

    /// Where a client may find the socket of a data folder.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn of(&self, data: &Path) -> io::Result<Vec<PathBuf>> {
        let name = name_of(data)?;
        Ok(self.folders.iter().map(|folder| folder.join(&name)).collect())
    }

    /// Where the owner of a data folder listens: in a folder that only this user enters.
    ///
    /// # Errors
    /// When none of the folders will do.
    pub fn for_owner(&self, data: &Path) -> io::Result<PathBuf> {
        let name = name_of(data)?;
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for folder in &self.folders {
            match private(folder) {
                Ok(()) => return Ok(folder.join(name)),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

/// One name per data folder, however its path is written, and short: a socket's path may have
/// about a hundred bytes.
fn name_of(data: &Path) -> io::Result<String> {
    let data = data.canonicalize()?;
    let hash = blake3::hash(data.as_os_str().as_encoded_bytes()).to_hex();
    Ok(format!("{}.sock", hash.as_str().get(..16).unwrap_or_default()))
}

/// Makes a folder that only this user enters; one that is there must be so already.
fn private(folder: &Path) -> io::Result<()> {
    // The service's folder is systemd's to make.
    if folder != Path::new(SERVICE) {
        match DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    // Not through a link: somebody else could have put it there.
    let found = fs::symlink_metadata(folder)?;
    let private = found.is_dir() && found.uid() == own_user() && found.mode() & 0o077 == 0;
    if private { Ok(()) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}

fn own_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Whether the process at the other end belongs to this user or to the system's administrator.
pub(super) fn trusted(stream: &UnixStream) -> bool {
    peer_is(stream, own_user())
}

/// Whether it belongs to whoever the data folder belongs to, as the folder's owner process does.
pub(super) fn serves(stream: &UnixStream, data: &Path) -> bool {
    trusted(stream) || fs::metadata(data).is_ok_and(|data| peer_is(stream, data.uid()))
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn peer_is(stream: &UnixStream, user: u32) -> bool {
    rustix::net::sockopt::socket_peercred(stream)
        .is_ok_and(|peer| peer.uid.is_root() || peer.uid.as_raw() == user)
}

/// Elsewhere the folder alone keeps others out.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn peer_is(_: &UnixStream, _: u32) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn a_data_folder_has_one_socket_however_it_is_named() {
        let at = tempfile::tempdir().unwrap();
        let data = at.path().join("data");
        fs::create_dir(&data).unwrap();
        symlink(&data, at.path().join("link")).unwrap();
        let places = Places::new(None, at.path());
        let socket = places.for_owner(&data).unwrap();
        assert!(places.of(&at.path().join("link")).unwrap().contains(&socket));
        assert_ne!(socket, places.for_owner(at.path()).unwrap());
        let folder = fs::metadata(socket.parent().unwrap()).unwrap();
        assert_eq!(folder.mode() & 0o777, 0o700);
        assert!(places.of(&at.path().join("nowhere")).is_err());
    }

    #[test]
    fn a_folder_others_can_enter_is_not_taken() {
        let at = tempfile::tempdir().unwrap();
        let open = at.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
        let link = at.path().join("link");
        symlink(at.path(), &link).unwrap();
        for bad in [&open, &link, &at.path().join("no/parent")] {
            assert!(private(bad).is_err(), "{}", bad.display());
        }
        let places = Places::new(Some(&open), at.path());
        let socket = places.for_owner(at.path()).unwrap();
        assert!(!socket.starts_with(&open), "the next one is taken");
    }

    #[test]
    fn a_process_of_this_user_is_trusted() {
        let (one, other) = UnixStream::pair().unwrap();
        assert!(trusted(&one) && trusted(&other));
    }
}
