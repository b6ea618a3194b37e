//! Keys, texts, sizes and bytes at random: never a panic, and Ctrl-Q always ends the session.

use crate::furnished;
use crate::stage::{PASSWORD, Stage, Station};
use proptest::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};
use yizhan::record::Clock;
use yizhan::ui::action::ACTIONS;

/// Small, quick and the same everywhere (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }

    fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.roll(of.len())]
    }
}

const TEXTS: [&str; 20] = [
    "欧阳靖雯",
    "张伟",
    "a",
    "1",
    "2 3",
    "500199199307152460",
    "5.2万",
    "２２０００",
    "1993-7",
    "y",
    "；；",
    "ｎ",
    "？",
    "e\u{301}",
    "👩‍👩‍👧",
    "\u{202e}abc",
    "zl",
    "空 格",
    "t",
    "-1",
];

const SIZES: [(u16, u16); 12] = [
    (1, 1),
    (80, 24),
    (120, 40),
    (60, 15),
    (59, 14),
    (80, 24),
    (500, 300),
    (61, 15),
    (200, 16),
    (60, 100),
    (0, 0),
    (120, 40),
];

/// One thing a monkey does; gives what it was, for the report.
fn does_something(stage: &mut Stage, dice: &mut Dice, huge: &str) -> String {
    match dice.roll(100) {
        0..62 => {
            let row = &ACTIONS[dice.roll(ACTIONS.len())];
            // Signing in costs a key derivation; the way out is tried at the end.
            let rare = matches!(row.name, "sign-out" | "lock") && dice.roll(12) > 0;
            if row.name == "quit" || row.keys.is_empty() || rare {
                return String::new();
            }
            let key = dice.pick(row.keys);
            stage.press(key);
            key.to_string()
        }
        62..70 => {
            let key = dice.pick(&[
                "Backspace",
                "Delete",
                "Left",
                "Right",
                "Home",
                "End",
                "Ctrl-Z",
                "Ctrl-U",
                "F5",
            ]);
            stage.press(key);
            key.to_string()
        }
        70..90 => {
            let text = dice.pick(&TEXTS);
            stage.types(text);
            text.to_string()
        }
        90..94 => {
            stage.pastes("王小明\n500199199307152460\t13800138000");
            "paste".into()
        }
        94 if dice.roll(8) == 0 => {
            stage.pastes(huge);
            "1 MB".into()
        }
        94..97 => {
            let (columns, rows) = SIZES[dice.roll(SIZES.len())];
            stage.resize(columns, rows);
            stage.press("Down");
            stage.resize(80, 24);
            format!("{columns}x{rows}")
        }
        97 => {
            stage.pause();
            "pause".into()
        }
        _ => {
            stage.news();
            "news".into()
        }
    }
}

/// Whoever the monkey signed out or locked out is let in again, after the wait wrong passwords cost.
fn lets_in(station: &Station, stage: &mut Stage, account: &str) {
    if stage.who().is_some() && !stage.locked() {
        return;
    }
    station.clock.set(station.clock.now() + std::time::Duration::from_hours(1));
    stage.resize(80, 24);
    if stage.locked() {
        stage.press("Esc Ctrl-U").types(PASSWORD).press("Enter");
    } else {
        stage
            .press("Esc Esc Ctrl-U")
            .types(account)
            .press("Tab Ctrl-U")
            .types(PASSWORD)
            .press("Enter");
    }
}

fn plays(station: &Station, account: &str, seed: u64, steps: usize, huge: &str) {
    let mut dice = Dice(seed * 2 + 1);
    let mut stage = station.session(80, 24);
    let mut done: Vec<String> = Vec::new();
    let played = catch_unwind(AssertUnwindSafe(|| {
        for step in 0..steps {
            if step % 10 == 0 {
                lets_in(station, &mut stage, account);
            }
            done.push(does_something(&mut stage, &mut dice, huge));
            if stage.ended() {
                // Enter on the list of keys does what is marked there.
                assert_eq!(done.last().map(String::as_str), Some("Enter"), "{}", stage.screen());
                stage = station.session(80, 24);
                lets_in(station, &mut stage, account);
            }
        }
        stage.resize([1, 80][dice.roll(2)], 24);
        stage.press("Ctrl-Q");
        assert!(stage.ended(), "Ctrl-Q did not end the session:\n{}", stage.screen());
    }));
    if played.is_err() {
        let last = done.len().saturating_sub(40);
        panic!("{account}, seed {seed}: the last steps were {:?}", &done[last..]);
    }
}

#[test]
fn a_monkey_at_the_desk() {
    let station = furnished::station();
    let huge = "困难职工 abc\n".repeat(1_000_000 / 17);
    for seed in 1..=6 {
        plays(&station, "volunteer", seed, 400, &huge);
    }
}

#[test]
fn a_monkey_at_the_review() {
    let station = furnished::station();
    let huge = "x".repeat(1_000_000);
    for (seed, account) in
        (11..).zip(["supervisor", "supervisor", "supervisor", "auditor", "admin"])
    {
        plays(&station, account, seed, 400, &huge);
    }
}

/// Before anybody signed in, one key after another.
#[test]
fn a_monkey_at_the_door() {
    let station = Station::new();
    let mut dice = Dice(77);
    let mut stage = station.session(80, 24);
    for _ in 0..400 {
        // Enter checks a password, which takes its time by design.
        if dice.roll(2) == 0 {
            does_something(&mut stage, &mut dice, "长文");
        } else {
            stage.types(dice.pick(&TEXTS));
        }
        station.clock.set(station.clock.now() + std::time::Duration::from_mins(1));
        assert!(stage.who().is_none());
    }
    stage.press("Ctrl-Q");
    assert!(stage.ended());
}

thread_local! {
    static STATION: Station = Station::new();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]
    /// Any bytes in any pieces; what is still open at the end is closed before the last key.
    #[test]
    fn any_bytes_in_any_pieces(
        pieces in prop::collection::vec(
            prop_oneof![
                prop::collection::vec(any::<u8>().prop_filter("Ctrl-Q is the way out, Ctrl-O and Enter cost time", |b| ![0x11, 0x0f].contains(b)), 0..40),
                prop::sample::select(vec![&b"\x1b["[..], b"\x1b[200~", b"\x1b[201~", b"\x1bO", b"\x1b]", b"\xe5\x9b", b"\x1b[15~", b"\x1b[13~", b"\x1b[1;5H", b"\r", b"\t", b"\x13"]).prop_map(<[u8]>::to_vec),
            ],
            0..24,
        ),
    ) {
        STATION.with(|station| {
            let mut stage = station.session(80, 24);
            stage.signs_in("volunteer");
            for piece in &pieces {
                stage.bytes(piece);
            }
            stage.pause();
            stage.bytes(b"\x1b\\\x1b[201~").pause();
            if !stage.ended() {
                stage.press("Ctrl-Q");
            }
            assert!(stage.ended());
        });
    }
}
