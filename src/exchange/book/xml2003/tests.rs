//! Workbooks as Excel 2003 and other programs write them.

use super::super::Book;
use super::super::cell::{Form, Merged};
use super::*;
use proptest::prelude::*;

const BEFORE: &str = "<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?>
    <Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\"
    xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\" xmlns:x=\"urn:schemas-microsoft-com:office:excel\">";

fn open(inside: &str) -> Xml2003 {
    Xml2003::open(format!("{BEFORE}{inside}</Workbook>").into_bytes().into()).unwrap()
}

fn rows_of(inside: &str, sheet: usize) -> Result<Vec<SheetRow>, FileTrouble> {
    let mut rows = Vec::new();
    open(inside).rows(sheet, &mut |row| {
        rows.push(row);
        true
    })?;
    Ok(rows)
}

fn one(rows: &str) -> Vec<SheetRow> {
    let sheet = format!("<Worksheet ss:Name='a'><Table>{rows}</Table></Worksheet>");
    rows_of(&sheet, 0).unwrap()
}

#[test]
fn values_of_every_type() {
    let rows = one(
        "<Row><Cell><Data ss:Type='String'>姓<B xmlns='http://www.w3.org/TR/REC-html40'>名</B>&#10;x</Data>
        <Comment><ss:Data>no</ss:Data></Comment><PhoneticText>no</PhoneticText></Cell>
        <Cell><Data ss:Type='Number'>70800.0</Data></Cell><Cell><Data ss:Type='Number'>5.00199196404102E+17</Data></Cell>
        <Cell><Data ss:Type='DateTime'>2025-03-03T00:00:00.000</Data></Cell>
        <Cell><Data ss:Type='DateTime'>2025-03-02T23:59:17.000</Data></Cell>
        <Cell><Data ss:Type='DateTime'>1899-12-31T08:30:00.000</Data></Cell>
        <Cell><Data ss:Type='Boolean'>1</Data></Cell><Cell><Data ss:Type='Error'>#N/A</Data></Cell>
        <Cell ss:Formula='=A1'/><Cell ss:Formula='=A1'><Data ss:Type='Number'></Data></Cell>
        <Cell ss:Formula='=A1'><Data ss:Type='String'></Data></Cell><Cell><Data>y</Data></Cell></Row>",
    );
    let texts = rows[0].texts();
    assert_eq!(texts.get(..2).unwrap(), ["姓名\nx", "70800"]);
    assert_eq!(rows[0].cells[2].form, Form::Rounded);
    assert_eq!(texts.get(3..6).unwrap(), ["2025-03-03", "2025-03-02 23:59:17", "08:30:00"]);
    assert_eq!((&*texts[6], rows[0].cells[7].form), ("是", Form::Failed));
    let forms: Vec<Form> = rows[0].cells.iter().skip(8).map(|cell| cell.form).collect();
    assert_eq!(forms, [Form::Unworked, Form::Unworked, Form::Text, Form::Text]);
    assert_eq!(texts[11], "y");
}

#[test]
fn places_spans_and_regions() {
    let rows = one(
        "<Row ss:Index='3' ss:Hidden='1'><Cell ss:Index='2' ss:MergeDown='1'><Data ss:Type='String'>厂</Data></Cell>
        <Cell ss:MergeAcross='1'><Data ss:Type='String'>名</Data></Cell><Cell><Data ss:Type='String'>x</Data></Cell></Row>
        <Row><Cell ss:Index='3'><Data ss:Type='String'>甲</Data></Cell></Row><Row ss:Span='4'/>
        <Row><Cell><Data ss:Type='String'>乙</Data></Cell></Row>",
    );
    let lines: Vec<_> = rows.iter().map(|row| (row.line, row.hidden)).collect();
    assert_eq!(lines, [(3, true), (4, false), (10, false)]);
    assert_eq!(rows[0].texts(), ["", "厂", "名", "名", "x"]);
    assert_eq!(rows[1].texts(), ["", "厂", "甲"]);
    assert_eq!(rows[1].cells[1].merged, Merged::Down);
    // LibreOffice leaves covered cells out; others write an empty one.
    for second in ["<Cell><Data>a</Data></Cell>", "<Cell/><Cell><Data>a</Data></Cell>"] {
        let rows = one(&format!(
            "<Row><Cell ss:MergeDown='1'><Data>厂</Data></Cell><Cell><Data>名</Data></Cell></Row><Row>{second}</Row>"
        ));
        assert_eq!(rows[1].texts(), ["厂", "a"], "{second}");
    }
    let far = "<Worksheet><Table><Row><Cell ss:Index='18446744073709551615'><Data>x</Data></Cell><Cell><Data>x</Data></Cell></Row></Table></Worksheet>";
    assert!(matches!(rows_of(far, 0), Err(FileTrouble::TooWide { .. })));
    let back = "<Worksheet><Table><Row ss:Index='3'/><Row ss:Index='2'/></Table></Worksheet>";
    assert!(matches!(rows_of(back, 0), Err(FileTrouble::Workbook(_))));
    let far = "<Worksheet><Table><Row><Cell ss:Index='99999'/><Cell ss:Index='99999'><Data>x</Data></Cell></Row></Table></Worksheet>";
    assert_eq!(rows_of(far, 0), Err(FileTrouble::TooWide { row: 1, column: 99_999 }));
}

