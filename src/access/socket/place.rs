//! Where the socket of a data folder lies, and who may be at its other end.

use crate::store::Origin;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

/// A path this long a socket still has everywhere.
const LONGEST: usize = 103;

/// The folders sockets may lie in, the best first. The owner takes the first that nobody else can
/// have prepared; a client, which may have been started in other surroundings, tries all.
#[derive(Clone, Debug)]
pub struct Places {
    /// Folders this user alone enters.
    own: Vec<PathBuf>,
    /// The folder of a service that serves a group of users; it is made for it by the system.
    service: PathBuf,
    /// The group a service serves.
    group: Option<u32>,
}

impl Places {
    /// The platform's runtime folder for this program, if there is one; that of the system's
    /// service; one of this user in the folder for temporary files. Where none will do there is
    /// the data folder itself.
    #[must_use]
    pub fn new(runtime: Option<&Path>, service: &Path, temporary: &Path) -> Self {
        let temporary = temporary.join(format!("yizhan-{}", own_user()));
        let own = runtime.map(Path::to_path_buf).into_iter().chain([temporary]).collect();
        Self { own, service: service.to_path_buf(), group: None }
    }

    /// The same for an owner that serves a group of users: in the service's folder alone.
    #[must_use]
    pub fn for_group(self, group: u32) -> Self {
        Self { group: Some(group), ..self }
    }

    /// The group an owner serves beside its own user.
    pub(super) fn group(&self) -> Option<u32> {
        self.group
    }

