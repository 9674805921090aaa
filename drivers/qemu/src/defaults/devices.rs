//! What each device leaves out, as QEMU guests have it. Doing it twice does no harm: devices are added in between.

use ferrovirt_conf::cpu::Arch;
use ferrovirt_conf::domain::{
    Channel, ChannelTarget, ChardevKind, ChardevSource, Controller, ControllerModel, ControllerType, Disk,
    Domain, Encryption, EncryptionEngine, HostDevice, HostSubsystem, Hostdev, ImageFormat, MdevModel,
    MemoryDevice, MemoryModel, Panic, PanicModel, ParseFlags, Serial, SerialModel, SerialTargetType, Shmem,
    ShmemModel, ShmemSize, SocketMode, StorageFormat, StorageLocation, Tpm, TpmBackend, TpmModel, TpmVersion,
    Video, VideoType, Vsock, VsockModel, drive_index,
};
use ferrovirt_core::{Error, ErrorDomain, Result};
use ferrovirt_xml::OnOff;

use super::{features, interfaces, scsi};
use crate::capabilities::Capabilities;
use crate::layout::Paths;
use crate::machine::{self, Family};

/// KiB of memory of QXL's screen.
const QXL_SCREEN: u32 = 16 * 1024;

/// Ports that QEMU's USB 3 controllers can have.
const XHCI_PORTS: u32 = 15;

/// What choices depend on.
struct Setting<'a> {
    family: Family,
    arch: Arch,
    capabilities: &'a Capabilities,
    flags: ParseFlags,
    virt_type: String,
    nodes: usize,
}

/// Fills in all devices.
pub fn fill(model: &mut Domain, capabilities: &Capabilities, paths: &Paths, flags: ParseFlags) -> Result<()> {
    let setting = Setting {
        family: Family::of_domain(model),
        arch: machine::arch(model),
        capabilities,
        flags,
        virt_type: model.virt_type.to_string(),
        nodes: model.numa().map_or(0, |numa| numa.cells.len()),
    };
    features::complete_iommu(model, capabilities, flags);
    let machine = model.os.machine.as_deref().unwrap_or("");
    let devices = &mut model.devices;
    devices.disks.iter_mut().try_for_each(fill_disk)?;
    for interface in &mut devices.interfaces {
        interfaces::fill(interface, setting.family, setting.arch, machine, capabilities);
    }
    devices.hostdevs.iter_mut().for_each(fill_hostdev);
    devices.place_scsi_hostdevs()?;
    devices.videos.iter_mut().for_each(|video| setting.fill_video(video));
    devices.controllers.iter_mut().try_for_each(|controller| setting.fill_controller(controller))?;
    devices.serials.iter_mut().for_each(|serial| setting.fill_serial(serial));
    devices.shmems.iter_mut().try_for_each(fill_shmem)?;
    devices.tpms.iter_mut().for_each(|tpm| setting.fill_tpm(tpm));
    devices.panics.iter_mut().for_each(|panic| setting.fill_panic(panic));
    devices.vsock.iter_mut().for_each(|vsock| fill_vsock(vsock));
    if setting.arch.is_ppc64() && flags.abi_update {
        devices.memories.iter_mut().for_each(align_ppc64);
    }
    if let Some(pstore) = &mut devices.pstore {
        pstore.path.get_or_insert_with(|| paths.pstore(&model.name).display().to_string());
    }
    if flags.inactive {
        devices.channels.iter_mut().for_each(|channel| forget_own_path(channel, paths));
        let sources = (devices.serials.iter_mut().map(|d| &mut d.source))
            .chain(devices.parallels.iter_mut().map(|d| &mut d.source))
            .chain(devices.consoles.iter_mut().map(|d| &mut d.source))
            .chain(devices.channels.iter_mut().map(|d| &mut d.source));
        sources.for_each(bind_unnamed);
    }
    Ok(())
}

