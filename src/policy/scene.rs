//! All that is known while one sheet is made: facts, parameters of the day, computed values.

use super::parameter::{InForce, Keys, ParameterAt, ParameterValue};
use super::shown::{parameter_val, validity};
use super::threshold::{Level, Quotient};
use super::{
    Basis, Document, Fact, FactKind, FactValue, Facts, Library, LineResult, Parameter, RuleLine,
    RuleSet, SheetInput, Unit,
};
use crate::formula::{Inputs, Outcome, Val};
use crate::said;
use crate::words::Said;
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// Everything known while one sheet is made.
pub(super) struct Scene<'s> {
    pub rules: &'s RuleSet,
    pub library: &'s Library,
    pub facts: &'s Facts,
    pub inputs: Inputs,
    pub parameters: BTreeMap<&'s str, ParameterAt<'s>>,
    pub quotients: BTreeMap<String, Quotient>,
    pub levels: BTreeMap<String, Level>,
    /// What is lacking, by fact.
    pub missing: BTreeMap<String, Said>,
}

/// One line judged, before it is written down.
pub(super) struct Judged<'s> {
    pub line: &'s RuleLine,
    pub result: LineResult,
    pub lacking: BTreeSet<String>,
    pub text: Said,
    /// What it adds to a score; nothing while that is not known.
    pub points: Option<i64>,
}

impl<'s> Scene<'s> {
    /// The facts taken, before any parameter is.
    pub fn new(rules: &'s RuleSet, library: &'s Library, facts: &'s Facts) -> Self {
        let mut scene = Self {
            rules,
            library,
            facts,
            inputs: Inputs::new(),
            parameters: BTreeMap::new(),
            quotients: BTreeMap::new(),
            levels: BTreeMap::new(),
            missing: BTreeMap::new(),
        };
        scene.take_facts();
        scene
    }

    /// The parameters of the day taken and everything computed that can be.
    pub fn with_parameters(
        mut self,
        parameters: &BTreeMap<&'s str, &'s Parameter>,
        as_of: NaiveDate,
        region: &str,
    ) -> Self {
        for (id, parameter) in parameters {
            self.take_parameter(id, parameter, as_of, region);
        }
        self.compute_values();
        self.compute_levels();
        self
    }

    fn take_facts(&mut self) {
        for kind in &self.rules.facts {
            let title = &kind.title;
            match self.facts.get(&kind.id) {
                Some(Fact { value: FactValue::Known(value), .. }) if fits(kind, value) => {
                    self.inputs.know(&kind.id, value.clone());
                    continue;
                }
                Some(Fact { value: FactValue::Unknown { missing, .. }, .. }) => {
                    self.missing.insert(kind.id.clone(), missing.clone());
                }
                Some(_) if kind.unit == Unit::Check => {
                    let Said { zh, en } = title;
                    let said = said!("{zh}的核对", "a check of {en}");
                    self.missing.insert(kind.id.clone(), said);
                }
                _ => {
                    self.missing.insert(kind.id.clone(), title.clone());
                }
            }
            self.inputs.lack(&kind.id);
        }
    }

    fn take_parameter(
        &mut self,
        id: &'s str,
        parameter: &'s Parameter,
        as_of: NaiveDate,
        region: &str,
    ) {
        let known = |name: &str| match self.facts.get(name)?.value {
            FactValue::Known(Val::Text(ref text)) => Some(text.as_str()),
            _ => None,
        };
        let depends_on = parameter.depends_on();
        let facts: Vec<(&str, &str)> =
            depends_on.iter().filter_map(|name| Some((*name, known(name)?))).collect();
        let lacking: BTreeSet<String> = depends_on
            .iter()
            .filter(|name| known(name).is_none())
            .map(|name| (*name).to_string())
            .collect();
        let mut names = vec![id.to_owned()];
        if matches!(parameter.unit, Unit::Ratio | Unit::Share) {
            names = vec![format!("{id}.num"), format!("{id}.den")];
        }
        let dated = format!("{id}.dated");
        if !lacking.is_empty() {
            for name in names.into_iter().chain([dated]) {
                self.inputs.set(name, Outcome::Unknown(lacking.clone()));
            }
            return;
        }
        let found = parameter.at(as_of, Keys { region, facts: &facts });
        match found.probable().map(|value| value.value) {
            Some(ParameterValue::Ratio { num, den }) => {
                self.inputs.know(format!("{id}.num"), *num);
                self.inputs.know(format!("{id}.den"), *den);
            }
            Some(value) => self.inputs.know(id, parameter_val(value)),
            None => {
                for name in names {
                    self.inputs.set(name, Outcome::Unknown(BTreeSet::from([id.to_owned()])));
                }
            }
        }
        if matches!(found, ParameterAt::Known(_)) {
            self.inputs.know(dated, true);
        } else {
            self.inputs.set(dated, Outcome::Unknown(BTreeSet::from([id.to_owned()])));
        }
        self.parameters.insert(id, found);
    }

