//! Import: a list taken in from a file of this machine.
//!
//! ```text
//! a file is chosen ──> read and looked at ──> what would become of it ──> taken in ──> the report
//!        └──────────────── Esc goes one step back, Esc again leaves ─────────────────────┘
//! ```
//! One screen with its steps, since they pass by themselves, locked or not. Files are read and
//! taken in on a thread of their own ([`job`]); nothing is written before F10.
//!
//! | file | holds |
//! | --- | --- |
//! | `choose`, `path` | a path with completion |
//! | `job` | the work behind the screen |
//! | `painting` | how the steps look |
//! | `questions` | what is asked on the way |
//! | `preview` | what was found in a file, and what became of it |

mod choose;
mod job;
mod painting;
pub(super) mod path;
mod preview;
mod questions;

use super::tabs;
use crate::exchange::Plan;
use crate::said;
use crate::terminal::Key;
use crate::ui::action::{Action, Place};
use crate::ui::ask::Answered;
use crate::ui::keymap;
use crate::ui::screen::{Context, Effect, Look, Notice, Screen, Taken};
use crate::words::Said;
use choose::Choose;
use job::{Answer, Job, Meant, Source};
use preview::Preview;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::path::PathBuf;

/// Where the person is on the way.
enum Step {
    /// Choosing a file.
    Choose,
    /// The file chosen is read and looked at.
    Read(Job, PathBuf),
    /// What would become of it; looked at anew while there is a job.
    Look(Box<Preview>, Option<Job>),
    /// It is taken in.
    Take(Box<Preview>, Job),
    /// What became of it.
    Told(Box<Preview>),
}

/// The screen.
pub struct Import {
    /// What a file may be taken in as.
    plans: Vec<(Plan, Said)>,
    plan: usize,
    choose: Choose,
    step: Step,
}

impl Import {
    /// Begins with a file to choose, for what the open tab is about.
    #[must_use]
    pub fn new(cx: &Context) -> Self {
        let plans = Plan::all(cx.office.catalogue());
        let here = tabs::of(cx.office, cx.base.as_ref()).into_iter();
        let all = tabs::all(cx.office.catalogue());
        let kind = here.chain(all).find_map(|tab| tab.kinds.into_iter().next());
        let plan = plans.iter().position(|(plan, _)| Some(&plan.kind) == kind.as_ref());
        Self { plans, plan: plan.unwrap_or(0), choose: Choose::new(cx.home), step: Step::Choose }
    }

    fn plan(&self) -> Option<&Plan> {
        self.plans.get(self.plan).map(|(plan, _)| plan)
    }

    /// Begins work on a file.
    fn begin(&self, source: Source, meant: Meant, cx: &mut Context) -> Option<Job> {
        let (who, plan) = (cx.who?, self.plan()?);
        match job::begin(cx.office, who, plan, source, meant) {
            Ok(job) => Some(job),
            Err(refusal) => {
                cx.say(Notice::from(refusal));
                None
            }
        }
    }

    /// Reads the file that is chosen.
    fn open(&mut self, cx: &mut Context) {
        if let Some(path) = self.choose.enter()
            && let Some(job) = self.begin(
                Source::File(path.clone()),
                Meant { dry_run: true, ..Meant::default() },
                cx,
            )
        {
            self.step = Step::Read(job, path);
        }
    }

    /// Looks at the same file anew, or takes it in.
    fn again(&mut self, dry_run: bool, cx: &mut Context) {
        let preview = match std::mem::replace(&mut self.step, Step::Choose) {
            Step::Look(preview, _) => preview,
            other => {
                self.step = other;
                return;
            }
        };
        let meant = Meant { sheets: preview.meant(), hidden: preview.hidden, dry_run };
        let job = self.begin(Source::Book(preview.book.clone()), meant, cx);
        self.step = match job {
            Some(job) if !dry_run => Step::Take(preview, job),
            job => Step::Look(preview, job),
        };
    }

