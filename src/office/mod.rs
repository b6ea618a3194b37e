//! The one door through which anything changes.
//!
//! Forms, bulk actions, imports and the command line all come through [`Office::perform`]. It
//! authorises, checks against the pack, lets the program area speak, has one journal entry
//! written, and only when the disk has it tells every open session. A refusal names the field or
//! clause and what to do. Nothing else may write.
//!
//! Knows packs, policy, workflow, store, directory and areas; knows nothing of screens,
//! files or command lines.

mod accounts;
mod actor;
mod adopted;
mod adopting;
mod advice;
mod against_pack;
mod amend;
mod by_column;
mod card;
mod checking;
mod claims;
mod clockwork;
mod columns;
mod command;
mod counting;
mod create;
mod differing;
mod door;
mod drafts;
mod entering;
mod erasing;
mod evidence;
mod facets;
mod filling;
mod first_days;
mod following;
mod found_by;
mod frozen;
mod history;
mod ids;
mod judging;
mod keeping;
mod kept_rules;
mod keyring;
mod keys;
mod links;
mod listening;
mod lists;
mod log;
mod measures;
mod merges;
mod merging;
mod moves;
mod narrowing;
mod news;
mod opening;
mod ordering;
mod own_files;
mod own_kinds;
mod passwords;
mod plain;
mod plan;
mod reading;
mod record_line;
mod refusal;
mod refused;
mod replaying;
mod requiring;
mod restoring;
mod searching;
mod second_place;
mod sheets;
mod showing;
mod signing;
mod standards;
mod together;
mod totals;
mod undo;
mod versions;
mod worked_out;

pub use accounts::SignedIn;
pub use actor::{Account, Actor, Held, Right};
pub use adopted::{Adopted, Standing};
pub use adopting::Adoption;
pub use advice::Departure;
pub use claims::Claim;
pub use clockwork::ClockDoubt;
pub use columns::{ListColumn, columns_of_search, columns_of_services};
pub use command::{Answers, Command, FirstStep, Receipt};
pub use differing::{Affected, PackFile};
pub use door::{Begun, Office};
pub use drafts::Draft;
pub use erasing::{ErasureAsked, Leftovers};
pub use evidence::HeldKey;
pub use frozen::Changeable;
pub use history::{Change, Event};
pub use keeping::Keeper;
pub use keys::fingerprint;
pub use links::{Names, Pointing};
pub use listening::{Listening, ListeningSsh};
pub use lists::{Counts, Queue};
pub use log::{LogFilter, LogKind, LogLine, Logged};
pub use measures::one_each;
pub use moves::MoveOffered;
pub use news::News;
pub use opening::{Setup, Sources};
pub use ordering::Order;
pub use own_files::{OwnFile, OwnFiles};
pub use passwords::{PASSWORD_RULE, Passwords};
pub use record_line::{Listed, RecordLine, Shows};
pub use refusal::{Refusal, RefusalKind};
pub use replaying::{Otherwise, Replayed, Trial, Verdict};
pub use restoring::{Opens, Restored, RestoredBeside, restore, who_needs_passwords};
pub use signing::source_of;
pub use standards::{NewValues, Prepared, Series, grade_title, title_in, unit_title};
pub use undo::{Also, Undoable};
