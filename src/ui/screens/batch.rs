//! Several records decided together: a table of what is advised and what will happen to each,
//! grouped by advice, refusals last; asked once more with the counts; and what became of them.

use super::moving;
use crate::office::{Answers, Command, Receipt, Refusal};
use crate::policy::DecisionSheet;
use crate::program::{Ask as Question, Kind, Move};
use crate::record::{Record, RecordId};
use crate::said;
use crate::ui::action::{Action, Place};
use crate::ui::ask::{Answered, Ask, Part};
use crate::ui::rows::{self, Column, RowShown, Window};
use crate::ui::screen::{Context, Effect, Look, Notice, Screen, Taken};
use crate::ui::theme::Tone;
use crate::words::Said;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::cell::Cell;

/// One record of the batch.
#[derive(Clone)]
struct Case {
    id: RecordId,
    revision: u32,
    number: String,
    name: String,
    /// What the sheet advises; empty where there is none.
    advice: Said,
    /// The step, with the answers its own sheet gives.
    step: Option<(Move, Answers)>,
    /// What will happen, or why nothing will.
    said: Said,
    /// What became of it.
    done: Option<Result<u64, Refusal>>,
}

impl Case {
    fn is_ready(&self) -> bool {
        self.step.is_some()
    }
}

/// The table of a batch.
pub struct Batch {
    cases: Vec<Case>,
    /// The questions asked once for all.
    questions: Vec<Question>,
    kind: Kind,
    window: Window,
    /// Rows of the table at the last drawing.
    shown: Cell<usize>,
    over: bool,
}

/// Which step is made of those open from a record's state.
pub enum Which {
    /// The one with this key.
    Key(char),
    /// The one with this id.
    Step(String),
}

impl Which {
    fn is(&self, step: &Move) -> bool {
        match self {
            Self::Key(key) => step.key == Some(*key),
            Self::Step(id) => step.id == *id,
        }
    }
}

/// Opens the table for a step of several records.
pub fn open(which: &Which, records: &[Record], cx: &mut Context) {
    let kind = records.first().and_then(|record| cx.office.catalogue().kind(&record.kind));
    let Some(kind) = kind.cloned() else { return };
    let mut cases: Vec<Case> = records.iter().map(|record| case(which, record, cx)).collect();
    let questions = same_questions(&mut cases);
    // Grouped by what happens to them; what cannot be decided here is last.
    cases.sort_by_key(|case| (!case.is_ready(), case.said.zh.clone(), case.number.clone()));
    if !cases.iter().any(Case::is_ready) {
        let why: Vec<Said> = cases.iter().map(left_out_said).collect();
        return cx.say(Notice::unsure(
            said!("选中的都不能办理这一步。", "None of the chosen can take this step."),
            Said::join(&why, " ", " "),
        ));
    }
    let (window, shown) = (Window::default(), Cell::new(0));
    cx.open(Batch { cases, questions, kind, window, shown, over: false });
}

fn left_out_said(case: &Case) -> Said {
    let (number, why) = (&case.number, &case.said);
    Said::new(format!("{number}：{}", why.zh), format!("{number}: {}", why.en))
}

/// What would become of one record, by its own sheet.
fn case(which: &Which, record: &Record, cx: &Context) -> Case {
    let mut case = Case {
        id: record.id,
        revision: record.revision,
        number: record.number.clone(),
        name: cx.office.title_of(record),
        advice: Said::default(),
        step: None,
        said: Said::default(),
        done: None,
    };
    let Some(who) = cx.who else { return case };
    let mut offers = cx.office.moves(who, record).into_iter();
    let Some(offer) = offers.find(|offer| which.is(&offer.step)) else {
        case.said = said!("现在没有这一步。", "no such step now.");
        return case;
    };
    if let Some(why) = offer.closed {
        case.said = why;
        return case;
    }
    let step = offer.step;
    let sheet = match step.evaluates.is_some() && cx.office.has_sheet(record) {
        true => cx.office.sheet(record, None, None).ok(),
        false => None,
    };
    case.advice = sheet.as_ref().map(|sheet| short_advice(sheet, cx)).unwrap_or_default();
    match own_answers(record, &step, sheet.as_ref(), cx) {
        Ok(answers) => {
            let given: Vec<Said> = step
                .asks
                .iter()
                .filter(|ask| answers.contains_key(&ask.id))
                .filter_map(|ask| label(ask, &answers, cx))
                .collect();
            case.said = with_answers(&step.title, &given);
            let by = cx.office.claimed_by(who, record.id);
            if let Some(by) = by {
                let said = &case.said;
                case.said = Said::new(
                    format!("{}（{by} 正打开着）", said.zh),
                    format!("{} ({by} has it open)", said.en),
                );
            }
            case.step = Some((step, answers));
        }
        Err(why) => case.said = why,
    }
    case
}

