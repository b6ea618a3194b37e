//! Which rows of a sheet are its headings, and what each column is called by them.
//!
//! Letterheads and notes are above headings; a heading may be spread over several rows, with a
//! group merged over the columns it names.

use super::book::{Merged, SheetRow};
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
    /// How many have a part that is, those about somebody else included.
    words: usize,
}

/// The headings of a sheet, whose first rows these are; `None` where nothing is recognised. The
/// first row that `fits` has them; where none does, the one in which most is recognised, the first
/// of equals.
pub(super) fn find(
    rows: &[SheetRow],
    known: &dyn Fn(&str) -> bool,
    fits: &dyn Fn(&Headings) -> bool,
) -> Option<Headings> {
    let mut best: Option<Headings> = None;
    for at in 0..rows.len() {
        let Some(found) = beginning_at(at, rows, known) else { continue };
        let filled = found.columns.iter().filter(|column| !column.shown.is_empty()).count();
        if found.known * 2 > filled && fits(&found) {
            return Some(found);
        }
        if found.known > best.as_ref().map_or(0, |best| best.known) {
            best = Some(found);
        }
    }
    best
}

/// The headings that begin in a row, with as many rows below it as are a part of them.
fn beginning_at(at: usize, rows: &[SheetRow], known: &dyn Fn(&str) -> bool) -> Option<Headings> {
    let mut best: Option<Headings> = None;
    for depth in 1..=DEEPEST {
        let Some(taken) = rows.get(at..at + depth) else { break };
        if taken.iter().any(|row| row.broken) {
            break;
        }
        let joined = join(at, taken, known);
        if depth > 1 && !is_better(&joined, best.as_ref(), taken, known) {
            break;
        }
        best = Some(joined);
    }
    let mut found = best?;
    if let Some(above) = at.checked_sub(1).and_then(|above| rows.get(above)) {
        found.put_groups_before(above, known);
    }
    Some(found)
}

/// Whether a further row is a part of the headings: more is recognised with it than without it and
/// than in it alone, and nothing in it looks like data.
fn is_better(
    joined: &Headings,
    above: Option<&Headings>,
    taken: &[SheetRow],
    known: &dyn Fn(&str) -> bool,
) -> bool {
    let (Some(last), Some(above)) = (taken.last(), above) else { return false };
    let alone = join(0, std::slice::from_ref(last), known).words;
    let data = last.cells.iter().enumerate().any(|(at, cell)| {
        let own = cell.merged == Merged::No && !cell.is_blank();
        let digits = cell.text.chars().filter(char::is_ascii_digit).count();
        // What is below a heading that says all is a value, unless it says how to fill it in.
        let told = above.columns.get(at).is_some_and(|heading| known(&heading.meant));
        let more = joined.columns.get(at).is_some_and(|heading| known(&heading.shown));
        let how = fold(&cell.text).starts_with(['(', '（']);
        own && (digits >= DIGITS_OF_DATA || told && !more && !how && !known(&cell.text))
    });
    !data && joined.words > alone && joined.words > above.words
}

/// Groups of columns that are about somebody else, or about another time.
const OTHERS: [&str; 20] = [
    "配偶",
    "子女",
    "父",
    "母",
    "家属",
    "成员",
    "紧急",
    "亲属",
    "亲戚",
    "联系人",
    "监护",
    "代理",
    "代办",
    "介绍人",
    "推荐",
    "经办",
    "负责人",
    "原单位",
    "曾",
    "以前",
];

/// Whether the columns of a group are not about the person of the row.
fn is_about_others(group: &str) -> bool {
    OTHERS.iter().any(|word| group.contains(word))
}

impl Headings {
    /// Columns under a group that is about somebody else, in a row above that was not needed to
    /// recognise them, are called by the group as well.
    fn put_groups_before(&mut self, above: &SheetRow, known: &dyn Fn(&str) -> bool) {
        let filled = above.cells.iter().filter(|cell| !cell.is_blank()).count();
        if filled < 2 {
            return;
        }
        let mut group = String::new();
        for (column, cell) in self.columns.iter_mut().zip(&above.cells) {
            if !cell.is_blank() {
                group = fold(&cell.text);
            }
            if is_about_others(&group) && !column.shown.is_empty() && cell.merged != Merged::Down {
                let shown = format!("{group}{}", column.shown);
                if !known(&shown) && known(&column.meant) {
                    self.known = self.known.saturating_sub(1);
                }
                *column = Heading { meant: shown.clone(), shown, parts: column.parts.clone() };
            }
        }
    }
}

