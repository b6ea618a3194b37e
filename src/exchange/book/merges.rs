//! Merged regions: the cells they cover read as what stands in their first one.

use super::cell::{Cell, Merged, SheetRow};

/// Cells filled to the right of a region's first one: as wide as any heading is drawn.
const FILLED_OVER: usize = 64;

/// Regions a row may lie in at once: more cannot stand side by side in a sheet.
const MOST_OPEN: usize = super::MOST_COLUMNS;

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
    /// Those the present row may lie in, with what stands in their first cell.
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

    /// Fills the cells of a row that lie in a region and are empty. Rows come in order.
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
        for (region, first) in &self.open {
            let right = region.right.min(region.left + FILLED_OVER);
            for column in region.left..=right {
                if at == region.top && column == region.left {
                    continue;
                }
                let merged = if column == region.left { Merged::Down } else { Merged::Over };
                if row.cells.len() <= column {
                    row.cells.resize_with(column + 1, Cell::default);
                }
                if let Some(cell) = row.cells.get_mut(column).filter(|cell| cell.is_blank()) {
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
    fn a_row_merged_cells_reach_into_is_blank() {
        let mut merges = Merges::new(vec![Region { top: 0, left: 0, bottom: 1, right: 0 }]);
        let (mut first, mut second) = (row(1, &["厂"]), row(2, &[]));
        merges.fill(&mut first);
        merges.fill(&mut second);
        assert!(!first.is_blank() && second.is_blank());
    }
}
