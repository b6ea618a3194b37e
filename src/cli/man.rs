//! `yizhan man`: the manual pages.

use super::{Done, Failure};
use crate::said;
use crate::store::{Existing, NewFile};
use clap::Args;
use std::io::Write;
use std::path::PathBuf;

/// What `man` takes.
#[derive(Args)]
pub struct ManArgs {
    /// 把全部手册页写入这个目录；不写则输出主页 / Write all pages into this folder; else print the main one
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Prints the main page of the command line, or writes one for each subcommand.
///
/// # Errors
/// When they cannot be written.
pub fn run(args: &ManArgs, line: clap::Command, out: &mut dyn Write, err: &mut dyn Write) -> Done {
    let Some(dir) = &args.dir else {
        let mut page = Vec::new();
        clap_mangen::Man::new(line).render(&mut page)?;
        return Ok(out.write_all(&page)?);
    };
    let failed = |error| Failure::file(dir, &error);
    std::fs::create_dir_all(dir).map_err(failed)?;
    // The library writes through whatever has a page's name.
    let made = tempfile::tempdir().map_err(failed)?;
    clap_mangen::generate_to(line, made.path()).map_err(failed)?;
    for page in std::fs::read_dir(made.path()).map_err(failed)? {
        let page = page.map_err(failed)?;
        let mut file = NewFile::begin(&dir.join(page.file_name()), Existing::Replaced)?;
        let text = std::fs::read(page.path()).map_err(failed)?;
        file.write_all(&text).map_err(failed)?;
        file.finish()?;
    }
    let place = dir.display();
    let done = said!("手册页在 {place}", "The pages are in {place}");
    Ok(writeln!(err, "{} / {}", done.zh, done.en)?)
}
