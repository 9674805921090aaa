//! What devices may not be beside each other: the same name, the same place, the same number.

use super::{
    Address, Controller, ControllerType, Devices, Disk, DiskBus, Domain, IoApicDriver,
    refuse_memory_conflicts,
};
use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_xml::OnOff;
use std::collections::HashSet;

impl Devices {
    /// Refuses controllers of the same number, and panic devices of the same model.
    pub(super) fn refuse_twins(&self) -> Result<()> {
        let mut seen = HashSet::new();
        // USB controllers share theirs with their companions.
        for Controller { kind, index, .. } in
            self.controllers.iter().filter(|c| c.kind != ControllerType::Usb)
        {
            if !seen.insert((kind, index)) {
                let text = format!("'{kind}' controller {} is there more than once", index.unwrap_or(0));
                return Err(Error::xml(text));
            }
        }
        for (at, panic) in self.panics.iter().enumerate() {
            if self.panics[..at].iter().any(|other| other.model == panic.model) {
                return Err(Error::xml(format!(
                    "a panic device of model '{}' is there more than once",
                    panic.model
                )));
            }
        }
        Ok(())
    }

    fn refuse_same_targets(&self) -> Result<()> {
        let mut seen = HashSet::new();
        match self.disks.iter().filter_map(Disk::name).find(|name| !seen.insert(*name)) {
            Some(name) => Err(Error::xml(format!("two disks have the target '{name}'"))),
            None => Ok(()),
        }
    }

    fn refuse_same_drive_addresses(&self) -> Result<()> {
        let mut seen: HashSet<(Option<DiskBus>, &Address)> = HashSet::new();
        for disk in &self.disks {
            let Some(address @ Address::Drive(place)) = &disk.info.address else { continue };
            if !seen.insert((disk.target.bus, address)) {
                let text = format!(
                    "disk '{}' has the drive address controller='{}' bus='{}' target='{}' unit='{}' of another disk",
                    disk.name().unwrap_or_default(),
                    place.controller,
                    place.bus,
                    place.target,
                    place.unit
                );
                return Err(Error::config_unsupported(text));
            }
        }
        Ok(())
    }

    /// How much memory devices add, in KiB.
    pub fn memory(&self) -> u64 {
        self.memories.iter().fold(0, |sum, device| sum.saturating_add(device.size().0))
    }
}

impl Domain {
    pub(super) fn validate_devices_together(&self) -> Result<()> {
        let devices = &self.devices;
        devices.refuse_same_targets()?;
        devices.refuse_same_drive_addresses()?;
        self.validate_memory_nodes()?;
        refuse_memory_conflicts(&devices.memories)?;
        let remapping = devices.iommu.as_ref().is_some_and(|iommu| iommu.driver.intremap == Some(OnOff::On));
        if remapping && self.features.ioapic != Some(IoApicDriver::Qemu) {
            let text = "intremap='on' of <iommu> needs <ioapic driver='qemu'/> in <features>";
            return Err(Error::config_unsupported(text));
        }
        if devices.videos.iter().filter(|video| video.is_primary()).count() > 1 {
            return Err(Error::config_unsupported("only one <video> can be the primary one"));
        }
        Ok(())
    }

    fn validate_memory_nodes(&self) -> Result<()> {
        let nodes = self.numa().map_or(0, |numa| numa.cells.len());
        let asked = self.devices.memories.iter().filter_map(|device| device.model.target().node);
        match asked.into_iter().find(|node| *node as usize >= nodes) {
            Some(node) => {
                let text = format!("a memory device is for NUMA node {node}, the guest has {nodes} nodes");
                Err(Error::new(ErrorCode::XmlDetail, text))
            }
            None => Ok(()),
        }
    }
}
