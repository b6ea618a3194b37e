//! Rule sets: the facts they ask for, computed values, thresholds, and lines in order.

use super::{Basis, Unit};
use crate::formula::Formula;
use crate::words::Said;
use serde::Serialize;

/// What a rule set comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Gives {
    /// The first outcome whose line is met.
    Category,
    /// Yes where every `must` line holds; a `should` line that does not hold needs a clause and a
    /// reason.
    Verdict,
    /// What its lines add up to, and the band that comes to.
    Score,
}

/// An outcome a rule set can name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Named {
    /// Its id in sheets, and the code an answer of a move starts with.
    pub id: String,
    /// What a person calls it.
    pub title: Said,
    /// The score a band begins with, in the smallest parts of a point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub least: Option<i64>,
}

/// Where a quotient that does not divide out goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Round {
    /// To the next whole number above: two thirds of ten are seven.
    Up,
    /// To the next below.
    Down,
    /// To the nearest, a half away from zero (四舍五入).
    HalfUp,
}

/// What a line means for the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LineRole {
    /// Not met: suggests no.
    Precondition,
    /// The same, in a verdict.
    Must,
    /// In a verdict: not met needs a clause and a reason.
    Should,
    /// A condition false here means that something is lacking: cannot tell, never not met.
    Completeness,
    /// The first one met names the outcome.
    Outcome,
    /// Not met: an exclusion applies, suggests no. Met is good for the applicant.
    Exclusion,
    /// False: too near a threshold, a person must look.
    Edge,
    /// In a score: adds its points when met.
    Points,
    /// In a score: not met, the band is no better than the one it names.
    Veto,
}

impl LineRole {
    /// Whether a condition that is false reads "cannot tell" instead of "not met".
    #[must_use]
    pub const fn doubts(self) -> bool {
        matches!(self, Self::Completeness | Self::Edge)
    }
}

/// Where a fact is read from the record itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldSource {
    /// The field; its value as it counts, summed from rows where there are rows. `reference.field`
    /// is a field of the record it leads to.
    pub field: String,
    /// The code of the paper that would settle it while the field is empty.
    pub paper: Option<String>,
}

/// Rows of a table of the record a fact is read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowsSource {
    pub table: String,
    /// Columns, each with the values a row has one of to count.
    pub narrowed: Vec<(String, Vec<String>)>,
    /// What is taken of them.
    pub take: Take,
}

/// What is taken of rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Take {
    /// How many there are.
    Count,
    /// What a column comes to; not known while a row lacks it.
    Sum(String),
    /// The codes or texts of a column, each once.
    List(String),
}

/// The day decided for, in the key of a measure.
pub const AS_OF: &str = "as_of";

/// The record itself, in the key of a measure.
pub const THIS: &str = "self";

/// A measure a fact is read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MeasureSource {
    pub measure: String,
    /// The fields of the record that are its key, in the order of the measure's `per`; of dates
    /// `field:year`; [`AS_OF`] and [`THIS`] besides.
    pub at: Vec<String>,
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
    /// The words a choice can be, in the order they are offered.
    pub words: Vec<Named>,
    /// Where it is read; otherwise a measure or the Rust of its area gives it.
    pub from: Option<FieldSource>,
    /// The measure it is, with the record as the move will leave it.
    pub measure: Option<MeasureSource>,
    /// The rows it comes from. Left out of what is hashed where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<RowsSource>,
    /// The answer of the move it is; not known before somebody has answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// The paper it asks for: yes once it has come in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received: Option<String>,
    /// The fields it comes from, a field of the person with the name of the reference before it
    /// (`head.name`): named when a record is returned, frozen when it is submitted.
    #[serde(skip)]
    pub fields: Vec<String>,
    /// Fields that are looked at as well: frozen, but not named.
    #[serde(skip)]
    pub reads: Vec<String>,
    /// The sensitivity group of the fields it comes from: whoever may not see those is shown the
    /// line, its result and its clause, but not the value. No part of what is decided by.
    #[serde(skip)]
    pub sensitive: Option<String>,
}

