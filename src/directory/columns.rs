//! Phones and identity numbers of all cards: the first of a card by its slot, further ones one after
//! the other.
//!
//! An identity number is kept in the form of eighteen places, whichever was entered: one number.

use super::card::{IdNumber, IdRole};
use super::column::Column;
use super::digits::{self, Run};
use super::scan::pick;
use super::slots::Slots;
use super::text::{Strings, folded_id, hash_of};
use super::why::Why;
use crate::record::{id_key, old_id_form};
use hashbrown::HashTable;
use std::borrow::Cow;

/// Places at the end of a phone or an identity number it is found by: those a mask leaves in
/// sight. Anything else finds only the whole number.
pub(super) const LAST: usize = 4;
/// The owner of an entry nobody uses.
const NOBODY: u32 = u32::MAX;
/// Packed digits of no number.
const NO_WORD: u64 = u64::MAX;

/// All phones: packed digits.
#[derive(Debug)]
pub(super) struct Phones {
    /// By slot.
    first: Column<u64>,
    /// Further ones, and the slots they belong to.
    words: Vec<u64>,
    owners: Vec<u32>,
    free: Vec<u32>,
}

impl Default for Phones {
    fn default() -> Self {
        Self { first: Column::new(NO_WORD), words: vec![], owners: vec![], free: vec![] }
    }
}

/// The phones of a text, packed: more than one where it separates them.
pub(super) fn phones_in(text: &str) -> impl Iterator<Item = u64> {
    text.split(['/', '、', ',', '，', ';', '；']).filter_map(|part| {
        let mut digits = folded_id(part);
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            digits = Cow::Owned(digits.chars().filter(char::is_ascii_digit).collect());
        }
        let local = digits.strip_prefix("86").filter(|local| local.len() == 11);
        let digits = local.unwrap_or(&digits);
        let digits = digits.get(..digits::WORD).unwrap_or(digits);
        digits::pack(digits).filter(|_| !digits.is_empty())
    })
}

impl Phones {
    /// Sets the first phone of a slot.
    pub(super) fn set_first(&mut self, slot: usize, word: u64) {
        self.first.set(slot, word);
    }

    /// Takes away the first phone of a slot.
    pub(super) fn clear_first(&mut self, slot: usize) {
        self.first.take(slot);
    }

    /// The first phone of a slot.
    pub(super) fn first(&self, slot: usize) -> Option<String> {
        let word = self.first.get(slot);
        (word != NO_WORD).then(|| digits::unpack(word))
    }

    /// Adds a further phone.
    pub(super) fn add(&mut self, word: u64, owner: u32) -> u32 {
        if let Some(at) = self.free.pop() {
            (self.words[at as usize], self.owners[at as usize]) = (word, owner);
            return at;
        }
        self.words.push(word);
        self.owners.push(owner);
        (self.words.len() - 1) as u32
    }

    /// Takes away a further phone.
    pub(super) fn remove(&mut self, at: u32) {
        (self.words[at as usize], self.owners[at as usize]) = (NO_WORD, NOBODY);
        self.free.push(at);
    }

    /// A further phone.
    pub(super) fn text(&self, at: u32) -> String {
        digits::unpack(self.words[at as usize])
    }

    /// Whether the phones of a slot, with these further ones, are these.
    pub(super) fn are(
        &self,
        slot: usize,
        further: &[u32],
        phones: impl Iterator<Item = u64>,
    ) -> bool {
        let first = Some(self.first.get(slot)).filter(|word| *word != NO_WORD);
        first.into_iter().chain(further.iter().map(|at| self.words[*at as usize])).eq(phones)
    }

    /// Tells the slot of every phone that is the run, or ends in it where it is four digits.
    pub(super) fn find(&self, run: &Run, mut found: impl FnMut(u32, Why)) {
        let run = *run;
        let why = |word: u64| match () {
            () if run.is_whole(word) => Some(Why::Phone),
            () if run.len() == LAST && run.ends(word) => Some(Why::PhoneEnd),
            () => None,
        };
        let mut look = |words: &[u64], owner: &dyn Fn(usize) -> u32| {
            pick(
                words,
                |_, &word| run.may_be_inside(word),
                |at| {
                    if let Some(why) = why(words[at]).filter(|_| owner(at) != NOBODY) {
                        found(owner(at), why);
                    }
                },
            );
        };
        for (start, words) in self.first.pages() {
            look(words, &|at| (start + at) as u32);
        }
        look(&self.words, &|at| self.owners[at]);
    }

