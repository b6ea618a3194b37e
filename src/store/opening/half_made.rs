//! A folder in which the making of a station was cut short: what is there is taken away, so that
//! the station can be made.
//!
//! Nobody is told that a station is made before its station file is on the disk, and nothing else
//! is saved before that. So a folder without that file holds nothing anybody relies on, if its
//! journal has no more than the one batch that belongs to the making, and nothing else is there.

use crate::store::error::{Doing, StoreError, io};
use crate::store::files::disk;
use crate::store::files::layout::{
    JOURNAL_DIR, KEYRING_FILE, LOCK_FILE, RECORDS_DIR, RESTORING_FILE, STATION_FILE,
};
use crate::store::journal::{scan, segment};
use std::fs;
use std::path::{Path, PathBuf};

/// The journal of a making is smaller by far.
const LARGEST_JOURNAL: u64 = 64 * 1024;

/// Whether all that is in `dir` was left by a making that was cut short. An empty folder is one
/// too.
pub(in crate::store) fn is_half_made(dir: &Path) -> Result<bool, StoreError> {
    let beside = beside();
    for entry in fs::read_dir(dir).map_err(io(Doing::Reading, dir))? {
        let name = entry.map_err(io(Doing::Reading, dir))?.file_name();
        let known = [LOCK_FILE, KEYRING_FILE, JOURNAL_DIR, RECORDS_DIR];
        if !known.iter().any(|known| name == *known) && !beside.iter().any(|file| name == **file) {
            return Ok(false);
        }
    }
    let journal = dir.join(JOURNAL_DIR);
    if journal.exists() {
        first_batch_only(&journal)
    } else {
        // A table is made after the journal; one that is alone may be all that is left of a station.
        Ok(!dir.join(RECORDS_DIR).exists())
    }
}

/// Files that were written beside their place and had not taken it.
fn beside() -> [PathBuf; 3] {
    [KEYRING_FILE, STATION_FILE, RESTORING_FILE].map(|file| Path::new(file).with_extension("new"))
}

fn first_batch_only(journal: &Path) -> Result<bool, StoreError> {
    let path = segment::path(journal, 1);
    let mut bytes = Vec::new();
    for entry in fs::read_dir(journal).map_err(io(Doing::Reading, journal))? {
        let entry = entry.map_err(io(Doing::Reading, journal))?;
        let length = entry.metadata().map_err(io(Doing::Reading, journal))?.len();
        if entry.path() != path || length > LARGEST_JOURNAL {
            return Ok(false);
        }
        bytes = fs::read(&path).map_err(io(Doing::Reading, &path))?;
    }
    // A frame that begins a batch, anywhere after the first, was a save.
    let head = usize::try_from(segment::HEAD).unwrap_or(usize::MAX);
    Ok(!scan::saved_after(bytes.get(head..).unwrap_or_default(), 1))
}

/// Takes away what [`is_half_made`] found, in the opposite order of its making; the lock stays.
pub(in crate::store) fn clear(dir: &Path) -> Result<(), StoreError> {
    let beside = beside();
    let made = [RECORDS_DIR, JOURNAL_DIR, KEYRING_FILE].map(Path::new);
    for name in made.into_iter().chain(beside.iter().map(AsRef::as_ref)) {
        let path = dir.join(name);
        let gone = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        match gone {
            Ok(()) => disk::sync_dir(dir)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(io(Doing::Writing, &path)(error)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::files::layout::CHECKPOINT_FILE;
    use crate::store::tests::{FIRST, create, put, save};

    /// As after a power cut: what is written last is not there.
    fn without_the_last_files(data: &Path) {
        fs::remove_file(data.join(STATION_FILE)).unwrap();
        let _ = fs::remove_file(data.join(CHECKPOINT_FILE));
    }

    #[test]
    fn nothing_that_was_saved_is_taken_away() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        drop(create(&data));
        assert!(!is_half_made(&data).unwrap(), "a station");
        without_the_last_files(&data);
        assert!(is_half_made(&data).unwrap(), "one batch and no station file");

        let store = create(&data);
        assert_eq!(save(&store, vec![put("worker", 1, "one")]), [FIRST + 1]);
        drop(store);
        without_the_last_files(&data);
        assert!(!is_half_made(&data).unwrap(), "a second save");
        fs::remove_dir_all(data.join(JOURNAL_DIR)).unwrap();
        assert!(!is_half_made(&data).unwrap(), "a table that lost its journal");

        let other = dir.path().join("other");
        fs::create_dir(&other).unwrap();
        assert!(is_half_made(&other).unwrap(), "an empty folder");
        fs::write(other.join("letter.txt"), "dear").unwrap();
        assert!(!is_half_made(&other).unwrap(), "somebody's papers");
    }

    #[test]
    fn a_making_cut_short_is_made_again() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        drop(create(&data));
        without_the_last_files(&data);
        fs::write(data.join("station.new"), "format").unwrap();
        let store = create(&data);
        assert_eq!(save(&store, vec![put("worker", 1, "one")]), [FIRST + 1]);
        assert!(!data.join("station.new").exists());
    }
}
