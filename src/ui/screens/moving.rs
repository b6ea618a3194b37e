//! Making a move: the questions a step asks, with the advice before them, and what was answered
//! kept when something is still to be put right.

use super::batch::Which;
use crate::office::{Answers, Command, Receipt, Refusal, RefusalKind};
use crate::policy::{Clause, DecisionSheet, LineResult};
use crate::program::{
    Ask as Question, AskType, EXPLAINS, Field, FieldType, Kind, Move, Override, PERSON, typed,
};
use crate::record::{Proposal, Record, RecordId, Value};
use crate::said;
use crate::ui::ask::{Answered, Ask, Part};
use crate::ui::entry::Entry;
use crate::ui::screen::{Context, Effect, Notice};
use crate::words::Said;
use std::collections::BTreeMap;

/// Makes the step that `key` stands for in the record's state.
pub fn by_key(key: char, record: &Record, cx: &mut Context) {
    let Some(who) = cx.who else { return };
    let offers = cx.office.moves(who, record);
    match offers.into_iter().find(|offer| offer.step.key == Some(key)) {
        Some(offer) => match offer.closed {
            None => begin(record, &offer.step, cx),
            Some(why) => cx.say(Notice::unsure(why, Said::default())),
        },
        None => cx.say(Notice::unsure(
            said!("现在没有这一步。", "There is no such step now."),
            said!("按 m 查看可以办理的步骤。", "m shows the steps there are."),
        )),
    }
}

/// Lists the steps open from the record's state.
pub fn choose(record: &Record, cx: &mut Context) {
    let Some(who) = cx.who else { return };
    let offers = cx.office.moves(who, record);
    let open: Vec<Move> = offers
        .iter()
        .filter(|offer| offer.closed.is_none())
        .map(|offer| offer.step.clone())
        .collect();
    let closed: Vec<Said> = offers
        .iter()
        .filter_map(|offer| {
            let why = offer.closed.as_ref()?;
            let title = &offer.step.title;
            Some(Said::new(
                format!("{}：{}", title.zh, why.zh),
                format!("{}: {}", title.en, why.en),
            ))
        })
        .collect();
    if open.is_empty() {
        let none = said!("现在没有您可以办理的步骤。", "There is no step open to you now.");
        cx.say(Notice::unsure(none, Said::join(&closed, " ", " ")));
        return;
    }
    let options = open.iter().map(|step| {
        let key = step.key.map(|key| format!(" {key}")).unwrap_or_default();
        let title = &step.title;
        let title = Said::new(format!("{}{key}", title.zh), format!("{}{key}", title.en));
        (step.id.clone(), title)
    });
    let options = options.collect();
    let record = record.clone();
    cx.open(Ask::new(
        said!("办理", "Steps"),
        closed,
        vec![Part::one_of(said!("选一步", "Choose one"), options)],
        move |answers, cx| {
            let chosen = answers.first().and_then(|keys| keys.first());
            if let Some(step) = open.iter().find(|step| Some(&step.id) == chosen) {
                begin(&record, step, cx);
            }
        },
    ));
}

/// The clause list offers the grounds the sheet gives; this opens all of them.
const OTHER_CLAUSE: &str = "other";

/// A step about to be made: the record, the questions, and what was answered and refused before.
#[derive(Clone)]
struct Making {
    record: Record,
    step: Move,
    /// Answers of an attempt before this one, by question.
    given: BTreeMap<String, Vec<String>>,
    /// Why that was refused.
    told: Option<Refusal>,
    /// The whole library is offered, not only the grounds of the sheet.
    every_clause: bool,
}

/// Asks what the step asks for, then makes it.
fn begin(record: &Record, step: &Move, cx: &mut Context) {
    if let Some(who) = cx.who
        && let Some(proposal) = &record.proposal
        && crate::workflow::proposed_by_other(step, record, &who.account)
    {
        return second(record, step, proposal, cx);
    }
    let making = Making {
        record: record.clone(),
        step: step.clone(),
        given: BTreeMap::new(),
        told: None,
        every_clause: false,
    };
    making.ask(cx);
}

