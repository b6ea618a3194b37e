//! What one session has not heard yet, from its client and from the house.
//!
//! Nothing piles up here: of sizes the latest counts, of news that there is any, and bytes wait
//! for room. So a client that floods is slowed down, and a session that was busy is not made to
//! catch up with what no longer matters.

use super::ending::Ending;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// So many unheard bytes make the client wait.
const ROOM: usize = 256 * 1024;
/// A window being dragged sends sizes without end; the screen is drawn once they pause.
const RESIZE_PAUSE: Duration = Duration::from_millis(40);
/// At most so many pauses are waited for, so that a drag is not a frozen screen.
const RESIZE_PAUSES: usize = 8;

/// Everything unheard, taken at once.
#[derive(Debug, Default)]
pub struct Unheard {
    /// Bytes from the terminal, in order.
    pub bytes: Vec<u8>,
    /// The latest size, columns and rows.
    pub size: Option<(u16, u16)>,
    /// Something changed in the house.
    pub house: bool,
    /// The line has taken the last frame.
    pub taken: bool,
    /// Somebody asks that the program stop for a while.
    pub suspend: bool,
    /// The terminal came back after a stop.
    pub resumed: bool,
    /// It is over, by the first reason given.
    pub ending: Option<Ending>,
}

impl Unheard {
    fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.size.is_none() && self.quiet_but_size()
    }

    /// True when there is nothing but bytes or a size.
    fn quiet_but_size(&self) -> bool {
        !(self.house || self.taken || self.suspend || self.resumed) && self.ending.is_none()
    }
}

#[derive(Debug, Default)]
struct State {
    unheard: Unheard,
    /// The session is over; nothing is heard any more.
    closed: bool,
}

/// Where client and house leave what the session is to hear.
pub struct Inbox {
    state: Mutex<State>,
    news: Condvar,
    room: Condvar,
    on_room: Box<dyn Fn() + Send + Sync>,
}

impl Default for Inbox {
    fn default() -> Self {
        Self::with(|| {})
    }
}

