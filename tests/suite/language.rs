//! The language of packs and rules: every key the loaders read is on the pages a clerk reads, no key
//! on these pages is read by nobody, and no id of a pack is in the program.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use yizhan::policy::Library;
use yizhan::program::Catalogue;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// Ways of the loaders to ask for a key, up to the quote before it.
const ASKING: &[&str] = &[
    "need_text(\"",
    "text(\"",
    "texts(\"",
    "yes(\"",
    "is_true(\"",
    "whole(\"",
    "scalar(\"",
    "word(\"",
    "said(\"",
    "table(\"",
    "tables(\"",
    "tables_or_texts(\"",
    "named_tables(\"",
    "paths(\"",
    "(item, \"",
    "(entry, \"",
    "(&entry, \"",
    "(node, \"",
    "(&node, \"",
];

/// The keys the loaders in these files ask for.
fn asked(files: &[&str]) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for file in files {
        let text = read(file);
        // A call may be written over several lines.
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ").replace("( ", "(");
        for way in ASKING {
            for (at, _) in text.match_indices(way) {
                let rest = text.get(at + way.len()..).unwrap();
                let key = rest.split('"').next().unwrap();
                let is_key = key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
                if is_key && !key.is_empty() {
                    keys.insert(key.to_string());
                }
            }
        }
    }
    keys
}

/// The keys a page describes: the first cell of its rows.
fn described(page: &str) -> BTreeSet<String> {
    let page = read(page);
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    rows.map(|(key, _)| key.to_string()).collect()
}

fn loaders() -> Vec<String> {
    let dir = root().join("src/program/loader");
    let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name());
    files.map(|name| format!("src/program/loader/{}", name.to_str().unwrap())).collect()
}

#[test]
fn every_key_of_a_pack_is_on_the_page_and_none_besides() {
    let files = loaders();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let (asked, described) = (asked(&files), described("assets/programs/README.md"));
    assert!(asked.len() > 80, "the loader is read: {asked:?}");
    assert_eq!(asked.difference(&described).collect::<Vec<_>>(), Vec::<&String>::new(), "not told");
    assert_eq!(described.difference(&asked).collect::<Vec<_>>(), Vec::<&String>::new(), "not read");
}

/// The words of the language are all used by the packs of the tests' library, so that each is tried.
#[test]
fn every_key_of_a_pack_is_used_by_the_lending_library() {
    let mut used = BTreeSet::new();
    for file in ["programs.toml", "cards.toml"] {
        let text = read(&format!("tests/fixtures/lending/{file}"));
        collect(&text.parse::<toml::Table>().unwrap(), &mut used);
    }
    let described = described("assets/programs/README.md");
    let unused: Vec<&String> = described.iter().filter(|key| !used.contains(*key)).collect();
    assert_eq!(unused, Vec::<&String>::new(), "no pack of the library uses them");
}

fn collect(table: &toml::Table, keys: &mut BTreeSet<String>) {
    for (key, value) in table {
        keys.insert(key.clone());
        let tables: Vec<&toml::Table> = match value {
            toml::Value::Table(table) => vec![table],
            toml::Value::Array(items) => items.iter().filter_map(|item| item.as_table()).collect(),
            _ => Vec::new(),
        };
        tables.into_iter().for_each(|table| collect(table, keys));
    }
}

#[test]
fn every_key_of_a_rule_is_on_the_page_and_none_besides() {
    let (asked, described) = (asked(&["src/policy/load.rs"]), described("assets/policy/README.md"));
    assert!(asked.len() > 40, "the loader is read: {asked:?}");
    assert_eq!(asked.difference(&described).collect::<Vec<_>>(), Vec::<&String>::new(), "not told");
    assert_eq!(described.difference(&asked).collect::<Vec<_>>(), Vec::<&String>::new(), "not read");
}