impl Making {
    fn ask(self, cx: &mut Context) {
        let Some(kind) = cx.office.catalogue().kind(&self.record.kind).cloned() else { return };
        // Worked out once, and only for a step that is compared with it or asks something.
        let wanted = self.step.evaluates.is_some() || !self.step.asks.is_empty();
        let sheet = match wanted && cx.office.has_sheet(&self.record) {
            true => cx.office.sheet(&self.record, None, None).ok(),
            false => None,
        };
        let questions = self.questions(sheet.as_ref(), cx);
        let parts = questions.iter().map(|ask| self.part(ask, &kind, sheet.as_ref(), cx)).collect();
        let body = self.body(sheet.as_ref(), cx);
        let title = self.step.title.clone();
        let again = self.told.is_some() || self.every_clause;
        let asked = Ask::new(title, body, parts, move |answered, cx| {
            self.answered(&questions, &answered, cx);
        });
        let asked = if again { asked.at_what_is_lacking() } else { asked };
        cx.open(asked.deciding());
    }

    /// The questions of the step, with clause and reason where it would depart from the advice.
    fn questions(&self, sheet: Option<&DecisionSheet>, cx: &Context) -> Vec<Question> {
        let none = Answers::new();
        let departs = !cx.office.departures(&self.record, &self.step, &none, sheet).is_empty();
        let told = |id: &str| self.told.as_ref().is_some_and(|told| told.field == id);
        let mut questions = self.step.asks.clone();
        for id in EXPLAINS {
            let wanted = departs || told(id) || (id == "reason" && told("clause"));
            match questions.iter_mut().find(|ask| ask.id == id) {
                Some(ask) => ask.required |= wanted,
                None if wanted => questions.extend(Question::common(id)),
                None => {}
            }
        }
        // What nobody needs to answer is last.
        questions.sort_by_key(|ask| !ask.required);
        questions
    }

    /// Whom it is about, what is advised, what is open, and what would depart from the advice.
    fn body(&self, sheet: Option<&DecisionSheet>, cx: &Context) -> Vec<Said> {
        let (record, step) = (&self.record, &self.step);
        let name = cx.office.title_of(record);
        let number = &record.number;
        let mut body = vec![Said::same(format!("{name}  {number}"))];
        if let Some(told) = &self.told {
            body.push(told.message.clone());
            body.push(told.next.clone());
        }
        if let Some(sheet) = sheet.filter(|_| step.evaluates.is_some()) {
            body.push(advice_said(sheet, cx));
        }
        let none = Answers::new();
        let departures = cx.office.departures(record, step, &none, sheet);
        if self.told.is_none() && !departures.is_empty() {
            let said: Vec<Said> = departures.into_iter().map(|it| it.said).collect();
            let said = Said::join(&said, "；", "; ");
            body.push(Said::new(
                format!("与建议不同：{}。要写明条款和理由。", said.zh),
                format!("Departs from the advice: {}. It needs a clause and a reason.", said.en),
            ));
        }
        if step.over_advice == Some(Override::Second) && body.len() > 2 {
            body.push(said!(
                "与建议不同的，另一位同事同样办理后才生效。",
                "What departs from the advice holds once another colleague makes it too."
            ));
        }
        body.extend(claimed(record, cx));
        body
    }

    fn answered(mut self, questions: &[Question], answered: &Answered, cx: &mut Context) {
        let named = questions.iter().map(|ask| ask.id.clone());
        self.given = named.zip(answered.iter().cloned()).collect();
        if self.given.get("clause").is_some_and(|clause| clause == &[OTHER_CLAUSE.to_string()]) {
            self.given.remove("clause");
            self.every_clause = true;
            return self.ask(cx);
        }
        let answers = match answers_of(questions, answered, cx) {
            Ok(answers) => answers,
            Err(refusal) => return self.again(refusal, cx),
        };
        let Some(who) = cx.who else { return };
        let (id, base) = (self.record.id, Some(self.record.revision));
        let command = Command::Move { id, base, id_of_move: self.step.id.clone(), answers };
        match cx.office.perform(who, command) {
            Ok(receipt) => done(&self.step, &receipt, cx),
            // What can be put right is asked again with everything answered so far.
            Err(refusal) if refusal.kind == RefusalKind::Invalid => self.again(refusal, cx),
            Err(refusal) => cx.say(Notice::from(refusal)),
        }
    }

