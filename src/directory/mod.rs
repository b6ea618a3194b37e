//! The in-memory index: search by name, pinyin, phone and number; queues and counts.
//!
//! Holds a [`Card`] for every record, packed for a hundred thousand people and more, and
//! answers as fast as a person types. Knows nothing of packs, records or the disk: the
//! office makes the cards, fills the directory at the start and brings it up to date with
//! every change. Everything is plain text in memory and nothing of it is ever written.
//!
//! Reads take `&self` and writes `&mut self`, so it is behind one read-write lock.
//!
//! # How it is laid out
//!
//! A card has a slot, a `u32`. What most cards have lies in a [`mod@column`] each by slot, and is found
//! through tables of [`slots`]; facets as sets, which many cards share, in [`mod@facets`]; further
//! names, phones and identity numbers, and what few have, in [`cells`] and at the end of [`columns`]; characters, states and number series are kept
//! once. A search goes over whole columns: a mask a card
//! and an automaton for names ([`names`]), packed digits for numbers ([`digits`]). There is
//! no index to bring up to date for it, which is what keeps memory small and `put` quick.

mod card;
mod cells;
mod column;
mod columns;
mod digits;
mod facets;
mod glyph;
mod list;
mod names;
mod number;
mod same;
mod scan;
mod search;
mod slots;
mod surname;
#[cfg(test)]
mod tests;
mod text;
mod why;

pub use card::{Card, Few, IdNumber, IdRole, OfPerson};
pub use list::{CONFIDENTIAL, Filter, Link, Meaning, OPEN_TO, Sort, SortBy, Through};
pub use search::{Hit, Query};
pub use slots::Slots;
pub use why::Why;

use crate::record::{Instant, RecordId};
use cells::{Cells, NOWHERE, Parts};
use chrono::{DateTime, Datelike, NaiveDate};
use column::Column;
use columns::{IdNumbers, Phones, phones_in};
use facets::Facets;
use glyph::Glyphs;
use list::Group;
use names::{MORE_NAMES, ShortName};
use number::{Number, Numbers, Series};
use smallvec::SmallVec;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use text::{Strings, hash_of, plain_form};

/// No slot, no facet, no moment.
const NO: u32 = u32::MAX;
/// No group.
const NO_GROUP: u16 = u16::MAX;

/// One of those who carry an identity number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// The record.
    pub id: RecordId,
    pub kind: u16,
    /// Whose number it is there.
    pub role: IdRole,
}

/// The in-memory index.
#[derive(Debug)]
pub struct Directory {
    len: usize,
    /// Slots so far. One without a card stands for a person only referred to.
    slots: usize,
    free: Vec<u32>,
    ids: Column<RecordId>,
    /// So many slots from the first on have ids in order, as nearly all do that are read from a table:
    /// they are found by that, and stay what they are.
    in_order: usize,
    /// The slots after those.
    by_id: Slots,
    /// The highest id so far: what sorts after it is not here, and need not be looked for.
    highest: Option<RecordId>,
    /// Kind and state; [`NO_GROUP`] for a slot without a card.
    group_of: Column<u16>,
    /// Seconds since 1970.
    updated: Column<u32>,
    /// The same, where a card came into its state at another time than it last changed.
    entered: Column<u32>,
    numbers: Numbers,
    by_number: Slots,
    series: Series,
    /// What its names may be found by; see [`glyph::bit`].
    masks: Column<u64>,
    short_names: Column<ShortName>,
    facets: Facets,
    phones: Phones,
    id_numbers: IdNumbers,
    /// Where the rest of a card lies.
    cell_of: Column<u32>,
    cells: Cells,
    /// The first card that belongs to this one's record as a person.
    first_linked: Column<u32>,
    /// The next card of the same person.
    next_linked: Column<u32>,
    glyphs: Glyphs,
    groups: Vec<Group>,
    /// The group asked for last.
    last_group: u16,
    /// Days from the common era, and slot.
    due: BTreeSet<(u32, u32)>,
    /// Accounts.
    strings: Strings,
}

impl Default for Directory {
    fn default() -> Self {
        Self {
            len: 0,
            slots: 0,
            free: Vec::new(),
            ids: Column::new(RecordId(uuid::Uuid::nil())),
            in_order: 0,
            by_id: Slots::default(),
            highest: None,
            group_of: Column::new(NO_GROUP),
            updated: Column::new(0),
            entered: Column::new(NO),
            numbers: Numbers::default(),
            by_number: Slots::default(),
            series: Series::default(),
            masks: Column::new(0),
            short_names: Column::new(ShortName::NONE),
            facets: Facets::default(),
            phones: Phones::default(),
            id_numbers: IdNumbers::default(),
            cell_of: Column::new(NOWHERE),
            cells: Cells::default(),
            first_linked: Column::new(NO),
            next_linked: Column::new(NO),
            glyphs: Glyphs::default(),
            groups: Vec::new(),
            last_group: 0,
            due: BTreeSet::new(),
            strings: Strings::default(),
        }
    }
}

