//! The value of one field.

use super::{Instant, RecordId, Row};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Whether a paper asked for has come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaperState {
    /// Seen and filed.
    Received,
    /// Asked for and not here yet.
    Missing,
    /// Not needed for this household.
    NotNeeded,
}

/// The value of one field. What a field accepts is the pack's business.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Free text, person name, phone, identity number, bank card, organisation code:
    /// cleaned, in its stored form.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A decimal number such as an area in square metres.
    Decimal(Decimal),
    /// Money in fen (1/100 yuan); may be negative.
    Money(i64),
    /// A civil date of China.
    Date(NaiveDate),
    /// A moment, UTC.
    Instant(Instant),
    /// Yes or no.
    YesNo(bool),
    /// The code of an entry in a code list.
    Choice(String),
    /// Several codes of a code list, without order.
    Tags(Vec<String>),
    /// Another record.
    Reference(RecordId),
    /// Rows with fields of their own.
    Table(Vec<Row>),
    /// Papers asked for, by the code of the paper.
    Papers(Vec<(String, PaperState)>),
}

impl Value {
    /// The text, when this is text or a choice's code.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Choice(text) => Some(text),
            _ => None,
        }
    }

    /// Money in fen.
    #[must_use]
    pub fn as_fen(&self) -> Option<i64> {
        match self {
            Self::Money(fen) => Some(*fen),
            _ => None,
        }
    }

    /// A whole number.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// A civil date.
    #[must_use]
    pub fn as_date(&self) -> Option<NaiveDate> {
        match self {
            Self::Date(date) => Some(*date),
            _ => None,
        }
    }

    /// Yes or no.
    #[must_use]
    pub fn as_yes_no(&self) -> Option<bool> {
        match self {
            Self::YesNo(yes) => Some(*yes),
            _ => None,
        }
    }

    /// Another record.
    #[must_use]
    pub fn as_reference(&self) -> Option<RecordId> {
        match self {
            Self::Reference(id) => Some(*id),
            _ => None,
        }
    }

    /// What lists are narrowed by it as: a code, a text, `yes` or `no`; nothing for anything else.
    #[must_use]
    pub fn facets(&self) -> Vec<&str> {
        match self {
            Self::Text(text) | Self::Choice(text) => vec![text],
            Self::Tags(tags) => tags.iter().map(String::as_str).collect(),
            Self::YesNo(yes) => vec![if *yes { "yes" } else { "no" }],
            _ => Vec::new(),
        }
    }

    /// Whether nothing is in it: no rows, no codes, no text.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Text(text) | Self::Choice(text) => text.trim().is_empty(),
            Self::Tags(codes) => codes.is_empty(),
            Self::Table(rows) => rows.is_empty(),
            Self::Papers(papers) => papers.is_empty(),
            _ => false,
        }
    }

    /// The rows of a table; no rows for anything else.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        match self {
            Self::Table(rows) => rows,
            _ => &[],
        }
    }
}
