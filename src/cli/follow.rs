//! `yizhan import … --then STEP`: a step made at once with every record a file brought, such as
//! taking over files that were decided before this program.

use super::{Done, Failure, Opened};
use crate::office::{Answers, Command, Refusal};
use crate::program::{Ask, Kind, Move};
use crate::record::{Instant, Record};
use crate::said;
use crate::words::closest;
use clap::Args;
use std::io::Write;

/// Refused steps told one by one.
const TOLD: usize = 200;

/// What is done next.
#[derive(Args)]
pub struct Then {
    /// 导入后逐份办理的步骤，如 take_over / A step to make with each record the file brought, such as take_over
    #[arg(long, value_name = "STEP")]
    then: Option<String>,
    /// 这一步的回答，写作 问题=内容，可写多次；没写的取表中同一栏 / An answer of that step, QUESTION=TEXT, several times; what is not given is taken from the file
    #[arg(long = "answer", value_name = "QUESTION=TEXT", requires = "then")]
    answers: Vec<String>,
}

impl Then {
    /// The step and its answers, checked before anything is imported.
    ///
    /// # Errors
    /// No such step or question, an answer that cannot be read.
    pub fn read(&self, at: &Opened, kind: &str) -> Result<Option<Follow>, Failure> {
        let Some(name) = &self.then else { return Ok(None) };
        let kind = at.kind(kind)?;
        let moves = kind.workflow.iter().flat_map(|life| &life.moves);
        let step = moves.clone().find(|step| step.id == *name).ok_or_else(|| {
            let meant = closest(name, moves.map(|step| step.id.as_str()));
            let meant = meant.unwrap_or_default();
            Refusal::invalid(
                "then",
                said!("没有“{name}”这个步骤。", "There is no step called \"{name}\"."),
                said!("是否想写 {meant}？", "Did you mean {meant}?"),
            )
        })?;
        let mut answers = Answers::new();
        for given in &self.answers {
            let (ask, text) = answer(step, given)?;
            let value = match ask.field() {
                Some(field) => at.office.typed_by(&at.actor, field, text)?,
                None => Some(crate::record::Value::Text(text.to_string())),
            };
            answers.extend(value.map(|value| (ask.id.clone(), value)));
        }
        Ok(Some(Follow { kind: kind.clone(), step: step.clone(), answers, since: at.office.now() }))
    }
}

fn answer<'s>(step: &'s Move, given: &'s str) -> Result<(&'s Ask, &'s str), Refusal> {
    let (id, text) = given.split_once('=').unwrap_or((given, ""));
    let asks = step.asks.iter();
    asks.clone().find(|ask| ask.id == id.trim()).map(|ask| (ask, text)).ok_or_else(|| {
        let known: Vec<&str> = asks.map(|ask| ask.id.as_str()).collect();
        let known = known.join(", ");
        Refusal::invalid(
            "answer",
            said!("这一步没有“{id}”这一问。", "This step does not ask for \"{id}\"."),
            said!("可用的有：{known}。", "Known: {known}."),
        )
    })
}

/// A step to make with what comes in from now on.
pub struct Follow {
    kind: Kind,
    step: Move,
    answers: Answers,
    since: Instant,
}

impl Follow {
    /// Makes the step with every record of the kind that this account made since, still where it
    /// began.
    ///
    /// # Errors
    /// When records cannot be read, or some could not take the step.
    pub fn carry_out(&self, at: &Opened, out: &mut dyn Write, err: &mut dyn Write) -> Done {
        let start = self.kind.workflow.as_ref().map(|life| life.start.as_str()).unwrap_or_default();
        let mut commands = Vec::new();
        at.office.each(&self.kind.id, |record| {
            let own = record.created_by == at.actor.account && record.created >= self.since;
            if own && record.state == start {
                commands.push(self.command(&record));
            }
            Ok(())
        })?;
        let answers = at.office.perform_all(&at.actor, commands);
        let good = answers.iter().filter(|answer| answer.is_ok()).count();
        let refused: Vec<&Refusal> =
            answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
        for refusal in refused.iter().take(TOLD) {
            writeln!(err, "{}", refusal.message.get(at.lang))?;
        }
        let (bad, title) = (refused.len(), &self.step.title);
        let (zh, en) = (&title.zh, &title.en);
        let told = said!("{zh}：{good} 份，未办理 {bad} 份", "{en}: {good}, not done: {bad}");
        // With JSON the report stands alone on standard output.
        match at.json {
            true => writeln!(err, "{}", told.get(at.lang))?,
            false => writeln!(out, "{}", told.get(at.lang))?,
        }
        if bad == 0 { Ok(()) } else { Err(Failure::Told) }
    }

    fn command(&self, record: &Record) -> Command {
        let mut answers = self.answers.clone();
        for ask in &self.step.asks {
            let written = ask.writes.as_ref().and_then(|field| record.get(field));
            if let Some(value) = written.filter(|_| !answers.contains_key(&ask.id)) {
                answers.insert(ask.id.clone(), value.clone());
            }
        }
        let (id, id_of_move) = (record.id, self.step.id.clone());
        Command::Move { id, base: Some(record.revision), id_of_move, answers }
    }
}
