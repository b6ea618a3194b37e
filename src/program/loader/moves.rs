//! The workflow of a kind: states, moves, and whether every state can be reached and left.

use super::fields::{self, Gathered};
use super::known::roles_in;
use super::{follows, hands};
use crate::calendar::{Period, Unit};
use crate::edited::{At, Node, Place, Problems, values};
use crate::program::{
    Ask, AskType, Due, DueFrom, EXPLAINS, FieldType, FromSheet, Kind, MOVE_KEYS, Move, Need,
    Required, Role, Section, State, Workflow,
};
use crate::said;
use crate::words::{Said, closest};
use std::collections::{BTreeMap, BTreeSet};

const FROM_SHEET: &[(&str, FromSheet)] =
    &[("category", FromSheet::Category), ("score", FromSheet::Score)];

/// A workflow with the places of what it names.
pub(super) struct Read {
    pub workflow: Workflow,
    start: Place,
    states: BTreeMap<String, Place>,
    /// States named by moves.
    named: Vec<At<String>>,
    /// Record fields named by moves.
    writes: Vec<At<String>>,
    /// Where each move is, and the moves it names.
    moves: Vec<(Place, Vec<At<String>>)>,
    apart: Vec<At<String>>,
    /// Tables named by moves.
    each: Vec<At<String>>,
}

/// Reads `[kind.….workflow]`.
pub(super) fn workflow(node: &Node<'_>, sections: &[Section], into: &mut Gathered<'_>) -> Read {
    let start = node.need_text("start");
    let apart = node.texts("apart");
    let mut read = Read {
        workflow: Workflow {
            start: start.as_ref().map(|at| at.value.clone()).unwrap_or_default(),
            states: Vec::new(),
            moves: Vec::new(),
            apart: apart.iter().map(|at| at.value.clone()).collect(),
        },
        start: start.as_ref().map_or_else(|| node.place().clone(), |at| at.place.clone()),
        states: BTreeMap::new(),
        named: start.into_iter().collect(),
        writes: Vec::new(),
        moves: Vec::new(),
        apart,
        each: Vec::new(),
    };
    for item in node.tables("state") {
        let Some(state) = state(&item) else { continue };
        if read.states.insert(state.id.clone(), item.place().clone()).is_some() {
            let id = &state.id;
            item.wrong(said!("状态“{id}”出现了两次", "state `{id}` stands here twice"));
            continue;
        }
        read.workflow.states.push(state);
    }
    for item in node.tables("move") {
        let Some((step, named)) = one_move(&item, sections, &mut read, into) else { continue };
        if read.workflow.find_move(&step.id).is_some() {
            let id = &step.id;
            item.wrong(said!("步骤“{id}”出现了两次", "move `{id}` stands here twice"));
            continue;
        }
        read.workflow.moves.push(step);
        read.moves.push((item.place().clone(), named));
    }
    node.finish();
    read
}

fn state(item: &Node<'_>) -> Option<State> {
    let id = item.need_text("id");
    let title = item.need_said("title");
    let queue = item.yes("queue").unwrap_or(false);
    let is_final = item.yes("final").unwrap_or(false);
    let closed = item.yes("closed").unwrap_or(false);
    let in_force = item.yes("in_force").unwrap_or(false);
    let edit_by = roles_in(item, "edit_by");
    item.finish();
    let id = id?;
    fields::check_id(item, &id);
    Some(State { id: id.value, title, queue, is_final, closed, in_force, edit_by })
}

fn one_move(
    item: &Node<'_>,
    sections: &[Section],
    read: &mut Read,
    into: &mut Gathered<'_>,
) -> Option<(Move, Vec<At<String>>)> {
    let id = item.need_text("id");
    let title = item.need_said("title");
    let from = item.texts("from");
    let to = item.need_text("to");
    let by = roles(item);
    let needs = needs(item, into);
    let evaluates = item.text("evaluates").map(|at| at.value);
    let requires = item.text("requires").map(|at| at.value);
    let each = item.text("each");
    if let Some(at) = each.as_ref().filter(|_| evaluates.is_none() && requires.is_none()) {
        item.problems().add(
            &at.place,
            said!(
                "each 要与 evaluates 或 requires 一起写",
                "`each` goes with `evaluates` or `requires`"
            ),
        );
    }
    read.each.extend(each.clone());
    let mut asks = asks(item, read, into);
    let hands = hands::read(item);
    asks.extend(hands::findings(&hands.finds, sections, item.problems()));
    let due = period(item, "due", &asks, read);
    let not_before = period(item, "not_before", &asks, read);
    let key = key(item);
    let step = id.as_ref().map(|at| at.value.as_str()).unwrap_or_default();
    let then = follows::read(item, (into.kind, step), into.mentions);
    item.finish();
    if from.is_empty() {
        item.wrong(said!(
            "缺少“from”：从哪些状态可以走这一步",
            "`from` is missing: out of which states"
        ));
    }
    read.named.extend(from.iter().cloned());
    read.named.extend(to.clone());
    let id = id?;
    fields::check_id(item, &id);
    let named = hands.not_by.clone();
    let step = Move {
        id: id.value,
        title,
        from: values(from),
        to: to?.value,
        by,
        needs,
        evaluates,
        requires,
        each: each.map(|at| at.value),
        asks,
        submits: hands.submits,
        returns: hands.returns,
        not_by_author: hands.not_by_author,
        not_by: values(hands.not_by),
        over_advice: hands.over_advice,
        objections: values(hands.objections),
        due,
        not_before,
        key,
        then,
    };
    Some((step, named))
}

