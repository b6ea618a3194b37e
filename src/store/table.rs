//! The present in sled: one tree, one row per record, and one row that says how far it is.
//!
//! Key: kind code u16 big-endian, then the record's sixteen bytes. Value: sequence of the last
//! entry that touched the record, then the epoch of the data key and the sealed record, sealed to
//! key and sequence. The row that
//! says how far the table is is sealed too, so that another station's table is not taken for ours.
//! sled is never trusted: what matters is in the journal, and what is here is watched by sentinels.
//!
//! sled writes even when it only opens. On a disk that takes nothing the same rows lie in memory,
//! brought up from the journal, so that reading goes on.

use super::checkpoint::{Sentinel, Sentinels};
use super::disk;
use super::entry;
use super::error::{Doing, StoreError, io};
use super::keys::DataKeys;
use super::seal::Purpose;
use super::unhurried::unhurried;
use crate::record::{Record, RecordId};
use crate::words::Said;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

/// At most this many operations in one sled batch: larger ones leak (storage.md).
pub const BATCH_OPS: usize = 100;
const CACHE_BYTES: u64 = 8 * 1024 * 1024;
/// Our own mark beside sled's folder: sled opens folders of other formats as if empty.
const MARKER_FILE: &str = "format";
const MARKER: &str = "yizhan records 3, sled 0.34\n";
const SLED_DIR: &str = "sled";
/// What sled's own snapshots of its page table begin with; it can do without them.
const SNAPSHOTS: &str = "snap.";
/// Shorter than any record's key, so no page of records takes it for one.
const META_KEY: &[u8] = b"m";
const META_VERSION: u8 = 2;

/// The key of a record's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key([u8; 18]);

impl Key {
    /// The key of a record of the kind with this code.
    #[must_use]
    pub fn new(code: u16, id: RecordId) -> Self {
        let mut bytes = [0; 18];
        bytes[..2].copy_from_slice(&code.to_be_bytes());
        bytes[2..].copy_from_slice(id.bytes());
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 18] {
        &self.0
    }

    /// The kind's code.
    #[must_use]
    pub fn code(&self) -> u16 {
        u16::from_be_bytes([self.0[0], self.0[1]])
    }
}

/// A row as it stands: key, and sequence with the sealed record.
pub type Row = (Key, Vec<u8>);

/// A record as it is now.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The record.
    pub record: Record,
    /// Sequence of the last entry that touched it.
    pub last_seq: u64,
}

/// How far the table is behind the journal, and what it should hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// The last entry wholly applied.
    pub seq: u64,
    /// Operations of the next entry already applied: a long entry takes several batches.
    pub part: u32,
    /// What the table holds.
    pub kinds: Sentinels,
}

impl Applied {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![META_VERSION];
        bytes.extend_from_slice(&self.seq.to_le_bytes());
        bytes.extend_from_slice(&self.part.to_le_bytes());
        for (code, sentinel) in &self.kinds {
            bytes.extend_from_slice(&code.to_le_bytes());
            bytes.extend_from_slice(&sentinel.count.to_le_bytes());
            bytes.extend_from_slice(&sentinel.sum.to_le_bytes());
        }
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        let (seq, rest) = rest.split_first_chunk::<8>()?;
        let (part, mut rest) = rest.split_first_chunk::<4>()?;
        let mut kinds = Sentinels::new();
        while !rest.is_empty() {
            let (code, after) = rest.split_first_chunk::<2>()?;
            let (count, after) = after.split_first_chunk::<8>()?;
            let (sum, after) = after.split_first_chunk::<16>()?;
            let sentinel =
                Sentinel { count: u64::from_le_bytes(*count), sum: u128::from_le_bytes(*sum) };
            kinds.insert(u16::from_le_bytes(*code), sentinel);
            rest = after;
        }
        let (seq, part) = (u64::from_le_bytes(*seq), u32::from_le_bytes(*part));
        (*version == META_VERSION).then_some(Self { seq, part, kinds })
    }
}

/// The open table.
pub struct Table {
    rows: Rows,
    keys: DataKeys,
}

