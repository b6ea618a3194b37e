//! The log of the house, for whoever audits it: the newest first, all of it or one kind.

use crate::office::{LogFilter, LogKind};
use crate::record::china_offset;
use crate::said;
use crate::ui::action::{Action, Place};
use crate::ui::reading::{self, Reading};
use crate::ui::screen::{Context, Look, Notice, Screen, Taken};
use crate::ui::theme::Tone;
use crate::words::Said;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// Lines of a page; those before it are one key away.
const PAGE: usize = 200;

/// The log on screen.
pub struct Log {
    what: Option<LogKind>,
    offset: usize,
    total: usize,
    reading: Reading,
}

impl Log {
    /// The whole log.
    pub fn new(cx: &mut Context) -> Self {
        let mut log = Self { what: None, offset: 0, total: 0, reading: Reading::default() };
        log.refresh(cx);
        log
    }

    /// Another kind: the next or the one before, all of them standing between last and first.
    fn turn(&mut self, onwards: bool, cx: &mut Context) {
        let all: Vec<Option<LogKind>> =
            std::iter::once(None).chain(LogKind::all().map(Some)).collect();
        let at = all.iter().position(|what| *what == self.what).unwrap_or(0);
        let step = if onwards { 1 } else { all.len() - 1 };
        self.what = all.get((at + step) % all.len()).copied().flatten();
        self.offset = 0;
        self.reading = Reading::default();
        self.refresh(cx);
    }
}

impl Screen for Log {
    fn place(&self) -> Place {
        Place::Text
    }

    fn title(&self) -> Said {
        said!("日志", "Log")
    }

    fn shows(&self) -> Option<String> {
        Some("log".into())
    }

    fn act(&mut self, action: Action, cx: &mut Context) -> Taken {
        match action {
            Action::Next => self.turn(true, cx),
            Action::Previous => self.turn(false, cx),
            Action::Enter if self.offset + PAGE < self.total => {
                self.offset += PAGE;
                self.reading = Reading::default();
                self.refresh(cx);
            }
            _ if self.reading.act(action) => {}
            _ => return Taken::No,
        }
        Taken::Yes
    }

    fn refresh(&mut self, cx: &mut Context) {
        let Some(who) = cx.who else { return };
        let filter = LogFilter { what: self.what, ..LogFilter::default() };
        let mut reading = Reading::default();
        match cx.office.log(who, &filter, self.offset, PAGE) {
            Ok(logged) => {
                self.total = logged.total;
                for line in logged.lines {
                    let at = line.at.with_timezone(&china_offset()).format("%Y-%m-%d %H:%M:%S");
                    let (by, number, kind) = (&line.by, &line.number, line.kind.title());
                    let (what, from) = (&line.what, &line.from);
                    reading.line(
                        Tone::Plain,
                        Said::new(
                            format!(
                                "{at}　{by}　{}　{number}　{}　（{}）",
                                kind.zh, what.zh, from.zh
                            ),
                            format!(
                                "{at}  {by}  {}  {number}  {}  ({})",
                                kind.en, what.en, from.en
                            ),
                        ),
                    );
                    if let Some(reason) = &line.reason {
                        let reason = said!("原因：{reason}", "Reason: {reason}");
                        reading.push(Tone::Quiet, Said::default(), reason, 2);
                    }
                }
            }
            Err(refusal) => cx.say(Notice::from(refusal)),
        }
        if self.offset + PAGE < self.total {
            reading.line(Tone::Key, said!("按 Enter 看更早的。", "Enter shows older lines."));
        }
        self.reading = reading.at_place_of(&self.reading);
    }

    fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let what = self.what.map_or(said!("全部", "everything"), LogKind::title);
        let total = self.total;
        let count = said!("共 {total} 条；Tab 换一类", "{total} in all; Tab: another kind");
        reading::page(area, buf, look, &[&self.title(), &what, &count], &self.reading)
    }
}
