//! Who of those that knock may come in to sign in: so many at once of one source and of all
//! strangers together, by chance when there are many of them, and nobody who came in vain over and
//! over.
//!
//! A source somebody has signed in from before is no stranger: however many of those there are, its
//! place is its own, and it pays no penalty.

use super::limits::{Limits, Pace};
use super::penalties::{Penalties, Vain};
use crate::office::source_of;
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Sources known at most while the server runs. Only those who have signed in add to them.
const MOST_KNOWN: usize = 4096;

/// The gate of a server.
#[derive(Debug)]
pub struct Gate {
    limits: Limits,
    inside: Mutex<Inside>,
}

#[derive(Debug)]
struct Inside {
    pace: Pace,
    penalties: Penalties,
    /// Sources somebody has signed in from.
    known: HashSet<IpAddr>,
    /// Connections of which nobody has signed in yet, by source.
    waiting: HashMap<IpAddr, usize>,
    /// Those of them that are strangers'.
    strangers: usize,
}

/// The place of a connection of which nobody has signed in yet; free again when dropped.
#[derive(Debug)]
pub struct Place {
    gate: Arc<Gate>,
    source: IpAddr,
    stranger: bool,
}

impl Gate {
    /// A gate that knows some sources.
    #[must_use]
    pub fn new(limits: Limits, known: impl IntoIterator<Item = IpAddr>) -> Arc<Self> {
        let inside = Inside {
            pace: Pace::new(&limits),
            penalties: Penalties::default(),
            known: known.into_iter().map(source_of).collect(),
            waiting: HashMap::new(),
            strangers: 0,
        };
        Arc::new(Self { limits, inside: Mutex::new(inside) })
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for somebody who knocks, or nothing. `chance` is drawn anew for each.
    pub fn enter(self: &Arc<Self>, address: IpAddr, now: Instant, chance: u8) -> Option<Place> {
        let source = source_of(address);
        let mut inside = self.inside();
        let stranger = !inside.known.contains(&source);
        let of_source = inside.waiting.get(&source).copied().unwrap_or(0);
        if of_source >= self.limits.of_source {
            return None;
        }
        if stranger {
            let kept_out = inside.penalties.keep_out(source, now)
                || refused_by_chance(&self.limits, inside.strangers, chance)
                || !inside.pace.allows(source, now);
            if kept_out {
                return None;
            }
            inside.strangers += 1;
        }
        *inside.waiting.entry(source).or_default() += 1;
        drop(inside);
        Some(Place { gate: self.clone(), source, stranger })
    }

    /// Whether somebody has signed in from there before.
    pub fn knows(&self, address: IpAddr) -> bool {
        self.inside().known.contains(&source_of(address))
    }

    /// Somebody has signed in from there.
    pub fn welcome(&self, address: IpAddr) {
        let source = source_of(address);
        let mut inside = self.inside();
        inside.penalties.forgive(source);
        if inside.known.len() < MOST_KNOWN {
            inside.known.insert(source);
        }
    }

    /// A connection from there ended of which nobody had signed in.
    pub fn in_vain(&self, address: IpAddr, vain: Vain, now: Instant) {
        self.inside().penalties.add(source_of(address), vain, now);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inside = self.gate.inside();
        if self.stranger {
            inside.strangers = inside.strangers.saturating_sub(1);
        }
        let Some(waiting) = inside.waiting.get_mut(&self.source) else { return };
        *waiting = waiting.saturating_sub(1);
        if *waiting == 0 {
            inside.waiting.remove(&self.source);
        }
    }
}

/// Random early refusal, as OpenSSH's MaxStartups has it: from `start` strangers on `rate` of a
/// hundred are refused, and ever more up to `full`, where all are.
fn refused_by_chance(limits: &Limits, strangers: usize, chance: u8) -> bool {
    let (start, rate, full) = limits.strangers;
    if strangers >= full {
        return true;
    }
    let Some(over) = strangers.checked_sub(start) else { return false };
    let percent = rate + (100 - rate.min(100)) * over / (full - start).max(1);
    usize::from(chance) * 100 < percent * 256
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn gate(strangers: (usize, usize, usize), known: &[IpAddr]) -> Arc<Gate> {
        let limits = Limits { of_source: 4, strangers, ..Limits::default() };
        Gate::new(limits, known.iter().copied())
    }

    fn at(n: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, n])
    }

    /// Those who get a place when each knocks once.
    fn placed(gate: &Arc<Gate>, from: impl Iterator<Item = IpAddr>, chance: u8) -> Vec<Place> {
        let now = Instant::now();
        from.filter_map(|address| gate.enter(address, now, chance)).collect()
    }

    #[test]
    fn one_source_has_so_many_places_and_gets_them_back() {
        let gate = gate((32, 30, 64), &[]);
        let places = placed(&gate, std::iter::repeat_n(at(1), 20), 0);
        assert_eq!(places.len(), 4);
        assert_eq!(placed(&gate, std::iter::once(at(2)), 0).len(), 1);
        drop(places);
        assert_eq!(placed(&gate, std::iter::repeat_n(at(1), 20), 0).len(), 4);
        // A network of IPv6 is one source, and an address of IPv4 is itself in either form.
        let network = (0..20).map(|n| format!("2001:db8:1:2::{n:x}").parse().unwrap());
        let network = placed(&gate, network, 0);
        let mapped = ["::ffff:192.0.2.9", "192.0.2.9"].map(|ip| ip.parse().unwrap());
        let mapped = placed(&gate, mapped.into_iter().cycle().take(20), 0);
        assert_eq!((network.len(), mapped.len()), (4, 4));
    }

    #[test]
    fn among_many_strangers_chance_decides_and_the_known_come_in() {
        let known: Vec<IpAddr> = (1..=3).map(at).collect();
        let gate = gate((10, 50, 20), &known);
        let strangers = || (100..200).map(at);
        // Whom chance is against comes in up to the start, whom it is for up to the end.
        let first = placed(&gate, strangers(), 0);
        assert_eq!(first.len(), 10);
        let second = placed(&gate, strangers(), u8::MAX);
        assert_eq!(second.len(), 10);
        assert_eq!(placed(&gate, strangers(), u8::MAX).len(), 0);
        let places = placed(&gate, known.iter().copied().cycle().take(60), 0);
        assert_eq!(places.len(), 12, "four each, beside all strangers");
        drop((first, second));
        assert_eq!(placed(&gate, strangers(), u8::MAX).len(), 20);
    }

    #[test]
    fn chances_grow_with_the_crowd() {
        let limits = Limits { strangers: (10, 30, 100), ..Limits::default() };
        let refused = |strangers| {
            (0..=u8::MAX).filter(|chance| refused_by_chance(&limits, strangers, *chance)).count()
        };
        // 30 of a hundred are 76.8 of 256; in the middle between them 65.
        assert_eq!((refused(9), refused(10), refused(55), refused(100)), (0, 77, 167, 256));
    }

    #[test]
    fn whoever_signed_in_from_there_pays_no_penalty() {
        let gate = gate((32, 30, 64), &[at(1)]);
        let now = Instant::now();
        for n in 1..=3 {
            (0..9).for_each(|_| gate.in_vain(at(n), Vain::Late, now));
        }
        gate.welcome(at(3));
        assert!(gate.enter(at(1), now, 0).is_some() && gate.enter(at(3), now, 0).is_some());
        assert!(gate.enter(at(2), now, 0).is_none());
        assert!(gate.enter(at(2), now + Duration::from_secs(90), 0).is_some());
    }
}
