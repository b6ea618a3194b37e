//! What import asks: what the file holds, whether to stop, where refused rows go.

use super::{Import, Step, path};
use crate::exchange::place_rejects;
use crate::office::Refusal;
use crate::said;
use crate::store::Existing;
use crate::ui::ask::{Answered, Ask, Part};
use crate::ui::screen::{Context, Effect, Notice};

/// What a question asked here was about.
const KIND: &str = "kind";
const STOP: &str = "stop";
const SAVE: &str = "save";

impl Import {
    pub(super) fn ask_kind(&self, cx: &mut Context) {
        let options = self.plans.iter().enumerate();
        let options = options.map(|(at, (_, title))| (at.to_string(), title.clone())).collect();
        let part = Part::one_of(said!("文件里是什么", "What the file holds"), options);
        let part = part.starting_at(Some(self.plan));
        cx.open(Ask::new(
            said!("导入为", "Import as"),
            Vec::new(),
            vec![part],
            |answers, cx| {
                cx.ask(Effect::Answer(tagged(KIND, answers)));
            },
        ));
    }

    pub(super) fn ask_save(&self, cx: &mut Context) {
        let Some(preview) = self.preview().filter(|preview| preview.has_refused()) else { return };
        let ending = said!("-未通过", "-refused");
        let proposed = path::for_refused(&preview.path, ending.get(cx.lang));
        let part = Part::line(said!("文件名", "File")).starting_with(&proposed.to_string_lossy());
        let body = vec![said!(
            "没有接收的行连同原因写进这个文件，改好后可直接导入。里面是完整的个人信息，用后请删除。",
            "The rows that were not taken go into this file with their reasons; put right, it can be imported. It holds personal data in full: delete it after use."
        )];
        let title = said!("存未通过的行", "Save refused rows");
        cx.open(Ask::new(title, body, vec![part], |answers, cx| {
            cx.ask(Effect::Answer(tagged(SAVE, answers)));
        }));
    }

    fn save(&mut self, typed: &str, cx: &mut Context) {
        let path = path::meant(&path::cleaned(typed), cx.home);
        let lang = cx.lang;
        let Some(preview) = self.preview_mut() else { return };
        let Ok(report) = &preview.outcome else { return };
        match place_rejects(&path, Existing::Kept, report, lang) {
            Ok(()) => preview.kept(path),
            Err(trouble) => cx.say(Notice::from(Refusal::from(trouble))),
        }
    }

    /// The answer to a question asked here.
    pub(super) fn hear_answer(&mut self, answers: Answered, cx: &mut Context) {
        let mut answers = answers.into_iter().map(|part| part.into_iter().next());
        let (Some(Some(what)), Some(Some(answer))) = (answers.next(), answers.next()) else {
            return;
        };
        match (what.as_str(), &self.step) {
            (KIND, Step::Choose) => self.plan = answer.parse().unwrap_or(self.plan),
            (STOP, Step::Take(_, job)) if answer == STOP => job.stop(),
            (SAVE, _) => self.save(&answer, cx),
            _ => {}
        }
    }
}

/// Answers with what they are about in front.
fn tagged(what: &str, mut answers: Answered) -> Answered {
    answers.insert(0, vec![what.to_string()]);
    answers
}

pub(super) fn ask_stop(cx: &mut Context) {
    let options = vec![
        ("go-on".to_string(), said!("继续导入", "Go on")),
        (STOP.to_string(), said!("停下，已接收的留着", "Stop; what was taken stays")),
    ];
    let body = vec![said!(
        "停下以后再次导入同一文件会接着完成，已接收的不会重复。",
        "After a stop, importing the same file again goes on from there; nothing is doubled."
    )];
    let parts = vec![Part::one_of(said!("怎么办", "What now"), options)];
    cx.open(Ask::new(
        said!("导入还在进行", "The import goes on"),
        body,
        parts,
        |answers, cx| {
            cx.ask(Effect::Answer(tagged(STOP, answers)));
        },
    ));
}
