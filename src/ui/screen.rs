//! What a layer of the screen is, what it is given, and what it may ask of its session.

use super::action::{Action, Place};
use super::ask::Answered;
use super::theme::{Theme, Tone};
use crate::office::{Actor, Office, Refusal};
use crate::record::Instant;
use crate::terminal::{Key, text};
use crate::words::{Lang, Said};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Whether a layer took what it was offered; what it leaves goes to the layer below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Done with it.
    Yes,
    /// Not mine.
    No,
}

/// One layer: a screen, a dialog, the palette.
///
/// `update` methods may talk to the office; `draw` reads only what the layer already holds.
pub trait Screen: Send {
    /// Where the person is, for keymap, help and the bottom bar.
    fn place(&self) -> Place;

    /// Its heading.
    fn title(&self) -> Said;

    /// An action from the keymap.
    fn act(&mut self, action: Action, cx: &mut Context) -> Taken;

    /// A key before the keymap sees it, for layers with a field that is being typed into.
    fn typed(&mut self, _key: Key, _cx: &mut Context) -> Taken {
        Taken::No
    }

    /// Pasted text, or several characters committed at once by an input method.
    fn pasted(&mut self, _text: &str, _cx: &mut Context) {}

    /// The answer to a question this layer asked with a dialog over it.
    fn answered(&mut self, _answers: Answered, _cx: &mut Context) {}

    /// How long from `now` until [`settle`](Self::settle) is wanted; `None` when nothing is
    /// pending.
    fn settles_in(&self, _now: Instant) -> Option<Duration> {
        None
    }

    /// The time asked for has come: do what was put off while keys came quickly. False where the
    /// screen is as it was.
    fn settle(&mut self, _cx: &mut Context) -> bool {
        false
    }

    /// Something changed in the house: read again what is shown, keeping place and focus.
    fn refresh(&mut self, _cx: &mut Context) {}

    /// Draws into `area`; returns where the real cursor belongs, which an input method follows.
    fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position>;

    /// The actions of this layer that would do something now, among those valid at its place.
    fn offers(&self, _action: Action) -> bool {
        true
    }

    /// What an action is called here, where the table's title says too little.
    fn titled(&self, _action: Action) -> Option<Said> {
        None
    }

    /// True for a layer drawn over the one below it rather than in its stead.
    fn floats(&self) -> bool {
        false
    }

    /// What the layer shows, so that the same is not opened twice on top of itself.
    fn shows(&self) -> Option<String> {
        None
    }

    /// True for a layer whose content must not outlast the person's attention: it goes when the
    /// screen locks.
    fn is_fleeting(&self) -> bool {
        false
    }

    /// True for a question whose answer decides something: keys typed before it was on the screen
    /// are dropped. Searches and forms take them, as people who know their way type ahead.
    fn decides(&self) -> bool {
        false
    }

    /// True for the lock.
    fn is_lock(&self) -> bool {
        false
    }

    /// Keeps what was typed as a draft: the layer may be taken away.
    fn keep(&mut self, _cx: &mut Context) {}
}

/// What a session shows at the bottom until it is answered or fades.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// Good news may fade; the rest stays until a key answers it. A quiet word goes with the next
    /// key, which does what it does.
    pub tone: Tone,
    /// What happened.
    pub said: Said,
    /// What to do next.
    pub next: Said,
}

impl Notice {
    /// Good news.
    #[must_use]
    pub fn good(said: Said) -> Self {
        Self { tone: Tone::Good, said, next: Said::default() }
    }

    /// Something to know or to put right.
    #[must_use]
    pub fn unsure(said: Said, next: Said) -> Self {
        Self { tone: Tone::Unsure, said, next }
    }
}

impl From<Refusal> for Notice {
    fn from(refusal: Refusal) -> Self {
        Self { tone: Tone::Bad, said: refusal.message, next: refusal.next }
    }
}

/// What a layer may ask of its session.
pub enum Effect {
    /// Put a layer on top.
    Open(Box<dyn Screen>),
    /// Read the top layer again.
    Refresh,
    /// Take the top layer away.
    Close,
    /// Put a layer in the place of the top one.
    Replace(Box<dyn Screen>),
    /// Take all layers away and show this one.
    Home(Box<dyn Screen>),
    /// Do this action as if its key had been pressed.
    Do(Action),
    /// Give the layer below a dialog the answer to what it asked.
    Answer(Answered),
    /// Tell the person something.
    Say(Notice),
    /// Somebody signed in.
    SignedIn(Actor),
    /// Ask whether the machine's clock is right, where that is in doubt.
    AskClock,
    /// The lock was opened by the person who is signed in.
    Unlocked(Actor),
    /// Nobody is signed in any more.
    SignOut,
    /// Saved, at this moment: the bottom line says so.
    Saved(Instant),
    /// The session ends.
    Quit,
}

/// What a layer is given to work with.
pub struct Context<'a> {
    /// The one door, and everything that can be read.
    pub office: &'a Arc<Office>,
    /// Who is signed in.
    pub who: Option<&'a Actor>,
    /// Their home folder; empty for whoever sits at another machine.
    pub home: &'a Path,
    /// The session's language.
    pub lang: Lang,
    /// The present moment.
    pub now: Instant,
    /// Nobody sits there: the session is locked.
    pub locked: bool,
    /// What the open tab shows, for actions that begin something.
    pub base: Option<String>,
    /// What is asked of the session, in order.
    pub effects: Vec<Effect>,
}

impl Context<'_> {
    /// Asks the session for something.
    pub fn ask(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Opens a layer on top.
    pub fn open(&mut self, screen: impl Screen + 'static) {
        self.ask(Effect::Open(Box::new(screen)));
    }

    /// Closes the top layer.
    pub fn close(&mut self) {
        self.ask(Effect::Close);
    }

    /// Tells the person something.
    pub fn say(&mut self, notice: impl Into<Notice>) {
        self.ask(Effect::Say(notice.into()));
    }
}

/// How a session wants things to look.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Language.
    pub lang: Lang,
    /// Colours.
    pub theme: Theme,
    /// The present moment, for "due in" and the like.
    pub now: Instant,
}

impl Look {
    /// The style of a role.
    #[must_use]
    pub fn style(&self, tone: Tone) -> Style {
        self.theme.style(tone)
    }

    /// Writes `text` at `(x, y)`, cut to `cells`; returns the cells used.
    pub fn put(&self, buf: &mut Buffer, x: u16, y: u16, cells: u16, text: &str, tone: Tone) -> u16 {
        put(buf, x, y, cells, text, self.style(tone))
    }

    /// Writes the side of `said` for this look.
    pub fn say(
        &self,
        buf: &mut Buffer,
        x: u16,
        y: u16,
        cells: u16,
        said: &Said,
        tone: Tone,
    ) -> u16 {
        self.put(buf, x, y, cells, said.get(self.lang), tone)
    }
}

/// Writes styled text, cut to `cells`, never outside the buffer; returns the cells used.
pub fn put(buf: &mut Buffer, x: u16, y: u16, cells: u16, what: &str, style: Style) -> u16 {
    let area = buf.area;
    if y < area.top() || y >= area.bottom() || x >= area.right() {
        return 0;
    }
    let room = cells.min(area.right() - x);
    // What people typed is shown here and never obeyed: `truncate` makes it visible.
    let shown = text::truncate(what, usize::from(room));
    let (end, _) = buf.set_stringn(x, y, shown.as_ref(), usize::from(room), style);
    end.saturating_sub(x)
}
