//! `yizhan init`: makes a station without questions.

use super::opening::World;
use super::{Done, Failure, print};
use crate::office::{Office, Refusal, Setup, Sources};
use crate::record::{Regions, fold};
use crate::said;
use crate::store::RecoveryKey;
use clap::Args;
use serde_json::json;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// What `init` takes.
#[derive(Args)]
pub struct InitArgs {
    /// 站点名称 / The station's name
    #[arg(long, value_name = "NAME")]
    station: String,
    /// 所在地行政区划代码，如 500113 / Division code of where it stands, such as 500113
    #[arg(long, value_name = "CODE")]
    region: String,
    /// 第一个管理员账号 / The first administrator's account
    #[arg(long, value_name = "NAME")]
    admin: String,
    /// 管理员首次登录时不要求改密码 / Do not ask the administrator for another password at the first sign-in
    #[arg(long)]
    no_change: bool,
}

/// Makes the station and prints its recovery key, once.
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
    };
    let folder = world.folder()?;
    let (office, recovery) = make(&folder, setup, world.sources()?, world)?;
    if world.json {
        print::json_line(out, &json!({ "recovery_key": recovery.shown() }))?;
    } else {
        writeln!(out, "{}", recovery.shown())?;
    }
    out.flush()?;
    let place = folder.display();
    let made = said!(
        "站点已建在 {place}。上面是恢复密钥，只显示这一次：请抄在纸上，与电脑分开保管；密码全部遗失时只有它能打开数据。",
        "The station is in {place}. Above is the recovery key, shown this once: write it on paper \
         and keep it away from the computer; it alone opens the data when every password is lost."
    );
    writeln!(err, "{}", made.get(world.lang))?;
    let next = said!(
        "下一步：yizhan account add 账号名 --role 角色，给每个人建自己的账号。",
        "Next: `yizhan account add NAME --role ROLE`, an account for everybody."
    );
    writeln!(err, "{}", next.get(world.lang))?;
    if let Some(wanted) = office.wants_supervisors() {
        writeln!(err, "{}", wanted.get(world.lang))?;
    }
    Ok(office.close()?)
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
