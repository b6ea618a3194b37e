//! What can only be checked when all files are there: names across files, headings, duplicates.

use super::known::known_code;
use super::{Mentions, Part};
use crate::edited::{At, Place, Problems};
use crate::program::{Catalogue, Kind, NoRecords, Typing, code_list::folded, typed};
use crate::said;
use crate::words::{Said, closest};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// The list whose codes are the sensitivity groups.
const GROUPS: &str = "consent_group";

/// Columns every list can show besides fields.
const RECORD_COLUMNS: [&str; 5] = ["number", "state", "due", "updated", "created_by"];

/// Ids and codes that are twice, in one file or in two.
pub(super) fn duplicates(parts: &[Part], problems: &Problems) {
    let mut packs = BTreeMap::new();
    let mut kinds = BTreeMap::new();
    let mut codes = BTreeMap::new();
    let mut lists = BTreeMap::new();
    let mut measures = BTreeMap::new();
    for part in parts {
        for id in &part.mentions.measures {
            once(&mut measures, id.value.clone(), &id.place, problems, "计量", "measure");
        }
        let pack = &part.pack;
        once(&mut packs, pack.value.id.clone(), &pack.place, problems, "包", "pack");
        for kind in &part.kinds {
            once(&mut kinds, kind.value.id.clone(), &kind.place, problems, "记录种类", "kind");
            if kind.value.code > 0 {
                let code = kind.value.code.to_string();
                once(&mut codes, code, &kind.place, problems, "种类编码", "kind code");
            }
        }
        for list in &part.lists {
            once(&mut lists, list.value.id.clone(), &list.place, problems, "代码表", "code list");
        }
    }
}

fn once(
    seen: &mut BTreeMap<String, Place>,
    name: String,
    place: &Place,
    problems: &Problems,
    zh: &str,
    en: &str,
) {
    if let Some(first) = seen.get(&name) {
        let (file, line) = (&first.file, first.line);
        problems.add(
            place,
            said!(
                "{zh}“{name}”已经在 {file} 第 {line} 行用过",
                "{en} `{name}` is already used at {file}:{line}"
            ),
        );
        return;
    }
    seen.insert(name, place.clone());
}

/// Looks up what one file mentions.
pub(super) fn check(catalogue: &Catalogue, mentions: &Mentions, problems: &Problems) {
    for at in &mentions.lists {
        if catalogue.code_list(&at.value).is_none() {
            let id = &at.value;
            let known = catalogue.code_lists().map(|list| list.id.as_str());
            problems.add_meant(
                &at.place,
                said!("没有“{id}”这个代码表", "there is no code list `{id}`"),
                closest(id, known),
            );
        }
    }
    for at in &mentions.kinds {
        if catalogue.kind(&at.value).is_none() {
            let id = &at.value;
            problems.add_meant(
                &at.place,
                said!("没有“{id}”这种记录", "there is no kind `{id}`"),
                closest(id, catalogue.kinds().map(|kind| kind.id.as_str())),
            );
        }
    }
    for (list, at) in &mentions.codes {
        known_code(catalogue, list, at, problems);
    }
    for (kind, at) in &mentions.shows {
        if let Some(kind) = catalogue.kind(kind) {
            column(catalogue, kind, at, problems);
        }
    }
    for (kind, at) in &mentions.hops {
        if let Some(kind) = catalogue.kind(kind) {
            super::records::check_hop(catalogue, kind, at, problems);
        }
    }
    for (kind, name, wanted) in &mentions.hop_values {
        let Some(kind) = catalogue.kind(kind) else { continue };
        let codes = super::records::check_hop_values(catalogue, kind, name, wanted, problems);
        codes.iter().for_each(|(list, at)| known_code(catalogue, list, at, problems));
    }
    for (kind, at) in &mentions.find_by {
        if let Some(kind) = catalogue.kind(kind) {
            found_by(kind, at, problems);
        }
    }
    for mentioned in &mentions.follows {
        super::follows::check(catalogue, mentioned, problems);
    }
    defaults(catalogue, mentions, problems);
    groups(catalogue, mentions, problems);
    for kind in catalogue.kinds() {
        shared_ids(catalogue, kind, mentions, problems);
        headings(catalogue, kind, mentions, problems);
    }
}

/// A list column: a field, a record's own column, or a field of the record a reference leads to.
fn column(catalogue: &Catalogue, kind: &Kind, at: &At<String>, problems: &Problems) {
    let (here, rest) = catalogue.through(kind, &at.value);
    if RECORD_COLUMNS.contains(&rest) || here.field(rest).is_some() {
        return;
    }
    let path = &at.value;
    let known = here.fields().map(|field| field.id.as_str()).chain(RECORD_COLUMNS);
    problems.add_meant(
        &at.place,
        said!("列表里的“{path}”不是字段", "`{path}` in the list is no field"),
        closest(rest, known),
    );
}

