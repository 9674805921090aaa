//! The CPU of this host, as far as the models of its guests depend on it.

use std::num::NonZeroU32;

use ferrovirt_conf::cpu::{Arch, NativeCpu};
use ferrovirt_core::Result;
use ferrovirt_host::KernelFiles;
use ferrovirt_host::cpu_identity::CpuIdentity;
use ferrovirt_host::kvm::{Kvm, Tsc};
use ferrovirt_host::native_cpu::native_cpu;

use crate::capabilities::Capabilities;
use crate::host_capabilities::{arch_of, is_native};

/// What never changes while the host runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Native {
    pub arch: Option<Arch>,
    /// Its registers, where it has any that tell.
    pub cpu: Option<NativeCpu>,
    /// The time stamp counter that guests have, where its pace is the same at all times.
    pub tsc: Option<Tsc>,
    /// How wide physical addresses are.
    pub physical_bits: Option<NonZeroU32>,
}

impl Native {
    pub fn read(files: &KernelFiles) -> Result<Self> {
        let cpu = native_cpu(files)?;
        let steady = cpu.as_ref().is_some_and(NativeCpu::has_invariant_tsc);
        let tsc = steady.then(|| Kvm::open().and_then(|kvm| kvm.tsc()));
        let tsc = tsc.and_then(|tsc| {
            tsc.inspect_err(|error| tracing::debug!(%error, "the time stamp counter is not known")).ok()
        });
        Ok(Self {
            arch: Arch::host(),
            cpu,
            tsc,
            physical_bits: CpuIdentity::read(files)?.physical_bits.and_then(NonZeroU32::new),
        })
    }

    /// Whether guests of an architecture run on its CPUs as they are.
    pub fn runs(&self, guest: Arch) -> bool {
        self.arch.is_some_and(|host| is_native(host, guest))
    }

    /// Whether the guests of a binary do.
    pub fn runs_guests_of(&self, capabilities: &Capabilities) -> bool {
        arch_of(&capabilities.arch).is_some_and(|guest| self.runs(guest))
    }
}
