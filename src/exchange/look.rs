//! The first look at a file, before anything of it is taken in: which sheets are meant, what their
//! columns are, which rows are rows of the list, and everything a person has to be told.
//!
//! The whole file is read once for it, so that a damaged one is refused before the first row is
//! written.

use super::book::{Book, Merged, SheetHead, SheetRow};
use super::columns::{Column, Columns};
use super::cut::Numbers;
use super::headings::{self, HEADING_ROWS, Headings};
use super::rows::{self, RowIs};
use super::target::Target;
use super::told::{self, About, Lines, Notice, column_name};
use super::{FileTrouble, ImportOptions};
use crate::program::FieldType;
use crate::record::fold;
use crate::said;
use crate::words::Said;
use std::collections::BTreeMap;

/// Sheets named in a sentence.
const SHEETS_NAMED: usize = 20;

/// Rows of totals and remarks named one by one.
const ASIDES_NAMED: usize = 8;

/// A sheet that is taken in.
#[derive(Debug)]
pub(super) struct Layout<'c> {
    /// Its place in the book.
    pub at: usize,
    /// What the book says of it.
    pub head: SheetHead,
    /// What divides its cells, in a text file.
    pub separator: Option<u8>,
    pub columns: Columns<'c>,
    /// What was seen of long numbers.
    pub numbers: Numbers,
    /// Rows below the headings.
    pub rows: usize,
    /// Of these, rows of the list.
    pub taken: usize,
    /// Rows that are no rows of the list, or hidden: told and left.
    pub told: usize,
    /// The line on which other headings begin.
    pub ends_at: Option<usize>,
    /// Rows the sheet does not show are taken too.
    with_hidden: bool,
}

/// What becomes of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing is in it.
    Blank,
    /// It is looked at as a row of the list.
    Taken,
    /// It is told, and left.
    Told(RowIs),
    /// It is below other headings.
    Below,
}

impl Layout<'_> {
    /// What becomes of a row below the headings.
    pub fn fate(&self, row: &SheetRow, target: &Target<'_>) -> Fate {
        let is = rows::what(row, &self.columns, target);
        match is {
            RowIs::Blank => Fate::Blank,
            RowIs::Data if row.hidden && !self.with_hidden => Fate::Told(is),
            RowIs::Data if self.ends_at.is_some_and(|line| row.line > line) => Fate::Below,
            RowIs::Data => Fate::Taken,
            other => Fate::Told(other),
        }
    }

    /// Whether the content of a cell merged with one to its left counts for a column: only for
    /// those that say whose row it is.
    pub fn reaches_over(&self, at: usize) -> bool {
        let id = self.columns.field_at(at).map(|field| &field.field_type);
        matches!(self.columns.meanings.get(at), Some(Column::Number(_)))
            || matches!(id, Some(FieldType::IdNumber))
    }
}

/// A file looked at.
#[derive(Debug)]
pub(super) struct Look<'c> {
    /// The sheets that are taken in, in their order.
    pub sheets: Vec<Layout<'c>>,
    /// What a person is told.
    pub notices: Vec<Notice>,
}

/// Looks at a file. `each` hears of every row.
///
/// # Errors
/// When nothing of it can be taken in.
pub(super) fn look<'c>(
    book: &Book,
    target: &Target<'c>,
    options: &ImportOptions<'_>,
    each: &mut dyn FnMut(),
) -> Result<Look<'c>, FileTrouble> {
    if let Some(map) = options.map {
        map.check(target)?;
    }
    let mut notices = Vec::new();
    let chosen = chosen(book, options, &mut notices)?;
    let mut sheets = Vec::new();
    let mut foreign = Vec::new();
    let mut why: Option<FileTrouble> = None;
    let by_name = !options.sheets.is_empty() || chosen.len() == 1;
    for at in chosen {
        let Some(head) = book.sheets().get(at) else { continue };
        match layout(book, at, head, target, options, by_name) {
            Ok(Some(found)) => sheets.push(found),
            Ok(None) => {}
            Err(trouble @ FileTrouble::NoHeadings { .. }) => {
                foreign.push(head.name.clone());
                why.get_or_insert(trouble);
            }
            Err(trouble @ FileTrouble::MissingColumn(_)) => {
                notices.push(told::lacking_sheet(&head.name, &trouble.said()));
                // What is missing tells more than that nothing was recognised elsewhere.
                if !matches!(why, Some(FileTrouble::MissingColumn(_))) {
                    why = Some(trouble);
                }
            }
            Err(trouble) => return Err(trouble),
        }
    }
    if sheets.is_empty() {
        return Err(why.unwrap_or(FileTrouble::Empty));
    }
    notices.extend(told::foreign_sheets(&foreign));
    let mut tallies = Vec::new();
    for sheet in &mut sheets {
        tallies.push(Tally::of(book, sheet, target, options, each)?);
    }
    distrust_all(&mut sheets);
    for (sheet, tally) in sheets.iter().zip(&tallies) {
        tally.tell(sheet, &mut notices);
    }
    Ok(Look { sheets, notices })
}

