use super::*;
use ferrovirt_core::ErrorCode::{self, ConfigUnsupported, InvalidArg, Overflow, XmlDetail, XmlError};
use ferrovirt_xml::check::{check, check_error, check_same};
use ferrovirt_xml::{from_str, to_string};

const MAC: &str = "<mac address='52:54:00:11:22:33'/>";

fn filled(text: &str) -> Interface {
    let mut card: Interface = from_str(text, "test").unwrap();
    card.fill_defaults(&Context::default());
    card
}

#[test]
fn connections_of_all_kinds_print_back() {
    for (kind, source) in [
        ("user", ""),
        ("user", "<source dev='eth0'/>"),
        ("ethernet", ""),
        (
            "ethernet",
            "<source>\n    <ip address='10.0.0.1' family='ipv4' prefix='8' peer='10.0.0.2'/>\n  </source>",
        ),
        (
            "vhostuser",
            "<source type='unix' path='/s' mode='client'>\n    <reconnect enabled='yes' timeout='10'/>\n  </source>",
        ),
        ("server", "<source port='5558'/>"),
        ("client", "<source address='10.0.0.1' port='5558'/>"),
        ("mcast", "<source address='230.0.0.1' port='5558'/>"),
        (
            "network",
            "<source network='default' portgroup='a' portid='09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f' \
          bridge='virbr0' macTableManager='libvirt'/>",
        ),
        ("bridge", "<source bridge='br0'/>"),
        ("internal", "<source name='x'/>"),
        ("direct", "<source dev='eth0' mode='passthrough'/>"),
        (
            "udp",
            "<source address='127.0.0.1' port='1'>\n    <local address='127.0.0.1' port='2'/>\n  </source>",
        ),
        ("vdpa", "<source dev='/dev/vhost-vdpa-0'/>"),
        ("null", ""),
        (
            "vds",
            "<source switchid='09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f' portid='1' portgroupid='g' connectionid='2'/>",
        ),
    ] {
        let line = if source.is_empty() { String::new() } else { format!("\n  {source}") };
        check_same::<Interface>(&format!("<interface type='{kind}'>\n  {MAC}{line}\n</interface>"));
    }
    check_same::<Interface>(&format!(
        "<interface type='hostdev' managed='yes'>
  {MAC}
  <driver name='vfio'/>
  <source>
    <address type='pci' domain='0x0000' bus='0x03' slot='0x07' function='0x1'/>
  </source>
</interface>"
    ));
}

#[test]
fn a_card_with_everything_prints_back() {
    check_same::<Interface>(
        "<interface type='network' trustGuestRxFilters='yes'>
  <mac address='52:54:00:11:22:33' type='static' check='no' currentAddress='52:54:00:11:22:44'/>
  <source network='default'/>
  <vlan>
    <tag id='42'/>
  </vlan>
  <virtualport type='openvswitch'/>
  <bandwidth>
    <inbound average='1000' floor='100'/>
  </bandwidth>
  <port isolated='yes'/>
  <actual type='bridge' trustGuestRxFilters='yes'>
    <source bridge='br0' macTableManager='kernel'/>
    <class id='3'/>
    <port isolated='no'/>
  </actual>
  <ip address='192.168.122.5' family='ipv4' prefix='24'/>
  <route family='ipv4' address='0.0.0.0' gateway='192.168.122.1'/>
  <portForward proto='tcp' address='2001:db8::1' dev='eth0'>
    <range start='80' end='90' to='8080'/>
    <range start='85' exclude='yes'/>
  </portForward>
  <script path='/up'/>
  <downscript path='/down'/>
  <backenddomain name='netvm'/>
  <target dev='vnet0' managed='no'/>
  <guest dev='eth0' actual='eth1'/>
  <model type='virtio'/>
  <driver name='vhost' txmode='iothread' ioeventfd='on' event_idx='off' queues='5' rx_queue_size='256' rss='on' iommu='on'>
    <host csum='off' gso='off' mrg_rxbuf='off'/>
    <guest csum='off' ufo='off'/>
  </driver>
  <backend type='passt' tap='/t' vhost='/v' logFile='/l'/>
  <filterref filter='clean-traffic'>
    <parameter name='IP' value='10.0.0.1'/>
  </filterref>
  <tune>
    <sndbuf>0</sndbuf>
  </tune>
  <teaming type='transient' persistent='ua-x'/>
  <link state='down'/>
  <mtu size='1500'/>
  <coalesce>
    <rx>
      <frames max='32'/>
    </rx>
  </coalesce>
  <boot order='2'/>
  <alias name='net0'/>
  <rom bar='on' file='/r'/>
  <acpi index='3'/>
  <address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x0'/>
</interface>",
    );
}

#[test]
fn models_are_known_in_any_case() {
    let text =
        |model: &str| format!("<interface type='null'>\n  {MAC}\n  <model type='{model}'/>\n</interface>");
    check::<Interface>(&text("VIRTIO"), &text("virtio"));
    check::<Interface>(&text("am79c970a"), &text("Am79C970A"));
    check_same::<Interface>(&text("e1000-82544gc"));
    check_error::<Interface>(&text("a b"), InvalidArg);
}