/// Whole seconds since 1970, within what 32 bits hold (until 2106).
fn seconds(at: Instant) -> u32 {
    u32::try_from(at.timestamp().max(0)).unwrap_or(NO).min(NO - 1)
}

fn instant(seconds: u32) -> Instant {
    DateTime::from_timestamp(i64::from(seconds), 0).unwrap_or_default()
}

/// Days from the common era; zero for what lies before it.
fn days(day: NaiveDate) -> u32 {
    u32::try_from(day.num_days_from_ce()).unwrap_or(0)
}

/// What a slot is found by as a record.
fn by_id(ids: &Column<RecordId>) -> impl Fn(u32) -> u64 {
    |slot| hash_of(ids.get(slot as usize))
}

/// What a slot is found by as a file.
fn by_number(series: &Series, numbers: &Numbers) -> impl Fn(u32) -> u64 {
    |slot| hash_of(series.key(numbers.get(slot as usize)))
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

    /// Makes room for so many cards in all, and gives back room for many more than that.
    pub fn reserve(&mut self, count: usize) {
        self.by_number.reserve(count, by_number(&self.series, &self.numbers));
        self.id_numbers.reserve(count);
    }

    /// Puts a card, in the place of the one with the same id.
    pub fn put(&mut self, card: &Card<'_>) {
        let slot = self.slot(card.id);
        let at = slot as usize;
        if self.group_of.get(at) != NO_GROUP {
            self.clear(slot);
        }
        let (names, title) = self.put_names(at, card);
        let mut phones = card.phones.iter().flat_map(|text| phones_in(text));
        if let Some(first) = phones.next() {
            self.phones.set_first(at, first);
        }
        let mut id_numbers = card.id_numbers.iter();
        let _first = id_numbers.find(|number| self.id_numbers.set_first(slot, number));
        self.facets.set(at, &card.facets);
        let parts = Parts {
            names,
            title,
            person: card.person.map(|person| self.link(person, slot)),
            due: card.due.map(days),
            submitted_by: card.submitted_by.as_deref().map(|name| self.strings.intern(name)),
            phones: phones.map(|word| self.phones.add(word, slot)).collect(),
            id_numbers: id_numbers.filter_map(|n| self.id_numbers.add(n, slot)).collect(),
        };
        if let Some(due) = parts.due {
            self.due.insert((due, slot));
        }
        self.put_number(slot, &card.number);
        let group = self.group(card.kind, &card.state);
        self.groups[usize::from(group)].set(slot);
        self.group_of.set(at, group);
        let (entered, updated) = (seconds(card.entered), seconds(card.updated));
        self.updated.set(at, updated);
        self.entered.set(at, if entered == updated { NO } else { entered });
        self.cell_of.set(at, self.cells.add(&parts));
        self.len += 1;
        self.sweep();
    }

    /// When a card came into its state.
    fn entered(&self, slot: usize) -> u32 {
        match self.entered.get(slot) {
            NO => self.updated.get(slot),
            entered => entered,
        }
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
    pub fn get(&self, id: RecordId) -> Option<Card<'static>> {
        let slot = self.find(id)? as usize;
        let group = self.groups.get(usize::from(self.group_of.get(slot)))?;
        let parts = self.cells.parts(self.cell_of.get(slot));
        let OfPerson { names, phones, id_numbers } = self.texts(slot, &parts);
        let title = match &parts.title {
            Some(title) => self.written(title),
            None => names.first().cloned().unwrap_or_default(),
        };
        let own = |(name, value): (&str, &str)| (name.to_string().into(), value.to_string().into());
        Some(Card {
            id,
            kind: group.kind,
            number: self.series.text(self.numbers.get(slot)).into(),
            title: title.into(),
            state: group.state.clone().into(),
            names: names.into_iter().map(Cow::Owned).collect(),
            id_numbers,
            phones: phones.into_iter().map(Cow::Owned).collect(),
            person: parts.person.map(|person| self.ids.get(person as usize)),
            due: parts.due.and_then(|d| NaiveDate::from_num_days_from_ce_opt(d.try_into().ok()?)),
            entered: instant(self.entered(slot)),
            updated: instant(self.updated.get(slot)),
            submitted_by: parts.submitted_by.map(|at| self.strings.get(at).to_string().into()),
            facets: self.facets.of(slot).map(own).collect(),
        })
    }

    /// The kind of a record that has a card.
    #[must_use]
    pub fn kind(&self, id: RecordId) -> Option<u16> {
        self.find(id).map(|slot| self.kind_of(slot as usize))
    }

    /// What the cards of somebody's records have of them; nothing where they have no card.
    #[must_use]
    pub fn of_person(&self, id: RecordId) -> Option<OfPerson> {
        let slot = self.find(id)? as usize;
        Some(self.texts(slot, &self.cells.parts(self.cell_of.get(slot))))
    }

    fn texts(&self, slot: usize, parts: &Parts) -> OfPerson {
        let short: SmallVec<[u32; 4]> = self.short_names.get(slot).glyphs().collect();
        let short = Some(self.written(&short)).filter(|name| !name.is_empty());
        let phones = parts.phones.iter().map(|&at| self.phones.text(at));
        let id_numbers = parts.id_numbers.iter().map(|&at| self.id_numbers.get(at));
        OfPerson {
            names: short.into_iter().chain(parts.names.iter().map(|n| self.written(n))).collect(),
            phones: self.phones.first(slot).into_iter().chain(phones).collect(),
            id_numbers: self.id_numbers.first(slot).into_iter().chain(id_numbers).collect(),
        }
    }

    fn written(&self, glyphs: &[u32]) -> String {
        glyphs.iter().map(|&at| self.glyphs.get(at).written).collect()
    }

    /// The record with this file number, in either case and width; the oldest if several have it.
    #[must_use]
    pub fn by_number(&self, number: &str) -> Option<RecordId> {
        let key = self.series.find(number).filter(|key| *key != self.series.key(Number::NONE))?;
        let same = |slot: &u32| self.series.key(self.numbers.get(*slot as usize)) == key;
        let found = self.by_number.with_hash(hash_of(key)).filter(same);
        found.map(|slot| self.ids.get(slot as usize)).min()
    }

    /// All who carry this identity number, by record.
    #[must_use]
    pub fn by_id_number(&self, number: &str) -> Vec<Bearer> {
        let bearer = |(slot, role): (u32, IdRole)| {
            let slot = slot as usize;
            Bearer { id: self.ids.get(slot), kind: self.kind_of(slot), role }
        };
        let mut bearers: Vec<Bearer> =
            self.id_numbers.exactly(number).into_iter().map(bearer).collect();
        bearers.sort_by_key(|bearer| (bearer.id, bearer.role));
        bearers
    }

    /// Bytes the directory holds, for the page on the machine's state.
    #[must_use]
    pub fn footprint(&self) -> usize {
        let columns = [
            self.ids.footprint(),
            self.group_of.footprint(),
            self.updated.footprint(),
            self.entered.footprint(),
            self.masks.footprint(),
            self.short_names.footprint(),
            self.facets.footprint(),
            self.cell_of.footprint(),
            self.first_linked.footprint(),
            self.next_linked.footprint(),
        ];
        columns.iter().sum::<usize>()
            + self.numbers.footprint()
            + self.by_id.footprint()
            + self.by_number.footprint()
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
        self.find_any(id).filter(|&slot| self.group_of.get(slot as usize) != NO_GROUP)
    }

    /// The slot of a record with a card or referred to by one.
    fn find_any(&self, id: RecordId) -> Option<u32> {
        self.among_those_in_order(id).or_else(|| {
            self.by_id.with_hash(hash_of(id)).find(|&slot| self.ids.get(slot as usize) == id)
        })
    }

    fn among_those_in_order(&self, id: RecordId) -> Option<u32> {
        let (mut from, mut to) = (0, self.in_order);
        while from < to {
            let middle = from + (to - from) / 2;
            match self.ids.get(middle).cmp(&id) {
                Ordering::Less => from = middle + 1,
                Ordering::Equal => return Some(middle as u32),
                Ordering::Greater => to = middle,
            }
        }
        None
    }

    /// The slot of a record, made when it has none.
    fn slot(&mut self, id: RecordId) -> u32 {
        if self.highest.is_none_or(|highest| id > highest) {
            self.highest = Some(id);
            if self.in_order == self.slots {
                self.ids.set(self.slots, id);
                self.slots += 1;
                self.in_order = self.slots;
                return (self.slots - 1) as u32;
            }
        } else if let Some(slot) = self.find_any(id) {
            return slot;
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots += 1;
            (self.slots - 1) as u32
        });
        self.ids.set(slot as usize, id);
        self.by_id.add(hash_of(id), slot, by_id(&self.ids));
        slot
    }

    /// Takes everything of a card out of its slot, which stays.
    fn clear(&mut self, slot: u32) {
        let at = slot as usize;
        let cells = self.cell_of.take(at);
        let parts = self.cells.parts(cells);
        self.cells.drop_at(cells);
        self.phones.clear_first(at);
        for phone in parts.phones {
            self.phones.remove(phone);
        }
        self.id_numbers.clear_first(slot);
        for number in parts.id_numbers {
            self.id_numbers.remove(number);
        }
        if let Some(due) = parts.due {
            self.due.remove(&(due, slot));
        }
        let hash = by_number(&self.series, &self.numbers);
        self.by_number.remove(hash(slot), slot, hash);
        self.groups[usize::from(self.group_of.take(at))].clear(slot);
        self.numbers.set(at, Number::NONE);
        self.masks.take(at);
        self.short_names.take(at);
        self.facets.clear(at);
        self.entered.take(at);
        self.len -= 1;
        if let Some(person) = parts.person {
            self.unlink(person, slot);
        }
    }

    /// Gives a slot free when nothing needs it.
    fn release(&mut self, slot: u32) {
        let at = slot as usize;
        if self.group_of.get(at) != NO_GROUP || self.first_linked.get(at) != NO {
            return;
        }
        let id = self.ids.get(at);
        if self.find_any(id) == Some(slot) {
            self.updated.take(at);
            self.next_linked.take(at);
            if at >= self.in_order {
                self.by_id.remove(hash_of(id), slot, by_id(&self.ids));
                self.free.push(slot);
            }
        }
    }

    /// Makes a card one of a person's and gives the person's slot.
    fn link(&mut self, person: RecordId, slot: u32) -> u32 {
        let person = self.slot(person);
        self.next_linked.set(slot as usize, self.first_linked.get(person as usize));
        self.first_linked.set(person as usize, slot);
        person
    }

    fn unlink(&mut self, person: u32, slot: u32) {
        let next = self.next_linked.take(slot as usize);
        let mut at = self.first_linked.get(person as usize);
        if at == slot {
            self.first_linked.set(person as usize, next);
        } else {
            while at != NO {
                let after = self.next_linked.get(at as usize);
                if after == slot {
                    self.next_linked.set(at as usize, next);
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
        let first = self.find_any(person).map(|slot| self.first_linked.get(slot as usize));
        std::iter::successors(first.and_then(known), move |&slot| {
            known(self.next_linked.get(slot as usize))
        })
    }

    /// Keeps the names of a card: gives those that are not short, and the title unless it is
    /// the first name.
    fn put_names(&mut self, at: usize, card: &Card<'_>) -> (Vec<Vec<u32>>, Option<Vec<u32>>) {
        let mut mask = 0;
        let mut others: Vec<Vec<u32>> = Vec::new();
        for (place, name) in card.names.iter().enumerate() {
            let name = self.glyphs.intern(name);
            mask = name.iter().fold(mask, |mask, &glyph| mask | self.glyphs.get(glyph).bits);
            match ShortName::new(&name).filter(|_| place == 0) {
                Some(short) => self.short_names.set(at, short),
                None => others.push(name.into_vec()),
            }
        }
        if !others.is_empty() {
            mask |= MORE_NAMES;
        }
        self.masks.set(at, mask);
        let first = card.names.first().map_or("", |name| name);
        let same = !card.names.is_empty() && first == card.title;
        // A card without any name and title has nothing to keep either.
        let nothing = card.names.is_empty() && card.title.is_empty();
        let title = (!same && !nothing).then(|| self.glyphs.intern(&card.title).into_vec());
        (others, title)
    }

    /// All names of a card, its own first.
    fn names(&self, slot: usize, parts: &Parts) -> Vec<Vec<u32>> {
        let short: Vec<u32> = self.short_names.get(slot).glyphs().collect();
        let short = Some(short).filter(|name| !name.is_empty());
        short.into_iter().chain(parts.names.iter().cloned()).collect()
    }

    fn put_number(&mut self, slot: u32, number: &str) {
        let number = plain_form(number);
        if number.is_empty() {
            return;
        }
        let number = self.series.intern(&number);
        self.numbers.set(slot as usize, number);
        let hash = by_number(&self.series, &self.numbers);
        self.by_number.add(hash(slot), slot, hash);
    }

    fn group(&mut self, kind: u16, state: &str) -> u16 {
        let same = |group: &Group| group.kind == kind && group.state == state;
        if self.groups.get(usize::from(self.last_group)).is_some_and(same) {
            return self.last_group;
        }
        let at = self.groups.iter().position(same).unwrap_or_else(|| {
            let state = state.to_string();
            self.groups.push(Group { kind, state, count: 0, members: Vec::new() });
            self.groups.len() - 1
        });
        // Packs have some hundred kinds and states, not thousands.
        self.last_group = at as u16;
        self.last_group
    }

    fn kind_of(&self, slot: usize) -> u16 {
        self.groups.get(usize::from(self.group_of.get(slot))).map_or(0, |group| group.kind)
    }

    /// Gives back the memory of cards that went away, when there is much of it.
    fn sweep(&mut self) {
        if self.cells.wants_sweeping() {
            self.cells.sweep(self.cell_of.values_mut());
        }
    }
}
