//! What measures come to, kept beside the index: a number for each key, so that asking for one costs
//! the same whether ten records are counted under it or a million.
//!
//! It moves by what each change takes away and adds, inside the door and as soon as the change has
//! its place in the journal, and goes back by just that when the disk refuses it. A record counts
//! under the other records it names, whoever those are counted as by now: a merge changes nothing
//! here, and whoever asks adds up those that are one.

use super::counting::{Counted, Keys, counted};
use super::merges::Merges;
use crate::program::{Kind, Measure, Tally};
use crate::record::Record;
use foldhash::quality::RandomState;
use smallvec::SmallVec;
use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher};

/// What one record counts for under one key of one measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    key: u64,
    /// How many, how much, or which day.
    amount: i64,
    is_day: bool,
}

/// What one record counts for, in few measures nearly always.
pub(super) type Shares = SmallVec<[Share; 8]>;

/// What a change takes away and adds.
#[derive(Debug, Default)]
pub(super) struct Moved {
    gone: Shares,
    come: Shares,
}

/// The totals of all measures.
///
/// A key is kept as 64 bits of a hash that no file knows beforehand: of a million keys two are the
/// same once in some thirty million openings.
#[derive(Debug, Default)]
pub(super) struct Totals {
    hashed: RandomState,
    sums: HashMap<u64, i64, BuildHasherDefault<AsItIs>>,
    /// For last days, how many records have each day, in order.
    days: HashMap<u64, Vec<(i64, i32)>, BuildHasherDefault<AsItIs>>,
}

/// A key is a hash already.
#[derive(Debug, Default)]
pub(super) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The hash of a key as it comes together.
pub(super) struct Hashing(<RandomState as BuildHasher>::Hasher);

impl Hashing {
    /// The next part.
    pub fn part(&mut self, part: &str) {
        part.hash(&mut self.0);
    }

    /// The whole.
    pub fn finish(&self) -> u64 {
        self.0.finish()
    }
}

impl Share {
    /// One record under a key.
    pub fn one(key: u64) -> Self {
        Self { key, amount: 1, is_day: false }
    }
}

impl Totals {
    /// Empty ones whose keys can be compared with these.
    pub fn alike(&self) -> Self {
        Self { hashed: self.hashed.clone(), ..Self::default() }
    }

    /// What a record counts for.
    pub fn shares(&self, kind: &Kind, record: &Record) -> Shares {
        if kind.measures.is_empty() {
            return Shares::new();
        }
        let as_named = Merges::default();
        let of = |measure| {
            let counted = counted(measure, kind, record, &as_named).into_iter();
            counted.map(move |counted| self.share(measure, counted))
        };
        kind.measures.iter().flat_map(of).collect()
    }

    fn share(&self, measure: &Measure, (key, amount): Counted) -> Share {
        let Some(amount) = amount else {
            return Share::one(self.key(&lacking(&measure.id), &key));
        };
        let is_day = matches!(measure.tally, Tally::Last(_));
        Share { key: self.key(&measure.id, &key), amount, is_day }
    }

    /// What the keys of a measure are hashed from.
    pub fn seed(&self, measure: &str) -> u64 {
        self.hashed.hash_one(measure)
    }

    /// Begins the hash of a key, which goes on part by part.
    pub fn begin(&self, seed: u64) -> Hashing {
        let mut hasher = self.hashed.build_hasher();
        hasher.write_u64(seed);
        Hashing(hasher)
    }

    /// The hash of a key: the measure, then part by part.
    fn key(&self, measure: &str, parts: &Keys) -> u64 {
        let mut key = self.begin(self.seed(measure));
        parts.iter().for_each(|part| key.part(part));
        key.finish()
    }

    /// What a change of a record takes away and adds.
    pub fn moved(&self, kind: &Kind, before: Option<&Record>, after: &Record) -> Moved {
        let gone = before.map(|before| self.shares(kind, before)).unwrap_or_default();
        Moved { gone, come: self.shares(kind, after) }
    }

    /// Counts what has come, and no longer what is gone.
    pub fn follow(&mut self, moved: &Moved) {
        moved.gone.iter().for_each(|share| self.take(*share));
        moved.come.iter().for_each(|share| self.add(*share));
    }

    /// Goes back by a change that was refused.
    pub fn go_back(&mut self, moved: &Moved) {
        moved.come.iter().for_each(|share| self.take(*share));
        moved.gone.iter().for_each(|share| self.add(*share));
    }

    /// Counts a share.
    pub fn add(&mut self, share: Share) {
        self.count(share, 1);
    }

    fn take(&mut self, share: Share) {
        self.count(share, -1);
    }

