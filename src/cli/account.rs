//! `yizhan account`: who may sign in, and with what.

use super::key_file::KeyFileCommand;
use super::opening::{Opened, World};
use super::prompt::Prompt;
use super::{Done, Failure, print};
use crate::office::{Command, Receipt, Refusal, Right, fingerprint};
use crate::program::Role;
use crate::record::account_form;
use crate::said;
use crate::words::Said;
use clap::{Args, Subcommand};
use serde_json::json;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use zeroize::Zeroizing;

/// What `account` takes.
#[derive(Args)]
pub struct AccountArgs {
    #[command(subcommand)]
    what: AccountCommand,
}

#[derive(Subcommand)]
enum AccountCommand {
    /// 新建账号 / Make an account
    Add {
        /// 登录名 / The name typed at sign-in
        name: String,
        /// 角色，中英文都可：volunteer 志愿者、supervisor 主管、auditor 经审员、administrator 管理员 / Role, in either language
        #[arg(long, value_parser = role)]
        role: Role,
        #[command(flatten)]
        password: NewPassword,
        /// 首次登录时不要求改密码 / Do not ask for another password at the first sign-in
        #[arg(long)]
        no_change: bool,
    },
    /// 列出账号 / List the accounts
    List,
    /// 停用账号，办理记录保留 / Disable an account; what it did stays
    Disable {
        /// 账号 / The account
        name: String,
    },
    /// 启用停用了的账号，并给它新密码（下次登录时要改） / Enable a disabled account, with a new password to be changed at the next sign-in
    Enable {
        /// 账号 / The account
        name: String,
        #[command(flatten)]
        password: NewPassword,
    },
    /// 改密码；停用的账号要先启用 / Give an account a new password; a disabled one is enabled first
    Passwd {
        /// 账号 / The account
        name: String,
        #[command(flatten)]
        password: NewPassword,
    },
    /// 账号是本站登记的哪个人 / Which person registered here has an account
    Person {
        /// 账号 / The account
        name: String,
        /// 那个人的编号 / That person's number
        #[arg(required_unless_present = "none", conflicts_with = "none")]
        number: Option<String>,
        /// 不是本站登记的人 / Nobody registered here
        #[arg(long)]
        none: bool,
    },
    /// 密钥文件：代替账号密码打开站点，给 yizhan serve 用 / The key file that opens the station for `yizhan serve`
    #[command(subcommand)]
    KeyFile(KeyFileCommand),
    /// SSH 公钥：用密钥登录 / SSH keys, to sign in with
    Key {
        #[command(subcommand)]
        what: KeyCommand,
    },
}

/// The password somebody is given.
#[derive(Args)]
struct NewPassword {
    /// 新密码文件，- 为标准输入的下一行；不写则在终端询问 / File with the new password, - is the next line of standard input; asked at the terminal if not given
    #[arg(long, value_name = "FILE")]
    new_password_file: Option<PathBuf>,
}

#[derive(Subcommand)]
enum KeyCommand {
    /// 登记公钥 / Let an account sign in with a key
    Add {
        /// 账号 / The account
        name: String,
        /// 公钥文件（.pub），- 为标准输入的下一行 / The public key file (.pub), - is the next line of standard input
        file: PathBuf,
    },
    /// 列出公钥的指纹 / List the keys by fingerprint
    List {
        /// 账号 / The account
        name: String,
    },
    /// 删去公钥 / Take a key away
    Remove {
        /// 账号 / The account
        name: String,
        /// 指纹，形如 SHA256:… / The fingerprint, as SHA256:…
        fingerprint: String,
    },
}

/// A role in either language, or `admin` for short.
fn role(text: &str) -> Result<Role, String> {
    let id = if text == "admin" { Role::Administrator.id() } else { text };
    Role::read(id).map_err(|said| format!("{} / {}", said.zh, said.en))
}

