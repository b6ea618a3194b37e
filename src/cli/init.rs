//! `yizhan init`: makes a station without questions.

use super::opening::World;
use super::{Done, Failure, print};
use crate::office::{Office, Passwords, Refusal, Setup, Sources};
use crate::record::{Regions, fold};
use crate::said;
use crate::store::{Existing, NewFile, RecoveryKey, Work};
use crate::words::Said;
use clap::Args;
use serde_json::json;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What `init` takes.
#[derive(Args)]
pub struct InitArgs {
    /// 站点名称 / The station's name
    #[arg(long, value_name = "NAME")]
    station: String,
    /// 所在地行政区划代码，如 500113 / Division code of where it is, such as 500113
    #[arg(long, value_name = "CODE")]
    region: String,
    /// 第一个管理员账号 / The first administrator's account
    #[arg(long, value_name = "NAME")]
    admin: String,
    /// 管理员首次登录时不要求改密码 / Do not ask the administrator for another password at the first sign-in
    #[arg(long)]
    no_change: bool,
    /// 恢复密钥写入这个新文件（只有本用户能读），不显示 / Write the recovery key to this new file, for this user alone, instead of showing it
    #[arg(long, value_name = "FILE")]
    recovery_file: Option<PathBuf>,
    /// 猜一次密码要用的内存：least 或 19 到 256 MiB；不写则按本机半秒的能力量定 / Memory that one guess at a password takes: least, or 19 to 256 MiB; what this machine does in half a second if not given
    #[arg(long, value_name = "least|MIB", value_parser = work, hide_short_help = true)]
    password_work: Option<Work>,
}

fn work(text: &str) -> Result<Work, String> {
    let given = match text.parse() {
        Ok(mib) => Work::in_mib(mib),
        Err(_) => (text == "least").then_some(Work::LEAST),
    };
    given.ok_or_else(|| {
        let said =
            said!("要写 least，或 19 到 256 的数。", "Write least, or a number from 19 to 256.");
        format!("{} / {}", said.zh, said.en)
    })
}

/// Makes the station and gives its recovery key, once: to a file, or to standard output.
///
/// # Errors
/// A folder that is not empty, values that will not do, or what the store says.
pub fn run(args: &InitArgs, world: &World, out: &mut dyn Write, err: &mut dyn Write) -> Done {
    let password = world.new_password()?;
    let setup = Setup {
        name: args.station.trim().to_string(),
        region: args.region.clone(),
        admin: args.admin.trim().to_string(),
        password: password.to_string(),
        must_change: !args.no_change,
        passwords: Passwords::Guard(args.password_work.map_or_else(Work::measured, Ok)?),
    };
    let folder = world.folder()?;
    // Before there is a key: afterwards it would be too late to find the place wanting.
    let file = args.recovery_file.as_deref();
    let file = file.map(|file| NewFile::begin(file, Existing::Kept)).transpose()?;
    let (office, recovery) = make(&folder, setup, world.sources()?, world)?;
    let kept = file.map(|file| keep(file, &recovery));
    match (&kept, world.json) {
        (Some(Ok(())), true) => {
            print::json_line(
                out,
                &json!({ "recovery_file": args.recovery_file, "root": office.root() }),
            )?;
        }
        (Some(Ok(())), false) => {}
        (_, true) => {
            let line = json!({ "recovery_key": recovery.shown(), "root": office.root() });
            print::json_line(out, &line)?;
        }
        (_, false) => writeln!(out, "{}", recovery.shown())?,
    }
    out.flush()?;
    let told =
        told(&folder, args.recovery_file.as_deref().filter(|_| matches!(kept, Some(Ok(())))));
    writeln!(err, "{}", told.get(world.lang))?;
    let root = super::recovery_key::root_said(&office.root());
    writeln!(err, "{}", root.get(world.lang))?;
    say_next(&office, world, err)?;
    office.close()?;
    kept.unwrap_or(Ok(()))
}

