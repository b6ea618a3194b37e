//! Bytes from a terminal to [`Event`]s: a byte state machine, one per session.
//!
//! Pure and free of time: the session asks [`Parser::waiting`] what is pending, arms a timer
//! for it and calls [`Parser::expire`] when that rang. Any bytes in any pieces give the same
//! events, nothing panics, memory is bounded, and what is not understood is dropped without
//! taking the keys after it along.

mod escape;
mod paste;
mod string;

use super::event::{Event, Key, KeyCode, Mods, Reply};
use escape::{Csi, CsiEnd};
use paste::Paste;
use std::time::Duration;
use string::{ControlString, StringEnd};

const ESC: u8 = 0x1b;

/// What a session must time while part of a sequence is pending. An unfinished character or
/// paste waits without limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// An Esc that may be the key or the beginning of a sequence: 25 ms at the machine, 50 ms over
    /// the socket, 100 ms over SSH.
    Escape,
    /// The beginning of a longer sequence: 1 s.
    Sequence,
}

impl Waiting {
    /// How long to wait before [`Parser::expire`]; `escape` is the session's time for a lone Esc.
    #[must_use]
    pub fn patience(self, escape: Duration) -> Duration {
        match self {
            Self::Escape => escape,
            Self::Sequence => Duration::from_secs(1),
        }
    }
}

/// The state machine. See the module.
#[derive(Debug, Default)]
pub struct Parser {
    state: State,
    malformed: u64,
    /// What expired unfinished and may have been the beginning of an answer.
    late: Option<State>,
    /// The terminal has told of a kitty keyboard, which writes F1 as `CSI P`.
    kitty: bool,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Ground,
    /// Inside a UTF-8 character; `alt` when an Esc came before it.
    Utf8(Utf8, bool),
    Escape,
    /// Two Escs: the key twice, or Alt with a sequence that itself begins with one.
    EscapeEscape,
    /// After `ESC [`, with the bytes so far.
    Csi(Csi),
    /// After `ESC [ [`: a function key of the Linux console.
    ConsoleKey {
        alt: bool,
    },
    /// After `ESC O`, with the modifier digit some terminals put there.
    Ss3 {
        alt: bool,
        modifier: Option<u8>,
    },
    String(ControlString),
    Paste(Paste),
}

impl State {
    /// Terminals write their answers at once, but a slow line may hold up the rest of one longer
    /// than anybody waits for a key.
    fn may_be_answer(&self) -> bool {
        match self {
            Self::Escape | Self::EscapeEscape => true,
            Self::Csi(csi) => csi.may_be_answer(),
            Self::String(string) => string.opener_if_bare().is_none(),
            _ => false,
        }
    }

    /// Whether bytes that came after the wait are the rest of the answer this began. They come in
    /// one piece, as nobody types them.
    fn goes_on_with(&self, bytes: &[u8]) -> bool {
        match self {
            Self::Escape => match bytes {
                [b'[', b'?' | b'>', b'0'..=b'9', ..] | [b']', b'0'..=b'9', _, ..] => true,
                [b'P', b'>', b'|', ..] | [b'P', b'0' | b'1', b'+' | b'$', ..] => true,
                [b'[', b'0'..=b'9', rest @ ..] => escape::ends_an_answer(rest),
                _ => false,
            },
            Self::Csi(_) => bytes.len() > 1 && escape::ends_an_answer(bytes),
            Self::String(_) => string::ends_an_answer(bytes),
            _ => false,
        }
    }
}

/// A UTF-8 character being collected.
#[derive(Clone, Copy, Debug)]
struct Utf8 {
    bytes: [u8; 4],
    have: usize,
    need: usize,
}

/// What one byte did to the state.
enum Step {
    /// The byte was used.
    Used,
    /// The state was left and the byte belongs to what comes next.
    Again,
}

