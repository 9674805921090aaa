//! `<controller>`: what other devices are plugged into.

use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{AutoBase, Hex, Node, OnOff, XmlElement, XmlEnum};
use serde::{Deserialize, Serialize};

use super::{Context, Device, DeviceInfo, Facts, IoThreadMapping, VirtioOptions};
use crate::values::ScaledSize;

/// A controller.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "controller", check = "check_once")]
pub struct Controller {
    #[xml(attr = "type", default)]
    pub kind: ControllerType,
    /// Counted for each type from 0; USB controllers that belong together share it. None: not decided yet.
    #[xml(attr)]
    pub index: Option<u32>,
    #[xml(attr, error = "ConfigUnsupported")]
    pub model: Option<ControllerModel>,
    /// Of USB and virtio-serial.
    #[xml(attr)]
    pub ports: Option<u32>,
    /// Of virtio-serial: interrupt vectors.
    #[xml(attr)]
    pub vectors: Option<u32>,
    /// Of xenbus.
    #[xml(attr)]
    pub max_grant_frames: Option<u32>,
    /// Of xenbus.
    #[xml(attr)]
    pub max_event_channels: Option<u32>,
    /// Of PCI: the hypervisor's device.
    #[xml(attr = "model/@name")]
    pub pci_model: Option<PciControllerName>,
    /// Of PCI.
    #[xml(flatten = "target")]
    pub target: PciTarget,
    #[xml(flatten = "driver")]
    pub driver: ControllerDriver,
    #[xml(flatten)]
    pub info: DeviceInfo,
    /// Of PCI roots: the size of the window above 4 GiB.
    #[xml(child = "pcihole64")]
    pub pci_hole64: Option<ScaledSize>,
}

/// Refuses parts that stand there twice: of others, the first would be taken.
fn check_once(node: &Node<'_>) -> Result<()> {
    match ["model", "target"].into_iter().find_map(|name| node.children_named(name).nth(1)) {
        Some(second) => {
            let text = format!("<controller> can't have more than one <{}>", second.name());
            Err(second.error(ErrorCode::XmlError, text).domain(ErrorDomain::Domain))
        }
        None => Ok(()),
    }
}

/// What is plugged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, XmlEnum)]
pub enum ControllerType {
    #[default]
    Ide,
    Fdc,
    Scsi,
    Sata,
    VirtioSerial,
    Ccid,
    Usb,
    Pci,
    #[xml(name = "xenbus")]
    XenBus,
    Isa,
}

/// The models of all types; see [`ControllerModel::fits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, XmlEnum)]
pub enum ControllerModel {
    // PCI
    PciRoot,
    PcieRoot,
    PciBridge,
    DmiToPciBridge,
    PcieToPciBridge,
    PcieRootPort,
    PcieSwitchUpstreamPort,
    PcieSwitchDownstreamPort,
    PciExpanderBus,
    PcieExpanderBus,
    // SCSI
    Auto,
    #[xml(name = "buslogic")]
    BusLogic,
    #[xml(name = "lsilogic")]
    LsiLogic,
    #[xml(name = "lsisas1068")]
    LsiSas1068,
    #[xml(name = "vmpvscsi")]
    VmPvScsi,
    #[xml(name = "ibmvscsi")]
    IbmVscsi,
    VirtioScsi,
    #[xml(name = "lsisas1078")]
    LsiSas1078,
    #[xml(name = "ncr53c90")]
    Ncr53c90,
    #[xml(name = "dc390")]
    Dc390,
    #[xml(name = "am53c974")]
    Am53c974,
    // SCSI and virtio-serial
    Virtio,
    VirtioTransitional,
    VirtioNonTransitional,
    // USB
    #[xml(name = "piix3-uhci")]
    Piix3Uhci,
    #[xml(name = "piix4-uhci")]
    Piix4Uhci,
    Ehci,
    #[xml(name = "ich9-ehci1")]
    Ich9Ehci1,
    #[xml(name = "ich9-uhci1")]
    Ich9Uhci1,
    #[xml(name = "ich9-uhci2")]
    Ich9Uhci2,
    #[xml(name = "ich9-uhci3")]
    Ich9Uhci3,
    #[xml(name = "vt82c686b-uhci")]
    Vt82c686bUhci,
    PciOhci,
    NecXhci,
    #[xml(name = "qusb1")]
    Qusb1,
    #[xml(name = "qusb2")]
    Qusb2,
    QemuXhci,
    /// No USB at all.
    None,
    // IDE
    Piix3,
    Piix4,
    Ich6,
}