    /// Takes up what the work behind the screen has come to.
    fn hear(&mut self, cx: &mut Context) {
        self.step = match std::mem::replace(&mut self.step, Step::Choose) {
            Step::Read(job, path) => match job.answer() {
                Some(answer) => self.read(path, answer),
                None => Step::Read(job, path),
            },
            Step::Look(mut preview, Some(job)) => match job.answer() {
                Some(answer) => {
                    preview.found(answer.outcome);
                    Step::Look(preview, None)
                }
                None => Step::Look(preview, Some(job)),
            },
            Step::Take(mut preview, job) => match job.answer() {
                Some(answer) => {
                    if answer.outcome.as_ref().is_ok_and(|report| report.accepted() > 0) {
                        cx.ask(Effect::Saved(cx.now));
                    }
                    preview.found(answer.outcome);
                    Step::Told(preview)
                }
                None => Step::Take(preview, job),
            },
            other => other,
        };
    }

    /// A file that was read: looked at, or refused where its path stands.
    fn read(&mut self, path: PathBuf, answer: Answer) -> Step {
        match answer {
            Answer { book: Some(book), outcome: Ok(report) } => {
                Step::Look(Box::new(Preview::new(path, book, Ok(report))), None)
            }
            // Which sheet is meant can still be said.
            Answer { book: Some(book), outcome } if book.sheets().len() > 1 => {
                Step::Look(Box::new(Preview::new(path, book, outcome)), None)
            }
            Answer { book, outcome } => {
                if let Err(mut why) = outcome {
                    // A table it is; perhaps of something else.
                    if book.is_some() {
                        let other = said!(
                            "文件里若是别的名单，按 F3 换种类。",
                            "If the file holds another list, F3 changes the kind."
                        );
                        why.next = Said::join(&[why.next, other], "", " ");
                    }
                    self.choose.fail(why);
                }
                Step::Choose
            }
        }
    }

    /// One step back; false when there is none.
    fn back(&mut self, cx: &mut Context) -> bool {
        match std::mem::replace(&mut self.step, Step::Choose) {
            Step::Choose => return false,
            Step::Read(..) | Step::Look(..) => {}
            Step::Take(preview, job) => {
                self.step = Step::Take(preview, job);
                questions::ask_stop(cx);
            }
            Step::Told(preview) => {
                // What was put right is most likely what comes next.
                if let Some(saved) = &preview.saved {
                    self.choose.set(&saved.to_string_lossy());
                }
            }
        }
        true
    }

    fn preview(&self) -> Option<&Preview> {
        match &self.step {
            Step::Look(preview, _) | Step::Take(preview, _) | Step::Told(preview) => Some(preview),
            Step::Choose | Step::Read(..) => None,
        }
    }

    fn preview_mut(&mut self) -> Option<&mut Preview> {
        match &mut self.step {
            Step::Look(preview, _) | Step::Take(preview, _) | Step::Told(preview) => Some(preview),
            Step::Choose | Step::Read(..) => None,
        }
    }

    fn job(&self) -> Option<&Job> {
        match &self.step {
            Step::Read(job, _) | Step::Look(_, Some(job)) | Step::Take(_, job) => Some(job),
            Step::Choose | Step::Look(_, None) | Step::Told(_) => None,
        }
    }

    /// The keys of a file that was looked at.
    fn act_on_preview(&mut self, action: Action, cx: &mut Context) -> Taken {
        let Some(preview) = self.preview_mut() else { return Taken::No };
        if preview.step(action) {
            return Taken::Yes;
        }
        let looks = matches!(self.step, Step::Look(..));
        match action {
            Action::Mark if looks => self.mark(cx),
            Action::TakeHidden if looks && self.offers(action) => {
                if let Some(preview) = self.preview_mut() {
                    preview.hidden = !preview.hidden;
                }
                self.again(true, cx);
            }
            Action::Save if looks && self.offers(action) => self.again(false, cx),
            Action::Save if looks && self.job().is_none() => cx.say(Notice::unsure(
                said!("没有可以导入的行。", "There is no row to take in."),
                said!(
                    "请看下面的原因；Esc 返回，可换文件或换种类。",
                    "The reasons are below; Esc goes back to another file or kind."
                ),
            )),
            Action::SaveRefused if !self.takes() => self.ask_save(cx),
            Action::Mark | Action::TakeHidden | Action::Save | Action::SaveRefused => {}
            Action::Enter | Action::Next | Action::Previous => {}
            _ => return Taken::No,
        }
        Taken::Yes
    }

    fn mark(&mut self, cx: &mut Context) {
        let Some(preview) = self.preview_mut().filter(|preview| preview.has_sheets()) else {
            return;
        };
        if preview.mark() {
            self.again(true, cx);
        } else {
            cx.say(Notice::unsure(
                said!("至少要选一张工作表。", "At least one sheet is needed."),
                said!("请先选上另一张。", "Mark another one first."),
            ));
        }
    }

