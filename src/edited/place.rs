//! Where things are, and what is wrong there.

use crate::words::{Problem, Said};
use std::cell::RefCell;
use std::sync::Arc;

/// A place in an edited file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// File name as the person knows it.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: usize,
}

/// A value with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At<T> {
    /// What was read.
    pub value: T,
    /// Where it is.
    pub place: Place,
}

/// The values alone.
#[must_use]
pub fn values<T>(items: Vec<At<T>>) -> Vec<T> {
    items.into_iter().map(|at| at.value).collect()
}

/// All problems found so far, in one file or several.
#[derive(Debug, Default)]
pub struct Problems(RefCell<Vec<Problem>>);

impl Problems {
    /// Adds a problem.
    pub fn add(&self, place: &Place, wrong: Said) {
        self.add_meant(place, wrong, None);
    }

    /// Adds a problem with what was probably meant.
    pub fn add_meant(&self, place: &Place, wrong: Said, meant: Option<String>) {
        self.0.borrow_mut().push(Problem::new(&*place.file, place.line, wrong).meaning(meant));
    }

    /// Adds that a file or folder could not be read at all.
    pub fn unreadable(&self, file: &str, wrong: Said) {
        self.0.borrow_mut().push(Problem::new(file, 0, wrong));
    }

    /// Adds problems found elsewhere.
    pub fn extend(&self, more: Vec<Problem>) {
        self.0.borrow_mut().extend(more);
    }

    /// Takes back the latest problem told in these words at this place.
    pub(super) fn withdraw(&self, place: &Place, wrong: &Said) {
        let mut all = self.0.borrow_mut();
        let told = all.iter().rposition(|problem| {
            *problem.file == *place.file && problem.line == place.line && problem.message == *wrong
        });
        if let Some(told) = told {
            all.remove(told);
        }
    }

    /// True when nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// All of them, by file and line.
    #[must_use]
    pub fn into_sorted(self) -> Vec<Problem> {
        let mut all = self.0.into_inner();
        all.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        all.dedup();
        all
    }

    /// `value` when nothing is wrong.
    ///
    /// # Errors
    /// All problems, by file and line.
    pub fn into_result<T>(self, value: T) -> Result<T, Vec<Problem>> {
        if self.is_empty() { Ok(value) } else { Err(self.into_sorted()) }
    }
}
