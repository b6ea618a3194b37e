//! Lists, queues and counts.

use super::facets::Asked;
use super::search::Found;
use super::{Directory, days, seconds};
use crate::record::{Instant, RecordId};
use chrono::NaiveDate;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

/// The facet, with the value `yes`, of a card that not everybody knows of.
pub const CONFIDENTIAL: &str = "confidential";

/// The facet that names an account which knows a confidential card all the same.
pub const OPEN_TO: &str = "open_to";

/// Which cards belong to a list; what is left open lets all through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub kind: Option<u16>,
    /// In one of these states; empty for any.
    pub states: Vec<String>,
    /// With each of these facets, in one of its values.
    pub facets: Vec<(String, Vec<String>)>,
    /// Referring to a record that passes.
    pub through: Vec<Through>,
    /// Belonging to this person, whose own card counts only when it names itself.
    pub person: Option<RecordId>,
    /// Due on this day or later.
    pub due_from: Option<NaiveDate>,
    /// Due before this day. Cards without a due date are in no list that asks for one.
    pub due_before: Option<NaiveDate>,
    /// Submitted by this account.
    pub submitted_by: Option<String>,
    /// Not submitted by this account: nobody approves what they submitted.
    pub not_submitted_by: Option<String>,
    /// Without any of these facets.
    pub without: Vec<(String, String)>,
    /// As this account knows them: cards marked [`CONFIDENTIAL`] only where [`OPEN_TO`] names it.
    pub reader: Option<String>,
    /// In its state since before this moment.
    pub entered_before: Option<Instant>,
    /// Unchanged since before this moment.
    pub updated_before: Option<Instant>,
    /// Found by this text, as in [`Directory::search`]; empty for any.
    pub text: String,
    /// Meant by each of these words.
    pub words: Vec<Meaning>,
}

/// A record that a card refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Through {
    /// How it refers to it.
    pub link: Link,
    /// What that record passes.
    pub filter: Filter,
}

/// How a card refers to another record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// As the person it belongs to.
    Person,
    /// With a facet whose values are ids.
    Facet(String),
}

/// A word a list is narrowed by: a card passes that has any of what it may mean.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meaning {
    /// What the card is found by.
    pub text: String,
    /// States it may be in.
    pub states: Vec<String>,
    /// Facets it may have, each with the values that will do.
    pub facets: Vec<(String, Vec<String>)>,
    /// Records it may refer to.
    pub through: Vec<Through>,
}

impl Filter {
    /// All cards of a kind.
    #[must_use]
    pub fn of_kind(kind: u16) -> Self {
        Self { kind: Some(kind), ..Self::default() }
    }

    /// All cards of a kind in one state.
    pub fn in_state(kind: u16, state: impl Into<String>) -> Self {
        Self { kind: Some(kind), states: vec![state.into()], ..Self::default() }
    }

    /// All cards that belong to a person.
    #[must_use]
    pub fn of_person(person: RecordId) -> Self {
        Self { person: Some(person), ..Self::default() }
    }
}

/// What a list goes by. Ties go by the time of making.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum SortBy {
    /// Last changed first.
    #[default]
    Updated,
    /// Longest in its state first.
    Entered,
    /// Soonest due first, those without a date last.
    Due,
    /// File number.
    Number,
    /// Pinyin of the title.
    Title,
    /// The value of a facet; cards without it last.
    Facet {
        /// The facet.
        name: String,
        /// Its values in their order; others come after them, by their texts.
        values: Vec<String>,
    },
}

/// The order of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sort {
    /// What it goes by.
    pub by: SortBy,
    /// The other way round.
    pub reversed: bool,
}

impl From<SortBy> for Sort {
    fn from(by: SortBy) -> Self {
        Self { by, reversed: false }
    }
}

/// All cards of one kind in one state.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) kind: u16,
    pub(super) state: String,
    pub(super) count: usize,
    /// A bit a slot.
    pub(super) members: Vec<u64>,
}

impl Group {
    pub(super) fn set(&mut self, slot: u32) {
        let at = slot as usize / 64;
        if at >= self.members.len() {
            self.members.resize(at + 1, 0);
        }
        self.members[at] |= 1 << (slot % 64);
        self.count += 1;
    }

