//! One person's session: bytes in, frames out, and everything that person alone sees.
//!
//! A session owns its size, capabilities, language, theme, layers and parser. It reads no
//! environment and no terminal, so the same engine serves this terminal, a socket and SSH.
//! `layers` holds what lies on top of what, `timers` what the session waits for, `line` what goes
//! over its line, `sight` what the person can have seen.

mod layers;
mod line;
mod sight;
mod timers;

use super::action::{self, Action, ActionInfo};
use super::frame;
use super::help::ActionList;
use super::keymap;
use super::screen::{Context, Look, Notice, Screen, Taken};
use super::screens;
use super::theme::{Theme, Tone};
use crate::office::{Actor, Office};
use crate::record::{Instant, china_offset};
use crate::said;
use crate::store::Origin;
use crate::terminal::codec::Codec;
use crate::terminal::{self, Capabilities, Event, Key, Parser, Reply, clamp_size};
use crate::words::{Lang, Said};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What a session starts with.
#[derive(Clone, Debug)]
pub struct Start {
    pub columns: u16,
    pub rows: u16,
    /// What the terminal can do.
    pub capabilities: Capabilities,
    /// Language to begin with.
    pub lang: Lang,
    /// Theme to begin with.
    pub theme: Theme,
    /// Where the session comes from.
    pub origin: Origin,
    /// A line above the sign-in, such as the demo's accounts.
    pub greeting: Said,
    /// How long a lone Esc waits for the rest of a sequence.
    pub esc_wait: Duration,
    /// After this long without a key the session locks itself; zero never.
    pub idle_lock: Duration,
    /// The locale the terminal's side named, such as `zh_CN.GBK`; empty when it named none.
    pub locale: String,
    /// How text is written on the line; the session does both directions itself.
    pub codec: Codec,
    /// Where the person lands after signing in.
    pub landing: Landing,
    /// Their home folder, where files are looked for first; empty for whoever sits elsewhere.
    pub home: PathBuf,
}

/// Where a person lands after signing in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Landing {
    /// The home screen.
    #[default]
    Home,
    /// The review queue, over home, for those who review.
    Queue,
}

/// After how long without a key a session locks itself, unless told otherwise.
pub const IDLE_LOCK: Duration = Duration::from_mins(10);

/// Something that happened outside.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// Bytes from the terminal.
    Bytes(&'a [u8]),
    /// A new size.
    Resize(u16, u16),
    /// The house changed: read again what is shown. A session whose account may not go on ends.
    News,
    /// The time asked for by [`Session::wake_in`] has passed.
    Wake,
    /// The terminal came back after a stop: draw everything.
    Continue,
}

/// One session.
pub struct Session {
    office: Arc<Office>,
    who: Option<Actor>,
    origin: Origin,
    lang: Lang,
    theme: Theme,
    greeting: Said,
    esc_wait: Duration,
    idle_lock: Duration,
    landing: Landing,
    home: PathBuf,
    last_key: Instant,
    capabilities: Capabilities,
    line: line::Line,
    parser: Parser,
    display: terminal::Screen,
    layers: Vec<Box<dyn Screen>>,
    notice: Option<(Notice, Instant)>,
    saved: Option<Instant>,
    bar: frame::Bar,
    dirty: bool,
    ended: bool,
    last_words: Option<Said>,
    /// The terminal has answered a question, any.
    answers: bool,
    /// It has told that everything sent was worked through.
    ready: bool,
    sight: sight::Sight,
}

impl Session {
    /// A session at the sign-in screen.
    #[must_use]
    pub fn new(office: Arc<Office>, start: Start) -> Self {
        let (columns, rows) = clamp_size(start.columns, start.rows);
        let mut capabilities = start.capabilities;
        if capabilities.codec != start.codec {
            capabilities.write_in(start.codec);
        }
        let display = terminal::Screen::new(capabilities.clone(), columns, rows);
        let greeting = start.greeting.clone();
        let first = screens::sign_in::SignIn::new(&office, greeting, start.origin.clone());
        let now = office.now();
        Self {
            office,
            who: None,
            origin: start.origin,
            lang: start.lang,
            theme: start.theme,
            greeting: start.greeting,
            esc_wait: start.esc_wait,
            idle_lock: start.idle_lock,
            landing: start.landing,
            home: start.home,
            last_key: now,
            capabilities,
            line: line::Line::new(start.codec, start.locale),
            parser: Parser::new(),
            display,
            layers: vec![Box::new(first)],
            notice: None,
            saved: None,
            bar: frame::Bar::default(),
            dirty: true,
            ended: false,
            last_words: None,
            answers: false,
            ready: false,
            sight: sight::Sight::default(),
        }
    }

