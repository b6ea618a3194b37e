//! A path as people type and paste it, and what is in its folder.

use crate::program::pinyin_matches;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// The most entries of a folder that are shown; whoever has more types a letter.
const MOST: usize = 5_000;

/// Endings of the files that are read.
const TABLES: [&str; 10] =
    ["csv", "xlsx", "xls", "ods", "xlsb", "htm", "html", "xml", "txt", "tsv"];

/// What an entry is to somebody who looks for a list; in the order they are shown in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Is {
    /// A file of a kind that is read.
    Table,
    Folder,
    /// Any other file.
    Other,
}

/// An entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name as the machine keeps it.
    pub name: OsString,
    /// What it is.
    pub is: Is,
    /// Bytes of a file.
    pub bytes: u64,
}

impl Entry {
    /// Its name as it is shown and typed.
    pub fn shown(&self) -> String {
        let name = self.name.to_string_lossy();
        if self.is == Is::Folder { format!("{name}/") } else { name.into_owned() }
    }
}

/// Pasted text as a path to type on: without the quotes and signs a file manager or a shell puts
/// around it, and without the `file://` in front. The first line of several counts.
pub fn cleaned(pasted: &str) -> String {
    let line = pasted.trim().lines().next().unwrap_or_default().trim();
    if let Some(uri) = line.strip_prefix("file://") {
        // `file:///a` and `file://localhost/a`.
        let at = uri.find('/').unwrap_or(0);
        return decoded(uri.get(at..).unwrap_or_default());
    }
    unquoted(line)
}