    pub(super) fn clear(&mut self, slot: u32) {
        self.members[slot as usize / 64] &= !(1 << (slot % 64));
        self.count -= 1;
    }

    fn slots(&self) -> impl Iterator<Item = u32> {
        self.members.iter().enumerate().flat_map(|(at, &members)| {
            (0..64).filter(move |bit| members >> bit & 1 == 1).map(move |bit| at as u32 * 64 + bit)
        })
    }
}

/// A filter with its strings looked up.
struct Test<'a> {
    filter: &'a Filter,
    /// For each facet the values that pass.
    facets: Vec<Vec<u32>>,
    /// Whether all that is asked of facets holds.
    of_sets: Asked,
    submitted_by: Option<u32>,
    not_submitted_by: Option<u32>,
    without: Vec<u32>,
    /// The mark of confidential cards, and the one that opens them to the reader.
    confidential: Option<(u32, Option<u32>)>,
    found: Option<Found>,
    words: Vec<MeaningTest<'a>>,
    through: Vec<ThroughTest<'a>>,
}

/// A look at the record a card refers to.
enum ThroughTest<'a> {
    /// At its person.
    Person(Box<Test<'a>>),
    /// By the facets of those that pass.
    Facet(HashSet<u32>),
}

impl<'a> ThroughTest<'a> {
    /// `None` when no record passes.
    fn new(Through { link, filter }: &'a Through, directory: &Directory) -> Option<Self> {
        Some(match link {
            Link::Person => Self::Person(Box::new(Test::new(filter, directory)?)),
            Link::Facet(name) => {
                let passing = directory.passing(filter);
                let id = |slot: u32| directory.ids.get(slot as usize).0.to_string();
                let facets =
                    passing.into_iter().filter_map(|slot| directory.facets.find(name, &id(slot)));
                Self::Facet(Some(facets.collect::<HashSet<_>>()).filter(|all| !all.is_empty())?)
            }
        })
    }

    /// Whether a card refers to one, where its person says so.
    fn by_person(&self, slot: u32, directory: &Directory) -> Option<bool> {
        let Self::Person(test) = self else { return None };
        let person = directory.cells.person(directory.cell_of.get(slot as usize));
        Some(person.is_some_and(|person| test.passes(person, directory)))
    }

    /// Whether its facets say so.
    fn by_facets(&self, set: &[u32]) -> Option<bool> {
        let Self::Facet(known) = self else { return None };
        Some(set.iter().any(|facet| known.contains(facet)))
    }
}

/// A word with its strings looked up.
struct MeaningTest<'a> {
    found: Option<Found>,
    states: &'a [String],
    facets: Vec<u32>,
    of_sets: Asked,
    through: Vec<ThroughTest<'a>>,
}

impl<'a> MeaningTest<'a> {
    fn new(word: &'a Meaning, directory: &Directory) -> Self {
        let values = |(name, values): &'a (String, Vec<String>)| {
            values.iter().filter_map(move |value| directory.facets.find(name, value))
        };
        let found = (!word.text.trim().is_empty()).then(|| Found::new(&word.text, directory));
        Self {
            found: found.flatten(),
            states: &word.states,
            facets: word.facets.iter().flat_map(values).collect(),
            of_sets: Asked::default(),
            through: word
                .through
                .iter()
                .filter_map(|through| ThroughTest::new(through, directory))
                .collect(),
        }
    }

    fn passes(&self, slot: u32, state: &str, directory: &Directory) -> bool {
        let any = |set: &[u32]| {
            self.facets.iter().any(|facet| set.contains(facet))
                || self.through.iter().any(|test| test.by_facets(set) == Some(true))
        };
        let asks = !self.facets.is_empty() || !self.through.is_empty();
        self.found.as_ref().is_some_and(|found| found.has(slot))
            || self.states.iter().any(|wanted| wanted == state)
            || asks && self.of_sets.passes(&directory.facets, slot as usize, any)
            || self.through.iter().any(|test| test.by_person(slot, directory) == Some(true))
    }
}

