//! The screens, one file each, and which one an action opens.

pub mod accounts;
pub mod batch;
pub mod clock;
pub mod erasing;
pub mod evidence;
pub mod find;
pub mod history;
pub mod home;
pub mod import;
pub mod listing;
pub mod lock;
pub mod log;
pub mod merging;
pub mod moving;
pub mod page;
pub mod password;
pub mod regulations;
pub mod sheet;
pub mod sign_in;
pub mod system;
pub mod tabs;
pub mod undo;

use super::action::Action;
use super::form;
use super::screen::{Context, Effect};
use crate::office::Queue;

/// Does what an action does when the top layer leaves it alone.
pub fn open(action: Action, cx: &mut Context) {
    match action {
        _ if cx.who.is_none() => {}
        Action::Find => cx.open(find::Find::new()),
        Action::New => form::choose_kind(None, cx),
        Action::Queue => open_list(Queue::Review, cx),
        Action::Due => open_list(Queue::Due, cx),
        Action::Drafts => open_list(Queue::Drafts, cx),
        Action::Import => {
            let screen = import::Import::new(cx);
            cx.open(screen);
        }
        Action::Accounts => {
            let screen = accounts::Accounts::new(cx);
            cx.open(screen);
        }
        Action::Log => {
            let screen = log::Log::new(cx);
            cx.open(screen);
        }
        Action::Rules => {
            let screen = regulations::Regulations::new(cx);
            cx.open(screen);
        }
        Action::ChangePassword => cx.open(password::Password::new(cx.office)),
        Action::Tab(digit) => {
            if let Some(screen) = tabs::open(digit, cx) {
                cx.ask(Effect::Home(screen));
            }
        }
        _ => {}
    }
}

fn open_list(queue: Queue, cx: &mut Context) {
    let list = listing::Listing::new(queue, cx);
    cx.open(list);
}
