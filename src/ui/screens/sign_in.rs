//! Sign-in: a name and a password.

use crate::office::Office;
use crate::said;
use crate::store::Origin;
use crate::terminal::{InputLine, Key, text};
use crate::ui::action::{Action, Place};
use crate::ui::screen::{Context, Effect, Look, Notice, Screen, Taken};
use crate::ui::theme::Tone;
use crate::ui::{keymap, rows};
use crate::words::Said;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// The sign-in screen.
pub struct SignIn {
    station: String,
    greeting: Said,
    /// What everybody is told before work.
    alarm: Option<Said>,
    origin: Origin,
    name: InputLine,
    password: InputLine,
    at_password: bool,
}

impl SignIn {
    /// An empty sign-in of a session that comes from `origin`; `greeting` is above it.
    #[must_use]
    pub fn new(office: &Office, greeting: Said, origin: Origin) -> Self {
        Self {
            station: office.station_name().to_string(),
            greeting,
            alarm: office.heads_alarm(),
            origin,
            name: InputLine::default(),
            password: InputLine::default(),
            at_password: false,
        }
    }

    fn field(&mut self) -> &mut InputLine {
        if self.at_password { &mut self.password } else { &mut self.name }
    }

    fn enter(&mut self, cx: &mut Context) {
        if !self.at_password {
            self.at_password = true;
            return;
        }
        let typed = self.password.text().to_string();
        self.password = InputLine::default();
        match cx.office.sign_in(self.name.text(), &typed, &self.origin) {
            Ok(actor) => cx.ask(Effect::SignedIn(actor)),
            Err(refusal) => {
                self.at_password = true;
                cx.say(Notice::from(refusal));
            }
        }
    }
}

impl Screen for SignIn {
    fn place(&self) -> Place {
        Place::SignIn
    }

    fn title(&self) -> Said {
        said!("登录", "Sign in")
    }

    fn offers(&self, action: Action) -> bool {
        !matches!(action, Action::Back | Action::SignOut)
    }

    fn titled(&self, action: Action) -> Option<Said> {
        matches!(action, Action::Save | Action::Enter).then_some(Said::fixed("登录", "Sign in"))
    }

    fn typed(&mut self, key: Key, _cx: &mut Context) -> Taken {
        if keymap::types_text(key) {
            self.field().handle(key);
            return Taken::Yes;
        }
        Taken::No
    }

    fn pasted(&mut self, pasted: &str, _cx: &mut Context) {
        self.field().insert(pasted);
    }

    fn act(&mut self, action: Action, cx: &mut Context) -> Taken {
        match action {
            Action::Enter => self.enter(cx),
            Action::Save => {
                self.at_password = true;
                self.enter(cx);
            }
            Action::Next | Action::Previous => self.at_password = !self.at_password,
            Action::Back => self.at_password = false,
            _ => return Taken::No,
        }
        Taken::Yes
    }

    fn refresh(&mut self, cx: &mut Context) {
        self.alarm = cx.office.heads_alarm();
    }

    fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let width = area.width.min(64);
        let x = area.x + (area.width - width) / 2;
        let mut y = area.y + area.height / 6;
        let station = &self.station;
        let welcome = said!("{station} · 请登录", "{station} · please sign in");
        look.say(buf, x, y, width, &welcome, Tone::Title);
        y += 2;
        for line in text::wrap(self.greeting.get(look.lang), usize::from(width)) {
            look.put(buf, x, y, width, &line, Tone::Quiet);
            y += 1;
        }
        let alarm = self.alarm.as_ref().map(|alarm| alarm.get(look.lang));
        for line in alarm.iter().flat_map(|alarm| text::wrap(alarm, usize::from(width))) {
            look.put(buf, x, y, width, &line, Tone::Bad);
            y += 1;
        }
        y += 1;
        let at_name = !self.at_password;
        let tone = |focused| if focused { Tone::Title } else { Tone::Plain };
        look.say(buf, x, y, 10, &said!("账号", "Account"), tone(at_name));
        let line = Rect::new(x + 10, y, width - 10, 1);
        let name = rows::input(buf, line, look, &self.name, at_name);
        y += 2;
        look.say(buf, x, y, 10, &said!("密码", "Password"), tone(self.at_password));
        let line = Rect { y, ..line };
        let cursor = name.or(rows::secret(buf, line, look, &self.password, self.at_password));
        y += 2;
        let hint = said!(
            "回车登录   Tab 换栏   F11 English   Ctrl-Q 退出",
            "Enter sign in   Tab other field   F11 中文   Ctrl-Q quit"
        );
        look.say(buf, x, y, width, &hint, Tone::Quiet);
        cursor
    }
}
