//! Files and folders: whole or not there, and open to nobody else.
//!
//! `layout.rs` names what is in a data folder. `disk.rs` writes a file so that a crash leaves the old
//! one or the new; `lock.rs` keeps a folder to one process; `strict.rs` looks at who else can reach
//! it; `station.rs` is the small file that says which station it holds; `new_file.rs` writes what is
//! made for people.
//!
//! Knows the names in a data folder and no more of what is in its files than the station's own.

pub(super) mod disk;
pub(super) mod layout;
pub(super) mod lock;
pub(super) mod new_file;
pub(super) mod station;
pub(super) mod strict;
