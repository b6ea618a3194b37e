//! Records taken out: chosen, noted in the journal, then written.

use super::Plan;
use super::choose::choose;
use super::listing::Listing;
use super::written::{CsvOut, RowsOut, XlsxOut};
use crate::office::{Actor, Command, Office, Refusal, Right};
use crate::record::RecordId;
use crate::said;
use crate::words::{Lang, Said};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// What a file is written as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated text in UTF-8 with a mark, as spreadsheets open it.
    #[default]
    Csv,
    /// A workbook.
    Xlsx,
    /// One JSON object a line, for programs.
    Jsonl,
}

impl Format {
    /// Its name in the journal and on the command line.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Jsonl => "jsonl",
        }
    }
}

/// What is to go out, and how.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    /// A kind, or a table inside one.
    pub plan: Plan,
    /// How it is written.
    pub format: Format,
    /// The language of headings and labels.
    pub lang: Lang,
    /// A search, or `field=value` conditions with commas between; none for everything.
    pub query: Option<String>,
    /// The reason for showing everything in full; none masks.
    pub reveal: Option<String>,
}

/// The most rows a sheet of a workbook holds, its headings and a margin taken off.
const MOST_ROWS: usize = 1_048_000;

/// Writes records out and gives the number of rows. The export is in the journal before the
/// first byte is written.
///
/// # Errors
/// Without the right to export, or to reveal; without a reason; when the query cannot be read, or
/// the machine cannot read or write.
pub fn export(
    office: &Office,
    actor: &Actor,
    options: &ExportOptions,
    out: &mut dyn Write,
) -> Result<usize, Refusal> {
    actor.need(Right::Export)?;
    let reason = reason(actor, options)?;
    let catalogue = office.catalogue();
    let kind = options.plan.kind(catalogue)?;
    let rows_of = options.plan.table(kind)?;
    let table = Listing::new(office, kind, rows_of, options.lang, reason.is_some());
    let ids = choose(office, actor, kind, options.query.as_deref())?;
    let rows = match rows_of {
        None => ids.len(),
        Some(_) => {
            let mut rows = 0;
            each(office, &ids, |record| {
                rows += table.count(record);
                Ok(())
            })?;
            rows
        }
    };
    if options.format == Format::Xlsx && rows > MOST_ROWS {
        return Err(Refusal::invalid(
            "format",
            said!(
                "有 {rows} 行，电子表格一张最多 {MOST_ROWS} 行。",
                "There are {rows} rows; a sheet holds {MOST_ROWS}."
            ),
            Said::fixed(
                "请改用 csv，或用 --where 缩小范围。",
                "Use csv, or choose fewer with --where.",
            ),
        ));
    }
    note(office, actor, options, rows, reason)?;
    match options.format {
        Format::Jsonl => {
            each(office, &ids, |record| {
                for object in table.objects(record) {
                    writeln!(out, "{object}").map_err(|error| cannot_write(&error))?;
                }
                Ok(())
            })?;
        }
        Format::Csv => {
            let mut csv = CsvOut::new(out).map_err(|error| cannot_write(&error))?;
            fill(office, &ids, &table, &mut csv)?;
            csv.finish().map_err(|error| cannot_write(&error))?;
        }
        Format::Xlsx => {
            let about = about(office, actor, options, rows, reason);
            let mut book = XlsxOut::new(options.plan.title(kind, rows_of).get(options.lang));
            fill(office, &ids, &table, &mut book)?;
            book.finish(&about, out).map_err(|error| cannot_write(&error))?;
        }
    }
    out.flush().map_err(|error| cannot_write(&error))?;
    Ok(rows)
}

fn reason<'o>(actor: &Actor, options: &'o ExportOptions) -> Result<Option<&'o str>, Refusal> {
    let Some(reason) = options.reveal.as_deref() else { return Ok(None) };
    actor.need(Right::Reveal)?;
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Refusal::invalid(
            "reason",
            said!("导出完整内容要写明原因。", "Exporting in full needs a reason."),
            said!(
                "请写一句原因，例如 --reason \"上报市总年度名册\"。",
                "Give a short reason, such as --reason \"yearly list for the city\"."
            ),
        ));
    }
    Ok(Some(reason))
}

fn note(
    office: &Office,
    actor: &Actor,
    options: &ExportOptions,
    rows: usize,
    reason: Option<&str>,
) -> Result<(), Refusal> {
    let mut particulars = BTreeMap::from([
        ("kind".to_string(), options.plan.to_string()),
        ("rows".to_string(), rows.to_string()),
        ("format".to_string(), options.format.name().to_string()),
        ("masked".to_string(), if reason.is_some() { "no" } else { "yes" }.to_string()),
        ("who".to_string(), actor.account.clone()),
    ]);
    let more = [("where", options.query.as_deref()), ("reason", reason)];
    let more = more.into_iter().filter_map(|(key, value)| Some((key.into(), value?.into())));
    particulars.extend(more);
    noted(office, actor, particulars)
}

/// Puts an export into the journal.
pub(super) fn noted(
    office: &Office,
    actor: &Actor,
    particulars: BTreeMap<String, String>,
) -> Result<(), Refusal> {
    office.perform(actor, Command::Note { what: "export".to_string(), particulars })?;
    Ok(())
}

/// What is on the sheet after the table: whose list this is, how many rows, and why.
fn about(
    office: &Office,
    actor: &Actor,
    options: &ExportOptions,
    rows: usize,
    reason: Option<&str>,
) -> Vec<(String, String)> {
    let lang = options.lang;
    let masked = match reason {
        None => Said::fixed("已遮盖", "masked"),
        Some(_) => Said::fixed("完整", "in full"),
    };
    let lines = [
        (Said::fixed("单位", "Station"), office.station_name().to_string()),
        (Said::fixed("导出人", "Exported by"), actor.account.clone()),
        (Said::fixed("日期", "Date"), office.today().to_string()),
        (Said::fixed("行数", "Rows"), rows.to_string()),
        (Said::fixed("范围", "Chosen by"), options.query.clone().unwrap_or_default()),
        (Said::fixed("个人号码", "Personal numbers"), masked.get(lang).to_string()),
        (Said::fixed("原因", "Reason"), reason.unwrap_or_default().to_string()),
    ];
    lines.into_iter().map(|(title, text)| (title.get(lang).to_string(), text)).collect()
}

fn fill(
    office: &Office,
    ids: &[RecordId],
    table: &Listing<'_>,
    out: &mut dyn RowsOut,
) -> Result<(), Refusal> {
    out.headings(&table.headings()).map_err(|error| cannot_write(&error))?;
    each(office, ids, |record| {
        for row in table.rows(record) {
            out.row(&row).map_err(|error| cannot_write(&error))?;
        }
        Ok(())
    })
}

fn each(
    office: &Office,
    ids: &[RecordId],
    mut each: impl FnMut(&crate::record::Record) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    for id in ids {
        if let Some(record) = office.record(*id)? {
            each(&record)?;
        }
    }
    Ok(())
}

pub(super) fn cannot_write(error: &io::Error) -> Refusal {
    Refusal::unavailable(
        said!("文件没有写完：{error}。", "The file could not be written: {error}."),
        Said::fixed(
            "请核对权限和磁盘空间后重试。",
            "Check permissions and space on the disk, then try again.",
        ),
    )
}
