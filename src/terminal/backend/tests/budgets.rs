//! Bytes per frame on a screen like the real ones, at 120×40, in Chinese: architecture.md.

use super::*;
use ratatui::layout::{Constraint, Layout};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Row, Table, Tabs};

/// A list of people with a marked row, under a field being typed into.
#[derive(Default)]
struct List {
    marked: usize,
    top: usize,
    typed: String,
}

const NAMES: [&str; 7] = ["周丽", "欧阳晓燕", "陈国强", "王小明", "李素芬", "冉光辉", "向家英"];
const PLACES: [&str; 4] = ["鱼洞街道滨江社区", "化龙桥街道", "李家沱街道马王坪", "木洞镇"];
const KINDS: [&str; 3] = ["相对困难", "深度困难", "意外致困"];

impl List {
    fn row(&self, n: usize) -> Row<'static> {
        let marker = if n == self.marked { "▸" } else { " " };
        Row::new([
            marker.to_string(),
            format!("KN-2026-{n:05}"),
            NAMES[n % NAMES.len()].to_string(),
            PLACES[n % PLACES.len()].to_string(),
            KINDS[n % KINDS.len()].to_string(),
            format!("{}.{:02}", 800 + n * 37 % 900, n * 13 % 100),
            format!("2026-{:02}-{:02} 已提交，待街道工会审核", n % 12 + 1, n % 28 + 1),
        ])
    }

    fn draw(&self, frame: &mut Frame<'_>) {
        let [tabs, field, list, bar] = Layout::vertical([
            Constraint::Length(2),
            Constraint::Length(1),
            Constraint::Fill(1),
            Constraint::Length(1),
        ])
        .areas(frame.area());
        let bold = Style::new().add_modifier(Modifier::BOLD).fg(Color::Cyan);
        let titles = ["首页 1", "组织会员 2", "困难帮扶 3", "服务阵地 4", "职工权益 5"];
        frame.render_widget(Tabs::new(titles).select(2).highlight_style(bold), tabs);
        let rule = "─".repeat(usize::from(tabs.width));
        frame.buffer_mut().set_string(0, tabs.y + 1, rule, Style::new().fg(Color::DarkGray));
        let typed = Line::from(vec![Span::styled("查找：", bold), Span::raw(&self.typed)]);
        let cursor = (field.x + u16::try_from(typed.width()).unwrap(), field.y);
        frame.render_widget(typed, field);
        frame.set_cursor_position(cursor);
        let widths = [1, 14, 10, 20, 10, 10, 40].map(Constraint::Length);
        let header = Row::new(["", "编号", "姓名", "住址", "类别", "人均收入", "进度"]).style(bold);
        let rows = (self.top..self.top + 40).map(|n| self.row(n));
        let block = Block::bordered().title(" 困难职工档案 ");
        frame.render_widget(Table::new(rows, widths).header(header).block(block), list);
        let keys = "F1 帮助  F2 找人  F3 新建  F4 审批 12  F5 今日到期 3  F10 提交";
        let right = format!("第 {} 份，共 360 份  已保存 14:02:31", self.marked + 1);
        frame.buffer_mut().set_string(0, bar.y, keys, Style::new().fg(Color::Gray));
        frame.buffer_mut().set_string(80, bar.y, right, Style::new().fg(Color::Gray));
    }
}

use ratatui::Frame;

struct Measured {
    screen: Screen,
    emulator: Emulator,
}

impl Measured {
    fn new(caps: Capabilities) -> Self {
        Self { screen: Screen::new(caps, 120, 40), emulator: Emulator::new(120, 40) }
    }

    /// Draws, checks the picture, gives the bytes.
    fn bytes(&mut self, list: &List) -> usize {
        let mut drawn = Buffer::default();
        let frame = self.screen.draw(|frame| {
            list.draw(frame);
            drawn.clone_from(frame.buffer_mut());
        });
        let bytes = frame.as_ref().map_or(0, Vec::len);
        self.emulator.feed(frame);
        assert_eq!(self.emulator.differences(&drawn), Vec::<String>::new());
        bytes
    }
}

/// The same holds before the terminal has answered anything and after.
fn both(check: impl Fn(Measured)) {
    check(Measured::new(modern()));
    check(Measured::new(Capabilities { sync: true, ambiguous_known: true, ..modern() }));
}

#[test]
fn a_new_screen() {
    both(|mut line| {
        let bytes = line.bytes(&List::default());
        assert!(bytes <= 6000, "{bytes}");
    });
}

#[test]
fn nothing_changed() {
    both(|mut line| {
        line.bytes(&List::default());
        assert_eq!(line.bytes(&List::default()), 0);
    });
}

#[test]
fn the_marker_one_row_down() {
    both(|mut line| {
        line.bytes(&List::default());
        let bytes = line.bytes(&List { marked: 1, ..List::default() });
        assert!(bytes <= 250, "{bytes}");
    });
}

#[test]
fn a_character_typed() {
    both(|mut line| {
        line.bytes(&List::default());
        for typed in ["欧", "欧阳", "欧阳x", "欧阳"] {
            let bytes = line.bytes(&List { typed: typed.into(), ..List::default() });
            assert!(bytes <= 80, "{typed}: {bytes}");
        }
    });
}
