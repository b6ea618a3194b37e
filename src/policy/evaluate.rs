//! A rule set applied to the facts of one record on one date.

use super::scene::{Judged, Scene};
use super::{
    DecisionSheet, Facts, Gives, Library, LineResult, LineRole, Overall, Parameter, RuleSet,
    SheetLine, nearest,
};
use crate::formula::Formula;
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// What a sheet carries beside its lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Context<'c> {
    /// The record's number.
    pub number: &'c str,
    /// Content hash of the program pack.
    pub pack: &'c str,
    /// Division code of the station, for parameters that differ by region.
    pub region: &'c str,
}

/// A rule set made ready for many sheets: its version computed, its inputs resolved.
#[derive(Debug)]
pub struct Evaluator<'l> {
    rules: &'l RuleSet,
    library: &'l Library,
    version: String,
    parameters: BTreeMap<&'l str, &'l Parameter>,
    /// Per line, the facts and parameters its condition rests on.
    rests_on: Vec<BTreeSet<String>>,
}

/// Applies `rules` once. For many records make an [`Evaluator`].
#[must_use]
pub fn evaluate(
    rules: &RuleSet,
    library: &Library,
    facts: &Facts,
    as_of: NaiveDate,
    context: Context<'_>,
) -> DecisionSheet {
    Evaluator::new(rules, library).evaluate(facts, as_of, context)
}

impl<'l> Evaluator<'l> {
    /// Makes a rule set ready. It may come from a draft file; the library gives the parameters.
    #[must_use]
    pub fn new(rules: &'l RuleSet, library: &'l Library) -> Self {
        let parameters = used_by(rules, library);
        let rests_on = rules.lines.iter().map(|line| {
            let mut names = BTreeSet::new();
            line.formulas().for_each(|formula| rest(rules, formula, &mut names));
            names
        });
        let rests_on = rests_on.collect();
        let version = library.version_of(rules);
        Self { rules, library, version, parameters, rests_on }
    }

    /// Rule set id and short hash of the rules and the parameters they use.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Makes the sheet of one record. The same facts, date and context give the same sheet.
    #[must_use]
    pub fn evaluate(&self, facts: &Facts, as_of: NaiveDate, context: Context<'_>) -> DecisionSheet {
        let scene = Scene::new(self.rules, self.library, facts);
        let scene = scene.with_parameters(&self.parameters, as_of, context.region);
        let judged: Vec<Judged<'_>> =
            self.rules.lines.iter().map(|line| scene.judge(line)).collect();
        let score = score(self.rules, &judged);
        let category = match self.rules.gives {
            Gives::Score => score.and_then(|score| band(self.rules, &judged, score)),
            Gives::Category | Gives::Verdict => first_met(&judged),
        };
        let bands = self.rules.gives == Gives::Score && !self.rules.outcomes.is_empty();
        let lines = judged.iter().zip(&self.rests_on).map(|(judged, names)| {
            let line = judged.line;
            let (clause, basis) = scene.clause(line);
            let document = self.library.document_of(clause);
            SheetLine {
                row: None,
                id: line.id.clone(),
                result: judged.result,
                clause: clause.to_owned(),
                document: document
                    .map_or_else(String::new, |document| document.title.zh.to_string()),
                basis,
                text: judged.text.zh.to_string(),
                text_en: judged.text.en.to_string(),
                points: judged.points,
                inputs: names.iter().map(|name| (name.clone(), scene.input(name))).collect(),
            }
        });
        DecisionSheet {
            number: context.number.to_owned(),
            as_of,
            pack: context.pack.to_owned(),
            rules: self.version.clone(),
            outcome: match overall(self.rules.gives, &judged) {
                // A score no band begins with says nothing.
                Overall::Suggests if bands && category.is_none() => Overall::NeedsPerson,
                outcome => outcome,
            },
            category,
            score,
            lines: lines.collect(),
            nearest: nearest::nearest(&scene, &judged),
        }
    }
}

/// The parameters a rule set uses.
pub(super) fn used_by<'l>(
    rules: &RuleSet,
    library: &'l Library,
) -> BTreeMap<&'l str, &'l Parameter> {
    let mut used = BTreeSet::new();
    for formula in rules.formulas() {
        rest(rules, formula, &mut used);
    }
    used.extend(rules.thresholds.iter().filter_map(|threshold| threshold.times.clone()));
    let known = used.iter().filter_map(|name| library.parameters.get_key_value(name));
    known.map(|(id, parameter)| (id.as_str(), parameter)).collect()
}

