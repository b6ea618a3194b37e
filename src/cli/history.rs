//! `yizhan history`: the life of one record.

use super::opening::Opened;
use super::{Done, print};
use crate::office::Event;
use crate::record::china_offset;
use crate::words::Said;
use clap::Args;
use serde_json::{Value as Json, json};
use std::io::Write;

/// What `history` takes.
#[derive(Args)]
pub struct HistoryArgs {
    /// 编号，或人员的身份证号 / Its number, or a person's identity number
    number: String,
}

/// Prints every event, the newest first, with what changed.
///
/// # Errors
/// When there is no such record, or the journal cannot be read.
pub fn run(args: &HistoryArgs, at: &Opened, out: &mut dyn Write) -> Done {
    // What was withdrawn is in no list, but its life can still be read.
    let (kind, id) = match at.office.withdrawn(&args.number) {
        Some(withdrawn) => withdrawn,
        None => {
            let record = at.record(&args.number)?;
            (record.kind, record.id)
        }
    };
    let events = at.office.history(&at.actor, &kind, id)?;
    for event in &events {
        if at.json {
            print::json_line(out, &as_json(event))?;
            continue;
        }
        let when = event.at.with_timezone(&china_offset()).format("%Y-%m-%d %H:%M:%S");
        let (by, what) = (&event.by, event.what.get(at.lang));
        let from = event.from.get(at.lang);
        writeln!(out, "{when}  {by}  {what}  ({from}, #{})", event.seq)?;
        if let Some(reason) = event.reason.as_ref().filter(|_| event.answers.is_empty()) {
            writeln!(out, "    {reason}")?;
        }
        for (title, answer) in &event.answers {
            writeln!(out, "    {}: {}", title.get(at.lang), answer.get(at.lang))?;
        }
        for change in &event.changes {
            writeln!(out, "    {}", change.said().get(at.lang))?;
        }
        if let Some(sheet) = &event.sheet {
            let (outcome, seq, number) = (sheet.outcome.said(), event.seq, &sheet.number);
            let category = at.office.outcome_of(sheet).unwrap_or_default();
            let told = Said::new(
                format!(
                    "    当时的认定依据：{} {}（yizhan decide {number} --at {seq}）",
                    outcome.zh, category.zh
                ),
                format!(
                    "    The sheet then: {} {} (yizhan decide {number} --at {seq})",
                    outcome.en, category.en
                ),
            );
            writeln!(out, "{}", told.get(at.lang))?;
        }
    }
    Ok(())
}

fn as_json(event: &Event) -> Json {
    let changes: Vec<Json> = event
        .changes
        .iter()
        .map(|change| {
            let mut told = json!({
                "field": change.field.zh, "before": change.before.zh, "after": change.after.zh,
                "field_en": change.field.en, "before_en": change.before.en,
                "after_en": change.after.en,
            });
            if let Some(entered) = &change.entered {
                told["entered"] = json!(entered.zh);
                told["entered_en"] = json!(entered.en);
            }
            told
        })
        .collect();
    let answers: Vec<Json> = event
        .answers
        .iter()
        .map(|(title, answer)| {
            json!({
                "question": title.zh, "answer": answer.zh,
                "question_en": title.en, "answer_en": answer.en,
            })
        })
        .collect();
    json!({
        "seq": event.seq, "at": event.at.to_rfc3339(), "by": event.by,
        "from": event.from.zh, "from_en": event.from.en, "command": event.command,
        "what": event.what.zh, "what_en": event.what.en, "reason": event.reason,
        "changes": changes, "answers": answers, "sheet": event.sheet,
    })
}
