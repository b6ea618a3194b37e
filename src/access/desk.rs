//! One session at work, whichever way its client came.
//!
//! ```text
//! client ─┐
//! house  ─┼─> inbox ─> session ─> one frame ─> line
//! timers ─┘
//! ```
//! The desk blocks on the inbox; with nothing typed and nothing changed nothing wakes up. What
//! waits is taken all at once before one frame is drawn, and none is drawn before the line has
//! taken the last: no frame is ever queued, the latest wins.

use super::ending::Ending;
use super::inbox::{Inbox, Unheard};
use crate::office::{Actor, Office};
use crate::terminal::codec::Codec;
use crate::ui::{Input, Session, Start};
use crate::words::Lang;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A session that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// How it ended.
    pub ending: Ending,
    /// The language it had at the end.
    pub lang: Lang,
    /// How its terminal wrote and read text at the end.
    pub codec: Codec,
}

/// The client has gone: nothing can be shown to it any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

/// Whether a frame has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The next may be drawn at once.
    Whole,
    /// It is on its way; [`Inbox::frame_taken`] will tell.
    OnItsWay,
}

/// The way to one client's terminal.
pub trait Line {
    /// Takes one frame.
    ///
    /// # Errors
    /// When the client has gone.
    fn send(&mut self, frame: Vec<u8>) -> Result<Sent, Gone>;

    /// Gives the terminal back to a shell and stops, where that is possible.
    fn suspend(&mut self) {}

    /// Takes the terminal over again after a stop; its size, where the line knows it.
    ///
    /// # Errors
    /// When the client has gone.
    fn resume(&mut self) -> Result<Option<(u16, u16)>, Gone> {
        Ok(None)
    }
}

/// Works until the session ends; what was typed is kept however it ends. `known`, somebody who
/// has proved already who they are, is signed in. A panic of the session ends it and nothing
/// else.
pub fn work(
    office: &Arc<Office>,
    start: Start,
    known: Option<Actor>,
    inbox: &Inbox,
    line: &mut dyn Line,
) -> Ended {
    let mut session = None;
    let (lang, codec) = (start.lang, start.codec);
    let questions = start.capabilities.probe();
    let worked = catch_unwind(AssertUnwindSafe(|| {
        let session = session.insert(Session::new(office.clone(), start));
        if let Some(actor) = known {
            session.signed_in(actor);
        }
        Desk { session, inbox, line, questions, free: true, owed: None, mute: false }.work()
    }));
    inbox.close();
    // As far as a session that failed still can.
    let kept = catch_unwind(AssertUnwindSafe(|| session.as_mut().map(Session::keep)));
    let ending = match (worked, kept) {
        (Ok(ending), Ok(_)) => ending,
        _ => Ending::Failed,
    };
    let (lang, codec) = session.map_or((lang, codec), |session| (session.lang(), session.codec()));
    Ended { ending, lang, codec }
}

/// A drawing longer than this is worth asking the terminal when it has been worked through: over
/// a slow line it is under way for a while, and many could be, in the buffers in between. So is
/// one with a question that must be read before it is answered.
const LARGE: usize = 1024;
/// The question (DSR), to which the terminal answers that it is ready.
const READY: &[u8] = b"\x1b[5n";
/// Without an answer in this time the terminal is not asked again, until one comes.
const ANSWER: Duration = Duration::from_secs(2);

struct Desk<'d> {
    session: &'d mut Session,
    inbox: &'d Inbox,
    line: &'d mut dyn Line,
    /// What the terminal is asked, ahead of the first frame, which wipes what that leaves behind.
    questions: Vec<u8>,
    /// The line can take a frame.
    free: bool,
    /// Since when the terminal owes the answer to [`READY`].
    owed: Option<Instant>,
    /// It has left that question unanswered so far.
    mute: bool,
}

impl Desk<'_> {
    fn work(&mut self) -> Ending {
        loop {
            if self.free
                && self.owed.is_none()
                && let Some(frame) = self.session.frame()
                && let Err(Gone) = self.send(&frame)
            {
                return Ending::HungUp;
            }
            if self.session.ended() {
                return self.session.last_words().map_or(Ending::Left, Ending::Told);
            }
            let own = self.session.wake_in();
            let owed = self.owed.map(|since| ANSWER.saturating_sub(since.elapsed()));
            match self.inbox.hear(own.into_iter().chain(owed).min()) {
                None if owed.is_some_and(|owed| own.is_none_or(|own| owed <= own)) => {
                    (self.owed, self.mute) = (None, true);
                    self.session.frame_shown();
                }
                None => self.session.input(Input::Wake),
                Some(unheard) => {
                    if let Some(ending) = self.take(unheard) {
                        return ending;
                    }
                }
            }
        }
    }

    fn send(&mut self, frame: &[u8]) -> Result<(), Gone> {
        let mut bytes = std::mem::take(&mut self.questions);
        bytes.extend_from_slice(frame);
        let matters = frame.len() > LARGE || self.session.awaits_sight();
        // Only a terminal that has answered before is waited for.
        if matters && self.session.answers() && !self.mute {
            bytes.extend_from_slice(READY);
            self.owed = Some(Instant::now());
        } else {
            self.session.frame_shown();
        }
        self.free = self.line.send(bytes)? == Sent::Whole;
        Ok(())
    }

    fn take(&mut self, unheard: Unheard) -> Option<Ending> {
        let mut size = unheard.size;
        self.free |= unheard.taken;
        if !unheard.bytes.is_empty() {
            self.session.input(Input::Bytes(&unheard.bytes));
            // An answer that came late is an answer: the line is slow, the terminal not mute.
            if self.session.take_ready() {
                (self.owed, self.mute) = (None, false);
            }
        }
        if unheard.ending.is_some() {
            return unheard.ending;
        }
        if unheard.suspend {
            self.session.keep();
            self.line.suspend();
        }
        if unheard.resumed {
            match self.line.resume() {
                Ok(now) => size = now.or(size),
                Err(Gone) => return Some(Ending::HungUp),
            }
            self.session.input(Input::Continue);
        }
        if let Some(size) = size {
            let (columns, rows) = self.inbox.settled(size);
            self.session.input(Input::Resize(columns, rows));
        }
        if unheard.house {
            self.session.input(Input::News);
        }
        None
    }
}
