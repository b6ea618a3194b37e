//! The search for a typed word in names, as an automaton over glyphs.
//!
//! A word such as `张wm` or `zhangw` can be laid over a name in several ways: each glyph takes
//! the character itself, a whole syllable, or an initial of the word; the last one may take
//! the beginning of a syllable. A state is the set of all ways so far, so one step a glyph
//! tries them all. Steps are worked out when first needed and kept, and glyphs that behave
//! alike under the word share one class; so a name costs two table look-ups a glyph.
//!
//! Before that a mask of 64 bits a card tells most cards apart: letters and characters that
//! every way of reading the word needs.

use super::cells::Reader;
use super::glyph::{BLANK, Glyph, Glyphs, bit};
use super::why::{NONE, Rank, Why};
use std::collections::HashMap;

/// Longest word looked for, in characters: positions are bits of a `u64`.
const LONGEST: usize = 60;
/// Letters of the longest syllable (`zhuang`).
const SYLLABLE: usize = 6;

/// Kinds of ways, best first. A way is as good as its worst step.
const LITERAL: usize = 0;
const FULL: usize = 1;
const INITIAL: usize = 2;
const PARTIAL: usize = 3;
const KINDS: usize = 4;

/// Sets of word positions reached, by kind of way, then by whether a less likely reading was
/// used on the way.
type Reached = [[u64; 2]; KINDS];

/// Set in the mask of a card that has names besides its short one.
pub(super) const MORE_NAMES: u64 = 1 << 63;

/// A card's own name when it has one to four glyphs, which nearly all have. They are in a
/// column of their own, so that a search passes over nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ShortName([u16; 4]);

impl ShortName {
    /// No short name.
    pub(super) const NONE: Self = Self([BLANK; 4]);

    /// `None` when the name does not fit.
    pub(super) fn new(name: &[u32]) -> Option<Self> {
        let mut short = [BLANK; 4];
        if name.is_empty() || name.len() > short.len() {
            return None;
        }
        for (place, &glyph) in short.iter_mut().zip(name) {
            *place = u16::try_from(glyph).ok()?;
        }
        Some(Self(short))
    }

    /// The glyphs; none when there is no short name.
    pub(super) fn glyphs(self) -> impl Iterator<Item = u32> {
        self.0.into_iter().take_while(|&glyph| glyph != BLANK).map(u32::from)
    }

    /// Whether there is one.
    pub(super) fn is_some(self) -> bool {
        self.0[0] != BLANK
    }
}

/// What one glyph can take of the word; positions where it may begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Class {
    /// Punctuation, which may be left out.
    skipped: bool,
    literal: u64,
    /// By likelihood of the reading, then by length.
    full: [[u64; SYLLABLE + 1]; 2],
    /// An initial of one letter, and of two (`zh`, `ch`, `sh`).
    initial: [[u64; 2]; 2],
    /// The word ends within the syllable.
    partial: [u64; 2],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct State {
    /// Ways that began with the name's first glyph.
    first: Reached,
    /// Ways that began later.
    later: Reached,
    /// The best match that was complete before the present glyph.
    done: Rank,
}

/// A word ready to be looked for in names.
#[derive(Debug)]
pub(super) struct NameProbe {
    length: usize,
    /// Bits a card's mask must have.
    pub(super) needs: u64,
    /// By glyph: its class, counted from one.
    class_of: Vec<u16>,
    classes: Vec<Class>,
    states: Vec<State>,
    /// Where a state's row begins.
    row_of: HashMap<State, u32>,
    /// A row a state: the rank of a name that ends there, then by class the row of the next.
    rows: Vec<u32>,
}

const UNKNOWN: u32 = u32::MAX;

/// How one syllable lies in the word: positions.
#[derive(Clone, Copy, Default)]
struct Fit {
    length: usize,
    full: u64,
    initial: [u64; 2],
    partial: u64,
}

impl Fit {
    fn new(syllable: &str, word: &[char]) -> Self {
        let letters: Vec<char> = syllable.chars().collect();
        let mut fit = Self { length: letters.len().min(SYLLABLE), ..Self::default() };
        for at in 0..word.len() {
            let common = letters.iter().zip(&word[at..]).take_while(|(a, b)| a == b).count();
            if common == 0 {
                continue;
            }
            let here = 1 << at;
            fit.initial[0] |= here;
            if common >= 2 && letters[1] == 'h' && letters.len() > 2 {
                fit.initial[1] |= here;
            }
            if common == letters.len() {
                fit.full |= here;
            } else if common >= 2 && at + common == word.len() {
                fit.partial |= here;
            }
        }
        fit
    }
}

