//! `yizhan import`: a CSV file or workbook taken in.

use super::follow::Then;
use super::{Done, Failure, Opened, progress};
use crate::exchange::{
    Book, HeadingMap, ImportOptions, Plan, Report, SheetReport, import, rejects_to,
};
use crate::office::{Refusal, Right};
use crate::said;
use crate::store::Existing;
use crate::terminal::text::harmless;
use crate::words::{Lang, Said};
use clap::Args;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};

/// Refused rows told one by one; the rest are in the file of `--rejects` and in `--json`.
const TOLD: usize = 200;

/// The name a file has that comes in by standard input.
const PIPED: &str = "-";

/// What `import` takes.
#[derive(Args)]
pub struct ImportArgs {
    /// 记录种类，如 hardship_file；其中的表格写作 hardship_file.members / The kind of record, or a table inside it
    kind: String,
    /// 表格文件：CSV、XLSX、XLS、ODS、网页表格；- 为标准输入 / A table: CSV, XLSX, XLS, ODS, web page; - for standard input
    file: PathBuf,
    /// 只导入这张工作表，可写多次 / Only this sheet; may be given several times
    #[arg(long, value_name = "NAME")]
    sheet: Vec<String>,
    /// 隐藏或被筛选掉的行也导入 / Take rows the sheet does not show as well
    #[arg(long)]
    hidden: bool,
    /// 表头对照文件，每行 "表头" = "字段" / Headings given a meaning: lines of "heading" = "field"
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// 只检查，不写入，先看会导入什么 / Only look at what would be taken; write nothing
    #[arg(long)]
    dry_run: bool,
    /// 把未通过的行连同原因写入此文件（已有则替换），改好后可再次导入 / Write refused rows with their reasons here; replaced if there
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    #[command(flatten)]
    then: Then,
}

impl ImportArgs {
    /// Refuses names that do not go together, where the files lie.
    ///
    /// # Errors
    /// Wrong usage.
    pub fn check(&self) -> Result<(), Failure> {
        self.rejects.as_deref().map_or(Ok(()), |rejects| apart(rejects, &self.file))
    }

    /// Whether a file of the machine is named, rather than standard input.
    pub fn names_files(&self) -> bool {
        self.file.as_os_str() != PIPED || self.map.is_some() || self.rejects.is_some()
    }
}

/// Takes a file in and tells what became of it.
///
/// # Errors
/// When the file as a whole cannot be taken, or some rows were refused.
pub fn run(args: &ImportArgs, at: &Opened, out: &mut dyn Write, err: &mut dyn Write) -> Done {
    at.actor.need(Right::Import)?;
    let plan = Plan::named(at.office.catalogue(), &args.kind)?;
    // Its place must do before anything is taken in.
    let begin = |rejects| at.caller.begin(rejects, Existing::Replaced);
    args.rejects.as_deref().map(begin).transpose()?;
    let map = args.map.as_deref().map(|map| read_map(map, at)).transpose()?;
    let options = ImportOptions {
        dry_run: args.dry_run,
        map: map.as_ref(),
        sheets: args.sheet.clone(),
        hidden: args.hidden,
        stop: None,
    };
    let follow = args.then.read(at, &plan.kind)?.filter(|_| !args.dry_run);
    let percent = AtomicU8::new(0);
    let label = Said::fixed("导入", "Importing");
    let report = progress::bar(
        at.watched && !at.json,
        label.get(at.lang),
        || Some(percent.load(Ordering::Relaxed)),
        || {
            let book = open(args, at)?;
            let report =
                import(&at.office, &at.actor, &plan, &book, &options, &mut |done, total| {
                    // While the file is looked through nobody knows how many there are.
                    let share = (done * 100).checked_div(total).unwrap_or(0).min(100);
                    percent.store(u8::try_from(share).unwrap_or(100), Ordering::Relaxed);
                });
            Ok::<_, Failure>(report?)
        },
    )?;
    if let Some(rejects) = args.rejects.as_deref() {
        let mut file = begin(rejects)?;
        rejects_to(&mut file, &report, at.lang).map_err(|error| Failure::file(rejects, &error))?;
        file.finish()?;
    }
    if at.json {
        writeln!(out, "{}", report.to_json())?;
    } else {
        tell(&report, args.rejects.as_deref(), at.lang, out, err)?;
    }
    if let Some(follow) = follow {
        follow.carry_out(at, out, err)?;
    }
    if report.is_clean() { Ok(()) } else { Err(Failure::Told) }
}

