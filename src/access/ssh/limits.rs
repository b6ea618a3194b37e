//! How much of the server anybody may have.
//!
//! Limits are for the machine's sake, not for keeping people out: an office behind one address
//! has dozens of windows, and none of these numbers is reached by it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// What the server allows.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Connections at once from one source of which nobody has signed in yet.
    pub of_source: usize,
    /// The same from all sources together that nobody has signed in from before, as OpenSSH's
    /// MaxStartups: from the first number on so many of a hundred are refused, at the last all.
    pub strangers: (usize, usize, usize),
    /// How long signing in may take, from the connection on.
    pub grace: Duration,
    /// Refused sign-ins before a connection ends.
    pub attempts: usize,
    /// Sessions and commands at once in one connection.
    pub channels: usize,
    /// How long a command waits for more of its input.
    pub stall: Duration,
    /// Connections one source may make at once.
    pub burst: u32,
    /// How long until one source may make one more.
    pub pace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 256,
            of_source: 24,
            strangers: (32, 30, 96),
            grace: Duration::from_secs(60),
            attempts: 6,
            channels: 8,
            stall: Duration::from_secs(60),
            burst: 40,
            pace: Duration::from_millis(500),
        }
    }
}

/// Addresses remembered at most; those that have been quiet for longest are forgotten first.
const REMEMBERED: usize = 4096;

/// How often each address may connect: a bucket that fills while it is quiet.
#[derive(Debug)]
pub struct Pace {
    burst: u32,
    pace: Duration,
    /// When the bucket of an address will be full again.
    full: HashMap<IpAddr, Instant>,
}

impl Pace {
    /// Nobody has connected yet.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self { burst: limits.burst, pace: limits.pace, full: HashMap::new() }
    }

    /// Whether an address may connect now; if so, counts it.
    pub fn allows(&mut self, address: IpAddr, now: Instant) -> bool {
        if self.full.len() >= REMEMBERED && !self.full.contains_key(&address) {
            self.full.retain(|_, full| *full > now);
            // A crowd of strangers shuts out nobody who comes after it.
            let first = self.full.iter().min_by_key(|(_, full)| **full);
            let first = first.map(|(address, _)| *address);
            if let Some(first) = first.filter(|_| self.full.len() >= REMEMBERED) {
                self.full.remove(&first);
            }
        }
        let full = self.full.entry(address).or_insert(now);
        let next = (*full).max(now) + self.pace;
        let allowed = next.saturating_duration_since(now) <= self.pace * self.burst;
        if allowed {
            *full = next;
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_allowed_and_then_one_at_a_time() {
        let limits = Limits { burst: 3, pace: Duration::from_secs(1), ..Limits::default() };
        let mut pace = Pace::new(&limits);
        let (here, there) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let allowed = |pace: &mut Pace, address, seconds| pace.allows(address, at(seconds));
        assert!((0..3).all(|_| allowed(&mut pace, here, 0)));
        assert!(!allowed(&mut pace, here, 0));
        assert!(allowed(&mut pace, there, 0), "others are not slowed down");
        assert!(allowed(&mut pace, here, 1) && !allowed(&mut pace, here, 1));
        assert!((0..3).all(|_| allowed(&mut pace, here, 100)));
        assert!(!allowed(&mut pace, here, 100));
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let mut pace = Pace::new(&Limits::default());
        let start = Instant::now();
        for n in 0..10_000_u32 {
            assert!(pace.allows(IpAddr::from(n.to_be_bytes()), start), "nobody is shut out");
        }
        assert!(pace.full.len() <= REMEMBERED);
    }
}
