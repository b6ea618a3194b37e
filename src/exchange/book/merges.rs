//! Merged regions: the cells they cover read as what is in their first one.

use super::cell::{Cell, Merged, SheetRow};

/// Cells filled to the right of a region's first one: as wide as any heading is drawn.
const FILLED_OVER: usize = 64;

/// Regions a row may be in at once: more cannot be side by side in a sheet.
const MOST_OPEN: usize = crate::exchange::limits::MOST_COLUMNS;

/// Bytes of text filled into one row: a text is copied into every cell of a region, and a few long
/// ones over many rows would fill a machine.
const MOST_FILLED: usize = 96 << 10;

/// Cells looked at for filling in one row: regions that overlap, as in no sheet, would
/// be gone through again and again.
const MOST_VISITED: usize = 4 * crate::exchange::limits::MOST_COLUMNS;

/// A region, its last row and column included; all from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// First row.
    pub top: usize,
    /// First column.
    pub left: usize,
    /// Last row.
    pub bottom: usize,
    /// Last column.
    pub right: usize,
}

/// The regions of a sheet, followed from row to row.
#[derive(Debug, Default)]
pub struct Merges {
    /// Those that begin further down, the next one last.
    ahead: Vec<Region>,
    /// Those the present row may be in, with what is in their first cell.
    open: Vec<(Region, Cell)>,
}

impl Merges {
    /// The regions of one sheet, in any order.
    #[must_use]
    pub fn new(mut regions: Vec<Region>) -> Self {
        regions.retain(|region| region.bottom > region.top || region.right > region.left);
        regions.sort_unstable_by_key(|region| std::cmp::Reverse((region.top, region.left)));
        Self { ahead: regions, open: Vec::new() }
    }

    /// Adds a region that begins in the row to be filled next: some files tell of a region at its
    /// first cell.
    pub fn begin(&mut self, region: Region) {
        self.ahead.push(region);
    }

    /// Ends every region: none reaches further down.
    pub fn end(&mut self) {
        self.ahead.clear();
        self.open.clear();
    }

    /// Fills the cells of a row that are in a region and are empty. Rows come in order.
    pub fn fill(&mut self, row: &mut SheetRow) {
        let at = row.line.saturating_sub(1);
        self.open.retain(|(region, _)| region.bottom >= at);
        while let Some(region) = self.ahead.pop_if(|region| region.top <= at) {
            let first = (region.top == at).then(|| row.cells.get(region.left)).flatten();
            // A region whose first row was not given has nothing in it.
            if let Some(cell) = first.filter(|cell| !cell.is_blank() && self.open.len() < MOST_OPEN)
            {
                self.open.push((region, cell.clone()));
            }
        }
        let (mut filled, mut visited) = (0_usize, 0_usize);
        for (region, first) in &self.open {
            let right = region.right.min(region.left + FILLED_OVER);
            for column in region.left..=right {
                visited += 1;
                if visited > MOST_VISITED || filled + first.text.len() > MOST_FILLED {
                    break;
                }
                if at == region.top && column == region.left {
                    continue;
                }
                let merged = if column == region.left { Merged::Down } else { Merged::Over };
                if row.cells.len() <= column {
                    row.cells.resize_with(column + 1, Cell::default);
                }
                if let Some(cell) = row.cells.get_mut(column).filter(|cell| cell.is_blank()) {
                    filled += first.text.len();
                    *cell = Cell { merged, ..first.clone() };
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: usize, texts: &[&str]) -> SheetRow {
        let cells = texts.iter().map(|text| Cell::text(*text)).collect();
        SheetRow { line, cells, ..SheetRow::default() }
    }

    #[test]
    fn down_and_over() {
        let down = Region { top: 1, left: 1, bottom: 3, right: 1 };
        let over = Region { top: 1, left: 2, bottom: 1, right: 3 };
        let mut merges = Merges::new(vec![down, over]);
        let mut all = Vec::new();
        for mut row in [row(1, &["h"]), row(2, &["a", "厂", "x"]), row(4, &["c"]), row(5, &["d"])]
        {
            merges.fill(&mut row);
            all.push(row);
        }
        assert_eq!(all[0].texts(), ["h"]);
        assert_eq!(all[1].texts(), ["a", "厂", "x", "x"]);
        assert_eq!(all[1].cells[3].merged, Merged::Over);
        assert_eq!(all[2].texts(), ["c", "厂"]);
        assert_eq!(all[2].cells[1].merged, Merged::Down);
        assert_eq!(all[3].texts(), ["d"]);
    }

    #[test]
    fn regions_told_of_on_the_way() {
        let mut merges = Merges::default();
        let (mut first, mut second) = (row(1, &["厂"]), row(2, &["", "a"]));
        merges.begin(Region { top: 0, left: 0, bottom: usize::MAX, right: 0 });
        merges.fill(&mut first);
        merges.fill(&mut second);
        assert_eq!(second.texts(), ["厂", "a"]);
        merges.end();
        let mut third = row(3, &["", "b"]);
        merges.fill(&mut third);
        assert_eq!(third.texts(), ["", "b"]);
    }

    #[test]
    fn what_is_filled_is_bounded() {
        let long = "长".repeat(10_000);
        let mut all = row(1, &[&long]);
        let over = Region { top: 0, left: 0, bottom: 0, right: 60 };
        Merges::new(vec![over; 10_000]).fill(&mut all);
        assert!(all.texts().concat().len() <= MOST_FILLED + long.len());
    }

    #[test]
    fn a_row_merged_cells_reach_into_is_blank() {
        let mut merges = Merges::new(vec![Region { top: 0, left: 0, bottom: 1, right: 0 }]);
        let (mut first, mut second) = (row(1, &["厂"]), row(2, &[]));
        merges.fill(&mut first);
        merges.fill(&mut second);
        assert!(!first.is_blank() && second.is_blank());
    }
}
