use super::paste::LARGEST_PASTE;
use super::*;
use crate::terminal::event::Reply;
use proptest::prelude::*;

fn fed(pieces: &[&[u8]]) -> (Parser, Vec<Event>) {
    let mut parser = Parser::new();
    let mut out = Vec::new();
    for piece in pieces {
        parser.feed(piece, &mut out);
    }
    (parser, out)
}

fn events(bytes: impl AsRef<[u8]>) -> Vec<Event> {
    fed(&[bytes.as_ref()]).1
}

fn keys(names: &[&str]) -> Vec<Event> {
    names.iter().map(|name| Event::Key(name.parse().unwrap())).collect()
}

fn expired(bytes: impl AsRef<[u8]>) -> Vec<Event> {
    let (mut parser, mut out) = fed(&[bytes.as_ref()]);
    parser.expire(&mut out);
    assert_eq!(parser.waiting(), None);
    out
}

/// Every way to cut `bytes` in two gives what the whole gives.
fn in_two(bytes: &[u8]) -> Vec<Event> {
    let whole = events(bytes);
    for cut in 0..=bytes.len() {
        let (head, tail) = bytes.split_at(cut);
        assert_eq!(fed(&[head, tail]).1, whole, "cut at {cut}");
    }
    whole
}

#[test]
fn plain_keys() {
    assert_eq!(events("a~ A"), keys(&["a", "~", "Space", "A"]));
    assert_eq!(
        events("\r\n\t\x7f\x08"),
        keys(&["Enter", "Enter", "Tab", "Backspace", "Backspace"])
    );
    assert_eq!(events(b"\x00\x01\x13\x1a\x1c\x1f"), {
        keys(&["Ctrl-Space", "Ctrl-A", "Ctrl-S", "Ctrl-Z", "Ctrl-\\", "Ctrl-_"])
    });
}

#[test]
fn chinese_cut_at_any_byte() {
    assert_eq!(in_two("驿站𠮷é".as_bytes()), keys(&["驿", "站", "𠮷", "é"]));
    let (parser, out) = fed(&["驿".as_bytes().split_at(2).0]);
    assert_eq!((parser.waiting(), out.len()), (None, 0));
}

#[test]
fn sequences_and_alt_cut_at_any_byte() {
    assert_eq!(in_two(b"\x1b[1;5A\x1bx\x1b[15~"), keys(&["Ctrl-Up", "Alt-x", "F5"]));
    assert_eq!(in_two("\x1b站".as_bytes()), keys(&["Alt-站"]));
    assert_eq!(in_two(b"\x1b\r\x1b\x7f"), keys(&["Alt-Enter", "Alt-Backspace"]));
}

#[test]
fn function_keys_of_all_kinds() {
    assert_eq!(events(b"\x1bOP\x1bOQ\x1bOR\x1bOS"), keys(&["F1", "F2", "F3", "F4"]));
    assert_eq!(
        events(b"\x1b[11~\x1b[12~\x1b[13~\x1b[14~\x1b[15~\x1b[17~\x1b[18~\x1b[19~"),
        keys(&["F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8"])
    );
    assert_eq!(events(b"\x1b[20~\x1b[21~\x1b[23~\x1b[24~"), keys(&["F9", "F10", "F11", "F12"]));
    assert_eq!(events(b"\x1b[[A\x1b[[B\x1b[[E"), keys(&["F1", "F2", "F5"]));
    assert_eq!(events(b"\x1b[1;2P\x1b[1;2R\x1b[15;5~"), keys(&["Shift-F1", "Shift-F3", "Ctrl-F5"]));
}

