//! Money as people type it and as it is shown. Kept in fen (1/100 yuan), never in floats.

use super::fold;
use crate::said;
use crate::words::Said;
use thiserror::Error;

/// Why a text is not an amount of money.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MoneyError {
    /// Nothing was typed.
    #[error("no amount")]
    Empty,
    /// Words, letters or signs where digits belong.
    #[error("not an amount: {0}")]
    NotANumber(String),
    /// Thousands separators that are not three digits apart.
    #[error("misplaced thousands separators: {0}")]
    Separators(String),
    /// More than two decimals that are not zero: less than a fen.
    #[error("less than a fen: {0}")]
    TooFine(String),
    /// More than can be kept.
    #[error("amount too large")]
    TooLarge,
    /// Readable in more than one way, such as `1万2`.
    #[error("unclear amount: {0}")]
    Unclear(String),
}

impl MoneyError {
    /// What happened.
    #[must_use]
    pub fn said(&self) -> Said {
        match self {
            Self::Empty => Said::fixed("还没有填金额。", "No amount yet."),
            Self::NotANumber(text) => {
                said!("“{text}”不能读作金额。", "\"{text}\" cannot be read as an amount.")
            }
            Self::Separators(text) => said!(
                "“{text}”里的千位分隔号不是每三位一个。",
                "The separators in \"{text}\" are not three digits apart."
            ),
            Self::TooFine(text) => {
                said!("“{text}”不足一分的部分无法记账。", "\"{text}\" is finer than one fen.")
            }
            Self::TooLarge => {
                Said::fixed("金额超出可记录的范围。", "The amount is larger than can be kept.")
            }
            Self::Unclear(text) => {
                said!("“{text}”可以有几种读法。", "\"{text}\" can be read in more than one way.")
            }
        }
    }

    /// What to type instead.
    #[must_use]
    pub fn next(&self) -> Said {
        match self {
            Self::TooFine(_) => Said::fixed("最多写两位小数。", "Give at most two decimals."),
            Self::TooLarge => {
                Said::fixed("请核对位数和单位。", "Check the number of digits and the unit.")
            }
            Self::Separators(_) => Said::fixed("写作 52000 或 52,000。", "Type 52000 or 52,000."),
            Self::Unclear(_) => Said::fixed("写作 12000 或 1.2万。", "Type 12000 or 1.2万."),
            Self::Empty | Self::NotANumber(_) => Said::fixed(
                "以元为单位写数字，如 52000、1,234.56 或 1.2万；不清楚就留空。",
                "Type yuan in digits, such as 52000, 1,234.56 or 1.2万; leave it empty if not known.",
            ),
        }
    }
}

/// Units after the number and how many fen one is.
const UNITS: &[(&str, i128)] = &[
    ("", 100),
    ("元", 100),
    ("圆", 100),
    ("块", 100),
    ("元整", 100),
    ("千", 100_000),
    ("千元", 100_000),
    ("万", 1_000_000),
    ("万元", 1_000_000),
    ("w", 1_000_000),
    ("W", 1_000_000),
    ("亿", 10_000_000_000),
    ("亿元", 10_000_000_000),
];

/// Reads an amount in yuan as people type it into fen: `52000`, `52,000.5`, `￥1,234.56`,
/// `1.2万`, `１２０００元`, `-30`.
///
/// # Errors
/// [`MoneyError`] says what cannot be read; `1万2` is refused, since it may mean 12,000 or 10,002.
pub fn parse_money(text: &str) -> Result<i64, MoneyError> {
    let folded = fold(text).replace('。', ".");
    if folded.is_empty() {
        return Err(MoneyError::Empty);
    }
    let (negative, rest) = strip_signs(&folded);
    let is_number = |c: char| c.is_ascii_digit() || c == ',' || c == '.';
    let number: String = rest.chars().take_while(|c| is_number(*c)).collect();
    let unit = rest.strip_prefix(number.as_str()).unwrap_or("").trim();
    if !number.chars().any(|c| c.is_ascii_digit()) {
        return Err(MoneyError::NotANumber(folded));
    }
    let Some(&(_, fen_each)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        let unclear = unit.chars().any(|c| c.is_ascii_digit());
        return Err(if unclear { MoneyError::Unclear } else { MoneyError::NotANumber }(folded));
    };
    let (whole, decimals) = number.split_once('.').unwrap_or((&number, "0"));
    if decimals.is_empty() || !decimals.chars().all(|c| c.is_ascii_digit()) {
        return Err(MoneyError::NotANumber(folded));
    }
    let whole = ungroup(whole).ok_or_else(|| MoneyError::Separators(folded.clone()))?;
    let fen = fen_of(&whole, decimals.trim_end_matches('0'), fen_each, &folded)?;
    i64::try_from(if negative { -fen } else { fen }).map_err(|_| MoneyError::TooLarge)
}

/// Takes sign and currency mark off the front, in either order.
fn strip_signs(text: &str) -> (bool, &str) {
    let mut rest = text;
    let (mut negative, mut signed, mut marked) = (false, false, false);
    loop {
        rest = rest.trim_start();
        if let (false, Some(after)) = (signed, rest.strip_prefix(['-', '\u{2212}', '+'])) {
            signed = true;
            negative = !rest.starts_with('+');
            rest = after;
        } else if let (false, Some(after)) =
            (marked, ["¥", "RMB", "CNY", "人民币"].iter().find_map(|mark| rest.strip_prefix(mark)))
        {
            marked = true;
            rest = after;
        } else {
            return (negative, rest);
        }
    }
}

