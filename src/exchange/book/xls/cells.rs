//! The rows of a sheet.

use super::super::SheetRow;
use super::super::cell::Cell;
use super::super::formats::Shows;
use super::super::shared::SharedTexts;
use super::globals::Globals;
use super::records::{
    BOF, BOOL_ERR, EOF, LABEL, LABEL_SST, MUL_RK, NUMBER, R_STRING, RK, Record, Records, STRING,
    too_short, u16_at, u32_at,
};
use super::survey::{Saved, Survey};
use crate::exchange::trouble::FileTrouble;
use std::collections::BTreeMap;

/// What reading the cells of a sheet needs to know.
pub(super) struct CellReader<'b> {
    pub globals: &'b Globals,
    pub strings: &'b SharedTexts,
    pub survey: &'b Survey,
    /// Some formula of the workbook has a value: the others have theirs, even if it is 0.
    pub worked_out: bool,
}

/// What is in a cell: less in memory than the cell it becomes.
enum Found {
    Shared(u32),
    Number { number: f64, shows: Shows },
    Text(Box<str>),
    YesNo(bool),
    Error(u8),
    Unworked,
}

/// A text a formula gives, which is in the next record of its kind.
#[derive(Clone, Copy)]
struct Due {
    row: u16,
    column: u16,
}

/// Cells not yet handed on, by row.
type Gathered = BTreeMap<u16, Vec<(u16, Found)>>;

impl CellReader<'_> {
    /// Hands on the rows of a sheet until `each` says no.
    pub fn rows(
        &self,
        mut records: Records<'_>,
        each: &mut dyn FnMut(SheetRow) -> Result<bool, FileTrouble>,
    ) -> Result<(), FileTrouble> {
        let mut gathered = Gathered::new();
        let mut due: Option<Due> = None;
        records.next()?;
        let mut depth = 1_usize;
        loop {
            let record = records.next()?;
            match record.kind {
                BOF => depth += 1,
                EOF => {
                    depth -= 1;
                    if depth == 0 {
                        return self.hand_on(&mut gathered, each).map(drop);
                    }
                }
                _ if depth > 1 => {}
                STRING => {
                    if let Some(Due { row, column }) = due.take() {
                        let mut pieces = records.pieces(&record, 0);
                        let text = self.globals.writing.long(&mut pieces).ok_or_else(too_short)?;
                        let found = Found::Text(text.into_boxed_str());
                        gathered.entry(row).or_default().push((column, found));
                    }
                }
                _ if record.is_cell() => {
                    let row = record.u16(0)?;
                    let begins = !gathered.contains_key(&row);
                    if begins && self.survey.in_order && !self.hand_on(&mut gathered, each)? {
                        return Ok(());
                    }
                    due = self.take(&records, &record, gathered.entry(row).or_default())?;
                }
                _ => {}
            }
        }
    }

    /// Takes what a record puts into a row.
    fn take(
        &self,
        records: &Records<'_>,
        record: &Record<'_>,
        row: &mut Vec<(u16, Found)>,
    ) -> Result<Option<Due>, FileTrouble> {
        let column = record.u16(2)?;
        if record.kind == MUL_RK {
            let all = record.body.get(4..).unwrap_or_default().chunks_exact(6);
            for (column, one) in (column..=u16::MAX).zip(all) {
                let value = u16_at(one, 0).zip(u32_at(one, 2));
                let (format, value) = value.ok_or_else(too_short)?;
                row.push((column, self.number(unpacked(value), format)));
            }
            return Ok(None);
        }
        let format = record.u16(4)?;
        let found = match record.kind {
            LABEL_SST => Found::Shared(record.u32(6)?),
            LABEL | R_STRING => {
                let text = self.globals.writing.long(&mut records.pieces(record, 6));
                Found::Text(text.ok_or_else(too_short)?.into_boxed_str())
            }
            NUMBER => self.number(f64::from_le_bytes(record.eight(6)?), format),
            RK => self.number(unpacked(record.u32(6)?), format),
            BOOL_ERR => match record.u16(6)?.to_le_bytes() {
                [value, 0] => Found::YesNo(value != 0),
                [error, _] => Found::Error(error),
            },
            _ => match Saved::of(record)? {
                Saved::Text => {
                    row.push((column, Found::Unworked));
                    return Ok(Some(Due { row: record.u16(0)?, column }));
                }
                Saved::Nothing if self.worked_out => Found::Text(Box::default()),
                Saved::Nothing => Found::Unworked,
                // Programs that never work out a formula save a 0 with each.
                Saved::Number(0.0) if !self.worked_out => Found::Unworked,
                Saved::Number(number) => self.number(number, format),
                Saved::YesNo(yes) => Found::YesNo(yes),
                Saved::Error(error) => Found::Error(error),
            },
        };
        row.push((column, found));
        Ok(None)
    }

    fn number(&self, number: f64, format: u16) -> Found {
        // No spreadsheet saves such a number, or shows it as one.
        if !number.is_finite() {
            return Found::Error(NOT_A_NUMBER);
        }
        Found::Number { number, shows: self.globals.shows(format) }
    }

    /// Hands on what is gathered; false when no more is wanted.
    fn hand_on(
        &self,
        gathered: &mut Gathered,
        each: &mut dyn FnMut(SheetRow) -> Result<bool, FileTrouble>,
    ) -> Result<bool, FileTrouble> {
        while let Some((at, cells)) = gathered.pop_first() {
            let hidden = self.survey.hidden_rows.contains(&at);
            let mut row = SheetRow::at(usize::from(at) + 1, hidden);
            for (column, found) in cells {
                row.put(usize::from(column), self.cell(found)?)?;
            }
            if !each(row)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn cell(&self, found: Found) -> Result<Cell, FileTrouble> {
        Ok(match found {
            Found::Shared(at) => {
                let text = self.strings.get(at);
                Cell::text(text.ok_or_else(|| {
                    FileTrouble::Workbook(format!("there is no shared text {at}"))
                })?)
            }
            Found::Number { number, shows } => shows.cell(number, self.globals.calendar),
            Found::Text(text) => Cell::text(text),
            Found::YesNo(yes) => Cell::yes_no(yes),
            Found::Error(error) => Cell::failed(error_text(error)),
            Found::Unworked => Cell::unworked(),
        })
    }
}

/// `#NUM!`.
const NOT_A_NUMBER: u8 = 0x24;

/// What a spreadsheet shows for an error.
pub(in super::super) fn error_text(error: u8) -> &'static str {
    match error {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0F => "#VALUE!",
        0x17 => "#REF!",
        0x1D => "#NAME?",
        NOT_A_NUMBER => "#NUM!",
        0x2A => "#N/A",
        0x2B => "#GETTING_DATA",
        _ => "#ERROR!",
    }
}

/// A number in four bytes: the upper part of a binary fraction or a whole number, either of them
/// perhaps to be divided by a hundred.
pub(in super::super) fn unpacked(packed: u32) -> f64 {
    let number = if packed & 2 != 0 {
        f64::from(packed.cast_signed() >> 2)
    } else {
        f64::from_bits(u64::from(packed & !3) << 32)
    };
    if packed & 1 != 0 { number / 100.0 } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_numbers() {
        // From the examples of the format's description.
        assert_eq!(unpacked(0x3FF0_0000), 1.0);
        assert_eq!(unpacked(0x3FF0_0001), 0.01);
        assert_eq!(unpacked(0x004B_5646), 1_234_321.0);
        assert_eq!(unpacked(0x004B_5647), 12_343.21);
        assert_eq!(unpacked(0xFFFF_FFFE), -1.0);
    }
}