#[test]
fn cursor_and_editing_keys_of_all_kinds() {
    assert_eq!(
        events(b"\x1b[A\x1bOB\x1b[C\x1bOD\x1b[Z"),
        keys(&["Up", "Down", "Right", "Left", "Shift-Tab"])
    );
    assert_eq!(events(b"\x1b[H\x1bOH\x1b[1~\x1b[7~"), keys(&["Home"; 4]));
    assert_eq!(events(b"\x1b[F\x1bOF\x1b[4~\x1b[8~"), keys(&["End"; 4]));
    assert_eq!(
        events(b"\x1b[2~\x1b[3~\x1b[5~\x1b[6~"),
        keys(&["Insert", "Delete", "PageUp", "PageDown"])
    );
    // rxvt
    assert_eq!(
        events(b"\x1b[3$\x1b[3^\x1b[3@\x1b[a\x1bOa"),
        keys(&["Shift-Delete", "Ctrl-Delete", "Ctrl-Shift-Delete", "Shift-Up", "Ctrl-Up"])
    );
    // the number block
    assert_eq!(events(b"\x1bOM\x1bOj\x1bOp\x1bOy"), keys(&["Enter", "*", "0", "9"]));
}

#[test]
fn modifiers() {
    assert_eq!(
        events(b"\x1b[1;5A\x1b[1;3B\x1b[1;2C\x1b[1;8D\x1b[3;5~"),
        keys(&["Ctrl-Up", "Alt-Down", "Shift-Right", "Ctrl-Alt-Shift-Left", "Ctrl-Delete"])
    );
    assert_eq!(
        events(b"\x1b\x1b[A\x1b\x1bOB\x1b\x1b[5~"),
        keys(&["Alt-Up", "Alt-Down", "Alt-PageUp"])
    );
    // modifyOtherKeys
    assert_eq!(events(b"\x1b[27;5;13~\x1b[27;2;9~"), keys(&["Ctrl-Enter", "Shift-Tab"]));
}

#[test]
fn kitty_keys() {
    assert_eq!(
        events(b"\x1b[27u\x1b[13u\x1b[97;5u\x1b[9;2u\x1b[127;3u"),
        keys(&["Esc", "Enter", "Ctrl-A", "Shift-Tab", "Alt-Backspace"])
    );
    assert_eq!(events(b"\x1b[97;4u\x1b[49:33;2u"), keys(&["Alt-A", "!"]));
    assert_eq!(events(b"\x1b[97;6u"), keys(&["Ctrl-Shift-A"]));
    // A release, a bare modifier and a Super combination are no keys of ours.
    assert_eq!(events(b"\x1b[97;1:3u\x1b[57441;2u\x1b[97;9u\x1b[1;1:3A"), []);
    assert_eq!(events(b"\x1b[57400u\x1b[57376u\x1b[57419u"), keys(&["1", "F13", "Up"]));
}

#[test]
fn a_lone_escape_waits_for_its_timer() {
    let (mut parser, mut out) = fed(&[b"\x1b"]);
    assert_eq!((parser.waiting(), out.len()), (Some(Waiting::Escape), 0));
    parser.expire(&mut out);
    parser.feed(b"[", &mut out);
    assert_eq!(out, keys(&["Esc", "["]));
    assert_eq!(expired(b"\x1b\x1b"), keys(&["Esc", "Esc"]));
    assert_eq!(events(b"\x1b\x1bx"), keys(&["Esc", "Alt-x"]));
    assert_eq!(expired(b"\x1b\x1b\x1b"), keys(&["Esc", "Esc", "Esc"]));
}

#[test]
fn a_key_after_an_unfinished_sequence_is_not_eaten() {
    for (bytes, first) in [
        (&b"\x1b["[..], &["Alt-["][..]),
        (b"\x1bO", &["Alt-O"]),
        (b"\x1b]", &["Alt-]"]),
        (b"\x1bP", &["Alt-P"]),
        (b"\x1b_", &["Alt-_"]),
        (b"\x1b\x1b[", &["Esc", "Alt-["]),
        (b"\x1b[1;", &[]),
        (b"\x1b[[", &[]),
        (b"\x1b]11;rgb:", &[]),
        (b"\x1bP>|kitty", &[]),
    ] {
        let (mut parser, mut out) = fed(&[bytes]);
        assert_eq!(parser.waiting(), Some(Waiting::Sequence), "{bytes:?}");
        parser.expire(&mut out);
        parser.feed(b"j", &mut out);
        assert_eq!(out, keys(&[first, &["j"]].concat()), "{bytes:?}");
    }
}