fn join(at: usize, rows: &[SheetRow], known: &dyn Fn(&str) -> bool) -> Headings {
    let width = rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
    let columns: Vec<Heading> = (0..width).map(|column| heading(rows, column, known)).collect();
    let recognised =
        columns.iter().filter(|column| !column.meant.is_empty() && known(&column.meant)).count();
    let has_known =
        |column: &&Heading| known(&column.meant) || column.parts.iter().any(|part| known(part));
    let words = columns.iter().filter(has_known).count();
    Headings { skip: at + rows.len(), rows: rows.len(), columns, known: recognised, words }
}

fn heading(rows: &[SheetRow], column: usize, known: &dyn Fn(&str) -> bool) -> Heading {
    let mut parts: Vec<String> = Vec::new();
    for (depth, row) in rows.iter().enumerate() {
        let lowest = depth + 1 == rows.len();
        let Some(cell) = row.cells.get(column) else { continue };
        // A title over several columns is the heading of none of them; over a second row it is
        // their group.
        let group = cell.merged == Merged::Over && rows.len() == 1;
        if cell.merged == Merged::Down || group {
            continue;
        }
        if !cell.is_blank() {
            parts.push(cell.text.clone());
        } else if !lowest && let Some(group) = group_left_of(rows, depth, column) {
            parts.push(group);
        }
    }
    if let [only] = parts.as_slice() {
        return Heading::new(only);
    }
    let shown: String = parts.iter().map(|part| fold(part)).collect();
    let upper = parts.iter().rev().skip(1).any(|part| is_about_others(&fold(part)));
    let below = (0..parts.len()).map(|from| parts.iter().skip(from).map(|p| fold(p)).collect());
    let single = parts.iter().rev().map(|part| fold(part));
    let mut meant = below.chain(single).find(|text: &String| known(text));
    // The phone of a wife is not the phone of the person.
    if upper && meant.as_ref() != Some(&shown) {
        meant = None;
    }
    Heading { meant: meant.unwrap_or_else(|| shown.clone()), shown, parts }
}

/// The group a blank cell of an upper row belongs to where cells are not merged: what is to its
/// left, if that has something below it too.
fn group_left_of(rows: &[SheetRow], depth: usize, column: usize) -> Option<String> {
    let below = |at: usize| {
        let cell = rows.get(depth + 1).and_then(|row| row.cells.get(at));
        cell.is_some_and(|cell| !cell.is_blank())
    };
    if !below(column) {
        return None;
    }
    let row = rows.get(depth)?;
    let left = (0..column).rev().find(|at| row.cells.get(*at).is_some_and(|c| !c.is_blank()))?;
    (left..column).all(below).then(|| row.cells.get(left).map(|cell| cell.text.clone())).flatten()
}

/// A heading as it is compared: spaces people align it with do not count.
fn bare(text: &str) -> String {
    fold(text).chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase()
}

/// The longest text, in bytes, that is looked at as a heading.
pub(super) const LONGEST_HEADING: usize = 600;

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
        find(&rows, &known, &|_| true)
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
        assert_eq!(meant(&found), ["姓名", "身份证号", "手机", "联系方式邮箱", "家庭住址"]);
        // A group with all the names below it needs no joining.
        let found = of("基本情况,,联系方式\n姓名,身份证号,手机\n").unwrap();
        assert_eq!((found.skip, found.rows), (2, 1));
        let found = of("职工,,子女,,\n姓名,手机,姓名,单位,单位\n").unwrap();
        assert_eq!(meant(&found), ["姓名", "手机", "子女姓名", "子女单位", "子女单位"]);
        let found = of("姓名,送达\n张三,手机\n").unwrap();
        assert_eq!((found.rows, meant(&found)), (1, vec!["姓名", "送达"]));
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
        let found = find(&[row(1, top), row(2, low)], &known, &|_| true).unwrap();
        let shown: Vec<_> = found.columns.iter().map(|column| column.shown.as_str()).collect();
        assert_eq!(shown, ["姓名", "配偶姓名", "配偶手机"]);
        // A wife's name is not the person's.
        assert_eq!(meant(&found), ["姓名", "配偶姓名", "配偶手机"]);
    }
}