fn fill_disk(disk: &mut Disk) -> Result<()> {
    let from_pool = matches!(disk.source.location, StorageLocation::Volume(_));
    let driver = disk.driver.get_or_insert_default();
    driver.name.get_or_insert_with(|| "qemu".into());
    if !from_pool {
        driver.format.get_or_insert(StorageFormat::Raw);
    }
    if let Some(mirror) = &mut disk.mirror {
        mirror.format.get_or_insert(ImageFormat { kind: StorageFormat::Raw, metadata_cache: None });
    }
    let by_qemu =
        |encryption: &mut Box<Encryption>| _ = encryption.engine.get_or_insert(EncryptionEngine::Qemu);
    [&mut disk.encryption, &mut disk.source.options.encryption].into_iter().flatten().for_each(by_qemu);
    if let Some(backing) = &mut disk.backing {
        backing.for_each_layer(|layer| layer.source.options.encryption.iter_mut().for_each(by_qemu));
    }
    scsi::place_disk(disk);
    match &disk.target.dev {
        Some(name) if disk.info.address.is_none() && drive_index(name).is_none() => Err(Error::xml(format!(
            "where disk '{name}' is can't be told from its name: give it an <address>"
        ))
        .domain(ErrorDomain::Domain)),
        _ => Ok(()),
    }
}

/// A mediated device shows nothing unless asked to.
fn fill_hostdev(hostdev: &mut Hostdev) {
    if let HostDevice::Subsystem(HostSubsystem::Mdev { model: MdevModel::VfioPci, display, .. }) =
        &mut hostdev.device
    {
        display.get_or_insert(OnOff::Off);
    }
}

fn fill_vsock(vsock: &mut Vsock) {
    if vsock.model == VsockModel::Default {
        vsock.model = VsockModel::Virtio;
    }
}

fn fill_shmem(shmem: &mut Shmem) -> Result<()> {
    let doorbell = shmem.model == ShmemModel::IvshmemDoorbell;
    let had_size = shmem.size.is_some_and(|size| size.0 != 0);
    if !doorbell && !had_size {
        shmem.size = Some(ShmemSize(4 << 20));
    }
    let refuse =
        |why: &str| Err(Error::config_unsupported(format!("shared memory of model '{}' {why}", shmem.model)));
    match (shmem.model, shmem.server.is_some()) {
        (ShmemModel::Ivshmem, _) => return Ok(()),
        (ShmemModel::IvshmemDoorbell, false) => return refuse("needs a <server>"),
        (ShmemModel::IvshmemPlain, true) => return refuse("takes no <server>"),
        (ShmemModel::IvshmemDoorbell, true) if had_size => {
            return refuse("takes no <size>: its server knows that");
        }
        _ => {}
    }
    if doorbell {
        shmem.msi.get_or_insert_default().ioeventfd.get_or_insert(OnOff::On);
    }
    Ok(())
}

/// pSeries' memory comes in blocks of 256 MiB. A persistent module's labels are beside its blocks.
fn align_ppc64(memory: &mut MemoryDevice) {
    const BLOCK: u64 = 256 * 1024;
    let labels = match &memory.model {
        MemoryModel::Nvdimm(module) => module.label_size.map_or(0, |size| size.0),
        _ => 0,
    };
    let is_module = matches!(memory.model, MemoryModel::Nvdimm(_));
    let size = &mut memory.model.target_mut().size.0;
    *size = match is_module {
        // Rounded down: QEMU can't make the file longer.
        true if *size >= labels + BLOCK => (*size - labels) / BLOCK * BLOCK + labels,
        true => *size,
        false => size.next_multiple_of(BLOCK),
    };
}

