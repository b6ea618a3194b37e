//! SSH: supervisors at home, in the district office, on slow lines.
//!
//! | file | holds |
//! | --- | --- |
//! | [`limits`] | how much of the server anybody may have |
//! | `gate` | who of those that knock may come in to sign in |
//! | `penalties` | who came in vain over and over and waits outside |
//! | [`host_key`] | the key by which clients know the station |
//! | [`strangers`] | what is told of clients that cannot be spoken with |
//! | `visitor` | one connection: who it is, what is asked for, and what is refused |
//! | `room` | one channel of it: what was told, what runs in it |
//! | `line` | the way to the terminal at its other end |
//! | `input` | what a client sends to a command |
//!
//! No shell, no forwarding, no files: a session of the app, the few commands that only read, and
//! the import of a list that is piped to it.
//! The one room that knows `tokio`: connections are its tasks, sessions are threads as
//! everywhere.

mod gate;
pub mod host_key;
mod input;
pub mod limits;
mod line;
mod penalties;
mod room;
pub mod strangers;
mod visitor;

use super::hall::Hall;
use crate::office::Actor;
use crate::store::random;
use crate::words::Lang;
use gate::{Gate, Place};
use limits::Limits;
use penalties::Vain;
use russh::keys::{Algorithm, EcdsaCurve, PrivateKey};
use russh::server::{Config, run_stream};
use russh::{Disconnect, Preferred, SshId, cipher, compression, kex, mac};
use rustix::net::sockopt;
use std::borrow::Cow;
use std::io::{self, Read};
use std::net::{Shutdown, SocketAddr, TcpListener as Listener};
use std::sync::Arc;
use std::time::{Duration, Instant};
use strangers::{Log, Strangers};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use visitor::Visitor;

/// A command carried out for a visitor, with the account's rights; gives the exit status.
pub type Commands = dyn Fn(Visit<'_>, &mut Vec<u8>, &mut Vec<u8>) -> u8 + Send + Sync;

/// A visitor's command.
pub struct Visit<'v> {
    /// Who asks.
    pub actor: &'v Actor,
    /// The language they are answered in.
    pub lang: Lang,
    /// The words of the command.
    pub words: &'v [String],
    /// Its standard input.
    pub input: Box<dyn Read + Send>,
}

/// Sign-ins by password at once; more would only wait for their turn at the key derivation.
const DERIVATIONS: usize = 2;
/// Those of them that strangers may keep busy.
const FOR_STRANGERS: usize = 1;
/// How often a quiet client is asked whether it is still there, and how often in vain.
const KEEPALIVE: (Duration, usize) = (Duration::from_secs(20), 3);
/// How long the system tries to bring bytes to a client that has vanished.
const VANISHED: Duration = Duration::from_secs(90);
/// The system's own buffer towards a client. What lies in it cannot be taken back when the
/// screen has changed meanwhile, so it is small.
const SENDING: usize = 16 * 1024;
/// How long connections may take to end, each way of ending them.
const PARTING: Duration = Duration::from_millis(500);

/// What all connections share.
struct Shared {
    hall: Arc<Hall>,
    commands: Box<Commands>,
    limits: Limits,
    derivations: Semaphore,
    for_strangers: Semaphore,
    gate: Arc<Gate>,
    strangers: Strangers,
}

/// The running server, until dropped.
pub struct Server {
    address: SocketAddr,
    runtime: Option<Runtime>,
    ended: Option<tokio::task::JoinHandle<()>>,
    stop: watch::Sender<bool>,
}

impl Server {
    /// Listens for connections and serves them in the hall.
    ///
    /// # Errors
    /// When the system refuses the address or the threads.
    pub fn open(
        hall: &Arc<Hall>,
        listener: Listener,
        key: PrivateKey,
        commands: Box<Commands>,
        limits: Limits,
    ) -> io::Result<Self> {
        Self::telling(hall, listener, key, commands, limits, Box::new(|_| {}))
    }

    /// The same, with a log that hears of clients that could not connect.
    ///
    /// # Errors
    /// As there.
    pub fn telling(
        hall: &Arc<Hall>,
        listener: Listener,
        key: PrivateKey,
        commands: Box<Commands>,
        limits: Limits,
        log: Box<Log>,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("ssh")
            .enable_io()
            .enable_time()
            .build()?;
        let known = hall.office().store().known_sources();
        let known = known.iter().filter_map(|source| source.parse().ok());
        let shared = Arc::new(Shared {
            hall: hall.clone(),
            commands,
            limits,
            derivations: Semaphore::new(DERIVATIONS),
            for_strangers: Semaphore::new(FOR_STRANGERS),
            gate: Gate::new(limits, known),
            strangers: Strangers::new(log),
        });
        let (stop, stopped) = watch::channel(false);
        let config = Arc::new(config(key, &limits));
        let listener = runtime.block_on(async { TcpListener::from_std(listener) })?;
        let ended = runtime.spawn(accept(listener, config, shared, stopped));
        Ok(Self { address, runtime: Some(runtime), ended: Some(ended), stop })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        let (Some(runtime), Some(ended)) = (self.runtime.take(), self.ended.take()) else { return };
        let _ = runtime.block_on(ended);
        runtime.shutdown_timeout(PARTING);
    }
}