impl AccountArgs {
    /// Whether it gives an account that can be used a password: all that one can do whose own
    /// was chosen by somebody else.
    #[must_use]
    pub fn gives_password(&self) -> bool {
        matches!(self.what, AccountCommand::Passwd { .. })
    }

    /// The new password, asked for twice at this terminal, where the command takes one and names
    /// no file with it.
    ///
    /// # Errors
    /// No terminal to ask at; nobody answers.
    pub fn ask(&self, world: &World) -> Result<Option<Zeroizing<String>>, Failure> {
        let (name, password) = match &self.what {
            AccountCommand::Add { name, password, .. }
            | AccountCommand::Enable { name, password }
            | AccountCommand::Passwd { name, password } => (account_form(name), password),
            _ => return Ok(None),
        };
        if password.new_password_file.is_some() {
            return Ok(None);
        }
        if !io::stdin().is_terminal() {
            return Err(Failure::Usage(said!(
                "这里不是终端，没法询问新密码；请用 --new-password-file 给出。",
                "There is no terminal to ask at; give the new password with --new-password-file."
            )));
        }
        let first = said!("{name} 的新密码（不显示）", "New password of {name} (not shown)");
        let again = said!("再输一次", "Once more");
        Prompt::new(world.lang, world.codec()).new_password(&first, &again).map(Some)
    }
}

/// Keeps accounts.
///
/// # Errors
/// A refusal, such as for an account without that right.
pub fn run(args: &AccountArgs, at: &Opened, out: &mut dyn Write) -> Done {
    let chosen = |password: &NewPassword| {
        let password = at.caller.new_password(password.new_password_file.as_deref());
        password.map(|password| password.to_string())
    };
    let (command, done) = match &args.what {
        AccountCommand::List => return list(at, out),
        AccountCommand::Key { what: KeyCommand::List { name } } => return keys(name, at, out),
        AccountCommand::Key { what: KeyCommand::Add { name, file } } => {
            let key = at.caller.text(file)?.to_string();
            let print = fingerprint(&key)?;
            let done = said!(
                "{name} 可以用密钥 {print} 登录。",
                "{name} can sign in with the key {print}."
            );
            (Command::AddKey { name: name.clone(), key }, done)
        }
        AccountCommand::Key { what: KeyCommand::Remove { name, fingerprint } } => {
            let (name, key) = (name.clone(), fingerprint.clone());
            let done =
                said!("{name} 的密钥 {key} 已删去。", "The key {key} of {name} was removed.");
            (Command::RemoveKey { name, key }, done)
        }
        AccountCommand::KeyFile(what) => return tell(at, &what.run(at)?, &what.done(), out),
        AccountCommand::Add { name, role, password, no_change } => {
            let title = role.title();
            let (zh, en) = (&title.zh, &title.en);
            let done = said!("账号 {name}（{zh}）已建。", "Account {name} ({en}) was made.");
            let password = chosen(password)?;
            let (name, must_change) = (name.clone(), !no_change);
            (Command::AddAccount { name, role: *role, password, must_change }, done)
        }
        AccountCommand::Disable { name } => (
            Command::DisableAccount { name: name.clone() },
            said!("账号 {name} 已停用。", "Account {name} was disabled."),
        ),
        AccountCommand::Enable { name, password } => (
            Command::EnableAccount { name: name.clone(), password: chosen(password)? },
            said!(
                "账号 {name} 已启用；下次登录时要改密码。",
                "Account {name} was enabled; its password is to be changed at the next sign-in."
            ),
        ),
        AccountCommand::Passwd { name, password } => {
            let password = chosen(password)?;
            let done = said!("{name} 的密码已改。", "The password of {name} was changed.");
            (Command::ChangePassword { name: name.clone(), password }, done)
        }
        AccountCommand::Person { name, number, .. } => {
            // Who may not keep accounts does not learn from here which numbers there are.
            at.actor.need(Right::Accounts)?;
            let person = number.as_deref().map(|number| at.record(number)).transpose()?;
            let done = match &person {
                Some(person) => {
                    let number = &person.number;
                    said!("{name} 是 {number}。", "{name} is {number}.")
                }
                None => said!("{name} 不对应本站登记的人。", "{name} is nobody registered here."),
            };
            let person = person.map(|person| person.id);
            (Command::AccountPerson { name: name.clone(), person }, done)
        }
    };
    let receipt = at.office.perform(&at.actor, command)?;
    tell(at, &receipt, &done, out)
}

