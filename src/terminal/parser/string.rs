//! Control strings, which terminals send only as answers: OSC, DCS and APC.

use crate::terminal::event::Reply;

/// The most bytes of a string that are kept; longer ones are followed to their end and dropped.
const LARGEST: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Osc,
    Dcs,
    Apc,
}

/// A string being collected, after `ESC ]`, `ESC P` or `ESC _`.
#[derive(Debug)]
pub(super) struct ControlString {
    kind: Kind,
    bytes: Vec<u8>,
    esc: bool,
}

/// What a byte did to a string.
#[derive(Debug)]
pub(super) enum StringEnd {
    /// More to come.
    More,
    /// The end.
    Done(Reply),
    /// No string after all; the byte is to be looked at anew.
    Broken,
    /// Cut short by an Esc that begins another sequence with this byte.
    NewSequence,
}

/// Whether bytes are printable up to the end of a string.
pub(super) fn ends_an_answer(bytes: &[u8]) -> bool {
    let text = bytes.iter().take_while(|b| matches!(b, 0x20..=0x7e)).count();
    matches!(bytes.get(text..), Some([0x07, ..] | [0x1b, b'\\', ..]))
}

impl ControlString {
    /// A string whose opening byte, after the Esc, is `byte`.
    pub(super) fn begin(byte: u8) -> Option<Self> {
        let kind = match byte {
            b']' => Kind::Osc,
            b'P' => Kind::Dcs,
            b'_' => Kind::Apc,
            _ => return None,
        };
        Some(Self { kind, bytes: Vec::new(), esc: false })
    }

    /// The opening byte, when nothing came after it: then it was Alt with that key.
    pub(super) fn opener_if_bare(&self) -> Option<char> {
        (self.bytes.is_empty() && !self.esc).then_some(match self.kind {
            Kind::Osc => ']',
            Kind::Dcs => 'P',
            Kind::Apc => '_',
        })
    }

    /// Takes one byte.
    pub(super) fn push(&mut self, byte: u8) -> StringEnd {
        if self.esc {
            return match byte {
                b'\\' => StringEnd::Done(self.reply()),
                _ => StringEnd::NewSequence,
            };
        }
        match byte {
            0x1b if !self.bytes.is_empty() => {
                self.esc = true;
                StringEnd::More
            }
            0x07 if self.kind == Kind::Osc && !self.bytes.is_empty() => {
                StringEnd::Done(self.reply())
            }
            // An answer holds no control characters: somebody typed Alt-] and goes on typing.
            0x00..=0x1f | 0x7f => StringEnd::Broken,
            _ if self.bytes.is_empty() && !self.may_begin_with(byte) => StringEnd::Broken,
            _ => {
                if self.bytes.len() < LARGEST {
                    self.bytes.push(byte);
                }
                StringEnd::More
            }
        }
    }

    /// Whether an answer of this kind can begin so; anything else is typing after Alt-].
    fn may_begin_with(&self, byte: u8) -> bool {
        match self.kind {
            Kind::Osc => byte.is_ascii_digit() || matches!(byte, b'l' | b'L'),
            Kind::Dcs => (0x21..=0x3f).contains(&byte),
            Kind::Apc => byte == b'G',
        }
    }

    fn reply(&self) -> Reply {
        let Ok(text) = std::str::from_utf8(&self.bytes) else { return Reply::Other };
        let known = match self.kind {
            Kind::Osc => text.strip_prefix("11;").and_then(background),
            Kind::Dcs => text.strip_prefix(">|").map(|name| Reply::Version(name.to_string())),
            Kind::Apc => None,
        };
        known.unwrap_or(Reply::Other)
    }
}

/// `rgb:ffff/8080/0000`, one to four digits each, also `rgba:` and `#rrggbb`.
fn background(colour: &str) -> Option<Reply> {
    let parts: Vec<&str> = match colour.strip_prefix('#') {
        Some(digits) => {
            let third = digits.len() / 3;
            vec![digits.get(..third)?, digits.get(third..2 * third)?, digits.get(2 * third..)?]
        }
        None => colour.strip_prefix("rgb:").or(colour.strip_prefix("rgba:"))?.split('/').collect(),
    };
    let byte = |part: Option<&&str>| {
        let part = part.filter(|part| (1..=4).contains(&part.len()))?;
        let most = (1u32 << (4 * part.len())) - 1;
        let value = u32::from_str_radix(part, 16).ok()?;
        u8::try_from((value * 255 + most / 2) / most).ok()
    };
    Some(Reply::Background(byte(parts.first())?, byte(parts.get(1))?, byte(parts.get(2))?))
}