fn short_advice(sheet: &DecisionSheet, cx: &Context) -> Said {
    let outcome = sheet.outcome.said();
    match cx.office.outcome_of(sheet) {
        Some(category) => Said::new(
            format!("{} {}", outcome.zh, category.zh),
            format!("{}, {}", outcome.en, category.en),
        ),
        None => Said::new(outcome.zh, outcome.en),
    }
}

/// The answers a record's own sheet gives; else why it has to be decided by itself.
fn own_answers(
    record: &Record,
    step: &Move,
    sheet: Option<&DecisionSheet>,
    cx: &Context,
) -> Result<Answers, Said> {
    let mut answers = Answers::new();
    let departures = cx.office.departures(record, step, &answers, sheet);
    if !departures.is_empty() {
        let said: Vec<Said> = departures.into_iter().map(|departure| departure.said).collect();
        let said = Said::join(&said, "；", "; ");
        return Err(Said::new(
            format!("与建议不同，请单独办理（{}）", said.zh),
            format!("departs from the advice; decide it by itself ({})", said.en),
        ));
    }
    for ask in step.asks.iter().filter(|ask| ask.from_sheet.is_some()) {
        match sheet.and_then(|sheet| cx.office.suggested(ask, sheet)) {
            Some(value) => drop(answers.insert(ask.id.clone(), value)),
            None if ask.required => {
                let title = &ask.title;
                return Err(Said::new(
                    format!("依据单没有给出“{}”，请单独办理。", title.zh),
                    format!("the sheet does not give \"{}\"; decide it by itself.", title.en),
                ));
            }
            None => {}
        }
    }
    Ok(answers)
}

fn label(ask: &Question, answers: &Answers, cx: &Context) -> Option<Said> {
    let code = answers.get(&ask.id)?.as_text()?;
    let list = cx.office.catalogue().code_list(ask.field()?.field_type.list()?)?;
    Some(list.entry(code)?.label.clone())
}

fn with_answers(title: &Said, given: &[Said]) -> Said {
    if given.is_empty() {
        return title.clone();
    }
    let given = Said::join(given, "、", ", ");
    Said::new(format!("{}：{}", title.zh, given.zh), format!("{}: {}", title.en, given.en))
}

/// The questions asked once; a record whose step asks something else is decided by itself.
fn same_questions(cases: &mut [Case]) -> Vec<Question> {
    let shared = |step: &Move| -> Vec<Question> {
        let asks = step.asks.iter().filter(|ask| ask.required && ask.from_sheet.is_none());
        asks.cloned().collect()
    };
    let ids = |asks: &[Question]| asks.iter().map(|ask| ask.id.clone()).collect::<Vec<_>>();
    let mut first: Option<Vec<Question>> = None;
    for case in cases {
        let Some((step, _)) = &case.step else { continue };
        let asks = shared(step);
        let same = first.get_or_insert_with(|| asks.clone());
        if ids(same) != ids(&asks) {
            case.step = None;
            case.said = said!(
                "这一步要填别的内容，请单独办理。",
                "this step asks for something else; decide it by itself."
            );
        }
    }
    first.unwrap_or_default()
}

impl Batch {
    /// How many records each result comes to, those left out last.
    fn counts(&self) -> Vec<Said> {
        let mut counts: Vec<(Said, usize)> = Vec::new();
        for case in self.cases.iter().filter(|case| case.is_ready()) {
            let Some((step, _)) = &case.step else { continue };
            let advised = if case.advice.is_empty() { &step.title } else { &case.said };
            match counts.iter_mut().find(|(said, _)| said == advised) {
                Some((_, count)) => *count += 1,
                None => counts.push((advised.clone(), 1)),
            }
        }
        let mut said: Vec<Said> = counts
            .into_iter()
            .map(|(said, count)| {
                Said::new(format!("{} {count} 件", said.zh), format!("{}: {count}", said.en))
            })
            .collect();
        let left = self.cases.iter().filter(|case| !case.is_ready()).count();
        if left > 0 {
            said.push(said!("不办理 {left} 件", "left out: {left}"));
        }
        said
    }

