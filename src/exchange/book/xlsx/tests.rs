//! Workbooks as other programs write them.

use super::super::cell::Form;
use super::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};

fn read(bytes: Vec<u8>) -> Vec<SheetRow> {
    let mut book = Xlsx::open(bytes.into()).unwrap();
    let mut rows = Vec::new();
    book.rows(0, &mut |row| {
        rows.push(row);
        true
    })
    .unwrap();
    rows
}

#[test]
fn cells_read_as_people_wrote_them() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let day = Format::new().set_num_format("yyyy-mm-dd");
    let moment = ExcelDateTime::parse_from_str("2025-05-25").unwrap();
    sheet.write_string(2, 0, "=1+1").unwrap();
    sheet.write_number(2, 1, 70_800.0).unwrap();
    sheet.write_number(2, 2, 0.1 + 0.2).unwrap();
    sheet.write_datetime_with_format(2, 3, &moment, &day).unwrap();
    sheet.write_number(2, 4, 500_199_197_110_236_813_f64).unwrap();
    sheet.write_boolean(2, 5, true).unwrap();
    sheet.write_formula(2, 6, Formula::new("1/0").set_result("#DIV/0!")).unwrap();
    sheet.write_formula(2, 7, Formula::new("B3*12").set_result("849600")).unwrap();
    let rows = read(book.save_to_buffer().unwrap());
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].line, 3);
    let texts = rows[0].texts();
    assert_eq!(texts.get(..4).unwrap(), ["=1+1", "70800", "0.3", "2025-05-25"]);
    assert_eq!(rows[0].cells[4].form, Form::Rounded);
    assert_eq!((&*texts[5], &*texts[7]), ("是", "849600"));
}

#[test]
fn hidden_rows_columns_and_sheets_are_known() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, text) in ["姓名", "甲", "乙"].into_iter().enumerate() {
        sheet.write_string(row as u32, 0, text).unwrap();
    }
    sheet.set_row_hidden(1).unwrap();
    sheet.set_column_hidden(2).unwrap();
    book.add_worksheet().set_name("旧表").unwrap().set_hidden(true);
    let bytes = book.save_to_buffer().unwrap();
    let heads = Xlsx::open(bytes.clone().into()).unwrap().sheets().unwrap();
    let known: Vec<_> = heads.iter().map(|head| (&*head.name, head.hidden)).collect();
    assert_eq!(known, [("Sheet1", false), ("旧表", true)]);
    assert_eq!(heads[0].hidden_columns, [2]);
    let hidden: Vec<bool> = read(bytes).iter().map(|row| row.hidden).collect();
    assert_eq!(hidden, [false, true, false]);
}

#[test]
fn damage_is_told() {
    let broken = Xlsx::open(b"PK\x03\x04 no workbook".to_vec().into());
    assert!(matches!(broken, Err(FileTrouble::Workbook(_))));
}

/// What is between rows, or in a row that never ends, is not lost without a word.
#[test]
fn cells_of_damaged_sheets() {
    let rows = |sheet: &str| {
        let (strings, styles) = (SharedTexts::default(), Styles::default());
        let reader = CellReader {
            strings: &strings,
            styles: &styles,
            calendar: DayCount::From1900,
            to_be_calculated: false,
        };
        let mut seen = Vec::new();
        let done = reader.rows(sheet.as_bytes(), &mut |row| {
            seen.push(row.line);
            Ok(true)
        });
        (done.is_ok(), seen)
    };
    let row = "<row><c><v>1</v></c></row>";
    assert_eq!(rows(&format!("<sheetData>{row}{row}</sheetData>")), (true, vec![1, 2]));
    assert_eq!(rows(&format!("<sheetData>{row}<c><v>1</v></c></sheetData>")), (false, vec![1]));
    assert_eq!(rows(&format!("<sheetData><row>{row}</sheetData>")), (false, vec![]));
    assert_eq!(rows("<sheetData><row><c><v>1</v></c></sheetData>"), (false, vec![]));
}
