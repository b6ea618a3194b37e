//! What lists are narrowed by: the facets of all cards, as sets.
//!
//! Most cards have the facets of many others (made by the same account, a man, at work), so that a
//! set is kept once and a card has its number. A list asks each set whether it passes and each card
//! for its set.

use super::NO;
use super::column::Column;
use super::text::{Strings, hash_of};
use hashbrown::HashTable;
use smallvec::SmallVec;
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;

/// Facets of a card in order, by the numbers of their strings.
pub(super) type Ids = SmallVec<[u32; 12]>;

/// Stands between the name of a facet and its value; a name cannot have it.
const BETWEEN: char = '\u{0}';

/// One set.
#[derive(Clone, Copy, Debug)]
struct Set {
    /// Where it begins among the numbers of all.
    start: u32,
    len: u32,
    /// Cards that have it.
    cards: u32,
}

/// The facets of all cards.
#[derive(Debug)]
pub(super) struct Facets {
    /// The number of a card's set, by slot.
    of: Column<u32>,
    sets: Vec<Set>,
    /// The numbers of the strings of all sets, one set after the other.
    ids: Vec<u32>,
    table: HashTable<u32>,
    /// Numbers of sets nobody has.
    free: Vec<u32>,
    /// Numbers of strings that belong to no set.
    dropped: usize,
    strings: Strings,
    /// The set of the card before, which most cards have as well.
    last: u32,
    /// Where a facet is put together.
    scratch: String,
}

impl Default for Facets {
    fn default() -> Self {
        Self {
            of: Column::new(NO),
            sets: Vec::new(),
            ids: Vec::new(),
            table: HashTable::new(),
            free: Vec::new(),
            dropped: 0,
            strings: Strings::default(),
            last: NO,
            scratch: String::new(),
        }
    }
}

fn ids_of<'a>(sets: &[Set], ids: &'a [u32], set: u32) -> &'a [u32] {
    let Set { start, len, .. } = sets[set as usize];
    &ids[start as usize..(start + len) as usize]
}

impl Facets {
    /// Sets the facets of a slot that has none.
    pub(super) fn set(&mut self, slot: usize, facets: &[(Cow<'_, str>, Cow<'_, str>)]) {
        if facets.is_empty() {
            return;
        }
        if self.is(self.last, facets) {
            self.sets[self.last as usize].cards += 1;
            self.of.set(slot, self.last);
            return;
        }
        let ids: Ids = facets.iter().map(|(name, value)| self.intern(name, value)).collect();
        let hash = hash_of(ids.as_slice());
        let same = |set: &u32| ids_of(&self.sets, &self.ids, *set) == ids.as_slice();
        let set = match self.table.find(hash, same) {
            Some(set) => *set,
            None => self.add(hash, &ids),
        };
        self.sets[set as usize].cards += 1;
        self.of.set(slot, set);
        self.last = set;
    }

    /// Whether a set is just these facets.
    fn is(&self, set: u32, facets: &[(Cow<'_, str>, Cow<'_, str>)]) -> bool {
        let known = self.sets.get(set as usize);
        if known.is_none_or(|known| known.len as usize != facets.len()) {
            return false;
        }
        let ids = ids_of(&self.sets, &self.ids, set);
        ids.iter().zip(facets).all(|(id, (name, value))| {
            let rest = self.strings.get(*id).strip_prefix(&**name);
            rest.and_then(|rest| rest.strip_prefix(BETWEEN)) == Some(&**value)
        })
    }

    fn intern(&mut self, name: &str, value: &str) -> u32 {
        self.scratch.clear();
        self.scratch.push_str(name);
        self.scratch.push(BETWEEN);
        self.scratch.push_str(value);
        self.strings.intern(&self.scratch)
    }

    fn add(&mut self, hash: u64, ids: &[u32]) -> u32 {
        let set = Set { start: self.ids.len() as u32, len: ids.len() as u32, cards: 0 };
        self.ids.extend_from_slice(ids);
        let at = match self.free.pop() {
            Some(at) => {
                self.sets[at as usize] = set;
                at
            }
            None => {
                self.sets.push(set);
                (self.sets.len() - 1) as u32
            }
        };
        let (sets, all) = (&self.sets, &self.ids);
        self.table.insert_unique(hash, at, |&other| hash_of(ids_of(sets, all, other)));
        at
    }

    /// Takes away the facets of a slot.
    pub(super) fn clear(&mut self, slot: usize) {
        let at = self.of.take(slot);
        let Some(set) = self.sets.get_mut(at as usize) else { return };
        set.cards -= 1;
        if set.cards > 0 {
            return;
        }
        self.dropped += set.len as usize;
        let hash = hash_of(ids_of(&self.sets, &self.ids, at));
        if let Ok(found) = self.table.find_entry(hash, |&other| other == at) {
            found.remove();
        }
        self.sets[at as usize].len = 0;
        self.free.push(at);
        if self.dropped > (1 << 16) && self.dropped > self.ids.len() / 2 {
            self.sweep();
        }
    }

