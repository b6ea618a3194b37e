//! The first run: five questions, the recovery key once, and a word about the demo.

use super::Failure;
use super::app::Account;
use super::init;
use super::opening::World;
use super::prompt::Prompt;
use crate::office::{Office, Passwords, RefusalKind, Setup};
use crate::record::Regions;
use crate::said;
use crate::store::Work;
use std::path::Path;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Asks and makes the station.
///
/// # Errors
/// When the input ends, or the station cannot be made.
pub fn run(world: &World, folder: &Path) -> Result<(Arc<Office>, Account), Failure> {
    // Files that do not hold together are told before the first question.
    world.sources()?;
    let mut ask = Prompt::new(world.lang, world.codec());
    let place = folder.display();
    ask.tell(&said!(
        "驿站第一次在这里运行。先回答五个问题，数据会存放在 {place}。\n只想先看看：按 Ctrl-C，再运行 yizhan --demo。",
        "Yizhan runs here for the first time. Five questions first; the data will lie in {place}.\nTo look around first: press Ctrl-C and run `yizhan --demo`."
    ))?;
    // While the questions are answered.
    let measuring = std::thread::spawn(Work::measured);
    let name = needed(&mut ask, &said!("1 站点名称", "1 Name of the station"))?;
    let region = region(&mut ask, world)?;
    let work = measuring.join().unwrap_or(Ok(Work::LEAST))?;
    let (office, recovery, who) = loop {
        let account = said!("3 管理员账号名", "3 Name of the administrator's account");
        let account = needed(&mut ask, &account)?;
        let password = password(&mut ask)?;
        let (name, region, admin) = (name.clone(), region.clone(), account.clone());
        let password_text = password.to_string();
        // Whoever answers the questions is the administrator and has just chosen the password.
        let setup = Setup {
            name,
            region,
            admin,
            password: password_text,
            must_change: false,
            passwords: Passwords::Guard(work),
        };
        match init::make(folder, setup, world.sources()?, world) {
            Ok((office, recovery)) => break (office, recovery, (account, password)),
            // A name or password that will not do is asked for again.
            Err(Failure::Refused(refusal)) if refusal.kind == RefusalKind::Invalid => {
                ask.tell(&refusal.message)?;
                ask.tell(&refusal.next)?;
            }
            Err(failure) => return Err(failure),
        }
    };
    let (key, root) = (recovery.shown(), office.root());
    ask.page(
        &said!(
            "站点已建好。恢复密钥（只显示这一次）：\n\n    {key}\n\n请抄在纸上，与电脑分开保管。密码全部遗失时，只有它能打开数据。\n\n根指纹，抄在同一张纸上（核验日志时比对）：\n\n    {root}",
            "The station is ready. The recovery key, shown this once:\n\n    {key}\n\nWrite it on paper and keep it away from the computer. When every password is lost, it alone opens the data.\n\nThe root's fingerprint, for the same sheet (compared when the journal is verified):\n\n    {root}"
        ),
        &said!("抄好后按回车", "Press Enter when it is written down"),
        &world.client().capabilities(),
    )?;
    ask.tell(&said!(
        "恢复密钥已显示过，屏幕上不再留着。",
        "The recovery key was shown and is no longer on the screen."
    ))?;
    ask.tell(&said!(
        "想用虚构的样本数据练习，可随时运行 yizhan --demo，与本站数据互不影响。",
        "To practise on invented data run `yizhan --demo` at any time; it does not touch this station."
    ))?;
    ask.tell(&said!(
        "接下来给每个人建自己的账号：进去后按 0，再按 a。",
        "Next, give everybody an account of their own: inside, press 0, then a."
    ))?;
    if let Some(wanted) = office.wants_supervisors() {
        ask.tell(&wanted)?;
    }
    Ok((office, who))
}

fn needed(ask: &mut Prompt, question: &crate::words::Said) -> Result<String, Failure> {
    loop {
        let answer = ask.line(question)?;
        if !answer.is_empty() {
            return Ok(answer);
        }
    }
}

fn region(ask: &mut Prompt, world: &World) -> Result<String, Failure> {
    let question = said!(
        "2 所在区县（名称或六位代码，如 巴南区）",
        "2 District (name or six-digit code, such as 巴南区)"
    );
    loop {
        let typed = needed(ask, &question)?;
        match init::region_code(&typed, world) {
            Ok(code) => {
                if let Some(name) = Regions::built_in().last_name(&code) {
                    ask.tell(&said!("   {name}（{code}）", "   {name} ({code})"))?;
                }
                return Ok(code);
            }
            Err(refusal) => {
                ask.tell(&refusal.message)?;
                ask.tell(&refusal.next)?;
            }
        }
    }
}

fn password(ask: &mut Prompt) -> Result<Zeroizing<String>, Failure> {
    let first = said!("4 密码（不显示）", "4 Password (not shown)");
    ask.new_password(&first, &said!("5 再输一次密码", "5 The password again"))
}
