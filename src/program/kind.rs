//! A kind of record: its number, sections, fields, and how it is listed, searched and imported.

use super::{Measure, Move, NumberTemplate, Role, Workflow};
use crate::formula::Formula;
use crate::words::Said;
use rust_decimal::Decimal;

/// A kind of record, as its pack describes it.
#[derive(Clone, Debug)]
pub struct Kind {
    /// Id, such as `hardship_file`.
    pub id: String,
    /// Number that stands for the kind in keys; never changed, never reused.
    pub code: u16,
    /// What one record of it is called.
    pub title: Said,
    /// What making one is called on the home screen; its title where the pack does not say.
    pub new: Said,
    /// Whether people make it: not where only moves do.
    pub by_hand: bool,
    /// Program area (tab) it belongs to.
    pub area: String,
    /// Id of the pack it comes from.
    pub pack: String,
    /// How its numbers are written.
    pub number: NumberTemplate,
    /// Columns of its list: field ids, dotted through references (`head.name`), or the record's
    /// own `number`, `state`, `due`, `updated`, `created_by`.
    pub shows: Vec<String>,
    /// The reference field to the person this record belongs to.
    pub person: Option<String>,
    /// The table of consents, one row per sensitivity group.
    pub consents: Option<String>,
    /// What makes a record of it confidential.
    pub confidential: Option<Confidential>,
    /// What a search looks at.
    pub search: SearchKeys,
    /// How rows of its tables find their record.
    pub import: Import,
    /// Its fields, in the order of the form.
    pub sections: Vec<Section>,
    /// What is unlikely though not wrong, by field: remarked where it is typed and before it is
    /// handed in, and never in the way.
    pub doubts: Vec<(String, Validity)>,
    /// Its life, where it has one.
    pub workflow: Option<Workflow>,
    /// What lists are narrowed by: the fields its pack names, and every reference of
    /// [`Self::references`].
    pub facets: Vec<String>,
    /// Those of its facets that are no field but worked out from fields.
    pub derived: Vec<Derived>,
    /// What lists are narrowed by of the records it refers to.
    pub hops: Vec<Hop>,
    /// Its lists, besides that of all of them.
    pub lists: Vec<RecordList>,
    /// What is counted of its records.
    pub measures: Vec<Measure>,
}

/// A facet that follows from the fields of a record.
#[derive(Clone, Debug)]
pub struct Derived {
    /// Id within the kind.
    pub id: String,
    /// What it is called.
    pub title: Said,
    /// Whether the record has it; not known, it has neither.
    pub is: Formula,
}

/// A facet of the record a reference leads to: lists are narrowed by it, and nothing of it is kept with
/// the records that refer to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// As packs name it: `union.region`.
    pub path: String,
    /// The reference field, which may be the one to the record's person.
    pub reference: String,
    /// The facet there.
    pub facet: String,
}

/// A list of records of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordList {
    /// Id within the kind.
    pub id: String,
    /// Its heading.
    pub title: Said,
    /// States a record is in one of; empty for any.
    pub states: Vec<String>,
    /// Facets, own ones and those of records it refers to, each with the values one of which is there.
    pub facets: Vec<(String, Vec<String>)>,
    /// Its columns, as [`Kind::shows`]; empty for those of the kind.
    pub shows: Vec<String>,
    /// What it goes by.
    pub sort: ListSort,
    /// Whether home shows it with its count.
    pub home: bool,
    /// Who may open it; empty for all.
    pub by: Vec<Role>,
}

impl RecordList {
    /// Whether somebody of this role may open it.
    #[must_use]
    pub fn is_open_to(&self, role: Role) -> bool {
        self.by.is_empty() || self.by.contains(&role)
    }
}

/// What a list goes by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListSort {
    /// Last changed first.
    #[default]
    Updated,
    /// Longest in its state first.
    Entered,
    /// Soonest due first.
    Due,
    Number,
    /// Pinyin of the name it goes by.
    Title,
}

impl ListSort {
    /// All of them by their words in packs.
    pub const WORDS: &'static [(&'static str, Self)] = &[
        ("updated", Self::Updated),
        ("entered", Self::Entered),
        ("due", Self::Due),
        ("number", Self::Number),
        ("title", Self::Title),
    ];

    /// Its word in packs.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, sort)| *sort == self).map_or("", |(word, _)| word)
    }
}

/// When only its handler and supervisors know of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confidential {
    /// The yes/no field that says so.
    pub field: String,
    /// The text field with the account that handles it; whoever made it, without one.
    pub handler: Option<String>,
}

/// Fields a search looks at; `table.column` reaches into rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchKeys {
    /// Names of people: matched by characters, pinyin and initials.
    pub names: Vec<String>,
    /// Identity numbers: matched whole and by their last digits.
    pub id_numbers: Vec<String>,
    /// Telephone numbers.
    pub phones: Vec<String>,
    /// Other numbers an office knows the record by.
    pub numbers: Vec<String>,
}

