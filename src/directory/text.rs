//! Folding of text before it is compared, and interned strings.

use crate::record::{is_plain_han, proper_char};
use foldhash::SharedSeed;
use foldhash::quality::SeedableRandomState;
use hashbrown::HashTable;
use std::borrow::Cow;
use std::hash::{BuildHasher, Hash};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// The hash every table of the directory uses: another one in each process.
pub(super) fn hash_of<T: Hash>(value: T) -> u64 {
    SeedableRandomState::with_seed(0, SharedSeed::global_random()).hash_one(value)
}

/// Whether it has nothing but ASCII and plain Han characters, as file numbers have: it is in its
/// plain form.
fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii() || is_plain_han(c))
}

/// Full-width and other compatibility forms made plain, characters that stand for others made
/// those, small letters, trimmed.
pub(super) fn folded(text: &str) -> String {
    if is_plain(text) {
        return text.trim().to_ascii_lowercase();
    }
    text.trim().chars().map(proper_char).nfkc().flat_map(char::to_lowercase).collect()
}

/// One character of a name as it is compared; `None` for punctuation and spaces, which a
/// typist may leave out. `ü` is `v`, as it is typed.
pub(super) fn folded_char(c: char) -> Option<char> {
    let mut plain = std::iter::once(proper_char(c)).nfkc().flat_map(char::to_lowercase);
    let first = plain.next().unwrap_or(c);
    let plain = if plain.next().is_some() { c } else { first };
    match plain {
        'ü' => Some('v'),
        other => other.is_alphanumeric().then_some(other),
    }
}

/// Identity numbers as compared: letters and digits, in capitals.
pub(super) fn folded_id(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()) {
        return Cow::Borrowed(text);
    }
    if text.is_ascii() {
        let mut plain = text.to_ascii_uppercase();
        plain.retain(|c| c.is_ascii_alphanumeric());
        return Cow::Owned(plain);
    }
    text.nfkc().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// A text in its plain form (NFKC), trimmed; most are already.
pub(super) fn plain_form(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    match is_nfkc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        _ => text.nfkc().collect(),
    }
}

/// Strings kept once, by number. Nothing is ever dropped: states, facets and number
/// series are few.
#[derive(Debug, Default)]
pub(super) struct Strings {
    texts: Vec<Box<str>>,
    table: HashTable<u32>,
}

impl Strings {
    pub(super) fn find(&self, text: &str) -> Option<u32> {
        self.table.find(hash_of(text), |&at| &*self.texts[at as usize] == text).copied()
    }

    pub(super) fn intern(&mut self, text: &str) -> u32 {
        if let Some(at) = self.find(text) {
            return at;
        }
        let at = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.texts.push(text.into());
        let texts = &self.texts;
        self.table.insert_unique(hash_of(text), at, |&other| hash_of(&*texts[other as usize]));
        at
    }

    pub(super) fn get(&self, at: u32) -> &str {
        self.texts.get(at as usize).map_or("", |text| text)
    }

    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|text| &**text)
    }

    /// Bytes held.
    pub(super) fn footprint(&self) -> usize {
        self.table.allocation_size()
            + self.texts.iter().map(|text| text.len() + size_of::<Box<str>>()).sum::<usize>()
    }
}
