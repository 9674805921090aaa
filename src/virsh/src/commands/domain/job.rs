//! Long work on domains: watching it, asking how far it is, ending it.

use crate::args::Args;
use crate::command::{Command, arg, flag};
use crate::complete;
use crate::failure::Outcome;
use crate::find;
use crate::output::{Cell, flush, say};
use crate::shell::Shell;
use crate::values::{params, size};
use crate::waiting::{self, End, Wait};
use ferrovirt::{Domain, ErrorCode, TypedParams, TypedValue};
use ferrovirt_core::abi::*;
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub const COMMANDS: &[Command] = &[
    Command::new(
        "domjobabort",
        "end the job on a domain",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            flag("postcopy", "leave a migration in its post-copy phase for later"),
        ],
        domjobabort,
    )
    .changing(),
    Command::new(
        "domjobinfo",
        "show how far the job on a domain is",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            flag("completed", "of the last job that ended"),
            flag("keep-completed", "keep the numbers for the next who asks"),
            flag("anystats", "numbers of a job that did not end well too"),
            flag("rawstats", "numbers as the library has them"),
        ],
        domjobinfo,
    ),
];

/// How often a job is looked at.
pub const LOOK: Duration = Duration::from_millis(500);

/// `Label: [ 12.34 %]`, over what was shown before.
pub fn show_progress(label: &str, remaining: u64, total: u64) {
    let percent = match remaining {
        0 => 100.0,
        _ => (100.0 - remaining as f64 * 100.0 / total.max(1) as f64).clamp(0.0, 99.99),
    };
    flush();
    let shown = (percent * 100.0).trunc() / 100.0;
    // Nobody is there to be told that nobody is there.
    let _ = write!(std::io::stderr(), "\r{label}: [{shown:5.2} %]");
}

/// Does `work` while its progress is shown; Ctrl-C ends the job.
pub fn watched(
    domain: &Domain,
    label: &str,
    verbose: bool,
    work: impl FnOnce() -> Outcome + Send,
) -> Outcome {
    watched_with(domain, label, verbose, None, || {}, work)
}

/// The same; once the job has run for so long, `late` is done.
pub fn watched_with(
    domain: &Domain,
    label: &str,
    verbose: bool,
    limit: Option<Duration>,
    late: impl FnOnce(),
    work: impl FnOnce() -> Outcome + Send,
) -> Outcome {
    let wait = Wait::begin()?;
    let (done, result) = (AtomicBool::new(false), Mutex::new(None));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            *result.lock().expect("nobody panics with the result") = Some(work());
            done.store(true, Ordering::Release);
            waiting::notify();
        });
        let mut late = Some(late);
        let mut limit = limit;
        loop {
            let end = wait.until(limit, Some(LOOK), || {
                if verbose
                    && let Ok(info) = domain.job_info()
                    && info.data.total > 0
                {
                    show_progress(label, info.data.remaining, info.data.total);
                }
                Ok(done.load(Ordering::Acquire))
            });
            match end {
                Ok(End::Interrupted) => {
                    // The job's own failure says that it was ended.
                    let _ = domain.abort_job(0);
                    waiting::forget();
                }
                Ok(End::TimedOut) => {
                    limit = None;
                    if let Some(late) = late.take() {
                        late();
                    }
                }
                _ => break,
            }
        }
    });
    let result = result.into_inner().expect("nobody panics with the result");
    let outcome = result.expect("the thread has ended");
    if verbose && outcome.is_ok() {
        show_progress(label, 0, 1);
    }
    outcome
}

fn domjobabort(shell: &mut Shell, args: &Args) -> Outcome {
    let flags = args.bits(&[("postcopy", VIR_DOMAIN_ABORT_JOB_POSTCOPY)]);
    Ok(find::domain(shell, args)?.abort_job(flags)?)
}

const KINDS: [&str; 6] = ["None", "Bounded", "Unbounded", "Completed", "Failed", "Cancelled"];
const OPERATIONS: [&str; 11] = [
    "Unknown",
    "Start",
    "Save",
    "Restore",
    "Incoming migration",
    "Outgoing migration",
    "Snapshot",
    "Snapshot revert",
    "Dump",
    "Backup",
    "Snapshot delete",
];

