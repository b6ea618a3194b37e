//! Control sequences and SS3: function keys, arrows, modifiers, answers.
//!
//! The forms of xterm, VT220, rxvt, the Linux console, PuTTY in each of its modes,
//! `modifyOtherKeys` and the kitty keyboard protocol. This program switches on neither the mouse
//! nor reports of the focus nor the number block of a VT100, so what these would send is free for
//! the keys of SCO terminals and of VT100+.

use crate::terminal::event::{Event, Key, KeyCode, Mods, Reply};

/// The most bytes between `ESC [` and the final one that are kept.
const LARGEST: usize = 64;

/// A control sequence being collected, after `ESC [`.
#[derive(Debug)]
pub(super) struct Csi {
    bytes: Vec<u8>,
    /// Another Esc came before it.
    pub(super) alt: bool,
}

/// What a byte did to a control sequence.
#[derive(Debug)]
pub(super) enum CsiEnd {
    /// More to come.
    More,
    /// The end of something a key could send; `None` when it is none of ours.
    Key(Option<Key>),
    /// The end of what no key sends; `None` when it says nothing to us.
    Told(Option<Event>),
    /// No control sequence after all; the byte is to be looked at anew.
    Broken,
    /// `CSI [`: a function key of the Linux console follows.
    Console,
    /// `CSI 200 ~`: a paste follows.
    Paste,
}

/// What is between `ESC [` and the final byte.
struct Parameters {
    /// `?`, `>`, `<` or `=`, or 0.
    private: u8,
    /// The numbers; those split by colons in one inner list; nothing given is 0.
    groups: Vec<Vec<u32>>,
    /// A byte from 20 to 2F before the final one, or 0.
    intermediate: u8,
}

impl Csi {
    pub(super) fn new(alt: bool) -> Self {
        Self { bytes: Vec::new(), alt }
    }

    /// Nothing came after `ESC [`.
    pub(super) fn is_bare(&self) -> bool {
        self.bytes.is_empty()
    }

    /// It began as answers do.
    pub(super) fn may_be_answer(&self) -> bool {
        matches!(self.bytes.first(), Some(b'?' | b'>' | b'0'..=b'9'))
    }

    /// Takes one byte; `kitty` when the terminal has a kitty keyboard.
    pub(super) fn push(&mut self, byte: u8, kitty: bool) -> CsiEnd {
        match byte {
            // rxvt ends keys with Shift in `$`; an answer about a mode goes on after it.
            b'$' if self.bytes.iter().all(u8::is_ascii_digit) && !self.bytes.is_empty() => {
                CsiEnd::Key(self.key(byte))
            }
            0x20..=0x3f => {
                // One byte too many stays, as the sign that the sequence is too long.
                if self.bytes.len() <= LARGEST {
                    self.bytes.push(byte);
                }
                CsiEnd::More
            }
            b'[' if self.bytes.is_empty() => CsiEnd::Console,
            b'~' if self.bytes == b"200" => CsiEnd::Paste,
            0x40..=0x7e if self.bytes.len() > LARGEST => CsiEnd::Told(None),
            0x40..=0x7e => self.end(byte, kitty),
            _ => CsiEnd::Broken,
        }
    }

    fn parameters(&self) -> Parameters {
        let mut found = Parameters { private: 0, groups: Vec::new(), intermediate: 0 };
        let mut bytes = self.bytes.as_slice();
        if let Some((&first @ b'<'..=b'?', rest)) = bytes.split_first() {
            found.private = first;
            bytes = rest;
        }
        if let Some((&last @ 0x20..=0x2f, rest)) = bytes.split_last() {
            found.intermediate = last;
            bytes = rest;
        }
        let number = |digits: &[u8]| {
            std::str::from_utf8(digits).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
        };
        if !bytes.is_empty() {
            found.groups = bytes
                .split(|b| *b == b';')
                .map(|group| group.split(|b| *b == b':').map(number).collect())
                .collect();
        }
        found
    }

    fn end(&self, last: u8, kitty: bool) -> CsiEnd {
        let found = self.parameters();
        match (found.private, found.intermediate) {
            (0, 0) if self.is_bare() => CsiEnd::Key(self.bare_key(last, kitty)),
            (0, 0) => match plain_reply(&found, last) {
                Some(reply) => CsiEnd::Told(Some(Event::Reply(reply))),
                None => CsiEnd::Key(self.key(last)),
            },
            _ => CsiEnd::Told(private_reply(&found, last).map(Event::Reply)),
        }
    }

    /// The key of `CSI letter`, with nothing between.
    fn bare_key(&self, last: u8, kitty: bool) -> Option<Key> {
        let sco = if kitty && matches!(last, b'P'..=b'S') { None } else { sco_key(last) };
        let alt = if self.alt { Mods::ALT } else { Mods::NONE };
        match sco {
            Some((code, mods)) => Some(Key::new(code, mods | alt)),
            None => self.key(last),
        }
    }

