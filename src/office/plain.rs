//! Records whose card, and what they count for, need nothing but their texts and references: most of
//! a large station. They are read at a glance, without making a record of them, and what is wanted of
//! each kind is laid out once.

use super::found_by::{Whose, bear};
use super::merges::Merges;
use super::totals::{Share, Totals};
use crate::directory::{Card, IdNumber, IdRole, OfPerson};
use crate::program::{Field, FieldType, KeyPart, Kind, Measure, Tally};
use crate::record::RecordId;
use crate::store::Glance;
use smallvec::SmallVec;
use std::borrow::Cow;

/// The texts found of those wanted, in their order.
type Texts<'g> = SmallVec<[Option<&'g str>; 24]>;

/// What is wanted of the records of one kind; fields by their places among those wanted.
pub(super) struct Plain<'k> {
    pub kind: &'k Kind,
    /// The fields, sorted by their ids.
    wanted: Vec<&'k str>,
    names: Vec<usize>,
    phones: Vec<usize>,
    numbers: Vec<usize>,
    id_numbers: Vec<usize>,
    facets: Vec<usize>,
    measures: Vec<Counting<'k>>,
}

/// A measure that counts records by texts and references.
struct Counting<'k> {
    /// What its keys are hashed from.
    seed: u64,
    only: Vec<(usize, &'k [String])>,
    per: Vec<usize>,
}

impl<'k> Plain<'k> {
    /// Lays out what is wanted of a kind; nothing for a kind that takes a whole record.
    pub fn of(kind: &'k Kind, totals: &Totals) -> Option<Self> {
        if !is_plain(kind) {
            return None;
        }
        let search = &kind.search;
        let paths = [&search.names, &search.phones, &search.numbers, &search.id_numbers];
        let counted = kind.measures.iter().filter(|measure| measure.states.is_empty());
        let counted: Vec<&Measure> = counted.collect();
        let by = counted.iter().flat_map(|measure| {
            let only = measure.facets.iter().map(|(facet, _)| facet);
            only.chain(measure.per.iter().map(|key| &key.field))
        });
        let all = paths.into_iter().flatten().chain(&kind.facets).chain(by);
        let mut wanted: Vec<&str> = all.map(String::as_str).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let at = |id: &String| wanted.binary_search(&id.as_str()).unwrap_or(usize::MAX);
        let all = |ids: &[String]| ids.iter().map(at).collect();
        let measures = counted.iter().map(|measure| Counting {
            seed: totals.seed(&measure.id),
            only: measure.facets.iter().map(|(facet, any)| (at(facet), any.as_slice())).collect(),
            per: measure.per.iter().map(|key| at(&key.field)).collect(),
        });
        Some(Self {
            kind,
            names: all(&search.names),
            phones: all(&search.phones),
            numbers: all(&search.numbers),
            id_numbers: all(&search.id_numbers),
            facets: all(&kind.facets),
            measures: measures.collect(),
            wanted,
        })
    }

    /// The texts of a record that are wanted: both are in the order of the fields.
    fn texts<'g>(&self, glance: &'g Glance<'_>) -> Texts<'g> {
        let mut there = glance.texts.iter().peekable();
        let text = |wanted: &&str| {
            while there.next_if(|(id, _)| **id < **wanted).is_some() {}
            there.next_if(|(id, _)| **id == **wanted).map(|(_, text)| &**text)
        };
        self.wanted.iter().map(text).collect()
    }

