//! The accounts of the station, for who keeps them: made, disabled and enabled, given new
//! passwords and SSH keys, and the person named whose they are.

use crate::office::{Account, Command, Right, fingerprint};
use crate::program::Role;
use crate::said;
use crate::ui::action::{Action, Place};
use crate::ui::ask::{Answered, Ask, Part};
use crate::ui::rows::{self, Column, RowShown, Window};
use crate::ui::screen::{Context, Effect, Look, Notice, Screen, Taken};
use crate::ui::screens::password::Password;
use crate::ui::theme::Tone;
use crate::words::Said;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// One account and its person, in words.
struct Row {
    account: Account,
    person: Said,
    /// That person's number, empty for none.
    number: String,
    /// When it last signed in, empty where it never did.
    signed_in: String,
}

/// The list of accounts.
pub struct Accounts {
    rows: Vec<Row>,
    window: Window,
}

impl Accounts {
    /// The list as it is now.
    pub fn new(cx: &mut Context) -> Self {
        let mut screen = Self { rows: Vec::new(), window: Window::default() };
        screen.refresh(cx);
        screen
    }

    fn marked(&self) -> Option<&Row> {
        self.rows.get(self.window.at)
    }
}

impl Screen for Accounts {
    fn place(&self) -> Place {
        Place::Accounts
    }

    fn title(&self) -> Said {
        said!("账号", "Accounts")
    }

    fn shows(&self) -> Option<String> {
        Some("accounts".into())
    }

    fn offers(&self, action: Action) -> bool {
        let marked = self.marked().map(|row| &row.account);
        match action {
            Action::DisableAccount | Action::AccountPassword => {
                marked.is_some_and(|account| !account.disabled)
            }
            Action::EnableAccount => marked.is_some_and(|account| account.disabled),
            Action::RemoveKey => marked.is_some_and(|account| !account.keys.is_empty()),
            Action::Enter => false,
            _ => true,
        }
    }

    fn act(&mut self, action: Action, cx: &mut Context) -> Taken {
        if self.window.act(action, self.rows.len()) {
            return Taken::Yes;
        }
        if action == Action::AddAccount {
            ask_account("", Role::Volunteer, cx);
            return Taken::Yes;
        }
        let Some(row) = self.marked().filter(|_| self.offers(action)) else { return Taken::No };
        let account = &row.account;
        match action {
            Action::DisableAccount => ask_disable(account, cx),
            Action::EnableAccount => ask_enable(account.name.clone(), cx),
            Action::AccountPassword => ask_password(account, cx),
            Action::AddKey => ask_key(account, cx),
            Action::RemoveKey => ask_keys_gone(account, cx),
            Action::AccountPerson => ask_person(account.name.clone(), &row.number, cx),
            _ => return Taken::No,
        }
        Taken::Yes
    }

    fn refresh(&mut self, cx: &mut Context) {
        let here = self.marked().map(|row| row.account.name.clone());
        let accounts = cx.office.accounts().into_iter();
        self.rows = accounts
            .map(|account| {
                let person = cx.office.person_of_account(&account);
                let number = person.as_ref().map(|person| person.number.clone());
                let shown =
                    person.map(|person| format!("{} {}", person.text("name"), person.number));
                Row {
                    person: shown.map(Said::same).unwrap_or_default(),
                    number: number.unwrap_or_default(),
                    signed_in: cx.office.last_sign_in(&account.name),
                    account,
                }
            })
            .collect();
        // The focus stays on the account it was on.
        let at = here.and_then(|name| self.rows.iter().position(|row| row.account.name == name));
        self.window.at = at.unwrap_or(self.window.at);
        self.window.settle(self.rows.len());
    }

    fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let total = self.rows.len();
        let heading = said!("账号  共 {total} 个", "Accounts  {total} in all");
        look.say(buf, area.x + 1, area.y, area.width - 2, &heading, Tone::Title);
        let below = Rect { y: area.y + 1, height: area.height - 1, ..area };
        let columns = [
            Column { title: said!("账号", "Account"), cells: 14 },
            Column { title: said!("角色", "Role"), cells: 13 },
            Column { title: said!("状态", "State"), cells: 12 },
            Column { title: said!("公钥", "Keys"), cells: 4 },
            Column { title: said!("上次登录", "Last sign-in"), cells: 16 },
            Column { title: said!("本人", "Person"), cells: 0 },
        ];
        let shown: Vec<RowShown> = self
            .rows
            .iter()
            .map(|Row { account, person, signed_in, .. }| RowShown {
                cells: vec![
                    account.name.clone(),
                    account.role.title().get(look.lang).to_string(),
                    account.state().get(look.lang).to_string(),
                    match account.keys.len() {
                        0 => String::new(),
                        keys => keys.to_string(),
                    },
                    signed_in.clone(),
                    person.get(look.lang).to_string(),
                ],
                tone: account.disabled.then_some(Tone::Quiet),
                ..RowShown::default()
            })
            .collect();
        rows::list(buf, below, look, &columns, &shown, &self.window)
    }
}

