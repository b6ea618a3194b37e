//! Files an office may edit: TOML read with the line of everything, every problem collected, and
//! what was probably meant.
//!
//! A [`Source`] is one file; its tables are read through [`Node`]s, key by key. What is wrong goes
//! to [`Problems`] and the reading goes on, so that a clerk sees everything at once; what was read
//! may be kept with its [`Place`] ([`At`]) for checks that need the other files. When a table has
//! been read, [`Node::finish`] tells of keys nobody asked for.
//!
//! May know `words`. Knows nothing of what the files are about: dates are read in `record`,
//! formulas in `formula`, each on top of [`Node::fit`] and [`Node::text`].

mod folder;
mod keys;
mod node;
mod place;
mod shipped;
mod source;
#[cfg(test)]
mod tests;

pub use folder::{Looked, files_in, look_in};
pub use keys::{Difference, Keys};
pub use node::Node;
pub use place::{At, Place, Problems, values};
pub use shipped::shipped;
pub use source::Source;
/// A value as it is in the file, for [`Node::fit`].
pub use toml::de::DeValue as Raw;