/// How the rows of a table in another file find the record they hang on, and what becomes of new
/// records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Import {
    /// Headings of the column that names the record.
    pub columns: Vec<String>,
    /// The field the column is compared with, besides the record's number.
    pub field: Option<String>,
    /// The move every record a list brings is made with, in the same entry.
    pub step: Option<String>,
}

/// A section of the form.
#[derive(Clone, Debug)]
pub struct Section {
    /// Id within the kind.
    pub id: String,
    /// Heading.
    pub title: Said,
    /// Fields in order.
    pub fields: Vec<Field>,
}

/// When a field must have a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Required {
    /// Never.
    #[default]
    Never,
    /// From the first saving on, drafts too.
    Always,
    /// When the record is submitted and after.
    AtSubmit,
    /// In these workflow states.
    In(Vec<String>),
}

/// A condition a field's value must meet, with the words for when it does not.
#[derive(Clone, Debug)]
pub struct Validity {
    /// Over the fields of the record (or row); unknown counts as met.
    pub formula: Formula,
    /// What is wrong and what to type, shown at the field.
    pub said: Said,
}

/// A value summed or counted from the rows of a table when there are rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Total {
    /// The table field.
    pub table: String,
    /// The column that is summed; without one the rows are counted.
    pub sum: Option<String>,
    /// A yes/no column; rows where it says no are left out.
    pub only: Option<String>,
    /// Columns, each with the values a row has one of to count.
    pub narrowed: Vec<(String, Vec<String>)>,
    /// Added to the result: the head of a household is no row of it.
    pub plus: i64,
}

/// How the record's person stands as the first row of a table: what the person's own fields
/// have is shown in the columns of the same id, and what they are in one column more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstRow {
    /// The column that says what they are.
    pub column: String,
    /// What is there, such as "self".
    pub label: Said,
}

/// One field of a kind, or one column of a table.
#[derive(Clone, Debug)]
pub struct Field {
    /// Id, unique in its kind and in the kind of its person.
    pub id: String,
    /// What it is called on screen and as a heading.
    pub title: Said,
    /// A sentence of help.
    pub help: Option<Said>,
    /// What it accepts.
    pub field_type: FieldType,
    /// When it must have a value.
    pub required: Required,
    /// Sensitivity group, such as `health`: masked by role, kept only with consent.
    pub sensitive: Option<String>,
    /// What an empty form starts with, as typed text.
    pub default: Option<String>,
    /// Other headings it is recognised by.
    pub aliases: Vec<String>,
    /// A condition its value must meet.
    pub valid: Option<Validity>,
    /// Where it may be summed from.
    pub total: Option<Total>,
    /// Asked in the ordinary run of the form: Enter stops here although it is not required.
    pub asked: bool,
    /// The identity number beside it of which it is a part, such as a birth date: what the mask
    /// of that number hides is hidden here too.
    pub gives_away: Option<String>,
}

/// What a field accepts.
#[derive(Clone, Debug)]
pub enum FieldType {
    /// Free text.
    Text {
        /// Several lines.
        multiline: bool,
        /// Most characters.
        max: Option<usize>,
    },
    PersonName,
    /// A citizen's identity number (GB 11643).
    IdNumber,
    /// A unified social credit code (GB 32100).
    OrgCode,
    /// A mobile or fixed telephone number.
    Phone,
    /// A bank card number.
    BankCard,
    /// A whole number.
    Integer {
        /// Least.
        min: Option<i64>,
        /// Most.
        max: Option<i64>,
    },
    /// A decimal number.
    Decimal {
        /// Least.
        min: Option<Decimal>,
        /// Most.
        max: Option<Decimal>,
        /// Most digits after the point. Formulas see the number with the point so many places
        /// further to the right, and do not read it without.
        places: Option<u32>,
    },
    /// Money in fen; written in yuan in packs and by people.
    Money {
        /// Least, in fen.
        min: Option<i64>,
    },
    /// A civil date.
    Date,
    /// A moment.
    Instant,
    /// Yes or no.
    YesNo,
    /// One entry of a code list.
    Choice {
        /// The list's id.
        list: String,
    },
    /// Several entries of a code list.
    Tags {
        /// The list's id.
        list: String,
        /// Most entries.
        max: Option<usize>,
    },
    /// Another record.
    Reference {
        kind: String,
        /// Fields of that kind by which it is found when typed, besides its number; empty for all
        /// that a search of the kind looks at.
        find_by: Vec<String>,
        /// A new one may be made from where it is chosen.
        make: bool,
    },
    /// Rows with fields of their own.
    Table {
        /// The columns.
        fields: Vec<Field>,
        /// A choice column that no two rows share. Such a table may be typed as a list of that
        /// column's entries; the other columns start with their defaults.
        one_per: Option<String>,
        /// The record's person is shown as the first row, and is no row of it.
        first_row: Option<FirstRow>,
    },
    /// Papers asked for: received, missing or not needed.
    Papers {
        /// The list of papers.
        list: String,
    },
    /// Worked out from other fields of the record; never typed.
    Computed {
        formula: Formula,
        gives: Box<FieldType>,
    },
}

