//! Workbooks: the first sheet with content, as rows of cells.
//!
//! A workbook keeps numbers as binary fractions of fifteen digits and dates as day numbers. An
//! identity number stored as a number has lost its last digits; that is told, never guessed.

use super::FileTrouble;
use super::sheet::{Cell, Form, SheetRow};
use calamine::{Data, ExcelDateTime, Range, Reader, open_workbook_auto_from_rs};
use std::io::Cursor;

/// Numbers of this size and above have more digits than a workbook keeps.
const EXACT_BELOW: f64 = 1e15;

/// True for the first bytes of a ZIP (XLSX, XLSB, ODS) or of the older compound file (XLS).
pub(super) fn is_workbook(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xD0\xCF\x11\xE0")
}

/// The rows of the first sheet with content.
///
/// # Errors
/// [`FileTrouble::Workbook`], [`FileTrouble::Empty`].
pub(super) fn rows(bytes: &[u8]) -> Result<Vec<SheetRow>, FileTrouble> {
    let cannot = |why: String| FileTrouble::Workbook(why);
    let mut book =
        open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(|why| cannot(why.to_string()))?;
    for name in book.sheet_names() {
        let range = book.worksheet_range(&name).map_err(|why| cannot(why.to_string()))?;
        if !range.is_empty() {
            return Ok(of_range(&range));
        }
    }
    Err(FileTrouble::Empty)
}

fn of_range(range: &Range<Data>) -> Vec<SheetRow> {
    let first = range.start().map_or(0, |(row, _)| row as usize);
    let row = |(at, cells): (usize, &[Data])| SheetRow {
        line: first + at + 1,
        cells: cells.iter().map(cell).collect(),
        broken: false,
    };
    range.rows().enumerate().map(row).collect()
}

fn cell(data: &Data) -> Cell {
    let text = |text: String| Cell { text, form: Form::Text };
    match data {
        Data::Empty => Cell::default(),
        Data::String(written) | Data::DateTimeIso(written) | Data::DurationIso(written) => {
            text(written.clone())
        }
        Data::Bool(yes) => text(if *yes { "是" } else { "否" }.to_string()),
        Data::Int(number) => text(number.to_string()),
        Data::Float(number) => numeric(*number),
        Data::DateTime(moment) if moment.is_datetime() => text(moment_text(moment)),
        Data::DateTime(moment) => numeric(moment.as_f64()),
        Data::Error(error) => Cell { text: error.to_string(), form: Form::Failed },
    }
}

/// A number as a person would have written it: no `.0`, no dust of binary fractions.
fn numeric(number: f64) -> Cell {
    if number.abs() >= EXACT_BELOW {
        return Cell { text: format!("{number:.0}"), form: Form::Rounded };
    }
    let written = format!("{number:.9}");
    let text = written.trim_end_matches('0').trim_end_matches('.');
    let text = if text == "-0" { "0" } else { text };
    Cell { text: text.to_string(), form: Form::Number(number) }
}

fn moment_text(moment: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    if (hour, minute, second) == (0, 0, 0) {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_xlsxwriter::{ExcelDateTime as Written, Format, Formula, Workbook};

    #[test]
    fn cells_read_as_people_wrote_them() {
        let mut book = Workbook::new();
        book.add_worksheet();
        let sheet = book.add_worksheet();
        let day = Format::new().set_num_format("yyyy-mm-dd");
        let moment = Written::parse_from_str("2025-05-25").unwrap();
        sheet.write_string(2, 0, "=1+1").unwrap();
        sheet.write_number(2, 1, 70_800.0).unwrap();
        sheet.write_number(2, 2, 0.1 + 0.2).unwrap();
        sheet.write_datetime_with_format(2, 3, &moment, &day).unwrap();
        sheet.write_number(2, 4, 500_199_197_110_236_813_f64).unwrap();
        sheet.write_boolean(2, 5, true).unwrap();
        sheet.write_formula(2, 6, Formula::new("1/0").set_result("#DIV/0!")).unwrap();
        let rows = rows(&book.save_to_buffer().unwrap()).unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].line, 3);
        let texts: Vec<&str> = rows[0].cells.iter().map(|cell| cell.text.as_str()).collect();
        assert_eq!(texts.get(..4).unwrap(), ["=1+1", "70800", "0.3", "2025-05-25"]);
        assert_eq!(rows[0].cells[4].form, Form::Rounded);
        assert_eq!(texts[5], "是");
    }

    #[test]
    fn damage_is_told() {
        assert!(matches!(rows(b"PK\x03\x04 no workbook"), Err(FileTrouble::Workbook(_))));
        let empty = Workbook::new().save_to_buffer().unwrap();
        assert_eq!(rows(&empty), Err(FileTrouble::Empty));
    }
}
