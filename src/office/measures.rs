//! Measures and bounds: what records come to by a key, and what no change may pass.
//!
//! Nothing is kept of a measure: it is counted among the cards of the index, which show a change as
//! soon as it has its place in the journal, and no longer when the disk refused it. So there is
//! nothing to drift. A bound is asked inside the door, with everything a change makes of it, so two
//! changes cannot pass together what each alone could.

use super::Refusal;
use super::card::facets_at;
use super::door::{Door, Plan};
use super::merging::Merges;
use crate::directory::{Filter, Sort};
use crate::program::{KeyPart, Kind, Measure, MeasureKey, Tally, day_number, effective};
use crate::record::{Record, RecordId, Value};
use crate::said;
use crate::store::DraftOp;
use crate::words::Said;
use chrono::{Datelike, NaiveDate};
use std::collections::BTreeMap;
use std::sync::PoisonError;

/// What a measure goes by, part by part.
pub(super) type Keys = Vec<String>;

/// What a change makes of a measure under one key.
#[derive(Default)]
struct Changed {
    before: i64,
    after: i64,
}

impl super::Office {
    /// Refuses what would pass a bound.
    pub(super) fn bounds_hold(&self, _inside: &Door, plan: &Plan) -> Result<(), Refusal> {
        let puts: Vec<&Record> = plan
            .ops
            .iter()
            .filter_map(|op| match op {
                DraftOp::Put(record) => Some(record),
                _ => None,
            })
            .collect();
        let mut kinds: Vec<&str> = puts.iter().map(|record| record.kind.as_str()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        for kind in kinds.into_iter().filter_map(|kind| self.catalogue.kind(kind)) {
            let changed: Vec<&Record> =
                puts.iter().copied().filter(|record| record.kind == kind.id).collect();
            for measure in kind.measures.iter().filter(|it| it.is_bound()) {
                self.bound_holds(kind, measure, &changed)?;
            }
        }
        Ok(())
    }

    fn bound_holds(
        &self,
        kind: &Kind,
        measure: &Measure,
        changed: &[&Record],
    ) -> Result<(), Refusal> {
        let mut keys: BTreeMap<Keys, Changed> = BTreeMap::new();
        for record in changed {
            if let Some((key, amount)) = self.counted(measure, kind, record) {
                keys.entry(key).or_default().after += amount;
            }
            let before = self.inside(&kind.id, record.id)?;
            if let Some((key, amount)) = before.and_then(|it| self.counted(measure, kind, &it)) {
                keys.entry(key).or_default().before += amount;
            }
        }
        let but: Vec<RecordId> = changed.iter().map(|record| record.id).collect();
        for (key, Changed { before, after }) in keys {
            let rises = after > before && measure.at_most.is_some();
            let falls = after < before && measure.at_least.is_some();
            if !rises && !falls {
                continue;
            }
            let (others, one) = self.others(kind, measure, &key, &but)?;
            let total = others.unwrap_or(0).saturating_add(after);
            let above = measure.at_most.filter(|most| rises && total > *most);
            let below = measure.at_least.filter(|least| falls && total < *least);
            if let Some(bound) = above.or(below) {
                return Err(passed(kind, measure, (total, bound), one.as_deref()));
            }
        }
        Ok(())
    }

    /// What a measure comes to under a key, but for some records, where there are any; and the number
    /// of one of them.
    pub(super) fn others(
        &self,
        kind: &Kind,
        measure: &Measure,
        key: &Keys,
        but: &[RecordId],
    ) -> Result<(Option<i64>, Option<String>), Refusal> {
        let mut filter = Filter {
            states: measure.states.clone(),
            facets: measure.facets.clone(),
            ..Filter::of_kind(kind.code)
        };
        let mut told = measure.tally == Tally::Count;
        for (part, value) in measure.per.iter().zip(key) {
            if kind.person.as_ref() == Some(&part.field) {
                filter.person = uuid::Uuid::parse_str(value).ok().map(RecordId);
            } else if part.part == KeyPart::Whole && kind.facets.contains(&part.field) {
                filter.facets.push((part.field.clone(), vec![value.clone()]));
            } else {
                told = false;
            }
        }
        let ids = {
            let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
            directory.list(&filter, Sort::default(), 0, usize::MAX).1
        };
        let mut ids: Vec<RecordId> = ids.into_iter().filter(|id| !but.contains(id)).collect();
        // What somebody is pointed to is the oldest: it was there first.
        ids.sort_unstable();
        let number = |id: &RecordId| {
            let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
            directory.get(*id).map(|card| super::reading::number_told(&card))
        };
        if told {
            let count = i64::try_from(ids.len()).unwrap_or(i64::MAX);
            return Ok((ids.first().map(|_| count), ids.first().and_then(number)));
        }
        let (mut total, mut one) = (None, None);
        for id in ids {
            let Some(record) = self.inside(&kind.id, id)? else { continue };
            let found = self.counted(measure, kind, &record).filter(|(other, _)| other == key);
            if let Some((_, amount)) = found {
                total = Some(measure.tally.and(total, amount));
                one = one.or_else(|| number(&record.id));
            }
        }
        Ok((total, one))
    }

    /// Whether a record of this kind may be begun for a person: said before a form is filled.
    ///
    /// # Errors
    /// The bound that stands in the way.
    pub fn may_begin(&self, kind: &str, person: RecordId) -> Result<(), Refusal> {
        let kind = self.kind(kind)?;
        for measure in one_a_person(kind) {
            let (others, one) = self.others(kind, measure, &vec![person.0.to_string()], &[])?;
            let others = others.unwrap_or(0);
            let Some(most) = measure.at_most.filter(|most| others >= *most) else { continue };
            return Err(passed(kind, measure, (others + 1, most), one.as_deref()));
        }
        Ok(())
    }

    fn counted(&self, measure: &Measure, kind: &Kind, record: &Record) -> Option<(Keys, i64)> {
        counted(measure, kind, record, &self.merges())
    }

    /// What a measure comes to now under a key: a value for each part of its `per`, a record by its
    /// id. Nothing for a measure nobody has, and for the last day (a day number) of no records.
    #[must_use]
    pub fn measure(&self, id: &str, key: &[String]) -> Option<i64> {
        self.measured(id, &key.to_vec(), &[])
    }

    /// What a measure comes to under a key, with records as they will be; nothing for a measure
    /// nobody has, and for the last day of no records.
    pub(super) fn measured(&self, id: &str, key: &Keys, with: &[&Record]) -> Option<i64> {
        let measure = self.catalogue.measure(id)?;
        let kind = self.catalogue.kind(&measure.of)?;
        let ids: Vec<RecordId> = with.iter().map(|record| record.id).collect();
        let (others, _) = self.others(kind, measure, key, &ids).ok()?;
        let own = with.iter().filter_map(|record| self.counted(measure, kind, record));
        let own = own.filter(|(own, _)| own == key).map(|(_, amount)| amount);
        let total = own.fold(others, |total, amount| Some(measure.tally.and(total, amount)));
        // No records are none, but they have no last day.
        if matches!(measure.tally, Tally::Last(_)) { total } else { Some(total.unwrap_or(0)) }
    }
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
        by_person && new && measure.tally == Tally::Count && measure.facets.is_empty()
    })
}