/// Where the rows lie.
enum Rows {
    Sled(sled::Db, PathBuf),
    Memory(RwLock<BTreeMap<Vec<u8>, Vec<u8>>>),
}

impl Rows {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self {
            Self::Sled(db, _) => Ok(guard(|| db.get(key))?.map(|row| row.to_vec())),
            Self::Memory(rows) => Ok(read(rows).get(key).cloned()),
        }
    }

    fn write(&self, batch: Vec<(Vec<u8>, Vec<u8>)>) -> Result<(), StoreError> {
        match self {
            Self::Sled(db, _) => {
                let mut rows = sled::Batch::default();
                batch.into_iter().for_each(|(key, value)| rows.insert(key, value));
                guard(|| unhurried(|| db.apply_batch(rows)))
            }
            Self::Memory(rows) => {
                rows.write().unwrap_or_else(PoisonError::into_inner).extend(batch);
                Ok(())
            }
        }
    }
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

impl Table {
    /// Makes an empty table in `dir`, which must not exist yet.
    pub fn create(dir: &Path, keys: DataKeys) -> Result<Self, StoreError> {
        disk::make_dir(dir)?;
        // The mark is there before sled's folder is, so a half-made table can be told.
        disk::write_whole(&dir.join(MARKER_FILE), MARKER.as_bytes())?;
        Self::open_sled(dir, keys)
    }

    /// Opens the table in `dir` and says how far it is.
    ///
    /// # Errors
    /// [`StoreError::Records`] when it is not a table of ours or sled cannot open it.
    pub fn open(dir: &Path, keys: DataKeys) -> Result<(Self, Applied), StoreError> {
        let marker = disk::read_text(&dir.join(MARKER_FILE))?;
        if marker.as_deref() != Some(MARKER) {
            return Err(StoreError::Records(Said::fixed("没有格式标记", "no format mark")));
        }
        let table = Self::open_sled(dir, keys)?;
        let meta = table.rows.get(META_KEY)?;
        let applied = meta.map(|row| table.keys.open(Purpose::Records, META_KEY, &row));
        match applied.map(|plain| plain.and_then(|plain| Applied::read(&plain))) {
            Some(Some(applied)) => Ok((table, applied)),
            Some(None) => Err(StoreError::Records(Said::fixed(
                "进度行损坏，或是别的驿站的",
                "its progress row is damaged, or another station's",
            ))),
            None if table.rows(None, None, 1)?.is_empty() => Ok((table, Applied::default())),
            None => {
                Err(StoreError::Records(Said::fixed("进度行缺失", "its progress row is missing")))
            }
        }
    }

    fn open_sled(dir: &Path, keys: DataKeys) -> Result<Self, StoreError> {
        let path = dir.join(SLED_DIR);
        let config = sled::Config::new()
            .path(&path)
            .cache_capacity(CACHE_BYTES)
            .use_compression(false)
            .flush_every_ms(None);
        let db = guard(|| unhurried(|| config.open()))?;
        Ok(Self { rows: Rows::Sled(db, dir.to_path_buf()), keys })
    }

    /// An empty table that lies nowhere but in memory.
    pub fn in_memory(keys: DataKeys) -> Self {
        Self { rows: Rows::Memory(RwLock::default()), keys }
    }

    /// The record in a row.
    ///
    /// # Errors
    /// [`StoreError::Records`] when the row cannot be read or does not open.
    pub fn get(&self, key: &Key) -> Result<Option<Stored>, StoreError> {
        let row = self.rows.get(key.bytes())?;
        row.map(|value| self.read(key, &value)).transpose()
    }

    /// Sequence of the last entry that touched a record; 0 for none.
    pub fn last_seq(&self, key: &Key) -> Result<u64, StoreError> {
        let row = self.rows.get(key.bytes())?;
        Ok(row.map_or(0, |value| last_seq(&value)))
    }

    /// The bytes of a row.
    pub fn value(&self, key: &Key, record: &Record, last_seq: u64) -> Result<Vec<u8>, StoreError> {
        let sealed =
            self.keys.seal(Purpose::Records, &place(key, last_seq), &entry::encode(record)?)?;
        let mut value = Vec::with_capacity(8 + sealed.len());
        value.extend_from_slice(&last_seq.to_le_bytes());
        value.extend_from_slice(&sealed);
        Ok(value)
    }

