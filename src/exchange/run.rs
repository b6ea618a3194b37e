//! What a run through a file has so far, and the two ways of taking its rows in.

use super::book::SheetRow;
use super::options::ImportOptions;
use super::reading::{Entered, RowReader};
use super::report::{Fault, LeftRow, RefusedRow, Report, SheetReport};
use crate::office::{Actor, Begun, Command, Office, Refusal, RefusalKind};

/// Rows of a sheet that are shown as they are stored.
const FIRST: usize = 3;

/// A row as it was read, before anything else is asked of it.
pub(super) struct ReadRow {
    pub row: SheetRow,
    /// Its values, and what is wrong with them.
    pub entered: Entered,
    /// A number for what it says.
    pub content: u64,
}

/// Rows whose commands were handed in, with whether each makes a record.
type UnderWay = (Vec<(Vec<SheetRow>, bool)>, Begun);

/// What a run through a file has so far.
pub(super) struct Run<'a> {
    pub office: &'a Office,
    actor: &'a Actor,
    pub options: &'a ImportOptions<'a>,
    pub report: Report,
    waiting: Vec<(Vec<SheetRow>, Command)>,
    under_way: Option<UnderWay>,
    /// The sheet being read, by its place in the report.
    pub sheet: usize,
    /// The memory rows not taken take, in bytes.
    pub not_taken: usize,
}

impl<'a> Run<'a> {
    /// A run that has done nothing yet.
    pub fn new(
        office: &'a Office,
        actor: &'a Actor,
        options: &'a ImportOptions<'a>,
        report: Report,
    ) -> Self {
        let (waiting, under_way) = (Vec::new(), None);
        Self { office, actor, options, report, waiting, under_way, sheet: 0, not_taken: 0 }
    }

    /// A row that is not taken.
    pub fn refuse(&mut self, reader: &RowReader<'_>, row: SheetRow, faults: Vec<Fault>) {
        let number = reader.number_of(&row).unwrap_or_default();
        let place = reader.place(&row);
        let cells = self.kept(row);
        self.not_taken += faults.iter().map(Fault::weight).sum::<usize>();
        self.report.refused.push(RefusedRow { place, number, cells, faults });
        self.count(|sheet| sheet.refused += 1);
    }

    /// A row the machine did not take: what it says may well be right.
    pub fn leave(&mut self, reader: &RowReader<'_>, row: SheetRow) {
        let number = reader.number_of(&row).unwrap_or_default();
        let place = reader.place(&row);
        let cells = self.kept(row);
        self.report.left.push(LeftRow { place, number, cells });
        self.count(|sheet| sheet.left += 1);
    }

    /// The texts of a row that is not taken, without blank ones at its end.
    fn kept(&mut self, row: SheetRow) -> Vec<String> {
        let mut cells: Vec<String> = row.cells.into_iter().map(|cell| cell.text).collect();
        while cells.pop_if(|text| text.is_empty()).is_some() {}
        cells.shrink_to_fit();
        let texts: usize = cells.iter().map(String::len).sum();
        self.not_taken += texts + cells.len() * size_of::<String>() + size_of::<RefusedRow>();
        cells
    }

    /// A row that is kept just so.
    pub fn unchanged(&mut self) {
        self.count(|sheet| sheet.unchanged += 1);
    }

    /// Shows a good row as it is stored, while few are shown.
    pub fn show(&mut self, reader: &RowReader<'_>, entered: &Entered) {
        self.count(|sheet| {
            if sheet.first.len() < FIRST {
                sheet.first.push(reader.shown(entered));
            }
        });
    }

    /// Writes down what became of rows of the sheet being read.
    fn count(&mut self, note: impl FnOnce(&mut SheetReport)) {
        self.report.sheets.get_mut(self.sheet).map(note);
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
            for (rows, command) in &waiting {
                self.took(rows.len(), makes(command));
            }
            return;
        }
        let made: Vec<bool> = waiting.iter().map(|(_, command)| makes(command)).collect();
        let (rows, commands): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
        // Looked at and checked while the disk still takes those before.
        let begun = self.office.begin_all(self.actor, commands);
        let rows = rows.into_iter().zip(made).collect();
        if let Some(before) = self.under_way.replace((rows, begun)) {
            self.answered(reader, before);
        }
    }

    /// Waits for the commands that were handed in last.
    pub fn settle(&mut self, reader: &RowReader<'_>) {
        if let Some(last) = self.under_way.take() {
            self.answered(reader, last);
        }
    }

    fn answered(&mut self, reader: &RowReader<'_>, (rows, begun): UnderWay) {
        let answers = self.office.end_all(begun);
        for ((rows, made), answer) in rows.into_iter().zip(answers) {
            match answer {
                Ok(_) => self.took(rows.len(), made),
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

    fn took(&mut self, rows: usize, made: bool) {
        self.count(|sheet| *(if made { &mut sheet.made } else { &mut sheet.changed }) += rows);
    }
}

/// Whether a command makes a record, rather than adding to one.
fn makes(command: &Command) -> bool {
    matches!(command, Command::Create { .. })
}

/// What the office refused, at the column of the file.
fn fault_of(reader: &RowReader<'_>, row: &SheetRow, why: &Refusal) -> Fault {
    // `members[3].id_number` is in the column of `id_number`.
    let field = why.field.rsplit_once('.').map_or(why.field.as_str(), |(_, column)| column);
    reader.fault_at_field(row, field, why.message.clone(), why.next.clone())
}

/// One way of taking rows in: as records, or as rows of a table.
pub(super) trait Way {
    /// Looks at a row, decides and takes it.
    ///
    /// # Errors
    /// When the machine cannot read what is kept; the row is then where it was.
    fn row(
        &mut self,
        reader: &RowReader<'_>,
        read: &mut ReadRow,
        run: &mut Run<'_>,
    ) -> Result<(), Refusal>;

    /// How much waits for the next batch.
    fn waiting(&self, run: &Run<'_>) -> usize;

    /// Hands in what waits.
    fn flush(&mut self, reader: &RowReader<'_>, run: &mut Run<'_>);
}
