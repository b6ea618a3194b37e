//! Unified social credit codes of employers and unions: GB 32100-2015.

use super::fold;
use crate::said;
use crate::words::Said;
use std::fmt;
use thiserror::Error;

/// The characters of a code in the order of their values 0 to 30: no I, O, Z, S, V.
const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
/// Weights of GB 11714 for the eight characters of the organisation code inside.
const ORGANISATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// Why a text is not a unified social credit code.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CodeError {
    /// Nothing was typed.
    #[error("no code")]
    Empty,
    /// Not 18 characters.
    #[error("{0} characters instead of 18")]
    Length(usize),
    /// A character the standard does not use at this place.
    #[error("character {position} is '{found}'")]
    Character {
        /// Place, counted from 1.
        position: usize,
        /// What is there.
        found: char,
        /// The digit it is usually taken for.
        meant: Option<char>,
    },
    /// The last character does not fit the rest.
    #[error("check character does not fit")]
    CheckCharacter,
}

impl CodeError {
    /// What happened.
    #[must_use]
    pub fn said(&self) -> Said {
        match self {
            Self::Empty => {
                Said::fixed("还没有填统一社会信用代码。", "No unified social credit code yet.")
            }
            Self::Length(got) => said!(
                "统一社会信用代码应为 18 位，现在是 {got} 位。",
                "A unified social credit code has 18 characters; this one has {got}."
            ),
            Self::Character { position, found, .. } => said!(
                "第 {position} 位是“{found}”，这里不会出现这个字符。",
                "Character {position} is '{found}', which does not occur there."
            ),
            Self::CheckCharacter => Said::fixed(
                "末位校验码与前面的字符不符，代码中有一位可能抄错。",
                "The last character does not fit the others; one of them may be miscopied.",
            ),
        }
    }

    /// What to do next.
    #[must_use]
    pub fn next(&self) -> Said {
        match self {
            Self::Character { meant: Some(meant), position, .. } => said!(
                "请核对第 {position} 位，是不是数字 {meant}？代码不用字母 I、O、Z、S、V。",
                "Check character {position}: the digit {meant}? Codes never use I, O, Z, S or V."
            ),
            Self::Character { position: 3..=8, .. } => Said::fixed(
                "第 3 至 8 位是行政区划代码，只写数字。",
                "Characters 3 to 8 are a division code: digits only.",
            ),
            Self::Character { .. } => Said::fixed(
                "只写数字和大写字母（不用 I、O、Z、S、V）。",
                "Use digits and letters other than I, O, Z, S and V.",
            ),
            Self::Empty | Self::Length(_) | Self::CheckCharacter => Said::fixed(
                "请照营业执照或法人资格证书逐位核对 18 位代码。",
                "Compare the 18 characters with the licence or certificate.",
            ),
        }
    }
}

/// A well-formed unified social credit code, in upper case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrganisationCode(String);

impl OrganisationCode {
    /// Reads a code as typed: full-width and lower case are accepted, spaces and dashes dropped.
    ///
    /// # Errors
    /// [`CodeError`] names the character that is wrong and what it is usually taken for.
    pub fn parse(typed: &str) -> Result<Self, CodeError> {
        let text: String =
            fold(typed).to_ascii_uppercase().chars().filter(|c| *c != ' ' && *c != '-').collect();
        let chars: Vec<char> = text.chars().collect();
        match chars.len() {
            0 => return Err(CodeError::Empty),
            18 => {}
            got => return Err(CodeError::Length(got)),
        }
        let wrong = |(at, c): (usize, &char)| {
            let fits = value_of(*c).is_some() && (!(2..8).contains(&at) || c.is_ascii_digit());
            (!fits).then_some((at, *c))
        };
        if let Some((at, found)) = chars.iter().enumerate().find_map(wrong) {
            return Err(CodeError::Character { position: at + 1, found, meant: lookalike(found) });
        }
        if check_value(&chars) == chars.last().copied().and_then(value_of) {
            Ok(Self(text))
        } else {
            Err(CodeError::CheckCharacter)
        }
    }

    /// The stored form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Registered with a trade union (first character 8), such as a grass-roots union's `81`.
    #[must_use]
    pub fn is_union(&self) -> bool {
        self.0.starts_with('8')
    }

    /// Characters 3 to 8: the division of the registering authority.
    #[must_use]
    pub fn region_code(&self) -> &str {
        self.0.get(2..8).unwrap_or("")
    }

    /// Characters 9 to 17: the organisation code of GB 11714 with its own check character.
    #[must_use]
    pub fn organisation_code(&self) -> &str {
        self.0.get(8..17).unwrap_or("")
    }

