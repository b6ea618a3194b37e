//! Phones and identity numbers of all cards, one after the other.
//!
//! An identity number is kept in the form of eighteen places, whichever was entered: one number.

use super::card::{IdNumber, IdRole};
use super::digits::{self, Run};
use super::scan::pick;
use super::search::Why;
use super::text::{Strings, folded_id, hash_of};
use crate::record::{id_key, old_id_form};
use hashbrown::HashTable;

/// Places at the end of a phone or an identity number it is found by: those a mask leaves in
/// sight. Anything else finds only the whole number.
pub(super) const LAST: usize = 4;
/// The owner of an entry nobody uses.
const NOBODY: u32 = u32::MAX;

/// All phones: packed digits and the slot they belong to.
#[derive(Debug, Default)]
pub(super) struct Phones {
    words: Vec<u64>,
    owners: Vec<u32>,
    free: Vec<u32>,
}

/// The phones of a text, packed: more than one where it separates them.
pub(super) fn phones_in(text: &str) -> impl Iterator<Item = u64> {
    text.split(['/', '、', ',', '，', ';', '；'])
        .map(|part| {
            let plain = folded_id(part);
            let digits: String = plain.chars().filter(char::is_ascii_digit).collect();
            let local = digits.strip_prefix("86").filter(|local| local.len() == 11);
            local.unwrap_or(&digits).chars().take(digits::WORD).collect::<String>()
        })
        .filter(|digits| !digits.is_empty())
        .filter_map(|digits| digits::pack(&digits))
}

impl Phones {
    pub(super) fn add(&mut self, word: u64, owner: u32) -> u32 {
        if let Some(at) = self.free.pop() {
            (self.words[at as usize], self.owners[at as usize]) = (word, owner);
            return at;
        }
        self.words.push(word);
        self.owners.push(owner);
        (self.words.len() - 1) as u32
    }

    pub(super) fn remove(&mut self, at: u32) {
        (self.words[at as usize], self.owners[at as usize]) = (u64::MAX, NOBODY);
        self.free.push(at);
    }

    pub(super) fn text(&self, at: u32) -> String {
        digits::unpack(self.words[at as usize])
    }

    /// Tells the slot of every phone that is the run, or ends in it where it is four digits.
    pub(super) fn find(&self, run: &Run, mut found: impl FnMut(u32, Why)) {
        let (words, run) = (self.words.as_slice(), *run);
        pick(
            words,
            |_, &word| run.may_be_inside(word),
            |at| {
                let (word, owner) = (words[at], self.owners[at]);
                let why = match () {
                    () if owner == NOBODY => return,
                    () if run.is_whole(word) => Why::Phone,
                    () if run.len() == LAST && run.ends(word) => Why::PhoneEnd,
                    () => return,
                };
                found(owner, why);
            },
        );
    }

