//! All policy in force for a station: the built-in files, overlaid by the office's own.

use super::load::{Layer, Places};
use super::{Clause, DecisionSheet, Document, Keys, Parameter, ParameterAt, RuleSet, check};
use crate::edited::{Problems, shipped};
use crate::words::{Problem, Said};
use chrono::NaiveDate;
use include_dir::{Dir, include_dir};
use std::collections::BTreeMap;
use std::sync::LazyLock;

static FOLDER: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/assets/policy");
/// The files the program carries.
static BUILT_IN: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| shipped(&FOLDER, "policy/"));

/// Documents, clauses, parameters and rule sets, checked against each other.
#[derive(Clone, Debug, Default)]
pub struct Library {
    /// Documents by id.
    pub documents: BTreeMap<String, Document>,
    /// Clauses by id.
    pub clauses: BTreeMap<String, Clause>,
    /// Parameters by id.
    pub parameters: BTreeMap<String, Parameter>,
    /// Rule sets by id.
    pub rule_sets: BTreeMap<String, RuleSet>,
    places: Places,
    /// What it was read from, layer by layer.
    layers: Vec<Vec<(String, String)>>,
}

impl Library {
    /// The policy the program carries.
    ///
    /// # Errors
    /// Never as shipped; a test reads the same files.
    pub fn built_in() -> Result<Self, Vec<Problem>> {
        Self::default().with_files(&BUILT_IN)
    }

    /// The files the program carries, by name.
    #[must_use]
    pub fn shipped() -> &'static [(&'static str, &'static str)] {
        &BUILT_IN
    }

    /// All it was read from, for keeping what files were submitted under.
    ///
    /// # Errors
    /// Never; the error is serde's.
    pub fn to_kept(&self) -> serde_json::Result<String> {
        serde_json::to_string(&self.layers)
    }

    /// A library that was kept.
    ///
    /// # Errors
    /// When it is none, or this program does not understand it any more.
    pub fn from_kept(kept: &str) -> Result<Self, Vec<Problem>> {
        let layers: Vec<Vec<(String, String)>> = serde_json::from_str(kept)
            .map_err(|error| vec![Problem::new("policy", 0, Said::same(error.to_string()))])?;
        layers.iter().try_fold(Self::default(), |library, layer| {
            let files = layer.iter().map(|(file, text)| (file.as_str(), text.as_str()));
            library.with_files(&files.collect::<Vec<_>>())
        })
    }

    /// This library overlaid by the text of some files, by id: an office replaces a parameter or a
    /// rule set by writing one with the same id.
    ///
    /// # Errors
    /// With everything that is wrong, by file and line.
    pub fn with_files(&self, files: &[(&str, &str)]) -> Result<Self, Vec<Problem>> {
        let problems = Problems::default();
        let mut layer = Layer::default();
        for (file, text) in files {
            layer.read(file, text, &problems);
        }
        let mut library = self.clone();
        library.documents.extend(layer.documents);
        library.clauses.extend(layer.clauses);
        library.parameters.extend(layer.parameters);
        library.rule_sets.extend(layer.rule_sets);
        library.places.extend(layer.places);
        let own = |(file, text): &(&str, &str)| ((*file).to_string(), (*text).to_string());
        library.layers.push(files.iter().map(own).collect());
        // What refers to something that could not be read would only be told twice.
        if problems.is_empty() {
            check::check(&library, &library.places, &problems);
        }
        problems.into_result(library)
    }

    /// A rule set by id.
    #[must_use]
    pub fn rule_set(&self, id: &str) -> Option<&RuleSet> {
        self.rule_sets.get(id)
    }

    /// What the outcome a sheet names is called; the id it has where no rules know it any more.
    #[must_use]
    pub fn outcome_of(&self, sheet: &DecisionSheet) -> Option<Said> {
        let id = sheet.category.as_deref()?;
        let known = self.rule_set(sheet.rule_set()).and_then(|rules| rules.outcome(id));
        Some(known.cloned().unwrap_or_else(|| Said::same(id.to_string())))
    }

    /// What is known of a parameter on `date`.
    #[must_use]
    pub fn parameter_at(&self, id: &str, date: NaiveDate, keys: Keys<'_>) -> ParameterAt<'_> {
        self.parameters.get(id).map_or(ParameterAt::None, |parameter| parameter.at(date, keys))
    }

    /// A clause as it is cited: `渝民规〔2025〕6号 第一条`.
    #[must_use]
    pub fn cited(&self, clause: &Clause) -> Said {
        let document =
            self.documents.get(&clause.document).map(Document::cited).unwrap_or_default();
        Said::join(&[document, Said::same(clause.article.clone())], " ", " ")
    }

    /// The document a clause belongs to.
    #[must_use]
    pub fn document_of(&self, clause: &str) -> Option<&Document> {
        self.documents.get(&self.clauses.get(clause)?.document)
    }
}
