//! The mock host through the Rust face: guests and their events, networks, interfaces, pools, devices, snapshots.

use ferrovirt::{Connection, OpenOptions};
use ferrovirt_core::abi;
use ferrovirt_core::{ErrorCode, Result};
use std::io::Write;

/// A host of the test's own, so that tests do not see each other's guests.
fn host(inside: &str) -> (Connection, tempfile::NamedTempFile) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    write!(file, "<node>{inside}</node>").unwrap();
    let uri = format!("test://{}", file.path().display());
    (Connection::open(Some(&uri)).unwrap(), file)
}

fn guest(name: &str) -> String {
    format!(
        "<domain type='test'><name>{name}</name><memory>8192</memory><vcpu>2</vcpu><os><type>hvm</type></os>\
         <devices><disk type='file' device='disk'><source file='/a'/><target dev='vda'/></disk></devices></domain>"
    )
}

fn code<T>(outcome: Result<T>) -> ErrorCode {
    outcome.err().expect("the call must be refused").code()
}

#[test]
fn the_default_host_is_shared_and_has_what_it_always_has() {
    let one = Connection::open(Some("test:///default")).unwrap();
    let other = Connection::open(Some("test:///default")).unwrap();
    let domain = one.lookup_domain_by_name("test").unwrap();
    assert_eq!((domain.numeric_id(), domain.info().unwrap().vcpus), (1, 2));
    assert!(domain.xml_desc(0).unwrap().starts_with("<domain type='test' id='1'>\n  <name>test</name>"));
    domain.set_autostart(true).unwrap();
    assert!(other.lookup_domain_by_name("test").unwrap().autostart().unwrap());
    assert!(one.lookup_network_by_name("default").unwrap().xml_desc(0).unwrap().contains("virbr0"));
    assert_eq!(one.capabilities().unwrap().matches("<cell id=").count(), 2);
}

#[test]
fn a_path_is_needed() {
    assert_eq!(code(Connection::open(Some("test:///"))), ErrorCode::InvalidArg);
    assert_eq!(code(OpenOptions::new().open(Some("test:///no/such/file"))), ErrorCode::SystemError);
}

#[test]
fn a_guest_lives_and_ends() {
    let (conn, _file) = host("");
    let domain = conn.define_domain(&guest("web"), 0).unwrap();
    assert_eq!(code(domain.suspend()), ErrorCode::Internal);
    domain.create(0).unwrap();
    domain.suspend().unwrap();
    assert_eq!(domain.state(0).unwrap().state, abi::VIR_DOMAIN_PAUSED as i32);
    domain.resume().unwrap();
    domain.managed_save(0).unwrap();
    assert_eq!(code(domain.undefine(0)), ErrorCode::OperationInvalid);
    domain.undefine(abi::VIR_DOMAIN_UNDEFINE_MANAGED_SAVE).unwrap();
    assert_eq!(code(conn.lookup_domain_by_name("web")), ErrorCode::NoDomain);
}

#[test]
fn names_and_uuids_belong_to_one_guest() {
    let (conn, _file) = host("");
    let domain = conn.define_domain(&guest("web"), 0).unwrap();
    assert_eq!(code(conn.define_domain(&guest("web"), 0)), ErrorCode::OperationFailed);
    domain.rename("db", 0).unwrap();
    assert_eq!(&*conn.lookup_domain_by_uuid(domain.uuid()).unwrap().name(), "db");
    assert_eq!(code(conn.lookup_domain_by_name("web")), ErrorCode::NoDomain);
}

#[test]
fn changes_go_to_the_description_that_is_meant() {
    let (conn, _file) = host("");
    let domain = conn.define_domain(&guest("web"), 0).unwrap();
    domain.create(0).unwrap();
    domain.set_memory_flags(4096u64, abi::VIR_DOMAIN_AFFECT_CONFIG).unwrap();
    assert!(domain.xml_desc(0).unwrap().contains("<currentMemory unit='KiB'>8192<"));
    let inactive = domain.xml_desc(abi::VIR_DOMAIN_XML_INACTIVE).unwrap();
    assert!(inactive.contains("<currentMemory unit='KiB'>4096<"), "{inactive}");
    assert_eq!(code(domain.set_vcpus(3)), ErrorCode::InvalidArg);
    domain.set_vcpus(1).unwrap();
    assert_eq!(domain.info().unwrap().vcpus, 1);
}

