//! Every kind of field: what is read, what is written, and where an error points.

use ferrovirt_core::{ErrorCode, ErrorDomain};
use ferrovirt_xml::check::{check, check_error, check_same};
use ferrovirt_xml::{Hex, OnOff, RawElement, Span, XmlElement, XmlEnum, YesNo, from_str};

#[derive(Debug, Clone, Copy, PartialEq, Eq, XmlEnum)]
enum Model {
    Virtio,
    VirtioTransitional,
    E1000,
    #[xml(name = "ne2k_pci")]
    Ne2k,
}

#[derive(Debug, Clone, PartialEq, Default, XmlElement)]
struct VirtioOptions {
    #[xml(attr)]
    iommu: Option<OnOff>,
    #[xml(attr = "page_per_vq")]
    page_per_vq: Option<OnOff>,
}

#[derive(Debug, Clone, PartialEq, XmlElement)]
#[xml(name = "address")]
struct Address {
    #[xml(attr)]
    bus: Hex<u8, 2>,
}

#[derive(Debug, Clone, PartialEq, XmlElement)]
#[xml(tag = "type")]
enum Kind {
    Network {
        #[xml(attr = "source/@network")]
        network: String,
        #[xml(attr = "source/@portgroup")]
        port_group: Option<String>,
    },
    Bridge(BridgeSource),
    #[xml(default)]
    User,
}

#[derive(Debug, Clone, PartialEq, XmlElement)]
struct BridgeSource {
    #[xml(attr = "source/@bridge")]
    bridge: String,
}

#[derive(Debug, Clone, PartialEq, XmlElement)]
#[xml(name = "interface")]
struct Interface {
    #[xml(flatten)]
    kind: Kind,
    #[xml(attr = "trustGuestRxFilters")]
    trust: Option<YesNo>,
    #[xml(attr = "mac/@address")]
    mac: Option<String>,
    #[xml(attr = "model/@type", error = "ConfigUnsupported")]
    model: Option<Model>,
    #[xml(attr = "driver/@queues")]
    queues: Option<u32>,
    #[xml(flatten = "driver")]
    virtio: VirtioOptions,
    #[xml(attr = "driver/host/@gso")]
    gso: Option<OnOff>,
    #[xml(value = "mtu")]
    mtu: Option<u16>,
    #[xml(value = "tag")]
    tags: Vec<String>,
    #[xml(flag)]
    acpi: bool,
    #[xml(child)]
    address: Option<Address>,
    #[xml(child = "hop")]
    hops: Vec<Address>,
    #[xml(span)]
    span: Span,
    #[xml(skip)]
    cache: Option<u32>,
}

#[test]
fn all_kinds_round_trip() {
    check_same::<Interface>(
        "<interface type='network' trustGuestRxFilters='yes'>
  <source network='default' portgroup='a&amp;b'/>
  <mac address='52:54:00:00:00:01'/>
  <model type='virtio-transitional'/>
  <driver queues='4' iommu='on' page_per_vq='off'>
    <host gso='off'/>
  </driver>
  <mtu>1500</mtu>
  <tag>one</tag>
  <tag>two</tag>
  <acpi/>
  <address bus='0x0a'/>
  <hop bus='0x01'/>
  <hop bus='0xff'/>
</interface>",
    );
}

#[test]
fn absent_parts_leave_no_trace() {
    check::<Interface>("<interface/>", "<interface type='user'/>");
    check::<Interface>("<interface><driver/><mtu></mtu></interface>", "<interface type='user'/>");
}

#[test]
fn a_variant_may_be_a_struct() {
    check_same::<Interface>("<interface type='bridge'>\n  <source bridge='br0'/>\n</interface>");
}

#[test]
fn strangers_are_ignored_and_the_first_wins() {
    check::<Interface>(
        "<interface type='user' zzz='1'><what/><mac address='a'/><mac address='b'/>\
         <x:mtu xmlns:x='urn:x'>3</x:mtu><address bus='010'/></interface>",
        "<interface type='user'>\n  <mac address='a'/>\n  <address bus='0x08'/>\n</interface>",
    );
}

