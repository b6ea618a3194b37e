//! Workbooks as other programs write them (`tests/fixtures/book/README.md`), and as none should.

use super::super::all_rows;
use super::super::cell::{DayCount, Form, Merged};
use super::*;
use proptest::prelude::{ProptestConfig, any, prop, proptest};
use std::io::{Cursor, Write};

const ROSTER: &[u8] = include_bytes!("../../../../tests/fixtures/book/xlwt-roster.xls");
const MERGED: &[u8] = include_bytes!("../../../../tests/fixtures/book/xlwt-merged.xls");
const FROM_1904: &[u8] = include_bytes!("../../../../tests/fixtures/book/xlwt-1904.xls");
const FORMULAS: &[u8] = include_bytes!("../../../../tests/fixtures/book/xlwt-formulas.xls");
const LONG_TEXTS: &[u8] = include_bytes!("../../../../tests/fixtures/book/xlwt-long-texts.xls");
const LIBREOFFICE: &[u8] = include_bytes!("../../../../tests/fixtures/book/libreoffice.xls");

fn read(bytes: &[u8]) -> Result<Vec<Vec<SheetRow>>, FileTrouble> {
    all_rows(&mut Xls::open(bytes.into())?)
}

fn texts(rows: &[SheetRow]) -> Vec<Vec<String>> {
    rows.iter().map(SheetRow::texts).collect()
}

#[test]
fn cells_read_as_people_wrote_them() {
    let all = read(ROSTER).unwrap();
    let rows = texts(&all[0]);
    assert_eq!(rows.len(), 6);
    assert_eq!(
        rows[1],
        [
            "测试甲",
            "50019919880101101X",
            "2025-03-01",
            "2025-03-01 08:30:00",
            "1000.5",
            "0.125",
            "否"
        ]
    );
    assert_eq!(rows[2][6..], ["是", "甲乙丙"]);
    assert_eq!((&*rows[3][7], all[0][3].cells[7].form), ("#N/A", Form::Failed));
    assert_eq!(all[0][4].cells[7].form, Form::Rounded);
    assert_eq!(rows[5].len(), 7);
}

#[test]
fn hidden_rows_columns_and_sheets_are_known() {
    let heads = Xls::open(ROSTER.into()).unwrap().sheets().unwrap();
    let known: Vec<_> = heads.iter().map(|head| (&*head.name, head.hidden)).collect();
    assert_eq!(known, [("名单", false), ("旧表", true), ("深藏", true), ("空表", false)]);
    assert_eq!(heads[0].hidden_columns, [5]);
    let all = read(ROSTER).unwrap();
    let hidden: Vec<_> = all[0].iter().filter(|row| row.hidden).map(|row| row.line).collect();
    assert_eq!(hidden, [4]);
    assert!(all[3].is_empty());
}

#[test]
fn merged_cells_are_filled() {
    let rows = read(MERGED).unwrap().remove(0);
    let second: Vec<_> = rows.iter().map(|row| row.texts().get(1).cloned()).collect();
    let firm = || Some("某机械厂".to_string());
    assert_eq!(second.get(1..5).unwrap(), [firm(), firm(), firm(), None]);
    assert_eq!(rows[2].cells[1].merged, Merged::Down);
    assert_eq!(rows[5].cells[1].merged, Merged::Over);
}

#[test]
fn days_of_the_other_calendar() {
    let mut book = Xls::open(FROM_1904.into()).unwrap();
    assert_eq!(book.sheets().unwrap()[0].calendar, DayCount::From1904);
    let rows = read(FROM_1904).unwrap().remove(0);
    assert_eq!(rows[1].texts(), ["2025-03-03"]);
    assert_eq!(rows[2].cells[0].form, Form::Number(44_257.0));
}

#[test]
fn formulas_without_values_are_known() {
    let rows = read(FORMULAS).unwrap().remove(0);
    let forms: Vec<_> = rows[1].cells.iter().map(|cell| cell.form).collect();
    assert_eq!(forms, [Form::Number(5.0), Form::Unworked, Form::Unworked]);
}

