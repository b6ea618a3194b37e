//! Names of accounts: the one form they have everywhere, and which of them look alike.
//!
//! The form is RFC 8265, UsernameCaseMapped: full width becomes half, capitals become small,
//! composed as NFC, of letters and digits that have one form only. What looks alike is told by the
//! skeleton of UTS 39.

use crate::said;
use crate::words::Said;
use precis_core::profile::PrecisFastInvocation;
use precis_core::{CodepointInfo, DerivedPropertyValue, Error, UnexpectedError};
use precis_profiles::UsernameCaseMapped;
use unicode_security::confusable_detection::skeleton;

/// Most characters of an account's name.
const LONGEST: usize = 40;

/// Why a text is no name of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountNameError {
    /// Nothing, or more than forty characters.
    Length,
    /// A blank inside.
    Blank,
    /// A character nobody sees: control, direction, zero width.
    Unseen(char),
    /// A character that has another form, or is a sign and no letter or digit.
    Unfit(char),
    /// Written from left to right and from right to left at once.
    Directions,
}

impl AccountNameError {
    /// What is wrong.
    #[must_use]
    pub fn said(self) -> Said {
        match self {
            Self::Length => {
                said!(
                    "账号名要有 1 到 {LONGEST} 个字。",
                    "An account name has 1 to {LONGEST} characters."
                )
            }
            Self::Blank => {
                said!("账号名中间不能有空格。", "An account name has no blanks inside.")
            }
            Self::Unseen(c) => {
                let code = u32::from(c);
                said!(
                    "账号名里有看不见的字符（U+{code:04X}）。",
                    "The account name holds a character nobody sees (U+{code:04X})."
                )
            }
            Self::Unfit(c) => said!(
                "账号名里不能有“{c}”：它有别的写法，或者不是文字。",
                "An account name cannot hold \"{c}\": it has another form, or is no letter or digit."
            ),
            Self::Directions => said!(
                "账号名不能混用从左到右和从右到左的文字。",
                "An account name does not mix writing from the left and from the right."
            ),
        }
    }

    /// What to do.
    #[must_use]
    pub fn next(self) -> Said {
        said!(
            "请只用汉字、字母和数字重新输入，例如 周丽 或 zhouli2。",
            "Type it anew with letters, digits or Han characters only, such as 周丽 or zhouli2."
        )
    }
}

/// The one form of an account's name, however it was typed.
///
/// ```
/// use yizhan::record::account_name;
/// assert_eq!(account_name(" Ａｄｍｉｎ").unwrap(), "admin");
/// ```
///
/// # Errors
/// When it is no name an account can have.
pub fn account_name(typed: &str) -> Result<String, AccountNameError> {
    let typed = typed.trim();
    // Whatever a stranger sends, no more of it is looked at than a name could have.
    if typed.chars().take(LONGEST + 1).count() > LONGEST {
        return Err(AccountNameError::Length);
    }
    let name = UsernameCaseMapped::enforce(typed).map_err(|error| why(typed, &error))?.into_owned();
    match name.chars().count() {
        1..=LONGEST => Ok(name),
        _ => Err(AccountNameError::Length),
    }
}

/// The form of whatever was typed for a name: the one it has, or, where it can be no name, as it
/// is, cut to the length of one with a sign no name has, so that it is nobody's.
#[must_use]
pub fn account_form(typed: &str) -> String {
    account_name(typed).unwrap_or_else(|_| {
        let typed = typed.trim();
        match typed.char_indices().nth(LONGEST) {
            Some(_) => typed.chars().take(LONGEST - 1).chain(['…']).collect(),
            None => typed.to_string(),
        }
    })
}

fn why(typed: &str, error: &Error) -> AccountNameError {
    let bad = match error {
        Error::BadCodepoint(info)
        | Error::Unexpected(
            UnexpectedError::ContextRuleNotApplicable(info)
            | UnexpectedError::MissingContextRule(info),
        ) => info,
        Error::Unexpected(UnexpectedError::Undefined) => {
            // A character whose neighbours decide, at an end where it has none.
            let joins = typed.chars().find(|c| unseen(*c));
            return joins.map_or(AccountNameError::Directions, AccountNameError::Unseen);
        }
        Error::Invalid if typed.is_empty() => return AccountNameError::Length,
        _ => return AccountNameError::Directions,
    };
    let CodepointInfo { cp, property, .. } = bad;
    match char::from_u32(*cp) {
        Some(c) if c.is_whitespace() && !c.is_control() => AccountNameError::Blank,
        Some(c) if unseen(c) || *property == DerivedPropertyValue::ContextJ => {
            AccountNameError::Unseen(c)
        }
        Some(c) => AccountNameError::Unfit(c),
        None => AccountNameError::Directions,
    }
}