#[test]
fn typing_on_after_alt_with_a_bracket() {
    assert_eq!(events(b"\x1b]ok\r"), keys(&["Alt-]", "o", "k", "Enter"]));
    assert_eq!(events(b"\x1bPok"), keys(&["Alt-P", "o", "k"]));
    assert_eq!(events("\x1b[站".as_bytes()), keys(&["Alt-[", "站"]));
    assert_eq!(events(b"\x1b[\x1b[A"), keys(&["Alt-[", "Up"]));
    assert_eq!(events(b"\x1b]12\rx"), keys(&["Enter", "x"]));
}

#[test]
fn pastes() {
    let paste = |text: &str| vec![Event::Paste(text.to_string())];
    assert_eq!(in_two("\x1b[200~渝中\r\n区\ta\x1b[201~".as_bytes()), paste("渝中\n区\ta"));
    assert_eq!(events(b"\x1b[200~\x1b[201~"), paste(""));
    // The end mark is found after its own beginning, and escapes do not come through.
    assert_eq!(events(b"\x1b[200~a\x1b[20\x1b[201~"), paste("a[20"));
    assert_eq!(events(b"\x1b[200~\x1b]0;x\x07\x1b[201~"), paste("]0;x"));
    // A stray end mark is nothing.
    assert_eq!(events(b"\x1b[201~a"), keys(&["a"]));
    let (parser, out) = fed(&[b"\x1b[200~abc"]);
    assert_eq!((parser.waiting(), out.len()), (None, 0));
}

#[test]
fn large_pastes() {
    let text = "渝".repeat(1 << 20);
    let bytes = format!("\x1b[200~{text}\x1b[201~x");
    let (_, out) = fed(&bytes.as_bytes().chunks(4093).collect::<Vec<_>>());
    assert_eq!(out, [Event::Paste(text), Event::Key(Key::char('x'))]);

    let over = format!("\x1b[200~{}\x1b[201~x", "渝".repeat(LARGEST_PASTE / 3 + 100));
    let out = events(over);
    let Event::Paste(kept) = &out[0] else { panic!("no paste") };
    assert_eq!(kept.chars().count(), LARGEST_PASTE / 3);
    assert!(kept.chars().all(|c| c == '渝'));
    assert_eq!(out[1..], keys(&["x"]));
}

#[test]
fn bytes_that_are_no_text() {
    for wrong in [&b"\xff"[..], b"\xe9", b"\xe6\xb8", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80"] {
        let (parser, out) = fed(&[wrong, b"abc"]);
        assert_eq!(out, keys(&["a", "b", "c"]), "{wrong:?}");
        assert!(parser.malformed() > 0);
    }
    // 驿站 in GBK
    let (parser, out) = fed(&[b"\xe6\xe4\xd5\xbe", b"abc"]);
    assert_eq!(out[out.len() - 3..], keys(&["a", "b", "c"]));
    assert!(parser.malformed() > 0);
}

#[test]
fn answers_are_never_text() {
    for (bytes, reply) in [
        (&b"\x1b[?62;4;22c"[..], Reply::Attributes(vec![62, 4, 22])),
        (b"\x1b[>41;380;0c", Reply::Other),
        (b"\x1b[?2026;2$y", Reply::Mode { mode: 2026, state: 2 }),
        (b"\x1b[4;1$y", Reply::Other),
        (b"\x1b]11;rgb:ffff/8080/0000\x1b\\", Reply::Background(255, 128, 0)),
        (b"\x1b]11;rgb:1e/1e/2e\x07", Reply::Background(0x1e, 0x1e, 0x2e)),
        (b"\x1b]11;#102030\x07", Reply::Background(0x10, 0x20, 0x30)),
        (b"\x1b]10;rgb:0/0/0\x07", Reply::Other),
        (b"\x1bP>|kitty(0.40.1)\x1b\\", Reply::Version("kitty(0.40.1)".into())),
        (b"\x1bP1+r524742=38\x1b\\", Reply::Other),
        (b"\x1b_Gi=31;OK\x1b\\", Reply::Other),
        (b"\x1b[2;3R", Reply::Cursor { row: 2, column: 3 }),
        (b"\x1b[?1;2R", Reply::Cursor { row: 1, column: 2 }),
        (b"\x1b[0n", Reply::Ready),
        (b"\x1b[?1u", Reply::KittyFlags(1)),
        (b"\x1b[8;24;80t", Reply::Other),
    ] {
        assert_eq!(in_two(bytes), [Event::Reply(reply)], "{bytes:?}");
    }
}

