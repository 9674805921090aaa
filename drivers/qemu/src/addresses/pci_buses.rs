//! PCI as the guest sees it: which buses there are, what plugs into each, and which functions are taken. It knows
//! nothing of devices but how they connect.

use ferrovirt_conf::domain::{ControllerModel, PciAddress};
use ferrovirt_core::{Error, ErrorCode, Result};
use ferrovirt_xml::Hex;
use std::fmt;
use std::ops::RangeInclusive;

/// How a device connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plug {
    /// A device of conventional PCI.
    Conventional,
    /// A device of PCI Express.
    Express,
    PciBridge,
    DmiToPciBridge,
    PcieToPciBridge,
    RootPort,
    UpstreamPort,
    DownstreamPort,
    PciExpander,
    PcieExpander,
}

impl Plug {
    /// How a controller connects to the bus above it; `None` for the roots.
    pub fn of_controller(model: ControllerModel) -> Option<Self> {
        Some(match model {
            ControllerModel::PciBridge => Self::PciBridge,
            ControllerModel::DmiToPciBridge => Self::DmiToPciBridge,
            ControllerModel::PcieToPciBridge => Self::PcieToPciBridge,
            ControllerModel::PcieRootPort => Self::RootPort,
            ControllerModel::PcieSwitchUpstreamPort => Self::UpstreamPort,
            ControllerModel::PcieSwitchDownstreamPort => Self::DownstreamPort,
            ControllerModel::PciExpanderBus => Self::PciExpander,
            ControllerModel::PcieExpanderBus => Self::PcieExpander,
            _ => return None,
        })
    }

    fn is_endpoint(self) -> bool {
        matches!(self, Self::Conventional | Self::Express)
    }
}

impl fmt::Display for Plug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Conventional => "conventional PCI devices",
            Self::Express => "PCI Express devices",
            Self::PciBridge => "a pci-bridge",
            Self::DmiToPciBridge => "a dmi-to-pci-bridge",
            Self::PcieToPciBridge => "a pcie-to-pci-bridge",
            Self::RootPort => "a pcie-root-port",
            Self::UpstreamPort => "a pcie-switch-upstream-port",
            Self::DownstreamPort => "a pcie-switch-downstream-port",
            Self::PciExpander => "a pci-expander-bus",
            Self::PcieExpander => "a pcie-expander-bus",
        })
    }
}

/// A device's wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connector {
    pub plug: Plug,
    /// It belongs on bus 0, whatever bus 0 is.
    pub integrated: bool,
    /// It comes while the guest runs.
    pub hotplug: bool,
}

impl Connector {
    pub const CONVENTIONAL: Self = Self::new(Plug::Conventional);
    pub const EXPRESS: Self = Self::new(Plug::Express);

    pub const fn new(plug: Plug) -> Self {
        Self { plug, integrated: false, hotplug: false }
    }

    pub const fn integrated(self) -> Self {
        Self { integrated: true, ..self }
    }
}

/// Who chose an address; what is wrong with it is then told as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen {
    ByUser,
    ByUs,
}

impl Chosen {
    fn error(self, text: String) -> Error {
        match self {
            Self::ByUser => Error::xml(text),
            Self::ByUs => Error::internal(text),
        }
    }
}

/// How a guest's PCI may grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Habits {
    /// Further roots, as pSeries has them, in place of bridges.
    pub several_roots: bool,
    /// Conventional devices below PCI Express get a pcie-to-pci-bridge, not a dmi-to-pci-bridge.
    pub pcie_to_pci: bool,
}

/// The slots behind a controller.
#[derive(Debug, Clone)]
struct Bus {
    /// `None`: no controller of that index is known yet.
    model: Option<ControllerModel>,
    accepts: &'static [Plug],
    /// Devices that nobody placed may come here.
    automatic: bool,
    hotplug: bool,
    slots: RangeInclusive<u8>,
    taken: [Slot; 32],
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    /// A bit for each function.
    functions: u8,
    /// Several devices share it, each as a function.
    shared: bool,
}

