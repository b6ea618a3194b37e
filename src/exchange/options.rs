//! How a file is to be taken in.

use super::HeadingMap;
use std::sync::atomic::{AtomicBool, Ordering};

/// How a file is to be taken in.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions<'o> {
    /// Only look: nothing is written.
    pub dry_run: bool,
    /// Headings a person gave a meaning.
    pub map: Option<&'o HeadingMap>,
    /// The sheets meant, by their names; all that are shown and have headings when none is named.
    pub sheets: Vec<String>,
    /// Rows a sheet does not show are taken too.
    pub hidden: bool,
    /// Becomes true when nobody wants to wait any longer: looked at between rows.
    pub stop: Option<&'o AtomicBool>,
}

impl ImportOptions<'_> {
    /// Whether somebody has asked to stop.
    pub(super) fn asked_to_stop(&self) -> bool {
        self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed))
    }
}
