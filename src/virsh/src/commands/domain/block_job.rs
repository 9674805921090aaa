//! Jobs on disks: copying, committing, pulling, resizing.

use super::job::{LOOK, show_progress};
use crate::args::Args;
use crate::command::{Command, alias, arg, flag, number, text};
use crate::complete;
use crate::failure::{Failure, OrSay, Outcome, fail};
use crate::find;
use crate::output::{extra, say};
use crate::shell::Shell;
use crate::transfer::read_document;
use crate::values::number::wrapping;
use crate::values::size;
use crate::waiting::{self, End, Wait};
use crate::xml::Writer;
use ferrovirt::event::{DomainEventKind, Event};
use ferrovirt::{Connection, Domain, ErrorCode, Listener, TypedParams};
use ferrovirt_core::abi::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

pub const COMMANDS: &[Command] = &[
    Command::new(
        "blockcommit",
        "merge layers of a disk down into a backing file",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            arg("path", "target of the disk, or its source").completed_by(complete::disks),
            number("bandwidth", "most that the job may move, in MiB/s").also_positional(),
            text("base", "file to commit into").also_positional(),
            flag("shallow", "only the topmost layer"),
            text("top", "file to commit from").also_positional(),
            flag("active", "commit from the layer in use as well"),
            flag("delete", "remove files that are no longer needed"),
            flag("wait", "wait for the end"),
            flag("verbose", "show how far it is"),
            number("timeout", "seconds to wait at most").also_positional(),
            flag("pivot", "move to the new disk when it is complete"),
            flag("keep-overlay", "keep the overlay"),
            flag("async", "don't wait for the end"),
            flag("keep-relative", "write backing files as relative paths"),
            flag("bytes", "the bandwidth is in bytes/s"),
        ],
        blockcommit,
    )
    .changing(),
    Command::new(
        "blockcopy",
        "copy a disk while it is in use",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            arg("path", "target of the disk, or its source").completed_by(complete::disks),
            text("dest", "where the copy goes").also_positional(),
            number("bandwidth", "most that the job may move, in MiB/s").also_positional(),
            flag("shallow", "only the topmost layer"),
            flag("reuse-external", "the files are there already"),
            alias("raw", "format=raw"),
            flag("blockdev", "the copy goes to a block device"),
            flag("wait", "wait for the end"),
            flag("verbose", "show how far it is"),
            number("timeout", "seconds to wait at most").also_positional(),
            flag("pivot", "move to the new disk when it is complete"),
            flag("finish", "stay on the old disk when the copy is complete"),
            flag("async", "don't wait for the end"),
            text("xml", "file with the XML of the copy's disk")
                .also_positional()
                .completed_by(complete::paths),
            text("format", "format of the copy").also_positional(),
            number("granularity", "unit of copying, a power of two, in bytes").also_positional(),
            number("buf-size", "most that is under way at once, in bytes").also_positional(),
            flag("bytes", "the bandwidth is in bytes/s"),
            flag("transient-job", "don't keep the job for a restart of the domain"),
            flag("synchronous-writes", "writes of the guest wait for the copy"),
            flag("print-xml", "only show the XML that would be sent"),
        ],
        blockcopy,
    )
    .changing(),
    Command::new(
        "blockjob",
        "look after the job on a disk",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            arg("path", "target of the disk, or its source").completed_by(complete::disks),
            flag("abort", "end the job on the disk"),
            flag("async", "don't wait for the end"),
            flag("pivot", "move to the new disk when it is complete"),
            flag("info", "how far it is"),
            flag("bytes", "the bandwidth is in bytes/s, and shown so"),
            flag("raw", "as numbers for programs"),
            number("bandwidth", "most that the job may move, in MiB/s").also_positional(),
        ],
        blockjob,
    ),
    Command::new(
        "blockpull",
        "fill a disk from its backing files",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            arg("path", "target of the disk, or its source").completed_by(complete::disks),
            number("bandwidth", "most that the job may move, in MiB/s").also_positional(),
            text("base", "file that stays the backing file").also_positional(),
            flag("wait", "wait for the end"),
            flag("verbose", "show how far it is"),
            number("timeout", "seconds to wait at most").also_positional(),
            flag("async", "don't wait for the end"),
            flag("keep-relative", "write backing files as relative paths"),
            flag("bytes", "the bandwidth is in bytes/s"),
        ],
        blockpull,
    )
    .changing(),
    Command::new(
        "blockresize",
        "change the size of a disk",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            arg("path", "target of the disk, or its source").completed_by(complete::disks),
            number("size", "the size (KiB without a unit)").positional(),
            flag("capacity", "make it as large as the device that it lies on"),
        ],
        blockresize,
    )
    .changing(),
    Command::new(
        "domblkthreshold",
        "ask for an event when a disk has grown so far",
        &[
            arg("domain", "its name, number or UUID").completed_by(complete::active_domains),
            arg("dev", "target of the disk, or of a part of its chain").completed_by(complete::disks),
            number("threshold", "how many bytes (a number with a unit)").required().positional(),
        ],
        domblkthreshold,
    )
    .changing(),
];

