//! 驿站 Yizhan: the counter program of a trade-union service station.
//!
//! A volunteer registers workers, hardship households and visits; a supervisor reviews
//! them; every decision is explained by the clause it rests on.
//!
//! # The rooms, from the ground up
//!
//! A room uses only rooms on lower floors; `tests/suite/floors.rs` reads the `use` lines and
//! fails on an arrow that runs up.
//!
//! | floor | room | holds |
//! | --- | --- | --- |
//! | 1 | [`words`] | sentences in both languages |
//! | 1 | [`edited`] | files an office may edit: lines, problems, what was meant |
//! | 1 | [`record`] | what is stored: values, money, civil dates, identity numbers, regions |
//! | 1 | [`formula`] | conditions and computed values, three-valued |
//! | 1 | [`calendar`] | working days, legal periods, deadlines |
//! | 1 | [`terminal`] | bytes to events, frames to bytes, width and wrapping |
//! | 2 | [`program`] | program packs: kinds of record, fields, code lists, workflow |
//! | 2 | [`policy`] | documents, clauses, dated parameters, rule sets, decision sheets |
//! | 3 | [`workflow`] | which move is open to whom, what is due |
//! | 3 | [`store`] | journal, records, sealing, backup |
//! | 4 | [`directory`] | the in-memory index: search, filters, queues, counts |
//! | 5 | [`areas`] | what one program area alone knows |
//! | 6 | [`office`] | the one door through which anything changes |
//! | 7 | [`exchange`] | CSV and spreadsheet files in and out |
//! | 7 | [`demo`] | a station with weeks of invented life |
//! | 8 | [`ui`] | session, actions, keymap, screens |
//! | 9 | [`access`] | where sessions come from: this terminal, the local socket, SSH |
//! | 9 | [`cli`] | one file per subcommand |
//!
//! # The way of a change
//!
//! A form builds a [`office::Command`]; [`office::Office::perform`] authorises it, checks it
//! against the pack, asks the area, writes one journal entry, waits until the disk has it,
//! brings records and directory up to date and tells every open session.

#![forbid(unsafe_code)]

pub mod access;
pub mod areas;
pub mod calendar;
pub mod cli;
pub mod demo;
pub mod directory;
pub mod edited;
pub mod exchange;
pub mod formula;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod office;
pub mod policy;
pub mod program;
pub mod record;
pub mod store;
pub mod terminal;
pub mod ui;
pub mod words;
pub mod workflow;