    fn compute_values(&mut self) {
        for value in &self.rules.values {
            let outcome = value.is.eval(&self.inputs);
            let Some(divisor) = &value.divide_by else {
                if let Outcome::Failed(said) = &outcome {
                    self.missing.insert(value.id.clone(), said.clone());
                }
                self.inputs.set(&value.id, outcome);
                continue;
            };
            let divisor = divisor.eval(&self.inputs);
            let quotient = match (outcome.integer(), divisor.integer()) {
                (Some(num), Some(den)) if den > 0 => {
                    Some(Quotient { num: i128::from(num), den: i128::from(den) })
                }
                _ => None,
            };
            match (value.round, quotient) {
                (None, Some(quotient)) => {
                    self.quotients.insert(value.id.clone(), quotient);
                }
                (None, None) => {}
                (Some(round), Some(quotient)) => self.inputs.know(&value.id, quotient.whole(round)),
                (Some(_), None) => {
                    let why = not_divided(&outcome, &divisor);
                    if let Outcome::Failed(said) = &why {
                        self.missing.insert(value.id.clone(), said.clone());
                    }
                    self.inputs.set(&value.id, why);
                }
            }
        }
    }

    fn compute_levels(&mut self) {
        for threshold in &self.rules.thresholds {
            let ratio = threshold.times.as_ref().map_or(Some((1, 1)), |id| {
                let part = |end: &str| self.inputs.integer(&format!("{id}.{end}"));
                Some((part("num")?, part("den")?))
            });
            let level = threshold.level.eval(&self.inputs).integer();
            if let (Some(level), Some((num, den))) = (level, ratio) {
                let num = i128::from(level) * i128::from(num);
                let level = Level { title: threshold.title.clone(), num, den: i128::from(den) };
                self.levels.insert(threshold.id.clone(), level);
            }
        }
    }

