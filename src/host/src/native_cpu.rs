//! The registers in which the host's CPU says what it is.

#![allow(unsafe_code)]

use ferrovirt_conf::cpu::NativeCpu;
use ferrovirt_core::Result;

use crate::kernel_files::KernelFiles;

/// Reads them; `None` on hosts whose CPUs have no such registers, or keep them to themselves.
pub fn native_cpu(files: &KernelFiles) -> Result<Option<NativeCpu>> {
    #[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
    return Ok(Some(NativeCpu::X86(x86::read(files))));
    #[cfg(target_arch = "aarch64")]
    return arm(files);
    #[allow(unreachable_code)]
    power(files)
}

/// The kernel tells the version register in brackets: `2.1 (pvr 004e 1201)`.
fn power(files: &KernelFiles) -> Result<Option<NativeCpu>> {
    let text = files.find_text("proc/cpuinfo")?.unwrap_or_default();
    let version = text.lines().find_map(|line| {
        let (_, rest) = line.strip_prefix("revision")?.split_once("(pvr ")?;
        let digits: String = rest.trim_end_matches(')').split_ascii_whitespace().collect();
        u32::from_str_radix(&digits, 16).ok()
    });
    Ok(version.map(NativeCpu::Power))
}

#[cfg(target_arch = "aarch64")]
fn arm(files: &KernelFiles) -> Result<Option<NativeCpu>> {
    let text = files.find_text("sys/devices/system/cpu/cpu0/regs/identification/midr_el1")?;
    let midr = text.and_then(|text| u64::from_str_radix(text.trim_start_matches("0x"), 16).ok());
    let (hwcap, _) = rustix::param::linux_hwcap();
    Ok(midr.map(|midr| NativeCpu::Arm { midr, hwcap: hwcap as u64 }))
}

#[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
mod x86 {
    #[cfg(target_arch = "x86")]
    use std::arch::x86 as arch;
    #[cfg(target_arch = "x86_64")]
    use std::arch::x86_64 as arch;
    use std::collections::BTreeSet;
    use std::fs::File;
    use std::os::unix::fs::FileExt;

    use ferrovirt_conf::cpu::x86::{Leaf, RawCpu, X86Map};

    use crate::kernel_files::KernelFiles;
    use crate::kvm::Kvm;

    /// The leaves and registers in which there are features that have names.
    pub fn read(files: &KernelFiles) -> RawCpu {
        let mut leaves: BTreeSet<Leaf> = X86Map::get().features.iter().map(|feature| feature.leaf).collect();
        leaves.extend([Leaf::Cpuid(0, 0), Leaf::Cpuid(1, 0)]);
        let mut raw = RawCpu::default();
        let mut registers = Msrs { device: File::open(files.path("dev/cpu/0/msr")).ok(), kvm: None };
        for leaf in leaves {
            match leaf {
                Leaf::Cpuid(number, sub) if is_there(number, sub) => raw.insert(leaf, cpuid(number, sub)),
                Leaf::Cpuid(..) => {}
                Leaf::Msr(index) => {
                    if let Some(value) = registers.read(index) {
                        raw.insert(leaf, [value as u32, 0, 0, (value >> 32) as u32]);
                    }
                }
            }
        }
        raw
    }

    /// Whether a leaf has been defined for this CPU; others answer with anything.
    fn is_there(leaf: u32, sub: u32) -> bool {
        let highest = cpuid(leaf & 0x8000_0000, 0)[0];
        if leaf > highest {
            return false;
        }
        match (leaf, sub) {
            (7, sub) => sub <= cpuid(7, 0)[0],
            (0xf, 1..) => cpuid(0xf, 0)[3] & (1 << sub) != 0,
            // Where there are enclaves.
            (0x12, _) => cpuid(7, 0)[1] & (1 << 2) != 0,
            _ => true,
        }
    }

    #[allow(unused_unsafe)]
    fn cpuid(leaf: u32, sub: u32) -> [u32; 4] {
        // SAFETY: every CPU that Rust's x86 targets run on has the instruction, and it touches no memory.
        let found = unsafe { arch::__cpuid_count(leaf, sub) };
        [found.eax, found.ebx, found.ecx, found.edx]
    }

    /// Where registers can be read: a device for the superuser, and KVM for what it passes on.
    struct Msrs {
        device: Option<File>,
        /// Opened when it is needed; `None` in it if that failed.
        kvm: Option<Option<Kvm>>,
    }

    impl Msrs {
        fn read(&mut self, index: u32) -> Option<u64> {
            let mut value = [0; 8];
            match self.device.as_ref().map(|device| device.read_at(&mut value, index.into())) {
                Some(Ok(8)) => return Some(u64::from_le_bytes(value)),
                // The CPU has not got it.
                Some(Err(err)) if err.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) => {
                    return None;
                }
                _ => {}
            }
            self.kvm.get_or_insert_with(|| Kvm::open().ok()).as_ref()?.msr(index)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn power_tells_its_version_in_brackets() {
        let root = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(root.path().join("proc")).expect("made");
        let text = "cpu\t\t: POWER9, altivec supported\nrevision\t: 2.2 (pvr 004e 1202)\n";
        std::fs::write(root.path().join("proc/cpuinfo"), text).expect("written");
        let cpu = power(&KernelFiles::at(root.path())).expect("read");
        assert_eq!(cpu, Some(NativeCpu::Power(0x004e_1202)));
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn this_host_has_what_all_of_its_kind_have() {
        let Some(NativeCpu::X86(raw)) = native_cpu(&KernelFiles::host()).expect("read") else {
            panic!("an x86 host has CPUID")
        };
        let map = ferrovirt_conf::cpu::x86::X86Map::get();
        let features = raw.features();
        for name in ["fpu", "sse2", "lm"] {
            assert!(features.contains(map.feature(name).expect("known")), "{name}");
        }
    }
}
