//! A table inside a form: rows of entries, with an empty row at the end to go on in.

use crate::office::{Actor, Office};
use crate::program::{self, Field, FieldType, Required, filled_from_id};
use crate::record::{Fields, Record, Row, Value};
use crate::terminal::text;
use crate::ui::entry::{Entry, Wrong};
use crate::words::{Lang, Said};

/// Widest a column gets for the sake of its title.
const WIDEST: u16 = 22;

/// One row being typed.
#[derive(Clone)]
pub struct RowEntry {
    /// The row's id, 0 for a new one.
    pub id: u32,
    /// Its cells, one for each column.
    pub cells: Vec<Entry>,
}

impl RowEntry {
    /// True when nothing is typed but what an empty row starts with.
    pub fn is_empty(&self) -> bool {
        self.id == 0
            && self.cells.iter().all(|cell| cell.is_empty() || cell.field.default.is_some())
    }

    /// The row as fields.
    pub fn fields(&self) -> Fields {
        let values =
            self.cells.iter().filter_map(|cell| Some((cell.field.id.clone(), cell.value.clone()?)));
        values.collect()
    }
}

/// A table being filled.
#[derive(Clone)]
pub struct TableInput {
    /// The table field.
    pub field: Field,
    /// The fixed first row, the record's person: what is in each column.
    pub head: Option<Vec<Said>>,
    /// Its rows; the last is empty.
    pub rows: Vec<RowEntry>,
    /// The row and column with the focus.
    pub at: (usize, usize),
    /// The rows it had when the form opened.
    pub before: Vec<Row>,
    /// What is wrong with the table as a whole.
    pub wrong: Option<Wrong>,
    /// Sensitive columns are not open to this person; see [`Entry::close`].
    closed: bool,
}

impl TableInput {
    /// A table with the rows it has, and an empty one.
    pub fn new(field: &Field, rows: &[Row], office: &Office, lang: Lang) -> Self {
        let mut table = Self {
            field: field.clone(),
            head: None,
            rows: rows.iter().map(|row| kept_row(field, row, office, lang)).collect(),
            at: (0, 0),
            before: rows.to_vec(),
            wrong: None,
            closed: false,
        };
        table.keep_one_empty(office, lang);
        table
    }

    /// Shows a person as the first row, where the table has one: the person's own fields in the
    /// columns of the same id, masked as anywhere.
    pub fn show_head(&mut self, person: &Record, office: &Office) {
        let Some(first) = self.field.first_row() else { return };
        let Some(kind) = office.catalogue().kind(&person.kind) else { return };
        let cell = |column: &Field| {
            if column.id == first.column {
                return first.label.clone();
            }
            let own = kind.field(&column.id).zip(person.get(&column.id));
            own.map_or_else(Said::default, |(field, value)| {
                // A birth date would give away what the mask of the number hides.
                if column.sensitive.is_some() || matches!(field.field_type, FieldType::Date) {
                    return Said::default();
                }
                let shown = |lang| program::show(office.catalogue(), field, value, lang, false);
                Said::new(shown(Lang::Zh), shown(Lang::En))
            })
        };
        self.head = Some(self.field.field_type.columns().iter().map(cell).collect());
    }

    fn empty_row(&self, office: &Office, lang: Lang) -> RowEntry {
        let columns = self.field.field_type.columns();
        let cells = columns.iter().map(|column| Entry::fresh(column, office, lang)).collect();
        RowEntry { id: 0, cells }
    }

    /// There is always one empty row at the end.
    pub fn keep_one_empty(&mut self, office: &Office, lang: Lang) {
        if self.rows.last().is_none_or(|row| !row.is_empty()) {
            let row = self.empty_row(office, lang);
            self.rows.push(row);
        }
    }

    /// Lays the rows out as a draft left them: kept rows by their ids, new ones empty.
    pub fn lay_out(&mut self, ids: &[u32], office: &Office, lang: Lang) {
        let rows = ids.iter().map(|id| match self.before.iter().find(|row| row.id == *id) {
            Some(row) if *id != 0 => kept_row(&self.field, row, office, lang),
            _ => self.empty_row(office, lang),
        });
        self.rows = rows.collect();
        if self.closed {
            self.close();
        }
    }

    /// Masks what was in sensitive columns before.
    pub fn close(&mut self) {
        self.closed = true;
        self.rows.iter_mut().flat_map(|row| &mut row.cells).for_each(Entry::close);
    }

    /// The cell with the focus.
    pub fn cell(&mut self) -> Option<&mut Entry> {
        let (row, column) = self.at;
        self.rows.get_mut(row)?.cells.get_mut(column)
    }

    /// The row with the focus is empty: there is nothing more to enter.
    pub fn at_empty_row(&self) -> bool {
        self.rows.get(self.at.0).is_none_or(RowEntry::is_empty)
    }

