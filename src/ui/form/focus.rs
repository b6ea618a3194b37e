//! Where the focus of a form is, and where a key takes it.

use super::filling::{Form, Item};
use super::table::TableInput;
use crate::ui::entry::Entry;
use crate::ui::screen::Context;

impl Form {
    pub(super) fn focus_first(&mut self) {
        let first = self.items.iter().position(|item| item.field().is_some());
        self.focus = self.next_stop(0).or(first).unwrap_or(0);
    }

    pub(super) fn focus_returned(&mut self) {
        let named = |item: &Item| item.field().is_some_and(|field| self.is_returned(&field.id));
        if let Some(at) = self.items.iter().position(named) {
            self.focus = at;
        }
    }

    /// True for a field a reviewer named.
    pub(super) fn is_returned(&self, field: &str) -> bool {
        self.returned.iter().any(|id| id == field)
    }

    /// To the first item with something wrong in it.
    pub(super) fn focus_wrong(&mut self) {
        if let Some(at) = self.items.iter().position(Item::wrong) {
            self.focus = at;
            if let Some(Item::Table(table)) = self.items.get_mut(at)
                && let Some(cell) = table.first_wrong()
            {
                table.at = cell;
            }
        }
    }

    /// The field or cell with the focus.
    pub(super) fn entry(&self) -> Option<&Entry> {
        match self.items.get(self.focus)? {
            Item::Heading(_) => None,
            Item::Entry(entry) => Some(entry),
            Item::Table(table) => table.rows.get(table.at.0)?.cells.get(table.at.1),
        }
    }

    pub(super) fn entry_mut(&mut self) -> Option<&mut Entry> {
        match self.items.get_mut(self.focus)? {
            Item::Heading(_) => None,
            Item::Entry(entry) => Some(entry),
            Item::Table(table) => table.cell(),
        }
    }

    pub(super) fn table(&mut self) -> Option<&mut TableInput> {
        match self.items.get_mut(self.focus)? {
            Item::Table(table) => Some(table),
            _ => None,
        }
    }

    pub(super) fn shift(&mut self, by: isize, cx: &mut Context) {
        self.leave(cx);
        let mut at = self.focus;
        while let Some(next) = at.checked_add_signed(by).filter(|next| *next < self.items.len()) {
            at = next;
            if self.items.get(at).is_some_and(|item| item.field().is_some()) {
                return self.focus_on(at, by);
            }
        }
    }

    /// Enter: the next cell somebody must fill, or the next field.
    pub(super) fn enter(&mut self, cx: &mut Context) {
        self.leave(cx);
        let unreadable = |entry: &Entry| entry.wrong.as_ref().is_some_and(|wrong| wrong.unreadable);
        if self.entry().is_some_and(unreadable) {
            // What cannot be read stays under the cursor; Tab and the arrows go on without it.
            return;
        }
        if let Some(table) = self.table()
            && table.onwards()
        {
            return;
        }
        match self.next_stop(self.focus + 1) {
            Some(stop) => self.focus_on(stop, 1),
            None => self.shift(1, cx),
        }
    }

    /// The next item from `from` that somebody should fill.
    pub(super) fn next_stop(&self, from: usize) -> Option<usize> {
        let stops = |item: &Item| match item {
            Item::Heading(_) => false,
            Item::Entry(entry) => entry.stops() || self.is_returned(&entry.field.id),
            Item::Table(table) => {
                table.field.asked
                    || table.first_wrong().is_some()
                    || self.is_returned(&table.field.id)
            }
        };
        self.items.iter().enumerate().skip(from).find(|(_, item)| stops(item)).map(|(at, _)| at)
    }

    pub(super) fn focus_on(&mut self, at: usize, by: isize) {
        if let Some(Item::Table(table)) = self.items.get_mut(at) {
            table.at.1 = table.first_needed();
            table.at.0 = if by > 0 { 0 } else { table.rows.len().saturating_sub(1) };
        }
        self.focus = at;
    }

    pub(super) fn tab(&mut self, by: isize, cx: &mut Context) {
        if let Some(table) = self.table()
            && !(table.at_empty_row() && by > 0)
        {
            table.understand(cx.office, cx.who, cx.lang);
            if table.sideways(by) {
                return;
            }
        }
        self.shift(by, cx);
    }

    pub(super) fn up_or_down(&mut self, by: isize, cx: &mut Context) {
        if let Some(table) = self.table() {
            table.understand(cx.office, cx.who, cx.lang);
            if table.up_or_down(by) {
                return;
            }
        }
        self.shift(by, cx);
    }

    pub(super) fn focus_end(&mut self, last: bool, cx: &mut Context) {
        self.leave(cx);
        let mut fields = (0..self.items.len())
            .filter(|at| self.items.get(*at).is_some_and(|item| item.field().is_some()));
        let at = if last { fields.next_back() } else { fields.next() };
        self.focus_on(at.unwrap_or(0), if last { -1 } else { 1 });
    }
}