/// The digits without separators; `None` when those are not three digits apart.
fn ungroup(whole: &str) -> Option<String> {
    let groups: Vec<&str> = whole.split(',').collect();
    let sensible = match groups.as_slice() {
        [_] => true,
        [first, rest @ ..] => {
            (1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3)
        }
        [] => false,
    };
    sensible.then(|| groups.concat())
}

/// `whole.decimals` units of `fen_each` fen, when that is a whole number of fen.
fn fen_of(whole: &str, decimals: &str, fen_each: i128, typed: &str) -> Result<i128, MoneyError> {
    let whole = whole.trim_start_matches('0');
    if whole.len() > 17 {
        return Err(MoneyError::TooLarge);
    }
    if decimals.len() > 10 {
        return Err(MoneyError::TooFine(typed.to_owned()));
    }
    let scale = (0..decimals.len()).fold(1_i128, |scale, _| scale * 10);
    let digits = whole.chars().chain(decimals.chars()).filter_map(|c| c.to_digit(10));
    let units = digits.fold(0_i128, |sum, digit| sum * 10 + i128::from(digit));
    let fen = units * fen_each;
    if fen % scale == 0 { Ok(fen / scale) } else { Err(MoneyError::TooFine(typed.to_owned())) }
}

/// An amount for reading: `1,234.50`.
#[must_use]
pub fn show_money(fen: i64) -> String {
    let yuan = (fen.unsigned_abs() / 100).to_string();
    let mut grouped = String::with_capacity(yuan.len() + yuan.len() / 3);
    for (done, digit) in yuan.chars().enumerate() {
        if done > 0 && (yuan.len() - done).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    with_sign_and_decimals(fen, &grouped)
}

/// An amount for files: `1234.50`.
#[must_use]
pub fn plain_money(fen: i64) -> String {
    with_sign_and_decimals(fen, &(fen.unsigned_abs() / 100).to_string())
}

fn with_sign_and_decimals(fen: i64, yuan: &str) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    format!("{sign}{yuan}.{:02}", fen.unsigned_abs() % 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_people_type() {
        for (text, fen) in [
            ("52000", 5_200_000),
            ("52,000.5", 5_200_050),
            ("￥1,234.56", 123_456),
            ("1.2万", 1_200_000),
            ("1.2 万元", 1_200_000),
            ("１２０００", 1_200_000),
            ("12000元", 1_200_000),
            ("-30", -3_000),
            ("¥-30.05元", -3_005),
            ("- ¥30", -3_000),
            ("0.500", 50),
            (".5", 50),
            ("１，２３４．５", 123_450),
            ("0.000001万", 1),
            ("3千", 300_000),
            ("1亿", 10_000_000_000),
            ("92233720368547758.07", i64::MAX),
            ("-92233720368547758.08", i64::MIN),
        ] {
            assert_eq!(parse_money(text), Ok(fen), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        use MoneyError::{Empty, NotANumber, Separators, TooFine, TooLarge, Unclear};
        let owned = str::to_owned;
        for (text, error) in [
            ("", Empty),
            ("　", Empty),
            ("不详", NotANumber(owned("不详"))),
            ("约5000", NotANumber(owned("约5000"))),
            ("5000左右", NotANumber(owned("5000左右"))),
            ("5.", NotANumber(owned("5."))),
            ("1.2.3", NotANumber(owned("1.2.3"))),
            ("--5", NotANumber(owned("--5"))),
            ("5e3", Unclear(owned("5e3"))),
            ("1万2", Unclear(owned("1万2"))),
            ("5000-6000", Unclear(owned("5000-6000"))),
            ("52,00", Separators(owned("52,00"))),
            (",520", Separators(owned(",520"))),
            ("5200,000", Separators(owned("5200,000"))),
            ("1.234", TooFine(owned("1.234"))),
            ("0.0000001万", TooFine(owned("0.0000001万"))),
            ("92233720368547758.08", TooLarge),
            ("99999999999999999999999999", TooLarge),
        ] {
            let got = parse_money(text);
            assert_eq!(got, Err(error), "{text}");
            let error = got.unwrap_err();
            assert!(!error.said().is_empty() && !error.next().is_empty());
        }
    }

    #[test]
    fn shown_with_and_without_separators() {
        assert_eq!(show_money(123_450), "1,234.50");
        assert_eq!(show_money(-100_000_005), "-1,000,000.05");
        assert_eq!(show_money(99_999), "999.99");
        assert_eq!(show_money(0), "0.00");
        assert_eq!(plain_money(123_450), "1234.50");
        assert_eq!(plain_money(i64::MIN), "-92233720368547758.08");
    }

    proptest! {
        #[test]
        fn what_is_shown_can_be_typed(fen in any::<i64>()) {
            prop_assert_eq!(parse_money(&show_money(fen)), Ok(fen));
            prop_assert_eq!(parse_money(&plain_money(fen)), Ok(fen));
        }

        #[test]
        fn no_text_breaks_it(text in ".*", digits in "[-0-9,.¥万元千 ]{0,30}") {
            let _ = parse_money(&text);
            let _ = parse_money(&digits);
        }
    }
}
