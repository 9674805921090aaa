//! What must change in the kernel so that a bridge's ports are as wanted: values in, values out.

use std::collections::{BTreeMap, BTreeSet};

use crate::MacAddr;
use crate::bridge_port::{PortFlags, PortVlans, VlanRange};
use crate::fdb::EntryKind;

/// A station as a bridge's table knows it; no VLAN where the bridge does not filter.
pub type Station = (MacAddr, Option<u16>);

/// A port as the kernel has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PortNow {
    /// The bridge that it is in, by index.
    pub bridge: Option<u32>,
    pub flags: Option<PortFlags>,
    pub up: bool,
}

/// A bridge as the kernel has it, as far as the plan needs to know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BridgeNow {
    pub index: u32,
    pub vlan_filtering: bool,
    /// The interfaces that exist, in this bridge or not.
    pub ports: BTreeMap<u32, PortNow>,
    /// Who is behind which port.
    pub stations: BTreeMap<Station, (u32, EntryKind)>,
}

/// A port as it should be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PortWanted {
    pub flags: PortFlags,
    pub vlans: PortVlans,
    /// Stations to put behind it.
    pub stations: BTreeSet<Station>,
    /// Stations that were put behind it and are to go, unless they have moved meanwhile.
    pub dropped: BTreeSet<Station>,
    pub dropped_vlans: PortVlans,
    /// Switch it on or off; `None` leaves it.
    pub up: Option<bool>,
}

/// One step; each is one netlink message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Down { port: u32 },
    Attach { port: u32 },
    DropVlans { port: u32, vlans: PortVlans },
    Program { port: u32, flags: PortFlags, vlans: PortVlans },
    Drop { port: u32, station: Station },
    Put { port: u32, station: Station },
    Up { port: u32 },
}

/// The steps from `current` to `wanted`, in the order in which they must be taken; none if all is right. Ports that
/// are not in `wanted` are never touched, nor is an interface that does not exist.
pub fn plan(current: &BridgeNow, wanted: &BTreeMap<u32, PortWanted>) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut last = Vec::new();
    let there = wanted.iter().filter(|(port, _)| current.ports.contains_key(port));
    let taken: BTreeSet<Station> = there.flat_map(|(_, want)| want.stations.iter().copied()).collect();
    for (&port, want) in wanted {
        let Some(now) = current.ports.get(&port) else { continue };
        plan_port(current, port, now, want, &taken, &mut changes);
        if want.up == Some(true) && !now.up {
            last.push(Change::Up { port });
        }
    }
    // A port goes up only when all flags and stations are in place.
    changes.append(&mut last);
    changes
}

/// `taken` are the stations that some port is to have: who lets one of them go need not drop it, since putting it
/// behind the other port moves it.
fn plan_port(
    current: &BridgeNow,
    port: u32,
    now: &PortNow,
    want: &PortWanted,
    taken: &BTreeSet<Station>,
    changes: &mut Vec<Change>,
) {
    if want.up == Some(false) && now.up {
        changes.push(Change::Down { port });
    }
    let attached = now.bridge == Some(current.index);
    if !attached {
        changes.push(Change::Attach { port });
    }
    let missing: Vec<Station> = want
        .stations
        .iter()
        .filter(|station| !attached || current.stations.get(station) != Some(&(port, EntryKind::Static)))
        .copied()
        .collect();
    let vlans = if current.vlan_filtering { want.vlans.clone() } else { PortVlans::default() };
    if current.vlan_filtering {
        plan_dropped_vlans(attached, port, want, changes);
    }
    // A station can only be put into a VLAN that its port is in; when one is missing, so may be the VLAN.
    let vlan_missing = missing.iter().any(|(_, vlan)| vlan.is_some());
    if !attached || now.flags != Some(want.flags) || vlan_missing {
        changes.push(Change::Program { port, flags: want.flags, vlans });
    }
    for &station in want.dropped.difference(taken) {
        if attached && current.stations.get(&station).is_some_and(|&(holder, _)| holder == port) {
            changes.push(Change::Drop { port, station });
        }
    }
    changes.extend(missing.into_iter().map(|station| Change::Put { port, station }));
}

/// VLANs that a port is to leave. A new port of a filtering bridge is in VLAN 1 without having been asked.
fn plan_dropped_vlans(attached: bool, port: u32, want: &PortWanted, changes: &mut Vec<Change>) {
    let keep = want.vlans.ids();
    let mut leave = if attached { want.dropped_vlans.ids() } else { Vec::new() };
    if !attached && !keep.is_empty() {
        leave.push(1);
    }
    leave.retain(|id| keep.binary_search(id).is_err());
    if !leave.is_empty() {
        let vlans = PortVlans { untagged: None, tagged: ranges(&leave) };
        changes.push(Change::DropVlans { port, vlans });
    }
}

