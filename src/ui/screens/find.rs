//! Find: one line, hits below it as one types. What is typed is on the screen before it is looked
//! for, and what comes in quickly is looked for once.

use crate::office::{ListColumn, RecordLine, Refusal, columns_of_search};
use crate::program::{Kind, PERSON};
use crate::record::Instant;
use crate::said;
use crate::terminal::{InputLine, Key};
use crate::ui::action::{Action, Place};
use crate::ui::rows::{self, RowShown, Window};
use crate::ui::screen::{Context, Effect, Look, Notice, Screen, Taken};
use crate::ui::screens::page::Page;
use crate::ui::theme::Tone;
use crate::ui::{form, keymap};
use crate::words::Said;
use chrono::TimeDelta;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::time::Duration;

/// How many hits are shown; whoever needs more types one more letter.
const HITS: usize = 50;

/// What a search chooses for a field of a form.
#[derive(Clone, Debug)]
struct Choosing {
    /// The kind it is limited to.
    kind: String,
    /// What one of it is called.
    title: Said,
    /// A new one may be made from here.
    make: bool,
}

/// The search screen.
#[derive(Default)]
pub struct Find {
    /// Something is chosen for a form; else what is found is opened.
    choosing: Option<Choosing>,
    line: InputLine,
    hits: Vec<RecordLine>,
    window: Window,
    /// What is typed was not looked for yet.
    owes: bool,
    /// It is looked for once more, and whoever reads stays where they are.
    stays: bool,
    /// Others were searching; it is tried again then.
    again: Option<Instant>,
}

/// So long after others were searching it is tried again.
const AGAIN: TimeDelta = TimeDelta::milliseconds(8);

impl Find {
    /// An empty search.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A search for a record of one kind, chosen for the form below; `text` is what was typed there.
    #[must_use]
    pub fn choosing(kind: &Kind, make: bool, text: &str) -> Self {
        let (id, title) = (kind.id.clone(), kind.title.clone());
        let mut find =
            Self { choosing: Some(Choosing { kind: id, title, make }), ..Self::default() };
        find.line.set_text(text);
        find.owes = !find.line.is_empty();
        find
    }

    fn kind(&self) -> Option<&str> {
        self.choosing.as_ref().map(|choosing| choosing.kind.as_str())
    }

    fn search(&mut self, cx: &mut Context) {
        let Some(who) = cx.who else { return };
        let found = cx.office.search(who, self.line.text(), self.kind(), HITS);
        self.show(found, cx);
    }

    fn show(&mut self, found: Result<Vec<RecordLine>, Refusal>, cx: &mut Context) {
        (self.owes, self.again) = (false, None);
        let marked = self.hits.get(self.window.at).map(|hit| hit.id);
        match found {
            Ok(hits) => self.hits = people_first(hits),
            Err(refusal) => cx.say(Notice::from(refusal)),
        }
        if !std::mem::take(&mut self.stays) {
            self.window = Window::default();
        } else if let Some(at) = self.hits.iter().position(|hit| Some(hit.id) == marked) {
            // Whoever reads stays on whom they read, wherever that is now.
            self.window.at = at;
        }
    }
}

impl Screen for Find {
    fn place(&self) -> Place {
        Place::Find
    }

    fn title(&self) -> Said {
        match &self.choosing {
            Some(Choosing { title, .. }) => {
                Said::new(format!("选{}", title.zh), format!("Choose: {}", title.en))
            }
            None => said!("找人", "Find"),
        }
    }

    fn shows(&self) -> Option<String> {
        self.choosing.is_none().then(|| "find".into())
    }

    fn offers(&self, action: Action) -> bool {
        let Some(choosing) = &self.choosing else { return true };
        // The form below waits for its answer: nothing leads away from here.
        match action {
            Action::New => choosing.make,
            Action::Find
            | Action::Queue
            | Action::Due
            | Action::Drafts
            | Action::Import
            | Action::Log
            | Action::Tab(_) => false,
            _ => true,
        }
    }

    fn titled(&self, action: Action) -> Option<Said> {
        (action == Action::Enter && self.choosing.is_some()).then(|| said!("选这个", "Choose this"))
    }

    fn typed(&mut self, key: Key, _cx: &mut Context) -> Taken {
        if keymap::types_text(key) {
            self.line.handle(key);
            (self.owes, self.stays) = (true, false);
            return Taken::Yes;
        }
        Taken::No
    }

    fn pasted(&mut self, pasted: &str, cx: &mut Context) {
        self.line.insert(pasted);
        self.stays = false;
        self.search(cx);
    }

    fn settles_in(&self, now: Instant) -> Option<Duration> {
        // A clock that was set back in between does not put it off.
        let left = |again: Instant| (again - now).min(AGAIN).to_std().unwrap_or_default();
        self.owes.then(|| self.again.map_or(Duration::ZERO, left))
    }

