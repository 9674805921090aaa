//! The ports of the guest's USB buses and hubs, and which are taken.

use ferrovirt_conf::domain::{Controller, ControllerModel, UsbAddress};
use ferrovirt_core::{Error, Result};

/// How many hubs can stand one behind the other, the controller counted.
const DEPTH: usize = 4;

/// Ports of the hubs that QEMU has.
pub const HUB_PORTS: u32 = 8;

/// A controller's root hub, or a hub.
#[derive(Debug, Clone)]
struct Hub {
    ports: Vec<Port>,
}

#[derive(Debug, Clone, Default)]
struct Port {
    taken: bool,
    hub: Option<Box<Hub>>,
}

impl Hub {
    fn new(ports: u32) -> Self {
        Self { ports: vec![Port::default(); ports as usize] }
    }

    /// The first free port, here before behind the hubs here; written in front to back.
    fn free(&self, depth: usize) -> Option<Vec<u32>> {
        if let Some(port) = self.ports.iter().position(|port| !port.taken) {
            return Some(vec![port as u32 + 1]);
        }
        if depth + 1 >= DEPTH {
            return None;
        }
        self.ports.iter().zip(1..).find_map(|(port, number)| {
            let mut path = port.hub.as_ref()?.free(depth + 1)?;
            path.insert(0, number);
            Some(path)
        })
    }
}

/// How many ports a controller brings; companions share those of their master.
pub fn controller_ports(controller: &Controller) -> u32 {
    use ControllerModel as M;
    match controller.model {
        None | Some(M::Piix3Uhci | M::Piix4Uhci | M::Vt82c686bUhci) => 2,
        Some(M::Ehci | M::Ich9Ehci1) => 6,
        Some(M::PciOhci) => 3,
        Some(M::NecXhci | M::QemuXhci) => controller.ports.unwrap_or(4),
        Some(M::Qusb1 | M::Qusb2) => controller.ports.unwrap_or(8),
        _ => 0,
    }
}

/// All USB ports of a guest.
#[derive(Debug, Clone, Default)]
pub struct UsbPorts {
    buses: Vec<Option<Hub>>,
}

impl UsbPorts {
    /// Adds a controller. Companions are passed over.
    pub fn add_controller(&mut self, index: u32, ports: u32) -> Result<()> {
        if ports == 0 {
            return Ok(());
        }
        let index_here = index as usize;
        if self.buses.len() <= index_here {
            self.buses.resize(index_here + 1, None);
        }
        if self.buses[index_here].is_some() {
            return Err(Error::xml(format!("there are two USB controllers with index {index}")));
        }
        self.buses[index_here] = Some(Hub::new(ports));
        Ok(())
    }

    /// Adds a hub at its address, which is taken by that.
    pub fn add_hub(&mut self, address: &UsbAddress) -> Result<()> {
        let port = self.port(address)?;
        if port.hub.is_some() {
            return Err(Error::xml(format!("there are two USB hubs at {}", shown(address))));
        }
        port.taken = true;
        port.hub = Some(Box::new(Hub::new(HUB_PORTS)));
        Ok(())
    }

    /// Takes the port that somebody chose.
    pub fn reserve(&mut self, address: &UsbAddress) -> Result<()> {
        let port = self.port(address)?;
        if port.taken {
            return Err(Error::xml(format!("two USB devices are at {}", shown(address))));
        }
        port.taken = true;
        Ok(())
    }

    /// Gives a port back.
    pub fn release(&mut self, address: &UsbAddress) {
        if let Ok(port) = self.port(address) {
            port.taken = false;
        }
    }

    /// Finds a free port, on that bus if one is named, and takes it.
    pub fn place(&mut self, bus: Option<u32>) -> Result<UsbAddress> {
        let free = |bus: usize| self.buses.get(bus)?.as_ref()?.free(0).map(|path| (bus, path));
        let found = match bus {
            Some(bus) if self.buses.get(bus as usize).is_none_or(|bus| bus.is_none()) => {
                return Err(Error::xml(format!("there is no USB controller with index {bus}")));
            }
            Some(bus) => free(bus as usize),
            None => (0..self.buses.len()).find_map(free),
        };
        let (bus, path) = found.ok_or_else(|| Error::internal("all USB ports are taken"))?;
        let path: Vec<String> = path.iter().map(u32::to_string).collect();
        let address = UsbAddress { bus: bus as u32, port: Some(path.join(".")) };
        self.reserve(&address)?;
        Ok(address)
    }

