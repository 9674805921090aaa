//! Disks: sizes, limits, errors, looking into memory and images.

use crate::blockjob;
use crate::driver::QemuDriver;
use crate::images;
use crate::model;
use crate::qmp::{BlockResize, BlockSetWriteThreshold, Memsave, Pmemsave, QueryBlock};
use crate::tune::{Guest, IMPACT, iotune};
use ferrovirt_conf::domain::{Disk, Domain, StorageFormat, StorageLocation, StorageSource};
use ferrovirt_conf::tuning::iotune as limits;
use ferrovirt_core::driver::{BlockInfo, BlockJobInfo, DiskError, DomainBlock};
use ferrovirt_core::store::Stored;
use ferrovirt_core::{
    DomainId, Error, ErrorCode, ErrorDomain, KnownParam, Result, TypedParams, TypedValue, abi,
};
use std::fs;

impl DomainBlock for QemuDriver {
    fn domain_block_resize(&self, domain: &DomainId, disk: &str, size: u64, flags: u32) -> Result<()> {
        let bytes = abi::VIR_DOMAIN_BLOCK_RESIZE_BYTES;
        super::refuse_flags(flags, bytes, "virDomainBlockResize")?;
        let unit = if flags & bytes == 0 { 1024 } else { 1 };
        let size = size.checked_mul(unit).ok_or_else(|| {
            let text = format!("a disk of {size} KiB is more than can be counted in bytes");
            Error::new(ErrorCode::Overflow, text).domain(ErrorDomain::Qemu)
        })?;
        self.changing(domain, "resize disk", |_, live| {
            let definition = live.definition();
            let found = find(&definition.model, disk)?;
            if found.source.is_empty() || found.readonly {
                let text = format!("the disk '{disk}' is empty or read-only, so it can't be resized");
                return Err(Error::new(ErrorCode::OperationUnsupported, text));
            }
            refuse_vhost_user(found)?;
            // Formats of QEMU's own count in sectors.
            let size = if images::is_raw(found) { size } else { size.div_ceil(512).saturating_mul(512) };
            let node_name = images::node(live, &self.shared, found)?;
            live.ask(&self.shared.reactor, BlockResize { node_name, size }).map(drop)
        })
    }

    fn domain_block_peek(
        &self,
        domain: &DomainId,
        disk: &str,
        offset: u64,
        size: usize,
        flags: u32,
    ) -> Result<Vec<u8>> {
        super::refuse_flags(flags, 0, "virDomainBlockPeek")?;
        let definition = self.shared.find(domain)?.view().current()?;
        let found = find(&definition.model, disk).map_err(|err| err.or_domain(ErrorDomain::Qemu))?;
        images::peek(found, offset, size).map_err(|err| err.or_domain(ErrorDomain::Qemu))
    }

    fn domain_memory_peek(&self, domain: &DomainId, start: u64, size: usize, flags: u32) -> Result<Vec<u8>> {
        let (virt, phys) = (abi::VIR_MEMORY_VIRTUAL, abi::VIR_MEMORY_PHYSICAL);
        if flags != virt && flags != phys {
            let text = "the flags must be VIR_MEMORY_VIRTUAL or VIR_MEMORY_PHYSICAL, one of them";
            return Err(Error::invalid_arg(text).domain(ErrorDomain::Qemu));
        }
        self.changing(domain, "look into memory", |vm, live| {
            let path = self.shared.paths.guest(live.id, &vm.name()).join("memory.peek");
            let filename = path.display().to_string();
            let size = size as u64;
            let saved = match flags == virt {
                true => {
                    live.ask(&self.shared.reactor, Memsave { val: start, size, filename, cpu_index: None })
                }
                false => live.ask(&self.shared.reactor, Pmemsave { val: start, size, filename }),
            };
            let read = saved.and_then(|_| {
                fs::read(&path).map_err(|err| Error::system(err, "cannot read the memory that QEMU saved"))
            });
            if let Err(err) = fs::remove_file(&path) {
                tracing::debug!(path = %path.display(), %err, "no memory was saved");
            }
            read
        })
    }

