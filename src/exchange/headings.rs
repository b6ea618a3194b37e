//! Which rows of a sheet are its headings, and what each column is called by them.
//!
//! Letterheads and notes stand above headings; a heading may be spread over several rows, with a
//! group merged over the columns it names.

use super::book::{Merged, SheetRow};
use super::columns::LONGEST_HEADING;
use crate::record::fold;

/// Rows in which headings are looked for.
pub(super) const HEADING_ROWS: usize = 20;

/// Rows one heading may be spread over.
const DEEPEST: usize = 3;

/// So many digits in a row are a number of somebody, and no heading.
const DIGITS_OF_DATA: usize = 6;

/// What a column is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Heading {
    /// All of it: the parts of several rows put together.
    pub shown: String,
    /// The part of it that is recognised; all of it where none is.
    pub meant: String,
    /// Its part in each row.
    pub parts: Vec<String>,
}

impl Heading {
    /// A heading of one row.
    pub fn new(text: &str) -> Self {
        let text = text.to_string();
        Self { shown: text.clone(), meant: text.clone(), parts: vec![text] }
    }

    /// True when a cell says what the heading, or its part in one row, says.
    pub fn is_said_by(&self, cell: &str) -> bool {
        if cell.len() > LONGEST_HEADING {
            return false;
        }
        let cell = bare(cell);
        !cell.is_empty()
            && (bare(&self.shown) == cell || self.parts.iter().any(|part| bare(part) == cell))
    }
}

/// The headings of a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Headings {
    /// Rows before the first row of data: titles and the headings.
    pub skip: usize,
    /// Rows the headings themselves take.
    pub rows: usize,
    /// Each column's.
    pub columns: Vec<Heading>,
    /// How many of them are recognised.
    pub known: usize,
}

/// The rows in which most headings are recognised, the first of equals; `None` where none is.
/// `rows` are the first ones of the sheet.
pub(super) fn find(rows: &[SheetRow], known: &dyn Fn(&str) -> bool) -> Option<Headings> {
    let mut best: Option<Headings> = None;
    for at in 0..rows.len() {
        let mut above: Option<Headings> = None;
        for depth in 1..=DEEPEST {
            let Some(taken) = rows.get(at..at + depth) else { break };
            if taken.iter().any(|row| row.broken) {
                break;
            }
            let joined = join(at, taken, known);
            if depth > 1 && !is_better(&joined, above.as_ref(), taken, known) {
                break;
            }
            if joined.known > best.as_ref().map_or(0, |best| best.known) {
                best = Some(joined.clone());
            }
            above = Some(joined);
        }
    }
    best
}

/// Whether a further row is a part of the headings: more is recognised with it than without it and
/// than in it alone, and nothing in it looks like data.
fn is_better(
    joined: &Headings,
    above: Option<&Headings>,
    taken: &[SheetRow],
    known: &dyn Fn(&str) -> bool,
) -> bool {
    let Some(last) = taken.last() else { return false };
    let alone = join(0, std::slice::from_ref(last), known).known;
    let data = last.cells.iter().any(|cell| {
        cell.merged == Merged::No
            && cell.text.chars().filter(char::is_ascii_digit).count() >= DIGITS_OF_DATA
    });
    !data && joined.known > alone && above.is_some_and(|above| joined.known > above.known)
}

fn join(at: usize, rows: &[SheetRow], known: &dyn Fn(&str) -> bool) -> Headings {
    let width = rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
    let columns: Vec<Heading> = (0..width).map(|column| heading(rows, column, known)).collect();
    let recognised =
        columns.iter().filter(|column| !column.meant.is_empty() && known(&column.meant)).count();
    Headings { skip: at + rows.len(), rows: rows.len(), columns, known: recognised }
}

fn heading(rows: &[SheetRow], column: usize, known: &dyn Fn(&str) -> bool) -> Heading {
    let mut parts: Vec<String> = Vec::new();
    for row in rows {
        let Some(cell) = row.cells.get(column) else { continue };
        // A title over several columns is the heading of none of them; over a second row it is
        // their group.
        let group = cell.merged == Merged::Over && rows.len() == 1;
        if cell.merged != Merged::Down && !group && !fold(&cell.text).is_empty() {
            parts.push(cell.text.clone());
        }
    }
    if let [only] = parts.as_slice() {
        return Heading::new(only);
    }
    let shown: String = parts.iter().map(|part| fold(part)).collect();
    let below = (0..parts.len()).map(|from| parts.iter().skip(from).map(|p| fold(p)).collect());
    let single = parts.iter().rev().map(|part| fold(part));
    let meant = below.chain(single).find(|text: &String| known(text));
    Heading { meant: meant.unwrap_or_else(|| shown.clone()), shown, parts }
}

/// A heading as it is compared: spaces people align it with do not count.
fn bare(text: &str) -> String {
    fold(text).chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::super::book::{Book, Cell};
    use super::*;

    fn known(text: &str) -> bool {
        ["姓名", "身份证号", "手机", "家庭住址", "单位"].contains(&text)
    }

    fn of(text: &str) -> Option<Headings> {
        let book = Book::read("x.csv", text.as_bytes()).unwrap();
        let rows: Vec<_> = book.rows(0, None).map(Result::unwrap).collect();
        find(&rows, &known)
    }

    fn meant(headings: &Headings) -> Vec<&str> {
        headings.columns.iter().map(|column| column.meant.as_str()).collect()
    }

    #[test]
    fn a_title_above_and_data_below() {
        let found = of("某街道名册,,\n姓名,身份证号,手机\n张三,,13900000012\n").unwrap();
        assert_eq!((found.skip, found.rows, found.known), (2, 1, 3));
        assert_eq!(of("甲,乙\n"), None);
    }

    #[test]
    fn two_rows_are_joined_where_both_are_needed() {
        let found = of("姓名,身份证号,联系方式,,家庭\n,,手机,邮箱,住址\n张三,,,,鱼洞\n").unwrap();
        assert_eq!((found.skip, found.rows, found.known), (2, 2, 4));
        assert_eq!(meant(&found), ["姓名", "身份证号", "手机", "邮箱", "家庭住址"]);
        // A group with all the names below it needs no joining.
        let found = of("基本情况,,联系方式\n姓名,身份证号,手机\n").unwrap();
        assert_eq!((found.skip, found.rows), (2, 1));
        // Data that happens to be called like a heading is data.
        let found = of("姓名,手机,备注\n单位,13900000012,家庭住址\n").unwrap();
        assert_eq!((found.skip, found.rows), (1, 1));
    }

    #[test]
    fn groups_over_columns_are_part_of_their_names() {
        let cell = |text: &str, merged| Cell { merged, ..Cell::text(text) };
        let no = Merged::No;
        let top = [("姓名", no), ("配偶", no), ("配偶", Merged::Over)];
        let low = [("姓名", Merged::Down), ("姓名", no), ("手机", no)];
        let row = |line, cells: [(&str, Merged); 3]| SheetRow {
            cells: cells.into_iter().map(|(text, merged)| cell(text, merged)).collect(),
            ..SheetRow::at(line, false)
        };
        let found = find(&[row(1, top), row(2, low)], &known).unwrap();
        let shown: Vec<_> = found.columns.iter().map(|column| column.shown.as_str()).collect();
        assert_eq!(shown, ["姓名", "配偶姓名", "配偶手机"]);
        assert_eq!(meant(&found), ["姓名", "姓名", "手机"]);
    }
}
