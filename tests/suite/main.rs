//! The integration tests, in one binary so that they link once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod accounts;
mod app;
mod attach;
mod budgets;
mod cli;
mod counter;
mod errands;
mod exchange;
mod floors;
mod form;
mod full_disk;
mod furnished;
mod identity;
mod importing;
mod insiders;
mod language;
mod lending;
mod line;
mod live;
mod manners;
mod monkey;
mod office;
mod power;
mod recovery;
mod regulations;
mod rosters;
mod screens;
mod several;
mod slow;
mod ssh;
mod stage;
mod system_calls;
mod tty;
mod workbooks;