    /// The key that ends in `last`, with the Esc before the sequence as Alt.
    fn key(&self, last: u8) -> Option<Key> {
        let found = self.parameters();
        let (code, more) = match last {
            b'~' if found.number(0) == 27 && found.groups.len() == 3 => {
                return kitty_key(found.number(2), None, found.number(1), self.alt);
            }
            b'u' => {
                let shifted = found.groups.first().and_then(|group| group.get(1)).copied();
                return match found.event_kind() {
                    RELEASED => None,
                    _ => kitty_key(found.number(0), shifted, found.number(1), self.alt),
                };
            }
            b'~' => (tilde_code(found.number(0))?, Mods::NONE),
            b'$' => (tilde_code(found.number(0))?, Mods::SHIFT),
            b'^' => (tilde_code(found.number(0))?, Mods::CTRL),
            b'@' => (tilde_code(found.number(0))?, Mods::CTRL | Mods::SHIFT),
            b'a'..=b'd' => (letter_code(last.to_ascii_uppercase())?, Mods::SHIFT),
            _ => (letter_code(last)?, Mods::NONE),
        };
        if found.event_kind() == RELEASED {
            return None;
        }
        let alt = if self.alt { Mods::ALT } else { Mods::NONE };
        Some(Key::new(code, modifiers(found.number(1)) | more | alt))
    }
}

/// Whether bytes are the numbers and the letter an answer ends in.
pub(super) fn ends_an_answer(bytes: &[u8]) -> bool {
    let numbers = bytes.iter().take_while(|b| matches!(b, b'0'..=b'9' | b';' | b'$')).count();
    matches!(bytes.get(numbers), Some(b'c' | b'y' | b'u' | b'n' | b'R' | b't'))
}

const RELEASED: u32 = 3;

impl Parameters {
    /// The `index`th number, 0 when absent.
    fn number(&self, index: usize) -> u32 {
        self.groups.get(index).and_then(|group| group.first()).copied().unwrap_or(0)
    }

    fn small(&self, index: usize) -> u16 {
        u16::try_from(self.number(index)).unwrap_or(u16::MAX)
    }

    /// Pressed, repeated or released, behind a colon after the modifiers (kitty).
    fn event_kind(&self) -> u32 {
        self.groups.get(1).and_then(|group| group.get(1)).copied().unwrap_or(1)
    }
}

/// An answer without a mark in front; `None` when a key ends so.
fn plain_reply(found: &Parameters, last: u8) -> Option<Reply> {
    let two = found.groups.len() == 2;
    match last {
        // `CSI 1 ; 2 R` is also F3 with Shift: a question after the cursor is asked in row 2.
        b'R' if two && !(found.number(0) == 1 && (2..=16).contains(&found.number(1))) => {
            Some(Reply::Cursor { row: found.small(0), column: found.small(1) })
        }
        b'n' if found.number(0) == 0 => Some(Reply::Ready),
        b'n' | b't' | b'c' => Some(Reply::Other),
        _ => None,
    }
}

fn private_reply(found: &Parameters, last: u8) -> Option<Reply> {
    match (found.private, found.intermediate, last) {
        (b'?', 0, b'c') => {
            let numbers = 0..found.groups.len();
            Some(Reply::Attributes(numbers.map(|i| found.small(i)).collect()))
        }
        (b'?', b'$', b'y') => Some(Reply::Mode { mode: found.small(0), state: found.small(1) }),
        (b'?', 0, b'R') => Some(Reply::Cursor { row: found.small(0), column: found.small(1) }),
        (b'?', 0, b'u') => Some(Reply::KittyFlags(found.small(0))),
        (0, b'$', b'y') | (b'?' | b'>' | b'=', _, b'c' | b'n' | b'q' | b'm' | b't') => {
            Some(Reply::Other)
        }
        _ => None,
    }
}

/// xterm's modifier number: one more than shift 1, alt 2, ctrl 4, meta 8.
fn modifiers(number: u32) -> Mods {
    let bits = number.saturating_sub(1);
    let mut mods = Mods::NONE;
    for (bit, held) in [(1, Mods::SHIFT), (2, Mods::ALT), (4, Mods::CTRL), (8, Mods::ALT)] {
        if bits & bit != 0 {
            mods |= held;
        }
    }
    mods
}

/// The keys of `CSI letter` and `SS3 letter`.
fn letter_code(letter: u8) -> Option<KeyCode> {
    Some(match letter {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'P' => KeyCode::F(1),
        b'Q' => KeyCode::F(2),
        b'R' => KeyCode::F(3),
        b'S' => KeyCode::F(4),
        b'Z' => KeyCode::BackTab,
        _ => return None,
    })
}

