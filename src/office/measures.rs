//! Measures and bounds: what records come to by a key, and what no change may pass.
//!
//! What a measure comes to is kept beside the index and moves inside the door (`totals.rs`). A bound
//! is asked there, with everything a change makes of it, so two changes cannot pass together what
//! each alone could.

use super::Refusal;
use super::counting::{Counted, Keys, counted};
use super::plan::{Door, Plan};
use super::totals::Moved;
use crate::areas::Measured;
use crate::directory::{Filter, Sort};
use crate::program::{Field, KeyPart, Kind, Measure, MeasureKey, Tally};
use crate::record::{Record, RecordId};
use crate::said;
use crate::store::NewOp;
use crate::words::Said;
use smallvec::SmallVec;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::PoisonError;

/// What a change makes of a measure under one key.
#[derive(Default)]
struct Changed {
    before: i64,
    after: i64,
}

impl super::Office {
    /// Refuses what would pass a bound; gives what the change takes away from measures and adds.
    pub(super) fn bounds_hold(&self, _inside: &Door, plan: &Plan) -> Result<Vec<Moved>, Refusal> {
        let mut all = Vec::new();
        let mut changed: BTreeMap<&str, Vec<(Option<Record>, &Record)>> = BTreeMap::new();
        for op in &plan.ops {
            let NewOp::Put(record) = op else { continue };
            let counted = self.catalogue.kind(&record.kind).filter(|it| !it.measures.is_empty());
            let Some(kind) = counted else { continue };
            let before = self.inside(&kind.id, record.id)?;
            all.push(self.totals().moved(kind, before.as_ref(), record));
            changed.entry(&kind.id).or_default().push((before, record));
        }
        for (kind, changed) in changed {
            let kind = self.kind(kind)?;
            for measure in kind.measures.iter().filter(|it| it.is_bound()) {
                self.bound_holds(kind, measure, &changed)?;
            }
        }
        Ok(all)
    }

    fn bound_holds(
        &self,
        kind: &Kind,
        measure: &Measure,
        changed: &[(Option<Record>, &Record)],
    ) -> Result<(), Refusal> {
        let mut keys: BTreeMap<Keys, Changed> = BTreeMap::new();
        for (before, record) in changed {
            // What is not known neither fills a bound nor passes one.
            for (key, amount) in self.counted(measure, kind, record) {
                let changed = keys.entry(key).or_default();
                changed.after = changed.after.saturating_add(amount.unwrap_or(0));
            }
            let before = before.iter().flat_map(|it| self.counted(measure, kind, it));
            for (key, amount) in before {
                let changed = keys.entry(key).or_default();
                changed.before = changed.before.saturating_add(amount.unwrap_or(0));
            }
        }
        for (key, Changed { before, after }) in keys {
            let rises = after > before && measure.at_most.is_some();
            let falls = after < before && measure.at_least.is_some();
            if !rises && !falls {
                continue;
            }
            let now = self.total(kind, measure, &key, &[]).unwrap_or(0);
            // A number too large to add up is above everything.
            let total = now.checked_sub(before).and_then(|others| others.checked_add(after));
            let total = total.unwrap_or(if rises { i64::MAX } else { i64::MIN });
            let above = measure.at_most.filter(|most| rises && total > *most);
            let below = measure.at_least.filter(|least| falls && total < *least);
            if let Some(bound) = above.or(below) {
                let but: Vec<RecordId> = changed.iter().map(|(_, record)| record.id).collect();
                let one = self.one_counted(kind, measure, &key, &but)?;
                return Err(passed(kind, measure, (total, bound), one.as_deref()));
            }
        }
        Ok(())
    }

    /// What a measure comes to under a key, without some records that count in it now.
    pub(super) fn total(
        &self,
        kind: &Kind,
        measure: &Measure,
        key: &Keys,
        without: &[&Record],
    ) -> Option<i64> {
        let totals = self.totals();
        let not: Vec<_> = without.iter().flat_map(|record| totals.shares(kind, record)).collect();
        let of = |key: &Keys| totals.without((&measure.id, &measure.tally), key, &not);
        let mut found = None;
        for key in self.counted_as_one(kind, measure, key) {
            if let Some(amount) = of(&key) {
                found = Some(measure.tally.and(found, amount));
            }
        }
        found
    }

