//! Names of people: how they are stored, what they are compared by, and what is no name.

use super::fold;
use super::proper::{is_private, is_unified, proper_char, proper_text};
use crate::said;
use crate::words::Said;
use thiserror::Error;

/// The dot between the parts of a name, as on identity cards (GB/T 15834-2011, 4.14).
const DOT: char = '·';

/// Dots that are typed for it: they stand for it wherever they are.
const DOTS: &[char] = &['·', '•', '‧', '・', '･', '∙', '⋅', '᛫', '\u{387}', 'ㆍ', '⸱'];

/// Full stops and a tone mark that are typed for it between Han characters. In a Latin name they
/// are full stops: `J. Smith`.
const STOPS: &[char] = &['.', '。', '﹒', '․', '｡', '˙'];

/// Signs that may be meant for it between Han characters, and may be something else.
const UNCLEAR: &[char] = &[
    '-', '‐', '‑', '‒', '–', '—', '―', '−', '_', '●', '▪', '■', '◦', '～', '~', '*', '/', '|', '+',
];

/// Longest name taken; the longest legal names of ethnic minorities stay well below it.
const LONGEST: usize = 60;

fn is_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

fn is_han(c: char) -> bool {
    matches!(proper_char(c),
        '〇' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFD}')
}

/// Characters of scripts that put blanks between words: all that lie before the East Asian ones.
fn in_words(c: char) -> bool {
    c < '\u{2E80}' && !DOTS.contains(&c) && !c.is_whitespace()
}

/// A person's name as stored: folded, one dot (`·`) between Han characters whatever dot was
/// typed, no blanks beside Han characters or the dot, single blanks between Latin words.
///
/// Characters that stand for others stay; the office puts the proper ones in their place and
/// keeps what was entered.
#[must_use]
pub fn clean_name(text: &str) -> String {
    if is_unified(text) {
        return text.to_owned();
    }
    let chars: Vec<char> = fold(text).chars().collect();
    let is_between = |c: &char| *c == ' ' || DOTS.contains(c) || STOPS.contains(c);
    let mut out = String::new();
    let mut rest = chars.as_slice();
    while let Some(&c) = rest.first() {
        if !is_between(&c) {
            out.push(c);
            rest = rest.get(1..).unwrap_or_default();
            continue;
        }
        let length = rest.iter().take_while(|c| is_between(c)).count();
        let (between, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        let before = out.chars().rev().find(|c| !is_selector(*c));
        let dotted = between.iter().any(|c| *c != ' ');
        // A blank after a selector goes, and is not what comes next.
        let next = after.iter().copied().find(|c| !is_selector(*c) && *c != ' ');
        if dotted && before.is_some_and(is_han) && next.is_some_and(is_han) {
            out.push(DOT);
        } else {
            push_between(&mut out, between, next);
        }
        rest = after;
    }
    out
}

/// Dots, full stops and blanks that are not between Han characters.
fn push_between(out: &mut String, between: &[char], next: Option<char>) {
    let last = |out: &String| out.chars().rev().find(|c| !is_selector(*c));
    let mut gap = false;
    let marks = between.iter().copied().map(Some).chain([None]);
    for mark in marks {
        let c = match mark {
            Some(' ') => {
                gap = true;
                continue;
            }
            Some(c) if DOTS.contains(&c) => Some(DOT),
            Some('﹒' | '․') => Some('.'),
            Some(c) => Some(c),
            None => None,
        };
        let follows = c.or(next).is_some_and(in_words);
        if gap && follows && last(out).is_some_and(in_words) {
            out.push(' ');
        }
        gap = false;
        out.extend(c);
    }
}

/// What a name is compared by, wherever two are compared: as stored, with every character the one
/// it stands for, and without the variation selectors that ask for a shape of it.
///
/// ```
/// use yizhan::record::name_key;
/// assert_eq!(name_key("买买提 • 艾力"), name_key("买买提．艾力"));
/// assert_eq!(name_key("龙\u{E863}"), name_key("龙䶮"));
/// ```
#[must_use]
pub fn name_key(text: &str) -> String {
    if is_unified(text) {
        return text.to_owned();
    }
    let plain: String = text.chars().filter(|c| !is_selector(*c)).collect();
    clean_name(&proper_text(&clean_name(&plain)))
}

/// Why a text is not a name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NameError {
    /// A character no name has.
    #[error("character {position} is '{found}'")]
    Character {
        /// Place, counted from 1.
        position: usize,
        /// What is there.
        found: char,
    },
    /// A private-use character that is none of old GBK's.
    #[error("character {position} is the private-use character U+{code:04X}")]
    Private {
        /// Place, counted from 1.
        position: usize,
        /// Its code point.
        code: u32,
    },
    /// A sign between Han characters that may be meant for the dot.
    #[error("'{0}' between Han characters")]
    Unclear(char),
    /// A character nobody sees.
    #[error("character {position} is the invisible U+{code:04X}")]
    Unseen {
        /// Place, counted from 1.
        position: usize,
        /// Its code point.
        code: u32,
    },
    /// No letter, or more than any name has.
    #[error("not a name")]
    NotAName,
}

