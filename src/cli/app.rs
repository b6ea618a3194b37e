//! `yizhan` without a subcommand: the app on this terminal.

use super::opening::{Credentials, World};
use super::{Done, Failure, progress, set_up};
use crate::access::local::{self, Ending, Seat};
use crate::demo;
use crate::office::Office;
use crate::said;
use crate::store::{StationInfo, StoreError};
use crate::terminal::{Capabilities, TtyError};
use crate::ui::Session;
use crate::words::{Lang, Said};
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
}

/// Opens the app: on a demo station, on the station of the data folder, or, where there is none
/// yet, after a short set-up.
///
/// # Errors
/// No terminal, a station that does not open, a session that failed.
pub fn run(args: &AppArgs, world: &World, err: &mut dyn Write) -> Done {
    let seat = seat(world)?;
    if args.demo {
        return show_demo(args, seat, world, err);
    }
    let folder = world.folder()?;
    let (office, (account, password)) = match StationInfo::load(&folder) {
        Err(StoreError::NotAStation(_)) if !world.has_credentials() => set_up::run(world, &folder)?,
        Err(error) => return Err(error.into()),
        Ok(_) => unlock(world, err)?,
    };
    let keeper = office.keep_house();
    let ending = local::run(&office, &seat, Some((&account, &password)));
    drop(keeper);
    let closed = office.close();
    tell(ending, world, err)?;
    Ok(closed?)
}

/// Makes a throw-away station and opens the app on it.
fn show_demo(args: &AppArgs, seat: Seat, world: &World, err: &mut dyn Write) -> Done {
    let label = said!("准备演示站", "Making the demo station");
    let demo = progress::spinner(io::stderr().is_terminal(), label.get(world.lang), || {
        demo::open(args.people, args.seed, world.clock())
    })?;
    let seat = Seat { greeting: demo::GREETING, ..seat };
    let ending = local::run(&demo.office, &seat, None);
    tell(ending, world, err)
}

/// This terminal, or why it will not do.
fn seat(world: &World) -> Result<Seat, Failure> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(not_usable(&TtyError::NotATerminal));
    }
    let from = world.surroundings;
    let capabilities =
        Capabilities::from_env_hints(&from.term, &from.colorterm, from.no_color, &from.codeset);
    if !capabilities.addressable {
        let term = &from.term;
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
    // Where no Han can be shown, Chinese would be a screen full of question marks.
    let lang = if capabilities.han { world.lang } else { Lang::En };
    Ok(Seat { capabilities, lang, mono: from.no_color, greeting: Said::default() })
}

fn not_usable(error: &TtyError) -> Failure {
    Failure::new(error.said(), Said::default())
}

/// Asks for account and password until they open the station.
fn unlock(world: &World, err: &mut dyn Write) -> Result<(Arc<Office>, Account), Failure> {
    let mut tries = 1;
    loop {
        // Files that do not hold together are told before anybody types a password.
        let sources = world.sources()?;
        let who = world.credentials()?;
        let opened = world.office(&who, sources);
        match (opened, who) {
            (Ok(office), Credentials::Password { account, password }) => {
                return Ok((office, (account, password)));
            }
            (Ok(_), Credentials::Recovery(_)) => {
                return Err(Failure::Usage(said!(
                    "恢复密钥只用于命令行：先用它重设密码（yizhan account passwd），再登录。",
                    "The recovery key is for the command line: give an account a new password with it (`yizhan account passwd`), then sign in."
                )));
            }
            (Err(failure), _) if tries == TRIES || world.has_credentials() => return Err(failure),
            (Err(failure), _) => failure.tell(world.lang, err),
        }
        tries += 1;
    }
}

/// Says how the session ended, on the screen the shell has again.
fn tell(ending: Result<Ending, TtyError>, world: &World, err: &mut dyn Write) -> Done {
    let last = match ending {
        Err(error) => return Err(not_usable(&error)),
        Ok(Ending::Left) => return Ok(()),
        Ok(Ending::HungUp) => return Err(Failure::Told),
        Ok(Ending::Terminated) => {
            said!(
                "系统要求驿站结束；已保存的内容和草稿都在。",
                "The system asked yizhan to end; what was saved and the drafts are there."
            )
        }
        Ok(Ending::Failed) => Session::farewell(),
    };
    writeln!(err, "{}", last.get(world.lang))?;
    if matches!(ending, Ok(Ending::Failed)) { Err(Failure::Told) } else { Ok(()) }
}