/// A field whose numbers were cut in one sheet is distrusted in all: one program wrote the file.
fn distrust_all(sheets: &mut [Layout<'_>]) {
    let mut fields: Vec<&str> = Vec::new();
    for sheet in sheets.iter() {
        let cut = sheet.numbers.columns().filter(|(_, seen)| seen.is_distrusted());
        fields.extend(cut.filter_map(|(at, _)| sheet.columns.field_at(at)).map(|f| f.id.as_str()));
    }
    for sheet in sheets {
        for at in 0..sheet.columns.meanings.len() {
            if sheet.columns.field_at(at).is_some_and(|field| fields.contains(&field.id.as_str())) {
                sheet.numbers.distrust(at);
            }
        }
    }
}

/// The sheets to look at: those asked for, or all that are shown.
fn chosen(
    book: &Book,
    options: &ImportOptions<'_>,
    notices: &mut Vec<Notice>,
) -> Result<Vec<usize>, FileTrouble> {
    let heads = book.sheets();
    let folded = |name: &str| fold(name).to_lowercase();
    if options.sheets.is_empty() {
        let mut chosen = Vec::new();
        for (at, head) in heads.iter().enumerate() {
            if !head.hidden {
                chosen.push(at);
            } else if book.rows(at, None).next().is_some() {
                notices.push(told::hidden_sheet(&head.name));
            }
        }
        if !chosen.is_empty() {
            return Ok(chosen);
        }
    }
    let known = || {
        let named = heads.iter().filter(|head| !head.name.is_empty());
        named.take(SHEETS_NAMED).map(|head| head.name.as_str()).collect::<Vec<_>>().join("、")
    };
    let none = |name: &str| FileTrouble::NoSheet { name: name.to_string(), known: known() };
    if options.sheets.is_empty() {
        return Err(FileTrouble::AllHidden { known: known() });
    }
    let find = |name: &String| {
        let found = heads.iter().position(|head| head.name == *name);
        let found = found.or_else(|| {
            heads
                .iter()
                .position(|head| !head.name.is_empty() && folded(&head.name) == folded(name))
        });
        found.ok_or_else(|| none(name))
    };
    let mut chosen = options.sheets.iter().map(find).collect::<Result<Vec<_>, _>>()?;
    chosen.sort_unstable();
    chosen.dedup();
    Ok(chosen)
}

/// The layout of one sheet; `None` for one without content.
fn layout<'c>(
    book: &Book,
    at: usize,
    head: &SheetHead,
    target: &Target<'c>,
    options: &ImportOptions<'_>,
    by_name: bool,
) -> Result<Option<Layout<'c>>, FileTrouble> {
    let known = |text: &str| {
        !fold(text).is_empty()
            && (target.is_known(text) || options.map.is_some_and(|map| map.of(text).is_some()))
    };
    let fits = |found: &Headings| Columns::of(target, found.clone(), options.map).is_ok();
    let mut separators: Vec<Option<u8>> = book.separators().into_iter().map(Some).collect();
    if separators.is_empty() {
        separators.push(None);
    }
    let mut best: Option<(Headings, Option<u8>)> = None;
    let mut first = None;
    for separator in separators {
        let top = book.rows(at, separator).take(HEADING_ROWS).collect::<Result<Vec<_>, _>>()?;
        let Some(row) = top.iter().find(|row| !row.is_blank()) else { continue };
        first.get_or_insert_with(|| row.texts().join(",").chars().take(60).collect::<String>());
        let Some(found) = headings::find(&top, &known, &fits) else { continue };
        if best.as_ref().is_none_or(|(best, _)| found.known > best.known) {
            best = Some((found, separator));
        }
    }
    let Some(first) = first else { return Ok(None) };
    // One word that happens to be a heading makes no list of a sheet among others.
    let enough = |found: &Headings| {
        let filled = found.columns.iter().filter(|column| !column.shown.is_empty()).count();
        by_name || found.known >= 2 || found.known * 2 >= filled
    };
    let Some((found, separator)) = best.filter(|(found, _)| enough(found)) else {
        return Err(target.no_headings(first));
    };
    Ok(Some(Layout {
        at,
        head: head.clone(),
        separator,
        columns: Columns::of(target, found, options.map)?,
        numbers: Numbers::default(),
        rows: 0,
        taken: 0,
        told: 0,
        ends_at: None,
        with_hidden: options.hidden,
    }))
}

