//! Frames to bytes: a ratatui [`Backend`] for slow lines and Chinese text.
//!
//! It remembers what is on the terminal and sends the difference in one piece: no cursor
//! movement after plain Han, colours kept from frame to frame, nothing at all when nothing
//! changed. Never asks the process's own terminal, so that one process can serve many. What it
//! saves is measured in the design notes and held by the byte budgets in its tests.

mod pen;
mod symbols;
mod writer;

use super::caps::Capabilities;
use super::clamp_size;
use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::{Cell, CellWidth};
use ratatui::layout::{Position, Size};
use ratatui::style::Color;
use std::convert::Infallible;
use writer::Writer;

/// Begins a frame that is to appear whole.
const SYNC_BEGIN: &[u8] = b"\x1b[?2026h";
/// Ends it.
const SYNC_END: &[u8] = b"\x1b[?2026l";

/// The backend of one session. See the module.
///
/// With ratatui's `Terminal` alone it is given only ratatui's own differences, which leave out
/// what a wide character hid; [`Screen`](super::Screen) gives it whole frames instead.
#[derive(Debug)]
pub struct LeanBackend {
    own: Terminal,
    /// What is to be on the terminal, row by row, as this terminal can show it.
    wanted: Vec<Cell>,
    out: Vec<u8>,
}

/// One session's terminal, as far as it is known: what lasts from frame to frame.
#[derive(Debug, Default)]
pub(super) struct Terminal {
    caps: Capabilities,
    size: Size,
    writer: Writer,
    clear: bool,
    cursor_wanted: Option<Position>,
    cursor_at: Position,
}

impl Terminal {
    /// A terminal of which nothing is known.
    pub(super) fn new(caps: Capabilities, columns: u16, rows: u16) -> Self {
        let mut new = Self { caps, ..Self::default() };
        new.resize(columns, rows);
        new
    }

    pub(super) fn size(&self) -> Size {
        self.size
    }

    pub(super) fn capabilities(&self) -> &Capabilities {
        &self.caps
    }

    /// Takes over what has been learnt. The next frame shows it.
    pub(super) fn set_capabilities(&mut self, caps: Capabilities) {
        let widths = |caps: &Capabilities| (caps.ambiguous_wide, caps.ascii, caps.han, caps.codec);
        self.clear |= widths(&caps) != widths(&self.caps);
        self.caps = caps;
    }

    /// Takes over a new size; the next frame is drawn anew.
    pub(super) fn resize(&mut self, columns: u16, rows: u16) {
        let (columns, rows) = clamp_size(columns, rows);
        self.size = Size::new(columns, rows);
        self.writer.resize(columns, rows);
        self.repaint();
    }

    /// The terminal may show anything (after a suspension, or Ctrl-L): the next frame is drawn
    /// anew.
    pub(super) fn repaint(&mut self) {
        self.clear = true;
    }

    /// A cell as this terminal can show it.
    fn as_shown(&self, cell: &Cell) -> Cell {
        let mut shown = cell.clone();
        shown.diff_option = Cell::EMPTY.diff_option;
        let symbol = symbols::shown(cell.symbol(), &self.caps);
        if symbol != cell.symbol() {
            shown.set_symbol(&symbol);
        }
        shown.fg = pen::at_depth(cell.fg, self.caps.colour);
        shown.bg = pen::at_depth(cell.bg, self.caps.colour);
        // Two colours that fall together at this depth would make the text invisible.
        if shown.fg == shown.bg && shown.fg != Color::Reset && cell.fg != cell.bg {
            shown.fg = Color::Reset;
        }
        pen::forget_unseen(&mut shown);
        shown
    }
}

impl LeanBackend {
    /// A backend for a terminal of which nothing is known: its first frame clears. The size is
    /// clamped, see [`clamp_size`].
    #[must_use]
    pub fn new(caps: Capabilities, columns: u16, rows: u16) -> Self {
        let own = Terminal::new(caps, columns, rows);
        let mut backend = Self { own, wanted: Vec::new(), out: Vec::new() };
        backend.begin_frame();
        backend
    }

    /// Draws for another terminal from the next frame on; gives the one before back.
    pub(super) fn exchange(&mut self, own: Terminal) -> Terminal {
        std::mem::replace(&mut self.own, own)
    }

    /// What to send when a session begins: alternate screen, no automatic wrap, bracketed paste,
    /// cursor hidden. Mouse and focus reports go off, should an earlier program have left them on:
    /// they would outlive a broken line, and what they send here is function keys.
    #[must_use]
    pub fn enter(caps: &Capabilities) -> Vec<u8> {
        if !caps.addressable {
            return Vec::new();
        }
        let modes: &[u8] = if caps.answers {
            b"\x1b[?1049h\x1b[?1000;1002;1003;1004;1006l\x1b[?2004h\x1b[?7l\x1b[?25l"
        } else {
            b"\x1b[?7l\x1b[?25l"
        };
        modes.to_vec()
    }

