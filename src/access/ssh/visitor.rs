//! One connection: who it is, what is asked for, and what is refused.

use super::input::Input;
use super::line::{SshLine, close};
use super::penalties::Vain;
use super::room::Room;
use super::{Shared, Visit};
use crate::access::hall::Guest;
use crate::access::inbox::Inbox;
use crate::office::{Account, Actor, Office, Refusal};
use crate::said;
use crate::store::Origin;
use crate::terminal::codec::Codec;
use crate::ui::{Landing, Start};
use crate::words::{Lang, Said};
use russh::keys::PublicKey;
use russh::server::{
    Auth, ChannelOpenHandle, Handle, Handler, Msg, PublicKeyOffer, Session, VerifiedPublicKey,
};
use russh::{Channel, ChannelId, ChannelOpenFailure, MethodKind, MethodSet, Pty};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::runtime;
use tokio::sync::{Notify, watch};

/// How long a lone Esc waits for the rest of a sequence: a line lies in between.
const ESC_WAIT: Duration = Duration::from_millis(100);

/// One client.
pub struct Visitor {
    shared: Arc<Shared>,
    address: IpAddr,
    /// In what way nobody has signed in so far; nothing when somebody has.
    standing: watch::Sender<Option<Vain>>,
    who: Option<Actor>,
    rooms: HashMap<ChannelId, Room>,
}

impl Drop for Visitor {
    fn drop(&mut self) {
        self.rooms.values().for_each(Room::hang_up);
    }
}

impl Visitor {
    pub fn new(shared: Arc<Shared>, address: IpAddr) -> Self {
        let standing = watch::Sender::new(Some(Vain::Silent));
        Self { shared, address, standing, who: None, rooms: HashMap::new() }
    }

    /// In what way nobody has signed in so far; becomes nothing when somebody has.
    pub fn standing(&self) -> watch::Receiver<Option<Vain>> {
        self.standing.subscribe()
    }

    /// Refused, with every way still open: a slip in typing is no reason to take one away.
    fn try_again(&self) -> Auth {
        self.standing.send_replace(Some(Vain::Refused));
        Auth::Reject { proceed_with_methods: Some(methods()), partial_success: false }
    }

    /// Asks the office, which waits for the disk, on a thread that may wait.
    async fn sign_in(
        &mut self,
        ask: impl FnOnce(&Office, &Origin) -> Result<Actor, Refusal> + Send + 'static,
    ) -> Auth {
        let office = self.shared.hall.office().clone();
        let origin = Origin::Ssh(self.address.to_canonical().to_string());
        // Whatever strangers try, a turn is left for those who have been here.
        let _among_strangers = match self.shared.gate.knows(self.address) {
            true => None,
            false => self.shared.for_strangers.acquire().await.ok(),
        };
        let _turn = self.shared.derivations.acquire().await;
        match tokio::task::spawn_blocking(move || ask(&office, &origin)).await {
            Ok(Ok(actor)) => {
                self.who = Some(actor);
                self.shared.gate.welcome(self.address);
                Auth::Accept
            }
            _ => self.try_again(),
        }
    }

    /// Who has signed in, as long as the account has not been disabled since.
    fn welcome(&self) -> Option<Actor> {
        let who = self.who.clone()?;
        let accounts = self.shared.hall.office().accounts();
        let as_then = |account: &Account| {
            account.name == who.account && account.role == who.role && !account.disabled
        };
        accounts.iter().any(as_then).then_some(who)
    }

    /// Starts a session of the app in a channel.
    fn open_app(&mut self, id: ChannelId, session: &mut Session) -> Result<(), russh::Error> {
        let welcome = self.welcome();
        let Some(room) = self.rooms.get_mut(&id) else { return session.channel_failure(id) };
        if std::mem::replace(&mut room.begun, true) {
            return session.channel_failure(id);
        }
        session.channel_success(id)?;
        let Some(actor) = welcome else {
            return refuse(session.handle(), id, &disabled(), room);
        };
        let Some(client) = room.client() else {
            return refuse(session.handle(), id, &no_terminal(), room);
        };
        if !client.capabilities().addressable {
            return refuse(session.handle(), id, &no_screen(), room);
        }
        let guest = match enter(&self.shared, room) {
            Ok(guest) => guest,
            Err(closed) => return refuse(session.handle(), id, &closed, room),
        };
        let start = client.start(actor.origin.clone(), ESC_WAIT);
        let start = Start { landing: Landing::Queue, ..start };
        let caps = start.capabilities.clone();
        let runtime = runtime::Handle::current();
        let mut line = SshLine::new(session.handle(), id, runtime, guest.inbox().clone(), caps);
        // Without room for a thread the guest goes, and with it the channel's only use.
        thread::Builder::new().name(guest.name()).spawn(move || {
            let ended = guest.work(start, Some(actor), &mut line);
            line.part(&ended);
        })?;
        Ok(())
    }

