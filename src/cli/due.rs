//! `yizhan due`: a period counted out with its arithmetic.

use super::opening::World;
use super::{Done, Failure, calendar, decide, print};
use crate::calendar::{Calendar, Period, Unit, weekday};
use crate::words::Lang;
use chrono::NaiveDate;
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
pub fn run(args: &DueArgs, world: &World, out: &mut dyn Write, err: &mut dyn Write) -> Done {
    let today = world.clock().today();
    decide::date(&args.date, today)?;
    show(args, &calendar::built_in(world, err)?, today, (world.lang, world.json), out)
}

/// The same by a calendar.
///
/// # Errors
/// As [`run`].
pub fn show(
    args: &DueArgs,
    calendar: &Calendar,
    today: NaiveDate,
    (lang, json): (Lang, bool),
    out: &mut dyn Write,
) -> Done {
    let start = decide::date(&args.date, today)?;
    let unit = if args.working { Unit::Working } else { Unit::Natural };
    let due = calendar
        .due(start, Period::new(args.days, unit), &[])
        .map_err(|error| Failure::new(error.said(), error.next()))?;
    if json {
        let steps: Vec<&str> = due.steps.iter().map(|step| step.zh.as_ref()).collect();
        let steps_en: Vec<&str> = due.steps.iter().map(|step| step.en.as_ref()).collect();
        let missing = due.missing.map(|missing| missing.year);
        let shown = json!({
            "date": due.date.to_string(), "nominal": due.nominal.to_string(),
            "missing_year": missing, "steps": steps, "steps_en": steps_en,
        });
        return print::json_line(out, &shown);
    }
    writeln!(out, "{}  {}", due.date, weekday(due.date).get(lang))?;
    for step in &due.steps {
        writeln!(out, "  {}", step.get(lang))?;
    }
    Ok(())
}
