//! The one table of everything a key can do: keymap, bottom bar, help and palette read it.

use crate::office::{Actor, Refusal, Right};
use crate::said;
use crate::store::Origin;
use crate::words::{Label, Said};

/// Something a person can ask a session to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Help for this screen.
    Help,
    /// Find a person or number.
    Find,
    /// New record; asks which kind where the screen leaves it open.
    New,
    /// My review queue.
    Queue,
    /// Due and overdue.
    Due,
    /// Drafts and returned files.
    Drafts,
    /// The decision sheet of what is marked or open.
    Sheet,
    /// Show a sensitive field in full, with a reason.
    Reveal,
    /// Every action, searchable.
    Palette,
    /// Save, or save and submit.
    Save,
    /// Keep the draft and go back.
    KeepDraft,
    /// Lock the screen.
    Lock,
    /// The log of the house, for auditors.
    Log,
    /// The library of rules.
    Rules,
    /// Enter a new value of a parameter.
    NewValue,
    /// Choose another password.
    ChangePassword,
    /// Sign out, so that somebody else can sign in.
    SignOut,
    /// Leave the program.
    Quit,
    /// Draw everything again.
    Redraw,
    /// Change between Chinese and English.
    Language,
    /// Change the theme.
    Theme,
    /// Change between UTF-8 and GBK on the line.
    Encoding,
    /// Open what is marked; accept a field.
    Enter,
    Back,
    /// Next field or part.
    Next,
    /// Field or part before.
    Previous,
    Up,
    Down,
    PageUp,
    PageDown,
    /// To the first.
    First,
    /// To the last.
    Last,
    /// Mark or unmark a row.
    Mark,
    /// Mark every row, or none.
    MarkAll,
    /// Narrow the list by what is typed.
    Narrow,
    /// Choose what the list is ordered by.
    Order,
    /// Write the list to a file as it is shown.
    Export,
    /// Make the main move onwards.
    Approve,
    /// Return for correction.
    Return,
    /// Decline with clause and reason.
    Decline,
    /// Other moves open from here.
    Moves,
    /// Change the record.
    Edit,
    /// Its life.
    History,
    /// Show what can be chosen for a field.
    Choose,
    /// Open who was found by the identity number just typed.
    OpenFound,
    /// Take a row out of a table.
    RemoveRow,
    /// Add a row to a table.
    AddRow,
    /// Delete a draft nobody wants any more.
    DropDraft,
    /// Take one's own last save back.
    Undo,
    /// Take one's own last step, or batch of steps, back with a reason.
    TakeBack,
    /// Make a backup now.
    Backup,
    /// Name the second place for backups.
    BackupPlace,
    /// Say whether the machine's clock is right.
    Clock,
    /// Restore a backup into another folder.
    Restore,
    /// Make a new recovery key.
    RecoveryKey,
    /// Erase everything of a person, or ask for it.
    Erase,
    /// Merge a record into another one.
    Merge,
    /// The accounts of the station.
    Accounts,
    /// Make an account.
    AddAccount,
    /// End an account's rights.
    DisableAccount,
    /// Give a disabled account its rights back.
    EnableAccount,
    /// Give an account a new password.
    AccountPassword,
    /// Let an account sign in over SSH with a key.
    AddKey,
    /// Take keys from an account.
    RemoveKey,
    /// Say whose account it is.
    AccountPerson,
    /// Take a list in from a file.
    Import,
    /// Take the rows a sheet does not show as well, or not.
    TakeHidden,
    /// Write the rows that were not taken to a file.
    SaveRefused,
    /// The tab with this digit, 0 being the last.
    Tab(u8),
}

/// Where an action is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Nobody is signed in.
    SignIn,
    /// A list of rows, the home screen among them.
    List,
    /// One record's page.
    Page,
    /// A record with its sheet, under review.
    Review,
    /// A form being filled.
    Form,
    /// A line of search with its hits.
    Find,
    /// A question being answered.
    Ask,
    /// Text to read.
    Text,
    /// The system screen.
    System,
    /// The accounts of the station.
    Accounts,
    /// The path of a file, with what is in its folder.
    Path,
    /// A file looked at before it is taken in, and what became of it.
    Preview,
    /// Several records about to be decided together, and what became of them.
    Batch,
    /// The library of rules, with a line that searches it.
    Rules,
    /// One document, clause or parameter.
    Rule,
    /// New values tried over the files.
    Trial,
}

/// One row of the table.
#[derive(Debug)]
pub struct ActionInfo {
    pub action: Action,
    /// Its stable name, for tests and documents.
    pub name: &'static str,
    pub title: Label,
    /// Default keys; the first is the one shown. None for what help and palette alone offer.
    pub keys: &'static [&'static str],
    /// Where it is valid.
    pub places: &'static [Place],
    /// Its turn on the bottom bar; 0 keeps it off.
    pub bar: u8,
}

