//! Pages as systems, spreadsheet programs and people write them.

use super::super::cell::{Form, Merged};
use super::super::{Book, Cell};
use super::*;
use proptest::prelude::*;

fn heads(page: &str) -> Result<Vec<SheetHead>, FileTrouble> {
    Html::open(page.as_bytes().into())?.sheets()
}

fn rows_of(page: &str, sheet: usize) -> Result<Vec<SheetRow>, FileTrouble> {
    let mut rows = Vec::new();
    Html::open(page.as_bytes().into())?.rows(sheet, &mut |row| {
        rows.push(row);
        true
    })?;
    Ok(rows)
}

fn rows(page: &str) -> Vec<SheetRow> {
    rows_of(page, 0).unwrap()
}

fn texts(page: &str, sheet: usize) -> Vec<Vec<String>> {
    rows_of(page, sheet).unwrap().iter().map(SheetRow::texts).collect()
}

fn strings(rows: &[&[&str]]) -> Vec<Vec<String>> {
    rows.iter().map(|row| row.iter().map(|text| (*text).to_string()).collect()).collect()
}

#[test]
fn end_tags_may_be_missing_and_tags_large() {
    let page = "<TABLE><TR><TH>姓名<TH>备注<TR><TD>甲&nbsp;<TD>a<BR>b&amp;c<tr><td><td>乙</table>";
    assert_eq!(texts(page, 0), strings(&[&["姓名", "备注"], &["甲\u{A0}", "a\nb&c"], &["", "乙"]]));
    let lines: Vec<usize> =
        rows("<tr><td>a<tr><td> <tr><td>b").iter().map(|row| row.line).collect();
    assert_eq!(lines, [1, 3]);
}

#[test]
fn merged_cells_go_down_and_over() {
    let page =
        "<table><tr><td rowspan=2>厂<td colspan=2>名<td>x<tr><td>a<td>b<td>y<tr><td>c</table>";
    assert_eq!(
        texts(page, 0),
        strings(&[&["厂", "名", "名", "x"], &["厂", "a", "b", "y"], &["c"]])
    );
    let rows = rows(page);
    assert_eq!(rows[0].cells[2].merged, Merged::Over);
    assert_eq!(rows[1].cells[0].merged, Merged::Down);
    // To the end of the body, and no further; what reaches too far is cut.
    let page = "<table><tbody><tr><td rowspan=0>厂<td>a<tr><td>b</tbody>
        <tbody><tr><td rowspan=99999999999>d<td>e</tbody><tr><td>f<td colspan=1e9>g</table>";
    assert_eq!(texts(page, 0), strings(&[&["厂", "a"], &["厂", "b"], &["d", "e"], &["f", "g"]]));
    let page = "<table><tr><td rowspan=3 colspan=99999999><tr><td>a<tr><td>b</table>";
    assert_eq!(rows_of(page, 0).unwrap()[0].cells[1000].text, "a");
    let page = "<table><tr><td colspan=1000><td colspan=1000><td>a</table>";
    assert_eq!(rows_of(page, 0), Err(FileTrouble::TooWide { row: 1, column: 2001 }));
    assert_eq!(
        texts("<table><tr><td colspan=2 style='mso-ignore:colspan'>长<td>b", 0)[0],
        ["长", "", "b"]
    );
}

#[test]
fn tables_inside_tables_are_sheets_of_their_own() {
    let page = "<table><tr><td><table><caption> 甲
        表 </caption><tr><td>1</table><td>  <table><tr><td> </table></table>
        <table><tr><td>外<table><tr><td>内</table>外</table>";
    let names: Vec<String> = heads(page).unwrap().into_iter().map(|head| head.name).collect();
    assert_eq!(names, ["甲 表", "2", "3"]);
    let all: Vec<_> = (0..4).map(|sheet| texts(page, sheet)).collect();
    assert_eq!(all[0], strings(&[&["1"]]));
    assert_eq!(all[1], strings(&[&["内"]]));
    assert_eq!(all[2], strings(&[&["外\n外"]]));
    assert_eq!(all[3], strings(&[]));
    assert_eq!(heads("<table><tr><td>1").unwrap()[0].name, "");
    let twice = heads("<table><caption>a</caption><td>1</table><table><caption>a</caption><td>2");
    let names: Vec<String> = twice.unwrap().into_iter().map(|head| head.name).collect();
    assert_eq!(names, ["a", "a (2)"]);
}

#[test]
fn what_is_hidden_is_known_or_left_out() {
    let page = "<style>.h{display:none}</style><table><colgroup><col><col span=2 style='display:none'><col></colgroup>
        <tr><td>姓名<td style='display:none'>b<td>c<td>d<tr class=h><td>甲<tr><td>乙<td><td>e<td style=display:none>g<td>f</table>
        <div style='display:none'><table><tr><td>1</table></div><table hidden><tr><td>2</table>";
    let heads = heads(page).unwrap();
    assert_eq!(heads[0].hidden_columns, [1, 2]);
    let hidden: Vec<bool> = heads.iter().map(|head| head.hidden).collect();
    assert_eq!(hidden, [false, true, true]);
    // Where the column is hidden its cell keeps its place; where only the cell is, others move up.
    assert_eq!(
        texts(page, 0),
        strings(&[&["姓名", "b", "c", "d"], &["甲"], &["乙", "", "e", "f"]])
    );
    let hidden: Vec<bool> = rows(page).iter().map(|row| row.hidden).collect();
    assert_eq!(hidden, [false, true, false]);
}

