//! How far the index is filled.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

/// How far the index is.
pub(super) struct Filling {
    complete: Mutex<bool>,
    done: Condvar,
    percent: AtomicU8,
    /// The thread that fills it, which holds the office as long as it runs.
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Filling {
    /// It has not begun.
    pub fn new() -> Self {
        Self {
            complete: Mutex::new(false),
            done: Condvar::new(),
            percent: AtomicU8::new(0),
            thread: Mutex::default(),
        }
    }

    /// Waits until the index is complete: duplicates cannot be ruled out before.
    pub fn wait(&self) {
        let mut complete = self.complete.lock().unwrap_or_else(PoisonError::into_inner);
        while !*complete {
            complete = self.done.wait(complete).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// How much of it is filled, from 0 to 99; nothing once it is complete.
    pub fn percent(&self) -> Option<u8> {
        let percent = self.percent.load(Ordering::Relaxed);
        (percent < 100).then_some(percent)
    }

    /// Says how much is filled.
    pub fn tell(&self, percent: u8) {
        self.percent.store(percent, Ordering::Relaxed);
    }

    /// The thread that fills it.
    pub fn is_done_by(&self, thread: JoinHandle<()>) {
        *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
    }

    /// Takes the thread, to wait for its end.
    pub fn take_thread(&self) -> Option<JoinHandle<()>> {
        self.thread.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// It is complete.
    pub fn finish(&self) {
        self.tell(100);
        *self.complete.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.done.notify_all();
    }
}
