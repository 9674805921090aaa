//! What kind of CPU the host has, as `/proc/cpuinfo` tells it.

use ferrovirt_core::Result;

use crate::kernel_files::KernelFiles;

/// The first CPU's identity; what an architecture does not tell is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CpuIdentity {
    /// The maker's own name for itself, such as `AuthenticAMD`.
    pub vendor_id: Option<String>,
    pub model_name: Option<String>,
    pub signature: Option<Signature>,
    pub microcode: Option<u32>,
    /// The clock, in MHz.
    pub mhz: Option<u32>,
    /// How wide physical addresses are.
    pub physical_bits: Option<u32>,
    /// The kernel's names for what it can do.
    pub flags: Vec<String>,
}

/// What CPUID says of x86 CPUs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    pub family: u32,
    pub model: u32,
    pub stepping: u32,
}

impl CpuIdentity {
    pub fn read(files: &KernelFiles) -> Result<Self> {
        let text = files.find_text("proc/cpuinfo")?.unwrap_or_default();
        let mut identity = Self::parse(&text);
        if identity.mhz.is_none() {
            let khz: Option<u64> =
                files.find_number("sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq")?;
            identity.mhz = khz.and_then(|khz| u32::try_from(khz / 1000).ok());
        }
        Ok(identity)
    }

    /// The vendor by the short name that libvirt has for it.
    pub fn vendor(&self) -> Option<&'static str> {
        vendor_name(self.vendor_id.as_deref()?)
    }

    /// Whether the kernel tells that the CPU can do something.
    pub fn has_flag(&self, flag: &str) -> bool {
        self.flags.iter().any(|known| known == flag)
    }

    fn parse(text: &str) -> Self {
        // Further CPUs say the same again.
        let first = |names: &[&str]| {
            text.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                (names.contains(&name.trim()) && !value.trim().is_empty()).then(|| value.trim())
            })
        };
        let number = |name: &str| first(&[name])?.parse().ok();
        let signature = || {
            Some(Signature {
                family: number("cpu family")?,
                model: number("model")?,
                stepping: number("stepping")?,
            })
        };
        let microcode = first(&["microcode"]).and_then(|value| {
            value
                .strip_prefix("0x")
                .map_or_else(|| value.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok())
        });
        // POWER has a unit behind the number, s390x calls it otherwise.
        let mhz = first(&["cpu MHz", "clock", "cpu MHz dynamic"]).and_then(|value| {
            let digits = value.split(|c: char| !c.is_ascii_digit()).next()?;
            digits.parse().ok()
        });
        let physical_bits = first(&["address sizes"])
            .and_then(|value| value.split_once(" bits physical")?.0.trim().parse().ok());
        let flags = first(&["flags", "Features", "features"]).unwrap_or_default();
        Self {
            vendor_id: first(&["vendor_id", "CPU implementer"]).map(str::to_owned),
            model_name: first(&["model name", "cpu", "Model Name"]).map(str::to_owned),
            signature: signature(),
            microcode,
            mhz,
            physical_bits,
            flags: flags.split_ascii_whitespace().map(str::to_owned).collect(),
        }
    }
}

/// A vendor's short name by what its CPUs call it.
pub fn vendor_name(id: &str) -> Option<&'static str> {
    match id {
        "AuthenticAMD" => Some("AMD"),
        "GenuineIntel" => Some("Intel"),
        "HygonGenuine" => Some("Hygon"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_x86_tells_all() {
        let text = "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\nmodel name\t: Some CPU\n\
                    stepping\t: 4\nmicrocode\t: 0x2006e05\ncpu MHz\t\t: 2394.374\nflags\t\t: fpu vme\n\
                    address sizes\t: 46 bits physical, 48 bits virtual\n\nprocessor\t: 1\nmodel\t: 1\n";
        let identity = CpuIdentity::parse(text);
        assert_eq!(identity.vendor(), Some("Intel"));
        assert_eq!(identity.signature, Some(Signature { family: 6, model: 85, stepping: 4 }));
        assert_eq!(identity.microcode, Some(0x2006e05));
        assert_eq!((identity.mhz, identity.physical_bits), (Some(2394), Some(46)));
        assert!(identity.has_flag("vme") && !identity.has_flag("vm"));
    }

    #[test]
    fn a_power_cpu_tells_its_clock_with_a_unit() {
        let identity = CpuIdentity::parse("processor\t: 0\ncpu\t\t: POWER9\nclock\t\t: 3800.000000MHz\n");
        assert_eq!((identity.mhz, identity.model_name.as_deref()), (Some(3800), Some("POWER9")));
        assert_eq!((identity.signature, identity.vendor()), (None, None));
    }
}
