//! The frame around every screen: who and where at the top, the next key at the bottom.
//!
//! ```text
//!  驿站 鱼洞街道服务站      首页 1 │ 困难帮扶 2 │ 系统 0            周丽 志愿者
//! ──────────────────────────────────────────────────────────────────────────
//!  the screen
//! ──────────────────────────────────────────────────────────────────────────
//!  F1 帮助  F2 找人  F3 新建  F4 审批 12  F5 到期 3        已保存 14:02:31  链 8f3a91
//! ```

use super::action::{self, Action, ActionInfo};
use super::screen::{Look, Notice, Screen};
use super::screens::tabs::{self, Tab};
use super::theme::Tone;
use crate::office::{Actor, Office};
use crate::said;
use crate::terminal::text;
use crate::words::Said;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// Below this a card asks for a larger window.
const SMALLEST: (u16, u16) = (60, 15);

/// Counts the frame shows; read when something changed, never while drawing.
#[derive(Clone, Debug, Default)]
pub struct Bar {
    /// Files waiting for this person's review.
    pub queue: usize,
    /// Due today or overdue.
    pub due: usize,
    /// Drafts and returned files of this person.
    pub drafts: usize,
    /// The first characters of the newest journal hash.
    pub chain: String,
    /// How far the index is, in percent, while it is being filled.
    pub indexing: Option<u8>,
    /// Long work behind the screen, with its percent where that is known.
    pub at_work: Option<(Said, Option<u8>)>,
    /// Nothing can be saved at the moment.
    pub no_saving: bool,
    pub tabs: Vec<Tab>,
}

impl Bar {
    /// Reads the counts for a person.
    #[must_use]
    pub fn read(office: &Office, who: Option<&Actor>) -> Self {
        let Some(who) = who else { return Self::default() };
        let counts = office.counts(who);
        Self {
            queue: counts.queue,
            due: counts.due,
            drafts: counts.drafts,
            chain: office.head_hash().chars().take(6).collect(),
            indexing: office.indexing(),
            at_work: office.at_work(),
            no_saving: office.trouble().is_some(),
            tabs: tabs::all(office.catalogue()),
        }
    }

    fn count(&self, action: Action) -> usize {
        match action {
            Action::Queue => self.queue,
            Action::Due => self.due,
            Action::Drafts => self.drafts,
            _ => 0,
        }
    }
}

/// What the frame shows beside the screen itself.
pub struct Shown<'a> {
    /// The station's name.
    pub station: &'a str,
    /// Who is signed in.
    pub who: Option<&'a Actor>,
    /// Counts.
    pub bar: &'a Bar,
    /// What there is to tell.
    pub notice: Option<&'a Notice>,
    /// When this session last saved.
    pub saved: Option<String>,
}

/// True when the window is too small to work in.
#[must_use]
pub fn too_small(area: Rect) -> bool {
    area.width < SMALLEST.0 || area.height < SMALLEST.1
}

/// Draws everything; returns where the cursor belongs.
pub fn draw(
    area: Rect,
    buf: &mut Buffer,
    look: &Look,
    shown: &Shown,
    layers: &[Box<dyn Screen>],
) -> Option<Position> {
    if too_small(area) {
        small_card(area, buf, look);
        return None;
    }
    let notice = notice_lines(look, shown, area.width);
    let notice_rows = u16::try_from(notice.len()).unwrap_or(0).min(4);
    top(area, buf, look, shown, layers);
    let foot = area.bottom() - 1;
    line(buf, look, area, area.top() + 1);
    line(buf, look, area, foot - 1 - notice_rows);
    for (row, (tone, said)) in notice.iter().take(usize::from(notice_rows)).enumerate() {
        let y = foot - notice_rows + u16::try_from(row).unwrap_or(0);
        look.put(buf, area.x + 1, y, area.width - 2, said, *tone);
    }
    let body = Rect::new(area.x, area.y + 2, area.width, area.height - 4 - notice_rows);
    let mut cursor = None;
    let base = layers.iter().rposition(|layer| !layer.floats()).unwrap_or(0);
    for layer in layers.iter().skip(base) {
        cursor = layer.draw(body, buf, look);
    }
    bottom(area, buf, look, shown, layers);
    cursor
}

