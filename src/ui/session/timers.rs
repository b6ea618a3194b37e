//! What a session waits for: the rest of a sequence, the end of good news, a pause in the typing,
//! and the lock after idle minutes. Nothing else ever wakes it.

use super::Session;
use crate::record::Instant;
use crate::ui::theme::Tone;
use std::time::Duration;

/// How long good news stays on the screen.
const GOOD_NEWS: Duration = Duration::from_secs(8);

impl Session {
    /// How long until [`Input::Wake`](super::Input::Wake) is wanted; `None` means the session
    /// waits for ever.
    #[must_use]
    pub fn wake_in(&self) -> Option<Duration> {
        [self.sequence_in(), self.settles_in(), self.news_in(), self.locks_in()]
            .into_iter()
            .flatten()
            .min()
    }

    /// The time asked for has passed. What was due first is due now; the session needs no clock
    /// of its own to know it.
    pub(super) fn wake(&mut self) {
        let due = self.wake_in();
        let is_due = |timer: Option<Duration>| timer.is_some() && timer <= due;
        let (sequence, settles) = (is_due(self.sequence_in()), is_due(self.settles_in()));
        if self.locks_in() == Some(Duration::ZERO) {
            self.lock();
            self.dirty = true;
        }
        if sequence {
            self.line_expired();
        }
        if settles {
            self.settle();
        }
        if self.news_in() == Some(Duration::ZERO) {
            self.notice = None;
            self.dirty = true;
        }
    }

    fn sequence_in(&self) -> Option<Duration> {
        let sequence = self.parser.waiting().map(|waiting| waiting.patience(self.esc_wait));
        sequence.into_iter().chain(self.line.half_in()).min()
    }

    /// The layers below the top one too: a draft must not wait for a dialog over its form.
    fn settles_in(&self) -> Option<Duration> {
        let now = self.office.now();
        self.layers.iter().filter_map(|layer| layer.settles_in(now)).min()
    }

    fn news_in(&self) -> Option<Duration> {
        let good = self.notice.as_ref().filter(|(notice, _)| notice.tone == Tone::Good);
        good.map(|(_, since)| GOOD_NEWS.saturating_sub(self.gone(*since)))
    }

    fn locks_in(&self) -> Option<Duration> {
        let locks = self.who.is_some() && !self.locked() && !self.idle_lock.is_zero();
        locks.then(|| self.idle_lock.saturating_sub(self.gone(self.last_key)))
    }

    fn gone(&self, since: Instant) -> Duration {
        (self.office.now() - since).to_std().unwrap_or_default()
    }
}
