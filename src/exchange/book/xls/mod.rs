//! XLS: the binary workbooks of Excel 5 to 2003 (BIFF 5, 7 and 8), which many programs still write.
//!
//! A compound file holds a stream of records: first those of the whole workbook, then those of each
//! sheet. Counts and sizes in them are not believed: what is kept in memory is what was read.
//! A stream that ends before its last record says so is damaged, and nothing of it is taken.

mod cells;
mod container;
mod globals;
mod records;
mod survey;
mod text;

use super::cell::{SheetHead, SheetRow, Source};
use super::merges::Merges;
use super::shared::SharedTexts;
use crate::exchange::trouble::FileTrouble;
use cells::CellReader;
pub(super) use cells::{error_text, unpacked};
use globals::Globals;
use records::Records;
use std::sync::Arc;
use survey::Survey;
use text::shared_texts;

/// A workbook whose lists have been read.
pub(super) struct Xls {
    stream: Vec<u8>,
    globals: Globals,
    /// Of each sheet, in the order of the workbook.
    surveys: Vec<Survey>,
}

impl Xls {
    /// Reads the list of sheets, and what is known of each before its cells.
    ///
    /// # Errors
    /// When it is no workbook, damaged, or behind a password.
    pub fn open(bytes: Arc<[u8]>) -> Result<Self, FileTrouble> {
        Self::of_stream(container::workbook_stream(bytes)?)
    }

    /// The same from the stream of records alone.
    pub(super) fn of_stream(stream: Vec<u8>) -> Result<Self, FileTrouble> {
        let globals = Globals::read(&stream)?;
        if globals.sheets.is_empty() {
            return Err(FileTrouble::Empty);
        }
        let mut in_place: Vec<_> = globals.sheets.iter().enumerate().collect();
        in_place.sort_by_key(|(_, sheet)| sheet.start);
        let mut surveys = Vec::new();
        let mut end = 0;
        for (number, sheet) in in_place {
            // Sheets that share records would have them read again and again.
            if sheet.start < end {
                return Err(FileTrouble::Workbook("two sheets of it overlap".to_string()));
            }
            let survey = Survey::of(&stream, sheet.start)?;
            end = survey.end;
            surveys.push((number, survey));
        }
        surveys.sort_by_key(|(number, _)| *number);
        let surveys = surveys.into_iter().map(|(_, survey)| survey).collect();
        Ok(Self { stream, globals, surveys })
    }
}

impl Source for Xls {
    fn sheets(&mut self) -> Result<Vec<SheetHead>, FileTrouble> {
        let all = self.globals.sheets.iter().zip(&self.surveys);
        let head = |(sheet, survey): (&globals::Listed, &Survey)| SheetHead {
            name: sheet.name.clone(),
            hidden: sheet.hidden,
            calendar: self.globals.calendar,
            hidden_columns: survey.hidden_columns.clone(),
        };
        Ok(all.map(head).collect())
    }

    fn rows(
        &mut self,
        sheet: usize,
        each: &mut dyn FnMut(SheetRow) -> bool,
    ) -> Result<(), FileTrouble> {
        let found = self.globals.sheets.get(sheet).zip(self.surveys.get(sheet));
        let Some((listed, survey)) = found else { return Ok(()) };
        let strings = match self.globals.strings {
            Some(at) => shared_texts(Records::from(&self.stream, at))?,
            None => SharedTexts::default(),
        };
        let mut merges = Merges::new(survey.regions.clone());
        let reader = CellReader {
            globals: &self.globals,
            strings: &strings,
            survey,
            worked_out: self.surveys.iter().any(|survey| survey.worked_out),
        };
        reader.rows(Records::from(&self.stream, listed.start), &mut |mut row| {
            merges.fill(&mut row);
            Ok(row.is_blank() || each(row))
        })
    }
}

#[cfg(test)]
mod tests;
