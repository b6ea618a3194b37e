//! `yizhan verify`: is everything that was saved still there, unchanged?

use super::opening::World;
use super::{Done, Failure, print, progress};
use crate::office::Right;
use crate::said;
use crate::store::{VerifyReport, verify_chain};
use blake3::Hash;
use clap::Args;
use std::io::Write;

/// What `verify` takes.
#[derive(Args)]
pub struct VerifyArgs {
    /// 这个校验值是否还在链中（印在日报表上） / Whether this hash is still in the chain, as printed on the daily sheet
    #[arg(long, value_name = "HASH")]
    head: Option<String>,
}

/// Checks the chain, which needs no key; with an account the contents and the table too.
///
/// # Errors
/// [`Failure::Told`] when something is wrong.
pub fn run(args: &VerifyArgs, world: &World, out: &mut dyn Write) -> Done {
    let head = args.head.as_deref().map(hash).transpose()?;
    if !world.has_credentials() {
        let folder = world.folder()?;
        let label = said!("核验", "Verifying");
        let watched = world.watched();
        let report = progress::spinner(watched, label.get(world.lang), || {
            verify_chain(&folder, head.as_ref())
        })?;
        return tell(world, &report, out);
    }
    world.open()?.finish(|at| {
        at.actor.need(Right::Maintain)?;
        let label = said!("核验", "Verifying");
        let how_far = at.office.store().progress();
        let report = progress::follow(at.watched, &label, at.lang, how_far, || {
            at.office.verify(head.as_ref())
        })?;
        tell(world, &report, out)
    })
}

fn hash(text: &str) -> Result<Hash, Failure> {
    Hash::from_hex(text.trim().to_ascii_lowercase()).map_err(|_| {
        Failure::Usage(said!(
            "校验值是 64 个十六进制字符，见系统页或日报表。",
            "A hash is 64 hexadecimal characters; it stands on the system screen and daily sheets."
        ))
    })
}

fn tell(world: &World, report: &VerifyReport, out: &mut dyn Write) -> Done {
    if world.json {
        print::json_line(out, report)?;
    } else {
        as_text(world, report, out)?;
    }
    if report.ok { Ok(()) } else { Err(Failure::Told) }
}

fn as_text(world: &World, report: &VerifyReport, out: &mut dyn Write) -> Done {
    let lang = world.lang;
    let VerifyReport { entries, segments, head, .. } = report;
    let chain = said!(
        "日志 {entries} 条，{segments} 个文件，链 {head}",
        "{entries} entries in {segments} files, chain {head}"
    );
    writeln!(out, "{}", chain.get(lang))?;
    if let Some(seq) = report.head_found {
        let found = said!("要找的校验值是第 {seq} 条", "The hash asked for is that of entry {seq}");
        writeln!(out, "{}", found.get(lang))?;
    }
    if let Some(table) = &report.table {
        let (records, missing, differing) = (table.records, table.missing, table.differing);
        let said = said!(
            "记录表 {records} 条，缺 {missing}，不一致 {differing}",
            "{records} records in the table, {missing} missing, {differing} differing"
        );
        writeln!(out, "{}", said.get(lang))?;
        for put_right in &table.put_right {
            writeln!(out, "  {}", put_right.get(lang))?;
        }
    }
    if let Some(found) = &report.directory {
        let records = found.records;
        let said = said!(
            "索引 {records} 条，与记录表核对",
            "{records} records in the index, compared with the table"
        );
        writeln!(out, "{}", said.get(lang))?;
    }
    for backup in &report.backups {
        let (file, count) = (&backup.file, backup.entries);
        let said = said!("备份 {file}：{count} 条", "Backup {file}: {count} entries");
        writeln!(out, "{}", said.get(lang))?;
    }
    for recovered in &report.recovered {
        writeln!(out, "  {}", recovered.get(lang))?;
    }
    for problem in &report.problems {
        let seq = problem.seq.map(|seq| format!("#{seq} ")).unwrap_or_default();
        writeln!(out, "  {seq}{}", problem.what.get(lang))?;
    }
    let verdict = match (report.ok, report.contents) {
        (true, true) => said!("没有问题。", "Nothing is wrong."),
        (true, false) => said!(
            "链没有问题；内容没有核对（加 --as 可一并核对）。",
            "The chain is whole; contents were not checked (add --as to check them too)."
        ),
        (false, _) => {
            let count = report.problem_count;
            said!(
                "发现 {count} 处问题。请先运行 yizhan rebuild 修复；仍不行时，从最近的备份恢复到新目录（yizhan restore）。",
                "{count} problems. Run `yizhan rebuild` first; if that does not help, restore the newest backup into a new folder (`yizhan restore`)."
            )
        }
    };
    Ok(writeln!(out, "{}", verdict.get(lang))?)
}
