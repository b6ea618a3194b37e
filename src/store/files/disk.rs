//! Files that are whole or not there: write beside, sync, rename, sync the folder.

use crate::store::error::{Doing, StoreError, io};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Bytes of free space that stay for the table and for drafts: nothing is saved into the last of it.
pub const ROOM: u64 = 4 * 1024 * 1024;

/// Replaces `path` with `bytes` so that a crash leaves either the old or the new content.
pub(in crate::store) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let beside = path.with_extension("new");
    write_whole_at(&beside, bytes)?;
    rename(&beside, path)
}

/// Writes a file that is about to take another's place: on the disk when this returns.
pub(in crate::store) fn write_whole_at(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let mut file = create(path)?;
    file.write_all(bytes).map_err(io(Doing::Writing, path))?;
    file.sync_all().map_err(io(Doing::Syncing, path))
}

/// Renames and makes sure the folder remembers it.
pub(in crate::store) fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::rename(from, to).map_err(io(Doing::Writing, to))?;
    sync_parent(to)
}

fn sync_parent(path: &Path) -> Result<(), StoreError> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    sync_dir(dir.unwrap_or(Path::new(".")))
}

/// An empty file for writing that only its owner may read. What had the name, as after a power cut,
/// goes: it may be a link to something else.
pub(in crate::store) fn create(path: &Path) -> Result<File, StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(io(Doing::Writing, path)(error));
        }
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(io(Doing::Writing, path))
}

/// Makes sure the names in a folder survive a power cut.
pub(in crate::store) fn sync_dir(dir: &Path) -> Result<(), StoreError> {
    if cfg!(unix) {
        File::open(dir).and_then(|file| file.sync_all()).map_err(io(Doing::Syncing, dir))?;
    }
    Ok(())
}

/// Makes a folder, and those above it, that only its owner may enter.
pub(in crate::store) fn make_dir(dir: &Path) -> Result<(), StoreError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let fresh: Vec<&Path> = dir.ancestors().take_while(|dir| !dir.exists()).collect();
    builder.create(dir).map_err(io(Doing::Writing, dir))?;
    // A power cut may not take away the folder that holds what was saved.
    fresh.into_iter().try_for_each(sync_parent)
}

/// Takes a folder away, when it is there.
pub(in crate::store) fn remove_dir(dir: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(io(Doing::Writing, dir)(error)),
        _ => Ok(()),
    }
}

/// Moves what is damaged out of the way, to the first free of `<name>.aside-1`, `-2` ..., and gives
/// that name.
pub(in crate::store) fn aside(from: &Path, name: &Path) -> Result<String, StoreError> {
    let stem = name.file_name().unwrap_or_default().to_string_lossy();
    for number in 1u32.. {
        let aside = format!("{stem}.aside-{number}");
        let to = name.with_file_name(&aside);
        if !to.exists() {
            rename(from, &to)?;
            return Ok(aside);
        }
    }
    Ok(stem.into_owned())
}

/// Bytes the files in a folder take, those in folders inside it too.
pub(in crate::store) fn size_of(dir: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(dir) else { return 0 };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(found) if found.is_dir() => size_of(&entry.path()),
        Ok(found) => found.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

/// Bytes of free space where `path` is; nothing where the system does not tell.
pub(in crate::store) fn room(path: &Path) -> Option<u64> {
    #[cfg(unix)]
    {
        let found = rustix::fs::statvfs(path).ok()?;
        Some(found.f_bavail.saturating_mul(found.f_frsize))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

/// Refuses work that would leave less than `rest` bytes of free space.
pub(in crate::store) fn need_room(path: &Path, bytes: u64, rest: u64) -> Result<(), StoreError> {
    match room(path) {
        Some(room) if room < bytes.saturating_add(rest) => {
            Err(io(Doing::Writing, path)(ErrorKind::StorageFull.into()))
        }
        _ => Ok(()),
    }
}

/// The text of a file, or nothing when it is not there.
pub(in crate::store) fn read_text(path: &Path) -> Result<Option<String>, StoreError> {
    match fs::read(path) {
        // What is no text is understood by nobody further up, each of whom says so itself.
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io(Doing::Reading, path)(error)),
    }
}

/// Lower-case hexadecimal.
pub(in crate::store) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Bytes from hexadecimal; nothing for anything else.
pub(in crate::store) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let digits = digits?;
    let pairs = digits.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    Some(pairs.map(|pair| pair.iter().fold(0, |byte, digit| (byte << 4) | digit)).collect())
}
