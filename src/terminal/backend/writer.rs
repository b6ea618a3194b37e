//! The bytes that turn what a terminal shows into what it is to show.

use super::pen::Pen;
use super::symbols::{self, Trust};
use crate::terminal::caps::{Capabilities, ColourDepth};
use ratatui::buffer::{Cell, CellWidth};
use ratatui::layout::Position;
use std::io::Write as _;

/// Hides the cursor.
pub(super) const HIDE_CURSOR: &[u8] = b"\x1b[?25l";
const SHOW_CURSOR: &[u8] = b"\x1b[?25h";

/// The symbol of a cell covered by the wide character before it.
const COVERED: &str = "";
/// The symbol of a cell of which nothing is known: unlike anything wanted.
const UNKNOWN: &str = "\0";

/// From this many cells on, a blank end of a row is erased rather than written.
const ERASE_FROM: usize = 4;

/// What is known of the cursor's column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Column {
    /// Nothing.
    #[default]
    Unknown,
    /// There, if the line symbols before it are one cell wide.
    Believed(u16),
    /// There.
    Sure(u16),
}

/// What a terminal shows, and the bytes not yet sent.
#[derive(Debug, Default)]
pub(super) struct Writer {
    shown: Vec<Cell>,
    columns: u16,
    pen: Pen,
    row: Option<u16>,
    column: Column,
    /// Whether the cursor is shown; nothing before the first frame.
    cursor_shown: Option<bool>,
    reset_only: bool,
    out: Vec<u8>,
}

impl Writer {
    /// Forgets everything; the caller clears next.
    pub(super) fn resize(&mut self, columns: u16, rows: u16) {
        self.columns = columns;
        self.shown = vec![Cell::new(UNKNOWN); usize::from(columns) * usize::from(rows)];
    }

    /// Whether anything is to be sent.
    pub(super) fn wrote(&self) -> bool {
        !self.out.is_empty()
    }

