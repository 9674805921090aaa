//! `<hostdev>`: devices of the host, given to the guest.

use super::context::{Builder, Context, alias};
use super::descriptors::Passed;
use super::general::sealed_secret;
use super::interface::is_host_device;
use super::props::Props;
use super::surroundings::SecretUse;
use ferrovirt_conf::domain::{
    ActualConnection, Address, Connection, DeviceInfo, Domain, HostSubsystem, Hostdev, HostdevPort,
    HostdevPortAddress, Interface, MdevModel, NetworkProtocol, NetworkSource, PciAddress, ScsiIscsiSource,
    ScsiSource, Teaming, TeamingType, UsbGuestReset, UsbHostSource, VirtioOptions,
};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{OnOff, YesNo};

pub fn build(b: &mut Builder<'_>) -> Result<()> {
    for interface in b.model().devices.interfaces.iter().filter(|interface| is_host_device(interface)) {
        let props = b.context.host_card(interface)?;
        b.device(props)?;
    }
    for hostdev in &b.model().devices.hostdevs {
        // Devices that the guest must not see are only kept for it.
        if matches!(hostdev.info.address, Some(Address::Unassigned)) {
            continue;
        }
        let Some(device) = hostdev.subsystem() else { continue };
        let props = match device {
            HostSubsystem::Usb { source, .. } => b.context.usb_host(&hostdev.info, source)?,
            HostSubsystem::Pci { display, ramfb, source, .. } => {
                let look = Look { display: *display, ramfb: *ramfb };
                b.context.pci_host(&hostdev.info, &source.address, look, hostdev.teaming.as_ref())?
            }
            HostSubsystem::Mdev { model, display, ramfb, uuid, .. } => {
                let look = Look { display: *display, ramfb: *ramfb };
                b.context.mediated(&hostdev.info, *model, look, &uuid.to_string())?
            }
            HostSubsystem::Scsi { source, .. } => scsi(b, hostdev, source)?,
            HostSubsystem::ScsiHost { model, source, .. } => {
                let options = VirtioOptions::default();
                let mut props = b.context.virtio("vhost-scsi", &hostdev.info, *model, &options)?;
                let id = alias(&hostdev.info)?;
                let fd = b.descriptors.pass(Passed::Device { alias: id.to_owned() })?;
                props.set("wwpn", source.wwpn.as_str()).set("vhostfd", fd.to_string()).set("id", id);
                b.context.address(&mut props, &hostdev.info)?;
                props
            }
        };
        b.device(props)?;
    }
    Ok(())
}

/// Whether the guest's screen can be seen through the device.
#[derive(Debug, Clone, Copy, Default)]
pub struct Look {
    pub display: Option<OnOff>,
    pub ramfb: Option<OnOff>,
}

impl Look {
    fn driver(self) -> &'static str {
        match self.ramfb {
            // Its framebuffer is there from the start, so it can't be plugged.
            Some(OnOff::On) => "vfio-pci-nohotplug",
            _ => "vfio-pci",
        }
    }

    fn set(self, props: &mut Props) {
        props.text("display", self.display.map(|on| super::line::on_off(on.is_set())));
        props.switch("ramfb", (self.ramfb == Some(OnOff::On)).then_some(true));
    }
}

fn port(interface: &Interface) -> Option<&HostdevPort> {
    match (&interface.actual, &interface.connection) {
        (Some(actual), _) => match &actual.connection {
            ActualConnection::Hostdev(port) => Some(port),
            _ => None,
        },
        (None, Connection::Hostdev(port)) => Some(port),
        _ => None,
    }
}

impl Context<'_> {
    /// A network card of the host.
    pub fn host_card(self, interface: &Interface) -> Result<Props> {
        let address = port(interface).and_then(|port| port.source.address.as_ref());
        match address {
            Some(HostdevPortAddress::Pci(address)) => {
                self.pci_host(&interface.info, address, Look::default(), interface.teaming.as_ref())
            }
            Some(HostdevPortAddress::Usb { bus, device }) => {
                let mut props = Props::device("usb-host");
                self.usb_place(&mut props, bus.0, device.0);
                props.set("id", alias(&interface.info)?).maybe("bootindex", self.boot_index(&interface.info));
                self.address(&mut props, &interface.info)?;
                Ok(props)
            }
            None => Err(Error::internal("an interface of type 'hostdev' names no device of the host")),
        }
    }

    pub fn pci_host(
        self,
        info: &DeviceInfo,
        address: &PciAddress,
        look: Look,
        teaming: Option<&Teaming>,
    ) -> Result<Props> {
        let mut props = Props::device(look.driver());
        props.set("host", host_address(address)).set("id", alias(info)?);
        props.maybe("bootindex", self.boot_index(info));
        let pair = teaming.filter(|team| team.kind == TeamingType::Transient);
        props.text("failover_pair_id", pair.and_then(|team| team.persistent.as_deref()));
        look.set(&mut props);
        self.address(&mut props, info)?;
        self.rom(&mut props, info)?;
        Ok(props)
    }

    pub fn mediated(self, info: &DeviceInfo, model: MdevModel, look: Look, uuid: &str) -> Result<Props> {
        let mut props = Props::device(match model {
            MdevModel::VfioPci => look.driver(),
            MdevModel::VfioCcw => "vfio-ccw",
            MdevModel::VfioAp => "vfio-ap",
        });
        props.set("id", alias(info)?).set("sysfsdev", format!("/sys/bus/mdev/devices/{uuid}"));
        look.set(&mut props);
        props.maybe("bootindex", self.boot_index(info));
        if self.capabilities.device_has_property("virtio-blk-ccw", "loadparm") {
            props.text("loadparm", info.load_parm.as_deref());
        }
        self.address(&mut props, info)?;
        Ok(props)
    }

    pub fn usb_host(self, info: &DeviceInfo, source: &UsbHostSource) -> Result<Props> {
        let mut props = Props::device("usb-host");
        // One that is not there now may come later.
        if source.missing != Some(YesNo::Yes) {
            let place = source.address.as_ref().map(|address| (address.bus.0, address.device.0));
            let (bus, device) = place.filter(|place| *place != (0, 0)).ok_or_else(|| {
                Error::internal("a USB device of the host has not been looked for: its bus and number lack")
            })?;
            self.usb_place(&mut props, bus, device);
        }
        props.set("id", alias(info)?).maybe("bootindex", self.boot_index(info));
        let (reset, all) = match source.guest_reset {
            None => (None, None),
            Some(UsbGuestReset::Off) => (Some(false), None),
            Some(UsbGuestReset::Uninitialized) => (Some(true), Some(false)),
            Some(UsbGuestReset::On) => (Some(true), Some(true)),
        };
        props.maybe("guest-reset", reset).maybe("guest-resets-all", all);
        self.address(&mut props, info)?;
        Ok(props)
    }

    fn usb_place(self, props: &mut Props, bus: u32, device: u32) {
        if self.capabilities.device_has_property("usb-host", "hostdevice") {
            props.set("hostdevice", format!("/dev/bus/usb/{bus:03}/{device:03}"));
        } else {
            props.set("hostbus", bus).set("hostaddr", device);
        }
    }
}

