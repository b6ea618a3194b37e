//! The entry: reads what the process was started in, hands it to the command line and exits with
//! its status. The one place that looks at the environment.

use std::env;
use std::process::ExitCode;
use std::sync::Arc;
use yizhan::cli::{self, Surroundings};
use yizhan::record::SystemClock;

fn main() -> ExitCode {
    let var = |name: &str| env::var(name).unwrap_or_default();
    let first_set = |names: [&str; 3]| {
        names.into_iter().map(var).find(|value| !value.is_empty()).unwrap_or_default()
    };
    let home = directories::ProjectDirs::from("", "", "yizhan");
    let surroundings = Surroundings {
        data: env::var_os("YIZHAN_DATA").filter(|dir| !dir.is_empty()).map(Into::into),
        home: home.as_ref().map(|dirs| dirs.data_dir().to_path_buf()),
        runtime: home.as_ref().and_then(|dirs| dirs.runtime_dir()).map(Into::into),
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
