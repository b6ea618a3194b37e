//! The present in sled: one tree, with a row for each record that was saved alone or changed, chunks
//! of those that came together (`chunks.rs`), and one row that says how far it is.
//!
//! Key: kind code u16 big-endian, then the record's sixteen bytes. Value: sequence of the last
//! entry that touched the record, then the epoch of the data key and the sealed record, sealed to
//! key and sequence. The row that says how far the table is is sealed too, so that another station's
//! table is not taken for ours.
//! sled is never trusted: what matters is in the journal, and what is here is watched by sentinels.
//!
//! sled writes even when it only opens. On a disk that takes nothing the same rows are in memory,
//! brought up from the journal, so that reading goes on.

use super::chunks::{self, Unpacked};
use super::row::{Key, Row, Stored, place};
use super::rows::{Raw, Rows, SLED_DIR, guard};
use super::sentinels::{Sentinel, Sentinels};
use super::unhurried::unhurried;
use crate::record::RecordId;
use crate::store::error::{Doing, StoreError, io};
use crate::store::files::disk;
use crate::store::keys::DataKeys;
use crate::store::keys::seal::Purpose;
use crate::words::Said;
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// At most this many operations in one sled batch: larger ones leak (storage.md).
pub const BATCH_OPS: usize = 100;
const CACHE_BYTES: u64 = 8 * 1024 * 1024;
/// Chunks that are kept open: one for each of those who read at the same time.
const OPEN_CHUNKS: usize = 4;
/// Our own mark beside sled's folder: sled opens folders of other formats as if empty.
const MARKER_FILE: &str = "format";
const MARKER: &str = "yizhan records 5, sled 0.34\n";
/// What sled's own snapshots of its page table begin with; it can do without them.
const SNAPSHOTS: &str = "snap.";
/// Shorter than any record's key, so no page of records takes it for one.
const META_KEY: &[u8] = b"m";
const META_VERSION: u8 = 3;

/// How far the table is behind the journal, and what it should hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// The last entry wholly applied.
    pub seq: u64,
    /// Operations of the next entry already applied: a long entry takes several batches.
    pub part: u32,
    /// What the table holds.
    pub kinds: Sentinels,
    /// About as many bytes as its rows take once it is made small: see [`counted`].
    pub live: u64,
}

impl Applied {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![META_VERSION];
        bytes.extend_from_slice(&self.seq.to_le_bytes());
        bytes.extend_from_slice(&self.part.to_le_bytes());
        bytes.extend_from_slice(&self.live.to_le_bytes());
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
        let (part, rest) = rest.split_first_chunk::<4>()?;
        let (live, mut rest) = rest.split_first_chunk::<8>()?;
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
        let live = u64::from_le_bytes(*live);
        (*version == META_VERSION).then_some(Self { seq, part, kinds, live })
    }
}

/// The open table.
pub struct Table {
    pub(in crate::store) rows: Rows,
    pub(in crate::store) keys: DataKeys,
    /// Another for each table that is opened.
    pub(in crate::store) number: u64,
    /// The highest key of each kind: what sorts after it is not here.
    highest: Mutex<BTreeMap<u16, Key>>,
    /// The chunks that were opened last: what is asked for one after the other is close together.
    opened: Mutex<SmallVec<[Arc<OpenChunk>; OPEN_CHUNKS]>>,
}

/// A chunk in plain.
struct OpenChunk {
    /// From its first record to its last.
    keys: RangeInclusive<Key>,
    /// Bytes of its row.
    size: usize,
    records: Unpacked,
}

/// Records that are written at once.
#[derive(Default)]
pub struct Writes {
    /// Those with a row of their own.
    pub own: Vec<Row>,
    /// Those that share rows, in the order of keys.
    pub chunks: Vec<Vec<Row>>,
}

impl Writes {
    /// Records in the order of keys, sharing rows where they are many.
    pub fn sharing(records: Vec<Row>) -> Self {
        let (chunks, own) = chunks::split(records);
        Self { own, chunks }
    }

