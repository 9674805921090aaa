//! Devices about which there is little to say.

use ferrovirt_conf::domain::{
    Address, Audio, AudioType, Crypto, CryptoBackendModel, Graphics, Input, InputBus, InputType, Iommu,
    IommuModel, Memballoon, MemballoonModel, Nvram, Pstore, Rng, RngBackend, Shmem, ShmemModel, Sound,
    SoundCodecType, SoundModel, VirtioModel, Watchdog, WatchdogModel,
};
use ferrovirt_core::{Error, Result};

use super::{Subject, refuse};
use crate::machine::Family;

const BALLOONS: &[&str] = &["virtio-balloon-pci", "virtio-balloon-ccw", "virtio-balloon-device"];

/// Refuses a device that this binary of QEMU lacks.
fn need(subject: &Subject<'_>, any_of: &[&str], what: &str) -> Result<()> {
    if subject.has_any(any_of) { Ok(()) } else { refuse(format!("this QEMU has no {what}")) }
}

pub(super) fn check_input(subject: &Subject<'_>, input: &Input) -> Result<()> {
    match input.bus {
        Some(InputBus::Ps2) if !subject.family.has_ps2() => refuse("such a guest has no PS/2 input devices"),
        Some(InputBus::Ps2) => need(subject, &["i8042"], "PS/2 input devices"),
        Some(InputBus::Usb) if input.kind == InputType::Keyboard => {
            need(subject, &["usb-kbd"], "USB keyboards")
        }
        Some(InputBus::Virtio) => check_virtio_input(subject, input),
        _ => Ok(()),
    }
}

fn check_virtio_input(subject: &Subject<'_>, input: &Input) -> Result<()> {
    if matches!(input.model, Some(VirtioModel::VirtioTransitional | VirtioModel::VirtioNonTransitional)) {
        return refuse("virtio input devices come in the model 'virtio' only");
    }
    let name = match input.kind {
        InputType::Mouse => "virtio-mouse",
        InputType::Tablet => "virtio-tablet",
        InputType::Keyboard => "virtio-keyboard",
        InputType::Passthrough => "virtio-input-host",
        InputType::Evdev => return need(subject, &["input-linux"], "input devices of type 'evdev'"),
    };
    let on_ccw = matches!(input.info.address, Some(Address::Ccw(_)));
    let (device, pci, ccw) = (format!("{name}-device"), format!("{name}-pci"), format!("{name}-ccw"));
    need(subject, &[&device, &pci], &format!("input device '{name}'"))?;
    if on_ccw { need(subject, &[&ccw], &format!("input device '{ccw}'")) } else { Ok(()) }
}

pub(super) fn check_watchdog(subject: &Subject<'_>, watchdog: &Watchdog) -> Result<()> {
    let model = watchdog.model;
    if subject.model.devices.watchdogs.first().is_some_and(|first| first.action != watchdog.action) {
        return refuse("all watchdogs of a guest must have the same action");
    }
    let (here, on_pci) = match model {
        WatchdogModel::I6300esb => (true, true),
        WatchdogModel::Ib700 => (subject.family == Family::I440fx, false),
        WatchdogModel::Diag288 => (subject.arch.is_s390(), false),
        WatchdogModel::Itco => (subject.family == Family::Q35, false),
    };
    if !here {
        return refuse(format!("machine type '{}' has no watchdog of model '{model}'", subject.machine()));
    }
    let fits = match &watchdog.info.address {
        None => true,
        Some(address) => on_pci && matches!(address, Address::Pci(_)),
    };
    if fits { Ok(()) } else { refuse(format!("a watchdog of model '{model}' can't have such an address")) }
}

