//! Drawing: ratatui widgets in, the bytes of one frame out.

use super::backend::{LeanBackend, Terminal};
use super::caps::Capabilities;
use ratatui::Frame;
use ratatui::buffer::{Buffer, CellDiffOption, CellWidth};
use ratatui::layout::{Position, Rect};
use std::num::NonZeroU16;
use std::sync::{Mutex, PoisonError};

/// What one session draws on.
///
/// Gives the backend whole frames, so that it compares with what the terminal really shows:
/// ratatui's own differences lose the style of cells that a wide character covered.
///
/// What a frame is drawn on is of use only while it is drawn, and takes half a megabyte: all
/// sessions share a few.
#[derive(Debug)]
pub struct Screen {
    terminal: Terminal,
}

/// What frames are drawn on.
type Canvas = ratatui::Terminal<LeanBackend>;

/// Canvases nobody draws on now.
static CANVASES: Mutex<Vec<Canvas>> = Mutex::new(Vec::new());
/// More than so many are let go.
const CANVASES_KEPT: usize = 2;

fn canvases() -> std::sync::MutexGuard<'static, Vec<Canvas>> {
    CANVASES.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Screen {
    /// A screen for a terminal of which nothing is known: the first frame clears it. The size is
    /// clamped, see [`clamp_size`](super::clamp_size).
    #[must_use]
    pub fn new(caps: Capabilities, columns: u16, rows: u16) -> Self {
        Self { terminal: Terminal::new(caps, columns, rows) }
    }

    /// Draws one frame; gives the bytes to send, in one write, or `None` when the terminal
    /// already shows it. Bytes given must be sent: the next frame builds on them.
    ///
    /// The cursor is shown where `render` puts it, also for the input method, which writes there;
    /// hidden if `render` puts it nowhere.
    pub fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> Option<Vec<u8>> {
        let mut canvas = self.canvas();
        canvas.backend_mut().exchange(std::mem::take(&mut self.terminal));
        canvas.backend_mut().begin_frame();
        let drawn = canvas.draw(|frame| {
            render(frame);
            settle_widths(frame.buffer_mut());
        });
        match drawn {
            Ok(_) => {}
            Err(never) => match never {},
        }
        // Forgets this frame on ratatui's side: the next difference is against nothing.
        canvas.swap_buffers();
        let frame = canvas.backend_mut().take_frame();
        self.terminal = canvas.backend_mut().exchange(Terminal::default());
        let mut kept = canvases();
        if kept.len() < CANVASES_KEPT {
            kept.push(canvas);
        }
        frame
    }

    /// A canvas of this size, with nothing on it.
    fn canvas(&self) -> Canvas {
        let (size, kept) = (self.terminal.size(), canvases().pop());
        let mut canvas = kept.unwrap_or_else(|| {
            let new = ratatui::Terminal::new(LeanBackend::new(
                Capabilities::default(),
                size.width,
                size.height,
            ));
            match new {
                Ok(canvas) => canvas,
                Err(never) => match never {},
            }
        });
        let area = Rect::from((Position::ORIGIN, size));
        if canvas.current_buffer_mut().area == area {
            return canvas;
        }
        // It tells its backend to clear, which is not this session's yet.
        match canvas.resize(area) {
            Ok(()) => canvas,
            Err(never) => match never {},
        }
    }

    /// Takes over a new size.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.terminal.resize(columns, rows);
    }

    /// The next frame is drawn anew, whatever the terminal shows: after a suspension, or Ctrl-L.
    pub fn repaint(&mut self) {
        self.terminal.repaint();
    }

    /// What the terminal can do.
    #[must_use]
    pub fn capabilities(&self) -> &Capabilities {
        self.terminal.capabilities()
    }

    /// Takes over what has been learnt of the terminal.
    pub fn set_capabilities(&mut self, caps: Capabilities) {
        self.terminal.set_capabilities(caps);
    }

    /// The whole screen, in cells.
    #[must_use]
    pub fn area(&self) -> Rect {
        Rect::from((Position::ORIGIN, self.terminal.size()))
    }
}

/// Takes from a drawn buffer what ratatui's comparison stumbles over: half a character at the end
/// of a row, after which it leaves out the beginning of the next, and emoji that a variation
/// selector made wide, after which it gives the covered cell and may leave out the next.
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
