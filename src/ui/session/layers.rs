//! What lies on top of what, and what becomes of the effects layers ask for.

use super::sight::Sight;
use super::{Landing, Session};
use crate::office::{Actor, Right};
use crate::ui::action::Action;
use crate::ui::frame;
use crate::ui::screen::{Context, Effect, Screen};
use crate::ui::screens;
use crate::ui::screens::{lock::Lock, password::Password};
use crate::words::Said;

/// Most layers kept: whoever goes on from screen to screen without ever going back loses the
/// oldest one, with its draft kept.
const MOST: usize = 16;

impl Session {
    pub(super) fn with_top(&mut self, work: impl FnOnce(&mut dyn Screen, &mut Context)) {
        self.dirty = true;
        let Some(mut top) = self.layers.pop() else { return };
        let mut cx = self.context();
        work(top.as_mut(), &mut cx);
        let effects = cx.effects;
        self.layers.push(top);
        self.carry_out(effects);
        self.sign_if_wanted();
    }

    /// Puts a layer on top; the same screen again takes the place of the one that is there.
    pub(super) fn push(&mut self, screen: Box<dyn Screen>) {
        if screen.decides() {
            self.sight = Sight::Hidden;
        }
        let shows = screen.shows();
        if shows.is_some()
            && self.layers.len() > 1
            && self.layers.last().and_then(|top| top.shows()) == shows
        {
            self.layers.pop();
        }
        self.layers.push(screen);
        if self.layers.len() > MOST {
            let mut oldest = self.layers.remove(1);
            let mut cx = self.context();
            oldest.keep(&mut cx);
        }
    }

