//! This terminal: one inbox, one session, one frame at a time.
//!
//! ```text
//! keyboard ─┐
//! signals  ─┼─> inbox ─> session ─> one frame ─> terminal
//! office   ─┘
//! ```
//! The loop blocks on the inbox; with nothing typed and nothing changed nothing wakes up. What
//! waits is taken all at once before one frame is drawn, so no frame is ever queued.

use crate::office::Office;
use crate::store::Origin;
use crate::terminal::{Capabilities, LeanBackend, Tty, TtyError, TtyEvent};
use crate::ui::{Input, Session, Start, Theme};
use crate::words::{Lang, Said};
use crossterm::terminal::disable_raw_mode;
use signal_hook::consts::SIGTSTP;
use signal_hook::iterator::{Handle, Signals};
use signal_hook::low_level::emulate_default_handler;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

/// How long a lone Esc waits for the rest of a sequence here, where no line is in between.
const ESC_WAIT: Duration = Duration::from_millis(25);
/// A window being dragged sends sizes without end; the screen is drawn once they pause.
const RESIZE_PAUSE: Duration = Duration::from_millis(40);
/// At most so many pauses are waited for, so that a drag is not a frozen screen.
const RESIZE_PAUSES: usize = 8;
/// At most so many events are taken before a frame, so that a flood does not stop the drawing.
const AT_ONCE: usize = 256;

/// What the person at this terminal starts with.
#[derive(Clone, Debug)]
pub struct Seat {
    /// What the terminal can do, as far as its environment tells.
    pub capabilities: Capabilities,
    /// Language to begin with.
    pub lang: Lang,
    /// No colours wanted.
    pub mono: bool,
    /// A line above the sign-in.
    pub greeting: Said,
}

/// How a session at this terminal ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The person left.
    Left,
    /// The system asked the program to end; drafts were kept.
    Terminated,
    /// The terminal went away; drafts were kept.
    HungUp,
    /// The session's own code failed. The terminal is as it was; [`Session::farewell`] is to be
    /// said.
    Failed,
}

/// What the loop waits for.
enum News {
    Terminal(TtyEvent),
    /// SIGTSTP: somebody stops the program for a while.
    Suspend,
    /// Something changed in the house.
    Office,
}

/// Runs one session at this terminal until it ends. `known`, an account with the password it
/// has just proved, is signed in without asking again.
///
/// # Errors
/// When input or output is no terminal, or the system refuses it.
pub fn run(
    office: &Arc<Office>,
    seat: &Seat,
    known: Option<(&str, &str)>,
) -> Result<Ending, TtyError> {
    let mut tty = Tty::open()?;
    tty.enter(&seat.capabilities)?;
    tty.write(&seat.capabilities.probe())?;
    let (columns, rows) = tty.size();
    let (sender, inbox) = sync_channel(AT_ONCE);
    listen(office, &mut tty, &sender)?;
    let stops = suspensions(sender);
    let start = Start {
        columns,
        rows,
        capabilities: seat.capabilities.clone(),
        lang: seat.lang,
        theme: if seat.mono { Theme::Mono } else { Theme::default() },
        origin: Origin::Terminal,
        greeting: seat.greeting.clone(),
        esc_wait: ESC_WAIT,
        idle_lock: crate::ui::IDLE_LOCK,
    };
    let mut session = Session::new(office.clone(), start);
    if let Some((account, password)) = known {
        sign_in(office, &mut session, account, password);
    }
    let mut desk = Desk { tty: &tty, caps: &seat.capabilities, session, inbox, kept: None };
    let ending = catch_unwind(AssertUnwindSafe(|| desk.work()));
    if let Some(stops) = stops {
        stops.close();
    }
    // What was typed is kept however it ended, as far as a session that failed still can.
    let kept = catch_unwind(AssertUnwindSafe(|| desk.session.keep()));
    Ok(match (ending, kept) {
        (Ok(ending), Ok(())) => ending,
        _ => Ending::Failed,
    })
}

/// Fills the inbox from the terminal and the office.
fn listen(office: &Arc<Office>, tty: &mut Tty, inbox: &SyncSender<News>) -> Result<(), TtyError> {
    let terminal = inbox.clone();
    tty.forward(move |event| terminal.send(News::Terminal(event)).is_ok())?;
    let changes = office.subscribe();
    let house = inbox.clone();
    thread::spawn(move || while changes.recv().is_ok() && house.send(News::Office).is_ok() {});
    Ok(())
}