    /// A file is being taken in: nothing leads away from here but what stops it or keeps it.
    fn takes(&self) -> bool {
        matches!(self.step, Step::Take(..))
    }
}

impl Screen for Import {
    fn place(&self) -> Place {
        if self.preview().is_some() { Place::Preview } else { Place::Path }
    }

    fn title(&self) -> Said {
        said!("导入", "Import")
    }

    fn shows(&self) -> Option<String> {
        // Work that goes on is not put aside for an empty screen.
        matches!(self.step, Step::Choose).then(|| "import".into())
    }

    fn offers(&self, action: Action) -> bool {
        let idle = self.job().is_none();
        match action {
            Action::Help
            | Action::Back
            | Action::Lock
            | Action::Quit
            | Action::SignOut
            | Action::Language
            | Action::Theme
            | Action::Encoding
            | Action::Redraw => true,
            Action::Up
            | Action::Down
            | Action::PageUp
            | Action::PageDown
            | Action::First
            | Action::Last => true,
            _ if self.takes() => false,
            Action::Choose => idle,
            Action::Enter | Action::Next | Action::Previous => idle && self.preview().is_none(),
            Action::Save => match &self.step {
                Step::Choose => true,
                Step::Look(preview, None) => preview.is_good(),
                _ => false,
            },
            Action::Mark => {
                matches!(&self.step, Step::Look(preview, _) if preview.has_sheets())
            }
            Action::TakeHidden => {
                matches!(&self.step, Step::Look(preview, _) if preview.has_hidden_rows())
            }
            Action::SaveRefused => self.preview().is_some_and(Preview::has_refused) && idle,
            _ => true,
        }
    }

    fn titled(&self, action: Action) -> Option<Said> {
        let chooses = self.preview().is_none();
        match action {
            Action::Save if chooses => Some(Said::fixed("看预览", "Preview")),
            Action::Save => Some(Said::fixed("导入", "Import")),
            Action::Back if self.takes() => Some(Said::fixed("停下", "Stop")),
            Action::Choose => Some(Said::fixed("换种类", "Other kind")),
            Action::Next => Some(Said::fixed("补全", "Complete")),
            Action::Mark => Some(Said::fixed("选／不选这张表", "Take this sheet")),
            Action::TakeHidden if self.preview().is_some_and(|preview| preview.hidden) => {
                Some(Said::fixed("不要隐藏的行", "Leave hidden rows"))
            }
            Action::TakeHidden => Some(Said::fixed("也要隐藏的行", "Take hidden rows")),
            _ => None,
        }
    }

    fn typed(&mut self, key: Key, _cx: &mut Context) -> Taken {
        match self.step {
            Step::Choose if keymap::types_text(key) => self.choose.handle(key),
            Step::Read(..) if keymap::types_text(key) => {}
            _ => return Taken::No,
        }
        Taken::Yes
    }

    fn pasted(&mut self, pasted: &str, _cx: &mut Context) {
        if matches!(self.step, Step::Choose) {
            self.choose.pasted(pasted);
        }
    }

    fn act(&mut self, action: Action, cx: &mut Context) -> Taken {
        if action == Action::Back {
            return if self.back(cx) { Taken::Yes } else { Taken::No };
        }
        if self.takes() && !self.offers(action) {
            return Taken::Yes;
        }
        match (&self.step, action) {
            (Step::Choose, Action::Enter | Action::Save) => self.open(cx),
            (Step::Choose, Action::Next) => self.choose.complete(),
            (Step::Choose, Action::Previous) => {}
            (Step::Choose, Action::Choose) => self.ask_kind(cx),
            (Step::Choose, _) if self.choose.step(action) => {}
            (Step::Choose, _) => return Taken::No,
            (Step::Read(..), Action::Enter | Action::Save | Action::Choose) => {}
            (Step::Read(..), _) => return Taken::No,
            _ => return self.act_on_preview(action, cx),
        }
        Taken::Yes
    }

    fn answered(&mut self, answers: Answered, cx: &mut Context) {
        self.hear_answer(answers, cx);
    }

    fn refresh(&mut self, cx: &mut Context) {
        self.hear(cx);
    }

    fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        painting::draw(self, area, buf, look)
    }
}
