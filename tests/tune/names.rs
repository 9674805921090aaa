//! Names, marks for the start of the host, and guests that end with their connection.

use crate::guests::{Events, Host, xml};
use crate::port::Port;
use ferrovirt::{Connection, ErrorCode};
use ferrovirt_core::abi::{
    VIR_DOMAIN_EVENT_DEFINED, VIR_DOMAIN_EVENT_DEFINED_RENAMED, VIR_DOMAIN_EVENT_STOPPED,
    VIR_DOMAIN_EVENT_STOPPED_DESTROYED, VIR_DOMAIN_EVENT_UNDEFINED, VIR_DOMAIN_EVENT_UNDEFINED_RENAMED,
    VIR_DOMAIN_START_AUTODESTROY, VIR_DOMAIN_START_PAUSED, VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA,
};
use std::fs;
use std::path::Path;

fn snapshot(name: &str) -> String {
    format!("<domainsnapshot><name>{name}</name></domainsnapshot>")
}

#[test]
fn a_renamed_guest_takes_its_files_with_it() {
    let host = Host::open();
    let domain = host.guest("before", "");
    domain.create_snapshot(&snapshot("one"), 0).expect("taken");
    domain.set_autostart(true).expect("marked");
    domain.set_autostart_once(true).expect("marked");
    let events = Events::of(&host.connection);
    domain.rename("after", 0).expect("renamed");
    let (event, detail) = (VIR_DOMAIN_EVENT_UNDEFINED, VIR_DOMAIN_EVENT_UNDEFINED_RENAMED);
    assert_eq!(events.next(), ("before".to_owned(), event, detail));
    let (event, detail) = (VIR_DOMAIN_EVENT_DEFINED, VIR_DOMAIN_EVENT_DEFINED_RENAMED);
    assert_eq!(events.next(), ("after".to_owned(), event, detail));
    assert!(host.connection.lookup_domain_by_name("before").is_err());
    let found = host.connection.lookup_domain_by_name("after").expect("known by its new name");
    assert_eq!(found.uuid(), domain.uuid());
    assert!(xml(&found).contains("<name>after</name>"));
    assert!(found.autostart().unwrap() && found.autostart_once().unwrap());
    let one = found.lookup_snapshot_by_name("one", 0).expect("still there");
    assert!(one.xml_desc(0).unwrap().contains("<name>after</name>"));
    for (old, new) in [
        ("etc/qemu/before.xml", "etc/qemu/after.xml"),
        ("etc/qemu/autostart/before.xml", "etc/qemu/autostart/after.xml"),
        ("etc/qemu/autostart/before.xml.once", "etc/qemu/autostart/after.xml.once"),
        ("lib/qemu/snapshot/before", "lib/qemu/snapshot/after/one.xml"),
    ] {
        assert!(fs::symlink_metadata(host.path(old)).is_err(), "{old}");
        assert!(Path::new(&host.path(new)).exists(), "{new}");
    }
    drop((domain, found, one, events));
    // Whoever opens the driver next finds it so.
    let host = host.reopen();
    let found = host.connection.lookup_domain_by_name("after").expect("kept");
    assert!(found.autostart().unwrap() && found.lookup_snapshot_by_name("one", 0).is_ok());
    found.create(0).expect("starts");
}

#[test]
fn a_rename_that_is_refused_changes_nothing() {
    let host = Host::open();
    let domain = host.guest("one", "");
    host.guest("two", "");
    for (name, code) in [
        ("one", ErrorCode::OperationInvalid),
        ("two", ErrorCode::OperationInvalid),
        ("a/b", ErrorCode::XmlError),
        ("..", ErrorCode::XmlError),
        ("a\nb", ErrorCode::XmlDetail),
        ("", ErrorCode::InvalidArg),
    ] {
        assert_eq!(domain.rename(name, 0).expect_err(name).code(), code, "{name:?}");
    }
    assert_eq!(domain.rename("three", 1).expect_err("a flag").code(), ErrorCode::InvalidArg);
    // Where its snapshots are to go there is something else.
    domain.create_snapshot(&snapshot("s"), 0).expect("taken");
    fs::write(host.path("lib/qemu/snapshot/three"), "").expect("a file");
    domain.rename("three", 0).expect_err("no folder can be made there");
    assert_eq!(&*domain.name(), "one");
    assert!(host.connection.lookup_domain_by_name("three").is_err());
    assert!(!Path::new(&host.path("etc/qemu/three.xml")).exists());
    assert!(Path::new(&host.path("etc/qemu/one.xml")).exists());
    let found = host.connection.lookup_domain_by_name("one").expect("as it was");
    assert!(found.lookup_snapshot_by_name("s", 0).unwrap().xml_desc(0).unwrap().contains("<name>one</name>"));
    found.create(VIR_DOMAIN_START_PAUSED).expect("started");
    assert_eq!(domain.rename("four", 0).expect_err("it runs").code(), ErrorCode::OperationInvalid);
    found.managed_save(0).expect("saved");
    assert_eq!(domain.rename("four", 0).expect_err("it is saved").code(), ErrorCode::OperationInvalid);
    found.managed_save_remove(0).expect("thrown away");
    found.rename("four", 0).expect("nothing is in the way any more");
    let found = host.connection.lookup_domain_by_name("four").expect("renamed");
    found.undefine(VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA).expect("gone");
    assert!(host.connection.lookup_domain_by_uuid(found.uuid()).is_err());
}