    /// Keeps only what belongs to a set.
    fn sweep(&mut self) {
        let mut kept = Vec::with_capacity(self.ids.len() - self.dropped);
        for set in &mut self.sets {
            let from = set.start as usize;
            set.start = kept.len() as u32;
            kept.extend_from_slice(&self.ids[from..from + set.len as usize]);
        }
        (self.ids, self.dropped) = (kept, 0);
    }

    /// The facets of a slot: names and values.
    pub(super) fn of(&self, slot: usize) -> impl Iterator<Item = (&str, &str)> {
        let ids = match self.of.get(slot) {
            NO => &[],
            set => ids_of(&self.sets, &self.ids, set),
        };
        ids.iter().filter_map(|id| self.strings.get(*id).split_once(BETWEEN))
    }

    /// Whether a slot has just these.
    pub(super) fn are(&self, slot: usize, facets: &[(Cow<'_, str>, Cow<'_, str>)]) -> bool {
        match self.of.get(slot) {
            NO => facets.is_empty(),
            set => self.is(set, facets),
        }
    }

    /// The number of a facet some card has or had.
    pub(super) fn find(&self, name: &str, value: &str) -> Option<u32> {
        self.strings.find(&format!("{name}{BETWEEN}{value}"))
    }

    /// The places of a facet's values in an order: those of `values` first, others by their texts.
    pub(super) fn ranks(&self, name: &str, values: &[String]) -> HashMap<u32, u32> {
        let mut found: Vec<(usize, &str, u32)> = Vec::new();
        for (id, text) in (0..).zip(self.strings.iter()) {
            let value = text.strip_prefix(name).and_then(|rest| rest.strip_prefix(BETWEEN));
            let Some(value) = value else { continue };
            let place = values.iter().position(|known| known == value).unwrap_or(values.len());
            found.push((place, value, id));
        }
        found.sort_unstable();
        (0..).zip(found).map(|(rank, (_, _, id))| (id, rank)).collect()
    }

    /// The first of these places a slot's facets have; behind all of them where it has none.
    pub(super) fn rank(&self, slot: usize, ranks: &HashMap<u32, u32>) -> u32 {
        let set = self.of.get(slot);
        let ids = if set == NO { &[] } else { ids_of(&self.sets, &self.ids, set) };
        ids.iter().find_map(|id| ranks.get(id)).copied().unwrap_or(NO)
    }

    /// Bytes held.
    pub(super) fn footprint(&self) -> usize {
        self.of.footprint()
            + self.sets.len() * size_of::<Set>()
            + (self.ids.len() + self.free.len()) * size_of::<u32>()
            + self.table.allocation_size()
            + self.strings.footprint()
    }
}

/// A question that is put to sets, each of them once however many cards have it.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// By set.
    answers: RefCell<Vec<Answer>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Answer {
    #[default]
    Open,
    No,
    Yes,
}

impl Asked {
    /// Whether the facets of a slot pass.
    #[inline]
    pub(super) fn passes(
        &self,
        facets: &Facets,
        slot: usize,
        passes: impl Fn(&[u32]) -> bool,
    ) -> bool {
        let set = facets.of.get(slot);
        if set == NO {
            return passes(&[]);
        }
        let mut answers = self.answers.borrow_mut();
        if answers.is_empty() {
            *answers = vec![Answer::Open; facets.sets.len()];
        }
        let Some(answer) = answers.get_mut(set as usize) else { return false };
        if *answer == Answer::Open {
            let yes = passes(ids_of(&facets.sets, &facets.ids, set));
            *answer = if yes { Answer::Yes } else { Answer::No };
        }
        *answer == Answer::Yes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    type Pair = (Cow<'static, str>, Cow<'static, str>);

    fn facets() -> impl Strategy<Value = Vec<Pair>> {
        vec(("[ab]", "[xyz]").prop_map(|(name, value)| (name.into(), value.into())), 0..4)
    }

    proptest! {
        /// Slots get facets and lose them again; what is kept is what was set, and is kept once.
        #[test]
        fn sets_are_what_was_set(changes in vec((0..6_usize, facets()), 1..60)) {
            let mut kept = Facets::default();
            let mut wanted: BTreeMap<usize, Vec<Pair>> = BTreeMap::new();
            for (slot, facets) in changes {
                kept.clear(slot);
                kept.set(slot, &facets);
                wanted.insert(slot, facets);
                if kept.dropped > 4 {
                    kept.sweep();
                }
                for (slot, facets) in &wanted {
                    prop_assert!(kept.are(*slot, facets), "{slot} {facets:?}");
                }
                let mut different: Vec<&Vec<Pair>> =
                    wanted.values().filter(|facets| !facets.is_empty()).collect();
                different.sort();
                different.dedup();
                prop_assert_eq!(kept.sets.len() - kept.free.len(), different.len());
                prop_assert_eq!(kept.table.len(), different.len());
            }
            let a_is_x = kept.find("a", "x");
            let asked = Asked::default();
            for (slot, facets) in &wanted {
                let has = facets.iter().any(|(name, value)| name == "a" && value == "x");
                let passes =
                    asked.passes(&kept, *slot, |ids| a_is_x.is_some_and(|it| ids.contains(&it)));
                prop_assert_eq!(passes, has);
            }
        }
    }
}
