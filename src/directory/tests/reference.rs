//! The fast search against a slow one that tries every way, over small random directories.

use super::{few, id, moment, own, person};
use crate::directory::Why;
use crate::directory::{Card, Directory, IdNumber, Query};
use crate::record::{RecordId, new_id_form, old_id_form};
use proptest::collection::vec;
use proptest::prelude::*;
use std::cmp::Reverse;

/// Characters with how they are typed, as a surname and elsewhere: readings before the bar
/// are likely, those after it less so. Copied by hand from the dictionary.
const TYPED: &[(char, &str, &str)] = &[
    ('张', "zhang", "zhang"),
    ('伟', "wei", "wei"),
    ('单', "shan | dan chan", "dan | chan shan"),
    ('曾', "zeng | ceng", "ceng | zeng"),
    ('吕', "lv lu lyu", "lv lu lyu"),
    ('乐', "yue le", "le | yue"),
    ('安', "an", "an"),
    ('明', "ming | meng", "ming | meng"),
    ('女', "nv nu nyu | ru", "nv nu nyu | ru"),
    ('A', "", ""),
    ('·', "", ""),
];

fn readings(c: char, first: bool) -> Vec<(&'static str, bool)> {
    let row = TYPED.iter().find(|row| row.0 == c).unwrap();
    let (likely, other) = if first { row.1 } else { row.2 }
        .split_once('|')
        .unwrap_or((if first { row.1 } else { row.2 }, ""));
    let likely = likely.split_whitespace().map(|reading| (reading, false));
    likely.chain(other.split_whitespace().map(|reading| (reading, true))).collect()
}

/// A way through a name so far: 0 literal, 1 syllables, 2 initials; and a less likely reading.
type Way = (u8, bool);

/// Every way the word can be laid over the name from glyph `at` on: the way, and the glyph
/// after it (`None` when the word ended within a syllable).
fn ways(name: &[char], at: usize, word: &str, way: Way, out: &mut Vec<(Way, Option<usize>)>) {
    if word.is_empty() {
        out.push((way, Some(at)));
        return;
    }
    let Some(&c) = name.get(at) else { return };
    if c == '·' {
        ways(name, at + 1, word, way, out);
        return;
    }
    if let Some(rest) = word.strip_prefix(c.to_ascii_lowercase()) {
        ways(name, at + 1, rest, way, out);
    }
    let first = name[..at].is_empty();
    for (reading, other) in readings(c, first) {
        let other = way.1 | other;
        if let Some(rest) = word.strip_prefix(reading) {
            ways(name, at + 1, rest, (way.0.max(1), other), out);
        }
        let initials = [1, if reading.chars().nth(1) == Some('h') { 2 } else { 1 }];
        for length in initials {
            let initial: String = reading.chars().take(length).collect();
            if let Some(rest) = word.strip_prefix(&initial) {
                ways(name, at + 1, rest, (way.0.max(2), other), out);
            }
        }
        if word.len() >= 2 && word.len() < reading.len() && reading.starts_with(word) {
            out.push(((3, other), None));
        }
    }
}

fn name_rank(name: &str, word: &str) -> Option<u8> {
    let word: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
    let name: Vec<char> = name.chars().collect();
    let dots = |part: &[char]| part.iter().all(|&c| c == '·');
    let mut best = None;
    for start in 0..name.len() {
        let mut out = Vec::new();
        if !word.is_empty() {
            ways(&name, start, &word, (0, false), &mut out);
        }
        for ((kind, other), end) in out {
            let first = dots(&name[..start]);
            let whole = first && end.is_some_and(|end| dots(&name[end..]));
            let why = match (kind, first, whole) {
                (0, _, true) => Why::Name,
                (0, true, _) => Why::NameStart,
                (0, false, _) => Why::NamePart,
                (1, _, true) => Why::Pinyin,
                (1, true, _) => Why::PinyinStart,
                (1, false, _) => Why::PinyinPart,
                (2, _, true) => Why::Initials,
                (2, true, _) => Why::InitialsStart,
                (2, false, _) => Why::InitialsPart,
                (_, true, _) => Why::SyllableStart,
                (_, false, _) => Why::SyllablePart,
            };
            let rank = why.rank() + u8::from(other);
            best = Some(best.map_or(rank, |known: u8| known.min(rank)));
        }
    }
    best
}

