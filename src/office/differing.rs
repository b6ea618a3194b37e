//! What adopting a file changes: key by key, and for how many records.

use super::adopted::{Adopted, Standing, hash_of};
use super::own_files::{CALENDAR, OwnFiles, POLICY, PROGRAMS, folder_of};
use super::{Adoption, Office};
use crate::calendar::Calendar;
use crate::directory::{Filter, Sort};
use crate::edited::{Difference, Keys};
use crate::policy::Library;
use crate::program::{Catalogue, Kind};
use crate::words::Said;
use std::collections::BTreeSet;
use std::sync::PoisonError;

/// One file beside what was adopted.
#[derive(Clone, Debug)]
pub struct PackFile {
    /// Its place in the data folder.
    pub name: String,
    /// How it stands to what was adopted.
    pub standing: Standing,
    /// The hash of the file in the folder, where there is one.
    pub found: Option<String>,
    /// What is in force.
    pub adopted: Option<Adopted>,
    /// What adopting it changes.
    pub differences: Vec<Difference>,
    /// For which records.
    pub affected: Vec<Affected>,
    /// Adopting it.
    pub adoption: Adoption,
}

/// The records of one kind that a change is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affected {
    pub kind: String,
    /// What it is called.
    pub title: Said,
    /// How many there are.
    pub records: usize,
    /// How many of them are under way: handed in and not at their end.
    pub under_way: usize,
    /// How many there are in each state, with its title.
    pub states: Vec<(String, Said, usize)>,
}

impl Office {
    /// Every file of the office's own, and every one that was adopted, with what adopting what lies
    /// there now changes.
    #[must_use]
    pub fn pack_files(&self, own: &OwnFiles) -> Vec<PackFile> {
        let beside = self.packs().beside(own);
        let files = beside.into_iter().map(|(name, text)| {
            let found = text.as_deref().map(hash_of);
            let standing = self.packs().standing(&name, found.as_deref());
            let adopted = self.packs().adopted.get(&name).cloned();
            let adopted = adopted.filter(|adopted| adopted.in_force);
            let before = adopted.as_ref().map(|adopted| adopted.text.as_str());
            let differences = differences(&name, before, text.as_deref());
            let affected = self.affected(&name, &differences);
            let adoption = Adoption { name: name.clone(), text };
            PackFile { name, standing, found, adopted, differences, affected, adoption }
        });
        files.collect()
    }

    /// The records a change of a file is about.
    pub(super) fn affected(&self, name: &str, differences: &[Difference]) -> Vec<Affected> {
        let at = |word: &str| -> BTreeSet<&str> {
            let paths = differences.iter().map(|difference| &difference.path);
            let under = paths.filter(|path| path.first().is_some_and(|first| first == word));
            under.filter_map(|path| path.get(1).map(String::as_str)).collect()
        };
        let (kinds, lists) = (at("kind"), at("list"));
        let is_about = |kind: &&Kind| match folder_of(name) {
            PROGRAMS => kinds.contains(&*kind.id) || uses(kind, &lists),
            POLICY => {
                let life = kind.workflow.as_ref();
                !differences.is_empty()
                    && life
                        .is_some_and(|life| life.moves.iter().any(|step| step.evaluates.is_some()))
            }
            _ => !differences.is_empty() && kind.workflow.is_some(),
        };
        self.catalogue.kinds().filter(is_about).map(|kind| self.count(kind)).collect()
    }

    fn count(&self, kind: &Kind) -> Affected {
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        let count = |filter| directory.list(&filter, &Sort::default(), 0, 0).0;
        let (mut states, mut under_way) = (Vec::new(), 0);
        if let Some(life) = &kind.workflow {
            for state in &life.states {
                let records = count(Filter::in_state(kind.code, state.id.clone()));
                let with_the_counter = life.moves_from(&state.id).any(|step| step.submits);
                if !state.is_final && !with_the_counter {
                    under_way += records;
                }
                if records > 0 {
                    states.push((state.id.clone(), state.title.clone(), records));
                }
            }
        }
        let records = count(Filter::of_kind(kind.code));
        Affected { kind: kind.id.clone(), title: kind.title.clone(), records, under_way, states }
    }
}

fn uses(kind: &Kind, lists: &BTreeSet<&str>) -> bool {
    let mut fields =
        kind.fields().flat_map(|field| std::iter::once(field).chain(field.field_type.columns()));
    fields.any(|field| field.field_type.list().is_some_and(|list| lists.contains(list)))
}

/// What is another with `after` in force in the place of `before`. A file that takes the place of a
/// built-in one is compared with that.
pub(super) fn differences(
    name: &str,
    before: Option<&str>,
    after: Option<&str>,
) -> Vec<Difference> {
    match folder_of(name) {
        PROGRAMS => whole(&["pack", "id"], Catalogue::shipped(), before, after),
        CALENDAR => whole(&["year"], Calendar::shipped(), before, after),
        _ => {
            let built_in = Library::shipped()
                .iter()
                .fold(Keys::default(), |all, (_, text)| all.under(&Keys::read(text), 2));
            // What the file says lies over the built-in entries of the same ids.
            let with = |own: Option<&str>| match own {
                Some(own) => built_in.clone().under(&Keys::read(own), 2),
                None => built_in.clone(),
            };
            with(before).differences(&with(after))
        }
    }
}

/// Files that take each other's place whole, by what is at `id`.
fn whole(
    id: &[&str],
    shipped: &[(&str, &str)],
    before: Option<&str>,
    after: Option<&str>,
) -> Vec<Difference> {
    let [before, after] = [before, after].map(|text| text.map(Keys::read));
    let named = |keys: &Keys| keys.text(id).map(str::to_string);
    let ids: BTreeSet<String> = before.iter().chain(&after).filter_map(named).collect();
    let mut found = Vec::new();
    for wanted in ids {
        let is_it = |keys: &Keys| named(keys).as_ref() == Some(&wanted);
        let built_in = shipped.iter().map(|(_, text)| Keys::read(text)).find(is_it);
        let side = |own: &Option<Keys>| {
            let own = own.as_ref().filter(|own| is_it(own));
            own.or(built_in.as_ref()).cloned().unwrap_or_default()
        };
        found.extend(side(&before).differences(&side(&after)));
    }
    found
}