    /// Reads the bytes of a row.
    pub fn read(&self, key: &Key, value: &[u8]) -> Result<Stored, StoreError> {
        let bad = || StoreError::Records(Said::fixed("有一行打不开", "a row does not open"));
        let (last_seq, sealed) = split(value).ok_or_else(bad)?;
        let plain =
            self.keys.open(Purpose::Records, &place(key, last_seq), sealed).ok_or_else(bad)?;
        Ok(Stored { record: entry::decode(&plain)?, last_seq })
    }

    /// Up to `limit` records after `after`, in the order of keys.
    pub fn page(
        &self,
        after: Option<&Key>,
        code: Option<u16>,
        limit: usize,
    ) -> Result<Vec<(Key, Stored)>, StoreError> {
        let rows = self.rows(after, code, limit)?;
        rows.into_iter().map(|(key, value)| Ok((key, self.read(&key, &value)?))).collect()
    }

    /// Up to `limit` rows after `after` as they stand, in the order of keys.
    pub fn rows(
        &self,
        after: Option<&Key>,
        code: Option<u16>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        use std::ops::Bound::{Excluded, Included, Unbounded};
        let from = match (after, code) {
            (Some(key), _) => Excluded(key.bytes().to_vec()),
            (None, Some(code)) => Included(code.to_be_bytes().to_vec()),
            (None, None) => Unbounded,
        };
        let mut rows = Vec::new();
        // True while more rows are wanted.
        let take = |rows: &mut Vec<Row>, key: &[u8], value: &[u8]| {
            let Ok(key) = <[u8; 18]>::try_from(key).map(Key) else { return true };
            if code.is_some_and(|code| code != key.code()) || rows.len() >= limit {
                return false;
            }
            rows.push((key, value.to_vec()));
            true
        };
        let db = match &self.rows {
            Rows::Memory(map) => {
                let map = read(map);
                let mut range = map.range::<Vec<u8>, _>((from, Unbounded));
                let _ = range.all(|(key, value)| take(&mut rows, key, value));
                return Ok(rows);
            }
            Rows::Sled(db, _) => db,
        };
        guard(|| {
            for row in db.range::<Vec<u8>, _>((from, Unbounded)) {
                let (key, value) = row?;
                if !take(&mut rows, &key, &value) {
                    break;
                }
            }
            // sled looks for pages to let go of only after 64 accesses to one of its 256 shards,
            // so a walk that touches every page once would bring the whole table into memory.
            // Asking for every row again costs a microsecond and keeps the cache to its size.
            for (key, _) in &rows {
                db.contains_key(key.bytes())?;
            }
            Ok(())
        })?;
        Ok(rows)
    }

    /// Writes rows and how far the table now is, all or nothing.
    pub fn apply(
        &self,
        rows: impl IntoIterator<Item = (Key, Vec<u8>)>,
        applied: &Applied,
    ) -> Result<(), StoreError> {
        let rows = rows.into_iter().map(|(key, value)| (key.bytes().to_vec(), value));
        let meta =
            (META_KEY.to_vec(), self.keys.seal(Purpose::Records, META_KEY, &applied.bytes())?);
        self.rows.write(rows.chain([meta]).collect())
    }

    /// Writes rows as they stand in another table. Without the row that says how far a table is,
    /// a copy that was not finished is not taken for one.
    pub fn copy(&self, rows: Vec<Row>) -> Result<(), StoreError> {
        self.rows.write(rows.into_iter().map(|(key, row)| (key.bytes().to_vec(), row)).collect())
    }

    /// Bytes of sled's main file.
    pub fn main_size(&self) -> u64 {
        match &self.rows {
            Rows::Sled(_, dir) => main_size(dir),
            Rows::Memory(_) => 0,
        }
    }

    /// Whether it lies in memory for want of a disk that takes writes.
    pub fn is_in_memory(&self) -> bool {
        matches!(self.rows, Rows::Memory(_))
    }

