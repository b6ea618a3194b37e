//! The files a folder of the program carries inside the binary.

use include_dir::Dir;

/// The `.toml` files of a folder, by name, each with `under` before its name.
#[must_use]
pub fn shipped(dir: &'static Dir<'static>, under: &str) -> Vec<(&'static str, &'static str)> {
    let mut files: Vec<(&str, &str)> = dir
        .files()
        .filter(|file| file.path().extension().is_some_and(|ending| ending == "toml"))
        .filter_map(|file| {
            // Kept as long as the program runs; there are a handful of them.
            let name = format!("{under}{}", file.path().to_str()?).leak();
            Some((&*name, file.contents_utf8()?))
        })
        .collect();
    files.sort_unstable();
    files
}
