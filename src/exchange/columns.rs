//! What each column of a file means: headings recognised by the packs, or named by a `--map`.

use super::headings::{Heading, Headings};
use super::target::{NUMBER, Owner, Target, can_be_typed};
use super::{FileTrouble, HeadingMap};
use crate::program::{Field, FieldType};
use crate::record::fold;
use crate::said;
use crate::words::{Said, closest};

/// The columns a file of refused rows has after the original ones. They are passed over when it
/// comes in again.
pub(super) const ADDED: [Said; 6] = [
    Said::fixed("工作表", "Sheet"),
    Said::fixed("行号", "Line"),
    Said::fixed("列", "Column"),
    Said::fixed("值", "Value"),
    Said::fixed("原因", "Reason"),
    Said::fixed("怎么办", "What to do"),
];

/// Whether a heading is one that a file of refused rows added. A roster may have a column called
/// so as well; the last five together have only been written here.
pub(super) fn is_added(heading: &str, all: &[Heading]) -> bool {
    let is = |added: &Said, text: &str| {
        let text = fold(text);
        added.zh == text || added.en == text
    };
    ADDED.iter().any(|added| is(added, heading))
        && ADDED.iter().skip(1).all(|added| all.iter().any(|one| is(added, &one.shown)))
}

/// What one column means.
#[derive(Clone, Copy, Debug)]
pub(super) enum Column<'c> {
    /// The number of the record, and the field it is kept in besides.
    Number(Option<&'c Field>),
    Field(Owner, &'c Field),
    /// Not taken in.
    Left,
}

/// The columns of a file.
#[derive(Debug)]
pub(super) struct Columns<'c> {
    /// Rows before the first row of data: titles and the headings.
    pub skip: usize,
    /// Rows the headings take.
    pub rows: usize,
    pub headings: Vec<Heading>,
    /// What each means.
    pub meanings: Vec<Column<'c>>,
    /// What a person should know of them.
    pub notices: Vec<Said>,
}

impl<'c> Columns<'c> {
    /// Finds out what headings mean.
    ///
    /// # Errors
    /// [`FileTrouble::MissingColumn`].
    pub fn of(
        target: &Target<'c>,
        headings: Headings,
        map: Option<&HeadingMap>,
    ) -> Result<Self, FileTrouble> {
        let mut columns = Self {
            skip: headings.skip,
            rows: headings.rows,
            meanings: vec![Column::Left; headings.columns.len()],
            headings: headings.columns,
            notices: Vec::new(),
        };
        columns.find_number(target, map);
        for at in 0..columns.headings.len() {
            columns.give_meaning(target, map, at);
        }
        columns.needed(target)?;
        Ok(columns)
    }

    fn find_number(&mut self, target: &Target<'c>, map: Option<&HeadingMap>) {
        let mapped = |heading: &Heading| map.and_then(|map| map.of_heading(heading));
        let by_map = self.headings.iter().position(|heading| mapped(heading) == Some(NUMBER));
        let can =
            |heading: &Heading| mapped(heading).is_none() && target.can_be_number(&heading.meant);
        // A heading that means nothing but the number is the better one.
        let at = by_map
            .or_else(|| {
                let mut all = self.headings.iter();
                all.position(|heading| can(heading) && target.field(&heading.meant).is_none())
            })
            .or_else(|| self.headings.iter().position(can));
        if let Some(at) = at {
            let field = self.headings.get(at).filter(|_| target.table.is_none());
            let field =
                field.and_then(|heading| target.field(&heading.meant)).map(|(_, field)| field);
            if let Some(meaning) = self.meanings.get_mut(at) {
                *meaning = Column::Number(field);
            }
        }
    }

    fn give_meaning(&mut self, target: &Target<'c>, map: Option<&HeadingMap>, at: usize) {
        let Some(heading) = self.headings.get(at).cloned() else { return };
        if fold(&heading.shown).is_empty()
            || matches!(self.meanings.get(at), Some(Column::Number(_)))
        {
            return;
        }
        let mapped = map.and_then(|map| map.of_heading(&heading));
        if mapped == Some("") {
            return;
        }
        let Some((owner, field)) = target.field(mapped.unwrap_or(&heading.meant)) else {
            self.unknown(target, &heading.shown);
            return;
        };
        let heading = heading.shown;
        if !can_be_typed(target, field) {
            let title = &field.title;
            self.notices.push(Said::new(
                format!("“{heading}”列没有导入：“{}”由程序得出或另外填写。", title.zh),
                format!(
                    "Column \"{heading}\" was left out: {} does not come from a file.",
                    title.en
                ),
            ));
            return;
        }
        if let Some(other) = self.column_of(&field.id) {
            self.twice(at, other, field, mapped.is_some());
            if self.column_of(&field.id).is_some() {
                return;
            }
        }
        if let Some(meaning) = self.meanings.get_mut(at) {
            *meaning = Column::Field(owner, field);
        }
    }

