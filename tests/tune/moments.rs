//! Snapshots, checkpoints, saved state and dumps.

use crate::guests::{Host, heard, params, qemu_img, xml};
use ferrovirt::{Connection, ErrorCode};
use ferrovirt_core::abi::{
    VIR_DOMAIN_BLOCK_COMMIT_ACTIVE, VIR_DOMAIN_BLOCK_COPY_REUSE_EXT, VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT,
    VIR_DOMAIN_BLOCK_JOB_TYPE_ACTIVE_COMMIT, VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2, VIR_DOMAIN_PAUSED,
    VIR_DOMAIN_RUNNING, VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY, VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE,
    VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY, VIR_DOMAIN_START_PAUSED, VIR_DOMAIN_UNDEFINE_MANAGED_SAVE,
    VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA, VIR_DOMAIN_XML_INACTIVE, VIR_DUMP_LIVE, VIR_DUMP_MEMORY_ONLY,
};
use ferrovirt_core::{DomainEventKind, TypedParams, TypedValue};
use std::fs;
use std::time::Duration;

/// `virConnectDomainEventBlockJobStatus`.
const COMPLETED: i32 = 0;
const READY: i32 = 3;

fn named(name: &str) -> String {
    format!("<domainsnapshot><name>{name}</name></domainsnapshot>")
}

fn state(domain: &ferrovirt::Domain) -> u32 {
    domain.state(0).expect("told").state as u32
}

#[test]
fn a_running_guest_goes_back_to_an_internal_snapshot() {
    let host = Host::open();
    let domain = host.guest("inside", "");
    domain.create(0).expect("started");
    domain.create_snapshot(&named("one"), 0).expect("taken");
    assert_eq!(state(&domain), VIR_DOMAIN_RUNNING);
    assert!(qemu_img(&["snapshot", "-U", "-l", &host.path("inside.qcow2")]).contains("one"));
    domain.destroy(0).expect("ended");
    let one = domain.lookup_snapshot_by_name("one", 0).expect("known");
    assert!(one.is_current(0).unwrap() && one.xml_desc(0).unwrap().contains("<state>running</state>"));
    one.revert(0).expect("went back");
    assert_eq!(state(&domain), VIR_DOMAIN_RUNNING);
    let two = domain.create_snapshot(&named("two"), 0).expect("taken");
    assert_eq!(two.parent(0).expect("a parent").name(), "one");
    one.delete(0).expect("removed");
    assert!(!qemu_img(&["snapshot", "-U", "-l", &host.path("inside.qcow2")]).contains("one"));
    assert_eq!(domain.list_all_snapshots(0).unwrap().len(), 1);
    let err = domain.create_snapshot(&named("two"), 0).err().expect("a second time");
    assert_eq!(err.code(), ErrorCode::OperationFailed);
}

