//! The desired table: which ports are managed, on which bridge, and who may claim which station.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::{PortWanted, Station};
use super::{Drift, PortSpec};
use crate::MacAddr;
use crate::bridge_port::PortFlags;
use crate::pace::Pace;

/// All that the table knows.
#[derive(Debug, Default)]
pub struct State {
    pub bridges: BTreeMap<String, ManagedBridge>,
    pub ports: BTreeMap<u32, ManagedPort>,
    next_claim: u64,
}

/// A bridge with managed ports.
#[derive(Debug, Default)]
pub struct ManagedBridge {
    /// Unset while no bridge of the name exists.
    pub index: Option<u32>,
    pub vlan_filtering: bool,
    /// For each station the ports that claim it, each with the number of its claim: the latest has it. Two claims at a
    /// time are a guest that migrates within its host.
    claims: BTreeMap<Station, BTreeMap<u64, u32>>,
    pub drift: Drift,
    pub resyncs: u64,
    pub failures: u64,
}

/// A port that the table manages.
#[derive(Debug, Clone)]
pub struct ManagedPort {
    pub spec: PortSpec,
    /// What the guest itself asked for, where it is trusted: its own address and the further ones.
    pub followed: Option<(MacAddr, Vec<MacAddr>)>,
    /// The interface no longer exists.
    pub gone: bool,
    pub drift: Drift,
    pub pace: Pace,
    claim: u64,
}

impl ManagedPort {
    pub fn new(spec: PortSpec) -> Self {
        Self { spec, followed: None, gone: false, drift: Drift::default(), pace: Pace::default(), claim: 0 }
    }

    /// The stations behind the port, on a bridge that filters by VLAN or not.
    pub fn stations(&self, vlan_filtering: bool) -> BTreeSet<Station> {
        if !self.spec.link_up {
            return BTreeSet::new();
        }
        let macs = match &self.followed {
            Some((main, further)) => further.iter().chain([main]).copied().collect(),
            None => vec![self.spec.mac],
        };
        let ids = if vlan_filtering { self.spec.vlans.ids() } else { Vec::new() };
        let vlans: Vec<_> = if ids.is_empty() { vec![None] } else { ids.into_iter().map(Some).collect() };
        macs.iter().flat_map(|&mac| vlans.iter().map(move |&vlan| (mac, vlan))).collect()
    }

    pub fn flags(&self) -> PortFlags {
        PortFlags::managed(self.spec.isolated)
    }
}

impl ManagedBridge {
    /// The port that has a station: the one that claimed it last.
    pub fn holder(&self, station: &Station) -> Option<u32> {
        self.claims.get(station)?.last_key_value().map(|(_, &port)| port)
    }

    fn withdraw(&mut self, station: &Station, claim: u64) {
        if let Some(claims) = self.claims.get_mut(station) {
            claims.remove(&claim);
            if claims.is_empty() {
                self.claims.remove(station);
            }
        }
    }
}

impl State {
    /// Takes a port in, with the latest claim on its stations; the bridge's index and kind must be set already.
    pub fn insert(&mut self, index: u32, mut port: ManagedPort) {
        self.next_claim += 1;
        port.claim = self.next_claim;
        self.put(index, port);
    }

    /// Puts a port in place of the one of the same index, with the claim that it carries.
    pub fn put(&mut self, index: u32, port: ManagedPort) {
        self.remove(index);
        let bridge = self.bridges.entry(port.spec.bridge.clone()).or_default();
        for station in port.stations(bridge.vlan_filtering) {
            bridge.claims.entry(station).or_default().insert(port.claim, index);
        }
        self.ports.insert(index, port);
    }

    /// Forgets a port. A bridge without ports is forgotten by [`State::prune`].
    pub fn remove(&mut self, index: u32) -> Option<ManagedPort> {
        let port = self.ports.remove(&index)?;
        if let Some(bridge) = self.bridges.get_mut(&port.spec.bridge) {
            for station in port.stations(bridge.vlan_filtering) {
                bridge.withdraw(&station, port.claim);
            }
        }
        Some(port)
    }

