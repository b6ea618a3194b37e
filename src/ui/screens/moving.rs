//! Making a move: the question a step asks, for one record or for many at once.

use crate::office::{Answers, Command, Receipt, Refusal};
use crate::policy::{DecisionSheet, LineResult};
use crate::program::{Ask as Question, AskType, FieldType, Kind, Move, PERSON};
use crate::record::{Record, RecordId, Value};
use crate::said;
use crate::ui::ask::{Answered, Ask, Part};
use crate::ui::screen::{Context, Effect, Notice};
use crate::words::Said;

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
    let options = open.iter().map(|step| (step.id.clone(), step.title.clone())).collect();
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

/// Asks what the step asks for, then makes it.
fn begin(record: &Record, step: &Move, cx: &mut Context) {
    let Some(kind) = cx.office.catalogue().kind(&record.kind).cloned() else { return };
    // Worked out once, and only for a step that asks something.
    let sheet = match step.asks.is_empty() {
        true => None,
        false => cx.office.sheet(record, None, None).ok(),
    };
    let parts = step.asks.iter().map(|ask| part_of(ask, &kind, sheet.as_ref(), cx)).collect();
    let (id, base, step) = (record.id, record.revision, step.clone());
    let number = &record.number;
    let mut body = vec![said!("{number}", "{number}")];
    body.extend(claimed(record, cx));
    cx.open(Ask::new(step.title.clone(), body, parts, move |answered, cx| {
        let answers = match answers_of(&step, &answered, cx) {
            Ok(answers) => answers,
            Err(refusal) => return cx.say(Notice::from(refusal)),
        };
        let Some(who) = cx.who else { return };
        let command = Command::Move { id, base: Some(base), id_of_move: step.id.clone(), answers };
        match cx.office.perform(who, command) {
            Ok(receipt) => done(&step, &receipt, cx),
            Err(refusal) => cx.say(Notice::from(refusal)),
        }
    }));
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
    cx.say(Notice::good(Said::new(
        format!("{number} 已办理：{}。", title.zh),
        format!("{number}: {} done.", title.en),
    )));
}

/// One verdict on several records: a summary before it happens, and an answer for each.
pub fn many(key: char, ids: &[RecordId], cx: &mut Context) {
    let records: Vec<Record> =
        ids.iter().filter_map(|id| cx.office.record(*id).ok().flatten()).collect();
    if let [record] = records.as_slice() {
        return by_key(key, record, cx);
    }
    let (ready, left_out) = sorted_out(key, records, cx);
    let Some((first, step)) = ready.first() else {
        return cx.say(Notice::unsure(
            said!("选中的都不能办理这一步。", "None of the chosen can take this step."),
            Said::join(&left_out, " ", " "),
        ));
    };
    let Some(kind) = cx.office.catalogue().kind(&first.kind).cloned() else { return };
    let parts = step.asks.iter().map(|ask| part_of(ask, &kind, None, cx)).collect();
    // What is left out stands first, where it is not overlooked.
    let mut body = left_out;
    for (record, step) in &ready {
        let (number, title) = (&record.number, &step.title);
        let by = cx.who.and_then(|who| cx.office.claimed_by(who, record.id));
        let (zh, en) = match by {
            Some(name) => (format!("（{name} 正打开着）"), format!(" ({name} has it open)")),
            None => Default::default(),
        };
        body.push(Said::new(
            format!("{number} → {}{zh}", title.zh),
            format!("{number} → {}{en}", title.en),
        ));
    }
    let count = ready.len();
    let heading = said!("成批办理 {count} 件", "{count} records at once");
    cx.open(Ask::new(heading, body, parts, move |answered, cx| bulk(&ready, &answered, cx)));
}

/// The records that can take the step of `key` together, and why the others are left out: the
/// same questions are asked once, so a step that asks something else is decided by itself.
fn sorted_out(key: char, records: Vec<Record>, cx: &Context) -> (Vec<(Record, Move)>, Vec<Said>) {
    let mut ready: Vec<(Record, Move)> = Vec::new();
    let mut left_out = Vec::new();
    let Some(who) = cx.who else { return (ready, left_out) };
    let asked = |step: &Move| step.asks.iter().map(|ask| ask.id.clone()).collect::<Vec<_>>();
    for record in records {
        let mut offers = cx.office.moves(who, &record).into_iter();
        let offer = offers.find(|offer| offer.step.key == Some(key));
        let number = &record.number;
        let why = match &offer {
            None => said!("现在没有这一步。", "no such step now."),
            Some(offer) => match (&offer.closed, ready.first()) {
                (Some(why), _) => why.clone(),
                (None, Some((_, first))) if asked(first) != asked(&offer.step) => said!(
                    "这一步要填别的内容，请单独办理。",
                    "this step asks for something else; decide it by itself."
                ),
                _ => Said::default(),
            },
        };
        match offer {
            Some(offer) if why.is_empty() => ready.push((record, offer.step)),
            _ => left_out
                .push(Said::new(format!("{number}：{}", why.zh), format!("{number}: {}", why.en))),
        }
    }
    (ready, left_out)
}

