//! What a session hears from its terminal: keys, pasted text, answers to our questions.

use std::fmt;
use std::ops::{BitOr, BitOrAssign};
use std::str::FromStr;

/// One thing that came in from a terminal. A new size comes from outside the bytes and is not
/// among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Key(Key),
    /// Text pasted or dropped in as one piece; line ends are `\n`, other control characters gone.
    Paste(String),
    /// The terminal's answer to a question of ours. Never text.
    Reply(Reply),
}

/// An answer of the terminal. Answers may come late, twice or unasked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// DA1, `CSI ? … c`: what kind of terminal. The last of our questions, so all have been heard.
    Attributes(Vec<u16>),
    /// DECRPM, `CSI ? mode ; state $ y`: 0 unknown, 1 set, 2 reset, 3 always set, 4 never.
    Mode {
        /// The private mode asked about, 2026 for synchronized output.
        mode: u16,
        state: u16,
    },
    /// CPR, `CSI row ; column R`, both from 1.
    Cursor {
        /// Row from 1.
        row: u16,
        /// Column from 1.
        column: u16,
    },
    /// DSR, `CSI 0 n`: everything sent before the question has been worked through.
    Ready,
    /// The answer to OSC 11: background red, green, blue.
    Background(u8, u8, u8),
    /// XTVERSION: name and version, `kitty(0.40.1)`.
    Version(String),
    /// The kitty keyboard flags in force.
    KittyFlags(u16),
    /// Any other answer, recognised by its frame and of no use here.
    Other,
}

/// A key with the modifiers held, in one normal form: see [`Key::new`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Which key.
    pub code: KeyCode,
    /// What was held with it.
    pub mods: Mods,
}

/// Which key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyCode {
    /// A character; several may come at once from an input method.
    Char(char),
    /// Return, on the main block or the number block.
    Enter,
    /// Escape.
    Esc,
    Tab,
    /// Tab with Shift.
    BackTab,
    /// Backspace, whichever of 08 and 7F the terminal sends.
    Backspace,
    Delete,
    Insert,
    Home,
    End,
    PageUp,
    PageDown,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// A function key, from 1.
    F(u8),
}

/// The set of modifiers held.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mods(u8);

impl Mods {
    /// Nothing held.
    pub const NONE: Self = Self(0);
    /// Shift.
    pub const SHIFT: Self = Self(1);
    /// Alt, also called Option or Meta.
    pub const ALT: Self = Self(2);
    /// Control.
    pub const CTRL: Self = Self(4);

    /// Whether all of `other` are held.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether nothing is held.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// This set without `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl BitOr for Mods {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Mods {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl fmt::Debug for Mods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut any = false;
        for (bit, name) in PREFIXES {
            if self.contains(bit) {
                any = true;
                f.write_str(name)?;
            }
        }
        if any { Ok(()) } else { f.write_str("-") }
    }
}

impl Key {
    /// A key in its normal form, so that one key press has one name whatever the terminal sends:
    /// Shift with a character alone is the capital letter, Shift-Tab is [`KeyCode::BackTab`],
    /// and a letter with Ctrl is small.
    #[must_use]
    pub fn new(code: KeyCode, mods: Mods) -> Self {
        match code {
            KeyCode::Char(c) if mods.contains(Mods::CTRL) => {
                Self { code: KeyCode::Char(c.to_ascii_lowercase()), mods }
            }
            KeyCode::Char(c) if mods.contains(Mods::SHIFT) && c != ' ' => Self {
                code: KeyCode::Char(c.to_ascii_uppercase()),
                mods: mods.without(Mods::SHIFT),
            },
            KeyCode::Tab if mods.contains(Mods::SHIFT) => {
                Self { code: KeyCode::BackTab, mods: mods.without(Mods::SHIFT) }
            }
            KeyCode::BackTab => Self { code, mods: mods.without(Mods::SHIFT) },
            _ => Self { code, mods },
        }
    }

    /// A key with nothing held.
    #[must_use]
    pub fn plain(code: KeyCode) -> Self {
        Self::new(code, Mods::NONE)
    }

    /// A character key with nothing held.
    #[must_use]
    pub fn char(c: char) -> Self {
        Self::plain(KeyCode::Char(c))
    }

    /// A character with Ctrl.
    #[must_use]
    pub fn ctrl(c: char) -> Self {
        Self::new(KeyCode::Char(c), Mods::CTRL)
    }

    /// A character or key with Alt.
    #[must_use]
    pub fn alt(code: KeyCode) -> Self {
        Self::new(code, Mods::ALT)
    }

    /// The character this key writes into a field, if it writes one.
    #[must_use]
    pub fn typed(&self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if self.mods.without(Mods::SHIFT).is_empty() => Some(c),
            _ => None,
        }
    }

    /// The key this one means as a command: a full-width or Chinese character that an input
    /// method committed stands for the ASCII key, see [`fold_key`](super::text::fold_key).
    #[must_use]
    pub fn folded(self) -> Self {
        match self.code {
            KeyCode::Char(c) => Self::new(KeyCode::Char(super::text::fold_key(c)), self.mods),
            _ => self,
        }
    }
}

impl From<KeyCode> for Key {
    fn from(code: KeyCode) -> Self {
        Self::plain(code)
    }
}

