//! A record: a map of fields described by a pack, with its place in a workflow.

use super::{Instant, Value};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use uuid::Uuid;

/// The identity of a record: a UUIDv7, so that ids sort by the time of their making.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RecordId(pub Uuid);

impl RecordId {
    /// An id made at `now`; `random` fills the part that is not time.
    #[must_use]
    pub fn new(now: Instant, random: [u8; 10]) -> Self {
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// The sixteen bytes of a key.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Field id to value; a field without a value is absent.
pub type Fields = BTreeMap<String, Value>;

/// One row of a table inside a record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Unique within its table and never reused, so that a change to a row is seen as one.
    pub id: u32,
    /// The fields of the row.
    pub fields: Fields,
}

/// A decision sheet as it was when a move was made, named by the hash of its text. The text lies in
/// the one entry that made the move; everything later only names it.
#[derive(Clone, Debug)]
pub struct StoredSheet {
    hash: [u8; 32],
    rules: String,
    text: Option<String>,
}

impl StoredSheet {
    /// A sheet by its text: canonical JSON, byte for byte, which names its rule set under `rules`.
    #[must_use]
    pub fn new(text: String) -> Self {
        // In JSON a quote inside a text has a backslash before it, so that this is nothing else.
        let named = text.split_once("\"rules\":\"").and_then(|(_, rest)| rest.split_once('"'));
        let rules = named.map_or("", |(rules, _)| rules).to_string();
        Self { hash: *blake3::hash(text.as_bytes()).as_bytes(), rules, text: Some(text) }
    }

    /// One that is only named.
    #[must_use]
    pub fn named(hash: [u8; 32], rules: String) -> Self {
        Self { hash, rules, text: None }
    }

    /// BLAKE3 of its text.
    #[must_use]
    pub fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// The rule set it was made by, with its version.
    #[must_use]
    pub fn rules(&self) -> &str {
        &self.rules
    }

    /// Its text, canonical JSON, where this came with the entry that made the move.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Forgets the text: somebody else keeps it.
    pub fn drop_text(&mut self) {
        self.text = None;
    }
}

impl PartialEq for StoredSheet {
    /// Whether somebody has the text at hand makes no difference.
    fn eq(&self, other: &Self) -> bool {
        (self.hash, &self.rules) == (other.hash, &other.rules)
    }
}

impl Eq for StoredSheet {}

/// One move a record has made through its workflow.
#[derive(Clone, Debug, PartialEq)]
pub struct MoveMade {
    /// The move's id in the pack.
    pub id: String,
    /// State before.
    pub from: String,
    /// State after.
    pub to: String,
    /// Account that made it.
    pub by: String,
    /// When.
    pub at: Instant,
    /// What the move asked for: `reason`, `fields` (Tags), `clause`, and so on.
    pub answers: Fields,
    /// The decision sheet the person had before them, where the move evaluates one.
    pub sheet: Option<StoredSheet>,
    /// Who put it forward, where it departs from the advice and needed a second account.
    pub proposed_by: Option<String>,
    /// In what it departs from the advice: `outcome`, the ids of answers, what the pack names.
    pub against: Vec<String>,
    /// True when it tells of something that happened on an earlier day (补录).
    pub afterwards: bool,
}

/// A move somebody put forward against the advice; it is made when another account makes it with
/// the same answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// The move's id in the pack.
    pub id: String,
    /// Account that put it forward.
    pub by: String,
    /// When.
    pub at: Instant,
    /// Its answers, clause and reason among them.
    pub answers: Fields,
    /// In what it departs from the advice.
    pub against: Vec<String>,
}

/// What a visit or a check found, beside what was declared. Rules read the finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The value found.
    pub value: Value,
    /// The move that found it.
    pub found_by: String,
    /// Account that recorded it.
    pub by: String,
    /// When.
    pub at: Instant,
}

/// The id of the entry in a record's moves that takes the move before it back.
pub const TAKEN_BACK: &str = "taken_back";

/// The state of a record whose making was taken back: no workflow has it, no list shows it.
pub const WITHDRAWN: &str = "withdrawn";

/// The state of a record whose content was erased: what remains says that it was there.
pub const ERASED: &str = "erased";

/// A record as kept: plain data, described by a pack.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Identity.
    pub id: RecordId,
    /// The pack's id of its kind, such as `hardship_file`.
    pub kind: String,
    /// Grows by one with every change; 1 for a record just made.
    pub revision: u32,
    /// Workflow state; empty for kinds without a workflow.
    pub state: String,
    /// The number people use, such as `BN-困-2025-00017`.
    pub number: String,
    /// Content hash of the pack under which it was last submitted; empty before.
    pub pack: String,
    /// Values by field id. Fields no pack knows any more are kept.
    pub fields: Fields,
    /// When it was made.
    pub created: Instant,
    /// Account that made it.
    pub created_by: String,
    /// When it last changed.
    pub updated: Instant,
    /// Account that last changed it.
    pub updated_by: String,
    /// The moves made so far, oldest first. They only grow: one that is taken back is followed by
    /// an entry [`TAKEN_BACK`].
    pub moves: Vec<MoveMade>,
    /// Who made it, wrote any fact of it or submitted it, since it was made or last decided.
    pub authors: BTreeSet<String>,
    /// What the person's record fed into it at the last submission, by field of the person.
    pub copied: Fields,
    /// What was found on a visit or in a check, by field.
    pub findings: BTreeMap<String, Finding>,
    /// A move that waits for a second account.
    pub proposal: Option<Proposal>,
}

impl Record {
    /// A record made now by an account, with nothing in it yet.
    #[must_use]
    pub fn made(id: RecordId, kind: &str, number: &str, by: &str, at: Instant) -> Self {
        Self {
            id,
            kind: kind.to_string(),
            revision: 1,
            state: String::new(),
            number: number.to_string(),
            pack: String::new(),
            fields: Fields::new(),
            created: at,
            created_by: by.to_string(),
            updated: at,
            updated_by: by.to_string(),
            moves: Vec::new(),
            authors: BTreeSet::new(),
            copied: Fields::new(),
            findings: BTreeMap::new(),
            proposal: None,
        }
    }

    /// The value of a field.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(field)
    }

    /// The text of a field, empty when absent.
    #[must_use]
    pub fn text(&self, field: &str) -> &str {
        self.get(field).and_then(Value::as_text).unwrap_or("")
    }

    /// Whether its making was taken back, or its content erased: no list shows it.
    #[must_use]
    pub fn is_withdrawn(&self) -> bool {
        self.state == WITHDRAWN || self.state == ERASED
    }

    /// When the record came into its present state.
    #[must_use]
    pub fn entered(&self) -> Instant {
        self.standing().last().map_or(self.created, |last| last.at)
    }

    /// The moves that stand, oldest first: without those taken back.
    #[must_use]
    pub fn standing(&self) -> Vec<&MoveMade> {
        let mut standing: Vec<&MoveMade> = Vec::with_capacity(self.moves.len());
        for made in &self.moves {
            if made.id == TAKEN_BACK {
                standing.pop();
            } else {
                standing.push(made);
            }
        }
        standing
    }
}
