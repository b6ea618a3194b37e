//! What a row of a sheet is: a row of the list, or one of those that stand below and between it —
//! totals, signatures, remarks, headings printed again. None of the latter may become a record.

use super::book::{Cell, Merged, SheetRow};
use super::columns::{Columns, LONGEST_HEADING, Target};
use super::told;
use crate::record::{IdNumber, fold};
use words::{
    LABEL_LOOKED_AT, bare, is_division, is_end, is_label, is_remark, is_signature, is_total,
};

mod words;

/// What a row is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RowIs {
    /// Nothing.
    Blank,
    /// A row of the list.
    Data,
    /// The headings once more.
    HeadingsAgain,
    /// Other headings: what stands below them means something else.
    OtherHeadings,
    /// A total, a signature, a remark; its words, as far as they are shown.
    Aside(String),
}

/// Looks at a row below the headings.
pub(super) fn what(row: &SheetRow, columns: &Columns<'_>, target: &Target<'_>) -> RowIs {
    if row.broken {
        return RowIs::Data;
    }
    if row.is_blank() {
        return RowIs::Blank;
    }
    // Whoever has an identity number is somebody, whatever else the row says.
    if own_cells(row).any(|(_, cell)| is_id_number(&cell.text)) {
        return RowIs::Data;
    }
    let own: Vec<(usize, &Cell)> = own_cells(row).collect();
    if let Some(headings) = headings(&own, columns, target) {
        return headings;
    }
    if is_numbering(&own) {
        return RowIs::Aside(told::words(
            &own.iter().map(|(_, cell)| fold(&cell.text)).collect::<Vec<_>>().join(" "),
        ));
    }
    let Some(label) = label(&own) else { return RowIs::Data };
    let bare = bare(label);
    let alone = own.len() == 1 && columns.meant() > 1;
    let aside = is_total(&bare)
        || is_label(&bare)
        || is_end(&bare)
        || alone && (is_remark(label) || is_division(&bare) || is_spread(row))
        || own.iter().filter(|(_, cell)| is_signature(&cell.text)).count() > 1;
    if aside { RowIs::Aside(told::words(label)) } else { RowIs::Data }
}

fn own_cells(row: &SheetRow) -> impl Iterator<Item = (usize, &Cell)> {
    let cells = row.cells.iter().enumerate();
    cells.filter(|(_, cell)| cell.merged == Merged::No && !cell.is_blank())
}

/// Most cells are told to be none by their length, which costs nothing.
fn is_id_number(text: &str) -> bool {
    (15..LONGEST_HEADING).contains(&text.len())
        && text.contains(|c: char| c.is_numeric())
        && IdNumber::parse(text).is_ok()
}

/// Whether a row is headings: the same ones, or enough others that the columns change their
/// meaning.
fn headings(own: &[(usize, &Cell)], columns: &Columns<'_>, target: &Target<'_>) -> Option<RowIs> {
    let same = |(at, cell): &&(usize, &Cell)| columns.heading_is(*at, &cell.text);
    let again = own.iter().filter(same).count();
    if again > 0 && (again == own.len() || again >= 2 && again * 2 >= own.len()) {
        return Some(RowIs::HeadingsAgain);
    }
    // Once half of them are none, the rest need not be looked at.
    let mut others = 0;
    for (_, cell) in own {
        if !target.is_known(&cell.text) {
            others += 1;
            if others * 2 >= own.len() {
                return None;
            }
        }
    }
    (own.len() >= 2 + others).then_some(RowIs::OtherHeadings)
}

/// A row that numbers the columns, as printed forms have: 1, 2, 3 and so on.
fn is_numbering(own: &[(usize, &Cell)]) -> bool {
    let number = |cell: &Cell| {
        let text = fold(&cell.text);
        text.trim_matches(['(', ')', '栏']).parse::<usize>().ok()
    };
    own.len() >= 3
        && own.windows(2).all(|pair| match pair {
            [(_, left), (_, right)] => {
                number(left).zip(number(right)).is_some_and(|(left, right)| left + 1 == right)
            }
            _ => false,
        })
        && own.first().is_some_and(|(_, cell)| number(cell).is_some_and(|first| first <= 1))
}

/// The words a row begins with: its first cell that is no serial number.
fn label<'c>(own: &[(usize, &'c Cell)]) -> Option<&'c str> {
    let mut texts = own.iter().map(|(_, cell)| cell.text.as_str());
    let short = |text: &str| text.chars().take(LABEL_LOOKED_AT).collect::<String>();
    texts.find(|text| {
        !fold(&short(text)).chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '/'))
    })
}

/// Whether the only cell of a row is merged over most of it.
fn is_spread(row: &SheetRow) -> bool {
    row.cells.iter().filter(|cell| cell.merged == Merged::Over).count() >= 2
}
