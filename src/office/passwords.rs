//! Which passwords will do: not short, none that is tried first, none made of a name.
//!
//! As NIST 800-63B has it: length and lists, no rules about kinds of characters. Looked at where a
//! password is chosen and never again, since nothing but the choice is in the chooser's hand.

use super::Refusal;
use crate::program::pinyin_of;
use crate::said;
use crate::store::Work;
use crate::words::Said;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// Fewest characters of a password.
const SHORTEST: usize = 8;
/// Fewest where nearly all are digits: dates and telephone numbers are tried first.
const SHORTEST_OF_DIGITS: usize = 12;
/// So many other characters make no word of a number.
const NO_WORD: usize = 2;
/// So many digits and signs around a word add nothing to it; a date has eight.
const AROUND: usize = 8;

/// What the passwords of a station are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passwords {
    /// They guard people's data: they follow the rules, and a guess costs so much work.
    Guard(Work),
    /// They guard nothing and are known to everybody, as in a demo.
    Known,
}

impl Passwords {
    /// The work that deriving takes.
    pub(super) fn work(self) -> Work {
        match self {
            Self::Guard(work) => work,
            Self::Known => Work::LEAST,
        }
    }
}

/// What whoever chooses a password is told before.
pub const PASSWORD_RULE: Said = Said::fixed(
    "密码至少 8 个字符（几乎全是数字的要 12 个），不用常见的密码，不含账号名。",
    "At least 8 characters, 12 if mostly digits; not common, no account name.",
);

/// Why a password will not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weak {
    Short,
    Digits,
    Common,
    AccountName,
    StationName,
}

impl Weak {
    fn said(self) -> Said {
        match self {
            Self::Short => said!(
                "密码至少要 {SHORTEST} 个字符。",
                "A password has at least {SHORTEST} characters."
            ),
            Self::Digits => said!(
                "几乎全是数字的密码至少要 {SHORTEST_OF_DIGITS} 个字符：生日和电话号码最先被人试。",
                "A password of nearly nothing but digits has at least {SHORTEST_OF_DIGITS} characters: dates and telephone numbers are tried first."
            ),
            Self::Common => said!(
                "这个密码很常见，或者是常见的词前后加了数字和符号，最先被人试。",
                "This password is a common one, or a common word with digits and signs around it; those are tried first."
            ),
            Self::AccountName => said!(
                "密码里有账号名（顺写、倒写或拼音），容易被猜到。",
                "The password is made of the account's name, forwards, backwards or in pinyin; that is easily guessed."
            ),
            Self::StationName => said!(
                "密码里有站点名称（汉字或拼音），容易被猜到。",
                "The password is made of the station's name; that is easily guessed."
            ),
        }
    }

    fn refusal(self) -> Refusal {
        let next = said!(
            "请换一个，例如把四个不相干的词连起来，或用一句只有自己知道的话：好记，也难猜。",
            "Choose another: four unrelated words, say, or a sentence only you know are easy to keep and hard to guess."
        );
        Refusal::invalid("password", self.said(), next)
    }
}

/// Nothing when this will do as the password of an account.
pub(super) fn fit(password: &str, account: &str, station: &str) -> Result<(), Refusal> {
    weakness(password, account, station).map_or(Ok(()), |weak| Err(weak.refusal()))
}

fn weakness(password: &str, account: &str, station: &str) -> Option<Weak> {
    // Counted as the keyring takes it.
    let length = password.nfkc().count();
    let form = compared(password);
    let others = form.chars().filter(|c| !c.is_ascii_digit()).count();
    let digits: Zeroizing<String> =
        Zeroizing::new(form.chars().filter(char::is_ascii_digit).collect());
    let nearly_digits = others <= NO_WORD;
    if length < SHORTEST {
        Some(Weak::Short)
    } else if nearly_digits && length < SHORTEST_OF_DIGITS {
        Some(Weak::Digits)
    } else if is_common(&form) || nearly_digits && is_common(&digits) {
        Some(Weak::Common)
    } else if holds_name(&form, account) {
        Some(Weak::AccountName)
    } else if holds_name(&form, station) {
        Some(Weak::StationName)
    } else {
        None
    }
}

/// A text as it is compared: one width, small letters, no blanks.
fn compared(text: &str) -> Zeroizing<String> {
    let text: Zeroizing<String> = Zeroizing::new(text.nfkc().collect());
    Zeroizing::new(
        text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect(),
    )
}

/// What is left of a form without the digits and signs around it.
fn word_of(form: &str) -> &str {
    form.trim_matches(|c: char| !c.is_alphabetic())
}

/// Whether it is tried first: of the list, by itself or as the word in it, or typed without a
/// thought.
fn is_common(form: &str) -> bool {
    let word = word_of(form);
    let around = form.chars().count() - word.chars().count();
    let listed = |text: &str| !text.is_empty() && common().any(|line| line == text);
    listed(form) || around <= AROUND && listed(word) || is_repeated(form) || is_run(form)
}

/// The list, see the file's head.
fn common() -> impl Iterator<Item = &'static str> {
    let text = include_str!("../../assets/passwords/common.txt");
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The same few characters over and over: fewer of them than a password has.
fn is_repeated(form: &str) -> bool {
    let chars = Zeroizing::new(form.chars().collect::<Vec<char>>());
    let most = (SHORTEST - 1).min(chars.len() / 2);
    (1..=most).any(|part| chars.iter().zip(chars.iter().skip(part)).all(|(a, b)| a == b))
}

