//! Files in and out: CSV and workbooks.
//!
//! Importing reads a file as a [`Book`], finds what its columns mean, checks every row against
//! the packs and hands the good ones to the one door in batches; the [`Report`] names each
//! refused row with its line, column, value, reason and what to do. The same file may be imported
//! again at any time, after a crash too: what is kept already is counted, not doubled.
//! Exporting writes what is kept, masked unless a reason is given.
//!
//! May know the office and everything below it; knows no screen and no command line.
//!
//! | file | holds |
//! | --- | --- |
//! | `book`, `decode`, `scan` | bytes to sheets and rows of cells |
//! | `plan`, `columns` | what is asked for, what a heading means |
//! | `reading` | a row of cells to values, and what is wrong with them |
//! | `import`, `heads`, `members`, `compare`, `earlier` | rows to commands: new, already here, refused |
//! | `report`, `rejects` | what became of the file |
//! | `choose`, `table`, `export`, `written` | which records go out, and how they are written |
//! | `unfinished` | a file that takes its place when it is whole |
//! | `guard` | cells a spreadsheet would run as a formula |

mod book;
mod choose;
mod columns;
mod compare;
mod decode;
mod earlier;
mod export;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod guard;
mod heads;
mod import;
mod members;
mod plan;
mod reading;
mod rejects;
mod report;
mod scan;
mod sheet;
mod table;
mod trouble;
mod unfinished;
mod workbook;
mod written;

pub use book::Book;
pub use decode::decode;
pub use export::{ExportOptions, Format, export};
pub use guard::{guard, unguard};
pub use import::{ImportOptions, import};
pub use plan::{HeadingMap, Plan};
pub use rejects::write_rejects;
pub use report::{Fault, LeftRow, RefusedRow, Report};
pub use sheet::{Cell, Form, Sheet, SheetRow};
pub use trouble::FileTrouble;
pub use unfinished::Unfinished;
