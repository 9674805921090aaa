//! A test's own driver, and guests without an operating system.

use ferrovirt::{Connection, Domain, event_loop};
use ferrovirt_core::{TypedParams, TypedValue};
use std::process::Command;
use std::sync::Once;
use tempfile::TempDir;

pub struct Host {
    pub connection: Connection,
    pub folder: TempDir,
}

impl Host {
    pub fn open() -> Self {
        static LOOP: Once = Once::new();
        LOOP.call_once(|| {
            event_loop::register_default().expect("an event loop");
            std::thread::spawn(|| while event_loop::run_default().is_ok() {});
        });
        let folder = tempfile::tempdir().expect("a temporary folder");
        let uri = format!("qemu:///embed?root={}", folder.path().display());
        let connection = Connection::open(Some(&uri)).expect("opened");
        Self { connection, folder }
    }

    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// An empty image in QEMU's format.
    pub fn image(&self, name: &str) -> String {
        let path = self.path(name);
        qemu_img(&["create", "-q", "-f", "qcow2", &path, "16M"]);
        path
    }

    /// A guest on an image of this name, defined.
    pub fn guest(&self, name: &str, inside: &str) -> Domain {
        let image = self.image(&format!("{name}.qcow2"));
        let xml = format!(
            "<domain type='qemu'><name>{name}</name><memory unit='MiB'>64</memory>\
             <vcpu current='1'>4</vcpu>{inside}<os><type arch='x86_64' machine='q35'>hvm</type></os><devices>\
             <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='{image}'/>\
             <target dev='vda' bus='virtio'/></disk><memballoon model='virtio'/></devices></domain>"
        );
        self.connection.define_domain(&xml, 0).expect("defined")
    }
}

/// The guests go with their host.
impl Drop for Host {
    fn drop(&mut self) {
        for domain in self.connection.list_all_domains(0).unwrap_or_default() {
            let _ = domain.destroy(0);
        }
    }
}

pub fn qemu_img(arguments: &[&str]) -> String {
    let output = Command::new("qemu-img").args(arguments).output().expect("qemu-img");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

pub fn params<const N: usize>(values: [(&str, TypedValue); N]) -> TypedParams {
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The live description.
pub fn xml(domain: &Domain) -> String {
    domain.xml_desc(0).expect("described")
}
