//! One record's page: a person with everything about them in time order, or a file with its
//! fields and its decision sheet.

use crate::office::{Claim, Command, Pointing, RecordLine, Shows, columns_of_services};
use crate::program::PERSON;
use crate::record::{Record, RecordId};
use crate::said;
use crate::terminal::{Key, KeyCode};
use crate::ui::action::{Action, Place};
use crate::ui::ask::{Answered, Ask, Part};
use crate::ui::form;
use crate::ui::keymap;
use crate::ui::reading::Reading;
use crate::ui::rows::{self, RowShown, Window};
use crate::ui::screen::{Context, Effect, Look, Notice, Screen, Taken};
use crate::ui::screens::listing::Listing;
use crate::ui::screens::{erasing, history, merging, moving, sheet, undo};
use crate::ui::theme::Tone;
use crate::words::Said;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// From this width sheet and fields are side by side.
const WIDE: u16 = 110;

/// A record's page.
pub struct Page {
    id: RecordId,
    record: Record,
    kind_title: Said,
    name: String,
    about: Said,
    fields: Reading,
    /// The decision sheet, for kinds that have one.
    sheet: Option<Reading>,
    show_sheet: bool,
    reviewing: bool,
    /// The keys of the steps open to this person, and what the steps are called.
    steps: Vec<(char, Said)>,
    has_moves: bool,
    /// The person it is about, for whom something new is made from here.
    person: Option<RecordId>,
    editable: bool,
    /// It may turn out to be another one: nothing with a life of its own.
    can_be_merged: bool,
    /// The last save is this person's own.
    own_last: bool,
    /// The last save is this person's own step, which can be taken back with a reason.
    can_be_taken_back: bool,
    masked: bool,
    services: Vec<RecordLine>,
    /// What points at it.
    pointing: Vec<Pointing>,
    window: Window,
    gone: bool,
    /// Tells colleagues that this person has it before them, while it is under review.
    claim: Option<Claim>,
    /// Who else has it.
    claimed_by: Option<String>,
}

impl Page {
    /// The page of a record; what cannot be read is told.
    pub fn open(id: RecordId, cx: &mut Context) -> Option<Self> {
        let known = cx.who.is_some_and(|who| cx.office.knows(who, id));
        let record = match cx.office.record(id).map(|record| record.filter(|_| known)) {
            Ok(Some(record)) => record,
            Ok(None) => {
                cx.say(Notice::unsure(
                    said!("这份记录已经不在这里。", "This record is no longer here."),
                    said!("请刷新列表。", "Refresh the list."),
                ));
                return None;
            }
            Err(refusal) => {
                cx.say(Notice::from(refusal));
                return None;
            }
        };
        let mut page = Self {
            id,
            record,
            kind_title: Said::default(),
            name: String::new(),
            about: Said::default(),
            fields: Reading::default(),
            sheet: None,
            show_sheet: false,
            reviewing: false,
            steps: Vec::new(),
            has_moves: false,
            person: None,
            editable: false,
            can_be_merged: false,
            own_last: false,
            can_be_taken_back: false,
            masked: false,
            services: Vec::new(),
            pointing: Vec::new(),
            window: Window::default(),
            gone: false,
            claim: None,
            claimed_by: None,
        };
        page.work_out(cx);
        page.show_sheet = page.reviewing;
        Some(page)
    }

    /// Reads the record again, and what is shown of it.
    fn read(&mut self, cx: &mut Context) {
        let known = cx.who.is_some_and(|who| cx.office.knows(who, self.id));
        match cx.office.record(self.id).map(|record| record.filter(|_| known)) {
            // What was merged meanwhile goes on as the one that stays.
            Ok(Some(record)) => {
                self.id = record.id;
                self.record = record;
            }
            Ok(None) => self.gone = true,
            Err(refusal) => cx.say(Notice::from(refusal)),
        }
        self.work_out(cx);
    }

