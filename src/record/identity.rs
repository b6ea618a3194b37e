//! Citizen identity numbers: GB 11643-1999 (18 digits) and the 15-digit ones before it.

use super::{DateError, fold};
use crate::said;
use crate::words::Said;
use chrono::NaiveDate;
use std::fmt;
use thiserror::Error;

/// Sex as the identity number carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sex {
    /// 男.
    Male,
    /// 女.
    Female,
}

/// Why a text is not an identity number. The right check digit is never told: a number has to
/// be read again from the card, not mended until it passes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum IdError {
    /// Nothing was typed.
    #[error("no identity number")]
    Empty,
    /// Neither 18 nor 15 characters.
    #[error("{0} characters instead of 18")]
    Length(usize),
    /// A character that cannot stand there.
    #[error("character {position} is '{found}'")]
    Character {
        /// Place, counted from 1.
        position: usize,
        /// What stands there.
        found: char,
    },
    /// Digits 7 to 14 (7 to 12 of an old number) are not a date.
    #[error("birth date {digits} does not exist")]
    BirthDate {
        /// The digits.
        digits: String,
    },
    /// The check digit does not fit the rest.
    #[error("check digit does not fit")]
    CheckDigit,
    /// Born after today.
    #[error("birth date {0} lies in the future")]
    Future(NaiveDate),
}

impl IdError {
    /// What happened.
    #[must_use]
    pub fn said(&self) -> Said {
        match self {
            Self::Empty => Said::fixed("还没有填身份证号。", "No identity number yet."),
            Self::Length(got) => said!(
                "身份证号应为 18 位，现在是 {got} 位。",
                "An identity number has 18 characters; this one has {got}."
            ),
            Self::Character { position, found } => said!(
                "第 {position} 位是“{found}”，这一位应为数字。",
                "Character {position} is '{found}', where a digit belongs."
            ),
            Self::BirthDate { digits } => said!(
                "出生日期段 {digits} 不是有效日期。",
                "The birth date part {digits} is not a date."
            ),
            Self::CheckDigit => Said::fixed(
                "末位校验码与前面的数字不符，号码中有一位可能抄错。",
                "The last character does not fit the others; one of them may be miscopied.",
            ),
            Self::Future(date) => {
                said!("出生日期 {date} 在今天之后。", "The birth date {date} lies after today.")
            }
        }
    }

    /// What to do next.
    #[must_use]
    pub fn next(&self) -> Said {
        match self {
            Self::Empty | Self::Length(_) => Said::fixed(
                "请照证件录入 18 位号码，末位可为 X。",
                "Type the 18 characters on the card; the last may be X.",
            ),
            Self::Character { .. } => Said::fixed(
                "请照证件核对这一位；只有末位可为 X。",
                "Compare this character with the card; only the last may be X.",
            ),
            Self::BirthDate { .. } | Self::Future(_) => Said::fixed(
                "请照证件核对第 7 至 14 位。",
                "Compare characters 7 to 14 with the card.",
            ),
            Self::CheckDigit => Said::fixed(
                "请照证件逐位核对。",
                "Compare the number with the card, character by character.",
            ),
        }
    }
}

/// A well-formed identity number, with `X` in upper case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IdNumber {
    text: String,
    born: NaiveDate,
}

/// Weights of ISO 7064 MOD 11-2 for the first seventeen digits: 2^(18-i) mod 11.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// The check character by remainder.
const CHECKS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];

