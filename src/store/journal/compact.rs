//! Values as few bytes: numbers, texts, moments, days and identities, one after another.
//!
//! Nothing here says which comes next; whoever writes and whoever reads agree on it (`encoded.rs`).
//!
//! ```text
//! number     unsigned, seven bits a byte, the low ones first; signed ones zigzag
//! moment     0 the one before again; else 1 + zigzag of the seconds since the one before (1970 at
//!            first), then nanoseconds: even, half of it in microseconds; odd, in nanoseconds
//! day        signed, days since 1970-01-01
//! identity   signed, milliseconds of a UUIDv7 since the last moment; its other ten bytes
//! text       00..7f       so many bytes of UTF-8
//!            80..bf       one of the first 64 names of `names.txt`
//!            c0 n         name 64 + n
//!            c1 n n       any name, by its number u16 little-endian
//!            c2 n         text n of this value among those marked *, counted from 0
//!            c3 n [..]  * n digits, the last one perhaps an X, two a byte
//!            c4 n [..]  * n bytes, n a number: ASCII as it is; two bytes for 一 to 鿿, for the marks
//!                         from U+3000 and the full-width forms; ff and three for any other
//!            c5 n [..]  * n bytes of UTF-8, n a number
//!            *            and literal ones, from three bytes to 255 of UTF-8
//! ```
//!
//! Names are only ever added at the end of their file.

use crate::record::Instant;
use chrono::{DateTime, NaiveDate};
use std::borrow::Cow;
use std::sync::OnceLock;
use uuid::Uuid;

/// What is called by a number, one a line.
const NAMES: &str = include_str!("names.txt");
/// So many names take one byte.
const NEAR: usize = 64;
/// Literal texts whose length is their first byte.
const LITERAL: usize = 0x7f;
const NEAR_NAME: u8 = 0x80;
const NAME: u8 = 0xc0;
const FAR_NAME: u8 = 0xc1;
const AGAIN: u8 = 0xc2;
const DIGITS: u8 = 0xc3;
const HAN: u8 = 0xc4;
const LONG: u8 = 0xc5;
/// Texts that can be called again: their bytes, and how many of a value.
const WORTH_AGAIN: std::ops::RangeInclusive<usize> = 3..=255;
const MOST_AGAIN: usize = 256;
/// Digits worth packing.
const FEWEST_DIGITS: usize = 5;
/// The byte before a character that has no shorter form.
const OTHER: u8 = 0xff;
/// Days from the first of January of the year 1 to that of 1970, both counted from 1.
const EPOCH_DAY: i32 = 719_163;

struct Names {
    all: Vec<&'static str>,
    numbers: foldhash::HashMap<&'static str, u16>,
    longest: usize,
}

fn names() -> &'static Names {
    static NUMBERED: OnceLock<Names> = OnceLock::new();
    NUMBERED.get_or_init(|| {
        let all: Vec<&'static str> = NAMES.lines().collect();
        let numbers = all.iter().copied().zip(0..=u16::MAX).collect();
        let longest = all.iter().map(|name| name.len()).max().unwrap_or(0);
        Names { all, numbers, longest }
    })
}

fn number_of(text: &str) -> Option<u16> {
    let Names { numbers, longest, .. } = names();
    // Most texts are told to be none by their length.
    (text.len() <= *longest).then(|| numbers.get(text).copied()).flatten()
}

/// Writes values one after another.
#[derive(Default)]
pub struct Writer<'v> {
    bytes: Vec<u8>,
    seen: Vec<&'v str>,
    /// Seconds and nanoseconds of the last moment.
    moment: (i64, u32),
}

impl<'v> Writer<'v> {
    /// One that begins with these bytes.
    pub fn after(head: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend_from_slice(head);
        Self { bytes, ..Self::default() }
    }

    /// What was written.
    pub fn done(self) -> Vec<u8> {
        self.bytes
    }

    /// One byte.
    pub fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// Bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// A number that is not negative.
    pub fn number(&mut self, number: u64) {
        put_number(&mut self.bytes, number);
    }