impl Bus {
    const UNKNOWN: Self = Self {
        model: None,
        accepts: &[],
        automatic: false,
        hotplug: false,
        slots: 0..=0,
        taken: [Slot { functions: 0, shared: false }; 32],
    };

    fn new(model: ControllerModel, hotplug: bool) -> Self {
        use ControllerModel as M;
        use Plug::*;
        let (accepts, slots, automatic, hotplug): (&'static [Plug], _, _, _) = match model {
            M::PciRoot => (&[Conventional, PciBridge, PciExpander], 1..=31, true, hotplug),
            M::PciBridge | M::PcieToPciBridge => (&[Conventional, PciBridge], 1..=31, true, hotplug),
            M::PciExpanderBus => (&[Conventional, PciBridge], 0..=31, true, hotplug),
            M::PcieRoot => (&[Express, RootPort, DmiToPciBridge, PcieExpander], 1..=31, false, false),
            M::DmiToPciBridge => (&[Conventional, PciBridge], 0..=31, false, false),
            M::PcieRootPort | M::PcieSwitchDownstreamPort => {
                (&[Express, UpstreamPort, PcieToPciBridge], 0..=0, true, hotplug)
            }
            M::PcieSwitchUpstreamPort => (&[DownstreamPort], 0..=31, false, false),
            M::PcieExpanderBus => (&[RootPort, DmiToPciBridge], 0..=31, false, false),
            _ => return Self::UNKNOWN,
        };
        Self { model: Some(model), accepts, automatic, hotplug, slots, ..Self::UNKNOWN }
    }

    /// A root port for nothing but the bridge to conventional PCI, so that no other device takes it.
    fn root_port_of_bridge() -> Self {
        Self {
            accepts: &[Plug::PcieToPciBridge],
            automatic: false,
            hotplug: false,
            ..Self::new(ControllerModel::PcieRootPort, true)
        }
    }

    fn is_full(&self) -> bool {
        self.slots.clone().all(|slot| self.taken[usize::from(slot)].functions != 0)
    }

    fn accepts(&self, plug: Plug) -> bool {
        self.accepts.contains(&plug)
    }

    /// Why the device can't be here; `None` if it can.
    fn refusal(&self, number: usize, connector: Connector, chosen: Chosen) -> Option<String> {
        let plug = connector.plug;
        if connector.integrated {
            // Bus 0 takes what is part of the machine, be it of a kind that it takes from nobody else.
            return (number != 0)
                .then(|| "the device is part of the machine, and so must be on bus 0".into());
        }
        let endpoints = self.accepts.iter().any(|known| known.is_endpoint());
        let fits = match chosen {
            Chosen::ByUs => self.accepts(plug),
            // Users know better whether a device minds.
            Chosen::ByUser => {
                self.accepts(plug) || endpoints && (plug.is_endpoint() || plug == Plug::PciBridge)
            }
        };
        if chosen == Chosen::ByUs && plug.is_endpoint() && !self.automatic {
            return Some(format!("PCI controller {number} takes no devices that are placed automatically"));
        }
        if connector.hotplug && !self.hotplug {
            return Some(format!("nothing can be hot-plugged into PCI controller {number}"));
        }
        (!fits).then(|| format!("PCI controller {number} does not take {plug}"))
    }

    /// The first free function for the device, from `function` on.
    fn find(&self, connector: Connector, function: Option<u8>) -> Option<(u8, u8)> {
        let first = function.unwrap_or(0);
        let share = connector.plug == Plug::RootPort;
        for slot in self.slots.clone() {
            let taken = self.taken[usize::from(slot)];
            if taken.functions == 0 {
                return Some((slot, first));
            }
            let functions = if function.is_some() { first..first + 1 } else { first..8 };
            if share
                && taken.shared
                && let Some(free) = functions.into_iter().find(|f| taken.functions & (1 << f) == 0)
            {
                return Some((slot, free));
            }
        }
        None
    }
}

/// All buses of a guest.
#[derive(Debug, Clone)]
pub struct Buses {
    buses: Vec<Bus>,
    habits: Habits,
    /// Buses are added where room lacks.
    grows: bool,
}

