//! The system calls that have no safe wrapper; above all the start of a child by `clone` with the parent's memory
//! shared and the calling thread suspended, so that its cost does not grow with the program we live in.
//!
//! Between `clone` and `execve` the child runs on our memory. It may make system calls and read the [`Plan`]; it
//! must not allocate, lock or unwind, since another thread of the parent may be in the middle of any of that.
#![allow(unsafe_code)]

use std::ffi::{CString, c_char, c_int, c_void};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;
use std::time::Duration;

use parking_lot::RwLock;
use rustix::thread::CpuSet;

/// Room for the child's few frames; it calls nothing deep.
const STACK_SIZE: usize = 64 * 1024;
/// What a child that could not reach its program exits with, as shells do.
const EXIT_NOT_STARTED: c_int = 127;
/// Signal numbers end here on every Linux architecture but MIPS, which ends later and ignores the rest.
const LAST_SIGNAL: c_int = 64;
const KERNEL_SIGSET_SIZE: usize = 8;

/// Everything the child needs, in the form in which the kernel wants it, made before the child exists.
pub(super) struct Plan {
    pub(super) program: CString,
    pub(super) args: Vec<CString>,
    pub(super) env: Vec<CString>,
    pub(super) directory: Option<CString>,
    /// `(ours, the child's)`; no number of ours is also one that an earlier pair overwrites.
    pub(super) descriptors: Vec<(RawFd, RawFd)>,
    pub(super) new_session: bool,
    pub(super) umask: Option<u32>,
    pub(super) limits: Vec<(u32, libc::rlimit)>,
    pub(super) affinity: Option<CpuSet>,
    /// `cgroup.procs` files that the child writes itself into.
    pub(super) cgroups: Vec<File>,
    pub(super) groups: Option<Vec<u32>>,
    pub(super) gid: Option<u32>,
    pub(super) uid: Option<u32>,
    pub(super) die_with_parent: bool,
}

/// What the child was doing when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Clone,
    Session,
    Limits,
    Affinity,
    Cgroup,
    Directory,
    Identity,
    ParentDeath,
    Descriptors,
    Execute,
}

#[derive(Debug)]
pub(super) struct Failure {
    pub(super) step: Step,
    pub(super) error: io::Error,
}

/// All signals held back from the calling thread until this is dropped; threads started meanwhile never get any.
///
/// A library's own threads must not run the signal handlers of the application that loaded it.
pub struct SignalsBlocked {
    before: libc::sigset_t,
    /// A signal mask belongs to a thread, so this must not leave it.
    _not_send: std::marker::PhantomData<*const ()>,
}

impl SignalsBlocked {
    #[expect(clippy::new_without_default, reason = "it has an effect, so it should be visible")]
    pub fn new() -> Self {
        // SAFETY: a zeroed sigset_t is a valid one, and both pointers are to locals that outlive the calls.
        let before = unsafe {
            let mut all: libc::sigset_t = std::mem::zeroed();
            let mut before: libc::sigset_t = std::mem::zeroed();
            libc::sigfillset(&mut all);
            libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before);
            before
        };
        Self { before, _not_send: std::marker::PhantomData }
    }
}

impl Drop for SignalsBlocked {
    fn drop(&mut self) {
        // SAFETY: `before` is the mask that this thread had; `_not_send` keeps us on it.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.before, ptr::null_mut()) };
    }
}

/// What the two sides share while the child has not reached its program.
struct Shared<'a> {
    plan: &'a Plan,
    args: *const *const c_char,
    env: *const *const c_char,
    parent: libc::pid_t,
    failure: Option<(Step, c_int)>,
}

/// Held, for reading, while a child is being started: until it runs its program it has a copy of every descriptor.
static STARTING: RwLock<()> = RwLock::new(());

/// Waits until no child has copies of what this process has closed before: one that is just being started may have some
/// until it runs its program, and so keeps file systems busy. `false` if that takes longer than `patience`.
///
/// Children that others in this process start in ways of their own are not known here.
pub fn wait_for_starts(patience: Duration) -> bool {
    STARTING.try_write_for(patience).is_some()
}