impl IdNumber {
    /// Reads a number as typed or pasted: full-width, lower-case `x` and spaces are accepted.
    ///
    /// # Errors
    /// [`IdError`] names the group of digits that is wrong.
    pub fn parse(typed: &str) -> Result<Self, IdError> {
        let text: String =
            fold(typed).to_ascii_uppercase().chars().filter(|c| *c != ' ' && *c != '-').collect();
        let chars: Vec<char> = text.chars().collect();
        let last = match chars.len() {
            0 => return Err(IdError::Empty),
            15 => 15,
            18 => 17,
            got => return Err(IdError::Length(got)),
        };
        let wrong = |(at, c): (usize, &char)| {
            (!c.is_ascii_digit() && (at < last || *c != 'X')).then_some((at, *c))
        };
        if let Some((at, found)) = chars.iter().enumerate().find_map(wrong) {
            return Err(IdError::Character { position: at + 1, found });
        }
        let born = birth_date_of(&chars)?;
        if let (Some(check), Some(given)) = (check_character(&chars), chars.get(17))
            && check != *given
        {
            return Err(IdError::CheckDigit);
        }
        Ok(Self { text, born })
    }

    /// [`IdNumber::parse`], and a birth date after `today` is an error too.
    ///
    /// # Errors
    /// [`IdError`], as for [`IdNumber::parse`], or [`IdError::Future`].
    pub fn parse_on(typed: &str, today: NaiveDate) -> Result<Self, IdError> {
        let number = Self::parse(typed)?;
        if number.born > today { Err(IdError::Future(number.born)) } else { Ok(number) }
    }

    /// The stored form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// A 15-digit number from before 1999: readable, but the 18-digit one should be asked for.
    #[must_use]
    pub fn is_old(&self) -> bool {
        self.text.len() == 15
    }

    /// Date of birth; an old number is taken to mean the twentieth century.
    #[must_use]
    pub fn birth_date(&self) -> NaiveDate {
        self.born
    }

    /// Sex, by the last digit of the sequence: odd is male.
    #[must_use]
    pub fn sex(&self) -> Sex {
        let place = if self.is_old() { 14 } else { 16 };
        let digit = self.text.as_bytes().get(place).copied().unwrap_or(b'0');
        if digit % 2 == 1 { Sex::Male } else { Sex::Female }
    }

    /// The first six digits: where the number was given, not where the person lives.
    #[must_use]
    pub fn address_code(&self) -> &str {
        self.text.get(..6).unwrap_or("")
    }

    /// The number for people who need not see all of it; see [`mask_id`].
    #[must_use]
    pub fn masked(&self) -> String {
        mask_id(&self.text)
    }
}

impl fmt::Display for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn birth_date_of(chars: &[char]) -> Result<NaiveDate, IdError> {
    let old = chars.len() == 15;
    let digits: String = chars.iter().skip(6).take(if old { 6 } else { 8 }).collect();
    let full = if old { format!("19{digits}") } else { digits.clone() };
    // Any day in the range parse_date allows; a relative form cannot be eight digits.
    match super::parse_date(&full, NaiveDate::MIN) {
        Ok(date) => Ok(date),
        Err(DateError::Empty) => Err(IdError::Empty),
        Err(_) => Err(IdError::BirthDate { digits }),
    }
}

/// The check character the first seventeen digits ask for.
fn check_character(chars: &[char]) -> Option<char> {
    let digits = chars.iter().zip(WEIGHTS).map(|(c, weight)| Some(c.to_digit(10)? * weight));
    let sum: u32 = digits.sum::<Option<u32>>()?;
    CHECKS.get(usize::try_from(sum % 11).ok()?).copied()
}

