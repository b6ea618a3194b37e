//! The columns of lists and what is in them: those a pack names, and those every record has.

use super::lists::Queue;
use super::record_line::{RecordLine, Shows, due_said};
use super::{Actor, Office};
use crate::program::{FieldType, HIDDEN, Kind, effective};
use crate::record::{Record, Value, china_date, china_offset};
use crate::words::Said;
use std::cell::OnceCell;
use std::sync::PoisonError;

/// A column of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct ListColumn {
    pub shows: Shows,
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
    /// The columns of a list: those its pack names for it, else for its kind, else those every record
    /// has.
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
        let named = kind.map(|kind| (kind, own.unwrap_or_default())).map(|(kind, own)| {
            let shows = if own.is_empty() { &kind.shows } else { own };
            shows.iter().filter_map(|path| self.column(kind, path)).collect()
        });
        named.filter(|named: &Vec<ListColumn>| !named.is_empty()).unwrap_or_else(|| {
            vec![
                column(Shows::Title, Said::fixed("姓名", "Name"), 10),
                column(Shows::Number, Said::fixed("编号", "Number"), 17),
                column(Shows::State, Said::fixed("状态", "State"), 0),
                column(Shows::Due, Said::fixed("办理期限", "Due"), 22),
            ]
        })
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
        // What the index has is not read from the record.
        let shows = match path {
            "number" => Shows::Number,
            "state" => Shows::State,
            "due" => Shows::Due,
            path => Shows::At(path.to_string()),
        };
        Some(column(shows, title, cells))
    }

    /// What is in the columns for one row, as this reader may see it.
    #[must_use]
    pub fn cells(&self, who: &Actor, line: &RecordLine, columns: &[ListColumn]) -> Vec<Said> {
        let today = self.today();
        let record = OnceCell::new();
        let read = || record.get_or_init(|| self.record(line.id).ok().flatten()).as_ref();
        let cell = |column: &ListColumn| match &column.shows {
            Shows::At(path) => read().map(|record| self.at(who, record, path)).unwrap_or_default(),
            shows => line.cell(shows, today),
        };
        columns.iter().map(cell).collect()
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
                due_said(due, self.today())
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

/// The columns of what a search found.
#[must_use]
pub fn columns_of_search() -> Vec<ListColumn> {
    vec![
        column(Shows::Title, Said::fixed("姓名", "Name"), 12),
        column(Shows::Kind, Said::fixed("类别", "Kind"), 13),
        column(Shows::Number, Said::fixed("编号", "Number"), 16),
        column(Shows::IdNumber, Said::fixed("身份证号", "Identity number"), 18),
        column(Shows::State, Said::fixed("状态", "State"), 0),
    ]
}

/// The columns of what belongs to a person.
#[must_use]
pub fn columns_of_services() -> Vec<ListColumn> {
    vec![
        column(Shows::Kind, Said::fixed("服务", "Service"), 16),
        column(Shows::Number, Said::fixed("编号", "Number"), 20),
        column(Shows::State, Said::fixed("状态", "State"), 0),
    ]
}

fn column(shows: Shows, title: Said, cells: u16) -> ListColumn {
    ListColumn { shows, title, cells }
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
