//! `yizhan restore`: a data folder from a backup file.

use super::opening::World;
use super::{Done, print, progress};
use crate::said;
use crate::store;
use clap::Args;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

/// What `restore` takes.
#[derive(Args)]
pub struct RestoreArgs {
    /// 备份文件 / The backup file
    file: PathBuf,
}

/// Makes the folder and checks all of it on the way.
///
/// # Errors
/// A folder that is not empty, a wrong password, a backup that is not whole.
pub fn run(args: &RestoreArgs, world: &World, out: &mut dyn Write) -> Done {
    let folder = world.folder()?;
    let who = world.credentials()?;
    let label = said!("恢复", "Restoring");
    let report = progress::spinner(io::stderr().is_terminal(), label.get(world.lang), || {
        store::restore(&args.file, &folder, &who.secret())
    })?;
    if world.json {
        return print::json_line(out, &report);
    }
    let (entries, head, place) = (report.entries, &report.head, folder.display());
    let done = said!(
        "已恢复到 {place}：{entries} 条日志，链 {head}。",
        "Restored to {place}: {entries} entries, chain {head}."
    );
    Ok(writeln!(out, "{}", done.get(world.lang))?)
}
