//! The data folder, the account and its password, and the station they open.

use super::caller::Caller;
use super::global::Global;
use super::prompt::Prompt;
use super::{Done, Failure, Surroundings, progress};
use crate::access::client::Client;
use crate::access::socket::Places;
use crate::office::{Actor, Office, Refusal, RefusalKind, Sources};
use crate::program::Kind;
use crate::record::{Clock, Record, account_form};
use crate::said;
use crate::store::{Progress, STATION_FILE, Secret, StationInfo, StoreError};
use crate::terminal::codec::Codec;
use crate::words::{Lang, Said};
use std::io::{self, ErrorKind, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// The data folder of the system's service, as assets/systemd/yizhan.service has it.
const SERVICE_DATA: &str = "/var/lib/yizhan/station";

/// Where and for whom a command runs, before any station is open.
pub struct World<'w> {
    global: &'w Global,
    /// What the process was started in.
    pub surroundings: &'w Surroundings,
    /// The language people are answered in.
    pub lang: Lang,
    /// Output for machines.
    pub json: bool,
    /// The command gives an account a password, which its owner may do before anything else.
    gives_password: bool,
}

/// An open station and the account a command acts for.
pub struct Opened {
    /// The one door.
    pub office: Arc<Office>,
    /// Who asks.
    pub actor: Actor,
    /// The language people are answered in.
    pub lang: Lang,
    /// Output for machines.
    pub json: bool,
    /// Somebody looks at standard error: bars of long work are shown.
    pub watched: bool,
    /// Who gave the command.
    pub caller: Caller,
}

/// What opens a station, as given or asked for; wiped when dropped.
pub enum Credentials {
    /// An account and its password.
    Password {
        /// The account.
        account: String,
        /// Its password.
        password: Zeroizing<String>,
    },
    /// The recovery key, which keeps accounts and is journaled as itself.
    Recovery(Zeroizing<String>),
    /// The key of a key file, which stands for nobody.
    KeyFile(Zeroizing<[u8; 32]>),
}

impl Credentials {
    /// Who it is, for the journal.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Password { account, .. } => account,
            Self::Recovery(_) => "recovery",
            Self::KeyFile(_) => "key-file",
        }
    }

    /// The same for the store.
    #[must_use]
    pub fn secret(&self) -> Secret<'_> {
        match self {
            Self::Password { account, password } => Secret::Password { account, password },
            Self::Recovery(key) => Secret::Recovery(key),
            Self::KeyFile(key) => Secret::KeyFile(key),
        }
    }
}

impl<'w> World<'w> {
    /// The world of one command line, which may give a password of its own on standard input.
    #[must_use]
    pub fn new(global: &'w Global, gives_password: bool, surroundings: &'w Surroundings) -> Self {
        let lang = global.lang.map(Lang::from);
        let lang = lang.unwrap_or_else(|| Lang::from_locale(&surroundings.language));
        Self { global, surroundings, lang, json: global.json, gives_password }
    }

    /// How the terminal the process was started in reads and writes text.
    #[must_use]
    pub fn codec(&self) -> Codec {
        Codec::from_locale(&self.surroundings.codeset)
    }

    /// Somebody looks at standard error: bars of long work are shown. They are drawn in UTF-8.
    #[must_use]
    pub fn watched(&self) -> bool {
        io::stderr().is_terminal() && self.codec() == Codec::Utf8
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        self.surroundings.clock.clone()
    }

    /// The terminal the process was started in; its size is not known yet.
    #[must_use]
    pub fn client(&self) -> Client {
        let from = self.surroundings;
        Client {
            columns: 0,
            rows: 0,
            term: from.term.clone(),
            locale: from.codeset.clone(),
            colorterm: from.colorterm.clone(),
            no_color: from.no_color,
            lang: self.lang,
            home: from.files.as_deref().unwrap_or(Path::new("")).to_string_lossy().into_owned(),
        }
    }

    /// Where the sockets of data folders lie.
    #[must_use]
    pub fn places(&self) -> Places {
        let Surroundings { runtime, service, temporary, .. } = self.surroundings;
        Places::new(runtime.as_deref(), service, temporary)
    }

