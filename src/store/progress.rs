//! How far long work is, for whoever shows it: a bar on the command line, the bottom line in the
//! app. Work that nobody watches writes here all the same.
//!
//! Whoever only draws when something changed is told at every few percent, never in between.

use super::Told;
use crate::words::Said;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// Percent between two tellings.
const STEP: u64 = 5;

/// What is going on, and how much of it is done.
#[derive(Default)]
pub struct Progress {
    what: Mutex<Option<Said>>,
    done: AtomicU64,
    total: AtomicU64,
    told: OnceLock<Told>,
}

impl Progress {
    /// Who is told; the first to ask is.
    pub fn tell(&self, told: Told) {
        let _ = self.told.set(told);
    }

    fn changed(&self) {
        if let Some(told) = self.told.get() {
            told();
        }
    }

    fn what(&self) -> MutexGuard<'_, Option<Said>> {
        self.what.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Work of `total` steps begins; 0 when nobody knows how many.
    pub fn begin(&self, what: Said, total: u64) {
        *self.what() = Some(what);
        self.done.store(0, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
        self.changed();
    }

    /// So many steps are done.
    pub fn at(&self, done: u64) {
        let before = self.done.swap(done, Ordering::Relaxed);
        let total = self.total.load(Ordering::Relaxed).max(1);
        if before.saturating_mul(100 / STEP) / total != done.saturating_mul(100 / STEP) / total {
            self.changed();
        }
    }

    /// Nothing is going on any more.
    pub fn end(&self) {
        *self.what() = None;
        self.changed();
    }

    /// Steps done, and in all; 0 in all when nobody knows how many.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    /// What is going on, and its percent where that is known.
    #[must_use]
    pub fn shown(&self) -> Option<(Said, Option<u8>)> {
        let what = self.what().clone()?;
        let (done, total) = self.counts();
        let percent = done.saturating_mul(100).checked_div(total).map(|share| share.min(100));
        Some((what, percent.and_then(|percent| u8::try_from(percent).ok())))
    }
}