    /// Reads what is typed in the focused cell, and fills from an identity number what it tells.
    pub fn understand(&mut self, office: &Office, who: Option<&Actor>, lang: Lang) {
        let at = self.at;
        if let Some(cell) = self.cell() {
            cell.understand(office, who, lang);
        }
        let columns: Vec<Field> = self.field.field_type.columns().to_vec();
        let scope: Vec<&Field> = columns.iter().collect();
        if let Some(row) = self.rows.get_mut(at.0) {
            for (id, value) in filled_from_id(&scope, &row.fields()) {
                if let Some(cell) =
                    row.cells.iter_mut().find(|cell| cell.field.id == id && cell.is_empty())
                {
                    cell.set_value(value, office, lang);
                }
            }
        }
        self.keep_one_empty(office, lang);
    }

    /// Goes on after Enter: the next column somebody must fill, else the next row. Returns false
    /// when the table is done.
    pub fn onwards(&mut self) -> bool {
        if self.at_empty_row() && self.at.1 == self.first_needed() {
            return false;
        }
        let (row, column) = self.at;
        let cells = self.rows.get(row).map(|row| row.cells.as_slice()).unwrap_or_default();
        let next = cells
            .iter()
            .enumerate()
            .skip(column + 1)
            .find(|(_, cell)| cell.needed() || cell.field.asked || cell.wrong.is_some());
        match next {
            Some((next, _)) => self.at.1 = next,
            None if row + 1 < self.rows.len() => self.at = (row + 1, self.first_needed()),
            None => return false,
        }
        true
    }

    /// The first column somebody must fill.
    pub fn first_needed(&self) -> usize {
        let columns = self.field.field_type.columns();
        columns.iter().position(|column| column.required != Required::Never).unwrap_or(0)
    }

    /// To the column beside; returns false at the edge.
    pub fn sideways(&mut self, by: isize) -> bool {
        let columns = self.field.field_type.columns().len();
        match self.at.1.checked_add_signed(by) {
            Some(column) if column < columns => {
                self.at.1 = column;
                true
            }
            _ => false,
        }
    }

    /// To the row above or below; returns false at the edge.
    pub fn up_or_down(&mut self, by: isize) -> bool {
        match self.at.0.checked_add_signed(by) {
            Some(row) if row < self.rows.len() => {
                self.at.0 = row;
                true
            }
            _ => false,
        }
    }

    /// Takes the focused row out.
    pub fn remove(&mut self, office: &Office, lang: Lang) {
        if self.at.0 < self.rows.len() {
            self.rows.remove(self.at.0);
        }
        self.keep_one_empty(office, lang);
        self.at.0 = self.at.0.min(self.rows.len().saturating_sub(1));
    }

    /// The rows as a value; `None` when there are none.
    pub fn value(&self) -> Option<Value> {
        let rows: Vec<Row> = self
            .rows
            .iter()
            .filter(|row| !row.is_empty())
            .map(|row| Row { id: row.id, fields: row.fields() })
            .collect();
        (!rows.is_empty()).then_some(Value::Table(rows))
    }

    /// The ids of the rows that are no longer empty, in their order, for a check that names rows
    /// by id: new rows get the ones the office would give them.
    pub fn numbered(&self) -> Vec<(usize, u32)> {
        let mut last = self.rows.iter().map(|row| row.id).max().unwrap_or(0);
        let filled = self.rows.iter().enumerate().filter(|(_, row)| !row.is_empty());
        filled
            .map(|(at, row)| {
                if row.id == 0 {
                    last += 1;
                }
                (at, if row.id == 0 { last } else { row.id })
            })
            .collect()
    }

    /// True when this form would change it, or something typed cannot be read yet.
    pub fn changed(&self) -> bool {
        let same = match self.value() {
            Some(Value::Table(rows)) => rows == self.before,
            _ => self.before.is_empty(),
        };
        !same || self.first_wrong().is_some()
    }

    /// True when a draft has to hold it.
    pub fn in_draft(&self) -> bool {
        self.changed() || self.rows.iter().flat_map(|row| &row.cells).any(Entry::in_draft)
    }

    /// The first cell with something wrong in it, for the focus.
    pub fn first_wrong(&self) -> Option<(usize, usize)> {
        self.rows.iter().enumerate().find_map(|(row, entry)| {
            let column = entry.cells.iter().position(|cell| cell.wrong.is_some())?;
            Some((row, column))
        })
    }

    /// Cells a column takes: what it holds, and its title as far as there is reason.
    pub fn cells(field: &Field, lang: Lang) -> u16 {
        let held = match &field.field_type {
            FieldType::PersonName | FieldType::Choice { .. } => 10,
            FieldType::IdNumber | FieldType::BankCard | FieldType::OrgCode => 19,
            FieldType::Phone => 12,
            FieldType::Money { .. } | FieldType::Date => 11,
            FieldType::Integer { .. } | FieldType::YesNo | FieldType::Decimal { .. } => 7,
            _ => 14,
        };
        let star = u16::from(field.required != Required::Never);
        let title = u16::try_from(text::width(field.title.get(lang))).unwrap_or(WIDEST);
        held.max((title + star).min(WIDEST))
    }
}

fn kept_row(field: &Field, row: &Row, office: &Office, lang: Lang) -> RowEntry {
    let cells = field
        .field_type
        .columns()
        .iter()
        .map(|column| Entry::new(column, row.fields.get(&column.id).cloned(), office, lang))
        .collect();
    RowEntry { id: row.id, cells }
}
