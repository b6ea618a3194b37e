//! All packs in force: kinds of record and code lists, built in or a station's own.

use super::code_list::folded;
use super::loader::{self, PackFile};
use super::{CodeList, Field, FieldType, Hop, Kind, Measure};
use crate::edited::shipped;
use crate::words::{Lang, Problem, Said};
use include_dir::{Dir, include_dir};
use std::collections::BTreeMap;
use std::sync::LazyLock;

static FOLDER: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/assets/programs");
/// The packs that come with the program.
static BUILT_IN: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| shipped(&FOLDER, ""));

/// The head of a pack file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pack {
    /// Id; a station's own file with this id takes the place of the built-in one.
    pub id: String,
    /// What it is called.
    pub title: Said,
    /// Program area (tab) of its kinds, unless a kind says otherwise.
    pub area: String,
    /// The tab of that area, where this pack is the one that describes it.
    pub tab: Option<AreaTab>,
    /// File it was read from.
    pub file: String,
    /// Content hash that records remember: sixteen hexadecimal digits of BLAKE3.
    pub hash: String,
    /// The file itself, for keeping while records were submitted under it.
    pub text: String,
}

/// The tab of a program area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AreaTab {
    pub title: Said,
    /// The title where there is little room.
    pub short: Said,
    /// Tabs go by this, the smallest first.
    pub order: i64,
}

/// Where a heading of an imported file leads.
#[derive(Clone, Copy, Debug)]
pub struct Heading<'c> {
    /// The kind that owns the field: the kind asked for, or the kind of its person.
    pub kind: &'c Kind,
    pub field: &'c Field,
}

/// All packs in force.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    pub(super) packs: Vec<Pack>,
    pub(super) kinds: Vec<Kind>,
    pub(super) lists: BTreeMap<String, CodeList>,
}

impl Catalogue {
    /// The packs that come with the program.
    ///
    /// # Errors
    /// Never in a program that was tested; the problems all the same, rather than a panic.
    pub fn built_in() -> Result<Self, Vec<Problem>> {
        loader::load(&built_in_files())
    }

    /// The built-in packs, those of a station's own files (name, text) taking the place of
    /// built-in ones with the same id and others joining them.
    ///
    /// # Errors
    /// Every problem of every file, by file and line.
    pub fn with_own(own: &[(&str, &str)]) -> Result<Self, Vec<Problem>> {
        let mut files = built_in_files();
        files.extend(own.iter().map(own_file));
        loader::load(&files)
    }

