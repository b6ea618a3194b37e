//! One table of an edited file.

use super::{At, Place, Problems, Raw, Source};
use crate::said;
use crate::words::{Said, closest};
use std::cell::RefCell;
use toml::de::DeTable;

/// One table of an edited file, asked for its keys one by one.
///
/// A key that is absent is `None` or empty; one that is written wrongly is so too, and a problem.
/// Methods that begin with `need` make a problem of an absent key.
#[derive(Debug)]
pub struct Node<'s> {
    source: &'s Source<'s>,
    table: &'s DeTable<'s>,
    place: Place,
    asked: RefCell<Vec<&'static str>>,
    /// Keys told as missing, in which words.
    missing: RefCell<Vec<(&'static str, Said)>>,
}

impl<'s> Node<'s> {
    pub(super) fn new(source: &'s Source<'s>, table: &'s DeTable<'s>, place: Place) -> Self {
        Self { source, table, place, asked: RefCell::default(), missing: RefCell::default() }
    }

    /// Where the table begins.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Where a key stands, or where the table begins when it is absent.
    #[must_use]
    pub fn place_of(&self, key: &str) -> Place {
        let written = self.table.get_key_value(key);
        written.map_or_else(|| self.place.clone(), |(name, _)| self.source.place(&name.span()))
    }

