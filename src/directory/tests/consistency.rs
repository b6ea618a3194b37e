//! Cards put, replaced and taken away, against a plain map of them.

use super::{few, id, moment, own, person};
use crate::directory::{
    Card, Directory, Filter, IdRole, Link, Meaning, Query, Sort, SortBy, Through,
};
use crate::record::{RecordId, new_id_form, old_id_form};
use chrono::NaiveDate;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn day(at: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2025, 3, 1 + at).unwrap()
}

fn card() -> impl Strategy<Value = Card<'static>> {
    let what = (0..8_u8, 0..3_u16, "[ab]?", "(B-[0-3])?", option::of(0..10_u8));
    let who =
        (vec("[张王李]{1,2}", 0..3), vec("[1-3]{4}", 0..3), vec("[12]{15}|[12]{17}X|E1", 0..3));
    let when = (option::of(0..5_u32), 0..4_i64, 0..4_i64, option::of("[xy]"));
    let facets = vec(("station|handler", "[pq]"), 0..3);
    let to = vec(0..10_u8, 0..3);
    (what, who, when, facets, to).prop_map(
        |((at, kind, state, number, person_at), (names, phones, ids), when, facets, to)| {
            let to = to.into_iter().map(|at| ("to".into(), id(at).0.to_string().into()));
            let (due, entered, updated, submitted_by) = when;
            Card {
                kind,
                state: state.into(),
                number: number.into(),
                person: person_at.map(id),
                names: few(names),
                phones: few(phones),
                id_numbers: ids.iter().map(|number| own(number)).collect(),
                due: due.map(day),
                entered: moment(entered),
                updated: moment(updated),
                submitted_by: submitted_by.map(Into::into),
                facets: facets.into_iter().map(|(n, v)| (n.into(), v.into())).chain(to).collect(),
                ..person(at, "某某")
            }
        },
    )
}

/// A record that is referred to, by its person or by a facet.
fn through() -> impl Strategy<Value = Through> {
    let facets = vec(("station|handler", vec("[pq]", 1..3)), 0..2);
    let link = prop_oneof![Just(Link::Person), Just(Link::Facet("to".to_string()))];
    (link, option::of(0..3_u16), vec("[ab]", 0..2), facets).prop_map(
        |(link, kind, states, facets)| {
            let filter = Filter { kind, states, facets, ..Filter::default() };
            Through { link, filter }
        },
    )
}

fn filter() -> impl Strategy<Value = Filter> {
    let among = vec(("station|handler", vec("[pqr]", 1..3)), 0..2);
    let facets = vec(("station|handler", "[pq]"), 0..2);
    let what = (option::of(0..3_u16), vec("[ab]?", 0..2), facets, among);
    let when =
        (option::of(0..5_u32), option::of(0..5_u32), option::of(0..4_i64), option::of(0..4_i64));
    let who = (option::weighted(0.2, 0..10_u8), option::of("[xy]"), option::of("[xy]"), "[张王]?");
    let meant = vec(("station|handler", vec("[pq]", 1..3)), 0..2);
    let word = ("[张王]?", vec("[ab]", 0..2), meant, vec(through(), 0..2));
    let word =
        word.prop_map(|(text, states, facets, through)| Meaning { text, states, facets, through });
    let referred = prop_oneof![3 => Just(Vec::new()), 1 => vec(through(), 1..3)];
    (what, when, who, vec(word, 0..3), referred).prop_map(
        |(
            (kind, states, facets, among),
            (from, before, entered, updated),
            (person, by, not_by, text),
            words,
            through,
        )| {
            let one = facets.into_iter().map(|(name, value)| (name, vec![value]));
            Filter {
                kind,
                states,
                facets: one.chain(among).collect(),
                through,
                person: person.map(id),
                due_from: from.map(day),
                due_before: before.map(day),
                submitted_by: by,
                not_submitted_by: not_by,
                without: Vec::new(),
                reader: None,
                entered_before: entered.map(moment),
                updated_before: updated.map(moment),
                text,
                words,
            }
        },
    )
}

type Cards = BTreeMap<RecordId, Card<'static>>;