    /// A key, and those of the records that are counted as the ones it names.
    fn counted_as_one(&self, kind: &Kind, measure: &Measure, key: &Keys) -> Vec<Keys> {
        let merges = self.merges();
        let mut keys: Vec<Keys> = vec![Keys::new()];
        for (part, value) in measure.per.iter().zip(key) {
            let mut values = vec![value.clone()];
            if kind.field_at(&part.field).is_some_and(Field::is_reference) {
                let id = uuid::Uuid::parse_str(value).ok().map(RecordId);
                let gone = id.map(|id| merges.counted_as(id)).unwrap_or_default();
                values.extend(gone.iter().map(|id| id.0.to_string()));
            }
            let longer = |key: &Keys| {
                let with = |value: &String| key.iter().chain([value]).cloned().collect::<Keys>();
                values.iter().map(with).collect::<Vec<_>>()
            };
            keys = keys.iter().flat_map(longer).collect();
        }
        keys
    }

    /// The number of a record counted under a key, but for some: what somebody is pointed to is the
    /// oldest, which was there first.
    fn one_counted(
        &self,
        kind: &Kind,
        measure: &Measure,
        key: &Keys,
        but: &[RecordId],
    ) -> Result<Option<String>, Refusal> {
        let mut filter = Filter {
            states: measure.states.clone(),
            facets: measure.facets.clone(),
            ..Filter::of_kind(kind.code)
        };
        for (part, value) in measure.per.iter().zip(key) {
            if kind.person.as_ref() == Some(&part.field) {
                filter.person = uuid::Uuid::parse_str(value).ok().map(RecordId);
            } else if part.part == KeyPart::Whole && kind.facets.contains(&part.field) {
                filter.facets.push((part.field.clone(), vec![value.clone()]));
            }
        }
        let mut ids = {
            let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
            directory.list(&filter, &Sort::default(), 0, usize::MAX).1
        };
        ids.retain(|id| !but.contains(id));
        ids.sort_unstable();
        for id in ids {
            let Some(record) = self.inside(&kind.id, id)? else { continue };
            let mut counted = self.counted(measure, kind, &record).into_iter();
            if counted.any(|(other, amount)| other == *key && amount.is_some()) {
                let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
                return Ok(directory.get(id).map(|card| super::reading::number_told(&card)));
            }
        }
        Ok(None)
    }

    /// Whether a record of this kind may be begun for a person: said before a form is filled.
    ///
    /// # Errors
    /// The bound that stands in the way.
    pub fn may_begin(&self, kind: &str, person: RecordId) -> Result<(), Refusal> {
        let kind = self.kind(kind)?;
        for measure in one_a_person(kind) {
            let key = vec![person.0.to_string()];
            let others = self.total(kind, measure, &key, &[]).unwrap_or(0);
            let Some(most) = measure.at_most.filter(|most| others >= *most) else { continue };
            let one = self.one_counted(kind, measure, &key, &[])?;
            return Err(passed(kind, measure, (others + 1, most), one.as_deref()));
        }
        Ok(())
    }

    fn counted(&self, measure: &Measure, kind: &Kind, record: &Record) -> SmallVec<[Counted; 1]> {
        counted(measure, kind, record, &self.merges())
    }

    /// What a measure comes to now under a key: a value for each part of its `per`, a record by its
    /// id. Nothing for a measure nobody has, and for the last day (a day number) of no records.
    #[must_use]
    pub fn measure(&self, id: &str, key: &[String]) -> Option<i64> {
        self.measured(id, &key.to_vec(), &AsLeft::default())?.total
    }

    /// How many records a sum counts under a key that lack their amount: unknown is not zero.
    #[must_use]
    pub fn measure_lacks(&self, id: &str, key: &[String]) -> u64 {
        self.measured(id, &key.to_vec(), &AsLeft::default()).map_or(0, |measured| measured.lacking)
    }

    /// Bytes the index takes, without what is kept of measures.
    #[must_use]
    pub fn index_footprint(&self) -> usize {
        self.directory.read().unwrap_or_else(PoisonError::into_inner).footprint()
    }

    /// Bytes what measures come to takes, and how many keys there are.
    #[must_use]
    pub fn measures_footprint(&self) -> (usize, usize) {
        self.totals().footprint()
    }

    /// What a measure comes to under a key, with records as they will be; nothing for a measure
    /// nobody has.
    pub(super) fn measured(&self, id: &str, key: &Keys, left: &AsLeft<'_>) -> Option<Measured> {
        let measure = self.catalogue.measure(id)?;
        let kind = self.catalogue.kind(&measure.of)?;
        let mut counts = left.counts.borrow_mut();
        let counts = counts.entry(measure.id.clone());
        let counts = counts.or_insert_with(|| self.counted_of(kind, measure, &left.records));
        let now: Vec<&Record> = counts.now.get(key).into_iter().flatten().collect();
        let others = self.total(kind, measure, key, &now);
        let total = match counts.left.get(key) {
            Some(amount) => Some(measure.tally.and(others, *amount)),
            None => others,
        };
        let lacking = self.lacking(kind, measure, key, &now)
            + counts.left_lacking.get(key).copied().unwrap_or(0);
        // No records are none, but they have no last day.
        let is_day = matches!(measure.tally, Tally::Last(_));
        let total = if is_day { total } else { Some(total.unwrap_or(0)) };
        Some(Measured { total, lacking: u64::try_from(lacking).unwrap_or(0) })
    }

