//! `<filesystem>`: folders of the host in the guest.

use super::chardev;
use super::context::{Builder, Context, alias};
use super::line::Parts;
use super::props::Props;
use ferrovirt_conf::domain::{
    AccessMode, Filesystem, FilesystemDriverType, FilesystemSource, MultiDevices, WritePolicy,
};
use ferrovirt_core::{Error, Result};

pub fn build(b: &mut Builder<'_>) -> Result<()> {
    for filesystem in &b.model().devices.filesystems {
        let id = alias(&filesystem.info)?;
        let props = b.context.filesystem(filesystem)?;
        match filesystem.driver.kind {
            FilesystemDriverType::Virtiofs => {
                let path = match filesystem.source.socket() {
                    Some(path) => path.to_owned(),
                    None => daemon_socket(b, id),
                };
                chardev::client_socket(b, &format!("chr-vu-{id}"), &path, None)?;
            }
            FilesystemDriverType::Mtp => {}
            _ => {
                let parts = folder(filesystem, id)?;
                b.line.option("-fsdev", parts);
            }
        }
        b.device(props)?;
    }
    Ok(())
}

/// Where the driver's own virtiofsd listens.
fn daemon_socket(b: &Builder<'_>, id: &str) -> String {
    b.host().guest_folder.join(format!("{id}-fs.sock")).to_string_lossy().into_owned()
}

/// How a folder is shown over 9p.
fn folder(filesystem: &Filesystem, id: &str) -> Result<Parts> {
    let driver = &filesystem.driver;
    let mut parts = match driver.kind {
        FilesystemDriverType::Default | FilesystemDriverType::Path => {
            let mut parts = Parts::new("local");
            parts.set(
                "security_model",
                match filesystem.access_mode {
                    Some(AccessMode::Mapped) => "mapped",
                    Some(AccessMode::Squash) => "none",
                    Some(AccessMode::Passthrough) | None => "passthrough",
                },
            );
            for (name, mode) in [("fmode", filesystem.file_mode), ("dmode", filesystem.dir_mode)] {
                parts.maybe(name, (mode.0 != 0).then_some(mode));
            }
            parts
        }
        FilesystemDriverType::Handle => Parts::new("handle"),
        other => {
            return Err(Error::config_unsupported(format!("QEMU has no filesystems of type '{other}'")));
        }
    };
    parts.maybe(
        "multidevs",
        match filesystem.multi_devices {
            MultiDevices::Default => None,
            other => Some(other),
        },
    );
    if driver.write_policy == WritePolicy::Immediate {
        parts.add("writeout=immediate");
    }
    parts.set("id", format_args!("fsdev-{id}")).maybe("path", filesystem.source.path());
    if filesystem.readonly {
        parts.add("readonly=on");
    }
    Ok(parts)
}

impl Context<'_> {
    pub fn filesystem(self, filesystem: &Filesystem) -> Result<Props> {
        if !matches!(filesystem.source, FilesystemSource::Mount { .. }) {
            return Err(Error::config_unsupported(
                "QEMU shows guests folders: only filesystems of type 'mount'",
            ));
        }
        let id = alias(&filesystem.info)?;
        let (info, driver) = (&filesystem.info, &filesystem.driver);
        let target = filesystem.target.as_deref().unwrap_or_default();
        let virtio = |base: &str| self.virtio(base, info, filesystem.model, &driver.virtio);
        let mut props = match driver.kind {
            FilesystemDriverType::Virtiofs => {
                let mut props = virtio("vhost-user-fs")?;
                props.set("id", id).set("chardev", format!("chr-vu-{id}"));
                props.positive("queue-size", driver.queue).set("tag", target);
                props.maybe("bootindex", self.boot_index(info));
                props
            }
            FilesystemDriverType::Mtp => {
                let mut props = Props::device("usb-mtp");
                props.set("id", id).text("rootdir", filesystem.source.path()).set("desc", target);
                props.set("readonly", filesystem.readonly);
                props
            }
            _ => {
                let mut props = virtio("virtio-9p")?;
                props.set("id", id).set("fsdev", format!("fsdev-{id}")).set("mount_tag", target);
                props
            }
        };
        self.address(&mut props, info)?;
        Ok(props)
    }
}
