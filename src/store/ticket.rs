//! A promise kept by the writer thread, and the ticket that waits for it.

use super::error::StoreError;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

struct Slot<T> {
    result: Mutex<Option<Result<T, StoreError>>>,
    kept: Condvar,
}

/// Waits for what was submitted.
#[must_use = "nothing is saved for certain before wait() returns"]
pub struct Ticket<T>(Arc<Slot<T>>);

/// The other end of a ticket; dropped unkept it tells the ticket that the store has closed.
pub(super) struct Promise<T>(Arc<Slot<T>>);

/// A promise and its ticket.
pub(super) fn pair<T>() -> (Promise<T>, Ticket<T>) {
    let slot = Arc::new(Slot { result: Mutex::new(None), kept: Condvar::new() });
    (Promise(slot.clone()), Ticket(slot))
}

impl<T> Ticket<T> {
    /// Blocks until the writer thread is done with it.
    ///
    /// # Errors
    /// Why it was not saved.
    pub fn wait(self) -> Result<T, StoreError> {
        let mut result = self.0.result.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(result) = result.take() {
                return result;
            }
            result = self.0.kept.wait(result).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A ticket that is already refused.
    pub(super) fn refused(error: StoreError) -> Self {
        let (promise, ticket) = pair();
        promise.keep(Err(error));
        ticket
    }
}

impl<T> Promise<T> {
    /// Resolves the ticket.
    pub fn keep(self, result: Result<T, StoreError>) {
        self.put(result);
    }

    fn put(&self, result: Result<T, StoreError>) {
        let mut slot = self.0.result.lock().unwrap_or_else(PoisonError::into_inner);
        slot.get_or_insert(result);
        drop(slot);
        self.0.kept.notify_all();
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        let mut slot = self.0.result.lock().unwrap_or_else(PoisonError::into_inner);
        // The ticket may already have taken its answer: then nobody reads this one.
        slot.get_or_insert(Err(StoreError::Closed));
        drop(slot);
        self.0.kept.notify_all();
    }
}