    /// Works out what is shown of the record.
    fn work_out(&mut self, cx: &Context) {
        let catalogue = cx.office.catalogue();
        if let Some(kind) = catalogue.kind(&self.record.kind) {
            self.kind_title = kind.title.clone();
            self.can_be_merged = kind.workflow.is_none();
            self.about = kind
                .workflow
                .as_ref()
                .and_then(|life| life.state(&self.record.state))
                .map(|state| state.title.clone())
                .unwrap_or_default();
        }
        self.name = cx.office.title_of(&self.record);
        self.fields = Reading::of_record(&self.record, cx).at_place_of(&self.fields);
        self.sheet = cx.office.has_sheet(&self.record).then(|| {
            match cx.office.sheet_for(cx.who, &self.record, None, None) {
                Ok(sheet) => Reading::of_sheet(
                    &sheet,
                    false,
                    &Said::fixed("；Tab 看申请内容", "; Tab: the application"),
                    cx,
                ),
                Err(refusal) => {
                    let mut reading = Reading::default();
                    reading.line(Tone::Bad, refusal.message);
                    reading.line(Tone::Plain, refusal.next);
                    reading
                }
            }
            .at_place_of(self.sheet.as_ref().unwrap_or(&Reading::default()))
        });
        self.person = match self.record.kind.as_str() {
            PERSON => Some(self.id),
            _ => cx.office.person_of_record(&self.record).map(|person| person.id),
        };
        let Some(who) = cx.who else { return };
        let offers = cx.office.moves(who, &self.record);
        self.has_moves = !offers.is_empty();
        let open: Vec<_> = offers.into_iter().filter(|offer| offer.closed.is_none()).collect();
        self.reviewing = open.iter().any(|offer| offer.step.not_by_author);
        self.steps = open
            .into_iter()
            .filter_map(|offer| Some((offer.step.key?, offer.step.title)))
            .collect();
        self.claimed_by = cx.office.claimed_by(who, self.id).filter(|_| self.reviewing);
        if !self.reviewing || cx.locked {
            self.claim = None;
        } else if self.claim.is_none() {
            self.claim = Some(cx.office.claim(who, self.id));
        }
        self.editable = cx.office.changeable(who, &self.record).is_ok();
        self.own_last = self.record.updated_by == who.account;
        self.can_be_taken_back = cx.office.can_be_taken_back(who, &self.record);
        self.masked = !cx.office.masked_fields(cx.who, &self.record).is_empty();
        self.services = if self.record.kind == PERSON {
            cx.office.services_of(who, self.id)
        } else {
            Vec::new()
        };
        self.pointing = cx.office.pointing_at(who, &self.record);
    }

    /// Rows below its fields: what belongs to it, and what points at it.
    fn below(&self) -> usize {
        self.services.len() + self.pointing.len()
    }

    fn reveal(&self, cx: &mut Context) {
        let id = self.id;
        let masked = cx.office.masked_fields(cx.who, &self.record);
        if masked.is_empty() {
            cx.say(Notice::unsure(
                said!("这里没有被遮盖的内容。", "Nothing is masked here."),
                Said::default(),
            ));
            return;
        }
        let record = self.record.clone();
        cx.open(Ask::new(
            said!("查看完整号码", "Show in full"),
            vec![said!("这次查看会写入日志。", "Looking is written to the journal.")],
            vec![
                Part::any_of(said!("看哪一项", "Which"), masked),
                Part::line(said!("为什么要看", "Reason")),
            ],
            move |answers, cx| {
                let fields = answers.first().cloned().unwrap_or_default();
                let reason =
                    answers.get(1).and_then(|line| line.first()).cloned().unwrap_or_default();
                let Some(who) = cx.who else { return };
                let command = Command::Reveal { id, fields: fields.clone(), reason };
                match cx.office.perform(who, command) {
                    Ok(_) => {
                        let now = cx.office.record(id).ok().flatten();
                        let lines = cx.office.in_full(now.as_ref().unwrap_or(&record), &fields);
                        cx.open(
                            Ask::new(said!("完整内容", "In full"), lines, Vec::new(), |_, _| {})
                                .fleeting(),
                        );
                    }
                    Err(refusal) => cx.say(Notice::from(refusal)),
                }
            },
        ));
    }

