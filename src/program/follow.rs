//! What a move brings about besides its own state: new records, rows, fields of the record itself.

/// One consequence of a move. It happens with the move or not at all, and never touches another
/// record that is there already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Follow {
    /// A new record.
    Make {
        kind: String,
        /// One for each row of this table.
        each: Option<String>,
        /// Columns of that table, each with the values a row has one of to be gone through.
        narrowed: Vec<(String, Vec<String>)>,
        /// What the new record has under the same name (of the row, else of the record) it takes.
        copy: bool,
        /// Its fields, and what each is given.
        with: Vec<(String, Given)>,
    },
    /// A row added to a table of the record.
    Row {
        table: String,
        /// Its columns, and what each is given.
        with: Vec<(String, Given)>,
    },
    /// Fields of the record set.
    Set {
        /// The fields, and what each is given.
        with: Vec<(String, Given)>,
    },
}

impl Follow {
    /// What it gives, whatever it is given to.
    #[must_use]
    pub fn with(&self) -> &[(String, Given)] {
        match self {
            Self::Make { with, .. } | Self::Row { with, .. } | Self::Set { with } => with,
        }
    }

    /// The table whose rows it goes through.
    #[must_use]
    pub fn each(&self) -> Option<&str> {
        match self {
            Self::Make { each, .. } => each.as_deref(),
            Self::Row { .. } | Self::Set { .. } => None,
        }
    }
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// `'text'`: as somebody would type it.
    Typed(String),
    /// `self`: the record whose move it is.
    This,
    /// `nothing`: the field is emptied, or left empty.
    Nothing,
    /// An answer of the move, else a column of the row, else a field of the record.
    Named(String),
}

impl Given {
    /// Reads what a pack writes.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let quoted = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
        match (quoted, text) {
            (Some(typed), _) => Self::Typed(typed.to_string()),
            (None, "self") => Self::This,
            (None, "nothing") => Self::Nothing,
            (None, name) => Self::Named(name.to_string()),
        }
    }
}