/// The keys of SCO consoles, of FreeBSD's, and of PuTTY in its mode SCO: F1 to F12, the same with
/// Shift, with Ctrl and with both take the characters from `M` on in a row. Left out is what other
/// terminals send for keys of more use: `Z` (Shift with Tab), `a` to `d` (arrows with Shift in
/// rxvt) and `[` (the Linux console).
fn sco_key(last: u8) -> Option<(KeyCode, Mods)> {
    const ROW: &[u8; 48] = b"MNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz@[\\]^_`{";
    match last {
        b'I' => return Some((KeyCode::PageUp, Mods::NONE)),
        b'G' => return Some((KeyCode::PageDown, Mods::NONE)),
        b'L' => return Some((KeyCode::Insert, Mods::NONE)),
        b'Z' | b'a'..=b'd' => return None,
        _ => {}
    }
    let at = u8::try_from(ROW.iter().position(|byte| *byte == last)?).ok()?;
    let mods = match at / 12 {
        0 => Mods::NONE,
        1 => Mods::SHIFT,
        2 => Mods::CTRL,
        _ => Mods::CTRL | Mods::SHIFT,
    };
    Some((KeyCode::F(at % 12 + 1), mods))
}

/// The keys of `CSI number ~`: VT220, with the Home and End of the Linux console (1, 4) and of
/// rxvt (7, 8).
fn tilde_code(number: u32) -> Option<KeyCode> {
    let f = |from: u32, first: u8| {
        u8::try_from(number - from).ok().map(|past| KeyCode::F(first + past))
    };
    match number {
        1 | 7 => Some(KeyCode::Home),
        2 => Some(KeyCode::Insert),
        3 => Some(KeyCode::Delete),
        4 | 8 => Some(KeyCode::End),
        5 => Some(KeyCode::PageUp),
        6 => Some(KeyCode::PageDown),
        11..=15 => f(11, 1),
        17..=21 => f(17, 6),
        23..=26 => f(23, 11),
        28 | 29 => f(28, 15),
        31..=34 => f(31, 17),
        _ => None,
    }
}

/// A key of the kitty protocol or of `modifyOtherKeys`, by its code point.
fn kitty_key(code: u32, shifted: Option<u32>, number: u32, alt: bool) -> Option<Key> {
    // Super and hyper are the window manager's.
    if number.saturating_sub(1) & 0b01_1000 != 0 {
        return None;
    }
    let mut mods = modifiers(number);
    if alt {
        mods |= Mods::ALT;
    }
    let key = match code {
        8 | 127 => KeyCode::Backspace,
        9 => KeyCode::Tab,
        13 | 57414 => KeyCode::Enter,
        27 => KeyCode::Esc,
        57376..=57398 => KeyCode::F(u8::try_from(code - 57376 + 13).ok()?),
        57399..=57408 => KeyCode::Char(char::from_digit(code - 57399, 10)?),
        57409 => KeyCode::Char('.'),
        57410 => KeyCode::Char('/'),
        57411 => KeyCode::Char('*'),
        57412 => KeyCode::Char('-'),
        57413 => KeyCode::Char('+'),
        57415 => KeyCode::Char('='),
        57416 => KeyCode::Char(','),
        57417 => KeyCode::Left,
        57418 => KeyCode::Right,
        57419 => KeyCode::Up,
        57420 => KeyCode::Down,
        57421 => KeyCode::PageUp,
        57422 => KeyCode::PageDown,
        57423 => KeyCode::Home,
        57424 => KeyCode::End,
        57425 => KeyCode::Insert,
        57426 => KeyCode::Delete,
        // The rest of the private block: caps lock, media keys, bare modifiers.
        57344..=63743 => return None,
        _ => {
            let plain = char::from_u32(code).filter(|c| !super::super::text::is_harmful(*c))?;
            match shifted.and_then(char::from_u32) {
                Some(capital) if mods.contains(Mods::SHIFT) && !mods.contains(Mods::CTRL) => {
                    mods = mods.without(Mods::SHIFT);
                    KeyCode::Char(capital)
                }
                _ => KeyCode::Char(plain),
            }
        }
    };
    Some(Key::new(key, mods))
}

/// The key of `SS3 letter`: F1 to F4, in PuTTY's mode VT100+ on to F12, arrows, and the number
/// block in application mode, whose `=` gives way to F9.
pub(super) fn ss3_key(letter: u8, modifier: Option<u8>, alt: bool) -> Option<Key> {
    let code = match letter {
        b'M' => KeyCode::Enter,
        b'I' => KeyCode::Tab,
        b' ' => KeyCode::Char(' '),
        b'T'..=b'[' => KeyCode::F(letter - b'T' + 5),
        // The number block sends its characters moved up by 40.
        b'j'..=b'y' => KeyCode::Char(char::from(letter - 0x40)),
        b'a'..=b'd' => letter_code(letter.to_ascii_uppercase())?,
        _ => letter_code(letter)?,
    };
    let mut mods = modifiers(modifier.map_or(0, |digit| u32::from(digit - b'0')));
    if matches!(letter, b'a'..=b'd') {
        mods |= Mods::CTRL;
    }
    if alt {
        mods |= Mods::ALT;
    }
    Some(Key::new(code, mods))
}
