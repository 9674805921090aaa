//! How the time of the host's CPUs has been spent since boot.

use ferrovirt_core::{Error, Result};

use crate::kernel_files::KernelFiles;

/// Times in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CpuTimes {
    /// In the kernel, interrupts included.
    pub kernel: u64,
    /// In programs, niced ones included.
    pub user: u64,
    pub idle: u64,
    /// Idle while something waits for a disk.
    pub iowait: u64,
}

/// The times of one CPU, or of all; an unknown or offline CPU is an invalid argument.
pub fn cpu_times(files: &KernelFiles, cpu: Option<u32>) -> Result<CpuTimes> {
    let text = files.text("proc/stat")?;
    let label = cpu.map_or_else(|| "cpu".to_owned(), |cpu| format!("cpu{cpu}"));
    let line = text.lines().find_map(|line| {
        let mut words = line.split_ascii_whitespace();
        (words.next() == Some(&label)).then_some(words)
    });
    let Some(words) = line else {
        return Err(Error::invalid_arg(format!("the host has no {label} that is online")));
    };
    let ticks: Vec<u64> = words.map_while(|word| word.parse().ok()).collect();
    let [user, nice, system, idle, iowait, irq, softirq] = *ticks.first_chunk().ok_or_else(|| {
        Error::internal(format!("the line '{label}' of '{}' is too short", files.path("proc/stat").display()))
    })?;
    Ok(CpuTimes {
        kernel: nanoseconds(system + irq + softirq),
        user: nanoseconds(user + nice),
        idle: nanoseconds(idle),
        iowait: nanoseconds(iowait),
    })
}

/// What clock ticks, in which the kernel tells times, are in nanoseconds.
pub(crate) fn nanoseconds(ticks: u64) -> u64 {
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    (u128::from(ticks) * 1_000_000_000 / u128::from(per_second)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel_files::tests::tree;
    use ferrovirt_core::ErrorCode;

    #[test]
    fn times_are_of_one_cpu_or_of_all() {
        let stat = "cpu  10 1 20 30 4 5 6 0 0 0\ncpu0 7 1 2 3 4 5 6 0 0 0\ncpu10 1 1 1 1 1 1 1\nintr 9\n";
        let (_root, files) = tree(&[("proc/stat", stat)]);
        let second = nanoseconds(1);
        let all = cpu_times(&files, None).expect("there");
        assert_eq!(
            all,
            CpuTimes { kernel: 31 * second, user: 11 * second, idle: 30 * second, iowait: 4 * second }
        );
        assert_eq!(cpu_times(&files, Some(10)).expect("there").kernel, 3 * second);
        let err = cpu_times(&files, Some(1)).expect_err("there is none");
        assert_eq!(err.code(), ErrorCode::InvalidArg);
    }
}
