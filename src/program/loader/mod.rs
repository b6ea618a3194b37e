//! Reads pack files into a catalogue and says everything that is wrong with them at once.
//!
//! A file is first read by itself ([`file`]); what it mentions of other files is kept as
//! [`Mentions`] and looked up when all files are there ([`cross`]).

mod cross;
mod fields;
mod file;
mod follows;
mod formulas;
mod hands;
mod known;
mod lists;
mod measures;
mod moves;
mod records;

use super::{Catalogue, CodeList, Kind, Pack};
use crate::edited::{At, Place, Problems};
use crate::words::Problem;
use std::collections::BTreeMap;

/// A pack file as handed to the loader.
#[derive(Clone, Debug)]
pub(super) struct PackFile {
    /// Name for problems.
    pub name: String,
    /// Content.
    pub text: String,
    /// True for a station's own file, which takes the place of a built-in one.
    pub own: bool,
}

/// What one file gave.
struct Part {
    own: bool,
    pack: At<Pack>,
    kinds: Vec<At<Kind>>,
    lists: Vec<At<CodeList>>,
    mentions: Mentions,
    problems: Vec<Problem>,
}

/// Names one file uses that another may define, with their places.
#[derive(Default)]
struct Mentions {
    /// Code lists.
    lists: Vec<At<String>>,
    kinds: Vec<At<String>>,
    /// Sensitivity groups, by fields and moves.
    groups: Vec<At<String>>,
    /// Codes of a list that lists of records ask for, with the id of the code list.
    codes: Vec<(String, At<String>)>,
    /// Facets of records that references lead to, by kind.
    hops: Vec<(String, At<String>)>,
    /// Values lists ask such facets for, by kind.
    hop_values: Vec<(String, At<String>, Vec<At<String>>)>,
    /// Measures, by their ids.
    measures: Vec<At<String>>,
    /// What references are found by, with the kind they lead to.
    find_by: Vec<(String, At<String>)>,
    /// Dotted list columns, by kind.
    shows: Vec<(String, At<String>)>,
    /// Where each field is, by kind and id.
    fields: BTreeMap<(String, String), Place>,
    /// What moves bring about.
    follows: Vec<follows::Mentioned>,
    /// Typed default values, by kind and field path.
    defaults: Vec<(String, String, Place)>,
}

/// Reads all files.
///
/// # Errors
/// Every problem of every file, by file and line.
pub(super) fn load(files: &[PackFile]) -> Result<Catalogue, Vec<Problem>> {
    let mut parts: Vec<Part> = files.iter().map(file::read).collect();
    let own: Vec<String> =
        parts.iter().filter(|part| part.own).map(|part| part.pack.value.id.clone()).collect();
    parts.retain(|part| part.own || !own.contains(&part.pack.value.id));

    let problems = Problems::default();
    let mut catalogue = Catalogue::default();
    let mut mentions = Vec::new();
    for part in &mut parts {
        problems.extend(std::mem::take(&mut part.problems));
    }
    cross::duplicates(&parts, &problems);
    for part in parts {
        catalogue.packs.push(part.pack.value);
        catalogue.kinds.extend(part.kinds.into_iter().map(|at| at.value));
        catalogue.lists.extend(part.lists.into_iter().map(|at| (at.value.id.clone(), at.value)));
        mentions.push(part.mentions);
    }
    catalogue.kinds.sort_by_key(|kind| kind.code);
    for mentioned in &mentions {
        cross::check(&catalogue, mentioned, &problems);
    }
    problems.into_result(catalogue)
}
