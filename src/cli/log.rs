//! `yizhan log`: who looked, took out and was refused, and what changed in the house.

use super::opening::Opened;
use super::{Done, decide, print};
use crate::office::{LogFilter, LogKind, LogLine};
use crate::record::china_offset;
use crate::said;
use clap::Args;
use clap::builder::PossibleValuesParser;
use serde_json::{Value as Json, json};
use std::io::Write;

/// What `log` takes.
#[derive(Args)]
pub struct LogArgs {
    /// 只看一类 / Only of this kind
    #[arg(long, value_name = "KIND", value_parser = kinds())]
    what: Option<String>,
    /// 从哪一天起 / From this day on
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// 到哪一天为止 / Up to this day
    #[arg(long, value_name = "DATE")]
    to: Option<String>,
    /// 只看这个账号的 / Only by this account
    #[arg(long = "account", value_name = "NAME")]
    by: Option<String>,
    /// 只看关于这个人（或这份档案）的 / Only about this person or file
    #[arg(long, value_name = "NUMBER")]
    person: Option<String>,
    /// 最多列出几条 / List at most so many
    #[arg(long, value_name = "N", default_value_t = 200)]
    limit: usize,
    /// 跳过最新的几条 / Leave out so many of the newest
    #[arg(long, value_name = "N", default_value_t = 0)]
    skip: usize,
}

/// Prints the log, the newest first.
///
/// # Errors
/// For an account that may not read it; a date or a number that is none.
pub fn run(args: &LogArgs, at: &Opened, out: &mut dyn Write, err: &mut dyn Write) -> Done {
    let today = at.office.today();
    let day =
        |text: &Option<String>| text.as_deref().map(|text| decide::date(text, today)).transpose();
    at.actor.need(crate::office::Right::Log)?;
    let filter = LogFilter {
        what: args.what.as_deref().and_then(LogKind::from_id),
        from: day(&args.from)?,
        to: day(&args.to)?,
        account: args.by.clone(),
        person: args.person.as_deref().map(|number| at.record(number)).transpose()?.map(|r| r.id),
    };
    let logged = at.office.log(&at.actor, &filter, args.skip, args.limit)?;
    for line in &logged.lines {
        if at.json {
            print::json_line(out, &as_json(line))?;
            continue;
        }
        let when = line.at.with_timezone(&china_offset()).format("%Y-%m-%d %H:%M:%S");
        let (by, number, from) = (&line.by, &line.number, line.from.get(at.lang));
        let (kind, what) = (line.kind.title(), line.what.get(at.lang));
        let words = [kind.get(at.lang), number.as_str(), what];
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        let entry = line.seq.map(|seq| format!(", #{seq}")).unwrap_or_default();
        writeln!(out, "{when}  {by}  {}  ({from}{entry})", words.join("  "))?;
        if let Some(reason) = &line.reason {
            writeln!(out, "    {reason}")?;
        }
    }
    let (shown, total) = (args.skip + logged.lines.len(), logged.total);
    if shown < total {
        let note = said!(
            "共 {total} 条；用 --skip {shown} 看更早的。",
            "{total} in all; --skip {shown} shows older ones."
        );
        writeln!(err, "{}", note.get(at.lang))?;
    }
    Ok(())
}

fn as_json(line: &LogLine) -> Json {
    json!({
        "seq": line.seq, "at": line.at.to_rfc3339(), "by": line.by,
        "from": line.from.zh, "from_en": line.from.en, "kind": line.kind.id(),
        "number": line.number, "what": line.what.zh, "what_en": line.what.en,
        "count": line.count, "reason": line.reason,
    })
}

fn kinds() -> PossibleValuesParser {
    PossibleValuesParser::new(LogKind::all().map(LogKind::id))
}