#[test]
fn excel_pages() {
    let page = "<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><head>
        <!--[if gte mso 9]><xml><x:ExcelWorkbook><x:ExcelWorksheets><x:ExcelWorksheet><x:Name>名单&amp;1</x:Name>
        </x:ExcelWorksheet></x:ExcelWorksheets></x:ExcelWorkbook></xml><![endif]-->
        <style><!-- .xl65 {mso-number-format:\"Short Date\";} .xl66{mso-number-format:\"\\@\";} --></style></head>
        <table x:str><tr><td x:num=\"3541.67\">3542</td><td class=xl65 x:num=\"45719\">2025/3/3</td>
        <td class=xl66 x:num>007</td><td x:fmla=\"=A1*2\"></td><td x:err=\"#REF!\">#REF!</td>
        <td>a<span style='mso-spacerun:yes'>  </span>b</td></tr>
        <![if supportMisalignedColumns]><tr height=0 style='display:none'><td width=72></td></tr><![endif]></table>";
    assert_eq!(heads(page).unwrap()[0].name, "名单&1");
    let rows = rows(page);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].cells[0], Cell::number(3541.67));
    assert_eq!(rows[0].texts().get(1..3).unwrap(), ["2025/3/3", "007"]);
    assert_eq!(rows[0].cells[3], Cell::unworked());
    assert_eq!(rows[0].cells[4].form, Form::Failed);
    assert_eq!(rows[0].cells[5].text, "a  b");
}

#[test]
fn scripts_choices_and_fields() {
    let page = "<title><table><tr><td>no</table></title><script>'<table><tr><td>no'</script><table>
        <tr><td>甲<script>no</script><!-- no --><td><select><option>男<option selected>女</select><td><input value=乙><input type=hidden value=no>
        <td><img alt=no>丙</table>";
    assert_eq!(texts(page, 0), strings(&[&["甲", "女", "乙", "丙"]]));
}

/// A page kept beside the tests.
fn fixture(name: &str) -> Book {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/book/");
    Book::open(std::path::Path::new(&format!("{folder}{name}"))).unwrap()
}

#[test]
fn a_page_saved_by_excel() {
    let book = fixture("html-excel-gb2312.xls");
    let head =
        SheetHead { name: "会员名单".into(), hidden_columns: vec![3], ..SheetHead::default() };
    assert_eq!(book.sheets(), [head]);
    let rows: Vec<SheetRow> = book.rows(0, None).map(Result::unwrap).collect();
    let texts: Vec<_> = rows.iter().map(SheetRow::texts).collect();
    assert_eq!(
        texts,
        strings(&[
            &["单位", "姓名", "身份证号", "内部号", "入会日期"],
            &["嘉陵厂", "甲\u{A0} 一", "500199196101012004", "7", "2025年3月3日"],
            &["嘉陵厂", "乙二", "500199196206042015", "0.08", "2025年3月2日 23:59:17"],
        ])
    );
    let known: Vec<_> = rows.iter().map(|row| (row.line, row.hidden)).collect();
    assert_eq!(known, [(1, false), (2, false), (3, true)]);
}

#[test]
fn a_page_written_by_a_system() {
    let book = fixture("html-system-utf8.xls");
    assert_eq!(book.sheets().iter().map(|head| &*head.name).collect::<Vec<_>>(), ["职工名册"]);
    let texts: Vec<_> = book.rows(0, None).map(|row| row.unwrap().texts()).collect();
    assert_eq!(
        texts,
        strings(&[
            &["姓名", "联系方式", "联系方式"],
            &["姓名", "手机", "住址"],
            &["丙三", "13900000021", "渝中区\n1 号"],
            &["丁四", "13900000022", "渝北区\u{A0}"],
        ])
    );
}

#[test]
fn pages_without_a_table_are_named() {
    let what = |page: &str| match heads(page) {
        Err(FileTrouble::Foreign(what, next)) => (what.zh.into_owned(), next.zh.into_owned()),
        other => panic!("{other:?}"),
    };
    let (said, next) =
        what("<html><form>登录<input name=user></form><table><tr><td> </table></html>");
    assert!(said.contains("没有表格") && next.contains("登录"));
    let (said, next) = what(
        "<html><frameset><frame src=\"名单.files/sheet001.htm\"><noframes><body>x</noframes></frameset>",
    );
    assert!(said.contains("名单.files/sheet001.htm") && next.contains("XLSX"));
    for (name, word) in [("html-frames.xls", "sheet001.htm"), ("html-login.xls", "没有表格")] {
        let path = format!("{}/tests/fixtures/book/{name}", env!("CARGO_MANIFEST_DIR"));
        let Err(trouble) = Book::open(std::path::Path::new(&path)) else { panic!("{name}") };
        assert!(trouble.said().zh.contains(word), "{trouble:?}");
    }
    assert!(what("<frameset>").0.contains("外框"));
    let many = "<table><tr><td>1</table>".repeat(machine::MOST_SHEETS + 1);
    assert!(what(&many).0.contains("1000"));
}

