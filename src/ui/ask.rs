//! The one way to ask a question: a box over the screen with choices to mark, fields and lines to
//! type.

mod painting;

use super::action::{Action, Place};
use super::entry::Entry;
use super::keymap;
use super::screen::{Context, Look, Screen, Taken};
use super::screens::find::Find;
use crate::program::FieldType;
use crate::terminal::text::{self, fold_key};
use crate::terminal::{InputLine, Key, KeyCode};
use crate::words::Said;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::cell::Cell;

/// Most choices shown at once; more are scrolled.
const MOST_CHOICES: usize = 9;

/// One thing asked.
pub enum Part {
    /// A line of text.
    Line {
        /// What is asked.
        title: Said,
        /// May be left empty.
        optional: bool,
        /// What is typed so far.
        input: InputLine,
        /// Shown as dots.
        secret: bool,
        /// A long text, shown over several rows.
        tall: bool,
    },
    /// A field, typed and understood as in a form.
    Field {
        /// What is asked, and what is typed so far.
        entry: Box<Entry>,
        /// May be left empty.
        optional: bool,
    },
    /// One or several of a list.
    Choices {
        /// What is asked.
        title: Said,
        /// What can be chosen: key and title.
        options: Vec<(String, Said)>,
        marked: Vec<bool>,
        /// Where the cursor is.
        at: usize,
        /// Several may be marked.
        several: bool,
        /// May be left empty.
        optional: bool,
        /// Nothing counts as chosen until a key chose it: Enter alone does not.
        open: bool,
    },
}

impl Part {
    /// A line of text that must be filled.
    #[must_use]
    pub fn line(title: Said) -> Self {
        Self::Line {
            title,
            optional: false,
            input: InputLine::default(),
            secret: false,
            tall: false,
        }
    }

    /// A field that must be filled.
    #[must_use]
    pub fn field(entry: Entry) -> Self {
        Self::Field { entry: Box::new(entry), optional: false }
    }

    /// A password.
    #[must_use]
    pub fn secret(title: Said) -> Self {
        Self::Line {
            title,
            optional: false,
            input: InputLine::default(),
            secret: true,
            tall: false,
        }
    }

    /// One of several, the first marked.
    #[must_use]
    pub fn one_of(title: Said, options: Vec<(String, Said)>) -> Self {
        let mut marked = vec![false; options.len()];
        if let Some(first) = marked.first_mut() {
            *first = true;
        }
        Self::Choices {
            title,
            options,
            marked,
            at: 0,
            several: false,
            optional: false,
            open: false,
        }
    }

    /// One of several, none marked: the question stands open until somebody chooses.
    #[must_use]
    pub fn open_question(title: Said, options: Vec<(String, Said)>) -> Self {
        let marked = vec![false; options.len()];
        Self::Choices { title, options, marked, at: 0, several: false, optional: false, open: true }
    }

    /// Any of several.
    #[must_use]
    pub fn any_of(title: Said, options: Vec<(String, Said)>) -> Self {
        let marked = vec![false; options.len()];
        Self::Choices { title, options, marked, at: 0, several: true, optional: false, open: false }
    }

    /// The same part, which may be left empty.
    #[must_use]
    pub fn optional(mut self, yes: bool) -> Self {
        match &mut self {
            Self::Line { optional, .. }
            | Self::Field { optional, .. }
            | Self::Choices { optional, .. } => *optional = yes,
        }
        self
    }

    /// The same line with room for a long text.
    #[must_use]
    pub fn tall(mut self, yes: bool) -> Self {
        if let Self::Line { tall, .. } = &mut self {
            *tall = yes;
        }
        self
    }

    /// The same line with text already in it.
    #[must_use]
    pub fn starting_with(mut self, typed: &str) -> Self {
        if let Self::Line { input, .. } = &mut self {
            input.insert(typed);
        }
        self
    }

    /// The same line with the cursor before the last `mark` in it, where the text is completed.
    #[must_use]
    pub fn cursor_before(mut self, mark: &str) -> Self {
        if let Self::Line { input, .. } = &mut self
            && let Some((_, rest)) = input.text().rsplit_once(mark)
        {
            let steps = text::graphemes(rest).count() + text::graphemes(mark).count();
            (0..steps).for_each(|_| input.left());
        }
        self
    }