pub(super) fn check_memballoon(subject: &Subject<'_>, balloon: &Memballoon) -> Result<()> {
    match balloon.model {
        MemballoonModel::None => return Ok(()),
        MemballoonModel::Xen => return refuse("QEMU has no memory balloon of model 'xen'"),
        _ => {}
    }
    if balloon.autodeflate.is_some() && !subject.any_has(BALLOONS, "deflate-on-oom") {
        return refuse("the memory balloon of this QEMU has no autodeflate");
    }
    if balloon.free_page_reporting.is_some() && !subject.any_has(BALLOONS, "free-page-reporting") {
        return refuse("the memory balloon of this QEMU has no freePageReporting");
    }
    Ok(())
}

pub(super) fn check_rng_backend(subject: &Subject<'_>, rng: &Rng) -> Result<()> {
    let backend = match rng.backend {
        RngBackend::Random { .. } => "rng-random",
        RngBackend::Egd { .. } => "rng-egd",
        RngBackend::Builtin => "rng-builtin",
    };
    need(subject, &[backend], &format!("source of randomness '{backend}'"))
}

pub(super) fn check_rng_model(subject: &Subject<'_>, rng: &Rng) -> Result<()> {
    need(subject, &["virtio-rng-pci", "virtio-rng-ccw", "virtio-rng-device"], "<rng>")?;
    if rng.model != VirtioModel::Virtio && !subject.has_transitional() {
        return refuse(format!("this QEMU has no <rng> of model '{}'", rng.model));
    }
    Ok(())
}

pub(super) fn check_nvram(subject: &Subject<'_>, nvram: &Nvram) -> Result<()> {
    if subject.family != Family::PSeries {
        return refuse("the device <nvram> is for pSeries guests");
    }
    need(subject, &["spapr-nvram"], "device <nvram>")?;
    match &nvram.info.address {
        Some(Address::SpaprVio(address)) if address.reg.is_some() => Ok(()),
        _ => Err(Error::xml("the device <nvram> needs an address of type 'spapr-vio'")),
    }
}

pub(super) fn check_hub(subject: &Subject<'_>) -> Result<()> {
    need(subject, &["usb-hub"], "USB hubs")
}

pub(super) fn check_shmem(subject: &Subject<'_>, shmem: &Shmem) -> Result<()> {
    let size = shmem.size.map_or(0, |size| size.0);
    if size != 0 && (size < 1 << 20 || !size.is_power_of_two()) {
        let text = format!("shared memory '{}' must be a power of two from 1 MiB on", shmem.name);
        return Err(Error::xml(text));
    }
    match shmem.model {
        ShmemModel::Ivshmem => refuse("shared memory of model 'ivshmem' is a thing of the past"),
        ShmemModel::IvshmemPlain => need(subject, &["ivshmem-plain"], "shared memory of that model"),
        ShmemModel::IvshmemDoorbell => need(subject, &["ivshmem-doorbell"], "shared memory of that model"),
    }
}

pub(super) fn check_redirdev(subject: &Subject<'_>) -> Result<()> {
    need(subject, &["usb-redir"], "redirected USB devices")?;
    let filters = subject.model.devices.redirfilter.as_ref().is_some_and(|filter| !filter.rules.is_empty());
    if filters && !subject.any_has(&["usb-redir"], "filter") {
        return refuse("this QEMU has no <redirfilter>");
    }
    Ok(())
}

pub(super) fn check_vsock(subject: &Subject<'_>) -> Result<()> {
    need(subject, &["vhost-vsock-device", "vhost-vsock-pci", "vhost-vsock-ccw"], "<vsock>")
}

pub(super) fn check_crypto(subject: &Subject<'_>, crypto: &Crypto) -> Result<()> {
    need(subject, &["virtio-crypto-device", "virtio-crypto-pci"], "<crypto>")?;
    match crypto.backend.model {
        CryptoBackendModel::Lkcf => need(subject, &["cryptodev-backend-lkcf"], "<crypto> by the kernel"),
        CryptoBackendModel::Builtin => Ok(()),
    }
}

