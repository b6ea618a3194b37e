//! Workbooks as other programs write them.

use super::*;

fn read(bytes: &[u8]) -> Result<Vec<Vec<SheetRow>>, FileTrouble> {
    let mut book = Xls::open(bytes.into())?;
    let sheets = book.sheets()?.len();
    let mut all = Vec::new();
    for sheet in 0..sheets {
        let mut rows = Vec::new();
        book.rows(sheet, &mut |row| {
            rows.push(row);
            true
        })?;
        all.push(rows);
    }
    Ok(all)
}

#[test]
fn what_is_no_compound_file_is_told() {
    assert!(matches!(read(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), Err(FileTrouble::Workbook(_))));
}
