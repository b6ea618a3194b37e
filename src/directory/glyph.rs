//! The characters of all names, each kept once with the ways it may be typed.
//!
//! A character read as a surname is a glyph of its own: 单 in 单小明 is not 单 in 李单.

use super::surname;
use super::text::folded_char;
use hashbrown::HashTable;
use pinyin::ToPinyinMulti;
use smallvec::SmallVec;

use super::text::hash_of;

/// One way to type a glyph in letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// Index of the syllable as typed.
    pub(super) syllable: u16,
    /// Not the reading the name most likely has.
    pub(super) other: bool,
}

/// A character as it is in names.
#[derive(Debug)]
pub(super) struct Glyph {
    /// The character as written.
    pub(super) written: char,
    /// As compared; `None` when a typist may leave it out.
    pub(super) folded: Option<char>,
    /// Whether the surname readings lead.
    surname: Option<&'static [&'static str]>,
    /// Where its readings start, and how many there are.
    readings: (u32, u32),
    /// See [`bit`]: what a query may contain to hit this glyph.
    pub(super) bits: u64,
}

/// Fills short names up; matches nothing and is in no text.
pub(super) const BLANK: u16 = 0;

/// All glyphs and the syllables they are read by.
#[derive(Debug)]
pub(super) struct Glyphs {
    glyphs: Vec<Glyph>,
    table: HashTable<u32>,
    readings: Vec<Reading>,
    /// Syllables as typed; ü is once as `v` and once as `u`.
    syllables: Vec<Box<str>>,
}

/// The bit of a folded character in the mask of a card: one for each letter (typed, or
/// beginning a reading), the others shared by everything else, the highest kept free.
pub(super) fn bit(folded: char) -> u64 {
    if folded.is_ascii_lowercase() {
        1 << (folded as u32 - 'a' as u32)
    } else {
        1 << (26 + (folded as u32).wrapping_mul(0x9E37_79B1) % 37)
    }
}

/// How a syllable of the tables is typed; nothing for the few that are not syllables.
fn spellings(plain: &str) -> Vec<String> {
    let plain = plain.replace('ê', "e");
    if plain == "ü" || !plain.chars().all(|c| c.is_ascii_lowercase() || c == 'ü') {
        return Vec::new();
    }
    if !plain.contains('ü') {
        return vec![plain];
    }
    let mut ways = vec![plain.replace('ü', "v"), plain.replace('ü', "u")];
    if plain.ends_with('ü') {
        // As in passports: LYU.
        ways.push(plain.replace('ü', "yu"));
    }
    ways
}

impl Default for Glyphs {
    fn default() -> Self {
        let blank = Glyph { written: ' ', folded: None, surname: None, readings: (0, 0), bits: 0 };
        Self {
            glyphs: vec![blank],
            table: HashTable::new(),
            readings: Vec::new(),
            syllables: Vec::new(),
        }
    }
}

impl Glyphs {
    /// The glyphs of a text, by number, read as a name: its first character is a surname.
    pub(super) fn intern(&mut self, text: &str) -> SmallVec<[u32; 4]> {
        let mut next = text.chars();
        let surname = match next.next() {
            Some(first) => surname::readings(first, next.next()),
            None => [None, None],
        };
        let leading = surname.into_iter().chain(std::iter::repeat(None));
        text.chars().zip(leading).map(|(c, surname)| self.glyph(c, surname)).collect()
    }