fn number_why(number: &str, piece: &str) -> Option<Why> {
    let number = number.to_lowercase();
    if number.is_empty() || (piece.len() == 1 && piece.chars().all(|c| c.is_ascii_alphabetic())) {
        return None;
    }
    if number == piece {
        return Some(Why::Number);
    }
    let running = number.chars().rev().take_while(char::is_ascii_digit).count().min(8);
    let series = number.len() - running;
    let value = |digits: &str| digits.trim_start_matches('0').to_string();
    let same_value = |tail: &str| !value(piece).is_empty() && value(piece) == value(tail);
    (0..number.len())
        .filter(|&at| number.get(at..).is_some_and(|rest| rest.starts_with(piece)))
        .map(|at| {
            let ends = at + piece.len() == number.len();
            match () {
                () if at + piece.len() <= series => Why::NumberSeries,
                () if !ends => Why::NumberPart,
                () if at < series
                    || piece.len() >= 3
                    || same_value(number.get(series..).unwrap()) =>
                {
                    Why::NumberEnd
                }
                () => Why::NumberPart,
            }
        })
        .min()
}

/// Whole, or by its last four places.
fn end_why(text: &str, piece: &str, whys: [Why; 2]) -> Option<Why> {
    match () {
        () if text == piece => Some(whys[0]),
        () if text.ends_with(piece) && piece.chars().count() == 4 => Some(whys[1]),
        () => None,
    }
}

fn word_rank(card: &Card, word: &str) -> Option<u8> {
    names_rank(card, word).into_iter().chain(numbers_rank(card, word)).min()
}

fn names_rank(card: &Card, word: &str) -> Option<u8> {
    let names = card.names.iter().zip([0, 2, 2]);
    names.filter_map(|(name, more)| Some(name_rank(name, word)? + more)).min()
}

fn numbers_rank(card: &Card, word: &str) -> Option<u8> {
    let plain: String = word.to_uppercase().chars().filter(|c| c.is_alphanumeric()).collect();
    let long = plain.chars().count() >= 4;
    let digits = long && plain.chars().all(|c| c.is_ascii_digit());
    let phones = card.phones.iter().filter(|_| digits);
    let phones = phones.filter_map(|phone| end_why(phone, &plain, [Why::Phone, Why::PhoneEnd]));
    // A number is found whole in the form it was entered in and in the other one.
    let id_numbers = card.id_numbers.iter().filter(|_| long).flat_map(|number| {
        let number = &*number.number;
        let other = new_id_form(number).or_else(|| old_id_form(number));
        let other = other.filter(|other| *other == plain).map(|_| Why::IdNumber);
        end_why(number, &plain, [Why::IdNumber, Why::IdNumberEnd]).into_iter().chain(other)
    });
    // One that is as short as that only whole.
    let is_whole = |number: &&IdNumber<'_>| {
        !long && !plain.is_empty() && number.number.replace('-', "").to_uppercase() == plain
    };
    let short = card.id_numbers.iter().filter(is_whole).map(|_| Why::IdNumber);
    let whys = phones.chain(id_numbers).chain(short).chain(number_why(&card.number, word));
    whys.map(Why::rank).min()
}