/// Starts the child and returns its pid and pidfd once it runs its program.
pub(super) fn launch(plan: &Plan) -> Result<(u32, OwnedFd), Failure> {
    let args = pointers(&plan.args);
    let env = pointers(&plan.env);
    let mut stack: Vec<u8> = Vec::with_capacity(STACK_SIZE);
    let _starting = STARTING.read_recursive();
    let mut pidfd: c_int = -1;
    // A handler of the program must not run in the child, where it would work on the parent's memory.
    let blocked = SignalsBlocked::new();
    // SAFETY: getpid has no preconditions.
    let parent = unsafe { libc::getpid() };
    let mut shared = Shared { plan, args: args.as_ptr(), env: env.as_ptr(), parent, failure: None };
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::CLONE_PIDFD | libc::SIGCHLD;
    // SAFETY: the stack is ours, large enough and aligned to 16 below its end; `shared`, `pidfd` and the stack
    // live until the call returns, which CLONE_VFORK delays until the child no longer uses our memory.
    let pid = unsafe {
        let top = stack.as_mut_ptr().add(STACK_SIZE);
        let top = top.sub(top as usize % 16);
        let pidfd: *mut c_int = &mut pidfd;
        libc::clone(child, top.cast(), flags, (&raw mut shared).cast(), pidfd)
    };
    let clone_error = io::Error::last_os_error();
    drop(blocked);
    if pid < 0 {
        return Err(Failure { step: Step::Clone, error: clone_error });
    }
    // SAFETY: clone succeeded, so the kernel has stored a new descriptor that nobody else owns.
    let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
    // SAFETY: `shared` is a live local; the read is volatile because the compiler can't see the child write.
    match unsafe { ptr::read_volatile(&raw const shared.failure) } {
        None => Ok((pid as u32, pidfd)),
        Some((step, errno)) => {
            reap(&pidfd);
            Err(Failure { step, error: io::Error::from_raw_os_error(errno) })
        }
    }
}

/// Removes the zombie of a child that has already ended.
fn reap(pidfd: &OwnedFd) {
    use rustix::process::{WaitId, WaitIdOptions, waitid};
    use std::os::fd::AsFd;
    // It fails only where the application reaps everybody's children, and then there is nothing left to do.
    let _ = rustix::io::retry_on_intr(|| waitid(WaitId::PidFd(pidfd.as_fd()), WaitIdOptions::EXITED));
}

fn pointers(strings: &[CString]) -> Vec<*const c_char> {
    strings.iter().map(|s| s.as_ptr()).chain([ptr::null()]).collect()
}

/// The child's whole life in our memory.
extern "C" fn child(shared: *mut c_void) -> c_int {
    // SAFETY: `launch` passes its `Shared` and waits for us; nobody else touches it meanwhile.
    let shared = unsafe { &mut *shared.cast::<Shared<'_>>() };
    // SAFETY: we are the child of `launch`, with the pointers that it prepared.
    let (step, errno) = unsafe { become_program(shared) };
    // SAFETY: `failure` is a field of a live object; volatile since it is read by the parent.
    unsafe { ptr::write_volatile(&raw mut shared.failure, Some((step, errno))) };
    // SAFETY: _exit runs no code of the parent's.
    unsafe { libc::_exit(EXIT_NOT_STARTED) }
}

/// Makes the system calls of the plan in order; returns only when one fails.
///
/// # Safety
/// To be called only in the child of [`launch`], with `shared`'s argument and environment arrays intact.
unsafe fn become_program(shared: &Shared<'_>) -> (Step, c_int) {
    let plan = shared.plan;
    // SAFETY: async-signal-safe calls on values that the plan owns; identity changes go through raw system calls
    // because the C library's functions would change every thread of the parent.
    unsafe {
        default_signals();
        if plan.new_session && libc::setsid() < 0 {
            return failed(Step::Session);
        }
        if let Some(mask) = plan.umask {
            libc::umask(mask as libc::mode_t);
        }
        for (resource, limit) in &plan.limits {
            if libc::syscall(libc::SYS_prlimit64, 0, *resource, limit, ptr::null::<libc::rlimit>()) < 0 {
                return failed(Step::Limits);
            }
        }
        if let Some(set) = &plan.affinity
            && let Err(errno) = rustix::thread::sched_setaffinity(None, set)
        {
            return (Step::Affinity, errno.raw_os_error());
        }
        for file in &plan.cgroups {
            if libc::write(file.as_raw_fd(), c"0".as_ptr().cast(), 1) < 0 {
                return failed(Step::Cgroup);
            }
        }
        if let Some(directory) = &plan.directory
            && libc::chdir(directory.as_ptr()) < 0
        {
            return failed(Step::Directory);
        }
        if !take_identity(plan) {
            return failed(Step::Identity);
        }
        // After the identity: changing it clears this setting.
        if plan.die_with_parent && libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) < 0 {
            return failed(Step::ParentDeath);
        }
        if plan.die_with_parent && libc::getppid() != shared.parent {
            libc::_exit(EXIT_NOT_STARTED);
        }
        if !place_descriptors(plan) {
            return failed(Step::Descriptors);
        }
        libc::execve(plan.program.as_ptr(), shared.args, shared.env);
        failed(Step::Execute)
    }
}

