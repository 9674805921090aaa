//! In which order devices stand that were given in another: disks by their names, controllers by their numbers, the
//! primary video card first; and the numbers that the user left to us.

use super::parse::check_count_of;
use super::{
    AnyDevice, ChannelTarget, ChardevKind, ConsoleTargetType, Controller, ControllerModel, ControllerType,
    DeviceRef, DeviceSeclabel, Devices, Disk, HostSubsystem, InputBus, ParseFlags, Port, RedirFilter,
    SerialTargetType, Video, VideoType, assign_isa_ports, assign_ports, assign_ports_so_far, drive_index,
};
use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_xml::{Node, XmlContent, XmlElement, YesNo};
use std::collections::HashSet;

impl DeviceRef<'_> {
    /// Refuses what no reader lets pass, whatever is going to happen to the device.
    pub fn check_as_read(self) -> Result<()> {
        // What SPICE carries between agents goes through channels: other devices have no such end, but for a few that
        // libvirt takes for one.
        let is_channel = match self {
            Self::Serial(port) => port.target_type == SerialTargetType::UsbSerial,
            Self::Console(port) => port.target.kind == ConsoleTargetType::Xen,
            Self::Channel(port) => matches!(port.target, ChannelTarget::Virtio { .. }),
            Self::Parallel(_) => false,
            Self::Interface(interface) => return interface.check_as_read(),
            Self::Controller(controller) => return controller.check_model(),
            _ => return Ok(()),
        };
        let spice = self.chardev_source().is_some_and(|source| matches!(source.kind, ChardevKind::Spicevmc));
        if spice && !is_channel {
            return Err(Error::config_unsupported(
                "type 'spicevmc' is for channels with a target of type 'virtio'",
            ));
        }
        Ok(())
    }

    /// Refuses how the sources of a device are to be labelled, where that can't be; running guests' labels are left as they are.
    pub fn check_labels(self) -> Result<()> {
        self.source_labels().into_iter().try_for_each(DeviceSeclabel::check_all)
    }
}

/// The kinds in the order in which libvirt reads them.
const READ_ORDER: &[&str] = &[
    "disk",
    "controller",
    "lease",
    "filesystem",
    "interface",
    "smartcard",
    "parallel",
    "serial",
    "console",
    "channel",
    "input",
    "graphics",
    "sound",
    "audio",
    "video",
    "hostdev",
    "watchdog",
    "memballoon",
    "rng",
    "tpm",
    "nvram",
    "hub",
    "redirdev",
    "redirfilter",
    "panic",
    "shmem",
    "memory",
    "iommu",
    "vsock",
    "crypto",
    "pstore",
];

/// Of several faults among the devices of a document the one that libvirt would meet first, where `found` is one of them.
pub(super) fn sooner(node: &Node<'_>, flags: ParseFlags, found: &Error) -> Option<Error> {
    let devices = node.child("devices")?;
    Devices::parse(&devices).err().filter(|err| err.message() == found.message())?;
    READ_ORDER.iter().find_map(|name| read_kind(node, &devices, name, flags).err())
}

fn read_kind(node: &Node<'_>, devices: &Node<'_>, name: &str, flags: ParseFlags) -> Result<()> {
    check_count_of(node, name)?;
    let mut usb = UsbControllers::default();
    for element in devices.children().filter(|child| child.name() == name) {
        let Some(device) = AnyDevice::of_element(&element)? else {
            if name == RedirFilter::TAG.name {
                RedirFilter::parse(&element)?;
            }
            continue;
        };
        if flags.inactive {
            device.as_ref().check_labels()?;
        }
        if let AnyDevice::Controller(mut controller) = device {
            controller.fill_master();
            usb.admit(&controller)?;
        }
    }
    usb.check()
}