    pub(super) fn footprint(&self) -> usize {
        self.words.len() * (size_of::<u64>() + size_of::<u32>())
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

/// What an entry has besides its word.
#[derive(Clone, Copy, Debug)]
struct Entry {
    owner: u32,
    form: Form,
    role: IdRole,
}

/// All identity numbers, looked up exactly or by their last places.
#[derive(Debug, Default)]
pub(super) struct IdNumbers {
    words: Vec<u64>,
    entries: Vec<Entry>,
    free: Vec<u32>,
    table: HashTable<u32>,
    /// Numbers of other forms, folded.
    texts: Strings,
}

/// Packs a folded number of fifteen or eighteen places.
fn packed(number: &str) -> Option<(u64, Form)> {
    let new = id_key(number);
    if new.chars().count() != 18 {
        return None;
    }
    let head: String = new.chars().take(digits::WORD).collect();
    let tail: String = new.chars().skip(digits::WORD).collect();
    let (word, rest) = (digits::pack(&head)?, (digits::pack(&tail)? >> 56) as u8);
    Some((word, if number == new { Form::Eighteen(rest) } else { Form::Fifteen(rest) }))
}

fn unpacked(word: u64, rest: u8) -> String {
    let rest = u64::from(rest) << 56 | (u64::MAX >> 8);
    digits::unpack(word) + &digits::unpack(rest)
}

impl Form {
    /// The two places behind the word, where it has them.
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

impl IdNumbers {
    /// Adds a number; `None` when nothing of it is letter or digit.
    pub(super) fn add(&mut self, number: &IdNumber, owner: u32) -> Option<u32> {
        let folded = folded_id(&number.number);
        if folded.is_empty() {
            return None;
        }
        let (word, form) =
            packed(&folded).unwrap_or_else(|| (self.texts.intern(&folded).into(), Form::Text));
        let entry = Entry { owner, form, role: number.role };
        let at = if let Some(at) = self.free.pop() {
            (self.words[at as usize], self.entries[at as usize]) = (word, entry);
            at
        } else {
            self.words.push(word);
            self.entries.push(entry);
            (self.entries.len() - 1) as u32
        };
        let (words, entries) = (&self.words, &self.entries);
        self.table.insert_unique(hash_key(word, form), at, |&other| {
            hash_key(words[other as usize], entries[other as usize].form)
        });
        Some(at)
    }

    pub(super) fn remove(&mut self, at: u32) {
        let entry = &mut self.entries[at as usize];
        let hash = hash_key(self.words[at as usize], entry.form);
        if let Ok(found) = self.table.find_entry(hash, |&other| other == at) {
            found.remove();
        }
        (entry.form, entry.owner) = (Form::Free, NOBODY);
        self.free.push(at);
    }

    pub(super) fn get(&self, at: u32) -> IdNumber {
        let (word, entry) = (self.words[at as usize], &self.entries[at as usize]);
        let number = match entry.form {
            Form::Eighteen(rest) => unpacked(word, rest),
            Form::Fifteen(rest) => {
                let new = unpacked(word, rest);
                old_id_form(&new).unwrap_or(new)
            }
            Form::Text => self.texts.get(word as u32).to_string(),
            Form::Free => String::new(),
        };
        IdNumber { role: entry.role, number }
    }

    /// Slots with this number in either of its forms, and whose it is there.
    pub(super) fn exactly(&self, number: &str) -> Vec<(u32, IdRole)> {
        let folded = folded_id(number);
        let wanted =
            packed(&folded).or_else(|| self.texts.find(&folded).map(|at| (at.into(), Form::Text)));
        let Some((word, form)) = wanted else { return Vec::new() };
        let entry = |at: &u32| (self.words[*at as usize], &self.entries[*at as usize]);
        self.table
            .iter_hash(hash_key(word, form))
            .map(entry)
            .filter(|(other, entry)| (*other, entry.form.rest()) == (word, form.rest()))
            .map(|(_, entry)| (entry.owner, entry.role))
            .collect()
    }

    /// Tells the slot of every number that is the folded piece, in either of its forms, or ends in
    /// it as it was entered, where it is four places.
    pub(super) fn find(&self, piece: &str, mut found: impl FnMut(u32, Why)) {
        if let Some(ends) = Ends::new(piece) {
            let (words, may_be) = (self.words.as_slice(), ends.may_be());
            pick(
                words,
                |_, &word| may_be(word),
                |at| {
                    if let Some(why) = ends.find(words[at], self.entries[at].form) {
                        found(self.entries[at].owner, why);
                    }
                },
            );
        }
        let texts: Vec<Option<Why>> = self.texts.iter().map(|text| text_end(text, piece)).collect();
        if texts.iter().any(Option::is_some) {
            let all = self.words.iter().zip(&self.entries);
            for (&word, entry) in all.filter(|(_, entry)| entry.form == Form::Text) {
                if let Some(why) = texts.get(word as usize).copied().flatten() {
                    found(entry.owner, why);
                }
            }
        }
    }

    pub(super) fn footprint(&self) -> usize {
        self.entries.len() * (size_of::<Entry>() + size_of::<u64>())
            + self.table.allocation_size()
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

    /// At a place of the fifteen digits that became the number: six stand before the century,
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

/// What an identity number is found by, at the places where it stands in the form of eighteen
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
        let number = IdNumber { role: IdRole::Own, number: kept.to_string() };
        let at = numbers.add(&number, 7).unwrap();
        assert_eq!(numbers.get(at).number, folded_id(kept));
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
            numbers.add(&IdNumber { role: IdRole::Own, number: form.into() }, owner).unwrap();
        }
        for form in forms {
            let mut found = numbers.exactly(form);
            found.sort_unstable();
            assert_eq!(found, [(0, IdRole::Own), (1, IdRole::Own)], "{form}");
        }
        numbers.remove(0);
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
