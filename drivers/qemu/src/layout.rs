//! The QEMU driver's files and folders, where libvirt has them.

use crate::command::Settings;
use ferrovirt_core::driver::SecretDriver;
use ferrovirt_core::layout::Layout;
use std::hash::Hasher;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// The monitor's socket in a guest's own folder.
pub const MONITOR_SOCKET: &str = "monitor.sock";

/// The paths of one QEMU driver.
#[derive(Debug, Clone)]
pub struct Paths {
    layout: Layout,
}

/// A driver's folders and its configuration.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    pub paths: &'a Paths,
    pub settings: &'a Settings,
    /// Where secrets are looked up.
    pub secrets: Option<&'a dyn SecretDriver>,
}

impl<'a> Site<'a> {
    /// Without secrets.
    pub fn new(paths: &'a Paths, settings: &'a Settings) -> Self {
        Self { paths, settings, secrets: None }
    }
}

impl Paths {
    pub fn new(layout: Layout) -> Self {
        Self { layout }
    }

    /// Held locked while a driver uses these folders.
    pub fn driver_lock(&self) -> PathBuf {
        self.state().join("driver.pid")
    }

    /// Where the definitions are.
    pub fn definitions(&self) -> PathBuf {
        self.layout.config.join("qemu")
    }

    pub fn definition(&self, name: &str) -> PathBuf {
        self.definitions().join(format!("{name}.xml"))
    }

    /// A link here starts the domain with the driver.
    pub fn autostart_links(&self) -> PathBuf {
        self.definitions().join("autostart")
    }

    pub fn autostart_link(&self, name: &str) -> PathBuf {
        self.autostart_links().join(format!("{name}.xml"))
    }

    /// A link here does so once.
    pub fn autostart_once_link(&self, name: &str) -> PathBuf {
        self.autostart_links().join(format!("{name}.xml.once"))
    }

    /// Says that the autostart of this boot is done already.
    pub fn autostarted(&self) -> PathBuf {
        self.state().join("autostarted")
    }

    /// What is known of running guests.
    pub fn state(&self) -> PathBuf {
        self.layout.state.join("qemu")
    }

    pub fn status(&self, name: &str) -> PathBuf {
        self.state().join(format!("{name}.xml"))
    }

    pub fn pid_file(&self, name: &str) -> PathBuf {
        self.state().join(format!("{name}.pid"))
    }

    /// What QEMU prints.
    pub fn log(&self, name: &str) -> PathBuf {
        self.layout.log.join("qemu").join(format!("{name}.log"))
    }

    pub fn capabilities_cache(&self) -> PathBuf {
        self.layout.cache.join("qemu").join("capabilities")
    }

    /// Holds the folders of running guests, and what outlives them.
    pub fn lib(&self) -> PathBuf {
        self.layout.lib.join("qemu")
    }

    /// Where what is known of snapshots is kept, a folder a guest.
    pub fn snapshots(&self) -> PathBuf {
        self.lib().join("snapshot")
    }

    /// The same for checkpoints.
    pub fn checkpoints(&self) -> PathBuf {
        self.lib().join("checkpoint")
    }

    /// Where a guest's state is kept until it is started again.
    pub fn managed_saves(&self) -> PathBuf {
        self.lib().join("save")
    }

    pub fn managed_save(&self, name: &str) -> PathBuf {
        self.managed_saves().join(format!("{name}.save"))
    }

    /// A running guest's own folder.
    pub fn guest(&self, id: i32, name: &str) -> PathBuf {
        self.lib().join(format!("domain-{id}-{}", short_name(name)))
    }

    /// What a running guest is called beside those of other drivers on the host. Embedded drivers, of which there may
    /// be many, have a number of their own in it.
    pub fn machine_name(&self, id: i32, name: &str) -> String {
        let mut machine = String::from("qemu-");
        if self.layout != Layout::system() {
            let mut hasher = fnv::FnvHasher::default();
            hasher.write(self.layout.config.as_os_str().as_encoded_bytes());
            machine += &format!("embed-{:08x}-", hasher.finish() as u32);
        }
        let known = |c: &char| c.is_ascii_alphanumeric() || "-._".contains(*c);
        machine += &format!("{id}-");
        machine.extend(name.chars().filter(known));
        machine.truncate(64);
        machine
    }

