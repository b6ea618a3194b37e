//! All policy in force for a station: the built-in files, overlaid by the office's own.

use super::evaluate::{used_by, version};
use super::load::{Layer, Places};
use super::threshold::scaled;
use super::{
    Clause, DecisionSheet, Document, Keys, Parameter, ParameterAt, RuleLine, RuleSet, check,
};
use crate::edited::{Problems, Source, shipped};
use crate::said;
use crate::words::{Problem, Said};
use chrono::NaiveDate;
use include_dir::{Dir, include_dir};
use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

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
    versions: OnceLock<BTreeMap<String, String>>,
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
    /// rule set by writing one with the same id, and adds a row to a parameter with `[[row]]`.
    ///
    /// # Errors
    /// With everything that is wrong, by file and line.
    pub fn with_files<'f>(&self, files: &[(&'f str, &'f str)]) -> Result<Self, Vec<Problem>> {
        let problems = Problems::default();
        let mut layer = Layer::default();
        let open = |(file, text): &(&'f str, &'f str)| Source::open(file, text, &problems);
        let sources: Vec<Source<'_>> = files.iter().map(open).collect();
        let roots: Vec<_> = sources.iter().map(Source::root).collect();
        roots.iter().for_each(|root| layer.read(root));
        for root in &roots {
            layer.read_rows(root, &self.parameters);
            root.finish();
        }
        let mut library = Self { versions: OnceLock::new(), ..self.clone() };
        library.documents.extend(layer.documents);
        library.clauses.extend(layer.clauses);
        library.parameters.extend(layer.parameters);
        library.rule_sets.extend(layer.rule_sets);
        library.places.extend(layer.places);
        for (id, row) in layer.rows {
            library.parameters.entry(id).and_modify(|parameter| parameter.lay(row));
        }
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

    /// The version of each rule set: its id and a hash of the rules and the parameters they use.
    #[must_use]
    pub fn versions(&self) -> &BTreeMap<String, String> {
        self.versions.get_or_init(|| {
            let sets = self.rule_sets.iter();
            sets.map(|(id, rules)| (id.clone(), version(rules, self))).collect()
        })
    }

    /// The version of a rule set with the parameters of this library; one that is not its own may
    /// be a draft.
    #[must_use]
    pub fn version_of(&self, rules: &RuleSet) -> String {
        let own = self.rule_sets.get(&rules.id).is_some_and(|own| std::ptr::eq(own, rules));
        let known = self.versions().get(&rules.id).filter(|_| own);
        known.cloned().unwrap_or_else(|| version(rules, self))
    }

    /// The parameters a rule set uses.
    #[must_use]
    pub fn used_by(&self, rules: &RuleSet) -> BTreeMap<&str, &Parameter> {
        used_by(rules, self)
    }

    /// What the outcome a sheet names is called; the id it has where no rules know it any more.
    #[must_use]
    pub fn outcome_of(&self, sheet: &DecisionSheet) -> Option<Said> {
        let id = sheet.category.as_deref()?;
        let known = self.rule_set(sheet.rule_set()).and_then(|rules| rules.outcome(id));
        Some(known.cloned().unwrap_or_else(|| Said::same(id.to_string())))
    }

    /// The score of a sheet as people read it: `83.5 分`.
    #[must_use]
    pub fn score_of(&self, sheet: &DecisionSheet) -> Option<Said> {
        let scale = self.rule_set(sheet.rule_set()).and_then(|rules| rules.scale);
        let score = scaled(sheet.score?, scale);
        Some(said!("{score} 分", "{score} points"))
    }

    /// What a value of a fact is called, where some rule set says so; else as it is written.
    #[must_use]
    pub fn word(&self, fact: &str, value: &str) -> Said {
        let facts = self.rule_sets.values().filter_map(|rules| rules.fact(fact));
        let mut words = facts.flat_map(|fact| &fact.words);
        let word = words.find(|word| word.id == value);
        word.map_or_else(|| Said::same(value.to_string()), |word| word.title.clone())
    }

    /// The values facts must have, in words: `城镇`; nothing where it holds whatever they are.
    #[must_use]
    pub fn only_said(&self, only: &BTreeMap<String, String>) -> Said {
        let words: Vec<Said> = only.iter().map(|(fact, value)| self.word(fact, value)).collect();
        Said::join(&words, "、", ", ")
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

    /// The lines of rules that cite a clause, each with its rule set.
    pub fn citing<'l>(
        &'l self,
        clause: &'l str,
    ) -> impl Iterator<Item = (&'l RuleSet, &'l RuleLine)> {
        let lines = self
            .rule_sets
            .values()
            .flat_map(|rules| rules.lines.iter().map(move |line| (rules, line)));
        lines.filter(move |(_, line)| line.clause == clause)
    }

    /// The document a clause belongs to.
    #[must_use]
    pub fn document_of(&self, clause: &str) -> Option<&Document> {
        self.documents.get(&self.clauses.get(clause)?.document)
    }
}
