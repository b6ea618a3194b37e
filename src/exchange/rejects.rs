//! The refused rows as a file: as they came, with the reason after them, to be put right and
//! imported again. Rows left when the machine failed are in it too.

use super::columns::{ADDED, is_added};
use super::headings::Heading;
use super::report::{Fault, Place, Report, SheetReport};
use super::{FileTrouble, guard};
use crate::store::{Existing, NewFile};
use crate::words::Lang;
use std::io::{self, Write};
use std::path::Path;

/// Writes the rows of a report that were not taken: the original columns, then sheet, line, column,
/// value, reason and what to do. Rows of several sheets are below one another, each under the
/// headings it had. The file holds full values and is for its owner alone. It replaces one of this
/// name.
///
/// # Errors
/// When the machine cannot write; a file of this name that was there before is then still there.
pub fn write_rejects(path: &Path, report: &Report, lang: Lang) -> Result<(), FileTrouble> {
    place_rejects(path, Existing::Replaced, report, lang)
}

/// The same, with a say over a file that has the name already.
///
/// # Errors
/// As there.
pub fn place_rejects(
    path: &Path,
    existing: Existing,
    report: &Report,
    lang: Lang,
) -> Result<(), FileTrouble> {
    let mut file = NewFile::begin(path, existing)?;
    rejects_to(&mut file, report, lang).map_err(|error| FileTrouble::of(path, &error))?;
    Ok(file.finish()?)
}

/// Writes them to a file that somebody else began.
///
/// # Errors
/// When it cannot be written to.
pub fn rejects_to(mut to: impl Write, report: &Report, lang: Lang) -> io::Result<()> {
    to.write_all("\u{FEFF}".as_bytes())?;
    let mut csv = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .flexible(true)
        .from_writer(&mut to);
    let original = Original::of(report);
    let with_sheets = report.sheets.iter().any(|sheet| !sheet.name.is_empty());
    let added = |all: [String; 6]| all.into_iter().skip(usize::from(!with_sheets));
    let mut headings: Vec<String> = original.headings.iter().map(|text| guard(text)).collect();
    headings.extend(added(ADDED.map(|added| added.get(lang).to_string())));
    csv.write_record(&headings)?;
    for row in &report.refused {
        let joined = |of: &dyn Fn(&Fault) -> String| {
            let all: Vec<String> = row.faults.iter().map(of).collect();
            guard(&all.join("；"))
        };
        let (mut cells, surplus) = original.cells(&row.place, &row.cells);
        cells.extend(added([
            guard(&row.place.sheet),
            row.place.line.to_string(),
            joined(&|fault| fault.column.clone()),
            joined(&|fault| fault.value.clone()),
            joined(&|fault| fault.said.get(lang).to_string()),
            joined(&|fault| fault.next.get(lang).to_string()),
        ]));
        cells.extend(surplus);
        csv.write_record(&cells)?;
    }
    let why = report.stopped.as_ref();
    let (said, next) = why.map_or(("", ""), |why| (why.message.get(lang), why.next.get(lang)));
    for row in &report.left {
        let (mut cells, surplus) = original.cells(&row.place, &row.cells);
        let line = row.place.line.to_string();
        let all = [&guard(&row.place.sheet), &line, "", "", said, next];
        cells.extend(added(all.map(str::to_string)));
        cells.extend(surplus);
        csv.write_record(&cells)?;
    }
    csv.flush()?;
    drop(csv);
    to.flush()
}

/// The columns rows had in their files, all sheets together.
struct Original<'r> {
    report: &'r Report,
    /// Each heading once.
    headings: Vec<&'r str>,
    /// For each sheet, where each of its columns goes; none for one that is made anew.
    places: Vec<Vec<Option<usize>>>,
}

impl<'r> Original<'r> {
    fn of(report: &'r Report) -> Self {
        let mut headings: Vec<&str> = Vec::new();
        let places = report.sheets.iter().map(|sheet| columns_of(sheet, &mut headings));
        let places = places.collect();
        Self { report, headings, places }
    }

    /// A row's cells under the common headings, and those it has too many, which come after
    /// everything so that none is lost.
    fn cells(&self, place: &Place, cells: &[String]) -> (Vec<String>, Vec<String>) {
        let mut row = vec![String::new(); self.headings.len()];
        let mut surplus = Vec::new();
        let sheet = self.report.sheets.iter().position(|sheet| *sheet.name == *place.sheet);
        let places = sheet.and_then(|sheet| self.places.get(sheet));
        for (at, text) in cells.iter().enumerate() {
            match places.and_then(|places| places.get(at)) {
                Some(Some(to)) => {
                    if let Some(cell) = row.get_mut(*to) {
                        *cell = guard(text);
                    }
                }
                // A file that was itself one of refused rows has these columns.
                Some(None) => {}
                None => surplus.push(guard(text)),
            }
        }
        (row, surplus)
    }
}

/// Where the columns of a sheet go. A heading that is twice in a sheet has two columns.
fn columns_of<'r>(sheet: &'r SheetReport, headings: &mut Vec<&'r str>) -> Vec<Option<usize>> {
    let all: Vec<Heading> =
        sheet.columns.iter().map(|column| Heading::new(&column.heading)).collect();
    let mut used: Vec<usize> = Vec::new();
    let columns = sheet.columns.iter().map(|column| {
        let heading = column.heading.as_str();
        if is_added(heading.trim(), &all) {
            return None;
        }
        let free = |(at, known): &(usize, &&str)| **known == heading && !used.contains(at);
        let at = headings.iter().enumerate().find(free).map(|(at, _)| at);
        let at = at.unwrap_or_else(|| {
            headings.push(heading);
            headings.len() - 1
        });
        used.push(at);
        Some(at)
    });
    columns.collect()
}
