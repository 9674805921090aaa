//! The daemons, the stock one and ours, doing the same work.

use super::Budget;
use std::path::Path;
use std::process::Command;

/// DESIGN's budgets of what goes over the socket; memory is in KiB.
pub const BUDGETS: &[Budget] = &[
    Budget { work: "ping", must: 0.5, should: 0.25 },
    Budget { work: "list", must: 0.25, should: 0.1 },
    Budget { work: "stats", must: 0.1, should: 0.05 },
    Budget { work: "define", must: 0.5, should: 0.2 },
    Budget { work: "restart", must: 0.3, should: 0.1 },
    Budget { work: "memory", must: 0.6, should: 0.3 },
];

/// Everything that a daemon keeps is on file systems that end with it. It is killed, not stopped, before the restart.
const SCRIPT: &str = "daemon=$1 program=$2 count=$3
for dir in /run /etc/libvirt /var/lib/libvirt /var/log/libvirt /var/cache/libvirt; do
    mount -t tmpfs -o mode=755 tmpfs $dir || exit
done
ip link set lo up
$daemon & pid=$!
for turn in $(seq 600); do [ -S /run/libvirt/libvirt-sock ] && break; sleep 0.1; done
$program --uri qemu:///system --work served --count $count || exit
memory=$(sed -n 's/^VmRSS:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/$pid/status)
echo memory 1 $memory $memory
kill -9 $pid; wait $pid 2>/dev/null
rm -f /run/libvirt/libvirt-sock
$daemon & pid=$!
$program --uri qemu:///system --work first --count $count || exit
kill $pid; wait $pid 2>/dev/null
exit 0";

/// Does all the work on one daemon.
pub fn command(daemon: &Path, program: &Path, count: usize) -> Command {
    let mut command = Command::new("unshare");
    command.args(["-m", "-n", "sh", "-c", SCRIPT, "sh"]).args([daemon, program]).arg(count.to_string());
    command
}
