//! Dated parameters: a value per period, region, and whatever facts it depends on.

use super::Basis;
use crate::formula::Kind;
use crate::words::Said;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};

/// What a number, a fact or a parameter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Money in fen.
    Fen,
    Months,
    /// Natural days.
    Days,
    WorkingDays,
    Years,
    People,
    /// Anything else that is counted.
    Count,
    /// A multiple, as two whole numbers.
    Ratio,
    /// A share, as two whole numbers, shown in percent.
    Share,
    /// A day.
    Date,
    /// Yes or no.
    YesNo,
    Text,
    /// Several codes.
    List,
    /// One of the words a fact declares.
    Choice,
    /// `none`, `has` or `unchecked`; what was not checked is unknown.
    Check,
}

impl Unit {
    /// The kind of value formulas see; `None` for a multiple, of which they see `.num` and `.den`.
    #[must_use]
    pub const fn kind(self) -> Option<Kind> {
        match self {
            Self::Fen
            | Self::Months
            | Self::Days
            | Self::WorkingDays
            | Self::Years
            | Self::People
            | Self::Count => Some(Kind::Integer),
            Self::Date => Some(Kind::Date),
            Self::YesNo => Some(Kind::YesNo),
            Self::List => Some(Kind::List),
            Self::Text | Self::Choice | Self::Check => Some(Kind::Text),
            Self::Ratio | Self::Share => None,
        }
    }

    /// All units by the word files use.
    pub(super) const WORDS: &'static [(&'static str, Self)] = &[
        ("fen", Self::Fen),
        ("months", Self::Months),
        ("days", Self::Days),
        ("working_days", Self::WorkingDays),
        ("years", Self::Years),
        ("people", Self::People),
        ("count", Self::Count),
        ("ratio", Self::Ratio),
        ("share", Self::Share),
        ("date", Self::Date),
        ("yes_no", Self::YesNo),
        ("text", Self::Text),
        ("list", Self::List),
        ("choice", Self::Choice),
        ("check", Self::Check),
    ];
}

/// The value of a parameter in one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParameterValue {
    /// A whole number; money in fen.
    Integer(i64),
    /// A multiple or share; `den` is above zero.
    Ratio {
        /// Numerator.
        num: i64,
        /// Denominator.
        den: i64,
    },
    /// Yes or no.
    YesNo(bool),
    Text(String),
}

impl ParameterValue {
    /// The whole number, where it is one.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }
}

impl Serialize for ParameterValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Ratio { num, den } => serializer.collect_str(&format_args!("{num}/{den}")),
            Self::YesNo(yes) => serializer.serialize_bool(*yes),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

/// When a row begins to apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// From the beginning: for defaults that carry no date.
    Always,
    /// On this day.
    On(NaiveDate),
    /// On some day between these two, both included: the date itself was not found.
    Between {
        /// Earliest day it can have begun; none where nothing bounds it.
        not_before: Option<NaiveDate>,
        /// Latest day it can have begun.
        not_after: NaiveDate,
    },
}

impl Start {
    /// The earliest day it can have begun.
    pub(super) fn earliest(self) -> NaiveDate {
        match self {
            Self::Always => NaiveDate::MIN,
            Self::On(day) => day,
            Self::Between { not_before, .. } => not_before.unwrap_or(NaiveDate::MIN),
        }
    }

    /// The day from which it has certainly begun.
    #[must_use]
    pub fn latest(self) -> NaiveDate {
        match self {
            Self::Always => NaiveDate::MIN,
            Self::On(day) => day,
            Self::Between { not_after, .. } => not_after,
        }
    }
}

/// One row of a parameter's table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ParameterRow {
    /// When it begins.
    pub start: Start,
    /// Last day it applies; none: until the next row of the same region and `only` begins.
    pub to: Option<NaiveDate>,
    /// Division code it holds for, such as `500000`; empty for everywhere.
    pub region: String,
    /// The values facts must have for it to hold, by the facts' names; empty for all.
    pub only: BTreeMap<String, String>,
    pub value: ParameterValue,
    /// The clause it rests on.
    pub clause: String,
    /// What it rests on.
    pub basis: Basis,
}

impl ParameterRow {
    /// What its place in a file is kept under.
    pub(super) fn thing(&self, parameter: &str) -> String {
        format!("row {parameter} {:?} {} {:?}", self.start, self.region, self.only)
    }

    /// Whether it holds for the same region and facts.
    #[must_use]
    pub fn is_beside(&self, other: &Self) -> bool {
        self.region == other.region && self.only == other.only
    }

    /// Whether it holds for the same region and facts from the same day on.
    pub(super) fn begins_with(&self, other: &Self) -> bool {
        self.is_beside(other) && self.start == other.start
    }

    fn holds_where(&self, facts: &[(&str, &str)]) -> bool {
        self.only.iter().all(|(name, value)| facts.contains(&(name.as_str(), value.as_str())))
    }

    /// How many digits of `region` the row's own region fixes; `None` when it lies elsewhere.
    /// Codes end in pairs of zeros above county level: `500000` holds for `500113`.
    fn fits(&self, region: &str) -> Option<usize> {
        let stem = self
            .region
            .strip_suffix("00")
            .map_or(self.region.as_str(), |city| city.strip_suffix("00").unwrap_or(city));
        region.starts_with(stem).then(|| stem.chars().count())
    }
}

/// A parameter with its table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Parameter {
    /// Identity, the name rules use.
    pub id: String,
    pub title: Said,
    /// What it counts.
    pub unit: Unit,
    /// Rows, in order of their beginning within one region and `only`. No rows: the value is
    /// not known, and what depends on it stays unknown.
    pub rows: Vec<ParameterRow>,
}

