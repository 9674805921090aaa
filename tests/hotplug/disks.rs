//! Disks and media.

use crate::host::{definition, on_own_host, xml};
use ferrovirt::ErrorCode;
use ferrovirt_core::abi::{
    VIR_DOMAIN_AFFECT_CONFIG as CONFIG, VIR_DOMAIN_AFFECT_LIVE as LIVE,
    VIR_DOMAIN_DEVICE_MODIFY_FORCE as FORCE, VIR_DOMAIN_START_PAUSED, VIR_DOMAIN_XML_INACTIVE,
};

fn disk(path: &str, target: &str, bus: &str) -> String {
    format!(
        "<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{path}'/>\
         <target dev='{target}' bus='{bus}'/></disk>"
    )
}

fn cdrom(source: &str) -> String {
    format!("<disk type='file' device='cdrom'>{source}<target dev='sda' bus='sata'/><readonly/></disk>")
}

#[test]
fn disks_are_plugged_in_and_released_by_a_guest_that_starts_anew() {
    on_own_host(|host| {
        let domain = host.connection.define_domain(&definition("a", ""), 0).expect("defined");
        domain.create(VIR_DOMAIN_START_PAUSED).expect("started");
        let (first, second) = (host.image("one.img"), host.image("two.img"));
        domain.attach_device(&disk(&first, "vda", "virtio"), LIVE | CONFIG).expect("a virtio disk");
        host.hears("added virtio-disk0");
        domain.attach_device(&disk(&second, "sdb", "scsi"), LIVE).expect("a SCSI disk");
        host.hears("added scsi0-0-0-1");
        let ask = |command: &str| domain.qemu_monitor_command(command, 0).expect("asked");
        let nodes = || ask(r#"{"execute":"query-named-block-nodes"}"#);
        assert!(nodes().contains(&first) && nodes().contains(&second));
        assert_eq!(domain.block_stats("vda").expect("statistics").read_bytes, 0);
        let again = domain.attach_device(&disk(&first, "vda", "virtio"), LIVE).expect_err("twice");
        assert_eq!(again.code(), ErrorCode::XmlError);
        let missing = disk("/none/here", "vdc", "virtio");
        let err = domain.attach_device(&missing, LIVE).expect_err("no such image");
        assert!(err.message().contains("/none/here"), "{err}");
        let ide = domain.attach_device(&disk(&first, "sdz", "sata"), LIVE).expect_err("not hot");
        assert_eq!(ide.code(), ErrorCode::OperationUnsupported);

        // SCSI needs no answer of the guest.
        domain.detach_device(&disk(&second, "sdb", "scsi"), LIVE).expect("detached");
        host.hears("removed scsi0-0-0-1");
        assert!(!nodes().contains(&second) && !xml(&domain).contains(&second), "{}", nodes());
        domain.detach_device_alias("virtio-disk0", LIVE).expect("asked for");
        assert!(xml(&domain).contains(&first));
        domain.reset(0).expect("reset");
        domain.resume().expect("resumed");
        host.hears("removed virtio-disk0");
        assert!(!nodes().contains(&first) && !xml(&domain).contains(&first));
        assert!(domain.xml_desc(VIR_DOMAIN_XML_INACTIVE).unwrap().contains(&first));
    });
}

#[test]
fn a_medium_is_changed_taken_out_and_put_in() {
    on_own_host(|host| {
        let (first, second) = (host.image("one.iso"), host.image("two.iso"));
        let source = |path: &str| format!("<source file='{path}'/>");
        let text = definition("a", &cdrom(&source(&first)));
        let domain = host.connection.define_domain(&text, 0).expect("defined");
        domain.create(VIR_DOMAIN_START_PAUSED).expect("started");
        let inserted = || domain.qemu_monitor_command(r#"{"execute":"query-block"}"#, 0).expect("asked");
        let nodes =
            || domain.qemu_monitor_command(r#"{"execute":"query-named-block-nodes"}"#, 0).expect("asked");
        domain.update_device(&cdrom(&source(&second)), LIVE).expect("changed");
        assert!(inserted().contains(&second) && !nodes().contains(&first), "{}", nodes());
        assert!(xml(&domain).contains(&second) && !xml(&domain).contains(&first));
        assert!(domain.xml_desc(VIR_DOMAIN_XML_INACTIVE).unwrap().contains(&first));
        domain.update_device(&cdrom(""), LIVE | CONFIG | FORCE).expect("taken out");
        assert!(!inserted().contains(".iso") && !nodes().contains(&second));
        domain.attach_device(&cdrom(&source(&first)), LIVE).expect("put in, the old way");
        assert!(inserted().contains(&first) && xml(&domain).contains(&first));
        domain.update_device(&cdrom(&source("/none/here")), LIVE).expect_err("no such image");
        assert!(inserted().contains(&first) && xml(&domain).contains(&first));
        let err = domain.detach_device(&cdrom(""), LIVE).expect_err("part of the machine");
        assert_eq!(err.code(), ErrorCode::OperationUnsupported);
    });
}

#[test]
fn a_source_of_random_numbers_comes_and_is_refused_where_it_can_not_go() {
    on_own_host(|host| {
        let domain = host.connection.define_domain(&definition("a", ""), 0).expect("defined");
        domain.create(VIR_DOMAIN_START_PAUSED).expect("started");
        let rng = "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>";
        domain.attach_device(rng, LIVE | CONFIG).expect("attached");
        host.hears("added rng0");
        let objects = domain.qemu_monitor_command("info qtree", 1).expect("asked");
        assert!(objects.contains("virtio-rng"), "{objects}");
        domain.detach_device_alias("rng0", LIVE).expect("asked for");
        domain.reset(0).expect("reset");
        domain.resume().expect("resumed");
        host.hears("removed rng0");
        domain.attach_device(rng, LIVE).expect("object and address are free again");
    });
}

#[test]
fn a_volume_of_a_pool_is_a_disk_by_its_names() {
    on_own_host(|host| {
        let path = host.image("volume.img");
        let folder = path.rsplit_once('/').expect("a path").0;
        let pool = format!("<pool type='dir'><name>p</name><target><path>{folder}</path></target></pool>");
        let pool = host.connection.create_storage_pool(&pool, 0).expect("a pool");
        let volume = |target: &str, bus: &str| {
            format!(
                "<disk type='volume' device='disk'><source pool='p' volume='volume.img'/>\
                 <target dev='{target}' bus='{bus}'/><shareable/></disk>"
            )
        };
        let text = definition("a", &volume("vda", "virtio"));
        let domain = host.connection.define_domain(&text, 0).expect("defined");
        domain.create(VIR_DOMAIN_START_PAUSED).expect("started");
        let nodes =
            || domain.qemu_monitor_command(r#"{"execute":"query-named-block-nodes"}"#, 0).expect("asked");
        assert!(nodes().contains(&path) && xml(&domain).contains("<source pool='p' volume='volume.img'"));
        let before = nodes().matches(&path).count();
        domain.attach_device(&volume("sdb", "scsi"), LIVE).expect("plugged in");
        host.hears("added scsi0-0-0-1");
        assert!(nodes().matches(&path).count() > before);
        // What is taken out need not be found any more.
        pool.destroy().expect("stopped");
        domain.detach_device(&volume("sdb", "scsi"), LIVE).expect("detached");
        host.hears("removed scsi0-0-0-1");
        assert_eq!(nodes().matches(&path).count(), before);
        let err = domain.attach_device(&volume("sdc", "scsi"), LIVE).expect_err("no pool");
        assert_eq!(err.code(), ErrorCode::NoStoragePool);
    });
}
