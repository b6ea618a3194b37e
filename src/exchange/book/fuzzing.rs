//! The doors of the fuzz targets `html` and `xlsx`: there in tests and with the feature `fuzzing`
//! only. Readers are asked without the thread that answers for their panics.

use super::cell::Source;
use super::{html, xlsx, xml2003};
use crate::exchange::limits::MOST_COLUMNS;
use crate::exchange::trouble::FileTrouble;
use std::io::{Cursor, Write};
use std::sync::Arc;
use zip::write::{SimpleFileOptions, ZipWriter};

/// Any bytes as a web page, and as XML 2003.
///
/// # Panics
/// When a promise of the readers is broken.
pub fn html(bytes: &[u8]) {
    let bytes: Arc<[u8]> = bytes.into();
    let page = html::Html::open(bytes.clone());
    if let Ok(mut page) = page {
        // A table without content is no sheet.
        every_row(&mut page, true);
    }
    if let Ok(mut book) = xml2003::Xml2003::open(bytes) {
        every_row(&mut book, false);
    }
}

/// Any bytes as an XLSX file; bytes that are no ZIP archive are its parts, with a zero byte between:
/// the workbook, a sheet, shared texts, styles, and how the workbook refers to them.
///
/// # Panics
/// When a promise of the reader is broken.
pub fn xlsx(bytes: &[u8]) {
    let bytes = if bytes.starts_with(b"PK") { Some(bytes.to_vec()) } else { packed(bytes) };
    let Some(bytes) = bytes else { return };
    if let Ok(mut book) = xlsx::Xlsx::open(bytes.into()) {
        every_row(&mut book, false);
    }
}

/// Reads every sheet. Rows come in order, have content, and are not wider than a sheet.
fn every_row(source: &mut dyn Source, with_content: bool) {
    let Ok(heads) = source.sheets() else { return };
    for sheet in 0..heads.len().min(8) {
        let (mut last, mut rows) = (0, 0_usize);
        let done = source.rows(sheet, &mut |row| {
            assert!(row.line > last, "row {} behind row {last}", row.line);
            assert!(!row.is_blank() && row.cells.len() <= MOST_COLUMNS + 64);
            last = row.line;
            rows += 1;
            true
        });
        assert!(done != Err(FileTrouble::Unreadable));
        assert!(!with_content || done.is_err() || rows > 0, "sheet {sheet} has no rows");
    }
}

const ROOT: &str = "<Relationships><Relationship Id=\"r\" Type=\"x/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>";

const REFERENCES: &str = "<Relationships><Relationship Id=\"rId1\" Type=\"x/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
    <Relationship Id=\"rId2\" Type=\"x/sharedStrings\" Target=\"sharedStrings.xml\"/>\
    <Relationship Id=\"rId3\" Type=\"x/styles\" Target=\"styles.xml\"/></Relationships>";

fn packed(bytes: &[u8]) -> Option<Vec<u8>> {
    let names = [
        "xl/workbook.xml",
        "xl/worksheets/sheet1.xml",
        "xl/sharedStrings.xml",
        "xl/styles.xml",
        "xl/_rels/workbook.xml.rels",
    ];
    let mut parts: Vec<&[u8]> = bytes.splitn(names.len(), |byte| *byte == 0).collect();
    if parts.len() + 1 == names.len() {
        parts.push(REFERENCES.as_bytes());
    }
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let all = names.into_iter().zip(parts).chain([("_rels/.rels", ROOT.as_bytes())]);
    for (name, part) in all {
        let stored =
            SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        archive.start_file(name, stored).ok()?;
        archive.write_all(part).ok()?;
    }
    archive.finish().ok().map(Cursor::into_inner)
}