impl<'a> Test<'a> {
    /// `None` when no card can pass.
    fn new(filter: &'a Filter, directory: &Directory) -> Option<Self> {
        let facet = |(name, value): &(String, String)| directory.facets.find(name, value);
        let account = |name: &Option<String>| name.as_deref().map(|n| directory.strings.find(n));
        let submitted_by = account(&filter.submitted_by);
        let found = if filter.text.trim().is_empty() {
            None
        } else {
            Some(Found::new(&filter.text, directory)?)
        };
        let facets = filter.facets.iter().map(|(name, values)| {
            let known = values.iter().filter_map(|value| directory.facets.find(name, value));
            Some(known.collect::<Vec<_>>()).filter(|known| !known.is_empty())
        });
        Some(Self {
            filter,
            facets: facets.collect::<Option<_>>()?,
            of_sets: Asked::default(),
            submitted_by: match submitted_by {
                Some(None) => return None,
                other => other.flatten(),
            },
            not_submitted_by: account(&filter.not_submitted_by).flatten(),
            without: filter.without.iter().filter_map(facet).collect(),
            confidential: filter.reader.as_ref().and_then(|reader| {
                let mark = directory.facets.find(CONFIDENTIAL, "yes")?;
                Some((mark, directory.facets.find(OPEN_TO, reader)))
            }),
            found,
            words: filter.words.iter().map(|word| MeaningTest::new(word, directory)).collect(),
            through: filter
                .through
                .iter()
                .map(|through| ThroughTest::new(through, directory))
                .collect::<Option<_>>()?,
        })
    }

    fn passes(&self, slot: u32, directory: &Directory) -> bool {
        let filter = self.filter;
        let at = slot as usize;
        let group = directory.group_of.get(at);
        let Some(group) = directory.groups.get(group as usize) else { return false };
        if !group_passes(filter, group.kind, &group.state)
            || filter.entered_before.is_some_and(|moment| directory.entered(at) >= seconds(moment))
            || filter
                .updated_before
                .is_some_and(|moment| directory.updated.get(at) >= seconds(moment))
            || self.found.as_ref().is_some_and(|found| !found.has(slot))
        {
            return false;
        }
        let facets = !self.facets.is_empty()
            || !self.without.is_empty()
            || self.confidential.is_some()
            || !self.through.is_empty();
        if facets && !self.of_sets.passes(&directory.facets, at, |set| self.set_passes(set))
            || !self.through.iter().all(|test| test.by_person(slot, directory) != Some(false))
            || !self.words.iter().all(|word| word.passes(slot, &group.state, directory))
        {
            return false;
        }
        if self.submitted_by.is_none()
            && self.not_submitted_by.is_none()
            && filter.due_from.is_none()
            && filter.due_before.is_none()
        {
            return true;
        }
        let facts = directory.cells.facts(directory.cell_of.get(at));
        self.submitted_by.is_none_or(|by| facts.submitted_by == Some(by))
            && self.not_submitted_by.is_none_or(|by| facts.submitted_by != Some(by))
            && filter.due_from.is_none_or(|day| facts.due.is_some_and(|due| due >= days(day)))
            && filter.due_before.is_none_or(|day| facts.due.is_some_and(|due| due < days(day)))
    }

    fn set_passes(&self, set: &[u32]) -> bool {
        let has = |facet: &u32| set.contains(facet);
        self.facets.iter().all(|any| any.iter().any(has))
            && self.through.iter().all(|test| test.by_facets(set) != Some(false))
            && !self.without.iter().any(has)
            && self
                .confidential
                .is_none_or(|(mark, open)| !has(&mark) || open.is_some_and(|open| has(&open)))
    }
}

fn group_passes(filter: &Filter, kind: u16, state: &str) -> bool {
    filter.kind.is_none_or(|wanted| wanted == kind)
        && (filter.states.is_empty() || filter.states.iter().any(|wanted| wanted == state))
}

