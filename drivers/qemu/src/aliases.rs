//! The names that devices of a running guest have in QEMU. Names that users gave (`ua-…`) stay.

use ferrovirt_conf::domain::{
    Address, Connection, Controller, ControllerModel, ControllerType, DeviceInfo, Disk, DiskBus, Domain,
    MemballoonModel, MemoryDevice, MemoryModel, drive_index,
};

use crate::machine::{self, Family};

/// Names every device that has no name.
pub fn assign(model: &mut Domain) {
    let scheme = Scheme::of(model);
    let devices = &mut model.devices;
    for disk in &mut devices.disks {
        let alias = disk_alias(disk, &devices.controllers);
        disk.info.alias.get_or_insert(alias);
    }
    // Interfaces that are devices of the host are counted with those.
    let is_hostdev = |connection: &Connection| matches!(connection, Connection::Hostdev(_));
    let (hostdevs, nets): (Vec<_>, Vec<_>) =
        devices.interfaces.iter_mut().partition(|interface| is_hostdev(&interface.connection));
    count("net", nets.into_iter().map(|device| &mut device.info));
    let hostdevs = hostdevs.into_iter().map(|device| &mut device.info);
    count("hostdev", hostdevs.chain(devices.hostdevs.iter_mut().map(|device| &mut device.info)));
    count("fs", devices.filesystems.iter_mut().map(|device| &mut device.info));
    by_place("sound", devices.sounds.iter_mut().map(|device| &mut device.info));
    by_place("redir", devices.redirdevs.iter_mut().map(|device| &mut device.info));
    by_place("video", devices.videos.iter_mut().map(|device| &mut device.info));
    for controller in &mut devices.controllers {
        let alias = scheme.controller(controller);
        controller.info.alias.get_or_insert(alias);
    }
    by_place("input", devices.inputs.iter_mut().map(|device| &mut device.info));
    by_place("parallel", devices.parallels.iter_mut().map(|device| &mut device.info));
    by_place("serial", devices.serials.iter_mut().map(|device| &mut device.info));
    by_place("channel", devices.channels.iter_mut().map(|device| &mut device.info));
    if scheme.machine {
        devices.refresh_first_console();
    }
    by_place("console", devices.consoles.iter_mut().map(|device| &mut device.info));
    by_place("hub", devices.hubs.iter_mut().map(|device| &mut device.info));
    by_place("shmem", devices.shmems.iter_mut().map(|device| &mut device.info));
    by_place("smartcard", devices.smartcards.iter_mut().map(|device| &mut device.info));
    by_place("watchdog", devices.watchdogs.iter_mut().map(|device| &mut device.info));
    let balloon = devices.memballoon.iter_mut().filter(|balloon| balloon.model != MemballoonModel::None);
    by_place("balloon", balloon.map(|device| &mut device.info));
    count("rng", devices.rngs.iter_mut().map(|device| &mut device.info));
    by_place("tpm", devices.tpms.iter_mut().map(|device| &mut device.info));
    name_memories(&mut devices.memories);
    by_place("vsock", devices.vsock.iter_mut().map(|device| &mut device.info));
    by_place("iommu", devices.iommu.iter_mut().map(|device| &mut device.info));
    count("crypto", devices.cryptos.iter_mut().map(|device| &mut device.info));
    by_place("pstore", devices.pstore.iter_mut().map(|device| &mut device.info));
}

/// Names by the place in the list, whatever the others are called.
fn by_place<'a>(prefix: &str, infos: impl Iterator<Item = &'a mut DeviceInfo>) {
    for (index, info) in infos.enumerate() {
        info.alias.get_or_insert_with(|| format!("{prefix}{index}"));
    }
}

/// Names by counting on from the highest number in use.
fn count<'a>(prefix: &str, infos: impl Iterator<Item = &'a mut DeviceInfo>) {
    let mut infos: Vec<_> = infos.collect();
    let number = |info: &DeviceInfo| info.alias.as_deref()?.strip_prefix(prefix)?.parse::<u32>().ok();
    let first = infos.iter().filter_map(|info| number(info)).max().map_or(0, |highest| highest + 1);
    for (info, index) in infos.iter_mut().filter(|info| info.alias.is_none()).zip(first..) {
        info.alias = Some(format!("{prefix}{index}"));
    }
}

/// What the names of controllers depend on.
struct Scheme {
    family: Family,
    builtin_ide: bool,
    several_buses: bool,
    /// Not a container.
    machine: bool,
}

impl Scheme {
    fn of(model: &Domain) -> Self {
        let family = Family::of_domain(model);
        Self {
            family,
            builtin_ide: family.has_builtin_ide(model.os.machine.as_deref().unwrap_or("")),
            several_buses: family.supports_pci_buses(machine::arch(model)),
            machine: model.os.os_type == ferrovirt_conf::domain::OsType::Hvm,
        }
    }

    /// Those that are part of the machine have the names that QEMU gives them.
    fn controller(&self, controller: &Controller) -> String {
        let index = controller.index.unwrap_or(0);
        match controller.kind {
            ControllerType::Pci if !self.several_buses => "pci".into(),
            ControllerType::Pci if controller.model == Some(ControllerModel::PcieRoot) => {
                format!("pcie.{index}")
            }
            ControllerType::Pci => format!("pci.{index}"),
            ControllerType::Ide if self.builtin_ide && index == 0 => "ide".into(),
            ControllerType::Sata if self.family == Family::Q35 && index == 0 => "ide".into(),
            ControllerType::Usb if index == 0 => "usb".into(),
            ControllerType::Scsi if controller.model == Some(ControllerModel::Ncr53c90) && index == 0 => {
                "scsi".into()
            }
            kind => format!("{kind}{index}"),
        }
    }
}