    /// The person a file belongs to; none on the person's own page.
    fn belongs_to(&self) -> Option<RecordId> {
        self.person.filter(|person| *person != self.id)
    }

    /// What the step is called that an action of the keys a, r, d makes.
    fn step(&self, action: Action) -> Option<&Said> {
        let wanted = match action {
            Action::Approve => 'a',
            Action::Return => 'r',
            Action::Decline => 'd',
            _ => return None,
        };
        self.steps.iter().find(|(key, _)| *key == wanted).map(|(_, title)| title)
    }

    fn draw_services(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let all = columns_of_services();
        let (columns, places) = rows::fitting(&all, area.width);
        let today = crate::record::china_date(look.now);
        let row = |cell: &dyn Fn(&Shows) -> Said| {
            let shows = places.iter().filter_map(|at| all.get(*at)).map(|column| &column.shows);
            let cells = shows.map(|shows| cell(shows).get(look.lang).to_string()).collect();
            RowShown { cells, ..RowShown::default() }
        };
        let services = self.services.iter().map(|line| row(&|shows| line.cell(shows, today)));
        let pointing = self.pointing.iter().map(|pointing| {
            let count = pointing.count;
            row(&|shows| match shows {
                Shows::Kind => pointing.title.clone(),
                Shows::State => said!("{count} 份", "{count}"),
                _ => Said::default(),
            })
        });
        let shown: Vec<RowShown> = services.chain(pointing).collect();
        rows::list(buf, area, look, &columns, &shown, &self.window)
    }
}

impl Screen for Page {
    fn place(&self) -> Place {
        if self.reviewing { Place::Review } else { Place::Page }
    }

    fn title(&self) -> Said {
        self.kind_title.clone()
    }

    fn offers(&self, action: Action) -> bool {
        match action {
            Action::Sheet => self.sheet.is_some(),
            Action::Moves => self.has_moves,
            Action::Edit => self.editable,
            Action::Reveal => self.masked,
            Action::Erase => self.record.kind == PERSON && !self.gone,
            Action::Merge => self.can_be_merged && !self.gone,
            Action::Undo => self.own_last && !self.can_be_taken_back,
            Action::TakeBack => self.can_be_taken_back,
            Action::Approve | Action::Return | Action::Decline => self.step(action).is_some(),
            Action::Enter => self.below() > 0 || self.belongs_to().is_some(),
            _ => true,
        }
    }

    fn titled(&self, action: Action) -> Option<Said> {
        if action == Action::Enter && self.below() == 0 && self.belongs_to().is_some() {
            return Some(Said::fixed("打开这个人", "Open the person"));
        }
        self.step(action).cloned()
    }

    fn typed(&mut self, key: Key, cx: &mut Context) -> Taken {
        // Steps with letters of their own; `a`, `r` and `d` come as actions, which the bar shows.
        let KeyCode::Char(c) = key.folded().code else { return Taken::No };
        let plain = key.mods.is_empty() && keymap::action(key, self.place()).is_none();
        if plain && self.steps.iter().any(|(key, _)| *key == c) {
            moving::by_key(c, &self.record, cx);
            return Taken::Yes;
        }
        Taken::No
    }

