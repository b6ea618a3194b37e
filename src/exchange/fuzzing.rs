//! The doors of the fuzz targets `csv`, `xls`, `html` and `xlsx`: there in tests and with the
//! feature `fuzzing` only.

pub use super::book::fuzzing::{html, xlsx};

use super::book::xls_rows;
use super::columns::Column;
use super::look::look;
use super::target::Target;
use super::{Book, ImportOptions, decode, guard, unguard};
use crate::program::{Catalogue, Kind, NoRecords, Typing, plain, typed};
use crate::words::Lang;
use chrono::NaiveDate;
use std::sync::OnceLock;

/// Any bytes as a file that is imported: text, rows, columns and values. Its length says as which
/// kind or table: one is enough for an input, and many inputs are of every length.
///
/// A value that was read is read again from what an export writes of it.
///
/// # Panics
/// When a promise of the exchange is broken.
pub fn csv(bytes: &[u8]) {
    static PACKS: OnceLock<Catalogue> = OnceLock::new();
    let catalogue = PACKS.get_or_init(|| Catalogue::built_in().unwrap_or_default());
    if let Ok(text) = decode(bytes)
        && !text.contains('\0')
    {
        assert_eq!(decode(text.as_bytes()).as_deref(), Ok(text.as_str()));
    }
    let Ok(book) = Book::read("file.csv", bytes) else { return };
    let targets: Vec<_> = catalogue.kinds().flat_map(|kind| targets(catalogue, kind)).collect();
    let Some(target) = targets.get(bytes.len() % targets.len()) else { return };
    let Ok(look) = look(&book, target, &ImportOptions::default(), &mut || {}) else { return };
    let today = NaiveDate::from_ymd_opt(2025, 10, 15).unwrap_or_default();
    let typing = Typing { catalogue, today, records: &NoRecords };
    let rows = look.sheets.iter().flat_map(|sheet| {
        let rows = book.rows(sheet.at, sheet.separator).skip(sheet.columns.skip);
        rows.flatten().map(|row| (&sheet.columns.meanings, row))
    });
    for (meanings, row) in rows {
        for (cell, meaning) in row.cells.iter().zip(meanings) {
            assert_eq!(unguard(&guard(&cell.text)), cell.text);
            if let Column::Field(_, field) | Column::Number(Some(field)) = meaning
                && let Ok(Some(value)) = typed::parse(field, &cell.text, &typing)
            {
                let written = plain(catalogue, field, &value, Lang::Zh, true);
                let again = typed::parse(field, &written, &typing);
                assert_eq!(again, Ok(Some(value)), "{} as {written:?}", field.id);
            }
        }
    }
}

/// Any bytes as a workbook of Excel 5 to 2003, or as the stream of records in one.
///
/// # Panics
/// When rows do not come from the top, or nothing is in one.
pub fn xls(bytes: &[u8]) {
    let Ok(sheets) = xls_rows(bytes) else { return };
    for rows in sheets {
        assert!(rows.is_sorted_by(|above, below| above.line < below.line));
        assert!(rows.iter().all(|row| !row.is_blank()));
    }
}

/// A kind and its tables.
fn targets<'c>(catalogue: &'c Catalogue, kind: &'c Kind) -> Vec<Target<'c>> {
    let tables = kind.fields().filter(|field| !field.field_type.columns().is_empty());
    let tables = tables.map(Some).chain([None]);
    tables.map(|table| Target::new(catalogue, kind, table)).collect()
}
