//! Spreadsheets as LibreOffice and other programs write them.

use super::super::Book;
use super::super::cell::{Form, Merged};
use super::*;
use proptest::prelude::*;
use std::io::Write;
use zip::write::{SimpleFileOptions, ZipWriter};

const BEFORE: &str =
    "<office:document-content xmlns:office=\"urn:o\" xmlns:table=\"urn:t\" xmlns:text=\"urn:x\">";

/// A spreadsheet with this content.
fn packed(content: &str, manifest: &str) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let parts = [
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        (CONTENT, content),
        (MANIFEST, manifest),
    ];
    for (name, text) in parts {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn open(body: &str) -> Ods {
    let content = format!("{BEFORE}{body}</office:document-content>");
    Ods::open(packed(&content, "<manifest/>").into()).unwrap()
}

fn rows_of(body: &str, sheet: usize) -> Result<Vec<SheetRow>, FileTrouble> {
    let mut rows = Vec::new();
    open(body).rows(sheet, &mut |row| {
        rows.push(row);
        true
    })?;
    Ok(rows)
}

fn one(rows: &str) -> Result<Vec<SheetRow>, FileTrouble> {
    rows_of(
        &format!("<office:spreadsheet><table:table>{rows}</table:table></office:spreadsheet>"),
        0,
    )
}

#[test]
fn values_of_every_type() {
    let rows = one(
        "<table:table-row><table:table-cell office:value-type='string'><office:annotation><text:p>no</text:p></office:annotation>
        <text:p> 张<text:s/><text:span>三
          </text:span> 四<text:s text:c='2'/></text:p><text:p>乙<text:line-break/>&lt;<text:tab/>丙</text:p></table:table-cell>
        <table:table-cell office:value-type='float' office:value='3541.67'><text:p>3,542</text:p></table:table-cell>
        <table:table-cell office:value-type='float' office:value='5.00199196101012E+017'><text:p>5E+17</text:p></table:table-cell>
        <table:table-cell office:value-type='date' office:date-value='2025-03-03'><text:p>3/3</text:p></table:table-cell>
        <table:table-cell office:value-type='date' office:date-value='2025-03-02T23:59:17.4'/>
        <table:table-cell office:value-type='time' office:time-value='PT08H30M00S'/>
        <table:table-cell office:value-type='boolean' office:boolean-value='true'><text:p>TRUE</text:p></table:table-cell>
        <table:table-cell table:formula='of:=[.A1]' office:value-type='string' office:string-value='' calcext:value-type='error'><text:p>#N/A</text:p></table:table-cell>
        <table:table-cell table:formula='of:=1' office:value-type='float' office:value='0'><text:p>Err:502</text:p></table:table-cell>
        <table:table-cell table:formula='of:=1'/><table:table-cell table:formula='of:=1' office:value-type='float'/>
        <table:table-cell table:formula='of:=\"\"' office:value-type='string' office:string-value=''/>
        <table:table-cell office:value-type='string' office:string-value='a&amp;b'/>
        <table:table-cell office:value-type='string'><text:p>#N/A</text:p></table:table-cell></table:table-row>",
    )
    .unwrap();
    let texts = rows[0].texts();
    assert_eq!(texts[0], "张 三 四  \n乙\n<\t丙");
    assert_eq!((&*texts[1], rows[0].cells[2].form), ("3541.67", Form::Rounded));
    assert_eq!(texts.get(3..7).unwrap(), ["2025-03-03", "2025-03-02 23:59:17", "08:30:00", "是"]);
    let forms: Vec<Form> = rows[0].cells.iter().skip(7).map(|cell| cell.form).collect();
    let (failed, unworked) = (Form::Failed, Form::Unworked);
    assert_eq!(forms, [failed, failed, unworked, unworked, Form::Text, Form::Text, Form::Text]);
    assert_eq!((&*texts[8], &*texts[12]), ("Err:502", "a&b"));
}

#[test]
fn what_is_repeated_is_counted() {
    let rows = one(
        "<table:table-column table:number-columns-repeated='16384'/>
        <table:table-row table:number-rows-repeated='3'><table:table-cell table:number-columns-repeated='16384'/></table:table-row>
        <table:table-header-rows><table:table-row table:number-rows-repeated='2' table:visibility='filter'><table:table-cell/>
        <table:table-cell office:value-type='string' table:number-columns-repeated='2'><text:p>甲</text:p></table:table-cell>
        <table:table-cell table:number-columns-repeated='16000'/></table:table-row></table:table-header-rows>
        <table:table-row table:visibility='collapse'><table:table-cell><text:p>乙</text:p></table:table-cell></table:table-row>
        <table:table-row table:number-rows-repeated='18446744073709551615'><table:table-cell table:number-columns-repeated='18446744073709551615'/></table:table-row>",
    )
    .unwrap();
    let known: Vec<_> = rows.iter().map(|row| (row.line, row.hidden, row.texts())).collect();
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_string()).collect::<Vec<_>>();
    let twice = texts(&["", "甲", "甲"]);
    assert_eq!(known, [(4, true, twice.clone()), (5, true, twice), (6, true, texts(&["乙"]))]);
    let long = "<table:table-row table:number-rows-repeated='9999999'><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row>";
    let mut seen = 0_usize;
    let body =
        format!("<office:spreadsheet><table:table>{long}</table:table></office:spreadsheet>");
    let done = open(&body).rows(0, &mut |_| {
        seen += 1;
        true
    });
    assert_eq!((done, seen), (Err(FileTrouble::TooLong), MOST_ROWS));
    let wide = one(
        "<table:table-row><table:table-cell table:number-columns-repeated='99999999999'><text:p>x</text:p></table:table-cell></table:table-row>",
    );
    assert_eq!(wide, Err(FileTrouble::TooWide { row: 1, column: 1025 }));
    let far = one(
        "<table:table-row><table:table-cell table:number-columns-repeated='18446744073709551615'/><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row>",
    );
    assert!(matches!(far, Err(FileTrouble::TooWide { .. })));
    let blanks = one(
        "<table:table-row><table:table-cell><text:p>x<text:s text:c='99999999999'/>y</text:p></table:table-cell></table:table-row>",
    );
    assert!(blanks.unwrap()[0].texts().concat().len() < 100_000);
}

