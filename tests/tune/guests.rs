//! A test's own driver, and guests without an operating system.

use ferrovirt::{Connection, Domain, Listener, event_loop};
use ferrovirt_core::abi::VIR_DOMAIN_EVENT_ID_LIFECYCLE;
use ferrovirt_core::{DomainEvent, DomainEventKind, Event, TypedParams, TypedValue};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Once};
use std::time::Duration;
use tempfile::TempDir;

pub struct Host {
    pub connection: Connection,
    pub folder: Arc<TempDir>,
}

impl Host {
    pub fn open() -> Self {
        Self::open_in(Arc::new(tempfile::tempdir().expect("a temporary folder")))
    }

    /// The driver whose files are in this folder.
    pub fn open_in(folder: Arc<TempDir>) -> Self {
        static LOOP: Once = Once::new();
        LOOP.call_once(|| {
            event_loop::register_default().expect("an event loop");
            std::thread::spawn(|| while event_loop::run_default().is_ok() {});
        });
        let connection = Connection::open(Some(&uri(&folder))).expect("opened");
        Self { connection, folder }
    }

    /// Ends its guests and closes the driver; its files stay.
    pub fn close(self) -> Arc<TempDir> {
        self.folder.clone()
    }

    pub fn reopen(self) -> Self {
        Self::open_in(self.close())
    }

    pub fn uri(&self) -> String {
        uri(&self.folder)
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

fn uri(folder: &TempDir) -> String {
    format!("qemu:///embed?root={}", folder.path().display())
}

/// What happens to the guests of a connection: name, event and detail.
pub struct Events {
    connection: Connection,
    id: i32,
    told: Receiver<(String, u32, u32)>,
}

impl Events {
    pub fn of(connection: &Connection) -> Self {
        let (id, told) = listen(connection, VIR_DOMAIN_EVENT_ID_LIFECYCLE, |event| match &event.kind {
            DomainEventKind::Lifecycle { event: what, detail } => {
                Some((event.domain.name.to_string(), *what as u32, *detail as u32))
            }
            _ => None,
        });
        Self { connection: connection.clone(), id, told }
    }

    pub fn next(&self) -> (String, u32, u32) {
        self.told.recv_timeout(Duration::from_secs(300)).expect("an event")
    }

    /// Waits for one event; those before it don't matter.
    pub fn until(&self, wanted: &(String, u32, u32)) {
        while self.next() != *wanted {}
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        let _ = self.connection.deregister_event(self.id);
    }
}

/// What is told of by events of this kind, as long as the connection lasts.
pub fn heard<T: Send + 'static>(
    connection: &Connection,
    event_id: u32,
    pick: impl Fn(&DomainEventKind) -> Option<T> + Send + Sync + 'static,
) -> Receiver<T> {
    listen(connection, event_id, move |event| pick(&event.kind)).1
}

fn listen<T: Send + 'static>(
    connection: &Connection,
    event_id: u32,
    pick: impl Fn(&DomainEvent) -> Option<T> + Send + Sync + 'static,
) -> (i32, Receiver<T>) {
    let (sender, told) = channel();
    let callback = Arc::new(move |_: &Connection, event: &Event| {
        if let Event::Domain(event) = event
            && let Some(picked) = pick(event)
        {
            // The test may have stopped listening.
            let _ = sender.send(picked);
        }
    });
    let listener = Listener { callback, function: None };
    let id = connection.register_domain_event(None, event_id as i32, listener).expect("registered");
    (id, told)
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