    /// True once the session is over.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Why the session ended, where the person did not end it: to be said on the screen they have
    /// then.
    #[must_use]
    pub fn last_words(&self) -> Option<Said> {
        self.last_words.clone()
    }

    /// The language it speaks now.
    #[must_use]
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// How its terminal reads and writes text now.
    #[must_use]
    pub fn codec(&self) -> Codec {
        self.capabilities.codec
    }

    /// Whether the terminal answers questions: it has answered one.
    #[must_use]
    pub fn answers(&self) -> bool {
        self.answers
    }

    /// Whether the terminal has told, since last asked here, that it has worked through
    /// everything sent to it ([`Reply::Ready`]).
    pub fn take_ready(&mut self) -> bool {
        std::mem::take(&mut self.ready)
    }

    /// Who is signed in.
    #[must_use]
    pub fn who(&self) -> Option<&Actor> {
        self.who.as_ref()
    }

    /// Takes something that happened outside.
    pub fn input(&mut self, input: Input) {
        match input {
            Input::Bytes(bytes) => self.heard(bytes),
            Input::Wake => self.wake(),
            Input::Resize(columns, rows) => self.resize(columns, rows),
            Input::News => self.news(),
            Input::Continue => {
                self.line.switch_keyboard(&self.capabilities);
                self.redraw();
            }
        }
    }

    /// The bytes of the next frame, when anything changed since the last one.
    pub fn frame(&mut self) -> Option<Vec<u8>> {
        let mut drawn = None;
        if std::mem::take(&mut self.dirty) {
            drawn = self.draw();
            self.drawn();
        }
        self.line.sent(drawn, self.capabilities.codec)
    }

    /// Somebody signed in on the way here, as when opening the folder asked for the password.
    pub fn signed_in(&mut self, actor: Actor) {
        self.carry_out(vec![super::screen::Effect::SignedIn(actor)]);
        self.dirty = true;
    }

    /// Keeps every draft; called when the connection goes.
    pub fn keep(&mut self) {
        let mut layers = std::mem::take(&mut self.layers);
        let mut cx = self.context();
        for layer in &mut layers {
            layer.keep(&mut cx);
        }
        self.layers = layers;
    }