    fn domain_get_block_info(&self, domain: &DomainId, disk: &str, flags: u32) -> Result<BlockInfo> {
        super::refuse_flags(flags, 0, "virDomainGetBlockInfo")?;
        let vm = self.shared.find(domain)?;
        let view = vm.view();
        let definition = view.current()?;
        let found = find(&definition.model, disk).map_err(|err| err.or_domain(ErrorDomain::Qemu))?;
        refuse_vhost_user(found).map_err(|err| err.or_domain(ErrorDomain::Qemu))?;
        if found.source.is_empty() {
            let text = format!("the drive '{disk}' is empty");
            return Err(Error::invalid_arg(text).domain(ErrorDomain::Qemu));
        }
        let info = match &view.live {
            Some(live) => images::info_of_running(live, &self.shared, found),
            None => images::info(found),
        };
        info.map_err(|err| err.or_domain(ErrorDomain::Qemu))
    }

    fn domain_block_job_abort(&self, domain: &DomainId, disk: &str, flags: u32) -> Result<()> {
        let (later, pivot) = (abi::VIR_DOMAIN_BLOCK_JOB_ABORT_ASYNC, abi::VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT);
        super::refuse_flags(flags, later | pivot, "virDomainBlockJobAbort")?;
        self.changing(domain, "end block job", |vm, live| {
            let target = target(&live.definition().model, disk)?;
            let id = blockjob::end(&self.shared, vm, live, &target, flags & pivot != 0)?;
            if flags & later == 0 { blockjob::wait(live, &id) } else { Ok(()) }
        })
    }

    fn domain_get_block_job_info(
        &self,
        domain: &DomainId,
        disk: &str,
        flags: u32,
    ) -> Result<Option<BlockJobInfo>> {
        let bytes = abi::VIR_DOMAIN_BLOCK_JOB_INFO_BANDWIDTH_BYTES;
        super::refuse_flags(flags, bytes, "virDomainGetBlockJobInfo")?;
        self.changing(domain, "block job info", |_, live| {
            let target = target(&live.definition().model, disk)?;
            blockjob::info(&self.shared, live, &target, flags & bytes != 0)
        })
    }

    fn domain_block_job_set_speed(
        &self,
        domain: &DomainId,
        disk: &str,
        bandwidth: u64,
        flags: u32,
    ) -> Result<()> {
        let bytes = abi::VIR_DOMAIN_BLOCK_JOB_SPEED_BANDWIDTH_BYTES;
        super::refuse_flags(flags, bytes, "virDomainBlockJobSetSpeed")?;
        let speed = speed(bandwidth, flags & bytes != 0)?;
        self.changing(domain, "set speed of block job", |_, live| {
            let target = target(&live.definition().model, disk)?;
            blockjob::set_speed(&self.shared, live, &target, speed)
        })
    }

    fn domain_block_pull(&self, domain: &DomainId, disk: &str, bandwidth: u64, flags: u32) -> Result<()> {
        let bytes = abi::VIR_DOMAIN_BLOCK_PULL_BANDWIDTH_BYTES;
        super::refuse_flags(flags, bytes, "virDomainBlockPull")?;
        let speed = speed(bandwidth, flags & bytes != 0)?;
        self.on_disk(domain, "block pull", |guest| blockjob::pull(guest, disk, None, speed))
    }

    fn domain_block_rebase(
        &self,
        domain: &DomainId,
        disk: &str,
        base: Option<&str>,
        bandwidth: u64,
        flags: u32,
    ) -> Result<()> {
        let bytes = abi::VIR_DOMAIN_BLOCK_REBASE_BANDWIDTH_BYTES;
        let (copy, shallow) = (abi::VIR_DOMAIN_BLOCK_REBASE_COPY, abi::VIR_DOMAIN_BLOCK_REBASE_SHALLOW);
        let (reuse, raw) = (abi::VIR_DOMAIN_BLOCK_REBASE_REUSE_EXT, abi::VIR_DOMAIN_BLOCK_REBASE_COPY_RAW);
        let device = abi::VIR_DOMAIN_BLOCK_REBASE_COPY_DEV;
        let known = bytes | copy | shallow | reuse | raw | device;
        super::refuse_flags(flags, known, "virDomainBlockRebase")?;
        let speed = speed(bandwidth, flags & bytes != 0)?;
        if flags & copy == 0 {
            return self.on_disk(domain, "block pull", |guest| blockjob::pull(guest, disk, base, speed));
        }
        let path = base.unwrap_or_default();
        let wanted = blockjob::Copy {
            source: match flags & device != 0 {
                true => StorageSource::block(path),
                false => StorageSource::file(path),
            },
            format: (flags & raw != 0).then_some(StorageFormat::Raw),
            shallow: flags & shallow != 0,
            reuse: flags & reuse != 0,
            speed,
            granularity: None,
            buffer: None,
            synchronous: false,
        };
        self.on_disk(domain, "block copy", |guest| blockjob::copy(guest, disk, &wanted))
    }

