//! Sessions over SSH: fifty at once, three that do nothing, and one at the end of a slow line.
//!
//! The server is the built program in a process of its own, the clients are here.
//! `cargo bench --bench sessions -- 1000000` says how many people the station has, 1,728 where no
//! number is given.

#![allow(clippy::expect_used, clippy::print_stdout)] // a bench that cannot measure has to stop

mod fifty;
mod house;
mod idle;
mod slow_line;
#[path = "../station/mod.rs"]
mod station;

/// People of a station where nobody says how many.
const PEOPLE: u32 = 1_728;

fn main() {
    let people = std::env::args().skip(1).find_map(|count| count.parse().ok()).unwrap_or(PEOPLE);
    let folder = station::folder();
    let (mut server, address) = house::serve(folder.path(), people);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        slow_line::measure(&address).await;
        idle::measure(&address, server.id()).await;
        // Twice: what stays behind the first time and not the second is no leak.
        fifty::measure(&address, server.id()).await;
        fifty::measure(&address, server.id()).await;
    });
    let _ = server.kill();
    let _ = server.wait();
}