/// What was seen in the rows of a sheet.
#[derive(Default)]
struct Tally {
    hidden: Lines,
    asides: Lines,
    labels: Vec<(usize, String)>,
    again: Lines,
    /// Rows above the headings that say more than a title.
    above: Lines,
    /// Where an amount is said to be in another unit.
    unit: Option<(usize, String)>,
    no_heading: BTreeMap<usize, Lines>,
    down: BTreeMap<usize, Lines>,
    over: BTreeMap<usize, Lines>,
}

impl Tally {
    /// Reads a sheet to its end.
    fn of(
        book: &Book,
        sheet: &mut Layout<'_>,
        target: &Target<'_>,
        options: &ImportOptions<'_>,
        each: &mut dyn FnMut(),
    ) -> Result<Self, FileTrouble> {
        let mut tally = Self::default();
        for (place, row) in book.rows(sheet.at, sheet.separator).enumerate() {
            let row = row?;
            if place < sheet.columns.skip {
                tally.above(sheet, &row, place);
                continue;
            }
            if options.asked_to_stop() {
                return Err(FileTrouble::Stopped);
            }
            sheet.rows += 1;
            each();
            match sheet.fate(&row, target) {
                Fate::Blank => {}
                Fate::Taken => {
                    sheet.taken += 1;
                    tally.look(sheet, &row);
                }
                Fate::Told(is) => {
                    sheet.told += 1;
                    tally.leave(sheet, &row, is);
                }
                Fate::Below => {}
            }
        }
        Ok(tally)
    }

    /// A row above the first one of the list. One cell alone is a title.
    fn above(&mut self, sheet: &Layout<'_>, row: &SheetRow, place: usize) {
        let scaled =
            |text: &str| text.len() < 200 && (text.contains("万元") || text.contains("千元"));
        let unit = row.cells.iter().find(|cell| scaled(&cell.text));
        if let Some(cell) = unit
            && self.unit.is_none()
            && sheet.columns.takes_money()
        {
            self.unit = Some((row.line, cell.text.clone()));
        }
        let own = row.cells.iter().filter(|cell| cell.merged == Merged::No && !cell.is_blank());
        let texts: Vec<&str> = own.map(|cell| cell.text.as_str()).collect();
        let is_heading = place + sheet.columns.rows >= sheet.columns.skip;
        let is_group = place + sheet.columns.rows + 1 == sheet.columns.skip;
        let digits = |text: &&str| text.chars().filter(char::is_ascii_digit).count() >= 6;
        if !is_heading && texts.len() > 1 && (!is_group || texts.iter().any(digits)) {
            self.above.add(row.line);
        }
    }

    fn leave(&mut self, sheet: &mut Layout<'_>, row: &SheetRow, is: RowIs) {
        match is {
            RowIs::HeadingsAgain => {
                self.again.add(row.line);
            }
            RowIs::OtherHeadings => {
                sheet.ends_at.get_or_insert(row.line);
            }
            RowIs::Aside(label) => {
                self.asides.add(row.line);
                if self.labels.len() < ASIDES_NAMED {
                    self.labels.push((row.line, label));
                }
            }
            RowIs::Data | RowIs::Blank => self.hidden.add(row.line),
        }
    }