impl ControllerModel {
    /// Whether controllers of that type come in this model.
    pub fn fits(self, kind: ControllerType) -> bool {
        let at = self as usize;
        let among = |first: Self, last: Self| (first as usize..=last as usize).contains(&at);
        match kind {
            ControllerType::Pci => among(Self::PciRoot, Self::PcieExpanderBus),
            ControllerType::Scsi => among(Self::Auto, Self::VirtioNonTransitional) && self != Self::Virtio,
            ControllerType::VirtioSerial => among(Self::Virtio, Self::VirtioNonTransitional),
            ControllerType::Usb => among(Self::Piix3Uhci, Self::None),
            ControllerType::Ide => among(Self::Piix3, Self::Ich6),
            _ => false,
        }
    }

    /// Whether it is the root of a PCI hierarchy.
    pub fn is_pci_root(self) -> bool {
        matches!(self, Self::PciRoot | Self::PcieRoot)
    }

    /// Whether it is a SCSI controller that speaks virtio.
    pub fn is_virtio_scsi(self) -> bool {
        matches!(self, Self::VirtioScsi | Self::VirtioTransitional | Self::VirtioNonTransitional)
    }
}

/// A PCI controller as the hypervisor calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, XmlEnum)]
pub enum PciControllerName {
    PciBridge,
    #[xml(name = "i82801b11-bridge")]
    I82801b11Bridge,
    #[xml(name = "ioh3420")]
    Ioh3420,
    #[xml(name = "x3130-upstream")]
    X3130Upstream,
    #[xml(name = "xio3130-downstream")]
    Xio3130Downstream,
    Pxb,
    PxbPcie,
    PcieRootPort,
    SpaprPciHostBridge,
    PciePciBridge,
}

/// `<target>` of a PCI controller: what the guest sees of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct PciTarget {
    /// Of bridges, 1 to 255.
    #[xml(attr)]
    pub chassis_nr: Option<AutoBase<u32>>,
    /// Of ports, 0 to 255.
    #[xml(attr)]
    pub chassis: Option<AutoBase<u32>>,
    /// Of ports, 0 to 255.
    #[xml(attr)]
    pub port: Option<Hex<u32, 1>>,
    /// Of expander buses, 1 to 254.
    #[xml(attr)]
    pub bus_nr: Option<AutoBase<u32>>,
    /// Of pSeries host bridges, 0 to 30.
    #[xml(attr)]
    pub index: Option<AutoBase<u32>>,
    #[xml(attr)]
    pub hotplug: Option<OnOff>,
    /// KiB kept free for devices that are plugged in later; 0: as the firmware likes.
    #[xml(attr, default, skip_default)]
    pub mem_reserve: AutoBase<u64>,
    /// Of expander buses: the guest's NUMA node.
    #[xml(value = "node", error = "XmlError@object")]
    pub node: Option<u32>,
}

/// `<driver>` of a controller; 0 is what nobody said.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct ControllerDriver {
    #[xml(attr, default, skip_default)]
    pub queues: u32,
    #[xml(attr = "cmd_per_lun", default, skip_default)]
    pub commands_per_lun: u32,
    #[xml(attr = "max_sectors", default, skip_default)]
    pub max_sectors: u32,
    #[xml(attr)]
    pub ioeventfd: Option<OnOff>,
    /// Of virtio-scsi: the number of the I/O thread.
    #[xml(attr, default, skip_default)]
    pub iothread: u32,
    #[xml(flatten)]
    pub virtio: VirtioOptions,
    /// Of virtio-scsi: several I/O threads.
    #[xml(child = "iothreads/iothread")]
    pub iothreads: Vec<IoThreadMapping>,
}