impl Devices {
    /// Brings what was read into order, and numbers what has no number.
    pub(super) fn arrange(&mut self) -> Result<()> {
        self.all().into_iter().try_for_each(DeviceRef::check_as_read)?;
        self.redirfilter = self.redirfilter.take().filter(|filter| !filter.rules.is_empty());
        for disk in std::mem::take(&mut self.disks) {
            self.add_disk(disk);
        }
        self.controllers.iter_mut().for_each(Controller::fill_master);
        self.check_usb_controllers()?;
        for controller in std::mem::take(&mut self.controllers) {
            self.add_controller(controller);
        }
        self.check_usb_is_there()?;
        for video in std::mem::take(&mut self.videos) {
            self.add_video(video);
        }
        assign_ports_so_far(&mut self.parallels);
        for (index, console) in self.consoles.iter_mut().enumerate() {
            *console.port_mut() = Some(index as u32);
        }
        self.add_hostdev_controllers();
        self.number_controllers();
        Ok(())
    }

    /// Numbers serial ports that have no number. Those that are of the ISA bus by their own word are counted there; the
    /// others get their types later. `checked`: numbers that the bus does not have are refused.
    pub(super) fn number_serials(&mut self, checked: bool) -> Result<()> {
        let numbered = assign_isa_ports(&mut self.serials);
        assign_ports(&mut self.serials);
        if checked { numbered } else { Ok(()) }
    }

    /// Refuses USB controllers that can't be there together.
    pub fn check_usb_controllers(&self) -> Result<()> {
        let mut usb = UsbControllers::default();
        self.controllers.iter().try_for_each(|controller| usb.admit(controller))?;
        usb.check()
    }

    /// Whether a controller says that there is no USB at all.
    fn switches_usb_off(&self) -> bool {
        let none = |other: &Controller| {
            other.kind == ControllerType::Usb && other.model == Some(ControllerModel::None)
        };
        self.controllers.iter().any(none)
    }

    /// Refuses USB devices that are redirected to where USB is switched off.
    pub fn check_redirected(&self) -> Result<()> {
        if self.redirdevs.is_empty() || !self.switches_usb_off() {
            return Ok(());
        }
        let text = "there is a USB <redirdev>, but <controller type='usb' model='none'/> switches USB off";
        Err(Error::config_unsupported(text))
    }

    /// Refuses USB devices where USB is switched off; those that are redirected are refused later.
    fn check_usb_is_there(&self) -> Result<()> {
        if !self.switches_usb_off() {
            return Ok(());
        }
        let found = if self.inputs.iter().any(|input| input.bus == Some(InputBus::Usb)) {
            "input"
        } else if self.hostdevs.iter().any(|dev| matches!(dev.subsystem(), Some(HostSubsystem::Usb { .. }))) {
            "hostdev"
        } else if !self.hubs.is_empty() {
            "hub"
        } else {
            return Ok(());
        };
        let text =
            format!("there is a USB <{found}>, but <controller type='usb' model='none'/> switches USB off");
        Err(Error::config_unsupported(text))
    }

    /// Puts a disk before those of its bus whose names come later.
    pub fn add_disk(&mut self, disk: Disk) {
        let index = disk.name().map(drive_index);
        let same_bus = |other: &Disk| other.target.bus == disk.target.bus;
        let later = |other: &Disk| {
            same_bus(other)
                && index.is_some_and(|index| other.name().is_some_and(|name| drive_index(name) > index))
        };
        let place = self.disks.iter().position(later);
        let behind = || self.disks.iter().rposition(same_bus).map(|at| at + 1);
        let place = place.or_else(behind).unwrap_or(self.disks.len());
        self.disks.insert(place, disk);
    }

    /// Puts a controller before those of its type whose numbers are higher, a USB master before its companions.
    pub fn add_controller(&mut self, controller: Controller) {
        let same_type = |other: &Controller| other.kind == controller.kind;
        let is_companion = |other: &Controller| other.master_port().is_some();
        let later = |other: &Controller| {
            same_type(other)
                && controller.index.is_some()
                && (other.index > controller.index
                    || (other.index == controller.index && is_companion(other) && !is_companion(&controller)))
        };
        let place = self.controllers.iter().position(later);
        let behind = || self.controllers.iter().rposition(same_type).map(|at| at + 1);
        let place = place.or_else(behind).unwrap_or(self.controllers.len());
        self.controllers.insert(place, controller);
    }