/// What a search should answer: scores and ids in order.
fn expected(cards: &[Card], text: &str) -> Vec<(u8, RecordId)> {
    let text = text.to_lowercase();
    let words: Vec<&str> =
        text.split(' ').filter(|word| word.chars().any(char::is_alphanumeric)).collect();
    let mut rows: Vec<_> = cards
        .iter()
        .filter_map(|card| {
            let ranks: Option<Vec<u8>> = words.iter().map(|word| word_rank(card, word)).collect();
            let mean = ranks.filter(|ranks| !ranks.is_empty()).map(|ranks| {
                let sum: u32 = ranks.iter().map(|&rank| u32::from(rank)).sum();
                u8::try_from(sum.div_ceil(ranks.len() as u32)).unwrap()
            });
            let together = words.concat();
            let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit() || c == '-');
            let digits = digits(together.strip_suffix('x').unwrap_or(&together));
            let joined = words.get(1).and_then(|_| {
                let name = mean.and_then(|_| names_rank(card, &together));
                name.into_iter().chain(numbers_rank(card, &together).filter(|_| digits)).min()
            });
            let score = mean.into_iter().chain(joined).min()?;
            Some((score, Reverse(card.updated), Reverse(card.id)))
        })
        .collect();
    rows.sort();
    rows.into_iter().map(|(score, _, Reverse(id))| (score, id)).collect()
}

fn name() -> impl Strategy<Value = String> {
    let chars: Vec<char> = TYPED.iter().map(|row| row.0).collect();
    vec(proptest::sample::select(chars), 0..6).prop_map(String::from_iter)
}

fn cards() -> impl Strategy<Value = Vec<Card<'static>>> {
    let card = (
        vec(name(), 0..3),
        prop_oneof!["", "B-2[01]", "b[01]{1,3}", "[01]{2,10}", "困-20-0{0,2}1"],
        vec("1[12]{4,5}", 0..2),
        vec(
            prop_oneof![
                "[12]{15}",
                "[12]{16}[1-2X]{2}",
                "E[12]{3}",
                "[12]{1,3}|[12]-[12]",
                // Of two forms: dates in December 1911 and 1912, so that pieces fit often.
                "[12]{6}1[12]121[12][12]{3}".prop_map(|old| new_id_form(&old).unwrap()),
                "[12]{6}1[12]121[12][12]{3}"
            ],
            0..2,
        ),
        0..3_i64,
    );
    vec(card, 1..6).prop_map(|cards| {
        let make =
            |(at, (names, number, phones, ids, updated)): (u8, (_, String, _, Vec<String>, _))| {
                Card {
                    id: id(at),
                    names: few(names),
                    number: number.into(),
                    phones: few(phones),
                    id_numbers: ids.iter().map(|number: &String| own(number)).collect(),
                    updated: moment(updated),
                    ..person(at, "")
                }
            };
        (0..).zip(cards).map(make).collect()
    })
}

/// A word that has a chance: pieces of characters, readings and digits.
fn word() -> impl Strategy<Value = String> {
    let mut pieces: Vec<String> = TYPED.iter().map(|row| row.0.to_string()).collect();
    for row in TYPED {
        for (reading, _) in readings(row.0, true) {
            pieces.extend([1, 2, 9].map(|length| reading.chars().take(length).collect()));
        }
    }
    let piece = proptest::sample::select(pieces);
    prop_oneof![
        4 => vec(piece, 1..4).prop_map(|pieces| pieces.concat()),
        1 => "[a-z]{1,3}",
        2 => "[0-2]{1,5}x?",
        1 => "[12]{15}",
        1 => "[bB困]-?2?[01]{0,2}",
        1 => "E?[12]{1,3}",
        1 => Just("·".to_string()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]
    #[test]
    fn the_fast_search_finds_what_the_slow_one_finds(cards in cards(), words in vec(word(), 1..3)) {
        let mut directory = Directory::new();
        for card in &cards {
            directory.put(card);
        }
        let text = words.join(" ");
        let expected = expected(&cards, &text);
        let hits = directory.search(&Query::new(&text, 100));
        let found: Vec<_> = hits.iter().map(|hit| (hit.score, hit.id)).collect();
        prop_assert_eq!(&found, &expected, "{}", text);
        let few = directory.search(&Query::new(&text, 2));
        let few: Vec<_> = few.iter().map(|hit| (hit.score, hit.id)).collect();
        prop_assert_eq!(few, expected.into_iter().take(2).collect::<Vec<_>>(), "{}", text);
    }
}
