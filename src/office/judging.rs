//! Who may have written which entry: what `verify` asks of every one whose signature it has checked.
//!
//! The door asks the same before a change; here it is asked again of what lies in the journal, where
//! somebody may have written past the door.

use super::searching::MISSED;
use super::{Office, Right, adopted, moves};
use crate::program::Role;
use crate::said;
use crate::store::{Entry, KnownKey, Op, Owner};
use crate::words::Said;

/// What only somebody with this right writes, by how the command's name begins.
const RIGHTS: &[(&str, Right)] = &[
    ("create", Right::Write),
    ("amend", Right::Write),
    ("add-rows", Right::Import),
    ("undo", Right::Write),
    ("reveal", Right::Reveal),
    ("account-add", Right::Accounts),
    ("account-disable", Right::Accounts),
    ("account-enable", Right::Accounts),
    ("account-person", Right::Accounts),
    ("key-file-", Right::Accounts),
    ("recovery-key-", Right::Accounts),
    ("clock-accepted", Right::Accounts),
    ("erase", Right::Accounts),
    (adopted::COMMAND, Right::Accounts),
];

/// What nobody who decides nothing writes.
const DECISIONS: [&str; 3] = ["move", moves::PROPOSE, "take-back"];

/// What one may write about oneself, and an administrator about others.
const OF_ONESELF: [&str; 3] = ["account-password", "account-key-add", "account-key-remove"];

/// What the station writes by itself.
const OF_ITS_OWN: [&str; 5] = ["sign-in", "unlock", MISSED, adopted::COMMAND, "heads-missing"];

impl Office {
    /// What is wrong with who wrote an entry; nothing where it is right.
    pub(super) fn judged(entry: &Entry, key: &KnownKey) -> Option<Said> {
        let command = entry.command.as_str();
        let role = match key.owner {
            Owner::Station if OF_ITS_OWN.contains(&command) => return None,
            Owner::Station | Owner::KeyFile => return Some(not_its_own(command)),
            Owner::Recovery => Role::Administrator,
            Owner::Account(_) => Role::from_id(key.role.as_deref().unwrap_or_default())?,
        };
        let decides = !matches!(role, Role::Administrator | Role::Auditor);
        let of_itself = entry.ops.iter().all(|op| match op {
            Op::Put { record, .. } => record.number == entry.actor,
            Op::Seen { .. } | Op::Note(_) => true,
        });
        let allowed = if DECISIONS.contains(&command) {
            decides
        } else if OF_ONESELF.contains(&command) {
            of_itself || Right::Accounts.belongs_to(role)
        } else {
            RIGHTS
                .iter()
                .filter(|(begins, _)| command.starts_with(begins))
                .all(|(_, right)| right.belongs_to(role))
        };
        let title = role.title();
        let (zh, en) = (&title.zh, &title.en);
        (!allowed).then(|| {
            said!(
                "{zh}账号不能写下“{command}”",
                "an account of role {en} cannot have written \"{command}\""
            )
        })
    }
}

fn not_its_own(command: &str) -> Said {
    said!("站点自己不会写下“{command}”", "the station writes no \"{command}\" by itself")
}