    fn again(mut self, refusal: Refusal, cx: &mut Context) {
        let asks = self.step.asks.iter().any(|ask| ask.id == refusal.field);
        if !asks && refusal.field != "reason" && refusal.field != "clause" {
            return cx.say(Notice::from(refusal));
        }
        self.told = Some(refusal);
        self.ask(cx);
    }

    /// The part of a dialog that answers a question; nothing is marked that the sheet, or an
    /// attempt before, does not say.
    fn part(
        &self,
        ask: &Question,
        kind: &Kind,
        sheet: Option<&DecisionSheet>,
        cx: &Context,
    ) -> Part {
        let part = match &ask.ask_type {
            AskType::Clause => Part::open_question(ask.title.clone(), self.clauses(sheet, cx))
                .optional(!ask.required),
            _ => part_of(ask, kind, sheet, cx),
        };
        match self.given.get(&ask.id) {
            Some(given) => part.answered(given),
            None => part,
        }
    }

    /// The clauses on offer: the grounds the sheet gives, else all there are.
    fn clauses(&self, sheet: Option<&DecisionSheet>, cx: &Context) -> Vec<(String, Said)> {
        let library = cx.office.library();
        let grounds = sheet.map(|sheet| cx.office.grounds(&self.record, &self.step, sheet));
        let grounds = grounds.filter(|grounds| !grounds.is_empty() && !self.every_clause);
        let cited = |clause: &Clause| (clause.id.clone(), library.cited(clause));
        let Some(grounds) = grounds else {
            // Without grounds all stand to choose from, those the sheet rests on first.
            let rests_on = |id: &str| {
                sheet.is_some_and(|sheet| sheet.lines.iter().any(|line| line.clause == id))
            };
            let mut all: Vec<_> = library.clauses.values().collect();
            all.sort_by_key(|clause| !rests_on(&clause.id));
            return all.into_iter().map(cited).collect();
        };
        let found = grounds.iter().filter_map(|id| library.clauses.get(id));
        let other = (OTHER_CLAUSE.to_string(), said!("其他条款…", "Another clause…"));
        found.map(cited).chain([other]).collect()
    }
}

/// Seconds what a colleague put forward: the same answers, with a reason of one's own.
fn second(record: &Record, step: &Move, proposal: &Proposal, cx: &mut Context) {
    let Some(who) = cx.who else { return };
    let (name, number, by) = (cx.office.title_of(record), &record.number, &proposal.by);
    let mut body = vec![
        Said::same(format!("{name}  {number}")),
        said!(
            "{by} 提出，与建议不同，由您复核：",
            "{by} put it forward against the advice; you second it:"
        ),
    ];
    body.extend(cx.office.proposed_said(who, record, proposal).into_iter().map(|(title, said)| {
        Said::new(format!("　{}：{}", title.zh, said.zh), format!("  {}: {}", title.en, said.en))
    }));
    body.push(said!(
        "不同意的，按 Esc，退回或另作决定。",
        "If you do not agree, press Esc and return it or decide otherwise."
    ));
    let (record, step) = (record.clone(), step.clone());
    let answers = proposal.answers.clone();
    let title = Said::new(format!("复核：{}", step.title.zh), format!("Second: {}", step.title.en));
    let parts = vec![Part::line(said!("复核意见", "Your reason")).tall(true)];
    let asked = Ask::new(title, body, parts, move |answered, cx| {
        let Some(who) = cx.who else { return };
        let mut answers = answers;
        let reason = answered.into_iter().flatten().next().unwrap_or_default();
        answers.insert("reason".to_string(), Value::Text(reason));
        let (id, base) = (record.id, Some(record.revision));
        let command = Command::Move { id, base, id_of_move: step.id.clone(), answers };
        match cx.office.perform(who, command) {
            Ok(receipt) => done(&step, &receipt, cx),
            Err(refusal) => cx.say(Notice::from(refusal)),
        }
    });
    cx.open(asked.deciding());
}

