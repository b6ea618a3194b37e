//! One row of a file as the values of a record, and what is wrong with it.

use super::columns::{Column, Columns, Owner, Target};
use super::report::Fault;
use super::sheet::{Cell, Form, SheetRow};
use crate::office::Office;
use crate::program::{
    Field, FieldProblem, FieldType, PERSON, Stage, TypedError, Typing, problems, typed,
};
use crate::record::{Fields, Row, Value, fold};
use crate::said;
use crate::words::Said;
use chrono::NaiveDate;
use std::collections::HashMap;

/// The most characters a cell may hold: as many as a spreadsheet's.
const LONGEST_CELL: usize = 32_767;

/// The most characters of a number of a record.
const LONGEST_NUMBER: usize = 60;

/// What may stand between the cells of a text file.
const SEPARATORS: [char; 3] = [',', '\t', ';'];

/// Answers kept for each file: lists are short, so are the ways people write their entries.
const MOST_REMEMBERED: usize = 10_000;

/// A row as far as it could be read.
#[derive(Debug, Default)]
pub(super) struct Entered {
    /// The number it gives.
    pub number: Option<String>,
    /// Values of the kind's own fields, or of the row of a table.
    pub own: Fields,
    /// Values of the person's fields.
    pub person: Fields,
    /// What is wrong, in the order of the columns.
    pub faults: Vec<Fault>,
}

impl Entered {
    /// The identity number of the person.
    pub fn id_number(&self) -> Option<&str> {
        self.person.get("id_number").or_else(|| self.own.get("id_number")).and_then(Value::as_text)
    }

    /// The name of the person.
    pub fn name(&self) -> &str {
        let name = self.person.get("name").or_else(|| self.own.get("name"));
        name.and_then(Value::as_text).unwrap_or("")
    }
}

/// Reads the rows of one file.
pub(super) struct RowReader<'a> {
    office: &'a Office,
    target: &'a Target<'a>,
    columns: &'a Columns<'a>,
    today: NaiveDate,
    /// In a CSV file a row with a cell less has lost one.
    exact_width: bool,
    known: HashMap<(usize, String), Result<Option<Value>, TypedError>>,
}

impl<'a> RowReader<'a> {
    pub fn new(
        office: &'a Office,
        target: &'a Target<'a>,
        columns: &'a Columns<'a>,
        exact_width: bool,
    ) -> Self {
        Self { office, target, columns, today: office.today(), exact_width, known: HashMap::new() }
    }

    /// Reads a row.
    pub fn read(&mut self, row: &SheetRow) -> Entered {
        let mut entered = Entered::default();
        if row.broken {
            let value = row.cells.first().map_or("", |cell| cell.text.as_str());
            entered.faults.push(Fault::of_row(value, broken_quote(), close_quote()));
            return entered;
        }
        entered.number = self.number_of(row);
        if let Some(fault) = self.ragged(row) {
            entered.faults.push(fault);
            return entered;
        }
        for (at, cell) in row.cells.iter().enumerate() {
            let Some(meaning) = self.columns.meanings.get(at) else { continue };
            if let Err(fault) = self.cell(at, *meaning, cell, &mut entered) {
                entered.faults.push(fault);
            }
        }
        self.check(row, &mut entered);
        entered.faults.sort_by_key(|fault| fault.at.unwrap_or(usize::MAX));
        entered
    }

    /// The number a row gives, if it can be read.
    pub fn number_of(&self, row: &SheetRow) -> Option<String> {
        let at = self.columns.number()?;
        let text = if row.broken {
            // The cells before the quote can still be told apart.
            let whole = row.cells.first()?.text.split('"').next()?;
            let mut cells = whole.split(SEPARATORS).collect::<Vec<_>>();
            cells.pop();
            (*cells.get(at)?).to_string()
        } else {
            row.cells.get(at)?.text.clone()
        };
        let number = fold(&text);
        (!number.is_empty()).then_some(number)
    }