/// Text without a pair of quotes around it, or without the signs a shell sets before spaces.
fn unquoted(text: &str) -> String {
    for quote in ['\'', '"'] {
        let inner = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner {
            return inner.replace("'\\''", "'");
        }
    }
    if !text.starts_with(['/', '~']) {
        return text.to_string();
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    out
}

/// `%20` and the like as the bytes they stand for.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let hex = behind.get(..2).filter(|_| *first == b'%');
        let hex = hex.and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = behind.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// True for pasted text that is a whole path, not a part of one.
pub fn is_whole(cleaned: &str) -> bool {
    cleaned.starts_with('/') || cleaned == "~" || cleaned.starts_with("~/")
}

/// The path that typed text means: `~` is the home folder, and so is what a path without a
/// beginning begins from.
pub fn meant(typed: &str, home: &Path) -> PathBuf {
    let typed = typed.trim_start();
    if typed == "~" {
        return home.to_path_buf();
    }
    home.join(typed.strip_prefix("~/").map_or(typed, |rest| rest.trim_start_matches('/')))
}

/// Typed text as its folder, up to the last `/`, and the name being typed after it.
pub fn split(typed: &str) -> (&str, &str) {
    if typed == "~" {
        return (typed, "");
    }
    match typed.rfind('/') {
        Some(at) => typed.split_at(at + 1),
        None => ("", typed),
    }
}

/// The entries of a folder that a typed name may mean, tables first.
pub fn entries(folder: &Path, typed: &str) -> Vec<Entry> {
    let Ok(read) = fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<Entry> = read
        .filter_map(Result::ok)
        .filter(|entry| matches(&entry.file_name().to_string_lossy(), typed))
        .take(MOST)
        .filter_map(|entry| {
            let of = fs::metadata(entry.path()).ok()?;
            let name = entry.file_name();
            let is = match (of.is_dir(), of.is_file()) {
                (true, _) => Is::Folder,
                (_, true) if is_table(&name) => Is::Table,
                (_, true) => Is::Other,
                // Pipes and devices are no lists.
                _ => return None,
            };
            Some(Entry { name, is, bytes: of.len() })
        })
        .collect();
    found.sort_by(|one, other| (one.is, &one.name).cmp(&(other.is, &other.name)));
    found
}

fn is_table(name: &OsString) -> bool {
    let ending = Path::new(name).extension().unwrap_or_default().to_string_lossy();
    TABLES.iter().any(|table| ending.eq_ignore_ascii_case(table))
}

/// Whether a name may be meant: it begins so, whatever the case, or is read so in pinyin. What
/// begins with a dot is shown to whoever types one.
fn matches(name: &str, typed: &str) -> bool {
    if name.starts_with('.') && !typed.starts_with('.') {
        return false;
    }
    name.to_lowercase().starts_with(&typed.to_lowercase()) || pinyin_matches(name, typed)
}

/// What Tab makes of a typed name: all that the entries have in common, when that is more than
/// is there. A single folder is gone into.
pub fn completed(typed: &str, entries: &[Entry]) -> Option<String> {
    let mut names = entries.iter().map(Entry::shown);
    let first = names.next()?;
    let common = names.fold(first, |common, name| {
        common.chars().zip(name.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
    });
    let more = !common.is_empty() && common != typed;
    // What was typed in pinyin or another case gives way only to what says as much.
    (more && (common.chars().count() >= typed.chars().count() || entries.len() == 1))
        .then_some(common)
}

/// A name for the rows of a file that were not taken, beside it, that no file has yet.
pub fn for_refused(imported: &Path, ending: &str) -> PathBuf {
    let stem = imported.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    // A file of refused rows gives another such file, not one of refused rows of refused rows.
    let stem = stem.split_once(ending).map_or(stem.as_str(), |(bare, _)| bare).to_string();
    let named = |number: usize| match number {
        1 => imported.with_file_name(format!("{stem}{ending}.csv")),
        n => imported.with_file_name(format!("{stem}{ending}-{n}.csv")),
    };
    (1..).map(named).find(|path| !path.exists()).unwrap_or_else(|| named(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_file_managers_and_shells_paste_is_a_path() {
        let cases = [
            ("/a b/c.csv", "/a b/c.csv"),
            ("'/a b/花名册.csv'\n", "/a b/花名册.csv"),
            ("\"/a b/c.csv\"", "/a b/c.csv"),
            ("'/a'\\''b.csv'", "/a'b.csv"),
            ("/a\\ b/c\\(1\\).csv", "/a b/c(1).csv"),
            ("file:///a%20b/%E8%8A%B1.csv", "/a b/花.csv"),
            ("file://localhost/a.csv\r\nfile:///b.csv", "/a.csv"),
            ("file:///100%.csv", "/100%.csv"),
            ("名单.csv", "名单.csv"),
            ("", ""),
        ];
        for (pasted, path) in cases {
            assert_eq!(cleaned(pasted), path, "{pasted:?}");
        }
        assert!(is_whole("/a") && is_whole("~/a") && !is_whole("a/b") && !is_whole("~a"));
    }

    #[test]
    fn a_path_begins_at_home() {
        let home = Path::new("/home/li");
        for (typed, path) in [
            ("~", "/home/li"),
            ("~/a.csv", "/home/li/a.csv"),
            ("a.csv", "/home/li/a.csv"),
            ("/a.csv", "/a.csv"),
            ("~//a.csv", "/home/li/a.csv"),
        ] {
            assert_eq!(meant(typed, home), Path::new(path), "{typed}");
        }
        assert_eq!(split("~/下载/名"), ("~/下载/", "名"));
        assert_eq!(split("名"), ("", "名"));
        assert_eq!(split("~"), ("~", ""));
    }

    fn made() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("下载")).unwrap();
        for name in ["花名册.csv", "花名单.XLSX", "合同.pdf", ".hidden.csv", "Roster.txt"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        folder
    }

    fn listed(folder: &Path, typed: &str) -> Vec<String> {
        entries(folder, typed).iter().map(Entry::shown).collect()
    }

    #[test]
    fn tables_stand_first_and_names_are_found_by_pinyin_too() {
        let folder = made();
        let all = listed(folder.path(), "");
        assert_eq!(all, ["Roster.txt", "花名册.csv", "花名单.XLSX", "下载/", "合同.pdf"]);
        assert_eq!(listed(folder.path(), "r"), ["Roster.txt"]);
        assert_eq!(listed(folder.path(), "hm"), ["花名册.csv", "花名单.XLSX"]);
        assert_eq!(listed(folder.path(), "."), [".hidden.csv"]);
        assert!(listed(&folder.path().join("none"), "").is_empty());
    }

    #[test]
    fn tab_writes_what_is_common() {
        let folder = made();
        let tab = |typed: &str| completed(typed, &entries(folder.path(), typed));
        assert_eq!(tab("花"), Some("花名".into()));
        assert_eq!(tab("花名"), None);
        assert_eq!(tab("花名册"), Some("花名册.csv".into()));
        assert_eq!(tab("xz"), Some("下载/".into()));
        assert_eq!(tab("hm"), Some("花名".into()));
        assert_eq!(tab(""), None);
        assert_eq!(tab("没有"), None);
    }

    #[test]
    fn refused_rows_never_take_a_files_place() {
        let folder = made();
        let list = folder.path().join("花名册.xlsx");
        let first = for_refused(&list, "-未通过");
        assert_eq!(first, folder.path().join("花名册-未通过.csv"));
        fs::write(&first, "").unwrap();
        let second = for_refused(&list, "-未通过");
        assert_eq!(second, folder.path().join("花名册-未通过-2.csv"));
        assert_eq!(for_refused(&first, "-未通过"), second);
    }

    proptest! {
        /// Whatever is pasted, nothing panics, and a path that a shell quoted is the path again.
        #[test]
        fn any_paste_is_read(text in ".{0,40}", path in "/[a-z 名册()&;$\"%#]{0,20}") {
            let _ = (cleaned(&text), meant(&text, Path::new("/h")), split(&text));
            prop_assume!(path.trim() == path);
            prop_assert_eq!(cleaned(&format!("'{path}'")), path.clone());
            let escaped: String = path.chars().flat_map(|c| ['\\', c]).collect();
            let escaped = escaped.replacen("\\/", "/", 1);
            prop_assert_eq!(cleaned(&escaped), path.clone());
            let uri: String = path.bytes().map(|byte| match byte {
                b'/' => "/".to_string(),
                byte => format!("%{byte:02X}"),
            }).collect();
            prop_assert_eq!(cleaned(&format!("file://{uri}")), path);
        }

        /// Tab only ever goes on to something that is there, and again changes nothing.
        #[test]
        fn what_tab_writes_is_the_beginning_of_an_entry(
            names in prop::collection::btree_set("[ab名册]{1,6}", 1..8),
            typed in "[ab名]{0,2}",
        ) {
            let all: Vec<Entry> = names
                .iter()
                .map(|name| Entry { name: name.into(), is: Is::Table, bytes: 0 })
                .filter(|entry| matches(&entry.shown(), &typed))
                .collect();
            if let Some(written) = completed(&typed, &all) {
                prop_assert!(all.iter().all(|entry| entry.shown().starts_with(&written)));
                prop_assert_eq!(completed(&written, &all), None);
            }
        }
    }
}