/// Hears of SIGTSTP. A system that cannot tell of it stops the program as it stops any other.
fn suspensions(inbox: SyncSender<News>) -> Option<Handle> {
    let mut signals = Signals::new([SIGTSTP]).ok()?;
    let handle = signals.handle();
    thread::spawn(move || {
        for _ in &mut signals {
            if inbox.send(News::Suspend).is_err() {
                break;
            }
        }
    });
    Some(handle)
}

/// Signs in whoever has just opened the folder with a name and password.
fn sign_in(office: &Office, session: &mut Session, account: &str, password: &str) {
    // Whoever cannot sign in stands before the sign-in screen, which says why when they try.
    if let Ok(actor) = office.sign_in(account, password, &Origin::Terminal) {
        session.signed_in(actor);
    }
}

/// One session and what it needs to be served.
struct Desk<'t> {
    tty: &'t Tty,
    caps: &'t Capabilities,
    session: Session,
    inbox: Receiver<News>,
    /// An event that ended a pause of resizing and is to be taken next.
    kept: Option<News>,
}

impl Desk<'_> {
    fn work(&mut self) -> Ending {
        loop {
            if let Some(frame) = self.session.frame()
                && self.tty.write(&frame).is_err()
            {
                return Ending::HungUp;
            }
            if self.session.ended() {
                return Ending::Left;
            }
            if let Some(ending) = self.hear() {
                return ending;
            }
        }
    }

    /// Waits for something to happen and takes everything that has.
    fn hear(&mut self) -> Option<Ending> {
        let Some(first) = self.next() else {
            self.session.input(Input::Wake);
            return None;
        };
        let mut size = None;
        let mut ending = self.take(first, &mut size);
        for _ in 1..AT_ONCE {
            match self.inbox.try_recv() {
                Ok(news) if ending.is_none() => ending = self.take(news, &mut size),
                _ => break,
            }
        }
        if let Some((columns, rows)) = size {
            let (columns, rows) = self.settled(columns, rows);
            self.session.input(Input::Resize(columns, rows));
        }
        ending
    }

    /// The next piece of news, or nothing when the session's own time has come.
    fn next(&mut self) -> Option<News> {
        if let Some(kept) = self.kept.take() {
            return Some(kept);
        }
        let heard = match self.session.wake_in() {
            Some(wait) => self.inbox.recv_timeout(wait),
            None => self.inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match heard {
            Ok(news) => Some(news),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(News::Terminal(TtyEvent::HangUp)),
        }
    }

    fn take(&mut self, news: News, size: &mut Option<(u16, u16)>) -> Option<Ending> {
        match news {
            News::Terminal(TtyEvent::Bytes(bytes)) => self.session.input(Input::Bytes(&bytes)),
            News::Terminal(TtyEvent::Resize(columns, rows)) => *size = Some((columns, rows)),
            News::Terminal(TtyEvent::HangUp) => return Some(Ending::HungUp),
            News::Terminal(TtyEvent::Terminate) => return Some(Ending::Terminated),
            News::Terminal(TtyEvent::Continue) => {
                if self.tty.resume(self.caps).is_err() {
                    return Some(Ending::HungUp);
                }
                *size = Some(self.tty.size());
                self.session.input(Input::Continue);
            }
            News::Suspend => self.suspend(),
            News::Office => self.session.input(Input::News),
        }
        None
    }

    /// Gives the terminal back to the shell and stops, until SIGCONT, which comes as
    /// [`TtyEvent::Continue`].
    fn suspend(&mut self) {
        self.session.keep();
        let _ = self.tty.write(&LeanBackend::leave(self.caps));
        let _ = disable_raw_mode();
        let _ = emulate_default_handler(SIGTSTP);
    }

    /// The size at which the window comes to rest.
    fn settled(&mut self, columns: u16, rows: u16) -> (u16, u16) {
        let mut size = (columns, rows);
        for _ in 0..RESIZE_PAUSES {
            match self.inbox.recv_timeout(RESIZE_PAUSE) {
                Ok(News::Terminal(TtyEvent::Resize(columns, rows))) => size = (columns, rows),
                Ok(other) => {
                    self.kept = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        size
    }
}
