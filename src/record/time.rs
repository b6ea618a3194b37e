//! Moments, civil dates, and the clock, which is always a parameter.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use std::sync::Mutex;

/// A moment in UTC.
pub type Instant = DateTime<Utc>;

/// Hours China is ahead of UTC; there has been no summer time since 1991.
pub const CHINA_OFFSET_HOURS: i32 = 8;

/// The offset civil dates and shown times use.
#[must_use]
pub fn china_offset() -> FixedOffset {
    FixedOffset::east_opt(CHINA_OFFSET_HOURS * 3600).unwrap_or_else(|| {
        // Eight hours is always a valid offset; zero is the harmless answer to the impossible.
        FixedOffset::east_opt(0).unwrap_or(chrono::Offset::fix(&Utc))
    })
}

/// The civil date in China at a moment.
#[must_use]
pub fn china_date(at: Instant) -> NaiveDate {
    at.with_timezone(&china_offset()).date_naive()
}

/// Where the present moment comes from.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Instant;

    /// Today's civil date in China.
    fn today(&self) -> NaiveDate {
        china_date(self.now())
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)] // the one place that reads the machine's clock
    fn now(&self) -> Instant {
        Utc::now()
    }
}

/// A clock that stands still until it is set, for tests, replays and the demo's history.
#[derive(Debug)]
pub struct FixedClock(Mutex<Instant>);

impl FixedClock {
    /// A clock standing at `at`.
    #[must_use]
    pub fn new(at: Instant) -> Self {
        Self(Mutex::new(at))
    }

    /// Moves the clock.
    pub fn set(&self, at: Instant) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = at;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Instant {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
