//! `yizhan packs check`: everything wrong in packs, policy, calendars and regions, by line.

use super::opening::World;
use super::{Done, Failure, print};
use crate::calendar::Calendar;
use crate::edited::{Problems, files_in};
use crate::policy::Library;
use crate::program::Catalogue;
use crate::record::Regions;
use crate::said;
use crate::words::{Problem, Said};
use clap::{Args, Subcommand};
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The folders an office's own files may lie in.
const FOLDERS: [&str; 4] = ["programs", "policy", "calendar", "regions"];

/// What `packs` takes.
#[derive(Args)]
pub struct PacksArgs {
    #[command(subcommand)]
    what: PacksCommand,
}

#[derive(Subcommand)]
enum PacksCommand {
    /// 检查内置和本站的业务包、政策、日历、区划 / Check packs, policies, calendars and regions, built-in and own
    Check {
        /// 含 programs、policy、calendar、regions 的目录，默认数据目录 / Folder with programs, policy, calendar, regions; the data folder if not given
        dir: Option<PathBuf>,
    },
}

/// What was found to check.
#[derive(Default)]
struct Checked {
    kinds: usize,
    fields: usize,
    documents: usize,
    clauses: usize,
    parameters: usize,
    rule_sets: usize,
    years: usize,
    regions: usize,
    own: usize,
}

/// Checks everything; works without any station.
///
/// # Errors
/// [`Failure::Told`] when something is wrong.
pub fn run(args: &PacksArgs, world: &World, out: &mut dyn Write) -> Done {
    let PacksCommand::Check { dir } = &args.what;
    let dir = match dir {
        Some(dir) => named(dir)?,
        None => world.folder()?,
    };
    let (checked, problems) = check(&dir, world);
    for problem in &problems {
        if world.json {
            let (file, line) = (&problem.file, problem.line);
            let (message, en) = (&problem.message.zh, &problem.message.en);
            let meant = &problem.meant;
            let shown = json!({
                "file": file, "line": line, "message": message, "message_en": en, "meant": meant,
            });
            print::json_line(out, &shown)?;
        } else {
            writeln!(out, "{}", print::problem(problem, world.lang))?;
        }
    }
    if !problems.is_empty() {
        return Err(Failure::Told);
    }
    if world.json {
        return print::json_line(out, &checked.json());
    }
    Ok(writeln!(out, "{}", checked.said().get(world.lang))?)
}

/// A folder given by name has to hold something to check.
fn named(dir: &Path) -> Result<PathBuf, Failure> {
    if FOLDERS.iter().any(|folder| dir.join(folder).is_dir()) {
        return Ok(dir.to_path_buf());
    }
    let place = dir.display();
    Err(Failure::new(
        said!(
            "{place} 里没有 programs、policy、calendar 或 regions 目录。",
            "There is no folder programs, policy, calendar or regions in {place}."
        ),
        said!("请给出它们所在的目录。", "Name the folder they lie in."),
    ))
}

fn check(dir: &Path, world: &World) -> (Checked, Vec<Problem>) {
    let mut checked = Checked::default();
    let mut problems = Vec::new();
    let own = |folder: &str| Some(dir.join(folder)).filter(|path| path.is_dir());
    match Catalogue::load(own("programs").as_deref()) {
        Ok(catalogue) => {
            checked.kinds = catalogue.kinds().count();
            checked.fields = catalogue.kinds().map(|kind| kind.fields().count()).sum();
        }
        Err(found) => problems.extend(found),
    }
    let policy = own("policy");
    match Library::load(&policy.as_deref().into_iter().collect::<Vec<_>>()) {
        Ok(library) => {
            checked.documents = library.documents.len();
            checked.clauses = library.clauses.len();
            checked.parameters = library.parameters.len();
            checked.rule_sets = library.rule_sets.len();
        }
        Err(found) => problems.extend(found),
    }
    match Calendar::load(&dir.join("calendar")) {
        Ok(calendar) => checked.years = calendar.years().count(),
        Err(found) => problems.extend(found),
    }
    checked.regions = Regions::built_in().in_use(world.clock().today()).count();
    if checked.regions == 0 {
        let nothing = said!("没有在用的区划。", "No division is in use.");
        problems.push(Problem::new("regions/chongqing.toml", 0, nothing));
    }
    let unreadable = Problems::default();
    for (name, text) in files_in(&dir.join("regions"), &unreadable) {
        match Regions::load(&text, &name) {
            Ok(regions) => checked.regions = regions.in_use(world.clock().today()).count(),
            Err(found) => problems.extend(found),
        }
    }
    problems.extend(unreadable.into_sorted());
    // Files that cannot be read have been told by their own reader.
    let told = Problems::default();
    checked.own = FOLDERS.iter().map(|folder| files_in(&dir.join(folder), &told).len()).sum();
    (checked, problems)
}

impl Checked {
    fn said(&self) -> Said {
        let Self { kinds, fields, documents, clauses, parameters, rule_sets, years, regions, own } =
            self;
        said!(
            "没有问题：{kinds} 种记录 {fields} 个字段，{documents} 份文件 {clauses} 个条款，{parameters} 个参数，{rule_sets} 套规则，{years} 年日历，{regions} 个区划；其中本站文件 {own} 个。",
            "No problems: {kinds} kinds with {fields} fields, {documents} documents with {clauses} clauses, {parameters} parameters, rule sets: {rule_sets}, {years} calendar years, {regions} divisions; {own} files of your own."
        )
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "ok": true, "kinds": self.kinds, "fields": self.fields,
            "documents": self.documents, "clauses": self.clauses,
            "parameters": self.parameters, "rule_sets": self.rule_sets,
            "calendar_years": self.years, "regions": self.regions, "own_files": self.own,
        })
    }
}