fn notice_lines(look: &Look, shown: &Shown, width: u16) -> Vec<(Tone, String)> {
    let Some(notice) = shown.notice else { return Vec::new() };
    let cells = usize::from(width.saturating_sub(2));
    let mark = match notice.tone {
        Tone::Bad => said!("未完成：", "Not done: "),
        Tone::Unsure => said!("请留意：", "Please note: "),
        _ => Said::default(),
    };
    let first = format!("{}{}", mark.get(look.lang), notice.said.get(look.lang));
    let mut lines: Vec<_> =
        text::wrap(&first, cells).into_iter().map(|line| (notice.tone, line)).collect();
    if !notice.next.is_empty() {
        lines.extend(
            text::wrap(notice.next.get(look.lang), cells)
                .into_iter()
                .map(|line| (Tone::Plain, line)),
        );
    }
    lines
}

fn small_card(area: Rect, buf: &mut Buffer, look: &Look) {
    let (columns, rows) = SMALLEST;
    let said = said!(
        "窗口太小：请放大到至少 {columns}×{rows}。内容都在。",
        "Window too small: please enlarge it to at least {columns}×{rows}. Nothing is lost."
    );
    let lines = text::wrap(said.get(look.lang), usize::from(area.width).max(1));
    for (row, line) in lines.iter().take(usize::from(area.height)).enumerate() {
        look.put(
            buf,
            area.x,
            area.y + u16::try_from(row).unwrap_or(0),
            area.width,
            line,
            Tone::Plain,
        );
    }
}

fn line(buf: &mut Buffer, look: &Look, area: Rect, y: u16) {
    let rule = "─".repeat(usize::from(area.width));
    look.put(buf, area.x, y, area.width, &rule, Tone::Line);
}

fn top(area: Rect, buf: &mut Buffer, look: &Look, shown: &Shown, layers: &[Box<dyn Screen>]) {
    let mut x = area.x + 1;
    let right = area.right();
    x += look.put(buf, x, area.y, right - x, &format!("驿站 {}", shown.station), Tone::Title);
    let Some(who) = shown.who else { return };
    let role = who.role.title();
    let name = format!("{} {} ", who.account, role.get(look.lang));
    let name_cells = u16::try_from(text::width(&name)).unwrap_or(0);
    let name_at = right.saturating_sub(name_cells);
    look.put(buf, name_at, area.y, name_cells, &name, Tone::Quiet);
    let free = Rect { x: x + 2, width: name_at.saturating_sub(x + 3), height: 1, ..area };
    tabs(free, buf, look, &shown.bar.tabs, layers);
}

/// The actions of the top layer that would do something for this person, with what they are
/// called there.
#[must_use]
pub fn offered(
    top: &dyn Screen,
    who: Option<&Actor>,
    tabs: &[Tab],
) -> Vec<(&'static ActionInfo, Said)> {
    let tab = |digit| tabs.iter().find(|tab: &&Tab| tab.digit == digit);
    let is_there = |row: &&ActionInfo| match row.action {
        Action::Tab(digit) => tab(digit).is_some(),
        _ => true,
    };
    let title = |row: &ActionInfo| match row.action {
        Action::Tab(digit) => tab(digit).map(|tab| tab.title.clone()).unwrap_or_default(),
        _ => row.title.clone(),
    };
    let may = |row: &&ActionInfo| who.is_none_or(|who| action::allowed(row.action, who).is_ok());
    action::at(top.place())
        .filter(|row| top.offers(row.action))
        .filter(may)
        .filter(is_there)
        .map(|row| (row, top.titled(row.action).unwrap_or_else(|| title(row))))
        .collect()
}

