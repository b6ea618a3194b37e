//! What is known of one record when a rule set is applied.

use crate::formula::Val;
use crate::words::Said;
use std::collections::BTreeMap;

/// One fact with where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What is known.
    pub value: FactValue,
    /// Where it came from, or would come from: a field, a paper, a visit, a check.
    pub source: Said,
}

/// What is known of a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactValue {
    /// Its value.
    Known(Val),
    /// Not known.
    Unknown {
        /// What is lacking, as it goes into a sentence after 还缺：, such as 妻子的收入证明.
        missing: Said,
        /// The code of the paper that would settle it, in the pack's paper list.
        paper: Option<String>,
    },
}

/// Facts by name.
///
/// A rule set declares the facts it asks for with their units; one that is absent counts as
/// unknown, and so does one whose value is of another kind.
///
/// `check` is the text `none`, `has` or `unchecked`; `unchecked` is unknown, and an unknown
/// fact is taken the same way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts(BTreeMap<String, Fact>);

impl Facts {
    /// No facts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a known fact.
    pub fn know(&mut self, name: impl Into<String>, value: impl Into<Val>, source: Said) {
        self.0.insert(name.into(), Fact { value: FactValue::Known(value.into()), source });
    }

    /// Sets a fact that is not known, with what is lacking and the paper that would settle it.
    pub fn lack(
        &mut self,
        name: impl Into<String>,
        missing: Said,
        paper: Option<String>,
        source: Said,
    ) {
        self.0.insert(name.into(), Fact { value: FactValue::Unknown { missing, paper }, source });
    }

    /// Sets a fact.
    pub fn set(&mut self, name: impl Into<String>, fact: Fact) {
        self.0.insert(name.into(), fact);
    }

    /// The names of all there are.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// A fact by name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Fact> {
        self.0.get(name)
    }
}
