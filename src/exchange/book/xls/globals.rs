//! What a workbook says before its sheets.

use super::super::cell::DayCount;
use super::super::formats::Shows;
use super::super::kinds::save_as;
use super::records::{
    BOF, BOUND_SHEET, CODE_PAGE, DATE_MODE, EOF, FILE_PASS, FORMAT, Record, Records, SST, XF,
};
use super::text::{Writing, encoding};
use crate::exchange::trouble::FileTrouble;
use std::collections::HashMap;

/// Excel 97 and later.
const VERSION_8: u16 = 0x0600;
/// Excel 5 and 95.
const VERSION_5: u16 = 0x0500;

/// A sheet as the workbook lists it.
pub(super) struct Listed {
    pub name: String,
    pub hidden: bool,
    /// Where its records begin.
    pub start: usize,
}

/// What is said before the sheets.
pub(super) struct Globals {
    pub writing: Writing,
    pub calendar: DayCount,
    /// The worksheets; charts and macros are not among them.
    pub sheets: Vec<Listed>,
    /// Where the shared texts are.
    pub strings: Option<usize>,
    /// What each cell format shows.
    pub formats: Vec<Shows>,
}

impl Globals {
    /// Reads them from the beginning of a workbook's stream.
    ///
    /// # Errors
    /// When they are damaged, of a version before Excel 5, or behind a password.
    pub fn read(stream: &[u8]) -> Result<Self, FileTrouble> {
        let writing = writing(stream)?;
        let mut globals = Self {
            writing,
            calendar: DayCount::From1900,
            sheets: Vec::new(),
            strings: None,
            formats: Vec::new(),
        };
        let mut formats = HashMap::new();
        let mut cells = Vec::new();
        let mut records = Records::from(stream, 0);
        records.next()?;
        loop {
            let at = records.at();
            let record = records.next()?;
            match record.kind {
                EOF => break,
                FILE_PASS => return Err(FileTrouble::Password),
                DATE_MODE if record.u16(0)? == 1 => globals.calendar = DayCount::From1904,
                BOUND_SHEET => globals.sheets.extend(listed(&records, &record, writing)?),
                SST => globals.strings = Some(at),
                FORMAT => {
                    let mut pieces = records.pieces(&record, 2);
                    let code = match writing {
                        Writing::Unicode => writing.long(&mut pieces),
                        Writing::EightBit(_) => writing.short(&mut pieces),
                    };
                    // A code that cannot be read leaves what is known of its number.
                    if let Some(code) = code {
                        formats.insert(record.u16(0)?, Shows::of_code(&code));
                    }
                }
                XF => cells.push(record.u16(2)?),
                _ => {}
            }
        }
        let shows = |id: u16| formats.get(&id).copied().unwrap_or_else(|| Shows::built_in(id));
        globals.formats = cells.into_iter().map(shows).collect();
        Ok(globals)
    }

    /// What cells of this format show.
    pub fn shows(&self, format: u16) -> Shows {
        self.formats.get(usize::from(format)).copied().unwrap_or_default()
    }
}

/// How the texts are written, by the version and, before Excel 97, the code page. That one stands
/// among the first records, but nothing says before what.
fn writing(stream: &[u8]) -> Result<Writing, FileTrouble> {
    let mut records = Records::from(stream, 0);
    let first = records.next()?;
    match (first.kind, first.u16(0)) {
        (BOF, Ok(VERSION_8)) => return Ok(Writing::Unicode),
        (BOF, Ok(VERSION_5)) => {}
        // Excel 2 to 4 number the first record otherwise.
        (0x0009 | 0x0209 | 0x0409, _) | (BOF, Ok(0x0200 | 0x0300 | 0x0400)) => {
            return Err(save_as(
                "这是很旧的 Excel 格式。",
                "This is a very old form of Excel file.",
            ));
        }
        _ => {
            return Err(FileTrouble::Workbook("it does not begin like a workbook".to_string()));
        }
    }
    loop {
        let record = records.next()?;
        match record.kind {
            CODE_PAGE => return Ok(Writing::EightBit(encoding(Some(record.u16(0)?)))),
            EOF => return Ok(Writing::EightBit(encoding(None))),
            _ => {}
        }
    }
}

/// A worksheet in the list; `None` for charts, macros and modules.
fn listed(
    records: &Records<'_>,
    record: &Record<'_>,
    writing: Writing,
) -> Result<Option<Listed>, FileTrouble> {
    let [shown, kind] = record.u16(4)?.to_le_bytes();
    if kind != 0 {
        return Ok(None);
    }
    let start = usize::try_from(record.u32(0)?).unwrap_or(usize::MAX);
    let name = writing.short(&mut records.pieces(record, 6));
    let name = name.ok_or_else(super::records::too_short)?;
    Ok(Some(Listed { name, hidden: shown & 0x03 != 0, start }))
}
