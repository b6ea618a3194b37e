//! Those who have not signed in: they shut nobody out, learn nothing and leave next to nothing.

use crate::accounts::KEY;
use crate::attach::{Service, office};
use crate::cli::{PASSWORD, json_lines, shown, text};
use crate::ssh::doors::greeting;
use crate::ssh::{House, Inside, have_ssh};
use crate::stage::Station;
use rustix::net::{AddressFamily, SocketType, bind, connect, socket};
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::path::Path;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;
use yizhan::access::hall::Hall;
use yizhan::access::ssh::limits::Limits;
use yizhan::office::{LogFilter, LogKind, LogLine, Office};
use yizhan::store::Origin;

fn far(address: &str) -> Origin {
    Origin::Ssh(address.into())
}

/// A connection from one of this machine's many addresses.
fn from(last: u8, to: SocketAddr) -> TcpStream {
    let own = SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, last), 0);
    let stream = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    bind(&stream, &own).unwrap();
    connect(&stream, &to).unwrap();
    stream.into()
}

/// The lines of the log about refused sign-ins.
fn refused(office: &Office, station: &Station) -> Vec<LogLine> {
    let filter = LogFilter { what: Some(LogKind::SignIns), ..LogFilter::default() };
    let logged = office.log(&station.admin, &filter, 0, 10_000).unwrap();
    assert_eq!(logged.total, logged.lines.len());
    logged.lines
}

/// Every file of the journal.
fn journal(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let files = std::fs::read_dir(folder.join("journal")).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> =
        files.map(|path| (shown(&path).to_string(), std::fs::read(&path).unwrap())).collect();
    files.sort();
    files
}

#[test]
fn five_hundred_silent_connections_from_one_address_keep_nobody_else_out() {
    if !have_ssh() {
        return;
    }
    let house = House::open();
    let port: u16 = house.port.parse().unwrap();
    let to = SocketAddr::from(([127, 0, 0, 1], port));
    let mut silent: Vec<TcpStream> = (0..500).map(|_| from(1, to)).collect();
    let found = house.run(&["-b", "127.0.0.2"], &["find", "x"]);
    assert!(found.status.success(), "{}", text(&found.stderr));
    // They were all there meanwhile: the first still has its place.
    assert_eq!(greeting(&silent[0]), "SSH-2.0-yizhan\r\n");
    silent[0].set_nonblocking(true).unwrap();
    let read = silent[0].read(&mut [0]).map_err(|error| error.kind());
    assert_eq!(read, Err(ErrorKind::WouldBlock));
}

#[test]
fn a_late_greeting_stretches_nothing() {
    let station = Station::new();
    let hall = Hall::open(station.office.clone());
    let within = |seconds| {
        let limits = Limits { grace: Duration::from_secs(seconds), ..Limits::default() };
        Inside::within(&hall, limits)
    };
    let (short, long) = (within(1), within(2));
    let clock = TcpStream::connect(short.server.address()).unwrap();
    let mut late = TcpStream::connect(long.server.address()).unwrap();
    // Half of its time is over when the clock's is.
    assert_eq!((greeting(&clock), greeting(&clock)), ("SSH-2.0-yizhan\r\n".into(), String::new()));
    late.write_all(b"SSH-2.0-late\r\n").unwrap();
    let next = TcpStream::connect(long.server.address()).unwrap();
    let (tell, ended) = channel();
    for (name, mut stream) in [("late", late), ("next", next)] {
        let tell = tell.clone();
        thread::spawn(move || {
            let _ = stream.read_to_end(&mut Vec::new());
            tell.send(name).unwrap();
        });
    }
    assert_eq!((ended.recv(), ended.recv()), (Ok("late"), Ok("next")));
}

#[test]
fn who_comes_in_vain_over_and_over_waits_outside_and_nobody_else_does() {
    let station = Station::new();
    station.office.sign_in("volunteer", PASSWORD, &far("127.0.0.5")).unwrap();
    let inside = Inside::open(&Hall::open(station.office.clone()));
    let let_in = |last: u8| {
        let come = |_| !greeting(&from(last, inside.server.address())).is_empty();
        (0..30).take_while(|n| come(*n)).count()
    };
    assert!(let_in(3) < 30);
    assert_eq!(let_in(3), 0);
    assert_eq!(let_in(5), 30, "somebody has signed in from there");
    assert!(let_in(4) > 0);
}