/// A record is found by its number and by what a search of its kind looks at.
fn found_by(kind: &Kind, at: &At<String>, problems: &Problems) {
    let search = &kind.search;
    let keys = search.names.iter().chain(&search.id_numbers).chain(&search.numbers);
    let known: Vec<&str> = keys.map(String::as_str).chain(["number"]).collect();
    if known.contains(&at.value.as_str()) {
        return;
    }
    let (id, title) = (&at.value, &kind.title);
    problems.add_meant(
        &at.place,
        Said::new(
            format!("{}不能按“{id}”查找：find_by 只能写 number 和它 search 里的字段", title.zh),
            format!(
                "a {} is not found by `{id}`: `find_by` has `number` and fields of its `search`",
                title.en
            ),
        ),
        closest(id, known),
    );
}

/// Default values must be what the field accepts.
fn defaults(catalogue: &Catalogue, mentions: &Mentions, problems: &Problems) {
    let today = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap_or_default();
    let typing = Typing { catalogue, today, records: &NoRecords };
    for (kind, path, place) in &mentions.defaults {
        let Some(kind) = catalogue.kind(kind) else { continue };
        let field = kind.field_at(path).or_else(|| kind.asked_field(path));
        let Some(field) = field else { continue };
        let Some(text) = &field.default else { continue };
        if field.field_type.list().is_some_and(|list| catalogue.code_list(list).is_none()) {
            continue; // told already
        }
        if let Err(error) = typed::parse(field, text, &typing) {
            let said = error.said;
            problems.add(
                place,
                Said::new(
                    format!("默认值不能用：{}", said.zh),
                    format!("the default cannot be used: {}", said.en),
                ),
            );
        }
    }
}

/// Sensitivity groups are entries of one code list, so that consents can be ticked by group.
fn groups(catalogue: &Catalogue, mentions: &Mentions, problems: &Problems) {
    let Some(list) = catalogue.code_list(GROUPS) else { return };
    for at in mentions.groups.iter().filter(|at| list.entry(&at.value).is_none()) {
        let group = &at.value;
        problems.add_meant(
            &at.place,
            said!("没有“{group}”这个敏感信息组", "there is no sensitivity group `{group}`"),
            closest(group, list.entries.iter().map(|entry| entry.code.as_str())),
        );
    }
}

/// A record's fields and those of its person are addressed side by side.
fn shared_ids(catalogue: &Catalogue, kind: &Kind, mentions: &Mentions, problems: &Problems) {
    let Some(person) = catalogue.person_kind(kind) else { return };
    for field in kind.fields().filter(|field| person.field(&field.id).is_some()) {
        let Some(place) = mentions.fields.get(&(kind.id.clone(), field.id.clone())) else {
            continue;
        };
        let (id, other) = (&field.id, &person.id);
        problems.add(
            place,
            said!(
                "字段“{id}”与“{other}”的字段同名，请换一个编号",
                "field `{id}` is also a field of `{other}`; take another id"
            ),
        );
    }
}

/// One heading leads to one field.
fn headings(catalogue: &Catalogue, kind: &Kind, mentions: &Mentions, problems: &Problems) {
    let mut taken: BTreeMap<String, (&str, &str)> = BTreeMap::new();
    for (owner, field) in catalogue.flat_fields(kind) {
        for heading in field.headings() {
            let known = taken.entry(folded(heading)).or_insert((&owner.id, &field.id));
            let place = mentions.fields.get(&(owner.id.clone(), field.id.clone()));
            if let (true, Some(place)) = (known.1 != field.id, place) {
                let other = known.1;
                problems.add(
                    place,
                    said!(
                        "表头“{heading}”已经属于“{other}”",
                        "the heading `{heading}` already belongs to `{other}`"
                    ),
                );
            }
        }
    }
    for table in kind.fields() {
        let mut taken: BTreeMap<String, &str> = BTreeMap::new();
        for column in table.field_type.columns() {
            for heading in column.headings() {
                let known = *taken.entry(folded(heading)).or_insert(&column.id);
                let path = format!("{}.{}", table.id, column.id);
                let place = mentions.fields.get(&(kind.id.clone(), path));
                if let (true, Some(place)) = (known != column.id, place) {
                    problems.add(
                        place,
                        said!(
                            "表头“{heading}”已经属于“{known}”列",
                            "the heading `{heading}` already belongs to column `{known}`"
                        ),
                    );
                }
            }
        }
    }
}
