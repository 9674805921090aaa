use super::*;
use ferrovirt_xml::check::{check, check_error, check_same};

#[derive(Debug, XmlElement)]
#[xml(name = "disk")]
struct Disk {
    #[xml(flatten)]
    source: StorageSource,
    #[xml(child)]
    backing: Option<BackingStore>,
}

fn same(kind: &str, source: &str) {
    check_same::<Disk>(&format!("<disk type='{kind}'>\n  {source}\n</disk>"));
}

#[test]
fn sources_of_all_kinds_print_back() {
    same("file", "<source file='/a' fdgroup='g' startupPolicy='optional' index='3'/>");
    same("block", "<source dev='/dev/sda'/>");
    same("dir", "<source dir='/a'/>");
    same("volume", "<source pool='p' volume='v' mode='direct'/>");
    same(
        "nvme",
        "<source type='pci' managed='yes' namespace='1'>\n    <address domain='0x0000' bus='0x01' slot='0x00' \
         function='0x0'/>\n  </source>",
    );
    same(
        "vhostuser",
        "<source type='unix' path='/s'>\n    <reconnect enabled='yes' timeout='10'/>\n  </source>",
    );
    same("vhostvdpa", "<source dev='/dev/vhost-vdpa-0'/>");
    same(
        "network",
        "<source protocol='ssh' name='/i'>\n    <host name='h' port='22'/>\n    <knownHosts path='/k'/>\n    \
         <identity username='u' keyfile='/f'/>\n  </source>",
    );
    same(
        "network",
        "<source protocol='nfs' name='/i'>\n    <host name='h'/>\n    <identity user='u' group='g'/>\n  </source>",
    );
}

#[test]
fn chains_print_back() {
    check_same::<Disk>(
        "<disk type='file'>
  <source file='/a'/>
  <backingStore type='block' index='2'>
    <format type='qcow2'>
      <metadata_cache>
        <max_size unit='bytes'>1234</max_size>
      </metadata_cache>
    </format>
    <source dev='/dev/sda'/>
    <backingStore/>
  </backingStore>
</disk>",
    );
}

#[test]
fn default_ports_are_filled_in_and_foreign_options_dropped() {
    check::<Disk>(
        "<disk type='network'><source protocol='nbd' query='x'><host name='h'/><ssl verify='no'/></source></disk>",
        "<disk type='network'>\n  <source protocol='nbd'>\n    <host name='h' port='10809'/>\n  </source>\n</disk>",
    );
}

#[test]
fn sources_that_make_no_sense_are_refused() {
    for wrong in [
        "<disk type='network'><source protocol='rbd' name='image'/></disk>",
        "<disk type='network'><source protocol='http'/></disk>",
        "<disk type='network'><source protocol='nbd'><host transport='unix'/></source></disk>",
        "<disk type='network'><source protocol='nbd'><host name='a' socket='/b'/></source></disk>",
        "<disk type='volume'><source pool='p'/></disk>",
        "<disk type='vhostvdpa'><source/></disk>",
        "<disk type='floppy'/>",
        "<disk><source file='a'><reservations managed='no'/></source></disk>",
        "<disk><source file='a'><slices><slice type='storage' offset='1'/></slices></source></disk>",
        "<disk><backingStore type='file'><format type='raw'/></backingStore></disk>",
    ] {
        check_error::<Disk>(wrong, ErrorCode::XmlError);
    }
}

#[test]
fn an_empty_path_is_an_empty_drive() {
    let disk: Disk = ferrovirt_xml::from_str("<disk><source file=''/></disk>", "test").unwrap();
    assert!(disk.source.is_empty() && disk.backing.is_none());
}