    pub fn monitor(&self, id: i32, name: &str) -> PathBuf {
        self.guest(id, name).join(MONITOR_SOCKET)
    }

    /// The folder of a running guest's channel sockets.
    pub fn channels(&self, id: i32, name: &str) -> PathBuf {
        self.state().join("channel").join(format!("{id}-{}", short_name(name)))
    }

    /// What the emulated TPM of a guest knows.
    pub fn tpm_state(&self, guest: Uuid) -> PathBuf {
        self.layout.lib.join("swtpm").join(guest.to_string())
    }

    pub fn tpm_log(&self, name: &str) -> PathBuf {
        let folder = match self.layout == Layout::system() {
            true => "/var/log/swtpm/libvirt/qemu".into(),
            false => self.layout.log.join("swtpm"),
        };
        folder.join(format!("{name}-swtpm.log"))
    }

    /// Where emulators of TPMs listen.
    pub fn tpm_sockets(&self) -> PathBuf {
        self.state().join("swtpm")
    }

    pub fn tpm_socket(&self, id: i32, name: &str) -> PathBuf {
        self.tpm_sockets().join(format!("{id}-{}-swtpm.sock", short_name(name)))
    }

    pub fn tpm_pid_file(&self, id: i32, name: &str) -> PathBuf {
        self.tpm_sockets().join(format!("{id}-{}-swtpm.pid", short_name(name)))
    }

    /// Where variable stores of firmware are made; `extension` begins with its dot.
    pub fn nvram(&self, name: &str, extension: &str) -> PathBuf {
        self.lib().join("nvram").join(format!("{name}_VARS{extension}"))
    }

    /// The driver's configuration file.
    pub fn configuration(&self) -> PathBuf {
        self.layout.config.join("qemu.conf")
    }

    /// Certificates for services that have none of their own.
    pub fn default_certificates(&self) -> PathBuf {
        match self.layout == Layout::system() {
            true => "/etc/pki/qemu".into(),
            false => self.layout.config.join("pki/qemu"),
        }
    }

    /// The folder that holds all others, for a driver that is embedded in a program.
    pub fn root(&self) -> Option<&Path> {
        let root = self.layout.config.parent()?;
        (self.layout == Layout::embedded(root)).then_some(root)
    }

    /// Files that back guests' memory.
    pub fn memory(&self) -> PathBuf {
        self.lib().join("ram")
    }

    /// A guest's last words.
    pub fn pstore(&self, name: &str) -> PathBuf {
        self.lib().join("nvram").join(format!("{name}_PSTORE.raw"))
    }

    /// Whether a path is one that was made up for the socket of a channel of that name, now or by earlier versions.
    pub fn is_own_channel(&self, path: &str, name: &str) -> bool {
        let folders = [self.state(), self.lib(), self.definitions()].map(|folder| folder.join("channel"));
        let Some(inside) = folders.iter().find_map(|folder| Path::new(path).strip_prefix(folder).ok()) else {
            return false;
        };
        let inside = inside.strip_prefix("target").unwrap_or(inside);
        let Some(guest) = inside.to_str().and_then(|text| text.strip_suffix(name)) else { return false };
        match guest.strip_suffix('/') {
            Some(folder) if folder.contains('/') => false,
            Some(folder) => match folder.split_once('-') {
                Some(("domain", rest)) => !rest.is_empty(),
                Some((id, rest)) => id.parse::<u32>().is_ok() && !rest.is_empty(),
                None => false,
            },
            None => guest.len() > 1 && guest.ends_with('.') && !guest.contains('/'),
        }
    }
}

/// A name short enough for the path of a socket: the first 20 characters.
pub fn short_name(name: &str) -> String {
    name.chars().take(20).collect()
}
