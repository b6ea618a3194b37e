//! One row of a file as the values of a record, and what is wrong with it.

use super::book::{Cell, Merged, SheetRow};
use super::columns::{Column, Columns};
use super::look::Layout;
use super::meaning::{self, Months};
use super::report::{Fault, Place};
use super::target::{Owner, Target};
use crate::office::{Answers, Office};
use crate::program::{
    Field, FieldProblem, FieldType, Kind, Need, PERSON, Stage, TypedError, Typing, answer_problem,
    filled_from_id, problems, show, typed, unanswered,
};
use crate::record::{Fields, Row, Value, fold};
use crate::said;
use crate::words::{Lang, Said};
use chrono::NaiveDate;
use foldhash::quality::RandomState;
use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, PoisonError};

/// The most characters a cell may hold: as many as a spreadsheet's.
const LONGEST_CELL: usize = 32_767;

/// The most characters of a number of a record.
const LONGEST_NUMBER: usize = 60;

/// Whether a column counts the rows.
fn is_serial(heading: &str) -> bool {
    let bare: String = heading.chars().filter(|c| !c.is_whitespace()).collect();
    ["序号", "序", "行号", "No.", "No", "NO", "#"].contains(&bare.as_str())
}

/// Answers kept for each file: lists are short, so are the ways people write their entries.
const MOST_REMEMBERED: usize = 10_000;

/// Answers by column and text.
type Known = HashMap<(usize, String), Result<Option<Value>, TypedError>>;

/// A row as far as it could be read.
#[derive(Debug, Default)]
pub(super) struct Entered {
    /// The number it gives.
    pub number: Option<String>,
    /// Values of the kind's own fields, or of the row of a table.
    pub own: Fields,
    /// Values of the person's fields.
    pub person: Fields,
    /// Answers to the move new records are made with.
    pub answers: Fields,
    /// What is wrong, in the order of the columns.
    pub faults: Vec<Fault>,
}

impl Entered {
    /// Where the values of a column go.
    fn of(&mut self, owner: Owner) -> &mut Fields {
        match owner {
            Owner::Person => &mut self.person,
            Owner::Answer => &mut self.answers,
            Owner::Own | Owner::Row => &mut self.own,
        }
    }

    /// The values of such columns.
    fn all_of(&self, owner: Owner) -> &Fields {
        match owner {
            Owner::Person => &self.person,
            Owner::Answer => &self.answers,
            Owner::Own | Owner::Row => &self.own,
        }
    }

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
    layout: &'a Layout<'a>,
    sheet: Arc<str>,
    today: NaiveDate,
    /// In a CSV file a row with a cell less has lost one.
    exact_width: bool,
    /// The contents of rows of all sheets are compared.
    hashes: &'a RandomState,
    known: Mutex<Known>,
}

impl<'a> RowReader<'a> {
    pub fn new(
        office: &'a Office,
        target: &'a Target<'a>,
        layout: &'a Layout<'a>,
        exact_width: bool,
        hashes: &'a RandomState,
    ) -> Self {
        let sheet = Arc::from(layout.head.name.as_str());
        let (today, known) = (office.today(), Mutex::default());
        Self { office, target, layout, sheet, today, exact_width, hashes, known }
    }

    fn columns(&self) -> &'a Columns<'a> {
        &self.layout.columns
    }

    /// Where a row is.
    pub fn place(&self, row: &SheetRow) -> Place {
        self.place_of_line(row.line)
    }

    /// The place of a line.
    pub fn place_of_line(&self, line: usize) -> Place {
        Place { sheet: self.sheet.clone(), line }
    }

    /// Reads a row.
    pub fn read(&self, row: &SheetRow) -> Entered {
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
        let mut months = Months::default();
        for (at, cell) in row.cells.iter().enumerate() {
            let Some(meaning) = self.columns().meanings.get(at) else { continue };
            if cell.merged == Merged::Over && !self.layout.reaches_over(at) {
                continue;
            }
            // A heading merged into the rows below it is no value of theirs.
            if cell.merged == Merged::Down && self.columns().heading_is(at, &cell.text) {
                continue;
            }
            if let Err(fault) = self.cell(at, *meaning, cell, &mut entered, &mut months) {
                entered.faults.push(fault);
            }
        }
        self.days_of_months(months, &mut entered);
        self.check(row, &mut entered);
        entered.faults.sort_by_key(|fault| fault.at.unwrap_or(usize::MAX));
        entered
    }

