//! Commands that read, and everything that is refused.

use super::*;

#[test]
fn commands_that_read_are_carried_out_and_everything_else_is_refused_in_words() {
    if !have_ssh() {
        return;
    }
    let house = House::open();
    let mut volunteer = guest(&house.desk, "志愿者甲", "志愿者");
    makes_a_person(&mut volunteer, "张蕾");
    for line in [&["find", "zl"][..], &["find", "'张 蕾'"], &["find", "zl", "--kind", "person"]] {
        let found = house.run(&[], line);
        assert!(found.status.success(), "{}", text(&found.stderr));
        assert!(text(&found.stdout).contains("张蕾"), "{line:?}: {}", text(&found.stdout));
    }
    let found = house.run(&[], &["find", "--json", "zl"]);
    let line: serde_json::Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!(line["title"], "张蕾");
    let number = line["number"].as_str().unwrap();
    let sheet = house.run(&[], &["show", number]);
    assert!(text(&sheet.stdout).contains("张蕾"));
    for words in
        [&["sh"][..], &["bash -i"], &["export person"], &["scp -t /tmp"], &["account list"]]
    {
        let (status, said) = house.refused(words);
        assert!(status == Some(1) && said.contains("没有 shell"), "{words:?}: {status:?} {said}");
        assert!(said.contains("import 种类 - < 文件"), "{said}");
    }
    let (status, said) = house.refused(&["find 'x"]);
    assert!(status == Some(1) && said.contains("引号"), "{said}");
    let (status, said) = house.refused(&["decide", number, "--rules", "/etc/passwd"]);
    assert!(status == Some(2) && said.contains("--rules"), "{said}");
    let (status, said) = house.refused(&["show", "BN-0"]);
    assert!(status == Some(1) && said.contains("没有编号"), "{said}");
    let (status, said) = house.refused(&[]);
    assert!(status == Some(1) && said.contains("ssh -t"), "{said}");
}

#[test]
fn a_client_that_says_gbk_is_heard_and_answered_in_it() {
    if !have_ssh() {
        return;
    }
    let house = House::open();
    let mut volunteer = guest(&house.desk, "志愿者甲", "志愿者");
    makes_a_person(&mut volunteer, "张蕾");
    // 张蕾 in GB 2312: code points 5337 and 3257 of its table; 没有: 3532 and 5148.
    let in_gbk = |words: &[&[u8]]| {
        let words: Vec<&OsStr> = words.iter().map(|word| OsStr::from_bytes(word)).collect();
        house.command(&[]).env("LANG", "zh_CN.GBK").args(words).output().unwrap()
    };
    let holds = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|found| found == part);
    let found = in_gbk(&[b"find", b"\xd5\xc5\xc0\xd9"]);
    assert!(found.status.success() && holds(&found.stdout, b"\xd5\xc5\xc0\xd9"), "{found:?}");
    let refused = in_gbk(&[b"sh"]);
    assert!(holds(&refused.stderr, b"\xc3\xbb\xd3\xd0 shell"), "{refused:?}");
    // What is for machines stays UTF-8.
    let found = in_gbk(&[b"find", b"--json", b"\xd5\xc5\xc0\xd9"]);
    assert!(text(&found.stdout).contains("张蕾"), "{found:?}");
}

#[test]
fn nothing_is_forwarded_and_no_files_are_served() {
    if !have_ssh() {
        return;
    }
    let house = House::open();
    let through = house.run(&["-W", "127.0.0.1:22"], &[]);
    assert!(!through.status.success());
    assert!(text(&through.stderr).contains("stdio forwarding failed"), "{}", text(&through.stderr));
    let back = house.run(&["-N", "-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:22"], &[]);
    assert!(!back.status.success());
    assert!(text(&back.stderr).contains("forwarding failed"), "{}", text(&back.stderr));
    let files = house.run(&["-s"], &["sftp"]);
    assert!(!files.status.success());
    assert!(text(&files.stderr).contains("不提供文件传输"), "{}", text(&files.stderr));
    // The agent and the screen of the client stay its own; the session works all the same.
    let found = house.run(&["-A", "-X"], &["find", "没有这个人"]);
    assert_eq!(found.status.code(), Some(0), "{}", text(&found.stderr));
}
