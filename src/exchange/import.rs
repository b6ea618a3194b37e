//! A file taken in: sheet by sheet, row by row, in batches through the one door.

use super::book::{Hand, SheetRow, hand, no_thread};
use super::columns::{Column, NUMBER, Target};
use super::earlier::{self, RefusedBefore};
use super::heads::Heads;
use super::look::{self, Fate, Layout};
use super::members::Members;
use super::reading::{Entered, RowReader};
use super::report::{ColumnReport, Fault, LeftRow, RefusedRow, Report, SheetReport};
use super::{Book, FileTrouble, HeadingMap, Plan};
use crate::office::{Actor, Begun, Command, Office, Refusal, RefusalKind, Right};
use crate::record::fold;
use crate::terminal::panics;
use crate::words::Said;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Builder};

/// Commands handed in at once, so that they share the waits for the disk.
const BATCH: usize = 500;

/// Rows looked through between two tellings of how many.
const SEEN: usize = 5_000;

/// The memory, in bytes, that rows not taken may take: a quarter of a million short ones. A file
/// with more is not the one somebody meant.
const MOST_NOT_TAKEN: usize = 64 << 20;

/// Rows of a sheet that are shown as they are stored.
const FIRST: usize = 3;

/// How a file is to be taken in.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions<'o> {
    /// Only look: nothing is written.
    pub dry_run: bool,
    /// Headings a person gave a meaning.
    pub map: Option<&'o HeadingMap>,
    /// The sheets meant, by their names; all that are shown and have headings when none is named.
    pub sheets: Vec<String>,
    /// Rows a sheet does not show are taken too.
    pub hidden: bool,
    /// Becomes true when nobody wants to wait any longer: looked at between rows.
    pub stop: Option<&'o AtomicBool>,
}

impl ImportOptions<'_> {
    /// Whether somebody has asked to stop.
    pub(super) fn asked_to_stop(&self) -> bool {
        self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed))
    }
}

/// Takes in a file. `progress` hears of rows done and rows in all; while the file is looked through
/// and nobody knows how many there are, of rows seen and 0.
///
/// Good rows are taken even when others are refused. When the machine fails on the way, or somebody
/// asks to stop, the report says so and names every row that was left; importing the same file again
/// goes on from there.
///
/// # Errors
/// When the file as a whole cannot be taken: no right to import, no headings, a column missing, a
/// wrong map, no such sheet, a damaged file. Nothing was written then.
pub fn import(
    office: &Office,
    actor: &Actor,
    plan: &Plan,
    book: &Book,
    options: &ImportOptions<'_>,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Report, Refusal> {
    actor.need(Right::Import)?;
    office.wait_for_index();
    let catalogue = office.catalogue();
    let kind = plan.kind(catalogue)?;
    let target = Target::new(catalogue, kind, plan.table(kind)?);
    let mut seen = 0;
    let look = look::look(book, &target, options, &mut || {
        seen += 1;
        if seen % SEEN == 0 {
            progress(seen, 0);
        }
    })?;
    let report = Report {
        dry_run: options.dry_run,
        sheets: look.sheets.iter().map(|sheet| begun(sheet)).collect(),
        notices: look.notices,
        ..Report::default()
    };
    let mut run = Run {
        office,
        actor,
        options,
        report,
        waiting: Vec::new(),
        under_way: None,
        sheet: 0,
        not_taken: 0,
    };
    let total = look.sheets.iter().map(|sheet| sheet.rows).sum();
    let taken = look.sheets.iter().map(|sheet| sheet.taken).sum();
    let mut way: Box<dyn Way> = match target.table {
        None => Box::new(Heads::new(office, actor, kind, catalogue.person_kind(kind), taken)),
        Some(table) => Box::new(Members::new(office, kind, table)),
    };
    if !options.dry_run && target.table.is_none() {
        office.make_room(taken);
    }
    let hashes = foldhash::quality::RandomState::default();
    let mut done = 0;
    for (at, layout) in look.sheets.iter().enumerate() {
        run.sheet = at;
        let text = book.is_text();
        let reader = RowReader::new(office, &target, layout, text, &hashes);
        sheet(book, &target, layout, &reader, way.as_mut(), &mut run, &mut || {
            progress(done, total);
            done += 1;
        });
    }
    progress(total, total);
    let mut report = run.report;
    // Rows that were here already, or were refused, took no room.
    office.make_room(0);
    if !options.dry_run && report.stopped.is_none() {
        report.stopped = earlier::note(office, actor, plan, book.name(), &report).err();
    }
    Ok(report)
}

/// A row as it was read, before anything else is asked of it.
pub(super) struct ReadRow {
    pub row: SheetRow,
    /// Its values, and what is wrong with them.
    pub entered: Entered,
    /// A number for what it says.
    pub content: u64,
}

/// What the file gives next.
enum Next {
    /// A row of the list.
    Row(ReadRow),
    /// A row below the end of the list.
    Below(SheetRow),
    /// A row that is none of the list, by its line.
    Passed(usize),
    /// The machine has failed.
    Trouble(FileTrouble),
}

