//! Disks: sizes, limits, errors, and a look into memory.

use crate::driver::TestDriver;
use crate::refuse;
use ferrovirt_conf::domain::{Disk, Domain, IoTune};
use ferrovirt_conf::tuning::iotune;
use ferrovirt_core::driver::{BlockInfo, DiskError, DomainBlock};
use ferrovirt_core::{DomainId, Result, TypedParams, abi};

const IMPACT: u32 = abi::VIR_DOMAIN_AFFECT_LIVE | abi::VIR_DOMAIN_AFFECT_CONFIG;

impl DomainBlock for TestDriver {
    fn domain_memory_peek(&self, domain: &DomainId, start: u64, size: usize, flags: u32) -> Result<Vec<u8>> {
        let kinds = [abi::VIR_MEMORY_VIRTUAL, abi::VIR_MEMORY_PHYSICAL];
        refuse::flags(flags, kinds[0] | kinds[1], "virDomainMemoryPeek")?;
        if !kinds.contains(&flags) {
            let text = "the flags must be VIR_MEMORY_VIRTUAL or VIR_MEMORY_PHYSICAL, one of them";
            return Err(refuse::invalid_arg(text));
        }
        self.host.guest(domain)?.view().check_active()?;
        if isize::try_from(size).is_err() {
            return Err(refuse::invalid_arg(format!("no buffer has room for {size} bytes")));
        }
        // Every byte of memory holds the low bits of its address.
        Ok((0..size).map(|offset| start.wrapping_add(offset as u64) as u8).collect())
    }

    fn domain_get_block_info(&self, domain: &DomainId, disk: &str, flags: u32) -> Result<BlockInfo> {
        refuse::flags(flags, 0, "virDomainGetBlockInfo")?;
        let view = self.host.guest(domain)?.view();
        let found = find(&view.definition.model, disk, false);
        let found = found.ok_or_else(|| refuse::invalid_arg(format!("the domain has no disk '{disk}'")))?;
        if found.source.is_empty() {
            return Err(refuse::invalid_arg(format!("the disk '{disk}' is empty")));
        }
        const SIZE: u64 = 1 << 40;
        Ok(BlockInfo { capacity: 1_099_506_450_432, allocation: SIZE, physical: SIZE })
    }

    fn domain_get_block_io_tune(
        &self,
        domain: &DomainId,
        disk: Option<&str>,
        flags: u32,
    ) -> Result<TypedParams> {
        refuse::flags(flags, IMPACT, "virDomainGetBlockIoTune")?;
        let Some(disk) = disk else { return Ok(iotune::params(&IoTune::default())) };
        let view = self.host.guest(domain)?.view();
        let model = &view.one(flags)?.0.model;
        let found = find(model, disk, true)
            .ok_or_else(|| refuse::invalid_arg(format!("the domain has no disk '{disk}'")))?;
        Ok(iotune::params(found.iotune.as_deref().unwrap_or(&IoTune::default())))
    }

    fn domain_set_block_io_tune(
        &self,
        domain: &DomainId,
        disk: &str,
        params: &TypedParams,
        flags: u32,
    ) -> Result<()> {
        refuse::flags(flags, IMPACT, "virDomainSetBlockIoTune")?;
        params.check(&iotune::table())?;
        self.host.guest(domain)?.change(&self.host, |guest| {
            guest.edit_one(flags, |model, _| {
                let found = index(model, disk, true)
                    .ok_or_else(|| refuse::invalid_arg(format!("the domain has no disk '{disk}'")))?;
                let place = &mut model.devices.disks[found].iotune;
                let mut tune = place.clone().unwrap_or_default();
                iotune::set(&mut tune, params)?;
                iotune::check(&tune)?;
                // A group's name alone is kept, too.
                *place = (tune.has_any() || tune.group_name.is_some()).then_some(tune);
                Ok(())
            })
        })
    }

    fn domain_num_of_disk_errors(&self, domain: &DomainId, flags: u32) -> Result<usize> {
        refuse::flags(flags, 0, "virDomainGetDiskErrors")?;
        let view = self.host.guest(domain)?.view();
        view.check_active()?;
        Ok(view.definition.model.devices.disks.len())
    }

    fn domain_get_disk_errors(&self, domain: &DomainId, flags: u32) -> Result<Vec<DiskError>> {
        refuse::flags(flags, 0, "virDomainGetDiskErrors")?;
        let view = self.host.guest(domain)?.view();
        view.check_active()?;
        // Every disk has an error, of every kind in turn.
        let kinds = (1..abi::VIR_DOMAIN_DISK_ERROR_LAST as i32).cycle();
        let disks = view.definition.model.devices.disks.iter();
        let errors = disks
            .zip(kinds)
            .map(|(disk, error)| DiskError { disk: disk.name().unwrap_or_default().to_owned(), error });
        Ok(errors.collect())
    }
}

/// The disk of this target name or path; a path that several disks have is none's, unless the first will do.
pub fn find<'a>(model: &'a Domain, name: &str, ambiguous: bool) -> Option<&'a Disk> {
    index(model, name, ambiguous).map(|index| &model.devices.disks[index])
}

pub fn index(model: &Domain, name: &str, ambiguous: bool) -> Option<usize> {
    let disks = &model.devices.disks;
    if !name.starts_with('/') {
        return disks.iter().position(|disk| disk.name() == Some(name));
    }
    let mut found = (0..disks.len()).filter(|index| disks[*index].source.path() == Some(name));
    match (found.next(), found.next()) {
        (first, None) => first,
        (first, Some(_)) => first.filter(|_| ambiguous),
    }
}
