//! Several sessions of one process, by the socket's own frames, in this process.

use super::app::PATIENCE;
use super::stage::{PASSWORD, made};
use std::io::{Read, Write};
use std::num::NonZero;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;
use tempfile::TempDir;
use yizhan::access::client::Client;
use yizhan::access::hall::Hall;
use yizhan::access::socket::attach::Connection;
use yizhan::access::socket::errand::Asker;
use yizhan::access::socket::wire::{
    Account, Bye, Decoder, Errand, FROM_OWNER, Frame, Hello, VERSION,
};
use yizhan::access::socket::{Door, Places};
use yizhan::program::Role;
use yizhan::record::{Clock, FixedClock, Instant};

/// A clock that strikes once, for the session whose thread has this name: the one way to make a
/// session fail, since none is known.
struct Striking {
    still: FixedClock,
    armed: Mutex<Option<String>>,
}

impl Clock for Striking {
    fn now(&self) -> Instant {
        let here = thread::current();
        let struck = {
            let mut armed = self.armed.lock().unwrap();
            armed.take_if(|name| here.name() == Some(name.as_str()))
        };
        assert!(struck.is_none(), "the clock strikes");
        self.still.now()
    }
}

/// A hall with an open socket.
pub struct House {
    pub hall: Arc<Hall>,
    clock: Arc<Striking>,
    door: Door,
    data: PathBuf,
    places: Places,
    _folder: TempDir,
}

impl House {
    pub fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let morning = "2025-10-15T01:00:00Z".parse().unwrap();
        let clock = Arc::new(Striking { still: FixedClock::new(morning), armed: Mutex::new(None) });
        let roles = [Role::Volunteer, Role::Supervisor];
        let (office, _) = made(&data, clock.clone(), &roles);
        let hall = Hall::open(office);
        let places = Places::new(None, &folder.path().join("service"), folder.path());
        type Told<'t> = &'t mut dyn Write;
        let errands = Box::new(|errand: &Errand, asker: &Arc<Asker>, out: Told, err: Told| {
            if let [read, path] = &errand.words[..] {
                assert_eq!(read, "read");
                let path = path.strip_prefix("--file=").unwrap_or(path);
                for asked in [path, "/etc/hostname"] {
                    let mut text = String::new();
                    match asker.open(asked, false) {
                        Ok(mut file) => file.read_to_string(&mut text).map(drop).unwrap(),
                        Err(trouble) => writeln!(err, "{}", trouble.said.en).unwrap(),
                    }
                    out.write_all(text.as_bytes()).unwrap();
                }
                return 0;
            }
            if errand.words == ["panic"] {
                out.write_all(b"before").unwrap();
                panic!("a command fails");
            }
            7
        });
        let door = Door::open(&hall, &data, &places, errands).unwrap();
        Self { hall, clock, door, data, places, _folder: folder }
    }

    /// A connection as another process has it.
    pub fn connect(&self) -> Connection {
        Connection::to(&self.data, &self.places).unwrap()
    }

    /// The session of this thread fails when it looks at the clock next.
    pub fn strike(&self, thread: &str) {
        *self.clock.armed.lock().unwrap() = Some(thread.to_string());
    }

    /// A window, signed in.
    pub fn window(&self, name: &str) -> Window {
        let mut window = self.window_for(Some(name));
        window.wait_for(name);
        window
    }

    fn window_for(&self, name: Option<&str>) -> Window {
        let stream = UnixStream::connect(self.door.path()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let client = Client {
            columns: 120,
            rows: 40,
            term: "xterm-256color".into(),
            locale: "zh_CN.UTF-8".into(),
            ..Client::default()
        };
        let account =
            name.map(|name| Account { name: name.into(), password: PASSWORD.to_string().into() });
        let size = |cells| NonZero::new(cells).unwrap();
        let mut window = Window {
            stream,
            decoder: Decoder::new(FROM_OWNER),
            screen: vt100::Parser::new(size(40), size(120), 0),
            frames: 0,
            last: Vec::new(),
            takes: true,
            answers: false,
        };
        window.tell(&Frame::Hello(Hello { version: VERSION, client, account }));
        window
    }
}

/// What a terminal is asked after a large drawing (DSR).
const QUESTION: &[u8] = b"\x1b[5n";

/// A client without a terminal.
pub struct Window {
    stream: UnixStream,
    decoder: Decoder,
    screen: vt100::Parser,
    frames: usize,
    /// The last frame.
    last: Vec<u8>,
    /// Says that it took each frame.
    takes: bool,
    /// Answers when it has worked through a large one.
    answers: bool,
}

impl Window {
    fn tell(&mut self, frame: &Frame) {
        self.stream.write_all(&frame.encode()).unwrap();
    }

    pub fn press(&mut self, keys: &str) {
        self.tell(&Frame::Data(keys.as_bytes().to_vec()));
    }

    /// The next frame; nothing at the end.
    fn hear(&mut self) -> Option<Frame> {
        let mut buffer = [0; 4096];
        loop {
            if let Some(frame) = self.decoder.frame().unwrap() {
                return Some(frame);
            }
            match self.stream.read(&mut buffer).expect("nothing came in time") {
                0 => return None,
                n => self.decoder.feed(&buffer[..n]),
            }
        }
    }

    fn shown(&self) -> String {
        self.screen.screen().contents()
    }

