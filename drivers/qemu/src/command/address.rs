//! Where a device is plugged in: the properties that say so.

use super::context::{Context, alias};
use super::props::Props;
use ferrovirt_conf::domain::{
    Address, ControllerModel, ControllerType, DeviceInfo, DiskBus, DriveAddress, PciAddress, VirtioModel,
    VirtioOptions,
};
use ferrovirt_core::{Error, Result};

impl Context<'_> {
    /// Sets the properties of a device's address, if it has one.
    pub fn address(self, props: &mut Props, info: &DeviceInfo) -> Result<()> {
        match &info.address {
            Some(Address::Pci(address)) => {
                props.set("bus", self.pci_bus(address)?);
                props.switch("multifunction", address.multifunction);
                props
                    .set("addr", slot(address))
                    .maybe("acpi-index", info.acpi_index.map(std::num::NonZeroU32::get));
            }
            Some(Address::Usb(address)) => {
                let controller = self.controller_alias(ControllerType::Usb, address.bus)?;
                props.set("bus", format!("{controller}.0")).text("port", address.port.as_deref());
            }
            Some(Address::VirtioSerial(address)) => {
                let controller = self.controller_alias(ControllerType::VirtioSerial, address.controller)?;
                props.set("bus", format!("{controller}.{}", address.bus));
                props.set("nr", address.port);
            }
            Some(Address::SpaprVio(address)) => _ = props.maybe("reg", address.reg.map(|reg| reg.0)),
            Some(Address::Ccw(address)) => {
                let cssid = address.cssid.map_or(0, |number| number.0);
                let ssid = address.ssid.map_or(0, |number| number.0);
                let devno = address.devno.map_or(0, |number| number.0);
                props.set("devno", format!("{cssid:x}.{ssid:x}.{devno:04x}"));
            }
            Some(Address::Isa(address)) => {
                props.set("iobase", address.iobase.map_or(0, |number| number.0));
                props.positive("irq", address.irq.map_or(0, |number| number.0));
            }
            Some(Address::Dimm(address)) => {
                props.set("slot", address.slot.unwrap_or(0));
                props.positive("addr", address.base.map_or(0, |base| base.0));
            }
            // A drive's address depends on its bus: `drive_address`.
            Some(Address::Drive(_)) => {
                return Err(Error::internal("only disks and host devices have addresses of type 'drive'"));
            }
            Some(Address::Ccid(_) | Address::VirtioS390 | Address::VirtioMmio | Address::Unassigned)
            | None => {}
        }
        Ok(())
    }

    /// The name of the PCI bus that an address is on.
    pub fn pci_bus(self, address: &PciAddress) -> Result<String> {
        let bus = u32::from(address.bus.0);
        let controller = self.controller(ControllerType::Pci, bus).ok_or_else(|| {
            Error::internal(format!("the guest has no PCI controller {bus}, which a device is plugged into"))
        })?;
        let name = alias(&controller.info)?;
        let target = controller.target.index.map_or(0, |index| index.0);
        let is_root = controller.model == Some(ControllerModel::PciRoot);
        if is_root && target > 0 {
            // Further host bridges of pSeries have a bus of their own; the first one's has a fixed name.
            return Ok(format!("{name}.0"));
        }
        // Roots come with the machine, which has named them.
        if name.starts_with("ua-") {
            if is_root {
                let multibus = self.is_i440fx() || self.is_pseries();
                return Ok(if multibus { "pci.0" } else { "pci" }.to_owned());
            }
            if controller.model == Some(ControllerModel::PcieRoot) {
                return Ok("pcie.0".to_owned());
            }
        }
        Ok(name.to_owned())
    }

    /// Sets the properties of a drive's place on the bus of its controller.
    pub fn drive_address(self, props: &mut Props, bus: DiskBus, address: &DriveAddress) -> Result<()> {
        match bus {
            DiskBus::Ide => {
                let controller = match self.has_builtin_ide() {
                    true => "ide",
                    false => self.controller_alias(ControllerType::Ide, address.controller)?,
                };
                props.set("bus", format!("{controller}.{}", address.bus)).set("unit", address.unit);
            }
            DiskBus::Sata => {
                let controller = match self.is_q35() && address.controller == 0 {
                    true => "ide",
                    false => self.controller_alias(ControllerType::Sata, address.controller)?,
                };
                props.set("bus", format!("{controller}.{}", address.unit));
            }
            DiskBus::Fdc => _ = props.set("unit", address.unit),
            DiskBus::Scsi => self.scsi_address(props, address)?,
            _ => {
                return Err(Error::internal(format!("disks on bus '{bus}' have no address of type 'drive'")));
            }
        }
        Ok(())
    }

    /// Old controllers count devices on a bus, others have channels, targets and units.
    pub fn scsi_address(self, props: &mut Props, address: &DriveAddress) -> Result<()> {
        let controller = self.controller(ControllerType::Scsi, address.controller).ok_or_else(|| {
            Error::internal(format!("the guest has no SCSI controller {}", address.controller))
        })?;
        let name = alias(&controller.info)?;
        use ControllerModel::{Am53c974, Dc390, LsiLogic, Ncr53c90};
        match controller.model {
            Some(LsiLogic | Ncr53c90 | Dc390 | Am53c974) => {
                props.set("bus", format!("{name}.{}", address.bus)).set("scsi-id", address.unit);
            }
            _ => {
                props.set("bus", format!("{name}.0")).set("channel", address.bus);
                props.set("scsi-id", address.target).set("lun", address.unit);
            }
        }
        Ok(())
    }

    /// The boot ROM of a PCI device.
    pub fn rom(self, props: &mut Props, info: &DeviceInfo) -> Result<()> {
        if info.rom_enabled.is_none() && info.rom_bar.is_none() && info.rom_file.is_none() {
            return Ok(());
        }
        if info.pci().is_none() {
            return Err(Error::config_unsupported("<rom> is for PCI devices only"));
        }
        if info.rom_enabled.is_some_and(|enabled| !enabled.is_set()) {
            props.set("romfile", "");
        } else {
            props.maybe("rombar", info.rom_bar.map(|bar| u32::from(bar.is_set())));
            props.text("romfile", info.rom_file.as_deref());
        }
        Ok(())
    }

    /// Starts the properties of a virtio device: its type on its bus, and what all virtio devices can be told.
    pub fn virtio(
        self,
        base: &str,
        info: &DeviceInfo,
        model: Option<VirtioModel>,
        options: &VirtioOptions,
    ) -> Result<Props> {
        let suffix = match &info.address {
            Some(Address::Pci(_)) => "pci",
            Some(Address::VirtioMmio) => "device",
            Some(Address::Ccw(_)) => "ccw",
            _ => {
                return Err(Error::internal(format!(
                    "a {base} device needs an address of type 'pci', 'ccw' or 'virtio-mmio'"
                )));
            }
        };
        let mut driver = format!("{base}-{suffix}");
        self.virtio_named(&mut driver, info, model, options)
    }

    /// The same for a device whose type does not tell the bus.
    pub fn virtio_named(
        self,
        driver: &mut String,
        info: &DeviceInfo,
        model: Option<VirtioModel>,
        options: &VirtioOptions,
    ) -> Result<Props> {
        let generation = match model {
            Some(VirtioModel::VirtioTransitional) => "-transitional",
            Some(VirtioModel::VirtioNonTransitional) => "-non-transitional",
            Some(VirtioModel::Virtio) | None => "",
        };
        if !generation.is_empty() {
            if info.pci().is_none() {
                let text = format!("{driver}: only PCI devices come as virtio{generation}");
                return Err(Error::config_unsupported(text));
            }
            driver.push_str(generation);
        }
        let mut props = Props::device(driver);
        props.switch("iommu_platform", options.iommu).switch("ats", options.ats);
        props.switch("packed", options.packed).switch("page-per-vq", options.page_per_vq);
        Ok(props)
    }
}

/// Slot and function as QEMU reads them.
fn slot(address: &PciAddress) -> String {
    match address.function.0 {
        0 => format!("0x{:x}", address.slot.0),
        function => format!("0x{:x}.0x{function:x}", address.slot.0),
    }
}
