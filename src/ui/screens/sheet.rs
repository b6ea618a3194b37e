//! The decision sheet of one file, by itself: why, or why not.

use crate::record::RecordId;
use crate::said;
use crate::ui::action::{Action, Place};
use crate::ui::reading::{self, Reading};
use crate::ui::screen::{Context, Look, Notice, Screen, Taken};
use crate::words::Said;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// A decision sheet on screen.
pub struct Sheet {
    id: RecordId,
    whose: Said,
    reading: Reading,
    full: bool,
}

/// Opens the sheet of a record.
pub fn open(id: RecordId, cx: &mut Context) {
    if let Some(reading) = read(id, false, cx) {
        let record = cx.office.record(id).ok().flatten();
        let whose =
            record.map(|record| Said::same(cx.office.title_of(&record))).unwrap_or_default();
        cx.open(Sheet { id, whose, reading, full: false });
    }
}

fn read(id: RecordId, full: bool, cx: &mut Context) -> Option<Reading> {
    let record = cx.office.record(id).ok().flatten()?;
    if !cx.office.has_sheet(&record) {
        cx.say(Notice::unsure(
            said!("这类记录没有认定规则。", "There are no rules for this kind of record."),
            said!("请打开这个人的困难职工档案再看。", "Open the person's hardship file."),
        ));
        return None;
    }
    match cx.office.sheet_for(cx.who, &record, None, None) {
        Ok(sheet) => Some(Reading::of_sheet(
            &sheet,
            full,
            &Said::fixed("；Tab 看条款原文", "; Tab: the clauses"),
            cx,
        )),
        Err(refusal) => {
            cx.say(Notice::from(refusal));
            None
        }
    }
}

impl Screen for Sheet {
    fn place(&self) -> Place {
        Place::Text
    }

    fn title(&self) -> Said {
        said!("认定依据", "Decision sheet")
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
        if let Some(reading) = read(self.id, self.full, cx) {
            self.reading = reading.at_place_of(&self.reading);
        }
    }

    fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        reading::page(area, buf, look, &[&self.title(), &self.whose], &self.reading)
    }
}