    fn act(&mut self, action: Action, cx: &mut Context) -> Taken {
        let below = self.below();
        let in_text = matches!(action, Action::PageUp | Action::PageDown);
        if below > 0 && !in_text && self.window.act(action, below) {
            return Taken::Yes;
        }
        let reading = match &mut self.sheet {
            Some(sheet) if self.show_sheet => sheet,
            _ => &mut self.fields,
        };
        if reading.act(action) {
            return Taken::Yes;
        }
        match action {
            Action::Enter if self.window.at >= self.services.len() && !self.pointing.is_empty() => {
                let at = self.window.at - self.services.len();
                if let Some(pointing) = self.pointing.get(at) {
                    let list = Listing::new(pointing.queue.clone(), cx);
                    cx.open(list);
                }
            }
            Action::Enter => {
                let service = self.services.get(self.window.at).map(|line| line.id);
                if let Some(id) = service.or(self.belongs_to())
                    && let Some(page) = Self::open(id, cx)
                {
                    cx.ask(Effect::Open(Box::new(page)));
                }
            }
            Action::Next | Action::Previous => {
                self.show_sheet = !self.show_sheet && self.sheet.is_some();
            }
            Action::Sheet if self.sheet.is_some() => sheet::open(self.id, cx),
            Action::New if self.person.is_some() => form::choose_kind(self.person, cx),
            Action::Undo => undo::ask(&self.record, cx),
            Action::TakeBack if self.can_be_taken_back => undo::take_back(&self.record, cx),
            Action::Edit => form::edit(&self.record, cx),
            Action::Approve => moving::by_key('a', &self.record, cx),
            Action::Return => moving::by_key('r', &self.record, cx),
            Action::Decline => moving::by_key('d', &self.record, cx),
            Action::Moves => moving::choose(&self.record, cx),
            Action::Reveal => self.reveal(cx),
            Action::History => history::open(&self.record, cx),
            Action::Erase if self.record.kind == PERSON => erasing::ask(&self.record, cx),
            Action::Merge if self.can_be_merged => merging::choose(&self.record, cx),
            _ => return Taken::No,
        }
        Taken::Yes
    }

    fn answered(&mut self, answers: Answered, cx: &mut Context) {
        merging::chosen(&self.record, &answers, cx);
    }

    fn refresh(&mut self, cx: &mut Context) {
        self.read(cx);
    }

    fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let revision = self.record.revision;
        let state = if self.about.is_empty() {
            String::new()
        } else {
            let about = &self.about;
            Said::new(format!("【{}】", about.zh), format!("[{}]", about.en))
                .get(look.lang)
                .to_string()
        };
        let heading = format!(
            "{} {} {} {state}",
            self.kind_title.get(look.lang),
            self.name,
            self.record.number
        );
        let revision = said!("第 {revision} 版", "revision {revision}");
        let used = look.put(buf, area.x + 1, area.y, area.width - 2, &heading, Tone::Title);
        let x = area.x + 2 + used;
        let used =
            look.say(buf, x, area.y, area.right().saturating_sub(x + 1), &revision, Tone::Quiet);
        if let Some(name) = &self.claimed_by {
            let x = x + used + 2;
            let said = said!("{name} 也打开着", "{name} has it open too");
            look.say(buf, x, area.y, area.right().saturating_sub(x + 1), &said, Tone::Unsure);
        }
        let body =
            Rect { x: area.x + 1, y: area.y + 1, width: area.width - 2, height: area.height - 1 };
        if self.gone {
            let gone = said!(
                "这份记录已经不在这里。按 Esc 返回。",
                "This record is no longer here. Esc goes back."
            );
            look.say(buf, body.x, body.y, body.width, &gone, Tone::Bad);
            return None;
        }
        if self.below() > 0 {
            let rows = u16::try_from(self.below() + 1).unwrap_or(6).min(7);
            let list = Rect { y: body.bottom() - rows, height: rows, ..body };
            let upper = Rect { height: body.height - rows - 1, ..body };
            let reading = self.sheet.as_ref().filter(|_| self.show_sheet);
            reading.unwrap_or(&self.fields).draw(upper, buf, look);
            return self.draw_services(list, buf, look);
        }
        let Some(sheet) = &self.sheet else { return self.fields.draw(body, buf, look) };
        if area.width >= WIDE {
            let half = body.width / 2;
            let left = Rect { width: half - 1, ..body };
            let right = Rect { x: body.x + half + 1, width: body.width - half - 1, ..body };
            for y in body.top()..body.bottom() {
                look.put(buf, body.x + half - 1, y, 1, "│", Tone::Line);
            }
            let (first, second) =
                if self.show_sheet { (sheet, &self.fields) } else { (&self.fields, sheet) };
            second.draw(right, buf, look);
            return first.draw(left, buf, look);
        }
        let shown = if self.show_sheet { sheet } else { &self.fields };
        shown.draw(body, buf, look)
    }
}
