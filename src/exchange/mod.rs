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
//! | `book`, `decode`, `scan`, `limits` | bytes to sheets and rows of cells, and how many |
//! | `plan`, `options` | what is asked for |
//! | `look` | the first look: which sheets, columns and rows are meant |
//! | `target`, `headings`, `columns`, `rows`, `cut` | what columns can lead to; what headings, columns, rows and long numbers are |
//! | `reading`, `meaning` | a row of cells to values, and what is wrong with them |
//! | `told` | what a person is told of what was not taken as it was |
//! | `import`, `run`, `as_records`, `as_rows` | rows to commands, as records or as rows of a table |
//! | `compare`, `own`, `number_key`, `earlier` | which row is new, already here, or was refused before |
//! | `report`, `rejects` | what became of the file |
//! | `choose`, `listing`, `export`, `shown`, `written` | which records go out, a list as it is shown, and how they are written |
//! | `guard` | cells a spreadsheet would run as a formula |

mod as_records;
mod as_rows;
mod book;
mod choose;
mod columns;
mod compare;
mod cut;
mod decode;
mod earlier;
mod export;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod guard;
mod headings;
mod import;
mod limits;
mod listing;
mod look;
mod meaning;
mod number_key;
mod options;
mod own;
mod plan;
mod reading;
mod rejects;
mod report;
mod rows;
mod run;
mod scan;
mod shown;
mod target;
mod told;
mod trouble;
mod written;

pub use book::{Book, Cell, Form, SheetRow};
pub use decode::decode;
pub use export::{ExportOptions, Format, export};
pub use guard::{guard, unguard};
pub use import::import;
pub use options::ImportOptions;
pub use plan::{HeadingMap, Plan};
pub use rejects::{place_rejects, rejects_to, write_rejects};
pub use report::{ColumnReport, Fault, LeftRow, Place, RefusedRow, Report, SheetReport};
pub use shown::{Shown, export_shown};
pub use told::{About, Notice};
pub use trouble::FileTrouble;
