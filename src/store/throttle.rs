//! Wrong passwords slow the next attempt down, per slot, across restarts.

use super::disk::{read_text, write_whole};
use super::error::StoreError;
use crate::record::Instant;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The file's name in the data folder.
pub const ATTEMPTS_FILE: &str = "attempts.toml";
/// Attempts that cost nothing.
const FREE: u32 = 3;
/// The longest wait, in seconds.
const LONGEST: u64 = 60;

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Attempts {
    failed: u32,
    last: Instant,
}

/// Counts of wrong attempts by slot tag.
pub struct Throttle {
    path: Option<PathBuf>,
    slots: BTreeMap<String, Attempts>,
}

impl Throttle {
    /// Reads the counts; a file that cannot be understood counts as none, since it may not keep
    /// anybody from their station.
    pub(super) fn load(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(ATTEMPTS_FILE);
        let text = read_text(&path)?.unwrap_or_default();
        Ok(Self { path: Some(path), slots: toml::from_str(&text).unwrap_or_default() })
    }

    /// Counts that are kept nowhere.
    pub(super) fn forgetful() -> Self {
        Self { path: None, slots: BTreeMap::new() }
    }

    /// How long to wait before the next attempt at a slot; nothing when it may be made now.
    pub(super) fn wait(&mut self, tag: &str, now: Instant) -> Result<Option<Duration>, StoreError> {
        let Some(attempts) = self.slots.get_mut(tag) else { return Ok(None) };
        let delay = delay(attempts.failed);
        let behind = now < attempts.last;
        if behind {
            // The machine's clock was set back: wait from now, not until the old time comes again.
            attempts.last = now;
        }
        let until = attempts.last + delay;
        if behind {
            self.save()?;
        }
        Ok((until - now).to_std().ok().filter(|wait| !wait.is_zero()))
    }

    /// Counts a wrong attempt.
    pub(super) fn failed(&mut self, tag: &str, now: Instant) -> Result<(), StoreError> {
        let attempts =
            self.slots.entry(tag.to_string()).or_insert(Attempts { failed: 0, last: now });
        attempts.failed = attempts.failed.saturating_add(1);
        attempts.last = now;
        self.save()
    }

    /// Forgets the wrong attempts at a slot.
    pub(super) fn passed(&mut self, tag: &str) -> Result<(), StoreError> {
        if self.slots.remove(tag).is_some() { self.save() } else { Ok(()) }
    }

    fn save(&self) -> Result<(), StoreError> {
        let Some(path) = &self.path else { return Ok(()) };
        let text = toml::to_string(&self.slots).map_err(|error| StoreError::BadFile {
            file: ATTEMPTS_FILE.into(),
            detail: error.to_string(),
        })?;
        write_whole(path, text.as_bytes())
    }
}

/// After three wrong attempts 1, 2, 4 ... 60 seconds.
fn delay(failed: u32) -> TimeDelta {
    let seconds = match failed.checked_sub(FREE) {
        None => 0,
        Some(over) => 1u64.checked_shl(over).unwrap_or(LONGEST).clamp(1, LONGEST),
    };
    TimeDelta::seconds(i64::try_from(seconds).unwrap_or(60))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeZone, Utc};

    #[test]
    fn the_series() {
        let waits: Vec<i64> = (0..12).map(|failed| delay(failed).num_seconds()).collect();
        assert_eq!(waits, [0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(delay(u32::MAX).num_seconds(), 60);
    }

    #[test]
    fn a_clock_set_back_does_not_lock_anybody_out() {
        let dir = tempfile::tempdir().unwrap();
        let now = Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap();
        let mut throttle = Throttle::load(dir.path()).unwrap();
        for _ in 0..4 {
            throttle.failed("t", now).unwrap();
        }
        let year_before = Utc.with_ymd_and_hms(2025, 1, 1, 0, 0, 0).unwrap();
        assert_eq!(throttle.wait("t", year_before).unwrap(), Some(Duration::from_secs(2)));
        let later = year_before + TimeDelta::seconds(2);
        assert_eq!(Throttle::load(dir.path()).unwrap().wait("t", later).unwrap(), None);
    }
}
