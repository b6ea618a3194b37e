//! `yizhan due`: a period counted out with its arithmetic.

use super::opening::World;
use super::{Done, Failure, calendar, decide, print};
use crate::calendar::{Period, Unit, weekday};
use clap::Args;
use serde_json::json;
use std::io::Write;

/// What `due` takes.
#[derive(Args)]
pub struct DueArgs {
    /// 起始日期，当天不计 / The day it begins, not counted itself
    date: String,
    /// 天数 / How many days
    days: u32,
    /// 按工作日计算 / Count working days
    #[arg(long)]
    working: bool,
}

/// Prints the last day of the period and how it was counted. Works without any station.
///
/// # Errors
/// A date that cannot be read, working days of a year without a holiday file.
pub fn run(args: &DueArgs, world: &World, out: &mut dyn Write) -> Done {
    let start = decide::date(&args.date, world.clock().today())?;
    let unit = if args.working { Unit::Working } else { Unit::Natural };
    let due = calendar::in_force(world)?
        .due(start, Period::new(args.days, unit), &[])
        .map_err(|error| Failure::new(error.said(), error.next()))?;
    if world.json {
        let steps: Vec<&str> = due.steps.iter().map(|step| step.zh.as_ref()).collect();
        let steps_en: Vec<&str> = due.steps.iter().map(|step| step.en.as_ref()).collect();
        let missing = due.missing.map(|missing| missing.year);
        let shown = json!({
            "date": due.date.to_string(), "nominal": due.nominal.to_string(),
            "missing_year": missing, "steps": steps, "steps_en": steps_en,
        });
        return print::json_line(out, &shown);
    }
    writeln!(out, "{}  {}", due.date, weekday(due.date).get(world.lang))?;
    for step in &due.steps {
        writeln!(out, "  {}", step.get(world.lang))?;
    }
    Ok(())
}
