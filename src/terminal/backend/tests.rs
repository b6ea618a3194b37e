use super::*;
use crate::terminal::caps::ColourDepth;
use crate::terminal::screen::Screen;
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::widgets::{Block, Clear, Paragraph, Widget};

/// A terminal emulator fed with our frames.
struct Emulator(vt100::Parser);

impl Emulator {
    fn new(columns: u16, rows: u16) -> Self {
        Self(vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0))
    }

    fn feed(&mut self, frame: Option<Vec<u8>>) {
        self.0.process(&frame.unwrap_or_default());
    }

    /// Where the emulator shows something else than `buffer`; clusters whose width terminals
    /// dispute are left out, but not their neighbours.
    fn differences(&self, buffer: &Buffer) -> Vec<String> {
        let mut found = Vec::new();
        for y in 0..buffer.area.height {
            let mut x = 0;
            while x < buffer.area.width {
                let want = &buffer[(x, y)];
                let width = want.cell_width().max(1);
                let cut = x + width > buffer.area.width;
                let symbol = if cut { " " } else { want.symbol() };
                if symbol.chars().count() == 1 {
                    let got = self.0.screen().cell(y, x).unwrap();
                    let shown = if got.has_contents() { got.contents() } else { " " };
                    let (look, wanted) = (look(got, shown), look_of(want, symbol));
                    if (shown, &look) != (symbol, &wanted) {
                        found.push(format!("{x},{y}: {shown} {look:?} for {symbol} {wanted:?}"));
                    }
                }
                x += width;
            }
        }
        found
    }
}

/// What is seen of a cell's colours and attributes.
type Look = (vt100::Color, vt100::Color, [bool; 5]);

fn only_seen(symbol: &str, (fg, bg, mods): Look) -> Look {
    let [bold, dim, italic, underline, inverse] = mods;
    match symbol {
        " " if underline || inverse => (fg, bg, [false, false, false, underline, inverse]),
        " " => (vt100::Color::Default, bg, [false; 5]),
        _ => (fg, bg, [bold, dim, italic, underline, inverse]),
    }
}

fn look(cell: &vt100::Cell, symbol: &str) -> Look {
    let mods = [cell.bold(), cell.dim(), cell.italic(), cell.underline(), cell.inverse()];
    only_seen(symbol, (cell.fgcolor(), cell.bgcolor(), mods))
}

fn look_of(cell: &Cell, symbol: &str) -> Look {
    let colour = |colour| match colour {
        Color::Red => vt100::Color::Idx(1),
        Color::Cyan => vt100::Color::Idx(6),
        Color::Gray => vt100::Color::Idx(7),
        Color::DarkGray => vt100::Color::Idx(8),
        Color::Indexed(n) => vt100::Color::Idx(n),
        Color::Rgb(r, g, b) => vt100::Color::Rgb(r, g, b),
        _ => vt100::Color::Default,
    };
    let mods =
        [Modifier::BOLD, Modifier::DIM, Modifier::ITALIC, Modifier::UNDERLINED, Modifier::REVERSED]
            .map(|bit| cell.modifier.contains(bit));
    only_seen(symbol, (colour(cell.fg), colour(cell.bg), mods))
}

/// A present-day terminal that takes any colour.
fn modern() -> Capabilities {
    Capabilities { colour: ColourDepth::Truecolor, ..Capabilities::default() }
}

