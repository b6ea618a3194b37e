//! What goes over a session's line: bytes in and out in the terminal's encoding, and what the
//! terminal answers.

use super::Session;
use crate::said;
use crate::terminal::caps::KITTY_KEYS;
use crate::terminal::codec::{Codec, Decoder, looks_like_gb18030};
use crate::terminal::{Capabilities, Reply};
use crate::ui::screen::Notice;
use std::time::Duration;

/// How long half a character waits for its other half.
const HALF: Duration = Duration::from_secs(1);
/// Bytes kept to tell GBK from noise.
const RECENT: usize = 256;

/// The state of the line itself.
pub(super) struct Line {
    decoder: Decoder,
    locale: String,
    /// The last bytes that came, while they may still turn out to be GBK.
    recent: Vec<u8>,
    hinted: bool,
    /// What goes out before the next frame.
    unsent: Vec<u8>,
}

impl Line {
    pub fn new(codec: Codec, locale: String) -> Self {
        let decoder = Decoder::new(codec);
        Self { decoder, locale, recent: Vec::new(), hinted: false, unsent: Vec::new() }
    }

    /// Switches the kitty keyboard on, where the terminal has told that it has one.
    pub fn switch_keyboard(&mut self, caps: &Capabilities) {
        if caps.kitty {
            self.unsent.extend_from_slice(KITTY_KEYS);
        }
    }

    /// A frame as it goes over the line, after what had to go before it.
    pub fn sent(&mut self, frame: Option<Vec<u8>>, codec: Codec) -> Option<Vec<u8>> {
        let mut out = std::mem::take(&mut self.unsent);
        if let Some(frame) = frame {
            out.extend(codec.encode(frame));
        }
        (!out.is_empty()).then_some(out)
    }

    /// How long half a character may still wait, if one does.
    pub fn half_in(&self) -> Option<Duration> {
        self.decoder.waiting().then_some(HALF)
    }
}

impl Session {
    /// Bytes came over the line.
    pub(super) fn heard(&mut self, bytes: &[u8]) {
        let malformed = self.parser.malformed();
        let mut events = Vec::new();
        self.parser.feed(&self.line.decoder.feed(bytes), &mut events);
        self.events(events);
        if self.capabilities.codec == Codec::Utf8 && !self.line.hinted {
            let kept = self.line.recent.len().saturating_sub(RECENT);
            self.line.recent.drain(..kept);
            self.line.recent.extend_from_slice(bytes);
            if self.parser.malformed() > malformed {
                self.hint_at_gbk();
            }
        }
    }

    /// What was pending on the line too long comes out.
    pub(super) fn line_expired(&mut self) {
        let mut events = Vec::new();
        self.parser.expire(&mut events);
        let rest = self.line.decoder.expire();
        self.parser.feed(&rest, &mut events);
        self.events(events);
    }

    /// Says once that the terminal writes GBK. Whoever needs the hint may not be able to read
    /// the Chinese of it.
    fn hint_at_gbk(&mut self) {
        if !looks_like_gb18030(&self.line.recent) {
            return;
        }
        self.line.hinted = true;
        self.line.recent = Vec::new();
        let named = match self.line.locale.as_str() {
            "" => String::new(),
            locale => format!(" (LANG={locale})"),
        };
        let notice = Notice::unsure(
            said!(
                "终端发来的是 GBK。This terminal sends GBK, not UTF-8{named}.",
                "This terminal sends GBK, not UTF-8{named}. 终端发来的是 GBK。"
            ),
            said!(
                "请把终端的字符编码设为 UTF-8；或按 F1，选 Encoding，改用 GBK。",
                "Set the terminal's encoding to UTF-8; or press F1 and choose Encoding to use GBK."
            ),
        );
        self.notice = Some((notice, self.office.now()));
        self.dirty = true;
    }

    /// Reads and writes the other encoding from now on.
    pub(super) fn switch_codec(&mut self) {
        let codec = self.capabilities.codec.other();
        self.capabilities.write_in(codec);
        self.line.decoder = Decoder::new(codec);
        self.line.hinted = true;
        self.display.set_capabilities(self.capabilities.clone());
        self.redraw();
        let name = codec.name();
        let notice = Notice::good(said!("字符编码现在是 {name}。", "The encoding is {name} now."));
        self.notice = Some((notice, self.office.now()));
    }

    /// The terminal answered a question.
    pub(super) fn learn(&mut self, reply: &Reply) {
        let had_kitty = self.capabilities.kitty;
        if !self.capabilities.learn(reply) {
            return;
        }
        if !had_kitty {
            self.line.switch_keyboard(&self.capabilities);
        }
        // Draws anew by itself where the answer changes how wide something is.
        self.display.set_capabilities(self.capabilities.clone());
        self.dirty = true;
    }
}