impl Inbox {
    /// An inbox that calls `on_room` whenever bytes were taken out, for clients that cannot
    /// block in [`typed`](Self::typed).
    pub fn with(on_room: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            state: Mutex::default(),
            news: Condvar::new(),
            room: Condvar::new(),
            on_room: Box::new(on_room),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leave(&self, what: impl FnOnce(&mut Unheard)) {
        let mut state = self.state();
        if !state.closed {
            what(&mut state.unheard);
            self.news.notify_one();
        }
    }

    /// Leaves bytes and waits until there is room for more; false once nobody hears them.
    pub fn typed(&self, bytes: &[u8]) -> bool {
        let mut state = self.state();
        while !state.closed && state.unheard.bytes.len() >= ROOM {
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let heard = !state.closed;
        if heard {
            state.unheard.bytes.extend_from_slice(bytes);
            self.news.notify_one();
        }
        heard
    }

    /// Leaves bytes when there is room; false when there is none and they are to be offered again.
    #[must_use]
    pub fn offer(&self, bytes: &[u8]) -> bool {
        let mut state = self.state();
        let room = state.closed || state.unheard.bytes.len() < ROOM;
        if room && !state.closed {
            state.unheard.bytes.extend_from_slice(bytes);
            self.news.notify_one();
        }
        room
    }

    /// The window has a new size, columns and rows.
    pub fn resized(&self, columns: u16, rows: u16) {
        self.leave(|unheard| unheard.size = Some((columns, rows)));
    }

    /// Something changed in the house.
    pub fn house_changed(&self) {
        self.leave(|unheard| unheard.house = true);
    }

    /// The line has taken the last frame: the next may be drawn.
    pub fn frame_taken(&self) {
        self.leave(|unheard| unheard.taken = true);
    }

    /// Somebody asks that the program stop for a while.
    pub fn suspend(&self) {
        self.leave(|unheard| unheard.suspend = true);
    }

    /// The terminal came back after a stop.
    pub fn resumed(&self) {
        self.leave(|unheard| unheard.resumed = true);
    }

    /// It is over. What was typed before is still heard.
    pub fn end(&self, ending: Ending) {
        self.leave(|unheard| {
            unheard.ending.get_or_insert(ending);
        });
    }

    /// True when an end was given, heard or not, or the session is over.
    #[must_use]
    pub fn ending(&self) -> bool {
        let state = self.state();
        state.closed || state.unheard.ending.is_some()
    }

    /// Nobody hears anything any more.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.unheard = Unheard::default();
        self.room.notify_all();
        drop(state);
        (self.on_room)();
    }

    /// Waits until there is something to hear, and takes all of it; nothing when `patience` ran
    /// out first.
    #[must_use]
    pub fn hear(&self, patience: Option<Duration>) -> Option<Unheard> {
        let state = self.state();
        let waiting = |state: &mut State| state.unheard.is_empty();
        let mut state = match patience {
            None => self.news.wait_while(state, waiting).unwrap_or_else(PoisonError::into_inner),
            Some(patience) => {
                self.news
                    .wait_timeout_while(state, patience, waiting)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            }
        };
        if state.unheard.is_empty() {
            return None;
        }
        let unheard = std::mem::take(&mut state.unheard);
        if !unheard.bytes.is_empty() {
            self.room.notify_all();
            drop(state);
            (self.on_room)();
        }
        Some(unheard)
    }

    /// The size at which a window comes to rest: waits while nothing but new sizes comes.
    #[must_use]
    pub fn settled(&self, size: (u16, u16)) -> (u16, u16) {
        let mut size = size;
        let mut state = self.state();
        for _ in 0..RESIZE_PAUSES {
            let waiting = |state: &mut State| state.unheard.is_empty();
            state = self
                .news
                .wait_timeout_while(state, RESIZE_PAUSE, waiting)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            let Some(newer) = state.unheard.size.take() else { break };
            size = newer;
            if !state.unheard.is_empty() {
                break;
            }
        }
        size
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::thread;

    #[test]
    fn what_waits_is_taken_at_once_and_only_the_latest_of_it() {
        let inbox = Inbox::default();
        assert!(inbox.typed(b"a") && inbox.typed(b"b"));
        inbox.resized(80, 24);
        inbox.resized(120, 40);
        inbox.house_changed();
        inbox.house_changed();
        inbox.end(Ending::HungUp);
        inbox.end(Ending::Left);
        let unheard = inbox.hear(None).unwrap();
        assert_eq!(unheard.bytes, b"ab");
        assert_eq!(unheard.size, Some((120, 40)));
        assert!(unheard.house && !unheard.taken);
        assert_eq!(unheard.ending, Some(Ending::HungUp));
        assert!(inbox.hear(Some(Duration::ZERO)).is_none());
    }

    #[test]
    fn a_flood_waits_for_room_and_none_of_it_is_lost() {
        let inbox = Arc::new(Inbox::default());
        let flooding = inbox.clone();
        let chunk = vec![b'x'; 10_000];
        let flood = thread::spawn(move || (0..200).all(|_| flooding.typed(&chunk)));
        let mut heard = 0;
        while heard < 2_000_000 {
            let bytes = inbox.hear(None).unwrap().bytes.len();
            assert!(bytes < ROOM + 10_000);
            heard += bytes;
        }
        assert!(flood.join().unwrap());
    }

    #[test]
    fn offers_are_refused_without_room_and_forgotten_after_the_end() {
        let room = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let told = room.clone();
        let inbox = Inbox::with(move || {
            told.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        });
        assert!(inbox.offer(&vec![0; ROOM]) && !inbox.offer(b"x"));
        assert_eq!(inbox.hear(None).unwrap().bytes.len(), ROOM);
        assert_eq!(room.load(std::sync::atomic::Ordering::Relaxed), 1);
        assert!(inbox.offer(b"x"));
        inbox.close();
        assert!(inbox.offer(b"x") && !inbox.typed(b"x") && inbox.ending());
        assert!(inbox.hear(Some(Duration::ZERO)).is_none());
    }

    #[test]
    fn a_dragged_window_comes_to_rest() {
        let inbox = Inbox::default();
        inbox.resized(90, 30);
        assert_eq!(inbox.settled((80, 24)), (90, 30));
        inbox.resized(91, 30);
        inbox.house_changed();
        assert_eq!(inbox.settled((80, 24)), (91, 30));
        assert!(inbox.hear(None).unwrap().house, "what ended the pause is heard next");
    }
}