#[test]
fn merged_cells() {
    let rows = one(
        "<table:table-row><table:table-cell table:number-rows-spanned='2'><text:p>厂</text:p></table:table-cell>
        <table:table-cell table:number-columns-spanned='2'><text:p>名</text:p></table:table-cell><table:covered-table-cell/></table:table-row>
        <table:table-row><table:covered-table-cell/><table:table-cell><text:p>a</text:p></table:table-cell></table:table-row>",
    )
    .unwrap();
    assert_eq!(rows[0].texts(), ["厂", "名", "名"]);
    assert_eq!(rows[1].texts(), ["厂", "a"]);
    assert_eq!(rows[1].cells[0].merged, Merged::Down);
}

#[test]
fn sheets_are_known_before_their_rows() {
    let body = "<office:automatic-styles><style:style style:name='ta1' style:family='table'><style:table-properties table:display='true'/></style:style>
        <style:style style:name='ta2' style:family='table'><style:table-properties table:display='false'/></style:style></office:automatic-styles>
        <office:spreadsheet><table:calculation-settings><table:null-date table:date-value='1904-01-01'/></table:calculation-settings>
        <table:tracked-changes><table:deletion><table:cut-offs/><table:table><table:table-row/></table:table></table:deletion></table:tracked-changes>
        <table:table table:name='名单&amp;' table:style-name='ta1'><table:shapes><draw:frame><table:table><table:table-row/></table:table></draw:frame></table:shapes>
        <table:table-column/><table:table-column table:visibility='collapse' table:number-columns-repeated='2'/>
        <table:table-row><table:table-cell><text:p>a</text:p><table:table table:is-sub-table='true'><table:table-row><table:table-cell><text:p>no</text:p></table:table-cell></table:table-row></table:table></table:table-cell></table:table-row></table:table>
        <table:table table:name='旧' table:style-name='ta2'><table:table-row><table:table-cell><text:p>b</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet>";
    let heads = open(body).sheets().unwrap();
    let known: Vec<_> = heads.iter().map(|head| (&*head.name, head.hidden)).collect();
    assert_eq!(known, [("名单&", false), ("旧", true)]);
    assert_eq!(heads[0].hidden_columns, [1, 2]);
    assert_eq!(heads[1].calendar, DayCount::From1904);
    assert_eq!(rows_of(body, 0).unwrap()[0].texts(), ["a"]);
    assert_eq!(rows_of(body, 1).unwrap()[0].texts(), ["b"]);
    assert_eq!(rows_of(body, 2).unwrap(), []);
    assert_eq!(open("<office:spreadsheet/>").sheets(), Err(FileTrouble::Empty));
    assert!(matches!(open("<office:text/>").sheets(), Err(FileTrouble::Foreign(..))));
}

