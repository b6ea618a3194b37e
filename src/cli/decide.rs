//! `yizhan decide`: the decision sheet of one record.

use super::opening::{Opened, World};
use super::{Done, Failure};
use crate::policy::{DecisionSheet, Library, SheetLine};
use crate::record::parse_date;
use crate::said;
use crate::words::{Lang, Said};
use chrono::NaiveDate;
use clap::Args;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What `decide` takes.
#[derive(Args)]
pub struct DecideArgs {
    /// 档案编号 / The file's number
    number: String,
    /// 按哪一天的标准，默认申请日期 / By the standards of which day; the date of application if not given
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
    /// 某一步当时依据的认定依据单，条号见 history / The sheet a step rested on then; the entry's number is in history
    #[arg(long, value_name = "SEQ", conflicts_with_all = ["as_of", "rules"])]
    at: Option<u64>,
    /// 覆盖在现行政策上的草案文件 / A draft laid over the policy in force
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
}

impl DecideArgs {
    /// Whether the date, if one is given, is one: told before anybody types a password.
    ///
    /// # Errors
    /// Wrong usage.
    pub fn check(&self, world: &World) -> Done {
        let today = world.clock().today();
        self.as_of.as_deref().map_or(Ok(()), |text| date(text, today).map(drop))
    }

    /// Whether a draft of the rules is named.
    #[must_use]
    pub fn drafts(&self) -> bool {
        self.rules.is_some()
    }
}

/// Opens the station with a draft of the rules and shows the sheet.
///
/// # Errors
/// No such record, no rules for it, a draft that does not hold together.
pub fn try_draft(args: &DecideArgs, world: &World, out: &mut dyn Write) -> Done {
    world.open()?.finish(|at| {
        let file = args.rules.as_deref().map(|file| draft(&at.office.library(), file));
        let draft = file.transpose()?;
        tell(args, draft.as_ref(), at, out)
    })
}

/// Prints the sheet: as JSON exactly as it would be stored, or to be read.
///
/// # Errors
/// No such record, no rules for it.
pub fn show(args: &DecideArgs, at: &Opened, out: &mut dyn Write) -> Done {
    tell(args, None, at, out)
}

fn tell(args: &DecideArgs, draft: Option<&Library>, at: &Opened, out: &mut dyn Write) -> Done {
    let today = at.office.today();
    let as_of = args.as_of.as_deref().map(|text| date(text, today)).transpose()?;
    let record = at.record(&args.number)?;
    let sheet = match args.at {
        Some(seq) => at.office.sheet_at(&at.actor, &record, seq)?,
        None => at.office.sheet_for(Some(&at.actor), &record, as_of, draft)?,
    };
    if at.json {
        out.write_all(sheet.to_stored()?.text().unwrap_or_default().as_bytes())?;
        return Ok(out.write_all(b"\n")?);
    }
    as_text(at, draft.unwrap_or(&at.office.library()), &sheet, out)
}

/// A date on the command line, in any way people write one.
///
/// # Errors
/// Wrong usage.
pub fn date(text: &str, today: NaiveDate) -> Result<NaiveDate, Failure> {
    parse_date(text, today)
        .map_err(|error| Failure::Usage(Said::join(&[error.said(), error.next()], "", " ")))
}

/// The policy in force with a draft file laid over it.
///
/// # Errors
/// When the file cannot be read; everything wrong in it, by line.
pub fn draft(in_force: &Library, file: &Path) -> Result<Library, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| Failure::file(file, &error))?;
    let name = file.display().to_string();
    Ok(in_force.with_files(&[(&name, &text)])?)
}

fn as_text(at: &Opened, library: &Library, sheet: &DecisionSheet, out: &mut dyn Write) -> Done {
    let lang = at.lang;
    let DecisionSheet { number, as_of, rules, .. } = sheet;
    let heading = said!(
        "{number}  认定依据单（{as_of}，规则 {rules}）",
        "{number}  decision sheet ({as_of}, rules {rules})"
    );
    writeln!(out, "{}", heading.get(lang))?;
    let mut overall = vec![sheet.outcome.said()];
    overall.extend(library.score_of(sheet));
    overall.extend(library.outcome_of(sheet));
    writeln!(out, "{}", Said::join(&overall, "：", ": ").get(lang))?;
    let suggests = said!("程序只提建议，由人决定。", "The program suggests; a person decides.");
    writeln!(out, "{}\n", suggests.get(lang))?;
    for line in &sheet.lines {
        let row = line.row_said();
        let gap = if row.is_empty() { "" } else { "  " };
        writeln!(out, "{}{gap}{}  {}", row.get(lang), line.id, line.result.said().get(lang))?;
        writeln!(out, "    {}", line.said().get(lang))?;
        writeln!(out, "    {}", cited(library, line, lang))?;
    }
    if sheet.nearest.is_empty() {
        return Ok(());
    }
    let heading = said!("怎样会改变结果：", "What would change it:");
    writeln!(out, "\n{}", heading.get(lang))?;
    for change in &sheet.nearest {
        writeln!(out, "  - {}", change.said().get(lang))?;
    }
    Ok(())
}

/// `《document》 article: what it says [basis]`.
fn cited(library: &Library, line: &SheetLine, lang: Lang) -> String {
    let basis = line.basis.said();
    let basis = basis.get(lang);
    let Some(clause) = library.clauses.get(&line.clause) else {
        return format!("{} {} [{basis}]", line.document, line.clause);
    };
    let document = library.document_of(&line.clause);
    let title = document.map_or(line.document.as_str(), |document| document.title.get(lang));
    let (article, text) = (&clause.article, clause.text.get(lang));
    match lang {
        Lang::Zh => format!("《{title}》{article}：{text}【{basis}】"),
        Lang::En => format!("{title}, {article}: {text} [{basis}]"),
    }
}
