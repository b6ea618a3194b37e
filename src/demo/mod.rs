//! A station with weeks of invented life, the same for the same seed and day.
//!
//! Nothing in it is real: people carry an address code that was never assigned. It is made in a
//! temporary folder through the one door, as if by a volunteer and two supervisors over the last
//! ten weeks, and the folder goes when the demo does.
//!
//! Knows the office and what lies below it; knows no screen and no command line. Inside:
//! the [`story`] is written into a [`diary`] on the days of the [`almanac`] and then told to the
//! office ([`replay`]); [`cast`] and [`lines`] are the files worth opening, [`crowd`] the rest.

mod almanac;
mod cast;
mod clock;
mod crowd;
mod diary;
mod dice;
mod household;
mod lines;
mod names;
mod people;
mod replay;
mod story;
#[cfg(test)]
mod tests;

use crate::office::{Actor, Command, Office, Passwords, Refusal, Setup, Sources};
use crate::program::Role;
use crate::record::Clock;
use crate::said;
use crate::store::Origin;
use crate::words::{Problem, Said};
use almanac::Almanac;
use clock::DemoClock;
use std::sync::Arc;
use story::Story;
use tempfile::TempDir;

/// People in a demo, where nobody says how many.
pub const PEOPLE: usize = 120;
/// The seed, where nobody says which.
pub const SEED: u64 = 20_251_015;
/// The password of every account of a demo.
pub const PASSWORD: &str = "demo";
/// The account of the second supervisor: nobody decides alone.
pub const SECOND: &str = "supervisor2";
/// What to tell whoever opens a demo.
pub const GREETING: Said = Said::fixed(
    "演示站点：人员和档案都是虚构的，退出后不保留。账号 volunteer（志愿者）、supervisor 和 \
     supervisor2（两名主管，初审和审批要两个人）、admin（管理员）、auditor（经审员），密码都是 demo。",
    "Demo station: people and files are invented and nothing is kept. Accounts volunteer, \
     supervisor and supervisor2 (first review and approval take two), admin and auditor; the \
     password of each is demo.",
);

/// A file that is there to show something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notable {
    /// The file's number.
    pub number: String,
    /// Its head.
    pub title: String,
    /// What it shows, in the language of its remarks.
    pub shows: String,
}

/// A throw-away station. Its folder is removed when this is dropped.
pub struct Demo {
    /// The station, open.
    pub office: Arc<Office>,
    /// The files worth opening, by number.
    pub notable: Vec<Notable>,
    _folder: TempDir,
}

/// Opens a throw-away station with at least the cast and up to `people` people in it, the same
/// for the same `seed` and day. The past is told on a clock of its own; from then on the station
/// follows `clock`.
///
/// # Errors
/// When no temporary folder can be made or written, and what the office says.
pub fn open(people: usize, seed: u64, clock: Arc<dyn Clock>) -> Result<Demo, Refusal> {
    let folder = tempfile::Builder::new().prefix("yizhan-demo-").tempdir();
    let folder = folder.map_err(|error| no_folder(&error))?;
    let sources = Sources::load(None).map_err(|problems| broken_files(&problems))?;
    let (calendar, library) = (sources.calendar.clone(), sources.library.clone());
    let clock = Arc::new(DemoClock::new(clock, &calendar));
    let almanac = Almanac::new(clock.today(), &calendar);
    clock.set(almanac::moment(almanac.workday(almanac::REACH), 8 * 3600));
    let mut story = Story::new(seed, almanac, &library);
    cast::enter(&mut story);
    lines::households_at_every_line(&mut story);
    crowd::fill(&mut story, people);
    let remarks = story.remarks();
    let setup = Setup {
        name: "鱼洞街道服务站".into(),
        region: story::REGION.into(),
        admin: "admin".into(),
        password: PASSWORD.into(),
        must_change: false,
        passwords: Passwords::Known,
    };
    let (office, _) = Office::create(folder.path(), &setup, sources, clock.clone())?;
    let administrator = actor(&office, "admin")?;
    add_accounts(&office, &administrator)?;
    replay::replay(&office, &clock, story)?;
    clock.follow();
    let notable = notable_files(&office, &administrator, remarks);
    Ok(Demo { office, notable, _folder: folder })
}

/// One of the demo's own accounts at work.
fn actor(office: &Office, name: &str) -> Result<Actor, Refusal> {
    office.stand_in(name, PASSWORD, &Origin::Terminal)
}

fn add_accounts(office: &Office, administrator: &Actor) -> Result<(), Refusal> {
    let accounts = [
        (Role::Volunteer.id(), Role::Volunteer),
        (Role::Supervisor.id(), Role::Supervisor),
        (SECOND, Role::Supervisor),
        (Role::Auditor.id(), Role::Auditor),
    ];
    let accounts = accounts.map(|(name, role)| Command::AddAccount {
        name: name.into(),
        role,
        password: PASSWORD.into(),
        must_change: false,
    });
    let answers = office.perform_all(administrator, accounts);
    answers.into_iter().try_for_each(|answer| answer.map(drop))
}

fn notable_files(office: &Office, admin: &Actor, remarks: Vec<(String, String)>) -> Vec<Notable> {
    let notable = remarks.into_iter().filter_map(|(id_number, shows)| {
        let services = office.services_of(admin, office.numbered(&id_number)?);
        let line = services.into_iter().find(|line| line.kind == replay::FILE)?;
        Some(Notable { number: line.number, title: line.title, shows })
    });
    let mut notable: Vec<Notable> = notable.collect();
    notable.sort_by(|a, b| a.number.cmp(&b.number));
    notable
}

fn no_folder(error: &std::io::Error) -> Refusal {
    Refusal::unavailable(
        said!(
            "无法在临时目录建立演示站点（{error}）。",
            "The demo cannot be set up in the temporary folder ({error})."
        ),
        said!(
            "请检查临时目录的空间和权限后再试。",
            "Check the temporary folder's space and permissions and try again."
        ),
    )
}

fn broken_files(problems: &[Problem]) -> Refusal {
    let said: Vec<Said> = problems.iter().take(3).map(Problem::said).collect();
    Refusal::unavailable(
        Said::join(&said, "；", "; "),
        said!(
            "请运行 yizhan packs check 查看全部问题。",
            "See all problems with `yizhan packs check`."
        ),
    )
}
