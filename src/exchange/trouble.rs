//! Why a file cannot be read at all, in words.

use super::limits::{MOST_BYTES, MOST_COLUMNS, MOST_ROWS, MOST_SHEETS};
use crate::office::Refusal;
use crate::said;
use crate::store::NotWritten;
use crate::words::{Problem, Said};

/// The most characters that are shown of what a reading library says.
const LONGEST_REASON: usize = 120;

/// A file that cannot be read as a table. Nothing of it was taken in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileTrouble {
    /// There is no such file.
    #[error("no such file: {0}")]
    Missing(String),
    /// The name belongs to a folder.
    #[error("a folder: {0}")]
    Folder(String),
    /// A place where no file is written: what happened, and what to do.
    #[error("not written: {}", .0.en)]
    Unfit(Said, Said),
    /// The machine could not read or write it.
    #[error("{path}: {why}")]
    Machine {
        /// The file.
        path: String,
        /// What the machine says.
        why: String,
    },
    /// Nothing is in it.
    #[error("empty file")]
    Empty,
    /// Neither text nor a workbook: bytes no text has.
    #[error("not a table file (line {line})")]
    NotText {
        /// The first line with such a byte, from 1.
        line: usize,
    },
    /// Text in none of the encodings read.
    #[error("line {line} is not {encoding}")]
    Encoding {
        /// What the rest of the file is written in.
        encoding: &'static str,
        /// The first line that is not, from 1.
        line: usize,
    },
    /// A workbook that cannot be opened.
    #[error("workbook: {0}")]
    Workbook(String),
    /// A file at which the reading library gave up without a word.
    #[error("unreadable file")]
    Unreadable,
    /// A workbook with a password.
    #[error("workbook with a password")]
    Password,
    /// A file of another kind: what it is, and what to do.
    #[error("not a table: {}", .0.en)]
    Foreign(Said, Said),
    /// More bytes than are read.
    #[error("too large")]
    TooLarge,
    /// A cell with content too far to the right.
    #[error("row {row} has a cell in column {column}")]
    TooWide {
        /// Its row, from 1.
        row: usize,
        /// Its column, from 1.
        column: usize,
    },
    /// A row with more in it than any list has.
    #[error("row {row} is too full")]
    TooFull {
        /// The row, from 1.
        row: usize,
    },
    /// So many rows refused that this is not the file somebody meant.
    #[error("too many rows refused before line {line}")]
    TooManyRefused {
        /// The first line that was not looked at, from 1.
        line: usize,
    },
    /// More sheets than are read.
    #[error("more than {MOST_SHEETS} sheets")]
    TooManySheets,
    /// A pipe or device.
    #[error("no file: {0}")]
    NoFile(String),
    /// More rows than a sheet may have.
    #[error("more than {MOST_ROWS} rows")]
    TooLong,
    /// No sheet of this name, or none that is shown and has headings.
    #[error("no sheet {name}")]
    NoSheet {
        /// The name asked for.
        name: String,
        /// Those there are.
        known: String,
    },
    /// Every sheet is hidden.
    #[error("every sheet is hidden")]
    AllHidden {
        /// Their names.
        known: String,
    },
    /// No row of headings was found.
    #[error("no headings")]
    NoHeadings {
        /// The file's first row.
        found: String,
        /// Some headings that would be recognised.
        known: Said,
    },
    /// A column that every row needs is not there.
    #[error("column missing: {}", .0.en)]
    MissingColumn(Said),
    /// What came by standard input ended before its end.
    #[error("cut off")]
    CutOff,
    /// Nothing more came by standard input.
    #[error("nothing came")]
    Stalled,
    /// Somebody asked to stop.
    #[error("stopped")]
    Stopped,
    /// The `--map` file has mistakes.
    #[error("the map of headings has mistakes")]
    Map(Vec<Problem>),
}

