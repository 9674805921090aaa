//! What pools and volumes keep, fill in and refuse.

use super::*;
use ferrovirt_core::ErrorCode::{self, ConfigUnsupported, Overflow, XmlError};

fn pool(kind: &str, inside: &str) -> ferrovirt_core::Result<StoragePool> {
    StoragePool::from_xml(&format!("<pool type='{kind}'>{inside}</pool>"), false)
}

#[test]
fn a_pool_keeps_its_form() {
    let text = "\
<pool type='netfs'>
  <name>nfs</name>
  <uuid>70a7eb15-6c34-ee9c-bf57-69e8e5ff3fb2</uuid>
  <capacity unit='bytes'>0</capacity>
  <allocation unit='bytes'>0</allocation>
  <available unit='bytes'>0</available>
  <source>
    <host name='server'/>
    <dir path='/export'/>
    <format type='nfs'/>
    <protocol ver='4'/>
  </source>
  <target>
    <path>/mnt</path>
    <permissions>
      <mode>0755</mode>
      <owner>0</owner>
    </permissions>
  </target>
</pool>
";
    assert_eq!(StoragePool::from_xml(text, true).unwrap().to_xml(), text);
}

#[test]
fn names_and_paths_follow_from_each_other() {
    let found = pool("logical", "<source><name>vg</name></source>").unwrap();
    assert_eq!((found.name(), found.target_path()), ("vg", Some("/dev/vg")));
    let found = pool("dir", "<name>d</name><target><path>//a///b/</path></target>").unwrap();
    assert_eq!(found.target_path(), Some("//a/b"));
}

#[test]
fn what_a_type_needs_must_be_there() {
    let code = |kind: &str, inside: &str| pool(kind, inside).unwrap_err().code();
    assert_eq!(code("dir", "<target><path>/a</path></target>"), XmlError);
    assert_eq!(code("dir", "<name>a</name>"), XmlError);
    assert_eq!(code("nowhere", "<name>a</name>"), XmlError);
    let nobody = "<name>a</name><target><path>/a</path><permissions><owner/></permissions></target>";
    assert_eq!(code("dir", nobody), XmlError);
    assert_eq!(code("netfs", "<name>a</name><source><format type='ext4'/></source>"), ConfigUnsupported);
    assert_eq!(code("scsi", "<name>a</name><target><path>/a</path></target>"), XmlError);
    assert_eq!(code("fs", "<name>a</name><target><path>/a</path></target>"), XmlError);
}

fn refused(inside: &str) -> ErrorCode {
    StorageVolume::from_xml(&format!("<volume>{inside}</volume>"), PoolType::Dir, CapacityRule::Needed, false)
        .unwrap_err()
        .code()
}

#[test]
fn a_volume_fills_in_what_follows() {
    let text = "<volume><name>v</name><capacity unit='KiB'>2</capacity><target><features/></target></volume>";
    let volume = StorageVolume::from_xml(text, PoolType::Dir, CapacityRule::Needed, false).unwrap();
    assert_eq!((volume.capacity, volume.allocation), (2048, 2048));
    assert_eq!(volume.target.format.as_deref(), Some("raw"));
    assert_eq!(volume.target.compat.as_deref(), Some("1.1"));
    let again =
        StorageVolume::from_xml(&volume.to_xml(), PoolType::Dir, CapacityRule::Needed, false).unwrap();
    assert_eq!(again, StorageVolume { has_allocation: true, ..volume });
}

#[test]
fn sizes_formats_and_versions_must_be_ones() {
    assert_eq!(refused("<capacity>1</capacity>"), XmlError);
    assert_eq!(refused("<name>v</name>"), XmlError);
    assert_eq!(refused("<name>v</name><capacity unit='EiB'>9</capacity>"), Overflow);
    let bytes = "<volume><name>v</name><capacity unit=''>9</capacity></volume>";
    let volume = StorageVolume::from_xml(bytes, PoolType::Dir, CapacityRule::Needed, false).unwrap();
    assert_eq!(volume.capacity, 9);
    let rest = "<name>v</name><capacity>1</capacity>";
    assert_eq!(refused(&format!("{rest}<target><format type='none'/></target>")), ConfigUnsupported);
    assert_eq!(refused(&format!("{rest}<target><compat>1</compat></target>")), XmlError);
    assert_eq!(
        refused(&format!("{rest}<target><permissions><mode>9</mode></permissions></target>")),
        XmlError
    );
}

#[test]
fn what_has_no_owner_is_refused_in_no_name() {
    use ferrovirt_core::ErrorDomain;
    let of = |inside: &str| {
        let text = format!("<volume><name>v</name>{inside}</volume>");
        StorageVolume::from_xml(&text, PoolType::Dir, CapacityRule::Needed, false).unwrap_err().error_domain()
    };
    assert_eq!(of("<capacity unit='x'>9</capacity>"), ErrorDomain::None);
    assert_eq!(of("<capacity>x</capacity>"), ErrorDomain::Storage);
    let adapter = "<adapter type='fc_host' wwnn='yes' wwpn='1000000012341234'/>";
    let pool = format!(
        "<pool type='scsi'><name>a</name><source>{adapter}</source><target><path>/dev</path></target></pool>"
    );
    let err = StoragePool::from_xml(&pool, false).unwrap_err();
    assert_eq!((err.code(), err.error_domain()), (ErrorCode::Internal, ErrorDomain::None));
}

#[test]
fn an_option_of_a_backend_has_its_name_and_its_value() {
    let pool = |option: &str| {
        let options = format!(
            "<rbd:config_opts xmlns:rbd='http://libvirt.org/schemas/storagepool/rbd/1.0'>{option}</rbd:config_opts>"
        );
        let source = "<source><name>images</name><host name='mon'/></source>";
        let xml = format!("<pool type='rbd'><name>ceph</name>{source}{options}</pool>");
        StoragePool::from_xml(&xml, false).unwrap()
    };
    pool("<rbd:option name='a' value='b'/>").check_options().unwrap();
    for option in ["<rbd:option name='a'/>", "<rbd:option name='' value='b'/>"] {
        assert_eq!(pool(option).check_options().unwrap_err().code(), ErrorCode::XmlError, "{option}");
    }
}

#[test]
fn a_checked_document_has_nothing_that_the_schema_does_not_know() {
    let volume = |inside: &str| {
        let text = format!("<volume><name>v</name><capacity>1</capacity>{inside}</volume>");
        StorageVolume::from_xml(&text, PoolType::Dir, CapacityRule::Needed, true).err().map(|err| err.code())
    };
    assert_eq!(
        volume("<target><format type='raw'/><permissions><mode>0644</mode></permissions></target>"),
        None
    );
    for inside in
        ["", "<target/><more/>", "<target><format type='no'/></target>", "<target><nocow>x</nocow></target>"]
    {
        assert_eq!(volume(inside), Some(ErrorCode::XmlInvalidSchema), "{inside}");
    }
    let pool = |kind: &str, inside: &str| {
        let text = format!("<pool type='{kind}'><name>p</name>{inside}</pool>");
        StoragePool::from_xml(&text, true).err().map(|err| err.code())
    };
    let target = "<target><path>/p</path></target>";
    assert_eq!(pool("dir", target), None);
    assert_eq!(pool("dir", ""), Some(ErrorCode::XmlInvalidSchema));
    let elsewhere = format!("<source><host name='h'/></source>{target}");
    assert_eq!(pool("dir", &elsewhere), Some(ErrorCode::XmlInvalidSchema));
}
