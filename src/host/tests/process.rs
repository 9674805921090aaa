//! Real children: what they get from us, what they don't, and how their end is told.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::time::{Duration, Instant};

use ferrovirt_core::ErrorCode;
use ferrovirt_host::process::{
    Command, ExitStatus, PidFile, Process, ProcessId, Resource, Rlimit, Signal, Stdio, wait_for_starts,
};

const LIMIT: Duration = Duration::from_secs(120);

fn shell(script: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script]);
    command
}

fn stdout_of(command: &mut Command) -> String {
    let output = command.output(LIMIT).expect("the shell runs");
    assert!(output.status.success(), "{}: {}", output.status, output.complaint());
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn the_environment_is_ours_alone() {
    let mut command = Command::new("env");
    command.env("LC_ALL", "C").env("HOME", "/nowhere").env("HOME", "/").env_pass(["NO_SUCH_VARIABLE_HERE"]);
    assert_eq!(stdout_of(&mut command), "LC_ALL=C\nHOME=/\n");
}

#[test]
fn directory_umask_session_and_limits_are_set() {
    let mut command = shell("pwd; umask; ulimit -n; ulimit -c; cut -d' ' -f1,6 /proc/self/stat; echo $$");
    command.current_dir("/usr").umask(0o27).new_session();
    command.limit(Resource::Nofile, Rlimit { current: Some(77), maximum: Some(99) });
    command.limit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let text = stdout_of(&mut command);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..4], ["/usr", "0027", "77", "0"]);
    assert_eq!(lines[4].split(' ').nth(1), Some(lines[5]), "the shell leads its session");
}

#[test]
fn signals_are_at_their_defaults_and_open() {
    // Rust programs ignore SIGPIPE, and nothing of that may reach the child.
    let text = stdout_of(&mut shell("exec cat /proc/self/status"));
    let masks: Vec<&str> = text
        .lines()
        .filter(|l| ["SigBlk", "SigIgn", "SigCgt"].contains(&l.split(':').next().unwrap_or_default()))
        .collect();
    for line in &masks {
        let mask = line.split_whitespace().nth(1).expect("a mask");
        assert_eq!(u64::from_str_radix(mask, 16), Ok(0), "{line}");
    }
    assert_eq!(masks.len(), 3);
}

#[test]
fn only_passed_descriptors_arrive() {
    let leaky = File::open("/dev/zero").expect("open");
    rustix::io::fcntl_setfd(&leaky, rustix::io::FdFlags::empty()).expect("not close-on-exec");
    let (read, write) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).expect("pipe");
    let mut command = shell(
        "echo same >/proc/self/fd/$SAME; echo at-nine >&9; for f in /proc/$$/fd/*; do test -e $f && echo ${f##*/}; done; true",
    );
    let second = write.try_clone().expect("dup");
    let same = command.pass_fd(write).expect("passed");
    command.pass_fd_as(second, 9).env("SAME", same.to_string()).env("PATH", "/usr/bin:/bin");
    let listed = stdout_of(&mut command);
    drop(command);
    let mut text = String::new();
    File::from(read).read_to_string(&mut text).expect("both writers are closed");
    assert_eq!(text, "same\nat-nine\n");
    let mut numbers: Vec<i32> = listed.split_whitespace().map(|n| n.parse().expect("number")).collect();
    numbers.retain(|n| *n > 2 && *n != same && *n != 9);
    // Bash keeps its script on 255; dash has nothing more.
    numbers.retain(|n| *n != 255);
    assert!(numbers.is_empty(), "{numbers:?} arrived too; the leaky one was {}", leaky.as_raw_fd());
}

#[test]
fn failures_before_the_program_runs_are_told_at_once() {
    let directory = tempfile::tempdir().expect("directory");
    let plain = directory.path().join("plain");
    File::create(&plain).expect("file");
    let cases = [
        (Command::new("/no/such/program"), "cannot execute '/no/such/program'", libc::ENOENT),
        (
            Command::new("no-such-program-in-path"),
            "cannot find 'no-such-program-in-path' in PATH",
            libc::ENOENT,
        ),
        (Command::new(&plain), "cannot execute", libc::EACCES),
        (
            {
                let mut command = shell("true");
                command.current_dir("/no/such/dir");
                command
            },
            "its working directory '/no/such/dir' can't be entered",
            libc::ENOENT,
        ),
    ];
    for (command, text, errno) in cases {
        let err = command.spawn().expect_err(text);
        assert_eq!(err.code(), ErrorCode::SystemError);
        assert_eq!(err.ints()[0], errno, "{err}");
        assert!(err.message().contains(text), "{err}");
    }
}

