//! A file read, looked at or taken in behind the screen.

use crate::exchange::{Book, ImportOptions, Plan, Report, import};
use crate::office::{Actor, Office, Refusal};
use crate::said;
use crate::ui::behind::{Behind, Going};
use crate::words::Said;
use std::path::PathBuf;
use std::sync::Arc;

/// Where the table comes from.
pub enum Source {
    /// A file that is still to be read.
    File(PathBuf),
    /// One that was read before.
    Book(Arc<Book>),
}

/// What of it is meant.
#[derive(Clone, Debug, Default)]
pub struct Meant {
    /// The sheets, by their names; all that are shown when none is named.
    pub sheets: Vec<String>,
    /// Rows a sheet does not show too.
    pub hidden: bool,
    /// Write nothing.
    pub dry_run: bool,
}

/// What came of it.
pub struct Answer {
    /// The table, when it could be read at all.
    pub book: Option<Arc<Book>>,
    /// The report, or why nothing was taken.
    pub outcome: Result<Report, Refusal>,
}

/// A file on its way.
pub type Job = Behind<Answer>;

/// Begins to read a table, to look at it or to take it in.
///
/// # Errors
/// When the machine has no room for a thread.
pub fn begin(
    office: &Arc<Office>,
    who: &Actor,
    plan: &Plan,
    source: Source,
    meant: Meant,
) -> Result<Job, Refusal> {
    let (work, who, plan) = (office.clone(), who.at_work(), plan.clone());
    let failed_answer = || Answer { book: None, outcome: Err(failed()) };
    let begun = Behind::begin("import", office, failed_answer, move |going| {
        run(going, &work, &who, &plan, source, &meant)
    });
    begun.map_err(|_| failed())
}

fn run(
    going: &Going,
    office: &Office,
    who: &Actor,
    plan: &Plan,
    source: Source,
    meant: &Meant,
) -> Answer {
    let book = match source {
        Source::Book(book) => book,
        Source::File(path) => match Book::open(&path) {
            Ok(book) => Arc::new(book),
            Err(trouble) => return Answer { book: None, outcome: Err(trouble.into()) },
        },
    };
    let options = ImportOptions {
        dry_run: meant.dry_run,
        map: None,
        sheets: meant.sheets.clone(),
        hidden: meant.hidden,
        stop: Some(&going.stop),
    };
    let mut known = None;
    let outcome = import(office, who, plan, &book, &options, &mut |done, total| {
        if known.replace(total) != Some(total) {
            going.progress.begin(Said::default(), total as u64);
        }
        going.progress.at(done as u64);
    });
    Answer { book: Some(book), outcome }
}

fn failed() -> Refusal {
    Refusal::unavailable(
        said!(
            "导入出了程序错误。已确认保存的都在。",
            "The import met a program error. What was confirmed is saved."
        ),
        said!(
            "请再导入一次，会接着完成；仍不行请告诉管理员。",
            "Import the file again, it goes on from there; if that fails tell the administrator."
        ),
    )
}
