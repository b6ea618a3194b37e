//! A queue or a list: review, due, drafts and returned, or one area's records by state.

mod asking;

use crate::office::{Draft, ListColumn, Order, Queue, RecordLine, Shows};
use crate::record::{Instant, RecordId};
use crate::said;
use crate::terminal::{InputLine, Key};
use crate::ui::action::{Action, Place};
use crate::ui::ask::{Answered, Ask};
use crate::ui::form;
use crate::ui::keymap;
use crate::ui::reading::Reading;
use crate::ui::rows::{self, RowShown, Window};
use crate::ui::screen::{Context, Effect, Look, Notice, Screen, Taken};
use crate::ui::screens::{moving, page::Page};
use crate::ui::theme::Tone;
use crate::words::Said;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Duration;

/// Most rows a list loads, and so most of a bulk verdict; nobody reads further, and a search
/// finds faster.
const MOST: usize = 1_000;

/// From this width a detail pane is beside the list.
const WIDE: u16 = 110;

/// How long the keys pause before the detail of the marked row is read.
const PAUSE: Duration = Duration::from_millis(120);

/// One row: a record, or a draft not yet saved.
enum Item {
    Record(RecordLine),
    Draft(Draft),
}

impl Item {
    fn id(&self) -> RecordId {
        match self {
            Self::Record(line) => line.id,
            Self::Draft(draft) => draft.id,
        }
    }
}

/// A list of records.
pub struct Listing {
    queue: Queue,
    title: Said,
    items: Vec<Item>,
    total: usize,
    /// What is marked, with the state it was marked in.
    picked: BTreeMap<RecordId, String>,
    window: Window,
    detail: Reading,
    columns: Vec<ListColumn>,
    /// What is in them, for the rows around the window.
    cells: BTreeMap<RecordId, Vec<Said>>,
    /// Titles of the kinds drafts are of.
    draft_kinds: BTreeMap<String, Said>,
    /// The detail is of another row: it is read when the keys pause, so that running down a list
    /// sends no more than the mark.
    stale: bool,
    /// A detail pane was drawn beside the list.
    wide: Cell<bool>,
    /// What the list is narrowed by.
    narrow: InputLine,
    /// It is being typed.
    narrowing: bool,
    /// The list does not follow what is typed yet.
    owes: bool,
    order: Order,
    /// What it can be ordered by.
    orders: Vec<(String, Said)>,
    /// Somebody chose the order.
    ordered: bool,
    /// Steps can be made from here, of several records at once.
    decides: bool,
}

impl Listing {
    /// The list of a queue.
    pub fn new(queue: Queue, cx: &mut Context) -> Self {
        let mut list = Self {
            title: cx.office.queue_title(&queue),
            columns: columns_of(&queue, cx),
            order: cx.office.usual_order(&queue),
            orders: Vec::new(),
            ordered: false,
            decides: decides(&queue, cx),
            cells: BTreeMap::new(),
            queue,
            items: Vec::new(),
            total: 0,
            picked: BTreeMap::new(),
            window: Window::default(),
            detail: Reading::default(),
            draft_kinds: BTreeMap::new(),
            stale: false,
            wide: Cell::new(false),
            narrow: InputLine::default(),
            narrowing: false,
            owes: false,
        };
        list.refresh(cx);
        list
    }

    /// Reads what is in the columns of the rows in and around the window, where that is not known
    /// yet: a list may be long, and only what is seen is read.
    fn read_cells(&mut self, cx: &Context) {
        let Some(who) = cx.who else { return };
        let around = self.window.around(self.items.len());
        for item in self.items.get(around).unwrap_or_default() {
            let Item::Record(line) = item else { continue };
            if !self.cells.contains_key(&line.id) {
                let cells = cx.office.cells(who, line, &self.columns);
                self.cells.insert(line.id, cells);
            }
        }
    }

    fn marked(&self) -> Option<&RecordLine> {
        match self.items.get(self.window.at) {
            Some(Item::Record(line)) => Some(line),
            _ => None,
        }
    }

    fn read_detail(&mut self, cx: &Context) {
        self.stale = false;
        let record = self.marked().and_then(|line| cx.office.record(line.id).ok().flatten());
        self.detail = record.map(|record| Reading::of_record(&record, cx)).unwrap_or_default();
    }

    /// The records of the list with their states.
    fn states(&self) -> BTreeMap<RecordId, String> {
        let records = self.items.iter().filter_map(|item| match item {
            Item::Record(line) => Some((line.id, line.state.clone())),
            Item::Draft(_) => None,
        });
        records.collect()
    }

    /// The records a bulk verdict is about: the picked ones, else the marked one.
    fn chosen(&self) -> Vec<RecordId> {
        if self.picked.is_empty() {
            return self.marked().map(|line| line.id).into_iter().collect();
        }
        self.picked.keys().copied().collect()
    }

