//! What moves bring about (`then`): read with the move, checked once all kinds are known.

use super::Mentions;
use crate::edited::{At, Node, Place, Problems, values};
use crate::program::{
    Ask, Catalogue, Field, FieldType, Follow, Given, Kind, Move, NoRecords, PERSON, Required,
    Typing, typed,
};
use crate::said;
use crate::words::{Said, closest};
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::mem::discriminant;

/// A consequence of a move, with the places of what it names.
pub(super) struct Mentioned {
    /// The kind whose move it is.
    pub kind: String,
    /// The move.
    pub step: String,
    /// Which of its consequences.
    pub at: usize,
    place: Place,
    names: BTreeMap<String, Place>,
    /// Columns the rows gone through are narrowed by.
    narrowed: Vec<(At<String>, Vec<At<String>>)>,
}

/// Reads `then` of one move.
pub(super) fn read(
    item: &Node<'_>,
    (kind, step): (&str, &str),
    mentions: &mut Mentions,
) -> Vec<Follow> {
    let mut follows = Vec::new();
    for node in item.tables("then") {
        let mut names = BTreeMap::new();
        let mut with = |table: Option<Node<'_>>| -> Vec<(String, Given)> {
            let Some(table) = table else { return Vec::new() };
            let all = table.every_text().into_iter();
            let read = all.map(|(name, At { value, place })| {
                names.insert(name.clone(), place);
                (name, Given::read(&value))
            });
            read.collect()
        };
        let (make, row, set) = (node.text("make"), node.text("row"), with(node.table("set")));
        let narrowed = match make.is_some() && node.has("each") {
            true => node.table("where").map(|node| node.every_list()).unwrap_or_default(),
            false => Vec::new(),
        };
        let follow = match (make, row) {
            (Some(kind), None) => {
                mentions.kinds.push(kind.clone());
                Some(Follow::Make {
                    kind: kind.value,
                    each: node.text("each").map(|at| at.value),
                    narrowed: narrowed
                        .iter()
                        .map(|(at, wanted)| (at.value.clone(), values(wanted.clone())))
                        .collect(),
                    copy: node.yes("copy").unwrap_or(false),
                    with: with(node.table("with")),
                })
            }
            (None, Some(table)) => {
                Some(Follow::Row { table: table.value, with: with(node.table("with")) })
            }
            (None, None) if !set.is_empty() => Some(Follow::Set { with: set }),
            _ => {
                node.wrong(said!(
                    "写 make、row 或 set 之一",
                    "write one of `make`, `row` and `set`"
                ));
                None
            }
        };
        node.finish();
        let Some(follow) = follow else { continue };
        mentions.follows.push(Mentioned {
            kind: kind.to_string(),
            step: step.to_string(),
            at: follows.len(),
            place: node.place().clone(),
            names,
            narrowed,
        });
        follows.push(follow);
    }
    follows
}

/// Checks what one consequence names.
pub(super) fn check(catalogue: &Catalogue, mentioned: &Mentioned, problems: &Problems) {
    let Some(kind) = catalogue.kind(&mentioned.kind) else { return };
    let step = kind.workflow.as_ref().and_then(|life| life.find_move(&mentioned.step));
    let Some((step, follow)) = step.and_then(|step| Some((step, step.then.get(mentioned.at)?)))
    else {
        return;
    };
    let check = Check { catalogue, kind, step, follow, mentioned, problems };
    match follow {
        Follow::Make { kind: made, .. } => check.make(made),
        Follow::Row { table, .. } => match kind.field(table).map(|field| &field.field_type) {
            Some(FieldType::Table { fields, .. }) => {
                check.each_given(&|name| fields.iter().find(|field| field.id == name));
            }
            _ => check.no_table(table),
        },
        Follow::Set { .. } => check.each_given(&|name| {
            kind.field(name).filter(|field| !field.is_computed() && field.total.is_none())
        }),
    }
}

struct Check<'c> {
    catalogue: &'c Catalogue,
    kind: &'c Kind,
    step: &'c Move,
    follow: &'c Follow,
    mentioned: &'c Mentioned,
    problems: &'c Problems,
}

impl<'c> Check<'c> {
    fn wrong(&self, said: Said) {
        self.problems.add(&self.mentioned.place, said);
    }

    fn no_table(&self, table: &str) {
        self.wrong(said!("没有“{table}”这个表格", "there is no table `{table}`"));
    }

