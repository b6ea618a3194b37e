//! What the directory knows of a record.

use crate::record::{Instant, RecordId};
use chrono::NaiveDate;
use smallvec::SmallVec;
use std::borrow::Cow;

/// A few of something: one takes no memory of its own.
pub type Few<T> = SmallVec<[T; 1]>;

/// Whose identity number a card carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IdRole {
    /// The person the card is about.
    Own,
    /// Somebody of the same household.
    Household,
    /// Anybody else: an agent, a witness, an employer's code.
    Other,
}

/// An identity number, passport number or organisation code on a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdNumber<'a> {
    /// Whose it is.
    pub role: IdRole,
    /// The number. Only letters and digits count, in either case and width; it is kept in
    /// capitals.
    pub number: Cow<'a, str>,
}

/// One record as the directory sees it. The office builds it from the record and its pack.
///
/// What [`super::Directory::get`] gives back is what was put, except: the number is trimmed and folded
/// (NFKC), identity numbers are folded to capitals and digits, phones are digits, and the two
/// moments are whole seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Card<'a> {
    /// The record.
    pub id: RecordId,
    /// Its kind, numbered by the office.
    pub kind: u16,
    /// The number people use; may be empty.
    pub number: Cow<'a, str>,
    /// What a list shows. Searched only when it is also in `names`.
    pub title: Cow<'a, str>,
    /// Workflow state; empty for kinds without one.
    pub state: Cow<'a, str>,
    /// What the card is found by: the person's own name first (it ranks before the others),
    /// then those of the household, the employer, and so on.
    pub names: Few<Cow<'a, str>>,
    /// Identity numbers.
    pub id_numbers: Few<IdNumber<'a>>,
    /// Phone numbers. Only digits count; `、`, `/`, `,` and `;` separate two in one text.
    pub phones: Few<Cow<'a, str>>,
    /// The person it belongs to; need not have a card (yet).
    pub person: Option<RecordId>,
    /// When it is due.
    pub due: Option<NaiveDate>,
    /// When it came into its state.
    pub entered: Instant,
    /// When it last changed.
    pub updated: Instant,
    /// The account that submitted it.
    pub submitted_by: Option<Cow<'a, str>>,
    /// What lists are narrowed by: name of the facet (`station`, `category`, `handler`) and value.
    pub facets: Few<(Cow<'a, str>, Cow<'a, str>)>,
}

/// What a card of somebody's record has of them: their own texts, as [`Card`] has them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OfPerson {
    /// The person's names.
    pub names: Few<String>,
    /// Their phone numbers, as digits.
    pub phones: Few<String>,
    /// Their identity numbers.
    pub id_numbers: Few<IdNumber<'static>>,
}

impl Card<'_> {
    /// A card with nothing on it but its identity, kind and moment.
    #[must_use]
    pub fn new(id: RecordId, kind: u16, at: Instant) -> Self {
        Self {
            id,
            kind,
            number: Cow::Borrowed(""),
            title: Cow::Borrowed(""),
            state: Cow::Borrowed(""),
            names: Few::new(),
            id_numbers: Few::new(),
            phones: Few::new(),
            person: None,
            due: None,
            entered: at,
            updated: at,
            submitted_by: None,
            facets: Few::new(),
        }
    }
}