    /// Adds or takes a share. Refused changes of one record may go back in any order, so what is taken
    /// before it is added leaves its mark until it is.
    fn count(&mut self, Share { key, amount, is_day }: Share, times: i32) {
        if !is_day {
            self.sum(key, amount.wrapping_mul(times.into()));
            return;
        }
        let days = self.days.entry(key).or_default();
        match days.binary_search_by_key(&amount, |(day, _)| *day) {
            Ok(at) => days.iter_mut().skip(at).take(1).for_each(|(_, count)| *count += times),
            Err(at) => days.insert(at, (amount, times)),
        }
        days.retain(|(_, count)| *count != 0);
        if days.is_empty() {
            self.days.remove(&key);
        }
    }

    /// Adds to a sum. What came to nothing takes no room.
    fn sum(&mut self, key: u64, amount: i64) {
        let total = self.sums.entry(key).or_insert(0);
        *total = total.wrapping_add(amount);
        if *total == 0 {
            self.sums.remove(&key);
        }
    }

    /// What a measure comes to under a key, without what some records count for.
    pub fn without(
        &self,
        (measure, tally): (&str, &Tally),
        key: &Keys,
        without: &[Share],
    ) -> Option<i64> {
        let key = self.key(measure, key);
        let not = without.iter().filter(|share| share.key == key);
        if let Tally::Last(_) = tally {
            let days = self.days.get(&key)?;
            let besides = |day: i64| not.clone().filter(|share| share.amount == day).count();
            let left = days.iter().rev().find(|(day, count)| {
                usize::try_from(*count).is_ok_and(|count| besides(*day) < count)
            });
            return left.map(|(day, _)| *day);
        }
        let total = self.sums.get(&key).copied();
        let not = not.fold(0_i64, |sum, share| sum.wrapping_add(share.amount));
        total.or((not != 0).then_some(0)).map(|total| total.wrapping_sub(not))
    }

    /// How many records a sum counts under a key that lack their amount, without what some count for.
    pub fn lacking_without(&self, measure: &str, key: &Keys, without: &[Share]) -> i64 {
        self.without((&lacking(measure), &Tally::Count), key, without).unwrap_or(0)
    }

    /// How many keys come to something else in others of the same keys.
    pub fn differing(&self, other: &Self) -> u64 {
        let sums = self.sums.iter().filter(|(key, sum)| other.sums.get(key) != Some(sum)).count();
        let days = self.days.iter().filter(|(key, days)| other.days.get(key) != Some(days)).count();
        let more = other.sums.keys().filter(|key| !self.sums.contains_key(key)).count()
            + other.days.keys().filter(|key| !self.days.contains_key(key)).count();
        (sums + days + more) as u64
    }

    /// Bytes it takes, about, and how many keys there are.
    pub fn footprint(&self) -> (usize, usize) {
        let days = self.days.values().map(|days| days.capacity() * size_of::<(i64, i32)>());
        // A table of such a map has a byte beside each place, and one place in eight stays free.
        let bytes = self.sums.capacity() * 8 / 7 * (size_of::<(u64, i64)>() + 1)
            + self.days.capacity() * 8 / 7 * (size_of::<(u64, Vec<(i64, i32)>)>() + 1)
            + days.sum::<usize>();
        (bytes, self.sums.len() + self.days.len())
    }
}

/// What the records are counted under that a sum counts and that lack their amount: no measure can be
/// called so.
fn lacking(measure: &str) -> String {
    format!("{measure} lacking")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn share((key, amount, is_day): (u64, i64, bool)) -> Share {
        Share { key: key * 2 + u64::from(is_day), amount, is_day }
    }

    proptest! {
        /// Changes built on one another that are refused go back in any order.
        #[test]
        fn what_is_refused_goes_back_in_any_order(
            versions in prop::collection::vec((0..3_u64, 0..4_i64, any::<bool>()), 2..8),
            order in Just((0..7_usize).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            let mut totals = Totals::default();
            let versions: Vec<Share> = versions.into_iter().map(share).collect();
            totals.add(versions[0]);
            let sorted = |totals: &Totals| {
                let sums: BTreeMap<_, _> = totals.sums.clone().into_iter().collect();
                let days: BTreeMap<_, _> = totals.days.clone().into_iter().collect();
                (sums, days)
            };
            let before = sorted(&totals);
            let moved = |pair: &[Share]| Moved {
                gone: SmallVec::from_slice(&pair[..1]),
                come: SmallVec::from_slice(&pair[1..]),
            };
            let changes: Vec<Moved> = versions.windows(2).map(moved).collect();
            changes.iter().for_each(|moved| totals.follow(moved));
            order.iter().filter_map(|at| changes.get(*at)).for_each(|moved| totals.go_back(moved));
            prop_assert_eq!(sorted(&totals), before);
        }
    }
}