fn tell(at: &Opened, receipt: &Receipt, done: &Said, out: &mut dyn Write) -> Done {
    if at.json {
        return print::json_line(out, &json!({ "ok": true, "seq": receipt.seq }));
    }
    Ok(writeln!(out, "{}", done.get(at.lang))?)
}

fn keys(name: &str, at: &Opened, out: &mut dyn Write) -> Done {
    if at.actor.account != account_form(name) {
        at.actor.need(Right::Accounts)?;
    }
    let account = at.office.account(name).ok_or_else(|| {
        Refusal::invalid(
            "name",
            said!("没有账号“{name}”。", "There is no account \"{name}\"."),
            said!("用 yizhan account list 查看。", "See `yizhan account list`."),
        )
    })?;
    let rows: Vec<[String; 3]> = account
        .keys
        .iter()
        .map(|key| {
            let mut parts = key.splitn(3, ' ').map(str::to_string);
            let kind = parts.next().unwrap_or_default();
            let comment = parts.nth(1).unwrap_or_default();
            [fingerprint(key).unwrap_or_default(), kind, comment]
        })
        .collect();
    if at.json {
        return rows.iter().try_for_each(|[fingerprint, kind, comment]| {
            let row = json!({ "fingerprint": fingerprint, "type": kind, "comment": comment });
            print::json_line(out, &row)
        });
    }
    // As `ssh-keygen -l` does: a fingerprint is of use only whole.
    rows.iter().try_for_each(|row| Ok(writeln!(out, "{}", row.join(" ").trim_end())?))
}

fn list(at: &Opened, out: &mut dyn Write) -> Done {
    at.actor.need(Right::Accounts).map_err(Failure::from)?;
    let accounts = at.office.accounts();
    if at.json {
        return accounts.iter().try_for_each(|account| {
            let [last, _] = at.office.sign_ins(&account.name);
            let key = at.office.key_of_account(&account.name);
            print::json_line(
                out,
                &json!({
                    "name": account.name,
                    "role": account.role.id(),
                    "disabled": account.disabled,
                    "must_change": account.must_change,
                    "keys": account.keys.len(),
                    "signed_in": last.map(|last| last.at),
                    "person": at.office.person_of_account(account).map(|person| person.number),
                    "key": key.as_ref().map(|key| &key.fingerprint),
                    "given": key.as_ref().is_some_and(|key| key.given),
                    "closed": key.as_ref().is_some_and(|key| key.closed),
                }),
            )
        });
    }
    let rows: Vec<[String; 7]> = accounts
        .iter()
        .map(|account| {
            let person = at.office.person_of_account(account).map(|person| person.number);
            let key = at.office.key_of_account(&account.name).map(|key| {
                format!("{} {}", key.short(), key.mark().get(at.lang)).trim_end().to_string()
            });
            [
                account.name.clone(),
                account.role.title().get(at.lang).to_string(),
                account.state().get(at.lang).to_string(),
                key.unwrap_or_default(),
                account.keys.len().to_string(),
                at.office.last_sign_in(&account.name),
                person.unwrap_or_default(),
            ]
        })
        .collect();
    let heading = [
        said!("账号", "Account"),
        said!("角色", "Role"),
        said!("状态", "State"),
        said!("签名钥匙", "Signing key"),
        said!("公钥", "SSH keys"),
        said!("上次登录", "Last sign-in"),
        said!("本人", "Person"),
    ];
    let heading = heading.each_ref().map(|said| said.get(at.lang));
    print::table(out, heading, &rows)
}
