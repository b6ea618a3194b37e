//! The tabs at the top: home, one for each program area, and the system.

use super::{home, listing, system};
use crate::office::Queue;
use crate::ui::screen::{Context, Notice, Screen};
use crate::words::{Label, Said};

/// A tab.
#[derive(Debug)]
pub struct Tab {
    /// The digit that opens it.
    pub digit: u8,
    /// Its title.
    pub title: Label,
    /// The kind of record whose queues it shows; empty for home and system.
    pub kind: &'static str,
}

/// The tabs there are.
pub const TABS: &[Tab] = &[
    Tab { digit: 1, title: Said::fixed("首页", "Home"), kind: "" },
    Tab { digit: 2, title: Said::fixed("困难帮扶", "Hardship"), kind: "hardship_file" },
    Tab { digit: 0, title: Said::fixed("系统", "System"), kind: "" },
];

impl Tab {
    /// What the screen of this tab says it shows.
    #[must_use]
    pub fn shows(&self) -> String {
        match (self.digit, self.kind) {
            (1, _) => "home".into(),
            (_, "") => "system".into(),
            (_, kind) => format!("{:?}", Queue::OfKind(kind.to_string())),
        }
    }
}

/// The screen of a tab.
pub fn open(digit: u8, cx: &mut Context) -> Option<Box<dyn Screen>> {
    let tab = TABS.iter().find(|tab| tab.digit == digit)?;
    Some(match (digit, tab.kind) {
        (1, _) => Box::new(home::Home::new(cx)),
        (_, "") => Box::new(system::System::new(cx)),
        (_, kind) => {
            let queue = Queue::OfKind(kind.to_string());
            if let Some(Err(refusal)) = cx.who.map(|who| cx.office.may_open(who, &queue)) {
                cx.say(Notice::from(refusal));
                return None;
            }
            Box::new(listing::Listing::new(queue, cx))
        }
    })
}