/// The advice in a sentence, with the number of questions still open.
pub(super) fn advice_said(sheet: &DecisionSheet, cx: &Context) -> Said {
    let conclusion = cx.office.conclusion(sheet);
    let open = sheet.lines.iter().filter(|line| line.result == LineResult::Unknown).count();
    Said::new(
        format!("建议：{}；未决问题 {open} 个", conclusion.zh),
        format!("Advice: {}; open questions: {open}", conclusion.en),
    )
}

/// A word before deciding what a colleague has before them.
fn claimed(record: &Record, cx: &Context) -> Option<Said> {
    let name = cx.office.claimed_by(cx.who?, record.id)?;
    Some(said!(
        "{name} 正打开着这份档案。确认由您来办吗？",
        "{name} has this file open. Are you the one to decide it?"
    ))
}

fn done(step: &Move, receipt: &Receipt, cx: &mut Context) {
    let number = &receipt.number;
    let title = &step.title;
    cx.ask(Effect::Saved(receipt.at));
    if receipt.waits {
        cx.say(Notice::unsure(
            Said::new(
                format!("{number} 已提出“{}”，还没有生效。", title.zh),
                format!("{number}: \"{}\" is put forward and does not hold yet.", title.en),
            ),
            said!("请另一位同事复核后同样办理。", "Another colleague has to second it."),
        ));
        return;
    }
    cx.say(Notice::good(Said::new(
        format!("{number} 已办理：{}。", title.zh),
        format!("{number}: {} done.", title.en),
    )));
}

/// One step of several records: each gets its own advice, and a table shows it first.
pub fn many(key: char, ids: &[RecordId], cx: &mut Context) {
    match all(ids, cx).as_slice() {
        [record] => by_key(key, record, cx),
        records => super::batch::open(&Which::Key(key), records, cx),
    }
}

/// Lists the steps open from the states of several records.
pub fn choose_for_many(ids: &[RecordId], cx: &mut Context) {
    let records = all(ids, cx);
    if let [record] = records.as_slice() {
        return choose(record, cx);
    }
    let Some(who) = cx.who else { return };
    let mut open: Vec<(String, Said, usize)> = Vec::new();
    let offers = records.iter().flat_map(|record| cx.office.moves(who, record));
    for step in offers.filter(|offer| offer.closed.is_none()).map(|offer| offer.step) {
        match open.iter_mut().find(|(id, ..)| *id == step.id) {
            Some((.., count)) => *count += 1,
            None => open.push((step.id, step.title, 1)),
        }
    }
    if open.is_empty() {
        let none =
            said!("选中的都没有可以办理的步骤。", "None of the chosen has a step open to you.");
        return cx.say(Notice::unsure(none, Said::default()));
    }
    let options = open.into_iter().map(|(id, title, count)| {
        let Said { zh, en } = title;
        (id, said!("{zh}（{count} 份）", "{en} ({count})"))
    });
    let part = Part::one_of(said!("选一步", "Choose one"), options.collect());
    cx.open(Ask::new(said!("办理", "Steps"), Vec::new(), vec![part], move |answers, cx| {
        if let Some(id) = answers.into_iter().flatten().next() {
            super::batch::open(&Which::Step(id), &records, cx);
        }
    }));
}

fn all(ids: &[RecordId], cx: &Context) -> Vec<Record> {
    ids.iter().filter_map(|id| cx.office.record(*id).ok().flatten()).collect()
}

