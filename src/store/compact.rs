//! Named MessagePack made short: token for token the same, but for texts that come again and again.
//!
//! ```text
//! e0..ff           one of the first 32 names of `names.txt`
//! d4 n             name 32 + n
//! c7 n n           any name, by its number u16 little-endian
//! d5 n             text n of this value among those marked *, counted from 0
//! d6 [8]         * a moment, nanoseconds since 1970 i64 little-endian, for "2025-06-01T01:00:00.5Z"
//! d7 n [..]      * n digits, the last one perhaps an X, two a byte
//! d8 [4]         * a day, counted from 0001-01-01 i32 little-endian, for "2025-06-01"
//! d0 n             a number from -128 to -1
//! texts          * as MessagePack has them
//! ```
//!
//! MessagePack itself uses these bytes for small negative numbers, which `d0` takes in, and for
//! extensions, which nothing here has. Names are only ever added at the end of their file.

use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat};
use std::collections::HashMap;
use std::sync::OnceLock;

/// What is called by a number, one a line.
const NAMES: &str = include_str!("names.txt");
/// So many names take one byte.
const SHORT: usize = 32;
/// Texts longer than this are not called again by a number.
const LONGEST_AGAIN: usize = 255;
/// Texts of a value that can be called again.
const MOST_AGAIN: usize = 256;
/// Digits worth packing.
const FEWEST_DIGITS: usize = 5;
const NAME: u8 = 0xd4;
const AGAIN: u8 = 0xd5;
const MOMENT: u8 = 0xd6;
const DIGITS: u8 = 0xd7;
const DAY: u8 = 0xd8;
const FAR_NAME: u8 = 0xc7;
const NEGATIVE: u8 = 0xd0;

fn names() -> &'static [&'static str] {
    static ALL: OnceLock<Vec<&'static str>> = OnceLock::new();
    ALL.get_or_init(|| NAMES.lines().collect())
}

fn number_of(text: &str) -> Option<usize> {
    static NUMBERS: OnceLock<HashMap<&'static str, usize>> = OnceLock::new();
    let numbers = NUMBERS.get_or_init(|| names().iter().copied().zip(0..).collect());
    numbers.get(text).copied()
}

/// One token: how many bytes its head has and how many more belong to it.
fn token(bytes: &[u8]) -> Option<(usize, usize)> {
    let length = |from: usize, size: usize| {
        let digits = bytes.get(from..from + size)?;
        digits
            .iter()
            .try_fold(0usize, |sum, digit| sum.checked_mul(256)?.checked_add(usize::from(*digit)))
    };
    Some(match bytes.first()? {
        0x00..=0x9f | 0xc0 | 0xc2 | 0xc3 | 0xe0..=0xff => (1, 0),
        short @ 0xa0..=0xbf => (1, usize::from(short & 0x1f)),
        0xc4 | 0xd9 => (2, length(1, 1)?),
        0xc5 | 0xda => (3, length(1, 2)?),
        0xc6 | 0xdb => (5, length(1, 4)?),
        0xcc | 0xd0 => (2, 0),
        0xcd | 0xd1 | 0xdc | 0xde => (3, 0),
        0xca | 0xce | 0xd2 | 0xdd | 0xdf => (5, 0),
        0xcb | 0xcf | 0xd3 => (9, 0),
        _ => return None,
    })
}

fn is_text(head: u8) -> bool {
    matches!(head, 0xa0..=0xbf | 0xd9..=0xdb)
}

/// Shortens named MessagePack; nothing for what is none.
pub fn shorten(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len() / 2);
    let mut seen: Vec<&[u8]> = Vec::new();
    let mut rest = bytes;
    while let Some(&head) = rest.first() {
        let (start, more) = token(rest)?;
        let (whole, after) = rest.split_at_checked(start.checked_add(more)?)?;
        rest = after;
        if head >= 0xe0 {
            out.extend_from_slice(&[NEGATIVE, head]);
        } else if is_text(head) {
            text(whole, whole.get(start..)?, &mut seen, &mut out);
        } else {
            out.extend_from_slice(whole);
        }
    }
    Some(out)
}

fn text<'t>(whole: &'t [u8], content: &'t [u8], seen: &mut Vec<&'t [u8]>, out: &mut Vec<u8>) {
    let text = std::str::from_utf8(content).ok();
    if let Some(number) = text.and_then(number_of) {
        match (u8::try_from(number), number.checked_sub(SHORT).map(u8::try_from)) {
            (Ok(short), None) => out.push(0xe0 + short),
            (_, Some(Ok(near))) => out.extend_from_slice(&[NAME, near]),
            _ => {
                out.push(FAR_NAME);
                out.extend_from_slice(&u16::try_from(number).unwrap_or_default().to_le_bytes());
            }
        }
        return;
    }
    if content.is_empty() || content.len() > LONGEST_AGAIN {
        return out.extend_from_slice(whole);
    }
    if let Some(Ok(again)) = seen.iter().position(|other| *other == content).map(u8::try_from) {
        return out.extend_from_slice(&[AGAIN, again]);
    }
    if seen.len() < MOST_AGAIN {
        seen.push(content);
    }
    let packed = text.and_then(|text| moment(text).or_else(|| digits(text)).or_else(|| day(text)));
    out.extend_from_slice(packed.as_deref().unwrap_or(whole));
}