    /// The same choices with the cursor, and for one-of-several the mark, at `start`.
    #[must_use]
    pub fn starting_at(mut self, start: Option<usize>) -> Self {
        if let (Self::Choices { at, marked, several, open, .. }, Some(start)) = (&mut self, start) {
            *at = start;
            *open = false;
            if !*several {
                marked.iter_mut().enumerate().for_each(|(i, mark)| *mark = i == start);
            }
        }
        self
    }

    /// The same part with an answer given before.
    #[must_use]
    pub fn answered(mut self, given: &[String]) -> Self {
        match &mut self {
            Self::Line { input, .. } => input.set_text(given.first().map_or("", String::as_str)),
            Self::Field { entry, .. } => entry.replace(given.first().map_or("", String::as_str)),
            Self::Choices { options, marked, at, open, .. } if !given.is_empty() => {
                for (mark, (key, _)) in marked.iter_mut().zip(options.iter()) {
                    *mark = given.contains(key);
                }
                *at = marked.iter().position(|mark| *mark).unwrap_or(0);
                *open = false;
            }
            Self::Choices { .. } => {}
        }
        self
    }

    fn title(&self) -> &Said {
        match self {
            Self::Line { title, .. } | Self::Choices { title, .. } => title,
            Self::Field { entry, .. } => &entry.field.title,
        }
    }

    fn answer(&self) -> Vec<String> {
        match self {
            Self::Line { input, secret, .. } => {
                // A password is what was typed, blanks and all.
                let typed = if *secret { input.text() } else { input.text().trim() };
                if typed.is_empty() { Vec::new() } else { vec![typed.to_string()] }
            }
            Self::Field { entry, .. } => {
                let typed = entry.input.text().trim();
                if typed.is_empty() { Vec::new() } else { vec![typed.to_string()] }
            }
            Self::Choices { options, marked, .. } => options
                .iter()
                .zip(marked)
                .filter(|(_, marked)| **marked)
                .map(|((key, _), _)| key.clone())
                .collect(),
        }
    }

    fn may_stay_empty(&self) -> bool {
        match self {
            Self::Line { optional, .. }
            | Self::Field { optional, .. }
            | Self::Choices { optional, .. } => *optional,
        }
    }

    /// The field, where it is one.
    fn entry(&self) -> Option<&Entry> {
        match self {
            Self::Field { entry, .. } => Some(entry),
            Self::Line { .. } | Self::Choices { .. } => None,
        }
    }

    /// What is typed in it cannot be read.
    fn is_unreadable(&self) -> bool {
        self.entry().is_some_and(|entry| entry.wrong.is_some())
    }
}

/// What was answered: for each part the text typed or the keys marked.
pub type Answered = Vec<Vec<String>>;

type Then = Box<dyn FnOnce(Answered, &mut Context) + Send>;

/// A question over the screen.
pub struct Ask {
    title: Said,
    body: Vec<Said>,
    parts: Vec<Part>,
    focus: usize,
    wanting: bool,
    fleeting: bool,
    deciding: bool,
    binding: bool,
    /// The first line of the body shown, and how many there were beyond the room at the last
    /// drawing.
    scroll: (usize, Cell<usize>),
    then: Option<Then>,
}

impl Ask {
    /// A question; `then` is called with the answers when the person confirms, and not at all
    /// when they go back.
    pub fn new(
        title: Said,
        body: Vec<Said>,
        parts: Vec<Part>,
        then: impl FnOnce(Answered, &mut Context) + Send + 'static,
    ) -> Self {
        Self {
            title,
            body,
            parts,
            focus: 0,
            wanting: false,
            fleeting: false,
            deciding: false,
            binding: false,
            scroll: (0, Cell::new(0)),
            then: Some(Box::new(then)),
        }
    }

    /// The same box, which does not outlast a lock of the screen.
    #[must_use]
    pub fn fleeting(mut self) -> Self {
        self.fleeting = true;
        self
    }

    /// The same box about something that is done once it is answered: keys typed before it was on
    /// the screen do not answer it.
    #[must_use]
    pub fn deciding(mut self) -> Self {
        self.deciding = true;
        self
    }

    /// The same box, which is answered and not passed over: Esc does not close it.
    #[must_use]
    pub fn binding(mut self) -> Self {
        self.binding = true;
        self
    }