    /// The data folder: `--data`, `YIZHAN_DATA`, or the platform's. Whoever has none there, and may
    /// reach the system's service, means that.
    ///
    /// # Errors
    /// When the platform has none.
    pub fn folder(&self) -> Result<PathBuf, Failure> {
        let Surroundings { data, home, .. } = self.surroundings;
        let chosen = self.global.data.as_ref().or(data.as_ref());
        if chosen.is_none()
            && home.as_ref().is_none_or(|home| !home.join(STATION_FILE).exists())
            && self.places().served(Path::new(SERVICE_DATA))
        {
            return Ok(SERVICE_DATA.into());
        }
        chosen.or(home.as_ref()).cloned().ok_or_else(|| {
            Failure::Usage(said!(
                "不知道数据目录在哪里，请用 --data 指定。",
                "The data folder is not known; name it with --data."
            ))
        })
    }

    /// The packs, policy and calendars the program brings along; what a station has adopted lies
    /// in its store.
    ///
    /// # Errors
    /// Never in a program that was tested.
    pub fn sources(&self) -> Result<Sources, Failure> {
        Ok(Sources::load(None)?)
    }

    /// Whether the command line says with what to open the station.
    #[must_use]
    pub fn has_credentials(&self) -> bool {
        self.global.account.is_some() || self.global.recovery_key_file.is_some()
    }

    /// The account and password given, or asked for at the terminal.
    ///
    /// # Errors
    /// A file that cannot be read; nothing given and no terminal to ask at.
    pub fn credentials(&self) -> Result<Credentials, Failure> {
        let Global { account, password_file, recovery_key_file, .. } = self.global;
        if let Some(file) = recovery_key_file {
            return Ok(Credentials::Recovery(Caller::here().secret(file)?));
        }
        if account.is_none() && password_file.is_some() {
            return Err(Failure::Usage(said!(
                "有 --password-file 就要有 --as。",
                "--password-file goes with --as."
            )));
        }
        if password_file.is_none() && !io::stdin().is_terminal() {
            return Err(Failure::Usage(said!(
                "这里不是终端，没法询问账号和密码；请给出 --as 和 --password-file。",
                "There is no terminal to ask at; give --as and --password-file."
            )));
        }
        let mut prompt = Prompt::new(self.lang, self.codec());
        let account = match account {
            Some(name) => account_form(name),
            None => account_form(&prompt.line(&said!("账号", "Account"))?),
        };
        let password = match password_file {
            Some(file) => Caller::here().secret(file)?,
            None => prompt.secret(&said!("{account} 的密码", "Password of {account}"))?,
        };
        Ok(Credentials::Password { account, password })
    }

    /// The password of `--password-file` for an account that is only being made.
    ///
    /// # Errors
    /// Without the option, or when the file cannot be read.
    pub fn new_password(&self) -> Result<Zeroizing<String>, Failure> {
        match &self.global.password_file {
            Some(file) => Caller::here().secret(file),
            None => Err(Failure::Usage(said!(
                "请用 --password-file 给出密码（- 为标准输入）。",
                "Give the password with --password-file (- is standard input)."
            ))),
        }
    }

    /// Opens the station of the data folder.
    ///
    /// # Errors
    /// No station there, a wrong password, files that do not hold together, or what the store says.
    pub fn open(&self) -> Result<Opened, Failure> {
        self.open_with(&self.credentials_for_station()?, self.sources()?)
    }

    /// The credentials for a station that is there.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn credentials_for_station(&self) -> Result<Credentials, Failure> {
        // Before anybody types a password: is there a station at all, and of this version?
        let folder = self.folder()?;
        match StationInfo::load(&folder) {
            Err(StoreError::Io(trouble)) if trouble.kind == ErrorKind::PermissionDenied => {
                return Err(another_users(&folder));
            }
            found => found?,
        };
        self.credentials()
    }

    /// Opens the station with the files given.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_with(&self, who: &Credentials, sources: Sources) -> Result<Opened, Failure> {
        let watched = self.watched();
        let office = self.office(who, sources)?;
        Ok(Opened { watched, ..self.for_caller(office, who, Caller::here())? })
    }

    /// An open station for whoever gave a command, signed in as who they have proved to be.
    ///
    /// # Errors
    /// A wrong password or recovery key.
    pub fn for_caller(
        &self,
        office: Arc<Office>,
        who: &Credentials,
        caller: Caller,
    ) -> Result<Opened, Failure> {
        let actor = match who {
            Credentials::Password { account, password } => {
                let actor = office.sign_in(account, password, &caller.origin())?;
                if !self.gives_password {
                    office.own_password(&actor.account)?;
                }
                actor
            }
            Credentials::Recovery(key) => office.by_recovery_key(key)?,
            Credentials::KeyFile(_) => return Err(opens_only()),
        };
        if self.global.clock_is_right {
            office.accept_clock(&actor)?;
        }
        Ok(Opened { office, actor, lang: self.lang, json: self.json, watched: false, caller })
    }

    /// The open station, with nobody signed in yet.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn office(&self, who: &Credentials, sources: Sources) -> Result<Arc<Office>, Failure> {
        let folder = self.folder()?;
        let opening = said!("打开站点", "Opening the station");
        let clock = self.clock();
        let how_far = Arc::<Progress>::default();
        let watched = self.watched();
        let office = progress::follow(watched, &opening, self.lang, &how_far, || {
            Office::open_watched(&folder, &who.secret(), sources, clock, how_far.clone())
        })?;
        for alarm in office.heads_told() {
            Prompt::new(self.lang, self.codec()).tell(&alarm)?;
        }
        Ok(office)
    }
}

