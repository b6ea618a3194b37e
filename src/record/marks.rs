//! Marks that spreadsheets leave on numbers, and masks that keep what is wrong in sight.

use super::{check_fits, fold, luhn_fits};
use crate::said;
use crate::words::Said;
use std::fmt;

/// What shows that a spreadsheet kept a number of digits as a quantity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SheetMark {
    /// `E+17`: the number is written by its powers of ten and its last digits are gone.
    Exponent(String),
    /// `.0`: nothing may be lost, but the digits were not kept as text.
    Fraction(String),
}

impl SheetMark {
    /// The mark at the end of a text that is otherwise digits.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let text = fold(text);
        let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if let Some(at) = text.find(['e', 'E'])
            && let (Some(number), Some(mark)) = (text.get(..at), text.get(at..))
            && number.starts_with(|c: char| c.is_ascii_digit())
            && is_number(number)
            && digits(mark.trim_start_matches(['e', 'E']).trim_start_matches(['+', '-']))
        {
            return Some(Self::Exponent(mark.to_ascii_uppercase()));
        }
        let (whole, fraction) = text.split_once('.')?;
        let zeros = !fraction.is_empty() && fraction.bytes().all(|b| b == b'0');
        (digits(whole) && zeros).then(|| Self::Fraction(format!(".{fraction}")))
    }

    /// What happened.
    #[must_use]
    pub fn said(&self) -> Said {
        match self {
            Self::Exponent(mark) => said!(
                "末尾是“{mark}”：号码被表格软件缩短，后几位已丢失。",
                "It ends in \"{mark}\": a spreadsheet shortened the number and its last digits \
                 are lost."
            ),
            Self::Fraction(mark) => said!(
                "末尾有“{mark}”：表格软件把号码当成了数值。",
                "It ends in \"{mark}\": a spreadsheet took the number for a quantity."
            ),
        }
    }
}

impl fmt::Display for SheetMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Exponent(mark) | Self::Fraction(mark)) = self;
        f.write_str(mark)
    }
}

/// How a spreadsheet cut a number: it keeps fifteen digits of a quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Written by powers of ten, such as `5.00199E+17`.
    Exponent,
    /// All digits from the sixteenth on are zeros.
    Zeros {
        /// The check character fits: by accident one time in eleven for an identity number, in
        /// ten for a card, or because the number truly ends so.
        check_fits: bool,
    },
}

/// Whether an identity number looks cut by a spreadsheet: powers of ten, or eighteen digits of
/// which the last three are zeros.
#[must_use]
pub fn looks_cut(number: &str) -> Option<Cut> {
    let text: String = fold(number).chars().filter(|c| *c != ' ' && *c != '-').collect();
    if matches!(SheetMark::of(number), Some(SheetMark::Exponent(_))) {
        return Some(Cut::Exponent);
    }
    let digits = text.len() == 18 && text.bytes().all(|b| b.is_ascii_digit());
    (digits && text.ends_with("000")).then(|| Cut::Zeros { check_fits: check_fits(&text) })
}

/// The same of a bank card number of sixteen to nineteen digits. Of sixteen digits only the last
/// is a zero then, which one true number in ten ends in: a suspicion where many do.
#[must_use]
pub fn looks_cut_card(number: &str) -> Option<Cut> {
    let text: String = fold(number).chars().filter(|c| *c != ' ' && *c != '-').collect();
    if matches!(SheetMark::of(number), Some(SheetMark::Exponent(_))) {
        return Some(Cut::Exponent);
    }
    let digits = matches!(text.len(), 16..=19) && text.bytes().all(|b| b.is_ascii_digit());
    let zeros = text.get(15..).is_some_and(|rest| rest.bytes().all(|b| b == b'0'));
    (digits && zeros).then(|| Cut::Zeros { check_fits: luhn_fits(&text) })
}