#[test]
fn a_mark_for_one_start_is_used_up_by_it() {
    let host = Host::open();
    for name in ["once", "broken"] {
        let domain = host.guest(name, "");
        domain.set_autostart_once(true).expect("marked");
        assert!(domain.autostart_once().unwrap() && !domain.autostart().unwrap());
    }
    fs::remove_file(host.path("broken.qcow2")).expect("there was an image");
    host.guest("passing", "");
    // The next start of the host.
    let folder = host.close();
    fs::remove_file(folder.path().join("run/qemu/autostarted")).expect("noted");
    let host = Host::open_in(folder);
    let active = |name: &str| host.connection.lookup_domain_by_name(name).unwrap().is_active().unwrap();
    assert!(active("once") && !active("broken") && !active("passing"));
    for name in ["once", "broken"] {
        let domain = host.connection.lookup_domain_by_name(name).unwrap();
        assert!(!domain.autostart_once().unwrap(), "{name}");
        assert!(fs::symlink_metadata(host.path(&format!("etc/qemu/autostart/{name}.xml.once"))).is_err());
    }
}

#[test]
fn a_guest_ends_with_the_connection_that_started_it_so() {
    let host = Host::open();
    host.guest("bound", "");
    let free = host.guest("free", "");
    let second = || Connection::open(Some(&host.uri())).expect("opened");
    let stopped =
        |name: &str| (name.to_owned(), VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED);
    let events = Events::of(&host.connection);
    let other = second();
    free.create(0).expect("started");
    let bound = other.lookup_domain_by_name("bound").unwrap();
    bound.create(VIR_DOMAIN_START_AUTODESTROY).expect("started");
    drop(bound);
    drop(other);
    events.until(&stopped("bound"));
    assert!(free.is_active().unwrap());
    // Saved, it is taken up so, too.
    free.managed_save(0).expect("saved");
    let other = second();
    other.lookup_domain_by_name("free").unwrap().create(VIR_DOMAIN_START_AUTODESTROY).expect("taken up");
    drop(other);
    events.until(&stopped("free"));
    // Of a run that is over nothing is left for the next one.
    let other = second();
    other.lookup_domain_by_name("free").unwrap().create(VIR_DOMAIN_START_AUTODESTROY).expect("started");
    free.destroy(0).expect("ended");
    events.until(&stopped("free"));
    free.create(0).expect("started by somebody else");
    let uuid = free.uuid().to_string();
    let transient =
        xml(&free).replace("free", "third").replace(&uuid, "11111111-2222-3333-4444-555555555555");
    host.image("third.qcow2");
    let third = other.create_domain(&transient, VIR_DOMAIN_START_AUTODESTROY).expect("started");
    assert_eq!(third.set_autostart_once(true).expect_err("transient").code(), ErrorCode::OperationInvalid);
    drop((third, other));
    events.until(&stopped("third"));
    assert!(free.is_active().unwrap());
    assert!(host.connection.lookup_domain_by_name("third").is_err());
}

#[test]
fn displays_get_their_ports_from_the_range_that_is_set() {
    let folder = std::sync::Arc::new(tempfile::tempdir().expect("a temporary folder"));
    // Numbers that the kernel chooses are above those that displays have by themselves.
    let reserved = Port::reserve();
    let port = reserved.number;
    fs::create_dir_all(folder.path().join("etc")).expect("made");
    let settings = format!("remote_display_port_min = {port}\nremote_display_port_max = {port}\n");
    fs::write(folder.path().join("etc/qemu.conf"), settings).expect("written");
    let host = Host::open_in(folder);
    let with_display = |name: &str| {
        let display = "<graphics type='vnc' port='-1' autoport='yes'/></devices>";
        let text = xml(&host.guest(name, "")).replace("</devices>", display);
        host.connection.define_domain(&text, 0).expect("defined")
    };
    let (first, second) = (with_display("first"), with_display("second"));
    first.create(0).expect("started");
    assert!(xml(&first).contains(&format!("port='{port}'")), "{}", xml(&first));
    let err = second.create(0).expect_err("the only port is taken");
    assert_eq!(err.code(), ErrorCode::Internal);
    assert!(err.message().contains(&port.to_string()), "{err}");
    first.destroy(0).expect("ended");
    second.create(0).expect("the port is free again");
}
