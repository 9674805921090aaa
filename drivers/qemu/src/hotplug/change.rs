//! Changes to an interface while its guest runs: what can change does so at once, or not at all.

use super::claims;
use super::device::Device;
use super::find::{self, same_function};
use super::interface::{Held, owner};
use super::running::Running;
use super::wiring::{self, Wiring};
use crate::command::Plugged;
use crate::driver::Links;
use crate::network::{self, Plug};
use crate::qmp::SetLink;
use crate::{defaults, rx_filter};
use ferrovirt_conf::domain::{
    Address, Connection, DeviceRef, Domain, Interface, InterfaceBackend, InterfaceBackendType,
    InterfaceDriver, LinkState, ParseFlags,
};
use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_net::{link, qos};

impl Running<'_> {
    pub fn change_interface(&self, new: Interface) -> Result<()> {
        let model = self.model();
        let found = find::meant(&model, &Device::Interface(Box::new(new.clone())))?;
        let Plugged::Interface(at) = found else {
            return Err(Error::internal("an interface has its own kind"));
        };
        let old = &model.devices.interfaces[at];
        check_info(&model, old, &new)?;
        let mut new = self.completed(&model, at, new)?;
        check_fixed(old, &mut new)?;
        let held = Held::new(self.shared);
        let mut plug = Plug::default();
        // Registered before it is looked at: whatever happens then, the port is given back.
        let joined = network::join(self.shared, &owner(&model), &mut new, &mut plug);
        held.plugs.hold(plug);
        joined?;
        check_reconnection(old, &new)?;
        self.apply(old, &new)?;
        if let Some(tap) = new.target.dev.clone() {
            let managed = Wiring::of(&new).is_some_and(|wiring| wiring.is_managed());
            self.live.plugs.exchange_port(&tap, managed, &held.plugs);
        }
        let trusts = new.trusts_guest_rx_filters() && !old.trusts_guest_rx_filters();
        let alias = new.info.alias.clone();
        self.redefine(|now| now.devices.interfaces[at] = new);
        // What was the new port's place is the old one's now, and given back here.
        drop(held);
        match alias.filter(|_| trusts) {
            Some(alias) => self.follow_guest(alias),
            None => Ok(()),
        }
    }

    /// The new description with what it leaves out, as it would be in the old one's place.
    fn completed(&self, model: &Domain, at: usize, mut new: Interface) -> Result<Interface> {
        let old = &model.devices.interfaces[at];
        new.info.address = new.info.address.take().or_else(|| old.info.address.clone());
        new.info.alias = new.info.alias.take().or_else(|| old.info.alias.clone());
        new.target.dev = new.target.dev.take().or_else(|| old.target.dev.clone());
        let mut model = model.clone();
        model.devices.interfaces[at] = new;
        defaults::fill_added(&mut model, &self.capabilities, self.shared.site(), ParseFlags::default())?;
        let new = model.devices.interfaces.swap_remove(at);
        model.validate_device(DeviceRef::Interface(&new))?;
        Ok(new)
    }

    /// Does what the differences ask for. On failure the interface is as it was.
    fn apply(&self, old: &Interface, new: &Interface) -> Result<()> {
        let (from, to) = (Wiring::of(old), Wiring::of(new));
        let (Some(from), Some(to)) = (from, to) else {
            // Without a tap there is nothing on the host but the guest's link.
            return self.set_link(old, new);
        };
        let links = self.shared.links()?;
        wiring::rewire(links, &from, &to)?;
        let limited = limit(links, old, new);
        let done = limited.and_then(|()| {
            self.set_link(old, new).inspect_err(|_| undo(limit(links, new, old), "its limits", &to))
        });
        done.inspect_err(|_| undo(wiring::rewire(links, &to, &from), "its bridge", &to))
    }

    fn set_link(&self, old: &Interface, new: &Interface) -> Result<()> {
        if old.link_state == new.link_state {
            return Ok(());
        }
        let name =
            old.info.alias.clone().ok_or_else(|| Error::operation_failed("the interface has no alias"))?;
        self.live.ask(&self.shared.reactor, SetLink { name, up: new.link_state != Some(LinkState::Down) })?;
        Ok(())
    }

    /// From now on the guest's own addresses count, those included that it has chosen before.
    fn follow_guest(&self, alias: String) -> Result<()> {
        let (shared, vm, live) = (self.shared.clone(), self.vm.clone(), self.live.clone());
        self.shared.reactor.call(async move {
            rx_filter::follow(&shared, &vm, &live, &alias).await;
            Ok(())
        })
    }
}

fn undo(outcome: Result<()>, what: &str, wiring: &Wiring) {
    if let Err(err) = outcome {
        tracing::error!(tap = wiring.tap(), %err, "a change to an interface failed, and {what} can't be set back");
    }
}

