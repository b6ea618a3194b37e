//! ODS: OpenDocument spreadsheets, as LibreOffice and others write them.
//!
//! All sheets are in one part, which is read as a stream. Rows and cells that are alike are written
//! once with a count, so an empty row may stand for a million.

mod cells;

use super::cell::{DayCount, SheetHead, SheetRow, Source};
use super::merges::{Merges, Region};
use super::xlsx::parts::damaged;
use super::xml::{Xml, attribute, cut_off, is, number};
use crate::exchange::limits::{MOST_COLUMNS, MOST_ROWS};
use crate::exchange::trouble::FileTrouble;
use crate::words::Said;
use quick_xml::events::{BytesStart, Event};
use std::collections::HashSet;
use std::io::{Cursor, Read};
use std::sync::Arc;
use zip::ZipArchive;

/// The part with the sheets.
const CONTENT: &str = "content.xml";

/// The part that lists all others.
const MANIFEST: &str = "META-INF/manifest.xml";

/// Styles of hidden sheets that are remembered.
const MOST_STYLES: usize = 65_536;

/// A spreadsheet whose directory has been read.
pub(super) struct Ods {
    archive: ZipArchive<Cursor<Arc<[u8]>>>,
}

/// What comes before the sheets.
#[derive(Debug, Default)]
struct Before {
    calendar: DayCount,
    /// Styles of sheets that are not shown.
    hidden: HashSet<String>,
    /// Whether it is a spreadsheet at all.
    spreadsheet: bool,
}

impl Ods {
    /// Reads the directory.
    ///
    /// # Errors
    /// When it is damaged, or has a password.
    pub fn open(bytes: Arc<[u8]>) -> Result<Self, FileTrouble> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
        let mut book = Self { archive };
        if book.is_sealed()? { Err(FileTrouble::Password) } else { Ok(book) }
    }

    /// Whether its parts are encrypted: the list of parts says so, the container does not.
    fn is_sealed(&mut self) -> Result<bool, FileTrouble> {
        if self.archive.index_for_name(MANIFEST).is_none() {
            return Ok(false);
        }
        let mut part = self.part(MANIFEST)?;
        loop {
            match part.next()? {
                Event::Start(element) if is(&element, "encryption-data") => return Ok(true),
                Event::Eof => return Ok(false),
                _ => {}
            }
        }
    }

    fn part(&mut self, name: &str) -> Result<Xml<impl Read + '_>, FileTrouble> {
        let part = self.archive.by_name(name).map_err(|error| damaged(&error))?;
        Ok(Xml::new(part))
    }
}

impl Source for Ods {
    fn sheets(&mut self) -> Result<Vec<SheetHead>, FileTrouble> {
        let mut part = self.part(CONTENT)?;
        let mut before = Before::default();
        let mut heads = Vec::new();
        while let Some(mut head) = next_sheet(&mut part, &mut before)? {
            hidden_columns(&mut part, &mut head.hidden_columns)?;
            if heads.len() > crate::exchange::limits::MOST_SHEETS {
                return Err(FileTrouble::TooManySheets);
            }
            heads.push(head);
        }
        match (heads.is_empty(), before.spreadsheet) {
            (false, _) => Ok(heads),
            (true, true) => Err(FileTrouble::Empty),
            (true, false) => Err(FileTrouble::Foreign(
                Said::fixed(
                    "这是 OpenDocument 文件，里面不是表格。",
                    "This is an OpenDocument file, and no spreadsheet.",
                ),
                Said::fixed(
                    "请把里面的表格复制到表格软件，存成 XLSX 再导入。",
                    "Copy its table to a spreadsheet program, save it as XLSX and import that.",
                ),
            )),
        }
    }

    fn rows(
        &mut self,
        sheet: usize,
        each: &mut dyn FnMut(SheetRow) -> bool,
    ) -> Result<(), FileTrouble> {
        let mut part = self.part(CONTENT)?;
        let mut before = Before::default();
        for _ in 0..sheet {
            if next_sheet(&mut part, &mut before)?.is_none() {
                return Ok(());
            }
            part.skip()?;
        }
        match next_sheet(&mut part, &mut before)? {
            Some(_) => Rows::default().read(&mut part, each),
            None => Ok(()),
        }
    }
}

/// Goes on to the next sheet.
fn next_sheet<R: Read>(
    part: &mut Xml<R>,
    before: &mut Before,
) -> Result<Option<SheetHead>, FileTrouble> {
    let mut style = String::new();
    loop {
        match part.next()? {
            Event::Start(element) if is(&element, "table") => {
                let shown = attribute(&element, "style-name");
                return Ok(Some(SheetHead {
                    name: attribute(&element, "name").unwrap_or_default(),
                    hidden: shown.is_some_and(|style| before.hidden.contains(&style)),
                    calendar: before.calendar,
                    hidden_columns: Vec::new(),
                }));
            }
            // Rows that were deleted, and sheets of other files, are in tables too.
            Event::Start(element) if is_beside(&element) => part.skip()?,
            Event::Start(element) if is(&element, "spreadsheet") => before.spreadsheet = true,
            Event::Start(element) if is(&element, "null-date") => {
                let day = attribute(&element, "date-value");
                if day.is_some_and(|day| day.starts_with("1904-01-01")) {
                    before.calendar = DayCount::From1904;
                }
            }
            Event::Start(element) if is(&element, "style") => {
                style = attribute(&element, "name").unwrap_or_default();
            }
            Event::Start(element) if is(&element, "table-properties") => {
                let display = attribute(&element, "display");
                if display.as_deref() == Some("false") && before.hidden.len() < MOST_STYLES {
                    before.hidden.insert(style.clone());
                }
            }
            Event::Eof => return Ok(None),
            _ => {}
        }
    }
}

