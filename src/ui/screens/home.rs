//! Home: what waits for this person, and where to begin.

use crate::office::{Actor, Queue, Right};
use crate::program::Kind;
use crate::said;
use crate::terminal::text;
use crate::ui::action::{Action, Place};
use crate::ui::form;
use crate::ui::rows::{self, Column, RowShown, Window};
use crate::ui::screen::{Context, Look, Screen, Taken};
use crate::ui::screens::{find::Find, listing::Listing, tabs::Tab};
use crate::ui::theme::Tone;
use crate::words::Said;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// What is done, the key that does it anywhere, what it is called, and how many wait there.
type Row = (Errand, &'static str, Said, usize);

#[derive(Clone)]
enum Errand {
    Find,
    New,
    Queue(Queue),
}

/// The home screen, or that of one program area.
pub struct Home {
    /// The area's tab; none for home.
    area: Option<Tab>,
    errands: Vec<Row>,
    notices: Vec<Said>,
    /// When and from where this account signed in the time before.
    before: Said,
    window: Window,
}

impl Home {
    /// Home for whoever is signed in.
    pub fn new(cx: &mut Context) -> Self {
        Self::of(None, cx)
    }

    /// What there is to open in one program area.
    pub fn of_area(tab: Tab, cx: &mut Context) -> Self {
        Self::of(Some(tab), cx)
    }

    fn of(area: Option<Tab>, cx: &mut Context) -> Self {
        let mut home = Self {
            area,
            errands: Vec::new(),
            notices: Vec::new(),
            before: Said::default(),
            window: Window::default(),
        };
        home.refresh(cx);
        home
    }
}

impl Screen for Home {
    fn place(&self) -> Place {
        Place::List
    }

    fn title(&self) -> Said {
        self.area.as_ref().map_or_else(|| said!("首页", "Home"), |tab| tab.title.clone())
    }

    fn shows(&self) -> Option<String> {
        Some(self.area.as_ref().map_or_else(|| "home".into(), |tab| tab.shows.clone()))
    }

    fn offers(&self, action: Action) -> bool {
        !matches!(
            action,
            Action::Approve
                | Action::Return
                | Action::Moves
                | Action::Mark
                | Action::MarkAll
                | Action::Narrow
                | Action::Order
                | Action::Export
                | Action::Sheet
                | Action::Back
                | Action::DropDraft
        )
    }

    fn act(&mut self, action: Action, cx: &mut Context) -> Taken {
        if self.window.act(action, self.errands.len()) {
            return Taken::Yes;
        }
        match action {
            Action::Enter => {
                match self.errands.get(self.window.at).map(|(errand, ..)| errand.clone()) {
                    Some(Errand::Find) => cx.open(Find::new()),
                    Some(Errand::New) => match &self.area {
                        Some(tab) => form::choose_among(Some(&tab.kinds), None, cx),
                        None => form::choose_kind(None, cx),
                    },
                    Some(Errand::Queue(queue)) => {
                        let list = Listing::new(queue, cx);
                        cx.open(list);
                    }
                    None => {}
                }
            }
            Action::New if self.area.is_some() => {
                let kinds = self.area.as_ref().map(|tab| tab.kinds.clone());
                form::choose_among(kinds.as_deref(), None, cx);
            }
            Action::Back => {}
            _ => return Taken::No,
        }
        Taken::Yes
    }

    fn refresh(&mut self, cx: &mut Context) {
        let Some(who) = cx.who else { return };
        if let Some(tab) = &self.area {
            let closed = |kind: &String| cx.office.may_open(who, &Queue::OfKind(kind.clone()));
            let closed = tab.kinds.iter().find_map(|kind| closed(kind).err());
            self.errands = errands_of_area(tab, who, cx);
            if let Some(refusal) = closed {
                self.errands.splice(0..0, begin_in_area(tab, who, cx));
                self.notices = vec![refusal.message, refusal.next];
            }
            return;
        }
        let counts = cx.office.counts(who);
        self.notices = cx.office.trouble().into_iter().collect();
        self.notices.extend(cx.office.heads_told());
        self.notices.extend(cx.office.backup_warning());
        self.notices.extend(cx.office.notices());
        self.notices.extend(cx.office.to_set_up(who));
        self.before = cx.office.sign_in_before(&who.account).unwrap_or_default();
        self.errands = vec![
            (
                Errand::Find,
                "F2",
                said!(
                    "找人：姓名、拼音、首字母、手机、身份证后四位",
                    "Find: name, pinyin, phone, last four of the ID"
                ),
                0,
            ),
            (Errand::New, "F3", what_to_make(cx.office.catalogue().kinds()), 0),
            (Errand::Queue(Queue::Review), "F4", said!("待我办理", "Waiting for me"), counts.queue),
            (
                Errand::Queue(Queue::Returned),
                "",
                said!("退回补正", "Returned for correction"),
                counts.returned,
            ),
            (Errand::Queue(Queue::Due), "F5", said!("到期和逾期", "Due and overdue"), counts.due),
            (Errand::Queue(Queue::Drafts), "F6", said!("草稿", "Drafts"), counts.drafts),
        ];
        self.errands.extend(counts.lists.into_iter().map(|(queue, count)| {
            let title = cx.office.queue_title(&queue);
            (Errand::Queue(queue), "", title, count)
        }));
        if !who.may(Right::Write) {
            self.errands.retain(|(errand, ..)| !matches!(errand, Errand::New));
        }
    }

    fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let columns = [
            Column { title: said!("按键", "Key"), cells: 5 },
            Column { title: said!("要办的事", "To do"), cells: 50 },
            Column { title: said!("件数", "Count"), cells: 0 },
        ];
        let shown: Vec<RowShown> = self
            .errands
            .iter()
            .map(|(_, key, title, count)| RowShown {
                cells: vec![
                    (*key).to_string(),
                    title.get(look.lang).to_string(),
                    if *count > 0 { count.to_string() } else { String::new() },
                ],
                ..RowShown::default()
            })
            .collect();
        let cells = area.width.saturating_sub(4);
        let mut told: Vec<(Tone, String)> = Vec::new();
        if !self.before.is_empty() {
            told.push((Tone::Quiet, self.before.get(look.lang).to_string()));
        }
        for notice in &self.notices {
            let lines = text::wrap(notice.get(look.lang), usize::from(cells));
            told.extend(lines.into_iter().map(|line| (Tone::Unsure, line)));
        }
        // A long list leaves the notices half of the room.
        let room = area.height.saturating_sub(1);
        let rows = u16::try_from(self.errands.len() + 1).unwrap_or(room);
        let below = u16::try_from(told.len()).unwrap_or(room).min(room / 2);
        let height = rows.min(room.saturating_sub(below + u16::from(below > 0)));
        let list = Rect { y: area.y + 1, height, ..area };
        let cursor = rows::list(buf, list, look, &columns, &shown, &self.window);
        let first = list.bottom() + 1;
        for (y, (tone, line)) in (first..area.bottom()).zip(&told) {
            look.put(buf, area.x + 2, y, cells, line, *tone);
        }
        cursor
    }
}