    /// Carries out a command in a channel.
    fn run_command(
        &mut self,
        id: ChannelId,
        line: &str,
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        let welcome = self.welcome();
        let Some(room) = self.rooms.get_mut(&id) else { return session.channel_failure(id) };
        if std::mem::replace(&mut room.begun, true) {
            return session.channel_failure(id);
        }
        session.channel_success(id)?;
        let (lang, codec) = (room.lang(), room.codec());
        let Some(actor) = welcome else {
            return refuse(session.handle(), id, &disabled(), room);
        };
        let Some(words) = shlex::split(line) else {
            return refuse(session.handle(), id, &open_quote(), room);
        };
        // What is for machines is UTF-8 wherever it goes.
        let codec = if words.iter().any(|word| word == "--json") { Codec::Utf8 } else { codec };
        // It has its place in the hall too: whoever closes that waits for its end.
        let guest = match enter(&self.shared, room) {
            Ok(guest) => guest,
            Err(closed) => return refuse(session.handle(), id, &closed, room),
        };
        room.command = true;
        let input = Input::new(guest.inbox().clone(), self.shared.limits.stall);
        let (shared, handle) = (self.shared.clone(), session.handle());
        tokio::spawn(async move {
            let command = move || {
                let (mut out, mut err) = (Vec::new(), Vec::new());
                let input = Box::new(input);
                let visit = Visit { actor: &actor, lang, words: &words, input };
                let status = (shared.commands)(visit, &mut out, &mut err);
                // What the client still sends is for nobody.
                drop(guest);
                (out, err, status)
            };
            let done = tokio::task::spawn_blocking(command).await;
            let (out, err, status) = done.unwrap_or_else(|_| (Vec::new(), failed(lang), 1));
            // Empty data would be a packet of nothing.
            if !out.is_empty() {
                let _ = handle.data(id, codec.encode(out)).await;
            }
            if !err.is_empty() {
                let _ = handle.extended_data(id, STANDARD_ERROR, codec.encode(err)).await;
            }
            close(&handle, id, status.into()).await;
        });
        Ok(())
    }
}

/// A place in the hall for what begins in a channel.
fn enter(shared: &Shared, room: &mut Room) -> Result<Guest, Said> {
    let room_made = Arc::new(Notify::new());
    let told = room_made.clone();
    let guest = shared.hall.enter(Inbox::with(move || told.notify_one()))?;
    room.inbox = Some((guest.inbox().clone(), room_made));
    Ok(guest)
}

/// The number SSH gives standard error (RFC 4254, 5.2).
const STANDARD_ERROR: u32 = 1;

/// Refuses in words, on standard error, and closes the channel with status 1.
fn refuse(handle: Handle, id: ChannelId, said: &Said, room: &Room) -> Result<(), russh::Error> {
    let words = format!("{}\r\n", said.get(room.lang()));
    let words = room.codec().encode(words.into_bytes());
    tokio::spawn(async move {
        let _ = handle.extended_data(id, STANDARD_ERROR, words).await;
        close(&handle, id, 1).await;
    });
    Ok(())
}

fn disabled() -> Said {
    said!(
        "这个账号已经停用或角色已变，请找管理员。",
        "This account has been disabled or its role changed; ask the administrator."
    )
}

fn no_terminal() -> Said {
    said!(
        "驿站的界面要有终端才能打开：请用 ssh -t 连接，或直接写要查的内容，如 ssh 主机 find 张伟。",
        "The screens of yizhan need a terminal: connect with `ssh -t`, or name what you look for, as in `ssh host find 张伟`."
    )
}

fn no_screen() -> Said {
    said!(
        "这种终端不能移动光标，全屏界面打不开。请换一个终端，或用 ssh 主机 find 张伟 这样的命令。",
        "This terminal cannot move its cursor, so there is no full screen. Use another, or commands such as `ssh host find 张伟`."
    )
}

fn open_quote() -> Said {
    said!("命令里的引号没有成对。", "A quote in the command is not closed.")
}

fn failed(lang: Lang) -> Vec<u8> {
    let said = said!(
        "命令出了程序错误。已确认保存的都在；请告诉管理员。",
        "The command met a program error. What it had confirmed is saved; tell the administrator."
    );
    format!("{}\n", said.get(lang)).into_bytes()
}

