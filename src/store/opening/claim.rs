//! A folder taken for a station that is to be made in it.

use super::half_made;
use crate::store::error::StoreError;
use crate::store::files::layout::{JOURNAL_DIR, KEYRING_FILE, RESTORING_FILE, STATION_FILE};
use crate::store::files::lock::lock;
use crate::store::files::{disk, strict};
use std::fs::File;
use std::path::Path;

/// Takes an empty or new folder for a new station, or one where making it was cut short.
pub(in crate::store) fn claim(dir: &Path) -> Result<File, StoreError> {
    disk::make_dir(dir)?;
    // A restore that was interrupted goes on in its own folder.
    if dir.join(RESTORING_FILE).exists() && !dir.join(STATION_FILE).exists() {
        strict::close_folder(dir)?;
        let lock = lock(dir)?;
        disk::remove_dir(&dir.join(JOURNAL_DIR))?;
        for file in [KEYRING_FILE, RESTORING_FILE, STATION_FILE] {
            let _ = std::fs::remove_file(dir.join(file));
            let _ = std::fs::remove_file(dir.join(file).with_extension("new"));
        }
        must_be_free(dir)?;
        return Ok(lock);
    }
    // Before anything is put into it, and again once nobody else can.
    must_be_free(dir)?;
    strict::close_folder(dir)?;
    let lock = lock(dir)?;
    must_be_free(dir)?;
    half_made::clear(dir)?;
    Ok(lock)
}

fn must_be_free(dir: &Path) -> Result<(), StoreError> {
    if half_made::is_half_made(dir)? {
        Ok(())
    } else {
        Err(StoreError::FolderNotEmpty(dir.display().to_string()))
    }
}