fn roles(item: &Node<'_>) -> Vec<Role> {
    let roles = roles_in(item, "by");
    if roles.is_empty() {
        item.wrong(said!(
            "这一步谁也不能走：请在 by 里写明角色",
            "nobody may make this move: name a role in `by`"
        ));
    }
    roles
}

fn needs(item: &Node<'_>, into: &mut Gathered<'_>) -> Vec<Need> {
    let mut needs = Vec::new();
    for at in item.texts("needs") {
        match at.value.as_str() {
            "complete" => needs.push(Need::Complete),
            "consent" => needs.push(Need::Consent),
            other => match other.strip_prefix("consent:") {
                Some(group) => {
                    needs.push(Need::ConsentTo(group.to_string()));
                    let place = at.place.clone();
                    into.mentions.groups.push(At { value: group.to_string(), place });
                }
                None => item.problems().add_meant(
                    &at.place,
                    said!("没有“{other}”这项检查", "there is no check `{other}`"),
                    closest(other, ["complete", "consent", "consent:"]),
                ),
            },
        }
    }
    needs
}

fn key(item: &Node<'_>) -> Option<char> {
    let at = item.text("key")?;
    let mut chars = at.value.chars();
    match (chars.next(), chars.next()) {
        (Some(key), None) if MOVE_KEYS.contains(&key) => Some(key),
        _ => {
            let (place, known) = (&at.place, MOVE_KEYS.map(String::from).join(" "));
            item.problems().add(
                place,
                said!(
                    "key 是这些字母之一：{known}（其余的另有用处）",
                    "`key` is one of {known}; the others mean something already"
                ),
            );
            None
        }
    }
}

fn period(item: &Node<'_>, key: &'static str, asks: &[Ask], read: &mut Read) -> Option<Due> {
    let node = item.table(key)?;
    let days = node.whole("days");
    if days.is_none() && !node.has("days") {
        node.wrong(said!("缺少天数 days", "`days` is missing"));
    }
    let unit = match node.need_text("unit") {
        Some(at) if at.value == "working" => Some(Unit::Working),
        Some(at) if at.value == "natural" => Some(Unit::Natural),
        Some(at) => {
            node.problems().add_meant(
                &at.place,
                said!("unit 应是 working 或 natural", "`unit` is working or natural"),
                closest(&at.value, ["working", "natural"]),
            );
            None
        }
        None => None,
    };
    let from = match node.text("from") {
        None => DueFrom::Entered,
        Some(at) if at.value == "entered" => DueFrom::Entered,
        Some(at) if at.value == "submitted" => DueFrom::Submitted,
        Some(at) => {
            if !asks.iter().any(|ask| ask.id == at.value) {
                read.writes.push(at.clone());
            }
            DueFrom::Field(at.value)
        }
    };
    let clause = node.text("clause").map(|at| at.value);
    node.finish();
    let period = Period::new(u32::try_from(days?.value).ok()?, unit?);
    Some(Due { period, from, clause })
}

fn asks(item: &Node<'_>, read: &mut Read, into: &mut Gathered<'_>) -> Vec<Ask> {
    let mut asks: Vec<Ask> = Vec::new();
    for entry in item.tables_or_texts("asks") {
        let ask = match entry {
            Err(at) => {
                let name = at.value.trim_end_matches('?');
                let Some(common) = Ask::common(name) else {
                    item.problems().add_meant(
                        &at.place,
                        said!(
                            "没有“{name}”这个通用问题；请写成带 id、title、type 的字段",
                            "there is no common question `{name}`; describe it as a field"
                        ),
                        closest(name, ["reason", "fields", "clause", "date"]),
                    );
                    continue;
                };
                // `?` after the name makes it optional.
                Ask { required: !at.value.ends_with('?'), ..common }
            }
            Ok(node) => {
                let writes = node.text("writes");
                read.writes.extend(writes.clone());
                let from_sheet = node.word("from_sheet", FROM_SHEET);
                let from = node.has("from_sheet").then(|| node.place_of("from_sheet"));
                let not_same_as = node.text("not_same_as").map(|at| at.value);
                let afterwards = node.whole("afterwards");
                let afterwards = afterwards.and_then(|at| u32::try_from(at.value).ok());
                let Some(field) = fields::field(&node, "", into) else { continue };
                if let (Some(said), Some(place)) =
                    (from_sheet.and_then(|from| unfit_for(from, &field.field_type)), from)
                {
                    item.problems().add(&place, said);
                }
                Ask {
                    id: field.id.clone(),
                    title: field.title.clone(),
                    required: field.required != Required::Never,
                    ask_type: AskType::Value(Box::new(field)),
                    writes: writes.map(|at| at.value),
                    from_sheet,
                    finds: false,
                    not_same_as,
                    afterwards,
                }
            }
        };
        if asks.iter().any(|other| other.id == ask.id) {
            let id = &ask.id;
            item.wrong(said!("问题“{id}”出现了两次", "question `{id}` stands here twice"));
            continue;
        }
        asks.push(ask);
    }
    asks
}