/// The version of a rule set: its id and a hash of itself and the parameters it uses.
pub(super) fn version(rules: &RuleSet, library: &Library) -> String {
    let canonical = serde_json::to_vec(&(rules, &used_by(rules, library))).unwrap_or_default();
    let hash: String = blake3::hash(&canonical).to_hex().chars().take(12).collect();
    format!("{}@{hash}", rules.id)
}

/// Adds the facts and parameters a formula rests on, through computed values.
fn rest(rules: &RuleSet, formula: &Formula, names: &mut BTreeSet<String>) {
    for name in formula.inputs() {
        if let Some(value) = rules.value(name) {
            // A value uses only those before it, so this ends.
            rest(rules, &value.is, names);
            if let Some(divisor) = &value.divide_by {
                rest(rules, divisor, names);
            }
        } else if rules.fact(name).is_some() {
            names.insert(name.to_owned());
        } else {
            let id = name.split_once('.').map_or(name, |(id, _)| id);
            names.insert(id.to_owned());
        }
    }
}

/// The outcome of the first line met.
fn first_met(judged: &[Judged<'_>]) -> Option<String> {
    judged.iter().find_map(|judged| match judged.line.role {
        LineRole::Outcome if judged.result == LineResult::Met => judged.line.outcome.clone(),
        _ => None,
    })
}

/// What the lines of a score add up to; nothing while one of them is open.
fn score(rules: &RuleSet, judged: &[Judged<'_>]) -> Option<i64> {
    if rules.gives != Gives::Score {
        return None;
    }
    let lines = judged.iter().filter(|judged| judged.line.role == LineRole::Points);
    let points = lines.map(|judged| match judged.result {
        LineResult::Met => judged.points,
        LineResult::NotMet | LineResult::NotAsked => Some(0),
        LineResult::Unknown => None,
    });
    points.into_iter().try_fold(0_i64, |sum, points| sum.checked_add(points?))
}

/// The best band a score reaches, no better than what a veto leaves.
fn band(rules: &RuleSet, judged: &[Judged<'_>], score: i64) -> Option<String> {
    let least = |id: &String| rules.outcomes.iter().find(|it| it.id == *id)?.least;
    let vetoes = judged
        .iter()
        .filter(|judged| judged.line.role == LineRole::Veto && judged.result == LineResult::NotMet);
    // A veto that names no band leaves none.
    let most = vetoes.map(|judged| judged.line.outcome.as_ref().and_then(least));
    let most = most.map(|least| least.unwrap_or(i64::MIN)).min().unwrap_or(i64::MAX);
    let reached = rules.outcomes.iter().filter_map(|band| Some((band.least?, &band.id)));
    let reached = reached.filter(|(least, _)| *least <= score.min(most));
    reached.max_by_key(|(least, _)| *least).map(|(_, id)| id.clone())
}

/// What the lines come to together. Any line not met suggests no, but for one that names an outcome,
/// one that only should hold, and one that adds to a score or lowers its band; any that could still
/// turn needs a person. A line with an outcome that cannot be told matters only while none above it
/// is met, and one of them has to be.
fn overall(gives: Gives, judged: &[Judged<'_>]) -> Overall {
    let named = |judged: &&Judged<'_>| judged.line.role == LineRole::Outcome;
    let counts = |judged: &&Judged<'_>| {
        let role = judged.line.role;
        let says_no = !matches!(
            role,
            LineRole::Outcome | LineRole::Should | LineRole::Points | LineRole::Veto
        );
        says_no || (judged.result == LineResult::Unknown && role != LineRole::Outcome)
    };
    let is = |result| move |judged: &Judged<'_>| judged.result == result;
    let counting = || judged.iter().filter(counts);
    if counting().any(is(LineResult::NotMet)) {
        return Overall::SuggestsNo;
    }
    let met = judged.iter().filter(named).any(is(LineResult::Met));
    let open = judged
        .iter()
        .filter(named)
        .take_while(|judged| judged.result != LineResult::Met)
        .any(is(LineResult::Unknown));
    if open || counting().any(is(LineResult::Unknown)) {
        Overall::NeedsPerson
    } else if met || gives != Gives::Category {
        Overall::Suggests
    } else {
        Overall::SuggestsNo
    }
}