#[test]
fn disks_get_new_images_while_the_guest_runs() {
    let host = Host::open();
    let domain = host.guest("outside", "");
    domain.create(0).expect("started");
    domain.create_snapshot(&named("first"), VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY).expect("taken");
    let new = host.path("outside.first");
    assert!(qemu_img(&["info", "-U", &new]).contains("outside.qcow2"));
    let text = xml(&domain);
    assert!(text.contains(&format!("<source file='{new}'")) && text.contains("<backingStore"), "{text}");
    let nodes = domain.qemu_monitor_command(r#"{"execute":"query-block"}"#, 0).expect("asked");
    assert!(nodes.contains(&format!("\"file\":\"{new}\"")), "{nodes}");
    domain.create_snapshot(&named("second"), VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY).expect("taken");
    domain.destroy(0).expect("ended");
    assert!(xml(&domain).contains(&host.path("outside.second")), "{}", xml(&domain));
    domain.create(0).expect("starts on the new image");
    let first = domain.lookup_snapshot_by_name("first", 0).expect("known");
    let err = first.revert(0).expect_err("external");
    assert_eq!(err.code(), ErrorCode::OperationUnsupported);
    first.delete(VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY).expect("forgotten");
    assert_eq!(domain.list_all_snapshots(0).unwrap().len(), 1);
}

#[test]
fn images_are_pulled_merged_and_copied_while_the_guest_runs() {
    let host = Host::open();
    let domain = host.guest("busy", "");
    domain.create(0).expect("started");
    for name in ["one", "two"] {
        domain.create_snapshot(&named(name), VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY).expect("taken");
    }
    let (first, second, lowest) = (host.path("busy.one"), host.path("busy.two"), host.path("busy.qcow2"));
    let backing = |image: &str| qemu_img(&["info", "-U", image]).contains("backing file:");
    let settled = |what: &dyn Fn() -> bool| {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(300);
        while !what() {
            assert!(std::time::Instant::now() < deadline, "{}", xml(&domain));
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    };
    let idle = || domain.block_job_info("vda", 0).expect("told").is_none();
    // What is between goes into the lowest.
    domain.block_commit("vda", Some(&lowest), Some(&first), 0, 0).expect("begun");
    settled(&idle);
    assert!(!xml(&domain).contains(&first) && xml(&domain).contains(&lowest), "{}", xml(&domain));
    // All of it comes up.
    domain.block_pull("vda", 0, 0).expect("begun");
    settled(&idle);
    assert!(!xml(&domain).contains(&lowest) && !backing(&second), "{}", xml(&domain));
    // A copy takes its place.
    let copy = host.path("busy.copy");
    let dest = format!("<disk type='file'><driver type='qcow2'/><source file='{copy}'/></disk>");
    domain.block_copy("vda", &dest, &TypedParams::new(), 0).expect("begun");
    let is_ready =
        || domain.block_job_info("vda", 0).expect("told").is_some_and(|job| job.current == job.end);
    settled(&is_ready);
    settled(&|| xml(&domain).contains("ready='yes'"));
    domain.block_job_abort("vda", VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT).expect("switched over");
    assert!(idle());
    assert!(xml(&domain).contains(&copy) && !xml(&domain).contains(&second), "{}", xml(&domain));
    assert!(domain.xml_desc(VIR_DOMAIN_XML_INACTIVE).unwrap().contains(&copy));
    let err = domain.block_job_abort("vda", 0).expect_err("nothing is under way");
    assert_eq!(err.code(), ErrorCode::InvalidArg);
    domain.destroy(0).expect("ended");
    domain.create(0).expect("starts on the copy");
}

#[test]
fn what_the_guest_writes_to_is_merged_down_and_left() {
    let host = Host::open();
    let domain = host.guest("merged", "");
    domain.create(0).expect("started");
    let jobs = heard(&host.connection, VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2, |kind| match kind {
        DomainEventKind::BlockJob { kind, status, .. } => Some((*kind as u32, *status)),
        _ => None,
    });
    domain.create_snapshot(&named("over"), VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY).expect("taken");
    let (lowest, over) = (host.path("merged.qcow2"), host.path("merged.over"));
    let err = domain.block_commit("vda", None, None, 0, 0).expect_err("the guest writes to it");
    assert_eq!(err.code(), ErrorCode::InvalidArg);
    domain.block_commit("vda", None, None, 0, VIR_DOMAIN_BLOCK_COMMIT_ACTIVE).expect("begun");
    let told = || jobs.recv_timeout(Duration::from_secs(300)).expect("an event");
    assert_eq!(told(), (VIR_DOMAIN_BLOCK_JOB_TYPE_ACTIVE_COMMIT, READY));
    let text = xml(&domain);
    assert!(text.contains("job='active-commit'") && text.contains("ready='yes'"), "{text}");
    domain.block_job_abort("vda", VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT).expect("switched over");
    assert_eq!(told(), (VIR_DOMAIN_BLOCK_JOB_TYPE_ACTIVE_COMMIT, COMPLETED));
    let text = xml(&domain);
    assert!(text.contains(&lowest) && !text.contains(&over) && !text.contains("<mirror"), "{text}");
    assert!(domain.xml_desc(VIR_DOMAIN_XML_INACTIVE).unwrap().contains(&lowest));
    let nodes = domain.qemu_monitor_command(r#"{"execute":"query-block"}"#, 0).expect("asked");
    assert!(nodes.contains(&lowest) && !nodes.contains(&over), "{nodes}");
    domain.destroy(0).expect("ended");
    domain.create(0).expect("starts on the lowest image");
}

#[test]
fn a_copy_that_cannot_begin_leaves_nothing_and_takes_nothing() {
    let host = Host::open();
    let domain = host.guest("copied", "");
    let (other, more) = (host.image("other.qcow2"), host.image("more.qcow2"));
    let disk = format!(
        "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='{more}'/>\
         <target dev='vdb' bus='virtio'/></disk></devices>"
    );
    let two = xml(&domain).replace("</devices>", &disk);
    let domain = host.connection.define_domain(&two, 0).expect("defined");
    domain.create(0).expect("started");
    let to = |path: &str| format!("<disk type='file'><driver type='qcow2'/><source file='{path}'/></disk>");
    // Somebody else's image.
    let before = fs::read(&other).expect("an image");
    let err = domain.block_copy("vda", &to(&other), &TypedParams::new(), 0).expect_err("there is an image");
    assert_eq!(err.code(), ErrorCode::ConfigUnsupported);
    assert!(err.message().contains(&other), "{err}");
    assert_eq!(fs::read(&other).expect("an image"), before);
    // One that is to be there is.
    let missing = to(&host.path("missing.qcow2"));
    let err = domain
        .block_copy("vda", &missing, &TypedParams::new(), VIR_DOMAIN_BLOCK_COPY_REUSE_EXT)
        .expect_err("there is none");
    assert_eq!(err.code(), ErrorCode::SystemError);
    let device = missing.replace("type='file'", "type='block'").replace("source file", "source dev");
    domain.block_copy("vda", &device, &TypedParams::new(), 0).expect_err("no device");
    assert!(!std::path::Path::new(&host.path("missing.qcow2")).exists());
    // QEMU's least is 512.
    let new = host.path("new.qcow2");
    let small = params([("granularity", TypedValue::UInt(256))]);
    domain.block_copy("vda", &to(&new), &small, 0).expect_err("too fine");
    assert!(!std::path::Path::new(&new).exists());
    let nodes = domain.qemu_monitor_command(r#"{"execute":"query-named-block-nodes"}"#, 0).expect("asked");
    assert!(!nodes.contains(&new), "{nodes}");
    assert!(!xml(&domain).contains("<mirror"), "{}", xml(&domain));
    // Both disks at once: each copy has nodes of its own.
    domain.block_copy("vda", &to(&new), &TypedParams::new(), 0).expect("begun");
    domain.block_copy("vdb", &to(&host.path("newer.qcow2")), &TypedParams::new(), 0).expect("begun, too");
    assert_eq!(xml(&domain).matches("<mirror").count(), 2, "{}", xml(&domain));
}

#[test]
fn snapshots_of_a_guest_at_rest_are_kept_by_the_images_and_in_files() {
    let host = Host::open();
    let domain = host.guest("resting", "");
    domain.create_snapshot(&named("one"), 0).expect("taken");
    let file = host.path("lib/qemu/snapshot/resting/one.xml");
    assert!(fs::read_to_string(&file).expect("kept").contains("<active>1</active>"));
    let text = domain.lookup_snapshot_by_name("one", 0).unwrap().xml_desc(0).expect("described");
    domain.lookup_snapshot_by_name("one", 0).unwrap().revert(0).expect("went back");
    let err = domain.undefine(0).expect_err("it has a snapshot");
    assert_eq!(err.code(), ErrorCode::OperationInvalid);
    domain
        .lookup_snapshot_by_name("one", 0)
        .unwrap()
        .delete(VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY)
        .expect("forgotten");
    assert!(!std::path::Path::new(&file).exists());
    domain.create_snapshot(&text, VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE).expect("taken in again");
    assert!(!domain.has_current_snapshot(0).unwrap());
    domain.undefine(VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA).expect("gone");
    assert!(!std::path::Path::new(&file).exists());
}

#[test]
fn a_guest_is_saved_and_comes_back() {
    let host = Host::open();
    let domain = host.guest("saved", "");
    domain.create(0).expect("started");
    let file = host.path("saved.save");
    domain.save(&file, None, 0).expect("saved");
    assert!(!domain.is_active().unwrap());
    let bytes = fs::read(&file).expect("written");
    assert_eq!(&bytes[..16], b"LibvirtQemudSave");
    let text = host.connection.save_image_xml_desc(&file, 0).expect("described");
    assert!(text.contains("<name>saved</name>"));
    host.connection.restore_domain(&file, None, 0).expect("restored");
    assert_eq!(state(&domain), VIR_DOMAIN_RUNNING);

    domain.suspend().expect("paused");
    domain.managed_save(0).expect("kept");
    assert!(domain.has_managed_save_image(0).unwrap() && !domain.is_active().unwrap());
    assert_eq!(domain.undefine(0).expect_err("kept").code(), ErrorCode::OperationInvalid);
    domain.create(0).expect("taken up");
    assert_eq!(state(&domain), VIR_DOMAIN_PAUSED);
    assert!(!domain.has_managed_save_image(0).unwrap());
    domain.managed_save(0).expect("kept");
    domain.undefine(VIR_DOMAIN_UNDEFINE_MANAGED_SAVE).expect("gone");
    fs::write(&file, b"something else").expect("written");
    let err = host.connection.restore_domain(&file, None, 0).expect_err("not a saved domain");
    assert_eq!(err.code(), ErrorCode::OperationFailed);
}

#[test]
fn memory_is_dumped_while_the_guest_runs_on() {
    let host = Host::open();
    let domain = host.guest("dumped", "");
    domain.create(VIR_DOMAIN_START_PAUSED).expect("started");
    domain.resume().expect("resumed");
    let file = host.path("core");
    domain.core_dump(&file, 0, VIR_DUMP_MEMORY_ONLY | VIR_DUMP_LIVE).expect("dumped");
    assert_eq!(&fs::read(&file).expect("written")[..4], b"\x7fELF");
    assert_eq!(state(&domain), VIR_DOMAIN_RUNNING);
    let err = domain.abort_job(0).expect_err("nothing is under way");
    assert_eq!(err.code(), ErrorCode::OperationInvalid);
}

#[test]
fn what_is_known_of_snapshots_outlives_the_driver() {
    let host = Host::open();
    let domain = host.guest("kept", "");
    domain.create_snapshot(&named("one"), 0).expect("taken");
    domain.create_snapshot(&named("two"), 0).expect("taken");
    let Host { connection, folder } = &host;
    let uri = format!("qemu:///embed?root={}", folder.path().display());
    // The same driver as long as anybody has it open; what counts is that a second reader sees the same.
    let other = Connection::open(Some(&uri)).expect("opened");
    let found = other.lookup_domain_by_name("kept").expect("known");
    assert_eq!(found.current_snapshot(0).expect("a current one").name(), "two");
    assert_eq!(connection.list_all_domains(0).unwrap().len(), 1);
}
