//! From what the kernel says of an interface to its description, with those inside of it.

use crate::kernel::{Interface, InterfaceState};
use ferrovirt_conf::interface::{
    ArpMonitor, ArpValidate, Bond, BondMode, HostBridge, HostInterface, HostInterfaceType, HostVlan, Link,
    LinkState, MiiCarrier, MiiMonitor,
};
use ferrovirt_core::{Error, Result};
use ferrovirt_xml::{OnOff, XmlValue};

/// Bonds of bonds there are none, but who knows what a driver says.
const DEEPEST: usize = 4;

impl InterfaceState {
    /// The description of an interface as it is just now.
    pub(crate) fn describe(&self, name: &str) -> Result<HostInterface> {
        self.describe_inside(name, 0)
    }

    fn describe_inside(&self, name: &str, depth: usize) -> Result<HostInterface> {
        if depth > DEEPEST {
            return Err(Error::internal(format!("'{name}' is inside of more interfaces than there can be")));
        }
        let interface = self.find(name)?;
        let kind = kind(&interface);
        let inside = |name: &str| self.describe_inside(name, depth + 1);
        let is = |wanted| kind == wanted;
        Ok(HostInterface {
            kind,
            name: name.to_owned(),
            start: None,
            mtu: if depth == 0 { interface.number("mtu")? } else { 0 },
            protocols: Vec::new(),
            link: (!is(HostInterfaceType::Bridge)).then(|| link(&interface)),
            mac: interface.attribute("address").filter(|_| is(HostInterfaceType::Ethernet)),
            bridge: is(HostInterfaceType::Bridge).then(|| bridge(&interface, inside)).transpose()?,
            bond: is(HostInterfaceType::Bond).then(|| bond(&interface, inside)).transpose()?,
            vlan: is(HostInterfaceType::Vlan).then(|| vlan(name, &self.vlan(name)?)).transpose()?,
        })
    }
}

fn kind(interface: &Interface) -> HostInterfaceType {
    match interface.kind().as_deref() {
        Some("vlan") => HostInterfaceType::Vlan,
        Some("bridge") => HostInterfaceType::Bridge,
        Some("bond") => HostInterfaceType::Bond,
        _ if interface.attribute("bonding/mode").is_some() => HostInterfaceType::Bond,
        // Old kernels do not say; the name does.
        _ if interface.name.contains('.') => HostInterfaceType::Vlan,
        _ => HostInterfaceType::Ethernet,
    }
}

/// The speed is only if there is something at the other end.
fn link(interface: &Interface) -> Link {
    let state = interface.attribute("operstate").and_then(|state| LinkState::from_text(&state));
    let speed = interface.number::<i64>("speed").ok().filter(|_| state == Some(LinkState::Up));
    let speed = speed.filter(|speed| (0..i64::from(i32::MAX)).contains(speed));
    Link { speed: speed.and_then(|speed| u32::try_from(speed).ok()).unwrap_or(0), state }
}

fn bridge(interface: &Interface, inside: impl Fn(&str) -> Result<HostInterface>) -> Result<HostBridge> {
    let delay = interface.attribute("bridge/forward_delay");
    let delay =
        delay.ok_or_else(|| Error::internal(format!("the kernel tells no delay of '{}'", interface.name)))?;
    let stp = match interface.number::<i32>("bridge/stp_state")? {
        0 => Some(OnOff::Off),
        1 => Some(OnOff::On),
        _ => None,
    };
    let ports = interface.names("brif").into_iter().filter(|name| !is_guests(name));
    let interfaces = ports.map(|name| inside(&name)).collect::<Result<_>>()?;
    Ok(HostBridge { stp, delay: Some(delay), interfaces })
}

/// Those of guests are not the host's.
fn is_guests(name: &str) -> bool {
    name.strip_prefix("vnet").is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()))
}

fn bond(interface: &Interface, inside: impl Fn(&str) -> Result<HostInterface>) -> Result<Bond> {
    let number = |name: &str| interface.number::<i32>(&format!("bonding/{name}"));
    // A word, and its number behind it.
    let worded = |name: &str| {
        let text = interface.attribute(&format!("bonding/{name}")).unwrap_or_default();
        let number = text.split_once(' ').and_then(|(_, number)| number.trim().parse::<usize>().ok());
        let missing =
            || Error::internal(format!("the kernel does not tell '{name}' of '{}'", interface.name));
        number.ok_or_else(missing)
    };
    let (freq, interval) = (number("miimon")?, number("arp_interval")?);
    let validate = match worded("arp_validate")? {
        1 => Some(ArpValidate::Active),
        2 => Some(ArpValidate::Backup),
        3 => Some(ArpValidate::All),
        _ => None,
    };
    let arpmon = (interval > 0).then(|| ArpMonitor {
        interval,
        target: interface.attribute("bonding/arp_ip_target").unwrap_or_default(),
        validate,
    });
    let carrier = if number("use_carrier")? == 0 { MiiCarrier::Ioctl } else { MiiCarrier::Netif };
    let (down_delay, up_delay) = (number("downdelay")?, number("updelay")?);
    let miimon = (freq > 0 && arpmon.is_none()).then_some(MiiMonitor {
        freq,
        down_delay,
        up_delay,
        carrier: Some(carrier),
    });
    let names = interface.names("");
    let slaves = names.iter().filter_map(|name| name.strip_prefix("slave_").or(name.strip_prefix("lower_")));
    let mut slaves: Vec<_> = slaves.collect();
    slaves.sort_unstable();
    slaves.dedup();
    let interfaces = slaves.into_iter().map(inside).collect::<Result<_>>()?;
    Ok(Bond { mode: BondMode::ALL.get(worded("mode")?).copied(), miimon, arpmon, interfaces })
}

