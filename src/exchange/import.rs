//! A file taken in: sheet by sheet, row by row, in batches through the one door.

use super::as_records::AsRecords;
use super::as_rows::AsRows;
use super::book::{Hand, SheetRow, hand, no_thread};
use super::columns::Column;
use super::earlier::{self};
use super::look::{self, Fate, Layout};
use super::options::ImportOptions;
use super::reading::{Entered, RowReader};
use super::report::{ColumnReport, Fault, Report, SheetReport};
use super::run::{ReadRow, Run, Way};
use super::target::{NUMBER, Target};
use super::{Book, FileTrouble, Plan, told};
use crate::office::{Actor, Office, Refusal, Right};
use crate::program::Move;
use crate::said;
use crate::terminal::panics;
use crate::words::Said;
use crate::workflow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Builder};

/// Commands handed in at once, so that they share the waits for the disk.
const BATCH: usize = 500;

/// Rows looked through between two tellings of how many.
const SEEN: usize = 5_000;

/// The memory, in bytes, that rows not taken may take: a quarter of a million short ones. A file
/// with more is not the one somebody meant.
const MOST_NOT_TAKEN: usize = 64 << 20;

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
    if let Some(step) = target.step {
        may_make(actor, step)?;
    }
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
    let mut run = Run::new(office, actor, options, report);
    if let Some(step) = target.step {
        run.report.notices.insert(0, told::made_with(kind, step));
    }
    let total = look.sheets.iter().map(|sheet| sheet.rows).sum();
    let taken = look.sheets.iter().map(|sheet| sheet.taken).sum();
    let mut way: Box<dyn Way> = match target.table {
        None => Box::new(AsRecords::new(office, actor, kind, catalogue.person_kind(kind), taken)),
        Some(table) => Box::new(AsRows::new(office, kind, table)),
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

/// Refuses a list whose new records are made with a move that is not for this role.
fn may_make(actor: &Actor, step: &Move) -> Result<(), Refusal> {
    if workflow::is_for(step, actor.role) {
        return Ok(());
    }
    let roles: Vec<Said> = step.by.iter().map(|role| role.title()).collect();
    let (roles, title) = (Said::join(&roles, "、", ", "), &step.title);
    Err(Refusal::forbidden(
        Said::new(
            format!("这种名单导入时一并办理“{}”，这一步由{}办理。", title.zh, roles.zh),
            format!(
                "A list of this kind is taken in with \"{}\", a step for: {}.",
                title.en, roles.en
            ),
        ),
        said!("请交给他们导入。", "Ask them to import it."),
    ))
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
    // What waits has its answer too when the machine failed after it.
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