fn refers(cards: &Cards, card: &Card, Through { link, filter }: &Through) -> bool {
    let mut passing = cards.values().filter(|there| passes(cards, there, filter));
    passing.any(|there| match link {
        Link::Person => card.person == Some(there.id),
        Link::Facet(name) => {
            let there = there.id.0.to_string();
            card.facets.iter().any(|(had, value)| had == name && **value == there)
        }
    })
}

fn means(cards: &Cards, card: &Card, word: &Meaning) -> bool {
    let has = |name: &str, any: &[String]| {
        card.facets.iter().any(|had| had.0 == name && any.contains(&had.1.to_string()))
    };
    let named = card.names.iter().any(|name| name.contains(&word.text));
    !word.text.is_empty() && named
        || word.states.iter().any(|state| *state == card.state)
        || word.facets.iter().any(|(name, any)| has(name, any))
        || word.through.iter().any(|through| refers(cards, card, through))
}

fn passes(cards: &Cards, card: &Card, filter: &Filter) -> bool {
    let open_or = |open: bool, holds: bool| open || holds;
    filter.kind.is_none_or(|kind| card.kind == kind)
        && open_or(filter.states.is_empty(), filter.states.iter().any(|state| *state == card.state))
        && filter.facets.iter().all(|(n, any)| {
            card.facets.iter().any(|had| had.0 == *n && any.contains(&had.1.to_string()))
        })
        && filter.words.iter().all(|word| means(cards, card, word))
        && filter.through.iter().all(|through| refers(cards, card, through))
        && open_or(filter.person.is_none(), filter.person == card.person)
        && filter.due_from.is_none_or(|day| card.due.is_some_and(|due| due >= day))
        && filter.due_before.is_none_or(|day| card.due.is_some_and(|due| due < day))
        && open_or(
            filter.submitted_by.is_none(),
            filter.submitted_by.as_deref() == card.submitted_by.as_deref(),
        )
        && open_or(
            filter.not_submitted_by.is_none(),
            filter.not_submitted_by.as_deref() != card.submitted_by.as_deref(),
        )
        && filter.entered_before.is_none_or(|at| card.entered < at)
        && filter.updated_before.is_none_or(|at| card.updated < at)
        && card.names.iter().any(|name| name.contains(&filter.text)) | filter.text.is_empty()
}

fn sorted_list(
    cards: &BTreeMap<RecordId, Card<'static>>,
    filter: &Filter,
    by: &SortBy,
) -> Vec<RecordId> {
    let mut listed: Vec<&Card> =
        cards.values().filter(|card| passes(cards, card, filter)).collect();
    // The map gives them by id, and sorting is stable.
    match by {
        SortBy::Updated => listed.sort_by_key(|card| std::cmp::Reverse(card.updated)),
        SortBy::Entered => listed.sort_by_key(|card| card.entered),
        SortBy::Due => listed.sort_by_key(|card| (card.due.is_none(), card.due)),
        SortBy::Number => listed.sort_by_key(|card| card.number.clone()),
        SortBy::Title => {}
        // "q" before "p", cards without one last; a card with several goes by the first it has.
        SortBy::Facet { name, .. } => listed.sort_by_key(|card| {
            let mut values = card.facets.iter().filter(|(facet, _)| facet == name);
            values.next().map_or(2, |(_, value)| u8::from(value != "q"))
        }),
    }
    listed.iter().map(|card| card.id).collect()
}

