//! Sources that came in vain over and over wait outside for a while.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// How a connection ended of which nobody signed in, with what that costs its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vain {
    /// Nobody tried to.
    Silent,
    /// Every try was refused.
    Refused,
    /// The time was over.
    Late,
}

impl Vain {
    const fn costs(self) -> Duration {
        Duration::from_secs(match self {
            Self::Silent => 1,
            Self::Refused => 5,
            Self::Late => 10,
        })
    }
}

/// What does not come together to this much keeps nobody out: a slip, a client tried out.
const FREE: Duration = Duration::from_secs(15);
/// The longest that anybody waits outside.
const LONGEST: Duration = Duration::from_secs(600);
/// Sources remembered at most; those that wait the least are forgotten first.
const REMEMBERED: usize = 4096;

/// What a source has come together.
#[derive(Clone, Copy, Debug)]
struct Penalty {
    until: Instant,
    /// It keeps its source out until it has passed.
    counts: bool,
}

/// The penalties of all sources.
#[derive(Debug, Default)]
pub struct Penalties(HashMap<IpAddr, Penalty>);

impl Penalties {
    /// Somebody came from there in vain.
    pub fn add(&mut self, source: IpAddr, vain: Vain, now: Instant) {
        if self.0.len() >= REMEMBERED && !self.0.contains_key(&source) {
            self.0.retain(|_, penalty| penalty.until > now);
            let least = self.0.iter().min_by_key(|(_, penalty)| penalty.until);
            let least = least.map(|(source, _)| *source);
            if let Some(least) = least.filter(|_| self.0.len() >= REMEMBERED) {
                self.0.remove(&least);
            }
        }
        let penalty = self.0.entry(source).or_insert(Penalty { until: now, counts: false });
        penalty.counts &= penalty.until > now;
        penalty.until = (penalty.until.max(now) + vain.costs()).min(now + LONGEST);
        penalty.counts |= penalty.until >= now + FREE;
    }

    /// Whether a source waits outside now.
    pub fn keep_out(&self, source: IpAddr, now: Instant) -> bool {
        self.0.get(&source).is_some_and(|penalty| penalty.counts && penalty.until > now)
    }

    /// Somebody has signed in from there.
    pub fn forgive(&mut self, source: IpAddr) {
        self.0.remove(&source);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(n: u32) -> IpAddr {
        IpAddr::from(n.to_be_bytes())
    }

    #[test]
    fn who_comes_in_vain_over_and_over_waits() {
        let mut penalties = Penalties::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        for _ in 0..2 {
            penalties.add(source(1), Vain::Refused, at(0));
            assert!(!penalties.keep_out(source(1), at(0)));
        }
        penalties.add(source(1), Vain::Refused, at(0));
        assert!(penalties.keep_out(source(1), at(0)) && penalties.keep_out(source(1), at(14)));
        assert!(!penalties.keep_out(source(1), at(15)) && !penalties.keep_out(source(2), at(0)));
        // Afterwards the same again is free again.
        penalties.add(source(1), Vain::Refused, at(20));
        assert!(!penalties.keep_out(source(1), at(20)));
        // Now and then costs nothing; and nobody waits for longer than ten minutes.
        (0..100).for_each(|n| penalties.add(source(3), Vain::Late, at(20 * n)));
        assert!(!penalties.keep_out(source(3), at(1980)));
        (0..100).for_each(|_| penalties.add(source(3), Vain::Late, at(1980)));
        assert!(penalties.keep_out(source(3), at(2579)));
        assert!(!penalties.keep_out(source(3), at(2580)));
        (0..100).for_each(|_| penalties.add(source(4), Vain::Silent, at(0)));
        penalties.forgive(source(4));
        assert!(!penalties.keep_out(source(4), at(0)));
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let mut penalties = Penalties::default();
        let start = Instant::now();
        (0..10).for_each(|_| penalties.add(source(1), Vain::Late, start));
        (10..10_000).for_each(|n| penalties.add(source(n), Vain::Silent, start));
        assert!(penalties.0.len() <= REMEMBERED);
        assert!(penalties.keep_out(source(1), start), "the worst are remembered longest");
    }
}
