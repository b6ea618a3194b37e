//! `yizhan packs`: what is wrong in packs, policy, calendars and regions (`check`), what of the
//! data folder is not in force (`diff`), and putting it in force (`adopt`).

use super::opening::{Opened, World};
use super::{Done, Failure, print};
use crate::edited::{Problems, files_in, look_in};
use crate::office::{Adoption, OwnFiles, PackFile, Refusal, Right, Sources, Standing};
use crate::record::Regions;
use crate::said;
use crate::terminal::text::harmless;
use crate::words::{Problem, Said};
use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};
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
    /// 数据目录里的文件与启用的有什么不同，涉及多少档案 / How the files in the data folder differ from what is in force, and for how many records
    Diff,
    /// 启用数据目录里的业务包、政策、日历（限管理员） / Put packs, policies and calendars of the data folder in force (administrators)
    Adopt {
        /// 要启用的文件，如 programs/own.toml；不写则全部 / Files such as programs/own.toml; all if not given
        files: Vec<String>,
        /// 不再询问 / Do not ask
        #[arg(long)]
        yes: bool,
    },
}

impl PacksArgs {
    /// Whether no station is needed.
    #[must_use]
    pub fn only_checks(&self) -> bool {
        matches!(self.what, PacksCommand::Check { .. })
    }
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
    /// What editors have left behind, which is not read.
    passed_over: Vec<String>,
}

/// Compares the data folder with what is in force, or puts it in force.
///
/// # Errors
/// Who may not; files that do not hold together; what the office says.
pub fn at_work(args: &PacksArgs, at: &Opened, out: &mut dyn Write, err: &mut dyn Write) -> Done {
    let own = OwnFiles::in_folder(at.office.store().dir());
    let files = at.office.pack_files(&own);
    match &args.what {
        PacksCommand::Check { .. } => Ok(()),
        PacksCommand::Diff => {
            at.actor.need(Right::Maintain)?;
            diff(&own, &files, at, out)
        }
        PacksCommand::Adopt { files: named, yes } => {
            at.office.may_adopt(&at.actor)?;
            adopt(&chosen(files, named)?, *yes, at, out, err)
        }
    }
}

fn diff(own: &OwnFiles, files: &[PackFile], at: &Opened, out: &mut dyn Write) -> Done {
    for file in files {
        tell(file, at, out)?;
    }
    let waiting = |file: &&PackFile| file.standing != Standing::Same;
    let changes: Vec<Adoption> =
        files.iter().filter(waiting).map(|file| file.adoption.clone()).collect();
    let mut problems = own.problems.clone();
    problems.extend(at.office.with_adopted(&changes).err().into_iter().flatten());
    for problem in &problems {
        if at.json {
            print::json_line(out, &as_json(problem))?;
        } else {
            writeln!(out, "{}", harmless(&print::problem(problem, at.lang)))?;
        }
    }
    for name in &own.passed_over {
        if at.json {
            print::json_line(out, &json!({ "passed_over": name }))?;
        } else {
            writeln!(out, "{}", harmless(left_behind(name).get(at.lang)))?;
        }
    }
    let nothing = files.is_empty() && problems.is_empty();
    if nothing && !at.json {
        let said = said!(
            "数据目录里没有本站的业务包和规则，全部用内置的。",
            "There are no packs and rules of your own; the built-in ones are in force."
        );
        writeln!(out, "{}", said.get(at.lang))?;
    }
    Ok(())
}

/// The files named, of those that are not in force; all when none is.
fn chosen(files: Vec<PackFile>, named: &[String]) -> Result<Vec<PackFile>, Refusal> {
    let is = |file: &PackFile, name: &String| {
        let path = Path::new(name);
        path.ends_with(&file.name) || Path::new(&file.name).ends_with(path)
    };
    if let Some(unknown) = named.iter().find(|name| !files.iter().any(|file| is(file, name))) {
        let known: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        let known = known.join("、");
        return Err(Refusal::invalid(
            "file",
            said!(
                "数据目录里没有可启用的文件“{unknown}”。",
                "There is no file \"{unknown}\" in the data folder to adopt."
            ),
            said!("现有：{known}。", "There are: {known}."),
        ));
    }
    let wanted = |file: &PackFile| named.is_empty() || named.iter().any(|name| is(file, name));
    Ok(files.into_iter().filter(|file| file.standing != Standing::Same && wanted(file)).collect())
}

