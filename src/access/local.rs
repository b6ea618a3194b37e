//! This terminal: the session of the person who started the program.

use super::client::Client;
use super::desk::{Gone, Line, Sent};
use super::ending::Ending;
use super::hall::Hall;
use super::inbox::Inbox;
use crate::office::Office;
use crate::said;
use crate::store::Origin;
use crate::terminal::{Capabilities, LeanBackend, Tty, TtyError, TtyEvent};
use crate::ui::Start;
use crate::words::Said;
use crossterm::terminal::disable_raw_mode;
use signal_hook::consts::SIGTSTP;
use signal_hook::iterator::{Handle, Signals};
use signal_hook::low_level::emulate_default_handler;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// How long a lone Esc waits for the rest of a sequence here, where no line is in between.
const ESC_WAIT: Duration = Duration::from_millis(25);

/// Runs one session at this terminal until it ends. `known`, an account with the password it
/// has just proved, is signed in without asking again.
///
/// # Errors
/// When input or output is no terminal, or the system refuses it.
pub fn run(
    hall: &Arc<Hall>,
    client: &Client,
    greeting: &Said,
    known: Option<(&str, &str)>,
) -> Result<Ending, TtyError> {
    let guest = match hall.enter(Inbox::default()) {
        Ok(guest) => guest,
        Err(closed) => return Ok(Ending::Told(closed)),
    };
    let caps = client.capabilities();
    let mut tty = Tty::open()?;
    tty.enter(&caps)?;
    let (columns, rows) = tty.size();
    listen(&mut tty, guest.inbox())?;
    let stops = suspensions(guest.inbox());
    let start = client.start(Origin::Terminal, ESC_WAIT);
    let start = Start { columns, rows, greeting: greeting.clone(), ..start };
    // Whoever cannot sign in sees the sign-in screen, which says why when they try.
    let known = known.and_then(|(account, password)| sign_in(hall.office(), account, password));
    let ended = guest.work(start, known, &mut Terminal { tty: &tty, caps: &caps });
    if let Some(stops) = stops {
        stops.close();
    }
    Ok(ended.ending)
}

fn sign_in(office: &Office, account: &str, password: &str) -> Option<crate::office::Actor> {
    office.sign_in(account, password, &Origin::Terminal).ok()
}

/// Leaves in the inbox what terminal and system tell.
fn listen(tty: &mut Tty, inbox: &Arc<Inbox>) -> Result<(), TtyError> {
    let inbox = inbox.clone();
    tty.forward(move |event| {
        match event {
            TtyEvent::Bytes(bytes) => return inbox.typed(&bytes),
            TtyEvent::Resize(columns, rows) => inbox.resized(columns, rows),
            TtyEvent::HangUp => inbox.end(Ending::HungUp),
            TtyEvent::Terminate => inbox.end(Ending::Told(asked_to_end())),
            TtyEvent::Continue => inbox.resumed(),
        }
        true
    })
}

/// The system asked this process to end.
#[must_use]
pub fn asked_to_end() -> Said {
    said!(
        "系统要求驿站结束；已保存的内容和草稿都在。",
        "The system asked yizhan to end; what was saved and the drafts are there."
    )
}

/// Hears of SIGTSTP. A system that cannot tell of it stops the program as it stops any other.
fn suspensions(inbox: &Arc<Inbox>) -> Option<Handle> {
    let mut signals = Signals::new([SIGTSTP]).ok()?;
    let handle = signals.handle();
    let inbox = inbox.clone();
    thread::spawn(move || (&mut signals).into_iter().for_each(|_| inbox.suspend()));
    Some(handle)
}

/// Gives the terminal back to the shell and stops this process, until SIGCONT, which comes as
/// [`TtyEvent::Continue`].
pub(super) fn stop(tty: &Tty, caps: &Capabilities) {
    let _ = tty.write(&LeanBackend::leave(caps));
    let _ = disable_raw_mode();
    let _ = emulate_default_handler(SIGTSTP);
}

struct Terminal<'t> {
    tty: &'t Tty,
    caps: &'t Capabilities,
}

impl Line for Terminal<'_> {
    fn send(&mut self, frame: Vec<u8>) -> Result<Sent, Gone> {
        self.tty.write(&frame).map(|()| Sent::Whole).map_err(|_| Gone)
    }

    fn suspend(&mut self) {
        stop(self.tty, self.caps);
    }

    fn resume(&mut self) -> Result<Option<(u16, u16)>, Gone> {
        self.tty.resume(self.caps).map_err(|_| Gone)?;
        Ok(Some(self.tty.size()))
    }
}
