//! XML 2003: the XML of Excel 2002 and 2003, which programs still write since it is simple.

use super::cell::{Cell, DayCount, SheetHead, SheetRow, Source, is_error, iso_moment};
use super::formats::is_date_code;
use super::markup::{Decoded, Markup};
use super::merges::{Merges, Region};
use super::xml::{Xml, attribute, cut_off, is, number, says_yes};
use crate::exchange::limits::{MOST_COLUMNS, MOST_ROWS};
use crate::exchange::trouble::FileTrouble;
use quick_xml::events::{BytesStart, Event};
use std::collections::HashSet;
use std::sync::Arc;

/// The widest and highest a region is followed: as far as a sheet reaches.
const FARTHEST: usize = MOST_ROWS;

/// Styles of days that are remembered.
const MOST_STYLES: usize = 65_536;

/// A workbook.
#[derive(Debug)]
pub(super) struct Xml2003 {
    file: Markup,
}

/// What comes before the sheets.
#[derive(Debug, Default)]
struct Before {
    calendar: DayCount,
    /// Styles of cells that show days.
    days: HashSet<String>,
}

impl Xml2003 {
    /// Finds out what the file is written in.
    ///
    /// # Errors
    /// When it is in no encoding.
    pub fn open(bytes: Arc<[u8]>) -> Result<Self, FileTrouble> {
        Ok(Self { file: Markup::open(bytes)? })
    }
}

impl Source for Xml2003 {
    fn sheets(&mut self) -> Result<Vec<SheetHead>, FileTrouble> {
        let mut part = Xml::new(self.file.reader());
        let mut before = Before::default();
        let mut heads = Vec::new();
        while let Some(name) = next_sheet(&mut part, &mut before)? {
            if heads.len() > crate::exchange::limits::MOST_SHEETS {
                return Err(FileTrouble::TooManySheets);
            }
            heads.push(head(&mut part, name)?);
        }
        heads.iter_mut().for_each(|head| head.calendar = before.calendar);
        if heads.is_empty() { Err(FileTrouble::Empty) } else { Ok(heads) }
    }

    fn rows(
        &mut self,
        sheet: usize,
        each: &mut dyn FnMut(SheetRow) -> bool,
    ) -> Result<(), FileTrouble> {
        let mut part = Xml::new(self.file.reader());
        let mut before = Before::default();
        for _ in 0..sheet {
            if next_sheet(&mut part, &mut before)?.is_none() {
                return Ok(());
            }
            part.skip()?;
        }
        if next_sheet(&mut part, &mut before)?.is_none() {
            return Ok(());
        }
        let reader = Rows {
            before: &before,
            merges: Merges::default(),
            covered: Vec::new(),
            line: 0,
            rows: 0,
        };
        reader.read(&mut part, each)
    }
}

/// Goes on to the next sheet, and gives its name.
fn next_sheet(
    part: &mut Xml<Decoded<'_>>,
    before: &mut Before,
) -> Result<Option<String>, FileTrouble> {
    let mut style = String::new();
    loop {
        match part.next()? {
            Event::Start(element) if is(&element, "Worksheet") => {
                return Ok(Some(attribute(&element, "Name").unwrap_or_default()));
            }
            Event::Start(element) if is(&element, "Date1904") => {
                before.calendar = DayCount::From1904;
            }
            Event::Start(element) if is(&element, "Style") => {
                style = attribute(&element, "ID").unwrap_or_default();
            }
            Event::Start(element) if is(&element, "NumberFormat") => {
                let format = attribute(&element, "Format").unwrap_or_default();
                if is_day(&format) && before.days.len() < MOST_STYLES {
                    before.days.insert(style.clone());
                }
            }
            Event::Eof => return Ok(None),
            _ => {}
        }
    }
}

/// Whether a number format, by its code or its name, shows a day or a time.
fn is_day(format: &str) -> bool {
    let small = format.to_ascii_lowercase();
    let named = ["general", "fixed", "standard", "percent", "scientific", "currency", "yes/no"];
    small.ends_with("date")
        || small.ends_with("time")
        || !named.iter().any(|name| small.contains(name)) && is_date_code(format)
}