    /// Forgets bridges that have no managed port left.
    pub fn prune(&mut self) {
        let ports = &self.ports;
        self.bridges.retain(|name, _| ports.values().any(|port| port.spec.bridge == *name));
    }

    /// Notes which bridge now has a name; true if anything about it is new.
    pub fn note_bridge(&mut self, name: &str, index: Option<u32>, vlan_filtering: bool) -> bool {
        let Some(bridge) = self.bridges.get_mut(name) else { return false };
        if bridge.index == index && (index.is_none() || bridge.vlan_filtering == vlan_filtering) {
            return false;
        }
        bridge.index = index;
        if index.is_some() && bridge.vlan_filtering != vlan_filtering {
            bridge.vlan_filtering = vlan_filtering;
            bridge.claims.clear();
            for port in self.ports_on(name) {
                let again = self.ports[&port].clone();
                self.put(port, again);
            }
        }
        true
    }

    pub fn ports_on(&self, bridge: &str) -> Vec<u32> {
        self.ports.iter().filter(|(_, port)| port.spec.bridge == bridge).map(|(&index, _)| index).collect()
    }

    pub fn find(&self, name: &str) -> Option<u32> {
        self.ports.iter().find(|(_, port)| port.spec.port == name).map(|(&index, _)| index)
    }

    /// How a port should be now; whether it is switched on is left as it is.
    pub fn wanted(&self, index: u32) -> Option<PortWanted> {
        let port = self.ports.get(&index)?;
        let bridge = self.bridges.get(&port.spec.bridge)?;
        let mut stations = port.stations(bridge.vlan_filtering);
        stations.retain(|station| bridge.holder(station) == Some(index));
        Some(PortWanted {
            flags: port.flags(),
            vlans: port.spec.vlans.clone(),
            stations,
            ..PortWanted::default()
        })
    }

    /// The managed port that should hold a station on the bridge with this index.
    pub fn holder_on(&self, bridge: u32, station: &Station) -> Option<u32> {
        self.bridges.values().find(|b| b.index == Some(bridge))?.holder(station)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge_port::PortVlans;

    const MAC: MacAddr = MacAddr([0x52, 0x54, 0, 0, 0, 1]);

    fn port(name: &str) -> ManagedPort {
        ManagedPort::new(PortSpec::new("br0", name, MAC))
    }

    #[test]
    fn the_latest_claim_has_the_station_until_it_goes() {
        let mut state = State::default();
        state.insert(1, port("vnet0"));
        state.insert(2, port("vnet1"));
        assert_eq!(state.bridges["br0"].holder(&(MAC, None)), Some(2));
        assert!(state.wanted(1).unwrap().stations.is_empty());
        // A change of the older one does not take the station back.
        let again = state.ports[&1].clone();
        state.put(1, again);
        assert_eq!(state.bridges["br0"].holder(&(MAC, None)), Some(2));
        state.remove(2);
        assert_eq!(state.wanted(1).unwrap().stations, [(MAC, None)].into());
    }

    #[test]
    fn stations_carry_vlans_only_where_the_bridge_filters() {
        let mut state = State::default();
        let mut tagged = port("vnet0");
        tagged.spec.vlans = PortVlans { untagged: Some(5), tagged: vec![] };
        state.insert(1, tagged);
        assert_eq!(state.wanted(1).unwrap().stations, [(MAC, None)].into());
        assert!(state.note_bridge("br0", Some(9), true));
        assert_eq!(state.wanted(1).unwrap().stations, [(MAC, Some(5))].into());
        assert_eq!(state.holder_on(9, &(MAC, Some(5))), Some(1));
        assert_eq!(state.holder_on(9, &(MAC, None)), None);
    }

    #[test]
    fn a_port_with_its_link_down_claims_nothing() {
        let mut down = port("vnet0");
        down.spec.link_up = false;
        assert!(down.stations(false).is_empty());
    }
}
