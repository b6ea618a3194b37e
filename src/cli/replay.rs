//! `yizhan replay`: who would change under a draft of the rules.

use super::opening::{Opened, World};
use super::{Done, Failure, decide, print};
use crate::office::Refusal;
use crate::policy::{DecisionSheet, Library, LineResult, Overall};
use crate::said;
use crate::words::Said;
use clap::Args;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

/// What `replay` takes.
#[derive(Args)]
pub struct ReplayArgs {
    /// 规则名称，如 hardship-eligibility / The rule set, such as hardship-eligibility
    ruleset: String,
    /// 覆盖在现行政策上的草案文件 / A draft laid over the policy in force
    #[arg(long, value_name = "FILE")]
    rules: PathBuf,
}

/// What of a sheet is compared.
#[derive(PartialEq)]
struct Verdict {
    outcome: Overall,
    category: Option<String>,
    /// What that is called.
    title: Option<Said>,
    lines: Vec<(String, LineResult)>,
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

    fn json(&self) -> Json {
        json!({ "outcome": self.outcome, "category": self.category })
    }

    fn said(&self) -> Said {
        let mut said = vec![self.outcome.said()];
        said.extend(self.title.clone());
        Said::join(&said, "·", ", ")
    }
}

/// Prints every record whose outcome or category would be another one, with the lines that
/// changed it.
///
/// # Errors
/// An unknown rule set, a draft that does not hold together, what the store says.
pub fn run(args: &ReplayArgs, world: &World, out: &mut dyn Write, err: &mut dyn Write) -> Done {
    let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
    world.open()?.finish(|at| {
        let in_force = at.office.library();
        let draft = decide::draft(in_force, &args.rules)?;
        if draft.rule_set(&args.ruleset).is_none() {
            return Err(unknown(&args.ruleset, &draft).into());
        }
        before = verdicts(&args.ruleset, at, in_force)?;
        after = verdicts(&args.ruleset, at, &draft)?;
        Ok(())
    })?;
    let mut changed = 0;
    for (number, before) in &before {
        let Some(after) = after.get(number) else { continue };
        if (before.outcome, &before.category) != (after.outcome, &after.category) {
            changed += 1;
            tell(world, number, before, after, out)?;
        }
    }
    let all = before.len();
    let summary =
        said!("试算 {all} 份档案，{changed} 份会变。", "{all} files tried, {changed} change.");
    Ok(writeln!(err, "{}", summary.get(world.lang))?)
}

/// The verdict of a library on every record the rule set is for, by number.
fn verdicts(
    ruleset: &str,
    at: &Opened,
    library: &Library,
) -> Result<BTreeMap<String, Verdict>, Failure> {
    let mut verdicts = BTreeMap::new();
    let kinds = at.office.catalogue().kinds().filter(|kind| {
        let moves = kind.workflow.iter().flat_map(|life| &life.moves);
        moves.into_iter().any(|step| step.evaluates.as_deref() == Some(ruleset))
    });
    for kind in kinds {
        at.office.each(&kind.id, |record| {
            let sheet = at.office.sheet(&record, None, Some(library))?;
            verdicts.insert(record.number, Verdict::of(sheet, library));
            Ok(())
        })?;
    }
    Ok(verdicts)
}

fn tell(
    world: &World,
    number: &str,
    before: &Verdict,
    after: &Verdict,
    out: &mut dyn Write,
) -> Done {
    let old: BTreeMap<&str, LineResult> =
        before.lines.iter().map(|(id, result)| (id.as_str(), *result)).collect();
    let lines = after.lines.iter().map(|(id, now)| (id, old.get(id.as_str()).copied(), *now));
    let lines: Vec<_> = lines.filter(|(_, was, now)| *was != Some(*now)).collect();
    if world.json {
        let lines: Vec<Json> = lines
            .iter()
            .map(|(id, was, now)| json!({ "id": id, "before": was, "after": now }))
            .collect();
        let (before, after) = (before.json(), after.json());
        return print::json_line(
            out,
            &json!({ "number": number, "before": before, "after": after, "lines": lines }),
        );
    }
    let lang = world.lang;
    writeln!(out, "{number}  {} → {}", before.said().get(lang), after.said().get(lang))?;
    for (id, was, now) in lines {
        let was = was.map(LineResult::said).unwrap_or_default();
        writeln!(out, "    {id}  {} → {}", was.get(lang), now.said().get(lang))?;
    }
    Ok(())
}

fn unknown(id: &str, library: &Library) -> Refusal {
    let known = || library.rule_sets.keys().map(String::as_str);
    let list = known().collect::<Vec<_>>().join(", ");
    let next = match crate::words::closest(id, known()) {
        Some(near) => said!("是否想写 {near}？", "Did you mean {near}?"),
        None => said!("可用的有：{list}。", "Known rule sets: {list}."),
    };
    Refusal::invalid("ruleset", said!("没有规则“{id}”。", "There is no rule set \"{id}\"."), next)
}