/// MiB/s, or bytes/s; a negative number is taken modulo the largest one, as it always was.
fn bandwidth(args: &Args) -> Outcome<u64> {
    let Some(text) = args.raw("bandwidth") else { return Ok(0) };
    if let Some(number) = wrapping(text) {
        return Ok(number);
    }
    match size::scale(text, 1, u64::MAX) {
        Ok(bytes) => Ok(if args.flag("bytes") { bytes } else { bytes >> 20 }),
        Err(cause) => {
            let line = format!(
                "Scaled numeric value '{text}' for <--bandwidth> option is malformed or out of range"
            );
            Err(Failure { lines: vec![line], cause })
        }
    }
}

const COMPLETED: i32 = VIR_DOMAIN_BLOCK_JOB_COMPLETED as i32;
const FAILED: i32 = VIR_DOMAIN_BLOCK_JOB_FAILED as i32;
const CANCELED: i32 = VIR_DOMAIN_BLOCK_JOB_CANCELED as i32;
const READY: i32 = VIR_DOMAIN_BLOCK_JOB_READY as i32;
const UNKNOWN: i32 = -1;

/// Waits for the job that is about to begin on a disk.
struct JobWait<'a> {
    connection: Connection,
    domain: &'a Domain,
    disk: &'a str,
    label: &'static str,
    verbose: bool,
    timeout: Option<Duration>,
    abort_flags: u32,
    status: Arc<AtomicI32>,
    registered: Vec<i32>,
    wait: Wait,
}

impl<'a> JobWait<'a> {
    fn begin(
        connection: &Connection,
        args: &Args,
        domain: &'a Domain,
        disk: &'a str,
        label: &'static str,
    ) -> Outcome<Self> {
        let status = Arc::new(AtomicI32::new(UNKNOWN));
        let mut registered = Vec::new();
        for kind in [VIR_DOMAIN_EVENT_ID_BLOCK_JOB, VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2] {
            let (status, disk) = (status.clone(), disk.to_owned());
            let note = move |_: &Connection, event: &Event| {
                if let Event::Domain(event) = event
                    && let DomainEventKind::BlockJob { path, target, status: new, .. } = &event.kind
                    && (*path == disk || *target == disk)
                {
                    status.store(*new, Ordering::Release);
                    waiting::notify();
                }
            };
            let listener = Listener { callback: Arc::new(note), function: None };
            registered.extend(connection.register_domain_event(Some(domain), kind as i32, listener));
        }
        Ok(Self {
            connection: connection.clone(),
            domain,
            disk,
            label,
            verbose: args.flag("verbose"),
            timeout: args.timeout()?,
            abort_flags: args.bits(&[("async", VIR_DOMAIN_BLOCK_JOB_ABORT_ASYNC)]),
            status,
            registered,
            wait: Wait::begin()?,
        })
    }

    /// What became of the job.
    fn end(&self) -> Outcome<i32> {
        let mut last = (0, 0);
        let mut found = UNKNOWN;
        let end = self.wait.until(self.timeout, Some(LOOK), || {
            let failed = || format!("failed to query job for disk {}", self.disk);
            let info = self.domain.block_job_info(self.disk, 0).or_say(failed)?;
            found = self.status.load(Ordering::Acquire);
            if found == UNKNOWN && self.registered.is_empty() {
                // Nobody tells: it has ended when it is gone, and is ready when nothing is left.
                found = match info {
                    None => COMPLETED,
                    Some(info) if info.current == info.end => READY,
                    Some(_) => UNKNOWN,
                };
            }
            let now = info.map_or((0, 0), |info| (info.current, info.end));
            if self.verbose && found == UNKNOWN && now != last {
                show_progress(self.label, now.1.saturating_sub(now.0), now.1);
            }
            last = now;
            Ok(found != UNKNOWN)
        })?;
        if end != End::Done {
            let failed = || format!("failed to abort job for disk '{}'", self.disk);
            self.domain.block_job_abort(self.disk, self.abort_flags).or_say(failed)?;
            return Ok(CANCELED);
        }
        if self.verbose && matches!(found, COMPLETED | READY) {
            show_progress(self.label, 0, 1);
        }
        Ok(found)
    }

