//! A session on a stage: keys in as bytes, a screen grid out, in one process.

use crate::cli::make_private;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use yizhan::office::{Actor, Command, Office, Passwords, Setup, Sources};
use yizhan::program::Role;
use yizhan::record::{Clock, FixedClock};
use yizhan::store::{Origin, Secret, Work};
use yizhan::terminal::{Capabilities, Codec, Key, KeyCode};
use yizhan::ui::{Input, Landing, Session, Start, Theme};
use yizhan::words::{Lang, Said};

/// How long a lone Esc waits on stage.
const ESC_WAIT: Duration = Duration::from_millis(20);

/// Long enough for the slowest machine; nothing here waits for it to pass.
const PATIENCE: Duration = Duration::from_secs(60);

/// The password of everybody on stage.
pub const PASSWORD: &str = "tin-moss-47";

/// The station the tests make, with the account `admin`.
pub fn setup() -> Setup {
    Setup {
        name: "鱼洞街道服务站".into(),
        region: "500113".into(),
        admin: "admin".into(),
        password: PASSWORD.into(),
        must_change: false,
        passwords: Passwords::Guard(Work::LEAST),
    }
}

/// Makes it, with an account named after each role; signs `admin` in.
pub fn made(folder: &Path, clock: Arc<dyn Clock>, roles: &[Role]) -> (Arc<Office>, Actor) {
    made_of(Sources::load(None).unwrap(), folder, clock, roles)
}

/// The same of these packs and rules.
pub fn made_of(
    sources: Sources,
    folder: &Path,
    clock: Arc<dyn Clock>,
    roles: &[Role],
) -> (Arc<Office>, Actor) {
    let (office, _) = Office::create(folder, &setup(), sources, clock).unwrap();
    let admin = office.sign_in("admin", PASSWORD, &Origin::Cli).unwrap();
    for role in roles {
        let command = Command::AddAccount {
            name: role.id().into(),
            role: *role,
            password: PASSWORD.into(),
            must_change: false,
        };
        office.perform(&admin, command).unwrap();
    }
    (office, admin)
}

/// A file handed with the project, where it lies beside it; what is not there is said.
pub fn handed(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["../shared/data", "../../shared/data"].map(|folder| root.join(folder));
    let found = folders.iter().map(|folder| folder.join(name)).find(|path| path.exists());
    if found.is_none() {
        println!("skipped: {name} is not here");
    }
    found
}

/// A folder as another one is, whatever it was.
pub fn put_back(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    copy_folder(from, to);
}

