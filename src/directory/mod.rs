//! The in-memory index: search by name, pinyin, phone and number; queues and counts.
//!
//! Holds a [`Card`] for every record, packed for a hundred thousand people and more, and
//! answers as fast as a person types. Knows nothing of packs, records or the disk: the
//! office makes the cards, fills the directory at the start and brings it up to date with
//! every change. Everything is plain text in memory and nothing of it is ever written.
//!
//! Reads take `&self` and writes `&mut self`, so it stands behind one read-write lock.
//!
//! # How it is laid out
//!
//! A card has a slot, a `u32`. Fixed parts lie in columns by slot; names, title and the rest
//! in [`cells`]; phones and identity numbers in [`columns`] of their own; characters,
//! states and number series are kept once. A search goes over whole columns: a mask a card
//! and an automaton for names ([`names`]), packed digits for numbers ([`digits`]). There is
//! no index to bring up to date for it, which is what keeps memory small and `put` quick.

mod card;
mod cells;
mod columns;
mod digits;
mod glyph;
mod list;
mod names;
mod number;
mod scan;
mod search;
mod surname;
#[cfg(test)]
mod tests;
mod text;

pub use card::{Card, IdNumber, IdRole};
pub use list::{CONFIDENTIAL, Filter, OPEN_TO, Sort, SortBy};
pub use search::{Hit, Query, Why};

use crate::record::{Instant, RecordId};
use cells::{Cells, Parts};
use chrono::{DateTime, Datelike, NaiveDate};
use columns::{IdNumbers, Phones, phones_in};
use glyph::Glyphs;
use hashbrown::HashTable;
use list::Group;
use names::{MORE_NAMES, ShortName};
use number::{Number, Numbers, Series};
use std::collections::BTreeSet;
use text::{Strings, hash_of};
use unicode_normalization::UnicodeNormalization;

/// No slot, no group.
const NO: u32 = u32::MAX;

/// The fixed part of a card.
#[derive(Clone, Copy, Debug)]
struct Slot {
    /// Where its variable part begins.
    cells: u32,
    /// Seconds since 1970.
    entered: u32,
    /// The first card that belongs to this one's record as a person.
    first_linked: u32,
    /// The next card of the same person.
    next_linked: u32,
}

const EMPTY: Slot = Slot { cells: 0, entered: 0, first_linked: NO, next_linked: NO };

/// One of those who carry an identity number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// The record.
    pub id: RecordId,
    /// Its kind.
    pub kind: u16,
    /// Whose number it is there.
    pub role: IdRole,
}

/// The in-memory index.
#[derive(Debug, Default)]
pub struct Directory {
    len: usize,
    /// By slot. A slot without a card stands for a person only referred to.
    ids: Vec<RecordId>,
    by_id: HashTable<u32>,
    slots: Vec<Slot>,
    /// By slot: kind and state; [`NO`] for a slot without a card.
    group_of: Vec<u32>,
    /// By slot: seconds since 1970.
    updated: Vec<u32>,
    free: Vec<u32>,
    /// By slot.
    numbers: Numbers,
    by_number: HashTable<u32>,
    series: Series,
    /// By slot: what its names may be found by; see [`glyph::bit`].
    masks: Vec<u64>,
    /// By slot.
    short_names: Vec<ShortName>,
    cells: Cells,
    glyphs: Glyphs,
    phones: Phones,
    id_numbers: IdNumbers,
    groups: Vec<Group>,
    /// Days from the common era, and slot.
    due: BTreeSet<(u32, u32)>,
    /// Accounts and facets.
    strings: Strings,
}

/// Whole seconds since 1970, within what 32 bits hold (until 2106).
fn seconds(at: Instant) -> u32 {
    u32::try_from(at.timestamp().max(0)).unwrap_or(u32::MAX)
}

fn instant(seconds: u32) -> Instant {
    DateTime::from_timestamp(i64::from(seconds), 0).unwrap_or_default()
}

