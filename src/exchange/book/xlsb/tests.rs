//! Workbooks put together record by record: no program at hand writes them.

use super::super::cell::{Form, Merged};
use super::*;
use crate::exchange::book::all_rows;
use proptest::prelude::{ProptestConfig, any, prop, proptest};
use records::*;
use std::io::{Cursor, Write};

fn record(kind: u32, body: &[&[u8]]) -> Vec<u8> {
    let body = body.concat();
    let mut out = match kind {
        0..0x80 => vec![kind as u8],
        _ => vec![kind as u8 | 0x80, (kind >> 7) as u8],
    };
    out.extend([body.len() as u8 | 0x80, (body.len() >> 7) as u8]);
    [out, body].concat()
}

fn wide(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let count = (units.len() as u32).to_le_bytes();
    [count.to_vec(), units.into_iter().flat_map(u16::to_le_bytes).collect()].concat()
}

fn row(at: u32, hidden: bool) -> Vec<u8> {
    let flags = [0, 0, 0, 0, 255, 0, 0, if hidden { ROW_HIDDEN } else { 0 }, 0, 0, 0, 0, 0];
    record(ROW, &[&at.to_le_bytes(), &flags])
}

const ROW_HIDDEN: u8 = 0x10;

fn cell(kind: u32, column: u32, format: u8, value: &[u8]) -> Vec<u8> {
    record(kind, &[&column.to_le_bytes(), &[format, 0, 0, 0], value])
}

fn four(numbers: [u32; 4]) -> Vec<u8> {
    numbers.into_iter().flat_map(u32::to_le_bytes).collect()
}

/// A workbook with one sheet shown and one hidden, of these records.
fn workbook(sheet: &[Vec<u8>], full_calculation: bool) -> Vec<u8> {
    let listed = |hidden: u32, id: &str, name: &str| {
        record(SHEET, &[&hidden.to_le_bytes(), &[1, 0, 0, 0], &wide(id), &wide(name)])
    };
    let book = [
        record(BOOK_PROPERTIES, &[&[1, 0, 0, 0, 0, 0, 0, 0]]),
        listed(0, "r1", "名单"),
        listed(2, "r2", "旧表"),
        record(CALCULATION, &[&[0; 24], &[u8::from(full_calculation)]]),
    ];
    let texts = [
        record(159, &[&four([2, 2, 0, 0])]),
        record(SHARED_TEXT, &[&[0], &wide("测试甲")]),
        record(SHARED_TEXT, &[&[1], &wide("富文本"), &[1, 0, 0, 0, 1, 0, 0, 0]]),
    ];
    let xf = |id: u16| record(XF, &[&[0, 0], &id.to_le_bytes(), &[0; 12]]);
    let styles = [
        record(FORMAT, &[&164_u16.to_le_bytes(), &wide("yyyy\"年\"m\"月\"")]),
        xf(14),
        record(BEGIN_CELL_FORMATS, &[&[3, 0, 0, 0]]),
        xf(0),
        xf(14),
        xf(164),
        record(END_CELL_FORMATS, &[]),
    ];
    let sheet = [&sheet.concat()[..], &record(END_SHEET, &[])].concat();
    let kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let relations = format!(
        "<Relationships><Relationship Id='r1' Type='{kinds}/worksheet' Target='sheet1.bin'/>\
         <Relationship Id='r2' Type='{kinds}/worksheet' Target='sheet2.bin'/>\
         <Relationship Id='r3' Type='{kinds}/sharedStrings' Target='texts.bin'/>\
         <Relationship Id='r4' Type='{kinds}/styles' Target='styles.bin'/></Relationships>"
    );
    let parts: [(&str, &[u8]); 6] = [
        ("xl/workbook.bin", &book.concat()),
        ("xl/_rels/workbook.bin.rels", relations.as_bytes()),
        ("xl/sheet1.bin", &sheet),
        ("xl/sheet2.bin", &record(END_SHEET, &[])),
        ("xl/texts.bin", &texts.concat()),
        ("xl/styles.bin", &styles.concat()),
    ];
    let mut file = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, part) in parts {
        file.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        file.write_all(part).unwrap();
    }
    file.finish().unwrap().into_inner()
}

fn read(bytes: &[u8]) -> Result<Vec<SheetRow>, FileTrouble> {
    Ok(all_rows(&mut Xlsb::open(bytes.into())?)?.remove(0))
}