/// A copy that nobody else can reach.
pub fn copy_folder(from: &Path, to: &Path) {
    make_private(to);
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

/// A station in a folder that goes away with it.
pub struct Station {
    pub office: Arc<Office>,
    pub clock: Arc<FixedClock>,
    pub admin: Actor,
    _folder: Option<TempDir>,
}

impl Station {
    /// A new station with the accounts `volunteer`, `supervisor`, `auditor` and `admin`, on the
    /// morning of 2025-10-15.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let station = Self::in_folder(&folder.path().join("station"));
        Self { _folder: Some(folder), ..station }
    }

    /// The same with files laid beside those that come with the program: name and content.
    pub fn with_files(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let station = Self::with_files_in(folder.path(), files);
        Self { _folder: Some(folder), ..station }
    }

    /// The same in a folder that is there and stays.
    pub fn with_files_in(folder: &Path, files: &[(&str, &str)]) -> Self {
        for (name, content) in files {
            let place = folder.join("own").join(name);
            std::fs::create_dir_all(place.parent().unwrap()).unwrap();
            std::fs::write(place, content).unwrap();
        }
        let sources = Sources::load(Some(&folder.join("own")));
        let sources = sources.unwrap_or_else(|problems| panic!("{problems:?}"));
        let clock = Arc::new(FixedClock::new("2025-10-15T01:00:00Z".parse().unwrap()));
        let roles = [Role::Volunteer, Role::Supervisor, Role::Auditor];
        let at = folder.join("station");
        let (office, admin) = made_of(sources, &at, clock.clone(), &roles);
        Self { office, clock, admin, _folder: None }
    }

    /// The same in a folder that is there and stays.
    pub fn in_folder(folder: &Path) -> Self {
        let morning = "2025-10-15T01:00:00Z".parse().unwrap();
        let clock = Arc::new(FixedClock::new(morning));
        let roles = [Role::Volunteer, Role::Supervisor, Role::Auditor];
        let (office, admin) = made(folder, clock.clone(), &roles);
        Self { office, clock, admin, _folder: None }
    }

    /// Another station just like this one, which is closed, on its own copy of the folder and its
    /// own clock of that morning; with a file laid into its folder, where one is given.
    pub fn copy(&self, laid: Option<(&str, &str)>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (self.office.folder(), folder.path().join("station"));
        copy_folder(Path::new(&from), &to);
        if let Some((name, content)) = laid {
            let place = to.join(name);
            std::fs::create_dir_all(place.parent().unwrap()).unwrap();
            std::fs::write(place, content).unwrap();
        }
        let clock = Arc::new(FixedClock::new("2025-10-15T01:00:00Z".parse().unwrap()));
        let secret = Secret::Password { account: "admin", password: PASSWORD };
        let sources = Sources::load(None).unwrap();
        let office = Office::open(&to, &secret, sources, clock.clone()).unwrap();
        Self { office, clock, admin: self.admin.clone(), _folder: Some(folder) }
    }

    /// Signs somebody in without a screen.
    pub fn actor(&self, name: &str) -> Actor {
        self.office.sign_in(name, PASSWORD, &Origin::Cli).unwrap()
    }

    /// A second supervisor, `supervisor2`, who is there once asked for.
    pub fn second(&self) -> Actor {
        if self.office.account("supervisor2").is_none() {
            self.add("supervisor2", Role::Supervisor);
        }
        self.actor("supervisor2")
    }

    /// Makes another account, with the password of all.
    pub fn add(&self, name: &str, role: Role) {
        let (name, password) = (name.to_string(), PASSWORD.to_string());
        let command = Command::AddAccount { name, role, password, must_change: false };
        self.office.perform(&self.admin, command).unwrap();
    }

    /// A session of this station on a terminal of a size.
    pub fn session(&self, columns: u16, rows: u16) -> Stage {
        self.session_in(columns, rows, Lang::Zh, false)
    }

    /// The same over another open station.
    pub fn session_of(&self, office: &Arc<Office>, columns: u16, rows: u16) -> Stage {
        Self::stage(office, (columns, rows), Lang::Zh, false)
    }

    /// Waits until something that goes on behind the screens has happened.
    #[track_caller]
    pub fn wait_for(&self, what: &str, done: impl Fn() -> bool) {
        let changes = self.office.subscribe();
        while !done() {
            assert!(changes.recv_timeout(PATIENCE).is_ok() || done(), "{what} never came");
        }
    }

    /// The same in a language, with or without colour.
    pub fn session_in(&self, columns: u16, rows: u16, lang: Lang, mono: bool) -> Stage {
        Self::stage(&self.office, (columns, rows), lang, mono)
    }

    fn stage(office: &Arc<Office>, (columns, rows): (u16, u16), lang: Lang, mono: bool) -> Stage {
        let start = Start {
            capabilities: Capabilities::from_env_hints("xterm-256color", "", mono, "zh_CN.UTF-8"),
            lang,
            theme: if mono { Theme::Mono } else { Theme::Sixteen },
            ..start(columns, rows)
        };
        Self::seat(office, start)
    }

    /// A session that starts as told.
    pub fn seated(&self, start: Start) -> Stage {
        Self::seat(&self.office, start)
    }

    fn seat(office: &Arc<Office>, start: Start) -> Stage {
        let (columns, rows) = (start.columns, start.rows);
        let session = Session::new(office.clone(), start);
        let mut stage = Stage {
            session,
            grid: vt100::Parser::new(cells(rows), cells(columns), 0),
            codec: Codec::Utf8,
            keys: 0,
            bytes: 0,
            last_frame: 0,
            sent: Vec::new(),
        };
        stage.paint();
        stage
    }
}

/// What a session on a usual terminal of a size starts with.
pub fn start(columns: u16, rows: u16) -> Start {
    Start {
        columns,
        rows,
        capabilities: Capabilities::from_env_hints("xterm-256color", "", false, "zh_CN.UTF-8"),
        lang: Lang::Zh,
        theme: Theme::Sixteen,
        origin: Origin::Terminal,
        greeting: Said::default(),
        esc_wait: ESC_WAIT,
        idle_lock: yizhan::ui::IDLE_LOCK,
        locale: "zh_CN.UTF-8".into(),
        codec: Codec::Utf8,
        landing: Landing::Home,
        home: PathBuf::new(),
    }
}

/// A session and the screen its bytes make.
pub struct Stage {
    session: Session,
    grid: vt100::Parser,
    /// The encoding the terminal on stage is set to.
    pub codec: Codec,
    /// Keys pressed so far, text not counted.
    pub keys: usize,
    /// Bytes sent so far.
    pub bytes: usize,
    /// Bytes of the last frame.
    pub last_frame: usize,
    /// The last frame as it was sent.
    pub sent: Vec<u8>,
}

impl Stage {
    fn paint(&mut self) {
        self.last_frame = 0;
        self.sent.clear();
        if let Some(frame) = self.session.frame() {
            self.last_frame = frame.len();
            self.bytes += frame.len();
            match self.codec {
                Codec::Utf8 => self.grid.process(&frame),
                Codec::Gb18030 => {
                    self.grid.process(encoding_rs::GB18030.decode(&frame).0.as_bytes());
                }
            }
            self.sent = frame;
        }
    }

