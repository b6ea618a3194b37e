//! Search as typed: the words of a query against names, numbers and phones.

use super::Directory;
use super::columns::LAST;
use super::digits::Run;
use super::names::NameProbe;
use super::number::NumberProbe;
use super::scan::{BLOCK, pick};
use super::text::{folded, folded_char, folded_id};
use super::why::{NONE, Rank, Why};
use crate::record::RecordId;

/// Words of a query that are looked at.
const WORDS: usize = 8;

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// As typed.
    pub text: String,
    /// Only cards of this kind.
    pub kind: Option<u16>,
    /// At most so many hits.
    pub limit: usize,
}

impl Query {
    /// A query over all kinds.
    pub fn new(text: impl Into<String>, limit: usize) -> Self {
        Self { text: text.into(), kind: None, limit }
    }
}

/// A card that matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The record.
    pub id: RecordId,
    pub kind: u16,
    /// Distance from what was typed: less is closer. Equal ones go by last change.
    pub score: u8,
    /// How the first word matched.
    pub why: Why,
    /// Which of the card's names the first word matched, when it was a name: 0 is its own.
    pub name: Option<usize>,
}

/// One word of a query.
struct Word {
    text: String,
    names: Option<NameProbe>,
    /// By slot.
    ranks: Vec<Rank>,
}

impl Word {
    fn new(text: &str, directory: &Directory) -> Self {
        let letters: Vec<char> = text.chars().filter_map(folded_char).collect();
        let names = NameProbe::new(&letters, &directory.glyphs);
        Self { text: text.to_string(), names, ranks: vec![NONE; directory.slots] }
    }

    /// Whether the word goes before another of its query: names before digits, as digits
    /// are in more columns, and then what is likely to rule out more.
    fn order(&self) -> (bool, std::cmp::Reverse<(usize, u32)>) {
        let digits = self.text.bytes().filter(u8::is_ascii_digit).count();
        let needs = self.names.as_ref().map_or(0, |probe| probe.needs.count_ones());
        (digits > 0, std::cmp::Reverse((digits, needs)))
    }

    /// Ranks the cards by their names; only those among `within`, where it is given.
    fn look_at_names(&mut self, directory: &Directory, within: Option<&[Rank]>) {
        let Some(probe) = &mut self.names else { return };
        let (needs, masks, ranks) = (probe.needs, &directory.masks, &mut self.ranks);
        let mut look = |slot: usize| {
            // The last page reaches beyond the last slot.
            if let Some(rank) = ranks.get_mut(slot) {
                *rank = directory.name_rank(probe, slot).0;
            }
        };
        for (start, masks) in masks.pages() {
            if let Some(within) = within.map(|ranks| ranks.get(start..).unwrap_or_default()) {
                let wanted = |at: usize| within.get(at).is_some_and(|&rank| rank != NONE);
                let may_be = |at, mask: &u64| (mask & needs == needs) & wanted(at);
                pick(masks, may_be, |at| look(start + at));
            } else {
                pick(masks, |_, mask| mask & needs == needs, |at| look(start + at));
            }
        }
    }

    /// The same by their numbers.
    fn look_at_numbers(&mut self, directory: &Directory, within: Option<&[Rank]>) {
        let ranks = &mut self.ranks;
        let wanted = |slot: usize| within.is_none_or(|ranks| ranks[slot] != NONE);
        let mut found = |slot: usize, why: Why| {
            if let Some(rank) = ranks.get_mut(slot).filter(|_| wanted(slot)) {
                *rank = why.rank().min(*rank);
            }
        };
        if let Some(probe) = NumberProbe::new(&directory.series, &self.text) {
            probe.find(&directory.numbers, within, &mut found);
        }
        let plain = folded_id(&self.text);
        if plain.chars().count() < LAST {
            // Too short to be the end of a number, but a whole one may be as short.
            let whole = directory.id_numbers.exactly(&plain);
            whole.into_iter().for_each(|(slot, _)| found(slot as usize, Why::IdNumber));
            return;
        }
        directory.id_numbers.find(&plain, |slot, why| found(slot as usize, why));
        if plain.bytes().all(|b| b.is_ascii_digit()) {
            let local = plain.strip_prefix("86").filter(|_| self.text.starts_with('+'));
            if let Some(run) = Run::new(local.unwrap_or(&plain)) {
                directory.phones.find(&run, |slot, why| found(slot as usize, why));
            }
        }
    }
}

/// What a text found, before it is cut to the closest few.
pub(super) struct Found {
    words: Vec<Word>,
    /// By slot, when there are several words: the score.
    scores: Option<Vec<Rank>>,
    /// Several words written together.
    joined: Option<Word>,
}

impl Found {
    /// Looks for a text; `None` when there is nothing to look for.
    pub(super) fn new(text: &str, directory: &Directory) -> Option<Self> {
        let folded = folded(text);
        let texts: Vec<&str> = folded
            .split_whitespace()
            .filter(|text| text.chars().any(char::is_alphanumeric))
            .take(WORDS)
            .collect();
        let mut words: Vec<Word> = texts.iter().map(|text| Word::new(text, directory)).collect();
        if let [word] = words.as_mut_slice() {
            word.look_at_names(directory, None);
            word.look_at_numbers(directory, None);
        }
        if words.len() < 2 {
            let found = !words.is_empty();
            return found.then_some(Self { words, scores: None, joined: None });
        }
        let mut scores = all_words(&mut words, directory);
        let mut joined = Word::new(&texts.concat(), directory);
        joined.look_at_names(directory, Some(&scores));
        if joined.text.strip_suffix('x').unwrap_or(&joined.text).bytes().all(is_digit_or_dash) {
            joined.look_at_numbers(directory, None);
        }
        for (score, &rank) in scores.iter_mut().zip(&joined.ranks) {
            *score = rank.min(*score);
        }
        Some(Self { words, scores: Some(scores), joined: Some(joined) })
    }