    /// Adds a controller unless there is one of that type and number.
    pub fn ensure_controller(&mut self, kind: ControllerType, index: u32, model: Option<ControllerModel>) {
        if !self.controllers.iter().any(|other| other.kind == kind && other.index == Some(index)) {
            self.add_controller(Controller { model, ..Controller::new(kind, index) });
        }
    }

    fn add_video(&mut self, video: Video) {
        let place = if video.is_primary() { 0 } else { self.videos.len() };
        self.videos.insert(place, video);
    }

    /// Makes the first video card the primary one.
    pub(super) fn prefer_first_video(&mut self) {
        if let Some(video) = self.videos.first_mut().filter(|video| video.model.kind != VideoType::None) {
            video.model.primary = Some(YesNo::Yes);
        }
    }

    /// The lowest number that no controller of the type has.
    pub fn unused_controller_index(&self, kind: ControllerType) -> u32 {
        let used: HashSet<u32> = self
            .controllers
            .iter()
            .filter(|other| other.kind == kind)
            .filter_map(|other| other.index)
            .collect();
        (0..).find(|index| !used.contains(index)).unwrap_or(u32::MAX)
    }

    /// Numbers the controllers that have no number. USB 2 companions that follow their master share its number.
    fn number_controllers(&mut self) {
        let mut moved = false;
        for at in 0..self.controllers.len() {
            if self.controllers[at].index.is_some() {
                continue;
            }
            let kind = self.controllers[at].kind;
            let shared = if at > 0 && self.controllers[at].is_usb2() {
                moved = true;
                self.companion_index(at)
            } else {
                None
            };
            let index = shared.unwrap_or_else(|| self.unused_controller_index(kind));
            self.controllers[at].index = Some(index);
        }
        if moved {
            for controller in std::mem::take(&mut self.controllers) {
                self.add_controller(controller);
            }
        }
    }

    /// The number of the USB 2 controller before this one, if its group lacks a controller of this model.
    fn companion_index(&self, at: usize) -> Option<u32> {
        let is_usb = |other: &&Controller| other.kind == ControllerType::Usb;
        let index = self.controllers[..at].iter().rfind(is_usb).filter(|other| other.is_usb2())?.index?;
        let model = self.controllers[at].model;
        let taken = self
            .controllers
            .iter()
            .filter(is_usb)
            .any(|other| other.index == Some(index) && other.model == model);
        (!taken).then_some(index)
    }
}

/// What is known of the USB controllers so far: none at all goes with no other, and companions need a master.
#[derive(Default)]
struct UsbControllers {
    none: bool,
    other: bool,
    master: bool,
}

impl UsbControllers {
    fn admit(&mut self, controller: &Controller) -> Result<()> {
        if controller.kind != ControllerType::Usb {
            return Ok(());
        }
        let none = controller.model == Some(ControllerModel::None);
        if self.none || (none && self.other) {
            let text = "a USB controller of model 'none' means that there is no other: take one out";
            return Err(Error::new(ErrorCode::XmlDetail, text));
        }
        self.none |= none;
        self.other |= !none;
        self.master |= controller.info.usb_master_port.is_none();
        Ok(())
    }

    fn check(&self) -> Result<()> {
        if self.other && !self.master {
            let text = "all USB controllers are companions: one without <master> is needed";
            return Err(Error::new(ErrorCode::XmlDetail, text));
        }
        Ok(())
    }
}

impl Controller {
    /// The first port of its master that a companion serves.
    fn master_port(&self) -> Option<u32> {
        self.info.usb_master_port
    }

