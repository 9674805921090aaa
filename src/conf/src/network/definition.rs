//! `<network>`: the whole definition of a virtual network.

use super::{
    Bandwidth, BandwidthUse, Dns, Forward, ForwardMode, IpConfig, PortGroup, Route, VirtualPort, Vlan,
    lenient,
};
use crate::values::Mac;
use ferrovirt_core::{Error, ErrorCode, ErrorDomain, Result};
use ferrovirt_xml::{
    AutoBase, Document, Node, OnOff, RawElement, XmlContent, XmlElement, XmlEnum, XmlValue, YesNo,
    check_strict, to_string,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A virtual network. Field order is output order.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "network", rules = "super::schema::NETWORK")]
pub struct Network {
    /// How many guests' interfaces are plugged in; only while it is active.
    #[xml(attr, default, skip_default)]
    pub connections: u32,
    /// Whether guests reach each other over IPv6 though the network has no IPv6 address.
    #[xml(attr, default, skip_default)]
    pub ipv6: bool,
    /// Whether guests may change the addresses that their interfaces listen to.
    #[xml(attr)]
    pub trust_guest_rx_filters: Option<YesNo>,
    #[xml(value, error = "NoName")]
    pub name: String,
    /// There, once filled in.
    #[xml(value, error = "Internal")]
    pub uuid: Option<Uuid>,
    /// One line for people.
    #[xml(value)]
    pub title: Option<String>,
    #[xml(value)]
    pub description: Option<String>,
    /// What applications keep here, each in its namespace.
    #[xml(raw = "metadata")]
    pub metadata: Option<RawElement>,
    #[xml(child)]
    pub forward: Option<Forward>,
    #[xml(child, omit_empty)]
    pub bridge: Option<Bridge>,
    /// In bytes.
    #[xml(attr = "mtu/@size")]
    pub mtu: Option<u32>,
    /// The bridge's MAC address.
    #[xml(attr = "mac/@address")]
    pub mac: Option<Mac>,
    #[xml(flatten = "domain")]
    pub domain: Option<DnsDomain>,
    #[xml(child, omit_empty)]
    pub dns: Option<Dns>,
    #[xml(child)]
    pub vlan: Option<Vlan>,
    #[xml(child)]
    pub bandwidth: Option<Bandwidth>,
    /// Whether guests can't reach each other.
    #[xml(attr = "port/@isolated")]
    pub port_isolated: Option<YesNo>,
    #[xml(child = "ip")]
    pub ips: Vec<IpConfig>,
    #[xml(child = "route")]
    pub routes: Vec<Route>,
    #[xml(child)]
    pub virtual_port: Option<VirtualPort>,
    #[xml(child = "portgroup")]
    pub port_groups: Vec<PortGroup>,
    #[xml(child, omit_empty)]
    pub dnsmasq: Option<DnsmasqOptions>,
}

/// `<bridge>`: the bridge that guests are plugged into.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "bridge")]
pub struct Bridge {
    #[xml(attr)]
    pub name: Option<String>,
    /// The firewalld zone that it is in.
    #[xml(attr)]
    pub zone: Option<String>,
    #[xml(attr, with = "lenient::only_off")]
    pub stp: Option<OnOff>,
    /// Seconds until a new port forwards.
    #[xml(attr, ignore = "empty")]
    pub delay: Option<u64>,
    #[xml(attr)]
    pub mac_table_manager: Option<MacTableManager>,
}

/// Who keeps the bridge's forwarding table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, XmlEnum)]
pub enum MacTableManager {
    Kernel,
    Libvirt,
}

/// `<domain>`: the DNS domain of the guests.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
pub struct DnsDomain {
    #[xml(attr)]
    pub name: Option<String>,
    /// Whether names in it are never asked for elsewhere.
    #[xml(attr = "localOnly")]
    pub local_only: Option<YesNo>,
    /// Whether the host's resolver is told of it.
    #[xml(attr)]
    pub register: Option<YesNo>,
}