/// Formulas that share one expression, with their texts after it; a chart with numbers of its own
/// between the cells and the end.
#[test]
fn formulas_with_values_have_them() {
    let all = read(LIBREOFFICE).unwrap();
    assert_eq!(all.len(), 3);
    let rows = texts(&all[0]);
    assert_eq!(rows[1][2..], ["2025-03-02", "2000", "24000", "测试甲的说明", "是", "某机械厂"]);
    assert_eq!(rows[10][4..7], ["132000", "测试癸的说明", "否"]);
    // 0, an empty text and an error are values where others have theirs.
    assert_eq!(rows[11], ["末行", "", "", "#DIV/0!", "0", "", "是"]);
    assert!(all[0].iter().all(|row| row.cells.iter().all(|cell| cell.form != Form::Unworked)));
    let hidden: Vec<_> = all[0].iter().filter(|row| row.hidden).map(|row| row.line).collect();
    assert_eq!(hidden, [5]);
    let book = Xls::open(LIBREOFFICE.into()).unwrap().sheets().unwrap();
    assert_eq!((&book[0].hidden_columns[..], book[1].hidden), (&[3][..], true));
}

#[test]
fn texts_over_several_records() {
    let rows = texts(&read(LONG_TEXTS).unwrap().remove(0));
    assert_eq!(rows.len(), 75);
    for (at, row) in rows.iter().enumerate() {
        assert_eq!(row[0], format!("第{at:03}行{}", "重庆A".repeat(at % 30)));
        assert_eq!(row[1], format!("row {at:03} {}", "x".repeat(at % 61)));
    }
}

fn record(kind: u16, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap();
    [&kind.to_le_bytes()[..], &length.to_le_bytes(), body].concat()
}

/// A cell's record: where it is, its format 0, and what else.
fn cell(kind: u16, row: u16, column: u16, rest: &[u8]) -> Vec<u8> {
    let place = [row.to_le_bytes(), column.to_le_bytes(), [0, 0]].concat();
    record(kind, &[&place, rest].concat())
}

fn old_label(row: u16, column: u16, text: &[u8]) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap().to_le_bytes();
    cell(records::LABEL, row, column, &[&length, text].concat())
}

/// A workbook of Excel 95 with one sheet, in the encoding of Chinese machines.
fn excel_95(extra: &[u8], sheet: &[u8]) -> Vec<u8> {
    let bof = |kind: u8| record(records::BOF, &[0x00, 0x05, kind, 0x00, 0, 0, 0, 0]);
    let end = record(records::EOF, &[]);
    let name = b"\xC3\xFB\xB5\xA5";
    let list = |at: usize| {
        let at = u32::try_from(at).unwrap().to_le_bytes();
        record(records::BOUND_SHEET, &[&at[..], &[0, 0, 4], name].concat())
    };
    let page = record(records::CODE_PAGE, &936_u16.to_le_bytes());
    let start = [&bof(5), extra, &page, &list(0), &end].concat().len();
    [&bof(5), extra, &page, &list(start), &end, &bof(0x10), sheet, &end].concat()
}

/// A compound file with these streams, nothing in them unless it is the workbook.
fn compound(streams: &[&str], workbook: &[u8]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for name in streams {
        let mut stream = file.create_stream(name).unwrap();
        let has_records = ["Workbook", "Book"].contains(name);
        stream.write_all(if has_records { workbook } else { b"x" }).unwrap();
        stream.flush().unwrap();
    }
    file.into_inner().into_inner()
}

#[test]
fn excel_95_in_chinese() {
    let sheet = [
        old_label(0, 0, b"\xD0\xD5\xC3\xFB"),
        old_label(1, 0, b"\xD6\xEC\x80"),
        cell(records::RK, 1, 1, &0x0001_1468_u32.to_le_bytes()),
        // Behind cells of a later row.
        cell(records::NUMBER, 0, 1, &2.5_f64.to_le_bytes()),
        // Three numbers, as one record tells them.
        record(records::MUL_RK, &[2, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 10, 0, 0, 0, 2, 0]),
    ];
    let file = compound(&["Book"], &excel_95(&[], &sheet.concat()));
    let mut book = Xls::open(file.as_slice().into()).unwrap();
    assert_eq!(book.sheets().unwrap()[0].name, "名单");
    let rows = texts(&all_rows(&mut book).unwrap()[0]);
    assert_eq!(rows[0], ["姓名", "2.5"]);
    assert_eq!(rows[1].len(), 2);
    assert_eq!(rows[2], ["", "1", "2"]);
}