#[test]
fn a_bad_value_names_attribute_element_value_and_place() {
    let text = "<interface>\n  <model type='e1001'/>\n</interface>";
    assert_eq!(
        check_error::<Interface>(text, ErrorCode::ConfigUnsupported),
        "unsupported configuration: line 2, column 10: invalid value 'e1001' for attribute 'type' of <model>: \
         one of virtio, virtio-transitional, e1000, ne2k_pci is expected"
    );
    assert_eq!(
        check_error::<Interface>("<interface><mtu>65536</mtu></interface>", ErrorCode::XmlError),
        "XML error: line 1, column 12: invalid value '65536' in <mtu>: an integer from 0 to 65535 is expected"
    );
    assert_eq!(
        check_error::<Interface>("<interface type='foo'/>", ErrorCode::XmlError),
        "XML error: line 1, column 12: invalid value 'foo' for attribute 'type' of <interface>: \
         one of network, bridge, user is expected"
    );
}

#[test]
fn a_missing_value_names_the_innermost_element_there_is() {
    assert_eq!(
        check_error::<Interface>("<interface type='network'>\n <source/></interface>", ErrorCode::XmlError),
        "XML error: line 2, column 2: attribute 'network' of <source> is missing"
    );
    assert_eq!(
        check_error::<Interface>("<interface type='bridge'/>", ErrorCode::XmlError),
        "XML error: line 1, column 1: element <source> with attribute 'bridge' is missing in <interface>"
    );
}

#[test]
fn spans_point_at_the_element_and_never_make_a_difference() {
    let a: Interface = from_str("<interface/>", "t").unwrap();
    let b: Interface = from_str("<?xml version='1.0'?>\n\n  <interface/>", "t").unwrap();
    assert_eq!((b.span.line, b.span.column), (3, 3));
    assert_eq!(a, b);
}

#[derive(Debug, Clone, PartialEq, Default, XmlElement)]
#[xml(name = "devices", block)]
struct Devices {
    #[xml(choice)]
    all: Vec<Device>,
}

#[derive(Debug, Clone, PartialEq, XmlElement)]
#[xml(choice)]
enum Device {
    Interface(Box<Interface>),
    #[xml(value)]
    Emulator(String),
    Panic,
    Watchdog {
        #[xml(attr)]
        model: String,
    },
    #[xml(name = "route")]
    Hop(Address),
}

fn is_off(value: &bool) -> bool {
    !value
}

/// A size with its unit: an element's text and its attribute, checked together.
mod mebibytes {
    use ferrovirt_core::Result;
    use ferrovirt_xml::{Node, Shape, Writer};

    pub fn parse(node: &Node<'_>) -> Result<u64> {
        let size = node.child("size").and_then(|n| n.text().parse::<u64>().ok());
        Ok(size.unwrap_or(0) * 1024)
    }

    pub fn write_attrs(_: &u64, _: &mut Writer) {}

    pub fn write_children(value: &u64, w: &mut Writer) {
        w.open("size");
        w.attr_str("unit", "MiB");
        w.text(&(value / 1024));
        w.close("size");
    }

    pub fn shape() -> &'static Shape {
        Shape::ANY
    }
}

/// A list in one attribute.
mod comma_list {
    use ferrovirt_xml::{TextWriter, ValueKind};

    pub const KIND: ValueKind = ValueKind::Named("a list");

    pub fn from_text(text: &str) -> Option<Vec<String>> {
        (!text.is_empty()).then(|| text.split(',').map(str::to_owned).collect())
    }

    pub fn write_text(value: &[String], out: &mut TextWriter<'_>) {
        out.push(&value.join(","));
    }
}

type Names = Vec<String>;

#[derive(Debug, Clone, PartialEq, XmlElement)]
#[xml(name = "domain")]
struct Domain {
    #[xml(attr, default = "String::from(\"qemu\")")]
    r#type: String,
    #[xml(attr, default, skip_default)]
    id: u32,
    #[xml(attr, with = "comma_list")]
    names: Option<Names>,
    #[xml(value)]
    name: String,
    #[xml(value = "memory")]
    memory: Option<u64>,
    #[xml(attr = "memory/@unit")]
    unit: Option<String>,
    #[xml(with = "mebibytes")]
    size: u64,
    #[xml(attr = "on_poweroff/@how", default, skip_if = "is_off")]
    power_off: bool,
    #[xml(raw)]
    metadata: Option<RawElement>,
    #[xml(child, default, omit_empty)]
    features: Features,
    #[xml(child, default)]
    devices: Devices,
    #[xml(child)]
    commandline: Option<Commandline>,
}

#[derive(Debug, Clone, PartialEq, Default, XmlElement)]
#[xml(name = "features")]
struct Features {
    #[xml(flag)]
    acpi: bool,
    #[xml(flag)]
    pae: bool,
}

