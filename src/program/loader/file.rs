//! One pack file: its head, its kinds, and the checks a kind can have by itself.

use super::fields::{self, Gathered};
use super::known::is_path;
use super::{Mentions, PackFile, Part, formulas, lists, measures, moves, records};
use crate::edited::{At, Node, Place, Problems, Source, values};
use crate::program::{
    AreaTab, Ask, BIRTH_DATE, Confidential, Field, FieldType, Import, Kind, NumberTemplate,
    Override, PERSON, Pack, Role, SearchKeys, TemplateError,
};
use crate::said;
use crate::words::{Said, closest};
use std::collections::BTreeMap;

/// The heading of the number in what the program writes out, and so in what comes back.
const NUMBER_COLUMN: &str = "编号";

/// Reads one file.
pub(super) fn read(file: &PackFile) -> Part {
    let problems = Problems::default();
    let mut mentions = Mentions::default();
    let source = Source::open(&file.name, &file.text, &problems);
    let root = source.root();
    let head = head(&root, file);
    let kinds = root
        .named_tables("kind")
        .into_iter()
        .filter_map(|(id, node)| kind(&id, &node, &head.value, &mut mentions))
        .collect();
    let lists = lists::read(&root);
    root.finish();
    let own = file.own;
    Part { own, pack: head, kinds, lists, mentions, problems: problems.into_sorted() }
}

fn head(root: &Node<'_>, file: &PackFile) -> At<Pack> {
    let mut pack = Pack {
        id: file.name.clone(),
        title: Said::default(),
        area: String::new(),
        tab: None,
        file: file.name.clone(),
        hash: short_hash(&file.text),
        text: file.text.clone(),
    };
    let Some(node) = root.table("pack") else {
        root.wrong(said!(
            "文件缺少开头的 [pack]（id 与 title）",
            "the file lacks its head [pack] with id and title"
        ));
        return At { value: pack, place: root.place().clone() };
    };
    if let Some(id) = node.need_text("id") {
        pack.id = id.value;
    }
    pack.title = node.need_said("title");
    pack.area = node.text("area").map_or_else(|| pack.id.clone(), |at| at.value);
    pack.tab = node.table("tab").map(|tab| area_tab(&tab, &pack.title));
    node.finish();
    At { value: pack, place: node.place().clone() }
}

/// `tab = { order = 2, short = { … } }`: the area has a tab, called as the pack unless it has a title
/// of its own.
fn area_tab(node: &Node<'_>, pack: &Said) -> AreaTab {
    let title = node.said("title").unwrap_or_else(|| pack.clone());
    let short = node.said("short").unwrap_or_else(|| title.clone());
    let order = node.whole("order");
    if order.is_none() && !node.has("order") {
        node.wrong(said!("缺少 order：标签排在第几", "`order` is missing: the place of the tab"));
    }
    node.finish();
    AreaTab { title, short, order: order.map_or(0, |at| at.value) }
}

/// Sixteen hexadecimal digits of the BLAKE3 hash: enough to tell the versions of one pack apart.
fn short_hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().chars().take(16).collect()
}

