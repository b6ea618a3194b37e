//! One channel of a connection: what its client has told, and what runs in it.

use crate::access::client::Client;
use crate::access::ending::Ending;
use crate::access::inbox::Inbox;
use crate::terminal::clamp_size;
use crate::terminal::codec::Codec;
use crate::words::Lang;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Notify;

/// What a client may tell of its surroundings; the rest is none of our business.
const TOLD: [&str; 6] = ["LANG", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "COLORTERM", "NO_COLOR"];
/// Longest name of a terminal or a locale.
const LONGEST: usize = 64;

/// One channel: a session, or a command.
#[derive(Default)]
pub struct Room {
    /// What it told of its surroundings.
    told: BTreeMap<String, String>,
    /// The terminal it is for: name, columns, rows.
    terminal: Option<(String, u16, u16)>,
    /// What runs in it hears by this.
    pub inbox: Option<(Arc<Inbox>, Arc<Notify>)>,
    /// What runs in it is a command: the end of its input is an end in order.
    pub command: bool,
    /// Something runs in it, or has.
    pub begun: bool,
}

impl Room {
    /// Takes what a client tells of its surroundings, if it is any business of ours.
    pub fn tell(&mut self, name: &str, value: &str) -> bool {
        let ours = TOLD.contains(&name) && value.len() <= LONGEST;
        if ours {
            self.told.insert(name.to_string(), value.to_string());
        }
        ours
    }

    /// Takes the terminal it is for.
    pub fn seat(&mut self, term: &str, columns: u32, rows: u32) {
        let (columns, rows) = size(columns, rows);
        self.terminal = Some((term.chars().take(LONGEST).collect(), columns, rows));
    }

    /// The terminal has a new size.
    pub fn resize(&mut self, columns: u32, rows: u32) {
        let (columns, rows) = size(columns, rows);
        if let Some(terminal) = &mut self.terminal {
            (terminal.1, terminal.2) = (columns, rows);
        }
        if let Some((inbox, _)) = &self.inbox {
            inbox.resized(columns, rows);
        }
    }

    /// The first of these that the client has told.
    fn first(&self, names: [&str; 3]) -> String {
        let mut told = names.iter().filter_map(|name| self.told.get(*name));
        told.find(|value| !value.is_empty()).cloned().unwrap_or_default()
    }

    /// The language it is answered in.
    pub fn lang(&self) -> Lang {
        Lang::from_locale(&self.first(["LC_ALL", "LC_MESSAGES", "LANG"]))
    }

    /// How it reads and writes text, as far as it has told.
    pub fn codec(&self) -> Codec {
        Codec::from_locale(&self.locale())
    }

    /// The locale that says which encoding the terminal has.
    fn locale(&self) -> String {
        self.first(["LC_ALL", "LC_CTYPE", "LANG"])
    }

    /// Its client, once it has asked for a terminal.
    pub fn client(&self) -> Option<Client> {
        let (term, columns, rows) = self.terminal.clone()?;
        let told = |name: &str| self.told.get(name).cloned().unwrap_or_default();
        Some(Client {
            columns,
            rows,
            term,
            locale: self.locale(),
            colorterm: told("COLORTERM"),
            no_color: !told("NO_COLOR").is_empty(),
            lang: self.lang(),
            home: String::new(),
        })
    }

    /// Nothing more comes from the client.
    pub fn no_more(&self) {
        match &self.inbox {
            Some((inbox, _)) if self.command => inbox.end(Ending::Left),
            // No more keys will come: the same as a line that dropped.
            _ => self.hang_up(),
        }
    }

    /// The client has gone.
    pub fn hang_up(&self) {
        if let Some((inbox, _)) = &self.inbox {
            inbox.end(Ending::HungUp);
        }
    }
}

/// A size from outside: a client may send 0×0 or 70000×70000.
fn size(columns: u32, rows: u32) -> (u16, u16) {
    let cells = |count: u32| u16::try_from(count).unwrap_or(u16::MAX);
    clamp_size(cells(columns), cells(rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_from_outside_are_clamped() {
        assert_eq!(size(80, 24), (80, 24));
        assert_eq!(size(0, 0), (1, 1));
        assert_eq!(size(70_000, 70_000), crate::terminal::LARGEST);
    }

    #[test]
    fn a_room_knows_its_client_by_what_was_told() {
        let told = |told: &[(&str, &str)]| {
            let mut room = Room::default();
            room.seat("xterm", 80, 24);
            assert!(told.iter().all(|(name, value)| room.tell(name, value)));
            room.client().unwrap()
        };
        let plain = told(&[]);
        assert_eq!((plain.lang, plain.locale.as_str(), plain.no_color), (Lang::Zh, "", false));
        let english = told(&[("LANG", "en_US.UTF-8"), ("LC_ALL", ""), ("NO_COLOR", "1")]);
        assert_eq!((english.lang, english.no_color), (Lang::En, true));
        let gbk = told(&[("LANG", "zh_CN.GBK"), ("LC_MESSAGES", "en_US")]);
        assert_eq!((gbk.lang, gbk.locale.as_str()), (Lang::En, "zh_CN.GBK"));
        assert_eq!(gbk.capabilities().codec, Codec::Gb18030);
        let mut room = Room::default();
        assert!(room.client().is_none(), "without a terminal there is none");
        assert!(!room.tell("PATH", "/tmp") && !room.tell("LANG", &"x".repeat(65)));
    }
}