/// `… VID: 42 …`, and a line `Device: eth0`.
fn vlan(name: &str, text: &str) -> Result<HostVlan> {
    let after = |mark: &str| {
        text.split_once(mark).map(|(_, rest)| rest.split_whitespace().next().unwrap_or_default())
    };
    let tag = after("VID: ").filter(|tag| !tag.is_empty() && tag.bytes().all(|byte| byte.is_ascii_digit()));
    let interface = after("\nDevice: ").filter(|interface| !interface.is_empty());
    match (tag, interface) {
        (Some(tag), Some(interface)) => Ok(HostVlan { tag: tag.to_owned(), interface: interface.to_owned() }),
        _ => Err(Error::internal(format!("what the kernel says of the VLAN '{name}' can't be understood"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrovirt_core::driver::InterfaceDriver;
    use ferrovirt_core::{ErrorCode, abi};
    use std::fs;
    use std::path::Path;

    fn add(root: &Path, name: &str, files: &[(&str, &str)]) {
        let folder = root.join("sys/class/net").join(name);
        let usual =
            [("mtu", "1500\n"), ("operstate", "up\n"), ("address", "52:54:00:00:00:01\n"), ("speed", "-1\n")];
        for (name, content) in usual.iter().chain(files) {
            fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
            fs::write(folder.join(name), content).unwrap();
        }
    }

    fn host() -> tempfile::TempDir {
        let host = tempfile::tempdir().unwrap();
        let root = host.path();
        add(root, "eth0", &[("speed", "1000\n"), ("uevent", "INTERFACE=eth0\nIFINDEX=2\n")]);
        add(
            root,
            "eth1",
            &[("operstate", "down\n"), ("address", "52:54:00:00:00:02\n"), ("brport/state", "3\n")],
        );
        add(root, "vnet0", &[("brport/state", "3\n")]);
        let bridge =
            [("uevent", "DEVTYPE=bridge\n"), ("bridge/forward_delay", "1500\n"), ("bridge/stp_state", "0\n")];
        add(root, "br0", &bridge);
        add(root, "br0", &[("brif/eth1", ""), ("brif/vnet0", "")]);
        add(root, "eth0.42", &[("uevent", "DEVTYPE=vlan\n")]);
        fs::create_dir_all(root.join("proc/net/vlan")).unwrap();
        fs::write(
            root.join("proc/net/vlan/eth0.42"),
            "eth0.42  VID: 42\t REORDER_HDR: 1\nDevice: eth0\nINGRESS",
        )
        .unwrap();
        let bond = [
            ("bonding/mode", "802.3ad 4\n"),
            ("bonding/miimon", "100\n"),
            ("bonding/downdelay", "0\n"),
            ("bonding/updelay", "10\n"),
            ("bonding/arp_interval", "0\n"),
            ("bonding/arp_validate", "none 0\n"),
            ("bonding/use_carrier", "1\n"),
            ("bonding/arp_ip_target", "\n"),
            ("slave_eth0", ""),
        ];
        add(root, "bond0", &bond);
        host
    }

    #[test]
    fn each_kind_is_told_with_what_is_inside() {
        let host = host();
        let state = InterfaceState::at(host.path());
        let xml = |name: &str| state.describe(name).unwrap().to_xml();
        assert_eq!(
            xml("eth0"),
            "<interface type='ethernet' name='eth0'>\n  <mtu size='1500'/>\n  <link speed='1000' state='up'/>\n  \
             <mac address='52:54:00:00:00:01'/>\n</interface>\n"
        );
        let inside = "<bridge stp='off' delay='1500'>\n    <interface type='ethernet' name='eth1'>\n      \
                      <link state='down'/>\n      <mac address='52:54:00:00:00:02'/>\n    </interface>\n  </bridge>";
        assert!(xml("br0").contains(inside), "{}", xml("br0"));
        assert!(
            xml("eth0.42").contains("<vlan tag='42'>\n    <interface name='eth0'/>"),
            "{}",
            xml("eth0.42")
        );
        let bond =
            "<bond mode='802.3ad'>\n    <miimon freq='100' updelay='10' carrier='netif'/>\n    <interface";
        assert!(xml("bond0").contains(bond), "{}", xml("bond0"));
    }

    #[test]
    fn ports_are_found_by_name_and_not_listed() {
        let host = host();
        let state = InterfaceState::at(host.path());
        let names = |flags| {
            let found = state.connect_list_all_interfaces(flags).unwrap();
            found.iter().map(|id| id.name.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(names(0), ["bond0", "br0", "eth0", "eth0.42"]);
        assert!(names(abi::VIR_CONNECT_LIST_INTERFACES_INACTIVE).is_empty());
        let eth1 = state.interface_lookup_by_name("eth1").unwrap();
        assert!(!state.interface_is_active(&eth1).unwrap());
        assert_eq!(&*state.interface_lookup_by_mac_string("52:54:00:00:00:02").unwrap().name, "eth1");
        let code = |mac: &str| state.interface_lookup_by_mac_string(mac).unwrap_err().code();
        assert_eq!(code("52:54:00:00:00:01"), ErrorCode::MultipleInterfaces);
        assert_eq!(code("52:54:00:00:00:09"), ErrorCode::NoInterface);
        assert_eq!(state.interface_lookup_by_name("../net").unwrap_err().code(), ErrorCode::NoInterface);
        let define = state.interface_define_xml("<interface type='ethernet' name='x'/>", 0);
        assert_eq!(define.unwrap_err().code(), ErrorCode::NoSupport);
    }
}