    /// The number a row gives, if it can be read.
    pub fn number_of(&self, row: &SheetRow) -> Option<String> {
        let at = self.columns().number()?;
        let text = if row.broken {
            // The cells before the quote can still be told apart.
            let whole = row.cells.first()?.text.split('"').next()?;
            let between = char::from(self.layout.separator.unwrap_or(b','));
            let mut cells = whole.split(between).collect::<Vec<_>>();
            cells.pop();
            (*cells.get(at)?).to_string()
        } else {
            row.cells.get(at)?.text.clone()
        };
        let number = fold(&text);
        (!number.is_empty()).then_some(number)
    }

    /// A number for what a row says, whatever the order of its columns; serial numbers say nothing.
    pub fn content(&self, row: &SheetRow) -> u64 {
        let number = self.columns().number().and_then(|at| row.cells.get(at));
        let id = (0..row.cells.len()).find(|at| {
            let field = self.columns().field_at(*at);
            field.is_some_and(|field| matches!(field.field_type, FieldType::IdNumber))
        });
        let id = id.and_then(|at| row.cells.get(at));
        // Of two people without any number the serial numbers tell that they are two.
        let numbered = [number, id].into_iter().flatten().any(|cell| !cell.is_blank());
        let mut sum = 0_u64;
        for (at, cell) in row.cells.iter().enumerate() {
            let (heading, text) = (self.columns().heading(at).trim(), cell.text.trim());
            if text.is_empty() || numbered && is_serial(heading) {
                continue;
            }
            sum = sum.wrapping_add(self.hashes.hash_one((heading, text)));
        }
        sum
    }

    fn ragged(&self, row: &SheetRow) -> Option<Fault> {
        if !self.exact_width {
            return None;
        }
        let (has, wanted) = (row.cells.len(), self.columns().headings.len());
        if let Some(cell) = row.cells.iter().find(|cell| self.swallows_a_row(&cell.text, wanted)) {
            return Some(Fault::of_row(&cell.text, swallowed(), close_quote()));
        }
        let surplus = row.cells.iter().skip(wanted).any(|cell| !cell.text.trim().is_empty());
        let said = if surplus {
            said!(
                "这一行有 {has} 格，表头只有 {wanted} 格。",
                "The row has {has} cells, the headings {wanted}."
            )
        } else if has < wanted {
            said!(
                "这一行只有 {has} 格，表头有 {wanted} 格。",
                "The row has only {has} cells of {wanted}."
            )
        } else {
            return None;
        };
        let next = Said::fixed(
            "请看看是不是多了或少了逗号；格子里有逗号时整格要加引号。",
            "See whether a comma is missing or too many; a cell with a comma must be in quotes.",
        );
        let shown: Vec<&str> = row.cells.iter().map(|cell| cell.text.as_str()).collect();
        Some(Fault::of_row(&shown.join(","), said, next))
    }

    /// Whether a cell of a text file reaches over a line end with as many separators as a row has
    /// columns: its quote was closed by one of another row.
    fn swallows_a_row(&self, text: &str, columns: usize) -> bool {
        let Some((before, after)) = text.split_once('\n') else { return false };
        let between = char::from(self.layout.separator.unwrap_or(b','));
        let count = |text: &str| text.matches(between).count();
        let (before, after) = (count(before), count(after));
        before > 0 && after > 0 && before + after + 1 >= columns
    }

