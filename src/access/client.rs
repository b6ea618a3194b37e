//! What a client tells of its terminal, and the session that follows from it.

use crate::store::Origin;
use crate::terminal::Capabilities;
use crate::ui::{IDLE_LOCK, Landing, Start, Theme};
use crate::words::{Lang, Said};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A terminal as its client tells of it. All of it is a hint from outside: sizes are clamped
/// where they are used, and names only compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Columns; 0 when not known.
    pub columns: u16,
    /// Rows; 0 when not known.
    pub rows: u16,
    /// `TERM`.
    pub term: String,
    /// The locale that says which encoding the terminal has; empty when not set.
    pub locale: String,
    /// `COLORTERM`.
    pub colorterm: String,
    /// `NO_COLOR` is set and not empty.
    pub no_color: bool,
    /// The language to begin with.
    pub lang: Lang,
    /// The home folder of whoever sits at it; empty where it is none of this machine's.
    #[serde(default)]
    pub home: String,
}

impl Client {
    /// What the terminal can do, as far as this tells.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        Capabilities::from_env_hints(&self.term, &self.colorterm, self.no_color, &self.locale)
    }

    /// What a session at this terminal starts with, at the sign-in.
    #[must_use]
    pub fn start(&self, origin: Origin, esc_wait: Duration) -> Start {
        let capabilities = self.capabilities();
        // Where no Han can be shown, Chinese would be a screen full of question marks.
        let lang = if capabilities.han { self.lang } else { Lang::En };
        let (columns, rows) = match (self.columns, self.rows) {
            (0, _) | (_, 0) => (80, 24),
            size => size,
        };
        Start {
            columns,
            rows,
            codec: capabilities.codec,
            capabilities,
            locale: self.locale.clone(),
            lang,
            theme: if self.no_color { Theme::Mono } else { Theme::default() },
            origin,
            greeting: Said::default(),
            esc_wait,
            idle_lock: IDLE_LOCK,
            landing: Landing::Home,
            home: self.home.clone().into(),
        }
    }
}
