//! `yizhan account`: who may sign in, and with what.

use super::opening::{Opened, World, read_secret};
use super::{Done, Failure, print};
use crate::office::{Command, Receipt};
use crate::program::Role;
use crate::said;
use crate::words::Said;
use clap::{Args, Subcommand};
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;

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
        /// 角色：volunteer 志愿者、supervisor 主管、auditor 经审员、administrator 管理员 / Role
        #[arg(long, value_parser = role)]
        role: Role,
        /// 新账号的密码文件，- 为标准输入的下一行 / File with its password, - is the next line of standard input
        #[arg(long, value_name = "FILE")]
        new_password_file: PathBuf,
    },
    /// 列出账号 / List the accounts
    List,
    /// 停用账号，办理记录保留 / Disable an account; what it did stays
    Disable {
        /// 账号 / The account
        name: String,
    },
    /// 改密码 / Give an account a new password
    Passwd {
        /// 账号 / The account
        name: String,
        /// 新密码文件，- 为标准输入的下一行 / File with the new password, - is the next line of standard input
        #[arg(long, value_name = "FILE")]
        new_password_file: PathBuf,
    },
    /// SSH 公钥（随 SSH 接入提供） / SSH keys, which come with access by SSH
    #[command(hide = true)]
    Key {
        /// add 账号 公钥文件 / add NAME FILE
        #[arg(num_args = 0..)]
        rest: Vec<String>,
    },
}

/// A role by its name, or `admin` for short.
fn role(text: &str) -> Result<Role, String> {
    let id = if text == "admin" { "administrator" } else { text };
    let known = || Role::ALL.map(Role::id).join(", ");
    Role::from_id(id).ok_or_else(|| format!("角色有 / roles: {}", known()))
}

/// Keeps accounts.
///
/// # Errors
/// A refusal, such as for an account without that right.
pub fn run(args: &AccountArgs, world: &World, out: &mut dyn Write) -> Done {
    if let AccountCommand::Key { .. } = args.what {
        return Err(Failure::new(
            said!(
                "这个版本没有 SSH 接入，还用不上公钥。",
                "This version has no access by SSH, so there is no use for keys yet."
            ),
            said!(
                "账号用密码登录：yizhan account passwd。",
                "Accounts sign in with passwords: `yizhan account passwd`."
            ),
        ));
    }
    world.with_station(|at| carry_out(args, world, at, out))
}

fn carry_out(args: &AccountArgs, world: &World, at: &Opened, out: &mut dyn Write) -> Done {
    let secret = |file: &PathBuf| read_secret(file).map(|password| password.to_string());
    let (command, done) = match &args.what {
        AccountCommand::List | AccountCommand::Key { .. } => return list(at, out),
        AccountCommand::Add { name, role, new_password_file } => {
            let title = role.title();
            let (zh, en) = (&title.zh, &title.en);
            let done = said!("账号 {name}（{zh}）已建。", "Account {name} ({en}) was made.");
            let password = secret(new_password_file)?;
            (Command::AddAccount { name: name.clone(), role: *role, password }, done)
        }
        AccountCommand::Disable { name } => (
            Command::DisableAccount { name: name.clone() },
            said!("账号 {name} 已停用。", "Account {name} was disabled."),
        ),
        AccountCommand::Passwd { name, new_password_file } => {
            let password = secret(new_password_file)?;
            let done = said!("{name} 的密码已改。", "The password of {name} was changed.");
            (Command::ChangePassword { name: name.clone(), password }, done)
        }
    };
    let receipt = at.office.perform(&at.actor, command)?;
    tell(world, &receipt, &done, out)
}

fn tell(world: &World, receipt: &Receipt, done: &Said, out: &mut dyn Write) -> Done {
    if world.json {
        return print::json_line(out, &json!({ "ok": true, "seq": receipt.seq }));
    }
    Ok(writeln!(out, "{}", done.get(world.lang))?)
}

fn list(at: &Opened, out: &mut dyn Write) -> Done {
    at.actor.need(crate::office::Right::Accounts).map_err(Failure::from)?;
    let accounts = at.office.accounts();
    if at.json {
        return accounts.iter().try_for_each(|account| {
            let (name, role, disabled) = (&account.name, account.role.id(), account.disabled);
            print::json_line(out, &json!({ "name": name, "role": role, "disabled": disabled }))
        });
    }
    let rows: Vec<[String; 3]> = accounts
        .iter()
        .map(|account| {
            let state = if account.disabled {
                Said::fixed("已停用", "disabled")
            } else {
                Said::fixed("可用", "in use")
            };
            [
                account.name.clone(),
                account.role.title().get(at.lang).to_string(),
                state.get(at.lang).to_string(),
            ]
        })
        .collect();
    let heading = [said!("账号", "Account"), said!("角色", "Role"), said!("状态", "State")];
    let heading = heading.each_ref().map(|said| said.get(at.lang));
    print::table(out, heading, &rows)
}
