//! Work on a thread of its own behind a screen, so that the keys are answered meanwhile. Sessions
//! hear how far it is as they hear of every change.

use crate::office::Office;
use crate::store::Progress;
use crate::terminal::panics;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// What the work sees of whoever waits for it.
#[derive(Default)]
pub struct Going {
    /// Set when it is to stop before the next step; an answer still comes.
    pub stop: AtomicBool,
    /// How far it is.
    pub progress: Progress,
}

struct Shared<T> {
    going: Going,
    answer: Mutex<Option<T>>,
}

/// Work going on. Dropped, it stops before the next step.
pub struct Behind<T> {
    shared: Arc<Shared<T>>,
}

impl<T> Drop for Behind<T> {
    fn drop(&mut self) {
        self.stop();
    }
}

impl<T: Send + 'static> Behind<T> {
    /// Begins on a thread of this name; `failed` is the answer of work that met a program error.
    ///
    /// # Errors
    /// When the machine has no room for a thread.
    pub fn begin(
        name: &str,
        office: &Office,
        failed: impl FnOnce() -> T + Send + 'static,
        work: impl FnOnce(&Going) -> T + Send + 'static,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared { going: Going::default(), answer: Mutex::default() });
        shared.going.progress.tell(office.teller());
        let behind = Self { shared: shared.clone() };
        thread::Builder::new().name(name.into()).spawn(move || {
            let answer = panics::answered_for(|| work(&shared.going)).unwrap_or_else(failed);
            *shared.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
            shared.going.progress.end();
        })?;
        Ok(behind)
    }
}

impl<T> Behind<T> {
    /// Asks it to stop before the next step; an answer still comes.
    pub fn stop(&self) {
        self.shared.going.stop.store(true, Ordering::Relaxed);
    }

    /// What came of it, once.
    pub fn answer(&self) -> Option<T> {
        self.shared.answer.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// How far it is: steps done and steps in all; 0 in all while nobody knows.
    pub fn counts(&self) -> (u64, u64) {
        self.shared.going.progress.counts()
    }
}