/// The key a record counts under, and how much; nothing for one that is not counted.
fn counted(
    measure: &Measure,
    kind: &Kind,
    record: &Record,
    merges: &Merges,
) -> Option<(Keys, i64)> {
    if record.kind != measure.of || record.is_withdrawn() {
        return None;
    }
    if !measure.states.is_empty() && !measure.states.contains(&record.state) {
        return None;
    }
    let has = |(name, wanted): &(String, Vec<String>)| {
        facets_at(kind, record, name, merges).iter().any(|value| wanted.contains(value))
    };
    if !measure.facets.iter().all(has) {
        return None;
    }
    let key = measure
        .per
        .iter()
        .map(|part| key_of(part, kind, record, merges))
        .collect::<Option<Keys>>()?;
    let amount = match measure.tally.field() {
        None => 1,
        Some(field) => match effective(kind, &record.fields, field).value {
            Some(Value::Money(amount) | Value::Integer(amount)) => amount,
            Some(Value::Date(day)) => day_number(day),
            // Unknown is not zero, but nothing can be added of it.
            _ => return None,
        },
    };
    Some((key, amount))
}

/// A part of a key, as a record has it.
pub(super) fn key_of(
    part: &MeasureKey,
    kind: &Kind,
    record: &Record,
    merges: &Merges,
) -> Option<String> {
    let value = effective(kind, &record.fields, &part.field).value?;
    match (&value, part.part) {
        (Value::Date(day), part) => Some(of_day(*day, part)),
        (_, KeyPart::Whole) => match facets_at(kind, record, &part.field, merges).as_slice() {
            [one] => Some(one.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// A day as a part of a key.
pub(super) fn of_day(day: NaiveDate, part: KeyPart) -> String {
    match part {
        KeyPart::Whole => day.to_string(),
        KeyPart::Year => day.year().to_string(),
        KeyPart::Month => day.format("%Y-%m").to_string(),
    }
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