impl Controller {
    /// A controller with nothing but its type and number.
    pub fn new(kind: ControllerType, index: u32) -> Self {
        Self { kind, index: Some(index), ..Self::default() }
    }

    /// Takes out what only a running guest has.
    pub fn strip_live(&mut self) {
        self.info.strip_live();
    }

    /// Drops what other types of controllers have.
    fn forget_foreign(&mut self) {
        use ControllerType::{Pci, Usb, VirtioSerial, XenBus};
        if self.kind != Pci {
            self.pci_model = None;
            self.target = PciTarget::default();
        }
        if !self.model.is_some_and(ControllerModel::is_pci_root) {
            self.pci_hole64 = None;
        }
        if !matches!(self.kind, Usb | VirtioSerial) {
            self.ports = None;
        }
        if self.kind != VirtioSerial {
            self.vectors = None;
        }
        if self.kind != XenBus {
            self.max_grant_frames = None;
            self.max_event_channels = None;
        }
        if self.kind == Usb && self.model == Some(ControllerModel::None) {
            self.info = DeviceInfo::default();
        }
    }
}

impl Device for Controller {
    fn visible(&self, facts: &mut Facts) {
        facts.is("type", &self.kind);
        facts.may("index", &self.index);
        facts.may("model", &self.model);
        facts.may("ports", &self.ports);
        facts.may("vectors", &self.vectors);
        facts.virtio(&self.driver.virtio);
        facts.place(&self.info);
    }

    fn fill_defaults(&mut self, _context: &Context) {
        self.forget_foreign();
        self.fill_master();
    }

    fn validate(&self, _context: &Context) -> Result<()> {
        self.check_model()?;
        let is_virtio_scsi = self.model.is_some_and(ControllerModel::is_virtio_scsi);
        if self.driver.iothread != 0 && !is_virtio_scsi {
            return Err(Error::xml("'iothread' is for SCSI controllers that speak virtio"));
        }
        if self.kind == ControllerType::Pci { self.validate_pci() } else { Ok(()) }
    }
}

impl Controller {
    /// Companions of a USB 2 controller serve ports of their master.
    pub(super) fn fill_master(&mut self) {
        if self.kind == ControllerType::Usb && self.info.usb_master_port.is_none() {
            self.info.usb_master_port = match self.model {
                Some(ControllerModel::Ich9Uhci1) => Some(0),
                Some(ControllerModel::Ich9Uhci2) => Some(2),
                Some(ControllerModel::Ich9Uhci3) => Some(4),
                _ => None,
            };
        }
    }

    /// Refuses a model that other types of controllers come in.
    pub(super) fn check_model(&self) -> Result<()> {
        match self.model.filter(|model| !model.fits(self.kind)) {
            Some(model) => {
                let text = format!("controllers of type '{}' don't come in the model '{model}'", self.kind);
                Err(Error::config_unsupported(text))
            }
            None => Ok(()),
        }
    }

