//! The words of a move that say whose hands it needs: who may not make it, what it opens and
//! freezes, what it finds, and what a departure from the advice takes.

use super::fields;
use crate::edited::{At, Node, Place, Problems};
use crate::formula::{self, Formula};
use crate::program::{
    Ask, AskType, Field, FieldType, Kind, Move, Objection, Override, Required, Section, Workflow,
};
use crate::said;
use crate::words::{Said, closest};

/// What a move says of hands, with the places of what it names.
pub(super) struct Hands {
    pub submits: bool,
    pub returns: bool,
    pub finds: Vec<At<String>>,
    pub not_by_author: bool,
    pub not_by: Vec<At<String>>,
    pub over_advice: Option<Override>,
    pub objections: Vec<At<Objection>>,
}

/// Reads the words of one move.
pub(super) fn read(item: &Node<'_>) -> Hands {
    let over_advice =
        item.word("override", &[("reason", Override::Reason), ("second", Override::Second)]);
    Hands {
        submits: item.yes("submits").unwrap_or(false),
        returns: item.yes("returns").unwrap_or(false),
        finds: item.texts("finds"),
        not_by_author: item.yes("not_by_author").unwrap_or(false),
        not_by: item.texts("not_by"),
        over_advice,
        objections: item.tables("against").iter().filter_map(objection).collect(),
    }
}

fn objection(node: &Node<'_>) -> Option<At<Objection>> {
    let id = node.need_text("id");
    let when = Formula::need(node, "when");
    let title = node.need_said("title");
    node.finish();
    let id = id?;
    fields::check_id(node, &id);
    let place = id.place.clone();
    Some(At { value: Objection { id: id.value, when: when?, title }, place })
}

/// The questions for what a move finds: one for each field it names, never required.
pub(super) fn findings(
    finds: &[At<String>],
    sections: &[Section],
    problems: &Problems,
) -> Vec<Ask> {
    let fields = || sections.iter().flat_map(|section| &section.fields);
    let mut asks = Vec::new();
    for at in finds {
        let id = &at.value;
        match fields().find(|field| field.id == *id) {
            Some(field) if can_be_found(&field.field_type) => asks.push(finding(field)),
            _ => problems.add_meant(
                &at.place,
                said!(
                    "“{id}”不是可以查实的字段（表格、材料、引用和计算字段不行）",
                    "`{id}` is no field that can be found out (tables, papers, references and computed fields are not)"
                ),
                closest(
                    id,
                    fields()
                        .filter(|field| can_be_found(&field.field_type))
                        .map(|field| field.id.as_str()),
                ),
            ),
        }
    }
    asks
}

fn can_be_found(field_type: &FieldType) -> bool {
    !matches!(
        field_type,
        FieldType::Table { .. }
            | FieldType::Papers { .. }
            | FieldType::Reference { .. }
            | FieldType::Computed { .. }
    )
}

fn finding(field: &Field) -> Ask {
    let title =
        Said::new(format!("查实：{}", field.title.zh), format!("Found: {}", field.title.en));
    let asked = Field {
        title: title.clone(),
        required: Required::Never,
        default: None,
        valid: None,
        total: None,
        ..field.clone()
    };
    Ask {
        id: field.id.clone(),
        title,
        ask_type: AskType::Value(Box::new(asked)),
        required: false,
        writes: None,
        from_sheet: None,
        finds: true,
        not_same_as: None,
        afterwards: None,
    }
}

/// Checks what moves name of each other and of the record.
pub(super) fn check(
    kind: &Kind,
    life: &Workflow,
    moves: &[(Place, Vec<At<String>>)],
    apart: &[At<String>],
    problems: &Problems,
) {
    let named = moves.iter().flat_map(|(_, named)| named).chain(apart);
    for at in named.filter(|at| life.find_move(&at.value).is_none()) {
        let id = &at.value;
        problems.add_meant(
            &at.place,
            said!("没有“{id}”这一步", "there is no move `{id}`"),
            closest(id, life.moves.iter().map(|step| step.id.as_str())),
        );
    }
    if apart.len() == 1
        && let Some(at) = apart.first()
    {
        problems.add(&at.place, said!("apart 至少要写两步", "`apart` names at least two moves"));
    }
    let own: Vec<&Field> = kind.fields().collect();
    for (step, (place, _)) in life.moves.iter().zip(moves) {
        one(life, step, &own, place, problems);
    }
}

fn one(life: &Workflow, step: &Move, own: &[&Field], place: &Place, problems: &Problems) {
    let asked: Vec<&Field> = step.asks.iter().filter_map(Ask::field).collect();
    // What a move asks for is beside the record's fields, and before them.
    let scope: Vec<&Field> = asked.iter().chain(own).copied().collect();
    for valid in asked.iter().filter_map(|field| field.valid.as_ref()) {
        let yes = Some(formula::Kind::YesNo);
        super::formulas::check_one(&valid.formula, yes, true, &scope, place, problems);
    }
    for objection in &step.objections {
        let yes = Some(formula::Kind::YesNo);
        super::formulas::check_one(&objection.when, yes, false, own, place, problems);
    }
    for ask in &step.asks {
        let Some(other) = &ask.not_same_as else { continue };
        if !step.asks.iter().any(|asked| asked.id == *other) {
            problems.add_meant(
                place,
                said!("没有“{other}”这一问", "there is no question `{other}`"),
                closest(other, step.asks.iter().map(|ask| ask.id.as_str())),
            );
        }
    }
    if step.over_advice == Some(Override::Second) && !step.not_by_author {
        problems.add(
            place,
            said!(
                "override = \"second\" 的一步要同时写 not_by_author = true",
                "a move with override = \"second\" also says not_by_author = true"
            ),
        );
    }
    if step.submits && life.is_closed(&step.to) {
        problems.add(
            place,
            said!("提交不能直接到 closed 状态", "submitting cannot lead into a closed state"),
        );
    }
}
