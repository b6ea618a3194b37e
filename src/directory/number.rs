//! File numbers: the series (`BN-困-2025-`) kept once, the running digits packed beside it.

use super::column::Column;
use super::digits::{self, Run};
use super::scan::pick;
use super::text::{Strings, folded};
use super::why::{NONE, Rank, Why};

/// Running digits kept apart from the series.
const TAIL: usize = 8;

/// A file number: its series, and up to eight digits at its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Number {
    series: u32,
    /// As in [`digits::pack`], the higher half.
    tail: u32,
}

/// The numbers of all cards, by slot.
#[derive(Debug)]
pub(super) struct Numbers {
    series: Column<u32>,
    tails: Column<u32>,
}

impl Default for Numbers {
    fn default() -> Self {
        let Number { series, tail } = Number::NONE;
        Self { series: Column::new(series), tails: Column::new(tail) }
    }
}

impl Numbers {
    pub(super) fn get(&self, slot: usize) -> Number {
        Number { series: self.series.get(slot), tail: self.tails.get(slot) }
    }

    pub(super) fn set(&mut self, slot: usize, number: Number) {
        self.series.set(slot, number.series);
        self.tails.set(slot, number.tail);
    }

    /// Bytes held.
    pub(super) fn footprint(&self) -> usize {
        self.series.footprint() + self.tails.footprint()
    }
}

/// Every series in use.
#[derive(Debug)]
pub(super) struct Series {
    written: Strings,
    /// By series: its folded form.
    forms: Vec<u32>,
    folded: Strings,
    /// The one asked for last.
    last: u32,
}

impl Default for Series {
    fn default() -> Self {
        let (written, folded) = (Strings::default(), Strings::default());
        let mut series = Self { written, forms: vec![], folded, last: u32::MAX };
        // Series 0 is the empty one, so that a card without a number has `Number::NONE`.
        series.add("");
        series
    }
}

/// Splits a number into its series and the digits at its end.
fn split(number: &str) -> (&str, &str) {
    let digits = number.bytes().rev().take(TAIL).take_while(u8::is_ascii_digit).count();
    number.split_at_checked(number.len() - digits).unwrap_or((number, ""))
}

fn packed(tail: &str) -> u32 {
    (digits::pack(tail).unwrap_or(u64::MAX) >> 32) as u32
}

impl Number {
    /// No number.
    pub(super) const NONE: Self = Self { series: 0, tail: u32::MAX };

    fn word(self) -> u64 {
        u64::from(self.tail) << 32 | u64::from(u32::MAX)
    }
}

impl Series {
    fn add(&mut self, series: &str) -> u32 {
        // Numbers come in order, mostly of one series.
        if (self.last as usize) < self.written.len() && self.written.get(self.last) == series {
            return self.last;
        }
        let at = self.written.intern(series);
        self.last = at;
        if self.forms.len() < self.written.len() {
            self.forms.push(self.folded.intern(&folded_series(series)));
        }
        at
    }

    /// A number to be kept.
    pub(super) fn intern(&mut self, number: &str) -> Number {
        let (series, tail) = split(number);
        Number { series: self.add(series), tail: packed(tail) }
    }

    /// The number as compared: the same for `bn-17` and `BN-17`.
    pub(super) fn key(&self, number: Number) -> (u32, u32) {
        (self.forms.get(number.series as usize).copied().unwrap_or(0), number.tail)
    }

    /// The key of a typed number, when its series is known.
    pub(super) fn find(&self, number: &str) -> Option<(u32, u32)> {
        let number = folded(number);
        let (series, tail) = split(&number);
        Some((self.folded.find(series)?, packed(tail)))
    }

    /// Whether a number is written so.
    pub(super) fn is(&self, number: Number, text: &str) -> bool {
        let (series, tail) = split(text);
        self.written.get(number.series) == series && number.tail == packed(tail)
    }

    /// The number as written.
    pub(super) fn text(&self, number: Number) -> String {
        let mut text = self.written.get(number.series).to_string();
        text.push_str(&digits::unpack(number.word()));
        text
    }

    /// Bytes held.
    pub(super) fn footprint(&self) -> usize {
        self.written.footprint() + self.folded.footprint() + self.forms.len() * size_of::<u32>()
    }
}

/// A series keeps its blanks: only its end was trimmed with the number.
fn folded_series(series: &str) -> String {
    series.to_lowercase()
}

/// A typed piece of a file number.
pub(super) struct NumberProbe {
    /// By series: how the piece lies in a number of it.
    plans: Vec<Plan>,
    /// The piece, when it is digits and may lie in the tail.
    inside: Option<Run>,
    /// Its value without leading zeros.
    value: Option<Run>,
    /// Digits of the piece.
    len: usize,
}

/// How a piece lies in the numbers of one series.
#[derive(Default)]
struct Plan {
    /// The series itself has it, so all of its numbers do.
    series: bool,
    /// The series is exactly the piece, so a number without digits is it.
    whole: bool,
    /// The series is empty: its numbers are digits alone.
    empty: bool,
    /// Beginnings of the tail that, after this series, complete the piece; true where the
    /// piece began at the series' first character.
    tails: Vec<(Run, bool)>,
}

