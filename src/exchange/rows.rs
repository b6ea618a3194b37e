//! What a row of a sheet is: a row of the list, or one of those below and between it —
//! totals, signatures, remarks, headings printed again. None of the latter may become a record.

use super::book::{Cell, Merged, SheetRow};
use super::columns::Columns;
use super::headings::LONGEST_HEADING;
use super::target::Target;
use super::told;
use crate::record::{IdNumber, fold};
use words::{
    LABEL_LOOKED_AT, bare, is_division, is_end, is_label, is_nobody, is_remark, is_signature,
    is_title, is_total,
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
    /// Other headings: what is below them means something else.
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
    let name = columns.name_column();
    let called = own.iter().find(|(at, _)| Some(*at) == name).map(|(_, cell)| cell.text.as_str());
    if let Some(headings) = headings(&own, called, columns, target) {
        return headings;
    }
    let Some(label) = called.or_else(|| label(&own)) else {
        return if is_numbering(&own) { RowIs::Aside(first_words(&own)) } else { RowIs::Data };
    };
    let bare = bare(label);
    let alone = own.len() == 1 && columns.meant() > 1;
    let signatures = own.iter().filter(|(_, cell)| is_signature(&cell.text)).count();
    // Whoever has a name of their own is somebody, whatever post comes before it.
    let aside = is_total(&bare)
        || is_label(&bare)
        || is_end(&bare)
        || is_title(label)
        || is_numbering(&own)
        || called.is_some_and(|name| is_nobody(&bare) || target.is_known(name))
        || called.is_none() && signatures > 1
        || (alone || called.is_some() && signatures > 0) && is_division(&bare)
        || alone && (is_remark(label) || is_spread(row))
        // What is merged from above alone has been read there.
        || !own.iter().any(|(at, _)| columns.is_taken(*at));
    if aside { RowIs::Aside(told::words(label)) } else { RowIs::Data }
}

fn first_words(own: &[(usize, &Cell)]) -> String {
    let all: Vec<String> = own.iter().map(|(_, cell)| fold(&cell.text)).collect();
    told::words(&all.join(" "))
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

/// Whether a row is headings: the same ones, or others, so that the columns below it mean something
/// else. `called` is what is in the column of names.
fn headings(
    own: &[(usize, &Cell)],
    called: Option<&str>,
    columns: &Columns<'_>,
    target: &Target<'_>,
) -> Option<RowIs> {
    if called.is_some_and(|name| !target.is_known(name) && !columns.is_heading(name)) {
        return None;
    }
    let (mut again, mut moved, mut others) = (0, 0, 0);
    for (at, cell) in own {
        if columns.heading_is(*at, &cell.text) {
            again += 1;
        } else if target.is_known(&cell.text) {
            moved += 1;
        } else {
            others += 1;
            // Once more than half of them are none, the rest need not be looked at.
            if others * 2 > own.len() {
                return None;
            }
        }
    }
    if moved == 0 {
        let all = again == own.len() || again >= 2;
        return (again > 0 && all).then_some(RowIs::HeadingsAgain);
    }
    (again + moved >= 2 && others * 2 < own.len()).then_some(RowIs::OtherHeadings)
}

/// A row that numbers the columns, as printed forms have: 1, 2, 3 or 甲, 乙, 丙.
fn is_numbering(own: &[(usize, &Cell)]) -> bool {
    const STEMS: &str = "甲乙丙丁戊己庚辛壬癸";
    let number = |cell: &Cell| {
        let text = fold(&cell.text);
        let text = text.trim_matches(['(', ')', '栏']);
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(c), None) if STEMS.contains(c) => STEMS.chars().position(|stem| stem == c),
            (Some(c @ 'A'..='Z'), None) => Some(c as usize - 'A' as usize),
            _ => text.parse::<usize>().ok(),
        }
    };
    let follow = own.windows(2).all(|pair| match pair {
        [(_, left), (_, right)] => number(left).zip(number(right)).is_some_and(|(left, right)| {
            left + 1 == right || right == 1 && left < STEMS.chars().count()
        }),
        _ => false,
    });
    let first = own.first().and_then(|(_, cell)| number(cell));
    own.len() >= 3 && follow && first.is_some_and(|first| first <= 1)
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
