//! One row of a list: what the index has of a record.

use crate::calendar::countdown;
use crate::record::RecordId;
use crate::words::{Lang, Said};
use chrono::NaiveDate;

/// One row of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordLine {
    /// The record.
    pub id: RecordId,
    /// Its kind's id.
    pub kind: String,
    /// Its kind's title.
    pub kind_title: Said,
    pub number: String,
    /// The name it goes by.
    pub title: String,
    /// Its state's id.
    pub state: String,
    /// Its state's title.
    pub state_title: Said,
    /// When its next step is due.
    pub due: Option<NaiveDate>,
    /// Masked identity number, to tell namesakes apart.
    pub id_tail: String,
    /// Who else has it before them in review.
    pub claimed_by: Option<String>,
}

/// What a column of a list shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shows {
    /// The name a record goes by.
    Title,
    Kind,
    Number,
    /// The masked identity number, which tells namesakes apart.
    IdNumber,
    State,
    /// When its next step is due, with the days left.
    Due,
    /// A field, dotted through references, or a record's own `updated` and `created_by`.
    At(String),
}

impl RecordLine {
    /// State, or what tells namesakes apart.
    #[must_use]
    pub fn about(&self, lang: Lang) -> String {
        let state = self.state_title.get(lang);
        if state.is_empty() { self.id_tail.clone() } else { format!("{state}  {}", self.id_tail) }
    }

    /// What is in a column that needs nothing but the index; nothing for a field.
    #[must_use]
    pub fn cell(&self, shows: &Shows, today: NaiveDate) -> Said {
        match shows {
            Shows::Title => Said::same(self.title.clone()),
            Shows::Kind => self.kind_title.clone(),
            Shows::Number => Said::same(self.number.clone()),
            Shows::IdNumber => Said::same(self.id_tail.clone()),
            Shows::State => self.state_title.clone(),
            Shows::Due => due_said(self.due, today),
            Shows::At(_) => Said::default(),
        }
    }

    /// Its next step is overdue.
    #[must_use]
    pub fn is_overdue(&self, today: NaiveDate) -> bool {
        self.due.is_some_and(|due| countdown(today, due).is_overdue())
    }
}

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listed {
    /// How many there are in all.
    pub total: usize,
    /// Those asked for.
    pub lines: Vec<RecordLine>,
}

/// A due date with the days left.
pub(super) fn due_said(due: Option<NaiveDate>, today: NaiveDate) -> Said {
    let Some(due) = due else { return Said::default() };
    let left = countdown(today, due).said();
    Said::new(format!("{due} {}", left.zh), format!("{due} {}", left.en))
}