/// The part of a dialog that answers a question of a step; the sheet says what is marked.
pub(super) fn part_of(
    ask: &Question,
    kind: &Kind,
    sheet: Option<&DecisionSheet>,
    cx: &Context,
) -> Part {
    let title = ask.title.clone();
    let part = match &ask.ask_type {
        AskType::Fields => return Part::any_of(title, nameable(kind, sheet, cx)),
        AskType::Clause => {
            let library = cx.office.library();
            let all = library.clauses.values();
            let options = all.map(|clause| (clause.id.clone(), library.cited(clause))).collect();
            Part::open_question(title, options)
        }
        AskType::Value(field) => match &field.field_type {
            FieldType::Choice { list } | FieldType::Tags { list, .. } => {
                let options: Vec<(String, Said)> = cx
                    .office
                    .catalogue()
                    .code_list(list)
                    .map(|list| {
                        list.open_on(cx.office.today())
                            .map(|entry| (entry.code.clone(), entry.label.clone()))
                            .collect()
                    })
                    .unwrap_or_default();
                let suggested = sheet.and_then(|sheet| cx.office.suggested(ask, sheet));
                let usual = || typed::default_value(field, &cx.office.typing());
                let suggested = suggested.or_else(usual);
                let suggested = suggested.as_ref().and_then(Value::as_text);
                let at = options.iter().position(|(code, _)| Some(code.as_str()) == suggested);
                match field.field_type {
                    FieldType::Tags { .. } => Part::any_of(title, options),
                    _ => Part::open_question(title, options).starting_at(at),
                }
            }
            FieldType::YesNo => Part::open_question(
                title,
                vec![
                    ("no".into(), Said::fixed("否", "No")),
                    ("yes".into(), Said::fixed("是", "Yes")),
                ],
            ),
            _ => Part::field(entry_of(ask, field, sheet, cx)),
        },
    };
    part.optional(!ask.required)
}

/// A question that is typed: it starts with what the sheet suggests, else with what its pack says,
/// and a day that must be told with today.
fn entry_of(ask: &Question, field: &Field, sheet: Option<&DecisionSheet>, cx: &Context) -> Entry {
    let suggested = sheet.and_then(|sheet| cx.office.suggested(ask, sheet));
    let usual = || typed::default_value(field, &cx.office.typing());
    let is_day = matches!(field.field_type, FieldType::Date) && ask.required;
    let today = || is_day.then(|| Value::Date(cx.office.today()));
    let titled = Field { title: ask.title.clone(), ..field.clone() };
    Entry::new(&titled, suggested.or_else(usual).or_else(today), cx.office, cx.lang)
}

/// The fields a return can name, those the sheet finds wanting first.
fn nameable(kind: &Kind, sheet: Option<&DecisionSheet>, cx: &Context) -> Vec<(String, Said)> {
    let doubtful: Vec<String> = sheet
        .map(|sheet| {
            sheet
                .lines
                .iter()
                .filter(|line| line.result.is_open())
                .flat_map(|line| cx.office.fields_behind(kind, sheet, line))
                .collect()
        })
        .unwrap_or_default();
    let mut options: Vec<(String, Said)> =
        kind.fields().map(|field| (field.id.clone(), field.title.clone())).collect();
    if kind.person.is_some()
        && let Some(person) = cx.office.catalogue().kind(PERSON)
    {
        options.extend(person.fields().map(|field| (field.id.clone(), field.title.clone())));
    }
    options
        .sort_by_key(|(id, _)| doubtful.iter().position(|doubt| doubt == id).unwrap_or(usize::MAX));
    options
}

/// What was typed for a question, with the records whoever is signed in may name.
fn read(field: &Field, text: &str, cx: &Context) -> Result<Option<Value>, Refusal> {
    match cx.who {
        Some(who) => cx.office.typed_by(who, field, text),
        None => cx.office.typed(field, text),
    }
}

/// The answers of a dialog as a command takes them.
pub(super) fn answers_of(
    questions: &[Question],
    answered: &Answered,
    cx: &Context,
) -> Result<Answers, Refusal> {
    let mut answers = Answers::new();
    for (ask, given) in questions.iter().zip(answered) {
        let Some(first) = given.first() else { continue };
        let value = match &ask.ask_type {
            AskType::Fields => Value::Tags(given.clone()),
            AskType::Clause => Value::Text(first.clone()),
            AskType::Value(field) => match &field.field_type {
                FieldType::Tags { .. } => Value::Tags(given.clone()),
                FieldType::Choice { .. } => Value::Choice(first.clone()),
                FieldType::YesNo => Value::YesNo(first == "yes"),
                _ => match read(field, first, cx)? {
                    Some(value) => value,
                    None => continue,
                },
            },
        };
        answers.insert(ask.id.clone(), value);
    }
    Ok(answers)
}
