//! Who is let in: passwords, keys, strangers, algorithms.

use super::*;

#[test]
fn a_password_signs_in_and_a_wrong_one_does_not() {
    if !have_ssh() {
        return;
    }
    let house = House::open();
    let mut app = house.ssh(&["-l", "志愿者甲", "-o", "PubkeyAuthentication=no"]);
    app.wait_for("password:");
    app.press("wrong\r");
    app.wait("the second question", |app| {
        app.screen.screen().contents().matches("password:").count() == 2
    });
    app.press(PASSWORD);
    app.press("\r");
    app.wait_for_home("志愿者甲");
    app.press("\x11");
    assert_eq!(app.ended(), 0);
}

#[test]
fn a_wrong_key_is_refused() {
    if !have_ssh() {
        return;
    }
    let house = House::open();
    // A key nobody has named, and one that opens another account.
    let unknown = house.desk.file("id_unknown");
    keygen(&["-t", "ed25519", "-f", shown(&unknown)]);
    for key in [unknown, house.desk.file(VOLUNTEERS_KEY)] {
        let mut command = Command::new("ssh");
        command.stdin(Stdio::null()).args(house.options()).args(["-p", &house.port]);
        command.args(["-o", "BatchMode=yes", "-i", shown(&key), "-l", "审核员乙"]);
        let output = command.args(["127.0.0.1", "find", "x"]).output().unwrap();
        assert_eq!(output.status.code(), Some(255));
        let said = text(&output.stderr);
        assert!(said.contains("Permission denied (publickey,password)"), "{said}");
    }
}

#[test]
fn a_disabled_account_is_shown_out_and_not_let_in_again() {
    if !have_ssh() {
        return;
    }
    let station = Station::new();
    let hall = Hall::open(station.office.clone());
    let inside = Inside::open(&hall);
    let mut app = inside.window("volunteer");
    let disable = office::Command::DisableAccount { name: "volunteer".into() };
    station.office.perform(&station.admin, disable).unwrap();
    app.wait_for("已停用");
    assert_eq!(app.ended(), 0);
    let port = inside.server.address().port().to_string();
    let mut again = window(
        &port,
        inside.folder.path(),
        &["-l", "volunteer", "-o", "NumberOfPasswordPrompts=1"],
    );
    again.wait_for("password:");
    again.press(PASSWORD);
    again.press("\r");
    again.wait_for("Permission denied");
    assert_eq!(again.ended(), 255);
}

#[test]
fn only_modern_algorithms_are_spoken() {
    if !have_ssh() {
        return;
    }
    let house = House::open();
    for old in [
        "KexAlgorithms=diffie-hellman-group14-sha1",
        "KexAlgorithms=diffie-hellman-group14-sha256",
        "KexAlgorithms=ecdh-sha2-nistp256",
        "Ciphers=aes128-cbc",
        "Ciphers=aes256-ctr",
        "HostKeyAlgorithms=rsa-sha2-512",
    ] {
        let refused = house.run(&["-o", old], &["find", "x"]);
        let said = text(&refused.stderr);
        assert!(said.contains("no matching"), "{old}: {said}");
    }
    for new in [
        "KexAlgorithms=curve25519-sha256",
        "Ciphers=chacha20-poly1305@openssh.com",
        "Ciphers=aes256-gcm@openssh.com",
        "Compression=yes",
    ] {
        let served = house.run(&["-o", new], &["find", "x"]);
        assert!(served.status.success(), "{new}: {}", text(&served.stderr));
    }
}

/// A client that cannot be spoken with leaves a line in the service's log.
#[test]
fn a_client_with_older_algorithms_only_is_told_of_in_the_log() {
    if !have_ssh() {
        return;
    }
    let known = Command::new("ssh").args(["-Q", "kex"]).output().unwrap();
    if !text(&known.stdout).contains("diffie-hellman-group14-sha1") {
        println!("skipped: this ssh no longer has diffie-hellman-group14-sha1");
        return;
    }
    let mut house = House::open();
    let old = "KexAlgorithms=diffie-hellman-group14-sha1";
    (0..10).for_each(|_| assert!(!house.run(&["-o", old], &["find", "x"]).status.success()));
    assert!(house.run(&[], &["find", "x"]).status.success());
    let log = house.service.child.stderr.take().unwrap();
    drop(house);
    let log: Vec<String> = BufReader::new(log).lines().map(Result::unwrap).collect();
    let told = |line: &&String| line.contains("127.0.0.1") && line.contains("group14-sha1");
    assert_eq!(log.iter().filter(told).count(), 3, "{log:?}");
    assert!(log[0].contains("curve25519-sha256") && log[0].contains("OpenSSH"), "{log:?}");
}

