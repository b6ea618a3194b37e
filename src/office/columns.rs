//! The columns of a list, as its pack names them, and what stands in them.

use super::lists::Queue;
use super::reading::{Line, due_said};
use super::{Actor, Office};
use crate::program::{FieldType, HIDDEN, Kind, effective};
use crate::record::{Record, Value, china_date, china_offset};
use crate::words::Said;
use std::sync::PoisonError;

/// A column of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct ListColumn {
    /// A field, dotted through references, or a record's own `number`, `state`, `due`, `updated`,
    /// `created_by`.
    pub path: String,
    /// Its heading.
    pub title: Said,
    /// Cells its values usually take.
    pub cells: u16,
}

/// What a column that is no field is called, and the cells it takes; 0 for all it can get.
static OWN: [(&str, Said, u16); 5] = [
    ("number", Said::fixed("编号", "Number"), 17),
    ("state", Said::fixed("状态", "State"), 0),
    ("due", Said::fixed("办理期限", "Due"), 22),
    ("updated", Said::fixed("最后修改", "Last changed"), 16),
    ("created_by", Said::fixed("登记人", "Entered by"), 10),
];

impl Office {
    /// The columns of a list: those its pack names for it, else for its kind; none for lists that
    /// hold several kinds.
    #[must_use]
    pub fn columns_of(&self, queue: &Queue) -> Vec<ListColumn> {
        let (kind, own) = match queue {
            Queue::List { kind, list } => {
                let kind = self.catalogue.kind(kind);
                (kind, kind.and_then(|kind| kind.list(list)).map(|list| list.shows.as_slice()))
            }
            Queue::OfKind(kind) | Queue::PointingAt { kind, .. } => {
                (self.catalogue.kind(kind), None)
            }
            _ => (None, None),
        };
        let Some(kind) = kind else { return Vec::new() };
        let shows = own.filter(|shows| !shows.is_empty()).unwrap_or(&kind.shows);
        shows.iter().filter_map(|path| self.column(kind, path)).collect()
    }

    fn column(&self, kind: &Kind, path: &str) -> Option<ListColumn> {
        let (there, rest) = self.catalogue.through(kind, path);
        let own = OWN.iter().find(|(own, ..)| *own == rest);
        let (title, cells) = match own {
            Some((_, title, cells)) => (title.clone(), *cells),
            None => {
                let field = there.field(rest)?;
                (field.title.clone(), cells_of(&field.field_type))
            }
        };
        Some(ListColumn { path: path.to_string(), title, cells })
    }

    /// What stands in the columns for one row, as this reader may see it.
    #[must_use]
    pub fn cells(&self, who: &Actor, line: &Line, columns: &[ListColumn]) -> Vec<Said> {
        let Some(record) = self.record(line.id).ok().flatten() else {
            return vec![Said::default(); columns.len()];
        };
        columns.iter().map(|column| self.at(who, &record, &column.path)).collect()
    }

    /// A value at a path; what leads through a record this reader does not know of is hidden.
    fn at(&self, who: &Actor, record: &Record, path: &str) -> Said {
        let Some(kind) = self.catalogue.kind(&record.kind) else { return Said::default() };
        if let Some((reference, rest)) = path.split_once('.') {
            let Some(id) = record.get(reference).and_then(Value::as_reference) else {
                return Said::default();
            };
            if !self.knows(who, id) {
                return Said::same(HIDDEN);
            }
            let there = self.record(id).ok().flatten();
            return there.map_or_else(Said::default, |there| self.at(who, &there, rest));
        }
        if let Some(own) = self.own_column(kind, record, path) {
            return own;
        }
        let Some(field) = kind.field(path) else { return Said::default() };
        match effective(kind, &record.fields, path).value {
            Some(Value::Reference(id)) if self.knows(who, id) => Said::same(self.name_of(id)),
            Some(Value::Reference(_)) => Said::same(HIDDEN),
            Some(value) => self.shown_value(Some(who), field, &value),
            None => Said::default(),
        }
    }

    /// What a record has of a column that is no field.
    fn own_column(&self, kind: &Kind, record: &Record, name: &str) -> Option<Said> {
        let life = kind.workflow.as_ref();
        Some(match name {
            "number" => Said::same(record.number.clone()),
            "state" => life
                .and_then(|life| life.state(&record.state))
                .map(|state| state.title.clone())
                .unwrap_or_default(),
            "due" => {
                let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
                let due = directory.get(record.id).and_then(|card| card.due);
                due_said(due, self.today()).0
            }
            "updated" => {
                let at = record.updated.with_timezone(&china_offset());
                let today = china_date(record.updated) == self.today();
                Said::same(at.format(if today { "%H:%M" } else { "%Y-%m-%d" }).to_string())
            }
            "created_by" => Said::same(record.created_by.clone()),
            _ => return None,
        })
    }
}

/// Cells a value of a type usually takes; 0 for what takes all it can get.
fn cells_of(field_type: &FieldType) -> u16 {
    match field_type {
        FieldType::PersonName => 10,
        FieldType::IdNumber | FieldType::OrgCode | FieldType::BankCard => 18,
        FieldType::Phone => 12,
        FieldType::Integer { .. } | FieldType::YesNo => 8,
        FieldType::Decimal { .. } | FieldType::Money { .. } => 12,
        FieldType::Date => 10,
        FieldType::Instant => 16,
        FieldType::Choice { .. } => 14,
        FieldType::Reference { .. } => 14,
        FieldType::Computed { gives, .. } => cells_of(gives),
        _ => 0,
    }
}