/// Disks on a controller are named by their place there, others by their own name.
fn disk_alias(disk: &Disk, controllers: &[Controller]) -> String {
    let bus = disk.target.bus.unwrap_or(DiskBus::Ide);
    let Some(Address::Drive(place)) = &disk.info.address else {
        let index = disk.target.dev.as_deref().and_then(drive_index).unwrap_or(0);
        return format!("{bus}-disk{index}");
    };
    let (controller, on, target, unit) = (place.controller, place.bus, place.target, place.unit);
    let scsi = controllers.iter().find(|c| c.kind == ControllerType::Scsi && c.index == Some(controller));
    let has_targets = bus == DiskBus::Scsi
        && scsi.and_then(|controller| controller.model) != Some(ControllerModel::LsiLogic);
    match has_targets {
        true => format!("{bus}{controller}-{on}-{target}-{unit}"),
        false => format!("{bus}{controller}-{on}-{unit}"),
    }
}

/// Modules are named by their slots, other memory is counted.
fn name_memories(memories: &mut [MemoryDevice]) {
    for memory in memories.iter_mut() {
        let prefix = match memory.model {
            MemoryModel::Dimm(_) => "dimm",
            MemoryModel::Nvdimm(_) => "nvdimm",
            _ => continue,
        };
        let slot = match &memory.info.address {
            Some(Address::Dimm(address)) => address.slot.unwrap_or(0),
            _ => 0,
        };
        memory.info.alias.get_or_insert_with(|| format!("{prefix}{slot}"));
    }
    let of = |memories: &mut [MemoryDevice], prefix: &str, fits: fn(&MemoryModel) -> bool| {
        count(
            prefix,
            memories.iter_mut().filter(|memory| fits(&memory.model)).map(|memory| &mut memory.info),
        );
    };
    of(memories, "virtiopmem", |model| matches!(model, MemoryModel::VirtioPmem(_)));
    of(memories, "virtiomem", |model| matches!(model, MemoryModel::VirtioMem(_)));
    of(memories, "epc", |model| matches!(model, MemoryModel::SgxEpc(_)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_conf::domain::ParseFlags;

    fn aliases(machine: &str, devices: &str) -> Vec<String> {
        let text = format!(
            "<domain type='qemu'><name>a</name><memory>1024</memory><os><type arch='x86_64' machine='{machine}'>hvm\
             </type></os><devices>{devices}</devices></domain>"
        );
        let mut model = Domain::parse(&text, ParseFlags::DEFINE).unwrap();
        model.devices.fill_defaults(&model.context());
        assign(&mut model);
        model.devices.infos().iter().filter_map(|info| info.alias.clone()).collect()
    }

    #[test]
    fn disks_are_named_by_place_or_by_name() {
        let disk = |dev, bus| format!("<disk><target dev='{dev}' bus='{bus}'/></disk>");
        let lsi = "<controller type='scsi' index='0' model='lsilogic'/>";
        assert_eq!(aliases("pc", &disk("vdc", "virtio")), ["virtio-disk2"]);
        assert_eq!(aliases("pc", &disk("sdb", "usb")), ["usb-disk1"]);
        assert_eq!(aliases("pc", &disk("hdc", "ide")), ["ide0-1-0"]);
        assert_eq!(aliases("pc", &disk("sda", "scsi")), ["scsi0-0-0-0"]);
        assert_eq!(aliases("pc", &format!("{}{lsi}", disk("sda", "scsi"))), ["scsi0-0-0", "scsi0"]);
    }

    #[test]
    fn controllers_of_the_machine_have_qemus_names() {
        let all = "<controller type='ide' index='0'/><controller type='sata' index='0'/>\
                   <controller type='usb' index='0'/><controller type='usb' index='1' model='ehci'/>\
                   <controller type='virtio-serial' index='2'/>";
        let pci = |root| format!("{all}<controller type='pci' index='0' model='{root}'/>");
        assert_eq!(
            aliases("pc", &pci("pci-root")),
            ["ide", "sata0", "usb", "usb1", "virtio-serial2", "pci.0"]
        );
        assert_eq!(
            aliases("q35", &pci("pcie-root")),
            ["ide0", "ide", "usb", "usb1", "virtio-serial2", "pcie.0"]
        );
    }

    #[test]
    fn users_names_stay_and_are_not_counted() {
        let rng = "<rng model='virtio'><backend model='random'/></rng>";
        let own = "<rng model='virtio'><backend model='random'/><alias name='ua-mine'/></rng>";
        assert_eq!(aliases("pc", &format!("{own}{rng}{rng}")), ["ua-mine", "rng0", "rng1"]);
        let sound = "<sound model='ac97'/>";
        let own = "<sound model='ac97'><alias name='ua-mine'/></sound>";
        assert_eq!(aliases("pc", &format!("{own}{sound}")), ["ua-mine", "sound1"]);
    }

    #[test]
    fn interfaces_and_host_devices_share_numbers() {
        let hostdev = "<interface type='hostdev'><source><address type='pci' domain='0' bus='1' slot='0' function='0'/>\
                       </source></interface>";
        let usb =
            "<hostdev mode='subsystem' type='usb'><source><address bus='1' device='2'/></source></hostdev>";
        assert_eq!(
            aliases("pc", &format!("{hostdev}<interface type='user'/>{usb}")),
            ["hostdev0", "net0", "hostdev1"]
        );
    }
}