/// What a new station needs next.
fn say_next(office: &Office, world: &World, err: &mut dyn Write) -> Done {
    let next = said!(
        "下一步：yizhan account add 账号名 --role 角色，给每个人建自己的账号。",
        "Next: `yizhan account add NAME --role ROLE`, an account for everybody."
    );
    writeln!(err, "{}", next.get(world.lang))?;
    if let Some(wanted) = office.wants_supervisors() {
        writeln!(err, "{}", wanted.get(world.lang))?;
    }
    Ok(())
}

fn keep(mut file: NewFile, recovery: &RecoveryKey) -> Done {
    writeln!(file, "{}", recovery.shown())?;
    Ok(file.finish()?)
}

/// Where the station is, where its key is, and what to do with that.
fn told(folder: &Path, file: Option<&Path>) -> Said {
    let place = folder.display();
    if let Some(file) = file {
        let file = file.display();
        return said!(
            "站点已建在 {place}。恢复密钥写在 {file}：请抄在纸上，与电脑分开保管，然后删除这个文件；密码全部遗失时只有它能打开数据。",
            "The station is in {place}. The recovery key is in {file}: write it on paper, keep it away from the computer, then delete the file; it alone opens the data when every password is lost."
        );
    }
    let told = said!(
        "站点已建在 {place}。上面是恢复密钥，只显示这一次：请抄在纸上，与电脑分开保管；密码全部遗失时只有它能打开数据。",
        "The station is in {place}. Above is the recovery key, shown this once: write it on paper \
         and keep it away from the computer; it alone opens the data when every password is lost."
    );
    if !io::stdout().is_terminal() {
        return told;
    }
    let clear = Said::fixed(
        "抄好后请清除屏幕和回滚记录（运行 clear，或关闭这个窗口）：谁看到它，谁就能打开数据。",
        "Once it is written down clear the screen and what can be scrolled back to (run `clear`, or close this window): whoever sees it can open the data.",
    );
    Said::join(&[told, clear], "\n", "\n")
}

/// Makes a station in `folder`.
///
/// # Errors
/// As [`run`].
pub fn make(
    folder: &Path,
    mut setup: Setup,
    sources: Sources,
    world: &World,
) -> Result<(Arc<Office>, RecoveryKey), Failure> {
    if setup.name.is_empty() || setup.name.chars().any(char::is_control) {
        return Err(Failure::from(Refusal::invalid(
            "station",
            said!("站点要有名称。", "The station needs a name."),
            said!("例如“鱼洞街道服务站”。", "For example \"Yudong service station\"."),
        )));
    }
    setup.region = region_code(&setup.region, world)?;
    Ok(Office::create(folder, &setup, sources, world.clock())?)
}

/// The code of a division, from its code or its name.
///
/// # Errors
/// When it is neither.
pub fn region_code(typed: &str, world: &World) -> Result<String, Refusal> {
    let typed = fold(typed);
    let today = world.clock().today();
    let regions = Regions::built_in();
    let named = regions.in_use(today).find(|unit| unit.name == typed).map(|unit| unit.key());
    if let Some(key) = named {
        return Ok(key.to_string());
    }
    // A code that is not in the table is taken: the table holds Chongqing only.
    if typed.len() == 6 && typed.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(typed);
    }
    let known: Vec<&str> = regions.in_use(today).map(|unit| unit.name.as_str()).collect();
    let next = match crate::words::closest(&typed, known) {
        Some(near) => said!("是否指“{near}”？", "Did you mean {near}?"),
        None => said!(
            "请写六位行政区划代码或全名，例如 500113 或 巴南区。",
            "Write the six-digit division code or the full name, such as 500113 or 巴南区."
        ),
    };
    Err(Refusal::invalid(
        "region",
        said!("不认识行政区划“{typed}”。", "The division \"{typed}\" is not known."),
        next,
    ))
}