    /// Where a client may find the socket of a data folder, each with the user who alone can have
    /// put it there.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn of(&self, data: &Path) -> io::Result<Vec<(PathBuf, u32)>> {
        let name = name_of(data)?;
        let keeper = fs::metadata(data).map(|data| data.uid()).ok();
        let ours = |user: &u32| *user == own_user() || Some(*user) == keeper;
        let own = self.own.iter().map(PathBuf::as_path).chain([data]);
        let own = own.filter_map(|folder| Some((folder, keeper_of(folder, 0o077).filter(ours)?)));
        // What lies there was let in by the system.
        let service = keeper_of(&self.service, 0o022).map(|user| (self.service.as_path(), user));
        let all = own.chain(service);
        Ok(all.map(|(folder, user)| (folder.join(&name), user)).collect())
    }

    /// Whether a service's socket of this data folder lies where this user can find it.
    #[must_use]
    pub fn served(&self, data: &Path) -> bool {
        name_of(data).is_ok_and(|name| self.service.join(name).exists())
    }

    /// Where the owner of a data folder listens: in a folder that only this user enters, or only
    /// this user writes to where a group is served.
    ///
    /// # Errors
    /// When none of the folders will do.
    pub fn for_owner(&self, data: &Path) -> io::Result<PathBuf> {
        let name = name_of(data)?;
        if self.group.is_some() {
            let ours = keeper_of(&self.service, 0o027) == Some(own_user());
            let unfit = || io::Error::new(io::ErrorKind::PermissionDenied, self.unfit());
            return ours.then(|| self.service.join(name)).ok_or_else(unfit);
        }
        let data = data.canonicalize()?;
        let folders = self.own.iter().map(PathBuf::as_path);
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for folder in folders.chain([self.service.as_path(), &data]) {
            let socket = folder.join(&name);
            let made = if folder == self.service { Ok(()) } else { made(folder) };
            match made.and_then(|()| private(folder)) {
                Ok(()) if socket.as_os_str().len() <= LONGEST => return Ok(socket),
                Ok(()) => last = io::ErrorKind::InvalidFilename.into(),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn unfit(&self) -> String {
        format!("{}: 0750", self.service.display())
    }
}

/// Makes a folder where there is none.
fn made(folder: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Nothing when only this user enters a folder.
fn private(folder: &Path) -> io::Result<()> {
    let ours = keeper_of(folder, 0o077) == Some(own_user());
    if ours { Ok(()) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}

/// Whose a folder is, where others have none of these rights. Not through a link: somebody else
/// could have put it there.
fn keeper_of(folder: &Path, closed: u32) -> Option<u32> {
    let found = fs::symlink_metadata(folder).ok()?;
    (found.is_dir() && found.mode() & closed == 0).then(|| found.uid())
}

/// One name per data folder, however its path is written, and short: a socket's path may have
/// about a hundred bytes.
fn name_of(data: &Path) -> io::Result<String> {
    let data = match data.canonicalize() {
        // Whoever is served by another user may not look into the folder, and names it whole.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => std::path::absolute(data)?,
        found => found?,
    };
    let hash = blake3::hash(data.as_os_str().as_encoded_bytes()).to_hex();
    Ok(format!("{}.sock", hash.as_str().get(..16).unwrap_or_default()))
}

pub(super) fn own_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Whether the process at the other end belongs to a user, or to the system's administrator.
pub(super) fn peer_is(stream: &UnixStream, user: u32) -> bool {
    // Where the system does not tell, the folder alone keeps others out.
    peer(stream).is_none_or(|peer| peer == 0 || peer == user)
}

/// Where the process at the other end is: as given for one of this user, else its user.
pub(super) fn origin(stream: &UnixStream, of_this_user: Origin) -> Origin {
    match peer(stream) {
        Some(user) if user != own_user() => Origin::User(user),
        _ => of_this_user,
    }
}

/// The user of the process at the other end, where the system tells.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn peer(stream: &UnixStream) -> Option<u32> {
    // A user nobody has, where the system should tell and does not.
    let found = rustix::net::sockopt::socket_peercred(stream);
    Some(found.map_or(u32::MAX, |peer| peer.uid.as_raw()))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn peer(_: &UnixStream) -> Option<u32> {
    None
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
        let places = Places::new(None, &at.path().join("service"), at.path());
        let socket = places.for_owner(&data).unwrap();
        let found = places.of(&at.path().join("link")).unwrap();
        assert!(found.contains(&(socket.clone(), own_user())), "{found:?}");
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
        let service = at.path().join("service");
        let places = Places::new(Some(&open), &service, at.path());
        let socket = places.for_owner(at.path()).unwrap();
        assert!(!socket.starts_with(&open), "the next one is taken");
        // Where all are taken by others there is the data folder, which has been looked at.
        let data = at.path().join("data");
        DirBuilder::new().mode(0o700).create(&data).unwrap();
        let places = Places::new(Some(&open), &service, &at.path().join("no"));
        let socket = places.for_owner(&data).unwrap();
        assert_eq!(socket.parent(), Some(&*data.canonicalize().unwrap()));
        assert_eq!(places.of(&data).unwrap(), [(socket, own_user())]);
    }

    #[test]
    fn a_group_is_served_in_a_folder_only_this_user_writes_to() {
        let at = tempfile::tempdir().unwrap();
        let (service, data) = (at.path().join("service"), at.path().join("data"));
        fs::create_dir(&data).unwrap();
        let places = Places::new(None, &service, at.path()).for_group(4711);
        assert!(places.for_owner(&data).is_err(), "it is the system's to make");
        DirBuilder::new().create(&service).unwrap();
        for (mode, will_do) in [(0o750, true), (0o770, false), (0o777, false), (0o710, true)] {
            fs::set_permissions(&service, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(places.for_owner(&data).is_ok(), will_do, "{mode:o}");
        }
        let socket = places.for_owner(&data).unwrap();
        assert!(
            Places::new(None, &service, at.path())
                .of(&data)
                .unwrap()
                .contains(&(socket, own_user()))
        );
    }

    #[test]
    fn a_process_of_this_user_is_trusted() {
        let (one, other) = UnixStream::pair().unwrap();
        assert!(peer_is(&one, own_user()) && origin(&other, Origin::Cli) == Origin::Cli);
    }
}