    /// How many follow.
    pub fn count(&mut self, count: usize) {
        self.number(count as u64);
    }

    /// A number that may be negative.
    pub fn signed(&mut self, number: i64) {
        self.number(zigzag(number));
    }

    /// A moment.
    pub fn moment(&mut self, moment: &Instant) {
        let now = (moment.timestamp(), moment.timestamp_subsec_nanos());
        let before = std::mem::replace(&mut self.moment, now);
        if now == before {
            return self.number(0);
        }
        let (seconds, nanos) = now;
        // Moments reach over less than half of what 64 bits hold.
        self.number(zigzag(seconds.wrapping_sub(before.0)).wrapping_add(1));
        self.number(match nanos % 1_000 {
            0 => u64::from(nanos / 1_000) << 1,
            _ => u64::from(nanos) << 1 | 1,
        });
    }

    /// A day.
    pub fn day(&mut self, day: NaiveDate) {
        self.signed(i64::from(days_of(day)));
    }

    /// An identity.
    pub fn identity(&mut self, id: &Uuid) {
        let (millis, rest) = parted(id);
        self.signed(millis.wrapping_sub(millis_of(self.moment)));
        self.raw(&rest);
    }

    /// A text.
    pub fn text(&mut self, text: &'v str) {
        if let Some(number) = number_of(text) {
            return self.name(number);
        }
        if WORTH_AGAIN.contains(&text.len()) {
            if let Some(at) = self.seen.iter().position(|other| *other == text) {
                return self.raw(&[AGAIN, at as u8]);
            }
            if self.seen.len() < MOST_AGAIN {
                self.seen.push(text);
            }
        }
        if is_digits(text) {
            return self.digits(text.as_bytes());
        }
        match han_length(text) {
            Some(length) => self.han(text, length),
            None if text.len() <= LITERAL => {
                self.bytes.push(text.len() as u8);
                self.raw(text.as_bytes());
            }
            None => {
                self.bytes.push(LONG);
                self.count(text.len());
                self.raw(text.as_bytes());
            }
        }
    }

    fn name(&mut self, number: u16) {
        match usize::from(number) {
            near if near < NEAR => self.bytes.push(NEAR_NAME + near as u8),
            far if far < NEAR + 256 => self.raw(&[NAME, (far - NEAR) as u8]),
            _ => {
                let [low, high] = number.to_le_bytes();
                self.raw(&[FAR_NAME, low, high]);
            }
        }
    }

    fn digits(&mut self, digits: &[u8]) {
        self.raw(&[DIGITS, digits.len() as u8]);
        let half = |byte: u8| if byte == b'X' { 10 } else { byte - b'0' };
        self.bytes.extend(digits.chunks(2).map(|pair| match *pair {
            [one, other] => half(one) << 4 | half(other),
            [one] => half(one) << 4,
            _ => 0,
        }));
    }

    fn han(&mut self, text: &str, length: usize) {
        self.bytes.push(HAN);
        self.count(length);
        for c in text.chars() {
            match (c, han(c)) {
                ('\0'..='\x7f', _) => self.bytes.push(c as u8),
                (_, Some(code)) => self.raw(&[0x80 | (code >> 8) as u8, code as u8]),
                (_, None) => {
                    let [low, mid, high, _] = u32::from(c).to_le_bytes();
                    self.raw(&[OTHER, low, mid, high]);
                }
            }
        }
    }
}

/// Appends a number that is not negative.
pub fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// A number at the beginning of some bytes, and what comes after it.
pub fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut from = Reader::new(bytes);
    let number = from.number()?;
    Some((number, from.rest))
}

fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63) as u64
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

fn days_of(day: NaiveDate) -> i32 {
    chrono::Datelike::num_days_from_ce(&day) - EPOCH_DAY
}

fn millis_of((seconds, nanos): (i64, u32)) -> i64 {
    seconds.wrapping_mul(1_000).wrapping_add(i64::from(nanos / 1_000_000))
}

