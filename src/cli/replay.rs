//! `yizhan replay`: who would change under a draft of the rules.

use super::opening::World;
use super::{Done, decide, print};
use crate::office::{Otherwise, Refusal, Replayed, Trial, Verdict};
use crate::policy::{Library, LineResult};
use crate::said;
use clap::Args;
use serde_json::{Value as Json, json};
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

/// Prints every record whose outcome or category would be another one, with the lines that
/// changed it.
///
/// # Errors
/// An unknown rule set, a draft that does not hold together, what the store says.
pub fn run(args: &ReplayArgs, world: &World, out: &mut dyn Write, err: &mut dyn Write) -> Done {
    let mut replayed = Replayed::default();
    world.open()?.finish(|at| {
        let in_force = at.office.library();
        let draft = decide::draft(&in_force, &args.rules)?;
        if draft.rule_set(&args.ruleset).is_none() {
            return Err(unknown(&args.ruleset, &draft).into());
        }
        let both = (&*in_force, &draft);
        replayed = at.office.replay(&args.ruleset, both, Trial::All, &mut || Ok(()))?;
        Ok(())
    })?;
    for otherwise in &replayed.otherwise {
        tell(world, otherwise, out)?;
    }
    let (all, changed) = (replayed.tried, replayed.otherwise.len());
    let summary =
        said!("试算 {all} 份档案，{changed} 份会变。", "{all} files tried, {changed} change.");
    Ok(writeln!(err, "{}", summary.get(world.lang))?)
}

fn tell(world: &World, otherwise: &Otherwise, out: &mut dyn Write) -> Done {
    let Otherwise { number, before, after, .. } = otherwise;
    if world.json {
        let lines: Vec<Json> = otherwise
            .lines()
            .map(|(id, was, now)| json!({ "id": id, "before": was, "after": now }))
            .collect();
        let (before, after) = (as_json(before), as_json(after));
        return print::json_line(
            out,
            &json!({ "number": number, "before": before, "after": after, "lines": lines }),
        );
    }
    let lang = world.lang;
    writeln!(out, "{number}  {} → {}", before.said().get(lang), after.said().get(lang))?;
    for (id, was, now) in otherwise.lines() {
        let was = was.map(LineResult::said).unwrap_or_default();
        writeln!(out, "    {id}  {} → {}", was.get(lang), now.said().get(lang))?;
    }
    Ok(())
}

fn as_json(verdict: &Verdict) -> Json {
    json!({ "outcome": verdict.outcome, "category": verdict.category })
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
