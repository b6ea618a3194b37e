//! The life of a record: who changed what, when, from where, and who looked.

use crate::record::{Record, RecordId, china_offset};
use crate::said;
use crate::ui::action::{Action, Place};
use crate::ui::reading::{self, Reading};
use crate::ui::screen::{Context, Look, Notice, Screen, Taken};
use crate::ui::theme::Tone;
use crate::words::Said;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// A record's history on screen.
pub struct History {
    id: RecordId,
    kind: String,
    whose: Said,
    reading: Reading,
    /// The sheets decisions rested on are shown line by line.
    full: bool,
}

/// Opens the history of a record.
pub fn open(record: &Record, cx: &mut Context) {
    let whose = Said::same(format!("{} {}", cx.office.title_of(record), record.number));
    let mut history = History {
        id: record.id,
        kind: record.kind.clone(),
        whose,
        reading: Reading::default(),
        full: false,
    };
    history.refresh(cx);
    cx.open(history);
}

impl Screen for History {
    fn place(&self) -> Place {
        Place::Text
    }

    fn title(&self) -> Said {
        said!("历史", "History")
    }

    fn act(&mut self, action: Action, cx: &mut Context) -> Taken {
        if matches!(action, Action::Next | Action::Previous) {
            self.full = !self.full;
            self.refresh(cx);
            return Taken::Yes;
        }
        if self.reading.act(action) { Taken::Yes } else { Taken::No }
    }

    fn refresh(&mut self, cx: &mut Context) {
        let Some(who) = cx.who else { return };
        let mut reading = Reading::default();
        match cx.office.history(who, &self.kind, self.id) {
            Ok(events) => {
                for event in events {
                    let at = event.at.with_timezone(&china_offset()).format("%Y-%m-%d %H:%M:%S");
                    let (by, what) = (&event.by, &event.what);
                    let from = &event.from;
                    let seq = event.seq;
                    reading.line(
                        Tone::Title,
                        Said::new(
                            format!("{at}　{by}　{}　（{}，第 {seq} 条）", what.zh, from.zh),
                            format!("{at}  {by}  {}  ({}, entry {seq})", what.en, from.en),
                        ),
                    );
                    for (title, answer) in &event.answers {
                        let said = Said::new(
                            format!("{}：{}", title.zh, answer.zh),
                            format!("{}: {}", title.en, answer.en),
                        );
                        reading.push(Tone::Plain, Said::default(), said, 2);
                    }
                    if let Some(reason) = event.reason.as_ref().filter(|_| event.answers.is_empty())
                    {
                        reading.push(
                            Tone::Plain,
                            Said::default(),
                            said!("原因：{reason}", "Reason: {reason}"),
                            2,
                        );
                    }
                    for change in &event.changes {
                        reading.push(Tone::Plain, Said::default(), change.said(), 2);
                    }
                    if let Some(sheet) = &event.sheet {
                        reading.sheet_as_it_was(sheet, self.full, cx);
                    }
                }
            }
            Err(refusal) => cx.say(Notice::from(refusal)),
        }
        self.reading = reading.at_place_of(&self.reading);
    }

    fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        reading::page(area, buf, look, &[&self.title(), &self.whose], &self.reading)
    }
}