/// What the server greets with; nothing when it does not greet at all.
pub fn greeting(stream: &TcpStream) -> String {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut line = String::new();
    // A connection that is one too many may also be reset.
    let _ = BufReader::new(stream).read_line(&mut line);
    line
}

#[test]
fn whoever_says_nothing_is_let_go_and_takes_nobodys_place_for_long() {
    let station = Station::new();
    let limits = Limits { of_source: 1, grace: Duration::from_millis(300), ..Limits::default() };
    let inside = Inside::within(&Hall::open(station.office.clone()), limits);
    let silent = TcpStream::connect(inside.server.address()).unwrap();
    assert_eq!(greeting(&silent), "SSH-2.0-yizhan\r\n");
    let one_too_many = TcpStream::connect(inside.server.address()).unwrap();
    assert_eq!(greeting(&one_too_many), "");
    // Its time is over: the end comes, and the place is free again.
    assert_eq!(greeting(&silent), "");
    let deadline = Instant::now() + PATIENCE;
    loop {
        let next = TcpStream::connect(inside.server.address()).unwrap();
        if !greeting(&next).is_empty() {
            break;
        }
        assert!(Instant::now() < deadline, "the place is still taken");
    }
}

#[test]
fn one_address_connects_so_often_and_no_more() {
    let station = Station::new();
    let limits = Limits { burst: 3, pace: Duration::from_secs(3600), ..Limits::default() };
    let inside = Inside::within(&Hall::open(station.office.clone()), limits);
    let greeted = |_| {
        let stream = TcpStream::connect(inside.server.address()).unwrap();
        !greeting(&stream).is_empty()
    };
    assert_eq!((0..5).map(greeted).collect::<Vec<_>>(), [true, true, true, false, false]);
}

#[test]
fn the_host_key_stays_the_same() {
    if !have_ssh() {
        return;
    }
    let house = House::open();
    assert!(house.run(&[], &["find", "x"]).status.success());
    let House { desk, service, key, fingerprint, .. } = house;
    drop(service);
    let service = Service::saying(desk.acting(&["serve", "--ssh", "127.0.0.1:0"]), 2);
    assert!(service.ready.contains(&fingerprint));
    let shown_by_client = Command::new("ssh-keygen")
        .args(["-l", "-f", shown(&desk.data().join("ssh_host_ed25519_key"))])
        .output()
        .unwrap();
    assert!(text(&shown_by_client.stdout).contains(&fingerprint));
    drop(key);
    // The same by the command, while it is served; and another key from the next start on.
    assert!(desk.done(&["host-key"]).contains(&fingerprint));
    let shown: serde_json::Value =
        serde_json::from_str(&desk.done(&["host-key", "--new", "--json"])).unwrap();
    let other = shown["fingerprint"].as_str().unwrap();
    assert!(other.starts_with("SHA256:") && other != fingerprint);
    drop(service);
    let service = Service::saying(desk.acting(&["serve", "--ssh", "127.0.0.1:0"]), 2);
    assert!(service.ready.contains(other), "{}", service.ready);
}

#[test]
fn ssh_audit_finds_no_failures() {
    if !have_ssh() {
        return;
    }
    if Command::new("ssh-audit").arg("--help").output().is_err() {
        println!("skipped: ssh-audit is missing, install it with pip");
        return;
    }
    let house = House::open();
    let audit = Command::new("ssh-audit")
        .args(["--no-colors", "--level=fail", "--skip-rate-test", "-p", &house.port, "127.0.0.1"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&audit.stdout).into_owned();
    assert!(!said.contains("[fail]"), "{said}");
    assert_ne!(audit.status.code(), Some(3), "{said}");
}