#[test]
fn the_end_is_told_and_reaped() {
    let process = shell("exit 7").spawn().expect("started");
    assert_eq!(process.wait().expect("waited"), ExitStatus::Exited(7));
    assert_eq!(process.wait().expect("again"), ExitStatus::Exited(7));
    assert!(!process.kill(Signal::KILL).expect("a dead process is no error"));
    assert!(!Path::new(&format!("/proc/{}", process.pid())).exists());

    let process = shell("exec sleep 1000").spawn().expect("started");
    assert_eq!(process.try_wait().expect("asked"), None);
    let soon = Instant::now() + Duration::from_millis(20);
    assert_eq!(process.wait_until(Some(soon)).expect("asked"), None);
    assert!(Instant::now() >= soon);
    assert!(process.kill(Signal::TERM).expect("sent"));
    let status = process.wait().expect("waited");
    assert_eq!(status, ExitStatus::Killed { signal: libc::SIGTERM, core_dumped: false });
}

#[test]
fn a_process_is_found_again_but_not_its_successor() {
    let process = shell("exec sleep 1000").spawn().expect("started");
    let id = process.id().expect("alive");
    let again = Process::attach_to(id).expect("asked").expect("there");
    let stranger = ProcessId { start_time: id.start_time + 1, ..id };
    assert!(Process::attach_to(stranger).expect("asked").is_none());
    again.kill(Signal::KILL).expect("sent");
    assert!(matches!(process.wait().expect("waited"), ExitStatus::Killed { .. }));
    assert_eq!(again.wait().expect("waited"), ExitStatus::Unknown, "it was reaped through the other handle");
    assert!(Process::attach_to(id).expect("asked").is_none());
}

#[test]
fn a_process_that_is_not_our_child_can_be_waited_for() {
    // The sleeper is the shell's child; the shell stays to reap it, and tells its number over the pipe.
    let (read, write) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).expect("pipe");
    let mut command = shell("sleep 1000 >/dev/null & echo $!; exec >/dev/null; wait");
    command.stdout(write);
    let parent = command.spawn().expect("started");
    drop(command);
    let mut text = String::new();
    File::from(read).read_to_string(&mut text).expect("the shell's line");
    let pid = text.trim().parse().expect("a number");
    let process = Process::attach(pid).expect("asked").expect("there");
    assert!(!process.has_ended().expect("asked"));
    process.kill(Signal::KILL).expect("sent");
    assert_eq!(process.wait().expect("waited"), ExitStatus::Unknown);
    parent.wait().expect("the shell ends after its child");
}

#[test]
fn output_is_collected_beyond_a_pipe_full_and_a_hang_is_ended() {
    let output =
        shell("head -c 300000 /dev/zero; head -c 200000 /dev/zero >&2; exit 3").output(LIMIT).expect("run");
    assert_eq!((output.stdout.len(), output.stderr.len()), (300_000, 200_000));
    assert_eq!(output.status, ExitStatus::Exited(3));

    let err = shell("exec sleep 1000").output(Duration::from_millis(50)).expect_err("it hangs");
    assert_eq!(err.code(), ErrorCode::OperationTimeout);
}

#[test]
fn streams_go_to_a_log_that_is_appended_to() {
    let directory = tempfile::tempdir().expect("directory");
    let log = directory.path().join("guest.log");
    File::create(&log).expect("made").write_all(b"before\n").expect("written");
    let stream = Stdio::append(&log).expect("opened");
    let mut command = shell("echo out; echo err >&2");
    command.stdout(stream.clone()).stderr(stream);
    assert!(command.spawn().expect("started").wait().expect("waited").success());
    assert_eq!(std::fs::read_to_string(&log).expect("read"), "before\nout\nerr\n");
}

#[test]
fn another_identity_is_taken() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("SKIPPED: changing user and group needs root");
        return;
    }
    let mut command = shell("id -u; id -g; id -G; grep CapEff /proc/self/status");
    command.identity(65534, 65533, &[65533, 65532]).env("PATH", "/usr/bin:/bin");
    assert_eq!(stdout_of(&mut command), "65534\n65533\n65533 65532\nCapEff:\t0000000000000000\n");
    assert!(rustix::process::geteuid().is_root(), "we ourselves have stayed who we are");
}