/// The ways to sign in.
pub fn methods() -> MethodSet {
    MethodSet::from(&[MethodKind::PublicKey, MethodKind::Password][..])
}

/// A key as the office knows it.
fn one_line(key: &PublicKey) -> String {
    key.to_openssh().unwrap_or_default()
}

impl Handler for Visitor {
    type Error = russh::Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        let (user, password) = (user.to_string(), zeroize::Zeroizing::new(password.to_string()));
        Ok(self.sign_in(move |office, origin| office.sign_in(&user, &password, origin)).await)
    }

    async fn auth_publickey_offered(
        &mut self,
        user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Self::Error> {
        // Whether it would do; that the client holds it is not proved yet.
        let known = self.shared.hall.office().knows_key(user, &one_line(offer.public_key));
        Ok(if known { Auth::Accept } else { self.try_again() })
    }

    async fn auth_publickey(
        &mut self,
        user: &str,
        key: VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        let (user, key) = (user.to_string(), one_line(key.public_key));
        Ok(self.sign_in(move |office, origin| office.sign_in_by_key(&user, &key, origin)).await)
    }

    async fn auth_succeeded(&mut self, _: &mut Session) -> Result<(), Self::Error> {
        self.standing.send_replace(None);
        Ok(())
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        if self.rooms.len() >= self.shared.limits.channels {
            reply.reject(ChannelOpenFailure::ResourceShortage).await;
            return Ok(());
        }
        self.rooms.insert(channel.id(), Room::default());
        reply.accept().await;
        Ok(())
    }

    async fn channel_close(&mut self, id: ChannelId, _: &mut Session) -> Result<(), Self::Error> {
        if let Some(room) = self.rooms.remove(&id) {
            room.hang_up();
        }
        Ok(())
    }

    async fn channel_eof(&mut self, id: ChannelId, _: &mut Session) -> Result<(), Self::Error> {
        if let Some(room) = self.rooms.get(&id) {
            room.no_more();
        }
        Ok(())
    }

    async fn pty_request(
        &mut self,
        id: ChannelId,
        term: &str,
        columns: u32,
        rows: u32,
        _: u32,
        _: u32,
        _: &[(Pty, u32)],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        match self.rooms.get_mut(&id) {
            Some(room) if !room.begun => {
                room.seat(term, columns, rows);
                session.channel_success(id)
            }
            _ => session.channel_failure(id),
        }
    }

    async fn env_request(
        &mut self,
        id: ChannelId,
        name: &str,
        value: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        if self.rooms.get_mut(&id).is_some_and(|room| room.tell(name, value)) {
            session.channel_success(id)
        } else {
            session.channel_failure(id)
        }
    }

    async fn shell_request(
        &mut self,
        id: ChannelId,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.open_app(id, session)
    }

    async fn exec_request(
        &mut self,
        id: ChannelId,
        command: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let codec = self.rooms.get(&id).map(Room::codec).unwrap_or_default();
        let line = codec.read(command);
        match line.trim() {
            // What people type who know the program from its own machine.
            "yizhan" => self.open_app(id, session),
            line => self.run_command(id, line, session),
        }
    }

    async fn subsystem_request(
        &mut self,
        id: ChannelId,
        _: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let Some(room) = self.rooms.get(&id) else { return session.channel_failure(id) };
        let said = said!(
            "驿站不提供文件传输。导入请用 ssh 主机 import 种类 - < 文件；导出请在站点的机器上用 yizhan export。",
            "Yizhan has no file transfer. Import with `ssh HOST import KIND - < FILE`; export with `yizhan export` on the station's own machine."
        );
        // A client whose request fails shows its own words only.
        session.channel_success(id)?;
        refuse(session.handle(), id, &said, room)
    }

    async fn x11_request(
        &mut self,
        id: ChannelId,
        _: bool,
        _: &str,
        _: &str,
        _: u32,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_failure(id)
    }

    async fn window_change_request(
        &mut self,
        id: ChannelId,
        columns: u32,
        rows: u32,
        _: u32,
        _: u32,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        if let Some(room) = self.rooms.get_mut(&id) {
            room.resize(columns, rows);
        }
        Ok(())
    }

    async fn data(
        &mut self,
        id: ChannelId,
        data: &[u8],
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        if let Some((inbox, room)) = self.rooms.get(&id).and_then(|room| room.inbox.as_ref()) {
            // A client that types faster than its session reads waits here.
            while !inbox.offer(data) {
                room.notified().await;
            }
        }
        Ok(())
    }
}
