//! What the columns of a file can lead to: the fields of a kind, of its person, or of one of its
//! tables.

use super::FileTrouble;
use super::headings::LONGEST_HEADING;
use crate::program::{Ask, Catalogue, Field, FieldType, Kind, Move, Need, Required, folded};
use crate::record::fold;
use crate::words::Said;
use std::collections::HashSet;

/// The name of the record's number in a map, and as a heading.
pub(super) const NUMBER: &str = "number";

/// Whose field a column fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The kind's own.
    Own,
    /// The person's the record belongs to.
    Person,
    /// A row's of the table.
    Row,
    /// A question of the move new records are made with.
    Answer,
}

/// What a file's columns can lead to.
pub(super) struct Target<'c> {
    pub catalogue: &'c Catalogue,
    pub kind: &'c Kind,
    pub table: Option<&'c Field>,
    /// The move new records are made with.
    pub step: Option<&'c Move>,
    /// Every heading that is recognised, folded: rows by the hundred thousand are held against them.
    known: HashSet<String>,
}

impl<'c> Target<'c> {
    /// What a file of a kind, or of one of its tables, can lead to.
    pub fn new(catalogue: &'c Catalogue, kind: &'c Kind, table: Option<&'c Field>) -> Self {
        let step = kind.import_step().filter(|_| table.is_none());
        let mut target = Self { catalogue, kind, table, step, known: HashSet::new() };
        let fields = target.all().into_iter().flat_map(|(_, field)| field.headings());
        target.known = fields.chain(kind.number_headings()).map(folded).collect();
        target
    }

    /// The field a heading, id or alias means. How to fill it in may come after it in brackets.
    pub fn field(&self, heading: &str) -> Option<(Owner, &'c Field)> {
        self.called(heading).or_else(|| self.called(&without_asides(heading)?))
    }

    fn called(&self, heading: &str) -> Option<(Owner, &'c Field)> {
        if let Some(table) = self.table {
            return table.column_heading(heading).map(|field| (Owner::Row, field));
        }
        let Some(found) = self.catalogue.heading(self.kind, heading) else {
            let wanted = folded(heading);
            let asked = self.asked().find(|field| field.is_called(&wanted));
            return asked.map(|field| (Owner::Answer, field));
        };
        let owner = if found.kind.id == self.kind.id { Owner::Own } else { Owner::Person };
        Some((owner, found.field))
    }

    /// The ids of all fields.
    pub fn ids(&self) -> Vec<&'c str> {
        self.all().into_iter().map(|(_, field)| field.id.as_str()).collect()
    }

    /// The fields rows may fill, each with whose it is.
    pub fn all(&self) -> Vec<(Owner, &'c Field)> {
        if let Some(table) = self.table {
            return table.field_type.columns().iter().map(|field| (Owner::Row, field)).collect();
        }
        let own = |kind: &Kind| if kind.id == self.kind.id { Owner::Own } else { Owner::Person };
        let flat = self.catalogue.flat_fields(self.kind);
        let fields = flat.into_iter().map(|(kind, field)| (own(kind), field));
        fields.chain(self.asked().map(|field| (Owner::Answer, field))).collect()
    }

    /// Whether no row can do without a field.
    pub fn wants(&self, owner: Owner, field: &Field) -> bool {
        let step = self.step.filter(|step| owner == Owner::Own && !step.gives(&field.id));
        match &field.required {
            Required::Always => true,
            Required::AtSubmit if owner == Owner::Answer => true,
            Required::AtSubmit => step.is_some_and(|step| step.needs.contains(&Need::Complete)),
            Required::In(states) => step.is_some_and(|step| states.contains(&step.to)),
            Required::Never => false,
        }
    }

    /// The questions of the move that a column of their own answers: not those a field of the record
    /// takes, whose column answers both.
    pub fn asked(&self) -> impl Iterator<Item = &'c Field> {
        let asks = self.step.into_iter().flat_map(|step| &step.asks);
        asks.filter(|ask| ask.writes.is_none()).filter_map(Ask::field)
    }

    /// A heading that can name the record: in a table's file any number heading, in a file of
    /// records one whose field, if it is one, is plain text (a person's identity number is no
    /// record number).
    pub fn can_be_number(&self, heading: &str) -> bool {
        self.kind.is_number_heading(heading)
            && (self.table.is_some()
                || self
                    .field(heading)
                    .is_none_or(|(_, field)| matches!(field.field_type, FieldType::Text { .. })))
    }

    /// True for a heading that says what its column means.
    pub fn is_known(&self, heading: &str) -> bool {
        if heading.len() > LONGEST_HEADING {
            return false;
        }
        let is = |heading: &str| self.known.contains(&folded(heading));
        is(heading) || without_asides(heading).is_some_and(|bare| self.called(&bare).is_some())
    }

    /// Some headings that would be recognised, and the first row in their place.
    pub fn no_headings(&self, found: String) -> FileTrouble {
        let fields = self.all().into_iter().filter(|(_, field)| can_be_typed(self, field));
        let known: Vec<Said> = fields.take(8).map(|(_, field)| field.title.clone()).collect();
        FileTrouble::NoHeadings { found, known: Said::join(&known, "、", ", ") }
    }
}

/// A heading without what is said of it: `姓名（必填）`, `★手机号(11位)`. A unit that changes the
/// value is no such thing: `收入（万元）`.
pub(super) fn without_asides(heading: &str) -> Option<String> {
    let (mut bare, mut depth, mut aside) = (String::new(), 0_usize, String::new());
    for c in fold(heading).chars() {
        match c {
            '(' | '（' | '[' | '【' | '［' => depth += 1,
            ')' | '）' | ']' | '】' | '］' => depth = depth.saturating_sub(1),
            '★' | '☆' | '※' | '＊' | '*' | '△' => {}
            _ if depth > 0 => aside.push(c),
            _ => bare.push(c),
        }
    }
    let scaled = ["万", "千", "百", "美元"].iter().any(|unit| aside.contains(unit));
    let fits = !scaled && depth == 0 && !bare.trim().is_empty() && bare != fold(heading);
    fits.then_some(bare)
}

/// Whether a cell of a file can fill the field: not what is computed, whose record it is, or a table
/// of free rows.
pub(super) fn can_be_typed(target: &Target<'_>, field: &Field) -> bool {
    let is_head = target.kind.person.as_deref() == Some(field.id.as_str());
    match &field.field_type {
        FieldType::Computed { .. } => false,
        FieldType::Table { one_per, .. } => one_per.is_some(),
        _ => !is_head || target.table.is_some(),
    }
}