    /// By slot.
    fn scores(&self) -> &[Rank] {
        let word = || self.words.first().map_or(&[][..], |word| &word.ranks);
        self.scores.as_deref().unwrap_or_else(word)
    }

    pub(super) fn has(&self, slot: u32) -> bool {
        self.scores().get(slot as usize).is_some_and(|&score| score != NONE)
    }

    /// The closest `limit` slots, then the last changed, then the newest.
    fn closest(&self, directory: &Directory, kind: Option<u16>, limit: usize) -> Vec<u32> {
        let order = |a: &(u64, u32), b: &(u64, u32)| {
            let id = |slot: u32| directory.ids.get(slot as usize);
            let newer = || id(b.1).cmp(&id(a.1));
            a.0.cmp(&b.0).then_with(newer)
        };
        // Kept short: when it is full, all but the closest go, and nothing farther gets in.
        let full = limit.saturating_add(limit.max(500));
        let mut closest: Vec<(u64, u32)> = Vec::new();
        let mut farthest = u64::MAX;
        let scores = self.scores();
        let mut look = |slot: usize| {
            let changed = u64::from(u32::MAX - directory.updated.get(slot));
            let distance = u64::from(scores[slot]) << 32 | changed;
            if distance > farthest || kind.is_some_and(|kind| directory.kind_of(slot) != kind) {
                return;
            }
            closest.push((distance, slot as u32));
            if closest.len() == full {
                let (_, last, _) = closest.select_nth_unstable_by(limit - 1, order);
                farthest = last.0;
                closest.truncate(limit);
            }
        };
        // From the end: the last cards are mostly the last changed.
        for (block, scores) in scores.chunks(BLOCK).enumerate().rev() {
            pick(scores, |_, &score| score != NONE, |at| look(block * BLOCK + at));
        }
        closest.sort_unstable_by(order);
        closest.truncate(limit);
        closest.into_iter().map(|(_, slot)| slot).collect()
    }

    /// What to say about a slot that was found.
    fn hit(&mut self, slot: u32, directory: &Directory) -> Hit {
        let at = slot as usize;
        let score = self.scores()[at];
        let joined = self.joined.as_mut().filter(|joined| joined.ranks[at] == score);
        let mut why = Why::of(score);
        let mut name = None;
        if let Some(word) = joined.or(self.words.first_mut()) {
            why = Why::of(word.ranks[at]);
            let probe = word.names.as_mut().filter(|_| why.is_name());
            name = probe.map(|probe| directory.name_rank(probe, at).1);
        }
        Hit { id: directory.ids.get(at), kind: directory.kind_of(at), score, why, name }
    }
}

/// The mean rank, rounded up, of the cards all words match. The words that rule out most go
/// first, and the others look only at what is left.
fn all_words(words: &mut [Word], directory: &Directory) -> Vec<Rank> {
    let mut order: Vec<&mut Word> = words.iter_mut().collect();
    order.sort_by_key(|word| word.order());
    let mut done: Vec<&Word> = Vec::new();
    for word in order {
        let before = done.last().map(|word| word.ranks.as_slice());
        word.look_at_names(directory, before);
        word.look_at_numbers(directory, before);
        done.push(word);
    }
    // The last one has only what all before it have.
    let left = done.last().map_or(&[][..], |word| &word.ranks);
    let mean = |(slot, &rank): (usize, &Rank)| {
        if rank == NONE {
            return NONE;
        }
        let sum: usize = done.iter().map(|word| usize::from(word.ranks[slot])).sum();
        Rank::try_from(sum.div_ceil(done.len())).unwrap_or(NONE - 1)
    };
    left.iter().enumerate().map(mean).collect()
}

fn is_digit_or_dash(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'-'
}

impl Directory {
    /// Finds cards by what a person types: names in characters, pinyin, initials or a
    /// mixture, any piece of a file number. Phones and identity numbers, which are shown masked,
    /// are found whole or by their last four places and by nothing between: else they could be
    /// learnt piece by piece. All words must match; numbers may be written with blanks.
    #[must_use]
    pub fn search(&self, query: &Query) -> Vec<Hit> {
        let Some(mut found) = Found::new(&query.text, self).filter(|_| query.limit > 0) else {
            return Vec::new();
        };
        let slots = found.closest(self, query.kind, query.limit);
        slots.into_iter().map(|slot| found.hit(slot, self)).collect()
    }

    /// The best rank among the names of a card, and which has it.
    #[inline]
    fn name_rank(&self, probe: &mut NameProbe, slot: usize) -> (Rank, usize) {
        let more = || self.cells.names(self.cell_of.get(slot));
        probe.card(self.short_names.get(slot), self.masks.get(slot), more)
    }
}