    fn validate_pci(&self) -> Result<()> {
        let unsupported = |text: String| Err(Error::config_unsupported(text));
        let index = self.index.unwrap_or(0);
        if self.model.is_some_and(ControllerModel::is_pci_root) && self.info.address.is_some() {
            return unsupported("the root of a PCI hierarchy is nowhere: take out its <address>".into());
        }
        if index > 255 {
            return unsupported(format!("PCI controllers are counted to 255, not to {index}"));
        }
        let target = &self.target;
        let ranges = [
            ("index", target.index.map(|n| n.0), 0..=30),
            ("chassisNr", target.chassis_nr.map(|n| n.0), 1..=255),
            ("chassis", target.chassis.map(|n| n.0), 0..=255),
            ("port", target.port.map(|n| n.0), 0..=255),
            ("busNr", target.bus_nr.map(|n| n.0), 1..=254),
        ];
        for (name, value, range) in ranges {
            if let Some(value) = value.filter(|value| !range.contains(value)) {
                let (first, last) = (range.start(), range.end());
                return unsupported(format!(
                    "'{name}' of PCI controller {index} must be {first} to {last}, not {value}"
                ));
            }
        }
        if target.index.is_some_and(|number| (number.0 == 0) != (index == 0)) {
            return unsupported("PCI controller 0, and no other, has the target index 0".into());
        }
        if target.node.is_some() && index == 0 {
            return unsupported("PCI controller 0 is on no NUMA node: take out <node>".into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode::{self, ConfigUnsupported, XmlError};
    use ferrovirt_xml::check::{check_error, check_same};
    use ferrovirt_xml::{from_str, to_string};

    #[test]
    fn controllers_print_back() {
        for text in [
            "<controller type='ide' index='0'/>",
            "<controller type='virtio-serial' index='0' ports='4' vectors='2'/>",
            "<controller type='usb' index='0' model='qemu-xhci' ports='8'/>",
            "<controller type='xenbus' index='0' maxGrantFrames='64' maxEventChannels='4'/>",
            "<controller type='usb' index='0' model='ich9-uhci2'>\n  <master startport='2'/>\n</controller>",
            "<controller type='pci' index='0' model='pci-root'>
  <pcihole64 unit='KiB'>1048576</pcihole64>
</controller>",
            "<controller type='pci' index='1' model='pcie-expander-bus'>
  <model name='pxb-pcie'/>
  <target chassisNr='3' chassis='1' port='0x10' busNr='254' hotplug='off' memReserve='4096'>
    <node>1</node>
  </target>
  <alias name='pci.1'/>
  <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0'/>
</controller>",
            "<controller type='scsi' index='0' model='virtio-scsi'>
  <driver queues='8' cmd_per_lun='50' max_sectors='512' ioeventfd='on' packed='on'>
    <iothreads>
      <iothread id='1'/>
    </iothreads>
  </driver>
</controller>",
        ] {
            check_same::<Controller>(text);
        }
    }

    #[test]
    fn companions_get_their_masters_port_and_foreign_options_go() {
        let text =
            "<controller type='usb' index='0' model='ich9-uhci3' vectors='1'><target port='1'/></controller>";
        let mut controller: Controller = from_str(text, "test").unwrap();
        controller.fill_defaults(&Context::default());
        let expected = "<controller type='usb' index='0' model='ich9-uhci3'>\n  <master startport='4'/>\n</controller>\n";
        assert_eq!(to_string(&controller), expected);
    }

    fn code(text: &str) -> ErrorCode {
        let controller: Controller = from_str(text, "test").unwrap();
        controller.validate(&Context::default()).expect_err(text).code()
    }

    #[test]
    fn contradictions_are_refused_with_libvirts_codes() {
        for inside in [
            "type='pci' index='256' model='pci-bridge'/>",
            "type='usb' index='0' model='pci-root'/>",
            "type='pci' index='0' model='pci-root'><address type='pci'/></controller>",
            "type='pci' index='1' model='pci-bridge'><target chassisNr='0'/></controller>",
            "type='pci' index='1' model='pci-root'><target index='0'/></controller>",
            "type='pci' index='0' model='pci-root'><target><node>0</node></target></controller>",
        ] {
            assert_eq!(code(&format!("<controller {inside}")), ConfigUnsupported, "{inside}");
        }
        assert_eq!(code("<controller type='scsi'><driver iothread='1'/></controller>"), XmlError);
        check_error::<Controller>("<controller type='usb' model='warp'/>", ConfigUnsupported);
        check_error::<Controller>("<controller type='warp'/>", XmlError);
        for part in ["<model name='pxb'/>", "<target chassis='1'/>"] {
            let text = format!("<controller type='usb'>{part}{part}</controller>");
            check_error::<Controller>(&text, XmlError);
        }
    }
}