    /// The clause a line rests on that day, and what kind of ground that is.
    pub fn clause<'a>(&'a self, line: &'a RuleLine) -> (&'a str, Basis) {
        let of_the_day = line.clause_of.as_deref().and_then(|id| self.parameters.get(id));
        match of_the_day {
            Some(ParameterAt::Known(value) | ParameterAt::DateUnverified(value)) => {
                (value.clause, value.basis)
            }
            Some(ParameterAt::Ambiguous(candidates)) => candidates
                .last()
                .map_or((&line.clause, line.basis), |newest| (newest.clause, newest.basis)),
            Some(ParameterAt::None) | None => (&line.clause, line.basis),
        }
    }

    /// Judges one line and writes its sentence.
    pub fn judge(&self, line: &'s RuleLine) -> Judged<'s> {
        let asked = line.when.as_ref().map(|when| when.eval(&self.inputs));
        let met = match asked {
            Some(Outcome::Known(Val::YesNo(false))) => return not_asked(line),
            Some(open @ (Outcome::Unknown(_) | Outcome::Failed(_))) => open,
            _ => line.condition.eval(&self.inputs),
        };
        let points = match (&met, &line.points) {
            (Outcome::Known(Val::YesNo(true)), Some(points)) => Some(points.eval(&self.inputs)),
            _ => None,
        };
        let known = points.as_ref().and_then(Outcome::integer);
        // What is met and adds nobody knows how much is open.
        let met = match points {
            Some(open @ (Outcome::Unknown(_) | Outcome::Failed(_))) => open,
            _ => met,
        };
        let (result, template, lacking) = match met {
            Outcome::Known(Val::YesNo(true)) => (LineResult::Met, &line.met, BTreeSet::new()),
            Outcome::Known(_) => {
                let result =
                    if line.role.doubts() { LineResult::Unknown } else { LineResult::NotMet };
                (result, &line.not_met, BTreeSet::new())
            }
            Outcome::Unknown(names) => (LineResult::Unknown, &line.unknown, names),
            Outcome::Failed(said) => {
                let text = Said::new(
                    format!("无法计算：{}。", said.zh),
                    format!("Cannot compute: {}.", said.en),
                );
                let (result, lacking) = (LineResult::Unknown, BTreeSet::new());
                return Judged { line, result, lacking, text, points: None };
            }
        };
        let missing: Vec<Said> = lacking.iter().map(|name| self.lacking(name)).collect();
        let missing = Said::join(&missing, "；", "; ");
        let shown = known.map(|points| super::threshold::scaled(points, self.rules.scale));
        let text = self.fill(template, line, (&missing, shown.as_deref()));
        Judged { line, result, lacking, text, points: known }
    }

    /// One input as the sheet holds it.
    pub fn input(&self, name: &str) -> SheetInput {
        if let Some(found) = self.library.parameters.get(name) {
            return self.parameter_input(name, found);
        }
        let fact = self.facts.get(name);
        let source = fact
            .map_or_else(|| Said::fixed("尚无来源", "no source yet"), |fact| fact.source.clone());
        let missing = self.missing.get(name);
        let known = match fact.map(|fact| &fact.value) {
            Some(FactValue::Known(value)) if missing.is_none() => Some(value.clone()),
            _ => None,
        };
        let paper = match fact.map(|fact| &fact.value) {
            Some(FactValue::Unknown { paper, .. }) => paper.clone(),
            _ => None,
        };
        sheet_input(known, &source, missing, paper)
    }

    fn parameter_input(&self, name: &str, parameter: &Parameter) -> SheetInput {
        let found = self.parameters.get(name);
        let value = found.and_then(ParameterAt::probable);
        let source = self.parameter_source(parameter, value);
        let missing = (!matches!(found, Some(ParameterAt::Known(_)))).then(|| self.lacking(name));
        sheet_input(value.map(|value| parameter_val(value.value)), &source, missing.as_ref(), None)
    }

    fn parameter_source(&self, parameter: &Parameter, value: Option<&InForce<'_>>) -> Said {
        let Said { zh, en } = &parameter.title;
        let Some(value) = value else {
            return said!("参数“{zh}”", "parameter \"{en}\"");
        };
        let (when, basis) = (validity(value), value.basis.said());
        let cited = self.library.document_of(value.clause).map(Document::cited).unwrap_or_default();
        Said::new(
            format!("参数“{zh}”，{}，{}（{}）", when.zh, cited.zh, basis.zh),
            format!("parameter \"{en}\", {}, {} ({})", when.en, cited.en, basis.en),
        )
    }
}

/// A line that is not asked of this record.
fn not_asked(line: &RuleLine) -> Judged<'_> {
    let title = &line.title;
    let text = Said::new(format!("{}：不适用。", title.zh), format!("{}: not asked.", title.en));
    let (result, lacking) = (LineResult::NotAsked, BTreeSet::new());
    Judged { line, result, lacking, text, points: None }
}

/// What a rounded quotient is without its two sides.
fn not_divided(num: &Outcome, den: &Outcome) -> Outcome {
    let mut lacking = BTreeSet::new();
    for side in [num, den] {
        match side {
            Outcome::Failed(_) => return side.clone(),
            Outcome::Unknown(names) => lacking.extend(names.iter().cloned()),
            Outcome::Known(_) => {}
        }
    }
    if lacking.is_empty() {
        return Outcome::Failed(Said::fixed("除数不大于零", "the divisor is not above zero"));
    }
    Outcome::Unknown(lacking)
}

fn sheet_input(
    value: Option<Val>,
    source: &Said,
    missing: Option<&Said>,
    paper: Option<String>,
) -> SheetInput {
    SheetInput {
        value,
        source: source.zh.to_string(),
        source_en: source.en.to_string(),
        missing: missing.map(|missing| missing.zh.to_string()),
        missing_en: missing.map(|missing| missing.en.to_string()),
        paper,
    }
}

/// Whether a value is of the kind its unit promises; `unchecked` is not a value.
fn fits(kind: &FactKind, value: &Val) -> bool {
    match (kind.unit, value) {
        (Unit::Check, Val::Text(code)) => code == "none" || code == "has",
        (Unit::Choice, Val::Text(code)) => kind.words.iter().any(|word| word.id == *code),
        (Unit::Date, Val::Integer(_)) => true,
        (unit, _) => unit.kind() == Some(value.kind()),
    }
}
