//! XLSB: the parts of an Office Open XML workbook, in binary records instead of XML.

mod records;
mod sheet;

use super::cell::{DayCount, SheetHead, SheetRow, Source};
use super::formats::Shows;
use super::merges::Merges;
use super::shared::SharedTexts;
use super::xlsx::parts::{Parts, Relations};
use crate::exchange::limits::MOST_BYTES;
use crate::exchange::trouble::FileTrouble;
use records::{
    BEGIN_CELL_FORMATS, BOOK_PROPERTIES, CALCULATION, END_CELL_FORMATS, FORMAT, Records,
    SHARED_TEXT, SHEET, XF,
};
use sheet::{CellReader, Survey};
use std::collections::HashMap;
use std::sync::Arc;

/// A workbook whose lists have been read.
pub(super) struct Xlsb {
    parts: Parts,
    sheets: Vec<Listed>,
    calendar: DayCount,
    /// The workbook asks to be worked out when it is opened.
    to_be_calculated: bool,
    texts: Option<String>,
    styles: Option<String>,
    /// Of each sheet's part, what is known before its rows.
    surveys: HashMap<String, Survey>,
}

/// A sheet as the workbook lists it.
struct Listed {
    name: String,
    hidden: bool,
    part: String,
}

impl Xlsb {
    /// Reads the list of sheets, and what is known of each before its cells.
    ///
    /// # Errors
    /// When it is no workbook, or damaged.
    pub fn open(bytes: Arc<[u8]>) -> Result<Self, FileTrouble> {
        let mut parts = Parts::open(bytes)?;
        let roots = parts.relations("")?;
        let root = roots.of_type("/officeDocument").next().map(|one| one.target.clone());
        let root = root.unwrap_or_else(|| "xl/workbook.bin".to_string());
        let relations = parts.relations(&root)?;
        let target = |name: &str| relations.of_type(name).next().map(|one| one.target.clone());
        let mut book = Self {
            sheets: Vec::new(),
            calendar: DayCount::From1900,
            to_be_calculated: false,
            texts: target("/sharedStrings"),
            styles: target("/styles"),
            surveys: HashMap::new(),
            parts,
        };
        book.list(&root, &relations)?;
        if book.sheets.is_empty() {
            return Err(FileTrouble::Empty);
        }
        // Parts pack well: what all of them unpack to is limited together.
        let mut left = MOST_BYTES;
        for sheet in &book.sheets {
            if !book.surveys.contains_key(&sheet.part) {
                let mut records = Records::new(book.parts.part(&sheet.part)?, left);
                let survey = Survey::of(&mut records)?;
                left = records.left();
                book.surveys.insert(sheet.part.clone(), survey);
            }
        }
        Ok(book)
    }

    /// Reads the part that lists the sheets.
    fn list(&mut self, root: &str, relations: &Relations) -> Result<(), FileTrouble> {
        let mut records = Records::new(self.parts.part(root)?, MOST_BYTES);
        let wanted = |kind| matches!(kind, BOOK_PROPERTIES | CALCULATION | SHEET);
        while let Some((kind, mut body)) = records.next(wanted)? {
            match kind {
                BOOK_PROPERTIES if body.u32()? & 1 != 0 => self.calendar = DayCount::From1904,
                // Early versions write one byte less.
                CALCULATION if body.take::<24>().is_ok() => {
                    self.to_be_calculated = body.u8()? & 1 != 0;
                }
                SHEET => {
                    let hidden = body.u32()? & 0x03 != 0;
                    body.u32()?;
                    let (mut id, mut name) = (String::new(), String::new());
                    body.text(&mut id)?;
                    body.text(&mut name)?;
                    let relation = relations.by_id(&id);
                    if let Some(one) = relation.filter(|one| one.kind.ends_with("/worksheet")) {
                        if self.sheets.len() > crate::exchange::limits::MOST_SHEETS {
                            return Err(FileTrouble::TooManySheets);
                        }
                        self.sheets.push(Listed { name, hidden, part: one.target.clone() });
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn texts(&mut self) -> Result<SharedTexts, FileTrouble> {
        let mut texts = SharedTexts::default();
        let Some(name) = self.texts.clone() else { return Ok(texts) };
        let mut records = Records::new(self.parts.part_if_there(&name)?, MOST_BYTES);
        while let Some((_, mut body)) = records.next(|kind| kind == SHARED_TEXT)? {
            body.u8()?;
            texts.add(|into| body.text(into))?;
        }
        Ok(texts)
    }

    /// What each cell format shows.
    fn formats(&mut self) -> Result<Vec<Shows>, FileTrouble> {
        let mut formats = Vec::new();
        let Some(name) = self.styles.clone() else { return Ok(formats) };
        let mut codes = HashMap::new();
        let mut in_cells = false;
        let mut records = Records::new(self.parts.part_if_there(&name)?, MOST_BYTES);
        let wanted = |kind| matches!(kind, FORMAT | XF | BEGIN_CELL_FORMATS | END_CELL_FORMATS);
        while let Some((kind, mut body)) = records.next(wanted)? {
            match kind {
                FORMAT => {
                    let (id, mut code) = (body.u16()?, String::new());
                    body.text(&mut code)?;
                    codes.insert(id, Shows::of_code(&code));
                }
                XF if in_cells => {
                    body.u16()?;
                    let id = body.u16()?;
                    let known = codes.get(&id).copied();
                    formats.push(known.unwrap_or_else(|| Shows::built_in(id)));
                }
                kind => in_cells = kind == BEGIN_CELL_FORMATS,
            }
        }
        Ok(formats)
    }
}

impl Source for Xlsb {
    fn sheets(&mut self) -> Result<Vec<SheetHead>, FileTrouble> {
        let head = |sheet: &Listed| {
            let survey = self.surveys.get(&sheet.part);
            SheetHead {
                name: sheet.name.clone(),
                hidden: sheet.hidden,
                calendar: self.calendar,
                hidden_columns: survey.map(|one| one.hidden_columns.clone()).unwrap_or_default(),
            }
        };
        Ok(self.sheets.iter().map(head).collect())
    }

    fn rows(
        &mut self,
        sheet: usize,
        each: &mut dyn FnMut(SheetRow) -> bool,
    ) -> Result<(), FileTrouble> {
        let Some(part) = self.sheets.get(sheet).map(|sheet| sheet.part.clone()) else {
            return Ok(());
        };
        let (texts, formats) = (self.texts()?, self.formats()?);
        let regions = self.surveys.get(&part).map(|survey| survey.regions.clone());
        let mut merges = Merges::new(regions.unwrap_or_default());
        let worked_out = self.surveys.values().any(|survey| survey.worked_out);
        let reader = CellReader {
            texts: &texts,
            formats: &formats,
            calendar: self.calendar,
            unworked: self.to_be_calculated || !worked_out,
        };
        let records = Records::new(self.parts.part(&part)?, MOST_BYTES);
        reader.rows(records, &mut |mut row| {
            merges.fill(&mut row);
            Ok(row.is_blank() || each(row))
        })
    }
}

#[cfg(test)]
mod tests;