impl FactKind {
    /// How many ways it is said to come about; none where the Rust of its area gives it.
    pub(super) fn ways(&self) -> usize {
        let ways = [
            self.from.is_some(),
            self.measure.is_some(),
            self.rows.is_some(),
            self.answer.is_some(),
            self.received.is_some(),
        ];
        ways.into_iter().filter(|way| *way).count()
    }

    /// Every field it depends on.
    pub fn looks_at(&self) -> impl Iterator<Item = &String> {
        self.fields.iter().chain(&self.reads)
    }
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
    /// What it is divided by. Without `round` a quotient is shown to the fen and is for reading
    /// only: conditions may not use it.
    pub divide_by: Option<Formula>,
    /// How the quotient becomes a whole number, which conditions may use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round: Option<Round>,
    /// The arithmetic as people read it, for `{id.sum}`.
    pub sum: String,
    /// What a person calls it: how far it is from a threshold is told with this name.
    pub title: Option<Said>,
}

impl Computed {
    /// Whether it is a quotient for reading, which is no whole number.
    #[must_use]
    pub const fn is_quotient(&self) -> bool {
        self.divide_by.is_some() && self.round.is_none()
    }
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
pub struct RuleLine {
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
    pub role: LineRole,
    /// The outcome it names; of a veto the best band it leaves.
    pub outcome: Option<String>,
    /// When the line is asked at all; without it always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<Formula>,
    /// When it is met.
    pub condition: Formula,
    /// What it adds to a score when met, in the smallest parts of a point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points: Option<Formula>,
    /// Thresholds `{chain}` and `{near}` speak of.
    pub compares: Vec<String>,
    /// The sentence when met.
    pub met: Said,
    /// The sentence when the condition is false.
    pub not_met: Said,
    /// The sentence when it cannot be told; `{missing}` lists what is lacking.
    pub unknown: Said,
}

impl RuleLine {
    /// All it is asked by and adds.
    pub(super) fn formulas(&self) -> impl Iterator<Item = &Formula> {
        std::iter::once(&self.condition).chain(&self.when).chain(&self.points)
    }
}

/// An ordered set of lines.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleSet {
    /// Identity, such as `hardship-eligibility`.
    pub id: String,
    pub title: Said,
    /// What it comes to.
    pub gives: Gives,
    /// The date field with the day a record is decided for; without one the day it was made.
    pub as_of: Option<String>,
    /// The move whose consequences measures are read with, where they are shown beforehand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// How many of the parts a score is counted in make a point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<i64>,
    /// The outcomes its lines can name, or the bands of a score.
    pub outcomes: Vec<Named>,
    /// Facts asked for.
    pub facts: Vec<FactKind>,
    /// Computed values, each using only those before it.
    pub values: Vec<Computed>,
    pub thresholds: Vec<Threshold>,
    /// Lines, in the order they are printed.
    pub lines: Vec<RuleLine>,
}

impl RuleSet {
    /// A line by id.
    #[must_use]
    pub fn line(&self, id: &str) -> Option<&RuleLine> {
        self.lines.iter().find(|line| line.id == id)
    }

    /// What an outcome is called.
    #[must_use]
    pub fn outcome(&self, id: &str) -> Option<&Said> {
        self.outcomes.iter().find(|outcome| outcome.id == id).map(|outcome| &outcome.title)
    }

    /// The fields of the person at a reference that its facts come from.
    pub fn read_of<'r>(&'r self, reference: &str) -> impl Iterator<Item = &'r str> {
        let fields = self.facts.iter().flat_map(FactKind::looks_at);
        fields.filter_map(move |field| field.strip_prefix(reference)?.strip_prefix('.'))
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
        values.chain(levels).chain(self.lines.iter().flat_map(RuleLine::formulas))
    }
}
