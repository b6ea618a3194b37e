//! The variable part of all cards, written one after the other as small numbers: what a card has
//! besides one short name, one phone, one identity number and its facets. Most have nothing.
//!
//! A number takes a cell of sixteen bits, or more when it is large: fifteen bits each, the
//! highest bit set when another cell follows.

/// Where the part of a card lies that has nothing in it.
pub(super) const NOWHERE: u32 = u32::MAX;
const MORE: u16 = 0x8000;
const BITS: u32 = 15;

const HAS_TITLE: u32 = 1;
const HAS_PERSON: u32 = 2;
const HAS_DUE: u32 = 4;
const HAS_SUBMITTER: u32 = 8;

/// The variable part of one card; strings and characters by their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    /// Names that are not in the column of short ones.
    pub(super) names: Vec<Vec<u32>>,
    /// Absent when it is the first name.
    pub(super) title: Option<Vec<u32>>,
    /// Slot of the person.
    pub(super) person: Option<u32>,
    /// Days from the common era.
    pub(super) due: Option<u32>,
    pub(super) submitted_by: Option<u32>,
    /// Entries of further phones.
    pub(super) phones: Vec<u32>,
    /// Entries of further identity numbers.
    pub(super) id_numbers: Vec<u32>,
}

/// The facts lists ask for, read without the rest.
pub(super) struct Facts {
    /// Slot of the person.
    pub(super) person: Option<u32>,
    pub(super) due: Option<u32>,
    pub(super) submitted_by: Option<u32>,
}

/// The cells of all cards. Cells of cards that went away are dropped when they are half.
#[derive(Debug, Default)]
pub(super) struct Cells {
    cells: Vec<u16>,
    dropped: usize,
}

fn push(cells: &mut Vec<u16>, mut number: u32) {
    while number >= u32::from(MORE) {
        cells.push(number as u16 | MORE);
        number >>= BITS;
    }
    cells.push(number as u16);
}

fn push_all(cells: &mut Vec<u16>, numbers: &[u32]) {
    push(cells, numbers.len() as u32);
    for &number in numbers {
        push(cells, number);
    }
}

/// Reads numbers from a place on.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(&'a [u16]);

impl Reader<'_> {
    #[inline]
    pub(super) fn number(&mut self) -> u32 {
        let mut number = 0;
        let mut shift = 0;
        while let Some((&cell, rest)) = self.0.split_first() {
            self.0 = rest;
            number |= u32::from(cell & !MORE).checked_shl(shift).unwrap_or(0);
            shift += BITS;
            if cell & MORE == 0 {
                break;
            }
        }
        number
    }

    fn numbers(&mut self) -> Vec<u32> {
        (0..self.number()).map(|_| self.number()).collect()
    }

    fn skip_numbers(&mut self) {
        for _ in 0..self.number() {
            self.number();
        }
    }
}

impl Cells {
    /// Writes a card's part and says where it begins; one with nothing in it lies nowhere.
    pub(super) fn add(&mut self, parts: &Parts) -> u32 {
        if *parts == Parts::default() {
            return NOWHERE;
        }
        let at = self.cells.len();
        let cells = &mut self.cells;
        push(cells, parts.names.len() as u32);
        for name in &parts.names {
            push_all(cells, name);
        }
        let flag = |has: bool, flag: u32| if has { flag } else { 0 };
        push(
            cells,
            flag(parts.title.is_some(), HAS_TITLE)
                | flag(parts.person.is_some(), HAS_PERSON)
                | flag(parts.due.is_some(), HAS_DUE)
                | flag(parts.submitted_by.is_some(), HAS_SUBMITTER),
        );
        if let Some(title) = &parts.title {
            push_all(cells, title);
        }
        for number in [parts.person, parts.due, parts.submitted_by].into_iter().flatten() {
            push(cells, number);
        }
        push_all(cells, &parts.phones);
        push_all(cells, &parts.id_numbers);
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    /// The whole part of a card.
    pub(super) fn parts(&self, at: u32) -> Parts {
        self.read(at).0
    }

    /// What lists ask for.
    pub(super) fn facts(&self, at: u32) -> Facts {
        let mut reader = self.names(at);
        for _ in 0..reader.number() {
            reader.skip_numbers();
        }
        let flags = reader.number();
        if flags & HAS_TITLE != 0 {
            reader.skip_numbers();
        }
        let mut optional = |flag: u32| (flags & flag != 0).then(|| reader.number());
        let (person, due) = (optional(HAS_PERSON), optional(HAS_DUE));
        let submitted_by = optional(HAS_SUBMITTER);
        Facts { person, due, submitted_by }
    }

    /// The slot of the person a card belongs to.
    pub(super) fn person(&self, at: u32) -> Option<u32> {
        self.facts(at).person
    }

    /// Only reads the numbers of the names: their count, then each with its length.
    #[inline]
    pub(super) fn names(&self, at: u32) -> Reader<'_> {
        Reader(self.cells.get(at as usize..).unwrap_or_default())
    }