/// What is known of the sheet just begun, up to its end.
fn head(part: &mut Xml<Decoded<'_>>, name: String) -> Result<SheetHead, FileTrouble> {
    let mut head = SheetHead { name, ..SheetHead::default() };
    let (mut column, mut depth) = (0_usize, 1_usize);
    while depth > 0 {
        match part.next()? {
            Event::Start(element) if is(&element, "Column") => {
                depth += 1;
                column = number(&element, "Index").map_or(column, |index| index.saturating_sub(1));
                // A span counts the columns after this one.
                let span = number(&element, "Span").unwrap_or(0);
                let end = column.saturating_add(span).saturating_add(1);
                if says_yes(&element, "Hidden") {
                    let end = end.min(MOST_COLUMNS);
                    let room = MOST_COLUMNS.saturating_sub(head.hidden_columns.len());
                    head.hidden_columns.extend((column..end).take(room));
                }
                column = end;
            }
            Event::Start(element) if is(&element, "Visible") => {
                let mut said = String::new();
                part.text(&mut said)?;
                head.hidden = said.trim().starts_with("SheetHidden")
                    || said.trim().starts_with("SheetVeryHidden");
            }
            Event::Start(element) if is(&element, "Data") => part.skip()?,
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            Event::Eof => return Err(cut_off()),
            _ => {}
        }
    }
    head.hidden_columns.sort_unstable();
    head.hidden_columns.dedup();
    Ok(head)
}

/// What the attributes of a cell say.
struct Opened {
    column: Option<usize>,
    formula: bool,
    day: bool,
    over: usize,
    down: usize,
}

/// The rows of a sheet being read.
struct Rows<'b> {
    before: &'b Before,
    merges: Merges,
    /// By column, the last row that a merged cell reaches down to.
    covered: Vec<usize>,
    line: usize,
    rows: usize,
}

