//! Why a command was not carried out, said so that the person knows what to do.

use crate::said;
use crate::store::StoreError;
use crate::words::Said;
use serde::{Serialize, Serializer};

/// What sort of answer it is, and so who can do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RefusalKind {
    /// Something typed can be put right.
    Invalid,
    /// This account may not do this.
    Forbidden,
    /// Somebody else changed it first, or it already exists.
    Conflict,
    /// The machine could not: disk, lock, index still loading.
    Unavailable,
}

/// A command that was not carried out. Nothing was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// What sort.
    pub kind: RefusalKind,
    /// The field it is at, such as `annual_income` or `members[2].id_number`; empty for none.
    pub field: String,
    /// The clause it rests on; empty for none.
    pub clause: String,
    /// What happened.
    pub message: Said,
    /// What to do next.
    pub next: Said,
}

impl Refusal {
    /// A refusal without field and clause.
    #[must_use]
    pub fn new(kind: RefusalKind, message: Said, next: Said) -> Self {
        Self { kind, field: String::new(), clause: String::new(), message, next }
    }

    /// Something typed can be put right, at `field`.
    #[must_use]
    pub fn invalid(field: impl Into<String>, message: Said, next: Said) -> Self {
        Self { field: field.into(), ..Self::new(RefusalKind::Invalid, message, next) }
    }

    /// This account may not do this.
    #[must_use]
    pub fn forbidden(message: Said, next: Said) -> Self {
        Self::new(RefusalKind::Forbidden, message, next)
    }

    /// Somebody else was first.
    #[must_use]
    pub fn conflict(message: Said, next: Said) -> Self {
        Self::new(RefusalKind::Conflict, message, next)
    }

    /// The machine could not.
    #[must_use]
    pub fn unavailable(message: Said, next: Said) -> Self {
        Self::new(RefusalKind::Unavailable, message, next)
    }

    /// The same refusal standing at `field`.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = field.into();
        self
    }

    /// The same refusal resting on `clause`.
    #[must_use]
    pub fn resting_on(mut self, clause: impl Into<String>) -> Self {
        self.clause = clause.into();
        self
    }
}

impl Serialize for Refusal {
    /// The shape `perform` promises, in Chinese with the English beside it.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("ok", &false)?;
        map.serialize_entry("kind", &self.kind)?;
        map.serialize_entry("field", &self.field)?;
        map.serialize_entry("clause", &self.clause)?;
        map.serialize_entry("message", &self.message.zh)?;
        map.serialize_entry("next", &self.next.zh)?;
        map.serialize_entry("message_en", &self.message.en)?;
        map.serialize_entry("next_en", &self.next.en)?;
        map.end()
    }
}

/// The machine could not: what the store says, as a refusal.
pub(super) fn unavailable(error: &StoreError) -> Refusal {
    Refusal::unavailable(error.said(), error.next())
}

/// There is no such record.
pub(super) fn not_here() -> Refusal {
    Refusal::invalid(
        "number",
        said!("没有找到这份记录。", "This record was not found."),
        said!("请按编号、姓名或拼音再找一次。", "Search again by number, name or pinyin."),
    )
}

/// What somebody has before them was merged into another record meanwhile.
pub(super) fn merged_meanwhile() -> Refusal {
    Refusal::conflict(
        said!("这份记录刚刚并入了另一份。", "This record was merged into another one meanwhile."),
        said!("请打开并入的那一份再办。", "Open the one that stays and go on there."),
    )
}