impl Directory {
    /// How many cards pass the filter, and the ids of a page of them.
    #[must_use]
    pub fn list(
        &self,
        filter: &Filter,
        sort: &Sort,
        offset: usize,
        limit: usize,
    ) -> (usize, Vec<RecordId>) {
        let mut slots = self.passing(filter);
        let total = slots.len();
        let end = offset.saturating_add(limit).min(total);
        if offset >= end {
            return (total, Vec::new());
        }
        match &sort.by {
            SortBy::Updated => {
                self.arrange(&mut slots, sort, end, |slot| {
                    Reverse(self.updated.get(slot as usize))
                });
            }
            SortBy::Entered => {
                self.arrange(&mut slots, sort, end, |slot| self.entered(slot as usize));
            }
            SortBy::Due => self.arrange_by_cached(&mut slots, sort, end, |slot| {
                self.cells.facts(self.cell_of.get(slot as usize)).due.unwrap_or(u32::MAX)
            }),
            SortBy::Number => self.arrange_by_cached(&mut slots, sort, end, |slot| {
                self.series.text(self.numbers.get(slot as usize))
            }),
            SortBy::Title => self.arrange_by_cached(&mut slots, sort, end, |slot| {
                let parts = self.cells.parts(self.cell_of.get(slot as usize));
                let names = self.names(slot as usize, &parts);
                let title = parts.title.or_else(|| names.into_iter().next());
                self.glyphs.sort_key(title.unwrap_or_default().into_iter())
            }),
            SortBy::Facet { name, values } => {
                let ranks = self.facets.ranks(name, values);
                self.arrange_by_cached(&mut slots, sort, end, |slot| {
                    self.facets.rank(slot as usize, &ranks)
                });
            }
        }
        let page = slots.get(offset..end).unwrap_or_default();
        (total, page.iter().map(|&slot| self.ids.get(slot as usize)).collect())
    }

    /// How many cards pass the filter: the number on a queue.
    #[must_use]
    pub fn count(&self, filter: &Filter) -> usize {
        let by_groups =
            Filter { kind: filter.kind, states: filter.states.clone(), ..Filter::default() };
        if *filter == by_groups {
            let passing = self.groups.iter().filter(|g| group_passes(filter, g.kind, &g.state));
            return passing.map(|group| group.count).sum();
        }
        self.passing(filter).len()
    }

    /// How many cards of a kind are in each state that has some, by state.
    #[must_use]
    pub fn counts(&self, kind: u16) -> BTreeMap<String, usize> {
        self.groups
            .iter()
            .filter(|group| group.kind == kind && group.count > 0)
            .map(|group| (group.state.clone(), group.count))
            .collect()
    }

    /// The slots that pass, by the narrowest way in.
    fn passing(&self, filter: &Filter) -> Vec<u32> {
        let Some(test) = Test::new(filter, self) else { return Vec::new() };
        let passes = |slot: &u32| test.passes(*slot, self);
        if let Some(person) = filter.person {
            return self.linked(person).filter(passes).collect();
        }
        if filter.due_from.is_some() || filter.due_before.is_some() {
            let from = filter.due_from.map_or(0, days);
            let before = filter.due_before.map_or(u32::MAX, days);
            if from >= before {
                return Vec::new();
            }
            let due = self.due.range((from, 0)..(before, 0));
            return due.map(|&(_, slot)| slot).filter(passes).collect();
        }
        self.groups
            .iter()
            .filter(|group| group_passes(filter, group.kind, &group.state))
            .flat_map(|group| group.slots())
            .filter(passes)
            .collect()
    }

    /// Brings the first `end` slots into order.
    fn arrange<K: Ord>(&self, slots: &mut [u32], sort: &Sort, end: usize, key: impl Fn(u32) -> K) {
        let order = |a: &u32, b: &u32| {
            let id = |slot: u32| self.ids.get(slot as usize);
            let way = key(*a).cmp(&key(*b)).then_with(|| id(*a).cmp(&id(*b)));
            if sort.reversed { way.reverse() } else { way }
        };
        if end < slots.len() {
            slots.select_nth_unstable_by(end, order);
        }
        slots[..end].sort_unstable_by(order);
    }

    /// The same where a key takes work.
    fn arrange_by_cached<K: Ord>(
        &self,
        slots: &mut Vec<u32>,
        sort: &Sort,
        end: usize,
        key: impl Fn(u32) -> K,
    ) {
        let mut keyed: Vec<(K, RecordId, u32)> =
            slots.iter().map(|&slot| (key(slot), self.ids.get(slot as usize), slot)).collect();
        let order = |a: &(K, RecordId, u32), b: &(K, RecordId, u32)| {
            let way = (&a.0, a.1).cmp(&(&b.0, b.1));
            if sort.reversed { way.reverse() } else { way }
        };
        if end < keyed.len() {
            keyed.select_nth_unstable_by(end, order);
        }
        keyed[..end].sort_unstable_by(order);
        *slots = keyed.into_iter().map(|(_, _, slot)| slot).collect();
    }
}