/// Has the office do something with an account, and says what came of it; whether it was done.
fn carry_out(command: Command, done: Said, cx: &mut Context) -> bool {
    let Some(who) = cx.who else { return false };
    match cx.office.perform(who, command) {
        Ok(receipt) => {
            cx.ask(Effect::Refresh);
            cx.ask(Effect::Saved(receipt.at));
            cx.say(Notice::good(done));
            true
        }
        Err(refusal) => {
            cx.say(Notice::from(refusal));
            false
        }
    }
}

/// The one text or key answered to a part.
fn answer(answers: &mut std::vec::IntoIter<Vec<String>>) -> String {
    answers.next().into_iter().flatten().next().unwrap_or_default()
}

/// What is told above the two.
fn password_rule(cx: &Context) -> Vec<Said> {
    cx.office.password_rule().into_iter().collect()
}

/// The two parts of a new password.
fn password_parts() -> [Part; 2] {
    [
        Part::secret(said!(
            "新密码（对方下次登录时要改）",
            "New password, to be changed by its owner"
        )),
        Part::secret(said!("再输一次", "Once more")),
    ]
}

/// The password answered to [`password_parts`], or nothing, said, when the two differ.
fn password(answers: &mut std::vec::IntoIter<Vec<String>>, cx: &mut Context) -> Option<String> {
    let (password, again) = (answer(answers), answer(answers));
    if password == again {
        return Some(password);
    }
    cx.say(Notice::unsure(
        said!("两次输入的新密码不一样。", "The two new passwords differ."),
        said!("请重新输入。", "Type them again."),
    ));
    None
}

fn ask_account(name: &str, role: Role, cx: &mut Context) {
    let roles = Role::ALL.map(|role| (role.id().to_string(), role.title())).to_vec();
    let at = Role::ALL.iter().position(|known| *known == role);
    let mut parts = vec![
        Part::line(said!("账号名（登录时输入）", "Name, as typed at sign-in")).starting_with(name),
        Part::one_of(said!("角色", "Role"), roles).starting_at(at),
    ];
    parts.extend(password_parts());
    let title = said!("新建账号", "New account");
    let then = |answers: Answered, cx: &mut Context| {
        let mut answers = answers.into_iter();
        let name = answer(&mut answers);
        let role = Role::from_id(&answer(&mut answers)).unwrap_or(Role::Volunteer);
        let Some(password) = password(&mut answers, cx) else {
            return ask_account(&name, role, cx);
        };
        let done = said!("账号 {name} 已建。", "Account {name} was made.");
        let typed = name.clone();
        // What was refused is asked again, with what may stay.
        if !carry_out(Command::AddAccount { name, role, password, must_change: true }, done, cx) {
            ask_account(&typed, role, cx);
        }
    };
    cx.open(Ask::new(title, password_rule(cx), parts, then).fleeting());
}

fn ask_disable(account: &Account, cx: &mut Context) {
    let name = account.name.clone();
    let body = said!(
        "{name} 将不能再登录，开着的窗口随即结束；办过的事都留着。以后可以再启用。",
        "{name} will not sign in any more and its open windows end; what it did stays. It can be enabled again."
    );
    cx.open(Ask::new(
        said!("停用账号", "Disable the account"),
        vec![body],
        Vec::new(),
        |_, cx| {
            let done = said!("账号 {name} 已停用。", "Account {name} was disabled.");
            carry_out(Command::DisableAccount { name }, done, cx);
        },
    ));
}

