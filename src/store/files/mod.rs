//! Files and folders: whole or not there, and open to nobody else.
//!
//! `disk.rs` writes a file so that a crash leaves the old one or the new; `strict.rs` looks at who
//! else can reach a folder; `station.rs` is the small file that says which station a folder holds;
//! `new_file.rs` writes what is made for people.
//!
//! Knows the names in a data folder and no more of what is in its files than the station's own.

pub(super) mod disk;
pub(super) mod new_file;
pub(super) mod station;
pub(super) mod strict;