/// `<dnsmasq:options>`: lines for dnsmasq's configuration, as they are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "options", ns = "http://libvirt.org/schemas/network/dnsmasq/1.0", prefix = "dnsmasq")]
pub struct DnsmasqOptions {
    #[xml(child = "option")]
    pub options: Vec<DnsmasqOption>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, XmlElement)]
#[serde(default)]
#[xml(name = "option", ns = "http://libvirt.org/schemas/network/dnsmasq/1.0", prefix = "dnsmasq")]
pub struct DnsmasqOption {
    /// There, or the network driver refuses the network; who runs no dnsmasq does not mind.
    #[xml(attr)]
    pub value: Option<String>,
}

/// A part of a document by itself.
fn part<T: XmlContent>(root: &Node<'_>, name: &'static str) -> Result<Option<T>> {
    root.child(name).map(|node| T::parse(&node)).transpose()
}

impl Network {
    /// Reads, checks and completes a definition; with `strict`, elements that are not in the schema are refused.
    pub fn from_xml(text: &str, strict: bool) -> Result<Self> {
        let read = || {
            let document = Document::parse(text, "network_definition")?.without_layout();
            document.expect_root(Self::TAG)?;
            if strict {
                check_strict::<Self>(&document)?;
            }
            refuse_repeated(&document.root())?;
            let root = document.root();
            let first = |err| Self::read_early(&root).err().unwrap_or(err);
            let mut network: Self =
                document.read().map_err(first).map_err(|err: Error| match spoken_by_reader(&root) {
                    true => err,
                    // A text that is no address is refused by whoever looks addresses up.
                    false if err.code() == ErrorCode::SystemError => err.domain(ErrorDomain::None),
                    false => err.domain(ErrorDomain::Network),
                })?;
            network.prepare();
            network.validate()?;
            network.fill_defaults();
            Ok(network)
        };
        read().map_err(|err: Error| err.or_domain(ErrorDomain::Network))
    }

    /// The definition as text.
    pub fn to_xml(&self) -> String {
        to_string(self)
    }

    /// The definition without what only an active network has.
    pub fn inactive(&self) -> Self {
        let mut network = self.clone();
        network.strip_live();
        network
    }

    /// How guests' traffic leaves.
    pub fn mode(&self) -> ForwardMode {
        self.forward.as_ref().map_or(ForwardMode::None, |forward| forward.mode)
    }

    /// The bridge's name, where it has one.
    pub fn bridge_name(&self) -> Option<&str> {
        self.bridge.as_ref()?.name.as_deref()
    }

    /// The bridge, to be changed; made if there is none.
    pub fn bridge_mut(&mut self) -> &mut Bridge {
        self.bridge.get_or_insert_default()
    }

    pub fn mac_table_manager(&self) -> Option<MacTableManager> {
        self.bridge.as_ref()?.mac_table_manager
    }

    /// The port group of that name, or the default one where no name is given.
    pub fn port_group(&self, name: Option<&str>) -> Option<&PortGroup> {
        self.port_groups.iter().find(|group| match name {
            Some(name) => group.name == name,
            None => group.is_default,
        })
    }

    /// The first device of the forwarding pool, by name.
    pub fn forward_dev(&self) -> Option<&str> {
        Some(self.forward.as_ref()?.interfaces.first()?.dev.as_str())
    }

    /// What counts as absent before anything is checked: how many are connected is for the network itself to say.
    fn prepare(&mut self) {
        self.connections = 0;
        let nonempty = |text: &mut Option<String>| *text = text.take().filter(|text| !text.is_empty());
        if let Some(bridge) = &mut self.bridge {
            nonempty(&mut bridge.name);
            nonempty(&mut bridge.zone);
        }
        self.metadata = self.metadata.take().and_then(RawElement::sanitized);
    }

