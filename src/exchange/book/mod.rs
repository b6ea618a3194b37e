//! A table file as its sheets and rows, whatever it was written in.
//!
//! Every reader hands on rows as they come, with what is known of each cell: where it is,
//! whether the sheet shows it, what merged region it has its content from, whether it is a formula
//! without a value, which calendar its day numbers follow. Nothing is decided here; what a person
//! is told of it is decided in `exchange/told.rs`.
//!
//! Memory follows content, not the dimensions a file claims. Readers run on a thread of their own
//! (`aside`), so that no file ends the process that serves everybody.
//!
//! | file | holds |
//! | --- | --- |
//! | `cell` | cells, rows, sheets, day numbers; what a reader is |
//! | `kinds` | what a file is, by its first bytes |
//! | `text`, `html`, `xml2003`, `xls`, `xlsx`, `xlsb`, `ods` | the readers |
//! | `shared` | texts a workbook keeps once |
//! | `xml`, `formats` | XML parts within limits; which number formats are days |
//! | `markup` | what a web page or XML file is encoded in |
//! | `merges` | merged regions |
//! | `aside` | the thread a reader runs on |

mod aside;
mod cell;
mod formats;
#[cfg(any(test, feature = "fuzzing"))]
pub(super) mod fuzzing;
mod html;
mod kinds;
mod markup;
mod merges;
mod ods;
mod shared;
mod text;
mod xls;
mod xlsb;
mod xlsx;
mod xml;
mod xml2003;

pub(super) use aside::{Hand, hand, no_thread};
pub use cell::{Cell, DayCount, Form, Merged, SheetHead, SheetRow};

use super::limits::{MOST_BYTES, MOST_SHEETS};
use crate::exchange::trouble::FileTrouble;
use cell::Source;
use kinds::Made;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// The rows of a sheet, from the top.
pub type Rows<'b> = Box<dyn Iterator<Item = Result<SheetRow, FileTrouble>> + 'b>;

/// A table file, read and not yet understood.
#[derive(Clone, Debug)]
pub struct Book {
    name: String,
    body: Body,
    sheets: Vec<SheetHead>,
}

#[derive(Clone, Debug)]
enum Body {
    /// Text with separators.
    Text(String),
    /// Everything else, as its bytes.
    Made(Made, Arc<[u8]>),
}

impl Book {
    /// Reads a CSV file (UTF-8, GB18030, UTF-16), a workbook (XLSX, XLS, XLSB, ODS), or what web
    /// systems write under such names (HTML tables, XML 2003).
    ///
    /// # Errors
    /// When it is not there, not readable or no table.
    pub fn open(path: &Path) -> Result<Self, FileTrouble> {
        if path.is_dir() {
            return Err(FileTrouble::Folder(path.display().to_string()));
        }
        // A pipe may wait for ever, and holds whoever serves everybody.
        if std::fs::metadata(path).is_ok_and(|about| !about.is_file()) {
            return Err(FileTrouble::NoFile(path.display().to_string()));
        }
        let file = File::open(path).map_err(|error| FileTrouble::of(path, &error))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        Self::take(name.unwrap_or_default(), file, |error| FileTrouble::of(path, error))
    }

