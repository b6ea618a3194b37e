//! Values as a reader may see them: masked numbers, hidden groups, names behind references.

use super::Actor;
use crate::program::{self, Field};
use crate::record::{Record, Row, Value};
use crate::words::{Lang, Said};
use std::sync::PoisonError;

impl super::Office {
    /// A field's value as this reader may see it; `None` when there is nothing to show.
    ///
    /// Identity numbers, phones and cards are masked for everybody; whole sensitivity groups only
    /// for those without the right to reveal.
    #[must_use]
    pub fn shown(&self, who: Option<&Actor>, record: &Record, field: &Field) -> Option<Said> {
        let kind = self.catalogue.kind(&record.kind)?;
        let value = program::effective(kind, &record.fields, &field.id).value?;
        Some(self.shown_value(who, field, &value))
    }

    pub(super) fn shown_value(&self, who: Option<&Actor>, field: &Field, value: &Value) -> Said {
        let reveal = who.is_some_and(|who| who.may(super::Right::Reveal))
            && program::mask(field, value).is_none();
        if let Value::Reference(id) = value {
            let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
            let card = directory.get(*id);
            return Said::same(
                card.map(|card| format!("{} {}", card.title, card.number)).unwrap_or_default(),
            );
        }
        let side = |lang| program::show(&self.catalogue, field, value, lang, reveal);
        Said::new(side(Lang::Zh), side(Lang::En))
    }

    /// The rows of a table, each in one line of what it holds.
    #[must_use]
    pub fn shown_rows(&self, who: Option<&Actor>, table: &Field, rows: &[Row]) -> Vec<Said> {
        rows.iter()
            .map(|row| {
                let cells: Vec<Said> = table
                    .field_type
                    .columns()
                    .iter()
                    .filter_map(|column| {
                        let value = row.fields.get(&column.id)?;
                        let shown = self.shown_value(who, column, value);
                        let title = &column.title;
                        Some(match value {
                            Value::Text(_) | Value::Choice(_) => shown,
                            _ => Said::new(
                                format!("{} {}", title.zh, shown.zh),
                                format!("{} {}", title.en, shown.en),
                            ),
                        })
                    })
                    .collect();
                Said::join(&cells, "　", "  ")
            })
            .collect()
    }

    /// The fields of a record and its tables that are masked, as path and title.
    #[must_use]
    pub fn masked_fields(&self, record: &Record) -> Vec<(String, Said)> {
        let Some(kind) = self.catalogue.kind(&record.kind) else { return Vec::new() };
        let mut masked = Vec::new();
        for field in kind.fields() {
            if record.get(&field.id).is_some_and(|value| program::mask(field, value).is_some()) {
                masked.push((field.id.clone(), field.title.clone()));
            }
            let rows = record.get(&field.id).map(Value::rows).unwrap_or_default();
            for column in field.field_type.columns() {
                let held = rows.iter().filter_map(|row| row.fields.get(&column.id));
                if held.into_iter().any(|value| program::mask(column, value).is_some()) {
                    masked.push((
                        format!("{}.{}", field.id, column.id),
                        Said::join(&[field.title.clone(), column.title.clone()], "·", " · "),
                    ));
                }
            }
        }
        masked
    }

    /// Fields in full, for a screen after [`super::Command::Reveal`] was journaled.
    #[must_use]
    pub fn in_full(&self, record: &Record, fields: &[String]) -> Vec<Said> {
        let Some(kind) = self.catalogue.kind(&record.kind) else { return Vec::new() };
        let mut lines = Vec::new();
        for path in fields {
            let Some(field) = kind.field_at(path) else { continue };
            let values: Vec<&Value> = match path.split_once('.') {
                None => record.get(path).into_iter().collect(),
                Some((table, column)) => {
                    let rows = record.get(table).map(Value::rows).unwrap_or_default();
                    rows.iter().filter_map(|row| row.fields.get(column)).collect()
                }
            };
            for value in values {
                let full = program::show(&self.catalogue, field, value, Lang::Zh, true);
                lines.push(Said::join(&[field.title.clone(), Said::same(full)], "　", "  "));
            }
        }
        lines
    }
}
