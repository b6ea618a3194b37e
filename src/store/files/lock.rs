//! One owner per folder.

use super::layout::LOCK_FILE;
use crate::store::error::{Doing, StoreError, io};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::Path;

/// One owner per folder, as long as the file is held.
pub(in crate::store) fn lock(dir: &Path) -> Result<File, StoreError> {
    let path = dir.join(LOCK_FILE);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    // Never the file a link leads to.
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    }
    let file = options.open(&path);
    // Where nothing can be written, what is there can still be read by one at a time.
    let file = file.or_else(|error| match error.kind() {
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => {
            File::open(&path).map_err(|_| error)
        }
        _ => Err(error),
    });
    let file = file.map_err(io(Doing::Writing, &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked),
        Err(TryLockError::Error(error)) => Err(io(Doing::Writing, &path)(error)),
    }
}