/// Days from the common era; zero for what lies before it.
fn days(day: NaiveDate) -> u32 {
    u32::try_from(day.num_days_from_ce()).unwrap_or(0)
}

/// A facet as one string: the name cannot have the separator.
fn facet(name: &str, value: &str) -> String {
    format!("{name}\u{0}{value}")
}

impl Directory {
    /// A directory without cards.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Cards held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// True without a card.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Puts a card, in the place of the one with the same id.
    pub fn put(&mut self, card: &Card) {
        let slot = self.slot(card.id);
        if self.group_of[slot as usize] != NO {
            self.clear(slot);
        }
        let (names, title) = self.put_names(slot, card);
        let phones = card.phones.iter().flat_map(|text| phones_in(text));
        let parts = Parts {
            names,
            title,
            person: card.person.map(|person| self.link(person, slot)),
            due: card.due.map(days),
            submitted_by: card.submitted_by.as_deref().map(|name| self.strings.intern(name)),
            facets: card.facets.iter().map(|(n, v)| self.strings.intern(&facet(n, v))).collect(),
            phones: phones.map(|word| self.phones.add(word, slot)).collect(),
            id_numbers: card
                .id_numbers
                .iter()
                .filter_map(|n| self.id_numbers.add(n, slot))
                .collect(),
        };
        if let Some(due) = parts.due {
            self.due.insert((due, slot));
        }
        self.put_number(slot, &card.number);
        let group = self.group(card.kind, &card.state);
        self.groups[group as usize].set(slot);
        let kept = &mut self.slots[slot as usize];
        kept.cells = self.cells.add(&parts);
        kept.entered = seconds(card.entered);
        self.group_of[slot as usize] = group;
        self.updated[slot as usize] = seconds(card.updated);
        self.len += 1;
        self.sweep();
    }

    /// Takes a card away; false when there was none.
    pub fn remove(&mut self, id: RecordId) -> bool {
        let Some(slot) = self.find(id) else { return false };
        self.clear(slot);
        self.release(slot);
        self.sweep();
        true
    }

    /// The card of a record.
    #[must_use]
    pub fn get(&self, id: RecordId) -> Option<Card> {
        let slot = self.find(id)? as usize;
        let kept = &self.slots[slot];
        let group = self.groups.get(self.group_of[slot] as usize)?;
        let parts = self.cells.parts(kept.cells);
        let names = self.names(slot, &parts);
        let text =
            |glyphs: &Vec<u32>| glyphs.iter().map(|&at| self.glyphs.get(at).written).collect();
        let facet = |&at: &u32| {
            let (name, value) = self.strings.get(at).split_once('\u{0}')?;
            Some((name.to_string(), value.to_string()))
        };
        Some(Card {
            id,
            kind: group.kind,
            number: self.series.text(self.numbers.get(slot)),
            title: parts.title.as_ref().or(names.first()).map(text).unwrap_or_default(),
            state: group.state.clone(),
            names: names.iter().map(text).collect(),
            id_numbers: parts.id_numbers.iter().map(|&at| self.id_numbers.get(at)).collect(),
            phones: parts.phones.iter().map(|&at| self.phones.text(at)).collect(),
            person: parts.person.map(|person| self.ids[person as usize]),
            due: parts.due.and_then(|d| NaiveDate::from_num_days_from_ce_opt(d.try_into().ok()?)),
            entered: instant(kept.entered),
            updated: instant(self.updated[slot]),
            submitted_by: parts.submitted_by.map(|at| self.strings.get(at).to_string()),
            facets: parts.facets.iter().filter_map(facet).collect(),
        })
    }

    /// The record with this file number, in either case and width; the oldest if several have it.
    #[must_use]
    pub fn by_number(&self, number: &str) -> Option<RecordId> {
        let key = self.series.find(number).filter(|key| *key != self.series.key(Number::NONE))?;
        let same = |slot: &&u32| self.series.key(self.numbers.get(**slot as usize)) == key;
        let found = self.by_number.iter_hash(hash_of(key)).filter(same);
        found.map(|&slot| self.ids[slot as usize]).min()
    }