    fn send(&mut self, bytes: &[u8]) {
        self.session.input(Input::Bytes(bytes));
        if self.session.wake_in().is_some_and(|wait| wait <= ESC_WAIT) {
            // A lone Esc is only known to be one when nothing follows it.
            self.session.input(Input::Wake);
        }
        self.paint();
    }

    /// Types text.
    pub fn types(&mut self, text: &str) -> &mut Self {
        self.send(text.as_bytes());
        self
    }

    /// Pastes text.
    pub fn pastes(&mut self, text: &str) -> &mut Self {
        self.send(format!("\x1b[200~{text}\x1b[201~").as_bytes());
        self
    }

    /// Presses keys by name, separated by spaces.
    pub fn press(&mut self, names: &str) -> &mut Self {
        for name in names.split(' ') {
            let key: Key = name.parse().unwrap_or_else(|_| panic!("{name} is no key"));
            self.keys += 1;
            self.send(&bytes_of(key));
        }
        self
    }

    /// Bytes as they come, however they are split.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.session.input(Input::Bytes(bytes));
        if self.session.wake_in() == Some(Duration::ZERO) {
            self.session.input(Input::Wake);
        }
        self.paint();
        self
    }

    /// Bytes as they come, and the frame that shows them: what the session puts off until nobody
    /// waits for a frame is not done yet.
    pub fn takes(&mut self, bytes: &[u8]) -> &mut Self {
        self.session.input(Input::Bytes(bytes));
        self.paint();
        self
    }

    /// The time the session asked for has passed.
    pub fn pause(&mut self) -> &mut Self {
        self.session.input(Input::Wake);
        self.paint();
        self
    }

    /// When the session wants to be woken.
    pub fn wake_in(&self) -> Option<Duration> {
        self.session.wake_in()
    }

    /// What the session says once it is over.
    pub fn last_words(&self) -> Option<Said> {
        self.session.last_words()
    }

    /// The account signed in.
    pub fn who(&self) -> Option<String> {
        self.session.who().map(|who| who.account.clone())
    }

    /// The session is locked.
    pub fn locked(&self) -> bool {
        self.session.locked()
    }

    /// The house told that something changed.
    pub fn news(&mut self) -> &mut Self {
        self.session.input(Input::News);
        self.paint();
        self
    }

    /// Waits until the screen shows a text, as what goes on behind it tells of itself.
    #[track_caller]
    pub fn hears(&mut self, station: &Station, text: &str) -> &mut Self {
        self.hears_one_of(station, &[text])
    }

    /// The same for one of several.
    #[track_caller]
    pub fn hears_one_of(&mut self, station: &Station, texts: &[&str]) -> &mut Self {
        let changes = station.office.subscribe();
        loop {
            self.news();
            let screen = self.screen();
            if texts.iter().any(|text| screen.contains(text)) {
                return self;
            }
            if changes.recv_timeout(PATIENCE).is_err() {
                panic!("{texts:?} never came, only:\n{screen}");
            }
        }
    }

    /// The terminal came back after a stop.
    pub fn continues(&mut self) -> &mut Self {
        self.session.input(Input::Continue);
        self.paint();
        self
    }

    /// Another size.
    pub fn resize(&mut self, columns: u16, rows: u16) -> &mut Self {
        self.session.input(Input::Resize(columns, rows));
        self.grid.screen_mut().set_size(cells(rows), cells(columns));
        self.paint();
        self
    }

    /// The screen as lines.
    pub fn screen(&self) -> String {
        let width = self.grid.screen().size().1.get();
        self.grid.screen().rows(0, width).map(|row| row.trim_end().to_string() + "\n").collect()
    }

    /// The screen with what stands out marked, as it is seen without colour: reverse in `⟦⟧`,
    /// bold in `**`, underlined in `__`.
    pub fn marked(&self) -> String {
        let screen = self.grid.screen();
        let (rows, columns) = (screen.size().0.get(), screen.size().1.get());
        let mut out = String::new();
        for row in 0..rows {
            let mut line = String::new();
            let mut open = [false; 3];
            for column in 0..columns {
                let Some(cell) = screen.cell(row, column) else { continue };
                if cell.is_wide_continuation() {
                    continue;
                }
                let now = [cell.inverse(), cell.bold(), cell.underline()];
                for (mark, (open, now)) in
                    [("⟧", "⟦"), ("*", "*"), ("_", "_")].iter().zip(open.iter_mut().zip(now))
                {
                    if *open != now {
                        line += if now { mark.1 } else { mark.0 };
                        *open = now;
                    }
                }
                line += if cell.has_contents() { cell.contents() } else { " " };
            }
            out += line.trim_end();
            out.push('\n');
        }
        out
    }

    /// Goes down a form until the cursor is in the field or the table of this title.
    #[track_caller]
    pub fn goes_to(&mut self, title: &str) -> &mut Self {
        self.press("Ctrl-Home");
        for _ in 0..90 {
            let row = usize::from(self.cursor().0);
            let screen = self.screen();
            // A table has its title above its headings, and may have a fixed row below those.
            let lines: Vec<&str> = screen.lines().take(row + 1).collect();
            let above = lines.iter().rev().skip(2).take(2).filter(|line| line.contains("  ("));
            if lines.iter().rev().take(1).chain(above).any(|line| line.contains(title)) {
                return self;
            }
            self.press("Down");
        }
        panic!("{title} is not in the form:\n{}", self.screen());
    }

    /// True when the cursor is shown.
    pub fn cursor_shown(&self) -> bool {
        !self.grid.screen().hide_cursor()
    }

    /// What is in the cells before the cursor.
    pub fn before_cursor(&self) -> String {
        let (row, column) = self.cursor();
        let screen = self.grid.screen();
        (0..column)
            .filter_map(|at| screen.cell(row, at))
            .map(|cell| cell.contents().to_string())
            .collect()
    }

    /// Where the cursor is: row, column.
    pub fn cursor(&self) -> (u16, u16) {
        self.grid.screen().cursor_position()
    }

    /// The session is over.
    pub fn ended(&self) -> bool {
        self.session.ended()
    }

    /// Asserts that the screen shows a text.
    #[track_caller]
    pub fn shows(&mut self, text: &str) -> &mut Self {
        assert!(self.screen().contains(text), "{text:?} is not on the screen:\n{}", self.screen());
        self
    }

    /// Asserts that the screen does not show a text.
    #[track_caller]
    pub fn hides(&mut self, text: &str) -> &mut Self {
        assert!(!self.screen().contains(text), "{text:?} is on the screen:\n{}", self.screen());
        self
    }

    /// Signs in where something other than the home screen is to be seen first.
    pub fn signs_in_to(&mut self, name: &str, sees: &str) -> &mut Self {
        self.types(name).press("Enter").types(PASSWORD).press("Enter").shows(sees);
        self.keys = 0;
        self
    }

    /// Signs in.
    pub fn signs_in(&mut self, name: &str) -> &mut Self {
        self.types(name).press("Enter").types(PASSWORD).press("Enter");
        let home = self.screen();
        assert!(home.contains("要办的事") || home.contains("To do"), "not signed in:\n{home}");
        self.keys = 0;
        self
    }
}

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap_or(NonZero::<u16>::MIN)
}

