use super::*;
use proptest::prelude::*;

#[test]
fn cells_not_characters() {
    assert_eq!(width("abc"), 3);
    assert_eq!(width("驿站"), 4);
    assert_eq!(width("张 a，"), 6);
    assert_eq!(width("e\u{301}"), 1);
    assert_eq!(width("👩‍👩‍👧"), 2);
    assert_eq!(width("a\u{1b}b\n"), 2);
    assert_eq!(width(""), 0);
}

#[test]
fn cut_and_filled() {
    assert_eq!(truncate("渝中区", 6), "渝中区");
    assert_eq!(truncate("渝中区", 5), "渝中…");
    assert_eq!(truncate("渝中区", 4), "渝…");
    assert_eq!(truncate("渝中区", 1), "…");
    assert_eq!(truncate("渝中区", 0), "");
    assert_eq!(pad("站", 4), "站  ");
    assert_eq!(pad_left("12", 4), "  12");
    assert_eq!(fit("渝中区", 4), "渝… ");
    assert_eq!(fit("渝", 4), "渝  ");
}

#[test]
fn latin_words_stay_whole_after_han() {
    assert_eq!(wrap("工会会员Order编号", 12), ["工会会员", "Order编号"]);
    assert_eq!(wrap("the quick brown fox", 9), ["the quick", "brown fox"]);
}

#[test]
fn marks_keep_their_place() {
    assert_eq!(wrap("困难职工，档案。", 8), ["困难职", "工，档", "案。"]);
    assert_eq!(wrap("依据《工会法》第二条", 6), ["依据", "《工会", "法》第", "二条"]);
    assert_eq!(wrap("他说“同意”了", 6), ["他说", "“同意”", "了"]);
    assert_eq!(wrap("don’t stop", 6), ["don’t", "stop"]);
}

#[test]
fn paragraphs_and_long_words() {
    assert_eq!(wrap("一\n\n二", 10), ["一", "", "二"]);
    assert_eq!(wrap("", 10), [""]);
    assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
    assert_eq!(wrap("字a", 1), ["字", "a"]);
    assert_eq!(wrap("ab cd", 0), ["a", "b", "c", "d"]);
    assert_eq!(wrap("  indented", 20), ["  indented"]);
}

#[test]
fn committed_characters_fold_to_keys() {
    for (c, key) in
        [('ｎ', 'n'), ('？', '?'), ('１', '1'), ('／', '/'), ('、', '/'), ('　', ' '), ('￥', '$')]
    {
        assert_eq!(fold_key(c), key);
    }
    for c in ['a', '张', 'é', '①', '½', '→'] {
        let folded = fold_key(c);
        assert!(folded == c || folded.is_ascii_digit(), "{c} became {folded}");
    }
    assert_eq!(fold_key('张'), '张');
}

#[test]
fn harmful_characters_are_shown_not_obeyed() {
    assert_eq!(harmless("渝中"), "渝中");
    assert_eq!(harmless("a\u{1b}[2Jb"), "a‹U+001B›[2Jb");
    assert_eq!(harmless("a\r\nb\tc"), "a b c");
    for c in ["\u{200b}", "\u{200d}", "\u{200f}", "\u{2060}", "\u{61c}", "\u{feff}", "\u{3164}"] {
        assert!(harmless(c).starts_with("‹U+"), "{c:?}");
    }
    assert_eq!(harmless("\u{e0041}"), "‹U+E0041›");
    assert_eq!(harmless("䶮\u{e0100}"), "䶮\u{e0100}");
    assert_eq!(visible("a\n\tb\u{7f}"), "a\n\tb‹U+007F›");
    assert_eq!(fit("a\u{202e}b", 11), "a‹U+202E›b ");
    assert_eq!(wrap("a\u{1b}b", 20), ["a‹U+001B›b"]);
    assert_eq!(harmless("x\u{9b}y\u{202e}z"), "x‹U+009B›y‹U+202E›z");
}

#[test]
fn no_half_glyph_at_the_edges_of_a_popup() {
    let mut buf = Buffer::with_lines(["渝中区化龙桥"]);
    clear_area(&mut buf, Rect::new(3, 0, 4, 1));
    assert_eq!(buf, Buffer::with_lines(["渝      龙桥"]));
    let mut buf = Buffer::with_lines(["渝中区化龙桥"]);
    clear_area(&mut buf, Rect::new(4, 0, 4, 1));
    assert_eq!(buf, Buffer::with_lines(["渝中    龙桥"]));
    clear_area(&mut buf, Rect::new(10, 0, 400, 400));
    assert_eq!(buf, Buffer::with_lines(["渝中    龙  "]));
}

fn mixed_text() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop_oneof![
            Just("困难职工".to_string()),
            Just("“同意”，".to_string()),
            Just("（第3条）。".to_string()),
            Just(" ".to_string()),
            Just("\n".to_string()),
            Just("👩‍👩‍👧e\u{301}".to_string()),
            "[a-z]{1,12}",
            any::<String>(),
        ],
        0..12,
    )
    .prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn truncated_text_fits(text in mixed_text(), cells in 0usize..40) {
        prop_assert!(width(&truncate(&text, cells)) <= cells);
        prop_assert_eq!(width(&fit(&text, cells)), cells);
    }

    #[test]
    fn wrapped_lines_fit_and_lose_nothing(text in mixed_text(), cells in 2usize..40) {
        let lines = wrap(&text, cells);
        for line in &lines {
            prop_assert!(width(line) <= cells || graphemes(line).count() == 1, "{line:?}");
        }
        let solid = |s: &str| s.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        prop_assert_eq!(solid(&lines.concat()), solid(&harmless(&text)));
    }

    #[test]
    fn no_line_begins_with_a_closing_mark(text in "[困难职工，。）》”]{0,30}", cells in 8usize..30) {
        for line in wrap(&text, cells).iter().skip(1) {
            // A run of closing marks longer than a line has nowhere else to go.
            if line.starts_with(['，', '。', '）', '》', '”']) {
                let marks = text.split(|c| "困难职工".contains(c)).map(width).max();
                prop_assert!(marks.unwrap_or(0) + 2 > cells);
            }
        }
    }

    #[test]
    fn harmless_text_has_no_controls(text in any::<String>()) {
        prop_assert!(!harmless(&text).chars().any(is_harmful));
    }
}

#[test]
fn what_a_command_writes_is_shown_in_whatever_pieces_it_comes() {
    use std::io::Write;
    let said = "张\u{202e}三\u{9b}2J\r\n\u{e0041}";
    for at in 0..=said.len() {
        for json in [false, true] {
            let mut out = Shown::new(Vec::new(), json);
            let (one, two) = said.as_bytes().split_at(at);
            out.write_all(one).unwrap();
            out.write_all(two).unwrap();
            let shown = String::from_utf8(std::mem::take(out.plainly())).unwrap();
            let expected = if json {
                "张\\u202e三\\u009b2J\\u000d\n\\udb40\\udc41"
            } else {
                "张‹U+202E›三‹U+009B›2J‹U+000D›\n‹U+E0041›"
            };
            assert_eq!(shown, expected, "{at}");
        }
    }
}