    /// What to send when a session ends, however it ends: the undoing of everything that this or
    /// an earlier program may have left on.
    #[must_use]
    pub fn leave(caps: &Capabilities) -> Vec<u8> {
        if !caps.addressable {
            return Vec::new();
        }
        if !caps.answers {
            return b"\x1b[m\x1b[?7h\x1b[?25h\x1b[H\x1b[J".to_vec();
        }
        let mut out = Vec::from(SYNC_END);
        // The kitty keyboard is switched on once the terminal has told of it, which whoever sends
        // this may not have heard; where there is nothing to take off, nothing happens.
        out.extend_from_slice(b"\x1b[<u");
        for mode in [1000, 1002, 1003, 1006, 1004, 2004] {
            out.extend_from_slice(format!("\x1b[?{mode}l").as_bytes());
        }
        out.extend_from_slice(b"\x1b[m\x1b[0 q\x1b[?7h\x1b[?25h\x1b[?1049l");
        out
    }

    /// Begins a frame of which every cell will be given, not only what changed.
    pub fn begin_frame(&mut self) {
        let Size { width, height } = self.own.size;
        self.wanted.clear();
        self.wanted.resize(usize::from(width) * usize::from(height), Cell::EMPTY);
    }

    /// The bytes of the frames drawn since the last call; `None` when the terminal already shows
    /// them.
    pub fn take_frame(&mut self) -> Option<Vec<u8>> {
        (!self.out.is_empty()).then(|| std::mem::take(&mut self.out))
    }

    fn blank(&mut self, from: usize, to: usize) {
        if let Some(cells) = self.wanted.get_mut(from..to) {
            cells.fill(Cell::EMPTY);
        }
    }

    /// Brings the terminal up to what is wanted, into `out`.
    fn build(&mut self) {
        if self.own.clear {
            self.own.writer.clear();
            self.own.clear = false;
        }
        self.own.writer.paint(&self.wanted, &self.own.caps);
        let painted = self.own.writer.wrote();
        if painted {
            if self.own.caps.sync {
                self.out.extend_from_slice(SYNC_BEGIN);
            } else if self.own.writer.cursor_may_show() {
                self.out.extend_from_slice(writer::HIDE_CURSOR);
                self.own.writer.cursor_was_hidden();
            }
        }
        self.own.writer.place_cursor(self.own.cursor_wanted);
        self.own.writer.drain_into(&mut self.out);
        if painted && self.own.caps.sync {
            self.out.extend_from_slice(SYNC_END);
        }
    }
}

impl Backend for LeanBackend {
    type Error = Infallible;

    fn draw<'a, I>(&mut self, content: I) -> Result<(), Infallible>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        for (x, y, cell) in content {
            if x < self.own.size.width && y < self.own.size.height {
                let at = usize::from(y) * usize::from(self.own.size.width) + usize::from(x);
                let mut shown = self.own.as_shown(cell);
                // Half a character at the end of a row cannot be shown.
                if x.saturating_add(shown.cell_width()) > self.own.size.width {
                    shown.set_symbol(" ");
                }
                // What a wide character hides is blank when it is uncovered.
                self.blank(at + 1, at + usize::from(shown.cell_width().max(1)));
                if let Some(slot) = self.wanted.get_mut(at) {
                    *slot = shown;
                }
            }
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> Result<(), Infallible> {
        self.own.cursor_wanted = None;
        Ok(())
    }

    fn show_cursor(&mut self) -> Result<(), Infallible> {
        self.own.cursor_wanted = Some(self.own.cursor_at);
        Ok(())
    }

    fn get_cursor_position(&mut self) -> Result<Position, Infallible> {
        Ok(self.own.cursor_at)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Infallible> {
        let Position { x, y } = position.into();
        self.own.cursor_at = Position {
            x: x.min(self.own.size.width.saturating_sub(1)),
            y: y.min(self.own.size.height.saturating_sub(1)),
        };
        if self.own.cursor_wanted.is_some() {
            self.own.cursor_wanted = Some(self.own.cursor_at);
        }
        Ok(())
    }

    fn clear(&mut self) -> Result<(), Infallible> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, clear_type: ClearType) -> Result<(), Infallible> {
        let width = usize::from(self.own.size.width);
        let row = usize::from(self.own.cursor_at.y) * width;
        let at = row + usize::from(self.own.cursor_at.x);
        match clear_type {
            ClearType::All => {
                self.blank(0, self.wanted.len());
                self.own.clear = true;
            }
            ClearType::AfterCursor => self.blank(at, self.wanted.len()),
            ClearType::BeforeCursor => self.blank(0, at + 1),
            ClearType::CurrentLine => self.blank(row, row + width),
            ClearType::UntilNewLine => self.blank(at, row + width),
        }
        Ok(())
    }

    fn size(&self) -> Result<Size, Infallible> {
        Ok(self.own.size)
    }

    /// Cells only: what a pixel is, a session's terminal does not say.
    fn window_size(&mut self) -> Result<WindowSize, Infallible> {
        Ok(WindowSize { columns_rows: self.own.size, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        self.build();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
