//! `<shmem>`: memory that guests share.

use super::chardev;
use super::context::{Builder, Context, alias};
use super::props::Props;
use ferrovirt_conf::domain::{Shmem, ShmemModel, ShmemRole};
use ferrovirt_core::{Error, Result};

pub fn build(b: &mut Builder<'_>) -> Result<()> {
    for shmem in &b.model().devices.shmems {
        let id = alias(&shmem.info)?;
        if shmem.model == ShmemModel::IvshmemPlain {
            let mut memory = Props::object("memory-backend-file", format!("shmmem-{id}"));
            memory.set("mem-path", format!("/dev/shm/{}", shmem.name));
            memory.maybe("size", shmem.size.map(|size| size.0)).set("share", true);
            b.line.object(&memory);
        }
        let props = b.context.shmem(shmem)?;
        b.device(props)?;
        if let Some(server) = &shmem.server {
            let path =
                server.path.clone().unwrap_or_else(|| format!("/var/lib/libvirt/shmem-{}-sock", shmem.name));
            chardev::client_socket(b, &format!("char{id}"), &path, None)?;
        }
    }
    Ok(())
}

impl Context<'_> {
    pub fn shmem(self, shmem: &Shmem) -> Result<Props> {
        if shmem.info.pci().is_none() {
            return Err(Error::config_unsupported("shared memory needs an address of type 'pci'"));
        }
        if shmem.model == ShmemModel::Ivshmem {
            return Err(Error::config_unsupported(
                "QEMU has no shared memory 'ivshmem' any more, but 'ivshmem-plain'",
            ));
        }
        let id = alias(&shmem.info)?;
        let mut props = Props::device(&shmem.model.to_string());
        props.set("id", id);
        if shmem.server.is_some() {
            props.set("chardev", format!("char{id}"));
        } else {
            props.set("memdev", format!("shmmem-{id}"));
            props.text("master", shmem.role.map(|role| super::line::on_off(role == ShmemRole::Master)));
        }
        if let Some(msi) = &shmem.msi {
            props.positive("vectors", msi.vectors.0).switch("ioeventfd", msi.ioeventfd);
        }
        self.address(&mut props, &shmem.info)?;
        Ok(props)
    }
}