fn failed(step: Step) -> (Step, c_int) {
    // SAFETY: errno is the calling thread's; reading it has no preconditions.
    (step, unsafe { *libc::__errno_location() })
}

/// Default dispositions first, then an open mask: the other way round a pending signal would find a handler.
///
/// # Safety
/// Only in the child, whose table of dispositions is a copy.
unsafe fn default_signals() {
    // SAFETY: the kernel's sigaction is smaller than this buffer on every architecture, and all zeroes mean SIG_DFL
    // without flags; numbers that can't be changed are refused harmlessly.
    unsafe {
        // The raw call: the C library's keeps its hands off two signals that may have been inherited as ignored.
        let action = [0u64; 8];
        for signal in 1..=LAST_SIGNAL {
            libc::syscall(
                libc::SYS_rt_sigaction,
                signal,
                action.as_ptr(),
                ptr::null::<u64>(),
                KERNEL_SIGSET_SIZE,
            );
        }
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &none, ptr::null_mut());
    }
}

/// # Safety
/// Only in the child: the raw calls change the calling thread alone, which is all of the child.
unsafe fn take_identity(plan: &Plan) -> bool {
    // SAFETY: the group list is the plan's and as long as told.
    unsafe {
        if let Some(groups) = &plan.groups
            && libc::syscall(libc::SYS_setgroups, groups.len(), groups.as_ptr()) < 0
        {
            return false;
        }
        if let Some(gid) = plan.gid
            && libc::syscall(libc::SYS_setresgid, gid, gid, gid) < 0
        {
            return false;
        }
        plan.uid.is_none_or(|uid| libc::syscall(libc::SYS_setresuid, uid, uid, uid) == 0)
    }
}

/// Marks everything close-on-exec, then puts the wanted descriptors where the program expects them.
///
/// # Safety
/// Only in the child, whose table of descriptors is a copy.
unsafe fn place_descriptors(plan: &Plan) -> bool {
    const CLOSE_RANGE_CLOEXEC: u32 = 1 << 2;
    // SAFETY: plain numbers; the table is the child's own.
    unsafe {
        if libc::syscall(libc::SYS_close_range, 3u32, u32::MAX, CLOSE_RANGE_CLOEXEC) < 0 {
            close_on_exec_one_by_one();
        }
        for &(ours, theirs) in &plan.descriptors {
            let done =
                if ours == theirs { libc::fcntl(ours, libc::F_SETFD, 0) } else { libc::dup2(ours, theirs) };
            if done < 0 {
                return false;
            }
        }
    }
    true
}

/// For kernels before 5.11.
///
/// # Safety
/// As [`place_descriptors`].
unsafe fn close_on_exec_one_by_one() {
    // SAFETY: getrlimit writes a local; F_SETFD on a number that is not open fails harmlessly.
    unsafe {
        let mut limit: libc::rlimit = std::mem::zeroed();
        if libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) < 0 {
            return;
        }
        for number in 3..limit.rlim_cur.min(1 << 20) {
            libc::fcntl(number as c_int, libc::F_SETFD, libc::FD_CLOEXEC);
        }
    }
}

/// Locks the first byte of a file for writing, without waiting; `false` while another open file has it.
///
/// The lock belongs to the open file, not to the process: reading the same file elsewhere in it does not lose the
/// lock, as the classic kind would. The two kinds see each other, so libvirt's programs respect it.
pub(super) fn lock_first_byte(file: &File) -> io::Result<bool> {
    // SAFETY: a zeroed flock is valid, and the kernel asks for l_pid to be zero; the call reads a live local.
    let done = unsafe {
        let mut lock: libc::flock = std::mem::zeroed();
        lock.l_type = libc::F_WRLCK as _;
        lock.l_whence = libc::SEEK_SET as _;
        lock.l_len = 1;
        libc::fcntl(file.as_raw_fd(), libc::F_OFD_SETLK, &lock)
    };
    match (done, io::Error::last_os_error()) {
        (0, _) => Ok(true),
        (_, e) if matches!(e.raw_os_error(), Some(libc::EAGAIN | libc::EACCES)) => Ok(false),
        (_, e) => Err(e),
    }
}
