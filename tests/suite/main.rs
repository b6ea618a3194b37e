//! The integration tests, in one binary so that they link once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod app;
mod budgets;
mod cli;
mod counter;
mod exchange;
mod floors;
mod form;
mod full_disk;
mod furnished;
mod manners;
mod monkey;
mod office;
mod power;
mod recovery;
mod screens;
mod stage;
mod system_calls;
mod tty;