fn ask_enable(name: String, cx: &mut Context) {
    let title = said!("启用账号 {name}", "Enable the account {name}");
    let ask = Ask::new(title, password_rule(cx), password_parts().into(), |answers, cx| {
        match password(&mut answers.into_iter(), cx) {
            Some(password) => {
                let done = said!("账号 {name} 已启用。", "Account {name} was enabled.");
                let asked = name.clone();
                if !carry_out(Command::EnableAccount { name, password }, done, cx) {
                    ask_enable(asked, cx);
                }
            }
            None => ask_enable(name, cx),
        }
    });
    cx.open(ask.fleeting());
}

fn ask_password(account: &Account, cx: &mut Context) {
    // One's own takes the old one too.
    if cx.who.is_some_and(|who| who.account == account.name) {
        return cx.open(Password::new(cx.office));
    }
    ask_new_password(account.name.clone(), cx);
}

fn ask_new_password(name: String, cx: &mut Context) {
    let title = said!("{name} 的新密码", "New password of {name}");
    let ask = Ask::new(title, password_rule(cx), password_parts().into(), |answers, cx| {
        match password(&mut answers.into_iter(), cx) {
            Some(password) => {
                let done = said!("{name} 的密码已改。", "The password of {name} was changed.");
                let asked = name.clone();
                if !carry_out(Command::ChangePassword { name, password }, done, cx) {
                    ask_new_password(asked, cx);
                }
            }
            None => ask_new_password(name, cx),
        }
    });
    cx.open(ask.fleeting());
}

fn ask_key(account: &Account, cx: &mut Context) {
    let name = account.name.clone();
    let body = said!(
        "粘贴公钥文件（.pub）里的那一行，以 ssh-ed25519 或 ecdsa- 开头。",
        "Paste the line of the public key file (.pub), which begins with ssh-ed25519 or ecdsa-."
    );
    let parts = vec![Part::line(said!("公钥", "Public key")).tall(true)];
    let title = said!("{name} 的 SSH 公钥", "SSH key of {name}");
    cx.open(Ask::new(title, vec![body], parts, |answers, cx| {
        let key = answer(&mut answers.into_iter());
        let print = fingerprint(&key).unwrap_or_default();
        let done = said!("{name} 可以用密钥 {print} 登录。", "{name} can sign in with {print}.");
        carry_out(Command::AddKey { name, key }, done, cx);
    }));
}

fn ask_keys_gone(account: &Account, cx: &mut Context) {
    let name = account.name.clone();
    let keys = account.keys.iter().filter_map(|key| {
        let print = fingerprint(key).ok()?;
        let comment = key.splitn(3, ' ').nth(2).unwrap_or_default();
        Some((print.clone(), Said::same(format!("{print} {comment}"))))
    });
    let parts = vec![Part::any_of(said!("要删去的公钥", "Keys to remove"), keys.collect())];
    let title = said!("{name} 的 SSH 公钥", "SSH keys of {name}");
    cx.open(Ask::new(title, Vec::new(), parts, move |answers, cx| {
        for key in answers.into_iter().flatten() {
            let done = said!("密钥 {key} 已删去。", "The key {key} was removed.");
            carry_out(Command::RemoveKey { name: name.clone(), key }, done, cx);
        }
    }));
}

fn ask_person(name: String, number: &str, cx: &mut Context) {
    let body = said!(
        "账号是本站登记的哪个人：填那个人的编号；留空表示没有登记。办理亲属的事时据此提醒。",
        "Which person registered here has the account: that person's number, or empty for none. Files of relatives go by it."
    );
    let parts = vec![
        Part::line(said!("人员编号", "Number of the person")).optional(true).starting_with(number),
    ];
    let title = said!("{name} 是谁", "Who {name} is");
    cx.open(Ask::new(title, vec![body], parts, |answers, cx| {
        // Numbers are looked up for nobody who may not keep accounts.
        if !cx.who.is_some_and(|who| who.may(Right::Accounts)) {
            return;
        }
        let number = answer(&mut answers.into_iter());
        let person = cx.office.numbered(&number);
        if person.is_none() && !number.is_empty() {
            return cx.say(Notice::unsure(
                said!("没有编号为“{number}”的人。", "Nobody has the number \"{number}\"."),
                said!(
                    "按 F2 找到那个人，记下编号再填。",
                    "Find the person with F2 and note the number."
                ),
            ));
        }
        let done = match person {
            Some(_) => said!("{name} 是 {number}。", "{name} is {number}."),
            None => said!("{name} 不对应本站登记的人。", "{name} is nobody registered here."),
        };
        carry_out(Command::AccountPerson { name, person }, done, cx);
    }));
}