    /// Bytes held.
    pub(super) fn footprint(&self) -> usize {
        self.first.footprint() + self.words.len() * (size_of::<u64>() + size_of::<u32>())
    }
}

/// How an identity number is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Eighteen places (GB 11643): sixteen in the word, two here.
    Eighteen(u8),
    /// The same, entered as the fifteen digits that were issued before 1999.
    Fifteen(u8),
    /// Anything else: the word is the number of a string.
    Text,
    /// The entry is free.
    Free,
}

/// What a number has besides its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rest {
    form: Form,
    role: IdRole,
}

const NO_REST: Rest = Rest { form: Form::Free, role: IdRole::Other };

/// All identity numbers, looked up exactly or by their last places.
#[derive(Debug)]
pub(super) struct IdNumbers {
    /// By slot.
    first: Column<u64>,
    /// By slot.
    rests: Column<Rest>,
    by_first: Slots,
    /// Further ones, and the slots they belong to.
    words: Vec<u64>,
    entries: Vec<(u32, Rest)>,
    free: Vec<u32>,
    by_further: HashTable<u32>,
    /// Numbers of other forms, folded.
    texts: Strings,
}

impl Default for IdNumbers {
    fn default() -> Self {
        Self {
            first: Column::new(NO_WORD),
            rests: Column::new(NO_REST),
            by_first: Slots::default(),
            words: Vec::new(),
            entries: Vec::new(),
            free: Vec::new(),
            by_further: HashTable::new(),
            texts: Strings::default(),
        }
    }
}

/// Packs a folded number of fifteen or eighteen places.
fn packed(number: &str) -> Option<(u64, Form)> {
    if !matches!(number.len(), 15 | 18) {
        return None;
    }
    let new = match number.len() {
        18 => Cow::Borrowed(number),
        _ => Cow::Owned(id_key(number)),
    };
    let (head, tail) = new.split_at_checked(digits::WORD).filter(|_| new.len() == 18)?;
    let (word, rest) = (digits::pack(head)?, (digits::pack(tail)? >> 56) as u8);
    Some((word, if number == new { Form::Eighteen(rest) } else { Form::Fifteen(rest) }))
}

fn unpacked(word: u64, rest: u8) -> String {
    let rest = u64::from(rest) << 56 | (u64::MAX >> 8);
    digits::unpack(word) + &digits::unpack(rest)
}

impl Form {
    /// The two places after the word, where it has them.
    fn rest(self) -> Option<u8> {
        match self {
            Self::Eighteen(rest) | Self::Fifteen(rest) => Some(rest),
            Self::Text | Self::Free => None,
        }
    }
}

fn hash_key(word: u64, form: Form) -> u64 {
    hash_of((word, form.rest().unwrap_or(0)))
}

/// What the first number of a slot is found by.
fn hash_by(first: &Column<u64>, rests: &Column<Rest>) -> impl Fn(u32) -> u64 {
    |slot| hash_key(first.get(slot as usize), rests.get(slot as usize).form)
}

impl IdNumbers {
    fn kept(&mut self, number: &IdNumber<'_>) -> Option<(u64, Rest)> {
        let folded = folded_id(&number.number);
        if folded.is_empty() {
            return None;
        }
        let (word, form) =
            packed(&folded).unwrap_or_else(|| (self.texts.intern(&folded).into(), Form::Text));
        Some((word, Rest { form, role: number.role }))
    }

    /// Sets the first number of a slot; false when nothing of it is letter or digit.
    pub(super) fn set_first(&mut self, slot: u32, number: &IdNumber<'_>) -> bool {
        let Some((word, rest)) = self.kept(number) else { return false };
        let at = slot as usize;
        self.first.set(at, word);
        self.rests.set(at, rest);
        self.by_first.add(hash_key(word, rest.form), slot, hash_by(&self.first, &self.rests));
        true
    }

    /// Takes away the first number of a slot.
    pub(super) fn clear_first(&mut self, slot: u32) {
        let at = slot as usize;
        let (word, rest) = (self.first.get(at), self.rests.get(at));
        if rest == NO_REST {
            return;
        }
        self.by_first.remove(hash_key(word, rest.form), slot, hash_by(&self.first, &self.rests));
        self.first.take(at);
        self.rests.take(at);
    }

