//! `yizhan backup`: everything saved so far, in one sealed file that was read back.

use super::opening::Opened;
use super::{Done, print, progress};
use crate::office::Right;
use crate::record::china_offset;
use crate::said;
use clap::Args;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What `backup` takes.
#[derive(Args)]
pub struct BackupArgs {
    /// 备份文件；不写则放在数据目录的 backup 里 / The backup file; in the data folder's backup/ if not given
    file: Option<PathBuf>,
}

/// Writes the backup and says what is in it.
///
/// # Errors
/// A refusal, or what the machine gives.
pub fn run(args: &BackupArgs, at: &Opened, out: &mut dyn Write) -> Done {
    at.actor.need(Right::Maintain)?;
    let file = match &args.file {
        Some(file) => file.clone(),
        None => default_file(at)?,
    };
    let label = said!("备份", "Backing up");
    let store = at.office.store();
    let report = progress::spinner(at.watched, label.get(at.lang), || store.backup(&file))?;
    if at.json {
        let mut shown = serde_json::to_value(&report)?;
        shown["file"] = file.display().to_string().into();
        return print::json_line(out, &shown);
    }
    let (entries, bytes, head) = (report.entries, report.bytes, &report.head);
    let place = file.display();
    let done = said!(
        "已备份到 {place}：{entries} 条日志，{bytes} 字节，链 {head}。已读回核对；用今天的密码或恢复密钥打开。",
        "Backed up to {place}: {entries} entries, {bytes} bytes, chain {head}. Read back and checked; today's passwords and recovery key open it."
    );
    Ok(writeln!(out, "{}", done.get(at.lang))?)
}

fn default_file(at: &Opened) -> Result<PathBuf, super::Failure> {
    let folder = Path::new(&at.office.folder()).join("backup");
    std::fs::create_dir_all(&folder).map_err(|error| super::Failure::file(&folder, &error))?;
    let now = at.office.now().with_timezone(&china_offset());
    Ok(folder.join(now.format("%Y%m%d-%H%M%S.yzb").to_string()))
}
