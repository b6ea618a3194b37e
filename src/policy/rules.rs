//! Rule sets: the facts they ask for, computed values, thresholds, and lines in order.

use super::{Basis, Unit};
use crate::formula::Formula;
use crate::words::Said;
use serde::{Deserialize, Serialize};

/// The kind of hardship a category line finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// 深度困难.
    Deep,
    /// 相对困难.
    Relative,
    /// 意外致困.
    Accident,
}

impl Category {
    /// Its id in sheets, packs and on the command line.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Deep => "deep",
            Self::Relative => "relative",
            Self::Accident => "accident",
        }
    }

    /// What a person calls it.
    #[must_use]
    pub const fn said(self) -> Said {
        match self {
            Self::Deep => Said::fixed("深度困难", "deep hardship"),
            Self::Relative => Said::fixed("相对困难", "relative hardship"),
            Self::Accident => Said::fixed("意外致困", "hardship by accident"),
        }
    }
}

/// What a line means for the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Not met: suggests no.
    Precondition,
    /// A condition false here means that something is lacking: cannot tell, never not met.
    Completeness,
    /// The first one met names the category.
    Category(Category),
    /// Not met: an exclusion applies, suggests no. Met is good for the applicant.
    Exclusion,
    /// False: too near a threshold, a person must look.
    Edge,
}

impl Role {
    /// Whether a condition that is false reads "cannot tell" instead of "not met".
    #[must_use]
    pub const fn doubts(self) -> bool {
        matches!(self, Self::Completeness | Self::Edge)
    }
}

/// A fact the rule set asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FactKind {
    /// The name conditions use.
    pub id: String,
    /// What it counts.
    pub unit: Unit,
    /// What a person calls it.
    pub title: Said,
    /// The sensitivity group of the fields it comes from: whoever may not see those is shown the
    /// line, its result and its clause, but not the value. No part of what is decided by.
    #[serde(skip)]
    pub sensitive: Option<String>,
}

/// A value computed from facts, parameters and values above it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Computed {
    /// The name.
    pub id: String,
    /// What it counts.
    pub unit: Unit,
    /// How it is computed.
    pub is: Formula,
    /// What it is divided by. A quotient is rounded half up to the fen and is for reading only:
    /// conditions may not use it.
    pub divide_by: Option<Formula>,
    /// The arithmetic as people read it, for `{id.sum}`.
    pub sum: String,
}

/// A level a quotient is compared with: the low-income standard, or a multiple of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Threshold {
    /// The name lines use.
    pub id: String,
    /// What a person calls it.
    pub title: Said,
    /// The computed quotient that is compared.
    pub of: String,
    /// The level, in the unit of the quotient.
    pub level: Formula,
    /// A parameter the level is multiplied by.
    pub times: Option<String>,
}

/// One line of a decision sheet.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// The id promised to readers of sheets, such as `R-DEEP`.
    pub id: String,
    /// Title; met is always good for the applicant.
    pub title: Said,
    /// The clause it applies.
    pub clause: String,
    /// A parameter whose clause of the day goes before `clause`: a standard has one notice a year.
    pub clause_of: Option<String>,
    /// What it rests on.
    pub basis: Basis,
    /// What it means for the whole.
    pub role: Role,
    /// When it is met.
    pub condition: Formula,
    /// Thresholds `{chain}` and `{near}` speak of.
    pub compares: Vec<String>,
    /// The sentence when met.
    pub met: Said,
    /// The sentence when the condition is false.
    pub not_met: Said,
    /// The sentence when it cannot be told; `{missing}` lists what is lacking.
    pub unknown: Said,
}

/// An ordered set of lines.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleSet {
    /// Identity, such as `hardship-eligibility`.
    pub id: String,
    /// Title.
    pub title: Said,
    /// Facts asked for.
    pub facts: Vec<FactKind>,
    /// Computed values, each using only those before it.
    pub values: Vec<Computed>,
    /// Thresholds.
    pub thresholds: Vec<Threshold>,
    /// Lines, in the order they are printed.
    pub lines: Vec<Line>,
}

impl RuleSet {
    /// A line by id.
    #[must_use]
    pub fn line(&self, id: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.id == id)
    }

    /// A fact by name.
    #[must_use]
    pub fn fact(&self, id: &str) -> Option<&FactKind> {
        self.facts.iter().find(|fact| fact.id == id)
    }

    /// A computed value by name.
    #[must_use]
    pub fn value(&self, id: &str) -> Option<&Computed> {
        self.values.iter().find(|value| value.id == id)
    }

    /// All formulas.
    pub(super) fn formulas(&self) -> impl Iterator<Item = &Formula> {
        let values = self
            .values
            .iter()
            .flat_map(|value| std::iter::once(&value.is).chain(value.divide_by.as_ref()));
        let levels = self.thresholds.iter().map(|threshold| &threshold.level);
        values.chain(levels).chain(self.lines.iter().map(|line| &line.condition))
    }
}