    fn read(&self, at: u32) -> (Parts, usize) {
        let mut reader = self.names(at);
        let before = reader.0.len();
        let mut parts = Parts {
            names: (0..reader.number()).map(|_| reader.numbers()).collect(),
            ..Parts::default()
        };
        let flags = reader.number();
        parts.title = (flags & HAS_TITLE != 0).then(|| reader.numbers());
        let mut optional = |flag: u32| (flags & flag != 0).then(|| reader.number());
        parts.person = optional(HAS_PERSON);
        parts.due = optional(HAS_DUE);
        parts.submitted_by = optional(HAS_SUBMITTER);
        parts.phones = reader.numbers();
        parts.id_numbers = reader.numbers();
        (parts, before - reader.0.len())
    }

    /// Forgets a card's part.
    pub(super) fn drop_at(&mut self, at: u32) {
        self.dropped += self.read(at).1;
    }

    /// True when half of the cells belong to nobody.
    pub(super) fn wants_sweeping(&self) -> bool {
        self.dropped > (1 << 16) && self.dropped > self.cells.len() / 2
    }

    /// Keeps only the parts that begin where `places` say, and tells each its new place.
    pub(super) fn sweep<'a>(&mut self, places: impl Iterator<Item = &'a mut u32>) {
        let mut kept = Self::default();
        kept.cells.reserve(self.cells.len() - self.dropped);
        for place in places {
            let from = *place as usize;
            let to = from + self.read(*place).1;
            *place = kept.cells.len() as u32;
            kept.cells.extend_from_slice(self.cells.get(from..to).unwrap_or_default());
        }
        *self = kept;
    }

    /// Bytes held.
    pub(super) fn footprint(&self) -> usize {
        self.cells.len() * size_of::<u16>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    fn parts() -> impl Strategy<Value = Parts> {
        let numbers = || vec(any::<u32>(), 0..4);
        (
            (vec(numbers(), 0..4), option::of(numbers())),
            (option::of(any::<u32>()), option::of(any::<u32>()), option::of(any::<u32>())),
            (numbers(), numbers()),
        )
            .prop_filter("one lies somewhere", |((names, _), ..)| !names.is_empty())
            .prop_map(
                |((names, title), (person, due, submitted_by), (phones, id_numbers))| Parts {
                    names,
                    title,
                    person,
                    due,
                    submitted_by,
                    phones,
                    id_numbers,
                },
            )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(all in vec(parts(), 1..6), gone in any::<prop::sample::Index>()) {
            let mut cells = Cells::default();
            let mut places: Vec<u32> = all.iter().map(|part| cells.add(part)).collect();
            let gone = gone.index(all.len());
            cells.drop_at(places.remove(gone));
            cells.sweep(places.iter_mut());
            let mut left = all;
            left.remove(gone);
            for (&at, part) in places.iter().zip(&left) {
                let facts = cells.facts(at);
                prop_assert_eq!((facts.due, facts.submitted_by), (part.due, part.submitted_by));
            }
            let read: Vec<Parts> = places.iter().map(|&at| cells.parts(at)).collect();
            prop_assert_eq!(read, left);
        }
    }
}
