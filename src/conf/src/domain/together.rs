//! What devices may not be beside each other: the same name, the same place, the same number.

use super::{
    Address, Audio, Connection, Controller, ControllerModel, ControllerType, DeviceRef, DeviceSeclabel,
    Devices, Disk, DiskBus, Domain, DriveAddress, Filesystem, FilesystemDriverType, Graphics, Hostdev, Input,
    InputBus, IoApicDriver, MemoryDevice, VideoType, refuse_memory_conflicts,
};
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{OnOff, YesNo};
use std::borrow::Cow;
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
        let ports = self.interfaces.iter().filter_map(|interface| match &interface.connection {
            Connection::Hostdev(port) => Some(Cow::Owned(port.device())),
            _ => None,
        });
        let all: Vec<_> =
            self.hostdevs.iter().map(|hostdev| Cow::Borrowed(&hostdev.device)).chain(ports).collect();
        for (at, device) in all.iter().enumerate() {
            if all[at + 1..].iter().any(|other| device.is_same(other)) {
                return Err(Error::xml(format!("{} is given to the guest twice", device.describe())));
            }
            if device.has_ramfb() && all[..at].iter().any(|other| other.has_ramfb()) {
                let text = "only one <hostdev> can have ramfb='on': there is one screen for the firmware";
                return Err(Error::config_unsupported(text));
            }
        }
        Ok(())
    }

    fn has_usb(&self) -> bool {
        self.controllers
            .iter()
            .any(|other| other.kind == ControllerType::Usb && other.model != Some(ControllerModel::None))
    }

    /// Of shared folders each has a target of its own, also beside folders of another kind.
    fn refuse_same_target(&self, fs: &Filesystem) -> Result<()> {
        let shared = |fs: &&Filesystem| fs.driver.kind == FilesystemDriverType::Virtiofs;
        let mut seen = HashSet::new();
        let twice = self.filesystems.iter().filter(shared).find(|other| !seen.insert(&other.target));
        let mut others = self.filesystems.iter().filter(shared).filter(|other| !std::ptr::eq(*other, fs));
        let clash = twice.or_else(|| others.find(|other| other.target == fs.target));
        match clash.and_then(|other| other.target.as_ref()) {
            Some(target) => {
                Err(Error::config_unsupported(format!("two filesystems have the target '{target}'")))
            }
            None => Ok(()),
        }
    }

    /// Refuses sound that goes nowhere.
    fn need_audio(&self, id: Option<u32>) -> Result<()> {
        match id.filter(|id| *id != 0 && !self.audios.iter().any(|audio| u32::from(audio.id) == *id)) {
            Some(id) => Err(Error::xml(format!("there is no <audio id='{id}'/>"))),
            None => Ok(()),
        }
    }

    fn refuse_same_audio(&self, audio: &Audio) -> Result<()> {
        match self.audios.iter().any(|other| !std::ptr::eq(other, audio) && other.id == audio.id) {
            true => Err(Error::xml(format!("two <audio> have the id {}", audio.id))),
            false => Ok(()),
        }
    }

    /// How much memory devices add, in KiB.
    pub fn memory(&self) -> u64 {
        self.memories.iter().fold(0, |sum, device| sum.saturating_add(device.size().0))
    }
}

impl Domain {
    /// Refuses a device that contradicts itself, or that can't be in this domain.
    pub fn validate_device(&self, device: DeviceRef<'_>) -> Result<()> {
        self.check_device(device).map_err(|err| err.or_domain(ErrorDomain::Domain))
    }

    fn check_device(&self, device: DeviceRef<'_>) -> Result<()> {
        let nowhere = device.info().is_some_and(|info| info.address == Some(Address::Unassigned));
        if nowhere && !matches!(device, DeviceRef::Hostdev(_)) {
            let text =
                format!("a <{}> can't have an address of type 'unassigned': host devices can", device.name());
            return Err(Error::config_unsupported(text));
        }
        match device {
            DeviceRef::Redirdev(_) if !self.devices.has_usb() => {
                let text = "a <redirdev> needs a USB controller, which the domain does not have";
                return Err(Error::config_unsupported(text));
            }
            DeviceRef::Memory(memory) => self.check_memory_node(memory)?,
            _ => {}
        }
        device.validate(&self.context())?;
        self.check_labels(&device.source_labels())?;
        match device {
            DeviceRef::Disk(disk) => self.check_throttle_filters(disk),
            DeviceRef::Memory(_) => refuse_memory_conflicts(&self.devices.memories),
            DeviceRef::Input(input) => self.check_input(input),
            DeviceRef::Filesystem(fs) => self.devices.refuse_same_target(fs),
            DeviceRef::Audio(audio) => self.devices.refuse_same_audio(audio),
            DeviceRef::Sound(sound) => self.devices.need_audio(sound.audio_id.map(u32::from)),
            DeviceRef::Graphics(Graphics::Vnc(vnc)) => self.devices.need_audio(vnc.audio_id.map(u32::from)),
            DeviceRef::Video(_) => self.check_video_is_alone(),
            _ => Ok(()),
        }
    }

    /// What several devices must not share.
    pub(super) fn validate_devices_together(&self) -> Result<()> {
        let devices = &self.devices;
        devices.check_redirected()?;
        devices.refuse_same_targets()?;
        devices.refuse_same_hostdevs()?;
        devices.refuse_same_drive_addresses()?;
        devices.refuse_same_host_drive_addresses()
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

    fn check_throttle_filters(&self, disk: &Disk) -> Result<()> {
        let exists = |name: &str| self.throttle_groups.iter().any(|group| group.name == name);
        match disk.throttle_filters.iter().map(|filter| &filter.group).find(|name| !exists(name)) {
            Some(name) => {
                let text = format!("<throttlefilter group='{name}'> names no <throttlegroup> of the domain");
                Err(Error::xml(text))
            }
            None => Ok(()),
        }
    }

    /// A device's label changes what the domain's label is: that must be one that labels.
    fn check_labels(&self, labels: &[&[DeviceSeclabel]]) -> Result<()> {
        for label in labels.iter().copied().flatten() {
            let domain = self.seclabels.iter().find(|domain| domain.model == label.model);
            if domain.is_some_and(|domain| domain.relabel == Some(YesNo::No)) {
                let text = "the <seclabel> of a device needs a <seclabel relabel='yes'> of the domain";
                return Err(Error::config_unsupported(text));
            }
        }
        Ok(())
    }

    fn check_input(&self, input: &Input) -> Result<()> {
        let off = self.features.ps2.is_some_and(|ps2| !ps2.is_on());
        if input.bus == Some(InputBus::Ps2) && off {
            let text =
                "an <input bus='ps2'> needs the PS/2 controller, which <ps2 state='off'/> switches off";
            return Err(Error::config_unsupported(text));
        }
        Ok(())
    }

    fn check_video_is_alone(&self) -> Result<()> {
        let videos = &self.devices.videos;
        if videos.len() > 1 && videos.iter().any(|video| video.model.kind == VideoType::None) {
            return Err(Error::config_unsupported(
                "a <video> of type 'none' means that there is no other: take one out",
            ));
        }
        Ok(())
    }

    fn check_memory_node(&self, memory: &MemoryDevice) -> Result<()> {
        let nodes = self.numa().map_or(0, |numa| numa.cells.len());
        match memory.model.target().node.filter(|node| *node as usize >= nodes) {
            Some(node) => {
                let text = format!("a memory device is for NUMA node {node}, the guest has {nodes} nodes");
                Err(Error::new(ErrorCode::XmlDetail, text))
            }
            None => Ok(()),
        }
    }
}
