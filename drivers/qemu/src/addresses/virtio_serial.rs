//! Ports of the guest's virtio-serial controllers: for channels, and for consoles that speak virtio.

use ferrovirt_conf::domain::{
    Address, ChannelTarget, ConsoleTargetType, Controller, ControllerType, DeviceInfo, Domain,
    VirtioSerialAddress,
};
use ferrovirt_core::{Error, Result};
use std::collections::BTreeMap;

/// Ports of a controller that does not say how many it has.
const PORTS: u32 = 31;

/// Which ports are taken, by controller.
struct Ports(BTreeMap<u32, Vec<bool>>);

impl Ports {
    fn add(&mut self, controller: &Controller) {
        let count = controller.ports.unwrap_or(PORTS) as usize;
        self.0.insert(controller.index.unwrap_or(0), vec![false; count]);
    }

    fn reserve(&mut self, controller: u32, port: u32) -> Result<()> {
        let ports = self.0.get_mut(&controller).ok_or_else(|| {
            Error::xml(format!("there is no virtio-serial controller with index {controller}"))
        })?;
        let count = ports.len();
        let taken = ports.get_mut(port as usize).ok_or_else(|| {
            Error::xml(format!("virtio-serial controller {controller} has {count} ports, and no port {port}"))
        })?;
        if std::mem::replace(taken, true) {
            return Err(Error::xml(format!(
                "virtio-serial port {port} of controller {controller} is used twice"
            )));
        }
        Ok(())
    }

    /// The first free port from `first` on.
    fn free(&self, first: usize, controller: Option<u32>) -> Option<(u32, u32)> {
        let wanted = |index: &u32| controller.is_none_or(|controller| *index == controller);
        self.0.iter().filter(|(index, _)| wanted(index)).find_map(|(index, ports)| {
            let port = ports.iter().skip(first).position(|taken| !taken)?;
            Some((*index, (first + port) as u32))
        })
    }
}

/// The port of an address that says which it is; port 0 stands for none, since only consoles can have it.
fn complete(info: &DeviceInfo) -> Option<(u32, u32)> {
    match &info.address {
        Some(Address::VirtioSerial(address)) => {
            (address.port != 0).then_some((address.controller, address.port))
        }
        _ => None,
    }
}

/// Gives every channel its port. Consoles take one too, but are not told which: QEMU finds the same.
pub fn assign(model: &mut Domain) -> Result<()> {
    let mut ports = Ports(BTreeMap::new());
    let serial = |controller: &&Controller| controller.kind == ControllerType::VirtioSerial;
    model.devices.controllers.iter().filter(serial).for_each(|controller| ports.add(controller));
    let consoles = model.devices.consoles.iter().filter(|c| c.target.kind == ConsoleTargetType::Virtio);
    let channels = model.devices.channels.iter().filter(|c| matches!(c.target, ChannelTarget::Virtio { .. }));
    for info in channels.clone().map(|c| &c.info).chain(consoles.clone().map(|c| &c.info)) {
        if let Some((controller, port)) = complete(info) {
            ports.reserve(controller, port)?;
        }
    }
    let waiting = consoles.filter(|console| complete(&console.info).is_none()).count();
    for _ in 0..waiting {
        take(model, &mut ports, 0, None)?;
    }
    for index in 0..model.devices.channels.len() {
        let channel = &model.devices.channels[index];
        if !matches!(channel.target, ChannelTarget::Virtio { .. }) || complete(&channel.info).is_some() {
            continue;
        }
        let controller = match &channel.info.address {
            Some(Address::VirtioSerial(address)) => Some(address.controller),
            _ => None,
        };
        // Port 0 is for consoles.
        let (controller, port) = take(model, &mut ports, 1, controller)?;
        let address = VirtioSerialAddress { controller, bus: 0, port };
        model.devices.channels[index].info.address = Some(Address::VirtioSerial(address));
    }
    Ok(())
}

/// Takes a port, on that controller if one is named; if all are taken, on a new controller.
fn take(model: &mut Domain, ports: &mut Ports, first: usize, controller: Option<u32>) -> Result<(u32, u32)> {
    let (index, port) = match (ports.free(first, controller), controller) {
        (Some(free), _) => free,
        (None, Some(controller)) => {
            return Err(Error::xml(format!("virtio-serial controller {controller} has no free port")));
        }
        (None, None) if ports.0.is_empty() => {
            return Err(Error::internal("the guest has no virtio-serial controller"));
        }
        (None, None) => {
            let index = model.devices.unused_controller_index(ControllerType::VirtioSerial);
            let controller = Controller::new(ControllerType::VirtioSerial, index);
            ports.add(&controller);
            model.devices.add_controller(controller);
            (index, first as u32)
        }
    };
    ports.reserve(index, port)?;
    Ok((index, port))
}
