//! `yizhan undo`: one's own last save of a record, taken back.

use super::opening::Opened;
use super::{Done, print};
use crate::office::Command;
use crate::record::Record;
use crate::said;
use crate::words::Said;
use clap::Args;
use std::io::Write;

/// What `undo` takes.
#[derive(Args)]
pub struct UndoArgs {
    /// 编号，或人员的身份证号 / Its number, or a person's identity number
    number: String,
    /// 撤回上一步（没有办结、别人还没有接着办的），写明原因 / Take the last step back, before anybody acted and where nothing is closed, with this reason
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// Takes the save back and says what that changed.
///
/// # Errors
/// When there is none, or somebody else acted on the record since.
pub fn run(args: &UndoArgs, at: &Opened, out: &mut dyn Write) -> Done {
    let record = at.record(&args.number)?;
    if let Some(reason) = &args.reason {
        return take_back(&record, reason, at, out);
    }
    let found = at.office.undoable(&at.actor, record.id)?;
    let command = Command::Undo { id: record.id, seq: Some(found.seq) };
    let receipt = at.office.perform(&at.actor, command)?;
    if at.json {
        return print::json_line(out, &receipt);
    }
    let (number, what) = (&receipt.number, &found.what);
    let (zh, en) = (&what.zh, &what.en);
    let done = said!(
        "{number} 的上次保存（{zh}）已撤销。",
        "The last save of {number} ({en}) was taken back."
    );
    writeln!(out, "{}", done.get(at.lang))?;
    for change in &found.changes {
        writeln!(out, "    {}", change.said().get(at.lang))?;
    }
    for other in &found.others {
        let (kind, number) = (&other.kind, &other.number);
        let said = Said::new(
            format!("{} {number} 一并撤销", kind.zh),
            format!("{} {number} too", kind.en),
        );
        writeln!(out, "    {}", said.get(at.lang))?;
    }
    Ok(())
}

fn take_back(record: &Record, reason: &str, at: &Opened, out: &mut dyn Write) -> Done {
    let command = Command::TakeBack { id: record.id, seq: None, reason: reason.to_string() };
    let receipt = at.office.perform(&at.actor, command)?;
    if at.json {
        return print::json_line(out, &receipt);
    }
    let number = &receipt.number;
    let done = said!("{number} 的上一步已撤回。", "The last step of {number} was taken back.");
    Ok(writeln!(out, "{}", done.get(at.lang))?)
}