    fn look(&mut self, sheet: &mut Layout<'_>, row: &SheetRow) {
        if row.hidden {
            self.hidden.add(row.line);
        }
        if row.broken {
            return;
        }
        sheet.numbers.see(row, &sheet.columns);
        for (at, cell) in row.cells.iter().enumerate().filter(|(_, cell)| !cell.is_blank()) {
            let taken = sheet.columns.is_taken(at);
            match cell.merged {
                Merged::No if sheet.columns.heading(at).trim().is_empty() => {
                    self.no_heading.entry(at).or_default().add(row.line);
                }
                Merged::Down if sheet.columns.heading_is(at, &cell.text) => {}
                Merged::Down if taken => self.down.entry(at).or_default().add(row.line),
                Merged::Over if taken && sheet.reaches_over(at) => {
                    self.down.entry(at).or_default().add(row.line);
                }
                Merged::Over if taken => self.over.entry(at).or_default().add(row.line),
                _ => {}
            }
        }
    }

    /// Puts it in words.
    fn tell(&self, sheet: &Layout<'_>, notices: &mut Vec<Notice>) {
        let (name, columns) = (sheet.head.name.as_str(), &sheet.columns);
        let title = |at: usize| column_name(columns.heading(at), at);
        notices.extend(
            columns.notices.iter().map(|what| Notice::new(About::Column, name, what.clone())),
        );
        if self.above.count > 0 {
            notices.push(told::above_headings(name, &self.above));
        }
        if let Some((line, text)) = &self.unit {
            notices.push(told::other_unit(name, *line, text));
        }
        if columns.rows > 1 {
            let less =
                columns.headings.iter().enumerate().filter(|(at, heading)| {
                    columns.is_taken(*at) && heading.meant != heading.shown
                });
            let read: Vec<_> =
                less.map(|(_, heading)| (heading.shown.clone(), heading.meant.clone())).collect();
            notices.push(told::joined_headings(name, columns.rows, &read));
        }
        let hidden = sheet.head.hidden_columns.iter().filter(|at| columns.is_taken(**at));
        let hidden: Vec<String> = hidden.map(|at| columns.heading(*at).to_string()).collect();
        if !hidden.is_empty() {
            notices.push(told::hidden_columns(name, &hidden));
        }
        if self.hidden.count > 0 {
            notices.push(told::hidden_rows(name, &self.hidden, sheet.with_hidden));
        }
        notices.extend(self.no_heading.iter().map(|(at, rows)| told::no_heading(name, *at, rows)));
        notices
            .extend(self.down.iter().map(|(at, rows)| told::merged_down(name, &title(*at), rows)));
        notices
            .extend(self.over.iter().map(|(at, rows)| told::merged_over(name, &title(*at), rows)));
        if self.again.count > 0 {
            notices.push(told::headings_again(name, &self.again));
        }
        if self.asides.count > 0 {
            notices.push(told::no_person(name, &self.asides, &self.labels));
        }
        if let Some(line) = sheet.ends_at {
            notices.push(told::other_headings(name, line));
        }
        for (at, seen) in sheet.numbers.columns() {
            if seen.is_distrusted() && seen.lost() > 0 {
                notices.push(told::cut_numbers(name, &title(at), seen.lost(), seen.filled));
            } else if seen.is_doubtful() {
                notices.push(told::ends_in_zeros(name, &title(at), &seen.doubtful));
            }
        }
    }
}

/// Why a row below other headings is not taken.
pub(super) fn below(line: usize) -> (Said, Said) {
    (
        said!(
            "第 {line} 行起是另一种表头，这一行的列对不上。",
            "Other headings begin on line {line}; the columns of this row do not fit."
        ),
        Said::fixed(
            "请把这一部分另存为一张工作表或一个文件再导入。",
            "Put this part into a sheet or file of its own and import that.",
        ),
    )
}