#[test]
fn the_book_reads_pages() {
    let page = "<html><meta charset=gb2312><table><tr><td>姓名</table>";
    let (gb, _, _) = encoding_rs::GB18030.encode(page);
    for bytes in [page.as_bytes(), &gb] {
        let book = Book::read("名单.xls", bytes).unwrap();
        let rows: Vec<_> = book.rows(0, None).map(|row| row.unwrap().texts()).collect();
        assert_eq!(rows, strings(&[&["姓名"]]));
    }
}

#[test]
fn deep_and_long_pages_end() {
    for piece in
        ["<table><tr><td>", "<table>", "<div style=display:none>", "<select>", "<td rowspan=9>"]
    {
        let page = piece.repeat(50_000);
        let _ = heads(&format!("{page}x"));
    }
    let wide = format!("<tr>{}<td>x", "<td rowspan=2 colspan=1000>".repeat(20_000));
    assert!(matches!(rows_of(&wide, 0), Err(FileTrouble::TooWide { .. })));
    // A long text over many cells is not copied into each.
    let long = format!("<tr><td rowspan=60000 colspan=60>{}", "长".repeat(300_000));
    let page = format!("{long}{}", "<tr><td>x".repeat(20_000));
    let mut seen = 0;
    Html::open(page.as_bytes().into())
        .unwrap()
        .rows(0, &mut |row| {
            seen += row.cells.iter().map(|cell| cell.text.len()).sum::<usize>();
            true
        })
        .unwrap();
    assert!(seen < 2_000_000);
}

#[test]
fn a_row_no_more_is_asked_for_after() {
    let page = "<table><tr><td>1<tr><td>2<tr><td>3</table><table><tr><td>4";
    let mut seen = 0;
    let mut stop = |_: SheetRow| {
        seen += 1;
        seen < 2
    };
    Html::open(page.as_bytes().into()).unwrap().rows(0, &mut stop).unwrap();
    assert_eq!(seen, 2);
}

/// Pieces that pages are made of, and a few that they are not.
const PIECES: &[&str] = &[
    "<table>",
    "</table>",
    "<tr>",
    "</tr>",
    "<td>",
    "</td>",
    "<th rowspan=2>",
    "<td colspan=3>",
    "<tbody>",
    "</tbody>",
    "<caption>",
    "</caption>",
    "<col span=2 hidden>",
    "<select>",
    "<option selected>",
    "</select>",
    "<p hidden>",
    "</p>",
    "<pre>",
    "</pre>",
    "<br>",
    "<script>",
    "</script>",
    "<style>.a{",
    "}</style>",
    "甲",
    " x ",
    "&nbsp;",
    "&#x41;",
    "<td rowspan=0>",
    "<td hidden>",
    "<!--[if",
    "-->",
    "<x:Name>",
    "<ruby><rt>",
    "<td x:num=1>",
    "<tr style=display:none>",
    "<",
    ">",
    "&",
    "\0",
    "\"",
    "'",
    "<div class=a>",
    "</div>",
];

proptest! {
    #[test]
    fn tables_come_back(table in prop::collection::vec(
        prop::collection::vec("[张三李a1 ]{0,4}", 1..5), 1..6,
    ), ends in any::<bool>(), gb in any::<bool>()) {
        let (cell, row) = if ends { ("</td>", "</tr>") } else { ("", "") };
        let mut page = String::from("<html><table>");
        for texts in &table {
            page.push_str("<tr>");
            for text in texts {
                page.push_str(&format!("<td>{text}{cell}"));
            }
            page.push_str(row);
        }
        page.push_str("</table>");
        let bytes = if gb { encoding_rs::GB18030.encode(&page).0.into_owned() } else { page.into_bytes() };
        let shown = |text: &String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let expected: Vec<(usize, Vec<String>)> = table.iter().enumerate().map(|(at, texts)| {
            let mut texts: Vec<String> = texts.iter().map(shown).collect();
            while texts.last().is_some_and(String::is_empty) {
                texts.pop();
            }
            (at + 1, texts)
        }).filter(|(_, texts)| !texts.is_empty()).collect();
        let mut read = Vec::new();
        Html::open(bytes.into()).unwrap().rows(0, &mut |row| {
            read.push((row.line, row.texts()));
            true
        }).unwrap();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn no_page_makes_it_fall_over(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60)) {
        let page = pieces.concat();
        if let Ok(heads) = heads(&page) {
            for sheet in 0..heads.len() {
                // A sheet is a table with content.
                prop_assert!(rows_of(&page, sheet).is_ok_and(|rows| !rows.is_empty()), "{}", page);
            }
        }
    }

    #[test]
    fn no_bytes_make_it_fall_over(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(mut page) = Html::open(bytes.into()) {
            let _ = page.sheets();
        }
    }
}
