//! Queries as a person types them, and the directory against its contents.
//!
//! `reference` holds a second, slow search written apart from the fast one.

mod consistency;
mod reference;
mod typed;

use super::{Card, Few, IdNumber, IdRole};
use crate::record::{Instant, RecordId};
use chrono::DateTime;
use std::borrow::Cow;

pub(super) const PERSON: u16 = 1;
pub(super) const FILE: u16 = 2;

pub(super) fn moment(seconds: i64) -> Instant {
    DateTime::from_timestamp(1_740_000_000 + seconds, 0).unwrap()
}

pub(super) fn id(at: u8) -> RecordId {
    RecordId::new(moment(0), [at; 10])
}

/// A person's card, changed `at` seconds after the others.
pub(super) fn person(at: u8, name: &str) -> Card<'static> {
    Card {
        title: name.to_string().into(),
        names: few([name.to_string()]),
        ..Card::new(id(at), PERSON, moment(at.into()))
    }
}

/// Texts as a card has them.
pub(super) fn few(texts: impl IntoIterator<Item = String>) -> Few<Cow<'static, str>> {
    texts.into_iter().map(Cow::Owned).collect()
}

pub(super) fn own(number: &str) -> IdNumber<'static> {
    IdNumber { role: IdRole::Own, number: number.to_string().into() }
}