/// The milliseconds of an identity and its other bytes.
fn parted(id: &Uuid) -> (i64, [u8; 10]) {
    let bytes = id.as_bytes();
    let rest = bytes.last_chunk().copied().unwrap_or_default();
    let millis = bytes.iter().take(6).fold(0, |sum, byte| sum << 8 | i64::from(*byte));
    (millis, rest)
}

/// Whether a text is packed as digits.
fn is_digits(text: &str) -> bool {
    let Some((last, others)) = text.as_bytes().split_last() else { return false };
    (FEWEST_DIGITS..=255).contains(&text.len())
        && others.iter().all(u8::is_ascii_digit)
        && (last.is_ascii_digit() || *last == b'X')
}

/// The fifteen bits of a character that has two bytes; their first eight are below 0x7f.
fn han(c: char) -> Option<u16> {
    let at = u32::from(c);
    let code = match at {
        0x4e00..=0x9fff => at - 0x4e00,
        0x3000..=0x30ff => at - 0x3000 + 0x5200,
        0xff00..=0xffff => at - 0xff00 + 0x5300,
        _ => return None,
    };
    u16::try_from(code).ok()
}

fn of_han(code: u16) -> Option<char> {
    let code = u32::from(code);
    char::from_u32(match code {
        0..0x5200 => code + 0x4e00,
        0x5200..0x5300 => code - 0x5200 + 0x3000,
        0x5300..0x5400 => code - 0x5300 + 0xff00,
        _ => return None,
    })
}

/// The bytes a text takes with two a Han character, where that is shorter.
fn han_length(text: &str) -> Option<usize> {
    if text.is_ascii() {
        return None;
    }
    let one = |c: char| match (c, han(c)) {
        ('\0'..='\x7f', _) => 1,
        (_, Some(_)) => 2,
        (_, None) => 4,
    };
    let length = text.chars().map(one).sum();
    (length < text.len()).then_some(length)
}

/// Reads what a [`Writer`] wrote; nothing for what it never wrote.
pub struct Reader<'b> {
    rest: &'b [u8],
    /// What is left where each text that may come again begins.
    seen: Vec<&'b [u8]>,
    moment: (i64, u32),
}

impl<'b> Reader<'b> {
    /// One over these bytes.
    pub fn new(bytes: &'b [u8]) -> Self {
        Self { rest: bytes, seen: Vec::new(), moment: (0, 0) }
    }

