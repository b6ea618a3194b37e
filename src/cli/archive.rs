//! `yizhan archive`: old parts of the journal, put away in the second place.

use super::opening::Opened;
use super::{Done, print, progress};
use crate::office::Right;
use crate::record::china_offset;
use crate::said;
use crate::words::Said;
use chrono::NaiveDate;
use clap::Args;
use serde_json::json;
use std::io::Write;

/// What `archive` takes.
#[derive(Args)]
pub struct ArchiveArgs {
    /// 把这一天以前保存的日志移到第二备份位置；不写则列出可归档的部分 / Put away what was saved before this day; lists what could be if not given
    #[arg(long, value_name = "YYYY-MM-DD")]
    before: Option<NaiveDate>,
}

/// Lists, or puts away.
///
/// # Errors
/// A refusal, or what either place gives.
pub fn run(args: &ArchiveArgs, at: &Opened, out: &mut dyn Write) -> Done {
    at.actor.need(Right::Maintain)?;
    let Some(before) = args.before else { return list(at, out) };
    let label = said!("归档", "Archiving");
    let store = at.office.store();
    let report = progress::follow(at.watched, &label, at.lang, store.progress(), || {
        at.office.put_away(&at.actor, before)
    })?;
    if at.json {
        return print::json_line(out, &report);
    }
    let tell = |said: Said, out: &mut dyn Write| writeln!(out, "{}", said.get(at.lang));
    if report.segments == 0 {
        let none = said!(
            "没有全在 {before} 以前的日志文件，未归档。yizhan archive 列出各文件到哪一天。",
            "No file of the journal is wholly before {before}, nothing was put away. `yizhan archive` lists how far each goes."
        );
        return Ok(tell(none, out)?);
    }
    let (files, entries, folder) = (report.segments, report.entries, report.folder.display());
    let freed = megabytes(report.freed);
    let done = said!(
        "已归档 {files} 个日志文件、{entries} 条到 {folder}，读回核对过；这里腾出 {freed}。",
        "Put {files} files of the journal, {entries} entries, away in {folder}; read back and checked. {freed} were freed here."
    );
    tell(done, out)?;
    let keep = said!(
        "这些内容现在只在那里：请把该文件夹再抄一份，分开保管。看旧历史、备份和重建记录表时要接上它；yizhan verify 会核对它。",
        "Their content lies only there now: keep another copy of that folder elsewhere. It is wanted for old history, for whole backups and to build the table anew; `yizhan verify` checks it."
    );
    Ok(tell(keep, out)?)
}

fn list(at: &Opened, out: &mut dyn Write) -> Done {
    let old = at.office.old_segments(&at.actor)?;
    let day = |one: &crate::store::OldSegment| {
        one.until.map(|until| until.with_timezone(&china_offset()).format("%Y-%m-%d").to_string())
    };
    if at.json {
        return old.iter().try_for_each(|one| {
            let (file, bytes, away) = (one.number, one.bytes, one.away);
            let (first, last, until) = (one.first, one.last, day(one));
            let line = json!({ "file": file, "first": first, "last": last, "until": until, "bytes": bytes, "archived": away });
            print::json_line(out, &line)
        });
    }
    if old.is_empty() {
        let none = said!(
            "日志还只有一个文件，没有可归档的。",
            "The journal is one file so far, and nothing of it can be put away."
        );
        return Ok(writeln!(out, "{}", none.get(at.lang))?);
    }
    let yes = said!("已归档", "archived");
    let rows: Vec<[String; 5]> = old
        .iter()
        .map(|one| {
            let away = if one.away { yes.get(at.lang).to_string() } else { String::new() };
            let entries = format!("{}–{}", one.first, one.last);
            let until = day(one).unwrap_or_default();
            [format!("{:08}.yzj", one.number), entries, until, megabytes(one.bytes), away]
        })
        .collect();
    let heading = [
        said!("文件", "File"),
        said!("条目", "Entries"),
        said!("到", "Until"),
        said!("大小", "Size"),
        said!("归档", "Archive"),
    ];
    print::table(out, heading.each_ref().map(|said| said.get(at.lang)), &rows)
}

/// Bytes as people read them.
fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