    fn make(&self, made: &str) {
        let Some(made) = self.catalogue.kind(made) else { return };
        if made.id == PERSON {
            self.wrong(said!(
                "人员由人登记，步骤不能新建",
                "people are registered by people; a move makes none"
            ));
        }
        if let Some(table) = self.follow.each()
            && self.kind.field(table).is_none_or(|field| field.field_type.columns().is_empty())
        {
            self.no_table(table);
        }
        if let Some(table) = self.follow.each() {
            let (named, mut codes) = (&self.mentioned.narrowed, Vec::new());
            super::records::known_columns(self.kind, table, named, self.problems, &mut codes);
            for (list, at) in &codes {
                super::known::known_code(self.catalogue, list, at, self.problems);
            }
        }
        self.each_given(&|name| made.field(name));
        let given = |id: &str| self.follow.with().iter().any(|(name, _)| name == id);
        let copied = |field: &Field| {
            matches!(self.follow, Follow::Make { copy: true, .. })
                && self.named(&field.id).is_some_and(|from| same_type(from, field))
        };
        if let Some(person) = made.person.as_ref().and_then(|person| made.field(person))
            && !given(&person.id)
            && !copied(person)
        {
            let id = &person.id;
            self.wrong(said!(
                "要写明新记录是谁的：在 with 里给“{id}”",
                "say whose the new record is: give `{id}` in `with`"
            ));
        }
    }

    /// Every name is a field of the target, and what it is given fits it.
    fn each_given(&self, target: &dyn Fn(&str) -> Option<&'c Field>) {
        for (name, given) in self.follow.with() {
            let place = self.mentioned.names.get(name).unwrap_or(&self.mentioned.place);
            let Some(field) = target(name) else {
                self.problems.add(
                    place,
                    said!("没有可填的字段“{name}”", "there is no field `{name}` to be filled"),
                );
                continue;
            };
            if let Some(said) = self.unfit(field, given) {
                self.problems.add(place, said);
            }
        }
    }

    fn unfit(&self, field: &Field, given: &Given) -> Option<Said> {
        match given {
            Given::This => {
                let is = |kind: &String| *kind == self.kind.id;
                let fits =
                    matches!(&field.field_type, FieldType::Reference { kind, .. } if is(kind));
                (!fits).then(|| {
                    let title = &self.kind.title;
                    Said::new(
                        format!("self 是一份“{}”，这个字段不是引用它的", title.zh),
                        format!("`self` is a {}, and the field refers to none", title.en),
                    )
                })
            }
            Given::Nothing => {
                let never = Required::Always == field.required;
                never.then(|| {
                    let id = &field.id;
                    said!(
                        "“{id}”必填，不能写 nothing",
                        "`{id}` is required and cannot be given `nothing`"
                    )
                })
            }
            Given::Typed(text) => {
                let today = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap_or_default();
                let typing = Typing { catalogue: self.catalogue, today, records: &NoRecords };
                let error = typed::parse(field, text, &typing).err()?;
                Some(Said::new(
                    format!("“{text}”填不进去：{}", error.said.zh),
                    format!("`{text}` does not fit: {}", error.said.en),
                ))
            }
            Given::Named(name) => match self.named(name) {
                Some(from) if same_type(from, field) => None,
                Some(_) => Some(said!(
                    "“{name}”和要填的字段类型不同",
                    "`{name}` is of another type than the field it is given to"
                )),
                None => {
                    let asked = self.step.asks.iter().map(|ask| ask.id.as_str());
                    let known = asked.chain(self.kind.fields().map(|field| field.id.as_str()));
                    let near = closest(name, known);
                    let near =
                        near.map(|near| said!("，是否想写 {near}？", "; did you mean {near}?"));
                    let near = near.unwrap_or_default();
                    Some(Said::new(
                        format!("没有“{name}”这个问题、列或字段（文字要加单引号）{}", near.zh),
                        format!(
                            "there is no question, column or field `{name}` (texts stand in single quotes){}",
                            near.en
                        ),
                    ))
                }
            },
        }
    }

    /// What a name stands for: a question, a column of the row, a field.
    fn named(&self, name: &str) -> Option<&'c Field> {
        let asked = self.step.asks.iter().find(|ask| ask.id == name).and_then(Ask::field);
        let columns = self.follow.each().and_then(|table| self.kind.field(table));
        let column = || columns?.field_type.columns().iter().find(|column| column.id == name);
        asked.or_else(column).or_else(|| self.kind.field(name))
    }
}

/// Whether a value of one field can be in another.
fn same_type(from: &Field, to: &Field) -> bool {
    match (&from.field_type, &to.field_type) {
        (FieldType::Reference { kind: from, .. }, FieldType::Reference { kind: to, .. }) => {
            from == to
        }
        (FieldType::Choice { list: from }, FieldType::Choice { list: to }) => from == to,
        (FieldType::Computed { .. }, _) | (_, FieldType::Computed { .. }) => false,
        (from, to) => discriminant(from) == discriminant(to),
    }
}