    /// All who carry this identity number, by record.
    #[must_use]
    pub fn by_id_number(&self, number: &str) -> Vec<Bearer> {
        let bearer = |(slot, role): (u32, IdRole)| {
            let slot = slot as usize;
            Bearer { id: self.ids[slot], kind: self.kind_of(slot), role }
        };
        let mut bearers: Vec<Bearer> =
            self.id_numbers.exactly(number).into_iter().map(bearer).collect();
        bearers.sort_by_key(|bearer| (bearer.id, bearer.role));
        bearers
    }

    /// Bytes the directory holds, for the page on the machine's state.
    #[must_use]
    pub fn footprint(&self) -> usize {
        let by_slot = size_of::<(RecordId, Slot, Number, ShortName, u64, u32, u32)>();
        self.slots.len() * by_slot
            + self.by_id.allocation_size()
            + self.by_number.allocation_size()
            + self.series.footprint()
            + self.cells.footprint()
            + self.glyphs.footprint()
            + self.phones.footprint()
            + self.id_numbers.footprint()
            + self.strings.footprint()
            + self.groups.iter().map(|group| group.members.len() * 8).sum::<usize>()
            // A node of the tree is two thirds full.
            + self.due.len() * size_of::<(u32, u32)>() * 3 / 2
    }

    /// The slot of a record with a card.
    fn find(&self, id: RecordId) -> Option<u32> {
        self.find_any(id).filter(|&slot| self.group_of[slot as usize] != NO)
    }

    /// The slot of a record with a card or referred to by one.
    fn find_any(&self, id: RecordId) -> Option<u32> {
        self.by_id.find(hash_of(id), |&slot| self.ids[slot as usize] == id).copied()
    }