#[test]
fn wrong_passwords_from_everywhere_lock_nobody_out_who_was_here_before() {
    let station = Station::new();
    let office = &station.office;
    for home in ["192.0.2.7:50022", "2001:db8:1:2:3::4"] {
        office.sign_in("volunteer", PASSWORD, &far(home)).unwrap();
    }
    office.perform(&station.admin, key_of("supervisor")).unwrap();
    office.sign_in_by_key("supervisor", KEY, &far("192.0.2.8")).unwrap();
    for name in ["volunteer", "supervisor"] {
        for n in 0..40 {
            let stranger = far(&format!("198.51.100.{n}"));
            assert!(office.sign_in(name, "guess", &stranger).is_err());
        }
        let fresh = office.sign_in(name, PASSWORD, &far("203.0.113.1")).unwrap_err();
        assert!(fresh.message.zh.contains("秒"), "{}", fresh.message.zh);
    }
    let homes = |office: &Office| {
        // From another place of the same network too.
        for home in ["192.0.2.7:40000", "2001:db8:1:2:9::9"] {
            office.sign_in("volunteer", PASSWORD, &far(home)).unwrap();
        }
        office.sign_in("supervisor", PASSWORD, &far("192.0.2.8")).unwrap();
    };
    homes(office);
    office.close().unwrap();
    let again = station.copy(None);
    assert!(again.office.sign_in("volunteer", PASSWORD, &far("203.0.113.1")).is_err());
    homes(&again.office);
}

fn key_of(name: &str) -> yizhan::office::Command {
    yizhan::office::Command::AddKey { name: name.into(), key: KEY.into() }
}

#[test]
fn no_answer_tells_which_accounts_there_are() {
    let station = Station::new();
    // Whoever tried names nobody has, and then one, waits for it as for one somebody has.
    let answers = |name: &str, address: &str| -> Vec<String> {
        let names = ["guess0", "guess1", "guess2", name, name, name, name, name];
        let tries = names.map(|name| station.office.sign_in(name, "guess", &far(address)));
        tries.map(|answer| answer.unwrap_err().message.zh.to_string()).into()
    };
    let somebodys = answers("volunteer", "192.0.2.7");
    assert!(somebodys[7].contains("秒"), "{somebodys:?}");
    assert_eq!(somebodys, answers("nobody", "192.0.2.8"));
}

#[test]
fn a_flood_of_refused_sign_ins_leaves_the_journal_as_it_was_and_is_seen_in_the_log() {
    let desk = office();
    let serve = || Service::start(desk.acting(&["serve"]));
    let mut service = serve();
    let before = journal(&desk.data());
    let wrong = desk.write("wrong", "not this\n");
    let try_as = |name: &str| {
        let mut command = desk.yizhan(&["find", "x"]);
        command.args(["--as", name, "--password-file"]).arg(&wrong);
        assert!(!command.output().unwrap().status.success());
    };
    (0..2).for_each(|_| try_as("审核员乙"));
    (0..40).for_each(|n| try_as(&format!("nobody{n}")));
    try_as(&"长".repeat(1_000));
    assert!(journal(&desk.data()) == before);
    let told = || {
        let lines = json_lines(&desk.done(&["log", "--what", "sign-ins", "--json"]));
        let line = |line: &serde_json::Value| {
            let by = line["by"].as_str().unwrap().to_string();
            (by, line["count"].as_u64().unwrap())
        };
        lines.iter().map(line).collect::<Vec<_>>()
    };
    let cut = format!("{}…", "长".repeat(39));
    let expected = [(cut, 41), ("审核员乙".to_string(), 2)];
    assert_eq!(told(), expected);
    let by_account = desk.done(&["log", "--account", "审核员乙", "--what", "sign-ins"]);
    assert!(by_account.contains("登录被拒绝 2 次"), "{by_account}");
    service.signal("TERM");
    assert_eq!(service.ended(), Some(0));
    assert_eq!(told(), expected);
    drop(serve());
    assert_eq!(told(), expected);
}

#[test]
fn whoever_is_refused_is_kept_in_so_many_rows_and_every_time_is_counted() {
    let station = Station::new();
    let (office, before) = (&station.office, station.office.head_seq());
    for n in 0..3_000 {
        let name = format!("{n}{}", "x".repeat(250_000 * usize::from(n == 0)));
        let source = far(&format!("198.51.{}.{}", n / 250, n % 250));
        assert!(office.sign_in_by_key(&name, KEY, &source).is_err());
    }
    // A known account is not drowned by them, nor is what comes afterwards.
    for _ in 0..2 {
        assert!(office.sign_in_by_key("supervisor", KEY, &far("192.0.2.7")).is_err());
    }
    assert_eq!(office.head_seq(), before);
    let lines = refused(office, &station);
    assert!(lines.len() <= 513, "{}", lines.len());
    assert_eq!(lines.iter().map(|line| line.count).sum::<u64>(), 3_002);
    assert!(lines.iter().all(|line| line.by.chars().count() <= 40));
    let supervisor = lines.iter().find(|line| line.by == "supervisor").unwrap();
    assert_eq!((supervisor.count, supervisor.from.en.as_ref()), (2, "SSH 192.0.2.7"));
    let mut screen = station.session(160, 40);
    screen.signs_in("auditor").press("l").shows("supervisor 登录被拒绝 2 次");
    // Pages of it are cut where the whole is.
    let filter = LogFilter { what: Some(LogKind::SignIns), ..LogFilter::default() };
    let page = office.log(&station.admin, &filter, 200, 200).unwrap();
    assert_eq!((page.total, &page.lines[..]), (lines.len(), &lines[200..400]));
    office.close().unwrap();
    let again = station.copy(None);
    assert_eq!(refused(&again.office, &again), lines);
}