/// A question of a type the sheet cannot answer.
fn unfit_for(from: FromSheet, field_type: &FieldType) -> Option<Said> {
    match (from, field_type) {
        (FromSheet::Category, FieldType::Choice { .. })
        | (FromSheet::Score, FieldType::Integer { .. } | FieldType::Decimal { .. }) => None,
        (FromSheet::Category, _) => Some(Said::fixed(
            "from_sheet = \"category\" 的问题是 choice",
            "a question from_sheet = \"category\" is a choice",
        )),
        (FromSheet::Score, _) => Some(Said::fixed(
            "from_sheet = \"score\" 的问题是 decimal 或 integer",
            "a question from_sheet = \"score\" is a decimal or an integer",
        )),
    }
}

/// Checks the workflow as a whole.
pub(super) fn check(kind: &Kind, read: &Read, required: &[At<String>], problems: &Problems) {
    for at in read.named.iter().chain(required) {
        if !read.states.contains_key(&at.value) {
            let id = &at.value;
            problems.add_meant(
                &at.place,
                said!("没有“{id}”这个状态", "there is no state `{id}`"),
                closest(id, read.states.keys().map(String::as_str)),
            );
        }
    }
    for at in &read.writes {
        super::known::is_path(kind, at, problems);
    }
    for at in &read.each {
        if kind.field(&at.value).is_none_or(|field| field.field_type.columns().is_empty()) {
            let (id, tables) =
                (&at.value, kind.fields().filter(|it| !it.field_type.columns().is_empty()));
            problems.add_meant(
                &at.place,
                said!("没有“{id}”这个表格", "there is no table `{id}`"),
                closest(id, tables.map(|table| table.id.as_str())),
            );
        }
        let columns = EXPLAINS.into_iter().filter_map(|id| kind.field(&at.value)?.column(id));
        for column in columns.filter(|it| !matches!(it.field_type, FieldType::Text { .. })) {
            let id = &column.id;
            problems.add(
                &at.place,
                said!(
                    "逐行核对的表，“{id}”一列写依据或理由，应是 text",
                    "in a table whose rows are judged, `{id}` explains a row and is a text"
                ),
            );
        }
    }
    hands::check(kind, &read.workflow, &read.moves, &read.apart, problems);
    reachable(read, problems);
    keys(read, problems);
}

fn reachable(read: &Read, problems: &Problems) {
    let workflow = &read.workflow;
    let mut reached = BTreeSet::from([workflow.start.as_str()]);
    let mut open = vec![workflow.start.as_str()];
    while let Some(state) = open.pop() {
        for step in workflow.moves_from(state) {
            if reached.insert(&step.to) {
                open.push(&step.to);
            }
        }
    }
    for state in &workflow.states {
        let Some(place) = read.states.get(&state.id) else { continue };
        let id = &state.id;
        let start_known = read.states.contains_key(&workflow.start);
        if start_known && !reached.contains(id.as_str()) {
            problems.add(
                place,
                said!(
                    "状态“{id}”走不到：没有一步通向它",
                    "state `{id}` cannot be reached: no move leads to it"
                ),
            );
        }
        if !state.is_final && workflow.moves_from(id).next().is_none() {
            problems.add(
                place,
                said!(
                    "状态“{id}”走不出去：加一步，或写 final = true",
                    "state `{id}` cannot be left: add a move or write final = true"
                ),
            );
        }
    }
    if workflow.states.is_empty() {
        problems.add(&read.start, said!("流程没有状态", "the workflow has no states"));
    }
}

/// One key makes one move in one state.
fn keys(read: &Read, problems: &Problems) {
    let mut taken: BTreeMap<(&str, char), &str> = BTreeMap::new();
    for (step, (place, _)) in read.workflow.moves.iter().zip(&read.moves) {
        let Some(key) = step.key else { continue };
        for state in &step.from {
            if let Some(other) = taken.insert((state, key), &step.id) {
                problems.add(
                    place,
                    said!(
                        "在状态“{state}”里，按键 {key} 已经给了“{other}”",
                        "in state `{state}` the key {key} already makes `{other}`"
                    ),
                );
            }
        }
    }
}
