//! The commands of `ssh host …`: those that only read, and the import of a list that is piped to
//! it, with the rights of whoever signed in.

use super::caller::Caller;
use super::global::LangArg;
use super::{Failure, Opened, decide, failure, find, import, show};
use crate::access::ssh::{Commands, Visit};
use crate::office::Office;
use crate::said;
use crate::words::Lang;
use clap::{Parser, Subcommand};
use std::io::Write;
use std::sync::Arc;

/// 经 SSH 可用的命令 / The commands there are over SSH.
#[derive(Parser)]
#[command(
    name = "ssh HOST",
    no_binary_name = true,
    disable_help_subcommand = true,
    about = "经 SSH 可用的命令 / The commands there are over SSH"
)]
struct Remote {
    /// 语言 / Language
    #[arg(long, global = true, value_enum)]
    lang: Option<LangArg>,
    /// 机器可读的输出 / Output for machines
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: RemoteCommand,
}

#[derive(Subcommand)]
enum RemoteCommand {
    /// 查找：姓名、拼音、首字母、编号、电话、证件后四位 / Find by name, pinyin, initials, number, phone, last four
    Find(find::FindArgs),
    /// 显示一份记录（敏感内容遮盖） / Show one record, sensitive content masked
    Show(show::ShowArgs),
    /// 认定依据单 / The decision sheet
    Decide(decide::DecideArgs),
    /// 导入接到标准输入的名单，文件名写 -：import 种类 - < 文件 / Take in a list piped to standard input: import KIND - < FILE
    Import(import::ImportArgs),
}

/// The commands there are.
const KNOWN: [&str; 5] = ["find", "show", "decide", "import", "--help"];

/// What carries out a visitor's command.
#[must_use]
pub fn commands(office: &Arc<Office>) -> Box<Commands> {
    let office = office.clone();
    Box::new(move |visit, mut out, err| {
        let Visit { actor, lang, words, input } = visit;
        let known = |word: &String| KNOWN.contains(&word.as_str());
        if !words.iter().any(known) {
            return refused(lang, err);
        }
        let remote = match Remote::try_parse_from(words) {
            Ok(remote) => remote,
            Err(error) => return failure::unparsed(&error, &mut out, err),
        };
        let Remote { lang: wanted, json, command } = remote;
        let lang = wanted.map_or(lang, Lang::from);
        let (office, actor) = (office.clone(), actor.clone());
        if office.must_change_password(&actor.account) {
            return own_password_first(lang, err);
        }
        office.wait_for_index();
        // Over SSH no command names files; what is piped to it is its input.
        let caller = Caller::visitor(input);
        let at = Opened { office, actor, lang, json, watched: false, caller };
        let done = match command {
            RemoteCommand::Find(args) => find::run(&args, &at, &mut out, err),
            RemoteCommand::Show(args) => show::run(&args, &at, &mut out),
            RemoteCommand::Decide(args) if args.drafts() => Err(no_drafts()),
            RemoteCommand::Decide(args) => decide::show(&args, &at, &mut out),
            RemoteCommand::Import(args) if args.names_files() => Err(only_piped()),
            RemoteCommand::Import(args) => import::run(&args, &at, &mut out, err),
        };
        failure::status(&done, lang, err)
    })
}

/// Nobody works with a password somebody else chose, here no more than on the screens.
fn own_password_first(lang: Lang, err: &mut Vec<u8>) -> u8 {
    let said = said!(
        "这个账号的密码是别人设的，还没有改成自己的。请先不带命令连接一次，按提示改密码，再执行命令。",
        "The password of this account was chosen by somebody else. Connect once without a command, change it as asked, then give the command again."
    );
    let _ = writeln!(err, "{}", said.get(lang));
    1
}

fn refused(lang: Lang, err: &mut Vec<u8>) -> u8 {
    let said = said!(
        "这里没有 shell，也不执行别的程序。可用的有：find 内容、show 编号、decide 编号、import 种类 - < 文件；不带命令连接则打开界面。",
        "There is no shell here, and no other program is run. There are `find TEXT`, `show NUMBER`, `decide NUMBER`, `import KIND - < FILE`; connect without a command for the screens."
    );
    let _ = writeln!(err, "{}", said.get(lang));
    1
}

/// A file of the station's machine is not for visitors to name.
fn only_piped() -> Failure {
    Failure::Usage(said!(
        "经 SSH 导入，文件名只能写 -，内容从标准输入来：ssh 主机 import 种类 - < 文件。--map 和 --rejects 只能在站点的机器上用；未通过的行用 --json 可全部看到。",
        "Over SSH the file is always -, and comes by standard input: `ssh HOST import KIND - < FILE`. --map and --rejects are for the station's own machine; --json lists every refused row."
    ))
}

/// The same for a draft of rules.
fn no_drafts() -> Failure {
    Failure::Usage(said!(
        "经 SSH 不能用 --rules；请在站点的机器上试算草案。",
        "There is no --rules over SSH; try drafts on the station's own machine."
    ))
}