    /// The same box with the cursor in the first part that still has to be answered.
    #[must_use]
    pub fn at_what_is_lacking(mut self) -> Self {
        self.focus = self.lacking().unwrap_or(0);
        self
    }

    /// The first part that has to be answered and is not.
    fn lacking(&self) -> Option<usize> {
        self.parts.iter().position(|part| !part.may_stay_empty() && part.answer().is_empty())
    }

    /// The field with the focus.
    fn entry(&self) -> Option<&Entry> {
        self.parts.get(self.focus)?.entry()
    }

    /// The kind of record the field with the focus names.
    fn names(&self) -> Option<&str> {
        match &self.entry()?.field.field_type {
            FieldType::Reference { kind, .. } => Some(kind),
            _ => None,
        }
    }

    /// Chooses the record a field names by a search; what is chosen is put into the field.
    fn choose(&mut self, cx: &mut Context) {
        self.leave(cx);
        let Some(kind) = self.names().and_then(|kind| cx.office.catalogue().kind(kind)) else {
            return;
        };
        // What was found before is not looked for again.
        let typed = self.entry().filter(|entry| entry.value.is_none());
        let find = Find::choosing(kind, false, typed.map_or("", |entry| entry.input.text()));
        cx.open(find);
    }

    /// Reads what is typed at the focus.
    fn leave(&mut self, cx: &Context) {
        if let Some(Part::Field { entry, .. }) = self.parts.get_mut(self.focus) {
            entry.understand(cx.office, cx.who, cx.lang);
        }
    }

    /// True when there is only something to read.
    fn only_tells(&self) -> bool {
        self.parts.is_empty()
    }

    fn scroll(&mut self, by: isize) {
        let (first, beyond) = &mut self.scroll;
        *first = first.saturating_add_signed(by).min(beyond.get());
    }

    fn confirm(&mut self, cx: &mut Context) {
        self.leave(cx);
        if let Some(wrong) = self.parts.iter().position(Part::is_unreadable) {
            self.focus = wrong;
            return;
        }
        if let Some(open) = self.lacking() {
            self.focus = open;
            self.wanting = true;
            return;
        }
        let answers = self.parts.iter().map(Part::answer).collect();
        cx.close();
        if let Some(then) = self.then.take() {
            then(answers, cx);
        }
    }

    /// Enter goes to the next part, and confirms on the last.
    fn enter(&mut self, cx: &mut Context) {
        self.leave(cx);
        if self.parts.get(self.focus).is_some_and(Part::is_unreadable) {
            // What cannot be read stays under the cursor; Tab and the arrows go on without it.
            return;
        }
        let empty_choice = match self.parts.get_mut(self.focus) {
            // An open question is chosen with Space, a digit or the arrows, never passed over.
            Some(Part::Choices { marked, several: false, optional, open: true, .. }) => {
                if !*optional && marked.iter().all(|mark| !mark) {
                    self.wanting = true;
                    return;
                }
                false
            }
            Some(Part::Choices { marked, at, several: false, .. }) => {
                marked.iter_mut().enumerate().for_each(|(i, mark)| *mark = i == *at);
                false
            }
            Some(Part::Choices { marked, .. }) => marked.iter().all(|mark| !mark),
            _ => false,
        };
        if empty_choice {
            self.mark();
        }
        if self.focus + 1 < self.parts.len() { self.focus += 1 } else { self.confirm(cx) }
    }

    fn mark(&mut self) {
        if let Some(Part::Choices { marked, at, several, open, .. }) =
            self.parts.get_mut(self.focus)
        {
            *open = false;
            self.wanting = false;
            for (i, mark) in marked.iter_mut().enumerate() {
                if i == *at {
                    *mark = if *several { !*mark } else { true };
                } else if !*several {
                    *mark = false;
                }
            }
        }
    }

    fn step(&mut self, by: isize, cx: &Context) {
        if self.only_tells() {
            self.scroll(by);
        } else if let Some(Part::Choices { at, options, open, .. }) = self.parts.get_mut(self.focus)
        {
            *at = at.saturating_add_signed(by).min(options.len().saturating_sub(1));
            // Whoever goes through the choices has chosen where Enter finds them.
            *open = false;
        } else {
            self.shift(by, cx);
        }
    }

    /// A page of the list with the focus, else of the text above.
    fn page(&mut self, by: isize, cx: &Context) {
        match self.parts.get(self.focus) {
            Some(Part::Choices { options, .. }) if options.len() > MOST_CHOICES => {
                self.step(by * 6, cx);
            }
            _ => self.scroll(by * 6),
        }
    }

