//! Where the rows of the table are: in sled, or in memory on a disk that takes no writes.

use super::unhurried::unhurried;
use crate::store::error::{Doing, StoreError, io};
use crate::words::Said;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

/// Key and value as they are in the tree.
pub type Raw = (Vec<u8>, Vec<u8>);

/// Where the rows are.
pub enum Rows {
    Sled(sled::Db, PathBuf),
    Memory(RwLock<BTreeMap<Vec<u8>, Vec<u8>>>),
}

impl Rows {
    /// The value of a key.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self {
            Self::Sled(db, _) => Ok(guard(|| db.get(key))?.map(|row| row.to_vec())),
            Self::Memory(rows) => Ok(read(rows).get(key).cloned()),
        }
    }

    /// Writes rows, all or none.
    pub fn write(&self, batch: Vec<Raw>) -> Result<(), StoreError> {
        match self {
            Self::Sled(db, _) => {
                let mut rows = sled::Batch::default();
                let mut written = Vec::with_capacity(batch.len());
                for (key, value) in batch {
                    let key = sled::IVec::from(key);
                    written.push((key.clone(), value.len()));
                    rows.insert(key, value);
                }
                guard(|| {
                    unhurried(|| db.apply_batch(rows))?;
                    let_go(db, &written)
                })
            }
            Self::Memory(rows) => {
                rows.write().unwrap_or_else(PoisonError::into_inner).extend(batch);
                Ok(())
            }
        }
    }

    /// Gives rows in the order of keys until `each` has enough.
    pub fn range(
        &self,
        (from, to): (Bound<Vec<u8>>, Bound<Vec<u8>>),
        each: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), StoreError> {
        let db = match self {
            Self::Memory(rows) => {
                let rows = read(rows);
                let _ = rows.range((from, to)).all(|(key, value)| each(key, value));
                return Ok(());
            }
            Self::Sled(db, _) => db,
        };
        guard(|| {
            let mut seen = Vec::new();
            for row in db.range((from, to)) {
                let (key, value) = row?;
                if !each(&key, &value) {
                    break;
                }
                seen.push((key, value.len()));
            }
            let_go(db, &seen)
        })
    }

    /// The last row of a range.
    pub fn last(&self, from: Vec<u8>, to: Vec<u8>) -> Result<Option<Raw>, StoreError> {
        let range = (Bound::Included(from), Bound::Included(to));
        match self {
            Self::Memory(rows) => {
                let rows = read(rows);
                let last = rows.range(range).next_back();
                Ok(last.map(|(key, value)| (key.clone(), value.clone())))
            }
            Self::Sled(db, _) => {
                let last = guard(|| db.range(range).next_back().transpose())?;
                Ok(last.map(|(key, value)| (key.to_vec(), value.to_vec())))
            }
        }
    }
}

/// Has sled keep its cache to its size. It looks for pages to let go of only after 64 accesses to
/// one of its 256 shards, so that whoever touches every page once has the whole table in memory.
/// Asking for a row again, once for each kilobyte of it, costs a microsecond each time.
fn let_go(db: &sled::Db, rows: &[(sled::IVec, usize)]) -> sled::Result<()> {
    for (key, size) in rows {
        for _ in 0..=size / 1024 {
            db.contains_key(key)?;
        }
    }
    Ok(())
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

/// Runs something of sled's: over a damaged file it panics where it should give an error. What
/// the machine refuses is told from what the table is to blame for.
pub fn guard<T>(work: impl FnOnce() -> sled::Result<T>) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Err(sled::Error::Io(error))) if is_the_machine(&error) => {
            Err(io(Doing::Writing, Path::new(SLED_DIR))(error))
        }
        Ok(done) => done.map_err(|error| StoreError::Records(Said::same(error.to_string()))),
        Err(_) => Err(StoreError::Records(Said::fixed(
            "数据库组件中止",
            "the database component stopped",
        ))),
    }
}

/// sled gives its own findings of damage as I/O errors too, of kinds no machine gives.
fn is_the_machine(error: &std::io::Error) -> bool {
    error.raw_os_error().is_some()
        || matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::ReadOnlyFilesystem)
}

pub(super) const SLED_DIR: &str = "sled";
