//! What whoever opens a store gives it, as far as the rooms below need it.

use std::sync::Arc;

/// Gives a kind of record the number its keys begin with; nothing for a kind no pack knows.
/// A kind keeps its number for ever.
pub type KindCodes = Arc<dyn Fn(&str) -> Option<u16> + Send + Sync>;

/// Called when something of what is kept changed by itself: a table was built anew, say.
pub type Told = Arc<dyn Fn() + Send + Sync>;
