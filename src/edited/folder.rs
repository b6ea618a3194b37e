//! The edited files of a folder.
//!
//! Only regular files are read. Whoever may write into the folder could lay a pipe, a device or a
//! link there under the name of a file: opening one would hang, or read what is not the office's.

use super::Problems;
use crate::said;
use crate::words::{Problem, Said};
use rustix::fs::OFlags;
use std::fs::{self, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The largest file read; the largest shipped one has a thirtieth of that.
const LARGEST: u64 = 1024 * 1024;
/// So many files are read; the program itself brings along three a folder.
const MOST: usize = 200;

/// What lies in a folder of edited files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// The `*.toml` files with their texts, by name.
    pub files: Vec<(String, String)>,
    /// What is called so and was not read, and why; with the path as the person knows it.
    pub problems: Vec<Problem>,
    /// What editors leave behind, by name: copies and half-saved files.
    pub passed_over: Vec<String>,
}

/// Looks into a folder; one that is not there is empty.
#[must_use]
pub fn look_in(folder: &Path) -> Looked {
    let mut looked = Looked::default();
    let wrong = |path: &Path, said: Said| {
        let shown: String = path.display().to_string();
        Problem::new(shown.replace(char::is_control, "?"), 0, said)
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return looked,
        Err(error) => {
            looked.problems.push(wrong(folder, unreadable(&error)));
            return looked;
        }
    };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if is_left_behind(&name) {
            looked.passed_over.push(name);
        } else if path.extension().is_some_and(|end| end == "toml") {
            if looked.files.len() + looked.problems.len() >= MOST {
                looked.problems.push(wrong(
                    folder,
                    said!(
                        "文件超过 {MOST} 个，其余没有读取；请清理",
                        "it holds more than {MOST} files, and the rest was not read; tidy it up"
                    ),
                ));
                break;
            }
            match read(&path, &name) {
                Ok(text) => looked.files.push((name, text)),
                Err(said) => looked.problems.push(wrong(&path, said)),
            }
        }
    }
    looked
}

/// The `*.toml` files of a folder with their texts, by path; a folder that is not there is empty.
/// What cannot be read goes to `problems`.
#[must_use]
pub fn files_in(folder: &Path, problems: &Problems) -> Vec<(String, String)> {
    let looked = look_in(folder);
    problems.extend(looked.problems);
    let path = |name: String| folder.join(name).display().to_string();
    looked.files.into_iter().map(|(name, text)| (path(name), text)).collect()
}

/// A copy or a half-saved file of an editor: `a.toml~`, `a.toml.bak`, `.a.toml.swp`, `#a.toml#`.
fn is_left_behind(name: &str) -> bool {
    let hidden = name.starts_with(['.', '#']);
    let copy = name.split_once(".toml").is_some_and(|(_, rest)| !rest.is_empty());
    name.contains(".toml") && (hidden || (copy && !name.ends_with(".toml")))
}

fn read(path: &Path, name: &str) -> Result<String, Said> {
    if name.contains(|c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER) {
        return Err(said!(
            "文件名里有不可见的字符，没有读取；请改名",
            "its name has invisible characters, so it was not read; rename it"
        ));
    }
    let kind = fs::symlink_metadata(path).map_err(|error| unreadable(&error))?.file_type();
    if !kind.is_file() {
        return Err(no_file());
    }
    // It may have been changed for something else just now: neither followed nor waited for.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY).bits();
    let flags = i32::try_from(flags).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path);
    let file = file.map_err(|error| unreadable(&error))?;
    if !file.metadata().map_err(|error| unreadable(&error))?.is_file() {
        return Err(no_file());
    }
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > LARGEST {
        return Err(said!(
            "超过 1 MB，没有读取；业务包和规则用不了这么大的文件",
            "it is larger than 1 MB and was not read; no pack or rule needs as much"
        ));
    }
    String::from_utf8(bytes)
        .map_err(|_| unreadable(&io::Error::new(io::ErrorKind::InvalidData, "UTF-8")))
}

fn no_file() -> Said {
    said!(
        "不是普通文件（链接、目录、管道或设备），没有读取；请放文件本身",
        "it is no regular file (a link, folder, pipe or device) and was not read; put the file itself here"
    )
}

fn unreadable(error: &io::Error) -> Said {
    said!(
        "读不出来（{error}），请检查文件权限和编码（应为 UTF-8）",
        "cannot be read ({error}); check its permissions and that it is UTF-8"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn only_regular_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("a.toml"), "x = 1\n").unwrap();
        fs::write(at("notes.txt"), "no edited file").unwrap();
        for left in ["a.toml~", "a.toml.bak", ".a.toml.swp", ".b.toml", "#a.toml#"] {
            fs::write(at(left), "x = 2\n").unwrap();
        }
        fs::create_dir(at("b.toml")).unwrap();
        symlink(at("a.toml"), at("c.toml")).unwrap();
        let pipe = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, at("d.toml"), pipe, 0o600.into(), 0).unwrap();
        let large = usize::try_from(LARGEST).unwrap() + 1;
        fs::write(at("e.toml"), " ".repeat(large)).unwrap();
        fs::write(at("f.toml"), [0xD7, 0xD4, 0xFF]).unwrap();
        let looked = look_in(folder.path());
        assert_eq!(looked.files, [("a.toml".to_string(), "x = 1\n".to_string())]);
        let wrong: Vec<_> = looked.problems.iter().map(|problem| &problem.file).collect();
        let names = ["b.toml", "c.toml", "d.toml", "e.toml", "f.toml"];
        assert!(wrong.iter().zip(names).all(|(file, name)| file.ends_with(name)), "{wrong:?}");
        assert_eq!((wrong.len(), looked.passed_over.len()), (names.len(), 5));
        assert_eq!(look_in(&at("none")), Looked::default());
    }
}