    /// The first number of a slot.
    pub(super) fn first(&self, slot: usize) -> Option<IdNumber<'static>> {
        let rest = self.rests.get(slot);
        (rest != NO_REST).then(|| self.text(self.first.get(slot), rest))
    }

    /// Adds a further number; `None` when nothing of it is letter or digit.
    pub(super) fn add(&mut self, number: &IdNumber<'_>, owner: u32) -> Option<u32> {
        let (word, rest) = self.kept(number)?;
        let at = if let Some(at) = self.free.pop() {
            (self.words[at as usize], self.entries[at as usize]) = (word, (owner, rest));
            at
        } else {
            self.words.push(word);
            self.entries.push((owner, rest));
            (self.entries.len() - 1) as u32
        };
        let (words, entries) = (&self.words, &self.entries);
        self.by_further.insert_unique(hash_key(word, rest.form), at, |&other| {
            hash_key(words[other as usize], entries[other as usize].1.form)
        });
        Some(at)
    }

    /// Takes away a further number.
    pub(super) fn remove(&mut self, at: u32) {
        let (owner, rest) = &mut self.entries[at as usize];
        let hash = hash_key(self.words[at as usize], rest.form);
        if let Ok(found) = self.by_further.find_entry(hash, |&other| other == at) {
            found.remove();
        }
        (rest.form, *owner) = (Form::Free, NOBODY);
        self.free.push(at);
    }

    /// A further number.
    pub(super) fn get(&self, at: u32) -> IdNumber<'static> {
        self.text(self.words[at as usize], self.entries[at as usize].1)
    }

    fn text(&self, word: u64, rest: Rest) -> IdNumber<'static> {
        let number = match rest.form {
            Form::Eighteen(last) => unpacked(word, last),
            Form::Fifteen(last) => {
                let new = unpacked(word, last);
                old_id_form(&new).unwrap_or(new)
            }
            Form::Text => self.texts.get(word as u32).to_string(),
            Form::Free => String::new(),
        };
        IdNumber { role: rest.role, number: number.into() }
    }

    /// Whether the numbers of a slot, with these further ones, are these.
    pub(super) fn are(&self, slot: usize, further: &[u32], numbers: &[IdNumber<'_>]) -> bool {
        let first = Some((self.first.get(slot), self.rests.get(slot)));
        let first = first.filter(|(_, rest)| *rest != NO_REST);
        let further =
            further.iter().map(|at| (self.words[*at as usize], self.entries[*at as usize].1));
        let wanted = numbers.iter().filter_map(|number| {
            let folded = folded_id(&number.number);
            let (word, form) = packed(&folded).or_else(|| {
                let text = self.texts.find(&folded);
                (!folded.is_empty()).then(|| (text.map_or(NO_WORD, u64::from), Form::Text))
            })?;
            Some((word, Rest { form, role: number.role }))
        });
        first.into_iter().chain(further).eq(wanted)
    }

    /// Slots with this number in either of its forms, and whose it is there.
    pub(super) fn exactly(&self, number: &str) -> Vec<(u32, IdRole)> {
        let folded = folded_id(number);
        let wanted =
            packed(&folded).or_else(|| self.texts.find(&folded).map(|at| (at.into(), Form::Text)));
        let Some((word, form)) = wanted else { return Vec::new() };
        let hash = hash_key(word, form);
        let same = |other: u64, rest: Rest| {
            (other, rest.form.rest()) == (word, form.rest()) && rest.form != Form::Free
        };
        let first = self.by_first.with_hash(hash).filter_map(|slot| {
            let (other, rest) = (self.first.get(slot as usize), self.rests.get(slot as usize));
            same(other, rest).then_some((slot, rest.role))
        });
        let further = self.by_further.iter_hash(hash).filter_map(|at| {
            let (owner, rest) = self.entries[*at as usize];
            same(self.words[*at as usize], rest).then_some((owner, rest.role))
        });
        first.chain(further).collect()
    }

    /// Tells the slot of every number that is the folded piece, in either of its forms, or ends in
    /// it as it was entered, where it is four places.
    pub(super) fn find(&self, piece: &str, mut found: impl FnMut(u32, Why)) {
        if let Some(ends) = Ends::new(piece) {
            let may_be = ends.may_be();
            for (start, words) in self.first.pages() {
                pick(
                    words,
                    |_, &word| may_be(word),
                    |at| {
                        if let Some(why) = ends.find(words[at], self.rests.get(start + at).form) {
                            found((start + at) as u32, why);
                        }
                    },
                );
            }
            pick(
                &self.words,
                |_, &word| may_be(word),
                |at| {
                    let (owner, rest) = self.entries[at];
                    if let Some(why) = ends.find(self.words[at], rest.form) {
                        found(owner, why);
                    }
                },
            );
        }
        let texts: Vec<Option<Why>> = self.texts.iter().map(|text| text_end(text, piece)).collect();
        if texts.iter().all(Option::is_none) {
            return;
        }
        let mut look = |owner: u32, word: u64, rest: Rest| {
            if rest.form == Form::Text
                && let Some(why) = texts.get(word as usize).copied().flatten()
            {
                found(owner, why);
            }
        };
        for (start, rests) in self.rests.pages() {
            for (slot, rest) in (start..).zip(rests) {
                look(slot as u32, self.first.get(slot), *rest);
            }
        }
        for (word, (owner, rest)) in self.words.iter().zip(&self.entries) {
            look(*owner, *word, *rest);
        }
    }

    /// Makes room for so many cards.
    pub(super) fn reserve(&mut self, count: usize) {
        self.by_first.reserve(count, hash_by(&self.first, &self.rests));
    }

    /// Bytes held.
    pub(super) fn footprint(&self) -> usize {
        self.first.footprint()
            + self.rests.footprint()
            + self.by_first.footprint()
            + self.entries.len() * (size_of::<(u32, Rest)>() + size_of::<u64>())
            + self.by_further.allocation_size()
            + self.texts.footprint()
    }
}