    /// Bytes the table's files take.
    pub fn size(&self) -> u64 {
        match &self.rows {
            Rows::Sled(_, dir) => disk::size_of(dir),
            Rows::Memory(_) => 0,
        }
    }

    /// Brings everything onto the disk. sled's own flush does not ask the disk to confirm, so
    /// its files are synced here.
    pub fn sync(&self) -> Result<(), StoreError> {
        let Rows::Sled(db, dir) = &self.rows else {
            return Err(io(Doing::Writing, Path::new(SLED_DIR))(ErrorKind::StorageFull.into()));
        };
        guard(|| unhurried(|| db.flush()))?;
        let dir = dir.join(SLED_DIR);
        for entry in std::fs::read_dir(&dir).map_err(io(Doing::Reading, &dir))? {
            let path = entry.map_err(io(Doing::Reading, &dir))?.path();
            if path.is_file() {
                match std::fs::File::open(&path).and_then(|file| file.sync_all()) {
                    // sled takes old snapshots away in its own time.
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    done => done.map_err(io(Doing::Syncing, &path))?,
                }
            }
        }
        disk::sync_dir(&dir)
    }
}

/// What a row is sealed to.
fn place(key: &Key, last_seq: u64) -> [u8; 26] {
    let mut place = [0; 26];
    place[..18].copy_from_slice(key.bytes());
    place[18..].copy_from_slice(&last_seq.to_le_bytes());
    place
}

/// Sequence of the last entry that touched the record in a row; 0 for what is no row.
pub fn last_seq(value: &[u8]) -> u64 {
    split(value).map_or(0, |(seq, _)| seq)
}

fn split(value: &[u8]) -> Option<(u64, &[u8])> {
    value.split_first_chunk::<8>().map(|(seq, sealed)| (u64::from_le_bytes(*seq), sealed))
}

/// Bytes of sled's main file of the table in a folder.
pub fn main_size(dir: &Path) -> u64 {
    dir.join(SLED_DIR).join("db").metadata().map_or(0, |found| found.len())
}

/// Copies a closed table without sled's snapshots of its page table, which sled makes again. The
/// damaged ones stay where they are. False when there are none to do without.
pub fn copy_without_snapshots(from: &Path, to: &Path) -> Result<bool, StoreError> {
    let (from, sled) = (from.join(SLED_DIR), to.join(SLED_DIR));
    let Ok(entries) = std::fs::read_dir(&from) else { return Ok(false) };
    let mut files = Vec::new();
    let mut snapshots = 0;
    for entry in entries {
        let path = entry.map_err(io(Doing::Reading, &from))?.path();
        match path.file_name().and_then(|name| name.to_str()) {
            Some(name) if name.starts_with(SNAPSHOTS) => snapshots += 1,
            Some(name) if path.is_file() => files.push((sled.join(name), path)),
            _ => {}
        }
    }
    if snapshots == 0 {
        return Ok(false);
    }
    disk::make_dir(&sled)?;
    disk::write_whole(&to.join(MARKER_FILE), MARKER.as_bytes())?;
    for (copy, file) in files {
        std::fs::copy(&file, &copy).map_err(io(Doing::Writing, &copy))?;
    }
    Ok(true)
}

/// Runs something of sled's: over a damaged file it panics where it should give an error. What
/// the machine refuses is told from what the table is to blame for.
fn guard<T>(work: impl FnOnce() -> sled::Result<T>) -> Result<T, StoreError> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn how_far_comes_back(seq: u64, part: u32, kinds in prop::collection::btree_map(any::<u16>(), (any::<u64>(), any::<u128>()), 0..6), cut: prop::sample::Index) {
            let kinds = kinds.into_iter().map(|(code, (count, sum))| (code, Sentinel { count, sum })).collect();
            let applied = Applied { seq, part, kinds };
            let bytes = applied.bytes();
            prop_assert_eq!(Applied::read(&bytes), Some(applied.clone()));
            let cut = Applied::read(&bytes[..cut.index(bytes.len())]);
            prop_assert_ne!(cut, Some(applied));
        }
    }
}
