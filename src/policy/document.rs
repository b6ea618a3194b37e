//! Regulation documents and their clauses.

use crate::words::Said;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// How far a document reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// The whole country.
    National,
    /// One province-level or prefecture-level city.
    City,
    /// One district or county, or one unit.
    District,
}

/// How good the copy is that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Grade {
    /// An official government or union page, or the text of a statute.
    A,
    /// A newspaper or news agency.
    B,
    /// A mirror, a document-sharing site, or a page whose place is not known.
    C,
    /// Public program code: what another team built, not what a rule says.
    D,
}

impl Grade {
    /// Its letter.
    #[must_use]
    pub fn letter(self) -> &'static str {
        super::load::word_of(super::load::GRADES, &self)
    }
}

/// What a line or a value rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Law, regulation or national standard.
    Statutory,
    /// A rule of Chongqing that was read.
    Local,
    /// 待确认: taken from another place or a poor copy until the union office confirms it.
    ToConfirm,
}

impl Basis {
    /// What a person calls it.
    #[must_use]
    pub const fn said(self) -> Said {
        match self {
            Self::Statutory => Said::fixed("法定", "statutory"),
            Self::Local => Said::fixed("本市规定", "local rule"),
            Self::ToConfirm => Said::fixed("待确认", "to be confirmed"),
        }
    }
}

/// One regulation, notice or published example.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Document {
    /// Identity. Never the printed number: official pages quote numbers differently.
    pub id: String,
    pub title: Said,
    /// Number as printed, where one is known.
    pub number: Option<String>,
    /// Who issued it.
    pub issuer: Said,
    /// Date of issue.
    pub date: Option<NaiveDate>,
    /// First day in force.
    pub from: Option<NaiveDate>,
    /// Last day in force.
    pub to: Option<NaiveDate>,
    /// How far it reaches.
    pub reach: Reach,
    /// How good the copy is that was read.
    pub grade: Grade,
    /// Title of the page or copy that was read.
    pub source: String,
}

impl Document {
    /// The printed number, or the title where there is none.
    #[must_use]
    pub fn cited(&self) -> Said {
        self.number.as_ref().map_or_else(|| self.title.clone(), |number| Said::same(number.clone()))
    }
}

/// One article or paragraph of a document, in the office's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Clause {
    /// Identity, such as `cq-dibao-2016/11`.
    pub id: String,
    /// The document it belongs to.
    pub document: String,
    /// Article or paragraph as printed, such as `第十一条`.
    pub article: String,
    /// What it says.
    pub text: Said,
}