/// `500103********0015`: the address code and the last four stay. A text of another length
/// shows nothing but its last four characters.
#[must_use]
pub fn mask_id(text: &str) -> String {
    let head = if matches!(text.chars().count(), 15 | 18) { 6 } else { 0 };
    super::mask_text(text, head, 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    /// The two samples of GB 11643-1999 and numbers computed for the domain pages.
    const GOOD: &[(&str, (i32, u32, u32), Sex)] = &[
        ("11010519491231002X", (1949, 12, 31), Sex::Female),
        ("440524188001010014", (1880, 1, 1), Sex::Male),
        ("500103188801010015", (1888, 1, 1), Sex::Male),
        ("500112188802290027", (1888, 2, 29), Sex::Female),
        ("510213189703070043", (1897, 3, 7), Sex::Female),
        ("50010818880606003X", (1888, 6, 6), Sex::Male),
        ("500103199001010010", (1990, 1, 1), Sex::Male),
    ];

    #[test]
    fn published_numbers() {
        for (text, (y, m, d), sex) in GOOD {
            let number = IdNumber::parse(text).unwrap();
            assert_eq!(number.as_str(), *text);
            assert_eq!(number.birth_date(), date(*y, *m, *d));
            assert_eq!(number.sex(), *sex, "{text}");
            assert!(!number.is_old());
        }
        let number = IdNumber::parse(" １１０１０５ 19491231 002x ").unwrap();
        assert_eq!(number.as_str(), "11010519491231002X");
        assert_eq!(number.address_code(), "110105");
        assert_eq!(number.masked(), "110105********002X");
    }

    #[test]
    fn old_numbers_are_recognised() {
        let number = IdNumber::parse("110105491231002").unwrap();
        assert!(number.is_old());
        assert_eq!(number.birth_date(), date(1949, 12, 31));
        assert_eq!(number.sex(), Sex::Female);
        assert_eq!(IdNumber::parse("110105491231003").unwrap().sex(), Sex::Male);
        assert_eq!(mask_id("110105491231002"), "110105*****1002");
    }

    #[test]
    fn errors_name_the_group() {
        for (text, error) in [
            ("", IdError::Empty),
            ("5001031888010100", IdError::Length(16)),
            ("5001031888O1010015", IdError::Character { position: 11, found: 'O' }),
            ("X00103188801010015", IdError::Character { position: 1, found: 'X' }),
            ("500103880101001X", IdError::Length(16)),
            ("50010388010100X", IdError::Character { position: 15, found: 'X' }),
            ("500112188902290027", IdError::BirthDate { digits: "18890229".into() }),
            ("500112990230002", IdError::BirthDate { digits: "990230".into() }),
            ("500103188801010016", IdError::CheckDigit),
            ("身份证号码不详请核对后再填写一下吧", IdError::Length(17)),
        ] {
            assert_eq!(IdNumber::parse(text), Err(error), "{text}");
        }
        let today = date(1888, 1, 1);
        assert!(IdNumber::parse_on("500103188801010015", today).is_ok());
        assert_eq!(
            IdNumber::parse_on("500112188802290027", today),
            Err(IdError::Future(date(1888, 2, 29)))
        );
        let said = IdError::CheckDigit.said();
        assert!(!said.zh.contains('5'), "the check digit is not told");
    }

    #[test]
    fn masks_never_show_the_middle() {
        assert_eq!(mask_id("500103199001010015"), "500103********0015");
        assert_eq!(mask_id("12345678"), "****5678");
        assert_eq!(mask_id("123"), "***");
        assert_eq!(mask_id(""), "");
    }

    prop_compose! {
        fn well_formed()(days in 0_u64..80_000, address in 100_000_u32..700_000, seq in 0_u32..1000)
            -> String {
            let day = date(1880, 1, 1) + chrono::Days::new(days);
            let body = format!("{address}{}{seq:03}", day.format("%Y%m%d"));
            let check = check_character(&body.chars().collect::<Vec<_>>()).unwrap();
            format!("{body}{check}")
        }
    }

    proptest! {
        #[test]
        fn any_single_slip_is_caught(number in well_formed(), place in 0_usize..18, other in 0_u8..10) {
            prop_assert_eq!(IdNumber::parse(&number).unwrap().to_string(), number.clone());
            let mut bytes = number.clone().into_bytes();
            bytes[place] = b'0' + other;
            let slipped = String::from_utf8(bytes).unwrap();
            if slipped != number {
                prop_assert!(IdNumber::parse(&slipped).is_err());
            }
        }

        #[test]
        fn no_text_breaks_it(text in ".*", near in "[0-9xX]{14,19}") {
            let _ = IdNumber::parse(&text).map(|number| number.masked());
            let _ = IdNumber::parse(&near);
            prop_assert_eq!(mask_id(&text).chars().count(), text.chars().count());
        }
    }
}