fn agrees(directory: &Directory, cards: &BTreeMap<RecordId, Card<'static>>) {
    assert_eq!(directory.len(), cards.len());
    for at in 0..10 {
        assert_eq!(directory.get(id(at)).as_ref(), cards.get(&id(at)));
        // Exactly the cards it gives are those it holds.
        for card in cards.values() {
            let there = Card { id: id(at), ..card.clone() };
            assert_eq!(directory.holds(&there), directory.get(id(at)).as_ref() == Some(&there));
        }
    }
    for number in ["B-0", "b-1", "B-2", "Ｂ-3", ""] {
        let same = |card: &&Card| {
            !number.is_empty() && card.number.get(2..) == number.get(number.len() - 1..)
        };
        assert_eq!(directory.by_number(number), cards.values().find(same).map(|card| card.id));
    }
    let numbers = cards.values().flat_map(|card| &card.id_numbers);
    for number in numbers {
        let seen: Vec<_> =
            directory.by_id_number(&number.number).iter().map(|b| (b.id, b.role)).collect();
        let all = cards.values().flat_map(|card| card.id_numbers.iter().map(move |n| (card, n)));
        let same =
            all.filter(|(_, other)| *other == number).map(|(card, _)| (card.id, IdRole::Own));
        assert_eq!(seen, same.collect::<Vec<_>>());
    }
    for kind in 0..3 {
        let mut counts = BTreeMap::new();
        for card in cards.values().filter(|card| card.kind == kind) {
            *counts.entry(card.state.to_string()).or_insert(0) += 1;
        }
        assert_eq!(directory.counts(kind), counts);
    }
    for digits in ["1111", "1231", "3333"] {
        let found = directory
            .search(&Query::new(digits, 99))
            .iter()
            .filter(|hit| !hit.why.is_name())
            .count();
        let has = |card: &&Card| {
            card.phones.iter().any(|phone| phone == digits)
                || card.id_numbers.iter().any(|n| {
                    // In the form it was entered in, or in the other one.
                    let ends = n.number.ends_with(digits);
                    let other = new_id_form(&n.number).or_else(|| old_id_form(&n.number));
                    let mut forms = [Some(n.number.to_string()), other].into_iter().flatten();
                    ends || forms.any(|form| form == digits)
                })
        };
        assert_eq!(found, cards.values().filter(has).count());
    }
}

proptest! {
    #[test]
    fn what_was_put_is_there_and_nothing_else(
        steps in vec(prop_oneof![3 => card().prop_map(Ok), 1 => (0..8_u8).prop_map(Err)], 1..30),
        filters in vec(filter(), 1..6),
    ) {
        let mut directory = Directory::new();
        let mut cards = BTreeMap::new();
        for step in steps {
            match step {
                Ok(card) => {
                    directory.put(&card);
                    cards.insert(card.id, card);
                }
                Err(at) => assert_eq!(directory.remove(id(at)), cards.remove(&id(at)).is_some()),
            }
            agrees(&directory, &cards);
        }
        for filter in filters.into_iter().chain([Filter::default(), Filter::of_kind(1)]) {
            let facet = SortBy::Facet { name: "station".into(), values: vec!["q".into()] };
            let common = [SortBy::Updated, SortBy::Entered, SortBy::Due, SortBy::Number];
            for by in common.into_iter().chain([SortBy::Title, facet]) {
                let sort = Sort::from(by.clone());
                let expected = sorted_list(&cards, &filter, &by);
                let all = directory.list(&filter, &sort, 0, 99);
                prop_assert_eq!(&all, &(expected.len(), expected.clone()), "{:?}", filter);
                prop_assert_eq!(directory.count(&filter), expected.len());
                let page = directory.list(&filter, &sort, 1, 2).1;
                prop_assert_eq!(page, expected.iter().skip(1).take(2).copied().collect::<Vec<_>>());
                let reversed = directory.list(&filter, &Sort { by, reversed: true }, 0, 99).1;
                prop_assert_eq!(reversed, expected.into_iter().rev().collect::<Vec<_>>());
            }
        }
    }
}

#[test]
fn memory_comes_back_when_cards_change_often() {
    let mut directory = Directory::new();
    for round in 0..60_000_i64 {
        let at = u8::try_from(round % 50).unwrap();
        directory.put(&Card { updated: moment(round), ..person(at, "欧阳某某") });
    }
    assert_eq!(directory.len(), 50);
    assert!(directory.footprint() < 500_000, "{}", directory.footprint());
    assert_eq!(directory.search(&Query::new("oymm", 99)).len(), 50);
}

#[test]
fn titles_sort_by_pinyin() {
    let mut directory = Directory::new();
    for (at, name) in (0..).zip(["张伟", "曾红", "安然", "李明", "安安"]) {
        directory.put(&person(at, name));
    }
    let (_, ids) = directory.list(&Filter::default(), &SortBy::Title.into(), 0, 9);
    let titles: Vec<String> =
        ids.iter().map(|&id| directory.get(id).unwrap().title.into_owned()).collect();
    assert_eq!(titles, ["安安", "安然", "李明", "曾红", "张伟"]);
}