    fn settle(&mut self, cx: &mut Context) -> bool {
        let Some(who) = cx.who else {
            self.owes = false;
            return false;
        };
        // A key typed meanwhile is seen before anything else: nobody waits here.
        let found = cx.office.search_if_free(who, self.line.text(), self.kind(), HITS);
        let found = found.transpose();
        match found {
            Some(found) => self.show(found, cx),
            None => self.again = Some(cx.now + AGAIN),
        }
        !self.owes
    }

    fn act(&mut self, action: Action, cx: &mut Context) -> Taken {
        if self.choosing.is_some() && !self.offers(action) {
            return Taken::Yes;
        }
        // Whoever types ahead means what will be found.
        if self.owes {
            self.search(cx);
        }
        if self.window.act(action, self.hits.len()) {
            return Taken::Yes;
        }
        match action {
            Action::Enter if self.choosing.is_some() => {
                if let Some(hit) = self.hits.get(self.window.at) {
                    let chosen = format!("{} {}", hit.title, hit.number);
                    cx.close();
                    cx.ask(Effect::Answer(vec![vec![chosen]]));
                }
            }
            Action::Enter => {
                if let Some(hit) = self.hits.get(self.window.at)
                    && let Some(page) = Page::open(hit.id, cx)
                {
                    cx.ask(Effect::Replace(Box::new(page)));
                }
            }
            Action::New if self.choosing.is_some() => {
                if let Some(Choosing { kind, make: true, .. }) = &self.choosing {
                    form::begin(&kind.clone(), None, cx);
                }
            }
            // What was typed and not found is most likely the name of somebody new.
            Action::New => form::new_person(self.line.text(), cx),
            _ => return Taken::No,
        }
        Taken::Yes
    }

    fn refresh(&mut self, _cx: &mut Context) {
        // A letter that was typed and not looked for yet begins at the top.
        self.stays |= !self.owes;
        self.owes = true;
    }

    fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let label = match &self.choosing {
            Some(Choosing { title, .. }) => {
                Said::new(format!("{}：", title.zh), format!("{}: ", title.en))
            }
            None => said!("找人或编号：", "Person or number: "),
        };
        let used = look.say(buf, area.x + 1, area.y, area.width - 2, &label, Tone::Title);
        let line = Rect::new(area.x + 1 + used, area.y, area.width - used - 2, 1);
        let cursor = rows::input(buf, line, look, &self.line, true);
        let below = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
        if self.hits.is_empty() && !self.owes {
            let hint = if self.line.text().trim().is_empty() {
                said!(
                    "姓名、拼音、首字母（zl、zhang伟）、手机和身份证的全号或后四位、档案编号都可以。",
                    "Name, pinyin, initials (zl), phone or ID whole or its last four, file number."
                )
            } else {
                match &self.choosing {
                    Some(Choosing { title, make: true, .. }) => Said::new(
                        format!("没有找到。按 F3 新建{}，存好后回到这里。", title.zh),
                        format!("Nothing found. F3 makes a {}, and leads back here.", title.en),
                    ),
                    Some(_) => said!("没有找到。", "Nothing found."),
                    None => {
                        said!(
                            "没有找到。按 F3 登记这个人。",
                            "Nothing found. F3 registers this person."
                        )
                    }
                }
            };
            let hint = [(Tone::Quiet, &hint)];
            let text = Rect { x: below.x + 1, width: below.width.saturating_sub(2), ..below };
            rows::paragraphs(buf, text, look, &hint);
        } else {
            let all = columns(area.width);
            let (columns, places) = rows::fitting(&all, below.width);
            let shown = shown(&self.hits, &all, &places, look);
            rows::list(buf, below, look, &columns, &shown, &self.window);
        }
        cursor
    }
}

/// Somebody before their own files, as everything starts from the person; else as found.
fn people_first(hits: Vec<RecordLine>) -> Vec<RecordLine> {
    let mut order: Vec<(usize, bool, RecordLine)> = Vec::with_capacity(hits.len());
    for hit in hits {
        let first = order.iter().find(|(_, _, other)| other.title == hit.title);
        let place = first.map_or(order.len(), |(place, ..)| *place);
        order.push((place, hit.kind != PERSON, hit));
    }
    order.sort_by_key(|(place, is_file, _)| (*place, *is_file));
    order.into_iter().map(|(_, _, hit)| hit).collect()
}

/// On a wide screen names of organisations have room.
fn columns(width: u16) -> Vec<ListColumn> {
    let mut columns = columns_of_search();
    columns.iter_mut().filter(|_| width >= 100).take(1).for_each(|title| title.cells = 24);
    columns
}

fn shown(
    hits: &[RecordLine],
    columns: &[ListColumn],
    places: &[usize],
    look: &Look,
) -> Vec<RowShown> {
    let today = crate::record::china_date(look.now);
    let row = |hit: &RecordLine| {
        let columns = places.iter().filter_map(|at| columns.get(*at));
        let cells = columns.map(|column| hit.cell(&column.shows, today).get(look.lang).to_string());
        RowShown { cells: cells.collect(), ..RowShown::default() }
    };
    hits.iter().map(row).collect()
}