#[test]
fn passwords_and_damage_are_told() {
    let sealed = packed(
        "garbage",
        "<manifest:manifest><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>",
    );
    assert_eq!(Book::read("x.ods", sealed).unwrap_err(), FileTrouble::Password);
    let cut = packed(
        &format!("{BEFORE}<office:spreadsheet><table:table><table:table-row>"),
        "<manifest/>",
    );
    assert!(matches!(Book::read("x.ods", cut), Err(FileTrouble::Workbook(_))));
}

/// A workbook as LibreOffice saves it in each of its formats; a page has no hidden rows and columns.
#[test]
fn one_workbook_in_three_formats() {
    for name in ["ods-libreoffice.ods", "xml2003-libreoffice.xls", "html-libreoffice.xls"] {
        let path = format!("{}/tests/fixtures/book/{name}", env!("CARGO_MANIFEST_DIR"));
        let book = Book::open(std::path::Path::new(&path)).unwrap();
        let page = name.starts_with("html");
        let known: Vec<_> = book.sheets().iter().map(|head| (&*head.name, head.hidden)).collect();
        let expected = [("名单", false), ("旧表", name.starts_with("ods"))];
        assert!(page || known == expected, "{name}: {known:?}");
        assert!(page || book.sheets()[0].hidden_columns == [3], "{name}");
        let mut rows: Vec<SheetRow> = book.rows(0, None).map(Result::unwrap).collect();
        if !page {
            let hidden = rows.remove(4);
            assert!(hidden.hidden && hidden.line == 5 && hidden.cells[1].text == "丙三");
            assert_eq!(hidden.cells[2].form, Form::Rounded);
            rows.iter_mut().filter(|row| row.cells.len() > 3).for_each(|row| {
                row.cells.remove(3);
            });
        }
        let texts: Vec<_> = rows.iter().map(SheetRow::texts).collect();
        let title = "2025 年名单";
        assert_eq!(texts[0], [title; 3], "{name}");
        assert_eq!(texts[1].join(","), "单位,姓名,身份证号,入会日期,月收入,年收入,备注", "{name}");
        assert_eq!(
            texts[2].join(","),
            "嘉陵厂,甲一,500199196101012004,2025-03-03,3541.67,42500.04,第一行\n第二行 & <三>",
            "{name}"
        );
        assert_eq!(
            texts[3].join(","),
            "嘉陵厂,乙二,500199196206042015,2025-03-02 23:59:17,#DIV/0!,#N/A,是",
            "{name}"
        );
        assert_eq!((rows[3].cells[4].form, rows[3].cells[5].form), (Form::Failed, Form::Failed));
        assert_eq!(texts[4], ["", "丁四"], "{name}");
        assert_eq!((texts.len(), rows[4].line), (5, if page { 7 } else { 8 }), "{name}");
    }
}

proptest! {
    #[test]
    fn nothing_makes_it_fall_over(pieces in prop::collection::vec(prop::sample::select(&[
        "<table:table>", "</table:table>", "<table:table-row>", "<table:table-row table:number-rows-repeated='18446744073709551615'>",
        "</table:table-row>", "<table:table-cell>", "<table:table-cell table:number-rows-spanned='18446744073709551615'>",
        "<table:table-cell table:number-columns-spanned='18446744073709551615'>", "</table:table-cell>", "<text:p>", "</text:p>", "甲",
        "<text:s text:c='18446744073709551615'/>", "<table:table-column table:number-columns-repeated='18446744073709551615' table:visibility='collapse'/>",
        "<table:table-cell office:value-type='date' office:date-value='+262143-01-01T23:59:59.9'>", "<", "&", "<table:shapes>",
    ][..]), 0..40)) {
        let body = pieces.concat();
        let _ = open(&body).sheets();
        let mut left = 2000;
        let _ = open(&body).rows(0, &mut |_| {
            left -= 1;
            left > 0
        });
    }
}
