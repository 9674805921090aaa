//! What a process has used so far: CPU time, memory, and which CPUs its threads run on.

use ferrovirt_conf::values::CpuSet;
use ferrovirt_core::{Error, Result};
use rustix::process::Pid;

use super::handle::Process;
use crate::cpu_stats::nanoseconds;

/// CPU time, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Times {
    pub user: u64,
    pub system: u64,
}

impl Times {
    pub fn total(self) -> u64 {
        self.user + self.system
    }
}

/// What a thread has used, and where it ran last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThreadTimes {
    pub times: Times,
    /// The CPU.
    pub cpu: u32,
}

impl Process {
    /// The CPU time of all its threads, in nanoseconds, in steps of a clock tick.
    pub fn cpu_time(&self) -> Result<u64> {
        self.times().map(Times::total)
    }

    /// The same, programs and kernel apart.
    pub fn times(&self) -> Result<Times> {
        Ok(Stat::read(&format!("/proc/{}/stat", self.pid()))?.times)
    }

    /// The memory that it has in RAM, in KiB.
    pub fn resident_kib(&self) -> Result<u64> {
        let pages = Stat::read(&format!("/proc/{}/stat", self.pid()))?.resident_pages;
        Ok(pages.saturating_mul(crate::memory::page_size()))
    }
}

/// What a thread of a process has used, and the CPU that it ran on last.
pub fn thread_times(pid: u32, tid: u32) -> Result<ThreadTimes> {
    let stat = Stat::read(&format!("/proc/{pid}/task/{tid}/stat"))?;
    Ok(ThreadTimes { times: stat.times, cpu: stat.cpu })
}

/// How long a thread could not run, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ThreadWaits {
    /// It waited for its turn though it could have run.
    pub runnable: u64,
    /// What the scheduler counts as waiting, on kernels that count it.
    pub blocked: u64,
}

/// How long a thread of a process could not run.
pub fn thread_waits(pid: u32, tid: u32) -> Result<ThreadWaits> {
    let read = |file: &str| {
        let path = format!("/proc/{pid}/task/{tid}/{file}");
        std::fs::read_to_string(&path).map_err(|e| Error::system(e, format_args!("cannot read '{path}'")))
    };
    let schedule = read("schedstat")?;
    let runnable = schedule.split_ascii_whitespace().nth(1).and_then(|field| field.parse().ok()).unwrap_or(0);
    // In milliseconds with a fraction; the name has changed with kernels.
    let details = read("sched").unwrap_or_default();
    let waits = ["wait_sum", "se.statistics.wait_sum", "se.wait_sum"];
    let blocked = details.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        waits.contains(&name.trim()).then(|| value.trim().parse::<f64>().ok())?
    });
    Ok(ThreadWaits { runnable, blocked: blocked.map_or(0, |millis| (millis * 1_000_000.0) as u64) })
}

/// The CPUs that a thread may run on.
pub fn thread_affinity(tid: u32) -> Result<CpuSet> {
    let thread = number(tid)?;
    let set = rustix::thread::sched_getaffinity(Some(thread))
        .map_err(|err| Error::system(err, format_args!("cannot get the CPUs of thread {tid}")))?;
    Ok((0..rustix::thread::CpuSet::MAX_CPU as u32).filter(|cpu| set.is_set(*cpu as usize)).collect())
}

/// Lets a thread run on these CPUs only.
pub fn set_thread_affinity(tid: u32, cpus: &CpuSet) -> Result<()> {
    let thread = number(tid)?;
    let mut set = rustix::thread::CpuSet::new();
    for cpu in cpus.iter() {
        if cpu as usize >= rustix::thread::CpuSet::MAX_CPU {
            return Err(Error::invalid_arg(format!("CPU {cpu} is past what threads can be bound to")));
        }
        set.set(cpu as usize);
    }
    rustix::thread::sched_setaffinity(Some(thread), &set)
        .map_err(|err| Error::system(err, format_args!("cannot bind thread {tid} to the CPUs {cpus}")))
}

fn number(tid: u32) -> Result<Pid> {
    let number = i32::try_from(tid).ok().and_then(Pid::from_raw);
    number.ok_or_else(|| Error::invalid_arg(format!("{tid} is no thread")))
}

/// What is of interest in a `stat` file.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    times: Times,
    resident_pages: u64,
    cpu: u32,
}

impl Stat {
    fn read(path: &str) -> Result<Self> {
        let text = std::fs::read(path).map_err(|e| Error::system(e, format_args!("cannot read '{path}'")))?;
        Self::parse(&text).ok_or_else(|| Error::internal(format!("'{path}' lacks fields")))
    }

    /// Fields are counted from 1, and from behind the name, which may hold anything.
    fn parse(stat: &[u8]) -> Option<Self> {
        let after_name = stat.iter().rposition(|byte| *byte == b')')? + 1;
        let rest = std::str::from_utf8(&stat[after_name..]).ok()?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        Some(Self {
            times: Times { user: nanoseconds(field(14)?), system: nanoseconds(field(15)?) },
            resident_pages: field(24)?,
            cpu: u32::try_from(field(39)?).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_behind_an_odd_name() {
        let mut fields: Vec<String> = (3..=52).map(|field| field.to_string()).collect();
        fields[0] = "S".into();
        let stat = format!("7 (a) 1 2) {}", fields.join(" "));
        let parsed = Stat::parse(stat.as_bytes()).expect("complete");
        let times = Times { user: nanoseconds(14), system: nanoseconds(15) };
        assert_eq!(parsed, Stat { times, resident_pages: 24, cpu: 39 });
        assert_eq!(Stat::parse(b"7 (a) S 1 2 3"), None);
    }

    #[test]
    fn our_own_use_is_told() {
        let pid = std::process::id();
        let ours = Process::attach(pid).expect("readable").expect("alive");
        assert!(ours.resident_kib().expect("readable") > 100);
        let before = ours.cpu_time().expect("readable");
        let thread = rustix::thread::gettid().as_raw_nonzero().get() as u32;
        let cpu = thread_times(pid, thread).expect("readable").cpu;
        assert!(before <= ours.cpu_time().expect("readable"));
        let allowed = thread_affinity(thread).expect("readable");
        assert!(allowed.contains(cpu));
        // To what it is bound already it can be bound.
        set_thread_affinity(thread, &allowed).expect("allowed");
        assert_eq!(thread_affinity(thread).expect("readable"), allowed);
    }

    #[test]
    fn threads_that_are_none_are_errors() {
        assert!(thread_times(1, u32::MAX).is_err());
        assert!(thread_affinity(u32::MAX).is_err());
        assert!(thread_waits(1, u32::MAX).is_err());
    }
}
