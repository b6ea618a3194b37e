//! Bytes a frame may take at 120×40 (design page on architecture).

use crate::furnished;

#[test]
fn frames_keep_to_their_budgets() {
    let station = furnished::station_with_newcomer();
    let mut desk = station.session(120, 40);
    desk.signs_in("supervisor");
    assert!(desk.last_frame <= 6_000, "home takes {} bytes", desk.last_frame);

    // The mark goes down the queue; the detail beside it follows when the keys pause.
    desk.press("F4").shows("单静");
    assert!(desk.last_frame <= 6_000, "the queue takes {} bytes", desk.last_frame);
    for _ in 0..3 {
        desk.press("Down");
        assert!(
            (1..=250).contains(&desk.last_frame),
            "a step down takes {} bytes",
            desk.last_frame
        );
    }
    desk.pause();
    assert!((1..=6_000).contains(&desk.last_frame), "a detail takes {} bytes", desk.last_frame);

    // Nothing changed: nothing is sent.
    for _ in 0..2 {
        desk.news();
        assert_eq!(desk.last_frame, 0, "news without change takes {} bytes", desk.last_frame);
    }
    desk.press("Ctrl-Z");
    assert_eq!(desk.last_frame, 0);

    for keys in [
        "Enter", "Tab", "h", "Esc", "F7", "PageDown", "Tab", "Esc", "r", "Esc", "F9", "Esc", "F1",
        "Esc", "0",
    ] {
        desk.press(keys);
        assert!(
            desk.last_frame <= 6_000,
            "{keys} takes {} bytes:\n{}",
            desk.last_frame,
            desk.screen()
        );
    }

    // A character in a field of a form, Latin and Chinese, in a line and in a table.
    desk.press("F2").types(furnished::NEWCOMER).press("Enter F3 Enter").shows("困难职工档案");
    assert!(desk.last_frame <= 6_000, "an empty form takes {} bytes", desk.last_frame);
    desk.goes_to("职工编号");
    for text in ["张", "伟", "a", "2"] {
        desk.types(text);
        assert!((1..=80).contains(&desk.last_frame), "{text} takes {} bytes", desk.last_frame);
    }
    for _ in 0..3 {
        // The help of the field at the foot comes along.
        desk.press("Down");
        assert!(desk.last_frame <= 450, "a field further takes {} bytes", desk.last_frame);
    }
    // A value is brought into its form when the field is left.
    desk.goes_to("近12个月家庭总收入").types("5.2万");
    assert!((1..=80).contains(&desk.last_frame), "money takes {} bytes", desk.last_frame);
    desk.press("Enter");
    assert!((1..=600).contains(&desk.last_frame), "leaving it takes {} bytes", desk.last_frame);
    desk.goes_to("家庭成员  (0)");
    for text in ["王", "小", "b"] {
        desk.types(text);
        assert!((1..=80).contains(&desk.last_frame), "{text} takes {} bytes", desk.last_frame);
    }
}
