//! Two descriptors that trade their numbers on the way to a child; alone in its program, where numbers are low.

use std::io::Read;
use std::os::fd::AsRawFd;
use std::time::Duration;

use ferrovirt_host::process::Command;

#[test]
fn descriptors_can_swap_their_numbers() {
    let one = tempfile::tempfile().expect("file");
    let two = tempfile::tempfile().expect("file");
    let (mut check_one, mut check_two) = (one.try_clone().expect("dup"), two.try_clone().expect("dup"));
    let (n1, n2) = (one.as_raw_fd(), two.as_raw_fd());
    assert!(n1 < 64 && n2 < 64, "this program has more files open than such a test needs");
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(format!("echo to-n1 >/proc/self/fd/{n1}; echo to-n2 >/proc/self/fd/{n2}"));
    command.pass_fd_as(one.into(), n2).pass_fd_as(two.into(), n1);
    assert!(command.output(Duration::from_secs(120)).expect("run").status.success());
    let mut text = [String::new(), String::new()];
    check_one.read_to_string(&mut text[0]).expect("read");
    check_two.read_to_string(&mut text[1]).expect("read");
    assert_eq!(text, ["to-n2\n", "to-n1\n"]);
}
