//! `yizhan archive`: the files of the journal that are full, copied to the second place.

use super::opening::Opened;
use super::{Done, print, progress};
use crate::office::Right;
use crate::record::china_date;
use crate::said;
use crate::store::{Copied, OldSegment};
use crate::words::Said;
use clap::Args;
use serde_json::json;
use std::io::Write;

/// What `archive` takes.
#[derive(Args)]
pub struct ArchiveArgs {
    /// 只列出，不抄 / Only list them
    #[arg(long)]
    list: bool,
}

/// Lists, or copies what is not there yet.
///
/// # Errors
/// A refusal, or what either place gives.
pub fn run(args: &ArchiveArgs, at: &Opened, out: &mut dyn Write) -> Done {
    at.actor.need(Right::Maintain)?;
    let store = at.office.store();
    if args.list {
        return list(&store.old_segments()?, at, out);
    }
    let label = said!("归档", "Archiving");
    let done = progress::follow(at.watched, &label, at.lang, store.progress(), || store.archive())?;
    if at.json {
        return print::json_line(out, &done);
    }
    let (copied, files, entries) = (done.copied, done.segments, done.entries);
    let (folder, bytes) = (done.folder.display(), megabytes(done.bytes));
    let told = if files == 0 {
        said!(
            "日志还只有一个文件，没有可归档的。",
            "The journal is one file so far, and nothing of it can be archived."
        )
    } else {
        said!(
            "归档 {folder}：{files} 个日志文件、{entries} 条，这次抄了 {copied} 个（{bytes}），读回核对过。不要密码也能核验：yizhan verify --data {folder}",
            "The archive {folder}: {files} files of the journal, {entries} entries; {copied} copied now ({bytes}), read back and checked. Anybody checks it without a password: `yizhan verify --data {folder}`"
        )
    };
    Ok(writeln!(out, "{}", told.get(at.lang))?)
}

fn list(old: &[OldSegment], at: &Opened, out: &mut dyn Write) -> Done {
    let day = |one: &OldSegment| one.until.map(|until| china_date(until).to_string());
    if at.json {
        return old.iter().try_for_each(|one| {
            let OldSegment { number, first, last, bytes, copied, .. } = one;
            let until = day(one);
            let line = json!({ "file": number, "first": first, "last": last, "until": until, "bytes": bytes, "copied": copied });
            print::json_line(out, &line)
        });
    }
    let rows: Vec<[String; 5]> = old
        .iter()
        .map(|one| {
            let entries = format!("{}–{}", one.first, one.last);
            let copied = word(one.copied).get(at.lang).to_string();
            let until = day(one).unwrap_or_default();
            [format!("{:08}.yzj", one.number), entries, until, megabytes(one.bytes), copied]
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

fn word(copied: Copied) -> Said {
    match copied {
        Copied::No => Said::default(),
        Copied::Same => Said::fixed("相同", "the same"),
        Copied::Older => Said::fixed("不同，请重抄", "differs: copy it anew"),
        Copied::Other => Said::fixed("不是同一条链", "another chain"),
    }
}

/// Bytes as people read them.
fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
