//! An interface that is plugged into a running guest.

use super::device::Device;
use super::running::Running;
use crate::command::Plugged;
use crate::driver::Shared;
use crate::network::{self, Plugs};
use ferrovirt_conf::domain::{Connection, Domain, Interface, LinkState};
use ferrovirt_conf::network::PortOwner;
use ferrovirt_core::{Error, ErrorCode, Result};

/// What an interface holds on the host, given back unless it is kept.
pub struct Held<'a> {
    shared: &'a Shared,
    pub plugs: Plugs,
}

impl<'a> Held<'a> {
    pub fn new(shared: &'a Shared) -> Self {
        Self { shared, plugs: Plugs::default() }
    }

    /// The guest has it now.
    pub fn keep(&mut self, guest: &Plugs) {
        guest.absorb(self.shared, std::mem::take(&mut self.plugs));
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.plugs.release(self.shared);
    }
}

/// Whose network ports the guest's are.
pub fn owner(model: &Domain) -> PortOwner {
    PortOwner { name: model.name.clone(), uuid: model.uuid.unwrap_or_default() }
}

impl Running<'_> {
    pub fn attach_interface(&self, interface: Interface) -> Result<()> {
        use Connection::{Bridge, Ethernet, Network, User};
        if !matches!(interface.connection, Bridge(_) | Ethernet(_) | Network(_) | User { .. }) {
            return Err(Error::new(
                ErrorCode::OperationUnsupported,
                format!("hotplug of interfaces of type '{}' is not supported", interface.connection.kind()),
            ));
        }
        let (mut model, which) = self.with_device(Device::Interface(Box::new(interface)))?;
        let Plugged::Interface(at) = which else {
            return Err(Error::internal("an interface has its own kind"));
        };
        let owner = owner(&model);
        let mut held = Held::new(self.shared);
        let interface = &mut model.devices.interfaces[at];
        let taps = network::plug_one(self.shared, &owner, interface, &held.plugs)?;
        let link_down =
            interface.info.alias.clone().filter(|_| interface.link_state == Some(LinkState::Down));
        self.plug(&model, which, taps, link_down)?;
        held.keep(&self.live.plugs);
        self.added(&model, which)
    }
}
