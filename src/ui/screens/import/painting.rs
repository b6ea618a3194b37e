//! How the steps of an import look.

use super::{Import, Step};
use crate::said;
use crate::ui::rows;
use crate::ui::screen::Look;
use crate::ui::theme::Tone;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// Draws the step the person is at; returns where the cursor belongs.
pub(super) fn draw(import: &Import, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let plan = import.plans.get(import.plan).map(|(_, title)| title.clone()).unwrap_or_default();
    let heading = match import.preview() {
        None => {
            let (zh, en) = (&plan.zh, &plan.en);
            said!("导入为：{zh}（F3 换）", "Import as: {en} (F3 changes it)")
        }
        Some(preview) => {
            let file = preview.path.file_name().unwrap_or_default().to_string_lossy();
            let (zh, en) = (&plan.zh, &plan.en);
            let done = matches!(import.step, Step::Told(_));
            let (zh_what, en_what) = match (done, import.takes()) {
                (true, _) => ("导入结果", "Imported"),
                (_, true) => ("导入", "Import"),
                _ => ("导入预览（还没有写入）", "Preview, nothing is written yet"),
            };
            said!("{zh_what}　{zh}　{file}", "{en_what}  {en}  {file}")
        }
    };
    look.say(buf, area.x, area.y, area.width, &heading, Tone::Title);
    let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    if import.takes() {
        progress(import, Rect { y: below.y + 1, ..below }, buf, look);
        return None;
    }
    // At the lower edge, so that nothing jumps when work begins and ends.
    let used = if import.job().is_some() { 3.min(below.height) } else { 0 };
    let body = Rect { height: below.height - used, ..below };
    progress(import, Rect { y: body.bottom() + 1, height: 2, ..below }, buf, look);
    match import.preview() {
        Some(preview) => preview.draw(body, buf, look),
        None => import.choose.draw(body, buf, look),
    }
}

/// What goes on, while something does, and how far it is.
fn progress(import: &Import, area: Rect, buf: &mut Buffer, look: &Look) {
    let Some(job) = import.job() else { return };
    let (done, total) = job.counts();
    let share = (total > 0).then_some((done, total));
    let said = match (&import.step, share) {
        (Step::Take(..), Some(_)) => said!(
            "正在导入：{done} / {total} 行　Esc 停下",
            "Taking in: {done} of {total} rows   Esc stops"
        ),
        (Step::Take(..), None) => said!(
            "正在导入：先把文件核对一遍　Esc 停下",
            "Taking in: the file is looked through   Esc stops"
        ),
        (_, Some(_)) => said!(
            "正在试导入：{done} / {total} 行（还没有写入）　Esc 取消",
            "Looking: {done} of {total} rows, nothing is written yet   Esc cancels"
        ),
        _ if done > 0 => {
            said!("正在读文件：{done} 行　Esc 取消", "Reading the file: {done} rows   Esc cancels")
        }
        _ => said!("正在读文件……　Esc 取消", "Reading the file …   Esc cancels"),
    };
    look.say(buf, area.x, area.y, area.width, &said, Tone::Title);
    rows::bar(buf, Rect { y: area.y + 1, height: 1, ..area }, look, share);
}
