//! `yizhan serve`: owns the data folder without a terminal; sessions come by the socket and SSH.

use super::opening::{Credentials, World};
use super::{Done, Failure, elsewhere, key_file, remote};
use crate::access::hall::Hall;
use crate::access::serve::{self, Until};
use crate::access::socket::Door;
use crate::access::ssh::limits::Limits;
use crate::access::ssh::{Server, host_key};
use crate::office::{Doors, SshDoor};
use crate::said;
use crate::store::StationInfo;
use crate::words::{Lang, Said};
use clap::Args;
use std::io::{self, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What `serve` takes.
#[derive(Args)]
pub struct ServeArgs {
    /// 密钥文件，代替账号密码打开站点（见 account key-file make） / Key file that opens the station in place of an account (see `account key-file make`)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["account", "password_file", "recovery_key_file"])]
    key_file: Option<PathBuf>,
    /// 在这个地址提供 SSH 接入，如 0.0.0.0:2222；不写则不开 / Serve SSH at this address, such as 0.0.0.0:2222; off if not given
    #[arg(long, value_name = "ADDR")]
    ssh: Option<String>,
    /// 最后一个会话离开后结束，脱离启动它的终端 / Ends when the last session has left; leaves the terminal it was started in
    #[arg(long, hide = true)]
    pub until_empty: bool,
}

/// Opens the station and serves until the system asks for the end.
///
/// # Errors
/// A station that does not open, or no way for sessions to come.
pub fn run(args: &ServeArgs, world: &World, out: &mut dyn Write) -> Done {
    let folder = world.folder()?;
    StationInfo::load(&folder)?;
    let who = match &args.key_file {
        Some(file) => Credentials::KeyFile(key_file::read(file)?),
        None => world.credentials()?,
    };
    if args.until_empty {
        // The window this was started in may close. Already a leader is as good.
        let _ = rustix::process::setsid();
    }
    let office = world.office(&who, world.sources()?)?;
    // The window behind `--until-empty` asks for the change itself.
    if let (Credentials::Password { account, .. }, false) = (&who, args.until_empty) {
        office.own_password(account)?;
    }
    let hall = Hall::open(office.clone());
    let errands = elsewhere::errands(&office, world.surroundings);
    let door = Door::open(&hall, &folder, &world.places(), errands).map_err(|error| {
        Failure::new(
            said!(
                "本机套接字打不开：{error}，别的窗口连不上来。",
                "The local socket does not open ({error}), so no window could connect."
            ),
            said!(
                "请检查运行目录或临时目录的权限。",
                "Check the permissions of the runtime folder or the folder for temporary files."
            ),
        )
    })?;
    let ssh = args
        .ssh
        .as_deref()
        .map(|address| open_ssh(address, &hall, &folder, world.lang))
        .transpose()?;
    office.tell_doors(Doors {
        socket: Some(door.path().into()),
        ssh: ssh.as_ref().map(|(server, fingerprint)| SshDoor {
            address: server.address().to_string(),
            fingerprint: fingerprint.clone(),
        }),
    });
    let socket = door.path().display();
    let ready = said!(
        "驿站已就绪，会话经 {socket} 接入；在别的终端运行 yizhan 即可。",
        "Yizhan is ready; sessions come by {socket}: run `yizhan` in another terminal."
    );
    writeln!(out, "{}", ready.get(world.lang))?;
    if let Some((ssh, fingerprint)) = &ssh {
        let address = ssh.address();
        let said = said!(
            "SSH 在 {address} 接入，主机密钥指纹 {fingerprint}。首次连接请核对它。",
            "SSH at {address}, host key {fingerprint}. Compare it at the first connection."
        );
        writeln!(out, "{}", said.get(world.lang))?;
    }
    out.flush()?;
    let until = if args.until_empty { Until::LastOneLeft } else { Until::Asked };
    let keeper = office.keep_house();
    serve::run(&hall, until)?;
    drop((door, ssh, keeper));
    Ok(office.close()?)
}

/// Opens the SSH server; gives the fingerprint of its host key with it.
fn open_ssh(
    address: &str,
    hall: &Arc<Hall>,
    folder: &Path,
    lang: Lang,
) -> Result<(Server, String), Failure> {
    let key = super::host_key::of(folder)?;
    let fingerprint = host_key::fingerprint(&key);
    let commands = remote::commands(hall.office());
    // The service's log, which is what its standard error goes to.
    let log = move |said: &Said| {
        let _ = writeln!(io::stderr(), "{}", said.get(lang));
    };
    let opened = TcpListener::bind(address).and_then(|listener| {
        Server::telling(hall, listener, key, commands, Limits::default(), Box::new(log))
    });
    match opened {
        Ok(server) => Ok((server, fingerprint)),
        Err(error) => Err(Failure::new(
            said!(
                "SSH 地址 {address} 用不了：{error}。",
                "SSH cannot be served at {address}: {error}."
            ),
            said!(
                "请写成 IP:端口，如 0.0.0.0:2222，并确认端口没有被占用。",
                "Write it as IP:PORT, such as 0.0.0.0:2222, and see that the port is free."
            ),
        )),
    }
}
