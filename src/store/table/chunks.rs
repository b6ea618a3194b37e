//! Records that were saved together and share a row of the table: sled's cost is per operation, so
//! a million rows of one record each take seconds, and sixty-four records a row a fraction of that.
//!
//! A chunk's key sorts after every record's: [`PREFIX`], then the key of its first record. Its value
//! is the id of its last record, then, sealed and compressed, for each record in the order of keys:
//! the id but for the bytes it begins with as the one before does (their count, a byte), the last
//! sequence beyond that of the one before (signed), the length, the record's bytes; numbers as in
//! `compact.rs`. No chunk's ids are among another's.
//! A record that is changed later gets a row of its own, which counts before the chunk.

use super::row::{Key, Row};
use crate::store::error::StoreError;
use crate::store::journal::compact::{Reader, Writer};
use crate::store::journal::frame::MAX_BODY;
use crate::store::keys::DataKeys;
use crate::store::keys::seal::Purpose;
use crate::words::Said;
use std::ops::Range;

/// What the keys of chunks begin with: no record's id is as large.
pub const PREFIX: [u8; 3] = [0xff; 3];
/// Most records in a chunk.
pub const MOST: usize = 64;
/// A chunk takes no more records once it has so many bytes in plain.
const BYTES: usize = 64 * 1024;
/// Fewer records than this each get a row of their own, unless they are long.
const FEWEST: usize = 8;
/// Bytes of a record's id.
const ID: usize = 16;
/// What a chunk may say it unpacks to: what it may have before its last record, and that one.
const PLAIN_MAX: usize = MAX_BODY + 1024 * 1024;

/// The key of a chunk whose first record has this key.
pub fn key_of(first: &Key) -> Vec<u8> {
    [&PREFIX[..], first.bytes()].concat()
}

/// The key of the first record, from a chunk's key; nothing for another row's key.
pub fn first_of(key: &[u8]) -> Option<Key> {
    key.strip_prefix(&PREFIX).and_then(Key::from_bytes)
}

/// Splits records in the order of keys into those that share a row and those that have a row each.
pub fn split(records: Vec<Row>) -> (Vec<Vec<Row>>, Vec<Row>) {
    let (mut chunks, mut alone) = (Vec::new(), Vec::new());
    let mut open: Vec<Row> = Vec::new();
    let mut bytes = 0;
    let mut end = |open: &mut Vec<Row>, bytes: usize| {
        let done = std::mem::take(open);
        let few = done.len() < FEWEST && bytes < BYTES || done.len() < 2;
        if few { alone.extend(done) } else { chunks.push(done) }
    };
    for record in records {
        let full = open.len() >= MOST || bytes >= BYTES;
        if full || open.last().is_some_and(|last| last.key.code() != record.key.code()) {
            end(&mut open, bytes);
            bytes = 0;
        }
        bytes += record.plain.len();
        open.push(record);
    }
    end(&mut open, bytes);
    (chunks, alone)
}

/// Key and value of a chunk.
///
/// # Errors
/// What sealing gives; [`StoreError::Encoding`] for no records or one too long.
pub fn pack(keys: &DataKeys, records: &[Row]) -> Result<(Vec<u8>, Vec<u8>), StoreError> {
    let none = || StoreError::Encoding("an empty chunk".into());
    let (first, last) = (records.first().ok_or_else(none)?, records.last().ok_or_else(none)?);
    let mut out = Writer::default();
    let (mut before, mut seq) = ([0; ID], 0);
    for record in records {
        let id = record.key.id();
        let same = id.iter().zip(&before).take_while(|(one, other)| one == other).count();
        out.byte(same as u8);
        out.raw(id.get(same..).unwrap_or_default());
        out.signed(record.last_seq.wrapping_sub(seq).cast_signed());
        out.count(record.plain.len());
        out.raw(&record.plain);
        (before, seq) = (*id, record.last_seq);
    }
    let plain = out.done();
    let packed = lz4_flex::block::compress_prepend_size(&plain);
    let key = key_of(&first.key);
    let last = last.key.id();
    let mut value = last.to_vec();
    value.extend(keys.seal(Purpose::Records, &place(&key, last), &packed)?);
    Ok((key, value))
}

/// The last id of a chunk, which its value says in the open.
pub fn last_of(value: &[u8]) -> Option<&[u8; ID]> {
    value.first_chunk::<ID>()
}

/// A chunk that was opened.
pub struct Unpacked {
    plain: Vec<u8>,
    records: Vec<(Key, u64, Range<usize>)>,
}

impl Unpacked {
    /// Its records in the order of keys, each with the last sequence and its bytes.
    pub fn records(&self) -> impl Iterator<Item = (Key, u64, &[u8])> {
        self.records.iter().map(|(key, last_seq, range)| {
            (*key, *last_seq, self.plain.get(range.clone()).unwrap_or_default())
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// One of its records: its last sequence and its bytes.
    pub fn find(&self, key: &Key) -> Option<(u64, &[u8])> {
        let at = self.records.binary_search_by(|(other, ..)| other.cmp(key)).ok()?;
        let (_, last_seq, range) = self.records.get(at)?;
        Some((*last_seq, self.plain.get(range.clone())?))
    }

    /// The same as a row.
    pub fn row(&self, key: &Key) -> Option<Row> {
        let (last_seq, plain) = self.find(key)?;
        Some(Row { key: *key, last_seq, plain: plain.to_vec() })
    }
}

/// Opens a chunk.
///
/// # Errors
/// [`StoreError::Records`] for one that does not open or is not what it should be.
pub fn unpack(keys: &DataKeys, key: &[u8], value: &[u8]) -> Result<Unpacked, StoreError> {
    read(keys, key, value).ok_or_else(|| {
        StoreError::Records(Said::fixed("有一组记录打不开", "a group of records does not open"))
    })
}

fn read(keys: &DataKeys, key: &[u8], value: &[u8]) -> Option<Unpacked> {
    let first = first_of(key)?;
    let (last, sealed) = value.split_first_chunk::<ID>()?;
    let packed = keys.open(Purpose::Records, &place(key, last), sealed)?;
    let (size, packed) = lz4_flex::block::uncompressed_size(&packed).ok()?;
    let plain = (size <= PLAIN_MAX).then(|| lz4_flex::block::decompress(packed, size).ok())??;
    let mut from = Reader::new(&plain);
    let mut records: Vec<(Key, u64, Range<usize>)> = Vec::with_capacity(MOST);
    let (mut id, mut last_seq) = ([0; ID], 0_u64);
    while !from.is_done() {
        let other = id.get_mut(usize::from(from.byte()?)..)?;
        other.copy_from_slice(from.raw(other.len())?);
        last_seq = last_seq.wrapping_add(from.signed()?.cast_unsigned());
        let length = from.count()?;
        let end = plain.len() - from.left() + length;
        from.raw(length)?;
        let key = first.beside(&id);
        if records.last().is_some_and(|(before, ..)| *before >= key) {
            return None;
        }
        records.push((key, last_seq, end - length..end));
    }
    let fits = records.first()?.0 == first && records.last()?.0.id() == last;
    fits.then_some(Unpacked { plain, records })
}

fn place(key: &[u8], last: &[u8; ID]) -> Vec<u8> {
    [key, last].concat()
}