    /// Moves the bytes to `out`.
    pub(super) fn drain_into(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.out);
    }

    /// Whether the cursor may be seen wandering while a frame is painted.
    pub(super) fn cursor_may_show(&self) -> bool {
        self.cursor_shown != Some(false)
    }

    /// The caller has hidden the cursor.
    pub(super) fn cursor_was_hidden(&mut self) {
        self.cursor_shown = Some(false);
    }

    /// Wipes the terminal, whatever state it is in.
    pub(super) fn clear(&mut self) {
        self.out.extend_from_slice(b"\x1b[m\x1b[H\x1b[2J");
        self.pen = Pen::default();
        self.row = Some(0);
        self.column = Column::Sure(0);
        self.shown.fill(Cell::EMPTY);
        self.cursor_shown = None;
    }

    /// Writes what differs between `wanted` and what is shown.
    pub(super) fn paint(&mut self, wanted: &[Cell], caps: &Capabilities) {
        self.reset_only = !caps.answers && caps.colour == ColourDepth::Mono;
        let columns = usize::from(self.columns);
        for (y, row) in wanted.chunks_exact(columns).enumerate() {
            let y = u16::try_from(y).unwrap_or(u16::MAX);
            self.paint_row(y, row, caps);
        }
    }

    fn paint_row(&mut self, y: u16, row: &[Cell], caps: &Capabilities) {
        let start = usize::from(y) * row.len();
        let blank_from = row.iter().rposition(|cell| *cell != Cell::EMPTY).map_or(0, |x| x + 1);
        let mut x = 0;
        // A wide character that goes is itself written over, and what it covered is then
        // unknown, so no cell is reached here whose first half stays.
        while let Some(cell) = row.get(usize::from(x)) {
            let at = start + usize::from(x);
            if self.shown.get(at) != Some(cell) {
                if usize::from(x) >= blank_from && self.worth_erasing(at, start + row.len()) {
                    self.erase(x, y, at, start + row.len());
                    return;
                }
                self.put(x, y, at, cell, caps);
            }
            x = x.saturating_add(cell.cell_width().max(1));
        }
    }

    /// Writes one cell's symbol, which takes one cell or more.
    fn put(&mut self, x: u16, y: u16, at: usize, cell: &Cell, caps: &Capabilities) {
        let width = cell.cell_width().max(1);
        let trust = symbols::trust(cell.symbol(), caps);
        let pen = Pen::of(cell);
        self.go(x, y, trust == Trust::Line);
        if cell.symbol() != " " || !self.pen.paints_blank_as(&pen) {
            self.pen.change(pen, self.reset_only, &mut self.out);
        }
        let next = x.saturating_add(width);
        let taken = if trust == Trust::Disputed {
            self.write_disputed(x, y, cell.symbol(), width)
        } else {
            self.out.extend_from_slice(cell.symbol().as_bytes());
            width
        };
        self.column = match trust {
            _ if next >= self.columns => Column::Unknown,
            Trust::Sure => Column::Sure(next),
            Trust::Line => Column::Believed(next),
            Trust::Disputed => Column::Unknown,
        };

        let behind = at + usize::from(width);
        if let Some(cells) = self.shown.get_mut(at..behind) {
            cells.fill(Cell::new(COVERED));
        }
        if let Some(first) = self.shown.get_mut(at) {
            first.clone_from(cell);
        }
        // Covering the first half of a wide character leaves its other half to the terminal, and
        // one that makes the symbol wider has written over what follows.
        let left = usize::from(self.columns.saturating_sub(next));
        let over = usize::from(taken.saturating_sub(width));
        let cells = self.shown.iter_mut().skip(behind).take(left).enumerate();
        for (_, cell) in cells.take_while(|(n, cell)| *n < over || cell.symbol() == COVERED) {
            cell.set_symbol(UNKNOWN);
        }
    }

    /// Writes a symbol whose width terminals dispute so that none is left with old text beside it
    /// or runs into the next row; gives the most cells one may have used.
    fn write_disputed(&mut self, x: u16, y: u16, symbol: &str, width: u16) -> u16 {
        let mut symbol = symbol;
        let mut taken = symbols::width_by_characters(symbol);
        let room = self.columns.saturating_sub(x);
        if taken > room {
            // At the edge the first character stands for its whole cluster: 👩 for a family.
            symbol = symbols::first_character(symbol);
            taken = symbols::width_by_characters(symbol);
        }
        if taken < width {
            self.out.extend(std::iter::repeat_n(b' ', usize::from(width)));
            self.column = Column::Unknown;
            self.go(x, y, false);
        }
        self.out.extend_from_slice(symbol.as_bytes());
        if taken > room {
            self.row = None;
        }
        taken
    }

    /// Whether so many of these cells are not blank yet that erasing is shorter.
    fn worth_erasing(&self, from: usize, to: usize) -> bool {
        let cells = self.shown.get(from..to).unwrap_or_default();
        cells.iter().filter(|cell| **cell != Cell::EMPTY).count() >= ERASE_FROM
    }

    /// Erases from a cell to the end of its row.
    fn erase(&mut self, x: u16, y: u16, from: usize, to: usize) {
        self.go(x, y, false);
        // Terminals differ in which colours they erase with; with none they agree.
        self.pen.change(Pen::default(), self.reset_only, &mut self.out);
        self.out.extend_from_slice(b"\x1b[K");
        if let Some(cells) = self.shown.get_mut(from..to) {
            cells.fill(Cell::EMPTY);
        }
    }

    /// Puts the cursor where it is wanted, shown or hidden.
    pub(super) fn place_cursor(&mut self, wanted: Option<Position>) {
        if let Some(Position { x, y }) = wanted {
            self.go(x, y, false);
        }
        let show = wanted.is_some();
        if self.cursor_shown != Some(show) {
            self.out.extend_from_slice(if show { SHOW_CURSOR } else { HIDE_CURSOR });
            self.cursor_shown = Some(show);
        }
    }

    /// Moves the cursor by the fewest bytes; `line` when a line symbol follows.
    fn go(&mut self, x: u16, y: u16, line: bool) {
        let column = match self.column {
            Column::Sure(column) => Some(column),
            Column::Believed(column) if line && column == x && self.row == Some(y) => return,
            _ => None,
        };
        if column == Some(x) && self.row == Some(y) {
            return;
        }
        let mut best = absolute(x, y);
        let mut offer = |way: Vec<u8>| {
            if way.len() < best.len() {
                best = way;
            }
        };
        if self.row == Some(y) {
            offer(if x == 0 { vec![b'\r'] } else { control(x + 1, b'G') });
            match column {
                Some(column) if column < x => {
                    offer(control(x - column, b'C'));
                    if let Some(text) = self.again(column, x, y) {
                        offer(text);
                    }
                }
                Some(column) => offer(control(column - x, b'D')),
                None => {}
            }
        } else if let Some(row) = self.row {
            if x == 0 && row + 1 == y {
                offer(b"\r\n".to_vec());
            }
            if column == Some(x) {
                offer(if row < y { control(y - row, b'B') } else { control(row - y, b'A') });
            }
        }
        self.out.extend_from_slice(&best);
        self.row = Some(y);
        self.column = Column::Sure(x);
    }

    /// The text already shown between two columns, if it is short plain text in the present pen:
    /// writing it again moves the cursor as well.
    fn again(&self, from: u16, to: u16, y: u16) -> Option<Vec<u8>> {
        let row = usize::from(y) * usize::from(self.columns);
        let cells = self.shown.get(row + usize::from(from)..row + usize::from(to))?;
        let same = |cell: &Cell| match cell.symbol().as_bytes() {
            [b' '] => self.pen.paints_blank_as(&Pen::of(cell)),
            [0x21..=0x7e] => Pen::of(cell) == self.pen,
            _ => false,
        };
        (cells.len() <= 4 && cells.iter().all(same))
            .then(|| cells.iter().flat_map(|cell| cell.symbol().bytes()).collect())
    }
}

/// `CSI number letter`, with the number left out where it is 1.
fn control(number: u16, letter: u8) -> Vec<u8> {
    let mut way = Vec::with_capacity(8);
    way.extend_from_slice(b"\x1b[");
    if number != 1 {
        // Writing into memory cannot fail.
        let _ = write!(way, "{number}");
    }
    way.push(letter);
    way
}

/// The cursor to a place, both from 0.
fn absolute(x: u16, y: u16) -> Vec<u8> {
    if x == 0 {
        return control(y + 1, b'H');
    }
    format!("\x1b[{};{}H", y + 1, x + 1).into_bytes()
}