fn word(words: &[&'static str], number: i32) -> &'static str {
    usize::try_from(number).ok().and_then(|at| words.get(at)).unwrap_or(&"unknown")
}

/// Numbers by name from what older hypervisors tell.
fn from_old_info(domain: &Domain) -> ferrovirt::Result<(i32, TypedParams)> {
    let info = domain.job_info()?;
    let mut params = TypedParams::new();
    let values = [
        (VIR_DOMAIN_JOB_TIME_ELAPSED, info.time_elapsed),
        (VIR_DOMAIN_JOB_TIME_REMAINING, info.time_remaining),
        (VIR_DOMAIN_JOB_DATA_TOTAL, info.data.total),
        (VIR_DOMAIN_JOB_DATA_PROCESSED, info.data.processed),
        (VIR_DOMAIN_JOB_DATA_REMAINING, info.data.remaining),
        (VIR_DOMAIN_JOB_MEMORY_TOTAL, info.memory.total),
        (VIR_DOMAIN_JOB_MEMORY_PROCESSED, info.memory.processed),
        (VIR_DOMAIN_JOB_MEMORY_REMAINING, info.memory.remaining),
        (VIR_DOMAIN_JOB_DISK_TOTAL, info.files.total),
        (VIR_DOMAIN_JOB_DISK_PROCESSED, info.files.processed),
        (VIR_DOMAIN_JOB_DISK_REMAINING, info.files.remaining),
    ];
    values.into_iter().for_each(|(name, value)| params.add(name, value));
    Ok((info.kind, params))
}

fn domjobinfo(shell: &mut Shell, args: &Args) -> Outcome {
    args.requires("keep-completed", "completed")?;
    let domain = find::domain(shell, args)?;
    let flags = args.bits(&[
        ("completed", VIR_DOMAIN_JOB_STATS_COMPLETED),
        ("keep-completed", VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED),
    ]);
    let raw = args.flag("rawstats");
    let (kind, stats) = match domain.job_stats(flags) {
        Ok(stats) => (stats.kind, stats.params),
        Err(err) if err.code() == ErrorCode::NoSupport && (flags != 0 || raw) => {
            let line = "Optional flags or --rawstats are not supported by the daemon";
            return Err(crate::failure::Failure { lines: vec![line.into()], cause: Some(err) });
        }
        Err(err) if err.code() == ErrorCode::NoSupport => from_old_info(&domain)?,
        Err(err) => return Err(err.into()),
    };
    if raw {
        say!(shell, "Job type: {kind}\n\n");
        for (name, value) in stats.iter() {
            say!(shell, "{name}: {}\n", params::text(value));
            shell.out.member([(name.to_owned(), params::cell(value).json)]);
        }
        return Ok(());
    }
    let job = KINDS.get(kind as usize).map_or("unknown", |word| word);
    let mut fields = vec![("Job type:", Cell::dressed(format!("{job:<12}"), job))];
    if kind as u32 != VIR_DOMAIN_JOB_NONE {
        let operation = match stats.get(VIR_DOMAIN_JOB_OPERATION) {
            Some(TypedValue::Int(number)) => word(&OPERATIONS, *number),
            _ => OPERATIONS[0],
        };
        fields.push(("Operation:", Cell::dressed(format!("{operation:<12}"), operation)));
        let runs = matches!(kind as u32, VIR_DOMAIN_JOB_BOUNDED | VIR_DOMAIN_JOB_UNBOUNDED);
        let ended_well = args.flag("completed") && kind as u32 == VIR_DOMAIN_JOB_COMPLETED;
        if runs || ended_well || args.flag("anystats") {
            fields.extend(numbers(&stats, kind as u32));
        }
    }
    shell.out.fields(17, &fields);
    Ok(())
}

/// How a number of a job is shown.
#[derive(Clone, Copy)]
enum Unit {
    Size,
    SizeARate,
    /// A number in a column of this width, and what it counts.
    Count(usize, &'static str),
}

fn numbers(stats: &TypedParams, kind: u32) -> Vec<(&'static str, Cell)> {
    let number = |name: &str| params::number(stats, name);
    let mut fields = Vec::new();
    let mut add = |label: &'static str, name: &str, unit: Unit| {
        let Some(value) = number(name) else { return };
        let pretty = size::pretty(value);
        let text = match unit {
            Unit::SizeARate if value == 0 => return,
            Unit::Size => format!("{:.3} {}", pretty.0, pretty.1),
            Unit::SizeARate => format!("{:.3} {}/s", pretty.0, pretty.1),
            Unit::Count(width, "") => format!("{value:<width$}"),
            Unit::Count(width, what) => format!("{value:<width$} {what}"),
        };
        fields.push((label, Cell::dressed(text, value)));
    };
    let (ms, plain, wide) = (Unit::Count(12, "ms"), Unit::Count(12, ""), Unit::Count(13, ""));
    add("Time elapsed:", VIR_DOMAIN_JOB_TIME_ELAPSED, ms);
    add("Time elapsed w/o network:", VIR_DOMAIN_JOB_TIME_ELAPSED_NET, ms);
    if kind == VIR_DOMAIN_JOB_BOUNDED {
        add("Time remaining:", VIR_DOMAIN_JOB_TIME_REMAINING, ms);
    }
    let any = |names: [&str; 3]| names.iter().any(|name| number(name).is_some_and(|value| value != 0));
    if any([VIR_DOMAIN_JOB_DATA_TOTAL, VIR_DOMAIN_JOB_DATA_REMAINING, VIR_DOMAIN_JOB_DATA_PROCESSED]) {
        add("Data processed:", VIR_DOMAIN_JOB_DATA_PROCESSED, Unit::Size);
        add("Data remaining:", VIR_DOMAIN_JOB_DATA_REMAINING, Unit::Size);
        add("Data total:", VIR_DOMAIN_JOB_DATA_TOTAL, Unit::Size);
    }
    if any([VIR_DOMAIN_JOB_MEMORY_TOTAL, VIR_DOMAIN_JOB_MEMORY_REMAINING, VIR_DOMAIN_JOB_MEMORY_PROCESSED]) {
        add("Memory processed:", VIR_DOMAIN_JOB_MEMORY_PROCESSED, Unit::Size);
        add("Memory remaining:", VIR_DOMAIN_JOB_MEMORY_REMAINING, Unit::Size);
        add("Memory total:", VIR_DOMAIN_JOB_MEMORY_TOTAL, Unit::Size);
        add("Memory bandwidth:", VIR_DOMAIN_JOB_MEMORY_BPS, Unit::SizeARate);
        add("Dirty rate:", VIR_DOMAIN_JOB_MEMORY_DIRTY_RATE, Unit::Count(12, "pages/s"));
        add("Page size:", VIR_DOMAIN_JOB_MEMORY_PAGE_SIZE, Unit::Count(12, "bytes"));
        add("Iteration:", VIR_DOMAIN_JOB_MEMORY_ITERATION, plain);
        add("Postcopy requests:", VIR_DOMAIN_JOB_MEMORY_POSTCOPY_REQS, plain);
    }
    if any([VIR_DOMAIN_JOB_DISK_TOTAL, VIR_DOMAIN_JOB_DISK_REMAINING, VIR_DOMAIN_JOB_DISK_PROCESSED]) {
        add("File processed:", VIR_DOMAIN_JOB_DISK_PROCESSED, Unit::Size);
        add("File remaining:", VIR_DOMAIN_JOB_DISK_REMAINING, Unit::Size);
        add("File total:", VIR_DOMAIN_JOB_DISK_TOTAL, Unit::Size);
        add("File bandwidth:", VIR_DOMAIN_JOB_DISK_BPS, Unit::SizeARate);
    }
    add("Constant pages:", VIR_DOMAIN_JOB_MEMORY_CONSTANT, plain);
    add("Normal pages:", VIR_DOMAIN_JOB_MEMORY_NORMAL, plain);
    add("Normal data:", VIR_DOMAIN_JOB_MEMORY_NORMAL_BYTES, Unit::Size);
    let completed = kind == VIR_DOMAIN_JOB_COMPLETED;
    let downtime = if completed { "Total downtime:" } else { "Expected downtime:" };
    add(downtime, VIR_DOMAIN_JOB_DOWNTIME, ms);
    add("Downtime w/o network:", VIR_DOMAIN_JOB_DOWNTIME_NET, ms);
    add("Setup time:", VIR_DOMAIN_JOB_SETUP_TIME, ms);
    add("Compression cache:", VIR_DOMAIN_JOB_COMPRESSION_CACHE, Unit::Size);
    add("Compressed data:", VIR_DOMAIN_JOB_COMPRESSION_BYTES, Unit::Size);
    add("Compressed pages:", VIR_DOMAIN_JOB_COMPRESSION_PAGES, wide);
    add("Compression cache misses:", VIR_DOMAIN_JOB_COMPRESSION_CACHE_MISSES, wide);
    add("Compression overflows:", VIR_DOMAIN_JOB_COMPRESSION_OVERFLOW, wide);
    add("Auto converge throttle:", VIR_DOMAIN_JOB_AUTO_CONVERGE_THROTTLE, wide);
    add("Temporary disk space use:", VIR_DOMAIN_JOB_DISK_TEMP_USED, Unit::Size);
    add("Temporary disk space total:", VIR_DOMAIN_JOB_DISK_TEMP_TOTAL, Unit::Size);
    if let Some(message) = params::string(stats, VIR_DOMAIN_JOB_ERRMSG) {
        fields.push(("Error message:", message.into()));
    }
    fields
}
