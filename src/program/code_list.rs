//! Code lists: dated entries, and how a person may name one of them.

use crate::words::{Lang, Said};
use chrono::NaiveDate;
use pinyin::ToPinyin;
use unicode_normalization::UnicodeNormalization;

/// One entry of a code list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What is stored. Never reused for another meaning.
    pub code: String,
    /// What a person may type instead: the code itself where it is a number, else the place in
    /// the whole list, counted from 1, which stays the same when entries run out.
    pub number: u32,
    /// What is shown. Old records keep showing it after the entry has run out.
    pub label: Said,
    /// First day it may be chosen.
    pub from: Option<NaiveDate>,
    /// Last day it may be chosen.
    pub to: Option<NaiveDate>,
    /// Other ways offices write it.
    pub aliases: Vec<String>,
    spoken: Spoken,
}

/// The ways an entry may be named, folded once: an import asks a hundred thousand times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Spoken {
    code: String,
    names: Vec<String>,
    full: String,
    initials: String,
}

impl Entry {
    /// An entry that may be chosen from the beginning and for ever.
    #[must_use]
    pub fn new(code: String, number: u32, label: Said, aliases: Vec<String>) -> Self {
        let (full, initials) = pinyin_of(label.get(Lang::Zh));
        let labels = [label.get(Lang::Zh), label.get(Lang::En)];
        let names = labels.into_iter().chain(aliases.iter().map(String::as_str)).map(folded);
        let spoken = Spoken { code: folded(&code), names: names.collect(), full, initials };
        Self { code, number, label, from: None, to: None, aliases, spoken }
    }

    /// True when the entry may be chosen on `day`.
    #[must_use]
    pub fn open_on(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }

    /// Both labels and the aliases, folded as typed text is.
    pub(super) fn folded_names(&self) -> &[String] {
        &self.spoken.names
    }
}

/// A list of codes with labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeList {
    /// Its id in the packs.
    pub id: String,
    /// What it lists.
    pub title: Said,
    /// All entries there ever were, in order.
    pub entries: Vec<Entry>,
}

/// Why a text names no single entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoChoice<'l> {
    /// Nothing in the list is called so.
    Unknown,
    /// Several are; the person chooses.
    Several(Vec<&'l Entry>),
    /// The entry exists and may not be chosen on that day.
    NotOpen(&'l Entry),
}

impl CodeList {
    /// The entry stored as `code`, open or not.
    #[must_use]
    pub fn entry(&self, code: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.code == code)
    }

    /// The label of a stored code; a code no list knows any more is shown as it is.
    #[must_use]
    pub fn label<'a>(&'a self, code: &'a str, lang: Lang) -> &'a str {
        self.entry(code).map_or(code, |entry| entry.label.get(lang))
    }

    /// The entries that may be chosen on `day`.
    pub fn open_on(&self, day: NaiveDate) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.open_on(day))
    }

    /// The entry a person means: by code, number, label in either language, alias, pinyin in
    /// full or by initials, or the beginning of a label (two characters or more).
    ///
    /// A more exact way of naming wins over a looser one; entries that have run out do not make
    /// an open one ambiguous.
    ///
    /// # Errors
    /// When nothing, several, or only an entry not open on `day` is named so.
    pub fn parse_choice(&self, text: &str, day: NaiveDate) -> Result<&Entry, NoChoice<'_>> {
        let typed = folded(text);
        if typed.is_empty() {
            return Err(NoChoice::Unknown);
        }
        let number: Option<u32> = typed.parse().ok();
        let ways: [&dyn Fn(&Entry) -> bool; 5] = [
            &|entry| entry.spoken.code == typed,
            &|entry| number == Some(entry.number),
            &|entry| entry.spoken.names.contains(&typed),
            &|entry| entry.spoken.full == typed || entry.spoken.initials == typed,
            &|entry| {
                let begins = |name: &String| name.starts_with(&typed);
                typed.chars().count() >= 2 && entry.spoken.names.iter().any(begins)
            },
        ];
        let mut run_out = None;
        for way in ways {
            let found: Vec<&Entry> = self.entries.iter().filter(|entry| way(entry)).collect();
            let open: Vec<&Entry> = found.iter().copied().filter(|e| e.open_on(day)).collect();
            match (open.as_slice(), found.first()) {
                ([one], _) => return Ok(one),
                ([_, ..], _) => return Err(NoChoice::Several(open)),
                ([], first) => run_out = run_out.or(first.copied()),
            }
        }
        Err(run_out.map_or(NoChoice::Unknown, NoChoice::NotOpen))
    }
}

/// Text as it is compared: compatibility forms folded, lower case, without spaces and marks.
#[must_use]
pub fn folded(text: &str) -> String {
    text.nfkc()
        .flat_map(char::to_lowercase)
        .filter(|c| !c.is_whitespace() && !c.is_control() && !is_mark(*c))
        .collect()
}

/// Marks people leave out or put in at will.
fn is_mark(c: char) -> bool {
    matches!(
        c,
        '(' | ')'
            | '/'
            | '\\'
            | '-'
            | '_'
            | '.'
            | ','
            | ':'
            | ';'
            | '*'
            | '"'
            | '\''
            | '、'
            | '，'
            | '。'
            | '：'
            | '；'
            | '“'
            | '”'
            | '·'
            | '—'
            | '–'
            | '|'
            | '['
            | ']'
    )
}

/// Whether a Chinese title is meant by typed pinyin: its full reading or its initials begin so.
#[must_use]
pub fn pinyin_matches(title: &str, typed: &str) -> bool {
    let (full, initials) = pinyin_of(title);
    let typed = folded(typed);
    !typed.is_empty() && (full.starts_with(&typed) || initials.starts_with(&typed))
}

/// The pinyin initials of a name.
#[must_use]
pub fn initials(name: &str) -> String {
    pinyin_of(name).1
}

/// Full pinyin and initials; characters without a reading stand for themselves.
#[must_use]
pub fn pinyin_of(label: &str) -> (String, String) {
    let (mut full, mut initials) = (String::new(), String::new());
    for c in folded(label).chars() {
        match c.to_pinyin() {
            // Typed without the umlaut: lv for lü.
            Some(reading) => {
                full.push_str(&reading.plain().replace('ü', "v"));
                initials.push_str(reading.first_letter());
            }
            None => {
                full.push(c);
                initials.push(c);
            }
        }
    }
    (full, initials)
}
