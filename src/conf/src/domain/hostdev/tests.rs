use super::*;
use ferrovirt_core::ErrorCode::{self, ConfigUnsupported, Internal, XmlError};
use ferrovirt_xml::check::{check_error, check_same};
use ferrovirt_xml::{from_str, to_string};

#[test]
fn devices_of_all_kinds_print_back() {
    for text in [
        "<hostdev mode='subsystem' type='usb' managed='yes'>
  <source startupPolicy='optional' missing='yes' guestReset='off'>
    <vendor id='0x1234'/>
    <product id='0xbeef'/>
    <address bus='14' device='6'/>
  </source>
  <boot order='1'/>
  <alias name='hostdev0'/>
</hostdev>",
        "<hostdev mode='subsystem' type='pci' managed='no' display='on' ramfb='on'>
  <driver name='vfio' model='vfio-pci-igb'/>
  <source writeFiltering='no'>
    <address domain='0x0000' bus='0x06' slot='0x12' function='0x5'/>
    <origstates>
      <unbind/>
      <reprobe/>
    </origstates>
  </source>
  <teaming type='transient' persistent='ua-backup0'/>
  <rom bar='off'/>
  <address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x0'/>
</hostdev>",
        "<hostdev mode='subsystem' type='scsi' managed='yes' sgio='filtered' rawio='yes'>
  <source>
    <adapter name='scsi_host0'/>
    <address bus='0' target='0' unit='18446744073709551615'/>
  </source>
  <readonly/>
  <shareable/>
  <address type='drive' controller='0' bus='0' target='4' unit='8'/>
</hostdev>",
        "<hostdev mode='subsystem' type='scsi' managed='yes'>
  <source protocol='iscsi' name='iqn.1992-01.com.example/1'>
    <host name='example.org' port='3260'/>
    <auth username='myname'>
      <secret type='iscsi' usage='mycluster_myname'/>
    </auth>
    <initiator>
      <iqn name='iqn.2020-07.com.example:test'/>
    </initiator>
  </source>
</hostdev>",
        "<hostdev mode='subsystem' type='scsi_host' managed='no' model='virtio'>
  <source protocol='vhost' wwpn='naa.5123456789abcde0'/>
</hostdev>",
        "<hostdev mode='subsystem' type='mdev' managed='no' model='vfio-pci' display='on' ramfb='off'>
  <source>
    <address uuid='53764d0e-85a0-42b4-af5c-2046b460b1dc'/>
  </source>
</hostdev>",
        "<hostdev mode='capabilities' type='storage'>
  <source>
    <block>/dev/sdf1</block>
  </source>
</hostdev>",
        "<hostdev mode='capabilities' type='net'>
  <source>
    <interface>eth0</interface>
  </source>
  <ip address='192.168.122.2' family='ipv4' prefix='24'/>
  <route family='ipv4' address='192.168.122.0' prefix='24' gateway='192.168.122.1'/>
</hostdev>",
    ] {
        check_same::<Hostdev>(text);
    }
}

#[test]
fn an_iscsi_target_alone_is_its_first_unit() {
    let text =
        "<hostdev type='scsi'><source protocol='iscsi' name='iqn.x'><host name='h'/></source></hostdev>";
    let mut device: Hostdev = from_str(text, "test").unwrap();
    device.fill_defaults(&Context::default());
    assert!(to_string(&device).contains("name='iqn.x/0'"));
}

#[test]
fn contradictions_are_refused_with_libvirts_codes() {
    let code = |inside: &str| -> ErrorCode {
        let device: Hostdev = from_str(&format!("<hostdev {inside}</hostdev>"), "test").expect(inside);
        device.validate(&Context::default()).expect_err(inside).code()
    };
    let usb = "type='usb'><source><vendor id='1'/>";
    assert_eq!(code(&format!("{usb}</source>")), Internal);
    assert_eq!(code(&format!("{usb}<product id='0'/></source><address type='pci'/>")), ConfigUnsupported);
    assert_eq!(code("type='pci'><source/><address type='usb'/>"), Internal);
    assert_eq!(code("type='pci'><source/><teaming type='persistent'/>"), ConfigUnsupported);
    for (inside, expected) in [
        ("<hostdev type='usb'/>", XmlError),
        ("<hostdev type='abacus'><source/></hostdev>", XmlError),
        ("<hostdev type='mdev' model='vfio-pci'><source/></hostdev>", ConfigUnsupported),
        ("<hostdev type='scsi_host'><source protocol='vhost' wwpn='naa.12'/></hostdev>", XmlError),
        ("<hostdev type='scsi'><source protocol='iscsi' name='x'/></hostdev>", XmlError),
    ] {
        check_error::<Hostdev>(inside, expected);
    }
}
