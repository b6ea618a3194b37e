//! How sessions hear that something changed: a bounded signal, never a queue of changes.

use super::Office;
use crate::store::Told;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, PoisonError};

/// Tells every subscriber "something changed"; a subscriber that has not looked yet is not told
/// twice, so nothing piles up behind a slow one.
#[derive(Default)]
pub struct News {
    listeners: Mutex<Vec<SyncSender<()>>>,
}

impl News {
    /// A new listener. It hears at most one signal until it takes it.
    #[must_use]
    pub fn subscribe(&self) -> Receiver<()> {
        let (sender, receiver) = sync_channel(1);
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        receiver
    }

    /// Tells everybody who still listens.
    pub fn announce(&self) {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).retain(|listener| {
            !matches!(listener.try_send(()), Err(TrySendError::Disconnected(())))
        });
    }
}

impl Office {
    /// What tells every session that something changed, for long work that a screen shows and does
    /// not do itself.
    #[must_use]
    pub fn teller(&self) -> Told {
        let news = self.news.clone();
        Arc::new(move || news.announce())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_signal_waits_however_much_changes() {
        let news = News::default();
        let hears = news.subscribe();
        news.announce();
        news.announce();
        assert!(hears.try_recv().is_ok());
        assert!(hears.try_recv().is_err());
        drop(hears);
        news.announce();
        assert!(news.listeners.lock().unwrap().is_empty());
    }
}
