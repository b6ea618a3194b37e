//! The lock: the work stays underneath, the password of the same account opens it again.

use crate::office::Actor;
use crate::said;
use crate::terminal::{InputLine, Key, text};
use crate::ui::action::{Action, Place};
use crate::ui::screen::{Context, Effect, Look, Notice, Screen, Taken};
use crate::ui::theme::Tone;
use crate::ui::{keymap, rows};
use crate::words::Said;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// A locked screen.
pub struct Lock {
    who: Actor,
    password: InputLine,
    /// Nothing is locked: a change is to be signed, and the session came by a key.
    signing: bool,
}

impl Lock {
    /// Locks the session of `who`.
    #[must_use]
    pub fn new(who: Actor) -> Self {
        Self { who, password: InputLine::default(), signing: false }
    }

    /// Asks for the password that a change is signed with.
    #[must_use]
    pub fn for_signing(who: Actor) -> Self {
        Self { signing: true, ..Self::new(who) }
    }
}

impl Screen for Lock {
    fn place(&self) -> Place {
        Place::SignIn
    }

    fn title(&self) -> Said {
        if self.signing { said!("签名", "Signing") } else { said!("已锁屏", "Locked") }
    }

    fn typed(&mut self, key: Key, _cx: &mut Context) -> Taken {
        if keymap::types_text(key) {
            self.password.handle(key);
            return Taken::Yes;
        }
        Taken::No
    }

    fn pasted(&mut self, pasted: &str, _cx: &mut Context) {
        self.password.insert(pasted);
    }

    fn act(&mut self, action: Action, cx: &mut Context) -> Taken {
        match action {
            Action::Enter | Action::Save => {
                let typed = self.password.text().to_string();
                self.password = InputLine::default();
                match cx.office.unlock(&self.who, &typed) {
                    Ok(actor) => cx.ask(Effect::Unlocked(actor)),
                    Err(refusal) => cx.say(Notice::from(refusal)),
                }
            }
            Action::Back if self.signing => cx.close(),
            Action::Quit => cx.ask(Effect::Quit),
            Action::SignOut => cx.ask(Effect::SignOut),
            Action::Language | Action::Theme | Action::Encoding | Action::Redraw => {
                return Taken::No;
            }
            // Nothing else passes a locked screen.
            _ => {}
        }
        Taken::Yes
    }

    fn is_lock(&self) -> bool {
        true
    }

    fn offers(&self, action: Action) -> bool {
        let back = self.signing && action == Action::Back;
        back || matches!(
            action,
            Action::SignOut | Action::Quit | Action::Language | Action::Theme | Action::Redraw
        )
    }

    fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let width = area.width.min(58);
        let x = area.x + (area.width - width) / 2;
        let y = area.y + area.height / 3;
        let name = &self.who.account;
        let (heading, hint) = if self.signing {
            (
                said!(
                    "改动由本人签名：请输入 {name} 的密码",
                    "To sign the change: password of {name}"
                ),
                said!(
                    "用密钥登录后只问这一次。回车后再做一次刚才的操作；Esc 不改动。",
                    "Asked once after signing in by a key. Enter, then do it again; Esc changes nothing."
                ),
            )
        } else {
            (
                said!("已锁屏：请输入 {name} 的密码", "Locked: password of {name}"),
                said!(
                    "回车打开   Ctrl-O 换人登录   内容都在下面，草稿已留好。",
                    "Enter unlocks   Ctrl-O signs out   Your work is kept underneath."
                ),
            )
        };
        look.say(buf, x, y, width, &heading, Tone::Title);
        for (row, line) in (y + 4..).zip(text::wrap(hint.get(look.lang), usize::from(width))) {
            look.put(buf, x, row, width, &line, Tone::Quiet);
        }
        rows::secret(buf, Rect::new(x, y + 2, width, 1), look, &self.password, true)
    }
}