/// In-band resize (mode 2048) and answers like it, and the usual ones, each right after an Esc:
/// the key and the answer both come through, however the bytes are cut.
#[test]
fn an_escape_before_an_answer_is_the_key() {
    let esc = || Event::Key(Key::plain(KeyCode::Esc));
    let more: [&[u8]; 5] =
        [b"\x1b[48;24;80;480;1280t", b"\x1b[?64c", b"\x1b[?6n", b"\x1b[?997;1n", b"\x1b[3;9R"];
    for answer in ANSWERS.into_iter().chain(more) {
        let Some(reply) = events(answer).pop() else { panic!("{answer:?}") };
        for escapes in 1..4 {
            let bytes = [b"\x1b".repeat(escapes).as_slice(), answer, b"j"].concat();
            let mut expected = vec![esc(); escapes];
            expected.extend([reply.clone(), Event::Key(Key::char('j'))]);
            assert_eq!(in_two(&bytes), expected, "{bytes:?}");
            for (i, _) in bytes.iter().enumerate() {
                let singly: Vec<_> = bytes.chunks(i + 1).collect();
                assert_eq!(fed(&singly).1, expected, "{bytes:?} by {i}");
            }
        }
    }
    assert_eq!(in_two(b"\x1b\x1b[200~a\x1b[201~"), [esc(), Event::Paste("a".into())]);
    // Keys with the Esc of Alt stay what they were, also when answers are among them.
    let mixed = b"\x1b\x1b[A\x1b[0n\x1b\x1b[0n\x1bx\x1b\x1bOP\x1b\x1b[[B\x1b\x1b[15~";
    assert_eq!(
        in_two(mixed).into_iter().filter(|e| matches!(e, Event::Key(_))).collect::<Vec<_>>(),
        keys(&["Alt-Up", "Esc", "Alt-x", "Alt-F1", "Alt-F2", "Alt-F5"])
    );
}

/// The wait for the rest ran out in the middle: the Esc is given once more at most, and nothing of
/// the answer is text.
#[test]
fn an_escape_before_an_answer_that_was_held_up() {
    for (answer, cut, escapes) in
        [("\x1b[0n", 2, 2), ("\x1b[?62;4c", 2, 2), ("\x1b[?62;4c", 4, 1), ("\x1b[?2026;2$y", 5, 1)]
    {
        let bytes = [b"\x1b", answer.as_bytes()].concat();
        let (mut parser, mut out) = fed(&[&bytes[..cut]]);
        parser.expire(&mut out);
        parser.feed(&[&bytes[cut..], b"j"].concat(), &mut out);
        out.retain(|event| matches!(event, Event::Key(_)));
        let mut expected = vec![Event::Key(Key::plain(KeyCode::Esc)); escapes];
        expected.push(Event::Key(Key::char('j')));
        assert_eq!(out, expected, "{answer:?} at {cut}");
    }
}

