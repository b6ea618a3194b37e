//! Questions at the terminal, plain lines before the full screen.

use super::Failure;
use crate::office::PASSWORD_RULE;
use crate::said;
use crate::terminal::codec::{Codec, Decoder, Encoder};
use crate::terminal::{Capabilities, Event, InputLine, Key, KeyCode, Parser};
use crate::words::{Lang, Said};
use crossterm::terminal;
use std::io::{self, BufRead, IsTerminal, Write};
use zeroize::Zeroizing;

/// Longest answer taken.
const LONGEST: usize = 200;

/// Asks on standard error, hears on standard input.
pub struct Prompt {
    lang: Lang,
    /// How the terminal that is asked at reads and writes.
    codec: Codec,
}

impl Prompt {
    /// Asks in `lang`.
    #[must_use]
    pub fn new(lang: Lang, codec: Codec) -> Self {
        Self { lang, codec }
    }

    /// Tells something.
    ///
    /// # Errors
    /// When standard error is gone.
    pub fn tell(&self, said: &Said) -> Result<(), Failure> {
        Ok(writeln!(self.out(), "{}", said.get(self.lang))?)
    }

    /// Asks for a line; spaces around it do not count.
    ///
    /// # Errors
    /// When the input ends.
    pub fn line(&mut self, question: &Said) -> Result<String, Failure> {
        self.ask(question)?;
        let mut line = Vec::new();
        match io::stdin().lock().read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => Err(given_up()),
            Ok(_) => Ok(self.codec.read(&line).trim().to_string()),
        }
    }

    /// Asks for a line that is not shown.
    ///
    /// # Errors
    /// When the input ends or Ctrl-C is pressed.
    pub fn secret(&mut self, question: &Said) -> Result<Zeroizing<String>, Failure> {
        // Before the question is seen: whoever answers at once is not shown either.
        let _raw = Raw::new()?;
        self.hidden(question)
    }

    /// Asks while nothing typed is shown.
    fn hidden(&mut self, question: &Said) -> Result<Zeroizing<String>, Failure> {
        self.ask(question)?;
        let answer = hidden_line(self.codec);
        write!(io::stderr(), "\r\n")?;
        answer.ok_or_else(given_up)
    }

    /// Says what a password must be, and asks for a new one twice, until both are the same.
    ///
    /// # Errors
    /// As [`Self::secret`].
    pub fn new_password(
        &mut self,
        first: &Said,
        again: &Said,
    ) -> Result<Zeroizing<String>, Failure> {
        // From the first question to the last: between two of them the terminal would show what is
        // typed ahead.
        let _raw = Raw::new()?;
        write!(self.out(), "{}\r\n", PASSWORD_RULE.get(self.lang))?;
        loop {
            let chosen = self.hidden(first)?;
            if *chosen == *self.hidden(again)? {
                return Ok(chosen);
            }
            let differ = said!("两次不一样，请重新输入。", "They differ; type it again.");
            write!(self.out(), "{}\r\n", differ.get(self.lang))?;
        }
    }

    /// Shows what must not stay on the screen, until Enter: on a screen of its own where the
    /// terminal has one. Each line is erased where it is, so that none of it moves to where it
    /// can be scrolled back to.
    ///
    /// # Errors
    /// When the terminal is gone, or Ctrl-C is pressed.
    pub fn page(&self, said: &Said, question: &Said, caps: &Capabilities) -> Result<(), Failure> {
        let raw = Raw::new()?;
        let mut out = Encoder::new(self.codec, io::stdout());
        let own: [&str; 2] = if caps.answers { ["\x1b[?1049h", "\x1b[?1049l"] } else { ["", ""] };
        let text = said.get(self.lang).replace('\n', "\r\n");
        write!(out, "{}\x1b[H\x1b[J{text}\r\n\r\n{}", own[0], question.get(self.lang))?;
        out.flush()?;
        let answer = hidden_line(self.codec);
        let rows = terminal::size().map_or(24, |(_, rows)| rows);
        for row in 1..=rows {
            write!(out, "\x1b[{row};1H\x1b[2K")?;
        }
        write!(out, "\x1b[H{}", own[1])?;
        out.flush()?;
        drop(raw);
        answer.map(drop).ok_or_else(given_up_reading)
    }

    fn out(&self) -> Encoder<io::Stderr> {
        let err = io::stderr();
        Encoder::new(if err.is_terminal() { self.codec } else { Codec::Utf8 }, err)
    }

    fn ask(&self, question: &Said) -> Result<(), Failure> {
        let mut err = self.out();
        let colon = if self.lang == Lang::Zh { "：" } else { ": " };
        write!(err, "{}{colon}", question.get(self.lang))?;
        Ok(err.flush()?)
    }
}

/// The person went away in the middle of a question.
fn given_up() -> Failure {
    Failure::new(
        said!(
            "没有回答，已停止；没有改动任何内容。",
            "No answer; stopped, and nothing was changed."
        ),
        said!("需要时再运行一次。", "Run it again when you are ready."),
    )
}

/// The person went away while something was shown.
fn given_up_reading() -> Failure {
    Failure::new(
        said!(
            "已停止。站点已建好；恢复密钥只显示那一次。",
            "Stopped. The station is made; the recovery key was shown that once."
        ),
        said!(
            "没有抄下的话，请删除数据目录后重新建站。",
            "If it is not written down, delete the data folder and make the station again."
        ),
    )
}

/// Reads keys up to Enter without showing them. Bytes after Enter stay for whoever reads next.
fn hidden_line(codec: Codec) -> Option<Zeroizing<String>> {
    let mut decoder = Decoder::new(codec);
    let mut parser = Parser::new();
    let mut typed = InputLine::new(LONGEST);
    let mut input = io::stdin().lock();
    loop {
        let byte = *input.fill_buf().ok()?.first()?;
        input.consume(1);
        let mut events = Vec::new();
        parser.feed(&decoder.feed(&[byte]), &mut events);
        for event in events {
            match event {
                Event::Key(Key { code: KeyCode::Enter, .. }) => {
                    return Some(Zeroizing::new(typed.take()));
                }
                Event::Key(key) if key == Key::ctrl('c') || key == Key::ctrl('d') => return None,
                Event::Key(key) => {
                    typed.handle(key);
                }
                Event::Paste(text) => {
                    typed.insert(&text);
                }
                _ => {}
            }
        }
    }
}

/// Raw mode while it lives.
struct Raw;

impl Raw {
    fn new() -> Result<Self, Failure> {
        terminal::enable_raw_mode()?;
        Ok(Self)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = terminal::disable_raw_mode();
    }
}
