//! What snapshots keep, and what they refuse.

use super::*;
use crate::domain::ParseFlags;

const DOMAIN: &str = "<domain type='test'><name>web</name><memory>1024</memory><os><type>hvm</type></os><devices>\
    <disk type='file' device='disk'><source file='/a'/><target dev='vda'/></disk>\
    <disk type='file' device='cdrom'><target dev='hdc'/></disk></devices></domain>";

fn read(node: &Node<'_>) -> Result<Domain> {
    let mut domain = Domain::from_node(node, ParseFlags::LOAD)?;
    domain.fill_defaults(ParseFlags::LOAD)?;
    Ok(domain)
}

fn domain() -> Domain {
    Domain::read(DOMAIN, ParseFlags::LOAD).unwrap()
}

fn refused(inside: &str, redefined: bool) -> ErrorCode {
    let text = format!("<domainsnapshot>{inside}</domainsnapshot>");
    DomainSnapshot::from_xml(&text, redefined, &read).unwrap_err().code()
}

#[test]
fn a_new_one_is_named_by_its_time_and_takes_every_disk() {
    let mut snapshot = DomainSnapshot::from_xml("<domainsnapshot/>", false, &read).unwrap();
    assert_eq!(snapshot.name, snapshot.creation_time.to_string());
    snapshot.align_disks(Some(&domain()), SnapshotLocation::Internal).unwrap();
    let disks: Vec<_> =
        snapshot.disks.iter().map(|disk| (disk.name.as_str(), disk.snapshot.unwrap())).collect();
    assert_eq!(disks, [("vda", SnapshotLocation::Internal), ("hdc", SnapshotLocation::No)]);
}

#[test]
fn one_that_was_taken_comes_back_as_it_was() {
    let text = format!(
        "<domainsnapshot><name>s</name><state>running</state><parent><name>p</name></parent>\
         <creationTime>7</creationTime>{DOMAIN}</domainsnapshot>"
    );
    let snapshot = DomainSnapshot::from_xml(&text, true, &read).unwrap();
    assert_eq!(snapshot.memory, Some(SnapshotLocation::Internal));
    let again = DomainSnapshot::from_xml(&snapshot.to_xml(Uuid::nil(), true), true, &read).unwrap();
    assert_eq!(again, snapshot);
}

#[test]
fn what_contradicts_is_refused() {
    use ErrorCode::{ConfigUnsupported, Internal, XmlError};
    assert_eq!(refused("", true), XmlError);
    assert_eq!(refused("<name>a</name>", true), Internal);
    assert_eq!(refused("<name>a</name><creationTime>1</creationTime>", true), XmlError);
    let past = "<name>a</name><creationTime>1</creationTime><state>nowhere</state>";
    assert_eq!(refused(past, true), ConfigUnsupported);
    assert_eq!(refused("<memory snapshot='external'/>", false), XmlError);
    assert_eq!(refused("<memory snapshot='internal' file='/a'/>", false), XmlError);
    assert_eq!(refused("<memory file='a'/>", false), XmlError);
    assert_eq!(refused("<disks><disk/></disks>", false), Internal);
}

#[test]
fn whose_fault_it_is_is_told_as_elsewhere() {
    use ferrovirt_core::ErrorDomain;
    let of = |inside: &str| {
        let text = format!("<domainsnapshot>{inside}</domainsnapshot>");
        DomainSnapshot::from_xml(&text, false, &read).unwrap_err().error_domain()
    };
    let disk = |source: &str| of(&format!("<disks><disk name='vda' type='network'>{source}</disk></disks>"));
    assert_eq!(of("<memory snapshot='somewhere'/>"), ErrorDomain::Xml);
    assert_eq!(of("<memory snapshot='external'/>"), ErrorDomain::DomainSnapshot);
    assert_eq!(disk("<source name='i'/>"), ErrorDomain::Xml);
    assert_eq!(disk("<source protocol='gluster' name='no slash'/>"), ErrorDomain::Domain);
}

#[test]
fn disks_are_the_domains_own_and_named_once() {
    let align = |disks: &str| {
        let text = format!("<domainsnapshot><disks>{disks}</disks></domainsnapshot>");
        let mut snapshot = DomainSnapshot::from_xml(&text, false, &read).unwrap();
        snapshot.align_disks(Some(&domain()), SnapshotLocation::Internal)
    };
    assert!(align("<disk name='/a'/>").is_ok());
    assert!(align("<disk name='vdz'/>").is_err());
    assert!(align("<disk name='/a'/><disk name='vda'/>").is_err());
    assert!(align("<disk name='vda' snapshot='external'><source file='/b'/></disk>").is_err());
}

#[test]
fn a_schema_knows_all_that_may_stand_in_a_snapshot() {
    let text = |more: &str| format!("<domainsnapshot><name>a</name>{more}</domainsnapshot>");
    for more in [
        "",
        "<active>1</active>",
        "<creationTime>soon</creationTime>",
        "<memory snapshot='external' file='/srv/memory'/>",
        "<disks><disk name='vda'><driver type='qcow2'><metadata_cache><max_size unit='bytes'>10</max_size>\
         </metadata_cache></driver><source file='/srv/a'/></disk></disks>",
        "<domain><uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid></domain>",
    ] {
        DomainSnapshot::check_strict(&text(more)).unwrap_or_else(|err| panic!("{more}: {err}"));
    }
    for more in [
        "<nothing/>",
        "<disks><disk/></disks>",
        "<memory file='memory'/>",
        "<domain type='kvm'><uuid/></domain>",
    ] {
        let err = DomainSnapshot::check_strict(&text(more)).expect_err(more);
        assert_eq!(err.code(), ErrorCode::XmlInvalidSchema, "{more}");
    }
}