    /// What every network has, whether it was written or not.
    pub fn fill_defaults(&mut self) {
        self.uuid.get_or_insert_with(Uuid::new_v4);
        self.forward = self.forward.take().filter(|forward| forward.mode != ForwardMode::None);
        self.forward.iter_mut().for_each(Forward::fill_defaults);
        if self.mode().owns_bridge() {
            let bridge = self.bridge_mut();
            bridge.stp.get_or_insert(OnOff::On);
            bridge.delay.get_or_insert(0);
        } else if let Some(bridge) = &mut self.bridge {
            bridge.delay = None;
        }
        self.mtu = self.mtu.filter(|mtu| *mtu > 0);
        self.domain = self.domain.take().filter(|domain| domain.name.is_some());
        self.dns.iter_mut().for_each(Dns::fill_defaults);
        self.vlan.iter_mut().for_each(Vlan::fill_defaults);
        self.bandwidth = self.bandwidth.and_then(Bandwidth::filled);
        self.ips.iter_mut().for_each(IpConfig::fill_defaults);
        self.virtual_port = self.virtual_port.take().and_then(VirtualPort::filled);
        self.port_groups.iter_mut().for_each(PortGroup::fill_defaults);
    }

    /// Of several faults in a document the first is told in the order in which libvirt looks.
    fn read_early(root: &Node<'_>) -> Result<()> {
        let mut early = Self {
            name: root.child("name").map(|name| name.text().into_owned()).unwrap_or_default(),
            ..Self::default()
        };
        early.validate_early()?;
        if let Some(uuid) = root.child("uuid").filter(|_| !early.name.is_empty()) {
            ferrovirt_xml::rt::text::<Uuid>(&Some(uuid), ErrorCode::Internal.into())?;
        }
        early.domain = part(root, "domain")?;
        early.validate_early()?;
        early.bandwidth = part(root, "bandwidth")?;
        early.validate_early()?;
        early.vlan = part(root, "vlan")?;
        early.validate_early()?;
        early.dns = part(root, "dns")?;
        early.validate_early()
    }

    /// Refuses what contradicts. Must be asked before `fill_defaults`, which drops what is without effect.
    pub fn validate(&self) -> Result<()> {
        let name = &self.name;
        self.validate_early()?;
        if let Some(port) = &self.virtual_port {
            port.validate()?;
            if port.kind.is_none() {
                let text = format!("the <virtualport> of network '{name}' needs a type");
                return Err(Error::xml(text).domain(ErrorDomain::None));
            }
        }
        self.port_groups.iter().try_for_each(PortGroup::validate)?;
        self.ips.iter().try_for_each(|ip| ip.validate(name))?;
        self.routes.iter().try_for_each(|route| route.validate(&format!("network '{name}'")))?;
        self.routes.iter().try_for_each(|route| route.check_gateway(name, &self.ips))?;
        self.forward.as_ref().map_or(Ok(()), |forward| forward.validate(name))?;
        self.validate_mode()
    }

    fn validate_early(&self) -> Result<()> {
        let name = &self.name;
        if name.contains('/') {
            let text = format!("the network's name '{name}' must not contain '/'");
            return Err(Error::new(ErrorCode::XmlDetail, text).domain(ErrorDomain::Xml));
        }
        if self.title.as_ref().is_some_and(|title| title.contains('\n')) {
            return Err(Error::xml(format!("the <title> of network '{name}' must be one line")));
        }
        if let Some(domain) = &self.domain
            && domain.register == Some(YesNo::Yes)
            && domain.local_only != Some(YesNo::Yes)
        {
            return Err(Error::config_unsupported(format!(
                "<domain register='yes'> of network '{name}' needs localOnly='yes' beside it"
            )));
        }
        self.bandwidth.as_ref().map_or(Ok(()), |bandwidth| bandwidth.validate(BandwidthUse::default()))?;
        self.vlan.as_ref().map_or(Ok(()), Vlan::validate)?;
        if let Some(mac) = self.mac.filter(|mac| mac.is_multicast()) {
            return Err(Error::xml(format!("the <mac> {mac} of network '{name}' is the address of a group")));
        }
        self.dns.as_ref().map_or(Ok(()), |dns| dns.validate(name))
    }