    /// Waits; a job that came to nothing fails the command.
    fn success(&self, shell: &mut Shell, noun: &str) -> Outcome {
        let end = match self.end()? {
            CANCELED => "aborted",
            FAILED => "failed",
            _ => return Ok(()),
        };
        extra!(shell, "\n{noun} {end}");
        Err(Failure::silent())
    }
}

impl Drop for JobWait<'_> {
    fn drop(&mut self) {
        for id in &self.registered {
            // A connection that is gone has no registrations.
            let _ = self.connection.deregister_event(*id);
        }
    }
}

/// Refuses options about waiting where nothing is waited for.
fn only_when_waiting(args: &Args, waits: bool, finish: &str) -> Outcome {
    for option in ["verbose", "async"] {
        if !waits && args.flag(option) {
            fail!("--{option} requires at least one of --timeout, --wait, --pivot, or --{finish}")
        }
    }
    Ok(())
}

/// Ends a job that is ready: on the new disk, or on the old one.
fn finish(
    shell: &mut Shell,
    args: &Args,
    domain: &Domain,
    disk: &str,
    kept: (&str, &str),
    ready: &str,
) -> Outcome {
    let flags = args.bits(&[("async", VIR_DOMAIN_BLOCK_JOB_ABORT_ASYNC)]);
    if args.flag("pivot") {
        domain
            .block_job_abort(disk, flags | VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT)
            .or_say(|| format!("failed to pivot job for disk {disk}"))?;
        extra!(shell, "\nSuccessfully pivoted");
    } else if args.flag(kept.0) {
        domain.block_job_abort(disk, flags).or_say(|| format!("failed to finish job for disk {disk}"))?;
        extra!(shell, "\n{}", kept.1);
    } else {
        extra!(shell, "\n{ready}");
    }
    Ok(())
}

fn blockcommit(shell: &mut Shell, args: &Args) -> Outcome {
    args.exclusive("pivot", "keep-overlay")?;
    let ends = args.flag("pivot") || args.flag("keep-overlay");
    let active = args.flag("active") || ends;
    let waits = args.flag("wait") || ends || args.timeout()?.is_some();
    let (disk, base, top) = (args.need("path")?, args.text("base")?, args.text("top")?);
    let mut flags = args.bits(&[
        ("bytes", VIR_DOMAIN_BLOCK_COMMIT_BANDWIDTH_BYTES),
        ("shallow", VIR_DOMAIN_BLOCK_COMMIT_SHALLOW),
        ("delete", VIR_DOMAIN_BLOCK_COMMIT_DELETE),
        ("keep-relative", VIR_DOMAIN_BLOCK_COMMIT_RELATIVE),
    ]);
    if active {
        flags |= VIR_DOMAIN_BLOCK_COMMIT_ACTIVE;
    }
    let bandwidth = bandwidth(args)?;
    only_when_waiting(args, waits, "keep-overlay")?;
    let domain = find::domain(shell, args)?;
    let connection = shell.connection()?;
    let wait = waits.then(|| JobWait::begin(&connection, args, &domain, disk, "Block commit")).transpose()?;
    domain.block_commit(disk, base, top, bandwidth, flags)?;
    let Some(wait) = wait else {
        extra!(shell, "{}", if active { "Active Block Commit started" } else { "Block Commit started" });
        return Ok(());
    };
    wait.success(shell, "Commit")?;
    if !active {
        extra!(shell, "\nCommit complete");
        return Ok(());
    }
    let kept = ("keep-overlay", "Commit complete, overlay image kept");
    finish(shell, args, &domain, disk, kept, "Now in synchronized phase")
}

