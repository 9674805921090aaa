//! `<rng>`: random numbers for the guest.

use super::chardev::{self, Purpose};
use super::context::{Builder, Context, alias};
use super::props::Props;
use ferrovirt_conf::domain::{Rng, RngBackend};
use ferrovirt_core::Result;

pub fn build(b: &mut Builder<'_>) -> Result<()> {
    b.model().devices.rngs.iter().try_for_each(|rng| build_one(b, rng))
}

/// One source of random numbers: where they come from, then the device.
pub fn build_one(b: &mut Builder<'_>, rng: &Rng) -> Result<()> {
    if let RngBackend::Egd { source } = &rng.backend {
        chardev::build(b, alias(&rng.info)?, source, Purpose::Channel)?;
    }
    b.line.object(&backend(rng)?);
    let props = b.context.rng(rng)?;
    b.device(props)
}

/// Where the numbers come from.
pub fn backend(rng: &Rng) -> Result<Props> {
    let alias = alias(&rng.info)?;
    let id = format!("obj{alias}");
    Ok(match &rng.backend {
        RngBackend::Random { path } => {
            let mut props = Props::object("rng-random", id);
            props.text("filename", path.as_deref());
            props
        }
        RngBackend::Egd { .. } => {
            let mut props = Props::object("rng-egd", id);
            props.set("chardev", format!("char{alias}"));
            props
        }
        RngBackend::Builtin => Props::object("rng-builtin", id),
    })
}

impl Context<'_> {
    pub fn rng(self, rng: &Rng) -> Result<Props> {
        let id = alias(&rng.info)?;
        let mut props = self.virtio("virtio-rng", &rng.info, Some(rng.model), &rng.driver)?;
        props.set("rng", format!("obj{id}")).set("id", id).positive("max-bytes", rng.rate_bytes);
        if rng.rate_bytes != 0 {
            // A second, in milliseconds, where nothing is said.
            props.set("period", if rng.rate_period == 0 { 1000 } else { rng.rate_period });
        }
        self.address(&mut props, &rng.info)?;
        Ok(props)
    }
}