fn text_end(text: &str, piece: &str) -> Option<Why> {
    match () {
        () if text == piece => Some(Why::IdNumber),
        () if text.ends_with(piece) && piece.chars().count() == LAST => Some(Why::IdNumberEnd),
        () => None,
    }
}

/// The piece at one place of a number: the bits it covers and their values, in the word and
/// in the two places after it.
#[derive(Clone, Copy)]
struct Place {
    mask: (u64, u8),
    piece: (u64, u8),
}

impl Place {
    fn new(mask: u128, piece: u128) -> Self {
        let parts = |bits: u128| ((bits >> 8) as u64, bits as u8);
        Self { mask: parts(mask), piece: parts(piece) }
    }

    /// At a place of the fifteen digits that became the number: six are before the century,
    /// nine between it and the check character.
    fn old(mask: u128, piece: u128) -> Self {
        let spread = |bits: u128| (bits >> 36) << 48 | (bits & ((1 << 36) - 1)) << 4;
        Self::new(spread(mask), spread(piece))
    }

    #[inline]
    fn has(&self, word: u64, rest: u8) -> bool {
        (word & self.mask.0 == self.piece.0) & (rest & self.mask.1 == self.piece.1)
    }
}

/// What an identity number is found by, at the places where it is in the form of eighteen
/// places and in that of fifteen: all of it, or the last four.
struct Ends {
    /// All of a number is looked for, in whichever form it was entered.
    whole: bool,
    /// None where only the form of fifteen places has as many.
    new: Option<Place>,
    /// None where only the form of eighteen places has as many.
    old: Option<Place>,
}

impl Ends {
    fn new(piece: &str) -> Option<Self> {
        let places = piece.chars().count();
        let mut packed = 0_u128;
        for c in piece.chars().take(19) {
            let digit = if c == 'X' { 10 } else { c.to_digit(10)? };
            packed = packed << 4 | u128::from(digit);
        }
        let mask = |places: u32| (1_u128 << (4 * places)) - 1;
        let new = |places| Some(Place::new(mask(places), packed));
        let old = |places| Some(Place::old(mask(places), packed));
        match places {
            LAST => Some(Self { whole: false, new: new(4), old: old(4) }),
            15 => Some(Self { whole: true, new: None, old: old(15) }),
            18 => Some(Self { whole: true, new: new(18), old: None }),
            _ => None,
        }
    }

    /// A quick test of the word, which most words that do not match fail.
    fn may_be(&self) -> impl Fn(u64) -> bool + use<> {
        let places = [self.new.or(self.old), self.old.or(self.new)];
        let [one, other] =
            places.map(|place| place.map_or((0, 1), |place| (place.mask.0, place.piece.0)));
        move |word| (word & one.0 == one.1) | (word & other.0 == other.1)
    }