impl Parser {
    /// A parser at the beginning of a session.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes as they came and adds the events they complete to `out`.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<Event>) {
        let mut rest = bytes;
        if !bytes.is_empty()
            && let Some(late) = self.late.take()
            && late.goes_on_with(bytes)
        {
            self.state = late;
        }
        while let Some((&byte, after)) = rest.split_first() {
            if let State::Paste(paste) = &mut self.state {
                let (used, done) = paste.take(rest);
                rest = rest.get(used..).unwrap_or_default();
                if let Some(text) = done {
                    self.malformed += u64::from(paste.malformed);
                    out.push(Event::Paste(text));
                    self.state = State::Ground;
                }
                continue;
            }
            // Leaving a state consumes at least one earlier byte, so this comes to an end.
            while matches!(self.step(byte, out), Step::Again) {}
            rest = after;
        }
    }

    /// What is pending and needs a timer; a new one after every [`feed`](Self::feed).
    #[must_use]
    pub fn waiting(&self) -> Option<Waiting> {
        match self.state {
            State::Ground | State::Utf8(..) | State::Paste(_) => None,
            State::Escape | State::EscapeEscape => Some(Waiting::Escape),
            State::Csi(_) | State::ConsoleKey { .. } | State::Ss3 { .. } | State::String(_) => {
                Some(Waiting::Sequence)
            }
        }
    }

    /// The wait passed and nothing came: what was pending becomes the keys it looks like, or is
    /// dropped.
    pub fn expire(&mut self, out: &mut Vec<Event>) {
        if self.waiting().is_none() {
            return;
        }
        if !self.state.may_be_answer() {
            return self.abandon(out);
        }
        let esc = || Event::Key(Key::plain(KeyCode::Esc));
        self.late = Some(match std::mem::take(&mut self.state) {
            State::Escape => {
                out.push(esc());
                State::Escape
            }
            State::EscapeEscape => {
                out.extend([esc(), esc()]);
                State::Escape
            }
            State::Csi(mut csi) => {
                // An Esc before an answer was the key.
                out.extend(std::mem::take(&mut csi.alt).then(esc));
                State::Csi(csi)
            }
            other => other,
        });
    }

    /// How many byte sequences were no UTF-8. When this grows while somebody types Chinese, the
    /// terminal is set to another encoding, often GBK, and the session should say so.
    #[must_use]
    pub fn malformed(&self) -> u64 {
        self.malformed
    }

    /// Leaves a pending state, giving the keys it can only have been.
    fn abandon(&mut self, out: &mut Vec<Event>) {
        let esc = || Event::Key(Key::plain(KeyCode::Esc));
        let alt = |c| Event::Key(Key::alt(KeyCode::Char(c)));
        match std::mem::take(&mut self.state) {
            State::Escape => out.push(esc()),
            State::EscapeEscape => out.extend([esc(), esc()]),
            State::Csi(csi) if csi.is_bare() => {
                if csi.alt {
                    out.push(esc());
                }
                out.push(alt('['));
            }
            State::Ss3 { alt: with_esc, modifier } => {
                if with_esc {
                    out.push(esc());
                }
                out.push(alt('O'));
                out.extend(modifier.map(|m| Event::Key(Key::char(char::from(m)))));
            }
            State::String(string) => out.extend(string.opener_if_bare().map(alt)),
            State::Utf8(..) => self.malformed += 1,
            // What breaks off was no key with Alt.
            State::Csi(Csi { alt: true, .. }) | State::ConsoleKey { alt: true } => out.push(esc()),
            State::Ground | State::Csi(_) | State::ConsoleKey { .. } | State::Paste(_) => {}
        }
    }

    fn step(&mut self, byte: u8, out: &mut Vec<Event>) -> Step {
        match &mut self.state {
            State::Ground => self.ground(byte, false, out),
            State::Escape => self.after_escape(byte, false, out),
            State::EscapeEscape => self.after_escape(byte, true, out),
            State::Utf8(utf8, alt) => {
                let alt = *alt;
                match utf8.push(byte) {
                    Utf8Step::More => Step::Used,
                    Utf8Step::Broken => self.again(out),
                    Utf8Step::Char(c) => {
                        self.state = State::Ground;
                        push_char(c, alt, out);
                        Step::Used
                    }
                }
            }
            State::Csi(csi) => {
                let alt = csi.alt;
                match csi.push(byte, self.kitty) {
                    CsiEnd::More => Step::Used,
                    CsiEnd::Broken => self.again(out),
                    CsiEnd::Console => self.enter(State::ConsoleKey { alt }),
                    CsiEnd::Key(key) => self.finish(key.map(Event::Key), out),
                    // Alt goes with a key only: before anything else the Esc was one by itself.
                    CsiEnd::Paste => {
                        out.extend(alt.then_some(Event::Key(Key::plain(KeyCode::Esc))));
                        self.enter(State::Paste(Paste::default()))
                    }
                    CsiEnd::Told(event) => {
                        out.extend(alt.then_some(Event::Key(Key::plain(KeyCode::Esc))));
                        self.kitty |= matches!(event, Some(Event::Reply(Reply::KittyFlags(_))));
                        self.finish(event, out)
                    }
                }
            }
            State::ConsoleKey { alt } => match byte {
                b'A'..=b'E' => {
                    let mods = if *alt { Mods::ALT } else { Mods::NONE };
                    let key = Key::new(KeyCode::F(byte - b'A' + 1), mods);
                    self.finish(Some(Event::Key(key)), out)
                }
                _ => self.again(out),
            },
            State::Ss3 { modifier: modifier @ None, .. } if matches!(byte, b'1'..=b'9') => {
                *modifier = Some(byte);
                Step::Used
            }
            State::Ss3 { alt, modifier } => match escape::ss3_key(byte, *modifier, *alt) {
                Some(key) => self.finish(Some(Event::Key(key)), out),
                None => self.again(out),
            },
            State::String(string) => match string.push(byte) {
                StringEnd::More => Step::Used,
                StringEnd::Broken => self.again(out),
                StringEnd::Done(reply) => self.finish(Some(Event::Reply(reply)), out),
                StringEnd::NewSequence => {
                    self.state = State::Escape;
                    Step::Again
                }
            },
            // `feed` hands pastes their bytes itself.
            State::Paste(_) => Step::Used,
        }
    }

    /// The byte led into another state.
    fn enter(&mut self, state: State) -> Step {
        self.state = state;
        Step::Used
    }

    /// The byte ended a sequence.
    fn finish(&mut self, event: Option<Event>, out: &mut Vec<Event>) -> Step {
        out.extend(event);
        self.enter(State::Ground)
    }

    /// The byte does not go on with what was pending: that is given up, the byte begins anew.
    fn again(&mut self, out: &mut Vec<Event>) -> Step {
        self.abandon(out);
        Step::Again
    }

    /// A byte that begins something; with `alt` when an Esc came before it.
    fn ground(&mut self, byte: u8, alt: bool, out: &mut Vec<Event>) -> Step {
        self.state = State::Ground;
        match byte {
            ESC => self.state = State::Escape,
            0x20..=0x7e => push_char(char::from(byte), alt, out),
            0x00..=0x1f | 0x7f => {
                let mut key = control_key(byte);
                if alt {
                    key.mods |= Mods::ALT;
                }
                out.push(Event::Key(key));
            }
            _ => match Utf8::begin(byte) {
                Some(utf8) => self.state = State::Utf8(utf8, alt),
                None => self.malformed += 1,
            },
        }
        Step::Used
    }

    /// A byte after one Esc, or after two.
    fn after_escape(&mut self, byte: u8, twice: bool, out: &mut Vec<Event>) -> Step {
        match byte {
            b'[' => self.state = State::Csi(Csi::new(twice)),
            b'O' => self.state = State::Ss3 { alt: twice, modifier: None },
            ESC if twice => out.push(Event::Key(Key::plain(KeyCode::Esc))),
            ESC => self.state = State::EscapeEscape,
            _ => {
                if twice {
                    out.push(Event::Key(Key::plain(KeyCode::Esc)));
                }
                match ControlString::begin(byte) {
                    Some(string) => self.state = State::String(string),
                    None => return self.ground(byte, true, out),
                }
            }
        }
        Step::Used
    }
}