/// Makes of what [`shorten`] gave the MessagePack it was; nothing for what it never gave.
pub fn lengthen(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len() * 3);
    let mut seen: Vec<(usize, usize)> = Vec::new();
    let mut rest = bytes;
    while let Some((&head, after)) = rest.split_first() {
        let name = |number: usize| names().get(number).map(|name| name.as_bytes());
        match head {
            0xe0..=0xff => {
                put(&mut out, name(usize::from(head - 0xe0))?);
                rest = after;
            }
            NAME => {
                let (near, after) = after.split_first()?;
                put(&mut out, name(SHORT + usize::from(*near))?);
                rest = after;
            }
            FAR_NAME => {
                let (number, after) = after.split_first_chunk::<2>()?;
                put(&mut out, name(usize::from(u16::from_le_bytes(*number)))?);
                rest = after;
            }
            AGAIN => {
                let (again, after) = after.split_first()?;
                let (from, to) = *seen.get(usize::from(*again))?;
                let content = out.get(from..to)?.to_vec();
                put(&mut out, &content);
                rest = after;
            }
            MOMENT | DIGITS | DAY => {
                let (content, after) = unpack(head, after)?;
                let start = put(&mut out, content.as_bytes());
                remember(&mut seen, start, out.len());
                rest = after;
            }
            NEGATIVE if after.first().is_some_and(|value| *value >= 0xe0) => {
                let (value, after) = after.split_first()?;
                out.push(*value);
                rest = after;
            }
            _ => {
                let (start, more) = token(rest)?;
                let (whole, after) = rest.split_at_checked(start.checked_add(more)?)?;
                let at = out.len() + start;
                out.extend_from_slice(whole);
                if is_text(head) && (1..=LONGEST_AGAIN).contains(&more) {
                    remember(&mut seen, at, out.len());
                }
                rest = after;
            }
        }
    }
    Some(out)
}

fn remember(seen: &mut Vec<(usize, usize)>, from: usize, to: usize) {
    if seen.len() < MOST_AGAIN {
        seen.push((from, to));
    }
}

/// Appends a short text and gives where its content begins.
fn put(out: &mut Vec<u8>, content: &[u8]) -> usize {
    match u8::try_from(content.len()) {
        Ok(short @ 0..=31) => out.push(0xa0 | short),
        // No text that is called by a number, or made of one, is longer.
        length => out.extend_from_slice(&[0xd9, length.unwrap_or(u8::MAX)]),
    }
    let start = out.len();
    out.extend_from_slice(content);
    start
}

fn unpack(head: u8, rest: &[u8]) -> Option<(String, &[u8])> {
    match head {
        MOMENT => {
            let (nanos, rest) = rest.split_first_chunk::<8>()?;
            Some((moment_text(i64::from_le_bytes(*nanos)), rest))
        }
        DAY => {
            let (days, rest) = rest.split_first_chunk::<4>()?;
            let day = NaiveDate::from_num_days_from_ce_opt(i32::from_le_bytes(*days))?;
            Some((day.to_string(), rest))
        }
        _ => {
            let (count, rest) = rest.split_first()?;
            let count = usize::from(*count);
            let (packed, rest) = rest.split_at_checked(count.div_ceil(2))?;
            let half = |byte: &u8| [byte >> 4, byte & 0xf];
            let halves = packed.iter().flat_map(half).take(count);
            let read = |half: u8| match half {
                0..=9 => Some(char::from(b'0' + half)),
                10 => Some('X'),
                _ => None,
            };
            Some((halves.map(read).collect::<Option<String>>()?, rest))
        }
    }
}

fn moment_text(nanos: i64) -> String {
    DateTime::from_timestamp_nanos(nanos).to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// A moment as chrono writes it, to the letter.
fn moment(text: &str) -> Option<Vec<u8>> {
    if !(20..=30).contains(&text.len())
        || !text.ends_with('Z')
        || text.as_bytes().get(10) != Some(&b'T')
    {
        return None;
    }
    let nanos = DateTime::parse_from_rfc3339(text).ok()?.timestamp_nanos_opt()?;
    (moment_text(nanos) == text).then(|| [&[MOMENT][..], &nanos.to_le_bytes()].concat())
}

fn day(text: &str) -> Option<Vec<u8>> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
        return None;
    }
    let part = |from, to| text.get(from..to)?.parse::<u16>().ok();
    let (year, month, day) = (part(0, 4)?, part(5, 7)?, part(8, 10)?);
    let day = NaiveDate::from_ymd_opt(i32::from(year), u32::from(month), u32::from(day))?;
    let fits = day.to_string() == text;
    fits.then(|| [&[DAY][..], &day.num_days_from_ce().to_le_bytes()].concat())
}

