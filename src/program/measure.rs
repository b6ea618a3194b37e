//! Measures: how many records there are by a key, what they come to, or the last day of one, and what
//! that may not pass.

use crate::words::Said;

/// What is taken of the records of one kind, or of the rows of one of their tables, by key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    pub id: String,
    /// The kind of record that is counted.
    pub of: String,
    /// The table whose rows are counted instead of the records themselves.
    pub rows: Option<String>,
    /// Columns, each with the values a row has one of to count.
    pub columns: Vec<(String, Vec<String>)>,
    /// States a record is in one of to count; empty for any.
    pub states: Vec<String>,
    /// Facets, each with the values a record has one of to count.
    pub facets: Vec<(String, Vec<String>)>,
    /// What is taken of them.
    pub tally: Tally,
    /// What it goes by. A record, or a row, that lacks one of these is not counted.
    pub per: Vec<MeasureKey>,
    /// Never more than this.
    pub at_most: Option<i64>,
    /// Never less than this.
    pub at_least: Option<i64>,
    /// What is said of a change that would pass a bound; `{number}` is another record counted under
    /// the same key, `{total}` what it would come to, `{bound}` the bound.
    pub says: Said,
}

/// What a measure takes of the records under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tally {
    /// How many there are.
    Count,
    /// What a money or integer field comes to.
    Sum(String),
    /// The last day in a date field, as a day number; there is none where there are no records.
    Last(String),
}

impl Tally {
    /// The field that is looked at.
    #[must_use]
    pub fn field(&self) -> Option<&String> {
        match self {
            Self::Count => None,
            Self::Sum(field) | Self::Last(field) => Some(field),
        }
    }

    /// Takes one more amount into what there is so far.
    #[must_use]
    pub fn and(&self, so_far: Option<i64>, amount: i64) -> i64 {
        match (self, so_far) {
            (_, None) => amount,
            (Self::Last(_), Some(day)) => day.max(amount),
            (_, Some(total)) => total.saturating_add(amount),
        }
    }
}

/// One part of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasureKey {
    /// The field; of rows a column too, as `table.column`.
    pub field: String,
    /// The part of a date; the whole value of other fields.
    pub part: KeyPart,
}

/// What of a value is a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyPart {
    /// All of it.
    #[default]
    Whole,
    /// The year of a date.
    Year,
    /// The month of a date, with its year.
    Month,
}

impl MeasureKey {
    /// Reads `field`, `field:year` or `field:month`.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (field, part) = match text.split_once(':') {
            None => (text, KeyPart::Whole),
            Some((field, "year")) => (field, KeyPart::Year),
            Some((field, "month")) => (field, KeyPart::Month),
            Some(_) => return None,
        };
        Some(Self { field: field.to_string(), part })
    }
}

impl Measure {
    /// The column a path names, where it is one of the rows that are counted.
    #[must_use]
    pub fn column<'p>(&self, path: &'p str) -> Option<&'p str> {
        path.strip_prefix(self.rows.as_deref()?)?.strip_prefix('.')
    }

    /// Whether anything may not be passed.
    #[must_use]
    pub fn is_bound(&self) -> bool {
        self.at_most.is_some() || self.at_least.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_fields_or_parts_of_dates() {
        let key = |field: &str, part| Some(MeasureKey { field: field.into(), part });
        assert_eq!(MeasureKey::read("book"), key("book", KeyPart::Whole));
        assert_eq!(MeasureKey::read("paid_on:year"), key("paid_on", KeyPart::Year));
        assert_eq!(MeasureKey::read("paid_on:month"), key("paid_on", KeyPart::Month));
        assert_eq!(MeasureKey::read("paid_on:day"), None);
    }
}