    /// Keys as high as any of them.
    fn highest(&self) -> Vec<Key> {
        let last = self.chunks.iter().filter_map(|rows| rows.last());
        self.own.iter().chain(last).map(|row| row.key).collect()
    }
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
            Some(Some(applied)) => {
                for code in applied.kinds.keys() {
                    table.rise(table.last_of_kind(*code)?);
                }
                Ok((table, applied))
            }
            Some(None) => Err(StoreError::Records(Said::fixed(
                "进度行损坏，或是别的驿站的",
                "its progress row is damaged, or another station's",
            ))),
            None if table.is_empty()? => Ok((table, Applied::default())),
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
        Ok(Self::over(Rows::Sled(db, dir.to_path_buf()), keys))
    }

    /// An empty table that is nowhere but in memory.
    pub fn in_memory(keys: DataKeys) -> Self {
        Self::over(Rows::Memory(RwLock::default()), keys)
    }

    fn over(rows: Rows, keys: DataKeys) -> Self {
        static OPENED: AtomicU64 = AtomicU64::new(0);
        let number = OPENED.fetch_add(1, Ordering::Relaxed);
        Self { rows, keys, number, highest: Mutex::default(), opened: Mutex::default() }
    }

    /// A record.
    ///
    /// # Errors
    /// [`StoreError::Records`] when its row cannot be read or does not open.
    pub fn get(&self, key: &Key) -> Result<Option<Stored>, StoreError> {
        self.row(key)?.map(|row| row.stored()).transpose()
    }

    /// Sequence of the last entry that touched a record; 0 for none.
    pub fn last_seq(&self, key: &Key) -> Result<u64, StoreError> {
        Ok(self.before(key)?.0)
    }

    /// The same, and the bytes it counts for: its own row, or its part of a chunk.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn before(&self, key: &Key) -> Result<(u64, u64), StoreError> {
        if self.is_beyond(key) {
            return Ok((0, 0));
        }
        if let Some(value) = self.rows.get(key.bytes())? {
            return Ok((last_seq(&value), counted(key.bytes(), &value)));
        }
        let Some(chunk) = self.chunk_with(key)? else { return Ok((0, 0)) };
        let part = chunk.size / chunk.records.len().max(1);
        Ok(chunk.records.find(key).map_or((0, 0), |(last_seq, _)| (last_seq, part as u64)))
    }

    /// A record, opened.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn row(&self, key: &Key) -> Result<Option<Row>, StoreError> {
        match self.rows.get(key.bytes())? {
            Some(value) => self.open_row(key, &value).map(Some),
            None => Ok(self.chunk_with(key)?.and_then(|chunk| chunk.records.row(key))),
        }
    }

    /// The chunk a record without a row of its own is in, if there is such a record. A chunk that is
    /// in the table stays what it is, so one that was opened need not be looked up again.
    fn chunk_with(&self, key: &Key) -> Result<Option<Arc<OpenChunk>>, StoreError> {
        let opened = || self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let known = {
            let mut opened = opened();
            let at = opened.iter().position(|chunk| chunk.keys.contains(key));
            // The one asked for last comes first.
            at.map(|at| {
                let chunk = opened.remove(at);
                opened.insert(0, chunk.clone());
                chunk
            })
        };
        if known.is_some() {
            return Ok(known);
        }
        let Some((at, value)) = self.chunk_before(key)? else { return Ok(None) };
        let last = chunks::last_of(&value).map(|last| key.beside(last));
        if last.is_some_and(|last| last < *key) {
            return Ok(None);
        }
        let records = chunks::unpack(&self.keys, &at, &value)?;
        let Some(keys) = chunks::first_of(&at).zip(last) else { return Ok(None) };
        let chunk = OpenChunk { keys: keys.0..=keys.1, size: value.len(), records };
        let chunk = Arc::new(chunk);
        let mut opened = opened();
        opened.truncate(OPEN_CHUNKS - 1);
        opened.insert(0, chunk.clone());
        Ok(Some(chunk))
    }

    /// The chunk of the kind that begins with a key or last before it.
    pub(in crate::store) fn chunk_before(&self, key: &Key) -> Result<Option<Raw>, StoreError> {
        self.rows.last(chunks::key_of(&key.beside(&[0; 16])), chunks::key_of(key))
    }

    /// Whether a record sorts after every one of its kind, so that it is not here. New ones do, and
    /// nothing is read for them.
    pub fn is_beyond(&self, key: &Key) -> bool {
        let highest = self.highest.lock().unwrap_or_else(PoisonError::into_inner);
        highest.get(&key.code()).is_none_or(|highest| key > highest)
    }

    /// The last key of a kind.
    fn last_of_kind(&self, code: u16) -> Result<Option<Key>, StoreError> {
        let first = Key::new(code, RecordId(uuid::Uuid::nil()));
        let last = first.beside(&[0xff; 16]);
        let own = self.rows.last(first.bytes().to_vec(), last.bytes().to_vec())?;
        let own = own.and_then(|(at, _)| Key::from_bytes(&at));
        let chunk = self.chunk_before(&last)?;
        let chunk = chunk.and_then(|(_, value)| chunks::last_of(&value).map(|id| last.beside(id)));
        Ok(own.max(chunk))
    }

    fn rise(&self, keys: impl IntoIterator<Item = Key>) {
        let mut highest = self.highest.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            let known = highest.entry(key.code()).or_insert(key);
            *known = (*known).max(key);
        }
    }

    /// The same of a record that is not encoded yet.
    #[cfg(test)]
    pub fn value(
        &self,
        key: &Key,
        record: &crate::record::Record,
        last_seq: u64,
    ) -> Result<Vec<u8>, StoreError> {
        self.sealed(&Row {
            key: *key,
            last_seq,
            plain: crate::store::journal::envelope::encode_record(record),
        })
    }

    /// The bytes of the row a record has for itself.
    fn sealed(&self, row: &Row) -> Result<Vec<u8>, StoreError> {
        let Row { key, last_seq, plain } = row;
        let sealed = self.keys.seal(Purpose::Records, &place(key, *last_seq), plain)?;
        let mut value = Vec::with_capacity(8 + sealed.len());
        value.extend_from_slice(&last_seq.to_le_bytes());
        value.extend_from_slice(&sealed);
        Ok(value)
    }

    pub(in crate::store) fn open_row(&self, key: &Key, value: &[u8]) -> Result<Row, StoreError> {
        let bad = || StoreError::Records(Said::fixed("有一行打不开", "a row does not open"));
        let (last_seq, sealed) = split(value).ok_or_else(bad)?;
        let plain = self.keys.open(Purpose::Records, &place(key, last_seq), sealed);
        Ok(Row { key: *key, last_seq, plain: plain.ok_or_else(bad)? })
    }

    /// Writes rows of any bytes as if they had been applied.
    #[cfg(test)]
    pub fn apply(
        &self,
        rows: impl IntoIterator<Item = (Key, Vec<u8>)>,
        applied: &mut Applied,
    ) -> Result<(), StoreError> {
        let rows = rows.into_iter().map(|(key, value)| (key.bytes().to_vec(), value));
        self.put(rows.collect(), applied)
    }

    /// Writes records and how far the table now is, all or nothing.
    pub fn write(&self, writes: &Writes, applied: &mut Applied) -> Result<(), StoreError> {
        self.put(self.laid_out(writes)?, applied)?;
        self.rise(writes.highest());
        Ok(())
    }

    /// Writes rows and how far the table now is.
    fn put(&self, mut batch: Vec<Raw>, applied: &mut Applied) -> Result<(), StoreError> {
        applied.live += live_of(&batch);
        let meta = self.keys.seal(Purpose::Records, META_KEY, &applied.bytes())?;
        batch.push((META_KEY.to_vec(), meta));
        self.rows.write(batch)
    }

    fn laid_out(&self, writes: &Writes) -> Result<Vec<Raw>, StoreError> {
        let own = writes.own.iter().map(|row| Ok((row.key.bytes().to_vec(), self.sealed(row)?)));
        let chunks = writes.chunks.iter().map(|rows| chunks::pack(&self.keys, rows));
        own.chain(chunks).collect()
    }

    /// Writes what another table holds, in the order of keys, and gives the bytes that counts for. Without
    /// the row that says how far a table is, a copy that was not finished is not taken for one.
    pub fn copy(&self, rows: Vec<Row>) -> Result<u64, StoreError> {
        let writes = Writes::sharing(rows);
        let batch = self.laid_out(&writes)?;
        for part in batch.chunks(BATCH_OPS) {
            self.rows.write(part.to_vec())?;
        }
        self.rise(writes.highest());
        Ok(live_of(&batch))
    }

    /// Bytes of sled's main file.
    pub fn main_size(&self) -> u64 {
        match &self.rows {
            Rows::Sled(_, dir) => main_size(dir),
            Rows::Memory(_) => 0,
        }
    }

    /// Whether it is in memory for want of a disk that takes writes.
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

/// What a row counts for: a chunk its bytes, a row of its own half of them. Made small, the table
/// has that record in a chunk again, where it takes less than that.
fn counted(key: &[u8], value: &[u8]) -> u64 {
    let bytes = (key.len() + value.len()) as u64;
    if chunks::first_of(key).is_some() { bytes } else { bytes / 2 }
}

fn live_of(batch: &[Raw]) -> u64 {
    batch.iter().map(|(key, value)| counted(key, value)).sum()
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn how_far_comes_back(seq: u64, part: u32, live: u64, kinds in prop::collection::btree_map(any::<u16>(), (any::<u64>(), any::<u128>()), 0..6), cut: prop::sample::Index) {
            let kinds = kinds.into_iter().map(|(code, (count, sum))| (code, Sentinel { count, sum })).collect();
            let applied = Applied { seq, part, kinds, live };
            let bytes = applied.bytes();
            prop_assert_eq!(Applied::read(&bytes), Some(applied.clone()));
            let cut = Applied::read(&bytes[..cut.index(bytes.len())]);
            prop_assert_ne!(cut, Some(applied));
        }
    }
}
