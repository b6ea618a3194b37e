//! Turns at what only a few may do at a time.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Lets so many in, the others in the order they came.
#[derive(Debug)]
pub struct Turns {
    at_once: u64,
    /// Turns taken or waited for, and turns that are over.
    counts: Mutex<(u64, u64)>,
    over: Condvar,
}

/// A turn, until it is dropped.
#[derive(Debug)]
pub struct InTurn<'t>(&'t Turns);

impl Turns {
    /// Turns for so many at a time.
    #[must_use]
    pub const fn of(at_once: u64) -> Self {
        Self { at_once, counts: Mutex::new((0, 0)), over: Condvar::new() }
    }

    fn counts(&self) -> MutexGuard<'_, (u64, u64)> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a turn.
    pub fn take(&self) -> InTurn<'_> {
        let mut counts = self.counts();
        let mine = counts.0;
        counts.0 += 1;
        while mine >= counts.1 + self.at_once {
            counts = self.over.wait(counts).unwrap_or_else(PoisonError::into_inner);
        }
        InTurn(self)
    }

    /// A turn, where one is free and nobody waits for it.
    pub fn free(&self) -> Option<InTurn<'_>> {
        let mut counts = self.counts();
        let free = counts.0 < counts.1 + self.at_once;
        free.then(|| {
            counts.0 += 1;
            InTurn(self)
        })
    }
}

impl Drop for InTurn<'_> {
    fn drop(&mut self) {
        self.0.counts().1 += 1;
        self.0.over.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    #[test]
    fn never_more_than_two_are_inside() {
        let (turns, inside) = (Turns::of(2), AtomicUsize::new(0));
        let (told, tells) = mpsc::channel();
        let mut doors = Vec::new();
        std::thread::scope(|scope| {
            for number in 0..4_u64 {
                let (door, opens) = mpsc::channel::<()>();
                doors.push(door);
                let (told, turns, inside) = (told.clone(), &turns, &inside);
                scope.spawn(move || {
                    let turn = turns.take();
                    told.send((number, inside.fetch_add(1, Ordering::SeqCst) + 1)).unwrap();
                    opens.recv().unwrap();
                    inside.fetch_sub(1, Ordering::SeqCst);
                    drop(turn);
                });
                // One after another, so that their order is known.
                while turns.counts().0 <= number {
                    std::thread::yield_now();
                }
            }
            let mut first: Vec<u64> = tells.iter().take(2).map(|(number, _)| number).collect();
            first.sort_unstable();
            assert_eq!(first, [0, 1]);
            // Four came and two are inside; the others wait until one goes, in order.
            assert!(tells.try_recv().is_err());
            for (goes, comes) in [(1, 2), (0, 3)] {
                doors[goes].send(()).unwrap();
                assert_eq!(tells.recv().unwrap(), (comes, 2));
                assert!(tells.try_recv().is_err());
            }
            doors[2].send(()).unwrap();
            doors[3].send(()).unwrap();
        });
        assert_eq!(inside.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn a_free_turn_is_taken_without_waiting() {
        let turns = Turns::of(1);
        let one = turns.free();
        assert!(one.is_some() && turns.free().is_none());
        drop(one);
        assert!(turns.free().is_some());
    }
}