    fn glyph(&mut self, written: char, surname: Option<&'static [&'static str]>) -> u32 {
        // The few glyphs of one character are told apart by looking at them.
        let hash = hash_of(written);
        let glyphs = &self.glyphs;
        let same = |&at: &u32| {
            let glyph = &glyphs[at as usize];
            glyph.written == written && glyph.surname == surname
        };
        if let Some(&at) = self.table.find(hash, same) {
            return at;
        }
        let folded = folded_char(written);
        let start = self.readings.len();
        let leading = surname.unwrap_or_default();
        for reading in leading {
            self.read(start, reading, false);
        }
        let mut first = leading.is_empty();
        for reading in folded.and_then(|c| c.to_pinyin_multi()).into_iter().flatten() {
            for way in spellings(reading.plain()) {
                self.read(start, &way, !first);
            }
            first = false;
        }
        let readings = &self.readings[start..];
        let bits = readings
            .iter()
            .filter_map(|reading| self.syllables[usize::from(reading.syllable)].chars().next())
            .chain(folded)
            .fold(0, |bits, c| bits | bit(c));
        let readings = (start as u32, readings.len() as u32);
        let at = self.glyphs.len() as u32;
        self.glyphs.push(Glyph { written, folded, surname, readings, bits });
        let glyphs = &self.glyphs;
        self.table.insert_unique(hash, at, |&other| {
            let glyph = &glyphs[other as usize];
            hash_of(glyph.written)
        });
        at
    }

    /// Adds a reading to the glyph whose readings begin at `start`, once.
    fn read(&mut self, start: usize, spelling: &str, other: bool) {
        let syllable =
            self.syllables.iter().position(|known| **known == *spelling).unwrap_or_else(|| {
                self.syllables.push(spelling.into());
                self.syllables.len() - 1
            });
        let syllable = u16::try_from(syllable).unwrap_or(u16::MAX);
        if self.readings[start..].iter().all(|known| known.syllable != syllable) {
            self.readings.push(Reading { syllable, other });
        }
    }

    pub(super) fn get(&self, at: u32) -> &Glyph {
        &self.glyphs[at as usize]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Glyph> {
        self.glyphs.iter()
    }

    /// The ways to read a glyph, the most likely first.
    pub(super) fn readings(&self, glyph: &Glyph) -> &[Reading] {
        let (start, count) = glyph.readings;
        &self.readings[start as usize..(start + count) as usize]
    }

    /// Every syllable as typed, in the order of [`Reading::syllable`].
    pub(super) fn syllables(&self) -> impl ExactSizeIterator<Item = &str> {
        self.syllables.iter().map(|syllable| &**syllable)
    }

    /// What a text sorts by: its syllables, then the characters.
    pub(super) fn sort_key(&self, glyphs: impl Iterator<Item = u32>) -> String {
        let mut key = String::new();
        for at in glyphs {
            let glyph = self.get(at);
            if let Some(reading) = self.readings(glyph).first() {
                key.push_str(&self.syllables[usize::from(reading.syllable)]);
                key.push('\u{1}');
            }
            key.push(glyph.folded.unwrap_or(glyph.written));
        }
        key
    }

    /// Bytes held.
    pub(super) fn footprint(&self) -> usize {
        self.table.allocation_size()
            + self.glyphs.capacity() * size_of::<Glyph>()
            + self.readings.capacity() * size_of::<Reading>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(name: &str) -> Vec<Vec<(String, bool)>> {
        let mut glyphs = Glyphs::default();
        let numbers = glyphs.intern(name);
        let spelled = |at: &u32| {
            let readings = glyphs.readings(glyphs.get(*at)).iter();
            let name = |r: &Reading| glyphs.syllables[usize::from(r.syllable)].to_string();
            readings.map(|r| (name(r), r.other)).collect()
        };
        numbers.iter().map(spelled).collect()
    }

    fn has(readings: &[(String, bool)], syllable: &str, other: bool) -> bool {
        readings.contains(&(syllable.to_string(), other))
    }

    #[test]
    fn surname_readings_lead_and_the_others_stay() {
        let rows = [
            ("单", "shan", "dan"),
            ("曾", "zeng", "ceng"),
            ("解", "xie", "jie"),
            ("仇", "qiu", "chou"),
            ("区", "ou", "qu"),
            ("朴", "piao", "pu"),
            ("查", "zha", "cha"),
            ("洗", "xian", "xi"),
            ("翟", "zhai", "di"),
            ("缪", "miao", "mou"),
        ];
        for (name, surname, common) in rows {
            let readings = &typed(name)[0];
            assert!(has(readings, surname, false) && has(readings, common, true), "{readings:?}");
        }
        let qin = &typed("覃小雨")[0];
        assert!(has(qin, "qin", false) && has(qin, "tan", false));
        let inside = &typed("李单")[1];
        assert!(has(inside, "dan", false) && has(inside, "shan", true));
    }

    #[test]
    fn u_umlaut_is_typed_in_any_way() {
        let lv = &typed("吕")[0];
        for way in ["lv", "lu", "lyu"] {
            assert!(has(lv, way, false), "{lv:?}");
        }
        assert!(has(&typed("李略")[1], "lve", false));
    }
}