use Place::{
    Accounts, Ask, Batch, Find, Form, List, Page, Path, Preview, Review, Rule, Rules, SignIn,
    System, Text, Trial,
};

const SIGNED_IN: &[Place] = &[
    List, Page, Review, Form, Find, Text, System, Accounts, Path, Preview, Batch, Rules, Rule,
    Trial,
];
const OUTSIDE_FIELDS: &[Place] = &[List, Page, Review, Text, System, Accounts, Rule];
const ALL: &[Place] = &[
    SignIn, List, Page, Review, Form, Find, Ask, Text, System, Accounts, Path, Preview, Batch,
    Rules, Rule, Trial,
];
const MOVING: &[Place] = &[
    List, Page, Review, Form, Find, Ask, Text, System, Accounts, Path, Preview, Batch, Rules, Rule,
    Trial,
];

macro_rules! row {
    ($action:expr, $name:literal, $zh:literal, $en:literal, $keys:expr, $places:expr, $bar:literal) => {
        ActionInfo {
            action: $action,
            name: $name,
            title: Said::fixed($zh, $en),
            keys: &$keys,
            places: $places,
            bar: $bar,
        }
    };
}

/// Every action there is.
pub const ACTIONS: &[ActionInfo] = &[
    row!(Action::Help, "help", "帮助", "Help", ["F1", "?"], ALL, 1),
    row!(Action::Find, "find", "找人", "Find", ["F2", "/"], SIGNED_IN, 18),
    row!(Action::New, "new", "新建", "New", ["F3", "n"], &[List, Page, Text, Find, System], 19),
    row!(Action::Choose, "choose", "选项", "Choose", ["F3"], &[Form, Path, Ask], 8),
    row!(Action::Queue, "queue", "审批", "Review", ["F4"], SIGNED_IN, 20),
    row!(Action::Due, "due", "到期", "Due", ["F5"], SIGNED_IN, 21),
    row!(Action::Drafts, "drafts", "草稿", "Drafts", ["F6"], SIGNED_IN, 22),
    row!(
        Action::Sheet,
        "sheet",
        "认定依据",
        "Decision",
        ["F7", "w"],
        &[List, Page, Review, Form],
        9
    ),
    row!(Action::Reveal, "reveal", "看全号", "Reveal", ["F8", "v"], &[Page, Review], 14),
    row!(Action::Palette, "palette", "全部操作", "All actions", ["F9", "Ctrl-P"], SIGNED_IN, 23),
    row!(
        Action::Save,
        "save",
        "提交",
        "Submit",
        ["F10", "Ctrl-S"],
        &[Form, Ask, SignIn, Path, Preview, Batch, Trial],
        2
    ),
    row!(Action::KeepDraft, "keep-draft", "存草稿", "Keep draft", ["Ctrl-D"], &[Form], 3),
    row!(Action::Approve, "approve", "通过", "Approve", ["a"], &[Review, List], 4),
    row!(Action::Return, "return", "退回", "Return", ["r"], &[Review, List], 5),
    row!(Action::Decline, "decline", "不予建档", "Decline", ["d"], &[Review], 6),
    row!(Action::Moves, "moves", "办理", "Steps", ["m"], &[Review, Page, List], 15),
    row!(Action::Edit, "edit", "修改", "Edit", ["e"], &[Page, Review], 13),
    row!(Action::History, "history", "历史", "History", ["h"], &[Page, Review], 16),
    row!(Action::Undo, "undo", "撤销保存", "Undo save", ["u"], &[Page, Review], 22),
    row!(Action::TakeBack, "take-back", "撤回", "Take back", ["b"], &[Page, Review, Batch], 17),
    row!(Action::Backup, "backup", "立即备份", "Back up now", ["b"], &[System], 4),
    row!(
        Action::BackupPlace,
        "backup-place",
        "第二备份位置",
        "Second backup place",
        ["p"],
        &[System],
        5
    ),
    row!(Action::Clock, "clock", "时钟", "Clock", ["c"], &[System], 6),
    row!(Action::Restore, "restore", "恢复备份", "Restore a backup", ["r"], &[System], 0),
    row!(
        Action::RecoveryKey,
        "recovery-key",
        "换恢复密钥",
        "New recovery key",
        ["y"],
        &[System],
        0
    ),
    row!(Action::Erase, "erase", "销毁资料", "Erase", ["x"], &[Page], 0),
    row!(Action::Merge, "merge", "合并到另一份", "Merge into another", [], &[Page], 0),
    row!(Action::Accounts, "accounts", "账号", "Accounts", ["a"], &[System], 3),
    row!(Action::AddAccount, "add-account", "新建", "New", ["n", "F3"], &[Accounts], 3),
    row!(Action::DisableAccount, "disable-account", "停用", "Disable", ["d"], &[Accounts], 4),
    row!(Action::EnableAccount, "enable-account", "启用", "Enable", ["e"], &[Accounts], 5),
    row!(Action::AccountPassword, "account-password", "新密码", "Password", ["p"], &[Accounts], 6),
    row!(Action::AddKey, "add-key", "加公钥", "Add key", ["s"], &[Accounts], 7),
    row!(Action::RemoveKey, "remove-key", "删公钥", "Remove key", ["x"], &[Accounts], 8),
    row!(Action::AccountPerson, "account-person", "本人", "Person", ["i"], &[Accounts], 9),
    row!(
        Action::SaveRefused,
        "save-refused",
        "存未通过的行",
        "Save refused rows",
        ["s"],
        &[Preview],
        3
    ),
    row!(Action::TakeHidden, "take-hidden", "隐藏的行", "Hidden rows", ["h"], &[Preview], 8),
    row!(Action::Mark, "mark", "标记", "Mark", ["Space"], &[List, Ask, Preview], 7),
    row!(Action::MarkAll, "mark-all", "全选", "Mark all", ["*"], &[List], 0),
    row!(Action::Narrow, "narrow", "筛选", "Narrow", ["f"], &[List], 8),
    row!(Action::Order, "order", "排序", "Order", ["o"], &[List], 24),
    row!(Action::Export, "export", "导出", "Export", ["x"], &[List], 25),
    row!(
        Action::DropDraft,
        "drop-draft",
        "删草稿",
        "Delete draft",
        ["Ctrl-Delete", "Ctrl-R"],
        &[List],
        12
    ),
    row!(
        Action::OpenFound,
        "open-found",
        "打开已登记的",
        "Open what was found",
        ["Ctrl-B"],
        &[Form],
        0
    ),
    row!(Action::AddRow, "add-row", "加一行", "Add row", ["Insert", "Ctrl-N"], &[Form], 10),
    row!(
        Action::RemoveRow,
        "remove-row",
        "删一行",
        "Remove row",
        ["Ctrl-Delete", "Ctrl-R"],
        &[Form],
        11
    ),
    row!(Action::Enter, "enter", "打开", "Open", ["Enter"], ALL, 0),
    row!(Action::Back, "back", "返回", "Back", ["Esc"], ALL, 24),
    row!(Action::Next, "next", "下一项", "Next", ["Tab"], ALL, 0),
    row!(Action::Previous, "previous", "上一项", "Previous", ["Shift-Tab"], ALL, 0),
    row!(Action::Up, "up", "上", "Up", ["Up", "k"], MOVING, 0),
    row!(Action::Down, "down", "下", "Down", ["Down", "j"], MOVING, 0),
    row!(Action::PageUp, "page-up", "上一页", "Page up", ["PageUp"], MOVING, 0),
    row!(Action::PageDown, "page-down", "下一页", "Page down", ["PageDown"], MOVING, 0),
    row!(Action::First, "first", "最前", "First", ["Ctrl-Home", "g"], MOVING, 0),
    row!(Action::Last, "last", "最后", "Last", ["Ctrl-End", "G"], MOVING, 0),
    row!(Action::Language, "language", "中文/English", "中文/English", ["F11"], ALL, 0),
    row!(Action::Theme, "theme", "换配色", "Theme", ["Ctrl-T"], ALL, 0),
    row!(Action::Encoding, "encoding", "字符编码/Encoding", "字符编码/Encoding", [], ALL, 0),
    row!(Action::Redraw, "redraw", "重画屏幕", "Redraw", ["Ctrl-L"], ALL, 0),
    row!(Action::Lock, "lock", "锁屏", "Lock", ["F12"], MOVING, 25),
    row!(
        Action::Import,
        "import",
        "导入",
        "Import",
        [],
        &[List, Page, Review, Find, Text, System],
        0
    ),
    row!(Action::Log, "log", "审计日志", "Log", ["l"], OUTSIDE_FIELDS, 0),
    row!(Action::Rules, "rules", "制度", "Rules", ["z"], OUTSIDE_FIELDS, 27),
    row!(Action::NewValue, "new-value", "新数值", "New value", ["F3", "n"], &[Rules, Rule], 3),
    row!(Action::ChangePassword, "change-password", "改密码", "Change password", [], SIGNED_IN, 0),
    row!(Action::SignOut, "sign-out", "换人登录", "Sign out", ["Ctrl-O"], ALL, 0),
    row!(Action::Quit, "quit", "退出程序", "Quit", ["Ctrl-Q"], ALL, 26),
    // What a tab is called depends on the packs; see `screens::tabs`.
    row!(Action::Tab(1), "tab-1", "首页", "Home", ["1"], OUTSIDE_FIELDS, 0),
    row!(Action::Tab(2), "tab-2", "标签 2", "Tab 2", ["2"], OUTSIDE_FIELDS, 0),
    row!(Action::Tab(3), "tab-3", "标签 3", "Tab 3", ["3"], OUTSIDE_FIELDS, 0),
    row!(Action::Tab(4), "tab-4", "标签 4", "Tab 4", ["4"], OUTSIDE_FIELDS, 0),
    row!(Action::Tab(5), "tab-5", "标签 5", "Tab 5", ["5"], OUTSIDE_FIELDS, 0),
    row!(Action::Tab(6), "tab-6", "标签 6", "Tab 6", ["6"], OUTSIDE_FIELDS, 0),
    row!(Action::Tab(7), "tab-7", "标签 7", "Tab 7", ["7"], OUTSIDE_FIELDS, 0),
    row!(Action::Tab(8), "tab-8", "标签 8", "Tab 8", ["8"], OUTSIDE_FIELDS, 0),
    row!(Action::Tab(9), "tab-9", "标签 9", "Tab 9", ["9"], OUTSIDE_FIELDS, 0),
    row!(Action::Tab(0), "tab-0", "系统", "System", ["0"], OUTSIDE_FIELDS, 0),
];

