//! Rules tried over the files before they count: what would be suggested otherwise, and for whom.

use super::sheets::decided_for;
use super::{Office, Refusal};
use crate::policy::{DecisionSheet, Library, LineResult, Overall, RuleSet};
use crate::program::Kind;
use crate::record::{Record, RecordId};
use crate::words::Said;
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// What of a sheet is compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The outcome as a whole.
    pub outcome: Overall,
    /// Which outcome of the rule set, where it names one.
    pub category: Option<String>,
    /// What that is called.
    pub title: Option<Said>,
    /// Each line with its result, in the order of the sheet.
    pub lines: Vec<(String, LineResult)>,
}

impl Verdict {
    fn of(sheet: DecisionSheet, library: &Library) -> Self {
        Self {
            title: library.outcome_of(&sheet),
            outcome: sheet.outcome,
            category: sheet.category,
            lines: sheet.lines.into_iter().map(|line| (line.id, line.result)).collect(),
        }
    }

    /// The outcome, and which one.
    #[must_use]
    pub fn said(&self) -> Said {
        let mut said = vec![self.outcome.said()];
        said.extend(self.title.clone());
        Said::join(&said, "·", ", ")
    }

    fn advises_as(&self, other: &Self) -> bool {
        (self.outcome, &self.category) == (other.outcome, &other.category)
    }
}

/// A file for which something else would be suggested.
#[derive(Clone, Debug, PartialEq)]
pub struct Otherwise {
    /// The record.
    pub id: RecordId,
    pub number: String,
    /// What is suggested now.
    pub before: Verdict,
    /// What would be.
    pub after: Verdict,
}

impl Otherwise {
    /// The lines that come out otherwise: before, where the line was there, and after.
    pub fn lines(&self) -> impl Iterator<Item = (&str, Option<LineResult>, LineResult)> {
        let old: BTreeMap<&str, LineResult> =
            self.before.lines.iter().map(|(id, result)| (id.as_str(), *result)).collect();
        let lines = self.after.lines.iter();
        let lines = lines.map(move |(id, now)| (id.as_str(), old.get(id.as_str()).copied(), *now));
        lines.filter(|(_, was, now)| *was != Some(*now))
    }
}

/// What came of a trial.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replayed {
    /// How many files were tried.
    pub tried: usize,
    /// Those for which something else would be suggested, by number.
    pub otherwise: Vec<Otherwise>,
    /// Files under way: they end under the rules they were submitted with, and were not tried.
    pub under_way: usize,
}

/// Which files are tried, and for which day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trial {
    /// Every file, each for the day it is decided for.
    All,
    /// Those a change from this day on reaches: files in force and files not handed in yet, decided
    /// anew on that day, or on their own where that is later.
    From(NaiveDate),
}

impl Office {
    /// Every record a rule set is for, by the rules of one library and of another. `seen` is told
    /// after each file and breaks the trial off with a refusal of its own.
    ///
    /// # Errors
    /// When the machine cannot read, and what `seen` gives.
    pub fn replay(
        &self,
        rules: &str,
        (before, after): (&Library, &Library),
        trial: Trial,
        seen: &mut dyn FnMut() -> Result<(), Refusal>,
    ) -> Result<Replayed, Refusal> {
        let mut replayed = Replayed::default();
        for kind in self.catalogue.kinds().filter(|kind| is_decided_by(kind, rules)) {
            self.each(&kind.id, |record| {
                seen()?;
                match reached(kind, &record, trial) {
                    Reached::No => return Ok(()),
                    Reached::UnderWay => {
                        replayed.under_way += 1;
                        return Ok(());
                    }
                    Reached::Yes => {}
                }
                replayed.tried += 1;
                let on = tried_on(&record, after.rule_set(rules), trial);
                let by = |library| -> Result<Verdict, Refusal> {
                    Ok(Verdict::of(self.sheet(&record, on, Some(library))?, library))
                };
                let (before, after) = (by(before)?, by(after)?);
                if !before.advises_as(&after) {
                    let (id, number) = (record.id, record.number);
                    replayed.otherwise.push(Otherwise { id, number, before, after });
                }
                Ok(())
            })?;
        }
        replayed.otherwise.sort_by(|a, b| a.number.cmp(&b.number));
        Ok(replayed)
    }

    /// How many records a trial of some rule sets goes through.
    #[must_use]
    pub fn records_under(&self, rules: &[String]) -> u64 {
        let kinds = self.catalogue.kinds();
        let decided = kinds.filter(|kind| rules.iter().any(|rules| is_decided_by(kind, rules)));
        decided.map(|kind| self.store.count(&kind.id).unwrap_or(0)).sum()
    }
}

/// The day a file is tried for; none for its own.
fn tried_on(record: &Record, rules: Option<&RuleSet>, trial: Trial) -> Option<NaiveDate> {
    let (Trial::From(day), Some(rules)) = (trial, rules) else { return None };
    (decided_for(rules, record) < day).then_some(day)
}

/// Whether moves of a kind go by a rule set.
fn is_decided_by(kind: &Kind, rules: &str) -> bool {
    let moves = kind.workflow.iter().flat_map(|life| &life.moves);
    moves.into_iter().any(|step| step.evaluates.as_deref() == Some(rules))
}

enum Reached {
    Yes,
    No,
    UnderWay,
}

fn reached(kind: &Kind, record: &Record, trial: Trial) -> Reached {
    let (Trial::From(_), Some(life)) = (trial, &kind.workflow) else { return Reached::Yes };
    let Some(state) = life.state(&record.state).filter(|_| !record.is_withdrawn()) else {
        return Reached::No;
    };
    let with_the_counter = life.moves_from(&state.id).any(|step| step.submits);
    match (state.in_force || with_the_counter, state.is_final || state.closed) {
        (true, _) => Reached::Yes,
        (false, true) => Reached::No,
        (false, false) => Reached::UnderWay,
    }
}