impl Buses {
    /// `count` buses whose controllers are still to be told.
    pub fn new(count: usize, habits: Habits, grows: bool) -> Self {
        Self { buses: vec![Bus::UNKNOWN; count], habits, grows }
    }

    pub fn len(&self) -> usize {
        self.buses.len()
    }

    pub fn is_empty(&self) -> bool {
        self.buses.is_empty()
    }

    /// The controller that gives bus `index`.
    pub fn set(&mut self, index: usize, model: ControllerModel, hotplug: bool) {
        self.buses[index] = Bus::new(model, hotplug);
    }

    /// Of buses without a controller, the first becomes `root`, others `model`.
    pub fn fill_gaps(&mut self, model: ControllerModel) {
        for (index, bus) in self.buses.iter_mut().enumerate().filter(|(_, bus)| bus.model.is_none()) {
            *bus = Bus::new(if index == 0 { ControllerModel::PciRoot } else { model }, true);
        }
    }

    pub fn model(&self, index: usize) -> Option<ControllerModel> {
        self.buses.get(index)?.model
    }

    pub fn are_full(&self) -> bool {
        self.buses.iter().all(Bus::is_full)
    }

    /// Whether bus 0 takes conventional devices; also if there is no bus at all.
    pub fn root_is_conventional(&self) -> bool {
        self.buses.first().is_none_or(|bus| bus.accepts(Plug::Conventional))
    }

    pub fn slot_in_use(&self, address: &PciAddress) -> bool {
        let bus = self.buses.get(usize::from(address.bus.0));
        bus.is_some_and(|bus| bus.taken[usize::from(address.slot.0) % 32].functions != 0)
    }

    /// Takes an address that somebody chose. Where buses are added below conventional devices, it may move one bus on.
    pub fn reserve(&mut self, address: &mut PciAddress, connector: Connector) -> Result<()> {
        if self.grows {
            self.grow(address, connector)?;
        }
        self.take(address, connector, Chosen::ByUser)
    }

    /// Whether the address is one that the device can have.
    pub fn check(&self, address: &PciAddress, connector: Connector, chosen: Chosen) -> Result<()> {
        let wrong = |why: String| chosen.error(format!("PCI address {}: {why}", Shown(address)));
        if self.buses.is_empty() {
            return Err(wrong("the guest has no PCI".into()));
        }
        if address.domain.0 != 0 {
            return Err(wrong("guests have PCI domain 0 only".into()));
        }
        let number = usize::from(address.bus.0);
        let Some(bus) = self.buses.get(number) else {
            return Err(wrong(format!("the last PCI bus is {:#04x}", self.buses.len() - 1)));
        };
        if let Some(why) = bus.refusal(number, connector, chosen) {
            return Err(wrong(why));
        }
        if !bus.slots.contains(&address.slot.0) {
            let (first, last) = (bus.slots.start(), bus.slots.end());
            return Err(wrong(format!("the slots of this bus are {first:#04x} to {last:#04x}")));
        }
        if address.function.0 > 7 {
            return Err(wrong("functions are 0 to 7".into()));
        }
        Ok(())
    }

    fn take(&mut self, address: &PciAddress, connector: Connector, chosen: Chosen) -> Result<()> {
        self.check(address, connector, chosen)?;
        let slot = &mut self.buses[usize::from(address.bus.0)].taken[usize::from(address.slot.0)];
        let bit = 1 << address.function.0;
        if slot.functions & bit != 0 {
            return Err(chosen.error(format!("PCI address {} is used twice", Shown(address))));
        }
        if slot.functions == 0 {
            slot.shared = connector.plug == Plug::RootPort;
        }
        slot.functions |= bit;
        Ok(())
    }

    /// Gives an address back.
    pub fn release(&mut self, address: &PciAddress) {
        if let Some(bus) = self.buses.get_mut(usize::from(address.bus.0)) {
            bus.taken[usize::from(address.slot.0) % 32].functions &= !(1 << address.function.0);
        }
    }