    fn ready(&self) -> usize {
        self.cases.iter().filter(|case| case.is_ready()).count()
    }

    /// Rows of the table that are not on the screen.
    fn unseen(&self) -> usize {
        self.cases.len().saturating_sub(self.shown.get())
    }

    /// Asks once more, with the counts of each result and what has to be answered for all.
    fn confirm(&mut self, cx: &mut Context) {
        let count = self.ready();
        let mut body = self.counts();
        let unseen = self.unseen();
        if unseen > 0 {
            body.push(said!(
                "其中 {unseen} 件不在屏幕上。",
                "{unseen} of them are not on the screen."
            ));
        }
        let parts: Vec<Part> =
            self.questions.iter().map(|ask| moving::part_of(ask, &self.kind, None, cx)).collect();
        let heading = said!("确认成批办理 {count} 件", "Confirm {count} records at once");
        let asked = Ask::new(heading, body, parts, |answered, cx| cx.ask(Effect::Answer(answered)));
        cx.open(asked.deciding());
    }

    fn carry_out(&mut self, answered: &Answered, cx: &mut Context) {
        let Some(who) = cx.who else { return };
        let shared = match moving::answers_of(&self.questions, answered, cx) {
            Ok(answers) => answers,
            Err(refusal) => return cx.say(Notice::from(refusal)),
        };
        let commands = self.cases.iter().filter_map(|case| {
            let (step, own) = case.step.as_ref()?;
            let mut answers = shared.clone();
            answers.extend(own.clone());
            Some(Command::Move {
                id: case.id,
                base: Some(case.revision),
                id_of_move: step.id.clone(),
                answers,
            })
        });
        let verdicts = cx.office.perform_all(who, commands.collect::<Vec<_>>());
        if let Some(receipt) = verdicts.iter().flatten().last() {
            cx.ask(Effect::Saved(receipt.at));
        }
        self.take_results(verdicts);
        self.over = true;
    }

    fn take_results(&mut self, verdicts: Vec<Result<Receipt, Refusal>>) {
        let ready = self.cases.iter_mut().filter(|case| case.is_ready());
        for (case, verdict) in ready.zip(verdicts) {
            case.said = match &verdict {
                Ok(_) => case.said.clone(),
                Err(refusal) => Said::new(
                    format!("未办理：{}", refusal.message.zh),
                    format!("not done: {}", refusal.message.en),
                ),
            };
            case.done = Some(verdict.map(|receipt| receipt.seq));
        }
        let refused = |case: &Case| !matches!(case.done, Some(Ok(_)));
        self.cases.sort_by_key(|case| (refused(case), case.said.zh.clone(), case.number.clone()));
    }

    /// Whether what was done can still be taken back as one: it led to no closed state.
    fn can_be_taken_back(&self) -> bool {
        let Some(life) = &self.kind.workflow else { return false };
        let open = |step: &Move| {
            life.state(&step.to).is_some_and(|state| !state.closed && !state.in_force)
        };
        let mut done = self.cases.iter().filter(|case| matches!(case.done, Some(Ok(_)))).peekable();
        self.over
            && done.peek().is_some()
            && done.all(|case| case.step.as_ref().is_some_and(|(step, _)| open(step)))
    }

    /// Asks why, then takes back what was done.
    fn take_back(&self, cx: &mut Context) {
        let done = |case: &Case| match case.done {
            Some(Ok(seq)) => Some((case.id, seq)),
            _ => None,
        };
        let done: Vec<(RecordId, u64)> = self.cases.iter().filter_map(done).collect();
        let count = done.len();
        let body = vec![said!(
            "{count} 件都回到办理以前；已有人接着办的不动。",
            "All {count} go back to where they were; what somebody acted on since stays."
        )];
        let parts = vec![Part::line(said!("原因", "Reason"))];
        let heading = said!("撤回这一批", "Take the batch back");
        let asked = Ask::new(heading, body, parts, move |answered, cx| {
            let Some(who) = cx.who else { return };
            let reason = answered.into_iter().flatten().next().unwrap_or_default();
            let commands = done.into_iter().map(|(id, seq)| Command::TakeBack {
                id,
                seq: Some(seq),
                reason: reason.clone(),
            });
            let verdicts = cx.office.perform_all(who, commands);
            let good = verdicts.iter().filter(|verdict| verdict.is_ok()).count();
            let bad = verdicts.len() - good;
            if let Some(receipt) = verdicts.iter().flatten().last() {
                cx.ask(Effect::Saved(receipt.at));
            }
            cx.say(Notice::unsure(
                said!("已撤回 {good} 件，没有撤回 {bad} 件。", "{good} taken back, {bad} not."),
                Said::default(),
            ));
            cx.close();
        });
        cx.open(asked.deciding());
    }
}