fn host_address(address: &PciAddress) -> String {
    let (domain, bus) = (address.domain.0, address.bus.0);
    format!("{domain:04x}:{bus:02x}:{:02x}.{:x}", address.slot.0, address.function.0)
}

/// A SCSI device: a block node that passes commands on, and the guest's device on it.
fn scsi(b: &mut Builder<'_>, hostdev: &Hostdev, source: &ScsiSource) -> Result<Props> {
    let node = scsi_node(b.model(), hostdev);
    let mut block = match source {
        ScsiSource::Host(host) => {
            let id = alias(&hostdev.info)?;
            let path = b.host().scsi_devices.iter().find(|(known, _)| *known == id).map(|(_, path)| *path);
            let path = path.ok_or_else(|| {
                Error::internal(format!(
                    "the SCSI device of adapter '{}' has not been looked for",
                    host.adapter
                ))
            })?;
            let mut block = Props::device("host_device");
            block.set("filename", path);
            block
        }
        ScsiSource::Iscsi(source) => iscsi(b, source, &node)?,
    };
    block.set("node-name", node.as_str()).set("read-only", hostdev.readonly);
    b.line.blockdev(&block);
    let info = &hostdev.info;
    let mut props = Props::device("scsi-generic");
    props.set("drive", node).set("id", alias(info)?).maybe("bootindex", b.context.boot_index(info));
    if b.context.capabilities.device_has_property("virtio-blk-ccw", "loadparm") {
        props.text("loadparm", info.load_parm.as_deref());
    }
    match &info.address {
        Some(Address::Drive(address)) => b.context.scsi_address(&mut props, address)?,
        _ => return Err(Error::internal("a SCSI device of the host has no place on a controller yet")),
    }
    Ok(props)
}

/// Nodes of SCSI devices are numbered where the images of disks end.
fn scsi_node(model: &Domain, hostdev: &Hostdev) -> String {
    let disks = &model.devices.disks;
    let images =
        disks.iter().map(|disk| super::blockdev::last_index(disk) as usize + disk.throttle_filters.len());
    let is_scsi = |other: &&Hostdev| matches!(other.subsystem(), Some(HostSubsystem::Scsi { .. }));
    let before = model
        .devices
        .hostdevs
        .iter()
        .filter(is_scsi)
        .take_while(|other| other.info.alias != hostdev.info.alias);
    format!("libvirt-{}-backend", images.max().unwrap_or(0) + 1 + before.count())
}

fn iscsi(b: &mut Builder<'_>, source: &ScsiIscsiSource, node: &str) -> Result<Props> {
    let network = NetworkSource {
        protocol: NetworkProtocol::Iscsi,
        name: Some(source.name.clone()),
        hosts: source.hosts.clone(),
        query: None,
        tls: None,
        tls_hostname: None,
        nfs_identity: None,
        reconnect_delay: 0,
        snapshot: None,
        config: None,
        initiator: None,
        ssl_verify: None,
        cookies: Vec::new(),
        readahead: 0,
        timeout: 0,
        known_hosts: None,
        ssh_identity: None,
    };
    let mut props = Props::device("iscsi");
    props.extend(super::blockdev_network::iscsi_target(&network)?);
    if let Some(auth) = &source.auth {
        let sealed = b.host().secrets.seal(SecretUse::Login, &auth.secret.reference)?;
        let id = format!("{node}-secret0");
        b.line.object(&sealed_secret(id.clone(), sealed));
        props.set("user", auth.username.as_str()).set("password-secret", id);
    }
    props.text("initiator-name", source.initiator.as_deref());
    Ok(props)
}
