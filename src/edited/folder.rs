//! The edited files of a folder.

use super::Problems;
use crate::said;
use std::fs;
use std::path::Path;

/// The `*.toml` files of a folder with their texts, by name; a folder that is not there is empty.
/// What cannot be read goes to `problems`.
#[must_use]
pub fn files_in(folder: &Path, problems: &Problems) -> Vec<(String, String)> {
    let unreadable = |path: &Path, error: &std::io::Error| {
        problems.unreadable(
            &path.display().to_string(),
            said!(
                "读不出来（{error}），请检查文件权限和编码（应为 UTF-8）",
                "cannot be read ({error}); check its permissions and that it is UTF-8"
            ),
        );
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            unreadable(folder, &error);
            return Vec::new();
        }
    };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "toml"));
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        match fs::read_to_string(&path) {
            Ok(text) => files.push((path.display().to_string(), text)),
            Err(error) => unreadable(&path, &error),
        }
    }
    files
}