impl NameError {
    /// What happened.
    #[must_use]
    pub fn said(&self) -> Said {
        match self {
            Self::Character { position, found } => said!(
                "姓名里有“{found}”（第 {position} 个字）。",
                "The name contains '{found}' (character {position})."
            ),
            Self::Private { position, code } => said!(
                "姓名的第 {position} 个字是自造字 U+{code:04X}，各台机器上不是同一个字。",
                "Character {position} of the name is the private-use character U+{code:04X}, \
                 which is another one on every machine."
            ),
            Self::Unseen { position, code } => said!(
                "姓名的第 {position} 个字是看不见的字符 U+{code:04X}。",
                "Character {position} of the name is U+{code:04X}, which nobody sees."
            ),
            Self::Unclear(found) => said!(
                "汉字之间的“{found}”不是间隔号。",
                "The '{found}' between the characters is not the dot of names."
            ),
            Self::NotAName => Said::fixed("这不能读作姓名。", "This cannot be read as a name."),
        }
    }

    /// What to do.
    #[must_use]
    pub fn next(&self) -> Said {
        match self {
            Self::Unclear(_) => Said::fixed(
                "间隔号写“·”：中文输入法里按数字 1 左边的键；不是间隔号的，请照证件改正。",
                "Write the dot as ·, in a Chinese input method the key left of 1; if no dot is \
                 meant, write the name as on the card.",
            ),
            Self::Private { .. } => Said::fixed(
                "请照证件用输入法重新输入这个字；打不出的，请按公安给出的同音字或拼音填写，并在备注里说明。",
                "Type this character again from the card with an input method; where that cannot \
                 be done, write it as the police do and say so in the remarks.",
            ),
            Self::Character { .. } | Self::Unseen { .. } | Self::NotAName => Said::fixed(
                "请照证件写姓名，只写汉字、字母和间隔号。",
                "Write the name as on the card, in characters, letters and the dot.",
            ),
        }
    }
}

/// Whether a cleaned text can be a name: letters of any script, the dot between parts, and what
/// is in Latin names. Variation selectors stay, rare names are written with them.
///
/// # Errors
/// [`NameError`] names the character.
pub fn check_name(name: &str) -> Result<(), NameError> {
    let chars: Vec<char> = proper_text(name).chars().collect();
    let han = |c: Option<&char>| c.is_some_and(|c| is_han(*c));
    let shown: Vec<char> = chars.iter().copied().filter(|c| !is_selector(*c)).collect();
    for (at, c) in shown.iter().enumerate().filter(|(_, c)| UNCLEAR.contains(c)) {
        let before = shown.iter().take(at).rev().find(|c| **c != ' ');
        let after = shown.iter().skip(at + 1).find(|c| **c != ' ');
        if han(before) && han(after) {
            return Err(NameError::Unclear(*c));
        }
    }
    if let Some(error) = private_in(name).or_else(|| unseen_in(name)) {
        return Err(error);
    }
    let fits =
        |c: char| c.is_alphabetic() || matches!(c, DOT | ' ' | '.' | '-' | '\'' | '’' | '〇');
    if let Some((at, c)) = shown.iter().enumerate().find(|(_, c)| !fits(**c)) {
        return Err(NameError::Character { position: at + 1, found: *c });
    }
    let letters = shown.iter().any(|c| c.is_alphabetic());
    if letters && chars.len() <= LONGEST { Ok(()) } else { Err(NameError::NotAName) }
}

/// The first character of a name that takes no room on paper: fillers that count as letters,
/// joiners, marks of direction.
#[must_use]
pub fn unseen_in(name: &str) -> Option<NameError> {
    let unseen = |c: char| {
        fold::is_invisible(c)
            || matches!(c, '\u{34F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
                | '\u{3164}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
                | '\u{E0000}'..='\u{E00FF}' | '\u{E01F0}'..='\u{E0FFF}')
    };
    let (at, c) = name.chars().enumerate().find(|(_, c)| unseen(*c))?;
    Some(NameError::Unseen { position: at + 1, code: u32::from(c) })
}

