//! `yizhan calendar`: the days of a year that are not what their weekday suggests.

use super::opening::World;
use super::{Done, Failure, print};
use crate::calendar::{Calendar, DayKind, weekday};
use crate::said;
use clap::Args;
use serde_json::json;
use std::io::Write;

/// What `calendar` takes.
#[derive(Args)]
pub struct CalendarArgs {
    /// 年份 / The year
    year: i32,
}

/// The holidays in force: the built-in years and the office's own. Works without any station.
///
/// # Errors
/// Everything wrong in the office's own files.
pub fn in_force(world: &World) -> Result<Calendar, Failure> {
    Ok(Calendar::load(&world.folder()?.join("calendar"))?)
}

/// Prints days off that fall on weekdays and working days that fall on weekends.
///
/// # Errors
/// A year without a holiday file.
pub fn run(args: &CalendarArgs, world: &World, out: &mut dyn Write) -> Done {
    let calendar = in_force(world)?;
    let listing = calendar
        .listing(args.year)
        .map_err(|missing| Failure::new(missing.said(), missing.next()))?;
    if world.json {
        return listing.iter().try_for_each(|day| {
            let (kind, name) = (day.kind.word(), &day.name);
            let date = day.date.to_string();
            print::json_line(out, &json!({ "date": date, "kind": kind, "name": name }))
        });
    }
    let rows: Vec<[String; 4]> = listing
        .iter()
        .map(|day| {
            let kind = match day.kind {
                DayKind::Off => said!("休", "off"),
                DayKind::Work => said!("班", "work"),
            };
            let [weekday, kind] =
                [weekday(day.date), kind].map(|said| said.get(world.lang).to_string());
            [day.date.to_string(), weekday, kind, day.name.clone()]
        })
        .collect();
    let heading =
        [said!("日期", "Date"), said!("星期", "Day"), said!("", ""), said!("节日", "Holiday")];
    print::table(out, heading.each_ref().map(|said| said.get(world.lang)), &rows)
}