#[test]
fn the_driver_of_other_cards_is_dropped() {
    let card = format!("<interface type='null'>\n  {MAC}\n  <model type='e1000'/>\n</interface>");
    check::<Interface>(&card.replace("<model", "<driver name='vhost' queues='3'/><model"), &card);
    check_error::<Interface>(&card.replace("<model", "<driver iommu='on'/><model"), ConfigUnsupported);
}

#[test]
fn defaults_are_filled_in() {
    let card = filled(
        "<interface type='network'><source network='n'/><filterref filter='f'>\
        <parameter name='B' value='2'/><parameter name='A' value='1'/><parameter name='-' value='1'/></filterref>\
        <bandwidth/><model type='virtio'/><driver queues='1'/></interface>",
    );
    let mac = card.mac_address().unwrap();
    assert!(mac.to_string().starts_with("52:54:00:"));
    assert_eq!(
        to_string(&card).replace(&mac.to_string(), "MAC"),
        "<interface type='network'>
  <mac address='MAC'/>
  <source network='n'/>
  <model type='virtio'/>
  <filterref filter='f'>
    <parameter name='A' value='1'/>
    <parameter name='B' value='2'/>
  </filterref>
</interface>
"
    );
    let card = filled(&format!("<interface type='vhostuser'>{MAC}<source path='/s'/></interface>"));
    assert!(to_string(&card).contains("<source type='unix' path='/s' mode='client'/>"));
}

#[test]
fn live_parts_go_and_come_into_view() {
    let text = format!(
        "<interface type='network'>{MAC}<source network='n' portid='09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f'/>\
         <actual type='direct'><source dev='eth0' mode='private'/></actual><target dev='macvtap3'/>\
         <alias name='net0'/></interface>"
    );
    let mut shown = filled(&text);
    shown.publish_actual();
    assert_eq!(
        to_string(&shown),
        format!(
            "<interface type='direct'>\n  {MAC}\n  <source network='n' portid='09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f' \
             dev='eth0' mode='private'/>\n  <target dev='macvtap3'/>\n  <alias name='net0'/>\n</interface>\n"
        )
    );
    let mut card = filled(&text);
    card.strip_live();
    let expected = format!("<interface type='network'>\n  {MAC}\n  <source network='n'/>\n</interface>\n");
    assert_eq!(to_string(&card), expected);
}

#[test]
fn contradictions_are_refused_with_libvirts_codes() {
    let code = |text: &str| -> ErrorCode {
        let card = filled(text);
        card.check_as_read().and_then(|()| card.validate(&Context::default())).expect_err(text).code()
    };
    for (text, expected) in [
        ("<interface type='null'><mac address='01:00:5e:00:00:01'/></interface>", XmlError),
        ("<interface type='client'><source port='1'/></interface>", XmlError),
        ("<interface type='user'><virtualport type='openvswitch'/></interface>", ConfigUnsupported),
        (
            "<interface type='bridge'><source bridge='b'/><virtualport><parameters profileid='x'/></virtualport></interface>",
            XmlError,
        ),
        ("<interface type='user'><target dev='x' managed='no'/></interface>", ConfigUnsupported),
        ("<interface type='user'><teaming type='transient'/></interface>", ConfigUnsupported),
        ("<interface type='user'><port isolated='yes'/></interface>", ConfigUnsupported),
        ("<interface type='null'><backend type='passt'/></interface>", ConfigUnsupported),
        ("<interface type='user'><portForward proto='tcp'/></interface>", ConfigUnsupported),
        (
            "<interface type='bridge'><source bridge='b'/><bandwidth><inbound floor='1'/></bandwidth></interface>",
            ConfigUnsupported,
        ),
        (
            "<interface type='user'><bandwidth><inbound average='1' burst='4194304'/></bandwidth></interface>",
            Overflow,
        ),
        ("<interface type='hostdev'><source/></interface>", ConfigUnsupported),
        ("<interface type='null'><bandwidth><inbound/></bandwidth></interface>", XmlDetail),
    ] {
        assert_eq!(code(text), expected, "{text}");
    }
    for (text, expected) in [
        ("<interface type='network'/>", XmlError),
        ("<interface type='user'><source><ip address='10.0.0.1'/></source></interface>", ConfigUnsupported),
        ("<interface type='user'><source><ip/></source></interface>", XmlError),
        (
            "<interface type='user'><source><route address='10.0.0.1' gateway='10.0.0.2'/></source></interface>",
            XmlError,
        ),
        ("<interface type='bridge'><source/></interface>", XmlError),
        ("<interface type='tunnel'/>", XmlError),
        ("<interface type='null'><mac address='zz'/></interface>", XmlError),
        ("<interface type='null'><link state='loose'/></interface>", ConfigUnsupported),
        ("<interface type='hostdev'><source><address type='isa'/></source></interface>", ConfigUnsupported),
    ] {
        check_error::<Interface>(text, expected);
    }
}
