//! A record as the directory sees it.

use super::Office;
use super::merging::Merges;
use super::plain::{self, Plain};
use super::totals::Share;
use crate::calendar::Calendar;
use crate::directory::{CONFIDENTIAL, Card, IdNumber, IdRole, OPEN_TO, OfPerson};
use crate::program::{AskType, Kind, PERSON, Workflow, derived, effective};
use crate::record::{Record, RecordId, Value};
use crate::store::{StoreError, Walk};
use crate::workflow;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::PoisonError;

/// What a walk over the table shows of a record.
#[allow(clippy::large_enum_variant, reason = "nearly all are cards")]
pub(super) enum Walked<'r> {
    /// Its card, and what it counts for in measures.
    Card(Card<'r>, &'r [Share]),
    /// Its making was taken back, or its content erased.
    Withdrawn(Box<Record>),
}

impl Office {
    /// Shows every record of the table; kinds no pack describes are left out. `of_person` says what
    /// is known of a person so far: mostly they come before what is theirs, and are not read again.
    pub(super) fn each_card(
        &self,
        of_person: impl Fn(RecordId) -> Option<OfPerson>,
        mut each: impl FnMut(Walked<'_>),
    ) -> Result<Walk, StoreError> {
        let merges = self.merges();
        // Keys are hashed alike by all there ever are.
        let totals = self.totals().alike();
        let plain = self.catalogue.kinds().filter_map(|kind| Plain::of(kind, &totals));
        let plain: Vec<Plain<'_>> = plain.collect();
        let mut shares = Vec::new();
        self.store.walk(|record| {
            let glance = record.glance()?;
            shares.clear();
            let plain = plain.iter().find(|plain| plain.kind.id == glance.kind);
            if let Some(plain) = plain.filter(|_| glance.state.is_empty())
                && let Some(whose) = plain::whose(&glance, plain.kind, &merges, &of_person)
            {
                let mut card = plain.card(&glance, (&merges, whose), &totals, &mut shares);
                self.with_those_gone(&mut card, plain.kind, &merges);
                each(Walked::Card(card, &shares));
                return Ok(());
            }
            let record = record.stored()?.record;
            if record.is_withdrawn() {
                each(Walked::Withdrawn(Box::new(record)));
                return Ok(());
            }
            if let Some(kind) = self.catalogue.kind(&record.kind) {
                let whose = self.whose(&record, kind, &of_person, |id| {
                    let read = self.store.get(PERSON, id);
                    read.ok().flatten().map(|stored| stored.record)
                });
                let mut card = of(&record, whose, kind, &self.calendar, &merges);
                self.with_those_gone(&mut card, kind, &merges);
                shares.extend(totals.shares(kind, &record));
                each(Walked::Card(card, &shares));
            }
            Ok(())
        })
    }

    /// The card of a record for the next change, where a pack describes its kind.
    pub(super) fn card_of<'r>(&self, record: &'r Record) -> Option<Card<'r>> {
        let kind = self.catalogue.kind(&record.kind)?;
        let directory = || self.directory.read().unwrap_or_else(PoisonError::into_inner);
        let of_person = |id| directory().of_person(id);
        let read = |id| self.inside(PERSON, id).ok().flatten();
        let whose = self.whose(record, kind, of_person, read);
        let merges = self.merges();
        let mut card = of(record, whose, kind, &self.calendar, &merges);
        self.with_those_gone(&mut card, kind, &merges);
        Some(card)
    }

    /// Puts on a card what those were found by that are counted as this record: their numbers stay
    /// taken, and whoever looks for them finds the one that stays.
    fn with_those_gone(&self, card: &mut Card<'_>, kind: &Kind, merges: &Merges) {
        for id in merges.counted_as(card.id) {
            if let Ok(Some(gone)) = self.inside(&kind.id, *id) {
                carry(card, texts_of(&gone, kind));
            }
        }
    }

    /// Whose a record is; the person is only read where no card of theirs is known.
    fn whose(
        &self,
        record: &Record,
        kind: &Kind,
        of_person: impl Fn(RecordId) -> Option<OfPerson>,
        read: impl Fn(RecordId) -> Option<Record>,
    ) -> Whose {
        let id = self.canonical(record.get(kind.person.as_deref()?)?.as_reference()?);
        let read = || Some(texts_of(&read(id)?, self.catalogue.kind(PERSON)?));
        Some((id, of_person(id).or_else(read)?))
    }
}

