//! Forms, drawn from the pack: sections of fields, tables in place, one real cursor.
//!
//! `table` is rows of fields; `opening` how a form begins and how its draft is kept, `filling` the
//! screen, `focus` where a key takes one, `choosing` what a field offers, `saving` how it becomes
//! commands; `painting` how it looks, `grid` a table in it.

mod choosing;
mod filling;
mod focus;
mod grid;
mod opening;
mod painting;
mod saving;
mod table;

pub use filling::Form;

use super::ask::{Ask, Part};
use super::screen::{Context, Effect, Notice};
use crate::office::{Draft, Right};
use crate::program::PERSON;
use crate::record::{Record, RecordId};
use crate::said;
use crate::words::Said;

/// Whether this person may write at all; when not, says who can.
fn may_write(cx: &mut Context) -> bool {
    match cx.who.map(|who| who.need(Right::Write)) {
        Some(Ok(())) => true,
        Some(Err(refusal)) => {
            cx.say(Notice::from(refusal));
            false
        }
        None => false,
    }
}

/// Asks which kind of record to make; with a person, the services that person can have.
pub fn choose_kind(person: Option<RecordId>, cx: &mut Context) {
    choose_among(None, person, cx);
}

/// The same among some kinds.
pub fn choose_among(some: Option<&[String]>, person: Option<RecordId>, cx: &mut Context) {
    if !may_write(cx) {
        return;
    }
    let kinds: Vec<(String, Said)> = cx
        .office
        .catalogue()
        .kinds()
        .filter(|kind| kind.by_hand && (person.is_none() || kind.person.is_some()))
        .filter(|kind| some.is_none_or(|some| some.contains(&kind.id)))
        .map(|kind| (kind.id.clone(), kind.title.clone()))
        .collect();
    cx.open(Ask::new(
        said!("新建什么", "What to make"),
        Vec::new(),
        vec![Part::one_of(Said::default(), kinds)],
        move |answers, cx| {
            let Some(kind) = answers.first().and_then(|keys| keys.first()) else { return };
            begin(kind, person, cx);
        },
    ));
}

/// Opens an empty form; a service for nobody yet asks for the person first.
pub fn begin(kind: &str, person: Option<RecordId>, cx: &mut Context) {
    let needs_person = cx.office.catalogue().kind(kind).is_some_and(|kind| kind.person.is_some());
    if needs_person && person.is_none() {
        cx.say(Notice::unsure(
            said!(
                "先找到这个人，再为他（她）新建。",
                "Find the person first, then make it for them."
            ),
            said!(
                "输入姓名或拼音；没有登记过的按 F3 登记。",
                "Type a name; F3 registers somebody new."
            ),
        ));
        cx.open(super::screens::find::Find::new());
        return;
    }
    if let Some(person) = person
        && let Err(refusal) = cx.office.may_begin(kind, person)
    {
        return cx.say(Notice::from(refusal));
    }
    if let Some(form) = Form::new(kind, person, cx) {
        cx.open(form);
    }
}

/// Opens the form for a person, with what was searched for as the name.
pub fn new_person(searched: &str, cx: &mut Context) {
    if !may_write(cx) {
        return;
    }
    if let Some(mut form) = Form::new(PERSON, None, cx) {
        let searched = searched.trim();
        if !searched.is_ascii() && !searched.chars().any(|c| c.is_ascii_digit()) {
            form.prefill("name", searched, cx);
        }
        cx.ask(Effect::Replace(Box::new(form)));
    }
}

/// Opens the form for an existing record.
pub fn edit(record: &Record, cx: &mut Context) {
    if !may_write(cx) {
        return;
    }
    if let Some(who) = cx.who
        && let Err(refusal) = cx.office.changeable(who, record)
    {
        return cx.say(Notice::from(refusal));
    }
    if let Some(form) = Form::of_record(record, cx) {
        cx.open(form);
    }
}

/// Opens a draft where it was left.
pub fn resume(draft: &Draft, cx: &mut Context) {
    if !may_write(cx) {
        return;
    }
    if let Some(form) = Form::of_draft(draft, cx) {
        cx.open(form);
    }
}
