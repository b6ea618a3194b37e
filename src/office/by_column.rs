//! A list in the order of a column the index does not have: every record of it is read.

use super::record_line::Shows;
use super::record_line::{Listed, RecordLine};
use super::{Actor, Office, Order, Queue};
use crate::program::{FieldType, Kind, ListSort, day_number, effective, pinyin_of};
use crate::record::{Record, Value};
use crate::words::Said;
use rust_decimal::Decimal;
use std::cmp::Ordering;

/// Most records that are read to put them in order.
const MOST_READ: usize = 1_000;

/// What one record has in the column.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Held {
    Number(Decimal),
    Text(String),
}

impl Held {
    /// A text by its pinyin; of two that sound alike the characters decide.
    fn text(text: &str) -> Self {
        Self::Text(format!("{}\u{1}{text}", pinyin_of(text).0))
    }
}

impl Office {
    /// The columns a list of so many rows can go by although the index does not have them, each with
    /// its title: every record is read, so only those of a short list. What is sensitive orders
    /// nothing, as its order would tell it.
    #[must_use]
    pub fn orders_by_columns(&self, queue: &Queue, rows: usize) -> Vec<(String, Said)> {
        if rows > MOST_READ {
            return Vec::new();
        }
        self.columns_to_order(queue).collect()
    }

    fn columns_to_order(&self, queue: &Queue) -> impl Iterator<Item = (String, Said)> {
        let kind = self.only_kind(queue);
        self.columns_of(queue).into_iter().filter_map(move |column| {
            let Shows::At(path) = column.shows else { return None };
            let kind = kind.filter(|_| ListSort::WORDS.iter().all(|(word, _)| *word != path))?;
            let (there, rest) = self.catalogue.through(kind, &path);
            let field = there.field(rest)?;
            let reference = path.split_once('.').and_then(|(first, _)| kind.field(first));
            let is_told = field.sensitive.is_none()
                && reference.is_none_or(|reference| reference.sensitive.is_none());
            let in_index = kind.facets.contains(&path) && !field.is_reference();
            (is_told && !in_index && !is_many(&field.field_type)).then_some((path, column.title))
        })
    }

    /// The rows of a list in an order the index does not have; nothing for one it has, and for a list
    /// that is too long. What has nothing in the column comes last either way.
    pub(super) fn in_order_of_column(
        &self,
        who: &Actor,
        queue: &Queue,
        typed: &str,
        Order { by: path, reversed }: &Order,
    ) -> Option<Vec<RecordLine>> {
        let kind = self.only_kind(queue)?;
        self.columns_to_order(queue).find(|(column, _)| column == path)?;
        let Listed { total, lines } = self.list_ordered(who, queue, typed, None, 0, MOST_READ);
        if total > MOST_READ {
            return None;
        }
        let held = |line: &RecordLine| {
            let record = self.record(line.id).ok().flatten()?;
            self.held(who, kind, &record, path)
        };
        let mut rows: Vec<(Option<Held>, RecordLine)> =
            lines.into_iter().map(|line| (held(&line), line)).collect();
        rows.sort_by(|(one, _), (other, _)| match (one, other) {
            (Some(one), Some(other)) if *reversed => other.cmp(one),
            (Some(one), Some(other)) => one.cmp(other),
            (None, None) => Ordering::Equal,
            (one, _) => {
                if one.is_some() {
                    Ordering::Less
                } else {
                    Ordering::Greater
                }
            }
        });
        Some(rows.into_iter().map(|(_, line)| line).collect())
    }

    /// What a record has at a path; nothing behind a record this reader does not know of.
    fn held(&self, who: &Actor, kind: &Kind, record: &Record, path: &str) -> Option<Held> {
        if let Some((reference, rest)) = path.split_once('.') {
            let id = record.get(reference)?.as_reference().filter(|id| self.knows(who, *id))?;
            let there = self.record(id).ok().flatten()?;
            return self.held(who, self.catalogue.kind(&there.kind)?, &there, rest);
        }
        Some(match effective(kind, &record.fields, path).value? {
            Value::Money(number) | Value::Integer(number) => Held::Number(number.into()),
            Value::Decimal(number) => Held::Number(number),
            Value::Date(day) => Held::Number(day_number(day).into()),
            Value::Instant(at) => Held::Number(at.timestamp_millis().into()),
            Value::YesNo(yes) => Held::Number(i64::from(yes).into()),
            Value::Choice(code) => self.place_in_list(kind, path, &code)?,
            Value::Text(text) => Held::text(&text),
            Value::Reference(id) if self.knows(who, id) => Held::text(&self.name_of(id)),
            _ => return None,
        })
    }

    /// A code by its place in its list.
    fn place_in_list(&self, kind: &Kind, field: &str, code: &str) -> Option<Held> {
        let list = self.catalogue.code_list(kind.field(field)?.field_type.list()?)?;
        let place = list.entries.iter().position(|entry| entry.code == code)?;
        Some(Held::Number(place.into()))
    }
}

/// A field that holds several things has no order.
fn is_many(field_type: &FieldType) -> bool {
    matches!(
        field_type,
        FieldType::Tags { .. } | FieldType::Table { .. } | FieldType::Papers { .. }
    )
}