    fn domain_block_copy(
        &self,
        domain: &DomainId,
        disk: &str,
        dest_xml: &str,
        params: &TypedParams,
        flags: u32,
    ) -> Result<()> {
        let (shallow, reuse) = (abi::VIR_DOMAIN_BLOCK_COPY_SHALLOW, abi::VIR_DOMAIN_BLOCK_COPY_REUSE_EXT);
        let (transient, synchronous) =
            (abi::VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB, abi::VIR_DOMAIN_BLOCK_COPY_SYNCHRONOUS_WRITES);
        super::refuse_flags(flags, shallow | reuse | transient | synchronous, "virDomainBlockCopy")?;
        let row = |name, kind: u32| KnownParam { name, kind: kind as i32, multiple: false };
        params.check(&[
            row(abi::VIR_DOMAIN_BLOCK_COPY_BANDWIDTH, abi::VIR_TYPED_PARAM_ULLONG),
            row(abi::VIR_DOMAIN_BLOCK_COPY_GRANULARITY, abi::VIR_TYPED_PARAM_UINT),
            row(abi::VIR_DOMAIN_BLOCK_COPY_BUF_SIZE, abi::VIR_TYPED_PARAM_ULLONG),
        ])?;
        let described: Disk = ferrovirt_xml::Document::parse(dest_xml, "domain_disk")?.read()?;
        images::local_path(&described).map_err(|err| err.or_domain(ErrorDomain::Qemu))?;
        let granularity = match params.get(abi::VIR_DOMAIN_BLOCK_COPY_GRANULARITY) {
            Some(TypedValue::UInt(value)) => Some(*value),
            _ => None,
        };
        if granularity.is_some_and(|value| !value.is_power_of_two()) {
            let text = "the granularity of a copy must be a power of 2";
            return Err(Error::invalid_arg(text).domain(ErrorDomain::Qemu));
        }
        let wanted = blockjob::Copy {
            source: described.source.clone(),
            format: described.driver.as_ref().and_then(|driver| driver.format),
            shallow: flags & shallow != 0,
            reuse: flags & reuse != 0,
            speed: params.get_ullong(abi::VIR_DOMAIN_BLOCK_COPY_BANDWIDTH)?.unwrap_or(0),
            granularity,
            buffer: params.get_ullong(abi::VIR_DOMAIN_BLOCK_COPY_BUF_SIZE)?,
            synchronous: flags & synchronous != 0,
        };
        self.on_disk(domain, "block copy", |guest| blockjob::copy(guest, disk, &wanted))
    }

    fn domain_block_commit(
        &self,
        domain: &DomainId,
        disk: &str,
        base: Option<&str>,
        top: Option<&str>,
        bandwidth: u64,
        flags: u32,
    ) -> Result<()> {
        let bytes = abi::VIR_DOMAIN_BLOCK_COMMIT_BANDWIDTH_BYTES;
        let (shallow, active) = (abi::VIR_DOMAIN_BLOCK_COMMIT_SHALLOW, abi::VIR_DOMAIN_BLOCK_COMMIT_ACTIVE);
        super::refuse_flags(flags, bytes | shallow | active, "virDomainBlockCommit")?;
        let speed = speed(bandwidth, flags & bytes != 0)?;
        let how = (flags & shallow != 0, flags & active != 0);
        self.on_disk(domain, "block commit", |guest| blockjob::commit(guest, disk, base, top, speed, how))
    }

    fn domain_get_block_io_tune(
        &self,
        domain: &DomainId,
        disk: Option<&str>,
        flags: u32,
    ) -> Result<TypedParams> {
        let chosen = self.chosen(domain, flags, "virDomainGetBlockIoTune")?;
        let Some(disk) = disk else { return Ok(limits::params(&Default::default())) };
        let model = &chosen.definition.model;
        let tune = match &chosen.live {
            Some(live) => self.ask_group(domain, live, |guest| guest.disk_limits(model, disk))?,
            None => {
                let at = iotune::find(model, disk).map_err(|err| err.or_domain(ErrorDomain::Qemu))?;
                model.devices.disks[at].iotune.as_deref().cloned().unwrap_or_default()
            }
        };
        Ok(limits::params(&tune))
    }

