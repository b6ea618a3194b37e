//! Help and the palette: both are read off the action table.

use super::action::{Action, ActionInfo, Place};
use super::keymap;
use super::rows::{self, Column, RowShown, Window};
use super::screen::{Context, Effect, Look, Screen, Taken};
use crate::said;
use crate::terminal::text::clear_area;
use crate::terminal::{InputLine, Key};
use crate::words::{Lang, Said};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// An action and what it is called where it is offered.
type Offered = (&'static ActionInfo, Said);

/// The actions that do something where it was opened, with (palette) or without (help) a line to
/// search them.
pub struct ActionList {
    heading: Said,
    rows: Vec<Offered>,
    hits: Vec<Offered>,
    search: Option<InputLine>,
    window: Window,
}

impl ActionList {
    /// Help: the keys that do something here.
    #[must_use]
    pub fn help(rows: Vec<Offered>) -> Self {
        let heading = said!("这里可用的按键（回车执行）", "Keys on this screen (Enter does it)");
        Self { heading, hits: rows.clone(), rows, search: None, window: Window::default() }
    }

    /// The same with a line to search by title, pinyin and initials.
    #[must_use]
    pub fn palette(rows: Vec<Offered>) -> Self {
        let heading = said!("全部操作：输入名称、拼音或首字母", "All actions: type a name");
        let search = Some(InputLine::default());
        Self { heading, hits: rows.clone(), rows, search, window: Window::default() }
    }

    fn narrow(&mut self) {
        let Some(search) = &self.search else { return };
        let wanted = search.text().trim().to_lowercase();
        self.hits = self.rows.iter().filter(|row| matches(row, &wanted)).cloned().collect();
        self.window = Window::default();
    }
}

fn matches((row, title): &Offered, wanted: &str) -> bool {
    wanted.is_empty()
        || title.get(Lang::En).to_lowercase().contains(wanted)
        || title.get(Lang::Zh).contains(wanted)
        || row.name.contains(wanted)
        || crate::program::pinyin_matches(title.get(Lang::Zh), wanted)
}

impl Screen for ActionList {
    fn place(&self) -> Place {
        Place::Ask
    }

    fn title(&self) -> Said {
        self.heading.clone()
    }

    fn floats(&self) -> bool {
        true
    }

    fn offers(&self, action: Action) -> bool {
        !matches!(
            action,
            Action::Save
                | Action::Mark
                | Action::Next
                | Action::Previous
                | Action::Help
                | Action::Choose
        )
    }

    fn typed(&mut self, key: Key, _cx: &mut Context) -> Taken {
        match &mut self.search {
            Some(search) if keymap::types_text(key) => {
                search.handle(key);
                self.narrow();
                Taken::Yes
            }
            _ => Taken::No,
        }
    }

    fn pasted(&mut self, pasted: &str, _cx: &mut Context) {
        if let Some(search) = &mut self.search {
            search.insert(pasted);
            self.narrow();
        }
    }

    fn act(&mut self, action: Action, cx: &mut Context) -> Taken {
        if self.window.act(action, self.hits.len()) {
            return Taken::Yes;
        }
        match action {
            Action::Enter => {
                cx.close();
                if let Some((row, _)) = self.hits.get(self.window.at) {
                    cx.ask(Effect::Do(row.action));
                }
            }
            Action::Back | Action::Help => cx.close(),
            Action::Quit
            | Action::Language
            | Action::Theme
            | Action::Encoding
            | Action::Redraw
            | Action::Lock
            | Action::SignOut => return Taken::No,
            _ => {}
        }
        Taken::Yes
    }

    fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let width = area.width.min(80);
        let rows = u16::try_from(self.rows.len()).unwrap_or(u16::MAX).saturating_add(4);
        let height = area.height.min(rows);
        let y = area.y + (area.height - height) / 2;
        let boxed = Rect::new(area.x + (area.width - width) / 2, y, width, height);
        clear_area(buf, boxed);
        rows::frame(buf, boxed, look, &self.heading);
        let inner = Rect::new(
            boxed.x + 2,
            boxed.y + 1,
            boxed.width.saturating_sub(4),
            boxed.height.saturating_sub(2),
        );
        let (cursor, below) = match &self.search {
            Some(search) => {
                let line = Rect { height: 1, ..inner };
                let below =
                    Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
                (rows::input(buf, line, look, search, true), below)
            }
            None => (None, inner),
        };
        let columns = [
            Column { title: said!("按键", "Key"), cells: 20 },
            Column { title: said!("操作", "Action"), cells: 0 },
        ];
        let shown: Vec<RowShown> = self
            .hits
            .iter()
            .map(|(row, title)| RowShown {
                cells: vec![row.keys.join("  "), title.get(look.lang).to_string()],
                ..RowShown::default()
            })
            .collect();
        let place = rows::list(buf, below, look, &columns, &shown, &self.window);
        cursor.or(place)
    }
}
