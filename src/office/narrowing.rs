//! What the words mean that a list is narrowed by.

use super::facets::through;
use crate::directory::{Directory, Filter, Meaning, Sort};
use crate::program::{Catalogue, FieldType, Kind, pinyin_of};
use crate::record::fold;
use crate::words::Said;

/// Most words; whoever types more has found it.
const MOST: usize = 6;

/// Most records a word is looked for among those pointed at.
const POINTED_AT: usize = 500;

/// The words of what is typed, with all each may mean for a kind; `seen` is what the list shows of it.
pub(super) fn words(
    catalogue: &Catalogue,
    directory: &Directory,
    kind: &Kind,
    seen: &Filter,
    typed: &str,
) -> Vec<Meaning> {
    let typed = fold(typed);
    let words = typed.split_whitespace().take(MOST);
    words.map(|text| word(catalogue, directory, kind, seen, text)).collect()
}

fn word(
    catalogue: &Catalogue,
    directory: &Directory,
    kind: &Kind,
    seen: &Filter,
    text: &str,
) -> Meaning {
    let states = kind.workflow.iter().flat_map(|life| &life.states);
    let states = states.filter(|state| is_meant(&state.title, text));
    let mut word = Meaning {
        text: text.to_string(),
        states: states.map(|state| state.id.clone()).collect(),
        facets: Vec::new(),
        through: Vec::new(),
    };
    let meant = |kind: &Kind, facet: &str| values(catalogue, directory, kind, facet, (seen, text));
    for facet in &kind.facets {
        word.facets.extend(meant(kind, facet).map(|values| (facet.clone(), values)));
    }
    for hop in &kind.hops {
        let there = catalogue.kind_behind(kind, hop);
        let values = there.and_then(|there| meant(there, &hop.facet)).unwrap_or_default();
        if !values.is_empty() {
            let reader = seen.reader.clone();
            word.through.extend(through(catalogue, kind, hop, &values, reader));
        }
    }
    word
}

/// The values of a facet that a word may mean.
fn values(
    catalogue: &Catalogue,
    directory: &Directory,
    kind: &Kind,
    facet: &str,
    (seen, text): (&Filter, &str),
) -> Option<Vec<String>> {
    let Some(field) = kind.field_at(facet) else {
        return kind.derived(facet).filter(|it| is_meant(&it.title, text)).map(|_| yes());
    };
    match &field.field_type {
        FieldType::YesNo => is_meant(&field.title, text).then(yes),
        FieldType::Choice { list } | FieldType::Tags { list, .. } => {
            let entries = catalogue.code_list(list).map(|list| list.entries.as_slice());
            let meant = entries.unwrap_or_default().iter();
            let meant = meant.filter(|entry| is_meant(&entry.label, text));
            Some(meant.map(|entry| entry.code.clone()).collect())
        }
        // Whoever does not know of a record does not narrow a list by it either.
        FieldType::Reference { kind, .. } => catalogue.kind(kind).map(|kind| {
            let text = text.to_string();
            let reader = seen.reader.clone();
            let named = Filter { text, reader, ..Filter::of_kind(kind.code) };
            let (_, ids) = directory.list(&named, &Sort::default(), 0, POINTED_AT);
            ids.into_iter().map(|id| id.0.to_string()).collect()
        }),
        FieldType::Text { .. } => Some(vec![text.to_string()]),
        _ => None,
    }
}

fn yes() -> Vec<String> {
    vec!["yes".to_string()]
}

/// Whether a title is what a word means: the title itself, two characters of it or more, in English
/// the beginning of one of its words, its pinyin or initials.
fn is_meant(title: &Said, word: &str) -> bool {
    let word = word.to_lowercase();
    let (zh, en) = (fold(&title.zh).to_lowercase(), fold(&title.en).to_lowercase());
    let (full, initials) = pinyin_of(&title.zh);
    if zh == word || en == word || full == word || initials == word {
        return true;
    }
    let begins = || en.split_whitespace().any(|of_it| of_it.starts_with(&word));
    word.chars().count() >= 2 && (zh.contains(&word) || en.starts_with(&word) || begins())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_means_a_title_by_a_part_of_it_or_its_pinyin() {
        let title = Said::fixed("待审核", "To review");
        for word in ["待审", "审核", "待审核", "to", "rev", "dsh", "daishenhe"] {
            assert!(is_meant(&title, word), "{word}");
        }
        for word in ["待", "t", "dai", "view", "x"] {
            assert!(!is_meant(&title, word), "{word}");
        }
    }
}