fn blockcopy(shell: &mut Shell, args: &Args) -> Outcome {
    let waits = args.flag("wait") || args.flag("finish") || args.flag("pivot") || args.timeout()?.is_some();
    let (disk, dest, xml, format) =
        (args.need("path")?, args.text("dest")?, args.text("xml")?, args.text("format")?);
    let rate = bandwidth(args)?;
    let granularity = args.number::<u32>("granularity")?.unwrap_or_default();
    let buffer = args.number::<u64>("buf-size")?.unwrap_or_default();
    args.exclusive("dest", "xml")?;
    args.exclusive("format", "xml")?;
    args.exclusive("blockdev", "xml")?;
    args.exclusive("pivot", "finish")?;
    if dest.is_none() && xml.is_none() {
        fail!("need either --dest or --xml")
    }
    only_when_waiting(args, waits, "finish")?;
    let mut params = TypedParams::new();
    if rate != 0 {
        if !args.flag("bytes") && rate > u64::MAX >> 20 {
            fail!("bandwidth must be less than {}", u64::MAX >> 20)
        }
        params.add(VIR_DOMAIN_BLOCK_COPY_BANDWIDTH, if args.flag("bytes") { rate } else { rate << 20 });
    }
    if granularity != 0 {
        params.add(VIR_DOMAIN_BLOCK_COPY_GRANULARITY, granularity);
    }
    if buffer != 0 {
        params.add(VIR_DOMAIN_BLOCK_COPY_BUF_SIZE, buffer);
    }
    let text = match xml {
        Some(file) => read_document(file)?,
        None => copy_xml(args, dest.unwrap_or_default(), format),
    };
    if args.flag("print-xml") {
        say!(shell, "{text}");
        return Ok(());
    }
    let domain = find::domain(shell, args)?;
    let connection = shell.connection()?;
    let wait = waits.then(|| JobWait::begin(&connection, args, &domain, disk, "Block Copy")).transpose()?;
    let needs_new_call = granularity != 0
        || buffer != 0
        || format.is_some_and(|format| format != "raw")
        || xml.is_some()
        || args.flag("transient-job")
        || args.flag("synchronous-writes");
    let flags = args.bits(&[
        ("shallow", VIR_DOMAIN_BLOCK_REBASE_SHALLOW),
        ("reuse-external", VIR_DOMAIN_BLOCK_REBASE_REUSE_EXT),
        ("transient-job", VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB),
        ("synchronous-writes", VIR_DOMAIN_BLOCK_COPY_SYNCHRONOUS_WRITES),
    ]);
    if needs_new_call {
        domain.block_copy(disk, &text, &params, flags)?;
    } else {
        let mut flags = flags | VIR_DOMAIN_BLOCK_REBASE_COPY;
        flags |= args.bits(&[
            ("blockdev", VIR_DOMAIN_BLOCK_REBASE_COPY_DEV),
            ("bytes", VIR_DOMAIN_BLOCK_REBASE_BANDWIDTH_BYTES),
        ]);
        if format == Some("raw") {
            flags |= VIR_DOMAIN_BLOCK_REBASE_COPY_RAW;
        }
        domain.block_rebase(disk, dest, rate, flags)?;
    }
    let Some(wait) = wait else {
        extra!(shell, "Block Copy started");
        return Ok(());
    };
    wait.success(shell, "Copy")?;
    finish(shell, args, &domain, disk, ("finish", "Successfully copied"), "Now in mirroring phase")
}

fn copy_xml(args: &Args, dest: &str, format: Option<&str>) -> String {
    let mut xml = Writer::default();
    let (kind, name) = if args.flag("blockdev") { ("block", "dev") } else { ("file", "file") };
    xml.open("disk", &[("type", Some(kind))]);
    xml.empty("source", &[(name, Some(dest))]);
    if let Some(format) = format {
        xml.empty("driver", &[("type", Some(format))]);
    }
    xml.close("disk");
    xml.finish()
}

fn blockpull(shell: &mut Shell, args: &Args) -> Outcome {
    args.requires("verbose", "wait")?;
    args.requires("async", "wait")?;
    let (disk, base) = (args.need("path")?, args.text("base")?);
    let rate = bandwidth(args)?;
    args.timeout()?;
    let flags = args.bits(&[("keep-relative", VIR_DOMAIN_BLOCK_REBASE_RELATIVE)]);
    let domain = find::domain(shell, args)?;
    let connection = shell.connection()?;
    let wait = args
        .flag("wait")
        .then(|| JobWait::begin(&connection, args, &domain, disk, "Block Pull"))
        .transpose()?;
    if base.is_some() || flags != 0 {
        let bytes = args.bits(&[("bytes", VIR_DOMAIN_BLOCK_REBASE_BANDWIDTH_BYTES)]);
        domain.block_rebase(disk, base, rate, flags | bytes)?;
    } else {
        domain.block_pull(disk, rate, args.bits(&[("bytes", VIR_DOMAIN_BLOCK_PULL_BANDWIDTH_BYTES)]))?;
    }
    let Some(wait) = wait else {
        extra!(shell, "Block Pull started");
        return Ok(());
    };
    wait.success(shell, "Pull")?;
    extra!(shell, "\nPull complete");
    Ok(())
}