impl Class {
    fn new(glyph: &Glyph, glyphs: &Glyphs, fits: &[Fit], word: &[char]) -> Self {
        let mut class = Self { skipped: glyph.folded.is_none(), ..Self::default() };
        for (at, &c) in word.iter().enumerate() {
            if glyph.folded == Some(c) {
                class.literal |= 1 << at;
            }
        }
        for reading in glyphs.readings(glyph) {
            let Some(fit) = fits.get(usize::from(reading.syllable)) else { continue };
            let other = usize::from(reading.other);
            class.full[other][fit.length] |= fit.full;
            class.initial[other][0] |= fit.initial[0];
            class.initial[other][1] |= fit.initial[1];
            class.partial[other] |= fit.partial;
        }
        class
    }

    /// Where the ways of `from` are after this glyph; `end` is the bit of the word's end.
    fn step(&self, from: &Reached, end: u64) -> Reached {
        let mut to = Reached::default();
        for kind in 0..KINDS {
            for before in 0..2 {
                let at = from[kind][before] & !end;
                if at == 0 {
                    continue;
                }
                to[kind][before] |= (at & self.literal) << 1;
                for other in 0..2 {
                    let other_reading = before | other;
                    let full = &mut to[kind.max(FULL)][other_reading];
                    for (length, &starts) in self.full[other].iter().enumerate().skip(1) {
                        *full |= (at & starts) << length;
                    }
                    let [one, two] = self.initial[other];
                    to[kind.max(INITIAL)][other_reading] |= (at & one) << 1 | (at & two) << 2;
                    if at & self.partial[other] != 0 {
                        to[PARTIAL][other_reading] |= end;
                    }
                }
            }
        }
        to
    }
}

/// How a way of this kind matched.
fn why(kind: usize, first: bool, whole: bool) -> Why {
    match (kind, first, whole) {
        (LITERAL, true, true) => Why::Name,
        (LITERAL, true, false) => Why::NameStart,
        (LITERAL, false, _) => Why::NamePart,
        (FULL, true, true) => Why::Pinyin,
        (FULL, true, false) => Why::PinyinStart,
        (FULL, false, _) => Why::PinyinPart,
        (INITIAL, true, true) => Why::Initials,
        (INITIAL, true, false) => Why::InitialsStart,
        (INITIAL, false, _) => Why::InitialsPart,
        (_, true, _) => Why::SyllableStart,
        (_, false, _) => Why::SyllablePart,
    }
}

fn best(reached: &Reached, end: u64, first: bool, whole: bool) -> Rank {
    let mut rank = NONE;
    for (kind, sets) in reached.iter().enumerate() {
        for (other, &at) in sets.iter().enumerate() {
            if at & end != 0 {
                rank = rank.min(why(kind, first, whole).rank() + other as Rank);
            }
        }
    }
    rank
}

/// What every way of reading the word needs, as bits of a card's mask.
fn needs(word: &[char], fits: &[Fit]) -> u64 {
    let mut needs = vec![0_u64; word.len() + 1];
    for (at, &c) in word.iter().enumerate().rev() {
        let here = 1_u64 << at;
        // The character itself, and an initial of one letter, lead to the same place.
        let mut rest = needs[at + 1];
        for fit in fits {
            if fit.full & here != 0 {
                rest &= needs[(at + fit.length).min(word.len())];
            }
            if fit.initial[1] & here != 0 {
                rest &= needs[(at + 2).min(word.len())];
            }
            if fit.partial & here != 0 {
                rest = 0;
            }
        }
        needs[at] = rest | bit(c);
    }
    needs[0]
}