    /// The files the program carries, by name.
    #[must_use]
    pub fn shipped() -> &'static [(&'static str, &'static str)] {
        &BUILT_IN
    }

    /// The same from texts instead of files, each as (name, text).
    ///
    /// # Errors
    /// Every problem of every text.
    pub fn from_texts(texts: &[(&str, &str)]) -> Result<Self, Vec<Problem>> {
        loader::load(&texts.iter().map(own_file).collect::<Vec<_>>())
    }

    /// The packs.
    pub fn packs(&self) -> impl Iterator<Item = &Pack> {
        self.packs.iter()
    }

    /// The tabs of program areas in their order, each with its area.
    #[must_use]
    pub fn tabs(&self) -> Vec<(&str, &AreaTab)> {
        let tabs =
            self.packs.iter().filter_map(|pack| Some((pack.area.as_str(), pack.tab.as_ref()?)));
        let mut tabs: Vec<_> = tabs.collect();
        tabs.sort_by_key(|(area, tab)| (tab.order, *area));
        tabs.dedup_by_key(|(area, _)| *area);
        tabs
    }

    /// All measures.
    pub fn measures(&self) -> impl Iterator<Item = &Measure> {
        self.kinds.iter().flat_map(|kind| &kind.measures)
    }

    /// A measure by its id.
    #[must_use]
    pub fn measure(&self, id: &str) -> Option<&Measure> {
        self.measures().find(|measure| measure.id == id)
    }

    /// A pack by its id.
    #[must_use]
    pub fn pack(&self, id: &str) -> Option<&Pack> {
        self.packs.iter().find(|pack| pack.id == id)
    }

    /// All kinds, by code.
    pub fn kinds(&self) -> impl Iterator<Item = &Kind> {
        self.kinds.iter()
    }

    /// A kind by its id.
    #[must_use]
    pub fn kind(&self, id: &str) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.id == id)
    }

    /// The kind of the record a facet of another record is one of.
    #[must_use]
    pub fn kind_behind(&self, kind: &Kind, hop: &Hop) -> Option<&Kind> {
        match &kind.field(&hop.reference)?.field_type {
            FieldType::Reference { kind, .. } => self.kind(kind),
            _ => None,
        }
    }

    /// The number that stands for a kind in keys; 0 for an unknown kind.
    #[must_use]
    pub fn kind_code(&self, id: &str) -> u16 {
        self.kind(id).map_or(0, |kind| kind.code)
    }

    /// The kind with this code.
    #[must_use]
    pub fn kind_of_code(&self, code: u16) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.code == code)
    }

    /// A kind a person names on the command line: its id or title in either language.
    #[must_use]
    pub fn find_kind(&self, name: &str) -> Option<&Kind> {
        let named = folded(name);
        self.kinds.iter().find(|kind| {
            [kind.id.as_str(), kind.title.get(Lang::Zh), kind.title.get(Lang::En)]
                .iter()
                .any(|title| folded(title) == named)
        })
    }

    /// Content hash of the pack a kind comes from; empty for an unknown kind.
    #[must_use]
    pub fn hash(&self, kind: &str) -> &str {
        self.kind(kind).and_then(|kind| self.pack(&kind.pack)).map_or("", |pack| &pack.hash)
    }

    /// A code list by its id.
    #[must_use]
    pub fn code_list(&self, id: &str) -> Option<&CodeList> {
        self.lists.get(id)
    }

    /// All code lists.
    pub fn code_lists(&self) -> impl Iterator<Item = &CodeList> {
        self.lists.values()
    }

    /// The kind of the person records of this kind belong to.
    #[must_use]
    pub fn person_kind(&self, kind: &Kind) -> Option<&Kind> {
        match &kind.field(kind.person.as_deref()?)?.field_type {
            FieldType::Reference { kind, .. } => self.kind(kind),
            _ => None,
        }
    }

    /// The kind a path leads to through references, and what is left of the path there: a field, a
    /// record's own column, or what is neither.
    #[must_use]
    pub fn through<'c, 'p>(&'c self, kind: &'c Kind, path: &'p str) -> (&'c Kind, &'p str) {
        let (mut here, mut rest) = (kind, path);
        while let Some((reference, after)) = rest.split_once('.') {
            let next = here.field(reference).and_then(|field| match &field.field_type {
                FieldType::Reference { kind, .. } => self.kind(kind),
                _ => None,
            });
            let Some(next) = next else { break };
            (here, rest) = (next, after);
        }
        (here, rest)
    }

    /// The fields of a kind and after them those of its person, each with its owner. No id
    /// is twice.
    #[must_use]
    pub fn flat_fields<'c>(&'c self, kind: &'c Kind) -> Vec<(&'c Kind, &'c Field)> {
        let person = self.person_kind(kind);
        let own = kind.fields().map(|field| (kind, field));
        own.chain(person.into_iter().flat_map(|kind| kind.fields().map(move |field| (kind, field))))
            .collect()
    }

    /// The field a heading means, in a kind or its person: by id, title or alias; widths, case,
    /// spaces, brackets and marks do not matter.
    #[must_use]
    pub fn heading<'c>(&'c self, kind: &'c Kind, text: &str) -> Option<Heading<'c>> {
        let wanted = folded(text);
        let flat = self.flat_fields(kind);
        let by_id = flat.iter().find(|(_, field)| field.id == text);
        by_id
            .or_else(|| flat.iter().find(|(_, field)| field.is_called(&wanted)))
            .copied()
            .map(|(kind, field)| Heading { kind, field })
    }
}

impl Field {
    /// All headings it is recognised by: id, both titles, aliases.
    pub fn headings(&self) -> impl Iterator<Item = &str> {
        [self.id.as_str(), self.title.get(Lang::Zh), self.title.get(Lang::En)]
            .into_iter()
            .chain(self.aliases.iter().map(String::as_str))
    }

    /// The column of this table a heading means.
    #[must_use]
    pub fn column_heading(&self, text: &str) -> Option<&Self> {
        self.column(text).or_else(|| {
            let wanted = folded(text);
            self.field_type.columns().iter().find(|column| column.is_called(&wanted))
        })
    }

    /// Whether one of its headings is this one, folded.
    pub(crate) fn is_called(&self, wanted: &str) -> bool {
        self.headings().any(|heading| folded(heading) == wanted)
    }
}

impl Kind {
    /// The headings that name a record, in a file of its kind or of its tables' rows.
    pub fn number_headings(&self) -> impl Iterator<Item = &str> {
        let columns = self.import.columns.iter().map(String::as_str);
        let field = self.import.field.as_deref().and_then(|id| self.field(id));
        columns.chain(field.into_iter().flat_map(Field::headings)).chain(std::iter::once("number"))
    }

    /// True when a heading of a file with rows of its tables names the record they hang on.
    #[must_use]
    pub fn is_number_heading(&self, text: &str) -> bool {
        let wanted = folded(text);
        self.number_headings().any(|heading| folded(heading) == wanted)
    }

    /// A field one of the moves asks for.
    #[must_use]
    pub fn asked_field(&self, id: &str) -> Option<&Field> {
        let moves = self.workflow.iter().flat_map(|workflow| &workflow.moves);
        moves.flat_map(|step| &step.asks).filter(|ask| ask.id == id).find_map(super::Ask::field)
    }
}

fn own_file((name, text): &(&str, &str)) -> PackFile {
    PackFile { name: (*name).to_string(), text: (*text).to_string(), own: true }
}

fn built_in_files() -> Vec<PackFile> {
    let file = |(name, text): &(&str, &str)| PackFile {
        name: name.to_string(),
        text: text.to_string(),
        own: false,
    };
    BUILT_IN.iter().map(file).collect()
}
