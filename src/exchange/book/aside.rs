//! The thread a reader runs on. A panic of a reading library ends that thread, is told as a damaged
//! file, and prints nothing.

use super::{Rows, SheetRow};
use crate::exchange::trouble::FileTrouble;
use crate::terminal::panics;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

/// Rows handed over at once.
const AT_ONCE: usize = 256;
/// The memory of rows handed over at once, in bytes.
const MOST_AT_ONCE: usize = 1 << 20;
/// Hand-overs that may wait, so that a reader is never far ahead of whoever takes the rows.
const AHEAD: usize = 4;

/// Has a question answered on the side.
///
/// # Errors
/// What the work gives; [`FileTrouble::Unreadable`] when it panicked.
pub(super) fn ask<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FileTrouble> + Send + 'static,
) -> Result<T, FileTrouble> {
    start(work).and_then(|thread| thread.join().unwrap_or(Err(FileTrouble::Unreadable)))
}

/// What `work` hands to its argument, as rows. Dropping them ends the work.
pub(super) fn rows<'b>(
    work: impl FnOnce(&mut dyn FnMut(SheetRow) -> bool) -> Result<(), FileTrouble> + Send + 'static,
) -> Rows<'b> {
    let (mut hand, receiver) = hand();
    let done = start(move || {
        let done = work(&mut |row: SheetRow| {
            let weight = row.weight();
            hand.over(row, weight)
        });
        hand.rest();
        done
    });
    match done {
        Ok(thread) => {
            Box::new(Aside { ready: Vec::new().into_iter(), receiver, thread: Some(thread) })
        }
        Err(trouble) => Box::new(std::iter::once(Err(trouble))),
    }
}

/// A thread whose panics are told by whoever waits for it.
fn start<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FileTrouble> + Send + 'static,
) -> Result<JoinHandle<Result<T, FileTrouble>>, FileTrouble> {
    let work = move || panics::answered_for(work).unwrap_or(Err(FileTrouble::Unreadable));
    let started = Builder::new().name("read-file".to_string()).spawn(work);
    started.map_err(|error| no_thread(&error))
}

/// The machine gives no thread.
pub(in crate::exchange) fn no_thread(error: &std::io::Error) -> FileTrouble {
    FileTrouble::Machine { path: String::new(), why: error.to_string() }
}

/// The reader's side of a hand-over from one thread to another: many at once, and never far ahead.
pub(in crate::exchange) struct Hand<T> {
    waiting: Vec<T>,
    weight: usize,
    sender: SyncSender<Vec<T>>,
}

/// Both sides of a hand-over.
pub(in crate::exchange) fn hand<T>() -> (Hand<T>, Receiver<Vec<T>>) {
    let (sender, receiver) = sync_channel(AHEAD);
    (Hand { waiting: Vec::with_capacity(AT_ONCE), weight: 0, sender }, receiver)
}

impl<T> Hand<T> {
    /// Hands one over, of this weight in bytes; false when nobody takes any more.
    pub(in crate::exchange) fn over(&mut self, one: T, weight: usize) -> bool {
        self.weight += weight;
        self.waiting.push(one);
        self.waiting.len() < AT_ONCE && self.weight < MOST_AT_ONCE || self.rest()
    }

    /// Hands over what waits for others.
    pub(in crate::exchange) fn rest(&mut self) -> bool {
        self.weight = 0;
        let all = std::mem::replace(&mut self.waiting, Vec::with_capacity(AT_ONCE));
        self.sender.send(all).is_ok()
    }
}

/// The taker's side.
struct Aside {
    ready: std::vec::IntoIter<SheetRow>,
    receiver: Receiver<Vec<SheetRow>>,
    thread: Option<JoinHandle<Result<(), FileTrouble>>>,
}

impl Iterator for Aside {
    type Item = Result<SheetRow, FileTrouble>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.ready.next() {
                return Some(Ok(row));
            }
            match self.receiver.recv() {
                Ok(rows) => self.ready = rows.into_iter(),
                // The reader has ended: well, or with what it says.
                Err(_) => {
                    let ended = self.thread.take()?.join();
                    return ended.unwrap_or(Err(FileTrouble::Unreadable)).err().map(Err);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_in_order_and_a_panic_is_told() {
        let all = rows(|each| {
            for line in 1..=1000 {
                assert!(each(SheetRow::at(line, false)));
            }
            Err(FileTrouble::Empty)
        });
        let all: Vec<_> = all.collect();
        assert_eq!(all.len(), 1001);
        assert!(
            all.iter().take(1000).zip(1..).all(|(row, line)| row.as_ref().unwrap().line == line)
        );
        assert_eq!(all[1000], Err(FileTrouble::Empty));
        let all: Vec<_> = rows(|_| panic!("as a library may")).collect();
        assert_eq!(all, [Err(FileTrouble::Unreadable)]);
        assert_eq!(ask::<()>(|| panic!("as a library may")), Err(FileTrouble::Unreadable));
    }

    #[test]
    fn whoever_stops_taking_ends_the_reader() {
        let (told, heard) = std::sync::mpsc::channel();
        let mut some = rows(move |each| {
            while each(SheetRow::at(1, false)) {}
            told.send(()).map_err(|_| FileTrouble::Empty)
        });
        assert!(some.next().is_some());
        drop(some);
        heard.recv().unwrap();
    }
}
