//! What the fuzz targets run (`fuzz/`): one function each, any bytes in. There in tests and with
//! the feature `fuzzing` only; a test runs every seed through the same functions.

pub use crate::exchange::fuzzing::{csv, html, xls, xlsx};
pub use crate::store::fuzzing::{backup, envelope, journal};

use crate::calendar::Calendar;
use crate::policy::Library;
use crate::program::{Catalogue, effective_fields};
use crate::record::Fields;
use std::sync::OnceLock;

/// Any bytes as a file an office edits. The first byte says which: `p` a pack on its own, `j` a
/// pack that joins the built-in code lists and people, `l` a policy file over the built-in policy,
/// `a` one alone, `c` a year of holidays.
///
/// # Panics
/// When a file that was taken cannot be worked with.
pub fn pack(input: &[u8]) {
    let Some((which, bytes)) = input.split_first() else { return };
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match which {
        b'l' => {
            static POLICY: OnceLock<Library> = OnceLock::new();
            let library = POLICY.get_or_init(|| Library::built_in().unwrap_or_default());
            let _ = library.with_files(&[("file.toml", text)]);
        }
        b'a' => drop(Library::default().with_files(&[("file.toml", text)])),
        b'c' => {
            if let Ok(calendar) = Calendar::built_in().with_file(text, "file.toml") {
                for year in calendar.years() {
                    assert!(calendar.listing(year).is_ok());
                }
            }
        }
        b'j' => loaded(&[
            ("code_lists.toml", include_str!("../assets/programs/code_lists.toml")),
            ("person.toml", include_str!("../assets/programs/person.toml")),
            ("file.toml", text),
        ]),
        _ => loaded(&[("file.toml", text)]),
    }
}

/// What a pack computes can be worked out for a record with nothing in it.
fn loaded(files: &[(&str, &str)]) {
    let Ok(catalogue) = Catalogue::from_texts(files) else { return };
    for kind in catalogue.kinds() {
        let _ = effective_fields(kind, &Fields::new());
        assert_eq!(catalogue.kind(&kind.id).map(|found| found.code), Some(kind.code));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// A target's name, and what it runs.
    type Target = (&'static str, fn(&[u8]));

    /// What fuzzing once found, and what it starts from.
    #[test]
    fn every_seed_is_survived() {
        let targets: [Target; 8] = [
            ("journal", journal),
            ("envelope", envelope),
            ("backup", backup),
            ("pack", pack),
            ("csv", csv),
            ("xls", xls),
            ("html", html),
            ("xlsx", xlsx),
        ];
        for (name, target) in targets {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(name);
            let mut seeds = 0;
            for seed in std::fs::read_dir(&folder).unwrap() {
                target(&std::fs::read(seed.unwrap().path()).unwrap());
                seeds += 1;
            }
            assert!(seeds > 1, "{name} has no seeds");
        }
    }
}