impl FileTrouble {
    /// What happened.
    #[must_use]
    pub fn said(&self) -> Said {
        match self {
            Self::Missing(path) => said!("没有找到文件 {path}。", "There is no file {path}."),
            Self::Folder(path) => {
                said!("{path} 是文件夹，不是文件。", "{path} is a folder, not a file.")
            }
            Self::Unfit(said, _) => said.clone(),
            Self::Machine { path, why } => {
                said!("{path} 读写不了：{why}。", "{path} cannot be read or written: {why}.")
            }
            Self::Empty => Said::fixed("文件是空的。", "The file is empty."),
            Self::NotText { line } => said!(
                "第 {line} 行有文字文件里不会出现的字节，这不是表格文件。",
                "Line {line} holds bytes no text has; this is not a table."
            ),
            Self::Encoding { encoding, line } => said!(
                "第 {line} 行不是有效的 {encoding} 文字，整个文件没有导入。",
                "Line {line} is not valid {encoding}; nothing of the file was taken in."
            ),
            Self::Workbook(why) if why.chars().count() > LONGEST_REASON => {
                let why: String = why.chars().take(LONGEST_REASON).collect();
                Self::Workbook(why).said()
            }
            Self::Workbook(why) => {
                said!(
                    "电子表格已损坏，打不开（{why}）。什么都没有写入。",
                    "The workbook is damaged and cannot be read ({why}). Nothing was written."
                )
            }
            Self::Unreadable => Said::fixed(
                "这个文件已损坏，读到一半读不下去。什么都没有写入。",
                "This file is damaged and cannot be read to its end. Nothing was written.",
            ),
            Self::Password => Said::fixed("这个工作簿设了密码。", "This workbook has a password."),
            Self::Foreign(what, _) => what.clone(),
            Self::TooLarge => {
                let most = MOST_BYTES >> 20;
                said!(
                    "文件太大：展开后超过 {most} MB。",
                    "The file is too large: more than {most} MB unpacked."
                )
            }
            Self::TooWide { row, column } => said!(
                "第 {row} 行第 {column} 列还有内容，一张表最多 {MOST_COLUMNS} 列。",
                "Row {row} has content in column {column}; a sheet may have {MOST_COLUMNS} columns."
            ),
            Self::TooFull { row } => {
                said!("第 {row} 行的内容多得不像名单。", "Row {row} holds more than any list does.")
            }
            Self::TooManyRefused { line } => said!(
                "未通过的行太多，从第 {line} 行起没有再看。",
                "Too many rows were refused; from line {line} on none was looked at."
            ),
            Self::TooManySheets => said!(
                "文件里的工作表超过 {MOST_SHEETS} 张。",
                "The file has more than {MOST_SHEETS} sheets."
            ),
            Self::NoFile(path) => said!("{path} 不是文件。", "{path} is no file."),
            Self::TooLong => {
                said!("这张表超过 {MOST_ROWS} 行。", "The sheet has more than {MOST_ROWS} rows.")
            }
            Self::NoSheet { name, .. } => {
                said!("没有叫“{name}”的工作表。", "There is no sheet called \"{name}\".")
            }
            Self::AllHidden { .. } => {
                Said::fixed("文件里的工作表全是隐藏的。", "Every sheet of the file is hidden.")
            }
            Self::NoHeadings { found, .. } => said!(
                "前几行里没有认出表头，第一行是“{found}”。",
                "No headings were recognised in the first rows; the first is \"{found}\"."
            ),
            Self::MissingColumn(title) => Said::new(
                format!("表头里没有“{}”这一列。", title.zh),
                format!("There is no column \"{}\".", title.en),
            ),
            Self::CutOff => Said::fixed(
                "文件传到一半断了，什么都没有写入。",
                "The file was cut off on its way; nothing was written.",
            ),
            Self::Stalled => Said::fixed(
                "等了很久没有收到文件内容，什么都没有写入。",
                "No more of the file came for a long while; nothing was written.",
            ),
            Self::Stopped => Said::fixed("按您的要求停下了。", "Stopped as you asked."),
            Self::Map(problems) => {
                let lines: Vec<Said> = problems.iter().map(Problem::said).collect();
                Said::join(&lines, "\n", "\n")
            }
        }
    }

