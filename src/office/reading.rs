//! What can be read: lists, pages, histories. Reading changes nothing and waits for nobody.

use super::record_line::RecordLine;
use super::refusal::unavailable;
use super::{Actor, Refusal};
use crate::calendar::Calendar;
use crate::directory::{CONFIDENTIAL, Card, Directory, Filter, IdRole, OPEN_TO, Sort, SortBy};
use crate::policy::Library;
use crate::program::{self, Catalogue, Field, Kind, PERSON, Role};
use crate::record::{Record, RecordId, Value};
use crate::words::Said;
use std::sync::{Arc, PoisonError};

impl super::Office {
    /// Packs in force.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Regulations, parameters and rules in force.
    #[must_use]
    pub fn library(&self) -> Arc<Library> {
        Arc::clone(&self.library.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Working days.
    #[must_use]
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// The station's name.
    #[must_use]
    pub fn station_name(&self) -> &str {
        &self.store.station().name
    }

    /// The name of the division the station is in.
    #[must_use]
    pub fn region_name(&self) -> &str {
        let code = &self.store.station().region;
        self.regions().last_name(code).unwrap_or(code)
    }

    /// The letters the station's numbers begin with: the initials of its division's name without
    /// its kind, `BN` for 巴南区.
    #[must_use]
    pub fn short_name(&self) -> &str {
        self.short_name.get_or_init(|| {
            let name = self.region_name();
            let stem = name.trim_end_matches(['区', '县', '市']);
            let letters = program::initials(stem).to_ascii_uppercase();
            if letters.is_empty() { self.store.station().region.clone() } else { letters }
        })
    }

    /// Where the data lies.
    #[must_use]
    pub fn folder(&self) -> String {
        self.store.dir().display().to_string()
    }

    /// The newest journal hash.
    #[must_use]
    pub fn head_hash(&self) -> String {
        self.store.head().1.to_hex().to_string()
    }

    /// The newest journal sequence.
    #[must_use]
    pub fn head_seq(&self) -> u64 {
        self.store.head().0
    }

    /// What was found and put right, at opening and since, for the home screen.
    #[must_use]
    pub fn notices(&self) -> Vec<Said> {
        let mut notices = self.store.notices();
        notices.extend(self.notices.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned());
        notices.extend(self.told_of_packs());
        notices
    }

    /// Long work that goes on after the screen, with its percent where that is known.
    #[must_use]
    pub fn at_work(&self) -> Option<(Said, Option<u8>)> {
        self.store.progress().shown()
    }

    /// Hears when something changes.
    #[must_use]
    pub fn subscribe(&self) -> std::sync::mpsc::Receiver<()> {
        self.news.subscribe()
    }

    /// How far the index is, in percent, until it is complete.
    #[must_use]
    pub fn indexing(&self) -> Option<u8> {
        self.filling.percent()
    }

    /// Waits until the index holds every record: for commands that need an answer now.
    pub fn wait_for_index(&self) {
        self.filling.wait();
    }

    pub(super) fn kind_of(&self, id: RecordId) -> Option<&Kind> {
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        self.catalogue.kind_of_code(directory.kind(id)?)
    }

    /// The record with a number: its own, or a person's identity number.
    #[must_use]
    pub fn numbered(&self, number: &str) -> Option<RecordId> {
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        let own = directory.by_number(number).or_else(|| self.merged_number(number));
        own.or_else(|| {
            let bearers = directory.by_id_number(number);
            bearers
                .iter()
                .find(|bearer| bearer.kind == self.catalogue.kind_code(PERSON))
                .map(|b| b.id)
        })
    }

    /// Makes room in the index for so many more records, so that it need not grow on the way; for
    /// none, gives back what it has too much of.
    pub fn make_room(&self, more: usize) {
        // Whoever is inside reads the index undisturbed.
        let _nobody_else = self.enter();
        let mut directory = self.directory.write().unwrap_or_else(PoisonError::into_inner);
        let count = directory.len().saturating_add(more);
        directory.reserve(count);
    }

    pub(super) fn line(&self, card: &Card, directory: &Directory, who: &Actor) -> RecordLine {
        let kind = self.catalogue.kind_of_code(card.kind);
        let state = kind.and_then(|kind| kind.workflow.as_ref()?.state(&card.state));
        RecordLine {
            id: card.id,
            kind: kind.map(|kind| kind.id.clone()).unwrap_or_default(),
            kind_title: kind.map(|kind| kind.title.clone()).unwrap_or_default(),
            number: card.number.to_string(),
            title: self.name_on(card, directory, Some(who)),
            state: card.state.to_string(),
            state_title: state.map(|state| state.title.clone()).unwrap_or_default(),
            due: card.due,
            id_tail: card
                .id_numbers
                .iter()
                .find(|number| number.role == IdRole::Own)
                .map(|id| crate::record::mask_id(&id.number))
                .unwrap_or_default(),
            claimed_by: None,
        }
    }

    /// The records that belong to a person, without their own.
    pub(super) fn belonging_to(&self, person: RecordId) -> Vec<RecordId> {
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        let filter = Filter::of_person(person);
        let (_, mut ids) = directory.list(&filter, &Sort::default(), 0, usize::MAX);
        ids.retain(|id| *id != person);
        ids
    }

    /// What belongs to a person, the last changed first.
    #[must_use]
    pub fn services_of(&self, actor: &Actor, person: RecordId) -> Vec<RecordLine> {
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        let filter = Filter { reader: reader(actor), ..Filter::of_person(person) };
        let (_, ids) = directory.list(&filter, &Sort::from(SortBy::Updated), 0, 100);
        let cards = ids.iter().filter(|id| **id != person).filter_map(|id| directory.get(*id));
        cards.map(|card| self.line(&card, &directory, actor)).collect()
    }

    /// Whether somebody knows of a record: a confidential one only its handler, supervisors and
    /// auditors.
    #[must_use]
    pub fn knows(&self, actor: &Actor, id: RecordId) -> bool {
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        directory.get(self.canonical(id)).is_none_or(|card| open_to(actor, &card))
    }

    /// The name a record goes by.
    #[must_use]
    pub fn title_of(&self, record: &Record) -> String {
        self.name_of(record.id)
    }

    /// The same by its id alone.
    #[must_use]
    pub fn name_of(&self, id: RecordId) -> String {
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        let card = directory.get(self.canonical(id));
        card.map(|card| self.name_on(&card, &directory, None)).unwrap_or_default()
    }

    /// What a card goes by: its own name, or what it links together where it has none, as a loan has
    /// a reader and a book.
    pub(super) fn name_on(
        &self,
        card: &Card,
        directory: &Directory,
        who: Option<&Actor>,
    ) -> String {
        let kind = self.catalogue.kind_of_code(card.kind);
        let Some(kind) = kind.filter(|_| card.title.is_empty()) else {
            return card.title.to_string();
        };
        let linked = kind.references().filter(|(path, _)| !path.contains('.'));
        let linked = linked.filter_map(|(path, _)| {
            let (_, id) = card.facets.iter().find(|(name, _)| *name == path)?;
            let other = directory.get(RecordId(uuid::Uuid::parse_str(id).ok()?))?;
            Some(if known_to(who, &other) {
                other.title.into_owned()
            } else {
                program::HIDDEN.to_string()
            })
        });
        linked.filter(|title| !title.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// A record as a form writes it: its name and its number, where this person knows of it. Nobody
    /// in particular knows of no confidential one.
    #[must_use]
    pub fn called(&self, who: Option<&Actor>, id: RecordId) -> String {
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        let Some(card) = directory.get(self.canonical(id)) else { return String::new() };
        if !known_to(who, &card) {
            return program::HIDDEN.to_string();
        }
        let name = self.name_on(&card, &directory, who);
        format!("{name} {}", card.number).trim_start().to_string()
    }

    /// Reads a text for a field as a person typed it.
    ///
    /// # Errors
    /// What to type instead.
    pub fn typed(&self, field: &Field, text: &str) -> Result<Option<Value>, Refusal> {
        let typing = self.typing();
        program::typed::parse(field, text, &typing)
            .map_err(|error| Refusal::invalid(field.id.clone(), error.said, error.next))
    }

    /// What reading typed text may look at.
    #[must_use]
    pub fn typing(&self) -> program::Typing<'_> {
        program::Typing { catalogue: &self.catalogue, today: self.today(), records: self }
    }

    /// The same as somebody typed it, who may name the records they know of.
    ///
    /// # Errors
    /// What to type instead.
    pub fn typed_by(
        &self,
        who: &Actor,
        field: &Field,
        text: &str,
    ) -> Result<Option<Value>, Refusal> {
        let names = self.names(who);
        let typing = program::Typing { records: &names, ..self.typing() };
        program::typed::parse(field, text, &typing)
            .map_err(|error| Refusal::invalid(field.id.clone(), error.said, error.next))
    }

    /// Every record of a kind in the order of their making, in pages.
    ///
    /// # Errors
    /// When the machine cannot read, or what `each` gives.
    pub fn each(
        &self,
        kind: &str,
        mut each: impl FnMut(Record) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let mut after = None;
        loop {
            let page = self.store.scan(kind, after, 500).map_err(|error| unavailable(&error))?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.record.id);
            for stored in page {
                each(stored.record)?;
            }
        }
    }
}

/// Whether a card is one this actor knows of.
pub(super) fn open_to(actor: &Actor, card: &Card) -> bool {
    let Some(reader) = reader(actor) else { return true };
    let has = |name: &str, value: &str| card.facets.iter().any(|(n, v)| n == name && v == value);
    !is_confidential(card) || has(OPEN_TO, &reader)
}

/// The same for whoever it may be: nobody in particular knows of no confidential card.
pub(super) fn known_to(who: Option<&Actor>, card: &Card) -> bool {
    who.map_or_else(|| !is_confidential(card), |who| open_to(who, card))
}

/// Whether not everybody knows of a card.
pub(super) fn is_confidential(card: &Card) -> bool {
    card.facets.iter().any(|(name, value)| name == CONFIDENTIAL && value == "yes")
}

/// The number of a card in a sentence for whoever it may be.
pub(super) fn number_told(card: &Card) -> String {
    if is_confidential(card) { program::HIDDEN.to_string() } else { card.number.to_string() }
}

/// The account whose knowledge of confidential records is looked at; none for those who know all.
pub(super) fn reader(actor: &Actor) -> Option<String> {
    let all = matches!(actor.role, Role::Supervisor | Role::Auditor);
    (!all).then(|| actor.account.clone())
}
