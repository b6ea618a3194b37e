//! Why a key could not be had.

use crate::said;
use crate::words::Said;
use std::time::Duration;
use thiserror::Error;

/// Why a key could not be had.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// No slot with this account and password.
    #[error("account or password is wrong")]
    WrongPassword,
    /// The recovery key does not open this station.
    #[error("the recovery key does not open this station")]
    WrongRecoveryKey,
    /// The key file is not the one of this station, or no longer.
    #[error("the key file does not open this station")]
    WrongKeyFile,
    /// The text is no recovery key: a slip in typing.
    #[error("the text is not a recovery key")]
    NotARecoveryKey,
    /// Too many wrong attempts; try again after this time.
    #[error("too many wrong attempts, wait {} s", .0.as_secs())]
    Wait(Duration),
    /// The account has no slot.
    #[error("the account has no slot")]
    NoSlot,
    /// Removing it would leave nobody who can open the station.
    #[error("the last slot cannot be removed")]
    LastSlot,
    /// A password of no characters.
    #[error("the password is empty")]
    EmptyPassword,
}

impl KeyringError {
    /// What happened.
    #[must_use]
    pub fn said(&self) -> Said {
        match self {
            Self::WrongPassword => {
                Said::fixed("账号或密码不正确", "The account or the password is not right")
            }
            Self::WrongRecoveryKey => Said::fixed(
                "这把恢复密钥打不开这个驿站",
                "This recovery key does not open this station",
            ),
            Self::NotARecoveryKey => Said::fixed(
                "恢复密钥的字符不完整或有误",
                "The recovery key is incomplete or has a mistyped character",
            ),
            Self::Wait(wait) => {
                let seconds = wait.as_secs().max(1);
                said!(
                    "连续多次未通过，请等待 {seconds} 秒",
                    "Several attempts failed; wait {seconds} s"
                )
            }
            Self::NoSlot => {
                Said::fixed("这个账号没有登录密码", "This account has no password to sign in with")
            }
            Self::WrongKeyFile => {
                Said::fixed("这个密钥文件打不开这个站点", "This key file does not open the station")
            }
            Self::LastSlot => Said::fixed(
                "这是最后一个能打开驿站的账号，不能移除",
                "This is the last account that can open the station; it stays",
            ),
            Self::EmptyPassword => Said::fixed("密码为空", "The password is empty"),
        }
    }

    /// What to do next.
    #[must_use]
    pub fn next(&self) -> Said {
        match self {
            Self::WrongPassword => Said::fixed(
                "请重新输入；忘记密码时请管理员重设，或使用恢复密钥。",
                "Type it again; if it is forgotten, ask the administrator or use the recovery key.",
            ),
            Self::WrongRecoveryKey => Said::fixed(
                "请确认这是本驿站最近一次生成的恢复密钥。",
                "Check that it is the newest recovery key of this station.",
            ),
            Self::NotARecoveryKey => {
                Said::fixed("请对照纸上逐组核对。", "Compare it with the paper, group by group.")
            }
            Self::Wait(_) => Said::fixed("到时间后再输入。", "Type it again after that."),
            Self::NoSlot => Said::fixed("请管理员为其设置密码。", "Have a password set for it."),
            Self::WrongKeyFile => Said::fixed(
                "请用 yizhan account key-file make 另做一个，或用 --as 和 --password-file 打开。",
                "Make another with `yizhan account key-file make`, or open it with --as and --password-file.",
            ),
            Self::LastSlot => Said::fixed("请先添加另一个账号。", "Add another account first."),
            Self::EmptyPassword => Said::fixed("请输入密码。", "Type a password."),
        }
    }
}