    /// Two columns for one field: the one called as the field is wins, else the first.
    fn twice(&mut self, at: usize, other: usize, field: &Field, mapped: bool) {
        let (new, old) = (self.heading(at).to_string(), self.heading(other).to_string());
        let exact = |heading: &str| {
            let heading = fold(heading);
            [&field.title.zh, &field.title.en].iter().any(|title| **title == heading)
        };
        let replace = mapped || (exact(&new) && !exact(&old));
        let is_number = matches!(self.meanings.get(other), Some(Column::Number(_)));
        let (kept, left) = if replace && !is_number { (new, old) } else { (old, new) };
        if kept == left {
            let letters = super::told::letters(if replace && !is_number { other } else { at });
            self.notices.push(said!(
                "“{left}”有两列，{letters} 列没有导入。",
                "There are two columns \"{left}\"; column {letters} was left out."
            ));
        } else {
            self.notices.push(said!(
                "“{left}”与“{kept}”是同一栏，只导入“{kept}”；要换一列请用 --map。",
                "\"{left}\" and \"{kept}\" are the same field; only \"{kept}\" is taken. Use --map for the other."
            ));
        }
        if replace
            && !is_number
            && let Some(meaning) = self.meanings.get_mut(other)
        {
            *meaning = Column::Left;
        }
    }

    fn unknown(&mut self, target: &Target<'c>, heading: &str) {
        if is_added(heading, &self.headings) {
            return;
        }
        let name = fold(heading);
        let titles = target.all().into_iter().map(|(_, field)| field.title.zh.as_ref());
        let said = match closest(&name, titles) {
            Some(meant) => said!(
                "不认识“{heading}”列，没有导入；是不是“{meant}”？可用 --map 指明。",
                "Column \"{heading}\" is not known and was left out. Is it {meant}? --map can say so."
            ),
            None => said!(
                "不认识“{heading}”列，没有导入；可用 --map 指明它是哪一栏。",
                "Column \"{heading}\" is not known and was left out; --map can say what it is."
            ),
        };
        self.notices.push(said);
    }

    /// The column of a field.
    pub fn column_of(&self, field: &str) -> Option<usize> {
        self.meanings.iter().position(|meaning| match meaning {
            Column::Number(kept) => kept.is_some_and(|kept| kept.id == field),
            Column::Field(_, of) => of.id == field,
            Column::Left => false,
        })
    }

    /// The column of the number.
    pub fn number(&self) -> Option<usize> {
        self.meanings.iter().position(|meaning| matches!(meaning, Column::Number(_)))
    }

    /// The heading of a column.
    pub fn heading(&self, at: usize) -> &str {
        self.headings.get(at).map_or("", |heading| heading.shown.as_str())
    }

    /// Whether a cell says what the heading of its column says.
    pub fn heading_is(&self, at: usize, cell: &str) -> bool {
        self.headings.get(at).is_some_and(|heading| heading.is_said_by(cell))
    }

    /// The column of people's names.
    pub fn name_column(&self) -> Option<usize> {
        (0..self.meanings.len()).find(|at| {
            let field = self.field_at(*at);
            field.is_some_and(|field| matches!(field.field_type, FieldType::PersonName))
        })
    }

    /// True when a column of amounts of money is taken in.
    pub fn takes_money(&self) -> bool {
        (0..self.meanings.len()).any(|at| {
            let field = self.field_at(at);
            field.is_some_and(|field| matches!(field.field_type, FieldType::Money { .. }))
        })
    }

    /// Whether a text is the heading of any column.
    pub fn is_heading(&self, text: &str) -> bool {
        self.headings.iter().any(|heading| heading.is_said_by(text))
    }

    /// The field a column fills; none for one that is not taken, and for a number that is no field.
    pub fn field_at(&self, at: usize) -> Option<&'c Field> {
        match self.meanings.get(at)? {
            Column::Number(field) => *field,
            Column::Field(_, field) => Some(field),
            Column::Left => None,
        }
    }

    /// True when what is in a column is taken in.
    pub fn is_taken(&self, at: usize) -> bool {
        !matches!(self.meanings.get(at), None | Some(Column::Left))
    }

    /// How many columns are taken in.
    pub fn meant(&self) -> usize {
        (0..self.meanings.len()).filter(|at| self.is_taken(*at)).count()
    }

    fn needed(&self, target: &Target<'c>) -> Result<(), FileTrouble> {
        if target.table.is_some() && self.number().is_none() {
            let columns = target.kind.import.columns.first().map_or(NUMBER, String::as_str);
            return Err(FileTrouble::MissingColumn(Said::same(columns)));
        }
        for (owner, field) in target.all() {
            if target.wants(owner, field)
                && field.default.is_none()
                && can_be_typed(target, field)
                && self.column_of(&field.id).is_none()
            {
                return Err(FileTrouble::MissingColumn(field.title.clone()));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
