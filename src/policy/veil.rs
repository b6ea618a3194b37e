//! A sheet for whoever may not see the amounts it rests on: results and clauses stay, since they
//! are what a household is told; the values of sensitive facts go, wherever they are written.

use super::{ChangeKind, DecisionSheet, RuleSet, SheetLine};
use crate::formula::Val;

/// What stands for a value.
const HIDDEN: &str = "***";

impl DecisionSheet {
    /// The sheet without the values of facts that belong to a sensitivity group.
    #[must_use]
    pub fn veiled(mut self, rules: &RuleSet) -> Self {
        let amounts = self.amounts(rules);
        let told = |text: &str| amounts.iter().any(|amount| text.contains(amount.as_str()));
        let mut hidden = Vec::new();
        for line in &mut self.lines {
            if veil(line, rules) || told(&line.text) || told(&line.text_en) {
                line.text = without_numbers(&line.text);
                line.text_en = without_numbers(&line.text_en);
                hidden.push(line.id.clone());
            }
        }
        for change in &mut self.nearest {
            let of_line = change.kind == ChangeKind::Line && hidden.contains(&change.id);
            if of_line || change.kind == ChangeKind::Threshold || told(&change.text) {
                change.text = without_numbers(&change.text);
                change.text_en = without_numbers(&change.text_en);
                change.distance_fen = None;
            }
        }
        self
    }

    /// The amounts of sensitive facts as sentences write them.
    fn amounts(&self, rules: &RuleSet) -> Vec<String> {
        let inputs = self.lines.iter().flat_map(|line| &line.inputs);
        inputs
            .filter(|(name, _)| is_sensitive(rules, name))
            .filter_map(|(_, input)| match &input.value {
                // Nought is in many numbers and tells nothing.
                Some(Val::Integer(fen)) if *fen != 0 => {
                    Some(super::threshold::yuan(i128::from(*fen)))
                }
                _ => None,
            })
            .collect()
    }
}

fn is_sensitive(rules: &RuleSet, fact: &str) -> bool {
    rules.fact(fact).is_some_and(|fact| fact.sensitive.is_some())
}

/// Takes the values of sensitive facts from a line; true when it has such facts.
fn veil(line: &mut SheetLine, rules: &RuleSet) -> bool {
    let mut any = false;
    let mut words = false;
    for (_, input) in line.inputs.iter_mut().filter(|(name, _)| is_sensitive(rules, name)) {
        any = true;
        words |= matches!(input.value, Some(Val::Text(_) | Val::List(_)));
        input.value = None;
    }
    if words {
        // Words are not told apart from the sentence around them.
        line.text = HIDDEN.into();
        line.text_en = HIDDEN.into();
    }
    any
}

/// The text with each number, and the points and separators inside it, as one mark.
fn without_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at_checked(start).unwrap_or((rest, ""));
        let inside = |c: char| c.is_ascii_digit() || c == '.' || c == ',';
        let end = number.find(|c: char| !inside(c)).unwrap_or(number.len());
        let (number, after) = number.split_at_checked(end).unwrap_or((number, ""));
        out.push_str(before);
        out.push_str(HIDDEN);
        // A full stop that ends the sentence is no part of the number.
        let bare = number.trim_end_matches(['.', ',']);
        out.push_str(number.strip_prefix(bare).unwrap_or_default());
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_and_words_stay() {
        for (text, shown) in [
            ("人均 1,234.50 元，3 人。", "人均 *** 元，*** 人。"),
            ("Income is 12.5, then 3.", "Income is ***, then ***."),
            ("770.00<833.33≤1155.00", "***<***≤***"),
            ("没有数", "没有数"),
            ("7", "***"),
        ] {
            assert_eq!(without_numbers(text), shown);
        }
    }
}
