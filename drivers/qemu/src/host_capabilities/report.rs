//! The documents about the host and its emulators, made when they are first asked for and kept while they hold.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ferrovirt_conf::capabilities::Capabilities as Document;
use ferrovirt_conf::cpu::{Arch, Comparison, CpuDefinition, GuestCpu, HostCpu};
use ferrovirt_core::driver::HypervisorChoice;
use ferrovirt_core::{Error, Result};
use ferrovirt_host::KernelFiles;
use ferrovirt_host::kvm::Kvm;
use ferrovirt_xml::to_string;

use super::emulators::SearchPath;
use super::{
    Asked, HostFacts, Programs, choice, domain_capabilities, guest_capabilities, host_capabilities, host_cpu,
};
use crate::capabilities::{Capabilities, CapabilityCache};
use crate::cpu::{Hypervisor, Native};
use crate::firmware::{firmwares, folders};
use crate::reactor::Reactor;

/// Asks emulators, and writes down what they and the host tell.
#[derive(Debug)]
pub struct HostReport {
    files: KernelFiles,
    search: SearchPath,
    /// The user and the group that guests run as.
    identity: (u32, u32),
    /// For hosts whose firmware has no UUID for them.
    own_uuid: uuid::Uuid,
    guests: Mutex<Option<Known>>,
    native: OnceLock<Arc<Native>>,
}

/// The guests of the capabilities, and the emulators they were told by.
#[derive(Debug)]
struct Known {
    emulators: Vec<(Arch, PathBuf, Arc<Capabilities>)>,
    guests: Arc<Vec<ferrovirt_conf::capabilities::GuestCapabilities>>,
}

/// Who can be asked what a binary can do.
#[derive(Clone, Copy)]
pub struct Prober<'a> {
    pub cache: &'a CapabilityCache,
    pub reactor: &'a Reactor,
}

impl Prober<'_> {
    fn get(&self, binary: &Path) -> Result<Arc<Capabilities>> {
        self.cache.get(self.reactor, binary)
    }
}

impl HostReport {
    /// A report on this host. Nothing is read yet.
    pub fn new(identity: (u32, u32)) -> Self {
        Self {
            files: KernelFiles::host(),
            search: SearchPath::of_process(),
            identity,
            own_uuid: uuid::Uuid::new_v4(),
            guests: Mutex::new(None),
            native: OnceLock::new(),
        }
    }

    pub fn files(&self) -> &KernelFiles {
        &self.files
    }

    /// `<capabilities>`. Emulators that can't be asked are left out, with a warning.
    pub fn capabilities(&self, prober: Prober<'_>) -> Result<String> {
        let mut facts = self.facts()?;
        facts.uuid.get_or_insert(self.own_uuid);
        let host = facts.native.arch.unwrap_or(Arch::X86_64);
        let emulators: Vec<_> = self
            .search
            .emulators(host)
            .into_iter()
            .filter_map(|(arch, binary)| {
                let asked = prober.get(&binary);
                let known = asked.inspect_err(
                    |error| tracing::warn!(binary = %binary.display(), %error, "emulator can't be used"),
                );
                Some((arch, binary, known.ok()?))
            })
            .collect();
        let guests = self.guests(emulators);
        let document = Document {
            host: Some(host_capabilities(&facts, self.identity)),
            guests: guests.to_vec(),
            pools: Vec::new(),
        };
        Ok(document.to_xml())
    }

    /// The guests; made anew only if an emulator is another, or another one's answers were taken.
    fn guests(
        &self,
        emulators: Vec<(Arch, PathBuf, Arc<Capabilities>)>,
    ) -> Arc<Vec<ferrovirt_conf::capabilities::GuestCapabilities>> {
        let mut kept = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |known: &&Known| {
            known.emulators.len() == emulators.len()
                && known.emulators.iter().zip(&emulators).all(|(a, b)| a.1 == b.1 && Arc::ptr_eq(&a.2, &b.2))
        };
        if let Some(known) = kept.as_ref().filter(same) {
            return known.guests.clone();
        }
        let guests = emulators.iter().map(|(arch, binary, known)| guest_capabilities(*arch, binary, known));
        let guests = Arc::new(guests.collect::<Vec<_>>());
        *kept = Some(Known { emulators, guests: guests.clone() });
        guests
    }

