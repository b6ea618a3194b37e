//! What goes with every subcommand.

use crate::words::Lang;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// What goes with every subcommand.
#[derive(Args)]
pub struct Global {
    /// 数据目录（或环境变量 YIZHAN_DATA） / Data folder (or YIZHAN_DATA)
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// 以哪个账号办理；不写则在终端询问 / Account to act for; asked at the terminal if not given
    #[arg(long = "as", global = true, value_name = "NAME")]
    pub account: Option<String>,
    /// 密码文件，- 为标准输入的第一行 / File with the password, - is the first line of standard input
    #[arg(long, global = true, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// 恢复密钥文件：密码全部遗失时代替账号 / File with the recovery key, in place of an account when every password is lost
    #[arg(long, global = true, value_name = "FILE", conflicts_with_all = ["account", "password_file"])]
    pub recovery_key_file: Option<PathBuf>,
    /// 本机时钟早于上次保存时：确认时钟无误，按它保存 / Where the clock reads earlier than the last save: say that it is right
    #[arg(long, global = true)]
    pub clock_is_right: bool,
    /// 语言，默认按系统设置 / Language, by the locale if not given
    #[arg(long, global = true, value_enum)]
    pub lang: Option<LangArg>,
    /// 机器可读的输出 / Output for machines
    #[arg(long, global = true)]
    pub json: bool,
}

/// A language on the command line.
#[derive(Clone, Copy, ValueEnum)]
pub enum LangArg {
    /// 中文
    Zh,
    /// English
    En,
}

impl From<LangArg> for Lang {
    fn from(arg: LangArg) -> Self {
        match arg {
            LangArg::Zh => Self::Zh,
            LangArg::En => Self::En,
        }
    }
}