    /// Asks before a draft goes: nothing else of it is kept anywhere.
    fn drop_draft(&self, cx: &mut Context) {
        let Some(Item::Draft(draft)) = self.items.get(self.window.at) else { return };
        let (id, title) = (draft.id, &draft.title);
        let asked = Ask::new(
            said!("删除草稿", "Delete the draft"),
            vec![said!(
                "{title}：填过的内容会删除，不能找回。",
                "{title}: what was typed goes and cannot be brought back."
            )],
            Vec::new(),
            move |_, cx| {
                let Some(who) = cx.who else { return };
                if let Err(refusal) = cx.office.drop_draft(who, id) {
                    cx.say(Notice::from(refusal));
                }
                cx.ask(Effect::Refresh);
            },
        );
        cx.open(asked.deciding());
    }

    fn open(&self, cx: &mut Context) {
        match self.items.get(self.window.at) {
            Some(Item::Record(line)) => {
                if let Some(page) = Page::open(line.id, cx) {
                    cx.ask(Effect::Open(Box::new(page)));
                }
            }
            Some(Item::Draft(draft)) => form::resume(draft, cx),
            None => {}
        }
    }
}

impl Screen for Listing {
    fn place(&self) -> Place {
        Place::List
    }

    fn title(&self) -> Said {
        self.title.clone()
    }

    fn offers(&self, action: Action) -> bool {
        match action {
            // Letters are typed.
            Action::Approve
            | Action::Return
            | Action::Moves
            | Action::Mark
            | Action::MarkAll
            | Action::Order
            | Action::Export
                if self.narrowing =>
            {
                false
            }
            // What one has begun oneself is in no index.
            Action::Order | Action::Export => self.queue != Queue::Drafts && !self.items.is_empty(),
            Action::Mark | Action::MarkAll => self.decides && !self.items.is_empty(),
            // The queue of reviews has its own keys for them.
            Action::Moves => self.decides && self.queue != Queue::Review && !self.items.is_empty(),
            Action::Approve | Action::Return => {
                self.queue == Queue::Review && !self.items.is_empty()
            }
            Action::Sheet => self.marked().is_some(),
            Action::Narrow => !self.narrowing,
            Action::DropDraft => matches!(self.items.get(self.window.at), Some(Item::Draft(_))),
            Action::Enter => !self.items.is_empty(),
            _ => true,
        }
    }

    fn titled(&self, action: Action) -> Option<Said> {
        match action {
            Action::Enter if self.narrowing => Some(said!("就看这些", "Keep these")),
            Action::Back if self.is_narrowed() => Some(said!("清除筛选", "Show all")),
            _ => None,
        }
    }

    fn typed(&mut self, key: Key, _cx: &mut Context) -> Taken {
        if !self.narrowing || !keymap::types_text(key) {
            return Taken::No;
        }
        self.narrow.handle(key);
        self.owes = true;
        Taken::Yes
    }

    fn pasted(&mut self, pasted: &str, cx: &mut Context) {
        if self.narrowing {
            self.narrow.insert(pasted);
            self.read_narrowed(cx);
        }
    }

    fn act(&mut self, action: Action, cx: &mut Context) -> Taken {
        // Whoever types ahead means what will be shown.
        if self.owes {
            self.read_narrowed(cx);
        }
        if self.window.act(action, self.items.len()) {
            self.stale = true;
            self.read_cells(cx);
            return Taken::Yes;
        }
        match action {
            Action::Enter if self.narrowing => self.narrowing = false,
            Action::Narrow => self.narrowing = true,
            Action::Order if self.offers(action) => self.ask_order(cx),
            Action::Export if self.offers(action) => self.ask_export(cx),
            Action::Back if self.is_narrowed() => {
                self.narrow = InputLine::default();
                self.narrowing = false;
                self.read_narrowed(cx);
            }
            Action::Enter => self.open(cx),
            Action::Mark if self.decides => {
                if let Some((id, state)) = self.marked().map(|line| (line.id, line.state.clone()))
                    && self.picked.remove(&id).is_none()
                {
                    self.picked.insert(id, state);
                }
                self.window.act(Action::Down, self.items.len());
                self.stale = true;
            }
            Action::MarkAll if self.decides => {
                let all = self.states();
                self.picked = if self.picked == all { BTreeMap::new() } else { all };
            }
            Action::Approve if self.queue == Queue::Review => {
                moving::many('a', &self.chosen(), cx);
            }
            Action::Return if self.queue == Queue::Review => {
                moving::many('r', &self.chosen(), cx);
            }
            Action::Moves if self.offers(action) => moving::choose_for_many(&self.chosen(), cx),
            Action::DropDraft => self.drop_draft(cx),
            Action::Sheet => {
                if let Some(id) = self.marked().map(|line| line.id) {
                    super::sheet::open(id, cx);
                }
            }
            _ => return Taken::No,
        }
        Taken::Yes
    }

