//! Drawing: ratatui widgets in, the bytes of one frame out.

use super::backend::LeanBackend;
use super::caps::Capabilities;
use ratatui::buffer::{Buffer, CellDiffOption, CellWidth};
use ratatui::layout::{Position, Rect};
use ratatui::{Frame, Terminal};
use std::num::NonZeroU16;

/// What one session draws on.
///
/// Gives the backend whole frames, so that it compares with what the terminal really shows:
/// ratatui's own differences lose the style of cells that a wide character covered.
pub struct Screen {
    terminal: Terminal<LeanBackend>,
}

impl std::fmt::Debug for Screen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Screen").field("area", &self.area()).finish_non_exhaustive()
    }
}

impl Screen {
    /// A screen for a terminal of which nothing is known: the first frame clears it. The size is
    /// clamped, see [`clamp_size`](super::clamp_size).
    #[must_use]
    pub fn new(caps: Capabilities, columns: u16, rows: u16) -> Self {
        let terminal = match Terminal::new(LeanBackend::new(caps, columns, rows)) {
            Ok(terminal) => terminal,
            Err(never) => match never {},
        };
        Self { terminal }
    }

    /// Draws one frame; gives the bytes to send, in one write, or `None` when the terminal
    /// already shows it. Bytes given must be sent: the next frame builds on them.
    ///
    /// The cursor is shown where `render` puts it, also for the input method, which writes there;
    /// hidden if `render` puts it nowhere.
    pub fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> Option<Vec<u8>> {
        self.terminal.backend_mut().begin_frame();
        let drawn = self.terminal.draw(|frame| {
            render(frame);
            settle_widths(frame.buffer_mut());
        });
        match drawn {
            Ok(_) => {}
            Err(never) => match never {},
        }
        // Forgets this frame on ratatui's side: the next difference is against nothing.
        self.terminal.swap_buffers();
        self.terminal.backend_mut().take_frame()
    }

    /// Takes over a new size.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.terminal.backend_mut().resize(columns, rows);
    }

    /// The next frame is drawn anew, whatever the terminal shows: after a suspension, or Ctrl-L.
    pub fn repaint(&mut self) {
        self.terminal.backend_mut().repaint();
    }

    /// What the terminal can do.
    #[must_use]
    pub fn capabilities(&self) -> &Capabilities {
        self.terminal.backend().capabilities()
    }

    /// Takes over what has been learnt of the terminal.
    pub fn set_capabilities(&mut self, caps: Capabilities) {
        self.terminal.backend_mut().set_capabilities(caps);
    }

    /// The whole screen, in cells.
    #[must_use]
    pub fn area(&self) -> Rect {
        use ratatui::backend::Backend as _;
        match self.terminal.backend().size() {
            Ok(size) => Rect::from((Position::ORIGIN, size)),
            Err(never) => match never {},
        }
    }
}

/// Takes from a drawn buffer what ratatui's comparison stumbles over: half a character at the end
/// of a row, behind which it leaves out the beginning of the next, and emoji that a variation
/// selector made wide, behind which it gives the covered cell and may leave out the next.
fn settle_widths(buffer: &mut Buffer) {
    let columns = usize::from(buffer.area.width).max(1);
    for row in buffer.content.chunks_mut(columns) {
        for (x, cell) in row.iter_mut().enumerate() {
            if cell.symbol().is_ascii() {
                continue;
            }
            let width = cell.cell_width();
            if x + usize::from(width) > columns {
                cell.set_symbol(" ");
            } else if cell.symbol().contains('\u{fe0f}')
                && let Some(width) = NonZeroU16::new(width)
            {
                cell.set_diff_option(CellDiffOption::ForcedWidth(width));
            }
        }
    }
}