    fn domain_set_block_io_tune(
        &self,
        domain: &DomainId,
        disk: &str,
        params: &TypedParams,
        flags: u32,
    ) -> Result<()> {
        super::refuse_flags(flags, IMPACT, "virDomainSetBlockIoTune")?;
        let given = iotune::given(params).map_err(|err| err.or_domain(ErrorDomain::Qemu))?;
        self.tune(
            domain,
            flags,
            "set disk limits",
            |model| {
                let at = iotune::find(model, disk)?;
                let tune = iotune::merged(model, at, &given, params)?;
                iotune::put(model, at, &tune);
                Ok(())
            },
            |guest, model| guest.limit_disk(model, disk, &given, params),
        )
    }

    fn domain_num_of_disk_errors(&self, domain: &DomainId, flags: u32) -> Result<usize> {
        super::refuse_flags(flags, 0, "virDomainGetDiskErrors")?;
        Ok(self.shared.find(domain)?.live()?.definition().model.devices.disks.len())
    }

    fn domain_get_disk_errors(&self, domain: &DomainId, flags: u32) -> Result<Vec<DiskError>> {
        super::refuse_flags(flags, 0, "virDomainGetDiskErrors")?;
        self.changing(domain, "disk errors", |_, live| {
            let devices = live.ask(&self.shared.reactor, QueryBlock {})?;
            let definition = live.definition();
            let error = |disk: &Disk| {
                let alias = disk.info.alias.as_deref()?;
                let device = devices.iter().find(|device| iotune::model_names(&device.qdev, alias))?;
                let error = match device.io_status.as_deref()? {
                    "nospace" => abi::VIR_DOMAIN_DISK_ERROR_NO_SPACE,
                    "failed" => abi::VIR_DOMAIN_DISK_ERROR_UNSPEC,
                    _ => return None,
                };
                Some(DiskError { disk: disk.name()?.to_owned(), error: error as i32 })
            };
            Ok(definition.model.devices.disks.iter().filter_map(error).collect())
        })
    }

    fn domain_set_block_threshold(
        &self,
        domain: &DomainId,
        device: &str,
        threshold: u64,
        flags: u32,
    ) -> Result<()> {
        super::refuse_flags(flags, 0, "virDomainSetBlockThreshold")?;
        self.changing(domain, "set disk threshold", |_, live| {
            let definition = live.definition();
            let found = find(&definition.model, device)?;
            refuse_vhost_user(found)?;
            let node_name = images::storage_node(live, &self.shared, found)?;
            let command = BlockSetWriteThreshold { node_name, write_threshold: threshold };
            live.ask(&self.shared.reactor, command).map(drop)
        })
    }
}

impl QemuDriver {
    /// Begins a job on a disk of a running guest.
    fn on_disk(
        &self,
        domain: &DomainId,
        job: &'static str,
        begin: impl FnOnce(&Guest<'_>) -> Result<()>,
    ) -> Result<()> {
        self.changing(domain, job, |vm, live| begin(&Guest { shared: &self.shared, vm, live }))
    }
}

/// Bytes a second; without the flag for them callers mean MiB.
fn speed(bandwidth: u64, bytes: bool) -> Result<u64> {
    let unit = if bytes { 1 } else { 1 << 20 };
    let speed = bandwidth.checked_mul(unit).filter(|speed| i64::try_from(*speed).is_ok());
    speed.ok_or_else(|| {
        let text = format!("a bandwidth of {bandwidth} is more than can be counted in bytes");
        Error::new(ErrorCode::Overflow, text).domain(ErrorDomain::Qemu)
    })
}

/// The target of the disk that a name means.
fn target(model: &Domain, name: &str) -> Result<String> {
    Ok(find(model, name)?.name().unwrap_or_default().to_owned())
}

fn find<'a>(model: &'a Domain, name: &str) -> Result<&'a Disk> {
    model::disk(model, name)
        .ok_or_else(|| Error::invalid_arg(format!("domain '{}' has no disk '{name}'", model.name)))
}

fn refuse_vhost_user(disk: &Disk) -> Result<()> {
    match disk.source.location {
        StorageLocation::VhostUser(_) => Err(Error::new(
            ErrorCode::OperationUnsupported,
            "the disk is behind a vhost-user socket: QEMU knows nothing of its storage",
        )),
        _ => Ok(()),
    }
}
