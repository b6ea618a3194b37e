//! A table being read: which columns its cells are in, and its rows.

use super::super::cell::{Cell, SheetRow};
use super::super::merges::{Merges, Region};
use super::excel::Given;
use super::words::Words;
use crate::exchange::limits::MOST_COLUMNS;
use crate::exchange::trouble::FileTrouble;

/// The columns and rows a browser lets a cell reach over.
const MOST_OVER: usize = 1_000;
const MOST_DOWN: usize = 65_534;

/// An open cell.
#[derive(Debug, Default)]
pub(super) struct OpenCell {
    pub column: usize,
    pub over: usize,
    pub down: usize,
    /// Not on the page, as if it were not there.
    pub gone: bool,
    /// Its text runs over cells that are not merged with it.
    pub spread: bool,
    pub given: Given,
    pub words: Words,
}

/// An open table.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Its number among those with content.
    pub sheet: Option<usize>,
    pub caption: String,
    pub hidden: bool,
    pub hidden_columns: Vec<usize>,
    /// Columns told of so far, and a group of columns of which no single one has been told.
    columns: usize,
    group: Option<(usize, bool)>,
    in_hidden_group: bool,
    /// Rows begun.
    line: usize,
    pub row: Option<SheetRow>,
    /// Where the next cell of the row is, if nothing reaches into it from above.
    column: usize,
    /// By column, the last row that a cell from above reaches into.
    taken: Vec<usize>,
    section_hidden: bool,
    pub merges: Merges,
    pub cell: Option<OpenCell>,
    pub open_caption: Option<Words>,
}

impl Table {
    /// A table that begins.
    pub fn new(hidden: bool) -> Self {
        Self { hidden, ..Self::default() }
    }

    /// Where text goes that comes now.
    pub fn words(&mut self) -> Option<&mut Words> {
        self.cell.as_mut().map(|cell| &mut cell.words).or(self.open_caption.as_mut())
    }

    /// A group of columns begins.
    pub fn column_group(&mut self, span: Option<&str>, hidden: bool) {
        self.end_column_group();
        self.group = Some((reach(span, MOST_OVER), hidden));
    }

    /// One or more columns.
    pub fn columns(&mut self, span: Option<&str>, hidden: bool) {
        if let Some((_, hidden)) = self.group.take() {
            self.in_hidden_group = hidden;
        }
        self.add_columns(reach(span, MOST_OVER), hidden || self.in_hidden_group);
    }

    /// What follows belongs to no group of columns.
    pub fn end_column_group(&mut self) {
        if let Some((span, hidden)) = self.group.take() {
            self.add_columns(span, hidden);
        }
        self.in_hidden_group = false;
    }

    fn add_columns(&mut self, span: usize, hidden: bool) {
        let end = self.columns.saturating_add(span).min(MOST_COLUMNS);
        if hidden {
            self.hidden_columns.extend(self.columns..end);
        }
        self.columns = end;
    }

    /// A head, body or foot of the table begins or ends: no cell reaches out of it.
    pub fn section(&mut self, hidden: bool) {
        self.section_hidden = hidden;
        self.taken.clear();
        self.merges.end();
    }

    /// A row begins.
    pub fn begin_row(&mut self, hidden: bool) {
        self.end_column_group();
        self.line += 1;
        self.column = 0;
        self.row = Some(SheetRow::at(self.line, hidden || self.section_hidden));
    }

    /// A cell begins.
    pub fn begin_cell(&mut self, mut cell: OpenCell, over: Option<&str>, down: Option<&str>) {
        let mut column = self.column;
        while self.taken.get(column).is_some_and(|last| *last >= self.line) {
            column += 1;
        }
        // Excel hides a column and each of its cells; a page hides cells alone, and others move up.
        cell.gone &= self.hidden_columns.binary_search(&column).is_err();
        if !cell.gone {
            cell.column = column;
            cell.over = reach(over, MOST_OVER);
            cell.down =
                if down.map(str::trim) == Some("0") { usize::MAX } else { reach(down, MOST_DOWN) };
            self.take_place(&cell);
        }
        self.cell = Some(cell);
    }

    fn take_place(&mut self, cell: &OpenCell) {
        let end = cell.column.saturating_add(cell.over);
        self.column = end;
        let end = end.min(MOST_COLUMNS);
        if cell.down > 1 && cell.column < end {
            if self.taken.len() < end {
                self.taken.resize(end, 0);
            }
            let last = self.line.saturating_add(cell.down - 1);
            let reached = self.taken.get_mut(cell.column..end).unwrap_or_default();
            reached.iter_mut().for_each(|place| *place = last.max(*place));
        }
    }

    /// Puts a cell that has ended into the row.
    ///
    /// # Errors
    /// When it is too far to the right.
    pub fn put(&mut self, place: &Place, cell: Cell) -> Result<(), FileTrouble> {
        let Some(row) = &mut self.row else { return Ok(()) };
        let blank = cell.is_blank();
        row.put(place.column, cell)?;
        if !blank && place.merged {
            self.merges.begin(Region {
                top: self.line.saturating_sub(1),
                left: place.column,
                bottom: self.line.saturating_add(place.down).saturating_sub(2),
                right: place.column.saturating_add(place.over) - 1,
            });
        }
        Ok(())
    }
}

/// Where a cell is and how far it reaches.
pub(super) struct Place {
    column: usize,
    over: usize,
    down: usize,
    merged: bool,
}

impl Place {
    /// The place of a cell.
    pub fn of(cell: &OpenCell) -> Self {
        let OpenCell { column, over, down, .. } = *cell;
        let (over, down) = (over.max(1), down.max(1));
        Self { column, over, down, merged: !cell.spread && (over > 1 || down > 1) }
    }
}

/// A number of rows or columns as a browser reads it: 1 where there is none, and never too many.
fn reach(value: Option<&str>, most: usize) -> usize {
    let digits = value.unwrap_or_default().trim();
    let digits = digits.strip_prefix('+').unwrap_or(digits);
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let digits = digits.get(..end).unwrap_or_default();
    // More digits than fit are more than there may be.
    let number = digits.parse().unwrap_or(if digits.is_empty() { 1 } else { most });
    number.clamp(1, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reaches_are_clamped() {
        let over = |value| reach(Some(value), MOST_OVER);
        assert_eq!(["", "x", "0", "-3", " 2 ", "+3", "4px"].map(over), [1, 1, 1, 1, 2, 3, 4]);
        assert_eq!(over("99999999999999999999999"), MOST_OVER);
        assert_eq!(reach(None, MOST_OVER), 1);
    }
}