    /// What must fit together with the way of forwarding.
    fn validate_mode(&self) -> Result<()> {
        let (mode, name) = (self.mode(), &self.name);
        let refuse = |why: &str| Err(Error::xml(format!("network '{name}' with mode='{mode}' {why}")));
        let interfaces = self
            .forward
            .as_ref()
            .map_or(0, |forward| forward.interfaces.len().max(usize::from(forward.dev.is_some())));
        let pool = self
            .forward
            .as_ref()
            .map_or(0, |forward| interfaces.max(forward.addresses.len()) + usize::from(forward.pf.is_some()));
        let none = Bridge::default();
        let bridge = self.bridge.as_ref().unwrap_or(&none);
        match mode {
            ForwardMode::None => {}
            ForwardMode::Nat | ForwardMode::Route => {
                if self.ips.is_empty() {
                    return refuse("needs an <ip>");
                }
                if interfaces > 1 || pool > 1 {
                    return refuse("can forward to one device only");
                }
            }
            ForwardMode::Open if interfaces > 0 => return refuse("can't be restricted to a device"),
            ForwardMode::Open => {}
            _ => {
                if mode != ForwardMode::Bridge {
                    let given = [
                        (bridge.name.is_some(), "can't have a bridge's name"),
                        (bridge.zone.is_some(), "can't have a bridge's zone"),
                        (bridge.mac_table_manager.is_some(), "can't have a bridge's macTableManager"),
                    ];
                    if let Some((_, why)) = given.iter().find(|(given, _)| *given) {
                        return refuse(why);
                    }
                }
                if bridge.delay.unwrap_or(0) > 0 || bridge.stp.is_some() || bridge.zone.is_some() {
                    return refuse("can't have delay, stp or zone of a bridge: it has none of its own");
                }
                if bridge.name.is_some() && pool > 0 {
                    return refuse("can have a bridge's name or a device to forward to, but not both");
                }
                if self.mtu.unwrap_or(0) > 0 {
                    return refuse("can't have <mtu>: it has no bridge of its own");
                }
            }
        }
        Ok(())
    }

    /// Takes out what only an active network has.
    pub fn strip_live(&mut self) {
        self.strip_counts();
        self.forward.iter_mut().for_each(Forward::strip_live);
    }

    /// Takes out how many guests use what.
    pub fn strip_counts(&mut self) {
        self.connections = 0;
        self.forward.iter_mut().for_each(Forward::strip_counts);
    }
}

/// Numbers and switches that the reader refuses in its own name; all else that can't be read is refused in the
/// network's.
fn spoken_by_reader(root: &Node<'_>) -> bool {
    let switch = |text: &str| YesNo::from_text(text).is_some();
    let number = |text: &str| u64::from_text(text).is_some();
    let address = |text: &str| AutoBase::<u32>::from_text(text).is_some();
    let bad = |node: &Node<'_>, names: &[&str], good: &dyn Fn(&str) -> bool| {
        names.iter().any(|name| node.attr(name).is_some_and(|text| !good(text)))
    };
    let here = match root.name() {
        "network" => bad(root, &["ipv6", "trustGuestRxFilters"], &switch),
        "portgroup" => bad(root, &["trustGuestRxFilters"], &switch),
        "domain" => bad(root, &["localOnly", "register"], &switch),
        "dns" => bad(root, &["enable", "forwardPlainNames"], &switch),
        "port" => bad(root, &["isolated"], &switch),
        "ip" => bad(root, &["localPtr"], &switch) || bad(root, &["prefix"], &number),
        "lease" => bad(root, &["expiry"], &number) || root.attr("unit").is_some(),
        "bootp" => root.attr("file").is_none(),
        "inbound" | "outbound" => bad(root, &["average", "peak", "floor", "burst"], &number),
        "address" => bad(root, &["domain", "bus", "slot", "function"], &address),
        _ => false,
    };
    here || root.children().any(|child| spoken_by_reader(&child))
}