/// Takes in the rows of a sheet: they are read, and their values checked, while those before are
/// taken in.
fn sheet(
    book: &Book,
    target: &Target<'_>,
    layout: &Layout<'_>,
    reader: &RowReader<'_>,
    way: &mut dyn Way,
    run: &mut Run<'_>,
    progress: &mut dyn FnMut(),
) {
    let (refused, left) = (run.report.refused.len(), run.report.left.len());
    let (mut hand, read) = hand();
    // Nothing is tried any more: what rows say need not be known.
    let over = AtomicBool::new(false);
    let ended = thread::scope(|scope| {
        let over = &over;
        // It takes its end along: whoever waits for rows is told when it ends.
        let work = move || {
            let done = panics::answered_for(move || {
                read_ahead(book, target, layout, (reader, over), &mut hand);
            });
            done.ok_or(FileTrouble::Unreadable)
        };
        let started = Builder::new().name("read-rows".to_string()).spawn_scoped(scope, work);
        let reading = started.map_err(|error| no_thread(&error))?;
        for next in read.iter().flatten() {
            progress();
            if !take_in(next, layout, reader, way, run) {
                break;
            }
            over.store(run.report.stopped.is_some(), Ordering::Relaxed);
        }
        drop(read);
        reading.join().unwrap_or(Err(FileTrouble::Unreadable))
    });
    if let Err(trouble) = ended {
        run.report.stopped.get_or_insert(trouble.into());
    }
    // What waits has its answer too when the machine failed behind it.
    way.flush(reader, run);
    run.settle(reader);
    let lines = run.report.refused.get_mut(refused..).unwrap_or_default();
    lines.sort_by_key(|row| row.place.line);
    let lines = run.report.left.get_mut(left..).unwrap_or_default();
    lines.sort_by_key(|row| row.place.line);
}

/// Reads the rows of a sheet until nobody takes them any more.
fn read_ahead(
    book: &Book,
    target: &Target<'_>,
    layout: &Layout<'_>,
    (reader, over): (&RowReader<'_>, &AtomicBool),
    hand: &mut Hand<Next>,
) {
    let rows = book.rows(layout.at, layout.separator).skip(layout.columns.skip);
    for row in rows {
        let weight = row.as_ref().map_or(0, SheetRow::weight);
        let next = match row {
            Err(trouble) => Next::Trouble(trouble),
            Ok(row) => match layout.fate(&row, target) {
                Fate::Blank | Fate::Told(_) => Next::Passed(row.line),
                Fate::Below => Next::Below(row),
                Fate::Taken if over.load(Ordering::Relaxed) => {
                    Next::Row(ReadRow { row, entered: Entered::default(), content: 0 })
                }
                Fate::Taken => {
                    let (entered, content) = (reader.read(&row), reader.content(&row));
                    Next::Row(ReadRow { row, entered, content })
                }
            },
        };
        if !hand.over(next, weight) {
            return;
        }
    }
    hand.rest();
}

/// Takes in what the file gives next; false when nothing more is to be taken.
fn take_in(
    next: Next,
    layout: &Layout<'_>,
    reader: &RowReader<'_>,
    way: &mut dyn Way,
    run: &mut Run<'_>,
) -> bool {
    if run.options.asked_to_stop() {
        run.report.stopped.get_or_insert_with(|| FileTrouble::Stopped.into());
        if run.options.dry_run {
            return false;
        }
    }
    let line = match &next {
        Next::Trouble(_) => None,
        Next::Passed(line) => Some(*line),
        Next::Row(ReadRow { row, .. }) | Next::Below(row) => Some(row.line),
    };
    if run.not_taken > MOST_NOT_TAKEN
        && let Some(line) = line
    {
        let place = reader.place_of_line(line);
        let many = FileTrouble::TooManyRefused { line: place.line };
        run.report.stopped.get_or_insert_with(|| many.into());
        run.report.left_from.get_or_insert(place);
        return false;
    }
    let mut read = match next {
        // The file was read to its end before; now the machine has failed.
        Next::Trouble(trouble) => {
            run.report.stopped.get_or_insert(trouble.into());
            return false;
        }
        Next::Passed(_) => return true,
        Next::Below(row) => {
            let (said, next) = look::below(layout.ends_at.unwrap_or(row.line));
            let fault = Fault::of_row("", said, next);
            run.refuse(reader, row, vec![fault]);
            return true;
        }
        Next::Row(read) => read,
    };
    if run.report.stopped.is_some() {
        // Nothing more is tried, but each row is told.
        run.report.left_from.get_or_insert_with(|| reader.place(&read.row));
        run.leave(reader, read.row);
        return true;
    }
    if let Err(why) = way.row(reader, &mut read, run) {
        run.report.stopped = Some(why);
        run.leave(reader, read.row);
    }
    if way.waiting(run) >= BATCH {
        way.flush(reader, run);
    }
    true
}

/// What is known of a sheet before its rows are taken in.
fn begun(layout: &Layout<'_>) -> SheetReport {
    let column = |(at, meaning): (usize, &Column<'_>)| {
        let (field, title) = match meaning {
            Column::Number(None) => (Some(NUMBER.to_string()), Said::fixed("编号", "Number")),
            Column::Number(Some(field)) | Column::Field(_, field) => {
                (Some(field.id.clone()), field.title.clone())
            }
            Column::Left => (None, Said::default()),
        };
        let heading = layout.columns.heading(at).to_string();
        ColumnReport { heading, field, title }
    };
    SheetReport {
        name: layout.head.name.clone(),
        columns: layout.columns.meanings.iter().enumerate().map(column).collect(),
        told: layout.told,
        ..SheetReport::default()
    }
}

/// Rows whose commands were handed in, with whether each makes a record.
type UnderWay = (Vec<(Vec<SheetRow>, bool)>, Begun);

/// What a run through a file has so far.
pub(super) struct Run<'a> {
    pub office: &'a Office,
    actor: &'a Actor,
    options: &'a ImportOptions<'a>,
    pub report: Report,
    waiting: Vec<(Vec<SheetRow>, Command)>,
    under_way: Option<UnderWay>,
    /// The sheet being read, by its place in the report.
    sheet: usize,
    /// The memory rows not taken take, in bytes.
    not_taken: usize,
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

impl Run<'_> {
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
    fn leave(&mut self, reader: &RowReader<'_>, row: SheetRow) {
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