impl Screen for Batch {
    fn place(&self) -> Place {
        Place::Batch
    }

    fn title(&self) -> Said {
        let count = self.ready();
        if !self.over {
            return said!("成批办理 {count} 件", "{count} records at once");
        }
        let good = self.cases.iter().filter(|case| matches!(case.done, Some(Ok(_)))).count();
        let bad = self.cases.len() - good;
        said!("已办理 {good} 件，未办理 {bad} 件", "{good} done, {bad} not done")
    }

    fn offers(&self, action: Action) -> bool {
        match action {
            Action::Save => !self.over,
            Action::TakeBack => self.can_be_taken_back(),
            _ => true,
        }
    }

    fn titled(&self, action: Action) -> Option<Said> {
        match action {
            Action::Save => Some(Said::fixed("确认", "Confirm")),
            Action::TakeBack => Some(Said::fixed("撤回这一批", "Take the batch back")),
            _ => None,
        }
    }

    fn act(&mut self, action: Action, cx: &mut Context) -> Taken {
        if self.window.act(action, self.cases.len()) {
            return Taken::Yes;
        }
        match action {
            Action::Enter | Action::Save if !self.over => self.confirm(cx),
            Action::Enter => cx.close(),
            Action::TakeBack if self.can_be_taken_back() => self.take_back(cx),
            _ => return Taken::No,
        }
        Taken::Yes
    }

    fn answered(&mut self, answers: Answered, cx: &mut Context) {
        self.carry_out(&answers, cx);
    }

    fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let heading = self.title();
        look.say(buf, area.x + 1, area.y, area.width - 2, &heading, Tone::Title);
        let counts = Said::join(&self.counts(), "；", "; ");
        let mut y = area.y + 1;
        if !self.over {
            let inner = Rect { x: area.x + 1, y, width: area.width - 2, height: 3 };
            y += rows::paragraphs(buf, inner, look, &[(Tone::Plain, &counts)]);
        }
        let table = Rect { y, height: area.bottom().saturating_sub(y + 1), ..area };
        let columns = [
            Column { title: said!("编号", "Number"), cells: 17 },
            Column { title: said!("姓名", "Name"), cells: 9 },
            Column { title: said!("建议", "Advice"), cells: 19 },
            Column {
                title: match self.over {
                    false => said!("将办理，或为什么不能", "What will happen, or why not"),
                    true => said!("结果", "Result"),
                },
                cells: 0,
            },
        ];
        let shown: Vec<RowShown> =
            self.cases.iter().map(|case| row(case, self.over, look)).collect();
        self.shown.set(usize::from(table.height.saturating_sub(1)).min(shown.len()));
        let place = rows::list(buf, table, look, &columns, &shown, &self.window);
        let unseen = self.unseen();
        let under = match (self.over, unseen) {
            (false, 0) => said!("F10 确认后再问一次", "F10 confirms, and asks once more"),
            (false, _) => said!(
                "还有 {unseen} 件不在屏幕上，↑↓ 查看；F10 确认后再问一次",
                "{unseen} more are not on the screen, arrows show them; F10 confirms, and asks once more"
            ),
            (true, 0) => Said::default(),
            (true, _) => said!("还有 {unseen} 件不在屏幕上", "{unseen} more are not on the screen"),
        };
        look.say(buf, area.x + 1, area.bottom() - 1, area.width - 2, &under, Tone::Quiet);
        place
    }
}

fn row(case: &Case, over: bool, look: &Look) -> RowShown {
    let bad = if over { !matches!(case.done, Some(Ok(_))) } else { !case.is_ready() };
    RowShown {
        cells: vec![
            case.number.clone(),
            case.name.clone(),
            case.advice.get(look.lang).to_string(),
            case.said.get(look.lang).to_string(),
        ],
        tone: bad.then_some(Tone::Bad),
        picked: false,
    }
}