fn digits(text: &str) -> Option<Vec<u8>> {
    let bytes = text.as_bytes();
    let count = u8::try_from(bytes.len()).ok()?;
    let (last, others) = bytes.split_last()?;
    let fits = others.iter().all(u8::is_ascii_digit) && (last.is_ascii_digit() || *last == b'X');
    if !fits || bytes.len() < FEWEST_DIGITS {
        return None;
    }
    let half = |byte: u8| if byte == b'X' { 10 } else { byte - b'0' };
    let pairs = bytes.chunks(2).map(|pair| match *pair {
        [one, other] => half(one) << 4 | half(other),
        [one] => half(one) << 4,
        _ => 0,
    });
    Some([DIGITS, count].into_iter().chain(pairs).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, HashSet};

    /// Texts of every kind there is a short form for, and their neighbours that have none.
    fn texts() -> impl Strategy<Value = String> {
        let near = [
            "2025-06-01T01:00:00Z",
            "2025-06-01T01:00:00.500Z",
            "2025-06-01T01:00:00.5Z",
            "2025-06-01T01:00:00+00:00",
            "2025-06-01t01:00:00Z",
            "2016-12-31T23:59:60Z",
            "9999-12-31T23:59:59Z",
            "2025-02-30",
            "2025-06-01",
            "+025-06-01",
            "0000-01-01",
            "12345",
            "1234",
            "500199199307152460",
            "50019919930715246X",
            "X",
            "1234X6",
            "１２３４５",
            "name",
            "text",
            "fields",
            "",
        ];
        prop_oneof![
            prop::sample::select(near.map(String::from).to_vec()),
            "\\PC{0,40}",
            "[0-9X]{0,300}",
            "[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?Z)?",
            prop::sample::select(names().iter().map(ToString::to_string).collect::<Vec<_>>()),
        ]
    }

    proptest! {
        #[test]
        fn anything_comes_back_to_the_byte(
            map in prop::collection::btree_map(texts(), (prop::collection::vec(texts(), 0..6), any::<i64>(), any::<Option<f64>>()), 0..8),
            small in -200i16..200,
            ids: [u8; 16],
        ) {
            let value = (map, small, serde_bytes(&ids));
            let plain = rmp_serde::to_vec_named(&value).unwrap();
            let short = shorten(&plain).unwrap();
            prop_assert_eq!(lengthen(&short), Some(plain));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            if let Some(plain) = lengthen(&bytes) {
                // At most what each of its bytes may stand for.
                prop_assert!(plain.len() <= bytes.len() * (LONGEST_AGAIN + 2));
            }
            let _ = shorten(&bytes);
        }
    }

    fn serde_bytes(id: &[u8; 16]) -> uuid::Uuid {
        uuid::Uuid::from_bytes(*id)
    }

    #[test]
    fn a_form_is_what_it_is_said_to_be() {
        let short = |text: &str| shorten(&rmp_serde::to_vec_named(text).unwrap()).unwrap();
        assert_eq!(short("text"), [0xe0]);
        assert_eq!(short("13800001111"), [0xd7, 11, 0x13, 0x80, 0x00, 0x01, 0x11, 0x10]);
        assert_eq!(
            short("1970-01-01T00:00:01Z")[..],
            [&[0xd6][..], &1_000_000_000i64.to_le_bytes()].concat()
        );
        assert_eq!(short("0001-01-02"), [0xd8, 2, 0, 0, 0]);
        assert_eq!(shorten(&[0xff]), Some(vec![0xd0, 0xff]));
        let twice = rmp_serde::to_vec_named(&["鱼洞", "鱼洞"]).unwrap();
        assert_eq!(shorten(&twice).unwrap()[8..], [0xd5, 0]);
    }

    #[test]
    fn names_are_each_there_once_and_short() {
        let unique: HashSet<_> = names().iter().collect();
        assert_eq!(unique.len(), names().len());
        assert!(names().iter().all(|name| !name.is_empty() && name.len() <= LONGEST_AGAIN));
        assert!(names().len() <= usize::from(u16::MAX));
        // Numbers that have been given stay given.
        let given = BTreeMap::from([("text", 0), ("name", 1), ("person", 31)]);
        given.into_iter().for_each(|(name, number)| assert_eq!(number_of(name), Some(number)));
    }
}
