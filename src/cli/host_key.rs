//! `yizhan host-key`: by what SSH clients know this station.

use super::opening::World;
use super::{Done, Failure, print};
use crate::access::ssh::host_key;
use crate::said;
use crate::store::StationInfo;
use clap::Args;
use serde_json::json;
use std::io::Write;

/// What `host-key` takes.
#[derive(Args)]
pub struct HostKeyArgs {
    /// 换一把新的：旧的可能被别人看到时；之后每个客户端都要重新核对指纹 / Make another, when somebody else may have seen the old one; every client has to compare the fingerprint again
    #[arg(long)]
    new: bool,
}

/// Shows the host key's fingerprint and its public half, or makes another. Whoever can write the
/// data folder may; no account is asked for.
///
/// # Errors
/// No station there, or a key that cannot be read or written.
pub fn run(args: &HostKeyArgs, world: &World, out: &mut dyn Write, err: &mut dyn Write) -> Done {
    let folder = world.folder()?;
    StationInfo::load(&folder)?;
    let key = if args.new { host_key::replace(&folder) } else { host_key::of(&folder) };
    let key = key.map_err(|error| Failure::file(&folder.join(host_key::HOST_KEY_FILE), &error))?;
    let (print, public) = (host_key::fingerprint(&key), host_key::public(&key));
    if world.json {
        return print::json_line(out, &json!({ "fingerprint": print, "public_key": public }));
    }
    writeln!(out, "{print}\n{public}")?;
    if args.new {
        let said = said!(
            "新的主机密钥从下次启动 yizhan serve 起使用。请把上面的指纹告诉用 SSH 的人；他们的客户端会提示密钥已变，核对后用 ssh-keygen -R 删去旧的。",
            "The new host key is used from the next start of `yizhan serve`. Tell those who use SSH the fingerprint above; their clients will say that the key has changed, and `ssh-keygen -R` removes the old one once they have compared."
        );
        writeln!(err, "{}", said.get(world.lang))?;
    }
    Ok(())
}
