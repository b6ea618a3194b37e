//! `yizhan rebuild`: the table of records against the journal, built anew where it differs.

use super::opening::Opened;
use super::{Done, Failure, print, progress};
use crate::office::Right;
use crate::said;
use std::io::Write;

/// Checks the table and puts it right.
///
/// # Errors
/// [`Failure::Told`] when the journal itself is damaged.
pub fn run(at: &Opened, out: &mut dyn Write) -> Done {
    at.actor.need(Right::Maintain)?;
    let label = said!("核对记录表", "Checking the table");
    let store = at.office.store();
    let report = progress::spinner(at.watched, label.get(at.lang), || store.verify(None))?;
    if at.json {
        print::json_line(out, &report)?;
    } else {
        let table = report.table.clone().unwrap_or_default();
        for put_right in &table.put_right {
            writeln!(out, "{}", put_right.get(at.lang))?;
        }
        for problem in &report.problems {
            writeln!(out, "{}", problem.what.get(at.lang))?;
        }
        let records = table.records;
        let done =
            said!("记录表 {records} 条，与日志一致。", "{records} records, as in the journal.");
        if report.ok {
            writeln!(out, "{}", done.get(at.lang))?;
        }
    }
    if report.ok { Ok(()) } else { Err(Failure::Told) }
}
