//! The terminal's colours and attributes, changed by as few bytes as will do.

use crate::terminal::caps::ColourDepth;
use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};
use std::io::Write as _;

/// Colours and attributes in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pen {
    fg: Color,
    bg: Color,
    mods: Modifier,
}

/// Attributes that are seen on a blank cell.
const SEEN_ON_BLANK: Modifier = Modifier::REVERSED
    .union(Modifier::UNDERLINED)
    .union(Modifier::CROSSED_OUT)
    .union(Modifier::SLOW_BLINK)
    .union(Modifier::RAPID_BLINK);

/// Attributes by SGR number to set and to take back. Bold and dim share theirs.
const ATTRIBUTES: [(Modifier, u8, u8); 9] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::SLOW_BLINK, 5, 25),
    (Modifier::RAPID_BLINK, 6, 25),
    (Modifier::REVERSED, 7, 27),
    (Modifier::HIDDEN, 8, 28),
    (Modifier::CROSSED_OUT, 9, 29),
];

impl Pen {
    /// The pen a cell asks for.
    pub(super) fn of(cell: &Cell) -> Self {
        Self { fg: cell.fg, bg: cell.bg, mods: cell.modifier }
    }

    /// Changes the pen to `want`. `reset_only` is for terminals that cannot take a single
    /// attribute back.
    pub(super) fn change(&mut self, want: Self, reset_only: bool, out: &mut Vec<u8>) {
        if *self == want {
            return;
        }
        let whole = Self::default().steps(want, true);
        let steps = if reset_only { None } else { Some(self.steps(want, false)) };
        let steps = steps.filter(|steps| steps.len() <= whole.len()).unwrap_or(whole);
        out.extend_from_slice(b"\x1b[");
        out.extend_from_slice(&steps);
        out.push(b'm');
        *self = want;
    }

    /// Whether a blank painted with this pen looks as one painted with `want`.
    pub(super) fn paints_blank_as(&self, want: &Self) -> bool {
        let seen = |pen: &Self| pen.mods.intersection(SEEN_ON_BLANK);
        self.bg == want.bg
            && seen(self) == seen(want)
            && (seen(want).is_empty() || self.fg == want.fg)
    }

    /// The SGR parameters that lead from this pen, or after a reset, to `want`.
    fn steps(&self, want: Self, reset: bool) -> Vec<u8> {
        let mut steps = Vec::with_capacity(24);
        let mut step = |number: &[u8]| {
            if !steps.is_empty() {
                steps.push(b';');
            }
            steps.extend_from_slice(number);
        };
        if reset && want == Self::default() {
            return steps;
        }
        if reset {
            step(b"0");
        }
        let lost = self.mods.difference(want.mods);
        let mut kept = self.mods.intersection(want.mods);
        let mut last_off = 0;
        for (bit, _, off) in ATTRIBUTES {
            if lost.contains(bit) && off != last_off {
                step(&decimal(off));
                last_off = off;
            }
        }
        for (bit, _, off) in ATTRIBUTES {
            let shared = ATTRIBUTES.iter().any(|(other, _, o)| *o == off && lost.contains(*other));
            if shared {
                kept.remove(bit);
            }
        }
        for (bit, on, _) in ATTRIBUTES {
            if want.mods.contains(bit) && !kept.contains(bit) {
                step(&decimal(on));
            }
        }
        if self.fg != want.fg {
            step(&colour(want.fg, 30));
        }
        if self.bg != want.bg {
            step(&colour(want.bg, 40));
        }
        steps
    }
}

/// Takes from a blank cell what cannot be seen on it, so that all equal-looking blanks are equal.
pub(super) fn forget_unseen(cell: &mut Cell) {
    if cell.symbol() == " " {
        cell.modifier = cell.modifier.intersection(SEEN_ON_BLANK);
        if cell.modifier.is_empty() {
            cell.fg = Color::Reset;
        }
    }
}

fn decimal(number: u8) -> Vec<u8> {
    number.to_string().into_bytes()
}

/// SGR parameters of a colour; `base` 30 for the foreground, 40 for the background.
fn colour(colour: Color, base: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(16);
    // Writing into memory cannot fail.
    let _ = match (named(colour), colour) {
        (Some(n), _) if n < 8 => write!(out, "{}", base + n),
        (Some(n), _) => write!(out, "{}", base + 60 + n - 8),
        (None, Color::Indexed(n)) => write!(out, "{};5;{n}", base + 8),
        (None, Color::Rgb(r, g, b)) => write!(out, "{};2;{r};{g};{b}", base + 8),
        _ => write!(out, "{}", base + 9),
    };
    out
}

