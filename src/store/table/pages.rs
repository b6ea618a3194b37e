//! Records of the table one page after another, in the order of keys, not yet decoded.
//!
//! Nothing is held between two pages: what is written meanwhile is met where it sorts after.

use super::chunks;
use super::row::{Key, Row, Stored};
use super::rows::Raw;
use super::tree::Table;
use crate::record::RecordId;
use crate::store::error::StoreError;
use crate::store::journal::encoded::Glance;
use crate::store::journal::envelope;
use std::ops::{Bound, Range};

/// Where a walk has come to.
#[derive(Default)]
pub struct Reached {
    after: Option<Key>,
    /// The last chunk that was wholly given, and the table it is of: another may take its place.
    chunk: Option<(u64, Vec<u8>)>,
}

impl Reached {
    /// Behind a record.
    pub fn after(key: Option<Key>) -> Self {
        Self { after: key, chunk: None }
    }
}

/// Some records that follow one another.
#[derive(Default)]
pub struct Page {
    plain: Vec<u8>,
    records: Vec<(Key, u64, Range<usize>)>,
}

impl Page {
    fn push(&mut self, key: Key, last_seq: u64, bytes: &[u8]) {
        let start = self.plain.len();
        self.plain.extend_from_slice(bytes);
        self.records.push((key, last_seq, start..self.plain.len()));
    }

    /// The records.
    pub fn records(&self) -> impl Iterator<Item = Glimpse<'_>> {
        self.records.iter().map(|(key, last_seq, range)| {
            let plain = self.plain.get(range.clone()).unwrap_or_default();
            Glimpse { key: *key, last_seq: *last_seq, plain }
        })
    }
}

/// A record on a walk, not yet decoded.
#[derive(Clone, Copy)]
pub struct Glimpse<'p> {
    /// Which record.
    pub(in crate::store) key: Key,
    /// Sequence of the last entry that touched it.
    pub(in crate::store) last_seq: u64,
    plain: &'p [u8],
}

impl<'p> Glimpse<'p> {
    /// The record.
    ///
    /// # Errors
    /// [`StoreError::Encoding`].
    pub fn stored(&self) -> Result<Stored, StoreError> {
        Ok(Stored { record: envelope::decode(self.plain)?, last_seq: self.last_seq })
    }

    /// What lists and search go by, without making a record of it.
    ///
    /// # Errors
    /// [`StoreError::Encoding`].
    pub fn glance(&self) -> Result<Glance<'p>, StoreError> {
        envelope::glance(self.plain)
    }

    /// The bytes it is kept as.
    pub(in crate::store) fn plain(&self) -> &'p [u8] {
        self.plain
    }

    /// As a row to be written again.
    pub(in crate::store) fn row(&self) -> Row {
        Row { key: self.key, last_seq: self.last_seq, plain: self.plain.to_vec() }
    }
}

/// A chunk that was read and not opened.
struct Closed {
    raw: Raw,
    first: Key,
    last: Key,
}

impl Table {
    /// Reads about `most` records after a place, of one kind or all, and moves the place on. False
    /// when there are no more.
    ///
    /// # Errors
    /// [`StoreError::Records`] when rows cannot be read or do not open.
    pub fn next_page(
        &self,
        place: &mut Reached,
        code: Option<u16>,
        most: usize,
        page: &mut Page,
    ) -> Result<bool, StoreError> {
        page.plain.clear();
        page.records.clear();
        let (chunks, more) = self.next_chunks(place, code, most)?;
        // Chunks that came since, of kinds that are behind, do not lead back.
        let upto = chunks.last().filter(|_| more).map(|chunk| chunk.last).max(place.after);
        let upto = upto.filter(|_| more);
        let own = self.next_own(place, upto, code, most)?;
        let cut = own.len() >= most;
        let upto = own.last().filter(|_| cut).map(|(key, _)| *key).or(upto);
        let beyond = |key: &Key| upto.is_some_and(|upto| *key > upto);
        let mut own = own.into_iter().peekable();
        for chunk in chunks {
            if beyond(&chunk.first) {
                break;
            }
            if place.after.is_some_and(|after| chunk.last <= after) {
                place.chunk = Some((self.number, chunk.raw.0));
                continue;
            }
            let unpacked = chunks::unpack(&self.keys, &chunk.raw.0, &chunk.raw.1)?;
            for (key, last_seq, bytes) in unpacked.records() {
                if place.after.is_some_and(|after| key <= after) {
                    continue;
                }
                if beyond(&key) {
                    break;
                }
                let mut covered = false;
                // Where a record has both, its own row counts.
                while let Some((at, value)) = own.next_if(|(at, _)| *at <= key) {
                    self.push_own(page, at, &value)?;
                    covered |= at == key;
                }
                if !covered {
                    page.push(key, last_seq, bytes);
                }
            }
            if !beyond(&chunk.last) {
                place.chunk = Some((self.number, chunk.raw.0));
            }
        }
        own.try_for_each(|(key, value)| self.push_own(page, key, &value))?;
        let last = upto.or(page.records.last().map(|(key, ..)| *key));
        place.after = place.after.max(last);
        Ok(more || cut)
    }