/// PuTTY's manual, section "Changing the action of the function keys and keypad", and what its
/// small keypad sends.
#[test]
fn putty_in_each_of_its_modes() {
    let named = |before: &str, range: std::ops::RangeInclusive<u8>| {
        range.map(|n| format!("{before}F{n}").parse().map(Event::Key).unwrap()).collect::<Vec<_>>()
    };
    let all = |lead: &str, letters: &str| {
        in_two(letters.chars().map(|c| format!("\x1b{lead}{c}")).collect::<String>().as_bytes())
    };
    // VT100+: ESC O P to ESC O [
    assert_eq!(all("O", "PQRSTUVWXYZ["), named("", 1..=12));
    // SCO: ESC [ M to ESC [ X, with Shift Y to j, with Ctrl k to v, with both w to {
    assert_eq!(all("[", "MNOPQRSTUVWX"), named("", 1..=12));
    assert_eq!(all("[", "efghij"), named("Shift-", 7..=12));
    assert_eq!(all("[", "Y"), named("Shift-", 1..=1));
    assert_eq!(all("[", "klmnopqrstuv"), named("Ctrl-", 1..=12));
    assert_eq!(all("[", "wxyz@"), named("Ctrl-Shift-", 1..=5));
    assert_eq!(all("[", "\\]^_`{"), named("Ctrl-Shift-", 7..=12));
    assert_eq!(all("[", "HLFIG"), keys(&["Home", "Insert", "End", "PageUp", "PageDown"]));
    // What other terminals send there.
    assert_eq!(all("[", "Zab"), keys(&["Shift-Tab", "Shift-Up", "Shift-Down"]));
    assert_eq!(events(b"\x1b[1;2P\x1b[1;2S\x1b[1;5Q"), keys(&["Shift-F1", "Shift-F4", "Ctrl-F2"]));
    // Linux, Xterm R6 and the default, and Alt in front of any.
    assert_eq!(all("[[", "ABCDE"), named("", 1..=5));
    assert_eq!(events(b"\x1b\x1b[M\x1b\x1bOX\x1b\x1b[17~"), keys(&["Alt-F1", "Alt-F9", "Alt-F6"]));
    // A kitty keyboard writes F1, F2 and F4 as CSI P, Q and S.
    assert_eq!(events(b"\x1b[?0u\x1b[P\x1b[Q\x1b[S\x1b[13~")[1..], keys(&["F1", "F2", "F4", "F3"]));
}

/// Answers of terminals, whole.
const ANSWERS: [&[u8]; 14] = [
    b"\x1b[?62;4;22c",
    b"\x1b[>41;380;0c",
    b"\x1b[?2026;2$y",
    b"\x1b[4;1$y",
    b"\x1b]11;rgb:ffff/8080/0000\x1b\\",
    b"\x1b]10;rgb:0/0/0\x07",
    b"\x1bP>|kitty(0.40.1)\x1b\\",
    b"\x1bP1+r524742=38\x1b\\",
    b"\x1b_Gi=31;OK\x1b\\",
    b"\x1b[2;3R",
    b"\x1b[24;80R",
    b"\x1b[0n",
    b"\x1b[?1u",
    b"\x1b[8;24;80t",
];

/// A line may hold an answer up in the middle for longer than anybody waits: what follows is no
/// text either, wherever the answer was cut.
#[test]
fn the_rest_of_an_answer_that_was_held_up_is_not_text() {
    for answer in ANSWERS {
        // Cut before its last byte the rest is one a person could have typed; cut right after
        // `ESC [`, `ESC ]` and the like the beginning is a key with Alt.
        for cut in [1].into_iter().chain(3..answer.len() - 1) {
            if answer.starts_with(b"\x1b[0n") || answer.starts_with(b"\x1b_") && cut == 1 {
                continue;
            }
            let (mut parser, mut out) = fed(&[&answer[..cut]]);
            parser.expire(&mut out);
            parser.feed(&[&answer[cut..], b"j"].concat(), &mut out);
            let keys: Vec<Event> =
                out.into_iter().filter(|event| matches!(event, Event::Key(_))).collect();
            let mut expected = vec![Event::Key(Key::char('j'))];
            if cut == 1 {
                expected.insert(0, Event::Key(Key::plain(KeyCode::Esc)));
            }
            assert_eq!(keys, expected, "{answer:?} at {cut}");
        }
    }
    // What a person types after an Esc is what they typed.
    for typed in [&b"["[..], b"[?", b"]", b"P", b"2c", b"c", b"[x", b"j"] {
        let (mut parser, mut out) = fed(&[b"\x1b"]);
        parser.expire(&mut out);
        parser.feed(typed, &mut out);
        assert_eq!(out.len(), 1 + typed.len(), "{typed:?}");
    }
}

