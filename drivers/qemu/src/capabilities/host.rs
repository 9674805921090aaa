//! What of the host a probe's result depends on: a new kernel, microcode or CPU makes it worthless.

use ferrovirt_core::Error;
use ferrovirt_core::Result;
use serde::{Deserialize, Serialize};

/// The host as far as QEMU's answers depend on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HostSignature {
    kernel: String,
    cpu: String,
}

impl HostSignature {
    pub(super) fn read() -> Result<Self> {
        let uname = rustix::system::uname();
        let text = |part: &std::ffi::CStr| part.to_string_lossy().into_owned();
        let path = "/proc/cpuinfo";
        let cpuinfo = std::fs::read_to_string(path);
        let cpuinfo = cpuinfo.map_err(|e| Error::system(e, format_args!("cannot read '{path}'")))?;
        Ok(Self {
            kernel: format!("{} {} {}", text(uname.machine()), text(uname.release()), text(uname.version())),
            cpu: cpu_signature(&cpuinfo),
        })
    }
}

/// The lines of the first CPU that tell its kind, and not its clock or its place.
fn cpu_signature(cpuinfo: &str) -> String {
    const KINDS: &[&str] = &[
        // x86
        "vendor_id",
        "cpu family",
        "model",
        "model name",
        "stepping",
        "microcode",
        "flags",
        "vmx flags",
        // ARM
        "Features",
        "CPU implementer",
        "CPU architecture",
        "CPU variant",
        "CPU part",
        "CPU revision",
        // s390x, POWER, RISC-V, LoongArch
        "features",
        "facilities",
        "cpu",
        "revision",
        "isa",
        "uarch",
        "CPU Family",
        "Model Name",
    ];
    let mut seen = Vec::new();
    let mut signature = String::new();
    for line in cpuinfo.lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        let name = name.trim();
        // Further CPUs repeat the names.
        if KINDS.contains(&name) && !seen.contains(&name) {
            seen.push(name);
            signature.push_str(value.trim());
            signature.push('\n');
        }
    }
    signature
}

/// Whether this process may use KVM.
pub(super) fn kvm_is_usable() -> bool {
    use rustix::fs::Access;
    rustix::fs::access("/dev/kvm", Access::READ_OK | Access::WRITE_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_no_part_of_the_signature_but_the_microcode_is() {
        let info = |mhz: &str, microcode: &str| {
            format!(
                "processor\t: 0\nmodel\t\t: 85\nmicrocode\t: {microcode}\ncpu MHz\t\t: {mhz}\n\nprocessor\t: 1\nmodel\t: 86\n"
            )
        };
        assert_eq!(cpu_signature(&info("2000.1", "0x1")), cpu_signature(&info("2100.5", "0x1")));
        assert_ne!(cpu_signature(&info("2000.1", "0x1")), cpu_signature(&info("2000.1", "0x2")));
        assert_eq!(cpu_signature(&info("1", "0x1")), "85\n0x1\n");
    }
}