/// The table's row for an action.
#[must_use]
pub fn info(action: Action) -> Option<&'static ActionInfo> {
    ACTIONS.iter().find(|row| row.action == action)
}

/// The right an action takes; a person without it is not offered the action.
#[must_use]
pub fn needs(action: Action) -> Option<Right> {
    match action {
        Action::New
        | Action::Edit
        | Action::Choose
        | Action::KeepDraft
        | Action::AddRow
        | Action::RemoveRow
        | Action::Undo
        | Action::TakeBack
        | Action::Clock
        | Action::DropDraft => Some(Right::Write),
        Action::Import => Some(Right::Import),
        Action::Export => Some(Right::Export),
        Action::Merge => Some(Right::Review),
        Action::Backup | Action::BackupPlace => Some(Right::Maintain),
        Action::Reveal => Some(Right::Reveal),
        Action::Accounts
        | Action::AddAccount
        | Action::DisableAccount
        | Action::EnableAccount
        | Action::AccountPassword
        | Action::AddKey
        | Action::RemoveKey
        | Action::AccountPerson
        | Action::Restore
        | Action::RecoveryKey
        | Action::NewValue
        | Action::Erase => Some(Right::Accounts),
        Action::Log => Some(Right::Log),
        _ => None,
    }
}

/// Nothing when `who` may do an action from where they sit.
///
/// # Errors
/// Why not, and what to do instead.
pub fn allowed(action: Action, who: &Actor) -> Result<(), Refusal> {
    if let Some(right) = needs(action) {
        who.need(right)?;
    }
    match (action, &who.origin) {
        // A folder of the station's machine is not for visitors to name, nor a file.
        (Action::Restore, Origin::Ssh(_) | Origin::User(_)) => Err(Refusal::forbidden(
            said!(
                "从别的机器或由服务打开的界面不能恢复备份。",
                "Screens from another machine or of a service restore nothing."
            ),
            said!(
                "请在站点的机器上用 yizhan restore 恢复。",
                "Use `yizhan restore` at the station's own machine."
            ),
        )),
        (Action::Import, Origin::Ssh(_)) => Err(Refusal::forbidden(
            said!(
                "经 SSH 的界面不能打开站点机器上的文件。",
                "The screens over SSH open no files of the station's machine."
            ),
            said!(
                "请在自己的机器上用 ssh 主机 import 种类 - < 文件 导入。",
                "On your own machine, `ssh HOST import KIND - < FILE` takes a list in."
            ),
        )),
        // The service would open them with its own user's rights.
        (Action::Import, Origin::User(_)) => Err(Refusal::forbidden(
            said!(
                "驿站服务由另一个系统用户运行，界面上不打开文件。",
                "The service runs as another user of the system; its screens open no files."
            ),
            said!(
                "请在命令行用 yizhan import 种类 文件 导入，文件按您自己的权限读取。",
                "On the command line, `yizhan import KIND FILE` takes a list in, read with your own rights."
            ),
        )),
        (Action::Export, Origin::Ssh(_) | Origin::User(_)) => Err(Refusal::forbidden(
            said!(
                "从别的机器或由服务打开的界面不写文件。",
                "Screens from another machine or of a service write no files."
            ),
            said!(
                "请在命令行用 yizhan export 种类 --where 条件 导出。",
                "On the command line, `yizhan export KIND --where QUERY` takes a list out."
            ),
        )),
        _ => Ok(()),
    }
}

/// The actions valid at a place, in the order of the table.
pub fn at(place: Place) -> impl Iterator<Item = &'static ActionInfo> {
    ACTIONS.iter().filter(move |row| row.places.contains(&place))
}
