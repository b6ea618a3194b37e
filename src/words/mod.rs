//! Sentences for people, always in both languages.
//!
//! Holds the pair type [`Said`], its constant form [`Label`] and the macro [`said!`](crate::said).
//! Both languages are side by side where the sentence is made, so neither can be forgotten.
//! Also holds [`Problem`], what is wrong at a line of an edited file.
//! Knows nothing of any other room.

mod problem;

pub use problem::{Problem, closest};

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The language one session, file or command is answered in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Simplified Chinese, the default.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// Reads a POSIX locale such as `zh_CN.UTF-8`; anything but a clear non-Chinese one is Chinese.
    #[must_use]
    pub fn from_locale(locale: &str) -> Self {
        let lower = locale.to_ascii_lowercase();
        if lower.starts_with("en") { Self::En } else { Self::Zh }
    }

    /// The other language.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Zh => Self::En,
            Self::En => Self::Zh,
        }
    }
}

/// One sentence or title in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// Chinese.
    pub zh: Cow<'static, str>,
    /// English.
    pub en: Cow<'static, str>,
}

impl Said {
    /// A pair from its two sides.
    pub fn new(zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// A pair known at compile time.
    #[must_use]
    pub const fn fixed(zh: &'static str, en: &'static str) -> Self {
        Self { zh: Cow::Borrowed(zh), en: Cow::Borrowed(en) }
    }

    /// The same text in both languages: a name, a number.
    pub fn same(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { zh: Cow::Owned(text.clone()), en: Cow::Owned(text) }
    }

    /// The side for `lang`.
    #[must_use]
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }

    /// True when there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.zh.is_empty() && self.en.is_empty()
    }

    /// Several pairs in a row, joined by `zh_between` and `en_between`.
    #[must_use]
    pub fn join(items: &[Self], zh_between: &str, en_between: &str) -> Self {
        let side = |lang: Lang, between: &str| {
            items.iter().map(|item| item.get(lang)).collect::<Vec<_>>().join(between)
        };
        Self::new(side(Lang::Zh, zh_between), side(Lang::En, en_between))
    }
}

/// A [`Said`] that is a compile-time constant: titles of actions, headings, key labels.
pub type Label = Said;

/// Makes a [`Said`] from two format strings: `said!("第 {row} 行", "row {row}")`.
///
/// Both take inline captures; positional arguments after the second string go to both.
#[macro_export]
macro_rules! said {
    ($zh:literal, $en:literal $(, $arg:expr)* $(,)?) => {
        $crate::words::Said::new(format!($zh $(, $arg)*), format!($en $(, $arg)*))
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_are_formatted() {
        let row = 3;
        let said = said!("第 {row} 行", "row {row}");
        assert_eq!(said.get(Lang::Zh), "第 3 行");
        assert_eq!(said.get(Lang::En), "row 3");
    }

    #[test]
    fn locale_names() {
        assert_eq!(Lang::from_locale("en_US.UTF-8"), Lang::En);
        assert_eq!(Lang::from_locale("zh_CN.GB18030"), Lang::Zh);
        assert_eq!(Lang::from_locale("C"), Lang::Zh);
    }
}