const PREFIXES: [(Mods, &str); 3] =
    [(Mods::CTRL, "Ctrl-"), (Mods::ALT, "Alt-"), (Mods::SHIFT, "Shift-")];

const NAMES: [(KeyCode, &str); 16] = [
    (KeyCode::Enter, "Enter"),
    (KeyCode::Esc, "Esc"),
    (KeyCode::Tab, "Tab"),
    (KeyCode::BackTab, "Shift-Tab"),
    (KeyCode::Backspace, "Backspace"),
    (KeyCode::Delete, "Delete"),
    (KeyCode::Insert, "Insert"),
    (KeyCode::Home, "Home"),
    (KeyCode::End, "End"),
    (KeyCode::PageUp, "PageUp"),
    (KeyCode::PageDown, "PageDown"),
    (KeyCode::Up, "Up"),
    (KeyCode::Down, "Down"),
    (KeyCode::Left, "Left"),
    (KeyCode::Right, "Right"),
    (KeyCode::Char(' '), "Space"),
];

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (bit, name) in PREFIXES {
            if self.mods.contains(bit) {
                f.write_str(name)?;
            }
        }
        if let Some((_, name)) = NAMES.iter().find(|(code, _)| *code == self.code) {
            return f.write_str(name);
        }
        match self.code {
            KeyCode::F(n) => write!(f, "F{n}"),
            KeyCode::Char(c) if self.mods.contains(Mods::CTRL) => {
                write!(f, "{}", c.to_ascii_uppercase())
            }
            KeyCode::Char(c) => write!(f, "{c}"),
            _ => Ok(()),
        }
    }
}

/// A name that is no key, such as `Ctrl-` or `Hyper-X`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not the name of a key")]
pub struct NotAKey(pub String);

impl FromStr for Key {
    type Err = NotAKey;

    /// Reads a name such as `F10`, `Ctrl-S`, `Shift-Tab`, `Space`, `?`.
    fn from_str(name: &str) -> Result<Self, NotAKey> {
        let wrong = || NotAKey(name.to_string());
        let mut rest = name;
        let mut mods = Mods::NONE;
        while let Some((bit, after)) = PREFIXES
            .iter()
            .find_map(|(bit, prefix)| rest.strip_prefix(prefix).map(|after| (*bit, after)))
        {
            mods |= bit;
            rest = after;
        }
        if let Some((code, _)) = NAMES.iter().find(|(_, known)| *known == rest) {
            return Ok(Self::new(*code, mods));
        }
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.as_str()) {
            (Some(c), "") if !c.is_control() => KeyCode::Char(c),
            (Some('F'), digits) if !digits.starts_with(['+', '0']) => match digits.parse() {
                Ok(n @ 1..=35) => KeyCode::F(n),
                _ => return Err(wrong()),
            },
            _ => return Err(wrong()),
        };
        Ok(Self::new(code, mods))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_people_know() {
        for (name, key) in [
            ("F10", Key::plain(KeyCode::F(10))),
            ("Ctrl-S", Key::ctrl('s')),
            ("Shift-Tab", Key::plain(KeyCode::BackTab)),
            ("Space", Key::char(' ')),
            ("Ctrl-Space", Key::ctrl(' ')),
            ("Alt-Enter", Key::alt(KeyCode::Enter)),
            ("Alt-X", Key::alt(KeyCode::Char('X'))),
            ("Ctrl-Alt-Delete", Key::new(KeyCode::Delete, Mods::CTRL | Mods::ALT)),
            ("Ctrl--", Key::ctrl('-')),
            ("-", Key::char('-')),
            ("?", Key::char('?')),
            ("F", Key::char('F')),
            ("Shift-F5", Key::new(KeyCode::F(5), Mods::SHIFT)),
            ("张", Key::char('张')),
        ] {
            assert_eq!(name.parse::<Key>(), Ok(key), "{name}");
            assert_eq!(key.to_string(), name);
        }
    }

    #[test]
    fn one_key_has_one_form() {
        assert_eq!("Shift-a".parse::<Key>(), Ok(Key::char('A')));
        assert_eq!("Ctrl-s".parse::<Key>(), "Ctrl-S".parse());
        assert_eq!(Key::new(KeyCode::Tab, Mods::SHIFT), Key::plain(KeyCode::BackTab));
    }

    #[test]
    fn what_is_no_key() {
        for name in ["", "Ctrl-", "F0", "F36", "F+1", "F01", "Hyper-X", "ab", "\n"] {
            assert_eq!(name.parse::<Key>(), Err(NotAKey(name.into())));
        }
    }

    fn any_code() -> impl Strategy<Value = KeyCode> {
        prop_oneof![
            any::<char>().prop_filter("no control", |c| !c.is_control()).prop_map(KeyCode::Char),
            (1u8..=35).prop_map(KeyCode::F),
            (0..NAMES.len()).prop_map(|i| NAMES[i].0),
        ]
    }

    proptest! {
        #[test]
        fn every_name_reads_back(code in any_code(), mods in 0u8..8) {
            let key = Key::new(code, Mods(mods));
            prop_assert_eq!(key.to_string().parse::<Key>(), Ok(key));
        }
    }
}
