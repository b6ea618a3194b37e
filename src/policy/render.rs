//! Sentences from templates: numbers, dates and arithmetic put where `{name}` stands.

use super::parameter::{ParameterAt, Start};
use super::scene::Scene;
use super::shown::{UNKNOWN, show_parameter, show_value, validity};
use super::threshold::{Level, chain, near, yuan};
use super::{RuleLine, Unit};
use crate::formula::{Input, Val};
use crate::said;
use crate::words::{Lang, Said};

/// A stretch of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    /// As it stands.
    Text(&'t str),
    /// `{name}`.
    Name(&'t str),
}

/// The pieces of a template. A brace without its partner is text.
pub(super) fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    for (at, part) in template.split('{').enumerate() {
        match part.split_once('}') {
            Some((name, rest)) if at > 0 => {
                found.push(Piece::Name(name.trim()));
                found.push(Piece::Text(rest));
            }
            _ => found.push(Piece::Text(part)),
        }
    }
    found
}

/// The endings a name may carry in a template, beside the name alone.
pub(super) const ENDINGS: &[&str] = &["sum", "from", "document"];

/// Names that are not facts, parameters or values.
pub(super) const SPECIAL: &[&str] = &["missing", "chain", "near", "points"];

/// What is in a sentence for its line alone: what is lacking, and the points it adds.
type OfLine<'l> = (&'l Said, Option<&'l str>);

impl Scene<'_> {
    /// A template filled for one line.
    pub fn fill(&self, template: &Said, line: &RuleLine, own: OfLine<'_>) -> Said {
        let side = |lang| {
            let filled = self.fill_side(template.get(lang), lang, line, own);
            filled.trim_end().to_owned()
        };
        Said::new(side(Lang::Zh), side(Lang::En))
    }

    fn fill_side(&self, template: &str, lang: Lang, line: &RuleLine, own: OfLine<'_>) -> String {
        let (missing, points) = own;
        let mut out = String::new();
        for piece in pieces(template) {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Name("missing") => out.push_str(missing.get(lang)),
                Piece::Name("points") => out.push_str(points.unwrap_or(UNKNOWN.get(lang))),
                Piece::Name(name @ ("chain" | "near")) => {
                    let said = self.compared(name, line).unwrap_or(UNKNOWN);
                    out.push_str(said.get(lang));
                }
                Piece::Name(name) => {
                    let sum = name.strip_suffix(".sum").and_then(|value| self.rules.value(value));
                    match sum {
                        Some(value) => {
                            out.push_str(&self.fill_side(&value.sum, lang, line, own));
                        }
                        None => out.push_str(self.show(name).unwrap_or(UNKNOWN).get(lang)),
                    }
                }
            }
        }
        out
    }

    fn compared(&self, how: &str, line: &RuleLine) -> Option<Said> {
        let of = |id: &String| self.rules.thresholds.iter().find(|threshold| threshold.id == *id);
        let thresholds = line.compares.iter().map(of).collect::<Option<Vec<_>>>()?;
        let quotient = *self.quotients.get(&thresholds.first()?.of)?;
        let levels: Option<Vec<&Level>> =
            line.compares.iter().map(|id| self.levels.get(id)).collect();
        if how == "chain" { chain(quotient, &levels?) } else { near(quotient, &levels?) }
    }

    /// A fact, a parameter with or without an ending, or a computed value, as people read it.
    fn show(&self, name: &str) -> Option<Said> {
        if let Some(quotient) = self.quotients.get(name) {
            return Some(Said::same(yuan(quotient.rounded())));
        }
        if let Some(fact) = self.rules.fact(name) {
            let known = self.known(name).map(|value| match (fact.unit, value) {
                (Unit::Choice, Val::Text(code)) => {
                    let word = fact.words.iter().find(|word| word.id == *code);
                    word.map_or(UNKNOWN, |word| word.title.clone())
                }
                _ => show_value(fact.unit, value),
            });
            // A remark nobody made is no remark.
            return known.or_else(|| (fact.unit == Unit::Text).then(Said::default));
        }
        if let Some(value) = self.rules.value(name) {
            return self.known(name).map(|known| show_value(value.unit, known));
        }
        let (id, ending) = name.split_once('.').unwrap_or((name, ""));
        let parameter = self.library.parameters.get(id)?;
        let in_force = self.parameters.get(id)?.probable()?;
        match ending {
            "from" => Some(match in_force.start {
                Start::On(day) => Said::same(day.to_string()),
                _ => UNKNOWN,
            }),
            "document" => self.library.document_of(in_force.clause).map(super::Document::cited),
            _ => Some(show_parameter(parameter.unit, in_force.value)),
        }
    }

    fn known(&self, name: &str) -> Option<&Val> {
        match self.inputs.get(name) {
            Some(Input::Known(value)) => Some(value),
            _ => None,
        }
    }

    /// What is lacking where a name is unknown.
    pub fn lacking(&self, name: &str) -> Said {
        if let Some(said) = self.missing.get(name) {
            return said.clone();
        }
        let Some(parameter) = self.library.parameters.get(name) else {
            return Said::same(name);
        };
        let Said { zh, en } = &parameter.title;
        match self.parameters.get(name) {
            Some(ParameterAt::DateUnverified(value)) => {
                let shown = show_parameter(parameter.unit, value.value);
                let when = validity(value);
                Said::new(
                    format!("{zh}生效日期未核实（{}，{}）", shown.zh, when.zh),
                    format!(
                        "the starting date of {en} is not verified ({}, {})",
                        shown.en, when.en
                    ),
                )
            }
            Some(ParameterAt::Ambiguous(candidates)) => {
                let shown: Vec<Said> = candidates
                    .iter()
                    .map(|value| show_parameter(parameter.unit, value.value))
                    .collect();
                let shown = Said::join(&shown, " 或 ", " or ");
                Said::new(
                    format!("{zh}生效日期未核实（当日可能是 {}）", shown.zh),
                    format!("the starting date of {en} is not verified (perhaps {})", shown.en),
                )
            }
            _ if parameter.rows.is_empty() => {
                said!(
                    "{zh}（本市规定尚未取得，待确认）",
                    "{en} (the city's rule was not found, to be confirmed)"
                )
            }
            _ => said!("{zh}没有当日的数值，请补录", "{en} has no value for that day; add one"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_come_apart() {
        assert_eq!(
            pieces("人均{per_head}元{ }}"),
            [
                Piece::Text("人均"),
                Piece::Name("per_head"),
                Piece::Text("元"),
                Piece::Name(""),
                Piece::Text("}")
            ]
        );
    }
}
