//! Measures: how many records there are by a key, or what they come to, and what that may not pass.

use crate::words::Said;

/// A count or a sum of records of one kind, by key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Id.
    pub id: String,
    /// The kind of record that is counted.
    pub of: String,
    /// States a record is in one of to count; empty for any.
    pub states: Vec<String>,
    /// Facets, each with the values a record has one of to count.
    pub facets: Vec<(String, Vec<String>)>,
    /// The money or integer field that is summed; without one records are counted.
    pub sum: Option<String>,
    /// What it goes by. A record that lacks one of these is not counted.
    pub per: Vec<MeasureKey>,
    /// Never more than this.
    pub at_most: Option<i64>,
    /// Never less than this.
    pub at_least: Option<i64>,
    /// What is said of a change that would pass a bound; `{number}` is another record counted under
    /// the same key, `{total}` what it would come to, `{bound}` the bound.
    pub says: Said,
}

/// One part of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasureKey {
    /// The field.
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
