//! Citizen identity numbers: GB 11643-1999 (18 digits) and the 15-digit ones before it.

mod error;
mod key;

pub use error::{BirthPart, IdError};
pub use key::{id_key, new_id_form, old_id_form};

use super::DateError;
use super::marks::SheetMark;
use chrono::NaiveDate;
use std::fmt;

/// Sex as the identity number carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sex {
    /// 男.
    Male,
    /// 女.
    Female,
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
        // Nearly all are right, and cost next to nothing.
        if let Some(born) = born_as_it_should_be(typed) {
            return Ok(Self { text: typed.to_owned(), born });
        }
        let text = key::plain(typed);
        let chars: Vec<char> = text.chars().collect();
        if chars.is_empty() {
            return Err(IdError::Empty);
        }
        if let Some(mark) = SheetMark::of(typed) {
            return Err(IdError::Sheet(mark));
        }
        // Only the last of eighteen may be X.
        let last = if chars.len() == 15 { 15 } else { chars.len() - 1 };
        let wrong = |(at, c): (usize, &char)| {
            (!c.is_ascii_digit() && (at < last || *c != 'X')).then_some((at + 1, *c))
        };
        let odd = chars.iter().enumerate().find_map(wrong);
        if !matches!(chars.len(), 15 | 18) {
            return Err(IdError::Length { got: chars.len(), odd });
        }
        if let Some((position, found)) = odd {
            return Err(IdError::Character { position, found });
        }
        let born = birth_date_of(&text)?;
        if !check_fits(&text) {
            let zeros = text.ends_with("000");
            return Err(if zeros { IdError::Zeros } else { IdError::CheckDigit });
        }
        Ok(Self { text, born })
    }

    /// [`IdNumber::parse`], and a birth date after `today` is an error too.
    ///
    /// # Errors
    /// [`IdError`], as for [`IdNumber::parse`], or [`IdError::Future`].
    pub fn parse_on(typed: &str, today: NaiveDate) -> Result<Self, IdError> {
        let number = Self::parse(typed)?;
        if number.born > today { Err(IdError::Future) } else { Ok(number) }
    }

    /// The stored form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What it is compared by; see [`id_key`].
    #[must_use]
    pub fn key(&self) -> String {
        id_key(&self.text)
    }

    /// A 15-digit number from before 1999: readable, but the 18-digit one should be asked for.
    #[must_use]
    pub fn is_old(&self) -> bool {
        self.text.len() == 15
    }

    /// Date of birth; an old number means the twentieth century, or the nineteenth where its
    /// sequence number is one kept for people over a hundred (996 to 999).
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

/// The date of birth of eighteen characters with nothing wrong and nothing between them.
fn born_as_it_should_be(text: &str) -> Option<NaiveDate> {
    let bytes: &[u8; 18] = text.as_bytes().try_into().ok()?;
    let (_, digits) = bytes.split_last()?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let born = super::parse_date(text.get(6..14)?, NaiveDate::MIN).ok()?;
    check_fits(text).then_some(born)
}

fn birth_date_of(text: &str) -> Result<NaiveDate, IdError> {
    let old = text.len() == 15;
    let full = if old {
        let century = key::century(text.get(12..).unwrap_or_default());
        format!("{century}{}", text.get(6..12).unwrap_or_default())
    } else {
        text.get(6..14).unwrap_or_default().to_owned()
    };
    // Any day in the range parse_date allows; a relative form cannot be eight digits.
    let wrong = |part| Err(IdError::BirthDate { part, old });
    match super::parse_date(&full, NaiveDate::MIN) {
        Ok(date) => Ok(date),
        Err(DateError::NoSuchMonth(_)) => wrong(BirthPart::Month),
        Err(DateError::NoSuchDay { .. }) => wrong(BirthPart::Day),
        Err(_) => wrong(BirthPart::Year),
    }
}

/// Whether the last of eighteen characters fits the others; fifteen digits have none.
pub(super) fn check_fits(text: &str) -> bool {
    match (text.chars().nth(17), check_character(text.chars())) {
        (Some(given), Some(check)) => check == given,
        _ => true,
    }
}

