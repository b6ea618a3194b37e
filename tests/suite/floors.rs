//! The house stands: a room uses only rooms on lower floors.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const FLOORS: &[(&str, u8)] = &[
    ("words", 1),
    ("edited", 1),
    ("record", 1),
    ("formula", 1),
    ("calendar", 1),
    ("terminal", 1),
    ("program", 2),
    ("policy", 2),
    ("workflow", 3),
    ("store", 3),
    ("directory", 4),
    ("areas", 5),
    ("office", 6),
    ("exchange", 7),
    ("demo", 7),
    ("ui", 8),
    ("access", 9),
    ("cli", 9),
];

/// On the ground floor every room may use `words`; `record`, `calendar` and `formula` read the
/// files an office edits through `edited`, and the latter two may use `record`'s plain values.
const NEIGHBOURS: &[(&str, &str)] = &[
    ("edited", "words"),
    ("record", "words"),
    ("record", "edited"),
    ("formula", "words"),
    ("calendar", "words"),
    ("terminal", "words"),
    ("formula", "edited"),
    ("calendar", "edited"),
    ("formula", "record"),
    ("calendar", "record"),
    ("cli", "access"),
];

fn rust_files(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            out.push(path);
        }
    }
}

/// The rooms a line of code names: `crate::room` anywhere in it, or the members of
/// `use crate::{a, b}`.
fn rooms_named(source: &str) -> Vec<String> {
    let code: String = source
        .lines()
        .map(|line| line.split("//").next().unwrap_or(""))
        .collect::<Vec<_>>()
        .join("\n");
    let mut named = Vec::new();
    for part in code.split("crate::").skip(1) {
        if let Some(list) = part.strip_prefix('{') {
            let mut depth = 0;
            let mut word = String::new();
            for c in list.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        named.push(std::mem::take(&mut word));
                        continue;
                    }
                    _ => {}
                }
                if depth == 0 {
                    word.push(c);
                }
            }
            named.push(word);
        } else {
            named.push(part.to_string());
        }
    }
    named
        .iter()
        .map(|part| {
            part.trim().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
        })
        .collect()
}

#[test]
fn no_arrow_runs_up() {
    let floors: BTreeMap<_, _> = FLOORS.iter().copied().collect();
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    assert!(files.len() > FLOORS.len(), "the rooms were not found");
    let mut wrong = Vec::new();
    for file in files {
        let inside = file.strip_prefix(&src).unwrap();
        let room = inside.components().next().unwrap().as_os_str().to_str().unwrap();
        let Some(&floor) = floors.get(room) else { continue };
        for used in rooms_named(&fs::read_to_string(&file).unwrap()) {
            let Some(&below) = floors.get(used.as_str()) else { continue };
            let allowed =
                used == room || below < floor || NEIGHBOURS.contains(&(room, used.as_str()));
            if !allowed {
                wrong.push(format!("{} uses {used}", inside.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that run up or sideways:\n{}", wrong.join("\n"));
}

#[test]
fn every_room_is_on_the_map() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let map = fs::read_to_string(src.join("lib.rs")).unwrap();
    for entry in fs::read_dir(&src).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_dir() {
            continue;
        }
        let room = path.file_name().unwrap().to_str().unwrap();
        assert!(FLOORS.iter().any(|(name, _)| *name == room), "{room} has no floor");
        assert!(map.contains(&format!("[`{room}`]")), "{room} is not on the map in lib.rs");
    }
}

#[test]
fn the_reader_of_uses_sees_lists_and_paths() {
    assert_eq!(rooms_named("use crate::{record::{Value, Row}, words::Said};"), ["record", "words"]);
    assert_eq!(rooms_named("let x = crate::ui::draw(); // crate::cli"), ["ui"]);
}

/// Functions, types and traits that others may use say what they are; fields and variants need it only
/// where their names do not. What a constructor makes is said by its type.
#[test]
fn public_items_say_what_they_are() {
    let kinds = ["fn ", "struct ", "enum ", "trait ", "type "];
    let is_public = |line: &str| {
        let item = line.trim_start().strip_prefix("pub ");
        let item = item.map(|item| item.trim_start_matches("const ").trim_start_matches("async "));
        item.is_some_and(|item| {
            kinds.iter().any(|kind| item.starts_with(kind)) && !item.starts_with("fn new(")
        })
    };
    let mut files = Vec::new();
    rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let mut silent = Vec::new();
    let mut items = 0;
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let lines: Vec<&str> = code.lines().collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| is_public(line)) {
            items += 1;
            // Attributes lie between, over several lines too.
            let before = lines[..at].iter().rev().map(|line| line.trim());
            let mut before = before.skip_while(|line| {
                !line.is_empty() && !line.starts_with("///") && !line.ends_with(['{', '}', ';'])
            });
            if !before.next().is_some_and(|line| line.starts_with("///")) {
                silent.push(format!("{}:{}: {}", file.display(), at + 1, line.trim()));
            }
        }
    }
    assert!(items > 1_000, "{items}");
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}
