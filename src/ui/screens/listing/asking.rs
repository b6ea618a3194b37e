//! What a list asks: its order, and the file it is written to.

use super::Listing;
use crate::exchange::{Shown, export_shown};
use crate::said;
use crate::ui::ask::{Ask, Part};
use crate::ui::screen::{Context, Effect, Notice};
use crate::ui::screens::import::path;
use crate::words::Said;

/// What a question asked here was about.
pub(super) const ORDER: &str = "order";
pub(super) const EXPORT: &str = "export";

impl Listing {
    /// Asks what the list goes by; what it goes by already turns it round.
    pub(super) fn ask_order(&self, cx: &mut Context) {
        let at = self.orders.iter().position(|(id, _)| *id == self.order.by);
        let part = Part::one_of(said!("按什么排", "Ordered by"), self.orders.clone());
        let now = self.order.said(&self.orders);
        let body = vec![Said::new(
            format!("现在{}；再选同一项，次序倒过来。", now.zh),
            format!("Now {}; the same again turns it round.", now.en),
        )];
        let asked =
            Ask::new(said!("排序", "Order"), body, vec![part.starting_at(at)], |given, cx| {
                let tagged = std::iter::once(vec![ORDER.to_string()]).chain(given);
                cx.ask(Effect::Answer(tagged.collect()));
            });
        cx.open(asked);
    }

    /// Asks for the file the list is written to.
    pub(super) fn ask_export(&self, cx: &mut Context) {
        let (title, today) = (self.title.get(cx.lang), cx.office.today());
        let name: String = title.chars().filter(|c| !r#"/\:*?"<>|"#.contains(*c)).collect();
        let part = Part::line(said!("文件名", "File"));
        let part = part.starting_with(&format!("{name}-{today}.xlsx"));
        let total = self.total;
        let body = vec![said!(
            "屏幕上的 {total} 行，连同栏目、次序和遮盖，写进这个文件；.csv 是文本，.xlsx 是工作簿。导出会记入日志。",
            "The {total} rows as shown, with their columns, order and masks, go into this file; .csv is text, .xlsx a workbook. The journal keeps that they were taken out."
        )];
        cx.open(Ask::new(said!("导出", "Export"), body, vec![part], |given, cx| {
            let tagged = std::iter::once(vec![EXPORT.to_string()]).chain(given);
            cx.ask(Effect::Answer(tagged.collect()));
        }));
    }

    pub(super) fn export(&self, typed: &str, cx: &mut Context) {
        let Some(who) = cx.who else { return };
        let path = path::meant(&path::cleaned(typed), cx.home);
        let shown = Shown {
            queue: self.queue.clone(),
            narrowed: self.narrow.text().to_string(),
            order: self.order.clone(),
        };
        match export_shown(cx.office, who, &shown, cx.lang, &path) {
            Ok(rows) => {
                let path = path.display();
                cx.say(Notice::good(said!(
                    "已导出 {rows} 行到 {path}。",
                    "{rows} rows written to {path}."
                )));
            }
            Err(refusal) => cx.say(Notice::from(refusal)),
        }
    }
}
