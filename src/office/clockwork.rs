//! The machine's clock against what was saved: one that was set back, or lost its battery, is
//! noticed before it dates anything.
//!
//! The order of entries is that of their sequences whatever the clock says; but deadlines and
//! "today" come from the clock, so somebody is asked.

use super::{Actor, Command, Office, Receipt, Refusal};
use crate::record::{Instant, china_offset};
use crate::said;
use chrono::TimeDelta;
use std::sync::PoisonError;

/// A clock may be set right by this much without anybody being asked.
const TOLERANCE: TimeDelta = TimeDelta::minutes(2);

/// A clock that reads earlier than what was saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockDoubt {
    /// What the clock reads.
    pub now: Instant,
    /// When the newest entry was saved, by the clock of that time.
    pub newest: Instant,
}

impl ClockDoubt {
    /// Both moments, to the minute, in China's time.
    #[must_use]
    pub fn shown(&self) -> (String, String) {
        let shown =
            |at: Instant| at.with_timezone(&china_offset()).format("%Y-%m-%d %H:%M").to_string();
        (shown(self.now), shown(self.newest))
    }
}

impl Office {
    /// Whether the clock reads earlier than what was saved, and nobody has said that it is right.
    #[must_use]
    pub fn clock_doubt(&self) -> Option<ClockDoubt> {
        let newest = *self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        newest.filter(|newest| *newest - now > TOLERANCE).map(|newest| ClockDoubt { now, newest })
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

    pub(super) fn clock_must_be_right(&self) -> Result<(), Refusal> {
        let Some(doubt) = self.clock_doubt() else { return Ok(()) };
        let (now, newest) = doubt.shown();
        Err(Refusal::unavailable(
            said!(
                "本机时钟是 {now}，早于上次保存的 {newest}，暂不保存",
                "The machine's clock reads {now}, earlier than the last save at {newest}; nothing is saved for now"
            ),
            said!(
                "请先校准时钟再保存。时钟确实无误的，到系统页（0）按 c 确认；命令行加 --clock-is-right。",
                "Set the clock and save again. If it is right, say so with c on the system screen (0), or with --clock-is-right on the command line."
            ),
        )
        .at("clock"))
    }

    /// A save at this moment: later ones are measured against it.
    pub(super) fn saved_at(&self, at: Instant, whatever_before: bool) {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        *newest = match *newest {
            Some(before) if !whatever_before => Some(before.max(at)),
            _ => Some(at),
        };
    }
}
