//! The program is killed in the middle of a start or a stop; the next one cleans up or picks up.

use crate::support::{Host, run, with_host};
use ferrovirt_core::NetworkId;
use ferrovirt_core::driver::NetworkDriver;
use ferrovirt_core::layout::Layout;
use ferrovirt_driver_network::NetworkState;
use std::path::Path;
use std::process::{Command, Stdio};

const NETWORK: &str = "<network><name>n</name><forward/><bridge name='virbr9' delay='0'/>\
    <mac address='52:54:00:00:00:09'/>\
    <ip address='10.99.9.1' prefix='24'><dhcp><range start='10.99.9.10' end='10.99.9.20'/></dhcp></ip></network>";
const ROLE: &str = "FERROVIRT_TEST_CRASH_ROOT";

/// Not a test by itself: the program that is killed. It starts and stops the network and says when it is done.
#[test]
fn victim() {
    let Some(root) = std::env::var_os(ROLE) else { return };
    let driver = NetworkState::open(Layout::embedded(Path::new(&root))).unwrap();
    let id = driver.network_lookup_by_name("n").unwrap();
    match driver.network_is_active(&id).unwrap() {
        true => driver.network_destroy(&id).unwrap(),
        false => driver.network_create(&id).unwrap(),
    }
    println!("DONE");
}

/// The calls that change files, speak to the kernel's network, or start, stop and await other programs.
const CALLS: [&str; 12] = [
    "rename",
    "unlink",
    "mkdir",
    "rmdir",
    "chmod",
    "sendto",
    "clone",
    "clone3",
    "poll",
    "ppoll",
    "wait4",
    "pidfd_send_signal",
];

/// Runs the victim and kills it at the `number`th such call of one of its threads; the programs that it starts are let
/// go. Returns whether it came to its end instead.
fn kill_at(host: &Host, call: &str, number: u32) -> bool {
    let output = Command::new("strace")
        .args(["-f", "-b", "execve", "-qq", "-o", "/dev/null"])
        .arg(format!("--inject={call}:signal=KILL:when={number}"))
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "crash::victim", "--nocapture", "--test-threads=1"])
        .env(ROLE, host.root())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let refusal = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!refusal.contains("strace:"), "{refusal}");
    String::from_utf8_lossy(&output.stdout).contains("DONE")
}

/// Kills the victim at each of the calls in turn; `check` looks at what is left, and prepares the next round.
fn kill_everywhere(host: &mut Host, mut check: impl FnMut(&mut Host, &str)) {
    let mut kills = 0;
    for call in CALLS {
        for number in 1.. {
            host.close();
            let finished = kill_at(host, call, number);
            host.open();
            check(host, &format!("killed at {call} number {number}"));
            if finished {
                break;
            }
            kills += 1;
        }
    }
    assert!(kills > 20, "killed {kills} times only");
}

/// After a crash, the network is up and works, or it is not and nothing is left of it; then it is brought up.
fn check_and_start(host: &Host, place: &str) -> NetworkId {
    let id = host.driver().network_lookup_by_name("n").unwrap();
    if !host.driver().network_is_active(&id).unwrap() {
        host.assert_clean();
        host.driver().network_create(&id).unwrap();
    }
    assert_eq!(host.dnsmasq().len(), 1, "{place}");
    assert!(run("nft list tables").contains("ferrovirt_virbr9"), "{place}");
    assert!(run("ip address show virbr9").contains("10.99.9.1/24"), "{place}");
    id
}

fn have_strace() -> bool {
    let found = Command::new("strace").arg("-V").output().is_ok();
    if !found {
        eprintln!("SKIPPED: strace, which kills at a chosen system call, is not here");
    }
    found
}

#[test]
fn a_start_that_is_killed_is_cleaned_up_or_picked_up() {
    if have_strace() {
        with_host(|host| {
            host.define(NETWORK);
            kill_everywhere(host, |host, place| {
                let id = check_and_start(host, place);
                host.driver().network_destroy(&id).unwrap();
                host.assert_clean();
            });
        });
    }
}

#[test]
fn a_stop_that_is_killed_is_finished() {
    if have_strace() {
        with_host(|host| {
            let id = host.start(NETWORK);
            kill_everywhere(host, |host, place| _ = check_and_start(host, place));
            host.driver().network_destroy(&id).unwrap();
            host.assert_clean();
        });
    }
}
