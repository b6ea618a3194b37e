//! A record as the directory sees it.

use super::Office;
use super::facets::{NOT_FOR, RESTS_ON, facets_at, of_rules};
use super::found_by::{Whose, bear, carry, collect, texts, texts_of};
use super::merges::Merges;
use super::plain::{self, Plain};
use super::totals::Share;
use crate::calendar::Calendar;
use crate::directory::{CONFIDENTIAL, Card, OPEN_TO, OfPerson};
use crate::program::{AskType, Kind, PERSON, Workflow};
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
