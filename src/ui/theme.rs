//! Colours by role. No screen names a colour; every state also differs by text or attribute.

use ratatui::style::{Color, Modifier, Style};

/// What a piece of the screen means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Ordinary text.
    Plain,
    /// Headings and the station's name.
    Title,
    /// Labels and help: read when wanted.
    Quiet,
    /// The row or field the keys act on.
    Marked,
    /// A field one can type into.
    Field,
    /// Good news: met, saved.
    Good,
    /// Cannot tell, nearly due.
    Unsure,
    /// Not met, overdue, refused.
    Bad,
    /// A key on the bottom bar.
    Key,
    /// Lines between regions.
    Line,
}

/// A set of colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// The terminal's own sixteen colours.
    #[default]
    Sixteen,
    /// Light text on dark, fixed colours.
    Dark,
    /// Dark text on light, fixed colours.
    Light,
    /// Black, white and yellow.
    HighContrast,
    /// Bold, reverse and underline only.
    Mono,
}

impl Theme {
    /// The theme after this one, for the key that changes it.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Sixteen => Self::Dark,
            Self::Dark => Self::Light,
            Self::Light => Self::HighContrast,
            Self::HighContrast => Self::Mono,
            Self::Mono => Self::Sixteen,
        }
    }

    /// The style of a role.
    #[must_use]
    pub fn style(self, tone: Tone) -> Style {
        let base = Style::new();
        let colours = match self {
            Self::Mono => return mono(tone),
            Self::Sixteen => SIXTEEN,
            Self::Dark => DARK,
            Self::Light => LIGHT,
            Self::HighContrast => HIGH_CONTRAST,
        };
        match tone {
            Tone::Plain => base,
            Tone::Title => base.fg(colours.title).add_modifier(Modifier::BOLD),
            Tone::Quiet => base.fg(colours.quiet),
            Tone::Marked => base.add_modifier(Modifier::REVERSED),
            Tone::Field => base.add_modifier(Modifier::UNDERLINED),
            Tone::Good => base.fg(colours.good),
            Tone::Unsure => base.fg(colours.unsure),
            Tone::Bad => base.fg(colours.bad).add_modifier(Modifier::BOLD),
            Tone::Key => base.fg(colours.key).add_modifier(Modifier::BOLD),
            Tone::Line => base.fg(colours.quiet),
        }
    }
}

struct Colours {
    title: Color,
    quiet: Color,
    good: Color,
    unsure: Color,
    bad: Color,
    key: Color,
}

const SIXTEEN: Colours = Colours {
    title: Color::Cyan,
    quiet: Color::DarkGray,
    good: Color::Green,
    unsure: Color::Yellow,
    bad: Color::Red,
    key: Color::Cyan,
};
const DARK: Colours = Colours {
    title: Color::Rgb(0x7d, 0xc4, 0xe4),
    quiet: Color::Rgb(0x8a, 0x8f, 0x98),
    good: Color::Rgb(0x8f, 0xc9, 0x7a),
    unsure: Color::Rgb(0xe5, 0xc0, 0x6b),
    bad: Color::Rgb(0xf0, 0x7c, 0x7c),
    key: Color::Rgb(0x7d, 0xc4, 0xe4),
};
const LIGHT: Colours = Colours {
    title: Color::Rgb(0x00, 0x4b, 0x87),
    quiet: Color::Rgb(0x5f, 0x66, 0x70),
    good: Color::Rgb(0x1d, 0x6b, 0x2b),
    unsure: Color::Rgb(0x8a, 0x5a, 0x00),
    bad: Color::Rgb(0xa8, 0x1c, 0x1c),
    key: Color::Rgb(0x00, 0x4b, 0x87),
};
const HIGH_CONTRAST: Colours = Colours {
    title: Color::White,
    quiet: Color::White,
    good: Color::White,
    unsure: Color::LightYellow,
    bad: Color::LightYellow,
    key: Color::LightYellow,
};

fn mono(tone: Tone) -> Style {
    let base = Style::new();
    match tone {
        Tone::Plain | Tone::Quiet | Tone::Good | Tone::Line => base,
        Tone::Title | Tone::Key | Tone::Unsure => base.add_modifier(Modifier::BOLD),
        Tone::Marked => base.add_modifier(Modifier::REVERSED),
        Tone::Field => base.add_modifier(Modifier::UNDERLINED),
        Tone::Bad => base.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
    }
}