impl Rows<'_> {
    /// Hands on the rows of the sheet just begun.
    fn read(
        mut self,
        part: &mut Xml<Decoded<'_>>,
        each: &mut dyn FnMut(SheetRow) -> bool,
    ) -> Result<(), FileTrouble> {
        let mut depth = 1_usize;
        while depth > 0 {
            match part.next()? {
                Event::Start(element) if is(&element, "Row") => {
                    let (index, hidden) = (number(&element, "Index"), says_yes(&element, "Hidden"));
                    let span = number(&element, "Span").unwrap_or(0);
                    let line = index.unwrap_or(self.line.saturating_add(1));
                    if line <= self.line {
                        let last = self.line;
                        let why = format!("row {line} comes after row {last}");
                        return Err(FileTrouble::Workbook(why));
                    }
                    self.line = line;
                    let row = self.row(part, SheetRow::at(line, hidden))?;
                    // Rows of a span look like this one, and have nothing in them.
                    self.line = self.line.saturating_add(span);
                    if !self.hand(row, each)? {
                        return Ok(());
                    }
                }
                Event::Start(element) if is(&element, "WorksheetOptions") => part.skip()?,
                Event::Start(_) => depth += 1,
                Event::End(_) => depth -= 1,
                Event::Eof => return Err(cut_off()),
                _ => {}
            }
        }
        Ok(())
    }

    fn hand(
        &mut self,
        mut row: SheetRow,
        each: &mut dyn FnMut(SheetRow) -> bool,
    ) -> Result<bool, FileTrouble> {
        self.merges.fill(&mut row);
        if row.is_blank() {
            return Ok(true);
        }
        self.rows += 1;
        if self.rows > MOST_ROWS { Err(FileTrouble::TooLong) } else { Ok(each(row)) }
    }

    /// Reads the row just begun.
    fn row(
        &mut self,
        part: &mut Xml<Decoded<'_>>,
        mut row: SheetRow,
    ) -> Result<SheetRow, FileTrouble> {
        let mut column = 0_usize;
        loop {
            match part.next()? {
                Event::Start(element) if is(&element, "Cell") => {
                    let opened = self.opened(&element);
                    column = opened.column.unwrap_or(column);
                    let cell = self.cell(part, &opened)?;
                    if opened.column.is_none() && !cell.is_blank() {
                        column = self.free_from(column, row.line);
                    }
                    let end = column.saturating_add(opened.over);
                    self.cover(column, end, row.line.saturating_add(opened.down));
                    if !cell.is_blank() && (opened.over > 0 || opened.down > 0) {
                        let top = row.line.saturating_sub(1);
                        let bottom = top.saturating_add(opened.down);
                        self.merges.begin(Region { top, left: column, bottom, right: end });
                    }
                    row.put(column, cell)?;
                    column = end.saturating_add(1);
                }
                Event::Start(_) => part.skip()?,
                Event::End(_) => return Ok(row),
                Event::Eof => return Err(cut_off()),
                _ => {}
            }
        }
    }

    /// The first column from here on that no merged cell reaches into from above. Excel tells the
    /// place of a cell after one; LibreOffice does not, and nothing can be in a covered place.
    fn free_from(&self, column: usize, line: usize) -> usize {
        let covered = self.covered.iter().skip(column).take_while(|last| **last >= line);
        column.saturating_add(covered.count())
    }

    fn cover(&mut self, first: usize, last: usize, line: usize) {
        let end = last.saturating_add(1).min(MOST_COLUMNS);
        if line > self.line && first < end {
            if self.covered.len() < end {
                self.covered.resize(end, 0);
            }
            let reached = self.covered.get_mut(first..end).unwrap_or_default();
            reached.iter_mut().for_each(|place| *place = line.max(*place));
        }
    }

    fn opened(&self, element: &BytesStart<'_>) -> Opened {
        let style = attribute(element, "StyleID");
        Opened {
            column: number(element, "Index").and_then(|index| index.checked_sub(1)),
            formula: attribute(element, "Formula").is_some(),
            day: style.is_some_and(|style| self.before.days.contains(&style)),
            over: number(element, "MergeAcross").unwrap_or(0).min(FARTHEST),
            down: number(element, "MergeDown").unwrap_or(0).min(FARTHEST),
        }
    }

    /// Reads the cell just begun. Comments and how characters are read aloud are no part of it.
    fn cell(&self, part: &mut Xml<Decoded<'_>>, opened: &Opened) -> Result<Cell, FileTrouble> {
        let (mut text, mut kind) = (String::new(), None);
        loop {
            match part.next()? {
                Event::Start(element) if is(&element, "Data") => {
                    kind = Some(attribute(&element, "Type").unwrap_or_default());
                    text.clear();
                    part.text(&mut text)?;
                }
                Event::Start(_) => part.skip()?,
                Event::End(_) => break,
                Event::Eof => return Err(cut_off()),
                _ => {}
            }
        }
        let kind = kind.as_deref();
        // A formula that gives an empty text has an empty value; one never worked out has none.
        if opened.formula && text.trim().is_empty() && kind != Some("String") {
            return Ok(Cell::unworked());
        }
        // LibreOffice writes errors as texts.
        if opened.formula && is_error(text.trim()) {
            return Ok(Cell::failed(text.trim()));
        }
        Ok(self.value(kind.unwrap_or_default(), opened.day, text))
    }

    fn value(&self, kind: &str, day: bool, text: String) -> Cell {
        let bare = text.trim();
        match kind {
            "Number" | "DateTime" | "Boolean" | "Error" if bare.is_empty() => Cell::default(),
            "Number" => match bare.parse::<f64>() {
                Ok(number) if number.is_finite() => {
                    let moment = day.then(|| Cell::moment(number, self.before.calendar)).flatten();
                    moment.unwrap_or_else(|| Cell::number(number))
                }
                _ => Cell::text(bare),
            },
            "DateTime" => Cell::text(iso_moment(bare).unwrap_or_else(|| bare.to_string())),
            "Boolean" => Cell::yes_no(matches!(bare, "1" | "true" | "True" | "TRUE")),
            "Error" => Cell::failed(bare),
            _ => Cell::text(text),
        }
    }
}

#[cfg(test)]
mod tests;
