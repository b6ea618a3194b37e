//! The system screen: station, data folder, chain head, backups, what was put right, packs and
//! rules in use, accounts.

use crate::office::Right;
use crate::program::Role;
use crate::record::{Instant, china_offset};
use crate::said;
use crate::store::KnownBackup;
use crate::ui::action::{Action, Place};
use crate::ui::ask::{Ask, Part};
use crate::ui::reading::Reading;
use crate::ui::screen::{Context, Effect, Look, Notice, Screen, Taken};
use crate::ui::screens::evidence;
use crate::ui::theme::Tone;
use crate::words::Said;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// The system screen.
pub struct System {
    reading: Reading,
    clock_in_doubt: bool,
}

impl System {
    /// Reads the state of the house.
    pub fn new(cx: &mut Context) -> Self {
        cx.office.look_at_backups();
        cx.office.look_at_packs();
        let mut system = Self { reading: Reading::default(), clock_in_doubt: false };
        system.refresh(cx);
        system
    }
}

impl Screen for System {
    fn place(&self) -> Place {
        Place::System
    }

    fn title(&self) -> Said {
        said!("系统", "System")
    }

    fn shows(&self) -> Option<String> {
        Some("system".into())
    }

    fn offers(&self, action: Action) -> bool {
        match action {
            Action::Clock => self.clock_in_doubt,
            other => other != Action::Back,
        }
    }

    fn act(&mut self, action: Action, cx: &mut Context) -> Taken {
        match action {
            Action::Back => {}
            Action::Backup => back_up(cx),
            Action::BackupPlace => ask_second_place(cx),
            Action::Clock => cx.ask(Effect::AskClock),
            Action::Restore => evidence::ask_restore(cx),
            Action::RecoveryKey => evidence::ask_recovery_key(cx),
            _ if self.reading.act(action) => {}
            _ => return Taken::No,
        }
        Taken::Yes
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
        trouble(&mut reading, cx);
        evidence::erasures(&mut reading, cx);
        backups(&mut reading, cx);
        evidence::restored(&mut reading, cx);
        reading.gap();
        evidence::tell(&mut reading, cx);
        reading.gap();
        listening(&mut reading, cx);
        self.clock_in_doubt = cx.office.clock_doubt().is_some();
        reading.gap();
        reading.heading(said!("业务包和规则", "Packs and rules"));
        for kind in office.catalogue().kinds() {
            reading.value(
                kind.title.clone(),
                Said::same(format!("{}@{}", kind.id, office.catalogue().hash(&kind.id))),
            );
        }
        let library = office.library();
        for (rules, version) in library.rule_sets.values().zip(library.versions().values()) {
            reading.value(rules.title.clone(), Said::same(version.clone()));
        }
        own_files(&mut reading, cx);
        let years: Vec<String> = office.calendar().years().map(|year| year.to_string()).collect();
        reading.value(said!("节假日表", "Holiday files"), Said::same(years.join(" ")));
        reading.gap();
        reading.heading(said!("账号", "Accounts"));
        reading.line(
            Tone::Quiet,
            said!(
                "改自己的密码：按 F9，选“改密码”。",
                "To change your own password press F9 and choose \"Change password\"."
            ),
        );
        accounts(&mut reading, cx);
        self.reading = reading.at_place_of(&self.reading);
    }

    fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let body = Rect { x: area.x + 1, width: area.width - 2, ..area };
        self.reading.draw(body, buf, look)
    }
}

/// What keeps the station from saving, and what was found and put right.
fn trouble(reading: &mut Reading, cx: &Context) {
    let office = cx.office;
    let mut said: Vec<Said> = office.trouble().into_iter().chain(office.heads_told()).collect();
    if let Some(doubt) = office.clock_doubt() {
        let (now, newest) = doubt.shown();
        said.push(said!(
            "本机时钟是 {now}，上次保存是 {newest}，确认前不作决定（管理员按 c）",
            "The clock reads {now}, the last save was at {newest}; nothing is decided until an administrator settles it (c)"
        ));
    }
    said.extend(office.notices());
    if said.is_empty() {
        return;
    }
    reading.heading(said!("需要留意", "To know"));
    for said in said {
        reading.line(Tone::Unsure, said);
    }
    reading.gap();
}

/// Which files of the office's own are in use, and who adopted them. What waits to be adopted stands
/// above, under what there is to know.
fn own_files(reading: &mut Reading, cx: &Context) {
    let in_use = cx.office.adopted_in_use();
    if in_use.is_empty() {
        reading.line(
            Tone::Quiet,
            said!(
                "都是程序内置的，随版本启用。",
                "All built in, adopted with the program's version."
            ),
        );
    }
    for (name, adopted) in in_use {
        reading.value(Said::same(name), adopted.said());
    }
}

