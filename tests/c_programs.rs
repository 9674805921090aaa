//! C programs as users write them, compiled by cc against the built prefix and run in a network namespace each.

mod support;

use support::{Program, Scratch};

#[test]
fn errors_are_told_per_thread_and_to_callbacks() {
    let Some(program) = Program::compile("errors.c") else { return };
    program.run(&[]).succeeds();
}

#[test]
fn stale_and_foreign_handles_are_refused() {
    let Some(program) = Program::compile("handles.c") else { return };
    let Some(scratch) = Scratch::new() else { return };
    program.run(&[&scratch.root()]).succeeds();
}

#[test]
fn the_event_loop_runs_handles_and_timeouts() {
    let Some(program) = Program::compile("event_loop.c") else { return };
    program.run(&[]).succeeds();
}

#[test]
fn events_of_the_mock_reach_who_is_there_and_threads_share_a_connection() {
    let Some(program) = Program::compile("mock_events.c") else { return };
    program.run(&[]).succeeds();
}

#[test]
fn errors_reach_whom_they_concern_and_lengths_are_looked_at() {
    let Some(program) = Program::compile("mock_errors.c") else { return };
    program.run(&[]).succeeds();
}

#[test]
fn a_thread_may_end_inside_a_callback() {
    let Some(program) = Program::compile("thread_exit.c") else { return };
    program.run(&[]).succeeds();
}

#[test]
fn the_library_may_be_closed_while_a_thread_is_in_its_loop() {
    let Some(program) = Program::compile_unlinked("unloaded.c") else { return };
    program.run(&[]).succeeds();
}

#[test]
fn a_guest_lives_through_all_its_states() {
    let Some(program) = Program::compile("guest_life.c") else { return };
    let Some(scratch) = Scratch::new() else { return };
    program.run(&[&scratch.root()]).succeeds();
}

#[test]
fn what_a_killed_program_left_is_picked_up_by_the_next() {
    let Some(program) = Program::compile("survivor.c") else { return };
    let Some(scratch) = Scratch::new() else { return };
    scratch.in_one_namespace(&program, &[&["start", &scratch.root()], &["check", &scratch.root()]]);
}

#[test]
fn bad_input_is_refused_and_leaves_no_trace() {
    let Some(program) = Program::compile("refusals.c") else { return };
    let Some(scratch) = Scratch::new() else { return };
    program.run(&[&scratch.root()]).succeeds();
}

#[test]
fn a_host_without_taps_says_so_and_nothing_is_left() {
    let Some(program) = Program::compile("refusals.c") else { return };
    let Some(scratch) = Scratch::new() else { return };
    program.run_after("mount -t tmpfs none /dev/net", &[&scratch.root(), "without-taps"]).succeeds();
}

#[test]
fn a_linux_guest_boots_on_a_managed_network() {
    let Some(program) = Program::compile("../../examples/c/boot-guest.c") else { return };
    let Some(scratch) = Scratch::new() else { return };
    let Some((kernel, initrd)) = support::guest_files() else { return };
    program.run(&["--root", &scratch.root(), "--kernel", &kernel, "--initrd", &initrd]).succeeds();
}

/// Runs the example through a daemon, and kills the daemon when the guest runs; another one takes over.
const RESTART: &str = r#"
root=$1 daemon=$2; shift 2
start() {
    # The one before may still be about to let go of its files.
    until "$daemon" -d -f "$root/d.conf" -p "$root/d.pid" --root "$root/d"; do sleep 0.05; done
}
echo "unix_sock_dir = \"$root\"" >"$root/d.conf"
trap 'kill "$(cat "$root/d.pid")"' EXIT
trap 'exit 1' TERM
start
mkfifo "$root/steps"
exec 3<>"$root/steps"
# It is there before somebody reads it.
: >"$root/said"
killed=
"$@" --uri "qemu+unix:///system?socket=$root/libvirt-sock&reconnect=1" --step <&3 >>"$root/said" & program=$!
tail -n +1 -f --pid=$program "$root/said" | while read -r line; do
    echo "$line"
    case $line in
    @guest*) [ "$killed" ] || { kill -9 "$(cat "$root/d.pid")"; start; killed=1; echo "@restarted"; } ;;
    esac
    case $line in @*) echo >&3 ;; esac
done
wait $program
"#;

#[test]
fn a_linux_guest_outlives_the_daemon_that_started_it() {
    let Some(program) = Program::compile("../../examples/c/boot-guest.c") else { return };
    let Some(scratch) = Scratch::new() else { return };
    let Some((kernel, initrd)) = support::guest_files() else { return };
    let said = scratch.run_script(&program, RESTART, &["--kernel", &kernel, "--initrd", &initrd]);
    assert!(said.contains("@restarted") && said.contains("the guest has shut down"), "{said}");
    assert_eq!(said.matches("@guest").count(), 2, "{said}");
}