#[derive(Debug, Clone, PartialEq, XmlElement)]
#[xml(name = "commandline", ns = "http://libvirt.org/schemas/domain/qemu/1.0", prefix = "qemu")]
struct Commandline {
    #[xml(child, required)]
    args: Vec<Argument>,
    #[xml(attr = "env/@name")]
    env: Option<String>,
}

#[derive(Debug, Clone, PartialEq, XmlElement)]
#[xml(name = "arg", ns = "http://libvirt.org/schemas/domain/qemu/1.0", prefix = "qemu")]
struct Argument {
    #[xml(attr)]
    value: String,
}

#[test]
fn the_rest_round_trips() {
    check_same::<Domain>(
        "<domain type='kvm' id='3' names='a,b' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>web</name>
  <memory unit='KiB'>4096</memory>
  <size unit='MiB'>7</size>
  <on_poweroff how='yes'/>
  <metadata>
    <x:a xmlns:x=\"urn:x\" q=\"1\"/>
  </metadata>
  <features>
    <pae/>
  </features>
  <devices>
    <emulator>/bin/qemu</emulator>
    <interface type='user'/>
    <panic/>
    <watchdog model='itco'/>
    <route bus='0x01'/>
    <emulator>again</emulator>
  </devices>
  <qemu:commandline>
    <qemu:arg value='-s'/>
    <qemu:env name='X'/>
  </qemu:commandline>
</domain>",
    );
}

#[test]
fn defaults_fill_what_is_not_there() {
    check::<Domain>(
        "<domain><name>x</name></domain>",
        "<domain type='qemu'>\n  <name>x</name>\n  <size unit='MiB'>0</size>\n  <devices>\n  </devices>\n</domain>",
    );
}

#[test]
fn a_namespace_may_be_declared_anywhere_and_under_any_prefix() {
    check::<Domain>(
        "<domain><name>x</name><commandline xmlns='http://libvirt.org/schemas/domain/qemu/1.0'><arg value='1'/>\
         </commandline></domain>",
        "<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>x</name>
  <size unit='MiB'>0</size>
  <devices>
  </devices>
  <qemu:commandline>
    <qemu:arg value='1'/>
  </qemu:commandline>
</domain>",
    );
}

#[test]
fn required_children_are_asked_for_by_name() {
    let text = "<domain><name>x</name><q:commandline xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'/></domain>";
    let message = check_error::<Domain>(text, ErrorCode::XmlError);
    assert!(message.ends_with("element <arg> is missing in <commandline>"), "{message}");
    let message = check_error::<Domain>("<domain><name/></domain>", ErrorCode::XmlError);
    assert!(message.ends_with("<name> is empty"), "{message}");
}

#[test]
fn another_root_is_refused() {
    let message = check_error::<Domain>("<network/>", ErrorCode::XmlError);
    assert_eq!(message, "XML error: expecting root element of 'domain', not 'network'");
}

#[test]
fn enums_know_their_texts() {
    assert_eq!(Model::ALL.map(Model::as_str), ["virtio", "virtio-transitional", "e1000", "ne2k_pci"]);
    assert_eq!("e1000".parse::<Model>().unwrap(), Model::E1000);
    assert_eq!(Model::Ne2k.to_string(), "ne2k_pci");
    assert_eq!("rtl".parse::<Model>().unwrap_err().code(), ErrorCode::XmlError);
}

#[derive(Debug, Clone, PartialEq, XmlElement)]
#[xml(name = "port", domain = "None")]
struct Port {
    #[xml(attr, ignore = "empty", error = "ConfigUnsupported", missing = "XmlError")]
    kind: Model,
    #[xml(attr, ignore = "bad")]
    state: Option<OnOff>,
    #[xml(attr, domain = "Xml")]
    number: Option<u8>,
}

#[test]
fn a_field_says_what_counts_as_absent_and_whose_its_errors_are() {
    check::<Port>("<port kind='e1000' state='perhaps'/>", "<port kind='e1000'/>");
    check_error::<Port>("<port kind=''/>", ErrorCode::XmlError);
    check_error::<Port>("<port kind='x'/>", ErrorCode::ConfigUnsupported);
    let domain = |xml: &str| {
        let err = from_str::<Port>(xml, "test").unwrap_err();
        err.domain(ErrorDomain::Storage).error_domain()
    };
    assert_eq!(domain("<port/>"), ErrorDomain::None);
    assert_eq!(domain("<port kind='e1000' number='x'/>"), ErrorDomain::Xml);
}