/// Each character follows the one before: 234567890123, hgfedcba.
fn is_run(form: &str) -> bool {
    let step = |a: char, b: char| match (a.to_digit(10), b.to_digit(10)) {
        // After nine comes nought.
        (Some(a), Some(b)) => (i64::from(b) - i64::from(a)).rem_euclid(10),
        _ => i64::from(u32::from(b)) - i64::from(u32::from(a)),
    };
    let mut steps = form.chars().zip(form.chars().skip(1)).map(|(a, b)| step(a, b));
    steps.next().is_some_and(|first| steps.all(|next| next == first))
}

/// Whether a form is made of a name, as written or read: it holds the name, forwards or
/// backwards, or, of a name too short to be told from chance, nothing else but digits and signs.
fn holds_name(form: &str, name: &str) -> bool {
    let plain = |text: &str| -> Zeroizing<String> {
        Zeroizing::new(text.chars().filter(|c| c.is_alphanumeric()).collect())
    };
    let (form, name) = (plain(form), plain(&compared(name)));
    let read = pinyin_of(&name).0;
    [name.to_string(), read].iter().filter(|name| !name.is_empty()).any(|name| {
        let backwards: String = name.chars().rev().collect();
        if name.chars().count() > NO_WORD || !name.is_ascii() && name.chars().count() == NO_WORD {
            return form.contains(name.as_str()) || form.contains(&backwards);
        }
        let left = Zeroizing::new(form.replace(name.as_str(), "").replace(&backwards, ""));
        left.chars().all(|c| c.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn weak(password: &str) -> Option<Weak> {
        weakness(password, "周丽", "鱼洞街道服务站")
    }

    #[test]
    fn a_password_has_eight_characters_however_they_are_written() {
        for short in ["", "demo", "kwz7 ff", "雨天收伞", "雨天收伞七把！", "①②③④⑤⑥⑦"]
        {
            assert_eq!(weak(short), Some(Weak::Short), "{short}");
        }
        // NFKC makes two characters of one.
        for long in ["kwz7 ffq", "雨天收伞七把在门后", "ﬁﬂkwz7", "lamp river tin moss"]
        {
            assert_eq!(weak(long), None, "{long}");
        }
    }

    #[test]
    fn a_number_has_twelve() {
        for number in ["73910284", "13800005678", "１９８８０１０１", "1988 01 01", "19880101"]
        {
            assert_eq!(weak(number), Some(Weak::Digits), "{number}");
        }
        // The initials of somebody born that day, and what is most frequent in China.
        for number in ["zl19880101", "a123456789", "qq123456789", "7391-0284"] {
            assert_eq!(weak(number), Some(Weak::Digits), "{number}");
        }
        for number in ["739102846615", "k739102846615", "abc73910284"] {
            assert_eq!(weak(number), None, "{number}");
        }
    }

    #[test]
    fn what_is_tried_first_is_refused_in_every_dress() {
        for common in [
            "password",
            "Password1",
            "P@ssw0rd",
            "ｐａｓｓｗｏｒｄ",
            "pass word 2025!",
            "1qaz2wsx",
            "!QAZ2wsx",
            "1qaz2wsx3edc",
            "qwertyuiop",
            "woaini1314",
            "520woaini!!",
            "Chongqing2025",
            "dragon1988",
            "5201314abc",
            "管理员12345678",
            "123456789abc",
            // Typed without a thought.
            "aaaaaaaa",
            "520520520520",
            "kwz7kwz7kwz7",
            "abcdefgh",
            "hgfedcba",
            "123456789012",
            "a234567890123",
            "098765432109",
        ] {
            assert_eq!(weak(common), Some(Weak::Common), "{common}");
        }
        // A word of the list is no reason against a whole sentence, nor against a long number.
        for fine in ["dragon tin moss lamp", "dragon 739102846"] {
            assert_eq!(weak(fine), None, "{fine}");
        }
    }

    #[test]
    fn a_name_makes_no_password() {
        for (password, account) in [
            ("zhou.jian-7391", "zhoujian"),
            ("7391ZhouJian", "zhou.jian"),
            ("naijuohz7391", "zhoujian"),
            ("xxzhoujianxx", "zhoujian"),
            ("周丽7391kk", "周丽"),
            ("丽周7391kk", "周丽"),
            ("zhouli7391kk", "周丽"),
            ("lili739102846615", "li"),
            ("il739102846615", "li"),
        ] {
            let found = weakness(password, account, "");
            assert_eq!(found, Some(Weak::AccountName), "{password} of {account}");
        }
        // Two letters occur in many words.
        assert_eq!(weakness("lily pond lamp", "li", ""), None);
        assert_eq!(weakness("tin moss lamp", "周丽", ""), None);
        for password in ["鱼洞街道服务站7391", "yudongjiedaofuwuzhan7"] {
            assert_eq!(weak(password), Some(Weak::StationName), "{password}");
        }
    }

    #[test]
    fn the_list_is_as_its_head_says() {
        let lines: Vec<&str> = common().collect();
        assert!((4_000..8_000).contains(&lines.len()), "{}", lines.len());
        for line in &lines {
            assert_eq!(compared(line).as_str(), *line);
            assert!(!line.contains(' ') && line.chars().count() >= NO_WORD, "{line}");
            assert!(!line.chars().all(|c| c.is_ascii_digit()) || line.len() >= 12, "{line}");
        }
        let mut unique = lines.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), lines.len());
    }

    proptest! {
        #[test]
        fn width_and_case_change_nothing(password in "[a-z0-9 !]{0,24}") {
            let dressed: String = password
                .to_uppercase()
                .chars()
                .map(|c| match c {
                    '!'..='~' => char::from_u32(u32::from(c) + 0xFEE0).unwrap(),
                    other => other,
                })
                .collect();
            prop_assert_eq!(weak(&dressed), weak(&password));
        }

        #[test]
        fn whatever_is_typed_is_answered(password in ".*", account in ".*") {
            let _ = weakness(&password, &account, &account);
        }
    }
}
