//! Choosing a new password: the old one, the new one twice. By wish, or before anything else
//! where somebody else chose the one there is.

use crate::office::Office;
use crate::said;
use crate::terminal::{InputLine, Key, text};
use crate::ui::action::{Action, Place};
use crate::ui::screen::{Context, Effect, Look, Notice, Screen, Taken};
use crate::ui::theme::Tone;
use crate::ui::{keymap, rows};
use crate::words::{Label, Said};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

const TITLES: [Label; 3] = [
    Said::fixed("现在的密码", "Present password"),
    Said::fixed("新密码", "New password"),
    Said::fixed("再输一次", "Once more"),
];

/// The screen.
pub struct Password {
    forced: bool,
    /// What a password must be here.
    rule: Option<Said>,
    /// Who gave the account the password it has, where that is to be known.
    given: Option<Said>,
    fields: [InputLine; 3],
    focus: usize,
}

impl Password {
    /// By wish: Esc goes back.
    #[must_use]
    pub fn new(office: &Office) -> Self {
        let (rule, given) = (office.password_rule(), None);
        Self { forced: false, rule, given, fields: Default::default(), focus: 0 }
    }

    /// Before anything else.
    #[must_use]
    pub fn forced(office: &Office, account: &str) -> Self {
        let given = office.password_given(account);
        Self { forced: true, given, ..Self::new(office) }
    }

    fn field(&mut self) -> Option<&mut InputLine> {
        self.fields.get_mut(self.focus)
    }

    fn change(&mut self, cx: &mut Context) {
        let Some(who) = cx.who else { return };
        let typed = std::mem::take(&mut self.fields);
        let [old, new, again] = typed.each_ref().map(InputLine::text);
        self.focus = 0;
        if new != again {
            cx.say(Notice::unsure(
                said!("两次输入的新密码不一样。", "The two new passwords differ."),
                said!("请重新输入。", "Type them again."),
            ));
            return;
        }
        match cx.office.change_own_password(who, old, new) {
            Ok(receipt) => {
                if self.forced {
                    cx.ask(Effect::SignedIn(who.clone()));
                } else {
                    cx.close();
                }
                cx.ask(Effect::Saved(receipt.at));
                cx.say(Notice::good(said!("密码已改。", "The password was changed.")));
            }
            Err(refusal) => cx.say(Notice::from(refusal)),
        }
    }
}

impl Screen for Password {
    fn place(&self) -> Place {
        Place::SignIn
    }

    fn title(&self) -> Said {
        said!("改密码", "Change password")
    }

    fn shows(&self) -> Option<String> {
        Some("password".into())
    }

    fn is_fleeting(&self) -> bool {
        !self.forced
    }

    fn offers(&self, action: Action) -> bool {
        action != Action::Back || !self.forced
    }

    fn titled(&self, action: Action) -> Option<Said> {
        (action == Action::Save).then_some(Said::fixed("改密码", "Change password"))
    }

    fn typed(&mut self, key: Key, _cx: &mut Context) -> Taken {
        if !keymap::types_text(key) {
            return Taken::No;
        }
        if let Some(field) = self.field() {
            field.handle(key);
        }
        Taken::Yes
    }

    fn pasted(&mut self, pasted: &str, _cx: &mut Context) {
        if let Some(field) = self.field() {
            field.insert(pasted);
        }
    }

    fn act(&mut self, action: Action, cx: &mut Context) -> Taken {
        let count = self.fields.len();
        match action {
            Action::Enter if self.focus + 1 < count => self.focus += 1,
            Action::Enter | Action::Save => self.change(cx),
            Action::Next => self.focus = (self.focus + 1) % count,
            Action::Previous => self.focus = (self.focus + count - 1) % count,
            Action::Back if self.forced => {}
            Action::Back => cx.close(),
            _ => return Taken::No,
        }
        Taken::Yes
    }

    fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let width = area.width.min(64);
        let x = area.x + (area.width - width) / 2;
        let why = self.forced.then(|| {
            said!(
                "这个密码是别人设的。请先改成只有您知道的密码，再开始办理。",
                "Somebody else chose this password. Choose one that only you know before you begin."
            )
        });
        let told = why.iter().chain(&self.rule).map(|said| (Tone::Quiet, said));
        let told = told.chain(self.given.iter().map(|said| (Tone::Unsure, said)));
        let told = told.flat_map(|(tone, said)| {
            let lines = text::wrap(said.get(look.lang), usize::from(width));
            lines.into_iter().map(move |line| (tone, line))
        });
        let told: Vec<_> = told.collect();
        // With the title and the hint, and room between the fields where the window has it.
        let least = u16::try_from(told.len() + self.fields.len() + 3).unwrap_or(u16::MAX);
        let room = area.height.saturating_sub(least);
        let gap = u16::from(room >= 3);
        let mut y = area.y + (area.height / 6).min(room.saturating_sub(3 * gap));
        look.say(buf, x, y, width, &self.title(), Tone::Title);
        y += 1;
        for (tone, line) in &told {
            look.put(buf, x, y, width, line, *tone);
            y += 1;
        }
        let mut cursor = None;
        for (at, (title, field)) in TITLES.iter().zip(&self.fields).enumerate() {
            y += gap;
            let here = at == self.focus;
            let tone = if here { Tone::Title } else { Tone::Plain };
            look.put(buf, x, y, 17, title.get(look.lang), tone);
            let line = Rect::new(x + 18, y, width.saturating_sub(18), 1);
            cursor = cursor.or(rows::secret(buf, line, look, field, here));
            y += 1;
        }
        let hint = said!(
            "回车下一栏，最后一栏回车改密码   Ctrl-O 换人登录",
            "Enter next field, on the last changes it   Ctrl-O sign out"
        );
        look.say(buf, x, y + 1, width, &hint, Tone::Quiet);
        cursor
    }
}
