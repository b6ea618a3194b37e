//! How much a file may hold. One with more is not the list somebody meant, or was made to fill a
//! machine.

/// The largest file that is read, in bytes: a list of a million people has about sixty million.
pub const MOST_BYTES: u64 = 512 << 20;

/// The most columns with content a sheet may have. Rosters have a few dozen; a cell far to the
/// right is a slip, or made to fill a machine.
pub const MOST_COLUMNS: usize = 1_024;

/// The most rows with content, and the last row a spreadsheet has.
pub const MOST_ROWS: usize = 1_048_576;

/// The most sheets a file may have.
pub const MOST_SHEETS: usize = 256;
