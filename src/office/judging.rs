//! Who may have written which entry: what `verify` asks of every one whose signature it has checked.
//!
//! The door asks the same before a change; here it is asked again of what lies in the journal, where
//! somebody may have written past the door.

use super::evidence::HEADS_MISSING;
use super::own_kinds::{ACCOUNT, ADOPTED, ERASURE, PLACE};
use super::searching::MISSED;
use super::{Office, Right, adopted, merging, moves};
use crate::program::Role;
use crate::record::Record;
use crate::said;
use crate::store::{CLOCK_ACCEPTED, ERASE, ERASE_REQUEST, Entry, KnownKey, Op, Owner};
use crate::words::Said;

/// What is written, by the command's name, and the right it takes; none for what is asked elsewhere.
const COMMANDS: &[(&str, Option<Right>)] = &[
    ("create", Some(Right::Write)),
    ("amend", Some(Right::Write)),
    ("add-rows", Some(Right::Write)),
    ("undo", Some(Right::Write)),
    (merging::COMMAND, Some(Right::Review)),
    ("reveal", Some(Right::Reveal)),
    ("account-add", Some(Right::Accounts)),
    ("account-disable", Some(Right::Accounts)),
    ("account-enable", Some(Right::Accounts)),
    ("account-person", Some(Right::Accounts)),
    ("account-password", None),
    ("account-key-add", None),
    ("account-key-remove", None),
    ("key-file-make", Some(Right::Accounts)),
    ("key-file-end", Some(Right::Accounts)),
    ("host-key-new", Some(Right::Accounts)),
    ("recovery-key-new", Some(Right::Accounts)),
    (CLOCK_ACCEPTED, Some(Right::Accounts)),
    (ERASE_REQUEST, Some(Right::Accounts)),
    ("erase-dropped", Some(Right::Accounts)),
    (ERASE, Some(Right::Accounts)),
    (adopted::COMMAND, Some(Right::Accounts)),
    (PLACE, Some(Right::Maintain)),
    ("init", Some(Right::Accounts)),
    ("recover", Some(Right::Accounts)),
    (moves::MOVE, None),
    (moves::FIRST_STEP, None),
    (moves::PROPOSE, None),
    ("take-back", None),
    ("note", None),
];

/// What nobody who decides nothing writes.
const DECISIONS: [&str; 4] = [moves::MOVE, moves::FIRST_STEP, moves::PROPOSE, "take-back"];

/// What one may write about oneself, and an administrator about others.
const OF_ONESELF: [&str; 3] = ["account-password", "account-key-add", "account-key-remove"];

/// What the station writes by itself.
const OF_ITS_OWN: [&str; 5] = ["sign-in", "unlock", MISSED, adopted::COMMAND, HEADS_MISSING];

impl Office {
    /// What is wrong with who wrote an entry; nothing where it is right.
    pub(super) fn judged(&self, entry: &Entry, key: &KnownKey) -> Option<Said> {
        let command = entry.command.as_str();
        let role = match key.owner {
            Owner::Station if OF_ITS_OWN.contains(&command) => return None,
            Owner::Station | Owner::KeyFile => return Some(not_its_own(command)),
            Owner::Recovery => Role::Administrator,
            Owner::Account(_) => Role::from_id(key.role.as_deref().unwrap_or_default())?,
        };
        let known = COMMANDS.iter().find(|(name, _)| *name == command);
        let of_itself = entry.ops.iter().all(|op| match op {
            Op::Put { record, .. } => record.number == entry.actor,
            Op::Seen { .. } | Op::Note(_) => true,
        });
        let decides = !matches!(role, Role::Administrator | Role::Auditor);
        let allowed = match known {
            None => false,
            Some((_, Some(right))) => right.belongs_to(role),
            Some(_) if DECISIONS.contains(&command) => decides && self.is_open_to(entry, role),
            Some(_) if OF_ONESELF.contains(&command) => {
                of_itself || Right::Accounts.belongs_to(role)
            }
            Some(_) => !entry.ops.iter().any(|op| matches!(op, Op::Put { .. })),
        };
        let title = role.title();
        let (zh, en) = (&title.zh, &title.en);
        (!allowed || !fits_its_kinds(entry)).then(|| {
            said!(
                "{zh}账号不能写下这样的“{command}”",
                "an account of role {en} cannot have written such a \"{command}\""
            )
        })
    }
}

impl Office {
    /// Whether the pack opens the move of an entry to a role. Where packs of the office's own were
    /// ever adopted, another may have been in force that day, and the door's word stands.
    fn is_open_to(&self, entry: &Entry, role: Role) -> bool {
        if ![moves::MOVE, moves::FIRST_STEP].contains(&entry.command.as_str())
            || !self.packs().adopted.is_empty()
        {
            return true;
        }
        let puts = entry.ops.iter().filter_map(|op| match op {
            Op::Put { record, .. } => Some(record),
            Op::Seen { .. } | Op::Note(_) => None,
        });
        puts.filter_map(|record| {
            let life = self.catalogue.kind(&record.kind)?.workflow.as_ref()?;
            let made = record.moves.last()?;
            life.moves.iter().find(|step| step.id == made.id)
        })
        .all(|step| step.by.contains(&role))
    }
}

/// The house's own records are written by their own commands, and these write no others.
fn fits_its_kinds(entry: &Entry) -> bool {
    let command = entry.command.as_str();
    let of = |kind: &str| match kind {
        ACCOUNT => command.starts_with("account-"),
        ADOPTED => command == adopted::COMMAND,
        ERASURE => command.starts_with("erase"),
        PLACE => command == PLACE,
        _ => !command.starts_with("account-") && command != adopted::COMMAND && command != PLACE,
    };
    // What is only made has no move behind it.
    let only_made =
        |record: &Record| command != "create" || record.revision > 1 || record.moves.is_empty();
    command == "init"
        || entry.ops.iter().all(|op| match op {
            Op::Put { record, .. } => of(&record.kind) && only_made(record),
            Op::Seen { .. } | Op::Note(_) => true,
        })
}

fn not_its_own(command: &str) -> Said {
    said!("站点自己不会写下“{command}”", "the station writes no \"{command}\" by itself")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Fields, Instant, MoveMade, RecordId};
    use crate::store::Origin;

    #[test]
    fn what_is_only_made_has_no_move_behind_it() {
        let at = Instant::default();
        let made = Record::made(RecordId(uuid::Uuid::from_u128(1)), "case", "BN-1", "周丽", at);
        let step = MoveMade {
            id: "decide".into(),
            from: "draft".into(),
            to: "done".into(),
            by: "周丽".into(),
            at,
            answers: Fields::new(),
            sheet: None,
            proposed_by: None,
            against: Vec::new(),
            afterwards: false,
        };
        let decided = Record { moves: vec![step], ..made.clone() };
        let entry = |command: &str, record: &Record| Entry {
            seq: 1,
            time: at,
            actor: "周丽".into(),
            origin: Origin::Cli,
            command: command.into(),
            ops: vec![Op::Put { record: record.clone(), previous: 0 }],
            reason: None,
        };
        assert!(fits_its_kinds(&entry("create", &made)));
        assert!(!fits_its_kinds(&entry("create", &decided)), "written past the door");
        assert!(fits_its_kinds(&entry(moves::FIRST_STEP, &decided)));
        // A person who was there and is completed by it may have had moves.
        assert!(fits_its_kinds(&entry("create", &Record { revision: 2, ..decided })));
    }
}