    /// The same from a stream, such as standard input.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn from_stream(name: impl Into<String>, stream: impl Read) -> Result<Self, FileTrouble> {
        let name = name.into();
        let path = name.clone();
        Self::take(name, stream, move |error| FileTrouble::of(Path::new(&path), error))
    }

    fn take(
        name: String,
        stream: impl Read,
        trouble: impl Fn(&std::io::Error) -> FileTrouble,
    ) -> Result<Self, FileTrouble> {
        let mut bytes = Vec::new();
        let read = stream.take(MOST_BYTES + 1).read_to_end(&mut bytes);
        read.map_err(|error| trouble(&error))?;
        if bytes.len() as u64 > MOST_BYTES {
            return Err(FileTrouble::TooLarge);
        }
        Self::read(name, bytes)
    }

    /// The same from bytes in memory.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn read(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Result<Self, FileTrouble> {
        let (name, bytes) = (name.into(), bytes.into());
        let (body, sheets) = match kinds::kind_of(&bytes)? {
            None => (Body::Text(super::decode(&bytes)?), vec![SheetHead::default()]),
            Some(made) => {
                let bytes: Arc<[u8]> = bytes.into();
                let mine = bytes.clone();
                let sheets = aside::ask(move || source(made, &mine)?.sheets())?;
                if sheets.len() > MOST_SHEETS {
                    return Err(FileTrouble::TooManySheets);
                }
                (Body::Made(made, bytes), sheets)
            }
        };
        Ok(Self { name, body, sheets })
    }

    /// The file's name, without folders.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// True for a CSV file: a row that is too short there has lost a cell.
    #[must_use]
    pub fn is_text(&self) -> bool {
        matches!(self.body, Body::Text(_))
    }

    /// Its sheets; one without a name for a CSV file.
    #[must_use]
    pub fn sheets(&self) -> &[SheetHead] {
        &self.sheets
    }

    /// The separators a CSV file may be divided by, the most frequent first; none for a workbook.
    #[must_use]
    pub fn separators(&self) -> Vec<u8> {
        match &self.body {
            Body::Text(text) => text::separators(text),
            Body::Made(..) => Vec::new(),
        }
    }

    /// The rows of a sheet, from the top. `separator` divides a CSV file; without one the most
    /// frequent does.
    pub fn rows(&self, sheet: usize, separator: Option<u8>) -> Rows<'_> {
        let rows: Rows<'_> = match &self.body {
            Body::Text(text) => {
                let most = || text::separators(text).first().copied().unwrap_or(b',');
                Box::new(text::rows(text, separator.unwrap_or_else(most)))
            }
            Body::Made(made, bytes) => {
                let (made, bytes) = (*made, bytes.clone());
                aside::rows(move |each| source(made, &bytes)?.rows(sheet, each))
            }
        };
        Box::new(rows.map(|row| {
            row.map(|mut row| {
                row.unguard();
                row
            })
        }))
    }
}

/// The reader of a kind of file.
fn source(made: Made, bytes: &Arc<[u8]>) -> Result<Box<dyn Source>, FileTrouble> {
    let bytes = bytes.clone();
    Ok(match made {
        Made::Xlsx => Box::new(xlsx::Xlsx::open(bytes)?),
        Made::Xls => Box::new(xls::Xls::open(bytes)?),
        Made::Html => Box::new(html::Html::open(bytes)?),
        Made::Xml2003 => Box::new(xml2003::Xml2003::open(bytes)?),
        Made::Xlsb => Box::new(xlsb::Xlsb::open(bytes)?),
        Made::Ods => Box::new(ods::Ods::open(bytes)?),
    })
}

/// The rows of all sheets of an XLS file, read here and now: a panic ends whoever asks. Bytes that
/// are no compound file are taken for the stream of records in one.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn xls_rows(bytes: &[u8]) -> Result<Vec<Vec<SheetRow>>, FileTrouble> {
    if kinds::kind_of(bytes) == Ok(Some(Made::Xls)) {
        all_rows(&mut xls::Xls::open(bytes.into())?)
    } else {
        all_rows(&mut xls::Xls::of_stream(bytes.to_vec())?)
    }
}

#[cfg(any(test, feature = "fuzzing"))]
fn all_rows(book: &mut dyn Source) -> Result<Vec<Vec<SheetRow>>, FileTrouble> {
    let mut all = Vec::new();
    for sheet in 0..book.sheets()?.len() {
        let mut rows = Vec::new();
        book.rows(sheet, &mut |row| {
            rows.push(row);
            true
        })?;
        all.push(rows);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_nothing_are_told() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Book::open(folder.path()), Err(FileTrouble::Folder(_))));
        let none = folder.path().join("none.csv");
        assert!(matches!(Book::open(&none), Err(FileTrouble::Missing(_))));
        assert_eq!(Book::read("x", b"").unwrap_err(), FileTrouble::Empty);
    }

    #[test]
    fn a_guarded_formula_comes_back() {
        let book = Book::read("x.csv", b"a,b\n'=1,\"'-2\"\n").unwrap();
        let rows: Vec<_> = book.rows(0, None).map(|row| row.unwrap().texts()).collect();
        assert_eq!(rows[1], ["=1", "-2"]);
    }
}