    pub(super) fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Open(screen) => self.push(screen),
                Effect::Refresh => {
                    self.with_top(|top, cx| top.refresh(cx));
                    self.news_bar();
                }
                Effect::Close => {
                    if self.layers.len() > 1 {
                        self.layers.pop();
                    }
                    self.with_top(|top, cx| top.refresh(cx));
                    self.news_bar();
                }
                Effect::Replace(screen) => {
                    if self.layers.len() > 1 {
                        self.layers.pop();
                    }
                    self.push(screen);
                }
                Effect::Home(screen) => {
                    self.keep();
                    self.layers = vec![screen];
                    self.news_bar();
                }
                Effect::Do(action) => self.act(action),
                Effect::Answer(answers) => self.with_top(|top, cx| top.answered(answers, cx)),
                Effect::Say(notice) => self.notice = Some((notice, self.office.now())),
                Effect::SignedIn(actor) => {
                    // Held by this session alone: another of the same connection may lock.
                    self.who = Some(Actor { origin: self.origin.clone(), ..actor.at_work() });
                    self.last_key = self.office.now();
                    self.begin();
                }
                Effect::Unlocked(actor) => {
                    // A password somebody else chose meanwhile opens the lock to its change.
                    if self.office.must_change_password(&actor.account) {
                        self.keep();
                        self.carry_out(vec![Effect::SignedIn(actor)]);
                        continue;
                    }
                    self.holds_again(actor);
                    self.layers.retain(|layer| !layer.is_lock());
                    self.refresh();
                    self.ask_clock();
                }
                Effect::AskClock => self.ask_clock(),
                Effect::SignOut => self.sign_out(),
                Effect::Saved(at) => {
                    self.saved = Some(at);
                    self.news_bar();
                }
                Effect::Quit => {
                    self.keep();
                    self.ended = true;
                }
            }
        }
    }

    /// Whoever unlocked signs again, in everything that lies underneath.
    fn holds_again(&mut self, actor: Actor) {
        let hand = self.who.as_ref().map_or_else(|| actor.hand.clone(), |who| who.hand.clone());
        actor.hand.signer().into_iter().for_each(|signer| hand.take(signer));
        self.who = Some(Actor { origin: self.origin.clone(), hand, ..actor });
    }

    /// A session that came by an SSH key asks for the password once, before its first change.
    pub(super) fn sign_if_wanted(&mut self) {
        let wanted = self.who.as_ref().filter(|who| who.hand.was_wanted()).cloned();
        if let Some(who) = wanted.filter(|_| !self.locked()) {
            self.push(Box::new(Lock::for_signing(who)));
        }
    }

    fn ask_clock(&mut self) {
        let Some(who) = self.who.as_ref().filter(|who| who.may(Right::Write)) else { return };
        let may = who.may(Right::Accounts);
        if let Some(doubt) = self.office.clock_doubt() {
            self.push(Box::new(screens::clock::question(doubt, may)));
        }
    }

    /// The first screen of whoever has just signed in.
    fn begin(&mut self) {
        let Some(who) = self.who.clone() else { return };
        if self.office.must_change_password(&who.account) {
            let forced = Password::forced(&self.office, &who.account);
            self.layers = vec![Box::new(forced)];
            return;
        }
        let mut cx = self.context();
        let home = screens::home::Home::new(&mut cx);
        self.layers = vec![Box::new(home)];
        self.news_bar();
        if self.landing == Landing::Queue && who.may(Right::Review) {
            self.act(Action::Queue);
        }
        self.ask_clock();
        if let Some(alarm) = self.office.heads_alarm() {
            self.push(Box::new(screens::evidence::alarm(alarm)));
        }
    }

    pub(super) fn sign_out(&mut self) {
        self.keep();
        self.who.take().into_iter().for_each(|who| who.hand.let_go());
        self.saved = None;
        self.notice = None;
        self.bar = frame::Bar::default();
        let (greeting, origin) = (self.greeting.clone(), self.origin.clone());
        let first = screens::sign_in::SignIn::new(&self.office, greeting, origin);
        self.layers = vec![Box::new(first)];
        self.dirty = true;
    }

    /// True while the session is locked.
    #[must_use]
    pub fn locked(&self) -> bool {
        self.layers.iter().any(|layer| layer.is_lock())
    }

    /// Locks: drafts are kept, what was shown in full goes, files in review are let go, the rest
    /// stays underneath.
    pub(super) fn lock(&mut self) {
        let Some(who) = self.who.clone() else { return };
        if self.locked() {
            return;
        }
        self.keep();
        // Nobody signs for whoever has left the desk.
        who.hand.let_go();
        self.layers.retain(|layer| !layer.is_fleeting());
        self.notice = None;
        self.layers.push(Box::new(Lock::new(who)));
        self.refresh();
    }

    /// The house changed. A session whose account was disabled, or has another role now, ends
    /// with its drafts kept.
    pub(super) fn news(&mut self) {
        if let Some(who) = &self.who
            && let Err(refusal) = self.office.may_go_on(who)
        {
            self.keep();
            self.ended = true;
            self.last_words = Some(Said::join(&[refusal.message, refusal.next], "", " "));
            return;
        }
        self.refresh();
    }

    pub(super) fn refresh(&mut self) {
        let locked = self.locked();
        let mut layers = std::mem::take(&mut self.layers);
        let mut cx = Context { locked, ..self.context() };
        for layer in &mut layers {
            layer.refresh(&mut cx);
        }
        let effects = cx.effects;
        self.layers = layers;
        self.news_bar();
        if !self.locked() {
            self.carry_out(effects);
        }
        self.dirty = true;
    }

    /// Lets the layers do what they put off and is due by now.
    pub(super) fn settle(&mut self) {
        let mut layers = std::mem::take(&mut self.layers);
        let mut cx = self.context();
        let soonest = layers.iter().filter_map(|layer| layer.settles_in(cx.now)).min();
        let mut changed = false;
        for layer in &mut layers {
            if soonest.is_some() && layer.settles_in(cx.now) == soonest {
                changed |= layer.settle(&mut cx);
            }
        }
        let effects = cx.effects;
        self.layers = layers;
        self.dirty |= changed || !effects.is_empty();
        self.carry_out(effects);
    }

    fn news_bar(&mut self) {
        self.bar = frame::Bar::read(&self.office, self.who.as_ref());
    }
}