/// What F3 can make of these kinds, by their titles; nothing where moves alone make them.
fn what_to_make<'k>(kinds: impl Iterator<Item = &'k Kind>) -> Said {
    let all = kinds.filter(|kind| kind.by_hand).map(|kind| kind.new.clone());
    let all = Said::join(&all.collect::<Vec<_>>(), "、", ", ");
    if all.is_empty() {
        return all;
    }
    Said::new(format!("新建：{}", all.zh), all.en)
}

/// Where somebody begins in an area whose list of all is not open to them.
fn begin_in_area(tab: &Tab, who: &Actor, cx: &Context) -> Vec<Row> {
    let find = said!("找人或编号", "Find a person or number");
    let mut rows = vec![(Errand::Find, "F2", find, 0)];
    let kinds = tab.kinds.iter().filter_map(|kind| cx.office.catalogue().kind(kind));
    let new = what_to_make(kinds);
    if who.may(Right::Write) && !new.is_empty() {
        rows.push((Errand::New, "F3", new, 0));
    }
    rows
}

/// The lists of an area somebody may open, by kind: all of them, then those its pack has.
fn errands_of_area(tab: &Tab, who: &Actor, cx: &Context) -> Vec<Row> {
    let kinds = tab.kinds.iter().filter_map(|kind| cx.office.catalogue().kind(kind));
    let queues = kinds.flat_map(|kind| {
        let lists = kind
            .lists
            .iter()
            .map(|list| Queue::List { kind: kind.id.clone(), list: list.id.clone() });
        std::iter::once(Queue::OfKind(kind.id.clone())).chain(lists)
    });
    queues
        .filter(|queue| cx.office.may_open(who, queue).is_ok())
        .map(|queue| {
            let (title, count) = (cx.office.queue_title(&queue), cx.office.waiting(who, &queue));
            (Errand::Queue(queue), "", title, count)
        })
        .collect()
}