#[test]
fn cpus_and_control_groups_are_joined_before_the_program_runs() {
    // Any file will do to see that the child writes what stands for itself into it.
    let mut procs = tempfile::tempfile().expect("file");
    let mut command = shell("exec cat /proc/self/status");
    let mut first = rustix::thread::CpuSet::new();
    let allowed = rustix::thread::sched_getaffinity(None).expect("asked");
    let cpu = (0..1024).find(|cpu| allowed.is_set(*cpu)).expect("we run somewhere");
    first.set(cpu);
    command.affinity(first).cgroup(procs.try_clone().expect("dup"));
    let status = stdout_of(&mut command);
    let line = status.lines().find(|line| line.starts_with("Cpus_allowed_list")).expect("told");
    assert_eq!(line.split_whitespace().nth(1), Some(cpu.to_string().as_str()));
    let mut written = String::new();
    std::io::Seek::rewind(&mut procs).expect("rewound");
    procs.read_to_string(&mut written).expect("read");
    assert_eq!(written, "0");
}

#[test]
fn a_child_can_be_bound_to_the_thread_that_waits_for_it() {
    let spawn = || {
        let mut command = shell("exec sleep 1000");
        command.die_with_parent().spawn().expect("started")
    };
    let process = std::thread::spawn(spawn).join().expect("the thread ends, and the child with it");
    assert!(matches!(process.wait().expect("waited"), ExitStatus::Killed { signal: libc::SIGKILL, .. }));
}

#[test]
fn many_threads_spawn_at_once() {
    std::thread::scope(|scope| {
        for n in 0..8 {
            scope.spawn(move || {
                for _ in 0..25 {
                    let text = stdout_of(&mut shell(&format!("echo {n}")));
                    assert_eq!(text.trim(), n.to_string());
                }
            });
        }
    });
}

#[test]
fn it_is_known_whether_a_child_is_just_being_started() {
    let (mut read, write) = rustix::pipe::pipe().map(|(r, w)| (File::from(r), File::from(w))).expect("pipe");
    let room = rustix::pipe::fcntl_getpipe_size(&write).expect("asked");
    (&write).write_all(&vec![0; room]).expect("filled");
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let starter = scope.spawn(|| {
            tell.send(rustix::thread::gettid()).expect("the test listens");
            // A child on its way into this group waits for room in the pipe.
            shell("true").cgroup(write).spawn().expect("started").wait().expect("waited")
        });
        let thread = told.recv().expect("told").as_raw_nonzero();
        let children = format!("/proc/self/task/{thread}/children");
        while std::fs::read_to_string(&children).is_ok_and(|children| children.is_empty()) {
            std::thread::yield_now();
        }
        let amid_it = wait_for_starts(Duration::ZERO);
        read.read_exact(&mut vec![0; room]).expect("emptied");
        assert!(starter.join().expect("joined").success());
        assert_eq!((amid_it, wait_for_starts(LIMIT)), (false, true));
    });
}

#[test]
fn a_pid_file_is_held_by_one_process_and_read_by_all() {
    let directory = tempfile::tempdir().expect("directory");
    let path = directory.path().join("daemon.pid");
    assert_eq!(PidFile::read(&path).expect("read"), None);
    let ours = PidFile::acquire(&path).expect("asked").expect("free");
    assert_eq!(PidFile::read(&path).expect("read"), Some(std::process::id()));
    let program = std::env::current_exe().expect("path");
    assert_eq!(PidFile::read_running(&path, &program).expect("read"), Some(std::process::id()));
    assert_eq!(PidFile::read_running(&path, Path::new("/bin/true")).expect("read"), None);
    // A second look by another process: flock(1) takes another kind of lock, so Python asks as the peer does.
    let ask = "import fcntl,sys\ntry:\n fcntl.lockf(open(sys.argv[1],'r+'),fcntl.LOCK_EX|fcntl.LOCK_NB,1)\n\
               except OSError: print('held')";
    let mut python = Command::new("python3");
    python.args(["-c", ask]).arg(&path);
    match python.output(LIMIT) {
        Ok(output) => assert_eq!(output.stdout, b"held\n", "{}", output.complaint()),
        Err(e) => eprintln!("SKIPPED: no python3 to look at the lock with: {e}"),
    }
    drop(ours);
    assert!(!path.exists());

    PidFile::write(&path, 4242).expect("written");
    assert_eq!(std::fs::read(&path).expect("read"), b"4242");
    std::fs::write(&path, "nonsense").expect("written");
    assert_eq!(PidFile::read(&path).expect("read"), None);
}
