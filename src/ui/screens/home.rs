//! Home: what waits for this person, and where to begin.

use crate::office::{Queue, Right};
use crate::said;
use crate::terminal::text;
use crate::ui::action::{Action, Place};
use crate::ui::form;
use crate::ui::rows::{self, Column, RowShown, Window};
use crate::ui::screen::{Context, Look, Screen, Taken};
use crate::ui::screens::{find::Find, listing::Listing};
use crate::ui::theme::Tone;
use crate::words::Said;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

#[derive(Clone)]
enum Errand {
    Find,
    New,
    Queue(Queue),
}

/// The home screen.
pub struct Home {
    errands: Vec<(Errand, &'static str, Said, usize)>,
    notices: Vec<Said>,
    /// When and from where this account signed in the time before.
    before: Said,
    window: Window,
}

impl Home {
    /// Home for whoever is signed in.
    pub fn new(cx: &mut Context) -> Self {
        let mut home = Self {
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
        said!("首页", "Home")
    }

    fn shows(&self) -> Option<String> {
        Some("home".into())
    }

    fn offers(&self, action: Action) -> bool {
        !matches!(
            action,
            Action::Approve
                | Action::Return
                | Action::Mark
                | Action::MarkAll
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
                    Some(Errand::New) => form::choose_kind(None, cx),
                    Some(Errand::Queue(queue)) => {
                        let list = Listing::new(queue, cx);
                        cx.open(list);
                    }
                    None => {}
                }
            }
            Action::Back => {}
            _ => return Taken::No,
        }
        Taken::Yes
    }

    fn refresh(&mut self, cx: &mut Context) {
        let Some(who) = cx.who else { return };
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
            (
                Errand::New,
                "F3",
                said!("新建：登记人员、困难职工档案", "Register a person, open a hardship file"),
                0,
            ),
            (Errand::Queue(Queue::Review), "F4", said!("待我办理", "Waiting for me"), counts.queue),
            (
                Errand::Queue(Queue::Returned),
                "",
                said!("退回补正", "Returned for correction"),
                counts.returned,
            ),
            (Errand::Queue(Queue::Due), "F5", said!("到期和逾期", "Due and overdue"), counts.due),
            (Errand::Queue(Queue::Drafts), "F6", said!("草稿", "Drafts"), counts.drafts),
            (Errand::Queue(Queue::Watch), "", said!("边缘关注", "Near misses"), counts.watch),
        ];
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
        let list = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        let cursor = rows::list(buf, list, look, &columns, &shown, &self.window);
        let mut y = area.y + 3 + u16::try_from(self.errands.len()).unwrap_or(0);
        if !self.before.is_empty() && y < area.bottom() {
            look.say(buf, area.x + 2, y, area.width - 4, &self.before, Tone::Quiet);
            y += 1;
        }
        for notice in &self.notices {
            let cells = area.width.saturating_sub(4);
            for line in text::wrap(notice.get(look.lang), usize::from(cells)) {
                if y < area.bottom() {
                    look.put(buf, area.x + 2, y, cells, &line, Tone::Unsure);
                    y += 1;
                }
            }
        }
        cursor
    }
}
