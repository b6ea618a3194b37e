//! What is known of a sheet before its rows, and its rows.

use super::super::SheetRow;
use super::super::cell::{Cell, DayCount, hide};
use super::super::formats::Shows;
use super::super::merges::Region;
use super::super::shared::SharedTexts;
use super::super::xls::{error_text, unpacked};
use super::super::xml::cut_off;
use super::records::{
    Body, CELL_BOOL, CELL_ERROR, CELL_REAL, CELL_RICH_TEXT, CELL_RK, CELL_SHARED, CELL_TEXT,
    COLUMNS, END_SHEET, END_SHEET_DATA, FORMULA_BOOL, FORMULA_ERROR, FORMULA_NUMBER, FORMULA_TEXT,
    MERGED, ROW, Records,
};
use crate::exchange::limits::MOST_ROWS;
use crate::exchange::trouble::FileTrouble;
use std::io::Read;

/// The row is not shown.
const ROW_HIDDEN: u8 = 0x10;

/// What a survey of one sheet finds.
#[derive(Default)]
pub(super) struct Survey {
    pub hidden_columns: Vec<usize>,
    pub regions: Vec<Region>,
    /// True when a formula has a value, and not only 0 or nothing.
    pub worked_out: bool,
}

impl Survey {
    /// Goes through the records of a sheet.
    ///
    /// # Errors
    /// When it ends in the middle.
    pub fn of<R: Read>(records: &mut Records<R>) -> Result<Self, FileTrouble> {
        let mut survey = Self::default();
        let wanted =
            |kind| matches!(kind, FORMULA_TEXT..=FORMULA_ERROR | COLUMNS | MERGED | END_SHEET);
        loop {
            let Some((kind, mut body)) = records.next(wanted)? else { return Err(cut_off()) };
            match kind {
                COLUMNS => survey.columns(&mut body)?,
                MERGED => {
                    let (top, bottom) = (body.place()?, body.place()?);
                    let (left, right) = (body.place()?, body.place()?);
                    survey.regions.push(Region { top, left, bottom, right });
                }
                END_SHEET => return Ok(survey),
                _ if survey.worked_out => {}
                kind => {
                    body.take::<8>()?;
                    survey.worked_out = match kind {
                        FORMULA_NUMBER => body.f64()? != 0.0,
                        FORMULA_TEXT => body.u32()? != 0,
                        _ => true,
                    };
                }
            }
        }
    }

    fn columns(&mut self, body: &mut Body<'_>) -> Result<(), FileTrouble> {
        let (first, last, width) = (body.place()?, body.place()?, body.u32()?);
        body.u32()?;
        if body.u16()? & 1 != 0 || width == 0 {
            hide(&mut self.hidden_columns, first..last.saturating_add(1));
        }
        Ok(())
    }
}

/// What reading the cells of a sheet needs to know.
pub(super) struct CellReader<'b> {
    pub texts: &'b SharedTexts,
    pub formats: &'b [Shows],
    pub calendar: DayCount,
    /// A formula with 0 or nothing has no value.
    pub unworked: bool,
}

impl CellReader<'_> {
    /// Hands on the rows of a sheet until `each` says no.
    pub fn rows<R: Read>(
        &self,
        mut records: Records<R>,
        each: &mut dyn FnMut(SheetRow) -> Result<bool, FileTrouble>,
    ) -> Result<(), FileTrouble> {
        let mut row: Option<SheetRow> = None;
        let wanted = |kind| {
            matches!(kind, ROW..=FORMULA_ERROR | CELL_RICH_TEXT | END_SHEET_DATA | END_SHEET)
        };
        loop {
            let Some((kind, mut body)) = records.next(wanted)? else { return Err(cut_off()) };
            match kind {
                ROW | END_SHEET_DATA | END_SHEET => {
                    let above = row.as_ref().map_or(0, |row| row.line);
                    if let Some(row) = row.take()
                        && !each(row)?
                    {
                        return Ok(());
                    }
                    if kind != ROW {
                        return Ok(());
                    }
                    row = Some(begun(&mut body, above)?);
                }
                kind => {
                    let Some(row) = row.as_mut() else { return Err(no_row()) };
                    let column = body.place()?;
                    let [low, middle, high, _] = body.take()?;
                    let format = u32::from_le_bytes([low, middle, high, 0]);
                    row.put(column, self.cell(kind, format, &mut body)?)?;
                }
            }
        }
    }

    fn cell(&self, kind: u32, format: u32, body: &mut Body<'_>) -> Result<Cell, FileTrouble> {
        Ok(match kind {
            CELL_RK => self.number(unpacked(body.u32()?), format),
            CELL_REAL => self.number(body.f64()?, format),
            FORMULA_NUMBER => match body.f64()? {
                0.0 if self.unworked => Cell::unworked(),
                number => self.number(number, format),
            },
            CELL_SHARED => {
                let at = body.u32()?;
                Cell::text(self.texts.get(at).ok_or_else(|| {
                    FileTrouble::Workbook(format!("there is no shared text {at}"))
                })?)
            }
            CELL_TEXT | FORMULA_TEXT | CELL_RICH_TEXT => {
                if kind == CELL_RICH_TEXT {
                    body.u8()?;
                }
                let mut text = String::new();
                body.text(&mut text)?;
                if kind == FORMULA_TEXT && text.is_empty() && self.unworked {
                    Cell::unworked()
                } else {
                    Cell::text(text)
                }
            }
            CELL_BOOL | FORMULA_BOOL => Cell::yes_no(body.u8()? != 0),
            CELL_ERROR | FORMULA_ERROR => Cell::failed(error_text(body.u8()?)),
            _ => Cell::default(),
        })
    }

    fn number(&self, number: f64, format: u32) -> Cell {
        // No spreadsheet saves such a number, or shows it as one.
        if !number.is_finite() {
            return Cell::failed("#NUM!");
        }
        let format = usize::try_from(format).ok();
        let shows = format.and_then(|format| self.formats.get(format)).copied();
        shows.unwrap_or_default().cell(number, self.calendar)
    }
}

/// The row a record begins, below another.
fn begun(body: &mut Body<'_>, above: usize) -> Result<SheetRow, FileTrouble> {
    let line = body.place()?.saturating_add(1);
    let [.., flags] = body.take::<8>()?;
    if line > MOST_ROWS {
        return Err(FileTrouble::TooLong);
    }
    if line <= above {
        return Err(FileTrouble::Workbook(format!("row {line} comes after row {above}")));
    }
    Ok(SheetRow::at(line, flags & ROW_HIDDEN != 0))
}

fn no_row() -> FileTrouble {
    FileTrouble::Workbook("a cell of it is in no row".to_string())
}
