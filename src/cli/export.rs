//! `yizhan export`: records taken out, masked unless a reason is given.

use super::{Done, Failure, Opened};
use crate::exchange::{ExportOptions, Format, Plan, export};
use crate::said;
use crate::store::Existing;
use crate::words::Said;
use clap::{Args, ValueEnum};
use std::io::{self, Write};
use std::path::PathBuf;

/// What `export` takes.
#[derive(Args)]
pub struct ExportArgs {
    /// 记录种类，如 hardship_file；其中的表格写作 hardship_file.members / The kind of record, or a table inside it
    kind: String,
    /// 格式；不写时按 --out 的扩展名，默认 csv / The format; by the ending of --out, else csv
    #[arg(long, value_enum)]
    format: Option<FormatArg>,
    /// 写入的文件，已有则替换；不写时写到标准输出 / The file to write, replaced if there; standard output without it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// 范围：搜索文字，或 字段=值,状态=… / Which records: a search, or field=value,state=…
    #[arg(long = "where", value_name = "QUERY")]
    query: Option<String>,
    /// 导出完整内容，要写明原因 / In full; needs a reason
    #[arg(long, requires = "reason")]
    reveal: bool,
    /// 原因，记入日志 / The reason, kept in the journal
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// A format by its name.
#[derive(Clone, Copy, ValueEnum)]
enum FormatArg {
    Csv,
    Xlsx,
    Jsonl,
}

impl From<FormatArg> for Format {
    fn from(arg: FormatArg) -> Self {
        match arg {
            FormatArg::Csv => Self::Csv,
            FormatArg::Xlsx => Self::Xlsx,
            FormatArg::Jsonl => Self::Jsonl,
        }
    }
}

/// Writes records out.
///
/// # Errors
/// What the office refuses; a workbook for a terminal.
pub fn run(args: &ExportArgs, at: &Opened, out: &mut dyn Write, err: &mut dyn Write) -> Done {
    let format = args.format.map_or_else(|| by_ending(args), Format::from);
    if format == Format::Xlsx && args.out.is_none() && at.caller.terminal {
        return Err(Failure::Usage(Said::fixed(
            "电子表格不能显示在终端上，请用 --out 文件名.xlsx。",
            "A workbook cannot be shown on a terminal; use --out NAME.xlsx.",
        )));
    }
    let options = ExportOptions {
        plan: Plan::named(at.office.catalogue(), &args.kind)?,
        format,
        lang: at.lang,
        query: args.query.clone(),
        reveal: args.reason.clone().filter(|_| args.reveal),
    };
    let Some(path) = &args.out else {
        let mut out = Piped { out, closed: false };
        let done = export(&at.office, &at.actor, &options, &mut out);
        return match done {
            // Whoever closed the pipe has what they wanted.
            Err(_) if out.closed => Ok(()),
            done => Ok(done.map(drop)?),
        };
    };
    let mut file = at.caller.begin(path, Existing::Replaced)?;
    let rows = export(&at.office, &at.actor, &options, &mut file)?;
    file.finish()?;
    let path = path.display();
    let mut said = said!("已导出 {rows} 行到 {path}。", "{rows} rows written to {path}.");
    if args.reveal {
        said = Said::join(
            &[
                said,
                Said::fixed(
                    "内容完整，未遮盖；原因已记入日志，用后请删除。",
                    "They are in full; the reason is in the journal. Delete the file after use.",
                ),
            ],
            "",
            " ",
        );
    }
    Ok(writeln!(err, "{}", said.get(at.lang))?)
}

/// Standard output, and whether its reader has gone.
struct Piped<'w> {
    out: &'w mut dyn Write,
    closed: bool,
}

impl Piped<'_> {
    fn noting<T>(&mut self, done: io::Result<T>) -> io::Result<T> {
        self.closed |= done.as_ref().is_err_and(|why| why.kind() == io::ErrorKind::BrokenPipe);
        done
    }
}

impl Write for Piped<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let done = self.out.write(bytes);
        self.noting(done)
    }

    fn flush(&mut self) -> io::Result<()> {
        let done = self.out.flush();
        self.noting(done)
    }
}

fn by_ending(args: &ExportArgs) -> Format {
    let ending = args.out.as_ref().and_then(|path| path.extension());
    match ending.and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase).as_deref() {
        Some("xlsx") => Format::Xlsx,
        Some("jsonl" | "ndjson") => Format::Jsonl,
        _ => Format::Csv,
    }
}
