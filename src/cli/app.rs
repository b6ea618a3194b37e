//! `yizhan` without a subcommand: the app on this terminal.

use super::opening::{Credentials, World};
use super::{Done, Failure, detached, elsewhere, progress, set_up};
use crate::access::client::Client;
use crate::access::ending::Ending;
use crate::access::hall::Hall;
use crate::access::socket::attach::Connection;
use crate::access::socket::{Door, wire};
use crate::access::{local, serve};
use crate::demo;
use crate::office::{Listening, Office};
use crate::said;
use crate::store::{StationInfo, StoreError};
use crate::terminal::TtyError;
use crate::words::Said;
use clap::Args;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Wrong passwords before the program gives up.
const TRIES: usize = 3;

/// An account and the password it has just proved.
pub type Account = (String, Zeroizing<String>);

/// What only the app takes.
#[derive(Args)]
pub struct AppArgs {
    /// 打开演示站：人和档案都是虚构的，退出后不保留 / Open a demo station with invented people; nothing is kept
    #[arg(long)]
    pub demo: bool,
    /// 演示站的人数 / How many people the demo has
    #[arg(long, value_name = "N", requires = "demo", default_value_t = demo::PEOPLE)]
    people: usize,
    /// 演示站的随机种子，同一种子得到同一站点 / Seed of the demo; the same seed gives the same station
    #[arg(long, value_name = "S", requires = "demo", default_value_t = demo::SEED)]
    seed: u64,
    /// 关闭窗口后，别的终端还在用就继续提供服务 / When this window closes, keep serving other terminals until they have left
    #[arg(long, conflicts_with = "demo")]
    pub keep_serving: bool,
}

/// Opens the app: on a demo station, on the station of the data folder, or, where there is none
/// yet, after a short set-up.
///
/// # Errors
/// No terminal, a station that does not open, a session that failed.
pub fn run(args: &AppArgs, world: &World, err: &mut dyn Write) -> Done {
    let client = client(world)?;
    if args.demo {
        return show_demo(args, &client, world, err);
    }
    let folder = world.folder()?;
    if let Some(owner) = Connection::to(&folder, &world.places()) {
        return attach(owner, &client, given(world)?, world, err);
    }
    let (office, account) = match StationInfo::load(&folder) {
        Err(StoreError::NotAStation(_)) if !world.has_credentials() => set_up::run(world, &folder)?,
        Err(error) => return Err(error.into()),
        Ok(_) => match unlock(world, err) {
            Ok(unlocked) => unlocked,
            // Somebody may have opened the folder while the password was typed.
            Err(failure) => match Connection::to(&folder, &world.places()) {
                Some(owner) => return attach(owner, &client, None, world, err),
                None => return Err(failure),
            },
        },
    };
    if args.keep_serving {
        office.give_up()?;
        detached::start(world, &account)?;
        let owner = Connection::to(&folder, &world.places()).ok_or_else(detached::not_reached)?;
        return attach(owner, &client, Some(account), world, err);
    }
    own(&office, &client, &account, world, err)
}

/// The session of whoever owns the folder. Others may attach as long as it lasts.
fn own(
    office: &Arc<Office>,
    client: &Client,
    (account, password): &Account,
    world: &World,
    err: &mut dyn Write,
) -> Done {
    let hall = Hall::open(office.clone());
    let errands = elsewhere::errands(office, world.surroundings);
    let door = Door::open(&hall, &world.folder()?, &world.places(), errands);
    if let Err(error) = &door {
        let said = said!(
            "本机套接字打不开：{error}。这个窗口照常使用，别的窗口接不进来。",
            "The local socket does not open ({error}). This window works as usual; no other can attach."
        );
        writeln!(err, "{}", said.get(world.lang))?;
    }
    let socket = door.as_ref().ok().map(|door| door.path().into());
    office.tell_listening(Listening { socket, ssh: None });
    let keeper = office.keep_house();
    let ending = local::run(&hall, client, &Said::default(), Some((account, password)));
    drop(keeper);
    serve::close(&hall, &owner_left());
    drop(door);
    let closed = office.close();
    tell(ending, world, err)?;
    Ok(closed?)
}