    /// Finds a place for a device, at `function` of an empty slot if that is said, and takes it.
    pub fn place(&mut self, connector: Connector, function: Option<u8>) -> Result<PciAddress> {
        if self.buses.is_empty() {
            return Err(Error::xml("the guest has no PCI bus for its PCI devices"));
        }
        let found = self.buses.iter().enumerate().find_map(|(number, bus)| {
            if bus.refusal(number, connector, Chosen::ByUs).is_some() {
                return None;
            }
            let (slot, function) = bus.find(connector, function)?;
            Some(PciAddress { bus: Hex(number as u8), ..at(slot, function) })
        });
        let address = match found {
            Some(address) => address,
            None if self.grows => {
                let mut address =
                    PciAddress { bus: Hex(self.next_number()?), ..at(0, function.unwrap_or(0)) };
                self.grow(&mut address, connector)?;
                address.slot = Hex(*self.buses[usize::from(address.bus.0)].slots.start());
                address
            }
            None => return Err(Error::internal("there is no free PCI slot left")),
        };
        self.take(&address, connector, Chosen::ByUs)?;
        Ok(address)
    }

    fn next_number(&self) -> Result<u8> {
        u8::try_from(self.buses.len()).map_err(|_| Error::internal("the guest has all 256 PCI buses already"))
    }

    /// Adds buses until that of `address` is there.
    fn grow(&mut self, address: &mut PciAddress, connector: Connector) -> Result<()> {
        let mut missing = (usize::from(address.bus.0) + 1).saturating_sub(self.buses.len());
        if missing == 0 {
            return Ok(());
        }
        let further = match connector.plug {
            Plug::Conventional if self.habits.several_roots => ControllerModel::PciRoot,
            Plug::Conventional => {
                let rooted = self.buses.iter().any(|bus| bus.accepts(Plug::PciBridge));
                if !rooted {
                    self.lead_to_conventional(&mut missing, address);
                }
                ControllerModel::PciBridge
            }
            Plug::Express | Plug::UpstreamPort => ControllerModel::PcieRootPort,
            plug => {
                let text =
                    format!("there is no free PCI slot for {plug}, and none can be added automatically");
                return Err(Error::new(ErrorCode::Internal, text));
            }
        };
        self.buses.extend((0..missing).map(|_| Bus::new(further, true)));
        Ok(())
    }

    /// The way from PCI Express to the first bus of conventional PCI. It takes a bus more than that bus itself, so a
    /// device that was to be on the next bus is on the one after it.
    fn lead_to_conventional(&mut self, missing: &mut usize, address: &mut PciAddress) {
        if *missing == 1 {
            *missing += 1;
            address.bus.0 = address.bus.0.saturating_add(1);
        }
        if self.habits.pcie_to_pci {
            self.buses.push(Bus::root_port_of_bridge());
            self.buses.push(Bus::new(ControllerModel::PcieToPciBridge, true));
            *missing -= 2;
        } else {
            self.buses.push(Bus::new(ControllerModel::DmiToPciBridge, false));
            *missing -= 1;
        }
    }
}

/// A function on bus 0.
pub fn at(slot: u8, function: u8) -> PciAddress {
    PciAddress { slot: Hex(slot), function: Hex(function), ..PciAddress::default() }
}

