//! New values tried over the files before they count: for which files something else would be
//! suggested. Adopted from here, or left.

use crate::office::{Office, Otherwise, Prepared, Refusal, Replayed, Trial as Reach};
use crate::policy::Library;
use crate::said;
use crate::ui::action::{Action, Place};
use crate::ui::behind::{Behind, Going};
use crate::ui::rows::{self, Column, RowShown, Window};
use crate::ui::screen::{Context, Effect, Look, Notice, Screen, Taken};
use crate::ui::screens::page::Page;
use crate::ui::theme::Tone;
use crate::words::Said;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::sync::atomic::Ordering;

/// What comes of trying new values.
type Outcome = Result<Replayed, Refusal>;

/// Tries them by every rule set they change.
fn run(going: &Going, office: &Office, before: &Library, new: &Prepared) -> Outcome {
    going.progress.begin(said!("试算", "trying"), office.records_under(&new.rules));
    let (mut all, mut done) = (Replayed::default(), 0);
    for rules in &new.rules {
        let libraries = (before, &*new.library);
        let tried = office.replay(rules, libraries, Reach::From(new.from), &mut || {
            if going.stop.load(Ordering::Relaxed) {
                return Err(stopped());
            }
            done += 1;
            going.progress.at(done);
            Ok(())
        })?;
        all.tried += tried.tried;
        all.under_way += tried.under_way;
        all.otherwise.extend(tried.otherwise);
    }
    Ok(all)
}

/// What the new values change, on screen.
pub struct Trial {
    prepared: Prepared,
    work: Behind<Outcome>,
    outcome: Option<Outcome>,
    window: Window,
}

impl Trial {
    /// Begins to try them.
    ///
    /// # Errors
    /// When the machine has no room for a thread.
    pub fn begin(prepared: Prepared, cx: &Context) -> Result<Self, Refusal> {
        let (office, before, new) = (cx.office.clone(), cx.office.library(), prepared.clone());
        let work = Behind::begin(
            "trial",
            cx.office,
            || Err(failed()),
            move |going| run(going, &office, &before, &new),
        );
        let work = work.map_err(|_| failed())?;
        let mut trial = Self { prepared, work, outcome: None, window: Window::default() };
        trial.look();
        Ok(trial)
    }

    fn look(&mut self) {
        self.outcome = self.outcome.take().or_else(|| self.work.answer());
    }

    fn otherwise(&self) -> &[Otherwise] {
        match &self.outcome {
            Some(Ok(replayed)) => &replayed.otherwise,
            _ => &[],
        }
    }

    /// What came of it, or how far it is.
    fn said(&self) -> Vec<(Tone, Said)> {
        let Some(outcome) = &self.outcome else {
            let (done, total) = self.work.counts();
            let said =
                said!("正在试算：{done} / {total} 份档案", "Trying: {done} of {total} files");
            return vec![(Tone::Quiet, said)];
        };
        let replayed = match outcome {
            Ok(replayed) => replayed,
            Err(refusal) => {
                return vec![
                    (Tone::Bad, refusal.message.clone()),
                    (Tone::Plain, refusal.next.clone()),
                ];
            }
        };
        let (count, tried, day) = (replayed.otherwise.len(), replayed.tried, self.prepared.from);
        let mut said = vec![(
            if count == 0 { Tone::Good } else { Tone::Unsure },
            said!(
                "{count} 份档案的建议会变（按 {day} 这天重新认定，共试算 {tried} 份）。",
                "The advice on {count} files would change ({tried} decided anew for {day})."
            ),
        )];
        if replayed.under_way > 0 {
            let under_way = replayed.under_way;
            said.push((
                Tone::Quiet,
                said!(
                    "在办的 {under_way} 份按提交时的规则办完，不受影响。",
                    "{under_way} files under way end under the rules they were submitted with."
                ),
            ));
        }
        said.push((
            Tone::Quiet,
            said!(
                "已作的决定和认定依据不变。按 F10 启用，Esc 不启用。",
                "Decisions made and their sheets stay as they are. F10 adopts, Esc does not."
            ),
        ));
        said
    }

