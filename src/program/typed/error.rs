//! Why a typed text is not a value of its field.

use crate::words::Said;

/// Why a text is not a value of the field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", said.en)]
pub struct TypedError {
    /// What is wrong.
    pub said: Said,
    /// What to type.
    pub next: Said,
    /// Where in a table it stands.
    pub cell: Option<Box<Cell>>,
}

/// A cell of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The row, counted from 0 as it came.
    pub row: usize,
    /// The column, as it was named.
    pub column: String,
}

impl TypedError {
    /// An error with what to do next.
    #[must_use]
    pub fn new(said: Said, next: Said) -> Self {
        Self { said, next, cell: None }
    }

    /// The same, in a cell of a table.
    #[must_use]
    pub(in crate::program) fn in_cell(mut self, row: usize, column: &str) -> Self {
        self.cell = Some(Box::new(Cell { row, column: column.to_string() }));
        self
    }
}
