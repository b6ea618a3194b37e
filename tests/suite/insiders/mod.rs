//! What an insider cannot do: the table of the trust page, each attack tried as the person of its
//! row against the built binary.

mod accounts;
mod decisions;
mod doors;
mod packs;
mod seen;
mod verdicts;
