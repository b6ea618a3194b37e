//! Slots, small numbers that are given in turn, found by a hash of what belongs to them: five bytes
//! each.
//!
//! Open addressing. A place has a slot in its low 27 bits and five bits of the hash above them, so
//! that hardly any is looked at in vain. What is hashed lies in the columns; it is asked for
//! when places move.

/// Bits of a slot: a directory of more cards would take ten gigabytes.
const SLOT_BITS: u32 = 27;
const SLOT: u32 = (1 << SLOT_BITS) - 1;
const EMPTY: u32 = u32::MAX;
const SMALLEST: usize = 16;

/// A table of slots.
#[derive(Debug, Default)]
pub struct Slots {
    places: Vec<u32>,
    len: usize,
}

impl Slots {
    fn home(&self, hash: u64) -> usize {
        ((u128::from(hash) * self.places.len() as u128) >> 64) as usize
    }

    fn next(&self, at: usize) -> usize {
        if at + 1 == self.places.len() { 0 } else { at + 1 }
    }

    /// The slots whose hash this may be.
    pub fn with_hash(&self, hash: u64) -> impl Iterator<Item = u32> {
        let tag = packed(hash, 0);
        let mut at = if self.places.is_empty() { 0 } else { self.home(hash) };
        std::iter::from_fn(move || {
            let place = *self.places.get(at).filter(|place| **place != EMPTY)?;
            at = self.next(at);
            Some(place)
        })
        .filter(move |place| place & !SLOT == tag)
        .map(|place| place & SLOT)
    }

    /// Adds a slot that is not in the table.
    pub fn add(&mut self, hash: u64, slot: u32, hash_of: impl Fn(u32) -> u64) {
        if (self.len + 1) * 5 > self.places.len() * 4 {
            self.resize((self.places.len() * 3 / 2).max(SMALLEST), &hash_of);
        }
        self.put(hash, slot);
        self.len += 1;
    }

    fn put(&mut self, hash: u64, slot: u32) {
        let mut at = self.home(hash);
        while self.places[at] != EMPTY {
            at = self.next(at);
        }
        self.places[at] = packed(hash, slot);
    }

    fn resize(&mut self, size: usize, hash_of: &impl Fn(u32) -> u64) {
        let before = std::mem::replace(&mut self.places, vec![EMPTY; size]);
        for place in before.into_iter().filter(|place| *place != EMPTY) {
            let slot = place & SLOT;
            self.put(hash_of(slot), slot);
        }
    }

    /// Makes room for so many in all, and gives back room for many more than that.
    pub fn reserve(&mut self, count: usize, hash_of: impl Fn(u32) -> u64) {
        let size = (count * 5).div_ceil(4) + 1;
        let wanted = size..=size.saturating_mul(2).max(SMALLEST);
        if count >= self.len && !wanted.contains(&self.places.len()) {
            self.resize(size.max(SMALLEST), &hash_of);
        }
    }

    /// Takes a slot out.
    pub(super) fn remove(&mut self, hash: u64, slot: u32, hash_of: impl Fn(u32) -> u64) {
        if self.places.is_empty() {
            return;
        }
        let wanted = packed(hash, slot);
        let mut hole = self.home(hash);
        while self.places[hole] != wanted {
            if self.places[hole] == EMPTY {
                return;
            }
            hole = self.next(hole);
        }
        // What is after the hole and would not be found across it moves up.
        let mut at = self.next(hole);
        while self.places[at] != EMPTY {
            let home = self.home(hash_of(self.places[at] & SLOT));
            let reached =
                if hole <= at { hole < home && home <= at } else { hole < home || home <= at };
            if !reached {
                self.places[hole] = self.places[at];
                hole = at;
            }
            at = self.next(at);
        }
        self.places[hole] = EMPTY;
        self.len -= 1;
    }

    /// Bytes held.
    pub(super) fn footprint(&self) -> usize {
        self.places.len() * size_of::<u32>()
    }
}

fn packed(hash: u64, slot: u32) -> u32 {
    // All ones stand for an empty place; 31 is no tag.
    let tag = (hash as u32 & 0x1f).min(30);
    tag << SLOT_BITS | slot & SLOT
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        /// Few hashes, so that many fall on one place.
        #[test]
        fn what_was_added_and_not_removed_is_found(
            steps in vec((any::<bool>(), 0u32..40, prop::sample::select(vec![0, 1, u64::MAX, u64::MAX / 2, 7 << 60, 31, 30])), 1..200),
            room in 0usize..100,
        ) {
            let (mut slots, mut model) = (Slots::default(), BTreeMap::new());
            slots.reserve(room, |_| 0);
            for (add, slot, hash) in steps {
                match model.get(&slot) {
                    Some(&held) if !add => {
                        model.remove(&slot);
                        slots.remove(held, slot, |slot| model.get(&slot).copied().unwrap_or(held));
                    }
                    None if add => {
                        slots.add(hash, slot, |slot| model[&slot]);
                        model.insert(slot, hash);
                    }
                    _ => {}
                }
                prop_assert_eq!(slots.len, model.len());
                for (slot, hash) in &model {
                    prop_assert!(slots.with_hash(*hash).any(|found| found == *slot));
                }
                prop_assert!(slots.places.iter().filter(|place| **place != EMPTY).count() == model.len());
            }
        }
    }
}