/// An address as people write it.
pub struct Shown<'a>(pub &'a PciAddress);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PciAddress { domain, bus, slot, function, .. } = self.0;
        write!(f, "{:04x}:{:02x}:{:02x}.{:x}", domain.0, bus.0, slot.0, function.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ControllerModel::{PciBridge, PciRoot, PcieRoot, PcieRootPort, PcieToPciBridge};

    fn buses(models: &[ControllerModel], grows: bool) -> Buses {
        let mut buses = Buses::new(models.len(), Habits { pcie_to_pci: true, ..Habits::default() }, grows);
        for (index, model) in models.iter().enumerate() {
            buses.set(index, *model, true);
        }
        buses
    }

    fn place(buses: &mut Buses, connector: Connector) -> String {
        Shown(&buses.place(connector, None).unwrap()).to_string()
    }

    #[test]
    fn conventional_pci_fills_slot_after_slot_and_then_a_bridge() {
        let mut buses = buses(&[PciRoot], true);
        for slot in 1..32 {
            assert_eq!(place(&mut buses, Connector::CONVENTIONAL), format!("0000:00:{slot:02x}.0"));
        }
        assert!(buses.are_full());
        assert_eq!(place(&mut buses, Connector::CONVENTIONAL), "0000:01:01.0");
        assert_eq!(buses.model(1), Some(PciBridge));
    }

    #[test]
    fn express_devices_get_a_root_port_each_and_ports_share_a_slot() {
        let mut buses = buses(&[PcieRoot], true);
        assert_eq!(place(&mut buses, Connector::EXPRESS), "0000:01:00.0");
        assert_eq!(place(&mut buses, Connector::EXPRESS), "0000:02:00.0");
        assert_eq!(buses.model(2), Some(PcieRootPort));
        for function in 0..8 {
            assert_eq!(place(&mut buses, Connector::new(Plug::RootPort)), format!("0000:00:01.{function}"));
        }
        assert_eq!(place(&mut buses, Connector::new(Plug::RootPort)), "0000:00:02.0");
    }

    #[test]
    fn conventional_devices_below_express_get_a_bridge_behind_its_own_port() {
        let mut buses = buses(&[PcieRoot], true);
        assert_eq!(place(&mut buses, Connector::CONVENTIONAL), "0000:02:01.0");
        assert_eq!((buses.model(1), buses.model(2)), (Some(PcieRootPort), Some(PcieToPciBridge)));
        // The bridge's port is for no other device.
        assert_eq!(place(&mut buses, Connector::EXPRESS), "0000:03:00.0");
        assert_eq!(place(&mut buses, Connector::new(Plug::PcieToPciBridge)), "0000:01:00.0");
    }

    #[test]
    fn integrated_devices_are_on_bus_0() {
        let mut buses = buses(&[PcieRoot, PcieRootPort], false);
        assert_eq!(place(&mut buses, Connector::CONVENTIONAL.integrated()), "0000:00:01.0");
        let mut elsewhere = PciAddress { bus: Hex(1), ..at(0, 0) };
        let refused = buses.reserve(&mut elsewhere, Connector::EXPRESS.integrated()).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::XmlError);
    }

    #[test]
    fn users_may_mix_devices_but_not_share_functions() {
        let mut buses = buses(&[PcieRoot, PcieRootPort], false);
        buses.reserve(&mut at(3, 0), Connector::CONVENTIONAL).unwrap();
        buses.reserve(&mut at(3, 1), Connector::EXPRESS).unwrap();
        for (mut address, connector) in [
            (at(3, 1), Connector::EXPRESS),
            (at(0, 1), Connector::EXPRESS),
            (at(4, 8), Connector::EXPRESS),
            (PciAddress { domain: Hex(1), ..at(4, 0) }, Connector::EXPRESS),
            (PciAddress { bus: Hex(2), ..at(4, 0) }, Connector::EXPRESS),
            (PciAddress { bus: Hex(1), ..at(1, 0) }, Connector::EXPRESS),
            (at(5, 0), Connector::new(Plug::DownstreamPort)),
            (PciAddress { bus: Hex(1), ..at(0, 0) }, Connector::new(Plug::RootPort)),
        ] {
            let refused = buses.reserve(&mut address, connector).expect_err(&Shown(&address).to_string());
            assert_eq!(refused.code(), ErrorCode::XmlError, "{address:?}");
        }
        buses.release(&at(3, 1));
        buses.reserve(&mut at(3, 1), Connector::EXPRESS).unwrap();
    }

    #[test]
    fn no_room_is_an_internal_error() {
        let mut buses = buses(&[PcieRoot, PcieRootPort], false);
        assert_eq!(place(&mut buses, Connector::EXPRESS), "0000:01:00.0");
        assert_eq!(buses.place(Connector::EXPRESS, None).unwrap_err().code(), ErrorCode::Internal);
        assert_eq!(
            Buses::new(0, Habits::default(), true).place(Connector::EXPRESS, None).unwrap_err().code(),
            ErrorCode::XmlError
        );
    }
}