fn kind(
    id: &At<String>,
    node: &Node<'_>,
    pack: &Pack,
    mentions: &mut Mentions,
) -> Option<At<Kind>> {
    fields::check_id(node, id);
    let title = node.need_said("title");
    let new = node.said("new").unwrap_or_else(|| title.clone());
    let by_hand = node.yes("by_hand").unwrap_or(true);
    let code = code(node);
    let number = number(node);
    let area = node.text("area").map_or_else(|| pack.area.clone(), |at| at.value);
    let person = node.text("person");
    let consents = node.text("consents");
    let confidential = node.text("confidential");
    let handler = node.text("handler");
    let shows = node.texts("shows");
    let facets = records::facets(node);
    let (lists, measures) = (node.tables("list"), node.tables("measure"));
    let search = node.table("search");
    let import = node.table("import");
    let mut gathered = Gathered {
        kind: &id.value,
        mentions,
        states: Vec::new(),
        doubts: Vec::new(),
        narrowed: Vec::new(),
        places: BTreeMap::new(),
    };
    let sections = fields::sections(node, &mut gathered);
    let workflow =
        node.table("workflow").map(|node| moves::workflow(&node, &sections, &mut gathered));
    let Gathered { states, doubts, places, narrowed, .. } = gathered;
    node.finish();
    let mut kind = Kind {
        id: id.value.clone(),
        code: code.unwrap_or(0),
        title,
        new,
        by_hand,
        area,
        pack: pack.id.clone(),
        number: number?,
        shows: shows.iter().map(|at| at.value.clone()).collect(),
        person: person.as_ref().map(|at| at.value.clone()),
        consents: consents.as_ref().map(|at| at.value.clone()),
        confidential: confidential.as_ref().map(|at| Confidential {
            field: at.value.clone(),
            handler: handler.as_ref().map(|at| at.value.clone()),
        }),
        search: SearchKeys::default(),
        import: Import::default(),
        sections,
        doubts,
        workflow: workflow.as_ref().map(|read| read.workflow.clone()),
        facets: facets.iter().filter(|it| !it.is_hop()).map(|it| it.id.value.clone()).collect(),
        derived: facets.iter().filter_map(records::NamedFacet::derived).collect(),
        hops: Vec::new(),
        lists: Vec::new(),
        measures: Vec::new(),
    };
    records::add_references(&mut kind);
    records::add_hops(&mut kind, &facets, mentions, node.problems());
    kind.measures =
        measures.iter().filter_map(|node| measures::read(node, &kind, mentions)).collect();
    for node in &lists {
        let list = records::list(node, &kind, mentions);
        kind.lists.extend(list);
    }
    records::check_facets(&kind, &facets, node.problems());
    kind.search = search.map(|node| search_keys(&node, &kind)).unwrap_or_default();
    kind.import = match import {
        Some(node) => import_keys(&node, &kind),
        // As the program writes it out.
        None => Import { columns: vec![NUMBER_COLUMN.to_string()], ..Import::default() },
    };

    let problems = node.problems();
    named_fields(&kind, [&person, &consents, &confidential, &handler], problems);
    totals(&kind, &places, problems);
    for (table, named) in &narrowed {
        records::known_columns(&kind, table, named, problems, &mut mentions.codes);
    }
    given_away(&kind, &places, problems);
    formulas::check(&kind, &places, problems);
    if let Some(read) = &workflow {
        moves::check(&kind, read, &states, problems);
    } else if let Some(at) = states.first() {
        problems.add(
            &at.place,
            said!("没有流程的记录不能按状态必填", "a kind without a workflow has no states"),
        );
    }
    mentions.shows.extend(shows.into_iter().map(|at| (id.value.clone(), at)));
    let placed = places.into_iter().map(|(path, place)| ((id.value.clone(), path), place));
    mentions.fields.extend(placed);
    Some(At { value: kind, place: id.place.clone() })
}

/// The fields a kind names for what they are to it are of the sort that takes.
fn named_fields(
    kind: &Kind,
    [person, consents, confidential, handler]: [&Option<At<String>>; 4],
    problems: &Problems,
) {
    is_field(
        kind,
        person.as_ref(),
        problems,
        "引用人员的",
        "reference to a person",
        |field| matches!(&field.field_type, FieldType::Reference { kind, .. } if kind == PERSON),
    );
    is_field(kind, consents.as_ref(), problems, "表格", "table", |field| {
        !field.field_type.columns().is_empty()
    });
    is_field(kind, confidential.as_ref(), problems, "是非", "yes/no", |field| {
        matches!(field.field_type, FieldType::YesNo)
    });
    is_field(kind, handler.as_ref(), problems, "文本", "text", |field| {
        matches!(field.field_type, FieldType::Text { .. })
    });
}

