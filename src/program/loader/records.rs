//! Lists of records, and the fields they are narrowed by.

use super::Mentions;
use super::moves::roles_in;
use crate::edited::{At, Node, Problems, values};
use crate::program::{FieldType, Kind, ListSort, RecordList};
use crate::said;
use crate::words::closest;

/// Names under which the program keeps what it narrows lists by itself.
const OF_THE_HOUSE: [&str; 6] =
    ["created_by", "confidential", "open_to", "not_for", "rests_on", STATE];

/// What a list is narrowed by besides facets.
const STATE: &str = "state";
/// The values of a yes/no facet.
const YES_NO: [&str; 2] = ["yes", "no"];

/// Which records are meant: those in some states, with some values of facets.
#[derive(Default)]
pub(super) struct Narrowed {
    pub states: Vec<String>,
    pub facets: Vec<(String, Vec<String>)>,
    /// Codes that are asked for, with the id of their code list.
    pub codes: Vec<(String, At<String>)>,
}

/// Reads what `where` names of a kind.
pub(super) fn narrowed(
    kind: &Kind,
    named: &[(At<String>, Vec<At<String>>)],
    problems: &Problems,
) -> Narrowed {
    let mut narrowed = Narrowed::default();
    for (name, wanted) in named {
        if wanted.is_empty() {
            problems.add(
                &name.place,
                said!("列表是空的：写至少一个值", "the list is empty: give at least one value"),
            );
        }
        if name.value == STATE {
            wanted.iter().for_each(|at| known_state(kind, at, problems));
            narrowed.states = values(wanted.clone());
        } else {
            known_values(kind, name, wanted, problems, &mut narrowed.codes);
            narrowed.facets.push((name.value.clone(), values(wanted.clone())));
        }
    }
    narrowed
}

/// Reads `[[kind.….list]]`; its kind is there but for its lists.
pub(super) fn list(node: &Node<'_>, kind: &Kind, mentions: &mut Mentions) -> Option<RecordList> {
    let id = node.need_text("id");
    let title = node.need_said("title");
    let named: Vec<_> = node.table("where").iter().flat_map(Node::every_list).collect();
    let Narrowed { states, facets, codes } = narrowed(kind, &named, node.problems());
    mentions.codes.extend(codes);
    let sort = node.word("sort", ListSort::WORDS).unwrap_or_default();
    let shows = node.texts("shows");
    let home = node.yes("home").unwrap_or(false);
    let by = roles_in(node, "by");
    node.finish();
    if let Some(id) = &id {
        super::fields::check_id(node, id);
        if kind.lists.iter().any(|list| list.id == id.value) {
            let id = &id.value;
            node.wrong(said!("名单“{id}”出现了两次", "list `{id}` is here twice"));
        }
    }
    let columns = shows.iter().map(|at| at.value.clone()).collect();
    mentions.shows.extend(shows.into_iter().map(|at| (kind.id.clone(), at)));
    Some(RecordList { id: id?.value, title, states, facets, shows: columns, sort, home, by })
}

fn known_state(kind: &Kind, at: &At<String>, problems: &Problems) {
    let states = kind.workflow.iter().flat_map(|life| &life.states);
    let states: Vec<&str> = states.map(|state| state.id.as_str()).collect();
    if !states.contains(&at.value.as_str()) {
        let id = &at.value;
        problems.add_meant(
            &at.place,
            said!("没有“{id}”这个状态", "there is no state `{id}`"),
            closest(id, states),
        );
    }
}

/// A list is narrowed by facets, to values their fields can have.
fn known_values(
    kind: &Kind,
    name: &At<String>,
    wanted: &[At<String>],
    problems: &Problems,
    codes: &mut Vec<(String, At<String>)>,
) {
    let id = &name.value;
    if !kind.facets.contains(id) {
        let known = kind.facets.iter().map(String::as_str).chain([STATE]);
        problems.add_meant(
            &name.place,
            said!(
                "where 里的“{id}”不在 facet 里，列表不能按它筛选",
                "`{id}` in `where` is no facet, so lists are not narrowed by it"
            ),
            closest(id, known),
        );
        return;
    }
    match kind.field_at(id).map(|field| &field.field_type) {
        Some(FieldType::Choice { list } | FieldType::Tags { list, .. }) => {
            codes.extend(wanted.iter().map(|at| (list.clone(), at.clone())));
        }
        Some(FieldType::YesNo) => {
            for at in wanted.iter().filter(|at| !YES_NO.contains(&at.value.as_str())) {
                problems.add_meant(
                    &at.place,
                    said!("是非字段写 yes 或 no", "a yes/no field is `yes` or `no`"),
                    closest(&at.value, YES_NO),
                );
            }
        }
        Some(FieldType::Reference { .. }) => problems.add(
            &name.place,
            said!(
                "“{id}”指向别的记录，where 里不能写某一份：打开那份记录，下面就有指向它的",
                "`{id}` leads to other records and `where` names none of them: a record's page lists what points at it"
            ),
        ),
        _ => {}
    }
}

/// Facets are fields with few values, and none whose values are not everybody's to see.
pub(super) fn facets(kind: &Kind, facets: &[At<String>], problems: &Problems) {
    for at in facets {
        let id = &at.value;
        let Some(field) = kind.field(id) else {
            let known = kind.fields().filter(|field| field.field_type.is_facet());
            problems.add_meant(
                &at.place,
                said!("没有“{id}”这个字段", "there is no field `{id}`"),
                closest(id, known.map(|field| field.id.as_str())),
            );
            continue;
        };
        if OF_THE_HOUSE.contains(&id.as_str()) {
            problems.add(
                &at.place,
                said!(
                    "“{id}”是程序自己用的名称，不能作筛选项，请给字段换一个编号",
                    "`{id}` is a name the program uses itself; give the field another id"
                ),
            );
        }
        if !field.field_type.is_facet() {
            let name = field.field_type.name();
            problems.add(
                &at.place,
                said!(
                    "“{name}”类型的字段不能作筛选项",
                    "lists are not narrowed by a field of type `{name}`"
                ),
            );
        }
        if field.sensitive.is_some() || field.gives_away.is_some() {
            problems.add(
                &at.place,
                said!(
                    "“{id}”是敏感信息，列表不能按它筛选：筛出来的名单就把它说出去了",
                    "`{id}` is sensitive: a list narrowed by it would tell it"
                ),
            );
        }
    }
}
