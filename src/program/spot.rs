//! Where a path of a rule or key leads: `amount`, `lines.amount` of the row looked at, and what is
//! behind one reference of either, `union.region`, `lines.file.in_force`.

use super::{Catalogue, Field, FieldType, Kind};
use crate::words::Said;

/// Where a path leads.
#[derive(Clone, Copy, Debug)]
pub struct Spot<'c> {
    /// The table, for a column of the row looked at.
    pub table: Option<&'c Field>,
    /// The field or column.
    pub first: &'c Field,
    /// What is behind it, and of which kind.
    pub behind: Option<(&'c Kind, Behind<'c>)>,
}

/// What is read of the record behind a reference.
#[derive(Clone, Copy, Debug)]
pub enum Behind<'c> {
    Field(&'c Field),
    /// `state`: the state it is in.
    State,
    /// `in_force`: whether what was decided of it holds.
    InForce,
}

impl Catalogue {
    /// Where a path leads from a kind, and from a row of `rows` where rows are looked at one by one.
    #[must_use]
    pub fn spot<'c>(&'c self, kind: &'c Kind, rows: Option<&str>, path: &str) -> Option<Spot<'c>> {
        let of_row = path.split_once('.').filter(|(table, _)| rows == Some(*table));
        let (table, rest) = match of_row {
            Some((table, rest)) => (Some(kind.field(table)?), rest),
            None => (None, path),
        };
        let (id, after) = match rest.split_once('.') {
            Some((id, after)) => (id, Some(after)),
            None => (rest, None),
        };
        let first = match table {
            Some(table) => table.column(id)?,
            None => kind.field(id)?,
        };
        let behind = match after {
            Some(after) => Some(self.behind(first, after)?),
            None => None,
        };
        Some(Spot { table, first, behind })
    }

    fn behind(&self, reference: &Field, id: &str) -> Option<(&Kind, Behind<'_>)> {
        let FieldType::Reference { kind, .. } = &reference.field_type else { return None };
        let kind = self.kind(kind)?;
        let lives = kind.workflow.is_some();
        let what = match (kind.field(id), id) {
            (Some(field), _) => Behind::Field(field),
            (None, "state") if lives => Behind::State,
            (None, "in_force") if lives => Behind::InForce,
            (None, _) => return None,
        };
        Some((kind, what))
    }
}

impl<'c> Spot<'c> {
    /// The field whose value is read; none for a state.
    #[must_use]
    pub fn field(&self) -> Option<&'c Field> {
        match self.behind {
            None => Some(self.first),
            Some((_, Behind::Field(field))) => Some(field),
            Some((_, Behind::State | Behind::InForce)) => None,
        }
    }

    /// What it is called: 住址, or 借书人的住址 of another record.
    #[must_use]
    pub fn title(&self) -> Said {
        let of = &self.first.title;
        let what = match self.behind {
            None => return of.clone(),
            Some((_, Behind::Field(field))) => field.title.clone(),
            Some((_, Behind::State)) => Said::fixed("状态", "state"),
            Some((_, Behind::InForce)) => Said::fixed("是否有效", "whether it is in force"),
        };
        Said::new(format!("{}的{}", of.zh, what.zh), format!("{} of {}", what.en, of.en))
    }
}
