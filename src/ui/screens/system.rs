//! The system screen: station, data folder, chain head, packs and rules in use, accounts.

use crate::said;
use crate::ui::action::{Action, Place};
use crate::ui::reading::Reading;
use crate::ui::screen::{Context, Look, Screen, Taken};
use crate::ui::theme::Tone;
use crate::words::Said;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// The system screen.
pub struct System {
    reading: Reading,
}

impl System {
    /// Reads the state of the house.
    pub fn new(cx: &mut Context) -> Self {
        let mut system = Self { reading: Reading::default() };
        system.refresh(cx);
        system
    }
}

impl Screen for System {
    fn place(&self) -> Place {
        Place::Text
    }

    fn title(&self) -> Said {
        said!("系统", "System")
    }

    fn shows(&self) -> Option<String> {
        Some("system".into())
    }

    fn offers(&self, action: Action) -> bool {
        action != Action::Back
    }

    fn act(&mut self, action: Action, _cx: &mut Context) -> Taken {
        if action == Action::Back || self.reading.act(action) { Taken::Yes } else { Taken::No }
    }

    fn refresh(&mut self, cx: &mut Context) {
        let office = cx.office;
        let mut reading = Reading::default();
        reading.heading(said!("驿站", "Station"));
        reading.value(said!("名称", "Name"), Said::same(office.station_name()));
        reading.value(said!("行政区划", "Region"), Said::same(office.region_name()));
        reading.value(said!("数据文件夹", "Data folder"), Said::same(office.folder()));
        reading.gap();
        reading.heading(said!("日志链", "Journal"));
        let entries = office.head_seq();
        reading.value(said!("条数", "Entries"), Said::same(entries.to_string()));
        reading.value(said!("链头", "Chain head"), Said::same(office.head_hash()));
        reading.line(
            Tone::Quiet,
            said!(
                "把链头抄在日报上，以后可用 yizhan verify --head 核对日志没有被截短。",
                "Copy the head onto the daily sheet; `yizhan verify --head` later tells whether the journal was cut short."
            ),
        );
        reading.gap();
        reading.heading(said!("业务包和规则", "Packs and rules"));
        for kind in office.catalogue().kinds() {
            reading.value(
                kind.title.clone(),
                Said::same(format!("{}@{}", kind.id, office.catalogue().hash(&kind.id))),
            );
        }
        for rules in office.library().rule_sets.values() {
            reading.value(
                rules.title.clone(),
                Said::same(
                    crate::policy::Evaluator::new(rules, office.library()).version().to_string(),
                ),
            );
        }
        let years: Vec<String> = office.calendar().years().map(|year| year.to_string()).collect();
        reading.value(said!("节假日表", "Holiday files"), Said::same(years.join(" ")));
        reading.gap();
        reading.heading(said!("账号", "Accounts"));
        for account in office.accounts() {
            let role = account.role.title();
            let off = if account.disabled {
                said!("（已停用）", " (disabled)")
            } else {
                Said::default()
            };
            reading.value(Said::same(account.name), Said::join(&[role, off], "", ""));
        }
        self.reading = reading.at_place_of(&self.reading);
    }

    fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let body = Rect { x: area.x + 1, width: area.width - 2, ..area };
        self.reading.draw(body, buf, look)
    }
}
