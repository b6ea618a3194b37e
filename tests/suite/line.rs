//! What goes over a session's line: GBK terminals, old terminals, what terminals answer.

use crate::furnished;
use crate::stage::{PASSWORD, Station, start};
use encoding_rs::GB18030;
use yizhan::terminal::{Capabilities, Codec, LeanBackend};
use yizhan::ui::{Landing, Start};
use yizhan::words::Lang;

fn gbk(text: &str) -> Vec<u8> {
    GB18030.encode(text).0.into_owned()
}

/// A session as it starts for a terminal of this kind.
fn on(term: &str, locale: &str) -> Start {
    let capabilities = Capabilities::from_env_hints(term, "", false, locale);
    let lang = if capabilities.han { Lang::Zh } else { Lang::En };
    let codec = Codec::from_locale(locale);
    Start { capabilities, lang, locale: locale.into(), codec, ..start(80, 24) }
}

#[test]
fn a_gbk_terminal_is_written_and_read_in_gbk() {
    let station = furnished::station();
    let mut desk = station.seated(on("xterm", "zh_CN.GBK"));
    desk.codec = Codec::Gb18030;
    desk.bytes(b"\x0c").shows("请登录");
    desk.signs_in("volunteer").press("F2");
    // Split in the middle of a character.
    let name = gbk("单静");
    desk.bytes(&name[..1]).bytes(&name[1..3]).bytes(&name[3..]).shows("BN-人");
    desk.press("Enter").shows("单静").hides("─").hides("│");
    assert!(String::from_utf8(desk.bytes(b"\x0c").sent.clone()).is_err());
    desk.press("F2");
    desk.bytes(&[&b"\x1b[200~"[..], &gbk("欧阳靖雯"), b"\x1b[201~"].concat()).shows("欧阳靖雯");
}

#[test]
fn a_terminal_that_sends_gbk_is_told_once_and_can_be_switched() {
    let station = furnished::station();
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer").press("F2").bytes(&gbk("单静")).shows("terminal sends GBK");
    desk.shows("F1").press("Esc").hides("sends GBK");
    desk.bytes(&gbk("单静")).hides("sends GBK");
    // Through the list of keys, since no key is its own.
    desk.press("F9").types("enc").press("Enter");
    desk.codec = Codec::Gb18030;
    desk.bytes(b"\x0c").shows("GBK").press("Ctrl-U").bytes(&gbk("单静")).shows("BN-人");
    desk.press("F9").types("enc").press("Enter");
    desk.codec = Codec::Utf8;
    desk.bytes(b"\x0c").press("Ctrl-U").types("单静").shows("BN-人").shows("─");

    // Noise is no GBK, and neither is UTF-8 in pieces.
    let mut desk = station.session(80, 24);
    desk.signs_in("volunteer").press("F2").bytes(b"\xff\xfe");
    for byte in "单静".bytes() {
        desk.bytes(&[byte]);
    }
    desk.shows("BN-人").hides("sends GBK");
}

#[test]
fn half_a_character_does_not_take_a_later_key_along() {
    let station = Station::new();
    let mut desk = station.seated(on("xterm", "zh_CN.GB18030"));
    desk.codec = Codec::Gb18030;
    desk.bytes(b"\xe6");
    assert_eq!(desk.wake_in(), Some(std::time::Duration::from_secs(1)));
    desk.pause();
    assert_eq!(desk.wake_in(), None);
    desk.types("volunteer").press("Enter").types(PASSWORD).press("Enter").shows("要办的事");
}

/// A terminal of these kinds gets only what it understands: the console and video terminals no
/// questions, no modes and no symbols but ASCII; the console no Chinese, since it has no glyphs for
/// it; those called after a video terminal no colours.
#[test]
fn terminals_of_all_kinds() {
    let station = furnished::station();
    for term in ["linux", "xterm", "xterm-256color", "screen", "tmux-256color", "vt100", "vt220"] {
        let begun = on(term, "zh_CN.UTF-8");
        let caps = begun.capabilities.clone();
        let mut desk = station.seated(begun);
        let mut sent = [LeanBackend::enter(&caps), caps.probe(), desk.sent.clone()].concat();
        desk.types("supervisor").press("Enter").types(PASSWORD);
        for key in ["Enter", "F4", "Down", "Enter", "F1", "Esc", "Ctrl-T"] {
            sent.extend(&desk.press(key).sent);
        }
        sent.extend(LeanBackend::leave(&caps));
        let sent = String::from_utf8(sent).unwrap();
        let old = matches!(term, "linux" | "vt100" | "vt220");
        assert_eq!(sent.is_ascii(), term == "linux", "{term}");
        assert_eq!(sent.contains(['─', '│', '▸', '√', '…']), !old, "{term}");
        for modern in ["\x1b[?1049h", "\x1b[?2004h", "\x1b[?2026$p", "\x1b[c", "\x1b]11", "\x1b[<u"]
        {
            assert_eq!(!sent.contains(modern), old, "{term} {modern:?}");
        }
        // Not before the terminal said that it has them.
        assert!(!sent.contains("\x1b[?2026h") && !sent.contains("\x1b[>1u"), "{term}");
        let attributes = sent.split("\x1b[").filter_map(|rest| rest.split_once('m'));
        let coloured = attributes
            .flat_map(|(numbers, _)| numbers.split(';'))
            .any(|number| matches!(number.parse(), Ok(30..=37 | 90..=97)));
        assert_eq!(coloured, !term.starts_with("vt"), "{term}");
        desk.shows(if term == "linux" { "Return for" } else { "退回" });
    }
}

#[test]
fn answers_may_come_late_and_in_pieces_and_are_never_text() {
    let station = Station::new();
    let mut desk = station.session(80, 24);
    let answers = b"\x1b[2;3R\x1b[?2026;2$y\x1b[?0u\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1bP>|XTerm(390)\x1b\\\x1b[?64;1c";
    desk.types("vol");
    for byte in answers {
        desk.bytes(&[*byte]);
    }
    // Two cells for an ambiguous character: lines become ASCII.
    desk.types("unteer").shows("volunteer").hides("─").shows("---");
    for mode in ["\x1b[?2026h", "\x1b[?2026l"] {
        assert!(String::from_utf8_lossy(&desk.bytes(b"\x0c").sent).contains(mode));
    }
    assert!(desk.before_cursor().ends_with("volunteer"));
}

#[test]
fn the_kitty_keyboard_is_switched_on_when_it_is_offered() {
    let station = Station::new();
    let mut desk = station.session(80, 24);
    assert!(!String::from_utf8_lossy(&desk.sent).contains("\x1b[>1u"));
    assert_eq!(desk.bytes(b"\x1b[?0u").sent, b"\x1b[>1u");
    assert!(desk.bytes(b"\x1b[?1u").sent.is_empty(), "once is enough");
    // Esc is a whole sequence now and nothing waits for its rest.
    desk.types("x").bytes(b"\x1b[27u");
    assert_eq!(desk.wake_in(), None);
    // After a stop, which switched it off.
    assert!(desk.continues().sent.starts_with(b"\x1b[>1u"));
}

#[test]
fn where_a_person_lands() {
    let station = furnished::station();
    for (name, lands) in [("supervisor", "共 4 件"), ("volunteer", "要办的事")] {
        let mut desk = station.seated(Start { landing: Landing::Queue, ..start(80, 24) });
        desk.types(name).press("Enter").types(PASSWORD).press("Enter").shows(lands);
        // Home lies underneath.
        desk.press("Esc").shows("要办的事");
    }
}
