//! The tabs at the top: home, one for each program area that has one, and the system.

use super::{home::Home, listing, system};
use crate::office::{Office, Queue};
use crate::program::Catalogue;
use crate::said;
use crate::ui::screen::{Context, Screen};
use crate::words::Said;

/// The digits of program areas: home has the first, the system the last.
const AREAS: std::ops::RangeInclusive<u8> = 2..=9;

/// A tab.
#[derive(Clone, Debug)]
pub struct Tab {
    /// The digit that opens it.
    pub digit: u8,
    pub title: Said,
    /// Its title where there is little room.
    pub short: Said,
    /// What the screen of this tab says it shows.
    pub shows: String,
    /// The kinds of record of its area; none for home and the system.
    pub kinds: Vec<String>,
}

/// The tabs there are, in their order.
#[must_use]
pub fn all(catalogue: &Catalogue) -> Vec<Tab> {
    let of_house = |digit, title: Said, shows: &str| Tab {
        digit,
        short: title.clone(),
        title,
        shows: shows.to_string(),
        kinds: Vec::new(),
    };
    let areas = AREAS.zip(catalogue.tabs()).map(|(digit, (area, tab))| {
        let kinds = catalogue.kinds().filter(|kind| kind.area == area);
        let kinds: Vec<String> = kinds.map(|kind| kind.id.clone()).collect();
        let shows = match kinds.as_slice() {
            [kind] => format!("{:?}", Queue::OfKind(kind.clone())),
            _ => format!("area {area}"),
        };
        Tab { digit, title: tab.title.clone(), short: tab.short.clone(), shows, kinds }
    });
    let first = of_house(1, said!("首页", "Home"), "home");
    let last = of_house(0, said!("系统", "System"), "system");
    std::iter::once(first).chain(areas).chain([last]).collect()
}

/// The tab a screen at the bottom belongs to.
#[must_use]
pub fn of(office: &Office, shows: Option<&String>) -> Option<Tab> {
    all(office.catalogue()).into_iter().find(|tab| Some(&tab.shows) == shows)
}

/// The screen of a tab: for an area of one kind the list of its records, for a larger one what there
/// is to open.
pub fn open(digit: u8, cx: &mut Context) -> Option<Box<dyn Screen>> {
    let tab = all(cx.office.catalogue()).into_iter().find(|tab| tab.digit == digit)?;
    Some(match (digit, tab.kinds.as_slice()) {
        (1, _) => Box::new(Home::new(cx)),
        (0, _) => Box::new(system::System::new(cx)),
        // Whoever may not open the list of all finds what is open to them.
        (_, [kind]) if may_open_all(kind, cx) => {
            Box::new(listing::Listing::new(Queue::OfKind(kind.clone()), cx))
        }
        _ => Box::new(Home::of_area(tab, cx)),
    })
}

fn may_open_all(kind: &str, cx: &Context) -> bool {
    let queue = Queue::OfKind(kind.to_string());
    cx.who.is_some_and(|who| cx.office.may_open(who, &queue).is_ok())
}