/// A number that was refused, with its digits masked and everything else in sight: what a
/// spreadsheet put after it (`E+17`, `.0`), letters among the digits, signs.
///
/// The last four digits stay where there are eight at least, and the first ones where the
/// number has the shape of an identity number (six) or a mobile (three), as in the masks of
/// right numbers.
#[must_use]
pub fn mask_refused(text: &str) -> String {
    let mark = SheetMark::of(text).map(|mark| mark.to_string().chars().count());
    let chars: Vec<char> = text.trim().chars().collect();
    let body = chars.len().saturating_sub(mark.unwrap_or(0));
    let is_digit =
        |c: &char| fold(c.encode_utf8(&mut [0; 4])).starts_with(|c: char| c.is_numeric());
    let number: Vec<bool> = chars.iter().take(body).map(is_digit).collect();
    let digits = number.iter().filter(|digit| **digit).count();
    let head = match digits {
        _ if mark.is_some_and(|_| body < 11) => 0,
        14..=18 if matches!(body, 15 | 18) => 6,
        10 | 11 if chars.first() == Some(&'1') && body == 11 => 3,
        _ => 0,
    };
    let tail = if digits >= 8 { 4 } else { 0 };
    let mut seen = 0;
    let mut out = String::new();
    for (at, c) in chars.iter().enumerate() {
        let digit = number.get(at).copied().unwrap_or(false);
        seen += usize::from(digit);
        let hidden = digit && at >= head && seen + tail <= digits;
        out.push(if hidden { '*' } else { *c });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn marks_of_spreadsheets() {
        let exponent = |mark: &str| Some(SheetMark::Exponent(mark.into()));
        let fraction = |mark: &str| Some(SheetMark::Fraction(mark.into()));
        for (text, mark) in [
            ("1.39E+10", exponent("E+10")),
            ("5.00199195802275e+17", exponent("E+17")),
            ("５．００１９９Ｅ＋１７", exponent("E+17")),
            ("5E17", exponent("E17")),
            ("13900000014.0", fraction(".0")),
            ("13900000014.00", fraction(".00")),
            ("023.62810000", None),
            ("E12345678", None),
            ("500103199001010010", None),
            (".0", None),
            ("5.0.0", None),
            ("5E+", None),
        ] {
            assert_eq!(SheetMark::of(text), mark, "{text}");
        }
    }

    #[test]
    fn numbers_that_were_cut() {
        let zeros = |check_fits| Some(Cut::Zeros { check_fits });
        for (text, cut) in [
            ("500199196106190600", None),
            // Its check character is 0.
            ("500199196106193000", zeros(true)),
            ("500199195802275000", zeros(false)),
            ("500199 19580227 5000", zeros(false)),
            ("50019919750313667X", None),
            ("5.00199E+17", Some(Cut::Exponent)),
            ("500199580227000", None),
            ("", None),
        ] {
            assert_eq!(looks_cut(text), cut, "{text}");
        }
        let fits: Vec<String> = (0..1000)
            .map(|middle| format!("500199196106{middle:03}000"))
            .filter(|text| looks_cut(text) == zeros(true))
            .collect();
        assert!(fits.len().abs_diff(91) < 5, "one in eleven fits: {}", fits.len());
        for (text, cut) in [
            ("6222021111111110000", zeros(false)),
            ("6222 0211 1111 1180 000", zeros(true)),
            ("6222021111111111", None),
            ("6222021111111110", zeros(false)),
            ("6222021111111170", zeros(true)),
            ("6.22202E+18", Some(Cut::Exponent)),
            ("622202111111000", None),
        ] {
            assert_eq!(looks_cut_card(text), cut, "{text}");
        }
    }

    #[test]
    fn refused_numbers_keep_their_marks_in_sight() {
        for (text, shown) in [
            ("1.39E+10", "*.**E+10"),
            ("5.00199195802275E+17", "*.**********2275E+17"),
            ("13900000014.0", "139****0014.0"),
            ("5001031888O1010015", "500103****O***0015"),
            ("500103188801010016", "500103********0016"),
            ("1390000001O", "139***0001O"),
            ("12345", "*****"),
            ("无", "无"),
            ("５００１０３１８８８Ｏ１０１００１５", "５００１０３****Ｏ***００１５"),
        ] {
            assert_eq!(mask_refused(text), shown, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_mask_hides_most_digits_and_nothing_else(text in "[0-9XO.E+ -]{0,24}") {
            let shown = mask_refused(&text);
            prop_assert_eq!(shown.chars().count(), text.trim().chars().count());
            for (is, was) in shown.chars().zip(text.trim().chars()) {
                prop_assert!(is == was || is == '*' && was.is_ascii_digit());
            }
            let _ = (looks_cut(&text), looks_cut_card(&text));
        }
    }
}
