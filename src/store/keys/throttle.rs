//! Wrong passwords slow the next attempt down, across restarts: per slot at the machine itself;
//! for those who come over the network also per address, so that a stranger who tries passwords
//! from far away keeps nobody at the counter from signing in. Sources a slot's owner has come from
//! are remembered: whatever others try from elsewhere, it costs those nothing.

use crate::record::Instant;
use crate::store::error::StoreError;
use crate::store::files::disk::{read_text, write_whole};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
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
/// Most sources remembered of one slot's owner; the one not come from for longest goes.
const MOST_SOURCES: usize = 16;
/// The longest wait, in seconds.
const LONGEST: u64 = 60;

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Attempts {
    failed: u32,
    last: Instant,
}

/// What the file holds.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    /// Wrong attempts by slot tag and address.
    #[serde(default)]
    counts: BTreeMap<String, Attempts>,
    /// Where the owner of a slot has come from, by slot tag, the latest last.
    #[serde(default)]
    sources: BTreeMap<String, Vec<String>>,
}

/// Counts of wrong attempts, and the sources of right ones.
pub struct Throttle {
    path: Option<PathBuf>,
    kept: Kept,
}

impl Throttle {
    /// Reads the counts; a file that cannot be understood counts as none, since it may not keep
    /// anybody from their station.
    pub(in crate::store) fn load(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(ATTEMPTS_FILE);
        let text = read_text(&path)?.unwrap_or_default();
        Ok(Self { path: Some(path), kept: toml::from_str(&text).unwrap_or_default() })
    }

    /// Counts that are kept nowhere.
    pub(in crate::store) fn forgetful() -> Self {
        Self { path: None, kept: Kept::default() }
    }

    /// How long to wait before the next attempt at a slot; nothing when it may be made now. `from`
    /// is an address, or empty for the machine itself.
    pub(in crate::store) fn wait(
        &mut self,
        tag: &str,
        from: &str,
        now: Instant,
    ) -> Result<Option<Duration>, StoreError> {
        let mut longest = None;
        let mut behind = false;
        for (count, free) in self.counts(tag, from) {
            let Some(attempts) = self.kept.counts.get_mut(&count) else { continue };
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
    pub(in crate::store) fn failed(
        &mut self,
        tag: &str,
        from: &str,
        now: Instant,
    ) -> Result<(), StoreError> {
        for (count, _) in self.counts(tag, from) {
            let fresh = Attempts { failed: 0, last: now };
            let attempts = self.kept.counts.entry(count).or_insert(fresh);
            attempts.failed = attempts.failed.saturating_add(1);
            attempts.last = now;
        }
        let counts = &mut self.kept.counts;
        while counts.keys().filter(|count| count.contains('@')).count() > MOST_ADDRESSES {
            let addresses = counts.iter().filter(|(count, _)| count.contains('@'));
            let oldest = addresses.min_by_key(|(_, attempts)| attempts.last);
            let Some(oldest) = oldest.map(|(count, _)| count.clone()) else { break };
            counts.remove(&oldest);
        }
        self.save()
    }

    /// Forgets the wrong attempts at a slot from where the right one came.
    pub(in crate::store) fn passed(&mut self, tag: &str, from: &str) -> Result<(), StoreError> {
        let before = self.kept.counts.len();
        for (count, _) in self.counts(tag, from) {
            self.kept.counts.remove(&count);
        }
        if self.kept.counts.len() < before { self.save() } else { Ok(()) }
    }

    /// Remembers that the owner of a slot came from somewhere.
    pub(in crate::store) fn remember(&mut self, tag: &str, from: &str) -> Result<(), StoreError> {
        let sources = self.kept.sources.entry(tag.to_string()).or_default();
        let before = sources.len();
        sources.retain(|source| source != from);
        let known = sources.len() < before;
        sources.push(from.to_string());
        if sources.len() > MOST_SOURCES {
            sources.remove(0);
        }
        // Its new place among them is written with whatever is written next.
        if known { Ok(()) } else { self.save() }
    }

    /// Every place the owner of a slot has come from.
    pub(in crate::store) fn sources(&self) -> BTreeSet<String> {
        self.kept.sources.values().flatten().cloned().collect()
    }

    /// The counts an attempt at a slot goes into, with how many of each cost nothing. Where its
    /// owner has come from before, only what was tried there itself counts.
    fn counts(&self, tag: &str, from: &str) -> Vec<(String, u32)> {
        let known = |sources: &Vec<String>| sources.iter().any(|source| source == from);
        let own = (format!("{tag}@{from}"), FREE);
        match from {
            "" => vec![(tag.to_string(), FREE)],
            _ if self.kept.sources.get(tag).is_some_and(known) => vec![own],
            _ => {
                let (everything, everybody) = (format!("@{from}"), format!("{tag}@"));
                vec![own, (everything, FREE_OF_ADDRESS), (everybody, FREE_OF_NETWORK)]
            }
        }
    }

    fn save(&self) -> Result<(), StoreError> {
        let Some(path) = &self.path else { return Ok(()) };
        let text = toml::to_string(&self.kept).map_err(|error| StoreError::BadFile {
            file: ATTEMPTS_FILE.into(),
            detail: error.to_string(),
        })?;
        write_whole(path, text.as_bytes())
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
        assert!(throttle.kept.counts.len() <= MOST_ADDRESSES);
    }

    #[test]
    fn who_came_from_there_before_waits_for_nobody_elsewhere() {
        let now = Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let mut throttle = Throttle::load(dir.path()).unwrap();
        throttle.remember("t", "192.0.2.7").unwrap();
        for n in 0..100 {
            throttle.failed("t", &format!("198.51.100.{n}"), now).unwrap();
        }
        // Other slots tried from the same address count for nothing either.
        (0..20).for_each(|n| throttle.failed(&n.to_string(), "192.0.2.7", now).unwrap());
        let mut throttle = Throttle::load(dir.path()).unwrap();
        assert_eq!(throttle.wait("t", "192.0.2.7", now).unwrap(), None);
        assert!(throttle.wait("t", "192.0.2.8", now).unwrap().is_some());
        assert!(throttle.wait("other", "192.0.2.7", now).unwrap().is_some());
        // The right password from there leaves the strangers' counts; tries from there cost.
        throttle.passed("t", "192.0.2.7").unwrap();
        assert!(throttle.wait("t", "192.0.2.8", now).unwrap().is_some());
        (0..3).for_each(|_| throttle.failed("t", "192.0.2.7", now).unwrap());
        assert!(throttle.wait("t", "192.0.2.7", now).unwrap().is_some());
    }

    #[test]
    fn so_many_sources_are_remembered_and_no_more() {
        let mut throttle = Throttle::forgetful();
        throttle.remember("t", "home").unwrap();
        for n in 0..100 {
            throttle.remember("t", &n.to_string()).unwrap();
            throttle.remember("t", "home").unwrap();
        }
        let sources = &throttle.kept.sources["t"];
        assert_eq!(sources.len(), MOST_SOURCES);
        assert!(sources.contains(&"home".into()) && sources.contains(&"99".into()));
        assert!(!sources.contains(&"1".into()));
    }
}