    fn context(&self) -> Context<'_> {
        Context {
            office: &self.office,
            who: self.who.as_ref(),
            home: &self.home,
            lang: self.lang,
            now: self.office.now(),
            locked: self.locked(),
            base: None,
            effects: Vec::new(),
        }
    }

    fn events(&mut self, events: Vec<Event>) {
        for event in events {
            match event {
                Event::Key(key) => self.key(key),
                Event::Paste(text) => self.paste(&text),
                Event::Reply(reply) => {
                    self.answers = true;
                    if reply == Reply::Ready {
                        self.ready = true;
                        self.frame_shown();
                    }
                    self.learn(&reply);
                }
            }
            if self.ended {
                break;
            }
        }
    }

    fn paste(&mut self, text: &str) {
        self.last_key = self.office.now();
        // What cannot be seen is not written into.
        if !self.too_small() && !self.typed_ahead(None) {
            self.with_top(|top, cx| top.pasted(text, cx));
        }
    }

    fn key(&mut self, key: Key) {
        self.dirty = true;
        self.last_key = self.office.now();
        let Some(place) = self.layers.last().map(|top| top.place()) else { return };
        if self.too_small() {
            if let Some(action @ (Action::Quit | Action::Redraw)) = keymap::action(key, place) {
                self.everywhere(action);
            }
            return;
        }
        if self.typed_ahead(Some(key)) {
            return;
        }
        let answered = self.notice.take_if(|(notice, _)| notice.tone != Tone::Good);
        let answered = answered.is_some_and(|(notice, _)| notice.tone != Tone::Quiet);
        let mut taken = Taken::No;
        self.with_top(|top, cx| taken = top.typed(key, cx));
        if taken == Taken::Yes {
            return;
        }
        match keymap::action(key, place) {
            // A key that answers a notice and would leave the screen only answers the notice.
            Some(Action::Back) if answered => {}
            Some(action) => self.act(action),
            None => {}
        }
    }

    /// Does an action: the top layer first, then what every screen shares.
    pub fn act(&mut self, action: Action) {
        self.dirty = true;
        if let Some(who) = &self.who
            && let Err(refusal) = action::allowed(action, who)
        {
            self.notice = Some((Notice::from(refusal), self.office.now()));
            return;
        }
        let mut taken = Taken::No;
        self.with_top(|top, cx| taken = top.act(action, cx));
        if taken == Taken::No {
            self.everywhere(action);
        }
    }

    fn everywhere(&mut self, action: Action) {
        match action {
            Action::Redraw => self.redraw(),
            Action::Language => {
                self.lang = self.lang.other();
                self.refresh();
            }
            Action::Theme => self.theme = self.theme.next(),
            Action::Encoding => self.switch_codec(),
            Action::Quit => {
                self.keep();
                self.ended = true;
            }
            Action::SignOut => self.sign_out(),
            Action::Lock => self.lock(),
            Action::Help => self.push(Box::new(ActionList::help(self.offered()))),
            Action::Palette => self.push(Box::new(ActionList::palette(self.offered()))),
            Action::Back => self.with_top(|top, cx| {
                top.keep(cx);
                cx.close();
            }),
            _ => {
                let base = self.layers.first().and_then(|base| base.shows());
                let mut cx = Context { base, ..self.context() };
                screens::open(action, &mut cx);
                let effects = cx.effects;
                self.carry_out(effects);
            }
        }
    }

    /// The actions that would do something where the person is.
    fn offered(&self) -> Vec<(&'static ActionInfo, Said)> {
        let Some(top) = self.layers.last() else { return Vec::new() };
        frame::offered(top.as_ref(), self.who.as_ref(), &self.bar.tabs)
    }

    fn resize(&mut self, columns: u16, rows: u16) {
        let (columns, rows) = clamp_size(columns, rows);
        self.display.resize(columns, rows);
        self.dirty = true;
    }

    fn redraw(&mut self) {
        self.display.repaint();
        self.dirty = true;
    }

    fn too_small(&self) -> bool {
        frame::too_small(self.display.area())
    }

    fn draw(&mut self) -> Option<Vec<u8>> {
        let look = Look { lang: self.lang, theme: self.theme, now: self.office.now() };
        let shown = frame::Shown {
            station: self.office.station_name(),
            who: self.who.as_ref(),
            bar: &self.bar,
            notice: self.notice.as_ref().map(|(notice, _)| notice),
            saved: self
                .saved
                .map(|at| at.with_timezone(&china_offset()).format("%H:%M:%S").to_string()),
        };
        let layers = &self.layers;
        self.display.draw(|frame| {
            let area = frame.area();
            if let Some(cursor) = frame::draw(area, frame.buffer_mut(), &look, &shown, layers) {
                frame.set_cursor_position(cursor);
            }
        })
    }

    /// Tells the person something from outside a screen, such as a notice of the store.
    pub fn tell(&mut self, said: Said, next: Said) {
        self.notice = Some((Notice::unsure(said, next), self.office.now()));
        self.dirty = true;
    }

    /// The sentence shown when the session's own code failed.
    #[must_use]
    pub fn farewell() -> Said {
        said!(
            "这个窗口出了程序错误，已经关闭。已保存的内容都在，草稿也在。请重新打开驿站，并把发生的情况告诉管理员。",
            "This window met a program error and was closed. Everything saved is there, and so are the drafts. Open yizhan again and tell the administrator what happened."
        )
    }
}
