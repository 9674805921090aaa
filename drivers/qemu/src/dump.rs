//! A guest's memory in a file, for people who look for what went wrong in it.

use crate::driver::Shared;
use crate::live::{Live, StopCause};
use crate::qmp::{Cont, DumpGuestMemory, QueryDump, Stop, SystemReset};
use crate::save;
use crate::vm::Vm;
use crate::{news, status, stop};
use ferrovirt_core::{Error, ErrorCode, Job, Result, abi};
use serde_json::Value;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

pub const JOB: &str = "dump";

/// Writes the guest's memory, and does with the guest what the flags say.
pub fn dump(
    shared: &Arc<Shared>,
    vm: &Arc<Vm>,
    job: &Job<'_>,
    to: &Path,
    format: u32,
    flags: u32,
) -> Result<()> {
    let live = vm.live()?;
    live.backups.refuse_others()?;
    let memory_only = flags & abi::VIR_DUMP_MEMORY_ONLY != 0;
    let format = name_of(format)?;
    if !memory_only && format != "elf" {
        let text = "dumps have a format only where they hold nothing but memory (VIR_DUMP_MEMORY_ONLY)";
        return Err(Error::new(ErrorCode::OperationUnsupported, text));
    }
    let was_running = vm.view().state == abi::VIR_DOMAIN_RUNNING as i32;
    // Its own state in a file makes QEMU stop the guest.
    let pauses = was_running && flags & abi::VIR_DUMP_LIVE == 0;
    if pauses {
        live.ask(&shared.reactor, Stop {})?;
        vm.set_state(abi::VIR_DOMAIN_PAUSED, abi::VIR_DOMAIN_PAUSED_DUMP);
    }
    let written = match memory_only {
        true => write_memory(shared, &live, job, to, format),
        false => write_all(shared, &live, job, to),
    };
    if written.is_err() {
        let _ = fs::remove_file(to);
    }
    let done = written.and_then(|()| aftermath(shared, vm, &live, flags));
    if vm.view().is_active() && was_running && flags & abi::VIR_DUMP_CRASH == 0 {
        // After a whole state QEMU does not run on by itself, whatever was wanted of it.
        live.ask(&shared.reactor, Cont {})?;
        vm.set_state(abi::VIR_DOMAIN_RUNNING, abi::VIR_DOMAIN_RUNNING_UNPAUSED);
        status::save(shared, vm)?;
    }
    done
}

fn name_of(format: u32) -> Result<&'static str> {
    Ok(match format {
        abi::VIR_DOMAIN_CORE_DUMP_FORMAT_RAW => "elf",
        abi::VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_ZLIB => "kdump-zlib",
        abi::VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_LZO => "kdump-lzo",
        abi::VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_SNAPPY => "kdump-snappy",
        abi::VIR_DOMAIN_CORE_DUMP_FORMAT_WIN_DMP => "win-dmp",
        other => {
            let text = format!("the dump format {other} is not known here");
            return Err(Error::new(ErrorCode::OperationUnsupported, text));
        }
    })
}

fn write_all(shared: &Shared, live: &Live, job: &Job<'_>, to: &Path) -> Result<()> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(to);
    let file = file.map_err(|err| Error::system(err, format_args!("cannot create '{}'", to.display())))?;
    save::write_state(shared, live, job, &file)
}

fn write_memory(shared: &Shared, live: &Live, job: &Job<'_>, to: &Path, format: &str) -> Result<()> {
    let command = DumpGuestMemory {
        paging: false,
        protocol: format!("file:{}", to.display()),
        detach: Some(true),
        // The format is said only where it is not QEMU's own.
        format: (format != "elf").then(|| format.to_owned()),
    };
    live.ask(&shared.reactor, command)?;
    news::wait(shared, live, QueryDump {}, |told| match told.get("status").and_then(Value::as_str) {
        Some("completed") => Ok(Some(())),
        Some("failed") => Err(Error::operation_failed("QEMU can't write the guest's memory")),
        // QEMU has no way to end a dump, but the caller need not wait for it.
        _ if job.is_cancelled() => {
            Err(Error::new(ErrorCode::OperationAborted, "the client has ended the job"))
        }
        _ => Ok(None),
    })
}

fn aftermath(shared: &Arc<Shared>, vm: &Arc<Vm>, live: &Arc<Live>, flags: u32) -> Result<()> {
    if flags & abi::VIR_DUMP_CRASH != 0 {
        live.ending(StopCause::Crashed);
        return stop::destroy(vm, live, false);
    }
    if flags & abi::VIR_DUMP_RESET != 0 {
        live.ask(&shared.reactor, SystemReset {})?;
    }
    Ok(())
}