impl FieldType {
    /// The names of the types in packs, for the loader and its hints.
    pub const NAMES: [&'static str; 18] = [
        "text",
        "person_name",
        "id_number",
        "org_code",
        "phone",
        "bank_card",
        "integer",
        "decimal",
        "money",
        "date",
        "instant",
        "yes_no",
        "choice",
        "tags",
        "reference",
        "table",
        "papers",
        "computed",
    ];

    /// The name of the type in packs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::PersonName => "person_name",
            Self::IdNumber => "id_number",
            Self::OrgCode => "org_code",
            Self::Phone => "phone",
            Self::BankCard => "bank_card",
            Self::Integer { .. } => "integer",
            Self::Decimal { .. } => "decimal",
            Self::Money { .. } => "money",
            Self::Date => "date",
            Self::Instant => "instant",
            Self::YesNo => "yes_no",
            Self::Choice { .. } => "choice",
            Self::Tags { .. } => "tags",
            Self::Reference { .. } => "reference",
            Self::Table { .. } => "table",
            Self::Papers { .. } => "papers",
            Self::Computed { .. } => "computed",
        }
    }

    /// The code list it draws on.
    #[must_use]
    pub fn list(&self) -> Option<&str> {
        match self {
            Self::Choice { list } | Self::Tags { list, .. } | Self::Papers { list } => Some(list),
            _ => None,
        }
    }

    /// Whether lists can be narrowed by it: it has few values, or names another record.
    #[must_use]
    pub fn is_facet(&self) -> bool {
        matches!(
            self,
            Self::Text { multiline: false, .. }
                | Self::Choice { .. }
                | Self::Tags { .. }
                | Self::YesNo
                | Self::Reference { .. }
        )
    }

    /// The columns, when this is a table.
    #[must_use]
    pub fn columns(&self) -> &[Field] {
        match self {
            Self::Table { fields, .. } => fields,
            _ => &[],
        }
    }
}

impl Field {
    /// A field of nothing but an id, a title and a type, for a question of a move.
    #[must_use]
    pub fn asked(id: &str, title: Said, field_type: FieldType) -> Self {
        Self {
            id: id.to_string(),
            title,
            help: None,
            field_type,
            required: Required::Never,
            sensitive: None,
            default: None,
            aliases: Vec::new(),
            valid: None,
            total: None,
            asked: false,
            gives_away: None,
        }
    }

    /// True when the value comes from a formula and is never typed.
    #[must_use]
    pub fn is_computed(&self) -> bool {
        matches!(self.field_type, FieldType::Computed { .. })
    }

    /// Whether it leads to another record.
    #[must_use]
    pub fn is_reference(&self) -> bool {
        matches!(self.field_type, FieldType::Reference { .. })
    }

    /// How the record's person stands as the first row, when this is a table of people.
    #[must_use]
    pub fn first_row(&self) -> Option<&FirstRow> {
        match &self.field_type {
            FieldType::Table { first_row, .. } => first_row.as_ref(),
            _ => None,
        }
    }

    /// A column of this table field.
    #[must_use]
    pub fn column(&self, id: &str) -> Option<&Self> {
        self.field_type.columns().iter().find(|column| column.id == id)
    }
}

impl Kind {
    /// The move a list of new records ends in.
    #[must_use]
    pub fn import_step(&self) -> Option<&Move> {
        self.workflow.as_ref()?.find_move(self.import.step.as_deref()?)
    }

    /// The fields and columns that refer to other records, but for the one to its person and those
    /// that are not everybody's to see: path and kind.
    pub fn references(&self) -> impl Iterator<Item = (String, &str)> {
        fn to(field: &Field) -> Option<&str> {
            match &field.field_type {
                FieldType::Reference { kind, .. } if field.sensitive.is_none() => Some(kind),
                _ => None,
            }
        }
        self.fields().filter(|field| self.person.as_ref() != Some(&field.id)).flat_map(|field| {
            let own = to(field).map(|kind| (field.id.clone(), kind));
            let columns = field.field_type.columns().iter();
            own.into_iter().chain(columns.filter_map(move |column| {
                Some((format!("{}.{}", field.id, column.id), to(column)?))
            }))
        })
    }

    /// All fields in the order of the form.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.sections.iter().flat_map(|section| &section.fields)
    }

    /// A field by its id.
    #[must_use]
    pub fn field(&self, id: &str) -> Option<&Field> {
        self.fields().find(|field| field.id == id)
    }

    /// A facet that is worked out.
    #[must_use]
    pub fn derived(&self, id: &str) -> Option<&Derived> {
        self.derived.iter().find(|derived| derived.id == id)
    }

    /// A facet of a record it refers to.
    #[must_use]
    pub fn hop(&self, path: &str) -> Option<&Hop> {
        self.hops.iter().find(|hop| hop.path == path)
    }

    /// One of its lists.
    #[must_use]
    pub fn list(&self, id: &str) -> Option<&RecordList> {
        self.lists.iter().find(|list| list.id == id)
    }

    /// A field, or a column by `table.column`.
    #[must_use]
    pub fn field_at(&self, path: &str) -> Option<&Field> {
        match path.split_once('.') {
            None => self.field(path),
            Some((table, column)) => self.field(table)?.column(column),
        }
    }
}
