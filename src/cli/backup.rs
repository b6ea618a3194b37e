//! `yizhan backup`: everything saved so far, in one sealed file that was read back.

use super::opening::Opened;
use super::{Done, print, progress};
use crate::office::Right;
use crate::said;
use clap::Args;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What `backup` takes.
#[derive(Args)]
pub struct BackupArgs {
    /// 备份文件；不写则放在数据目录的 backup 里 / The backup file; in the data folder's backup/ if not given
    file: Option<PathBuf>,
    /// 第二备份位置（U 盘、另一块盘）：每天的备份也抄一份到那里；none 为取消 / A second place for the daily backups, such as a stick; none for no longer
    #[arg(long, value_name = "DIR", conflicts_with = "file")]
    second: Option<PathBuf>,
}

/// Writes the backup and says what is in it.
///
/// # Errors
/// A refusal, or what the machine gives.
pub fn run(args: &BackupArgs, at: &Opened, out: &mut dyn Write) -> Done {
    at.actor.need(Right::Maintain)?;
    if let Some(second) = &args.second {
        return name_second(second, at, out);
    }
    let label = said!("备份", "Backing up");
    let store = at.office.store();
    let file = args.file.as_deref().map(|file| at.caller.place(file)).transpose()?;
    let file = file.unwrap_or_else(|| store.backup_name(false));
    let report = progress::follow(at.watched, &label, at.lang, store.progress(), || {
        if args.file.is_some() { store.backup(&file) } else { store.back_up(&file) }
    })?;
    at.office.look_at_backups();
    if at.json {
        let mut shown = serde_json::to_value(&report)?;
        shown["file"] = file.display().to_string().into();
        return print::json_line(out, &shown);
    }
    let (entries, bytes, head) = (report.entries, report.bytes, &report.head);
    let place = file.display();
    let done = said!(
        "已备份到 {place}：{entries} 条日志，{bytes} 字节，链 {head}。已读回核对；用恢复密钥或今天的管理员密码打开。",
        "Backed up to {place}: {entries} entries, {bytes} bytes, chain {head}. Read back and checked; today's recovery key and administrators' passwords open it."
    );
    Ok(writeln!(out, "{}", done.get(at.lang))?)
}

fn name_second(second: &Path, at: &Opened, out: &mut dyn Write) -> Done {
    let none = second.as_os_str() == "none";
    // A relative path would mean another folder when the program is started elsewhere.
    let full = std::path::absolute(at.caller.place(second)?)
        .map_err(|error| super::Failure::file(second, &error))?;
    at.office.name_second_place(&at.actor, (!none).then_some(&full))?;
    let place = full.display();
    let done = if none {
        said!("每天的备份不再抄到第二处。", "Daily backups are no longer copied elsewhere.")
    } else {
        said!("每天的备份也抄一份到 {place}。", "Daily backups are copied to {place} too.")
    };
    Ok(writeln!(out, "{}", done.get(at.lang))?)
}
