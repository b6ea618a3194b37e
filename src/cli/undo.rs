//! `yizhan undo`: one's own last save of a record, taken back.

use super::opening::Opened;
use super::{Done, print};
use crate::office::Command;
use crate::said;
use clap::Args;
use std::io::Write;

/// What `undo` takes.
#[derive(Args)]
pub struct UndoArgs {
    /// 编号，或人员的身份证号 / Its number, or a person's identity number
    number: String,
}

/// Takes the save back and says what that changed.
///
/// # Errors
/// When there is none, or somebody else acted on the record since.
pub fn run(args: &UndoArgs, at: &Opened, out: &mut dyn Write) -> Done {
    let record = at.record(&args.number)?;
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
    Ok(())
}