    fn adopt(&self, cx: &mut Context) {
        if !matches!(self.outcome, Some(Ok(_))) {
            let wait = said!("还没有试算完。", "The trial is not over yet.");
            return cx.say(Notice::unsure(wait, said!("请稍等。", "Wait a moment.")));
        }
        let Some(who) = cx.who else { return };
        match cx.office.adopt_values(who, &self.prepared) {
            Ok(receipt) => {
                let (seq, name) = (receipt.seq, &self.prepared.adoption.name);
                cx.say(Notice::good(said!(
                    "已启用，记入日志第 {seq} 条；写在数据目录的 {name}。",
                    "Adopted, journal entry {seq}; written to {name} in the data folder."
                )));
                cx.ask(Effect::Saved(receipt.at));
                cx.close();
            }
            Err(refusal) => cx.say(Notice::from(refusal)),
        }
    }
}

impl Screen for Trial {
    fn place(&self) -> Place {
        Place::Trial
    }

    fn title(&self) -> Said {
        said!("试算", "Trial")
    }

    fn titled(&self, action: Action) -> Option<Said> {
        (action == Action::Save).then(|| said!("启用", "Adopt"))
    }

    fn offers(&self, action: Action) -> bool {
        match action {
            Action::Enter => !self.otherwise().is_empty(),
            Action::Save => matches!(self.outcome, Some(Ok(_))),
            _ => true,
        }
    }

    fn act(&mut self, action: Action, cx: &mut Context) -> Taken {
        self.look();
        if self.window.act(action, self.otherwise().len()) {
            return Taken::Yes;
        }
        match action {
            Action::Save => self.adopt(cx),
            Action::Enter => {
                let marked = self.otherwise().get(self.window.at).map(|it| it.id);
                if let Some(page) = marked.and_then(|id| Page::open(id, cx)) {
                    cx.open(page);
                }
            }
            _ => return Taken::No,
        }
        Taken::Yes
    }

    fn refresh(&mut self, _cx: &mut Context) {
        self.look();
        self.window.settle(self.otherwise().len());
    }

    fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
        let heading = said!("试算新的数值", "The new values tried");
        look.say(buf, inner.x, inner.y, inner.width, &heading, Tone::Title);
        let said = self.said();
        let said: Vec<(Tone, &Said)> = said.iter().map(|(tone, said)| (*tone, said)).collect();
        let text = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
        let used = rows::paragraphs(buf, text, look, &said);
        let below =
            Rect { y: text.y + used + 1, height: text.height.saturating_sub(used + 1), ..area };
        if self.otherwise().is_empty() {
            // What will be written, to be looked at.
            for (at, line) in self.prepared.added.trim().lines().enumerate() {
                let y = below.y + u16::try_from(at).unwrap_or(u16::MAX);
                if y < below.bottom() {
                    look.put(buf, inner.x, y, inner.width, line, Tone::Quiet);
                }
            }
            return None;
        }
        let columns = [
            Column { title: said!("编号", "Number"), cells: 18 },
            Column { title: said!("现在的建议", "Advice now"), cells: 24 },
            Column { title: said!("新的建议", "Advice then"), cells: 0 },
        ];
        let row = |it: &Otherwise| RowShown {
            cells: vec![
                it.number.clone(),
                it.before.said().get(look.lang).to_string(),
                it.after.said().get(look.lang).to_string(),
            ],
            ..RowShown::default()
        };
        let shown: Vec<RowShown> = self.otherwise().iter().map(row).collect();
        rows::list(buf, below, look, &columns, &shown, &self.window)
    }
}

fn stopped() -> Refusal {
    Refusal::unavailable(said!("试算已停止。", "The trial was stopped."), Said::default())
}

fn failed() -> Refusal {
    Refusal::unavailable(
        said!("试算没有做成。", "The trial could not be made."),
        said!(
            "请再试一次；仍不行请告诉管理员。",
            "Try again; if that fails tell the administrator."
        ),
    )
}