#[test]
fn a_description_that_could_not_be_read_again_is_neither_started_nor_kept() {
    let (conn, _file) = host("");
    let cpu = |id, on, plugged| format!("<vcpu id='{id}' enabled='{on}' hotpluggable='{plugged}'/>");
    let cpus = [cpu(0, "yes", "no"), cpu(1, "no", "yes"), cpu(2, "yes", "no")].concat();
    let text =
        guest("web").replace("<vcpu>2</vcpu>", &format!("<vcpu current='2'>3</vcpu><vcpus>{cpus}</vcpus>"));
    let domain = conn.define_domain(&text, 0).unwrap();
    // The first two are on then, and the last one is off, though nobody can plug it.
    domain.set_vcpus_flags(1, abi::VIR_DOMAIN_AFFECT_CONFIG).unwrap();
    domain.set_vcpus_flags(2, abi::VIR_DOMAIN_AFFECT_CONFIG).unwrap();
    assert!(domain.xml_desc(0).unwrap().contains("<vcpu id='2' enabled='no' hotpluggable='no'/>"));
    assert_eq!(code(domain.create(0)), ErrorCode::ConfigUnsupported);
    assert_eq!(code(domain.create_snapshot("<domainsnapshot/>", 0)), ErrorCode::ConfigUnsupported);
    assert!(!domain.is_active().unwrap());
}

#[test]
fn a_file_tells_states_and_snapshots() {
    let domain = guest("web").replace(
        "</domain>",
        "<test:runstate xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>3</test:runstate></domain>",
    );
    let (conn, _file) = host(&domain);
    let domain = conn.lookup_domain_by_name("web").unwrap();
    assert_eq!(domain.state(0).unwrap().state, abi::VIR_DOMAIN_PAUSED as i32);
    assert_eq!(conn.node_info().unwrap().cpus, 16);
}

#[test]
fn a_saved_guest_is_taken_up_again() {
    let (conn, file) = host("");
    let path = format!("{}.saved", file.path().display());
    let domain = conn.create_domain(&guest("web"), 0).unwrap();
    domain.save(&path, None, 0).unwrap();
    assert_eq!(code(conn.lookup_domain_by_name("web")), ErrorCode::NoDomain);
    conn.restore_domain(&path, None, 0).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(conn.lookup_domain_by_name("web").unwrap().is_active().unwrap());
}

#[test]
fn a_guest_that_is_described_twice_is_what_the_first_says_while_it_runs() {
    let with = |memory: &str, wish: &str| {
        let test = "http://libvirt.org/schemas/domain/test/1.0";
        guest("twin")
            .replace("<domain ", &format!("<domain xmlns:test='{test}' "))
            .replace("<memory>", "<uuid>11111111-2222-3333-4444-555555555555</uuid><memory>")
            .replace("8192", memory)
            .replace("</domain>", &format!("{wish}</domain>"))
    };
    let (runs, off) = (with("1000", ""), with("1000", "<test:runstate>5</test:runstate>"));
    let paused = with("2000", "<test:runstate>3</test:runstate>");
    let told = |first: &str| {
        let (conn, _file) = host(&format!("{first}{paused}"));
        let twin = conn.lookup_domain_by_name("twin").unwrap();
        let memory = |flags| twin.xml_desc(flags).unwrap().contains(">1000</memory>");
        let inactive = abi::VIR_DOMAIN_XML_INACTIVE;
        (twin.numeric_id(), twin.state(0).unwrap().state, memory(0), memory(inactive))
    };
    assert_eq!(told(&runs), (2, abi::VIR_DOMAIN_RUNNING as i32, true, false));
    assert_eq!(told(&off), (1, abi::VIR_DOMAIN_PAUSED as i32, false, false));
}

#[test]
fn a_range_is_looked_at_before_the_command_and_records_are_not_modified() {
    let conn = Connection::open(Some("test:///default")).unwrap();
    let network = conn.lookup_network_by_name("default").unwrap();
    let (ranges, records) = (abi::VIR_NETWORK_SECTION_IP_DHCP_RANGE, abi::VIR_NETWORK_SECTION_DNS_SRV);
    let far = "<range start='192.168.1.100' end='192.168.1.120'/>";
    let update = |command, section, xml| code(network.update(command, section, -1, xml, 0));
    assert_eq!(update(5, ranges, far), ErrorCode::Internal);
    assert_eq!(update(5, ranges, "<range/>"), ErrorCode::XmlError);
    let modify = abi::VIR_NETWORK_UPDATE_COMMAND_MODIFY;
    assert_eq!(update(modify, ranges, "<range/>"), ErrorCode::OperationUnsupported);
    assert_eq!(update(modify, records, far), ErrorCode::OperationUnsupported);
}

#[test]
fn limits_that_limit_nothing_are_gone_with_the_next_start() {
    let (conn, _file) = host(&guest("idle"));
    let idle = conn.lookup_domain_by_name("idle").unwrap();
    idle.destroy(0).unwrap();
    let mut group = ferrovirt_core::TypedParams::new();
    let live = abi::VIR_DOMAIN_AFFECT_CONFIG;
    let shown = |flags| idle.xml_desc(flags).unwrap().contains("<group_name>");
    let inactive = abi::VIR_DOMAIN_XML_INACTIVE;
    for (name, stays) in [("", false), ("g", true)] {
        group.set("group_name", name.to_owned());
        idle.set_block_io_tune("vda", &group, live).unwrap();
        assert!(shown(0), "{name}");
        idle.create(0).unwrap();
        assert_eq!((shown(0), shown(inactive)), (true, stays), "{name}");
        idle.destroy(0).unwrap();
    }
}