#[derive(Clone, Debug)]
enum Paint {
    Text(u16, u16, String, Style),
    Fill(Rect, Style),
    Popup(Rect),
    Raw(u16, u16, &'static str),
}

impl Paint {
    fn on(&self, buf: &mut Buffer) {
        match self {
            Self::Text(x, y, text, style) => {
                buf.set_string(*x, *y, text, *style);
            }
            Self::Fill(area, style) => buf.set_style(area.intersection(buf.area), *style),
            Self::Popup(area) => {
                let area = area.intersection(buf.area);
                Clear.render(area, buf);
                Block::bordered().render(area, buf);
            }
            Self::Raw(x, y, symbol) => {
                buf[(*x, *y)].set_symbol(symbol);
            }
        }
    }
}

const COLUMNS: u16 = 24;
const ROWS: u16 = 5;

fn any_style() -> impl Strategy<Value = Style> {
    let colour = prop::sample::select(vec![
        Color::Reset,
        Color::Red,
        Color::Indexed(200),
        Color::Rgb(1, 2, 3),
    ]);
    let mods = prop::sample::select(vec![
        Modifier::empty(),
        Modifier::BOLD,
        Modifier::DIM,
        Modifier::REVERSED,
        Modifier::UNDERLINED,
        Modifier::ITALIC.union(Modifier::BOLD),
    ]);
    (colour.clone(), colour, mods)
        .prop_map(|(fg, bg, mods)| Style::new().fg(fg).bg(bg).add_modifier(mods))
}

fn any_area() -> impl Strategy<Value = Rect> {
    (0..COLUMNS, 0..ROWS, 1..COLUMNS, 1..ROWS).prop_map(|(x, y, w, h)| Rect::new(x, y, w, h))
}

fn any_paint() -> impl Strategy<Value = Paint> {
    let word = prop::sample::select(vec![
        "困难职工",
        "档案，",
        "abc",
        " ",
        "      ",
        "─────",
        "│",
        "“同意”",
        "①",
        "👩‍👩‍👧",
        "e\u{301}",
        "❤\u{fe0f}",
        "😀",
        "Ａ",
        "…",
    ]);
    let text = prop::collection::vec(word, 1..5).prop_map(|words| words.concat());
    prop_oneof![
        6 => (0..COLUMNS, 0..ROWS, text, any_style()).prop_map(|(x, y, t, s)| Paint::Text(x, y, t, s)),
        2 => (any_area(), any_style()).prop_map(|(area, style)| Paint::Fill(area, style)),
        1 => any_area().prop_map(Paint::Popup),
        1 => (0..COLUMNS, 0..ROWS, prop::sample::select(vec!["字", "x", ""]))
            .prop_map(|(x, y, symbol)| Paint::Raw(x, y, symbol)),
    ]
}

fn any_frames() -> impl Strategy<Value = Vec<Vec<Paint>>> {
    prop::collection::vec(prop::collection::vec(any_paint(), 0..10), 1..6)
}

proptest! {
    #[test]
    fn the_terminal_shows_what_was_drawn(
        frames in any_frames(), keep in any::<bool>(), sync in any::<bool>(), known in any::<bool>(),
        cursor in prop::option::of((0..COLUMNS, 0..ROWS)),
    ) {
        let caps = Capabilities { sync, ambiguous_known: known, ..modern() };
        let mut emulator = Emulator::new(COLUMNS, ROWS);
        let mut screen = Screen::new(caps, COLUMNS, ROWS);
        let mut buffer = Buffer::empty(Rect::new(0, 0, COLUMNS, ROWS));
        for paints in frames {
            if !keep {
                buffer.reset();
            }
            for paint in &paints {
                paint.on(&mut buffer);
            }
            // The emulator, as some terminals, knows bold or dim, not both.
            for cell in &mut buffer.content {
                if cell.modifier.contains(Modifier::BOLD) {
                    cell.modifier.remove(Modifier::DIM);
                }
            }
            let mut draw = || screen.draw(|frame| {
                frame.buffer_mut().clone_from(&buffer);
                if let Some(cursor) = cursor {
                    frame.set_cursor_position(cursor);
                }
            });
            emulator.feed(draw());
            prop_assert_eq!(emulator.differences(&buffer), Vec::<String>::new());
            let shown = emulator.0.screen();
            prop_assert_eq!(!shown.hide_cursor(), cursor.is_some());
            if let Some((x, y)) = cursor {
                prop_assert_eq!(shown.cursor_position(), (y, x));
            }
            prop_assert_eq!(draw(), None);
        }
    }
}

#[test]
fn a_covered_cell_regains_its_own_style() {
    // ratatui's own difference holds nothing for the second column: it was and is a blank.
    let mut emulator = Emulator::new(6, 1);
    let mut screen = Screen::new(modern(), 6, 1);
    let red = Style::new().bg(Color::Red);
    for text in ["a字b", "字 b", "ab  "] {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 6, 1));
        buffer.set_string(0, 0, text, Style::new());
        buffer.set_style(Rect::new(0, 0, 3, 1), red);
        emulator.feed(screen.draw(|frame| frame.buffer_mut().clone_from(&buffer)));
        assert_eq!(emulator.differences(&buffer), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn with_ratatuis_own_terminal_too() {
    let mut emulator = Emulator::new(20, 3);
    let mut terminal = ratatui::Terminal::new(LeanBackend::new(modern(), 20, 3)).unwrap();
    for text in ["渝中区 化龙桥", "a渝中区化龙桥", "", "化龙桥"] {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 3));
        buffer.set_string(1, 1, text, Style::new());
        terminal.draw(|frame| frame.buffer_mut().clone_from(&buffer)).unwrap();
        emulator.feed(terminal.backend_mut().take_frame());
        assert_eq!(emulator.differences(&buffer), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_new_size_draws_anew_inside_one_frame() {
    let mut emulator = Emulator::new(20, 3);
    let mut screen = Screen::new(Capabilities { sync: true, ..modern() }, 20, 3);
    let draw = |screen: &mut Screen| {
        screen.draw(|frame| frame.render_widget(Paragraph::new("渝中区"), frame.area())).unwrap()
    };
    let frame = draw(&mut screen);
    emulator.feed(Some(frame));
    screen.resize(10, 2);
    emulator.0.screen_mut().set_size(2.try_into().unwrap(), 10.try_into().unwrap());
    let frame = draw(&mut screen);
    assert!(frame.starts_with(SYNC_BEGIN) && frame.ends_with(SYNC_END));
    emulator.feed(Some(frame));
    let mut buffer = Buffer::empty(Rect::new(0, 0, 10, 2));
    buffer.set_string(0, 0, "渝中区", Style::new());
    assert_eq!(emulator.differences(&buffer), Vec::<String>::new());
    screen.repaint();
    assert!(!draw(&mut screen).is_empty());
}

#[test]
fn sizes_no_terminal_has_are_clamped() {
    for (columns, rows, area) in
        [(0, 0, Rect::new(0, 0, 1, 1)), (u16::MAX, u16::MAX, Rect::new(0, 0, 500, 300))]
    {
        let mut screen = Screen::new(modern(), columns, rows);
        assert_eq!(screen.area(), area);
        screen.draw(|frame| frame.render_widget(Paragraph::new("字"), frame.area()));
    }
}

#[test]
fn the_linux_console_gets_ascii_only() {
    let caps = Capabilities::from_env_hints("linux", "truecolor", false, "zh_CN.UTF-8");
    let mut screen = Screen::new(caps, 20, 3);
    let frame = screen
        .draw(|frame| {
            let words = Paragraph::new("张 OK…").style(Style::new().fg(Color::Rgb(250, 10, 10)));
            frame.render_widget(words.block(Block::bordered()), frame.area());
        })
        .unwrap();
    assert!(frame.is_ascii());
    let mut emulator = Emulator::new(20, 3);
    emulator.feed(Some(frame));
    let rows: Vec<_> = emulator.0.screen().rows(0, 20).collect();
    assert_eq!(rows, ["+------------------+", "|?? OK.            |", "+------------------+"]);
    assert_eq!(emulator.0.screen().cell(1, 4).unwrap().fgcolor(), vt100::Color::Idx(9));
}

#[test]
fn without_colour_only_attributes_are_sent() {
    let caps = Capabilities { colour: ColourDepth::Mono, ..modern() };
    let mut screen = Screen::new(caps, 10, 1);
    let style = Style::new().fg(Color::Red).bg(Color::Blue).add_modifier(Modifier::REVERSED);
    let frame = screen.draw(|frame| {
        frame.buffer_mut().set_string(0, 0, "x", style);
    });
    let sent = String::from_utf8(frame.unwrap()).unwrap();
    assert_eq!(sent, "\x1b[?25l\x1b[m\x1b[H\x1b[2J\x1b[7mx");
}

#[test]
fn what_was_learnt_shows_in_the_next_frame() {
    let mut emulator = Emulator::new(10, 3);
    let mut screen = Screen::new(modern(), 10, 3);
    let draw = |screen: &mut Screen| {
        screen.draw(|frame| frame.render_widget(Block::bordered(), frame.area()))
    };
    emulator.feed(draw(&mut screen));
    screen.set_capabilities(Capabilities { ambiguous_wide: true, ..modern() });
    emulator.feed(draw(&mut screen));
    assert_eq!(emulator.0.screen().rows(0, 10).next().unwrap(), "+--------+");
}

#[test]
fn entering_and_leaving_undo_each_other() {
    let caps = modern();
    let mut emulator = Emulator::new(20, 3);
    emulator.feed(Some(b"\x1b[?1000h\x1b[?1006h".to_vec()));
    emulator.feed(Some(LeanBackend::enter(&caps)));
    let screen = emulator.0.screen();
    assert!(screen.alternate_screen() && screen.bracketed_paste() && screen.hide_cursor());
    emulator.feed(Some(LeanBackend::leave(&caps)));
    let screen = emulator.0.screen();
    assert!(!screen.alternate_screen() && !screen.bracketed_paste() && !screen.hide_cursor());
    assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    let leave = String::from_utf8(LeanBackend::leave(&caps)).unwrap();
    for mode in ["2026", "1004", "1000", "1002", "1003", "1006", "2004", "1049"] {
        assert!(leave.contains(&format!("\x1b[?{mode}l")), "{mode}");
    }
    // Before the alternate screen goes, which keeps keyboard flags of its own.
    assert!(leave.find("\x1b[<u") < leave.find("\x1b[?1049l") && leave.contains("\x1b[<u"));
    let dumb = Capabilities::from_env_hints("dumb", "", false, "");
    assert!(LeanBackend::enter(&dumb).is_empty() && LeanBackend::leave(&dumb).is_empty());
}

mod budgets;