    /// The problems everything is added to.
    #[must_use]
    pub fn problems(&self) -> &'s Problems {
        self.source.problems()
    }

    /// Adds a problem at this table.
    pub fn wrong(&self, wrong: Said) {
        self.problems().add(&self.place, wrong);
    }

    /// Adds a problem at a key, or at this table when the key is absent.
    pub fn wrong_at(&self, key: &str, wrong: Said) {
        self.wrong_meaning(key, wrong, None);
    }

    /// The same with what was probably meant.
    pub fn wrong_meaning(&self, key: &str, wrong: Said, meant: Option<String>) {
        self.problems().add_meant(&self.place_of(key), wrong, meant);
    }

    /// True when the key is written; it counts as asked for.
    pub fn has(&self, key: &'static str) -> bool {
        self.get(key).is_some()
    }

    fn get(&self, key: &'static str) -> Option<At<&'s Raw<'s>>> {
        let mut asked = self.asked.borrow_mut();
        if !asked.contains(&key) {
            asked.push(key);
        }
        let (name, value) = self.table.get_key_value(key)?;
        Some(At { value: value.get_ref(), place: self.source.place(&name.span()) })
    }

    /// A problem when the key is absent.
    pub fn need(&self, key: &'static str) {
        if !self.has(key) {
            self.missing(
                key,
                said!("这里缺少“{key}”，请补上", "\"{key}\" is missing here; add it"),
            );
        }
    }

    /// Tells of a key that is missing, until [`Self::finish`] finds it misspelt.
    fn missing(&self, key: &'static str, wrong: Said) {
        self.missing.borrow_mut().push((key, wrong.clone()));
        self.wrong(wrong);
    }

    fn not_a(&self, key: &str, place: &Place, zh: &str, en: &str) {
        self.problems().add(place, said!("“{key}”要写成{zh}", "\"{key}\" must be {en}"));
    }

    /// What `read` makes of a value; where it makes nothing, `wrong` is told.
    pub fn fit<T>(
        &self,
        key: &'static str,
        wrong: impl FnOnce() -> Said,
        read: impl FnOnce(&Raw<'s>) -> Option<T>,
    ) -> Option<At<T>> {
        let At { value, place } = self.get(key)?;
        let Some(value) = read(value) else {
            self.problems().add(&place, wrong());
            return None;
        };
        Some(At { value, place })
    }

    fn fit_a<T>(
        &self,
        key: &'static str,
        (zh, en): (&str, &str),
        read: impl FnOnce(&Raw<'s>) -> Option<T>,
    ) -> Option<At<T>> {
        self.fit(key, || said!("“{key}”要写成{zh}", "\"{key}\" must be {en}"), read)
    }

    /// A text without the blanks around it; an empty one is a problem.
    pub fn text(&self, key: &'static str) -> Option<At<String>> {
        let wanted = ("带引号的文字，不能为空", "a text in quotation marks and not empty");
        self.fit_a(key, wanted, text_in)
    }

    /// A text that must be there.
    pub fn need_text(&self, key: &'static str) -> Option<At<String>> {
        self.need(key);
        self.text(key)
    }

    /// `true` or `false`.
    pub fn yes(&self, key: &'static str) -> Option<bool> {
        self.fit_a(key, (" true 或 false", "true or false"), Raw::as_bool).map(|at| at.value)
    }

    /// True when the key is written as `true`; anything else is no problem.
    pub fn is_true(&self, key: &'static str) -> bool {
        self.get(key).is_some_and(|at| at.value.as_bool() == Some(true))
    }

    /// A whole number.
    pub fn whole(&self, key: &'static str) -> Option<At<i64>> {
        self.fit_a(key, ("整数", "a whole number"), |value| {
            let number = value.as_integer()?;
            i64::from_str_radix(number.as_str(), number.radix()).ok()
        })
    }

    /// A text or a bare value as text: `default = 3` is as good as `"3"`.
    pub fn scalar(&self, key: &'static str) -> Option<At<String>> {
        self.fit_a(key, ("一个值", "one value"), |value| match value {
            Raw::String(text) => Some(text.to_string()),
            Raw::Integer(number) => Some(number.to_string()),
            Raw::Float(number) => Some(number.to_string()),
            Raw::Boolean(yes) => Some(yes.to_string()),
            Raw::Datetime(date) => Some(date.to_string()),
            Raw::Array(_) | Raw::Table(_) => None,
        })
    }

    /// What one of the known words stands for.
    pub fn word<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let At { value: word, place } = self.text(key)?;
        let found = words.iter().find(|(known, _)| *known == word).map(|(_, value)| *value);
        if found.is_none() {
            let all = words.iter().map(|(known, _)| *known).collect::<Vec<_>>().join(" ");
            self.problems().add_meant(
                &place,
                said!(
                    "“{key}”不认识“{word}”，可写：{all}",
                    "\"{key}\" does not know \"{word}\"; one of: {all}"
                ),
                closest(&word, words.iter().map(|(known, _)| *known)),
            );
        }
        found
    }

    /// What one of the known words stands for; it must be there.
    pub fn need_word<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        self.need(key);
        self.word(key, words)
    }

    /// A list of texts, or one text.
    pub fn texts(&self, key: &'static str) -> Vec<At<String>> {
        let (zh, en) = ("文字列表，如 [\"甲\", \"乙\"]", "a list of texts such as [\"a\", \"b\"]");
        let mut texts = Vec::new();
        for At { value, place } in self.items(key, zh, en, |value| value.as_str().is_some()) {
            match text_in(value) {
                Some(value) => texts.push(At { value, place }),
                None => self.not_a(key, &place, zh, en),
            }
        }
        texts
    }

    /// Every key of this table with its text, where the keys are words of the office's own.
    pub fn every_text(&self) -> Vec<(String, At<String>)> {
        let mut texts = Vec::new();
        for (name, value) in self.table {
            let key = name.get_ref().to_string();
            let place = self.source.place(&name.span());
            match value.get_ref().as_str() {
                Some(text) => texts.push((key, At { value: text.trim().to_string(), place })),
                None => self.not_a(&key, &place, "带引号的文字", "a text in quotes"),
            }
        }
        texts
    }

    /// The same where a key has one text or a list of them.
    pub fn every_list(&self) -> Vec<(At<String>, Vec<At<String>>)> {
        let (zh, en) = ("文字或文字列表", "a text or a list of texts");
        let mut lists = Vec::new();
        for (name, value) in self.table {
            let key = name.get_ref().to_string();
            let place = self.source.place(&name.span());
            let value = value.get_ref();
            let items: Vec<(&Raw<'s>, Place)> = match value.as_array() {
                Some(items) => {
                    let at = |item: &'s toml::Spanned<Raw<'s>>| {
                        (item.get_ref(), self.source.place(&item.span()))
                    };
                    items.iter().map(at).collect()
                }
                None => vec![(value, place.clone())],
            };
            let mut texts = Vec::new();
            for (item, place) in items {
                match text_in(item) {
                    Some(value) => texts.push(At { value, place }),
                    None => self.not_a(&key, &place, zh, en),
                }
            }
            lists.push((At { value: key, place }, texts));
        }
        lists
    }

    /// The items of a list; a value for which `alone` holds is a list of one.
    fn items(
        &self,
        key: &'static str,
        zh: &str,
        en: &str,
        alone: impl Fn(&Raw<'s>) -> bool,
    ) -> Vec<At<&'s Raw<'s>>> {
        let Some(At { value, place }) = self.get(key) else { return Vec::new() };
        if let Some(items) = value.as_array() {
            let at = |item: &'s toml::Spanned<Raw<'s>>| At {
                value: item.get_ref(),
                place: self.source.place(&item.span()),
            };
            return items.iter().map(at).collect();
        }
        if alone(value) {
            return vec![At { value, place }];
        }
        self.not_a(key, &place, zh, en);
        Vec::new()
    }

    /// A pair `{ zh = "…", en = "…" }`; a missing side is a problem.
    pub fn said(&self, key: &'static str) -> Option<Said> {
        let pair = self.table(key)?;
        let said = pair.sides();
        pair.finish();
        Some(said)
    }

    /// A pair that must be there.
    pub fn need_said(&self, key: &'static str) -> Said {
        self.need(key);
        self.said(key).unwrap_or_default()
    }

    /// The two sides `zh` and `en` standing in this table; a missing one is a problem.
    pub fn sides(&self) -> Said {
        let side = |lang: &'static str| {
            if !self.has(lang) {
                self.missing(
                    lang,
                    said!(
                        "缺少译文“{lang}”，请补上 {lang} = \"…\"",
                        "the translation \"{lang}\" is missing; add {lang} = \"…\""
                    ),
                );
            }
            self.text(lang).map(|at| at.value).unwrap_or_default()
        };
        Said::new(side("zh"), side("en"))
    }

    /// A table.
    pub fn table(&self, key: &'static str) -> Option<Node<'s>> {
        let At { value, place } = self.get(key)?;
        let Some(table) = value.as_table() else {
            self.not_a(key, &place, "一张表 { … }", "a table { … }");
            return None;
        };
        Some(Node::new(self.source, table, place))
    }

    /// A list of tables: `[[key]]` sections, `key = [{ … }, { … }]`, or one table alone.
    pub fn tables(&self, key: &'static str) -> Vec<Node<'s>> {
        let mut tables = Vec::new();
        for item in self.tables_or_texts(key) {
            match item {
                Ok(node) => tables.push(node),
                Err(at) => self.not_a(key, &at.place, ENTRIES.0, ENTRIES.1),
            }
        }
        tables
    }

    /// A list of tables and texts.
    pub fn tables_or_texts(&self, key: &'static str) -> Vec<Result<Node<'s>, At<String>>> {
        let (zh, en) = ENTRIES;
        let mut found = Vec::new();
        let alone = |value: &Raw<'s>| value.as_table().is_some() || value.as_str().is_some();
        for At { value, place } in self.items(key, zh, en, alone) {
            if let Some(table) = value.as_table() {
                found.push(Ok(Node::new(self.source, table, place)));
            } else if let Some(value) = text_in(value) {
                found.push(Err(At { value, place }));
            } else {
                self.not_a(key, &place, zh, en);
            }
        }
        found
    }

    /// The tables inside the table `key`, by their names.
    pub fn named_tables(&self, key: &'static str) -> Vec<(At<String>, Node<'s>)> {
        let Some(inner) = self.table(key) else { return Vec::new() };
        let mut named = Vec::new();
        for (name, value) in inner.table {
            let place = self.source.place(&name.span());
            let id = name.get_ref().to_string();
            if let Some(table) = value.get_ref().as_table() {
                let node = Node::new(self.source, table, place.clone());
                named.push((At { value: id, place }, node));
            } else {
                self.not_a(&id, &place, "一张表 { … }", "a table { … }");
            }
        }
        named
    }

    /// Takes keys as asked for, so that one mistake is not told twice.
    pub fn forgive(&self, keys: &[&'static str]) {
        self.asked.borrow_mut().extend(keys);
    }

    /// Ends the reading of this table: keys nobody asked for are problems.
    ///
    /// What may have been meant are the keys asked for and absent. A key told as missing that
    /// turns out to be misspelt is told once, where it is misspelt.
    pub fn finish(&self) {
        let asked = self.asked.borrow();
        let mut missing = self.missing.borrow_mut();
        for name in self.table.keys() {
            let written: &str = name.get_ref();
            if asked.contains(&written) {
                continue;
            }
            let absent = asked.iter().copied().filter(|key| !self.table.contains_key(*key));
            let meant = closest(written, absent);
            let told = missing.iter().position(|(key, _)| meant.as_deref() == Some(*key));
            if let Some(told) = told {
                self.problems().withdraw(&self.place, &missing.swap_remove(told).1);
            }
            let known = asked.join(", ");
            self.problems().add_meant(
                &self.source.place(&name.span()),
                said!(
                    "不认识“{written}”，这里可以写：{known}",
                    "\"{written}\" is not known here; known are: {known}"
                ),
                meant,
            );
        }
    }
}

/// What a list of tables is called.
const ENTRIES: (&str, &str) = (
    "一组条目，每条以 [[…]] 开头或放在 { … } 里",
    "a list of entries, each under [[…]] or in { … }",
);

/// A text without the blanks around it, unless nothing is left.
fn text_in(value: &Raw<'_>) -> Option<String> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}