/// Ascending ids as ranges.
fn ranges(ids: &[u16]) -> Vec<VlanRange> {
    let mut ranges: Vec<VlanRange> = Vec::new();
    for &id in ids {
        match ranges.last_mut() {
            Some(range) if range.last + 1 == id => range.last = id,
            _ => ranges.push(VlanRange { first: id, last: id }),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BRIDGE: u32 = 100;
    const MAC: MacAddr = MacAddr([0x52, 0x54, 0, 0, 0, 1]);

    fn bridge(ports: &[(u32, PortNow)]) -> BridgeNow {
        BridgeNow { index: BRIDGE, ports: ports.iter().cloned().collect(), ..Default::default() }
    }

    fn guest() -> PortWanted {
        PortWanted {
            flags: PortFlags::managed(false),
            stations: [(MAC, None)].into(),
            up: Some(true),
            ..Default::default()
        }
    }

    #[test]
    fn a_new_port_is_programmed_before_it_goes_up() {
        let changes = plan(&bridge(&[(1, PortNow::default())]), &[(1, guest())].into());
        assert_eq!(
            changes,
            [
                Change::Attach { port: 1 },
                Change::Program { port: 1, flags: PortFlags::managed(false), vlans: PortVlans::default() },
                Change::Put { port: 1, station: (MAC, None) },
                Change::Up { port: 1 },
            ]
        );
    }

    #[test]
    fn a_station_that_was_learned_elsewhere_is_taken_over() {
        let attached = PortNow { bridge: Some(BRIDGE), flags: Some(PortFlags::managed(false)), up: true };
        let mut now = bridge(&[(1, attached)]);
        for holder in [(9, EntryKind::Learned), (1, EntryKind::Learned), (9, EntryKind::Static)] {
            now.stations.insert((MAC, None), holder);
            assert_eq!(plan(&now, &[(1, guest())].into()), [Change::Put { port: 1, station: (MAC, None) }]);
        }
        now.stations.insert((MAC, None), (1, EntryKind::Static));
        assert_eq!(plan(&now, &[(1, guest())].into()), []);
    }

    #[test]
    fn a_station_that_moves_between_managed_ports_is_put_and_not_dropped() {
        let attached = PortNow { bridge: Some(BRIDGE), flags: Some(PortFlags::managed(false)), up: true };
        let mut now = bridge(&[(1, attached.clone()), (2, attached)]);
        now.stations.insert((MAC, None), (2, EntryKind::Static));
        let gone = PortWanted { stations: BTreeSet::new(), dropped: [(MAC, None)].into(), ..guest() };
        let changes = plan(&now, &[(1, guest()), (2, gone)].into());
        assert_eq!(changes, [Change::Put { port: 1, station: (MAC, None) }]);
    }

    #[test]
    fn only_its_own_station_is_dropped() {
        let attached = PortNow { bridge: Some(BRIDGE), flags: Some(PortFlags::managed(false)), up: true };
        let mut now = bridge(&[(1, attached)]);
        let want = PortWanted { stations: BTreeSet::new(), dropped: [(MAC, None)].into(), ..guest() };
        now.stations.insert((MAC, None), (9, EntryKind::Static));
        assert_eq!(plan(&now, &[(1, want.clone())].into()), []);
        now.stations.insert((MAC, None), (1, EntryKind::Static));
        assert_eq!(plan(&now, &[(1, want)].into()), [Change::Drop { port: 1, station: (MAC, None) }]);
    }

    #[test]
    fn vlans_are_set_on_a_filtering_bridge_and_left_out_on_another() {
        let vlans = PortVlans { untagged: Some(5), tagged: vec![] };
        let want = PortWanted { vlans: vlans.clone(), stations: [(MAC, Some(5))].into(), ..guest() };
        let mut now = bridge(&[(1, PortNow::default())]);
        now.vlan_filtering = true;
        let changes = plan(&now, &[(1, want.clone())].into());
        let one = PortVlans { untagged: None, tagged: vec![VlanRange { first: 1, last: 1 }] };
        assert_eq!(changes[1], Change::DropVlans { port: 1, vlans: one });
        assert!(matches!(&changes[2], Change::Program { vlans: v, .. } if *v == vlans));
        now.vlan_filtering = false;
        let changes = plan(&now, &[(1, PortWanted { stations: [(MAC, None)].into(), ..want })].into());
        assert!(matches!(&changes[1], Change::Program { vlans: v, .. } if v.is_empty()));
    }

    #[test]
    fn an_interface_that_is_gone_is_left_alone() {
        assert_eq!(plan(&bridge(&[]), &[(1, guest())].into()), []);
    }

    #[test]
    fn ids_become_ranges() {
        let range = |first, last| VlanRange { first, last };
        assert_eq!(ranges(&[1, 2, 3, 7, 9, 10]), [range(1, 3), range(7, 7), range(9, 10)]);
    }

    /// A small kernel: what each message does to the bridge.
    fn run(now: &mut BridgeNow, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Down { port } => now.ports.get_mut(port).unwrap().up = false,
                Change::Up { port } => now.ports.get_mut(port).unwrap().up = true,
                Change::Attach { port } => {
                    *now.ports.get_mut(port).unwrap() = PortNow {
                        bridge: Some(BRIDGE),
                        flags: Some(PortFlags::default()),
                        ..now.ports[port]
                    };
                    now.stations.retain(|_, (holder, _)| holder != port);
                }
                Change::DropVlans { .. } => {}
                Change::Program { port, flags, .. } => {
                    let port = now.ports.get_mut(port).unwrap();
                    assert_eq!(port.bridge, Some(BRIDGE), "the kernel refuses flags of what is no port");
                    port.flags = Some(*flags);
                }
                Change::Put { port, station } => {
                    assert_eq!(now.ports[port].bridge, Some(BRIDGE));
                    now.stations.insert(*station, (*port, EntryKind::Static));
                }
                Change::Drop { station, .. } => {
                    now.stations.remove(station).expect("nothing is dropped that is not there");
                }
            }
        }
    }

    fn any_flags() -> impl Strategy<Value = PortFlags> {
        any::<[bool; 5]>().prop_map(
            |[learning, unicast_flood, multicast_flood, broadcast_flood, isolated]| PortFlags {
                learning,
                unicast_flood,
                multicast_flood,
                broadcast_flood,
                isolated,
            },
        )
    }

    fn any_station() -> impl Strategy<Value = Station> {
        (0..6u8).prop_map(|n| (MacAddr([2, 0, 0, 0, 0, n]), None))
    }

    fn any_now() -> impl Strategy<Value = BridgeNow> {
        let bridge = prop_oneof![Just(None), Just(Some(BRIDGE)), Just(Some(7))];
        let port = (bridge, any_flags(), any::<bool>()).prop_map(|(bridge, flags, up)| PortNow {
            bridge,
            flags: bridge.map(|_| flags),
            up,
        });
        let kind = prop_oneof![Just(EntryKind::Learned), Just(EntryKind::Static)];
        let stations = prop::collection::btree_map(any_station(), (0..5u32, kind), 0..6);
        (prop::collection::btree_map(0..5u32, port, 0..5), stations).prop_map(|(ports, mut stations)| {
            stations
                .retain(|_, (port, _)| ports.get(port).is_some_and(|p: &PortNow| p.bridge == Some(BRIDGE)));
            BridgeNow { index: BRIDGE, vlan_filtering: false, ports, stations }
        })
    }

    /// Wanted ports whose stations are apart, as the table of claims hands them out.
    fn any_wanted() -> impl Strategy<Value = BTreeMap<u32, PortWanted>> {
        let owners = prop::collection::btree_map(any_station(), 0..4u32, 0..6);
        let ports = prop::collection::btree_map(
            0..4u32,
            (any_flags(), any::<Option<bool>>(), prop::collection::btree_set(any_station(), 0..3)),
            0..4,
        );
        (owners, ports).prop_map(|(owners, ports)| {
            let stations = |port| owners.iter().filter(move |(_, o)| **o == port).map(|(s, _)| *s).collect();
            ports
                .into_iter()
                .map(|(port, (flags, up, dropped))| {
                    (port, PortWanted { flags, up, dropped, stations: stations(port), ..Default::default() })
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn after_a_plan_there_is_nothing_left_to_do(mut now in any_now(), wanted in any_wanted()) {
            let changes = plan(&now, &wanted);
            run(&mut now, &changes);
            prop_assert_eq!(plan(&now, &wanted), []);
            for (port, want) in &wanted {
                let Some(have) = now.ports.get(port) else { continue };
                prop_assert_eq!(have.flags, Some(want.flags));
                for station in &want.stations {
                    prop_assert_eq!(now.stations.get(station), Some(&(*port, EntryKind::Static)));
                }
            }
        }

        #[test]
        fn ports_of_others_are_never_touched(now in any_now(), wanted in any_wanted()) {
            let mut after = now.clone();
            run(&mut after, &plan(&now, &wanted));
            for (port, before) in now.ports.iter().filter(|(port, _)| !wanted.contains_key(port)) {
                prop_assert_eq!(&after.ports[port], before);
            }
            let claimed = |s: &Station| wanted.values().any(|w| w.stations.contains(s));
            for (station, holder) in now.stations.iter().filter(|(s, h)| !wanted.contains_key(&h.0) && !claimed(s)) {
                prop_assert_eq!(after.stations.get(station), Some(holder));
            }
        }

        #[test]
        fn no_port_is_switched_on_before_the_rest_is_done(now in any_now(), wanted in any_wanted()) {
            let changes = plan(&now, &wanted);
            let first_up = changes.iter().position(|c| matches!(c, Change::Up { .. })).unwrap_or(changes.len());
            let only_up = changes[first_up..].iter().all(|c| matches!(c, Change::Up { .. }));
            prop_assert!(only_up);
        }
    }
}