    /// The slot of a record, made when it has none.
    fn slot(&mut self, id: RecordId) -> u32 {
        if let Some(slot) = self.find_any(id) {
            return slot;
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.ids.push(id);
            self.slots.push(EMPTY);
            self.numbers.push(Number::NONE);
            self.masks.push(0);
            self.short_names.push(ShortName::default());
            self.group_of.push(NO);
            self.updated.push(0);
            (self.slots.len() - 1) as u32
        });
        self.ids[slot as usize] = id;
        let ids = &self.ids;
        self.by_id.insert_unique(hash_of(id), slot, |&other| hash_of(ids[other as usize]));
        slot
    }

    /// Takes everything of a card out of its slot, which stays.
    fn clear(&mut self, slot: u32) {
        let at = slot as usize;
        let parts = self.cells.parts(self.slots[at].cells);
        self.cells.drop_at(self.slots[at].cells);
        for phone in parts.phones {
            self.phones.remove(phone);
        }
        for number in parts.id_numbers {
            self.id_numbers.remove(number);
        }
        if let Some(due) = parts.due {
            self.due.remove(&(due, slot));
        }
        let hash = hash_of(self.series.key(self.numbers.get(at)));
        if let Ok(found) = self.by_number.find_entry(hash, |&other| other == slot) {
            found.remove();
        }
        self.groups[self.group_of[at] as usize].clear(slot);
        self.numbers.set(at, Number::NONE);
        self.masks[at] = 0;
        self.short_names[at] = ShortName::default();
        self.group_of[at] = NO;
        self.len -= 1;
        if let Some(person) = parts.person {
            self.unlink(person, slot);
        }
    }

    /// Gives a slot free when nothing needs it.
    fn release(&mut self, slot: u32) {
        let at = slot as usize;
        if self.group_of[at] != NO || self.slots[at].first_linked != NO {
            return;
        }
        let hash = hash_of(self.ids[slot as usize]);
        if let Ok(found) = self.by_id.find_entry(hash, |&other| other == slot) {
            found.remove();
            self.slots[slot as usize] = EMPTY;
            self.free.push(slot);
        }
    }

    /// Makes a card one of a person's and gives the person's slot.
    fn link(&mut self, person: RecordId, slot: u32) -> u32 {
        let person = self.slot(person);
        self.slots[slot as usize].next_linked = self.slots[person as usize].first_linked;
        self.slots[person as usize].first_linked = slot;
        person
    }

    fn unlink(&mut self, person: u32, slot: u32) {
        let next = std::mem::replace(&mut self.slots[slot as usize].next_linked, NO);
        let mut at = self.slots[person as usize].first_linked;
        if at == slot {
            self.slots[person as usize].first_linked = next;
        } else {
            while at != NO {
                let after = self.slots[at as usize].next_linked;
                if after == slot {
                    self.slots[at as usize].next_linked = next;
                    break;
                }
                at = after;
            }
        }
        if person != slot {
            self.release(person);
        }
    }

    /// The slots of a person's cards.
    fn linked(&self, person: RecordId) -> impl Iterator<Item = u32> {
        let known = |slot: u32| (slot != NO).then_some(slot);
        let first = self.find_any(person).map(|slot| self.slots[slot as usize].first_linked);
        std::iter::successors(first.and_then(known), move |&slot| {
            known(self.slots[slot as usize].next_linked)
        })
    }

    /// Keeps the names of a card: gives those that are not short, and the title unless it is
    /// the first name.
    fn put_names(&mut self, slot: u32, card: &Card) -> (Vec<Vec<u32>>, Option<Vec<u32>>) {
        let at = slot as usize;
        let mut names: Vec<Vec<u32>> =
            card.names.iter().map(|name| self.glyphs.intern(name)).collect();
        let all = names.iter().flatten();
        self.masks[at] = all.fold(0, |mask, &glyph| mask | self.glyphs.get(glyph).bits);
        if let Some(short) = names.first().and_then(|name| ShortName::new(name)) {
            self.short_names[at] = short;
            names.remove(0);
        }
        if !names.is_empty() {
            self.masks[at] |= MORE_NAMES;
        }
        let same = card.names.first() == Some(&card.title);
        (names, (!same).then(|| self.glyphs.intern(&card.title)))
    }

    /// All names of a card, its own first.
    fn names(&self, slot: usize, parts: &Parts) -> Vec<Vec<u32>> {
        let short: Vec<u32> = self.short_names[slot].glyphs().collect();
        let short = Some(short).filter(|name| !name.is_empty());
        short.into_iter().chain(parts.names.iter().cloned()).collect()
    }

    fn put_number(&mut self, slot: u32, number: &str) {
        let number: String = number.trim().nfkc().collect();
        if number.is_empty() {
            return;
        }
        let number = self.series.intern(&number);
        self.numbers.set(slot as usize, number);
        let (series, numbers) = (&self.series, &self.numbers);
        self.by_number.insert_unique(hash_of(series.key(number)), slot, |&other| {
            hash_of(series.key(numbers.get(other as usize)))
        });
    }

    fn group(&mut self, kind: u16, state: &str) -> u32 {
        let known = self.groups.iter().position(|group| group.kind == kind && group.state == state);
        let at = known.unwrap_or_else(|| {
            let state = state.to_string();
            self.groups.push(Group { kind, state, count: 0, members: Vec::new() });
            self.groups.len() - 1
        });
        at as u32
    }

    fn kind_of(&self, slot: usize) -> u16 {
        self.groups.get(self.group_of[slot] as usize).map_or(0, |group| group.kind)
    }

    fn find_facet(&self, name: &str, value: &str) -> Option<u32> {
        self.strings.find(&facet(name, value))
    }

    /// Gives back the memory of cards that went away, when there is much of it.
    fn sweep(&mut self) {
        if self.cells.wants_sweeping() {
            let all = self.slots.iter_mut().zip(&self.group_of);
            self.cells
                .sweep(all.filter(|(_, group)| **group != NO).map(|(slot, _)| &mut slot.cells));
        }
    }
}
