//! `yizhan serve`: owns the data folder without a terminal; sessions come by the socket and SSH.

use super::opening::{Credentials, World};
use super::{Done, Failure, elsewhere, key_file, remote};
use crate::access::hall::Hall;
use crate::access::serve::{self, Until};
use crate::access::socket::Door;
use crate::access::ssh::limits::Limits;
use crate::access::ssh::{Server, host_key};
use crate::office::{Listening, ListeningSsh};
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
    /// 也让这个系统用户组的人从本机接入，如 yizhan；套接字在服务的运行目录里 / Also let this group of the system's users attach on this machine, such as yizhan; the socket lies in the service's runtime folder
    #[arg(long, value_name = "GROUP")]
    socket_group: Option<String>,
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
    let group = args.socket_group.as_deref().map(group_number).transpose()?;
    let office = world.office(&who, world.sources()?)?;
    // The window behind `--until-empty` asks for the change itself.
    if let (Credentials::Password { account, .. }, false) = (&who, args.until_empty) {
        office.own_password(account)?;
    }
    let hall = Hall::open(office.clone());
    let errands = elsewhere::errands(&office, world.surroundings);
    let places = match group {
        Some(group) => world.places().for_group(group),
        None => world.places(),
    };
    let door = Door::open(&hall, &folder, &places, errands)
        .map_err(|error| no_socket(&error, args.socket_group.as_deref()))?;
    let ssh = args
        .ssh
        .as_deref()
        .map(|address| open_ssh(address, &hall, &folder, world.lang))
        .transpose()?;
    office.tell_listening(Listening {
        socket: Some(door.path().into()),
        ssh: ssh.as_ref().map(|(server, fingerprint)| ListeningSsh {
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

fn no_socket(error: &io::Error, group: Option<&str>) -> Failure {
    let said = said!(
        "本机套接字打不开：{error}，别的窗口连不上来。",
        "The local socket does not open ({error}), so no window could connect."
    );
    let next = match group {
        Some(group) => said!(
            "运行目录（/run/yizhan 或 YIZHAN_RUNTIME）要属于运行服务的用户和 {group} 组，权限 0750；由 systemd 的 RuntimeDirectory 建立。",
            "The runtime folder (/run/yizhan or YIZHAN_RUNTIME) must belong to the service's user and the group {group}, with mode 0750; systemd's RuntimeDirectory makes it."
        ),
        None => said!(
            "请检查运行目录或临时目录的权限。",
            "Check the permissions of the runtime folder or the folder for temporary files."
        ),
    };
    Failure::new(said, next)
}

/// The number of a group of the system's users, by its name or number.
fn group_number(named: &str) -> Result<u32, Failure> {
    if let Ok(number) = named.parse() {
        return Ok(number);
    }
    let known = std::fs::read_to_string("/etc/group").unwrap_or_default();
    let number = known.lines().find_map(|line| {
        let mut cells = line.split(':');
        (cells.next() == Some(named)).then(|| cells.nth(1)?.parse().ok()).flatten()
    });
    number.ok_or_else(|| {
        Failure::new(
            said!("系统里没有用户组“{named}”。", "The system has no group \"{named}\"."),
            said!(
                "请用 groupadd --system {named} 建立，或写组的编号。",
                "Make it with `groupadd --system {named}`, or give the number of a group."
            ),
        )
    })
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
