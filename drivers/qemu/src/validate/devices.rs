//! Devices: what all of them have in common, and then each kind by itself.

use ferrovirt_conf::domain::{DeviceRef, RngBackend, SmartcardMode};
use ferrovirt_core::Result;

use super::{
    Subject, chardevs, controllers, disks, filesystems, graphics, hostdevs, info, interfaces, memory, small,
    tpms,
};

pub(super) fn check(subject: &Subject<'_>, device: DeviceRef<'_>) -> Result<()> {
    if let Some(common) = device.info() {
        info::check(subject, device, common)?;
    }
    match device {
        DeviceRef::Disk(disk) => disks::check(subject, disk),
        DeviceRef::Interface(interface) => interfaces::check(subject, interface),
        DeviceRef::Sound(sound) => small::check_sound(subject, sound),
        DeviceRef::Hostdev(hostdev) => hostdevs::check(subject, hostdev),
        DeviceRef::Video(video) => graphics::check_video(subject, video),
        DeviceRef::Controller(controller) => controllers::check(subject, controller),
        DeviceRef::Smartcard(card) => {
            chardevs::check_smartcard(subject, card)?;
            match &card.mode {
                SmartcardMode::Passthrough { source } => chardevs::check_source(subject, source),
                _ => Ok(()),
            }
        }
        DeviceRef::Serial(serial) => {
            chardevs::check_source(subject, &serial.source)?;
            chardevs::check_serial(subject, serial)
        }
        DeviceRef::Parallel(parallel) => {
            chardevs::check_source(subject, &parallel.source)?;
            chardevs::check_parallel(subject)
        }
        DeviceRef::Channel(channel) => chardevs::check_source(subject, &channel.source),
        DeviceRef::Console(console) => chardevs::check_source(subject, &console.source),
        DeviceRef::Input(input) => small::check_input(subject, input),
        DeviceRef::Filesystem(fs) => filesystems::check(subject, fs),
        DeviceRef::Watchdog(watchdog) => small::check_watchdog(subject, watchdog),
        DeviceRef::Memballoon(balloon) => small::check_memballoon(subject, balloon),
        DeviceRef::Rng(rng) => {
            small::check_rng_backend(subject, rng)?;
            if let RngBackend::Egd { source } = &rng.backend {
                chardevs::check_source(subject, source)?;
            }
            small::check_rng_model(subject, rng)
        }
        DeviceRef::Nvram(nvram) => small::check_nvram(subject, nvram),
        DeviceRef::Hub(_) => small::check_hub(subject),
        DeviceRef::Shmem(shmem) => small::check_shmem(subject, shmem),
        DeviceRef::Tpm(tpm) => tpms::check(subject, tpm),
        DeviceRef::Memory(memory) => memory::check_device(subject, memory),
        DeviceRef::Redirdev(redirdev) => {
            chardevs::check_source(subject, &redirdev.source)?;
            small::check_redirdev(subject)
        }
        DeviceRef::Iommu(iommu) => small::check_iommu(subject, iommu),
        DeviceRef::Vsock(_) => small::check_vsock(subject),
        DeviceRef::Crypto(crypto) => small::check_crypto(subject, crypto),
        DeviceRef::Pstore(pstore) => small::check_pstore(subject, pstore),
        DeviceRef::Graphics(display) => graphics::check_display(subject, display),
        DeviceRef::Audio(audio) => small::check_audio(subject, audio),
        DeviceRef::Panic(_) | DeviceRef::Lease(_) => Ok(()),
    }
}