    /// Bytes that are not read yet.
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// Whether everything was read.
    pub fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    /// One byte.
    pub fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    /// So many bytes.
    pub fn raw(&mut self, count: usize) -> Option<&'b [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(bytes)
    }

    /// An array of bytes.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*bytes)
    }

    /// A number that is not negative.
    pub fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            // Each number has one form: nothing over 64 bits, no zeros on top.
            if part.leading_zeros() < shift || byte == 0 && shift > 0 {
                return None;
            }
            number |= part << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// How many follow, each of at least one byte.
    pub fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.rest.len()).then_some(count)
    }

    /// A number that may be negative.
    pub fn signed(&mut self) -> Option<i64> {
        self.number().map(unzigzag)
    }

    /// A moment.
    pub fn moment(&mut self) -> Option<Instant> {
        if let Some(delta) = self.number()?.checked_sub(1) {
            let seconds = self.moment.0.wrapping_add(unzigzag(delta));
            let fine = self.number()?;
            let nanos = if fine & 1 == 0 { (fine >> 1).checked_mul(1_000)? } else { fine >> 1 };
            self.moment = (seconds, u32::try_from(nanos).ok()?);
        }
        DateTime::from_timestamp(self.moment.0, self.moment.1)
    }

    /// A day.
    pub fn day(&mut self) -> Option<NaiveDate> {
        let days = i32::try_from(self.signed()?).ok()?;
        NaiveDate::from_num_days_from_ce_opt(days.checked_add(EPOCH_DAY)?)
    }

    /// An identity.
    pub fn identity(&mut self) -> Option<Uuid> {
        let millis = self.signed()?.wrapping_add(millis_of(self.moment));
        let millis = u64::try_from(millis).ok().filter(|millis| *millis < 1 << 48)?;
        let rest: [u8; 10] = self.array()?;
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
        bytes[6..].copy_from_slice(&rest);
        Some(Uuid::from_bytes(bytes))
    }

    /// A text.
    pub fn text(&mut self) -> Option<Cow<'b, str>> {
        let start = self.rest;
        let text = self.one_text()?;
        let called = matches!(start.first(), Some(NEAR_NAME..=AGAIN));
        if !called && WORTH_AGAIN.contains(&text.len()) && self.seen.len() < MOST_AGAIN {
            self.seen.push(start);
        }
        Some(text)
    }

    /// A text of one's own.
    pub fn string(&mut self) -> Option<String> {
        self.text().map(Cow::into_owned)
    }

    fn one_text(&mut self) -> Option<Cow<'b, str>> {
        let name = |number: usize| names().all.get(number).map(|name| Cow::Borrowed(*name));
        match self.byte()? {
            length @ ..=0x7f => self.utf8(usize::from(length)),
            near @ NEAR_NAME..NAME => name(usize::from(near - NEAR_NAME)),
            NAME => name(NEAR + usize::from(self.byte()?)),
            FAR_NAME => name(usize::from(u16::from_le_bytes(self.array()?))),
            AGAIN => {
                let at = usize::from(self.byte()?);
                let at = *self.seen.get(at)?;
                let here = std::mem::replace(&mut self.rest, at);
                let text = self.one_text();
                self.rest = here;
                text
            }
            DIGITS => self.digits().map(Cow::Owned),
            HAN => self.han().map(Cow::Owned),
            LONG => {
                let length = self.count()?;
                self.utf8(length)
            }
            _ => None,
        }
    }

    fn utf8(&mut self, length: usize) -> Option<Cow<'b, str>> {
        std::str::from_utf8(self.raw(length)?).ok().map(Cow::Borrowed)
    }

    fn digits(&mut self) -> Option<String> {
        let count = usize::from(self.byte()?);
        let packed = self.raw(count.div_ceil(2))?;
        let mut text = String::with_capacity(count);
        for half in packed.iter().flat_map(|byte| [byte >> 4, byte & 0xf]).take(count) {
            text.push(match half {
                0..=9 => char::from(b'0' + half),
                10 => 'X',
                _ => return None,
            });
        }
        Some(text)
    }

    fn han(&mut self) -> Option<String> {
        let length = self.count()?;
        let mut inner = self.raw(length)?.iter().copied();
        let mut text = String::with_capacity(length * 3 / 2 + 2);
        while let Some(byte) = inner.next() {
            text.push(match byte {
                0..0x80 => char::from(byte),
                OTHER => char::from_u32(u32::from_le_bytes([
                    inner.next()?,
                    inner.next()?,
                    inner.next()?,
                    0,
                ]))?,
                high => of_han(u16::from_be_bytes([high & 0x7f, inner.next()?]))?,
            });
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, HashSet};

    /// Texts of every kind there is a short form for, and their neighbours that have none.
    fn texts() -> impl Strategy<Value = String> {
        let near = [
            "12345",
            "1234",
            "50019919930715246X",
            "X",
            "1234X6",
            "１２３４５",
            "name",
            "text",
            "",
            "鱼洞街道",
            "鿿一",
            "、。「」",
            "（）￥",
            "𠮷野家",
            "a𠮷",
            "é",
            "Ünïcödé",
            "王\u{0}",
            "二",
        ];
        prop_oneof![
            prop::sample::select(near.map(String::from).to_vec()),
            "\\PC{0,40}",
            "[一-龥、（）a-z0-9]{0,200}",
            "[0-9X]{0,300}",
            prop::sample::select(names().all.iter().map(ToString::to_string).collect::<Vec<_>>()),
        ]
    }

    proptest! {
        #[test]
        fn texts_come_back(texts in prop::collection::vec(texts(), 0..300)) {
            let mut out = Writer::default();
            texts.iter().for_each(|text| out.text(text));
            let bytes = out.done();
            let mut reader = Reader::new(&bytes);
            for text in &texts {
                prop_assert_eq!(reader.string(), Some(text.clone()));
            }
            prop_assert!(reader.is_done());
        }

        #[test]
        fn numbers_moments_days_and_identities_come_back(
            rows in prop::collection::vec((any::<u64>(), any::<i64>(), any::<[u8; 16]>(), -300_000i64..300_000_000_000, 0u32..2_000_000_000, -100_000i32..1_000_000), 1..20),
        ) {
            let rows = rows.into_iter().filter_map(|(number, signed, id, seconds, nanos, day)| {
                let moment = DateTime::from_timestamp(seconds, nanos)?;
                let day = NaiveDate::from_num_days_from_ce_opt(day)?;
                Some((number, signed, Uuid::from_bytes(id), moment, day))
            });
            let rows: Vec<_> = rows.collect();
            let mut out = Writer::default();
            for (number, signed, id, moment, day) in &rows {
                out.number(*number);
                out.signed(*signed);
                out.moment(moment);
                out.identity(id);
                out.moment(moment);
                out.day(*day);
            }
            let bytes = out.done();
            let mut reader = Reader::new(&bytes);
            for (number, signed, id, moment, day) in &rows {
                prop_assert_eq!(reader.number(), Some(*number));
                prop_assert_eq!(reader.signed(), Some(*signed));
                prop_assert_eq!(reader.moment(), Some(*moment));
                prop_assert_eq!(reader.identity(), Some(*id));
                prop_assert_eq!(reader.moment(), Some(*moment));
                prop_assert_eq!(reader.day(), Some(*day));
            }
            prop_assert!(reader.is_done());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let read = |one: fn(&mut Reader<'_>) -> bool| {
                let mut reader = Reader::new(&bytes);
                while one(&mut reader) {}
            };
            read(|reader| reader.text().is_some());
            read(|reader| reader.number().is_some());
            read(|reader| reader.moment().is_some());
            read(|reader| reader.identity().is_some() && reader.day().is_some());
        }
    }

    fn short(text: &str) -> Vec<u8> {
        let mut out = Writer::default();
        out.text(text);
        out.done()
    }

    #[test]
    fn a_form_is_what_it_is_said_to_be() {
        assert_eq!(short("text"), [0x80]);
        assert_eq!(short("ab"), [2, b'a', b'b']);
        assert_eq!(short("13800001111"), [0xc3, 11, 0x13, 0x80, 0x00, 0x01, 0x11, 0x10]);
        assert_eq!(short("一1（"), [0xc4, 5, 0x80, 0x00, b'1', 0xd3, 0x08]);
        let mut out = Writer::default();
        out.text("鱼洞");
        out.text("鱼洞");
        assert_eq!(out.done()[6..], [0xc2, 0]);
        let mut out = Writer::default();
        let moment = DateTime::from_timestamp(1, 5_000).unwrap();
        out.moment(&moment);
        out.moment(&moment);
        out.day(NaiveDate::from_ymd_opt(1969, 12, 31).unwrap());
        out.number(300);
        assert_eq!(out.done(), [3, 10, 0, 1, 0xac, 2]);
    }

    #[test]
    fn names_are_each_there_once_and_short() {
        let all = &names().all;
        let unique: HashSet<_> = all.iter().collect();
        assert_eq!(unique.len(), all.len());
        assert!(all.iter().all(|name| !name.is_empty() && name.is_ascii()));
        assert!(all.len() <= usize::from(u16::MAX));
        // Numbers that have been given stay given.
        let given = BTreeMap::from([("text", 0), ("name", 1), ("person", 31)]);
        given.into_iter().for_each(|(name, number)| assert_eq!(number_of(name), Some(number)));
    }
}