fn adopt(
    files: &[PackFile],
    yes: bool,
    at: &Opened,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Done {
    if files.is_empty() {
        let said = said!(
            "没有要启用的改动：数据目录里的文件都已启用。",
            "There is nothing to adopt: the files in the data folder are in force."
        );
        return Ok(writeln!(err, "{}", said.get(at.lang))?);
    }
    let changes: Vec<Adoption> = files.iter().map(|file| file.adoption.clone()).collect();
    at.office.with_adopted(&changes)?;
    for file in files {
        tell(file, at, out)?;
    }
    if !yes && !agreed(at, out, err)? {
        let said = said!("没有启用任何文件。", "Nothing was adopted.");
        writeln!(err, "{}", said.get(at.lang))?;
        return Err(Failure::Told);
    }
    let receipt = at.office.adopt(&at.actor, changes)?;
    if at.json {
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        return print::json_line(out, &json!({ "ok": true, "adopted": names, "seq": receipt.seq }));
    }
    let (count, seq) = (files.len(), receipt.seq);
    if !at.office.adoption_waits() {
        let said = said!(
            "已启用 {count} 个文件，记入日志第 {seq} 条，现在起生效。",
            "{count} files adopted, journal entry {seq}. They are in force from now on."
        );
        return Ok(writeln!(out, "{}", said.get(at.lang))?);
    }
    let said = said!(
        "已启用 {count} 个文件，记入日志第 {seq} 条。下次打开驿站（或执行命令）起生效；正开着的窗口和 yizhan serve 要关闭后重新打开。",
        "{count} files adopted, journal entry {seq}. They are in force from the next opening or command on; close and reopen windows and `yizhan serve` that are open now."
    );
    Ok(writeln!(out, "{}", said.get(at.lang))?)
}

/// Asks at the terminal of whoever gave the command.
fn agreed(at: &Opened, out: &mut dyn Write, err: &mut dyn Write) -> Result<bool, Failure> {
    if at.json || !at.caller.terminal {
        return Err(Failure::Usage(said!(
            "这里不是终端，没法询问；看过 yizhan packs diff 后加 --yes。",
            "There is no terminal to ask at; look at `yizhan packs diff` and add --yes."
        )));
    }
    out.flush()?;
    let question = said!("启用以上内容？[y/N] ", "Adopt this? [y/N] ");
    write!(err, "{}", question.get(at.lang))?;
    err.flush()?;
    let answer = at.caller.line()?;
    Ok(["y", "Y", "yes", "是"].contains(&answer.trim()))
}

/// One file, what adopting it changes, and for whom.
fn tell(file: &PackFile, at: &Opened, out: &mut dyn Write) -> Done {
    if at.json {
        return print::json_line(out, &file_as_json(file));
    }
    let lang = at.lang;
    let mut heading = vec![Said::same(file.name.clone()), file.standing.said()];
    heading.extend(file.adopted.as_ref().map(crate::office::Adopted::said));
    writeln!(out, "{}", harmless(Said::join(&heading, "  ", "  ").get(lang)))?;
    for difference in &file.differences {
        writeln!(out, "  - {}", harmless(difference.said().get(lang)))?;
    }
    for affected in &file.affected {
        let (records, under_way) = (affected.records, affected.under_way);
        let states = affected.states.iter().map(|(_, title, count)| {
            Said::new(format!("{} {count}", title.zh), format!("{} {count}", title.en))
        });
        let states = Said::join(&states.collect::<Vec<_>>(), "，", ", ");
        let (title, zh, en) = (&affected.title, &states.zh, &states.en);
        let said = Said::new(
            format!("涉及“{}”{records} 份（{zh}），其中办理中 {under_way} 份", title.zh),
            format!("about {records} records of \"{}\" ({en}), {under_way} under way", title.en),
        );
        writeln!(out, "  {}", harmless(said.get(lang)))?;
    }
    Ok(())
}

fn file_as_json(file: &PackFile) -> Json {
    let changes = file.differences.iter().map(|difference| {
        let said = difference.said();
        json!({
            "path": difference.path, "before": difference.before, "after": difference.after,
            "said": said.zh, "said_en": said.en,
        })
    });
    let records = file.affected.iter().map(|affected| {
        let states = affected.states.iter().map(|(id, _, count)| (id.clone(), json!(count)));
        json!({
            "kind": affected.kind, "records": affected.records, "under_way": affected.under_way,
            "states": states.collect::<serde_json::Map<_, _>>(),
        })
    });
    let adopted = file
        .adopted
        .as_ref()
        .map(|adopted| json!({ "by": adopted.by, "at": adopted.at, "hash": adopted.hash }));
    json!({
        "file": file.name, "standing": file.standing, "hash": file.found, "adopted": adopted,
        "changes": changes.collect::<Vec<_>>(), "records": records.collect::<Vec<_>>(),
    })
}

fn left_behind(name: &str) -> Said {
    said!("{name}：编辑器留下的文件，不读取", "{name}: left behind by an editor, not read")
}

fn as_json(problem: &Problem) -> Json {
    let (file, line) = (&problem.file, problem.line);
    let (message, en) = (&problem.message.zh, &problem.message.en);
    let meant = &problem.meant;
    json!({ "file": file, "line": line, "message": message, "message_en": en, "meant": meant })
}

/// Checks everything; works without any station.
///
/// # Errors
/// [`Failure::Told`] when something is wrong.
pub fn run(args: &PacksArgs, world: &World, out: &mut dyn Write) -> Done {
    let dir = match &args.what {
        PacksCommand::Check { dir: Some(dir) } => named(dir)?,
        _ => world.folder()?,
    };
    let (checked, problems) = check(&dir, world);
    for problem in &problems {
        if world.json {
            print::json_line(out, &as_json(problem))?;
        } else {
            writeln!(out, "{}", print::problem(problem, world.lang))?;
        }
    }
    for name in checked.passed_over.iter().filter(|_| !world.json) {
        writeln!(out, "{}", harmless(left_behind(name).get(world.lang)))?;
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
    match Sources::load(Some(dir)) {
        Ok(Sources { catalogue, library, calendar }) => {
            checked.kinds = catalogue.kinds().count();
            checked.fields = catalogue.kinds().map(|kind| kind.fields().count()).sum();
            checked.documents = library.documents.len();
            checked.clauses = library.clauses.len();
            checked.parameters = library.parameters.len();
            checked.rule_sets = library.rule_sets.len();
            checked.years = calendar.years().count();
        }
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
    for folder in FOLDERS {
        let looked = look_in(&dir.join(folder));
        checked.own += looked.files.len();
        let left = looked.passed_over.into_iter();
        checked.passed_over.extend(left.map(|name| format!("{folder}/{name}")));
    }
    (checked, problems)
}

impl Checked {
    fn said(&self) -> Said {
        let Self {
            kinds,
            fields,
            documents,
            clauses,
            parameters,
            rule_sets,
            years,
            regions,
            own,
            ..
        } = self;
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