    /// What to do.
    #[must_use]
    pub fn next(&self) -> Said {
        match self {
            Self::Missing(_) => Said::fixed("请核对路径和文件名。", "Check the path and the name."),
            Self::Folder(_) => {
                Said::fixed("请写出文件夹里的文件名。", "Name a file inside the folder.")
            }
            Self::Unfit(_, next) => next.clone(),
            Self::Machine { .. } => Said::fixed(
                "请核对权限和磁盘空间后重试。",
                "Check permissions and space on the disk, then try again.",
            ),
            Self::Empty => Said::fixed(
                "请核对是不是选错了文件，或重新导出。",
                "See whether this is the right file, or export it again.",
            ),
            Self::NotText { .. } => Said::fixed(
                "请在表格软件里另存为 CSV 或 XLSX 再导入。",
                "Save it as CSV or XLSX in the spreadsheet program and import that.",
            ),
            Self::Encoding { .. } => Said::fixed(
                "请用表格软件重新另存为 UTF-8 的 CSV，或改正这一行。",
                "Save it again as CSV in UTF-8, or put this line right.",
            ),
            Self::Workbook(_) | Self::Unreadable => Said::fixed(
                "请用表格软件打开，另存为 XLSX 或 CSV 后再导入；打不开时请对方重新发送。",
                "Open it in a spreadsheet program and save it as XLSX or CSV; if that fails, ask for the file again.",
            ),
            Self::Password => Said::fixed(
                "请在表格软件里取消密码，保存后再导入。",
                "Take the password off in the spreadsheet program, save it and import it again.",
            ),
            Self::Foreign(_, next) => next.clone(),
            Self::TooManyRefused { .. } => Said::fixed(
                "请先看前面的原因，核对是不是选错了文件或列。",
                "Look at the reasons above first: it may be another file, or other columns.",
            ),
            Self::NoFile(_) => Said::fixed(
                "管道里的内容请从标准输入送来，文件名写 -。",
                "What comes through a pipe goes to standard input, with - as the name.",
            ),
            Self::TooLarge | Self::TooLong | Self::TooFull { .. } | Self::TooManySheets => {
                Said::fixed(
                    "请分成几个文件导入。",
                    "Divide it into several files and import those.",
                )
            }
            Self::TooWide { .. } => Said::fixed(
                "请删去名单右边多余的内容再导入。",
                "Take out what is to the right of the list and import it again.",
            ),
            Self::NoSheet { known, .. } if known.is_empty() => Said::fixed(
                "这个文件只有一张没有名字的表，请去掉 --sheet。",
                "The file has one table without a name; leave --sheet out.",
            ),
            Self::AllHidden { known } => said!(
                "请用 --sheet 指明要导入哪一张：{known}。",
                "Say with --sheet which one is meant: {known}."
            ),
            Self::NoSheet { known, .. } => {
                said!("文件里的工作表有：{known}。", "The file has these sheets: {known}.")
            }
            Self::NoHeadings { known, .. } => Said::new(
                format!("表头要有这样的列名：{}；也可用 --map 指定。", known.zh),
                format!("Headings such as {} are recognised; --map names others.", known.en),
            ),
            Self::MissingColumn(title) => Said::new(
                format!("请补上“{}”列，或用 --map 指明哪一列是它。", title.zh),
                format!("Add the column \"{}\", or say with --map which one it is.", title.en),
            ),
            Self::CutOff => Said::fixed("请再传一次。", "Send it again."),
            Self::Stalled => Said::fixed(
                "请用 < 文件名 把文件接到命令上再试。",
                "Give the file to the command with < FILE and try again.",
            ),
            Self::Stopped => Said::default(),
            Self::Map(_) => Said::fixed(
                "请改正后再试，写法是 \"表头\" = \"字段\"。",
                "Put it right and try again; a line is \"heading\" = \"field\".",
            ),
        }
    }

    /// What the machine said of a file.
    pub(super) fn of(path: &std::path::Path, error: &std::io::Error) -> Self {
        let shown = path.display().to_string();
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::Missing(shown),
            std::io::ErrorKind::IsADirectory => Self::Folder(shown),
            std::io::ErrorKind::UnexpectedEof => Self::CutOff,
            std::io::ErrorKind::TimedOut => Self::Stalled,
            _ => Self::Machine { path: shown, why: error.to_string() },
        }
    }
}

impl From<NotWritten> for FileTrouble {
    fn from(error: NotWritten) -> Self {
        match error {
            NotWritten::Machine { path, why } => Self::of(&path, &why),
            unfit @ NotWritten::Unfit { .. } => {
                let (said, next) = unfit.words();
                Self::Unfit(said, next)
            }
        }
    }
}

impl From<FileTrouble> for Refusal {
    fn from(trouble: FileTrouble) -> Self {
        match trouble {
            FileTrouble::Machine { .. }
            | FileTrouble::CutOff
            | FileTrouble::Stalled
            | FileTrouble::Stopped => Self::unavailable(trouble.said(), trouble.next()),
            _ => Self::invalid("file", trouble.said(), trouble.next()),
        }
    }
}