    /// Something worth a second look that does not make the code wrong: the organisation code
    /// inside fails its own check (GB 11714), while the whole passes.
    #[must_use]
    pub fn warning(&self) -> Option<Said> {
        let chars: Vec<char> = self.organisation_code().chars().collect();
        let sum = chars.iter().zip(ORGANISATION_WEIGHTS).map(|(c, weight)| {
            // GB 11714 counts every letter: A is 10, Z is 35.
            c.to_digit(36).map(|value| value * weight)
        });
        let check = match 11 - sum.sum::<Option<u32>>()? % 11 {
            10 => 'X',
            11 => '0',
            digit => char::from_digit(digit, 10)?,
        };
        let inside = self.organisation_code();
        (chars.last() != Some(&check)).then(|| {
            said!(
                "第 9 至 17 位（组织机构代码 {inside}）的校验码不符，请照证书再核对一次。",
                "Characters 9 to 17 ({inside}) fail their own check; compare with the certificate."
            )
        })
    }
}

impl fmt::Display for OrganisationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn value_of(c: char) -> Option<u32> {
    ALPHABET.chars().zip(0..).find(|(known, _)| *known == c).map(|(_, value)| value)
}

/// The digit a letter outside the alphabet is usually a misreading of.
fn lookalike(c: char) -> Option<char> {
    match c {
        'O' => Some('0'),
        'I' => Some('1'),
        'Z' => Some('2'),
        'S' => Some('5'),
        _ => None,
    }
}

/// The value the first seventeen characters ask of the eighteenth: weights 3^(i-1) mod 31.
fn check_value(chars: &[char]) -> Option<u32> {
    let mut weight = 1;
    let mut sum = 0;
    for c in chars.iter().take(17) {
        sum += value_of(*c)? * weight;
        weight = weight * 3 % 31;
    }
    Some((31 - sum % 31) % 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn published_codes() {
        // The worked example of GB 32100-2015 (3 is the right check, 4Z the wrong one shown).
        let code = OrganisationCode::parse("91350100M000100Y43").unwrap();
        assert_eq!(code.region_code(), "350100");
        assert_eq!(code.organisation_code(), "M000100Y4");
        assert_eq!(code.warning(), None);
        assert!(!code.is_union());
        assert_eq!(
            OrganisationCode::parse("91350100M000100Y4Z"),
            Err(CodeError::Character { position: 18, found: 'Z', meant: Some('2') })
        );
        assert_eq!(OrganisationCode::parse("91350100M000100Y44"), Err(CodeError::CheckCharacter));
    }

    #[test]
    fn a_union_code_of_the_domain_page() {
        // Computed for the domain page; its inner organisation code is made up.
        let code = OrganisationCode::parse("８1500000ma00 000 01c").unwrap();
        assert_eq!(code.as_str(), "81500000MA0000001C");
        assert!(code.is_union());
        assert!(code.warning().is_some());
    }

    #[test]
    fn errors_name_the_place() {
        assert_eq!(OrganisationCode::parse(" "), Err(CodeError::Empty));
        assert_eq!(OrganisationCode::parse("123"), Err(CodeError::Length(3)));
        assert_eq!(
            OrganisationCode::parse("9135O100M000100Y43"),
            Err(CodeError::Character { position: 5, found: 'O', meant: Some('0') })
        );
        assert_eq!(
            OrganisationCode::parse("913A0100M000100Y43"),
            Err(CodeError::Character { position: 4, found: 'A', meant: None })
        );
    }

    proptest! {
        #[test]
        fn any_single_slip_is_caught(
            head in "[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{9}",
            place in 0_usize..18,
            other in 0_usize..31,
        ) {
            let chars: Vec<char> = head.chars().collect();
            let check = ALPHABET.chars().nth(check_value(&chars).unwrap() as usize).unwrap();
            let code = format!("{head}{check}");
            prop_assert!(OrganisationCode::parse(&code).is_ok());
            let mut slipped: Vec<char> = code.chars().collect();
            slipped[place] = ALPHABET.chars().nth(other).unwrap();
            let slipped: String = slipped.into_iter().collect();
            if slipped != code {
                prop_assert!(OrganisationCode::parse(&slipped).is_err());
            }
        }

        #[test]
        fn no_text_breaks_it(text in ".*", near in "[0-9A-Za-z]{17,19}") {
            let _ = OrganisationCode::parse(&text).map(|code| code.warning());
            let _ = OrganisationCode::parse(&near).map(|code| code.warning());
        }
    }
}
