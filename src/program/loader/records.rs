//! Lists of records, and the fields they are narrowed by.

use super::Mentions;
use super::known::roles_in;
use crate::edited::{At, Node, Place, Problems, values};
use crate::formula::{self, Formula};
use crate::program::{Catalogue, Derived, Field, FieldType, Hop, Kind, ListSort, RecordList};
use crate::said;
use crate::words::{Said, closest};

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
    /// What is asked of records that references lead to: only once all files are there it is known
    /// what they can have.
    pub hops: Vec<(At<String>, Vec<At<String>>)>,
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
            if kind.hop(&name.value).is_some() {
                narrowed.hops.push((name.clone(), wanted.clone()));
            } else {
                known_values(kind, name, wanted, problems, &mut narrowed.codes);
            }
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
    let Narrowed { states, facets, codes, hops } = narrowed(kind, &named, node.problems());
    mentions.codes.extend(codes);
    let of_kind = |(name, wanted)| (kind.id.clone(), name, wanted);
    mentions.hop_values.extend(hops.into_iter().map(of_kind));
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
        let hops = kind.hops.iter().map(|hop| hop.path.as_str());
        let known = kind.facets.iter().map(String::as_str).chain(hops).chain([STATE]);
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
        None => values_of(&FieldType::YesNo, wanted, problems, codes),
        Some(FieldType::Reference { .. }) => problems.add(
            &name.place,
            said!(
                "“{id}”指向别的记录，where 里不能写某一份：打开那份记录，下面就有指向它的",
                "`{id}` leads to other records and `where` names none of them: a record's page lists what points at it"
            ),
        ),
        Some(field_type) => values_of(field_type, wanted, problems, codes),
    }
}

/// A facet as its pack names it: a field, or what follows from fields.
pub(super) struct NamedFacet {
    /// The field, or the id of what follows from some.
    pub id: At<String>,
    title: Said,
    is: Option<Formula>,
    worked_out: bool,
}

impl NamedFacet {
    /// It is one of a record a reference leads to.
    pub fn is_hop(&self) -> bool {
        !self.worked_out && self.id.value.contains('.')
    }

    /// What follows from fields.
    pub fn derived(&self) -> Option<Derived> {
        let (id, title) = (self.id.value.clone(), self.title.clone());
        Some(Derived { id, title, is: self.is.clone()? })
    }
}

/// Reads `facet`: fields, and `{ id = "…", is = "formula" }`.
pub(super) fn facets(kind: &Node<'_>) -> Vec<NamedFacet> {
    let of_field = |id| NamedFacet { id, title: Said::default(), is: None, worked_out: false };
    let read = |item: Result<Node<'_>, At<String>>| {
        let node = match item {
            Ok(node) => node,
            Err(id) => return Some(of_field(id)),
        };
        let id = node.need_text("id");
        let is = Formula::need(&node, "is");
        let title = node.said("title");
        node.finish();
        let id = id?;
        super::fields::check_id(&node, &id);
        let title = title.unwrap_or_else(|| Said::same(id.value.clone()));
        Some(NamedFacet { id, title, is, worked_out: true })
    };
    kind.tables_or_texts("facet").into_iter().filter_map(read).collect()
}

/// Every reference is a facet without being named.
pub(super) fn add_references(kind: &mut Kind) {
    let references: Vec<String> = kind.references().map(|(path, _)| path).collect();
    kind.facets.extend(references);
    kind.facets.sort_unstable();
    kind.facets.dedup();
}

/// Facets of the records its references lead to, which are checked once all files are there.
pub(super) fn add_hops(
    kind: &mut Kind,
    facets: &[NamedFacet],
    mentions: &mut Mentions,
    problems: &Problems,
) {
    for NamedFacet { id: at, .. } in facets.iter().filter(|facet| facet.is_hop()) {
        let Some((reference, facet)) = at.value.split_once('.') else { continue };
        let field = kind.field(reference).filter(|field| field.is_reference());
        let Some(field) = field else {
            let known = kind.fields().filter(|field| field.is_reference());
            problems.add_meant(
                &at.place,
                said!(
                    "“{reference}”不是引用字段，后面不能再接“{facet}”",
                    "`{reference}` is no reference, and no `{facet}` follows it"
                ),
                closest(reference, known.map(|field| field.id.as_str())),
            );
            continue;
        };
        tells_nothing(field, &at.place, problems);
        kind.hops.push(Hop {
            path: at.value.clone(),
            reference: reference.to_string(),
            facet: facet.to_string(),
        });
        mentions.hops.push((kind.id.clone(), at.clone()));
    }
}

/// A facet of another record is one of its own kind's, and not a reference from there.
pub(super) fn check_hop(catalogue: &Catalogue, kind: &Kind, at: &At<String>, problems: &Problems) {
    let Some((there, facet)) = led_to(catalogue, kind, &at.value) else { return };
    let known = || there.facets.iter().filter(|id| !leads_on(there, id)).map(String::as_str);
    if known().all(|id| id != facet) {
        let (path, title) = (&at.value, &there.title);
        problems.add_meant(
            &at.place,
            Said::new(
                format!("“{path}”：“{facet}”不在“{}”的 facet 里", title.zh),
                format!("`{path}`: `{facet}` is no facet of a {}", title.en),
            ),
            closest(facet, known()),
        );
    }
}

