//! Telephone and bank card numbers: cleaned for storing, masked for people who need not see all.

use super::fold;
use super::marks::SheetMark;
use crate::said;
use crate::words::Said;
use thiserror::Error;

/// Why a text is not a telephone or card number. The number itself is never part of it: the
/// reason is on screens and in reports where numbers are masked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ContactError {
    /// Nothing was typed.
    #[error("nothing typed")]
    Empty,
    /// A character that is not part of a number.
    #[error("character {position} is '{found}'")]
    Character {
        /// Place, counted from 1.
        position: usize,
        /// What is there.
        found: char,
    },
    /// Not a mobile number and not a landline: how many digits there are.
    #[error("{0} digits are no telephone number")]
    NotAPhone(usize),
    /// A spreadsheet kept the number as a number.
    #[error("kept by a spreadsheet: {0}")]
    Sheet(SheetMark),
    /// Begins like a mobile number with more or fewer than eleven digits.
    #[error("mobile number with {0} digits")]
    MobileLength(usize),
    /// A card number has 12 to 19 digits.
    #[error("card number with {0} digits")]
    CardLength(usize),
}

impl ContactError {
    /// What happened.
    #[must_use]
    pub fn said(&self) -> Said {
        match self {
            Self::Empty => Said::fixed("还没有填号码。", "No number yet."),
            Self::Character { position, found } => said!(
                "第 {position} 位是“{found}”，不是数字。",
                "Character {position} is '{found}', which is no digit."
            ),
            Self::NotAPhone(got) => said!(
                "现在是 {got} 位数字，不像手机号（11 位），也不像座机号（区号加 7 或 8 位）。",
                "These {got} digits look like neither a mobile number (11) nor a landline (area \
                 code and 7 or 8)."
            ),
            Self::Sheet(mark) => mark.said(),
            Self::MobileLength(got) => said!(
                "手机号应为 11 位，现在是 {got} 位。",
                "A mobile number has 11 digits; this one has {got}."
            ),
            Self::CardLength(got) => said!(
                "银行卡号应为 12 至 19 位，现在是 {got} 位。",
                "A bank card number has 12 to 19 digits; this one has {got}."
            ),
        }
    }

    /// What to type instead.
    #[must_use]
    pub fn next(&self) -> Said {
        match self {
            Self::Sheet(_) => Said::fixed(
                "请照原件重新录入；在表格里先把这一列设为“文本”。",
                "Type it again from the paper; in a spreadsheet, set the column to Text first.",
            ),
            Self::CardLength(_) => Said::fixed(
                "请照卡面或存折逐位核对。",
                "Compare the number with the card or passbook.",
            ),
            _ => Said::fixed(
                "手机写 13812345678，座机写 023-67890123；一个框只写一个号码。",
                "Type a mobile as 13812345678, a landline as 023-67890123, one number a field.",
            ),
        }
    }
}

/// Reads a telephone number: a mobile number comes back as eleven digits, a landline as
/// `023-67890123` with `-801` for an extension, a local number as it is.
///
/// Spaces, dashes, brackets and `+86` are accepted.
///
/// # Errors
/// [`ContactError`] when it is neither.
pub fn parse_phone(typed: &str) -> Result<String, ContactError> {
    // A mobile number as it should be.
    let bytes = typed.as_bytes();
    if matches!(bytes, [b'1', b'3'..=b'9', ..])
        && bytes.len() == 11
        && bytes.iter().all(u8::is_ascii_digit)
    {
        return Ok(typed.to_owned());
    }
    let text = fold(typed);
    if let Some(mark) = SheetMark::of(&text) {
        return Err(ContactError::Sheet(mark));
    }
    let (main, extension) = split_extension(&text);
    let mut digits = digits_of(&main, " -()./+", 0)?;
    let before = text.chars().count().saturating_sub(extension.chars().count());
    let extension = digits_of(&extension, " -", before)?;
    let not_a_phone = digits.len();
    // Eleven digits keep their 86: they may be a landline's.
    let abroad = ["0086", "86"].iter().find_map(|code| digits.strip_prefix(code));
    let abroad = abroad.filter(|_| digits.len() > 11).map(str::to_owned);
    let country_code = abroad.is_some();
    digits = abroad.unwrap_or(digits);
    let all: Vec<char> = digits.chars().collect();
    let phone = match (all.as_slice(), all.len()) {
        ([], _) => return Err(ContactError::Empty),
        (['1', '3'..='9', ..], got) if got > 8 && got != 11 => {
            return Err(ContactError::MobileLength(got));
        }
        (['0', '1' | '2', ..], 10..=11) => with_area(&all, 3),
        (['0', '3'..='9', ..], 11..=12) => with_area(&all, 4),
        // +86 23 6789 0123: the zero is left out after the country code.
        (['1' | '2', ..], 9..=10) if country_code => {
            with_area(&[&['0'], all.as_slice()].concat(), 3)
        }
        _ if needs_no_area(&digits) => digits,
        _ => return Err(ContactError::NotAPhone(not_a_phone)),
    };
    match extension.len() {
        0 => Ok(phone),
        1..=6 => Ok(format!("{phone}-{extension}")),
        _ => Err(ContactError::NotAPhone(not_a_phone + extension.len())),
    }
}

