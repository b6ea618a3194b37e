//! Sentinels: how many records of each kind there should be, and a rolling hash of them.

use super::row::{self, Key};
use std::collections::BTreeMap;

/// Count and order-independent hash of the records of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sentinel {
    /// How many records.
    pub count: u64,
    /// Wrapping sum over records of a hash of key and last sequence. The content needs no part
    /// in it: it is sealed to exactly these two.
    pub sum: u128,
}

impl Sentinel {
    /// Counts a record in.
    pub fn add(&mut self, key: &Key, last_seq: u64) {
        self.count = self.count.wrapping_add(1);
        self.sum = self.sum.wrapping_add(element(key, last_seq));
    }

    /// Takes a record out.
    pub fn remove(&mut self, key: &Key, last_seq: u64) {
        self.count = self.count.wrapping_sub(1);
        self.sum = self.sum.wrapping_sub(element(key, last_seq));
    }
}

fn element(key: &Key, last_seq: u64) -> u128 {
    let hash = blake3::hash(&row::place(key, last_seq));
    hash.as_bytes().first_chunk::<16>().map_or(0, |bytes| u128::from_le_bytes(*bytes))
}

/// Sentinels by kind code.
pub type Sentinels = BTreeMap<u16, Sentinel>;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn key(n: u8) -> Key {
        Key::new(u16::from(n % 3), crate::record::RecordId(Uuid::from_bytes([n; 16])))
    }

    proptest! {
        #[test]
        fn order_does_not_matter(mut rows in prop::collection::vec((any::<u8>(), any::<u64>()), 0..20)) {
            let sum = |rows: &[(u8, u64)]| rows.iter().fold(Sentinel::default(), |mut sentinel, (n, seq)| {
                sentinel.add(&key(*n), *seq);
                sentinel
            });
            let forward = sum(&rows);
            rows.reverse();
            prop_assert_eq!(sum(&rows), forward);
            let mut back = forward;
            for (n, seq) in &rows {
                back.remove(&key(*n), *seq);
            }
            prop_assert_eq!(back, Sentinel::default());
        }
    }
}
