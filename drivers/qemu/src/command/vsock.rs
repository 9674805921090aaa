//! `<vsock>`: sockets between host and guest.

use super::context::{Builder, Context, alias};
use super::descriptors::Passed;
use super::props::Props;
use ferrovirt_conf::domain::{VirtioModel, Vsock, VsockModel};
use ferrovirt_core::Result;

pub fn build(b: &mut Builder<'_>) -> Result<()> {
    let Some(vsock) = &b.model().devices.vsock else { return Ok(()) };
    let fd = b.descriptors.pass(Passed::Vsock)?;
    let props = b.context.vsock(vsock, &fd.to_string())?;
    b.device(props)
}

impl Context<'_> {
    /// The device; `fd` is the kernel's end as QEMU names it.
    pub fn vsock(self, vsock: &Vsock, fd: &str) -> Result<Props> {
        let model = match vsock.model {
            VsockModel::Default | VsockModel::Virtio => None,
            VsockModel::VirtioTransitional => Some(VirtioModel::VirtioTransitional),
            VsockModel::VirtioNonTransitional => Some(VirtioModel::VirtioNonTransitional),
        };
        let mut props = self.virtio("vhost-vsock", &vsock.info, model, &vsock.driver)?;
        props.set("id", alias(&vsock.info)?).set("guest-cid", vsock.guest_cid.map_or(0, |cid| cid.get()));
        props.set("vhostfd", fd);
        self.address(&mut props, &vsock.info)?;
        Ok(props)
    }
}
