//! What would change the outcome, most decisive first.
//!
//! First the lines that stand in the way; then the questions still open, those that would
//! settle most lines by themselves first; then the distance to each threshold, nearest first.

use super::scene::{Judged, Scene};
use super::threshold::yuan;
use super::{Change, ChangeKind, FactValue, LineResult, LineRole};
use crate::words::Said;
use std::cmp::Reverse;
use std::collections::BTreeMap;

pub(super) fn nearest(scene: &Scene<'_>, judged: &[Judged<'_>]) -> Vec<Change> {
    let mut changes = obstacles(judged);
    changes.extend(questions(scene, judged));
    changes.extend(thresholds(scene));
    changes
}

fn change(kind: ChangeKind, id: &str, said: &Said) -> Change {
    Change {
        kind,
        id: id.to_owned(),
        text: said.zh.to_string(),
        text_en: said.en.to_string(),
        distance_fen: None,
        lines: Vec::new(),
        paper: None,
    }
}

fn obstacles(judged: &[Judged<'_>]) -> Vec<Change> {
    judged
        .iter()
        .filter(|judged| judged.result == LineResult::NotMet)
        .filter(|judged| {
            matches!(
                judged.line.role,
                LineRole::Precondition | LineRole::Exclusion | LineRole::Must
            )
        })
        .map(|judged| change(ChangeKind::Line, &judged.line.id, &judged.text))
        .collect()
}

/// How much one open question decides.
#[derive(Default)]
struct Weight {
    /// Lines it alone keeps open.
    alone: usize,
    lines: Vec<String>,
}

fn questions(scene: &Scene<'_>, judged: &[Judged<'_>]) -> Vec<Change> {
    let mut weights: BTreeMap<&str, Weight> = BTreeMap::new();
    for judged in judged {
        for name in &judged.lacking {
            let weight = weights.entry(name).or_default();
            weight.alone += usize::from(judged.lacking.len() == 1);
            weight.lines.push(judged.line.id.clone());
        }
    }
    // Equal weights keep the order in which the rule set asks.
    let asked = |name: &str| {
        scene.rules.facts.iter().position(|fact| fact.id == name).unwrap_or(usize::MAX)
    };
    let mut open: Vec<(&str, Weight)> = weights.into_iter().collect();
    open.sort_by_key(|(name, weight)| {
        (Reverse(weight.alone), Reverse(weight.lines.len()), asked(name))
    });
    open.into_iter()
        .map(|(name, weight)| {
            let lacking = scene.lacking(name);
            let paper = match scene.facts.get(name).map(|fact| &fact.value) {
                Some(FactValue::Unknown { paper, .. }) => paper.clone(),
                _ => None,
            };
            let said =
                Said::new(format!("待补：{}", lacking.zh), format!("Still open: {}", lacking.en));
            Change { lines: weight.lines, paper, ..change(ChangeKind::Question, name, &said) }
        })
        .collect()
}

fn thresholds(scene: &Scene<'_>) -> Vec<Change> {
    let mut found: Vec<(i64, Change)> = Vec::new();
    for threshold in &scene.rules.thresholds {
        let (Some(quotient), Some(level)) =
            (scene.quotients.get(&threshold.of), scene.levels.get(&threshold.id))
        else {
            continue;
        };
        let Some(distance) = quotient.distance(level) else { continue };
        let of = scene.rules.value(&threshold.of).and_then(|value| value.title.clone());
        let said = distance_said(&of.unwrap_or_default(), &threshold.title, distance);
        let change = change(ChangeKind::Threshold, &threshold.id, &said);
        found.push((distance, Change { distance_fen: Some(distance), ..change }));
    }
    found.sort_by_key(|(distance, _)| distance.unsigned_abs());
    found.into_iter().map(|(_, change)| change).collect()
}

fn distance_said(of: &Said, title: &Said, distance: i64) -> Said {
    let amount = yuan(i128::from(distance).abs());
    let (zh, en) = match distance {
        0 => (
            format!("{}正好等于{}", of.zh, title.zh),
            format!("{} exactly equals {}", of.en, title.en),
        ),
        1.. => (
            format!("{}比{}高 {amount} 元", of.zh, title.zh),
            format!("{} lies {amount} yuan above {}", of.en, title.en),
        ),
        _ => (
            format!("{}比{}低 {amount} 元", of.zh, title.zh),
            format!("{} lies {amount} yuan below {}", of.en, title.en),
        ),
    };
    Said::new(zh, en)
}