#[test]
fn sheets_are_known_before_their_rows() {
    let book = "<x:ExcelWorkbook><x:Date1904/></x:ExcelWorkbook>
        <Styles><Style ss:ID='s1'><NumberFormat ss:Format='Short Date'/></Style>
        <Style ss:ID='s2'><NumberFormat ss:Format='Standard'/></Style></Styles>
        <Worksheet ss:Name='名单&amp;'><Table><Column ss:Index='2' ss:Hidden='1' ss:Span='1'/><Column ss:Hidden='1'/><Column/>
        <Row><Cell ss:StyleID='s1'><Data ss:Type='Number'>44257</Data></Cell><Cell ss:StyleID='s2'><Data ss:Type='Number'>44257</Data></Cell></Row></Table></Worksheet>
        <Worksheet ss:Name='旧'><Table><Row><Cell><Data ss:Type='String'>z</Data></Cell></Row></Table>
        <WorksheetOptions xmlns='urn:schemas-microsoft-com:office:excel'><Visible>SheetVeryHidden</Visible></WorksheetOptions></Worksheet>";
    let heads = open(book).sheets().unwrap();
    let known: Vec<_> = heads.iter().map(|head| (&*head.name, head.hidden)).collect();
    assert_eq!(known, [("名单&", false), ("旧", true)]);
    assert_eq!(heads[0].hidden_columns, [1, 2, 3]);
    assert_eq!(heads[1].calendar, DayCount::From1904);
    assert_eq!(rows_of(book, 0).unwrap()[0].texts(), ["2025-03-03", "44257"]);
    assert_eq!(rows_of(book, 1).unwrap()[0].texts(), ["z"]);
    assert_eq!(rows_of(book, 2).unwrap(), []);
    assert_eq!(open("").sheets(), Err(FileTrouble::Empty));
}

#[test]
fn the_book_reads_it_in_every_encoding() {
    let inside = "<Worksheet><Table><Row><Cell><Data ss:Type='String'>姓名</Data></Cell></Row></Table></Worksheet></Workbook>";
    let text = format!("{BEFORE}{inside}")
        .replace("version=\"1.0\"", "version=\"1.0\" encoding=\"gb2312\"");
    let (gb, _, _) = encoding_rs::GB18030.encode(&text);
    let wide: Vec<u8> =
        format!("\u{FEFF}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let prefixed = "<ss:Workbook xmlns:ss='urn:schemas-microsoft-com:office:spreadsheet'><ss:Worksheet ss:Name='a'><ss:Table>
        <ss:Row><ss:Cell><ss:Data ss:Type='String'>姓名</ss:Data></ss:Cell></ss:Row></ss:Table></ss:Worksheet></ss:Workbook>";
    for bytes in [&*gb, text.as_bytes(), &wide, prefixed.as_bytes()] {
        let book = Book::read("名单.xls", bytes).unwrap();
        let rows: Vec<_> = book.rows(0, None).map(|row| row.unwrap().texts()).collect();
        assert_eq!(rows, [["姓名"]]);
    }
}

#[test]
fn a_workbook_saved_by_excel() {
    let file = "/tests/fixtures/book/xml2003-excel-gb2312.xls";
    let path = format!("{}{file}", env!("CARGO_MANIFEST_DIR"));
    let book = Book::open(std::path::Path::new(&path)).unwrap();
    let known: Vec<_> = book.sheets().iter().map(|head| (&*head.name, head.hidden)).collect();
    assert_eq!(known, [("说明", true), ("名单", false)]);
    assert_eq!(book.sheets()[1].hidden_columns, [3]);
    assert_eq!(book.sheets()[1].calendar, DayCount::From1904);
    let rows: Vec<SheetRow> = book.rows(1, None).map(Result::unwrap).collect();
    let texts: Vec<_> = rows.iter().map(SheetRow::texts).collect();
    assert_eq!(texts[0], ["单位", "姓名", "出生日期", "内部号"]);
    assert_eq!(texts[1], ["嘉陵厂", "甲一", "1961-01-01", ""]);
    assert_eq!(texts[2], ["嘉陵厂", "乙二", "1962-06-04 23:59:17", "#DIV/0!"]);
    assert_eq!((rows[1].cells[3].form, rows[2].cells[3].form), (Form::Unworked, Form::Failed));
    let lines: Vec<_> = rows.iter().map(|row| (row.line, row.hidden)).collect();
    assert_eq!(lines, [(2, false), (3, false), (4, true)]);
}

proptest! {
    #[test]
    fn nothing_makes_it_fall_over(pieces in prop::collection::vec(prop::sample::select(&[
        "<Worksheet>", "</Worksheet>", "<Table>", "</Table>", "<Row>", "<Row ss:Span='9'>", "</Row>", "<Cell>",
        "<Cell ss:Index='3' ss:MergeDown='18446744073709551615'>", "</Cell>", "<Data ss:Type='Number'>", "</Data>",
        "<Row ss:Index='18446744073709551615'>", "1", "甲", "<Column ss:Hidden='1' ss:Span='18446744073709551615'/>",
        "<Cell ss:Formula='x'>", "<", "&", "]]>", "<!--", "<![CDATA[", "<Data ss:Type='DateTime'>", "2025-01-01T00:00:00",
    ][..]), 0..50)) {
        let inside = pieces.concat();
        let _ = open(&inside).sheets();
        let _ = rows_of(&inside, 0);
    }
}
