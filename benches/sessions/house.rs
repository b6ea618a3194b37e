//! The station under measure, served by the built program, and what a client does with it.

use crate::station::{self, PASSWORD, Station};
use russh::client::{self, Handle};
use russh::keys::PublicKeyOrCertificate;
use russh::{ChannelMsg, Disconnect};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{sleep, timeout};

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
pub fn serve(folder: &Path, people: u32) -> (Child, String) {
    let station = Station::inside(folder);
    let init = station.init().stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(init.expect("init").success());
    let list = folder.join("people.csv");
    station::people(&list, people);
    let chinese = |args: &[&str]| {
        let mut command = station.acting(args);
        command.args(["--lang", "zh"]);
        command
    };
    let mut import = chinese(&["import", "person", list.to_str().expect("a path")]);
    let imported = import.output().expect("import");
    println!("{}", String::from_utf8_lossy(&imported.stdout).trim());
    let mut server =
        chinese(&["serve", "--ssh", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().expect("serve");
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
