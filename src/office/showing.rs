//! Values as a reader may see them: masked numbers, hidden groups, names behind references.

use super::{Actor, Right};
use crate::program::{self, Field};
use crate::record::{Record, Row, Value};
use crate::words::{Lang, Said};

impl super::Office {
    /// A field's value as this reader may see it; `None` when there is nothing to show.
    ///
    /// Identity numbers, phones, cards and what gives them away are masked for everybody; whole
    /// sensitivity groups for those to whom they are not open (see [`Right::Sensitive`]).
    #[must_use]
    pub fn shown(&self, who: Option<&Actor>, record: &Record, field: &Field) -> Option<Said> {
        let kind = self.catalogue.kind(&record.kind)?;
        let value = program::effective(kind, &record.fields, &field.id).value?;
        Some(self.shown_value(who, field, &value))
    }

    /// What stands for a value in this reader's stead of it; `None` for what they see in full.
    #[must_use]
    pub fn hidden(&self, who: Option<&Actor>, field: &Field, value: &Value) -> Option<String> {
        let open = who.is_some_and(|who| who.may(Right::Sensitive));
        if open { program::mask(field, value) } else { program::masked(field, value) }
    }

    /// A value of a field or a column as this reader may see it.
    #[must_use]
    pub fn shown_value(&self, who: Option<&Actor>, field: &Field, value: &Value) -> Said {
        if let Some(hidden) = self.hidden(who, field, value) {
            return Said::same(hidden);
        }
        if let Value::Reference(id) = value {
            return Said::same(self.called(who, *id));
        }
        let side = |lang| program::show(&self.catalogue, field, value, lang, true);
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

    /// The fields of a record and its tables that are masked for a reader, as path and title.
    #[must_use]
    pub fn masked_fields(&self, who: Option<&Actor>, record: &Record) -> Vec<(String, Said)> {
        let Some(kind) = self.catalogue.kind(&record.kind) else { return Vec::new() };
        let fields = program::effective_fields(kind, &record.fields);
        let hidden = |field: &Field, value: &Value| self.hidden(who, field, value).is_some();
        let mut masked = Vec::new();
        for field in kind.fields() {
            let Some(value) = fields.get(&field.id) else { continue };
            if hidden(field, value) {
                masked.push((field.id.clone(), field.title.clone()));
            }
            for column in field.field_type.columns() {
                let mut held = value.rows().iter().filter_map(|row| row.fields.get(&column.id));
                if held.any(|value| hidden(column, value)) {
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
        let held = program::effective_fields(kind, &record.fields);
        let mut lines = Vec::new();
        for path in fields {
            let Some(field) = kind.field_at(path) else { continue };
            let values: Vec<&Value> = match path.split_once('.') {
                None => held.get(path).into_iter().collect(),
                Some((table, column)) => {
                    let rows = held.get(table).map(Value::rows).unwrap_or_default();
                    rows.iter().filter_map(|row| row.fields.get(column)).collect()
                }
            };
            for value in values {
                let full = |lang| program::show(&self.catalogue, field, value, lang, true);
                let full = Said::new(full(Lang::Zh), full(Lang::En));
                lines.push(Said::join(&[field.title.clone(), full], "　", "  "));
            }
        }
        lines
    }
}