/// Some elements may be there once only; of others libvirt takes the first, and so do we.
fn refuse_repeated(root: &Node<'_>) -> Result<()> {
    let Some(forward) = root.child("forward") else { return Ok(()) };
    once(&forward, "nat")?;
    if let Some(nat) = forward.child("nat") {
        once(&nat, "address")?;
        once(&nat, "port")?;
    }
    let pool = forward.child("interface").is_some() || forward.child("address").is_some();
    if !pool {
        once(&forward, "pf")?;
    }
    match forward.children_named("address").find(|address| address.attr("type").is_none()) {
        Some(address) => Err(address.missing_attr("type", ErrorCode::XmlError)),
        None => Ok(()),
    }
}

fn once(parent: &Node<'_>, name: &'static str) -> Result<()> {
    match parent.children_named(name).nth(1) {
        Some(second) => {
            let text = format!("<{}> can have only one <{name}>", parent.name());
            Err(second.error(ErrorCode::XmlError, text))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(inside: &str) -> ErrorCode {
        Network::from_xml(&format!("<network><name>n</name>{inside}</network>"), false).unwrap_err().code()
    }

    #[test]
    fn contradictions_have_the_codes_of_libvirt() {
        use ErrorCode::{ConfigUnsupported, Internal, NoName, SystemError, XmlDetail, XmlError};
        assert_eq!(Network::from_xml("<network/>", false).unwrap_err().code(), NoName);
        assert_eq!(
            Network::from_xml("<network><name>a/b</name></network>", false).unwrap_err().code(),
            XmlDetail
        );
        let ip = "<ip address='10.0.0.1' prefix='24'/>";
        let dhcp = |inside: &str| format!("<ip address='10.0.0.1' prefix='24'><dhcp>{inside}</dhcp></ip>");
        for (inside, code) in [
            ("<uuid>no</uuid>".to_owned(), Internal),
            ("<title>a\nb</title>".into(), XmlError),
            ("<forward/>".into(), XmlError),
            ("<forward mode='sideways'/>".into(), ConfigUnsupported),
            (format!("<forward mode='open' dev='eth0'/>{ip}"), XmlError),
            ("<forward mode='vepa'/><bridge name='br0'/>".into(), XmlError),
            ("<forward mode='bridge'/><bridge name='br0' stp='on'/>".into(), XmlError),
            ("<forward mode='bridge' dev='eth0'/><bridge name='br0'/>".into(), XmlError),
            ("<forward mode='bridge'/><bridge name='br0'/><mtu size='9000'/>".into(), XmlError),
            (format!("<forward><nat/><nat/></forward>{ip}"), XmlError),
            (format!("<forward mode='route'><nat/></forward>{ip}"), XmlError),
            (format!("<forward><nat><address start='1.2.3.4' end='1.2.3.1'/></nat></forward>{ip}"), Internal),
            (format!("<forward><nat><port start='9' end='1'/></nat></forward>{ip}"), XmlDetail),
            ("<forward mode='hostdev'><address/></forward>".into(), XmlError),
            ("<forward mode='hostdev'><address type='usb'/></forward>".into(), ConfigUnsupported),
            ("<domain name='d' register='yes'/>".into(), ConfigUnsupported),
            ("<mac address='01:00:5e:00:00:01'/>".into(), XmlError),
            ("<virtualport/>".into(), XmlError),
            ("<dns enable='no'><txt name='a' value='b'/></dns>".into(), XmlError),
            ("<dns><srv service='a' protocol='tcp' port='1'/></dns>".into(), XmlDetail),
            ("<dns><host><hostname>a</hostname></host></dns>".into(), XmlDetail),
            ("<dns><forwarder/></dns>".into(), XmlError),
            ("<ip address='10.0.0.1' prefix='33'/>".into(), ConfigUnsupported),
            ("<ip address='2001:db8::1'/>".into(), ConfigUnsupported),
            ("<ip family='ipv6' address='2001:db8::1' netmask='255.0.0.0'/>".into(), ConfigUnsupported),
            (format!("{ip}<route address='10.1.0.0' prefix='16' gateway='10.9.0.2'/>"), ConfigUnsupported),
            (format!("{ip}<route address='10.1.0.1' prefix='16' gateway='10.0.0.2'/>"), XmlError),
            (dhcp("<range start='x' end='10.0.0.9'/>"), SystemError),
            (dhcp("<range end='10.0.0.9'/>"), XmlError),
            (dhcp("<range start='10.0.0.0' end='10.0.0.9'/>"), Internal),
            (dhcp("<range start='10.0.0.9' end='10.0.0.2'/>"), Internal),
            (dhcp("<range start='10.0.1.2' end='10.0.1.9'/>"), Internal),
            (dhcp("<host ip='10.0.0.9'/>"), XmlError),
            (
                dhcp("<host mac='52:54:00:00:00:01' ip='10.0.0.9'><lease expiry='1'/></host>"),
                ConfigUnsupported,
            ),
            ("<bandwidth><inbound average='1' floor='1'/></bandwidth>".into(), ConfigUnsupported),
        ] {
            assert_eq!(refused(&inside), code, "{inside}");
        }
    }

    #[test]
    fn a_uuid_is_looked_at_before_what_is_served() {
        let served = "<dns enable='no'><txt name='a' value='b'/></dns>";
        assert_eq!(refused(&format!("{served}<uuid>no</uuid>")), ErrorCode::Internal);
        assert_eq!(refused(served), ErrorCode::XmlError);
    }

    #[test]
    fn the_reader_refuses_numbers_and_switches_and_the_network_all_else() {
        let domain = |text: &str| Network::from_xml(text, false).unwrap_err().error_domain();
        assert_eq!(domain("<network/>"), ErrorDomain::Network);
        for range in ["start='x' end='10.0.0.9'", "start='10.0.0.9' end='10.0.0.2'"] {
            let text = format!("<ip address='10.0.0.1' prefix='24'><dhcp><range {range}/></dhcp></ip>");
            assert_eq!(domain(&format!("<network><name>n</name>{text}</network>")), ErrorDomain::None);
        }
        for (inside, own) in [
            ("<uuid>no</uuid>", true),
            ("<portgroup/>", true),
            ("<ip netmask='255.0.0.0'/>", true),
            ("<ip address='no'/>", true),
            ("<ip family='no' address='10.0.0.1'/>", true),
            ("<forward mode='sideways'/>", true),
            ("<ip address='10.0.0.1' prefix='yes'/>", false),
            ("<dns enable='0'/>", false),
            ("<bandwidth><inbound average='1' burst=''/></bandwidth>", false),
            ("<forward mode='hostdev'><address type='pci' domain='x'/></forward>", false),
        ] {
            let whose = if own { ErrorDomain::Network } else { ErrorDomain::Xml };
            assert_eq!(domain(&format!("<network><name>n</name>{inside}</network>")), whose, "{inside}");
        }
    }

    #[test]
    fn what_was_left_out_is_filled_in() {
        let network =
            Network::from_xml("<network><name>n</name><forward mode='none'/></network>", false).unwrap();
        assert_eq!(network.mode(), ForwardMode::None);
        assert!(network.uuid.is_some() && network.forward.is_none());
        let usual = "<network><name>n</name><forward mode=''/><ip address='10.0.0.1'/></network>";
        assert_eq!(Network::from_xml(usual, false).unwrap().mode(), ForwardMode::Nat);
        let bridge = network.bridge.unwrap();
        assert_eq!((bridge.stp, bridge.delay, bridge.name), (Some(OnOff::On), Some(0), None));
    }

    #[test]
    fn live_parts_are_taken_out() {
        let text = "<network connections='2'><name>n</name><forward mode='bridge'><interface dev='eth0' \
                    connections='2'/></forward></network>";
        let mut network = Network::from_xml(text, true).unwrap();
        network.connections = 3;
        assert!(network.to_xml().contains("<network connections='3'>"));
        assert!(!network.inactive().to_xml().contains("connections"));
    }
}