/// Writes a character as a key; controls of the C1 block and line separators are no keys.
fn push_char(c: char, alt: bool, out: &mut Vec<Event>) {
    if super::text::is_harmful(c) {
        return;
    }
    let mods = if alt { Mods::ALT } else { Mods::NONE };
    out.push(Event::Key(Key::new(KeyCode::Char(c), mods)));
}

/// The key behind a control character: `CR` and `LF` are Enter, `BS` and `DEL` Backspace.
fn control_key(byte: u8) -> Key {
    match byte {
        0x00 => Key::ctrl(' '),
        0x08 | 0x7f => KeyCode::Backspace.into(),
        0x09 => KeyCode::Tab.into(),
        0x0a | 0x0d => KeyCode::Enter.into(),
        // Ctrl takes 0x40 off the capital letter and `[ \ ] ^ _`.
        _ => Key::ctrl(char::from(byte | 0x40)),
    }
}

enum Utf8Step {
    More,
    Char(char),
    Broken,
}

impl Utf8 {
    fn begin(byte: u8) -> Option<Self> {
        let need = match byte {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => return None,
        };
        Some(Self { bytes: [byte, 0, 0, 0], have: 1, need })
    }

    fn push(&mut self, byte: u8) -> Utf8Step {
        if !(0x80..=0xbf).contains(&byte) {
            return Utf8Step::Broken;
        }
        if let Some(slot) = self.bytes.get_mut(self.have) {
            *slot = byte;
            self.have += 1;
        }
        if self.have < self.need {
            return Utf8Step::More;
        }
        let whole = self.bytes.get(..self.need).unwrap_or_default();
        match std::str::from_utf8(whole).ok().and_then(|text| text.chars().next()) {
            Some(c) => Utf8Step::Char(c),
            // Overlong forms and surrogates; the last byte cannot begin anything either, and
            // going round again counts it as malformed.
            None => Utf8Step::Broken,
        }
    }
}

#[cfg(test)]
mod tests;