    fn draw(&mut self) {
        match self.hear() {
            Some(Frame::Data(bytes)) => {
                self.screen.process(&bytes);
                self.last = bytes;
            }
            other => panic!("{other:?} instead of a frame, with:\n{}", self.shown()),
        }
        self.frames += 1;
        if self.takes {
            self.tell(&Frame::Taken);
        }
        if self.answers && self.last.ends_with(QUESTION) {
            self.press("\x1b[0n");
        }
    }

    pub fn wait_for(&mut self, text: &str) {
        while !self.shown().contains(text) {
            self.draw();
        }
    }

    /// How the owner ended this session.
    fn bye(mut self) -> Bye {
        loop {
            match self.hear() {
                Some(Frame::Bye(bye)) => return bye,
                Some(_) => {}
                None => panic!("no goodbye"),
            }
        }
    }
}

#[test]
fn a_panic_in_one_session_ends_it_and_the_others_go_on() {
    let house = House::open();
    let mut struck = house.window("volunteer");
    let mut other = house.window("supervisor");
    struck.press("\x1bOQ");
    struck.wait_for("找人或编号");
    house.strike("socket session 1");
    struck.press("x");
    let bye = struck.bye();
    assert!(bye.failed && bye.said.zh.contains("程序错误"), "{bye:?}");
    other.press("\x1bOQ");
    other.wait_for("找人或编号");
    // And the data go on: somebody new comes and changes them.
    let mut third = house.window("volunteer");
    third.press("\x1bOQ关小雨");
    third.wait_for("没有找到");
    third.press("\x1bOR");
    third.wait_for("出生日期");
    third.press("\x13");
    third.wait_for("已保存");
    assert_eq!(house.hall.present(), 2);
}

#[test]
fn no_frame_is_drawn_before_the_last_was_taken_and_the_latest_wins() {
    let house = House::open();
    let mut slow = house.window("volunteer");
    slow.press("\x1bOQ");
    slow.wait_for("找人或编号");
    slow.takes = false;
    slow.press("a");
    slow.wait_for("a");
    let before = slow.frames;
    for letter in "bcdefghijklmnopqrstuvw".chars() {
        slow.press(&letter.to_string());
    }
    // Somebody else's keys are answered meanwhile.
    let mut other = house.window("supervisor");
    other.press("\x1bOQxyz");
    other.wait_for("xyz");
    slow.tell(&Frame::Taken);
    slow.takes = true;
    slow.wait_for("abcdefghijklmnopqrstuvw");
    assert!(slow.frames - before <= 2, "{} frames", slow.frames - before);
}

#[test]
fn a_terminal_that_answers_gets_the_next_drawing_when_it_has_worked_through_the_last() {
    let house = House::open();
    let mut other = house.window("supervisor");
    other.press("\x1bOQ");
    other.wait_for("找人或编号");
    let mut far = house.window("volunteer");
    far.press("\x1bOQ");
    far.wait_for("找人或编号");
    assert!(!far.last.ends_with(QUESTION), "it has not answered anything yet");
    // What kind of terminal it is: an answer to the questions of the beginning, and from now on
    // large drawings are followed by a question of their own.
    far.press("\x1b[?64;1c\x0c");
    while !far.last.ends_with(QUESTION) {
        far.draw();
    }
    let before = far.frames;
    for letter in "abcdefgh".chars() {
        far.press(&letter.to_string());
    }
    other.press("xyz");
    other.wait_for("xyz");
    far.answers = true;
    far.press("\x1b[0n");
    far.wait_for("abcdefgh");
    assert!(far.frames - before <= 2, "{} frames", far.frames - before);
    // One that stops answering is waited for once, and never again.
    far.answers = false;
    far.last.clear();
    far.press("\x0c");
    while !far.last.ends_with(QUESTION) {
        far.draw();
    }
    far.press("i");
    far.wait_for("abcdefghi");
    far.press("\x0cj");
    far.wait_for("abcdefghij");
    assert!(!far.last.ends_with(QUESTION));
}

#[test]
fn everybody_is_told_when_the_house_closes_and_nobody_comes_in_any_more() {
    let house = House::open();
    let windows = [house.window("volunteer"), house.window("supervisor")];
    let reason = yizhan::said!("关门", "closing");
    yizhan::access::serve::close(&house.hall, &reason);
    for window in windows {
        assert_eq!(window.bye(), Bye { said: reason.clone(), failed: false });
    }
    assert_eq!(house.window_for(None).bye(), Bye { said: reason, failed: true });
    assert_eq!(house.hall.present(), 0);
}

#[test]
fn a_connection_cut_in_the_middle_of_a_form_keeps_the_draft() {
    let house = House::open();
    let mut cut = house.window("volunteer");
    cut.press("\x1bOQ关小雨");
    cut.wait_for("没有找到");
    cut.press("\x1bOR");
    cut.wait_for("出生日期");
    // Half a field, which has not been left.
    cut.press("\t\t\t1993-");
    cut.wait_for("1993-");
    drop(cut);
    let mut again = house.window("volunteer");
    again.press("\x1b[17~");
    again.wait_for("关小雨");
    again.press("\r");
    again.wait_for("1993-");
}

#[test]
fn a_large_paste_arrives_whole() {
    let house = House::open();
    let mut window = house.window("volunteer");
    window.press("\x1bOQ");
    window.wait_for("找人或编号");
    // Longer than one frame of the client may be, so in several.
    let paste = format!("\x1b[200~{}\x1b[201~", "重庆".repeat(50_000));
    for chunk in paste.as_bytes().chunks(60_000) {
        window.tell(&Frame::Data(chunk.to_vec()));
    }
    window.wait_for("重庆重庆");
    window.press("\x15末尾");
    window.wait_for("末尾");
}