    fn push_own(&self, page: &mut Page, key: Key, value: &[u8]) -> Result<(), StoreError> {
        let row = self.open_row(&key, value)?;
        page.push(row.key, row.last_seq, &row.plain);
        Ok(())
    }

    /// Rows of their own after a place.
    fn next_own(
        &self,
        place: &Reached,
        upto: Option<Key>,
        code: Option<u16>,
        most: usize,
    ) -> Result<Vec<(Key, Vec<u8>)>, StoreError> {
        let from = match place.after {
            Some(after) => Bound::Excluded(after.bytes().to_vec()),
            None => Bound::Included(lowest(code).bytes().to_vec()),
        };
        let to = match upto {
            Some(upto) => Bound::Included(upto.bytes().to_vec()),
            None => Bound::Excluded(chunks::PREFIX.to_vec()),
        };
        let mut found = Vec::new();
        if upto.is_some() && upto <= place.after {
            return Ok(found);
        }
        self.rows.range((from, to), &mut |key, value| {
            let Some(key) = Key::from_bytes(key) else { return true };
            if found.len() >= most || code.is_some_and(|code| code != key.code()) {
                return false;
            }
            found.push((key, value.to_vec()));
            true
        })?;
        Ok(found)
    }

    /// Chunks after a place, with about `most` records, and whether there are more.
    fn next_chunks(
        &self,
        place: &Reached,
        code: Option<u16>,
        most: usize,
    ) -> Result<(Vec<Closed>, bool), StoreError> {
        // One of a kind that is behind says nothing: others may have come after it.
        let same_kind = |chunk: &[u8]| {
            let of = chunks::first_of(chunk).map(|first| first.code());
            place.after.is_none_or(|after| of == Some(after.code()))
        };
        let chunk = place.chunk.as_ref();
        let chunk = chunk.filter(|(of, chunk)| *of == self.number && same_kind(chunk));
        let from = match (chunk, place.after) {
            (Some((_, chunk)), _) => Bound::Excluded(chunk.clone()),
            (None, Some(after)) => {
                let before = self.chunk_before(&after)?;
                Bound::Included(before.map_or_else(|| chunks::key_of(&after), |(at, _)| at))
            }
            (None, None) => Bound::Included(chunks::key_of(&lowest(code))),
        };
        let (mut found, mut more, mut room) = (Vec::new(), false, most.div_ceil(chunks::MOST));
        self.rows.range((from, Bound::Unbounded), &mut |key, value| {
            let Some(first) = chunks::first_of(key) else { return false };
            if code.is_some_and(|code| code != first.code()) {
                return false;
            }
            if room == 0 {
                more = true;
                return false;
            }
            room -= 1;
            let last = chunks::last_of(value).map_or(first, |last| first.beside(last));
            found.push(Closed { raw: (key.to_vec(), value.to_vec()), first, last });
            true
        })?;
        Ok((found, more))
    }

    /// The next records as rows; nothing when there are no more.
    ///
    /// # Errors
    /// As [`Self::next_page`].
    pub fn next_rows(
        &self,
        place: &mut Reached,
        most: usize,
    ) -> Result<Option<Vec<Row>>, StoreError> {
        let mut page = Page::default();
        loop {
            let more = self.next_page(place, None, most, &mut page)?;
            let rows: Vec<Row> = page.records().map(|record| record.row()).collect();
            if !rows.is_empty() || !more {
                return Ok((!rows.is_empty()).then_some(rows));
            }
        }
    }

    /// Up to `limit` records of a kind after one of them.
    ///
    /// # Errors
    /// As [`Self::next_page`].
    pub fn scan(
        &self,
        code: u16,
        after: Option<Key>,
        limit: usize,
    ) -> Result<Vec<Stored>, StoreError> {
        let (mut place, mut page, mut found) = (Reached::after(after), Page::default(), Vec::new());
        loop {
            let most = limit.saturating_sub(found.len()).min(PAGE);
            let more = self.next_page(&mut place, Some(code), most.max(1), &mut page)?;
            for record in page.records().take(limit - found.len()) {
                found.push(record.stored()?);
            }
            if !more || found.len() >= limit {
                return Ok(found);
            }
        }
    }

    /// Whether it has no record.
    ///
    /// # Errors
    /// As [`Self::next_page`].
    pub fn is_empty(&self) -> Result<bool, StoreError> {
        Ok(self.next_rows(&mut Reached::default(), 1)?.is_none())
    }
}

/// Records read at a time on the way through all of them.
pub const PAGE: usize = 2_048;

fn lowest(code: Option<u16>) -> Key {
    Key::new(code.unwrap_or(0), RecordId(uuid::Uuid::nil()))
}