/// The first private-use character of a name that stands for none that is known.
#[must_use]
pub fn private_in(name: &str) -> Option<NameError> {
    let unknown = |c: char| is_private(proper_char(c));
    let shown = name.chars().filter(|c| !is_selector(*c));
    let (at, c) = shown.enumerate().find(|(_, c)| unknown(*c))?;
    Some(NameError::Private { position: at + 1, code: u32::from(c) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_lose_alignment_spaces_and_keep_dots() {
        for (typed, stored) in [
            (" 张　三 ", "张三"),
            ("阿依古丽 • 买买提", "阿依古丽·买买提"),
            ("John   Smith", "John Smith"),
            ("José  García", "José García"),
            ("J. Smith", "J. Smith"),
            ("J.Smith", "J.Smith"),
            ("J．Smith", "J.Smith"),
            ("Anna·Maria", "Anna·Maria"),
            ("Anna•Maria", "Anna·Maria"),
            ("张三.", "张三."),
            ("阿依 . Guli", "阿依. Guli"),
            ("㑇䶮\u{20BB7}", "㑇䶮\u{20BB7}"),
            ("李\u{E0100}.四", "李\u{E0100}·四"),
            ("龙\u{E863}．⻢", "龙\u{E863}·⻢"),
            ("买买提··艾力", "买买提·艾力"),
        ] {
            assert_eq!(clean_name(typed), stored, "{typed}");
        }
    }

    #[test]
    fn one_dot_between_han_characters() {
        for dot in "·•．.・‧･⋅∙\u{387}ㆍ᛫⸱。﹒․˙｡".chars() {
            for name in [format!("买买提{dot}艾力"), format!("买买提 {dot}　艾力")] {
                assert_eq!(clean_name(&name), "买买提·艾力", "{name}");
                assert_eq!(name_key(&name), "买买提·艾力", "{name}");
            }
        }
        for sign in "-－—_●▪–−".chars() {
            let name = clean_name(&format!("买买提 {sign} 艾力"));
            let Err(error) = check_name(&name) else { panic!("{name} was guessed at") };
            assert!(matches!(error, NameError::Unclear(_)), "{name}: {error}");
            assert!(error.next().zh.contains('·'));
        }
    }

    #[test]
    fn what_names_are_compared_by() {
        for (one, other) in [
            ("龙\u{E863}", "龙䶮"),
            ("⻢某", "马某"),
            ("\u{F92C}某", "郎某"),
            ("李\u{E0100}某", "李某"),
            ("黑\u{FE00}", "黑"),
            ("Ｊ．Smith", "J.Smith"),
            ("e\u{301}ric", "éric"),
            ("张　三", "张三"),
        ] {
            assert_eq!(name_key(one), name_key(other), "{one}");
        }
        assert_ne!(name_key("\u{FA11}某"), name_key("崎某"), "another character, not a form of it");
        assert_ne!(name_key("己"), name_key("已"));
    }

    #[test]
    fn what_is_no_name() {
        for name in
            ["张三", "买买提·艾力", "J. Smith", "Jean-Luc", "O’Neil", "〇某", "⻢某", "龙\u{E863}"]
        {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        let character = |position, found| NameError::Character { position, found };
        for (name, error) in [
            ("张三1", character(3, '1')),
            ("张三(已故)", character(3, '(')),
            ("○某", character(1, '○')),
            ("㆒某", character(1, '㆒')),
            ("张\u{E000}", NameError::Private { position: 2, code: 0xE000 }),
            ("\u{F0001}某", NameError::Private { position: 1, code: 0xF0001 }),
            ("·", NameError::NotAName),
        ] {
            assert_eq!(check_name(name), Err(error.clone()), "{name}");
            assert!(!error.said().is_empty() && !error.next().is_empty());
        }
        let said = NameError::Private { position: 2, code: 0xE000 }.said();
        assert!(said.zh.contains("U+E000") && said.zh.contains("第 2 个字"));
        assert!(check_name(&"某".repeat(61)).is_err());
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in ".*", near in "[张⻢\u{E863}.·• 。aé\u{301}\u{FE00}-]{0,12}") {
            for text in [text, near] {
                let name = clean_name(&text);
                prop_assert_eq!(clean_name(&name), name.clone());
                let key = name_key(&text);
                prop_assert_eq!(name_key(&key), key.clone());
                prop_assert_eq!(name_key(&name), key);
                let _ = check_name(&name);
            }
        }
    }
}
