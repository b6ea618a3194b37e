//! What a person asks for: what a file is taken in as, and headings given a meaning by hand.

use super::FileTrouble;
use super::headings::Heading;
use super::target::{NUMBER, Target};
use crate::edited::{Problems, Source};
use crate::office::Refusal;
use crate::program::{Catalogue, Field, Kind};
use crate::record::fold;
use crate::said;
use crate::words::{Problem, Said, closest};

/// What a file is imported as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The kind of record.
    pub kind: String,
    /// A table inside it, when the file holds that table's rows.
    pub table: Option<String>,
}

impl Plan {
    /// The plan a person names: a kind by id or title, or `kind.table`.
    ///
    /// # Errors
    /// When there is no such kind or table, with what there is.
    pub fn named(catalogue: &Catalogue, name: &str) -> Result<Self, Refusal> {
        if let Some(kind) = catalogue.find_kind(name) {
            return Ok(Self { kind: kind.id.clone(), table: None });
        }
        if let Some((kind, table)) = name.rsplit_once('.')
            && let Some(kind) = catalogue.find_kind(kind)
            && let Some(found) = catalogue.heading(kind, table)
            && !found.field.field_type.columns().is_empty()
        {
            return Ok(Self { kind: kind.id.clone(), table: Some(found.field.id.clone()) });
        }
        let known: Vec<String> = catalogue.kinds().flat_map(names_of).collect();
        let meant = closest(name, known.iter().map(String::as_str));
        let list = known.join(", ");
        let next = match meant {
            Some(meant) => {
                said!("是不是“{meant}”？可用的有：{list}。", "Did you mean {meant}? Known: {list}.")
            }
            None => said!("可用的有：{list}。", "Known: {list}."),
        };
        Err(Refusal::invalid(
            "kind",
            said!("没有“{name}”这种记录或表格。", "There is no kind or table \"{name}\"."),
            next,
        ))
    }

    /// Everything a file may be imported as, with what it is called: kinds, and below each the
    /// tables inside it.
    #[must_use]
    pub fn all(catalogue: &Catalogue) -> Vec<(Self, Said)> {
        let mut all = Vec::new();
        for kind in catalogue.kinds() {
            all.push((Self { kind: kind.id.clone(), table: None }, kind.title.clone()));
            let tables = kind.fields().filter(|field| !field.field_type.columns().is_empty());
            all.extend(tables.map(|table| {
                let (zh, en) = (&kind.title, &table.title);
                let title =
                    Said::new(format!("{}·{}", zh.zh, en.zh), format!("{}: {}", zh.en, en.en));
                (Self { kind: kind.id.clone(), table: Some(table.id.clone()) }, title)
            }));
        }
        all
    }

    /// The kind.
    pub(super) fn kind<'c>(&self, catalogue: &'c Catalogue) -> Result<&'c Kind, Refusal> {
        catalogue.kind(&self.kind).ok_or_else(|| self.unknown())
    }

    /// The table field, when the plan names one.
    pub(super) fn table<'c>(&self, kind: &'c Kind) -> Result<Option<&'c Field>, Refusal> {
        let Some(table) = &self.table else { return Ok(None) };
        kind.field(table).map(Some).ok_or_else(|| self.unknown())
    }

    /// What it is called: the kind, or the table.
    pub(super) fn title(&self, kind: &Kind, table: Option<&Field>) -> Said {
        table.map_or_else(|| kind.title.clone(), |table| table.title.clone())
    }

    fn unknown(&self) -> Refusal {
        let name = self.to_string();
        Refusal::invalid(
            "kind",
            said!("没有“{name}”这种记录或表格。", "There is no kind or table \"{name}\"."),
            Said::fixed("请核对名称。", "Check the name."),
        )
    }
}

impl std::fmt::Display for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.table {
            None => f.write_str(&self.kind),
            Some(table) => write!(f, "{}.{table}", self.kind),
        }
    }
}

/// A kind's id and those of its tables, as typed.
fn names_of(kind: &Kind) -> Vec<String> {
    let tables = kind.fields().filter(|field| !field.field_type.columns().is_empty());
    let tables = tables.map(|table| format!("{}.{}", kind.id, table.id));
    std::iter::once(kind.id.clone()).chain(tables).collect()
}

/// Headings a person gives a meaning: the `--map` file.
#[derive(Clone, Debug, Default)]
pub struct HeadingMap {
    file: String,
    entries: Vec<(String, String, usize)>,
}

impl HeadingMap {
    /// Reads lines of `"heading" = "field"`; `"number"` is the record's number and `""` a column
    /// that is left out.
    ///
    /// # Errors
    /// [`FileTrouble::Map`] with every mistake by its line.
    pub fn read(name: &str, text: &str) -> Result<Self, FileTrouble> {
        let problems = Problems::default();
        let source = Source::open(name, text, &problems);
        let texts = source.root().every_text();
        let entries =
            texts.into_iter().map(|(key, field)| (key, field.value, field.place.line)).collect();
        problems.into_result(Self { file: name.to_string(), entries }).map_err(FileTrouble::Map)
    }

    /// What a heading was given.
    pub(super) fn of(&self, heading: &str) -> Option<&str> {
        let wanted = fold(heading).to_lowercase();
        let found = self.entries.iter().find(|(key, ..)| fold(key).to_lowercase() == wanted);
        found.map(|(_, field, _)| field.as_str())
    }

    /// What a heading was given, by all of it or by the part that is recognised.
    pub(super) fn of_heading(&self, heading: &Heading) -> Option<&str> {
        self.of(&heading.shown).or_else(|| self.of(&heading.meant))
    }

    /// Entries that lead nowhere.
    pub(super) fn check(&self, target: &Target<'_>) -> Result<(), FileTrouble> {
        let mut problems = Vec::new();
        for (_, field, line) in &self.entries {
            if field.is_empty() || field == NUMBER || target.field(field).is_some() {
                continue;
            }
            let known = target.ids();
            problems.push(
                Problem::new(
                    self.file.clone(),
                    *line,
                    said!("没有字段“{field}”。", "There is no field \"{field}\"."),
                )
                .meaning(closest(field, known.iter().copied())),
            );
        }
        if problems.is_empty() { Ok(()) } else { Err(FileTrouble::Map(problems)) }
    }
}