    fn shift(&mut self, by: isize, cx: &Context) {
        self.leave(cx);
        // From end to end, and never further than one.
        let by = by.signum();
        let count = self.parts.len().max(1);
        self.focus = (self.focus + count).saturating_add_signed(by) % count;
    }

    /// A digit marks that choice, so that nothing needs arrow keys.
    fn digit(&mut self, c: char) -> Taken {
        let Some(Part::Choices { options, at, .. }) = self.parts.get_mut(self.focus) else {
            return Taken::No;
        };
        match c.to_digit(10) {
            Some(n) if n > 0 && (n as usize) <= options.len() => {
                *at = n as usize - 1;
                self.mark();
                Taken::Yes
            }
            _ => Taken::No,
        }
    }
}

impl Screen for Ask {
    fn place(&self) -> Place {
        Place::Ask
    }

    fn title(&self) -> Said {
        self.title.clone()
    }

    fn floats(&self) -> bool {
        true
    }

    fn offers(&self, action: Action) -> bool {
        let chooses = self.parts.iter().any(|part| matches!(part, Part::Choices { .. }));
        match action {
            Action::Mark => chooses,
            Action::Next | Action::Previous => self.parts.len() > 1,
            Action::Choose => self.names().is_some(),
            Action::Back => !self.binding,
            _ => true,
        }
    }

    fn titled(&self, action: Action) -> Option<Said> {
        match action {
            Action::Save => Some(Said::fixed("确定", "Confirm")),
            Action::Enter => Some(Said::fixed("下一项／确定", "Next, confirm")),
            Action::Mark => Some(Said::fixed("选／不选", "Mark")),
            _ => None,
        }
    }

    fn is_fleeting(&self) -> bool {
        self.fleeting
    }

    fn decides(&self) -> bool {
        self.deciding
    }

    fn typed(&mut self, key: Key, _cx: &mut Context) -> Taken {
        match self.parts.get_mut(self.focus) {
            Some(Part::Line { input, .. }) if keymap::types_text(key) => {
                input.handle(key);
                self.wanting = false;
                Taken::Yes
            }
            Some(Part::Field { entry, .. }) if keymap::types_text(key) => {
                entry.key(key);
                self.wanting = false;
                Taken::Yes
            }
            Some(Part::Choices { .. }) => match key.code {
                KeyCode::Char(c) => self.digit(fold_key(c)),
                _ => Taken::No,
            },
            _ => Taken::No,
        }
    }

    fn pasted(&mut self, pasted: &str, _cx: &mut Context) {
        match self.parts.get_mut(self.focus) {
            Some(Part::Line { input, .. }) => {
                input.insert(pasted);
            }
            Some(Part::Field { entry, .. }) => entry.insert(pasted),
            Some(Part::Choices { .. }) | None => {}
        }
    }

    fn answered(&mut self, answers: Answered, cx: &mut Context) {
        if let Some(Part::Field { entry, .. }) = self.parts.get_mut(self.focus) {
            entry.replace(answers.iter().flatten().next().map_or("", String::as_str));
            self.wanting = false;
        }
        self.leave(cx);
    }

    /// What the program wrote in a field follows the session's language.
    fn refresh(&mut self, cx: &mut Context) {
        for part in &mut self.parts {
            if let Part::Field { entry, .. } = part {
                entry.rewrite(cx.office, cx.lang);
            }
        }
    }

    fn act(&mut self, action: Action, cx: &mut Context) -> Taken {
        match action {
            Action::Choose => self.choose(cx),
            Action::Enter => self.enter(cx),
            Action::Save => self.confirm(cx),
            Action::Back if self.binding => self.wanting = true,
            Action::Back => cx.close(),
            Action::Next => self.shift(1, cx),
            Action::Previous => self.shift(-1, cx),
            Action::Up => self.step(-1, cx),
            Action::Down => self.step(1, cx),
            Action::PageUp => self.page(-1, cx),
            Action::PageDown => self.page(1, cx),
            Action::First => self.step(isize::MIN, cx),
            Action::Last => self.step(isize::MAX, cx),
            Action::Mark => self.mark(),
            Action::Help
            | Action::Quit
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
        painting::draw(self, area, buf, look)
    }
}
