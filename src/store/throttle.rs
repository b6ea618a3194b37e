//! Wrong passwords slow the next attempt down, across restarts: per slot at the machine itself;
//! for those who come over the network also per address, so that a stranger who tries passwords
//! from far away keeps nobody at the counter from signing in.

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
/// Attempts at one slot from one place that cost nothing.
const FREE: u32 = 3;
/// Attempts from one address, at whatever slots, that cost nothing.
const FREE_OF_ADDRESS: u32 = 12;
/// Attempts at one slot from all addresses together that cost nothing.
const FREE_OF_NETWORK: u32 = 30;
/// Most counts of addresses kept; the oldest go.
const MOST_ADDRESSES: usize = 512;
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

    /// How long to wait before the next attempt at a slot; nothing when it may be made now. `from`
    /// is an address, or empty for the machine itself.
    pub(super) fn wait(
        &mut self,
        tag: &str,
        from: &str,
        now: Instant,
    ) -> Result<Option<Duration>, StoreError> {
        let mut longest = None;
        let mut behind = false;
        for (count, free) in counts(tag, from) {
            let Some(attempts) = self.slots.get_mut(&count) else { continue };
            if now < attempts.last {
                // The machine's clock was set back: wait from now, not until the old time comes
                // again.
                attempts.last = now;
                behind = true;
            }
            let until = attempts.last + delay(attempts.failed, free);
            let wait = (until - now).to_std().ok().filter(|wait| !wait.is_zero());
            longest = longest.max(wait);
        }
        if behind {
            self.save()?;
        }
        Ok(longest)
    }

    /// Counts a wrong attempt.
    pub(super) fn failed(&mut self, tag: &str, from: &str, now: Instant) -> Result<(), StoreError> {
        for (count, _) in counts(tag, from) {
            let attempts = self.slots.entry(count).or_insert(Attempts { failed: 0, last: now });
            attempts.failed = attempts.failed.saturating_add(1);
            attempts.last = now;
        }
        while self.slots.keys().filter(|count| count.contains('@')).count() > MOST_ADDRESSES {
            let addresses = self.slots.iter().filter(|(count, _)| count.contains('@'));
            let oldest = addresses.min_by_key(|(_, attempts)| attempts.last);
            let Some(oldest) = oldest.map(|(count, _)| count.clone()) else { break };
            self.slots.remove(&oldest);
        }
        self.save()
    }

    /// Forgets the wrong attempts at a slot from where the right one came.
    pub(super) fn passed(&mut self, tag: &str, from: &str) -> Result<(), StoreError> {
        let before = self.slots.len();
        for (count, _) in counts(tag, from) {
            self.slots.remove(&count);
        }
        if self.slots.len() < before { self.save() } else { Ok(()) }
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

/// The counts an attempt at a slot goes into, with how many of each cost nothing.
fn counts(tag: &str, from: &str) -> Vec<(String, u32)> {
    match from {
        "" => vec![(tag.to_string(), FREE)],
        from => vec![
            (format!("{tag}@{from}"), FREE),
            (format!("@{from}"), FREE_OF_ADDRESS),
            (format!("{tag}@"), FREE_OF_NETWORK),
        ],
    }
}

/// After the free attempts 1, 2, 4 ... 60 seconds.
fn delay(failed: u32, free: u32) -> TimeDelta {
    let seconds = match failed.checked_sub(free) {
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
        let waits: Vec<i64> = (0..12).map(|failed| delay(failed, FREE).num_seconds()).collect();
        assert_eq!(waits, [0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(delay(u32::MAX, FREE).num_seconds(), 60);
    }

    #[test]
    fn a_clock_set_back_does_not_lock_anybody_out() {
        let dir = tempfile::tempdir().unwrap();
        let now = Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap();
        let mut throttle = Throttle::load(dir.path()).unwrap();
        for _ in 0..4 {
            throttle.failed("t", "", now).unwrap();
        }
        let year_before = Utc.with_ymd_and_hms(2025, 1, 1, 0, 0, 0).unwrap();
        assert_eq!(throttle.wait("t", "", year_before).unwrap(), Some(Duration::from_secs(2)));
        let later = year_before + TimeDelta::seconds(2);
        assert_eq!(Throttle::load(dir.path()).unwrap().wait("t", "", later).unwrap(), None);
    }

    #[test]
    fn a_stranger_far_away_keeps_nobody_out() {
        let now = Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap();
        let mut throttle = Throttle::forgetful();
        let far = |address: &str, tag: &str, throttle: &mut Throttle| {
            let wait = throttle.wait(tag, address, now).unwrap();
            throttle.failed(tag, address, now).unwrap();
            wait
        };
        for _ in 0..3 {
            assert_eq!(far("192.0.2.7", "t", &mut throttle), None);
        }
        assert!(far("192.0.2.7", "t", &mut throttle).is_some());
        // The counter and another address are free.
        for address in ["", "192.0.2.8"] {
            assert_eq!(throttle.wait("t", address, now).unwrap(), None, "{address}");
        }
        // One address at many slots, and many addresses at one slot, wait too; the counter never.
        let many = (0..20).filter(|n| far("192.0.2.9", &n.to_string(), &mut throttle).is_some());
        assert_eq!(many.count(), 8);
        let many =
            (0..40).filter(|n| far(&format!("198.51.100.{n}"), "s", &mut throttle).is_some());
        assert_eq!(many.count(), 10);
        assert_eq!(throttle.wait("s", "", now).unwrap(), None);
        // However many there are, the file stays small.
        for n in 0..2_000 {
            far(&format!("2001:db8:{n:x}::"), "t", &mut throttle);
        }
        assert!(throttle.slots.len() <= MOST_ADDRESSES);
    }
}