/// A sheet with every kind of cell.
fn every_kind() -> Vec<Vec<u8>> {
    vec![
        record(COLUMNS, &[&four([3, 4, 2000, 0]), &[1, 0]]),
        record(145, &[]),
        row(0, false),
        cell(CELL_SHARED, 0, 0, &0_u32.to_le_bytes()),
        cell(CELL_SHARED, 1, 0, &1_u32.to_le_bytes()),
        cell(CELL_TEXT, 2, 0, &wide("自己的")),
        cell(CELL_RICH_TEXT, 3, 0, &[&[0][..], &wide("富")].concat()),
        cell(1, 4, 0, &[]),
        cell(CELL_BOOL, 5, 0, &[1]),
        cell(CELL_ERROR, 6, 0, &[0x2A]),
        row(2, true),
        cell(CELL_RK, 0, 1, &(44_257_u32 << 2 | 2).to_le_bytes()),
        cell(CELL_REAL, 1, 2, &44_257.5_f64.to_le_bytes()),
        cell(CELL_REAL, 2, 0, &70_800.5_f64.to_le_bytes()),
        row(3, false),
        cell(FORMULA_NUMBER, 0, 0, &[&0_f64.to_le_bytes()[..], &[0; 6]].concat()),
        cell(FORMULA_TEXT, 1, 0, &[&wide("")[..], &[0; 6]].concat()),
        cell(FORMULA_BOOL, 2, 0, &[0, 0, 0]),
        cell(FORMULA_ERROR, 3, 0, &[0x07, 0, 0]),
        record(END_SHEET_DATA, &[]),
        record(MERGED, &[&four([2, 3, 2, 2])]),
    ]
}

#[test]
fn cells_read_as_people_wrote_them() {
    let file = workbook(&every_kind(), false);
    let heads = Xlsb::open(file.as_slice().into()).unwrap().sheets().unwrap();
    let known: Vec<_> = heads.iter().map(|head| (&*head.name, head.hidden)).collect();
    assert_eq!(known, [("名单", false), ("旧表", true)]);
    assert_eq!((heads[0].calendar, &*heads[0].hidden_columns), (DayCount::From1904, &[3, 4][..]));
    let rows = read(&file).unwrap();
    let lines: Vec<_> = rows.iter().map(|row| (row.line, row.hidden)).collect();
    assert_eq!(lines, [(1, false), (3, true), (4, false)]);
    assert_eq!(rows[0].texts(), ["测试甲", "富文本", "自己的", "富", "", "是", "#N/A"]);
    assert_eq!(rows[0].cells[6].form, Form::Failed);
    assert_eq!(rows[1].texts(), ["2025-03-03", "2025-03-03 12:00:00", "70800.5"]);
    // A value of any formula makes 0 and an empty text values too.
    assert_eq!(rows[2].texts(), ["0", "", "否", "#DIV/0!"]);
    assert_eq!(rows[2].cells[1].form, Form::Text);
}

#[test]
fn formulas_without_values_are_known() {
    let sheet = || {
        let mut sheet = every_kind();
        sheet.retain(|record| ![FORMULA_BOOL as u8, FORMULA_ERROR as u8].contains(&record[0]));
        sheet
    };
    let rows = read(&workbook(&sheet(), false)).unwrap();
    assert_eq!(rows[2].cells[0].form, Form::Unworked);
    assert_eq!(rows[2].cells[1].form, Form::Unworked);
    assert_eq!((&*rows[2].cells[2].text, rows[2].cells[2].merged), ("70800.5", Merged::Down));
    let rows = read(&workbook(&every_kind(), true)).unwrap();
    assert_eq!(rows[2].cells[0].form, Form::Unworked);
}

#[test]
fn what_is_damaged_is_told() {
    let damaged =
        |sheet: &[Vec<u8>]| matches!(read(&workbook(sheet, false)), Err(FileTrouble::Workbook(_)));
    let label = cell(CELL_TEXT, 0, 0, &wide("x"));
    assert!(!damaged(&[row(0, false), label.clone()]));
    assert!(damaged(std::slice::from_ref(&label)));
    assert!(damaged(&[row(1, false), label.clone(), row(1, false), label.clone()]));
    assert!(damaged(&[row(0, false), cell(CELL_SHARED, 0, 0, &[9, 0, 0, 0])]));
    assert!(damaged(&[row(0, false), cell(CELL_TEXT, 0, 0, &[9, 0, 0, 0])]));
    // Ends inside a record: what follows is taken for its body.
    assert!(damaged(&[row(0, false), label, vec![6, 90]]));
    let far = [row(0, false), cell(CELL_TEXT, 16_000, 0, &wide("x"))];
    let far = read(&workbook(&far, false));
    assert_eq!(far, Err(FileTrouble::TooWide { row: 1, column: 16_001 }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_damage_is_survived(
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        // Within the sheet, where the container's sums do not see it.
        let mut sheet = every_kind().concat();
        for (place, byte) in places {
            let at = place.index(sheet.len());
            sheet[at] = byte;
        }
        let _ = read(&workbook(&[sheet], false));
    }
}
