//! What the person can have seen: keys typed before a dialog that decides something was on the
//! screen never answer it.
//!
//! A frame counts as seen when the terminal told that it has worked through it, and on terminals
//! that answer nothing when it was given to the line.

use super::Session;
use crate::said;
use crate::terminal::Key;
use crate::ui::action::Action;
use crate::ui::keymap;
use crate::ui::screen::Notice;
use crate::ui::theme::Tone;
use crate::words::Said;

/// Whether the dialog that decides has been seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sight {
    /// It has, or there is none.
    #[default]
    Seen,
    /// No frame has shown it yet.
    Hidden,
    /// A frame with it has gone out.
    OnItsWay,
}

impl Session {
    /// True while the terminal is to be asked whether it has worked through the frame that
    /// [`frame`](Self::frame) gave last: what was typed before is not taken.
    #[must_use]
    pub fn awaits_sight(&self) -> bool {
        self.sight == Sight::OnItsWay && self.decides()
    }

    /// Everything sent has reached the person, or nobody will ever tell.
    pub fn frame_shown(&mut self) {
        if self.sight == Sight::OnItsWay {
            self.sight = Sight::Seen;
        }
    }

    fn decides(&self) -> bool {
        self.layers.last().is_some_and(|top| top.decides())
    }

    /// A frame was drawn.
    pub(super) fn drawn(&mut self) {
        if self.sight == Sight::Hidden && self.decides() && !self.too_small() {
            self.sight = if self.answers { Sight::OnItsWay } else { Sight::Seen };
        }
    }

    /// True for a key, or pasted text, that was typed before the dialog on top could be read; it is
    /// dropped and the person told. Leaving and locking answer no question.
    pub(super) fn typed_ahead(&mut self, key: Option<Key>) -> bool {
        let Some(top) = self.layers.last().filter(|top| top.decides()) else { return false };
        let action = key.and_then(|key| keymap::action(key, top.place()));
        let harmless = matches!(action, Some(Action::Lock | Action::Quit | Action::Redraw));
        if self.sight == Sight::Seen || harmless {
            return false;
        }
        let said = said!(
            "对话框出现之前按下的键没有采用：请看清楚再按。",
            "Keys pressed before this question was on the screen were not taken: read it first."
        );
        let notice = Notice { tone: Tone::Quiet, said, next: Said::default() };
        self.notice = Some((notice, self.office.now()));
        self.dirty = true;
        true
    }
}
