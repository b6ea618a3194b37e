//! What one session's terminal can do, and how to ask it.
//!
//! First from hints (`TERM`, `COLORTERM`, `NO_COLOR`, `LANG`, all handed in), then from the
//! terminal's own answers, which may come late or never.

use super::codec::{self, Codec};
use super::event::Reply;

/// How many colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ColourDepth {
    /// None: bold, reverse and underline only.
    Mono,
    /// The 16 of the terminal's own palette.
    #[default]
    Ansi16,
    /// The 256 of xterm.
    Indexed256,
    /// Red, green and blue freely.
    Truecolor,
}

/// What one session's terminal can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// How many colours.
    pub colour: ColourDepth,
    /// How text is written on the line: see [`write_in`](Self::write_in).
    pub codec: Codec,
    /// Synchronized output (mode 2026): a frame appears whole.
    pub sync: bool,
    /// Characters of ambiguous width (`─ … “ ①`) take two cells: they are replaced.
    pub ambiguous_wide: bool,
    /// The terminal said how wide they are; until then the cursor is placed anew after them.
    pub ambiguous_known: bool,
    /// Only ASCII can be shown besides Han, if any: lines and symbols are replaced.
    pub ascii: bool,
    /// Han can be shown. Not so on the Linux console: English there, and Chinese data becomes `?`.
    pub han: bool,
    /// The line is slow: no clock, fewer frames, small changes.
    pub slow: bool,
    /// It understands more than text and line ends: cursor movement, alternate screen, modes.
    pub addressable: bool,
    /// It answers questions: see [`probe`](Self::probe).
    pub answers: bool,
    /// It has the kitty keyboard protocol, under which Esc is never the beginning of another
    /// key: send [`KITTY_KEYS`] when this becomes true.
    pub kitty: bool,
    /// The background colour it told, for choosing between a light and a dark theme.
    pub background: Option<(u8, u8, u8)>,
}

impl Default for Capabilities {
    /// A present-day terminal that has told nothing yet.
    fn default() -> Self {
        Self {
            colour: ColourDepth::Indexed256,
            codec: Codec::Utf8,
            sync: false,
            ambiguous_wide: false,
            ambiguous_known: false,
            ascii: false,
            han: true,
            slow: false,
            addressable: true,
            answers: true,
            kitty: false,
            background: None,
        }
    }
}

/// Switches the kitty keyboard protocol on, as far as telling Esc from sequences. What a session
/// sends at its end switches it off.
pub const KITTY_KEYS: &[u8] = b"\x1b[>1u";

/// The row, from 1, in which the width of an ambiguous character is tried out: not the first,
/// where the answer could be F3 with Shift.
const PROBE_ROW: u16 = 2;

/// Terminals, by the beginning of their XTVERSION answer, known to take any colour.
const TRUECOLOUR: [&str; 10] = [
    "kitty",
    "foot",
    "WezTerm",
    "ghostty",
    "iTerm2",
    "contour",
    "Konsole",
    "alacritty",
    "VTE",
    "Windows Terminal",
];

impl Capabilities {
    /// What can be known before asking, from the session's environment; empty means not set.
    ///
    /// `no_color` is the session's `NO_COLOR` (no-color.org: set and not empty); an explicit
    /// setting of the program comes after this and wins. A `lang` of GBK or its kin is written so;
    /// one with any other codeset than UTF-8 makes the session ASCII; one without a codeset says
    /// nothing.
    #[must_use]
    pub fn from_env_hints(term: &str, colorterm: &str, no_color: bool, lang: &str) -> Self {
        let mut caps = Self::default();
        caps.write_in(Codec::from_locale(lang));
        if caps.codec == Codec::Utf8 && !matches!(codec::codeset(lang).as_str(), "" | "utf8") {
            caps.ascii = true;
            caps.han = false;
        }
        let truecolour = matches!(colorterm, "truecolor" | "24bit");
        caps.colour = match term {
            _ if truecolour || term.ends_with("-direct") => ColourDepth::Truecolor,
            _ if term.contains("256color") || term.starts_with("xterm-") => ColourDepth::Indexed256,
            _ => ColourDepth::Ansi16,
        };
        match term {
            "linux" => {
                caps.colour = ColourDepth::Ansi16;
                caps.ascii = true;
                caps.han = false;
                caps.answers = false;
            }
            "dumb" | "unknown" => {
                caps.colour = ColourDepth::Mono;
                caps.ascii = true;
                caps.answers = false;
                caps.addressable = false;
            }
            _ if is_video_terminal(term) => {
                caps.colour = ColourDepth::Mono;
                caps.ascii = true;
                caps.answers = false;
            }
            _ => {}
        }
        if no_color {
            caps.colour = ColourDepth::Mono;
        }
        caps
    }

    /// Writes text in `codec` from now on. In GBK every character but ASCII takes two cells on
    /// most terminals, so that the narrow ones are replaced; in UTF-8 the terminal is asked.
    pub fn write_in(&mut self, codec: Codec) {
        self.codec = codec;
        self.ambiguous_wide = codec == Codec::Gb18030;
        self.ambiguous_known = self.ambiguous_wide;
    }

    /// The questions for the start of a session, after [`LeanBackend::enter`] and before the first
    /// frame, which wipes what they leave on the screen: the width of an ambiguous character,
    /// synchronized output, background, name, and last the kind of terminal, which nearly all
    /// answer. Empty for terminals that would show them.
    ///
    /// [`LeanBackend::enter`]: super::LeanBackend::enter
    #[must_use]
    pub fn probe(&self) -> Vec<u8> {
        if !self.answers {
            return Vec::new();
        }
        let width = if self.ascii || self.ambiguous_known {
            String::new()
        } else {
            format!("\x1b[{PROBE_ROW};1H─\x1b[6n\r\x1b[K")
        };
        format!("{width}\x1b[?2026$p\x1b[?u\x1b]11;?\x1b\\\x1b[>q\x1b[c").into_bytes()
    }