impl NameProbe {
    /// Prepares a word already folded, without punctuation; `None` when no name can have it.
    pub(super) fn new(word: &[char], glyphs: &Glyphs) -> Option<Self> {
        if word.is_empty() || word.len() > LONGEST {
            return None;
        }
        let fits: Vec<Fit> = glyphs.syllables().map(|syllable| Fit::new(syllable, word)).collect();
        let mut probe = Self {
            length: word.len(),
            needs: needs(word, &fits),
            class_of: Vec::new(),
            classes: vec![Class::default()],
            states: Vec::new(),
            row_of: HashMap::new(),
            rows: Vec::new(),
        };
        probe.sort_glyphs(word, glyphs, &fits);
        let mut first = Reached::default();
        first[LITERAL][0] = 1;
        probe.row(State { first, later: Reached::default(), done: NONE });
        Some(probe)
    }

    /// Gives every glyph its class.
    fn sort_glyphs(&mut self, word: &[char], glyphs: &Glyphs, fits: &[Fit]) {
        let mut known: HashMap<Class, u16> = HashMap::from([(Class::default(), 1)]);
        let touched = word.iter().fold(0, |bits, &c| bits | bit(c));
        self.class_of = glyphs
            .iter()
            .map(|glyph| {
                if glyph.bits & touched == 0 && glyph.folded.is_some() {
                    return 1;
                }
                let class = Class::new(glyph, glyphs, fits, word);
                *known.entry(class).or_insert_with(|| {
                    self.classes.push(class);
                    self.classes.len() as u16
                })
            })
            .collect();
    }

    /// The row of a state.
    fn row(&mut self, state: State) -> u32 {
        if let Some(&row) = self.row_of.get(&state) {
            return row;
        }
        let row = self.rows.len();
        let end = 1 << self.length;
        let whole = best(&state.first, end, true, true).min(best(&state.later, end, false, true));
        self.rows.push(state.done.min(whole).into());
        self.rows.resize(row + 1 + self.classes.len(), UNKNOWN);
        self.states.push(state);
        self.row_of.insert(state, row as u32);
        row as u32
    }

    /// Works out a step that was not needed before.
    #[cold]
    fn work_out(&mut self, row: u32, class: u16) -> u32 {
        let state = self.states[row as usize / (self.classes.len() + 1)];
        let end = 1 << self.length;
        let taken = self.classes[usize::from(class) - 1];
        let next = if taken.skipped {
            row
        } else {
            let (first, later) = (&state.first, &state.later);
            let done = best(first, end, true, false).min(best(later, end, false, false));
            let mut later = taken.step(later, end);
            // A match may begin at any glyph.
            later[LITERAL][0] |= 1;
            self.row(State { first: taken.step(first, end), later, done: state.done.min(done) })
        };
        self.rows[row as usize + usize::from(class)] = next;
        next
    }

    #[inline]
    fn step(&mut self, row: u32, glyph: usize) -> u32 {
        let class = self.class_of[glyph];
        match self.rows[row as usize + usize::from(class)] {
            UNKNOWN => self.work_out(row, class),
            next => next,
        }
    }

    fn rank(&self, row: u32) -> Rank {
        self.rows[row as usize] as Rank
    }

    /// The rank of a short name.
    #[inline]
    fn short(&mut self, name: ShortName) -> Rank {
        let mut row = 0;
        for glyph in name.0 {
            row = self.step(row, usize::from(glyph));
        }
        self.rank(row)
    }

    /// The rank of the name the reader is at.
    fn long(&mut self, reader: &mut Reader<'_>) -> Rank {
        let mut row = 0;
        for _ in 0..reader.number() {
            let glyph = reader.number();
            row = self.step(row, glyph as usize);
        }
        self.rank(row)
    }

    /// The best rank among a card's names, and which name has it. The first name is the
    /// card's own and goes before the others.
    #[inline]
    pub(super) fn card<'a>(
        &mut self,
        own: ShortName,
        mask: u64,
        more: impl FnOnce() -> Reader<'a>,
    ) -> (Rank, usize) {
        let short = (self.short(own), 0);
        if mask & MORE_NAMES == 0 { short } else { short.min(self.others(own, more())) }
    }

    fn others(&mut self, own: ShortName, mut names: Reader<'_>) -> (Rank, usize) {
        let before = usize::from(own.is_some());
        let mut best = (NONE, 0);
        for at in before..before + names.number() as usize {
            let rank = self.long(&mut names);
            let rank = if at > 0 && rank != NONE { rank + Why::NOT_FIRST } else { rank };
            best = best.min((rank, at));
        }
        best
    }
}
