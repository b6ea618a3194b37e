//! `yizhan calendar`: the days of a year that are not what their weekday suggests.

use super::opening::World;
use super::{Done, Failure, print};
use crate::calendar::{Calendar, DayKind, weekday};
use crate::edited::look_in;
use crate::said;
use crate::words::Lang;
use clap::Args;
use serde_json::json;
use std::io::Write;

/// What `calendar` takes.
#[derive(Args)]
pub struct CalendarArgs {
    /// 年份 / The year
    year: i32,
}

/// The built-in holidays, which need no station. What a station has adopted lies sealed in it: who
/// has files of their own is told how to go by them.
///
/// # Errors
/// When the folder is not known or nothing can be said.
pub fn built_in(world: &World, err: &mut dyn Write) -> Result<Calendar, Failure> {
    if !look_in(&world.folder()?.join("calendar")).files.is_empty() {
        let said = said!(
            "按内置日历推算；要按本站启用的日历，请加 --as。",
            "By the built-in calendar; add --as to go by the one your station has adopted."
        );
        writeln!(err, "{}", said.get(world.lang))?;
    }
    Ok(Calendar::built_in())
}

/// Prints days off that fall on weekdays and working days that fall on weekends.
///
/// # Errors
/// A year without a holiday file.
pub fn run(args: &CalendarArgs, world: &World, out: &mut dyn Write, err: &mut dyn Write) -> Done {
    show(args, &built_in(world, err)?, (world.lang, world.json), out)
}

/// The same by a calendar.
///
/// # Errors
/// As [`run`].
pub fn show(
    args: &CalendarArgs,
    calendar: &Calendar,
    (lang, json): (Lang, bool),
    out: &mut dyn Write,
) -> Done {
    let listing = calendar
        .listing(args.year)
        .map_err(|missing| Failure::new(missing.said(), missing.next()))?;
    if json {
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
            let [weekday, kind] = [weekday(day.date), kind].map(|said| said.get(lang).to_string());
            [day.date.to_string(), weekday, kind, day.name.clone()]
        })
        .collect();
    let heading =
        [said!("日期", "Date"), said!("星期", "Day"), said!("", ""), said!("节日", "Holiday")];
    print::table(out, heading.each_ref().map(|said| said.get(lang)), &rows)
}
