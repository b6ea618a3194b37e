//! What the journal says of each record: a line each, small, since there may be millions.

use crate::store::table::row::Key;
use hashbrown::HashTable;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

/// A record as the journal has it.
#[derive(Clone, Copy)]
struct Known {
    key: Key,
    /// The table has it.
    met: bool,
    /// The last entry that touched it.
    last_seq: u64,
    /// A hash of its content.
    content: u64,
}

/// All records the journal has told of so far, in some fifty bytes each.
pub(super) struct Ledger {
    lines: Vec<Known>,
    by_key: HashTable<u32>,
    /// Drawn anew each time (SipHash), so that nobody can have made another content with the same
    /// hash.
    hashes: RandomState,
    keys: foldhash::fast::RandomState,
}

impl Ledger {
    /// Room for so many records.
    pub fn with_room(count: usize) -> Self {
        Self {
            lines: Vec::with_capacity(count),
            by_key: HashTable::with_capacity(count),
            hashes: RandomState::new(),
            keys: foldhash::fast::RandomState::default(),
        }
    }

    fn find(&self, key: &Key) -> Option<usize> {
        let same = |at: &u32| self.lines.get(*at as usize).is_some_and(|line| line.key == *key);
        self.by_key.find(self.keys.hash_one(key), same).map(|at| *at as usize)
    }

    /// The last entry that touched a record; 0 for one that is not known.
    pub fn last_seq(&self, key: &Key) -> u64 {
        self.find(key).and_then(|at| self.lines.get(at)).map_or(0, |line| line.last_seq)
    }

    /// An entry touches a record, and puts `content` in its place where it brings any. Gives the
    /// entry that touched it before; 0 for none. A record nothing was ever put in is not kept.
    pub fn touch(&mut self, key: Key, seq: u64, content: Option<&[u8]>) -> u64 {
        let content = content.map(|bytes| self.hashes.hash_one(bytes));
        if let Some(line) = self.find(&key).and_then(|at| self.lines.get_mut(at)) {
            line.content = content.unwrap_or(line.content);
            return std::mem::replace(&mut line.last_seq, seq);
        }
        let Some(content) = content else { return 0 };
        let at = u32::try_from(self.lines.len()).unwrap_or(u32::MAX);
        self.lines.push(Known { key, met: false, last_seq: seq, content });
        let (lines, keys) = (&self.lines, &self.keys);
        let hash = |at: &u32| lines.get(*at as usize).map_or(0, |line| keys.hash_one(line.key));
        self.by_key.insert_unique(keys.hash_one(key), at, hash);
        0
    }

    /// The table has a record, last touched by the entry `last_seq`: whether the journal has it so.
    pub fn meet(&mut self, key: &Key, last_seq: u64, content: &[u8]) -> bool {
        let content = self.hashes.hash_one(content);
        let Some(line) = self.find(key).and_then(|at| self.lines.get_mut(at)) else { return false };
        !std::mem::replace(&mut line.met, true)
            && (line.last_seq, line.content) == (last_seq, content)
    }

    /// Records the table was not seen to have.
    pub fn missing(&self) -> u64 {
        self.lines.iter().filter(|line| !line.met).count() as u64
    }
}
