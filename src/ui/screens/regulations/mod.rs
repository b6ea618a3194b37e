//! The library of rules (制度): documents and their clauses, dated parameters with their history,
//! and everything that is to be confirmed; browsed, and found by words, pinyin or number.

mod detail;
mod entering;
mod finding;
mod trial;

use crate::office::Right;
use crate::policy::Library;
use crate::said;
use crate::terminal::{InputLine, Key};
use crate::ui::action::{Action, Place};
use crate::ui::keymap;
use crate::ui::rows::{self, Column, RowShown, Window};
use crate::ui::screen::{Context, Look, Screen, Taken};
use crate::ui::theme::Tone;
use crate::words::Said;
use detail::Detail;
use finding::{Item, Row, Shelf};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::sync::Arc;

/// The list of what the library holds.
pub struct Regulations {
    shelf: Shelf,
    line: InputLine,
    rows: Vec<Row>,
    window: Window,
    may_enter: bool,
    /// What the rows were read from: a glance tells whether they are read again.
    library: Arc<Library>,
}

impl Regulations {
    /// Everything there is.
    pub fn new(cx: &mut Context) -> Self {
        let mut list = Self {
            shelf: Shelf::default(),
            line: InputLine::default(),
            rows: Vec::new(),
            window: Window::default(),
            may_enter: cx.who.is_some_and(|who| who.may(Right::Accounts)),
            library: cx.office.library(),
        };
        list.look(cx);
        list
    }

    fn look(&mut self, cx: &Context) {
        self.library = cx.office.library();
        let (catalogue, today) = (cx.office.catalogue(), cx.office.today());
        self.rows = finding::rows(&self.library, catalogue, self.shelf, today, self.line.text());
        self.window.settle(self.rows.len());
    }

    fn narrow(&mut self, cx: &Context) {
        self.window = Window::default();
        self.look(cx);
    }

    fn turn(&mut self, onwards: bool, cx: &Context) {
        let all = Shelf::ALL;
        let at = all.iter().position(|shelf| *shelf == self.shelf).unwrap_or(0);
        let step = if onwards { 1 } else { all.len() - 1 };
        self.shelf = all.get((at + step) % all.len()).copied().unwrap_or_default();
        self.narrow(cx);
    }

    fn marked(&self) -> Option<&Item> {
        self.rows.get(self.window.at).map(|row| &row.item)
    }
}

impl Screen for Regulations {
    fn place(&self) -> Place {
        Place::Rules
    }

    fn title(&self) -> Said {
        said!("制度", "Rules")
    }

    fn shows(&self) -> Option<String> {
        Some("rules".into())
    }

    fn offers(&self, action: Action) -> bool {
        match action {
            Action::NewValue => self.may_enter && matches!(self.marked(), Some(Item::Parameter(_))),
            _ => true,
        }
    }

    fn titled(&self, action: Action) -> Option<Said> {
        (action == Action::Next).then(|| said!("换一类", "Another shelf"))
    }

    fn typed(&mut self, key: Key, cx: &mut Context) -> Taken {
        if keymap::types_text(key) {
            self.line.handle(key);
            self.narrow(cx);
            return Taken::Yes;
        }
        Taken::No
    }

    fn pasted(&mut self, pasted: &str, cx: &mut Context) {
        self.line.insert(pasted);
        self.narrow(cx);
    }

    fn act(&mut self, action: Action, cx: &mut Context) -> Taken {
        if self.window.act(action, self.rows.len()) {
            return Taken::Yes;
        }
        match action {
            Action::Next => self.turn(true, cx),
            Action::Previous => self.turn(false, cx),
            Action::Enter => {
                if let Some(item) = self.marked().cloned() {
                    let detail = Detail::new(item, cx);
                    cx.open(detail);
                }
            }
            Action::NewValue => {
                if let Some(Item::Parameter(id)) = self.marked() {
                    entering::open(&id.clone(), cx);
                }
            }
            _ => return Taken::No,
        }
        Taken::Yes
    }

    fn refresh(&mut self, cx: &mut Context) {
        if !Arc::ptr_eq(&self.library, &cx.office.library()) {
            self.look(cx);
        }
    }

    fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let label = said!("查制度：", "Search the rules: ");
        let used = look.say(buf, area.x + 1, area.y, area.width - 2, &label, Tone::Title);
        let line = Rect::new(area.x + 1 + used, area.y, area.width - used - 2, 1);
        let cursor = rows::input(buf, line, look, &self.line, true);
        let (shelf, count) = (self.shelf.title(), self.rows.len());
        let heading = Said::new(
            format!("{}　{count} 条　Tab 换一类", shelf.zh),
            format!("{}  {count}  Tab: another shelf", shelf.en),
        );
        look.say(buf, area.x + 1, area.y + 1, area.width - 2, &heading, Tone::Quiet);
        let below = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
        if self.rows.is_empty() {
            let none = said!(
                "没有找到。可以输入文件名、条款里的字、拼音首字母或文号。",
                "Nothing found. Type a title, words of a clause, pinyin or a number."
            );
            look.say(buf, below.x + 1, below.y + 1, below.width - 2, &none, Tone::Quiet);
            return cursor;
        }
        let (number, validity) = if area.width < 100 { (18, 16) } else { (26, 24) };
        let columns = [
            Column { title: said!("名称", "Title"), cells: 0 },
            Column { title: said!("文号或数值", "Number or value"), cells: number },
            Column { title: said!("等级", "Grade"), cells: 8 },
            Column { title: said!("有效期", "In force"), cells: validity },
        ];
        let cells = |said: &Said| said.get(look.lang).to_string();
        let shown = self.rows.iter().map(|row| RowShown {
            cells: vec![
                cells(&row.title),
                cells(&row.number),
                cells(&row.grade),
                cells(&row.validity),
            ],
            ..RowShown::default()
        });
        rows::list(buf, below, look, &columns, &shown.collect::<Vec<_>>(), &self.window);
        cursor
    }
}
