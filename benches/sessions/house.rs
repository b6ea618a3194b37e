//! The station under measure, served by the built program, and what a client does with it.

use russh::client::{self, Handle};
use russh::keys::PublicKeyOrCertificate;
use russh::{ChannelMsg, Disconnect};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// All names of two of twelve characters after one of twelve.
const PEOPLE: usize = 1_728;
const PASSWORD: &str = "tin-moss-47";

/// A client that takes any host key: it has just started the host.
pub struct Trusting;

impl client::Handler for Trusting {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        Ok(true)
    }
}

pub type Channel = russh::Channel<client::Msg>;

/// A station of so many people, served; its SSH address.
pub fn serve(folder: &Path) -> (Child, String) {
    let program = env!("CARGO_BIN_EXE_yizhan");
    let (data, password) = (folder.join("data"), folder.join("password"));
    std::fs::write(&password, PASSWORD).expect("a password file");
    let run = |args: &[&str]| {
        let mut command = Command::new(program);
        command.arg("--data").arg(&data).args(["--lang", "zh"]).args(args);
        command.arg("--password-file").arg(&password).stdin(Stdio::null());
        command
    };
    let init = [
        "init",
        "--no-change",
        "--station",
        "鱼洞街道服务站",
        "--region",
        "500113",
        "--admin",
        "admin",
        "--password-work",
        "least",
    ];
    assert!(
        run(&init).stdout(Stdio::null()).stderr(Stdio::null()).status().expect("init").success()
    );
    let list = folder.join("people.csv");
    let mut rows = String::from("name\n");
    let of = |characters: &str, n: usize| characters.chars().nth(n % 12).unwrap_or('文');
    for n in 0..PEOPLE {
        let family = of("张王李赵周吴郑陈罗杨何邓", n);
        let given = |n| of("伟敏静丽强磊洋艳勇军杰娟", n);
        let _ = writeln!(rows, "{family}{}{}", given(n / 12), given(n / 144));
    }
    std::fs::write(&list, rows).expect("a list");
    let import = ["--as", "admin", "import", "person", list.to_str().expect("a path")];
    let mut imported = run(&import);
    let imported = imported.output().expect("import");
    println!("{}", String::from_utf8_lossy(&imported.stdout).trim());
    let mut server = run(&["--as", "admin", "serve", "--ssh", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("serve");
    let mut output = BufReader::new(server.stdout.take().expect("its output"));
    let mut ready = String::new();
    for _ in 0..2 {
        output.read_line(&mut ready).expect("a line");
    }
    std::thread::spawn(move || output.read_to_string(&mut String::new()));
    let (_, port) = ready.split_once("127.0.0.1:").expect("an address");
    let port: String = port.chars().take_while(char::is_ascii_digit).collect();
    (server, format!("127.0.0.1:{port}"))
}

/// A session signed in, at the search, where every key changes the screen.
pub async fn session(address: &str) -> (Handle<Trusting>, Channel) {
    let config = Arc::new(client::Config { nodelay: true, ..client::Config::default() });
    // One address may not connect as often as all these do from here; then it waits like anybody.
    let mut connection = loop {
        match client::connect(config.clone(), address, Trusting).await {
            Ok(connection) => break connection,
            Err(_) => sleep(Duration::from_millis(500)).await,
        }
    };
    let signed_in = connection.authenticate_password("admin", PASSWORD).await.expect("an answer");
    assert!(signed_in.success(), "signed in");
    let channel = connection.channel_open_session().await.expect("a channel");
    channel.request_pty(false, "xterm-256color", 120, 40, 0, 0, &[]).await.expect("a terminal");
    channel.request_shell(false).await.expect("a session");
    // The search, where every key changes the screen.
    channel.data_bytes(&b"\x1bOQ"[..]).await.expect("a key");
    (connection, channel)
}

/// Waits until a text has come.
pub async fn wait_for(channel: &mut Channel, text: &str) {
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains(text) {
        if let ChannelMsg::Data { data } = channel.wait().await.expect("an open channel") {
            seen.extend_from_slice(&data);
        }
    }
}

pub async fn leave(connection: Handle<Trusting>) {
    let _ = connection.disconnect(Disconnect::ByApplication, "", "").await;
    let _ = timeout(Duration::from_secs(5), connection).await;
}
