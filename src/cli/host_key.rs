//! `yizhan host-key`: by what SSH clients know this station.

use super::opening::{Opened, World};
use super::{Done, Failure, print};
use crate::access::ssh::host_key::{self, HOST_KEY_FILE};
use crate::office::{Command, Right};
use crate::said;
use crate::store::StationInfo;
use clap::Args;
use serde_json::json;
use std::io::Write;
use std::path::Path;

/// What `host-key` takes.
#[derive(Args)]
pub struct HostKeyArgs {
    /// 换一把新的（限管理员）：旧的可能被别人看到时；之后每个客户端都要重新核对指纹 / Make another (administrators), when somebody else may have seen the old one; every client has to compare the fingerprint again
    #[arg(long)]
    new: bool,
}

impl HostKeyArgs {
    /// Whether a person asks for another key, and has to say who they are.
    #[must_use]
    pub fn makes_another(&self) -> bool {
        self.new
    }
}

/// Shows the host key's fingerprint and its public half; makes one where there is none yet.
///
/// # Errors
/// No station there, or a key that cannot be read or written.
pub fn run(world: &World, out: &mut dyn Write) -> Done {
    let folder = world.folder()?;
    StationInfo::load(&folder)?;
    let key = of(&folder)?;
    show(&host_key::fingerprint(&key), &host_key::public(&key), world.json, out)
}

/// The host key of a data folder, which nobody else can reach.
///
/// # Errors
/// A key that cannot be read or written, or that others could have.
pub fn of(folder: &Path) -> Result<host_key::Key, Failure> {
    let file = folder.join(HOST_KEY_FILE);
    if file.exists() {
        Failure::unless_private(&file)?;
    }
    host_key::of(folder).map_err(|error| Failure::file(&file, &error))
}

/// Makes another host key, once that is in the journal.
///
/// # Errors
/// Who may not; a key that cannot be written.
pub fn make_another(at: &Opened, out: &mut dyn Write, err: &mut dyn Write) -> Done {
    let folder = at.office.store().dir();
    let failed = |error| Failure::file(&folder.join(HOST_KEY_FILE), &error);
    // Before there is a file of it: whoever may not is told so and leaves nothing behind.
    at.actor.need(Right::Accounts)?;
    let another = host_key::another(folder).map_err(failed)?;
    let (print, public) = (host_key::fingerprint(another.key()), host_key::public(another.key()));
    at.office.perform(&at.actor, Command::HostKey { fingerprint: print.clone() })?;
    another.take_over().map_err(failed)?;
    show(&print, &public, at.json, out)?;
    let said = said!(
        "新的主机密钥从下次启动 yizhan serve 起使用。请把上面的指纹告诉用 SSH 的人；他们的客户端会提示密钥已变，核对后用 ssh-keygen -R 删去旧的。",
        "The new host key is used from the next start of `yizhan serve`. Tell those who use SSH the fingerprint above; their clients will say that the key has changed, and `ssh-keygen -R` removes the old one once they have compared."
    );
    Ok(writeln!(err, "{}", said.get(at.lang))?)
}

fn show(print: &str, public: &str, json: bool, out: &mut dyn Write) -> Done {
    if json {
        return print::json_line(out, &json!({ "fingerprint": print, "public_key": public }));
    }
    Ok(writeln!(out, "{print}\n{public}")?)
}
