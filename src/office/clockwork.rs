//! The machine's clock against what was saved: one that was set back, lost its battery, or ran far
//! ahead is noticed.
//!
//! The order of entries is that of their sequences whatever the clock says; but waits, deadlines
//! and "today" come from the clock. So work goes on with its entries marked, while nothing is
//! decided and no wait counts until an administrator says that the clock is right.

use super::{Actor, Command, Office, Receipt, Refusal};
use crate::program::Move;
use crate::record::{Instant, china_offset};
use crate::said;
use crate::store::{Entry, Op};
use chrono::TimeDelta;
use std::sync::PoisonError;

/// A clock may be set right by this much without anybody being asked.
const TOLERANCE: TimeDelta = TimeDelta::minutes(2);

/// A station where nothing was saved for longer than this is asked about its clock: it may have
/// run ahead. Longer than the longest holiday.
const LONGEST_PAUSE: TimeDelta = TimeDelta::days(31);

/// The key of the note that marks an entry saved while the clock was in doubt.
const DOUBTED: &str = crate::store::CLOCK_DOUBTED;

/// A clock that reads earlier than what was saved, or much later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockDoubt {
    /// What the clock reads.
    pub now: Instant,
    /// When the newest entry was saved, by the clock of that time.
    pub newest: Instant,
}

impl ClockDoubt {
    /// Whether the clock reads earlier than what was saved; else it reads much later.
    #[must_use]
    pub fn is_back(&self) -> bool {
        self.now < self.newest
    }

    /// Both moments, to the minute, in China's time.
    #[must_use]
    pub fn shown(&self) -> (String, String) {
        let shown =
            |at: Instant| at.with_timezone(&china_offset()).format("%Y-%m-%d %H:%M").to_string();
        (shown(self.now), shown(self.newest))
    }
}

impl Office {
    /// Whether the clock reads earlier than what was saved, or much later, and no administrator has
    /// said that it is right.
    #[must_use]
    pub fn clock_doubt(&self) -> Option<ClockDoubt> {
        let newest = *self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        newest
            .filter(|newest| *newest - now > TOLERANCE || now - *newest > LONGEST_PAUSE)
            .map(|newest| ClockDoubt { now, newest })
    }

    /// Somebody says that the clock is right: that is journaled, and saving goes on by it.
    ///
    /// # Errors
    /// For a role that may not, or what the machine gives.
    pub fn accept_clock(&self, actor: &Actor) -> Result<Option<Receipt>, Refusal> {
        match self.clock_doubt() {
            None => Ok(None),
            Some(_) => self.perform(actor, Command::AcceptClock).map(Some),
        }
    }

    /// Refuses what decides, or waits for a day, while the clock is in doubt.
    pub(super) fn clock_must_be_sure(&self, step: &Move) -> Result<(), Refusal> {
        let decides = step.not_by_author || step.not_before.is_some();
        let Some(doubt) = self.clock_doubt().filter(|_| decides) else { return Ok(()) };
        let (now, newest) = doubt.shown();
        Err(Refusal::unavailable(
            said!(
                "本机时钟是 {now}，上次保存是 {newest}，时钟没有确认前不作决定",
                "The machine's clock reads {now}, the last save was at {newest}; nothing is decided until the clock is settled"
            ),
            said!(
                "登记可以照常进行，会注明。请校准时钟；确实无误的，由管理员在系统页（0）按 c 确认，或在命令行加 --clock-is-right。",
                "Entering goes on and is marked. Set the clock; if it is right, an administrator says so with c on the system screen (0), or with --clock-is-right on the command line."
            ),
        )
        .at("clock"))
    }

    /// What an entry carries while the clock is in doubt.
    pub(super) fn doubt_note(&self) -> Option<(String, String)> {
        let doubt = self.clock_doubt()?;
        Some((DOUBTED.to_string(), doubt.newest.to_rfc3339()))
    }

    /// A save at this moment: later ones are measured against it, unless the clock is in doubt.
    pub(super) fn saved_at(&self, at: Instant, is_right: bool) {
        if !is_right && self.clock_doubt().is_some() {
            return;
        }
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        *newest = match *newest {
            Some(before) if !is_right => Some(before.max(at)),
            _ => Some(at),
        };
    }

    /// Finds the newest entry whose clock was not in doubt.
    pub(super) fn find_newest(&self) {
        let mut seq = self.store.head().0;
        while let Some(entry) = self.store.entry(seq).ok().flatten() {
            if !is_doubted(&entry) {
                return self.saved_at(entry.time, true);
            }
            let Some(before) = seq.checked_sub(1) else { return };
            seq = before;
        }
    }
}

/// Whether an entry was saved while the clock was in doubt.
pub(super) fn is_doubted(entry: &Entry) -> bool {
    entry.ops.iter().any(|op| matches!(op, Op::Note(note) if note.contains_key(DOUBTED)))
}
