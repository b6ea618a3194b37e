//! Everybody served by this process.
//!
//! One office, any number of sessions: this terminal's, those of the socket, those over SSH. The
//! hall passes news of the house on to each, and asks each to leave when the house closes.

use super::desk::{self, Ended, Line};
use super::ending::Ending;
use super::inbox::Inbox;
use crate::office::{Actor, Office};
use crate::ui::Start;
use crate::words::Said;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// The sessions of one office.
pub struct Hall {
    office: Arc<Office>,
    guests: Mutex<Guests>,
    changed: Condvar,
}

#[derive(Default)]
struct Guests {
    /// How many ever came; the next one's number.
    came: u64,
    inboxes: HashMap<u64, Arc<Inbox>>,
    /// Why nobody is let in any more.
    closed: Option<Said>,
}

impl Hall {
    /// A hall for an office, with nobody in it. News of the office are passed on as long as the
    /// hall stands.
    #[must_use]
    pub fn open(office: Arc<Office>) -> Arc<Self> {
        let news = office.subscribe();
        let hall = Arc::new(Self { office, guests: Mutex::default(), changed: Condvar::new() });
        let everybody = Arc::downgrade(&hall);
        thread::spawn(move || {
            while news.recv().is_ok() {
                let Some(hall) = everybody.upgrade() else { break };
                hall.guests().inboxes.values().for_each(|inbox| inbox.house_changed());
            }
        });
        hall
    }

    /// The one door.
    #[must_use]
    pub fn office(&self) -> &Arc<Office> {
        &self.office
    }

    fn guests(&self) -> MutexGuard<'_, Guests> {
        self.guests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a session in that hears by this inbox.
    ///
    /// # Errors
    /// Why nobody is let in any more.
    pub fn enter(self: &Arc<Self>, inbox: Inbox) -> Result<Guest, Said> {
        let mut guests = self.guests();
        if let Some(closed) = &guests.closed {
            return Err(closed.clone());
        }
        guests.came += 1;
        let number = guests.came;
        let inbox = Arc::new(inbox);
        guests.inboxes.insert(number, inbox.clone());
        self.changed.notify_all();
        Ok(Guest { hall: self.clone(), number, inbox })
    }

    /// How many sessions there are.
    #[must_use]
    pub fn present(&self) -> usize {
        self.guests().inboxes.len()
    }

    /// Lets nobody in any more and ends every session, for the reason said; drafts are kept.
    pub fn dismiss(&self, reason: &Said) {
        let mut guests = self.guests();
        guests.closed = Some(reason.clone());
        guests.inboxes.values().for_each(|inbox| inbox.end(Ending::Told(reason.clone())));
        self.changed.notify_all();
    }

    /// Waits until everybody has left; false when that took longer than `patience`.
    #[must_use]
    pub fn wait_until_empty(&self, patience: Duration) -> bool {
        let waiting = |guests: &mut Guests| !guests.inboxes.is_empty();
        let waited = self.changed.wait_timeout_while(self.guests(), patience, waiting);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// Waits until somebody has come, at most for `patience`, and everybody has left again.
    pub fn wait_for_the_last(&self, patience: Duration) {
        let nobody = |guests: &mut Guests| guests.came == 0 && guests.closed.is_none();
        let waited = self.changed.wait_timeout_while(self.guests(), patience, nobody);
        let guests = waited.unwrap_or_else(PoisonError::into_inner).0;
        let waiting = |guests: &mut Guests| !guests.inboxes.is_empty();
        drop(self.changed.wait_while(guests, waiting).unwrap_or_else(PoisonError::into_inner));
    }
}

/// One session's place in the hall, until dropped.
pub struct Guest {
    hall: Arc<Hall>,
    number: u64,
    inbox: Arc<Inbox>,
}

impl Guest {
    /// Where client and house leave what the session is to hear.
    #[must_use]
    pub fn inbox(&self) -> &Arc<Inbox> {
        &self.inbox
    }

    /// A name for the session's thread.
    #[must_use]
    pub fn name(&self) -> String {
        format!("session {}", self.number)
    }

    /// Runs the session until it ends: see [`desk::work`].
    pub fn work(&self, start: Start, known: Option<Actor>, line: &mut dyn Line) -> Ended {
        desk::work(&self.hall.office, start, known, &self.inbox, line)
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.inbox.close();
        self.hall.guests().inboxes.remove(&self.number);
        self.hall.changed.notify_all();
    }
}