/// The place of a colour among the 16 of the terminal's palette.
fn named(colour: Color) -> Option<u8> {
    Some(match colour {
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        Color::Indexed(n @ 0..=15) => n,
        _ => return None,
    })
}

/// The nearest colour that `depth` has.
pub(super) fn at_depth(colour: Color, depth: ColourDepth) -> Color {
    match (depth, colour) {
        (ColourDepth::Mono, _) => Color::Reset,
        (ColourDepth::Indexed256, Color::Rgb(r, g, b)) => Color::Indexed(nearest_256([r, g, b])),
        (ColourDepth::Ansi16, Color::Rgb(r, g, b)) => Color::Indexed(nearest_16([r, g, b])),
        (ColourDepth::Ansi16, Color::Indexed(n @ 16..)) => Color::Indexed(nearest_16(rgb_of(n))),
        _ => colour,
    }
}

/// The levels of xterm's 6×6×6 cube.
const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// xterm's default palette for the first 16; what a user's palette really holds is unknown.
const ANSI: [[u8; 3]; 16] = [
    [0, 0, 0],
    [205, 0, 0],
    [0, 205, 0],
    [205, 205, 0],
    [0, 0, 238],
    [205, 0, 205],
    [0, 205, 205],
    [229, 229, 229],
    [127, 127, 127],
    [255, 0, 0],
    [0, 255, 0],
    [255, 255, 0],
    [92, 92, 255],
    [255, 0, 255],
    [0, 255, 255],
    [255, 255, 255],
];

/// Red, green and blue of an entry from 16 on: the cube, then 24 greys.
fn rgb_of(index: u8) -> [u8; 3] {
    let level = |n: u8| LEVELS.get(usize::from(n)).copied().unwrap_or(255);
    match index {
        0..=15 => ANSI.get(usize::from(index)).copied().unwrap_or_default(),
        16..=231 => {
            let n = index - 16;
            [level(n / 36), level(n / 6 % 6), level(n % 6)]
        }
        232.. => [8 + 10 * (index - 232); 3],
    }
}

fn distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    a.iter().zip(b).map(|(x, y)| u32::from(x.abs_diff(y)).pow(2)).sum()
}

fn nearest_256(rgb: [u8; 3]) -> u8 {
    (16..=255).min_by_key(|n| distance(rgb, rgb_of(*n))).unwrap_or(16)
}

fn nearest_16(rgb: [u8; 3]) -> u8 {
    (0..16).min_by_key(|n| distance(rgb, rgb_of(*n))).unwrap_or(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pen(fg: Color, bg: Color, mods: Modifier) -> Pen {
        Pen { fg, bg, mods }
    }

    fn bytes(from: Pen, to: Pen) -> String {
        let mut out = Vec::new();
        let mut now = from;
        now.change(to, false, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn only_what_changed_is_sent() {
        let plain = Pen::default();
        let red = pen(Color::Red, Color::Reset, Modifier::empty());
        let bold = pen(Color::Red, Color::Reset, Modifier::BOLD);
        let both = pen(Color::Red, Color::Reset, Modifier::BOLD | Modifier::DIM);
        let field = pen(Color::White, Color::Indexed(240), Modifier::REVERSED);
        assert_eq!(bytes(plain, plain), "");
        assert_eq!(bytes(plain, red), "\x1b[31m");
        assert_eq!(bytes(red, bold), "\x1b[1m");
        assert_eq!(bytes(bold, red), "\x1b[22m");
        assert_eq!(bytes(bold, plain), "\x1b[m");
        assert_eq!(bytes(both, bold), "\x1b[22;1m");
        assert_eq!(bytes(plain, field), "\x1b[7;97;48;5;240m");
    }

    #[test]
    fn colours_at_each_depth() {
        let rgb = Color::Rgb(255, 0, 0);
        assert_eq!(at_depth(rgb, ColourDepth::Truecolor), rgb);
        assert_eq!(at_depth(rgb, ColourDepth::Indexed256), Color::Indexed(196));
        assert_eq!(at_depth(rgb, ColourDepth::Ansi16), Color::Indexed(9));
        assert_eq!(at_depth(Color::Indexed(244), ColourDepth::Ansi16), Color::Indexed(8));
        assert_eq!(at_depth(Color::Green, ColourDepth::Ansi16), Color::Green);
        assert_eq!(at_depth(Color::Green, ColourDepth::Mono), Color::Reset);
    }
}
