use super::*;
use ferrovirt_core::ErrorCode;
use ferrovirt_xml::check::{check_error, check_same};
use ferrovirt_xml::{from_str, to_string};

fn filled(text: &str) -> Disk {
    let mut disk: Disk = from_str(text, "test").unwrap();
    disk.fill_defaults(&Context::default());
    disk
}

fn refused(inside: &str) -> ErrorCode {
    let disk = filled(inside);
    disk.validate(&Context::default()).expect_err(inside).code()
}

#[test]
fn a_disk_with_everything_prints_back() {
    check_same::<Disk>(
        "<disk type='file' device='disk' model='virtio-transitional' rawio='yes' snapshot='external'>
  <driver name='qemu' type='qcow2' cache='none' error_policy='stop' io='io_uring' discard='unmap' queues='4' \
         iommu='on'>
    <metadata_cache>
      <max_size unit='bytes'>1048576</max_size>
    </metadata_cache>
    <iothreads>
      <iothread id='2'>
        <queue id='1'/>
      </iothread>
      <iothread id='3'/>
    </iothreads>
  </driver>
  <source file='/a' startupPolicy='optional' index='1'>
    <seclabel model='selinux' relabel='no'/>
  </source>
  <backingStore/>
  <geometry cyls='1' heads='2' secs='3' trans='lba'/>
  <blockio logical_block_size='512'/>
  <mirror type='file' file='/b' format='raw' job='copy' ready='yes'>
    <format type='raw'/>
    <source file='/b' index='4'/>
  </mirror>
  <target dev='vda' bus='virtio' rotation_rate='7200'/>
  <iotune>
    <total_bytes_sec>1</total_bytes_sec>
    <group_name>g</group_name>
  </iotune>
  <throttlefilters>
    <throttlefilter group='limit'/>
  </throttlefilters>
  <readonly/>
  <shareable/>
  <transient shareBacking='yes'/>
  <serial>s</serial>
  <wwn>5000c50015ea71aa</wwn>
  <vendor>v</vendor>
  <product>p</product>
  <boot order='1'/>
  <alias name='virtio-disk0'/>
  <address type='pci' domain='0x0000' bus='0x00' slot='0x04' function='0x0'/>
</disk>",
    );
}

#[test]
fn an_empty_cdrom_gets_type_bus_and_address() {
    assert_eq!(
        to_string(&filled("<disk type='block' device='cdrom'><target dev='hdc'/></disk>")),
        "<disk type='file' device='cdrom'>
  <target dev='hdc' bus='ide'/>
  <readonly/>
  <address type='drive' controller='0' bus='1' target='0' unit='0'/>
</disk>
"
    );
}

#[test]
fn live_parts_and_secrets_go() {
    let mut disk = filled(
        "<disk type='network'><source protocol='https' name='x' index='1'><host name='h'/><cookies>\
         <cookie name='a'>b</cookie></cookies></source><mirror file='/m'/><target dev='vda'/>\
         <alias name='virtio-disk0'/></disk>",
    );
    assert_eq!(disk.mirror.as_ref().and_then(|m| m.source.path()), Some("/m"));
    disk.strip_live();
    disk.strip_secrets();
    assert_eq!(
        to_string(&disk),
        "<disk type='network' device='disk'>
  <source protocol='https' name='x'>
    <host name='h' port='443'/>
  </source>
  <target dev='vda' bus='virtio'/>
</disk>
"
    );
}

#[test]
fn contradictions_are_refused_with_libvirts_codes() {
    use ErrorCode::{ConfigUnsupported, Internal, NoSource, NoTarget, OperationUnsupported, XmlError};
    let image = "<source file='a'/>";
    for (text, code) in [
        (format!("<disk>{image}</disk>"), NoTarget),
        ("<disk><target dev='vda'/></disk>".into(), NoSource),
        (format!("<disk rawio='yes'>{image}<target dev='vda'/></disk>"), ConfigUnsupported),
        (format!("<disk device='lun'>{image}<target dev='sda'/></disk>"), ConfigUnsupported),
        (format!("<disk>{image}<target dev='xyz'/></disk>"), XmlError),
        (format!("<disk>{image}<target dev='fda' bus='ide'/></disk>"), Internal),
        (format!("<disk device='floppy'>{image}<target dev='fda' bus='ide'/></disk>"), Internal),
        (format!("<disk>{image}<target dev='vda'/><wwn>12</wwn></disk>"), Internal),
        (format!("<disk>{image}<target dev='vda'/><vendor>toolongvendor</vendor></disk>"), ConfigUnsupported),
        (format!("<disk><driver queues='2'/>{image}<target dev='sda'/></disk>"), ConfigUnsupported),
        (format!("<disk>{image}<target dev='vda' tray='open'/></disk>"), ConfigUnsupported),
        (
            "<disk><source file='a' startupPolicy='requisite'/><target dev='vda'/></disk>".into(),
            XmlError,
        ),
        (
            format!(
                "<disk>{image}<target dev='vda'/><iotune><total_iops_sec>1</total_iops_sec><read_iops_sec>1\
                 </read_iops_sec></iotune></disk>"
            ),
            XmlError,
        ),
        (
            format!(
                "<disk device='cdrom'>{image}<target dev='hda'/><throttlefilters><throttlefilter group='g'/>\
                 </throttlefilters></disk>"
            ),
            OperationUnsupported,
        ),
        ("<disk type='network'><source protocol='sheepdog' name='x'/><target dev='vda'/></disk>".into(), ConfigUnsupported),
        (
            "<disk type='vhostuser'><source type='unix' path='/s'/><target dev='vda'/><serial>x</serial></disk>"
                .into(),
            ConfigUnsupported,
        ),
    ] {
        assert_eq!(refused(&text), code, "{text}");
    }
    check_error::<Disk>("<disk><driver type='xyz'/></disk>", ConfigUnsupported);
    check_error::<Disk>("<disk device='tape'/>", XmlError);
}