/// Controls, directions, joiners, fillers and selectors, which leave no mark of their own.
fn unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{E0000}'..='\u{E0FFF}')
}

/// What a name is compared by to find those a person would take for it: two that look alike have
/// the same. Only for comparing; it is no name.
#[must_use]
pub fn account_look(name: &str) -> String {
    // Prototypes may be capitals (that of 0 is O), and names have none.
    let small: String = skeleton(name).flat_map(char::to_lowercase).collect();
    skeleton(&small).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use AccountNameError::{Blank, Directions, Length, Unfit, Unseen};

    #[test]
    fn a_name_has_one_form() {
        for (typed, name) in [
            ("admin", "admin"),
            (" Admin\t", "admin"),
            ("ａｄｍｉｎ", "admin"),
            ("ＡＤＭＩＮ０", "admin0"),
            ("周丽", "周丽"),
            ("\u{3000}周丽\u{3000}", "周丽"),
            ("Zhou.Li-2_b", "zhou.li-2_b"),
            // e and a combining acute compose (RFC 8265, 3.3.2, normalization rule).
            ("Andre\u{301}", "andr\u{e9}"),
            // The examples of RFC 8265, 3.5, as case mapping has them.
            ("juliet@example.com", "juliet@example.com"),
            ("fussball", "fussball"),
            ("fu\u{df}ball", "fu\u{df}ball"),
            ("\u{3c0}", "\u{3c0}"),
            ("\u{3a3}", "\u{3c3}"),
            // The rare characters of people's names.
            ("龙䶮", "龙䶮"),
            ("\u{20BB7}野", "\u{20BB7}野"),
        ] {
            assert_eq!(account_name(typed), Ok(name.to_string()), "{typed}");
            assert_eq!(account_name(name), Ok(name.to_string()), "{name} stays");
        }
    }

    #[test]
    fn what_is_no_name() {
        for (typed, error) in [
            ("", Length),
            (" \u{3000} ", Length),
            (&"长".repeat(41), Length),
            ("foo bar", Blank),
            ("周\u{3000}丽", Blank),
            ("周\u{a0}丽", Blank),
            ("ad\u{200b}min", Unseen('\u{200b}')),
            ("ad\u{200d}min", Unseen('\u{200d}')),
            ("\u{200d}", Unseen('\u{200d}')),
            ("\u{202e}nimda", Unseen('\u{202e}')),
            ("admin\u{2066}", Unseen('\u{2066}')),
            ("admin\u{feff}", Unseen('\u{feff}')),
            ("adm\u{ad}in", Unseen('\u{ad}')),
            ("admin\u{3164}", Unseen('\u{3164}')),
            ("周丽\u{fe00}", Unseen('\u{fe00}')),
            ("adm\u{0}in", Unseen('\u{0}')),
            ("ad\u{1b}[2Jmin", Unseen('\u{1b}')),
            ("ad\nmin", Unseen('\n')),
            // The ligature, the roman numeral and the king of RFC 8265, 3.5.
            ("\u{fb01}n", Unfit('\u{fb01}')),
            ("henry\u{2163}", Unfit('\u{2163}')),
            ("\u{265a}", Unfit('\u{265a}')),
            // 工 as a radical, 金 as a compatibility ideograph: the same as the usual ones to see.
            ("\u{2f2f}会", Unfit('\u{2f2f}')),
            ("\u{f90a}主任", Unfit('\u{f90a}')),
            ("阿依\u{b7}古丽", Unfit('\u{b7}')),
            ("\u{661}\u{627}admin", Directions),
        ] {
            assert_eq!(account_name(typed), Err(error), "{typed:?}");
            assert!(!error.said().is_empty() && !error.next().is_empty());
            assert!(account_name(&account_form(typed)).is_err(), "{typed:?} is nobody's");
        }
    }

    #[test]
    fn names_that_look_alike() {
        for (one, other) in [
            // Lines of confusables.txt of UTS 39.
            ("admin", "\u{430}dmin"),
            ("admin", "adm\u{456}n"),
            ("admin", "\u{430}dm\u{456}n"),
            ("boss", "b\u{43e}ss"),
            ("boss", "b0ss"),
            ("zhouli", "zhou1i"),
            ("modern", "rnodem"),
            ("scope", "\u{455}\u{441}\u{43e}\u{440}\u{435}"),
            // Katakana and Han: ロ 口, ニ 二.
            ("口工", "\u{30ed}工"),
            ("二组", "\u{30cb}组"),
        ] {
            let (one, other) = (account_name(one).unwrap(), account_name(other).unwrap());
            assert_ne!(one, other);
            assert_eq!(account_look(&one), account_look(&other), "{one} {other}");
        }
        for (one, other) in [("admin", "admin2"), ("周丽", "周莉"), ("volunteer", "supervisor")]
        {
            assert_ne!(account_look(one), account_look(other));
        }
    }
}