/// The tabs with their digits, the open one reversed, with short titles where there is little room;
/// where there is none for all, the way from the open tab to the screen on top.
fn tabs(area: Rect, buf: &mut Buffer, look: &Look, tabs: &[Tab], layers: &[Box<dyn Screen>]) {
    let open = layers.first().and_then(|base| base.shows());
    let titles = |of: fn(&Tab) -> &Said, blank: &str| -> Vec<(bool, String)> {
        let title = |tab: &Tab| format!("{blank}{} {}{blank}", of(tab).get(look.lang), tab.digit);
        tabs.iter().map(|tab| (open.as_ref() == Some(&tab.shows), title(tab))).collect()
    };
    let ways = [
        titles(|tab| &tab.title, " "),
        titles(|tab| &tab.short, " "),
        titles(|tab| &tab.short, ""),
    ];
    let fits = |titles: &Vec<(bool, String)>| {
        let cells: usize = titles.iter().map(|(_, title)| text::width(title) + 1).sum();
        cells <= usize::from(area.width) + 1
    };
    if let Some(titles) = ways.iter().find(|titles| fits(titles)) {
        let mut x = area.x;
        for (at, (open, title)) in titles.iter().enumerate() {
            if at > 0 {
                x += look.put(buf, x, area.y, 1, "│", Tone::Line);
            }
            let tone = if *open { Tone::Marked } else { Tone::Plain };
            x += look.put(buf, x, area.y, area.right().saturating_sub(x), title, tone);
        }
        return;
    }
    let way: Vec<String> = layers
        .iter()
        .filter(|layer| !layer.floats())
        .map(|layer| layer.title().get(look.lang).to_string())
        .collect();
    let last = way.len().saturating_sub(2);
    let shown = way.get(last..).unwrap_or_default().join(" > ");
    look.put(buf, area.x, area.y, area.width, &shown, Tone::Plain);
}

fn bottom(area: Rect, buf: &mut Buffer, look: &Look, shown: &Shown, layers: &[Box<dyn Screen>]) {
    let y = area.bottom() - 1;
    let right_text = standing(look, shown);
    let right_cells = u16::try_from(text::width(&right_text)).unwrap_or(0);
    let right_at = area.right().saturating_sub(right_cells + 1);
    let Some(top) = layers.last() else { return };
    let mut offered = offered(top.as_ref(), shown.who, &shown.bar.tabs);
    offered.retain(|(row, _)| row.bar > 0);
    offered.sort_by_key(|(row, _)| row.bar);
    let mut x = area.x + 1;
    for (row, title) in offered {
        let count = shown.bar.count(row.action);
        let title = if count > 0 {
            format!("{} {count}", title.get(look.lang))
        } else {
            title.get(look.lang).to_string()
        };
        let key = row.keys.first().copied().unwrap_or("");
        let cells = text::width(key) + 1 + text::width(&title) + 2;
        if usize::from(x) + cells > usize::from(right_at) {
            break;
        }
        x += look.put(buf, x, y, right_at - x, key, Tone::Key) + 1;
        x += look.put(buf, x, y, right_at - x, &title, Tone::Plain) + 2;
    }
    look.put(buf, right_at, y, right_cells, &right_text, Tone::Quiet);
}

/// The right end of the bottom line: index progress, the last save, the chain.
fn standing(look: &Look, shown: &Shown) -> String {
    let mut parts = Vec::new();
    if let Some(percent) = shown.bar.indexing {
        parts.push(said!("正在读入 {percent}%", "reading {percent}%"));
    }
    if let Some((what, percent)) = &shown.bar.at_work {
        let percent = percent.map(|percent| format!(" {percent}%")).unwrap_or_default();
        parts.push(Said::new(format!("{}{percent}", what.zh), format!("{}{percent}", what.en)));
    }
    if shown.bar.no_saving {
        parts.push(said!("暂不能保存", "cannot save now"));
    }
    if let Some(at) = &shown.saved {
        parts.push(said!("已保存 {at}", "saved {at}"));
    }
    if !shown.bar.chain.is_empty() {
        let chain = &shown.bar.chain;
        parts.push(said!("链 {chain}", "chain {chain}"));
    }
    Said::join(&parts, "  ", "  ").get(look.lang).to_string()
}