impl NumberProbe {
    /// Prepares to look for a folded piece; `None` when it can be in no number.
    pub(super) fn new(series: &Series, piece: &str) -> Option<Self> {
        let long = piece.chars().nth(1).is_some();
        if !long && piece.chars().all(|c| c.is_ascii() && !c.is_ascii_digit()) {
            // A single letter would be in every number.
            return None;
        }
        let all_digits = piece.bytes().all(|b| b.is_ascii_digit());
        let inside = (all_digits && piece.len() <= TAIL).then(|| Run::new(piece)).flatten();
        let value = inside.and_then(|_| Run::new(piece.trim_start_matches('0')));
        let forms: Vec<&str> = series.folded.iter().collect();
        let plan = |&form: &u32| Plan::new(forms.get(form as usize).unwrap_or(&""), piece);
        let plans: Vec<Plan> = series.forms.iter().map(plan).collect();
        let any = !plans.iter().all(Plan::is_nothing);
        (any || inside.is_some()).then_some(Self { plans, inside, value, len: piece.len() })
    }

    /// Tells every number that has the piece; only those among `within`, where it is given.
    pub(super) fn find(
        &self,
        numbers: &Numbers,
        within: Option<&[Rank]>,
        mut found: impl FnMut(usize, Why),
    ) {
        let mut look = |slot: usize| {
            if let Some(why) = self.rank(numbers.get(slot)) {
                found(slot, why);
            }
        };
        // Digits that are in no series: the common case, and the one that must be quick.
        let inside = self.inside.filter(|_| self.plans.iter().all(Plan::is_nothing));
        if let Some(within) = within {
            return pick(within, |_, &rank| rank != NONE, look);
        }
        match inside {
            Some(run) => {
                for (start, tails) in numbers.tails.pages() {
                    pick(tails, |_, &tail| run.may_be_in_half(tail), |at| look(start + at));
                }
            }
            // A number without digits has no tail, one of digits alone no series.
            None => {
                let digits = numbers.tails.pages();
                let digits = digits.filter(|(start, _)| !numbers.series.is_paged(*start));
                for (start, page) in numbers.series.pages().chain(digits) {
                    pick(page, |_, _| true, |at| look(start + at));
                }
            }
        }
    }

    /// How the piece lies in this number.
    fn rank(&self, number: Number) -> Option<Why> {
        if number == Number::NONE {
            return None;
        }
        let word = number.word();
        let plan = self.plans.get(number.series as usize)?;
        let mut best = None;
        let mut found = |why: Why| best = Some(best.map_or(why, |known: Why| known.min(why)));
        if plan.whole && number.tail == u32::MAX {
            found(Why::Number);
        } else if plan.series {
            found(Why::NumberSeries);
        }
        for (run, from_start) in &plan.tails {
            if run.is_whole(word) {
                found(if *from_start { Why::Number } else { Why::NumberEnd });
            } else if run.starts(word) {
                found(Why::NumberPart);
            }
        }
        if let Some(run) = &self.inside
            && run.inside(word)
        {
            let is_value = || self.value.is_some_and(|value| value.is_whole(unpadded(word)));
            let ends = run.ends(word) && (self.len >= 3 || is_value());
            let whole = plan.empty && run.is_whole(word);
            let part = if ends { Why::NumberEnd } else { Why::NumberPart };
            found(if whole { Why::Number } else { part });
        }
        best
    }
}

/// The word without the zeros it begins with.
fn unpadded(word: u64) -> u64 {
    let zeros = word.leading_zeros() / 4 * 4;
    word.checked_shl(zeros).map_or(word, |rest| rest | !(u64::MAX << zeros))
}

impl Plan {
    fn is_nothing(&self) -> bool {
        !self.series && !self.whole && self.tails.is_empty()
    }

    fn new(series: &str, piece: &str) -> Self {
        let splits = piece.char_indices().filter_map(|(at, _)| piece.split_at_checked(at));
        let tails = splits
            .filter(|(head, rest)| {
                series.ends_with(head)
                    && rest.len() <= TAIL
                    && rest.bytes().all(|b| b.is_ascii_digit())
                    && !head.is_empty()
            })
            .filter_map(|(head, rest)| Some((Run::new(rest)?, head.len() == series.len())))
            .collect();
        let empty = series.is_empty();
        Self { series: series.contains(piece), whole: !empty && series == piece, empty, tails }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rank(number: &str, piece: &str) -> Option<Why> {
        let mut series = Series::default();
        let kept = series.intern(number);
        assert_eq!(series.text(kept), number);
        NumberProbe::new(&series, &folded(piece)).and_then(|probe| probe.rank(kept))
    }

    #[test]
    fn pieces_of_a_number() {
        let number = "BN-困-2025-00017";
        let rows = [
            ("bn-困-2025-00017", Some(Why::Number)),
            ("2025-00017", Some(Why::NumberEnd)),
            ("17", Some(Why::NumberEnd)),
            ("00017", Some(Why::NumberEnd)),
            ("7", Some(Why::NumberPart)),
            ("2025-000", Some(Why::NumberPart)),
            ("0001", Some(Why::NumberPart)),
            ("困-2025", Some(Why::NumberSeries)),
            ("BN", Some(Why::NumberSeries)),
            ("２０２５－０００１７", Some(Why::NumberEnd)),
            ("2024", None),
            ("n", None),
            ("18", None),
        ];
        for (piece, expected) in rows {
            assert_eq!(rank(number, piece), expected, "{piece}");
        }
    }

    #[test]
    fn numbers_of_other_shapes() {
        assert_eq!(rank("渝困A", "渝困a"), Some(Why::Number));
        assert_eq!(rank("123456789012", "3456"), Some(Why::NumberPart));
        assert_eq!(rank("123456789012", "123456789012"), Some(Why::Number));
        assert_eq!(rank("00042", "42"), Some(Why::NumberEnd));
        assert_eq!(rank("00042", "00042"), Some(Why::Number));
        assert_eq!(rank("", "1"), None);
    }
}