    /// Whether it belongs to a group of a USB 2 controller and its companions.
    pub fn is_usb2(&self) -> bool {
        use ControllerModel::{Ich9Ehci1, Ich9Uhci1, Ich9Uhci2, Ich9Uhci3};
        let model = self.model;
        self.kind == ControllerType::Usb
            && matches!(model, Some(Ich9Ehci1 | Ich9Uhci1 | Ich9Uhci2 | Ich9Uhci3))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Domain;
    use ferrovirt_xml::from_str;

    fn devices(inside: &str) -> Devices {
        let mut devices = from_str::<Devices>(&format!("<devices>{inside}</devices>"), "test").unwrap();
        devices.arrange().unwrap();
        devices
    }

    #[test]
    fn disks_of_a_bus_are_sorted_by_name() {
        let disk = |dev, bus| format!("<disk><target dev='{dev}' bus='{bus}'/></disk>");
        let all = [disk("vdb", "virtio"), disk("sda", "scsi"), disk("vda", "virtio"), disk("vdaa", "virtio")];
        let names = devices(&all.concat());
        let names: Vec<_> = names.disks.iter().filter_map(Disk::name).collect();
        assert_eq!(names, ["vda", "vdb", "vdaa", "sda"]);
    }

    #[test]
    fn controllers_get_the_lowest_free_number() {
        let text = "<controller type='scsi' index='1'/><controller type='scsi'/><controller type='usb' \
                    model='ich9-ehci1'/><controller type='usb' model='ich9-uhci1'/><controller type='scsi'/>";
        let devices = devices(text);
        let numbers: Vec<_> = devices.controllers.iter().map(|c| (c.kind, c.index.unwrap())).collect();
        use ControllerType::{Scsi, Usb};
        assert_eq!(numbers.iter().filter(|(kind, _)| *kind == Scsi).count(), 3);
        assert!(numbers.contains(&(Scsi, 0)) && numbers.contains(&(Scsi, 2)));
        assert_eq!(numbers.iter().filter(|n| **n == (Usb, 0)).count(), 2);
    }

    fn refused(devices: &str) -> Error {
        let text = format!(
            "<domain type='qemu'><name>a</name><memory>1</memory><os><type>hvm</type></os><devices>{devices}</devices>\
             </domain>"
        );
        Domain::parse(&text, ParseFlags::DEFINE).unwrap_err()
    }

    #[test]
    fn of_two_faults_the_one_is_told_that_libvirt_meets_first() {
        let hub = "<hub type='usb'><address type='usb' bus='0' port='1.1.1.1.1'/></hub>";
        let none = "<controller type='usb' index='0' model='none'/><controller type='usb' index='1'/>";
        assert_eq!(refused(&format!("{hub}{none}")).code(), ErrorCode::XmlDetail);
        let balloons = "<memballoon model='virtio'/><memballoon model='virtio'/>";
        assert!(refused(&format!("{hub}{balloons}")).message().contains("memballoon"));
        let label = "<disk><source file='/a'><seclabel model='selinux' relabel='yes'/></source><target dev='vda'/></disk>";
        assert!(refused(&format!("{hub}{label}")).message().contains("seclabel"));
        assert!(refused(hub).message().contains("USB port"));
    }

    #[test]
    fn redirected_usb_devices_need_usb() {
        let inside = "<controller type='usb' model='none'/><redirdev bus='usb' type='spicevmc'/>";
        assert_eq!(devices(inside).check_redirected().unwrap_err().code(), ErrorCode::ConfigUnsupported);
        devices("<redirdev bus='usb' type='spicevmc'/>").check_redirected().unwrap();
    }

    #[test]
    fn no_usb_is_no_usb() {
        let text = "<devices><controller type='usb' model='none'/><controller type='usb'/></devices>";
        let err = from_str::<Devices>(text, "test").unwrap().arrange().unwrap_err();
        assert_eq!(err.code(), ErrorCode::XmlDetail);
    }
}
