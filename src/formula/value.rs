//! What a formula works on and what it comes to.

use crate::words::Said;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A known value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Val {
    /// A whole number: money in fen, months, people.
    Integer(i64),
    /// Yes or no.
    YesNo(bool),
    /// Text, such as the code of a choice.
    Text(String),
    /// Several texts, such as tags.
    List(Vec<String>),
}

impl Val {
    /// The kind of this value.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Integer(_) => Kind::Integer,
            Self::YesNo(_) => Kind::YesNo,
            Self::Text(_) => Kind::Text,
            Self::List(_) => Kind::List,
        }
    }
}

impl From<i64> for Val {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for Val {
    fn from(yes: bool) -> Self {
        Self::YesNo(yes)
    }
}

impl From<String> for Val {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Val {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// The kinds of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number.
    Integer,
    /// A day, which is a whole number too: days are compared and counted between.
    Date,
    /// Yes or no.
    YesNo,
    Text,
    /// Several texts.
    List,
    /// Another record, rows, papers: all a formula can ask is whether it is there.
    Thing,
}

impl Kind {
    /// Whether a value of another kind will do where this one is wanted.
    #[must_use]
    pub fn takes(self, found: Self) -> bool {
        self == found || (self, found) == (Self::Integer, Self::Date)
    }

    /// What a person calls this kind.
    #[must_use]
    pub const fn said(self) -> Said {
        match self {
            Self::Integer => Said::fixed("整数", "a whole number"),
            Self::Date => Said::fixed("日期", "a date"),
            Self::YesNo => Said::fixed("是或否", "yes or no"),
            Self::Text => Said::fixed("文字", "text"),
            Self::List => Said::fixed("列表", "a list"),
            Self::Thing => Said::fixed(
                "公式读不了的内容（只能写 .given 问有没有填）",
                "something formulas do not read (only `.given`, whether it is filled in)",
            ),
        }
    }
}

/// What is known of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Its value.
    Known(Val),
    /// It is there, and is nothing a formula reads.
    There,
    /// Not known; the names that would have to become known, usually its own.
    Unknown(BTreeSet<String>),
}

/// Names and what is known of them. A name that is not here at all is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs(BTreeMap<String, Input>);

impl Inputs {
    /// No inputs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a known value.
    pub fn know(&mut self, name: impl Into<String>, value: impl Into<Val>) {
        self.0.insert(name.into(), Input::Known(value.into()));
    }

    /// Sets a name that is there, and is nothing a formula reads.
    pub fn have(&mut self, name: impl Into<String>) {
        self.0.insert(name.into(), Input::There);
    }

    /// Sets a name unknown for want of itself.
    pub fn lack(&mut self, name: impl Into<String>) {
        let name = name.into();
        self.0.insert(name.clone(), Input::Unknown(BTreeSet::from([name])));
    }

    /// Sets a name to what another formula came to; a failure counts as unknown.
    pub fn set(&mut self, name: impl Into<String>, outcome: Outcome) {
        let name = name.into();
        let input = match outcome {
            Outcome::Known(value) => Input::Known(value),
            Outcome::Unknown(names) => Input::Unknown(names),
            Outcome::Failed(_) => Input::Unknown(BTreeSet::from([name.clone()])),
        };
        self.0.insert(name, input);
    }

    /// What is known of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Input> {
        self.0.get(name)
    }

    /// The whole number of a name, where it is known and one.
    #[must_use]
    pub fn integer(&self, name: &str) -> Option<i64> {
        match self.get(name) {
            Some(Input::Known(Val::Integer(number))) => Some(*number),
            _ => None,
        }
    }
}

/// What a formula came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A value.
    Known(Val),
    /// It depends on these names, which are not known.
    Unknown(BTreeSet<String>),
    /// It cannot be computed: a number too large, two kinds that do not fit.
    Failed(Said),
}

impl Outcome {
    /// Yes or no, where that is what it came to.
    #[must_use]
    pub fn yes_no(&self) -> Option<bool> {
        match self {
            Self::Known(Val::YesNo(yes)) => Some(*yes),
            _ => None,
        }
    }

    /// The whole number, where that is what it came to.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        match self {
            Self::Known(Val::Integer(number)) => Some(*number),
            _ => None,
        }
    }
}