    /// `<domainCapabilities>` for what is asked about.
    pub fn domain_capabilities(
        &self,
        prober: Prober<'_>,
        choice: &HypervisorChoice<'_>,
        without_deprecated: bool,
    ) -> Result<String> {
        let facts = self.facts()?;
        let (arch, emulator, capabilities) = self.chosen(prober, choice)?;
        let (virt, machine) = choice::machine(choice, arch, &emulator, &capabilities)?;
        let asked = Asked { emulator: &emulator, arch, virt, machine: &machine, without_deprecated };
        let firmwares = firmwares(&folders(self.files.as_ref()));
        let programs = Programs::find(&self.search);
        Ok(to_string(&domain_capabilities(asked, &capabilities, &facts, &programs, &firmwares)))
    }

    /// The emulator that is asked about.
    fn chosen(
        &self,
        prober: Prober<'_>,
        choice: &HypervisorChoice<'_>,
    ) -> Result<(Arch, PathBuf, Arc<Capabilities>)> {
        let host = Arch::host().ok_or_else(|| {
            Error::internal(format!("the host's architecture '{}' has no name here", std::env::consts::ARCH))
        })?;
        let (arch, emulator) = choice::emulator(choice, host, &self.search)?;
        let capabilities = prober.get(&emulator)?;
        Ok((arch, emulator, capabilities))
    }

    /// What the emulator for the host's own architecture can do.
    pub fn native(&self, prober: Prober<'_>) -> Result<Arc<Capabilities>> {
        self.chosen(prober, &HypervisorChoice::default()).map(|(.., capabilities)| capabilities)
    }

    /// Most vCPUs of a guest of a type; QEMU's own limit for guests without KVM is not told by machine.
    pub fn max_vcpus(&self, kind: Option<&str>) -> Result<i32> {
        match kind.map(str::to_ascii_lowercase).as_deref() {
            None | Some("qemu") => Ok(16),
            Some("kvm") => Ok(Kvm::open()?.max_vcpus()),
            Some(other) => {
                Err(Error::invalid_arg(format!("domain type '{other}' is none of QEMU's, 'kvm' and 'qemu'")))
            }
        }
    }

    /// What never changes: the host's CPU.
    pub fn cpu(&self) -> Result<Arc<Native>> {
        if let Some(native) = self.native.get() {
            return Ok(native.clone());
        }
        let native = Arc::new(Native::read(&self.files)?);
        Ok(self.native.get_or_init(|| native).clone())
    }

    fn facts(&self) -> Result<HostFacts> {
        HostFacts::read(&self.files, self.cpu()?)
    }

    /// The host's CPU as capabilities describe it.
    pub fn described_cpu(&self) -> Result<HostCpu> {
        Ok(host_cpu(&self.facts()?))
    }

    /// The binary that is asked about, and how its guests run.
    fn with_hypervisor<T>(
        &self,
        prober: Prober<'_>,
        choice: &HypervisorChoice<'_>,
        act: impl FnOnce(Hypervisor<'_>, &Native) -> Result<T>,
    ) -> Result<T> {
        let (arch, emulator, capabilities) = self.chosen(prober, choice)?;
        let (virt, _) = choice::machine(choice, arch, &emulator, &capabilities)?;
        let hypervisor =
            Hypervisor { arch, accel: virt.accel(), emulator: &emulator, capabilities: &capabilities };
        act(hypervisor, &*self.cpu()?)
    }

    /// How a CPU relates to the best one that guests can have.
    pub fn compare_hypervisor_cpu(
        &self,
        prober: Prober<'_>,
        choice: &HypervisorChoice<'_>,
        xml: &str,
        strict: bool,
    ) -> Result<Comparison> {
        self.with_hypervisor(prober, choice, |hypervisor, native| {
            crate::cpu::compare(hypervisor, native, xml, strict)
        })
    }

    /// The best CPU that guests can have on all of several hosts.
    pub fn baseline_hypervisor_cpu(
        &self,
        prober: Prober<'_>,
        choice: &HypervisorChoice<'_>,
        cpus: &[CpuDefinition],
        expand: bool,
        migratable: bool,
    ) -> Result<GuestCpu> {
        self.with_hypervisor(prober, choice, |hypervisor, _| {
            crate::cpu::baseline(hypervisor, cpus, expand, migratable)
        })
    }
}