    fn ragged(&self, row: &SheetRow) -> Option<Fault> {
        let (has, wanted) = (row.cells.len(), self.columns.headings.len());
        let surplus = row.cells.iter().skip(wanted).any(|cell| !cell.text.trim().is_empty());
        let said = if surplus {
            said!(
                "这一行有 {has} 格，表头只有 {wanted} 格。",
                "The row has {has} cells, the headings {wanted}."
            )
        } else if self.exact_width && has < wanted {
            said!(
                "这一行只有 {has} 格，表头有 {wanted} 格。",
                "The row has only {has} cells of {wanted}."
            )
        } else {
            return None;
        };
        let next = Said::fixed(
            "请看看是不是多了或少了逗号；格子里有逗号时整格要加引号。",
            "See whether a comma is missing or too many; a cell with a comma stands in quotes.",
        );
        let shown: Vec<&str> = row.cells.iter().map(|cell| cell.text.as_str()).collect();
        Some(Fault::of_row(&shown.join(","), said, next))
    }

    fn cell(
        &mut self,
        at: usize,
        meaning: Column<'_>,
        cell: &Cell,
        entered: &mut Entered,
    ) -> Result<(), Fault> {
        let (owner, field) = match meaning {
            Column::Left => return Ok(()),
            Column::Number(field) => {
                self.check_number(at, cell)?;
                match field {
                    Some(field) => (Owner::Own, field),
                    None => return Ok(()),
                }
            }
            Column::Field(owner, field) => (owner, field),
        };
        let value = self.value(at, field, cell)?;
        if let Some(value) = value {
            let fields =
                if owner == Owner::Person { &mut entered.person } else { &mut entered.own };
            fields.insert(field.id.clone(), value);
        }
        Ok(())
    }

    fn fault(&self, at: usize, field: Option<&Field>, text: &str, said: Said, next: Said) -> Fault {
        Fault::at(at, self.columns.heading(at), field, text, said, next)
    }

    fn check_number(&self, at: usize, cell: &Cell) -> Result<(), Fault> {
        let long = cell.text.chars().count() > LONGEST_NUMBER;
        let said = match cell.form {
            Form::Failed => formula_failed(),
            Form::Rounded => digits_lost(),
            _ if long => Said::fixed("编号太长。", "The number is too long."),
            _ => return Ok(()),
        };
        let next = Said::fixed("请照原档案写编号。", "Write the number as in the file.");
        Err(self.fault(at, None, &cell.text, said, next))
    }

    fn value(&mut self, at: usize, field: &Field, cell: &Cell) -> Result<Option<Value>, Fault> {
        let amounts = matches!(
            field.field_type,
            FieldType::Money { .. } | FieldType::Integer { .. } | FieldType::Decimal { .. }
        );
        let whole = match cell.form {
            Form::Failed => Some((
                formula_failed(),
                Said::fixed("请改成数值或文字。", "Put a value or text in its place."),
            )),
            Form::Rounded if !amounts => Some((
                digits_lost(),
                Said::fixed(
                    "请在表格里把这一列设为“文本”，重新录入号码。",
                    "Set the column to Text in the spreadsheet and enter the number again.",
                ),
            )),
            _ => None,
        };
        if let Some((said, next)) = whole {
            return Err(self.fault(at, Some(field), &cell.text, said, next));
        }
        let long = cell.text.len() > LONGEST_CELL && cell.text.chars().count() > LONGEST_CELL;
        if long {
            let said = said!(
                "这一格超过 {LONGEST_CELL} 个字。",
                "The cell holds more than {LONGEST_CELL} characters."
            );
            let next = Said::fixed("请缩短后再导入。", "Shorten it and import it again.");
            return Err(self.fault(at, Some(field), &cell.text, said, next));
        }
        self.parsed(at, field, cell)
            .map_err(|error| self.fault(at, Some(field), &cell.text, error.said, error.next))
    }

    fn parsed(
        &mut self,
        at: usize,
        field: &Field,
        cell: &Cell,
    ) -> Result<Option<Value>, TypedError> {
        let typing = Typing { catalogue: self.target.catalogue, today: self.today };
        let day = if let (FieldType::Date, Form::Number(number)) = (&field.field_type, cell.form) {
            day_of(number)
        } else {
            None
        };
        if let Some(day) = day {
            return Ok(Some(Value::Date(day)));
        }
        let few = field.field_type.list().is_some();
        if !few {
            return typed::parse(field, &cell.text, &typing);
        }
        let key = (at, cell.text.clone());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let answer = typed::parse(field, &cell.text, &typing);
        if self.known.len() < MOST_REMEMBERED {
            self.known.insert(key, answer.clone());
        }
        answer
    }

