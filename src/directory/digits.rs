//! Digits packed four bits each, and the search for a run of them inside a word.

/// The nibble of no digit.
const FILL: u64 = u64::MAX;
/// The lowest bit of every nibble.
const ONES: u64 = 0x1111_1111_1111_1111;
/// Digits in a word.
pub(super) const WORD: usize = 16;

/// The value of a digit; `X`, the check character of identity numbers, is ten.
fn nibble(c: char) -> Option<u64> {
    match c {
        'X' | 'x' => Some(10),
        _ => c.to_digit(10).map(u64::from),
    }
}

/// Up to sixteen digits in a word: the first digit highest, the rest filled with ones.
pub(super) fn pack(digits: &str) -> Option<u64> {
    let mut word = FILL;
    let mut shift = 64;
    for c in digits.chars() {
        if shift == 0 {
            return None;
        }
        shift -= 4;
        word ^= (nibble(c)? ^ 0xF) << shift;
    }
    Some(word)
}

/// The digits of a word.
pub(super) fn unpack(word: u64) -> String {
    (0..WORD)
        .map(|at| (word >> (60 - 4 * at)) & 0xF)
        .take_while(|&digit| digit != 0xF)
        .map(|digit| if digit == 10 { 'X' } else { char::from(b'0' + (digit % 10) as u8) })
        .collect()
}

/// A run of one to sixteen digits that is looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    word: u64,
    mask: u64,
    len: usize,
    /// Each of the first three digits in all places.
    spread: [u64; 3],
    /// All ones where there is a second, a third digit.
    beyond: [u64; 2],
    /// The places at the end of a word where two or three digits have no room.
    edge: u64,
}

impl Run {
    pub(super) fn new(digits: &str) -> Option<Self> {
        let word = pack(digits)?;
        let len = digits.chars().count();
        let mask = match len {
            0 => return None,
            WORD => u64::MAX,
            _ => !(u64::MAX >> (4 * len)),
        };
        let digit = |at: usize| ((word >> (60 - 4 * at)) & 0xF) * ONES;
        let spread = [digit(0), digit(1.min(len - 1)), digit(2.min(len - 1))];
        let beyond = [1, 2].map(|digits| if len > digits { u64::MAX } else { 0 });
        let edge = [0, 0xF, 0xFF][(len - 1).min(2)];
        Some(Self { word: word & mask, mask, len, spread, beyond, edge })
    }

    /// Its digits.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_whole(&self, word: u64) -> bool {
        word == self.word | !self.mask
    }

    pub(super) fn starts(&self, word: u64) -> bool {
        word & self.mask == self.word
    }

    /// True when the word's digits end in the run.
    pub(super) fn ends(&self, word: u64) -> bool {
        let held = held(word);
        held >= self.len && self.starts(word << (4 * (held - self.len)))
    }

    /// True when the run is anywhere in the word. All sixteen places are tried at once
    /// for the first three digits: each is compared with the whole word, the results are
    /// shifted over one another, and a nibble left without a difference is a place.
    pub(super) fn inside(&self, word: u64) -> bool {
        self.may_be_inside(word) && (self.len <= 3 || self.tried_one_by_one(word))
    }

    /// The same for the first three digits of the run: quick, and enough to rule out most words.
    #[inline]
    pub(super) fn may_be_inside(&self, word: u64) -> bool {
        let [one, two, three] = self.spread;
        let [beyond_two, beyond_three] = self.beyond;
        let differs =
            (word ^ one) | (word ^ two) << 4 & beyond_two | (word ^ three) << 8 & beyond_three;
        let differs = differs | self.edge;
        differs.wrapping_sub(ONES) & !differs & (ONES << 3) != 0
    }

    /// The same for a half word, whose digits were packed in the higher half.
    #[inline]
    pub(super) fn may_be_in_half(&self, half: u32) -> bool {
        let [one, two, three] = self.spread.map(|digit| digit as u32);
        let [beyond_two, beyond_three] = self.beyond.map(|all| all as u32);
        let differs = (half ^ one)
            | (half ^ two) << 4 & beyond_two
            | (half ^ three) << 8 & beyond_three
            | self.edge as u32;
        differs.wrapping_sub(ONES as u32) & !differs & (ONES << 3) as u32 != 0
    }

    fn tried_one_by_one(&self, word: u64) -> bool {
        (0..=WORD - self.len).any(|at| self.starts(word << (4 * at)))
    }
}

/// Digits in a word.
fn held(word: u64) -> usize {
    WORD - word.trailing_ones() as usize / 4
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_run_is_found_where_a_text_has_it(text in "[0-2]{0,16}", run in "[0-2]{1,6}") {
            let (word, needle) = (pack(&text).unwrap(), Run::new(&run).unwrap());
            prop_assert_eq!(unpack(word), text.clone());
            prop_assert_eq!(needle.inside(word), text.contains(&run));
            let few = text.get(..text.len().min(8)).unwrap();
            let half = (pack(few).unwrap() >> 32) as u32;
            let first = run.get(..run.len().min(3)).unwrap();
            prop_assert_eq!(needle.may_be_in_half(half), few.contains(first));
            prop_assert_eq!(needle.starts(word), text.starts_with(&run));
            prop_assert_eq!(needle.ends(word), text.ends_with(&run));
            prop_assert_eq!(needle.is_whole(word), text == run);
        }
    }

    #[test]
    fn what_does_not_fit() {
        assert_eq!(pack("12345678901234567"), None);
        assert_eq!(pack("12a"), None);
        assert!(Run::new("").is_none());
        assert!(Run::new("1234567890123456").unwrap().inside(0x1234_5678_9012_3456));
        assert_eq!(unpack(pack("02x").unwrap()), "02X");
    }
}