/// The check character the first seventeen digits ask for.
fn check_character(chars: impl Iterator<Item = char>) -> Option<char> {
    let digits = chars.zip(WEIGHTS).map(|(c, weight)| Some(c.to_digit(10)? * weight));
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
            ("5001031888010100", IdError::Length { got: 16, odd: None }),
            ("50010318880I0100", IdError::Length { got: 16, odd: Some((12, 'I')) }),
            ("5001031888O1010015", IdError::Character { position: 11, found: 'O' }),
            ("X00103188801010015", IdError::Character { position: 1, found: 'X' }),
            ("500103880101001X", IdError::Length { got: 16, odd: None }),
            ("50010388010100X", IdError::Character { position: 15, found: 'X' }),
            ("500112188902290027", IdError::BirthDate { part: BirthPart::Day, old: false }),
            ("500112187902280027", IdError::BirthDate { part: BirthPart::Year, old: false }),
            ("500112188913280027", IdError::BirthDate { part: BirthPart::Month, old: false }),
            ("500112990230002", IdError::BirthDate { part: BirthPart::Day, old: true }),
            ("500103188801010016", IdError::CheckDigit),
            ("500199195802275000", IdError::Zeros),
            ("5.00199E+17", IdError::Sheet(SheetMark::Exponent("E+17".into()))),
            ("500103188801010015.0", IdError::Sheet(SheetMark::Fraction(".0".into()))),
            (
                "身份证号码不详请核对后再填写一下吧",
                IdError::Length { got: 17, odd: Some((1, '身')) },
            ),
        ] {
            assert_eq!(IdNumber::parse(text), Err(error.clone()), "{text}");
            let (said, next) = (error.said(), error.next());
            for words in [&said.zh, &said.en, &next.zh, &next.en] {
                let digits = words.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
                assert!(digits.unwrap_or(0) <= 3, "no run of the number is told: {words}");
            }
        }
        let today = date(1888, 1, 1);
        assert!(IdNumber::parse_on("500103188801010015", today).is_ok());
        assert_eq!(IdNumber::parse_on("500112188802290027", today), Err(IdError::Future));
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

    #[test]
    fn one_number_in_two_forms() {
        // The numbers of one person in the office's exercise, and the samples of GB 11643-1999.
        for (old, new) in [
            ("500199700805123", "500199197008051230"),
            ("110105491231002", "11010519491231002X"),
            // Sequence numbers 996 to 999 are of people born in the nineteenth century.
            ("440524880101999", "440524188801019991"),
            ("440524880101996", "440524188801019967"),
            ("440524880101995", "440524198801019959"),
        ] {
            let year: i32 = new.get(6..10).unwrap().parse().unwrap();
            let body: Vec<char> = new.chars().take(17).collect();
            let check = check_character(body.iter().copied()).unwrap();
            let new: String = body.into_iter().chain([check]).collect();
            assert_eq!(new_id_form(old).as_ref(), Some(&new), "{old}");
            assert_eq!(old_id_form(&new).as_deref(), Some(old));
            assert_eq!((id_key(old), id_key(&new)), (new.clone(), new.clone()));
            let (old, new) = (IdNumber::parse(old).unwrap(), IdNumber::parse(&new).unwrap());
            assert_eq!((old.birth_date(), old.sex()), (new.birth_date(), new.sex()));
            assert_eq!(chrono::Datelike::year(&old.birth_date()), year);
            assert!(old.is_old() && old != new && old.key() == new.key());
        }
        assert_eq!(id_key(" ５００１９９-700805-123 "), "500199197008051230");
        assert_eq!(id_key("11010519491231002x"), "11010519491231002X");
        assert_eq!(id_key("E12345678"), "E12345678");
        assert_eq!(id_key("500199701305123"), "500199701305123", "no such day");
        assert_eq!(
            old_id_form("500199200008051236"),
            None,
            "born after the last of fifteen digits"
        );
    }

    prop_compose! {
        fn well_formed()(days in 0_u64..80_000, address in 100_000_u32..700_000, seq in 0_u32..1000)
            -> String {
            let day = date(1880, 1, 1) + chrono::Days::new(days);
            let body = format!("{address}{}{seq:03}", day.format("%Y%m%d"));
            let check = check_character(body.chars()).unwrap();
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
        fn fifteen_to_eighteen_and_back(
            days in 0_u64..36_000, address in 100_000_u32..700_000, seq in 0_u32..1000
        ) {
            let day = date(1900, 1, 1) + chrono::Days::new(days);
            // People over a hundred have years of the century before; few of them are in range.
            let old = format!("{address}{}{seq:03}", day.format("%y%m%d"));
            if let Some(new) = new_id_form(&old) {
                prop_assert_eq!(old_id_form(&new), Some(old.clone()));
                prop_assert_eq!(id_key(&new), id_key(&old));
                prop_assert!(check_fits(&new));
            } else {
                prop_assert!(seq >= 996, "only 1800 lacks a day that 1900 has");
            }
        }

        #[test]
        fn no_text_breaks_it(text in ".*", near in "[0-9xX]{14,19}") {
            prop_assert_eq!(id_key(&id_key(&text)), id_key(&text));
            prop_assert_eq!(id_key(&id_key(&near)), id_key(&near));
            let _ = IdNumber::parse(&text).map(|number| number.masked());
            let _ = IdNumber::parse(&near);
            prop_assert_eq!(mask_id(&text).chars().count(), text.chars().count());
        }
    }
}