/// The bytes an xterm sends for a key.
fn bytes_of(key: Key) -> Vec<u8> {
    let text = match (key.code, key.to_string().as_str()) {
        (_, "Shift-Tab") => "\x1b[Z".to_string(),
        (_, "Ctrl-Home") => "\x1b[1;5H".to_string(),
        (_, "Ctrl-End") => "\x1b[1;5F".to_string(),
        (_, "Ctrl-Delete") => "\x1b[3;5~".to_string(),
        (_, name) if name.starts_with("Ctrl-") && name.len() == 6 => {
            let letter = name.bytes().last().unwrap();
            return vec![letter & 0x1f];
        }
        (KeyCode::Char(c), _) => c.to_string(),
        (KeyCode::Enter, _) => "\r".to_string(),
        (KeyCode::Esc, _) => "\x1b".to_string(),
        (KeyCode::Tab, _) => "\t".to_string(),
        (KeyCode::Backspace, _) => "\x7f".to_string(),
        (KeyCode::Up, _) => "\x1b[A".to_string(),
        (KeyCode::Down, _) => "\x1b[B".to_string(),
        (KeyCode::Right, _) => "\x1b[C".to_string(),
        (KeyCode::Left, _) => "\x1b[D".to_string(),
        (KeyCode::Home, _) => "\x1b[H".to_string(),
        (KeyCode::End, _) => "\x1b[F".to_string(),
        (KeyCode::Insert, _) => "\x1b[2~".to_string(),
        (KeyCode::Delete, _) => "\x1b[3~".to_string(),
        (KeyCode::PageUp, _) => "\x1b[5~".to_string(),
        (KeyCode::PageDown, _) => "\x1b[6~".to_string(),
        (KeyCode::F(n), _) => {
            let code = [0, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24][usize::from(n)];
            format!("\x1b[{code}~")
        }
        other => panic!("no bytes for {other:?}"),
    };
    text.into_bytes()
}

/// A clock that stands still keeps a test from depending on the day it runs.
#[test]
fn the_stage_stands_in_october() {
    let station = Station::new();
    assert_eq!(station.clock.today().to_string(), "2025-10-15");
}
