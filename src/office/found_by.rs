//! What a record is found by: its own texts, and those of the person it belongs to.

use crate::directory::{Card, IdNumber, IdRole, OfPerson};
use crate::program::Kind;
use crate::record::{Record, RecordId, Value};
use std::borrow::Cow;

/// The person a record belongs to, and what its card has of them.
pub(super) type Whose = Option<(RecordId, OfPerson)>;

/// Puts what a card has of a person on it; gives what identity numbers after theirs are.
pub(super) fn bear(card: &mut Card<'_>, whose: Whose) -> IdRole {
    let Some((person, texts)) = whose else { return IdRole::Own };
    card.person = Some(person);
    carry(card, texts);
    IdRole::Household
}

/// Puts on a card what another record is found by.
pub(super) fn carry(card: &mut Card<'_>, texts: OfPerson) {
    card.names.extend(texts.names.into_iter().map(Cow::Owned));
    card.phones.extend(texts.phones.into_iter().map(Cow::Owned));
    let number = |IdNumber { role, number }: IdNumber<'static>| IdNumber { role, number };
    card.id_numbers.extend(texts.id_numbers.into_iter().map(number));
}

/// What the cards of a person's records have of them, from the person's own.
pub(super) fn texts_of(person: &Record, kind: &Kind) -> OfPerson {
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

/// Puts on a card what a kind is found by; `texts` tells those a path leads to.
pub(super) fn collect<'r>(
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
pub(super) fn texts<'r>(record: &'r Record, path: &str, found: &mut dyn FnMut(Cow<'r, str>)) {
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
