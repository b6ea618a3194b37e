//! The refused rows as a file: as they came, with the reason behind them, to be put right and
//! imported again. Rows left when the machine failed stand in it too.

use super::columns::ADDED;
use super::report::{Fault, Report};
use super::{FileTrouble, Unfinished, guard};
use crate::words::Lang;
use std::io::{self, Write};
use std::path::Path;

/// Writes the rows of a report that were not taken: the original columns, then line, column, value, reason
/// and what to do. The file holds full values and is for its owner alone.
///
/// # Errors
/// When the machine cannot write; a file of this name that was there before is then still there.
pub fn write_rejects(path: &Path, report: &Report, lang: Lang) -> Result<(), FileTrouble> {
    let mut file = Unfinished::begin(path)?;
    write(&mut file, report, lang).map_err(|error| FileTrouble::of(path, &error))?;
    file.finish()
}

fn write(mut to: impl Write, report: &Report, lang: Lang) -> io::Result<()> {
    to.write_all("\u{FEFF}".as_bytes())?;
    let mut csv = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .flexible(true)
        .from_writer(&mut to);
    // A file that was itself one of refused rows has these columns; they are made anew.
    let is_added =
        |heading: &str| ADDED.iter().any(|added| added.zh == heading || added.en == heading);
    let keep: Vec<bool> = report.headings.iter().map(|heading| !is_added(heading.trim())).collect();
    let original = |cells: &[String]| -> Vec<String> {
        let cell = |(at, keep): (usize, &bool)| {
            keep.then(|| cells.get(at).map(|text| guard(text)).unwrap_or_default())
        };
        keep.iter().enumerate().filter_map(cell).collect()
    };
    let mut headings = original(&report.headings);
    headings.extend(ADDED.iter().map(|added| added.get(lang).to_string()));
    csv.write_record(&headings)?;
    for row in &report.refused {
        let mut cells = original(&row.cells);
        let joined = |of: &dyn Fn(&Fault) -> String| {
            let all: Vec<String> = row.faults.iter().map(of).collect();
            guard(&all.join("；"))
        };
        cells.push(row.line.to_string());
        cells.push(joined(&|fault| fault.column.clone()));
        cells.push(joined(&|fault| fault.value.clone()));
        cells.push(joined(&|fault| fault.said.get(lang).to_string()));
        cells.push(joined(&|fault| fault.next.get(lang).to_string()));
        // Cells a row has too many stand behind everything, so that none is lost.
        cells.extend(row.cells.iter().skip(keep.len()).map(|text| guard(text)));
        csv.write_record(&cells)?;
    }
    let why = report.stopped.as_ref();
    let (said, next) = why.map_or(("", ""), |why| (why.message.get(lang), why.next.get(lang)));
    for row in &report.left {
        let mut cells = original(&row.cells);
        let added = [&row.line.to_string(), "", "", said, next];
        cells.extend(added.map(str::to_string));
        cells.extend(row.cells.iter().skip(keep.len()).map(|text| guard(text)));
        csv.write_record(&cells)?;
    }
    csv.flush()?;
    drop(csv);
    to.flush()
}