#[test]
fn what_is_not_understood_is_dropped() {
    assert_eq!(events(b"\x1b[38;5;1m\x1b[999~\x1b[<0;1;1M\x1b[5 q\x1b[#x"), []);
    let long = [b"\x1b[".as_slice(), &b"1".repeat(100_000), b"Aj"].concat();
    assert_eq!(events(long), keys(&["j"]));
    let long = [b"\x1b]11;".as_slice(), &b"x".repeat(100_000), b"\x07j"].concat();
    assert_eq!(events(long), [Event::Reply(Reply::Other), Event::Key(Key::char('j'))]);
    // C1 controls in UTF-8 are neither text nor sequences.
    assert_eq!(events("\u{9b}A"), keys(&["A"]));
    // A string cut short by a key sequence.
    assert_eq!(events(b"\x1b]11;rgb\x1b[A"), keys(&["Up"]));
}

/// Bytes as terminals send them, well formed and not, in any order.
fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            &b"\x1b"[..], b"\x1b[", b"\x1bO", b"\x1b]", b"\x1bP", b"[", b"\x1b\\", b"\x07", b"~", b"1;5",
            b"\x1b[200~", b"\x1b[201~", b"\x1b[A", b"\x1b[27;5;13~", b"\x1b[M", b"\x1b[[", b";", b"$", b"u",
        ]).prop_map(<[u8]>::to_vec),
        2 => prop::sample::select(vec!["驿", "站", "é", "a", "\r", "𠮷"])
            .prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..6),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_split_gives_the_same(bytes in any_bytes(), cuts in prop::collection::vec(0usize..64, 0..8)) {
        let (mut whole, mut expected) = fed(&[&bytes]);
        let mut parser = Parser::new();
        let mut out = Vec::new();
        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.sort_unstable();
        let mut from = 0;
        for to in cuts.into_iter().chain([bytes.len()]) {
            parser.feed(&bytes[from..to], &mut out);
            from = to;
        }
        prop_assert_eq!(&out, &expected);
        prop_assert_eq!(parser.waiting(), whole.waiting());
        prop_assert_eq!(parser.malformed(), whole.malformed());
        parser.expire(&mut out);
        whole.expire(&mut expected);
        prop_assert_eq!(out, expected);
    }

    /// Keys and answers in any order and any pieces: every key comes through, no answer does.
    #[test]
    fn answers_among_keys_in_any_pieces(
        pieces in prop::collection::vec((prop::sample::select(ANSWERS.to_vec()), "[a-z驿站]{0,3}"), 1..8),
        cuts in prop::collection::vec(0usize..200, 0..12),
    ) {
        let mut bytes = Vec::new();
        let mut expected = Vec::new();
        for (answer, typed) in &pieces {
            bytes.extend_from_slice(answer);
            bytes.extend_from_slice(typed.as_bytes());
            expected.extend(typed.chars().map(|c| Event::Key(Key::char(c))));
        }
        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.sort_unstable();
        let mut parser = Parser::new();
        let mut out = Vec::new();
        let mut from = 0;
        for to in cuts.into_iter().chain([bytes.len()]) {
            parser.feed(&bytes[from..to], &mut out);
            from = to;
        }
        let replies = out.iter().filter(|event| matches!(event, Event::Reply(_))).count();
        prop_assert_eq!(replies, pieces.len());
        out.retain(|event| matches!(event, Event::Key(_)));
        prop_assert_eq!(out, expected);
    }

    #[test]
    fn a_later_key_is_never_lost(bytes in any_bytes()) {
        let (mut parser, mut out) = fed(&[&bytes]);
        parser.expire(&mut out);
        if matches!(parser.state, State::Paste(_)) {
            parser.feed(b"\x1b[201~", &mut out);
        }
        out.clear();
        parser.feed(b"j", &mut out);
        prop_assert_eq!(out, keys(&["j"]));
    }
}
