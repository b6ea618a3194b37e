//! What only the user of this program may reach: the data folder, its keys, files of passwords.
//!
//! Looked at before anything in them is read, as OpenSSH's `StrictModes` does it: what others could
//! have read or changed is not used, and the command that puts it right is said. Where files have
//! no modes nothing is looked at.

use super::layout::{CHECKPOINT_FILE, JOURNAL_DIR, KEYRING_FILE, STATION_FILE};
use crate::said;
use crate::store::error::{Doing, StoreError, io as io_trouble};
use crate::words::Said;
use std::io;
use std::path::{Path, PathBuf};

/// What of the data folder nobody else may reach, where it is there.
const KEPT: [&str; 5] = ["", STATION_FILE, KEYRING_FILE, JOURNAL_DIR, CHECKPOINT_FILE];

/// Why a file or folder is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposed {
    /// Others can read or change it.
    Open,
    /// It belongs to another user.
    Foreign,
}

/// Whether what has this mode and owner is open to others than `user`.
///
/// A file the system's administrator hands to a service may carry an access list that names the
/// service alone; its mode then shows the list's width where the group's rights would be (systemd's
/// credentials).
#[must_use]
pub fn exposed(mode: u32, owner: u32, user: u32) -> Option<Exposed> {
    let handed_over = owner == 0 && user != 0 && mode & 0o170_000 != 0o040_000;
    let others = if handed_over { 0o037 } else { 0o077 };
    if owner != user && owner != 0 {
        Some(Exposed::Foreign)
    } else if mode & others != 0 {
        Some(Exposed::Open)
    } else {
        None
    }
}

/// A file or folder that is not used, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotPrivate {
    path: PathBuf,
    folder: bool,
    mode: u32,
    owner: u32,
    why: Exposed,
}

impl NotPrivate {
    /// What happened, and what to do next.
    #[must_use]
    pub fn words(&self) -> (Said, Said) {
        let Self { path, folder, mode, owner, why } = self;
        let (shown, mode) = (path.display(), format!("{:04o}", mode & 0o7777));
        let right = if *folder { "700" } else { "600" };
        let word = quoted(path);
        match why {
            Exposed::Open => (
                said!(
                    "别的用户也能使用 {shown}（权限 {mode}），没有用它，也没有改动任何内容。",
                    "Other users can reach {shown} (mode {mode}); it was not used, and nothing was changed."
                ),
                said!(
                    "请先执行 chmod {right} {word}，再试一次。",
                    "Run `chmod {right} {word}`, then try again."
                ),
            ),
            Exposed::Foreign => (
                said!(
                    "{shown} 属于另一个用户（编号 {owner}，权限 {mode}），没有用它。",
                    "{shown} belongs to another user (number {owner}, mode {mode}); it was not used."
                ),
                said!(
                    "请以那个用户的身份运行，或让系统管理员执行 chown \"$USER\" {word} 和 chmod {right} {word}。",
                    "Run this as that user, or have the system's administrator run `chown \"$USER\" {word}` and `chmod {right} {word}`."
                ),
            ),
        }
    }
}

/// A path as a word of a command, whatever is in it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+,=@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

impl From<NotPrivate> for StoreError {
    fn from(found: NotPrivate) -> Self {
        Self::Unfit(Box::new(found.words()))
    }
}

/// Looks at a file or folder. A pipe holds nothing that stays, and is not looked at.
///
/// # Errors
/// When its mode cannot be read.
#[cfg(unix)]
pub fn kept_private(path: &Path) -> io::Result<Result<(), NotPrivate>> {
    use std::os::unix::fs::{FileTypeExt, MetadataExt};
    let found = std::fs::metadata(path)?;
    let kind = found.file_type();
    if kind.is_fifo() || kind.is_socket() || kind.is_char_device() {
        return Ok(Ok(()));
    }
    let (mode, owner) = (found.mode(), found.uid());
    Ok(match exposed(mode, owner, rustix::process::geteuid().as_raw()) {
        None => Ok(()),
        Some(why) => {
            let path = path.to_path_buf();
            Err(NotPrivate { path, folder: found.is_dir(), mode, owner, why })
        }
    })
}

/// Nothing is looked at.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn kept_private(_: &Path) -> io::Result<Result<(), NotPrivate>> {
    Ok(Ok(()))
}

/// Whether nobody else reaches a data folder and what it keeps.
pub(in crate::store) fn data_folder(dir: &Path) -> Result<(), StoreError> {
    for name in KEPT {
        let path = if name.is_empty() { dir.to_path_buf() } else { dir.join(name) };
        match kept_private(&path) {
            Ok(found) => found?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(io_trouble(Doing::Reading, &path)(error)),
        }
    }
    Ok(())
}

/// Closes an empty folder that is to hold a station, which somebody's `mkdir` left open to others.
#[cfg(unix)]
pub(in crate::store) fn close_folder(dir: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt;
    let found = kept_private(dir).map_err(io_trouble(Doing::Reading, dir))?;
    match found {
        Err(NotPrivate { why: Exposed::Open, mode, .. }) => {
            std::fs::set_permissions(dir, std::fs::Permissions::from_mode(mode & 0o700))
                .map_err(io_trouble(Doing::Writing, dir))
        }
        other => Ok(other?),
    }
}

#[cfg(not(unix))]
pub(in crate::store) fn close_folder(_: &Path) -> Result<(), StoreError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_owner_and_the_systems_may_reach_it() {
        const FILE: u32 = 0o100_000;
        const FOLDER: u32 = 0o040_000;
        for (mode, owner, user, expected) in [
            (FILE | 0o600, 1000, 1000, None),
            (FILE | 0o400, 1000, 1000, None),
            (FOLDER | 0o700, 1000, 1000, None),
            (FILE | 0o400, 0, 1000, None),
            // An access list for the service alone shows so; for root itself it is the group's.
            (FILE | 0o440, 0, 1000, None),
            (FILE | 0o440, 0, 0, Some(Exposed::Open)),
            (FILE | 0o460, 0, 1000, Some(Exposed::Open)),
            (FOLDER | 0o750, 0, 1000, Some(Exposed::Open)),
            (FILE | 0o640, 1000, 1000, Some(Exposed::Open)),
            (FILE | 0o620, 1000, 1000, Some(Exposed::Open)),
            (FILE | 0o604, 1000, 1000, Some(Exposed::Open)),
            (FILE | 0o602, 1000, 1000, Some(Exposed::Open)),
            (FOLDER | 0o755, 1000, 1000, Some(Exposed::Open)),
            (FOLDER | 0o701, 1000, 1000, Some(Exposed::Open)),
            (FILE | 0o600, 1001, 1000, Some(Exposed::Foreign)),
            (FILE | 0o600, 1001, 0, Some(Exposed::Foreign)),
        ] {
            assert_eq!(exposed(mode, owner, user), expected, "{mode:o} of {owner} for {user}");
        }
    }

    #[test]
    fn the_command_said_can_be_pasted() {
        assert_eq!(quoted(Path::new("/home/li/驿站/key")), "/home/li/驿站/key");
        assert_eq!(quoted(Path::new("it's here; rm x")), r"'it'\''s here; rm x'");
    }
}
