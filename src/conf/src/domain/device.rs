//! The two steps that every device has after parsing.

use super::Facts;
use ferrovirt_core::Result;

/// What a device may need to know of the machine that it is in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Context {
    /// `<domain type='...'>`: `kvm`, `qemu`, `lxc`, `xen`, ...
    pub virt_type: String,
    /// The guest's architecture, such as `x86_64`.
    pub arch: String,
    /// The machine type as given or resolved; empty where there is none.
    pub machine: String,
    /// `hvm`, `exe`, `linux`, `xen`, `xenpvh`.
    pub os_type: String,
}

/// What holds for a device whatever the hypervisor.
pub trait Device {
    /// Fills in what the user left out and libvirt always fills in.
    fn fill_defaults(&mut self, _context: &Context) {}

    /// Tells what the guest sees of it: that must stay the same while it runs, wherever that is.
    fn visible(&self, _facts: &mut Facts) {}

    /// Refuses what contradicts itself.
    fn validate(&self, _context: &Context) -> Result<()> {
        Ok(())
    }
}

impl<D: Device> Device for Box<D> {
    fn fill_defaults(&mut self, context: &Context) {
        D::fill_defaults(self, context);
    }

    fn visible(&self, facts: &mut Facts) {
        D::visible(self, facts);
    }

    fn validate(&self, context: &Context) -> Result<()> {
        D::validate(self, context)
    }
}