/// Earlier versions wrote the socket's path, which is ours to choose at every start, into definitions.
pub fn forget_own_path(channel: &mut Channel, paths: &Paths) {
    let name = channel.target.name().unwrap_or("").to_owned();
    let (ChannelTarget::Virtio { .. }, ChardevKind::Unix { source }) =
        (&channel.target, &mut channel.source.kind)
    else {
        return;
    };
    if source.path.as_deref().is_some_and(|path| paths.is_own_channel(path, &name)) {
        source.path = None;
    }
}

/// A UNIX socket without a path gets one when the guest starts; then QEMU makes it, and others connect.
fn bind_unnamed(source: &mut ChardevSource) {
    if let ChardevKind::Unix { source } = &mut source.kind
        && source.path.is_none()
    {
        source.mode = SocketMode::Bind;
    }
}

impl Setting<'_> {
    fn fill_tpm(&self, tpm: &mut Tpm) {
        let default = if self.arch.is_ppc64() { TpmModel::TpmSpapr } else { TpmModel::TpmTis };
        let model = *tpm.model.get_or_insert(default);
        if let TpmBackend::Emulator(emulator) = &mut tpm.backend {
            // The old interface on old machines has the old version, as it always had.
            let old = model == TpmModel::TpmTis && self.arch.is_x86();
            emulator.version.get_or_insert(if old { TpmVersion::V1_2 } else { TpmVersion::V2_0 });
        }
    }

    fn fill_panic(&self, panic: &mut Panic) {
        if panic.model == PanicModel::Default {
            panic.model = match self.family {
                Family::PSeries => PanicModel::Pseries,
                Family::ArmVirt => PanicModel::Pvpanic,
                _ if self.arch.is_s390() => PanicModel::S390,
                _ if self.arch.is_x86() => PanicModel::Isa,
                _ => PanicModel::Default,
            };
        }
    }

    fn fill_video(&self, video: &mut Video) {
        let model = &mut video.model;
        if model.kind == VideoType::Default {
            model.kind = self.default_video();
        }
        if model.kind == VideoType::Qxl && model.vgamem == 0 {
            model.vgamem = QXL_SCREEN;
        }
    }

    fn default_video(&self) -> VideoType {
        if self.arch.is_ppc64() {
            VideoType::Vga
        } else if self.family.is_virt() || self.arch.is_s390() {
            VideoType::Virtio
        } else if self.capabilities.has_device("cirrus-vga") {
            VideoType::Cirrus
        } else if self.capabilities.has_device("VGA") {
            VideoType::Vga
        } else {
            VideoType::Default
        }
    }

    fn fill_controller(&self, controller: &mut Controller) -> Result<()> {
        match controller.kind {
            ControllerType::Scsi => self.fill_scsi(controller),
            ControllerType::Usb => self.fill_usb(controller),
            ControllerType::Pci => self.check_pci(controller),
            _ => Ok(()),
        }
    }

    fn fill_scsi(&self, controller: &mut Controller) -> Result<()> {
        if controller.model.is_some_and(|model| model != ControllerModel::Auto) {
            return Ok(());
        }
        let has = |device: &str| self.capabilities.has_device(device);
        controller.model = Some(match self.family {
            Family::PSeries => ControllerModel::IbmVscsi,
            _ if self.arch.is_s390() || self.family == Family::LoongArchVirt => ControllerModel::VirtioScsi,
            _ if has("lsi53c895a") => ControllerModel::LsiLogic,
            _ if has("virtio-scsi-pci") || has("virtio-scsi-device") => ControllerModel::VirtioScsi,
            _ if self.arch == Arch::Sparc => ControllerModel::Ncr53c90,
            _ => {
                let index = controller.index.unwrap_or(0);
                return Err(Error::internal(format!("this QEMU has no model for SCSI controller {index}")));
            }
        });
        Ok(())
    }

    fn fill_usb(&self, controller: &mut Controller) -> Result<()> {
        use ControllerModel as M;
        if controller.model.is_none() {
            controller.model = self.default_usb(controller);
        }
        match controller.model {
            Some(M::Qusb1 | M::Qusb2) => Err(Error::config_unsupported(format!(
                "guests of type '{}' have no USB controllers of the models 'qusb1' and 'qusb2', Xen's have",
                self.virt_type
            ))),
            Some(model @ (M::NecXhci | M::QemuXhci)) if controller.ports.is_some_and(|n| n > XHCI_PORTS) => {
                Err(Error::config_unsupported(format!(
                    "a USB controller '{model}' has at most {XHCI_PORTS} ports"
                )))
            }
            _ => Ok(()),
        }
    }

    fn default_usb(&self, controller: &Controller) -> Option<ControllerModel> {
        use ControllerModel as M;
        let has = |device: &str| self.capabilities.has_device(device);
        let xhci =
            || if has("qemu-xhci") { Some(M::QemuXhci) } else { has("nec-usb-xhci").then_some(M::NecXhci) };
        let ohci = || has("pci-ohci").then_some(M::PciOhci);
        let plain = match has("piix3-usb-uhci") {
            true => Some(M::Piix3Uhci),
            false if !self.arch.is_x86() => ohci(),
            false => None,
        };
        match self.arch {
            arch if arch.is_s390() && controller.info.address.is_none() => Some(M::None),
            arch if arch.is_ppc64() && self.flags.abi_update => xhci().or_else(ohci),
            arch if arch.is_ppc64() => ohci(),
            Arch::Aarch64 => xhci().or(plain),
            Arch::Loongarch64 if has("qemu-xhci") => Some(M::QemuXhci),
            _ => plain,
        }
    }

    fn check_pci(&self, controller: &Controller) -> Result<()> {
        let index = controller.index.unwrap_or(0);
        let Some(model) = controller.model else { return Ok(()) };
        if model.is_pci_root() && index != 0 && self.family != Family::PSeries {
            return Err(Error::xml(format!("a PCI controller '{model}' must have index 0, not {index}")));
        }
        let unsupported = |text: String| Err(Error::config_unsupported(text));
        match model {
            ControllerModel::PciExpanderBus if self.family != Family::I440fx => {
                return unsupported("a pci-expander-bus needs a machine type of the 440fx kind".into());
            }
            ControllerModel::PcieExpanderBus if !matches!(self.family, Family::Q35 | Family::ArmVirt) => {
                return unsupported("a pcie-expander-bus needs machine type 'q35' or 'virt'".into());
            }
            _ => {}
        }
        match controller.target.node {
            Some(node) if node as usize >= self.nodes => Err(Error::xml(format!(
                "PCI controller {index} is for NUMA node {node}, but <cpu><numa> has {} nodes",
                self.nodes
            ))),
            _ => Ok(()),
        }
    }

    fn fill_serial(&self, serial: &mut Serial) {
        use SerialTargetType as T;
        // An ISA port was once said where any was meant.
        if matches!(serial.target_type, T::None | T::IsaSerial) {
            serial.target_type = match self.family {
                _ if self.arch.is_x86() => T::IsaSerial,
                Family::PSeries => T::SpaprVioSerial,
                family if family.is_virt() => T::SystemSerial,
                _ if self.arch.is_s390() => T::SclpSerial,
                _ => T::None,
            };
        }
        if serial.model == SerialModel::None {
            serial.model = match serial.target_type {
                T::None => SerialModel::None,
                T::IsaSerial => SerialModel::IsaSerial,
                T::UsbSerial => SerialModel::UsbSerial,
                T::PciSerial => SerialModel::PciSerial,
                T::SpaprVioSerial => SerialModel::SpaprVty,
                T::SystemSerial if self.family == Family::ArmVirt => SerialModel::Pl011,
                T::SystemSerial if self.family.is_virt() => SerialModel::Uart16550a,
                T::SystemSerial => SerialModel::None,
                T::SclpSerial => SerialModel::Sclpconsole,
                T::IsaDebug => SerialModel::IsaDebugcon,
            };
        }
    }
}