/// What a workbook's formulas are saved with, and how they read.
#[test]
fn what_a_formula_is_saved_with() {
    let text = [0, 0, 0, 0, 0, 0, 0xFF, 0xFF];
    let nothing = [3, 0, 0, 0, 0, 0, 0xFF, 0xFF];
    let zero = [0; 8];
    let formula = |column, saved: &[u8; 8]| {
        cell(records::FORMULA, 0, column, &[&saved[..], &[0; 8]].concat())
    };
    let string = record(records::STRING, &[1, 0, b'x']);
    let forms = |parts: &[&[u8]]| -> Vec<Form> {
        let stream = excel_95(&[], &[&old_label(0, 0, b"a"), &parts.concat()[..]].concat());
        let rows = all_rows(&mut Xls::of_stream(stream).unwrap()).unwrap().remove(0);
        rows[0].cells.iter().skip(1).map(|cell| cell.form).collect()
    };
    let three = [formula(1, &zero), formula(2, &nothing), formula(3, &text)].concat();
    assert_eq!(forms(&[&three]), [Form::Unworked; 3]);
    // The text of the third makes the others what they say.
    let all = forms(&[&three, &string]);
    assert_eq!(all, [Form::Number(0.0), Form::Text, Form::Text]);
    // A text that follows another cell is none of this formula's.
    let apart = forms(&[&formula(1, &text), &old_label(0, 2, b"b"), &string]);
    assert_eq!(apart, [Form::Unworked, Form::Text]);
}

#[test]
fn passwords_and_other_programs_are_named() {
    let locked = compound(&["Workbook"], &excel_95(&record(records::FILE_PASS, &[0; 6]), &[]));
    assert_eq!(read(&locked), Err(FileTrouble::Password));
    assert_eq!(read(&compound(&["EncryptedPackage"], &[])), Err(FileTrouble::Password));
    let what = |streams: &[&str]| match read(&compound(streams, &[])) {
        Err(FileTrouble::Foreign(said, _)) => said.en.into_owned(),
        other => format!("{other:?}"),
    };
    assert!(what(&["WordDocument", "1Table"]).contains("Word"));
    assert!(what(&["PowerPoint Document"]).contains("slides"));
    assert!(what(&["__properties_version1.0"]).contains("e-mail"));
    assert!(what(&["Contents"]).contains("another program"));
    // Excel 4 in a compound file.
    let old = record(0x0409, &[0, 4, 0x10, 0]);
    assert!(matches!(read(&compound(&["Book"], &old)), Err(FileTrouble::Foreign(..))));
}

#[test]
fn what_is_damaged_is_told() {
    let damaged = |bytes: &[u8]| matches!(read(bytes), Err(FileTrouble::Workbook(_)));
    assert!(damaged(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"));
    let label = old_label(0, 0, b"x");
    let whole = excel_95(&[], &label);
    assert!(read(&compound(&["Book"], &whole)).is_ok());
    // Without its last record, in the middle of one, and at every byte before.
    for end in 0..whole.len() {
        let cut = Xls::of_stream(whole.get(..end).unwrap().to_vec());
        assert!(matches!(cut, Err(FileTrouble::Workbook(_))), "cut at {end}");
    }
    // A shared text that is not there.
    let shared = cell(records::LABEL_SST, 0, 0, &[9, 0, 0, 0]);
    assert!(damaged(&compound(&["Book"], &excel_95(&[], &shared))));
    // Content far to the right.
    let far = compound(&["Book"], &excel_95(&[], &old_label(0, 60_000, b"x")));
    assert_eq!(read(&far), Err(FileTrouble::TooWide { row: 1, column: 60_001 }));
}

/// Every file cut short is read to its end or refused in words.
#[test]
fn files_cut_short() {
    for file in [ROSTER, MERGED, FORMULAS, LONG_TEXTS, LIBREOFFICE] {
        let whole = read(file).unwrap();
        for end in (0..file.len()).step_by(64) {
            if let Ok(rows) = read(file.get(..end).unwrap()) {
                assert_eq!(rows, whole, "cut at {end}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_damage_is_survived(
        file in 0..5_usize,
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let mut bytes = [ROSTER, MERGED, FORMULAS, LONG_TEXTS, LIBREOFFICE][file].to_vec();
        for (place, byte) in places {
            let at = place.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = read(&bytes);
    }
}
