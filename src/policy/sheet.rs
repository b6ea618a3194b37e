//! The decision sheet: what is stored with a record, printed, and read again years later.

use super::Basis;
use crate::formula::Val;
use crate::record::StoredSheet;
use crate::said;
use crate::words::Said;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the lines come to together. The program suggests, a person decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overall {
    /// 建议符合.
    Suggests,
    /// 建议不符合.
    SuggestsNo,
    /// 需人工核实.
    NeedsPerson,
}

impl Overall {
    /// What a person calls it.
    #[must_use]
    pub const fn said(self) -> Said {
        match self {
            Self::Suggests => Said::fixed("建议符合", "suggests yes"),
            Self::SuggestsNo => Said::fixed("建议不符合", "suggests no"),
            Self::NeedsPerson => Said::fixed("需人工核实", "needs a person"),
        }
    }
}

/// The result of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineResult {
    /// 满足.
    Met,
    /// 不满足.
    NotMet,
    /// 无法判断.
    Unknown,
    /// 不适用: the line is not asked of this record. No ground for anything.
    NotAsked,
}

impl LineResult {
    /// What a person calls it.
    #[must_use]
    pub const fn said(self) -> Said {
        match self {
            Self::Met => Said::fixed("满足", "met"),
            Self::NotMet => Said::fixed("不满足", "not met"),
            Self::Unknown => Said::fixed("无法判断", "cannot tell"),
            Self::NotAsked => Said::fixed("不适用", "not asked"),
        }
    }

    /// Whether it still speaks against a yes, or might.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::NotMet | Self::Unknown)
    }
}

/// One input of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetInput {
    /// The value, money in fen, a multiple as `"3/2"`; null while unknown.
    pub value: Option<Val>,
    /// Where it came from, Chinese.
    pub source: String,
    /// The same, English.
    pub source_en: String,
    /// What is lacking, Chinese.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
    /// The same, English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_en: Option<String>,
    /// The code of the paper that would settle it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<String>,
}

/// One line with its result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetLine {
    /// The row of the record it is about, counted from 1; nothing where it is about the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u32>,
    /// The line's id, such as `R-DEEP`.
    pub id: String,
    pub result: LineResult,
    /// The id of the clause applied.
    pub clause: String,
    /// The title of its document, Chinese.
    pub document: String,
    /// What it rests on.
    pub basis: Basis,
    /// The sentence with its arithmetic, Chinese.
    pub text: String,
    /// The same, English.
    pub text_en: String,
    /// What it adds to a score, in the smallest parts of a point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<i64>,
    /// Every input of the line, by name.
    pub inputs: BTreeMap<String, SheetInput>,
}

impl SheetLine {
    /// The sentence.
    #[must_use]
    pub fn said(&self) -> Said {
        Said::new(self.text.clone(), self.text_en.clone())
    }

    /// Which row it is about, to go before the sentence; empty where it is about the whole.
    #[must_use]
    pub fn row_said(&self) -> Said {
        self.row.map(|row| said!("第 {row} 行", "row {row}")).unwrap_or_default()
    }
}

/// What sort of thing would change the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// A line that stands in the way.
    Line,
    /// A question still open.
    Question,
    /// The distance to a threshold.
    Threshold,
}

/// One thing that would change the outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its sort.
    pub kind: ChangeKind,
    /// The line, the fact or parameter, or the threshold.
    pub id: String,
    /// The sentence, Chinese.
    pub text: String,
    /// The same, English.
    pub text_en: String,
    /// For a threshold: how far the income of the window lies above it (below: negative), in fen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance_fen: Option<i64>,
    /// For a question: the lines that wait for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
    /// For a question: the code of the paper that would settle it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<String>,
}

impl Change {
    /// The sentence.
    #[must_use]
    pub fn said(&self) -> Said {
        Said::new(self.text.clone(), self.text_en.clone())
    }
}

/// The outcome of applying one rule set to one record on one date.
///
/// Its JSON is canonical: keys in this order, inputs by name, no fractions, so that the same
/// record, rules and date give the same bytes years later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionSheet {
    /// The record's number.
    pub number: String,
    /// The date it was decided for.
    pub as_of: NaiveDate,
    /// Content hash of the program pack.
    pub pack: String,
    /// Rule set id and the hash of the rules and parameters used: `hardship-eligibility@1f…`.
    pub rules: String,
    /// What the lines come to together.
    pub outcome: Overall,
    /// The outcome the numbers fall into, by its id in the rule set, also when the whole is not a
    /// yes.
    pub category: Option<String>,
    /// What the lines of a score add up to, in the smallest parts of a point; nothing while one of
    /// them is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<i64>,
    /// The lines, in order; where rows are judged, row by row.
    pub lines: Vec<SheetLine>,
    /// What would change it, most decisive first.
    pub nearest: Vec<Change>,
}

impl DecisionSheet {
    /// The id of the rule set it was made by.
    #[must_use]
    pub fn rule_set(&self) -> &str {
        self.rules.split('@').next().unwrap_or_default()
    }

    /// A line by id.
    #[must_use]
    pub fn line(&self, id: &str) -> Option<&SheetLine> {
        self.lines.iter().find(|line| line.id == id)
    }

    /// The canonical JSON, as stored with the record.
    ///
    /// # Errors
    /// Never for a sheet made here; the error is serde's.
    pub fn to_stored(&self) -> serde_json::Result<StoredSheet> {
        serde_json::to_string(self).map(StoredSheet::new)
    }

    /// Reads a stored sheet; nothing for one that is only named, or no sheet.
    #[must_use]
    pub fn from_stored(stored: &StoredSheet) -> Option<Self> {
        serde_json::from_str(stored.text()?).ok()
    }
}
