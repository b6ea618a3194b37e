//! Households on both sides of every threshold, to the fen: for whoever wants to see how the
//! decision sheet treats "just under", "exactly" and "just over".

use super::story::{Stage, Story};

/// The thresholds of the rules shipped, as multiples of the standard: the standard itself, one
/// and a half times (example value, 待确认), and five per cent to each side of both.
pub(super) const LINES: &[(i64, i64, &str)] = &[
    (19, 20, "低保标准的 95%（边缘带下沿）"),
    (1, 1, "低保标准"),
    (21, 20, "低保标准的 105%（边缘带上沿）"),
    (57, 40, "1.5 倍线的 95%（边缘带下沿）"),
    (3, 2, "1.5 倍线"),
    (63, 40, "1.5 倍线的 105%（边缘带上沿）"),
];

/// A fen under, on, and a fen over each line; one to five people in turn.
pub(super) fn households_at_every_line(story: &mut Story) {
    let sides =
        [(-1, "12 个月合计比", "少 1 分"), (0, "人均恰为", ""), (1, "12 个月合计比", "多 1 分")];
    let cases = LINES.iter().flat_map(|line| sides.iter().map(move |side| (line, side)));
    for (at, ((num, den, line), (fen, before, after))) in cases.enumerate() {
        let people = 1 + at % 5;
        let head = story.worker();
        let remark = format!("{people} 人户，{before}{line}{after}");
        let home = story.family(head, people).at_line(*num, *den, *fen).showing(&remark);
        // Above every line nobody puts it on file; near misses are kept in view.
        let over = num * 2 > den * 3 || (num * 2 == den * 3 && *fen > 0);
        match (over, at % 5) {
            (true, _) => {
                let file = story.file(head, &home, Stage::Checked, 1 + at % 3);
                let day = story.sitting(1 + at % 3);
                story.because(file, day, "watch", "略高于相对困难线，列入边缘关注，半年后回访。");
            }
            (_, 0) => drop(story.submitted(head, &home, story.ago(1 + at % 2))),
            (_, 1) => drop(story.file(head, &home, Stage::Checked, 1)),
            (_, 2) => drop(story.file(head, &home, Stage::ToApprove, 1)),
            (_, 3) => drop(story.file(head, &home, Stage::ToVisit, 1)),
            _ => drop(story.file(head, &home, Stage::OnFile, 2)),
        }
    }
}
