//! A file read, looked at or taken in on a thread of its own, so that the keys are answered
//! meanwhile. Sessions hear how far it is as they hear of every change.

use crate::exchange::{Book, ImportOptions, Plan, Report, import};
use crate::office::{Actor, Office, Refusal};
use crate::said;
use crate::store::Progress;
use crate::terminal::panics;
use crate::words::Said;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

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

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    progress: Progress,
    answer: Mutex<Option<Answer>>,
}

/// Work going on. Dropped, it stops before the next row.
pub struct Job {
    shared: Arc<Shared>,
}

impl Drop for Job {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Job {
    /// Begins.
    ///
    /// # Errors
    /// When the machine has no room for a thread.
    pub fn begin(
        office: &Arc<Office>,
        who: &Actor,
        plan: &Plan,
        source: Source,
        meant: Meant,
    ) -> Result<Self, Refusal> {
        let shared = Arc::new(Shared::default());
        shared.progress.tell(office.teller());
        let (office, who, plan) = (office.clone(), who.at_work(), plan.clone());
        let work = shared.clone();
        let begun = thread::Builder::new().name("import".into()).spawn(move || {
            let answer = panics::answered_for(|| work.run(&office, &who, &plan, source, &meant));
            let answer = answer.unwrap_or_else(|| Answer { book: None, outcome: Err(failed()) });
            *work.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
            work.progress.end();
        });
        begun.map(|_| Self { shared }).map_err(|_| failed())
    }

    /// Asks it to stop before the next row; an answer still comes.
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }

    /// What came of it, once.
    pub fn answer(&self) -> Option<Answer> {
        self.shared.answer.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// How far it is: rows done and rows in all; 0 in all while nobody knows.
    pub fn counts(&self) -> (u64, u64) {
        self.shared.progress.counts()
    }
}

impl Shared {
    fn run(
        &self,
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
            stop: Some(&self.stop),
        };
        let mut known = None;
        let outcome = import(office, who, plan, &book, &options, &mut |done, total| {
            if known.replace(total) != Some(total) {
                self.progress.begin(Said::default(), total as u64);
            }
            self.progress.at(done as u64);
        });
        Answer { book: Some(book), outcome }
    }
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