/// The person a record belongs to, and what its card has of them.
pub(super) type Whose = Option<(RecordId, OfPerson)>;

/// What the cards of a person's records have of them, from the person's own.
fn texts_of(person: &Record, kind: &Kind) -> OfPerson {
    let mut card = Card::new(person.id, kind.code, person.created);
    collect(&mut card, kind, IdRole::Own, |path, text| texts(person, path, text));
    let owned = |number: IdNumber<'_>| IdNumber {
        role: number.role,
        number: Cow::Owned(number.number.into_owned()),
    };
    OfPerson {
        names: card.names.into_iter().map(Cow::into_owned).collect(),
        phones: card.phones.into_iter().map(Cow::into_owned).collect(),
        id_numbers: card.id_numbers.into_iter().map(owned).collect(),
    }
}

/// Puts what a card has of a person on it; gives what identity numbers after theirs are.
pub(super) fn bear(card: &mut Card<'_>, whose: Whose) -> IdRole {
    let Some((person, texts)) = whose else { return IdRole::Own };
    card.person = Some(person);
    carry(card, texts);
    IdRole::Household
}

/// Puts on a card what another record is found by.
fn carry(card: &mut Card<'_>, texts: OfPerson) {
    card.names.extend(texts.names.into_iter().map(Cow::Owned));
    card.phones.extend(texts.phones.into_iter().map(Cow::Owned));
    let number = |IdNumber { role, number }: IdNumber<'static>| IdNumber { role, number };
    card.id_numbers.extend(texts.id_numbers.into_iter().map(number));
}

fn of<'r>(
    record: &'r Record,
    whose: Whose,
    kind: &Kind,
    calendar: &Calendar,
    merges: &Merges,
) -> Card<'r> {
    let mut card = Card::new(record.id, kind.code, record.created);
    card.number = Cow::Borrowed(&record.number);
    card.state = Cow::Borrowed(&record.state);
    card.entered = record.entered();
    card.updated = record.updated;
    let role = bear(&mut card, whose);
    collect(&mut card, kind, role, |path, text| texts(record, path, text));
    card.title = card.names.first().cloned().unwrap_or_default();
    if let Some(life) = &kind.workflow {
        card.submitted_by = workflow::submitted_by(life, record).map(Cow::Borrowed);
        card.due = workflow::due(life, record, calendar).ok().flatten().map(|due| due.date);
    }
    card.facets.push(("created_by".into(), Cow::Borrowed(&record.created_by)));
    for name in &kind.facets {
        let held = facets_at(kind, record, name, merges);
        card.facets.extend(held.into_iter().map(|it| (Cow::Owned(name.clone()), Cow::Owned(it))));
    }
    if let Some(life) = &kind.workflow {
        let blocked = workflow::blocked(life, record).into_iter();
        card.facets.extend(blocked.map(|account| (NOT_FOR.into(), account.into())));
        let rests_on = rests_on(life, record).into_iter();
        card.facets.extend(rests_on.map(|it| (RESTS_ON.into(), it.into())));
    }
    if let Some(rule) = &kind.confidential
        && record.get(&rule.field).and_then(Value::as_yes_no) == Some(true)
    {
        let named = rule.handler.as_ref().map(|field| record.text(field).trim());
        let handler = named.filter(|name| !name.is_empty()).unwrap_or(&record.created_by);
        card.facets.push((CONFIDENTIAL.into(), "yes".into()));
        card.facets.push((OPEN_TO.into(), handler.into()));
    }
    card
}

