//! What of the host a guest needs to be there: looked for before QEMU is started, with a better word than its own.

use std::fs;
use std::path::Path;

use ferrovirt_conf::domain::{
    DiskDevice, Domain, Graphics, HostSubsystem, ScsiHostSource, ScsiSource, StorageLocation, TpmBackend,
    Video, VideoBackend,
};
use ferrovirt_core::{Error, ErrorDomain, Result};
use ferrovirt_host::{KernelFiles, abilities};

use crate::machine::Family;

const VHOST_SCSI: &str = "/dev/vhost-scsi";

/// Refuses guests that need what the host has not got.
pub fn check(model: &Domain) -> Result<()> {
    check_disks(model)?;
    check_hostdevs(model)?;
    check_memory(model)?;
    model.devices.tpms.iter().try_for_each(|tpm| match &tpm.backend {
        TpmBackend::Passthrough { device } => check_tpm(device),
        _ => Ok(()),
    })
}

/// The device file of each SCSI device that guests are given, by alias.
pub fn scsi_devices(model: &Domain) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for hostdev in &model.devices.hostdevs {
        if let Some(HostSubsystem::Scsi { source: ScsiSource::Host(source), .. }) = hostdev.subsystem() {
            found.push((hostdev.info.alias.clone().unwrap_or_default(), scsi_device(source)?));
        }
    }
    Ok(found)
}

/// A SCSI device as the kernel lists it: its generic device file.
fn scsi_device(source: &ScsiHostSource) -> Result<String> {
    let number = source.adapter.strip_prefix("scsi_host").and_then(|number| number.parse::<u32>().ok());
    let adapter = number.ok_or_else(|| {
        Error::internal(format!("'{}' is no SCSI adapter, which is 'scsi_host' and a number", source.adapter))
    })?;
    let place = &source.address;
    let address = format!("{adapter}:{}:{}:{}", place.bus.0, place.target.0, place.unit.0);
    let folder = format!("/sys/bus/scsi/devices/{address}/scsi_generic");
    let name = first_name(Path::new(&folder), "")?;
    let name = name.ok_or_else(|| Error::internal(format!("SCSI device {address} has no generic device")))?;
    Ok(format!("/dev/{name}"))
}

/// The first entry of a folder that begins so.
fn first_name(folder: &Path, prefix: &str) -> Result<Option<String>> {
    let describe = |err: std::io::Error| {
        let text = format!("cannot look into '{}' for a device of the guest", folder.display());
        Error::system(err, text).domain(ErrorDomain::None)
    };
    for entry in fs::read_dir(folder).map_err(describe)? {
        let name = entry.map_err(describe)?.file_name().to_string_lossy().into_owned();
        if name.starts_with(prefix) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// A device of the host that draws.
fn render_node() -> Result<String> {
    let folder = Path::new("/dev/dri");
    match first_name(folder, "renderD")? {
        Some(name) => Ok(folder.join(name).to_string_lossy().into_owned()),
        None => {
            let text = format!("'{}' has no device that renders, which a display needs", folder.display());
            Err(Error::internal(text).domain(ErrorDomain::None))
        }
    }
}

/// Decides what the definition leaves to the host: which of its devices draw.
pub fn choose(model: &mut Domain) -> Result<()> {
    for graphics in &mut model.devices.graphics {
        let node = match graphics {
            Graphics::EglHeadless(egl) => &mut egl.render_node,
            Graphics::Spice(spice) if spice.gl.is_some_and(|gl| gl.is_set()) => &mut spice.render_node,
            Graphics::Dbus(dbus) if dbus.gl.is_some_and(|gl| gl.is_set()) => &mut dbus.render_node,
            _ => continue,
        };
        if node.is_none() {
            *node = Some(render_node()?);
        }
    }
    for video in model.devices.videos.iter_mut().filter(|video| is_vhost_user(video)) {
        let acceleration = video.model.acceleration.get_or_insert_default();
        if acceleration.render_node.is_none() {
            acceleration.render_node = Some(render_node()?);
        }
    }
    Ok(())
}

fn is_vhost_user(video: &Video) -> bool {
    video.driver.name == Some(VideoBackend::VhostUser)
}

fn check_disks(model: &Domain) -> Result<()> {
    let pseries = Family::of_domain(model) == Family::PSeries;
    for disk in &model.devices.disks {
        if pseries && disk.device == DiskDevice::Floppy {
            return Err(Error::config_unsupported("pSeries machines have no floppy drives"));
        }
        if matches!(disk.source.location, StorageLocation::Nvme(_)) {
            check_vfio()?;
        }
    }
    Ok(())
}

fn check_hostdevs(model: &Domain) -> Result<()> {
    for hostdev in &model.devices.hostdevs {
        match hostdev.subsystem() {
            Some(HostSubsystem::Pci { .. }) => check_vfio()?,
            Some(HostSubsystem::ScsiHost { .. }) if !Path::new(VHOST_SCSI).exists() => {
                let text =
                    format!("there is no '{VHOST_SCSI}', which vhost SCSI devices need: load vhost_scsi");
                return Err(Error::config_unsupported(text).domain(ErrorDomain::None));
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_vfio() -> Result<()> {
    if abilities::has_vfio(&KernelFiles::host())? {
        return Ok(());
    }
    let text = "the host can't give its PCI devices to guests: it needs an IOMMU, and the module vfio_pci";
    Err(Error::config_unsupported(text))
}

/// Sizes that machines can have may be beyond all bounds.
fn check_memory(model: &Domain) -> Result<()> {
    let most = i64::MAX as u64 >> 10;
    let cells = model.numa().map_or(&[][..], |numa| &numa.cells);
    match cells.iter().position(|cell| cell.memory.0 > most) {
        None => Ok(()),
        Some(cell) => Err(Error::config_unsupported(format!(
            "NUMA cell {cell} has {} KiB of memory, more than can be counted in bytes",
            cells[cell].memory.0
        ))),
    }
}

fn check_tpm(device: &str) -> Result<()> {
    let opened = fs::OpenOptions::new().read(true).write(true).open(device);
    opened.map(drop).map_err(|err| Error::system(err, format!("cannot open the host's TPM '{device}'")))
}