fn config(key: PrivateKey, limits: &Limits) -> Config {
    Config {
        server_id: SshId::Standard(Cow::Borrowed("SSH-2.0-yizhan")),
        methods: visitor::methods(),
        keys: vec![key],
        auth_rejection_time: Duration::from_secs(1),
        auth_rejection_time_initial: Some(Duration::ZERO),
        max_auth_attempts: limits.attempts,
        // A quiet reader is no reason to end a session; it locks itself.
        inactivity_timeout: None,
        keepalive_interval: Some(KEEPALIVE.0),
        keepalive_max: KEEPALIVE.1,
        nodelay: true,
        event_buffer_size: 1,
        preferred: modern(),
        ..Config::default()
    }
}

/// Only what is without blame today. Host keys are Ed25519; the others are for accounts' keys.
fn modern() -> Preferred {
    let ecdsa = |curve| Algorithm::Ecdsa { curve };
    Preferred {
        kex: Cow::Borrowed(&[
            kex::MLKEM768X25519_SHA256,
            kex::CURVE25519,
            kex::CURVE25519_PRE_RFC_8731,
            kex::EXTENSION_SUPPORT_AS_SERVER,
            kex::EXTENSION_OPENSSH_STRICT_KEX_AS_SERVER,
        ]),
        key: Cow::Owned(vec![
            Algorithm::Ed25519,
            ecdsa(EcdsaCurve::NistP256),
            ecdsa(EcdsaCurve::NistP384),
            ecdsa(EcdsaCurve::NistP521),
        ]),
        // Fast on old machines without instructions for AES, and the only ones that seal.
        cipher: Cow::Borrowed(&[
            cipher::CHACHA20_POLY1305,
            cipher::AES_256_GCM,
            cipher::AES_128_GCM,
        ]),
        mac: Cow::Borrowed(&[mac::HMAC_SHA512_ETM, mac::HMAC_SHA256_ETM]),
        compression: Cow::Borrowed(&[compression::NONE, compression::ZLIB_LEGACY]),
        ..Preferred::DEFAULT
    }
}

async fn accept(
    listener: TcpListener,
    config: Arc<Config>,
    shared: Arc<Shared>,
    mut stopped: watch::Receiver<bool>,
) {
    let connections = Arc::new(Semaphore::new(shared.limits.connections));
    let mut running = JoinSet::new();
    loop {
        let (stream, peer) = tokio::select! {
            _ = stopped.changed() => break,
            // Those that have ended are let go as they end.
            Some(_) = running.join_next() => continue,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                // Out of handles, mostly: those that are there go on.
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        let [chance] = random().unwrap_or_default();
        let connected = connections.clone().try_acquire_owned();
        let place = shared.gate.enter(peer.ip(), Instant::now(), chance);
        // Whoever is one too many is not even greeted.
        if let (Ok(connected), Some(place)) = (connected, place) {
            let stopped = stopped.clone();
            let (config, shared) = (config.clone(), shared.clone());
            running.spawn(async move {
                // A connection that fails ends, and nothing else.
                let ended = connection(stream, peer, config, shared.clone(), stopped, place).await;
                if let Err(error) = ended {
                    shared.strangers.failed(peer.ip(), &error);
                }
                drop(connected);
            });
        }
    }
    drop(listener);
    let _ =
        tokio::time::timeout(3 * PARTING, async { while running.join_next().await.is_some() {} })
            .await;
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    config: Arc<Config>,
    shared: Arc<Shared>,
    mut stopped: watch::Receiver<bool>,
    place: Place,
) -> Result<(), russh::Error> {
    let deadline = tokio::time::Instant::now() + shared.limits.grace;
    stream.set_nodelay(true)?;
    sockopt::set_socket_send_buffer_size(&stream, SENDING).map_err(io::Error::from)?;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    sockopt::set_tcp_user_timeout(&stream, u32::try_from(VANISHED.as_millis()).unwrap_or(u32::MAX))
        .map_err(io::Error::from)?;
    let stream = stream.into_std()?;
    // The only way to end a connection whose client does nothing at all.
    let cut = stream.try_clone()?;
    let stream = TcpStream::from_std(stream)?;
    let gate = shared.gate.clone();
    let visitor = Visitor::new(shared, peer.ip());
    let mut standing = visitor.standing();
    let so_far = standing.clone();
    let in_vain = |vain| gate.in_vain(peer.ip(), vain, Instant::now());
    // One time for all of it: who greets late has less left to sign in.
    let begun = tokio::time::timeout_at(deadline, run_stream(config, stream, visitor)).await;
    let mut running = match begun {
        Ok(running) => running.inspect_err(|_| in_vain(Vain::Silent))?,
        Err(_) => {
            in_vain(Vain::Late);
            return Ok(cut.shutdown(Shutdown::Both)?);
        }
    };
    tokio::select! {
        Ok(_) = standing.wait_for(Option::is_none) => {}
        ended = &mut running => {
            so_far.borrow().iter().copied().for_each(in_vain);
            return ended;
        }
        _ = stopped.changed() => {}
        () = tokio::time::sleep_until(deadline) => {
            in_vain(Vain::Late);
            return Ok(cut.shutdown(Shutdown::Both)?);
        }
    }
    drop(place);
    tokio::select! {
        ended = &mut running => return ended,
        _ = stopped.wait_for(|yes| *yes) => {}
    }
    // The sessions have said goodbye; most clients go by themselves then.
    if tokio::time::timeout(PARTING, &mut running).await.is_ok() {
        return Ok(());
    }
    let handle = running.handle();
    let goodbye = async {
        let words = String::from("yizhan is stopping");
        let _ = handle.disconnect(Disconnect::ByApplication, words, String::new()).await;
        let _ = running.await;
    };
    let _ = tokio::time::timeout(PARTING, goodbye).await;
    Ok(cut.shutdown(Shutdown::Both)?)
}