    /// What the packs say of the values together.
    fn check(&self, row: &SheetRow, entered: &mut Entered) {
        let catalogue = self.target.catalogue;
        let found = if let Some(table) = self.target.table {
            let rows = vec![Row { id: 1, fields: entered.own.clone() }];
            let fields = Fields::from([(table.id.clone(), Value::Table(rows))]);
            let found = problems(catalogue, self.target.kind, &fields, Stage::Draft, self.today);
            found.into_iter().filter(|problem| problem.field == table.id).collect()
        } else {
            let mut found =
                problems(catalogue, self.target.kind, &entered.own, Stage::Draft, self.today);
            found.retain(|problem| self.target.kind.person.as_ref() != Some(&problem.field));
            if let Some(person) = catalogue.person_kind(self.target.kind) {
                found.extend(problems(
                    catalogue,
                    person,
                    &entered.person,
                    Stage::Draft,
                    self.today,
                ));
            }
            found
        };
        for problem in found {
            let fault = self.fault_of(row, problem);
            if entered.faults.iter().all(|known| known.at.is_none() || known.at != fault.at) {
                entered.faults.push(fault);
            }
        }
    }

    fn fault_of(&self, row: &SheetRow, problem: FieldProblem) -> Fault {
        let id = problem.column.unwrap_or(problem.field);
        self.fault_at_field(row, &id, problem.said, problem.next)
    }

    /// A fault standing at a field, by the column that fills it.
    pub fn fault_at_field(&self, row: &SheetRow, id: &str, said: Said, next: Said) -> Fault {
        let field = self.field(id);
        let at = if id == super::columns::NUMBER {
            self.columns.number()
        } else {
            self.columns.column_of(id)
        };
        match at {
            Some(at) => {
                let text = row.cells.get(at).map_or("", |cell| cell.text.as_str());
                self.fault(at, field, text, said, next)
            }
            None => Fault { at: None, ..self.titled(id, field, said, next) },
        }
    }

    fn titled(&self, id: &str, field: Option<&Field>, said: Said, next: Said) -> Fault {
        let title = field.map_or(id, |field| field.title.zh.as_ref());
        Fault::at(0, title, field, "", said, next)
    }

    /// A field by its id, wherever a column can lead.
    pub fn field(&self, id: &str) -> Option<&'a Field> {
        match self.target.table {
            Some(table) => table.column(id),
            None => self.target.kind.field(id).or_else(|| {
                self.office.catalogue().kind(PERSON).and_then(|person| person.field(id))
            }),
        }
    }
}

/// The day a workbook number stands for, where it can be a day of a life: 1927 to 2099. Smaller
/// ones may be years or months.
fn day_of(number: f64) -> Option<NaiveDate> {
    let in_range = (10_000.0..73_051.0).contains(&number) && number.fract() == 0.0;
    // Day 1 is 1900-01-01; the leap day of 1900 that never was lies before this range.
    let first = NaiveDate::from_ymd_opt(1899, 12, 30)?;
    let days = if in_range { number as u64 } else { return None };
    first.checked_add_days(chrono::Days::new(days))
}

fn broken_quote() -> Said {
    Said::fixed(
        "引号没有成对，这一行分不清有几格。",
        "A quote is not closed, so the row cannot be divided into cells.",
    )
}

fn close_quote() -> Said {
    Said::fixed(
        "请补上或去掉引号；格子里的引号要写两遍。",
        "Close the quote or take it out; a quote inside a cell is written twice.",
    )
}

fn formula_failed() -> Said {
    Said::fixed("这一格的公式算错了。", "The formula of this cell failed.")
}

fn digits_lost() -> Said {
    Said::fixed(
        "这一格按数字保存，后几位已经丢失。",
        "The cell was kept as a number and has lost its last digits.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_numbers_of_workbooks() {
        // 45802 is 2025-05-25 and 25569 the first day of 1970, as spreadsheets count.
        assert_eq!(day_of(45_802.0), NaiveDate::from_ymd_opt(2025, 5, 25));
        assert_eq!(day_of(25_569.0), NaiveDate::from_ymd_opt(1970, 1, 1));
        for other in [2025.0, 202_505.0, 20_250_525.0, 45_802.5] {
            assert_eq!(day_of(other), None);
        }
    }
}
