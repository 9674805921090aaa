//! Backups of running guests, with real QEMU: written, fetched, of changes alone.

use crate::guests::{Host, heard, qemu_img};
use ferrovirt::{Domain, ErrorCode};
use ferrovirt_core::abi::{
    VIR_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL, VIR_DOMAIN_EVENT_ID_JOB_COMPLETED, VIR_DOMAIN_JOB_COMPLETED,
    VIR_DOMAIN_JOB_NONE, VIR_DOMAIN_JOB_STATS_COMPLETED, VIR_DOMAIN_JOB_UNBOUNDED,
    VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY,
};
use ferrovirt_core::{DomainEventKind, TypedParams, TypedValue};
use std::path::Path;
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// The jobs of a host's guests that have ended.
fn ends(host: &Host) -> Receiver<TypedParams> {
    heard(&host.connection, VIR_DOMAIN_EVENT_ID_JOB_COMPLETED, |kind| match kind {
        DomainEventKind::JobCompleted { params } => Some(params.clone()),
        _ => None,
    })
}

fn end(ends: &Receiver<TypedParams>) -> bool {
    let params = ends.recv_timeout(Duration::from_secs(300)).expect("the backup ends");
    params.get("success") == Some(&TypedValue::Boolean(true))
}

/// Has the guest's disk write 64 KiB of this byte there, as the guest would.
fn write(domain: &Domain, byte: u8, offset: &str) {
    let line = format!(
        r#"qemu-io -d /machine/peripheral/virtio-disk0/virtio-backend \"write -P {byte} {offset} 64k\""#
    );
    let command = format!(r#"{{"execute":"human-monitor-command","arguments":{{"command-line":"{line}"}}}}"#);
    let reply = domain.qemu_monitor_command(&command, 0).expect("asked");
    // What it did, it prints elsewhere.
    assert!(reply.contains("\"return\":\"\""), "{reply}");
}

/// The bytes of an image, or of an export, that are written: offset, length and the first byte.
fn contents(host: &Host, image: &str) -> Vec<u8> {
    let raw = host.path("contents.raw");
    qemu_img(&["convert", "-U", "-O", "raw", image, &raw]);
    std::fs::read(raw).expect("converted")
}

fn checkpoint(name: &str) -> String {
    format!("<domaincheckpoint><name>{name}</name></domaincheckpoint>")
}

/// A backup of this mode whose only disk has these attributes and elements.
fn backup(mode: &str, before: &str, attributes: &str, inside: &str) -> String {
    format!(
        "<domainbackup mode='{mode}'>{before}<disks><disk name='vda' type='file' {attributes}>{inside}</disk></disks>\
         </domainbackup>"
    )
}

const MIB: usize = 1 << 20;

#[test]
fn a_guest_is_copied_as_of_one_instant_and_then_its_changes() {
    let host = Host::open();
    let domain = host.guest("kept", "");
    let ends = ends(&host);
    let err = domain.backup_begin("<domainbackup/>", None, 0).expect_err("it does not run");
    assert_eq!(err.code(), ErrorCode::OperationUnsupported);
    domain.create(0).expect("started");
    assert_eq!(domain.backup_xml_desc(0).expect_err("none").code(), ErrorCode::NoDomainBackup);
    write(&domain, 1, "0");
    let full = host.path("full.qcow2");
    let to = |path: &str| format!("<target file='{path}'/>");
    domain.backup_begin(&backup("push", "", "", &to(&full)), Some(&checkpoint("one")), 0).expect("begun");
    assert!(end(&ends));
    let completed = domain.job_stats(VIR_DOMAIN_JOB_STATS_COMPLETED).expect("told");
    assert_eq!(completed.kind as u32, VIR_DOMAIN_JOB_COMPLETED);
    assert_eq!(completed.params.get_ullong("disk_total").unwrap(), Some(16 * MIB as u64));
    let again = domain.job_stats(VIR_DOMAIN_JOB_STATS_COMPLETED).expect("told");
    assert_eq!(again.kind as u32, VIR_DOMAIN_JOB_NONE, "it is told once");
    let copied = contents(&host, &full);
    assert!(copied.len() == 16 * MIB && copied[..65536].iter().all(|byte| *byte == 1));
    // What changes from here on, and no more, is in the next one.
    write(&domain, 2, "8M");
    let changes = host.path("changes.qcow2");
    let since = "<incremental>one</incremental>";
    domain
        .backup_begin(&backup("push", since, "", &to(&changes)), Some(&checkpoint("two")), 0)
        .expect("begun");
    assert!(end(&ends));
    let map = qemu_img(&["map", "-U", "--output=json", &changes]);
    let own: Vec<_> = map.lines().filter(|line| line.contains("\"depth\": 0")).collect();
    assert_eq!(own.len(), 1, "{map}");
    assert!(own[0].contains(&format!("\"start\": {}, \"length\": 65536", 8 * MIB)), "{map}");
    assert!(
        !domain
            .qemu_monitor_command(r#"{"execute":"query-named-block-nodes"}"#, 0)
            .unwrap()
            .contains(&changes)
    );
    assert_eq!(domain.list_all_checkpoints(0).unwrap().len(), 2);
    // Nothing is overwritten, and nothing is taken for there that is not.
    let before = std::fs::read(&full).expect("there");
    let err = domain.backup_begin(&backup("push", "", "", &to(&full)), None, 0).expect_err("it is there");
    assert_eq!(err.code(), ErrorCode::InvalidArg);
    assert_eq!(std::fs::read(&full).expect("there"), before);
    let missing = backup("push", "", "", &to(&host.path("missing")));
    let err =
        domain.backup_begin(&missing, None, VIR_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL).expect_err("no file");
    assert_eq!(err.code(), ErrorCode::SystemError);
    domain
        .backup_begin(&backup("push", "", "", &to(&full)), None, VIR_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL)
        .expect("begun");
    assert!(end(&ends));
    assert_eq!(contents(&host, &full)[8 * MIB], 2);
}

#[test]
fn a_backup_is_fetched_as_of_its_beginning_and_then_aborted() {
    let host = Host::open();
    let domain = host.guest("fetched", "");
    let ends = ends(&host);
    domain.create(0).expect("started");
    write(&domain, 1, "0");
    domain.create_checkpoint(&checkpoint("one"), 0).expect("made");
    write(&domain, 2, "4M");
    let (socket, scratch) = (host.path("nbd.sock"), host.path("scratch.qcow2"));
    let before = format!("<incremental>one</incremental><server transport='unix' socket='{socket}'/>");
    let inside = format!("<scratch file='{scratch}'/>");
    let pull = backup("pull", &before, "exportname='disk' exportbitmap='changes'", &inside);
    domain.backup_begin(&pull, None, 0).expect("begun");
    let text = domain.backup_xml_desc(0).expect("under way");
    assert!(text.contains("exportbitmap='changes'") && text.contains("index='2'"), "{text}");
    assert_eq!(domain.job_info().expect("told").kind as u32, VIR_DOMAIN_JOB_UNBOUNDED);
    // What the guest writes now is not part of it.
    write(&domain, 9, "0");
    let url = format!("nbd+unix:///disk?socket={socket}");
    let fetched = contents(&host, &url);
    assert_eq!((fetched[0], fetched[4 * MIB], fetched[8 * MIB]), (1, 2, 0));
    let bitmap = format!(
        "driver=nbd,server.type=unix,server.path={socket},export=disk,x-dirty-bitmap=qemu:dirty-bitmap:changes"
    );
    let map = qemu_img(&["map", "--output=json", "--image-opts", &bitmap]);
    let dirty: Vec<_> = map.lines().filter(|line| line.contains("\"data\": false")).collect();
    assert!(dirty.len() == 1 && dirty[0].contains(&format!("\"start\": {}", 4 * MIB)), "{map}");
    // One at a time, and nothing else that would take its images away.
    for refused in [
        domain.backup_begin("<domainbackup/>", None, 0).err(),
        domain.create_snapshot("<domainsnapshot/>", VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY).err(),
        domain.managed_save(0).err(),
    ] {
        assert_eq!(refused.expect("refused").code(), ErrorCode::OperationTimeout);
    }
    domain.abort_job(0).expect("ended");
    assert!(end(&ends), "who fetches decides when he has all");
    assert_eq!(domain.backup_xml_desc(0).expect_err("over").code(), ErrorCode::NoDomainBackup);
    assert!(!Path::new(&scratch).exists() && !Path::new(&socket).exists());
    let nodes = domain.qemu_monitor_command(r#"{"execute":"query-named-block-nodes"}"#, 0).expect("asked");
    assert!(!nodes.contains("scratch") && !nodes.contains("changes"), "{nodes}");
    // It can be had again, and ends with its guest.
    domain.backup_begin(&pull, Some(&checkpoint("two")), 0).expect("begun");
    domain.destroy(0).expect("ended");
    assert!(!end(&ends));
    assert!(!Path::new(&scratch).exists());
}

#[test]
fn a_backup_that_cannot_begin_leaves_nothing() {
    let host = Host::open();
    let domain = host.guest("whole", "");
    domain.create(0).expect("started");
    let target = host.path("target.qcow2");
    let to = format!("<target file='{target}'/>");
    for (text, checkpoint, code) in [
        ("<domainbackup mode='odd'/>".to_owned(), None, ErrorCode::XmlInvalidSchema),
        ("<domain/>".to_owned(), None, ErrorCode::XmlError),
        (backup("push", "", "", &to).replace("vda", "vdz"), None, ErrorCode::ConfigUnsupported),
        (backup("push", "<incremental>no</incremental>", "", &to), None, ErrorCode::NoDomainCheckpoint),
        (
            "<domainbackup><disks><disk name='vda' backup='no'/></disks></domainbackup>".to_owned(),
            None,
            ErrorCode::ConfigUnsupported,
        ),
        // The server's address belongs to somebody else.
        (
            backup(
                "pull",
                "<server transport='unix' socket='/nowhere/nbd.sock'/>",
                "",
                &to.replace("target", "scratch"),
            ),
            Some(checkpoint("c")),
            ErrorCode::Internal,
        ),
    ] {
        let err = domain.backup_begin(&text, checkpoint.as_deref(), 0).expect_err(&text);
        assert_eq!(err.code(), code, "{text}: {err}");
        assert!(!Path::new(&target).exists() && !Path::new(&host.path("scratch.qcow2")).exists(), "{text}");
    }
    assert!(domain.list_all_checkpoints(0).unwrap().is_empty());
    let nodes = domain.qemu_monitor_command(r#"{"execute":"query-named-block-nodes"}"#, 0).expect("asked");
    assert!(!nodes.contains("libvirt-2-"), "{nodes}");
    assert_eq!(domain.abort_job(0).expect_err("none").code(), ErrorCode::OperationInvalid);
}

#[test]
fn all_disks_are_copied_and_the_backup_is_over_once() {
    let host = Host::open();
    let text = crate::guests::xml(&host.guest("many", ""));
    let disks: String = ["vdb", "vdc", "vdd"]
        .iter()
        .map(|name| {
            let image = host.image(&format!("{name}.qcow2"));
            format!(
                "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='{image}'/>\
                 <target dev='{name}' bus='virtio'/></disk>"
            )
        })
        .collect();
    let domain = host.connection.define_domain(&text.replace("</devices>", &format!("{disks}</devices>")), 0);
    let domain = domain.expect("defined");
    domain.create(0).expect("started");
    let ends = ends(&host);
    for _ in 0..3 {
        // They are all as empty, so that they end at once.
        domain.backup_begin("<domainbackup/>", None, 0).expect("begun");
        assert!(end(&ends));
        assert_eq!(domain.backup_xml_desc(0).expect_err("over").code(), ErrorCode::NoDomainBackup);
        for name in std::fs::read_dir(host.folder.path()).expect("a folder").flatten() {
            let path = name.path();
            if path.to_string_lossy().contains(".qcow2.") {
                std::fs::remove_file(path).expect("a copy");
            }
        }
    }
    assert!(ends.try_recv().is_err());
}