fn blockjob(shell: &mut Shell, args: &Args) -> Outcome {
    for option in ["abort", "pivot", "async", "bandwidth"] {
        args.exclusive("raw", option)?;
    }
    for option in ["abort", "pivot", "async", "bandwidth"] {
        args.exclusive("info", option)?;
    }
    for option in ["abort", "pivot", "async"] {
        args.exclusive("bytes", option)?;
    }
    let domain = find::domain(shell, args)?;
    let disk = args.need("path")?;
    if args.has("bandwidth") {
        shell.may_change(args)?;
        let flags = args.bits(&[("bytes", VIR_DOMAIN_BLOCK_JOB_SPEED_BANDWIDTH_BYTES)]);
        return Ok(domain.block_job_set_speed(disk, bandwidth(args)?, flags)?);
    }
    if args.flag("abort") || args.flag("pivot") || args.flag("async") {
        shell.may_change(args)?;
        let flags = args.bits(&[
            ("async", VIR_DOMAIN_BLOCK_JOB_ABORT_ASYNC),
            ("pivot", VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT),
        ]);
        return Ok(domain.block_job_abort(disk, flags)?);
    }
    job_info(shell, args, &domain, disk)
}

const JOB_KINDS: [&str; 6] =
    ["Unknown job", "Block Pull", "Block Copy", "Block Commit", "Active Block Commit", "Backup"];

fn job_info(shell: &mut Shell, args: &Args, domain: &Domain, disk: &str) -> Outcome {
    let (raw, bytes) = (args.flag("raw"), args.flag("bytes"));
    let mut speed_unit = 1;
    let in_bytes =
        (bytes || !raw).then(|| domain.block_job_info(disk, VIR_DOMAIN_BLOCK_JOB_INFO_BANDWIDTH_BYTES));
    let info = match in_bytes {
        Some(Ok(info)) => info,
        Some(Err(err)) if bytes || !matches!(err.code(), ErrorCode::InvalidArg | ErrorCode::Overflow) => {
            return Err(err.into());
        }
        _ => {
            speed_unit = if raw { 1 } else { 1 << 20 };
            domain.block_job_info(disk, 0)?
        }
    };
    let Some(info) = info else {
        if !raw {
            extra!(shell, "No current block job for {disk}");
        }
        return Ok(());
    };
    let kind = usize::try_from(info.kind).ok().and_then(|at| JOB_KINDS.get(at)).unwrap_or(&JOB_KINDS[0]);
    let speed = info.bandwidth.saturating_mul(speed_unit);
    if raw {
        say!(
            shell,
            " type={kind}\n bandwidth={}\n cur={}\n end={}\n",
            info.bandwidth,
            info.current,
            info.end
        );
    } else {
        show_progress(kind, info.end.saturating_sub(info.current), info.end);
        if speed != 0 {
            let (value, unit) = size::pretty(speed);
            say!(shell, "    Bandwidth limit: {speed} bytes/s ({value:.3} {unit}/s)");
        }
        say!(shell, "\n");
    }
    let members = [("bandwidth", speed), ("current", info.current), ("end", info.end)];
    shell.out.member([("type".to_owned(), (*kind).into())]);
    shell.out.member(members.map(|(name, value)| (name.to_owned(), value.into())));
    Ok(())
}

fn blockresize(shell: &mut Shell, args: &Args) -> Outcome {
    args.one_of("size", "capacity")?;
    args.exclusive("size", "capacity")?;
    let disk = args.need("path")?;
    let bytes = args.scaled("size", 1024, u64::MAX)?.unwrap_or_default();
    let (size, flags) = match (args.flag("capacity"), bytes % 1024) {
        (true, _) => (0, VIR_DOMAIN_BLOCK_RESIZE_CAPACITY),
        (false, 0) => (bytes / 1024, 0),
        (false, _) => (bytes, VIR_DOMAIN_BLOCK_RESIZE_BYTES),
    };
    let domain = find::domain(shell, args)?;
    domain.block_resize(disk, size, flags).or_say(|| format!("Failed to resize block device '{disk}'"))?;
    extra!(shell, "Block device '{disk}' is resized");
    Ok(())
}

fn domblkthreshold(shell: &mut Shell, args: &Args) -> Outcome {
    let device = args.need("dev")?;
    let threshold = args.scaled("threshold", 1, u64::MAX)?.unwrap_or_default();
    Ok(find::domain(shell, args)?.set_block_threshold(device, threshold, 0)?)
}