    /// How many records lack their amount under a key, without some that count in it now.
    fn lacking(&self, kind: &Kind, measure: &Measure, key: &Keys, without: &[&Record]) -> i64 {
        if !matches!(measure.tally, Tally::Sum(_)) {
            return 0;
        }
        let totals = self.totals();
        let not: Vec<_> = without.iter().flat_map(|record| totals.shares(kind, record)).collect();
        let keys = self.counted_as_one(kind, measure, key);
        keys.iter().map(|key| totals.lacking_without(&measure.id, key, &not)).sum()
    }

    fn counted_of(&self, kind: &Kind, measure: &Measure, records: &[&Record]) -> Counts {
        let mut counts = Counts::default();
        for record in records.iter().copied().filter(|record| record.kind == kind.id) {
            for (key, amount) in self.counted(measure, kind, record) {
                match amount {
                    Some(amount) => {
                        let left = counts.left.get(&key).copied();
                        counts.left.insert(key, measure.tally.and(left, amount));
                    }
                    None => *counts.left_lacking.entry(key).or_default() += 1,
                }
            }
            let Some(now) = self.inside(&kind.id, record.id).ok().flatten() else { continue };
            // However many rows of it count under a key, it is left out as one.
            let keys: BTreeSet<Keys> =
                self.counted(measure, kind, &now).into_iter().map(|(key, _)| key).collect();
            for key in keys {
                counts.now.entry(key).or_default().push(now.clone());
            }
        }
        counts
    }
}

/// Records as a move will leave them, and what each measure counts of them, which is worked out once
/// for all the rows that ask.
#[derive(Default)]
pub(super) struct AsLeft<'r> {
    records: Vec<&'r Record>,
    counts: RefCell<HashMap<String, Counts>>,
}

impl<'r> AsLeft<'r> {
    /// Of these records.
    pub fn of(records: impl IntoIterator<Item = &'r Record>) -> Self {
        Self { records: records.into_iter().collect(), counts: RefCell::default() }
    }

    /// One of them.
    pub fn record(&self, id: RecordId) -> Option<&'r Record> {
        self.records.iter().copied().find(|record| record.id == id)
    }
}

/// What one measure counts of some records: as they will be, and those there are now.
#[derive(Default)]
struct Counts {
    left: HashMap<Keys, i64>,
    /// Those that will lack their amount.
    left_lacking: HashMap<Keys, i64>,
    now: HashMap<Keys, Vec<Record>>,
}

/// Whether a bound lets a person have one record of this kind and no second.
#[must_use]
pub fn one_each(kind: &Kind) -> bool {
    one_a_person(kind).any(|measure| measure.at_most == Some(1))
}

/// The bounds on how many new records of a kind a person may have.
fn one_a_person(kind: &Kind) -> impl Iterator<Item = &Measure> {
    let start = kind.workflow.as_ref().map(|life| life.start.as_str());
    kind.measures.iter().filter(move |measure| {
        let by_person = match measure.per.as_slice() {
            [MeasureKey { field, part: KeyPart::Whole }] => kind.person.as_ref() == Some(field),
            _ => false,
        };
        let new = measure.states.is_empty()
            || start.is_some_and(|start| measure.states.iter().any(|state| state == start));
        let of_records = measure.rows.is_none() && measure.tally == Tally::Count;
        by_person && new && of_records && measure.facets.is_empty()
    })
}

fn passed(
    kind: &Kind,
    measure: &Measure,
    (total, bound): (i64, i64),
    one: Option<&str>,
) -> Refusal {
    let number = one.unwrap_or_default();
    let filled = |text: &str| {
        text.replace("{number}", number)
            .replace("{total}", &total.to_string())
            .replace("{bound}", &bound.to_string())
    };
    let says = Said::new(filled(&measure.says.zh), filled(&measure.says.en));
    let next = if number.is_empty() {
        said!("请核对后再办。", "Check it, then do it again.")
    } else {
        said!("请打开 {number} 继续办理。", "Open {number} and go on there.")
    };
    let place = measure.per.first().map(|part| part.field.as_str()).unwrap_or_default();
    let of_person = kind.person.as_deref() == Some(place);
    Refusal::conflict(says, next).at(if of_person { "id_number" } else { place })
}