fn backups(reading: &mut Reading, cx: &Context) {
    let state = cx.office.backups();
    reading.heading(said!("备份", "Backups"));
    let newest = match &state.newest {
        Some(newest) => described(newest, cx.now),
        None => said!("还没有", "none yet"),
    };
    reading.value(said!("最近一次", "Newest"), newest);
    let (count, behind) = (state.count, state.behind);
    let checked = if count > 0 {
        said!(
            "共 {count} 份，写成后都已读回核对；其后又保存了 {behind} 条",
            "{count} in all, each read back and checked when made; {behind} entries saved since"
        )
    } else {
        said!("保存了 {behind} 条，都还没有备份", "{behind} entries saved, none backed up yet")
    };
    reading.value(said!("状态", "State"), checked);
    let second = match (&state.second, &state.newest_second) {
        (None, _) => {
            said!("未设置（按 p 设置 U 盘或另一块盘）", "none (p names a stick or another disk)")
        }
        (Some(place), None) => {
            let place = place.display();
            said!("{place}：那里还没有备份", "{place}: no backup there yet")
        }
        (Some(place), Some(there)) => {
            let (place, there) = (place.display(), described(there, cx.now));
            Said::new(format!("{place}：{}", there.zh), format!("{place}: {}", there.en))
        }
    };
    reading.value(said!("第二位置", "Second place"), second);
    if let Some((at, why)) = &state.failed {
        let at = at.with_timezone(&china_offset()).format("%m-%d %H:%M");
        let (said, next) = (why.said(), why.next());
        reading.line(
            Tone::Bad,
            Said::new(
                format!("{at} 没有做成：{}。{}", said.zh, next.zh),
                format!("{at} it was not made: {}. {}", said.en, next.en),
            ),
        );
    }
    reading.line(
        Tone::Quiet,
        said!(
            "开着的驿站每天自动备份一次，留最近 7 天和 4 周各一份；恢复按 r，或用 yizhan restore。",
            "An open station backs itself up once a day and keeps those of 7 days and 4 weeks; r or `yizhan restore` brings one back."
        ),
    );
}

/// How sessions reach the office.
fn listening(reading: &mut Reading, cx: &Context) {
    let listening = cx.office.listening();
    reading.heading(said!("接入", "Ways in"));
    let windows = match listening.socket {
        Some(_) => said!(
            "开着，在本机别的终端运行 yizhan 即可接入",
            "open; run `yizhan` in another terminal of this machine"
        ),
        None => said!("没有开", "closed"),
    };
    reading.value(said!("本机窗口", "Windows here"), windows);
    let Some(ssh) = listening.ssh else {
        let closed = said!(
            "没有开（用 yizhan serve --ssh 地址 开）",
            "closed (`yizhan serve --ssh ADDR` opens it)"
        );
        return reading.value(Said::same("SSH"), closed);
    };
    reading.value(Said::same("SSH"), Said::same(ssh.address));
    reading.value(said!("主机密钥指纹", "Host key"), Said::same(ssh.fingerprint));
    reading.line(
        Tone::Quiet,
        said!(
            "第一次连接时，请对方核对屏幕上显示的指纹和这里一致。",
            "At a first connection the fingerprint shown there must be this one."
        ),
    );
}

/// How many may sign in, by role.
fn accounts(reading: &mut Reading, cx: &Context) {
    let accounts = cx.office.accounts();
    for role in Role::ALL {
        let of_role = accounts.iter().filter(|account| account.role == role && !account.disabled);
        let count = of_role.count();
        reading.value(role.title(), said!("{count} 个", "{count}"));
    }
    if cx.who.is_some_and(|who| who.may(Right::Accounts)) {
        reading.line(
            Tone::Quiet,
            said!(
                "新建、停用、启用、公钥和新密码：按 a 打开账号表。",
                "To make, disable or enable accounts, for keys and new passwords, press a."
            ),
        );
    }
}

/// A backup in one line: when, how long ago, how much, which file.
fn described(backup: &KnownBackup, now: Instant) -> Said {
    let at = backup.made.with_timezone(&china_offset()).format("%Y-%m-%d %H:%M");
    let hours = (now - backup.made).num_hours().max(0);
    let (entries, kilobytes) = (backup.entries, backup.bytes.div_ceil(1024));
    let file = backup.path.file_name().unwrap_or_default().to_string_lossy();
    said!(
        "{at}（{hours} 小时前）　{entries} 条　{kilobytes} KB　{file}",
        "{at} ({hours} h ago)  {entries} entries  {kilobytes} KB  {file}"
    )
}

fn back_up(cx: &mut Context) {
    let Some(who) = cx.who else { return };
    match cx.office.back_up_behind(who) {
        Ok(()) => cx.say(Notice::good(said!(
            "开始备份；做成后这里的“最近一次”会更新。",
            "The backup has begun; \"Newest\" changes once it is made."
        ))),
        Err(refusal) => cx.say(Notice::from(refusal)),
    }
}

fn ask_second_place(cx: &mut Context) {
    let before = cx.office.backups().second;
    let before = before.map(|place| place.display().to_string()).unwrap_or_default();
    let part = Part::line(said!("文件夹的完整路径", "Full path of the folder"))
        .optional(true)
        .starting_with(&before);
    let body = vec![said!(
        "每天的备份也抄一份到这里，例如 U 盘；留空为取消。",
        "Daily backups are copied here too, such as to a stick; empty for no longer."
    )];
    let title = said!("第二备份位置", "Second backup place");
    cx.open(Ask::new(title, body, vec![part], |answers, cx| {
        let Some(who) = cx.who else { return };
        let typed = answers.into_iter().flatten().next().unwrap_or_default();
        let place = std::path::PathBuf::from(typed);
        if !typed_well(&place) {
            return cx.say(Notice::unsure(
                said!("要写完整路径，例如 /media/usb。", "Give a full path, such as /media/usb."),
                said!("请按 p 再填一次。", "Press p and type it again."),
            ));
        }
        let place = Some(place.as_path()).filter(|place| !place.as_os_str().is_empty());
        match cx.office.name_second_place(who, place) {
            Ok(()) => cx.say(Notice::good(said!("已记下。", "Noted."))),
            Err(refusal) => cx.say(Notice::from(refusal)),
        }
    }));
}

/// Nothing, or a path that means the same wherever the program is started.
fn typed_well(place: &std::path::Path) -> bool {
    place.as_os_str().is_empty() || place.is_absolute()
}