/// Things beside the cells of a sheet, and beside the sheets.
fn is_beside(element: &BytesStart<'_>) -> bool {
    ["tracked-changes", "dde-links", "shapes", "forms", "named-expressions", "scenario"]
        .iter()
        .any(|name| is(element, name))
}

/// Whether a row or a column is not shown.
fn is_hidden(element: &BytesStart<'_>) -> bool {
    attribute(element, "visibility").is_some_and(|said| said == "collapse" || said == "filter")
}

/// Columns that the sheet just begun does not show; ends after it.
fn hidden_columns<R: Read>(part: &mut Xml<R>, into: &mut Vec<usize>) -> Result<(), FileTrouble> {
    let (mut column, mut depth) = (0_usize, 1_usize);
    while depth > 0 {
        match part.next()? {
            Event::Start(element) if is(&element, "table-column") => {
                depth += 1;
                let repeated = number(&element, "number-columns-repeated").unwrap_or(1);
                let end = column.saturating_add(repeated).min(MOST_COLUMNS);
                if is_hidden(&element) {
                    into.extend(column..end);
                }
                column = end;
            }
            Event::Start(element) if is(&element, "table-row") || is_beside(&element) => {
                part.skip()?;
            }
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            Event::Eof => return Err(cut_off()),
            _ => {}
        }
    }
    Ok(())
}

/// The rows of a sheet being read.
#[derive(Default)]
struct Rows {
    merges: Merges,
    line: usize,
    rows: usize,
}

impl Rows {
    /// Hands on the rows of the sheet just begun.
    fn read<R: Read>(
        mut self,
        part: &mut Xml<R>,
        each: &mut dyn FnMut(SheetRow) -> bool,
    ) -> Result<(), FileTrouble> {
        let mut depth = 1_usize;
        while depth > 0 {
            match part.next()? {
                Event::Start(element) if is(&element, "table-row") => {
                    let repeated = number(&element, "number-rows-repeated").unwrap_or(1).max(1);
                    let hidden = is_hidden(&element);
                    let row = SheetRow::at(self.line.saturating_add(1), hidden);
                    let row = self.row(part, row)?;
                    if !self.hand(&row, repeated, each)? {
                        return Ok(());
                    }
                    self.line = self.line.saturating_add(repeated);
                }
                Event::Start(element) if is(&element, "table") || is_beside(&element) => {
                    part.skip()?;
                }
                Event::Start(_) => depth += 1,
                Event::End(_) => depth -= 1,
                Event::Eof => return Err(cut_off()),
                _ => {}
            }
        }
        Ok(())
    }

    /// Reads the row just begun.
    fn row<R: Read>(
        &mut self,
        part: &mut Xml<R>,
        mut row: SheetRow,
    ) -> Result<SheetRow, FileTrouble> {
        let mut column = 0_usize;
        loop {
            match part.next()? {
                Event::Start(element)
                    if is(&element, "table-cell") || is(&element, "covered-table-cell") =>
                {
                    let reach = |name| number(&element, name).unwrap_or(1).max(1);
                    let repeated = reach("number-columns-repeated");
                    let (over, down) =
                        (reach("number-columns-spanned"), reach("number-rows-spanned"));
                    let given = cells::Given::of(&element);
                    let cell = given.read(part)?;
                    let end = column.saturating_add(repeated);
                    if !cell.is_blank() {
                        if over > 1 || down > 1 {
                            let top = row.line.saturating_sub(1);
                            let bottom = top.saturating_add(down - 1);
                            let right = column.saturating_add(over - 1);
                            self.merges.begin(Region { top, left: column, bottom, right });
                        }
                        // One too many ends it: a row is never filled beyond its limit.
                        for at in column.saturating_add(1)..end.min(MOST_COLUMNS + 1) {
                            row.put(at, cell.clone())?;
                        }
                        row.put(column, cell)?;
                    }
                    column = end;
                }
                Event::Start(_) => part.skip()?,
                Event::End(_) => return Ok(row),
                Event::Eof => return Err(cut_off()),
                _ => {}
            }
        }
    }

    /// Hands on a row as many times as it is there.
    fn hand(
        &mut self,
        row: &SheetRow,
        repeated: usize,
        each: &mut dyn FnMut(SheetRow) -> bool,
    ) -> Result<bool, FileTrouble> {
        if row.is_blank() {
            return Ok(true);
        }
        for again in 0..repeated {
            self.rows += 1;
            if self.rows > MOST_ROWS {
                return Err(FileTrouble::TooLong);
            }
            let mut row = SheetRow { line: row.line.saturating_add(again), ..row.clone() };
            self.merges.fill(&mut row);
            if !each(row) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