/// A number that is dialled as it stands: mobile, 400 or 800, or within its own city. No city
/// gives out 400 or 800 at the beginning of its own numbers.
fn needs_no_area(digits: &str) -> bool {
    match (digits.as_bytes(), digits.len()) {
        ([b'1', b'3'..=b'9', ..], length) => length == 11,
        ([b'4' | b'8', b'0', b'0', ..], length) => length == 10,
        ([b'2'..=b'8', ..], length) => matches!(length, 7..=8),
        _ => false,
    }
}

/// Number and extension: behind `转` or `#`, or a short group after a number already whole, as
/// they are stored.
fn split_extension(text: &str) -> (String, String) {
    for mark in ["转", "#", "ext."] {
        if let Some((main, extension)) = text.split_once(mark) {
            return (main.trim_end_matches("分机").to_owned(), extension.to_owned());
        }
    }
    let groups: Vec<&str> = text.split('-').collect();
    match groups.as_slice() {
        [area, local, extension]
            if area.starts_with(['0', '(']) && local.len() >= 7 && extension.len() <= 6 =>
        {
            (format!("{area}-{local}"), (*extension).to_owned())
        }
        [whole, extension]
            if needs_no_area(&whole.replace(' ', "")) && matches!(extension.len(), 1..=6) =>
        {
            ((*whole).to_owned(), (*extension).to_owned())
        }
        _ => (text.to_owned(), String::new()),
    }
}

fn with_area(digits: &[char], area: usize) -> String {
    let (area, local) = digits.split_at_checked(area).unwrap_or((digits, &[]));
    format!("{}-{}", area.iter().collect::<String>(), local.iter().collect::<String>())
}

/// The digits of a text in which nothing else but `between` may stand; `before` characters of the
/// number are before it.
fn digits_of(text: &str, between: &str, before: usize) -> Result<String, ContactError> {
    let mut digits = String::new();
    for (at, c) in text.chars().enumerate() {
        if c.is_ascii_digit() {
            digits.push(c);
        } else if !between.contains(c) {
            return Err(ContactError::Character { position: before + at + 1, found: c });
        }
    }
    Ok(digits)
}

/// Reads a bank card or account number of 12 to 19 digits; spaces and dashes are dropped.
///
/// # Errors
/// [`ContactError`] for another length or characters that are not digits.
pub fn parse_card(typed: &str) -> Result<String, ContactError> {
    let text = fold(typed);
    if let Some(mark) = SheetMark::of(&text) {
        return Err(ContactError::Sheet(mark));
    }
    let digits = digits_of(&text, " -", 0)?;
    match digits.len() {
        0 => Err(ContactError::Empty),
        12..=19 => Ok(digits),
        got => Err(ContactError::CardLength(got)),
    }
}

/// A card number whose last digit fails the Luhn check. Passbook accounts have no such digit,
/// so this is a question, not an error.
#[must_use]
pub fn card_warning(digits: &str) -> Option<Said> {
    (!luhn_fits(digits)).then(|| {
        Said::fixed(
            "卡号末位校验不符：如果是银行卡，请照卡面再核对一次；存折账号可以不理会。",
            "The card's last digit does not fit: compare with the card, unless it is a passbook.",
        )
    })
}