    /// The card of a record, the same as is made of the whole record; what it counts for is added to
    /// `shares`.
    pub fn card<'r>(
        &'r self,
        glance: &'r Glance<'_>,
        (merges, whose): (&Merges, Whose),
        totals: &Totals,
        shares: &mut Vec<Share>,
    ) -> Card<'r> {
        let texts = self.texts(glance);
        let text = |at: &usize| texts.get(*at).copied().flatten();
        let mut card = Card::new(glance.id, self.kind.code, glance.created);
        card.number = Cow::Borrowed(&glance.number);
        card.updated = glance.updated;
        let role = bear(&mut card, whose);
        card.names.extend(self.names.iter().filter_map(text).map(Cow::Borrowed));
        card.phones.extend(self.phones.iter().filter_map(text).map(Cow::Borrowed));
        let numbers = |places: &'r [usize], role| {
            let numbers = places.iter().filter_map(text).map(Cow::Borrowed);
            numbers.map(move |number| IdNumber { role, number }).collect::<SmallVec<[_; 2]>>()
        };
        card.id_numbers.extend(numbers(&self.numbers, IdRole::Other));
        card.id_numbers.extend(numbers(&self.id_numbers, role));
        card.title = card.names.first().cloned().unwrap_or_default();
        card.facets.push(("created_by".into(), Cow::Borrowed(&glance.created_by)));
        for (name, at) in self.kind.facets.iter().zip(&self.facets) {
            let other = || {
                let id = merges.canonical(glance.reference(name)?);
                Some(Cow::Owned(id.0.to_string()))
            };
            let value = text(at).map(Cow::Borrowed).or_else(other);
            card.facets.extend(value.map(|value| (Cow::Borrowed(name.as_str()), value)));
        }
        let share = |counting: &Counting<'_>| counting.share(self, &texts, glance, totals);
        shares.extend(self.measures.iter().filter_map(share));
        card
    }
}

impl Counting<'_> {
    /// What a record counts for; nothing for one that is not counted.
    fn share(
        &self,
        plain: &Plain<'_>,
        texts: &Texts<'_>,
        glance: &Glance<'_>,
        totals: &Totals,
    ) -> Option<Share> {
        let text = |at: usize| texts.get(at).copied().flatten();
        let has = |(at, any): &(usize, &[String])| {
            text(*at).is_some_and(|text| any.iter().any(|one| one == text))
        };
        if !self.only.iter().all(has) {
            return None;
        }
        let mut key = totals.begin(self.seed);
        for at in &self.per {
            match text(*at) {
                Some(text) => key.part(text),
                None => {
                    let id = glance.reference(plain.wanted.get(*at)?)?;
                    let mut room = uuid::Uuid::encode_buffer();
                    key.part(id.0.hyphenated().encode_lower(&mut room));
                }
            }
        }
        Some(Share::one(key.finish()))
    }
}

/// Whether the card of such a record, and what it counts for, needs nothing but its texts and
/// references.
fn is_plain(kind: &Kind) -> bool {
    let seen = |facet: &String| kind.field(facet).is_some_and(is_seen);
    let search = &kind.search;
    let mut paths =
        search.names.iter().chain(&search.phones).chain(&search.id_numbers).chain(&search.numbers);
    let counted = |measure: &Measure| {
        measure.tally == Tally::Count
            && measure.rows.is_none()
            && measure.facets.iter().all(|(facet, _)| seen(facet))
            && measure.per.iter().all(|key| key.part == KeyPart::Whole && seen(&key.field))
    };
    kind.workflow.is_none()
        && kind.measures.iter().all(counted)
        && kind.confidential.is_none()
        && kind.facets.iter().all(seen)
        && paths.all(|path| !path.contains('.'))
}

/// Whether a field is a text or a reference as it stands.
fn is_seen(field: &Field) -> bool {
    field.total.is_none()
        && matches!(
            field.field_type,
            FieldType::Text { .. } | FieldType::Choice { .. } | FieldType::Reference { .. }
        )
}

/// Whose a record is; nothing where the person is not known yet.
#[allow(clippy::option_option, reason = "a record that belongs to nobody is known at once")]
pub(super) fn whose(
    glance: &Glance<'_>,
    kind: &Kind,
    merges: &Merges,
    of_person: impl Fn(RecordId) -> Option<OfPerson>,
) -> Option<Whose> {
    let Some(id) = kind.person.as_deref().and_then(|field| glance.reference(field)) else {
        return Some(None);
    };
    let id = merges.canonical(id);
    of_person(id).map(|texts| Some((id, texts)))
}