pub(super) fn check_pstore(subject: &Subject<'_>, pstore: &Pstore) -> Result<()> {
    need(subject, &["acpi-erst"], "<pstore>")?;
    match pstore.info.address {
        None | Some(Address::Pci(_)) => Ok(()),
        _ => refuse("a <pstore> is on PCI"),
    }
}

pub(super) fn check_audio(subject: &Subject<'_>, audio: &Audio) -> Result<()> {
    match audio.kind {
        AudioType::Spice => {
            let mut displays = subject.model.devices.graphics.iter();
            if displays.any(|display| matches!(display, Graphics::Spice(_))) {
                return Ok(());
            }
            refuse("<audio type='spice'> needs a SPICE display")
        }
        AudioType::Dbus if !subject.capabilities.schema_has("query-display-options/ret-type/type/^dbus") => {
            refuse("this QEMU has no <audio type='dbus'>")
        }
        _ => Ok(()),
    }
}

pub(super) fn check_sound(subject: &Subject<'_>, sound: &Sound) -> Result<()> {
    let what = format!("sound card of model '{}'", sound.model);
    match sound.model {
        SoundModel::Usb => need(subject, &["usb-audio"], &what)?,
        SoundModel::Ich9 => need(subject, &["ich9-intel-hda"], &what)?,
        SoundModel::Virtio => need(subject, &["virtio-sound-pci", "virtio-sound-device"], &what)?,
        SoundModel::Ich7 => return Err(Error::internal(format!("QEMU has no {what}"))),
        _ => {}
    }
    if !matches!(sound.model, SoundModel::Ich6 | SoundModel::Ich9) {
        return Ok(());
    }
    sound.codecs.iter().try_for_each(|codec| {
        let device = match codec.kind {
            SoundCodecType::Duplex => "hda-duplex",
            SoundCodecType::Micro => "hda-micro",
            SoundCodecType::Output => "hda-output",
        };
        need(subject, &[device], &format!("<codec> '{device}'"))
    })
}

pub(super) fn check_iommu(subject: &Subject<'_>, iommu: &Iommu) -> Result<()> {
    let model = iommu.model;
    let machines: &[Family] = match model {
        IommuModel::Intel => &[Family::Q35],
        IommuModel::Smmuv3 => &[Family::ArmVirt],
        IommuModel::Virtio => &[Family::Q35, Family::ArmVirt],
    };
    if !machines.contains(&subject.family) {
        let machine = subject.machine();
        return refuse(format!("there is no IOMMU of model '{model}' for machine type '{machine}'"));
    }
    let there = match model {
        IommuModel::Intel => subject.has_device("intel-iommu"),
        IommuModel::Smmuv3 => subject.capabilities.machine_has_property(subject.machine(), "iommu"),
        IommuModel::Virtio => {
            subject.has_device("virtio-iommu-pci") && subject.any_has(&["virtio-iommu-pci"], "boot-bypass")
        }
    };
    if !there {
        return refuse(format!("this QEMU has no IOMMU of model '{model}'"));
    }
    if model == IommuModel::Virtio {
        if !subject.model.features.acpi {
            return refuse("an IOMMU of model 'virtio' needs ACPI: add <acpi/> to <features>");
        }
        if !matches!(iommu.info.address, None | Some(Address::Pci(_))) {
            return refuse("an IOMMU of model 'virtio' is on PCI");
        }
    }
    let driver = &iommu.driver;
    for (property, asked) in [
        ("intremap", driver.intremap.is_some()),
        ("caching-mode", driver.caching_mode.is_some()),
        ("eim", driver.eim.is_some()),
        ("device-iotlb", driver.iotlb.is_some()),
        ("aw-bits", driver.aw_bits != 0),
        ("dma-translation", driver.dma_translation.is_some()),
    ] {
        if asked && !subject.any_has(&["intel-iommu"], property) {
            return refuse(format!("the IOMMU of this QEMU has no '{property}'"));
        }
    }
    Ok(())
}