impl Opened {
    /// Waits until everything can be found, does `work` and lets the folder go.
    ///
    /// # Errors
    /// What `work` gives, or what the last save gives.
    pub fn finish(self, work: impl FnOnce(&Self) -> Done) -> Done {
        let loading = said!("载入索引", "Loading the index");
        let office = &self.office;
        progress::bar(
            self.watched,
            loading.get(self.lang),
            || office.indexing(),
            || office.wait_for_index(),
        );
        self.finish_at_once(work)
    }

    /// The same for work that needs nothing found.
    ///
    /// # Errors
    /// As [`Self::finish`].
    pub fn finish_at_once(self, work: impl FnOnce(&Self) -> Done) -> Done {
        let done = work(&self);
        let closed = self.office.close();
        done.and_then(|()| Ok(closed?))
    }

    /// The record with a number: its own, or a person's identity number.
    ///
    /// # Errors
    /// When there is none.
    pub fn record(&self, number: &str) -> Result<Record, Refusal> {
        let number = number.trim();
        let found = match self.office.numbered(number) {
            Some(id) if self.office.knows(&self.actor, id) => self.office.record(id)?,
            _ => None,
        };
        found.ok_or_else(|| not_found(number))
    }

    /// The kind of a record, or the one named.
    ///
    /// # Errors
    /// When no pack describes it.
    pub fn kind(&self, name: &str) -> Result<&Kind, Refusal> {
        self.office.catalogue().find_kind(name).ok_or_else(|| {
            let known: Vec<_> = self.office.catalogue().kinds().map(|kind| &*kind.id).collect();
            let meant = crate::words::closest(name, known.iter().copied());
            let known = known.join(", ");
            let next = match meant {
                Some(meant) => said!("是否想写 {meant}？", "Did you mean {meant}?"),
                None => said!("可用的有：{known}。", "Known kinds: {known}."),
            };
            Refusal::invalid(
                "kind",
                said!("没有“{name}”这种记录。", "There is no kind of record called \"{name}\"."),
                next,
            )
        })
    }
}

/// The data folder is another user's, and nobody serves it to this one.
fn another_users(folder: &Path) -> Failure {
    let folder = folder.display();
    Failure::new(
        said!(
            "数据目录 {folder} 属于另一个系统用户，现在也没有为您提供服务的驿站。",
            "The data folder {folder} belongs to another user of the system, and no yizhan serves it to you now."
        ),
        said!(
            "请以那个用户运行；或请管理员用 yizhan serve --socket-group 提供服务，并把您加入那个组（加入后重新登录系统）。",
            "Run this as that user, or have the administrator run `yizhan serve --socket-group` and add you to that group (then log in to the system anew)."
        ),
    )
}

/// A key file opens a station for its service and acts for nobody.
fn opens_only() -> Failure {
    Failure::new(
        said!("密钥文件只能用来启动服务。", "A key file only starts the service."),
        said!("请给出 --as 和密码。", "Give --as and a password."),
    )
}

/// There is no record with this number.
#[must_use]
pub fn not_found(number: &str) -> Refusal {
    Refusal::new(
        RefusalKind::Invalid,
        said!("没有编号为“{number}”的记录。", "There is no record with the number \"{number}\"."),
        Said::fixed(
            "请用 yizhan find 按姓名、拼音或编号再找一次。",
            "Search by name, pinyin or number with `yizhan find`.",
        ),
    )
    .at("number")
}
