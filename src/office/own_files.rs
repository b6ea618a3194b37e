//! The files of an office's own that may lie over the built-in ones, as they lie in the data
//! folder. They change nothing there: what is in force is what was adopted.

use super::Sources;
use crate::calendar::Calendar;
use crate::edited::look_in;
use crate::policy::Library;
use crate::program::Catalogue;
use crate::said;
use crate::words::Problem;
use std::path::Path;

/// The folders they lie in.
const FOLDERS: [&str; 3] = [PROGRAMS, POLICY, CALENDAR];
pub(super) const PROGRAMS: &str = "programs";
pub(super) const POLICY: &str = "policy";
pub(super) const CALENDAR: &str = "calendar";

/// A file of the office's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnFile {
    /// Its place in the data folder: `programs/loans.toml`.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// What lies in the folders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnFiles {
    /// The files, by name.
    pub files: Vec<OwnFile>,
    /// What is called like one and was not read, and why.
    pub problems: Vec<Problem>,
    /// What editors have left behind.
    pub passed_over: Vec<String>,
}

impl OwnFiles {
    /// Looks into the folders below `dir`.
    #[must_use]
    pub fn in_folder(dir: &Path) -> Self {
        let mut own = Self::default();
        for folder in FOLDERS {
            let looked = look_in(&dir.join(folder));
            let placed = |name: String| format!("{folder}/{name}");
            let files = looked.files.into_iter();
            own.files.extend(files.map(|(name, text)| OwnFile { name: placed(name), text }));
            own.problems.extend(looked.problems);
            own.passed_over.extend(looked.passed_over.into_iter().map(placed));
        }
        own
    }
}

impl Sources {
    /// The built-in files with these over them.
    ///
    /// # Errors
    /// Every problem of every file.
    pub fn over(own: &[OwnFile]) -> Result<Self, Vec<Problem>> {
        let of = |folder: &str| -> Vec<(&str, &str)> {
            let mine = own.iter().filter(|file| folder_of(&file.name) == folder);
            mine.map(|file| (file.name.as_str(), file.text.as_str())).collect()
        };
        let mut problems = Vec::new();
        let mut keep = |found: Vec<Problem>| problems.extend(found);
        let catalogue = Catalogue::with_own(&of(PROGRAMS)).map_err(&mut keep).ok();
        let policy = of(POLICY);
        let library = Library::built_in().and_then(|library| match policy.is_empty() {
            true => Ok(library),
            false => library.with_files(&policy),
        });
        let library = library.map_err(&mut keep).ok();
        let calendar = Calendar::with_own(&of(CALENDAR)).map_err(&mut keep).ok();
        problems.extend(catalogue.iter().flat_map(reserved));
        if let (Some(catalogue), Some(library), true) = (&catalogue, &library, problems.is_empty())
        {
            problems.extend(super::together::problems(catalogue, library));
        }
        match (catalogue, library, calendar) {
            (Some(catalogue), Some(library), Some(calendar)) if problems.is_empty() => {
                Ok(Self { catalogue, library, calendar })
            }
            _ => Err(problems),
        }
    }
}

/// The folder a file lies in.
pub(super) fn folder_of(name: &str) -> &str {
    name.split_once('/').map_or("", |(folder, _)| folder)
}

/// Kinds under which the office keeps its own records: a pack that had one would make accounts.
fn reserved(catalogue: &Catalogue) -> Vec<Problem> {
    let kinds = catalogue.kinds().filter(|kind| super::own_kinds::is_of_the_house(&kind.id));
    let told = kinds.map(|kind| {
        let (id, file) = (&kind.id, catalogue.pack(&kind.pack).map(|pack| pack.file.clone()));
        let said = said!(
            "种类“{id}”是程序自己用的名称，请换一个",
            "the kind \"{id}\" has a name the program keeps for itself; choose another"
        );
        Problem::new(file.unwrap_or_default(), 0, said)
    });
    told.collect()
}
