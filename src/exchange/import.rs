//! A file taken in: row by row, in batches through the one door.

use super::columns::{Columns, Target};
use super::earlier::{self, RefusedBefore};
use super::heads::Heads;
use super::members::Members;
use super::reading::RowReader;
use super::report::{Fault, LeftRow, RefusedRow, Report};
use super::sheet::SheetRow;
use super::{HeadingMap, Plan, Sheet};
use crate::office::{Actor, Command, Office, Refusal, RefusalKind, Right};
use crate::record::fold;

/// Commands handed in at once, so that they share the waits for the disk.
const BATCH: usize = 500;

/// How a file is to be taken in.
#[derive(Clone, Copy, Debug, Default)]
pub struct ImportOptions<'o> {
    /// Only look: nothing is written.
    pub dry_run: bool,
    /// Headings a person gave a meaning.
    pub map: Option<&'o HeadingMap>,
}

/// Takes in a file. `progress` hears of rows done and rows in all.
///
/// Good rows are taken even when others are refused. When the machine fails on the way the report
/// says so and names every row that was left; importing the same file again goes on from there.
///
/// # Errors
/// When the file as a whole cannot be taken: no right to import, no headings, a column missing, a
/// wrong map. Nothing was written then.
pub fn import(
    office: &Office,
    actor: &Actor,
    plan: &Plan,
    sheet: &Sheet,
    options: &ImportOptions<'_>,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Report, Refusal> {
    actor.need(Right::Import)?;
    office.wait_for_index();
    let catalogue = office.catalogue();
    let kind = plan.kind(catalogue)?;
    let target = Target { catalogue, kind, table: plan.table(kind)? };
    let columns = Columns::find(&target, sheet, options.map)?;
    let mut reader = RowReader::new(office, &target, &columns, sheet.is_text());
    let report = Report {
        dry_run: options.dry_run,
        headings: columns.headings.clone(),
        notices: columns.notices.clone(),
        ..Report::default()
    };
    let mut run = Run { office, actor, report, waiting: Vec::new() };
    let mut ways: Box<dyn Way> = match target.table {
        None => Box::new(Heads::new(office, actor, kind, catalogue.person_kind(kind))),
        Some(table) => Box::new(Members::new(office, kind, table)),
    };
    let total = sheet.len().saturating_sub(columns.skip);
    for (done, row) in sheet.rows().skip(columns.skip).enumerate() {
        progress(done, total);
        if row.is_blank() {
            continue;
        }
        if run.report.stopped.is_some() {
            // Nothing more is tried, but each row is told.
            run.report.left_from.get_or_insert(row.line);
            run.leave(&reader, row);
            continue;
        }
        if let Err(why) = ways.row(&mut reader, row, &mut run) {
            run.report.stopped = Some(why);
            if let Some(row) = sheet.rows().nth(columns.skip + done) {
                run.leave(&reader, row);
            }
        }
        if ways.waiting(&run) >= BATCH {
            ways.flush(&reader, &mut run);
        }
    }
    // What waits has its answer too when the machine failed behind it.
    ways.flush(&reader, &mut run);
    progress(total, total);
    let mut report = run.report;
    report.refused.sort_by_key(|row| row.line);
    report.left.sort_by_key(|row| row.line);
    if !options.dry_run && report.stopped.is_none() {
        report.stopped = earlier::note(office, actor, plan, sheet.name(), &report).err();
    }
    Ok(report)
}

/// What a run through a file has so far.
pub(super) struct Run<'a> {
    pub office: &'a Office,
    actor: &'a Actor,
    pub report: Report,
    waiting: Vec<(Vec<SheetRow>, Command)>,
}

/// One way of taking rows in: as records, or as rows of a table.
pub(super) trait Way {
    /// Looks at a row and decides.
    ///
    /// # Errors
    /// When the machine cannot read what is kept.
    fn row(
        &mut self,
        reader: &mut RowReader<'_>,
        row: SheetRow,
        run: &mut Run<'_>,
    ) -> Result<(), Refusal>;

    /// How much waits for the next batch.
    fn waiting(&self, run: &Run<'_>) -> usize;

    /// Hands in what waits.
    fn flush(&mut self, reader: &RowReader<'_>, run: &mut Run<'_>);
}

impl Run<'_> {
    /// A row that is not taken.
    pub fn refuse(&mut self, reader: &RowReader<'_>, row: SheetRow, faults: Vec<Fault>) {
        let number = reader.number_of(&row).unwrap_or_default();
        let cells = row.cells.into_iter().map(|cell| cell.text).collect();
        self.report.refused.push(RefusedRow { line: row.line, number, cells, faults });
    }

    /// A row the machine did not take: what it says may well be right.
    fn leave(&mut self, reader: &RowReader<'_>, row: SheetRow) {
        let number = reader.number_of(&row).unwrap_or_default();
        let cells = row.cells.into_iter().map(|cell| cell.text).collect();
        self.report.left.push(LeftRow { line: row.line, number, cells });
    }

    /// A command, and the rows it stands for.
    pub fn wait(&mut self, rows: Vec<SheetRow>, command: Command) {
        self.waiting.push((rows, command));
    }

    /// Commands that wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Hands in the commands that wait and writes down the answers.
    pub fn perform(&mut self, reader: &RowReader<'_>) {
        let waiting = std::mem::take(&mut self.waiting);
        if self.report.dry_run {
            self.report.accepted += waiting.iter().map(|(rows, _)| rows.len()).sum::<usize>();
            return;
        }
        let (rows, commands): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
        let answers = self.office.perform_all(self.actor, commands);
        for (rows, answer) in rows.into_iter().zip(answers) {
            match answer {
                Ok(_) => self.report.accepted += rows.len(),
                Err(why) if why.kind == RefusalKind::Unavailable => {
                    self.report.stopped.get_or_insert(why);
                    for row in rows {
                        self.leave(reader, row);
                    }
                }
                Err(why) => {
                    for row in rows {
                        let fault = fault_of(reader, &row, &why);
                        self.refuse(reader, row, vec![fault]);
                    }
                }
            }
        }
    }
}

/// What the office refused, at the column of the file.
fn fault_of(reader: &RowReader<'_>, row: &SheetRow, why: &Refusal) -> Fault {
    // `members[3].id_number` stands in the column of `id_number`.
    let field = why.field.rsplit_once('.').map_or(why.field.as_str(), |(_, column)| column);
    reader.fault_at_field(row, field, why.message.clone(), why.next.clone())
}

/// A number as numbers are compared: widths and case do not matter.
pub(super) fn number_key(number: &str) -> String {
    fold(number).to_lowercase()
}

/// What earlier imports refused, read when it is first asked for.
#[derive(Default)]
pub(super) struct Lazily(Option<RefusedBefore>);

impl Lazily {
    /// The columns a record was refused at, by its number.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn get(
        &mut self,
        office: &Office,
        kind: &str,
        number: &str,
    ) -> Result<Option<String>, Refusal> {
        if self.0.is_none() {
            self.0 = Some(earlier::refused(office, kind)?);
        }
        Ok(self.0.as_ref().and_then(|known| known.get(&number_key(number)).cloned()))
    }
}