    fn cell(
        &self,
        at: usize,
        column: Column<'a>,
        cell: &Cell,
        entered: &mut Entered,
        months: &mut Months<'a>,
    ) -> Result<(), Fault> {
        let (owner, field) = match column {
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
        let value = match self.value(at, field, cell) {
            Err(error) => match meaning::month(field, cell) {
                Some(month) => {
                    months.wait(at, owner, field, month, error);
                    return Ok(());
                }
                None => {
                    return Err(self.fault(at, Some(field), &cell.text, error.said, error.next));
                }
            },
            Ok(value) => value,
        };
        if let Some(value) = value {
            entered.of(owner).insert(field.id.clone(), value);
        }
        Ok(())
    }

    /// Months in the place of days: where the identity number of the row tells the day and agrees,
    /// that day is meant.
    fn days_of_months(&self, months: Months<'a>, entered: &mut Entered) {
        for month in months {
            let scope = self.scope(month.owner);
            let day = month.day(&filled_from_id(&scope, entered.of(month.owner)));
            match day {
                Ok(day) => {
                    entered.of(month.owner).insert(month.field.id.clone(), Value::Date(day));
                }
                Err(error) => {
                    let text = month.text.as_str();
                    let fault =
                        self.fault(month.at, Some(month.field), text, error.said, error.next);
                    entered.faults.push(fault);
                }
            }
        }
    }

    /// The fields that are beside one another in a record or row.
    fn scope(&self, owner: Owner) -> Vec<&'a Field> {
        match (owner, self.target.table) {
            (Owner::Row, Some(table)) => table.field_type.columns().iter().collect(),
            (Owner::Person, _) => {
                let person = self.target.catalogue.person_kind(self.target.kind);
                person.into_iter().flat_map(Kind::fields).collect()
            }
            (Owner::Answer, _) => self.target.asked().collect(),
            _ => self.target.kind.fields().collect(),
        }
    }

    fn fault(&self, at: usize, field: Option<&Field>, text: &str, said: Said, next: Said) -> Fault {
        Fault::at(at, self.columns().heading(at), field, text, said, next)
    }

    fn check_number(&self, at: usize, cell: &Cell) -> Result<(), Fault> {
        let long = cell.text.chars().count() > LONGEST_NUMBER;
        let (said, next) = match meaning::lost_number(cell) {
            Some(lost) => lost,
            None if long => (
                Said::fixed("编号太长。", "The number is too long."),
                Said::fixed("请照原档案写编号。", "Write the number as in the file."),
            ),
            None => return Ok(()),
        };
        Err(self.fault(at, None, &cell.text, said, next))
    }

    fn value(&self, at: usize, field: &Field, cell: &Cell) -> Result<Option<Value>, TypedError> {
        if let Some((said, next)) = meaning::lost(field, cell) {
            return Err(TypedError::new(said, next));
        }
        let long = cell.text.len() > LONGEST_CELL && cell.text.chars().count() > LONGEST_CELL;
        if long {
            let said = said!(
                "这一格超过 {LONGEST_CELL} 个字。",
                "The cell holds more than {LONGEST_CELL} characters."
            );
            let next = Said::fixed("请缩短后再导入。", "Shorten it and import it again.");
            return Err(TypedError::new(said, next));
        }
        let value = self.parsed(at, field, cell)?;
        // What fits by accident is no better than what does not.
        if self.layout.numbers.is_cut(at, field, cell) {
            let (said, next) = meaning::cut(cell);
            return Err(TypedError::new(said, next));
        }
        Ok(value)
    }

    fn parsed(&self, at: usize, field: &Field, cell: &Cell) -> Result<Option<Value>, TypedError> {
        if let Some(day) = meaning::day(field, cell, self.layout.head.calendar) {
            return Ok(Some(Value::Date(day)));
        }
        let (catalogue, today) = (self.target.catalogue, self.today);
        let typing = Typing { catalogue, today, records: self.office };
        let few = field.field_type.list().is_some()
            || matches!(field.field_type, FieldType::Reference { .. });
        if !few {
            return typed::parse(field, &cell.text, &typing);
        }
        let key = (at, cell.text.clone());
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(&key) {
            return known.clone();
        }
        let answer = typed::parse(field, &cell.text, &typing);
        if known.len() < MOST_REMEMBERED {
            known.insert(key, answer.clone());
        }
        answer
    }

