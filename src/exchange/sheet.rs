//! A table file as rows of cells, whatever it was written in.

use super::scan::{Piece, pieces};
use super::{FileTrouble, decode, guard, workbook};
use std::fs;
use std::path::Path;

/// How a cell stood in its file, where that matters for reading it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Form {
    /// Text, or a number a text file wrote.
    #[default]
    Text,
    /// A number of a workbook; a date without a date format is one too.
    Number(f64),
    /// A number of a workbook with more digits than it keeps (15): the last ones are lost.
    Rounded,
    /// The error of a formula, such as `#N/A`.
    Failed,
}

/// One cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    /// What stands in it.
    pub text: String,
    /// How it stood there.
    pub form: Form,
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SheetRow {
    /// The line of the file it begins on, or the row of the workbook, from 1.
    pub line: usize,
    /// Its cells.
    pub cells: Vec<Cell>,
    /// True when a quote in it is never closed; the only cell is then the line as it stands.
    pub broken: bool,
}

impl SheetRow {
    /// True when nothing but blanks stands in it.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.text.trim().is_empty())
    }
}

/// A table file, read and not yet understood.
#[derive(Clone, Debug)]
pub struct Sheet {
    name: String,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    Text { text: String, delimiter: u8, pieces: Vec<Piece> },
    Grid(Vec<SheetRow>),
}

impl Sheet {
    /// Reads a CSV file (UTF-8, GB18030, UTF-16 with a mark; commas, tabs or semicolons) or the
    /// first sheet with content of a workbook.
    ///
    /// # Errors
    /// When it is not there, not readable or no table.
    pub fn open(path: &Path) -> Result<Self, FileTrouble> {
        if path.is_dir() {
            return Err(FileTrouble::Folder(path.display().to_string()));
        }
        let bytes = fs::read(path).map_err(|error| FileTrouble::of(path, &error))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        Self::read(name.unwrap_or_default(), &bytes)
    }

    /// The same from bytes in memory.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn read(name: impl Into<String>, bytes: &[u8]) -> Result<Self, FileTrouble> {
        let body = if workbook::is_workbook(bytes) {
            Body::Grid(workbook::rows(bytes)?)
        } else {
            let text = decode(bytes)?;
            let delimiter = delimiter(&text);
            let pieces = pieces(&text, delimiter);
            Body::Text { text, delimiter, pieces }
        };
        Ok(Self { name: name.into(), body })
    }

    /// The file's name, without folders.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// True for a CSV file: a row that is too short there has lost a cell.
    #[must_use]
    pub fn is_text(&self) -> bool {
        matches!(self.body, Body::Text { .. })
    }

    /// How many rows it has, headings and blank ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.body {
            Body::Grid(rows) => rows.len(),
            Body::Text { pieces, .. } => pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Good { lines, .. } => lines.len(),
                    Piece::Broken { .. } => 1,
                })
                .sum(),
        }
    }

    /// True without a row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows in order.
    pub fn rows(&self) -> Box<dyn Iterator<Item = SheetRow> + '_> {
        match &self.body {
            Body::Grid(rows) => Box::new(rows.iter().cloned()),
            Body::Text { text, delimiter, pieces } => {
                Box::new(pieces.iter().flat_map(move |piece| piece_rows(text, *delimiter, piece)))
            }
        }
    }
}

fn piece_rows<'t>(
    text: &'t str,
    delimiter: u8,
    piece: &'t Piece,
) -> Box<dyn Iterator<Item = SheetRow> + 't> {
    match piece {
        Piece::Broken { span, line } => {
            let text = text.get(span.clone()).unwrap_or_default().trim_end_matches(['\r', '\n']);
            let cells = vec![Cell { text: text.to_string(), form: Form::Text }];
            Box::new(std::iter::once(SheetRow { line: *line, cells, broken: true }))
        }
        Piece::Good { span, lines } => {
            let good = text.get(span.clone()).unwrap_or_default();
            let reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .delimiter(delimiter)
                .from_reader(good.as_bytes());
            let rows = reader.into_records().zip(lines).map(|(record, line)| {
                // Reading text from memory cannot fail; were it to, the row is told as broken.
                let Ok(record) = record else {
                    return SheetRow { line: *line, cells: Vec::new(), broken: true };
                };
                let cell = |text: &str| Cell { text: guard::unguard(text), form: Form::Text };
                SheetRow { line: *line, cells: record.iter().map(cell).collect(), broken: false }
            });
            Box::new(rows)
        }
    }
}

/// The separator most frequent, outside quotes, in the first lines.
fn delimiter(text: &str) -> u8 {
    let mut counts = [(b',', 0_usize), (b'\t', 0), (b';', 0)];
    let mut quoted = false;
    for line in text.lines().take(5) {
        for byte in line.bytes() {
            if byte == b'"' {
                quoted = !quoted;
            } else if !quoted {
                counts.iter_mut().filter(|(known, _)| *known == byte).for_each(|(_, n)| *n += 1);
            }
        }
    }
    // The first of equals wins: a comma when there is no separator at all.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(byte, _)| *byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sheet: &Sheet) -> Vec<(usize, Vec<String>)> {
        let cells = |row: SheetRow| row.cells.into_iter().map(|cell| cell.text).collect();
        sheet.rows().map(|row| (row.line, cells(row))).collect()
    }

    #[test]
    fn commas_tabs_and_semicolons() {
        for between in [",", "\t", ";"] {
            let text = ["姓名", "备注\n张三", "\"a,b;c\td\"\n"].join(between);
            let sheet = Sheet::read("x.csv", text.as_bytes()).unwrap();
            let row = |line, cells: [&str; 2]| (line, cells.map(String::from).to_vec());
            let rows = [row(1, ["姓名", "备注"]), row(2, ["张三", "a,b;c\td"])];
            assert_eq!(texts(&sheet), rows, "{between:?}");
            assert_eq!(sheet.len(), 2);
        }
        let sheet = Sheet::read("x.csv", "姓名\n张三\n".as_bytes()).unwrap();
        assert_eq!(texts(&sheet).len(), 2);
    }

    #[test]
    fn a_guarded_formula_comes_back() {
        let sheet = Sheet::read("x.csv", b"a,b\n'=1,\"'-2\"\n").unwrap();
        assert_eq!(texts(&sheet)[1].1, ["=1", "-2"]);
    }

    #[test]
    fn folders_and_nothing_are_told() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Sheet::open(folder.path()), Err(FileTrouble::Folder(_))));
        let none = folder.path().join("none.csv");
        assert!(matches!(Sheet::open(&none), Err(FileTrouble::Missing(_))));
        assert_eq!(Sheet::read("x", b"").unwrap_err(), FileTrouble::Empty);
    }
}