/// The values a list asks a facet of another record for.
pub(super) fn check_hop_values(
    catalogue: &Catalogue,
    kind: &Kind,
    name: &At<String>,
    wanted: &[At<String>],
    problems: &Problems,
) -> Vec<(String, At<String>)> {
    let mut codes = Vec::new();
    if let Some((there, facet)) = led_to(catalogue, kind, &name.value)
        && there.facets.iter().any(|id| id == facet)
        && !leads_on(there, facet)
    {
        let at = At { value: facet.to_string(), place: name.place.clone() };
        known_values(there, &at, wanted, problems, &mut codes);
    }
    codes
}

/// The kind a facet of another record is of, and what it is called there.
fn led_to<'c>(catalogue: &'c Catalogue, kind: &'c Kind, path: &str) -> Option<(&'c Kind, &'c str)> {
    let hop = kind.hop(path)?;
    Some((catalogue.kind_behind(kind, hop)?, hop.facet.as_str()))
}

fn leads_on(kind: &Kind, facet: &str) -> bool {
    kind.field_at(facet).is_some_and(Field::is_reference)
}

/// Facets are fields with few values, and none whose values are not everybody's to see.
pub(super) fn check_facets(kind: &Kind, facets: &[NamedFacet], problems: &Problems) {
    for facet in facets {
        let NamedFacet { id: at, is, .. } = facet;
        let id = &at.value;
        if OF_THE_HOUSE.contains(&id.as_str()) {
            problems.add(
                &at.place,
                said!(
                    "“{id}”是程序自己用的名称，不能作筛选项，请换一个编号",
                    "`{id}` is a name the program uses itself; take another id"
                ),
            );
        }
        if !facet.worked_out {
            if !facet.is_hop() {
                field_as_facet(kind, at, problems);
            }
            continue;
        }
        if kind.field(id).is_some() || facets.iter().filter(|it| it.id.value == *id).count() > 1 {
            problems.add(
                &at.place,
                said!("“{id}”已经有了，请换一个编号", "`{id}` is there already; take another id"),
            );
        }
        let Some(formula) = is else { continue };
        let own: Vec<&Field> = kind.fields().collect();
        // No `today`: what is kept must not change by itself.
        let yes = Some(formula::Kind::YesNo);
        super::formulas::check_one(formula, yes, false, &own, &at.place, problems);
        for field in formula.inputs().into_iter().filter_map(|name| kind.field(name)) {
            tells_nothing(field, &at.place, problems);
        }
    }
}

fn field_as_facet(kind: &Kind, at: &At<String>, problems: &Problems) {
    let id = &at.value;
    let Some(field) = kind.field(id) else {
        let known = kind.fields().filter(|field| field.field_type.is_facet());
        problems.add_meant(
            &at.place,
            said!("没有“{id}”这个字段", "there is no field `{id}`"),
            closest(id, known.map(|field| field.id.as_str())),
        );
        return;
    };
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
    tells_nothing(field, &at.place, problems);
}

/// A list narrowed by what is sensitive would tell it: of a presence too.
fn tells_nothing(field: &Field, place: &Place, problems: &Problems) {
    if field.sensitive.is_some() || field.gives_away.is_some() {
        let id = &field.id;
        problems.add(
            place,
            said!(
                "“{id}”是敏感信息，列表不能按它筛选：筛出来的名单就把它说出去了",
                "`{id}` is sensitive: a list narrowed by it would tell it"
            ),
        );
    }
}

/// The columns rows of a table are narrowed by, and their values.
pub(super) fn known_columns(
    kind: &Kind,
    table: &str,
    named: &[(At<String>, Vec<At<String>>)],
    problems: &Problems,
    codes: &mut Vec<(String, At<String>)>,
) {
    let Some(table) = kind.field(table) else { return };
    for (name, wanted) in named {
        let field_type = table.column(&name.value).map(|column| match &column.field_type {
            FieldType::Computed { gives, .. } => gives,
            field_type => field_type,
        });
        match field_type {
            Some(
                field_type @ (FieldType::Choice { .. }
                | FieldType::Tags { .. }
                | FieldType::YesNo
                | FieldType::Text { .. }),
            ) => values_of(field_type, wanted, problems, codes),
            _ => {
                let id = &name.value;
                let known = table.field_type.columns().iter();
                problems.add_meant(
                    &name.place,
                    said!(
                        "where 里的“{id}”不是这张表可以筛选的列",
                        "`{id}` in `where` is no column rows can be narrowed by"
                    ),
                    closest(id, known.map(|column| column.id.as_str())),
                );
            }
        }
    }
}

/// The values something is narrowed to are some its type has.
fn values_of(
    field_type: &FieldType,
    wanted: &[At<String>],
    problems: &Problems,
    codes: &mut Vec<(String, At<String>)>,
) {
    match field_type {
        FieldType::Choice { list } | FieldType::Tags { list, .. } => {
            codes.extend(wanted.iter().map(|at| (list.clone(), at.clone())));
        }
        FieldType::YesNo => {
            for at in wanted.iter().filter(|at| !YES_NO.contains(&at.value.as_str())) {
                problems.add_meant(
                    &at.place,
                    said!("是非字段写 yes 或 no", "a yes/no field is `yes` or `no`"),
                    closest(&at.value, YES_NO),
                );
            }
        }
        _ => {}
    }
}
