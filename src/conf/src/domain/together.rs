//! What devices may not be beside each other: the same name, the same place, the same number.

use super::{
    Address, Controller, ControllerModel, ControllerType, Devices, Disk, DiskBus, Domain, DriveAddress,
    Filesystem, FilesystemDriverType, Graphics, Hostdev, InputBus, IoApicDriver, refuse_memory_conflicts,
};
use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_xml::{OnOff, YesNo};
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

    fn refuse_same_host_drive_addresses(&self) -> Result<()> {
        let mut taken: HashSet<DriveAddress> = self.scsi_disk_places().into_iter().collect();
        match self.hostdevs.iter().filter_map(Hostdev::drive).find(|place| !taken.insert(*place)) {
            Some(place) => {
                let text = format!("a SCSI host device has the address {place} of another device");
                Err(Error::config_unsupported(text))
            }
            None => Ok(()),
        }
    }

    /// Refuses devices of the host that are given to the guest twice, and two screens for the firmware.
    fn refuse_same_hostdevs(&self) -> Result<()> {
        let mut with_ramfb = 0;
        for (at, hostdev) in self.hostdevs.iter().enumerate() {
            if self.hostdevs[at + 1..].iter().any(|other| hostdev.device.is_same(&other.device)) {
                return Err(Error::xml(format!("{} is given to the guest twice", hostdev.device.describe())));
            }
            with_ramfb += usize::from(hostdev.device.has_ramfb());
            if with_ramfb > 1 {
                let text = "only one <hostdev> can have ramfb='on': there is one screen for the firmware";
                return Err(Error::config_unsupported(text));
            }
        }
        Ok(())
    }

    fn refuse_redirection_without_usb(&self) -> Result<()> {
        let usb = |other: &Controller| {
            other.kind == ControllerType::Usb && other.model != Some(ControllerModel::None)
        };
        if !self.redirdevs.is_empty() && !self.controllers.iter().any(usb) {
            let text = "a <redirdev> needs a USB controller, which the domain does not have";
            return Err(Error::config_unsupported(text));
        }
        Ok(())
    }

    fn refuse_same_filesystem_targets(&self) -> Result<()> {
        let shared = |fs: &&Filesystem| fs.driver.kind == FilesystemDriverType::Virtiofs;
        for (at, fs) in self.filesystems.iter().enumerate() {
            let Some(target) = &fs.target else { continue };
            let mut others =
                self.filesystems.iter().enumerate().filter(|(other, fs)| *other != at && shared(fs));
            if others.any(|(_, other)| other.target.as_ref() == Some(target)) {
                let text = format!("two filesystems have the target '{target}'");
                return Err(Error::config_unsupported(text));
            }
        }
        Ok(())
    }

    /// Refuses sound that goes nowhere, and two systems of the same number.
    fn validate_audio(&self) -> Result<()> {
        let mut ids = HashSet::new();
        if let Some(audio) = self.audios.iter().find(|audio| !ids.insert(audio.id.get())) {
            return Err(Error::xml(format!("two <audio> have the id {}", audio.id)));
        }
        let sounds = self.sounds.iter().filter_map(|sound| sound.audio_id);
        let screens = self.graphics.iter().filter_map(|graphics| match graphics {
            Graphics::Vnc(vnc) => vnc.audio_id,
            _ => None,
        });
        match sounds.chain(screens).map(u32::from).find(|id| *id != 0 && !ids.contains(id)) {
            Some(id) => Err(Error::xml(format!("there is no <audio id='{id}'/>"))),
            None => Ok(()),
        }
    }

    /// How much memory devices add, in KiB.
    pub fn memory(&self) -> u64 {
        self.memories.iter().fold(0, |sum, device| sum.saturating_add(device.size().0))
    }
}

impl Domain {
    /// What a device must find in its domain, or must not.
    pub(super) fn validate_devices_in_domain(&self) -> Result<()> {
        self.validate_throttle_filters()?;
        self.devices.refuse_redirection_without_usb()?;
        self.validate_device_labels()?;
        self.validate_memory_nodes()?;
        refuse_memory_conflicts(&self.devices.memories)?;
        self.validate_inputs()?;
        self.devices.refuse_same_filesystem_targets()?;
        self.devices.validate_audio()
    }

    /// What several devices must not share.
    pub(super) fn validate_devices_together(&self) -> Result<()> {
        let devices = &self.devices;
        devices.refuse_same_targets()?;
        devices.refuse_same_hostdevs()?;
        devices.refuse_same_drive_addresses()?;
        devices.refuse_same_host_drive_addresses()?;
        if devices.videos.iter().filter(|video| video.is_primary()).count() > 1 {
            return Err(Error::config_unsupported("only one <video> can be the primary one"));
        }
        Ok(())
    }

    pub(super) fn validate_remapping(&self) -> Result<()> {
        let remapping =
            self.devices.iommu.as_ref().is_some_and(|iommu| iommu.driver.intremap == Some(OnOff::On));
        if remapping && self.features.ioapic != Some(IoApicDriver::Qemu) {
            let text = "intremap='on' of <iommu> needs <ioapic driver='qemu'/> in <features>";
            return Err(Error::config_unsupported(text));
        }
        Ok(())
    }

    fn validate_throttle_filters(&self) -> Result<()> {
        let filters = self.devices.disks.iter().flat_map(|disk| &disk.throttle_filters);
        let exists = |name: &str| self.throttle_groups.iter().any(|group| group.name == name);
        match filters.map(|filter| &filter.group).find(|name| !exists(name)) {
            Some(name) => {
                let text = format!("<throttlefilter group='{name}'> names no <throttlegroup> of the domain");
                Err(Error::xml(text))
            }
            None => Ok(()),
        }
    }

    /// A device's label changes what the domain's label is: that must be one that labels.
    fn validate_device_labels(&self) -> Result<()> {
        for label in self.devices.source_labels().into_iter().flatten() {
            let domain = self.seclabels.iter().find(|domain| domain.model == label.model);
            if domain.is_some_and(|domain| domain.relabel == Some(YesNo::No)) {
                let text = "the <seclabel> of a device needs a <seclabel relabel='yes'> of the domain";
                return Err(Error::config_unsupported(text));
            }
        }
        Ok(())
    }

    fn validate_inputs(&self) -> Result<()> {
        let on_ps2 = self.devices.inputs.iter().any(|input| input.bus == Some(InputBus::Ps2));
        if on_ps2 && self.features.ps2.is_some_and(|ps2| !ps2.is_on()) {
            let text =
                "an <input bus='ps2'> needs the PS/2 controller, which <ps2 state='off'/> switches off";
            return Err(Error::config_unsupported(text));
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
