//! Folders of the host that guests see.

use ferrovirt_conf::domain::{
    AccessMode, Address, Filesystem, FilesystemDriverType, FilesystemSource, MultiDevices, WritePolicy,
};
use ferrovirt_core::Result;

use super::{Subject, refuse};

pub(super) fn check(subject: &Subject<'_>, fs: &Filesystem) -> Result<()> {
    if !matches!(fs.source, FilesystemSource::Mount { .. }) {
        return refuse("QEMU guests see folders: a <filesystem> needs type 'mount'");
    }
    let limited = [fs.space_hard_limit, fs.space_soft_limit].into_iter().flatten().any(|size| size.0 > 0);
    if limited {
        return refuse("QEMU limits no space of a <filesystem>");
    }
    if fs.multi_devices != MultiDevices::Default
        && !subject.capabilities.option_has_parameter("fsdev", "multidevs")
    {
        return refuse("this QEMU has no 'multidevs' of a <filesystem>");
    }
    let modes = fs.file_mode.0 != 0 || fs.dir_mode.0 != 0;
    if modes && fs.access_mode != Some(AccessMode::Mapped) {
        return refuse("'fmode' and 'dmode' of a <filesystem> need accessmode='mapped'");
    }
    let passed = matches!(fs.access_mode, None | Some(AccessMode::Passthrough));
    use FilesystemDriverType as Driver;
    if fs.driver.kind != Driver::Virtiofs && fs.binary.sandbox.is_some() {
        return refuse("<sandbox> of a <filesystem> needs the driver 'virtiofs'");
    }
    match fs.driver.kind {
        Driver::Default | Driver::Path => Ok(()),
        Driver::Handle if !passed => refuse("the driver 'handle' needs accessmode='passthrough'"),
        Driver::Handle => Ok(()),
        Driver::Loop | Driver::Nbd | Driver::Ploop => {
            refuse("QEMU has no <filesystem> on an image: its driver is 'path' or 'virtiofs'")
        }
        Driver::Virtiofs => check_virtiofs(subject, fs, passed),
        Driver::Mtp if !subject.has_device("usb-mtp") => refuse("this QEMU has no driver 'mtp'"),
        Driver::Mtp if !passed => refuse("the driver 'mtp' needs accessmode='passthrough'"),
        Driver::Mtp => Ok(()),
    }
}

fn check_virtiofs(subject: &Subject<'_>, fs: &Filesystem, passed: bool) -> Result<()> {
    let no = |what: &str| refuse(format!("the driver 'virtiofs' of a <filesystem> has no {what}"));
    if fs.source.socket().is_none() {
        if !passed {
            return no("accessmode but 'passthrough'");
        }
        if fs.driver.write_policy != WritePolicy::Default {
            return no("wrpolicy");
        }
    }
    if fs.model.is_some() {
        return no("model");
    }
    if fs.driver.format.is_some() {
        return no("format");
    }
    if !subject.has_device("vhost-user-fs-device") {
        return refuse("this QEMU has no driver 'virtiofs'");
    }
    if fs.multi_devices != MultiDevices::Default {
        return no("multidevs");
    }
    if fs.file_mode.0 != 0 || fs.dir_mode.0 != 0 {
        return no("fmode and dmode");
    }
    subject.require_shared_memory("virtiofs")?;
    if fs.info.boot_order.is_some() {
        if !subject.any_has(&["vhost-user-fs-device", "vhost-user-fs-pci"], "bootindex") {
            return refuse("this QEMU boots from no <filesystem>");
        }
        if !matches!(fs.info.address, None | Some(Address::Pci(_))) {
            return refuse("QEMU boots from a <filesystem> on PCI only");
        }
    }
    Ok(())
}
