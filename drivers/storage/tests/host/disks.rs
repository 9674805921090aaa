//! Pools on devices, mounted in a mount namespace of the test's own.

use crate::support::{Host, has, output, refused, run};
use ferrovirt_core::ErrorCode;
use ferrovirt_core::abi::{VIR_STORAGE_POOL_BUILD_NO_OVERWRITE, VIR_STORAGE_POOL_BUILD_OVERWRITE};
use ferrovirt_core::driver::StorageDriver;
use std::path::Path;

/// A loop device on a file; it goes when this does.
struct Loop(String);

impl Loop {
    fn new(path: &Path) -> Option<Self> {
        std::fs::File::create(path).unwrap().set_len(16 << 20).unwrap();
        let output = output("losetup", &["--find", "--show", path.to_str().unwrap()]);
        if !output.status.success() {
            eprintln!("SKIPPED: no loop device can be had: {}", output.complaint());
            return None;
        }
        Some(Self(String::from_utf8_lossy(&output.stdout).trim().to_owned()))
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        run("losetup", &["--detach", &self.0]);
    }
}

/// Runs a test on a thread whose mounts nobody else sees.
fn with_own_mounts(test: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            // The safe form is deprecated for what unsharing the *file* table may do; here it is only the mounts.
            #[expect(deprecated)]
            let unshared = rustix::thread::unshare(rustix::thread::UnshareFlags::NEWNS);
            if let Err(errno) = unshared {
                eprintln!("SKIPPED: a mount namespace of its own needs CAP_SYS_ADMIN: {errno}");
                return;
            }
            run("mount", &["--make-rprivate", "/"]);
            test();
        });
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

#[test]
fn a_file_system_is_made_mounted_and_unmounted() {
    if !has("mkfs.ext4") || !has("losetup") {
        return;
    }
    with_own_mounts(|| {
        let mut host = Host::new();
        let Some(device) = Loop::new(&host.path("disk")) else { return };
        let xml = format!(
            "<pool type='fs'><name>f</name><source><device path='{}'/><format type='ext4'/></source>\
             <target><path>{}</path></target></pool>",
            device.0,
            host.path("mnt").display()
        );
        let pool = host.driver().storage_pool_define_xml(&xml, 0).unwrap();
        assert!(refused(host.driver().storage_pool_create(&pool, 0)) == ErrorCode::Internal);
        host.driver().storage_pool_build(&pool, VIR_STORAGE_POOL_BUILD_NO_OVERWRITE).unwrap();
        let again = host.driver().storage_pool_build(&pool, VIR_STORAGE_POOL_BUILD_NO_OVERWRITE);
        assert_eq!(refused(again), ErrorCode::StoragePoolBuilt);
        host.driver().storage_pool_build(&pool, VIR_STORAGE_POOL_BUILD_OVERWRITE).unwrap();
        host.driver().storage_pool_create(&pool, 0).unwrap();
        let mounted =
            || run("cat", &["/proc/self/mounts"]).contains(&format!("{} {}", device.0, host_path(&xml)));
        assert!(mounted());
        let capacity = host.driver().storage_pool_get_info(&pool).unwrap().capacity;
        assert!((1 << 20..16 << 20).contains(&capacity));
        host.volume(&pool, "<volume><name>v</name><capacity>4096</capacity></volume>");
        host.reopen();
        assert!(host.driver().storage_pool_is_active(&pool).unwrap());
        // The folder that every file system has is a volume, too.
        assert_eq!(host.driver().storage_pool_list_all_volumes(&pool, 0).unwrap().len(), 2);
        host.driver().storage_pool_destroy(&pool).unwrap();
        assert!(!mounted());
    });
}

/// The target in a definition.
fn host_path(xml: &str) -> String {
    xml.split("<path>").nth(1).and_then(|rest| rest.split("</path>").next()).unwrap().to_owned()
}

#[test]
fn what_can_not_be_reached_does_not_start() {
    let host = Host::new();
    let target = format!("<target><path>{}</path></target>", host.path("mnt").display());
    let iscsi = "<source><host name='127.0.0.1'/><device path='iqn.x'/></source>";
    let xml = format!("<pool type='iscsi'><name>i</name>{iscsi}{target}</pool>");
    let pool = host.driver().storage_pool_define_xml(&xml, 0).unwrap();
    assert_eq!(refused(host.driver().storage_pool_create(&pool, 0)), ErrorCode::Internal);
    let xml =
        format!("<pool type='fs'><name>f</name><source><device path='/nowhere'/></source>{target}</pool>");
    let pool = host.driver().storage_pool_define_xml(&xml, 0).unwrap();
    assert_eq!(refused(host.driver().storage_pool_create(&pool, 0)), ErrorCode::Internal);
    assert!(!host.driver().storage_pool_is_active(&pool).unwrap());
}

#[test]
fn partitions_are_volumes() {
    if !has("parted") || !has("losetup") {
        return;
    }
    let host = Host::new();
    let Some(device) = Loop::new(&host.path("disk")) else { return };
    let xml = format!(
        "<pool type='disk'><name>d</name><source><device path='{}'/><format type='gpt'/></source>\
         <target><path>/dev</path></target></pool>",
        device.0
    );
    let pool = host.driver().storage_pool_define_xml(&xml, 0).unwrap();
    assert_eq!(refused(host.driver().storage_pool_create(&pool, 0)), ErrorCode::StorageProbeFailed);
    host.driver().storage_pool_build(&pool, 0).unwrap();
    assert_eq!(refused(host.driver().storage_pool_build(&pool, 0)), ErrorCode::StoragePoolBuilt);
    host.driver().storage_pool_create(&pool, 0).unwrap();
    let before = host.driver().storage_pool_get_info(&pool).unwrap();
    let name = format!("{}p1", device.0.trim_start_matches("/dev/"));
    let xml = |name: &str| format!("<volume><name>{name}</name><capacity unit='MiB'>4</capacity></volume>");
    let wrong = host.driver().storage_vol_create_xml(&pool, &xml("data"), 0);
    assert_eq!(refused(wrong), ErrorCode::InvalidArg);
    let volume = host.volume(&pool, &xml(&name));
    let print = run("parted", &["-m", "-s", &device.0, "unit", "B", "print"]);
    assert!(print.contains("1:1048576B:5242879B:4194304B"), "{print}");
    assert_eq!(host.driver().storage_vol_get_info(&volume).unwrap().capacity, 4 << 20);
    assert!(host.driver().storage_pool_get_info(&pool).unwrap().available < before.available);
    let told = host.driver().storage_vol_get_xml_desc(&volume, 0).unwrap();
    assert!(told.contains("<extent start='1048576' end='5242880'/>"), "{told}");
    host.driver().storage_pool_refresh(&pool, 0).unwrap();
    assert_eq!(host.driver().storage_vol_lookup_by_name(&pool, &name).unwrap(), volume);
    host.driver().storage_vol_delete(&volume, 0).unwrap();
    let after = host.driver().storage_pool_get_info(&pool).unwrap();
    assert_eq!((after.available, after.allocation), (before.available, 0));
    host.driver().storage_pool_destroy(&pool).unwrap();
    host.driver().storage_pool_delete(&pool, 0).unwrap();
}