fn open(args: &ImportArgs, at: &Opened) -> Result<Book, Failure> {
    let book = if at.caller.is_here() && args.file.as_os_str() != PIPED {
        Book::open(&args.file)
    } else {
        let name = args.file.file_name().unwrap_or_default().to_string_lossy();
        Book::from_stream(name, at.caller.reader(&args.file)?)
    };
    Ok(book.map_err(Refusal::from)?)
}

fn tell(
    report: &Report,
    rejects: Option<&Path>,
    lang: Lang,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Done {
    for notice in &report.notices {
        writeln!(err, "{}", harmless(notice.said().get(lang)))?;
    }
    for row in report.refused.iter().take(TOLD) {
        writeln!(err, "{}", harmless(row.said().get(lang)))?;
    }
    let more = report.refused.len().saturating_sub(TOLD);
    if more > 0 {
        let said = said!(
            "另有 {more} 行未通过，没有逐行列出；用 --rejects 文件名 或 --json 可得到全部。",
            "{more} more rows were refused and are not listed; --rejects FILE or --json gives all of them."
        );
        writeln!(err, "{}", said.get(lang))?;
    }
    let written = !report.refused.is_empty() || !report.left.is_empty();
    if let Some(rejects) = rejects.filter(|_| written) {
        let path = rejects.display();
        let said = said!(
            "没有接收的行和原因写在 {path}，改好后可直接导入它。文件含完整个人信息，用后请删除。",
            "The rows that were not taken are in {path} with their reasons; put right, it can be imported. It holds personal data in full: delete it after use."
        );
        writeln!(err, "{}", said.get(lang))?;
    }
    writeln!(out, "{}", report.said().get(lang))?;
    let several = report.sheets.len() > 1;
    for sheet in &report.sheets {
        if report.dry_run || several {
            writeln!(out, "{}", harmless(sheet.said().get(lang)))?;
        }
        if report.dry_run {
            preview(sheet, lang, out)?;
        }
    }
    Ok(())
}

/// What was recognised of a sheet, and its first rows as they would be stored.
fn preview(sheet: &SheetReport, lang: Lang, out: &mut dyn Write) -> std::io::Result<()> {
    let left = Said::fixed("（不导入）", "(left out)");
    for column in sheet.columns.iter().filter(|column| !column.heading.trim().is_empty()) {
        let heading = column.heading.split_whitespace().collect::<Vec<_>>().join(" ");
        let title = if column.field.is_some() { &column.title } else { &left };
        writeln!(out, "  {} → {}", harmless(&heading), title.get(lang))?;
    }
    for (row, number) in sheet.first.iter().zip(1..) {
        let said = said!("  前 3 行之 {number}：", "  Row {number} of the first 3: ");
        let between = Said::fixed("；", "; ");
        let cells: Vec<String> = row
            .iter()
            .map(|(title, value)| format!("{} {}", title.get(lang), value.get(lang)))
            .collect();
        let line = cells.join(between.get(lang)).replace(['\r', '\n'], " ");
        writeln!(out, "{}{}", said.get(lang), harmless(&line))?;
    }
    Ok(())
}

/// The file of refused rows must not take the place of the file itself.
fn apart(rejects: &Path, file: &Path) -> Result<(), Failure> {
    let same = match (fs::canonicalize(rejects), fs::canonicalize(file)) {
        (Ok(rejects), Ok(file)) => rejects == file,
        _ => rejects == file,
    };
    if same {
        return Err(Failure::Usage(Said::fixed(
            "--rejects 不能写到正在导入的文件上，请换一个文件名。",
            "--rejects cannot be the file that is imported; give another name.",
        )));
    }
    Ok(())
}

fn read_map(path: &Path, at: &Opened) -> Result<HeadingMap, Failure> {
    let mut text = String::new();
    let read = at.caller.reader(path)?.read_to_string(&mut text);
    read.map_err(|error| Failure::file(path, &error))?;
    Ok(HeadingMap::read(&path.display().to_string(), &text).map_err(Refusal::from)?)
}

#[cfg(test)]
mod tests {
    use super::super::caller::Caller;
    use super::super::export::{self, ExportArgs};
    use super::*;
    use crate::office::{Office, Passwords, Setup, Sources};
    use crate::record::FixedClock;
    use crate::store::{Origin, Work};
    use clap::Parser;
    use std::sync::Arc;

    #[derive(Parser)]
    enum Line {
        Import(ImportArgs),
        Export(ExportArgs),
    }

    fn run_line(at: &Opened, line: &[&str]) -> (Done, String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let done = match Line::try_parse_from(["yizhan"].iter().chain(line)).unwrap() {
            Line::Import(args) => args.check().and_then(|()| run(&args, at, &mut out, &mut err)),
            Line::Export(args) => export::run(&args, at, &mut out, &mut err),
        };
        (done, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    fn opened(folder: &Path) -> Opened {
        let clock = Arc::new(FixedClock::new("2025-10-15T01:00:00Z".parse().unwrap()));
        let setup = Setup {
            name: "测试站".into(),
            region: "500113".into(),
            admin: "admin".into(),
            password: "tin-moss-47".into(),
            must_change: false,
            passwords: Passwords::Guard(Work::LEAST),
        };
        let sources = Sources::load(None).unwrap();
        let (office, _) = Office::create(&folder.join("station"), &setup, sources, clock).unwrap();
        let actor = office.sign_in("admin", "tin-moss-47", &Origin::Cli).unwrap();
        Opened {
            office,
            actor,
            lang: Lang::Zh,
            json: false,
            watched: false,
            caller: Caller::here(),
        }
    }

    #[test]
    fn a_file_in_and_out_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut at = opened(folder.path());
        let path = |name: &str| folder.path().join(name).display().to_string();
        let (file, rejects, csv) = (path("in.csv"), path("rejects.csv"), path("out.csv"));
        let id = "500199198801101015";
        let rows = format!("职工编号,姓名,身份证号,颜色\nT1,张三,,红\nT2,李四,{id}9,\n");
        fs::write(&file, rows).unwrap();
        let line = ["import", "hardship_file", &file, "--rejects", &rejects];
        let (done, out, err) = run_line(&at, &line);
        assert!(matches!(done, Err(Failure::Told)));
        assert!(out.starts_with("接收 1 行，已在库中且一致 0 行，未通过 1 行。"), "{out}");
        assert!(err.contains("“颜色”") && err.contains("第 3 行 T2：【身份证号】"), "{err}");
        assert!(!err.contains(id), "numbers of people are masked on screens");
        assert!(fs::read_to_string(&rejects).unwrap().contains(id));
        at.json = true;
        let (_, out, _) = run_line(&at, &line);
        let json: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!((&json["accepted"], &json["unchanged"]), (&0.into(), &1.into()));
        let row = &json["rows"][0];
        assert_eq!((&row["line"], &row["number"]), (&3.into(), &"T2".into()));
        assert!(!out.contains(id));
        let (done, ..) = run_line(&at, &["import", "hardship_file", &file, "--rejects", &file]);
        assert!(matches!(done, Err(Failure::Usage(_))));
        let (done, _, err) = run_line(&at, &["export", "hardship_file", "--out", &csv]);
        assert!(done.is_ok() && err.contains("1 行"), "{err}");
        assert!(fs::read_to_string(&csv).unwrap().contains("张三"));
    }
}