    fn answered(&mut self, answers: Answered, cx: &mut Context) {
        let mut answers = answers.into_iter().map(|part| part.into_iter().next());
        match (answers.next().flatten().as_deref(), answers.next().flatten()) {
            (Some(asking::ORDER), Some(by)) => {
                let reversed = by == self.order.by && !self.order.reversed;
                (self.order, self.ordered) = (Order { by, reversed }, true);
                self.read_narrowed(cx);
            }
            (Some(asking::EXPORT), Some(typed)) => self.export(&typed, cx),
            _ => {}
        }
    }

    fn shows(&self) -> Option<String> {
        Some(format!("{:?}", self.queue))
    }

    fn settles_in(&self, _now: Instant) -> Option<Duration> {
        if self.owes {
            return Some(Duration::ZERO);
        }
        (self.stale && self.wide.get()).then_some(PAUSE)
    }

    fn settle(&mut self, cx: &mut Context) -> bool {
        if self.owes {
            self.read_narrowed(cx);
            return true;
        }
        self.read_detail(cx);
        true
    }

    fn refresh(&mut self, cx: &mut Context) {
        let Some(who) = cx.who else { return };
        let here = self.items.get(self.window.at).map(Item::id);
        self.owes = false;
        let (narrow, order) = (self.narrow.text(), Some(&self.order));
        let listed = cx.office.list_ordered(who, &self.queue, narrow, order, 0, MOST);
        self.total = listed.total;
        self.orders = cx.office.orders(&self.queue);
        self.orders.extend(cx.office.orders_by_columns(&self.queue, self.total));
        // A list that has grown too long to be read goes by what it usually does.
        if !self.orders.iter().any(|(id, _)| *id == self.order.by) {
            (self.order, self.ordered) = (cx.office.usual_order(&self.queue), false);
            return self.refresh(cx);
        }
        self.items = listed.lines.into_iter().map(Item::Record).collect();
        if self.queue == Queue::Drafts {
            let kinds = cx.office.catalogue().kinds();
            self.draft_kinds = kinds.map(|kind| (kind.id.clone(), kind.title.clone())).collect();
            let drafts = cx.office.drafts(who).into_iter();
            let drafts = drafts.filter(|draft| draft.title.contains(self.narrow.text().trim()));
            let drafts = drafts.map(Item::Draft);
            self.items = drafts.chain(self.items.drain(..)).collect();
            self.total = self.items.len();
        }
        // The focus stays on the record it was on, wherever that is now.
        let found = here.and_then(|id| self.items.iter().position(|item| item.id() == id));
        if let Some(at) = found {
            self.window.at = at;
        }
        // What went on since it was marked is marked no longer.
        let there = self.states();
        self.picked.retain(|id, state| there.get(id) == Some(state));
        self.window.settle(self.items.len());
        self.cells.clear();
        self.read_cells(cx);
        self.read_detail(cx);
    }

    fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let total = self.total;
        let count = said!("共 {total} 件", "{total} in all");
        let mut heading = format!("{}  {}", self.title().get(look.lang), count.get(look.lang));
        if self.ordered {
            let order = self.order.said(&self.orders);
            heading = format!("{heading}  {}", order.get(look.lang));
        }
        look.put(buf, area.x + 1, area.y, area.width - 2, &heading, Tone::Title);
        let mut below = Rect { y: area.y + 1, height: area.height - 1, ..area };
        let mut cursor = None;
        if self.is_narrowed() {
            let label = said!("筛选：", "Narrowed by: ");
            let used = look.say(buf, below.x + 1, below.y, below.width - 2, &label, Tone::Title);
            let line = Rect::new(below.x + 1 + used, below.y, below.width - used - 2, 1);
            cursor = rows::input(buf, line, look, &self.narrow, self.narrowing);
            below = Rect { y: below.y + 1, height: below.height - 1, ..below };
        }
        if self.items.is_empty() {
            let empty = match self.is_narrowed() {
                true => said!(
                    "没有符合的。可写姓名、拼音、编号、状态、选项；Esc 看全部。",
                    "Nothing fits. Type a name, pinyin, number, state or choice; Esc shows all."
                ),
                false => said!(
                    "这里没有要办的。按 F2 找人，F3 新建。",
                    "Nothing to do here. F2 finds, F3 makes a new one."
                ),
            };
            look.say(buf, below.x + 1, below.y + 1, below.width - 2, &empty, Tone::Quiet);
            return cursor;
        }
        let (left, right) = halves(below);
        self.wide.set(right.is_some());
        if let Some(right) = right {
            for y in right.top()..right.bottom() {
                look.put(buf, right.x - 2, y, 1, "│", Tone::Line);
            }
            self.detail.draw(right, buf, look);
        }
        let (columns, places) = rows::fitting(&self.columns, left.width);
        let shown: Vec<RowShown> =
            self.items.iter().map(|item| self.row(item, &places, look)).collect();
        let marked = rows::list(buf, left, look, &columns, &shown, &self.window);
        cursor.or(marked)
    }
}

