//! The clock of the demo: it runs through the invented weeks first, then follows the real one.

use crate::calendar::Calendar;
use crate::record::{Clock, Instant};
use chrono::{Datelike, Days, NaiveDate, TimeDelta};
use std::sync::{Arc, Mutex, PoisonError};

/// More days than the almanac's working days take, over the longest holidays.
const TOLD_DAYS: u64 = 90;

/// A clock that is set while the past is being told and runs afterwards.
pub(super) struct DemoClock {
    real: Arc<dyn Clock>,
    /// How far the demo lies behind the real clock: nothing, unless no holiday file covers today.
    behind: TimeDelta,
    told: Mutex<Option<Instant>>,
}

impl DemoClock {
    /// A clock that will follow `real`. Working days cannot be counted in a year without a
    /// holiday file; then the demo plays in December of the nearest year that has one.
    pub fn new(real: Arc<dyn Clock>, calendar: &Calendar) -> Self {
        let behind = behind(real.today(), calendar);
        Self { real, behind, told: Mutex::new(None) }
    }

    /// Sets the clock to a moment of the past.
    pub fn set(&self, at: Instant) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some(at);
    }

    /// Lets the clock run from now on.
    pub fn follow(&self) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Clock for DemoClock {
    fn now(&self) -> Instant {
        let told = *self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.unwrap_or_else(|| self.real.now() - self.behind)
    }
}

fn behind(today: NaiveDate, calendar: &Calendar) -> TimeDelta {
    let known = |day: NaiveDate| calendar.year(day.year()).is_ok();
    let first = today.checked_sub_days(Days::new(TOLD_DAYS)).unwrap_or(today);
    if known(today) && known(first) {
        return TimeDelta::zero();
    }
    let distance = |year: &i32| (year - today.year()).abs();
    let nearest = calendar.years().min_by_key(distance);
    let december = nearest.and_then(|year| NaiveDate::from_ymd_opt(year, 12, 15));
    december.map_or(TimeDelta::zero(), |day| today - day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::FixedClock;
    use chrono::{TimeZone, Utc};

    #[test]
    fn tells_the_past_and_then_follows() {
        let now = Utc.with_ymd_and_hms(2025, 10, 15, 2, 0, 0).unwrap();
        let real = Arc::new(FixedClock::new(now));
        let clock = DemoClock::new(real.clone(), &Calendar::built_in());
        assert_eq!(clock.now(), now);
        let past = now - TimeDelta::days(30);
        clock.set(past);
        assert_eq!(clock.now(), past);
        clock.follow();
        real.set(now + TimeDelta::hours(1));
        assert_eq!(clock.now(), now + TimeDelta::hours(1));
    }

    #[test]
    fn a_year_without_holidays_is_played_in_the_nearest_that_has_them() {
        let calendar = Calendar::built_in();
        let (first, last) = (calendar.years().min().unwrap(), calendar.years().max().unwrap());
        let played = |year, month, day| {
            let real = Utc.with_ymd_and_hms(year, month, day, 2, 0, 0).unwrap();
            DemoClock::new(Arc::new(FixedClock::new(real)), &calendar).today()
        };
        let december = |year| NaiveDate::from_ymd_opt(year, 12, 15).unwrap();
        assert_eq!(played(last + 5, 3, 4), december(last));
        assert_eq!(played(1970, 1, 1), december(first));
        // The weeks before lie in a year without a file.
        assert_eq!(played(first, 1, 5), december(first));
        assert_eq!(played(last, 3, 1), NaiveDate::from_ymd_opt(last, 3, 1).unwrap());
    }
}
