//! The entry: reads what the process was started in, hands it to the command line and exits with
//! its status. The one place that looks at the environment.

use std::env;
use std::process::ExitCode;
use std::sync::Arc;
use yizhan::cli::{self, Surroundings};
use yizhan::record::SystemClock;

fn main() -> ExitCode {
    leave_no_core();
    give_memory_back();
    let var = |name: &str| env::var(name).unwrap_or_default();
    let first_set = |names: [&str; 3]| {
        names.into_iter().map(var).find(|value| !value.is_empty()).unwrap_or_default()
    };
    let home = directories::ProjectDirs::from("", "", "yizhan");
    let surroundings = Surroundings {
        data: env::var_os("YIZHAN_DATA").filter(|dir| !dir.is_empty()).map(Into::into),
        home: home.as_ref().map(|dirs| dirs.data_dir().to_path_buf()),
        files: directories::UserDirs::new().map(|dirs| dirs.home_dir().to_path_buf()),
        runtime: home.as_ref().and_then(|dirs| dirs.runtime_dir()).map(Into::into),
        service: env::var_os("YIZHAN_RUNTIME")
            .filter(|dir| !dir.is_empty())
            .unwrap_or_else(|| "/run/yizhan".into())
            .into(),
        temporary: env::temp_dir(),
        language: first_set(["LC_ALL", "LC_MESSAGES", "LANG"]),
        codeset: first_set(["LC_ALL", "LC_CTYPE", "LANG"]),
        term: var("TERM"),
        colorterm: var("COLORTERM"),
        no_color: !var("NO_COLOR").is_empty(),
        clock: Arc::new(SystemClock),
    };
    ExitCode::from(cli::run(env::args_os(), &surroundings))
}

/// Keeps what is in memory, passwords and keys among it, out of core dumps, and other processes of
/// the same user from reading it. A machine that refuses is no reason not to work.
#[cfg(unix)]
fn leave_no_core() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    // A core that is piped to a program knows no limit of size; it asks for this.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// Other systems keep no such files by themselves.
#[cfg(not(unix))]
fn leave_no_core() {}

/// Has the C library give freed memory back to the machine from 128 KB on, its own first value.
/// Left alone it raises that with each large piece freed and keeps what fifty sessions had long
/// after they have left, separately for each of their threads.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn give_memory_back() {
    // SAFETY: sets one number inside the allocator, before there is any other thread; whatever it
    // answers, nothing depends on it.
    #[expect(unsafe_code, reason = "the C library's only way to say it")]
    unsafe {
        libc::mallopt(libc::M_TRIM_THRESHOLD, 128 * 1024);
    }
}

/// Other C libraries keep little.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn give_memory_back() {}