    fn port(&mut self, address: &UsbAddress) -> Result<&mut Port> {
        let wrong = |why: String| Err(Error::xml(format!("USB {}: {why}", shown(address))));
        let path = numbers(address.port.as_deref().unwrap_or(""));
        let (Some((last, hubs)), true) = (path.split_last(), path.len() <= DEPTH) else {
            return wrong("a port is 1 to 4 numbers above 0, with dots between them".into());
        };
        let Some(Some(mut hub)) = self.buses.get_mut(address.bus as usize).map(Option::as_mut) else {
            return wrong(format!("there is no USB bus {}", address.bus));
        };
        for number in hubs {
            let ports = hub.ports.len();
            let Some(port) = hub.ports.get_mut(*number as usize - 1) else {
                return wrong(format!("{number} is beyond the {ports} ports there"));
            };
            let Some(next) = port.hub.as_deref_mut() else {
                return wrong(format!("there is no hub at port {number}"));
            };
            hub = next;
        }
        let ports = hub.ports.len();
        match hub.ports.get_mut(*last as usize - 1) {
            Some(port) => Ok(port),
            None => wrong(format!("{last} is beyond the {ports} ports there")),
        }
    }
}

/// The numbers of a port such as `1.2`; none where it can't be read.
fn numbers(port: &str) -> Vec<u32> {
    let read: Option<Vec<u32>> =
        port.split('.').map(|number| number.parse().ok().filter(|number| *number > 0)).collect();
    read.unwrap_or_default()
}

fn shown(address: &UsbAddress) -> String {
    format!("bus {} port {}", address.bus, address.port.as_deref().unwrap_or("?"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::ErrorCode;

    fn address(bus: u32, port: &str) -> UsbAddress {
        UsbAddress { bus, port: Some(port.into()) }
    }

    fn ports() -> UsbPorts {
        let mut ports = UsbPorts::default();
        ports.add_controller(0, 2).unwrap();
        ports
    }

    #[test]
    fn ports_are_filled_before_hubs() {
        let mut ports = ports();
        ports.add_hub(&address(0, "2")).unwrap();
        for expected in ["1", "2.1", "2.2"] {
            assert_eq!(ports.place(None).unwrap(), address(0, expected));
        }
        ports.add_hub(&address(0, "2.3")).unwrap();
        ports.reserve(&address(0, "2.3.8")).unwrap();
        ports.release(&address(0, "2.1"));
        assert_eq!(ports.place(Some(0)).unwrap(), address(0, "2.1"));
    }

    #[test]
    fn a_full_bus_gives_way_to_the_next_unless_named() {
        let mut ports = ports();
        ports.add_controller(2, 1).unwrap();
        ports.add_controller(1, 0).unwrap();
        let places: Vec<_> = (0..3).map(|_| ports.place(None).unwrap()).collect();
        assert_eq!(places, [address(0, "1"), address(0, "2"), address(2, "1")]);
        assert_eq!(ports.place(Some(0)).unwrap_err().code(), ErrorCode::Internal);
        assert_eq!(ports.place(Some(1)).unwrap_err().code(), ErrorCode::XmlError);
    }

    #[test]
    fn impossible_ports_are_refused() {
        let mut ports = ports();
        ports.reserve(&address(0, "1")).unwrap();
        for (bus, port) in [(0, "1"), (0, "3"), (0, "2.1"), (1, "1"), (0, "0"), (0, "x"), (0, "1.1.1.1.1")] {
            let refused = ports.reserve(&address(bus, port)).expect_err(port);
            assert_eq!(refused.code(), ErrorCode::XmlError, "{port}");
        }
        assert_eq!(ports.add_controller(0, 4).unwrap_err().code(), ErrorCode::XmlError);
    }
}
