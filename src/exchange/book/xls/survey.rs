//! What is known of a sheet before its cells are read: some of it comes after them.

use super::super::cell::hide;
use super::super::merges::Region;
use super::records::{BOF, COL_INFO, EOF, MERGED_CELLS, ROW, Record, Records, STRING, u16_at};
use crate::exchange::trouble::FileTrouble;
use std::collections::BTreeSet;

/// The row is not shown.
const ROW_HIDDEN: u16 = 0x0020;

/// What a survey of one sheet finds.
#[derive(Default)]
pub(super) struct Survey {
    /// Where its records end.
    pub end: usize,
    pub hidden_columns: Vec<usize>,
    pub hidden_rows: BTreeSet<u16>,
    pub regions: Vec<Region>,
    /// False when some cell comes after one of a later row.
    pub in_order: bool,
    /// True when a formula has a value, and not only 0 or nothing.
    pub worked_out: bool,
}

/// The value saved with a formula.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Saved {
    Number(f64),
    /// A text: in a record of its own, after it.
    Text,
    YesNo(bool),
    Error(u8),
    Nothing,
}

impl Saved {
    /// The value of a formula's record.
    ///
    /// # Errors
    /// When the record is too short.
    pub fn of(record: &Record<'_>) -> Result<Self, FileTrouble> {
        let bytes = record.eight(6)?;
        Ok(match bytes {
            [0, .., 0xFF, 0xFF] => Self::Text,
            [1, _, value, .., 0xFF, 0xFF] => Self::YesNo(value != 0),
            [2, _, error, .., 0xFF, 0xFF] => Self::Error(error),
            [3, .., 0xFF, 0xFF] => Self::Nothing,
            _ => Self::Number(f64::from_le_bytes(bytes)),
        })
    }
}

impl Survey {
    /// Goes through the records of a sheet.
    ///
    /// # Errors
    /// When it is no sheet, or ends in the middle.
    pub fn of(stream: &[u8], start: usize) -> Result<Self, FileTrouble> {
        let mut records = Records::from(stream, start);
        if records.next()?.kind != BOF {
            return Err(FileTrouble::Workbook("a sheet of it is not where it says".to_string()));
        }
        let mut survey = Self { in_order: true, ..Self::default() };
        let (mut depth, mut last, mut text_due) = (1_usize, 0_u16, false);
        loop {
            let record = records.next()?;
            match record.kind {
                // A chart in the sheet has records of the same kinds.
                BOF => depth += 1,
                EOF => {
                    depth -= 1;
                    if depth == 0 {
                        survey.end = records.at();
                        return Ok(survey);
                    }
                }
                _ if depth > 1 => {}
                COL_INFO => survey.column(&record)?,
                ROW if record.u16(12)? & ROW_HIDDEN != 0 => {
                    survey.hidden_rows.insert(record.u16(0)?);
                }
                MERGED_CELLS => survey.regions.extend(regions(&record)),
                STRING if text_due => {
                    (survey.worked_out, text_due) = (true, false);
                }
                _ if record.is_cell() => {
                    let row = record.u16(0)?;
                    survey.in_order &= row >= last;
                    last = row;
                    text_due = false;
                    if record.is_formula() {
                        match Saved::of(&record)? {
                            Saved::Text => text_due = true,
                            Saved::Nothing => {}
                            Saved::Number(number) => survey.worked_out |= number != 0.0,
                            Saved::YesNo(_) | Saved::Error(_) => survey.worked_out = true,
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn column(&mut self, record: &Record<'_>) -> Result<(), FileTrouble> {
        let (first, last) = (usize::from(record.u16(0)?), usize::from(record.u16(2)?));
        if record.u16(8)? & 1 != 0 || record.u16(4)? == 0 {
            hide(&mut self.hidden_columns, first..last + 1);
        }
        Ok(())
    }
}

/// The merged regions of one record; there may be several.
fn regions<'b>(record: &Record<'b>) -> impl Iterator<Item = Region> + use<'b> {
    let all = record.body.get(2..).unwrap_or_default().chunks_exact(8);
    all.filter_map(|one| {
        let place = |at| u16_at(one, at).map(usize::from);
        let (top, bottom) = (place(0)?, place(2)?);
        Some(Region { top, left: place(4)?, bottom, right: place(6)? })
    })
}