/// Sets the limits, if they change.
fn limit(links: &Links, old: &Interface, new: &Interface) -> Result<()> {
    let (from, to) = (network::limits(old.bandwidth.as_ref()), network::limits(new.bandwidth.as_ref()));
    let Some(tap) = new.target.dev.as_deref().filter(|_| from != to) else { return Ok(()) };
    let tap = link::find(&links.netlink, tap)?;
    match qos::set(&links.netlink, tap.index, &to) {
        Ok(()) => Ok(()),
        Err(err) => {
            // A failure leaves none at all.
            qos::set(&links.netlink, tap.index, &from)?;
            Err(err.into())
        }
    }
}

fn denied(what: &str) -> Error {
    Error::new(ErrorCode::OperationDenied, format!("{what} of a device can't change"))
}

fn check_info(model: &Domain, old: &Interface, new: &Interface) -> Result<()> {
    if let (Some(old), Some(new)) = (&old.info.alias, &new.info.alias)
        && old != new
    {
        return Err(denied("the alias"));
    }
    if old.info.acpi_index != new.info.acpi_index {
        return Err(denied("the ACPI index"));
    }
    claims::check_info(model, &new.info, Some(&old.info))
}

fn fixed(same: bool, what: &str) -> Result<()> {
    match same {
        true => Ok(()),
        false => Err(Error::new(
            ErrorCode::OperationUnsupported,
            format!("{what} of an interface can't change while the guest runs; detach it and attach it anew"),
        )),
    }
}

/// Refuses changes to what is fixed as long as the card is plugged in.
fn check_fixed(old: &Interface, new: &mut Interface) -> Result<()> {
    for connection in [&old.connection, &new.connection] {
        let can = !matches!(connection, Connection::Hostdev(_) | Connection::Vdpa { .. });
        fixed(can, &format!("the type '{}'", connection.kind()))?;
    }
    fixed(old.mac_address() == new.mac_address(), "the MAC address")?;
    fixed(old.model == new.model, "the model")?;
    if old.is_virtio() {
        let default = InterfaceDriver::default();
        let of = |interface: &Interface| interface.driver.clone().unwrap_or_else(|| default.clone());
        fixed(of(old) == of(new), "<driver>")?;
    }
    fixed(old.send_buffer == new.send_buffer, "the send buffer")?;
    fixed(old.script == new.script, "<script>")?;
    fixed(old.target.dev == new.target.dev, "the name of the tap")?;
    let same_place = match (&old.info.address, &new.info.address) {
        (Some(Address::Pci(old)), Some(Address::Pci(new))) => same_function(old, new),
        (old, new) => old == new,
    };
    fixed(same_place, "<address>")?;
    new.info.address.clone_from(&old.info.address);
    let rom = |interface: &Interface| {
        (interface.info.rom_enabled, interface.info.rom_bar, interface.info.rom_file.clone())
    };
    fixed(rom(old) == rom(new), "<rom>")?;
    fixed(old.info.boot_order == new.info.boot_order, "the place in the boot order")?;
    fixed(old.mtu == new.mtu, "the MTU")?;
    fixed(backend(old) == backend(new), "<backend>")?;
    fixed(old.filter_ref == new.filter_ref, "<filterref>")?;
    fixed(old.rx_max_coalesced_frames == new.rx_max_coalesced_frames, "<coalesce>")
}

/// The back end, said in one way.
fn backend(interface: &Interface) -> InterfaceBackend {
    let mut backend = interface.backend.clone();
    backend.kind = backend.kind.filter(|kind| *kind != InterfaceBackendType::Default);
    backend
}

/// Refuses what would take another back end. `new` is what its network made of it.
fn check_reconnection(old: &Interface, new: &Interface) -> Result<()> {
    let both_on_bridges = bridge(&old.connection).is_some() && bridge(&new.connection).is_some();
    let same = both_on_bridges
        || match (&old.connection, &new.connection) {
            (Connection::User { .. }, Connection::User { .. }) => true,
            (Connection::Ethernet(_), Connection::Ethernet(_)) => true,
            (old, new) => old == new,
        };
    fixed(same, &format!("the connection of type '{}'", new.connection.kind()))?;
    if let (Some((_, old)), Some((_, new))) = (network_of(&old.connection), network_of(&new.connection)) {
        fixed(old == new, "the port group")?;
    }
    fixed(old.virtual_port == new.virtual_port, "<virtualport>")
}

fn bridge(connection: &Connection) -> Option<&str> {
    match connection {
        Connection::Network(port) => port.bridge.as_deref(),
        Connection::Bridge(port) => Some(&port.bridge),
        _ => None,
    }
}

/// The network that a card of a running guest is on, and its port group.
fn network_of(connection: &Connection) -> Option<(&str, Option<&str>)> {
    match connection {
        Connection::Network(port) => Some((&port.network, port.port_group.as_deref())),
        Connection::Bridge(port) => Some((port.network.as_deref()?, port.port_group.as_deref())),
        _ => None,
    }
}
