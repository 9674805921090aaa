//! A driver with folders of its own, and what tests ask it.

use ferrovirt_core::driver::{SecretDriver, StorageDriver, StreamDriver};
use ferrovirt_core::event::Subscription;
use ferrovirt_core::layout::Layout;
use ferrovirt_core::{ErrorCode, Event, Result, SecretId, StoragePoolId, StorageVolId};
use ferrovirt_driver_storage::StorageState;
use ferrovirt_host::process::{Command, Output};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use uuid::Uuid;

/// Knows one passphrase, for whatever it is asked.
pub struct OnePassphrase;

pub const SECRET: &str = "0a81f5b2-8403-7b23-c8d6-21ccc2f80d6f";

impl SecretDriver for OnePassphrase {
    fn secret_lookup_by_uuid(&self, uuid: Uuid) -> Result<SecretId> {
        Ok(SecretId { uuid, usage_type: 0, usage_id: "".into() })
    }

    fn secret_get_value(&self, _: &SecretId, _: u32) -> Result<Vec<u8>> {
        Ok(b"letmein".to_vec())
    }
}

/// A driver, and a folder that is all its own.
pub struct Host {
    state: Option<Arc<StorageState>>,
    root: TempDir,
}

impl Host {
    pub fn new() -> Self {
        let mut host = Self { state: None, root: tempfile::tempdir().unwrap() };
        host.open();
        host
    }

    pub fn open(&mut self) {
        let layout = Layout::embedded(self.root.path());
        self.state = Some(StorageState::open(&layout, Arc::new(OnePassphrase)).unwrap());
    }

    /// As when a daemon ends and is started again.
    pub fn reopen(&mut self) {
        self.state = None;
        self.open();
    }

    /// As when the host is started again: what a reboot forgets is gone.
    pub fn reboot(&mut self) {
        self.state = None;
        std::fs::remove_dir_all(self.root.path().join("run")).unwrap();
        self.open();
    }

    pub fn driver(&self) -> &StorageState {
        self.state.as_ref().expect("the driver is open")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub fn xml(&self, name: &str) -> String {
        let path = self.path(name);
        format!("<pool type='dir'><name>{name}</name><target><path>{}</path></target></pool>", path.display())
    }

    pub fn define(&self, name: &str) -> StoragePoolId {
        self.driver().storage_pool_define_xml(&self.xml(name), 0).unwrap()
    }

    /// A pool in a folder, built and started.
    pub fn pool(&self, name: &str) -> StoragePoolId {
        let pool = self.define(name);
        self.driver().storage_pool_build(&pool, 0).unwrap();
        self.driver().storage_pool_create(&pool, 0).unwrap();
        pool
    }

    pub fn volume(&self, pool: &StoragePoolId, xml: &str) -> StorageVolId {
        self.driver().storage_vol_create_xml(pool, xml, 0).unwrap()
    }

    pub fn volume_path(&self, volume: &StorageVolId) -> PathBuf {
        self.driver().storage_vol_get_path(volume).unwrap().into()
    }

    /// What is told from here on of one pool, as text.
    pub fn events(&self) -> (Subscription, Arc<Mutex<Vec<String>>>) {
        let told: Arc<Mutex<Vec<String>>> = Arc::default();
        let tell = told.clone();
        let hub = self.driver().storage_pool_events().unwrap();
        let subscription = hub.subscribe(move |event| {
            if let Event::StoragePool { pool, kind } = &**event {
                tell.lock().unwrap().push(format!("{} {kind:?}", pool.name));
            }
        });
        (subscription, told)
    }
}

/// The code of a call that must fail.
pub fn refused<T>(outcome: Result<T>) -> ErrorCode {
    match outcome {
        Ok(_) => panic!("this should have been refused"),
        Err(err) => err.code(),
    }
}

/// Runs a program. It is started as the driver starts its own: that knows when a file system may be in use by chance, as
/// a child has copies of all descriptors until it runs its program.
pub fn output(program: &str, args: &[&str]) -> Output {
    Command::new(program).args(args).env_pass(["PATH"]).output(Duration::from_secs(600)).unwrap()
}

/// Runs a program that must succeed; what it says comes back.
pub fn run(program: &str, args: &[&str]) -> String {
    let output = output(program, args);
    assert!(output.status.success(), "{program} {args:?}: {}", output.complaint());
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What `qemu-img` says of an image.
pub fn image(path: &Path) -> serde_json::Value {
    serde_json::from_str(&run("qemu-img", &["info", "--output=json", path.to_str().unwrap()])).unwrap()
}

/// Whether there is a program; says so if not.
pub fn has(program: &str) -> bool {
    let found = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .any(|folder| folder.join(program).is_file());
    if !found {
        eprintln!("SKIPPED: there is no '{program}' on this machine");
    }
    found
}

/// Sends all of `data`.
pub fn send(stream: &dyn StreamDriver, mut data: &[u8]) {
    while !data.is_empty() {
        let sent = stream.stream_send(data, false).unwrap().unwrap();
        data = &data[sent..];
    }
}
