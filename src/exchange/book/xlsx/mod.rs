//! XLSX: Office Open XML, in its usual and its strict form.
//!
//! Read part by part from the ZIP container. Reading libraries give values only; which rows are
//! filtered out, which cells are merged and which formulas were never worked out is in the same
//! parts, so they are read here in one pass.

mod cells;
pub(super) mod parts;
mod strings;
mod styles;

use super::cell::{DayCount, SheetHead, SheetRow, Source, hide};
use super::merges::Merges;
use super::shared::SharedTexts;
use super::xml::{self, attribute, is, says_yes};
use crate::exchange::limits::{MOST_ROWS, MOST_SHEETS};
use crate::exchange::trouble::FileTrouble;
use cells::CellReader;
use parts::Parts;
use quick_xml::events::Event;
use std::sync::Arc;
use strings::shared_texts;
use styles::Styles;

/// A workbook whose directory has been read.
pub(super) struct Xlsx {
    parts: Parts,
    sheets: Vec<Listed>,
    calendar: DayCount,
    /// The workbook asks to be worked out when it is opened: what its formulas have is no value
    /// of theirs when it is nothing or 0.
    to_be_calculated: bool,
    strings: Option<String>,
    styles: Option<String>,
}

/// A sheet as the workbook lists it.
struct Listed {
    name: String,
    hidden: bool,
    part: String,
}

impl Xlsx {
    /// Reads the list of sheets.
    ///
    /// # Errors
    /// When it is no workbook, or damaged.
    pub fn open(bytes: Arc<[u8]>) -> Result<Self, FileTrouble> {
        let mut parts = Parts::open(bytes)?;
        let roots = parts.relations("")?;
        let root = roots.of_type("/officeDocument").next().map(|one| one.target.clone());
        let root = root.unwrap_or_else(|| "xl/workbook.xml".to_string());
        let relations = parts.relations(&root)?;
        let target = |name: &str| relations.of_type(name).next().map(|one| one.target.clone());
        let mut book = Self {
            sheets: Vec::new(),
            calendar: DayCount::From1900,
            to_be_calculated: false,
            strings: target("/sharedStrings"),
            styles: target("/styles"),
            parts,
        };
        let mut part = xml::Xml::new(book.parts.part(&root)?);
        let mut listed = Vec::new();
        loop {
            match part.next()? {
                Event::Start(element)
                    if is(&element, "workbookPr") && says_yes(&element, "date1904") =>
                {
                    book.calendar = DayCount::From1904;
                }
                Event::Start(element) if is(&element, "calcPr") => {
                    book.to_be_calculated = says_yes(&element, "fullCalcOnLoad");
                }
                Event::Start(element) if is(&element, "sheet") => {
                    // `id` is there twice: as the relation, with a prefix, and not as `sheetId`.
                    let relation = attribute(&element, "id");
                    let relation = relation.and_then(|id| relations.by_id(&id));
                    let Some(relation) = relation else { continue };
                    if listed.len() > MOST_SHEETS {
                        return Err(FileTrouble::TooManySheets);
                    }
                    if relation.kind.ends_with("/worksheet") {
                        let state = attribute(&element, "state").unwrap_or_default();
                        listed.push(Listed {
                            name: attribute(&element, "name").unwrap_or_default(),
                            hidden: state.to_ascii_lowercase().ends_with("hidden"),
                            part: relation.target.clone(),
                        });
                    }
                }
                Event::Eof => break,
                _ => {}
            }
        }
        drop(part);
        book.sheets = listed;
        if book.sheets.is_empty() {
            return Err(FileTrouble::Empty);
        }
        Ok(book)
    }

    /// Columns a sheet does not show, from what comes before its rows.
    fn hidden_columns(&mut self, part: &str) -> Result<Vec<usize>, FileTrouble> {
        let mut hidden = Vec::new();
        let mut part = xml::Xml::new(self.parts.part(part)?);
        loop {
            match part.next()? {
                Event::Start(element) if is(&element, "col") && says_yes(&element, "hidden") => {
                    let (first, last) =
                        (xml::number(&element, "min"), xml::number(&element, "max"));
                    if let (Some(first @ 1..), Some(last)) = (first, last) {
                        hide(&mut hidden, first - 1..last);
                    }
                }
                Event::Start(element) if is(&element, "sheetData") => break,
                Event::Eof => break,
                _ => {}
            }
        }
        Ok(hidden)
    }
}

impl Source for Xlsx {
    fn sheets(&mut self) -> Result<Vec<SheetHead>, FileTrouble> {
        let listed = std::mem::take(&mut self.sheets);
        let heads = listed.iter().map(|sheet| {
            Ok(SheetHead {
                name: sheet.name.clone(),
                hidden: sheet.hidden,
                calendar: self.calendar,
                hidden_columns: self.hidden_columns(&sheet.part)?,
            })
        });
        let heads = heads.collect();
        self.sheets = listed;
        heads
    }

    fn rows(
        &mut self,
        sheet: usize,
        each: &mut dyn FnMut(SheetRow) -> bool,
    ) -> Result<(), FileTrouble> {
        let Some(part) = self.sheets.get(sheet).map(|sheet| sheet.part.clone()) else {
            return Ok(());
        };
        let strings = match self.strings.clone() {
            Some(name) => shared_texts(self.parts.part_if_there(&name)?)?,
            None => SharedTexts::default(),
        };
        let styles = match self.styles.clone() {
            Some(name) => Styles::read(self.parts.part_if_there(&name)?)?,
            None => Styles::default(),
        };
        let mut merges = Merges::new(cells::regions(&mut self.parts, &part)?);
        let reader = CellReader {
            strings: &strings,
            styles: &styles,
            calendar: self.calendar,
            to_be_calculated: self.to_be_calculated,
        };
        let mut rows = 0_usize;
        reader.rows(self.parts.part(&part)?, &mut |mut row| {
            merges.fill(&mut row);
            if row.is_blank() {
                return Ok(true);
            }
            rows += 1;
            if rows > MOST_ROWS {
                return Err(FileTrouble::TooLong);
            }
            Ok(each(row))
        })
    }
}

#[cfg(test)]
mod tests;