    #[inline]
    fn find(&self, word: u64, form: Form) -> Option<Why> {
        let rest = form.rest()?;
        let has = |place: Option<Place>| place.is_some_and(|place| place.has(word, rest));
        let old = || has(self.old) && old_id_form(&unpacked(word, rest)).is_some();
        if self.whole {
            return (has(self.new) || old()).then_some(Why::IdNumber);
        }
        // By its end only as it was entered: the other form ends in places the mask hides.
        let found = if matches!(form, Form::Fifteen(_)) { old() } else { has(self.new) };
        found.then_some(Why::IdNumberEnd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(kept: &str, piece: &str) -> Option<Why> {
        let mut numbers = IdNumbers::default();
        let number = IdNumber { role: IdRole::Own, number: kept.into() };
        assert!(numbers.set_first(7, &number));
        let at = numbers.add(&number, 8).unwrap();
        assert_eq!(numbers.first(7).unwrap().number, folded_id(kept));
        assert_eq!(numbers.get(at).number, folded_id(kept));
        assert_eq!(numbers.exactly(kept), [(7, IdRole::Own), (8, IdRole::Own)]);
        numbers.remove(at);
        assert_eq!(numbers.exactly(kept), [(7, IdRole::Own)]);
        let mut why = None;
        numbers.find(&folded_id(piece), |_, how| why = Some(how));
        why
    }

    #[test]
    fn identity_numbers_whole_or_by_the_last_four() {
        let rows = [
            ("50019919900307001X", "001X", Some(Why::IdNumberEnd)),
            ("50019919900307001X", "００１ｘ", Some(Why::IdNumberEnd)),
            ("50019919900307001x", "50019919900307001X", Some(Why::IdNumber)),
            // Nothing in between: neither fewer nor more places, nor those before.
            ("50019919900307001X", "01X", None),
            ("50019919900307001X", "7001X", None),
            ("50019919900307001X", "500199199003", None),
            ("50019919900307001X", "500199", None),
            ("50019919900307001X", "0307", None),
            ("50019919900307001X", "1990", None),
            ("50019919900307001X", "5001", None),
            ("50019919900307001X", "0019919900307001X", None),
            ("500199900307001", "7001", Some(Why::IdNumberEnd)),
            ("500199900307001", "500199900307001", Some(Why::IdNumber)),
            ("500199900307001", "5001999003070011", None),
            // One number in two forms: found whole by either, by its end as it was entered.
            ("500199900307001", "50019919900307001X", Some(Why::IdNumber)),
            ("500199900307001", "001X", None),
            ("50019919900307001X", "500199900307001", Some(Why::IdNumber)),
            ("50019919900307001X", "7001", None),
            // Whoever was born since has no old number.
            ("500199200003070023", "500199000307002", None),
            ("500199200003070023", "7002", None),
            ("500199991332002", "2002", Some(Why::IdNumberEnd)),
            ("E12345678", "5678", Some(Why::IdNumberEnd)),
            ("E12345678", "e123", None),
            ("E12345678", "45678", None),
            ("E12345678", "e12345678", Some(Why::IdNumber)),
        ];
        for (kept, piece, expected) in rows {
            assert_eq!(found(kept, piece), expected, "{kept} {piece}");
        }
    }

    #[test]
    fn either_form_is_looked_up() {
        let mut numbers = IdNumbers::default();
        let forms = ["500199900307001", "50019919900307001X"];
        for (owner, form) in (0..).zip(forms) {
            assert!(numbers.set_first(owner, &IdNumber { role: IdRole::Own, number: form.into() }));
        }
        for form in forms {
            let mut found = numbers.exactly(form);
            found.sort_unstable();
            assert_eq!(found, [(0, IdRole::Own), (1, IdRole::Own)], "{form}");
        }
        numbers.clear_first(0);
        assert_eq!(numbers.exactly(forms[0]), [(1, IdRole::Own)]);
    }

    #[test]
    fn phones_of_a_text() {
        let phones = |text: &str| phones_in(text).map(digits::unpack).collect::<Vec<_>>();
        assert_eq!(phones("138-0013 8000、023-6281 0000"), ["13800138000", "02362810000"]);
        assert_eq!(phones("+86 13800138000"), ["13800138000"]);
        assert_eq!(phones("无"), Vec::<String>::new());
    }
}
