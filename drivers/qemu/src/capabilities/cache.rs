//! The results of probes, kept: in memory for every start, on disk for the next run.

use std::collections::HashMap;
use std::hash::Hasher;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use ferrovirt_core::{Error, Result};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::host::{HostSignature, kvm_is_usable};
use super::{Capabilities, ProbeOptions, probe};
use crate::reactor::Reactor;

/// Raised whenever the file's shape or the set of questions changes.
const FORMAT: u32 = 3;

/// All that is known about binaries. Looking one up costs a `stat` and no lock.
#[derive(Debug)]
pub struct CapabilityCache {
    directory: PathBuf,
    options: ProbeOptions,
    known: ArcSwap<HashMap<PathBuf, Arc<Entry>>>,
    /// One a binary, so that it is probed once however many ask, and others need not wait for it.
    probing: Mutex<HashMap<PathBuf, Arc<Mutex<()>>>>,
}

#[derive(Debug)]
struct Entry {
    file: FileSignature,
    /// Whether `/dev/kvm` could be used when it was probed, though QEMU may have found it wanting.
    kvm_device: bool,
    capabilities: Arc<Capabilities>,
}

/// What tells a binary from its successor at the same place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FileSignature {
    size: u64,
    inode: u64,
    modified_ns: i128,
    changed_ns: i128,
}

impl FileSignature {
    fn of(binary: &Path) -> Result<Self> {
        let data = std::fs::metadata(binary).map_err(|e| {
            Error::system(e, format_args!("cannot examine the emulator '{}'", binary.display()))
        })?;
        let nanoseconds = |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        Ok(Self {
            size: data.size(),
            inode: data.ino(),
            modified_ns: nanoseconds(data.mtime(), data.mtime_nsec()),
            changed_ns: nanoseconds(data.ctime(), data.ctime_nsec()),
        })
    }
}

/// All that a stored result depends on.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Key {
    format: u32,
    library: String,
    binary: PathBuf,
    file: FileSignature,
    host: HostSignature,
    kvm_device: bool,
    identity: Option<(u32, u32)>,
}

#[derive(Serialize, Deserialize)]
struct Stored<K, C> {
    key: K,
    capabilities: C,
}

impl CapabilityCache {
    /// A cache with its files in a directory, which is made when there is something to put there. Does nothing yet.
    pub fn new(directory: impl Into<PathBuf>, options: ProbeOptions) -> Self {
        Self { directory: directory.into(), options, known: ArcSwap::default(), probing: Mutex::default() }
    }

    /// What a binary can do; probes it if neither memory nor disk know, or know it as it no longer is.
    pub fn get(&self, reactor: &Reactor, binary: &Path) -> Result<Arc<Capabilities>> {
        let file = FileSignature::of(binary)?;
        if let Some(known) = self.remembered(binary, &file) {
            return Ok(known);
        }
        let turn = self.probing.lock().entry(binary.to_path_buf()).or_default().clone();
        let _turn = turn.lock();
        if let Some(known) = self.remembered(binary, &file) {
            return Ok(known);
        }
        let key = self.key(binary, file)?;
        let capabilities = match self.load(&key) {
            Some(stored) => stored,
            None => {
                let found = probe(reactor, binary, &self.options)?;
                self.store(&key, &found);
                found
            }
        };
        Ok(self.remember(key, capabilities))
    }

    /// What memory holds about a binary, right or outdated, without looking at any file.
    pub fn peek(&self, binary: &Path) -> Option<Arc<Capabilities>> {
        self.known.load().get(binary).map(|entry| entry.capabilities.clone())
    }

    fn remembered(&self, binary: &Path, file: &FileSignature) -> Option<Arc<Capabilities>> {
        let known = self.known.load();
        let entry = known.get(binary)?;
        // KVM may have come since; where it was found it stays, and no further system call is needed.
        let holds = entry.file == *file && (entry.kvm_device || !self.kvm_device());
        holds.then(|| entry.capabilities.clone())
    }

    fn kvm_device(&self) -> bool {
        self.options.with_kvm && kvm_is_usable()
    }

    fn remember(&self, key: Key, capabilities: Capabilities) -> Arc<Capabilities> {
        let capabilities = Arc::new(capabilities);
        let Key { file, kvm_device, .. } = key;
        let entry = Arc::new(Entry { file, kvm_device, capabilities: capabilities.clone() });
        self.known.rcu(|known| {
            let mut known = HashMap::clone(known);
            known.insert(key.binary.clone(), entry.clone());
            known
        });
        capabilities
    }

    fn key(&self, binary: &Path, file: FileSignature) -> Result<Key> {
        Ok(Key {
            format: FORMAT,
            library: env!("CARGO_PKG_VERSION").into(),
            binary: binary.to_path_buf(),
            file,
            host: HostSignature::read()?,
            kvm_device: self.kvm_device(),
            identity: self.options.identity,
        })
    }

    /// The file for a binary: named by a hash of its path, which the key inside repeats in full.
    fn file_for(&self, binary: &Path) -> PathBuf {
        let mut hasher = fnv::FnvHasher::default();
        hasher.write(binary.as_os_str().as_bytes());
        self.directory.join(format!("{:016x}.json", hasher.finish()))
    }

    fn load(&self, key: &Key) -> Option<Capabilities> {
        let path = self.file_for(&key.binary);
        let text = std::fs::read(&path).ok()?;
        // A file of another version may hold anything, so what it is about is looked at first.
        let about: Result<Stored<Key, serde::de::IgnoredAny>, _> = serde_json::from_slice(&text);
        if !about.is_ok_and(|stored| stored.key == *key) {
            tracing::debug!(path = %path.display(), "cached capabilities are outdated");
            return None;
        }
        match serde_json::from_slice::<Stored<Key, Capabilities>>(&text) {
            Ok(stored) => Some(stored.capabilities),
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "cached capabilities can't be read");
                None
            }
        }
    }

    /// A result that can't be stored is used all the same.
    fn store(&self, key: &Key, capabilities: &Capabilities) {
        let path = self.file_for(&key.binary);
        if let Err(error) = self.write_file(&path, &Stored { key, capabilities }) {
            tracing::warn!(path = %path.display(), %error, "capabilities can't be cached");
        }
    }

    fn write_file(&self, path: &Path, stored: &Stored<&Key, &Capabilities>) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.directory)?;
        let temporary = path.with_extension(format!("{}.new", std::process::id()));
        let text = serde_json::to_vec(stored)?;
        // No sync: after a power failure an empty file is probed anew.
        let written = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)
            .and_then(|mut file| file.write_all(&text))
            .and_then(|()| std::fs::rename(&temporary, path));
        written.inspect_err(|_| {
            let _ = std::fs::remove_file(&temporary);
        })
    }
}
