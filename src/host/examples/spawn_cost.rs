//! What starting a child costs here and with the standard library, in a program that holds much memory.

use std::os::unix::process::CommandExt;
use std::time::{Duration, Instant};

use ferrovirt_host::process::Command;

const ROUNDS: u32 = 300;

fn main() {
    for megabytes in [0usize, 1024] {
        let ballast = vec![1u8; megabytes << 20];
        let ours = median(|| {
            Command::new("/bin/true").new_session().spawn().expect("started").wait().expect("waited");
        });
        let posix_spawn = median(|| {
            std::process::Command::new("/bin/true").env_clear().status().expect("ran");
        });
        let fork = median(|| {
            // A user id to set is what keeps the standard library from posix_spawn.
            std::process::Command::new("/bin/true")
                .env_clear()
                .uid(rustix::process::getuid().as_raw())
                .status()
                .expect("ran");
        });
        println!(
            "{} MiB resident: ours {ours:?}, std by posix_spawn {posix_spawn:?}, std by fork {fork:?}",
            ballast.len() >> 20
        );
    }
}

fn median(mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}