/// The check of card numbers (ISO/IEC 7812-1, annex B).
pub(super) fn luhn_fits(digits: &str) -> bool {
    let sum: u32 = digits
        .chars()
        .rev()
        .filter_map(|c| c.to_digit(10))
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => digit * 2 - 9,
            (_, digit) => digit * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// The first `head` and last `tail` characters with `*` for each one between; a text too short
/// to hide anything between keeps only its tail, one no longer than the tail is all hidden.
#[must_use]
pub fn mask_text(text: &str, head: usize, tail: usize) -> String {
    let length = text.chars().count();
    let head = if length > head + tail { head } else { 0 };
    let tail = if length > tail { tail } else { 0 };
    text.chars()
        .enumerate()
        .map(|(at, c)| if at < head || at >= length - tail { c } else { '*' })
        .collect()
}

/// `138****5678`; a landline keeps area code and last four digits: `023-****0123`.
#[must_use]
pub fn mask_phone(phone: &str) -> String {
    match phone.split_once('-') {
        Some((area, rest)) if area.len() <= 4 => {
            let local = rest.split('-').next().unwrap_or(rest);
            format!("{area}-{}", mask_text(local, 0, 4))
        }
        _ => mask_text(phone, if phone.len() > 8 { 3 } else { 0 }, 4),
    }
}

/// `6222****1234`: four stars, so that the length is not told either.
#[must_use]
pub fn mask_card(card: &str) -> String {
    let chars: Vec<char> = card.chars().collect();
    match (chars.first_chunk::<4>(), chars.last_chunk::<4>()) {
        (Some(head), Some(tail)) if chars.len() >= 12 => {
            format!("{}****{}", head.iter().collect::<String>(), tail.iter().collect::<String>())
        }
        _ => mask_text(card, 0, 4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn phones_as_people_write_them() {
        for (typed, kept) in [
            ("13812345678", "13812345678"),
            ("138 1234 5678", "13812345678"),
            ("138-1234-5678", "13812345678"),
            ("+86 138 1234 5678", "13812345678"),
            ("008613812345678", "13812345678"),
            ("8613812345678", "13812345678"),
            ("１３８１２３４５６７８", "13812345678"),
            ("023-67890123", "023-67890123"),
            ("(023)67890123", "023-67890123"),
            ("（023）6789 0123", "023-67890123"),
            ("02367890123", "023-67890123"),
            ("0830-1234567", "0830-1234567"),
            ("+86 23 6789 0123", "023-67890123"),
            ("023-67890123-801", "023-67890123-801"),
            ("023-67890123转801", "023-67890123-801"),
            ("67890123", "67890123"),
            ("67890123转8", "67890123-8"),
            ("67890123-8", "67890123-8"),
            ("6789-0123", "67890123"),
            ("13812345678-1", "13812345678-1"),
            ("4001234-567", "4001234567"),
            ("400-123-4567", "4001234567"),
        ] {
            assert_eq!(parse_phone(typed).as_deref(), Ok(kept), "{typed}");
        }
    }

    #[test]
    fn what_is_no_phone_says_why() {
        for (typed, error) in [
            ("", ContactError::Empty),
            ("无", ContactError::Character { position: 1, found: '无' }),
            ("1390000001O", ContactError::Character { position: 11, found: 'O' }),
            ("023-67890123转8.1", ContactError::Character { position: 15, found: '.' }),
            ("13900000014.0", ContactError::Sheet(SheetMark::Fraction(".0".into()))),
            ("1.39E+10", ContactError::Sheet(SheetMark::Exponent("E+10".into()))),
            ("1381234567", ContactError::MobileLength(10)),
            ("138123456789", ContactError::MobileLength(12)),
            ("12345", ContactError::NotAPhone(5)),
            ("4001234", ContactError::NotAPhone(7)),
            ("2386789012", ContactError::NotAPhone(10)),
            ("11812345678", ContactError::NotAPhone(11)),
            ("13812345678/13912345678", ContactError::MobileLength(22)),
        ] {
            assert_eq!(parse_phone(typed), Err(error.clone()), "{typed}");
            let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
            let said = error.said();
            let told = digits.len() > 4 && (said.zh.contains(&digits) || said.en.contains(&digits));
            assert!(!told, "the number is not told: {}", said.zh);
        }
    }

    #[test]
    fn cards() {
        assert_eq!(parse_card("6222 0211 1111 1111 234").as_deref(), Ok("6222021111111111234"));
        assert_eq!(parse_card("123"), Err(ContactError::CardLength(3)));
        assert_eq!(parse_card("6222x"), Err(ContactError::Character { position: 5, found: 'x' }));
        // The number of Luhn's patent example as commonly printed, and one digit off.
        assert_eq!(card_warning("79927398713"), None);
        assert!(card_warning("79927398710").is_some());
    }

    #[test]
    fn masks() {
        assert_eq!(mask_phone("13812345678"), "138****5678");
        assert_eq!(mask_phone("023-67890123"), "023-****0123");
        assert_eq!(mask_phone("67890123"), "****0123");
        assert_eq!(mask_phone("12345"), "*2345");
        assert_eq!(mask_card("6222021111111111234"), "6222****1234");
        assert_eq!(mask_card("12345678"), "****5678");
        assert_eq!(mask_card("12"), "**");
    }

    proptest! {
        #[test]
        fn stored_numbers_read_back(
            typed in "[-0-9 +()转]{0,20}|[0-9]{7,12}[-转][0-9]{1,6}|0[0-9]{2,3}-[0-9]{7,8}[-转][0-9]{1,6}"
        ) {
            if let Ok(kept) = parse_phone(&typed) {
                prop_assert_eq!(parse_phone(&kept), Ok(kept.clone()));
            }
        }

        #[test]
        fn no_text_breaks_it(text in ".*") {
            let _ = parse_phone(&text);
            let _ = parse_card(&text);
            let _ = (mask_phone(&text), mask_card(&text), card_warning(&text));
        }
    }
}