    /// Takes an answer into account; tells whether anything changed, so that the session draws
    /// anew.
    pub fn learn(&mut self, reply: &Reply) -> bool {
        let before = self.clone();
        match reply {
            Reply::Mode { mode: 2026, state } => {
                self.sync = self.answers && matches!(state, 1 | 2);
            }
            Reply::Cursor { row: PROBE_ROW, column: column @ (2 | 3) } if !self.ambiguous_known => {
                self.ambiguous_known = true;
                self.ambiguous_wide = *column == 3;
            }
            Reply::KittyFlags(_) => self.kitty = self.answers,
            Reply::Background(red, green, blue) => self.background = Some((*red, *green, *blue)),
            Reply::Version(name)
                if self.colour == ColourDepth::Indexed256
                    && TRUECOLOUR.iter().any(|known| name.starts_with(known)) =>
            {
                self.colour = ColourDepth::Truecolor;
            }
            _ => {}
        }
        *self != before
    }

    /// Whether the background is light, if the terminal told.
    #[must_use]
    pub fn light_background(&self) -> Option<bool> {
        // Perceived lightness (ITU-R BT.601) above the middle.
        self.background.map(|(red, green, blue)| {
            299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue) > 127_500
        })
    }
}

/// `vt52`, `vt100`, `vt220-w` and their like.
fn is_video_terminal(term: &str) -> bool {
    term.strip_prefix("vt").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hints(term: &str) -> Capabilities {
        Capabilities::from_env_hints(term, "", false, "zh_CN.UTF-8")
    }

    #[test]
    fn colours_by_name() {
        assert_eq!(hints("xterm-256color").colour, ColourDepth::Indexed256);
        assert_eq!(hints("xterm").colour, ColourDepth::Ansi16);
        assert_eq!(hints("linux").colour, ColourDepth::Ansi16);
        assert_eq!(hints("vt100").colour, ColourDepth::Mono);
        assert_eq!(hints("dumb").colour, ColourDepth::Mono);
        let true_colour = Capabilities::from_env_hints("xterm", "truecolor", false, "");
        assert_eq!(true_colour.colour, ColourDepth::Truecolor);
        let none = Capabilities::from_env_hints("xterm-256color", "truecolor", true, "");
        assert_eq!(none.colour, ColourDepth::Mono);
    }

    #[test]
    fn old_terminals_are_asked_nothing() {
        for term in ["linux", "vt100", "vt220", "dumb"] {
            let mut caps = hints(term);
            assert!(caps.probe().is_empty(), "{term}");
            caps.learn(&Reply::Mode { mode: 2026, state: 2 });
            assert!(caps.ascii && !caps.sync, "{term}");
        }
        assert!(!hints("linux").han);
    }

    #[test]
    fn only_a_named_codeset_makes_ascii() {
        let ascii = |lang| Capabilities::from_env_hints("xterm", "", false, lang).ascii;
        for lang in ["", "C", "zh_CN", "zh_CN.UTF-8", "en_US.utf8", "de_DE.UTF-8@euro"] {
            assert!(!ascii(lang), "{lang}");
        }
        assert!(ascii("en_US.ISO-8859-1") && ascii("zh_TW.Big5"));
    }

    #[test]
    fn gbk_is_written_with_narrow_symbols_replaced_and_no_question_about_them() {
        let caps = Capabilities::from_env_hints("xterm", "", false, "zh_CN.GBK");
        assert!(caps.codec == Codec::Gb18030 && caps.han && !caps.ascii && caps.ambiguous_wide);
        assert!(caps.probe().is_ascii() && !caps.probe().is_empty());
        let mut told = caps.clone();
        assert!(!told.learn(&Reply::Cursor { row: 2, column: 2 }));
    }

    #[test]
    fn answers_are_learnt() {
        let mut caps = hints("xterm-256color");
        assert!(caps.learn(&Reply::Mode { mode: 2026, state: 2 }) && caps.sync);
        assert!(caps.learn(&Reply::Mode { mode: 2026, state: 0 }) && !caps.sync);
        assert!(caps.learn(&Reply::Cursor { row: 2, column: 3 }) && caps.ambiguous_wide);
        // A later report of the cursor says nothing about widths.
        assert!(!caps.learn(&Reply::Cursor { row: 2, column: 2 }) && caps.ambiguous_wide);
        assert!(caps.learn(&Reply::Version("kitty(0.40)".into())));
        assert_eq!(caps.colour, ColourDepth::Truecolor);
        assert!(caps.learn(&Reply::Background(255, 255, 240)));
        assert_eq!(caps.light_background(), Some(true));
        assert!(!caps.learn(&Reply::Ready));
    }

    #[test]
    fn the_probe_is_answered_by_our_own_parser() {
        // What xterm answers to the questions, in their order.
        let answers = b"\x1b[2;2R\x1b[?2026;2$y\x1b]11;rgb:0000/0000/0000\x1b\\\
                        \x1bP>|XTerm(390)\x1b\\\x1b[?64;1c";
        let mut events = Vec::new();
        super::super::Parser::new().feed(answers, &mut events);
        let mut caps = hints("xterm-256color");
        for event in &events {
            let super::super::Event::Reply(reply) = event else { panic!("{event:?}") };
            caps.learn(reply);
        }
        assert!(caps.sync && caps.ambiguous_known && !caps.ambiguous_wide);
        assert_eq!(caps.light_background(), Some(false));
    }
}
