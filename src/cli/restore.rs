//! `yizhan restore`: a data folder from a backup file.

use super::opening::World;
use super::{Done, print, progress};
use crate::office::{self, Restored};
use crate::said;
use crate::store::Progress;
use clap::Args;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

/// What `restore` takes.
#[derive(Args)]
pub struct RestoreArgs {
    /// 备份文件 / The backup file
    file: PathBuf,
    /// 原站的日志目录，损坏的也可以：备份之后保存的内容从这里取 / The old station's journal folder, damaged or not: what was saved after the backup is taken from it
    #[arg(long, value_name = "DIR")]
    journal: Option<PathBuf>,
}

/// Makes the folder, checks all of it on the way, opens it once, and says who needs a new password.
///
/// # Errors
/// A folder that is not empty, a wrong password, a backup that is not whole.
pub fn run(args: &RestoreArgs, world: &World, out: &mut dyn Write) -> Done {
    let folder = world.folder()?;
    let who = world.credentials()?;
    let label = said!("恢复", "Restoring");
    let how_far = Arc::<Progress>::default();
    let restored = progress::follow(world.watched(), &label, world.lang, &how_far, || {
        let (journal, clock) = (args.journal.as_deref(), world.clock());
        let by = (&who.secret(), who.name());
        office::restore(&args.file, journal, &folder, by, clock, how_far.clone())
    })?;
    let Restored { recovered, without_password } = restored;
    if world.json {
        let mut shown = serde_json::to_value(&recovered)?;
        shown["without_password"] = without_password.into();
        return print::json_line(out, &shown);
    }
    let (entries, head, place) = (recovered.entries, &recovered.head, folder.display());
    let done = said!(
        "已恢复到 {place}：{entries} 条日志，链 {head}。",
        "Restored to {place}: {entries} entries, chain {head}."
    );
    writeln!(out, "{}", done.get(world.lang))?;
    if args.journal.is_some() {
        for said in recovered.said() {
            writeln!(out, "  {}", said.get(world.lang))?;
        }
    }
    for said in office::who_needs_passwords(&without_password) {
        writeln!(out, "{}", said.get(world.lang))?;
    }
    Ok(())
}