impl Listing {
    fn is_narrowed(&self) -> bool {
        self.narrowing || !self.narrow.is_empty()
    }

    /// Brings the list up to what is typed, from the top.
    fn read_narrowed(&mut self, cx: &mut Context) {
        self.refresh(cx);
        self.window = Window::default();
        self.read_cells(cx);
        self.stale = true;
    }

    /// A row of the list in the columns at these places.
    fn row(&self, item: &Item, places: &[usize], look: &Look) -> RowShown {
        let cells = self.cells.get(&item.id()).map(Vec::as_slice).unwrap_or_default();
        let cell = |at: &usize| match (self.columns.get(*at), item) {
            (Some(column), Item::Draft(draft)) => self.of_draft(draft, &column.shows),
            (Some(ListColumn { shows: Shows::State, .. }), Item::Record(line)) => with_claim(line),
            _ => cells.get(*at).cloned().unwrap_or_default(),
        };
        let said = |at: &usize| cell(at).get(look.lang).to_string();
        let Item::Record(line) = item else {
            return RowShown { cells: places.iter().map(said).collect(), ..RowShown::default() };
        };
        let tells = self.columns.iter().any(|column| column.shows == Shows::Due);
        let is_late = tells && line.is_overdue(crate::record::china_date(look.now));
        RowShown {
            cells: places.iter().map(said).collect(),
            tone: is_late.then_some(Tone::Bad),
            picked: self.picked.contains_key(&line.id),
        }
    }

    /// What a column says of a draft that is not saved yet.
    fn of_draft(&self, draft: &Draft, shows: &Shows) -> Said {
        match shows {
            Shows::Title if draft.title.is_empty() => said!("未写姓名", "No name yet"),
            Shows::Title => Said::same(draft.title.clone()),
            Shows::Number => self.draft_kinds.get(&draft.kind).cloned().unwrap_or_default(),
            Shows::State if draft.record.is_some() => said!("修改，未保存", "Change, not saved"),
            Shows::State => said!("草稿，未提交", "Draft, not submitted"),
            Shows::Due => {
                let kept = draft.at.with_timezone(&crate::record::china_offset());
                Said::same(kept.format("%m-%d %H:%M").to_string())
            }
            _ => Said::default(),
        }
    }
}

/// Whether steps are made from a list: from the queue of reviews, and from lists of one kind that has
/// some open to whoever looks.
fn decides(queue: &Queue, cx: &Context) -> bool {
    let kind = match queue {
        Queue::Review => return true,
        Queue::OfKind(kind) | Queue::List { kind, .. } | Queue::PointingAt { kind, .. } => kind,
        _ => return false,
    };
    let life = cx.office.catalogue().kind(kind).and_then(|kind| kind.workflow.as_ref());
    let role = cx.who.map(|who| who.role);
    let steps = life.into_iter().flat_map(|life| &life.moves);
    steps.into_iter().any(|step| role.is_some_and(|role| step.by.contains(&role)))
}

/// The columns of a list. Among drafts are some that have no number yet and no next step.
fn columns_of(queue: &Queue, cx: &Context) -> Vec<ListColumn> {
    let mut columns = cx.office.columns_of(queue);
    for column in columns.iter_mut().filter(|_| *queue == Queue::Drafts) {
        match column.shows {
            Shows::Number => column.title = said!("编号或类别", "Number or kind"),
            Shows::Due => column.title = said!("留存时间", "Kept"),
            _ => {}
        }
    }
    columns
}

/// A record's state, and who else has it before them.
fn with_claim(line: &RecordLine) -> Said {
    let state = &line.state_title;
    match &line.claimed_by {
        Some(name) => {
            Said::new(format!("{name} 在审　{}", state.zh), format!("{name} has it  {}", state.en))
        }
        None => state.clone(),
    }
}

/// The list, and from [`WIDE`] columns the detail beside it.
fn halves(area: Rect) -> (Rect, Option<Rect>) {
    if area.width < WIDE {
        return (area, None);
    }
    let left = area.width * 3 / 5;
    let right = Rect { x: area.x + left + 2, width: area.width - left - 3, ..area };
    (Rect { width: left, ..area }, Some(right))
}