/// The values a record has of a facet; of a column each of its rows.
pub(super) fn facets_at(kind: &Kind, record: &Record, path: &str, merges: &Merges) -> Vec<String> {
    if let Some(facet) = kind.derived(path) {
        let holds = derived(kind, &record.fields, facet);
        return holds.iter().flat_map(|yes| facet_values(&Value::YesNo(*yes), merges)).collect();
    }
    let Some((table, column)) = path.split_once('.') else {
        let value = effective(kind, &record.fields, path).value;
        return value.as_ref().map(|value| facet_values(value, merges)).unwrap_or_default();
    };
    let rows = record.get(table).map(Value::rows).unwrap_or_default();
    let mut values: Vec<String> = rows
        .iter()
        .filter_map(|row| row.fields.get(column))
        .flat_map(|value| facet_values(value, merges))
        .collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// The values of a facet: a code, `yes` or `no`, a text, the id of another record.
pub(super) fn facet_values(value: &Value, merges: &Merges) -> Vec<String> {
    match value {
        Value::Reference(id) => vec![merges.canonical(*id).0.to_string()],
        other => other.facets().into_iter().map(str::to_string).collect(),
    }
}

/// The facet of an account that may not make the step a record waits for.
pub(super) const NOT_FOR: &str = "not_for";

/// The facet of what the decisions on a record rest on: clauses somebody named, by their ids, and the
/// rule sets that gave a sheet.
pub(super) const RESTS_ON: &str = "rests_on";

/// How the facet names a rule set.
pub(super) fn of_rules(id: &str) -> String {
    format!("rules {id}")
}

fn rests_on(life: &Workflow, record: &Record) -> BTreeSet<String> {
    let mut rests_on = BTreeSet::new();
    for made in record.standing() {
        let asks = life.find_move(&made.id).into_iter().flat_map(|step| &step.asks);
        let clauses = asks.filter(|ask| matches!(ask.ask_type, AskType::Clause));
        let named = clauses.filter_map(|ask| made.answers.get(&ask.id)?.as_text());
        rests_on.extend(named.map(str::to_string));
        let rules = made.sheet.as_ref().and_then(|sheet| sheet.rules().split('@').next());
        rests_on.extend(rules.map(of_rules));
    }
    rests_on
}

/// Puts on a card what a kind is found by; `texts` tells those a path leads to.
fn collect<'r>(
    card: &mut Card<'r>,
    kind: &Kind,
    role: IdRole,
    texts: impl Fn(&str, &mut dyn FnMut(Cow<'r, str>)),
) {
    for path in &kind.search.names {
        texts(path, &mut |name| card.names.push(name));
    }
    for path in &kind.search.phones {
        texts(path, &mut |phone| card.phones.push(phone));
    }
    for path in &kind.search.numbers {
        texts(path, &mut |number| {
            card.id_numbers.push(IdNumber { role: IdRole::Other, number });
        });
    }
    for path in &kind.search.id_numbers {
        let role = if path.contains('.') { IdRole::Household } else { role };
        texts(path, &mut |number| card.id_numbers.push(IdNumber { role, number }));
    }
}

/// The texts a path leads to: `name`, or `members.name` for each row.
fn texts<'r>(record: &'r Record, path: &str, found: &mut dyn FnMut(Cow<'r, str>)) {
    let mut text = |value: Option<&'r Value>| {
        if let Some(text) = value.and_then(Value::as_text) {
            found(Cow::Borrowed(text));
        }
    };
    match path.split_once('.') {
        None => text(record.get(path)),
        Some((table, column)) => {
            let rows = record.get(table).map(Value::rows).unwrap_or_default();
            rows.iter().for_each(|row| text(row.fields.get(column)));
        }
    }
}
