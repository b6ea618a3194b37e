//! What one program area alone needs to know, as pure functions over records.
//!
//! Most of an area is data: its pack in `assets/programs/`, its rules in `assets/policy/`. What no
//! pack should say is here, in a folder an area: arithmetic over months and evidence, the law's own
//! way to work out a wage. It knows packs, policy and what a [`House`] shows it; it writes nothing,
//! asks nobody, and has no clock.
//!
//! # A new area
//! 1. Its pack, with `area = "…"`, and its rule sets: facts that are a field say `field`.
//! 2. Facts no field gives: a folder here with a type that is an [`Area`].
//! 3. One line in [`of`].
//! 4. A test that the fields its Rust reads are in its pack.
//! 5. Its year as a story in `tests/suite/areas/`.

mod declared;
mod hardship;

use crate::policy::{Facts, RuleSet};
use crate::program::{Catalogue, FieldType, KeyPart, Kind, Spot};
use crate::record::{Fields, Record, RecordId, Regions, Row, Value};
use crate::words::Said;
use chrono::NaiveDate;

/// The Rust of one program area.
pub trait Area: Sync {
    /// Adds the facts of a record that its rules ask for and no field gives. One that is not known
    /// says what is lacking and, where there is one, the paper that would settle it.
    fn facts(&self, house: &House<'_>, record: &Record, facts: &mut Facts);
}

/// What the Rust of an area may look at besides the record itself.
#[derive(Clone, Copy)]
pub struct House<'a> {
    /// The record's kind.
    pub kind: &'a Kind,
    /// The person it belongs to.
    pub person: Option<&'a Record>,
    /// The day it is decided for.
    pub as_of: NaiveDate,
    /// Address codes.
    pub regions: &'a Regions,
    /// Titles of fields and papers.
    pub catalogue: &'a Catalogue,
    /// What was answered as the move is made; nothing beforehand.
    pub answers: &'a Fields,
    /// The row looked at and its table, where rules are put to each row by itself.
    pub row: Option<(&'a str, &'a Row)>,
    /// Other records, and parameters of the day.
    pub look: &'a dyn Look,
}

/// What a measure comes to under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// The number, the sum, or the last day as a day number; nothing for the last day of no records.
    pub total: Option<i64>,
    /// How many records are counted in a sum whose amount is not known.
    pub lacking: u64,
}

/// A look at what is outside the record.
pub trait Look {
    /// The parameter's whole number on the day decided for, where it has one.
    fn whole(&self, parameter: &str) -> Option<i64>;

    /// What a measure comes to under a key, with the record and what is made beside it as they will
    /// be.
    fn measured(&self, measure: &str, key: &[(Value, KeyPart)]) -> Option<Measured>;

    /// Another record, as it will be.
    fn other(&self, kind: &str, id: RecordId) -> Option<Record>;

    /// The number of another record of this kind, under way or in force, that has somebody with
    /// this identity number, and is not `but`.
    fn another_with(&self, id_number: &str, but: RecordId) -> Option<String>;
}

impl House<'_> {
    /// Where a path leads from the record, or from the row looked at.
    fn spot(&self, path: &str) -> Option<Spot<'_>> {
        self.catalogue.spot(self.kind, self.row.map(|(table, _)| table), path)
    }

    /// What a paper of this kind's list is called.
    #[must_use]
    pub fn paper_title(&self, code: &str) -> Said {
        let list = self.kind.fields().find_map(|field| match &field.field_type {
            FieldType::Papers { list } => self.catalogue.code_list(list),
            _ => None,
        });
        let entry = list.and_then(|list| list.entry(code));
        entry.map(|entry| entry.label.clone()).unwrap_or_default()
    }
}

/// The Rust of an area, where it has some.
fn of(area: &str) -> Option<&'static dyn Area> {
    match area {
        "hardship" => Some(&hardship::Hardship),
        _ => None,
    }
}

/// All facts a rule set asks for of a record: those it says a field gives, and those of its area.
#[must_use]
pub fn facts(rules: &RuleSet, house: &House<'_>, record: &Record) -> Facts {
    let mut facts = declared::facts(rules, house, record);
    if let Some(area) = of(&house.kind.area) {
        area.facts(house, record, &mut facts);
    }
    facts
}