fn bulk(ready: &[(Record, Move)], answered: &Answered, cx: &mut Context) {
    let Some(who) = cx.who else { return };
    let mut commands = Vec::new();
    for (record, step) in ready {
        match answers_of(step, answered, cx) {
            Ok(answers) => commands.push(Command::Move {
                id: record.id,
                base: Some(record.revision),
                id_of_move: step.id.clone(),
                answers,
            }),
            Err(refusal) => return cx.say(Notice::from(refusal)),
        }
    }
    let verdicts = cx.office.perform_all(who, commands);
    let mut lines = Vec::new();
    for ((record, step), verdict) in ready.iter().zip(&verdicts) {
        let (number, title) = (&record.number, &step.title);
        lines.push(match verdict {
            Ok(_) => {
                Said::new(format!("{number}　{}", title.zh), format!("{number}  {}", title.en))
            }
            Err(refusal) => Said::new(
                format!("{number}　未办理：{}", refusal.message.zh),
                format!("{number}  not done: {}", refusal.message.en),
            ),
        });
    }
    if let Some(receipt) = verdicts.iter().flatten().last() {
        cx.ask(Effect::Saved(receipt.at));
    }
    let good = verdicts.iter().filter(|verdict| verdict.is_ok()).count();
    let bad = verdicts.len() - good;
    let heading = said!("已办理 {good} 件，未办理 {bad} 件", "{good} done, {bad} not done");
    cx.open(Ask::new(heading, lines, Vec::new(), |_, _| {}));
}

/// The part of a dialog that answers a question of a step; the sheet says what to put first.
fn part_of(ask: &Question, kind: &Kind, sheet: Option<&DecisionSheet>, cx: &Context) -> Part {
    let title = ask.title.clone();
    match &ask.ask_type {
        AskType::Fields => Part::any_of(title, nameable(kind, sheet, cx)),
        AskType::Clause => {
            let library = cx.office.library();
            let mut clauses: Vec<_> = library.clauses.values().collect();
            // Those the sheet finds not met stand first, then those it rests on at all.
            let weight = |id: &str| {
                let lines = sheet.iter().flat_map(|sheet| &sheet.lines);
                lines
                    .filter(|line| line.clause == id)
                    .map(|line| i32::from(line.result != LineResult::NotMet))
                    .min()
                    .unwrap_or(2)
            };
            clauses.sort_by_key(|clause| weight(&clause.id));
            let options =
                clauses.iter().map(|clause| (clause.id.clone(), library.cited(clause))).collect();
            Part::one_of(title, options)
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
                let suggested = sheet.and_then(|sheet| suggestion(ask, sheet));
                let at = options.iter().position(|(code, _)| Some(code) == suggested.as_ref());
                let several = matches!(field.field_type, FieldType::Tags { .. });
                let part = if several {
                    Part::any_of(title, options)
                } else {
                    Part::one_of(title, options)
                };
                part.optional(!ask.required).starting_at(at)
            }
            FieldType::YesNo => Part::one_of(
                title,
                vec![
                    ("no".into(), Said::fixed("否", "No")),
                    ("yes".into(), Said::fixed("是", "Yes")),
                ],
            ),
            FieldType::Date => Part::line(title).starting_with(&cx.office.today().to_string()),
            FieldType::Text { multiline, .. } => {
                Part::line(title).optional(!ask.required).tall(*multiline)
            }
            _ => Part::line(title).optional(!ask.required),
        },
    }
}

/// What the decision sheet suggests as an answer, such as the category.
fn suggestion(ask: &Question, sheet: &DecisionSheet) -> Option<String> {
    let wanted = ask.from_sheet.as_deref()?;
    (wanted == "category").then(|| sheet.category.map(|category| category.id().to_string()))?
}

/// The fields a return can name, those the sheet finds wanting first.
fn nameable(kind: &Kind, sheet: Option<&DecisionSheet>, cx: &Context) -> Vec<(String, Said)> {
    let doubtful: Vec<String> = sheet
        .map(|sheet| {
            sheet
                .lines
                .iter()
                .filter(|line| line.result != LineResult::Met)
                .flat_map(|line| cx.office.fields_behind(line.inputs.keys().map(String::as_str)))
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

/// The answers of a dialog as a command takes them.
fn answers_of(step: &Move, answered: &Answered, cx: &Context) -> Result<Answers, Refusal> {
    let mut answers = Answers::new();
    for (ask, given) in step.asks.iter().zip(answered) {
        let Some(first) = given.first() else { continue };
        let value = match &ask.ask_type {
            AskType::Fields => Value::Tags(given.clone()),
            AskType::Clause => Value::Text(first.clone()),
            AskType::Value(field) => match &field.field_type {
                FieldType::Tags { .. } => Value::Tags(given.clone()),
                FieldType::Choice { .. } => Value::Choice(first.clone()),
                FieldType::YesNo => Value::YesNo(first == "yes"),
                _ => match cx.office.typed(field, first)? {
                    Some(value) => value,
                    None => continue,
                },
            },
        };
        answers.insert(ask.id.clone(), value);
    }
    Ok(answers)
}
