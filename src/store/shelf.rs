//! Small things kept beside the records: drafts not yet saved, packs in use.
//!
//! One sealed file each under `shelf/`, replaced whole, so that a crash leaves the old or the new.
//! The file's name is a keyed hash, so that it tells nothing. What is here is no part of the
//! journal: losing it loses no save.

use super::Store;
use super::error::{Doing, StoreError, io};
use super::files::disk::{hex, make_dir, write_whole};
use super::journal::envelope::{self, SCHEMA};
use super::keys::seal::Purpose;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs;
use std::path::PathBuf;

/// The folder in the data folder.
pub(super) const SHELF_DIR: &str = "shelf";

/// Named MessagePack in the envelope of entries: what is here is small, and of any kind.
fn to_bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    let mut bytes = vec![SCHEMA, 0];
    rmp_serde::encode::write_named(&mut bytes, value)
        .map_err(|error| StoreError::Encoding(error.to_string()))?;
    Ok(bytes)
}

fn of_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    let plain = envelope::out_of_envelope(bytes)?;
    rmp_serde::from_slice(plain).map_err(|error| StoreError::Encoding(error.to_string()))
}

impl Store {
    /// Keeps a value under a shelf and a name, in the place of what was there.
    ///
    /// # Errors
    /// What the machine gives; the old value stays then.
    pub fn keep_side<T: Serialize>(
        &self,
        shelf: &str,
        name: &str,
        value: &T,
    ) -> Result<(), StoreError> {
        let path = self.shelf_path(shelf, name);
        make_dir(&self.dir.join(SHELF_DIR))?;
        let place = place(shelf, name);
        let sealed = self.keys.seal(Purpose::Shelf, place.as_bytes(), &to_bytes(value)?)?;
        write_whole(&path, &sealed)
    }

    /// Writes a file of the office's own into the data folder, as `policy/parameters.toml`: whole, or
    /// not at all.
    ///
    /// # Errors
    /// When the disk does not take it; what was there before is still there.
    pub fn keep_own(&self, name: &str, text: &str) -> Result<(), StoreError> {
        let path = self.dir.join(name);
        if let Some(folder) = path.parent() {
            make_dir(folder)?;
        }
        write_whole(&path, text.as_bytes())
    }

    /// Takes a file of the office's own out of the data folder again.
    ///
    /// # Errors
    /// When the disk does not allow it; one that is not there is no error.
    pub fn drop_own(&self, name: &str) -> Result<(), StoreError> {
        let path = self.dir.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(io(Doing::Writing, &path)(error))
            }
            _ => Ok(()),
        }
    }

    /// Whether anything is kept under a shelf and a name, without opening it.
    #[must_use]
    pub fn has_side(&self, shelf: &str, name: &str) -> bool {
        self.shelf_path(shelf, name).exists()
    }

    /// The value kept under a shelf and a name.
    ///
    /// # Errors
    /// When it is there and cannot be read; it is left where it is.
    pub fn side<T: DeserializeOwned>(
        &self,
        shelf: &str,
        name: &str,
    ) -> Result<Option<T>, StoreError> {
        let path = self.shelf_path(shelf, name);
        let sealed = match fs::read(&path) {
            Ok(sealed) => sealed,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io(Doing::Reading, &path)(error)),
        };
        let place = place(shelf, name);
        let plain = self.keys.open(Purpose::Shelf, place.as_bytes(), &sealed);
        let plain = plain.ok_or_else(|| {
            StoreError::Seal(crate::words::Said::fixed(
                "草稿架上的一件",
                "something kept on the shelf",
            ))
        })?;
        of_bytes(&plain).map(Some)
    }

    fn shelf_path(&self, shelf: &str, name: &str) -> PathBuf {
        // The first epoch's key, so that a name stays where it is when the next epoch begins.
        let first = self.keys.key(1).map(|key| *key.bytes()).unwrap_or_default();
        let key = blake3::derive_key("yizhan 2026 data key v1: shelf names", &first);
        let hash = blake3::keyed_hash(&key, place(shelf, name).as_bytes());
        let (short, _) = hash.as_bytes().split_at(16);
        self.dir.join(SHELF_DIR).join(format!("{}.yzs", hex(short)))
    }
}

/// What a value is sealed for: a shelf and a name, so that one moved elsewhere does not open.
fn place(shelf: &str, name: &str) -> String {
    format!("{shelf}\u{0}{name}")
}