fn code(node: &Node<'_>) -> Option<u16> {
    let at = node.whole("code");
    if at.is_none() && !node.has("code") {
        node.wrong(said!("缺少编码 code（1 至 65535）", "`code` (1 to 65535) is missing"));
    }
    let at = at?;
    let code = u16::try_from(at.value).ok().filter(|code| *code > 0);
    if code.is_none() {
        let place = &at.place;
        node.problems().add(place, said!("code 应在 1 至 65535 之间", "`code` is 1 to 65535"));
    }
    code
}

fn number(node: &Node<'_>) -> Option<NumberTemplate> {
    let at = node.need_text("number")?;
    NumberTemplate::parse(&at.value)
        .map_err(|error| {
            let (said, meant) = match &error {
                TemplateError::LoneBrace => (
                    said!("编号模板的花括号不成对", "a brace of the number template stands alone"),
                    None,
                ),
                TemplateError::UnknownPart(part) => (
                    said!(
                        "编号模板里不能有“{{{part}}}”，可用 {{station}}、{{year}}、{{seq:05}}",
                        "a number template has no `{{{part}}}`; there are {{station}}, {{year}}, \
                         {{seq:05}}"
                    ),
                    closest(part, NumberTemplate::PARTS),
                ),
                TemplateError::NoSequence => (
                    said!(
                        "编号模板缺少流水号 {{seq:05}}",
                        "the number template lacks the running number {{seq:05}}"
                    ),
                    None,
                ),
            };
            node.problems().add_meant(&at.place, said, meant);
        })
        .ok()
}

/// A problem when the field named does not exist or is of another sort.
fn is_field(
    kind: &Kind,
    at: Option<&At<String>>,
    problems: &Problems,
    zh: &str,
    en: &str,
    fits: impl Fn(&Field) -> bool,
) {
    let Some(at) = at else { return };
    if kind.field(&at.value).is_some_and(&fits) {
        return;
    }
    let id = &at.value;
    problems.add_meant(
        &at.place,
        said!("没有“{id}”这个{zh}字段", "there is no {en} field `{id}`"),
        closest(id, kind.fields().filter(|field| fits(field)).map(|field| field.id.as_str())),
    );
}

fn search_keys(node: &Node<'_>, kind: &Kind) -> SearchKeys {
    let paths = |key: &'static str| {
        let found = node.texts(key);
        for at in &found {
            is_path(kind, at, node.problems());
        }
        values(found)
    };
    let keys = SearchKeys {
        names: paths("names"),
        id_numbers: paths("id_numbers"),
        phones: paths("phones"),
        numbers: paths("numbers"),
    };
    node.finish();
    keys
}

fn import_keys(node: &Node<'_>, kind: &Kind) -> Import {
    let field = node.text("field");
    if let Some(at) = &field {
        is_path(kind, at, node.problems());
    }
    let step = node.text("move");
    if let Some(at) = &step {
        can_end_a_list(kind, at, node.problems());
    }
    let columns = values(node.texts("columns"));
    node.finish();
    Import { columns, field: field.map(|at| at.value), step: step.map(|at| at.value) }
}

