//! `<memballoon>`: takes memory back from the guest.

use super::context::{Builder, Context, alias};
use super::props::Props;
use ferrovirt_conf::domain::{Memballoon, MemballoonModel, VirtioModel};
use ferrovirt_core::{Error, Result};

pub fn build(b: &mut Builder<'_>) -> Result<()> {
    let Some(balloon) = &b.model().devices.memballoon else { return Ok(()) };
    if balloon.model == MemballoonModel::None {
        return Ok(());
    }
    let props = b.context.memballoon(balloon)?;
    b.device(props)
}

impl Context<'_> {
    pub fn memballoon(self, balloon: &Memballoon) -> Result<Props> {
        let model = match balloon.model {
            MemballoonModel::Virtio => None,
            MemballoonModel::VirtioTransitional => Some(VirtioModel::VirtioTransitional),
            MemballoonModel::VirtioNonTransitional => Some(VirtioModel::VirtioNonTransitional),
            MemballoonModel::Xen | MemballoonModel::None => {
                return Err(Error::config_unsupported(format!(
                    "QEMU has no memory balloon '{}'",
                    balloon.model
                )));
            }
        };
        let mut props = self.virtio("virtio-balloon", &balloon.info, model, &balloon.driver)?;
        props.set("id", alias(&balloon.info)?).switch("deflate-on-oom", balloon.autodeflate);
        props.switch("free-page-reporting", balloon.free_page_reporting);
        self.address(&mut props, &balloon.info)?;
        Ok(props)
    }
}