fn owner_left() -> Said {
    said!(
        "最先打开驿站的窗口已关闭，这里随之结束；已保存的内容和草稿都在。请重新运行 yizhan。",
        "The window that had opened yizhan first was closed, and this one ends with it; what was saved and the drafts are there. Run yizhan again."
    )
}

/// The account the command line names, for the owner to sign in.
fn given(world: &World) -> Result<Option<Account>, Failure> {
    if !world.has_credentials() {
        return Ok(None);
    }
    match world.credentials()? {
        Credentials::Password { account, password } => Ok(Some((account, password))),
        Credentials::Recovery(_) | Credentials::KeyFile(_) => Err(not_for_the_app()),
    }
}

/// Joins this terminal to a session of the process that owns the folder.
fn attach(
    owner: Connection,
    client: &Client,
    account: Option<Account>,
    world: &World,
    err: &mut dyn Write,
) -> Done {
    let account = account.map(|(name, password)| wire::Account { name, password });
    let parting = owner.attach(client, account).map_err(|error| not_usable(&error))?;
    if !parting.said.is_empty() {
        writeln!(err, "{}", parting.said.get(world.lang))?;
    }
    if parting.failed { Err(Failure::Told) } else { Ok(()) }
}

/// Makes a throw-away station and opens the app on it.
fn show_demo(args: &AppArgs, client: &Client, world: &World, err: &mut dyn Write) -> Done {
    let label = said!("准备演示站", "Making the demo station");
    let demo = progress::spinner(world.watched(), label.get(world.lang), || {
        demo::open(args.people, args.seed, world.clock())
    })?;
    let hall = Hall::open(demo.office.clone());
    let ending = local::run(&hall, client, &demo::GREETING, None);
    tell(ending, world, err)
}

/// This terminal, or why it will not do.
fn client(world: &World) -> Result<Client, Failure> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(not_usable(&TtyError::NotATerminal));
    }
    let client = world.client();
    if !client.capabilities().addressable {
        let term = &client.term;
        return Err(Failure::new(
            said!(
                "这种终端（TERM={term}）不能移动光标，全屏界面打不开。",
                "This terminal (TERM={term}) cannot move its cursor, so there is no full screen."
            ),
            said!(
                "请换一个终端窗口，或使用命令行子命令（yizhan --help）。",
                "Use another terminal window, or the subcommands (`yizhan --help`)."
            ),
        ));
    }
    Ok(client)
}

fn not_usable(error: &TtyError) -> Failure {
    Failure::new(error.said(), Said::default())
}

/// Asks for account and password until they open the station.
fn unlock(world: &World, err: &mut dyn Write) -> Result<(Arc<Office>, Account), Failure> {
    let mut tries = 1;
    loop {
        let who = world.credentials()?;
        let opened = world.office(&who, world.sources()?);
        match (opened, who) {
            (Ok(office), Credentials::Password { account, password }) => {
                return Ok((office, (account, password)));
            }
            (Ok(_), Credentials::Recovery(_) | Credentials::KeyFile(_)) => {
                return Err(not_for_the_app());
            }
            (Err(failure), _) if tries == TRIES || world.has_credentials() => return Err(failure),
            (Err(failure), _) => failure.tell(world.lang, err),
        }
        tries += 1;
    }
}

fn not_for_the_app() -> Failure {
    Failure::Usage(said!(
        "恢复密钥只用于命令行：先用它重设密码（yizhan account passwd），再登录。",
        "The recovery key is for the command line: give an account a new password with it (`yizhan account passwd`), then sign in."
    ))
}

/// Says how the session ended, on the screen the shell has again.
fn tell(ending: Result<Ending, TtyError>, world: &World, err: &mut dyn Write) -> Done {
    let ending = ending.map_err(|error| not_usable(&error))?;
    if let Some(said) = ending.said() {
        writeln!(err, "{}", said.get(world.lang))?;
    }
    match ending {
        Ending::Left | Ending::Told(_) => Ok(()),
        Ending::HungUp | Ending::Failed => Err(Failure::Told),
    }
}
