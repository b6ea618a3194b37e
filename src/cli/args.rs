//! The whole command line.

use super::global::Global;
use super::{
    Failure, account, app, archive, backup, calendar, completions, decide, due, erase, export,
    find, history, host_key, import, init, log, man, packs, perform, rebuild, recovery_key, replay,
    restore, serve, show, undo, verify,
};
use clap::{Parser, Subcommand};

/// 驿站：工会服务站的柜台程序 / The counter program of a trade-union service station.
#[derive(Parser)]
#[command(
    name = "yizhan",
    version,
    about = "驿站：工会服务站的柜台程序 / The counter program of a trade-union service station",
    long_about = "驿站：工会服务站的柜台程序。不带子命令时打开全屏界面；第一次运行先做简短设置。\n\
                  The counter program of a trade-union service station. Without a subcommand it \
                  opens the full-screen app; the first run begins with a short set-up.",
    after_help = "退出码：0 完成，1 被拒绝或失败，2 用法不对 / Exit status: 0 done, 1 refused or \
                  failed, 2 wrong usage"
)]
pub struct Cli {
    /// What goes with every subcommand.
    #[command(flatten)]
    pub global: Global,
    /// What goes with none.
    #[command(flatten)]
    pub app: app::AppArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Cli {
    /// It gives the password of an account it makes or changes on standard input.
    pub(super) fn gives_password(&self) -> bool {
        matches!(&self.command, Some(Command::Account(account)) if account.gives_password())
    }
}

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    /// 新建一个站点 / Make a station
    Init(init::InitArgs),
    /// 账号 / Accounts
    Account(account::AccountArgs),
    /// 导入 CSV 或 XLSX，每个未通过的行写明原因 / Import CSV or XLSX, with a reason for each refused row
    Import(import::ImportArgs),
    /// 导出，默认遮盖个人号码 / Export, masked unless a reason is given
    Export(export::ExportArgs),
    /// 查找：姓名、拼音、首字母、编号、电话、证件后四位 / Find by name, pinyin, initials, number, phone, last four
    Find(find::FindArgs),
    /// 显示一份记录（敏感内容遮盖） / Show one record, sensitive content masked
    Show(show::ShowArgs),
    /// 一份记录的经过 / The life of one record
    History(history::HistoryArgs),
    /// 审计日志：查看、导出、被拒绝的登录、账号、业务包、时钟 / The log for auditors: looks, exports, sign-ins refused, accounts, packs, clock
    Log(log::LogArgs),
    /// 撤销自己上次的保存，别人尚未接着办理时 / Take one's own last save back, unless somebody acted on it
    Undo(undo::UndoArgs),
    /// 认定依据单：每条规则的结果、算式和条款 / The decision sheet: each rule's result, arithmetic and clause
    Decide(decide::DecideArgs),
    /// 试算：按草案哪些档案会变 / Who would change under a draft of the rules
    Replay(replay::ReplayArgs),
    /// 按 JSON 行逐条办理 / Carry out commands given as JSON lines
    Perform(perform::PerformArgs),
    /// 备份 / Back up
    Backup(backup::BackupArgs),
    /// 把写满的日志文件抄到第二备份位置 / Copy the full files of the journal to the second place
    Archive(archive::ArchiveArgs),
    /// 销毁一个人的全部资料：一位管理员申请，另一位执行 / Erase everything of a person: one administrator asks, another carries it out
    Erase(erase::EraseArgs),
    /// 恢复密钥：根指纹；换一把 / The recovery key: the root's fingerprint; another key
    RecoveryKey(recovery_key::RecoveryKeyArgs),
    /// 从备份恢复到空目录 / Restore a backup into an empty folder
    Restore(restore::RestoreArgs),
    /// 核验日志链和内容 / Check the journal's chain and contents
    Verify(verify::VerifyArgs),
    /// 修复：由备份和日志补全日志、重建记录表 / Put the station right: journal from backup, table from journal
    Rebuild(rebuild::RebuildArgs),
    /// 不占终端提供服务，别的终端运行 yizhan 接入 / Serve without a terminal; other terminals attach by running yizhan
    Serve(serve::ServeArgs),
    /// SSH 主机密钥的指纹；换一把 / The SSH host key's fingerprint; another key
    HostKey(host_key::HostKeyArgs),
    /// 业务包、政策、日历 / Packs, policies, calendars
    Packs(packs::PacksArgs),
    /// 一年的休息日和调休上班日 / The days off and make-up working days of a year
    Calendar(calendar::CalendarArgs),
    /// 推算期限，列出算式 / Count a period out, with its arithmetic
    Due(due::DueArgs),
    /// 命令行补全脚本 / Shell completions
    Completions(completions::CompletionsArgs),
    /// 手册页 / Manual pages
    Man(man::ManArgs),
}

impl app::AppArgs {
    /// Refuses what only the app takes when a subcommand is given.
    ///
    /// # Errors
    /// Wrong usage.
    pub fn not_with_a_subcommand(&self) -> Result<(), Failure> {
        if self.demo {
            return Err(Failure::Usage(crate::said!(
                "--demo 打开演示站的界面，不能和子命令一起用。",
                "--demo opens the app on a demo station; it does not go with a subcommand."
            )));
        }
        if self.keep_serving {
            return Err(Failure::Usage(crate::said!(
                "--keep-serving 只用于打开界面，不能和子命令一起用；要长期提供服务请用 yizhan serve。",
                "--keep-serving goes with the app, not with a subcommand; to serve for good use `yizhan serve`."
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_and_option_is_explained_in_both_languages() {
        fn walk(command: &clap::Command) {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(about.contains(" / "), "{}: {about}", command.get_name());
            for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
                let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
                let generated = ["help", "version"].contains(&arg.get_id().as_str());
                let name = (command.get_name(), arg.get_id());
                assert!(generated || help.contains(" / "), "{name:?}: {help}");
            }
            command.get_subcommands().filter(|sub| sub.get_name() != "help").for_each(walk);
        }
        walk(&Cli::command());
    }
}
