//! A promise kept by the writer thread, and the ticket that waits for it.

use crate::store::error::StoreError;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

struct Slot<T> {
    state: Mutex<State<T>>,
    kept: Condvar,
}

struct State<T> {
    result: Option<Result<T, StoreError>>,
    /// Somebody waits: waking nobody costs as much as waking somebody.
    waited: bool,
}

impl<T> Slot<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a result, where there is none yet.
    fn put(&self, result: Result<T, StoreError>) {
        let mut state = self.state();
        state.result.get_or_insert(result);
        let waited = state.waited;
        drop(state);
        if waited {
            self.kept.notify_all();
        }
    }
}

/// Waits for what was submitted.
#[must_use = "nothing is saved for certain before wait() returns"]
pub struct Ticket<T>(Arc<Slot<T>>);

/// The other end of a ticket; dropped unkept it tells the ticket that the store has closed.
pub(in crate::store) struct Promise<T>(Arc<Slot<T>>);

/// A promise and its ticket.
pub(in crate::store) fn pair<T>() -> (Promise<T>, Ticket<T>) {
    let slot = Arc::new(Slot {
        state: Mutex::new(State { result: None, waited: false }),
        kept: Condvar::new(),
    });
    (Promise(slot.clone()), Ticket(slot))
}

impl<T> Ticket<T> {
    /// Blocks until the writer thread is done with it.
    ///
    /// # Errors
    /// Why it was not saved.
    pub fn wait(self) -> Result<T, StoreError> {
        let mut state = self.0.state();
        loop {
            if let Some(result) = state.result.take() {
                return result;
            }
            state.waited = true;
            state = self.0.kept.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A ticket that is already refused.
    pub(in crate::store) fn refused(error: StoreError) -> Self {
        let (promise, ticket) = pair();
        promise.keep(Err(error));
        ticket
    }
}

impl<T> Promise<T> {
    /// Resolves the ticket.
    pub fn keep(self, result: Result<T, StoreError>) {
        self.0.put(result);
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        // The ticket may already have taken its answer: then nobody reads this one.
        self.0.put(Err(StoreError::Closed));
    }
}