/// For where a value is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keys<'k> {
    /// Division code of the station.
    pub region: &'k str,
    /// Facts by name, as far as they are known: `[("area", "urban")]`.
    pub facts: &'k [(&'k str, &'k str)],
}

/// A value with its validity and what it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InForce<'l> {
    pub value: &'l ParameterValue,
    /// When it began.
    pub start: Start,
    /// Last day it applies, where that is known.
    pub to: Option<NaiveDate>,
    /// The clause it rests on.
    pub clause: &'l str,
    /// What it rests on.
    pub basis: Basis,
}

/// What is known of a parameter on a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParameterAt<'l> {
    /// The value and its dates are known.
    Known(InForce<'l>),
    /// The value is in force on that date as far as is known, but the day it began was not found.
    DateUnverified(InForce<'l>),
    /// The date lies where one of several values may hold, oldest first; with a single
    /// candidate, it may not have begun yet.
    Ambiguous(Vec<InForce<'l>>),
    /// No value.
    None,
}

impl<'l> ParameterAt<'l> {
    /// The value to show and compute with: known, or in force with an unverified beginning.
    #[must_use]
    pub fn probable(&self) -> Option<&InForce<'l>> {
        match self {
            Self::Known(value) | Self::DateUnverified(value) => Some(value),
            Self::Ambiguous(_) | Self::None => None,
        }
    }
}

impl Parameter {
    /// Lays a row into the table: in the place of the one that begins on the same day for the same
    /// region and facts, else where it belongs by its beginning.
    pub(super) fn lay(&mut self, row: ParameterRow) {
        if let Some(there) = self.rows.iter_mut().find(|there| there.begins_with(&row)) {
            *there = row;
            return;
        }
        let earlier = |there: &ParameterRow| {
            there.is_beside(&row) && there.start.latest() <= row.start.latest()
        };
        let later = |there: &ParameterRow| there.is_beside(&row);
        let after = self.rows.iter().rposition(earlier).map(|at| at + 1);
        let at = after.or_else(|| self.rows.iter().position(later)).unwrap_or(self.rows.len());
        self.rows.insert(at, row);
    }

    /// The names of the facts its value depends on.
    #[must_use]
    pub fn depends_on(&self) -> BTreeSet<&str> {
        self.rows.iter().flat_map(|row| row.only.keys()).map(String::as_str).collect()
    }

    /// What is known of the value on `date`. Rows of the closest region go before wider ones.
    #[must_use]
    pub fn at(&self, date: NaiveDate, keys: Keys<'_>) -> ParameterAt<'_> {
        let rows = self.rows.iter().filter(|row| row.holds_where(keys.facts));
        at_date(&closest(rows, keys.region), date)
    }

    /// The rows that hold for a region, whatever facts they depend on, in their order: those of the
    /// closest region of each set of facts.
    #[must_use]
    pub fn fitting(&self, region: &str) -> Vec<&ParameterRow> {
        let mut sets: Vec<&BTreeMap<String, String>> = Vec::new();
        for row in &self.rows {
            if !sets.contains(&&row.only) {
                sets.push(&row.only);
            }
        }
        let of = |only: &BTreeMap<String, String>| {
            closest(self.rows.iter().filter(|row| row.only == *only), region)
        };
        sets.into_iter().flat_map(of).collect()
    }

    /// The row that ends the one at a place: the next for the same region and facts.
    #[must_use]
    pub fn row_after(&self, at: usize) -> Option<&ParameterRow> {
        let row = self.rows.get(at)?;
        self.rows.iter().skip(at + 1).find(|next| next.is_beside(row))
    }
}

/// The rows of the closest region that holds for `region`, in their order.
fn closest<'l>(
    rows: impl Iterator<Item = &'l ParameterRow>,
    region: &str,
) -> Vec<&'l ParameterRow> {
    let fitting: Vec<(usize, &ParameterRow)> =
        rows.filter_map(|row| row.fits(region).map(|depth| (depth, row))).collect();
    let closest = fitting.iter().map(|(depth, _)| *depth).max();
    let rows = fitting.into_iter().filter(|(depth, _)| Some(*depth) == closest);
    rows.map(|(_, row)| row).collect()
}

fn at_date<'l>(rows: &[&'l ParameterRow], date: NaiveDate) -> ParameterAt<'l> {
    let begun = rows.iter().rposition(|row| row.start.latest() <= date);
    let first_open = begun.map_or(0, |begun| begun + 1);
    let maybe = rows.iter().skip(first_open).filter(|row| row.start.earliest() <= date).count();
    let candidates: Vec<InForce<'l>> = rows
        .iter()
        .enumerate()
        .skip(begun.unwrap_or(0))
        .take(maybe + usize::from(begun.is_some()))
        .map(|(at, row)| in_force(row, rows.get(at + 1).copied()))
        .filter(|candidate| candidate.to.is_none_or(|last| date <= last))
        .collect();
    match candidates.as_slice() {
        [] => ParameterAt::None,
        [only] if begun.is_some() && maybe == 0 => match only.start {
            Start::Between { .. } => ParameterAt::DateUnverified(*only),
            Start::Always | Start::On(_) => ParameterAt::Known(*only),
        },
        _ => ParameterAt::Ambiguous(candidates),
    }
}

/// A row as the value that holds; `next` is the row after it for the same region and facts.
pub(super) fn in_force<'l>(row: &'l ParameterRow, next: Option<&ParameterRow>) -> InForce<'l> {
    let until_next = match next.map(|next| next.start) {
        Some(Start::On(day)) => day.pred_opt(),
        _ => None,
    };
    InForce {
        value: &row.value,
        start: row.start,
        to: row.to.or(until_next),
        clause: &row.clause,
        basis: row.basis,
    }
}
