//! Rows written as CSV or as a workbook.

use super::guard::{guard, marked};
use super::listing::Out;
use crate::record::plain_money;
use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use std::io::{self, Write};

/// Something rows can be written to.
pub(super) trait RowsOut {
    /// The first row.
    fn headings(&mut self, headings: &[String]) -> io::Result<()>;
    /// One more row.
    fn row(&mut self, cells: &[Out]) -> io::Result<()>;
}

/// CSV as spreadsheets open it: UTF-8 with a mark, CRLF, formulas made text.
pub(super) struct CsvOut<'w> {
    csv: csv::Writer<&'w mut dyn Write>,
}

impl<'w> CsvOut<'w> {
    /// Begins with the mark.
    pub fn new(out: &'w mut dyn Write) -> io::Result<Self> {
        out.write_all("\u{FEFF}".as_bytes())?;
        let csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        Ok(Self { csv })
    }

    /// Writes what waits.
    pub fn finish(mut self) -> io::Result<()> {
        self.csv.flush()
    }
}

impl RowsOut for CsvOut<'_> {
    fn headings(&mut self, headings: &[String]) -> io::Result<()> {
        Ok(self.csv.write_record(headings)?)
    }

    fn row(&mut self, cells: &[Out]) -> io::Result<()> {
        // Numbers stay numbers, a minus sign too; only text is guarded.
        let text = |cell: &Out| match cell {
            Out::Empty => String::new(),
            Out::Text(text) => guard(text),
            Out::Fen(fen) => plain_money(*fen),
            Out::Whole(number) => number.to_string(),
            Out::Decimal(number) => number.to_string(),
        };
        Ok(self.csv.write_record(cells.iter().map(text))?)
    }
}

/// A workbook; it is kept in memory until it is finished.
pub(super) struct XlsxOut {
    sheet: Worksheet,
    money: Format,
    heading: Format,
    rows: u32,
}

/// A width, in characters, at which most values can be read.
const WIDTH: f64 = 16.0;

/// The most characters of a sheet's name.
const LONGEST_NAME: usize = 31;

impl XlsxOut {
    /// Begins a sheet of this name.
    pub fn new(name: &str) -> Self {
        let mut sheet = Worksheet::new();
        let fits: String = name.chars().filter(|c| !"[]:*?/\\'".contains(*c)).collect();
        let fits: String = fits.chars().take(LONGEST_NAME).collect();
        // A name a workbook does not take leaves the sheet with the usual one.
        let _ = sheet.set_name(fits);
        Self {
            sheet,
            money: Format::new().set_num_format("0.00"),
            heading: Format::new().set_bold(),
            rows: 0,
        }
    }

    /// Adds the sheet that tells whose list this is and writes the workbook.
    pub fn finish(mut self, about: &[(String, String)], out: &mut dyn Write) -> io::Result<()> {
        self.sheet.set_freeze_panes(1, 0).map_err(io::Error::other)?;
        let mut book = Workbook::new();
        book.push_worksheet(self.sheet);
        let notes = book.add_worksheet();
        for (row, (title, text)) in (0..).zip(about) {
            notes.write_string(row, 0, title).map_err(io::Error::other)?;
            notes.write_string(row, 1, text).map_err(io::Error::other)?;
        }
        notes.set_column_width(1, WIDTH * 2.0).map_err(io::Error::other)?;
        out.write_all(&book.save_to_buffer().map_err(io::Error::other)?)
    }

    fn cell(&mut self, column: u16, cell: &Out) -> Result<(), XlsxError> {
        let row = self.rows;
        match cell {
            Out::Empty => return Ok(()),
            // A string cell is never a formula; a mark of its own it would lose coming back.
            Out::Text(text) => self.sheet.write_string(row, column, marked(text))?,
            // A double holds every amount below 90 billion yuan to the fen.
            Out::Fen(fen) => {
                let yuan = *fen as f64 / 100.0;
                self.sheet.write_number_with_format(row, column, yuan, &self.money)?
            }
            Out::Whole(number) => self.sheet.write_number(row, column, *number as f64)?,
            Out::Decimal(number) => {
                self.sheet.write_number(row, column, number.to_f64().unwrap_or_default())?
            }
        };
        Ok(())
    }
}

impl RowsOut for XlsxOut {
    fn headings(&mut self, headings: &[String]) -> io::Result<()> {
        for (column, heading) in (0..).zip(headings) {
            self.sheet
                .write_string_with_format(self.rows, column, heading, &self.heading)
                .map_err(io::Error::other)?;
            self.sheet.set_column_width(column, WIDTH).map_err(io::Error::other)?;
        }
        self.rows += 1;
        Ok(())
    }

    fn row(&mut self, cells: &[Out]) -> io::Result<()> {
        for (column, cell) in (0..).zip(cells) {
            self.cell(column, cell).map_err(io::Error::other)?;
        }
        self.rows += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{Book, Form};

    fn cells() -> Vec<Out> {
        vec![
            Out::Text("=1+1".into()),
            Out::Fen(-1250),
            Out::Whole(3),
            Out::Empty,
            Out::Text("500199199002021239".into()),
        ]
    }

    #[test]
    fn csv_is_safe_to_open_and_numbers_stay_numbers() {
        let mut bytes = Vec::new();
        let mut csv = CsvOut::new(&mut bytes).unwrap();
        csv.headings(&["甲".to_string(), "乙".to_string()]).unwrap();
        csv.csv.flush().unwrap();
        csv.finish().unwrap();
        assert_eq!(bytes, "\u{FEFF}甲,乙\r\n".as_bytes());
        let mut bytes = Vec::new();
        let mut csv = CsvOut::new(&mut bytes).unwrap();
        csv.row(&cells()).unwrap();
        csv.finish().unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(text, "\u{FEFF}'=1+1,-12.50,3,,500199199002021239\r\n");
    }

    #[test]
    fn a_workbook_reads_back() {
        let mut book = XlsxOut::new("困难职工档案");
        book.headings(&["a", "b", "c", "d", "e"].map(String::from)).unwrap();
        book.row(&cells()).unwrap();
        let mut bytes = Vec::new();
        book.finish(&[("行数".into(), "1".into())], &mut bytes).unwrap();
        let book = Book::read("x.xlsx", bytes).unwrap();
        let row = book.rows(0, None).nth(1).unwrap().unwrap();
        let texts: Vec<&str> = row.cells.iter().map(|cell| cell.text.as_str()).collect();
        assert_eq!(texts, ["=1+1", "-12.5", "3", "", "500199199002021239"]);
        assert_eq!(row.cells[0].form, Form::Text);
        assert_eq!(row.cells[1].form, Form::Number(-12.5));
    }
}