/// A move that a list of new records ends in is made by whoever brings the list, alone, out of the
/// first state.
fn can_end_a_list(kind: &Kind, at: &At<String>, problems: &Problems) {
    let life = kind.workflow.as_ref();
    let id = &at.value;
    let Some((life, step)) = life.and_then(|life| Some((life, life.find_move(id)?))) else {
        let known = life.iter().flat_map(|life| &life.moves).map(|step| step.id.as_str());
        problems.add_meant(
            &at.place,
            said!("没有“{id}”这个步骤", "there is no move `{id}`"),
            closest(id, known),
        );
        return;
    };
    if !step.from.contains(&life.start) {
        let start = &life.start;
        problems.add(
            &at.place,
            said!(
                "导入的新记录在“{start}”，“{id}”不从那里办起",
                "new records are in `{start}`, and `{id}` does not lead out of it"
            ),
        );
    }
    if step.not_by_author || step.over_advice == Some(Override::Second) {
        problems.add(
            &at.place,
            said!(
                "“{id}”要另一个人办（not_by_author 或 over_advice = \"second\"），导入的人不能一并办理",
                "`{id}` takes somebody else (not_by_author, or over_advice = \"second\"), so whoever imports cannot make it too"
            ),
        );
    }
    if !step.by.contains(&Role::Supervisor) {
        problems.add(
            &at.place,
            said!(
                "名单由主管导入，“{id}”的 by 里没有主管",
                "lists are brought in by supervisors, who are not among those `{id}` is for"
            ),
        );
    }
    let cannot = |ask: &&Ask| ask.required && ask.field().is_none();
    if let Some(ask) = step.asks.iter().find(cannot) {
        let ask = &ask.id;
        problems.add(
            &at.place,
            said!(
                "“{id}”要答“{ask}”，名单里的一栏答不了",
                "`{id}` asks for `{ask}`, which no column of a list can answer"
            ),
        );
    }
}

/// What a field gives away is an identity number beside it; and a date the program reads out of
/// one says so, or the mask of the number would be worth nothing.
fn given_away(kind: &Kind, places: &BTreeMap<String, Place>, problems: &Problems) {
    let all: Vec<&Field> = kind.fields().collect();
    let tables = all.iter().filter(|field| !field.field_type.columns().is_empty());
    let scopes = tables.map(|table| {
        (format!("{}.", table.id), table.field_type.columns().iter().collect::<Vec<_>>())
    });
    for (under, scope) in std::iter::once((String::new(), all.clone())).chain(scopes) {
        let numbers = || {
            let numbers = scope.iter().filter(|f| matches!(f.field_type, FieldType::IdNumber));
            numbers.map(|field| field.id.as_str())
        };
        for field in &scope {
            let Some(place) = places.get(&format!("{under}{}", field.id)) else { continue };
            let id = &field.id;
            match &field.gives_away {
                Some(named) if !numbers().any(|number| number == named) => problems.add_meant(
                    place,
                    said!(
                        "gives_away 写的“{named}”不是旁边的身份证号字段",
                        "`gives_away` names `{named}`, which is no identity number beside it"
                    ),
                    closest(named, numbers()),
                ),
                None if id == BIRTH_DATE && numbers().next().is_some() => problems.add_meant(
                    place,
                    said!(
                        "“{id}”在身份证号旁边，要写 gives_away，否则遮盖了的证号从这里看得出来",
                        "`{id}` stands beside an identity number and needs `gives_away`, or it \
                         tells what the mask of the number hides"
                    ),
                    numbers().next().map(|number| format!("gives_away = \"{number}\"")),
                ),
                _ => {}
            }
        }
    }
}

fn totals(kind: &Kind, places: &BTreeMap<String, Place>, problems: &Problems) {
    for field in kind.fields() {
        let (Some(total), Some(place)) = (&field.total, places.get(&field.id)) else { continue };
        let at = |id: &String| At { value: id.clone(), place: place.clone() };
        is_field(kind, Some(&at(&total.table)), problems, "表格", "table", |field| {
            !field.field_type.columns().is_empty()
        });
        if kind.field(&total.table).is_some() {
            for column in total.sum.iter().chain(&total.only) {
                is_path(kind, &at(&format!("{}.{column}", total.table)), problems);
            }
        }
        let fits = match &field.field_type {
            FieldType::Money { .. } => total.sum.is_some(),
            FieldType::Integer { .. } => true,
            _ => false,
        };
        if !fits {
            problems.add(
                place,
                said!(
                    "合计只能用于金额（sum）或整数（sum、count）字段",
                    "a total goes into a money field (sum) or an integer field (sum or count)"
                ),
            );
        }
    }
}
