//! Disks: sizes, limits, errors, looking into memory and images.

use crate::driver::QemuDriver;
use crate::images;
use crate::model;
use crate::qmp::{BlockResize, BlockSetWriteThreshold, Memsave, Pmemsave, QueryBlock};
use crate::tune::{IMPACT, iotune};
use ferrovirt_conf::domain::{Disk, Domain, StorageLocation};
use ferrovirt_conf::tuning::iotune as limits;
use ferrovirt_core::driver::{BlockInfo, DiskError, DomainBlock};
use ferrovirt_core::store::Stored;
use ferrovirt_core::{DomainId, Error, ErrorCode, ErrorDomain, Result, TypedParams, abi};
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
                model.devices.disks[at].iotune.clone().unwrap_or_default()
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