/// Ids of packs that are words of something else as well, with what they are there.
const WORDS: &[(&str, &str)] = &[
    // The anchor of identity, duplicates and privacy: the person, and what says who somebody is.
    ("person", "the kind everything else points at"),
    ("name", "of a person; a key in many formats"),
    ("id_number", "of a person; a field type"),
    ("birth_date", "follows from an identity number"),
    ("sex", "follows from an identity number"),
    ("phone", "a field type"),
    // The language of packs and rules.
    ("reason", "a question every move can ask"),
    ("clause", "a question every move can ask; a key"),
    ("fields", "a question every move can ask; a key"),
    ("category", "what `from_sheet` and `gives` say"),
    ("consents", "a key"),
    ("consent_group", "the code list of sensitivity groups"),
    ("group", "a column of every table of consents"),
    ("withdrawn_on", "a column of every table of consents"),
    ("bank_card", "a field type"),
    ("papers", "a field type"),
    ("kind", "a key"),
    ("unit", "a key"),
    ("area", "a key"),
    ("document", "a key"),
    ("level", "a key"),
    ("submit", "a word of `required`"),
    ("submitted", "a word of `from`"),
    // Names of actions in the one table of them.
    ("approve", "an action"),
    ("return", "an action"),
    ("decline", "an action"),
    // Words of other formats and of the program itself.
    ("head", "of the journal; an element of HTML"),
    ("address", "an element of HTML"),
    ("form", "an element of HTML"),
    ("note", "an element of spreadsheets; a command"),
    ("remarks", "a word lists end with"),
    ("version", "of an adopted file"),
];

/// Every id of the packs and rules that come with the program.
fn ids() -> BTreeMap<String, String> {
    let mut ids = BTreeMap::new();
    let catalogue = Catalogue::built_in().unwrap();
    let mut add = |id: &str, what: &str| {
        ids.insert(id.to_string(), what.to_string());
    };
    for kind in catalogue.kinds() {
        add(&kind.id, "kind");
        for field in kind.fields() {
            add(&field.id, "field");
            field.field_type.columns().iter().for_each(|column| add(&column.id, "column"));
        }
        kind.lists.iter().for_each(|list| add(&list.id, "list of records"));
        for life in kind.workflow.iter() {
            life.states.iter().for_each(|state| add(&state.id, "state"));
            for step in &life.moves {
                add(&step.id, "move");
                step.asks.iter().for_each(|ask| add(&ask.id, "question"));
            }
        }
    }
    catalogue.code_lists().for_each(|list| add(&list.id, "code list"));
    let library = Library::built_in().unwrap();
    library.parameters.keys().for_each(|id| add(id, "parameter"));
    for rules in library.rule_sets.values() {
        add(&rules.id, "rule set");
        rules.facts.iter().for_each(|fact| add(&fact.id, "fact"));
        rules.values.iter().for_each(|value| add(&value.id, "value"));
        rules.lines.iter().for_each(|line| add(&line.id, "line"));
        rules.outcomes.iter().for_each(|outcome| add(&outcome.id, "outcome"));
    }
    ids
}

fn sources(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_string();
        if path.is_dir() {
            if !matches!(name.as_str(), "areas" | "demo" | "tests") {
                sources(&path, out);
            }
        } else if name.ends_with(".rs") && name != "tests.rs" {
            out.push(path);
        }
    }
}

/// The texts in quotes of a source, without its comments and its own tests.
fn literals(text: &str) -> Vec<(usize, String)> {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let mut found = Vec::new();
    for (number, line) in code.lines().enumerate() {
        let line = line.split("//").next().unwrap();
        for (at, piece) in line.split('"').enumerate() {
            if at % 2 == 1 {
                found.push((number + 1, piece.to_string()));
            }
        }
    }
    found
}

#[test]
fn no_id_of_a_pack_stands_in_the_program() {
    let ids = ids();
    assert!(ids.len() > 200, "{}", ids.len());
    let words: BTreeSet<&str> = WORDS.iter().map(|(word, _)| *word).collect();
    let (mut files, mut told, mut used) = (Vec::new(), Vec::new(), BTreeSet::new());
    sources(&root().join("src"), &mut files);
    for file in files {
        for (line, literal) in literals(&fs::read_to_string(&file).unwrap()) {
            let Some(what) = ids.get(&literal) else { continue };
            match words.get(literal.as_str()) {
                Some(word) => {
                    used.insert(*word);
                }
                None => told.push(format!("{}:{line}: {what} \"{literal}\"", file.display())),
            }
        }
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
    // A word nobody uses any more goes from the list.
    let idle: Vec<&&str> = words.iter().filter(|word| !used.contains(**word)).collect();
    assert!(idle.is_empty(), "no exception is needed for {idle:?}");
}