    /// How much is asked of a row: what is handed in as it comes must be complete.
    fn stage(&self) -> Stage<'a> {
        match self.target.step {
            Some(step) if step.needs.contains(&Need::Complete) => Stage::Entering(&step.to),
            _ => Stage::Draft,
        }
    }

    /// The answers a row gives the move it is made with: what its columns say, else the fields the
    /// questions write, else what the questions start with.
    pub fn answers(&self, entered: &Entered) -> Answers {
        let mut answers = entered.answers.clone();
        let asks = self.target.step.into_iter().flat_map(|step| &step.asks);
        let (catalogue, today) = (self.target.catalogue, self.today);
        let typing = Typing { catalogue, today, records: self.office };
        for ask in asks.filter(|ask| !entered.answers.contains_key(&ask.id)) {
            let written = ask.writes.as_ref().and_then(|field| entered.own.get(field)).cloned();
            let usual = || typed::default_value(ask.field()?, &typing);
            answers.extend(written.or_else(usual).map(|value| (ask.id.clone(), value)));
        }
        answers
    }

    /// What is wrong with the answers to the move.
    fn step_problem(&self, entered: &Entered) -> Option<FieldProblem> {
        let (step, kind) = (self.target.step?, self.target.kind);
        let answers = self.answers(entered);
        let (own, asks) = (&entered.own, &step.asks);
        unanswered(asks, &answers).or_else(|| {
            answer_problem(self.target.catalogue, kind, asks, own, &answers, self.today)
        })
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
                problems(catalogue, self.target.kind, &entered.own, self.stage(), self.today);
            let given = |id: &str| self.target.step.is_some_and(|step| step.gives(id));
            found.retain(|problem| {
                let lacking = !entered.own.contains_key(&problem.field);
                self.target.kind.person.as_ref() != Some(&problem.field)
                    && !(lacking && given(&problem.field))
            });
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
        for problem in found.into_iter().chain(self.step_problem(entered)) {
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
        let at = if id == super::target::NUMBER {
            self.columns().number()
        } else {
            self.columns().column_of(id)
        };
        match at {
            Some(at) => {
                let text = row.cells.get(at).map_or("", |cell| cell.text.as_str());
                self.fault(at, field, text, said, next)
            }
            None => Fault { at: None, ..self.titled(id, field, said, next) },
        }
    }

    /// What a good row gives, as it is stored: fields by their titles, in the order of the columns,
    /// numbers of people masked.
    pub fn shown(&self, entered: &Entered) -> Vec<(Said, Said)> {
        let catalogue = self.target.catalogue;
        let cell = |meaning: &Column<'_>| {
            let (owner, field) = match meaning {
                Column::Left => return None,
                Column::Number(None) => {
                    let number = entered.number.clone()?;
                    return Some((Said::fixed("编号", "Number"), Said::same(number)));
                }
                Column::Number(Some(field)) => (Owner::Own, *field),
                Column::Field(owner, field) => (*owner, *field),
            };
            let value = entered.all_of(owner).get(&field.id)?;
            let told = |lang| show(catalogue, field, value, lang, false);
            Some((field.title.clone(), Said::new(told(Lang::Zh), told(Lang::En))))
        };
        self.columns().meanings.iter().filter_map(cell).collect()
    }

    fn titled(&self, id: &str, field: Option<&Field>, said: Said, next: Said) -> Fault {
        let title = field.map_or(id, |field| field.title.zh.as_ref());
        Fault::at(0, title, field, "", said, next)
    }

    /// A field by its id, wherever a column can lead.
    pub fn field(&self, id: &str) -> Option<&'a Field> {
        match self.target.table {
            Some(table) => table.column(id),
            None => {
                let person = || self.office.catalogue().kind(PERSON)?.field(id);
                let asked = || self.target.asked().find(|field| field.id == id);
                self.target.kind.field(id).or_else(person).or_else(asked)
            }
        }
    }
}

fn broken_quote() -> Said {
    Said::fixed(
        "引号没有成对，这一行分不清有几格。",
        "A quote is not closed, so the row cannot be divided into cells.",
    )
}

fn swallowed() -> Said {
    Said::fixed(
        "引号没有成对，这一行可能吞掉了下一行。",
        "A quote is not closed, and the row may have swallowed the one below it.",
    )
}

fn close_quote() -> Said {
    Said::fixed(
        "请补上或去掉引号；格子里的引号要写两遍。",
        "Close the quote or take it out; a quote inside a cell is written twice.",
    )
}
